"""Section 3: B_t itself converges, so that B_∞ exists; Theorem 1 gives limits of products only.

X = CDᵀ and p = Cŵ contract: X₊ = ((1+a)I − asΛ)(I − asΛ)X + …, p₊ = L p + …, where each word left out contains X or p
and, besides, a piece that vanishes. So Σ‖X‖ + ‖p‖ < ∞; then Σ‖I − sΛ‖ < ∞, and C₊ − C = a((I − sΛ)C − CW) is summable.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, RefusedStepError
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter
from proofs.derivation import Derivation, Proved, proof, proof_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.one_step import OneStep, one_step, region
from proofs.thm_1_convergence import PREMISES
from proofs.thm_1_explicit_constants import EXPLICIT, Limits, entry, start_bounds, without

CLAIM = ("sec-3-limit-exists",)

# What vanishes -------------------------------------------------------------------------------------


@functools.cache
def marked_alphabet() -> Alphabet:
    """Return the letters of the iteration and p (k×1), with Cŵ = εp; D is to be replaced by εD.

    Then X = CDᵀ, p and r = Dŵ count one ε each: a word of order 2 that contains X or p has another vanishing piece.
    """
    words = dimensionless_alphabet().declaring(Letter("p", ("k", "1")))
    return words.with_rule(words.letter("C") @ words.letter("w"), words.scalar("epsilon") * words.letter("p"))


def order(element: Element) -> int:
    """Return the least power of ε among the coefficients of an element, D and Cŵ marked; 2 for the zero element."""
    words = marked_alphabet()
    marked = element.transport(words, {"D": words.scalar("epsilon") * words.letter("D")}, {})
    place = [str(symbol) for symbol in words.field.symbols].index("epsilon")
    powers = [
        min(power[place] for power in coefficient.numer) - min(power[place] for power in coefficient.denom)
        for coefficient in marked.terms.values()
    ]
    return min(powers, default=2)


def without_pieces(element: Element, outputs: bool = False) -> Element:
    """Return what is left of an element when X = CDᵀ and p = Cŵ are sent to zero, and `outputs`: ‖Dŵ‖² too."""
    here = iteration()
    words = here.words.with_rule(here.C @ here.D.T, here.words.zeros("k", "d-k"))
    words = words.with_rule(here.C @ here.w, here.words.zeros("k", "1"))
    if outputs:
        words = words.with_trace(here.D @ here.w @ here.w.T @ here.D.T, here.words.zeros("1", "1"))
    return element.into(words)


def require_small(element: Element, what: str) -> None:
    """Raise RefusedStepError unless each word contains X or p, and another vanishing piece."""
    rest = without_pieces(element)
    if not rest.is_zero():
        raise RefusedStepError(f"{what}: expected every word to contain X or p; without: {rest}")
    if order(element) < 2:
        raise RefusedStepError(f"{what}: expected every word to contain a second vanishing piece")


def require_summable(element: Element, what: str) -> None:
    """Raise RefusedStepError unless each word contains X, p or ‖Dŵ‖²."""
    rest = without_pieces(element, outputs=True)
    if not rest.is_zero():
        raise RefusedStepError(f"{what}: expected every word to contain X, p or ‖Dŵ‖²; without: {rest}")


# The linear parts ----------------------------------------------------------------------------------


def cross_factor(a: Any, s: Any) -> tuple[Any, ...]:
    """Return the coefficients of ((1 + a) − asλ)(1 − asλ), the polynomial of Λ that X is multiplied by."""
    return 1 + a, -a * s * (2 + a), a**2 * s**2


def head_factor(a: Any, s: Any, rho: Any, head: Any) -> tuple[Any, ...]:
    """Return the coefficients of (1 + a) − asλ − a‖ŵ‖²(1 − λ) − ρ((1 + a) − asλ)λ(1 − λ), what p is multiplied by."""
    return 1 + a - a * head, a * head - a * s - rho * (1 + a), rho * (1 + a) + rho * a * s, -rho * a * s


def of_gram(here: Iteration, coefficients: Sequence[Any]) -> Element:
    """Return a polynomial of Λ = CCᵀ. Shape (k, k)."""
    power, total = here.words.eye("k"), here.words.zeros("k", "k")
    for coefficient in coefficients:
        total, power = total + coefficient * power, power @ here.C @ here.C.T
    return total


def at_rest(coefficients: Sequence[FracElement], s: FracElement) -> FracElement:
    """Return the value of a polynomial at x⋆ = 1/s."""
    return sum((c / s**i for i, c in enumerate(coefficients)), start=s.field.zero)


def cross_gap(grown: int = 1) -> Element:
    """Return X₊ minus its linear part; `grown` multiplies the a of 1 + a, for mutants."""
    here = iteration()
    a, s = here.scalar("a"), here.scalar("s")
    X = here.C @ here.D.T
    after = here.C @ here.M @ (here.identity - a * here.E) @ here.D.T
    return after - of_gram(here, cross_factor(a, s)) @ X + (grown - 1) * a * X


def output_gap(weight: int = 1) -> Element:
    """Return p₊ minus its linear part; `weight` multiplies ‖ŵ‖², for mutants."""
    here = iteration()
    a, s, rho = here.scalar("a"), here.scalar("s"), here.scalar("rho")
    head = weight * (here.w.T @ here.w)
    linear = of_gram(here, head_factor(a, s, rho, head))
    return here.C @ here.M @ here.next_head - linear @ here.C @ here.w


def gram_gap(level: int = 1) -> Element:
    """Return Λ₊ − NΛN, N = I + a(I − sΛ); `level` multiplies s, for mutants."""
    here = iteration()
    Lambda, identity = here.C @ here.C.T, here.words.eye("k")
    N = identity + here.scalar("a") * (identity - level * here.scalar("s") * Lambda)
    return here.C @ here.M @ here.M @ here.C.T - N @ Lambda @ N


def move_gap(level: int = 1) -> Element:
    """Return C₊ − C − a(I − sΛ)C; `level` multiplies s, for mutants."""
    here = iteration()
    Lambda, identity = here.C @ here.C.T, here.words.eye("k")
    rest = identity - level * here.scalar("s") * Lambda
    return here.C @ here.M - here.C - here.scalar("a") * (rest @ here.C)


# The conclusions -----------------------------------------------------------------------------------


def contractions(step: OneStep, least: int = 0) -> list[Decided]:
    """Decide that at Λ = x⋆I the factors of X, p and I − sΛ lie in [0, 1), for every ‖ŵ‖² in [0, 1]."""
    T, here, x = step.theory, step.here, step.x
    one = here.words.field.one
    a, s, rho, head = (here.words.scalar(name).coefficient() for name in ("a", "s", "rho", "lam"))
    cross, output = at_rest(cross_factor(a, s), s), at_rest(head_factor(a, s, rho, head), s)
    gram = _multiplier_at_rest(here)
    through = Abstraction(
        {"s": x.s}, (more_than(a), more_than(one / 2, a), more_than(s, one), more_than(rho), at_least(one, rho))
    )
    heads = (at_least(head), at_least(one, head))
    bound = least * one
    return [
        T.decide(at_least(cross, bound), "the factor of X is at least 0"),
        T.decide(more_than(one, cross), "and less than 1"),
        T.decide_for_all(at_least(output, bound), "lam", heads, through, "the factor of p is at least 0"),
        T.decide_for_all(more_than(one, output), "lam", heads, through, "and less than 1"),
        T.decide(at_least(gram, bound), "the factor of I − sΛ is at least 0"),
        T.decide(more_than(one, gram), "and less than 1"),
    ]


def _multiplier_at_rest(here: Iteration) -> FracElement:
    """Return the derivative at f = 0 of f ↦ 1 − s·p((1 − f)/s), p(λ) = λ(1 + a(1 − sλ))²; raises unless 0 is fixed."""
    a, f = (here.words.scalar(name).coefficient() for name in ("a", "lam"))
    moved = 1 - (1 - f) * (1 + a * f) ** 2
    origin = Abstraction({"lam": here.words.field.zero}, ())
    if origin.concrete(moved):
        raise RefusedStepError("expected I − sΛ = 0 to be fixed")
    return origin.concrete(moved.diff(f))


def geometric(
    found: Limits,
    cross: Callable[[], Element] = cross_gap,
    output: Callable[[], Element] = output_gap,
    least: int = 0,
) -> Conclusion:
    """‖C_tD_tᵀ‖ + ‖C_tŵ_t‖ decays geometrically; the two identities can be replaced by wrong ones."""
    require_small(cross(), "X₊ minus its linear part")
    require_small(output(), "p₊ minus its linear part")
    statement = r"\lVert C_tD_t^{\top}\rVert + \lVert C_t\hat w_t\rVert \le K\theta^t,\quad \theta \lt 1"
    vanish = (found.complement_vanishes, found.outputs_vanish, found.gram_converges)
    return limits.scalar_lemma("coupled contractions", statement, contractions(found.step, least)[:4], *vanish)


def limit_exists(
    step: OneStep | None = None,
    decays: Callable[[Limits], Conclusion] = geometric,
    gram: Callable[[], Element] = gram_gap,
    move: Callable[[], Element] = move_gap,
) -> list[Proved]:
    """Derive that B_t converges; its parts can be replaced by wrong ones."""
    step = step or one_step()
    found = Limits(step)
    require_summable(gram(), "Λ₊ − NΛN")
    require_summable(move(), "C₊ − C − a(I − sΛ)C")
    fast, outputs = decays(found), found.outputs_vanish
    statement = r"\textstyle\sum_t \lVert I - s\Lambda_t\rVert \lt \infty"
    rest = limits.scalar_lemma(
        "summable forcing", statement, contractions(step)[4:], fast, outputs, found.gram_converges
    )
    end = limits.by_lemma("finite length", r"C_t \to C_\infty,\quad B_t \to B_\infty", rest, fast, outputs)
    return [*start_bounds(), *entry(iteration()), end]


_wrong = functools.partial


CHECKS: tuple[Check, ...] = (
    proof_check(
        "the representation converges",
        CLAIM,
        EXPLICIT,
        limit_exists,
        {
            "X₊ with another linear part": lambda: limit_exists(
                decays=_wrong(geometric, cross=_wrong(cross_gap, grown=2))
            ),
            "p₊ with 2‖ŵ‖²": lambda: limit_exists(decays=_wrong(geometric, output=_wrong(output_gap, weight=2))),
            "p₊ without ‖ŵ‖²": lambda: limit_exists(decays=_wrong(geometric, output=_wrong(output_gap, weight=0))),
            "Λ₊ with 2s": lambda: limit_exists(gram=_wrong(gram_gap, level=2)),
            "C₊ without the noise": lambda: limit_exists(move=_wrong(move_gap, level=0)),
            "factors at least 1": lambda: limit_exists(decays=_wrong(geometric, least=1)),
            "without a < 1/2": lambda: limit_exists(without(region(iteration())[1])),
            "without ρ ≤ 1": lambda: limit_exists(without(region(iteration())[3])),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation that B_t converges."""
    premises = (
        *PREMISES,
        r"$X = CD^{\top}$, $p = C\hat w$, $r = D\hat w$",
        r"$X_+ - ((1+a)I - as\Lambda)(I - as\Lambda)X$, $p_+ - Lp$: words with $X$ or $p$ and another of $D$, $p$, $r$",
        r"$L = (1+a)I - as\Lambda - a\lVert\hat w\rVert^2(I-\Lambda) - \rho((1+a)I - as\Lambda)\Lambda(I-\Lambda)$",
        r"$\Lambda_+ - N\Lambda N$, $C_+ - C - a(I - s\Lambda)C$: words with $X$, $p$ or $\lVert r\rVert^2$",
    )
    return proof("The representation converges", CLAIM, premises, *limit_exists())
