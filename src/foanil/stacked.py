"""Many small trajectories of (5)-(6) at once, for any covariance: one call moves all of them.

Pure numbers, after the problem's symmetries: with c = λ_min(Σ⋆), task parameters turned into the eigenbasis of Σ⋆ and
the complement, which enters through DᵀD only, reduced to at most as many rows as it has columns,
B̂ = √α·[B⋆ᵀB; B⋆,⊥ᵀB], ŵ = w/√(αc), νᵢ = λᵢ(Σ⋆)/c, a = αβc, ρ = β/α, m = m_in, κ = σ̄²/c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from foanil.arrays import NUMPY
from foanil.dynamics import Iterate, Letters
from foanil.statements import sigma_bar_sq

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The pure numbers of S problems: spectrum ν in increasing order (S×k), and a, ρ, m, κ (S each)."""

    spectrum: Floats
    a: Floats
    rho: Floats
    m: Floats
    kappa: Floats

    def part(self, which: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Numbers:
        """Return the numbers of some of the problems."""
        return Numbers(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Stack:
    """S iterates: B̂ of shape (S, k + r, k′), the k signal rows first, and ŵ of shape (S, k′, 1); pure numbers."""

    B: Floats
    w: Floats

    def part(self, which: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Stack:
        """Return some of the iterates."""
        return Stack(self.B[which], self.w[which])


# Into pure numbers ---------------------------------------------------------------------------------


def numbers(problems: Sequence[Letters]) -> Numbers:
    """Return the pure numbers of problems of one k, whose letters are NumPy's (`Setting.in_system`).

    Raises ValueError for a covariance that is not positive definite.
    """
    spectra = [np.linalg.eigvalsh(letters["Sigma_star"]) for letters in problems]
    least = np.array([values[0] for values in spectra])
    if not (least > 0).all():
        raise ValueError(f"expected λ_min(Σ⋆) > 0, the unit of the stack; got {least.min():.2e}; drop such problems")
    alpha, beta, m = (np.array([float(letters[name]) for letters in problems]) for name in ("alpha", "beta", "m_in"))
    total = np.array([_total(letters) for letters in problems])
    return Numbers(np.array(spectra) / least[:, None], alpha * beta * least, beta / alpha, m, total / least)


def _total(letters: Letters) -> float:
    return float(sigma_bar_sq(NUMPY, letters["Sigma_star"], letters["sigma_sq"]))


def stack(problems: Sequence[Letters], thetas: Sequence[Iterate]) -> Stack:
    """Return iterates of one k, k′ and d as a stack: B̂ in the eigenbasis of Σ⋆, the complement in at most k′ rows."""
    blocks = [_pure(letters, theta) for letters, theta in zip(problems, thetas, strict=True)]
    return Stack(np.array([B for B, _ in blocks]), np.array([w for _, w in blocks]))


def _pure(letters: Letters, theta: Iterate) -> tuple[Floats, Floats]:
    """Return B̂ and ŵ of one iterate."""
    values, axes = np.linalg.eigh(letters["Sigma_star"])
    alpha = float(letters["alpha"])
    signal, rest = letters["B_star"].T @ theta.B, letters["B_star_perp"].T @ theta.B
    if len(rest) > rest.shape[1]:
        rest = np.linalg.qr(rest, mode="r")
    B = np.vstack([axes.T @ signal, rest])
    return alpha**0.5 * B, theta.w / (alpha * values[0]) ** 0.5


# The step ------------------------------------------------------------------------------------------


def stacked_step(problems: Numbers, point: Stack) -> Stack:
    """One step of (5)-(6) for every problem of the stack.

    B̂₊ = B̂ + a(νB̂ − B̂E), E = B̂ᵀωB̂ + uuᵀ + ggᵀ/m, where ν multiplies the signal rows and is 0 on the others,
    ω = (1 + 1/m)ν + (κ + ‖B̂ŵ‖²)/m row by row, g = B̂ᵀB̂ŵ, u = ŵ − g; ŵ₊ = ŵ − ρ(g − B̂ᵀB̂g).
    """
    B, w = np.ascontiguousarray(point.B, float), np.ascontiguousarray(point.w[:, :, 0], float)
    moved = Stack(np.empty_like(B), np.empty((*w.shape, 1)))
    nu, a, rho, m, kappa = (np.ascontiguousarray(getattr(problems, n), float) for n in problems.__dataclass_fields__)
    _advance(B, w, nu, a, rho, m, kappa, moved.B, moved.w)
    return moved


_compiled = numba.njit(cache=True, error_model="numpy", inline="always")


@_compiled
def _add_outer(E: Floats, weight: float, x: Floats) -> None:
    """Add weight·xxᵀ to E."""
    for i in range(x.size):
        scaled, row = weight * x[i], E[i]
        for j in range(x.size):
            row[j] += scaled * x[j]


@_compiled
def _gram_times(B: Floats, x: Floats, found: Floats) -> None:
    """Write BᵀBx."""
    found[:] = 0.0
    for r in range(B.shape[0]):
        row, along = B[r], 0.0
        for j in range(x.size):
            along += row[j] * x[j]
        for j in range(x.size):
            found[j] += along * row[j]


@_compiled
def _next_row(row: Floats, E: Floats, a: float, signal: float, found: Floats) -> None:
    """Write row + a(signal·row − row·E)."""
    for j in range(row.size):
        found[j] = (1 + a * signal) * row[j]
    for i in range(row.size):
        scaled, other = a * row[i], E[i]
        for j in range(row.size):
            found[j] -= scaled * other[j]


@_compiled
def _advance(
    B: Floats, w: Floats, nu: Floats, a: Floats, rho: Floats, m: Floats, kappa: Floats, next_B: Floats, next_w: Floats
) -> None:
    """Take the step problem by problem: in cache, and with the same rounding on every machine."""
    count, rows, width = B.shape
    E, g, u, turned, row = np.empty((width, width)), np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    for s in range(count):
        _gram_times(B[s], w[s], g)
        _gram_times(B[s], g, turned)
        output = 0.0
        for j in range(width):
            output += w[s, j] * g[j]
            u[j] = w[s, j] - g[j]
            next_w[s, j, 0] = w[s, j] - rho[s] * (g[j] - turned[j])
        E[:] = 0.0
        _add_outer(E, 1.0, u)
        _add_outer(E, 1 / m[s], g)
        for r in range(rows):
            signal = nu[s, r] if r < nu.shape[1] else 0.0
            _add_outer(E, (1 + 1 / m[s]) * signal + (kappa[s] + output) / m[s], B[s, r])
        for r in range(rows):
            _next_row(B[s, r], E, a[s], nu[s, r] if r < nu.shape[1] else 0.0, row)
            next_B[s, r] = row


# What is observed ----------------------------------------------------------------------------------


def limit_spectrum(problems: Numbers) -> Floats:
    """Return the eigenvalues of αΛ⋆ of (8), in the order of ν: ν/((1 + 1/m)ν + κ/m). Shape (S, k)."""
    m, kappa = problems.m[:, None], problems.kappa[:, None]
    return problems.spectrum / ((1 + 1 / m) * problems.spectrum + kappa / m)


def relative_gram(problems: Numbers, point: Stack) -> Floats:
    """Return the eigenvalues of Λ⋆^{−½}Λ_tΛ⋆^{−½}, in increasing order: all 1 at the limit. Shape (S, k)."""
    scale = limit_spectrum(problems)[:, :, None] ** -0.5
    signal = scale * point.B[:, : problems.spectrum.shape[1]]
    squares: Floats = np.linalg.svd(signal, compute_uv=False)[:, ::-1] ** 2
    return squares


def representation_sq(point: Stack) -> Floats:
    """Return α‖B_t‖₂² of each iterate. Shape (S,)."""
    return np.linalg.svd(point.B, compute_uv=False)[:, 0] ** 2


def orientation(problems: Numbers, point: Stack) -> Floats:
    """Return the sign of det(B⋆ᵀB_t) of each iterate, for k′ = k; ValueError otherwise. Shape (S,)."""
    k = problems.spectrum.shape[1]
    if point.B.shape[2] != k:
        raise ValueError(f"expected k' = k = {k}, where B_star^T B is square; got k' = {point.B.shape[2]}")
    signs: Floats = np.sign(np.linalg.det(point.B[:, :k]))
    return signs
