"""Heads longer than √(αc): at most one direction of Λ_t is lost, and for k = 1 < k′ almost no start loses it.

Theorem 1's region without ‖ŵ‖² < 1 still gives D_t → 0, B_tw_t → 0 and eigenvalues of αΛ_t that tend to 0 or x⋆.
With ω = lim‖ŵ_t‖² ≥ 1, J = I − 2sCᵀC − 2ŵŵᵀ and Q = CJCᵀ = Λ − 2sΛ² − 2zzᵀ, z = Cŵ, in the end
Q₊ = CMJ₊MCᵀ ⪰ (1 + a)Q, so that a bounded Q must have Q ⪯ 0: Λ − 2sΛ² ⪯ 2zzᵀ, of rank one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.limits import Lemma
from foanil.words import Alphabet, Element
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.fixed_points import Spectrum, first_nonzero, growth_below_rank
from proofs.one_step import OneStep, Scalars, one_step, region, theory
from proofs.thm_1_explicit_constants import (
    SYMBOLS,
    Limits,
    explicit_conditions,
    rational_constant,
    start_bounds,
    without,
)

CLAIM = ("new-head-bound-sharp",)

TWO_RESTS, GROWTH, RANK_ONE, SADDLES = (
    "two rest points",
    "bounded growth is none",
    "rank-one bound",
    "almost no start reaches a saddle",
)
LEMMAS = {
    TWO_RESTS: Lemma(
        "If Λ_{t+1} − p(Λ_t) → 0, Λ_t ⪰ 0, spec(Λ_t) ⊂ [0, u] from some t on, p is continuous and increasing on "
        "[0, u], p(0) = 0, p(λ) > λ on (0, x) and p(λ) < λ on (x, u], then each eigenvalue of Λ_t, in increasing "
        "order, tends to 0 or to x.",
        "λᵢ(Λ_{t+1}) = p(λᵢ(Λ_t)) + o(1) by Weyl's inequality (Bhatia, III.2.1); once an error is below p(y) − y, "
        "y < x, a sequence above y stays above y, where x alone is fixed",
    ),
    GROWTH: Lemma(
        "If Q_t is symmetric, bounded above, and Q_{t+1} ⪰ γQ_t from some t on, γ > 1, then Q_t ⪯ 0 from that t on.",
        "Q_t ⪯ γ^{−n}Q_{t+n}, n → ∞",
    ),
    RANK_ONE: Lemma(
        "If A ⪯ zzᵀ is symmetric, then A has at most one positive eigenvalue.",
        "Horn & Johnson, 4.3.9: A ⪯ 0 on the orthogonal complement of z",
    ),
    SADDLES: Lemma(
        "If F is a polynomial map of R^n, then the starts from which θ_{t+1} = F(θ_t) converges to a fixed point where "
        "DF is invertible and has an eigenvalue of modulus above 1 have Lebesgue measure zero.",
        "local centre-stable manifolds (Shub, Global Stability of Dynamical Systems, III.7), countably many by "
        "Lindelöf, and preimages under F, whose determinant vanishes on a null set only if at all (Lee, Panageas, "
        "Piliouras, Simchowitz, Jordan & Recht, Math. Program. 176 (2019), Theorem 2)",
    ),
}
"""Classical facts of this module that `foanil.limits` does not list yet."""

# The region without a bound 1 on the head --------------------------------------------------------------


@functools.cache
def long_step(dropped: int | None = None) -> OneStep:
    """Return one step in the region without ‖ŵ‖² < 1; for mutants also without the region's inequality of a place."""
    free = without(theory().assumptions[-2])
    if dropped is None:
        return free
    kept = tuple(each for each in free.theory.assumptions if each != region(iteration())[dropped])
    return one_step(Theory(free.theory.words, kept, free.theory.hypotheses))


def long_entry(room: int = 2, start: Fraction | int = 4) -> list[Decided]:
    """Decide that the explicit hypotheses with β‖w_0‖² ≤ 1/2, in place of ‖w_0‖² ≤ αc, put the start into that region.

    β‖w_0‖² is aω; `room` is the 2, and `start` the 4 of α‖B_0‖² ≤ 1/(4m).
    """
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    first = 1 / (rational_constant(here, start) * x.m)
    given = (*explicit_conditions(here), at_least(x.omega), at_least(one / room, x.a * x.omega))
    decided = []
    for top, case in ((x.x_star, at_least(x.x_star, first)), (first, at_least(first, x.x_star))):
        through = Abstraction({"ell": top, "delta": first}, ())
        T = Theory(here.words, (*given, case), {})
        for relation in region(here):
            concrete = Relation(through.concrete(relation.function), relation.sign)
            decided.append(T.decide(concrete, "an inequality of the region, with β‖w_0‖² ≤ 1/2"))
    return decided


