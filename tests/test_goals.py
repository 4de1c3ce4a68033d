"""Wrong goals are typed and differ; solvers answer apart; a counterexample counts only when exact arithmetic agrees."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from sympy import QQ
from sympy.polys.fields import FracField

from foanil import decisions
from foanil.decisions import Decision, Relation, Sign, at_least, more_than
from foanil.evidence import Check, Method, Outcome, Residual, exact_residual
from foanil.mutants.falsehoods import Falsehood, tried
from foanil.mutants.falsehoods import Fate as NamedFate
from foanil.mutants.goals import (
    Answer,
    Changed,
    Fate,
    Goal,
    Kind,
    answer,
    ask,
    changed_goals,
    goal_data,
    goal_from_data,
    goals_of,
    rational_point,
    recorded,
    refutes,
    solver_seconds,
    within,
)
from proofs.derivation import proof_check, zero_check
from proofs.dimensionless import iteration
from proofs.sec_3_monotonicity import CHECKS, stacked_alphabet

FIELD = FracField(["a", "b"], QQ)
a, b = FIELD.gens


def goal() -> Goal:
    """Return a > 0, b ≥ a ⟹ 2b/3 − a/2 ≥ 0, with room."""
    return Goal((more_than(a), at_least(b, a)), at_least(2 * b / 3, a / 2))


def all_changed() -> tuple[Changed, ...]:
    """Return every wrong version of the goal."""
    return changed_goals(goal(), 1000)


# Changing -------------------------------------------------------------------------------------------


def test_every_kind_of_wrong_goal() -> None:
    """Each kind of the closed vocabulary makes a wrong version of a goal that has what it changes."""
    assert {changed.kind for changed in all_changed()} == set(Kind)


def test_a_changed_goal_differs_in_one_relation() -> None:
    """A hypothesis is dropped, or exactly one relation is another."""
    for changed in all_changed():
        before = [*goal().assumptions, goal().conclusion]
        after = [*changed.goal.assumptions, changed.goal.conclusion]
        if changed.kind is Kind.DROPPED:
            assert len(after) == len(before) - 1
        else:
            assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_few_wrong_versions_are_of_different_kinds() -> None:
    """A short list takes one of each kind before it takes two of one, and is the same every time."""
    few = changed_goals(goal(), 5)
    assert len({changed.kind for changed in few}) == 5
    assert few == changed_goals(goal(), 5)


def test_goals_survive_json() -> None:
    """What is kept as plain data is read back the same, for every wrong version."""
    for changed in all_changed():
        assert str(goal_from_data(goal_data(changed.goal))) == str(changed.goal)


# Asking ---------------------------------------------------------------------------------------------


def test_a_true_goal_is_proved_and_a_false_one_refuted_three_ways() -> None:
    """Both solvers prove the goal; reversed, both refute it and the counterexample is exact."""
    assert ask(goal()).fate is Fate.TRUE
    (reverse,) = [changed for changed in all_changed() if changed.kind is Kind.REVERSED]
    assert ask(reverse.goal).killers == ("z3", "cvc5", "exact point")
    assert ask(reverse.goal).fate is Fate.FALSE


def test_a_spare_hypothesis_stays_true() -> None:
    """A goal that holds without a hypothesis stays true: no kill, and no survivor either."""
    spare = Goal((more_than(a), at_least(b, 1)), at_least(a * a))
    dropped = [changed.goal for changed in changed_goals(spare, 1000) if changed.kind is Kind.DROPPED]
    assert {ask(found).fate for found in dropped} == {Fate.TRUE}


@pytest.mark.parametrize(
    ("z3", "cvc5", "point", "fate"),
    [
        ("sat", "sat", True, Fate.FALSE),
        ("sat", "unknown", False, Fate.FALSE),
        ("unknown", "unsat", False, Fate.UNDECIDED),
        ("unknown", "unknown", False, Fate.UNDECIDED),
        ("unsat", "unsat", False, Fate.TRUE),
        ("sat", "unsat", False, Fate.CONTRADICTION),
        ("unknown", "unsat", True, Fate.CONTRADICTION),
    ],
)
def test_what_answers_amount_to(z3: str, cvc5: str, point: bool, fate: Fate) -> None:
    """One proof decides nothing, one counterexample is enough, and solvers that disagree are reported."""
    assert Answer(z3, cvc5, point).fate is fate


def test_a_wrong_model_is_no_exact_point() -> None:
    """A printed counterexample that meets no hypothesis, or is not one, is not confirmed."""
    assert refutes(Goal((more_than(a),), more_than(b, a)), {"a": Fraction(1), "b": Fraction(1)})
    assert not refutes(Goal((more_than(a),), more_than(b, a)), {"a": Fraction(-1), "b": Fraction(-3)})
    assert not refutes(Goal((more_than(a),), more_than(b, a)), {"a": Fraction(1), "b": Fraction(2)})
    said = Decision("", "sat", "sat", "[a = -1, b = -3]")
    assert not answer(Goal((more_than(a),), more_than(b, a)), said).point


@pytest.mark.parametrize(
    ("model", "point"),
    [
        ("[a = -1/2, b = 3]", {"a": Fraction(-1, 2), "b": Fraction(3)}),
        ("[b = 1.4142135623?, a = 1]", None),
        ("", None),
        ("[/0 = [else -> 0], a = 7]", {"a": Fraction(7)}),
    ],
)
def test_reading_a_model(model: str, point: dict[str, Fraction] | None) -> None:
    """Rational values are read exactly; a model with an irrational one is none."""
    assert rational_point(model) == point


def endless() -> str:
    """Never return."""
    while True:
        time.sleep(1)


@pytest.mark.parametrize(("call", "said"), [(lambda: "sat", "sat"), (endless, None), (lambda: os._exit(1), None)])
def test_a_solver_that_does_not_end_is_ended(call: Callable[[], str], said: str | None) -> None:
    """What is not said in time, or at all, is None; what is said comes back."""
    assert within(0.3 if call is endless else 60, call) == said


def test_solver_time_is_put_back() -> None:
    """A shorter time for the solvers holds inside the block only, also when the block fails."""
    before = decisions.TIMEOUT_SECONDS
    with solver_seconds(1):
        assert decisions.TIMEOUT_SECONDS == 1
    with pytest.raises(KeyError), solver_seconds(2):
        raise KeyError
    assert before == decisions.TIMEOUT_SECONDS


# Recording ------------------------------------------------------------------------------------------


def test_goals_of_a_proof_are_recorded_each_time() -> None:
    """A check's goals are seen although an earlier run has kept what it derived, and solvers prove each."""
    check = next(check for check in CHECKS if check.name == "the Gram matrix increases in Loewner order")
    first, second = goals_of(check), goals_of(check)
    assert len(first) > 3
    assert [str(one) for one in first] == [str(other) for other in second]


