"""Beside Theorem 1 with explicit constants: larger step sizes, starts without 1/m_in, sharper rates, the constant ½.

One step is that of `proofs.one_step`; with E = qT + P, T = DᵀD, P = sCᵀC + R, the square (3P − qT)² ⪰ 0 gives
E² ⪯ 4P² + (4/3)q²T², so that D₊D₊ᵀ ⪯ Y − 2aqY² + (4/3)a²q²Y³, Y = DDᵀ, wherever 2a(sℓ + ω) ≤ 1.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.limits import Conclusion
from foanil.words import Element
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, iteration
from proofs.one_step import OneStep, Scalars, one_step, region, theory
from proofs.thm_1_explicit_constants import SYMBOLS, Limits, entry, everything, rational_constant, start_bounds, without

TWO_THIRDS, WITHOUT_SIZE, RATE = (
    ("new-step-size-two-thirds",),
    ("new-init-without-sample-size",),
    ("new-rate-constant",),
)

# Entering the region ---------------------------------------------------------------------------------


def sharper_region(here: Iteration, room: Fraction | int = 16) -> tuple[Relation, ...]:
    """Return what the sharper rate needs beside the region: 2a(sℓ + ω) ≤ 1 and room·aqδ ≤ 1."""
    x, one = Scalars(here), here.words.field.one
    return (
        at_least(one, 2 * x.a * (x.s * x.ell + x.omega)),
        at_least(one, rational_constant(here, room) * x.a * x.q * x.delta),
    )


def free_start(here: Iteration, start: Fraction | int = 3, below_rest: bool = True) -> tuple[Relation, ...]:
    """Return β ≤ α ≤ 1/(2σ̄), α‖B_0‖² = δ ≤ 1/start and δ < 1 − x⋆: no 1/m_in."""
    x, one = Scalars(here), here.words.field.one
    bounds = (at_least(x.delta), at_least(one / rational_constant(here, start), x.delta))
    rest = (more_than(1 - x.x_star, x.delta),) if below_rest else ()
    sizes = (more_than(x.a), more_than(x.rho), at_least(one, x.rho), at_least(x.kappa, one), at_least(x.m, one))
    return (*sizes, at_least(x.rho / 4, x.a * x.kappa), *bounds, *rest)


def free_entry(start: Fraction | int = 3, below_rest: bool = True, room: Fraction | int = 12) -> list[Decided]:
    """Decide that such a start lies in the region and where the rate is sharper; ω = 1, ℓ = max(δ, x⋆)."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    given = free_start(here, start, below_rest)
    cases = (("ℓ = x⋆", x.x_star, at_least(x.x_star, x.delta)), ("ℓ = α‖B_0‖²", x.delta, at_least(x.delta, x.x_star)))
    decided = []
    for label, top, case in cases:
        through = Abstraction({"ell": top, "omega": one}, ())
        at_start = Theory(here.words, (*given, case), {})
        for relation in (*region(here), *sharper_region(here, room)):
            concrete = Relation(through.concrete(relation.function), relation.sign)
            decided.append(at_start.decide(concrete, f"{label}: an inequality of the region"))
    return decided


def without_sample_size(step: OneStep | None = None) -> list[Proved]:
    """Derive the limits from such a start: the derivation of Theorem 1 from another entry into the region."""
    found = Limits(step or one_step())
    return [*start_bounds(), *free_entry(), found.complement_vanishes, found.outputs_vanish, found.gram_converges]


