"""A direction that no iterate sees, for any Σ⋆: the Krylov space of Σ⋆ and B⋆ᵀB_0 holds every column of B⋆ᵀB_t.

C_t = B⋆ᵀB_t follows C_(t+1) = C_tM_t + αβΣ⋆C_t. If uᵀΣ⋆ʲC_0 = 0 for j = 0, …, k − 1, and with that for every j, then
uᵀΣ⋆ʲC_t = 0 for every j and t, so that uᵀΛ_tu = 0; while uᵀΛ⋆u > 0 as soon as Σ⋆u ≠ 0 (`foanil prove
new-certificate-guarantees`).
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpq_mat

from foanil import rational
from foanil.certificates.problem import Problem
from foanil.setting import Setting

Vector = tuple[Fraction, ...]


def unseen_direction(problem: Problem) -> Vector | None:
    """Return u of length k with uᵀΣ⋆ʲB⋆ᵀB_0 = 0 for every j and Σ⋆u ≠ 0, exactly, or None where there is none."""
    setting = problem.setting
    Sigma_star = _exact(setting.Sigma_star)
    rows = krylov_rows(Sigma_star, _exact(rational.product(rational.transpose(problem.start.B), setting.B_star)))
    for u in orthogonal(rows):
        if any(entry != 0 for entry in (Sigma_star * u).entries()):
            return tuple(Fraction(int(x.p), int(x.q)) for x in u.entries())
    return None


def least_gap(setting: Setting, u: Vector) -> Fraction:
    """Return uᵀαΛ⋆u/‖u‖² ≤ ‖αΛ_t − αΛ⋆‖ for an unseen u; αΛ⋆ = Σ⋆K⁻¹, K = ((m_in + 1)Σ⋆ + σ̄²I)/m_in (8). Degree 0."""
    m, k = setting.m_in, setting.k
    Sigma_star, x = _exact(setting.Sigma_star), fmpq_mat(k, 1, [fmpq(y.numerator, y.denominator) for y in u])
    total = setting.sigma_bar_sq
    shift = fmpq_mat(k, k, [fmpq(total.numerator, total.denominator) if i % (k + 1) == 0 else 0 for i in range(k * k)])
    seen = ((Sigma_star * (m + 1) + shift) * fmpq(1, m)).solve(Sigma_star * x)
    found = (x.transpose() * seen)[0, 0] / (x.transpose() * x)[0, 0]
    return Fraction(int(found.p), int(found.q))


def krylov_rows(Sigma_star: fmpq_mat, start: fmpq_mat) -> fmpq_mat:
    """Return the reduced rows, independent, that span the rows of `start` and all their images under Σ⋆."""
    rows, found = _reduced(start)
    while True:
        larger, now = _reduced(_stacked(rows, rows * Sigma_star))
        if now == found:
            return rows
        rows, found = larger, now


def orthogonal(rows: fmpq_mat) -> list[fmpq_mat]:
    """Return a basis, k×1 each, of the vectors orthogonal to reduced rows: one for each column without a leading 1."""
    k = rows.ncols()
    leads = [next(j for j in range(k) if rows[i, j] != 0) for i in range(rows.nrows())]
    found = []
    for free in sorted(set(range(k)) - set(leads)):
        u = fmpq_mat(k, 1)
        u[free, 0] = 1
        for i, lead in enumerate(leads):
            u[lead, 0] = -rows[i, free]
        found.append(u)
    return found


def _reduced(A: fmpq_mat) -> tuple[fmpq_mat, int]:
    echelon, found = A.rref()
    return fmpq_mat(found, A.ncols(), [echelon[i, j] for i in range(found) for j in range(A.ncols())]), found


def _stacked(A: fmpq_mat, B: fmpq_mat) -> fmpq_mat:
    return fmpq_mat(A.nrows() + B.nrows(), A.ncols(), [*A.entries(), *B.entries()])


def _exact(A: rational.Matrix) -> fmpq_mat:
    entries = [fmpq(x.numerator, x.denominator) for row in A for x in row]
    return fmpq_mat(len(A), len(A[0]), entries)
