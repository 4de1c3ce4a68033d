"""Matrices of many digits whose products are products of matrices of doubles, every one of them exact.

A matrix is held in L slices, D_0β^top + D_1β^(top−1) + … + D_{L−1}β^(top−L+1): the D_i are matrices of integers
stored in doubles, β = 2^b, and no entry is further than `radius` from the number that it stands for. Slices are
*carried* when no entry exceeds D = β/2 + 2⁵³/β² + 2. With n the inner dimension, slice s of a product of carried
matrices is

    C_s = Σ_{i≤s} A_i B_{s−i} = [A_0 … A_s] [B_s; …; B_0],

one product of matrices of doubles. It is exact, whatever the order of summation, the number of threads and the use of
fused operations: a sum of some of its terms is an integer of absolute value at most L·n·D² < 2⁵³.

What the radius of each operation must cover, and does:

- *Product.* With |A| ≤ a and |B| ≤ b entrywise, errors r_A and r_B of the factors cost n(a·r_B + r_A·b + r_A·r_B).
  The slices s = L, …, 2L − 2 that are not formed have at most L − 1 terms A_iB_j each, so that together they are at
  most n(L − 1)·D_A·D_B·(β^(t−L) + β^(t−L−1) + …), with t = top_A + top_B, D_A and D_B the largest entries of slices.
- *Sum.* Radii add. Slices of a summand below the last slice of the other are dropped; they are the last ones of a
  matrix whose entries of slices are at most D_A, together at most D_A(β^(top−L) + β^(top−L−1) + …).
- *Carrying* is exact but for slices that it pushes out at the end: together at most D(β^(top−L) + …).

Radii are doubles, rounded up. Knows no paper. The method is that of Ozaki, Ogita, Oishi and Rump (Numerical Algorithms
59, 2012), in fixed point.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import numpy.typing as npt

Slices = npt.NDArray[np.float64]
Rational = int | Fraction

DOUBLE_BITS = 53
"""Every integer of at most this many bits is a double."""

LEAST_SLICE_BITS = 20
"""Below, two carries would leave slices noticeably above β/2."""

LEADING_SLICES = 2
"""How many slices a carry may add at the front: 2⁵³/β² is far below β/2."""

FEW_ENTRIES = 700
"""Up to so many entries calls cost more than arithmetic (measured)."""

TINY = 1e-300
"""Added to every product of radii: more than what underflow can have taken."""


class FormatError(ValueError):
    """No slicing makes products of this inner dimension exact, or matrices of two formats meet."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a matrix is cut: `count` slices of `bits` bits; products are exact up to the inner dimension `inner`.

    `base` is β, `carried_size` what no entry of a carried slice exceeds, D = β/2 + 2⁵³/β² + 2. Raises FormatError when
    products would not be exact.
    """

    bits: int
    count: int
    inner: int
    base: float = field(init=False, repr=False)
    carried_size: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        carried_size = 2.0 ** (self.bits - 1) + math.ceil(2.0 ** (DOUBLE_BITS - 2 * self.bits)) + 2
        largest = self.count * self.inner * int(carried_size) ** 2
        # The carry that arrives from below is at most 2⁵³/β + 1.
        if self.bits < LEAST_SLICE_BITS or largest + 2 ** (DOUBLE_BITS - self.bits) + 1 > 2**DOUBLE_BITS:
            raise FormatError(
                f"expected slices of at least {LEAST_SLICE_BITS} bits whose products stay below 2^{DOUBLE_BITS}; "
                f"got {self.count} slices of {self.bits} bits, inner dimension {self.inner}; take fewer digits or balls"
            )
        object.__setattr__(self, "base", 2.0**self.bits)
        object.__setattr__(self, "carried_size", carried_size)

    def power(self, exponent: int) -> float:
        """Return an upper bound on β^exponent, equal to it for all but the extreme: never below 2^−1000, or inf."""
        return _power_of_two(self.bits * exponent)

    def tail(self, exponent: int) -> float:
        """Return an upper bound on β^e + β^(e−1) + …"""
        return _times(self.power(exponent), self.base / (self.base - 1))


def keep_freed_memory() -> None:
    """Let go of one large array, after which C libraries that adapt keep what is freed instead of returning it.

    Slices of a few hundred kilobytes come and go thousands of times a second; fetching their pages each time from the
    system would take longer than filling them.
    """
    np.empty(2**21)


def format_for(bits: int, inner: int) -> Format:
    """Return the format in which products up to this inner dimension lose less than 2^−bits of the factors' sizes.

    A factor may leave its first slice almost empty, hence two slices more than the digits need. Raises FormatError
    when no slices are fine enough.
    """
    for slice_bits in range(DOUBLE_BITS // 2, LEAST_SLICE_BITS - 1, -1):
        count = 3
        while (count - 2) * slice_bits < bits + (inner * count).bit_length():
            count += 1
        with contextlib.suppress(FormatError):
            return Format(slice_bits, count, inner)
    raise FormatError(f"no slicing makes products of inner dimension {inner} exact at {bits} bits; use balls")


@dataclass(frozen=True, slots=True, eq=False)
class Sliced:
    """A matrix in slices: an array of shape (L, rows, columns), no entry of it beyond `largest`.

    The matrix that they make has no entry beyond `bound`, and no true entry is further from it than `radius`.
    """

    format: Format
    slices: Slices
    top: int
    largest: float
    bound: float
    radius: float

    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.slices.shape[1], self.slices.shape[2]

    @property
    def T(self) -> Sliced:
        """The transpose."""
        return Sliced(self.format, self.slices.transpose(0, 2, 1), self.top, self.largest, self.bound, self.radius)

    @property
    def last_exponent(self) -> int:
        """The e for which the last slice is one of multiples of 2^e."""
        return self.format.bits * (self.top - self.format.count + 1)

    def size(self) -> float:
        """Return a lower bound, as a rule close, on the largest absolute value of an entry, radius left out."""
        A = self.carried()
        unit = A.format.power(A.top)
        # Two carried slices make integers of at most 2·bits + 2 bits: the sum is exact.
        leading = float(np.abs(A.slices[0] + A.slices[1] / A.format.base).max())
        least = (leading - _times(A.largest, A.format.tail(-2))) * unit * (1 - 2.0**-40)
        return max(least, 0.0) if 2.0**-900 < unit < 2.0**900 else 0.0

    def exact(self) -> Sliced:
        """Return the carried matrix without its radius."""
        A = self.carried()
        return Sliced(A.format, A.slices, A.top, A.largest, A.bound, 0.0)

    def carried(self) -> Sliced:
        """Return the same matrix, carried."""
        if self.largest <= self.format.carried_size:
            return self
        work = _work(self.format, *self.shape)
        work[LEADING_SLICES:] = self.slices
        return _carry(self.format, work, self.top, self.radius)

    def __matmul__(self, other: Sliced) -> Sliced:
        """Return the product. Raises FormatError for two formats or too large an inner dimension."""
        A, B = self.carried(), other.carried()
        _require_fit(A, B)
        count, rows, inner = A.slices.shape
        left = _side_by_side(A.slices)
        right = B.slices[::-1].reshape(count * inner, B.shape[1])

        def form(work: Slices) -> None:
            for s in range(count):
                np.matmul(left[:, : (s + 1) * inner], right[(count - 1 - s) * inner :], out=work[s])

        return _product(A, B, inner, (rows, B.shape[1]), form)

    def __rmul__(self, factor: Any) -> Sliced:
        """Return the multiple by a ball: slice s is Σ_{i≤s} c_i D_{s−i}, all of them one product."""
        A, number = self.carried(), of_ball(self.format, factor)
        count = A.format.count
        digits = np.concatenate([np.zeros(count - 1), number.slices[:, 0, 0]])
        triangle = digits[np.add.outer(np.arange(count), np.arange(count - 1, -1, -1))]

        def form(work: Slices) -> None:
            np.matmul(triangle, A.slices.reshape(count, -1), out=work.reshape(count, -1))

        return _product(A, number, 1, A.shape, form)

    def __add__(self, other: Sliced) -> Sliced:
        """Return the sum."""
        high, low = (self, other) if self.top >= other.top else (other, self)
        if 0 in (self.largest, other.largest):
            # A matrix of zeros has no exponent of its own.
            high, low = (self, other) if self.largest else (other, self)
        slices, shift = high.slices.copy(), _shift(high.top, low)
        slices[shift:] += low.slices[: self.format.count - shift]
        radius = _plus(high.radius, low.radius, below(high.top, low))
        bound = _plus(high.bound, low.bound, radius)
        total = Sliced(high.format, slices, high.top, high.largest + low.largest, bound, radius)
        # A few sums are carried together, by the product that they enter.
        return total if total.largest <= 4 * high.format.base else total.carried()

    def __neg__(self) -> Sliced:
        """Return the negative."""
        return Sliced(self.format, -self.slices, self.top, self.largest, self.bound, self.radius)

    def __sub__(self, other: Sliced) -> Sliced:
        """Return the difference."""
        return self + -other

    def integers(self) -> tuple[list[int], int]:
        """Return (M, e), M the rows' integers one after the other: the matrix is M·2^e, exactly, radius left out."""
        digits = self.slices.reshape(self.format.count, -1).astype(np.int64)
        # Two slices at a time still fit 64 bits.
        if len(digits) % 2:
            digits = np.concatenate([np.zeros_like(digits[:1]), digits])
        pairs = digits[::2] * 2**self.format.bits + digits[1::2]
        return _joined(pairs.astype(object), 2 * self.format.bits).tolist(), self.last_exponent

    def parts(self) -> Iterable[tuple[int, int]]:
        """Return each entry as mantissa and exponent of 2, row by row."""
        whole, exponent = self.integers()
        return ((entry, exponent) for entry in whole)


