"""Least squares on Gaussian features: its exact expected risk with m rows in dimension d, for every m and d.

With W = XᵀX the error is W⁻¹Xᵀz, and its mean square σ²·E Tr W⁻¹. That mean comes from Gaussian integration by parts
with the resolvent R = (W + εI)⁻¹: in words, d = (m − d − 1)·E Tr R + ε·E[Tr R + Tr R² + (Tr R)²]; then ε → 0.
Below d rows the same holds with X and Xᵀ exchanged, and the minimum-norm estimate misses (1 − m/d)‖θ‖².
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from sympy import Symbol, factor, latex
from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Abstraction, Fact, RefusedStepError, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check

EXACT_RISK = ("new-regression-exact-risk",)
BOTH = ("new-regression-exact-risk", "sec-31-regression-rate")
SCALARS = ("m", "d", "k", "epsilon", "tau", "sigma_sq", "r", "y", "lam")
LATEX = {"sigma_sq": r"\sigma^2", "epsilon": r"\varepsilon"}
SYMBOLS = {Symbol(name): text for name, text in LATEX.items()}
EVERY_SHAPE = "every number of rows m and columns d, every full-rank X, every θ and σ"


# Integration by parts in words ----------------------------------------------------------------------


@functools.cache
def resolvent_alphabet(rows: str = "m", columns: str = "d") -> Alphabet:
    """Return the alphabet of X (rows × columns), R = (XᵀX + εI)⁻¹, R_0 = (XᵀX)⁻¹ and a direction H of X's shape."""
    letters = (
        Letter("X", (rows, columns)),
        Letter("H", (rows, columns)),
        Letter("R", (columns, columns), symmetric=True),
        Letter("R_0", (columns, columns), symmetric=True),
        Letter("z", (rows, "1")),
        Letter("theta", (columns, "1"), latex=r"\theta"),
        Letter("u", (columns, "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    X, R, R_0, epsilon, one = *(bare.letter(n) for n in ("X", "R", "R_0")), bare.scalar("epsilon"), bare.eye(columns)
    return (
        bare.with_rule(X.T @ X @ R, one - epsilon * R)
        .with_rule(X.T @ X @ R_0, one)
        .with_rule(R @ R_0, (R_0 - R) / epsilon)
    )


def resolvent_derivative(words: Alphabet) -> Element:
    """Return dR[H] = −R(HᵀX + XᵀH)R."""
    X, H, R = (words.letter(name) for name in ("X", "H", "R"))
    return -(R @ (H.T @ X + X.T @ H) @ R)


def differential(element: Element) -> Element:
    """Return the derivative of a word in X and R along H: the part linear in τ at X + τH, R + τdR[H]."""
    words = element.alphabet
    tau = words.scalar("tau")
    moved = {
        "X": words.letter("X") + tau * words.letter("H"),
        "R": words.letter("R") + tau * resolvent_derivative(words),
    }
    path, parameter = element.substitute(moved), tau.coefficient()
    linear = {term: c.diff(parameter).subs(parameter, 0) for term, c in path.terms.items()}
    return words.element(element.shape, linear)


def divergence(element: Element) -> Element:
    """Return Σ ∂F_ij/∂X_ij of an element F of X's shape, as the mean of Tr(HᵀdF[H]) over a standard Gaussian H."""
    words = element.alphabet
    return expectation(words.trace(words.letter("H").T @ differential(element)), Gaussian("H"))


def by_parts(words: Alphabet) -> Element:
    """Return Tr(XᵀF) − div F at F = XR: its mean is zero."""
    X = words.letter("X")
    F = X @ words.letter("R")
    return words.trace(X.T @ F) - divergence(F)


def traces(words: Alphabet, name: str = "R") -> Element:
    """Return ε(Tr R + Tr R² + (Tr R)²): what integration by parts leaves, which vanishes with ε."""
    R = words.letter(name)
    return words.scalar("epsilon") * (words.trace(R) + words.trace(R @ R) + words.trace(R) ** 2)


def by_parts_gap(shift: int = 1, share: int = 1, rows: str = "m", columns: str = "d") -> Element:
    """Return Tr(XᵀF) − div F − [d − (m − d − 1)Tr R − ε(Tr R + Tr R² + (Tr R)²)]: zero."""
    words = resolvent_alphabet(rows, columns)
    m, d, trace = words.scalar(rows), words.scalar(columns), words.trace(words.letter("R"))
    return by_parts(words) - (d - (m - d - shift) * trace - share * traces(words))


def inverse_gap(half: bool = False, sign: int = 1) -> Element:
    """Return the derivative of (XᵀX + εI)R = I along H: zero."""
    words = resolvent_alphabet()
    X, H, R = (words.letter(name) for name in ("X", "H", "R"))
    gram = X.T @ X + words.scalar("epsilon") * words.eye("d")
    inner = H.T @ X if half else H.T @ X + X.T @ H
    return inner @ R + sign * (gram @ resolvent_derivative(words))


# The mean of the inverse ------------------------------------------------------------------------------


@dataclass(frozen=True)
class InverseMean:
    """The mean of Tr (XᵀX)⁻¹ for X with i.i.d. standard normal entries; `gap` ≤ rows − columns ≤ `most`.

    Every inequality is between traces of words, for each X of full rank and each ε > 0; lemmas take the means.
    """

    rows: str = "m"
    columns: str = "d"
    gap: int = 2
    most: int | None = None
    positive: bool = True

    @functools.cached_property
    def words(self) -> Alphabet:
        """The alphabet of X, R and R_0 of these sizes."""
        return resolvent_alphabet(self.rows, self.columns)

    @property
    def room(self) -> str:
        """The name of m − d − 1 in words for a reader."""
        return f"{self.rows} − {self.columns} − 1"

    def scalar(self, name: str) -> FracElement:
        """Return a scalar as a coefficient."""
        return self.words.scalar(name).coefficient()

    @functools.cached_property
    def theory(self) -> Theory:
        """The assumptions ε > 0, columns ≥ 1 and columns + gap ≤ rows ≤ columns + most."""
        m, d, epsilon = self.scalar(self.rows), self.scalar(self.columns), self.scalar("epsilon")
        smoothed = (more_than(epsilon),) if self.positive else ()
        within = () if self.most is None else (at_least(d + self.most, m),)
        sizes = (at_least(d, self.words.field.one), at_least(m, d + self.gap), *within)
        return Theory(self.words, (*sizes, *smoothed), {})

    def trace(self, name: str) -> Element:
        """Return Tr of a letter."""
        return self.words.trace(self.words.letter(name))

    @functools.cached_property
    def resolvent(self) -> tuple[Fact, Fact, Fact]:
        """Derive R ⪰ 0, I − εR ⪰ 0 and R − εR² ⪰ 0, each a sum of squares."""
        T, words, epsilon = self.theory, self.words, self.scalar("epsilon")
        X, R = words.letter("X"), words.letter("R")
        one = words.eye(self.columns)
        seen = T.square(R @ X.T)
        shrunk = T.restate(seen, R - epsilon * (R @ R), "εR² ⪯ R")
        positive = T.restate(T.sum(seen, T.scale(T.square(R), epsilon)), R, "R ⪰ 0")
        parts = T.square(one - epsilon * R), T.scale(seen, epsilon)
        return positive, T.restate(T.sum(*parts), one - epsilon * R, "εR ⪯ I"), shrunk

    @functools.cached_property
    def below_inverse(self) -> tuple[Fact, Fact, Fact]:
        """Derive R_0 ⪰ 0, R ⪯ R_0 and R² ⪯ R_0²."""
        T, words, epsilon = self.theory, self.words, self.scalar("epsilon")
        X, R, R_0 = (words.letter(name) for name in ("X", "R", "R_0"))
        positive, smoothed = T.restate(T.square(R_0 @ X.T), R_0, "R_0 ⪰ 0"), self.resolvent[0]
        parts = T.scale(T.square(R), epsilon), T.scale(T.square(R @ R_0 @ X.T), epsilon**2)
        squares = T.sum(T.congruence(smoothed, R_0), T.congruence(positive, R))
        return (
            positive,
            T.restate(T.sum(*parts), R_0 - R, "R ⪯ R_0"),
            T.restate(T.scale(squares, epsilon), R_0 @ R_0 - R @ R, "R² ⪯ R_0²"),
        )

    @functools.cached_property
    def remainder(self) -> Fact:
        """Derive 0 ≤ ε(Tr R + Tr R² + (Tr R)²)."""
        T, epsilon = self.theory, self.scalar("epsilon")
        number = T.trace(self.resolvent[0])
        square = T.trace(T.square(self.words.letter("R")))
        total = T.scale(T.sum(number, square, T.product(number, number)), epsilon)
        return T.restate(total, traces(self.words), "what ε leaves is nonnegative")

    def dominated(self) -> Fact:
        """Derive ε(Tr R + Tr R² + (Tr R)²) ≤ d + (1 + d)Tr R_0, free of ε."""
        T, d = self.theory, self.scalar(self.columns)
        positive, bounded, shrunk = (T.trace(fact) for fact in self.resolvent)
        less = T.scale(T.trace(self.below_inverse[1]), 1 + d)
        total = T.sum(bounded, shrunk, T.product(positive, bounded), less)
        top = self.words.constant(d) + self.words.constant(1 + d) * self.trace("R_0")
        return T.restate(total, top - traces(self.words), "what ε leaves is dominated, uniformly in ε")

    def vanishing(self) -> Fact:
        """Derive ε(Tr R + Tr R² + (Tr R)²) ≤ ε(Tr R_0 + Tr R_0² + (Tr R_0)²), which tends to 0 with ε."""
        T, epsilon = self.theory, self.scalar("epsilon")
        _, less, squares = (T.trace(fact) for fact in self.below_inverse)
        both = T.sum(T.trace(self.resolvent[0]), T.trace(self.below_inverse[0]))
        total = T.scale(T.sum(less, squares, T.product(less, both)), epsilon)
        return T.restate(total, traces(self.words, "R_0") - traces(self.words), "what ε leaves vanishes with ε")

    def closeness(self) -> Fact:
        """Derive Tr R_0 − Tr R ≤ ε·Tr R_0², which tends to 0 with ε."""
        T, epsilon, R_0 = self.theory, self.scalar("epsilon"), self.words.letter("R_0")
        total = T.scale(T.trace(T.congruence(self.resolvent[0], R_0)), epsilon**2)
        gap = epsilon * self.words.trace(R_0 @ R_0) - (self.trace("R_0") - self.trace("R"))
        return T.restate(total, gap, "Tr R is close to Tr R_0")

    @functools.cached_property
    def smoothed(self) -> Conclusion:
        """Derive E[d − (m − d − 1)Tr R − ε(Tr R + Tr R² + (Tr R)²)] = 0 by Gaussian integration by parts."""
        positive, bounded, _ = self.resolvent
        statement = rf"\mathbb{{E}}\left[{by_parts(self.words).latex()}\right] = 0"
        return limits.by_lemma("Gaussian integration by parts", statement, positive, bounded)

    def left_over(self, shift: int = 1) -> Fact:
        """Derive 0 ≤ d − (m − d − 1)Tr R − (what has mean zero): it is the remainder."""
        m, d = self.words.scalar(self.rows), self.words.scalar(self.columns)
        gap = d - (m - d - shift) * self.trace("R") - by_parts(self.words)
        return self.theory.restate(
            self.remainder, gap, f"what integration by parts leaves of {self.columns} − ({self.room})Tr R"
        )

    def finite(self, shift: int = 1) -> Conclusion:
        """Derive E Tr R_0 ≤ d/(m − d − 1) when m > d + 1."""
        room = self.scalar(self.rows) - self.scalar(self.columns) - shift
        statement = rf"\mathbb{{E}}\,\mathrm{{Tr}}\,R_0 \le {ratio_latex(self.mean(shift))} \lt \infty"
        decided = self.theory.decide(more_than(room), f"{self.room} > 0")
        return limits.by_lemma(
            "Fatou", statement, self.smoothed, self.left_over(shift), decided, self.full_rank, self.closeness()
        )

    def mean(self, shift: int = 1) -> FracElement:
        """Return d/(m − d − 1)."""
        d = self.scalar(self.columns)
        return d / (self.scalar(self.rows) - d - shift)

    @functools.cached_property
    def full_rank(self) -> Conclusion:
        """Derive that XᵀX is invertible with probability 1, from m ≥ d."""
        m, d = self.scalar(self.rows), self.scalar(self.columns)
        enough = self.theory.decide(at_least(m, d), f"{self.rows} ≥ {self.columns}")
        return limits.by_lemma("Gaussian full rank", r"X^{\top}X \succ 0 \text{ almost surely}", enough)

    def exact(self, shift: int = 1, hence: str = "") -> Conclusion:
        """Derive E Tr R_0 = d/(m − d − 1), and say what follows."""
        statement = rf"\mathbb{{E}}\,\mathrm{{Tr}}\,R_0 = {ratio_latex(self.mean(shift))}{hence}"
        parts = (self.smoothed, self.dominated(), self.vanishing(), self.closeness())
        return limits.by_lemma("dominated convergence", statement, self.finite(shift), *parts)

    def infinite(self) -> Conclusion:
        """Derive E Tr R_0 = ∞ when d ≤ m ≤ d + 1: a finite mean y would satisfy d = (m − d − 1)y ≤ 0."""
        m, d, y = (self.scalar(name) for name in (self.rows, self.columns, "y"))
        here = Abstraction({}, self.theory.assumptions)
        absurd = self.theory.decide_for_all(
            more_than(d, (m - d - 1) * y),
            "y",
            (at_least(y),),
            here,
            f"no y ≥ 0 satisfies {self.columns} = ({self.room})y",
        )
        parts = (self.smoothed, self.left_over(), self.dominated(), self.vanishing(), self.closeness(), self.full_rank)
        statement = (
            r"\mathbb{E}\,\mathrm{Tr}\,R_0 = \infty \text{ (a finite mean would obey the identity at } \varepsilon = 0)"
        )
        return limits.by_lemma("dominated convergence", statement, *parts, absurd)


# The estimates ----------------------------------------------------------------------------------------


@functools.cache
def wide_alphabet() -> Alphabet:
    """Return the alphabet of X (m × d), S = (XXᵀ)⁻¹, an orthogonal Q, and v with Xv = 0."""
    letters = (
        Letter("X", ("m", "d")),
        Letter("S", ("m", "m"), symmetric=True),
        Letter("Q", ("d", "d")),
        Letter("z", ("m", "1")),
        Letter("theta", ("d", "1"), latex=r"\theta"),
        Letter("v", ("d", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    X, S, Q, v = (bare.letter(name) for name in ("X", "S", "Q", "v"))
    return (
        bare.with_rule(X @ X.T @ S, bare.eye("m"))
        .with_rule(Q @ Q.T, bare.eye("d"))
        .with_rule(Q.T @ Q, bare.eye("d"))
        .with_rule(X @ v, bare.zeros("m", "1"))
    )


def labels(words: Alphabet) -> Element:
    """Return y = Xθ + z of (10), with θ = B⋆w⋆."""
    return words.letter("X") @ words.letter("theta") + words.letter("z")


def tall_estimate(words: Alphabet) -> Element:
    """Return (XᵀX)⁻¹Xᵀy."""
    return words.letter("R_0") @ words.letter("X").T @ labels(words)


def wide_estimate(words: Alphabet) -> Element:
    """Return the minimum-norm estimate Xᵀ(XXᵀ)⁻¹y."""
    return words.letter("X").T @ words.letter("S") @ labels(words)


def over_noise(element: Element) -> Element:
    """Return the mean over z, centred with covariance σ²I."""
    words = element.alphabet
    rows = words.letters["z"].shape[0]
    return expectation(element, Centred("z", words.scalar("sigma_sq") * words.eye(rows)))


def over_sphere(element: Element) -> Element:
    """Return the mean over θ of covariance (r/d)I, as on the sphere ‖θ‖² = r."""
    words = element.alphabet
    spread = words.scalar("r") / words.scalar("d")
    return expectation(element, Centred("theta", spread * words.eye("d")))


def least_squares_gap(share: int = 1) -> Element:
    """Return ‖X(θ̂ + u) − y‖² − ‖Xθ̂ − y‖² − ‖Xu‖² for m ≥ d: zero, so that θ̂ is the least squares estimate."""
    words = resolvent_alphabet()
    X, u, found = words.letter("X"), words.letter("u"), share * tall_estimate(words)
    rest = X @ found - labels(words)
    return words.sqnorm(X @ u + rest) - words.sqnorm(rest) - words.sqnorm(X @ u)


def minimum_norm_gap(share: int = 1, orthogonal: bool = True) -> Element:
    """Return y‖Xθ̂ − y‖² + ‖θ̂ + v‖² − ‖θ̂‖² − ‖v‖² for Xv = 0, m ≤ d: zero, so that θ̂ is the minimum-norm one.

    The scalar y keeps the two parts apart: both vanish.
    """
    words = wide_alphabet()
    X, v, found = words.letter("X"), words.letter("v" if orthogonal else "theta"), share * wide_estimate(words)
    norms = words.sqnorm(found + v) - words.sqnorm(found) - words.sqnorm(v)
    return words.scalar("y") * words.sqnorm(X @ found - labels(words)) + norms


def tall_risk() -> Element:
    """Return the mean over z of ‖θ̂ − θ‖² for m ≥ d."""
    words = resolvent_alphabet()
    return over_noise(words.sqnorm(tall_estimate(words) - words.letter("theta")))


def wide_risk() -> Element:
    """Return the mean over z of ‖θ̂ − θ‖² for m ≤ d."""
    words = wide_alphabet()
    return over_noise(words.sqnorm(wide_estimate(words) - words.letter("theta")))


def tall_risk_gap(power: int = 1) -> Element:
    """Return the mean over z of the squared error minus σ²Tr (XᵀX)⁻¹, m ≥ d: zero."""
    words = resolvent_alphabet()
    return tall_risk() - words.scalar("sigma_sq") * words.trace(words.letter("R_0") ** power)


def wide_risk_gap(bias: int = 1, noise: int = 1) -> Element:
    """Return the mean over z and the sphere minus (1 − m/d)‖θ‖² − σ²Tr (XXᵀ)⁻¹, m ≤ d: zero."""
    words = wide_alphabet()
    m, d, r = (words.scalar(name) for name in ("m", "d", "r"))
    stated = bias * (1 - m / d) * r + noise * words.scalar("sigma_sq") * words.trace(words.letter("S"))
    return over_sphere(wide_risk()) - stated


def rotation_gap(both: bool = True) -> Element:
    """Return the risk at (XQᵀ, Qθ) minus that at (X, θ): zero."""
    words = wide_alphabet()
    X, Q, theta = (words.letter(name) for name in ("X", "Q", "theta"))
    moved = {"X": X @ Q.T, "theta": Q @ theta} if both else {"X": X @ Q.T}
    return wide_risk().substitute(moved) - wide_risk()


# The exact risk ----------------------------------------------------------------------------------------


def ratio_latex(function: FracElement) -> str:
    """Print a rational function as one fraction."""
    sign = -1 if latex(factor(function.numer.as_expr())).startswith("-") else 1
    parts = (sign * function.numer, sign * function.denom)
    top, bottom = (latex(factor(part.as_expr()), symbol_names=SYMBOLS) for part in parts)
    return rf"\frac{{{top}}}{{{bottom}}}"


def mean_risk(given_X: Element, inverse: str, mean: FracElement) -> FracElement:
    """Return a risk given X with the mean of the trace of an inverse put in for the trace."""
    words = given_X.alphabet
    return given_X.into(words.with_trace(words.letter(inverse), words.constant(mean))).coefficient()


def tall_mean_risk() -> FracElement:
    """Return E‖θ̂ − θ‖² for m > d + 1: σ²d/(m − d − 1)."""
    return mean_risk(tall_risk(), "R_0", InverseMean().mean())


def wide_mean_risk() -> FracElement:
    """Return E‖θ̂ − θ‖² for m < d − 1: (1 − m/d)r + σ²m/(d − m − 1)."""
    return mean_risk(over_sphere(wide_risk()), "S", InverseMean("d", "m").mean())


def exact_risk(invariance: Callable[[], Element] = rotation_gap) -> list[Proved]:
    """Derive E‖θ̂ − θ‖²: σ²d/(m − d − 1) for m > d + 1, and (1 − m/d)‖θ‖² + σ²m/(d − m − 1) for m < d − 1.

    Without noise the second is (1 − m/d)‖θ‖² for every m ≤ d.
    """
    if not invariance().is_zero():
        raise RefusedStepError(f"expected a risk that no rotation changes; the difference is {invariance()}")
    risk, v = wide_mean_risk(), wide_alphabet().scalar("sigma_sq").coefficient()
    bias = risk.subs(v, 0)
    error = r"\mathbb{E}\lVert\hat\theta - \theta\rVert^2"
    above = rf",\quad {error} = {ratio_latex(tall_mean_risk())}"
    below = rf"{error} = {ratio_latex(bias)} + {ratio_latex(risk - bias)}"
    silent = InverseMean("d", "m", gap=0).full_rank
    return [
        InverseMean().exact(hence=above),
        limits.by_lemma("rotation invariance", below, InverseMean("d", "m").exact()),
        limits.by_lemma("rotation invariance", rf"\sigma = 0:\; {error} = {ratio_latex(bias)}", silent),
    ]


def infinite_risk() -> list[Proved]:
    """Derive that both means are infinite at |m − d| ≤ 1."""
    return [InverseMean(gap=0, most=1).infinite(), InverseMean("d", "m", gap=0, most=1).infinite()]


# The rate ----------------------------------------------------------------------------------------------


def rate_theory(*given: Relation) -> Theory:
    """Return the theory of sizes and scalars alone: m, d ≥ 1, σ² > 0."""
    words = resolvent_alphabet()
    m, d, v = (words.scalar(name).coefficient() for name in ("m", "d", "sigma_sq"))
    one = words.field.one
    return Theory(words, (at_least(m, one), at_least(d, one), more_than(v), *given), {})


def rate(least: int = 2, most: int = 2) -> list[Proved]:
    """Derive σ²d/m ≤ σ²d/(m − d − 1) ≤ 2σ²d/m for m ≥ 2(d + 1)."""
    words = resolvent_alphabet()
    m, d, v = (words.scalar(name).coefficient() for name in ("m", "d", "sigma_sq"))
    T = rate_theory(at_least(m, least * (d + 1)), more_than(m, d + 1))
    risk = tall_mean_risk()
    return [
        T.decide(at_least(risk, v * d / m), "the risk is at least σ²d/m"),
        T.decide(at_least(most * v * d / m, risk), "the risk is at most 2σ²d/m"),
    ]


def no_rate_near(near: int = 2) -> list[Proved]:
    """Derive that no constant y makes the risk at most yσ²d/m for all m > d + 1: at m = d + 2 > y it is more."""
    words = resolvent_alphabet()
    d, v, y = (words.scalar(name).coefficient() for name in ("d", "sigma_sq", "y"))
    m = words.scalar("m").coefficient()
    T = rate_theory(more_than(y), more_than(m, y), Relation(m - d - near, Sign.ZERO))
    return [T.decide(more_than(tall_mean_risk(), y * v * d / m), "m = d + 2 > y: the risk exceeds yσ²d/m")]


def no_rate_below(bias: bool = True, small: bool = True) -> list[Proved]:
    """Derive that below d rows the risk exceeds yσ²d/m, for every y, as soon as yσ²d² < m(d − m)‖θ‖²."""
    words = resolvent_alphabet()
    m, d, v, y, r = (words.scalar(name).coefficient() for name in ("m", "d", "sigma_sq", "y", "r"))
    level = (more_than(m * (d - m) * r, y * v * d**2),) if small else ()
    T = rate_theory(more_than(d, m + 1), more_than(r), more_than(y), *level)
    risk = wide_mean_risk() - (0 if bias else (1 - m / d) * r)
    return [
        T.decide(more_than(risk, y * v * d / m), "the risk exceeds yσ²d/m when σ is small"),
        T.decide(more_than(risk, (1 - m / d) * r), "whatever σ, the risk exceeds (1 − m/d)‖θ‖²"),
    ]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "the derivative of the resolvent",
        BOTH,
        EVERY_SHAPE,
        inverse_gap,
        {
            "one half of it": lambda: inverse_gap(half=True),
            "the other sign": lambda: inverse_gap(sign=-1),
            "twice": lambda: inverse_gap(sign=2),
        },
    ),
    zero_check(
        "integration by parts at X(XᵀX + εI)⁻¹",
        BOTH,
        EVERY_SHAPE,
        by_parts_gap,
        {
            "m − d for m − d − 1": lambda: by_parts_gap(shift=0),
            "m − d − 2": lambda: by_parts_gap(shift=2),
            "without ε": lambda: by_parts_gap(share=0),
        },
    ),
    zero_check(
        "the least squares estimate with at least d rows",
        EXACT_RISK,
        EVERY_SHAPE + ", m ≥ d",
        least_squares_gap,
        {
            "twice the estimate": lambda: least_squares_gap(2),
            "no estimate": lambda: least_squares_gap(0),
            "its negative": lambda: least_squares_gap(-1),
        },
    ),
    zero_check(
        "the minimum-norm estimate with at most d rows",
        EXACT_RISK,
        EVERY_SHAPE + ", m ≤ d",
        minimum_norm_gap,
        {
            "twice the estimate": lambda: minimum_norm_gap(2),
            "no estimate": lambda: minimum_norm_gap(0),
            "any direction": lambda: minimum_norm_gap(orthogonal=False),
        },
    ),
    zero_check(
        "the squared error over the noise, at least d rows",
        BOTH,
        EVERY_SHAPE + ", m ≥ d",
        tall_risk_gap,
        {
            "Tr R_0²": lambda: tall_risk_gap(2),
            "d for Tr R_0": lambda: tall_risk_gap(0),
            "Tr R_0³": lambda: tall_risk_gap(3),
        },
    ),
    zero_check(
        "the squared error over the noise and the sphere, at most d rows",
        BOTH,
        EVERY_SHAPE + ", m ≤ d",
        wide_risk_gap,
        {
            "no bias": lambda: wide_risk_gap(bias=0),
            "twice the bias": lambda: wide_risk_gap(bias=2),
            "no noise": lambda: wide_risk_gap(noise=0),
        },
    ),
    zero_check(
        "the risk is invariant under rotations",
        EXACT_RISK,
        EVERY_SHAPE + ", m ≤ d",
        rotation_gap,
        {
            "X alone rotated": lambda: rotation_gap(False),
            "with the bias": lambda: rotation_gap() + wide_alphabet().sqnorm(wide_alphabet().letter("theta")),
            "with the noise": lambda: rotation_gap() - wide_alphabet().trace(wide_alphabet().letter("S")),
        },
    ),
    proof_check(
        "the mean trace of the inverse",
        BOTH,
        "every m > d + 1, d ≥ 1, and every d > m + 1, m ≥ 1",
        exact_risk,
        {
            "m = d + 1 allowed": lambda: InverseMean(gap=1).exact(),
            "d/(m − d)": lambda: InverseMean().exact(shift=0),
            "d/(m − d − 2)": lambda: InverseMean(gap=3).exact(shift=2),
            "without ε > 0": lambda: InverseMean(positive=False).exact(),
            "X alone rotated": lambda: exact_risk(lambda: rotation_gap(False)),
        },
    ),
    proof_check(
        "an infinite risk at d − 1, d and d + 1 rows",
        EXACT_RISK,
        "every d ≥ 1 and m ≥ 1 with |m − d| ≤ 1, σ > 0",
        infinite_risk,
        {
            "m = d + 2 allowed": lambda: InverseMean(gap=0, most=2).infinite(),
            "m = d − 1 allowed": lambda: InverseMean(gap=-1, most=1).infinite(),
            "without ε > 0": lambda: InverseMean(gap=0, most=1, positive=False).infinite(),
        },
    ),
    proof_check(
        "the rate in dimension d",
        ("sec-31-regression-rate",),
        "every d ≥ 1 and m ≥ 2(d + 1); in mean square, within a factor 2",
        rate,
        {
            "m ≥ d + 1": lambda: rate(least=1),
            "factor 1": lambda: rate(most=1),
            "factor 2 at m > d + 1": lambda: rate(least=0),
        },
    ),
    proof_check(
        "no rate just above d rows and below",
        ("sec-31-regression-rate",),
        "every constant y: m = d + 2 > y; every m < d − 1, ‖θ‖ > 0 and yσ²d² < m(d − m)‖θ‖²",
        lambda: [*no_rate_near(), *no_rate_below()],
        {
            "without the bias": lambda: no_rate_below(bias=False),
            "any σ": lambda: no_rate_below(small=False),
            "m = d + 3": lambda: no_rate_near(3),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of the exact risk of least squares, and of the rate it has and has not."""
    premises = (
        r"(10) with $\theta = B_\star w_\star$, $m = m_{\mathrm{test}}$ rows, $r = \lVert\theta\rVert^2$",
        r"$X$ standard Gaussian; $z$ centred with covariance $\sigma^2 I$, independent of $X$",
        r"$R = (X^{\top}X + \varepsilon I)^{-1}$, $\varepsilon > 0$; $R_0 = (X^{\top}X)^{-1}$; $S = (XX^{\top})^{-1}$",
        r"for at most d rows the same with $X$ and $X^{\top}$, $m$ and $d$ exchanged: $R_0$ is then $S$",
    )
    words = resolvent_alphabet()
    start = (
        Derivation("The exact risk of least squares", BOTH, premises)
        .then(
            "expectation over z",
            "At least d rows: the mean squared error, given X.",
            r"\mathbb{E}_z\lVert\hat\theta - \theta\rVert^2",
            tall_risk(),
        )
        .then(
            "expectation over z",
            "At most d rows, minimum norm: the mean squared error, given X.",
            r"\mathbb{E}_z\lVert\hat\theta - \theta\rVert^2",
            wide_risk(),
        )
        .then(
            "lemma: rotation invariance",
            "Its mean over X is that over the sphere of θ: nothing depends on the direction.",
            r"\mathbb{E}_\theta\mathbb{E}_z\lVert\hat\theta - \theta\rVert^2",
            over_sphere(wide_risk()),
        )
        .then(
            "product rule",
            "The divergence of XR.",
            r"\mathrm{div}(XR)",
            divergence(words.letter("X") @ words.letter("R")),
        )
    )
    proved = [*exact_risk(), infinite_risk()[0], *rate(), *no_rate_near(), *no_rate_below()]
    return start.extended(proof("", BOTH, (), *proved))


DERIVATIONS = (derivation,)