def moderate_samples(factor: int = 1) -> list[Decided]:
    """Decide that for m_in ≤ lκ the bound 1 − x⋆ is at least 1/(1 + l): it does not shrink with m_in."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    many = x.ell  # any l ≥ 0
    given = Theory(
        here.words, (at_least(x.m, one), at_least(x.kappa, one), at_least(many), at_least(many * x.kappa, x.m)), {}
    )
    return [given.decide(at_least(1 - x.x_star, factor / (1 + many)), "1 − x⋆ ≥ 1/(1 + l)")]


# Sharper rates -----------------------------------------------------------------------------------------


@functools.cache
def sharper_theory(room: Fraction | int = 16, drop: int | None = None) -> Theory:
    """Return the theory of one step where the rate is sharper; `drop` leaves one of the two conditions out."""
    extra = [relation for place, relation in enumerate(sharper_region(iteration(), room)) if place != drop]
    return replace(theory(), assumptions=(*theory().assumptions, *extra))


@dataclass(frozen=True)
class Sharper:
    """The sharper inequalities of one step."""

    step: OneStep

    @property
    def theory(self) -> Theory:
        """The theory of the step."""
        return self.step.theory

    @property
    def Y(self) -> Element:
        """DDᵀ."""
        return self.step.here.D @ self.step.here.D.T

    @property
    def next_Y(self) -> Element:
        """D₊D₊ᵀ."""
        here = self.step.here
        after = here.D @ (here.identity - here.scalar("a") * here.E)
        return after @ after.T

    @functools.cached_property
    def rest_upper(self) -> Fact:
        """P ⪯ (sℓ + ω)I, P = sCᵀC + R."""
        T, x = self.theory, self.step.x
        return T.sum(T.scale(self.step.gram_of_C, x.s), self.step.head_noise_upper, says="P ⪯ (sℓ + ω)I")

    @functools.cached_property
    def rest_lower(self) -> Fact:
        """0 ⪯ P."""
        T, x = self.theory, self.step.x
        return T.sum(T.scale(T.square(self.step.here.C.T), x.s), self.step.head_noise_lower, says="0 ⪯ P")

    def cubic(self, third: int = 3) -> Fact:
        """D₊D₊ᵀ ⪯ Y − 2aqY² + (4/3)a²q²Y³; `third` is the 3 of (3P − qT)², for mutants."""
        T, here, x = self.theory, self.step.here, self.step.x
        P, T_D = self.rest_lower.element, here.D.T @ here.D
        apart = third * P - here.scalar("q") * T_D
        quiet = T.spectral(P, self.rest_lower, self.rest_upper, [0, 2 * x.a, -4 * x.a**2], "2aP ⪰ 4a²P²")
        parts = (
            T.scale(T.congruence(T.square(apart, "(3P − qT)² ⪰ 0"), here.D), x.a**2 / 3),
            T.congruence(quiet, here.D),
        )
        Y, a, q = self.Y, here.scalar("a"), here.scalar("q")
        stated = Y - 2 * a * q * (Y @ Y) + 4 * a**2 * q**2 / 3 * (Y @ Y @ Y) - self.next_Y
        return T.restate(T.sum(*parts), stated, "D₊D₊ᵀ ⪯ Y − 2aqY² + (4/3)a²q²Y³")

    @property
    def rate(self) -> FracElement:
        """aq(2 − (4/3)aqδ)."""
        x = self.step.x
        return x.a * x.q * (2 - 4 * x.a * x.q * x.delta / 3)

    def quadratic(self, third: int = 3) -> Fact:
        """D₊D₊ᵀ ⪯ Y − aq(2 − (4/3)aqδ)Y²."""
        T, x = self.theory, self.step.x
        capped = T.spectral(
            self.Y, T.square(self.step.here.D), T.hypothesis("‖DDᵀ‖ ≤ δ"), [0, 0, x.delta, -1], "Y³ ⪯ δY²"
        )
        total = T.sum(self.cubic(third), T.scale(capped, 4 * x.a**2 * x.q**2 / 3))
        rate = self.step.here.words.constant(self.rate)
        return T.restate(total, self.Y - rate * (self.Y @ self.Y) - self.next_Y, "D₊D₊ᵀ ⪯ Y − aq(2 − (4/3)aqδ)Y²")

    @functools.cached_property
    def decay(self) -> Conclusion:
        """‖D_t‖² ≤ δ/(1 + aq(2 − (4/3)aqδ)δt)."""
        statement = (
            r"\lVert D_t\rVert^2 \le \frac{\delta}{1 + g\delta t},\quad g = aq\left(2 - \tfrac43 aq\delta\right)"
        )
        return limits.quadratic_decay(
            self.theory, self.quadratic(), self.Y, self.next_Y, self.rate, self.step.x.delta, statement
        )

    def constant(self, claimed: Fraction) -> Decided:
        """2 − (4/3)aqδ is at least the claimed number."""
        T, x = self.theory, self.step.x
        number = rational_constant(self.step.here, claimed)
        return T.decide(at_least(self.rate, number * x.a * x.q), f"the rate is at least {claimed}·aq")

    @functools.cached_property
    def eventually(self) -> Conclusion:
        """limsup t‖D_t‖² ≤ 1/(2aq): the decay restarted ever later, from an ever smaller δ."""
        at_rest = Abstraction({"delta": self.step.here.words.field.zero}, ()).concrete(self.rate)
        if at_rest != 2 * self.step.x.a * self.step.x.q:
            raise RefusedStepError(f"expected the rate 2aq at δ = 0; got {at_rest}")
        statement = r"\limsup_t\, t\,\lVert D_t\rVert^2 \le \frac{1}{2aq}"
        return limits.by_lemma("restarted decay", statement, self.decay)

    def head_decrease(self, loss: Fraction = Fraction(1, 4)) -> Fact:
        """‖ŵ₊‖² ≤ ‖ŵ‖² − (2 − ρ/4)ρ(1 − ḡ)ŵᵀGŵ; `loss` is its 1/4, for mutants."""
        T, here, x = self.theory, self.step.here, self.step.x
        rate = (2 - rational_constant(here, loss) * x.rho) * x.rho * (1 - x.gram_bound)
        # 1 − rate·λ − (1 − ρλ(1 − λ))²
        coefficients = [0, 2 * x.rho - rate, -2 * x.rho - x.rho**2, 2 * x.rho**2, -(x.rho**2)]
        inside = T.spectral(here.G, self.step.gram_lower, self.step.gram_upper, coefficients, "one polynomial in G")
        energy = here.words.constant(rate) * (here.w.T @ here.G @ here.w)
        stated = here.w.T @ here.w - energy - here.next_head.T @ here.next_head
        return T.restate(T.congruence(inside, here.w.T), stated, "the head pays 2 − ρ/4 for its outputs")


def sharper(room: Fraction | int = 16, drop: int | None = None) -> Sharper:
    """Return the sharper inequalities."""
    return Sharper(one_step(sharper_theory(room, drop)))


def explicit_entry(room: Fraction | int = 16) -> list[Decided]:
    """Decide that the explicit hypotheses of Theorem 1 imply what the sharper rate needs."""
    return entry(iteration(), more=sharper_region(iteration(), room))


def rate_constants(claimed: Fraction = Fraction(23, 12)) -> list[Proved]:
    """Derive the rate with the constant 23/12 for every t, and ½ in the limit, under the explicit hypotheses."""
    found = sharper()
    return [*start_bounds(), *explicit_entry(), found.constant(claimed), found.decay, found.eventually]


def free_rate(claimed: Fraction = Fraction(17, 9), loss: Fraction = Fraction(1, 4)) -> list[Proved]:
    """Derive the rate with the constant 17/9 and the head's 2 − ρ/4 without 1/m_in in the start."""
    found = sharper(room=12)
    return [*free_entry(), found.constant(claimed), found.decay, found.head_decrease(loss)]


