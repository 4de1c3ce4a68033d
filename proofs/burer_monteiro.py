"""Section 4: what Burer-Monteiro factorisation (12) can fit, and what its minima then say about B⋆.

At k′ = d every invertible B reaches the minimum of (12), B = I_d with N separate regressions. On m < d rows far less is
needed: any fixed B of rank m has X_iB of full row rank with probability 1 and fits every label, also a B with
B⋆ᵀB = 0. Fewer than m ranks do not fit many tasks, by counting parameters. With infinitely many rows the minimum is
σ²/2 per task, and a B that spans col(B⋆) only reaches it.
"""

from __future__ import annotations

import functools

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.first_principles import Parameters, Sample, empirical_loss, expected_loss, task_sample
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Decided, Theory
from foanil.limits import Conclusion, Lemma
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, words_check, zero_check

REGRESSIONS = ("sec-4-bm-independent-regressions",)
NO_GUARANTEE = ("sec-4-bm-misspecified-no-guarantee",)
FIT = ("new-bm-perfect-fit-rank",)
INFINITE = ("sec-4-bm-infinite-samples",)
ALONE = ("sec-4-infinite-samples-no-superiority",)
EVERY_TASK = "every d, m and N, every X_i and y_i (of any rank)"
FEWER_PARAMETERS = "fewer parameters than equations"

LEMMAS = {
    FEWER_PARAMETERS: Lemma(
        "If n < q, then the image of a polynomial map from R^n to R^q has Lebesgue measure zero, and so has a finite "
        "union of such images.",
        "Rudin, Real and Complex Analysis, 7.25, for the map (x, x′) ↦ f(x) on R^n × R^{q−n}",
    ),
}
"""Classical facts of this module that `foanil.limits` does not list yet."""


# One task in words -----------------------------------------------------------------------------------


@functools.cache
def task_alphabet() -> Alphabet:
    """Return the paper's alphabet with the letters of one task of (12).

    `theta_hat` solves the normal equations XᵀXθ̂ = Xᵀy, h is any direction, v and V any direction of k′ and k rows;
    `P`, `Q` are a second pair (B, W); R, a right inverse of B⋆ᵀB; F, one of XB; A, any factor of B⋆,⊥A.
    """
    letters = (
        Letter("theta_hat", ("d", "1"), latex=r"\hat\theta_i"),
        Letter("h", ("d", "1")),
        Letter("P", ("d", "k_prime"), latex="B'"),
        Letter("Q", ("k_prime", "1"), latex="W'^{(i)}"),
        Letter("E", ("d", "d"), latex="E"),
        Letter("E_inverse", ("d", "d"), latex="E^{-1}"),
        Letter("F", ("k_prime", "m")),
        Letter("G", ("k_prime", "k")),
        Letter("Z", ("d-k", "k_prime")),
    )
    bare = paper_alphabet().declaring(*letters)
    X, y, B = (bare.letter(name) for name in ("X", "y", "B"))
    return (
        bare.with_rule(X.T @ X @ bare.letter("theta_hat"), X.T @ y)
        .with_rule(bare.letter("E") @ bare.letter("E_inverse"), bare.eye("d"))
        .with_rule(X @ B @ bare.letter("F"), bare.eye("m"))
        .with_rule(bare.letter("C") @ bare.letter("G"), bare.eye("k"))
    )


def observed() -> Sample:
    """Return the sample (X_i, y_i), its labels not spelled out."""
    words = task_alphabet()
    return Sample(words.letter("X"), words.letter("y"), words.scalar("m"))


def term(B: Element, W: Element) -> Element:
    """Return task i's term of (12), (1/2N)L̂_i(BW), from the definition of the loss."""
    words = task_alphabet()
    loss: Element = empirical_loss(words, Parameters(B, W), observed())
    return loss / words.scalar("N") / 2


# The whole width -------------------------------------------------------------------------------------