def eigenvalue_map(step: OneStep, up_to: Fraction | int = Fraction(1, 2)) -> list[Decided]:
    """Decide what `two rest points` asks of p(λ) = λ(1 + a(1 − sλ))² on [0, u], su = 1 + (1 − 2a)/2.

    `up_to` is the 1/2 in a < 1/2, for mutants.
    """
    here, T = step.here, step.theory
    a, s, lam = (here.words.scalar(name).coefficient() for name in ("a", "s", "lam"))
    one = here.words.field.one
    through = Abstraction({"s": step.x.s}, (more_than(a), more_than(rational_constant(here, up_to), a), more_than(s)))
    top = (1 + (1 - 2 * a) / 2) / s
    image = lam * (1 + a * (1 - s * lam)) ** 2
    slope = (1 + a - a * s * lam) * (1 + a - 3 * a * s * lam)
    if image.diff(lam) != slope:
        raise RefusedStepError("expected the derivative of p")
    inside = (at_least(lam), at_least(top, lam))
    return [
        T.decide_for_all(more_than(slope), "lam", inside, through, "p increases on [0, u]"),
        T.decide_for_all(
            more_than(image, lam), "lam", (more_than(lam), more_than(one, s * lam)), through, "p(λ) > λ on (0, x⋆)"
        ),
        T.decide_for_all(
            more_than(lam, image), "lam", (*inside, more_than(s * lam, one)), through, "p(λ) < λ on (x⋆, u]"
        ),
    ]


def without_the_bound(step: OneStep | None = None) -> list[Proved]:
    """Derive D_t → 0, B_tw_t → 0, the kept rank, limsup λ_max ≤ x⋆ and Λ₊ − p(Λ) → 0 without ‖ŵ‖² < 1."""
    step = step or long_step()
    found = Limits(step)
    kept = [step.gram_of_C_bound, step.complement_bound, step.head_decrease]
    reached = [
        found.complement_vanishes,
        found.outputs_vanish,
        found.rank_kept,
        found.gram_capped,
        found.noise_vanishes,
    ]
    return [*start_bounds(), *long_entry(), *kept, *reached, *eigenvalue_map(step)]


# At most one direction is lost -------------------------------------------------------------------------


@functools.cache
def resting_alphabet() -> Alphabet:
    """Return the alphabet in which all that tends to zero is zero: D, Cŵ, CCᵀC − x⋆C and ‖ŵ‖² − ω."""
    bare = Iteration(dimensionless_alphabet())
    return (
        bare.words.with_rule(bare.D, bare.words.zeros("d-k", "k_prime"))
        .with_rule(bare.C @ bare.C.T @ bare.C, bare.scalar("x_star") * bare.C)
        .with_rule(bare.C @ bare.w, bare.words.zeros("k", "1"))
        .with_trace(bare.w @ bare.w.T, bare.scalar("omega"))
    )


@dataclass(frozen=True)
class Cone:
    """J = I − K(sCᵀC + ŵŵᵀ) and the growth γ = 1 + a of CJCᵀ; `weight` is K = 2, `growth` the 1 in γ, for mutants."""

    weight: int = 2
    growth: int = 1

    def form(self, here: Iteration, C: Element, w: Element) -> Element:
        """Return J."""
        return here.identity - self.weight * (here.scalar("s") * (C.T @ C) + w @ w.T)

    @property
    def excess(self) -> Element:
        """MJ₊M − γJ − aI, computed where what tends to zero is zero."""
        here = Iteration(resting_alphabet())
        a = here.scalar("a")
        after = self.form(here, here.C @ here.M, here.next_head)
        return here.M @ after @ here.M - (1 + self.growth * a) * self.form(here, here.C, here.w) - a * here.identity

    @property
    def along_head(self) -> FracElement:
        """(1 + a − μ²)(2ω − 1) − a, μ = 1 + a(1 − ω), what is left along the head."""
        x = Scalars(iteration())
        return (1 + x.a - (1 + x.a * (1 - x.omega)) ** 2) * (2 * x.omega - 1) - x.a

    @property
    def squares(self) -> Element:
        """a²N² + ((1 + a − μ²)(2ω − 1) − a)P, P = ŵŵᵀ/ω, N = I − sCᵀC − P."""
        here = iteration()
        P = (here.w @ here.w.T) / here.scalar("omega")
        N = here.identity - here.scalar("s") * (here.C.T @ here.C) - P
        return here.scalar("a") ** 2 * (N @ N.T) + here.words.constant(self.along_head) * P

    def gap(self) -> Element:
        """Return MJ₊M − γJ − aI minus the squares, where what tends to zero is zero: zero."""
        return self.excess - self.squares.into(resting_alphabet())

    def rank_one_gap(self) -> Element:
        """Return CJCᵀ − (Λ − 2sΛ² − 2zzᵀ), z = Cŵ: zero."""
        here = iteration()
        Lambda, z = here.C @ here.C.T, here.C @ here.w
        plain = Lambda - 2 * here.scalar("s") * (Lambda @ Lambda) - 2 * (z @ z.T)
        return here.C @ self.form(here, here.C, here.w) @ here.C.T - plain


