"""Appendix A, the initialisation: exact starts, random frames, and starts without the sample size."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import rational
from foanil.arrays import NUMPY, ball_system
from foanil.dynamics import Reduced, numbers_in_system, reduced_step, trajectory
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State, dimensionless, isotropic
from proofs.app_a_initialisation import CHECKS

FRAMES, LONG = 400, 20_000
SAMPLES = 200


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


@pytest.mark.claim(id="app-a-generic-rank")
def test_ranks_of_starts(evidence: Recorder) -> None:
    """d = 5, k = 2, k′ = 3: B⋆P has rank(B⋆ᵀB_0) = 2, and the starts that have less are not nothing: B⋆,⊥P has 0."""
    B_star = rational.orthonormal([[1, 2], [2, -1], [1, 0], [0, 1], [3, 1]])
    P = rational.columns(rational.identity(3), 0, 2)
    signal = rational.product(B_star, rational.transpose(P))
    complement = rational.columns(rational.orthonormal_complement(B_star), 0, 3)
    ranks = [rational.rank(rational.product(rational.transpose(B_star), B)) for B in (signal, complement)]
    assert ranks == [2, 0]
    evidence.record(
        claim="app-a-generic-rank",
        method=Method.EXACT,
        scope="one exact B⋆, d = 5, k = 2, k′ = 3",
        shown="rank(B⋆ᵀB_0) = 2 at the witness B⋆P, 0 at a start inside the complement: almost every is not every",
    )


def smallest_alignment(d: int, k: int, k_prime: int, seed: int) -> float:
    """Return the mean of σ_min(B⋆ᵀB_0)² over random frames, B⋆ the first k axes."""
    random = np.random.default_rng(seed)
    frames = (np.linalg.qr(random.standard_normal((d, k_prime)))[0] for _ in range(FRAMES))
    return float(np.mean([np.linalg.svd(frame[:k], compute_uv=False)[-1] ** 2 for frame in frames]))


@pytest.mark.claim(id="app-a-collins-alignment")
def test_alignment_of_random_frames(evidence: Recorder) -> None:
    """k = 2, k′ = 5: the mean of σ_min(B⋆ᵀB_0)² lies below k′/d, and falls with d."""
    found = {d: smallest_alignment(d, 2, 5, seed=d) for d in (6, 60, 600)}
    assert all(0 < mean < 5 / d for d, mean in found.items())
    assert found[6] > 10 * found[60] > 10 * found[600]
    evidence.record(
        claim="app-a-collins-alignment",
        method=Method.MONTE_CARLO,
        scope=f"k = 2, k′ = 5, {FRAMES} frames for each d",
        shown="; ".join(f"d = {d}: mean {mean:.4f} ≤ k′/d = {5 / d:.4f}" for d, mean in found.items()),
    )


@pytest.mark.claim(id="app-a-collins-alignment")
def test_average_over_turned_frames(evidence: Recorder) -> None:
    """d = 3, k = 1, k′ = 2: over the turns of an exact frame by signed permutations, the mean of ‖B⋆ᵀB_0‖² is 2/3."""
    frame = rational.orthonormal([[1, 2], [2, -1], [2, 1]])
    values = [
        sum((entry**2 for entry in frame[order[0]]), start=Fraction(0))
        for order in itertools.permutations(range(3))  # signs change no square
    ]
    assert sum(values, start=Fraction(0)) / len(values) == Fraction(2, 3)
    assert len(set(values)) > 1
    evidence.record(
        claim="app-a-collins-alignment",
        method=Method.EXACT,
        scope="d = 3, k = 1, k′ = 2, one exact frame turned by the 48 signed permutations",
        shown=f"‖B⋆ᵀB_0‖² is {', '.join(map(str, sorted(set(values))))}; its mean is k′/d = 2/3, the bound at k = 1",
    )


def representation_sizes(setting: Setting, state: State, steps: int, digits: int = 60) -> list[Any]:
    """Return α‖B_t‖² at k′ = 1 as balls, t = 0, …, steps."""
    xp = ball_system(digits)
    with xp.working():
        alpha = xp.scalar(setting.alpha)
        return [alpha * xp.sqnorm(theta.B) for theta in trajectory(xp, setting, state, steps)]


@pytest.mark.claim(id="app-a-complement-init")
def test_signal_at_its_limit(evidence: Recorder) -> None:
    """m_in = 9: αΛ_0 = x⋆ = 3/4, α‖B⋆,⊥ᵀB_0‖² = 1/48; B_0 is not small, and α‖B_t‖² < 1 for fifty steps, in balls."""
    setting = isotropic(d=2, k=1, k_prime=1, m_in=9, c=1, sigma_sq=1, alpha="1/3", beta="1/3")
    numbers = dimensionless(setting)
    assert numbers.x_star == Fraction(3, 4)
    state = State([["3/2"], ["1/4"]], (0,))
    signal, off = (setting.alpha * entry**2 for entry in (Fraction(3, 2), Fraction(1, 4)))
    assert signal == numbers.x_star
    assert off <= Fraction(1, 3 * 9)
    assert signal + off > Fraction(1, 4 * 9)
    assert 4 * setting.alpha**2 * setting.sigma_bar_sq <= 1
    sizes = representation_sizes(setting, state, 50)
    assert all(size < 1 for size in sizes)
    evidence.record(
        claim="app-a-complement-init",
        method=Method.BALL,
        scope="d = 2, k = k′ = 1, m_in = 9, κ = 2, fifty steps",
        shown=f"α‖B_0‖² = {float(signal + off):.3f}, far above 1/(4m_in); largest α‖B_t‖²: {float(max(sizes)):.3f}",
    )


@pytest.mark.claim(id="new-bound-needs-sample-size")
def test_bound_is_lost_for_a_fixed_complement(evidence: Recorder) -> None:
    """m_in = 10⁶, α‖B_0‖² ≤ 1/3 and no head, all in the complement but a little: α‖B_t‖² exceeds 1, in balls."""
    setting = isotropic(d=2, k=1, k_prime=1, m_in=10**6, c=1, sigma_sq=0, alpha="1/2", beta="1/2")
    state = State([["7/10000"], ["4/5"]], (0,))
    sizes = representation_sizes(setting, state, 60)
    assert 3 * sizes[0] < 1
    above = [t for t, size in enumerate(sizes) if size > 1]
    assert above
    assert all(size < 1 for size in representation_sizes(setting, State([["7/10000"], ["1/10000"]], (0,)), 60))
    evidence.record(
        claim="new-bound-needs-sample-size",
        method=Method.BALL,
        scope="d = 2, k = k′ = 1, κ = 1, m_in = 10⁶, sixty steps",
        shown=f"α‖B_0‖² = 0.32, α‖B_t‖² > 1 at t = {above[0]}; with a small complement it stays below 1",
        finding="The complement does need a start that vanishes as $m_{\\mathrm{in}} \\to \\infty$ for "
        "$\\lVert B_t\\rVert^2 \\le 1/\\alpha$: every fixed start in which signal and complement share a direction, "
        "without a head, breaks it at some $t$ once $m_{\\mathrm{in}}$ is large enough.",
    )


def ends(kappa: int, head: int, seed: int) -> dict[str, float]:
    """Return what is left after many steps from a random start with α‖B_0‖² = 1/3 and ‖w_0‖² = head²αc."""
    setting = isotropic(d=5, k=2, k_prime=3, m_in=SAMPLES, c=1, sigma_sq=kappa - 2, alpha=1, beta=1)
    plain = dimensionless(setting)
    assert plain.kappa == kappa
    numbers = {**numbers_in_system(NUMPY, plain), "a": 1 / (4 * kappa), "rho": 1.0}  # β = α = 1/(2σ̄)
    random = np.random.default_rng(seed)
    B, w = random.standard_normal((5, 3)), random.standard_normal((3, 1))
    B, w = B / (np.sqrt(3) * np.linalg.norm(B, 2)), head * w / np.linalg.norm(w)
    point, largest = Reduced(B[:2], B[2:], w), 0.0
    for _ in range(LONG):
        largest = max(largest, float(np.linalg.norm(np.vstack([point.C, point.D]), 2)) ** 2)
        point = reduced_step(NUMPY, numbers, point)
    off = float(np.linalg.norm(point.D, 2)) ** 2
    return {
        "gram": float(np.linalg.norm(point.C @ point.C.T - numbers["x_star"] * np.eye(2), 2)),
        "output": float(np.linalg.norm(np.vstack([point.C, point.D]) @ point.w)),
        "decay": 2 * numbers["a"] * numbers["q"] * LONG * off,
        "largest": largest,
    }


@pytest.mark.claim(id="app-a-m-in-artifact")
def test_large_samples_converge(evidence: Recorder) -> None:
    """m_in = 200, κ = 2, …, 5, α‖B_0‖² = 1/3, where 1 − x⋆ < 1/3: every trajectory approaches all three limits."""
    found = {(kappa, head): ends(kappa, head, seed=kappa) for kappa in (2, 3, 5) for head in (0, 1)}
    for end in found.values():
        assert end["gram"] < 1e-3
        assert end["output"] < 1e-3
        assert end["decay"] <= 1.01
    assert all(found[kappa, 0]["decay"] > 0.5 for kappa in (2, 3, 5))
    worst = {name: max(end[name] for end in found.values()) for name in ("gram", "output", "decay", "largest")}
    evidence.record(
        claim="app-a-m-in-artifact",
        method=Method.TRAJECTORY,
        scope=f"d = 5, k = 2, k′ = 3, m_in = {SAMPLES}, κ = 2, 3, 5, {len(found)} random starts with α‖B_0‖² = 1/3, "
        f"without a head and with ‖w_0‖² = αc, {LONG} steps in double precision",
        shown=f"at the end ‖αΛ_t − x⋆I‖ ≤ {worst['gram']:.0e}, √α‖B_tŵ_t‖ ≤ {worst['output']:.0e}, "
        f"2aq·t‖D_t‖² ≤ {worst['decay']:.3f}; along the way α‖B_t‖² ≤ {worst['largest']:.4f}",
        finding="Derived only in part: for $m_{\\mathrm{in}} \\le l\\kappa$ an initial scale that depends on $l$ alone "
        "is enough (`new-init-without-sample-size`), and for the gradient flow one that depends on nothing "
        "(`new-flow-with-head`). For the discrete iteration with $m_{\\mathrm{in}} \\gg \\kappa$ it is supported by "
        "trajectories, and no counterexample is known. What does need the sample size there is the bound "
        "$\\lVert B_t\\rVert^2 \\le 1/\\alpha$ on which the proof rests (`app-a-complement-init`).",
    )
