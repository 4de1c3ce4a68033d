"""The iteration at m_in = ∞ with a head: what still converges, and what does not.

There E = S + uuᵀ with S = CᵀC, u = (I − G)ŵ (the limit of the derived iteration). Λ ⪯ I and DDᵀ ⪯ δI are kept,
Tr(DDᵀ) loses at least a(‖DCᵀ‖_F² + ‖Du‖²) per step, and the head grows at most by the factor 1 + 7ρ‖DCᵀ‖_F²/(1−δ).
So Λ_t → I and D_tŵ_t → 0 when the head starts short enough. C_tŵ_t need not vanish: where αBBᵀ is the identity on
col(B⋆), one inner step adapts perfectly from any head. At k′ = k and D_0 = 0 it never vanishes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from sympy import QQ
from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Fact, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter
from proofs.derivation import Derivation, Proved, leading_ratio, proof, proof_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.one_step import Scalars
from proofs.thm_1_explicit_constants import start_bounds

REGION = "every d, k ≤ k′, Σ⋆ = cI, m_in = ∞, a ≤ 1/4, ρ ≤ 1, Λ ⪯ I, DDᵀ ⪯ δI with δ < 1, ‖ŵ‖² ≤ ω ≤ 1/2"


def at_infinity(element: Element, scalar: str = "m") -> Element:
    """Return the limit of an element as its sample size → ∞, coefficient by coefficient, exactly."""
    terms = {term: leading_ratio(coefficient, scalar) for term, coefficient in element.terms.items()}
    return element.alphabet.element(element.shape, terms)


def region(here: Iteration) -> dict[str, Relation]:
    """Return the scalar inequalities of the region at m_in = ∞, by name."""
    x, one = Scalars(here), here.words.field.one
    return {
        "a > 0": more_than(x.a),
        "a ≤ 1/4": at_least(one / 4, x.a),
        "ρ > 0": more_than(x.rho),
        "ρ ≤ 1": at_least(one, x.rho),
        "δ ≥ 0": at_least(x.delta),
        "δ < 1": more_than(one, x.delta),
        "ω ≥ 0": at_least(x.omega),
        "ω ≤ 1/2": at_least(one / 2, x.omega),
    }


@functools.cache
def theory() -> Theory:
    """Return the theory of one step at m_in = ∞."""
    here = iteration()
    words = here.words
    hypotheses = {
        "CCᵀ ⪯ I": words.eye("k") - here.C @ here.C.T,
        "DDᵀ ⪯ δI": here.scalar("delta") * words.eye("d-k") - here.D @ here.D.T,
        "‖ŵ‖² ≤ ω": here.scalar("omega") - here.w.T @ here.w,
    }
    return Theory(words, tuple(region(here).values()), hypotheses)


@dataclass(frozen=True)
class AtInfinity:
    """The inequalities of one step at m_in = ∞ and what follows; `theory` may be a mutated one that refuses some."""

    theory: Theory

    # the iteration ---------------------------------------------------------------------------------

    @property
    def here(self) -> Iteration:
        """The iteration at finite m_in."""
        return Iteration(self.theory.words)

    @property
    def x(self) -> Scalars:
        """The scalars."""
        return Scalars(self.here)

    @functools.cached_property
    def E(self) -> Element:
        """S + uuᵀ: the limit of E. Shape (k′, k′)."""
        return at_infinity(self.here.E)

    @functools.cached_property
    def M(self) -> Element:
        """(1 + a)I − aE, so that C₊ = CM. Shape (k′, k′)."""
        return at_infinity(self.here.M)

    @property
    def D_next(self) -> Element:
        """D(I − aE). Shape (d−k, k′)."""
        return self.here.D @ (self.here.identity - self.here.scalar("a") * self.E)

    @property
    def u(self) -> Element:
        """(I − G)ŵ, the adapted head of an average task. Shape (k′, 1)."""
        return (self.here.identity - self.here.G) @ self.here.w

    @property
    def coupling(self) -> Element:
        """K = DCᵀ. Shape (d−k, k)."""
        return self.here.D @ self.here.C.T

    @property
    def Lambda(self) -> Element:
        """Λ = CCᵀ. Shape (k, k)."""
        return self.here.C @ self.here.C.T

    @property
    def rest(self) -> Element:
        """I − Λ. Shape (k, k)."""
        return self.here.words.eye("k") - self.Lambda

    @property
    def next_gram(self) -> Element:
        """Λ₊ = CM²Cᵀ. Shape (k, k)."""
        return self.here.C @ self.M @ self.M @ self.here.C.T

    # bounds ----------------------------------------------------------------------------------------

    @functools.cached_property
    def gram_of_C(self) -> Fact:
        """S ⪯ I."""
        return self.theory.flip(self.theory.hypothesis("CCᵀ ⪯ I"), self.here.C.T, "CᵀC ⪯ I")

    @functools.cached_property
    def gram_of_D(self) -> Fact:
        """DᵀD ⪯ δI."""
        return self.theory.flip(self.theory.hypothesis("DDᵀ ⪯ δI"), self.here.D.T, "DᵀD ⪯ δI")

    @functools.cached_property
    def gram_upper(self) -> Fact:
        """G ⪯ (1 + δ)I."""
        return self.theory.sum(self.gram_of_C, self.gram_of_D, says="G ⪯ (1 + δ)I")

    @functools.cached_property
    def gram_lower(self) -> Fact:
        """0 ⪯ G."""
        return self.theory.sum(self.theory.square(self.here.C.T), self.theory.square(self.here.D.T), says="0 ⪯ G")

    @functools.cached_property
    def noise_upper(self) -> Fact:
        """uuᵀ ⪯ ωI."""
        T, here = self.theory, self.here
        identity = T.square(here.identity)
        shorter = T.spectral(here.G, self.gram_lower, self.gram_upper, [0, 2, -1], "(I − G)² ⪯ I")
        parts = (
            T.rank_one(self.u, "uuᵀ ⪯ ‖u‖²I"),
            T.product(T.congruence(shorter, here.w.T), identity),
            T.product(T.hypothesis("‖ŵ‖² ≤ ω"), identity),
        )
        return T.restate(T.sum(*parts), here.scalar("omega") * here.identity - self.u @ self.u.T, "uuᵀ ⪯ ωI")

    @functools.cached_property
    def moment_lower(self) -> Fact:
        """0 ⪯ E."""
        T, here = self.theory, self.here
        return T.restate(T.sum(T.square(here.C.T), T.square(self.u)), self.E, "0 ⪯ E")

    @functools.cached_property
    def moment_upper(self) -> Fact:
        """E ⪯ I/a."""
        T, here, x = self.theory, self.here, self.x
        slack = T.scale(T.square(here.identity), 1 / x.a - 1 - x.omega)
        total = T.sum(self.gram_of_C, self.noise_upper, slack)
        return T.restate(total, here.words.constant(1 / x.a) * here.identity - self.E, "aE ⪯ I")

    @functools.cached_property
    def step_invertible(self) -> Decided:
        """M ⪰ aI with a > 0."""
        T, here, x = self.theory, self.here, self.x
        lower = T.restate(T.scale(self.moment_upper, x.a), self.M - here.scalar("a") * here.identity, "M ⪰ aI")
        return T.strictly(lower, self.M, "M ⪰ aI with a > 0 is invertible")

    # the complement --------------------------------------------------------------------------------

    @functools.cached_property
    def complement_decrease(self) -> Fact:
        """D₊D₊ᵀ ⪯ DDᵀ − aDEDᵀ."""
        T, here, x = self.theory, self.here, self.x
        a = here.scalar("a")
        damped = T.spectral(self.E, self.moment_lower, self.moment_upper, [0, x.a, -(x.a**2)], "(I−aE)² ⪯ I − aE")
        stated = here.D @ here.D.T - a * (here.D @ self.E @ here.D.T) - self.D_next @ self.D_next.T
        return T.restate(T.congruence(damped, here.D), stated, "the complement loses aDEDᵀ")

    @functools.cached_property
    def complement_bound(self) -> Fact:
        """D₊D₊ᵀ ⪯ δI."""
        T, here, x = self.theory, self.here, self.x
        lost = T.scale(T.congruence(self.moment_lower, here.D), x.a)
        bound = here.scalar("delta") * here.words.eye("d-k") - self.D_next @ self.D_next.T
        total = T.sum(T.hypothesis("DDᵀ ⪯ δI"), lost, self.complement_decrease)
        return T.restate(total, bound, "D₊D₊ᵀ ⪯ δI")

    @functools.cached_property
    def coupling_sum(self) -> Conclusion:
        """aΣ(‖DCᵀ‖_F² + ‖Du‖²) ≤ Tr(D_0D_0ᵀ)."""
        T, here = self.theory, self.here
        statement = (
            r"\textstyle a\sum_t (\lVert D_tC_t^{\top}\rVert_F^2 + \lVert D_tu_t\rVert^2) "
            r"\le \mathrm{Tr}(D_0D_0^{\top}),\quad D_tC_t^{\top} \to 0"
        )
        loss = T.trace(T.congruence(self.moment_lower, here.D), "0 ≤ Tr(DEDᵀ) = ‖DCᵀ‖² + ‖Du‖²")
        return self._summed(T.trace(self.complement_decrease), loss, self.x.a, statement)

    def _summed(self, decrease: Fact, loss: Fact, rate: FracElement, statement: str) -> Conclusion:
        T, here = self.theory, self.here
        before, after = here.words.sqnorm(here.D), T.trace(T.square(self.D_next))
        return limits.summable_decrease(T, decrease, loss, after, rate, before, {"D": self.D_next}, statement)

    @functools.cached_property
    def complement_output_small(self) -> Fact:
        """(1 − δ)²‖Dŵ‖² ≤ 2(‖Du‖² + ‖DCᵀ‖²), as (I − DDᵀ)Dŵ = Du + DCᵀCŵ."""
        T, here, x = self.theory, self.here, self.x
        y, K, z = here.D @ here.w, self.coupling, here.C @ here.w
        Y = here.D @ here.D.T
        low = (1 - x.delta) ** 2
        apart = T.spectral(Y, T.square(here.D), T.hypothesis("DDᵀ ⪯ δI"), [1 - low, -2, 1], "(I − Y)² ⪰ (1 − δ)²I")
        difference = here.D @ self.u - K @ z
        parts = (T.congruence(apart, y.T), T.square(difference.T), T.scale(self.coupled_head, 2))
        moment = here.words.trace(here.D @ self.E @ here.D.T)
        return T.restate(T.sum(*parts), 2 * moment - here.words.constant(low) * (y.T @ y), "Dŵ is small")

    @functools.cached_property
    def output_upper(self) -> Fact:
        """‖Cŵ‖² ≤ ‖ŵ‖²."""
        return self.theory.congruence(self.gram_of_C, self.here.w.T, "‖Cŵ‖² ≤ ‖ŵ‖²")

    def weighed(self, column: Element, K: Element) -> Fact:
        """‖Kv‖² ≤ Tr(KᵀK)‖v‖² for a column v: Cauchy–Schwarz, then a trace."""
        T = self.theory
        return T.trace(T.congruence(T.rank_one(column), K), "‖Kv‖² ≤ ‖K‖_F²‖v‖²")

    @functools.cached_property
    def coupled_head(self) -> Fact:
        """‖DCᵀCŵ‖² ≤ ‖DCᵀ‖_F², as ‖Cŵ‖² ≤ ‖ŵ‖² ≤ ω ≤ 1."""
        T, here, x = self.theory, self.here, self.x
        weight = T.trace(T.square(self.coupling))
        short = T.sum(self.output_upper, T.hypothesis("‖ŵ‖² ≤ ω"))
        spare = T.scale(weight, 1 - x.omega)
        total = T.sum(self.weighed(here.C @ here.w, self.coupling), T.product(short, weight), spare)
        Kz = self.coupling @ here.C @ here.w
        return T.restate(total, here.words.sqnorm(self.coupling) - Kz.T @ Kz, "‖DCᵀCŵ‖² ≤ ‖DCᵀ‖²")

    @functools.cached_property
    def complement_output_vanishes(self) -> Conclusion:
        """Σ‖D_tŵ_t‖² is finite: D_tŵ_t → 0."""
        T, here, x = self.theory, self.here, self.x
        rate = x.a * (1 - x.delta) ** 2 / 2
        y = here.D @ here.w
        parts = (T.trace(self.complement_decrease), T.scale(self.complement_output_small, x.a / 2))
        after = here.words.sqnorm(self.D_next)
        stated = here.words.sqnorm(here.D) - here.words.constant(rate) * (y.T @ y) - after
        decrease = T.restate(T.sum(*parts), stated, "Tr(DDᵀ) pays for ‖Dŵ‖²")
        return self._summed(decrease, T.square(y.T, "0 ≤ ‖Dŵ‖²"), rate, r"B_{\star,\perp}^{\top}B_tw_t \to 0")

    # the head --------------------------------------------------------------------------------------

    def growth(self, factor: int = 7) -> Fact:
        """‖ŵ₊‖² ≤ (1 + factor·ρ‖DCᵀ‖_F²/(1 − δ))‖ŵ‖²; the rules give factor 7."""
        T, here, x = self.theory, self.here, self.x
        ceiling = factor * x.rho / (1 - x.delta)
        stated = (1 + here.words.constant(ceiling) * here.words.sqnorm(self.coupling)) * (here.w.T @ here.w)
        total = T.sum(*self._head_within_blocks(), *self._head_across_blocks(ceiling))
        return T.restate(total, stated - here.next_head.T @ here.next_head, "the head grows through DCᵀ only")

    @property
    def _margin(self) -> FracElement:
        """(5/4)(1 − δ): what is left of 2(1 − λ) − 3ρλ(1 − λ)² on [0, δ]."""
        return self.here.words.field(QQ(5, 4)) * (1 - self.x.delta)

    @property
    def _pulls(self) -> tuple[Element, Element, Element, Element]:
        """p, q, r₁, r₂ with G(I − G)ŵ = p + q − r₁ − r₂: within the blocks of αBBᵀ, and across."""
        here, K = self.here, self.coupling
        y, z = here.D @ here.w, here.C @ here.w
        return here.C.T @ self.rest @ z, here.D.T @ (y - here.D @ here.D.T @ y), here.C.T @ K.T @ y, here.D.T @ K @ z

    def _head_within_blocks(self) -> list[Fact]:
        """2ρŵᵀ(p + q) − 3ρ²(‖p‖² + ‖q‖²) ≥ ρ·margin·‖Dŵ‖², and ‖p + q − r‖² ≤ 3(‖p‖² + ‖q‖² + ‖r‖²)."""
        T, here, x = self.theory, self.here, self.x
        rho, square = x.rho, x.rho**2
        y, z, Y = here.D @ here.w, here.C @ here.w, here.D @ here.D.T
        pull = [2 * rho, -2 * rho - 3 * square, 6 * square, -3 * square]
        kept = [pull[0] - rho * self._margin, *pull[1:]]
        inside = T.spectral(self.Lambda, T.square(here.C), T.hypothesis("CCᵀ ⪯ I"), pull, "3ρλ(1 − λ) ≤ 2 on [0, 1]")
        outside = T.spectral(Y, T.square(here.D), T.hypothesis("DDᵀ ⪯ δI"), kept, "3ρλ(1 − λ) ≤ 3/4 on [0, δ]")
        p, q, first, second = self._pulls
        r = first + second
        squares = [T.scale(T.square(each.T), square) for each in (p - q, p + r, q + r)]
        return [T.congruence(inside, z.T), T.congruence(outside, y.T), *squares]

    def _head_across_blocks(self, ceiling: FracElement) -> list[Fact]:
        """4ρyᵀDCᵀz + 3ρ²‖r‖² ≤ ρ·margin·‖y‖² + ceiling·‖DCᵀ‖_F²‖ŵ‖², y = Dŵ, z = Cŵ."""
        T, here, x = self.theory, self.here, self.x
        y, z, K, square = here.D @ here.w, here.C @ here.w, self.coupling, 6 * x.rho**2
        _, _, first, second = self._pulls
        weight, margin = T.trace(T.square(K)), self._margin
        through_z, through_y = 4 * x.rho / margin + square * x.delta, square
        crossed = here.words.constant(margin) * y - 2 * (K @ z)
        spare = ceiling - through_z - through_y * x.delta
        return [
            T.scale(T.square(crossed.T), x.rho / margin, "4yᵀDCᵀz ≤ margin‖y‖² + (4/margin)‖DCᵀz‖²"),
            T.scale(T.square((first - second).T), square / 2),
            T.scale(T.congruence(T.hypothesis("CCᵀ ⪯ I"), y.T @ K), square),
            T.scale(T.congruence(T.hypothesis("DDᵀ ⪯ δI"), (K @ z).T), square),
            T.scale(self.weighed(z, K), through_z),
            T.scale(self.weighed(y, K.T), through_y),
            T.scale(T.product(self.output_upper, weight), through_z),
            T.scale(T.product(T.congruence(self.gram_of_D, here.w.T, "‖Dŵ‖² ≤ δ‖ŵ‖²"), weight), through_y),
            T.scale(T.product(T.square(here.w.T), weight), spare),
        ]

    @functools.cached_property
    def head_bounded(self) -> Conclusion:
        """‖ŵ_t‖² ≤ ω for all t when ‖ŵ_0‖² ≤ ω·exp(−7ρTr(D_0D_0ᵀ)/(a(1 − δ)))."""
        statement = (
            r"\lVert w_t\rVert^2 \le e^{\,7\lVert B_{\star,\perp}^{\top}B_0\rVert_F^2/(\alpha c(1-\delta))}"
            r"\lVert w_0\rVert^2 \le \omega\alpha c"
        )
        return limits.by_lemma("bounded growth", statement, self.growth(), self.coupling_sum)

    # the Gram matrix -------------------------------------------------------------------------------

    @functools.cached_property
    def gram_of_C_upper(self) -> Fact:
        """Λ₊ ⪯ NΛN + a³ωFΛF, F = I − Λ, N = I + aF."""
        T, here, x = self.theory, self.here, self.x
        F = self.rest
        N = here.words.eye("k") + here.scalar("a") * F
        noise = self.u @ self.u.T
        squared = T.spectral(noise, T.square(self.u), self.noise_upper, [0, 1, -x.a], "a(uuᵀ)² ⪯ uuᵀ")
        parts = (
            T.scale(T.congruence(T.congruence(T.square(self.u), here.C), N), x.a),
            T.scale(T.congruence(squared, here.C), x.a),
            T.scale(T.congruence(T.congruence(self.noise_upper, here.C), F), x.a**3),
        )
        stated = N @ self.Lambda @ N + here.words.constant(x.a**3 * x.omega) * (F @ self.Lambda @ F) - self.next_gram
        return T.restate(T.sum(*parts), stated, "Λ₊ ⪯ p̃(Λ)")

    @functools.cached_property
    def gram_of_C_bound(self) -> Fact:
        """Λ₊ ⪯ I."""
        T, here, x = self.theory, self.here, self.x
        a, cubed = x.a, x.a**3 * x.omega
        gap = [here.words.field.one, -((1 + a) ** 2) - cubed, 2 * a * (1 + a) + 2 * cubed, -(a**2) - cubed]
        capped = T.spectral(self.Lambda, T.square(here.C), T.hypothesis("CCᵀ ⪯ I"), gap, "p̃ ≤ 1 on [0, 1]")
        return T.restate(T.sum(capped, self.gram_of_C_upper), here.words.eye("k") - self.next_gram, "Λ₊ ⪯ I")

    @functools.cached_property
    def centred(self) -> Fact:
        """0 ⪯ C(M − I)²Cᵀ."""
        return self.theory.congruence(self.theory.square(self.M - self.here.identity), self.here.C, "M² ⪰ 2M − I")

    @functools.cached_property
    def gram_lower_bound(self) -> Fact:
        """Λ₊ ⪰ (1 + 2a(1 − ω))Λ − 2aΛ²."""
        T, here, x = self.theory, self.here, self.x
        noise = T.scale(T.congruence(self.noise_upper, here.C), 2 * x.a, "CuuᵀCᵀ ⪯ ωΛ")
        linear = here.words.constant(1 + 2 * x.a * (1 - x.omega)) * self.Lambda
        stated = self.next_gram - linear + here.words.constant(2 * x.a) * (self.Lambda @ self.Lambda)
        return T.restate(T.sum(self.centred, noise), stated, "Λ₊ ⪰ f(Λ)")

    @functools.cached_property
    def gram_lower_bound_near_top(self) -> Fact:
        """Λ₊ ⪰ Λ + 2aΛF − (11/5)aωF² − 22aδω‖DCᵀ‖_F²·I, F = I − Λ: the noise is Cu = FCŵ − CDᵀDŵ."""
        T, here, x = self.theory, self.here, self.x
        F, K, z, y = self.rest, self.coupling, here.C @ here.w, here.D @ here.w
        inside, outside, weight = F @ z, K.T @ y, T.trace(T.square(K))
        one, identity = here.words.field.one, T.square(here.words.eye("k"))
        short = T.sum(self.output_upper, T.hypothesis("‖ŵ‖² ≤ ω"), says="‖Cŵ‖² ≤ ω")
        along = T.sum(T.congruence(T.rank_one(z), F), T.product(short, T.square(F)), says="Fzzᵀ F ⪯ ωF²")
        small = T.sum(
            T.congruence(self.gram_of_D, here.w.T), T.scale(T.hypothesis("‖ŵ‖² ≤ ω"), x.delta), says="‖Dŵ‖² ≤ δω"
        )
        off = T.sum(self.weighed(y, K.T), T.product(small, weight), says="‖CDᵀDŵ‖² ≤ δω‖DCᵀ‖²")
        parts = (
            self.centred,
            T.scale(T.square(inside / 10 + outside), 20 * x.a, "a square that splits CuuᵀCᵀ"),
            T.scale(along, one * 11 / 5 * x.a),
            T.scale(T.rank_one(outside), 22 * x.a),
            T.scale(T.product(off, identity), 22 * x.a),
        )
        a, omega = here.scalar("a"), here.scalar("omega")
        kept = self.Lambda + 2 * a * (self.Lambda @ F) - 11 * a * omega / 5 * (F @ F)
        lost = 22 * a * here.scalar("delta") * omega * here.words.sqnorm(K) * here.words.eye("k")
        return T.restate(T.sum(*parts), self.next_gram - kept + lost, "Λ₊ ⪰ g(Λ) − e_tI with e_t → 0")

    @functools.cached_property
    def rank_kept(self) -> Conclusion:
        """The rank of C never changes."""
        here = self.here
        return limits.kept_rank(self.theory, self.step_invertible, here.C, self.M, here.C @ self.M)

    def _through(self) -> Abstraction:
        names = ("a > 0", "a ≤ 1/4", "ω ≥ 0", "ω ≤ 1/2")
        return Abstraction({}, tuple(region(self.here)[name] for name in names))

    @functools.cached_property
    def gram_floored(self) -> Conclusion:
        """liminf λ_min(αΛ_t) ≥ 1 − ω."""
        T, x = self.theory, self.x
        lam, one = self.here.words.scalar("lam").coefficient(), self.here.words.field.one
        floor = 1 - x.omega
        rising = (1 + 2 * x.a * floor) * lam - 2 * x.a * lam**2
        low = (more_than(lam), more_than(floor, lam))
        high = (at_least(lam, floor), at_least(one, lam))
        conditions = (
            T.decide_for_all(more_than(rising, lam), "lam", low, self._through(), "f(λ) > λ below the floor"),
            T.decide_for_all(at_least(rising.diff(lam)), "lam", low, self._through(), "f increases below the floor"),
            T.decide_for_all(at_least(rising, floor), "lam", high, self._through(), "f stays above the floor"),
        )
        statement = r"\liminf_t \lambda_{\min}(\alpha\Lambda_t) \ge 1 - \omega"
        parents = (self.gram_lower_bound, self.gram_of_C_bound, self.rank_kept, self.head_bounded)
        return limits.scalar_lemma("floored recursion", statement, conditions, *parents)

    def gram_converges(self, floor: FracElement | None = None) -> Conclusion:
        """αΛ_t → I; the floor of the spectrum, 2/5 < 1 − ω, can be another one."""
        T, x = self.theory, self.x
        lam, one = self.here.words.scalar("lam").coefficient(), self.here.words.field.one
        low = one * 2 / 5 if floor is None else floor
        image = lam + 2 * x.a * (1 - lam) * lam - one * 11 / 5 * x.a * x.omega * (1 - lam) ** 2
        inside = (at_least(lam, low), at_least(one, lam))
        below = (at_least(lam, low), more_than(one, lam))
        conditions = (
            T.decide(more_than(1 - x.omega, low), "the floor lies below 1 − ω"),
            T.decide_for_all(more_than(image, lam), "lam", below, self._through(), "g(λ) > λ on [2/5, 1)"),
            T.decide_for_all(at_least(image.diff(lam)), "lam", inside, self._through(), "g increases on [2/5, 1]"),
        )
        parents = (self.gram_lower_bound_near_top, self.coupling_sum, self.gram_of_C_bound, self.gram_floored)
        return limits.scalar_lemma(
            "perturbed floor", r"\alpha\Lambda_t \to I,\quad \Lambda_t \to I_k/\alpha", conditions, *parents
        )


def without(*names: str) -> AtInfinity:
    """Return one step at m_in = ∞ in the theory without some of its scalar assumptions."""
    kept = {name: relation for name, relation in region(iteration()).items() if name not in names}
    return AtInfinity(replace(theory(), assumptions=tuple(kept.values())))


def start(step_size: int = 4, largest: int = 1) -> list[Proved]:
    """Derive the region's conditions at the start from α²σ̄² ≤ 1/step_size, β ≤ α and α‖B_0‖² ≤ δ < largest."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    given = (
        more_than(x.a),
        more_than(x.rho),
        at_least(one, x.rho),
        at_least(x.kappa, one),
        at_least(x.rho / step_size, x.a * x.kappa),
        more_than(largest * one, x.delta),
    )
    T = Theory(here.words, given, {})
    reached = T.decide(at_least(one / 4, x.a), "a ≤ 1/4, from α ≤ 1/(2σ̄) and β ≤ α")
    below = T.decide(more_than(one, x.delta), "Λ_0 ⪯ δI with δ < 1")
    return [*start_bounds(), reached, below]


