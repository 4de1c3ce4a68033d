"""Section 4: a diagonal Σ⋆ is no restriction. Rotating the basis of the shared subspace changes nothing but names.

B⋆ → B⋆Q, w⋆ → Qᵀw⋆, Σ⋆ → QᵀΣ⋆Q for an orthogonal Q leaves labels, (5)-(7), L_ANIL and the complement as they are, and
turns Λ and Λ⋆ into QᵀΛQ and QᵀΛ⋆Q. By the spectral theorem some Q makes QᵀΣ⋆Q diagonal.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

from foanil.evidence import Check
from foanil.paper_alphabet import limit_alphabet, paper_alphabet, total_task_variance
from foanil.words import Alphabet, Element, Letter
from proofs import general_covariance_turns
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, zero_check
from proofs.expectations import adapted_second_moment, mean_outer_direction, outer_direction, sample, theta

CLAIM = ("sec-4-diagonal-wlog",)
SCOPE = EVERY_SIZE + ", every orthogonal Q"


@functools.cache
def rotated_alphabet(orthogonal: bool) -> Alphabet:
    """Return the alphabet with K⁻¹ and a letter Q, k×k, orthogonal unless a mutant wants it arbitrary."""
    words = limit_alphabet()
    letters = {**words.letters, "Q": Letter("Q", ("k", "k"), latex="Q")}
    wider = replace(words, letters=letters)
    if not orthogonal:
        return wider
    Q = wider.letter("Q")
    return wider.with_rule(Q.T @ Q, wider.eye("k")).with_rule(Q @ Q.T, wider.eye("k"))


def rotation(words: Alphabet) -> dict[str, Element]:
    """Return what B⋆, w⋆, Σ⋆ and K⁻¹ turn into."""
    Q, B_star, w_star, Sigma, inverse = (
        words.letter(name) for name in ("Q", "B_star", "w_star", "Sigma_star", "K_inverse")
    )
    return {
        "B_star": B_star @ Q,
        "w_star": Q.T @ w_star,
        "Sigma_star": Q.T @ Sigma @ Q,
        "K_inverse": Q.T @ inverse @ Q,
    }


def change(element: Element, *, orthogonal: bool = True, only: tuple[str, ...] = ()) -> Element:
    """Return an element after the rotation minus before: zero for what is invariant.

    A mutant may take any matrix Q, or rotate only the letters named.
    """
    words = rotated_alphabet(orthogonal)
    turned = {name: value for name, value in rotation(words).items() if not only or name in only}
    before = element.into(words)
    return before.substitute(turned) - before


def turning(element: Element, *, transposed: bool = False, orthogonal: bool = True) -> Element:
    """Return a k×k element after the rotation minus Qᵀ(before)Q: zero for what turns with the basis."""
    words = rotated_alphabet(orthogonal)
    Q = words.letter("Q").T if transposed else words.letter("Q")
    before = element.into(words)
    return before.substitute(rotation(words)) - Q.T @ before @ Q


def invariants() -> Mapping[str, Element]:
    """Return what the rotation leaves alone: labels, one task's direction, the terms of (5)-(7), and L_ANIL."""
    words = paper_alphabet()
    mean, one_task = mean_outer_direction(), outer_direction(words)
    return {
        "labels of a task": sample(words, "in").y,
        "one task's direction, representation": one_task.B,
        "one task's direction, head": one_task.w,
        "second moment of (7)": adapted_second_moment(),
        "mean direction of (6)": mean.B,
        "L_ANIL": anil_objective(),
    }


def limit_gram() -> Element:
    """Return αΛ⋆ = Σ⋆K⁻¹. Shape (k, k), degree 0."""
    words = limit_alphabet()
    return words.letter("Sigma_star") @ words.letter("K_inverse")


def covariants() -> Mapping[str, Element]:
    """Return what turns with the basis: Λ = B⋆ᵀBBᵀB⋆, αΛ⋆, and K."""
    words = limit_alphabet()
    projected = words.letter("B_star").T @ theta(words).B
    return {"Λ": projected @ projected.T, "αΛ⋆": limit_gram(), "K": total_task_variance(words)}


