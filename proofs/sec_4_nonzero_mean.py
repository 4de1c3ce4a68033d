"""Section 4: task parameters of mean μ⋆, and N fixed tasks as such a law: the updates, the loss, its minima.

With e = Bw − B⋆μ⋆ and ū = w − αBᵀe, the mean adapted head, (7) and L_ANIL hold with e for Bw (and ū for its first
line), w moves by −β(I − αBᵀB)Bᵀe, and B by one more term, βB⋆μ⋆ūᵀ, of rank one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.first_principles import adapted_expected_loss
from foanil.gaussian_moments import Centred, expectation
from foanil.inequalities import Fact, Theory
from foanil.paper_alphabet import paper_alphabet, total_task_variance
from foanil.words import Alphabet, Element, Letter
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, zero_check
from proofs.expectations import (
    PREMISES,
    adapted_head,
    adapted_second_moment,
    data_laws,
    mean_outer_direction,
    outer_direction,
    sample,
    theta,
)

UPDATES = ("sec-4-mean-updates",)
LIMIT = ("sec-4-nonzero-mean",)
FINITE = ("sec-4-finite-tasks-as-perturbed",)
MEAN_PREMISES = (
    *PREMISES[:2],
    "task parameter $w_\\star$ of mean $\\mu_\\star$ and covariance $\\Sigma_\\star$, any $\\Sigma_\\star$",
    *PREMISES[3:],
)
BLOCKS = (("B", "representation"), ("w", "head"))


@functools.cache
def mean_alphabet() -> Alphabet:
    """Return the paper's alphabet with letters for μ⋆, a task's deviation from it, K⁻¹ and S_N = (1/N)Σw⋆,iw⋆,iᵀ.
    """
    words = paper_alphabet()
    new = (
        Letter("mu", ("k", "1"), latex=r"\mu_\star"),
        Letter("deviation", ("k", "1"), latex=r"\delta_{\star,i}"),
        Letter("S", ("k", "k"), symmetric=True, latex="S_N"),
    )
    wider = replace(words, letters={**words.letters, **{letter.name: letter for letter in new}})
    return wider.with_inverse("K_inverse", total_task_variance(wider), latex="K^{-1}")


def averaged(element: Element, *parts: str) -> Element:
    """Return the mean over the named samples and over tasks w⋆ = μ⋆ + deviation, the deviation centred, of Σ⋆."""
    words = mean_alphabet()
    shifted = element.into(words).substitute({"w_star": words.letter("mu") + words.letter("deviation")})
    return expectation(shifted, *data_laws(words, *parts), Centred("deviation", words.letter("Sigma_star")))


# The updates ---------------------------------------------------------------------------------------


def error() -> Element:
    """Return e = Bw − B⋆μ⋆. Shape (d, 1), degree 1."""
    words = mean_alphabet()
    return words.letter("B") @ words.letter("w") - words.letter("B_star") @ words.letter("mu")


def mean_head() -> Element:
    """Return ū = w − αBᵀe. Shape (k′, 1), degree 1/2."""
    words = mean_alphabet()
    return words.letter("w") - words.scalar("alpha") * (words.letter("B").T @ error())


def task_spread() -> Element:
    """Return Θ = B⋆Σ⋆B⋆ᵀ. Shape (d, d), degree 2."""
    words = mean_alphabet()
    B_star = words.letter("B_star")
    return B_star @ words.letter("Sigma_star") @ B_star.T


def second_moment(e: Element | None = None, head: Element | None = None) -> Element:
    """Return (7) with a task mean: ūūᵀ + α²BᵀΘB + (α²/m_in)Bᵀ[eeᵀ + Θ + (‖e‖² + σ̄²)I]B, as we state it."""
    words = mean_alphabet()
    e, head = e or error(), head or mean_head()
    B, alpha = words.letter("B"), words.scalar("alpha")
    noise = words.sqnorm(e) + words.scalar("sigma_bar_sq")
    spread = e @ e.T + task_spread() + noise * words.eye("d")
    return head @ head.T + alpha**2 * (B.T @ (task_spread() + spread / words.scalar("m_in")) @ B)


@functools.cache
def mean_direction(letter: str) -> Element:
    """Return a block of the mean first-order direction with a task mean, from first principles."""
    direction = outer_direction(paper_alphabet())
    return averaged(direction.B if letter == "B" else direction.w, "out", "in")


def stated_direction(letter: str, mean: int = 1, square: int = 1, moment: Element | None = None) -> Element:
    """Return minus the claim's update over β; `mean` and `square` multiply its terms in μ⋆wᵀ (μ⋆) and μ⋆μ⋆ᵀ."""
    words = mean_alphabet()
    B, w, B_star, mu = (words.letter(name) for name in ("B", "w", "B_star", "mu"))
    alpha = words.scalar("alpha")
    deflated = words.eye("k_prime") - alpha * (B.T @ B)
    if letter == "w":
        return deflated @ B.T @ (B @ w - mean * (B_star @ mu))
    pulled = words.letter("Sigma_star") + square * (mu @ mu.T)
    pull = mean * (B_star @ mu @ w.T @ deflated) + alpha * (B_star @ pulled @ B_star.T @ B)
    return B @ (moment or second_moment()) - pull


