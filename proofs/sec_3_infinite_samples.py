"""Infinitely many samples: what is left of (6) and (7), why the complement stays, and how slowly it leaves before.

Dimensionless letters of `proofs.dimensionless`, C = √α B⋆ᵀB, D = √α B⋆,⊥ᵀB; Π projects onto ker C, so that CΠ = 0.
At m_in = ∞ and w = 0: E = CᵀC, C₊ = ((1+a)I − aCCᵀ)C, hence C₊Π = 0 and D₊Π = DΠ: D_tΠ_0 = D_0Π_0 for ever.
At finite m_in, ‖D_t‖ ≥ (1 − a(1+a)qδ)^t ‖D_0Π_0‖ with q = κ/m_in: the rate is that of 1/m_in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.gaussian_moments import expectation
from foanil.inequalities import Decided, Fact, Theory
from foanil.limits import Conclusion
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs import infinite_samples_with_head as with_head
from proofs import prop_1_decomposition, sec_3_monotonicity
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.expectations import PREMISES, adapted_head, adapted_second_moment, data_laws, mean_outer_direction, task_law
from proofs.infinite_samples_with_head import at_infinity
from proofs.one_step import Scalars, region
from proofs.thm_1_convergence import PREMISES as FINITE
from proofs.thm_1_convergence import complement as complement_at_finite_samples
from proofs.thm_1_explicit_constants import EXPLICIT, entry, without

NO_HEAD = "every d, k, k′, all values of C and D, Σ⋆ = cI, w = 0, m_in = ∞"
SLOW = "every d, k, k′ and m_in ≥ 1, Σ⋆ = cI, w = 0, 0 < a ≤ 1/2, α‖B_0‖² ≤ x⋆, every number of steps"


# The updates, any Σ⋆ ---------------------------------------------------------------------------------


def simpler_direction(words: Alphabet, shrink: int = 1) -> Element:
    """Return (I − αBBᵀ)(Bwwᵀ(I − αBᵀB) − αB⋆Σ⋆B⋆ᵀB), the mean direction of B at m_in = ∞. Shape (d, k′)."""
    B, w, B_star, alpha = words.letter("B"), words.letter("w"), words.letter("B_star"), words.scalar("alpha")
    adapted = w.T @ (words.eye("k_prime") - shrink * alpha * (B.T @ B))
    residual = B @ w @ adapted - alpha * (B_star @ words.letter("Sigma_star") @ B_star.T @ B)
    return (words.eye("d") - alpha * (B @ B.T)) @ residual


def direction_gap(change: Callable[[Alphabet], Element] = simpler_direction) -> Element:
    """Return the limit of the mean direction of (3) in B, from first principles, minus its simple form: zero."""
    derived = mean_outer_direction().B
    return at_infinity(derived, "m_in") - change(derived.alphabet)


def mean_head(words: Alphabet) -> Element:
    """Return the adapted head averaged over its inner sample: that of infinitely many rows. Shape (k′, 1)."""
    return expectation(adapted_head(words), *data_laws(words, "in"))


def second_line(words: Alphabet) -> Element:
    """Return (α²/m_in)Bᵀ(Bwwᵀ Bᵀ + ‖Bw‖²I + B⋆Σ⋆B⋆ᵀ + σ̄²I)B, the second line of (7). Shape (k′, k′)."""
    B, v, B_star = words.letter("B"), words.letter("B") @ words.letter("w"), words.letter("B_star")
    spread = v @ v.T + B_star @ words.letter("Sigma_star") @ B_star.T
    total = words.sqnorm(v) + words.scalar("sigma_bar_sq")
    covariance: Element = (
        words.scalar("alpha") ** 2 / words.scalar("m_in") * (B.T @ (spread + total * words.eye("d")) @ B)
    )
    return covariance


def overfit_gap(factor: int = 1, task_mean: bool = True) -> Element:
    """Return the covariance of the adapted head given the task, averaged over tasks, minus the second line: zero."""
    words = paper_alphabet()
    mean = mean_head(words)
    known = expectation(mean @ mean.T, task_law(words)) if task_mean else words.zeros("k_prime", "k_prime")
    return adapted_second_moment() - known - factor * second_line(words)


def first_line_gap(factor: int = 0) -> Element:
    """Return the limit of (7) minus the second moment of the head adapted on infinitely many rows: zero."""
    words = paper_alphabet()
    mean = mean_head(words)
    kept = expectation(mean @ mean.T, task_law(words)) + factor * second_line(words)
    return at_infinity(adapted_second_moment(), "m_in") - kept


def head_direction_gap(factor: int = 1) -> Element:
    """Return the mean direction of (3) in w minus Bᵀ(I − αBBᵀ)Bw: zero, whatever m_in."""
    words = paper_alphabet()
    B, w, alpha = words.letter("B"), words.letter("w"), words.scalar("alpha")
    found: Element = mean_outer_direction().w
    return found - B.T @ (words.eye("d") - factor * alpha * (B @ B.T)) @ B @ w


# Which terms act on the complement -------------------------------------------------------------------


@functools.cache
def kernel_alphabet() -> Alphabet:
    """Return the paper's alphabet with a projection P (k′×k′) for which B⋆ᵀBP = 0."""
    words = paper_alphabet().declaring(Letter("P", ("k_prime", "k_prime"), symmetric=True, latex=r"\Pi"))
    P = words.letter("P")
    return words.with_rule(P @ P, P).with_rule(
        words.letter("B_star").T @ words.letter("B") @ P, words.zeros("k", "k_prime")
    )


