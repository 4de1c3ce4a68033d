"""The guarantees of a certificate: bounds on a state of the region that follow from bounds one step earlier.

A certificate's chain bounds, at each time, low ≤ λ(αΛ) ≤ high, ‖D‖² ≤ δ, ‖Cŵ‖ ≤ ζ and ‖ŵ‖² ≤ ω. Here every inequality
between two links, every leap, and what a trap means for the limits is derived; ℓ stands for high throughout.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check
from proofs.dimensionless import LATEX, SCALARS, Iteration
from proofs.one_step import OneStep, Scalars, region, state_bounds
from proofs.thm_1_explicit_constants import Limits

CLAIM = "new-certificate-guarantees"
"""What these bounds serve."""

LEAK, ENERGY, ETA, THETA = 18, 20, 23, 26
"""Places of assumptions in `chain_theory`, left out by mutants: a leak, h, η at the upper end, θ."""

MORE_SCALARS = {
    "low": "l",
    "zeta": r"\zeta",
    "leak": "\\varepsilon_D",
    "energy": "h",
    "grown": r"\nu",
    "weight": r"\omega_s",
    "theta": r"\theta",
    "xi": r"\xi",
    "mu": r"\mu",
    "x": "x",
    "settling": r"\eta",
}


@functools.cache
def chain_alphabet() -> Alphabet:
    """Return the letters C, D, ŵ of the iteration, and the scalars of a chain."""
    letters = (
        Letter("C", ("k", "k_prime"), latex="C"),
        Letter("D", ("d-k", "k_prime"), latex="D"),
        Letter("w", ("k_prime", "1"), latex=r"\hat w"),
    )
    return alphabet((*SCALARS, *MORE_SCALARS), letters, LATEX | MORE_SCALARS)


def number(name: str) -> FracElement:
    """Return a scalar of a chain."""
    return chain_alphabet().scalar(name).coefficient()


@functools.cache
def chain_theory() -> Theory:
    """Return the theory of one step from a link: the region with ℓ = high, and the link's bounds on the state.

    `leak` is any number above δ√(ℓω), `energy` any above ζ² + δω; bounds are positive: a bound that is 0 is the limit
    of positive ones, and every conclusion is a closed inequality.
    """
    words = chain_alphabet()
    here = Iteration(words)
    low, ell, delta, omega, zeta, leak, energy = (
        number(name) for name in ("low", "ell", "delta", "omega", "zeta", "leak", "energy")
    )
    relations = (
        *region(here),
        more_than(low),
        at_least(ell, low),
        more_than(zeta),
        more_than(leak),
        more_than(omega),
        at_least(leak**2, delta**2 * ell * omega),
        more_than(energy),
        at_least(energy, zeta**2 + delta * omega),
        *contraction_assumptions(here),
    )
    hypotheses = {
        **state_bounds(here),
        "Λ ⪰ lI": here.C @ here.C.T - here.scalar("low") * words.eye("k"),
        "‖Cŵ‖ ≤ ζ": words.constant(zeta**2) - here.w.T @ here.C.T @ here.C @ here.w,
    }
    return Theory(words, relations, hypotheses)


@functools.cache
def gram_theory() -> Theory:
    """Return the theory of one step of Λ from a link, with a weight ω: CWCᵀ ⪯ ωΛ, as `chain_theory` derives for two."""
    words = chain_alphabet()
    here = Iteration(words)
    x = Scalars(here)
    relations = (
        *region(here),
        more_than(x.low),
        more_than(x.ell, x.low),
        at_least(x.weight),
        at_least(lower_map(x, x.low), x.mu),
        at_least(lower_map(x, x.ell), x.mu),
    )
    hypotheses = {
        **state_bounds(here),
        "Λ ⪰ lI": here.C @ here.C.T - here.scalar("low") * words.eye("k"),
        "CWCᵀ ⪯ ωΛ": here.scalar("weight") * (here.C @ here.C.T) - here.C @ here.W @ here.C.T,
    }
    return Theory(words, relations, hypotheses)


@functools.cache
def trap_theory() -> Theory:
    """Return the theory of a trap: the region, whatever ω is, and λ_min(Λ) ≥ low > 0 at every later time."""
    words = chain_alphabet()
    here = Iteration(words)
    x = Scalars(here)
    hypotheses = {**state_bounds(here), "Λ ⪰ lI": here.C @ here.C.T - here.scalar("low") * words.eye("k")}
    return Theory(words, (*region(here), more_than(x.low), at_least(x.t)), hypotheses)


def lower_map(x: Scalars, point: FracElement) -> FracElement:
    """f(λ) = (1 + 2a(1 − ω))λ − 2asλ²."""
    value: FracElement = (1 + 2 * x.a * (1 - x.weight)) * point - 2 * x.a * x.s * point**2
    return value


def contraction_assumptions(here: Iteration) -> tuple[Relation, ...]:
    """Return what θ, η = settling and grown are at least or at most."""
    x = Scalars(here)
    one = here.words.field.one
    against = x.a * (x.omega * (1 - x.low) + (x.omega + x.energy) * x.ell / x.m)
    return (
        more_than(x.theta),
        at_least(x.low * (1 - x.low), x.settling),
        at_least(x.ell * (1 - x.ell), x.settling),
        at_least(x.grown, one),
        at_least(x.grown, 1 + x.a - x.a * x.s * x.low),
        at_least(x.theta, x.grown * (1 - x.rho * x.settling)),
        at_least(x.theta, against),
    )


# Lengths of vectors ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bounded:
    """A column x with a derived bound ‖x‖ ≤ length."""

    x: Element
    length: FracElement
    fact: Fact


def bounded(T: Theory, x: Element, length: FracElement, fact: Fact, says: str) -> Bounded:
    """Return x with ‖x‖ ≤ length, from a fact that is an identity away from 0 ≤ length² − xᵀx."""
    return Bounded(x, length, T.restate(fact, T.words.constant(length**2) - x.T @ x, says))


def triangle(T: Theory, one: Bounded, two: Bounded, sign: int = 1, says: str = "triangle inequality") -> Bounded:
    """‖x + y‖ ≤ p + r for positive p, r: (p + r)² − ‖x + y‖² is a sum of the two bounds and ‖rx − py‖²/(pr)."""
    p, r = one.length, two.length
    mixed = T.words.constant(r) * one.x - T.words.constant(sign * p) * two.x
    parts = (
        T.scale(one.fact, 1 + r / p),
        T.scale(two.fact, 1 + p / r),
        T.scale(T.square(mixed.T), 1 / (p * r)),
    )
    return bounded(T, one.x + sign * two.x, p + r, T.sum(*parts), says)


def stretched(T: Theory, one: Bounded, factor: FracElement, says: str = "") -> Bounded:
    """‖rx‖ ≤ rp for r ≥ 0."""
    return bounded(T, T.words.constant(factor) * one.x, factor * one.length, T.scale(one.fact, factor**2), says)


def constant(T: Theory, value: FracElement) -> Fact:
    """0 ≤ r for a number r that is decided to be nonnegative."""
    return T.scale(T.square(T.words.eye("1")), value)


def weighted(T: Theory, one: Bounded, n: Element, lower: Fact, upper: Fact, most: FracElement, says: str) -> Bounded:
    """‖x·n‖ ≤ rp for a 1×1 element with 0 ≤ n ≤ r."""
    below = T.product(upper, T.sum(lower, constant(T, most)))  # r² − n²
    energy = T.square(one.x.T)
    total = T.sum(T.scale(one.fact, most**2), T.product(below, energy))
    return bounded(T, one.x @ n, most * one.length, total, says)


@dataclass(frozen=True)
class Link:
    """What follows from the bounds of one link; `theory` may be a mutated one that refuses some."""

    theory: Theory

    @property
    def here(self) -> Iteration:
        """The iteration in the chain's alphabet."""
        return Iteration(self.theory.words)

    @property
    def step(self) -> OneStep:
        """One step in the region."""
        return OneStep(self.theory, self.here)

    @property
    def x(self) -> Scalars:
        """The scalars."""
        return Scalars(self.here)

    @property
    def Lambda(self) -> Element:
        """Λ = CCᵀ."""
        return self.here.C @ self.here.C.T

    @property
    def eye(self) -> Element:
        """The identity of size k."""
        return self.theory.words.eye("k")

    @functools.cached_property
    def visible(self) -> Bounded:
        """‖Cŵ‖ ≤ ζ."""
        z = self.here.C @ self.here.w
        return bounded(self.theory, z, self.x.zeta, self.theory.hypothesis("‖Cŵ‖ ≤ ζ"), "‖Cŵ‖ ≤ ζ")

    def mapped(
        self, one: Bounded, coefficients: Sequence[FracElement | int], norm: FracElement, says: str, *more: Relation
    ) -> Bounded:
        """‖p(Λ)x‖ ≤ r‖x‖ when r² − p(λ)² ≥ 0 on [low, low + y], with r in the letters low, y and those of `more`."""
        T = self.theory
        gap = [-c for c in _squared([T.words.field(c) for c in coefficients])]
        gap[0] = gap[0] + norm**2
        low, y = number("low"), number("y")
        fact = self.beyond_low(gap, (more_than(low), at_least(y), more_than(1 - low - y), *more), says)
        value = self.width.concrete(norm)
        total = T.sum(T.congruence(fact, one.x.T), T.scale(one.fact, value**2))
        image = _polynomial(self, [self.width.concrete(T.words.field(c)) for c in coefficients]) @ one.x
        return bounded(T, image, value * one.length, total, says)

    @property
    def width(self) -> Abstraction:
        """What y and s stand for."""
        return Abstraction({"s": self.x.s, "y": self.x.ell - self.x.low}, ())

    def leaked(self, vector: Element, short: Fact, says: str) -> Bounded:
        """‖CDᵀDx‖ ≤ leak for ‖x‖² ≤ ω: (DᵀC)(CᵀD) ⪯ ℓ-part, DᵀD ⪯ δI twice."""
        T, here, x = self.theory, self.here, self.x
        seen = T.congruence(T.flip(T.hypothesis("‖CCᵀ‖ ≤ ℓ"), here.C.T), (here.D.T @ here.D @ vector).T)
        # (DᵀD)² ⪯ δ²I: y² ≤ δ² on [0, δ]
        twice = T.spectral(
            here.D.T @ here.D, T.square(here.D.T), self.step.gram_of_D, [x.delta**2, 0, -1], "(DᵀD)² ⪯ δ²I"
        )
        spare = constant(T, x.leak**2 - x.delta**2 * x.ell * x.omega)
        parts = (seen, T.scale(T.congruence(twice, vector.T), x.ell), T.scale(short, x.ell * x.delta**2), spare)
        return bounded(T, here.C @ here.D.T @ here.D @ vector, x.leak, T.sum(*parts), says)

    @functools.cached_property
    def residual_short(self) -> Fact:
        """‖u‖² ≤ ω, u = (I − G)ŵ, as 0 ⪯ G ⪯ I."""
        T, here = self.theory, self.here
        step = self.step
        damped = T.spectral(here.G, step.gram_lower, step.gram_upper, [0, 2, -1], "(I − G)² ⪯ I")
        u = here.w - here.G @ here.w
        total = T.sum(T.congruence(damped, here.w.T), T.hypothesis("‖ŵ‖² ≤ ω"))
        return T.restate(total, here.scalar("omega") - u.T @ u, "‖u‖² ≤ ω")

    @functools.cached_property
    def next_short(self) -> Fact:
        """‖ŵ₊‖² ≤ ω."""
        T, here, x = self.theory, self.here, self.x
        energy = T.congruence(self.step.gram_lower, here.w.T)
        rate = here.words.field.one * 7 / 4 * x.rho * (1 - x.gram_bound)
        total = T.sum(self.step.head_decrease, T.scale(energy, rate), T.hypothesis("‖ŵ‖² ≤ ω"))
        return T.restate(total, here.scalar("omega") - here.next_head.T @ here.next_head, "‖ŵ₊‖² ≤ ω")

    @functools.cached_property
    def leak(self) -> Bounded:
        """‖CDᵀDŵ‖ ≤ leak."""
        return self.leaked(self.here.w, self.theory.hypothesis("‖ŵ‖² ≤ ω"), "‖CDᵀDŵ‖ ≤ leak")

    @functools.cached_property
    def leak_of_residual(self) -> Bounded:
        """‖CDᵀDu‖ ≤ leak."""
        return self.leaked(self.here.w - self.here.G @ self.here.w, self.residual_short, "‖CDᵀDu‖ ≤ leak")

    @functools.cached_property
    def leak_of_next(self) -> Bounded:
        """‖CDᵀDŵ₊‖ ≤ leak."""
        return self.leaked(self.here.next_head, self.next_short, "‖CDᵀDŵ₊‖ ≤ leak")

    # what W shows to C -----------------------------------------------------------------------------

    @functools.cached_property
    def output_energy(self) -> Fact:
        """ŵᵀGŵ ≤ energy."""
        T, here, x = self.theory, self.here, self.x
        hidden = T.congruence(self.step.gram_of_D, here.w.T)
        spare = constant(T, x.energy - x.zeta**2 - x.delta * x.omega)
        parts = (T.hypothesis("‖Cŵ‖ ≤ ζ"), hidden, T.scale(T.hypothesis("‖ŵ‖² ≤ ω"), x.delta), spare)
        return T.restate(T.sum(*parts), here.scalar("energy") - here.w.T @ here.G @ here.w, "ŵᵀGŵ ≤ h")

    @functools.cached_property
    def residual_seen(self) -> Bounded:
        """‖Cu‖ ≤ (1 − low)ζ + leak: Cu = (I − Λ)Cŵ − CDᵀDŵ."""
        damped = self.mapped(self.visible, [1, -1], 1 - number("low"), "‖(I − Λ)Cŵ‖ ≤ (1 − l)ζ")
        return triangle(self.theory, damped, self.leak, -1, "‖Cu‖ ≤ (1 − l)ζ + leak")

    @functools.cached_property
    def image_seen(self) -> Bounded:
        """‖Cg‖ ≤ high·ζ + leak: Cg = ΛCŵ + CDᵀDŵ."""
        grown = self.mapped(self.visible, [0, 1], number("low") + number("y"), "‖ΛCŵ‖ ≤ ℓζ")
        return triangle(self.theory, grown, self.leak, 1, "‖Cg‖ ≤ ℓζ + leak")

    @property
    def seen_weight(self) -> FracElement:
        """ω_s = qδ + ‖Cu‖²/low + (‖Cg‖²/low + h(high + δ))/m, as the certificate's recursion has it."""
        x = self.x
        Cu = (1 - x.low) * x.zeta + x.leak
        Cg = x.ell * x.zeta + x.leak
        return x.q * x.delta + (Cu**2 + Cg**2 / x.m) / x.low + x.energy * (x.ell + x.delta) / x.m

    @functools.cached_property
    def seen(self) -> Fact:
        """CWCᵀ ⪯ ω_sΛ."""
        T, here, x = self.theory, self.here, self.x
        C, w = here.C, here.w
        u, g = w - here.G @ w, here.G @ w
        above = T.hypothesis("Λ ⪰ lI")
        energy = T.congruence(self.step.gram_lower, w.T)

        def rank_one(vector: Element, bound: Bounded, says: str) -> Fact:
            square = T.rank_one(vector)
            capped = T.product(bound.fact, T.square(self.eye))
            onto = T.scale(above, bound.length**2 / x.low)
            stated = T.words.constant(bound.length**2 / x.low) * self.Lambda - vector @ vector.T
            return T.restate(T.sum(square, capped, onto), stated, says)

        parts = (
            T.scale(T.congruence(self.step.gram_of_D, C), x.q),
            rank_one(C @ u, self.residual_seen, "Cu(Cu)ᵀ ⪯ ‖Cu‖²/l·Λ"),
            T.scale(rank_one(C @ g, self.image_seen, "Cg(Cg)ᵀ ⪯ ‖Cg‖²/l·Λ"), 1 / x.m),
            T.scale(T.product(energy, T.congruence(self.step.gram_upper, C)), 1 / x.m),
            T.scale(T.product(self.output_energy, T.square(C)), (x.ell + x.delta) / x.m),
        )
        stated = T.words.constant(self.seen_weight) * self.Lambda - C @ here.W @ C.T
        return T.restate(T.sum(*parts), stated, "CWCᵀ ⪯ ω_sΛ")

    @functools.cached_property
    def seen_at_most(self) -> Fact:
        """CWCᵀ ⪯ (qδ + ω)Λ: the other bound."""
        T = self.theory
        stated = T.words.constant(self.x.noise_bound) * self.Lambda - self.here.C @ self.here.W @ self.here.C.T
        return T.restate(T.congruence(self.step.noise_upper, self.here.C), stated, "CWCᵀ ⪯ (qδ + ω)Λ")

    # the head ---------------------------------------------------------------------------------------

    @functools.cached_property
    def turned(self) -> Bounded:
        """‖e‖ ≤ ρ(1 + high)leak, e = ρ(ΛCDᵀDŵ − CDᵀDu), so that Cŵ₊ = (I − ρΛ(I − Λ))Cŵ + e."""
        x = self.x
        seen = self.mapped(self.leak, [0, 1], number("low") + number("y"), "‖ΛCDᵀDŵ‖ ≤ ℓ·leak")
        both = triangle(self.theory, seen, self.leak_of_residual, -1)
        return stretched(self.theory, both, x.rho, "‖e‖ ≤ ρ(1 + ℓ)leak")

    def head_polynomial(self, coefficients: Sequence[FracElement | int], says: str) -> tuple[Fact, Fact, Element]:
        """0 ≤ ŵᵀp(G)ŵ ≤ ω for a polynomial with 0 ≤ p ≤ 1 on [0, ḡ]; and the number itself."""
        T, here, step = self.theory, self.here, self.step
        least = T.spectral(here.G, step.gram_lower, step.gram_upper, coefficients)
        rest = [-T.words.field(c) for c in coefficients]
        rest[0] = rest[0] + 1
        most = T.spectral(here.G, step.gram_lower, step.gram_upper, rest)
        lower = T.congruence(least, here.w.T, f"0 ≤ {says}")
        value = lower.element
        total = T.sum(T.congruence(most, here.w.T), T.hypothesis("‖ŵ‖² ≤ ω"))
        return lower, T.restate(total, here.scalar("omega") - value, f"{says} ≤ ω"), value

    @functools.cached_property
    def along_residual(self) -> tuple[Fact, Fact, Element]:
        """0 ≤ uᵀŵ₊ ≤ ω: (1 − γ)(1 − ργ(1 − γ)) lies in [0, 1]."""
        rho = self.x.rho
        return self.head_polynomial([1, -1 - rho, 2 * rho, -rho], "uᵀŵ₊")

    @functools.cached_property
    def along_image(self) -> tuple[Fact, Fact, Element]:
        """0 ≤ gᵀŵ₊ ≤ ω: γ(1 − ργ(1 − γ)) lies in [0, 1]."""
        rho = self.x.rho
        return self.head_polynomial([0, 1, -rho, rho], "gᵀŵ₊")

    @property
    def against(self) -> FracElement:
        """a(ω(1 − low) + (ω + h)·high/m): what W may turn around."""
        x = self.x
        return x.a * (x.omega * (1 - x.low) + (x.omega + x.energy) * x.ell / x.m)

    @property
    def settled(self) -> Element:
        """T = I − ρΛ(I − Λ), so that Cŵ₊ = TCŵ + e."""
        return self.eye - self.here.scalar("rho") * (self.Lambda @ (self.eye - self.Lambda))

    @property
    def kept(self) -> Element:
        """P = ((1 + a)I − asΛ)T."""
        a, s = self.here.scalar("a"), self.here.scalar("s")
        return ((1 + a) * self.eye - a * s * self.Lambda) @ self.settled

    @functools.cached_property
    def turned_around(self) -> tuple[Fact, Fact, Element]:
        """0 ⪯ N ⪯ against·I, N = a((I − Λ)uᵀŵ₊ + (Λ gᵀŵ₊ + h ΛT)/m)."""
        T, here, x = self.theory, self.here, self.x
        one = T.words.field.one
        low, high = T.hypothesis("Λ ⪰ lI"), T.hypothesis("‖CCᵀ‖ ≤ ℓ")
        identity = T.square(self.eye)
        away = T.sum(high, T.scale(identity, 1 - x.ell))  # I − Λ
        gram = T.square(here.C)
        moved = T.spectral(self.Lambda, low, high, [0, 1, -x.rho, x.rho], "0 ⪯ ΛT")
        capped = T.spectral(self.Lambda, low, high, [x.ell, -one, x.rho, -x.rho], "ΛT ⪯ ℓI")
        (u_low, u_high, _), (g_low, g_high, _) = self.along_residual, self.along_image
        h_low, h_high = T.congruence(self.step.gram_lower, here.w.T), self.output_energy
        lower = T.sum(
            T.scale(T.product(u_low, away), x.a),
            T.scale(T.product(g_low, gram), x.a / x.m),
            T.scale(T.product(h_low, moved), x.a / x.m),
        )
        upper = T.sum(
            T.scale(T.sum(T.product(u_high, away), T.scale(low, x.omega)), x.a),
            T.scale(T.sum(T.product(g_high, gram), T.scale(high, x.omega)), x.a / x.m),
            T.scale(T.sum(T.product(h_high, moved), T.scale(capped, x.energy)), x.a / x.m),
        )
        N = lower.element
        return lower, T.restate(upper, T.words.constant(self.against) * self.eye - N, "N ⪯ against·I"), N

    def beyond_low(self, coefficients: Sequence[FracElement], relations: tuple[Relation, ...], says: str) -> Fact:
        """0 ⪯ p(Λ) by p ≥ 0 on [low, high], few scalars at a time: y stands for high − low."""
        T = self.theory
        shifted = _shifted([T.words.field(c) for c in coefficients], number("low"))
        lower, top = T.hypothesis("Λ ⪰ lI"), T.hypothesis("‖CCᵀ‖ ≤ ℓ")
        A = self.Lambda - self.here.scalar("low") * self.eye
        through = replace(self.width, relations=relations)
        return T.spectral(A, lower, top, shifted, says, through)

    @functools.cached_property
    def factors(self) -> tuple[Fact, Fact]:
        """0 ⪯ P ⪯ θI, P = p₁(Λ)p₂(Λ), p₁ = 1 + a − asλ ≤ grown and p₂ = 1 − ρλ(1 − λ) ≤ 1 − ρη on [low, high].

        P = p₂·as(high − λ) + p₂·(1 + a − as·high), and
        θ − P = grown(1 − ρη − p₂) + p₂·(grown − p₁) + (θ − grown(1 − ρη)).
        """
        T, x = self.theory, self.x
        rho, low, eta, y = (number(n) for n in ("rho", "low", "settling", "y"))
        one = T.words.field.one
        slope = x.a * x.s
        common = (more_than(rho), at_least(one, rho), more_than(low), at_least(y), more_than(one, low + y))
        ends = (*common, at_least(low * (1 - low), eta), at_least((low + y) * (1 - low - y), eta))
        slow = self.beyond_low([one, -rho, rho], common, "0 ⪯ p₂(Λ)")
        settled = self.beyond_low([-eta, one, -one], ends, "η ≤ λ(1 − λ)")
        right = self.beyond_low([-low, 1 + rho * low, -rho - rho * low, rho], common, "0 ⪯ (Λ − lI)p₂(Λ)")
        high = low + y
        left = self.beyond_low([high, -one - rho * high, rho + rho * high, -rho], common, "0 ⪯ (ℓI − Λ)p₂(Λ)")
        identity = T.square(self.eye)
        below = T.sum(
            T.scale(settled, x.grown * x.rho),
            T.scale(right, slope),
            T.scale(slow, x.grown - 1 - x.a + slope * x.low),
            T.scale(identity, x.theta - x.grown * (1 - x.rho * x.settling)),
        )
        above = T.sum(T.scale(left, slope), T.scale(slow, 1 + x.a - slope * x.ell))
        theta_eye = T.words.constant(x.theta) * self.eye
        return T.restate(above, self.kept, "0 ⪯ P"), T.restate(below, theta_eye - self.kept, "P ⪯ θI")

    @functools.cached_property
    def contraction(self) -> Bounded:
        """‖(P − N)Cŵ‖ ≤ θζ for θ ≥ against, θ ≥ grown(1 − ρη), η ≤ λ(1 − λ) on [low, high]."""
        T, x = self.theory, self.x
        theta = x.theta
        above, below = self.factors
        N_low, N_high, N = self.turned_around
        X = self.kept - N
        theta_eye = T.words.constant(theta) * self.eye
        spare = T.scale(T.square(self.eye), theta - self.against)
        top = T.restate(T.sum(below, N_low), theta_eye - X, "P − N ⪯ θI")
        bottom = T.restate(T.sum(above, N_high, spare), X + theta_eye, "−θI ⪯ P − N")
        square = T.spectral(X, bottom, top, [theta**2, 0, -1], "(P − N)² ⪯ θ²I")
        total = T.sum(T.congruence(square, self.visible.x.T), T.scale(self.visible.fact, theta**2))
        return bounded(T, X @ self.visible.x, theta * x.zeta, total, "‖(P − N)Cŵ‖ ≤ θζ")

    @functools.cached_property
    def pushed(self) -> tuple[Bounded, ...]:
        """The other parts of C₊ŵ₊ with their bounds; all of them carry D."""
        T, here, x = self.theory, self.here, self.x
        a, s, low, y, grown = (number(n) for n in ("a", "s", "low", "y", "grown"))
        kept = (more_than(a), more_than(s), at_least(grown, 1 + a - a * s * low), at_least(1 + a, a * s * (low + y)))
        e = self.turned
        u, g = self.along_residual, self.along_image
        h = T.congruence(self.step.gram_lower, here.w.T)
        carried = self.mapped(e, [0, 1], low + y, "‖Λe‖ ≤ ℓ‖e‖")
        return (
            self.mapped(e, [1 + a, -a * s], grown, "‖((1 + a)I − asΛ)e‖ ≤ grown·‖e‖", *kept),
            stretched(T, self.leak_of_next, x.a * x.q, "aq‖CDᵀDŵ₊‖"),
            stretched(T, weighted(T, self.leak, u[2], u[0], u[1], x.omega, ""), x.a, "a‖CDᵀDŵ‖uᵀŵ₊"),
            stretched(T, weighted(T, self.leak, g[2], g[0], g[1], x.omega, ""), x.a / x.m, "a‖CDᵀDŵ‖gᵀŵ₊/m"),
            stretched(T, weighted(T, carried, h.element, h, self.output_energy, x.energy, ""), x.a / x.m, "ah‖Λe‖/m"),
            stretched(
                T,
                weighted(T, self.leak_of_next, h.element, h, self.output_energy, x.energy, ""),
                x.a / x.m,
                "ah‖CDᵀDŵ₊‖/m",
            ),
        )

    @property
    def push(self) -> FracElement:
        """ξ, as the certificate's recursion has it."""
        x = self.x
        moved = x.rho * (1 + x.ell) * x.leak
        noise = x.q * x.leak + x.omega * x.leak
        noise = noise + (x.omega * x.leak + x.energy * (x.ell * moved + x.leak)) / x.m
        return number("grown") * moved + x.a * noise

    def parts_of_next(self, sign: int = 1) -> list[Proved]:
        """Return the bounds on the parts of C₊ŵ₊: they add up to θζ + ξ, and the parts to C₊ŵ₊.

        `sign` is that of the part that carries uᵀŵ₊; a wrong one is refused.
        """
        here = self.here
        signs = (1, -1, sign, -1, -1, -1)
        vector, length = self.contraction.x, self.contraction.length
        for plus, part in zip(signs, self.pushed, strict=True):
            vector, length = vector + plus * part.x, length + part.length
        if not (vector - here.C @ here.M @ here.next_head).is_zero():
            raise RefusedStepError("expected the parts to add up to C₊ŵ₊")
        if length != self.x.theta * self.x.zeta + self.push:
            raise RefusedStepError(f"expected lengths that add up to θζ + ξ; got {length}")
        return [self.contraction.fact, *(part.fact for part in self.pushed)]

    # Λ ----------------------------------------------------------------------------------------------

    @functools.cached_property
    def gram_from_below(self) -> Fact:
        """μI ⪯ Λ₊ for μ ≤ f(low), f(high), f(λ) = (1 + 2a(1 − ω))λ − 2asλ²: concave, and Λ₊ ⪰ f(Λ)."""
        T, here, x = self.theory, self.here, self.x
        weight = x.weight
        centred = T.congruence(T.square(here.M - here.identity), here.C, "M² ⪰ 2M − I")
        noise = T.scale(T.hypothesis("CWCᵀ ⪯ ωΛ"), 2 * x.a)
        linear = 1 + 2 * x.a * (1 - weight)
        f = T.words.constant(linear) * self.Lambda - T.words.constant(2 * x.a * x.s) * (self.Lambda @ self.Lambda)
        above = T.restate(T.sum(centred, noise), self.next_gram - f, "Λ₊ ⪰ f(Λ)")
        # a concave function lies above its chord, and the chord above μ where its ends do
        at_low, at_high = (lower_map(x, end) for end in (x.low, x.ell))
        width = x.ell - x.low
        chord = T.sum(
            T.scale(self.between, 2 * x.a * x.s),
            T.scale(T.hypothesis("Λ ⪰ lI"), (at_high - x.mu) / width),
            T.scale(T.hypothesis("‖CCᵀ‖ ≤ ℓ"), (at_low - x.mu) / width),
        )
        mu_eye = here.scalar("mu") * self.eye
        kept = T.restate(chord, f - mu_eye, "f(Λ) ⪰ μI")
        return T.restate(T.sum(above, kept), self.next_gram - mu_eye, "Λ₊ ⪰ μI")

    @functools.cached_property
    def between(self) -> Fact:
        """0 ⪯ (Λ − lI)(ℓI − Λ)."""
        low, y = number("low"), number("y")
        high = low + y
        return self.beyond_low([-low * high, low + high, low * 0 - 1], (at_least(y),), "0 ⪯ (Λ − lI)(ℓI − Λ)")

    @property
    def next_gram(self) -> Element:
        """Λ₊ = CM²Cᵀ."""
        return self.step.next_gram

    @functools.cached_property
    def gram_from_above(self) -> Fact:
        """Λ₊ ⪯ p̃(Λ), p̃(λ) = λ[(1 + a(1 − sλ))² + a³ω(1 − sλ)²]."""
        T, here, x = self.theory, self.here, self.x
        F = self.eye - here.scalar("s") * self.Lambda
        N = self.eye + here.scalar("a") * F
        Z = T.congruence(self.step.noise_lower, here.C, "0 ⪯ Z = CWCᵀ")
        squared = T.spectral(here.W, self.step.noise_lower, self.step.noise_upper, [0, 1, -x.a], "aW² ⪯ W")
        parts = (
            T.scale(T.congruence(Z, N), x.a),
            T.scale(T.congruence(squared, here.C), x.a),
            T.scale(T.congruence(T.hypothesis("CWCᵀ ⪯ ωΛ"), F), x.a**3),
        )
        stated = N @ self.Lambda @ N + T.words.constant(x.a**3 * x.weight) * (F @ self.Lambda @ F) - self.next_gram
        return T.restate(T.sum(*parts), stated, "Λ₊ ⪯ p̃(Λ)")


