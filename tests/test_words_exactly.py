"""What a changed line of `foanil.words` would break: each law here kills mutants of its code that no other test did."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from foanil.arrays import EXACT, NUMPY
from foanil.words import Letter, UndeclaredError, WordShapeError, alphabet

WORDS = alphabet(
    ["a", "b", "d", "k"],
    [
        Letter("A", ("p", "q"), False),
        Letter("M", ("d", "d"), False),
        Letter("N", ("d", "d"), False),
        Letter("S", ("d", "d"), True, r"\Sigma"),
        Letter("P", ("d-k", "d-k"), True, "P^2"),
        Letter("Q", ("d-k", "d"), False, "Q^2"),
        Letter("u", ("d", "1"), False),
        Letter("v", ("d", "1"), False),
    ],
    latex_scalars={"a": r"\alpha", "d-k": "(d-k)"},
)
A, M, N, S, P, Q, u, v = (WORDS.letter(name) for name in "AMNSPQuv")
a, b, d, k = (WORDS.scalar(name) for name in "abdk")


# Sizes ---------------------------------------------------------------------------------------------


def test_difference_of_sizes_is_a_size() -> None:
    """Tr(I_{d-k}) = d − k, and an identity or a zero of that size has d − k rows."""
    assert WORDS.trace(WORDS.eye("d-k")) == d - k
    assert WORDS.size("d-k-2") == WORDS.field(WORDS.size("d") - WORDS.size("k") - 2)
    assert WORDS.eye("d-k").evaluate(NUMPY, {}, {"d": 5, "k": 2}).shape == (3, 3)
    assert WORDS.zeros("d-k", "d").evaluate(NUMPY, {}, {"d": 5, "k": 2}).shape == (3, 5)


def test_zero_scalar_is_a_number() -> None:
    """The zero of shape 1×1 evaluates to 0, and not to a matrix, in every system."""
    assert (a - a).evaluate(NUMPY, {}, {}) == 0
    assert isinstance((a - a).evaluate(EXACT, {}, {}), int)


# Arithmetic ----------------------------------------------------------------------------------------


def test_number_minus_element() -> None:
    """2 − a is −(a − 2), and not a + 2 or a − 2."""
    assert 2 - a == -(a - 2)
    assert (2 - a).evaluate(EXACT, {}, {"a": Fraction(1, 3)}) == EXACT.scalar(Fraction(5, 3))


def test_first_power_is_the_element() -> None:
    """X¹ = X, for a matrix that is not square too; its square has no meaning."""
    assert A**1 == A
    with pytest.raises(WordShapeError, match="inner sizes differ"):
        A**2


@pytest.mark.parametrize(
    ("element", "value"),
    [
        (a + Fraction(3, 2) * WORDS.constant(1), Fraction(11, 6)),
        (a / 2 + 5, Fraction(31, 6)),
        ((a * b - 7) / (3 * a + b), Fraction(-19, 9)),
        (7 - a**2 / 3, Fraction(188, 27)),
    ],
)
def test_coefficients_are_evaluated_exactly(element: object, value: Fraction) -> None:
    """A polynomial quotient of scalars takes its value: every sign, numerator and denominator counts."""
    scalars = {"a": EXACT.scalar(Fraction(1, 3)), "b": EXACT.scalar(2)}
    assert element.evaluate(EXACT, {}, scalars) == EXACT.scalar(value)  # type: ignore[attr-defined]


def test_integers_stay_integers() -> None:
    """An integer coefficient meets a number system as the integer that it is, a fraction as the system's number."""
    found = WORDS.constant(6).evaluate(NUMPY, {}, {})
    assert (found, type(found)) == (6, int)
    assert (WORDS.constant(3) / 2).evaluate(NUMPY, {}, {}) == 1.5


# Moving between alphabets --------------------------------------------------------------------------

OTHER = alphabet(["b", "a", "c", "d", "k"], [Letter("M", ("d", "d"), False), Letter("R", ("d", "d"), True)])


