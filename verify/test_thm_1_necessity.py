"""Each hypothesis of Theorem 1 is needed: exact starts that keep the others and lose a limit."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sympy import QQ

from foanil import rational
from foanil.arrays import EXACT, mpmath_system
from foanil.convergence import explicit_conditions
from foanil.dynamics import observations, trajectory
from foanil.entrywise_moments import Entry, EntryRing, centred_expectation, gaussian_expectation
from foanil.evidence import Check, Method
from foanil.first_principles import Parameters, first_order_direction, task_sample
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


# The three hypotheses on the data ------------------------------------------------------------------

# One feature that matters, one that does not, one row for each loop, one column: k = k′ = 1, d = 2, m_in = m_out = 1,
# α = 1/2, no noise, tasks θ⋆ = (t, 0) with E t² = 1. There σ̄ = 1, κ = 1 and αΛ⋆ = x⋆ = 1/3. A sequence that a
# continuous map makes converges to a rest point of it only: where x⋆ is none, no start converges to the limits of (8).
ALPHA, STEP = Fraction(1, 2), QQ(1, 2)
RING = EntryRing({"x": (1, 2), "y": (1, 2), "t": (1, 1), "b": (1, 1)}, ())
LIMIT = Fraction(1, 3)


def pull(*, split: bool = True) -> Any:
    """Return the B⋆-entry of the outer direction in B at (B, w) = ((b, 0), 0), one task's, as a polynomial."""
    X, Y, t, b = (RING.matrix(name) for name in "xytb")
    zero = RING.constant([[0]])
    theta = Parameters(np.vstack([b, zero]), zero)
    inner = task_sample(X, 1, RING.constant([[1], [0]]), t, zero)
    outer = task_sample(Y, 1, RING.constant([[1], [0]]), t, zero) if split else inner
    return first_order_direction(theta, inner, outer, STEP).B[:1]


def signs(direction: Any, names: tuple[str, ...]) -> Any:
    """Return the mean of a direction over independent features ±1: an even power is 1, an odd one 0."""
    total = RING.ring.zero
    for powers, coefficient in direction[0, 0].polynomial.terms():
        chosen = [str(symbol)[0] in names for symbol in RING.ring.symbols]
        if all(power % 2 == 0 for power, ours in zip(powers, chosen, strict=True) if ours):
            total += RING.ring({tuple(0 if ours else p for p, ours in zip(powers, chosen, strict=True)): coefficient})
    return np.array([[Entry(total)]], dtype=object)


def rest_points(mean: Any) -> list[Fraction]:
    """Return αΛ = αb² ≠ 0 at which a mean direction c_3 b³ + c_1 b vanishes."""
    terms = {powers[-1]: Fraction(str(c)) for powers, c in mean[0, 0].polynomial.terms()}
    assert set(terms) == {1, 3}
    return [-ALPHA * terms[1] / terms[3]]


def over_tasks(direction: Any) -> Any:
    """Return the mean over t, centred and of variance 1."""
    return centred_expectation(direction, RING.matrix("t"), RING.constant([[1]]))


def gaussian(direction: Any) -> Any:
    """Return the mean over Gaussian features of both rows."""
    both = np.hstack([RING.matrix("x"), RING.matrix("y")])
    return over_tasks(gaussian_expectation(direction, both))


@pytest.mark.claim(id="new-hypotheses-needed")
@pytest.mark.parametrize(
    ("dropped", "mean", "expected"),
    [
        ("the sample split", lambda: gaussian(pull(split=False)), Fraction(1, 5)),
        ("Gaussian features (±1 instead)", lambda: over_tasks(signs(pull(), ("x", "y"))), Fraction(1)),
    ],
)
def test_other_data_have_another_limit(
    dropped: str, mean: Callable[[], Any], expected: Fraction, evidence: Recorder
) -> None:
    """With one sample for both loops, or features ±1, the αΛ does not rest at x⋆ = 1/3; with the data model it does."""
    assert rest_points(gaussian(pull())) == [LIMIT]
    assert rest_points(mean()) == [expected]
    assert expected != LIMIT
    evidence.record(
        claim="new-hypotheses-needed",
        method=Method.EXACT,
        scope=f"{dropped} dropped: d = 2, k = k′ = 1, m_in = m_out = 1, α = 1/2, σ = 0, Σ⋆ = 1, w = 0, D = 0",
        shown=f"(6) rests at αΛ = {expected} and 0 only, where (8) says {LIMIT}: no start converges to that",
    )


