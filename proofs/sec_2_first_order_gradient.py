"""Section 2.2.1: (5)-(6) follow the exact gradient of (1) but for its second-order terms, which are exhibited."""

from __future__ import annotations

import functools
from collections.abc import Callable

from foanil.evidence import Check
from foanil.first_principles import (
    Parameters,
    Sample,
    expected_loss,
    gradient,
    inner_step,
    second_order_direction,
    task_sample,
)
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Element
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, zero_check
from proofs.expectations import PREMISES, data_laws, mean_outer_direction, outer_direction, sample, task_law, theta

CLAIM = ("sec-2-first-order-gradient",)
BLOCKS = ("B", "w")
HEAD_HELD = {"B": "B", "w": "w_adapted"}
"""The letter of a block → the letter to differentiate L_i by, the adapted head being a letter of its own."""


def block(parameters: Parameters, letter: str) -> Element:
    """Return the block of the parameters that a letter names: "B" or "w"."""
    found: Element = getattr(parameters, letter)
    return found


def adapted() -> Parameters:
    """Return θ′ = (B, w_{t,i}) with the adapted head a letter: held fixed when something is differentiated."""
    words = paper_alphabet()
    return Parameters(words.letter("B"), words.letter("w_adapted"))


def task_gradient(letter: str) -> Element:
    """Return a block of ∇L_i(θ′), the gradient of the expected loss of a task, degree 3/2."""
    words = paper_alphabet()
    loss = expected_loss(words, adapted(), words.letter("B_star"), words.letter("w_star"), words.scalar("sigma_sq"))
    derivative: Element = loss.gradient(HEAD_HELD[letter])
    return derivative


def outer_sample_gradient(letter: str) -> Element:
    """Return the mean over the outer sample of a block of ∇L̂_i(θ′), degree 3/2."""
    words = paper_alphabet()
    return expectation(block(gradient(adapted(), sample(words, "out")), letter), *data_laws(words, "out"))


def all_rows() -> Sample:
    """Return the sample of all m rows, which (1) uses as printed."""
    words = paper_alphabet()
    return task_sample(
        words.letter("X"), words.scalar("m"), words.letter("B_star"), words.letter("w_star"), words.letter("z")
    )


def frozen_gradient(letter: str, inner: Sample | None = None, signed: int = 1) -> Element:
    """Return a block of E[∇L_i(θ′) at θ′ = θ_{t,i}]: the gradient of (1), the inner step not differentiated.

    `signed` multiplies the inner step size.
    """
    words = paper_alphabet()
    head = inner_step(theta(words), inner or sample(words, "in"), signed * words.scalar("alpha")).w
    whole = Gaussian("X"), Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    laws = (*data_laws(words, "in"), *whole, task_law(words))
    return expectation(task_gradient(letter).substitute({"w_adapted": head}), *laws)


@functools.cache
def full_direction() -> Parameters:
    """Return the mean over tasks of the direction of (3) in full, second-order factor included."""
    words = paper_alphabet()
    found = second_order_direction(theta(words), sample(words, "in"), sample(words, "out"), words.scalar("alpha"))
    laws = (*data_laws(words, "out", "in"), task_law(words))
    return Parameters(expectation(found.B, *laws), expectation(found.w, *laws))


def left_out(letter: str) -> Element:
    """Return a block of ∇L_ANIL − E[∇L̂_i(θ_{t,i})]: the second-order terms, not zero."""
    return anil_objective().gradient(letter) - block(mean_outer_direction(), letter)


def chain_rule_terms(letter: str) -> Element:
    """Return a block of E[(Ĥ_{t,i} − I)∇L_i(θ_{t,i})], by the product rule, the inner step alone differentiated.

    For u = ∇_wL_i(θ_{t,i}) held fixed, it is the gradient of u·w_{t,i}(θ) less its part through w itself, which Ĥ's
    identity already has.
    """
    words = paper_alphabet()
    inner, alpha = sample(words, "in"), words.scalar("alpha")
    head = inner_step(theta(words), inner, alpha).w
    along = words.trace(words.letter("head_gradient").T @ (head - words.letter("w")))
    held = task_gradient("w").substitute({"w_adapted": head})
    derivative: Element = along.gradient(letter).substitute({"head_gradient": held})
    return expectation(derivative, *data_laws(words, "in"), task_law(words))


def derivation(letter: str) -> Derivation:
    """Return the derivation for one block: direction, its mean, the gradient of (1), and the difference."""
    one_task = block(outer_direction(paper_alphabet()), letter)
    name = {"B": "representation", "w": "head"}[letter]
    return (
        Derivation(
            f"The direction of the {name} is the gradient of (1) without second-order terms",
            CLAIM,
            ("(1) with $m_{\\mathrm{in}}$ rows in the inner sample", "(3) with $\\hat H = I$", *PREMISES),
        )
        .then("definition", "One task's direction.", rf"\nabla_{letter} \hat L_i", one_task)
        .then(
            "independent outer sample",
            r"Its mean over the outer sample at $\theta' = \theta_{t,i}$ held fixed is the gradient of $L_i$.",
            rf"\nabla_{letter} L_i(\theta')",
            task_gradient(letter),
        )
        .then(
            "Isserlis; independence",
            r"The mean of that gradient at $\theta' = \theta_{t,i}$: the direction of (5)-(6).",
            rf"\mathbb{{E}}[\nabla_{letter} L_i(\theta_{{t,i}})]",
            frozen_gradient(letter),
        )
        .then(
            "gradient of traces",
            r"$L_{\mathrm{ANIL}}$ in closed form, differentiated: every second-order term is in it.",
            rf"\nabla_{letter} L_{{\mathrm{{ANIL}}}}",
            anil_objective().gradient(letter),
        )
        .then("subtraction", "What the first-order method leaves out.", r"\Delta", left_out(letter))
    )


