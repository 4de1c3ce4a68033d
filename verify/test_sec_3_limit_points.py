"""Section 3: the head ends in the null space of B_∞, need not vanish at k′ > k, and vanishes at k′ = k."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from foanil import rational
from foanil.arrays import EXACT, NUMPY
from foanil.convergence import explicit_conditions
from foanil.dynamics import trajectory
from foanil.evidence import Check, Method
from foanil.paper_alphabet import paper_alphabet
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import State, isotropic
from foanil.words import WordShapeError
from proofs import sec_3_limit_exists
from proofs.sec_3_limit_points import CHECKS

STEPS = 4
LONG = 4000


@pytest.mark.parametrize("check", cases((*CHECKS, *sec_3_limit_exists.CHECKS)))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


@pytest.mark.claim(id="sec-3-head-need-not-vanish")
def test_admissible_head_that_stays(evidence: Recorder) -> None:
    """d = 4, k = 2, k′ = 3: an admissible start whose head lies in the kernel of B_0 keeps it, exactly."""
    setting = isotropic(d=4, k=2, k_prime=3, m_in=5, c=1, sigma_sq=2, alpha="1/4", beta="1/8")
    B = rational.matrix([["1/4", 0, 0], ["1/8", "1/4", 0], ["1/8", 0, 0], [0, "1/8", 0]], "B", (4, 3))
    state = State(B, (0, 0, "1/2"))
    assert all(condition.holds for condition in explicit_conditions(setting, state))
    points = list(trajectory(EXACT, setting, state, STEPS))
    assert all((point.w == points[0].w).all() for point in points)
    assert points[0].w[2, 0] != 0
    assert (points[0].B != points[-1].B).any()
    evidence.record(
        claim="sec-3-head-need-not-vanish",
        method=Method.EXACT,
        scope=f"one exact instance: d = 4, k = 2, k′ = 3, m_in = 5, {STEPS} steps; the identity gives all steps",
        shown="w_t = (0, 0, 1/2) for every t, while B_t moves",
    )


@pytest.mark.claim(id="sec-3-limit-exists")
def test_representation_settles(evidence: Recorder) -> None:
    """The length of the path of B⋆ᵀB_t after t steps falls below 10⁻⁶, with a complement and a head that both act."""
    setting = isotropic(d=4, k=2, k_prime=3, m_in=2, c=1, sigma_sq=2, alpha="1/4", beta="1/4")
    B = rational.matrix([["1/4", 0, "1/8"], ["1/8", "1/4", 0], ["1/8", 0, "1/8"], [0, "1/8", "1/8"]], "B", (4, 3))
    points = [point.B[:2] for point in trajectory(NUMPY, setting, State(B, ("1/4", "1/8", "1/4")), LONG)]
    moves = [float(np.linalg.norm(after - before, 2)) for before, after in pairwise(points)]
    early, late = sum(moves[: LONG // 2]), sum(moves[LONG // 2 :])
    assert late < 1e-6 < 0.1 < early
    evidence.record(
        claim="sec-3-limit-exists",
        method=Method.TRAJECTORY,
        scope=f"one instance: d = 4, k = 2, k′ = 3, m_in = 2, {LONG} steps in double precision",
        shown=f"path length of B⋆ᵀB_t: {early:.3f} in the first half, {late:.1e} in the second",
    )


@pytest.mark.claim(id="sec-3-head-null-space")
def test_null_space_of_the_wrong_matrix(evidence: Recorder) -> None:
    """B⋆w_t does not type: w_t has k′ entries, B⋆ has k columns; and B⋆, with orthonormal columns, kills only 0."""
    words = paper_alphabet()
    B_star, w = words.letter("B_star"), words.letter("w")
    with pytest.raises(WordShapeError) as refused:
        B_star @ w
    assert (B_star.T @ B_star - words.eye("k")).is_zero()
    evidence.record(
        claim="sec-3-head-null-space",
        method=Method.COUNTEREXAMPLE,
        scope="every k′ > k",
        shown=f"B⋆w: {refused.value}",
        finding="$w_t \\in \\mathbb{R}^{k'}$ cannot lie in the null space of the $d \\times k$ matrix $B_\\star$, "
        "which is $\\{0\\}$ besides. With $B_\\infty$ in its place it holds: `new-head-null-space-of-limit`. "
        "At $k' = k$, where the types agree, $w_t \\to 0$ is true and derived (`sec-3-head-need-not-vanish`). "
        "Standalone: [sec_3_head_null_space.py](capsules/sec_3_head_null_space.py).",
    )