def at_identity() -> dict[str, Element]:
    """Return B = I_d and W = θ̂ + h: any vector at all, θ̂ a least squares estimate of the task."""
    words = task_alphabet()
    return {"B": words.eye("d"), "W": words.letter("theta_hat") + words.letter("h")}


def regression_and_rest(share: int = 1) -> Element:
    """Return (1/2N)(L̂_i(θ̂) + ‖Xh‖²/(2m)): the task's regression, and what a departure h from θ̂ costs."""
    words = task_alphabet()
    cost = words.sqnorm(words.letter("X") @ words.letter("h")) / words.scalar("m") / words.scalar("N") / 4
    return term(words.eye("d"), words.letter("theta_hat")) + share * cost


def regression_gap(share: int = 1, estimate: int = 1) -> Element:
    """Return the term at (I_d, θ̂ + h) minus the regression and the cost of h: zero."""
    words = task_alphabet()
    moved = estimate * words.letter("theta_hat") + words.letter("h")
    return term(words.eye("d"), moved) - regression_and_rest(share)


def invertible_gap(order: bool = True, solved: bool = True) -> Element:
    """Return the term at (E, E⁻¹BW) minus that at (B, W), E invertible: zero, so E = I_d does as well as any B."""
    words = task_alphabet()
    E, inverse, B, W = (words.letter(name) for name in ("E", "E_inverse", "B", "W"))
    head = inverse @ B @ W if solved else B @ W
    return term(E if order else E.T, head) - term(B, W)


def no_less(share: int = 1, sign: int = 1) -> list[Proved]:
    """Derive that no value of a term is below the regression's."""
    words = task_alphabet()
    m, N = (words.scalar(name).coefficient() for name in ("m", "N"))
    T = Theory(words, (at_least(m, words.field.one), at_least(N, words.field.one)), {})
    cost = T.scale(T.square((words.letter("X") @ words.letter("h")).T), sign / (4 * m * N))
    gap = term(words.eye("d"), words.letter("theta_hat") + words.letter("h"))
    least = share * term(words.eye("d"), words.letter("theta_hat"))
    return [T.restate(cost, gap - least, "the task's own regression is the least value, whatever B and W")]


# Few rows ---------------------------------------------------------------------------------------------


def fit_gap(power: int = 1, noise: int = 1) -> Element:
    """Return XBW − y for W = Fy, F a right inverse of XB: zero, whatever the labels are."""
    words = task_alphabet()
    head = words.letter("F") @ (words.letter("X") @ words.letter("B") @ words.letter("F")) ** power
    return words.letter("X") @ words.letter("B") @ (noise * head @ words.letter("y")) - words.letter("y")


def rank_theory(*given: Relation) -> Theory:
    """Return the theory of sizes alone: m = rows, d, N, and q = the rank of B, all at least 1."""
    words = size_alphabet()
    one = words.field.one
    return Theory(words, (*(at_least(size(name), one) for name in ("m", "d", "N", "q")), *given), {})


@functools.cache
def size_alphabet() -> Alphabet:
    """Return the alphabet of sizes: m rows, d features, N tasks, q the rank of B, k the hidden dimension."""
    return alphabet(("m", "d", "k", "N", "q", "lam"), (), {})


def size(name: str) -> FracElement:
    """Return a size as a coefficient."""
    return size_alphabet().scalar(name).coefficient()


def row_rank(enough: bool = True, least: int = 0) -> Conclusion:
    """Derive that for a fixed B of rank q ≥ m each X_iB has rank m with probability 1.

    B = UR with U orthonormal and R of full row rank q: X_iU is a standard Gaussian m×q matrix.
    """
    T = rank_theory(at_least(size("q"), size("m") - least)) if enough else rank_theory()
    wide = T.decide(at_least(size("q"), size("m")), "q ≥ m")
    gaussian = limits.by_lemma("rotation invariance", r"X_iU \text{ is standard Gaussian, } m \times q", wide)
    statement = r"\mathrm{rank}(X_iB) = m \text{ for all } i = 1, 2, \ldots \text{ with probability } 1"
    return limits.by_lemma("Gaussian full rank", statement, gaussian, wide)


