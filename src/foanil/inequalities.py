"""Loewner-order inequalities derived from a closed list of rules; scalar goals go to the decision procedures.

A `Fact` says 0 ⪯ X for a symmetric element X of the word algebra (a 1×1 element: a nonnegative number), in every
dimension, under the assumptions of its `Theory`. Facts are made by the rules below and by nothing else; a rule that
does not apply raises RefusedStepError, and a scalar goal that is not decided raises RefusedGoalError. Everything that
is believed without a check is a hypothesis of the theory (the limit lemmas are in `foanil.limits`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy.polys.fields import FracElement

from foanil.decisions import Decision, Relation, at_least, more_than, require
from foanil.words import Alphabet, Element

_KEY = object()

GROUND = "what the rule needs"
"""Said of a relation that only grounds a rule."""


class RefusedStepError(ValueError):
    """A step matches no rule: the message says what the rule expects and what came."""


@dataclass(frozen=True, eq=False)
class Fact:
    """A derived inequality 0 ⪯ element, with the rule and the facts and decisions it rests on."""

    element: Element
    rule: str
    says: str
    parents: tuple[Fact | Decided, ...]
    origin: Theory | None = None
    key: object = field(repr=False, default=None)

    def __post_init__(self) -> None:
        if self.key is not _KEY:
            raise RefusedStepError("a Fact is made by the rules of a Theory only")

    def latex(self) -> str:
        """Print the inequality."""
        order = r"\le" if self.element.shape == ("1", "1") else r"\preceq"
        return rf"0 {order} {self.element.latex()}"


@dataclass(frozen=True, eq=False)
class Decided:
    """A scalar relation that both solvers derive from the assumptions of a theory."""

    relation: Relation
    says: str
    decision: Decision
    parents: tuple[Decided, ...] = ()
    origin: Theory | None = None
    key: object = field(repr=False, default=None)

    @property
    def routine(self) -> bool:
        """Whether the relation only grounds a rule (a factor is nonnegative, an abstraction applies)."""
        return not self.says or self.says == GROUND

    def __post_init__(self) -> None:
        if self.key is not _KEY:
            raise RefusedStepError("a Decided relation is made by Theory.decide only")


@dataclass(frozen=True, eq=False)
class Abstraction:
    """A more general scalar goal: some scalars stand for rational functions, and only these relations are assumed.

    What holds for all values of the abstract scalars that satisfy the relations holds for the functions they stand
    for, once the relations are decided for those. It keeps goals small enough for the solvers.
    """

    values: Mapping[str, FracElement]
    relations: tuple[Relation, ...]

    def concrete(self, function: FracElement) -> FracElement:
        """Return a function of abstract scalars with their values put in."""
        names = [str(symbol) for symbol in function.field.symbols]
        point = [self.values.get(name, g) for name, g in zip(names, function.field.gens, strict=True)]
        return _value(function.numer, point, function.field) / _value(function.denom, point, function.field)


def _value(polynomial: Any, point: Sequence[FracElement], field: Any) -> FracElement:
    total = field.zero
    for powers, rational in polynomial.terms():
        term = field(rational)
        for base, power in zip(point, powers, strict=True):
            if power:
                term = term * base**power
        total = total + term
    return total


@dataclass(frozen=True, eq=False)
class Theory:
    """An alphabet, scalar assumptions, and matrix hypotheses 0 ⪯ X; the rules are its methods.

    `eigenvalue` names a declared scalar that occurs in no assumption: the variable of spectral functions.
    """

    words: Alphabet
    assumptions: tuple[Relation, ...]
    hypotheses: Mapping[str, Element]
    eigenvalue: str = "lam"

    # scalars -------------------------------------------------------------------------------------

    def decide(self, relation: Relation, says: str = "", through: Abstraction | None = None) -> Decided:
        """Derive a scalar relation from the assumptions, or through an abstraction; raises RefusedGoalError."""
        if through is None:
            return Decided(relation, says, require(self.assumptions, relation), (), self, _KEY)
        decision = require(through.relations, relation)
        concrete = Relation(through.concrete(relation.function), relation.sign)
        return Decided(concrete, says, decision, self._grounds(through), self, _KEY)

    def decide_for_all(
        self, relation: Relation, variable: str, interval: Sequence[Relation], through: Abstraction, says: str = ""
    ) -> Decided:
        """Derive that a relation holds for every value of a variable that satisfies `interval`.

        The abstraction's relations hold for the values of its scalars and must not mention the variable.
        """
        bound = self.words.scalar(variable).coefficient()
        if any(_occurs(bound, r.function) for r in through.relations) or variable in through.values:
            raise RefusedStepError(f"the bound variable {variable} occurs in the abstraction")
        decision = require((*through.relations, *interval), relation)
        return Decided(relation, says, decision, self._grounds(through), self, _KEY)

    def _grounds(self, through: Abstraction) -> tuple[Decided, ...]:
        """Decide the relations of an abstraction for the values of its scalars."""
        return tuple(
            self.decide(Relation(through.concrete(relation.function), relation.sign), GROUND)
            for relation in through.relations
        )

    # hypotheses and squares ----------------------------------------------------------------------

    def hypothesis(self, name: str) -> Fact:
        """Return a declared hypothesis; raises RefusedStepError for an undeclared one."""
        if name not in self.hypotheses:
            raise RefusedStepError(f"{name!r} is no hypothesis here; there are: {', '.join(self.hypotheses)}")
        return self._fact(self.hypotheses[name], "hypothesis", name)

    def square(self, Y: Element, says: str = "") -> Fact:
        """0 ⪯ YYᵀ for every Y."""
        return self._fact(Y @ Y.T, "square", says)

    def rank_one(self, u: Element, says: str = "") -> Fact:
        """0 ⪯ ‖u‖²I − uuᵀ for a column u (Cauchy–Schwarz)."""
        if u.shape[1] != "1":
            raise RefusedStepError(f"rank_one expects a column; got shape {u.shape}")
        identity = self.words.eye(u.shape[0])
        return self._fact(self.words.sqnorm(u) * identity - u @ u.T, "Cauchy–Schwarz", says)

    # closure -------------------------------------------------------------------------------------

    def congruence(self, fact: Fact, Y: Element, says: str = "") -> Fact:
        """0 ⪯ X implies 0 ⪯ YXYᵀ for every Y that fits."""
        return self._fact(Y @ fact.element @ Y.T, "congruence", says, fact)

    def sum(self, *facts: Fact, says: str = "") -> Fact:
        """0 ⪯ X and 0 ⪯ Y imply 0 ⪯ X + Y."""
        if not facts:
            raise RefusedStepError("sum expects at least one fact")
        for fact in facts:
            self.check_own(fact)
        total = facts[0].element
        for fact in facts[1:]:
            total = total + fact.element
        return self._fact(total, "sum", says, *facts)

    def scale(self, fact: Fact, factor: FracElement | int, says: str = "") -> Fact:
        """0 ⪯ X and 0 ≤ r imply 0 ⪯ rX; r ≥ 0 is decided from the assumptions."""
        nonnegative = self.decide(at_least(self.words.field(factor)), GROUND)
        return self._fact(self.words.constant(factor) * fact.element, "scaling", says, fact, nonnegative)

    def product(self, number: Fact, fact: Fact, says: str = "") -> Fact:
        """0 ≤ x (a 1×1 fact) and 0 ⪯ X imply 0 ⪯ xX."""
        self.check_own(number, fact)
        if number.element.shape != ("1", "1"):
            raise RefusedStepError(f"product expects a 1×1 fact first; got shape {number.element.shape}")
        return self._fact(number.element * fact.element, "product with a nonnegative number", says, number, fact)

    def trace(self, fact: Fact, says: str = "") -> Fact:
        """0 ⪯ X implies 0 ≤ Tr X."""
        return self._fact(self.words.trace(fact.element), "trace", says, fact)

    def restate(self, fact: Fact, element: Element, says: str = "") -> Fact:
        """0 ⪯ X is 0 ⪯ Z when X − Z is the zero element (an identity in every dimension)."""
        self.check_own(fact)
        gap = fact.element - element
        if not gap.is_zero():
            raise RefusedStepError(f"restate expects an identity of words; the difference is {gap}")
        return self._fact(element, "identity of words", says, fact)

    def flip(self, fact: Fact, A: Element, says: str = "") -> Fact:
        """0 ⪯ rI − AᵀA implies 0 ⪯ rI − AAᵀ when r ≥ 0: AᵀA and AAᵀ have the same nonzero eigenvalues."""
        self.check_own(fact)
        bound = _multiple_of_identity(fact.element + A.T @ A)
        nonnegative = self.decide(at_least(bound), GROUND)
        flipped = self.words.constant(bound) * self.words.eye(A.shape[0]) - A @ A.T
        return self._fact(flipped, "same nonzero eigenvalues", says, fact, nonnegative)

    def spectral(
        self,
        A: Element,
        lower: Fact,
        upper: Fact,
        coefficients: Sequence[FracElement | int],
        says: str = "",
        through: Abstraction | None = None,
    ) -> Fact:
        """0 ⪯ p(A) for p(λ) = Σ cᵢλⁱ when p ≥ 0 on [l, u] and 0 ⪯ A − lI, 0 ⪯ uI − A.

        The bounds l and u are read off the two facts; p ≥ 0 on [l, u] is decided under the assumptions. With an
        abstraction, coefficients are in its scalars, l must be 0, and the scalar "y" of the abstraction must stand
        for u.
        """
        self.check_own(lower, upper)
        if A.T != A:
            raise RefusedStepError(f"spectral expects a symmetric element; got {A}")
        low, high = _multiple_of_identity(A - lower.element), _multiple_of_identity(A + upper.element)
        lam = self.words.scalar(self.eigenvalue).coefficient()
        values = [self.words.field(c) for c in coefficients]
        polynomial = sum((c * lam**i for i, c in enumerate(values)), start=self.words.field.zero)
        relations = self.assumptions
        parents: tuple[Decided, ...] = ()
        if through is not None:
            relations, parents = through.relations, self._grounds(through)
            low, high = self._abstract_bounds(through, low, high)
            values = [through.concrete(c) for c in values]
        if any(_occurs(lam, function) for function in (low, high, *(r.function for r in relations))):
            raise RefusedStepError(f"the spectral variable {lam} occurs outside the polynomial")
        decision = require((*relations, at_least(lam, low), at_least(high, lam)), at_least(polynomial))
        decided = Decided(at_least(polynomial), f"for every {lam} in [{low}, {high}]", decision, parents, self, _KEY)
        return self._fact(_polynomial_in(self.words, A, values), "spectral function", says, lower, upper, decided)

    def _abstract_bounds(
        self, through: Abstraction, low: FracElement, high: FracElement
    ) -> tuple[FracElement, FracElement]:
        top = self.words.scalar("y").coefficient()
        if low or through.values.get("y") != high:
            raise RefusedStepError(
                f"the abstraction must have y = {high} and lower bound 0; got {through.values}, {low}"
            )
        return low, top

    def _fact(self, element: Element, rule: str, says: str, *parents: Fact | Decided) -> Fact:
        for parent in parents:
            self.check_own(parent)
        if element.shape[0] != element.shape[1] or element != element.T:
            raise RefusedStepError(f"expected a symmetric element; got {element} of shape {element.shape}")
        return Fact(element, rule, says, parents, self, _KEY)

    def check_own(self, *nodes: Fact | Decided) -> None:
        """Raise RefusedStepError for a fact or decision of another theory: its assumptions may not hold here."""
        for node in nodes:
            if node.origin is not self:
                raise RefusedStepError(
                    "a fact of another theory cannot be used here: derive it under these assumptions"
                )

    def strictly(self, fact: Fact, A: Element, says: str = "") -> Decided:
        """0 ⪯ A − lI with l > 0: return the decision l > 0, which makes A invertible."""
        self.check_own(fact)
        bound = _multiple_of_identity(A - fact.element)
        return self.decide(more_than(bound), says or f"{bound} > 0")


def _multiple_of_identity(element: Element) -> FracElement:
    """Return r of an element r·I; raises RefusedStepError."""
    if element.is_zero():
        return element.alphabet.field.zero
    if set(element.terms) == {((), ())} and element.shape[0] == element.shape[1]:
        return element.terms[(), ()]
    raise RefusedStepError(f"expected a multiple of the identity; got {element}")


def _occurs(variable: FracElement, function: FracElement) -> bool:
    return bool(function.diff(variable)) if function else False


def _polynomial_in(words: Alphabet, A: Element, coefficients: Sequence[FracElement]) -> Element:
    power, total = words.eye(A.shape[0]), words.zeros(*A.shape)
    for coefficient in coefficients:
        total = total + words.constant(coefficient) * power
        power = power @ A
    return total
