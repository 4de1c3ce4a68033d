"""Assumption 1 and the definitions (1)-(3), (9), (10), (12): satisfiable, well-typed, homogeneous, transcribed once.

A definition cannot be proved. What can go wrong is its transcription and its hypotheses: each transcribed definition
is compared with an independently typed one, and the independence that Assumption 1 leaves unsaid is shown to matter.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from foanil import first_principles, formal
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.first_principles import Parameters, Sample
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, words_check, zero_check
from proofs.expectations import adapted_head, adapted_second_moment, data_laws, sample, task_law, theta

# Independently typed definitions -------------------------------------------------------------------


def drawn_labels(part: str = "") -> Element:
    """Return the labels of a task, or of a new one (part "_test"), from the data model."""
    words = paper_alphabet()
    X, z = words.letter(f"X{part}"), words.letter(f"z{part}")
    B_star, w_star = words.letter("B_star"), words.letter("w_star")
    labels: Element = first_principles.task_sample(X, words.scalar("m"), B_star, w_star, z).y
    return labels


def loss_on_observations(head: str = "w") -> Element:
    """Return the empirical loss of (B, head) on observations (X, y)."""
    words = paper_alphabet()
    observations = Sample(words.letter("X"), words.letter("y"), words.scalar("m"))
    parameters = Parameters(words.letter("B"), words.letter(head))
    loss: Element = first_principles.empirical_loss(words, parameters, observations)
    return loss


def expected_loss_of_adapted_head() -> Element:
    """Return E over a fresh sample of the empirical loss of (B, w_{t,i}), by the moment engine: L_i of (1)."""
    words = paper_alphabet()
    fresh = sample(words, "out")
    loss = first_principles.empirical_loss(words, Parameters(words.letter("B"), words.letter("w_adapted")), fresh)
    return expectation(loss, *data_laws(words, "out"))


def anil_objective() -> Element:
    """Return L_ANIL of (1) in closed form: the expected loss after the inner step, averaged over data and tasks."""
    words = paper_alphabet()
    adapted = first_principles.adapted_expected_loss(
        words,
        theta(words),
        sample(words, "in"),
        words.scalar("alpha"),
        words.letter("B_star"),
        words.letter("w_star"),
        words.scalar("sigma_sq"),
    )
    return expectation(adapted, *data_laws(words, "in"), task_law(words))


def inner_update() -> Element:
    """Return the inner step with the gradient of the loss as a letter, from the definition of the step."""
    words = paper_alphabet()
    step = first_principles.outer_step(
        theta(words),
        Parameters(words.zeros("d", "k_prime"), words.letter("head_gradient")),
        words.scalar("alpha"),
    )
    head: Element = step.w
    return head


def outer_update() -> Element:
    """Return the outer step of B with the summed gradients as a letter, from the mean over N tasks."""
    words = paper_alphabet()
    mean = Parameters(words.letter("gradient_sum") / words.scalar("N"), words.zeros("k_prime", "1"))
    representation: Element = first_principles.outer_step(theta(words), mean, words.scalar("beta")).B
    return representation


def label_variance() -> Element:
    """Return the mean square of a label, E‖y‖²/m: σ̄² by definition of the data model."""
    words = paper_alphabet()
    new_task = sample(words, "out")
    total = words.sqnorm(new_task.y)
    variance: Element = expectation(total, *data_laws(words, "out"), task_law(words)) / new_task.m
    return variance


def split_representation() -> Element:
    """Return B = B⋆C + B⋆,⊥D in words."""
    words = paper_alphabet()
    return words.letter("B_star") @ words.letter("C") + words.letter("B_star_perp") @ words.letter("D")


def _blocks(name: str) -> Element:
    words = paper_alphabet()
    C, D, w = words.letter("C"), words.letter("D"), words.letter("w")
    output = words.letter("B_star") @ C @ w + words.letter("B_star_perp") @ D @ w
    return {"complement": D, "gram": C @ C.T, "output": output}[name]


# Checks --------------------------------------------------------------------------------------------


def typed_and_homogeneous(name: str, expected_degree: str) -> Callable[[Callable[..., Any]], Residual]:
    """Return the residual that a formula types with symbolic sizes and has one scaling degree, the expected one."""

    def residual(stated: Callable[..., Any]) -> Residual:
        try:
            found = str(formal.degree(formal.tree(stated)))
        except (formal.FormalShapeError, formal.InhomogeneousError) as error:
            return exact_residual(False, str(error), computed=expected_degree, stated=str(error))
        shown = f"{name} has scaling degree {found}"
        return exact_residual(found == expected_degree, shown, computed=expected_degree, stated=found)

    return residual


def _agreement(
    name: str,
    claims: tuple[str, ...],
    formula: str,
    derive: Callable[[], Element],
    at: Mapping[str, Element] | None = None,
) -> Check:
    return words_check(name, claims, formula, derive, method=Method.AGREEMENT, at=at)


DEGREES: Mapping[str, tuple[str, str]] = {
    "labels": ("def-tasks", "1"),
    "empirical_loss": ("def-empirical-loss", "2"),
    "adapted_test_loss": ("eq-1", "2"),
    "inner_update": ("eq-2", "1/2"),
    "outer_update": ("eq-3", "1/2"),
    "sigma_bar_sq": ("def-sigma-bar", "2"),
    "limit_complement": ("def-complement", "1/2"),
    "limit_head_output": ("eq-9", "1"),
    "gram": ("def-gram", "1"),
    "new_task_labels": ("eq-10", "1"),
    "burer_monteiro_term": ("eq-12", "2"),
}
"""Formula → (claim, scaling degree): labels have degree 1, losses 2, and B and w share one degree, 1/2 each."""

_SPLIT = {"B": split_representation()}


@functools.cache
def diversity_alphabet() -> Alphabet:
    """Return the alphabet of c, λ and a projection P (k×k)."""
    bare = alphabet(("c", "lam", "k"), (Letter("P", ("k", "k"), symmetric=True),), {"lam": r"\lambda"})
    return bare.with_rule(bare.letter("P") @ bare.letter("P"), bare.letter("P"))


def resolvent_gap(spread: int = 0, missing: int = 1) -> Element:
    """Return (Σ⋆ − λI)·I/(c − λ) − I for Σ⋆ = cI: zero, so no λ but c is an eigenvalue, and λ_max/λ_min = 1.

    A mutant adds a projection to Σ⋆, or leaves out c.
    """
    words = diversity_alphabet()
    c, lam, identity = words.scalar("c"), words.scalar("lam"), words.eye("k")
    covariance = missing * c * identity + spread * words.letter("P")
    return (covariance - lam * identity) / (c - lam) - identity


CHECKS = (
    zero_check(
        "under Assumption 1 the covariance has one eigenvalue",
        ("sec-4-task-diversity",),
        "every k, every c > 0",
        resolvent_gap,
        {
            "cI + P": lambda: resolvent_gap(spread=1),
            "cI − P": lambda: resolvent_gap(spread=-1),
            "2cI": lambda: resolvent_gap(missing=2),
        },
    ),
    _agreement("labels of a task", ("def-tasks",), "labels", drawn_labels),
    _agreement("empirical loss", ("def-empirical-loss", "def-network"), "empirical_loss", loss_on_observations),
    _agreement("expected loss of a task", ("eq-1",), "adapted_test_loss", expected_loss_of_adapted_head),
    words_check("L_ANIL in closed form by expectation", ("new-anil-loss",), "anil_loss", anil_objective),
    _agreement("inner update", ("eq-2",), "inner_update", inner_update),
    _agreement("outer update", ("eq-3",), "outer_update", outer_update),
    _agreement("σ̄² as the mean square of a label", ("def-sigma-bar",), "sigma_bar_sq", label_variance),
    _agreement(
        "complement of B⋆C + B⋆,⊥D", ("def-complement",), "limit_complement", lambda: _blocks("complement"), _SPLIT
    ),
    _agreement("head output of B⋆C + B⋆,⊥D", ("eq-9",), "limit_head_output", lambda: _blocks("output"), _SPLIT),
    _agreement("Gram matrix of B⋆C + B⋆,⊥D", ("def-gram",), "gram", lambda: _blocks("gram"), _SPLIT),
    _agreement("labels of a new task", ("eq-10",), "new_task_labels", lambda: drawn_labels("_test")),
    _agreement(
        "Burer–Monteiro term",
        ("eq-12",),
        "burer_monteiro_term",
        lambda: loss_on_observations("W") / (2 * paper_alphabet().scalar("N")),
    ),
    *(
        Check(
            f"types and scaling degree of {name}",
            (claim,),
            Method.EXACT,
            "symbolic sizes: shapes fit, and every sum adds terms of one scaling degree",
            name,
            typed_and_homogeneous(name, expected),
        )
        for name, (claim, expected) in DEGREES.items()
    ),
)


# Independence --------------------------------------------------------------------------------------


def dependence_gap() -> Element:
    """Return what (7) is off by when the noise is z = X^in u: centred, of variance ‖u‖² = σ², dependent on X.

    Not zero, so that independence of X and z is a hypothesis that Assumption 1 needs and does not state.
    """
    words = paper_alphabet()
    u = words.letter("u")
    relabelled = words.with_trace(u @ u.T, words.scalar("sigma_sq"))
    head = adapted_head(words).substitute({"z_in": words.letter("X_in") @ u})
    moment = expectation(head @ head.T, Gaussian("X_in"), Centred("w_star", words.letter("Sigma_star")))
    return (moment - adapted_second_moment()).into(relabelled)


def diversity_derivation() -> Derivation:
    """Return the derivation that Assumption 1 makes the tasks as diverse as can be."""
    claim = ("sec-4-task-diversity",)
    return Derivation("One eigenvalue", claim, (r"$\Sigma_\star = cI_k$", r"$\lambda \ne c$")).then(
        "Σ⋆ = cI",
        "The resolvent exists for every λ but c.",
        r"(\Sigma_\star - \lambda I)\,\frac{1}{c-\lambda}I - I",
        resolvent_gap(),
    )


DERIVATIONS = (diversity_derivation,)