def squares_are_positive(head_from: Fraction | int = 1, room: int | None = 1) -> list[Fact | Decided]:
    """Derive 0 ⪯ a²N² + cP for ω ≥ 1, aω ≤ 1, a < 1/2: so MJ₊M ⪰ (1 + a)J + (a − o(1))I.

    `head_from` is the 1 in ω ≥ 1, `room` the 1 in aω ≤ 1, for mutants.
    """
    here, cone = iteration(), Cone()
    x, one = Scalars(here), here.words.field.one
    short = (at_least(room * one, x.a * x.omega),) if room else ()
    given = (more_than(x.a), more_than(one / 2, x.a), at_least(x.omega, rational_constant(here, head_from)), *short)
    T = Theory(here.words, given, {})
    N = here.identity - here.scalar("s") * (here.C.T @ here.C) - (here.w @ here.w.T) / here.scalar("omega")
    total = T.sum(
        T.scale(T.square(N), x.a**2), T.scale(T.square(here.w), cone.along_head / x.omega), says="the squares"
    )
    return [T.restate(total, cone.squares, "0 ⪯ a²N² + cP"), T.decide(more_than(x.a), "the margin a is positive")]


def at_most_one_lost(cone: Cone | None = None) -> list[Fact | Decided]:
    """Derive that the excess is not negative in the end, and that CJCᵀ is of rank one above zero."""
    cone = cone or Cone()
    for gap in (cone.gap(), cone.rank_one_gap()):
        if not gap.is_zero():
            raise RefusedStepError(f"expected an identity of words; left over: {gap}")
    return squares_are_positive()


# Almost no start loses it, k = 1 < k′ --------------------------------------------------------------------


@functools.cache
def silent_alphabet(complement: bool = True) -> Alphabet:
    """Return the alphabet where CᵀCŵ = 0 and, unless told otherwise, Dŵ = 0."""
    bare = Iteration(dimensionless_alphabet())
    words = bare.words.with_rule(bare.C.T @ bare.C @ bare.w, bare.words.zeros("k_prime", "1"))
    return words.with_rule(bare.D @ bare.w, bare.words.zeros("d-k", "1")) if complement else words


def motion(head: bool = True, rule: bool = True) -> Iterator[Element]:
    """Yield ŵ₊ − ŵ and D₊ŵ₊ where CᵀCŵ = 0 and Dŵ = 0: every word holds one of the two."""
    here = Iteration(silent_alphabet(complement=rule))
    yield here.next_head - here.w if head else here.next_head
    yield here.D @ (here.identity - here.scalar("a") * here.E) @ here.next_head


def contraction_gap(rate: int = 1) -> Element:
    """Return the part of D₊ŵ₊ linear in D, where CᵀCŵ = 0, minus (1 − a‖ŵ‖²)Dŵ: zero."""
    here = Iteration(silent_alphabet(complement=False))
    words, a, epsilon = here.words, here.scalar("a"), here.scalar("epsilon")
    output = (here.D @ (here.identity - a * here.E) @ here.next_head).substitute({"D": epsilon * here.D})
    linear = {t: c.diff(epsilon.coefficient()).subs(epsilon.coefficient(), 0) for t, c in output.terms.items()}
    return words.element(output.shape, linear) - (1 - rate * a * (here.w.T @ here.w)) * (here.D @ here.w)


