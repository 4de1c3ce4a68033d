"""A derivation: numbered steps, each naming its rule and holding the object it produced, printable and checkable."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Symbol, factor, latex
from sympy.polys.fields import FracElement

from foanil.decisions import RefusedGoalError, Relation, Sign
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.inequalities import Decided, Fact, RefusedStepError
from foanil.limits import LEMMAS, Conclusion, steps
from foanil.notation import NOTATION
from foanil.paper_alphabet import letter_values
from foanil.words import Alphabet, Element

EVERY_SIZE = "every d, k, k′ and sample size, all values of the letters"
Formula = Callable[..., Any]

READABLE = 8
"""An element of more words than this is named where a person reads, not spelled out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the rule it uses, what it says in words, its result in LaTeX, and the steps (by place) it rests on.

    A routine step (an unnamed scaling, say) is left out where a person reads, and kept in the JSON.
    """

    rule: str
    says: str
    latex: str
    uses: tuple[int, ...] = ()
    routine: bool = False


@dataclass(frozen=True, slots=True)
class Derivation:
    """A numbered derivation of one or more claims from the premises, ending in the element `conclusion`.

    `conclusion` is computed by the same operations that the steps print, not typed.
    """

    title: str
    claims: tuple[str, ...]
    premises: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    conclusion: Element | None = None

    def then(self, rule: str, says: str, left: str, element: Element) -> Derivation:
        """Append a step whose result is `left` = element; it becomes the conclusion."""
        step = Step(rule, says, f"{left} = {element.latex()}")
        return replace(self, steps=(*self.steps, step), conclusion=element)

    def noting(self, rule: str, says: str, latex: str) -> Derivation:
        """Append a step about the conclusion reached so far, printed as given; the conclusion stays."""
        return replace(self, steps=(*self.steps, Step(rule, says, latex)))

    def extended(self, other: Derivation) -> Derivation:
        """Append the steps of another derivation; its conclusion, if it has one, becomes this one's."""
        shift = len(self.steps)
        appended = tuple(replace(step, uses=tuple(place + shift for place in step.uses)) for step in other.steps)
        return replace(self, steps=(*self.steps, *appended), conclusion=other.conclusion or self.conclusion)

    def element(self) -> Element:
        """Return the conclusion; raises ValueError for a derivation without steps."""
        if self.conclusion is None:
            raise ValueError(f"the derivation {self.title!r} has no steps yet")
        return self.conclusion

    def _repr_markdown_(self) -> str:
        """Show the derivation in a notebook."""
        return self.markdown()

    def markdown(self) -> str:
        """Print as Markdown with GitHub's maths."""
        lines = [f"### {self.title}", "", "Premises:", ""]
        lines += [f"- {premise}" for premise in self.premises]
        numbers: dict[int, int] = {}
        for place, step in enumerate(self.steps):
            if not step.routine:
                numbers[place] = len(numbers) + 1
                ground = _references(self.steps, place, numbers)
                lines += ["", f"**{numbers[place]}.** {step.says} *[{step.rule}{ground}]*"]
                if step.latex:
                    lines += ["", "```math", step.latex, "```"]
        routine = len(self.steps) - len(numbers)
        if routine:
            lines += [
                "",
                f"Left out here, listed by `--json`: {routine} routine steps (squares, scalings, positivity).",
            ]
        return "\n".join(lines) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return the derivation as plain data: title, claims, premises and the steps with their rules."""
        steps = [
            {
                "number": number,
                "rule": step.rule,
                "says": step.says,
                "latex": step.latex,
                "uses": [place + 1 for place in step.uses],
                "routine": step.routine,
            }
            for number, step in enumerate(self.steps, start=1)
        ]
        return {
            "title": self.title,
            "claims": list(self.claims),
            "premises": list(self.premises),
            "steps": steps,
        }


def state(stated: Formula, words: Alphabet, **values: Element) -> Element:
    """Evaluate a stated formula in matrix words, its letters taken from the alphabet unless given in `values`."""
    known = {**letter_values(words), **values}
    names = list(inspect.signature(stated).parameters)[1:]
    return stated(words, **{name: known[name] for name in names})  # type: ignore[no-any-return]


def difference(derived: Element, stated: Element) -> Residual:
    """Return derived − stated as an exact residual: zero means equal in every dimension, there is no tolerance."""
    gap = derived - stated
    return exact_residual(gap.is_zero(), str(gap), computed=str(derived), stated=str(stated))


def words_check(
    name: str,
    claims: tuple[str, ...],
    formula: str,
    derive: Callable[[], Element],
    *,
    method: Method = Method.ALGEBRA,
    scope: str = EVERY_SIZE,
    at: Mapping[str, Element] | None = None,
) -> Check:
    """Return the check that a stated formula, its letters replaced as `at` says, equals a derived element."""

    once = functools.cache(derive)

    def residual(stated: Formula) -> Residual:
        derived = once()
        return difference(derived, state(stated, derived.alphabet, **(at or {})))

    return Check(name, claims, method, scope, formula, residual)


# Proofs by rules -----------------------------------------------------------------------------------

Proved = Fact | Decided | Conclusion


def proof(title: str, claims: tuple[str, ...], premises: tuple[str, ...], *conclusions: Proved) -> Derivation:
    """Return the printable derivation of some conclusions: everything they rest on, parents first."""
    nodes = steps(*conclusions)
    places = {id(node): place for place, node in enumerate(nodes)}
    kept = {id(node) for node in conclusions}
    return Derivation(title, claims, premises, tuple(_printed(node, places, kept) for node in nodes))


def _printed(node: Proved, places: Mapping[int, int], kept: set[int]) -> Step:
    uses = tuple(places[id(parent)] for parent in node.parents)
    if isinstance(node, Fact):
        words = len(node.element.terms)
        says = f"{node.says}." if words <= READABLE else f"{node.says} (an element of {words} words)."
        return Step(
            node.rule, says, node.latex() if words <= READABLE else "", uses, not node.says and id(node) not in kept
        )
    if isinstance(node, Decided):
        rule = f"z3: {node.decision.z3}, cvc5: {node.decision.cvc5}"
        return Step(rule, f"{node.says}.", relation_latex(node.relation), uses, node.routine and id(node) not in kept)
    says = f"{LEMMAS[node.lemma].statement} {node.says}".strip()
    return Step(f"lemma: {node.lemma}", says, node.statement, uses)


def _references(printed: Sequence[Step], place: int, numbers: Mapping[int, int]) -> str:
    """Return the numbers of the nearest printed steps that a step rests on, through routine ones."""
    found: set[int] = set()
    stack = list(printed[place].uses)
    while stack:
        current = stack.pop()
        if current in numbers:
            found.add(numbers[current])
        else:
            stack.extend(printed[current].uses)
    return f"; from {', '.join(f'({number})' for number in sorted(found))}" if found else ""


def relation_latex(relation: Relation) -> str:
    """Print a scalar relation as LaTeX."""
    names = {Symbol(str(s)): SCALAR_LATEX.get(str(s), str(s)) for s in relation.function.field.symbols}
    order = {Sign.NONNEGATIVE: r"\ge", Sign.POSITIVE: r"\gt", Sign.ZERO: "="}[relation.sign]
    return rf"{latex(factor(relation.function.as_expr()), symbol_names=names)} {order} 0"


SCALAR_LATEX: Mapping[str, str] = {
    **{name: symbol.latex for name, symbol in NOTATION.items()},
    "rho": r"\rho",
    "kappa": r"\kappa",
    "ell": r"\ell",
    "delta": r"\delta",
    "omega": r"\omega",
    "omega_prime": r"\omega'",
    "omega_bar": r"\bar\omega",
    "y": "y",
    "eta": r"\eta",
    "phi": r"\varphi",
    "chi": r"\chi",
    "psi": r"\psi",
    "mu": r"\mu",
    "nu": r"\nu",
    "tau": r"\tau",
    "epsilon": r"\varepsilon",
    "lam": r"\lambda",
}


def proof_check(
    name: str,
    claims: tuple[str, ...],
    scope: str,
    prove: Callable[[], Sequence[Proved]],
    mutants: Mapping[str, Callable[[], object]],
    *,
    method: Method = Method.DECISION,
) -> Check:
    """Return the check that a proof goes through: every rule applies and every scalar goal is decided.

    `mutants` name falsehoods (a wrong constant, a dropped hypothesis, a reversed inequality, a missing term): running
    one must be refused by the checker.
    """

    def residual(_: Formula) -> Residual:
        return _attempt(prove)

    falsehoods = tuple((label, functools.partial(_attempt, run)) for label, run in mutants.items())
    return Check(name, claims, method, scope, "", residual, falsehoods)


def _attempt(prove: Callable[[], object]) -> Residual:
    try:
        proved = prove()
    except (RefusedStepError, RefusedGoalError) as refusal:
        return exact_residual(False, f"refused: {refusal}")
    found = steps(*proved) if isinstance(proved, list | tuple) else []
    decisions = sum(isinstance(node, Decided) for node in found)
    lemmas = sorted({node.lemma for node in found if isinstance(node, Conclusion)})
    shown = f"{len(found)} steps, {decisions} scalar goals decided by both solvers, no open goal"
    return exact_residual(True, shown + (f"; limit lemmas: {', '.join(lemmas)}" if lemmas else ""))


def zero_check(
    name: str,
    claims: tuple[str, ...],
    scope: str,
    gap: Callable[..., Element],
    mutants: Mapping[str, Callable[[], Element]],
    *,
    method: Method = Method.ALGEBRA,
) -> Check:
    """Return the check that an element of words is zero; each mutant is a wrong version that must not be zero."""

    def judged(make: Callable[[], Element]) -> Residual:
        element = make()
        return exact_residual(element.is_zero(), str(element))

    falsehoods = tuple((label, functools.partial(judged, make)) for label, make in mutants.items())
    return Check(name, claims, method, scope, "", lambda _: judged(gap), falsehoods)


# Limits of coefficients ------------------------------------------------------------------------------


def leading_ratio(function: FracElement, scalar: str) -> FracElement:
    """Return the limit of a rational function as one scalar → ∞, by its leading coefficients, exactly.

    Raises ValueError when the limit is infinite.
    """
    field = function.field
    index = [str(symbol) for symbol in field.symbols].index(scalar)
    top, bottom = (max((powers[index] for powers in part), default=0) for part in (function.numer, function.denom))
    if top > bottom:
        raise ValueError(f"{function} has no finite limit as {scalar} grows")
    if top < bottom:
        return field.zero
    leading = [
        part.ring.from_dict({powers: c for powers, c in part.items() if powers[index] == top})
        for part in (function.numer, function.denom)
    ]
    return field(leading[0]) / field(leading[1])
