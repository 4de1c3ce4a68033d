"""The transcription: one value computed by hand for each formula, scaling degrees, printed LaTeX, number systems."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import formal, statements
from foanil.arrays import EXACT, NUMPY, ball_system, mpmath_system
from foanil.statements import FORMULAS

# Sizes d = 4, k = 2, k′ = 3, m = m_in = 5, m_test = 6, N = 7. Nothing is symmetric but Σ⋆ and the second moment, B⋆ has
# no orthonormal columns and σ̄² is not Tr(Σ⋆) + σ², so that formulas equal only under those relations differ here.
LETTERS: dict[str, Any] = {
    "B": [[1, 0, 2], [0, 1, -1], [3, 1, 0], [0, -2, 1]],
    "w": [[1], [2], [-1]],
    "B_star": [[1, 2], [0, 1], [-1, 0], [2, 1]],
    "B_star_perp": [[1, 0], [0, 2], [1, 1], [0, -1]],
    "w_star": [[3], [-2]],
    "Sigma_star": [[2, 1], [1, 3]],
    "w_adapted": [[1], [0], [2]],
    "W": [[0], [1], [-1]],
    "second_moment": [[2, 1, 0], [1, 3, -1], [0, -1, 4]],
    "X": [[1, 0, 2, 0], [0, 1, 0, -1], [1, 1, 0, 0], [0, 0, 1, 1], [2, 0, 0, 1]],
    "z": [[1], [-1], [2], [0], [1]],
    "y": [[2], [0], [-1], [3], [1]],
    "X_test": [[1, 0, 0, 1], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, -1], [0, 1, 1, 0], [1, 1, 0, 0]],
    "z_test": [[1], [0], [2], [-1], [1], [3]],
    "head_gradient": [[3], [-1], [4]],
    "gradient_sum": [[7, 0, 1], [0, 14, -7], [21, 0, 0], [7, 7, -14]],
    "alpha": Fraction(1, 2),
    "beta": Fraction(1, 3),
    "sigma_sq": 2,
    "sigma_bar_sq": 11,
    "m": 5,
    "m_in": 5,
    "m_test": 6,
    "N": 7,
}
LETTERS |= {"X_in": LETTERS["X"], "z_in": LETTERS["z"]}

# Worked out with index sums over lists of fractions, from the paper's wording; (4) as a gradient step on the loss of
# (2), Λ⋆ from αΛ((1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I) = Σ⋆ with the 2×2 adjugate.
BY_HAND: dict[str, Any] = {
    "labels": [[-6], [-7], [-1], [1], [3]],
    "empirical_loss": "39/2",
    "adapted_test_loss": 39,
    "inner_update": [["-1/2"], ["5/2"], [-3]],
    "outer_update": [["2/3", 0, "41/21"], [0, "1/3", "-2/3"], [2, 1, 0], ["-1/3", "-7/3", "5/3"]],
    "inner_step": [["-15/2"], ["-79/10"], ["19/5"]],
    "head_step": [["76/3"], [26], [-12]],
    "representation_step": [
        ["4/3", "-25/6", "20/3"],
        ["1/3", "-5/3", "10/3"],
        [1, "5/6", "-5/3"],
        ["2/3", "-14/3", "17/3"],
    ],
    "second_moment_first_line": [[39, "87/2", -22], ["87/2", "259/4", -47], [-22, -47, 44]],
    "second_moment": [
        ["829/10", "1329/20", "-219/10"],
        ["1329/20", "521/5", "-1397/20"],
        ["-219/10", "-1397/20", "747/10"],
    ],
    "sigma_bar_sq": 7,
    "limit_gram": [["520/631", "110/631"], ["110/631", "630/631"]],
    "limit_gram_ratio_form": [["520/631", "110/631"], ["110/631", "630/631"]],
    "limit_complement": [[4, 1, 2], [3, 5, -3]],
    "limit_head_output": [[-1], [3], [5], [-5]],
    "gram": [[45, 17], [17, 21]],
    "new_task_labels": [[4], [-4], [-2], [-5], [-4], [0]],
    "new_task_step": [["-1/3"], [-1], ["13/12"]],
    "burer_monteiro_term": "17/20",
    "anil_loss": "6214/5",
}

DEGREES: dict[str, str] = {
    "labels": "1",
    "empirical_loss": "2",
    "adapted_test_loss": "2",
    "inner_update": "1/2",
    "outer_update": "1/2",
    "inner_step": "1/2",
    "head_step": "1/2",
    "representation_step": "1/2",
    "second_moment_first_line": "1",
    "second_moment": "1",
    "sigma_bar_sq": "2",
    "limit_gram": "1",
    "limit_gram_ratio_form": "1",
    "limit_complement": "1/2",
    "limit_head_output": "1",
    "gram": "1",
    "new_task_labels": "1",
    "new_task_step": "1/2",
    "burer_monteiro_term": "2",
    "anil_loss": "2",
}
"""The exponent of λ under the symmetry y → λy: heads and representations 1/2, labels and Gram matrices 1, losses 2."""


def in_system(xp: Any, value: Any) -> Any:
    """Return a letter's value, a list of rows or a number, in a number system."""
    return xp.array(value) if isinstance(value, list) else xp.scalar(Fraction(value))


def evaluated(name: str, xp: Any) -> Any:
    """Evaluate a formula at the hand-picked letters."""
    function = statements.formula(name)
    return function(xp, **{letter: in_system(xp, LETTERS[letter]) for letter in formal.letters(function)})


