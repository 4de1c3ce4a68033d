"""Certified predicates: right on hard cases, silent where nothing is known, and never talked into a falsehood."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foanil import rational
from foanil.arrays import ball_system
from foanil.certificates.predicates import (
    Decision,
    NotSymmetricError,
    eigenvalue_bounds,
    exact,
    loewner_at_most,
    positive_definite,
    positive_semidefinite,
    rank_bounds,
    spectral_norm_bounds,
)

BALL = ball_system(40)


@pytest.fixture(autouse=True)
def working() -> Iterator[None]:
    """Every test computes at the digits of BALL."""
    with BALL.working():
        yield


def blurred(rows: list[list[Any]], radius: float) -> Any:
    """Return a matrix of balls around rationals, each of this radius."""
    ball = BALL.scalar(Fraction(0)).__class__
    A = BALL.array([[Fraction(x) for x in row] for row in rows])
    return A + np.array([[ball(0, radius)] * len(rows[0])] * len(rows), dtype=object)


def rotated(*eigenvalues: Any) -> rational.Matrix:
    """Return a dense rational matrix with exactly these eigenvalues."""
    Q = rational.reflection([Fraction(i + 1) for i in range(len(eigenvalues))])
    return rational.product(Q, rational.diagonal([Fraction(x) for x in eigenvalues]), rational.transpose(Q))


def test_repeated_eigenvalues_are_no_obstacle() -> None:
    """A multiple of the identity, rotated, has each bound within the radius of its one eigenvalue."""
    for lower, upper in eigenvalue_bounds(BALL, BALL.array(rotated(2, 2, 2, 5))[:4, :4])[:3]:
        assert lower <= 2 <= upper
        assert upper - lower < 1e-30


@pytest.mark.parametrize(
    ("rows", "decision"),
    [
        ([[0]], Decision.PROVED),
        ([[0, 0], [0, 0]], Decision.PROVED),
        ([[1, 1], [1, 1]], Decision.PROVED),
        ([[1, 2], [2, 1]], Decision.DISPROVED),
        ([[1, 1], [1, 1 - Fraction(1, 2**300)]], Decision.UNDECIDED),
        ([[0, Fraction(1, 2**300)], [Fraction(1, 2**300), 0]], Decision.DISPROVED),
        ([[Fraction(1, 3), Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 3)]], Decision.UNDECIDED),
    ],
)
def test_semidefinite_at_the_boundary(rows: list[list[Any]], decision: Decision) -> None:
    """Points are decided exactly, singular or not; a third is a ball, and its singular matrix stays undecided."""
    assert positive_semidefinite(BALL, BALL.array([[Fraction(x) for x in row] for row in rows])) is decision


def test_definite_is_stricter_than_semidefinite() -> None:
    """A singular positive semidefinite matrix is disproved definite."""
    A = BALL.array([[1, 1], [1, 1]])
    assert positive_definite(BALL, A) is Decision.DISPROVED
    assert positive_definite(BALL, A + BALL.eye(2)) is Decision.PROVED


def test_a_radius_that_reaches_the_boundary_is_undecided() -> None:
    """Balls that contain definite and indefinite matrices decide nothing; smaller ones do."""
    rows = [[2, 1], [1, 2]]
    assert positive_semidefinite(BALL, blurred(rows, 2.0)) is Decision.UNDECIDED
    assert positive_semidefinite(BALL, blurred(rows, 0.1)) is Decision.PROVED
    assert positive_semidefinite(BALL, blurred([[2, 3], [3, 2]], 0.1)) is Decision.DISPROVED


def test_balls_without_digits_say_so() -> None:
    """Infinite radii leave everything undecided, and bounds infinite."""
    A = blurred([[1, 0], [0, 1]], float("inf"))
    assert positive_semidefinite(BALL, A) is Decision.UNDECIDED
    assert rank_bounds(BALL, A).least == 0
    assert not spectral_norm_bounds(BALL, A)[1].is_finite()


def test_loewner_order_of_a_pair_that_cannot_be_compared() -> None:
    """diag(1, 2) and diag(2, 1) are ordered neither way."""
    A, B = (
        BALL.array(rational.diagonal([Fraction(1), Fraction(2)])),
        BALL.array(rational.diagonal([Fraction(2), Fraction(1)])),
    )
    assert loewner_at_most(BALL, A, B) is loewner_at_most(BALL, B, A) is Decision.DISPROVED
    assert loewner_at_most(BALL, A, A) is Decision.PROVED


def test_rank_of_a_deficient_matrix_is_never_overstated() -> None:
    """Rank 1 as points is 1; as balls it is 1 to 2, since a matrix of full rank lies within."""
    rows = [[1, 2, 3], [2, 4, 6]]
    found = rank_bounds(BALL, BALL.array(rows))
    assert (found.least, found.most) == (1, 1)
    found = rank_bounds(BALL, blurred(rows, 1e-20))
    assert (found.least, found.most) == (1, 2)


def test_spectral_norm_contains_the_truth() -> None:
    """‖QΣ‖₂ of a rational rotation is the largest entry of Σ; of zero it is zero."""
    A = BALL.array(rotated(-3, 1, 1))
    lower, upper = spectral_norm_bounds(BALL, A)
    assert lower <= 3 <= upper
    assert upper - lower < 1e-30
    assert spectral_norm_bounds(BALL, BALL.zeros(2, 3))[1] <= 1e-30


def test_matrices_that_are_not_symmetric_are_refused() -> None:
    """An asymmetry beyond the radii is an error, not a decision."""
    with pytest.raises(NotSymmetricError, match="symmetric"):
        positive_semidefinite(BALL, BALL.array([[1, 2], [3, 4]]))
    with pytest.raises(NotSymmetricError, match="shape"):
        positive_semidefinite(BALL, BALL.zeros(2, 3))


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=4), st.integers(-60, 4))
def test_no_falsehood_is_accepted(eigenvalues: list[int], exponent: int) -> None:
    """Whatever is decided of balls around a matrix with known eigenvalues is true of that matrix."""
    with BALL.working():
        A = blurred([list(row) for row in rotated(*eigenvalues)], 2.0**exponent)
        truth = min(eigenvalues) >= 0
        assert positive_semidefinite(BALL, A) is not (Decision.DISPROVED if truth else Decision.PROVED)
        definite = min(eigenvalues) > 0
        assert positive_definite(BALL, A) is not (Decision.DISPROVED if definite else Decision.PROVED)
        found = rank_bounds(BALL, A)
        assert found.least <= sum(1 for x in eigenvalues if x) <= found.most
        lower, upper = spectral_norm_bounds(BALL, A)
        assert lower <= max(map(abs, eigenvalues)) <= upper
        for value, (low, high) in zip(sorted(eigenvalues), eigenvalue_bounds(BALL, A), strict=True):
            assert low <= value <= high


def test_exact_reads_a_point() -> None:
    """A point ball is the dyadic rational that it shows."""
    assert exact(BALL.scalar(Fraction(-5, 2**70))) == Fraction(-5, 2**70)
