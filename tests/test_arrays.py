"""Number systems: traces, inverses, norms, exactness, precision, enclosures, scalars on either side of an array."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from foanil.arrays import EXACT, NUMPY, NumberSystem, SingularMatrixError, ball_system, mpmath_system
from foanil.entrywise_moments import EntryRing

SYSTEMS = (NUMPY, EXACT, mpmath_system(50), ball_system(50))
TALL = [[1, Fraction(1, 3)], [0, -2], [Fraction(5, 7), 4]]
SQUARE = [[2, Fraction(1, 3), 0], [-1, 0, 4], [Fraction(3, 5), 1, 7]]
DETERMINANT = Fraction(-73, 15)
"""Of SQUARE, by the rule of Sarrus: 4/5 + 7/3 − 8, its other three products being zero."""


def named(systems: tuple[NumberSystem, ...]) -> Any:
    """Return a parametrisation by number system."""
    return pytest.mark.parametrize("xp", systems, ids=[xp.name for xp in systems])


def close(xp: NumberSystem, found: Any, stated: Fraction) -> bool:
    """Whether a number is this rational: exactly, contained in the ball, or up to the system's rounding."""
    if xp.name.startswith("BALL"):
        return bool((found * stated.denominator).contains(stated.numerator)) and found.rad() < 1e-44
    if xp.name == "EXACT":
        return bool(found == xp.scalar(stated))
    error = abs(found * stated.denominator - stated.numerator)
    return bool(error < (1e-13 if xp.name == "NUMPY" else 1e-47) * stated.denominator)


def all_close(xp: NumberSystem, found: Any, stated: list[list[Any]]) -> bool:
    """Whether an array has these rational entries."""
    return found.shape == (len(stated), len(stated[0])) and all(
        close(xp, found[i, j], Fraction(stated[i][j])) for i, j in np.ndindex(*found.shape)
    )


# Laws ----------------------------------------------------------------------------------------------


@named(SYSTEMS)
def test_trace_identity_and_zeros(xp: NumberSystem) -> None:
    """Tr(I_n) = n, Tr is the sum of the diagonal, I and 0 are neutral."""
    with xp.working():
        A, tall = xp.array(SQUARE), xp.array(TALL)
        assert close(xp, xp.trace(xp.eye(3)), Fraction(3))
        assert close(xp, xp.trace(A), Fraction(9))
        assert close(xp, xp.trace(xp.array([[Fraction(2, 3)]])), Fraction(2, 3))
        assert all_close(xp, xp.eye(3) @ tall + xp.zeros(3, 2), TALL)


@named(SYSTEMS)
def test_squared_norm_is_the_sum_of_squares(xp: NumberSystem) -> None:
    """‖A‖² = 1 + 1/9 + 4 + 25/49 + 16 for the tall matrix, the same for its transpose."""
    stated = 1 + Fraction(1, 9) + 4 + Fraction(25, 49) + 16
    with xp.working():
        assert close(xp, xp.sqnorm(xp.array(TALL)), stated)
        assert close(xp, xp.sqnorm(xp.array(TALL).T), stated)


@named(SYSTEMS)
def test_inverse_is_two_sided(xp: NumberSystem) -> None:
    """A⁻¹A = AA⁻¹ = I, entry (1, 1) of A⁻¹ is its cofactor over the determinant, and (A⁻¹)⁻¹ = A."""
    with xp.working():
        A = xp.array(SQUARE)
        inverse = xp.inv(A)
        identity = [[int(i == j) for j in range(3)] for i in range(3)]
        assert all_close(xp, A @ inverse, identity)
        assert all_close(xp, inverse @ A, identity)
        assert close(xp, inverse[0, 0], Fraction(-4) / DETERMINANT)
        assert all_close(xp, xp.inv(inverse), SQUARE)


@named(SYSTEMS)
def test_inverse_needs_a_pivot_that_is_not_on_the_diagonal(xp: NumberSystem) -> None:
    """A permutation matrix, whose diagonal is zero, is inverted by its transpose."""
    rows = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    with xp.working():
        assert all_close(xp, xp.inv(xp.array(rows)), [list(column) for column in zip(*rows, strict=True)])


@named(SYSTEMS)
@pytest.mark.parametrize("rows", [[[1, 2], [2, 4]], [[0]], [[0, 0, 0], [1, 2, 3], [4, 5, 6]]], ids=str)
def test_a_singular_matrix_has_no_inverse(xp: NumberSystem, rows: list[list[int]]) -> None:
    """A matrix of smaller rank raises, and the message says its size."""
    with xp.working(), pytest.raises(SingularMatrixError, match=f"{len(rows)}×{len(rows)} matrix"):
        xp.inv(xp.array(rows))


@named((EXACT, ball_system(50)))
def test_rank_is_decided_only_where_arithmetic_is_rigorous(xp: NumberSystem) -> None:
    """The third row is the sum of the others: rationals and balls refuse, while in 50 digits rounding may hide it."""
    rows = [[1, 2, 3], [4, 5, 6], [5, 7, 9]]
    with xp.working(), pytest.raises(SingularMatrixError):
        xp.inv(xp.array(rows))
    rounded = mpmath_system(50)
    assert abs(rounded.inv(rounded.array(rows))[0, 0]) > 1e40


@named(SYSTEMS)
def test_rectangles_have_neither_trace_nor_inverse(xp: NumberSystem) -> None:
    """A matrix that is not square is refused with its shape, as an input error and not as a singular matrix."""
    with xp.working():
        for operation in (xp.trace, xp.inv):
            for rows in (TALL, [list(row) for row in zip(*TALL, strict=True)]):
                with pytest.raises(ValueError, match="expected a square matrix; got shape") as caught:
                    operation(xp.array(rows))
                assert not isinstance(caught.value, SingularMatrixError)


