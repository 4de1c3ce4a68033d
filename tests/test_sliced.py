"""Matrices in slices: products of doubles that are exact, and radii that cover whatever was dropped."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foanil import sliced
from foanil.sliced import Format, FormatError, Sliced, SlicedSystem, format_for

FORMAT = format_for(170, 50)
COARSE = Format(24, 3, 7)
"""Three slices only: whatever is dropped is large, and shows."""

Exact = Any


def exact(A: Sliced) -> Exact:
    """Return what the slices of a matrix say, as an object array of Fractions."""
    units = [Fraction(2) ** (A.format.bits * (A.top - s)) for s in range(A.format.count)]
    return sum(slice_.astype(int).astype(object) * unit for slice_, unit in zip(A.slices, units, strict=True))


def excess(A: Sliced, true: Exact) -> Fraction:
    """Return how far the true entries lie outside the radius, at most zero when it covers them."""
    return max(abs(x) for x in (exact(A) - true).ravel()) - Fraction(A.radius)


def extreme(format: Format, rows: int, columns: int, top: int = 0, first: float | None = None) -> Sliced:
    """Return the matrix all of whose slices are at their limit, with one sign, but for the first one if given."""
    slices = np.full((format.count, rows, columns), format.carried_size)
    slices[0] = format.carried_size if first is None else first
    # Twice the largest entry's leading slice, which the later ones cannot double.
    return Sliced(format, slices, top, format.carried_size, 2 * format.carried_size * format.power(top), 0.0)


def drawn(seed: int, rows: int, columns: int, format: Format = FORMAT, spread: int = 40) -> Sliced:
    """Return a matrix of random integers of many digits, at a random scale; some entries are zero."""
    draw = np.random.default_rng(seed)
    bits = int(draw.integers(1, format.bits * format.count - 5))
    whole = [int.from_bytes(draw.bytes(40), "big", signed=True) >> max(320 - bits, 0) for _ in range(rows * columns)]
    whole[seed % len(whole)] *= seed % 2
    return sliced.of_integers(format, whole, int(draw.integers(-spread, spread)) - bits, (rows, columns))


def widened(A: Sliced, radius: float) -> tuple[Sliced, Exact]:
    """Return a matrix with a radius, and true entries at the end of it."""
    moved = Sliced(A.format, A.slices, A.top, A.largest, A.bound, radius)
    return moved, exact(A) + Fraction(radius)


# Exact products ------------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", [1, 7, 50])
def test_slices_of_a_product_are_exact_at_the_limit(inner: int) -> None:
    """With every entry at its limit, every slice of a product is the integer that it should be, in any order."""
    format = format_for(170, inner)
    digit, count = int(format.carried_size), format.count
    whole = np.full((2, count * inner), float(digit))
    assert (whole @ whole.T == count * inner * digit**2).all()
    shuffled = np.random.default_rng(3).permuted(np.tile([digit, digit - 1.0], count * inner // 2 + 1))
    assert int(shuffled @ shuffled) == sum(int(x) ** 2 for x in shuffled)
    assert count * inner * digit**2 <= 2**53


def test_beyond_the_limit_products_would_be_rounded() -> None:
    """One bit more a slice at d = 50 and a product is no longer exact: that format is refused, with what to do."""
    digit = 2.0**24 - 1
    assert int(np.full(500, digit) @ np.full(500, digit)) != 500 * int(digit) ** 2
    with pytest.raises(FormatError, match="stay below 2\\^53; got 10 slices of 25 bits, inner dimension 50"):
        Format(25, 10, 50)
    with pytest.raises(FormatError, match="at least 20 bits"):
        Format(19, 10, 1)
    with pytest.raises(FormatError, match="use balls"):
        format_for(170, 10**4)


@pytest.mark.parametrize("inner", [1, 2, 10, 25, 50, 56, 57, 400])
@pytest.mark.parametrize("bits", [30, 100, 170, 340])
def test_formats_have_the_digits_and_room_that_they_promise(bits: int, inner: int) -> None:
    """With two slices lost to leading zeros the digits are there, and the largest sum is a double."""
    format = format_for(bits, inner)
    assert (format.count - 2) * format.bits >= bits + (inner * (format.count - 1)).bit_length()
    assert format.count * inner * int(format.carried_size) ** 2 + 2 ** (54 - format.bits) <= 2**53


def test_the_same_product_comes_from_permuted_factors() -> None:
    """A permutation of the inner dimension changes the order of every sum, and no bit of the product."""
    A, B = drawn(1, 5, 50), drawn(2, 50, 3)
    order = np.random.default_rng(4).permutation(50)
    turned = [Sliced(M.format, s, M.top, M.largest, M.bound, 0.0) for M, s in
              ((A, A.slices[:, :, order]), (B, B.slices[:, order]))]  # fmt: skip
    assert ((A @ B).slices == (turned[0] @ turned[1]).slices).all()


# Radii cover what is dropped -----------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 6), st.integers(1, 3), st.booleans())
def test_radii_cover_products_and_sums(seed: int, rows: int, inner: int, columns: int, coarse: bool) -> None:
    """Product, sum, difference and neighbours of drawn matrices with radii contain the exact ones, at every scale."""
    format = COARSE if coarse else FORMAT
    (A, a), (B, b), (C, c) = (
        widened(drawn(seed + i, *shape, format), radius)
        for i, (shape, radius) in enumerate([((rows, inner), 2.0**-50), ((inner, columns), 0.0), ((rows, inner), 1e-9)])
    )
    assert excess(A @ B, a @ b) <= 0
    assert excess(A + C, a + c) <= 0
    assert excess(C - A, c - a) <= 0
    assert excess((A - C) @ B, (a - c) @ b) <= 0
    assert excess(sliced.beside([A, C]), np.concatenate([a, c], axis=1)) <= 0
    assert excess(A.T.T.exact(), exact(A)) <= 0
    for M, true in ((A, exact(A)), (A - C, exact(A - C)), (A @ B, exact(A @ B))):
        assert Fraction(M.size()) <= max(abs(x) for x in true.ravel()) <= Fraction(M.bound)


def test_products_formed_at_once_are_the_sum_of_products() -> None:
    """Factors side by side give the sum of three products, and the radius covers what it drops."""
    pairs = [(drawn(3 * i, 4, i + 2), drawn(3 * i + 1, i + 2, 5)) for i in range(3)]
    total = sum(exact(A) @ exact(B) for A, B in pairs)
    at_once = SlicedSystem(FORMAT).products(*pairs)
    assert excess(at_once, total) <= 0
    assert at_once.radius < 1e-40 * max(A.bound * B.bound for A, B in pairs)


@given(st.integers(0, 10**6), st.fractions(-(10**9), 10**9, max_denominator=10**6))
def test_radii_cover_multiples_by_balls(seed: int, factor: Fraction) -> None:
    """The multiple by a ball contains the multiple by the rational inside; zero gives exactly zero."""
    xp = SlicedSystem(FORMAT)
    with xp.working():
        A = drawn(seed, 3, 4)
        product = xp.scalar(factor) * A
    assert excess(product, factor * exact(A)) <= 0
    assert product.radius <= 1e-45 * abs(factor) * A.bound


def test_both_ends_of_a_ball_are_covered() -> None:
    """The multiple by a ball contains the multiples by both of its ends."""
    A, middle, radius = drawn(3, 2, 3), Fraction(7, 8), Fraction(1, 2**30)
    ball = flint.arb(flint.arb(0.875), 2.0**-30)
    for end in (middle - radius, middle + radius):
        assert excess(ball * A, end * exact(A)) <= 0


def test_rationals_below_the_last_bit_are_covered() -> None:
    """What is below every slice of an array is in its radius, at every scale."""
    for entry in (1 + Fraction(1, 2**900), Fraction(1, 3**900), Fraction(2**3000, 7)):
        A = SlicedSystem(FORMAT).array([[entry, Fraction(0)]])
        assert not abs(exact(A)[0, 0] - entry) > (Fraction(A.radius) if A.radius < float("inf") else entry)


@given(st.integers(0, 10**6))
def test_scalars_of_matrices_are_enclosed(seed: int) -> None:
    """Trace and squared norm are balls around the exact ones, radii of the entries included."""
    xp = SlicedSystem(FORMAT)
    A, a = widened(drawn(seed, 4, 4), 1e-20)
    with xp.working():
        for ball, true in ((xp.trace(A), np.trace(a)), (xp.sqnorm(A), (a * a).sum())):
            assert ball.contains(flint.fmpq(true.numerator, true.denominator))


@given(st.lists(st.fractions(max_denominator=10**9), min_size=6, max_size=6))
def test_rationals_are_enclosed(entries: list[Fraction]) -> None:
    """An array of rationals contains them, and is exact when they are integers."""
    A = SlicedSystem(FORMAT).array([entries[:3], entries[3:]])
    assert excess(A, np.array(entries, dtype=object).reshape(2, 3)) <= 0
    assert A.radius <= 1e-50 * max(A.bound, 1e-300)
    whole = SlicedSystem(FORMAT).array([[x.numerator for x in entries]])
    assert whole.radius == 0
    assert exact(whole).tolist() == [[x.numerator for x in entries]]


def test_integers_come_back() -> None:
    """What is put in as integers comes out as the same numbers, for an odd and an even number of slices."""
    for format in (FORMAT, COARSE):
        entries = [0, 1, -1, 2**40 - 1, -(2**40), 12345]
        A = sliced.of_integers(format, entries, -30, (2, 3))
        assert A.radius == 0
        assert exact(A).ravel().tolist() == [Fraction(x, 2**30) for x in entries]
        whole, exponent = A.integers()
        assert [Fraction(m) * Fraction(2) ** exponent for m in whole] == exact(A).ravel().tolist()
        assert [Fraction(m) * Fraction(2) ** e for m, e in A.parts()] == exact(A).ravel().tolist()


def test_zero_is_exact() -> None:
    """Products and sums with a matrix of zeros have no radius and lose no digit, however small the other is."""
    zero, small = sliced.of_integers(FORMAT, [0] * 6, 0, (2, 3)), sliced.of_integers(FORMAT, [3] * 6, -700, (2, 3))
    for A in (zero + small, small - zero, zero.T @ small + small.T @ zero, zero.exact()):
        assert A.radius == 0
    assert (exact(zero + small) == exact(small)).all()
    assert not exact(zero.T @ small).any()
    assert zero.size() == zero.bound == 0


def test_a_difference_that_cancels_keeps_its_last_digits() -> None:
    """Two matrices that agree to 150 bits have a difference whose digits are all there."""
    base = 3**100
    A, B = (sliced.of_integers(FORMAT, [base + i, -base], -100, (1, 2)) for i in (5, 2))
    gap = (A - B).carried()
    assert exact(gap).tolist() == [[Fraction(3, 2**100), 0]]
    assert gap.radius == 0


def test_out_of_range_is_an_infinite_radius_or_no_size() -> None:
    """Beyond the range of doubles nothing is claimed: an infinite radius, or a size of zero."""
    huge, tiny = (sliced.of_integers(COARSE, [3**90] * 4, exponent, (2, 2)) for exponent in (2000, -2000))
    assert not (huge @ huge).radius < float("inf")
    assert huge.size() == tiny.size() == 0


# The bounds can fail -------------------------------------------------------------------------------

Bound = Callable[..., float]


def _nothing(*arguments: Any) -> float:
    return 0.0


def _only_left(inner: int, A: Sliced, B: Sliced) -> float:
    """n·a·r_B, without r_A·b."""
    return inner * A.bound * B.radius


def _only_right(inner: int, A: Sliced, B: Sliced) -> float:
    return inner * A.radius * B.bound


def _late(format: Format, top: int) -> float:
    """As if one slice more were kept."""
    return format.carried_size * format.tail(top - format.count - 1)


def _late_below(top: int, low: Sliced) -> float:
    return float(low.largest * low.format.tail(top - low.format.count - 1)) if top > low.top else 0.0


def worst_excess() -> Fraction:
    """Return how far the worst of some hard cases lies outside its radius: extreme slices, radii at their ends."""
    full, tall = extreme(COARSE, 2, 7), extreme(COARSE, 7, 3)
    lower = extreme(COARSE, 2, 7, -1)
    # An almost empty first slice: the product has no slices in front, and pushes none out at the end.
    empty, empty_tall = extreme(COARSE, 2, 7, first=1), extreme(COARSE, 7, 3, first=1)
    (A, a), (B, b) = widened(drawn(1, 2, 7, COARSE), 0.25), widened(drawn(2, 7, 3, COARSE), 0.5)
    small, low_true = widened(drawn(4, 7, 3, COARSE), 0.0)
    wide = drawn(5, 2, 7, COARSE)
    uncarried = Sliced(COARSE, np.full((3, 2, 7), 2.0**50 + 2.0**23), 0, 2.0**51, 2.0**52, 0.0)
    cases = [
        (full @ tall, exact(full) @ exact(tall)),
        (empty @ empty_tall, exact(empty) @ exact(empty_tall)),
        (A @ small, a @ low_true),
        (wide @ B, exact(wide) @ b),
        (A @ B, a @ b),
        (full + lower, exact(full) + exact(lower)),
        (sliced.beside([full, lower]), np.concatenate([exact(full), exact(lower)], axis=1)),
        (uncarried.carried(), exact(uncarried)),
    ]
    return max(excess(M, true) for M, true in cases)


def test_hard_cases_are_covered() -> None:
    """Extreme slices and radii stay within their bounds."""
    assert worst_excess() <= 0


MUTANTS: tuple[tuple[str, str, Bound], ...] = (
    ("products that forget slices not formed", "unformed", _nothing),
    ("slices not formed, for one inner index", "unformed", lambda inner, A, B: _UNFORMED(1, A, B)),
    ("slices not formed, nine tenths", "unformed", lambda *x: 0.9 * _UNFORMED(*x)),
    ("products without errors of factors", "inherited", _nothing),
    ("products without r_A b", "inherited", _only_left),
    ("products without a r_B", "inherited", _only_right),
    ("sums without dropped slices", "below", _nothing),
    ("sums, one slice late", "below", _late_below),
    ("carries without dropped slices", "beyond", _nothing),
    ("carries, one slice late", "beyond", _late),
)
_UNFORMED = sliced.unformed


@pytest.mark.parametrize(("name", "bound", "mutant"), MUTANTS, ids=[row[0] for row in MUTANTS])
def test_a_wrong_bound_is_caught(name: str, bound: str, mutant: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    """With any part of a radius missing some hard case lies outside."""
    monkeypatch.setattr(sliced, bound, mutant)
    assert worst_excess() > 0


def test_matrices_that_do_not_fit_are_refused() -> None:
    """Two formats, too large an inner dimension, shapes that do not match: each is an error that says so."""
    with pytest.raises(FormatError, match="one format"):
        drawn(1, 2, 3) @ drawn(1, 3, 2, COARSE)
    with pytest.raises(FormatError, match="inner dimension at most 7"):
        drawn(1, 2, 8, COARSE) @ drawn(1, 8, 2, COARSE)
    with pytest.raises(ValueError, match=r"got \(2, 3\) and \(4, 2\)"):
        drawn(1, 2, 3) @ drawn(1, 4, 2)
    with pytest.raises(ValueError, match="square"):
        SlicedSystem(FORMAT).trace(drawn(1, 2, 3))
    with pytest.raises(NotImplementedError, match="no inverse"):
        SlicedSystem(FORMAT).inv(drawn(1, 2, 2))


@pytest.mark.parametrize("rows", [3, 30])
def test_both_ways_of_carrying_agree(rows: int) -> None:
    """One pass over slices, or two passes over all, give slices of the same integers."""
    draw = np.random.default_rng(rows)
    work = draw.integers(-(2**52), 2**52, (7, rows, rows + 2)).astype(float)
    work[:2] = 0
    results = []
    for carry in (sliced._carry_upwards, sliced._carry_at_once):
        copy = work.copy()
        carry(copy, FORMAT.base)
        assert np.abs(copy).max() <= FORMAT.carried_size
        results.append(sliced._joined(copy.astype(int).astype(object), FORMAT.bits))
    assert (results[0] == results[1]).all()
    assert (results[0] == sliced._joined(work.astype(int).astype(object), FORMAT.bits)).all()