def by_hand(name: str) -> np.ndarray[Any, Any]:
    """Return the value computed by hand as a two-dimensional array of Fractions."""
    rows = BY_HAND[name] if isinstance(BY_HAND[name], list) else [[BY_HAND[name]]]
    return np.array([[Fraction(x) for x in row] for row in rows], dtype=object)


def as_rows(value: Any) -> np.ndarray[Any, Any]:
    """Return a value as a two-dimensional array."""
    return value if isinstance(value, np.ndarray) else np.array([[value]], dtype=object)


def test_no_formula_goes_without_a_value_or_a_degree() -> None:
    """Each formula of the transcription has a hand-computed value and a degree, and every public function is listed."""
    assert set(BY_HAND) == set(FORMULAS) == set(DEGREES)
    assert len(set(FORMULAS)) == len(FORMULAS)
    defined = {name for name, thing in vars(statements).items()
               if callable(thing) and getattr(thing, "__module__", "") == statements.__name__}  # fmt: skip
    assert defined - {"formula"} == set(FORMULAS)


@pytest.mark.parametrize("name", FORMULAS)
def test_value_by_hand(name: str) -> None:
    """The formula, in exact arithmetic, gives the value that was computed by hand: no tolerance."""
    found, stated = as_rows(evaluated(name, EXACT)), by_hand(name)
    assert found.shape == stated.shape
    for index in np.ndindex(*stated.shape):
        assert found[index] == EXACT.scalar(stated[index])


@pytest.mark.parametrize("name", FORMULAS)
def test_every_number_system_gives_the_same_value(name: str) -> None:
    """Doubles agree to 1e-12, 50 digits to 1e-45, and balls contain the exact value with radius below 1e-40."""
    stated = by_hand(name)
    scale = max(1, *(abs(x) for x in stated.ravel()))
    doubles = as_rows(evaluated(name, NUMPY))
    precise = as_rows(evaluated(name, mpmath_system(50)))
    balls = ball_system(50)
    with balls.working():
        enclosed = as_rows(evaluated(name, balls))
        for index in np.ndindex(*stated.shape):
            exact = stated[index]
            assert abs(doubles[index] - float(exact)) < 1e-12 * float(scale)
            assert abs(precise[index] * exact.denominator - exact.numerator) < 1e-45 * exact.denominator * float(scale)
            assert (enclosed[index] * exact.denominator).contains(exact.numerator)
            assert enclosed[index].rad() < 1e-40 * float(scale)


@pytest.mark.parametrize("name", FORMULAS)
def test_scaling_degree(name: str) -> None:
    """Every sum adds terms of one scaling degree, and the whole has the degree listed here and in the docstring."""
    function = statements.formula(name)
    assert formal.degree(formal.tree(function)) == Fraction(DEGREES[name])
    assert f"egree {DEGREES[name]}." in " ".join((function.__doc__ or "").split())


@pytest.mark.parametrize("name", FORMULAS)
def test_symbolic_shape_is_the_shape_of_the_value(name: str) -> None:
    """The shape that the tree carries, in names of dimensions, is the shape of the value."""
    sizes = {"1": 1, "d": 4, "k": 2, "d-k": 2, "k_prime": 3, "m": 5, "m_in": 5, "m_test": 6}
    shape = formal.tree(statements.formula(name)).shape
    assert (sizes[shape[0]], sizes[shape[1]]) == by_hand(name).shape


@pytest.mark.parametrize("name", FORMULAS)
def test_printed_latex_is_balanced_and_renders_on_github(name: str) -> None:
    r"""Braces and \left…\right balance, no superscript sits on a superscript, and only known commands are used."""
    text = formal.latex(formal.tree(statements.formula(name)))
    depth = 0
    for before, char in zip(" " + text, text, strict=False):
        depth += (char == "{") - (char == "}") if before != "\\" else 0
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left(") == text.count(r"\right)")
    assert not re.search(r"\^\{[^{}]*\}\^|\^\S\^|\^\{(?:[^{}]|\{[^{}]*\})*\}\^", text)
    known = {"alpha", "beta", "sigma", "bar", "Sigma", "Lambda", "theta", "star", "perp", "top", "left", "right",
             "frac", "mathrm", "mathbb", "lVert", "rVert", "nabla", "hat", "textstyle", "sum"}  # fmt: skip
    assert set(re.findall(r"\\([a-zA-Z]+)", text)) <= known
    assert "_prime" not in text
    assert "_star" not in text.replace(r"_\star", "")


def test_latex_of_the_headline_formulas() -> None:
    """(5), the first closed form of Λ⋆, and σ̄² print as typed here."""
    printed = {name: formal.latex(formal.tree(statements.formula(name))) for name in FORMULAS}
    assert printed["sigma_bar_sq"] == r"\mathrm{Tr}\left(\Sigma_\star\right) + \sigma^2"
    assert printed["limit_head_output"] == "B w"
    assert printed["head_step"] == (
        r"w - \beta \, \left(I_{k'} - \alpha \, B^{\top} B\right) B^{\top} B w"
    )  # fmt: skip


def test_formula_by_name() -> None:
    """formula(name) returns the function; another name is refused with the list of names."""
    assert statements.formula("gram") is statements.gram
    with pytest.raises(KeyError, match=r"no formula 'grams'.*gram, "):
        statements.formula("grams")
