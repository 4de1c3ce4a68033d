"""Starts at k = k′ = 1 without a complement, in exact pure numbers, and certificates that Λ_t does not tend to Λ⋆.

There (5)-(6) is a map of x = αΛ and v = ‖w‖²/(αc): x₊ = φ²x, φ = 1 + a − aE, E = sx + v((1 − x)² + 2x²/m), and
v₊ = (1 − ρx(1 − x))²v (proofs/thm_1_hypotheses.py). Σ⋆ = c, d = 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

FOLLOWED = 3
"""Steps followed exactly: the number of digits grows sevenfold at each."""

PRIMES = (2, 3, 5, 7, 11, 13)
SHARES = (Fraction(1), Fraction(5, 4), Fraction(3, 2), Fraction(7, 4))
"""η in units of v − 1, tried in turn."""


@dataclass(frozen=True, slots=True)
class Instance:
    """a = αβc, ρ = β/α, κ = σ̄²/c, m = m_in, x = αΛ_0, v = ‖w_0‖²/(αc); exact."""

    a: Fraction
    rho: Fraction
    kappa: Fraction
    m: Fraction
    x: Fraction
    v: Fraction

    @property
    def s(self) -> Fraction:
        """s = 1 + (1 + κ)/m = 1/x⋆."""
        return 1 + (1 + self.kappa) / self.m

    @property
    def step_size_sq(self) -> Fraction:
        """(ασ̄)² = aκ/ρ."""
        return self.a * self.kappa / self.rho

    @property
    def legal(self) -> bool:
        """Whether it is an instance of the setting: a full-rank start, positive steps, m ≥ 1 whole, κ ≥ 1."""
        sizes = self.a > 0 and self.rho > 0 and self.x > 0 and self.v >= 0
        return sizes and self.m >= 1 and self.m.denominator == 1 and self.kappa >= 1

    @property
    def pull(self) -> Fraction:
        """E."""
        return self.s * self.x + self.v * ((1 - self.x) ** 2 + 2 * self.x**2 / self.m)

    def after(self) -> Instance:
        """Return the instance one step later."""
        factor = 1 + self.a - self.a * self.pull
        head = 1 - self.rho * self.x * (1 - self.x)
        return replace(self, x=factor**2 * self.x, v=head**2 * self.v)


def failure(start: Instance) -> str | None:
    """Return why Λ_t does not tend to Λ⋆ from this start, proved exactly, or None. ValueError for an illegal one."""
    if not start.legal:
        raise ValueError(f"expected a, rho, x > 0, v >= 0, kappa >= 1 and a whole m >= 1; got {start}")
    now = start
    for t in range(FOLLOWED + 1):
        if now.x == 0:
            return f"the rank is lost: Lambda_{t} = 0"
        found = repelled(now) or collapsing(now)
        if found:
            return found
        now = now.after() if t < FOLLOWED else now
    return None


def collapsing(here: Instance) -> str | None:
    """Return the collapse lemma's reason: aκ ≤ ρ/4, ρ ≤ 1, 1 + η/2 + 4ρx/(aη) ≤ v ≤ 1 + η for some 0 < η ≤ 1."""
    if here.v <= 1 or here.rho > 1 or 4 * here.step_size_sq > 1:
        return None
    for share in SHARES:
        eta = share * (here.v - 1)
        if eta <= 1 and here.v >= 1 + eta / 2 + 4 * here.rho * here.x / (here.a * eta):
            return "the long head collapses the direction: Lambda_t -> 0"
    return None


def repelled(here: Instance) -> str | None:
    """Return a reason for a > 1 without a head, where y = sx must hit 1 exactly to tend to it and cannot.

    y₊ = y(1 + a(1 − y))². A prime in the denominator of y, and not in the numerator of a, stays there for ever.
    """
    y = here.s * here.x
    if here.v or here.a <= 1:
        return None
    for prime in PRIMES:
        if y.denominator % prime == 0 and here.a.numerator % prime:
            return f"the limit repels, and {prime} in the denominator keeps the orbit off it"
    return None
