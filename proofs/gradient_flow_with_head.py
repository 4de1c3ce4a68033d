"""The gradient flow with a head, Σ⋆ = cI: a bound that no step preserves exactly, and the limits of Theorem 1.

Dimensionless, in the time cτ = at: C′ = C(I − E), D′ = −DE, ŵ′ = −(ρ/a)G(I − G)ŵ, where ρ/a = 1/(α²c) stays as
β → 0; the letters of `proofs.dimensionless`. ḡ = max(α‖B_0‖², x⋆).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.gradient_flow import Clock


def flow_clock(here: Iteration) -> Clock:
    """Return C′ = (CM − C)/a, D′ = (D(M − aI) − D)/a and ŵ′ = (ŵ₊ − ŵ)/a: the iteration's step over its length."""
    a = here.scalar("a")
    rates = {
        "C": (here.C @ here.M - here.C) / a,
        "D": (here.D @ (here.M - a * here.identity) - here.D) / a,
        "w": (here.next_head - here.w) / a,
    }
    return Clock(here.words, rates, {}, frozenset({"B_star", "B_star_perp", "p", "r", "g"}))


def rate_gaps(speed: int = 1) -> dict[str, Element]:
    """Return C′ − C(I − E), D′ + DE, ŵ′ + (ρ/a)G(I − G)ŵ: zero. `speed` multiplies the E of C′, for mutants."""
    here = iteration()
    found = flow_clock(here).letters
    pull = here.scalar("rho") / here.scalar("a") * (here.G @ (here.identity - here.G) @ here.w)
    return {
        "C": found["C"] - here.C @ (here.identity - speed * here.E),
        "D": found["D"] + here.D @ here.E,
        "w": found["w"] + pull,
    }


# The bound -------------------------------------------------------------------------------------------


@functools.cache
def eigenvector_alphabet() -> Alphabet:
    """Return the letters of an eigenvector v = (p, r) of AAᵀ, A = [C; D], with eigenvalue y.

    g = Aᵀv = Cᵀp + Dᵀr, so that Cg = yp, Dg = yr, and gᵀg = gᵀ(Cᵀp + Dᵀr) = y(‖p‖² + ‖r‖²).
    """
    letters = (Letter("p", ("k", "1")), Letter("r", ("d-k", "1")), Letter("g", ("k_prime", "1")))
    words = dimensionless_alphabet().declaring(*letters)
    C, D, p, r, g = (words.letter(name) for name in ("C", "D", "p", "r", "g"))
    y = words.scalar("y")
    words = words.with_rule(C @ g, y * p).with_rule(D @ g, y * r).with_rule(C.T @ p, g - D.T @ r)
    return words.with_trace(g @ g.T, y * (p.T @ p + r.T @ r))


def top_eigenvalue(drop: str = "", moment: int = 1) -> Fact:
    """0 ≤ −vᵀH′v for H = αBBᵀ, Hv = yv and y ≥ x⋆; `moment` multiplies E, for mutants."""
    words = eigenvector_alphabet()
    here = Iteration(words)
    y, m, kappa = (words.scalar(name).coefficient() for name in ("y", "m", "kappa"))
    s, one = here.scalar("s").coefficient(), words.field.one
    relations = {"m ≥ 1": at_least(m, one), "κ ≥ 1": at_least(kappa, one), "y ≥ x⋆": at_least(y, 1 / s)}
    T = Theory(words, tuple(each for name, each in relations.items() if name != drop), {})
    p, r, g = (words.letter(name) for name in ("p", "r", "g"))
    clock = flow_clock(here)
    speed = p.T @ clock.letters["C"] @ g + r.T @ clock.letters["D"] @ g  # vᵀA′Aᵀv, A = [C; D]
    head = T.congruence(_head_noise_lower(T, here), g.T, "0 ≤ gᵀRg")
    parts = (
        T.scale(T.square(p.T), 2 * y * (moment * s * y - 1), "2y(sy − 1)‖p‖² ≥ 0"),
        T.scale(T.square(r.T), 2 * y**2 * kappa / m),
        T.scale(head, 2),
    )
    return T.restate(T.sum(*parts), -2 * speed, "vᵀH′v ≤ 0 where Hv = yv, y ≥ x⋆")


