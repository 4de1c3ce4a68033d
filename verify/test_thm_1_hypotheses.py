"""The hypotheses of Theorem 1: large step sizes, period doubling beyond them, and the collapse under a long head."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from foanil import convergence, rational
from foanil.arrays import EXACT, NUMPY, NumberSystem, mpmath_system
from foanil.decisions import at_least, more_than, satisfiable
from foanil.dynamics import Observation, Reduced, numbers_in_system, observations, reduced_step, start, step, trajectory
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Dimensionless, Setting, State, dimensionless, isotropic
from proofs.thm_1_hypotheses import CHECKS, Collapse, Doubling


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """A long head makes a direction collapse, αβc > 1 makes the fixed point repel; every falsehood is refused."""
    evidence.judge(check)


def test_hypotheses_can_be_met() -> None:
    """Neither the set of the collapse lemma nor the two-cycle's conditions contradict themselves."""
    found, doubling = Collapse(), Doubling()
    x = found.scalar("x")
    assert satisfiable((*found.theory.assumptions, more_than(x)))
    a, five = doubling.a, 5 * doubling.one
    assert satisfiable((more_than(a, doubling.one), more_than(five, (1 + a) ** 2), doubling.cycle))
    assert satisfiable((*doubling.near(doubling.one / 2), at_least(a, doubling.one)))


# The collapse ----------------------------------------------------------------------------------------

LONG, SHORT = Fraction(7, 5), Fraction(1)
"""‖ŵ_0‖: η = 24/25, and the bound itself."""

SQUARE = isotropic(5, 2, 2, 2, 1, 2, "1/4", "1/4")
WIDE = isotropic(5, 2, 3, 2, 1, 2, "1/4", "1/4")
LEFT = rational.matrix([["3/5", "4/5"], ["-4/5", "3/5"]], "left", (2, 2))
AXES = {
    2: rational.matrix([["5/13", "12/13"], ["-12/13", "5/13"]], "axes", (2, 2)),
    3: rational.matrix([["2/3", "-1/3", "2/3"], ["2/3", "2/3", "-1/3"], ["-1/3", "2/3", "2/3"]], "axes", (3, 3)),
}


def aligned_start(setting: Setting, head: Fraction, tilt: Fraction = Fraction(0)) -> State:
    """Return C_0 = e fᵀ/16 + e₂f₂ᵀ/8, D_0 and ŵ_0 = head·f, for α = 1/4, c = 1; Df = 0 unless tilted."""
    axes = EXACT.array(AXES[setting.k_prime])
    left = EXACT.array(LEFT)
    weights = EXACT.array([[Fraction(1, 16), 0], [0, Fraction(1, 8)]])
    C = left.T @ weights @ axes[:2]
    D = EXACT.array([[tilt, Fraction(1, 10)], [0, Fraction(-1, 20)], [0, 0]]) @ axes[:2]
    w = EXACT.scalar(head) * axes[0] / 2
    rows = [[2 * entry for entry in row] for block in (C, D) for row in block]
    return State([[_fraction(entry) for entry in row] for row in rows], [_fraction(entry) for entry in w])


def _fraction(entry: Any) -> Fraction:
    return Fraction(int(entry.numerator), int(entry.denominator))


def along(xp: NumberSystem, setting: Setting, state: State, steps: int) -> list[Observation]:
    """Return the observations at all steps."""
    return list(observations(xp, setting, state, steps))


def weight_along(xp: NumberSystem, setting: Setting, B: Any) -> Any:
    """Return χ = eᵀCf, C = B⋆ᵀB/2."""
    e, f = xp.array([LEFT[0]]), xp.array([[entry] for entry in AXES[setting.k_prime][0]])
    return (e @ B[:2] @ f)[0, 0] / 2


