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
from proofs.derivation import EVERY_SIZE, Derivation, proof, proof_check, zero_check
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
from proofs.sec_2_first_order_gradient import block

UPDATES = ("sec-4-mean-updates",)
FINITE = ("sec-4-finite-tasks-as-perturbed",)
MEAN_PREMISES = (
    *PREMISES[:2],
    "task parameter $w_\\star$ of mean $\\mu_\\star$ and covariance $\\Sigma_\\star$, any $\\Sigma_\\star$",
    *PREMISES[3:],
)
BLOCKS = (("B", "representation"), ("w", "head"))


@functools.cache
def mean_alphabet() -> Alphabet:
    """Return the paper's alphabet with letters for μ⋆, a task's deviation from it, K⁻¹ and S_N = (1/N)Σw⋆,iw⋆,iᵀ."""
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
    return averaged(block(direction, letter), "out", "in")


def stated_direction(letter: str, mean: int = 1, square: int = 1, moment: Element | None = None) -> Element:
    """Return minus the claim's update over β; `mean` and `square` multiply its terms in μ⋆wᵀ (μ⋆) and μ⋆μ⋆ᵀ."""
    words = mean_alphabet()
    B, w, B_star, mu = (words.letter(name) for name in ("B", "w", "B_star", "mu"))
    alpha = words.scalar("alpha")
    deflated = words.eye("k_prime") - alpha * (B.T @ B)
    if letter == "w":
        moved: Element = deflated @ B.T @ (B @ w - mean * (B_star @ mu))
        return moved
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
    return there - block(mean_outer_direction(), letter).into(words)


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
    M, M_star, _, least = landscape()
    m, half = words.scalar("m_in"), (words.constant(1) / 2).coefficient()
    per_row = half / m.coefficient()
    off = T.trace(T.congruence(_spread_is_psd(T), M - M_star, "0 ⪯ (M−M⋆)K(M−M⋆)"))
    parts = (
        T.scale(T.restate(T.square((e - M @ e).T), words.sqnorm(e - M @ e)), half),
        T.scale(T.restate(T.square((M @ e).T), words.sqnorm(M @ e)), per_row),
        T.scale(T.product(T.trace(T.square(M)), T.square(e.T)), per_row),
        T.scale(off, half),
    )
    return [T.restate(T.sum(*parts), weight * objective() - sign * least, "L_ANIL never falls below L⋆")]


def output_pinned(T: Theory, extra: int = 0) -> list[Fact]:
    """Derive ‖Bw − B⋆μ⋆‖²/(2(m_in + 1)) ≤ L_ANIL − L⋆, so Bw = B⋆μ⋆ at every minimum.

    ‖(I−M)e‖² + ‖Me‖²/m is ‖e‖²/(m+1) plus a square. `extra` is added to m + 1, for mutants.
    """
    words, e = T.words, error()
    M, M_star, _, least = landscape()
    m, half = words.scalar("m_in"), (words.constant(1) / 2).coefficient()
    centred = M @ e - m / (m + 1) * e
    off = T.trace(T.congruence(_spread_is_psd(T), M - M_star, "0 ⪯ (M−M⋆)K(M−M⋆)"))
    parts = (
        T.scale(T.restate(T.square(centred.T), words.sqnorm(centred)), half * ((m + 1) / m).coefficient()),
        T.scale(T.product(T.trace(T.square(M)), T.square(e.T)), half / m.coefficient()),
        T.scale(off, half),
    )
    stated = objective() - least - words.sqnorm(e) / (2 * (m + 1 + extra))
    return [T.restate(T.sum(*parts), stated, "an output off B⋆μ⋆ costs its square")]


def _spread_is_psd(T: Theory) -> Fact:
    words = T.words
    m, K = words.scalar("m_in"), landscape()[2]
    total = T.sum(
        T.scale(T.congruence(T.hypothesis("Σ⋆ ⪰ 0"), words.letter("B_star"), "0 ⪯ Θ"), (1 + 1 / m).coefficient()),
        T.scale(T.square(words.eye("d")), (words.scalar("sigma_bar_sq") / m).coefficient()),
    )
    return T.restate(total, K, "0 ⪯ K")


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
    return expectation(block(direction, letter).into(words), *data_laws(words, "out", "in"))


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