def _head_noise_lower(T: Theory, here: Iteration) -> Fact:
    """0 ⪯ R."""
    u, g = (here.identity - here.G) @ here.w, here.G @ here.w
    m = here.words.scalar("m").coefficient()
    gram = T.sum(T.square(here.C.T), T.square(here.D.T), says="0 ⪯ G")
    energy = T.congruence(gram, here.w.T)
    parts = (T.square(u), T.scale(T.square(g), 1 / m), T.scale(T.product(energy, gram), 1 / m))
    return T.restate(T.sum(*parts), here.head_noise, "0 ⪯ R")


# Inside the bound --------------------------------------------------------------------------------------


def assumptions(here: Iteration) -> dict[str, Relation]:
    """Return the scalar assumptions by name; ℓ stands for ḡ."""
    one = here.words.field.one
    a, rho, m, kappa, ell, delta = (
        here.scalar(name).coefficient() for name in ("a", "rho", "m", "kappa", "ell", "delta")
    )
    return {
        "a > 0": more_than(a),
        "ρ > 0": more_than(rho),
        "m ≥ 1": at_least(m, one),
        "κ ≥ 1": at_least(kappa, one),
        "ḡ < 1": more_than(one, ell),
        "ḡ(1 + 2/m) ≤ 2": at_least(2 * one, ell * (1 + 2 / m)),
        "δ ≥ 0": at_least(delta),
    }


def inside(drop: str = "") -> Theory:
    """Return the theory of a state inside the bound; `drop` leaves one assumption or hypothesis out."""
    here = iteration()
    words = here.words
    hypotheses = {
        "G ⪯ ḡI": here.scalar("ell") * here.identity - here.G,
        "‖DDᵀ‖ ≤ δ": here.scalar("delta") * words.eye("d-k") - here.D @ here.D.T,
        "‖ŵ‖² ≤ ω": here.scalar("omega") - here.w.T @ here.w,
    }
    relations = tuple(relation for name, relation in assumptions(here).items() if name != drop)
    return Theory(words, relations, {name: each for name, each in hypotheses.items() if name != drop})