def acting_beyond(head: bool = True, shift: int = 0, noise: int = 1) -> Element:
    """Return (E[w_iw_iᵀ] − hhᵀ)Π minus its stated form (α²/m_in)Bᵀ(Bwwᵀ Bᵀ + (‖Bw‖² + σ̄²)I)BΠ: zero.

    h = (I − αBᵀB)w is the adapted head of an average task. A mutant keeps hhᵀ, or has another power of m_in.
    """
    words = kernel_alphabet()
    B, w, P, alpha = words.letter("B"), words.letter("w"), words.letter("P"), words.scalar("alpha")
    m_in, v = words.scalar("m_in"), words.letter("B") @ words.letter("w")
    h = w - alpha * (B.T @ v)
    moment = adapted_second_moment().into(words)
    total = words.sqnorm(v) + noise * words.scalar("sigma_bar_sq")
    stated = alpha**2 * m_in**shift / m_in * (B.T @ (v @ v.T + total * words.eye("d")) @ B @ P)
    return moment @ P - (h @ h.T @ P if head else 0 * P) - stated


def silent_head_gap(factor: int = 1, silent: bool = True, kernel: bool = True) -> Element:
    """Return B E[w_iw_iᵀ]Π − (α²σ̄²/m_in)BBᵀBΠ for Bw = 0: zero. What moves BΠ is the inner noise."""
    words = kernel_alphabet()
    B, P = words.letter("B"), words.letter("P") if kernel else words.eye("k_prime")
    if silent:
        words = words.with_rule(B @ words.letter("w"), words.zeros("d", "1"))
    strength = words.scalar("alpha") ** 2 * words.scalar("sigma_bar_sq") / words.scalar("m_in")
    B, P = B.into(words), P.into(words)
    return B @ adapted_second_moment().into(words) @ P - factor * strength * (B @ B.T @ B @ P)


# No unlearning at m_in = ∞ ---------------------------------------------------------------------------


@functools.cache
def projected() -> Iteration:
    """Return the iteration with a projection P for which CP = 0, and matrices L, J ((d−k)×k)."""
    words = dimensionless_alphabet().declaring(
        Letter("P", ("k_prime", "k_prime"), symmetric=True, latex=r"\Pi"),
        Letter("L", ("d-k", "k"), latex="L"),
        Letter("J", ("d-k", "k"), latex="J"),
    )
    C, P = words.letter("C"), words.letter("P")
    return Iteration(words.with_rule(P @ P, P).with_rule(C @ P, words.zeros("k", "k_prime")))


def moment(here: Iteration, samples: str = "infinite") -> Element:
    """Return E for w = 0, at m_in = ∞ or at the m_in of the alphabet. Shape (k′, k′)."""
    E = here.E.substitute({"w": here.words.zeros("k_prime", "1")})
    return at_infinity(E) if samples == "infinite" else E


def stepped(here: Iteration, samples: str = "infinite") -> tuple[Element, Element]:
    """Return C₊ and D₊ for w = 0."""
    a, E = here.scalar("a"), moment(here, samples)
    return here.C + a * (here.C - here.C @ E), here.D - a * (here.D @ E)


def kept_gap(block: str, samples: str = "infinite", head: bool = False) -> Element:
    """Return C₊Π or D₊Π − DΠ for CΠ = 0: both zero at m_in = ∞ and w = 0. A mutant has finite m_in, or a head."""
    here = projected()
    P = here.words.letter("P")
    C_next, D_next = stepped(here, samples)
    if head:
        a, E = here.scalar("a"), at_infinity(here.E)
        C_next, D_next = here.C + a * (here.C - here.C @ E), here.D - a * (here.D @ E)
    return C_next @ P if block == "C" else D_next @ P - here.D @ P


def kept_gap_anywhere(block: str) -> Element:
    """Return C₊ − C or D₊ − D at m_in = ∞ and w = 0, off the kernel too: nonzero."""
    here = projected()
    C_next, D_next = stepped(here)
    return C_next - here.C if block == "C" else D_next - here.D