def beside(matrices: Sequence[Sliced]) -> Sliced:
    """Return matrices of as many rows side by side; slices below the last one of the largest are dropped."""
    blocks = [A.carried() for A in matrices]
    top = max((A.top for A in blocks if A.largest), default=0)
    parts = []
    for A in blocks:
        shift = _shift(top, A)
        empty = np.zeros((shift, *A.shape))
        parts.append(np.concatenate([empty, A.slices[: A.format.count - shift]]) if shift else A.slices)
    radius = max(_plus(A.radius, below(top, A)) for A in blocks)
    largest, bound = max(A.largest for A in blocks), _plus(max(A.bound for A in blocks), radius)
    return Sliced(blocks[0].format, np.concatenate(parts, axis=2), top, largest, bound, radius)


# What radii cover ----------------------------------------------------------------------------------


def inherited(inner: int, A: Sliced, B: Sliced) -> float:
    """Return what errors of the factors cost a product, n(a·r_B + r_A·b + r_A·r_B)."""
    return _times(inner, _plus(_times(A.bound, B.radius), _times(A.radius, B.bound), _times(A.radius, B.radius)))


def unformed(inner: int, A: Sliced, B: Sliced) -> float:
    """Return a bound on the slices of a product that are not formed."""
    count = A.format.count
    return _times(inner * (count - 1), A.largest, B.largest, A.format.tail(A.top + B.top - count))