def _shifted(coefficients: Sequence[FracElement], by: FracElement) -> list[FracElement]:
    """Return the coefficients of p(λ + by)."""
    out = [c * 0 for c in coefficients]
    for c in reversed(coefficients):
        out = [(out[i - 1] if i else c) + by * out[i] for i in range(len(out))]
    return out


def _squared(coefficients: Sequence[FracElement]) -> list[FracElement]:
    zero = coefficients[0] * 0
    out = [zero for _ in range(2 * len(coefficients) - 1)]
    for i, left in enumerate(coefficients):
        for j, right in enumerate(coefficients):
            out[i + j] = out[i + j] + left * right
    return out


def _polynomial(link: Link, coefficients: Sequence[FracElement | int]) -> Element:
    power, total = link.eye, link.theory.words.zeros("k", "k")
    for coefficient in coefficients:
        total = total + link.theory.words.constant(coefficient) * power
        power = power @ link.Lambda
    return total


PARTS = 7
"""C₊ŵ₊ is a sum of so many vectors."""


def polygon(short: int = 0) -> Fact:
    """Derive ‖y₀ ± … ± y₆‖ ≤ p₀ + … + p₆ from ‖yᵢ‖ ≤ pᵢ; what is `short` leaves one length out."""
    names = [f"p_{i}" for i in range(PARTS)]
    letters = [Letter(f"y_{i}", ("k", "1"), latex=f"y_{i}") for i in range(PARTS)]
    words = alphabet((*names, "lam"), letters, {})
    lengths = [words.scalar(name).coefficient() for name in names]
    columns = [words.letter(letter.name) for letter in letters]
    bounds = {f"‖{x}‖ ≤ {p}": words.constant(p**2) - x.T @ x for x, p in zip(columns, lengths, strict=True)}
    T = Theory(words, tuple(more_than(p) for p in lengths), bounds)
    sides = [Bounded(x, p, T.hypothesis(name)) for x, p, name in zip(columns, lengths, bounds, strict=True)]
    total = functools.reduce(lambda one, two: triangle(T, one, two), sides)
    length = sum(lengths[: PARTS - short], start=words.field.zero)
    return T.restate(total.fact, words.constant(length**2) - total.x.T @ total.x, "the polygon inequality")


