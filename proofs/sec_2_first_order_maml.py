"""Section 2.2.1: first-order MAML, whose inner loop moves B too: its mean step, and that it is FO-ANIL's at w = 0."""

from __future__ import annotations

import functools

from foanil.evidence import Check
from foanil.first_principles import Parameters, Sample, first_order_direction, gradient
from foanil.gaussian_moments import Gaussian, expectation
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Element, Term
from proofs.derivation import EVERY_SIZE, Derivation, zero_check
from proofs.expectations import PREMISES, data_laws, mean_outer_direction, outer_direction, sample, task_law, theta
from proofs.sec_2_first_order_gradient import block

ENTANGLED = ("sec-2-maml-entangled",)
HEADLESS = ("new-fo-maml-equals-fo-anil",)
CUBES = "third moments of $w_\\star$ zero, as for every symmetric law (FO-ANIL needs no such hypothesis)"


def inner_step(theta: Parameters, inner: Sample, alpha: Element) -> Parameters:
    """Return MAML's inner loop, (2) with ∇_θ for ∇_w: both blocks take one gradient step on the inner sample."""
    slope = gradient(theta, inner)
    return Parameters(theta.B - alpha * slope.B, theta.w - alpha * slope.w)


@functools.cache
def moved() -> Parameters:
    """Return (B_{t,i}, w_{t,i}) after MAML's inner loop, in the data."""
    words = paper_alphabet()
    return inner_step(theta(words), sample(words, "in"), words.scalar("alpha"))


@functools.cache
def maml_direction() -> Parameters:
    """Return one task's first-order direction of MAML: ∇L̂ on the outer sample at (B_{t,i}, w_{t,i})."""
    return gradient(moved(), sample(paper_alphabet(), "out"))


def tangled_direction(letter: str, moving: bool = True) -> Element:
    """Return the claim's direction given the inner sample: (Bᵢwᵢ − B⋆w⋆)wᵢᵀ, or Bᵢᵀ(Bᵢwᵢ − B⋆w⋆).

    With `moving` false the outer B replaces B_{t,i}.
    """
    words = paper_alphabet()
    B = moved().B if moving else words.letter("B")
    residual = B @ moved().w - words.letter("B_star") @ words.letter("w_star")
    direction: Element = residual @ moved().w.T if letter == "B" else B.T @ residual
    return direction


def outer_mean(letter: str) -> Element:
    """Return the mean over the outer sample of MAML's direction."""
    return expectation(block(maml_direction(), letter), *data_laws(paper_alphabet(), "out"))


# The mean over tasks -------------------------------------------------------------------------------


def degree_in(term: Term, letter: str) -> int:
    """Return how often a letter occurs in a term."""
    traces, word = term
    return sum(name == letter for part in (*traces, word) for name, _ in part)


def cubic_part(element: Element) -> Element:
    """Return the terms that are cubic in w⋆: their mean takes third moments, which Assumption 1 leaves open."""
    kept = {term: c for term, c in element.terms.items() if degree_in(term, "w_star") == 3}
    return element.alphabet.element(element.shape, kept)


def mean_without_cubes(element: Element) -> Element:
    """Return the mean over inner data and tasks when the third moments of w⋆ vanish.

    Terms cubic in z need no hypothesis: they are odd in X.
    """
    words = paper_alphabet()
    return expectation(element - cubic_part(element), *data_laws(words, "in"), task_law(words))


@functools.cache
def mean_direction(letter: str) -> Element:
    """Return the mean over tasks of FO-MAML's direction, third moments of w⋆ zero."""
    return mean_without_cubes(outer_mean(letter))


def third_moments(letter: str) -> Element:
    """Return the mean over X of what is cubic in w⋆, w⋆ kept as a letter: FO-MAML sees the task law's skewness."""
    return expectation(cubic_part(outer_mean(letter)), Gaussian("X_in"))


def entanglement(letter: str) -> Element:
    """Return the mean direction of FO-MAML minus FO-ANIL's, third moments of w⋆ zero; not zero unless w is."""
    return mean_direction(letter) - block(mean_outer_direction(), letter)


