"""Section 4: at k′ = d the principal angle says nothing, and singular values of B_t have a floor only at k′ = k.

The distance of two subspaces of different dimensions needs a convention. With Y an orthonormal basis of B's columns it
is ‖B⋆,⊥ᵀY‖, which is 1 whenever rank B > k; with the roles exchanged, ‖(I − YYᵀ)B⋆‖, it is 0 at k′ = d.
"""

from __future__ import annotations

import functools

from foanil.decisions import at_least, more_than
from foanil.inequalities import Fact, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.one_step import one_step
from proofs.thm_1_explicit_constants import Limits

ANGLE = ("sec-4-principal-angle",)
CONTROL = ("sec-4-singular-value-control",)
SUFFICES = ("sec-4-angle-suffices-well-specified",)

# The angle -----------------------------------------------------------------------------------------


@functools.cache
def angle_alphabet(whole: bool, orthonormal: bool) -> Alphabet:
    """Return the alphabet of B⋆, B⋆,⊥ and Y (d×k′, YᵀY = I unless not `orthonormal`); `whole`: k′ = d, YYᵀ = I.

    The unit vector x (k′×1) has B⋆ᵀYx = 0: there is one whenever k′ > k.
    """
    letters = (
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("B_star_perp", ("d", "d-k"), latex=r"B_{\star,\perp}"),
        Letter("Y", ("d", "k_prime")),
        Letter("x", ("k_prime", "1")),
        Letter("v", ("k_prime", "1")),
    )
    bare = alphabet(("d", "k", "k_prime"), letters, {"k_prime": "k'"})
    B_star, B_perp, Y, x = (bare.letter(name) for name in ("B_star", "B_star_perp", "Y", "x"))
    words = (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(B_perp.T @ B_perp, bare.eye("d-k"))
        .with_rule(B_perp.T @ B_star, bare.zeros("d-k", "k"))
        .with_rule(B_perp @ B_perp.T, bare.eye("d") - B_star @ B_star.T)
        .with_rule(B_star.T @ Y @ x, bare.zeros("k", "1"))
        .with_trace(x @ x.T, bare.constant(1))
    )
    if orthonormal:
        words = words.with_rule(Y.T @ Y, bare.eye("k_prime"))
    return words.with_rule(Y @ Y.T, bare.eye("d")) if whole else words


def whole_width(convention: str = "complement", whole: bool = True) -> Element:
    """Return (B⋆,⊥ᵀY)(B⋆,⊥ᵀY)ᵀ − I, so that the distance is 1, or (I − YYᵀ)B⋆ with the roles exchanged: both zero."""
    words = angle_alphabet(whole, True)
    B_star, B_perp, Y = (words.letter(name) for name in ("B_star", "B_star_perp", "Y"))
    if convention == "exchanged":
        return B_star - Y @ (Y.T @ B_star)
    basis = B_star if convention == "subspace" else B_perp
    seen = basis.T @ Y
    return seen @ seen.T - (words.eye(seen.shape[0]) if convention != "none" else words.zeros("d-k", "d-k"))


def attained(vector: str = "x", orthonormal: bool = True, length: int = 1) -> Element:
    """Return ‖B⋆,⊥ᵀYx‖² − 1 for the unit vector x with B⋆ᵀYx = 0: zero, so the distance is 1 whenever rank B > k.

    Mutants take any vector "v", any Y, or another length.
    """
    words = angle_alphabet(False, orthonormal)
    seen = words.letter("B_star_perp").T @ words.letter("Y") @ words.letter(vector)
    return words.sqnorm(seen) - length


