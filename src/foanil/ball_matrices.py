"""Matrices of balls kept whole in FLINT, for speed at small sizes: every operation encloses, by python-flint's arb.

They speak the protocol of `foanil.arrays` and, beside `foanil.sliced`, what following an iteration asks: integers in
and out, and the radius. Knows no paper.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

Rational = int | Fraction


@dataclass(frozen=True, slots=True, eq=False)
class BallMatrix:
    """A matrix of balls."""

    balls: flint.arb_mat

    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.balls.nrows(), self.balls.ncols()

    @property
    def T(self) -> BallMatrix:
        """The transpose."""
        return BallMatrix(self.balls.transpose())

    @property
    def radius(self) -> Any:
        """An upper bound on the radii of the entries, exact ball: the largest sum of those of a column."""
        # One product adds up the radii of all columns faster than their largest is found entry by entry.
        sums = flint.arb_mat([[1] * self.balls.nrows()]) * (self.balls - self.balls.mid())
        return max(entry.abs_upper() for entry in sums.entries())

    def __matmul__(self, other: BallMatrix) -> BallMatrix:
        """Return the product."""
        return BallMatrix(self.balls * other.balls)

    def __add__(self, other: BallMatrix) -> BallMatrix:
        """Return the sum."""
        return BallMatrix(self.balls + other.balls)

    def __sub__(self, other: BallMatrix) -> BallMatrix:
        """Return the difference."""
        return BallMatrix(self.balls - other.balls)

    def __rmul__(self, factor: Any) -> BallMatrix:
        """Return the multiple by a ball."""
        return BallMatrix(self.balls * factor)

    def size(self) -> Any:
        """Return the largest absolute value of a midpoint, an exact ball."""
        return max(map(abs, self.balls.mid().entries()))

    def exact(self) -> BallMatrix:
        """Return the midpoints."""
        return BallMatrix(self.balls.mid())

    def parts(self) -> Iterable[tuple[int, int]]:
        """Return each midpoint as mantissa and exponent of 2, row by row."""
        return ((int(m), int(e)) for m, e in (entry.mid().man_exp() for entry in self.balls.entries()))

    def integers(self) -> tuple[list[int], int]:
        """Return (M, e), M the rows' integers one after the other: the midpoints are M·2^e, exactly."""
        parts = list(self.parts())
        exponent = min((e for m, e in parts if m), default=0)
        return [m << (e - exponent) if m else 0 for m, e in parts], exponent


@dataclass(frozen=True, slots=True)
class BallMatrixSystem:
    """The number system: arrays are `BallMatrix`, scalars are balls; compute inside `with system.working():`."""

    bits: int

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Set the precision of the balls."""
        with flint.ctx.workprec(self.bits):
            yield

    def scalar(self, value: Rational) -> Any:
        """Return a rational as a ball."""
        return flint.arb(flint.fmpq(value.numerator, value.denominator))

    def array(self, rows: Sequence[Sequence[Rational]]) -> BallMatrix:
        """Return the matrix with these rational entries."""
        return BallMatrix(flint.arb_mat([[self.scalar(entry) for entry in row] for row in rows]))

    def of_integers(self, entries: Sequence[int], exponent: int, shape: tuple[int, int]) -> BallMatrix:
        """Return M·2^e, M given row by row, exactly."""
        return BallMatrix(flint.arb_mat(*shape, [flint.arb((entry, exponent)) for entry in entries]))

    def eye(self, n: int) -> BallMatrix:
        """Return the n×n identity."""
        return BallMatrix(flint.arb_mat([[int(i == j) for j in range(n)] for i in range(n)]))

    def trace(self, A: BallMatrix) -> Any:
        """Return Tr(A); raises ValueError when A is not square."""
        return A.balls.trace()

    def inv(self, A: BallMatrix) -> BallMatrix:
        """Return A⁻¹; raises ZeroDivisionError when no enclosure of it is found."""
        return BallMatrix(A.balls.inv())

    def sqnorm(self, A: BallMatrix) -> Any:
        """Return the sum of squares of all entries."""
        return (A.balls.transpose() * A.balls).trace()