def third_limit(step: AtInfinity | None = None) -> list[Proved]:
    """Derive that Λ_t → I_k/α and B⋆,⊥ᵀB_tw_t → 0."""
    step = step or AtInfinity(theory())
    kept: list[Proved] = [step.complement_bound, step.gram_of_C_bound, step.head_bounded]
    return [*start(), *kept, step.gram_converges(), step.complement_output_vanishes]


# Where the head's output stays ---------------------------------------------------------------------


@functools.cache
def exact_alphabet() -> Alphabet:
    """Return the alphabet of D = 0 with a square root Q of I − CCᵀ: QQᵀ = I − CCᵀ."""
    words = dimensionless_alphabet().declaring(Letter("Q", ("k", "k"), latex="Q"))
    C, D, Q = (words.letter(name) for name in ("C", "D", "Q"))
    return words.with_rule(Q @ Q.T, words.eye("k") - C @ C.T).with_rule(D, words.zeros("d-k", "k_prime"))


def exact_theory(*dropped: str) -> Theory:
    """Return the theory of D = 0 and ‖ŵ‖² ≤ ω at m_in = ∞, without some scalar assumptions."""
    words = exact_alphabet()
    here = Iteration(words)
    hypotheses = {
        "CCᵀ ⪯ I": words.eye("k") - here.C @ here.C.T,
        "DDᵀ ⪯ δI": here.scalar("delta") * words.eye("d-k"),
        "‖ŵ‖² ≤ ω": here.scalar("omega") - here.w.T @ here.w,
    }
    kept = tuple(relation for name, relation in region(here).items() if name not in dropped)
    return Theory(words, kept, hypotheses)


