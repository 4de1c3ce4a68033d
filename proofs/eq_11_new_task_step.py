"""Equation (11): the test-time step from a point with B̂ŵ = 0, by differentiating the loss on the new task."""

from __future__ import annotations

import functools

from foanil import first_principles
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet
from proofs.derivation import Derivation, words_check
from proofs.expectations import sample, theta


@functools.cache
def learned_alphabet() -> Alphabet:
    """Return the paper's alphabet with (9)'s relation B̂ŵ = 0."""
    words = paper_alphabet()
    return words.with_rule(words.letter("B") @ words.letter("w"), words.zeros("d", "1"))


def derivation() -> Derivation:
    """Return the derivation of (11): loss on the new task, its gradient at B̂ŵ = 0, one step."""
    words = paper_alphabet()
    new_task = sample(words, "test")
    loss = first_principles.empirical_loss(words, theta(words), new_task)
    gradient = loss.gradient("w")
    learned = learned_alphabet()
    start = Derivation(
        "The test-time step",
        ("eq-11",),
        (
            "(9): $\\hat B\\hat w = 0$ (here $B$, $w$ stand for $\\hat B$, $\\hat w$)",
            "(10): $y = XB_\\star w_\\star + z$, $m_{\\mathrm{test}}$ rows",
        ),
    )
    return (
        start.then("definition", "The loss on the new task.", r"\hat L", loss)
        .then("gradient of a trace", "Its gradient in the head.", r"\nabla_w \hat L", gradient)
        .then("relation Bw = 0", "At the learned point.", r"\nabla_w \hat L", gradient.into(learned))
        .then(
            "one gradient step",
            "The step.",
            r"w_{\mathrm{test}}",
            learned.letter("w") - learned.scalar("alpha") * gradient.into(learned),
        )
    )


DERIVATIONS = (derivation,)

CHECKS = (
    words_check(
        "test-time step by differentiating the loss",
        ("eq-11",),
        "new_task_step",
        lambda: derivation().element(),
    ),
)