def test_letters_are_replaced_by_those_of_another_alphabet() -> None:
    """Letters become elements of another alphabet, in traces too, and what is kept is looked up there."""
    M_there, R = OTHER.letter("M"), OTHER.letter("R")
    moved = (WORDS.trace(S) * WORDS.trace(M @ S) * (M @ S)).substitute({"S": R + R @ R})
    square = R + R @ R
    assert moved == OTHER.trace(square) * OTHER.trace(M_there @ square) * (M_there @ square)
    assert moved.alphabet is OTHER


def test_coefficients_move_as_they_are() -> None:
    """A coefficient keeps its value in another field, whatever the order of its scalars."""
    there = (((a + Fraction(3, 2) * WORDS.constant(1)) / (b - 1)) * M).transport(OTHER, {}, {})
    x, y = OTHER.scalar("a"), OTHER.scalar("b")
    assert there == (2 * x + 3) / (2 * (y - 1)) * OTHER.letter("M")
    replaced = ((a * b + 1) * M).transport(OTHER, {}, {"a": y + 2})
    assert replaced == ((y + 2) * y + 1) * OTHER.letter("M")


# Relations -----------------------------------------------------------------------------------------


def test_other_traces_of_a_term_stay() -> None:
    """A rule for one trace replaces that one: of four traces in a term the other three stay, in any place."""
    product = WORDS.trace(M) * WORDS.trace(N) * WORDS.trace(S) * WORDS.trace(S @ S)
    for name in "MNS":
        ruled = WORDS.with_trace(WORDS.letter(name), a)
        others = [ruled.trace(ruled.letter(other)) for other in "MNS" if other != name]
        square = ruled.trace(ruled.letter("S") @ ruled.letter("S"))
        assert product.into(ruled) == ruled.scalar("a") * others[0] * others[1] * square
    words = WORDS.with_rule(N @ N, M)
    n, s, m = (words.letter(name) for name in "NSM")
    assert (WORDS.trace(N @ N) * WORDS.trace(S) * WORDS.trace(N @ S)).into(words) == (
        words.trace(m) * words.trace(s) * words.trace(n @ s)
    )


def test_terms_are_cut_at_every_passage() -> None:
    """A term given as it stands is cut at each passage through dimension 1, in its word and in its traces."""
    there, back = ("u", False), ("v", True)
    word = WORDS.element(("d", "d"), {((), (there, back) * 3): WORDS.field.one})
    assert word == (v.T @ u) ** 2 * (u @ v.T)
    three = (there, back, ("S", False), there, back, ("N", False), there, back, ("M", False))
    for traced, value in (
        (three[:6], (v.T @ S @ u) * (v.T @ N @ u)),
        (three[2:6] + three[:2], (v.T @ S @ u) * (v.T @ N @ u)),
        (three[1:] + three[:1], (v.T @ S @ u) * (v.T @ N @ u) * (v.T @ M @ u)),
    ):
        assert WORDS.element(("1", "1"), {((traced,), ()): WORDS.field.one}) == value
        ((traces, _),) = value.terms
        ((found, _),) = WORDS.element(("1", "1"), {((traced,), ()): WORDS.field.one}).terms
        assert found == traces


def test_trace_is_cut_where_a_rule_makes_it_pass_dimension_one() -> None:
    """With MM = uvᵀ, Tr(MMSMMN) = (vᵀSu)(vᵀNu), and Tr(MMSMMNMMSS) is a product of three."""
    words = WORDS.with_rule(M @ M, u @ v.T)
    m, n, s, x, y = (words.letter(name) for name in "MNSuv")
    square = m @ m
    assert words.trace(square @ s @ square @ n) == (y.T @ s @ x) * (y.T @ n @ x)
    assert words.trace(n @ square @ s @ square @ s @ s @ square) == ((y.T @ s @ x) * (y.T @ s @ s @ x) * (y.T @ n @ x))


def test_inverse_is_chosen_by_what_it_inverts() -> None:
    """Of several declared inverses the one of a multiple is taken; another support, shape or ratio is no match."""
    words = WORDS.with_inverse("G", WORDS.eye("d-k") + a * P, r"\Gamma").with_inverse("R", WORDS.eye("d") + b * S)
    s, p = words.letter("S"), words.letter("P")
    assert words.inv(3 * (words.eye("d") + words.scalar("b") * s)) == words.letter("R") / 3
    assert words.inv(words.eye("d-k") + words.scalar("a") * p) == words.letter("G")
    for other in (s, words.eye("d"), words.eye("d") + 2 * words.scalar("b") * s, words.zeros("d", "d")):
        with pytest.raises(UndeclaredError, match="no inverse is declared"):
            words.inv(other)
    assert words.letter("G").T == words.letter("G")
    assert (words.letter("G").latex(), words.letter("R").latex()) == (r"\Gamma", "R")


