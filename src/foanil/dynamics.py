"""Iterating (5)-(6): the transcribed step, an equal step in a faster arrangement, trajectories, dimensionless form.

Everything is polymorphic over the number systems of `foanil.arrays`; `letters` is what `Setting.in_system` returns.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foanil import arithmetic, spectra, statements
from foanil.arrays import EXACT, Array, Arrays, NumberSystem, Scalar
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


def products(xp: Arrays, *pairs: tuple[Array, Array]) -> Array:
    """Return the sum of products of pairs of arrays, formed at once where a system offers that."""
    at_once = getattr(xp, "products", None)
    return at_once(*pairs) if at_once else functools.reduce(operator.add, (A @ B for A, B in pairs))


def fast_step(xp: Arrays, letters: Letters, theta: Iterate) -> Iterate:
    """The same step with products rearranged: two of size d·k′², the rest of rank k + 2."""
    return prepared_step(xp, prepared(xp, letters), theta)


def prepared(xp: Arrays, letters: Letters) -> Letters:
    """Return the letters together with what no step changes: βα²(1 + 1/m_in)Σ⋆, αβB⋆Σ⋆, β/m_in, α²β/m_in and σ̄²."""
    alpha, beta, m_in, Sigma_star = (letters[name] for name in ("alpha", "beta", "m_in", "Sigma_star"))
    return {
        **letters,
        "beta_alpha_sq_weight": beta * alpha**2 * (1 + 1 / m_in) * Sigma_star,
        "alpha_beta_signal": alpha * beta * (letters["B_star"] @ Sigma_star),
        "beta_over_m": beta / m_in,
        "spread": alpha**2 * beta / m_in,
        "total": statements.sigma_bar_sq(xp, Sigma_star, letters["sigma_sq"]),
    }


def prepared_step(xp: Arrays, letters: Letters, theta: Iterate) -> Iterate:
    """One step from `prepared` letters.

    With G = BᵀB, C = B⋆ᵀB, q = αGw, p = w − q the second moment (7) is
    E = ppᵀ + (1/m_in)qqᵀ + α²(1 + 1/m_in)CᵀΣ⋆C + (α²/m_in)(wᵀGw + σ̄²)G. What enters the sum of rank k + 2 from the
    left has the degree of βw, from the right that of w, so that none is lost beside another in fixed point.
    """
    B, w = theta.B, theta.w
    G, C = B.T @ B, letters["B_star"].T @ B
    pulled = G @ w
    q = letters["alpha"] * pulled
    p = w - q
    push = letters["beta"] * p
    low_rank = products(xp, (push, p.T), (letters["beta_over_m"] * q, q.T), (C.T @ letters["beta_alpha_sq_weight"], C))
    beta_E = low_rank + letters["spread"] * (xp.trace(w.T @ pulled) + letters["total"]) * G
    return Iterate(B - B @ beta_E + letters["alpha_beta_signal"] @ C, w - G @ push)


def trajectory(
    xp: NumberSystem, setting: Setting, state: State, steps: int, step: Step = fast_step, every: int = 1
) -> Iterator[Iterate]:
    """Yield θ_0, θ_every, … up to θ_steps; with balls, consume it inside `with xp.working():`.

    For mpmath numbers `fast_step` runs in an arithmetic chosen by size (`followed`): each step is within 10^−digits of
    the exact one, and only what is yielded is turned into mpmath numbers. Any other step runs as it is given. Raises
    DigitsLostError as soon as balls have no digit of B_t or w_t left (plain ball arithmetic keeps some for a few
    hundred steps, by instance and digits).
    """
    if step is fast_step and xp.name.startswith("MPMATH"):
        context = xp.scalar(1).context
        if context.dps <= arithmetic.MOST_DIGITS:
            for point in itertools.islice(followed(setting, state, steps, context.dps), None, None, every):
                yield Iterate(*point.mpmath(context))
            return
    letters: Letters = setting.in_system(xp)
    theta = start(xp, setting, state)
    if step is fast_step:
        letters, step = prepared(xp, letters), prepared_step
    for t in range(steps + 1):
        _require_digits(xp, theta, t)
        if t % every == 0:
            yield theta
        if t < steps:
            theta = step(xp, letters, theta)


def followed(setting: Setting, state: State, steps: int, digits: int) -> Iterator[arithmetic.Rounded]:
    """Yield θ_0, …, θ_steps under `fast_step`, each with a proved bound on its step's error (`arithmetic.follow`)."""

    def advance(xp: Any, letters: Letters, B: Any, w: Any) -> tuple[Any, Any]:
        theta = prepared_step(xp, letters, Iterate(B, w))
        return theta.B, theta.w

    return arithmetic.follow(prepared, advance, setting, state, steps, digits)


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


def Lambda_star(setting: Setting, xp: NumberSystem = EXACT) -> Array:
    """Return Λ⋆, the limit of Λ_t = B⋆ᵀB_tB_tᵀB⋆, as printed under (8). Shape (k, k), degree 1, symmetric.

    Exact rationals, unless another number system is given.
    """
    letters = setting.in_system(xp)
    names = ("Sigma_star", "sigma_bar_sq", "alpha", "m_in")
    return statements.limit_gram(xp, *(letters[name] for name in names))


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
