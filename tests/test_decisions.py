"""Scalar goals: true ones decided by both solvers, false ones refused with a counterexample that is one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from sympy import QQ
from sympy.polys.fields import FracField

from foanil.decisions import (
    NOT_ASKED,
    Decision,
    RefusedGoalError,
    Relation,
    Sign,
    ask_cvc5,
    at_least,
    decide,
    holds_at,
    more_than,
    require,
    satisfiable,
)

FIELD = FracField(["x", "y", "m"], QQ)
x, y, m = FIELD.gens
ONE = FIELD.one

TRUE: dict[str, tuple[list[Relation], Relation]] = {
    "a square is nonnegative": ([], at_least(x**2)),
    "two squares and a product": ([], at_least(x**2 + y**2, 2 * x * y)),
    "x(1 − x) ≤ 1/4": ([], at_least(ONE / 4, x * (1 - x))),
    "a reciprocal of m ≥ 1": ([at_least(m, ONE)], at_least(ONE, 1 / m)),
    "a denominator that cannot vanish": ([more_than(x)], more_than(1 / x)),
    "equality": ([Relation(x - y, Sign.ZERO)], Relation(x**2 - y**2, Sign.ZERO)),
    "from a contradiction": ([more_than(x), more_than(-x)], at_least(-ONE)),
}

FALSE: dict[str, tuple[list[Relation], Relation]] = {
    "strict where equality is possible": ([], more_than(x**2)),
    "x(1 − x) ≤ 1/5": ([], at_least(ONE / 5, x * (1 - x))),
    "a reciprocal of m ≥ 1/2": ([at_least(m, ONE / 2)], at_least(ONE, 1 / m)),
    "a denominator that may vanish": ([at_least(x)], at_least(1 / x)),
    "the square of a difference bounded by the difference of squares": ([], at_least(x**2 - y**2, (x - y) ** 2)),
    "monotone without a sign": ([at_least(x, y)], at_least(x**2, y**2)),
    "an implication the wrong way round": ([at_least(x**2, ONE)], at_least(x, ONE)),
    "a bare falsehood": ([], at_least(-ONE)),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_goals_are_decided(name: str) -> None:
    """Both solvers refute the negation of a true goal."""
    assumptions, conclusion = TRUE[name]
    assert require(assumptions, conclusion).holds


@pytest.mark.parametrize("name", FALSE)
def test_false_goals_are_refused(name: str) -> None:
    """A false goal is refused by z3's counterexample, and cvc5, asked apart, has one too."""
    assumptions, conclusion = FALSE[name]
    decision = decide(tuple(assumptions), conclusion)
    assert (decision.z3, decision.cvc5) == ("sat", NOT_ASKED)
    assert ask_cvc5(assumptions, conclusion) == "sat"
    with pytest.raises(RefusedGoalError, match="not decided"):
        require(assumptions, conclusion)


@pytest.mark.parametrize(
    "answers", [("unsat", "unknown"), ("unknown", "unsat"), ("unsat", "sat"), ("unknown", "unknown")]
)
def test_unknown_is_no_pass(answers: tuple[str, str]) -> None:
    """A goal that one solver leaves open does not hold."""
    assert not Decision("goal", *answers).holds
    assert Decision("goal", "unsat", "unsat").holds


def test_one_solver_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second solver says unknown, the goal is refused, however sure the first is."""
    from foanil import decisions

    def unsure(*_: Any) -> str:
        return "unknown"

    monkeypatch.setattr(decisions, "ask_cvc5", unsure)
    with pytest.raises(RefusedGoalError, match="cvc5 says unknown"):
        require([], at_least((x - 7) ** 2 * 3))


def test_relation_at_a_point() -> None:
    """A relation is judged exactly at a rational point, and fails where it is undefined."""
    half = {"x": Fraction(1, 2)}
    assert holds_at(at_least(ONE / 2, x), half)
    assert not holds_at(more_than(ONE / 2, x), half)
    assert not holds_at(at_least(1 / (2 * x - 1)), half)


def test_satisfiable_assumptions() -> None:
    """Assumptions that contradict each other are found out: a proof from them would prove nothing."""
    assert satisfiable([more_than(x), more_than(ONE, x)])
    assert not satisfiable([more_than(x, ONE), more_than(ONE, x)])
