"""Equation (4): the inner step in closed form, from (2) and the loss, by differentiating the loss in words."""

from __future__ import annotations

from foanil import first_principles
from foanil.paper_alphabet import paper_alphabet
from proofs.derivation import Derivation, words_check
from proofs.expectations import sample, theta


def derivation() -> Derivation:
    """Return the derivation of (4): differentiate the empirical loss, insert the labels, take the step."""
    words = paper_alphabet()
    w, alpha = words.letter("w"), words.scalar("alpha")
    loss = first_principles.empirical_loss(words, theta(words), sample(words, "in"))
    gradient = loss.gradient("w")
    start = Derivation(
        "The inner step in closed form",
        ("eq-4",),
        (
            "(2): $w_{t,i} = w_t - \\alpha \\nabla_w \\hat L_i$ on the inner sample",
            "$\\hat L_i = \\frac{1}{2m}\\lVert y_i - X_i B w\\rVert^2$, $y_i = X_i B_\\star w_{\\star,i} + z_i$",
        ),
    )
    return (
        start.then("definition", "The loss on the inner sample, labels inserted.", r"\hat L_i", loss)
        .then("gradient of a trace", "Its gradient in the head.", r"\nabla_w \hat L_i", gradient)
        .then("one step of (2)", "The step.", "w_{t,i}", w - alpha * gradient)
    )


DERIVATIONS = (derivation,)

CHECKS = (
    words_check("inner step by differentiating the loss", ("eq-4",), "inner_step", lambda: derivation().element()),
)
