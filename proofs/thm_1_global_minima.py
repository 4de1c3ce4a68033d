"""The limit points of Theorem 1 are global minima: the loss gap as an exact sum of nonnegative terms, any covariance.

With M = αBBᵀ, v = Bw, Θ = B⋆Σ⋆B⋆ᵀ, K = (1 + 1/m_in)Θ + (σ̄²/m_in)I and M⋆ = K⁻¹Θ,
L_ANIL − L⋆ = ½[‖(I−M)v‖² + (‖Mv‖² + Tr(M²)‖v‖²)/m_in + Tr((M−M⋆)K(M−M⋆))] and L⋆ = ½Tr(Θ − M⋆Θ) + σ²/2.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from foanil.decisions import at_least, more_than
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.inequalities import Fact, Theory
from foanil.paper_alphabet import limit_alphabet, paper_alphabet
from foanil.words import Alphabet, Element, Letter
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, proof, proof_check, state, zero_check

ANY_COVARIANCE = EVERY_SIZE + ", every Σ⋆ ⪰ 0, singular ones included, σ̄² > 0"


@functools.cache
def minimum_alphabet() -> Alphabet:
    """Return the paper's alphabet with M⋆ (d×d, symmetric), K M⋆ = M⋆ K = Θ, and an eigenvalue variable."""
    words = paper_alphabet()
    letter = Letter("M_star", ("d", "d"), symmetric=True, latex=r"M_\star")
    words = words.declaring(letter)
    Theta, M_star, m_in = task_matrix(words), words.letter("M_star"), words.scalar("m_in")
    value = (Theta - words.scalar("sigma_bar_sq") / m_in * M_star) / (1 + 1 / m_in)
    return words.with_rule(Theta @ M_star, value)


def task_matrix(words: Alphabet) -> Element:
    """Return Θ = B⋆Σ⋆B⋆ᵀ. Shape (d, d), degree 2."""
    return words.letter("B_star") @ words.letter("Sigma_star") @ words.letter("B_star").T


def total_matrix(words: Alphabet) -> Element:
    """Return K = (1 + 1/m_in)Θ + (σ̄²/m_in)I. Shape (d, d), degree 2."""
    m_in = words.scalar("m_in")
    return (1 + 1 / m_in) * task_matrix(words) + words.scalar("sigma_bar_sq") / m_in * words.eye("d")


def preconditioner(words: Alphabet) -> Element:
    """Return M = αBBᵀ. Shape (d, d), degree 0."""
    return words.scalar("alpha") * (words.letter("B") @ words.letter("B").T)


def least_loss(words: Alphabet) -> Element:
    """Return L⋆ = ½Tr(Θ − M⋆Θ) + σ²/2, degree 2."""
    Theta = task_matrix(words)
    return (words.trace(Theta - words.letter("M_star") @ Theta) + words.scalar("sigma_sq")) / 2


def gap_terms(words: Alphabet) -> tuple[Element, ...]:
    """Return the terms whose sum is twice the gap: ‖(I−M)v‖², ‖Mv‖²/m_in, Tr(M²)‖v‖²/m_in, Tr((M−M⋆)K(M−M⋆))."""
    M, v, m_in = preconditioner(words), words.letter("B") @ words.letter("w"), words.scalar("m_in")
    off = M - words.letter("M_star")
    return (
        words.sqnorm(v - M @ v),
        words.sqnorm(M @ v) / m_in,
        words.trace(M @ M) * words.sqnorm(v) / m_in,
        words.trace(off @ total_matrix(words) @ off),
    )


def identity_gap(drop: int | None = None, m_shift: int = 0) -> Element:
    """Return 2(L_ANIL − L⋆) minus the sum of the terms, from first principles; `drop` leaves one term out."""
    words = minimum_alphabet()
    loss = anil_objective().into(words)
    if m_shift:
        loss = loss.transport(words, {}, {"m_in": words.scalar("m_in") + m_shift})
    total = words.zeros("1", "1")
    for index, term in enumerate(gap_terms(words)):
        if index != drop:
            total = total + term
    return 2 * (loss - least_loss(words)) - total


# Nonnegativity -------------------------------------------------------------------------------------


