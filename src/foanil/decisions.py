"""Scalar inequalities over whole parameter domains, decided by two independent solvers.

A relation compares a rational function of real variables with zero. A goal says that some relations imply another for
all real values of the variables. It counts as decided only when z3 and cvc5 both refute its negation; a solver's
"unknown" is never a pass, and a model of the negation is returned as an exact counterexample where it is rational.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from sympy.polys.fields import FracElement
from sympy.polys.rings import PolyElement

TIMEOUT_SECONDS = 20
NOT_ASKED = "nothing (not asked)"


class Sign(Enum):
    """How a rational function compares with zero."""

    NONNEGATIVE = ">= 0"
    POSITIVE = "> 0"
    ZERO = "= 0"


@dataclass(frozen=True, slots=True)
class Relation:
    """`function` compares with zero as `sign` says; it includes that the function is defined (denominator not zero)."""

    function: FracElement
    sign: Sign = Sign.NONNEGATIVE

    def __str__(self) -> str:
        return f"{self.function} {self.sign.value}"


class RefusedGoalError(ValueError):
    """A scalar goal is false or undecided: the message has both answers and any counterexample."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answers of both solvers to the negation of a goal: "unsat" twice means the goal holds.

    Where z3 has a counterexample cvc5 is not asked: one is enough, and looking for it may take cvc5 for ever.
    """

    goal: str
    z3: str
    cvc5: str
    model: str = ""

    @property
    def holds(self) -> bool:
        """Whether both solvers refute the negation."""
        return self.z3 == "unsat" and self.cvc5 == "unsat"


def at_least(left: Any, right: Any = 0) -> Relation:
    """Return the relation left ≥ right of two rational functions."""
    return Relation(left - right)


def more_than(left: Any, right: Any = 0) -> Relation:
    """Return the relation left > right of two rational functions."""
    return Relation(left - right, Sign.POSITIVE)


def require(assumptions: Sequence[Relation], conclusion: Relation) -> Decision:
    """Return the decision that the assumptions imply the conclusion; raises RefusedGoalError when they do not."""
    decision = decide(tuple(assumptions), conclusion)
    if not decision.holds:
        model = f"; counterexample: {decision.model}" if decision.model else ""
        raise RefusedGoalError(
            f"not decided: {decision.goal}; z3 says {decision.z3}, cvc5 says {decision.cvc5}{model}; "
            "mend the goal or its assumptions"
        )
    return decision


@functools.cache
def decide(assumptions: tuple[Relation, ...], conclusion: Relation) -> Decision:
    """Ask both solvers whether assumptions and the negated conclusion can hold together."""
    text = f"{', '.join(map(str, assumptions))} ⟹ {conclusion}"
    answer, model = ask_z3(assumptions, conclusion)
    return Decision(text, answer, NOT_ASKED if answer == "sat" else ask_cvc5(assumptions, conclusion), model)


def satisfiable(assumptions: Sequence[Relation]) -> bool:
    """Whether some real point satisfies all assumptions, by z3's model: a proof from a contradiction proves nothing."""
    import z3

    solver = z3.Solver()
    solver.set("timeout", TIMEOUT_SECONDS * 1000)
    variables: dict[str, Any] = {}
    for relation in assumptions:
        solver.add(*_z3_true(relation, variables))
    return bool(solver.check() == z3.sat)


# z3 ------------------------------------------------------------------------------------------------


def ask_z3(assumptions: Sequence[Relation], conclusion: Relation) -> tuple[str, str]:
    """Return what z3 says of the negated goal, and its model where it says "sat"."""
    import z3

    solver = z3.Solver()
    solver.set("timeout", TIMEOUT_SECONDS * 1000)
    variables: dict[str, Any] = {}
    for relation in assumptions:
        solver.add(*_z3_true(relation, variables))
    solver.add(z3.Not(z3.And(*_z3_true(conclusion, variables))))
    answer = str(solver.check())
    return answer, str(solver.model()) if answer == "sat" else ""