# The half is attained ----------------------------------------------------------------------------------


def apart(block: str, square: int = 2, crossed: bool = False) -> Element:
    """Return C₊D₊ᵀ, or D₊D₊ᵀ − Y(I − aqY)², where CDᵀ = 0 and there is no head: zero."""
    here = iteration()
    words = here.words
    quiet = words if crossed else words.with_rule(here.C @ here.D.T, words.zeros("k", "d-k"))
    none = {"w": words.zeros("k_prime", "1")}
    C_next = (here.C @ here.M).substitute(none)
    D_next = (here.D @ (here.identity - here.scalar("a") * here.E)).substitute(none)
    if block == "cross":
        return (C_next @ D_next.T).into(quiet)
    Y = here.D @ here.D.T
    left = words.eye("d-k") - here.scalar("a") * here.scalar("q") * Y
    return (D_next @ D_next.T - Y @ left**square).into(quiet)


def attained(least: Fraction | int = 2) -> list[Proved]:
    """Derive liminf t·y_t ≥ 1/(2aq) for y ↦ y(1 − aqy)²: for every g > 2aq, 1/y grows by less than g once y is small.

    `least` is the 2 of 2aq, for mutants.
    """
    here = iteration()
    a, q, g, y = (here.words.scalar(name).coefficient() for name in ("a", "q", "y", "lam"))
    one = here.words.field.one
    bottom = rational_constant(here, least) * a * q
    given = Theory(here.words, (more_than(a), more_than(q), more_than(g, bottom)), {})
    small = (more_than(y), at_least(g - bottom, 2 * a * q * g * y), more_than(one, a * q * y))
    slower = y * (1 - a * q * y) ** 2 * (1 + g * y)
    through = Abstraction({}, given.assumptions)
    grows = given.decide_for_all(at_least(slower, y), "lam", small, through, "1/y₊ ≤ 1/y + g for small y")
    return [limits.by_lemma("slow growth", r"\liminf_t\, t\,y_t \ge \frac{1}{2aq}", grows)]


