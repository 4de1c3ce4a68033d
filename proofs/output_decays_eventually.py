"""From some time on the head's output never grows: ‖B_{t+1}w_{t+1}‖ ≤ ‖B_tw_t‖, under the explicit hypotheses.

Let p = Cŵ, r = Dŵ, X = CDᵀ, T = DDᵀ and n = ŵᵀ(I − G)ŵ. Up to words that hold more of what vanishes,
p₊ = Lp and ‖r₊‖² = (1 − an)²‖r‖² − 2(1 − an)(aq + ρ)‖Dᵀr‖²; words with X and neither a second X nor p do not occur.
Either ‖ŵ‖ stays comparable to ‖p‖, and then ‖r‖ ≤ ‖D‖‖ŵ‖ is small beside ‖p‖; or ‖ŵ‖ decays more slowly than X.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError
from foanil.limits import Conclusion
from foanil.words import Element
from proofs.derivation import Derivation, Proved, proof, proof_check
from proofs.dimensionless import iteration
from proofs.one_step import OneStep, one_step, region
from proofs.sec_3_limit_exists import contractions, geometric, output_gap
from proofs.thm_1_convergence import PREMISES
from proofs.thm_1_explicit_constants import EXPLICIT, Limits, entry, start_bounds, without

CLAIM = ("sec-3-head-output-eventual-decay",)
Letters = Sequence[tuple[str, bool]]

# What a word is made of ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Content:
    """How often a word holds p = Cŵ, r = Dŵ, X = CDᵀ or its transpose, T = DDᵀ, and ‖ŵ‖² as a factor of its own.

    `complement` is the number of factors rᵀT⋯Tr with at least one T: each is at most a power of ‖T‖ times ‖Dᵀr‖².
    """

    p: int = 0
    r: int = 0
    cross: int = 0
    T: int = 0
    head: int = 0
    complement: int = 0

    def __add__(self, other: Content) -> Content:
        """Return the content of a product."""
        mine, theirs = (tuple(getattr(x, name) for name in self.__dataclass_fields__) for x in (self, other))
        return Content(*(left + right for left, right in zip(mine, theirs, strict=True)))


def contents(element: Element) -> Iterator[Content]:
    """Yield the content of each word of a scalar, or of a column that starts with C or D, in C, D and ŵ."""
    for traces, word in element.terms:
        parts = [_open(word)] if word else []
        for trace in traces:
            parts += [_closed(factor) for factor in _factors(trace)]
        yield functools.reduce(Content.__add__, parts, Content())


def _factors(trace: Letters) -> Iterator[Letters]:
    """Split a trace into its factors ŵᵀ⋯ŵ."""
    starts = [i for i, letter in enumerate(trace) if letter == ("w", True)]
    if not starts or any(trace[i - 1] != ("w", False) for i in starts):
        raise RefusedStepError(f"expected a product of factors ŵᵀ⋯ŵ; got the trace of {trace}")
    turned = [*trace[starts[0] :], *trace[: starts[0]]]
    cuts = [*(i for i, letter in enumerate(turned) if letter == ("w", True)), len(turned)]
    for first, last in itertools.pairwise(cuts):
        yield turned[first:last]


def _closed(factor: Letters) -> Content:
    """Return the content of ŵᵀYᵀ(YYᵀ)⋯Yŵ, each Y one of C and D."""
    if len(factor) == 2:
        return Content(head=1)
    inner, left, right = _pairs(factor[2:-2]), factor[1][0], factor[-2][0]
    silent = left == right == "D" and inner.T > 0 and inner.T == len(factor[2:-2]) // 2
    return inner + _end(left) + _end(right) + Content(complement=int(silent))


def _open(word: Letters) -> Content:
    """Return the content of (YYᵀ)⋯Yŵ."""
    if word[-1] != ("w", False):
        raise RefusedStepError(f"expected a word that ends in ŵ; got {word}")
    return _pairs(word[:-2]) + _end(word[-2][0])


def _end(letter: str) -> Content:
    return Content(p=1) if letter == "C" else Content(r=1)


def _pairs(letters: Letters) -> Content:
    """Return the content of (YYᵀ)⋯(YYᵀ)."""
    total = Content()
    for left, right in zip(letters[::2], letters[1::2], strict=True):
        pair = left[0] + right[0]
        if set(pair) - set("CD"):
            raise RefusedStepError(f"expected C or D; got {pair}")
        total = total + Content(cross=int(pair in ("CD", "DC")), T=int(pair == "DD"))
    return total


def small_beside_p(content: Content) -> bool:
    """Whether a word is p with another vanishing piece, or X with r: at most ε_t‖p‖ + K‖X‖‖r‖."""
    others = content.p - 1 + content.r + content.cross + content.T
    return (content.p >= 1 and others >= 1) or (content.cross >= 1 and content.r >= 1)


def small_beside_r(content: Content) -> bool:
    """Whether a word is at most ε_t(‖p‖² + ‖Dᵀr‖² + ‖ŵ‖²‖r‖²) + K‖X‖‖p‖‖r‖ + K‖X‖²‖r‖².

    Holds X and p, or p twice and more, or X twice, or ‖Dᵀr‖² and more, or ‖ŵ‖²‖r‖² and more, or r four times.
    """
    more = content.p + content.r + content.cross + content.T >= 3
    return (
        (content.cross >= 1 and content.p >= 1)
        or (content.p >= 2 and more)
        or content.cross >= 2
        or (content.complement >= 1 and content.p + content.r + content.cross + content.T >= 4)
        or (content.head >= 1 and content.r >= 2 and more)
        or content.r >= 4
    )


def require(element: Element, small: Callable[[Content], bool], what: str) -> None:
    """Raise RefusedStepError for a word that is not small."""
    for content in contents(element):
        if not small(content):
            raise RefusedStepError(f"{what}: a word is not small: {content}")


# The step of r ---------------------------------------------------------------------------------------


@functools.cache
def complement_output_gap(decay: int = 1, pull: int = 1, square: int = 1) -> Element:
    """Return ‖r₊‖² − (1 − an)²‖r‖² + 2(1 − an)(aq + ρ)‖Dᵀr‖²; mutants multiply n, ρ or the square's cross term."""
    here = iteration()
    a, q, rho = (here.scalar(name) for name in ("a", "q", "rho"))
    r = here.D @ here.w
    n = here.w.T @ (here.identity - here.G) @ here.w
    after = here.D @ (here.M - a * here.identity) @ here.next_head
    pulled = here.D.T @ r
    kept = 1 - 2 * square * decay * a * n + a**2 * (n * n)
    return after.T @ after - kept * (r.T @ r) + 2 * (1 - a * n) * (a * q + pull * rho) * (pulled.T @ pulled)


