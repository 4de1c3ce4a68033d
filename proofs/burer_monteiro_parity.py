"""Section 4: what a new task makes of the representations that FO-ANIL and (12) learn.

At k′ = k both learn col(B⋆): least squares on XB is then one and the same estimate for every B = B⋆C, and ridge
regression is the same family of estimates for every C with CCᵀ = xI, which a balanced minimum of (12) has, and which
contains the best linear estimate. With infinitely many rows FO-ANIL keeps the complement it started with, which costs
one step of adaptation a nonnegative amount that the minimum B = B⋆/√α of (12) does not pay.
"""

from __future__ import annotations

import functools

from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check

PARITY = ("sec-4-well-specified-parity",)
NO_SUPERIORITY = ("sec-4-infinite-samples-no-superiority",)
SCALARS = ("m", "d", "k", "x", "c", "sigma_sq", "mu", "lam")
LATEX = {"m": r"m_{\mathrm{test}}", "sigma_sq": r"\sigma^2", "mu": r"\mu"}
EVERY_LABEL = "every d, k and m_test, every B = B⋆C with C invertible, every y"


# The same subspace -----------------------------------------------------------------------------------


@functools.cache
def subspace_alphabet(balanced: bool = False) -> Alphabet:
    """Return the alphabet of X = XB⋆ (m_test × k), C and its inverse Q, S = (XᵀX)⁻¹, T = (XᵀX + μI)⁻¹, A any k × m.

    `balanced` declares CCᵀ = xI.
    """
    letters = (
        Letter("X", ("m", "k"), latex="X_k"),
        Letter("y", ("m", "1")),
        Letter("C", ("k", "k")),
        Letter("Q", ("k", "k"), latex="C^{-1}"),
        Letter("S", ("k", "k"), symmetric=True),
        Letter("T", ("k", "k"), symmetric=True),
        Letter("A", ("k", "m")),
        Letter("w_star", ("k", "1"), latex=r"w_\star"),
        Letter("z", ("m", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    X, C, Q, S, T = (bare.letter(name) for name in ("X", "C", "Q", "S", "T"))
    one = bare.eye("k")
    words = (
        bare.with_rule(X.T @ X @ S, one)
        .with_rule(X.T @ X @ T, one - bare.scalar("mu") * T)
        .with_rule(C @ Q, one)
        .with_rule(Q @ C, one)
    )
    return words.with_rule(C @ C.T, bare.scalar("x") * one) if balanced else words


def least_squares_head(words: Alphabet) -> Element:
    """Return C⁻¹(X_kᵀX_k)⁻¹X_kᵀy."""
    return words.letter("Q") @ words.letter("S") @ words.letter("X").T @ words.letter("y")


def least_squares_gap(solved: bool = True, share: int = 1) -> Element:
    """Return (XB)ᵀ(XBŵ − y) for B = B⋆C: zero, so that ŵ is the least squares head on XB."""
    words = subspace_alphabet()
    XB = words.letter("X") @ words.letter("C")
    head = least_squares_head(words) if solved else words.letter("C") @ least_squares_head(words)
    return XB.T @ (share * (XB @ head) - words.letter("y"))


def same_estimate_gap(share: int = 1, twice: bool = False) -> Element:
    """Return Cŵ − (X_kᵀX_k)⁻¹X_kᵀy, the coordinates of Bŵ on B⋆: zero, so that Bŵ does not depend on C."""
    words = subspace_alphabet()
    C, S, X, y = (words.letter(name) for name in ("C", "S", "X", "y"))
    factor = C @ C if twice else C
    return factor @ least_squares_head(words) - share * (S @ X.T @ y)


def ridge_gap(balanced: bool = True, weight: int = 1) -> Element:
    """Return ((XB)ᵀXB + μx·I)ŵ − (XB)ᵀy at ŵ = CᵀTX_kᵀy/x and CCᵀ = xI: zero, ridge at μx for B = B⋆C."""
    words = subspace_alphabet(balanced)
    X, C, T, y = (words.letter(name) for name in ("X", "C", "T", "y"))
    mu, x = words.scalar("mu"), words.scalar("x")
    head = C.T @ T @ X.T @ y / x
    gram = C.T @ X.T @ X @ C
    return gram @ head + weight * mu * x * head - C.T @ X.T @ y


def ridge_estimate_gap(balanced: bool = True, share: int = 1) -> Element:
    """Return Cŵ − TX_kᵀy for that head: zero, ridge at μ in the hidden dimension."""
    words = subspace_alphabet(balanced)
    X, C, T, y = (words.letter(name) for name in ("X", "C", "T", "y"))
    return C @ (C.T @ T @ X.T @ y / words.scalar("x")) - share * (T @ X.T @ y)


def balance_gap(share: int = 1, square: bool = True) -> Element:
    """Return (BᵀB − E[WWᵀ])CᵀC − ((CᵀC)² − cI) for W = C⁻¹w⋆, Σ⋆ = cI: zero, so balance means CᵀC = √c·I."""
    words = subspace_alphabet()
    C, Q, c = words.letter("C"), words.letter("Q"), words.scalar("c")
    gram = C.T @ C
    heads = expectation(Q @ words.letter("w_star") @ words.letter("w_star").T @ Q.T, task_law(words))
    return (gram - heads) @ gram - share * ((gram @ gram if square else gram) - c * words.eye("k"))


def task_law(words: Alphabet) -> Centred:
    """Return the law of w⋆: centred, of covariance cI."""
    return Centred("w_star", words.scalar("c") * words.eye("k"))


def linear_risk(A: Element) -> Element:
    """Return the mean over tasks and noise of ‖Ay − w⋆‖², y = X_kw⋆ + z."""
    words = A.alphabet
    y = words.letter("X") @ words.letter("w_star") + words.letter("z")
    noise = Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    return expectation(words.sqnorm(A @ y - words.letter("w_star")), task_law(words), noise)


def ridge(words: Alphabet) -> Element:
    """Return TX_kᵀ, ridge regression at μ."""
    return words.letter("T") @ words.letter("X").T


def at_best_weight(element: Element, share: int = 1) -> Element:
    """Return an element with σ² = cμ: the weight is μ = σ²/c."""
    words = element.alphabet
    variance = share * words.scalar("c") * words.scalar("mu")
    return element.transport(words, {}, {"sigma_sq": variance})


def excess(words: Alphabet) -> Element:
    """Return Tr((A − A_ridge)(cX_kX_kᵀ + σ²I)(A − A_ridge)ᵀ)."""
    X, off = words.letter("X"), words.letter("A") - ridge(words)
    spread = words.scalar("c") * (X @ X.T) + words.scalar("sigma_sq") * words.eye("m")
    return words.trace(off @ spread @ off.T)


def best_linear_gap(weight: int = 1, share: int = 1) -> Element:
    """Return the risk of any A minus ridge's at μ = σ²/c minus that trace: zero, so that ridge is the best."""
    words = subspace_alphabet()
    gap = linear_risk(words.letter("A")) - linear_risk(ridge(words)) - share * excess(words)
    return at_best_weight(gap, weight)


def best_linear(share: int = 1, positive: bool = True) -> list[Proved]:
    """Derive that no linear estimate has a smaller mean risk than ridge at μ = σ²/c, given X_k."""
    words = subspace_alphabet()
    c, mu = (words.scalar(name).coefficient() for name in ("c", "mu"))
    T = Theory(words, (at_least(c), at_least(mu)) if positive else (at_least(mu),), {})
    off = words.letter("A") - ridge(words)
    seen, noise = T.trace(T.square(off @ words.letter("X"))), T.trace(T.square(off))
    total = T.sum(T.scale(seen, c), T.scale(noise, c * mu))
    gap = at_best_weight(share * linear_risk(words.letter("A")) - linear_risk(ridge(words)))
    return [T.restate(total, gap, "no linear estimate from these rows is better in the mean over tasks")]


# Infinitely many rows ----------------------------------------------------------------------------------


@functools.cache
def step_alphabet() -> Alphabet:
    """Return the alphabet of one test step at M = αBBᵀ: M = B⋆B⋆ᵀ + B⋆KB⋆,⊥ᵀ + B⋆,⊥KᵀB⋆ᵀ + B⋆,⊥JB⋆,⊥ᵀ."""
    letters = (
        Letter("X", ("m", "d")),
        Letter("z", ("m", "1")),
        Letter("M", ("d", "d"), symmetric=True),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("B_star_perp", ("d", "d-k"), latex=r"B_{\star,\perp}"),
        Letter("K", ("k", "d-k")),
        Letter("J", ("d-k", "d-k"), symmetric=True),
        Letter("w_star", ("k", "1"), latex=r"w_\star"),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    B_star, B_perp = bare.letter("B_star"), bare.letter("B_star_perp")
    return (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(B_perp.T @ B_perp, bare.eye("d-k"))
        .with_rule(B_perp.T @ B_star, bare.zeros("d-k", "k"))
    )


@functools.cache
def step_risk() -> Element:
    """Return the mean over X and z of ‖MXᵀ(XB⋆w⋆ + z)/m_test − B⋆w⋆‖²: one step from B̂ŵ = 0."""
    words = step_alphabet()
    X, m = words.letter("X"), words.scalar("m")
    task = words.letter("B_star") @ words.letter("w_star")
    error = words.letter("M") @ (X.T @ (X @ task + words.letter("z"))) / m - task
    noise = Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    return expectation(words.sqnorm(error), Gaussian("X"), noise)


def learned(complement: bool = True) -> Element:
    """Return M at FO-ANIL's limit with infinitely many rows, or without its complement: at B = B⋆/√α."""
    words = step_alphabet()
    B_star, B_perp, K, J = (words.letter(name) for name in ("B_star", "B_star_perp", "K", "J"))
    cross = B_star @ K @ B_perp.T
    kept = cross + cross.T + B_perp @ J @ B_perp.T
    return B_star @ B_star.T + (kept if complement else 0 * kept)


def complement_cost(rows: int = 1, cross: int = 2) -> Element:
    """Return (1 + 1/m)‖Kᵀw⋆‖² + (2Tr(KKᵀ) + Tr(J²))(‖w⋆‖² + σ²)/m."""
    words = step_alphabet()
    K, J, w, m = (*(words.letter(name) for name in ("K", "J", "w_star")), words.scalar("m"))
    spread = cross * words.sqnorm(K) + words.sqnorm(J)
    return (1 + rows / m) * words.sqnorm(K.T @ w) + spread * (words.sqnorm(w) + words.scalar("sigma_sq")) / m


def complement_gap(rows: int = 1, cross: int = 2, share: int = 1) -> Element:
    """Return the risk at FO-ANIL's limit minus that at B⋆/√α minus what the complement costs: zero."""
    risk = step_risk()
    difference = risk.substitute({"M": learned()}) - risk.substitute({"M": learned(complement=False)})
    return difference - share * complement_cost(rows, cross)


def complement_hurts(sign: int = 1, share: int = 1, noisy: bool = True) -> list[Proved]:
    """Derive that the complement never helps, for any task: B⋆/√α, a minimum of (12), has no larger risk."""
    words = step_alphabet()
    m, v = (words.scalar(name).coefficient() for name in ("m", "sigma_sq"))
    K, J, w = (words.letter(name) for name in ("K", "J", "w_star"))
    T = Theory(words, (more_than(m), at_least(v)) if noisy else (more_than(m),), {})
    bias = T.scale(T.square(w.T @ K), sign * (1 + 1 / m))
    spread = T.sum(T.scale(T.trace(T.square(K)), 2), T.trace(T.square(J)))
    size = T.square(w.T)
    total = T.sum(bias, T.scale(T.product(size, spread), 1 / m), T.scale(spread, v / m))
    risk = step_risk()
    gap = share * risk.substitute({"M": learned()}) - risk.substitute({"M": learned(complement=False)})
    return [T.restate(total, gap, "one step from B⋆/√α has at most the risk of one step from FO-ANIL's limit")]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "least squares on XB, B = B⋆C",
        PARITY,
        EVERY_LABEL + ", X_k of full column rank",
        least_squares_gap,
        {
            "C times the head": lambda: least_squares_gap(solved=False),
            "twice the fit": lambda: least_squares_gap(share=2),
            "no fit": lambda: least_squares_gap(share=0),
        },
    ),
    zero_check(
        "least squares does not depend on C",
        PARITY,
        EVERY_LABEL + ", X_k of full column rank",
        same_estimate_gap,
        {
            "C² for C": lambda: same_estimate_gap(twice=True),
            "twice": lambda: same_estimate_gap(share=2),
            "the other sign": lambda: same_estimate_gap(share=-1),
        },
    ),
    zero_check(
        "ridge on XB, CCᵀ = xI, is ridge in the hidden dimension",
        PARITY,
        EVERY_LABEL + ", CCᵀ = xI, every weight μ",
        lambda: ridge_estimate_gap() if ridge_gap().is_zero() else ridge_gap(),
        {
            "any C": lambda: ridge_gap(balanced=False),
            "weight 2μx": lambda: ridge_gap(weight=2),
            "twice": lambda: ridge_estimate_gap(share=2),
        },
    ),
    zero_check(
        "a balanced minimum of (12) has CᵀC a multiple of I",
        PARITY,
        "every k, Σ⋆ = cI, W = C⁻¹w⋆; BᵀB = E[WWᵀ]",
        balance_gap,
        {
            "CᵀC for its square": lambda: balance_gap(square=False),
            "twice": lambda: balance_gap(share=2),
            "the other sign": lambda: balance_gap(share=-1),
        },
    ),
    zero_check(
        "the excess of a linear estimate over ridge",
        PARITY,
        "every k, m_test, X_k and c, σ² = cμ; mean over tasks",
        best_linear_gap,
        {
            "σ² = 2cμ": lambda: best_linear_gap(weight=2),
            "twice the excess": lambda: best_linear_gap(share=2),
            "no excess": lambda: best_linear_gap(share=0),
        },
    ),
    proof_check(
        "ridge at σ²/c in the hidden dimension is the best linear estimate",
        PARITY,
        "every k, m_test, X_k and c, σ² = cμ; mean over tasks",
        best_linear,
        {
            "twice the risk": lambda: best_linear(share=2),
            "no risk": lambda: best_linear(share=0),
            "any c": lambda: best_linear(positive=False),
        },
    ),
    zero_check(
        "what FO-ANIL's complement costs with infinitely many rows",
        NO_SUPERIORITY,
        "every d, k, m_test, σ and task; every limit with αΛ = I",
        complement_gap,
        {
            "without 1/m": lambda: complement_gap(rows=0),
            "Tr(KKᵀ) once": lambda: complement_gap(cross=1),
            "twice": lambda: complement_gap(share=2),
        },
    ),
    proof_check(
        "a minimum of (12) does at least as well with infinitely many rows",
        NO_SUPERIORITY,
        "every d, k, m_test, σ and task; every limit with αΛ = I",
        complement_hurts,
        {
            "a negative bias": lambda: complement_hurts(sign=-1),
            "twice the risk": lambda: complement_hurts(share=2),
            "any σ²": lambda: complement_hurts(noisy=False),
        },
    ),
)


def parity_derivation() -> Derivation:
    """Return the derivation that a new task is estimated alike from both representations at k′ = k."""
    premises = (
        r"$k' = k$ and both methods have learned the subspace: $B = B_\star C$ with $C$ invertible",
        r"$X_k = XB_\star$; $S = (X_k^{\top}X_k)^{-1}$, for $m_{\mathrm{test}} \ge k$",
        r"$T = (X_k^{\top}X_k + \mu I)^{-1}$",
        r"ridge, and the mean over tasks: $\Sigma_\star = cI$; then FO-ANIL's $CC^{\top} = \Lambda_\star$ is $xI$",
    )
    words = subspace_alphabet()
    return (
        Derivation("The same subspace, the same estimates", PARITY, premises)
        .then("normal equations", "Least squares on XB.", r"(XB)^{\top}(XB\hat w - y)", least_squares_gap())
        .then("identity of words", "Its estimate.", r"C\hat w", words.letter("C") @ least_squares_head(words))
        .then("identity of words", "Ridge at μx, CCᵀ = xI.", r"C\hat w - TX_k^{\top}y", ridge_estimate_gap())
        .then("identity of words", "Balance.", r"(C^{\top}C)^2 - cI - \ldots", balance_gap())
        .extended(proof("", PARITY, (), *best_linear()))
    )


def no_superiority_derivation() -> Derivation:
    """Return the derivation that with infinitely many rows a minimum of (12) is as good as FO-ANIL's limit."""
    premises = (
        r"$m_{\mathrm{in}} = \infty$: at FO-ANIL's limit $\alpha\Lambda = I$, $\hat B\hat w = 0$; its complement stays",
        r"$M = \alpha\hat B\hat B^{\top}$ has the blocks $I$, $K$, $K^{\top}$, $J$ on $B_\star$ and $B_{\star,\perp}$",
        r"$B_\star/\sqrt\alpha$ spans $\mathrm{col}(B_\star)$ only: a minimum of (12) at $m = \infty$",
    )
    return (
        Derivation("One step with infinitely many training rows", NO_SUPERIORITY, premises)
        .then("Isserlis", "The risk of one step at M.", r"\rho(M)", step_risk())
        .then(
            "identity of words",
            "What the complement costs.",
            r"\rho(M) - \rho(B_\star B_\star^{\top})",
            complement_cost(),
        )
        .extended(proof("", NO_SUPERIORITY, (), *complement_hurts()))
    )


DERIVATIONS = (parity_derivation, no_superiority_derivation)
