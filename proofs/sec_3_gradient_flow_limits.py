"""The gradient flow without a head: bounds, limits, rates and monotonicity, derived by rules from its closed form.

Units with α = 1. q = σ̄²/m_in, y bounds ‖D_0‖², ℓI ⪯ Λ_0 ⪯ I/ν, Σ⋆ ⪰ μI, x = e^{2μτ}; the letters of
`proofs.gradient_flow.block_alphabet`. Loewner facts hold at one τ ≥ 0, all of them; what a derivative gives for all τ
enters as a `Kept` inequality, by the one lemma that it names.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.inequalities import Decided, Fact, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter
from proofs.derivation import leading_ratio
from proofs.gradient_flow import (
    Kept,
    block_alphabet,
    block_clock,
    initial,
    inverse_gram,
    inverse_limit_gram,
    kept,
    quadratic_integral,
)

# Inverses by congruence ------------------------------------------------------------------------------


def inverse_upper(T: Theory, A: Element, R: Element, low: FracElement, fact: Fact, says: str) -> Fact:
    """0 ⪯ A − lI with l > 0 and R = A⁻¹ give 0 ⪯ I/l − R: it is (R − lR²) + l(I/l − R)²."""
    level = T.words.constant(low) * T.words.eye(A.shape[0])
    T.restate(fact, A - level)
    square = T.scale(T.square(T.words.eye(A.shape[0]) / T.words.constant(low) - R), low)
    total = T.sum(T.congruence(fact, R), square)
    return T.restate(total, T.words.eye(A.shape[0]) / T.words.constant(low) - R, says)


def inverse_lower(T: Theory, A: Element, R: Element, high: FracElement, lower: Fact, upper: Fact, says: str) -> Fact:
    """0 ⪯ A − lI, l ≥ 0, 0 ⪯ hI − A and R = A⁻¹ give 0 ⪯ R − I/h: the polynomial λ − λ²/h of A, between two R's."""
    inside = T.spectral(A, lower, upper, [0, 1, -1 / high])
    return T.restate(T.congruence(inside, R), R - T.words.eye(A.shape[0]) / T.words.constant(high), says)


def antitone(T: Theory, larger: tuple[Element, Element], smaller: tuple[Element, Element], *facts: Fact) -> Fact:
    """0 ⪯ A − B and 0 ⪯ B give 0 ⪯ B⁻¹ − A⁻¹, as (B⁻¹ − A⁻¹)B(B⁻¹ − A⁻¹) + A⁻¹(A − B)A⁻¹; pairs (A, A⁻¹)."""
    (_, R), (_, S) = larger, smaller
    above, positive = facts
    total = T.sum(T.congruence(positive, S - R), T.congruence(above, R))
    return T.restate(total, S - R)


def squared(T: Theory, A: Element, bound: FracElement, above: Fact, below: Fact, says: str = "") -> Fact:
    """0 ⪯ cI − A and 0 ⪯ cI + A give 0 ⪯ c²I − A², half of 1/c times two congruences; c > 0 is decided."""
    c = T.words.constant(bound) * T.words.eye(A.shape[0])
    T.decide(more_than(bound), "")
    total = T.sum(T.congruence(below, c - A), T.congruence(above, c + A))
    return T.restate(T.scale(total, 1 / (2 * bound)), c @ c - A @ A, says)


# What stays true along the flow ------------------------------------------------------------------------


def scalar(words: Alphabet, name: str) -> FracElement:
    """Return a declared scalar as an element of the coefficient field."""
    return words.scalar(name).coefficient()


def conditions(words: Alphabet) -> dict[str, Relation]:
    """Return the scalar assumptions by name."""
    s = functools.partial(scalar, words)
    one = words.field.one
    return {
        "q > 0": more_than(s("q")),
        "m ≥ 1": at_least(s("m"), one),
        "τ ≥ 0": at_least(s("tau")),
        "x ≥ 1": at_least(s("x"), one),
        "μ > 0": more_than(s("mu")),
        "ℓ > 0": more_than(s("ell")),
        "y > 0": more_than(s("y")),
        "ν > 0": more_than(s("nu")),
        "ν ≤ 1": at_least(one, s("nu")),
    }


def start_hypotheses(words: Alphabet) -> dict[str, Element]:
    """Return the hypotheses on Σ⋆ and the start; N = I + 2qτD_0ᵀD_0 as two inequalities."""
    word = words.letter
    C_0, D_0 = word("C_0"), word("D_0")
    defined = word("N") - words.eye("k_prime") - 2 * words.scalar("q") * words.scalar("tau") * (D_0.T @ D_0)
    return {
        "N ⪰ I + 2qτD_0ᵀD_0": defined,
        "N ⪯ I + 2qτD_0ᵀD_0": -defined,
        "‖D_0‖² ≤ y": words.scalar("y") * words.eye("d-k") - D_0 @ D_0.T,
        "Λ_0 ⪰ ℓI": C_0 @ C_0.T - words.scalar("ell") * words.eye("k"),
        "Λ_0 ⪯ I/ν": words.eye("k") / words.scalar("nu") - C_0 @ C_0.T,
        "Σ⋆ ⪰ μI": word("Sigma") - words.scalar("mu") * words.eye("k"),
    }


