"""Proposition 1: the error of one test-time step, split exactly; its expected square, exact; the bound with constants.

At a learned point B̂ = B⋆C, CCᵀ = Λ, B̂ŵ = 0, with Y = αΛ and X_k = XB⋆, the error is
B⋆[−(I − Y)w⋆ + Y(X_kᵀX_k/m_test − I)w⋆ + YX_kᵀz/m_test].
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from sympy import QQ

from foanil import first_principles, limits
from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.first_principles import Parameters
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Fact, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs import least_squares_risk
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, zero_check
from proofs.eq_08_fixed_point import estimator_alphabet
from proofs.expectations import sample

EVERY_LIMIT = EVERY_SIZE + ", every point with B⋆,⊥ᵀB̂ = 0, B̂ŵ = 0, any Λ = B⋆ᵀB̂B̂ᵀB⋆"


def estimate(words: Alphabet) -> Element:
    """Return B̂ w_test after one step of (11) from a learned point, from first principles. Shape (d, 1)."""
    B = words.letter("B_star") @ words.letter("C")
    learned = Parameters(B, words.letter("w"))
    step: Element = first_principles.inner_step(learned, sample(words, "test"), words.scalar("alpha")).w
    return B @ step


def error() -> Element:
    """Return B̂ w_test − B⋆w⋆ in words. Shape (d, 1), degree 1."""
    words = estimator_alphabet()
    return estimate(words) - words.letter("B_star") @ words.letter("w_star")


def terms() -> dict[str, Element]:
    """Return the three terms of the error: bias, variance of the single step, noise. Shapes (d, 1)."""
    words = estimator_alphabet()
    B_star, w_star, X, z = (words.letter(name) for name in ("B_star", "w_star", "X_test", "z_test"))
    Y, identity, m = words.scalar("alpha") * words.letter("Lambda"), words.eye("k"), words.scalar("m_test")
    X_k = X @ B_star
    return {
        "bias": -(B_star @ (identity - Y) @ w_star),
        "variance": B_star @ Y @ (X_k.T @ X_k / m - identity) @ w_star,
        "noise": B_star @ Y @ X_k.T @ z / m,
    }


def _averaged(element: Element) -> Element:
    words = element.alphabet
    noise = words.scalar("sigma_sq") * words.eye("m_test")
    return expectation(element, Gaussian("X_test"), Centred("z_test", noise))


def decomposition_gap(*left_out: str) -> Element:
    """Return the error minus the sum of its terms (but those left out)."""
    total = error()
    for name, term in terms().items():
        if name not in left_out:
            total = total - term
    return total


def centring_gap(shift: int = 0) -> Element:
    """Return the mean of the variance and noise terms, plus the mean error minus the bias: all vanish."""
    found = terms()
    means = _averaged(found["variance"]) + _averaged(found["noise"])
    return means + _averaged(error()) - (1 + shift) * found["bias"]


def expected_risk() -> Element:
    """Return E‖B̂w_test − B⋆w⋆‖² given the task, by the moment engine. Degree 2."""
    words = estimator_alphabet()
    return _averaged(words.sqnorm(error()))


def stated_risk(words: Alphabet) -> Element:
    """Return ‖(I−Y)w⋆‖² + (‖Yw⋆‖² + Tr(Y²)(‖w⋆‖² + σ²))/m_test (ours)."""
    w_star, Y = words.letter("w_star"), words.scalar("alpha") * words.letter("Lambda")
    spread = words.sqnorm(Y @ w_star) + words.trace(Y @ Y) * (words.sqnorm(w_star) + words.scalar("sigma_sq"))
    return words.sqnorm(w_star - Y @ w_star) + spread / words.scalar("m_test")


def noise_gap() -> Element:
    """Return E‖noise term‖² − σ²Tr(Y²)/m_test."""
    words = estimator_alphabet()
    Y = words.scalar("alpha") * words.letter("Lambda")
    expected = words.scalar("sigma_sq") * words.trace(Y @ Y) / words.scalar("m_test")
    return _averaged(words.sqnorm(terms()["noise"])) - expected


# Dimension-freeness --------------------------------------------------------------------------------


@functools.cache
def split_alphabet() -> Alphabet:
    """Return the alphabet in which X is split along B⋆: X_k = XB⋆ and X_c = XB⋆,⊥."""
    return estimator_alphabet().declaring(
        Letter("X_k", ("m_test", "k"), latex="X_k"), Letter("X_c", ("m_test", "d-k"), latex="X_c")
    )


def reduced_error_gap(keep_complement: bool = False) -> Element:
    """Return ‖error‖² minus ‖Y(X_kᵀX_kw⋆ + X_kᵀz)/m_test − w⋆‖², with X = X_kB⋆ᵀ + X_cB⋆,⊥ᵀ put in: no d, no k′."""
    words = split_alphabet()
    X_k, X_c = words.letter("X_k"), words.letter("X_c")
    X = X_k @ words.letter("B_star").T + X_c @ words.letter("B_star_perp").T
    norm = words.sqnorm(error().transport(words, {"X_test": X}, {}))
    w_star, z, m = words.letter("w_star"), words.letter("z_test"), words.scalar("m_test")
    Y = words.scalar("alpha") * words.letter("Lambda")
    reduced = Y @ (X_k.T @ X_k @ w_star + X_k.T @ z) / m - w_star
    extra = words.sqnorm(X_c.T @ z) if keep_complement else words.zeros("1", "1")
    return norm - words.sqnorm(reduced) - extra


# Excess risk and complement ------------------------------------------------------------------------


def excess_risk_gap(factor: int = 2) -> Element:
    """Return factor·E[L̂ on fresh data] − σ² − ‖Bw − B⋆w⋆‖²: zero for factor 2, the squared error without its half."""
    words = estimator_alphabet()
    theta = Parameters(words.letter("B"), words.letter("w_adapted"))
    loss = first_principles.empirical_loss(words, theta, sample(words, "test"))
    distance = words.sqnorm(theta.B @ theta.w - words.letter("B_star") @ words.letter("w_star"))
    return factor * _averaged(loss) - words.scalar("sigma_sq") - distance


@functools.cache
def wide_alphabet() -> Alphabet:
    """Return the alphabet of B = B⋆C + rVP: V orthonormal in the complement (n columns), PPᵀ = I, CPᵀ = 0, α = g/r²."""
    letters = (
        Letter("C", ("k", "k_prime"), latex="C"),
        Letter("P", ("n", "k_prime"), latex="P"),
        Letter("V", ("d", "n"), latex="V"),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("Sigma_star", ("k", "k"), symmetric=True, latex=r"\Sigma_\star"),
    )
    bare = alphabet(("g", "r", "m", "n", "d", "k", "k_prime", "sigma_sq", "sigma_bar_sq"), letters)
    B_star, C, P, V = (bare.letter(name) for name in ("B_star", "C", "P", "V"))
    return (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(V.T @ V, bare.eye("n"))
        .with_rule(V.T @ B_star, bare.zeros("n", "k"))
        .with_rule(P @ P.T, bare.eye("n"))
        .with_rule(C @ P.T, bare.zeros("k", "n"))
        .with_trace(bare.letter("Sigma_star"), bare.scalar("sigma_bar_sq") - bare.scalar("sigma_sq"))
    )


def complement_cost_gap(power: int = 2) -> Element:
    """Return the mean half risk with the complement at level g, minus that without, minus n·g²σ̄²/(2m): zero.

    The mean over tasks of the half risk after one step on m rows is L_ANIL with m for m_in, less σ²/2.
    """
    words = wide_alphabet()
    C, P, V, B_star = (words.letter(name) for name in ("C", "P", "V", "B_star"))
    g, r, n, m = (words.scalar(name) for name in ("g", "r", "n", "m"))
    scalars = {"alpha": g / r**2, "m_in": m}

    def risk(B: Element) -> Element:
        letters = {"B": B, "w": words.zeros("k_prime", "1"), "B_star": B_star}
        return anil_objective().transport(words, letters, scalars)

    cost = n * g**power * words.scalar("sigma_bar_sq") / (2 * m)
    return risk(B_star @ C + r * (V @ P)) - risk(B_star @ C) - cost


# The bound with constants --------------------------------------------------------------------------


@functools.cache
def _scalars() -> Alphabet:
    return alphabet(("e", "s", "h", "x", "kappa", "m", "lam", "y"), [Letter("Y", ("k", "k"), symmetric=True)])


def bound(spread: int = 8, noise: int = 555) -> list[Proved]:
    """Derive the scalar steps of the bound: e = √(k/m_test) ≤ 1, h = √2, and the constants 8 and 5.55.

    With probability 1 − 2e^{−k/2} the singular values of X_k/√m lie within 1 ± 2e, so that X_kᵀX_k/m − I is at most
    4e + 4e² in norm; with probability 1 − e^{−k/2} given X_k, ‖X_kᵀz‖² ≤ σ_max²(k + 2k/√2 + k)σ².
    """
    words = _scalars()
    field = words.field
    e, h, x, kappa, m = (words.scalar(name).coefficient() for name in ("e", "h", "x", "kappa", "m"))
    one = field.one
    given = (
        at_least(e),
        at_least(one, e),
        more_than(h),
        Relation(h**2 - 2, Sign.ZERO),
        at_least(kappa, one),
        at_least(m, one),
        Relation(x - m / (m + 1 + kappa), Sign.ZERO),
    )
    T = Theory(words, given, {})
    above = T.decide(at_least(spread * e, (1 + 2 * e) ** 2 - 1), "(1 + 2e)² − 1 ≤ 8e")
    below = T.decide(at_least(spread * e, 1 - (1 - 2 * e) ** 2), "1 − (1 − 2e)² ≤ 8e")
    largest = T.decide(at_least(field(9), (1 + 2 * e) ** 2), "σ_max² ≤ 9m")
    constant = field(QQ(noise, 100))
    deviation = T.decide(at_least(constant**2, 9 * (2 + h)), "9(2 + √2) ≤ 5.55²")
    bias = T.decide(Relation(1 - x - (1 + kappa) / (m + 1 + kappa), Sign.ZERO), "1 − x⋆ = (1 + κ)/(m_in + 1 + κ)")
    order = T.decide(at_least((1 + kappa) / m, 1 - x), "so the bias is O((1 + κ)/m_in)")
    scale = T.decide(at_least(one, x), "x⋆ ≤ 1")
    singular = limits.scalar_lemma(
        "Gaussian singular values",
        r"\lVert X_k^{\top}X_k/m_{\mathrm{test}} - I\rVert \le 8\sqrt{k/m_{\mathrm{test}}}",
        (above, below),
        largest,
    )
    quadratic = limits.scalar_lemma(
        "sub-Gaussian quadratic form",
        r"\lVert X_k^{\top}z\rVert/m_{\mathrm{test}} \le 5.55\,\sigma\sqrt{k/m_{\mathrm{test}}}",
        (deviation,),
        largest,
        singular,
    )
    return [singular, quadratic, bias, order, scale]


def wrong_fraction(claimed_noise_only: bool = True) -> list[Proved]:
    """Derive that no constant y makes the bias (1+κ)/(m+1+κ) ≤ y(1 + σ²/c)/m for all: σ = 0, κ = k = m, m > 2y."""
    words = _scalars()
    m, y = (words.scalar(name).coefficient() for name in ("m", "y"))
    one = words.field.one
    T = Theory(words, (at_least(m, one), more_than(y), more_than(m, 2 * y)), {})
    kappa = m if claimed_noise_only else one
    return [T.decide(more_than((1 + kappa) / (m + 1 + kappa), y / m), "the bias exceeds y·(1 + 0)/m at κ = m > 2y")]


@functools.cache
def variance_alphabet() -> Alphabet:
    """Return the alphabet of Y = αΛ⋆ and w⋆, with v for σ² and m for m_test."""
    letters = (Letter("Y", ("k", "k"), symmetric=True), Letter("w_star", ("k", "1"), latex=r"w_\star"))
    return alphabet(("v", "m", "k", "lam"), letters)


def variance_falls(most: int = 1, dimension: int = 1) -> list[Fact]:
    """Derive ‖Yw⋆‖² + Tr(Y²)(‖w⋆‖² + σ²) ≤ ‖w⋆‖² + k(‖w⋆‖² + σ²), over m_test, from 0 ⪯ Y ⪯ I.

    A mutant bounds Y by a multiple of I, or has another multiple of k.
    """
    words = variance_alphabet()
    Y, w, identity = words.letter("Y"), words.letter("w_star"), words.eye("k")
    v, m, k = (words.scalar(name) for name in ("v", "m", "k"))
    hypotheses = {"0 ⪯ Y": Y, "Y ⪯ I": most * identity - Y}
    T = Theory(words, (at_least(v.coefficient()), more_than(m.coefficient())), hypotheses)
    smaller = T.spectral(Y, T.hypothesis("0 ⪯ Y"), T.hypothesis("Y ⪯ I"), [1, 0, -1], "Y² ⪯ I")
    weight = T.trace(smaller, "Tr(Y²) ≤ k")
    parts = (T.congruence(smaller, w.T), T.product(T.square(w.T), weight), T.scale(weight, v.coefficient()))
    spread = words.sqnorm(w) + v
    gap = (words.sqnorm(w) + dimension * k * spread - words.sqnorm(Y @ w) - words.trace(Y @ Y) * spread) / m
    return [T.restate(T.scale(T.sum(*parts), 1 / m.coefficient()), gap, "shrinkage lowers the variance")]


def _risk_gap(change: Callable[[Alphabet], Element]) -> Element:
    words = estimator_alphabet()
    return expected_risk() - stated_risk(words) - change(words)


CHECKS: tuple[Check, ...] = (
    zero_check(
        "the error is the sum of three terms",
        ("prop-1-decomposition",),
        EVERY_LIMIT,
        decomposition_gap,
        {f"without the {name}": functools.partial(decomposition_gap, name) for name in ("bias", "variance", "noise")},
    ),
    zero_check(
        "the bias is the mean, the other terms are centred",
        ("prop-1-decomposition",),
        EVERY_LIMIT,
        centring_gap,
        {
            "twice the bias": lambda: centring_gap(1),
            "no bias": lambda: centring_gap(-1),
            "the variance term not centred": lambda: centring_gap() + terms()["variance"],
        },
    ),
    zero_check(
        "the expected squared error",
        ("new-prop-1-exact-risk",),
        EVERY_LIMIT,
        lambda: _risk_gap(lambda words: words.zeros("1", "1")),
        {
            "without ‖Yw⋆‖²/m": lambda: _risk_gap(
                lambda words: (
                    -words.sqnorm(words.scalar("alpha") * (words.letter("Lambda") @ words.letter("w_star")))
                    / words.scalar("m_test")
                )
            ),
            "noise counted twice": lambda: _risk_gap(
                lambda words: words.scalar("sigma_sq") * words.trace(words.letter("Lambda") @ words.letter("Lambda"))
            ),
            "without the bias": lambda: _risk_gap(lambda words: -words.sqnorm(words.letter("w_star"))),
        },
    ),
    zero_check(
        "the noise term",
        ("prop-1-last-term",),
        EVERY_LIMIT,
        noise_gap,
        {
            "without Tr(Y²)": lambda: noise_gap() + estimator_alphabet().scalar("sigma_sq"),
            "with d": lambda: noise_gap() + estimator_alphabet().scalar("d"),
            "with 1/m": lambda: noise_gap() + 1 / estimator_alphabet().scalar("m_test"),
        },
    ),
    proof_check(
        "shrinkage lowers the variance",
        ("prop-1-last-term", "sec-3-shrinkage-variance"),
        "every k, w⋆, σ² and m_test, every 0 ⪯ Y ⪯ I, Y = αΛ⋆",
        variance_falls,
        {
            "Y ⪯ 2I": lambda: variance_falls(most=2),
            "2k for k": lambda: variance_falls(dimension=2),
            "no k": lambda: variance_falls(dimension=0),
        },
    ),
    zero_check(
        "the error's norm sees X only through XB⋆",
        ("prop-1-dimension-free",),
        EVERY_LIMIT,
        reduced_error_gap,
        {
            "the complement of X counted": lambda: reduced_error_gap(True),
            "twice the reduced error": lambda: (
                reduced_error_gap() - split_alphabet().sqnorm(split_alphabet().letter("w_star"))
            ),
            "d in the bound": lambda: reduced_error_gap() + split_alphabet().scalar("d"),
        },
    ),
    zero_check(
        "the excess risk is the squared distance",
        ("sec-31-excess-risk",),
        EVERY_SIZE + "; the squared error without its factor one half",
        excess_risk_gap,
        {
            "with the half": lambda: excess_risk_gap(1),
            "doubled": lambda: excess_risk_gap(4),
            "noise kept": lambda: excess_risk_gap() + estimator_alphabet().scalar("sigma_sq"),
        },
    ),
    zero_check(
        "what a complement left at level g costs",
        ("sec-3-k-prime-to-k", "sec-4-complement-hurts-wide"),
        EVERY_SIZE + ", n = k′ − k directions at level g each, any Σ⋆",
        complement_cost_gap,
        {
            "g for g²": lambda: complement_cost_gap(1),
            "g³ for g²": lambda: complement_cost_gap(3),
            "free of g": lambda: complement_cost_gap(0),
        },
    ),
    proof_check(
        "Proposition 1 with the constants 8 and 5.55",
        ("new-prop-1-constants", "prop-1"),
        "every d, k, k′, m_in ≥ 1, m_test ≥ k, Σ⋆ = cI; probability 1 − 3e^{−k/2}; empty for k ≤ 2 as printed",
        bound,
        {
            "7 for 8": lambda: bound(spread=7),
            "5.5 for 5.55": lambda: bound(noise=550),
            "1 for 8": lambda: bound(spread=1),
        },
    ),
    proof_check(
        "the fraction must carry σ̄²",
        ("prop-1",),
        "every constant y: σ = 0, κ = k = m_in > 2y",
        wrong_fraction,
        {
            "κ = 1": lambda: wrong_fraction(False),
            "1 for 8": lambda: bound(spread=1),
            "5 for 5.55": lambda: bound(noise=500),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of the decomposition and of the exact expected risk."""
    found = terms()
    start = Derivation(
        "The error of one test-time step",
        ("prop-1-decomposition", "new-prop-1-exact-risk", "prop-1-last-term"),
        (
            r"a learned point: $\hat B = B_\star C$, $CC^{\top} = \Lambda$, $\hat B\hat w = 0$ ($w$ is $\hat w$)",
            "(10): a new task with standard Gaussian features and centred noise of variance $\\sigma^2$",
        ),
    )
    return (
        start.then("one step of (11)", "The error.", r"\hat Bw_{\mathrm{test}} - B_\star w_\star", error())
        .then("the mean over X and z", "Its mean: the bias.", "b", _averaged(error()))
        .then("the rest, no noise", "The variance of the single step, centred.", "v", found["variance"])
        .then("the rest, noise", "The noise term, centred.", "n", found["noise"])
        .then("Isserlis", "The expected squared error.", r"\mathbb{E}\lVert\cdot\rVert^2", expected_risk())
    )


