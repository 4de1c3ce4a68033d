"""From a point of the region on: the times after which each limit of (8) is guaranteed to within ε.

Scalar recursions bound, at every later time, λ_min(αΛ) ≥ low, λ_max(αΛ) ≤ high, ‖D‖² ≤ delta and ‖Cŵ‖ ≤ zeta. Once
they are caught in a trap that the recursions map into itself they hold for ever, and many steps can be taken in one
leap. All in rationals, rounded outward; dimensionless letters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from foanil.setting import Dimensionless

PLACES = 10**18
"""Bounds are rounded outward to multiples of 1/PLACES."""

MOST_LINKS = 1500
"""A guarantee that takes more steps and leaps is not looked for."""

SOON = 40
"""A trap that takes more links is looked for again later on the way."""

LEAP = 12
"""A leap goes a twelfth of the time that has passed: a late time is found to within a twelfth."""

WIDENINGS = 4
"""How often a trap is widened before it is given up for this time."""


USUAL = Fraction(7, 8)
"""A trap's lower end, as a part of the present one, where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Bounds at time t: low ≤ λ(αΛ) ≤ high, ‖D‖² ≤ delta, ‖Cŵ‖ ≤ zeta, ‖ŵ‖² ≤ omega."""

    t: int
    low: Fraction
    high: Fraction
    delta: Fraction
    zeta: Fraction
    omega: Fraction


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The bounds along the way, the last one a trap's: from its time on they hold for ever."""

    chain: tuple[Tail, ...]

    @property
    def t(self) -> int:
        """The time from which on the guarantee holds."""
        return self.chain[-1].t


def complement_time(n: Dimensionless, delta: Fraction, epsilon: Fraction) -> int:
    """Return the first t with δ/(1 + aqδt) ≤ ε: bound (a) of Theorem 1 with explicit constants, dimensionless."""
    return 0 if delta <= epsilon else math.ceil((1 / epsilon - 1 / delta) / (n.a * n.q))


def output_once_time(n: Dimensionless, g_bar: Fraction, omega: Fraction, epsilon_sq: Fraction) -> int:
    """Return t with ŵ_sᵀG_sŵ_s ≤ ε² for some s ≤ t: bound (b), (7/4)ρ(1 − ḡ)Σ_s ŵ_sᵀG_sŵ_s ≤ ω."""
    return max(0, math.ceil(omega / (Fraction(7, 4) * n.rho * (1 - g_bar) * epsilon_sq)) - 1)


def gram_guarantee(n: Dimensionless, start: Tail, epsilon: Fraction) -> Guarantee | None:
    """Return bounds that lead to ‖αΛ − x⋆I‖ ≤ ε for ever, or None when no trap is found."""
    floor, ceiling = n.x_star - epsilon, n.x_star + epsilon

    def caught(now: Tail) -> Tail | None:
        within = now.low >= floor and now.high <= ceiling
        return trap(n, now, max(floor, now.low * USUAL)) if within else None

    return _search(n, start, caught)


def trapping(n: Dimensionless, start: Tail) -> Guarantee | None:
    """Return bounds that lead to a trap soon, or None: then the limits of (8) hold even for ω ≥ 1.

    In a trap λ_min(αΛ) ≥ low > 0 for ever; δ → 0, so ξ → 0 and with θ < 1 ζ → 0, so ω_s → 0, and then f and p̃ take the
    spectrum of αΛ to x⋆. The rest of the region is needed: it keeps high, δ and ω from growing.
    """
    return _search(n, start, lambda now: trap(n, now), SOON)


def output_guarantee(n: Dimensionless, start: Tail, epsilon_sq: Fraction) -> Guarantee | None:
    """Return bounds that lead to ŵᵀGŵ ≤ ‖Cŵ‖² + δω ≤ ε² for ever, or None when no trap is found."""

    def caught(now: Tail) -> Tail | None:
        found = trap(n, now) if output_bound(now) <= epsilon_sq else None
        return found if found is not None and output_bound(found) <= epsilon_sq else None

    return _search(n, start, caught)