def blind_fit(room: int = 1, extra: int = 0) -> list[Proved]:
    """Derive that for m ≤ d − k there is a B of rank m with B⋆ᵀB = 0, fixed, that fits every task."""
    within = at_least(size("d") + extra, size("m") + room * size("k"))
    T = rank_theory(within, at_least(size("k"), size_alphabet().field.one))
    return [T.decide(at_least(size("d") - size("k"), size("m")), "m ≤ d − k: col(B⋆)^⊥ has room for m columns")]


def blindness(with_part: str = "") -> Element:
    """Return B⋆ᵀB for B = B⋆,⊥Z: zero. A mutant adds B, B⋆C or both."""
    words = task_alphabet()
    inside = words.letter("B_star") @ words.letter("C")
    parts = {"": 0 * inside, "B": words.letter("B"), "C": inside, "both": inside + words.letter("B")}
    return words.letter("B_star").T @ (words.letter("B_star_perp") @ words.letter("Z") + parts[with_part])


def parameters(rank: FracElement) -> FracElement:
    """Return q(d − q) + qN: the parameters of BW of rank q, columns of B being [I_q; A] up to order, A (d − q)×q."""
    return rank * (size("d") - rank) + rank * size("N")


def too_few(tasks: int = 1, strict: bool = True, below: int = 1) -> Decided:
    """Derive q(d − q) + qN < mN for all q < m when N > (m − 1)(d − m + 1), m ≤ d: rank q does not fit all labels."""
    m, d, N, q = (size(name) for name in ("m", "d", "N", "q"))
    level = tasks * (m - 1) * (d - m + 1)
    many = more_than(N, level) if strict else at_least(N, level)
    sizes = (at_least(q), at_least(m, size_alphabet().field.one), at_least(d, m), at_least(m, q + below))
    T = Theory(size_alphabet(), (*sizes, many), {})
    return T.decide(more_than(m * N, parameters(q)), "q(d − q) + qN parameters for mN labels, q ≤ m − 1")


def forced(level: bool = True, share: int = 1) -> list[Proved]:
    """Derive that for m ≥ d, XᵀX ⪰ λI, a departure h from θ̂ costs at least λ‖h‖²/(4mN): BW must be θ̂."""
    words = task_alphabet()
    m, N, lam = (words.scalar(name).coefficient() for name in ("m", "N", "c"))
    X, h = words.letter("X"), words.letter("h")
    seen = {"XᵀX ⪰ λI": X.T @ X - words.constant(lam) * words.eye("d")} if level else {}
    T = Theory(words, (more_than(lam), at_least(m, words.field.one), at_least(N, words.field.one)), seen)
    gap = term(words.eye("d"), words.letter("theta_hat") + h) - term(words.eye("d"), words.letter("theta_hat"))
    cost = T.scale(T.congruence(T.hypothesis("XᵀX ⪰ λI"), h.T), 1 / (4 * m * N))
    least = share * lam / (4 * m * N) * words.sqnorm(h)
    return [T.restate(cost, gap - least, "with at least d rows BW = θ̂ at every minimum")]


# Infinitely many rows -----------------------------------------------------------------------------------


def drawn() -> Sample:
    """Return the sample with its labels spelled out: y = XB⋆w⋆ + z."""
    words = task_alphabet()
    return task_sample(*(words.letter("X"), words.scalar("m")), *(words.letter(n) for n in ("B_star", "w_star", "z")))


def mean_term(B: Element, W: Element) -> Element:
    """Return the mean over X and z of task i's term of (12)."""
    words = task_alphabet()
    loss = empirical_loss(words, Parameters(B, W), drawn()) / words.scalar("N") / 2
    return expectation(loss, Gaussian("X"), Centred("z", words.scalar("sigma_sq") * words.eye("m")))