@pytest.mark.claim(id="new-collapse-lemma")
@pytest.mark.parametrize("setting", [SQUARE, WIDE], ids=["k' = k", "k' > k"])
def test_collapse_along_a_trajectory(setting: Setting, evidence: Recorder) -> None:
    """χ_t² stays below (1 − aη/2)^t χ_0² and ‖ŵ_t‖² above 1 + η/2, every other hypothesis of Theorem 1 holding."""
    pure, state = dimensionless(setting), aligned_start(setting, LONG)
    eta = LONG**2 - 1
    assert Fraction(1, 256) <= pure.a * eta**2 / (8 * pure.rho)
    convergence.require_explicit_conditions(setting, aligned_start(setting, SHORT))
    xp, steps = mpmath_system(60), 400
    rate, first = xp.scalar(1 - pure.a * eta / 2), xp.scalar(Fraction(1, 256))
    for t, theta in enumerate(trajectory(xp, setting, state, steps)):
        assert weight_along(xp, setting, theta.B) ** 2 <= rate**t * first * (1 + xp.scalar(Fraction(1, 10**40)))
        assert xp.sqnorm(theta.w) * 4 >= xp.scalar(1 + eta / 2)
    ends = [along(xp, setting, aligned_start(setting, head), steps)[-1] for head in (LONG, SHORT)]
    least = [float(end.gram_eigenvalues[0]) / 4 for end in ends]
    assert least[0] < 1e-6
    assert least[1] > 0.9 * float(pure.x_star)
    evidence.record(
        claim="new-collapse-lemma",
        method=Method.TRAJECTORY,
        scope=f"{setting!r}, one start, {steps} steps, 60 digits",
        shown=f"the least eigenvalue of αΛ after {steps} steps: {least[0]:.1e} from ‖ŵ_0‖² = 49/25, {least[1]:.4f} "
        f"from the same B_0 and ‖ŵ_0‖² = 1; x⋆ = {float(pure.x_star):.4f}",
    )


@pytest.mark.claim(id="new-head-bound-sharp")
def test_what_a_tilt_changes(evidence: Recorder) -> None:
    """After a small tilt of D_0 the collapse goes on at k′ = k, and is undone at k′ > k."""
    xp, tilt, steps = NUMPY, Fraction(1, 1000), 1500
    ends = {}
    for name, setting in (("square", SQUARE), ("wide", WIDE)):
        state = aligned_start(setting, LONG, tilt)
        rows = [list(row) for row in state.B]
        rows[0][-1] += tilt
        last = along(xp, setting, State(rows, state.w), steps)[-1]
        ends[name] = float(last.gram_eigenvalues[0]) / 4
    x_star = float(dimensionless(SQUARE).x_star)
    assert ends["square"] < 1e-9
    assert ends["wide"] > 0.9 * x_star
    evidence.record(
        claim="new-head-bound-sharp",
        method=Method.TRAJECTORY,
        scope=f"{SQUARE!r} and the same with k' = 3, one tilted start each, ‖ŵ_0‖² = 49/25, {steps} steps, doubles",
        shown=f"least eigenvalue of αΛ at the end: {ends['square']:.1e} at k' = k, {ends['wide']:.4f} at k' > k; "
        f"x⋆ = {x_star:.4f}",
        finding="A fixed point of rank k − 1 under a head with ‖w‖² > αc repels no direction when k' = k, and repels "
        "when k' > k (new-fixed-points).",
    )


def test_collapse_needs_the_bound_on_alpha() -> None:
    """With a ≤ 1/4 alone and a large κ the first step already enlarges χ: aκ ≤ ρ/4 cannot be dropped."""
    kappa = Fraction(10_000)
    numbers = Dimensionless(Fraction(1, 4), Fraction(1), kappa, Fraction(1), kappa, 2 + kappa, 1 / (2 + kappa))
    x, v = Fraction(1, 128), Fraction(2)
    a, s = numbers.a, numbers.s
    assert x <= a / (32 * numbers.rho)
    factor = 1 + a - a * (s * x + v * ((1 - x) ** 2 + 2 * x**2))
    assert factor**2 > 300


# The two-cycle ---------------------------------------------------------------------------------------


@pytest.mark.claim(id="new-period-doubling")
def test_exact_two_cycle_of_the_iteration(evidence: Recorder) -> None:
    """At αβc = 7/6 the transcribed step swaps two representations exactly: αΛ/x⋆ is 9/7 and 4/7 in turn."""
    setting = isotropic(4, 2, 3, 7, "7/6", 7, 1, 1)
    pure = dimensionless(setting)
    assert (pure.a, pure.x_star) == (Fraction(7, 6), Fraction(7, 16))
    high = [[Fraction(3, 4) * entry for entry in row] for row in AXES[3][:2]]
    state = State([*high, [0, 0, 0], [0, 0, 0]], [0, 0, 0])
    letters, first = setting.in_system(EXACT), start(EXACT, setting, state)
    second = step(EXACT, letters, first)
    third = step(EXACT, letters, second)
    assert (second.B * 3 == first.B * 2).all()
    assert (third.B == first.B).all()
    evidence.record(
        claim="new-period-doubling",
        method=Method.EXACT,
        scope=f"{setting!r}, one start with w_0 = 0",
        shown="B_2 = B_0 and B_1 = (2/3)B_0 exactly: the eigenvalues of αΛ/x⋆ are 9/7 and 4/7 in turn",
    )