def output_bound(tail: Tail) -> Fraction:
    """Return ζ² + δω ≥ ŵᵀGŵ = ‖Bw‖²/c."""
    return tail.zeta**2 + tail.delta * tail.omega


def _search(
    n: Dimensionless, start: Tail, caught: Callable[[Tail], Tail | None], most: int = MOST_LINKS
) -> Guarantee | None:
    chain = [start]
    while len(chain) < most:
        found = caught(chain[-1])
        if found is not None:
            return Guarantee((*chain, found))
        following = _following(n, chain[-1], (chain[-1].t - start.t) // LEAP)
        if not following:
            return None
        chain += following
    return None


def _following(n: Dimensionless, now: Tail, length: int) -> list[Tail]:
    if n.a * length > 2:  # shorter leaps lose more at the trap's lower end than they gain
        caught = trap(n, now)
        if caught is not None:
            later = leap(n, caught, length)
            return [caught, later] if later.low > 0 else []
    one_later = next_tail(n, now)
    return [] if one_later is None else [one_later]


# One step ----------------------------------------------------------------------------------------


def seen_weight(n: Dimensionless, tail: Tail) -> Fraction:
    """Return ω_s with CWCᵀ ⪯ ω_sΛ: qδ + ‖Cu‖²/low + (‖Cg‖²/low + h(high + δ))/m, and never above qδ + ω."""
    leak = tail.delta * root_above(tail.high * tail.omega)
    Cu = (1 - tail.low) * tail.zeta + leak
    Cg = tail.high * tail.zeta + leak
    head = (Cu**2 + Cg**2 / n.m) / tail.low + output_bound(tail) * (tail.high + tail.delta) / n.m
    return n.q * tail.delta + min(head, tail.omega)


def head_contraction(n: Dimensionless, tail: Tail) -> tuple[Fraction, Fraction]:
    """Return θ and ξ with ‖C₊ŵ₊‖ ≤ θ‖Cŵ‖ + ξ.

    C₊ŵ₊ = ((1 + a)I − asΛ)Cŵ₊ − aCWŵ₊ and Cŵ₊ = (I − ρΛ(I − Λ))Cŵ + O(δ√(high·ω)); what W adds to the first part is
    negative and at most a(ω(1 − low) + (ω + h)·high/m).
    """
    energy, leak = output_bound(tail), tail.delta * root_above(tail.high * tail.omega)
    grown = max(1 + n.a - n.a * n.s * tail.low, Fraction(1))
    settling = min(x * (1 - x) for x in (tail.low, tail.high))
    against = n.a * (tail.omega * (1 - tail.low) + (tail.omega + energy) * tail.high / n.m)
    moved = n.rho * (1 + tail.high) * leak
    noise = n.q * leak + tail.omega * leak + (tail.omega * leak + energy * (tail.high * moved + leak)) / n.m
    return max(grown * (1 - n.rho * settling), against), grown * moved + n.a * noise


def next_tail(n: Dimensionless, tail: Tail) -> Tail | None:
    """Return bounds at the next time, or None where the lower bound on αΛ is lost; ‖Cŵ‖² ≤ high·ω throughout."""
    weight = seen_weight(n, tail)
    theta, xi = head_contraction(n, tail)
    low = _down(min(lower_map(n, weight, tail.low), lower_map(n, weight, tail.high)))
    if low <= 0:
        return None
    high = max(tail.high, n.x_star)
    if 3 * n.a * n.s * tail.high <= 1 + n.a:
        F = 1 - n.s * tail.high
        high = min(high, _up(tail.high * ((1 + n.a * F) ** 2 + n.a**3 * weight * F**2)))
    delta = _up(tail.delta - n.a * n.q * tail.delta**2)
    zeta = min(_up(theta * tail.zeta + xi), root_above(high * tail.omega))
    return replace(tail, t=tail.t + 1, low=low, high=high, delta=delta, zeta=zeta)


def lower_map(n: Dimensionless, weight: Fraction, x: Fraction) -> Fraction:
    """Return f(x) = (1 + 2a(1 − ω))x − 2asx², with αΛ₊ ⪰ f(αΛ) when CWCᵀ ⪯ ωΛ; concave."""
    return (1 + 2 * n.a * (1 - weight)) * x - 2 * n.a * n.s * x**2


# For ever ----------------------------------------------------------------------------------------


def trap(n: Dimensionless, tail: Tail, target: Fraction | None = None) -> Tail | None:
    """Return bounds that hold from now on for ever, or None: θζ + ξ ≤ ζ, f(low) ≥ low and f(high) ≥ low.

    `low` is the target or the present one if that is lower. high ≥ x⋆, δ and ω never grow in the region.
    """
    aim = tail.low * USUAL if target is None else target
    wide = replace(tail, low=min(tail.low, _up(aim)), high=max(tail.high, n.x_star))
    if wide.low <= 0:
        return None
    for _ in range(WIDENINGS):
        theta, xi = head_contraction(n, wide)
        if theta >= 1:
            return None
        if theta * wide.zeta + xi <= wide.zeta:
            return wide if _is_low_kept(n, wide) else None
        wide = replace(wide, zeta=_up(max(tail.zeta, xi / (1 - theta)) * Fraction(65, 64)))
    return None


def _is_low_kept(n: Dimensionless, wide: Tail) -> bool:
    weight = seen_weight(n, wide)
    return all(lower_map(n, weight, x) >= wide.low for x in (wide.low, wide.high))


def leap(n: Dimensionless, caught: Tail, steps: int) -> Tail:
    """Return bounds `steps` later than those of a trap.

    ζ contracts by θ towards ξ/(1 − θ) and δ decays as bound (a). Below l = (1 − ω_s)x⋆ the distance to l contracts,
    f(λ) − λ = 2asλ(l − λ), up to f(high) at most; p̃(λ) − λ = −λ|F|(2a − a²(1 + aω)|F|), F = 1 − sλ, takes high to x⋆.
    """
    theta, xi = head_contraction(n, caught)
    weight = seen_weight(n, caught)
    rest, top = (1 - weight) * n.x_star, lower_map(n, weight, caught.high)
    low = min(caught.low, rest, top)
    left = power_above(max(1 - 2 * n.a * n.s * low, Fraction(0)), steps)
    return Tail(
        caught.t + steps,
        _down(min(rest - (rest - low) * left, top)),
        _high_after(n, caught.high, steps),
        _up(caught.delta / (1 + n.a * n.q * caught.delta * steps)),
        _up(power_above(theta, steps) * caught.zeta + xi / (1 - theta)),
        caught.omega,
    )


def _high_after(n: Dimensionless, high: Fraction, steps: int) -> Fraction:
    beyond = n.s * high - 1
    factor = 1 - (2 * n.a - 2 * n.a**2 * beyond)
    if 3 * n.a * n.s * high > 1 + n.a or factor >= 1:
        return high
    return min(high, _up(n.x_star + (high - n.x_star) * power_above(factor, steps)))


# Rounding ----------------------------------------------------------------------------------------


def power_above(x: Fraction, exponent: int) -> Fraction:
    """Return a bound above x^exponent for 0 ≤ x ≤ 1, by squaring and rounding up."""
    result, square = Fraction(1), _up(x)
    while exponent:
        if exponent % 2:
            result = _up(result * square)
        square, exponent = _up(square * square), exponent // 2
    return result


def root_above(x: Fraction) -> Fraction:
    """Return a rational square root of x ≥ 0 from above."""
    return Fraction(math.isqrt(math.ceil(x * PLACES**2)) + 1, PLACES) if x else x


def _up(x: Fraction) -> Fraction:
    return Fraction(math.ceil(x * PLACES), PLACES)


def _down(x: Fraction) -> Fraction:
    return Fraction(math.floor(x * PLACES), PLACES)
