"""Section 3.1: least squares on XB̂ against ridge regression and against a few gradient steps, given the features.

B̂ has full rank k′ and B⋆w⋆ = B̂ω + e with e orthogonal to its columns. The rows of X are Gaussian, so that Xe + z is
independent of XB̂ and centred with covariance τI, τ = σ² + ‖e‖²: on the features A = XB̂ the labels are Aω + z, noise τ.
With m_test ≥ k′ rows every ridge weight 0 < μ < 2τ/‖ω‖² gives a better estimate than least squares, for every task.
After s gradient steps from 0 the head is (I − F)ŵ, F = (I − Y)^s, Y = αAᵀA/m_test ⪯ I: its norm grows with s up to
that of least squares, and it is the better estimate if ‖ω‖² ≤ (2s + 1)ατ/m_test.
"""

from __future__ import annotations

import functools

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.first_principles import Parameters, Sample, empirical_loss
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Decided, Theory
from foanil.limits import Lemma
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check

OVERFITS = ("sec-31-least-squares-overfits",)
FEW_STEPS = ("sec-31-few-steps",)
SCALARS = ("m", "d", "k", "k_prime", "mu", "tau", "sigma_sq", "alpha", "r", "s", "y", "phi", "v", "lam")
LATEX = {
    "m": r"m_{\mathrm{test}}",
    "k_prime": "k'",
    "mu": r"\mu",
    "tau": r"\tau",
    "sigma_sq": r"\sigma^2",
    "alpha": r"\alpha",
    "phi": r"\varphi",
}
TALL = "every m_test ≥ k′, every B̂ of full rank k′, every X with XB̂ of full column rank, every task and σ"
FUNCTIONS = "functions of one matrix"

LEMMAS = {
    FUNCTIONS: Lemma(
        "If Y is symmetric with spectrum in [l, u], and f ≥ 0 on it, then f(Y) ⪰ 0; functions of Y commute.",
        "Horn & Johnson, Topics in Matrix Analysis, 6.2",
    ),
}
"""Classical facts of this module that `foanil.limits` does not list yet."""


# The features and what they leave over ---------------------------------------------------------------


