"""The paper's letters as an alphabet of matrix words, with the relations that its definitions declare."""

from __future__ import annotations

import functools

from foanil.notation import NOTATION
from foanil.words import Alphabet, Element, Letter, alphabet

EXTRA_LETTERS: tuple[Letter, ...] = (
    Letter("C", ("k", "k_prime"), latex="C"),
    Letter("D", ("d-k", "k_prime"), latex="D"),
    Letter("Lambda", ("k", "k"), symmetric=True, latex=r"\Lambda"),
    Letter("A", ("d", "d"), symmetric=True, latex="A"),
    Letter("u", ("d", "1"), latex="u"),
)
"""Letters of proofs beyond the paper's: C = B⋆ᵀB, D = B⋆,⊥ᵀB, Λ = CCᵀ, a symmetric test matrix A, a vector u."""

EXTRA_SCALARS: tuple[str, ...] = ("eta",)
"""Scalars of proofs beyond the paper's: the kurtosis ratio η."""


@functools.cache
def paper_alphabet() -> Alphabet:
    """Return the alphabet of every letter and scalar of the paper.

    Declared: B⋆ᵀB⋆ = I, B⋆,⊥ᵀB⋆,⊥ = I, B⋆,⊥ᵀB⋆ = 0, and Tr(Σ⋆) = σ̄² − σ² (the definition of σ̄²).
    """
    scalars = [name for name, symbol in NOTATION.items() if symbol.shape == ("1", "1")]
    letters = [
        Letter(name, symbol.shape, symbol.symmetric, symbol.latex)
        for name, symbol in NOTATION.items()
        if symbol.shape != ("1", "1")
    ]
    latex = {name: NOTATION[name].latex for name in scalars} | {"eta": r"\eta", "d-k": "d-k"}
    bare = alphabet([*scalars, *EXTRA_SCALARS], [*letters, *EXTRA_LETTERS], latex)
    B_star, B_perp = bare.letter("B_star"), bare.letter("B_star_perp")
    variance = bare.scalar("sigma_bar_sq") - bare.scalar("sigma_sq")
    return (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(B_perp.T @ B_perp, bare.eye("d-k"))
        .with_rule(B_perp.T @ B_star, bare.zeros("d-k", "k"))
        .with_trace(bare.letter("Sigma_star"), variance)
    )


def total_task_variance(words: Alphabet) -> Element:
    """Return K = (1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I, whose inverse appears in Λ⋆. Shape (k, k), degree 2."""
    m_in = words.scalar("m_in")
    noise = words.scalar("sigma_bar_sq") / m_in
    return (1 + 1 / m_in) * words.letter("Sigma_star") + noise * words.eye("k")


@functools.cache
def limit_alphabet() -> Alphabet:
    """Return the paper's alphabet with a letter for K⁻¹, so that both closed forms of Λ⋆ can be evaluated."""
    words = paper_alphabet()
    return words.with_inverse("K_inverse", total_task_variance(words), latex="K^{-1}")


def letter_values(words: Alphabet) -> dict[str, Element]:
    """Return every letter and scalar of the paper as an element: what a statement's parameters are called with."""
    return {
        name: words.scalar(name) if symbol.shape == ("1", "1") else words.letter(name)
        for name, symbol in NOTATION.items()
    }
