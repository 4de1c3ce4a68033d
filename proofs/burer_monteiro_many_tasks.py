"""Section 4: the local minima of (12) with infinitely many tasks of m rows each.

With its head minimised out a task costs (m − q)(σ² + ‖(I − Π)θ⋆‖²)/(2m) in the mean, Π the projector onto the columns
of B, q its rank. For m > k every local minimum at k′ = k has col(B) = col(B⋆): a B of smaller rank gains by another
column, an unseen direction of B⋆ is gained by a turn, and otherwise there is a slope. For k < k′ < m the minima contain
col(B⋆) and k′ − k arbitrary columns; for m ≤ k every B of rank k costs nothing at all.
"""

from __future__ import annotations

import functools

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.burer_monteiro_landscape import LATEX, LOCAL, SCALARS, both
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check

NO_GUARANTEE = ("sec-4-bm-misspecified-no-guarantee",)
FIT = ("new-bm-perfect-fit-rank",)
MANY_TASKS = "infinitely many tasks: every d, k and m, every Σ⋆ and σ"


# A task with its head minimised out ------------------------------------------------


@functools.cache
def profile_alphabet() -> Alphabet:
    """Return the alphabet of U, an orthonormal basis of B's q columns, Y of their complement, X_1 = XU, X_2 = XY.

    S = (X_1ᵀX_1)⁻¹; X_1 and X_2 are independent and standard Gaussian; h is any departure from the best head.
    """
    letters = (
        Letter("X_1", ("m", "q")),
        Letter("X_2", ("m", "d-q")),
        Letter("S", ("q", "q"), symmetric=True),
        Letter("U", ("d", "q")),
        Letter("Y", ("d", "d-q")),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("Sigma_star", ("k", "k"), symmetric=True, latex=r"\Sigma_\star"),
        Letter("w_star", ("k", "1"), latex=r"w_\star"),
        Letter("z", ("m", "1")),
        Letter("h", ("q", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    X_1, S, U, Y = (bare.letter(name) for name in ("X_1", "S", "U", "Y"))
    return (
        bare.with_rule(X_1.T @ X_1 @ S, bare.eye("q"))
        .with_rule(U.T @ U, bare.eye("q"))
        .with_rule(Y.T @ Y, bare.eye("d-q"))
        .with_rule(Y.T @ U, bare.zeros("d-q", "q"))
        .with_rule(Y @ Y.T, bare.eye("d") - U @ U.T)
    )


def features(words: Alphabet) -> Element:
    """Return X = X_1Uᵀ + X_2Yᵀ, so that XU = X_1 and XY = X_2."""
    return words.letter("X_1") @ words.letter("U").T + words.letter("X_2") @ words.letter("Y").T


def task_labels(words: Alphabet) -> Element:
    """Return y = XB⋆w⋆ + z."""
    return features(words) @ words.letter("B_star") @ words.letter("w_star") + words.letter("z")


def best_head(words: Alphabet, share: int = 1) -> Element:
    """Return (X_1ᵀX_1)⁻¹X_1ᵀy, the head for the basis U."""
    return share * (words.letter("S") @ words.letter("X_1").T @ task_labels(words))


def best_head_gap(share: int = 1, cost: int = 1) -> Element:
    """Return ‖XU(ŵ + h) − y‖² − ‖XUŵ − y‖² − ‖X_1h‖²: zero, so that ŵ is the best head."""
    words = profile_alphabet()
    XU, h, y, head = words.letter("X_1"), words.letter("h"), task_labels(words), best_head(words, share)
    found = words.sqnorm(XU @ (head + h) - y) - words.sqnorm(XU @ head - y)
    return found - cost * words.sqnorm(XU @ h)


@functools.cache
def profile() -> Element:
    """Return the mean of a task's least loss min_w L̂_i(Bw) for B of rank q ≤ m, over X_2, z and w⋆; X_1 is free."""
    words = profile_alphabet()
    rest = words.letter("X_1") @ best_head(words) - task_labels(words)
    loss = words.sqnorm(rest) / words.scalar("m") / 2
    noise = Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    return expectation(loss, Gaussian("X_2"), noise, Centred("w_star", words.letter("Sigma_star")))


def missed(words: Alphabet) -> Element:
    """Return Tr((I − UUᵀ)Θ), Θ = B⋆Σ⋆B⋆ᵀ: what the columns of B miss of the tasks, E‖(I − Π)θ⋆‖²."""
    seen = words.letter("Y").T @ words.letter("B_star")
    return words.trace(seen @ words.letter("Sigma_star") @ seen.T)


def profile_gap(rows: int = 1, noise: int = 1, share: int = 1) -> Element:
    """Return the mean least loss minus (m − q)(σ² + Tr((I − Π)Θ))/(2m): zero, whatever X_1 of full column rank."""
    words = profile_alphabet()
    m, q = words.scalar("m"), words.scalar("q")
    stated = (m - rows * q) * (noise * words.scalar("sigma_sq") + share * missed(words)) / m / 2
    return profile() - stated


# The local minima ------------------------------------------------------------------


@functools.cache
def turning_alphabet(case: str = "unseen") -> Alphabet:
    """Return the alphabet of U, a basis of col(B), at k′ = k, Γ = B⋆ᵀU, Θ = B⋆Σ⋆B⋆ᵀ.

    "unseen": Γ is singular, unit vectors a, e with Γa = 0 and Γᵀe = 0. "seen": F = Γ⁻¹ and J = Σ⋆⁻¹. "" neither.
    c and s are a cosine and a sine, written c² = 1 − s².
    """
    letters = (
        Letter("U", ("d", "k")),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("Sigma_star", ("k", "k"), symmetric=True, latex=r"\Sigma_\star"),
        Letter("J", ("k", "k"), symmetric=True, latex=r"\Sigma_\star^{-1}"),
        Letter("F", ("k", "k"), latex=r"\Gamma^{-1}"),
        Letter("a", ("k", "1")),
        Letter("e", ("k", "1")),
    )
    bare = alphabet((*SCALARS, "c"), letters, LATEX)
    U, B_star, Sigma, J, F, a, e = (bare.letter(letter.name) for letter in letters)
    words = bare.with_rule(U.T @ U, bare.eye("k")).with_rule(B_star.T @ B_star, bare.eye("k"))
    if case == "unseen":
        words = words.with_rule(B_star.T @ U @ a, bare.zeros("k", "1"))
        words = words.with_rule(U.T @ B_star @ e, bare.zeros("k", "1"))
    if case == "seen":
        words = words.with_rule(B_star.T @ U @ F, bare.eye("k")).with_rule(Sigma @ J, bare.eye("k"))
    return words.with_trace(a @ a.T, bare.constant(1)).with_trace(e @ e.T, bare.constant(1))


def theta(words: Alphabet) -> Element:
    """Return Θ = B⋆Σ⋆B⋆ᵀ."""
    return words.letter("B_star") @ words.letter("Sigma_star") @ words.letter("B_star").T


def turned(words: Alphabet) -> Element:
    """Return cUa + sB⋆e: the direction Ua turned towards B⋆e."""
    c, s = words.scalar("c"), words.scalar("s")
    return c * (words.letter("U") @ words.letter("a")) + s * (words.letter("B_star") @ words.letter("e"))


def projector_turned(words: Alphabet) -> Element:
    """Return UUᵀ with the direction Ua turned."""
    U = words.letter("U")
    old = U @ words.letter("a")
    new = turned(words)
    return U @ U.T - old @ old.T + new @ new.T


def turned_gain_gap(case: str = "unseen", share: int = 1) -> Element:
    """Return Tr(Π_sΘ) − Tr(ΠΘ) − s²eᵀΣ⋆e: zero, so that turning an unseen direction lowers what is missed."""
    words = turning_alphabet(case)
    U, e, s = words.letter("U"), words.letter("e"), words.scalar("s")
    gain = words.trace((projector_turned(words) - U @ U.T) @ theta(words))
    return gain - share * s**2 * (e.T @ words.letter("Sigma_star") @ e)


def turned_is_projector_gap(case: str = "unseen", unit_length: bool = True) -> Element:
    """Return Π_s² − Π_s at c² + s² = 1: zero, so that Π_s is the projector of a B as well."""
    words = turning_alphabet(case)
    moved = projector_turned(words)
    gap = moved @ moved - moved
    c, s = words.scalar("c"), words.scalar("s")
    new = turned(words)
    allowance = (c**2 + s**2 - 1) * (new @ new.T) if unit_length else 0 * gap
    return gap - allowance


def gain(strength: int = 1, positive: bool = True) -> list[Proved]:
    """Derive eᵀΣ⋆e ≥ ℓ > 0 for Σ⋆ ⪰ ℓI: the gain of the turn is at least s²ℓ."""
    words = turning_alphabet("unseen")
    e, ell, s = words.letter("e"), words.scalar("ell").coefficient(), words.scalar("s").coefficient()
    low = words.letter("Sigma_star") - words.constant(ell) * words.eye("k")
    T = Theory(words, (more_than(ell) if positive else at_least(ell), more_than(s)), {"Σ⋆ ⪰ ℓI": low})
    U = words.letter("U")
    rise = words.trace((projector_turned(words) - U @ U.T) @ theta(words)) - words.constant(strength * s**2 * ell)
    level = T.scale(T.congruence(T.hypothesis("Σ⋆ ⪰ ℓI"), e.T), s**2)
    return [
        T.restate(level, rise, "what is missed falls by s²ℓ or more"),
        T.decide(more_than(s**2 * ell), "and that is positive"),
    ]


def ascent(words: Alphabet) -> Element:
    """Return V = (I − UUᵀ)ΘU, the direction of steepest ascent of Tr(ΠΘ)."""
    U = words.letter("U")
    return theta(words) @ U - U @ (U.T @ theta(words) @ U)


def slope_gap(share: int = 2, ascending: bool = True) -> Element:
    """Return the slope of Tr(ΠΘ) along V minus 2‖V‖²: zero. Π = U(UᵀU)⁻¹Uᵀ moves by VUᵀ + UVᵀ − U(VᵀU + UᵀV)Uᵀ."""
    words = turning_alphabet("")
    U = words.letter("U")
    V = ascent(words) if ascending else theta(words) @ U
    moved = V @ U.T + U @ V.T - U @ (V.T @ U + U.T @ V) @ U.T
    return words.trace(moved @ theta(words)) - share * words.sqnorm(V)


def no_slope_gap(case: str = "seen", share: int = 1) -> Element:
    """Return VΓ⁻¹Σ⋆⁻¹ − (I − UUᵀ)B⋆: zero, so that V = 0 and an invertible Γ give col(B) = col(B⋆)."""
    words = turning_alphabet(case)
    U, B_star = words.letter("U"), words.letter("B_star")
    back = ascent(words) @ words.letter("F") @ words.letter("J")
    return back - share * (B_star - U @ (U.T @ B_star))


# Sizes and ranks --------------------------------------------------------------------


def level(rank: FracElement, part_missed: FracElement) -> FracElement:
    """Return (m − rank)(σ² + what is missed), 2m times the mean least loss of a B of this rank."""
    words = profile_alphabet()
    return (words.scalar("m").coefficient() - rank) * (words.scalar("sigma_sq").coefficient() + part_missed)


def rank_raised(rows: int = 1, noisy: bool = True) -> list[Proved]:
    """Derive that a B of rank q < m is no local minimum if it has a kernel: a further column lowers the loss.

    The columns of B + εpuᵀ, Bu = 0, p no column of B, contain those of B for every ε ≠ 0: what is missed grows not.
    """
    words = profile_alphabet()
    m, q, v, before, after = (words.scalar(name).coefficient() for name in ("m", "q", "sigma_sq", "s", "t"))
    some = more_than(v + before) if noisy else at_least(v + before)
    shares = (at_least(v), at_least(after), at_least(before, after), some)
    T = Theory(words, (at_least(q), at_least(m, q + rows), *shares), {})
    return [T.decide(more_than(level(q, before), level(q + 1, after)), "a further column lowers the mean least loss")]


def least_at_full_rank(rows: int = 1, positive: bool = True) -> list[Proved]:
    """Derive that at k′ = k < m the B with col(B) = col(B⋆) are the only minima: any other value is larger."""
    words = profile_alphabet()
    m, k, q, v, t = (words.scalar(name).coefficient() for name in ("m", "k", "q", "sigma_sq", "t"))
    zero = words.field.zero
    wide = at_least(m, k + rows)
    T = Theory(words, (at_least(q), at_least(k, q), wide, at_least(v), more_than(t) if positive else at_least(t)), {})
    return [T.decide(more_than(level(q, t), level(k, zero)), "whatever misses a part t of the tasks costs more")]


def wider(rows: int = 1, noisy: bool = True, strict: bool = True) -> list[Proved]:
    """Derive that at k ≤ k′ < m, σ > 0, the minima are the B of rank k′ that miss nothing: k′ − k columns are free."""
    words = profile_alphabet()
    m, width, q, v, t = (words.scalar(name).coefficient() for name in ("m", "k_prime", "q", "sigma_sq", "t"))
    noise = more_than(v) if noisy else at_least(v)
    T = Theory(words, (at_least(q), at_least(width, q), at_least(m, width + rows), noise, at_least(t)), {})
    least = level(width, words.field.zero)
    other = at_least(width, q + 1) if strict else at_least(width, q)
    fewer, missing = (Theory(words, (*T.assumptions, more), {}) for more in (other, more_than(t)))
    return [
        T.decide(at_least(level(q, t), least), "no B of width k′ costs less than (m − k′)σ²/(2m)"),
        fewer.decide(more_than(level(q, t), least), "one of smaller rank costs more"),
        missing.decide(more_than(level(width, t), least), "and so does one that misses a part of the tasks"),
    ]


def nothing_learned(rows: int = 0, below: int = 0) -> list[Proved]:
    """Derive that for m ≤ k every B of rank m or more costs nothing: (m − q)(σ² + …) at q = m."""
    words = profile_alphabet()
    m, k, t = (words.scalar(name).coefficient() for name in ("m", "k", "t"))
    T = Theory(words, (at_least(m, words.field.one), at_least(k + rows, m), at_least(t)), {})
    return [
        T.decide(Relation(level(m - below, t), Sign.ZERO), "at rank m nothing is left, whatever is missed"),
        T.decide(at_least(k, m), "m ≤ k: there are such B of width k′ = k"),
    ]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "the best head for given columns",
        LOCAL,
        "every m ≥ q, d and k, every X with XU of full column rank",
        best_head_gap,
        {
            "twice the head": lambda: best_head_gap(share=2),
            "no head": lambda: best_head_gap(share=0),
            "twice the cost": lambda: best_head_gap(cost=2),
        },
    ),
    zero_check(
        "the mean least loss of a task",
        LOCAL,
        "every m ≥ q = rank(B), d and k, every Σ⋆ and σ",
        profile_gap,
        {
            "m for m − q": lambda: profile_gap(rows=0),
            "without the noise": lambda: profile_gap(noise=0),
            "twice what is missed": lambda: profile_gap(share=2),
        },
    ),
    zero_check(
        "turning an unseen direction towards B⋆",
        LOCAL,
        MANY_TASKS + ", every B of rank k′ = k with B⋆ᵀB singular",
        lambda: both(turned_gain_gap(), turned_is_projector_gap()),
        {
            "B⋆ᵀB invertible": lambda: turned_gain_gap("seen"),
            "twice the gain": lambda: turned_gain_gap(share=2),
            "no projector": lambda: turned_is_projector_gap(unit_length=False),
            "no unseen direction": lambda: turned_is_projector_gap(case="seen"),
        },
    ),
    proof_check(
        "the turn lowers what is missed",
        LOCAL,
        MANY_TASKS + " with Σ⋆ ⪰ ℓI, ℓ > 0",
        gain,
        {
            "twice ℓ": lambda: gain(strength=2),
            "ℓ = 0": lambda: gain(positive=False),
            "without the gain": lambda: gain(strength=0),
        },
    ),
    zero_check(
        "the slope of what is learned",
        LOCAL,
        MANY_TASKS + ", every B of rank k′ = k",
        slope_gap,
        {
            "‖V‖² for 2‖V‖²": lambda: slope_gap(share=1),
            "ΘU for V": lambda: slope_gap(ascending=False),
            "3‖V‖² for 2‖V‖²": lambda: slope_gap(share=3),
        },
    ),
    zero_check(
        "without a slope B has the columns of B⋆",
        LOCAL,
        MANY_TASKS + ", Σ⋆ ≻ 0, every B of rank k′ = k with B⋆ᵀB invertible",
        no_slope_gap,
        {
            "B⋆ᵀB singular": lambda: no_slope_gap("unseen"),
            "no inverses": lambda: no_slope_gap(""),
            "twice": lambda: no_slope_gap(share=2),
        },
    ),
    proof_check(
        "a B of smaller rank is no local minimum",
        LOCAL,
        MANY_TASKS + ", q < m",
        rank_raised,
        {
            "q ≤ m": lambda: rank_raised(rows=0),
            "neither noise nor anything missed": lambda: rank_raised(noisy=False),
            "q ≤ m + 1": lambda: rank_raised(rows=-1),
        },
    ),
    proof_check(
        "for m > k the minima at k′ = k are the B with the columns of B⋆",
        LOCAL,
        MANY_TASKS + ", Σ⋆ ≻ 0, k < m",
        least_at_full_rank,
        {
            "m ≥ k": lambda: least_at_full_rank(rows=0),
            "nothing missed": lambda: least_at_full_rank(positive=False),
            "m ≥ k − 1": lambda: least_at_full_rank(rows=-1),
        },
    ),
    proof_check(
        "for k < k′ < m the minima contain col(B⋆), and k′ − k columns are free",
        NO_GUARANTEE,
        MANY_TASKS + ", σ > 0, k ≤ k′ < m",
        wider,
        {
            "k′ ≤ m": lambda: wider(rows=0),
            "without noise": lambda: wider(noisy=False),
            "of rank k′": lambda: wider(strict=False),
        },
    ),
    proof_check(
        "for m ≤ k a B of width k learns nothing from (12)",
        FIT,
        MANY_TASKS + ", m ≤ k, every B of rank m",
        nothing_learned,
        {
            "m ≤ k + 1": lambda: nothing_learned(rows=1),
            "m ≤ k + 2": lambda: nothing_learned(rows=2),
            "of rank m − 1": lambda: nothing_learned(below=1),
        },
    ),
)


def many_tasks_derivation() -> Derivation:
    """Return the derivation of the local minima of (12) with infinitely many tasks, heads minimised out."""
    claims = (*LOCAL, *NO_GUARANTEE, *FIT)
    premises = (
        r"infinitely many tasks: the mean over $X_i$, $z_i$, $w_{\star,i}$ of $\min_w \hat L_i(Bw)$",
        r"$q = \mathrm{rank}(B)$, $U$ and $Y$ orthonormal bases of $\mathrm{col}(B)$ and of its complement",
        r"$X_1 = XU$ and $X_2 = XY$ are independent standard Gaussian matrices; $q \le m$: $X_1$ has full column rank",
        r"$\Theta = B_\star\Sigma_\star B_\star^{\top}$, $\Sigma_\star \succeq \ell I$, $\ell \gt 0$",
        r"$k' = k$, $m \gt k$",
        r"$\Gamma = B_\star^{\top}U$, square: invertible, or $\Gamma a = 0$, $\Gamma^{\top}e = 0$ for unit $a$, $e$",
    )
    return (
        Derivation("The local minima of (12) with infinitely many tasks", claims, premises)
        .then("identity of words", "The best head.", r"\text{gap}", best_head_gap())
        .then("Isserlis", "The mean least loss at rank q.", r"\Phi(B)", profile())
        .extended(proof("", LOCAL, (), *rank_raised(), *gain()))
        .then(
            "identity of words",
            "Γ invertible: the slope V = (I − UUᵀ)ΘU vanishes only at col(B) = col(B⋆).",
            r"V\Gamma^{-1}\Sigma_\star^{-1} - (I - UU^{\top})B_\star",
            no_slope_gap(),
        )
        .extended(proof("", LOCAL, (), *least_at_full_rank(), *wider(), *nothing_learned()))
    )


DERIVATIONS = (many_tasks_derivation,)
