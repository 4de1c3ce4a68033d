"""Section 4: the local minima of (12) with infinitely many rows, and what holds of them for any data.

Infinitely many rows: (12) is ‖BW − B⋆W⋆‖²/(4N) + σ²/4 for all N tasks at once. With the residual R = BW − B⋆W⋆ not
zero, a kernel vector of B or of Wᵀ gives a descent curve, and where both have full rank k the stationarity conditions
RWᵀ = 0, BᵀR = 0 give R = 0. So every local minimum is global, for every width k′ ≥ k.
Any data: a local minimum whose B has a kernel vector is as good as separate regressions; otherwise rank B = k′.
"""

from __future__ import annotations

import functools

from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.first_principles import Parameters, expected_loss
from foanil.inequalities import Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check

LOCAL = ("sec-4-bm-local-minima",)
SCALARS = ("d", "k", "k_prime", "N", "m", "q", "s", "t", "ell", "sigma_sq", "lam")
LATEX = {"k_prime": "k'", "sigma_sq": r"\sigma^2", "ell": r"\ell"}
MANY_ROWS = "infinitely many rows: every d, k, N and width, all tasks"


# Infinitely many rows: rank-deficient factors --------------------------------------------------------


@functools.cache
def deficient_alphabet(kernel: str = "B", stationary: bool = True) -> Alphabet:
    """Return the alphabet of (B, W), the residual R and a vector u with Bu = 0, or uᵀW = 0 for `kernel` "W".

    Where the gradient vanishes RWᵀ = 0 and BᵀR = 0. p and q are any columns of d and N entries.
    """
    letters = (
        Letter("B", ("d", "k_prime")),
        Letter("W", ("k_prime", "N")),
        Letter("R", ("d", "N")),
        Letter("u", ("k_prime", "1")),
        Letter("p", ("d", "1")),
        Letter("v", ("N", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    B, W, R, u = (bare.letter(name) for name in ("B", "W", "R", "u"))
    words = bare
    if kernel == "B":
        words = words.with_rule(B @ u, bare.zeros("d", "1"))
    if kernel == "W":
        words = words.with_rule(W.T @ u, bare.zeros("N", "1"))
    if stationary:
        words = words.with_rule(R @ W.T, bare.zeros("d", "k_prime")).with_rule(B.T @ R, bare.zeros("k_prime", "N"))
    return words


def curve(words: Alphabet, kernel: str = "B") -> Element:
    """Return ‖(B + V)(W + U) − B⋆W⋆‖², B⋆W⋆ = BW − R, along V = s·p uᵀ, U = st·u vᵀ; for "W" the t is with V."""
    B, W, R, u, p, v = (words.letter(name) for name in ("B", "W", "R", "u", "p", "v"))
    s, t = words.scalar("s"), words.scalar("t")
    first, second = (s, s * t) if kernel == "B" else (s * t, s)
    return words.sqnorm((B + first * (p @ u.T)) @ (W + second * (u @ v.T)) - B @ W + R)


def part(element: Element, power: int, scalar: str = "s") -> Element:
    """Return the coefficient of a power of a scalar, an element polynomial in it."""
    words = element.alphabet
    variable = words.scalar(scalar).coefficient()
    factor = 1
    terms = dict(element.terms)
    for order in range(1, power + 1):
        factor *= order
        terms = {term: c.diff(variable) for term, c in terms.items()}
    return words.element(element.shape, {term: c.subs(variable, 0) / factor for term, c in terms.items() if c})


def curvature(words: Alphabet, kernel: str = "B") -> Element:
    """Return ‖p‖²‖Wᵀu‖² + 2t‖u‖²·pᵀRv; for "W" the first term is ‖Bu‖²‖v‖²."""
    B, W, R, u, p, v = (words.letter(name) for name in ("B", "W", "R", "u", "p", "v"))
    kept = words.sqnorm(p) * words.sqnorm(W.T @ u) if kernel == "B" else words.sqnorm(B @ u) * words.sqnorm(v)
    return kept + 2 * words.scalar("t") * words.sqnorm(u) * (p.T @ R @ v)


def deficient_gap(kernel: str = "B", given: str = "", stationary: bool = True, share: int = 1) -> Element:
    """Return the first two orders in s of the loss along the curve minus what they must be: zero.

    The scalar lam keeps the two orders apart: both vanish. Mutants lack the kernel or the stationarity.
    """
    words = deficient_alphabet(given or kernel, stationary)
    moved = curve(words, kernel)
    return words.scalar("lam") * part(moved, 1) + part(moved, 2) - share * curvature(words, kernel)


def descent(kernel: str = "B", strength: int = 1, signed: int = -1) -> list[Proved]:
    """Derive that the second order is −‖Rv‖² (or below) at p = −Rv (or v = −Rᵀp) and t = (1 + what is kept)/(2‖u‖²).

    So with R ≠ 0 and a kernel vector u there is a curve along which the loss falls: no local minimum.
    """
    words = deficient_alphabet(kernel).with_trace(*unit(deficient_alphabet(kernel), "u"))
    R, u, p, v = (words.letter(name) for name in ("R", "u", "p", "v"))
    B, W = words.letter("B"), words.letter("W")
    seen = words.sqnorm(W.T @ u) if kernel == "B" else words.sqnorm(B @ u)
    found = curvature(deficient_alphabet(kernel), kernel).into(words)
    against = {"p": signed * (R @ v)} if kernel == "B" else {"v": signed * (R.T @ p)}
    T = Theory(words, (), {})
    loss = (R @ v).T if kernel == "B" else (R.T @ p).T
    at_time = _at_time(found.substitute(against), (seen + 1) / 2)
    return [T.restate(T.square(loss), -strength * at_time, "the loss falls along the curve, at second order, by ‖Rv‖²")]


def _at_time(element: Element, time: Element) -> Element:
    """Return an element linear in t with an element put in for t."""
    return part(element, 0, "t") + part(element, 1, "t") * time


def unit(words: Alphabet, name: str) -> tuple[Element, Element]:
    """Return the relation ‖u‖² = 1 of a column."""
    column = words.letter(name)
    return column @ column.T, words.constant(1)


def factorisation_gap(error: int = 1, noise: int = 1) -> Element:
    """Return one task's (1/2N)L_i minus its column's share of ‖BW − B⋆W⋆‖²/(4N) and of σ²/4: zero."""
    letters = (
        Letter("B", ("d", "k_prime")),
        Letter("w", ("k_prime", "1")),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("w_star", ("k", "1"), latex=r"w_\star"),
    )
    words = alphabet(SCALARS, letters, LATEX)
    B, w, B_star, w_star = (words.letter(letter.name) for letter in letters)
    N, variance = words.scalar("N"), words.scalar("sigma_sq")
    column = words.sqnorm(B @ w - B_star @ w_star)
    found: Element = expected_loss(words, Parameters(B, w), B_star, w_star, variance)
    return found / N / 2 - error * column / N / 4 - noise * variance / N / 4


# Infinitely many rows: factors of full rank --------------------------------------------------------------


@functools.cache
def full_alphabet(invertible: bool = True, width: str = "k") -> Alphabet:
    """Return the alphabet of B, W of full rank k′, G = (BᵀB)⁻¹, H = (WWᵀ)⁻¹, W⋆ with right inverse K, Z and A = Z⁻¹.

    The width is k′ = k, or any k′ ("k_prime"): then Z is k × k′ and A has no relation.
    """
    letters = (
        Letter("B", ("d", width)),
        Letter("W", (width, "N")),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("W_star", ("k", "N"), latex=r"W_\star"),
        Letter("G", (width, width), symmetric=True),
        Letter("H", (width, width), symmetric=True),
        Letter("K", ("N", "k")),
        Letter("Z", ("k", width)),
        Letter("A", (width, "k"), latex="Z^{-1}"),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    B, W, B_star, W_star, G, H, K, Z, A = (bare.letter(letter.name) for letter in letters)
    one, square = bare.eye("k"), bare.eye(width)
    words = (
        bare.with_rule(B_star.T @ B_star, one)
        .with_rule(B.T @ B @ G, square)
        .with_rule(W @ W.T @ H, square)
        .with_rule(W_star @ K, one)
    )
    return words.with_rule(A @ Z, square).with_rule(Z @ A, one) if invertible else words


def residual(words: Alphabet, B: Element | None = None) -> Element:
    """Return R = BW − B⋆W⋆."""
    factor = words.letter("B") if B is None else B
    return factor @ words.letter("W") - words.letter("B_star") @ words.letter("W_star")


def same_columns_gap(share: int = 1, inverse: str = "H") -> Element:
    """Return RWᵀH − (B − B⋆Z) at Z = W⋆WᵀH: zero, so that RWᵀ = 0 gives B = B⋆Z, at every width."""
    words = full_alphabet(False, "k_prime")
    B_star, W_star, W = (words.letter(name) for name in ("B_star", "W_star", "W"))
    H = words.letter(inverse)
    return residual(words) @ W.T @ H - (words.letter("B") - share * (B_star @ (W_star @ W.T @ words.letter("H"))))


def left_inverse_gap(share: int = 1, same_columns: bool = True) -> Element:
    """Return (GBᵀB⋆)Z − I where B⋆Z = B: zero, so that Z (k × k′) has a left inverse: only at k′ = k, and then Z⁻¹."""
    bare = full_alphabet(False, "k_prime")
    product = bare.letter("B_star") @ bare.letter("Z")
    words = bare.with_rule(product, bare.letter("B")) if same_columns else bare
    G, B, B_star, Z = (words.letter(name) for name in ("G", "B", "B_star", "Z"))
    return share * (G @ B.T @ B_star @ Z) - words.eye("k_prime")


def no_residual_gap(invertible: bool = True, share: int = 1, back: str = "A") -> Element:
    """Return R − B⋆AᵀBᵀR at B = B⋆Z, A = Z⁻¹: zero, so that BᵀR = 0 gives R = 0."""
    words = full_alphabet(invertible)
    B = words.letter("B_star") @ words.letter("Z")
    R = residual(words, B)
    return share * R - words.letter("B_star") @ words.letter(back).T @ B.T @ R


def learned_gap(spanned: bool = True, share: int = 1) -> Element:
    """Return B⋆ − BWK + RK, W⋆K = I: zero, so that R = 0 and spanning tasks give col(B⋆) ⊂ col(B), at every width."""
    words = full_alphabet(False, "k_prime")
    K = words.letter("K") if spanned else words.letter("W_star").T
    return words.letter("B_star") - share * (words.letter("B") @ words.letter("W") @ K) + residual(words) @ K


# Any data: rank-deficient factors --------------------------------------------------------------------------


@functools.cache
def data_alphabet(kernel: bool = True) -> Alphabet:
    """Return the alphabet of one task's X, head w and residual R = XBw − y, and of u with Bu = 0, ‖u‖ = 1."""
    letters = (
        Letter("X", ("m", "d"), latex="X_i"),
        Letter("B", ("d", "k_prime")),
        Letter("w", ("k_prime", "1"), latex="W^{(i)}"),
        Letter("R", ("m", "1"), latex="R_i"),
        Letter("u", ("k_prime", "1")),
        Letter("p", ("d", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    u = bare.letter("u")
    words = bare.with_rule(bare.letter("B") @ u, bare.zeros("d", "1")) if kernel else bare
    return words.with_trace(u @ u.T, bare.constant(1))


def data_curve(words: Alphabet) -> Element:
    """Return ‖X(B + V)(w + U) − y‖² along V = s·puᵀ, U = st·u; tasks other than one have t = 0."""
    X, B, w, R, u, p = (words.letter(name) for name in ("X", "B", "w", "R", "u", "p"))
    s, t = words.scalar("s"), words.scalar("t")
    return words.sqnorm(X @ (B + s * (p @ u.T)) @ (w + s * t * u) - X @ B @ w + R)


def data_gap(kernel: bool = True, share: int = 2) -> Element:
    """Return the first two orders in s along the curve minus what they must be: zero, λ keeps them apart.

    The first, 2pᵀXᵀR·uᵀw, sums to 0 over the tasks where (12) is stationary in B.
    """
    words = data_alphabet(kernel)
    X, w, R, u, p = (words.letter(name) for name in ("X", "w", "R", "u", "p"))
    lam, t, pull = words.scalar("lam"), words.scalar("t"), p.T @ X.T @ R
    stated = lam * 2 * pull * (u.T @ w) + words.sqnorm(X @ p) * (u.T @ w) ** 2 + share * t * pull
    return lam * part(data_curve(words), 1) + part(data_curve(words), 2) - stated


def data_descent(sign: int = 1, share: int = 2) -> list[Proved]:
    """Derive that at p = −XᵀR the second order is negative for large t: no local minimum unless each XᵀR = 0.

    Over all tasks it is ℓ − 2t‖XᵀR‖², with ℓ ≥ 0 what does not depend on t; q stands for ‖XᵀR‖² > 0.
    """
    words = data_alphabet()
    ell, q = words.scalar("ell").coefficient(), words.scalar("q").coefficient()
    T = Theory(words, (at_least(ell), more_than(q)), {})
    time = (ell + 1) / (share * q)
    return [T.decide(more_than(sign * 2 * time * q - ell), "the loss falls along the curve for some t")]


def both(first: Element, second: Element) -> Element:
    """Return the first of two elements that is not zero: a check that both vanish."""
    return second if first.is_zero() else first


CHECKS: tuple[Check, ...] = (
    zero_check(
        "(12) with infinitely many rows is a factorisation of B⋆W⋆",
        LOCAL,
        MANY_ROWS,
        factorisation_gap,
        {
            "twice the error": lambda: factorisation_gap(error=2),
            "no error": lambda: factorisation_gap(error=0),
            "no noise": lambda: factorisation_gap(noise=0),
        },
    ),
    zero_check(
        "a kernel vector of B or Wᵀ gives a curve of second order",
        LOCAL,
        MANY_ROWS + ", every stationary point with a kernel vector",
        lambda: both(deficient_gap(), deficient_gap("W")),
        {
            "B's curve with a kernel vector of Wᵀ": lambda: deficient_gap("B", given="W"),
            "W's curve with a kernel vector of B": lambda: deficient_gap("W", given="B"),
            "no stationary point": lambda: deficient_gap(stationary=False),
            "twice the curvature": lambda: deficient_gap(share=2),
        },
    ),
    proof_check(
        "along the curve the loss falls unless R = 0",
        LOCAL,
        MANY_ROWS + ", every stationary point with a kernel vector",
        lambda: [*descent("B"), *descent("W")],
        {
            "twice the fall": lambda: descent(strength=2),
            "the other direction": lambda: descent(signed=1),
            "no fall": lambda: descent("W", strength=0),
        },
    ),
    zero_check(
        "stationary in B: B = B⋆Z",
        LOCAL,
        MANY_ROWS + ", B and W of full rank k′",
        same_columns_gap,
        {
            "B = 0": lambda: same_columns_gap(share=0),
            "B = 2B⋆Z": lambda: same_columns_gap(share=2),
            "G for H": lambda: same_columns_gap(inverse="G"),
        },
    ),
    zero_check(
        "Z has a left inverse",
        LOCAL,
        MANY_ROWS + ", B of full rank k′",
        left_inverse_gap,
        {
            "B is not B⋆Z": lambda: left_inverse_gap(same_columns=False),
            "twice": lambda: left_inverse_gap(2),
            "the other sign": lambda: left_inverse_gap(-1),
        },
    ),
    zero_check(
        "stationary in W as well: R = 0",
        LOCAL,
        MANY_ROWS + ", B and W of full rank k′ = k",
        no_residual_gap,
        {
            "Z not invertible": lambda: no_residual_gap(invertible=False),
            "Z for its inverse": lambda: no_residual_gap(back="Z"),
            "2R": lambda: no_residual_gap(share=2),
        },
    ),
    zero_check(
        "R = 0 and spanning tasks: B spans col(B⋆)",
        LOCAL,
        MANY_ROWS + ", tasks with rank W⋆ = k",
        learned_gap,
        {
            "tasks that do not span": lambda: learned_gap(spanned=False),
            "twice BW": lambda: learned_gap(share=2),
            "no BW": lambda: learned_gap(share=0),
        },
    ),
    zero_check(
        "any data: a kernel vector of B gives a curve of second order",
        LOCAL,
        "every m, d, N and width, every data",
        data_gap,
        {
            "no kernel vector": lambda: data_gap(kernel=False),
            "half the pull": lambda: data_gap(share=1),
            "no pull": lambda: data_gap(share=0),
        },
    ),
    proof_check(
        "any data: a local minimum has a B of full rank, or fits as well as separate regressions",
        LOCAL,
        "every m, d, N and width, every data",
        data_descent,
        {
            "the other direction": lambda: data_descent(sign=-1),
            "half the time": lambda: data_descent(share=4),
            "a third of it": lambda: data_descent(share=6),
        },
    ),
)


def many_rows_derivation() -> Derivation:
    """Return the derivation that with infinitely many rows every local minimum of (12) is global."""
    premises = (
        r"the expected losses: (12) is $\frac{1}{4N}\lVert BW - B_\star W_\star\rVert^2 + \frac{\sigma^2}{4}$",
        r"a local minimum is stationary: $RW^{\top} = 0$, $B^{\top}R = 0$, $R = BW - B_\star W_\star$",
        r"a polynomial in $s$ without linear term and with a negative quadratic one falls for small $s$",
        r"a square matrix with a left inverse is invertible",
        r"at width $k' \gt k$ a $k \times k'$ matrix $Z$ has no left inverse: B or W has a kernel vector, or $R = 0$",
        r"the tasks span: $W_\star K = I_k$",
    )
    words = deficient_alphabet()
    curved = part(curve(words), 2)
    return (
        Derivation("The local minima of (12) with infinitely many rows", LOCAL, premises)
        .then("Taylor", "Bu = 0: the second order along V = s·puᵀ, U = st·uvᵀ.", r"f_2", curved)
        .extended(proof("", LOCAL, (), *descent("B"), *descent("W")))
        .then("identity of words", "No kernel: with Z = W⋆WᵀH.", r"RW^{\top}H - (B - B_\star Z)", same_columns_gap())
        .then("identity of words", "Z has a left inverse.", r"(GB^{\top}B_\star)Z - I", left_inverse_gap())
        .then(
            "identity of words",
            "So R = 0: every local minimum is global.",
            r"R - B_\star Z^{-\top}B^{\top}R",
            no_residual_gap(),
        )
        .then("identity of words", "And B⋆ = BWK: col(B⋆) ⊂ col(B).", r"B_\star - BWK + RK", learned_gap())
    )


def any_data_derivation() -> Derivation:
    """Return the derivation that a local minimum of (12) has a B of full rank, or is as good as any regressions."""
    premises = (
        r"$R_i = X_iBW^{(i)} - y_i$; a local minimum is stationary in B: $\sum_i X_i^{\top}R_i W^{(i)\top} = 0$",
        r"$Bu = 0$, $\lVert u\rVert = 1$; $V = s\,pu^{\top}$, and $U = st\,u$ for one task only",
        r"$p = -X_i^{\top}R_i$ for that one; printed $q = \lVert X_i^{\top}R_i\rVert^2$, $\ell$ the part without t",
        r"where every $X_i^{\top}R_i = 0$ each task has its own least loss",
    )
    words = data_alphabet()
    return (
        Derivation("The local minima of (12) for any data", LOCAL, premises)
        .then("Taylor", "The second order along the curve, one task.", r"f_2", part(data_curve(words), 2))
        .extended(proof("", LOCAL, (), *data_descent()))
    )


DERIVATIONS = (many_rows_derivation, any_data_derivation)
