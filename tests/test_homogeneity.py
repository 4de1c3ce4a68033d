"""The scaling degrees of printed formulas: what is read, what clashes, what is solved, what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil.homogeneity import DEGREES, HATS, UnreadableError, homogeneity, in_text

HOMOGENEOUS = [
    r"\lVert B_t w_t \rVert^2 \le c",
    r"B_{t+1} = B_t - \beta B_t \mathbb{E}[w_{t,i} w_{t,i}^\top] + \alpha\beta B_\star \Sigma_\star B_\star^\top B_t",
    r"\alpha = O(1/\bar{\sigma}), \quad \beta \le \alpha",
    r"\frac{\bar{\sigma}^2 / \lambda_{\min}(\Sigma_\star)}{m_{\mathrm{in}}} + 1 \lt 2",
    r"\sigma_j(B_\infty)^2 = \frac1\alpha, \quad \sigma_k(B_t) \to 0",
    r"\max(\alpha \lVert B_0 \rVert^2, x_\star) \ge 1",
    r"\begin{aligned} L &= \sigma^2 \\ &\quad + \lVert Bw \rVert^2 \end{aligned}",
    r"\mathbb{E}[\hat{B} \hat{w} \mid w_\star] = B_\star w_\star",
    r"L = \lVert Bw \rVert^2 \left( + \frac{\sigma^2}{2} \right)",
    r"\Sigma_\star^{1/2} w_{\star,i} w_{\star,i}^\top \Sigma_\star^{-1} = \sqrt{\sigma} \sqrt{\sigma}",
    r"e^{-\alpha\beta c t} \to 0 \text{ for } t \to \infty",
    r"y_i \in \mathbb{R}^m, \; B : \; \mathrm{rank}(B) = k \lt \infty",
]
CLASHES = {
    r"\lVert B_t \rVert^2 \le c": {1, 2},
    r"B - B B^\top w": {Fraction(1, 2), Fraction(3, 2)},
    r"\alpha = O(1/\bar{\sigma}^2)": {-1, -2},
    r"\sigma_j(B)^2 = c": {1, 2},
    r"\max(\alpha, x_\star)": {-1, 0},
    r"\bar{\sigma}^2 / \lambda_{\min}(\Sigma_\star) = c": {0, 2},
    r"e^{-c t} \to 0": {2, 0},
    r"\begin{aligned} L &= \sigma^2 \\ &\quad + Bw \end{aligned}": {2, 1},
    r"\left[ \mathrm{Tr}(\Sigma_\star) + \sigma \right] B": {2, 1},
    r"\sum_t \lVert B_t w_t \rVert^2 \lesssim \sqrt{\alpha}": {2, Fraction(-1, 2)},
}


@pytest.mark.parametrize("latex", HOMOGENEOUS)
def test_one_degree_is_seen(latex: str) -> None:
    """Sums, comparisons, maxima and exponents whose terms have one degree are homogeneous."""
    found = homogeneity(latex)
    assert found.homogeneous
    assert found.clash is None


@pytest.mark.parametrize("latex", CLASHES)
def test_two_degrees_are_seen(latex: str) -> None:
    """A clash is reported with the terms and their degrees."""
    found = homogeneity(latex)
    assert not found.homogeneous
    assert found.clash is not None
    assert {degree for _, degree in found.clash} == CLASHES[latex]
    assert all(str(degree) in str(found) for degree in CLASHES[latex])


def test_unknown_letters_get_the_degree_that_is_needed() -> None:
    """A rate, a constant of one start: solved through several equations; open where nothing fixes them."""
    found = homogeneity(r"\lVert D \rVert^2 \le \frac{K}{1 + \beta\gamma K t}, \quad \mu \nu = K")
    assert found.solved == {"K": 1, r"\gamma": 0}
    assert ("K", Fraction(1)) in found.groups[-1]
    assert (r"\mu \nu", Fraction(1)) in found.groups[-1]
    assert not homogeneity(r"K = \sigma, \quad K^2 = \sigma").homogeneous
    assert homogeneity(r"K = \nu").groups == ((("K", None), (r"\nu", None)),)


def test_zero_and_infinity_have_any_degree() -> None:
    """What is compared with 0, with infinity or with words is not constrained."""
    assert homogeneity(r"B = 0, \quad \sigma = 0, \quad \alpha \lt \infty, \quad B \text{ is small}").homogeneous


def test_hats_are_pure_numbers_where_they_are_declared() -> None:
    """The head with a hat is of degree 1/2 in Section 3.1, and a pure number in the dimensionless form."""
    assert homogeneity(r"\hat{w} = w").homogeneous
    assert not homogeneity(r"\hat{w} = w", DEGREES | HATS).homogeneous


def test_a_forgotten_letter_is_noticed() -> None:
    """Letters with a degree are counted from 0 in the order of reading; each of these is missed."""
    latex = r"B_{t+1} = B_t - \alpha\beta c B_t"
    found = homogeneity(latex)
    assert found.letters == 6
    assert not any(homogeneity(latex, forgotten=n).homogeneous for n in range(6))
    assert homogeneity(latex, forgotten=6).homogeneous


@pytest.mark.parametrize("latex", ["B +", r"\frac{B}", r"(B", r"B = ", r"\sqrt", "B^", r"\lVert B )", "B ) w", "? = 1"])
def test_what_cannot_be_read_is_refused(latex: str) -> None:
    """Broken LaTeX is an UnreadableError that shows it."""
    with pytest.raises(UnreadableError, match="expected"):
        homogeneity(latex)


def test_formulas_are_found_in_text() -> None:
    """What stands between dollars is a formula."""
    assert list(in_text(r"for $k = 2$ and $B \to 0$: fine")) == ["k = 2", r"B \to 0"]