def within(dropped: int | None = None) -> Theory:
    """Return the theory of 0 < a ≤ 1/2, ℓ ≥ 1, aℓ ≤ 1 and CCᵀ ⪯ ℓI, without one scalar assumption."""
    here = projected()
    x, one = Scalars(here), here.words.field.one
    given = (more_than(x.a), at_least(one / 2, x.a), at_least(x.ell, one), at_least(one, x.a * x.ell))
    kept = tuple(relation for place, relation in enumerate(given) if place != dropped)
    bound = here.scalar("ell") * here.words.eye("k") - here.C @ here.C.T
    return Theory(here.words, kept, {"CCᵀ ⪯ ℓI": bound})


def inside_row_space(given: Theory | None = None, base: int = 1) -> list[Proved]:
    """Derive D_t → 0 at m_in = ∞ when D_0Π_0 = 0: D = LC is kept, and ‖L₊‖ ≤ ‖L‖/(1 + a).

    L = JN with N = (1 + a)I − aΛ, so that C₊ = NC, D₊ = L₊C₊ and L₊ = J(I − aΛ). A mutant claims another rate,
    1/(1 + base·a).
    """
    T = given or within()
    here, a = projected(), projected().scalar("a")
    x, identity = Scalars(here), here.words.eye("k")
    Lambda, J, S = here.C @ here.C.T, here.words.letter("J"), moment(here)
    N, shrunk = (1 + a) * identity - a * Lambda, identity - a * Lambda
    L, L_next, C_next = J @ N, J @ shrunk, here.C + a * (here.C - here.C @ S)
    D_next = L @ here.C - a * (L @ here.C @ S)
    top, below = T.hypothesis("CCᵀ ⪯ ℓI"), T.square(here.C)
    factor, rate = 1 + x.a, 1 + base * x.a
    invertible = T.strictly(T.restate(T.scale(top, x.a), N - (1 + a - a * here.scalar("ell")) * identity), N, "N ≻ 0")
    stays = T.restate(T.square(here.words.zeros("d-k", "k_prime")), _square(D_next - L_next @ C_next), "D₊ = L₊C₊")
    grown = [x.ell, -(factor**2), 2 * x.a * factor, -(x.a**2)]
    capped = T.spectral(Lambda, below, top, grown, "λ(1 + a(1 − λ))² ≤ ℓ on [0, ℓ]")
    kept = T.restate(capped, here.scalar("ell") * identity - C_next @ C_next.T, "Λ₊ ⪯ ℓI")
    gap = [factor**2 - rate**2, 2 * x.a * rate**2 - 2 * x.a * factor, x.a**2 - x.a**2 * rate**2]
    shrinks = T.congruence(T.spectral(Lambda, below, top, gap, "(1 + a)(1 − aλ) ≤ 1 + a − aλ"), J)
    decay = T.restate(shrinks, L @ L.T - here.words.constant(rate**2) * (L_next @ L_next.T), "L₊L₊ᵀ ⪯ LLᵀ/(1 + a)²")
    size = T.congruence(top, L, "DDᵀ = LΛLᵀ ⪯ ℓLLᵀ")
    row = limits.by_lemma("row space", r"D_0\Pi_0 = 0: \quad D_0 = L_0C_0,\ L_0 = D_0C_0^{+}", stays, invertible)
    statement = r"\lVert D_t\rVert \le \sqrt{\ell}\,(1+a)^{-t}\,\lVert D_0C_0^{+}\rVert"
    positive = T.decide(more_than(rate, here.words.field.one), "1 + a > 1")
    return [limits.by_lemma("monotone comparison", statement, decay, size, kept, row, positive)]


def _square(element: Element) -> Element:
    return element @ element.T


# How slowly before -----------------------------------------------------------------------------------


def slowly(*dropped: str) -> Theory:
    """Return the theory of 0 < a ≤ 1/2, E = sCᵀC + qDᵀD ⪯ I, DDᵀ ⪯ δI, and of L with D₊ − LC₊ = D₊Π₊."""
    here = projected()
    x, one, words = Scalars(here), here.words.field.one, here.words
    given = {
        "a > 0": more_than(x.a),
        "a ≤ 1/2": at_least(one / 2, x.a),
        "m ≥ 1": at_least(x.m, one),
        "κ ≥ 1": at_least(x.kappa, one),
        "δ > 0": more_than(x.delta),
        "δ ≤ x⋆": at_least(x.x_star, x.delta),
    }
    C_next, D_next = stepped(here, "finite")
    beyond = D_next - words.letter("L") @ C_next
    hypotheses = {
        "E ⪯ I": here.identity - moment(here, "finite"),
        "DDᵀ ⪯ δI": here.scalar("delta") * words.eye("d-k") - here.D @ here.D.T,
        "RRᵀ ⪯ D₊D₊ᵀ": D_next @ D_next.T - beyond @ beyond.T,
    }
    return Theory(words, tuple(relation for name, relation in given.items() if name not in dropped), hypotheses)