def moving(drop: str = "") -> Theory:
    """Return the theory in which derivatives are signed; `drop` leaves one assumption or hypothesis out."""
    words = block_alphabet()
    relations = tuple(relation for name, relation in conditions(words).items() if name != drop)
    hypotheses = {name: element for name, element in start_hypotheses(words).items() if name != drop}
    return Theory(words, relations, hypotheses)


def covariance_positive(T: Theory) -> Fact:
    """0 ⪯ Σ⋆."""
    return T.sum(T.hypothesis("Σ⋆ ⪰ μI"), T.scale(T.square(T.words.eye("k")), scalar(T.words, "mu")), says="0 ⪯ Σ⋆")


def zero_fact(T: Theory, size: str) -> Fact:
    """0 ⪯ 0."""
    return T.square(T.words.zeros(size, size), "zero at the start")


def exponential_kept(T: Theory, factor: int = 2) -> Kept:
    """xY² ⪯ I with x = e^{2μτ}: the derivative of I − xY² is 2xY(Σ⋆ − μI)Y. `factor` is its 2, for mutants."""
    Y, x = T.words.letter("Y"), scalar(T.words, "x")
    slope = T.scale(T.congruence(T.hypothesis("Σ⋆ ⪰ μI"), Y), factor * x, "(I − xY²)′ = 2xY(Σ⋆ − μI)Y")
    Z = T.words.eye("k") - T.words.scalar("x") * (Y @ Y)
    return kept(T, block_clock(), Z, zero_fact(T, "k"), slope)


def integral_kept(T: Theory, part: FracElement | int = 0, explicit: bool = False) -> Kept:
    """V ⪰ ν(X² − I) for ν ≤ 1 + 1/m: the derivative of the difference is 2X(qI + (1 + 1/m − ν)Σ⋆)X.

    At ν = 0 it says V ⪰ 0; `explicit` takes the integral carried out for the letter V.
    """
    words, X = T.words, T.words.letter("X")
    nu, one = words.field(part), words.field.one
    slack = 1 + 1 / scalar(words, "m") - nu
    inside = T.sum(
        T.scale(T.square(words.eye("k")), scalar(words, "q")), T.scale(covariance_positive(T), slack * one), says=""
    )
    slope = T.scale(T.congruence(inside, X), 2, "(V − ν(X² − I))′ = 2X(Q_k − νΣ⋆)X")
    V = quadratic_integral() if explicit else words.letter("V")
    Z = V - words.constant(nu) * (X @ X - words.eye("k"))
    return kept(T, block_clock(), Z, zero_fact(T, "k"), slope)


def kept_inequalities(T: Theory | None = None) -> dict[str, Kept]:
    """Return what the integrated inequality gives for all τ ≥ 0, by name."""
    T = T or moving()
    return {
        "e^{2μτ}e^{−2Σ⋆τ} ⪯ I": exponential_kept(T),
        "V ⪰ 0": integral_kept(T),
        "V ⪰ X² − I": integral_kept(T, 1),
        "Q_kΣ⋆⁻¹(X² − I) ⪰ ν(X² − I)": integral_kept(T, scalar(T.words, "nu"), explicit=True),
    }


@functools.cache
def deviation_alphabet() -> Alphabet:
    """Return the block letters and M = K − L⋆, with ΛYMY = I − ΛL⋆, that is Λ(L⋆ + YMY) = I."""
    words = block_alphabet().declaring(Letter("M", ("k", "k"), symmetric=True))
    Lambda, Y, M = (words.letter(name) for name in ("Lambda", "Y", "M"))
    return words.with_rule(Lambda @ Y @ M @ Y, words.eye("k") - Lambda @ inverse_limit_gram(words))


def resting(words: Alphabet | None = None, drop: str = "", **more: Element) -> Theory:
    """Return the theory of one time τ: the hypotheses on the start and the kept inequalities; `drop` one of them.

    M = K − L⋆ enters as two inequalities.
    """
    words = words or deviation_alphabet()
    shifted = words.letter("M") - words.letter("K") + inverse_limit_gram(words)
    more = {"M ⪰ K − L⋆": shifted, "M ⪯ K − L⋆": -shifted, **more}
    known = {name: found.element.into(words) for name, found in kept_inequalities().items()}
    hypotheses = {**start_hypotheses(words), **known, **more}
    relations = tuple(relation for name, relation in conditions(words).items() if name != drop)
    return Theory(words, relations, {name: element for name, element in hypotheses.items() if name != drop})


