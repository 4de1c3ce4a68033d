"""Section 3.1: the rank of B_t when there is a head. Which directions stay lost, and for which starts none is.

A direction v with B_0v = 0 and w_0ᵀv = 0 stays so for ever. Near B_0 = 0 one step is linear, C ↦ CM_0 and
D ↦ D(M_0 − aI) with M_0 = (1 + a)I − aŵŵᵀ, and both factors are invertible: so for every head, det(B_tᵀB_t) is a
polynomial of B_0 that is not zero, and B_t has full rank for almost every B_0. At k′ = k rank(B⋆ᵀB_t) = k is enough.
"""

from __future__ import annotations

import functools

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, Fact, RefusedStepError, Theory
from foanil.words import Alphabet, Element, Letter
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.one_step import OneStep, Scalars, one_step, region
from proofs.thm_1_convergence import PREMISES
from proofs.thm_1_explicit_constants import EXPLICIT, Limits, entry, start_bounds, without

CLAIM = ("new-finite-time-full-rank",)
BLOCKS = {"C": r"C_+v", "D": r"D_+v", "w": r"\hat w_+^{\top}v"}

# Directions that stay lost -----------------------------------------------------------------------------


@functools.cache
def lost_alphabet(seen_by: str = "") -> Alphabet:
    """Return the dimensionless letters and v with Cv = 0, Dv = 0, ŵᵀv = 0; one that sees v after all, for mutants."""
    words = bare = dimensionless_alphabet().declaring(Letter("v", ("k_prime", "1")))
    v = bare.letter("v")
    for name, rows in (("C", "k"), ("D", "d-k")):
        if name != seen_by:
            words = words.with_rule(bare.letter(name) @ v, bare.zeros(rows, "1"))
    return words if seen_by == "w" else words.with_trace(v @ bare.letter("w").T, bare.zeros("1", "1"))


def lost(block: str, seen_by: str = "") -> Element:
    """Return C₊v, D₊v or ŵ₊ᵀv for a lost direction v: zero, so that Bv = 0 and wᵀv = 0 for ever."""
    words = lost_alphabet(seen_by)
    here = Iteration(words)
    after = {
        "C": here.C @ here.M,
        "D": here.D @ (here.M - here.scalar("a") * here.identity),
        "w": here.next_head.T,
    }
    return after[block] @ words.letter("v")


def first_left(seen_by: str = "") -> Element:
    """Return the first of C₊v, D₊v, ŵ₊ᵀv that is not zero, or the last."""
    found = [lost(block, seen_by) for block in BLOCKS]
    return next((element for element in found if not element.is_zero()), found[-1])


# Almost every start, for every head --------------------------------------------------------------------


def shrunk(element: Element, order: int) -> Element:
    """Return the coefficient of ε^order, order 0 or 1, when C and D are replaced by εC and εD."""
    words = element.alphabet
    epsilon = words.scalar("epsilon")
    path = element.substitute({name: epsilon * words.letter(name) for name in ("C", "D")})
    variable = epsilon.coefficient()
    terms = {t: (c.diff(variable) if order else c).subs(variable, 0) for t, c in path.terms.items()}
    return words.element(element.shape, terms)


def linear_gap(block: str, head: int = 1, grown: int = 1) -> Element:
    """Return the part linear in B of C₊ − CM_0 or D₊ − D(M_0 − aI), or ŵ₊ − ŵ at B = 0: zero.

    M_0 = (1 + a)I − aŵŵᵀ; mutants weigh ŵŵᵀ by `head` and aI by `grown`.
    """
    here = iteration()
    a, identity = here.scalar("a"), here.identity
    M_0 = (1 + grown * a) * identity - head * a * (here.w @ here.w.T)
    gaps = {
        "C": shrunk(here.C @ here.M, 1) - here.C @ M_0,
        "D": shrunk(here.D @ (here.M - a * identity), 1) - here.D @ (M_0 - a * identity),
        "w": shrunk(here.next_head, 0) - head * here.w,
    }
    return gaps[block]


def linear_parts(head: int = 1, grown: int = 1) -> Element:
    """Return the first of the three gaps that is not zero, or the last."""
    found = [linear_gap(block, head, grown) for block in BLOCKS]
    return next((element for element in found if not element.is_zero()), found[-1])


def invertible_factors(short: bool = True, small: bool = True) -> list[Decided]:
    """Derive M_0 − aI = I − aŵŵᵀ ⪰ (1 − aω)I and M_0 ⪰ (1 + a − aω)I, both invertible for aω < 1, ‖ŵ‖² ≤ ω."""
    here = iteration()
    x, one, identity = Scalars(here), here.words.field.one, here.identity
    outer = here.w @ here.w.T
    bound = here.scalar("omega") * (1 if short else 2) - here.w.T @ here.w
    sizes = (more_than(x.a), at_least(x.omega), *((more_than(one, x.a * x.omega),) if small else ()))
    T = Theory(here.words, sizes, {"‖ŵ‖² ≤ ω": bound})
    unit = T.square(identity)
    below = T.sum(T.rank_one(here.w, "ŵŵᵀ ⪯ ‖ŵ‖²I"), T.product(T.hypothesis("‖ŵ‖² ≤ ω"), unit))
    scaled, level = T.scale(below, x.a), here.words.constant(1 - x.a * x.omega) * identity
    complement = identity - here.scalar("a") * outer
    subspace = complement + here.scalar("a") * identity
    first = T.restate(scaled, complement - level, "I − aŵŵᵀ ⪰ (1 − aω)I")
    second = T.restate(scaled, subspace - level - here.scalar("a") * identity, "M_0 ⪰ (1 + a − aω)I")
    return [_strictly(T, first, complement), _strictly(T, second, subspace)]