def below(top: int, low: Sliced) -> float:
    """Return a bound on the slices of a matrix that lie below the last slice of one with this top."""
    shift = _shift(top, low)
    return _times(low.largest, low.format.tail(low.top - low.format.count + shift)) if shift else 0.0


def beyond(format: Format, top: int) -> float:
    """Return a bound on carried slices that come after the last of a matrix with this top."""
    return _times(format.carried_size, format.tail(top - format.count))


def _shift(top: int, low: Sliced) -> int:
    """Return how many slices a matrix moves down beside one with this top; all of them at most."""
    return min(top - low.top, low.format.count) if low.largest else 0


def _power_of_two(exponent: int) -> float:
    """Return an upper bound on 2^e, itself for all but extreme exponents."""
    return math.inf if exponent > 1000 else 2.0 ** max(exponent, -1000)


def _times(*factors: float) -> float:
    """Return an upper bound on a product of numbers ≥ 0, zero only if one of them is."""
    return math.prod(factors) * (1 + 2.0**-40) + TINY if all(factors) else 0.0


def _plus(*terms: float) -> float:
    """Return an upper bound on a sum of numbers ≥ 0, zero only if all of them are."""
    return sum(terms) * (1 + 2.0**-40)


# Products and carries ------------------------------------------------------------------------------