def _z3_true(relation: Relation, variables: dict[str, Any]) -> list[Any]:
    import z3

    def variable(name: str) -> Any:
        return variables.setdefault(name, z3.Real(name))

    def constant(value: Fraction) -> Any:
        return z3.RealVal(f"{value.numerator}/{value.denominator}")

    product, denominator = (_polynomial(part, variable, constant) for part in _cleared(relation))
    compared = {
        Sign.NONNEGATIVE: product >= 0,
        Sign.POSITIVE: product > 0,
        Sign.ZERO: product == 0,
    }[relation.sign]
    return [compared, denominator != 0]


# cvc5 ----------------------------------------------------------------------------------------------


def ask_cvc5(assumptions: Sequence[Relation], conclusion: Relation) -> str:
    """Return what cvc5 says of the negated goal."""
    import cvc5
    from cvc5 import Kind

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setLogic("QF_NRA")
    solver.setOption("tlimit-per", str(TIMEOUT_SECONDS * 1000))
    real = manager.getRealSort()
    variables: dict[str, Any] = {}

    def variable(name: str) -> Any:
        if name not in variables:
            variables[name] = manager.mkConst(real, name)
        return variables[name]

    def number(value: Fraction) -> Any:
        return manager.mkReal(value.numerator, value.denominator)

    def polynomial(part: PolyElement) -> Any:
        terms = []
        for powers, rational in part.terms():
            factors = [number(_fraction(rational))]
            for name, power in zip(_names(part), powers, strict=True):
                factors += [variable(name)] * power
            terms.append(manager.mkTerm(Kind.MULT, *factors) if len(factors) > 1 else factors[0])
        if not terms:
            return number(Fraction(0))
        return manager.mkTerm(Kind.ADD, *terms) if len(terms) > 1 else terms[0]

    kinds = {Sign.NONNEGATIVE: Kind.GEQ, Sign.POSITIVE: Kind.GT, Sign.ZERO: Kind.EQUAL}
    zero = number(Fraction(0))

    def holds(relation: Relation) -> Any:
        product, denominator = (polynomial(part) for part in _cleared(relation))
        compared = manager.mkTerm(kinds[relation.sign], product, zero)
        return manager.mkTerm(Kind.AND, compared, manager.mkTerm(Kind.DISTINCT, denominator, zero))

    for relation in assumptions:
        solver.assertFormula(holds(relation))
    solver.assertFormula(manager.mkTerm(Kind.NOT, holds(conclusion)))
    result = solver.checkSat()
    return "unsat" if result.isUnsat() else "sat" if result.isSat() else "unknown"


# Shared: polynomials -------------------------------------------------------------------------------


def _cleared(relation: Relation) -> tuple[PolyElement, PolyElement]:
    """Return (numerator·denominator, denominator): the sign of a quotient is the sign of the product."""
    numerator, denominator = relation.function.numer, relation.function.denom
    return (numerator if relation.sign is Sign.ZERO else numerator * denominator), denominator


def _polynomial(part: PolyElement, variable: Any, constant: Any) -> Any:
    total = constant(Fraction(0))
    for powers, rational in part.terms():
        product = constant(_fraction(rational))
        for name, power in zip(_names(part), powers, strict=True):
            for _ in range(power):
                product = product * variable(name)
        total = total + product
    return total


def _names(part: PolyElement) -> list[str]:
    return [str(symbol) for symbol in part.ring.symbols]


def _fraction(rational: Any) -> Fraction:
    return Fraction(int(rational.numerator), int(rational.denominator))


def holds_at(relation: Relation, point: Mapping[str, Fraction]) -> bool:
    """Whether a relation holds at an exact rational point (to check a solver's counterexample)."""
    names = _names(relation.function.numer)
    values = [point.get(name, Fraction(0)) for name in names]

    def value(part: PolyElement) -> Fraction:
        total = Fraction(0)
        for powers, rational in part.terms():
            term = _fraction(rational)
            for base, power in zip(values, powers, strict=True):
                term *= base**power
            total += term
        return total

    top, bottom = value(relation.function.numer), value(relation.function.denom)
    if bottom == 0:
        return False
    quotient = top / bottom
    return {Sign.NONNEGATIVE: quotient >= 0, Sign.POSITIVE: quotient > 0, Sign.ZERO: quotient == 0}[relation.sign]