@dataclass(frozen=True, eq=False)
class Inside:
    """The differential inequalities inside the bound, each derived on demand."""

    theory: Theory = field(default_factory=inside)

    @property
    def here(self) -> Iteration:
        """The dimensionless letters."""
        return Iteration(self.theory.words)

    @property
    def clock(self) -> Clock:
        """The derivatives."""
        return flow_clock(self.here)

    def number(self, name: str) -> FracElement:
        """Return a scalar."""
        return self.here.scalar(name).coefficient()

    @functools.cached_property
    def gram_lower(self) -> Fact:
        """0 ⪯ G."""
        return self.theory.sum(self.theory.square(self.here.C.T), self.theory.square(self.here.D.T), says="0 ⪯ G")

    @functools.cached_property
    def head_decrease(self) -> Fact:
        """(ŵᵀŵ)′ ≤ −2(ρ/a)(1 − ḡ)ŵᵀGŵ."""
        return self.head_pays(2)

    def head_pays(self, factor: int) -> Fact:
        """(ŵᵀŵ)′ ≤ −factor·(ρ/a)(1 − ḡ)ŵᵀGŵ: refused unless the factor is 2."""
        T, here = self.theory, self.here
        ell, speed = self.number("ell"), self.number("rho") / self.number("a")
        inner = T.spectral(here.G, self.gram_lower, T.hypothesis("G ⪯ ḡI"), [0, ell, -1], "G(ḡI − G) ⪰ 0")
        energy = here.words.constant(factor * speed * (1 - ell)) * (here.w.T @ here.G @ here.w)
        stated = -self.clock.rate(here.w.T @ here.w) - energy
        return T.restate(T.scale(T.congruence(inner, here.w.T), 2 * speed), stated, "the head pays for its outputs")

    @functools.cached_property
    def complement_decrease(self) -> Fact:
        """(DDᵀ)′ ⪯ −2q(DDᵀ)²."""
        return self.complement_pays(2)

    def complement_pays(self, factor: int) -> Fact:
        """(DDᵀ)′ ⪯ −factor·q(DDᵀ)²: refused unless the factor is 2."""
        T, here = self.theory, self.here
        Y = here.D @ here.D.T
        beyond = T.sum(T.scale(T.square(here.C.T), self.number("s")), _head_noise_lower(T, here))
        stated = -self.clock.rate(Y) - factor * here.scalar("q") * (Y @ Y)
        return T.restate(T.scale(T.congruence(beyond, here.D), 2), stated, "(DDᵀ)′ ⪯ −2q(DDᵀ)²")

    @property
    def gram(self) -> Element:
        """αΛ = CCᵀ."""
        return self.here.C @ self.here.C.T

    @property
    def logistic(self) -> Element:
        """2αΛ − 2s(αΛ)²."""
        return 2 * self.gram - 2 * self.here.scalar("s") * (self.gram @ self.gram)

    @functools.cached_property
    def gram_upper(self) -> Fact:
        """(αΛ)′ ⪯ 2αΛ − 2s(αΛ)²."""
        T, here = self.theory, self.here
        noise = T.sum(T.scale(T.square(here.D.T), self.number("q")), _head_noise_lower(T, here))
        stated = self.logistic - self.clock.rate(self.gram)
        return T.restate(T.scale(T.congruence(noise, here.C), 2), stated, "Λ′ ⪯ 2Λ − 2sΛ²")

    @functools.cached_property
    def noise_upper(self) -> Fact:
        """W ⪯ (qδ + ω)I."""
        T, here, m = self.theory, self.here, self.number("m")
        u, g = (here.identity - here.G) @ here.w, here.G @ here.w
        energy = T.congruence(self.gram_lower, here.w.T)
        bound = T.hypothesis("G ⪯ ḡI")
        # 1 − (1 − λ)² − λ²/m − ḡλ/m ≥ 0 on [0, ḡ]
        one = here.words.field.one
        inner = T.spectral(
            here.G, self.gram_lower, bound, [0, 2 - self.number("ell") / m, -1 - one / m], "one polynomial in G"
        )
        identity = T.square(here.identity)
        complement = T.flip(T.hypothesis("‖DDᵀ‖ ≤ δ"), here.D.T)
        parts = (
            T.rank_one(u),
            T.scale(T.rank_one(g), 1 / m),
            T.scale(T.product(energy, bound), 1 / m),
            T.product(T.congruence(inner, here.w.T), identity),
            T.product(T.hypothesis("‖ŵ‖² ≤ ω"), identity),
            T.scale(complement, self.number("q")),
        )
        return T.restate(T.sum(*parts), here.words.constant(self.noise_bound) * here.identity - here.W, "W ⪯ (qδ + ω)I")

    @property
    def noise_bound(self) -> FracElement:
        """qδ + ω."""
        return self.number("q") * self.number("delta") + self.number("omega")

    @functools.cached_property
    def gram_lower_rate(self) -> Fact:
        """(αΛ)′ ⪰ 2(1 − qδ − ω)αΛ − 2s(αΛ)²."""
        T, here = self.theory, self.here
        stated = self.clock.rate(self.gram) - self.logistic + 2 * here.words.constant(self.noise_bound) * self.gram
        return T.restate(T.scale(T.congruence(self.noise_upper, here.C), 2), stated, "Λ′ ⪰ 2(1 − qδ − ω)Λ − 2sΛ²")

    # signs of the scalar fields ----------------------------------------------------------------------

    def rises_below_floor(self, floor: int = 1) -> Decided:
        """2(1 − ω′)λ − 2sλ² > 0 on (0, (1 − ω′)x⋆); ω′ ∈ (0, 1) bounds qδ + ω from some time on."""
        one = self.here.words.field.one
        s, lam, later = self._general("s", "lam", "omega_prime")
        rising = 2 * (1 - later) * lam - 2 * s * lam**2
        low = (more_than(later), more_than(one, later), more_than(lam), more_than(floor * (1 - later) / s, lam))
        return self._for_all(rising, low, "f > 0 on (0, (1 − ω′)x⋆)")

    def rises_below(self) -> Decided:
        """2λ − 2sλ² > 0 on (0, x⋆)."""
        s, lam = self._general("s", "lam")
        below = (more_than(lam), more_than(self.here.words.field.one, s * lam))
        return self._for_all(2 * lam - 2 * s * lam**2, below, "2λ − 2sλ² > 0 on (0, x⋆)")

    def falls_beyond(self) -> Decided:
        """2λ − 2sλ² < 0 beyond x⋆."""
        s, lam = self._general("s", "lam")
        beyond = (more_than(lam), more_than(s * lam, self.here.words.field.one))
        return self._for_all(2 * s * lam**2 - 2 * lam, beyond, "2λ − 2sλ² < 0 beyond x⋆")

    def _general(self, *names: str) -> tuple[FracElement, ...]:
        return tuple(self.here.words.scalar(name).coefficient() for name in names)

    def _for_all(self, positive: FracElement, where: tuple[Relation, ...], says: str) -> Decided:
        (s,) = self._general("s")
        through = Abstraction({"s": self.number("s")}, (more_than(s),))
        return self.theory.decide_for_all(more_than(positive), "lam", where, through, says)

    def pays_strictly(self) -> Decided:
        """2(ρ/a)(1 − ḡ) > 0: ‖ŵ‖ decreases strictly while Bŵ ≠ 0, and the integral of ŵᵀGŵ is finite."""
        speed = self.number("rho") / self.number("a")
        return self.theory.decide(more_than(2 * speed * (1 - self.number("ell"))), "the head decreases strictly")

    # limits --------------------------------------------------------------------------------------------

    @functools.cached_property
    def outputs_vanish(self) -> Conclusion:
        """Bw → 0: ŵᵀGŵ has a finite integral and a bounded derivative."""
        statement = r"\hat w^{\top}G\hat w \to 0,\quad Bw \to 0,\quad \lVert w\rVert \text{ never increases}"
        return limits.by_lemma("Barbalat", statement, self.head_decrease, self.pays_strictly(), bounded())

    @functools.cached_property
    def complement_vanishes(self) -> Conclusion:
        """‖D(τ)‖² ≤ y/(1 + 2qτy)."""
        q = self.theory.decide(more_than(self.number("q")), "q > 0")
        statement = r"\lVert D(\tau)\rVert^2 \le \frac{y}{1+2q\tau y} \to 0"
        return limits.by_lemma("hyperbolic decay along a flow", statement, self.complement_decrease, q, bounded())

    @functools.cached_property
    def gram_converges(self) -> Conclusion:
        """αΛ → x⋆I: the rank stays, λ_max and λ_min are caught, and Λ follows the logistic equation in the end."""
        rank = limits.by_lemma("linear flow keeps the rank", r"\mathrm{rank}\,C(\tau) = k", bounded())
        capped = limits.by_lemma(
            "capped flow", r"\limsup\lambda_{\max}(\alpha\Lambda) \le x_\star", self.gram_upper, self.falls_beyond()
        )
        floored = limits.by_lemma(
            "floored flow",
            r"\liminf\lambda_{\min}(\alpha\Lambda) \ge (1-\omega')x_\star",
            self.gram_lower_rate,
            self.rises_below_floor(),
            self.complement_vanishes,
            rank,
        )
        signs = (self.rises_below(), self.falls_beyond())
        statement = r"\alpha\Lambda(\tau) \to x_\star I"
        return limits.by_lemma("perturbed scalar flow", statement, *signs, capped, floored, self.outputs_vanish)


