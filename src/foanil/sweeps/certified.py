"""The rigorous verdict on one row of a sweep: `foanil certify` on its start, taken exactly."""

from __future__ import annotations

from fractions import Fraction

from foanil.certificates.problem import Problem
from foanil.setting import Setting, State
from foanil.stacked import Numbers, Stack

STEPS = 200
"""How far the iteration is followed rigorously."""


def problem(numbers: Numbers, start: Stack, place: int) -> Problem:
    """Return a problem whose pure numbers are those of the row, exactly: α = 1, β = ρ, λ_min(Σ⋆) = a/ρ.

    σ² = (κ − Σν)λ_min(Σ⋆), or 0 where rounding makes that negative; w_0 is rounded, as √(αλ_min(Σ⋆)) is.
    """
    a, rho, kappa, m = (Fraction(float(getattr(numbers, name)[place])) for name in ("a", "rho", "kappa", "m"))
    spectrum = [Fraction(float(nu)) for nu in numbers.spectrum[place]]
    least, B, k = a / rho, start.B[place], len(spectrum)
    covariance = [[least * nu if i == j else 0 for j in range(k)] for i, nu in enumerate(spectrum)]
    noise = max(Fraction(0), kappa - sum(spectrum)) * least
    setting = Setting(len(B), k, B.shape[1], int(m), covariance, noise, 1, rho)
    return Problem(setting, State(B.tolist(), (start.w[place, :, 0] * float(least) ** 0.5).tolist()))


def outcome(numbers: Numbers, start: Stack, place: int) -> str:
    """Return CERTIFIED, REFUTED or UNDECIDED for one start."""
    from foanil.certificates.certify import certify  # ball arithmetic, which other outcomes do without

    return certify(problem(numbers, start, place), steps=STEPS).outcome
