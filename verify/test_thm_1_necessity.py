"""Each hypothesis of Theorem 1 is needed: exact starts that keep the others and lose a limit."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from foanil import rational
from foanil.arrays import EXACT, mpmath_system
from foanil.convergence import explicit_conditions
from foanil.dynamics import observations, trajectory
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State, isotropic
from proofs import sec_3_infinite_samples
from proofs.thm_1_necessity import CHECKS

INFINITE = [check for check in sec_3_infinite_samples.CHECKS if "sec-3-infinite-samples" in check.claims]


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


def only_fails(setting: Setting, state: State, text: str) -> bool:
    """Whether exactly the explicit hypotheses that mention a text fail."""
    failed = [condition.text for condition in explicit_conditions(setting, state) if not condition.holds]
    return bool(failed) and all(text in condition for condition in failed)


@pytest.mark.claim(id="new-hypotheses-needed")
def test_lost_rank(evidence: Recorder) -> None:
    """With rank(B⋆ᵀB_0) = 1 < k = 2, a complement and a head, Λ_t has rank 1 after every step, exactly."""
    setting = isotropic(d=4, k=2, k_prime=3, m_in=2, c=1, sigma_sq=2, alpha="1/4", beta="1/4")
    rows = [["1/4", "1/8", 0], ["1/2", "1/4", 0], [0, "1/8", "1/8"], ["1/8", 0, "1/8"]]
    state = State(rational.matrix(rows, "B", (4, 3)), ("1/8", "1/4", 0))
    assert only_fails(setting, state, "rank")
    ranks = [rational.rank(rational.as_matrix(point.B[:2])) for point in trajectory(EXACT, setting, state, 3)]
    assert ranks == [1, 1, 1, 1]
    evidence.record(
        claim="new-hypotheses-needed",
        method=Method.EXACT,
        scope="rank dropped: d = 4, k = 2, k′ = 3, m_in = 2, exact for three steps; the identity gives all",
        shown="rank(B⋆ᵀB_t) = 1 for t = 0, …, 3, while Λ⋆ has rank 2",
    )


@pytest.mark.claim(id="new-hypotheses-needed")
def test_large_start(evidence: Recorder) -> None:
    """α‖B_0‖² = 4 at m_in = 1, k = 1, σ = 0: ‖B_t‖ grows at every step, exactly, and beyond 10²⁰ in six."""
    setting = Setting(d=2, k=1, k_prime=1, m_in=1, Sigma_star=4, sigma_sq=0, alpha="1/4", beta="1/4")
    state = State([[4], [0]], (0,))
    assert only_fails(setting, state, "B_0")
    sizes = [abs(point.B[0, 0]) for point in trajectory(EXACT, setting, state, 6)]
    assert all(after > before for before, after in pairwise(sizes))
    assert sizes[-1] > 10**20
    evidence.record(
        claim="new-hypotheses-needed",
        method=Method.EXACT,
        scope="‖B_0‖ dropped: d = 2, k = k′ = 1, m_in = 1, σ = 0, a = 1/4, α‖B_0‖² = 4",
        shown=f"|B_t| grows at every step, to {float(sizes[-1]):.1e} at t = 6",
    )


@pytest.mark.claim(id="new-hypotheses-needed")
def test_long_outer_steps(evidence: Recorder) -> None:
    """β = 12α at m_in = 1 + κ: after 2000 steps |αΛ_t − x⋆| is above 1/10, where β = α has come within 10⁻⁶."""
    found, alpha = {}, Fraction(1, 8)
    for ratio in (12, 1):
        setting = isotropic(d=2, k=1, k_prime=1, m_in=3, c=1, sigma_sq=1, alpha=alpha, beta=ratio * alpha)
        state = State([["1/2"], [0]], ("1/8",))
        if ratio > 1:
            assert only_fails(setting, state, "beta")
        *_, last = observations(mpmath_system(30), setting, state, 2000)
        found[ratio] = abs(float(last.gram[0, 0]) * float(alpha) - 0.5)
    assert found[12] > 0.1
    assert found[1] < 1e-6
    evidence.record(
        claim="new-hypotheses-needed",
        method=Method.TRAJECTORY,
        scope="β ≤ α dropped: d = 2, k = k′ = 1, m_in = 3, κ = 2, α = 1/8, 2000 steps, 30 digits",
        shown=f"|αΛ_t − x⋆| = {found[12]:.2f} at β = 12α, {found[1]:.0e} at β = α; the head outgrows its bound first",
    )


@pytest.mark.claim(id="new-hypotheses-needed")
@pytest.mark.parametrize("check", INFINITE, ids=lambda check: check.name)
def test_infinitely_many_samples(check: Check, evidence: Recorder) -> None:
    """At m_in = ∞ the first limit fails, by the checks of its own page."""
    found = check.residual(lambda: None)
    assert found.held
    evidence.record(
        claim="new-hypotheses-needed",
        method=check.method,
        scope=f"finite m_in dropped: {check.scope}",
        shown=f"{check.name}: {found.shown[:200]}",
    )