def bound_derivation() -> Derivation:
    """Return the derivation of Proposition 1 with constants."""
    premises = (
        r"$e = \sqrt{k/m_{\mathrm{test}}} \le 1$, $h = \sqrt 2$, $x = x_\star$, $m = m_{\mathrm{in}}$",
        r"the decomposition, $0 \preceq \alpha\Lambda_\star = x_\star I \preceq I$, and the triangle inequality",
        r"$z$ independent of $X$, its entries independent and $\sigma$-sub-Gaussian",
    )
    return proof(
        "Proposition 1 with constants", ("prop-1", "new-prop-1-constants"), premises, *bound(), *wrong_fraction()
    )


def risk_derivation() -> Derivation:
    """Return the derivation of what the risk is, what it sees of X, and what shrinkage does to its variance."""
    claims = ("sec-31-excess-risk", "prop-1-dimension-free", "sec-3-shrinkage-variance", "prop-1-last-term")
    premises = (
        r"$X = X_kB_\star^{\top} + X_cB_{\star,\perp}^{\top}$",
        r"for the last step $Y = \alpha\Lambda_\star$, $v = \sigma^2$, $m = m_{\mathrm{test}}$",
        r"$0 \preceq \alpha\Lambda_\star \preceq I$, by its eigenvalues in (8)",
    )
    found = (
        Derivation("What the risk is, and what it depends on", claims, premises)
        .then(
            "expectation",
            "Twice the mean loss on fresh data, less the noise, is the squared distance: nothing remains.",
            r"2\mathbb{E}\hat L - \sigma^2 - \lVert Bw - B_\star w_\star\rVert^2",
            excess_risk_gap(),
        )
        .then(
            "B⋆ᵀB⋆ = I",
            "The error's norm sees X through its k columns along B⋆ only: nothing remains.",
            r"\lVert\hat Bw_{\mathrm{test}} - B_\star w_\star\rVert^2 - "
            r"\lVert Y(X_k^{\top}X_kw_\star + X_k^{\top}z)/m_{\mathrm{test}} - w_\star\rVert^2",
            reduced_error_gap(),
        )
    )
    return found.extended(proof("", claims, (), *variance_falls()))


def comparison_derivation() -> Derivation:
    """Return the derivation of how one step compares with least squares."""
    from proofs import one_step_against_regression  # which builds on this module

    return one_step_against_regression.derivation()


DERIVATIONS = (derivation, bound_derivation, risk_derivation, least_squares_risk.derivation, comparison_derivation)