# Scalar recursions -------------------------------------------------------------------------------


def scalars(*relations: Relation) -> Theory:
    """Return a theory of scalars alone."""
    return Theory(chain_alphabet(), relations, {})


def climb(slip: int = 0) -> Decided:
    """Decide f(λ) ≥ r − (r − λ)·rate for low ≤ λ ≤ r, r = (1 − ω)/s the rest of f and rate ≥ 1 − 2as·low."""
    a, s, low, rest, rate, lam = (number(n) for n in ("a", "s", "low", "mu", "t", "lam"))
    given = scalars(
        more_than(a),
        more_than(s),
        more_than(low),
        at_least(lam, low),
        at_least(rest, lam),
        at_least(rate),
        at_least(rate, 1 - 2 * a * s * low),
    )
    f = lam + 2 * a * s * lam * (rest - lam)
    return given.decide(
        at_least(f, rest - (rest - lam) * rate + slip * _little()), "a leap climbs towards the rest of f"
    )


def fade(slip: int = 0) -> Decided:
    """Decide θ(xζ + ξ/(1 − θ)) + ξ ≤ θxζ + ξ/(1 − θ), x = θⁿ: the step of an induction on n."""
    theta, xi, zeta, x = (number(n) for n in ("theta", "xi", "zeta", "x"))
    given = scalars(at_least(theta), more_than(1 - theta), at_least(xi), at_least(zeta), at_least(x))
    rest = xi / (1 - theta)
    return given.decide(
        at_least(theta * x * zeta + rest - slip * _little(), theta * (x * zeta + rest) + xi), "a leap lets ‖Cŵ‖ fade"
    )


