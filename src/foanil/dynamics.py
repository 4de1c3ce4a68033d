"""Iterating (5)-(6): the transcribed step, an equal step in a faster arrangement, trajectories, dimensionless form.

Everything is polymorphic over the number systems of `foanil.arrays`; `letters` is what `Setting.in_system` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foanil import spectra, statements
from foanil.arrays import Array, Arrays, NumberSystem, Scalar
from foanil.setting import Dimensionless, Setting, State, require_state

Letters = Mapping[str, Any]
DigitsLostError = spectra.DigitsLostError


@dataclass(frozen=True, slots=True)
class Iterate:
    """θ_t = (B_t, w_t): B of shape (d, k′), w of shape (k′, 1), both of degree 1/2."""

    B: Array
    w: Array


Step = Callable[[Any, Letters, Iterate], Iterate]


def start(xp: NumberSystem, setting: Setting, state: State) -> Iterate:
    """Return θ_0 in a number system. Raises foanil.setting.ShapeError when the point does not fit the setting."""
    require_state(setting, state)
    return Iterate(**state.in_system(xp))


def step(
    xp: Arrays,
    letters: Letters,
    theta: Iterate,
    *,
    second_moment: Callable[..., Array] = statements.second_moment,
    representation_step: Callable[..., Array] = statements.representation_step,
    head_step: Callable[..., Array] = statements.head_step,
) -> Iterate:
    """One outer step for N = ∞, exactly as transcribed: (5), (6) with (7) (Section 2.2.2).

    The three formulas are arguments so that a wrong version of one can stand in its place.
    """
    alpha, beta, B_star, Sigma_star = (letters[name] for name in ("alpha", "beta", "B_star", "Sigma_star"))
    moment = second_moment(
        xp, theta.B, theta.w, B_star, Sigma_star, alpha=alpha, sigma_sq=letters["sigma_sq"], m_in=letters["m_in"]
    )
    return Iterate(
        representation_step(xp, theta.B, B_star, Sigma_star, moment, alpha=alpha, beta=beta),
        head_step(xp, theta.B, theta.w, alpha=alpha, beta=beta),
    )


def fast_step(xp: Arrays, letters: Letters, theta: Iterate) -> Iterate:
    """The same step with products rearranged: two of size d·k′², the rest of rank k + 2.

    With G = BᵀB, C = B⋆ᵀB, q = Gw, p = w − αq the second moment (7) is
    E = ppᵀ + (α²/m_in)qqᵀ + α²(1 + 1/m_in)CᵀΣ⋆C + (α²/m_in)(‖Bw‖² + σ̄²)G, and E itself is never formed.
    """
    B, w, m_in = theta.B, theta.w, letters["m_in"]
    alpha, beta, B_star = letters["alpha"], letters["beta"], letters["B_star"]
    G, C = B.T @ B, B_star.T @ B
    spread = alpha**2 / m_in
    signal = letters["Sigma_star"] @ C
    q, output = G @ w, B @ w
    p = w - alpha * q
    total = xp.sqnorm(output) + statements.sigma_bar_sq(xp, letters["Sigma_star"], letters["sigma_sq"])
    transported = (
        (B @ p) @ p.T + spread * ((B @ q) @ q.T) + (alpha**2 + spread) * ((B @ C.T) @ signal) + spread * total * (B @ G)
    )
    return Iterate(B - beta * transported + alpha * beta * (B_star @ signal), w - beta * (G @ p))


def trajectory(
    xp: NumberSystem, setting: Setting, state: State, steps: int, step: Step = fast_step
) -> Iterator[Iterate]:
    """Yield θ_0, …, θ_steps under a step; with balls, consume it inside `with xp.working():`.

    Raises DigitsLostError as soon as balls have no digit of B_t or w_t left (plain ball arithmetic keeps some for a
    few hundred steps, by instance and digits).
    """
    letters, theta = setting.in_system(xp), start(xp, setting, state)
    for t in range(steps + 1):
        _require_digits(xp, theta, t)
        yield theta
        if t < steps:
            theta = step(xp, letters, theta)


def radius(xp: NumberSystem, theta: Iterate) -> float:
    """Return the larger of the relative ball radii of B and w: 0 without balls, at least 1 when all digits are lost."""
    if not xp.name.startswith("BALL"):
        return 0.0
    return max(spectra.relative_radius(theta.B), spectra.relative_radius(theta.w))


def _require_digits(xp: NumberSystem, theta: Iterate, t: int) -> None:
    lost = radius(xp, theta)
    if lost >= 1:
        raise DigitsLostError(
            f"expected balls with digits left; at step {t} the relative radius is {lost:.1e}; "
            "start with more digits or stop earlier"
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """What Theorem 1 speaks about, at one iterate.

    complement_sq = ‖B⋆,⊥ᵀB_t‖₂² (degree 1), output_sq = ‖B_tw_t‖² (degree 2), head_sq = ‖w_t‖² (degree 1),
    representation_sq = ‖B_t‖₂² (degree 1), gram = Λ_t (k×k, degree 1), gram_eigenvalues in increasing order.
    """

    t: int
    complement_sq: Scalar
    output_sq: Scalar
    head_sq: Scalar
    representation_sq: Scalar
    gram: Array
    gram_eigenvalues: tuple[Scalar, ...]


def observe(xp: NumberSystem, letters: Letters, theta: Iterate, t: int) -> Observation:
    """Measure one iterate in floats, mpmath numbers or balls (Theorem 1, (8))."""
    gram = statements.gram(xp, theta.B, letters["B_star"])
    return Observation(
        t,
        complement_sq(xp, letters, theta),
        xp.sqnorm(statements.limit_head_output(xp, theta.B, theta.w)),
        xp.sqnorm(theta.w),
        spectra.spectral_sqnorm(xp, theta.B),
        gram,
        spectra.eigenvalues(xp, gram),
    )


def complement_sq(xp: NumberSystem, letters: Letters, theta: Iterate) -> Scalar:
    """Return ‖B⋆,⊥ᵀB‖₂² (degree 1)."""
    return spectra.spectral_sqnorm(xp, statements.limit_complement(xp, theta.B, letters["B_star_perp"]))


def observations(
    xp: NumberSystem, setting: Setting, state: State, steps: int, step: Step = fast_step
) -> Iterator[Observation]:
    """Yield the observation of each iterate; as `trajectory` for balls and errors."""
    letters = setting.in_system(xp)
    for t, theta in enumerate(trajectory(xp, setting, state, steps, step)):
        yield observe(xp, letters, theta, t)


# Dimensionless form, Σ⋆ = cI -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reduced:
    """Pure numbers: C = √α·B⋆ᵀB (k×k′), D = √α·B⋆,⊥ᵀB ((d−k)×k′), w = w_t/√(αc) (k′×1)."""

    C: Array
    D: Array
    w: Array


def reduced(letters: Letters, theta: Iterate, root_alpha: Scalar, root_alpha_c: Scalar) -> Reduced:
    """Return the dimensionless iterate; the roots √α and √(αc) come from the caller's number system."""
    C, D = letters["B_star"].T @ theta.B, letters["B_star_perp"].T @ theta.B
    return Reduced(root_alpha * C, root_alpha * D, theta.w / root_alpha_c)