DERIVATIONS = (functools.partial(derivation, "B"), functools.partial(derivation, "w"))


def checks(letter: str, name: str) -> tuple[Check, ...]:
    """Return the four checks for one block of parameters."""
    there, frozen = functools.partial(outer_sample_gradient, letter), functools.partial(frozen_gradient, letter)
    first, full = (functools.partial(_mean, make, letter) for make in (mean_outer_direction, full_direction))
    task, missing = functools.partial(task_gradient, letter), functools.partial(left_out, letter)
    chained = functools.partial(chain_rule_terms, letter)

    def objective() -> Element:
        return anil_objective().gradient(letter)

    def wrong_task() -> Element:
        return there() - task().substitute({"w_star": -paper_alphabet().letter("w_star")})

    first_order: dict[str, Callable[[], Element]] = {
        "the second-order factor kept": lambda: full() - frozen(),
        "the inner step uphill": lambda: first() - frozen(signed=-1),
        "no inner step": lambda: first() - frozen(signed=0),
    }
    if letter == "B":
        first_order["all m rows in the inner sample, as (1) is printed"] = lambda: first() - frozen(all_rows())
    return (
        zero_check(
            f"mean outer gradient is the gradient of the expected loss, {name}",
            CLAIM,
            EVERY_SIZE,
            lambda: there() - task(),
            {
                "the task's output with the wrong sign": wrong_task,
                "the expected loss without its half": lambda: there() - 2 * task(),
                "the outer gradient summed over its rows": lambda: paper_alphabet().scalar("m_out") * there() - task(),
            },
        ),
        zero_check(
            f"first-order direction is the gradient of (1) at a frozen inner step, {name}",
            CLAIM,
            EVERY_SIZE,
            lambda: first() - frozen(),
            first_order,
        ),
        zero_check(
            f"the full direction of (3) is the gradient of L_ANIL, {name}",
            CLAIM,
            EVERY_SIZE,
            lambda: full() - objective(),
            {
                "the second-order factor dropped": missing,
                "L_ANIL not halved": lambda: full() - 2 * objective(),
                "the gradient of the other sign": lambda: full() + objective(),
            },
        ),
        zero_check(
            f"what is left out is the derivative of the inner step, {name}",
            CLAIM,
            EVERY_SIZE,
            lambda: missing() - chained(),
            {
                "nothing left out": missing,
                "left out twice": lambda: missing() - 2 * chained(),
                "left out with the other sign": lambda: missing() + chained(),
            },
        ),
    )


def _mean(make: Callable[[], Parameters], letter: str) -> Element:
    return block(make(), letter)


def commutator() -> Element:
    """Return (1 + 1/m_in)α²(ΘH − HΘ)B with Θ = B⋆Σ⋆B⋆ᵀ and H = BBᵀ. Shape (d, k′), degree 3/2."""
    words = paper_alphabet()
    B, B_star, alpha = words.letter("B"), words.letter("B_star"), words.scalar("alpha")
    Theta, H = B_star @ words.letter("Sigma_star") @ B_star.T, B @ B.T
    return (1 + 1 / words.scalar("m_in")) * alpha**2 * ((Theta @ H - H @ Theta) @ B)


def headless_gap(share: int = 2, turning: int = 1, at_rest: bool = True) -> Element:
    """Return ∇_B L_ANIL − share·E[∇_B L̂_i] − turning·(1 + 1/m_in)α²[Θ, BBᵀ]B, at w = 0 if asked.

    Zero at w = 0 for share = 2, turning = 1: without a head, (6) descends (1) itself where BBᵀ and Θ commute.
    """
    words = paper_alphabet()
    gap: Element = anil_objective().gradient("B") - share * mean_outer_direction().B - turning * commutator()
    return gap.substitute({"w": words.zeros("k_prime", "1")}) if at_rest else gap


HEADLESS = zero_check(
    "without a head the gradient of L_ANIL is twice the first-order direction plus a commutator",
    CLAIM,
    EVERY_SIZE + ", w = 0",
    headless_gap,
    {
        "the first-order direction once": lambda: headless_gap(1),
        "without the commutator": lambda: headless_gap(turning=0),
        "the commutator reversed": lambda: headless_gap(turning=-1),
        "with a head": lambda: headless_gap(at_rest=False),
    },
)

CHECKS = (*checks("B", "representation"), *checks("w", "head"), HEADLESS)