def _upper() -> tuple[FracElement, tuple[Relation, ...]]:
    """Return p̃/x⋆ at x = sλ with b = aω ≤ 1, where it increases."""
    a, b, x = (number(n) for n in ("a", "weight", "x"))
    one = chain_alphabet().field.one
    F = 1 - x
    up_to = (
        more_than(a),
        more_than(one, 2 * a),
        at_least(b),
        at_least(one, b),
        at_least(x),
        at_least(1 + a, 3 * a * x),
    )
    return x * ((1 + a * F) ** 2 + a**2 * b * F**2), up_to


def rise(slip: int = 0) -> Decided:
    """Decide that p̃ increases up to (1 + a)/(3as): the largest eigenvalue bounds them all."""
    upper, up_to = _upper()
    return scalars(*up_to).decide(
        at_least(upper.diff(number("x")) - slip * _little()), "p̃ increases up to (1 + a)/(3as)"
    )


def sink(slip: int = 0) -> Decided:
    """Decide p̃(λ) − x⋆ ≤ (λ − x⋆)(1 − 2a + 2a²(s·high − 1)) for x⋆ ≤ λ ≤ high."""
    a, x, top = (number(n) for n in ("a", "x", "ell"))
    upper, up_to = _upper()
    given = scalars(*up_to, at_least(x, x / x), at_least(top, x), at_least(1 + a, 3 * a * top))
    factor = 1 - 2 * a + 2 * a**2 * (top - 1) - slip * a / 2
    return given.decide(at_least((x - 1) * factor, upper - 1), "a leap sinks towards x⋆")