def theory() -> Theory:
    """Return the theory of Σ⋆ ⪰ 0, σ̄² > 0 and m_in ≥ 1."""
    words = minimum_alphabet()
    one = words.field.one
    m_in, noise = words.scalar("m_in").coefficient(), words.scalar("sigma_bar_sq").coefficient()
    assumptions = (at_least(m_in, one), more_than(noise))
    return Theory(words, assumptions, {"Σ⋆ ⪰ 0": words.letter("Sigma_star")}, eigenvalue="eta")


def nonnegative_terms(given: Theory | None = None) -> list[Fact]:
    """Derive that each term of the gap is nonnegative."""
    T = given or theory()
    words = T.words
    M, v, m_in = preconditioner(words), words.letter("B") @ words.letter("w"), words.scalar("m_in").coefficient()
    first, second, third, fourth = gap_terms(words)
    off = M - words.letter("M_star")
    Theta = T.congruence(T.hypothesis("Σ⋆ ⪰ 0"), words.letter("B_star"), "0 ⪯ Θ")
    identity = T.square(words.eye("d"))
    noise = words.scalar("sigma_bar_sq").coefficient() / m_in
    K = T.sum(T.scale(Theta, 1 + 1 / m_in), T.scale(identity, noise), says="0 ⪯ K")
    squared = T.trace(T.square(M), "0 ≤ Tr(M²)")
    return [
        T.restate(T.square((v - M @ v).T), first, "‖(I − M)v‖² ≥ 0"),
        T.restate(T.scale(T.square((M @ v).T), 1 / m_in), second, "‖Mv‖²/m_in ≥ 0"),
        T.restate(T.scale(T.product(squared, T.square(v.T)), 1 / m_in), third, "Tr(M²)‖v‖²/m_in ≥ 0"),
        T.restate(T.trace(T.congruence(K, off)), fourth, "Tr((M − M⋆)K(M − M⋆)) ≥ 0"),
    ]


def minimum(given: Theory | None = None) -> list[Fact]:
    """Derive L_ANIL ≥ L⋆: the identity, and its terms."""
    T = given or theory()
    words = T.words
    gap = 2 * (anil_objective().into(words) - least_loss(words))
    return [T.restate(T.sum(*nonnegative_terms(T)), gap, "L_ANIL ≥ L⋆")]


# The limit is where the gap vanishes ---------------------------------------------------------------


def attained_residual(stated: Callable[..., Any]) -> Residual:
    """Check that a point with (9) for the stated Λ⋆ has M = M⋆: K·αB⋆Λ⋆B⋆ᵀ = Θ, in words, any Σ⋆."""
    words = limit_alphabet()
    B_star = words.letter("B_star")
    limit = words.scalar("alpha") * (B_star @ state(stated, words) @ B_star.T)
    gap = total_matrix(words) @ limit - task_matrix(words)
    return exact_residual(gap.is_zero(), str(gap), computed="Θ", stated=str(total_matrix(words) @ limit))


def strict_elsewhere() -> Element:
    """Return 2(L_ANIL − L⋆) at B = 0, w = 0, minus Tr(M⋆Θ): the origin, midpoint of two minima, is no minimum."""
    words = minimum_alphabet()
    origin = {"B": words.zeros("d", "k_prime"), "w": words.zeros("k_prime", "1")}
    gap = 2 * (anil_objective().into(words).substitute(origin) - least_loss(words))
    return gap - words.trace(words.letter("M_star") @ task_matrix(words))


def evenness() -> Element:
    """Return L_ANIL(−B, −w) − L_ANIL(B, w): zero, so that −θ is a minimum wherever θ is."""
    words = minimum_alphabet()
    mirrored = {"B": -words.letter("B"), "w": -words.letter("w")}
    loss = anil_objective().into(words)
    return loss.substitute(mirrored) - loss


def _half_mirrored() -> Element:
    words = minimum_alphabet()
    loss = anil_objective().into(words)
    return loss.substitute({"w": 2 * words.letter("w")}) - loss