def at_most_one(orthonormal: bool = True, bound: int = 1, other: bool = False) -> list[Proved]:
    """Derive YᵀB⋆,⊥B⋆,⊥ᵀY ⪯ I: the distance is never above 1. `other` puts B⋆ for B⋆,⊥ on one side only."""
    words = angle_alphabet(False, orthonormal)
    T = Theory(words, (), {})
    B_star, B_perp, Y = (words.letter(name) for name in ("B_star", "B_star_perp", "Y"))
    seen = B_star.T @ Y if other else B_perp.T @ Y
    stated = bound * words.eye("k_prime") - seen.T @ seen
    return [T.restate(T.square(Y.T @ B_star, "0 ⪯ YᵀB⋆B⋆ᵀY"), stated, "the distance is at most 1")]


# Singular values -----------------------------------------------------------------------------------


@functools.cache
def no_complement(toward: str = "complement", invertible: bool = True) -> Element:
    """Return B⋆,⊥ᵀB − (B⋆,⊥ᵀY)R for B = YR, or (B⋆,⊥ᵀB)R⁻¹ − B⋆,⊥ᵀY: zero, so each of the two vanishes with the other.

    R (k′×k′) has an inverse when rank B = k′, as at k′ = k; a mutant lacks it.
    """
    size = ("k_prime", "k_prime")
    bare = angle_alphabet(False, True).declaring(Letter("R", size), Letter("R_inverse", size, latex="R^{-1}"))
    R, inverse = bare.letter("R"), bare.letter("R_inverse")
    words = bare.with_rule(R @ inverse, bare.eye("k_prime")) if invertible else bare
    seen = (words.letter("B_star_perp").T @ words.letter("Y")).into(words)
    B = words.letter("Y") @ words.letter("R")
    complement = words.letter("B_star_perp").T @ B
    if toward == "complement":
        return complement - seen @ words.letter("R")
    return complement @ words.letter("R_inverse") - seen


def control_alphabet(case: str) -> Alphabet:
    """Return the alphabet of C and D: "wide" with a unit vector x, Cx = 0; "square" with R = C⁻¹; else with neither.

    The cases are k′ > k and k′ = k, never both: Cx = 0 and RC = I would contradict each other.
    """
    letters = (
        Letter("C", ("k", "k_prime")),
        Letter("D", ("d-k", "k_prime")),
        Letter("x", ("k_prime", "1")),
        Letter("R", ("k_prime", "k"), latex="C^{-1}"),
    )
    scalars = ("d", "k", "k_prime", "ell", "delta", "lam")
    bare = alphabet(scalars, letters, {"k_prime": "k'", "ell": r"\ell", "delta": r"\delta"})
    C, x, R = (bare.letter(name) for name in ("C", "x", "R"))
    if case == "wide":
        return bare.with_rule(C @ x, bare.zeros("k", "1")).with_trace(x @ x.T, bare.constant(1))
    if case == "square":
        return bare.with_rule(C @ R, bare.eye("k")).with_rule(R @ C, bare.eye("k_prime"))
    return bare


def control(case: str, *dropped: str) -> Theory:
    """Return the theory ‖DDᵀ‖ ≤ δ, δ ≥ 0, CCᵀ ⪰ ℓI, ℓ > 0, less what is dropped by name."""
    words = control_alphabet(case)
    C, D, ell, delta = words.letter("C"), words.letter("D"), words.scalar("ell"), words.scalar("delta")
    scalars = {"δ ≥ 0": at_least(delta.coefficient()), "ℓ > 0": more_than(ell.coefficient())}
    bounds = {"‖DDᵀ‖ ≤ δ": delta * words.eye("d-k") - D @ D.T, "CCᵀ ⪰ ℓI": C @ C.T - ell * words.eye("k")}
    assumptions = tuple(relation for name, relation in scalars.items() if name not in dropped)
    return Theory(words, assumptions, {name: bound for name, bound in bounds.items() if name not in dropped})


def gram(words: Alphabet) -> Element:
    """Return CᵀC + DᵀD = αBᵀB."""
    C, D = words.letter("C"), words.letter("D")
    return C.T @ C + D.T @ D