def noise_vanishes(keep: str = "", logistic: int = 1) -> Element:
    """Return (αΛ)′ − 2αΛ + 2s(αΛ)² where D and Cŵ are sent to zero: zero.

    A mutant keeps one of the two, or multiplies the logistic part.
    """
    found = Inside()
    here = found.here
    words = here.words
    pieces = words
    if keep != "D":
        pieces = pieces.with_rule(here.D, words.zeros("d-k", "k_prime"))
    if keep != "Cŵ":
        pieces = pieces.with_rule(here.C @ here.w, words.zeros("k", "1"))
    return (found.clock.rate(found.gram) - logistic * found.logistic).into(pieces)


def silent_head(complement_too: bool = True) -> dict[str, Element]:
    """Return, where Bŵ = 0, ŵ′, C′ŵ, D′ŵ and C′, D′ minus the same without a head: all zero."""
    here = iteration()
    words = here.words
    quiet = words.with_rule(here.C @ here.w, words.zeros("k", "1"))
    if complement_too:
        quiet = quiet.with_rule(here.D @ here.w, words.zeros("d-k", "1"))
    rates = flow_clock(here).letters
    none = {"w": words.zeros("k_prime", "1")}
    found = {
        "head": rates["w"],
        "C output": rates["C"] @ here.w,
        "D output": rates["D"] @ here.w,
        "C": rates["C"] - rates["C"].substitute(none),
        "D": rates["D"] - rates["D"].substitute(none),
    }
    return {name: element.into(quiet) for name, element in found.items()}