def rank_one_gap(weight: int = 1, head: Element | None = None) -> Element:
    """Return what the direction of B has beyond BE[wᵢwᵢᵀ] − αΘB, plus B⋆μ⋆ūᵀ: zero, so it is one rank-one term."""
    words = mean_alphabet()
    B = words.letter("B")
    plain = B @ second_moment() - words.scalar("alpha") * (task_spread() @ B)
    extra = words.letter("B_star") @ words.letter("mu") @ (head or mean_head()).T
    return mean_direction("B") - plain + weight * extra


def centred_gap(letter: str, mean: Element | None = None) -> Element:
    """Return the direction at μ⋆ = 0 minus the one of (5)-(6): zero. `mean` may be another value of μ⋆."""
    words = mean_alphabet()
    there = mean_direction(letter).substitute({"mu": words.zeros("k", "1") if mean is None else mean})
    plain = mean_outer_direction()
    return there - (plain.B if letter == "B" else plain.w).into(words)


# The loss ------------------------------------------------------------------------------------------


@functools.cache
def objective() -> Element:
    """Return L_ANIL with a task mean, from first principles."""
    words = paper_alphabet()
    letters = words.letter("B_star"), words.letter("w_star")
    adapted = adapted_expected_loss(
        words, theta(words), sample(words, "in"), words.scalar("alpha"), *letters, words.scalar("sigma_sq")
    )
    return averaged(adapted, "in")


def shifted_objective(sign: int = -1) -> Element:
    """Return the L_ANIL of centred tasks with Bw − B⋆μ⋆ in place of Bw; `sign` multiplies B⋆μ⋆.

    L_ANIL is a function of B and v = Bw: it is evaluated at w̃ with the relation Bw̃ = Bw ∓ B⋆μ⋆.
    """
    words = mean_alphabet()
    B, w = words.letter("B"), words.letter("w")
    there = words.letter("B") @ words.letter("w_adapted")
    renamed = anil_objective().into(words).substitute({"w": words.letter("w_adapted")})
    shifted = words.with_rule(there, B @ w + sign * (words.letter("B_star") @ words.letter("mu")))
    return words.element(renamed.shape, renamed.into(shifted).terms)


def landscape() -> tuple[Element, Element, Element, Element]:
    """Return M = αBBᵀ, M⋆ = B⋆Σ⋆K⁻¹B⋆ᵀ, K = (1 + 1/m_in)Θ + (σ̄²/m_in)I on ℝᵈ, and L⋆."""
    words = mean_alphabet()
    B, B_star, Sigma = words.letter("B"), words.letter("B_star"), words.letter("Sigma_star")
    m = words.scalar("m_in")
    M = words.scalar("alpha") * (B @ B.T)
    M_star = B_star @ Sigma @ words.letter("K_inverse") @ B_star.T
    K = (1 + 1 / m) * task_spread() + words.scalar("sigma_bar_sq") / m * words.eye("d")
    least = words.trace(task_spread()) - words.trace(M_star @ task_spread()) + words.scalar("sigma_sq")
    return M, M_star, K, least / 2


def loss_gap(weight: int = 1, e: Element | None = None) -> Element:
    """Return ‖(I−M)e‖² + (‖Me‖² + Tr(M²)‖e‖²)/m_in + Tr((M−M⋆)K(M−M⋆)), twice L_ANIL − L⋆; `weight` its last term's."""
    words = mean_alphabet()
    M, M_star, K, _ = landscape()
    e, m = e or error(), words.scalar("m_in")
    spread = words.sqnorm(M @ e) + words.sqnorm(M) * words.sqnorm(e)
    return words.sqnorm(e - M @ e) + spread / m + weight * words.trace((M - M_star) @ K @ (M - M_star))


def gap_identity(weight: int = 1, e: Element | None = None) -> Element:
    """Return L_ANIL − L⋆ − loss_gap/2: zero."""
    return objective() - landscape()[3] - loss_gap(weight, e) / 2


def theory(*dropped: str) -> Theory:
    """Return the theory of the loss: m_in > 0, σ̄² ≥ 0 and Σ⋆ ⪰ 0, less what is dropped by name."""
    words = mean_alphabet()
    m, variance = (words.scalar(name).coefficient() for name in ("m_in", "sigma_bar_sq"))
    scalars = {"m_in": more_than(m), "variance": at_least(variance)}
    assumptions = tuple(relation for name, relation in scalars.items() if name not in dropped)
    matrices = {} if "Σ⋆ ⪰ 0" in dropped else {"Σ⋆ ⪰ 0": words.letter("Sigma_star")}
    return Theory(words, assumptions, matrices)


