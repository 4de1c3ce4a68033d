"""One step of the iteration inside the region of Theorem 1: its inequalities, derived by rules, in every dimension.

The region: a < 1/2, ρ ≤ 1, ℓ ≥ x⋆, ḡ = ℓ + δ < 1, ḡ(1 + 2/m) ≤ 2, 2aqδ ≤ 1, a(sℓ + qδ + ω) ≤ 1, and the
state has ‖CCᵀ‖ ≤ ℓ, ‖DDᵀ‖ ≤ δ, ‖ŵ‖² ≤ ω. All of it is kept by the iteration; the three limits follow.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, Theory
from foanil.words import Element
from proofs.dimensionless import Iteration, iteration


@dataclass(frozen=True)
class Scalars:
    """The scalars of the proof as elements of the coefficient field."""

    here: Iteration

    def __getattr__(self, name: str) -> FracElement:
        return self.here.scalar(name).coefficient()

    @property
    def noise_bound(self) -> FracElement:
        """ω̄ = qδ + ω, a bound on ‖W‖."""
        return self.q * self.delta + self.omega

    @property
    def gram_bound(self) -> FracElement:
        """ḡ = ℓ + δ, a bound on ‖G‖."""
        return self.ell + self.delta


def region(here: Iteration) -> tuple[Relation, ...]:
    """Return the scalar inequalities that define the region."""
    x = Scalars(here)
    one = here.words.field.one
    return (
        more_than(x.a),
        more_than(one / 2, x.a),
        more_than(x.rho),
        at_least(one, x.rho),
        at_least(x.m, one),
        at_least(x.kappa, one),
        at_least(x.ell, x.x_star),
        at_least(x.delta),
        at_least(x.omega),
        more_than(one, x.gram_bound),
        at_least(2 * one, x.gram_bound * (1 + 2 / x.m)),
        at_least(one, 2 * x.a * x.q * x.delta),
        at_least(one, x.a * (x.s * x.ell + x.noise_bound)),
    )


def state_bounds(here: Iteration) -> dict[str, Element]:
    """Return the matrix hypotheses on the state: 0 ⪯ ℓI − CCᵀ, 0 ⪯ δI − DDᵀ, 0 ≤ ω − ŵᵀŵ."""
    words = here.words
    return {
        "‖CCᵀ‖ ≤ ℓ": here.scalar("ell") * words.eye("k") - here.C @ here.C.T,
        "‖DDᵀ‖ ≤ δ": here.scalar("delta") * words.eye("d-k") - here.D @ here.D.T,
        "‖ŵ‖² ≤ ω": here.scalar("omega") - here.w.T @ here.w,
    }


@functools.cache
def theory() -> Theory:
    """Return the theory of one step inside the region, at a time t ≥ 0, with ω < 1 (which only the limits need)."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    return Theory(here.words, (*region(here), more_than(one, x.omega), at_least(x.t)), state_bounds(here))