def entry(single: int = 2) -> list[Decided]:
    """ḡ = max(α‖B_0‖², x⋆) has ḡ < 1 and ḡ(1 + 2/m) ≤ 2: for m ≥ 2 by ḡ < 1, for m = 1 by ḡ ≤ 2/3.

    `single` is the 2 of 2/3, for mutants.
    """
    here = iteration()
    one = here.words.field.one
    m, kappa, ell = (here.scalar(name).coefficient() for name in ("m", "kappa", "ell"))
    x_star = here.scalar("x_star").coefficient()
    several = Theory(here.words, (at_least(m, 2 * one), at_least(kappa, one), more_than(one, ell), at_least(ell)), {})
    alone = Theory(
        here.words, (at_least(m, one), at_least(one, m), at_least(kappa, one), at_least(single * one / 3, ell)), {}
    )
    goal = at_least(2 * one, ell * (1 + 2 / m))
    return [
        several.decide(goal, "ḡ(1 + 2/m) ≤ 2 for m ≥ 2"),
        several.decide(more_than(one, x_star), "x⋆ < 1"),
        alone.decide(goal, "ḡ(1 + 2/m) ≤ 2 for m = 1 and ḡ ≤ 2/3"),
        alone.decide(at_least(2 * one / 3, x_star), "x⋆ ≤ 2/3 for m = 1"),
    ]


def bounded(fact: Fact | None = None) -> Conclusion:
    """α‖B(τ)‖² ≤ max(α‖B_0‖², x⋆), for all τ ≥ 0."""
    statement = r"\alpha\lVert B(\tau)\rVert^2 \le \max(\alpha\lVert B_0\rVert^2, x_\star) = \bar g"
    below = limits.by_lemma("top eigenvalue along a flow", statement, fact or top_eigenvalue())
    return limits.by_lemma("bounded flow", r"\tau \in [0, \infty)", below)


def with_head(drop: str = "") -> list[Fact | Decided | Conclusion]:
    """Derive the bound and the limits."""
    require_silent(silent_head())
    found = Inside(inside(drop))
    gap = noise_vanishes()
    if not gap.is_zero():
        raise RefusedStepError(f"expected every word to contain D or Cŵ; without one: {gap}")
    return [*entry(), found.complement_vanishes, found.outputs_vanish, found.gram_converges]


def require_silent(gaps: Mapping[str, Element]) -> None:
    """Raise RefusedStepError unless a head with Bŵ = 0 changes nothing."""
    left = [name for name, gap in gaps.items() if not gap.is_zero()]
    if left:
        raise RefusedStepError(f"a head with Bŵ = 0 should change nothing; it changes {', '.join(left)}")
