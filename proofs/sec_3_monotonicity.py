"""Monotonicity: what never grows, and when the Gram matrix increases in Loewner order at every step.

Without a head (B_0w_0 = 0) let A = [√s·C; √q·D], H = AAᵀ, P = diag(I_k, 0), X = I − H. One step is
A₊ = (I + a(P − H))A, and
I − H₊ = (1−2a)X + aX² + a(I−P) + a(X−(I−P))² − a²(X−(I−P))(I−X)(X−(I−P)),
so that H ⪯ I is kept; then M = I + a(I − AᵀA) ⪰ I and Λ₊ = CM²Cᵀ ⪰ Λ.
"""

from __future__ import annotations

import functools

from sympy import QQ

from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Fact, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs import gram_monotone_scalar, monotonicity_fails, output_decays_eventually
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import iteration
from proofs.one_step import OneStep, Scalars, one_step, region
from proofs.thm_1_explicit_constants import EXPLICIT, Limits, entry, start_bounds, without

SCOPE = "every d, k, k′ and m_in, all C and D, Cŵ = Dŵ = 0, 0 < a ≤ 1/2"


@functools.cache
def stacked_alphabet() -> Alphabet:
    """Return the alphabet of A (n×k′, n = k + d − k rows) and of the projection P onto its first k rows."""
    letters = (
        Letter("A", ("n", "k_prime"), latex="A"),
        Letter("P", ("n", "n"), symmetric=True, latex="P"),
        Letter("Q", ("n", "k"), latex="Q"),
    )
    bare = alphabet(("a", "s", "n", "k", "k_prime", "lam"), letters)
    P, Q = bare.letter("P"), bare.letter("Q")
    # Q holds the first k axes: P = QQᵀ, and √s·C = QᵀA
    return bare.with_rule(Q.T @ Q, bare.eye("k")).with_rule(Q @ Q.T, P).with_rule(P @ P, P).with_rule(P @ Q, Q)


def rest_gap(block: str, grown: int | None = None, weighted: bool = True, silent: bool = True) -> Element:
    """Return X₊ − X(I + a(gI − E)) for X = C (g = 1) or D (g = 0), E = sCᵀC + qDᵀD, when Cŵ = Dŵ = 0: zero.

    A mutant takes another g, leaves out the weights s and q, or lets the head have an output.
    """
    here = iteration()
    words, a = here.words, here.scalar("a")
    if silent:
        words = words.with_rule(here.C @ here.w, words.zeros("k", "1")).with_rule(
            here.D @ here.w, words.zeros("d-k", "1")
        )
    s, q = (here.scalar("s"), here.scalar("q")) if weighted else (1, 1)
    E = s * (here.C.T @ here.C) + q * (here.D.T @ here.D)
    X, growth = (here.C, 1) if block == "C" else (here.D, 0)
    after = here.C @ here.M if block == "C" else here.D @ (here.M - a * here.identity)
    claimed = X @ (here.identity + a * ((growth if grown is None else grown) * here.identity - E))
    return (after - claimed).into(words)


def stacking_gap(what: str, weight: str = "root_q", shift: int = 0) -> Element:
    """Return AᵀA − (sCᵀC + qDᵀD), or A₊ − (√s·QC₊ + √q·RD₊), for A = √s·QC + √q·RD, [Q, R] orthogonal: zero.

    Q holds the first k axes of R^n, n = d, and R the others. A mutant has another weight of D, or another P.
    """
    letters = (
        Letter("C", ("k", "k_prime")),
        Letter("D", ("d-k", "k_prime")),
        Letter("Q", ("n", "k")),
        Letter("R", ("n", "d-k")),
    )
    bare = alphabet(("a", "root_s", "root_q"), letters)
    Q, R = bare.letter("Q"), bare.letter("R")
    words = bare.with_rule(Q.T @ Q, bare.eye("k")).with_rule(R.T @ R, bare.eye("d-k"))
    words = words.with_rule(Q.T @ R, bare.zeros("k", "d-k")).with_rule(R @ R.T, bare.eye("n") - Q @ Q.T)
    C, D, Q, R = (words.letter(name) for name in "CDQR")
    a, s, q = words.scalar("a"), words.scalar("root_s") ** 2, words.scalar("root_q") ** 2
    E, identity = s * (C.T @ C) + q * (D.T @ D), words.eye("k_prime")
    A = words.scalar("root_s") * (Q @ C) + words.scalar(weight) * (R @ D)
    if what == "moment":
        return A.T @ A - E
    push = Q @ Q.T + shift * words.eye("n") - A @ A.T
    C_next, D_next = C @ (identity + a * (identity - E)), D @ (identity - a * E)
    return A + a * (push @ A) - (words.scalar("root_s") * (Q @ C_next) + words.scalar("root_q") * (R @ D_next))


