"""Section 3.1: the rank of B̂ at finite times, without a head and with one."""

from __future__ import annotations

import pytest

from foanil import rational
from foanil.arrays import EXACT
from foanil.convergence import explicit_conditions
from foanil.dynamics import trajectory
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import State, isotropic
from proofs import rank_at_finite_times
from proofs.sec_31_test_time_adaptation import CHECKS

SETTING = isotropic(d=4, k=2, k_prime=3, m_in=2, c=1, sigma_sq=2, alpha="1/4", beta="1/4")
FULL = [["1/4", "1/8", 0], [0, "1/4", "1/8"], ["1/8", 0, "1/8"], [0, "1/8", 0]]
DEFICIENT = [["1/4", "1/8", 0], [0, "1/4", 0], ["1/8", 0, 0], [0, "1/8", 0]]


@pytest.mark.parametrize("check", cases((*CHECKS, *rank_at_finite_times.CHECKS)))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


@pytest.mark.claim(id="sec-31-finite-time-full-rank")
def test_lower_ranks_stay(evidence: Recorder) -> None:
    """An admissible start without a head of rank 2 < k′ = 3 keeps its rank for three steps, exactly; so does rank 3."""
    found = {}
    for rows in (FULL, DEFICIENT):
        state = State(rational.matrix(rows, "B", (4, 3)), (0, 0, 0))
        assert all(condition.holds for condition in explicit_conditions(SETTING, state))
        ranks = [rational.rank(rational.as_matrix(point.B)) for point in trajectory(EXACT, SETTING, state, 3)]
        found[ranks[0]] = ranks
    assert found == {3: [3, 3, 3, 3], 2: [2, 2, 2, 2]}
    evidence.record(
        claim="sec-31-finite-time-full-rank",
        method=Method.COUNTEREXAMPLE,
        scope="every scale of B_0, so every constant: an identity of words; exact at d = 4, k = 2, k′ = 3, w_0 = 0",
        shown=f"ranks of B_t from a start of rank 2: {found[2]}; from one of rank 3: {found[3]}",
        finding="Theorem 1 asks for $\\mathrm{rank}(B_\\star^{\\top}B_0) = k$ only: without a head the rank of $B_t$ "
        "is that of $B_0$ for ever, also below $k'$. Full rank at every finite time is true for almost every "
        "start: "
        "`new-finite-time-full-rank`.",
    )


@pytest.mark.claim(id="sec-31-finite-time-full-rank")
def test_rank_drops_from_a_full_start(evidence: Recorder) -> None:
    """d = 2, k = 1, k′ = 2: an admissible start of rank 2 with a head has a B_1 of rank 1, exactly."""
    setting = isotropic(
        d=2,
        k=1,
        k_prime=2,
        m_in=1,
        c=1,
        sigma_sq="82244747144359/52730997172800",
        alpha="1/4",
        beta="202487029143552000/857255457157152457",
    )
    state = State([["9/10", "-1/930"], ["1/4", 0]], ("3/10", "7/20"))
    assert all(condition.holds for condition in explicit_conditions(setting, state))
    points = [point.B for point in trajectory(EXACT, setting, state, 2)]
    assert [rational.rank(rational.as_matrix(B)) for B in points] == [2, 1, 2]
    assert (points[1] @ EXACT.array([[1], [48]]) == 0).all()
    evidence.record(
        claim="sec-31-finite-time-full-rank",
        method=Method.COUNTEREXAMPLE,
        scope="one exact start with the explicit constants: d = 2, k = 1, k′ = 2, m_in = 1, rank B_0 = 2, a head",
        shown="rank B_t = 2, 1, 2 for t = 0, 1, 2: B_1(1, 48)ᵀ = 0",
        finding="With a head a start of full rank can lose it: at $t = 1$ here. Standalone: "
        "[sec_31_finite_time_full_rank.py](capsules/sec_31_finite_time_full_rank.py).",
    )