# One time ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class AtOneTime:
    """The Loewner facts at one time τ ≥ 0, each derived on demand; a mutated theory refuses some."""

    theory: Theory = field(default_factory=resting)

    def letter(self, name: str) -> Element:
        """Return a letter."""
        return self.theory.words.letter(name)

    def number(self, name: str) -> FracElement:
        """Return a scalar."""
        return scalar(self.theory.words, name)

    def identity(self, size: str) -> Fact:
        """0 ⪯ I."""
        return self.theory.square(self.theory.words.eye(size), "the identity")

    @property
    def elapsed(self) -> FracElement:
        """2qτ."""
        return 2 * self.number("q") * self.number("tau")

    @property
    def complement_bound(self) -> FracElement:
        """y/(1 + 2qτy)."""
        return self.number("y") / (1 + self.elapsed * self.number("y"))

    # N, P and K ------------------------------------------------------------------------------------

    @functools.cached_property
    def start_complement(self) -> Fact:
        """D_0ᵀD_0 ⪯ yI."""
        return self.theory.flip(self.theory.hypothesis("‖D_0‖² ≤ y"), self.letter("D_0").T, "D_0ᵀD_0 ⪯ yI")

    @functools.cached_property
    def N_lower(self) -> Fact:
        """I ⪯ N."""
        T = self.theory
        total = T.sum(T.hypothesis("N ⪰ I + 2qτD_0ᵀD_0"), T.scale(T.square(self.letter("D_0").T), self.elapsed))
        return T.restate(total, self.letter("N") - T.words.eye("k_prime"), "I ⪯ N")

    @functools.cached_property
    def N_upper(self) -> Fact:
        """N ⪯ (1 + 2qτy)I."""
        T = self.theory
        return T.sum(
            T.hypothesis("N ⪯ I + 2qτD_0ᵀD_0"), T.scale(self.start_complement, self.elapsed), says="N ⪯ (1 + 2qτy)I"
        )

    @functools.cached_property
    def P_upper(self) -> Fact:
        """P ⪯ I."""
        one = self.theory.words.field.one
        return inverse_upper(self.theory, self.letter("N"), self.letter("P"), one, self.N_lower, "P ⪯ I")

    @functools.cached_property
    def P_lower(self) -> Fact:
        """P ⪰ I/(1 + 2qτy)."""
        top = 1 + self.elapsed * self.number("y")
        return inverse_lower(
            self.theory, self.letter("N"), self.letter("P"), top, self.N_lower, self.N_upper, "P ⪰ I/(1 + 2qτy)"
        )

    @property
    def start_gram(self) -> Element:
        """Λ_0 = C_0C_0ᵀ."""
        return self.letter("C_0") @ self.letter("C_0").T

    @property
    def weighted_gram(self) -> Element:
        """C_0PC_0ᵀ = K⁻¹."""
        return self.letter("C_0") @ self.letter("P") @ self.letter("C_0").T

    @functools.cached_property
    def K_upper(self) -> Fact:
        """K ⪯ (1 + 2qτy)Λ_0⁻¹."""
        T, top = self.theory, 1 + self.elapsed * self.number("y")
        n = T.words.constant(top)
        return T.restate(
            antitone(
                T,
                (self.weighted_gram, self.letter("K")),
                (self.start_gram / n, n * self.letter("Lambda_0_inverse")),
                T.congruence(self.P_lower, self.letter("C_0")),
                T.scale(T.square(self.letter("C_0")), 1 / top),
            ),
            n * self.letter("Lambda_0_inverse") - self.letter("K"),
            "K ⪯ (1 + 2qτy)Λ_0⁻¹",
        )

    @functools.cached_property
    def K_lower(self) -> Fact:
        """K ⪰ Λ_0⁻¹."""
        T = self.theory
        P_positive = T.sum(self.P_lower, T.scale(self.identity("k_prime"), 1 / (1 + self.elapsed * self.number("y"))))
        return T.restate(
            antitone(
                T,
                (self.start_gram, self.letter("Lambda_0_inverse")),
                (self.weighted_gram, self.letter("K")),
                T.congruence(self.P_upper, self.letter("C_0")),
                T.congruence(P_positive, self.letter("C_0")),
            ),
            self.letter("K") - self.letter("Lambda_0_inverse"),
            "K ⪰ Λ_0⁻¹",
        )

    @functools.cached_property
    def K_floor(self) -> Fact:
        """K ⪰ νI, since Λ_0 ⪯ I/ν."""
        T, L_0 = self.theory, self.letter("Lambda_0_inverse")
        floor = inverse_lower(
            T,
            self.start_gram,
            L_0,
            1 / self.number("nu"),
            T.hypothesis("Λ_0 ⪰ ℓI"),
            T.hypothesis("Λ_0 ⪯ I/ν"),
            "Λ_0⁻¹ ⪰ νI",
        )
        return T.sum(self.K_lower, floor, says="K ⪰ νI")

    @functools.cached_property
    def K_cap(self) -> Fact:
        """K ⪯ ((1 + 2qτy)/ℓ)I."""
        T, ell = self.theory, self.number("ell")
        cap = inverse_upper(
            T, self.start_gram, self.letter("Lambda_0_inverse"), ell, T.hypothesis("Λ_0 ⪰ ℓI"), "Λ_0⁻¹ ⪯ I/ℓ"
        )
        scaled = T.scale(cap, 1 + self.elapsed * self.number("y"))
        return T.sum(self.K_upper, scaled, says="K ⪯ ((1 + 2qτy)/ℓ)I")

    # Λ⋆ and Λ --------------------------------------------------------------------------------------

    @functools.cached_property
    def covariance_inverse(self) -> Fact:
        """0 ⪯ Σ⋆⁻¹."""
        T = self.theory
        return T.restate(
            T.congruence(covariance_positive(T), self.letter("Sigma_inverse")), self.letter("Sigma_inverse"), "0 ⪯ Σ⋆⁻¹"
        )

    @property
    def limit_inverse(self) -> Element:
        """L⋆ = Λ⋆⁻¹."""
        return inverse_limit_gram(self.theory.words)

    @property
    def limit_cap(self) -> FracElement:
        """q/μ + 1 + 1/m, a bound on L⋆."""
        return self.number("q") / self.number("mu") + 1 + 1 / self.number("m")

    @functools.cached_property
    def limit_inverse_lower(self) -> Fact:
        """L⋆ ⪰ I."""
        T, identity = self.theory, self.theory.words.eye("k")
        total = T.sum(
            T.scale(self.covariance_inverse, self.number("q")), T.scale(self.identity("k"), 1 / self.number("m"))
        )
        return T.restate(total, self.limit_inverse - identity, "L⋆ ⪰ I")

    @functools.cached_property
    def limit_inverse_upper(self) -> Fact:
        """L⋆ ⪯ (q/μ + 1 + 1/m)I."""
        T, mu = self.theory, self.number("mu")
        cap = inverse_upper(
            T, self.letter("Sigma"), self.letter("Sigma_inverse"), mu, T.hypothesis("Σ⋆ ⪰ μI"), "Σ⋆⁻¹ ⪯ I/μ"
        )
        stated = T.words.constant(self.limit_cap) * T.words.eye("k") - self.limit_inverse
        return T.restate(T.scale(cap, self.number("q")), stated, "L⋆ ⪯ (q/μ + 1 + 1/m)I")

    @functools.cached_property
    def limit_square(self) -> Fact:
        """Λ⋆² ⪯ I."""
        T, star, one = self.theory, self.letter("Lambda_star"), self.theory.words.field.one
        identity = T.words.eye("k")
        above = inverse_upper(T, self.limit_inverse, star, one, self.limit_inverse_lower, "Λ⋆ ⪯ I")
        positive = T.sum(self.limit_inverse_lower, self.identity("k"))
        below = T.sum(T.restate(T.congruence(positive, star), star), self.identity("k"))
        return squared(T, star, one, above, T.restate(below, identity + star), "Λ⋆² ⪯ I")

    @functools.cached_property
    def gram_inverse_lower(self) -> Fact:
        """Λ⁻¹ ⪰ νI."""
        T, Y, nu = self.theory, self.letter("Y"), self.theory.words.scalar("nu")
        parts = (T.congruence(self.K_floor, Y), T.congruence(T.hypothesis("Q_kΣ⋆⁻¹(X² − I) ⪰ ν(X² − I)"), Y))
        return T.restate(T.sum(*parts), inverse_gram(T.words) - nu * T.words.eye("k"), "Λ⁻¹ ⪰ νI")

    @functools.cached_property
    def gram_square(self) -> Fact:
        """Λ² ⪯ I/ν²."""
        T, Lambda, nu = self.theory, self.letter("Lambda"), self.number("nu")
        above = inverse_upper(T, inverse_gram(T.words), Lambda, nu, self.gram_inverse_lower, "Λ ⪯ I/ν")
        positive = T.sum(self.gram_inverse_lower, T.scale(self.identity("k"), nu))
        below = T.sum(T.restate(T.congruence(positive, Lambda), Lambda), T.scale(self.identity("k"), 1 / nu))
        return squared(T, Lambda, 1 / nu, above, below, "Λ² ⪯ I/ν²")

    # the third limit -------------------------------------------------------------------------------

    def third_limit(self, cap: FracElement, K_cap: Fact) -> Fact:
        """(Λ − Λ⋆)² ⪯ ((k + l)/(νx))²I, where K ⪯ kI, L⋆ ⪯ lI and x = e^{2μτ}."""
        T, words = self.theory, self.theory.words
        Lambda, star, Y, M = (self.letter(name) for name in ("Lambda", "Lambda_star", "Y", "M"))
        x, nu, c = self.number("x"), self.number("nu"), cap + self.limit_cap
        K_positive = T.sum(self.K_floor, T.scale(self.identity("k"), nu))
        limit_positive = T.sum(self.limit_inverse_lower, self.identity("k"))
        surplus = T.scale(self.identity("k"), self.limit_cap)
        above = T.sum(T.hypothesis("M ⪯ K − L⋆"), K_cap, limit_positive, surplus)
        scaled = T.scale(self.identity("k"), cap)
        below = T.sum(T.hypothesis("M ⪰ K − L⋆"), K_positive, self.limit_inverse_upper, scaled)
        middle = squared(T, M, c, above, below, "(K − L⋆)² ⪯ (k + l)²I")
        damped = T.scale(T.hypothesis("e^{2μτ}e^{−2Σ⋆τ} ⪯ I"), 1 / x, "Y² ⪯ I/x")
        parts = (
            T.congruence(self.limit_square, Lambda @ Y @ M @ Y),
            T.congruence(damped, Lambda @ Y @ M),
            T.scale(T.congruence(middle, Lambda @ Y), 1 / x),
            T.scale(T.congruence(damped, Lambda), c**2 / x),
            T.scale(self.gram_square, c**2 / x**2),
        )
        off = Lambda - star
        bound = words.constant(c**2 / (x * nu) ** 2) * words.eye("k") - off @ off
        return T.restate(T.sum(*parts), bound, "(Λ − Λ⋆)² ⪯ ((k + l)/(νx))²I")

    def third_limit_rate(self, factor: FracElement | int = 1) -> list[Conclusion]:
        """‖Λ − Λ⋆‖ ≤ const·(1 + τ)e^{−2μτ} with an explicit constant; `factor` multiplies it, for mutants."""
        T, one = self.theory, self.theory.words.field.one
        y, q, ell, nu, tau = (self.number(name) for name in ("y", "q", "ell", "nu", "tau"))
        cap = (1 + self.elapsed * y) / ell
        constant = factor * ((one + 2 * q * y) / ell + self.limit_cap) / nu
        linear = T.decide(
            at_least(constant * (1 + tau), (cap + self.limit_cap) / nu), "(k + l)/ν ≤ const·(1 + τ): no power of τ more"
        )
        distance = self.third_limit(cap, self.K_cap)
        slow = T.decide(more_than(self.number("mu")), "μ > 0")
        statement = r"\lVert\Lambda - \Lambda_\star\rVert = O((1+\tau)e^{-2\mu\tau}) \to 0"
        return [limits.by_lemma("exponential beats polynomial", statement, distance, linear, slow)]

    # the first limit -------------------------------------------------------------------------------

    @property
    def complement(self) -> Element:
        """D(τ)D(τ)ᵀ = D_0JD_0ᵀ."""
        D_0 = self.letter("D_0")
        return D_0 @ self.letter("J") @ D_0.T

    def complement_upper(self, half: int = 2) -> Fact:
        """DDᵀ ⪯ (y/(1 + 2qτy))I; `half` is the 2 of the bound, for mutants."""
        T, words = self.theory, self.theory.words
        D_0, J, C_0, S = self.letter("D_0"), self.letter("J"), self.letter("C_0"), self.complement
        y, bound = self.number("y"), self.number("y") / (1 + half * self.elapsed / 2 * self.number("y"))
        parts = (
            T.congruence(T.hypothesis("N ⪰ I + 2qτD_0ᵀD_0"), D_0 @ J),
            T.congruence(T.hypothesis("V ⪰ 0"), D_0 @ J @ C_0.T),
            T.scale(T.congruence(self.start_complement, D_0 @ J), 1 / y),
        )
        level = words.constant(bound) * words.eye("d-k")
        concave = T.restate(T.sum(*parts), S - S @ S / words.constant(bound), "S ⪰ (2qτ + 1/y)S², S = D_0JD_0ᵀ")
        total = T.sum(T.scale(T.square(level - S), 1 / bound), concave)
        return T.restate(total, level - S, "‖D(τ)‖² ≤ y/(1 + 2qτy)")

    def unlearning(self, half: int = 2) -> list[Fact | Decided]:
        """‖D(τ)‖² ≤ y/(1 + 2qτy) ≤ 1/(2qτ)."""
        T = self.theory
        late = replace(T, assumptions=(*T.assumptions, more_than(self.number("tau"))))
        return [
            self.complement_upper(half),
            late.decide(at_least(1 / self.elapsed, self.complement_bound), "y/(1 + 2qτy) ≤ 1/(2qτ) for τ > 0"),
        ]