def never_below(T: Theory, weight: int = 1, sign: int = 1) -> list[Fact]:
    """Derive 0 ≤ L_ANIL − L⋆ at every (B, w): four squares; `weight`, `sign` make false versions."""
    words, e = T.words, error()
    M, M_star, K, least = landscape()
    m, half = words.scalar("m_in"), (words.constant(1) / 2).coefficient()
    per_row = half / m.coefficient()
    total = T.sum(
        T.scale(T.congruence(T.hypothesis("Σ⋆ ⪰ 0"), words.letter("B_star"), "0 ⪯ Θ"), (1 + 1 / m).coefficient()),
        T.scale(T.square(words.eye("d")), (words.scalar("sigma_bar_sq") / m).coefficient()),
    )
    spread = T.restate(total, K, "0 ⪯ K")
    off = T.trace(T.congruence(spread, M - M_star, "0 ⪯ (M−M⋆)K(M−M⋆)"))
    parts = (
        T.scale(T.restate(T.square((e - M @ e).T), words.sqnorm(e - M @ e)), half),
        T.scale(T.restate(T.square((M @ e).T), words.sqnorm(M @ e)), per_row),
        T.scale(T.product(T.trace(T.square(M)), T.square(e.T)), per_row),
        T.scale(off, half),
    )
    return [T.restate(T.sum(*parts), weight * objective() - sign * least, "L_ANIL never falls below L⋆")]


# The limit point -----------------------------------------------------------------------------------


def limit_words(head: int = 1, shrunk: bool = True) -> Alphabet:
    """Return the alphabet with B = B⋆C understood and αCCᵀ = Σ⋆K⁻¹, Cw = μ⋆; false versions by the arguments."""
    words = mean_alphabet()
    C, w, mu = words.letter("C"), words.letter("w"), words.letter("mu")
    inner = words.letter("Sigma_star") @ words.letter("K_inverse") if shrunk else words.eye("k")
    there = words.with_rule(C @ C.T, inner / words.scalar("alpha"))
    return there.with_rule(C @ w, head * mu)


def at_limit(element: Element, there: Alphabet) -> Element:
    """Return an element at B = B⋆C, under the relations of the limit point."""
    words = mean_alphabet()
    placed = element.substitute({"B": words.letter("B_star") @ words.letter("C")})
    return placed.into(there)


def direction_at_limit(letter: str, head: int = 1, shrunk: bool = True) -> Element:
    """Return a block of the mean direction at the limit point: zero."""
    return at_limit(mean_direction(letter), limit_words(head, shrunk))


def loss_at_limit(head: int = 1, shrunk: bool = True) -> Element:
    """Return L_ANIL − L⋆ at the limit point: zero."""
    there = limit_words(head, shrunk)
    return at_limit(objective() - landscape()[3], there)


# N fixed tasks -------------------------------------------------------------------------------------


def of_degree(element: Element, letter: str, degree: int) -> Element:
    """Return the terms of an element in which a letter occurs so often."""
    kept = {
        (traces, word): c
        for (traces, word), c in element.terms.items()
        if sum(name == letter for part in (*traces, word) for name, _ in part) == degree
    }
    return element.alphabet.element(element.shape, kept)


@functools.cache
def fixed_task_direction(letter: str) -> Element:
    """Return the mean over features and noise of one fixed task's direction, w⋆,i a letter."""
    words = mean_alphabet()
    direction = outer_direction(paper_alphabet())
    found = (direction.B if letter == "B" else direction.w).into(words)
    return expectation(found, *data_laws(words, "out", "in"))


def beyond_quadratic(letter: str, degrees: tuple[int, ...] = (0, 1, 2)) -> Element:
    """Return the terms of a fixed task's direction of other degrees in w⋆,i: none."""
    found = fixed_task_direction(letter)
    for degree in degrees:
        found = found - of_degree(fixed_task_direction(letter), "w_star", degree)
    return found


def averaged_over_tasks(letter: str) -> Element:
    """Return (1/N)Σ_i of the fixed tasks' directions: linear in w⋆,i and w⋆,iw⋆,iᵀ, so they become μ_N and S_N."""
    words = mean_alphabet()
    found = fixed_task_direction(letter)
    linear = of_degree(found, "w_star", 1).substitute({"w_star": words.letter("mu")})
    square = expectation(of_degree(found, "w_star", 2), Centred("w_star", words.letter("S")))
    return of_degree(found, "w_star", 0) + linear + square


def finite_gap(letter: str, mean: int = 1, square: int = 1) -> Element:
    """Return the average over N fixed tasks minus the update for the law of mean μ_N and covariance Σ_N: zero.

    S_N = Σ_N + μ_Nμ_Nᵀ; `mean` and `square` multiply μ_N in the law, and μ_Nμ_Nᵀ in S_N.
    """
    words = mean_alphabet()
    mu = words.letter("mu")
    second = words.letter("Sigma_star") + square * (mu @ mu.T)
    there = mean_direction(letter).substitute({"mu": mean * mu})
    return averaged_over_tasks(letter).substitute({"S": second}) - there