def contraction(step: OneStep) -> list[Decided]:
    """Decide (1 − aν)² ≤ 1 − aν and (1 − aν)(aq + ρ) > 0 for every value ν of n in [0, 1], and 1 − ḡ > 0."""
    T, here, x = step.theory, step.here, step.x
    a, rho, nu, y = (here.words.scalar(name).coefficient() for name in ("a", "rho", "lam", "y"))
    one = here.words.field.one
    steps = (more_than(a), more_than(one / 2, a), more_than(rho), at_least(y))
    through = Abstraction({"y": x.a * x.q}, steps)
    unit = (at_least(nu), at_least(one, nu))
    return [
        T.decide_for_all(at_least(1 - a * nu, (1 - a * nu) ** 2), "lam", unit, through, "(1 − an)² ≤ 1 − an"),
        T.decide_for_all(more_than((1 - a * nu) * (y + rho)), "lam", unit, through, "(1 − an)(aq + ρ) > 0"),
        T.decide(more_than(one, x.gram_bound), "ḡ < 1"),
    ]


def head_weights(step: OneStep) -> tuple[Fact, Fact]:
    """Derive (1 − ḡ)‖ŵ‖² ≤ n ≤ ω for n = ŵᵀ(I − G)ŵ."""
    T, here, x = step.theory, step.here, step.x
    n = here.w.T @ (here.identity - here.G) @ here.w
    below = n - here.words.constant(1 - x.gram_bound) * (here.w.T @ here.w)
    energy = T.congruence(step.gram_lower, here.w.T)
    return (
        T.restate(T.congruence(step.gram_upper, here.w.T), below, "n ≥ (1 − ḡ)‖ŵ‖²"),
        T.restate(T.sum(energy, T.hypothesis("‖ŵ‖² ≤ ω")), here.scalar("omega") - n, "n ≤ ω < 1"),
    )