def test_only_symmetric_elements_are_inverted() -> None:
    """An inverse is declared of a symmetric element only: not of a matrix that is not square, or not symmetric."""
    for element in (A, WORDS.eye("d") + M):
        with pytest.raises(WordShapeError, match="symmetric element"):
            WORDS.with_inverse("R", element)


def test_names_that_are_taken_are_named() -> None:
    """Declaring letters again is refused, and the refusal lists them."""
    with pytest.raises(ValueError, match=r"letters M, N are already declared: choose"):
        WORDS.declaring(Letter("M", ("d", "d"), False), Letter("N", ("d", "d"), False))
    with pytest.raises(UndeclaredError, match=r"^elements of two alphabets cannot .* Element\.into$"):
        M + OTHER.letter("M")


# Printing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "text", "latex"),
    [
        (a - a, "0", "0"),
        (WORDS.eye("d-k"), "(1)", "I_{(d-k)}"),
        (WORDS.eye("d"), "(1)", "I_{d}"),
        (M @ N.T, "(1) M·Nᵀ", r"M N^{\top}"),
        (Q.T @ P, "(1) Qᵀ·P", r"{Q^2}^{\top} P^2"),
        (-WORDS.trace(M @ S) * N, "(-1) tr[M·S] N", r"- \mathrm{Tr}\left(M \Sigma\right) \, N"),
        (a * M - b * N, "(a) M + (-b) N", r"\alpha \, M - b \, N"),
        (-2 * M + S @ S, "(-2) M + (1) S·S", r"- 2 \, M + \Sigma \Sigma"),
        (S @ M + N + WORDS.eye("d"), "(1) + (1) N + (1) S·M", r"I_{d} + N + \Sigma M"),
        (M @ N + S, "(1) S + (1) M·N", r"\Sigma + M N"),
        (WORDS.trace(N) * M + N, "(1) N + (1) tr[N] M", r"N + \mathrm{Tr}\left(N\right) \, M"),
        (
            WORDS.trace(M) * WORDS.trace(S),
            "(1) tr[M] tr[S]",
            r"\mathrm{Tr}\left(M\right) \, \mathrm{Tr}\left(\Sigma\right)",
        ),
    ],
)
def test_elements_are_printed(element: object, text: str, latex: str) -> None:
    """An element is printed shortest terms first, transposes, traces, signs and sizes in place."""
    assert str(element).strip() == text
    assert element.latex() == latex  # type: ignore[attr-defined]


def test_equal_elements_have_equal_hashes() -> None:
    """Elements serve as keys: equal ones share a hash, and a set tells others apart."""
    assert len({M @ S, (S @ M.T).T, S @ M}) == 2


def test_evaluation_takes_each_letter_where_it_stands() -> None:
    """The value of a word is the product of its matrices in their order, transposed where it says so."""
    rng = np.random.default_rng(1)
    matrices = {"M": rng.normal(size=(3, 3)), "N": rng.normal(size=(3, 3))}
    found = (WORDS.trace(M) * (M.T @ N)).evaluate(NUMPY, matrices, {})
    np.testing.assert_allclose(found, np.trace(matrices["M"]) * matrices["M"].T @ matrices["N"], rtol=1e-13)


def test_alphabet_is_what_was_declared() -> None:
    """An alphabet prints sizes by their own names unless it was given others, and elements show so in a notebook."""
    letters = [Letter("M", ("n", "n"))]
    plain, named = alphabet(["n", "x"], letters), alphabet(["n", "x"], letters, {"n": "N", "x": r"\xi"})
    assert (plain.eye("n").latex(), named.eye("n").latex()) == ("I_{n}", "I_{N}")
    assert (named.scalar("x") * named.letter("M"))._repr_latex_() == r"$$\xi \, M$$"
