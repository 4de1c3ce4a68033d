"""Number systems behind one small protocol, so that one transcription runs in floats, mpmath, balls and exact fields.

An array is a NumPy array, of floats or of Python objects; scalars and arrays are combined with ``+ - * / @ .T **``.
Vectors are columns, shape (n, 1). What operators cannot say (identity, trace, inverse, squared norm) a system provides.
The systems `foanil.formal.FORMAL` (LaTeX trees) and `foanil.words.Alphabet` (matrix words) speak the same protocol.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

Array = Any
Scalar = Any
Rational = int | Fraction


class Arrays(Protocol):
    """What a statement may ask of a number system beyond operators."""

    def eye(self, n: Any) -> Array:
        """Return the identity of size n."""

    def trace(self, A: Array) -> Scalar:
        """Return Tr(A) of a square array."""

    def inv(self, A: Array) -> Array:
        """Return the inverse of a square array."""

    def sqnorm(self, A: Array) -> Scalar:
        """Return the squared Euclidean (Frobenius) norm ‖A‖²."""


class SingularMatrixError(ValueError):
    """The matrix has no inverse in this number system."""


@dataclass(frozen=True)
class NumberSystem:
    """Arrays over one kind of number.

    `scalar` converts an integer or Fraction exactly (or by one rounding); `dtype` is the NumPy dtype of the arrays;
    `inverse` inverts a square array; `working` is a context manager inside which the arithmetic must run.
    """

    name: str
    scalar: Callable[[Rational], Scalar]
    dtype: Any
    inverse: Callable[[Array], Array]
    working: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext

    def array(self, rows: Sequence[Sequence[Rational]]) -> Array:
        """Return the matrix with these rational entries, shape (len(rows), len(rows[0]))."""
        out = np.empty((len(rows), len(rows[0])), dtype=self.dtype)
        for index in np.ndindex(*out.shape):
            out[index] = self.scalar(rows[index[0]][index[1]])
        return out

    def eye(self, n: int) -> Array:
        """Return the n×n identity."""
        return self.array([[int(i == j) for j in range(n)] for i in range(n)])

    def zeros(self, rows: int, cols: int) -> Array:
        """Return the rows×cols zero array."""
        return self.array([[0] * cols for _ in range(rows)])

    def trace(self, A: Array) -> Scalar:
        """Return Tr(A); raises ValueError when A is not square."""
        _require_square(A)
        return sum((A[i, i] for i in range(1, A.shape[0])), start=A[0, 0])

    def inv(self, A: Array) -> Array:
        """Return A⁻¹; raises SingularMatrixError when there is none, and ValueError when A is not square."""
        _require_square(A)
        return self.inverse(A)

    def sqnorm(self, A: Array) -> Scalar:
        """Return the sum of squares of all entries."""
        return self.trace(A.T @ A)


def _require_square(A: Array) -> None:
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise ValueError(f"expected a square matrix; got shape {A.shape}")


def _float_inverse(A: Array) -> Array:
    try:
        return np.linalg.inv(A)
    except np.linalg.LinAlgError as error:
        raise SingularMatrixError(f"expected an invertible {A.shape[0]}×{A.shape[1]} matrix: {error}") from error


def _gauss_jordan(A: Array, pivot_size: Callable[[Scalar], Any]) -> Array:
    """Invert over any field by Gauss–Jordan elimination, the largest `pivot_size` first; zero size means no pivot."""
    n = A.shape[0]
    one = A[0, 0] ** 0
    work = np.concatenate([A, np.array([[one * int(i == j) for j in range(n)] for i in range(n)], dtype=object)], 1)
    for column in range(n):
        best = max(range(column, n), key=lambda row: pivot_size(work[row, column]))
        if not pivot_size(work[best, column]):
            raise SingularMatrixError(f"expected an invertible {n}×{n} matrix: no pivot in column {column}")
        work[[column, best]] = work[[best, column]]
        work[column] = work[column] / work[column, column]
        for row in range(n):
            if row != column:
                work[row] = work[row] - work[row, column] * work[column]
    return work[:, n:]


NUMPY = NumberSystem("NUMPY", float, np.float64, _float_inverse)
"""IEEE double precision."""


def _exact_scalar(value: Rational) -> Any:
    from sympy import QQ

    return QQ(value.numerator, value.denominator)


EXACT = NumberSystem("EXACT", _exact_scalar, object, lambda A: _gauss_jordan(A, lambda x: int(x != 0)))
"""Exact rationals (SymPy's QQ); entries may as well be elements of any SymPy ring or field over QQ."""


def mpmath_system(digits: int) -> NumberSystem:
    """Return mpmath arithmetic at `digits` decimal digits, in a context of its own (no global precision is touched)."""
    import mpmath

    context = mpmath.MPContext()
    context.dps = digits

    def scalar(value: Rational) -> Any:
        return context.mpf(value.numerator) / value.denominator

    return NumberSystem(f"MPMATH({digits})", scalar, object, lambda A: _gauss_jordan(A, abs))


def ball_system(digits: int) -> NumberSystem:
    """Return ball arithmetic (python-flint arb) at `digits` decimal digits; compute inside `with system.working():`."""
    import flint

    def scalar(value: Rational) -> Any:
        return flint.arb(flint.fmpq(value.numerator, value.denominator))

    @contextlib.contextmanager
    def working() -> Iterator[None]:
        with flint.ctx.workdps(digits):
            yield

    def inverse(A: Array) -> Array:
        n = A.shape[0]
        try:
            inverted = flint.arb_mat(A.tolist()).inv()
        except ZeroDivisionError as error:
            raise SingularMatrixError(f"no enclosure of the inverse of this {n}×{n} matrix: {error}") from error
        return np.array(inverted.tolist(), dtype=object)

    return NumberSystem(f"BALL({digits})", scalar, object, inverse, working)
