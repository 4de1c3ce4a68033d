"""The checker's own recursions: which scalar bounds follow from which, and which stay true for ever."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from foanil.certificates.check_balls import Sizes


@dataclass(frozen=True, slots=True)
class Link:
    """Bounds at time t: low ≤ λ(αΛ) ≤ high, ‖D‖² ≤ delta, ‖Cŵ‖ ≤ zeta."""

    t: int
    low: Fraction
    high: Fraction
    delta: Fraction
    zeta: Fraction


@dataclass(frozen=True, slots=True)
class Chain:
    """Which bounds follow from which; every function is the worst case over all states that the bounds allow."""

    n: Sizes
    omega: Fraction

    def energy(self, x: Link) -> Fraction:
        """ŵᵀGŵ = ‖Cŵ‖² + ‖Dŵ‖² at most."""
        return x.zeta**2 + x.delta * self.omega

    def leak(self, x: Link) -> Fraction:
        """‖CDᵀDŵ‖ and ‖CDᵀDu‖ at most."""
        return x.delta * _root(x.high * self.omega)

    def weight(self, x: Link) -> Fraction:
        """The ω with CWCᵀ ⪯ ωΛ."""
        u, g = (1 - x.low) * x.zeta + self.leak(x), x.high * x.zeta + self.leak(x)
        seen = u**2 / x.low + g**2 / (x.low * self.n.m) + self.energy(x) * (x.high + x.delta) / self.n.m
        return self.n.kappa / self.n.m * x.delta + min(seen, self.omega)

    def contraction(self, x: Link) -> tuple[Fraction, Fraction]:
        """θ, ξ with ‖C₊ŵ₊‖ ≤ θ‖Cŵ‖ + ξ."""
        a, rho, m = self.n.a, self.n.rho, self.n.m
        leak, energy = self.leak(x), self.energy(x)
        largest = max(Fraction(1), 1 + a * (1 - self.n.s * x.low))
        slowest = min(x.low - x.low**2, x.high - x.high**2)
        negative = a * self.omega * (1 - x.low) + a * x.high * (self.omega + energy) / m
        turned = (1 + x.high) * rho * leak
        pushed = leak * (self.n.q + self.omega + self.omega / m + energy / m) + energy * x.high * turned / m
        return max(negative, largest - largest * rho * slowest), largest * turned + a * pushed

    def lower(self, weight: Fraction, x: Fraction) -> Fraction:
        """f(x) with αΛ₊ ⪰ f(αΛ)."""
        return x + 2 * self.n.a * x * (1 - weight - self.n.s * x)

    def upper(self, weight: Fraction, x: Fraction) -> Fraction:
        """p̃(x) with αΛ₊ ⪯ p̃(αΛ), where it increases; elsewhere x, which never grows beyond x⋆."""
        a, F = self.n.a, 1 - self.n.s * x
        kept = max(x, 1 / self.n.s)
        rises = 3 * a * self.n.s * x <= 1 + a
        return min(kept, x * ((1 + a * F) ** 2 + a**3 * weight * F**2)) if rises else kept

    def follows(self, before: Link, after: Link) -> bool:
        """Whether the later bounds follow from the earlier ones."""
        steps = after.t - before.t
        if steps == 0:
            wider = after.low <= before.low and after.high >= before.high
            return wider and after.delta >= before.delta and after.zeta >= before.zeta
        if steps == 1:
            return self.follows_by_step(before, after)
        return steps > 1 and self.stays(before) and self.follows_by_leap(before, after, steps)

    def follows_by_step(self, before: Link, after: Link) -> bool:
        """One step of the recursions."""
        weight = self.weight(before)
        theta, xi = self.contraction(before)
        high = self.upper(weight, before.high)
        delta = before.delta - self.n.a * self.n.q * before.delta**2
        head = after.zeta >= theta * before.zeta + xi or after.zeta**2 >= after.high * self.omega
        low = min(self.lower(weight, before.low), self.lower(weight, before.high))
        return after.low <= low and after.high >= high and after.delta >= delta and head

    def follows_by_leap(self, before: Link, after: Link, steps: int) -> bool:
        """Many steps inside a trap, by geometric bounds."""
        a, s = self.n.a, self.n.s
        weight = self.weight(before)
        theta, xi = self.contraction(before)
        rest, top = (1 - weight) / s, self.lower(weight, before.high)
        low = min(before.low, rest, top)
        if low <= 0:
            return False
        reached = min(top, rest - (rest - low) * _power(max(Fraction(0), 1 - 2 * a * s * low), steps))
        beyond = s * before.high - 1
        rate = 1 - 2 * a + 2 * a**2 * beyond
        rises = 3 * a * s * before.high <= 1 + a and beyond >= 0 and rate < 1
        high = 1 / s + (before.high - 1 / s) * _power(rate, steps) if rises else before.high
        delta = before.delta / (1 + a * self.n.q * before.delta * steps)
        zeta = _power(theta, steps) * before.zeta + xi / (1 - theta)
        sides = after.low <= reached and after.high >= min(high, before.high)
        return sides and after.delta >= delta and after.zeta >= zeta

    def stays(self, x: Link) -> bool:
        """Whether the bounds, once true, are true for ever."""
        theta, xi = self.contraction(x)
        weight = self.weight(x)
        ends = min(self.lower(weight, x.low), self.lower(weight, x.high))
        return theta < 1 and theta * x.zeta + xi <= x.zeta and ends >= x.low and x.high * self.n.s >= 1


FINE = 10**40


def _root(x: Fraction) -> Fraction:
    """A rational above √x; 0 for 0, which a silent head keeps."""
    return Fraction(math.isqrt(x.numerator * FINE**2 // x.denominator) + 1, FINE) if x else x


def _power(x: Fraction, exponent: int) -> Fraction:
    """A rational above x^exponent, 0 ≤ x ≤ 1."""
    total = Fraction(1)
    for bit in bin(exponent)[2:]:
        total = total * total * (x if bit == "1" else 1)
        total = Fraction(-(-total.numerator * FINE // total.denominator), FINE)
    return total