@pytest.mark.claim(id="new-period-doubling")
@pytest.mark.parametrize(
    ("a", "steps"), [(Fraction(4, 5), 200), (Fraction(1), 40_000), (Fraction(7, 6), 1000)], ids=["0.8", "1", "7/6"]
)
def test_where_orbits_end(a: Fraction, steps: int, evidence: Recorder) -> None:
    """Orbits tend to 1 for αβc = 4/5, slowly for αβc = 1, and to the two-cycle for αβc = 7/6."""
    numbers = Dimensionless(a, Fraction(1), Fraction(8), Fraction(7), Fraction(8, 7), Fraction(16, 7), Fraction(7, 16))
    pure = numbers_in_system(NUMPY, numbers)
    axes = NUMPY.array(AXES[3])
    C = NUMPY.array(LEFT) @ NUMPY.array(
        [["1/3", 0], [0, "1/5"]] if False else [[Fraction(1, 3), 0], [0, Fraction(1, 5)]]
    )
    point = Reduced(C @ axes[:2], NUMPY.zeros(3, 3), NUMPY.zeros(3, 1))
    for _ in range(steps):
        point = reduced_step(NUMPY, pure, point)
    after = reduced_step(NUMPY, pure, point)
    ends = [float(pure["s"] * (p.C @ p.C.T)[0, 0]) for p in (point, after)]
    expected = {Fraction(7, 6): (4 / 7, 9 / 7)}.get(a, (1.0, 1.0))
    # At a = 1 the distance z obeys |z₊₊| ≈ |z| − 4|z|³, so |z_t| is about 1/√(4t); elsewhere convergence is geometric.
    allowed = 2 / (4 * steps) ** 0.5 if a == 1 else 1e-9
    assert max(abs(found - wanted) for found, wanted in zip(sorted(ends), expected, strict=True)) < allowed
    evidence.record(
        claim="new-period-doubling",
        method=Method.TRAJECTORY,
        scope=f"αβc = {a}, κ = 8, m_in = 7, k = 2, k' = 3, one start with w_0 = 0, {steps} steps, doubles",
        shown=f"the first diagonal entry of sΛ at the end: {ends[0]:.6f}, {ends[1]:.6f}",
    )


# Large step sizes ------------------------------------------------------------------------------------


@pytest.mark.claim(id="sec-3-large-step-sizes")
def test_both_step_sizes_at_their_bound(evidence: Recorder) -> None:
    """With α = β = 1/(2σ̄) exactly, the limits of (8) are reached."""
    setting = isotropic(5, 2, 2, 2, 8, 0, "1/8", "1/8")
    assert setting.alpha == setting.beta
    assert 4 * setting.alpha**2 * setting.sigma_bar_sq == 1
    state = State([["12/25", "9/25"], ["-3/50", "4/50"], ["16/25", "12/25"], [0, 0], [0, 0]], ["3/5", "4/5"])
    convergence.require_explicit_conditions(setting, state)
    last = along(NUMPY, setting, state, 4000)[-1]
    x_star = float(dimensionless(setting).x_star)
    gaps = [abs(float(value) / 8 - x_star) for value in last.gram_eigenvalues]
    assert max(gaps) < 1e-9
    assert last.complement_sq < 1e-9
    assert last.output_sq < 1e-9
    evidence.record(
        claim="sec-3-large-step-sizes",
        method=Method.TRAJECTORY,
        scope=f"{setting!r}, one start, 4000 steps, doubles",
        shown=f"α = β = 1/(2σ̄): |λ(αΛ_t) − x⋆| ≤ {max(gaps):.1e}, ‖D_t‖² = {last.complement_sq:.1e}",
    )
