"""The setting: validation with its messages, exact letters, dimensionless numbers, change of units."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import rational, setting, statements
from foanil.arrays import EXACT, NUMPY
from foanil.setting import Setting, State, dimensionless, isotropic, require_state, require_theorem_1_step_sizes

GOOD: dict[str, Any] = {
    "d": 5, "k": 2, "k_prime": 3, "m_in": 4, "Sigma_star": 2, "sigma_sq": 1, "alpha": "1/5", "beta": "1/7",
}  # fmt: skip
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"k": 4}, setting.DimensionError, "expected k <= k_prime <= d; got k = 4, k_prime = 3, d = 5; raise k_prime"),
        ({"k_prime": 6}, setting.DimensionError, "got k = 2, k_prime = 6, d = 5; lower k_prime"),
        ({"d": 2}, setting.DimensionError, "expected k < d; got k = 2, d = 2; lower k or raise d"),
        ({"m_in": 0}, setting.DimensionError, "m_in must be an integer >= 1; got 0"),
        ({"m_in": 1.5}, setting.DimensionError, "m_in must be an integer >= 1; got 1.5"),
        ({"d": "5"}, setting.DimensionError, "d must be an integer >= 1; got '5'"),
        ({"k": True}, setting.DimensionError, "k must be an integer >= 1; got True"),
        ({"Sigma_star": 0}, setting.CovarianceError, "c must be > 0"),
        ({"Sigma_star": -1}, setting.CovarianceError, "c must be > 0"),
        ({"Sigma_star": NAN}, setting.NotFiniteError, "c must be a finite number; got nan"),
        ({"Sigma_star": [[1, 2], [3, 9]]}, setting.CovarianceError, "symmetric; got entries that differ by 1.0e"),
        ({"Sigma_star": [[1, 2], [2, 1]]}, setting.CovarianceError, "positive semidefinite"),
        ({"Sigma_star": [[1, 2]]}, setting.ShapeError, "Sigma_star must be a matrix of shape 2×2; got shape 1×2"),
        ({"Sigma_star": [[1, 0], [0]]}, setting.ShapeError, "rows of unequal lengths"),
        ({"Sigma_star": [[1, NAN], [NAN, 1]]}, setting.NotFiniteError, r"Sigma_star\[0\]\[1\] must be a finite"),
        ({"sigma_sq": -1}, setting.NoiseError, "sigma_sq is a variance and must be >= 0; got -1"),
        ({"sigma_sq": INF}, setting.NotFiniteError, "sigma_sq must be a finite number; got inf"),
        ({"alpha": 0}, setting.StepSizeError, "alpha must be > 0; got 0"),
        ({"beta": "-1/2"}, setting.StepSizeError, "beta must be > 0; got -1/2"),
        ({"B_star": [[1, 0], [0, 1]]}, setting.ShapeError, "B_star must be a matrix of shape 5×2; got shape 2×2"),
        ({"B_star": [1, 2]}, setting.ShapeError, "got list of length 2"),
    ],
)  # fmt: skip
def test_a_bad_setting_says_what_is_wrong(change: dict[str, Any], error: type, message: str) -> None:
    """Each fault has an exception named after it, which says what was expected and what came."""
    with pytest.raises(error, match=message):
        Setting(**{**GOOD, **change})
    assert issubclass(error, setting.SettingError)
    assert issubclass(error, ValueError)


def test_columns_that_are_not_orthonormal_are_measured_and_cured() -> None:
    """The error reports max|B⋆ᵀB⋆ − I| exactly, and its cure works."""
    A = np.eye(5)[:, :2]
    A[0, 0] += 0.0154
    with pytest.raises(
        setting.OrthonormalityError, match=r"= 3\.1e-02; pass it through setting\.orthonormal"
    ) as caught:
        Setting(**GOOD, B_star=A)
    assert "max|B_starᵀB_star − I|" in str(caught.value)
    cured = Setting(**GOOD, B_star=setting.orthonormal(A))
    assert rational.orthonormality_defect(cured.B_star) == 0


def test_smallest_legal_sizes_are_legal() -> None:
    """d = 2, k = k′ = m_in = 1 is a setting, and so is k′ = d."""
    assert isotropic(2, 1, 1, 1, 1, 0, 1, 1).B_star == ((1,), (0,))
    assert isotropic(2, 1, 2, 1, 1, 0, 1, 1).k_prime == 2


def test_a_setting_is_frozen_and_reads_back() -> None:
    """A setting cannot be changed, and its repr is the source text that builds it, B⋆ and Σ⋆ included."""
    frame = rational.columns(rational.reflection([Fraction(i + 1) for i in range(5)]), 0, 2)
    for made in (Setting(**GOOD), Setting(**{**GOOD, "Sigma_star": [[2, 1], [1, 3]]}, B_star=frame)):
        assert eval(repr(made), {"Setting": Setting}) == made  # noqa: S307 (our own repr)
        with pytest.raises(FrozenInstanceError):
            made.d = 7  # type: ignore[misc]
    assert repr(Setting(**GOOD)) == (
        "Setting(d=5, k=2, k_prime=3, m_in=4, Sigma_star=2, sigma_sq=1, alpha='1/5', beta='1/7')"
    )
    state = State([["1/2", 0], [1, "-3"]], [1, "2/3"])
    assert eval(repr(state), {"State": State}) == state  # noqa: S307 (our own repr)


def test_the_noise_level_is_the_transcribed_one() -> None:
    """Setting.sigma_bar_sq equals the transcription of σ̄², for a Σ⋆ that is not diagonal."""
    made = Setting(**{**GOOD, "Sigma_star": [[2, 1], [1, 3]]})
    letters = made.in_system(EXACT)
    assert letters["sigma_bar_sq"] == statements.sigma_bar_sq(EXACT, letters["Sigma_star"], letters["sigma_sq"]) == 6


def test_dimensionless_numbers_by_hand() -> None:
    """a, ρ, κ, m, q, s, x⋆ of one setting, computed by hand; αΛ⋆ = x⋆I by the transcription."""
    made = Setting(**GOOD)
    numbers = dimensionless(made)
    # σ̄² = 2·2 + 1 = 5, κ = 5/2, s = 1 + (7/2)/4 = 15/8.
    assert (numbers.a, numbers.rho, numbers.kappa) == (Fraction(2, 35), Fraction(5, 7), Fraction(5, 2))
    assert (numbers.m, numbers.q, numbers.s, numbers.x_star) == (4, Fraction(5, 8), Fraction(15, 8), Fraction(8, 15))
    letters = made.in_system(EXACT)
    Lambda = statements.limit_gram(
        EXACT, letters["Sigma_star"], letters["sigma_bar_sq"], letters["alpha"], letters["m_in"]
    )
    assert (letters["alpha"] * Lambda == EXACT.scalar(numbers.x_star) * EXACT.eye(2)).all()


def test_assumption_1_is_asked_for_by_name() -> None:
    """The number c exists for Σ⋆ = cI, c > 0, only."""
    assert Setting(**GOOD).c == 2
    for covariance in ([[1, 0], [0, 2]], [[0, 0], [0, 0]]):
        with pytest.raises(setting.CovarianceError, match="Assumption 1 needs"):
            _ = Setting(**{**GOOD, "Sigma_star": covariance}).c


def test_step_sizes_of_theorem_1_are_decided_exactly() -> None:
    """β ≤ α and ασ̄ ≤ C hold with equality at the limit and fail just beyond it."""
    at_limit = isotropic(3, 1, 2, 2, 3, 1, "1/4", "1/4")
    require_theorem_1_step_sizes(at_limit, Fraction(1, 2))
    beyond = Fraction(1, 4) + Fraction(1, 10**30)
    with pytest.raises(setting.StepSizeError, match="beta <= alpha"):
        require_theorem_1_step_sizes(replace(at_limit, beta=beyond))
    with pytest.raises(setting.StepSizeError, match=r"alpha \* sigma_bar <= 1/2"):
        require_theorem_1_step_sizes(replace(at_limit, alpha=beyond), Fraction(1, 2))


@pytest.mark.parametrize(
    ("B", "w", "error", "message"),
    [
        ([[1, 0], [0, 1]], [1], setting.ShapeError, "w must have k' = 2 entries"),
        ([1, 2], [1, 2], setting.ShapeError, "B must be a d×k' matrix"),
        ([[1, 2], [3]], [1, 2], setting.ShapeError, "unequal lengths"),
        ([[1, NAN]], [1, 2], setting.NotFiniteError, r"B\[0\]\[1\] must be a finite number"),
        ([[1, 2]], [1, INF], setting.NotFiniteError, r"w\[1\] must be a finite number"),
    ],
)
def test_a_bad_state_says_what_is_wrong(B: Any, w: Any, error: type, message: str) -> None:
    """Shapes and numbers of an initial point are checked when it is made."""
    with pytest.raises(error, match=message):
        State(B, w)


def test_a_state_must_fit_its_setting() -> None:
    """B of the wrong shape is refused with both shapes."""
    with pytest.raises(setting.ShapeError, match="shape d×k' = 5×3; got 5×2"):
        require_state(Setting(**GOOD), State(np.zeros((5, 2)), np.zeros(2)))


def test_letters_are_arrays_of_the_system() -> None:
    """in_system gives the letters of statements with the paper's shapes; [B⋆, B⋆,⊥] is orthogonal."""
    frame = rational.columns(rational.reflection([Fraction(i + 1) for i in range(5)]), 0, 2)
    letters = Setting(**GOOD, B_star=frame).in_system(NUMPY)
    both = np.hstack([letters["B_star"], letters["B_star_perp"]])
    assert both.shape == (5, 5)
    assert np.abs(both.T @ both - np.eye(5)).max() < 1e-15
    assert letters["Sigma_star"].shape == (2, 2)
    assert State(np.ones((5, 3)), np.arange(3)).in_system(NUMPY)["w"].shape == (3, 1)


def test_units_leave_the_dimensionless_numbers_alone() -> None:
    """y → λy changes no pure number; λ^{1/2} must be positive."""
    made, state = Setting(**GOOD), State(np.ones((5, 3)), [1, 2, 3])
    moved, point = setting.rescaled(made, state, "3/2")
    assert dimensionless(moved) == dimensionless(made)
    assert moved.sigma_sq == Fraction(81, 16)
    assert moved.alpha == Fraction(4, 45)
    assert point.w == (Fraction(3, 2), 3, Fraction(9, 2))
    with pytest.raises(setting.StepSizeError, match="change of unit must be positive"):
        setting.rescaled(made, state, 0)