def ceiling(T: Theory, share: int = 1) -> Fact:
    """Derive α‖Bx‖² ≤ δ for the unit vector x in the kernel of C: the least singular value is at most ‖D‖."""
    words = T.words
    x, delta = words.letter("x"), words.scalar("delta")
    below = T.flip(T.hypothesis("‖DDᵀ‖ ≤ δ"), words.letter("D").T, "DᵀD ⪯ δI")
    stated = delta - share * (x.T @ gram(words) @ x)
    return T.restate(T.congruence(below, x.T), stated, "α‖Bx‖² ≤ δ: the least singular value of B vanishes with D")


def floor(T: Theory, share: int = 1) -> Fact:
    """Derive αBᵀB ⪰ ℓI at k′ = k, where C has an inverse R: the singular values of B are at least those of C."""
    words = T.words
    C, D, R = words.letter("C"), words.letter("D"), words.letter("R")
    ell = words.scalar("ell").coefficient()
    inverted = T.scale(T.congruence(T.hypothesis("CCᵀ ⪰ ℓI"), R), 1 / ell)
    turned = T.flip(inverted, R.T, "R RᵀR ⪯ I/ℓ, by R = C⁻¹")
    own = T.scale(T.congruence(turned, C.T, "CᵀC ⪰ ℓI"), ell)
    stated = gram(words) - share * words.constant(ell) * words.eye("k_prime")
    return T.restate(T.sum(own, T.square(D.T)), stated, "αBᵀB ⪰ ℓI: the singular values of B have a floor")


def wide(T: Theory | None = None, share: int = 1) -> list[Proved]:
    """Derive for k′ > k: at every t the least singular value is at most ‖D_t‖, which tends to 0."""
    return [ceiling(T or control("wide"), share), Limits(one_step()).complement_vanishes]


def square(T: Theory | None = None, share: int = 1) -> list[Proved]:
    """Derive for k′ = k: BᵀB has C's floor, C_t keeps its rank, and αΛ_t → x⋆I."""
    limits = Limits(one_step())
    return [floor(T or control("square"), share), limits.rank_kept, limits.gram_floored, limits.gram_converges]


# Derivations and checks ----------------------------------------------------------------------------


def angle_derivation() -> Derivation:
    """Return the derivation of the distance, in both conventions."""
    words = angle_alphabet(True, True)
    seen = words.letter("B_star_perp").T @ words.letter("Y")
    premises = (
        "$B_\\star^{\\top}B_\\star = I_k$",
        "$B_\\star B_\\star^{\\top} + B_{\\star,\\perp}B_{\\star,\\perp}^{\\top} = I_d$",
        "$Y$ an orthonormal basis of the columns of $B$; $YY^{\\top} = I_d$ at $k' = d$",
        "$x$ a unit vector with $B_\\star^{\\top}Yx = 0$: one exists whenever $\\mathrm{rank}\\, B \\gt k$",
    )
    return (
        proof("The principal angle at full width", ANGLE, premises, *at_most_one())
        .then(
            "YYᵀ = I",
            "At k′ = d every singular value of B⋆,⊥ᵀY is 1.",
            r"B_{\star,\perp}^{\top}YY^{\top}B_{\star,\perp}",
            seen @ seen.T,
        )
        .then("the same", "That minus I.", r"\Delta", whole_width())
        .then(
            "YYᵀ = I",
            "With the roles exchanged the distance is 0.",
            r"(I - YY^{\top})B_\star",
            whole_width("exchanged"),
        )
        .then(
            "B⋆ᵀYx = 0",
            "For rank B > k the bound 1 is attained.",
            r"\lVert B_{\star,\perp}^{\top}Yx \rVert^2 - 1",
            attained(),
        )
    )


def control_derivation() -> Derivation:
    """Return the derivation of both halves: vanishing at k′ > k, a floor at k′ = k."""
    premises = (
        "the hypotheses of Theorem 1, with explicit constants",
        "$C = \\sqrt\\alpha B_\\star^{\\top}B$, $D = \\sqrt\\alpha B_{\\star,\\perp}^{\\top}B$",
        "$k' \\gt k$: $x$ a unit vector in the kernel of $C_t$",
        "$k' = k$: $C_t$ has an inverse, its rank being kept",
    )
    title = "Lower bounds on the singular values exist at k′ = k only"
    return proof(title, CONTROL, premises, *wide(), *square())


