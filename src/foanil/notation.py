"""The paper's letters: LaTeX, shape (names of dimensions) and scaling degree, stated once.

The degree is the exponent of λ under the symmetry y → λy of (5)-(6): (w⋆, z) → λ(w⋆, z), Σ⋆ → λ²Σ⋆, σ → λσ and,
because one β serves both layers, α → α/λ, β → β/λ, B → λ^{1/2}B, w → λ^{1/2}w. Features X are pure numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Symbol:
    """One letter: how it is printed, its shape, its scaling degree, whether it is symmetric, and what it means."""

    latex: str
    shape: tuple[str, str]
    degree: Fraction
    meaning: str
    symmetric: bool = False


def _scalar(latex: str, degree: int, meaning: str) -> Symbol:
    return Symbol(latex, ("1", "1"), Fraction(degree), meaning)


_HALF = Fraction(1, 2)

NOTATION: Mapping[str, Symbol] = MappingProxyType(
    {
        "d": _scalar("d", 0, "feature dimension"),
        "k": _scalar("k", 0, "hidden dimension, k < d"),
        "k_prime": _scalar("k'", 0, "network width, k ≤ k′ ≤ d"),
        "m": _scalar("m", 0, "samples of a task"),
        "m_in": _scalar(r"m_{\mathrm{in}}", 0, "inner-loop samples, m_in < m"),
        "m_out": _scalar(r"m_{\mathrm{out}}", 0, "outer-loop samples"),
        "m_test": _scalar(r"m_{\mathrm{test}}", 0, "samples of a new task"),
        "N": _scalar("N", 0, "number of tasks"),
        "alpha": _scalar(r"\alpha", -1, "inner step size"),
        "beta": _scalar(r"\beta", -1, "outer step size"),
        "c": _scalar("c", 2, "Σ⋆ = cI under Assumption 1"),
        "sigma_sq": _scalar(r"\sigma^2", 2, "label-noise variance"),
        "sigma_bar_sq": _scalar(r"\bar\sigma^2", 2, "Tr(Σ⋆) + σ²"),
        "B": Symbol("B", ("d", "k_prime"), _HALF, "representation"),
        "w": Symbol("w", ("k_prime", "1"), _HALF, "head"),
        "B_star": Symbol(r"B_\star", ("d", "k"), Fraction(0), "orthonormal basis of the shared subspace"),
        "B_star_perp": Symbol(r"B_{\star,\perp}", ("d", "d-k"), Fraction(0), "orthonormal basis of its complement"),
        "w_star": Symbol(r"w_{\star,i}", ("k", "1"), Fraction(1), "task parameter"),
        "Sigma_star": Symbol(r"\Sigma_\star", ("k", "k"), Fraction(2), "task covariance", symmetric=True),
        "theta_star": Symbol(r"\theta_{\star,i}", ("d", "1"), Fraction(1), "regression parameter of a task"),
        "w_adapted": Symbol("w_{t,i}", ("k_prime", "1"), _HALF, "adapted head"),
        "W": Symbol("W^{(i)}", ("k_prime", "1"), _HALF, "head of task i in (12)"),
        "second_moment": Symbol(
            r"\mathbb{E}[w_{t,i}w_{t,i}^{\top}]",
            ("k_prime", "k_prime"),
            Fraction(1),
            "second moment",
            symmetric=True,
        ),
        "X": Symbol("X_i", ("m", "d"), Fraction(0), "features of a task"),
        "y": Symbol("y_i", ("m", "1"), Fraction(1), "labels of a task"),
        "z": Symbol("z_i", ("m", "1"), Fraction(1), "label noise"),
        "X_in": Symbol(r"X_i^{\mathrm{in}}", ("m_in", "d"), Fraction(0), "inner features"),
        "y_in": Symbol(r"y_i^{\mathrm{in}}", ("m_in", "1"), Fraction(1), "inner labels"),
        "z_in": Symbol(r"z_i^{\mathrm{in}}", ("m_in", "1"), Fraction(1), "inner noise"),
        "X_out": Symbol(r"X_i^{\mathrm{out}}", ("m_out", "d"), Fraction(0), "outer features"),
        "y_out": Symbol(r"y_i^{\mathrm{out}}", ("m_out", "1"), Fraction(1), "outer labels"),
        "z_out": Symbol(r"z_i^{\mathrm{out}}", ("m_out", "1"), Fraction(1), "outer noise"),
        "X_test": Symbol("X", ("m_test", "d"), Fraction(0), "features of a new task"),
        "z_test": Symbol("z", ("m_test", "1"), Fraction(1), "noise of a new task"),
        "head_gradient": Symbol(r"\nabla_w \hat L_i", ("k_prime", "1"), Fraction(3, 2), "gradient in the head"),
        "gradient_sum": Symbol(
            r"\textstyle\sum_i \hat H_{t,i}\nabla_\theta \hat L_i",
            ("d", "k_prime"),
            Fraction(3, 2),
            "summed gradients",
        ),
    }
)
"""Letter → Symbol. Gradients of a loss of degree 2 in parameters of degree 1/2 have degree 3/2."""
