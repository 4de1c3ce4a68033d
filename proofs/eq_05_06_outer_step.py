"""Equations (5) and (6): the outer step for infinitely many tasks, from (3) by expectation."""

from __future__ import annotations

from foanil.first_principles import Parameters, outer_step
from foanil.paper_alphabet import paper_alphabet
from proofs.derivation import Derivation, words_check
from proofs.expectations import (
    PREMISES,
    adapted_second_moment,
    mean_outer_direction,
    outer_direction,
    theta,
)

_THREE = r"(3) with $\hat H = I$: $\theta_{t+1} = \theta_t - \beta\,\mathbb{E}[\nabla_\theta \hat L_i(\theta_{t,i})]$"


def _stepped() -> Parameters:
    words = paper_alphabet()
    return outer_step(theta(words), mean_outer_direction(), words.scalar("beta"))


def head_derivation() -> Derivation:
    """Return the derivation of (5)."""
    words = paper_alphabet()
    direction, mean = outer_direction(words).w, mean_outer_direction().w
    return (
        Derivation("The outer step of the head", ("eq-5",), (_THREE, *PREMISES))
        .then("definition", "One task's direction, in the data.", r"\nabla_w \hat L_i", direction)
        .then(
            "Isserlis; independence",
            r"Its mean over $X$, $z$ and $w_\star$: every term with one $w_\star$ or one $z$ vanishes.",
            r"\mathbb{E}[\nabla_w \hat L_i]",
            mean,
        )
        .then("one step of (3)", "The step.", "w_{t+1}", _stepped().w)
    )


def representation_derivation() -> Derivation:
    """Return the derivation of (6), the second moment of the adapted head spelled out by Lemma 15."""
    words = paper_alphabet()
    direction, mean = outer_direction(words).B, mean_outer_direction().B
    return (
        Derivation("The outer step of the representation", ("eq-6",), (_THREE, *PREMISES))
        .then("definition", "One task's direction, in the data.", r"\nabla_B \hat L_i", direction)
        .then(
            "Isserlis; independence",
            r"Its mean over $X$, $z$ and $w_\star$, equal to "
            r"$B\,\mathbb{E}[w_{t,i}w_{t,i}^{\top}] - \alpha B_\star\Sigma_\star B_\star^{\top}B$.",
            r"\mathbb{E}[\nabla_B \hat L_i]",
            mean,
        )
        .then("one step of (3)", "The step.", "B_{t+1}", _stepped().B)
    )


DERIVATIONS = (head_derivation, representation_derivation)

CHECKS = (
    words_check("outer step of the head by expectation", ("eq-5",), "head_step", lambda: head_derivation().element()),
    words_check(
        "outer step of the representation by expectation",
        ("eq-6",),
        "representation_step",
        lambda: representation_derivation().element(),
        at={"second_moment": adapted_second_moment()},
    ),
)
