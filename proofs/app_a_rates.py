"""Appendix A: rates. What is polynomial and what is exponential, with the sharp constant of the polynomial one.

X = CDᵀ decays geometrically (`proofs.sec_3_limit_exists`). At k′ = k it carries all of D. At k′ > k and w_0 = 0 the
part of D on ker C obeys Q₊ ⪰ UQUᵀ, Q = DΠDᵀ, U = I − aqQ − e, e of the order of X, which makes t‖D_t‖² → 1/(2aq).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from foanil import limits
from foanil.decisions import more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, RefusedStepError
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.infinite_samples_with_head import AtInfinity, start
from proofs.infinite_samples_with_head import theory as theory_at_infinity
from proofs.infinite_samples_with_head import without as without_at_infinity
from proofs.one_step import one_step, region
from proofs.sec_3_infinite_samples import SlowStep, slowly
from proofs.sec_3_limit_exists import contractions, cross_gap, geometric, gram_gap, require_summable
from proofs.thm_1_convergence import PREMISES
from proofs.thm_1_explicit_constants import EXPLICIT, Limits, entry, start_bounds, without
from proofs.thm_1_sharper_constants import explicit_entry, sharper

SLOWDOWN, ASYMPTOTIC = ("app-a-overparam-slowdown",), ("new-unlearning-asymptotics",)
FAST, WELL_SPECIFIED = ("new-geometric-limits",), ("app-a-well-specified-rate",)

# Exponential at the exact width ----------------------------------------------------------------------


@functools.cache
def square_alphabet(square: bool = True) -> Alphabet:
    """Return the dimensionless letters and J = Λ⁻¹; at k′ = k besides CᵀJC = I, since C is invertible."""
    words = dimensionless_alphabet().declaring(Letter("J", ("k", "k"), symmetric=True, latex=r"\Lambda^{-1}"))
    C, J = words.letter("C"), words.letter("J")
    words = words.with_rule(J @ C @ C.T, words.eye("k"))
    return words.with_rule(C.T @ J @ C, words.eye("k_prime")) if square else words


def carried(what: str = "complement", square: bool = True, inverse: bool = True) -> Element:
    """Return D − XᵀΛ⁻¹C or Dŵ − XᵀΛ⁻¹Cŵ at k′ = k: zero, so X carries all of the complement.

    A mutant is wider, or lacks the inverse.
    """
    words = square_alphabet(square)
    C, D, J, w = (words.letter(name) for name in ("C", "D", "J", "w"))
    through = (C @ D.T).T @ J @ C if inverse else (C @ D.T).T @ C
    return D - through if what == "complement" else D @ w - through @ w


def exponential(found: Limits | None = None, gap: Callable[[], Element] = carried) -> list[Proved]:
    """Derive that at k′ = k the complement and the outputs decay geometrically, with any admissible head."""
    found = found or Limits(one_step())
    if not gap().is_zero():
        raise RefusedStepError(f"expected D = XᵀΛ⁻¹C at k′ = k; the difference is {gap()}")
    require_summable(gram_gap(), "Λ₊ − NΛN")
    fast = geometric(found)
    statement = r"\lVert D_t\rVert \le \lVert X_t\rVert\,\lVert\Lambda_t^{-1}\rVert\,\lVert C_t\rVert \le K\theta^t"
    decays = limits.by_lemma("product of bounds", statement, fast, found.gram_converges)
    third = third_limit(found, r"k' = k: \quad \lVert\alpha\Lambda_t - x_\star I\rVert \le K\theta^t", fast, decays)
    return [*start_bounds(), *entry(iteration()), decays, third]


def third_limit(found: Limits, statement: str, *forcing: Conclusion) -> Conclusion:
    """Λ₊ − NΛN is of the order of the geometric forcing, and I − sΛ contracts by 1 − 2a: it decays geometrically."""
    return limits.scalar_lemma("geometric forcing", statement, contractions(found.step)[4:], *forcing)


# Without a head ----------------------------------------------------------------------------------------


def silent_gram_gap(head: bool = False, level: int = 1) -> Element:
    """Return Λ₊ − NΛN without a head where X = CDᵀ is sent to zero: zero, for every k′. A mutant keeps the head."""
    here = iteration()
    words = here.words.with_rule(here.C @ here.D.T, here.words.zeros("k", "d-k"))
    if not head:
        words = words.with_rule(here.w, here.words.zeros("k_prime", "1"))
    return gram_gap(level).into(words)


def silent_third_limit(gap: Callable[[], Element] = silent_gram_gap) -> list[Proved]:
    """Derive that without a head the third limit is geometric, at every width."""
    if not gap().is_zero():
        raise RefusedStepError(f"expected every word to contain X; without: {gap()}")
    found = Limits(one_step())
    statement = r"w_0 = 0: \quad \lVert\alpha\Lambda_t - x_\star I\rVert \le K\theta^t"
    return [*start_bounds(), *entry(iteration()), third_limit(found, statement, geometric(found), found.gram_converges)]


# Polynomial above the exact width ------------------------------------------------------------------------


def kernel_gap(part: int = 1, beyond: int = 1) -> Element:
    """Return FDᵀ − (Q + XᵀΛ⁻¹X − LX), F = D − LC, Q = D(I − CᵀΛ⁻¹C)Dᵀ: zero; factors are for mutants."""
    words = square_alphabet(square=False).declaring(Letter("L", ("d-k", "k")))
    C, D, J, L = (words.letter(name) for name in ("C", "D", "J", "L"))
    X = C @ D.T
    Q = D @ (words.eye("k_prime") - C.T @ J @ C) @ D.T
    return (D - L @ C) @ D.T - part * Q - X.T @ J @ X + beyond * (L @ X)


def row_space_gap(right: bool = True) -> Element:
    """Return (D − LC)Cᵀ for L = XᵀΛ⁻¹: zero, so that LC is the part of D on the row space of C; ‖L‖ is of order X."""
    words = square_alphabet(square=False)
    C, D, J = (words.letter(name) for name in ("C", "D", "J"))
    L = (C @ D.T).T @ J if right else (C @ D.T).T
    return (D - L @ C) @ C.T


def asymptotics(step: SlowStep | None = None, gap: Callable[[], Element] = kernel_gap) -> list[Proved]:
    """Derive t‖D_t‖² → 1/(2aq) for w_0 = 0, k′ > k and D_0 not zero on the kernel of C_0."""
    if not gap().is_zero():
        raise RefusedStepError(f"expected FDᵀ = Q + XᵀΛ⁻¹X − LX; the difference is {gap()}")
    slow, above = step or SlowStep(slowly()), sharper()
    fast = geometric(Limits(above.step))
    nonzero = slow.lower_bound
    statement = r"t\,\lVert D_t\Pi_t\rVert^2 \to \frac1{2aq},\quad t\,\lVert D_t\rVert^2 \to \frac1{2aq}"
    end = limits.by_lemma("nearly quadratic decay", statement, slow.kept, nonzero, fast, above.eventually)
    return [*start_bounds(), *explicit_entry(), end]


# Infinitely many samples -----------------------------------------------------------------------------------


@functools.cache
def marked_alphabet() -> Alphabet:
    """Return the letters with CCᵀ = I − εF, CDᵀ = εX and Dŵ = εr: what vanishes at m_in = ∞ counts one ε each."""
    words = dimensionless_alphabet().declaring(
        Letter("F", ("k", "k"), symmetric=True), Letter("X", ("k", "d-k")), Letter("r_D", ("d-k", "1"), latex="r")
    )
    C, D, w, epsilon = words.letter("C"), words.letter("D"), words.letter("w"), words.scalar("epsilon")
    return (
        words.with_rule(C @ C.T, words.eye("k") - epsilon * words.letter("F"))
        .with_rule(C @ D.T, epsilon * words.letter("X"))
        .with_rule(D @ w, epsilon * words.letter("r_D"))
    )


def infinite_gap(block: str, grown: int = 1) -> Element:
    """Return X₊ − (1 − a)X or (I − Λ₊) − (1 − 2a)(I − Λ) at m_in = ∞, marked; `grown` multiplies a, for mutants."""
    step, words = AtInfinity(theory_at_infinity()), marked_alphabet()
    here = Iteration(step.theory.words)
    a, C = grown * here.scalar("a"), here.C
    if block == "cross":
        return (C @ step.M @ step.D_next.T - (1 - a) * (C @ here.D.T)).into(words)
    rest = here.words.eye("k") - C @ C.T
    return (here.words.eye("k") - step.next_gram - (1 - 2 * a) * rest).into(words)


def require_second_order(element: Element, what: str) -> None:
    """Raise RefusedStepError unless each word has order ε² and contains F or X."""
    words = element.alphabet
    place = [str(symbol) for symbol in words.field.symbols].index("epsilon")
    orders = [min(power[place] for power in coefficient.numer) for coefficient in element.terms.values()]
    if min(orders, default=2) < 2:
        raise RefusedStepError(f"{what}: expected every word to be of second order")
    gone = words.with_rule(words.letter("F"), words.zeros("k", "k")).with_rule(
        words.letter("X"), words.zeros("k", "d-k")
    )
    rest = element.into(gone)
    if not rest.is_zero():
        raise RefusedStepError(f"{what}: expected every word to contain I − Λ or X; without: {rest}")


def infinite_factors(step: AtInfinity, beyond: int = 1) -> list[Decided]:
    """Decide 0 < 1 − 2a and 1 − a < 1; `beyond` multiplies the 2, for mutants."""
    T, a, one = step.theory, step.x.a, step.theory.words.field.one
    return [
        T.decide(more_than(1 - 2 * beyond * a), "1 − 2a > 0"),
        T.decide(more_than(one, 1 - a), "1 − a < 1"),
    ]


def third_limit_at_infinity(
    step: AtInfinity | None = None,
    cross: int = 1,
    gram: int = 1,
    beyond: int = 1,
) -> list[Proved]:
    """Derive that at m_in = ∞ the third limit is geometric; factors of a in the two identities are for mutants."""
    step = step or AtInfinity(theory_at_infinity())
    require_second_order(infinite_gap("cross", cross), "X₊ − (1 − a)X")
    require_second_order(infinite_gap("gram", gram), "(I − Λ₊) − (1 − 2a)(I − Λ)")
    statement = (
        r"\lVert\alpha\Lambda_t - I\rVert + \lVert C_tD_t^{\top}\rVert \le K\theta^t "
        r"\text{ for every } \theta \text{ in } (1 - a, 1)"
    )
    vanish = (step.gram_converges(), step.coupling_sum, step.complement_output_vanishes)
    factors = infinite_factors(step, beyond)
    return [*start(), limits.scalar_lemma("coupled contractions", statement, factors, *vanish)]


# Checks ----------------------------------------------------------------------------------------------------

INFINITE = (
    "m_in = ∞, every d, k ≤ k′, α‖B_0‖² ≤ δ < 1, β ≤ α ≤ 1/(2σ̄), rank k, ‖w_0‖² ≤ (αc/2)exp(−7‖B⋆,⊥ᵀB_0‖_F²/(αc(1−δ)))"
)

CHECKS: tuple[Check, ...] = (
    zero_check(
        "at k′ = k the cross term carries the complement and its output",
        (*SLOWDOWN, *FAST),
        "every d, k′ = k, C invertible",
        lambda: carried() if not carried().is_zero() else carried("output"),
        {
            "k′ > k": lambda: carried(square=False),
            "k′ > k, the output": lambda: carried("output", square=False),
            "without the inverse": lambda: carried(inverse=False),
        },
    ),
    proof_check(
        "exponential at k′ = k",
        (*SLOWDOWN, *FAST),
        EXPLICIT + ", k′ = k, finite m_in",
        exponential,
        {
            "k′ > k": lambda: exponential(gap=lambda: carried(square=False)),
            "X₊ with another linear part": lambda: geometric(
                Limits(one_step()), cross=functools.partial(cross_gap, grown=2)
            ),
            "factors at least 1": lambda: geometric(Limits(one_step()), least=1),
            "without a < 1/2": lambda: exponential(Limits(without(region(iteration())[1]))),
        },
    ),
    proof_check(
        "the third limit is geometric without a head",
        FAST,
        EXPLICIT + ", w_0 = 0, every k′",
        silent_third_limit,
        {
            "with a head": lambda: silent_third_limit(lambda: silent_gram_gap(head=True)),
            "2s": lambda: silent_third_limit(lambda: silent_gram_gap(level=2)),
            "without the limit": lambda: silent_third_limit(lambda: silent_gram_gap(level=0)),
        },
    ),
    zero_check(
        "what a step takes from the complement on the kernel",
        (*SLOWDOWN, *ASYMPTOTIC),
        "every d, k ≤ k′, rank C = k",
        lambda: kernel_gap() if not kernel_gap().is_zero() else row_space_gap(),
        {
            "2Q": lambda: kernel_gap(part=2),
            "without LX": lambda: kernel_gap(beyond=0),
            "L = Xᵀ": lambda: row_space_gap(right=False),
        },
    ),
    proof_check(
        "t‖D_t‖² → m_in/(2α²βσ̄²) above the exact width",
        (*SLOWDOWN, *ASYMPTOTIC),
        EXPLICIT + ", k′ > k, w_0 = 0, α‖B_0‖² ≤ x⋆, B⋆,⊥ᵀB_0 not zero on ker B⋆ᵀB_0",
        asymptotics,
        {
            "2Q": lambda: asymptotics(gap=lambda: kernel_gap(part=2)),
            "without δ > 0": lambda: asymptotics(SlowStep(slowly("δ > 0"))),
            "without a ≤ 1/2": lambda: asymptotics(SlowStep(slowly("a ≤ 1/2"))),
            "without 2a(sℓ + ω) ≤ 1": lambda: sharper(drop=0).eventually,
        },
    ),
    proof_check(
        "the third limit is geometric with infinitely many samples",
        WELL_SPECIFIED,
        INFINITE + "; k′ = k among them",
        third_limit_at_infinity,
        {
            "X₊ = (1 − 2a)X": lambda: third_limit_at_infinity(cross=2),
            "F₊ = (1 − 4a)F": lambda: third_limit_at_infinity(gram=2),
            "1 − 4a > 0": lambda: third_limit_at_infinity(beyond=2),
            "without ω ≤ 1/2": lambda: third_limit_at_infinity(without_at_infinity("ω ≤ 1/2")),
            "without a ≤ 1/4": lambda: third_limit_at_infinity(without_at_infinity("a ≤ 1/4")),
        },
    ),
)


def exponential_derivation() -> Derivation:
    """Return the derivation of the exponential rates."""
    premises = (
        *PREMISES,
        r"$X = CD^{\top}$; at $k' = k$: $D = X^{\top}\Lambda^{-1}C$, $D\hat w = X^{\top}\Lambda^{-1}C\hat w$",
    )
    claims = (*SLOWDOWN, *FAST)
    return proof("Exponential rates", claims, premises, *exponential(), *silent_third_limit())


def asymptotic_derivation() -> Derivation:
    """Return the derivation of the sharp polynomial rate."""
    premises = (
        *PREMISES,
        r"$w_0 = 0$, $\Pi$ the projector onto $\ker C$, $Q = D\Pi D^{\top} \ne 0$ at $t = 0$",
        r"$D_+\Pi_+ = D_+ - LC_+$ with $L = X_+^{\top}\Lambda_+^{-1}$",
        r"$V = (D - LC)D^{\top} = Q + X^{\top}\Lambda^{-1}X - LX$",
        r"$Q_+ \succeq UQU^{\top}$, $U = I - aqV$",
    )
    return proof("The sharp rate of unlearning", (*SLOWDOWN, *ASYMPTOTIC), premises, *asymptotics())


def infinite_derivation() -> Derivation:
    """Return the derivation of the rate at m_in = ∞."""
    premises = (
        r"$m_{\mathrm{in}} = \infty$: $E = S + uu^{\top}$, $Cu = FC\hat w - XD\hat w$",
        r"$F = I - \Lambda$, $X = CD^{\top}$",
        r"$X_+ - (1-a)X$ and $F_+ - (1-2a)F$ consist of words with $F$ or $X$ and another of $F$, $X$, $D\hat w$",
    )
    title = "The third limit at infinitely many samples"
    return proof(title, WELL_SPECIFIED, premises, *third_limit_at_infinity())


DERIVATIONS = (exponential_derivation, asymptotic_derivation, infinite_derivation)