def entanglement_by_motion(letter: str, moving: int = 1) -> Element:
    """Return the same difference from δ = B_{t,i} − B alone.

    It is E[δwᵢwᵢᵀ], and E[δᵀ(Bwᵢ − B⋆w⋆) + Bᵀδwᵢ + δᵀδwᵢ]; `moving` multiplies δ.
    """
    words = paper_alphabet()
    B, head = words.letter("B"), moved().w
    delta = moving * (moved().B - B)
    residual = B @ head - words.letter("B_star") @ words.letter("w_star")
    in_head = delta.T @ residual + B.T @ delta @ head + delta.T @ delta @ head
    return mean_without_cubes(delta @ head @ head.T if letter == "B" else in_head)


# Without a head ------------------------------------------------------------------------------------


def headless(element: Element) -> Element:
    """Return an element at w = 0."""
    return element.substitute({"w": paper_alphabet().zeros("k_prime", "1")})


def sample_gap(letter: str, alpha: int = 1, at_rest: bool = True) -> Element:
    """Return FO-MAML's direction minus FO-ANIL's for one sample, at w = 0 if asked; `alpha` multiplies FO-ANIL's."""
    words = paper_alphabet()
    step = alpha * words.scalar("alpha")
    anil = block(first_order_direction(theta(words), sample(words, "in"), sample(words, "out"), step), letter)
    gap = block(maml_direction(), letter) - anil
    return headless(gap) if at_rest else gap


def representation_motion(at_rest: bool = True) -> Element:
    """Return B_{t,i} − B, at w = 0 if asked."""
    motion = moved().B - paper_alphabet().letter("B")
    return headless(motion) if at_rest else motion


def mean_head_direction(at_rest: bool = True, centred: bool = True, independent: bool = True) -> Element:
    """Return the mean of FO-MAML's head direction at w = 0, from the first moments of w⋆ and z alone."""
    words = paper_alphabet()
    direction = maml_direction().w if not at_rest else headless(maml_direction().w)
    if not independent:
        direction = direction.substitute({"z_out": words.letter("X_out") @ words.letter("u")})
    laws = data_laws(words, "out", "in")
    if at_rest:
        return expectation(direction, *laws, *((task_law(words),) if centred else ()))
    return mean_without_cubes(expectation(direction, *laws[:2]))


# Derivations and checks ----------------------------------------------------------------------------


def derivation(letter: str) -> Derivation:
    """Return the derivation of FO-MAML's mean direction, and of what it has beyond FO-ANIL's."""
    name = {"B": "representation", "w": "head"}[letter]
    return (
        Derivation(f"The {name} of first-order MAML", ENTANGLED, (*PREMISES, CUBES))
        .then("definition", "The inner loop moves the representation.", "B_{t,i}", moved().B)
        .then("definition", "It moves the head as in (4).", "w_{t,i}", moved().w)
        .then(
            "Isserlis; independence",
            r"The direction, its mean over the outer sample, then over inner sample and task.",
            rf"\mathbb{{E}}[\nabla_{letter} \hat L_i(B_{{t,i}}, w_{{t,i}})]",
            mean_direction(letter),
        )
        .then(
            "the same for FO-ANIL",
            f"FO-ANIL's has {len(block(mean_outer_direction(), letter).terms)} words, FO-MAML's "
            f"{len(mean_direction(letter).terms)}; the difference:",
            r"\Delta",
            entanglement(letter),
        )
        .then(
            "pairings of X only",
            r"Beyond that, for a skewed task law: what is cubic in $w_\star$, to be averaged over tasks.",
            r"\Delta_3",
            third_moments(letter),
        )
        .then("w = 0", r"Without a head the difference vanishes.", r"\Delta|_{w = 0}", headless(entanglement(letter)))
    )