@pytest.mark.claim(id="new-hypotheses-needed")
def test_tasks_with_a_mean_move_the_head(evidence: Recorder) -> None:
    """With E t = 1 the head moves from every (B, 0) with 0 < αΛ < 1: Bw = 0 is no limit; with E t = 0 it does not."""
    X, Y, t, b = (RING.matrix(name) for name in "xytb")
    zero = RING.constant([[0]])
    theta = Parameters(np.vstack([b, zero]), zero)
    inner, outer = (task_sample(rows, 1, RING.constant([[1], [0]]), t, zero) for rows in (X, Y))
    direction = gaussian_expectation(first_order_direction(theta, inner, outer, STEP).w, np.hstack([X, Y]))
    # linear in t: E t stands for t
    assert str(direction[0, 0].polynomial) == "1/2*t_0_0*b_0_0**3 - t_0_0*b_0_0"
    assert str(over_tasks(direction)[0, 0].polynomial) == "0"
    evidence.record(
        claim="new-hypotheses-needed",
        method=Method.EXACT,
        scope="zero mean dropped: d = 2, k = k′ = 1, m_in = m_out = 1, α = 1/2, σ = 0, w = 0, D = 0",
        shown="the head moves by −β·b(b²/2 − 1)·E t, which is not 0 at αΛ = b²/2 = x⋆ = 1/3: "
        "the second limit of (8) fails",
    )


# Side by side --------------------------------------------------------------------------------------

NINE = (
    (
        "rank(B⋆ᵀB_0) = k",
        "k = 2, rank 1, any step sizes",
        "Λ_t keeps rank 1",
        "a direction that B⋆ᵀB_0 loses stays lost",
    ),
    (
        "‖B_0‖² = O(1/(α m_in))",
        "k = 1, m_in = 1, σ = 0, αβc = 1/4, α‖B_0‖² = 4",
        "‖B_t‖ → ∞",
        "a start far above the limit escapes",
    ),
    (
        "‖w_0‖² = O(αλ_min(Σ⋆))",
        "k = k′ = 1, D_0 = 0, ‖w_0‖² = (1 + η)αc, any η > 0",
        "Λ_t → 0",
        "a head above its bound, and step sizes above theirs",
    ),
    ("α = O(1/σ̄)", "αβc > 1", "Λ⋆ repels", "a head above its bound, and step sizes above theirs"),
    (
        "β ≤ α",
        "k = k′ = 1, m_in = 1 + κ, β > 8α",
        "B_tw_t ↛ 0 while Λ_t → Λ⋆",
        "β > 8α: the second limit fails where the third holds",
    ),
    ("m_in < ∞", "m_in = ∞, k′ > k, however small B_0 is", "the complement stays", "test_infinitely_many_samples"),
    ("sample split", "k = 1, one row for both loops", "αΛ rests at 1/5, not 1/3", "test_other_data_have_another_limit"),
    ("Gaussian features", "k = 1, features ±1", "αΛ rests at 1, not 1/3", "test_other_data_have_another_limit"),
    ("zero task mean", "k = 1, E w⋆ = 1", "B_tw_t ↛ 0", "test_tasks_with_a_mean_move_the_head"),
)
"""Hypothesis, an instance that keeps the others, what it loses, and the check that shows it."""


@pytest.mark.claim(id="new-hypotheses-needed")
def test_all_nine_side_by_side(evidence: Recorder) -> None:
    """Each of the nine hypotheses has an instance without it, and the check that it names exists."""
    checks = {check.name for check in CHECKS} | set(globals())
    assert [row[3] for row in NINE if row[3] not in checks] == []
    assert len({row[0] for row in NINE}) == 9
    evidence.record(
        claim="new-hypotheses-needed",
        method=Method.EXACT,
        scope="minimal: the smallest sizes, one row per loop, the simplest rationals that do it",
        shown="nine hypotheses, nine instances",
        table=(("hypothesis", "dropped in", "what fails", "shown by"), *NINE),
    )
