"""Equation (7), Lemma 15: the second moment of the adapted head, its infinite-samples part, and spherical features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from foanil.evidence import Check, Method, Outcome, Residual
from foanil.first_principles import inner_step
from foanil.gaussian_moments import Spherical, expectation
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element
from proofs.derivation import EVERY_SIZE, Derivation, difference, leading_ratio, state, words_check
from proofs.expectations import (
    PREMISES,
    adapted_head,
    adapted_second_moment,
    data_laws,
    sample,
    task_law,
    theta,
)

SECOND_MOMENT = r"\mathbb{E}[w_{t,i}w_{t,i}^{\top}]"


def derivation() -> Derivation:
    """Return the derivation of (7): the inner step, its outer product, then one expectation after the other."""
    words = paper_alphabet()
    features, noise = data_laws(words, "in")
    head = inner_step(theta(words), sample(words, "in"), words.scalar("alpha")).w
    averaged = expectation(head @ head.T, features)
    denoised = expectation(averaged, noise)
    return (
        Derivation("The second moment of the adapted head", ("eq-7",), PREMISES)
        .then("definition (2)", "The adapted head.", "w_{t,i}", head)
        .then(
            "Isserlis' theorem",
            r"The mean of $w_{t,i}w_{t,i}^{\top}$ over $X^{\mathrm{in}}$: all pairings of its occurrences, "
            "row and column indices contracted.",
            r"\mathbb{E}_X[w_{t,i}w_{t,i}^{\top}]",
            averaged,
        )
        .then(
            "covariance of z",
            r"The mean over the noise: $\mathbb{E}[zz^{\top}] = \sigma^2 I$, odd terms vanish.",
            r"\mathbb{E}_{X,z}[w_{t,i}w_{t,i}^{\top}]",
            denoised,
        )
        .then(
            "covariance of w⋆",
            r"The mean over tasks, with $\mathrm{Tr}(\Sigma_\star) = \bar\sigma^2 - \sigma^2$.",
            SECOND_MOMENT,
            expectation(denoised, task_law(words)),
        )
    )


def order_in(element: Element, scalar: str) -> int:
    """Return the largest degree of a coefficient in one scalar: −1 means O(1/scalar); raises ValueError for zero."""
    names = [str(symbol) for symbol in element.alphabet.field.symbols]
    index = names.index(scalar)

    def degree(polynomial: Any) -> int:
        return max(int(powers[index]) for powers in polynomial)

    if element.is_zero():
        raise ValueError("the zero element has no order")
    return max(degree(c.numer) - degree(c.denom) for c in element.terms.values())


def first_line_residual(stated: Callable[..., Any]) -> Residual:
    """Check that the first line is the m_in → ∞ limit of (7), and that the rest is exactly of order 1/m_in.

    The limit itself is compared, so that a first line that carries terms of order 1/m_in is refused too.
    """
    derived = adapted_second_moment()
    limit = derived.alphabet.element(derived.shape, {t: leading_ratio(c, "m_in") for t, c in derived.terms.items()})
    found = difference(limit, state(stated, derived.alphabet))
    order = order_in(derived - limit, "m_in")
    shown = f"{found.shown}; what the limit leaves out is of order m_in^{order}"
    return replace(found, shown=shown, outcome=found.outcome if order == -1 else Outcome.FAILED)


def first_line_derivation() -> Derivation:
    """Return the derivation of the first line of (7) as the part that survives infinitely many samples."""
    words = paper_alphabet()
    second = derivation().element()
    kept = words.element(second.shape, {term: leading_ratio(c, "m_in") for term, c in second.terms.items()})
    return (
        Derivation("The first line of (7)", ("sec-2-first-line",), ("(7), derived", *PREMISES))
        .then("derived", "The second moment.", SECOND_MOMENT, second)
        .then(
            "limit of rational coefficients",
            r"Its limit as $m_{\mathrm{in}} \to \infty$, coefficient by coefficient.",
            rf"\lim\, {SECOND_MOMENT}",
            kept,
        )
        .then(
            "subtraction",
            r"What is left: every coefficient carries $1/m_{\mathrm{in}}$ exactly once.",
            rf"{SECOND_MOMENT} - \lim\, {SECOND_MOMENT}",
            second - kept,
        )
    )


def spherical_derivation() -> Derivation:
    """Return the derivation of Lemma 15 for spherically symmetric features."""
    words = paper_alphabet()
    A, X, m_in, eta = words.letter("A"), words.letter("X_in"), words.scalar("m_in"), words.scalar("eta")
    covariance = X.T @ X / m_in
    return (
        Derivation(
            "Lemma 15 for spherically symmetric features",
            ("sec-4-spherical",),
            (
                r"rows $x$ of $X$ i.i.d., spherically symmetric, $\mathbb{E}[xx^{\top}] = I$",
                r"kurtosis ratio $\eta$: $\mathbb{E}\lVert x\rVert^4 = \eta\, d(d+2)$, 1 for Gaussian rows",
                *PREMISES[1:],
            ),
        )
        .then(
            "column pairings; rows equal or not",
            r"For a symmetric $A$ and $\Sigma = X^{\top}X/m_{\mathrm{in}}$.",
            r"\mathbb{E}[\Sigma A\Sigma]",
            expectation(covariance @ A @ covariance, Spherical("X_in", eta)),
        )
        .then(
            "the same, with noise and task",
            r"The second moment of the adapted head; $\eta = 1$ gives (7).",
            SECOND_MOMENT,
            spherical_second_moment(),
        )
    )


def spherical_sandwich(xp: Alphabet, A: Element, eta: Element, m_in: Element) -> Element:
    """E[Σ_in A Σ_in] for spherically symmetric rows of kurtosis ratio η (ours; the paper only announces it)."""
    return (1 - 1 / m_in) * A + eta / m_in * (2 * A + xp.trace(A) * xp.eye("d"))


def spherical_residual(stated: Callable[..., Any]) -> Residual:
    """Check the sandwich formula against the moment engine, for symmetric A, every size and every η."""
    words = paper_alphabet()
    A, X, m_in, eta = words.letter("A"), words.letter("X_in"), words.scalar("m_in"), words.scalar("eta")
    covariance = X.T @ X / m_in
    derived = expectation(covariance @ A @ covariance, Spherical("X_in", eta))
    return difference(derived, stated(words, A=A, eta=eta, m_in=m_in))


def spherical_second_moment() -> Element:
    """Return E[w_{t,i}w_{t,i}ᵀ] for spherically symmetric features of kurtosis ratio η, from first principles."""
    words = paper_alphabet()
    head = adapted_head(words)
    _, noise = data_laws(words, "in")
    return expectation(head @ head.T, Spherical("X_in", words.scalar("eta")), noise, task_law(words))


def spherical_extension_residual(stated: Callable[..., Any]) -> Residual:
    """Check that the spherical second moment is (7) plus (η − 1) times one explicit correction, so (7) at η = 1.

    The correction is (α²/m_in) Bᵀ(2A + Tr(A)I)B with A = vvᵀ + B⋆Σ⋆B⋆ᵀ, v = Bw.
    """
    words = paper_alphabet()
    B, w, B_star = words.letter("B"), words.letter("w"), words.letter("B_star")
    A = B @ w @ w.T @ B.T + B_star @ words.letter("Sigma_star") @ B_star.T
    spread = B.T @ (2 * A + words.trace(A) * words.eye("d")) @ B
    excess = (words.scalar("eta") - 1) * words.scalar("alpha") ** 2 / words.scalar("m_in") * spread
    return difference(spherical_second_moment(), state(stated, words) + excess)


DERIVATIONS = (derivation, first_line_derivation, spherical_derivation)

CHECKS = (
    words_check("second moment by Isserlis", ("eq-7",), "second_moment", lambda: derivation().element()),
    Check(
        "first line as the limit of many samples",
        ("sec-2-first-line",),
        Method.ALGEBRA,
        EVERY_SIZE,
        "second_moment_first_line",
        first_line_residual,
    ),
    Check(
        "spherical features: (7) plus an explicit correction",
        ("sec-4-spherical",),
        Method.ALGEBRA,
        EVERY_SIZE + ", every kurtosis ratio η",
        "second_moment",
        spherical_extension_residual,
    ),
)