def population_term(B: Element, W: Element) -> Element:
    """Return (1/2N)L_i(BW), L_i the expected loss on a fresh row."""
    words = task_alphabet()
    letters = words.letter("B_star"), words.letter("w_star"), words.scalar("sigma_sq")
    loss: Element = expected_loss(words, Parameters(B, W), *letters)
    return loss / words.scalar("N") / 2


def mean_gap(noise: int = 1, error: int = 1) -> Element:
    """Return the mean of task i's term minus (1/2N)L_i(BW): zero, for every number of rows."""
    words = task_alphabet()
    B, W, N = words.letter("B"), words.letter("W"), words.scalar("N")
    off = words.sqnorm(B @ W - words.letter("B_star") @ words.letter("w_star"))
    more = ((error - 1) * off + (noise - 1) * words.scalar("sigma_sq")) / N / 4
    return mean_term(B, W) - population_term(B, W) - more


def spanning() -> tuple[Element, Element]:
    """Return B = B⋆C with CG = I, so that col(B) = col(B⋆), and W = Gw⋆."""
    words = task_alphabet()
    return words.letter("B_star") @ words.letter("C"), words.letter("G") @ words.letter("w_star")


def spanning_gap(noise: int = 1, solved: bool = True) -> Element:
    """Return (1/2N)L_i at (B⋆C, Gw⋆) minus σ²/(4N): zero."""
    words = task_alphabet()
    B, W = spanning()
    head = W if solved else words.letter("C").T @ words.letter("w_star")
    return population_term(B, head) - noise * words.scalar("sigma_sq") / words.scalar("N") / 4


def alone_gap(noise: int = 1, error: int = 1) -> Element:
    """Return (1/2N)L_i at B = I_d, W = h minus (σ² + ‖h − B⋆w⋆‖²)/(4N): zero, so a task alone gives θ⋆ = B⋆w⋆."""
    words = task_alphabet()
    h = words.letter("h")
    off = words.sqnorm(h - words.letter("B_star") @ words.letter("w_star"))
    stated = (noise * words.scalar("sigma_sq") + error * off) / words.scalar("N") / 4
    return population_term(words.eye("d"), h) - stated


def population_floor(noise: int = 1) -> list[Proved]:
    """Derive σ²/(4N) ≤ (1/2N)L_i(BW) for every B and W."""
    words = task_alphabet()
    N = words.scalar("N").coefficient()
    T = Theory(words, (at_least(N, words.field.one),), {})
    error = words.letter("B") @ words.letter("W") - words.letter("B_star") @ words.letter("w_star")
    least = noise * words.scalar("sigma_sq") / words.scalar("N") / 4
    gap = population_term(words.letter("B"), words.letter("W")) - least
    return [T.restate(T.scale(T.square(error.T), 1 / (4 * N)), gap, "no B and W go below σ²/(4N)")]


