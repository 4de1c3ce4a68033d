"""Exact rational matrices: reading them from numbers, reflections, orthonormal columns, rank and definiteness.

A matrix is a tuple of rows of Fractions, so that it can be a field of a frozen record; inside a function it is a NumPy
array of Fractions. Knows no paper.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

Matrix = tuple[tuple[Fraction, ...], ...]

ROUNDING_BITS = 52
"""Reflections made from floats keep this many binary places: a double has no more."""


class NotRationalError(ValueError):
    """A number is expected, and something else, a NaN or an infinity came."""


class ShapeError(ValueError):
    """A matrix has another shape than the one it must have."""


def rational(value: Any, name: str) -> Fraction:
    """Return a finite number as an exact Fraction: an integer, Fraction, float, or a text such as "3/7" or "1e-3".

    Raises NotRationalError.
    """
    try:
        if isinstance(value, (str, Fraction)) or not isinstance(value, numbers.Real):
            return Fraction(value)
        exact = int(value) if isinstance(value, numbers.Integral) else float(value)
        return Fraction(exact)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise NotRationalError(
            f"{name} must be a finite number; got {value!r}; give an integer, a Fraction, a float or a text like '3/7'"
        ) from error


def matrix(rows: Any, name: str, shape: tuple[int, int]) -> Matrix:
    """Return a nested sequence or array as an exact matrix of this shape; raises ShapeError or NotRationalError."""
    listed = rows.tolist() if hasattr(rows, "tolist") else rows
    lengths = _row_lengths(listed)
    if lengths is None or lengths != [shape[1]] * shape[0]:
        raise ShapeError(
            f"{name} must be a matrix of shape {shape[0]}×{shape[1]}; got {_described(lengths, listed)}; "
            "give its rows, one sequence of numbers each"
        )
    return tuple(
        tuple(rational(entry, f"{name}[{i}][{j}]") for j, entry in enumerate(row)) for i, row in enumerate(listed)
    )


def _row_lengths(rows: Any) -> list[int] | None:
    if not _is_sequence(rows) or not all(_is_sequence(row) for row in rows):
        return None
    return [len(row) for row in rows]


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _described(lengths: list[int] | None, rows: Any) -> str:
    if lengths is None:
        return f"{type(rows).__name__} of length {len(rows)}" if _is_sequence(rows) else repr(rows)
    if len(set(lengths)) > 1:
        return f"rows of unequal lengths {lengths}"
    return f"shape {len(lengths)}×{lengths[0] if lengths else 0}"


def as_array(A: Matrix) -> Any:
    """Return a matrix as a NumPy array of Fractions."""
    out = np.empty((len(A), len(A[0])), dtype=object)
    for index in np.ndindex(*out.shape):
        out[index] = A[index[0]][index[1]]
    return out


def as_matrix(A: Any) -> Matrix:
    """Return a NumPy array of rationals, of any type with numerator and denominator, as a tuple of rows."""
    return tuple(tuple(Fraction(int(entry.numerator), int(entry.denominator)) for entry in row) for row in A)


def identity(n: int) -> Matrix:
    """Return the n×n identity."""
    return tuple(tuple(Fraction(int(i == j)) for j in range(n)) for i in range(n))


def product(*factors: Matrix) -> Matrix:
    """Return the product of matrices, in order."""
    total = as_array(factors[0])
    for factor in factors[1:]:
        total = total @ as_array(factor)
    return as_matrix(total)


def transpose(A: Matrix) -> Matrix:
    """Return Aᵀ."""
    return tuple(zip(*A, strict=True))


def scaled(factor: Fraction, A: Matrix) -> Matrix:
    """Return factor·A."""
    return tuple(tuple(factor * entry for entry in row) for row in A)


def columns(A: Matrix, start: int, stop: int) -> Matrix:
    """Return the columns start, …, stop − 1 of A."""
    return tuple(row[start:stop] for row in A)


def diagonal(entries: Sequence[Fraction]) -> Matrix:
    """Return the square matrix with these diagonal entries."""
    return tuple(tuple(e if i == j else Fraction(0) for j in range(len(entries))) for i, e in enumerate(entries))


def reflection(v: Sequence[Fraction]) -> Matrix:
    """Return I − 2vvᵀ/vᵀv, exactly orthogonal; the identity when v = 0."""
    n, square = len(v), sum((x * x for x in v), start=Fraction(0))
    if not square:
        return identity(n)
    return tuple(tuple(int(i == j) - 2 * v[i] * v[j] / square for j in range(n)) for i in range(n))


def orthonormality_defect(Q: Matrix) -> Fraction:
    """Return max|QᵀQ − I|, exactly."""
    gram = product(transpose(Q), Q)
    return max(abs(entry - int(i == j)) for i, row in enumerate(gram) for j, entry in enumerate(row))


def orthonormal(rows: Any, name: str = "B_star") -> Matrix:
    """Return exactly orthonormal rational columns that span what the columns given span, up to double rounding.

    Gram–Schmidt's basis, made as a product of reflections with rational axes; columns that are orthonormal already
    come back unchanged. Raises ShapeError for more columns than rows or dependent columns.
    """
    listed = rows.tolist() if hasattr(rows, "tolist") else rows
    lengths = _row_lengths(listed)
    A = matrix(listed, name, (len(listed), lengths[0]) if lengths else (1, 1))
    if orthonormality_defect(A) == 0:
        return A
    floats = np.array([[float(entry) for entry in row] for row in A])
    if np.linalg.matrix_rank(floats) < floats.shape[1]:
        raise ShapeError(
            f"{name} must have independent columns; got rank {np.linalg.matrix_rank(floats)} "
            f"for shape {floats.shape[0]}×{floats.shape[1]}; drop columns"
        )
    return _reflected_basis(floats)


def _reflected_basis(floats: Any) -> Matrix:
    """Householder's QR with every axis rounded to a rational, which leaves each reflection exactly orthogonal."""
    d, k = floats.shape
    Q, work = as_array(identity(d)), floats.copy()
    for j in range(k):
        column = work[j:, j]
        # The sign that avoids cancellation; the column of Q is then turned to point along the given one.
        sign = -1.0 if column[0] >= 0 else 1.0
        axis = column / np.linalg.norm(column)
        axis[0] -= sign
        exact = [Fraction(0)] * j + [Fraction(round(x * 2**ROUNDING_BITS), 2**ROUNDING_BITS) for x in axis.tolist()]
        H = as_array(reflection(exact))
        work = H.astype(float) @ work
        Q = Q @ H
    signs = [1 if work[j, j] >= 0 else -1 for j in range(k)]
    return as_matrix(Q[:, :k] * np.array(signs, dtype=object))


