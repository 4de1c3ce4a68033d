"""Hypotheses on step sizes, constants and the initial point, each as an exact predicate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.claims import hypotheses as texts
from foanil.instances.data import sigma_bar_sq
from foanil.instances.instance import Condition, Instance, UndecidedError
from foanil.rational import Matrix

UNIVERSAL = (Fraction(1, 4), Fraction(1), Fraction(1, 2))
"""C_1, C_2, C_3, the same for every instance: constants are universal if no instance chooses its own."""

PARTS = 256
"""(1 − x/n)^n ≤ e^{−x} ≤ (1 + x/n)^{−n} with this n."""


def signal(i: Instance) -> Matrix:
    """Return C = B⋆ᵀB_0."""
    return rational.product(rational.transpose(i.B_star), i.B)


def complement(i: Instance) -> Matrix:
    """Return D = B⋆,⊥ᵀB_0."""
    return rational.product(rational.transpose(rational.orthonormal_complement(i.B_star)), i.B)


def norm_at_most(A: Matrix, bound: Fraction) -> bool:
    """Whether ‖A‖₂² ≤ bound, decided as bound·I − AᵀA ⪰ 0."""
    gram = rational.product(rational.transpose(A), A)
    return rational.is_positive_semidefinite(
        tuple(tuple(bound * (i == j) - entry for j, entry in enumerate(row)) for i, row in enumerate(gram))
    )


def norm_below(A: Matrix, bound: Fraction) -> bool:
    """Whether ‖A‖₂² < bound: bound·I − AᵀA is positive definite."""
    gram = rational.product(rational.transpose(A), A)
    slack = tuple(tuple(bound * (i == j) - entry for j, entry in enumerate(row)) for i, row in enumerate(gram))
    return rational.is_positive_semidefinite(slack) and rational.rank(slack) == len(slack)


def square(v: tuple[Fraction, ...]) -> Fraction:
    """Return ‖v‖²."""
    return sum((x * x for x in v), start=Fraction(0))


def column(v: tuple[Fraction, ...]) -> Matrix:
    """Return a vector as a column."""
    return tuple((x,) for x in v)


def output(B: Matrix, w: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Return Bw."""
    return tuple(row[0] for row in rational.product(B, column(w)))


def head_at_most(i: Instance, constant: Fraction) -> bool:
    """Whether ‖w_0‖² ≤ constant·αλ_min(Σ⋆), decided as constant·αΣ⋆ − ‖w_0‖²I ⪰ 0; λ_min(cI) = c."""
    level = square(i.w)
    return rational.is_positive_semidefinite(
        tuple(
            tuple(constant * i.alpha * entry - level * (p == q) for q, entry in enumerate(row))
            for p, row in enumerate(i.Sigma_star)
        )
    )


def steps_at_most(i: Instance, constant: Fraction) -> bool:
    """Whether 0 < β ≤ α ≤ constant/σ̄."""
    return bool(0 < i.beta <= i.alpha) and i.alpha**2 * sigma_bar_sq(i) <= constant**2


def per_sample(i: Instance) -> Fraction:
    """Return 1/m_in, 0 for infinitely many samples."""
    return Fraction(0) if i.m_in == math.inf else Fraction(1, i.m_in)


def printed_level(i: Instance) -> Fraction:
    """Return min(1/m_in, m_in/σ̄²)."""
    return per_sample(i) if i.m_in == math.inf else min(per_sample(i), Fraction(i.m_in) / sigma_bar_sq(i))


def printed(i: Instance) -> bool:
    """Whether the conditions of Theorem 1 hold as printed, with the constants C_1, C_2, C_3."""
    return (
        full_rank(i)
        and norm_at_most(i.B, i.C1 * printed_level(i) / i.alpha)
        and head_at_most(i, i.C2)
        and steps_at_most(i, i.C3)
    )


def full_rank(i: Instance) -> bool:
    """Whether rank(B⋆ᵀB_0) = k."""
    return bool(rational.rank(signal(i)) == i.k)


def beyond_signal(i: Instance) -> bool:
    """Whether B⋆,⊥ᵀB_0 is nonzero on ker(B⋆ᵀB_0): B_0 has more rank than its signal."""
    return rational.rank(i.B) > rational.rank(signal(i))