EVERY = "every d, k ≤ k′ ≤ d, m_in ≥ 1, all parameters and starts that meet the hypotheses"

CHECKS: tuple[Check, ...] = (
    proof_check(
        "α ≤ 2/(3σ̄)",
        TWO_THIRDS,
        EVERY,
        lambda: [*entry(iteration(), step_size=Fraction(9, 4)), *everything()],
        {
            "α ≤ 1/σ̄": lambda: entry(iteration(), step_size=1),
            "α² ≤ 1/(2σ̄²)": lambda: entry(iteration(), step_size=2),
            "α² ≤ 9/(20σ̄²)": lambda: entry(iteration(), step_size=Fraction(20, 9)),
            "without a < 1/2": lambda: Limits(without(region(iteration())[1])).gram_converges,
        },
    ),
    proof_check(
        "a start without the sample size",
        WITHOUT_SIZE,
        EVERY + "; α‖B_0‖² ≤ 1/3 and < 1 − x⋆",
        without_sample_size,
        {
            "α‖B_0‖² ≤ 1/2": lambda: free_entry(start=2),
            "α‖B_0‖² ≤ 2/5": lambda: free_entry(start=Fraction(5, 2)),
            "without α‖B_0‖² < 1 − x⋆": lambda: free_entry(below_rest=False),
            "without ḡ < 1": lambda: without_sample_size(without(region(iteration())[9])),
        },
    ),
    proof_check(
        "1 − x⋆ stays away from 0 while m_in = O(κ)",
        WITHOUT_SIZE,
        "m_in ≤ lκ, every l ≥ 0",
        moderate_samples,
        {
            "2/(1 + l)": lambda: moderate_samples(2),
            "3/(1 + l)": lambda: moderate_samples(3),
            "4/(1 + l)": lambda: moderate_samples(4),
        },
    ),
    proof_check(
        "the rates without the sample size in the start",
        WITHOUT_SIZE,
        EVERY + "; α‖B_0‖² ≤ 1/3 and < 1 − x⋆",
        free_rate,
        {
            "23/12": lambda: free_rate(Fraction(23, 12)),
            "room 16": lambda: free_entry(room=16),
            "2 for the head": lambda: free_rate(loss=Fraction(0)),
            "2 − ρ/8 for the head": lambda: free_rate(loss=Fraction(1, 8)),
        },
    ),
    proof_check(
        "the rate 23/12 for every t, and ½ in the limit",
        RATE,
        EVERY + " of Theorem 1 with explicit constants",
        rate_constants,
        {
            "the constant 2": lambda: rate_constants(Fraction(2)),
            "without 2a(sℓ + ω) ≤ 1": lambda: sharper(drop=0).decay,
            "without 16aqδ ≤ 1": lambda: sharper(drop=1).constant(Fraction(23, 12)),
            "(2P − qT)²": lambda: sharper().quadratic(2),
            "32aqδ ≤ 1": lambda: explicit_entry(room=32),
        },
    ),
    zero_check(
        "orthogonal rows stay orthogonal",
        RATE,
        "every size, CDᵀ = 0 and no head; needs k′ > k for a D that is not 0",
        lambda: apart("cross"),
        {
            "CDᵀ not 0": lambda: apart("cross", crossed=True),
            "Y in place of Y(I − aqY)²": lambda: apart("complement", square=0),
            "the complement with CDᵀ not 0": lambda: apart("complement", crossed=True),
        },
    ),
    zero_check(
        "then D₊D₊ᵀ = Y(I − aqY)²",
        RATE,
        "every size, CDᵀ = 0 and no head",
        lambda: apart("complement"),
        {
            "Y(I − aqY)": lambda: apart("complement", square=1),
            "Y(I − aqY)³": lambda: apart("complement", square=3),
            "CDᵀ not 0": lambda: apart("complement", crossed=True),
        },
    ),
    proof_check(
        "the half is attained",
        RATE,
        "every a, q > 0 and every small start of y₊ = y(1 − aqy)²",
        attained,
        {
            "g > aq": lambda: attained(1),
            "g > (3/2)aq": lambda: attained(Fraction(3, 2)),
            "g > (15/8)aq": lambda: attained(Fraction(15, 8)),
        },
    ),
)