def orthonormal_complement(Q: Matrix) -> Matrix:
    """Return rational orthonormal columns that span the complement of the columns of Q (orthonormal, d×k, k < d).

    They exist by Witt's theorem, and its proof builds them: reflections take the columns of Q to coordinate axes.
    """
    d, k = len(Q), len(Q[0])
    total, rest = as_array(identity(d)), as_array(Q)
    for j in range(k):
        target = [Fraction(int(i == j)) for i in range(d)]
        H = as_array(reflection([rest[i, j] - target[i] for i in range(d)]))
        rest, total = H @ rest, total @ H
    return as_matrix(total[:, k:])


def rank(A: Matrix) -> int:
    """Return the exact rank of A, by elimination."""
    work, found = [list(row) for row in A], 0
    for column in range(len(A[0])):
        pivot = next((i for i in range(found, len(work)) if work[i][column]), None)
        if pivot is None:
            continue
        work[found], work[pivot] = work[pivot], work[found]
        for i in range(found + 1, len(work)):
            factor = work[i][column] / work[found][column]
            work[i] = [x - factor * y for x, y in zip(work[i], work[found], strict=True)]
        found += 1
    return found


def is_positive_semidefinite(A: Matrix) -> bool:
    """Return whether a symmetric matrix is positive semidefinite, by exact elimination (LDLᵀ)."""
    work = [list(row) for row in A]
    for j in range(len(work)):
        pivot = work[j][j]
        if pivot < 0 or (pivot == 0 and any(work[j][j:])):
            return False
        for i in range(j + 1, len(work)):
            if pivot:
                factor = work[i][j] / pivot
                work[i] = [x - factor * y for x, y in zip(work[i], work[j], strict=True)]
    return True


def root_below(value: Fraction, steps: int) -> Fraction:
    """Return the largest multiple of 1/steps whose square is at most `value` ≥ 0: a rational square root from below."""
    return Fraction(math.isqrt(math.floor(value * steps * steps)), steps)


def text(value: Fraction) -> str:
    """Return a Fraction as source text that reads back exactly: 3, or '3/7'."""
    return str(value) if value.denominator == 1 else f"'{value}'"


def rows_text(A: Matrix) -> str:
    """Return a matrix as source text that reads back exactly."""
    return "[" + ", ".join("[" + ", ".join(text(entry) for entry in row) + "]" for row in A) + "]"