def basis_gap(length: int = 1, *, orthogonal: bool = True) -> Element:
    """Return (B⋆Q)ᵀB⋆Q − I: zero, so B⋆Q is a basis of the same subspace. `length` multiplies Q."""
    words = rotated_alphabet(orthogonal)
    basis = length * (words.letter("B_star") @ words.letter("Q"))
    return basis.T @ basis - words.eye("k")


def inverse_gap(turned: str = "both", *, orthogonal: bool = True) -> Element:
    """Return K(QᵀΣ⋆Q)·QᵀK⁻¹Q − I: zero. `turned` names what is turned: "both", "K" alone or "inverse" alone."""
    words = rotated_alphabet(orthogonal)
    values = rotation(words)
    K, inverse = total_task_variance(limit_alphabet()).into(words), words.letter("K_inverse")
    left = K if turned == "inverse" else K.substitute({"Sigma_star": values["Sigma_star"]})
    return left @ (inverse if turned == "K" else values["K_inverse"]) - words.eye("k")


def derivation() -> Derivation:
    """Return the derivation: what the rotation does to each object."""
    words = rotated_alphabet(True)
    turned = rotation(words)
    found = Derivation(
        "A diagonal covariance is no restriction",
        CLAIM,
        ("$Q^{\\top}Q = QQ^{\\top} = I_k$", "$\\Sigma_\\star = Q\\,\\mathrm{diag}\\,Q^{\\top}$ for some such $Q$"),
    )
    for name, element in turned.items():
        found = found.then("rotation of the basis", "A letter turns.", words.letters[name].latex, element)
    found = found.then("QᵀQ = I", "B⋆Q is orthonormal.", r"(B_\star Q)^{\top}B_\star Q - I", basis_gap())
    for name, element in invariants().items():
        found = found.then("QQᵀ = I", f"The change in: {name}.", r"\Delta", change(element))
    for name, element in covariants().items():
        found = found.then(
            "QQᵀ = I", f"What turns with the basis, minus the turned: {name}.", r"\Delta", turning(element)
        )
    return found


DERIVATIONS = (derivation, *general_covariance_turns.DERIVATIONS)


def invariance_check(name: str, element: Element) -> Check:
    """Return the check that the rotation leaves an object alone."""
    only: dict[str, Callable[[], Element]] = {
        "only B⋆ rotated": lambda: change(element, only=("B_star",)),
        "only w⋆ and Σ⋆ rotated": lambda: change(element, only=("w_star", "Sigma_star")),
    }
    return zero_check(
        f"unchanged by a rotation of the basis: {name}",
        CLAIM,
        SCOPE,
        lambda: change(element),
        only | {"Q not orthogonal": lambda: change(element, orthogonal=False)},
    )


def covariance_check(name: str, element: Element) -> Check:
    """Return the check that an object turns with the basis."""
    words = rotated_alphabet(True)
    return zero_check(
        f"turned by a rotation of the basis: {name}",
        CLAIM,
        SCOPE,
        lambda: turning(element),
        {
            "turned the other way": lambda: turning(element, transposed=True),
            "not turned": lambda: change(element),
            "turned from one side": lambda: (
                element.into(words).substitute(rotation(words)) - words.letter("Q").T @ element.into(words)
            ),
        },
    )


CHECKS = (
    *(invariance_check(name, element) for name, element in invariants().items()),
    *(covariance_check(name, element) for name, element in covariants().items()),
    zero_check(
        "a rotated basis is orthonormal",
        CLAIM,
        SCOPE,
        basis_gap,
        {
            "Q not orthogonal": lambda: basis_gap(orthogonal=False),
            "Q of length two": lambda: basis_gap(2),
            "no basis": lambda: basis_gap(0),
        },
    ),
    zero_check(
        "the inverse of K turns with the basis",
        CLAIM,
        SCOPE,
        inverse_gap,
        {
            "Q not orthogonal": lambda: inverse_gap(orthogonal=False),
            "only K turned": lambda: inverse_gap("K"),
            "only the inverse turned": lambda: inverse_gap("inverse"),
        },
    ),
)