CHECKS: tuple[Check, ...] = (
    words_check(
        "B = I_d: a task's regression and what any departure from it costs",
        REGRESSIONS,
        "burer_monteiro_term",
        regression_and_rest,
        scope=EVERY_TASK,
        at=at_identity(),
    ),
    zero_check(
        "at B = I_d the terms of (12) are regressions",
        REGRESSIONS,
        EVERY_TASK,
        regression_gap,
        {
            "no cost of h": lambda: regression_gap(share=0),
            "twice the cost": lambda: regression_gap(share=2),
            "twice the estimate": lambda: regression_gap(estimate=2),
        },
    ),
    proof_check(
        "at B = I_d the minimum is the regressions' own",
        (*REGRESSIONS, *NO_GUARANTEE),
        EVERY_TASK,
        no_less,
        {
            "twice the least value": lambda: no_less(share=2),
            "no least value": lambda: no_less(share=0),
            "a negative cost": lambda: no_less(sign=-1),
        },
    ),
    zero_check(
        "every invertible B does as well as any other",
        NO_GUARANTEE,
        EVERY_TASK + ", every (B, W) of every width, every invertible E",
        invertible_gap,
        {
            "Eᵀ for E": lambda: invertible_gap(order=False),
            "the head not solved for": lambda: invertible_gap(solved=False),
            "neither": lambda: invertible_gap(order=False, solved=False),
        },
    ),
    zero_check(
        "a right inverse of XB fits every label",
        (*FIT, *NO_GUARANTEE),
        "every m, d, k′ and N, every label; rank(X_iB) = m",
        fit_gap,
        {
            "twice the head": lambda: fit_gap(noise=2),
            "no head": lambda: fit_gap(noise=0),
            "its negative": lambda: fit_gap(noise=-1),
        },
    ),
    proof_check(
        "rank m is enough, for a fixed B",
        (*FIT, *NO_GUARANTEE),
        "every m, d, k′ and N, every B of rank at least m; with probability 1",
        lambda: [row_rank()],
        {
            "any rank": lambda: row_rank(enough=False),
            "rank m − 1": lambda: row_rank(least=1),
            "rank m − 2": lambda: row_rank(least=2),
        },
    ),
    zero_check(
        "a fit that does not see B⋆",
        NO_GUARANTEE,
        "every d and k; B = B⋆,⊥Z",
        blindness,
        {
            "with a part of B": lambda: blindness("B"),
            "with B⋆C": lambda: blindness("C"),
            "with both": lambda: blindness("both"),
        },
    ),
    proof_check(
        "the complement of col(B⋆) has room for a perfect fit when m ≤ d − k",
        NO_GUARANTEE,
        "every m ≤ d − k, B = B⋆,⊥Z with rank(Z) = m, every N; with probability 1",
        blind_fit,
        {
            "m ≤ d": lambda: blind_fit(room=0),
            "m ≤ d − k + 1": lambda: blind_fit(extra=1),
            "m ≤ d + k": lambda: blind_fit(room=-1),
        },
    ),
    proof_check(
        "fewer than m ranks do not fit many tasks",
        FIT,
        "every m ≤ d and N > (m − 1)(d − m + 1); almost all labels, every X",
        lambda: [too_few()],
        {
            "N ≥ (m − 1)(d − m + 1)": lambda: too_few(strict=False),
            "every N": lambda: too_few(tasks=0),
            "q = m": lambda: too_few(below=0),
        },
    ),
    proof_check(
        "with at least d rows the minimum determines BW",
        FIT,
        "every m and d with X_i of full column rank",
        forced,
        {
            "no full rank": lambda: forced(level=False),
            "twice the cost": lambda: forced(share=2),
            "the other sign": lambda: forced(share=-1),
        },
    ),
    zero_check(
        "the mean of a term of (12) is the expected loss",
        INFINITE,
        EVERY_TASK,
        mean_gap,
        {
            "without the noise": lambda: mean_gap(noise=0),
            "twice the noise": lambda: mean_gap(noise=2),
            "twice the error": lambda: mean_gap(error=2),
        },
    ),
    zero_check(
        "a B that spans col(B⋆) only reaches σ²/2",
        INFINITE,
        EVERY_TASK + ", every B = B⋆C with C of rank k",
        spanning_gap,
        {
            "no noise": lambda: spanning_gap(noise=0),
            "twice the noise": lambda: spanning_gap(noise=2),
            "Cᵀ for a right inverse": lambda: spanning_gap(solved=False),
        },
    ),
    zero_check(
        "with infinitely many rows a task alone gives its parameter",
        ALONE,
        EVERY_TASK,
        alone_gap,
        {
            "no noise": lambda: alone_gap(noise=0),
            "no error": lambda: alone_gap(error=0),
            "twice the error": lambda: alone_gap(error=2),
        },
    ),
    proof_check(
        "with infinitely many rows no B goes below σ²/2",
        INFINITE,
        EVERY_TASK + ", every (B, W) of every width",
        population_floor,
        {
            "no noise": lambda: population_floor(noise=0),
            "twice the noise": lambda: population_floor(noise=2),
            "negative noise": lambda: population_floor(noise=-1),
        },
    ),
)


