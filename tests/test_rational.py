"""Exact rational matrices: reading, reflections, orthonormal columns, rank, definiteness, roots."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import rational
from foanil.rational import Matrix


def exact(rows: list[list[Any]]) -> Matrix:
    """Return rows as an exact matrix."""
    return rational.matrix(rows, "A", (len(rows), len(rows[0])))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, Fraction(3)), ("3/7", Fraction(3, 7)), (0.5, Fraction(1, 2)), (np.float64(0.25), Fraction(1, 4)),
     (np.int64(-2), Fraction(-2)), ("1e-3", Fraction(1, 1000)), (Decimal("0.1"), Fraction(1, 10))],
)  # fmt: skip
def test_a_finite_number_is_read_exactly(value: Any, expected: Fraction) -> None:
    """Integers, floats, Fractions and texts become the rational that they denote."""
    assert rational.rational(value, "x") == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "one", None, [1], 1j, "1/0"])
def test_anything_else_is_no_number(value: Any) -> None:
    """NaN, infinities and non-numbers are refused, with the name of the entry."""
    with pytest.raises(rational.NotRationalError, match="x must be a finite number"):
        rational.rational(value, "x")


def test_a_reflection_is_orthogonal_and_turns_its_axis_round() -> None:
    """(I − 2vvᵀ/vᵀv) is exactly orthogonal and maps v to −v."""
    v = [Fraction(1), Fraction(-2), Fraction(3, 5)]
    H = rational.reflection(v)
    assert rational.orthonormality_defect(H) == 0
    assert rational.product(H, tuple((x,) for x in v)) == tuple((-x,) for x in v)
    assert rational.reflection([Fraction(0)] * 2) == rational.identity(2)


@pytest.mark.parametrize("shape", [(5, 3), (2, 1), (4, 4), (7, 2)])
def test_orthonormal_columns_are_exact_and_span_what_was_given(shape: tuple[int, int]) -> None:
    """The columns returned are exactly orthonormal and agree with Gram–Schmidt's up to double rounding."""
    A = np.random.default_rng(sum(shape)).normal(size=shape)
    Q = rational.orthonormal(A)
    assert rational.orthonormality_defect(Q) == 0
    floats = np.array(Q, dtype=float)
    R = floats.T @ A
    assert np.abs(floats @ R - A).max() < 1e-14
    assert np.abs(np.tril(R, -1)).max() < 1e-14
    assert (np.diag(R) > 0).all()
    assert rational.orthonormal(Q) == Q


@pytest.mark.parametrize("rows", [[[1, 2], [2, 4], [3, 6]], [[1, 0, 0], [0, 1, 1]]])
def test_dependent_columns_have_no_orthonormal_basis(rows: list[list[int]]) -> None:
    """Dependent columns are refused, with their rank."""
    with pytest.raises(rational.ShapeError, match="independent columns; got rank"):
        rational.orthonormal(rows)


def test_the_complement_is_exactly_orthonormal() -> None:
    """[Q, complement(Q)] is an exactly orthogonal matrix, for rational Q of any width."""
    for d, k in ((5, 2), (2, 1), (4, 3)):
        Q = rational.columns(rational.reflection([Fraction(i + 1, 3) for i in range(d)]), 0, k)
        P = rational.orthonormal_complement(Q)
        both = tuple(left + right for left, right in zip(Q, P, strict=True))
        assert (len(both), len(both[0])) == (d, d)
        assert rational.orthonormality_defect(both) == 0


def test_rank_is_exact() -> None:
    """A difference of 10⁻³⁰ counts, a true dependency does not."""
    assert rational.rank(exact([[1, 2, 3], [2, 4, 6]])) == 1
    assert rational.rank(exact([[1, 2, 3], [2, 4, Fraction(6) + Fraction(1, 10**30)]])) == 2
    assert rational.rank(exact([[0, 0], [0, 0], [0, 1]])) == 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[2, -1], [-1, 2]], True),
        ([[1, 2], [2, 4]], True),
        ([[1, 2], [2, Fraction(4) - Fraction(1, 10**30)]], False),
        ([[0, 1], [1, 5]], False),
        ([[0, 0], [0, 3]], True),
        ([[1, 1, 0], [1, 1, 0], [0, 0, -1]], False),
        ([[1, 1, 1], [1, 1, 2], [1, 2, 9]], False),
    ],
)
def test_semidefiniteness_is_exact(rows: list[list[Any]], expected: bool) -> None:
    """LDLᵀ over the rationals decides A ⪰ 0, singular matrices included."""
    assert rational.is_positive_semidefinite(exact(rows)) is expected


def test_a_root_from_below_never_exceeds_the_root() -> None:
    """root_below(v)² ≤ v < (root_below(v) + 1/steps)², with equality for squares."""
    for value in (Fraction(2), Fraction(1, 3), Fraction(49, 64), Fraction(0)):
        root = rational.root_below(value, 8)
        assert root**2 <= value < (root + Fraction(1, 8)) ** 2
    assert rational.root_below(Fraction(49, 64), 8) == Fraction(7, 8)