def below_fixed_point(slip: int = 0) -> Decided:
    """Decide p̃ ≤ x⋆ on [0, x⋆]."""
    upper, up_to = _upper()
    x = number("x")
    given = scalars(*up_to, at_least(x / x, x))
    return given.decide(at_least(1 - slip * _little(), upper), "p̃ ≤ x⋆ below x⋆")


def stay(slip: int = 0) -> Decided:
    """Decide 0 ≤ z ≤ ζ and θζ + ξ ≤ ζ give θz + ξ ≤ ζ: what is caught stays caught."""
    theta, xi, zeta, z = (number(n) for n in ("theta", "xi", "zeta", "x"))
    given = scalars(at_least(theta), at_least(z), at_least(zeta, z), at_least(zeta, theta * zeta + xi))
    return given.decide(at_least(zeta - slip * _little(), theta * z + xi), "a trap keeps ‖Cŵ‖ ≤ ζ")


def decay(slip: int = 0) -> Decided:
    """Decide δ/(1 + gδt) ≤ ε for t ≥ (1/ε − 1/δ)/g: the time of bound (a)."""
    delta, epsilon, g, t = (number(n) for n in ("delta", "epsilon", "q", "t"))
    given = scalars(
        more_than(delta), more_than(epsilon), more_than(g), at_least(t), at_least(g * t, 1 / epsilon - 1 / delta)
    )
    return given.decide(at_least(epsilon - slip * epsilon / 1000, delta / (1 + g * delta * t)), "the time of bound (a)")