@dataclass(frozen=True)
class WithoutComplement:
    """What happens at m_in = ∞ when D_0 = 0: the way to Λ = I is finite, so that the head survives it."""

    step: AtInfinity

    @property
    def theory(self) -> Theory:
        """The theory of the step."""
        return self.step.theory

    @functools.cached_property
    def way(self) -> Fact:
        """0 ≤ Tr(Λ(I − Λ)) = ‖QᵀC‖_F²."""
        here = self.step.here
        return self.theory.trace(self.theory.congruence(self.theory.square(here.words.letter("Q")), here.C.T))

    def way_finite(self, rate: int = 1) -> Conclusion:
        """aΣTr(Λ(I − Λ)) ≤ Tr(I − Λ_0) ≤ k."""
        T, step, here, x = self.theory, self.step, self.step.here, self.step.x
        moved = step.rest @ here.C
        noise = T.trace(T.square(moved))
        parts = (
            T.trace(step.centred),
            T.scale(step.weighed(here.w, moved), 2 * x.a, "Tr(CuuᵀCᵀ) ≤ ‖ŵ‖²Tr((I − Λ)Λ(I − Λ))"),
            T.scale(T.product(T.hypothesis("‖ŵ‖² ≤ ω"), noise), 2 * x.a),
            T.scale(noise, x.a * (1 - 2 * x.omega) + x.a * (1 - rate)),
            T.scale(T.trace(self.narrower), x.a + x.a * (1 - rate)),
        )
        before, after = here.words.trace(step.rest), T.trace(step.gram_of_C_bound)
        stated = before - rate * here.scalar("a") * self.way.element - after.element
        decrease = T.restate(T.sum(*parts), stated, "Tr(I − Λ) pays for Tr(Λ(I − Λ))")
        statement = r"\textstyle a\sum_t \mathrm{Tr}(\alpha\Lambda_t(I - \alpha\Lambda_t)) \le k"
        moves = {"C": here.C @ step.M}
        return limits.summable_decrease(T, decrease, self.way, after, rate * x.a, before, moves, statement)

    @functools.cached_property
    def narrower(self) -> Fact:
        """(I − Λ)Λ(I − Λ) ⪯ Λ(I − Λ)."""
        T, step = self.theory, self.step
        upper = T.hypothesis("CCᵀ ⪯ I")
        return T.spectral(step.Lambda, T.square(step.here.C), upper, [0, 0, 1, -1], "λ(1 − λ)² ≤ λ(1 − λ)")

    def head_kept(self, factor: int = 2) -> Fact:
        """‖ŵ₊‖² ≥ (1 − factor·ρTr(Λ(I − Λ)))‖ŵ‖²; holds for factor 2."""
        T, step, here = self.theory, self.step, self.step.here
        moved = T.square((here.next_head - here.w).T)
        pulled = T.scale(step.weighed(here.w, here.words.letter("Q").T @ here.C), 2 * step.x.rho)
        lost = factor * here.scalar("rho") * self.way.element * (here.w.T @ here.w)
        stated = here.next_head.T @ here.next_head - here.w.T @ here.w + lost
        return T.restate(T.sum(moved, pulled), stated, "the head loses at most what it outputs")

    @functools.cached_property
    def head_halved(self) -> Fact:
        """‖ŵ₊‖² ≥ ‖ŵ‖²/2."""
        T, step, here, x = self.theory, self.step, self.step.here, self.step.x
        rho, half = x.rho, here.words.field(QQ(1, 2))
        coefficients = [half, -2 * rho, 2 * rho + rho**2, -2 * rho**2, rho**2]
        S = here.C.T @ here.C
        kept = T.spectral(S, T.square(here.C.T), step.gram_of_C, coefficients, "(1 − ρλ(1 − λ))² ≥ 1/2")
        stated = here.next_head.T @ here.next_head - here.w.T @ here.w / 2
        return T.restate(T.congruence(kept, here.w.T), stated, "‖ŵ₊‖² ≥ ‖ŵ‖²/2")

    @functools.cached_property
    def head_stays(self) -> Conclusion:
        """inf‖ŵ_t‖ > 0."""
        return limits.by_lemma(
            "positive product", r"\inf_t \lVert w_t\rVert \gt 0", self.head_kept(), self.head_halved, self.way_finite()
        )

    @functools.cached_property
    def output_stays(self) -> Conclusion:
        """k′ = k: liminf‖B_tw_t‖ > 0."""
        statement = r"k' = k,\ D_0 = 0,\ w_0 \ne 0: \quad \liminf_t \lVert B_tw_t\rVert \gt 0"
        return limits.by_lemma("square Gram matrices", statement, self.step.gram_converges(), self.head_stays)


