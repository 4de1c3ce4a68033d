"""Formulas as trees: shapes, evaluation, degrees, and LaTeX that means what the tree means."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import statements
from foanil.arrays import EXACT
from foanil.formal import (
    FORMAL,
    FormalShapeError,
    InhomogeneousError,
    Tree,
    as_formula,
    degree,
    evaluate,
    latex,
    letters,
    symbol,
    tree,
)
from foanil.notation import NOTATION

B, w, Sigma, X = (symbol(name) for name in ("B", "w", "Sigma_star", "X"))
alpha, beta, m, c = (symbol(name) for name in ("alpha", "beta", "m", "c"))
SIZES = {"1": 1, "d": 4, "k": 2, "d-k": 2, "k_prime": 3, "m": 5, "m_in": 6, "m_out": 7, "m_test": 8}
"""Pairwise distinct but for k and d − k."""


def values(names: tuple[str, ...], seed: int = 1) -> dict[str, Any]:
    """Return exact random letters, symmetric where the notation says so; scalars are positive."""
    rng = np.random.default_rng(seed)
    out: dict[str, Any] = {}
    for name in names:
        shape = (SIZES[NOTATION[name].shape[0]], SIZES[NOTATION[name].shape[1]])
        rows = rng.integers(-5, 6, size=shape)
        if NOTATION[name].symmetric:
            rows = rows + rows.T
        matrix = EXACT.array([[int(x) for x in row] for row in rows])
        out[name] = EXACT.scalar(Fraction(int(rng.integers(1, 9)), 7)) if shape == (1, 1) else matrix
    return out


# Shapes --------------------------------------------------------------------------------------------


def test_shapes_follow_the_operators() -> None:
    """B: d×k′, so BᵀB is k′×k′, Bw is d×1, αBBᵀ is d×d, Tr and ‖·‖² are scalars."""
    assert (B.T @ B).shape == ("k_prime", "k_prime")
    assert (B @ w).shape == ("d", "1")
    assert (alpha * (B @ B.T) / m).shape == ("d", "d")
    assert FORMAL.trace(Sigma).shape == FORMAL.sqnorm(B).shape == ("1", "1")
    assert (FORMAL.eye("k") - Sigma).shape == FORMAL.inv(Sigma).shape == ("k", "k")


@pytest.mark.parametrize(
    ("wrong", "shape"),
    [
        (lambda: B @ B, ("d", "k_prime")),
        (lambda: B + B.T, ("k_prime", "d")),
        (lambda: B - Sigma, ("k", "k")),
        (lambda: B * w, ("d", "k_prime")),
        (lambda: Sigma + 1, ("1", "1")),
        (lambda: Sigma / Sigma, ("k", "k")),
        (lambda: Sigma**2, ("k", "k")),
        (lambda: FORMAL.trace(B), ("d", "k_prime")),
        (lambda: FORMAL.inv(B), ("d", "k_prime")),
    ],
)
def test_what_does_not_type_is_refused_with_its_shape(wrong: Any, shape: tuple[str, str]) -> None:
    """Operations whose shapes do not fit raise, and the message holds the shape."""
    with pytest.raises(FormalShapeError) as caught:
        wrong()
    assert str(shape) in str(caught.value)


# Evaluation ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", statements.FORMULAS)
def test_a_formula_and_its_tree_are_one_function(name: str) -> None:
    """Evaluating the tree, the formula, and the formula rebuilt from the tree gives one and the same exact value."""
    function = statements.formula(name)
    drawn = values(letters(function))
    direct = function(EXACT, **drawn)
    by_tree = evaluate(tree(function), EXACT, drawn, SIZES)
    rebuilt = as_formula(tree(function), function)
    assert np.all(by_tree == direct)
    assert np.all(rebuilt(EXACT, **drawn) == direct)
    assert letters(rebuilt) == letters(function)
    assert rebuilt.__name__ == name


def test_a_changed_tree_is_another_function() -> None:
    """The twin: with one sign turned, tree and formula differ."""
    step = tree(statements.head_step)
    turned = Tree("add", step.children, step.shape)
    drawn = values(letters(statements.head_step))
    assert not np.all(evaluate(turned, EXACT, drawn, SIZES) == statements.head_step(EXACT, **drawn))


def test_integers_divide_exactly() -> None:
    """1/2 in a formula is one half, not a float and not zero."""
    half = Tree("div", (Tree("integer", (), ("1", "1"), 1), Tree("integer", (), ("1", "1"), 2)), ("1", "1"))
    assert evaluate(half, EXACT, {}, SIZES) == Fraction(1, 2)
    assert evaluate(3 / (alpha * 2), EXACT, {"alpha": EXACT.scalar(6)}, SIZES) == EXACT.scalar(Fraction(1, 4))


def test_reflected_operators_keep_their_order() -> None:
    """1 − α, 1/α, 2α and 1 + α mean what they say."""
    at = {"alpha": EXACT.scalar(4)}
    found = [evaluate(node, EXACT, at, SIZES) for node in (1 - alpha, 1 / alpha, 2 * alpha, 1 + alpha, -alpha)]
    assert found == [EXACT.scalar(Fraction(x)) for x in ("-3", "1/4", "8", "5", "-4")]


# Degrees -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "stated"),
    [
        (alpha * (B.T @ B), "0"),
        (alpha * beta * c, "0"),
        (FORMAL.sqnorm(B @ w), "2"),
        (FORMAL.inv(Sigma), "-2"),
        (c / alpha**3, "5"),
        (FORMAL.trace(Sigma) - c, "2"),
        (X.T @ X, "0"),
        (FORMAL.eye("d") - alpha * (B @ B.T), "0"),
    ],
)
def test_degrees_of_products_and_powers(node: Tree, stated: str) -> None:
    """Degrees add under products, subtract under quotients, double under ‖·‖²; αBBᵀ and αβc are pure numbers."""
    assert degree(node) == Fraction(stated)


@pytest.mark.parametrize(
    "node", [1 + alpha, B @ B.T + FORMAL.eye("d"), c - FORMAL.sqnorm(w), B - beta * (B @ w @ w.T @ B.T @ B)]
)
def test_sums_of_different_degrees_are_refused(node: Tree) -> None:
    """A sum of terms of different degrees raises, and the message names both degrees."""
    with pytest.raises(InhomogeneousError, match=r"has degree .* but .* has degree"):
        degree(node)


# LaTeX ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "printed"),
    [
        (alpha - (beta + c), r"\alpha - \left(\beta + c\right)"),
        (alpha - (beta - c), r"\alpha - \left(\beta - c\right)"),
        ((alpha - beta) - c, r"\alpha - \beta - c"),
        ((alpha + beta) * c, r"\left(\alpha + \beta\right) \, c"),
        (alpha * (-beta), r"\alpha \, \left(-\beta\right)"),
        (-(alpha + beta), r"-\left(\alpha + \beta\right)"),
        (-alpha * beta, r"\left(-\alpha\right) \, \beta"),
        ((alpha * beta) ** 2, r"\left(\alpha \, \beta\right)^{2}"),
        ((alpha**2) ** 3, r"{\alpha^{2}}^{3}"),
        ((B @ w).T, r"\left(B w\right)^{\top}"),
        (B.T.T, r"{B^{\top}}^{\top}"),
        ((alpha + beta) / (alpha * c), r"\frac{\alpha + \beta}{\alpha \, c}"),
        (FORMAL.inv(Sigma + FORMAL.eye("k")), r"\left(\Sigma_\star + I_{k}\right)^{-1}"),
        (FORMAL.inv(FORMAL.inv(Sigma)), r"{\Sigma_\star^{-1}}^{-1}"),
        (FORMAL.inv(B.T @ B).T, r"{\left(B^{\top} B\right)^{-1}}^{\top}"),
        ((alpha / m) ** 2, r"\left(\frac{\alpha}{m}\right)^{2}"),
        ((B / m).T, r"\left(\frac{B}{m}\right)^{\top}"),
        (FORMAL.sqnorm(w) ** 2, r"{\lVert w \rVert^{2}}^{2}"),
        (symbol("sigma_sq") ** 2, r"{\sigma^2}^{2}"),
        (FORMAL.trace(B @ B.T) * (B + B), r"\mathrm{Tr}\left(B B^{\top}\right) \, \left(B + B\right)"),
        ((B + B) @ w, r"\left(B + B\right) w"),
        (FORMAL.eye("d-k"), r"I_{d-k}"),
    ],
)
def test_latex_has_the_brackets_that_the_tree_needs(node: Tree, printed: str) -> None:
    """Brackets stand where leaving them out would change the meaning, and superscripts never collide."""
    assert latex(node) == printed