def x_star(i: Instance) -> Fraction:
    """Return x⋆ = 1/(1 + (1 + σ̄²/c)/m_in)."""
    return 1 / (1 + (1 + sigma_bar_sq(i) / Fraction(i.c)) * per_sample(i))


def exponential_head(i: Instance) -> bool:
    """Decide ‖w_0‖² ≤ ½αc·e^{−x}, x = 7ν/(αc(1 − δ)), by rational bounds; raises UndecidedError between them."""
    x = 7 * sum(square(row) for row in complement(i)) / (i.alpha * i.c * (1 - i.delta))
    ratio = square(i.w) / (i.alpha * i.c / 2)
    if ratio <= max(Fraction(0), 1 - x / PARTS) ** PARTS:
        return True
    if ratio > (1 + x / PARTS) ** -PARTS:
        return False
    raise UndecidedError(f"neither ‖w_0‖² ≤ ½αc·e^(−x) nor its negation follows at x = {float(x):.3g}; raise PARTS")


def is_projector(P: Matrix, rank: int) -> bool:
    """Whether P is an orthogonal projector of this rank."""
    return rational.product(P, P) == P == rational.transpose(P) and rational.rank(P) == rank


def complement_level(i: Instance) -> bool:
    """Whether αDDᵀ = gP, P an orthogonal projector of rank k′ − k, g > 0."""
    D = complement(i)
    seen = rational.product(D, rational.transpose(D))
    return bool(i.g > 0) and is_projector(rational.scaled(i.alpha / i.g, seen), i.k_prime - i.k)


def scaled_start(factor: int) -> Any:
    """Return the change that makes B_0 longer."""
    return lambda i: {"B": rational.scaled(Fraction(factor), i.B)}


def _zero(A: Matrix) -> Matrix:
    return rational.scaled(Fraction(0), A)


def _long_head(i: Instance) -> Mapping[str, Any]:
    return {"w": (Fraction(10**6), *i.w[1:])}


def _lost_rank(i: Instance) -> Mapping[str, Any]:
    """Take B⋆'s first direction out of B_0."""
    first = rational.columns(i.B_star, 0, 1)
    removed = rational.product(first, rational.transpose(first), i.B)
    return {"B": _minus(i.B, removed)}


def _minus(A: Matrix, other: Matrix) -> Matrix:
    return tuple(tuple(x - y for x, y in zip(r, s, strict=True)) for r, s in zip(A, other, strict=True))


def _signal_only(i: Instance) -> Mapping[str, Any]:
    """Take the complement of B⋆ out of B_0."""
    return {"B": rational.product(i.B_star, signal(i))}


def _nonzero_output(i: Instance) -> Mapping[str, Any]:
    """Return the head that a row of B_0 is, which B_0 does not send to zero."""
    return {"w": next(row for row in i.B if any(row))}


def _other_w(i: Instance) -> Mapping[str, Any]:
    return {"w": tuple(Fraction(1, 10**6) for _ in i.w)}


LONG = ("a start of a million times the length", scaled_start(10**6))
LONG_HEAD = ("a head of length a million", _long_head)
FAST = ("β above α", lambda i: {"beta": 2 * i.alpha})
LARGE = ("large α", lambda i: {"alpha": 10**6 * i.alpha})
STOPPED = ("β = 0", lambda _: {"beta": Fraction(0)})
OUTPUT = ("an output", _nonzero_output)
SOME_HEAD = ("a tiny head", _other_w)
NO_COMPLEMENT = ("no complement", _signal_only)

SHRINKING = (
    "B_0 shrinks with m_in",
    lambda i: {"starts": {m: rational.scaled(Fraction(1, m), i.B) for m in i.starts}},
)

_STEPS = (
    Condition(texts.PRINTED_STEPS, lambda i: steps_at_most(i, i.C3), (FAST, LARGE, STOPPED)),
    Condition(texts.EXPLICIT_STEPS, lambda i: steps_at_most(i, Fraction(1, 2)), (FAST, LARGE, STOPPED)),
    Condition(r"$0 \lt \beta \le \alpha$", lambda i: 0 < i.beta <= i.alpha, (FAST, STOPPED)),
    Condition(
        texts.UNIVERSAL,
        lambda i: (i.C1, i.C2, i.C3) == UNIVERSAL and min(UNIVERSAL) > 0,
        (("a constant of its own", lambda i: {"C1": 2 * i.C1}), ("C_2 = 0", lambda _: {"C2": Fraction(0)})),
    ),
    Condition(r"$\lambda \gt 0$", lambda i: i.unit > 0, (("λ = 0", lambda _: {"unit": Fraction(0)}),)),
    Condition(r"units with $\alpha = 1$", lambda i: i.alpha == 1, (("α = 2", lambda _: {"alpha": Fraction(2)}),)),
)