def output_stays(step: AtInfinity | None = None) -> list[Proved]:
    """Derive that the second limit fails at m_in = ∞ for k′ = k, D_0 = 0 and every head w_0 ≠ 0 with ‖ŵ_0‖² ≤ 1/2."""
    return [WithoutComplement(step or AtInfinity(exact_theory())).output_stays]


CHECKS: tuple[Check, ...] = (
    proof_check(
        "the third limit at infinitely many samples",
        ("sec-4-infinite-samples-misspecified",),
        "every d, k ≤ k′ ≤ d, m_in = ∞, Σ⋆ = cI, 0 < β ≤ α ≤ 1/(2σ̄), α‖B_0‖² ≤ δ < 1, rank(B⋆ᵀB_0) = k, "
        "‖w_0‖² ≤ ½αc·exp(−7‖B⋆,⊥ᵀB_0‖_F²/(αc(1 − δ)))",
        third_limit,
        {
            "without a ≤ 1/4": lambda: third_limit(without("a ≤ 1/4")),
            "without δ < 1": lambda: third_limit(without("δ < 1")),
            "without ρ ≤ 1": lambda: third_limit(without("ρ ≤ 1")),
            "without ω ≤ 1/2": lambda: third_limit(without("ω ≤ 1/2")),
            "α ≤ 1/σ̄": lambda: start(step_size=1),
            "α‖B_0‖² < 2": lambda: start(largest=2),
            "a head that grows by the factor with 6": lambda: AtInfinity(theory()).growth(6),
            "a floor of 3/5": lambda: AtInfinity(theory()).gram_converges(iteration().words.field(QQ(3, 5))),
            "a floor of 1/5": lambda: AtInfinity(theory()).gram_converges(iteration().words.field(QQ(1, 5))),
        },
    ),
    proof_check(
        "the head's output stays at infinitely many samples",
        ("sec-4-infinite-samples-misspecified",),
        "every d, k′ = k, D_0 = 0, m_in = ∞, Σ⋆ = cI, a ≤ 1/4, ρ ≤ 1, α‖B_0‖² < 1, rank(B⋆ᵀB_0) = k, "
        "0 < ‖w_0‖² ≤ αc/2: B_tw_t does not vanish",
        output_stays,
        {
            "without ω ≤ 1/2": lambda: output_stays(AtInfinity(exact_theory("ω ≤ 1/2"))),
            "without ρ ≤ 1": lambda: output_stays(AtInfinity(exact_theory("ρ ≤ 1"))),
            "without a ≤ 1/4": lambda: output_stays(AtInfinity(exact_theory("a ≤ 1/4"))),
            "a head that loses half as much": lambda: WithoutComplement(AtInfinity(exact_theory())).head_kept(1),
            "a way half as long": lambda: WithoutComplement(AtInfinity(exact_theory())).way_finite(2),
        },
    ),
)

