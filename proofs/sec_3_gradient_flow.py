"""Section 3, beside it: the gradient flow of first-order ANIL, solved; its limits, rates and monotonicity.

For steps β → 0 in the time τ = αβt and Bw = 0, H = αBBᵀ obeys H′ = ΘH + HΘ − 2HQH, which
H(τ) = e^{Θτ}B_0(I + B_0ᵀV(τ)B_0)⁻¹B_0ᵀe^{Θτ} solves for every Σ⋆ and every B_0 (units with α = 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.inequalities import RefusedStepError
from foanil.limits import LEMMAS
from foanil.paper_alphabet import paper_alphabet, total_task_variance
from foanil.words import Element
from proofs import gradient_flow_with_head as head
from proofs import sec_3_gradient_flow_limits as bounds
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, state, zero_check
from proofs.expectations import PREMISES
from proofs.gradient_flow import (
    block_alphabet,
    block_clock,
    blocks_of_solution,
    initial,
    inverse_gram,
    inverse_limit_gram,
    quadratic_integral,
    riccati_gap,
    silence_gaps,
    silent_step,
    small_step_rate,
    solution,
    solution_alphabet,
    solution_clock,
    solution_gap,
    solution_start,
)

FLOW, INVERSE, LIMITS = ("new-gradient-flow",), ("new-flow-gram-inverse",), ("new-flow-limits",)
UNLEARNING, RATE = ("new-flow-unlearning-rate",), ("new-third-limit-rate",)
MONOTONE, HEAD = ("new-flow-monotone-criterion",), ("new-flow-with-head",)
ANY = EVERY_SIZE + ", every Σ⋆, every rank and width of B_0, every τ ≥ 0"
POSITIVE = EVERY_SIZE + ", every Σ⋆ ≻ 0, rank(C_0) = k, every τ ≥ 0"

# The equation and its solution ---------------------------------------------------------------------------


def first_left(gaps: Mapping[str, Element] | Sequence[Element], none: Element) -> Element:
    """Return the first of some elements that is not zero, or the zero element `none`."""
    found = gaps.values() if isinstance(gaps, Mapping) else gaps
    return next((gap for gap in found if not gap.is_zero()), none)


def blocks_gap(seen: int = 1) -> Element:
    """Return what is left of five identities that spell the closed form out in blocks: zero.

    Derivatives and starts of e^{Θτ} and V, and I + B_0ᵀVB_0 = I + 2qτD_0ᵀD_0 + C_0ᵀVC_0; `seen` multiplies V there.
    """
    words, clock = block_alphabet(), block_clock()
    parts = blocks_of_solution()
    Theta, E, V, B_0 = (parts[name] for name in ("Theta", "E", "V", "B_0"))
    C_0, D_0 = words.letter("C_0"), words.letter("D_0")
    Q = words.scalar("q") * words.eye("d") + (1 + 1 / words.scalar("m")) * Theta
    spread = 2 * words.scalar("q") * words.scalar("tau") * (D_0.T @ D_0) + seen * (C_0.T @ words.letter("V") @ C_0)
    gaps = (
        clock.rate(E) - Theta @ E,
        clock.rate(V) - 2 * (E @ Q @ E),
        initial(E) - words.eye("d"),
        initial(V),
        B_0.T @ V @ B_0 - spread,
    )
    return first_left(gaps, words.zeros("d", "d"))


def blocks_of_gram(inside: bool = True, damped: bool = True) -> Element:
    """Return B⋆ᵀHB⋆ − XC_0JC_0ᵀX, or B⋆,⊥ᵀHB⋆,⊥ − D_0JD_0ᵀ: zero."""
    words = block_alphabet()
    parts = blocks_of_solution()
    H = parts["E"] @ parts["B_0"] @ words.letter("J") @ parts["B_0"].T @ parts["E"]
    basis = words.letter("B_star") if inside else words.letter("B_star_perp")
    side = words.letter("X") @ words.letter("C_0") if inside else words.letter("D_0")
    core = words.letter("J") if damped else words.eye("k_prime")
    return basis.T @ H @ basis - side @ core @ side.T


def relations_gap(grown: int = 1, weight: int = 2, inverse: int = 1) -> Element:
    """Return the first declared relation whose two sides move apart in time: none. Factors are for mutants."""
    if weight != 2 or inverse != 1:
        return first_left(solution_clock(weight, inverse).conflicts(), solution_alphabet().zeros("d", "d"))
    words = block_alphabet()
    D_0, N = words.letter("D_0"), words.letter("N")
    defined = N - words.eye("k_prime") - 2 * words.scalar("q") * words.scalar("tau") * (D_0.T @ D_0)
    gaps = (*solution_clock().conflicts(), *block_clock().conflicts(), block_clock(grown).rate(defined))
    return first_left(gaps, words.zeros("d", "d"))


# The inverse Gram matrix -------------------------------------------------------------------------------


def woodbury_gap(integral: int = 1) -> Element:
    """Return (C_0JC_0ᵀ(K + V) − I)C_0PC_0ᵀ: zero, and C_0PC_0ᵀ is invertible, so Λ⁻¹ = Y(K + V)Y."""
    words = block_alphabet()
    C_0, J, P, K, V = (words.letter(name) for name in ("C_0", "J", "P", "K", "V"))
    return (C_0 @ J @ C_0.T @ (K + integral * V) - words.eye("k")) @ C_0 @ P @ C_0.T


def integral_gap(weight: int = 1) -> Element:
    """Return V′ and V(0) of V = Q_kΣ⋆⁻¹(e^{2Σ⋆τ} − I), minus 2XQ_kX and 0, the first that is not zero: none."""
    found = weight * quadratic_integral()
    gaps = (block_clock().rate(found) - block_clock().letters["V"], initial(found))
    return first_left(gaps, block_alphabet().zeros("k", "k"))


def inverse_gap(limit: int = 1) -> Element:
    """Return Y(K + V)Y − (Λ⋆⁻¹ + Y(K − Λ⋆⁻¹)Y), V carried out: zero."""
    words = block_alphabet()
    Y, K = words.letter("Y"), words.letter("K")
    return Y @ (K + limit * quadratic_integral()) @ Y - inverse_gram(words)


def limit_residual(stated: Callable[..., Any]) -> Residual:
    """Check that Q_kαΛ⋆ = Σ⋆ for the stated Λ⋆, so that Λ⋆⁻¹ = Q_kΣ⋆⁻¹ at α = 1."""
    words = paper_alphabet().with_inverse("K_inverse", total_task_variance(paper_alphabet()), latex="K^{-1}")
    gap = total_task_variance(words) @ (words.scalar("alpha") * state(stated, words)) - words.letter("Sigma_star")
    return exact_residual(gap.is_zero(), str(gap), computed="Σ⋆", stated=str(gap + words.letter("Sigma_star")))


def invertible(drop: str = "") -> list[Proved]:
    """Derive that what is inverted is positive definite: N ⪰ I, C_0PC_0ᵀ ⪰ (ℓ/(1 + 2qτy))I, N + C_0ᵀVC_0 ⪰ I."""
    at = bounds.AtOneTime(bounds.resting(drop=drop))
    T, C_0, top = at.theory, at.letter("C_0"), 1 + at.elapsed * at.number("y")
    core = T.sum(
        T.congruence(at.P_lower, C_0),
        T.scale(T.hypothesis("Λ_0 ⪰ ℓI"), 1 / top),
        says="C_0PC_0ᵀ ⪰ (ℓ/(1 + 2qτy))I",
    )
    T.strictly(core, at.weighted_gram)
    whole = T.sum(at.N_lower, T.congruence(T.hypothesis("V ⪰ 0"), C_0.T), says="N + C_0ᵀVC_0 ⪰ I")
    return [*bounds.conclusions(bounds.integral_kept(bounds.moving(drop))), at.N_lower, core, whole]


def gram_in_time(drop: str = "") -> list[Proved]:
    """Derive K′ ⪰ 0, K″ ⪯ 0, and Λ_0⁻¹ ⪯ K ⪯ (1 + 2qτy)Λ_0⁻¹."""
    T, at = bounds.moving(drop), bounds.AtOneTime(bounds.resting(drop=drop))
    return [bounds.K_rises(T), bounds.K_bends(T), at.K_lower, at.K_upper]


# Limits and rates --------------------------------------------------------------------------------------


def third_limit(drop: str = "", factor: int = 1) -> list[Proved]:
    """Derive ‖Λ − Λ⋆‖ ≤ const·(1 + τ)e^{−2μτ}."""
    at = bounds.AtOneTime(bounds.resting(drop=drop))
    rate = at.third_limit_rate(at.theory.words.field(factor) if factor > 0 else at.theory.words.field.one / 4)
    return [*bounds.all_kept(bounds.moving(drop)), *rate]


def first_limit(drop: str = "", half: int = 2) -> list[Proved]:
    """Derive ‖D(τ)‖² ≤ y/(1 + 2qτy) ≤ 1/(2qτ)."""
    at = bounds.AtOneTime(bounds.resting(drop=drop))
    return [*bounds.conclusions(bounds.integral_kept(bounds.moving(drop))), *at.unlearning(half)]


def square_decay(drop: str = "", exact: int = 1) -> list[Proved]:
    """Derive the exponential decay of the complement at k′ = k."""
    return [*bounds.all_kept(bounds.moving(drop)), *bounds.square_unlearning(drop, exact)]


def half_attained(slack: int = 1, drop: str = "") -> Sequence[Proved]:
    """Derive that D_0n is unlearned no faster than h/(1 + 2qτh), and that both bounds behave like 1/(2qτ)."""
    left = [end for end in bounds.sharp_half() if not end.is_zero()]
    if left:
        raise RefusedStepError(f"expected both bounds to behave like 1/(2qτ); what is left: {left}")
    return bounds.unseen_bound(slack, drop)


def wrong_half(weight: int) -> None:
    """Raise RefusedStepError unless 2qτ·weight times the bounds tends to 1."""
    if any(not end.is_zero() for end in bounds.sharp_half(weight)):
        raise RefusedStepError("the bounds do not behave like the claimed multiple of 1/(2qτ)")


def criterion(drop: str = "", noise: int = 1) -> list[Proved]:
    """Derive both directions of the monotonicity criterion."""
    found, rises = bounds.sufficient(noise, drop)
    return [*bounds.conclusions(found), rises, bounds.necessary(noise)]


CHECKS = (
    zero_check(
        "the small-step limit is a Riccati equation",
        FLOW,
        EVERY_SIZE + ", every Σ⋆ ⪰ 0, Bw = 0; lemma: Euler's method",
        riccati_gap,
        {
            "HQH once": lambda: riccati_gap(1),
            "HQH three times": lambda: riccati_gap(3),
            "m_in + 1 in Q": lambda: riccati_gap(samples=1),
        },
    ),
    zero_check(
        "a head without output stays without output",
        FLOW,
        EVERY_SIZE + ", every Σ⋆ and every step size",
        lambda: first_left(silence_gaps(), silence_gaps()["head"]),
        {
            "a head with an output, later": lambda: silence_gaps(silent=False)["output"],
            "a head with an output, at once": lambda: silence_gaps(silent=False)["head"],
            "w₊ = 2w": lambda: silence_gaps()["head"] - silent_step()["w"],
        },
    ),
    zero_check(
        "the closed form solves the Riccati equation",
        FLOW,
        ANY + "; lemma: one solution",
        solution_gap,
        {
            "V′ = e^{Θτ}Qe^{Θτ}": lambda: solution_gap(solution_clock(1)),
            "J does not move": lambda: solution_gap(solution_clock(inverse=0)),
            "e^{Θτ} on one side": lambda: solution_gap(
                H=solution_alphabet().letter("B_0")
                @ solution_alphabet().letter("J")
                @ solution_alphabet().letter("B_0").T
                @ solution_alphabet().letter("E")
            ),
            "without e^{Θτ}": lambda: solution_gap(
                H=solution_alphabet().letter("B_0")
                @ solution_alphabet().letter("J")
                @ solution_alphabet().letter("B_0").T
            ),
        },
    ),
    zero_check(
        "the closed form starts where it should",
        FLOW,
        ANY,
        solution_start,
        {
            "twice": lambda: solution_start() + solution().substitute({"E": solution_alphabet().eye("d")}),
            "the solution itself": lambda: (
                solution() - solution_alphabet().letter("B_0") @ solution_alphabet().letter("B_0").T
            ),
            "started at 0": lambda: (
                solution_start() + solution_alphabet().letter("B_0") @ solution_alphabet().letter("B_0").T
            ),
        },
    ),
    zero_check(
        "declared derivatives respect declared relations",
        (*FLOW, *INVERSE),
        ANY,
        relations_gap,
        {
            "N′ = 4qD_0ᵀD_0": lambda: relations_gap(grown=2),
            "J′ = −2J(B_0ᵀV′B_0)J": lambda: relations_gap(inverse=2),
            "J′ = 0": lambda: relations_gap(inverse=0),
        },
    ),
    zero_check(
        "the closed form in blocks",
        INVERSE,
        ANY,
        blocks_gap,
        {
            "V twice": lambda: blocks_gap(2),
            "V nowhere": lambda: blocks_gap(0),
            "V negative": lambda: blocks_gap(-1),
        },
    ),
    zero_check(
        "the blocks of H",
        (*INVERSE, *UNLEARNING),
        ANY,
        lambda: first_left((blocks_of_gram(False), blocks_of_gram()), blocks_of_gram()),
        {
            "Λ without J": lambda: blocks_of_gram(True, False),
            "DDᵀ without J": lambda: blocks_of_gram(False, False),
            "DDᵀ for twice": lambda: 2 * blocks_of_gram(False) + block_alphabet().eye("d-k"),
        },
    ),
    proof_check(
        "what is inverted is positive definite",
        INVERSE,
        POSITIVE + "; lemma: integrated inequality",
        invertible,
        {
            "without Λ_0 ⪰ ℓI": lambda: invertible("Λ_0 ⪰ ℓI"),
            "without ‖D_0‖² ≤ y": lambda: invertible("‖D_0‖² ≤ y"),
            "without q > 0": lambda: invertible("q > 0"),
            "without ℓ > 0": lambda: invertible("ℓ > 0"),
        },
    ),
    zero_check(
        "the inverse Gram matrix by its blocks",
        INVERSE,
        POSITIVE,
        woodbury_gap,
        {
            "2V": lambda: woodbury_gap(2),
            "without V": lambda: woodbury_gap(0),
            "−V": lambda: woodbury_gap(-1),
        },
    ),
    zero_check(
        "the integral carried out",
        INVERSE,
        POSITIVE,
        integral_gap,
        {
            "twice": lambda: integral_gap(2),
            "half a sign": lambda: integral_gap(-1),
            "nothing": lambda: integral_gap(0),
        },
    ),
    zero_check(
        "the inverse Gram matrix in closed form",
        INVERSE,
        POSITIVE,
        inverse_gap,
        {
            "2V": lambda: inverse_gap(2),
            "without V": lambda: inverse_gap(0),
            "−V": lambda: inverse_gap(-1),
        },
    ),
    Check("the flow's limit is the paper's", INVERSE, Method.ALGEBRA, POSITIVE, "limit_gram", limit_residual),
    proof_check(
        "K is nondecreasing, concave and bounded",
        INVERSE,
        POSITIVE,
        gram_in_time,
        {
            "K′ = qRD_0ᵀD_0Rᵀ": lambda: bounds.K_rises(factor=1),
            "K″ half as large": lambda: bounds.K_bends(factor=4),
            "K″ ⪰ 0": lambda: bounds.K_bends(factor=-8),
            "without q > 0": lambda: gram_in_time("q > 0"),
            "without τ ≥ 0": lambda: gram_in_time("τ ≥ 0"),
            "without N ⪯ I + 2qτD_0ᵀD_0": lambda: gram_in_time("N ⪯ I + 2qτD_0ᵀD_0"),
        },
    ),
    zero_check(
        "K as a minimum",
        INVERSE,
        POSITIVE,
        bounds.variational_gap,
        {
            "2U": lambda: bounds.variational_gap(2),
            "without U": lambda: bounds.variational_gap(0),
            "−U": lambda: bounds.variational_gap(-1),
        },
    ),
    proof_check(
        "the third limit, exponentially",
        (*RATE, *LIMITS),
        POSITIVE + "; lemmas: integrated inequality, exponential beats polynomial",
        third_limit,
        {
            "a quarter of the constant": lambda: third_limit(factor=0),
            "without Σ⋆ ⪰ μI": lambda: third_limit("Σ⋆ ⪰ μI"),
            "without Λ_0 ⪰ ℓI": lambda: third_limit("Λ_0 ⪰ ℓI"),
            "without Λ_0 ⪯ I/ν": lambda: third_limit("Λ_0 ⪯ I/ν"),
            "without ‖D_0‖² ≤ y": lambda: third_limit("‖D_0‖² ≤ y"),
            "without μ > 0": lambda: third_limit("μ > 0"),
            "without ν ≤ 1": lambda: third_limit("ν ≤ 1"),
            "e^{4μτ}e^{−2Σ⋆τ} ⪯ I": lambda: bounds.exponential_kept(bounds.moving(), 4),
        },
    ),
    proof_check(
        "the factor 1 + τ absent when C_0 has rank k on ker D_0",
        RATE,
        POSITIVE + ", C_0U = I and D_0U = 0 for some U; lemma: integrated inequality",
        lambda: [*bounds.all_kept(), *bounds.rate_without_factor()],
        {
            "D_0U not 0": lambda: bounds.rate_without_factor(kernel=False),
            "without ‖U‖² ≤ u": lambda: bounds.rate_without_factor(drop="‖U‖² ≤ u"),
            "without N ⪯ I + 2qτD_0ᵀD_0": lambda: bounds.rate_without_factor(drop="N ⪯ I + 2qτD_0ᵀD_0"),
            "without Σ⋆ ⪰ μI": lambda: bounds.rate_without_factor(drop="Σ⋆ ⪰ μI"),
        },
    ),
    zero_check(
        "the factor 1 + τ real when C_0 is square",
        RATE,
        POSITIVE + ", k′ = k",
        bounds.square_start_gap,
        {
            "2K": lambda: bounds.square_start_gap(2),
            "−K": lambda: bounds.square_start_gap(-1),
            "0": lambda: bounds.square_start_gap(0),
        },
    ),
    proof_check(
        "the complement below a hyperbola",
        (*UNLEARNING, *LIMITS),
        ANY + ", σ̄² > 0; lemma: integrated inequality",
        first_limit,
        {
            "the constant 1/4": lambda: first_limit(half=4),
            "the constant 1/3": lambda: first_limit(half=3),
            "without ‖D_0‖² ≤ y": lambda: first_limit("‖D_0‖² ≤ y"),
            "without V ⪰ 0": lambda: first_limit("V ⪰ 0"),
            "without N ⪰ I + 2qτD_0ᵀD_0": lambda: first_limit("N ⪰ I + 2qτD_0ᵀD_0"),
        },
    ),
    proof_check(
        "the half is attained on the kernel of C_0",
        UNLEARNING,
        ANY + ", C_0n = 0, D_0n ≠ 0 (so k′ > rank(C_0)); 2qτ‖D(τ)‖² lies between two functions that tend to 1",
        half_attained,
        {
            "2h in the denominator": lambda: half_attained(2),
            "no h in the denominator": lambda: half_attained(0),
            "without N ⪰ I + 2qτD_0ᵀD_0": lambda: half_attained(drop="N ⪰ I + 2qτD_0ᵀD_0"),
            "without V ⪰ 0": lambda: half_attained(drop="V ⪰ 0"),
            "1/(qτ)": lambda: wrong_half(2),
        },
    ),
    proof_check(
        "exponential unlearning when C_0 is square",
        UNLEARNING,
        POSITIVE + ", k′ = k; lemma: integrated inequality",
        square_decay,
        {
            "without C_0ᵀC_0 ⪰ ℓI": lambda: square_decay("C_0ᵀC_0 ⪰ ℓI"),
            "without Σ⋆ ⪰ μI": lambda: square_decay("Σ⋆ ⪰ μI"),
            "without x ≥ 1": lambda: square_decay("x ≥ 1"),
            "twice as fast": lambda: square_decay(exact=2),
        },
    ),
    zero_check(
        "the derivative of the inverse Gram matrix for an isotropic covariance",
        MONOTONE,
        EVERY_SIZE + ", Σ⋆ = cI in units with c = 1, rank(C_0) = k, every τ ≥ 0",
        bounds.monotone_gap,
        {
            "K − s once": lambda: bounds.monotone_gap(1),
            "K − s three times": lambda: bounds.monotone_gap(3),
            "K − s with the other sign": lambda: bounds.monotone_gap(-2),
        },
    ),
    proof_check(
        "the Gram matrix increases for ever if and only if at the start",
        MONOTONE,
        EVERY_SIZE + ", Σ⋆ = cI in units with c = 1, rank(C_0) = k; lemma: integrated inequality",
        criterion,
        {
            "2q in the condition, sufficient": lambda: bounds.sufficient(2),
            "2q in the condition, necessary": lambda: bounds.necessary(2),
            "no q in the condition": lambda: criterion(noise=0),
            "without the condition": lambda: criterion("condition at the start"),
            "without q > 0": lambda: criterion("q > 0"),
            "Λ decreases at the start": lambda: bounds.necessary(reverse=-1),
        },
    ),
    proof_check(
        "a small start increases",
        MONOTONE,
        EVERY_SIZE + ", Σ⋆ = cI in units with c = 1, α‖B_0‖² ≤ x⋆",
        lambda: [bounds.small_start()],
        {
            "‖B_0‖² ≤ 2x⋆": lambda: bounds.small_start(2),
            "without ‖B_0‖² ≤ x⋆": lambda: bounds.small_start(0),
            "without m ≥ 1": lambda: bounds.small_start(drop="m ≥ 1"),
        },
    ),
    zero_check(
        "the flow with a head from the outer step",
        HEAD,
        EVERY_SIZE + ", Σ⋆ = cI; lemma: Euler's method",
        lambda: first_left(head.rate_gaps(), head.rate_gaps()["w"]),
        {
            "2E": lambda: head.rate_gaps(2)["C"],
            "no E": lambda: head.rate_gaps(0)["C"],
            "−E": lambda: head.rate_gaps(-1)["C"],
        },
    ),
    zero_check(
        "with D and Bw gone the Gram matrix follows a logistic equation",
        HEAD,
        EVERY_SIZE + ", Σ⋆ = cI",
        head.noise_vanishes,
        {
            "D stays": lambda: head.noise_vanishes("D"),
            "Cŵ stays": lambda: head.noise_vanishes("Cŵ"),
            "without the logistic term": lambda: head.noise_vanishes(logistic=0),
        },
    ),
    proof_check(
        "the flow with a head",
        HEAD,
        EVERY_SIZE + ", Σ⋆ = cI, rank(C_0) = k, α‖B_0‖² < 1 (at m_in = 1: ≤ 2/3), ‖w_0‖² ≤ αc",
        head.with_head,
        {
            "without y ≥ x⋆": lambda: head.top_eigenvalue("y ≥ x⋆"),
            "2E": lambda: head.top_eigenvalue(moment=2),
            "without ḡ < 1": lambda: head.with_head("ḡ < 1"),
            "without ḡ(1 + 2/m) ≤ 2": lambda: head.with_head("ḡ(1 + 2/m) ≤ 2"),
            "without ρ > 0": lambda: head.with_head("ρ > 0"),
            "without G ⪯ ḡI": lambda: head.with_head("G ⪯ ḡI"),
            "without ‖ŵ‖² ≤ ω": lambda: head.with_head("‖ŵ‖² ≤ ω"),
            "ḡ ≤ 1 at m = 1": lambda: head.entry(3),
            "the head pays 3": lambda: head.Inside().head_pays(3),
            "the complement pays 3": lambda: head.Inside().complement_pays(3),
            "twice the floor": lambda: head.Inside().rises_below_floor(2),
            "a head with Cŵ = 0 only": lambda: head.require_silent(head.silent_head(complement_too=False)),
        },
    ),
)

# Derivations ---------------------------------------------------------------------------------------------

NAMES = (
    r"$\tau = \alpha\beta t$, $\beta \to 0$; units with $\alpha = 1$; $q = \bar\sigma^2/m_{\mathrm{in}}$",
    r"$\Theta = B_\star\Sigma_\star B_\star^{\top}$, $Q = qI + (1+1/m_{\mathrm{in}})\Theta$, $B_0w_0 = 0$",
    r"$B_0 = B_\star C_0 + B_{\star,\perp}D_0$, $X = e^{\Sigma_\star\tau}$, $Y = e^{-\Sigma_\star\tau}$",
    r"$N = I + 2q\tau D_0^{\top}D_0$, $P = N^{-1}$, $K = (C_0PC_0^{\top})^{-1}$, $J = (N + C_0^{\top}VC_0)^{-1}$",
)


def _lemma(derivation: Derivation, name: str, says: str, latex: str) -> Derivation:
    return derivation.noting(f"lemma: {name}", f"{LEMMAS[name].statement} {says}".strip(), latex)


def flow_derivation() -> Derivation:
    """Return the derivation of the Riccati equation and its solution."""
    words = solution_alphabet()
    clock = solution_clock()
    found = (
        Derivation("The gradient flow in closed form", FLOW, (*PREMISES, *NAMES[:2]))
        .then("(5)-(6)", r"A head with $Bw = 0$ stays: the change of the head.", "w_+ - w", silence_gaps()["head"])
        .then("(5)-(6)", "Its output stays zero.", "B_+w_+", silence_gaps()["output"])
        .then(
            "derivative in β at 0",
            r"$(H_+ - H)/(\alpha\beta)$ at $\beta = 0$, $H = \alpha BB^{\top}$.",
            "H'",
            small_step_rate(),
        )
        .then(
            "identity of words",
            "Nothing remains of the Riccati equation.",
            r"H' - (\Theta H + H\Theta - 2HQH)",
            riccati_gap(),
        )
    )
    found = _lemma(found, "Euler's method", "The steps follow the equation.", "")
    for name in ("E", "V", "J"):
        found = found.then("product rule", "A letter moves.", f"({words.letters[name].latex})'", clock.letters[name])
    found = (
        found.then("definition", "The closed form.", r"H(\tau)", solution())
        .then("J(I + B_0ᵀVB_0) = I", "It solves the equation.", r"H' - (\Theta H + H\Theta - 2HQH)", solution_gap())
        .then("e⁰ = I, V(0) = 0", "It starts right.", r"H(0) - B_0B_0^{\top}", solution_start())
    )
    return _lemma(found, "one solution", "So it is the flow.", "")


def inverse_derivation() -> Derivation:
    """Return the derivation of the inverse Gram matrix."""
    words = block_alphabet()
    found = Derivation("The inverse Gram matrix along the flow", INVERSE, (*NAMES, r"$\Sigma_\star \succ 0$"))
    for name, element in blocks_of_solution().items():
        found = found.then("blocks", "In blocks.", solution_alphabet().letters[name].latex, element)
    found = (
        found.then("blocks", r"$B_\star^{\top}HB_\star$.", r"\Lambda - XC_0JC_0^{\top}X", blocks_of_gram())
        .then(
            "J(N + C_0ᵀVC_0) = I",
            "The inverse, times an invertible matrix.",
            r"(C_0JC_0^{\top}(K+V) - I)C_0PC_0^{\top}",
            woodbury_gap(),
        )
        .then("product rule", "The integral carried out.", "V", quadratic_integral())
        .then("definition", "The limit.", r"\Lambda_\star^{-1}", inverse_limit_gram(words))
        .then("YX = I", "The inverse.", r"\Lambda^{-1}", inverse_gram(words))
    )
    return found.extended(proof("", INVERSE, (), *invertible(), *gram_in_time()))


def limits_derivation() -> Derivation:
    """Return the derivation of the limits and rates."""
    title = "The limits of the flow and their rates, for every positive definite covariance"
    claims = (*LIMITS, *UNLEARNING, *RATE)
    premises = (
        *NAMES,
        r"$\ell I \preceq \Lambda_0 \preceq I/\nu$, $\lVert D_0\rVert^2 \le y$, $\Sigma_\star \succeq \mu I$",
        r"$x = e^{2\mu\tau}$; $C_0n = 0$, $\lVert n\rVert = 1$, $h = \lVert D_0n\rVert^2$",
        r"$C_0U = I$, $D_0U = 0$, $\lVert U\rVert^2 \le u$",
    )
    at = bounds.AtOneTime()
    unlearned = (*at.unlearning(), *bounds.unseen_bound(), *bounds.square_unlearning())
    learned = (*at.third_limit_rate(), *bounds.rate_without_factor())
    return proof(title, claims, premises, *bounds.all_kept(), *unlearned, *learned)


def monotone_derivation() -> Derivation:
    """Return the derivation of the monotonicity criterion."""
    premises = (
        *NAMES,
        r"$\Sigma_\star = I$, $s = 1 + 1/m_{\mathrm{in}} + q$, $e = e^{-\tau}$, $\mathrm{rank}\,C_0 = k$",
    )
    kept, rises = bounds.sufficient()
    found = (
        Derivation("Loewner monotonicity of the flow", MONOTONE, premises)
        .then("Σ⋆ = I", "The inverse Gram matrix.", r"\Lambda^{-1}", bounds.isotropic_inverse())
        .then("product rule", "What decides.", "Z", bounds.monotone_quantity())
        .then("product rule", "Nothing remains.", r"(\Lambda^{-1})' + e^{-2\tau}Z", bounds.monotone_gap())
    )
    return found.extended(proof("", MONOTONE, (), kept.conclusion, rises, bounds.necessary(), bounds.small_start()))


EQUATIONS = {
    "C": "C' - C(I-E)",
    "D": "D' + DE",
    "w": r"\hat w' + (\rho/a)G(I-G)\hat w",
}
SILENT = {
    "head": r"\hat w'",
    "C output": r"C'\hat w",
    "D output": r"D'\hat w",
    "C": r"C' - C'|_{\hat w = 0}",
    "D": r"D' - D'|_{\hat w = 0}",
}


def head_derivation() -> Derivation:
    """Return the derivation of the limits with a head."""
    premises = (
        r"$\Sigma_\star = cI$, $\mathrm{rank}\,C_0 = k$",
        r"$\alpha\lVert B_0\rVert^2 \lt 1$, at $m_{\mathrm{in}} = 1$ at most $2/3$",
        r"$\lVert w_0\rVert^2 \le \alpha c$; if $B_0w_0 = 0$, nothing changes when $w_0$ is replaced by 0",
        r"$C' = C(I-E)$, $D' = -DE$, $\hat w' = -(\rho/a)G(I-G)\hat w$, $E = sC^{\top}C + W$, $W = qD^{\top}D + R$",
        r"$v = (p, r)$, $\alpha BB^{\top}v = yv$, $g = C^{\top}p + D^{\top}r$",
        r"$\ell = \bar g = \max(\alpha\lVert B_0\rVert^2, x_\star)$",
    )
    found = Derivation("The flow with a head", HEAD, premises)
    for name, element in head.rate_gaps().items():
        found = found.then("derivative in β at 0", "Nothing remains of the equation.", EQUATIONS[name], element)
    for name, element in head.silent_head().items():
        found = found.then("Bŵ = 0", "A head without output changes nothing.", SILENT[name], element)
    found = found.then("D → 0, Cŵ → 0", "What is left.", r"\Lambda' - 2\Lambda + 2s\Lambda^2", head.noise_vanishes())
    return found.extended(proof("", HEAD, (), *head.with_head()))


DERIVATIONS = (flow_derivation, inverse_derivation, limits_derivation, monotone_derivation, head_derivation)
