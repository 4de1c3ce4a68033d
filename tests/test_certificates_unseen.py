"""Refuting a start for any covariance: directions that B⋆ᵀB_t never sees, against the exact iteration."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from flint import fmpq, fmpq_mat

from foanil import rational
from foanil.arrays import EXACT
from foanil.certificates.certify import certify
from foanil.certificates.check import RejectedError, check
from foanil.certificates.documents import digest
from foanil.certificates.problem import problem
from foanil.certificates.unseen import least_gap, unseen_direction
from foanil.dynamics import trajectory

SIZES = {"d": 7, "k": 4, "k_prime": 5, "m_in": 6, "sigma_sq": "1/2", "alpha": "1/4", "beta": "1/5"}


def turned(eigenvalues: list[int], seen: list[list[int]], seed: int) -> dict[str, Any]:
    """Return a problem with Σ⋆ = QVQᵀ and B⋆ᵀB_0 = Q·seen·R for a random orthogonal Q and a random R."""
    draw = random.Random(seed)
    k, k_prime = SIZES["k"], SIZES["k_prime"]
    Q = rational.reflection([Fraction(draw.randint(1, 5)) for _ in range(int(k))])
    diagonal = rational.diagonal([Fraction(x) for x in eigenvalues])
    R = tuple(tuple(Fraction(draw.randint(-9, 9), 10) for _ in range(int(k_prime))) for _ in seen[0])
    C = rational.product(Q, tuple(tuple(Fraction(x) for x in row) for row in seen), R)
    below = [[Fraction(draw.randint(-9, 9), 10) for _ in range(int(k_prime))] for _ in range(3)]
    return {
        **SIZES,
        "Sigma_star": [list(row) for row in rational.product(Q, diagonal, rational.transpose(Q))],
        "B_0": [*(list(row) for row in C), *below],
        "w_0": [Fraction(draw.randint(-9, 9), 10) for _ in range(int(k_prime))],
    }


CASES: dict[str, tuple[list[int], list[list[int]], bool]] = {
    "full-rank": ([1, 2, 3, 4], [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], False),
    "rank-one-that-the-covariance-completes": ([1, 2, 3, 4], [[1], [1], [1], [1]], False),
    "rank-one-without-one-eigenvector": ([1, 2, 3, 4], [[1], [1], [1], [0]], True),
    "a-double-eigenvalue": ([1, 2, 2, 4], [[1], [1], [1], [1]], True),
    "a-double-eigenvalue-seen-twice": ([1, 2, 2, 4], [[1, 0], [1, 0], [1, 1], [1, 0]], False),
    "nothing-seen": ([1, 2, 3, 4], [[0], [0], [0], [0]], True),
    "unseen-where-the-limit-is-0": ([1, 2, 3, 0], [[1], [1], [1], [0]], False),
    "unseen-there-and-elsewhere": ([1, 2, 3, 0], [[1], [1], [0], [0]], True),
    "no-covariance": ([0, 0, 0, 0], [[1], [1], [0], [0]], False),
}
"""Eigenvalues of Σ⋆, the start in its eigenbasis, and whether a direction is never seen where Λ⋆ is positive."""


@pytest.mark.parametrize("case", CASES)
def test_a_start_is_refuted_exactly_when_its_krylov_space_misses_the_limit(case: str) -> None:
    """The answer is the one that the eigenbasis shows, and the checker agrees."""
    eigenvalues, seen, is_refuted = CASES[case]
    answer = certify(problem(turned(eigenvalues, seen, 3)))
    assert answer.outcome == ("REFUTED" if is_refuted else "UNDECIDED")
    if is_refuted:
        assert check(answer.certificate).startswith("REFUTED")


@pytest.mark.parametrize("case", [name for name, (*_, is_refuted) in CASES.items() if is_refuted])
def test_an_unseen_direction_stays_unseen_in_the_exact_iteration(case: str) -> None:
    """uᵀB⋆ᵀB_t = 0 for t = 0, 1, 2 in rationals, and some other direction is seen unless the start sees none."""
    eigenvalues, seen, _ = CASES[case]
    given = problem(turned(eigenvalues, seen, 5))
    u = unseen_direction(given)
    assert u is not None
    for iterate in trajectory(EXACT, given.setting, given.start, 2):
        along = (EXACT.array([u]) @ iterate.B[:4]).ravel()
        assert not any(along)
        assert any(iterate.B[:4].ravel()) == any(any(row) for row in seen)


def test_the_stated_gap_is_that_of_the_limit() -> None:
    """For a diagonal Σ⋆ the gap is η/((1 + 1/m_in)η + σ̄²/m_in) of its eigenvalue η."""
    eigenvalues = [1, 2, 3, 4]
    values = turned(eigenvalues, [[1], [1], [1], [0]], 3)
    given = problem({**values, "Sigma_star": [[x * (i == j) for j in range(4)] for i, x in enumerate(eigenvalues)]})
    unit = (Fraction(0), Fraction(0), Fraction(1), Fraction(0))
    assert least_gap(given.setting, unit) == 3 / (Fraction(7, 6) * 3 + Fraction(21, 2) / 6)


def test_a_direction_where_the_limit_is_0_refutes_nothing() -> None:
    """A forger who takes an unseen eigenvector of eigenvalue 0 is rejected: (8) has 0 there too."""
    eigenvalues, seen, _ = CASES["unseen-there-and-elsewhere"]
    values = turned(eigenvalues, seen, 3)
    found = certify(problem(values)).certificate
    assert found is not None
    kernel = _kernel(values["Sigma_star"])
    forged = {**found, "refutation": {"reason": "unseen", "direction": [str(x) for x in kernel]}}
    with pytest.raises(RejectedError, match="the limit is 0 there"):
        check({**forged, "digest": digest(forged)})


def _kernel(rows: list[list[Fraction]]) -> list[Fraction]:
    """Return the x with rows·x = 0, x_last = 1, of a symmetric matrix of rank k − 1."""
    *inner, _ = [row[:-1] for row in rows]
    side = fmpq_mat(len(inner), 1, [fmpq(-row[-1].numerator, row[-1].denominator) for row in rows[:-1]])
    matrix = fmpq_mat(len(inner), len(inner), [fmpq(x.numerator, x.denominator) for row in inner for x in row])
    return [Fraction(int(x.p), int(x.q)) for x in matrix.solve(side).entries()] + [Fraction(1)]
