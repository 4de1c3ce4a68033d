"""Theorem 1 with explicit constants: hypotheses decided exactly, bounds and recursions by hand-computed values."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from foanil import convergence, dynamics
from foanil.arrays import EXACT, NUMPY
from foanil.setting import ShapeError, State, dimensionless, isotropic

# σ̄² = 16, α = 1/(2σ̄), ‖B_0‖₂² = 1 = 1/(4m_inα), ‖w_0‖² = 1 = αc: every constant at its limit.
AT_LIMIT = isotropic(4, 2, 3, 2, 8, 0, "1/8", "1/8")
START = State([[1, 0, 0], [0, "1/2", 0], [0, 0, "1/3"], [0, 0, 0]], ["3/5", 0, "4/5"])


def failing(setting: object, state: State) -> list[str]:
    """Return the texts of the explicit conditions that fail."""
    return [c.text for c in convergence.explicit_conditions(setting, state) if not c.holds]  # type: ignore[arg-type]


def test_every_condition_can_hold_with_equality() -> None:
    """At the limit of every constant all conditions hold, and all inequalities are tight."""
    conditions = convergence.explicit_conditions(AT_LIMIT, START)
    assert all(c.holds for c in conditions)
    assert [c.tight for c in conditions] == [True, True, True, True, False]
    convergence.require_explicit_conditions(AT_LIMIT, START)


BEYOND = Fraction(1) + Fraction(1, 10**30)


@pytest.mark.parametrize(
    ("setting", "state", "text"),
    [
        (replace(AT_LIMIT, beta=AT_LIMIT.beta * BEYOND), START, ["beta <= alpha"]),
        (replace(AT_LIMIT, sigma_sq=BEYOND - 1), START, ["alpha <= 1/(2 sigma_bar)"]),
        (AT_LIMIT, replace(START, B=[[BEYOND, 0, 0], *START.B[1:]]), ["alpha ||B_0||^2 <= 1/(4 m_in)"]),
        (AT_LIMIT, replace(START, w=[x * BEYOND for x in START.w]), ["||w_0||^2 <= alpha c"]),
        (AT_LIMIT, replace(START, B=[START.B[0], [0, 0, 0], *START.B[2:]]), ["rank(B_star^T B_0) = k"]),
    ],
    ids=["beta", "alpha", "B", "w", "rank"],
)
def test_every_condition_fails_just_beyond_its_limit(setting: object, state: State, text: list[str]) -> None:
    """Beyond a limit by 10⁻³⁰ exactly one condition fails, and the error names it."""
    assert failing(setting, state) == text
    with pytest.raises(convergence.HypothesisError) as caught:
        convergence.require_explicit_conditions(setting, state)  # type: ignore[arg-type]
    assert text[0] in str(caught.value)


def test_printed_conditions_have_their_constants() -> None:
    """‖B_0‖² ≤ C_B α⁻¹ min(1/m_in, m_in/σ̄²) is tight at C_B = 1 here (8·min(1/2, 2/16) = 1), and fails below."""
    one, half = Fraction(1), Fraction(1, 2)
    conditions = convergence.printed_conditions(AT_LIMIT, START, one, one, half)
    assert all(c.holds for c in conditions)
    assert [c.tight for c in conditions] == [True, True, True, True, False]
    for constants in ((one - Fraction(1, 10**9), one, half), (one, half, half), (one, one, half / 2)):
        assert sum(not c.holds for c in convergence.printed_conditions(AT_LIMIT, START, *constants)) == 1


def test_a_state_of_another_shape_is_refused() -> None:
    """Conditions are decided only for a state that fits."""
    with pytest.raises(ShapeError):
        convergence.require_explicit_conditions(AT_LIMIT, State([[1]], [1]))


def test_bounds_by_hand() -> None:
    """(a), (b), (c) and ḡ for c = 8, σ² = 0, α = β = 1/8, m_in = 2: κ = 2, x⋆ = 2/5."""
    letters, numbers = AT_LIMIT.in_system(EXACT), dynamics.numbers_in_system(EXACT, dimensionless(AT_LIMIT))
    rate = convergence.complement_rate(letters)
    # βα²σ̄²/m_in = 16/(8·64·2) = 1/64.
    assert rate == EXACT.scalar(Fraction(1, 64))
    assert convergence.complement_bound(EXACT.scalar(2), rate, 32) == 1
    assert convergence.representation_bound(numbers) == EXACT.scalar(Fraction(2, 5) + Fraction(1, 8))
    # (7/4)(1/8)(1 − 21/40) = 133/1280.
    assert convergence.head_rate(letters, convergence.representation_bound(numbers)) == EXACT.scalar(
        Fraction(133, 1280)
    )
    assert convergence.gram_bound(numbers, EXACT.scalar(Fraction(1, 2))) == EXACT.scalar(Fraction(1, 2))
    assert convergence.gram_bound(numbers, EXACT.scalar(Fraction(1, 3))) == numbers["x_star"]


def test_recursions_by_hand() -> None:
    """p̃(1/5) and f(1/5) for a = 1/8, s = 5/2, ω = 1/3; both fix x⋆ when ω is 0."""
    numbers = dynamics.numbers_in_system(EXACT, dimensionless(AT_LIMIT))
    assert (numbers["a"], numbers["s"]) == (EXACT.scalar(Fraction(1, 8)), EXACT.scalar(Fraction(5, 2)))
    fifth, weight = EXACT.array([[Fraction(1, 5)]]), EXACT.scalar(Fraction(1, 3))
    # 1 − sλ = 1/2: λ[(17/16)² + (1/8)³(1/3)(1/4)], and λ + (1/4)((2/3)λ − (5/2)λ²).
    upper = Fraction(1, 5) * (Fraction(17, 16) ** 2 + Fraction(1, 512 * 12))
    lower = Fraction(1, 5) + Fraction(1, 4) * (Fraction(2, 15) - Fraction(1, 10))
    assert convergence.upper_recursion(EXACT, numbers, fifth, weight)[0, 0] == EXACT.scalar(upper)
    assert convergence.lower_recursion(EXACT, numbers, fifth, weight)[0, 0] == EXACT.scalar(lower)
    limit = EXACT.array([[Fraction(2, 5)]])
    for recursion in (convergence.upper_recursion, convergence.lower_recursion):
        assert recursion(EXACT, numbers, limit, EXACT.scalar(0))[0, 0] == numbers["x_star"]
    interval = convergence.next_interval(EXACT, numbers, (fifth[0, 0], fifth[0, 0]), weight)
    assert interval == (EXACT.scalar(lower), EXACT.scalar(upper))


def test_recursions_act_on_spectra() -> None:
    """On a symmetric matrix both recursions are spectral functions: eigenvalues are mapped one by one."""
    numbers = dynamics.numbers_in_system(NUMPY, dimensionless(AT_LIMIT))
    gram = np.array([[0.3, 0.1], [0.1, 0.2]])
    for recursion in (convergence.upper_recursion, convergence.lower_recursion):
        mapped = [recursion(NUMPY, numbers, np.array([[x]]), 0.3)[0, 0] for x in np.linalg.eigvalsh(gram)]
        assert np.linalg.eigvalsh(recursion(NUMPY, numbers, gram, 0.3)) == pytest.approx(mapped)


def test_the_seen_weight_is_below_the_full_one() -> None:
    """‖PWP‖ ≤ ‖W‖, with equality at k′ = k, and zero where Cw = 0 and CDᵀ = 0."""
    numbers = dynamics.numbers_in_system(NUMPY, dimensionless(AT_LIMIT))
    rng = np.random.default_rng(3)
    wide = dynamics.Reduced(0.3 * rng.normal(size=(2, 3)), 0.2 * rng.normal(size=(2, 3)), rng.normal(size=(3, 1)))
    square = dynamics.Reduced(wide.C[:, :2], wide.D[:, :2], wide.w[:2])
    full = [np.linalg.norm(dynamics.remainder(NUMPY, numbers, point), 2) for point in (wide, square)]
    assert convergence.seen_weight(NUMPY, numbers, wide) < full[0]
    assert convergence.seen_weight(NUMPY, numbers, square) == pytest.approx(full[1])
    hidden = dynamics.Reduced(np.eye(2, 3), np.array([[0.0, 0.0, 1.0]]), np.array([[0.0], [0.0], [0.7]]))
    assert abs(convergence.seen_weight(NUMPY, numbers, hidden) - (0.49 / 2)) < 1e-15