CHECKS = (
    zero_check(
        "the loss gap is a sum of four terms",
        ("new-global-minima-identity",),
        ANY_COVARIANCE,
        identity_gap,
        {f"without term {index + 1}": functools.partial(identity_gap, index) for index in range(4)}
        | {"m_in + 1 samples in the loss": lambda: identity_gap(m_shift=1)},
    ),
    proof_check(
        "every term of the gap is nonnegative",
        ("new-global-minima-identity", "sec-3-global-minima"),
        ANY_COVARIANCE,
        minimum,
        {
            "without Σ⋆ ⪰ 0": lambda: minimum(Theory(minimum_alphabet(), theory().assumptions, {}, "eta")),
            "without m_in ≥ 1": lambda: minimum(
                Theory(minimum_alphabet(), theory().assumptions[1:], theory().hypotheses, "eta")
            ),
            "without σ̄² > 0": lambda: minimum(
                Theory(minimum_alphabet(), theory().assumptions[:1], theory().hypotheses, "eta")
            ),
        },
    ),
    *(
        Check(
            f"the limit attains the minimum, {formula}",
            ("sec-3-global-minima",),
            Method.ALGEBRA,
            ANY_COVARIANCE,
            formula,
            attained_residual,
        )
        for formula in ("limit_gram", "limit_gram_ratio_form")
    ),
    zero_check(
        "the midpoint of two minima is no minimum",
        ("sec-3-nonconvex",),
        ANY_COVARIANCE + ", Σ⋆ ≠ 0: Tr(M⋆Θ) > 0",
        strict_elsewhere,
        {
            "without the minimum": lambda: strict_elsewhere() + least_loss(minimum_alphabet()),
            "the gap itself": lambda: (
                strict_elsewhere()
                + minimum_alphabet().trace(minimum_alphabet().letter("M_star") @ task_matrix(minimum_alphabet()))
            ),
        },
    ),
    zero_check(
        "L_ANIL is even in (B, w)",
        ("sec-3-nonconvex",),
        ANY_COVARIANCE,
        evenness,
        {"scaled head": _half_mirrored},
    ),
)


def derivation() -> Derivation:
    """Return the derivation that the limit points are global minima."""
    words = minimum_alphabet()
    claims = ("sec-3-global-minima", "new-global-minima-identity", "new-anil-loss")
    premises = (
        r"$M = \alpha BB^{\top}$, $v = Bw$, $\Theta = B_\star\Sigma_\star B_\star^{\top}$",
        r"$K = (1+1/m_{\mathrm{in}})\Theta + (\bar\sigma^2/m_{\mathrm{in}})I$, $KM_\star = \Theta$",
    )
    identity = (
        Derivation("The limit points are global minima", claims, premises)
        .then("expectation", "The objective (1), inner step on $m_{\\mathrm{in}}$ rows.", "L", anil_objective())
        .then(
            "identity of traces",
            "Twice its gap to $L_\\star$, minus the four terms: nothing remains.",
            r"2(L - L_\star) - \lVert (I-M)v\rVert^2 - \frac{\lVert Mv\rVert^2 + \mathrm{Tr}(M^2)\lVert v\rVert^2}"
            r"{m_{\mathrm{in}}} - \mathrm{Tr}((M-M_\star)K(M-M_\star))",
            identity_gap(),
        )
        .then("definition", "The least loss.", r"L_\star", least_loss(words))
    )
    signs = proof("", claims, (), *minimum())
    return identity.extended(signs)


def nonconvex_derivation() -> Derivation:
    """Return the derivation that the objective is not convex."""
    premises = (
        r"$\bar\sigma^2 \gt 0$, $\Sigma_\star \ne 0$: $\mathrm{Tr}(M_\star\Theta) \gt 0$",
        r"$(B, w)$ a minimum; so is $(-B, -w)$, and their midpoint is $(0, 0)$",
    )
    return (
        Derivation("The objective is not convex", ("sec-3-nonconvex",), premises)
        .then("identity of traces", "The loss is even.", "L(-B, -w) - L(B, w)", evenness())
        .then(
            "identity of traces",
            r"At the midpoint the loss exceeds the least one by half of $\mathrm{Tr}(M_\star\Theta) \gt 0$.",
            r"L(0, 0) - L_\star - \tfrac12\mathrm{Tr}(M_\star\Theta)",
            strict_elsewhere(),
        )
    )


DERIVATIONS = (derivation, nonconvex_derivation)