# K in time -----------------------------------------------------------------------------------------------


def K_rises(T: Theory | None = None, factor: int = 2) -> Fact:
    """0 ⪯ K′ = 2q(KC_0P)D_0ᵀD_0(KC_0P)ᵀ; `factor` is its 2, for mutants."""
    T = T or moving()
    K, C_0, P, D_0 = (T.words.letter(name) for name in ("K", "C_0", "P", "D_0"))
    square = T.scale(T.square(K @ C_0 @ P @ D_0.T), factor * scalar(T.words, "q"))
    return T.restate(square, block_clock().rate(K), "0 ⪯ K′")


def K_bends(T: Theory | None = None, factor: int = 8) -> Fact:
    """0 ⪯ −K″ = 8q²R(P − PC_0ᵀKC_0P)Rᵀ, R = KC_0PD_0ᵀD_0; `factor` is its 8, for mutants."""
    T = T or moving()
    K, C_0, P, D_0 = (T.words.letter(name) for name in ("K", "C_0", "P", "D_0"))
    at = AtOneTime(T)
    N_positive = T.sum(at.N_lower, at.identity("k_prime"), says="0 ⪯ N")
    schur = P - P @ C_0.T @ K @ C_0 @ P
    inner = T.restate(T.congruence(N_positive, schur), schur, "0 ⪯ P − PC_0ᵀKC_0P")
    bent = T.scale(T.congruence(inner, K @ C_0 @ P @ D_0.T @ D_0), factor * scalar(T.words, "q") ** 2)
    return T.restate(bent, -block_clock().rate(block_clock().rate(K)), "K″ ⪯ 0")