def head_gap() -> Element:
    """Return ŵ₊ − ŵ with p and D sent to zero: it is zero, as each of its words holds p or D."""
    here = iteration()
    words = here.words.with_rule(here.C @ here.w, here.words.zeros("k", "1"))
    words = words.with_rule(here.D, here.words.zeros("d-k", "k_prime"))
    return (here.next_head - here.w).into(words)


# The conclusion --------------------------------------------------------------------------------------


def dominance(found: Limits, output: Callable[[], Element] = output_gap, least: int = 0) -> Conclusion:
    """‖ŵ‖ stays comparable to ‖p‖, or X decays faster than ŵ."""
    if not head_gap().is_zero():
        raise RefusedStepError("expected every word of ŵ₊ − ŵ to hold p or D")
    statement = (
        r"\lVert\hat w_t\rVert \le K\lVert C_t\hat w_t\rVert \text{ for all large } t,\ \text{ or }\ "
        r"\lVert C_tD_t^{\top}\rVert / \lVert\hat w_t\rVert \to 0,\ \text{ or }\ \hat w_t = 0"
    )
    fast = geometric(found, output=output, least=least)
    return limits.scalar_lemma("dominance or slow decay", statement, contractions(found.step, least)[2:4], fast)


def never_grows(
    step: OneStep | None = None,
    output: Callable[[], Element] = output_gap,
    complement: Callable[[], Element] = complement_output_gap,
) -> list[Proved]:
    """Derive that ‖B_tw_t‖ never increases from some t on; the two identities can be replaced by wrong ones."""
    step = step or one_step()
    found = Limits(step)
    require(output(), small_beside_p, "p₊ − Lp")
    require(complement(), small_beside_r, "‖r₊‖² minus its leading part")
    either = dominance(found, output)
    statement = r"\lVert B_{t+1}w_{t+1}\rVert \le \lVert B_tw_t\rVert \text{ for all large } t"
    end = limits.scalar_lemma(
        "absorbed cross terms",
        statement,
        contraction(step),
        *head_weights(step),
        either,
        found.complement_vanishes,
        found.outputs_vanish,
        found.gram_converges,
    )
    return [*start_bounds(), *entry(iteration()), end]


_wrong = functools.partial

CHECKS: tuple[Check, ...] = (
    proof_check(
        "the head's output never grows from some time on",
        CLAIM,
        EXPLICIT,
        never_grows,
        {
            "p₊ with 2‖ŵ‖²": lambda: never_grows(output=_wrong(output_gap, weight=2)),
            "p₊ without ‖ŵ‖²": lambda: never_grows(output=_wrong(output_gap, weight=0)),
            "r₊ with 2n": lambda: never_grows(complement=_wrong(complement_output_gap, decay=2)),
            "r₊ with 2ρ": lambda: never_grows(complement=_wrong(complement_output_gap, pull=2)),
            "r₊ without its pull": lambda: never_grows(complement=_wrong(complement_output_gap, pull=0)),
            "without a < 1/2": lambda: never_grows(without(region(iteration())[1])),
            "without ρ ≤ 1": lambda: never_grows(without(region(iteration())[3])),
            "without ḡ < 1": lambda: never_grows(without(region(iteration())[9])),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation that the head's output never grows from some time on."""
    premises = (
        *PREMISES,
        r"$p = C\hat w$, $r = D\hat w$, $X = CD^{\top}$, $n = \hat w^{\top}(I-G)\hat w$",
        r"in scalar goals $\lambda$ stands for $n$ or $\lVert\hat w\rVert^2$, and $y$ for $aq$",
        r"$\lVert Bw\rVert^2/c = \lVert p\rVert^2 + \lVert r\rVert^2$",
        r"$p_+ - Lp$: words with $p$ and more of $D$, $p$, $r$, or with $X$ and $r$; $L \to$ a factor in $[0, 1)$",
        r"$S = \lVert r_+\rVert^2 - (1-an)^2\lVert r\rVert^2 + 2(1-an)(aq+\rho)\lVert D^{\top}r\rVert^2$",
        r"$S$: words with $X$ and $p$, with $X$ twice, or $r$ four times, or more of what vanishes beside one of",
        r"$\lVert p\rVert^2$, $\lVert D^{\top}r\rVert^2$, $\lVert\hat w\rVert^2\lVert r\rVert^2$",
    )
    return proof("The head's output never grows from some time on", CLAIM, premises, *never_grows())


DERIVATIONS = (derivation,)
