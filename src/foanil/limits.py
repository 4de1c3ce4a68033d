"""Named limit lemmas: what a derivation may conclude from inequalities that hold at every step.

Each rule checks the shape of the facts it is given and decides the scalar conditions of its lemma itself; what remains
to be believed is the lemma, stated here in full with a reference. The list is the trusted base of the limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sympy.polys.fields import FracElement

from foanil.decisions import at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.words import Alphabet, Element

_KEY = object()


@dataclass(frozen=True, slots=True)
class Lemma:
    """A classical fact that is used without a machine check: precise statement and reference."""

    statement: str
    reference: str


LEMMAS: Mapping[str, Lemma] = MappingProxyType(
    {
        "summable decrease": Lemma(
            "If v_t ≥ 0, x_t ≥ 0, ε > 0 and v_{t+1} ≤ v_t − εx_t for all t, then v_t never increases, "
            "εΣx_t ≤ v_0 and x_t → 0.",
            "telescoping sum; terms of a convergent series vanish (Rudin, Principles, 3.23)",
        ),
        "monotone comparison": Lemma(
            "If Y_{t+1} ⪯ φ(Y_t) for symmetric Y_t ⪰ 0 with ‖Y_0‖ ≤ y_0, and φ is nondecreasing on [0, b_t] with "
            "φ(b_t) ≤ b_{t+1} and b_0 = y_0, then ‖Y_t‖ ≤ b_t for all t.",
            "induction; λ_max is monotone in the Loewner order (Bhatia, Matrix Analysis, III.2.3)",
        ),
        "invertible factor": Lemma(
            "If C_{t+1} = C_tM_t with M_t invertible for all t, then rank C_t = rank C_0 for all t.",
            "rank is invariant under invertible factors (Horn & Johnson, 0.4.6)",
        ),
        "capped recursion": Lemma(
            "If Λ_{t+1} ⪯ h(Λ_t), spec(Λ_t) ⊂ [0, y], h continuous, h ≤ x on [0, x] and h(λ) < λ on (x, y], "
            "then limsup λ_max(Λ_t) ≤ x.",
            "max(x, λ_max) does not increase, and its limit is a fixed point of max(x, h) (Rudin, 3.14)",
        ),
        "floored recursion": Lemma(
            "If Λ_{t+1} ⪰ f(Λ_t) and 0 ≺ Λ_t with spec(Λ_t) ⊂ (0, u] from some t on, f continuous, nondecreasing with "
            "f(λ) > λ on (0, x), and f ≥ x on [x, u], then liminf λ_min(Λ_t) ≥ x.",
            "min(x, λ_min) does not decrease, and its limit is a fixed point of min(x, f) (Rudin, 3.14)",
        ),
        "vanishing ideal": Lemma(
            "If each word of an element contains one of finitely many pieces, all of its letters stay bounded and the "
            "pieces tend to 0, then the element tends to 0.",
            "submultiplicativity of the operator norm",
        ),
        "limit of a Gram matrix": Lemma(
            "If B_tB_tᵀ → yP with y > 0 and P an orthogonal projection of rank k, then every limit point B of (B_t) "
            "has BBᵀ = yP: rank k, the columns span the range of P, and its k nonzero squared singular values equal y.",
            "continuity; B and BBᵀ have one column space, and its singular values are roots (Horn & Johnson, 7.3)",
        ),
        "continuity at limit points": Lemma(
            "If f is continuous and f(θ_t) → 0, then f vanishes at every limit point of (θ_t); a bounded sequence in "
            "a finite-dimensional space has one.",
            "Rudin, Principles, 3.6 and 4.2",
        ),
        "coupled contractions": Lemma(
            "If x_t, y_t ≥ 0, θ < 1, ε_t → 0, x_{t+1} ≤ (θ + ε_t)x_t + ε_ty_t and y_{t+1} ≤ (θ + ε_t)y_t + ε_tx_t, "
            "then x_t + y_t ≤ Kη^t for every η in (θ, 1) and some K; so Σ(x_t + y_t) < ∞.",
            "x_{t+1} + y_{t+1} ≤ (θ + 2ε_t)(x_t + y_t)",
        ),
        "summable forcing": Lemma(
            "If x_t, f_t ≥ 0, θ < 1, ε_t → 0, Σf_t < ∞ and x_{t+1} ≤ (θ + ε_t)x_t + f_t, then Σx_t < ∞.",
            "sum the inequality from some t on",
        ),
        "repelling fixed point": Lemma(
            "If y_{t+1} = p(y_t) and |p(y) − x| > |y − x| for 0 < |y − x| ≤ ε, ε > 0, then y_t → x only if y_t = x "
            "from some t on.",
            "a positive increasing sequence does not tend to 0 (Rudin, Principles, 3.14)",
        ),
        "geometric forcing": Lemma(
            "If x_t ≥ 0, θ < 1, ε_t → 0, 0 ≤ f_t ≤ Kη^t with η < 1 and x_{t+1} ≤ (θ + ε_t)x_t + f_t, then "
            "x_t ≤ K'ζ^t for every ζ in (max(θ, η), 1) and some K'.",
            "x_t/ζ^t obeys the same inequality with factor (θ + ε_t)/ζ, below 1 in the end, and summable forcing",
        ),
        "nearly quadratic decay": Lemma(
            "If Q_t ⪰ 0, Q_t ≠ 0, g > 0, limsup t‖Q_t‖ ≤ 1/g, Q_{t+1} ⪰ U_tQ_tU_tᵀ with U_t = I − (g/2)Q_t − e_t and "
            "‖e_t‖ ≤ Kθ^t, θ < 1, then t‖Q_t‖ → 1/g.",
            "along a top eigenvector z_{t+1} ≥ z_t(1 − (g/2)z_t)² − K'θ^tz_t; so z_t is at least of order t^{−2}, and "
            "1/z_{t+1} ≤ 1/z_t + g + o(1)",
        ),
        "product of bounds": Lemma(
            "If x_t ≤ Kη^t with η < 1 and y_t stays bounded, then x_ty_t ≤ K'η^t.", "multiplication"
        ),
        "escape": Lemma(
            "If y_{t+1} = p(y_t), p is continuous, p(y) > y for all y > b and y_0 > b, then y_t → ∞.",
            "an increasing sequence that is bounded has a limit, which p fixes (Rudin, Principles, 3.14)",
        ),
        "growing factor": Lemma(
            "If w_{t+1} = μ_tw_t with w_t ≠ 0 and liminf |μ_t| > 1, then w_t does not tend to 0.",
            "|w_t| increases from some t on",
        ),
        "zero set of a polynomial": Lemma(
            "If a polynomial is not zero at one point, it is not zero at almost every point: its zeros have Lebesgue "
            "measure zero, and so have the zeros of countably many such polynomials together.",
            "induction on the number of variables, by Fubini",
        ),
        "mean of a random frame": Lemma(
            "If Q is a random d×k′ frame whose law is invariant under rotations, then E[QQᵀ] = (k′/d)I.",
            "E[QQᵀ] commutes with all rotations, and Tr(QQᵀ) = k′ (Horn & Johnson, 2.4)",
        ),
        "frame of a Gaussian matrix": Lemma(
            "If Z is d×k′ with i.i.d. standard normal entries and k′ ≤ d, then Z(ZᵀZ)^{−1/2} exists with probability 1 "
            "and is a Haar random frame.",
            "Muirhead, Aspects of Multivariate Statistical Theory, 2.1.13; Chikuse, Statistics on Special Manifolds, "
            "2.2.1",
        ),
        "finitely many steps": Lemma(
            "If θ_{t+1} = F(θ_t, ε) with F a polynomial, then every θ_t is continuous in ε: a strict inequality for "
            "θ_t at ε = 0 holds for all small ε as well.",
            "compositions of polynomials are continuous",
        ),
        "Markov": Lemma("If f ≥ 0 and ε > 0, then P(f ≥ ε) ≤ E f/ε.", "integrate ε·1{f ≥ ε} ≤ f"),
        "finite length": Lemma(
            "If Σ‖C_{t+1} − C_t‖ < ∞, then C_t converges.",
            "absolutely convergent series converge (Rudin, Principles, 3.45)",
        ),
        "Gaussian singular values": Lemma(
            "If X is m×k with i.i.d. standard normal entries and m ≥ k, then with probability at least 1 − 2e^{−t²/2} "
            "all its singular values lie within √m ± (√k + t); here t = √k.",
            "Davidson & Szarek (2001), Theorem II.13; Vershynin, High-Dimensional Probability, 4.6",
        ),
        "sub-Gaussian quadratic form": Lemma(
            "If the entries of z are independent, centred and σ-sub-Gaussian, then for S = AᵀA and t > 0, with "
            "probability at least 1 − e^{−t}: ‖Az‖² ≤ σ²(Tr S + 2√(Tr(S²)t) + 2‖S‖t); here A = Xᵀ of rank k, t = k/2.",
            "Hsu, Kakade & Zhang (2012), Theorem 2.1",
        ),
        "restarted decay": Lemma(
            "If for every small δ > 0 there is a T with y_{T+t} ≤ δ/(1 + g(δ)δt) for all t ≥ 0, and g(δ) → g > 0 as "
            "δ → 0, then limsup t·y_t ≤ 1/g.",
            "t·y_{T+t} ≤ 1/g(δ) for every t",
        ),
        "slow growth": Lemma(
            "If y_t > 0, y_t → 0, and for every g > g_0 there is a b > 0 such that y_t ≤ b implies "
            "1/y_{t+1} ≤ 1/y_t + g, then liminf t·y_t ≥ 1/g_0.",
            "telescoping sum of 1/y_{t+1} − 1/y_t",
        ),
        "perturbed monotone map": Lemma(
            "If Λ_{t+1} − p(Λ_t) → 0, spec(Λ_t) ⊂ [l, u] from some t on, p is continuous and increasing on [l, u], "
            "p(λ) > λ on [l, x) and p(λ) < λ on (x, u], then Λ_t → xI.",
            "Weyl's inequality (Bhatia, III.2.1) reduces it to λ_min and λ_max, perturbed scalar recursions whose "
            "limit points are fixed by p in the limit",
        ),
        "Euler's method": Lemma(
            "If θ_{t+1} = θ_t + εF(θ_t) with F a polynomial, and θ′ = F(θ) from the same start exists on [0, T], then "
            "max_{εt ≤ T} |θ_t − θ(εt)| → 0 as ε → 0.",
            "convergence of Euler's method (Hairer, Nørsett & Wanner, Solving ODEs I, II.3)",
        ),
        "one solution": Lemma(
            "If F is a polynomial, θ′ = F(θ) has at most one solution from each start.",
            "Picard–Lindelöf (Hartman, Ordinary Differential Equations, II.1.1)",
        ),
        "integrated inequality": Lemma(
            "If Z(τ) is symmetric and continuously differentiable with Z(0) ⪰ 0 and Z′(τ) ⪰ 0 for all τ ≥ 0, then "
            "Z(τ) ⪰ 0 for all τ ≥ 0.",
            "the mean value theorem for vᵀZv",
        ),
        "exponential beats polynomial": Lemma("If μ > 0, then (1 + τ)e^{−2μτ} → 0 as τ → ∞.", "Rudin, Principles, 8.6"),
        "top eigenvalue along a flow": Lemma(
            "If H(τ) is symmetric and continuously differentiable and vᵀH′(τ)v ≤ 0 for every v with H(τ)v = hv, "
            "h = λ_max(H(τ)), whenever h ≥ x, then λ_max(H(τ)) ≤ max(λ_max(H(0)), x) for all τ ≥ 0.",
            "Danskin: the right derivative of λ_max is the maximum of vᵀH′v over unit vectors v of its eigenspace; a "
            "continuous function whose right derivative is nowhere positive does not increase",
        ),
        "hyperbolic decay along a flow": Lemma(
            "If Y(τ) ⪰ 0 is continuously differentiable and Y′ ⪯ −gY² with g > 0, then ‖Y(τ)‖ ≤ y/(1 + gτy) for every "
            "y > 0 with ‖Y(0)‖ ≤ y.",
            "Danskin, and the comparison theorem for y′ = −gy² (Hartman, Ordinary Differential Equations, III.4)",
        ),
        "Barbalat": Lemma(
            "If f ≥ 0 has a finite integral over [0, ∞) and a bounded derivative, then f(τ) → 0.",
            "Khalil, Nonlinear Systems, Lemma 8.2",
        ),
        "linear flow keeps the rank": Lemma(
            "If C′ = CF(τ) with F continuous, then rank C(τ) = rank C(0) for all τ ≥ 0.",
            "C(τ) = C(0)Φ(τ) with the invertible fundamental matrix Φ (Hartman, IV.1)",
        ),
        "floored flow": Lemma(
            "If from some time on Λ(τ) ≻ 0 and Λ′ ⪰ f(Λ) with f continuous and f > 0 on (0, x), then "
            "liminf λ_min(Λ(τ)) ≥ x.",
            "Danskin: min(x, λ_min) does not decrease, and f vanishes at its limit unless that is x",
        ),
        "capped flow": Lemma(
            "If Λ(τ) ⪰ 0 is bounded and Λ′ ⪯ f(Λ) with f continuous and f < 0 on (x, ∞), then limsup λ_max(Λ(τ)) ≤ x.",
            "Danskin, as for the floored flow",
        ),
        "perturbed scalar flow": Lemma(
            "If Λ′ − f(Λ) → 0, Λ(τ) is bounded, liminf λ_min(Λ(τ)) > 0, f is continuous, f > 0 on (0, x) and f < 0 "
            "on (x, ∞), then Λ(τ) → xI.",
            "Danskin: liminf λ_min and limsup λ_max satisfy perturbed scalar inequalities with the one rest point x",
        ),
        "bounded flow": Lemma(
            "If the solution of θ′ = F(θ), F a polynomial, stays bounded while it exists, it exists for all τ ≥ 0.",
            "continuation of solutions (Hartman, II.3.1)",
        ),
        "bounded growth": Lemma(
            "If x_t, r_t ≥ 0 and, as long as x_0, …, x_t ≤ y, both x_{t+1} ≤ (1 + r_t)x_t and r_0 + … + r_t ≤ s, then "
            "e^s x_0 ≤ y implies x_t ≤ e^s x_0 for all t.",
            "induction; 1 + r ≤ e^r",
        ),
        "perturbed floor": Lemma(
            "If Λ_{t+1} ⪰ f(Λ_t) − e_tI with e_t → 0, spec(Λ_t) ⊂ [l, x] from some t on, f is continuous and "
            "nondecreasing on [l, x], and f(λ) > λ on [l, x), then Λ_t → xI.",
            "λ_min(Λ_{t+1}) ≥ f(λ_min(Λ_t)) − e_t, so liminf λ_min is at least its image under f (Rudin, 3.16)",
        ),
        "slow contraction": Lemma(
            "If 0 ⪯ Q_t, Q_{t+1} ⪰ U_tQ_tU_tᵀ and U_tU_tᵀ ⪰ r²I with r > 0 for all t, then ‖Q_t‖ ≥ r^{2t}‖Q_0‖.",
            "yᵀQ_{t+1}y at y = U_t^{−ᵀ}e, e a top eigenvector of Q_t, and ‖y‖ ≤ ‖e‖/r",
        ),
        "row space": Lemma(
            "If Π is the orthogonal projector onto ker C, then for every D there is a matrix L with D(I − Π) = LC.",
            "I − Π = C⁺C and L = DC⁺ (Horn & Johnson, 7.3.P7)",
        ),
        "Bernoulli": Lemma("If 0 ≤ x ≤ 1, then (1 − x)^t ≥ 1 − tx for t = 0, 1, 2, …", "induction"),
        "positive product": Lemma(
            "If x_0 > 0, r_t ≥ 0, Σr_t is finite, x_{t+1} ≥ (1 − r_t)x_t and x_{t+1} ≥ x_t/2 for all t, "
            "then inf_t x_t > 0.",
            "Π(1 − r_t) over the t with r_t ≤ 1/2 is positive (Rudin, Real and Complex Analysis, 15.5)",
        ),
        "square Gram matrices": Lemma(
            "If C is square, then CᵀC and CCᵀ have the same eigenvalues, so that ‖Cv‖² ≥ λ_min(CCᵀ)‖v‖².",
            "Horn & Johnson, 1.3.22",
        ),
        "Gaussian integration by parts": Lemma(
            "If the entries of X are i.i.d. standard normal, R = (XᵀX + εI)⁻¹ with ε > 0 and F is a matrix polynomial "
            "in X, Xᵀ and R, then E Tr(XᵀF) = E div F, where div F = Σ ∂F_ij/∂X_ij is the mean of Tr(HᵀdF[H]) over H, "
            "an independent copy of X.",
            "Stein (1981), Lemma 2; F and its derivatives grow at most polynomially, since ‖R‖ ≤ 1/ε",
        ),
        "Gaussian full rank": Lemma(
            "If X is m×d with i.i.d. standard normal entries, then its rank is min(m, d) with probability 1.",
            "Muirhead, Aspects of Multivariate Statistical Theory, 3.1.4",
        ),
        "Fatou": Lemma(
            "If f_n ≥ 0 and f_n → f almost surely, then E f ≤ liminf E f_n.",
            "Rudin, Real and Complex Analysis, 1.28",
        ),
        "dominated convergence": Lemma(
            "If f_n → f almost surely and |f_n| ≤ g with E g < ∞, then E f_n → E f.",
            "Rudin, Real and Complex Analysis, 1.34",
        ),
        "rotation invariance": Lemma(
            "If the entries of X, m×d, are i.i.d. standard normal, f ≥ 0 and f(XQᵀ, Qθ) = f(X, θ) for every orthogonal "
            "Q, then E f(X, θ) is the mean of E f(X, ϑ) over ϑ uniform on the sphere of radius ‖θ‖, which is centred "
            "with covariance (‖θ‖²/d)I. If BᵀB = I, then the entries of XB are i.i.d. standard normal.",
            "Muirhead, Aspects of Multivariate Statistical Theory, 1.5.6 and 1.2.6",
        ),
        "growth past a threshold": Lemma(
            "If 0 < x_0 ≤ h, r > 1 and x_{t+1} ≥ rx_t whenever x_t ≤ h, then x_τ ≤ h < x_{τ+1} for some τ and "
            "x_t ≤ h for all t ≤ τ.",
            "x_t ≥ r^t x_0 as long as x stays below h",
        ),
        "overtaken": Lemma(
            "If R > 1, o_{t+1} ≤ Ro_t for t < τ, o_τ > u ≥ R^n o_0, z_0 > 0, z_t ≤ 1, ne ≥ 1 and, in case z does not "
            "decrease up to τ + 1, z_{t+1} ≥ z_t + e for each t < τ with o_t ≤ u, then z_{t+1} < z_t for some t ≤ τ.",
            "o_t ≤ R^t o_0 ≤ u for t ≤ n, so that n < τ; otherwise z_n ≥ z_0 + ne > 1",
        ),
        "dominance or slow decay": Lemma(
            "If p_t, w_t ≥ 0, θ < 1, K ≥ 0, ε_t → 0, p_{t+1} ≤ (θ + ε_t)p_t + ε_tw_t, w_{t+1} ≥ (1 − ε_t)w_t − Kp_t, "
            "and x_t ≤ Kη^t with η < 1, then w_t = 0 for some t, or w_t ≤ Kp_t for some K and all large t, or "
            "x_t/w_t → 0.",
            "for small σ > 0 the cone p < σw is entered for good once it is entered late enough, and there "
            "w_{t+1} ≥ (1 − Kσ − ε_t)w_t, so that w_t ≥ K'ζ^t with ζ > η",
        ),
        "absorbed cross terms": Lemma(
            "If p_t, r_t, d_t, w_t ≥ 0, θ < 1, g > 0, ε_t, x_t → 0, p_{t+1} ≤ (θ + ε_t)p_t + Kx_tr_t, "
            "r_{t+1}² ≤ r_t² − g(w_t²r_t² + d_t²) + ε_t(p_t² + d_t² + w_t²r_t²) + Kx_tp_tr_t + Kx_t²r_t² and, for all "
            "large t, r_t ≤ ε_tp_t or x_t ≤ ε_tw_t, then p_t² + r_t² never increases from some t on.",
            "2Kx_tp_tr_t ≤ ep_t² + K²x_t²r_t²/e for every e > 0, and x_tr_t ≤ ε_tw_tr_t or x_tr_t ≤ x_tε_tp_t",
        ),
    }
)


@dataclass(frozen=True, eq=False)
class Conclusion:
    """What a named lemma yields from facts: the statement in LaTeX, and everything it rests on."""

    lemma: str
    statement: str
    says: str
    parents: tuple[Fact | Decided | Conclusion, ...]
    key: object = field(repr=False, default=None)

    def __post_init__(self) -> None:
        if self.key is not _KEY:
            raise RefusedStepError("a Conclusion is made by the rules of foanil.limits only")


def summable_decrease(
    theory: Theory,
    decrease: Fact,
    loss: Fact,
    after: Fact,
    rate: FracElement,
    before: Element,
    step: Mapping[str, Element],
    statement: str,
) -> Conclusion:
    """0 ≤ v − εx − v₊, 0 ≤ x, 0 ≤ v₊, ε > 0, where v₊ is v one step later: Σx is finite and x → 0."""
    theory.check_own(decrease, loss, after)
    expected = before - theory.words.constant(rate) * loss.element - after.element
    _same(decrease.element, expected, "the decrease v − εx − v₊")
    _same(after.element, before.transport(theory.words, step, {}), "v one step later")
    positive = theory.decide(more_than(rate), "ε > 0")
    return Conclusion("summable decrease", statement, "x_t ≥ 0 and v_t ≥ 0", (decrease, loss, after, positive), _KEY)


def quadratic_decay(
    theory: Theory, decrease: Fact, Y: Element, Y_next: Element, rate: FracElement, top: FracElement, statement: str
) -> Conclusion:
    """Y₊ ⪯ Y − gY², ‖Y_0‖ ≤ y_0, 2gy_0 ≤ 1, g > 0: ‖Y_t‖ ≤ y_0/(1 + gy_0t).

    Decides, for the bound b = y_0/(1 + gy_0t) at any t ≥ 0: y ↦ y − gy² increases on [0, b], and maps b below the
    bound at t + 1.
    """
    theory.check_own(decrease)
    words = theory.words
    _same(decrease.element, Y - words.constant(rate) * (Y @ Y) - Y_next, "the decrease Y − gY² − Y₊")
    g, start, t, y = (words.scalar(name).coefficient() for name in ("q", "y", "t", "lam"))
    one = words.field.one
    general = (more_than(g), at_least(start), at_least(one, 2 * g * start), at_least(t))
    bound = start / (1 + g * start * t)
    values = {"q": rate, "y": top}
    kept = theory.decide(
        at_least(start / (1 + g * start * (t + 1)), bound - g * bound**2),
        "b − gb² is below the bound at t + 1",
        Abstraction(values, general),
    )
    rising = theory.decide_for_all(
        at_least(one, 2 * g * y),
        "lam",
        (at_least(y), at_least(bound, y)),
        Abstraction(values, general),
        "y − gy² increases on [0, b]",
    )
    return Conclusion("monotone comparison", statement, "φ(y) = y − gy²", (decrease, kept, rising), _KEY)


def kept_rank(theory: Theory, invertible: Decided, C: Element, M: Element, C_next: Element) -> Conclusion:
    """C₊ = CM with M ⪰ lI, l > 0: the rank of C never changes."""
    theory.check_own(invertible)
    _same(C_next, C @ M, "C₊ = CM")
    return Conclusion("invertible factor", r"\mathrm{rank}\, C_t = \mathrm{rank}\, C_0", "C₊ = CM", (invertible,), _KEY)


def _same(found: Element, expected: Element, what: str) -> None:
    gap = found - expected
    if not gap.is_zero():
        raise RefusedStepError(f"expected {what}; the difference is {gap}")


def vanishes(element: Element, pieces: Alphabet, statement: str, *parents: Conclusion) -> Conclusion:
    """Every word of the element contains a piece that `pieces`, an alphabet with rules piece → 0, sends to zero."""
    rest = element.into(pieces)
    if not rest.is_zero():
        raise RefusedStepError(f"expected every word to contain a vanishing piece; without one: {rest}")
    if not parents:
        raise RefusedStepError("vanishes expects the conclusions that its pieces tend to zero")
    return Conclusion("vanishing ideal", statement, "", parents, _KEY)


def limit_of_gram(
    theory: Theory, projection: Element, factor: Decided, converges: Conclusion, remainder: Conclusion, statement: str
) -> Conclusion:
    """B_tB_tᵀ − Λ-part → 0 and Λ-part → yP, with P = P² = Pᵀ an identity of words and y > 0 decided."""
    theory.check_own(factor)
    _same(projection @ projection, projection, "P² = P")
    _same(projection.T, projection, "Pᵀ = P")
    return Conclusion("limit of a Gram matrix", statement, "P = B⋆B⋆ᵀ", (converges, remainder, factor), _KEY)


def scalar_lemma(
    lemma: str, statement: str, conditions: Sequence[Decided], *parents: Fact | Decided | Conclusion
) -> Conclusion:
    """Apply a lemma whose scalar conditions were decided; raises RefusedStepError without any."""
    if not conditions or not parents:
        raise RefusedStepError(f"the lemma {lemma!r} needs its decided conditions and the facts it speaks about")
    return by_lemma(lemma, statement, *parents, *conditions)


def by_lemma(lemma: str, statement: str, *parents: Fact | Decided | Conclusion) -> Conclusion:
    """Apply a listed lemma to facts of one theory; raises RefusedStepError for an unlisted one, or without a fact."""
    if lemma not in LEMMAS:
        raise RefusedStepError(f"no lemma {lemma!r}; the trusted ones are: {', '.join(LEMMAS)}")
    if not parents:
        raise RefusedStepError(f"the lemma {lemma!r} needs the facts it speaks about")
    origins = {id(node.origin) for node in parents if isinstance(node, Fact | Decided)}
    if len(origins) > 1:
        raise RefusedStepError(f"the lemma {lemma!r} needs facts of one theory; these come from {len(origins)}")
    return Conclusion(lemma, statement, "", parents, _KEY)


def steps(*conclusions: Fact | Decided | Conclusion) -> list[Fact | Decided | Conclusion]:
    """Return everything that some facts rest on, parents first, each once: the order in which a reader checks."""
    ordered: list[Fact | Decided | Conclusion] = []
    seen: set[int] = set()

    def visit(node: Fact | Decided | Conclusion) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        for parent in node.parents:
            visit(parent)
        ordered.append(node)

    for conclusion in conclusions:
        visit(conclusion)
    return ordered