_REPRESENTATION = (
    Condition(texts.FULL_RANK_START, full_rank, (("a direction lost", _lost_rank),)),
    Condition(r"for the exponential decay: $\mathrm{rank}(C_0) = k$", full_rank, (("a direction lost", _lost_rank),)),
    Condition(texts.PRINTED_START, lambda i: norm_at_most(i.B, i.C1 * printed_level(i) / i.alpha), (LONG,)),
    Condition(texts.EXPLICIT_START, lambda i: norm_at_most(i.B, per_sample(i) / (4 * i.alpha)), (LONG,)),
    Condition(
        r"$\alpha \lVert B_0 \rVert^2 \le \frac16 \min(1/m_{\mathrm{in}}, m_{\mathrm{in}} c/\bar\sigma^2)$",
        lambda i: norm_at_most(i.B, min(per_sample(i), i.m_in * i.c / sigma_bar_sq(i)) / (6 * i.alpha)),
        (LONG,),
    ),
    Condition(
        texts.START_AT_INFINITY,
        lambda i: i.delta < 1 and norm_at_most(i.B, i.delta / i.alpha),
        (LONG, ("δ = 1", lambda _: {"delta": Fraction(1)})),
    ),
    Condition(
        r"$\alpha\lVert B_t \rVert^2 \le \bar g \lt 1$",
        lambda i: i.g_bar < 1 and norm_at_most(i.B, i.g_bar / i.alpha),
        (LONG, ("ḡ = 1", lambda _: {"g_bar": Fraction(1)})),
    ),
    Condition(
        r"at $m_{\mathrm{in}} = 1$: $\alpha\lVert B_0 \rVert^2 \le 2/3$",
        lambda i: i.m_in != 1 or norm_at_most(i.B, Fraction(2, 3) / i.alpha),
        (("m_in = 1 and a long start", lambda i: {"m_in": 1, **LONG[1](i)}),),
    ),
    Condition(
        r"$\alpha\Lambda_0 \preceq \max(x_\star, y) I_k$ and $\alpha \lVert B_{\star,\perp}^\top B_0 \rVert^2 \le "
        r"(\frac23 - y)/m_{\mathrm{in}}$ for some $y \in [\frac13, \frac23]$, with "
        r"$x_\star = m_{\mathrm{in}}/(m_{\mathrm{in}}+1+\bar\sigma^2/c)$",
        lambda i: (
            Fraction(1, 3) <= i.y <= Fraction(2, 3)
            and norm_at_most(signal(i), max(x_star(i), i.y) / i.alpha)
            and norm_at_most(complement(i), (Fraction(2, 3) - i.y) * per_sample(i) / i.alpha)
        ),
        (LONG, ("y = 1/4", lambda _: {"y": Fraction(1, 4)})),
    ),
)

_HEAD = (
    Condition(texts.PRINTED_HEAD, lambda i: head_at_most(i, i.C2), (LONG_HEAD,)),
    Condition(texts.EXPLICIT_HEAD, lambda i: head_at_most(i, Fraction(1)), (LONG_HEAD,)),
    Condition(texts.ANISOTROPIC_HEAD, lambda i: head_at_most(i, Fraction(1)), (LONG_HEAD,)),
    Condition(r"$\lVert w_0 \rVert^2 \le \alpha c/2$", lambda i: head_at_most(i, Fraction(1, 2)), (LONG_HEAD,)),
    Condition(texts.HEAD_AT_INFINITY, exponential_head, (LONG_HEAD,)),
    Condition("$w_t = 0$", lambda i: not any(i.w), (SOME_HEAD,)),
    Condition(texts.ZERO_HEAD_OUTPUT, lambda i: not any(output(i.B, i.w)), (OUTPUT,)),
    Condition("$Bw = 0$", lambda i: not any(output(i.B, i.w)), (OUTPUT,)),
    Condition(
        r"an initialisation and step sizes in the manner of Theorem 1",
        printed,
        (LONG, LONG_HEAD, ("a direction lost", _lost_rank)),
    ),
)

