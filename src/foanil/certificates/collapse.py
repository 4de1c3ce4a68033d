"""The collapse lemma for one start, exactly: a head above its bound takes a direction of the representation down.

Let e, f be unit vectors with Cf = χe, Cᵀe = χf, Df = 0 and ŵ = ψf. If κ·a ≤ ρ/4, ρ ≤ 1, η = ψ² − 1 lies in (0, 1] and
χ² ≤ aη²/(8ρ), then λ_min(αΛ_t) ≤ χ_t² → 0 (`foanil prove new-collapse-lemma`), so that the third limit of (8) fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from foanil import rational
from foanil.certificates.problem import Problem
from foanil.setting import Dimensionless


@dataclass(frozen=True, slots=True)
class Collapse:
    """χ² = ‖αΛ along the head's direction‖ and η = ‖w_0‖²/(αc) − 1."""

    square: Fraction
    eta: Fraction


def collapse(problem: Problem, n: Dimensionless) -> Collapse | None:
    """Return the χ² and η for which the lemma applies to the start, or None where it does not."""
    setting, start = problem.setting, problem.start
    B_star, w = setting.B_star, tuple((x,) for x in start.w)
    output = rational.product(start.B, w)
    seen = rational.product(rational.transpose(B_star), output)
    length = sum((x * x for x in start.w), start=Fraction(0))
    if not length or rational.product(B_star, seen) != output:  # Df = 0
        return None
    square = setting.alpha * sum((row[0] ** 2 for row in seen), start=Fraction(0)) / length
    C = rational.product(rational.transpose(B_star), start.B)
    pulled = rational.product(rational.transpose(C), seen)
    if any(setting.alpha * row[0] != square * x for row, x in zip(pulled, start.w, strict=True)):  # CᵀCf = χ²f
        return None
    eta = length / (setting.alpha * setting.c) - 1
    steps = n.rho <= 1 and 4 * n.a * n.kappa <= n.rho
    applies = steps and 0 < eta <= 1 and 0 < square <= n.a * eta**2 / (8 * n.rho)
    return Collapse(square, eta) if applies else None