PREMISES = (
    r"$\Sigma_\star = cI$, $\mathrm{rank}(B_\star^{\top}B_0) = k$",
    r"$0 \lt \beta \le \alpha$, $\lVert w_0\rVert^2 \le \alpha c$",
    *SYMBOLS,
    r"$Y = DD^{\top}$, $T = D^{\top}D$, $P = sC^{\top}C + R$",
)


def larger_step_derivation() -> Derivation:
    """Return the derivation of the limits for α ≤ 2/(3σ̄)."""
    premises = (
        *PREMISES,
        r"$\alpha \le \frac{2}{3\bar\sigma}$, $\alpha\lVert B_0\rVert^2 \le \frac{1}{4m_{\mathrm{in}}}$",
    )
    facts = (*entry(iteration(), step_size=Fraction(9, 4)), *everything())
    return proof("A larger inner step", TWO_THIRDS, premises, *facts)


def free_derivation() -> Derivation:
    """Return the derivation of the limits from a start without the sample size."""
    bound = r"$\alpha\lVert B_0\rVert^2 = \delta \le \frac13$, $\delta \lt 1 - x_\star$"
    premises = (*PREMISES, r"$\alpha \le \frac{1}{2\bar\sigma}$", bound)
    facts = (*without_sample_size(), *moderate_samples(), *free_rate())
    return proof("An initial scale without the sample size", WITHOUT_SIZE, premises, *facts)


def rate_derivation() -> Derivation:
    """Return the derivation of the unlearning rate and of its sharp constant."""
    premises = (
        *PREMISES,
        r"$\alpha \le \frac{1}{2\bar\sigma}$, $\alpha\lVert B_0\rVert^2 \le \frac{1}{4m_{\mathrm{in}}}$",
        r"for the last step: $CD^{\top} = 0$, $\hat w = 0$, so $Y_+ = Y(I - aqY)^2$, eigenvalue by eigenvalue",
    )
    return proof("The unlearning rate and its constant", RATE, premises, *rate_constants(), *attained())


DERIVATIONS = (larger_step_derivation, free_derivation, rate_derivation)
