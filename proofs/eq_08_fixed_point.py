"""Equation (8), Λ⋆: the only full-rank stationary Gram matrix, in both closed forms, and how it shrinks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import QQ, Symbol, factor, latex
from sympy.polys.fields import FracElement, FracField

from foanil import first_principles, formal
from foanil.arrays import EXACT
from foanil.decisions import at_least, decide, more_than
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.first_principles import Parameters
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.notation import NOTATION
from foanil.paper_alphabet import limit_alphabet, paper_alphabet, total_task_variance
from foanil.words import Alphabet, Element
from proofs import fixed_points
from proofs.derivation import EVERY_SIZE, Derivation, difference, leading_ratio, state
from proofs.expectations import mean_outer_direction, sample

EVERY_COVARIANCE = EVERY_SIZE + ", every Σ⋆ ⪰ 0 with (1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I invertible"


@functools.cache
def gram_alphabet() -> Alphabet:
    """Return the alphabet of Λ⋆ in which CCᵀ is one letter, Λ."""
    words = limit_alphabet()
    C = words.letter("C")
    return words.with_rule(C @ C.T, words.letter("Lambda"))


def stationary_direction() -> Element:
    """Return −E[∇_B L̂]/α at B = B⋆C, w = 0, zero exactly at a stationary point with D = 0 and w = 0."""
    words = paper_alphabet()
    at_point = {"B": words.letter("B_star") @ words.letter("C"), "w": words.zeros("k_prime", "1")}
    direction: Element = -mean_outer_direction().B.substitute(at_point) / words.scalar("alpha")
    return direction.into(gram_alphabet())


def bracket(words: Alphabet, Lambda: Element) -> Element:
    """Return Σ⋆ − αΛK, what stands between B⋆ and C in the stationary direction. Shape (k, k), degree 2."""
    return words.letter("Sigma_star") - words.scalar("alpha") * (Lambda @ total_task_variance(words))


def factoring_gap() -> Element:
    """Return the stationary direction minus B⋆(Σ⋆ − αΛK)C: the zero element."""
    words = gram_alphabet()
    return stationary_direction() - words.letter("B_star") @ bracket(words, words.letter("Lambda")) @ words.letter("C")


def solved_for_gram() -> Element:
    """Return Λ + (Σ⋆ − αΛK)K⁻¹/α, in which Λ cancels: what stationarity forces Λ to be."""
    words = gram_alphabet()
    Lambda = words.letter("Lambda")
    return Lambda + bracket(words, Lambda) @ words.letter("K_inverse") / words.scalar("alpha")


def derivation() -> Derivation:
    """Return the derivation of (8): stationarity at D = 0, w = 0, factored, cancelled, solved for Λ."""
    start = Derivation(
        "The fixed point",
        ("eq-8",),
        (
            "(3) in expectation, at $B = B_\\star C$ and $w = 0$; $\\Lambda = CC^{\\top}$; $C$ has rank $k$",
            "$K = (1+1/m_{\\mathrm{in}})\\Sigma_\\star + (\\bar\\sigma^2/m_{\\mathrm{in}}) I$ is invertible",
        ),
    )
    return (
        start.then(
            "expectation; substitution",
            "The mean direction at such a point; it is zero exactly at a stationary point.",
            r"-\alpha^{-1}\,\mathbb{E}[\nabla_B \hat L_i]",
            stationary_direction(),
        )
        .then(
            "factor on the left and on the right",
            r"It factors: the difference is the zero word.",
            r"-\alpha^{-1}\,\mathbb{E}[\nabla_B \hat L_i] - B_\star(\Sigma_\star - \alpha\Lambda K)\,C",
            factoring_gap(),
        )
        .then(
            "cancel B⋆ (orthonormal columns) and C (full row rank); multiply by K⁻¹",
            r"So $\alpha\Lambda K = \Sigma_\star$, and $\Lambda + (\Sigma_\star - \alpha\Lambda K)K^{-1}/\alpha$, "
            r"in which $\Lambda$ cancels, is the only solution.",
            r"\Lambda_\star",
            solved_for_gram(),
        )
    )


def solution_residual(stated: Callable[..., Any]) -> Residual:
    """Check that the stated Λ⋆ is the only full-rank solution of stationarity, in words."""
    gap = factoring_gap()
    if not gap.is_zero():
        return exact_residual(False, f"the direction does not factor: {gap}")
    return difference(solved_for_gram(), state(stated, gram_alphabet()))


def instance_residual(stated: Callable[..., Any]) -> Residual:
    """Check αΛ((1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I) = Σ⋆ for the stated Λ at an exact, unsymmetric-looking instance, k = 3.

    Unlike the check in words it needs no declared inverse: any way of writing Λ⋆ is judged by its value.
    """
    Sigma_star = EXACT.array([[3, 1, 0], [1, 2, Fraction(-1, 2)], [0, Fraction(-1, 2), 5]])
    values = {
        "alpha": EXACT.scalar(Fraction(2, 7)),
        "beta": EXACT.scalar(Fraction(1, 11)),
        "m_in": EXACT.scalar(4),
        "sigma_sq": EXACT.scalar(Fraction(3, 5)),
        "sigma_bar_sq": EXACT.scalar(10 + Fraction(3, 5)),
        "Sigma_star": Sigma_star,
    }
    Lambda = stated(EXACT, **{name: values[name] for name in formal.letters(stated)})
    total = (1 + 1 / values["m_in"]) * Sigma_star + values["sigma_bar_sq"] / values["m_in"] * EXACT.eye(3)
    gap = values["alpha"] * (Lambda @ total) - Sigma_star
    worst = max(abs(entry) for entry in gap.ravel())
    return exact_residual(worst == 0, f"largest entry of αΛK − Σ⋆: {worst}", computed="0", stated=str(worst))


# On an eigenvector of Σ⋆ ---------------------------------------------------------------------------

_SCALARS = FracField(["lam", "m_in", "alpha", "beta", "sigma_sq", "sigma_bar_sq"], QQ)


def eigenvalue(stated: Callable[..., Any]) -> FracElement:
    """Return the eigenvalue of α times the stated Λ⋆ where Σ⋆ has eigenvalue λ, as a rational function.

    A spectral function of Σ⋆ acts on an eigenvector as the same formula at size 1. Raises ValueError when the stated
    formula, written in words, holds a letter other than Σ⋆ and K⁻¹, or a trace.
    """
    as_words = state(stated, limit_alphabet())
    if as_words.letters() - {"Sigma_star", "K_inverse"} or any(traces for traces, _ in as_words.terms):
        raise ValueError(f"expected a spectral function of Σ⋆; got {as_words}")
    lam, *scalars = _SCALARS.gens
    values: dict[str, Any] = dict(zip([str(s) for s in _SCALARS.symbols[1:]], scalars, strict=True))
    values["Sigma_star"] = np.array([[lam]], dtype=object)
    scaled = stated(EXACT, **{name: values[name] for name in formal.letters(stated)})
    return scaled[0, 0] * values["alpha"]


def shrinkage_limit_residual(stated: Callable[..., Any]) -> Residual:
    """Check αΛ⋆ → I as m_in → ∞: on each eigenvalue λ > 0 of Σ⋆ the limit is 1."""
    function = eigenvalue(stated)
    try:
        found = leading_ratio(function, "m_in") if function else function
    except ValueError as error:
        return exact_residual(False, str(error), computed="1", stated="no finite limit")
    return exact_residual(found == 1, f"lim αΛ⋆ = {found} on every eigenvalue λ", computed="1", stated=str(found))


def shrinkage_scale_residual(stated: Callable[..., Any]) -> Residual:
    """Check 1 − αλ(Λ⋆) = (λ + σ̄²)/(λm_in + λ + σ̄²), in (0, 1), ≥ 1/2 iff m_in ≤ 1 + σ̄²/λ."""
    lam, m_in, noise = (_SCALARS.gens[index] for index in (0, 1, 5))
    shrinkage = 1 - eigenvalue(stated)
    expected = (lam + noise) / (lam * m_in + lam + noise)
    given = (more_than(lam), at_least(m_in, _SCALARS.one), more_than(noise))
    half = _SCALARS.one / 2
    few, many = at_least(1 + noise / lam, m_in), more_than(m_in, 1 + noise / lam)
    decided = [
        decide((*given, few), at_least(shrinkage, half)),
        decide((*given, many), more_than(half, shrinkage)),
        decide(given, more_than(shrinkage)),
        decide(given, more_than(_SCALARS.one, shrinkage)),
    ]
    answers = ", ".join(f"z3 {d.z3}, cvc5 {d.cvc5}" for d in decided)
    shown = (
        f"shrinkage − (λ + σ̄²)/(λm + λ + σ̄²) = {shrinkage - expected}; ≥ 1/2 iff m_in ≤ 1 + σ̄²/λ; in (0, 1): {answers}"
    )
    return exact_residual(shrinkage == expected and all(d.holds for d in decided), shown)


@functools.cache
def estimator_alphabet() -> Alphabet:
    """Return the alphabet of a learned point B = B⋆C with CCᵀ = Λ and Cŵ = 0."""
    words = gram_alphabet()
    return words.with_rule(words.letter("C") @ words.letter("w"), words.zeros("k", "1"))


def mean_estimator(stated: Callable[..., Any]) -> Element:
    """Return the mean over X and z of B̂ w_test for a stated test-time step, at B̂ = B⋆C, B̂ŵ = 0. Shape (d, 1)."""
    words = estimator_alphabet()
    B = words.letter("B_star") @ words.letter("C")
    step = state(stated, words, B=B)
    noise = words.scalar("sigma_sq") * words.eye("m_test")
    return expectation(B @ step, Gaussian("X_test"), Centred("z_test", noise))


def unbiased_residual(stated: Callable[..., Any]) -> Residual:
    """Check E[B̂w_test] = αB⋆Λw⋆ in words, equal to B⋆w⋆ at αΛ = I and to no multiple of it else."""
    words = estimator_alphabet()
    mean, target = mean_estimator(stated), words.letter("B_star") @ words.letter("w_star")
    expected = words.scalar("alpha") * (words.letter("B_star") @ words.letter("Lambda") @ words.letter("w_star"))
    unshrunk = mean.transport(words, {"Lambda": words.eye("k") / words.scalar("alpha")}, {})
    found = difference(mean, expected)
    return found if not found.held else difference(unshrunk, target)


def step_size_residual(stated: Callable[..., Any]) -> Residual:
    """Check that αΛ⋆ depends on neither step size: its derivatives in α and in β vanish identically."""
    function = eigenvalue(stated)
    derivatives = [function.diff(_SCALARS.gens[index]) for index in (2, 3)]
    shown = f"∂(αΛ⋆)/∂α = {derivatives[0]}, ∂(αΛ⋆)/∂β = {derivatives[1]} on every eigenvalue λ"
    return exact_residual(not any(derivatives), shown, computed="0, 0", stated=shown)


def shrinkage_derivation() -> Derivation:
    """Return the derivation of the shrinkage of Λ⋆ and of its independence of the step sizes."""
    found = eigenvalue(limit_from_derivation)
    symbols = {Symbol("lam"): r"\lambda"} | {Symbol(n): s.latex for n, s in NOTATION.items() if n != "m"}
    printed = latex(factor(found.as_expr()), symbol_names=symbols)
    gap = latex(factor((1 - found).as_expr()), symbol_names=symbols)
    return (
        derivation_of_limit(("sec-3-shrinkage-limit", "sec-3-step-size-free", "sec-3-shrinkage-scale"))
        .noting(
            "spectral function",
            r"On an eigenvector of $\Sigma_\star$ with eigenvalue $\lambda$: neither step size occurs.",
            rf"\alpha\lambda(\Lambda_\star) = {printed}",
        )
        .noting(
            "limit of a rational function",
            r"The shrinkage, of order $1/m_{\mathrm{in}}$ for $\lambda > 0$, so $\alpha\Lambda_\star \to I$.",
            rf"1 - \alpha\lambda(\Lambda_\star) = {gap}",
        )
    )


def limit_from_derivation(xp: Any, Sigma_star: Any, sigma_bar_sq: Any, alpha: Any, m_in: Any) -> Any:
    """Evaluate the derived Λ⋆ in any number system, K⁻¹ computed there."""
    identity = xp.eye(Sigma_star.shape[0])
    K_inverse = xp.inv((1 + 1 / m_in) * Sigma_star + sigma_bar_sq / m_in * identity)
    scalars = {"alpha": alpha, "m_in": m_in, "sigma_bar_sq": sigma_bar_sq, "k": Sigma_star.shape[0]}
    if xp is limit_alphabet():
        return solved_for_gram().into(xp)
    return solved_for_gram().evaluate(xp, {"K_inverse": K_inverse, "Sigma_star": Sigma_star}, scalars)


def derivation_of_limit(claims: tuple[str, ...]) -> Derivation:
    """Return a derivation that starts from the derived Λ⋆."""
    start = Derivation("The shrinkage of the limit", claims, ("(8), derived; $\\Sigma_\\star \\succ 0$",))
    return start.then("derived", "The limit.", r"\Lambda_\star", solved_for_gram())


def unbiased_derivation() -> Derivation:
    """Return the derivation of the mean of the one-step estimator, and of what it is without shrinkage."""
    words = estimator_alphabet()
    B = words.letter("B_star") @ words.letter("C")
    step = first_principles.inner_step(Parameters(B, words.letter("w")), sample(words, "test"), words.scalar("alpha"))
    noise = words.scalar("sigma_sq") * words.eye("m_test")
    mean = expectation(B @ step.w, Gaussian("X_test"), Centred("z_test", noise))
    unshrunk = mean.transport(words, {"Lambda": words.eye("k") / words.scalar("alpha")}, {})
    return (
        Derivation("The one-step estimator", ("sec-3-unbiased",), (r"$\hat B = B_\star C$, $\hat B\hat w = 0$ (9)",))
        .then("expectation", "Its mean.", r"\mathbb{E}[\hat Bw_{\mathrm{test}}]", mean)
        .then("αΛ = I", "Without shrinkage it is unbiased.", r"\mathbb{E}[\hat Bw_{\mathrm{test}}]", unshrunk)
    )


DERIVATIONS = (derivation, shrinkage_derivation, unbiased_derivation, *fixed_points.DERIVATIONS)

_INSTANCE = "one instance: k = 3, Σ⋆ not diagonal, m_in = 4, exact rationals"

CHECKS = (
    *(
        Check(f"{name} is stationary at an instance", ("eq-8",), Method.EXACT, _INSTANCE, name, instance_residual)
        for name in ("limit_gram", "limit_gram_ratio_form")
    ),
    Check(
        "Λ⋆ as printed solves stationarity, uniquely",
        ("eq-8",),
        Method.ALGEBRA,
        EVERY_COVARIANCE,
        "limit_gram",
        solution_residual,
    ),
    Check(
        "Λ⋆ as a ratio solves stationarity, uniquely",
        ("eq-8",),
        Method.ALGEBRA,
        EVERY_COVARIANCE,
        "limit_gram_ratio_form",
        solution_residual,
    ),
    Check(
        "αΛ⋆ tends to the identity with many samples",
        ("sec-3-shrinkage-limit",),
        Method.ALGEBRA,
        "every k, every eigenvalue λ > 0 of Σ⋆, every σ̄²",
        "limit_gram",
        shrinkage_limit_residual,
    ),
    Check(
        "the shrinkage, and where it is one half",
        ("sec-3-shrinkage-scale",),
        Method.DECISION,
        "every k, every eigenvalue λ > 0 of Σ⋆, every σ̄² > 0, m_in ≥ 1",
        "limit_gram",
        shrinkage_scale_residual,
    ),
    Check(
        "the one-step estimator has mean αB⋆Λw⋆",
        ("sec-3-unbiased",),
        Method.ALGEBRA,
        EVERY_SIZE + ", every point with (9)",
        "new_task_step",
        unbiased_residual,
    ),
    Check(
        "αΛ⋆ is free of both step sizes",
        ("sec-3-step-size-free",),
        Method.ALGEBRA,
        "every k, every eigenvalue λ > 0 of Σ⋆, every σ̄²; the conditions (8), not the point itself",
        "limit_gram",
        step_size_residual,
    ),
)