@dataclass(frozen=True)
class SlowStep:
    """How little one step at finite m_in takes from the part of D on ker C, for w = 0.

    R = D₊ − LC₊ = D₊Π₊, F = D − LC, V = FDᵀ, U = I − aqV: RΠ = UDΠ.
    """

    theory: Theory

    @property
    def here(self) -> Iteration:
        """The iteration with Π and L."""
        return projected()

    @property
    def x(self) -> Scalars:
        """The scalars."""
        return Scalars(self.here)

    @property
    def top(self) -> FracElement:
        """f = (1 + a)δ, a bound on ‖V‖."""
        return (1 + self.x.a) * self.x.delta

    @property
    def rate(self) -> FracElement:
        """aqf = a(1 + a)qδ: what is lost of ‖DΠ‖, at most."""
        return self.x.a * self.x.q * self.top

    @property
    def F(self) -> Element:
        """D − LC. Shape (d−k, k′)."""
        return self.here.D - self.here.words.letter("L") @ self.here.C

    @property
    def V(self) -> Element:
        """FDᵀ. Shape (d−k, d−k)."""
        return self.F @ self.here.D.T

    @property
    def U(self) -> Element:
        """I − aqV. Shape (d−k, d−k)."""
        return self.here.words.eye("d-k") - self.here.words.constant(self.x.a * self.x.q) * self.V

    @property
    def R(self) -> Element:
        """D₊ − LC₊. Shape (d−k, k′)."""
        C_next, D_next = stepped(self.here, "finite")
        return D_next - self.here.words.letter("L") @ C_next

    @functools.cached_property
    def kept(self) -> Fact:
        """D₊Π₊D₊ᵀ = RRᵀ ⪰ RΠRᵀ = U(DΠDᵀ)Uᵀ, for whatever L."""
        T, P, D = self.theory, self.here.words.letter("P"), self.here.D
        off = T.square(self.R @ (self.here.identity - P), "R(I − Π)Rᵀ")
        return T.restate(off, self.R @ self.R.T - self.U @ D @ P @ D.T @ self.U.T, "RRᵀ ⪰ U(DΠDᵀ)Uᵀ")

    @functools.cached_property
    def moment_lower(self) -> Fact:
        """0 ⪯ E."""
        T, here, x = self.theory, self.here, self.x
        parts = (T.scale(T.square(here.C.T), x.s), T.scale(T.square(here.D.T), x.q))
        return T.restate(T.sum(*parts), moment(here, "finite"), "0 ⪯ E")

    def _in_moment(self, coefficients: list[FracElement | int], says: str) -> Fact:
        upper = self.theory.hypothesis("E ⪯ I")
        return self.theory.spectral(moment(self.here, "finite"), self.moment_lower, upper, coefficients, says)

    @functools.cached_property
    def complement_bound(self) -> Fact:
        """D₊D₊ᵀ ⪯ δI."""
        T, here, a = self.theory, self.here, self.x.a
        shorter = T.congruence(self._in_moment([0, 2 * a, -(a**2)], "(I − aE)² ⪯ I"), here.D)
        _, D_next = stepped(here, "finite")
        bound = here.scalar("delta") * here.words.eye("d-k") - D_next @ D_next.T
        return T.restate(T.sum(shorter, T.hypothesis("DDᵀ ⪯ δI")), bound, "D₊D₊ᵀ ⪯ δI")

    @functools.cached_property
    def F_bound(self) -> Fact:
        """FFᵀ ⪯ (1 + a)²δI: FM = R + aD and M ⪰ I."""
        T, here, a = self.theory, self.here, self.x.a
        longer = T.congruence(self._in_moment([(1 + a) ** 2 - 1, -2 * a * (1 + a), a**2], "M² ⪰ I"), self.F)
        split = T.scale(T.square(self.R - here.D), a, "(R + aD)(R + aD)ᵀ ⪯ (1 + a)(RRᵀ + aDDᵀ)")
        small = T.sum(T.hypothesis("RRᵀ ⪯ D₊D₊ᵀ"), self.complement_bound, says="RRᵀ ⪯ δI")
        parts = (longer, split, T.scale(small, 1 + a), T.scale(T.hypothesis("DDᵀ ⪯ δI"), a * (1 + a)))
        bound = here.words.constant((1 + a) * self.top) * here.words.eye("d-k") - self.F @ self.F.T
        return T.restate(T.sum(*parts), bound, "FFᵀ ⪯ (1 + a)²δI")

    @functools.cached_property
    def V_bound(self) -> Fact:
        """VVᵀ ⪯ f²I."""
        T, here, x = self.theory, self.here, self.x
        inner = T.congruence(T.flip(T.hypothesis("DDᵀ ⪯ δI"), here.D.T, "DᵀD ⪯ δI"), self.F)
        total = T.sum(inner, T.scale(self.F_bound, x.delta))
        return T.restate(
            total, here.words.constant(self.top**2) * here.words.eye("d-k") - self.V @ self.V.T, "VVᵀ ⪯ f²I"
        )

    def U_bound(self, factor: int = 1) -> Fact:
        """UUᵀ ⪰ (1 − aqf)²I; a mutant claims it with aqf/factor."""
        T, here, x = self.theory, self.here, self.x
        identity, weight = here.words.eye("d-k"), x.a * x.q / self.top
        off = T.square(self.V - here.words.constant(self.top) * identity, "(V − fI)(V − fI)ᵀ")
        parts = (T.scale(off, weight), T.scale(self.V_bound, weight * (1 - self.rate)))
        least = here.words.constant((1 - self.rate / factor) ** 2) * identity
        return T.restate(T.sum(*parts), self.U @ self.U.T - least, "UUᵀ ⪰ (1 − aqf)²I")

    @functools.cached_property
    def rate_below_one(self) -> Decided:
        """aqf < 1."""
        return self.theory.decide(more_than(self.here.words.field.one, self.rate), "aqf < 1")

    @functools.cached_property
    def lower_bound(self) -> Conclusion:
        """‖D_t‖ ≥ (1 − a(1 + a)qδ)^t‖D_0Π_0‖."""
        choice = r"R = D_{t+1} - LC_{t+1} = D_{t+1}\Pi_{t+1} \text{ for some } L"
        row = limits.by_lemma("row space", choice, self.theory.hypothesis("RRᵀ ⪯ D₊D₊ᵀ"))
        statement = r"\lVert D_t\rVert \ge \lVert D_t\Pi_t\rVert \ge (1 - a(1+a)q\delta)^t\,\lVert D_0\Pi_0\rVert"
        return limits.by_lemma(
            "slow contraction", statement, self.kept, self.U_bound(), self.rate_below_one, self.complement_bound, row
        )

    def samples_needed(self, factor: int = 1) -> Conclusion:
        """‖D_t‖ ≥ (1 − ε)‖D_0Π_0‖ for t ≤ T once m_in ≥ a(1 + a)κδT/ε; here r is ε and t is T."""
        x, T = self.x, self.theory
        epsilon = x.r
        enough = (
            more_than(epsilon),
            at_least(x.t),
            at_least(factor * x.m, x.a * (1 + x.a) * x.kappa * x.delta * x.t / epsilon),
        )
        bounded = replace(T, assumptions=(*T.assumptions, *enough))
        decided = bounded.decide(at_least(epsilon, x.t * self.rate), "Taqf ≤ ε")
        statement = (
            r"m_{\mathrm{in}} \ge a(1+a)\kappa\delta T/\varepsilon: \quad "
            r"\lVert D_t\rVert \ge (1-\varepsilon)\,\lVert D_0\Pi_0\rVert \text{ for } t \le T"
        )
        return limits.by_lemma("Bernoulli", statement, self.lower_bound, decided)