def summable(room: int = 4) -> list[Decided]:
    """Decide, at k = 1, that λ − 2sλ² ≤ 2y with 4sλ ≤ 1 gives λy ≤ 4y², y = ‖z‖²: ‖CᵀCŵ‖ ≤ 2‖z‖², summable.

    And 0 ≤ 1 − aω < 1, the rate at which Dŵ shrinks. `room` is the 4 in 4sλ ≤ 1.
    """
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    s, lam, y = (here.words.scalar(name).coefficient() for name in ("s", "lam", "y"))
    bound = at_least(2 * y, lam - 2 * s * lam**2)
    T = Theory(here.words, (more_than(s), at_least(lam), at_least(y), at_least(one, room * s * lam), bound), {})
    R = Theory(here.words, (more_than(x.a), at_least(x.omega, one), at_least(one, x.a * x.omega)), {})
    return [
        T.decide(at_least(4 * y**2, lam * y), "‖CᵀCŵ‖² = λ‖z‖² ≤ 4‖z‖⁴"),
        R.decide(at_least(1 - x.a * x.omega), "1 − aω ≥ 0"),
        R.decide(more_than(one, 1 - x.a * x.omega), "1 − aω < 1"),
    ]


def invertible_jacobian(room: int = 1) -> list[Decided]:
    """Decide that no eigenvalue of the Jacobian vanishes at a fixed point with a head, for a < 1/2 and aω < 1."""
    spectrum = Spectrum(with_head=True)
    words, one = spectrum.here.words, spectrum.here.words.field.one
    a, rho, m, kappa, omega = (words.scalar(name).coefficient() for name in ("a", "rho", "m", "kappa", "omega"))
    given = (more_than(a), more_than(one / 2, a), more_than(rho), at_least(one, rho), at_least(m, one))
    T = Theory(words, (*given, at_least(kappa, one), at_least(omega), more_than(room * one, a * omega)), {})
    return [
        T.decide(more_than(space.eigenvalue.coefficient()), f"the eigenvalue of {space.name} is positive")
        for space in spectrum.eigenspaces()
    ]


def inside_gives_room(step: OneStep | None = None) -> Decided:
    """Decide aω < 1 in the region."""
    step = step or long_step()
    return step.theory.decide(more_than(step.here.words.field.one, step.x.a * step.x.omega), "aω < 1")


def no_saddle_is_reached(width: int = 2) -> list[Proved]:
    """Derive that at every fixed point of rank r < k, with k′ ≥ r + 2, DF is invertible and has an eigenvalue 1 + a."""
    return [inside_gives_room(), *invertible_jacobian(), *growth_below_rank(width=width)]


# Checks --------------------------------------------------------------------------------------------------

SCOPE = "every d, k ≤ k′, m_in ≥ 1, β ≤ α ≤ 1/(2σ̄), α‖B_0‖² ≤ 1/(4m_in), β‖w_0‖² ≤ 1/2, rank(B⋆ᵀB_0) = k"

CHECKS: tuple[Check, ...] = (
    proof_check(
        "the first two limits need no bound αc on the head",
        CLAIM,
        SCOPE,
        without_the_bound,
        {
            "without aE ⪯ I": lambda: Limits(long_step(12)).complement_vanishes,
            "without ḡ < 1": lambda: Limits(long_step(9)).outputs_vanish,
            "without ρ ≤ 1": lambda: Limits(long_step(3)).outputs_vanish,
            "β‖w_0‖² ≤ 1": lambda: long_entry(room=1),
            "p increases for a < 3/2": lambda: eigenvalue_map(long_step(1), Fraction(3, 2)),
        },
    ),
    zero_check(
        "the growing cone",
        CLAIM,
        EVERY_SIZE + ", where D, Cŵ, CCᵀC − x⋆C and ‖ŵ‖² − ω are zero",
        lambda: Cone().gap(),
        {
            "K = 3": lambda: Cone(weight=3).gap(),
            "K = 1": lambda: Cone(weight=1).gap(),
            "γ = 1 + 2a": lambda: Cone(growth=2).gap(),
            "γ = 1": lambda: Cone(growth=0).gap(),
        },
    ),
    proof_check(
        "at most one direction is lost",
        CLAIM,
        SCOPE,
        at_most_one_lost,
        {
            "ω ≥ 1/2": lambda: squares_are_positive(head_from=Fraction(1, 2)),
            "without aω ≤ 1": lambda: squares_are_positive(room=None),
            "K = 3": lambda: at_most_one_lost(Cone(weight=3)),
            "γ = 1 + 2a": lambda: at_most_one_lost(Cone(growth=2)),
        },
    ),
    zero_check(
        "what moves the head once the complement and the lost direction fade",
        CLAIM,
        EVERY_SIZE,
        lambda: first_nonzero([*motion(), contraction_gap()]),
        {
            "a rate of 2a‖ŵ‖²": lambda: contraction_gap(rate=2),
            "no contraction": lambda: contraction_gap(rate=0),
            "the head itself": lambda: first_nonzero(motion(head=False)),
            "without Dŵ": lambda: first_nonzero(motion(rule=False)),
        },
    ),
    proof_check(
        "at k = 1 < k′ almost no start loses the direction",
        CLAIM,
        SCOPE + "; the last step for k = 1, k′ ≥ 2, or an orbit that converges",
        lambda: [*summable(), *no_saddle_is_reached()],
        {
            "without 4sλ ≤ 1": lambda: summable(room=0),
            "k′ ≥ r + 1 is enough": lambda: no_saddle_is_reached(width=1),
            "aω < 2": lambda: invertible_jacobian(room=2),
        },
    ),
)