def test_alphabets_outlive_what_is_forgotten() -> None:
    """What was derived before goals are recorded can still be compared with what is made after."""
    before = stacked_alphabet()
    goals_of(CHECKS[0])
    assert stacked_alphabet() is before


def test_recording_ends_with_its_block() -> None:
    """Outside the block goals are decided as before."""
    before = decisions.decide
    with recorded() as found:
        decisions.require((more_than(a),), at_least(a))
    assert decisions.decide is before
    assert [str(one.conclusion) for one, _ in found] == ["a >= 0"]


# Named falsehoods -----------------------------------------------------------------------------------


def outcome(run: Any, method: Method = Method.DECISION) -> Falsehood:
    """Try one falsehood."""
    held = exact_residual(True, "")
    (found,) = tried(Check("a check", ("none",), method, "", "", lambda _: held, (("without it", run),)))
    return found


def test_a_refusal_with_a_counterexample_is_a_refutation() -> None:
    """A goal that fails at an exact point is false by three channels."""

    def wrong() -> list[Any]:
        decisions.require((more_than(a),), more_than(a, 1))
        return []

    check = proof_check("a proof", ("none",), "", list, {"a > 1": wrong})
    (found,) = tried(check)
    assert found.fate is NamedFate.FALSE
    assert found.killers == ("z3", "cvc5", "exact point")
    assert not found.weakening


def test_an_element_that_is_not_zero_is_refuted_by_words() -> None:
    """A wrong identity has one channel: its normal form."""
    words = iteration().words
    check = zero_check("an identity", ("none",), "", lambda: words.zeros("k", "k"), {"I = 0": lambda: words.eye("k")})
    (found,) = tried(check)
    assert (found.fate, found.killers) == (NamedFate.FALSE, ("words",))


@pytest.mark.parametrize(
    "shown", ["refused: 'Λ ⪰ lI' is no hypothesis here", "refused: not decided: nothing was asked"]
)
def test_a_rule_that_does_not_apply_refutes_nothing(shown: str) -> None:
    """Without a counterexample a refused falsehood is unproved, and a dropped hypothesis is a weakening."""
    found = outcome(lambda: Residual(Outcome.FAILED, shown))
    assert (found.fate, found.killers, found.weakening) == (NamedFate.UNPROVED, (), True)


def test_a_refused_identity_is_refuted_by_words() -> None:
    """A rule that asks for an identity and shows what is left of it has found a difference."""
    found = outcome(lambda: Residual(Outcome.FAILED, "refused: restate expects an identity; the difference is (1) C"))
    assert (found.fate, found.killers) == (NamedFate.FALSE, ("words",))


def test_a_falsehood_that_holds_is_a_defect() -> None:
    """A check that does not notice its own falsehood is reported as such."""
    assert outcome(lambda: Residual(Outcome.HELD, "0")).fate is NamedFate.HELD


def test_relations_are_compared_by_value() -> None:
    """Two ways of writing one relation are one: a rewriting that changes nothing is no mutant."""
    assert Relation(a * 2 / 2) == Relation(a)
    assert Relation(a, Sign.POSITIVE) != Relation(a)
