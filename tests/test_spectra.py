"""Eigenvalues in doubles, mpmath numbers and balls."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from foanil import spectra
from foanil.arrays import EXACT, NUMPY, ball_system, mpmath_system

# Q diag(1, 2, 5) Qᵀ with a rational reflection Q, so that the eigenvalues are known exactly.
KNOWN = [Fraction(1), Fraction(2), Fraction(5)]
ROWS = [[Fraction(int(i == j)) - Fraction(2, 14) * (i + 1) * (j + 1) for j in range(3)] for i in range(3)]
MATRIX = [[sum(ROWS[i][l] * KNOWN[l] * ROWS[j][l] for l in range(3)) for j in range(3)] for i in range(3)]


@pytest.mark.parametrize(("xp", "error"), [(NUMPY, 1e-14), (mpmath_system(40), 1e-38)], ids=["doubles", "mpmath"])
def test_eigenvalues_are_those_it_was_made_of(xp: object, error: float) -> None:
    """The eigenvalues of Q diag(λ) Qᵀ are λ, in increasing order, and its eigenvectors diagonalise it."""
    A = xp.array(MATRIX)  # type: ignore[attr-defined]
    assert max(abs(x - int(y)) for x, y in zip(spectra.eigenvalues(xp, A), KNOWN, strict=True)) < error
    V = spectra.eigenvectors(xp, A)
    D = V.T @ A @ V
    assert max(abs(D[i, j] - int(KNOWN[i]) * (i == j)) for i in range(3) for j in range(3)) < error


def test_balls_contain_the_eigenvalues() -> None:
    """Every enclosure contains its eigenvalue, repeated and zero ones included, and is narrow."""
    xp = ball_system(30)
    with xp.working():
        for A, known in ((xp.array(MATRIX), KNOWN), (xp.eye(3), [1, 1, 1]), (xp.zeros(2, 2), [0, 0])):
            for enclosure, value in zip(spectra.eigenvalues(xp, A), known, strict=True):
                assert enclosure.contains(int(value))
                assert float(enclosure.rad()) < 1e-26


def test_wide_balls_give_wide_enclosures() -> None:
    """Perturbing entries by ε keeps all eigenvalues of all symmetric matrices in the balls enclosed."""
    import flint

    xp, epsilon = ball_system(30), 1e-3
    with xp.working():
        fuzzy = xp.array(MATRIX)
        for index in np.ndindex(3, 3):
            fuzzy[index] = fuzzy[index] + flint.arb(0, epsilon)
        enclosures = spectra.eigenvalues(xp, fuzzy)
        rng = np.random.default_rng(5)
        for _ in range(20):
            shift = rng.uniform(-epsilon, epsilon, size=(3, 3))
            exact = NUMPY.array(MATRIX) + np.tril(shift) + np.tril(shift, -1).T
            assert all(e.contains(x) for e, x in zip(enclosures, np.linalg.eigvalsh(exact).tolist(), strict=True))


def test_lost_balls_are_reported() -> None:
    """An infinite radius is an error, never an enclosure; relative_radius says inf."""
    import flint

    xp = ball_system(30)
    with xp.working():
        lost = xp.eye(2)
        lost[0, 1] = lost[1, 0] = flint.arb("nan")
        with pytest.raises(spectra.DigitsLostError, match="use more digits"):
            spectra.eigenvalues(xp, lost)
        assert spectra.relative_radius(lost) == float("inf")
        assert spectra.relative_radius(xp.eye(2)) == 0


def test_exact_numbers_have_no_eigenvalues() -> None:
    """Eigenvalues leave the rationals: the error says which systems have them."""
    with pytest.raises(spectra.NoEigenvaluesError, match="EXACT has no eigenvalues"):
        spectra.eigenvalues(EXACT, EXACT.eye(2))
    with pytest.raises(spectra.NoEigenvaluesError, match="EXACT has no eigenvectors"):
        spectra.eigenvectors(EXACT, EXACT.eye(2))


def test_spectral_norm_of_a_rectangle() -> None:
    """‖A‖₂² is the same from either Gram matrix."""
    A = np.array([[3.0, 0.0, 4.0], [0.0, 1.0, 0.0]])
    assert spectra.spectral_sqnorm(NUMPY, A) == pytest.approx(25)
    assert spectra.spectral_sqnorm(NUMPY, A.T) == pytest.approx(25)