@functools.cache
def feature_alphabet() -> Alphabet:
    """Return the alphabet of A = XB̂, R_0 = (AᵀA)⁻¹, R = (AᵀA + μI)⁻¹ and ω with ‖ω‖² = r, at least k′ rows."""
    letters = (
        Letter("A", ("m", "k_prime")),
        Letter("R", ("k_prime", "k_prime"), symmetric=True),
        Letter("R_0", ("k_prime", "k_prime"), symmetric=True),
        Letter("B", ("d", "k_prime"), latex=r"\hat B"),
        Letter("omega", ("k_prime", "1"), latex=r"\omega"),
        Letter("z", ("m", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    A, R, R_0, omega, mu = *(bare.letter(name) for name in ("A", "R", "R_0", "omega")), bare.scalar("mu")
    one = bare.eye("k_prime")
    return (
        bare.with_rule(A.T @ A @ R, one - mu * R)
        .with_rule(A.T @ A @ R_0, one)
        .with_rule(R @ R_0, (R_0 - R) / mu)
        .with_trace(omega @ omega.T, bare.scalar("r"))
    )


@functools.cache
def split_alphabet() -> Alphabet:
    """Return the alphabet of X, a unit basis U of col(B̂), e with Uᵀe = 0, and a head H of the basis."""
    letters = (
        Letter("X", ("m", "d")),
        Letter("U", ("d", "k_prime")),
        Letter("e", ("d", "1")),
        Letter("z", ("m", "1")),
        Letter("f", ("k_prime", "1")),
        Letter("g", ("m", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    U, e = bare.letter("U"), bare.letter("e")
    return bare.with_rule(U.T @ e, bare.zeros("k_prime", "1"))


def left_over_gap(noise: int = 1, orthogonal: bool = True, cross: int = 0) -> Element:
    """Return E[(Xe + z)(Xe + z)ᵀ] − (‖e‖² + σ²)I plus λ·E[XUf gᵀXe]: zero, the features and the rest uncorrelated.

    For Gaussian rows uncorrelated is independent. The scalar λ keeps the two parts apart.
    """
    words = split_alphabet()
    X, e, z = (words.letter(name) for name in ("X", "e", "z"))
    rest, features = X @ e + z, X @ words.letter("U") @ words.letter("f")
    law = Gaussian("X"), Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    stated = (words.sqnorm(e) + noise * words.scalar("sigma_sq")) * words.eye("m")
    other = X @ e if orthogonal else X @ (e + words.letter("U") @ words.letter("f"))
    seen = expectation(features @ other.T, *law)
    return expectation(rest @ rest.T, *law) - stated + words.scalar("lam") * seen + cross * words.eye("m")


# Ridge against least squares ---------------------------------------------------------------------------


def error_moment(weighted: bool) -> Element:
    """Return E[(ŵ − ω)(ŵ − ω)ᵀ] over the noise, for ridge at μ or, not weighted, for least squares."""
    words = feature_alphabet()
    A, omega, inverse = words.letter("A"), words.letter("omega"), words.letter("R" if weighted else "R_0")
    error = inverse @ A.T @ (A @ omega + words.letter("z")) - omega
    return expectation(error @ error.T, Centred("z", words.scalar("tau") * words.eye("m")))


def moment_gap(share: int = 1, bias: int = 1) -> Element:
    """Return least squares' moment minus ridge's minus R(2μτI + μ²τR_0 − μ²ωωᵀ)R: zero."""
    words = feature_alphabet()
    R, omega, mu, tau = words.letter("R"), words.letter("omega"), words.scalar("mu"), words.scalar("tau")
    inner = 2 * mu * tau * words.eye("k_prime") + mu**2 * tau * words.letter("R_0")
    stated = R @ (inner - bias * mu**2 * (omega @ omega.T)) @ R
    return share * error_moment(False) - error_moment(True) - stated


def ridge_wins(reach: int = 2, share: int = 1) -> list[Proved]:
    """Derive that ridge at 0 < μ < 2τ/‖ω‖² has the smaller moment, and the risk is smaller by a positive amount."""
    words = feature_alphabet()
    mu, tau, r = (words.scalar(name).coefficient() for name in ("mu", "tau", "r"))
    A, B, R, R_0, omega = (words.letter(name) for name in ("A", "B", "R", "R_0", "omega"))
    below = more_than(reach * tau, mu * r)
    T = Theory(words, (more_than(mu), at_least(r), more_than(tau), below), {})
    one = words.eye("k_prime")
    spread = T.scale(T.square(R_0 @ A.T), mu**2 * tau)
    parallel = T.scale(T.restate(T.rank_one(omega), r * one - omega @ omega.T), mu**2)
    inner = T.congruence(T.sum(spread, parallel), R)
    rest = mu * (2 * tau - mu * r) * (R @ R)
    gap = share * error_moment(False) - error_moment(True) - rest
    better = T.restate(inner, gap, "ridge's moment is smaller by μ(2τ − μ‖ω‖²)R² or more")
    return [
        better,
        T.trace(T.congruence(better, B), "so is its excess risk, the trace with B̂"),
        T.decide(more_than(mu * (2 * tau - mu * r)), "μ(2τ − μ‖ω‖²) > 0"),
    ]


# Fewer rows, an isotropic representation ------------------------------------------------------------------


@functools.cache
def wide_alphabet() -> Alphabet:
    """Return the alphabet of A (m × k′), m ≤ k′, S = (AAᵀ)⁻¹ and T = (AAᵀ + μI)⁻¹, ‖ω‖² = r."""
    letters = (
        Letter("A", ("m", "k_prime")),
        Letter("S", ("m", "m"), symmetric=True),
        Letter("T", ("m", "m"), symmetric=True),
        Letter("omega", ("k_prime", "1"), latex=r"\omega"),
        Letter("z", ("m", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    A, S, T, omega, mu = *(bare.letter(name) for name in ("A", "S", "T", "omega")), bare.scalar("mu")
    one = bare.eye("m")
    return (
        bare.with_rule(A @ A.T @ S, one)
        .with_rule(A @ A.T @ T, one - mu * T)
        .with_rule(T @ S, (S - T) / mu)
        .with_trace(omega @ omega.T, bare.scalar("r"))
    )


def wide_risk(weighted: bool) -> Element:
    """Return E‖ŵ − ω‖² over the noise for ridge at μ, or for the minimum-norm least squares head."""
    words = wide_alphabet()
    A, omega, inverse = words.letter("A"), words.letter("omega"), words.letter("T" if weighted else "S")
    error = A.T @ inverse @ (A @ omega + words.letter("z")) - omega
    return expectation(words.sqnorm(error), Centred("z", words.scalar("tau") * words.eye("m")))


def wide_ridge_wins(reach: int = 2, share: int = 1) -> list[Proved]:
    """Derive that with at most k′ rows ridge at 0 < μ < 2τ/‖ω‖² is better if B̂ᵀB̂ is a multiple of I."""
    words = wide_alphabet()
    mu, tau, r = (words.scalar(name).coefficient() for name in ("mu", "tau", "r"))
    A, S, R, omega = (words.letter(name) for name in ("A", "S", "T", "omega"))
    below = more_than(reach * tau, mu * r)
    T = Theory(words, (more_than(mu), at_least(r), more_than(tau), below), {})
    inverse = T.restate(T.square(S @ A), S, "S ⪰ 0")
    spread = T.scale(T.trace(T.congruence(inverse, R)), mu**2 * tau)
    aligned = T.restate(T.rank_one(omega), r * words.eye("k_prime") - omega @ omega.T)
    seen = T.restate(T.congruence(aligned, A), r * (A @ A.T) - A @ omega @ omega.T @ A.T, "Aωωᵀ Aᵀ ⪯ ‖ω‖²AAᵀ")
    parallel = T.scale(T.trace(T.congruence(seen, A.T @ S @ R)), mu**2)
    rest = mu * (2 * tau - mu * r) * words.trace(R @ R)
    gap = share * wide_risk(False) - wide_risk(True) - rest
    return [
        T.restate(T.sum(spread, parallel), gap, "ridge's risk is smaller by μ(2τ − μ‖ω‖²)Tr(T²) or more"),
        T.decide(more_than(mu * (2 * tau - mu * r)), "μ(2τ − μ‖ω‖²) > 0"),
    ]


# A few gradient steps ------------------------------------------------------------------------------------


@functools.cache
def step_alphabet() -> Alphabet:
    """Return the alphabet of the test sample (X, y), B̂, a least squares head u of it, and any F of k′ rows."""
    letters = (
        Letter("X", ("m", "d")),
        Letter("B", ("d", "k_prime"), latex=r"\hat B"),
        Letter("y_test", ("m", "1"), latex="y"),
        Letter("w", ("k_prime", "1")),
        Letter("u", ("k_prime", "1"), latex=r"\hat w"),
        Letter("F", ("k_prime", "k_prime"), symmetric=True),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    X, B, u = (bare.letter(name) for name in ("X", "B", "u"))
    return bare.with_rule(B.T @ X.T @ X @ B @ u, B.T @ X.T @ bare.letter("y_test"))


def spread(words: Alphabet) -> Element:
    """Return Y = (α/m_test)B̂ᵀXᵀXB̂."""
    XB = words.letter("X") @ words.letter("B")
    return words.scalar("alpha") / words.scalar("m") * (XB.T @ XB)


def next_head(words: Alphabet, head: Element) -> Element:
    """Return one gradient step from a head, by differentiating the loss of the test sample in the head."""
    sample = Sample(words.letter("X"), words.letter("y_test"), words.scalar("m"))
    loss: Element = empirical_loss(words, Parameters(words.letter("B"), words.letter("w")), sample)
    gradient = loss.gradient("w").substitute({"w": head})
    return head - words.scalar("alpha") * gradient


def steps_gap(share: int = 1, solved: bool = True) -> Element:
    """Return one step from (I − F)û minus (I − (I − Y)F)û: zero, so s steps from 0 give (I − (I − Y)^s)û."""
    words = step_alphabet()
    F, u, one = words.letter("F"), words.letter("u" if solved else "w"), words.eye("k_prime")
    found = next_head(words, (one - F) @ u) - (one - (one - share * spread(words)) @ F) @ u
    return found if solved else found.substitute({"w": 2 * words.letter("u")})


def number(name: str) -> FracElement:
    """Return a scalar of the features as a coefficient."""
    return feature_alphabet().scalar(name).coefficient()


def spectrum(*given: Relation) -> Theory:
    """Return the theory of an eigenvalue y of Y and φ = (1 − y)^s: 0 ≤ y ≤ 1, 0 ≤ φ ≤ 1, s ≥ 0."""
    one, y, phi, s = feature_alphabet().field.one, number("y"), number("phi"), number("s")
    bounds = (at_least(y), at_least(one, y), at_least(phi), at_least(one, phi), at_least(s))
    return Theory(feature_alphabet(), (*bounds, *given), {})


def shrunk_by_steps(slope: int = 1, bounded: bool = True, steps: int = 2) -> list[Decided]:
    """Derive φ(1 + sy) ≤ 1 by induction, true at s = 0, and from it that `function_of_spread` is nonnegative."""
    one, y, phi, s = feature_alphabet().field.one, number("y"), number("phi"), number("s")
    T = spectrum(*((at_least(one, phi * (1 + slope * s * y)),) if bounded else ()))
    after = phi * (1 - y) * (1 + slope * (s + 1) * y)
    return [
        T.decide(at_least(one, after), "φ(1 + sy) ≤ 1, from s to s + 1"),
        T.decide(at_least(at_eigenvalue(function_of_spread(steps))), "so 2φ − φ² ≥ (2s + 1)yφ²"),
    ]


def at_eigenvalue(function: Element) -> FracElement:
    """Return the value of a function of F and R_0 at an eigenvalue y > 0 of Y, times m_test·y/α.

    There F is φ and R_0 is α/(m_test·y).
    """
    words = function.alphabet
    one, factor = words.eye("k_prime"), words.scalar("m") * words.scalar("y") / words.scalar("alpha")
    value = factor * function.substitute({"F": words.scalar("phi") * one, "R_0": one / factor})
    return value.terms[(), ()]


def norms_grow(share: int = 1, top: int = 1) -> list[Decided]:
    """Derive (1 − φ)² ≤ (1 − φ(1 − y))² ≤ 1: the head's norm grows with each step, up to that of least squares."""
    one, y, phi = feature_alphabet().field.one, number("y"), number("phi")
    T = spectrum()
    after = (1 - share * phi * (1 - y)) ** 2
    return [
        T.decide(at_least(after, (1 - phi) ** 2), "no step makes the head smaller in any direction"),
        T.decide(at_least(top * one, after), "and none makes it larger than least squares"),
    ]


def after_steps() -> Element:
    """Return E[(w_s − ω)(w_s − ω)ᵀ] over the noise for w_s = (I − F)R_0Aᵀy, y = Aω + z."""
    words = stopped_alphabet()
    A, F, R_0, omega = (words.letter(name) for name in ("A", "F", "R_0", "omega"))
    error = (words.eye("k_prime") - F) @ R_0 @ A.T @ (A @ omega + words.letter("z")) - omega
    return expectation(error @ error.T, Centred("z", words.scalar("tau") * words.eye("m")))


@functools.cache
def stopped_alphabet() -> Alphabet:
    """Return the alphabet of the features with F = (I − Y)^s, a symmetric letter."""
    return feature_alphabet().declaring(Letter("F", ("k_prime", "k_prime"), symmetric=True))


def function_of_spread(steps: int = 2) -> Element:
    """Return FR_0 + R_0F − FR_0F − (2s + 1)(α/m)F², a function of Y with values (α/m)((2φ − φ²)/y − (2s + 1)φ²)."""
    words = stopped_alphabet()
    F, R_0, s = words.letter("F"), words.letter("R_0"), words.scalar("s")
    level = (steps * s + 1) * words.scalar("alpha") / words.scalar("m")
    return F @ R_0 + R_0 @ F - F @ R_0 @ F - level * (F @ F)


def steps_win(steps: int = 2, quiet: bool = True, grounded: bool = True) -> list[Proved]:
    """Derive that s steps have a smaller moment than least squares if ‖ω‖² ≤ (2s + 1)ατ/m_test and Y ⪯ I.

    That `function_of_spread` is positive semidefinite is decided at every eigenvalue first.
    """
    ground = shrunk_by_steps(bounded=grounded, steps=steps)
    words = stopped_alphabet()
    m, tau, r, s, alpha = (words.scalar(name).coefficient() for name in ("m", "tau", "r", "s", "alpha"))
    F, omega = words.letter("F"), words.letter("omega")
    level = (steps * s + 1) * alpha * tau / m
    low = (at_least(level, r),) if quiet else ()
    sizes = (more_than(m), more_than(alpha), at_least(tau), at_least(s))
    T = Theory(words, (*sizes, *low), {"function of Y": function_of_spread(steps)})
    parallel = T.restate(T.rank_one(omega), r * words.eye("k_prime") - omega @ omega.T)
    functions = T.scale(T.hypothesis("function of Y"), tau)
    inner = T.sum(functions, T.congruence(parallel, F), T.scale(T.square(F), level - r))
    gap = error_moment(False).into(words) - after_steps()
    better = T.restate(inner, gap, "least squares has the larger moment")
    risk = T.trace(T.congruence(better, words.letter("B")), "and the larger excess risk, the trace with B̂")
    return [*ground, better, risk]


def strong_signal(share: int = 1, top: int = 2) -> list[Decided]:
    """Derive that along an eigenvector of Y the steps are worse than least squares if rφy > v(2 − φ), v = ατ/m."""
    y, phi, r, v = (number(name) for name in ("y", "phi", "r", "v"))
    level = more_than(share * r * phi * y, v * (top - phi))
    T = spectrum(more_than(y), more_than(phi), at_least(v), level)
    return [T.decide(more_than(phi**2 * r + v * (1 - phi) ** 2 / y, v / y), "a strong signal: few steps are too few")]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "what the features leave over is noise",
        (*OVERFITS, *FEW_STEPS),
        "every m_test, d, k′ and σ, every e orthogonal to the columns of B̂",
        left_over_gap,
        {
            "without σ²": lambda: left_over_gap(noise=0),
            "twice σ²": lambda: left_over_gap(noise=2),
            "not orthogonal": lambda: left_over_gap(orthogonal=False),
        },
    ),
    zero_check(
        "least squares' moment minus ridge's",
        OVERFITS,
        TALL + ", every μ",
        moment_gap,
        {
            "no bias": lambda: moment_gap(bias=0),
            "twice the bias": lambda: moment_gap(bias=2),
            "twice least squares": lambda: moment_gap(share=2),
        },
    ),
    proof_check(
        "ridge regression is better than least squares",
        OVERFITS,
        TALL + " with τ > 0, every 0 < μ < 2τ/‖ω‖²",
        ridge_wins,
        {
            "μ < 3τ/‖ω‖²": lambda: ridge_wins(reach=3),
            "μ < 1000τ/‖ω‖²": lambda: ridge_wins(reach=1000),
            "twice the moment": lambda: ridge_wins(share=2),
            "nothing of it": lambda: ridge_wins(share=0),
        },
    ),
    proof_check(
        "ridge regression is better than minimum-norm least squares for an isotropic B̂",
        OVERFITS,
        "every m_test ≤ k′ with XB̂ of full row rank, B̂ᵀB̂ a multiple of I, every task, τ > 0 and 0 < μ < 2τ/‖ω‖²",
        wide_ridge_wins,
        {
            "μ < 3τ/‖ω‖²": lambda: wide_ridge_wins(reach=3),
            "μ < 1000τ/‖ω‖²": lambda: wide_ridge_wins(reach=1000),
            "twice the risk": lambda: wide_ridge_wins(share=2),
        },
    ),
    zero_check(
        "s gradient steps shrink the least squares head",
        FEW_STEPS,
        "every m_test, d, k′ and α, every test sample",
        steps_gap,
        {
            "twice the step": lambda: steps_gap(share=2),
            "no step": lambda: steps_gap(share=0),
            "another head": lambda: steps_gap(solved=False),
        },
    ),
    proof_check(
        "the norm grows with each step, up to least squares",
        FEW_STEPS,
        "every s, Y ⪯ I, every test sample",
        norms_grow,
        {
            "twice F": lambda: norms_grow(share=2),
            "half of least squares": lambda: norms_grow(top=0),
            "−F": lambda: norms_grow(share=-1),
        },
    ),
    proof_check(
        "what s steps leave of the head",
        FEW_STEPS,
        "every s ≥ 0 and every eigenvalue y in [0, 1] of Y",
        shrunk_by_steps,
        {
            "(1 − y)^s(1 + 2sy) ≤ 1": lambda: shrunk_by_steps(slope=2),
            "φ ≤ 1 only": lambda: shrunk_by_steps(bounded=False),
            "(3s + 1)yφ²": lambda: shrunk_by_steps(steps=3),
        },
    ),
    proof_check(
        "a few steps are better than least squares",
        FEW_STEPS,
        TALL + " with Y ⪯ I and ‖ω‖² ≤ (2s + 1)ατ/m_test",
        steps_win,
        {
            "any signal": lambda: steps_win(quiet=False),
            "‖ω‖² ≤ (3s + 1)ατ/m_test": lambda: steps_win(steps=3),
            "φ ≤ 1 only": lambda: steps_win(grounded=False),
        },
    ),
    proof_check(
        "few steps are worse for a strong signal",
        FEW_STEPS,
        "every s, an eigenvector of Y with ‖ω‖²φy > (2 − φ)ατ/m_test",
        strong_signal,
        {
            "half the signal": lambda: strong_signal(share=2),
            "a third of it": lambda: strong_signal(share=3),
            "more than (1 − φ)ατ/m_test": lambda: strong_signal(top=1),
        },
    ),
)


def overfitting_derivation() -> Derivation:
    """Return the derivation that ridge regression on XB̂ is better than least squares."""
    premises = (
        r"$\hat B$ of full rank $k'$, $B_\star w_\star = \hat B\omega + e$, $\hat B^{\top}e = 0$; $A = X\hat B$",
        r"the labels are $A\omega + z$ with centred noise of variance $\tau = \sigma^2 + \lVert e\rVert^2 \gt 0$",
        r"$m_{\mathrm{test}} \ge k'$: $R_0 = (A^{\top}A)^{-1}$; $R = (A^{\top}A + \mu I)^{-1}$",
        r"$r = \lVert\omega\rVert^2$",
        r"$E_\mu = \mathbb{E}[(\hat w_\mu - \omega)(\hat w_\mu - \omega)^{\top}]$, the mean over z",
        r"below $k'$ rows only for $\hat B^{\top}\hat B$ a multiple of $I$: $T = (AA^{\top} + \mu I)^{-1}$",
    )
    return (
        Derivation("Least squares on the learned representation", OVERFITS, premises)
        .then("Isserlis", "What the features leave over.", r"\text{gap}", left_over_gap())
        .then(
            "expectation over z",
            "Least squares' moment.",
            r"\mathbb{E}(\hat w - \omega)(\hat w - \omega)^{\top}",
            error_moment(False),
        )
        .then(
            "expectation over z",
            "Ridge's.",
            r"\mathbb{E}(\hat w_\mu - \omega)(\hat w_\mu - \omega)^{\top}",
            error_moment(True),
        )
        .extended(proof("", OVERFITS, (), *ridge_wins(), *wide_ridge_wins()))
    )


def few_steps_derivation() -> Derivation:
    """Return the derivation that a few gradient steps regularise."""
    premises = (
        r"the same labels; gradient steps from $\hat w = 0$, or from any $\hat w$ with $\hat B\hat w = 0$",
        r"$Y = \frac{\alpha}{m_{\mathrm{test}}}A^{\top}A \preceq I$, $F = (I - Y)^s$, eigenvalues $y$ and $\varphi$",
        LEMMAS[FUNCTIONS].statement,
    )
    grounds = r"0 \preceq " + function_of_spread().latex()
    return (
        Derivation("A few gradient steps on the learned representation", FEW_STEPS, premises)
        .then("gradient of a trace", "One more step from (I − F)ŵ.", r"w_+ - (I - (I - Y)F)\hat w", steps_gap())
        .extended(proof("", FEW_STEPS, (), *norms_grow(), *shrunk_by_steps()))
        .noting(f"lemma: {FUNCTIONS}", "The last inequality at every eigenvalue of Y.", grounds)
        .extended(proof("", FEW_STEPS, (), *steps_win()[2:], *strong_signal()))
    )


DERIVATIONS = (overfitting_derivation, few_steps_derivation)
