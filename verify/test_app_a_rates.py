"""Appendix A: the sharp polynomial rate above the exact width, the exponential ones at it and at m_in = ∞."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from foanil.arrays import NUMPY, mpmath_system
from foanil.convergence import explicit_conditions
from foanil.dynamics import Reduced, numbers_in_system, observations, reduced_step
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State, dimensionless, isotropic
from proofs.app_a_rates import CHECKS

STEPS = 100
HORIZON = 1000
NUMBERS = numbers_in_system(
    NUMPY,
    dimensionless(Setting(d=5, k=2, k_prime=2, m_in=3, Sigma_star=1, sigma_sq=2, alpha="1/4", beta="1/4")),
)
INFINITE = {"a": 0.0625, "rho": 1.0, "kappa": 4.0, "m": np.inf, "q": 0.0, "s": 1.0, "x_star": 1.0}
SQUARE = Reduced(
    np.array([[0.2, 0.1], [0.05, 0.2]]),
    np.array([[0.1, 0.05], [0.0, 0.15], [0.1, -0.1]]),
    np.array([[0.4], [0.3]]),
)


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


def points(numbers: Mapping[str, Any], point: Reduced) -> Iterator[Reduced]:
    """Yield the point after 0, 1, … 2·STEPS steps."""
    for _ in range(2 * STEPS + 1):
        yield point
        point = reduced_step(NUMPY, numbers, point)


def rates(numbers: Mapping[str, Any], point: Reduced) -> dict[str, float]:
    """Return the geometric rate per step, between STEPS and 2·STEPS, of the three limits."""
    seen = list(points(numbers, point))
    early, late = seen[STEPS], seen[-1]

    def sizes(at: Reduced) -> dict[str, float]:
        limit = numbers["x_star"] * np.eye(2)
        return {
            "‖D_t‖": float(np.linalg.norm(at.D, 2)),
            "‖Bŵ‖": float(np.linalg.norm(np.vstack([at.C @ at.w, at.D @ at.w]))),
            "‖αΛ_t − x⋆I‖": float(np.linalg.norm(at.C @ at.C.T - limit, 2)),
        }

    before, after = sizes(early), sizes(late)
    return {name: (after[name] / before[name]) ** (1 / STEPS) for name in before}


@pytest.mark.claim(id="new-geometric-limits")
def test_exponential_at_the_exact_width(evidence: Recorder) -> None:
    """At k′ = k each limit shrinks by a factor below 0.99 per step, with a complement and a head."""
    found = rates(NUMBERS, SQUARE)
    assert all(rate < 0.99 for rate in found.values())
    evidence.record(
        claim="new-geometric-limits",
        method=Method.TRAJECTORY,
        scope=f"d = 5, k = k′ = 2, m_in = 3, κ = 4, a = 1/16, one start, steps {STEPS} to {2 * STEPS}",
        shown="; ".join(f"{name} shrinks by {rate:.4f} a step" for name, rate in found.items()),
    )


@pytest.mark.claim(id="app-a-overparam-slowdown")
def test_a_head_can_unlearn_exponentially(evidence: Recorder) -> None:
    """At k′ = k + 1 with ‖w_0‖² = αc the complement shrinks by one factor per step: no constant over t is below it."""
    setting = isotropic(d=5, k=2, k_prime=3, m_in=4, c=1, sigma_sq=1, alpha="1/4", beta="1/4")
    rows = [["1/10", "1/20", "1/50"], ["3/100", "-1/10", "1/30"], ["1/100", "1/5", "1/10"], ["-1/10", 0, "1/10"]]
    state = State([*rows, ["1/20", "1/50", "-7/100"]], ("3/10", "-2/5", 0))
    assert all(condition.holds for condition in explicit_conditions(setting, state))
    seen = [float(one.complement_sq) for one in observations(mpmath_system(60), setting, state, 2 * HORIZON)]
    early, late = ((seen[t + 100] / seen[t]) ** 0.01 for t in (HORIZON, 2 * HORIZON - 100))
    assert late < 0.99
    assert late == pytest.approx(early, rel=1e-6)
    evidence.record(
        claim="app-a-overparam-slowdown",
        method=Method.TRAJECTORY,
        scope=f"with a head: d = 5, k = 2, k′ = 3, m_in = 4, ‖w_0‖² = αc, one start, {2 * HORIZON} steps, 60 digits",
        shown=f"(1 + t)‖B⋆,⊥ᵀB_t‖² is {(2 * HORIZON + 1) * seen[-1]:.1e} in the end; the square shrinks by {late:.4f} "
        "a step",
        finding="At $k' = k + 1$ a head that the theorem allows can make unlearning exponential: it comes to fill the "
        "kernel of $B_\\star^\\top B_t$ and shrinks the complement there by one factor per step. The lower bound is "
        "derived for $w_0 = 0$.",
    )


@pytest.mark.claim(id="app-a-well-specified-rate")
def test_third_limit_with_infinitely_many_samples(evidence: Recorder) -> None:
    """At m_in = ∞ and k′ = k, ‖αΛ_t − I‖ shrinks by a factor of at most 1 − a per step, in the end."""
    seen = list(points(INFINITE, SQUARE))
    gaps = [float(np.linalg.norm(point.C @ point.C.T - np.eye(2), 2)) for point in seen]
    rate = (gaps[200] / gaps[100]) ** (1 / 100)
    assert rate < 1 - INFINITE["a"] + 0.001
    evidence.record(
        claim="app-a-well-specified-rate",
        method=Method.TRAJECTORY,
        scope="d = 5, k = k′ = 2, m_in = ∞, a = 1/16, one start, steps 100 to 200",
        shown=f"‖αΛ_t − I‖ shrinks by {rate:.4f} a step; 1 − 2a = {1 - 2 * INFINITE['a']}, 1 − a = {1 - INFINITE['a']}",
        finding="The paper says that a rate can be derived; it is exponential, with every factor above $1 - "
        "\\alpha\\beta c$, and not at $k' = k$ only: at every width, for heads short enough: "
        "$\\lVert w_0 \\rVert^2$ below $\\alpha c/2$ by a factor that the complement of $B_0$ fixes.",
    )