def slow(step: SlowStep | None = None) -> list[Proved]:
    """Derive the lower bound on ‖D_t‖ at finite m_in, and the samples that keep the complement for T steps."""
    step = step or SlowStep(slowly())
    invariant = [*sec_3_monotonicity.bounded_start(), *sec_3_monotonicity.gram_increases()]
    return [*invariant, step.lower_bound, step.samples_needed()]


# The cost of a complement ----------------------------------------------------------------------------


def complement_cost() -> Element:
    """Return the mean half risk with n directions of the complement at level g, minus that without. Degree 2."""
    words = prop_1_decomposition.wide_alphabet()
    n, g, m, noise = (words.scalar(name) for name in ("n", "g", "m", "sigma_bar_sq"))
    cost = prop_1_decomposition.complement_cost_gap() + n * g**2 * noise / (2 * m)
    printed = alphabet(("n", "g", "m", "sigma_bar_sq"), (), {"sigma_bar_sq": r"\bar\sigma^2"})
    return cost.transport(printed, {}, {})


CHECKS: tuple[Check, ...] = (
    zero_check(
        "the step of B at infinitely many samples",
        ("sec-4-infinite-samples-updates",),
        EVERY_SIZE + ", every Σ⋆, m_in = ∞",
        direction_gap,
        {
            "the head not adapted": lambda: direction_gap(lambda words: simpler_direction(words, shrink=0)),
            "adapted twice": lambda: direction_gap(lambda words: simpler_direction(words, shrink=2)),
            "the second line kept": lambda: (
                direction_gap() + paper_alphabet().letter("B") @ second_line(paper_alphabet())
            ),
        },
    ),
    zero_check(
        "the second line of (7) vanishes",
        ("sec-4-infinite-samples-updates",),
        EVERY_SIZE + ", every Σ⋆, m_in = ∞",
        first_line_gap,
        {
            "the second line kept": lambda: first_line_gap(1),
            "the second line subtracted": lambda: first_line_gap(-1),
            "the second line doubled": lambda: first_line_gap(2),
        },
    ),
    zero_check(
        "the step of w has no m_in in it",
        ("sec-4-infinite-samples-updates",),
        EVERY_SIZE + ", every Σ⋆, every m_in",
        head_direction_gap,
        {
            "without the inner step": lambda: head_direction_gap(0),
            "the inner step doubled": lambda: head_direction_gap(2),
            "the inner step reversed": lambda: head_direction_gap(-1),
        },
    ),
    zero_check(
        "overfitting: the covariance of the adapted head given the task is the second line of (7)",
        ("sec-4-overfit-mechanism",),
        EVERY_SIZE + ", every Σ⋆",
        overfit_gap,
        {
            "no overfitting": lambda: overfit_gap(0),
            "twice the second line": lambda: overfit_gap(2),
            "the mean over tasks left out": lambda: overfit_gap(task_mean=False),
        },
    ),
    zero_check(
        "what acts on B beyond the row space of B⋆ᵀB",
        ("sec-4-overfit-mechanism",),
        EVERY_SIZE + ", every Σ⋆, every projection Π with B⋆ᵀBΠ = 0; h = (I − αBᵀB)w",
        acting_beyond,
        {
            "the head's rank-one term left out": lambda: acting_beyond(head=False),
            "without 1/m_in": lambda: acting_beyond(shift=1),
            "without σ̄²": lambda: acting_beyond(noise=0),
        },
    ),
    zero_check(
        "with a head without output, only the inner noise acts there",
        ("sec-4-overfit-mechanism",),
        EVERY_SIZE + ", every Σ⋆, Bw = 0, every projection Π with B⋆ᵀBΠ = 0",
        silent_head_gap,
        {
            "twice as much": lambda: silent_head_gap(2),
            "a head that outputs": lambda: silent_head_gap(silent=False),
            "within the row space too": lambda: silent_head_gap(kernel=False),
        },
    ),
    *(
        zero_check(
            f"at infinitely many samples, {shown}",
            ("sec-3-infinite-samples", "sec-4-infinite-samples-complement"),
            NO_HEAD + ", every projection Π with CΠ = 0",
            functools.partial(kept_gap, block),
            {
                "finitely many samples": functools.partial(kept_gap, block, "finite"),
                "with a head": functools.partial(kept_gap, block, head=True),
                "off the kernel too": functools.partial(kept_gap_anywhere, block),
            },
        )
        for block, shown in (("C", "C₊Π = 0"), ("D", "D₊Π = DΠ"))
    ),
    proof_check(
        "at infinitely many samples a complement within the row space of C vanishes",
        ("sec-3-infinite-samples",),
        NO_HEAD + ", a ≤ 1/2, Λ_0 ⪯ ℓI with ℓ ≥ 1 and aℓ ≤ 1, D_0Π_0 = 0 (so always at k′ = k, rank C_0 = k)",
        inside_row_space,
        {
            "without aℓ ≤ 1": lambda: inside_row_space(within(3)),
            "without ℓ ≥ 1": lambda: inside_row_space(within(2)),
            "without a > 0": lambda: inside_row_space(within(0)),
            "the rate 1/(1 + 2a)": lambda: inside_row_space(base=2),
        },
    ),
    proof_check(
        "at finitely many samples the complement is unlearned",
        ("sec-4-infinite-samples-complement",),
        EXPLICIT,
        complement_at_finite_samples,
        {
            "α ≤ 1/σ̄": lambda: entry(iteration(), step_size=1),
            "α‖B_0‖² ≤ 1/(2m)": lambda: entry(iteration(), start=2),
            "without aE ⪯ I": lambda: complement_at_finite_samples(without(region(iteration())[12])),
        },
    ),
    proof_check(
        "unlearning takes a time in proportion to the inner samples",
        ("sec-3-slow-unlearning",),
        SLOW,
        slow,
        {
            "without a ≤ 1/2": lambda: slow(SlowStep(slowly("a ≤ 1/2"))),
            "without δ ≤ x⋆": lambda: slow(SlowStep(slowly("δ ≤ x⋆"))),
            "without δ > 0": lambda: slow(SlowStep(slowly("δ > 0"))),
            "half the rate": lambda: SlowStep(slowly()).U_bound(2),
            "half the samples": lambda: SlowStep(slowly()).samples_needed(2),
            "‖AAᵀ‖ ≤ 2": lambda: sec_3_monotonicity.gram_increases(sec_3_monotonicity.theory(bounded=False)),
        },
    ),
    *with_head.CHECKS,
)