# Derivations ---------------------------------------------------------------------------------------


def updates_derivation() -> Derivation:
    """Return the derivation of both updates with a task mean."""
    words = mean_alphabet()
    head = adapted_head(paper_alphabet())
    return (
        Derivation("The updates with a task mean", UPDATES, MEAN_PREMISES)
        .then("Isserlis; independence", "The mean adapted head.", r"\bar u", averaged(head, "in"))
        .then(
            "Isserlis; independence",
            r"Its second moment: (7) with $e = Bw - B_\star\mu_\star$ for $Bw$.",
            r"\mathbb{E}[w_{t,i}w_{t,i}^{\top}]",
            averaged(head @ head.T, "in"),
        )
        .then("the same", "The direction of the head.", r"\mathbb{E}[\nabla_w \hat L_i]", mean_direction("w"))
        .then(
            "μ⋆ = 0 subtracted",
            "The extra term of the head's update, over β.",
            r"\Delta_w",
            mean_outer_direction().w.into(words) - mean_direction("w"),
        )
        .then("the same", "The direction of B.", r"\mathbb{E}[\nabla_B \hat L_i]", mean_direction("B"))
        .then(
            "BE[wᵢwᵢᵀ] − αΘB subtracted",
            r"The extra term of B's update, over β: $B_\star\mu_\star\bar u^{\top}$, of rank one.",
            r"\Delta_B",
            words.letter("B") @ second_moment()
            - words.scalar("alpha") * (task_spread() @ words.letter("B"))
            - mean_direction("B"),
        )
    )


def minimum_derivation() -> Derivation:
    """Return the derivation that Bw = B⋆μ⋆ at every minimum of L_ANIL, and that the limit point is one."""
    return (
        proof(
            "With a task mean, minima output it",
            UPDATES,
            MEAN_PREMISES,
            *never_below(theory()),
            *output_pinned(theory()),
        )
        .then("definition", "The output's error.", "e", error())
        .then("Isserlis; independence", r"$L_{\mathrm{ANIL}}$ with a task mean.", r"L_{\mathrm{ANIL}}", objective())
        .then("definition", "Its least value.", r"L_\star", landscape()[3])
        .then(
            "αCCᵀ = Σ⋆K⁻¹, Cw = μ⋆", "At B = B⋆C: the excess over L⋆.", r"L_{\mathrm{ANIL}} - L_\star", loss_at_limit()
        )
        .then("the same", "There w does not move.", r"\mathbb{E}[\nabla_w \hat L_i]", direction_at_limit("w"))
        .then("the same", "There B does not move.", r"\mathbb{E}[\nabla_B \hat L_i]", direction_at_limit("B"))
    )


def finite_derivation(letter: str) -> Derivation:
    """Return the derivation of the mean update over N fixed tasks."""
    return (
        Derivation(
            "N fixed tasks are a law of mean μ_N and covariance Σ_N",
            FINITE,
            (*PREMISES[:2], "$w_{\\star,1}, \\ldots, w_{\\star,N}$ fixed; fresh features and noise", PREMISES[4]),
        )
        .then(
            "Isserlis; independence",
            r"A fixed task's mean direction: of degree at most two in $w_{\star,i}$.",
            rf"\mathbb{{E}}[\nabla_{letter} \hat L_i \mid w_{{\star,i}}]",
            fixed_task_direction(letter),
        )
        .then(
            "linearity in $w_{\\star,i}$ and $w_{\\star,i}w_{\\star,i}^{\\top}$",
            r"The average over tasks, $S_N = \frac1N\sum_i w_{\star,i}w_{\star,i}^{\top}$.",
            rf"\tfrac1N\textstyle\sum_i \mathbb{{E}}[\nabla_{letter} \hat L_i]",
            averaged_over_tasks(letter),
        )
        .then(
            "$S_N = \\Sigma_N + \\mu_N\\mu_N^{\\top}$; subtraction",
            "That minus the direction for a law of this mean and covariance.",
            r"\Delta",
            finite_gap(letter),
        )
    )