def variational_gap(inside: int = 1) -> Element:
    """Return UᵀNU − K − (U − PC_0ᵀK)ᵀN(U − PC_0ᵀK) for C_0U = I: zero, so vᵀKv = min{yᵀNy : C_0y = v}."""
    words = selected_alphabet(kernel=False)
    word = words.letter
    U, N, K = word("U"), word("N"), word("K")
    off = inside * U - word("P") @ word("C_0").T @ K
    return U.T @ N @ U - K - off.T @ N @ off


# Directions that the complement does not see ---------------------------------------------------------------


@functools.cache
def selected_alphabet(kernel: bool = True) -> Alphabet:
    """Return the block letters and U (k′×k) with C_0U = I and, if its columns lie in the kernel of D_0, D_0U = 0."""
    words = deviation_alphabet().declaring(Letter("U", ("k_prime", "k")))
    words = words.with_rule(words.letter("C_0") @ words.letter("U"), words.eye("k"))
    if not kernel:
        return words
    return words.with_rule(words.letter("D_0") @ words.letter("U"), words.zeros("d-k", "k"))


def rate_without_factor(kernel: bool = True, drop: str = "") -> list[Fact | Decided]:
    """‖Λ − Λ⋆‖ ≤ ((u + l)/ν)e^{−2μτ} when C_0 restricted to ker D_0 has rank k: K ⪯ UᵀU ⪯ uI."""
    words = selected_alphabet(kernel)
    U = words.letter("U")
    small = {"‖U‖² ≤ u": words.scalar("u") * words.eye("k") - U.T @ U}
    known = resting(words, drop, **small)
    T = replace(known, assumptions=(*known.assumptions, more_than(scalar(words, "u"))))
    at = AtOneTime(T)
    K, N = words.letter("K"), words.letter("N")
    N_positive = T.sum(at.N_lower, at.identity("k_prime"))
    parts = (
        T.congruence(N_positive, (U - words.letter("P") @ words.letter("C_0").T @ K).T),
        T.congruence(T.hypothesis("N ⪯ I + 2qτD_0ᵀD_0"), U.T),
        T.hypothesis("‖U‖² ≤ u"),
    )
    assert N.shape == ("k_prime", "k_prime")
    cap = T.restate(T.sum(*parts), words.scalar("u") * words.eye("k") - K, "K ⪯ UᵀU ⪯ uI, for all τ")
    return [at.third_limit(scalar(words, "u"), cap)]


