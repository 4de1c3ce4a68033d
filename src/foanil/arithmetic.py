"""The arithmetic of a long iteration: chosen by size, and followed with a proved bound on the error of every step.

Small matrices go to FLINT's balls, large ones into slices of doubles. After each step radii are dropped, so that
errors do not pile up as in plain ball arithmetic; what is proved is local. The point θ that a step starts at is exact.
Every operation returns a matrix and a radius such that the exact result, for any choice of true operands within their
radii, lies within it (`foanil.sliced` says why for slices; for balls it is what FLINT guarantees), and α, β, m_in, Σ⋆,
B⋆ enter with radii around the given rationals. By induction over the operations the exact step of θ lies within the
radius of what is returned: that radius, relative to the largest entries, is `Rounded.error`, and a step where it
exceeds 10^−digits is not returned.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from foanil.ball_matrices import BallMatrix, BallMatrixSystem
from foanil.setting import Setting, State, require_state, rescaled
from foanil.sliced import TINY, Format, Sliced, SlicedSystem, format_for, keep_freed_memory
from foanil.spectra import DigitsLostError

Letters = Mapping[str, Any]

CROSSOVER = 24**3
"""From d·k′² on slices are faster than balls (measured at d = k′ from 4 to 50, k from 2 to 5)."""

GUARD_BITS = 16
"""Bits of balls beyond those of the digits: what a step's some ten operations may lose."""

REFINEMENTS = (1, 2, 4, 8)
"""A step whose error is too large is repeated in balls with so many times the bits."""


PATIENCE = 64
"""After so many steps the fastest arithmetic is tried again."""

MOST_DIGITS = 250
"""Errors are doubles: nothing below 10^−300 can be told from nothing."""