def _product(A: Sliced, B: Sliced, inner: int, shape: tuple[int, int], form: Callable[[Slices], None]) -> Sliced:
    """Return the product of carried matrices whose slices `form` writes."""
    work = _work(A.format, *shape)
    form(work[LEADING_SLICES:])
    return _carry(A.format, work, A.top + B.top, _plus(inherited(inner, A, B), unformed(inner, A, B)))


def _side_by_side(slices: Slices) -> Slices:
    """Return [A_0 … A_{L−1}], without copying when slices are transposes."""
    count, rows, columns = slices.shape
    transposed = slices.transpose(0, 2, 1)
    if transposed.flags.c_contiguous:
        return transposed.reshape(count * columns, rows).T
    return slices.transpose(1, 0, 2).reshape(rows, count * columns)


def _work(format: Format, rows: int, columns: int) -> Slices:
    work = np.empty((LEADING_SLICES + format.count, rows, columns))
    work[:LEADING_SLICES] = 0
    return work


def _carry(format: Format, work: Slices, top: int, radius: float) -> Sliced:
    """Carry slices of exponents top + LEADING_SLICES, …, in place; keep L of them from the first that is not empty."""
    (_carry_at_once if work[0].size <= FEW_ENTRIES else _carry_upwards)(work, format.base)
    first = next((s for s in range(len(work)) if work[s].any()), None)
    if first is None:
        return Sliced(format, work[: format.count], 0, 0.0, 0.0, radius)
    top += LEADING_SLICES - first
    kept = work[first : first + format.count]
    if first > LEADING_SLICES:
        kept = np.concatenate([kept, np.zeros((first - LEADING_SLICES, *work.shape[1:]))])
    pushed_out = first < LEADING_SLICES and work[first + format.count :].any()
    radius = _plus(radius, beyond(format, top)) if pushed_out else radius
    return Sliced(format, kept, top, format.carried_size, _bound(format, kept, top), radius)


def _bound(format: Format, slices: Slices, top: int) -> float:
    """Return an upper bound on the entries of carried slices."""
    return _times(float(np.abs(slices[0]).max()) + _times(format.carried_size, format.tail(-1)), format.power(top))


def _carry_upwards(work: Slices, base: float) -> None:
    """Carry from the last slice to the first, which leaves at most β/2: one pass, of many calls."""
    carry = np.empty(work.shape[1:])
    for s in range(len(work) - 1, 0, -1):
        np.multiply(work[s], 1 / base, out=carry)
        np.rint(carry, out=carry)
        work[s - 1] += carry
        carry *= base
        work[s] -= carry


def _carry_at_once(work: Slices, base: float) -> None:
    """Carry in all slices at the same time, twice: of entries up to 2⁵³ this leaves at most β/2 + 2⁵³/β² + 2."""
    for _ in range(2):
        carry = np.rint(work * (1 / base))
        work -= carry * base
        work[:-1] += carry[1:]


def _require_fit(A: Sliced, B: Sliced) -> None:
    if A.format != B.format or A.shape[1] > A.format.inner:
        raise FormatError(
            f"expected two matrices of one format, inner dimension at most {A.format.inner}; "
            f"got {A.shape[0]}×{A.shape[1]} in {A.format} and {B.shape[0]}×{B.shape[1]} in {B.format}"
        )
    if A.shape[1] != B.shape[0]:
        raise ValueError(f"expected shapes (m, n) and (n, p); got {A.shape} and {B.shape}")


# In and out ----------------------------------------------------------------------------------------


