"""The region of Theorem 1 with explicit constants: a few inequalities between rationals that the iteration keeps.

All that the producer of a certificate and its checker have in common. Derived in proofs/one_step.py; from any point of
the region with rank(B⋆ᵀB) = k the three limits of (8) follow (`foanil prove new-thm-1-explicit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Inequality:
    """left ≤ right, or left < right when strict; exact."""

    text: str
    left: Fraction
    right: Fraction
    strict: bool = False

    @property
    def holds(self) -> bool:
        """Whether the inequality is true."""
        return self.left < self.right or (self.left == self.right and not self.strict)

    @property
    def excess(self) -> Fraction:
        """left − right: how much is missing, when it does not hold (0 for equality where strictness is asked)."""
        return self.left - self.right


def region(
    *,
    a: Fraction,
    rho: Fraction,
    kappa: Fraction,
    m: Fraction,
    ell: Fraction,
    delta: Fraction,
    omega: Fraction,
    trapped: bool = False,
) -> tuple[Inequality, ...]:
    """Return the inequalities of the region for ‖αΛ‖ ≤ ell, α‖B⋆,⊥ᵀB‖² ≤ delta, ‖w‖²/(αc) ≤ omega (Theorem 1).

    `trapped` leaves out ω < 1, which only keeps λ_min(Λ_t) away from 0: bounds that do so for ever may stand in for it.
    a = αβc, rho = β/α, kappa = σ̄²/c, m = m_in, all pure numbers; q = κ/m, s = 1 + (1 + κ)/m, x⋆ = 1/s.
    """
    one, q, s = Fraction(1), kappa / m, 1 + (1 + kappa) / m
    g_bar = ell + delta
    return (
        Inequality("alpha beta c < 1/2", a, one / 2, strict=True),
        Inequality("alpha beta c > 0", 0 * one, a, strict=True),
        Inequality("beta <= alpha", rho, one),
        Inequality("beta > 0", 0 * one, rho, strict=True),
        Inequality("m_in >= 1", one, m),
        Inequality("sigma_bar^2 >= c", one, kappa),
        Inequality("x_star <= ell", 1 / s, ell),
        Inequality("0 <= delta", 0 * one, delta),
        Inequality("0 <= omega", 0 * one, omega),
        *(() if trapped else (Inequality("||w||^2 < alpha c", omega, one, strict=True),)),
        Inequality("ell + delta < 1", g_bar, one, strict=True),
        Inequality("(ell + delta)(1 + 2/m_in) <= 2", g_bar * (1 + 2 / m), 2 * one),
        Inequality("2 a q delta <= 1", 2 * a * q * delta, one),
        Inequality("a (s ell + q delta + omega) <= 1", a * (s * ell + q * delta + omega), one),
    )
