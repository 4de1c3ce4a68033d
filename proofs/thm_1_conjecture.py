"""Theorem 1 fails for every Σ⋆ with two different eigenvalues: full rank of B⋆ᵀB_0 is not enough (k = k′ = 2).

For Σ⋆ = cI one step multiplies C = B⋆ᵀB from the right, which keeps its rank. For other Σ⋆ it does not: from C_0 of
rank one and a head across it det C_1 ≠ 0. So two starts next to each other, det C_0 > 0 and det C_0 < 0, are taken to
the same side. If all starts with det C_0 ≠ 0 converged, the side on which they end would be locally constant, hence one
for det C_0 > 0, and by reflection the other for det C_0 < 0: a contradiction.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check, Method
from foanil.inequalities import Abstraction, Decided, RefusedStepError, Theory
from foanil.limits import Lemma
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, zero_check
from proofs.expectations import mean_outer_direction

CLAIM = ("thm-1-conjecture", "sec-4-diagonal-covariance")

LEMMAS = {
    "attracting fixed point": Lemma(
        "If F is continuously differentiable near x, F(x) = x and all eigenvalues of F′(x) have modulus below 1, then "
        "every neighbourhood of x contains a neighbourhood U of x with F(U) ⊂ U from which all iterates tend to x.",
        "Ostrowski; Ortega & Rheinboldt, Iterative Solution of Nonlinear Equations, 10.1.3",
    ),
    "one side of the determinant": Lemma(
        "A locally constant function on a connected set is constant; for r, s > 0 the set of all (C, w) with "
        "C ∈ R^{k×k}, det C > 0, ‖C‖ < r, ‖w‖ < s is connected.",
        "Hall, Lie Groups, Lie Algebras, and Representations, 1.3: polar decomposition, and SO(k) is connected",
    ),
}
SCALARS = {
    "alpha": r"\alpha",
    "beta": r"\beta",
    "m_in": r"m_{\mathrm{in}}",
    "sigma_bar_sq": r"\bar\sigma^2",
    "sigma_sq": r"\sigma^2",
    "lam": r"\lambda",
    "mu": r"\mu",
    "chi": r"\chi",
    "eta": r"\eta",
    "psi": r"\psi",
    "omega": r"\omega",
    "rho": r"\rho",
    "x": "x",
}


@functools.cache
def bare_alphabet() -> Alphabet:
    """Return the letters: C, w, B⋆, Σ⋆, an orthogonal R, vectors e, h and f, g, and near the limit L, Y, v."""
    letters = (
        Letter("C", ("k", "k_prime")),
        Letter("w", ("k_prime", "1")),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("Sigma_star", ("k", "k"), symmetric=True, latex=r"\Sigma_\star"),
        Letter("R", ("k_prime", "k_prime")),
        *(Letter(name, ("k", "1")) for name in ("e", "h", "v")),
        *(Letter(name, ("k_prime", "1")) for name in ("f", "g")),
        *(Letter(name, ("k", "k"), symmetric=True) for name in ("L", "Y")),
    )
    bare = alphabet((*SCALARS, "d", "k", "k_prime"), letters, SCALARS)
    return bare.with_rule(bare.letter("B_star").T @ bare.letter("B_star"), bare.eye("k"))


@dataclass(frozen=True)
class Step:
    """One step of (5)-(6) from B = B⋆C, without complement, from first principles; mutants step elsewhere."""

    words: Alphabet
    C: Element
    w: Element
    direction: int = 1

    @functools.cached_property
    def after(self) -> tuple[Element, Element]:
        """B₊ and w₊."""
        words = self.words
        values = {name: words.letter(name) for name in ("B_star", "Sigma_star")}
        values |= {"B": values["B_star"] @ self.C, "w": self.w}
        names = ("alpha", "beta", "m_in", "sigma_bar_sq", "sigma_sq", "d", "k", "k_prime")
        scalars, mean = {name: words.scalar(name) for name in names}, mean_outer_direction()
        moves = [words.scalar("beta") * part.transport(words, values, scalars) for part in (mean.B, mean.w)]
        return values["B"] - self.direction * moves[0], self.w - self.direction * moves[1]

    @property
    def signal(self) -> Element:
        """C₊ = B⋆ᵀB₊."""
        return self.words.letter("B_star").T @ self.after[0]


# The step from a start of rank one -------------------------------------------------------------------


@functools.cache
def rank_one_alphabet(orthogonal: bool = True) -> Alphabet:
    """Return the alphabet of C = χ(e + ηh)fᵀ: Cf = χ(e + ηh), Cg = 0; e, h and f, g orthonormal eigenvectors of Σ⋆."""
    bare = bare_alphabet()
    C, Sigma, e, h, f, g = (bare.letter(name) for name in ("C", "Sigma_star", "e", "h", "f", "g"))
    chi, eta = bare.scalar("chi"), bare.scalar("eta")
    words = (
        bare.with_rule(Sigma @ e, bare.scalar("lam") * e)
        .with_rule(Sigma @ h, bare.scalar("mu") * h)
        .with_rule(C.T @ e, chi * f)
        .with_rule(C.T @ h, chi * eta * f)
        .with_rule(C @ f, chi * e + chi * eta * h)
        .with_rule(C @ g, bare.zeros("k", "1"))
    )
    for u in (e, h, f, g):
        words = words.with_trace(u @ u.T, bare.constant(1))
    none = bare.zeros("1", "1")
    words = words.with_trace(e @ h.T, none)
    return words.with_trace(f @ g.T, none) if orthogonal else words


def determinant_gap(*, across: bool = True, square: int = 1, orthogonal: bool = True, skew: int = 1) -> Element:
    """Return det C_1 − αβ²χ²η(μ − λ)(1 − γ)ψω, γ = αχ²(1 + η²), for ŵ = ψf + ωg in the bases e, h and f, g: zero.

    A mutant leaves out ωg, takes another γ, a frame that is not orthogonal, or another multiple.
    """
    words = rank_one_alphabet(orthogonal)
    f, g = words.letter("f"), words.letter("g")
    alpha, beta, chi, eta, psi, omega, lam, mu = (
        words.scalar(name) for name in ("alpha", "beta", "chi", "eta", "psi", "omega", "lam", "mu")
    )
    head = psi * f + omega * g if across else psi * f
    moved = Step(words, words.letter("C"), head).signal
    entry = {(u, v): words.letter(u).T @ moved @ words.letter(v) for u in "eh" for v in "fg"}
    determinant = entry["e", "f"] * entry["h", "g"] - entry["e", "g"] * entry["h", "f"]
    gamma = square * alpha * chi**2 * (1 + eta**2)
    return determinant - skew * alpha * beta**2 * chi**2 * eta * (mu - lam) * (1 - gamma) * psi * omega


def complement_gap(direction: int = 1, kept: int = 1, *, shifted: bool = False) -> Element:
    """Return B₊ − B⋆C₊ from any C and head: zero, so that the complement stays zero.

    A mutant takes C₊ of a step in another direction, another multiple of B₊, or 2C₊.
    """
    words = bare_alphabet()
    C, w = words.letter("C"), words.letter("w")
    signal = words.letter("B_star") @ Step(words, C, w, direction).signal
    return kept * Step(words, C, w).after[0] - (2 * signal if shifted else signal)


# Symmetry --------------------------------------------------------------------------------------------


def reflected_gap(orthogonal: bool = True, head: bool = True, part: int = 0) -> Element:
    """Return the step from (CR, Rᵀw) minus (C₊R, Rᵀw₊), R orthogonal, its part 0 (signal) or 1 (head): zero.

    A mutant forgets RᵀR = I, or leaves the head alone.
    """
    bare = bare_alphabet()
    R, identity = bare.letter("R"), bare.eye("k_prime")
    words = bare.with_rule(R.T @ R, identity).with_rule(R @ R.T, identity) if orthogonal else bare
    C, w, R = (words.letter(name) for name in ("C", "w", "R"))
    plain, turned = Step(words, C, w), Step(words, C @ R, R.T @ w if head else w)
    if part:
        return turned.after[1] - R.T @ plain.after[1]
    return turned.signal - plain.signal @ R


# Near the limit --------------------------------------------------------------------------------------


@functools.cache
def near_alphabet(samples: int = 1) -> Alphabet:
    """Return the alphabet near the limit: αCCᵀ = L + Y, Cw = v, LK = KL = Σ⋆, K = (1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I.

    L = αΛ⋆ commutes with Σ⋆. A mutant has another multiple of 1/m_in in K.
    """
    bare = bare_alphabet()
    C, w, Sigma, L, Y, v = (bare.letter(name) for name in ("C", "w", "Sigma_star", "L", "Y", "v"))
    m_in = bare.scalar("m_in")
    product = (Sigma - bare.scalar("sigma_bar_sq") / m_in * L) / (1 + samples / m_in)
    words = bare.with_rule(L @ Sigma, product)
    words = words.with_rule(C @ C.T, (L + Y) / bare.scalar("alpha"))
    return words.with_rule(C @ w, v)


def order(element: Element) -> int:
    """Return the least number of letters Y, v and w in a word of the element; a zero element counts as 2.

    A remaining w stands in ‖w‖² = αvᵀ(L + Y)⁻¹v, as k′ = k: it counts like v.
    """
    counts = [
        sum(name in ("Y", "v", "w") for part in (*traces, word) for name, _ in part) for traces, word in element.terms
    ]
    return min(counts, default=2)


def _first_nonzero(*elements: Element) -> Element:
    """Return the first element that is not zero, else the last."""
    return next((element for element in elements if not element.is_zero()), elements[-1])


def require_order(element: Element, least: int, what: str) -> None:
    """Raise RefusedStepError unless every word of an element holds `least` letters Y or v."""
    if order(element) < least:
        raise RefusedStepError(f"{what}: expected every word to hold Y or v at least {least} times")


def require_zero(element: Element, what: str) -> None:
    """Raise RefusedStepError unless an element is zero."""
    if not element.is_zero():
        raise RefusedStepError(f"{what}: expected zero")


def linear_parts(samples: int = 1, pull: int = 1, decay: int = 1) -> None:
    """Check, up to second order, Y₊ = Y − αβ(YΣ⋆ + Σ⋆Y), v₊ = v − (β/α)(L − L²)v and, to first, (C₊ − C)Cᵀ = 0.

    Raises RefusedStepError otherwise; mutants have another K, or other multiples.
    """
    words = near_alphabet(samples)
    C, w, Sigma, L, Y, v = (words.letter(name) for name in ("C", "w", "Sigma_star", "L", "Y", "v"))
    alpha, beta = words.scalar("alpha"), words.scalar("beta")
    step = Step(words, C, w)
    Y_next = alpha * (step.signal @ step.signal.T) - L
    require_order(Y_next - Y + pull * alpha * beta * (Y @ Sigma + Sigma @ Y), 2, "Y₊")
    v_next = step.signal @ step.after[1]
    require_order(v_next - v + decay * beta / alpha * (L @ v - L @ L @ v), 2, "v₊")
    require_order((step.signal - C) @ C.T, 1, "(C₊ − C)Cᵀ")


def theory(*, bounded: bool = True, ordered: bool = True) -> Theory:
    """Return the theory of 0 < β ≤ α ≤ 1/(2σ̄), m_in ≥ 1 and two eigenvalues 0 < λ, μ ≤ σ̄² of Σ⋆, equal or not."""
    words = bare_alphabet()
    alpha, beta, m, total, lam, mu = (
        words.scalar(name).coefficient() for name in ("alpha", "beta", "m_in", "sigma_bar_sq", "lam", "mu")
    )
    one = words.field.one
    steps = [more_than(alpha), more_than(beta), at_least(m, one)]
    steps += [at_least(one / 4, alpha**2 * total)] if bounded else []
    steps += [at_least(alpha, beta)] if ordered else []
    spectrum = (more_than(lam), more_than(mu), at_least(total, lam), at_least(total, mu))
    return Theory(words, (*steps, *spectrum), {})


def contracts(T: Theory) -> list[Decided]:
    """Decide that 1 − αβ(λ + μ) and 1 − (β/α)x(1 − x), x = λ/((1 + 1/m_in)λ + σ̄²/m_in), lie in (−1, 1).

    These are all eigenvalues of the linear parts of Y₊ and v₊, over the pairs of eigenvalues of Σ⋆.
    """
    names = ("alpha", "beta", "m_in", "sigma_bar_sq", "lam", "mu", "x", "rho")
    alpha, beta, m, total, lam, mu, x, rho = (T.words.scalar(name).coefficient() for name in names)
    one = T.words.field.one
    values = {"x": lam / ((1 + 1 / m) * lam + total / m), "rho": beta / alpha}
    unit = Abstraction(values, (more_than(x), more_than(one, x), more_than(rho), at_least(one, rho)))
    pull, decay = alpha * beta * (lam + mu), rho * x * (1 - x)
    return [
        T.decide(more_than(pull), "αβ(λ + μ) > 0"),
        T.decide(more_than(2 * one, pull), "αβ(λ + μ) < 2"),
        T.decide(more_than(decay), "(β/α)x(1 − x) > 0", unit),
        T.decide(more_than(2 * one, decay), "(β/α)x(1 − x) < 2", unit),
    ]


def crosses(*, different: bool = True, across: bool = True, slanted: bool = True) -> Decided:
    """Decide det C_1 ≠ 0 for λ ≠ μ and χ, η, ψ, ω ≠ 0, γ < 1; mutants drop λ ≠ μ, ω ≠ 0 or η ≠ 0."""
    words = bare_alphabet()
    names = ("alpha", "beta", "chi", "eta", "psi", "omega", "lam", "mu")
    alpha, beta, chi, eta, psi, omega, lam, mu = (words.scalar(name).coefficient() for name in names)
    x, rho = words.scalar("x").coefficient(), words.scalar("rho").coefficient()
    left = 1 - alpha * chi**2 * (1 + eta**2)
    other = [factor for factor, kept in ((lam - mu, different), (omega, across), (eta, slanted)) if kept]
    T = Theory(words, (*(more_than(factor**2) for factor in (alpha, beta, chi, psi, *other)), more_than(left)), {})
    # x and ρ stand for μ − λ and 1 − γ: a product of factors that are not zero
    factors = (alpha, beta, chi, eta, psi, omega, x)
    through = Abstraction({"x": mu - lam, "rho": left}, (*(more_than(factor**2) for factor in factors), more_than(rho)))
    determinant = alpha * beta**2 * chi**2 * eta * x * rho * psi * omega
    return T.decide(more_than(determinant**2), "(det C_1)² > 0 from the start of rank one", through)


def continued(crossing: Decided, *attracting: Decided) -> list[Proved]:
    """Conclude that the side on which θ ends is locally constant, and the same from both sides of det C_0 = 0."""
    locally = r"s(\theta) = \lim_t \mathrm{sign}\det C_t \text{ is locally constant where } \Lambda_t \to \Lambda_\star"
    same = r"s(\theta) = s(\theta') \text{ for some } \theta, \theta' \text{ with } \det C_0 \gt 0 \gt \det C_0'"
    return [
        limits.by_lemma("finitely many steps", locally, *attracting),
        limits.by_lemma("finitely many steps", same, crossing),
    ]


def refuted() -> list[Proved]:
    """Derive what contradicts convergence from every start with det C_0 ≠ 0, however small the constants."""
    linear_parts()
    for part in (0, 1):
        require_zero(reflected_gap(part=part), "the step from a reflected start")
    require_zero(complement_gap(), "the complement")
    require_zero(determinant_gap(), "det C_1")
    return continued(crosses(), *contracts(theory()))


# Checks ----------------------------------------------------------------------------------------------

SCOPE = "k = k′ = 2, every d and m_in, every Σ⋆ ≻ 0 with two different eigenvalues, B⋆,⊥ᵀB = 0"
WHATEVER = SCOPE + "; every C_1, C_2, C_3 > 0, starts as small as one likes, β ≤ α ≤ 1/(2σ̄)"

CHECKS: tuple[Check, ...] = (
    zero_check(
        "a head across a start of rank one restores the rank",
        CLAIM,
        SCOPE,
        determinant_gap,
        {
            "a head along the start": lambda: determinant_gap(across=False),
            "2γ for γ": lambda: determinant_gap(square=2),
            "the opposite sign": lambda: determinant_gap(skew=-1),
            "f and g not orthogonal": lambda: determinant_gap(orthogonal=False),
        },
    ),
    zero_check(
        "a complement that is zero stays zero",
        CLAIM,
        EVERY_SIZE + ", every Σ⋆",
        complement_gap,
        {
            "2C₊ for C₊": lambda: complement_gap(shifted=True),
            "2B₊ for B₊": lambda: complement_gap(kept=2),
            "C₊ of a step backwards": lambda: complement_gap(direction=-1),
        },
    ),
    zero_check(
        "the step from a reflected start is the reflected step",
        CLAIM,
        EVERY_SIZE + ", every Σ⋆, B⋆,⊥ᵀB = 0",
        lambda: _first_nonzero(reflected_gap(part=0), reflected_gap(part=1)),
        {
            "R not orthogonal": lambda: reflected_gap(orthogonal=False),
            "the head left alone": lambda: reflected_gap(head=False),
            "the head left alone, in the head's step": lambda: reflected_gap(head=False, part=1),
        },
    ),
    proof_check(
        "full rank is not enough for a general covariance",
        CLAIM,
        WHATEVER,
        refuted,
        {
            "2/m_in in K": lambda: linear_parts(samples=2),
            "Y₊ with 2αβ": lambda: linear_parts(pull=2),
            "v₊ with 2β/α": lambda: linear_parts(decay=2),
            "without α ≤ 1/(2σ̄)": lambda: contracts(theory(bounded=False)),
            "without β ≤ α": lambda: contracts(theory(ordered=False)),
            "equal eigenvalues": lambda: crosses(different=False),
            "a head along the start": lambda: crosses(across=False),
            "a start along an eigenvector": lambda: crosses(slanted=False),
        },
        method=Method.COUNTEREXAMPLE,
    ),
)


# Printed ---------------------------------------------------------------------------------------------


def derivation() -> Derivation:
    """Return the derivation that the conjecture fails, on a set of starts that is thin but not empty."""
    premises = (
        r"$k = k' = 2$, $B = B_\star C$ (then $B_{\star,\perp}^{\top}B_t = 0$ for ever), $\det C_0 \ne 0$",
        r"$\Sigma_\star \succ 0$ has eigenvalues $\lambda \ne \mu$; $0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$",
        r"$\lVert C_0\rVert \lt r$, $\lVert w_0\rVert \lt s$: any $r, s \gt 0$ that the hypotheses allow",
        r"suppose, for a contradiction, that $\Lambda_t \to \Lambda_\star$ and $B_tw_t \to 0$ from every such start",
        r"$K = (1 + 1/m_{\mathrm{in}})\Sigma_\star + (\bar\sigma^2/m_{\mathrm{in}})I$",
        r"$L = \alpha\Lambda_\star = \Sigma_\star K^{-1}$, $\alpha\Lambda = L + Y$, $v = Cw$",
        r"$\lVert w\rVert^2 = \alpha v^{\top}(L+Y)^{-1}v$, as $k' = k$",
        r"$x = \lambda/((1 + 1/m_{\mathrm{in}})\lambda + \bar\sigma^2/m_{\mathrm{in}})$, $\rho = \beta/\alpha$",
        r"$\Sigma_\star e = \lambda e$, $\Sigma_\star h = \mu h$; $e, h$ and $f, g$ orthonormal",
        r"a start of rank one: $C_0 = \chi(e + \eta h)f^{\top}$, $w_0 = \psi f + \omega g$",
    )
    found = Derivation("Full rank is not enough for a general covariance", CLAIM, premises)
    found = found.noting(
        "identity of words",
        "Near the limit, up to words with Y and v twice or more.",
        r"Y_+ = Y - \alpha\beta(Y\Sigma_\star + \Sigma_\star Y),\quad v_+ = v - \tfrac{\beta}{\alpha}(L - L^2)v,\quad "
        r"(C_+ - C)C^{\top} = 0",
    )
    found = found.noting(
        "identity of words",
        "The determinant after one step from the start of rank one; γ = αχ²(1 + η²).",
        r"\det C_1 = \alpha\beta^2\chi^2\eta(\mu - \lambda)(1 - \gamma)\psi\omega",
    )
    found = found.noting(
        "identity of words",
        "A reflected start takes a reflected course: with det R = −1 it ends on the other side.",
        r"(CR, R^{\top}w) \mapsto (C_+R, R^{\top}w_+),\quad R^{\top}R = I",
    )
    found = found.noting(
        "lemma: attracting fixed point",
        f"{LEMMAS['attracting fixed point'].statement} Its eigenvalues are decided below.",
        r"\text{near } (Y, v) = (0, 0) \text{ every course tends there, and } \det C_t \text{ keeps its sign}",
    )
    found = found.extended(proof("", CLAIM, (), *refuted()))
    found = found.noting(
        "continuity",
        "For small χ the start of rank one and its next point lie inside the bounds, and so do starts near it, on "
        "either side of det C_0 = 0; they arrive near one point with det C_1 ≠ 0, where s is constant.",
        r"s = +1 \text{ or } -1 \text{ near } \theta_1",
    )
    return found.noting(
        "lemma: one side of the determinant",
        f"{LEMMAS['one side of the determinant'].statement} So s is one constant for det C_0 > 0 and, by reflection, "
        "its opposite for det C_0 < 0: a contradiction. Where Λ_t → Λ⋆, w_t → 0 follows, so it is Λ_t that fails.",
        r"\Lambda_t \not\to \Lambda_\star \text{ for some } (B_0, w_0),\quad \mathrm{rank}(B_\star^{\top}B_0) = 2",
    )


DERIVATIONS = (derivation,)