SYMBOLS = (
    r"$G = C^{\top}C + D^{\top}D$, $u = (I-G)\hat w$, $E = C^{\top}C + uu^{\top}$, $\Lambda = CC^{\top}$",
    r"$C_+ = C((1+a)I - aE)$, $D_+ = D(I - aE)$, $\hat w_+ = \hat w - \rho G(I-G)\hat w$",
)
"""The iteration at infinitely many samples, the limit of the one derived at finite m_in."""


def third_limit_derivation() -> Derivation:
    """Return the derivation of the third limit at m_in = ∞."""
    premises = (
        r"$m_{\mathrm{in}} = \infty$, $\Sigma_\star = cI$, $\mathrm{rank}(B_\star^{\top}B_0) = k$",
        r"$0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$, $\alpha\lVert B_0\rVert^2 \le \delta \lt 1$",
        r"$\lVert w_0\rVert^2 \le \frac12\alpha c\, e^{-7N}$",
        r"$N = \lVert B_{\star,\perp}^{\top}B_0\rVert_F^2/(\alpha c(1-\delta))$",
        r"$\omega = \frac12$",
        r"$a = \alpha\beta c$, $\rho = \beta/\alpha$; hats: $C = \sqrt\alpha B_\star^{\top}B$",
        r"$D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $\hat w = w/\sqrt{\alpha c}$",
    )
    claims = ("sec-4-infinite-samples-misspecified",)
    return proof("The third limit at infinitely many samples", claims, (*premises, *SYMBOLS), *third_limit())


def output_derivation() -> Derivation:
    """Return the derivation that the second limit fails at m_in = ∞ in the well-specified case."""
    premises = (
        r"$m_{\mathrm{in}} = \infty$, $k' = k$, $B_{\star,\perp}^{\top}B_0 = 0$ (kept)",
        r"$\mathrm{rank}(B_\star^{\top}B_0) = k$",
        r"$0 \lt \lVert\hat w_0\rVert^2 \le \omega \le \frac12$, $\alpha\lVert B_0\rVert^2 \lt 1$",
        r"$Q$ a square root: $QQ^{\top} = I - \Lambda$",
    )
    claims = ("sec-4-infinite-samples-misspecified",)
    return proof("The head's output stays", claims, (*premises, *SYMBOLS), *output_stays())


DERIVATIONS = (third_limit_derivation, output_derivation)