def square_start_gap(linear: int = 1) -> Element:
    """Return AᵀNA·C_0PC_0ᵀ − I for k′ = k and A = C_0⁻¹: zero, so K = AᵀNA, linear in τ: the factor 1 + τ is real."""
    words = block_alphabet().declaring(Letter("A", ("k_prime", "k")))
    C_0, A, N, P = (words.letter(name) for name in ("C_0", "A", "N", "P"))
    words = words.with_rule(C_0 @ A, words.eye("k")).with_rule(A @ C_0, words.eye("k_prime"))
    K = linear * (A.T @ N @ A)
    return (K @ C_0 @ P @ C_0.T).into(words) - words.eye("k")


# The sharp half ----------------------------------------------------------------------------------------------


@functools.cache
def unseen_alphabet() -> Alphabet:
    """Return the block letters and n with C_0n = 0, ‖n‖ = 1, ‖D_0n‖² = h, and what these give: JNn = n, nᵀNn.

    JC_0ᵀVC_0 = I − JN, applied to n, gives JNn = n; N = I + 2qτD_0ᵀD_0 gives nᵀNn = 1 + 2qτh.
    """
    words = deviation_alphabet().declaring(Letter("n", ("k_prime", "1")))
    C_0, D_0, J, N, n = (words.letter(name) for name in ("C_0", "D_0", "J", "N", "n"))
    h = words.scalar("h")
    grown = 1 + 2 * words.scalar("q") * words.scalar("tau") * h
    return (
        words.with_rule(C_0 @ n, words.zeros("k", "1"))
        .with_rule(J @ N @ n, n)
        .with_trace(n @ n.T, words.constant(1))
        .with_trace(D_0 @ n @ n.T @ D_0.T, h)
        .with_trace(N @ n @ n.T, grown)
    )