# Derivations -----------------------------------------------------------------------------------------

SETTING = (
    r"hats: $C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $a = \alpha\beta c$",
    r"$\kappa = \bar\sigma^2/c$, $m = m_{\mathrm{in}}$, $q = \kappa/m$, $s = 1 + (1+\kappa)/m$, $x_\star = 1/s$",
    r"$w_0 = 0$, so that $w_t = 0$ for ever; $E = sC^{\top}C + qD^{\top}D$, $C_+ = C((1+a)I - aE)$, $D_+ = D(I - aE)$",
)


def updates_derivation() -> Derivation:
    """Return the derivation of the updates at m_in = ∞, for every Σ⋆."""
    words = paper_alphabet()
    found, moved = mean_outer_direction(), adapted_second_moment()
    limit = r"\lim_{m_{\mathrm{in}} \to \infty}"
    return (
        Derivation(
            "The updates at infinitely many samples",
            ("sec-4-infinite-samples-updates",),
            (*PREMISES, r"$b$: the mean direction of (3) in $B$, so that $B_{t+1} = B_t - \beta b$"),
        )
        .then("Isserlis' theorem", "The second moment (7).", r"\mathbb{E}[w_{t,i}w_{t,i}^{\top}]", moved)
        .then(
            "limit of rational coefficients",
            r"Its second line vanishes; with $h = (I - \alpha B^{\top}B)w$, what is left is "
            r"$hh^{\top} + \alpha^2 B^{\top}B_\star\Sigma_\star B_\star^{\top}B$.",
            rf"{limit} \mathbb{{E}}[w_{{t,i}}w_{{t,i}}^{{\top}}]",
            at_infinity(moved, "m_in"),
        )
        .then("Isserlis' theorem", "The mean direction of (3) in $B$.", "b", found.B)
        .then("limit of rational coefficients", "Its limit.", rf"{limit} b", at_infinity(found.B, "m_in"))
        .noting(
            "identity of words",
            "In simple form: one factor on the left takes everything to rest.",
            rf"{limit} b = (I - \alpha BB^{{\top}})"
            r"\left(Bww^{\top}(I - \alpha B^{\top}B) - \alpha B_\star\Sigma_\star B_\star^{\top}B\right)",
        )
        .then("Isserlis' theorem", "The mean direction in $w$ has no sample size in it.", "b_w", found.w)
        .then("subtraction", "The last line minus its form in (5).", "0", head_direction_gap().into(words))
    )


