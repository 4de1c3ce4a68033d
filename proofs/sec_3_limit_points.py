"""Section 3: where the head ends. B_∞w_∞ = 0 at limit points; a head without output never moves; w_t → 0 at k′ = k.

At k′ = k the Gram matrix CᵀC is at least ℓI with ℓ > 0 in the end, so ‖ŵ‖² ≤ ŵᵀCᵀCŵ/ℓ ≤ ŵᵀGŵ/ℓ → 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from foanil import limits
from foanil.decisions import more_than
from foanil.evidence import Check
from foanil.inequalities import Fact, Theory
from foanil.words import Element
from proofs import sec_3_limit_exists
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import iteration
from proofs.one_step import OneStep, one_step, region
from proofs.thm_1_convergence import PREMISES
from proofs.thm_1_explicit_constants import EXPLICIT, Limits, entry, head_at_rest, start_bounds, without

NULL_SPACE, VANISH = ("new-head-null-space-of-limit",), ("sec-3-head-need-not-vanish",)


def limit_points(step: OneStep | None = None) -> list[Proved]:
    """Derive B_∞w_∞ = 0 at every limit point."""
    found = Limits(step or one_step())
    at_limit = limits.by_lemma(
        "continuity at limit points", r"B_\infty w_\infty = 0", found.zero_function, found.outputs_vanish
    )
    return [*start_bounds(), *entry(iteration()), at_limit]


def first_left(gaps: Mapping[str, Element]) -> Element:
    """Return the first of some elements that is not zero, or the first."""
    return next((gap for gap in gaps.values() if not gap.is_zero()), next(iter(gaps.values())))


def silent(block: str) -> Element:
    """Return what moves in one step when only Cŵ = 0 ("C") or only Dŵ = 0 ("D"): not zero."""
    here = iteration()
    words = here.words
    quiet = {
        "C": words.with_rule(here.C @ here.w, words.zeros("k", "1")),
        "D": words.with_rule(here.D @ here.w, words.zeros("d-k", "1")),
    }[block]
    return (here.next_head - here.w).into(quiet)


def square_width(drop: str = "", share: int = 1) -> list[Fact]:
    """Derive ℓ‖ŵ‖² ≤ ŵᵀGŵ from CᵀC ⪰ ℓI, which needs k′ = k; `share` multiplies ℓ, for mutants."""
    here = iteration()
    words, ell = here.words, here.scalar("ell")
    hypotheses = {"CᵀC ⪰ ℓI": here.C.T @ here.C - ell * here.identity}
    if drop:
        hypotheses = {"CᵀC ⪰ 0": here.C.T @ here.C}
    T = Theory(words, (more_than(ell.coefficient()),), hypotheses)
    seen = T.sum(T.hypothesis("CᵀC ⪰ ℓI"), T.square(here.D.T), says="G ⪰ ℓI")
    stated = here.w.T @ here.G @ here.w - share * ell * (here.w.T @ here.w)
    return [T.restate(T.congruence(seen, here.w.T), stated, "ℓ‖ŵ‖² ≤ ŵᵀGŵ")]


def vanishes_at_square_width(step: OneStep | None = None) -> list[Proved]:
    """Derive w_t → 0 at k′ = k: the outputs vanish, and C_tᵀC_t has the eigenvalues of αΛ_t → x⋆I."""
    found = Limits(step or one_step())
    return [*start_bounds(), *entry(iteration()), *square_width(), found.outputs_vanish, found.gram_converges]


CHECKS: tuple[Check, ...] = (
    proof_check(
        "the head ends in the null space of the limit",
        NULL_SPACE,
        EXPLICIT + "; every limit point",
        limit_points,
        {
            "without ρ ≤ 1": lambda: limit_points(without(region(iteration())[3])),
            "without ḡ < 1": lambda: limit_points(without(region(iteration())[9])),
            "the part off the subspace left out": lambda: Limits(one_step())._zero_function(False),
        },
    ),
    zero_check(
        "a head without output never moves",
        VANISH,
        "every d, k, k′, m_in, every step size, Bŵ = 0; a head that is not 0 needs k′ > rank B_0",
        lambda: first_left(head_at_rest()),
        {
            "only Cŵ = 0": lambda: silent("C"),
            "only Dŵ = 0": lambda: silent("D"),
            "any head": lambda: iteration().next_head - iteration().w,
        },
    ),
    proof_check(
        "the head vanishes at the exact width",
        VANISH,
        EXPLICIT + ", k′ = k",
        vanishes_at_square_width,
        {
            "k′ > k": lambda: square_width("CᵀC ⪰ ℓI"),
            "twice ℓ": lambda: square_width(share=2),
            "without a < 1/2": lambda: vanishes_at_square_width(without(region(iteration())[1])),
        },
    ),
)


def null_space_derivation() -> Derivation:
    """Return the derivation of B_∞w_∞ = 0."""
    return proof("The head ends in the null space of the limit", NULL_SPACE, PREMISES, *limit_points())


def head_derivation() -> Derivation:
    """Return the derivation of when the head vanishes."""
    latex = {
        "head": r"\hat w_+ - \hat w",
        "C output": r"C_+\hat w",
        "D output": r"D_+\hat w",
        "C": r"C_+ - C_+|_{\hat w = 0}",
        "D": r"D_+ - D_+|_{\hat w = 0}",
    }
    found = Derivation("A head without output never moves; at k′ = k every head vanishes", VANISH, PREMISES)
    for name, gap in head_at_rest().items():
        found = found.then("C ŵ = D ŵ = 0", "Nothing moves, and nothing is seen.", latex[name], gap)
    return found.extended(proof("", VANISH, (), *vanishes_at_square_width()))


DERIVATIONS = (null_space_derivation, head_derivation, sec_3_limit_exists.derivation)