def unseen_bound(slack: int = 1, drop: str = "") -> list[Fact]:
    """Every bound v on ‖D(τ)‖² has v ≥ h/(1 + 2qτh): D_0n, C_0n = 0, is unlearned no faster.

    `slack` multiplies h in the denominator, for mutants.
    """
    words = unseen_alphabet()
    D_0, J, N, n, C_0 = (words.letter(name) for name in ("D_0", "J", "N", "n", "C_0"))
    known = resting(words, drop, **{"‖D(τ)‖² ≤ v": words.scalar("v") * words.eye("d-k") - D_0 @ J @ D_0.T})
    h = scalar(words, "h")
    T = replace(known, assumptions=(*known.assumptions, more_than(h)))
    at = AtOneTime(T)
    grown = 1 + slack * at.elapsed * h
    N_positive = T.sum(at.N_lower, at.identity("k_prime"))
    J_positive = T.restate(
        T.sum(T.congruence(N_positive, J), T.congruence(T.hypothesis("V ⪰ 0"), J @ C_0.T)), J, "0 ⪯ J"
    )
    projector = words.eye("k_prime") - n @ n.T @ N / words.constant(grown)
    seen = T.restate(T.congruence(J_positive, projector), J - n @ n.T / words.constant(grown), "J ⪰ nnᵀ/(1 + 2qτh)")
    output = n.T @ D_0.T
    along = T.congruence(T.congruence(seen, D_0), output)
    capped = T.congruence(T.hypothesis("‖D(τ)‖² ≤ v"), output)
    total = T.scale(T.sum(along, capped), 1 / h)
    return [T.restate(total, words.scalar("v") - words.constant(h / grown), "v ≥ h/(1 + 2qτh)")]


def sharp_half(weight: int = 1) -> list[Element]:
    """Return 2qτ·(y/(1 + 2qτy)) and 2qτ·(h/(1 + 2qτh)) as τ → ∞, each minus 1: zero; `weight` multiplies them."""
    words = block_alphabet()
    q, tau = scalar(words, "q"), scalar(words, "tau")
    ends = []
    for name in ("y", "h"):
        top = scalar(words, name)
        limit = leading_ratio(weight * 2 * q * tau * top / (1 + 2 * q * tau * top), "tau")
        ends.append(words.constant(limit) - 1)
    return ends


def square_unlearning(drop: str = "", exact: int = 1) -> list[Fact]:
    """‖D(τ)‖² ≤ y/(1 + (e^{2μτ} − 1)ℓ) when C_0ᵀC_0 ⪰ ℓI, which needs k′ = k: exponential decay."""
    words = deviation_alphabet()
    C_0, D_0, J, X, N, V = (words.letter(name) for name in ("C_0", "D_0", "J", "X", "N", "V"))
    square = {"C_0ᵀC_0 ⪰ ℓI": C_0.T @ C_0 - words.scalar("ell") * words.eye("k_prime")}
    T = resting(words, drop, **square)
    at = AtOneTime(T)
    x, ell = at.number("x"), at.number("ell")
    grown = exact * (1 + (x - 1) * ell)
    fast = T.restate(
        T.congruence(T.hypothesis("e^{2μτ}e^{−2Σ⋆τ} ⪯ I"), X), X @ X - words.scalar("x") * words.eye("k"), "X² ⪰ xI"
    )
    parts = (
        at.N_lower,
        T.congruence(T.hypothesis("V ⪰ X² − I"), C_0.T),
        T.congruence(fast, C_0.T),
        T.scale(T.hypothesis("C_0ᵀC_0 ⪰ ℓI"), x - 1),
    )
    inverse = N + C_0.T @ V @ C_0
    stiff = T.restate(
        T.sum(*parts), inverse - words.constant(grown) * words.eye("k_prime"), "J⁻¹ ⪰ (1 + (e^{2μτ} − 1)ℓ)I"
    )
    J_cap = inverse_upper(T, inverse, J, grown, stiff, "J ⪯ I/(1 + (e^{2μτ} − 1)ℓ)")
    total = T.sum(T.congruence(J_cap, D_0), T.scale(T.hypothesis("‖D_0‖² ≤ y"), 1 / grown))
    bound = words.scalar("y") / words.constant(grown) * words.eye("d-k") - D_0 @ J @ D_0.T
    return [T.restate(total, bound, "‖D(τ)‖² ≤ y/(1 + (e^{2μτ} − 1)ℓ)")]


# Monotonicity for Σ⋆ = I ---------------------------------------------------------------------------------


def isotropic_level(words: Alphabet) -> Element:
    """Return s = 1 + 1/m + q, that is 1 + (1 + κ)/m, in units with c = 1."""
    return 1 + 1 / words.scalar("m") + words.scalar("q")


def isotropic_inverse() -> Element:
    """Return Λ⁻¹ for Σ⋆ = I, sI + e^{−2τ}(K − sI), by substitution into the general one. Shape (k, k)."""
    words = block_alphabet()
    identity = words.eye("k")
    values = {"Sigma": identity, "Sigma_inverse": identity, "Y": words.scalar("e") * identity}
    return inverse_gram(words).substitute(values)