def kept_derivation() -> Derivation:
    """Return the derivation that D_tΠ_0 = D_0Π_0 at m_in = ∞, and of what happens when D_0Π_0 = 0."""
    here = projected()
    P = here.words.letter("P")
    C_next, D_next = stepped(here)
    start = Derivation(
        "At infinitely many samples the complement stays",
        ("sec-3-infinite-samples", "sec-4-infinite-samples-complement"),
        (*SETTING, r"$\Pi$ a projection with $C\Pi = 0$; at $t = 0$ the projector $\Pi_0$ onto $\ker C_0$"),
    )
    stays = (
        start.then("limit of rational coefficients", "At infinitely many samples.", "E", moment(here))
        .then("the step", "One step of C.", "C_+", C_next)
        .then("the step", "One step of D.", "D_+", D_next)
        .then("CΠ = 0", "The kernel stays in the kernel.", r"C_+\Pi", C_next @ P)
        .then("CΠ = 0", "What D does on it stays.", r"D_+\Pi", D_next @ P)
        .noting(
            "induction over t",
            r"So, from $C_0\Pi_0 = 0$, for every t: the first limit of (8) fails when $D_0\Pi_0 \ne 0$.",
            r"C_t\Pi_0 = 0,\quad D_t\Pi_0 = D_0\Pi_0,\quad \lVert D_t\rVert \ge \lVert D_0\Pi_0\rVert",
        )
    )
    premises = (r"$\Lambda_0 \preceq \ell I$, $\ell \ge 1$, $a\ell \le 1$",)
    otherwise = proof("When it vanishes", ("sec-3-infinite-samples",), premises, *inside_row_space())
    whole = stays.noting("case", r"When $D_0\Pi_0 = 0$, the first limit holds, at $\Lambda_0 \preceq \ell I$:", "")
    return whole.extended(otherwise)


def finite_derivation() -> Derivation:
    """Return the derivation that the complement is unlearned at every finite m_in."""
    claims = ("sec-4-infinite-samples-complement",)
    return proof(
        "At finitely many samples the complement is unlearned", claims, FINITE, *complement_at_finite_samples()
    )