def summed(slip: int = 0) -> Decided:
    """Decide rate·n·ε² ≥ ω and rate·n·least ≤ ω give least ≤ ε²: one of n outputs is small."""
    rate, n, square, least, omega = (number(name) for name in ("rho", "t", "epsilon", "x", "omega"))
    given = scalars(
        more_than(rate),
        more_than(n),
        at_least(rate * n * square, omega),
        at_least(omega, rate * n * least),
    )
    return given.decide(at_least(square - slip * square / 1000, least), "the time of bound (b)")


def _little() -> FracElement:
    return chain_alphabet().field.one / 1000


NUMBERS: dict[str, Callable[[int], Decided]] = {
    "climb": climb,
    "fade": fade,
    "rise": rise,
    "sink": sink,
    "below x⋆": below_fixed_point,
    "stay": stay,
    "bound (a)": decay,
    "bound (b)": summed,
}
"""What the recursions and leaps do with numbers; a slip makes each bound too good by a little."""


# For ever ----------------------------------------------------------------------------------------


def trapped_limits(link: Link, low_is_positive: bool = True, reach: int = 1) -> list[Proved]:
    """Derive αΛ_t → x⋆I from λ_min(αΛ_t) ≥ low > 0 for ever, whatever ω is: the region does the rest."""
    T = link.theory
    a, s, low, lam = (number(n) for n in ("a", "s", "low", "lam"))
    one = T.words.field.one
    relations = (more_than(a), more_than(one / 2, a), more_than(s), *((more_than(low),) if low_is_positive else ()))
    through = Abstraction({"s": link.x.s}, relations)
    fixed, top = 1 / s, (1 + reach * (1 - 2 * a) / 2) / s
    image = lam * (1 + a * (1 - s * lam)) ** 2
    slope = (1 + a - a * s * lam) * (1 + a - 3 * a * s * lam)
    inside = (at_least(lam, low), at_least(top, lam))
    left, right = (*inside, more_than(fixed, lam)), (*inside, more_than(lam, fixed))
    floored = T.hypothesis("Λ ⪰ lI")
    conditions = (
        T.decide_for_all(more_than(slope), "lam", inside, through, "p increases on [low, u]"),
        T.decide_for_all(more_than(image, lam), "lam", left, through, "p(λ) > λ left of x⋆"),
        T.decide_for_all(more_than(lam, image), "lam", right, through, "p(λ) < λ beyond x⋆"),
    )
    found = Limits(link.step)
    statement = r"\alpha\Lambda_t \to x_\star I"
    return [
        limits.scalar_lemma(
            "perturbed monotone map", statement, conditions, found.noise_vanishes, found.gram_capped, floored
        )
    ]