def regressions_derivation() -> Derivation:
    """Return the derivation that B = I_d makes (12) N regressions, and that every invertible B is a minimum."""
    claims = (*REGRESSIONS, *NO_GUARANTEE)
    premises = (
        r"$k' = d$; any $X_i$, $y_i$, $m$, $N$; $\hat\theta_i$ solves $X_i^{\top}X_i\hat\theta_i = X_i^{\top}y_i$",
        r"column $i$ of $W$ enters term $i$ only: the minimum over $W$ of the sum is the sum of the minima",
        r"$E$ is any invertible $d \times d$ matrix, such as $I_d$: it does not know $B_\star$",
    )
    fits = r"$m \le d - k$: by the rank of $X_iB$, a fixed $B = B_{\star,\perp}Z$ of rank $m$ fits all labels."
    return (
        Derivation("(12) at full width", claims, premises)
        .then("definition", "Task i's term at B = I_d.", r"\ell_i(I_d, \hat\theta_i + h)", regression_and_rest())
        .extended(proof("", claims, (), *no_less()))
        .then(
            "identity of words",
            "Any (B, W) against (E, E⁻¹BW).",
            r"\ell_i(E, E^{-1}BW) - \ell_i(B, W)",
            invertible_gap(),
        )
        .extended(proof("", claims, (), row_rank(), *blind_fit()))
        .then("identity of words", "A right inverse F of XB fits.", r"X_iBF y_i - y_i", fit_gap())
        .noting("identity of words", fits, rf"B_\star^{{\top}}B_{{\star,\perp}}Z = {blindness().latex()}")
    )


def rank_derivation() -> Derivation:
    """Return the derivation of the rank that fits the training data of many tasks."""
    premises = (
        r"$q = \mathrm{rank}(B)$; a fixed $B$, and Gaussian $X_i$, for the fit",
        r"labels with a density, $N \gt (m - 1)(d - m + 1)$ and $m \le d$ for the need of it",
        r"up to the order of rows and a change of basis of its columns, $B = [I_q; A]$",
        LEMMAS[FEWER_PARAMETERS].statement,
    )
    statement = (
        r"X_iBW^{(i)} = y_i \;\forall i \;\Longrightarrow\; \mathrm{rank}(B) \ge m \text{ for almost all labels}"
    )
    return (
        Derivation("The rank of a perfect fit", (*FIT, "sec-4-bm-full-rank"), premises)
        .then("identity of words", "A right inverse F of XB fits.", r"X_iBF y_i - y_i", fit_gap())
        .extended(proof("", FIT, (), row_rank(), too_few()))
        .noting(f"lemma: {FEWER_PARAMETERS}", "Rank q reaches a set of labels of measure zero.", statement)
        .extended(proof("", FIT, (), *forced()))
    )


def infinite_derivation() -> Derivation:
    """Return the derivation that low-rank matrices minimise (12) with infinitely many rows."""
    premises = (
        r"the expected loss $L_i$ for $\hat L_i$ (its mean over $X_i$, $z_i$; its limit as $m \to \infty$)",
        r"$B = B_\star C$, $CG = I_k$: such a $G$ exists when $\mathrm{rank}(C) = k$",
    )
    words = task_alphabet()
    mean = mean_term(words.letter("B"), words.letter("W"))
    return (
        Derivation("(12) with infinitely many rows", INFINITE, premises)
        .then("Isserlis", "The mean of task i's term.", r"\ell_i(B, W)", mean)
        .extended(proof("", INFINITE, (), *population_floor()))
        .then("identity of words", "At B = B⋆C, W = Gw⋆.", r"\ell_i(B_\star C, Gw_\star)", population_term(*spanning()))
    )


DERIVATIONS = (regressions_derivation, rank_derivation, infinite_derivation)