def bounded_start(largest: int = 1, weighted: bool = True) -> list[Fact]:
    """Derive E = sCᵀC + qDᵀD ⪯ I from α‖B_0‖² ≤ x⋆, that is G ⪯ x⋆I: sG − E = (s − q)DᵀD."""
    here = iteration()
    words, x = here.words, Scalars(here)
    hypotheses = {"G ⪯ x⋆I": largest * here.scalar("x_star") * here.identity - here.G}
    T = Theory(words, (at_least(x.m, words.field.one), at_least(x.kappa)), hypotheses)
    scaled = T.scale(T.hypothesis("G ⪯ x⋆I"), x.s, "sG ⪯ I")
    E = here.scalar("s") * (here.C.T @ here.C) + here.scalar("q") * (here.D.T @ here.D)
    if not weighted:
        E = here.scalar("s") * (here.C.T @ here.C + 2 * here.D.T @ here.D)
    rest = T.scale(T.square(here.D.T), x.s - x.q)
    return [T.restate(T.sum(scaled, rest), here.identity - E, "sCᵀC + qDᵀD ⪯ I at the start")]


def stepped(words: Alphabet, damped: bool = True) -> Element:
    """Return A₊ = (I + a(P − AAᵀ))A. Shape (n, k′)."""
    A, P, a = words.letter("A"), words.letter("P"), words.scalar("a")
    push = P - A @ A.T if damped else P
    return A + a * (push @ A)


def identity_gap(sign: int = 1, square: int = 1, last: int = 1) -> Element:
    """Return (I − H₊) minus its stated form; coefficients can be altered."""
    words = stacked_alphabet()
    A, P, a = words.letter("A"), words.letter("P"), words.scalar("a")
    identity = words.eye("n")
    X, off = identity - A @ A.T, identity - P
    moved = X - off
    stated = (1 - 2 * a) * X + square * a * (X @ X) + sign * a * off + a * (moved @ moved)
    stated = stated - last * a**2 * (moved @ (identity - X) @ moved)
    A_next = stepped(words)
    return identity - A_next @ A_next.T - stated


def theory(largest_a: object = QQ(1, 2), bounded: bool = True) -> Theory:
    """Return the theory of 0 < a ≤ 1/2 and AAᵀ ⪯ I (or 2I), P a projection."""
    words = stacked_alphabet()
    a = words.scalar("a").coefficient()
    A, identity = words.letter("A"), words.eye("n")
    bound = (identity if bounded else 2 * identity) - A @ A.T
    hypotheses = {"AAᵀ ⪯ I": bound, "P ⪯ I": identity - words.letter("P")}
    return Theory(words, (more_than(a), at_least(words.field(largest_a), a)), hypotheses)


def gram_increases(given: Theory | None = None) -> list[Fact]:
    """Derive that AAᵀ ⪯ I is kept, and that Λ₊ ⪰ Λ."""
    T = given or theory()
    words = T.words
    A, P, Q, a = words.letter("A"), words.letter("P"), words.letter("Q"), words.scalar("a")
    identity, step = words.eye("n"), a.coefficient()
    X, off = identity - A @ A.T, identity - P
    moved = X - off
    below = T.hypothesis("AAᵀ ⪯ I")
    gram = T.square(A, "0 ⪯ H = AAᵀ")
    squared = T.spectral(A @ A.T, gram, below, [1, -2, 1], "0 ⪯ X²")
    first = T.scale(below, 1 - 2 * step, "(1 − 2a)X")
    second = T.scale(squared, step, "aX²")
    third = T.scale(T.hypothesis("P ⪯ I"), step, "a(I − P)")
    # a(X−(I−P))² − a²(X−(I−P))H(X−(I−P)) = a(X−(I−P))(I − aH)(X−(I−P)), and aH ⪯ H ⪯ I
    damped = T.sum(T.scale(below, step), T.scale(T.square(identity), 1 - step), says="0 ⪯ I − aH")
    fourth = T.scale(T.congruence(damped, moved), step, "a(X−(I−P))(I − aH)(X−(I−P))")
    A_next = stepped(words)
    kept = T.restate(T.sum(first, second, third, fourth), identity - A_next @ A_next.T, "A₊A₊ᵀ ⪯ I")
    inner = T.flip(below, A.T, "AᵀA ⪯ I")
    C = Q.T @ A
    identity_k = words.eye("k_prime")
    M = identity_k + a * (identity_k - A.T @ A)
    grown = T.sum(T.scale(inner, 2 * step), T.scale(T.spectral(A.T @ A, T.square(A.T), inner, [1, -2, 1]), step**2))
    increase = T.restate(T.congruence(grown, C), C @ M @ M @ C.T - C @ C.T, "Λ₊ ⪰ Λ")
    return [kept, increase]