DERIVATIONS = (
    updates_derivation,
    minimum_derivation,
    *(functools.partial(finite_derivation, letter) for letter, _ in BLOCKS),
)

# Checks --------------------------------------------------------------------------------------------


def update_check(letter: str, name: str) -> Check:
    """Return the check of the claim's update of one block."""

    def gap(mean: int = 1, square: int = 1) -> Element:
        return mean_direction(letter) - stated_direction(letter, mean, square)

    mutants: dict[str, Callable[[], Element]] = {
        "no mean": lambda: gap(mean=0),
        "the mean with the other sign": lambda: gap(mean=-1),
        "the updates of (5)-(6)": lambda: centred_gap(letter, mean_alphabet().letter("mu")),
    }
    if letter == "B":
        mutants |= {
            "no square of the mean": lambda: gap(square=0),
            "(7) as it is without a mean": lambda: (
                mean_direction("B") - stated_direction("B", moment=adapted_second_moment().into(mean_alphabet()))
            ),
        }
    return zero_check(f"update with a task mean, {name}", UPDATES, EVERY_SIZE, gap, mutants)


def centred_check(letter: str, name: str) -> Check:
    """Return the check that centred tasks give (5) or (6) back."""
    words = mean_alphabet()
    mu = words.letter("mu")
    return zero_check(
        f"without a task mean the update is that of (5)-(6), {name}",
        UPDATES,
        EVERY_SIZE,
        lambda: centred_gap(letter),
        {
            "any mean": lambda: centred_gap(letter, mu),
            "the opposite mean": lambda: centred_gap(letter, -mu),
            "a mean along Σ⋆": lambda: centred_gap(letter, words.letter("Sigma_star") @ mu),
        },
    )


def limit_check(letter: str, name: str) -> Check:
    """Return the check that one block is at rest at the limit point."""
    return zero_check(
        f"with a task mean the limit point is at rest, {name}",
        UPDATES,
        EVERY_SIZE + "; B = B⋆C, αCCᵀ = Σ⋆K⁻¹, Cw = μ⋆",
        lambda: direction_at_limit(letter),
        {
            "Bw = 0, as without a mean": lambda: direction_at_limit(letter, head=0),
            "Bw = 2B⋆μ⋆": lambda: direction_at_limit(letter, head=2),
            "Bw = −B⋆μ⋆": lambda: direction_at_limit(letter, head=-1),
        }
        | ({"no shrinkage": lambda: direction_at_limit("B", shrunk=False)} if letter == "B" else {}),
    )


def finite_checks(letter: str, name: str) -> tuple[Check, ...]:
    """Return the checks for N fixed tasks."""
    return (
        zero_check(
            f"a fixed task's mean direction is quadratic in its parameter, {name}",
            FINITE,
            EVERY_SIZE,
            lambda: beyond_quadratic(letter),
            {
                "no constant": lambda: beyond_quadratic(letter, (1, 2)),
                "no linear part": lambda: beyond_quadratic(letter, (0, 2)),
                "nothing": lambda: beyond_quadratic(letter, ()),
            },
        ),
        zero_check(
            f"N fixed tasks update as their empirical mean and covariance do, {name}",
            FINITE,
            EVERY_SIZE + ", every N and w⋆,1, …, w⋆,N",
            lambda: finite_gap(letter),
            {
                "no empirical mean": lambda: finite_gap(letter, mean=0),
                "the mean with the other sign": lambda: finite_gap(letter, mean=-1),
                "twice the mean": lambda: finite_gap(letter, mean=2),
            }
            | ({"the second moment for the covariance": lambda: finite_gap("B", square=0)} if letter == "B" else {}),
        ),
    )