def suffices_derivation() -> Derivation:
    """Return the derivation that at k′ = k an angle of zero leaves no complement, and conversely."""
    premises = (
        "$B = YR$, $Y^{\\top}Y = I$, $R$ invertible: $\\mathrm{rank}\\, B = k' = k$",
        "the distance is $\\lVert B_{\\star,\\perp}^{\\top}Y \\rVert$; at $k' = k$ both conventions agree",
    )
    return (
        Derivation("At k′ = k an angle of zero leaves no complement", SUFFICES, premises)
        .then(
            "B = YR",
            "Distance 0 gives no complement.",
            r"B_{\star,\perp}^{\top}B - (B_{\star,\perp}^{\top}Y)R",
            no_complement(),
        )
        .then(
            "RR⁻¹ = I",
            "No complement gives distance 0.",
            r"(B_{\star,\perp}^{\top}B)R^{-1} - B_{\star,\perp}^{\top}Y",
            no_complement("distance"),
        )
    )


DERIVATIONS = (angle_derivation, control_derivation, suffices_derivation)

_ANY = "every d, k < d, Y"

CHECKS = (
    zero_check(
        "at full width the distance to the subspace is 1",
        ANGLE,
        "k′ = d, every d and k < d, every Y",
        whole_width,
        {
            "below full width": lambda: whole_width(whole=False),
            "a distance of 0": lambda: whole_width("none"),
            "below full width, the roles exchanged": lambda: whole_width("exchanged", whole=False),
        },
    ),
    zero_check(
        "above rank k the distance 1 is attained",
        ANGLE,
        _ANY + ", k′ > k",
        attained,
        {
            "any vector": lambda: attained("v"),
            "Y not orthonormal": lambda: attained(orthonormal=False),
            "a distance of √2": lambda: attained(length=2),
        },
    ),
    proof_check(
        "the distance to the subspace is at most 1",
        ANGLE,
        _ANY,
        at_most_one,
        {
            "Y not orthonormal": lambda: at_most_one(orthonormal=False),
            "at most 0": lambda: at_most_one(bound=0),
            "the subspace for its complement": lambda: at_most_one(other=True),
        },
    ),
    zero_check(
        "at the exact width an angle of zero leaves no complement, and conversely",
        SUFFICES,
        "k′ = k, rank B = k, every d > k",
        lambda: no_complement() if not no_complement().is_zero() else no_complement("distance"),
        {
            "R not invertible": lambda: no_complement("distance", invertible=False),
            "at full width": lambda: whole_width("none"),
            "any rank above k": lambda: attained("v"),
        },
    ),
    proof_check(
        "for k′ > k the least singular value of B_t tends to 0",
        CONTROL,
        "every d, k < k′ ≤ d, m_in ≥ 1 and state of the region",
        wide,
        {
            "any vector": lambda: wide(control("neither")),
            "half the ceiling": lambda: wide(share=2),
            "D not bounded": lambda: wide(control("wide", "‖DDᵀ‖ ≤ δ")),
            "any δ": lambda: wide(control("wide", "δ ≥ 0")),
        },
    ),
    proof_check(
        "for k′ = k the singular values of B_t have a floor",
        CONTROL,
        "every d, k = k′ < d, m_in ≥ 1 and state of the region",
        square,
        {
            "no inverse": lambda: square(control("neither")),
            "k′ > k": lambda: square(control("wide")),
            "twice the floor": lambda: square(share=2),
            "C not bounded below": lambda: square(control("square", "CCᵀ ⪰ ℓI")),
            "any ℓ": lambda: square(control("square", "ℓ > 0")),
        },
    ),
)