def headless_derivation() -> Derivation:
    """Return the derivation that FO-MAML is FO-ANIL at w = 0, for every sample."""
    return (
        Derivation("Without a head, first-order MAML is FO-ANIL", HEADLESS, ("$w_t = 0$", "no law is needed"))
        .then("definition", "How far the inner loop moves B.", "B_{t,i} - B_t", representation_motion(at_rest=False))
        .then("w = 0", r"Each word contains $w^{\top}$.", "B_{t,i} - B_t", representation_motion())
        .then("substitution", "The direction of B at w = 0.", r"\nabla_B \hat L_i", headless(maml_direction().B))
        .then("subtraction", "FO-ANIL's subtracted.", r"\Delta_B", sample_gap("B"))
        .then("subtraction", "The same for the head.", r"\Delta_w", sample_gap("w"))
        .then(
            "first moments",
            r"For $N = \infty$ the head's mean direction is zero, so that $w_t = 0$ for ever and the two methods have "
            "the same trajectory.",
            r"\mathbb{E}[\nabla_w \hat L_i]",
            mean_head_direction(),
        )
    )


DERIVATIONS = (functools.partial(derivation, "B"), functools.partial(derivation, "w"), headless_derivation)


def checks(letter: str, name: str) -> tuple[Check, ...]:
    """Return the checks for one block of parameters."""

    def tangled(moving: bool = True) -> Element:
        return outer_mean(letter) - tangled_direction(letter, moving)

    def anil_outer_mean() -> Element:
        words = paper_alphabet()
        return expectation(block(outer_direction(words), letter), *data_laws(words, "out"))

    def apart(moving: int = 1) -> Element:
        return entanglement(letter) - entanglement_by_motion(letter, moving)

    return (
        zero_check(
            f"FO-MAML's direction has the moved representation in it, {name}",
            ENTANGLED,
            EVERY_SIZE + ", every inner sample",
            tangled,
            {
                "the representation not moved": lambda: tangled(moving=False),
                "FO-ANIL's direction": lambda: anil_outer_mean() - tangled_direction(letter),
                "the outer gradient doubled": lambda: 2 * outer_mean(letter) - tangled_direction(letter),
            },
        ),
        zero_check(
            f"what FO-MAML's mean direction has beyond FO-ANIL's comes from the motion of B, {name}",
            ENTANGLED,
            EVERY_SIZE + ", third moments of w⋆ zero",
            apart,
            {
                "no motion": lambda: apart(0),
                "motion uphill": lambda: apart(-1),
                "twice the motion": lambda: apart(2),
            },
        ),
        zero_check(
            f"FO-MAML's mean direction is FO-ANIL's at w = 0, {name}",
            (*ENTANGLED, *HEADLESS),
            EVERY_SIZE + ", w = 0",
            lambda: headless(entanglement(letter) + third_moments(letter)),
            {
                "with a head": lambda: entanglement(letter),
                "with a head, skewed tasks": lambda: third_moments(letter),
                "the head at rest, B moved as with one": lambda: (
                    headless(mean_direction(letter)) - block(mean_outer_direction(), letter)
                ),
            },
        ),
        zero_check(
            f"one sample's direction of FO-MAML is FO-ANIL's at w = 0, {name}",
            HEADLESS,
            "every d, k, k′, sample size, X, z, w⋆ and B; w = 0",
            lambda: sample_gap(letter),
            {
                "with a head": lambda: sample_gap(letter, at_rest=False),
                "FO-ANIL's inner step uphill": lambda: sample_gap(letter, -1),
                "FO-ANIL without its inner step": lambda: sample_gap(letter, 0),
            },
        ),
    )


CHECKS = (
    *checks("B", "representation"),
    *checks("w", "head"),
    zero_check(
        "the inner loop of MAML leaves B at w = 0",
        HEADLESS,
        "every d, k, k′, sample size, X, z, w⋆ and B; w = 0",
        representation_motion,
        {
            "with a head": lambda: representation_motion(at_rest=False),
            "the head moves": lambda: headless(moved().w),
            "B set to zero": lambda: headless(moved().B),
        },
    ),
    zero_check(
        "for infinitely many tasks w = 0 stays 0, so that both methods have one trajectory",
        HEADLESS,
        EVERY_SIZE + ", N = ∞, w = 0",
        mean_head_direction,
        {
            "with a head": lambda: mean_head_direction(at_rest=False),
            "tasks of nonzero mean": lambda: mean_head_direction(centred=False),
            "noise that depends on the features": lambda: mean_head_direction(independent=False),
        },
    ),
)