def numbers_in_system(xp: NumberSystem, numbers: Dimensionless) -> dict[str, Scalar]:
    """Return a, rho, kappa, m, q, s, x_star as numbers of a system."""
    return {name: xp.scalar(getattr(numbers, name)) for name in numbers.__dataclass_fields__}


def remainder(xp: Arrays, numbers: Letters, point: Reduced) -> Array:
    """Return W = qT + uuᵀ + (1/m)(ggᵀ + (wᵀGw)G), what E holds beside s·CᵀC. Shape (k′, k′), a pure number.

    T = DᵀD, G = CᵀC + T, g = Gw, u = w − g.
    """
    T = point.D.T @ point.D
    G = point.C.T @ point.C + T
    g = G @ point.w
    u = point.w - g
    output = xp.sqnorm(point.C @ point.w) + xp.sqnorm(point.D @ point.w)
    return numbers["q"] * T + u @ u.T + (g @ g.T + output * G) / numbers["m"]


def reduced_step(xp: Arrays, numbers: Letters, point: Reduced) -> Reduced:
    """One step of (5)-(6) in dimensionless form: C₊ = CM, D₊ = D(M − aI), w₊ = w − ρG(I − G)w.

    M = (1 + a)I − aE with E = s·CᵀC + W, W from `remainder`.
    """
    C, D, w, a = point.C, point.D, point.w, numbers["a"]
    E = numbers["s"] * (C.T @ C) + remainder(xp, numbers, point)
    G = C.T @ C + D.T @ D
    g = G @ w
    return Reduced(C + a * (C - C @ E), D - a * (D @ E), w - numbers["rho"] * (g - G @ g))