def _strictly(T: Theory, fact: Fact, factor: Element) -> Decided:
    return T.strictly(fact, factor, "the factor is invertible")


def head_is_short(room: int = 1) -> list[Decided]:
    """Decide that the explicit hypotheses give aω < 1 at ω = 1; `room` multiplies it, for mutants."""
    here = iteration()
    x = Scalars(here)
    return entry(here, more=(more_than(here.words.field.one, room * x.a * x.omega),))


def almost_every_start() -> list[Proved]:
    """Derive full rank at every time, for every admissible head and almost every B_0."""
    left = linear_parts()
    if not left.is_zero():
        raise RefusedStepError(f"expected one step near B = 0 to be linear with the factors M_0 and M_0 − aI; {left}")
    statement = (
        r"\text{for every } w_0 \text{ and almost every } B_0: \quad \mathrm{rank}\,B_t = k' \text{ for every } t"
    )
    return [*head_is_short(), limits.by_lemma("zero set of a polynomial", statement, *invertible_factors())]


# The exact width ---------------------------------------------------------------------------------------


def signal_rank(step: OneStep | None = None) -> list[Proved]:
    """Derive rank(B⋆ᵀB_t) = k for every t: so rank B_t ≥ k, which is k′ at the exact width."""
    return [*start_bounds(), *entry(iteration()), Limits(step or one_step()).rank_kept]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "a direction that neither B_0 nor w_0 sees stays unseen",
        CLAIM,
        "every d, k, k′ and m_in, every step size; such a direction needs rank B_0 < k′",
        first_left,
        {
            "a direction that C sees": lambda: first_left("C"),
            "a direction that D sees": lambda: first_left("D"),
            "a direction that the head sees": lambda: first_left("w"),
        },
    ),
    zero_check(
        "one step near B = 0",
        CLAIM,
        "every d, k, k′ and m_in, every step size and head",
        linear_parts,
        {
            "without the head": lambda: linear_parts(head=0),
            "twice ŵŵᵀ": lambda: linear_parts(head=2),
            "C without its growth": lambda: linear_parts(grown=0),
        },
    ),
    proof_check(
        "full rank for every head and almost every B_0",
        CLAIM,
        EXPLICIT + "; B_0 with a density",
        almost_every_start,
        {
            "aω not below 1": lambda: invertible_factors(small=False),
            "‖ŵ‖² ≤ 2ω": lambda: invertible_factors(short=False),
            "4aω < 1": lambda: head_is_short(4),
        },
    ),
    proof_check(
        "rank B_t ≥ k, which is full rank at the exact width",
        CLAIM,
        EXPLICIT,
        signal_rank,
        {
            "without aE ⪯ I": lambda: signal_rank(without(region(iteration())[12])),
            "without a > 0": lambda: signal_rank(without(region(iteration())[0])),
            "without ḡ(1 + 2/m) ≤ 2": lambda: signal_rank(without(region(iteration())[10])),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of what a head does to the rank at finite times."""
    near_zero = (
        r"$M_0 = (1+a)I - a\hat w\hat w^{\top}$; from $\epsilon B$, as $\epsilon \to 0$: $C_t/\epsilon \to CM_0^t$, "
        r"$D_t/\epsilon \to D(M_0 - aI)^t$"
    )
    witness = (
        r"$CM_0^t$ and $D(M_0 - aI)^t$ can be any matrices, such as the rows of $I_{k'}$ and zero rows: so "
        r"$\det(B_t^{\top}B_t)$, a polynomial of $B_0$, is not zero at some $B_0$"
    )
    premises = (
        *PREMISES,
        r"a lost direction $v$: $Cv = 0$, $Dv = 0$, $\hat w^{\top}v = 0$",
        near_zero,
        witness,
    )
    claims = (*CLAIM, "sec-31-finite-time-full-rank")
    found = Derivation("The rank at finite times, with a head", claims, premises)
    for block, left in BLOCKS.items():
        found = found.then("identity of words", "A lost direction stays lost.", left, lost(block))
    gaps = {"C": r"[C_+ - CM_0]_1", "D": r"[D_+ - D(M_0 - aI)]_1", "w": r"[\hat w_+ - \hat w]_0"}
    for block, left in gaps.items():
        says = "One step near B = 0: nothing remains of the terms of this degree in B."
        found = found.then("lowest order in B", says, left, linear_gap(block))
    return found.extended(proof("", CLAIM, (), *almost_every_start(), *signal_rank()))


DERIVATIONS = (derivation,)