@dataclass(frozen=True)
class OneStep:
    """The inequalities of one step, each derived on demand; `theory` may be a mutated one that refuses some."""

    theory: Theory
    here: Iteration

    @property
    def x(self) -> Scalars:
        """The scalars."""
        return Scalars(self.here)

    def identity_is_psd(self, size: str) -> Fact:
        """0 ⪯ I."""
        return self.theory.square(self.here.words.eye(size), "the identity")

    # step 1 --------------------------------------------------------------------------------------

    @functools.cached_property
    def gram_of_C(self) -> Fact:
        """CᵀC ⪯ ℓI."""
        return self.theory.flip(self.theory.hypothesis("‖CCᵀ‖ ≤ ℓ"), self.here.C.T, "CᵀC ⪯ ℓI")

    @functools.cached_property
    def gram_of_D(self) -> Fact:
        """DᵀD ⪯ δI."""
        return self.theory.flip(self.theory.hypothesis("‖DDᵀ‖ ≤ δ"), self.here.D.T, "DᵀD ⪯ δI")

    @functools.cached_property
    def gram_upper(self) -> Fact:
        """G ⪯ ḡI."""
        return self.theory.sum(self.gram_of_C, self.gram_of_D, says="G ⪯ ḡI")

    @functools.cached_property
    def gram_lower(self) -> Fact:
        """0 ⪯ G."""
        return self.theory.sum(self.theory.square(self.here.C.T), self.theory.square(self.here.D.T), says="0 ⪯ G")

    # step 2 --------------------------------------------------------------------------------------

    @functools.cached_property
    def head_noise_upper(self) -> Fact:
        """R ⪯ ωI: rank-one parts by Cauchy–Schwarz, then one spectral inequality in G, then ‖ŵ‖² ≤ ω."""
        T, here, x = self.theory, self.here, self.x
        u, g = (here.identity - here.G) @ here.w, here.G @ here.w
        energy = T.congruence(self.gram_lower, here.w.T, "0 ≤ ŵᵀGŵ")
        one = here.words.field.one
        # 1 − (1 − λ)² − λ²/m − ḡλ/m ≥ 0 on [0, ḡ]
        spectral = T.spectral(
            here.G, self.gram_lower, self.gram_upper, [0, 2 - x.gram_bound / x.m, -1 - one / x.m], "one polynomial in G"
        )
        identity = self.identity_is_psd("k_prime")
        parts = (
            T.rank_one(u, "uuᵀ ⪯ ‖u‖²I"),
            T.scale(T.rank_one(g, "ggᵀ ⪯ ‖g‖²I"), 1 / x.m),
            T.scale(T.product(energy, self.gram_upper), 1 / x.m),
            T.product(T.congruence(spectral, here.w.T), identity),
            T.product(T.hypothesis("‖ŵ‖² ≤ ω"), identity),
        )
        bound = here.scalar("omega") * here.identity - here.head_noise
        return T.restate(T.sum(*parts), bound, "R ⪯ ωI")

    @functools.cached_property
    def noise_upper(self) -> Fact:
        """W ⪯ (qδ + ω)I."""
        total = self.theory.sum(self.theory.scale(self.gram_of_D, self.x.q), self.head_noise_upper)
        words = self.here.words
        return self.theory.restate(
            total, words.constant(self.x.noise_bound) * self.here.identity - self.here.W, "W ⪯ ω̄I"
        )

    @functools.cached_property
    def head_noise_lower(self) -> Fact:
        """0 ⪯ R."""
        T, here, x = self.theory, self.here, self.x
        u, g = (here.identity - here.G) @ here.w, here.G @ here.w
        energy = T.congruence(self.gram_lower, here.w.T)
        parts = (T.square(u), T.scale(T.square(g), 1 / x.m), T.scale(T.product(energy, self.gram_lower), 1 / x.m))
        return T.restate(T.sum(*parts), here.head_noise, "0 ⪯ R")

    @functools.cached_property
    def noise_lower(self) -> Fact:
        """0 ⪯ W."""
        T, here = self.theory, self.here
        total = T.sum(T.scale(T.square(here.D.T), self.x.q), self.head_noise_lower)
        return T.restate(total, here.W, "0 ⪯ W")

    @functools.cached_property
    def moment_lower(self) -> Fact:
        """0 ⪯ E."""
        T, here = self.theory, self.here
        return T.restate(T.sum(T.scale(T.square(here.C.T), self.x.s), self.noise_lower), here.E, "0 ⪯ E")

    @functools.cached_property
    def moment_upper(self) -> Fact:
        """E ⪯ I/a."""
        T, here, x = self.theory, self.here, self.x
        slack = 1 / x.a - x.s * x.ell - x.noise_bound
        total = T.sum(T.scale(self.gram_of_C, x.s), self.noise_upper, T.scale(self.identity_is_psd("k_prime"), slack))
        return T.restate(total, here.words.constant(1 / x.a) * here.identity - here.E, "aE ⪯ I")

    @functools.cached_property
    def step_matrix_invertible(self) -> Decided:
        """M ⪰ aI with a > 0: the rank of C never changes, C₊ = CM."""
        T, here, x = self.theory, self.here, self.x
        lower = T.restate(T.scale(self.moment_upper, x.a), here.M - here.scalar("a") * here.identity, "M ⪰ aI")
        return T.strictly(lower, here.M, "M ⪰ aI with a > 0 is invertible")

    # step 3 --------------------------------------------------------------------------------------

    @functools.cached_property
    def head_decrease(self) -> Fact:
        """‖ŵ₊‖² ≤ ‖ŵ‖² − (7/4)ρ(1 − ḡ)ŵᵀGŵ."""
        T, here, x = self.theory, self.here, self.x
        one = here.words.field.one
        rate = one * 7 / 4 * x.rho * (1 - x.gram_bound)
        # 1 − rate·λ − (1 − ρλ(1 − λ))²
        coefficients = [0, 2 * x.rho - rate, -2 * x.rho - x.rho**2, 2 * x.rho**2, -(x.rho**2)]
        in_gram = T.spectral(here.G, self.gram_lower, self.gram_upper, coefficients, "one polynomial in G")
        energy = here.w.T @ here.G @ here.w
        stated = here.w.T @ here.w - here.words.constant(rate) * energy - here.next_head.T @ here.next_head
        return T.restate(T.congruence(in_gram, here.w.T), stated, "the head shrinks by what it outputs")

    # step 4 --------------------------------------------------------------------------------------

    @functools.cached_property
    def complement_decrease(self) -> Fact:
        """D₊D₊ᵀ ⪯ Y − aqY², Y = DDᵀ."""
        T, here, x = self.theory, self.here, self.x
        a, q = here.scalar("a"), here.scalar("q")
        damped = T.spectral(here.E, self.moment_lower, self.moment_upper, [0, x.a, -(x.a**2)], "(I−aE)² ⪯ I − aE")
        excess = T.sum(T.scale(T.square(here.C.T), x.s), self.head_noise_lower)
        beyond = T.restate(excess, here.E - q * (here.D.T @ here.D), "E ⪰ qDᵀD")
        total = T.sum(T.congruence(damped, here.D), T.scale(T.congruence(beyond, here.D), x.a))
        Y, D_next = here.D @ here.D.T, here.D @ (here.identity - a * here.E)
        return T.restate(total, Y - a * q * (Y @ Y) - D_next @ D_next.T, "the complement shrinks")

    @functools.cached_property
    def complement_bound(self) -> Fact:
        """D₊D₊ᵀ ⪯ (δ − aqδ²)I: the map y ↦ y − aqy² increases on [0, δ]."""
        T, here, x = self.theory, self.here, self.x
        Y = here.D @ here.D.T
        kept = x.delta - x.a * x.q * x.delta**2
        in_gram = T.spectral(
            Y, T.square(here.D), T.hypothesis("‖DDᵀ‖ ≤ δ"), [kept, -1, x.a * x.q], "y − aqy² ≤ δ − aqδ² on [0, δ]"
        )
        D_next = here.D @ (here.identity - here.scalar("a") * here.E)
        bound = here.words.constant(kept) * here.words.eye("d-k") - D_next @ D_next.T
        return T.restate(T.sum(in_gram, self.complement_decrease), bound, "‖D₊‖² ≤ δ − aqδ²")

    # step 5 --------------------------------------------------------------------------------------

    @functools.cached_property
    def gram_of_C_upper(self) -> Fact:
        """Λ₊ ⪯ p̃(Λ) = N Λ N + a³ω̄ F Λ F, F = I − sΛ, N = I + aF."""
        T, here, x = self.theory, self.here, self.x
        words = here.words
        identity, Lambda = words.eye("k"), here.C @ here.C.T
        F = identity - here.scalar("s") * Lambda
        N = identity + here.scalar("a") * F
        Z = T.congruence(self.noise_lower, here.C, "0 ⪯ Z = CWCᵀ")
        # W − aW² ⪰ 0 as aW ⪯ I
        squared = T.spectral(here.W, self.noise_lower, self.noise_upper, [0, 1, -x.a], "aW² ⪯ W")
        parts = (
            T.scale(T.congruence(Z, N), x.a),
            T.scale(T.congruence(squared, here.C), x.a),
            T.scale(T.congruence(T.congruence(self.noise_upper, here.C), F), x.a**3),
        )
        stated = N @ Lambda @ N + words.constant(x.a**3 * x.noise_bound) * (F @ Lambda @ F) - self.next_gram
        return T.restate(T.sum(*parts), stated, "Λ₊ ⪯ p̃(Λ)")

    @property
    def next_gram(self) -> Element:
        """Λ₊ = CM²Cᵀ."""
        return self.here.C @ self.here.M @ self.here.M @ self.here.C.T

    @functools.cached_property
    def gram_of_C_loud(self) -> Fact:
        """Λ₊ ⪯ h(Λ), h the map p̃ at aω̄ = 1."""
        T, here, x = self.theory, self.here, self.x
        words = here.words
        identity, Lambda = words.eye("k"), here.C @ here.C.T
        F = identity - here.scalar("s") * Lambda
        N = identity + here.scalar("a") * F
        louder = T.scale(T.congruence(T.square(here.C), F), x.a**2 - x.a**3 * x.noise_bound, "p̃(Λ) ⪯ h(Λ)")
        stated = N @ Lambda @ N + words.constant(x.a**2) * (F @ Lambda @ F) - self.next_gram
        return T.restate(T.sum(louder, self.gram_of_C_upper), stated, "Λ₊ ⪯ h(Λ)")

    @functools.cached_property
    def gram_of_C_bound(self) -> Fact:
        """Λ₊ ⪯ ℓI."""
        T, here, x = self.theory, self.here, self.x
        Lambda = here.C @ here.C.T
        gap = [-c for c in loudest_map(here)]
        gap[0] = gap[0] + here.words.scalar("y").coefficient()
        capped = T.spectral(
            Lambda, T.square(here.C), T.hypothesis("‖CCᵀ‖ ≤ ℓ"), gap, "h ≤ ℓ on [0, ℓ]", through=self.above_fixed_point
        )
        bound = here.words.constant(x.ell) * here.words.eye("k") - self.next_gram
        return T.restate(T.sum(capped, self.gram_of_C_loud), bound, "Λ₊ ⪯ ℓI")

    @property
    def above_fixed_point(self) -> Abstraction:
        """a < 1/2, and any s > 0, y ≥ 1/s with asy ≤ 1; here y stands for ℓ."""
        here, x = self.here, self.x
        a, s, top = (here.words.scalar(n).coefficient() for n in ("a", "s", "y"))
        one = here.words.field.one
        relations = (
            more_than(a),
            more_than(one / 2, a),
            more_than(s),
            at_least(s * top, one),
            at_least(one, a * s * top),
        )
        return Abstraction({"s": x.s, "y": x.ell}, relations)

    # step 6 --------------------------------------------------------------------------------------

    @functools.cached_property
    def gram_of_C_lower(self) -> Fact:
        """Λ₊ ⪰ (1 + 2a(1 − ω̄))Λ − 2asΛ²."""
        T, here, x = self.theory, self.here, self.x
        words = here.words
        Lambda = here.C @ here.C.T
        centred = T.congruence(T.square(here.M - here.identity), here.C, "M² ⪰ 2M − I")
        noise = T.scale(T.congruence(self.noise_upper, here.C), 2 * x.a, "Z ⪯ ω̄Λ")
        linear = words.constant(1 + 2 * x.a * (1 - x.noise_bound)) * Lambda
        stated = self.next_gram - linear + words.constant(2 * x.a * x.s) * (Lambda @ Lambda)
        return T.restate(T.sum(centred, noise), stated, "Λ₊ ⪰ f(Λ)")


def loudest_map(here: Iteration) -> list[FracElement]:
    """Return the coefficients of h(λ) = λ[(1 + a(1 − sλ))² + a²(1 − sλ)²], s as an abstract scalar."""
    a, s = (here.words.scalar(n).coefficient() for n in ("a", "s"))
    return [
        here.words.field.zero,
        (1 + a) ** 2 + a**2,
        -2 * a * s * (1 + a) - 2 * a**2 * s,
        2 * a**2 * s**2,
    ]


def one_step(mutated: Theory | None = None) -> OneStep:
    """Return the inequalities of one step in the region, or in a mutated theory."""
    return OneStep(mutated or theory(), iteration())
