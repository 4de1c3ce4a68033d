"""Theorem 1 with explicit constants, for Σ⋆ = cI: its hypotheses, its bounds (a)-(c) and the two recursions for Λ_t.

Ours; the paper hides universal constants in O(·). `numbers` are the dimensionless numbers in a number system
(`foanil.dynamics.numbers_in_system`), `letters` those of `Setting.in_system`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from foanil import rational, spectra
from foanil.arrays import Array, Arrays, Scalar
from foanil.dynamics import Letters, Reduced, remainder
from foanil.setting import Setting, SettingError, State, require_state


class HypothesisError(SettingError):
    """A setting and start do not meet the hypotheses of the theorem that is applied to them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One hypothesis, decided exactly: its text, whether it holds, and whether it holds with equality."""

    text: str
    holds: bool
    tight: bool = False


def explicit_conditions(setting: Setting, state: State) -> tuple[Condition, ...]:
    """Decide the hypotheses of Theorem 1 with explicit constants, exactly.

    β ≤ α ≤ 1/(2σ̄), α‖B_0‖₂² ≤ 1/(4m_in), ‖w_0‖² ≤ αc, rank(B⋆ᵀB_0) = k; sizes hold in every `Setting`.
    Raises CovarianceError unless Σ⋆ = cI with c > 0, ShapeError for a point that does not fit.
    """
    half = Fraction(1, 2)
    return (
        step_order(setting),
        _at_most("alpha <= 1/(2 sigma_bar)", setting.alpha**2 * setting.sigma_bar_sq, half**2),
        _spectral("alpha ||B_0||^2 <= 1/(4 m_in)", state, 1 / (4 * setting.m_in * setting.alpha)),
        head_size(setting, state, Fraction(1)),
        full_rank(setting, state),
    )


def printed_conditions(
    setting: Setting, state: State, C_B: Fraction, C_w: Fraction, C_alpha: Fraction
) -> tuple[Condition, ...]:
    """Decide the hypotheses of Theorem 1 as printed, with constants in place of its O(·), exactly.

    β ≤ α ≤ C_alpha/σ̄, ‖B_0‖₂² ≤ C_B α⁻¹ min(1/m_in, m_in/σ̄²), ‖w_0‖² ≤ C_w αc, rank(B⋆ᵀB_0) = k.
    """
    least = min(Fraction(1, setting.m_in), setting.m_in / setting.sigma_bar_sq)
    return (
        step_order(setting),
        _at_most("alpha <= C_alpha/sigma_bar", setting.alpha**2 * setting.sigma_bar_sq, C_alpha**2),
        _spectral("||B_0||^2 <= C_B/alpha min(1/m_in, m_in/sigma_bar^2)", state, C_B * least / setting.alpha),
        head_size(setting, state, C_w),
        full_rank(setting, state),
    )


def require_explicit_conditions(setting: Setting, state: State) -> None:
    """Raise HypothesisError, naming every hypothesis of `explicit_conditions` that fails."""
    require_state(setting, state)
    failed = [condition.text for condition in explicit_conditions(setting, state) if not condition.holds]
    if failed:
        raise HypothesisError(
            f"expected {'; '.join(failed)}; got {setting}, {state}; scale B, w or the step sizes down"
        )


def step_order(setting: Setting) -> Condition:
    """Decide β ≤ α."""
    return _at_most("beta <= alpha", setting.beta, setting.alpha)


def head_size(setting: Setting, state: State, constant: Fraction) -> Condition:
    """Decide ‖w_0‖² ≤ constant·α·c."""
    square = sum((entry**2 for entry in state.w), start=Fraction(0))
    return _at_most("||w_0||^2 <= alpha c", square, constant * setting.alpha * setting.c)


def full_rank(setting: Setting, state: State) -> Condition:
    """Decide rank(B⋆ᵀB_0) = k."""
    C = rational.product(rational.transpose(setting.B_star), state.B)
    return Condition("rank(B_star^T B_0) = k", rational.rank(C) == setting.k)


def _at_most(text: str, value: Fraction, bound: Fraction) -> Condition:
    return Condition(text, value <= bound, value == bound)


def _spectral(text: str, state: State, bound: Fraction) -> Condition:
    """Decide ‖B‖₂² ≤ bound as bound·I − BᵀB ⪰ 0, tight when that is singular."""
    gram = rational.product(rational.transpose(state.B), state.B)
    slack = tuple(tuple(bound * int(i == j) - entry for j, entry in enumerate(row)) for i, row in enumerate(gram))
    holds = rational.is_positive_semidefinite(slack)
    return Condition(text, holds, holds and rational.rank(slack) < len(slack))


# Bounds ------------------------------------------------------------------------------------------


def complement_rate(letters: Letters) -> Scalar:
    """Return βγ with γ = α²σ̄²/m_in: 1/‖B⋆,⊥ᵀB_t‖₂² grows at least by this much in a step. Degree −1."""
    return letters["beta"] * letters["alpha"] ** 2 * letters["sigma_bar_sq"] / letters["m_in"]


def complement_bound(initial_sq: Scalar, rate: Scalar, t: int) -> Scalar:
    """Bound (a): ‖B⋆,⊥ᵀB_t‖₂² ≤ ‖B⋆,⊥ᵀB_0‖₂²/(1 + βγ‖B⋆,⊥ᵀB_0‖₂²·t), with rate = βγ. Degree 1."""
    return initial_sq / (1 + rate * initial_sq * t)


def gram_bound(numbers: Letters, initial: Scalar) -> Scalar:
    """Bound (c): λ_max(αΛ_t) ≤ max(λ_max(αΛ_0), x⋆); a pure number."""
    return max(initial, numbers["x_star"])


def representation_bound(numbers: Letters) -> Scalar:
    """Return ḡ = max(1/(4m), x⋆) + 1/(4m) < 1, which bounds α‖B_t‖₂² for every t; a pure number."""
    quarter = 1 / (4 * numbers["m"])
    return max(quarter, numbers["x_star"]) + quarter


def head_rate(letters: Letters, g_bar: Scalar) -> Scalar:
    """Return (7/4)β(1 − ḡ) of bound (b): rate·Σ_{s<t}‖B_sw_s‖² ≤ ‖w_0‖² − ‖w_t‖². Degree −1."""
    return 7 * letters["beta"] * (1 - g_bar) / 4


# Recursions --------------------------------------------------------------------------------------


def upper_recursion(xp: Arrays, numbers: Letters, gram: Array, weight: Scalar) -> Array:
    """Return p̃(αΛ_t) ⪰ αΛ_{t+1}: p̃(λ) = λ[(1 + a(1 − sλ))² + a³ω(1 − sλ)²]. Shape (k, k), pure numbers.

    `gram` is αΛ_t (a 1×1 array for one eigenvalue); `weight` is ω = ‖W_t‖₂, or any bound on it; valid for a‖W_t‖ ≤ 1.
    """
    a, identity = numbers["a"], xp.eye(gram.shape[0])
    F = identity - numbers["s"] * gram
    N = identity + a * F
    return gram @ (N @ N + a**3 * weight * (F @ F))


def lower_recursion(xp: Arrays, numbers: Letters, gram: Array, weight: Scalar) -> Array:
    """Return f_t(αΛ_t) ⪯ αΛ_{t+1}: f_t(λ) = (1 + 2a(1 − ω))λ − 2asλ². Shape (k, k), pure numbers.

    `gram` and `weight` as in `upper_recursion`; valid for every state.
    """
    a = numbers["a"]
    return gram + 2 * a * ((1 - weight) * gram - numbers["s"] * (gram @ gram))


def next_interval(xp: Any, numbers: Letters, interval: tuple[Scalar, Scalar], weight: Scalar) -> tuple[Scalar, Scalar]:
    """Return an interval that contains the spectrum of αΛ_{t+1} if `interval` contains that of αΛ_t.

    p̃ increases on [0, (1 + a)/(3as)], which the theorem's hypotheses keep the spectrum in; f_t is concave, so that its
    least value on an interval is at an end. Λ_t ⪰ 0 throughout.
    """
    low, high = (_on_number(xp, numbers, x) for x in interval)
    lowest = min(lower_recursion(xp, numbers, end, weight)[0, 0] for end in (low, high))
    return max(lowest, 0 * lowest), upper_recursion(xp, numbers, high, weight)[0, 0]


def seen_weight(xp: Any, numbers: Letters, point: Reduced) -> Scalar:
    """Return ‖PW_tP‖₂ with P the projection onto the row space of C_t: the ω ≤ ‖W_t‖₂ that tends to 0 with CW.

    CWCᵀ = C(PWP)Cᵀ, so both recursions hold with it. Needs rank C_t = k; a pure number.
    """
    C = point.C
    P = C.T @ xp.inv(C @ C.T) @ C
    return spectra.eigenvalues(xp, P @ remainder(xp, numbers, point) @ P)[-1]


def _on_number(xp: Any, numbers: Letters, x: Scalar) -> Array:
    one = xp.eye(1)
    one[0, 0] = x
    return one
