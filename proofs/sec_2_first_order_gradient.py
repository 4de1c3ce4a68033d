"""Section 2.2.1: (5)-(6) follow the exact gradient of (1), its second-order terms left out; what they leave out."""

from __future__ import annotations

import functools

from foanil.first_principles import (
    Parameters,
    expected_loss,
    first_order_direction,
    gradient,
    inner_step,
    second_order_direction,
)
from foanil.gaussian_moments import expectation
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, zero_check
from proofs.expectations import (
    PREMISES,
    data_laws,
    mean_outer_direction,
    outer_direction,
    sample,
    task_law,
    theta,
)

CLAIM = ("sec-2-first-order-gradient",)
BLOCKS = ("B", "w")


def block(parameters: Parameters, letter: str) -> Element:
    """Return the block of the parameters that a letter names: "B" or "w"."""
    found: Element = getattr(parameters, letter)
    return found


def expected_task_loss() -> Element:
    """Return L_i at (B, w_{t,i}), the adapted head a letter of its own. Degree 2."""
    words = paper_alphabet()
    there = Parameters(words.letter("B"), words.letter("w_adapted"))
    loss: Element = expected_loss(
        words, there, words.letter("B_star"), words.letter("w_star"), words.scalar("sigma_sq")
    )
    return loss


def gradient_there(letter: str) -> Element:
    """Return ∇L_i at θ′ = (B, w_{t,i}), the adapted head held fixed: the block of B or of w."""
    return expected_task_loss().gradient({"B": "B", "w": "w_adapted"}[letter])


def direction_there(letter: str) -> Element:
    """Return the mean over the outer sample of ∇L̂_i at (B, w_{t,i}), the adapted head held fixed."""
    words = paper_alphabet()
    there = Parameters(words.letter("B"), words.letter("w_adapted"))
    return expectation(block(gradient(there, sample(words, "out")), letter), *data_laws(words, "out"))


def frozen_gradient(letter: str, steps: str = "alpha", part: str = "in") -> Element:
    """Return E[∇L_i(θ′) at θ′ = θ_{t,i}]: the gradient of (1) when the inner step is not differentiated."""
    words = paper_alphabet()
    adapted = inner_step(theta(words), sample(words, part), words.scalar(steps)).w
    return expectation(gradient_there(letter).substitute({"w_adapted": adapted}), *data_laws(words, part), _tasks())


def _tasks(words: Alphabet | None = None) -> object:
    return task_law(words or paper_alphabet())