class Matrix(Protocol):
    """What following asks of a matrix of many digits, with a radius that no true entry exceeds."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    @property
    def radius(self) -> Any:
        """A bound on the distance of true entries, a number ≥ 0."""

    def size(self) -> Any:
        """Return a lower bound on the largest absolute value of an entry."""

    def exact(self) -> Any:
        """Return the matrix without its radius."""

    def parts(self) -> Iterable[tuple[int, int]]:
        """Return each entry as mantissa and exponent of 2, row by row."""

    def integers(self) -> tuple[list[int], int]:
        """Return the entries, row by row, as integers times one power 2^e, and e."""


System = BallMatrixSystem | SlicedSystem
Prepare = Callable[[System, Letters], Letters]
Advance = Callable[[System, Letters, Any, Any], tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Rounded:
    """A point 2^unit·(B, w) without radii, B of shape (d, k′), w (k′, 1), and the error of the step that led to it.

    With B₊ the exact step from the point before, |B − B₊| ≤ error·max(|B|, |B before|) for every entry, the maximum
    taken over all of them, and so for w; at the start it is the error of rounding. `sizes` are those of B and w.
    """

    B: Matrix
    w: Matrix
    sizes: tuple[Any, Any]
    error: float
    unit: int

    def mpmath(self, context: Any) -> tuple[Any, Any]:
        """Return the point, 2^−unit times what is held, in numbers of an mpmath context, rounded to nearest."""
        return in_mpmath(self.B, -self.unit, context), in_mpmath(self.w, -self.unit, context)


def bits_of(digits: int) -> int:
    """Return the bits of so many decimal digits, 2^−bits ≤ 10^−digits."""
    return math.ceil(digits * math.log2(10))


def balls(digits: int, times: int = 1) -> BallMatrixSystem:
    """Return matrices of balls with digits and guard bits, filled up to whole words of 64."""
    return BallMatrixSystem(-(-(times * bits_of(digits) + GUARD_BITS) // 64) * 64)


def candidates(digits: int, setting: Setting) -> list[System]:
    """Return the arithmetics for steps of (5)-(6), the fastest at these sizes first, then those with more digits.

    Slices come with one less than their worst case needs, which as a rule is enough, and with all.
    """
    longer: list[System] = [balls(digits, times) for times in REFINEMENTS]
    if setting.d * setting.k_prime**2 < CROSSOVER:
        return longer
    keep_freed_memory()
    format = format_for(bits_of(digits), setting.d)
    fewer = Format(format.bits, format.count - 1, format.inner)
    return [SlicedSystem(fewer), SlicedSystem(format), *longer]


def unit_of(setting: Setting) -> int:
    """Return the j for which the points 2^j(B, w) fill slices well: there 2 ≤ α < 8, so that BᵀB stays below 1/2.

    For along (5)-(6) α‖B‖₂² is at most 1, about; it is the size of what enters products, not their sense, that
    depends on it (`foanil.setting.rescaled`).
    """
    bits = math.log2(setting.alpha.numerator) - math.log2(setting.alpha.denominator)
    return math.floor((bits - 1) / 2)


def letters(xp: System, setting: Setting) -> Letters:
    """Return the letters of a step, as `Setting.in_system` does; call it inside `with xp.working():`."""
    scalars = {name: xp.scalar(getattr(setting, name)) for name in ("m_in", "sigma_sq", "alpha", "beta")}
    return {**scalars, **{name: xp.array(getattr(setting, name)) for name in ("Sigma_star", "B_star")}}


def follow(
    prepare: Prepare, advance: Advance, setting: Setting, state: State, steps: int, digits: int
) -> Iterator[Rounded]:
    """Yield θ_0, …, θ_steps, each within 10^−digits of the exact step from the one before, relative to its size.

    `advance(xp, prepare(xp, letters), B, w)` is the step, in operators only. The bound is that of the radii of
    `foanil.sliced` and of FLINT's balls, the rounding of α, β, Σ⋆, B⋆ included; a step that misses it is repeated in
    the next of the candidates. Raises DigitsLostError when none is enough, ShapeError when the point does not fit.
    """
    require_state(setting, state)
    unit = unit_of(setting)
    setting, state = rescaled(setting, state, Fraction(2) ** unit)
    systems, first = candidates(digits, setting), 0

    @functools.cache
    def prepared(xp: System) -> Letters:
        return prepare(xp, letters(xp, setting))

    def stepped(xp: System) -> Rounded:
        with xp.working():
            after = advance(xp, prepared(xp), _moved(xp, point.B), _moved(xp, point.w))
            return _rounded(*after, point.sizes, unit)

    with systems[0].working():
        point = _rounded(systems[0].array(state.B), systems[0].array([[entry] for entry in state.w]), (0, 0), unit)
    yield point
    for t in range(steps):
        first, point = _first_within(10.0**-digits, systems, first if t % PATIENCE else 0, stepped)
        yield point


def _first_within(
    allowed: float, systems: list[System], first: int, stepped: Callable[[System], Rounded]
) -> tuple[int, Rounded]:
    """Return the first step whose error is allowed, and the place of its arithmetic."""
    errors = []
    for place, xp in enumerate(systems[first:], first):
        point = stepped(xp)
        # An error that is not a number, of infinities, is no error that is small.
        if point.error <= allowed:
            return place, point
        errors.append(point.error)
    raise DigitsLostError(
        f"expected a step with relative error at most {allowed:.0e}; got {min(errors):.1e} in the longest balls tried; "
        "ask for fewer digits, or iterate `dynamics.step` in mpmath numbers"
    )


def _rounded(B: Matrix, w: Matrix, before: tuple[Any, Any], unit: int) -> Rounded:
    """Drop the radii of a point, after comparing them with its sizes and those before."""
    exact = B.exact(), w.exact()
    sizes = exact[0].size(), exact[1].size()
    errors = [_quotient(A.radius, max(pair)) for A, *pair in zip((B, w), sizes, before, strict=True)]
    return Rounded(*exact, sizes, max(errors), unit)


def _quotient(radius: Any, size: Any) -> float:
    """Return radius/size, rounded up; 0 for no radius, infinite for no size."""
    if radius == 0:
        return 0.0
    return float(radius / size) * (1 + 2.0**-40) + TINY if size > 0 else math.inf


def _moved(xp: System, A: Matrix) -> Any:
    """Return a matrix without radius in a system, which may be its own; bits that do not fit go into the radius."""
    at_home = A.format == xp.format if isinstance(A, Sliced) and isinstance(xp, SlicedSystem) else False
    if at_home or (isinstance(A, BallMatrix) and isinstance(xp, BallMatrixSystem)):
        return A
    return xp.of_integers(*A.integers(), A.shape)


def in_mpmath(A: Matrix, exponent: int, context: Any) -> Any:
    """Return 2^exponent·A as an object array of numbers of an mpmath context, rounded to nearest."""
    from mpmath.libmp import from_man_exp, round_nearest

    def number(part: tuple[int, int]) -> Any:
        mantissa, own = part
        return context.make_mpf(from_man_exp(mantissa, own + exponent, context.prec, round_nearest))

    rows, columns = A.shape
    return np.fromiter(map(number, A.parts()), dtype=object, count=rows * columns).reshape(rows, columns)
