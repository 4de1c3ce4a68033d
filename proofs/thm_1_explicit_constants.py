"""Theorem 1 with explicit constants: from the inequalities of one step to the limits, and from its hypotheses to them.

The start enters the region of `proofs.one_step`, the region is kept, and named lemmas give the three limits of (8).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy import QQ
from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.limits import Conclusion
from foanil.words import Element
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, gaps, iteration
from proofs.one_step import OneStep, Scalars, loudest_map, one_step, region, theory

# The limits ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    """What follows from one step for all times: decay, rank, and the three limits of (8)."""

    step: OneStep

    @property
    def theory(self) -> Theory:
        """The theory of the step."""
        return self.step.theory

    @functools.cached_property
    def outputs_vanish(self) -> Conclusion:
        """Σ_t ŵ_tᵀG_tŵ_t is finite: B_tw_t → 0, and ‖w_t‖ never increases."""
        T, here, x = self.theory, self.step.here, self.step.x
        rate = here.words.field.one * 7 / 4 * x.rho * (1 - x.gram_bound)
        energy = T.congruence(self.step.gram_lower, here.w.T, "0 ≤ ŵᵀGŵ")
        after = T.restate(T.square(here.next_head.T), here.next_head.T @ here.next_head, "0 ≤ ‖ŵ₊‖²")
        statement = (
            r"\lVert w_{t+1} \rVert \le \lVert w_t \rVert,\quad "
            r"\tfrac74\beta(1-\bar g)\textstyle\sum_t \lVert B_tw_t \rVert^2 \le \lVert w_0 \rVert^2,\quad B_tw_t \to 0"
        )
        return limits.summable_decrease(
            T, self.step.head_decrease, energy, after, rate, here.w.T @ here.w, {"w": here.next_head}, statement
        )

    @functools.cached_property
    def complement_vanishes(self) -> Conclusion:
        """‖D_t‖² ≤ δ/(1 + aqδt): the complement is unlearned, and never grows."""
        T, here, x = self.theory, self.step.here, self.step.x
        D_next = here.D @ (here.identity - here.scalar("a") * here.E)
        statement = (
            r"\lVert B_{\star,\perp}^{\top}B_t \rVert^2 \le \frac{\lVert B_{\star,\perp}^{\top}B_0 \rVert^2}"
            r"{1 + \beta\gamma\lVert B_{\star,\perp}^{\top}B_0 \rVert^2\, t},\quad "
            r"\gamma = \frac{\alpha^2\bar\sigma^2}{m_{\mathrm{in}}}"
        )
        return limits.quadratic_decay(
            T, self.step.complement_decrease, here.D @ here.D.T, D_next @ D_next.T, x.a * x.q, x.delta, statement
        )

    @functools.cached_property
    def rank_kept(self) -> Conclusion:
        """The rank of B⋆ᵀB_t never changes."""
        here = self.step.here
        return limits.kept_rank(self.theory, self.step.step_matrix_invertible, here.C, here.M, here.C @ here.M)

    def _general(self, *names: str) -> tuple[FracElement, ...]:
        return tuple(self.step.here.words.scalar(name).coefficient() for name in names)

    @functools.cached_property
    def gram_capped(self) -> Conclusion:
        """limsup λ_max(αΛ_t) ≤ x⋆, by the map h that dominates p̃."""
        T, through = self.theory, self.step.above_fixed_point
        s, lam, top = self._general("s", "lam", "y")
        one, zero = self.step.here.words.field.one, self.step.here.words.field.zero
        cap = sum((c * lam**i for i, c in enumerate(loudest_map(self.step.here))), start=zero)
        below = (at_least(lam), at_least(one, s * lam))
        beyond = (more_than(s * lam, one), at_least(top, lam))
        conditions = (
            T.decide_for_all(at_least(1 / s, cap), "lam", below, through, "h ≤ x⋆ on [0, x⋆]"),
            T.decide_for_all(more_than(lam, cap), "lam", beyond, through, "h(λ) < λ on (x⋆, ℓ]"),
        )
        statement = r"\limsup_t \lambda_{\max}(\alpha\Lambda_t) \le x_\star"
        return limits.scalar_lemma(
            "capped recursion", statement, conditions, self.step.gram_of_C_loud, self.step.gram_of_C_bound
        )

    def _tail(self) -> tuple[Abstraction, FracElement, FracElement, FracElement]:
        """Return the abstraction of the tail, and the ends l < x⋆ < u of its spectrum: ω < ω′ < 1, ω̄_t ≤ ω′."""
        a, s, later = self._general("a", "s", "omega_prime")
        one = self.step.here.words.field.one
        relations = (more_than(a), more_than(one / 2, a), more_than(s))
        through = Abstraction({"s": self.step.x.s}, relations)
        # the upper end leaves room below (1 + a)/(3as), where p stops increasing
        return through, (1 - later) / s, 1 / s, (1 + (1 - 2 * a) / 2) / s

    @property
    def tail_margin(self) -> tuple[Relation, ...]:
        """0 < ω′ < 1: a bound on ‖W_t‖ from some time on, since ‖W_t‖ ≤ q‖D_t‖² + ω, ω < 1 and D_t → 0."""
        (later,) = self._general("omega_prime")
        return more_than(later), more_than(self.step.here.words.field.one, later)

    @functools.cached_property
    def gram_floored(self) -> Conclusion:
        """liminf λ_min(αΛ_t) ≥ (1 − ω′)x⋆ > 0 for every ω′ in (ω, 1), when ω < 1."""
        T = self.theory
        a, s, later, lam = self._general("a", "s", "omega_prime", "lam")
        through, floor, _, top = self._tail()
        rising = (1 + 2 * a * (1 - later)) * lam - 2 * a * s * lam**2
        slope = 1 + 2 * a * (1 - later) - 4 * a * s * lam
        low = (*self.tail_margin, more_than(lam), more_than(floor, lam))
        high = (*self.tail_margin, at_least(lam, floor), at_least(top, lam))
        conditions = (
            T.decide(more_than(self.step.here.words.field.one, self.step.x.omega), "ω < 1: some ω′ lies between"),
            T.decide_for_all(more_than(rising, lam), "lam", low, through, "f(λ) > λ below the floor"),
            T.decide_for_all(at_least(slope), "lam", low, through, "f increases below the floor"),
            T.decide_for_all(at_least(rising, floor), "lam", high, through, "f stays above the floor"),
        )
        statement = r"\liminf_t \lambda_{\min}(\alpha\Lambda_t) \ge (1-\omega')\,x_\star"
        parents = (self.step.gram_of_C_lower, self.gram_capped, self.rank_kept, self.complement_vanishes)
        return limits.scalar_lemma("floored recursion", statement, conditions, *parents)

    @functools.cached_property
    def noise_vanishes(self) -> Conclusion:
        """Λ₊ − p(Λ) → 0, p(λ) = λ(1 + a(1 − sλ))²: each of its words contains D or Cŵ."""
        here = self.step.here
        words = here.words
        Lambda, identity = here.C @ here.C.T, words.eye("k")
        N = identity + here.scalar("a") * (identity - here.scalar("s") * Lambda)
        pieces = words.with_rule(here.D, words.zeros("d-k", "k_prime")).with_rule(
            here.C @ here.w, words.zeros("k", "1")
        )
        gap = self.step.next_gram - N @ Lambda @ N
        statement = r"\alpha\Lambda_{t+1} - p(\alpha\Lambda_t) \to 0"
        return limits.vanishes(gap, pieces, statement, self.complement_vanishes, self.outputs_vanish)

    @functools.cached_property
    def gram_converges(self) -> Conclusion:
        """αΛ_t → x⋆I, when ω < 1."""
        T = self.theory
        a, s, lam = self._general("a", "s", "lam")
        through, floor, fixed, top = self._tail()
        one = self.step.here.words.field.one
        image = lam * (1 + a * (1 - s * lam)) ** 2
        slope = (1 + a - a * s * lam) * (1 + a - 3 * a * s * lam)
        inside = (*self.tail_margin, at_least(lam, floor), at_least(top, lam))
        conditions = (
            T.decide_for_all(more_than(slope), "lam", inside, through, "p increases on [l, u]"),
            T.decide_for_all(
                more_than(image, lam), "lam", (*inside, more_than(fixed, lam)), through, "p(λ) > λ left of x⋆"
            ),
            T.decide_for_all(
                more_than(lam, image), "lam", (*inside, more_than(lam, fixed)), through, "p(λ) < λ right of x⋆"
            ),
        )
        assert slope == image.diff(lam) * one, "the slope is the derivative of the map"
        statement = r"\alpha\Lambda_t \to x_\star I,\quad \Lambda_t \to \Lambda_\star"
        parents = (self.noise_vanishes, self.gram_capped, self.gram_floored)
        return limits.scalar_lemma("perturbed monotone map", statement, conditions, *parents)

    @functools.cached_property
    def outside_vanishes(self) -> Conclusion:
        """αB_tB_tᵀ − B⋆Λ_tB⋆ᵀ → 0: each of its words contains D."""
        return self._outside(drop_cross=False)

    def _outside(self, drop_cross: bool) -> Conclusion:
        here = self.step.here
        words = here.words
        B_star, B_perp = words.letter("B_star"), words.letter("B_star_perp")
        B = B_star @ here.C + B_perp @ here.D
        kept = words.zeros("d", "d") if drop_cross else B_star @ here.C @ here.C.T @ B_star.T
        pieces = words.with_rule(here.D, words.zeros("d-k", "k_prime"))
        statement = r"\alpha B_tB_t^{\top} - B_\star(\alpha\Lambda_t)B_\star^{\top} \to 0"
        return limits.vanishes(B @ B.T - kept, pieces, statement, self.complement_vanishes)

    @functools.cached_property
    def limit_points(self) -> Conclusion:
        """Every limit point B has αBBᵀ = x⋆B⋆B⋆ᵀ: rank k, spans col(B⋆), k squared singular values x⋆/α."""
        here, T = self.step.here, self.theory
        B_star = here.words.letter("B_star")
        positive = T.decide(more_than(self.step.x.x_star), "x⋆ > 0")
        statement = (
            r"\alpha B_\infty B_\infty^{\top} = x_\star B_\star B_\star^{\top},\quad "
            r"\mathrm{rank}\, B_\infty = k,\quad \mathrm{col}(B_\infty) = \mathrm{col}(B_\star),\quad "
            r"\sigma_1^2 = \dots = \sigma_k^2 = x_\star/\alpha"
        )
        return limits.limit_of_gram(
            T, B_star @ B_star.T, positive, self.gram_converges, self.outside_vanishes, statement
        )

    @functools.cached_property
    def zero_function(self) -> Conclusion:
        """The output of the network vanishes: each word of √α·Bŵ contains Cŵ or Dŵ."""
        return self._zero_function(True)

    def _zero_function(self, complement_too: bool) -> Conclusion:
        here = self.step.here
        words = here.words
        output = (words.letter("B_star") @ here.C + words.letter("B_star_perp") @ here.D) @ here.w
        pieces = words.with_rule(here.C @ here.w, words.zeros("k", "1"))
        if complement_too:
            pieces = pieces.with_rule(here.D @ here.w, words.zeros("d-k", "1"))
        statement = r"x^{\top}B_tw_t \to 0 \text{ for every } x"
        return limits.vanishes(output, pieces, statement, self.outputs_vanish)


def rational_constant(here: Iteration, value: Fraction | int) -> FracElement:
    """Return a rational number as an element of the coefficient field."""
    return here.words.field(QQ(value.numerator, value.denominator))


def explicit_conditions(here: Iteration, step_size: Fraction | int = 4) -> tuple[Relation, ...]:
    """Return the explicit hypotheses of Theorem 1, dimensionless: β ≤ α, α²σ̄² ≤ 1/step_size, κ ≥ 1, m ≥ 1, a > 0."""
    x = Scalars(here)
    one = here.words.field.one
    return (
        more_than(x.a),
        more_than(x.rho),
        at_least(one, x.rho),
        at_least(x.kappa, one),
        at_least(x.m, one),
        at_least(x.rho / rational_constant(here, step_size), x.a * x.kappa),
    )


def entry(
    here: Iteration,
    step_size: Fraction | int = 4,
    start: Fraction | int = 4,
    head: Fraction | int = 1,
    more: tuple[Relation, ...] = (),
) -> list[Decided]:
    """Decide that the explicit hypotheses put the start into the region, whichever of 1/(4m) and x⋆ is ℓ.

    δ = 1/(start·m) and ω = head; ω = 1 is not below 1, which `head_at_rest` and `head_shrinks_strictly` settle.
    `more` are further relations to decide.
    """
    x = Scalars(here)
    first = 1 / (rational_constant(here, start) * x.m)
    given = explicit_conditions(here, step_size)
    decided = []
    cases = (("ℓ = x⋆", x.x_star, at_least(x.x_star, first)), ("ℓ = α‖B_0‖²", first, at_least(first, x.x_star)))
    for label, top, case in cases:
        through = Abstraction({"ell": top, "delta": first, "omega": rational_constant(here, head)}, ())
        theory_of_case = Theory(here.words, (*given, case), {})
        for relation in (*region(here), *more):
            concrete = Relation(through.concrete(relation.function), relation.sign)
            decided.append(theory_of_case.decide(concrete, f"{label}: an inequality of the region"))
    return decided


def head_at_rest() -> dict[str, Element]:
    """Return, for Bŵ = 0, what moves: ŵ₊ − ŵ, C₊ŵ, D₊ŵ, and C₊, D₊ minus the same step with ŵ = 0; all are zero."""
    here = iteration()
    words = here.words
    resting = words.with_rule(here.C @ here.w, words.zeros("k", "1")).with_rule(
        here.D @ here.w, words.zeros("d-k", "1")
    )
    none = {"w": words.zeros("k_prime", "1")}
    C_next, D_next = here.C @ here.M, here.D @ (here.identity - here.scalar("a") * here.E)
    moved = {
        "head": here.next_head - here.w,
        "C output": C_next @ here.w,
        "D output": D_next @ here.w,
        "C": C_next - C_next.substitute(none),
        "D": D_next - D_next.substitute(none),
    }
    return {name: element.into(resting) for name, element in moved.items()}


def start_bounds() -> tuple[Fact, Fact]:
    """Derive ‖CCᵀ‖ ≤ δ and ‖DDᵀ‖ ≤ δ from α‖B_0‖² ≤ δ, B = B⋆C + B⋆,⊥D."""
    here = iteration()
    words = here.words
    B_star, B_perp = words.letter("B_star"), words.letter("B_star_perp")
    B = B_star @ here.C + B_perp @ here.D
    bound = here.scalar("delta") * words.eye("d") - B @ B.T
    start = Theory(words, (at_least(Scalars(here).delta),), {"α‖B_0‖² ≤ δ": bound})
    whole = start.hypothesis("α‖B_0‖² ≤ δ")
    return start.congruence(whole, B_star.T, "‖CCᵀ‖ ≤ δ"), start.congruence(whole, B_perp.T, "‖DDᵀ‖ ≤ δ")


def printed_constants(here: Iteration, scale: int = 4) -> list[Decided]:
    """Decide that the printed conditions with constants 1/scale, 1, 1/2 are the explicit ones.

    α‖B_0‖² = δ ≤ y/scale with y ≤ 1/m gives δ ≤ 1/(4m); α²σ̄² = t ≤ 1/4 gives aκ = ρt ≤ ρ/4.
    """
    x = Scalars(here)
    one = here.words.field.one
    printed = (
        at_least(x.m, one),
        at_least(x.delta),
        at_least(1 / x.m, here.words.scalar("y").coefficient()),
        at_least(here.words.scalar("y").coefficient() / scale, x.delta),
        more_than(x.rho),
        at_least(one / 4, x.t),
    )
    given = Theory(here.words, printed, {})
    return [
        given.decide(at_least(1 / (4 * x.m), x.delta), "α‖B_0‖² ≤ 1/(4m)"),
        given.decide(at_least(x.rho / 4, x.rho * x.t), "aκ = ρα²σ̄² ≤ ρ/4"),
    ]


# Mutants: what the checker must refuse ---------------------------------------------------------------


def without(dropped: Relation) -> OneStep:
    """Return one step in the theory without one of its scalar assumptions."""
    whole = theory()
    kept = tuple(relation for relation in whole.assumptions if relation != dropped)
    if len(kept) == len(whole.assumptions):
        raise ValueError(f"{dropped} is not an assumption of the region")
    return one_step(replace(whole, assumptions=kept))


def _region(index: int) -> Relation:
    return region(iteration())[index]


def _swollen(name: str, factor: int) -> OneStep:
    """Return one step with a weaker hypothesis on the state: its bound multiplied by a factor."""
    whole = theory()
    here = iteration()
    scalar = {"‖CCᵀ‖ ≤ ℓ": "ell", "‖DDᵀ‖ ≤ δ": "delta", "‖ŵ‖² ≤ ω": "omega"}[name]
    size = whole.hypotheses[name].shape[0]
    weaker = whole.hypotheses[name] + (factor - 1) * here.scalar(scalar) * here.words.eye(size)
    return one_step(replace(whole, hypotheses={**whole.hypotheses, name: weaker}))


def head_shrinks_strictly(step: OneStep) -> list[Proved]:
    """Derive that ω = 1 becomes ω < 1 after one step with Bŵ ≠ 0: the decrease holds and its rate is positive."""
    x, T = step.x, step.theory
    rate = step.here.words.field.one * 7 / 4 * x.rho * (1 - x.gram_bound)
    return [step.head_decrease, T.decide(more_than(rate), "the rate of decrease is positive")]


def everything(step: OneStep | None = None) -> list[Proved]:
    """Derive Theorem 1 with explicit constants in full: entry, the region kept, the three limits, the head at ω = 1."""
    step = step or one_step()
    found = Limits(step)
    kept = [step.gram_of_C_bound, step.complement_bound, step.head_decrease]
    gaps_at_rest = [name for name, gap in head_at_rest().items() if not gap.is_zero()]
    if gaps_at_rest:
        raise RefusedStepError(f"a head with Bŵ = 0 should change nothing; it changes {gaps_at_rest}")
    reached = [found.complement_vanishes, found.outputs_vanish, found.gram_converges]
    return [*start_bounds(), *entry(iteration()), *kept, *reached, *head_shrinks_strictly(step)]


_ONE_STEP_MUTANTS: dict[str, Callable[[], object]] = {
    "without a < 1/2": lambda: Limits(without(_region(1))).gram_converges,
    "without ρ ≤ 1": lambda: without(_region(3)).head_decrease,
    "without m ≥ 1": lambda: without(_region(4)).gram_upper,
    "without ℓ ≥ x⋆": lambda: without(_region(6)).gram_upper,
    "without ḡ < 1": lambda: without(_region(9)).head_decrease,
    "without ḡ(1 + 2/m) ≤ 2": lambda: without(_region(10)).head_noise_upper,
    "without 2aqδ ≤ 1": lambda: without(_region(11)).complement_bound,
    "without a(sℓ + qδ + ω) ≤ 1": lambda: without(_region(12)).moment_upper,
    "‖CCᵀ‖ ≤ 2ℓ": lambda: _swollen("‖CCᵀ‖ ≤ ℓ", 2).noise_upper,
    "‖DDᵀ‖ ≤ 2δ": lambda: _swollen("‖DDᵀ‖ ≤ δ", 2).noise_upper,
    "‖ŵ‖² ≤ 2ω": lambda: _swollen("‖ŵ‖² ≤ ω", 2).noise_upper,
}

REGION = "every d, k ≤ k′ and m_in ≥ 1, all real parameters and states of the region"
EXPLICIT = "every d, k ≤ k′ ≤ d, m_in ≥ 1, all parameters and starts that meet the explicit hypotheses"


def _wrong_dimensionless(change: Callable[[Iteration], Element]) -> Callable[[], Element]:
    """Return C₊ minus a wrong form of it, in words."""
    return lambda: iteration().C @ iteration().M - change(iteration())


def bounded(step: OneStep | None = None) -> list[Proved]:
    """Derive α‖B_t‖² ≤ ḡ < 1 for all t: the region holds it and is kept."""
    step = step or one_step()
    below = step.theory.decide(more_than(step.here.words.field.one, step.x.gram_bound), "ḡ < 1")
    kept = [step.gram_of_C_bound, step.complement_bound, step.head_decrease]
    return [*start_bounds(), *entry(iteration()), step.gram_upper, below, *kept]


def complement_rate(step: OneStep | None = None) -> list[Proved]:
    """Derive the rate of the first limit, O(m_in/(α²βσ̄²t)) with constant 1."""
    return [*start_bounds(), *entry(iteration()), Limits(step or one_step()).complement_vanishes]


def second_moment_controlled(step: OneStep | None = None) -> list[Proved]:
    """Derive 0 ⪯ W ⪯ (qδ + ω)I: what E holds beside sCᵀC, with E[wwᵀ] = αcE, is bounded by ‖w‖² and ‖D‖²."""
    step = step or one_step()
    kept = [step.gram_of_C_bound, step.complement_bound, step.head_decrease]
    return [*start_bounds(), *entry(iteration()), step.noise_lower, step.noise_upper, *kept]


CHECKS = (
    proof_check(
        "the head bound controls the second moment",
        ("app-a-head-controls-second-moment",),
        EXPLICIT,
        second_moment_controlled,
        {
            "without ḡ(1 + 2/m) ≤ 2": lambda: second_moment_controlled(without(_region(10))),
            "‖ŵ‖² ≤ 2ω": lambda: _swollen("‖ŵ‖² ≤ ω", 2).noise_upper,
            "‖DDᵀ‖ ≤ 2δ": lambda: _swollen("‖DDᵀ‖ ≤ δ", 2).noise_upper,
        },
    ),
    proof_check(
        "the representation stays bounded",
        ("app-a-bounded",),
        EXPLICIT,
        bounded,
        {
            "without ḡ < 1": lambda: bounded(without(_region(9))),
            "without a < 1/2": lambda: bounded(without(_region(1))),
            "α‖B_0‖² ≤ 2/(5m)": lambda: entry(iteration(), start=Fraction(5, 2)),
        },
    ),
    proof_check(
        "the complement decays like 1/t",
        ("app-a-rate",),
        EXPLICIT,
        complement_rate,
        {
            "without 2aqδ ≤ 1": lambda: complement_rate(without(_region(11))),
            "without aE ⪯ I": lambda: complement_rate(without(_region(12))),
            "without m ≥ 1": lambda: complement_rate(without(_region(4))),
        },
    ),
    zero_check(
        "dimensionless form of the outer step",
        ("new-dimensionless-form",),
        "every d, k, k′ and m_in, Σ⋆ = cI, all values of the letters",
        lambda: functools.reduce(lambda worst, gap: worst if not worst.is_zero() else gap, gaps().values()),
        {
            "C₊ = CM without the noise W": _wrong_dimensionless(lambda i: i.C @ (i.M + i.scalar("a") * i.W)),
            "C₊ = C(M − aI)": _wrong_dimensionless(lambda i: i.C @ (i.M - i.scalar("a") * i.identity)),
            "s without 1/m": _wrong_dimensionless(
                lambda i: i.C @ (i.M + i.scalar("a") / i.scalar("m") * (i.C.T @ i.C))
            ),
        },
    ),
    proof_check(
        "the region is kept and leads to the three limits",
        ("new-thm-1-region-form",),
        REGION,
        everything,
        _ONE_STEP_MUTANTS | {"without ω < 1": lambda: Limits(without(theory().assumptions[-2])).gram_floored},
    ),
    proof_check(
        "a head of length exactly √(αc)",
        ("new-head-bound-attained",),
        EXPLICIT,
        lambda: [*entry(iteration()), *head_shrinks_strictly(one_step())],
        {
            "without ḡ < 1": lambda: without(_region(9)).head_decrease,
            "without ρ > 0": lambda: head_shrinks_strictly(without(_region(2))),
            "without ρ ≤ 1": lambda: without(_region(3)).head_decrease,
        },
    ),
    proof_check(
        "Theorem 1 with explicit constants",
        ("new-thm-1-explicit",),
        EXPLICIT,
        everything,
        {
            "α ≤ 1/σ̄": lambda: entry(iteration(), step_size=1),
            "α‖B_0‖² ≤ 1/(2m)": lambda: entry(iteration(), start=2),
            "α‖B_0‖² ≤ 2/(5m)": lambda: entry(iteration(), start=Fraction(5, 2)),
            "‖w_0‖² ≤ 4αc": lambda: entry(iteration(), head=4),
        },
    ),
)


SYMBOLS = (
    r"$G = C^{\top}C + D^{\top}D$, $u = (I-G)\hat w$, $g = G\hat w$",
    r"$R = uu^{\top} + (gg^{\top} + (\hat w^{\top}G\hat w)G)/m$, $W = qD^{\top}D + R$, $E = sC^{\top}C + W$",
    r"$M = (1+a)I - aE$; one step: $C_+ = CM$, $D_+ = D(M-aI)$",
    r"$\Lambda = CC^{\top}$, $F = I - s\Lambda$, $N = I + aF$, $Z = CWC^{\top}$",
    r"bounds $\ell$, $\delta$, $\omega$ on $\Lambda$, $DD^{\top}$, $\lVert\hat w\rVert^2$",
    r"$\bar g = \ell + \delta$, $\bar\omega = q\delta + \omega$",
)
"""The matrices that the steps name."""


def derivation() -> Derivation:
    """Return the whole derivation of Theorem 1 with explicit constants."""
    claims = (
        "new-thm-1-explicit",
        "new-thm-1-region-form",
        "new-head-bound-attained",
        "new-dimensionless-form",
        "app-a-bounded",
        "app-a-rate",
        "app-a-head-controls-second-moment",
    )
    premises = (
        r"$\Sigma_\star = cI$, $\mathrm{rank}(B_\star^{\top}B_0) = k$",
        r"$0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$",
        r"$\alpha\lVert B_0\rVert^2 \le \frac{1}{4m_{\mathrm{in}}}$, $\lVert w_0\rVert^2 \le \alpha c$",
        r"$C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $\hat w = w/\sqrt{\alpha c}$",
        r"$a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, $m = m_{\mathrm{in}}$",
        r"$q = \kappa/m$, $s = 1 + (1+\kappa)/m$, $x_\star = 1/s$",
    )
    return proof("Theorem 1 with explicit constants", claims, (*premises, *SYMBOLS), *everything())


DERIVATIONS = (derivation,)