# Exactness and precision ---------------------------------------------------------------------------


def test_exact_arithmetic_has_no_rounding() -> None:
    """A 4×4 Hilbert matrix times its inverse is the identity exactly; its inverse has integer entries."""
    hilbert = EXACT.array([[Fraction(1, i + j + 1) for j in range(4)] for i in range(4)])
    inverse = EXACT.inv(hilbert)
    assert (hilbert @ inverse == EXACT.eye(4)).all()
    assert inverse[3, 3] == 2800
    assert EXACT.scalar(Fraction(1, 3)) * 3 == 1


def test_doubles_are_not_exact_where_rationals_are() -> None:
    """The twin: 10⁻³⁰ added to 1 is lost in doubles, kept in the rationals."""
    tiny = [[Fraction(1) + Fraction(1, 10**30)]]
    assert NUMPY.array(tiny)[0, 0] == 1
    assert EXACT.array(tiny)[0, 0] != 1


def as_fraction(x: Any) -> Fraction:
    """Return a positive mpmath number exactly."""
    mantissa, exponent = x.man_exp
    return Fraction(int(mantissa)) * Fraction(2) ** exponent


@pytest.mark.parametrize("digits", [15, 50, 120])
def test_mpmath_carries_its_digits(digits: int) -> None:
    """1/3 is right to the digits asked for and wrong a few digits beyond; so is an inverse, up to one digit."""
    xp = mpmath_system(digits)
    third = xp.scalar(Fraction(1, 3))
    error = abs(as_fraction(third) - Fraction(1, 3))
    assert Fraction(1, 10 ** (digits + 5)) < error < Fraction(1, 10**digits)
    product = xp.inv(xp.array([[3, 1], [1, 2]]))[0, 0] * 5
    assert abs(as_fraction(product) - 2) < Fraction(1, 10 ** (digits - 1))


def test_mpmath_touches_no_global_precision() -> None:
    """Two systems of different precision live side by side, and mpmath's own precision stays what it was."""
    before = mpmath.mp.dps
    coarse, fine = mpmath_system(20), mpmath_system(60)
    assert mpmath.mp.dps == before
    gap = as_fraction(fine.scalar(Fraction(1, 7))) - as_fraction(coarse.scalar(Fraction(1, 7)))
    assert 0 < abs(gap) < Fraction(1, 10**20)


def test_balls_contain_the_exact_value_and_know_their_error() -> None:
    """1/3 is no binary number: its ball contains it, is not a point, and narrows with the digits."""
    radii = []
    for digits in (20, 60):
        xp = ball_system(digits)
        with xp.working():
            third = xp.scalar(Fraction(1, 3))
            assert (third * 3).contains(1)
            assert not third.is_exact()
            radii.append(float(third.rad()))
    assert 0 < radii[1] < 1e-58 < radii[0] < 1e-18


def test_balls_restore_the_working_precision() -> None:
    """Inside working() the context has the system's digits; after it, even by an error, what it had before."""
    before = flint.ctx.prec
    xp = ball_system(77)
    with xp.working():
        assert flint.ctx.dps == 77
    with pytest.raises(RuntimeError), xp.working():
        raise RuntimeError
    assert flint.ctx.prec == before


def test_balls_do_not_invert_what_may_be_singular() -> None:
    """A ball matrix that contains a singular one has no enclosed inverse."""
    xp = ball_system(30)
    with xp.working():
        A = xp.array([[1, 2], [2, 4]])
        A[0, 0] = A[0, 0] + flint.arb(0, 1e-3)
        with pytest.raises(SingularMatrixError, match="no enclosure"):
            xp.inv(A)
        A[0, 0] = A[0, 0] + 1
        assert xp.inv(A)[0, 0].contains(1)


# Scalars and arrays --------------------------------------------------------------------------------


def entry_scalar(_: Fraction) -> Any:
    """Return a polynomial generator in place of a number."""
    return EntryRing({}, ("a",)).scalar("a")


SCALARS: dict[str, tuple[NumberSystem, Callable[[Fraction], Any]]] = {
    **{xp.name: (xp, xp.scalar) for xp in SYSTEMS},
    "polynomial": (EXACT, entry_scalar),
}


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("operation", [operator.mul, operator.add, operator.sub], ids=lambda f: f.__name__)
def test_a_scalar_meets_every_entry_from_either_side(name: str, operation: Callable[[Any, Any], Any]) -> None:
    """s∘A and A∘s act entry by entry for mpf, rational, ball and polynomial scalars, on arrays of any shape."""
    xp, scalar = SCALARS[name]
    with xp.working():
        s, A = scalar(Fraction(2, 7)), xp.array(TALL)
        for found, entry in (
            (operation(s, A), lambda x: operation(s, x)),
            (operation(A, s), lambda x: operation(x, s)),
        ):
            assert found.shape == (3, 2)
            assert all(str(found[index]) == str(entry(A[index])) for index in np.ndindex(3, 2))


@named(SYSTEMS)
def test_integers_and_quotients_stay_in_the_system(xp: NumberSystem) -> None:
    """A/s, 1/s, 2·A, s² and s/3 keep the system's numbers: (1/s)·s·A/3·3 = A."""
    with xp.working():
        s, A = xp.scalar(Fraction(2, 7)), xp.array(TALL)
        assert all_close(xp, (1 / s) * (s * A), TALL)
        assert all_close(xp, 3 * (A / 3), TALL)
        assert close(xp, s**2 / 3, Fraction(4, 147))
        assert close(xp, (1 + 1 / s) * 2, Fraction(9))