def slow_derivation() -> Derivation:
    """Return the derivation of the lower bound on ‖D_t‖ at finite m_in."""
    premises = (
        *SETTING,
        r"$0 \lt a \le \frac12$, $\alpha\lVert B_0\rVert^2 \le x_\star$, $\delta = \lVert D_0\rVert^2 \gt 0$",
        r"$A = [\sqrt s\,C;\ \sqrt q\,D]$, $A^{\top}A = E$, $Q$, $P$ as in new-gram-monotone: $E \preceq I$ is kept",
        r"$\Pi_t$ the projector onto $\ker C_t$; in one step $\Pi = \Pi_t$",
        r"$R = D_+ - LC_+ = D_+\Pi_+$ for a suitable $L$; $F = D - LC$, $V = FD^{\top}$, $U = I - aqV$",
        r"$f = (1+a)\delta$",
        r"$aq\delta = \beta\gamma\lVert B_{\star,\perp}^{\top}B_0\rVert^2$",
        r"$\gamma = \alpha^2\bar\sigma^2/m_{\mathrm{in}}$, as in the upper bound of Theorem 1",
        r"$t = T$ and $r = \varepsilon$ in the last decision",
    )
    return proof("Unlearning is slow for many inner samples", ("sec-3-slow-unlearning",), premises, *slow())


def overfit_derivation() -> Derivation:
    """Return the derivation of which terms of (7) act on the complement beyond the row space of B⋆ᵀB."""
    words = kernel_alphabet()
    P, B = words.letter("P"), words.letter("B")
    mean = mean_head(paper_alphabet())
    silent = words.with_rule(B @ words.letter("w"), words.zeros("d", "1"))
    moved = adapted_second_moment().into(words) @ P
    return (
        Derivation(
            "Which terms of (7) unlearn the complement",
            ("sec-4-overfit-mechanism",),
            (*PREMISES, r"$\Pi$ a projection with $B_\star^{\top}B\Pi = 0$: beyond the rows of $B_\star^{\top}B$"),
        )
        .then("mean over the inner sample", "The head adapted without sampling error.", r"\bar w_{t,i}", mean)
        .then(
            "subtraction",
            "The covariance of the adapted head given the task, averaged over tasks: the overfitting of the inner "
            "loop. It is the second line of (7).",
            r"\mathbb{E}[w_{t,i}w_{t,i}^{\top}] - \mathbb{E}[\bar w_{t,i}\bar w_{t,i}^{\top}]",
            adapted_second_moment() - expectation(mean @ mean.T, task_law(paper_alphabet())),
        )
        .then("B⋆ᵀBΠ = 0", r"What acts beyond the row space.", r"\mathbb{E}[w_{t,i}w_{t,i}^{\top}]\Pi", moved)
        .noting(
            "identity of words",
            r"The head's own rank-one term, $h = (I - \alpha B^{\top}B)w$, has no $1/m_{\mathrm{in}}$; all else has.",
            r"= hh^{\top}\Pi + \frac{\alpha^2}{m_{\mathrm{in}}}"
            r"B^{\top}\left(Bww^{\top}B^{\top} + (\lVert Bw\rVert^2 + \bar\sigma^2)I\right)B\Pi",
        )
        .then(
            "Bw = 0",
            "With a head without output, only the noise of the inner loop moves B there.",
            r"B\,\mathbb{E}[w_{t,i}w_{t,i}^{\top}]\Pi",
            (B @ moved).into(silent),
        )
    )


def cost_derivation() -> Derivation:
    """Return the derivation of what a complement that is left costs at test time."""
    premises = (
        r"$B = B_\star C + rVP$: $V$ has $n = k' - k$ orthonormal columns off $\mathrm{col}(B_\star)$",
        r"$PP^{\top} = I$, $CP^{\top} = 0$, $Bw = 0$",
        r"$g = \alpha r^2$, so that $\alpha BB^{\top} = \alpha B_\star\Lambda B_\star^{\top} + gVV^{\top}$",
        r"one test step on $m$ rows",
    )
    return Derivation(
        "What a complement at the level g costs", ("sec-3-k-prime-to-k", "sec-4-complement-hurts-wide"), premises
    ).then(
        "mean over tasks, Isserlis' theorem",
        "The mean half risk of one test step with the complement, minus that without: in proportion to $n = k' - k$.",
        r"\tfrac12\mathbb{E}\lVert\cdot\rVert^2 - \tfrac12\mathbb{E}\lVert\cdot\rVert^2_{g=0}",
        complement_cost(),
    )


DERIVATIONS = (
    updates_derivation,
    kept_derivation,
    finite_derivation,
    slow_derivation,
    overfit_derivation,
    cost_derivation,
    *with_head.DERIVATIONS,
)