# Printed -------------------------------------------------------------------------------------------------


def derivation() -> Derivation:
    """Return the derivation of what a long head does."""
    premises = (
        r"$\Sigma_\star = cI$, $\mathrm{rank}(B_\star^{\top}B_0) = k$",
        r"$0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$",
        r"$\alpha\lVert B_0\rVert^2 \le \frac{1}{4m_{\mathrm{in}}}$",
        r"$\beta\lVert w_0\rVert^2 \le \frac12$ in place of $\lVert w_0\rVert^2 \le \alpha c$",
        r"$C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $\hat w = w/\sqrt{\alpha c}$",
        r"$a = \alpha\beta c$, $q = \kappa/m$, $s = 1 + (1+\kappa)/m = 1/x_\star$",
        *SYMBOLS,
        r"$\omega = \lim\lVert\hat w_t\rVert^2 \ge 1$: otherwise Theorem 1's region is entered, and all limits hold",
        r"$J = I - 2sC^{\top}C - 2\hat w\hat w^{\top}$, $z = C\hat w$",
    )
    cone = Cone()
    found = Derivation("Long heads", CLAIM, premises)
    found = found.extended(proof("", CLAIM, (), *without_the_bound()))
    found = found.noting(
        f"lemma: {TWO_RESTS}", LEMMAS[TWO_RESTS].statement, r"\lambda_i(\alpha\Lambda_t) \to 0 \text{ or } x_\star"
    )
    found = found.then(
        "identity of words",
        "Where what tends to zero is zero, nothing is left of the excess beyond squares.",
        r"MJ_+M - (1+a)J - aI - a^2N^2 - cP",
        cone.gap(),
    )
    found = found.extended(proof("", CLAIM, (), *squares_are_positive()))
    found = found.noting(
        f"lemma: {GROWTH}",
        f"{LEMMAS[GROWTH].statement} Here Q = CJCᵀ.",
        r"CJC^{\top} = \Lambda - 2s\Lambda^2 - 2zz^{\top} \preceq 0 \text{ from some } t \text{ on}",
    )
    found = found.noting(
        f"lemma: {RANK_ONE}",
        f"{LEMMAS[RANK_ONE].statement} So at most one eigenvalue of αΛ_t lies below x⋆/2; the others tend to x⋆.",
        r"\lambda_2(\alpha\Lambda_t), \dots, \lambda_k(\alpha\Lambda_t) \to x_\star",
    )
    found = found.then(
        "identity of words",
        "At k = 1 and where the direction is lost, ‖CᵀCŵ‖ ≤ 2‖Cŵ‖² is summable, so are Dŵ (summable forcing) and "
        "ŵ₊ − ŵ: the iteration converges to (0, 0, ŵ).",
        r"[D_+\hat w_+ - (1 - a\lVert\hat w\rVert^2)D\hat w]_1 \text{ of degree 1 in } D,\ C^{\top}C\hat w = 0: \quad",
        contraction_gap(),
    )
    found = found.extended(proof("", CLAIM, (), *summable(), *no_saddle_is_reached()))
    return found.noting(
        f"lemma: {SADDLES}",
        f"{LEMMAS[SADDLES].statement} So for k′ > k almost no start converges to a point of deficient rank, and for "
        "k = 1 < k′ almost every start has the limits of (8). Open: whether every orbit converges when k > 1.",
        r"k' \gt k = 1: \quad \Lambda_t \to \Lambda_\star \text{ for almost every } (B_0, w_0)",
    )


DERIVATIONS = (derivation,)