def head_norm(step: OneStep | None = None) -> list[Proved]:
    """Derive that ‖w_t‖ never increases, and by how much it decreases."""
    step = step or one_step()
    return [*start_bounds(), *entry(iteration()), step.head_decrease, Limits(step).outputs_vanish]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "without a head, C₊ = C(I + a(I − E))",
        ("new-gram-monotone",),
        SCOPE,
        lambda: rest_gap("C"),
        {
            "E = CᵀC + DᵀD": lambda: rest_gap("C", weighted=False),
            "C₊ = C(I − aE)": lambda: rest_gap("C", grown=0),
            "a head that outputs": lambda: rest_gap("C", silent=False),
        },
    ),
    zero_check(
        "without a head, D₊ = D(I − aE)",
        ("new-gram-monotone",),
        SCOPE,
        lambda: rest_gap("D"),
        {
            "E = CᵀC + DᵀD": lambda: rest_gap("D", weighted=False),
            "D₊ = D(I + a(I − E))": lambda: rest_gap("D", grown=1),
            "a head that outputs": lambda: rest_gap("D", silent=False),
        },
    ),
    zero_check(
        "AᵀA = sCᵀC + qDᵀD",
        ("new-gram-monotone",),
        SCOPE,
        lambda: stacking_gap("moment"),
        {
            "√s for both": lambda: stacking_gap("moment", weight="root_s"),
            "D without its weight": lambda: stacking_gap("moment", weight="a"),
            "A₊ in place of A": lambda: stacking_gap("step", shift=1),
        },
    ),
    zero_check(
        "A₊ = (I + a(P − AAᵀ))A stacks C₊ and D₊",
        ("new-gram-monotone",),
        SCOPE,
        lambda: stacking_gap("step"),
        {
            "√s for both": lambda: stacking_gap("step", weight="root_s"),
            "P + I": lambda: stacking_gap("step", shift=1),
            "P − I": lambda: stacking_gap("step", shift=-1),
        },
    ),
    proof_check(
        "the start has sCᵀC + qDᵀD ⪯ I",
        ("new-gram-monotone",),
        SCOPE + ", α‖B_0‖² ≤ x⋆",
        bounded_start,
        {
            "α‖B_0‖² ≤ 2x⋆": lambda: bounded_start(largest=2),
            "D at the weight 2s": lambda: bounded_start(weighted=False),
            "without q ≤ s": lambda: bounded_start(largest=0),
        },
    ),
    zero_check(
        "I − H₊ as a sum",
        ("new-gram-monotone",),
        SCOPE,
        identity_gap,
        {
            "−a(I − P)": lambda: identity_gap(sign=-1),
            "2aX²": lambda: identity_gap(square=2),
            "without the last term": lambda: identity_gap(last=0),
        },
    ),
    proof_check(
        "the Gram matrix increases in Loewner order",
        ("new-gram-monotone",),
        SCOPE + ", ‖sCᵀC + qDᵀD‖ ≤ 1",
        gram_increases,
        {
            "a ≤ 1": lambda: gram_increases(theory(largest_a=1)),
            "a ≤ 3/5": lambda: gram_increases(theory(largest_a=QQ(3, 5))),
            "AAᵀ ⪯ 2I": lambda: gram_increases(theory(bounded=False)),
        },
    ),
    proof_check(
        "the head never grows",
        ("new-head-norm-nonincreasing",),
        EXPLICIT,
        head_norm,
        {
            "without ρ ≤ 1": lambda: head_norm(without(region(iteration())[3])),
            "without ḡ < 1": lambda: head_norm(without(region(iteration())[9])),
            "‖w_0‖² ≤ 4αc": lambda: entry(iteration(), head=4),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of Loewner monotonicity without a head."""
    premises = (
        r"$B_0w_0 = 0$: then $C\hat w = D\hat w = 0$ for ever and $\hat w$ does not move",
        r"$A = [\sqrt s\,C;\ \sqrt q\,D]$, $H = AA^{\top}$, $P = \mathrm{diag}(I_k, 0)$, $X = I - H$",
        r"$0 \lt a \le \frac12$ and $\alpha\lVert B_0\rVert^2 \le x_\star$; $q \le s$",
    )
    return proof("The Gram matrix increases", ("new-gram-monotone",), premises, *bounded_start(), *gram_increases())


def head_derivation() -> Derivation:
    """Return the derivation that the head never grows."""
    premises = (r"the explicit hypotheses of Theorem 1; $\hat w = w/\sqrt{\alpha c}$, $G = \alpha B^{\top}B$",)
    return proof("The head never grows", ("new-head-norm-nonincreasing",), premises, *head_norm())


DERIVATIONS = (
    derivation,
    head_derivation,
    *monotonicity_fails.DERIVATIONS,
    *output_decays_eventually.DERIVATIONS,
    *gram_monotone_scalar.DERIVATIONS,
)
