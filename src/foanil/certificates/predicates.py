"""Certified predicates on matrices of balls: Loewner order, definiteness, rank, spectral norm, eigenvalue bounds.

A matrix of balls stands for every symmetric (or rectangular) real matrix inside; PROVED and DISPROVED speak of all of
them. When every radius is zero the question has an answer and it is decided exactly. Knows no paper.
Run everything inside `with xp.working():` of the `foanil.arrays.ball_system` in use.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from foanil import rational, spectra
from foanil.arrays import Array, NumberSystem, Scalar


class NotSymmetricError(ValueError):
    """A symmetric matrix is expected, and no symmetric matrix lies in the balls that came."""


class Decision(enum.Enum):
    """What is known of a statement about every matrix in the balls."""

    PROVED = "proved"
    DISPROVED = "disproved"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class RankBounds:
    """least ≤ rank ≤ most, for every matrix in the balls."""

    least: int
    most: int


def positive_semidefinite(xp: NumberSystem, A: Array) -> Decision:
    """Decide whether 0 ⪯ A; DISPROVED means that no symmetric matrix in the balls is positive semidefinite.

    Raises NotSymmetricError when the balls at (i, j) and (j, i) do not meet.
    """
    _require_symmetric(A)
    exact = exact_entries(A)
    if exact is not None:
        return Decision.PROVED if rational.is_positive_semidefinite(exact) else Decision.DISPROVED
    least = _spectrum(xp, A)[0]
    return _sign(least >= 0, least < 0)


def positive_definite(xp: NumberSystem, A: Array) -> Decision:
    """Decide whether 0 ≺ A, as `positive_semidefinite`."""
    _require_symmetric(A)
    exact = exact_entries(A)
    if exact is not None:
        full = rational.is_positive_semidefinite(exact) and rational.rank(exact) == len(exact)
        return Decision.PROVED if full else Decision.DISPROVED
    least = _spectrum(xp, A)[0]
    return _sign(least > 0, least <= 0)


def loewner_at_most(xp: NumberSystem, A: Array, B: Array) -> Decision:
    """Decide A ⪯ B for symmetric matrices of balls of the same shape."""
    return positive_semidefinite(xp, B - A)


def eigenvalue_bounds(xp: NumberSystem, A: Array) -> tuple[tuple[Scalar, Scalar], ...]:
    """Return (lower, upper) for each eigenvalue of a symmetric matrix of balls, in increasing order.

    Repeated eigenvalues need no care; balls without digits give (−∞, ∞).
    """
    _require_symmetric(A)
    return tuple((value.lower(), value.upper()) for value in _spectrum(xp, A))


def spectral_norm_bounds(xp: NumberSystem, A: Array) -> tuple[Scalar, Scalar]:
    """Return (lower, upper) with lower ≤ ‖A‖₂ ≤ upper for every matrix in the balls. Degree: that of A."""
    try:
        square = spectra.spectral_sqnorm(xp, A)
    except spectra.DigitsLostError:
        square = _unknown(A)
    lower, upper = square.lower(), square.upper()
    zero = type(upper)(0)
    return (lower.sqrt().lower() if lower > 0 else zero), (upper.sqrt().upper() if upper >= 0 else zero)


def rank_bounds(xp: NumberSystem, A: Array) -> RankBounds:
    """Return the least and the largest rank that a matrix in the balls may have; equal when all radii are zero."""
    exact = exact_entries(A)
    if exact is not None:
        found = rational.rank(exact)
        return RankBounds(found, found)
    gram = A @ A.T if A.shape[0] <= A.shape[1] else A.T @ A
    return RankBounds(sum(1 for value in _spectrum(xp, gram) if value > 0), min(A.shape))


def exact_entries(A: Array) -> rational.Matrix | None:
    """Return the entries as exact rationals when every ball is a point, and None otherwise."""
    if not all(x.is_exact() and x.is_finite() for x in A.ravel()):
        return None
    return tuple(tuple(exact(x) for x in row) for row in A)


def exact(point: Any) -> Fraction:
    """Return the dyadic rational that an exact ball is."""
    mantissa, exponent = point.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _spectrum(xp: NumberSystem, A: Array) -> tuple[Scalar, ...]:
    try:
        return spectra.eigenvalues(xp, A)
    except spectra.DigitsLostError:
        return tuple(_unknown(A) for _ in range(A.shape[0]))


def _unknown(A: Array) -> Scalar:
    ball = type(A.ravel()[0])
    return ball(0, float("inf"))


def _sign(proved: bool, disproved: bool) -> Decision:
    if proved:
        return Decision.PROVED
    return Decision.DISPROVED if disproved else Decision.UNDECIDED


def _require_symmetric(A: Array) -> None:
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise NotSymmetricError(f"expected a symmetric matrix; got shape {A.shape}; pass a square one")
    apart = [(i, j) for i, j in np.ndindex(*A.shape) if i < j and not A[i, j].overlaps(A[j, i])]
    if apart:
        i, j = apart[0]
        raise NotSymmetricError(
            f"expected a symmetric matrix; got {A[i, j]} at {(i, j)} and {A[j, i]} at {(j, i)}; pass (A + A.T)/2"
        )
