"""Section 3.1: the rank of B̂ after finitely many steps. Without a head it is the rank of B_0, for ever.

What least squares, ridge regression and a few gradient steps make of B̂ is in sister modules.

With A = [√s·C; √q·D] and w = 0 one step is A₊ = (I + a(P − AAᵀ))A, and the factor is invertible where a‖AAᵀ‖ < 1.
So for almost every start, with a head or without, B_t has full rank for every t: det(B_tᵀB_t) is a polynomial of the
start, and it is not zero at the starts above.
"""

from __future__ import annotations

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, Theory
from foanil.limits import Conclusion
from foanil.words import Element
from proofs import (
    interpolating_estimates,
    one_step_against_regression,
    rank_at_finite_times,
    regularised_adaptation,
)
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import iteration
from proofs.one_step import Scalars
from proofs.sec_3_monotonicity import stacked_alphabet, stacking_gap
from proofs.thm_1_convergence import PREMISES
from proofs.thm_1_explicit_constants import EXPLICIT, entry

CLAIM = ("new-finite-time-full-rank",)


def bounded_moment(factor: int = 1) -> list[Decided]:
    """Decide that the explicit hypotheses give a(sℓ + qδ) < 1; `factor` multiplies it, for mutants."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    return entry(here, more=(more_than(one, factor * x.a * (x.s * x.ell + x.q * x.delta)),))


def invertible_step(strict: bool = True, bounded: bool = True) -> Decided:
    """I + a(P − AAᵀ) ⪰ (1 − ah)I with AᵀA ⪯ hI and ah < 1; mutants lack one of the two."""
    words = stacked_alphabet()
    a, h = words.scalar("a").coefficient(), words.scalar("lam").coefficient()
    A, P, identity = words.letter("A"), words.letter("P"), words.eye("n")
    one = words.field.one
    relations = (more_than(a), at_least(h), more_than(one, a * h) if strict else at_least(2 * one, a * h))
    above = (1 if bounded else 2) * words.scalar("lam") * words.eye("k_prime") - A.T @ A
    T = Theory(words, relations, {"AᵀA ⪯ hI": above}, eigenvalue="k")
    factor = identity + words.scalar("a") * (P - A @ A.T)
    projection = T.restate(T.square(P), P, "0 ⪯ P")
    turned = T.flip(T.hypothesis("AᵀA ⪯ hI"), A, "AAᵀ ⪯ hI")
    level = words.constant(1 - a * h) * identity
    above_zero = T.sum(T.scale(projection, a), T.scale(turned, a))
    return T.strictly(
        T.restate(above_zero, factor - level, "I + a(P − AAᵀ) ⪰ (1 − ah)I"), factor, "the factor is invertible"
    )


def rank_stays(step: Decided | None = None) -> Conclusion:
    """rank B_t = rank B_0 for w_0 = 0."""
    statement = r"w_0 = 0: \quad \mathrm{rank}\,B_t = \mathrm{rank}\,B_0 \text{ for every } t"
    return limits.by_lemma("invertible factor", statement, step or invertible_step())


def full_rank() -> list[Proved]:
    """Derive the rank for w_0 = 0, and full rank for almost every start."""
    kept = rank_stays()
    statement = r"\mathrm{rank}\,B_t = k' \text{ for every } t, \text{ for almost every } (B_0, w_0)"
    return [*bounded_moment(), kept, limits.by_lemma("zero set of a polynomial", statement, kept)]


def lost_direction(block: str = "C", head: bool = False, seen: bool = False) -> Element:
    """Return C₊v or D₊v where Cv = Dv = 0 and w = 0: zero, so that a rank-deficient B_0 stays so.

    A mutant keeps the head, or takes a direction that D sees.
    """
    here = iteration()
    words = here.words
    v = words.letter("w")
    quiet = words.with_rule(here.C @ v, words.zeros("k", "1"))
    if not seen:
        quiet = quiet.with_rule(here.D @ v, words.zeros("d-k", "1"))
    M = here.M if head else here.M.substitute({"w": words.zeros("k_prime", "1")})
    after = here.C @ M @ v if block == "C" else here.D @ (M - here.scalar("a") * here.identity) @ v
    return after.into(quiet)


CHECKS: tuple[Check, ...] = (
    zero_check(
        "without a head one step multiplies B from the left",
        CLAIM,
        "every d, k, k′ and m_in, w = 0",
        lambda: stacking_gap("step"),
        {
            "√s for both": lambda: stacking_gap("step", weight="root_s"),
            "P + I": lambda: stacking_gap("step", shift=1),
            "P − I": lambda: stacking_gap("step", shift=-1),
        },
    ),
    proof_check(
        "the rank of B_t is that of B_0 without a head, and full for almost every start",
        CLAIM,
        EXPLICIT,
        full_rank,
        {
            "ah ≤ 2": lambda: invertible_step(strict=False),
            "AᵀA ⪯ 2hI": lambda: invertible_step(bounded=False),
            "a(sℓ + qδ) < 1/4": lambda: bounded_moment(4),
            "a(sℓ + qδ) < 1/5": lambda: bounded_moment(5),
        },
    ),
    zero_check(
        "a direction that B_0 does not see stays unseen without a head",
        CLAIM,
        "every d, k, k′ and m_in, w = 0",
        lambda: lost_direction() if not lost_direction().is_zero() else lost_direction("D"),
        {
            "a direction that D sees": lambda: lost_direction("D", seen=True),
            "seen by D, through C": lambda: lost_direction(seen=True),
            "seen by D, with a head": lambda: lost_direction("D", head=True, seen=True),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of the rank at finite times."""
    premises = (
        *PREMISES,
        r"$w_0 = 0$: $A = [\sqrt s\,C;\ \sqrt q\,D]$, $P = \mathrm{diag}(I_k, 0)$",
        r"$A^{\top}A = sC^{\top}C + qD^{\top}D \preceq hI$, $h = s\ell + q\delta$ (printed $\lambda$)",
        r"$\det(B_t^{\top}B_t)$ is a polynomial of $(B_0, w_0)$, not zero where $w_0 = 0$, $\mathrm{rank}\,B_0 = k'$",
    )
    found = Derivation("The rank at finite times", CLAIM, premises).then(
        "identity of words", "Nothing remains.", r"A_+ - (I + a(P - AA^{\top}))A", stacking_gap("step")
    )
    return found.extended(proof("", CLAIM, (), *full_rank()))


DERIVATIONS = (
    derivation,
    rank_at_finite_times.derivation,
    *regularised_adaptation.DERIVATIONS,
    *interpolating_estimates.DERIVATIONS,
    one_step_against_regression.derivation,
)
