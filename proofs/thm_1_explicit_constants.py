"""Theorem 1 with explicit constants: every inequality of its proof, derived by rules, in every dimension.

The region: a ≤ 1/4, ρ ≤ 1, ℓ ≥ x⋆, ḡ = ℓ + δ < 1, ḡ(1 + 2/m) ≤ 2, 2aqδ ≤ 1, a(sℓ + qδ + ω) ≤ 1, ω ≤ 1, and the
state has ‖CCᵀ‖ ≤ ℓ, ‖DDᵀ‖ ≤ δ, ‖ŵ‖² ≤ ω. All of it is kept by the iteration; the three limits follow.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, Theory
from foanil.limits import Conclusion
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
        at_least(one / 4, x.a),
        more_than(x.rho),
        at_least(one, x.rho),
        at_least(x.m, one),
        at_least(x.kappa, one),
        at_least(x.ell, x.x_star),
        at_least(x.delta),
        at_least(x.omega),
        at_least(one, x.omega),
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
    """Return the theory of one step inside the region."""
    here = iteration()
    time = at_least(Scalars(here).t)
    return Theory(here.words, (*region(here), time), state_bounds(here))


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
    def gram_of_C_bound(self) -> Fact:
        """Λ₊ ⪯ ℓI."""
        T, here, x = self.theory, self.here, self.x
        Lambda = here.C @ here.C.T
        top = here.words.scalar("y").coefficient()
        gap = [-c for c in upper_map(here)]
        gap[0] = gap[0] + top
        capped = T.spectral(
            Lambda, T.square(here.C), T.hypothesis("‖CCᵀ‖ ≤ ℓ"), gap, "p̃ ≤ ℓ on [0, ℓ]", through=self.above_fixed_point
        )
        bound = here.words.constant(x.ell) * here.words.eye("k") - self.next_gram
        return T.restate(T.sum(capped, self.gram_of_C_upper), bound, "Λ₊ ⪯ ℓI")

    @property
    def above_fixed_point(self) -> Abstraction:
        """a, and any s > 0, y ≥ 1/s, ω̄ ≥ 0 with asy + aω̄ ≤ 1; here y stands for ℓ."""
        here, x = self.here, self.x
        a, s, noise, top = (here.words.scalar(n).coefficient() for n in ("a", "s", "omega_bar", "y"))
        one = here.words.field.one
        relations = (
            more_than(a),
            at_least(one / 4, a),
            more_than(s),
            at_least(s * top, one),
            at_least(noise),
            at_least(one, a * s * top + a * noise),
        )
        return Abstraction({"s": x.s, "omega_bar": x.noise_bound, "y": x.ell}, relations)

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


def upper_map(here: Iteration) -> list[FracElement]:
    """Return the coefficients of p̃(λ) = λ[(1 + a(1 − sλ))² + a³ω̄(1 − sλ)²], s and ω̄ as abstract scalars."""
    a, s, noise = (here.words.scalar(n).coefficient() for n in ("a", "s", "omega_bar"))
    cubed = a**3 * noise
    return [
        here.words.field.zero,
        (1 + a) ** 2 + cubed,
        -2 * a * s * (1 + a) - 2 * cubed * s,
        a**2 * s**2 + cubed * s**2,
    ]


def one_step(mutated: Theory | None = None) -> OneStep:
    """Return the inequalities of one step in the region, or in a mutated theory."""
    return OneStep(mutated or theory(), iteration())


# The limits ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    """What follows from one step for all times: decay, rank, and the three limits of (8)."""

    step: OneStep

    @property
    def theory(self) -> Theory:
        """The theory of the step."""
        return self.step.theory

    @functools.cached_property
    def outputs_vanish(self) -> Conclusion:
        """Σ_t ŵ_tᵀG_tŵ_t is finite: B_tw_t → 0, and ‖w_t‖ never increases."""
        T, here, x = self.theory, self.step.here, self.step.x
        rate = here.words.field.one * 7 / 4 * x.rho * (1 - x.gram_bound)
        energy = T.congruence(self.step.gram_lower, here.w.T, "0 ≤ ŵᵀGŵ")
        after = T.restate(T.square(here.next_head.T), here.next_head.T @ here.next_head, "0 ≤ ‖ŵ₊‖²")
        statement = (
            r"\lVert w_{t+1} \rVert \le \lVert w_t \rVert,\quad "
            r"\tfrac74\beta(1-\bar g)\textstyle\sum_t \lVert B_tw_t \rVert^2 \le \lVert w_0 \rVert^2,\quad B_tw_t \to 0"
        )
        return limits.summable_decrease(
            T, self.step.head_decrease, energy, after, rate, here.w.T @ here.w, {"w": here.next_head}, statement
        )

    @functools.cached_property
    def complement_vanishes(self) -> Conclusion:
        """‖D_t‖² ≤ δ/(1 + aqδt): the complement is unlearned, and never grows."""
        T, here, x = self.theory, self.step.here, self.step.x
        D_next = here.D @ (here.identity - here.scalar("a") * here.E)
        statement = (
            r"\lVert B_{\star,\perp}^{\top}B_t \rVert^2 \le \frac{\lVert B_{\star,\perp}^{\top}B_0 \rVert^2}"
            r"{1 + \beta\gamma\lVert B_{\star,\perp}^{\top}B_0 \rVert^2\, t},\quad "
            r"\gamma = \frac{\alpha^2\bar\sigma^2}{m_{\mathrm{in}}}"
        )
        return limits.quadratic_decay(
            T, self.step.complement_decrease, here.D @ here.D.T, D_next @ D_next.T, x.a * x.q, x.delta, statement
        )

    @functools.cached_property
    def rank_kept(self) -> Conclusion:
        """The rank of B⋆ᵀB_t never changes."""
        here = self.step.here
        return limits.kept_rank(self.theory, self.step.step_matrix_invertible, here.C, here.M, here.C @ here.M)

    def _general(self, *names: str) -> tuple[FracElement, ...]:
        return tuple(self.step.here.words.scalar(name).coefficient() for name in names)

    @functools.cached_property
    def gram_capped(self) -> Conclusion:
        """limsup λ_max(αΛ_t) ≤ x⋆, by the map h = p̃ at aω̄ = 1, which dominates p̃."""
        T, x = self.theory, self.step.x
        a, s, noise, lam, top = self._general("a", "s", "omega_bar", "lam", "y")
        one = self.step.here.words.field.one
        shrink = 1 - s * lam
        cap = lam * ((1 + a * shrink) ** 2 + a**2 * shrink**2)
        powers = enumerate(upper_map(self.step.here))
        stepped = sum((c * lam**i for i, c in powers), start=self.step.here.words.field.zero)
        through = Abstraction(
            {"s": x.s, "omega_bar": x.noise_bound, "y": x.ell},
            (
                more_than(a),
                at_least(one / 4, a),
                more_than(s),
                at_least(noise),
                at_least(one, a * noise),
                at_least(s * top, one),
                at_least(one, a * s * top),
            ),
        )
        inside = (at_least(lam), at_least(top, lam))
        below = (at_least(lam), at_least(one, s * lam))
        beyond = (more_than(s * lam, one), at_least(top, lam))
        conditions = (
            T.decide_for_all(at_least(cap, stepped), "lam", inside, through, "p̃ ≤ h on [0, ℓ]"),
            T.decide_for_all(at_least(1 / s, cap), "lam", below, through, "h ≤ x⋆ on [0, x⋆]"),
            T.decide_for_all(more_than(lam, cap), "lam", beyond, through, "h(λ) < λ on (x⋆, ℓ]"),
        )
        statement = r"\limsup_t \lambda_{\max}(\alpha\Lambda_t) \le x_\star"
        return limits.scalar_lemma(
            "capped recursion", statement, conditions, self.step.gram_of_C_upper, self.step.gram_of_C_bound
        )

    def _tail(self) -> tuple[Abstraction, FracElement, FracElement, FracElement]:
        """Return the abstraction of the tail, and the ends l < x⋆ < u of its spectrum: ω < ω′ < 1, ω̄_t ≤ ω′."""
        a, s, later = self._general("a", "s", "omega_prime")
        one = self.step.here.words.field.one
        relations = (more_than(a), at_least(one / 4, a), more_than(s), more_than(later), more_than(one, later))
        through = Abstraction({"s": self.step.x.s}, relations[:3])
        return through, (1 - later) / s, 1 / s, (1 + later / 4) / s

    @property
    def tail_margin(self) -> tuple[Relation, ...]:
        """0 < ω′ < 1: a bound on ‖W_t‖ from some time on, since ‖W_t‖ ≤ q‖D_t‖² + ω, ω < 1 and D_t → 0."""
        (later,) = self._general("omega_prime")
        return more_than(later), more_than(self.step.here.words.field.one, later)

    @functools.cached_property
    def gram_floored(self) -> Conclusion:
        """liminf λ_min(αΛ_t) ≥ (1 − ω′)x⋆ > 0 for every ω′ in (ω, 1), when ω < 1."""
        T = self.theory
        a, s, later, lam = self._general("a", "s", "omega_prime", "lam")
        through, floor, _, top = self._tail()
        rising = (1 + 2 * a * (1 - later)) * lam - 2 * a * s * lam**2
        slope = 1 + 2 * a * (1 - later) - 4 * a * s * lam
        low = (*self.tail_margin, more_than(lam), more_than(floor, lam))
        high = (*self.tail_margin, at_least(lam, floor), at_least(top, lam))
        conditions = (
            T.decide_for_all(more_than(rising, lam), "lam", low, through, "f(λ) > λ below the floor"),
            T.decide_for_all(at_least(slope), "lam", low, through, "f increases below the floor"),
            T.decide_for_all(at_least(rising, floor), "lam", high, through, "f stays above the floor"),
        )
        statement = r"\liminf_t \lambda_{\min}(\alpha\Lambda_t) \ge (1-\omega')\,x_\star"
        parents = (self.step.gram_of_C_lower, self.gram_capped, self.rank_kept, self.complement_vanishes)
        return limits.scalar_lemma("floored recursion", statement, conditions, *parents)

    @functools.cached_property
    def noise_vanishes(self) -> Conclusion:
        """Λ₊ − p(Λ) → 0, p(λ) = λ(1 + a(1 − sλ))²: each of its words contains D or Cŵ."""
        here = self.step.here
        words = here.words
        Lambda, identity = here.C @ here.C.T, words.eye("k")
        N = identity + here.scalar("a") * (identity - here.scalar("s") * Lambda)
        pieces = words.with_rule(here.D, words.zeros("d-k", "k_prime")).with_rule(
            here.C @ here.w, words.zeros("k", "1")
        )
        gap = self.step.next_gram - N @ Lambda @ N
        statement = r"\alpha\Lambda_{t+1} - p(\alpha\Lambda_t) \to 0"
        return limits.vanishes(gap, pieces, statement, self.complement_vanishes, self.outputs_vanish)

    @functools.cached_property
    def gram_converges(self) -> Conclusion:
        """αΛ_t → x⋆I, when ω < 1."""
        T = self.theory
        a, s, lam = self._general("a", "s", "lam")
        through, floor, fixed, top = self._tail()
        one = self.step.here.words.field.one
        image = lam * (1 + a * (1 - s * lam)) ** 2
        slope = (1 + a - a * s * lam) * (1 + a - 3 * a * s * lam)
        inside = (*self.tail_margin, at_least(lam, floor), at_least(top, lam))
        conditions = (
            T.decide_for_all(more_than(slope), "lam", inside, through, "p increases on [l, u]"),
            T.decide_for_all(
                more_than(image, lam), "lam", (*inside, more_than(fixed, lam)), through, "p(λ) > λ left of x⋆"
            ),
            T.decide_for_all(
                more_than(lam, image), "lam", (*inside, more_than(lam, fixed)), through, "p(λ) < λ right of x⋆"
            ),
        )
        assert slope == image.diff(lam) * one, "the slope is the derivative of the map"
        statement = r"\alpha\Lambda_t \to x_\star I,\quad \Lambda_t \to \Lambda_\star"
        parents = (self.noise_vanishes, self.gram_capped, self.gram_floored)
        return limits.scalar_lemma("perturbed monotone map", statement, conditions, *parents)


def explicit_conditions(here: Iteration) -> tuple[Relation, ...]:
    """Return the explicit hypotheses of Theorem 1, dimensionless: β ≤ α ≤ 1/(2σ̄), κ ≥ 1, m ≥ 1, a > 0."""
    x = Scalars(here)
    one = here.words.field.one
    return (
        more_than(x.a),
        more_than(x.rho),
        at_least(one, x.rho),
        at_least(x.kappa, one),
        at_least(x.m, one),
        at_least(x.rho / 4, x.a * x.kappa),
    )


def entry(here: Iteration) -> list[Decided]:
    """Decide that the explicit hypotheses put the start into the region: δ = 1/(4m), ω = 1, ℓ = max(1/(4m), x⋆)."""
    x = Scalars(here)
    field = here.words.field
    quarter = 1 / (4 * x.m)
    start = Theory(here.words, explicit_conditions(here), {})
    decided = []
    for top, case in ((x.x_star, at_least(x.x_star, quarter)), (quarter, at_least(quarter, x.x_star))):
        through = Abstraction({"ell": top, "delta": quarter, "omega": field.one}, ())
        theory_of_case = Theory(here.words, (*start.assumptions, case), {})
        for relation in region(here):
            concrete = Relation(through.concrete(relation.function), relation.sign)
            decided.append(theory_of_case.decide(concrete, f"ℓ = {top}: {relation}"))
    return decided


def head_at_rest() -> dict[str, Element]:
    """Return, for Bŵ = 0, what moves: ŵ₊ − ŵ, C₊ŵ, D₊ŵ, and C₊, D₊ minus the same step with ŵ = 0; all are zero."""
    here = iteration()
    words = here.words
    resting = words.with_rule(here.C @ here.w, words.zeros("k", "1")).with_rule(
        here.D @ here.w, words.zeros("d-k", "1")
    )
    none = {"w": words.zeros("k_prime", "1")}
    C_next, D_next = here.C @ here.M, here.D @ (here.identity - here.scalar("a") * here.E)
    moved = {
        "head": here.next_head - here.w,
        "C output": C_next @ here.w,
        "D output": D_next @ here.w,
        "C": C_next - C_next.substitute(none),
        "D": D_next - D_next.substitute(none),
    }
    return {name: element.into(resting) for name, element in moved.items()}