# Mutants and checks ------------------------------------------------------------------------------


def _without(T: Theory, *indices: int) -> Link:
    """Return a link whose theory lacks some of its assumptions."""
    dropped = {index % len(T.assumptions) for index in indices}
    return Link(replace(T, assumptions=tuple(r for i, r in enumerate(T.assumptions) if i not in dropped)))


def _unsaid(T: Theory, name: str) -> Link:
    """Return a link whose theory lacks a hypothesis."""
    return Link(replace(T, hypotheses={key: value for key, value in T.hypotheses.items() if key != name}))


def _looser(T: Theory, name: str, more: Element) -> Link:
    """Return a link whose theory has a weaker hypothesis."""
    return Link(replace(T, hypotheses={**T.hypotheses, name: T.hypotheses[name] + more}))


def _twice_as_long() -> Link:
    T = chain_theory()
    return _looser(T, "‖Cŵ‖ ≤ ζ", 3 * (T.words.scalar("zeta") * T.words.scalar("zeta")))


def _twice_the_weight() -> Link:
    T = gram_theory()
    C = T.words.letter("C")
    return _looser(T, "CWCᵀ ⪯ ωΛ", T.words.scalar("weight") * (C @ C.T))


@functools.cache
def link() -> Link:
    """Return what follows from the bounds of one link."""
    return Link(chain_theory())