def _moment_gap(e: Element | None = None, head: Element | None = None) -> Element:
    head_of_task = adapted_head(paper_alphabet())
    return averaged(head_of_task @ head_of_task.T, "in") - second_moment(e, head)


def _output() -> Element:
    words = mean_alphabet()
    return words.letter("B") @ words.letter("w")


CHECKS = (
    zero_check(
        "second moment of the adapted head with a task mean",
        UPDATES,
        EVERY_SIZE,
        _moment_gap,
        {
            "Bw in the noise": lambda: _moment_gap(e=_output()),
            "w for the mean adapted head": lambda: _moment_gap(head=mean_alphabet().letter("w")),
            "(7) without a mean": lambda: second_moment() - adapted_second_moment().into(mean_alphabet()),
        },
    ),
    *(update_check(letter, name) for letter, name in BLOCKS),
    *(centred_check(letter, name) for letter, name in BLOCKS),
    zero_check(
        "the extra term of the representation's update is B⋆μ⋆ūᵀ, of rank one",
        UPDATES,
        EVERY_SIZE,
        rank_one_gap,
        {
            "no extra term": lambda: rank_one_gap(0),
            "the other sign": lambda: rank_one_gap(-1),
            "w for the mean adapted head": lambda: rank_one_gap(head=mean_alphabet().letter("w")),
        },
    ),
    zero_check(
        "L_ANIL with a task mean is L_ANIL at Bw − B⋆μ⋆",
        UPDATES,
        EVERY_SIZE,
        lambda: objective() - shifted_objective(),
        {
            "no shift": lambda: objective() - shifted_objective(0),
            "the other sign": lambda: objective() - shifted_objective(1),
            "twice the shift": lambda: objective() - shifted_objective(-2),
        },
    ),
    zero_check(
        "gap of L_ANIL to L⋆ with a task mean",
        UPDATES,
        EVERY_SIZE,
        gap_identity,
        {
            "Bw for Bw − B⋆μ⋆": lambda: gap_identity(e=_output()),
            "the last term doubled": lambda: gap_identity(2),
            "the last term missing": lambda: gap_identity(0),
        },
    ),
    proof_check(
        "with a task mean L_ANIL is at least L⋆",
        UPDATES,
        "every size, B and w; m_in > 0, σ̄² ≥ 0, Σ⋆ ⪰ 0",
        lambda: never_below(theory()),
        {
            "half as low": lambda: never_below(theory(), weight=2),
            "a higher floor": lambda: never_below(theory(), sign=2),
            "any Σ⋆": lambda: never_below(theory("Σ⋆ ⪰ 0")),
            "any m_in": lambda: never_below(theory("m_in")),
            "any σ̄²": lambda: never_below(theory("variance")),
        },
    ),
    proof_check(
        "with a task mean every minimum of L_ANIL has Bw = B⋆μ⋆",
        UPDATES,
        "every size, B and w; m_in > 0, σ̄² ≥ 0, Σ⋆ ⪰ 0",
        lambda: output_pinned(theory()),
        {
            "1/m_in for 1/(m_in + 1)": lambda: output_pinned(theory(), extra=-1),
            "any Σ⋆": lambda: output_pinned(theory("Σ⋆ ⪰ 0")),
            "any m_in": lambda: output_pinned(theory("m_in")),
            "any σ̄²": lambda: output_pinned(theory("variance")),
        },
    ),
    zero_check(
        "with a task mean the limit point has the least L_ANIL",
        UPDATES,
        EVERY_SIZE + "; B = B⋆C, αCCᵀ = Σ⋆K⁻¹, Cw = μ⋆",
        loss_at_limit,
        {
            "Bw = 0, as without a mean": lambda: loss_at_limit(head=0),
            "Bw = 2B⋆μ⋆": lambda: loss_at_limit(head=2),
            "no shrinkage": lambda: loss_at_limit(shrunk=False),
        },
    ),
    *(limit_check(letter, name) for letter, name in BLOCKS),
    *(check for letter, name in BLOCKS for check in finite_checks(letter, name)),
)