_COMPLEMENT = (
    Condition(
        r"$w_0 = 0$; $B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$, so that $k' \gt k$",
        lambda i: not any(i.w) and beyond_signal(i) and i.k_prime > i.k,
        (SOME_HEAD, NO_COMPLEMENT),
    ),
    Condition(
        r"$B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$, so that $k' \gt k$",
        lambda i: beyond_signal(i) and i.k_prime > i.k,
        (NO_COMPLEMENT,),
    ),
    Condition(
        r"when $k' \gt k$: $w_0 = 0$, $\alpha\lVert B_0 \rVert^2 \le x_\star$",
        lambda i: i.k_prime == i.k or (not any(i.w) and norm_at_most(i.B, x_star(i) / i.alpha)),
        (
            ("k' > k and a head", lambda i: {"k_prime": i.k + 1, **_other_w(i)}),
            ("k' > k and a long start", lambda i: {"k_prime": i.k + 1, **LONG[1](i)}),
        ),
    ),
    Condition(
        r"generic $B_0$ when $k' \gt k$: $B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$",
        lambda i: i.k_prime == i.k or beyond_signal(i),
        (("k' > k, no complement", lambda i: {"k_prime": i.k + 1, **_signal_only(i)}),),
    ),
    Condition(
        r"at finite $m_{\mathrm{in}}$: the conditions of Theorem 1",
        lambda i: i.m_in == math.inf or printed(i),
        (("m_in = 3 and a long start", lambda i: {"m_in": 3, **LONG[1](i)}),),
    ),
    Condition(
        r"at $m_{\mathrm{in}} = \infty$: $w_0 = 0$; $B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$",
        lambda i: i.m_in < math.inf or (not any(i.w) and beyond_signal(i)),
        (("m_in = ∞ and a head", lambda i: {"m_in": math.inf, **_other_w(i)}),),
    ),
    Condition(
        r"$\Pi_0$ the orthogonal projector onto $\ker(B_\star^\top B_0)$; $B_0$ fixed while $m_{\mathrm{in}}$ grows",
        lambda i: (
            is_projector(i.Pi_0, i.k_prime - rational.rank(signal(i)))
            and not any(any(row) for row in rational.product(signal(i), i.Pi_0))
            and {*i.starts.values()} == {i.B}
        ),
        (
            ("Π_0 = 0", lambda i: {"Pi_0": _zero(i.Pi_0)}),
            SHRINKING,
        ),
    ),
    Condition(
        r"$w_0 = 0$, $a \lt 1/2$; $B_0$ fixed while $m_{\mathrm{in}}$ grows",
        lambda i: not any(i.w) and i.alpha * i.beta * i.c < Fraction(1, 2) and {*i.starts.values()} == {i.B},
        (
            SOME_HEAD,
            ("large steps", lambda i: {"beta": 1 / (i.alpha * i.c)}),
            SHRINKING,
        ),
    ),
    Condition(
        r"$w_0 = 0$, $\alpha\lVert B_0 \rVert^2 \le x_\star$",
        lambda i: not any(i.w) and norm_at_most(i.B, x_star(i) / i.alpha),
        (SOME_HEAD, LONG),
    ),
    Condition(
        r"$\alpha BB^\top = \alpha B_\star\Lambda_\star B_\star^\top + gP$, $P$ a projector of rank $k' - k$ with "
        r"$PB_\star = 0$",
        lambda i: (
            is_projector(i.P, i.k_prime - i.k)
            and not any(any(row) for row in rational.product(i.P, i.B_star))
            and _minus(
                rational.scaled(i.alpha, rational.product(i.B, rational.transpose(i.B))), rational.scaled(i.g, i.P)
            )
            == rational.product(i.B_star, rational.scaled(i.alpha, i.Lambda_star), rational.transpose(i.B_star))
        ),
        (
            ("another level", lambda i: {"g": i.g + 1}),
            ("P in the subspace", lambda i: {"P": rational.product(i.B_star, rational.transpose(i.B_star))}),
        ),
    ),
    Condition(
        r"a complement at the level $g \gt 0$ in each direction",
        complement_level,
        (("no complement", _signal_only), ("another level", lambda i: {"g": i.g + 1})),
    ),
)

CONDITIONS = (*_STEPS, *_REPRESENTATION, *_HEAD, *_COMPLEMENT)