def head_facts() -> list[Proved]:
    """Derive the weight ω_s, and ‖C₊ŵ₊‖ ≤ θζ + ξ part by part."""
    return [link().seen, link().seen_at_most, *link().parts_of_next(), polygon()]


def gram_facts() -> list[Proved]:
    """Derive the bounds on Λ₊ and on ‖D₊‖²."""
    found = Link(gram_theory())
    return [found.gram_from_below, found.gram_from_above, found.step.complement_bound]


LINK = "every d, k ≤ k′ and m_in ≥ 1, all parameters and states of the region within the bounds of a link"

CHECKS = (
    proof_check(
        "from one link to the next: the head",
        (CLAIM,),
        LINK,
        head_facts,
        {
            "‖Cŵ‖ ≤ 2ζ": lambda: _twice_as_long().visible,
            "without Λ ⪰ lI": lambda: _unsaid(chain_theory(), "Λ ⪰ lI").residual_seen,
            "without leak² ≥ δ²ℓω": lambda: _without(chain_theory(), LEAK).leak,
            "a part with the wrong sign": lambda: link().parts_of_next(sign=-1),
            "a length left out": lambda: polygon(short=1),
            "without h ≥ ζ² + δω": lambda: _without(chain_theory(), ENERGY).output_energy,
            "without η ≤ ℓ(1 − ℓ)": lambda: _without(chain_theory(), ETA).factors,
            "without θ ≥ grown(1 − ρη)": lambda: _without(chain_theory(), THETA).factors,
        },
    ),
    proof_check(
        "from one link to the next: Λ and D",
        (CLAIM,),
        LINK,
        gram_facts,
        {
            "CWCᵀ ⪯ 2ωΛ": lambda: _twice_the_weight().gram_from_below,
            "without f(high) ≥ μ": lambda: _without(gram_theory(), -1).gram_from_below,
            "without f(low) ≥ μ": lambda: _without(gram_theory(), -2).gram_from_below,
            "without CWCᵀ ⪯ ωΛ": lambda: _unsaid(gram_theory(), "CWCᵀ ⪯ ωΛ").gram_from_above,
        },
    ),
    proof_check(
        "leaps, traps and times in numbers",
        (CLAIM,),
        "all real numbers that satisfy the hypotheses",
        lambda: [goal(0) for goal in NUMBERS.values()],
        {f"{name}, too good by a little": functools.partial(goal, 1) for name, goal in NUMBERS.items()},
    ),
    proof_check(
        "a trap leads to the limits, whatever the head's length",
        (CLAIM,),
        "every d, k ≤ k′ and m_in ≥ 1, all parameters and states of the region with ω < 1 left out",
        lambda: trapped_limits(Link(trap_theory())),
        {
            "low may be negative": lambda: trapped_limits(Link(trap_theory()), low_is_positive=False),
            "up to twice as far": lambda: trapped_limits(Link(trap_theory()), reach=4),
            "without Λ ⪰ lI": lambda: trapped_limits(_unsaid(trap_theory(), "Λ ⪰ lI")),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of the guarantees."""
    premises = (
        r"the region of Theorem 1 with explicit constants, $\omega \lt 1$ left out",
        r"$l I \preceq \Lambda \preceq \ell I$, $DD^{\top} \preceq \delta I$, $\lVert C\hat w\rVert \le \zeta$",
        r"$\lVert\hat w\rVert^2 \le \omega$; bounds are positive: every conclusion is a closed inequality",
        r"$\varepsilon_D \ge \delta\sqrt{\ell\omega}$, $h \ge \zeta^2 + \delta\omega$, $\nu \ge \max(1, 1 + a - asl)$",
        r"$\eta \le \lambda(1-\lambda)$ at both ends, $\theta \ge \nu(1-\rho\eta)$",
        r"$\theta \ge a(\omega(1-l) + (\omega+h)\ell/m)$",
    )
    numbers = [goal(0) for goal in NUMBERS.values()]
    found = [*head_facts(), *gram_facts(), *numbers, *trapped_limits(Link(trap_theory()))]
    return proof("What a certificate guarantees", (CLAIM,), premises, *found)


DERIVATIONS = (derivation,)