def monotone_quantity(drift: int = 2) -> Element:
    """Return Z = 2(K − sI) − K′; `drift` is its 2, for mutants. Shape (k, k)."""
    words = block_alphabet()
    K = words.letter("K")
    return drift * (K - isotropic_level(words) * words.eye("k")) - block_clock().rate(K)


def monotone_gap(drift: int = 2) -> Element:
    """Return (Λ⁻¹)′ + e^{−2τ}Z for Σ⋆ = I: zero, so Λ′ = e^{−2τ}ΛZΛ."""
    words = block_alphabet()
    return block_clock().rate(isotropic_inverse()) + words.scalar("e") ** 2 * monotone_quantity(drift)


def start_condition(words: Alphabet, noise: int = 1) -> Element:
    """Return Λ_0 − sΛ_0² − qC_0D_0ᵀD_0C_0ᵀ, which decides; `noise` multiplies its last term, for mutants."""
    C_0, D_0 = words.letter("C_0"), words.letter("D_0")
    gram = C_0 @ C_0.T
    cross = C_0 @ D_0.T
    return gram - isotropic_level(words) * (gram @ gram) - noise * words.scalar("q") * (cross @ cross.T)


def sufficient(noise: int = 1, drop: str = "", **hypotheses: Element) -> tuple[Kept, Fact]:
    """The condition at the start gives 0 ⪯ Z(τ) for all τ ≥ 0, since Z′ = 2K′ − K″ ⪰ 0, and then 0 ⪯ Λ′."""
    words = block_alphabet()
    base = moving(drop)
    given = {**base.hypotheses, "condition at the start": start_condition(words, noise), **hypotheses}
    T = replace(base, hypotheses={name: element for name, element in given.items() if name != drop})
    Z, Lambda = monotone_quantity(), words.letter("Lambda")
    start = T.restate(
        T.scale(T.congruence(T.hypothesis("condition at the start"), words.letter("Lambda_0_inverse")), 2),
        initial(Z),
        "0 ⪯ Z(0) = 2Λ_0⁻¹(condition)Λ_0⁻¹",
    )
    slope = T.restate(T.sum(T.scale(K_rises(T), 2), K_bends(T)), block_clock().rate(Z), "Z′ = 2K′ − K″ ⪰ 0")
    found = kept(T, block_clock(), Z, start, slope)
    later = replace(T, hypotheses={**T.hypotheses, "0 ⪯ Z(τ)": found.element})
    e = scalar(words, "e")
    rises = later.scale(later.congruence(later.hypothesis("0 ⪯ Z(τ)"), Lambda), e**2)
    return found, later.restate(rises, -(Lambda @ block_clock().rate(isotropic_inverse()) @ Lambda), "0 ⪯ Λ′(τ)")


def necessary(noise: int = 1, reverse: int = 1) -> Fact:
    """0 ⪯ Λ′(0) gives the condition at the start: Λ′(0) is twice it."""
    words = block_alphabet()
    C_0 = words.letter("C_0")
    gram = C_0 @ C_0.T
    rate = initial(-block_clock().rate(isotropic_inverse()))
    base = moving()
    T = replace(base, hypotheses={**base.hypotheses, "0 ⪯ Λ′(0)": reverse * (gram @ rate @ gram)})
    half = T.scale(T.hypothesis("0 ⪯ Λ′(0)"), words.field.one / 2)
    return T.restate(half, start_condition(words, noise), "0 ⪯ Λ_0 − sΛ_0² − qC_0D_0ᵀD_0C_0ᵀ")


def small_start(level: int = 1, drop: str = "") -> Fact:
    """‖B_0‖² ≤ x⋆ = 1/s gives the condition at the start; `level` divides s, for mutants."""
    words = block_alphabet()
    C_0, D_0 = words.letter("C_0"), words.letter("D_0")
    s = isotropic_level(words)
    small = level * words.eye("k_prime") / s - C_0.T @ C_0 - D_0.T @ D_0
    base = moving(drop)
    T = replace(base, hypotheses={**base.hypotheses, "‖B_0‖² ≤ x⋆": small})
    parts = (
        T.scale(T.congruence(T.hypothesis("‖B_0‖² ≤ x⋆"), C_0), s.coefficient()),
        T.scale(T.square(C_0 @ D_0.T), s.coefficient() - scalar(words, "q")),
    )
    return T.restate(T.sum(*parts), start_condition(words), "‖B_0‖² ≤ x⋆ gives the condition")


def conclusions(*found: Kept) -> list[Conclusion]:
    """Return what holds for all times, by the lemma of the integrated inequality."""
    return [each.conclusion for each in found]


def all_kept(T: Theory | None = None) -> list[Conclusion]:
    """Return every inequality that holds for all times."""
    return conclusions(*kept_inequalities(T).values())
