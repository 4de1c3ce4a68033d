"""A derivation: numbered steps, each naming its rule and holding the object it produced, printable and checkable."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy.polys.fields import FracElement

from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.paper_alphabet import letter_values
from foanil.words import Alphabet, Element

EVERY_SIZE = "every d, k, k′ and sample size, all values of the letters"
Formula = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the rule it uses, what it says in words, and its result in LaTeX."""

    rule: str
    says: str
    latex: str


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

    def element(self) -> Element:
        """Return the conclusion; raises ValueError for a derivation without steps."""
        if self.conclusion is None:
            raise ValueError(f"the derivation {self.title!r} has no steps yet")
        return self.conclusion

    def markdown(self) -> str:
        """Print as Markdown with GitHub's maths."""
        lines = [f"### {self.title}", "", "Premises:", ""]
        lines += [f"- {premise}" for premise in self.premises]
        for number, step in enumerate(self.steps, start=1):
            lines += ["", f"**{number}.** {step.says} *[{step.rule}]*", "", "```math", step.latex, "```"]
        return "\n".join(lines) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return the derivation as plain data: title, claims, premises and the steps with their rules."""
        steps = [
            {"number": number, "rule": step.rule, "says": step.says, "latex": step.latex}
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