def of_integers(
    format: Format, entries: Sequence[int], exponent: int, shape: tuple[int, int], radius: float = 0.0
) -> Sliced:
    """Return M·2^e in slices, M given row by row; bits below the last slice go into the radius."""
    # All |M|·2^e < β^(top+1)/4: the first digit is at most β/4 before a carry from below adds 1.
    longest = max(abs(entry).bit_length() for entry in entries)
    top = -(-(longest + exponent + 2) // format.bits) - 1 if longest else 0
    down = format.bits * (top - format.count + 1) - exponent
    kept = [entry >> down if down > 0 else entry << -down for entry in entries]
    if down > 0 and any(entry << down != original for entry, original in zip(kept, entries, strict=True)):
        radius = _plus(radius, format.power(top - format.count + 1))
    slices = np.array(_digits(format, kept), dtype=float).T.reshape(format.count, *shape)
    if not longest:
        return Sliced(format, slices, top, 0.0, 0.0, radius)
    return Sliced(format, slices, top, format.base / 2, _bound(format, slices, top), radius)


def of_ball(format: Format, ball: Any) -> Sliced:
    """Return a ball (or what `flint.arb` takes) as a matrix of one entry."""
    number = ball if isinstance(ball, flint.arb) else flint.arb(ball)
    mantissa, exponent = number.mid().man_exp()
    radius = 0.0 if number.is_exact() else _times(float(number.rad()), 1.0) + TINY
    return of_integers(format, [int(mantissa)], int(exponent), (1, 1), radius)


def _digits(format: Format, entries: list[int]) -> list[list[int]]:
    """Return the balanced digits of integers, the highest first."""
    half, places = 2 ** (format.bits - 1), [format.bits * s for s in range(format.count - 1, -1, -1)]
    # Raised by β/2 in every place, a balanced digit is an ordinary one.
    raised = sum(half << place for place in places)
    return [[(entry + raised >> place) % (2 * half) - half for place in places] for entry in entries]


def _joined(digits: Any, bits: int) -> Any:
    """Return the integers that have these digits, the highest first."""
    return functools.reduce(lambda high, low: high * 2**bits + low, digits)


# The number system ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlicedSystem:
    """The number system: arrays are `Sliced`, scalars are balls; compute inside `with system.working():`."""

    format: Format

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Set the precision of the balls: as many bits as the slices hold."""
        with flint.ctx.workprec(self.format.bits * self.format.count):
            yield

    def scalar(self, value: Rational) -> Any:
        """Return a rational as a ball."""
        return flint.arb(flint.fmpq(value.numerator, value.denominator))

    def array(self, rows: Sequence[Sequence[Rational]]) -> Sliced:
        """Return the matrix with these rational entries, each of them to the last bit of the largest."""
        numbers = [Fraction(entry) for row in rows for entry in row]
        size = max((x.numerator.bit_length() - x.denominator.bit_length() + 1 for x in numbers if x), default=0)
        exponent = size - self.format.bits * self.format.count
        step = Fraction(2) ** exponent
        radius = _power_of_two(exponent) if any(x % step for x in numbers) else 0.0
        return of_integers(self.format, [x // step for x in numbers], exponent, (len(rows), len(rows[0])), radius)

    def of_integers(self, entries: Sequence[int], exponent: int, shape: tuple[int, int]) -> Sliced:
        """Return M·2^e, M given row by row."""
        return of_integers(self.format, entries, exponent, shape)

    def eye(self, n: int) -> Sliced:
        """Return the n×n identity."""
        return self.array([[int(i == j) for j in range(n)] for i in range(n)])

    def products(self, *pairs: tuple[Sliced, Sliced]) -> Sliced:
        """Return the sum of products of pairs of matrices: one product, of the factors side by side."""
        lefts, rights = zip(*pairs, strict=True)
        return beside(lefts) @ beside([A.T for A in rights]).T

    def trace(self, A: Sliced) -> Any:
        """Return Tr(A) of a square matrix as a ball."""
        if A.shape[0] != A.shape[1]:
            raise ValueError(f"expected a square matrix; got shape {A.shape}")
        digits = np.trace(A.slices, axis1=1, axis2=2).astype(np.int64).tolist()
        return flint.arb((_joined(digits, A.format.bits), A.last_exponent), _times(A.shape[0], A.radius))

    def inv(self, A: Sliced) -> Sliced:
        """No inverse is offered: the iteration needs none. Raises NotImplementedError."""
        raise NotImplementedError("matrices in slices have no inverse; use mpmath_system(...) or ball_system(...)")

    def sqnorm(self, A: Sliced) -> Any:
        """Return the sum of squares of all entries as a ball."""
        return self.trace(A.T @ A)
