"""Wrong hypotheses and bounds: the scalar goals that proofs decide, changed in one place, and what two solvers say.

A goal says that some relations imply another. Its mutants drop a relation, turn strict into not strict or back, reverse
the bound, or change one coefficient, exponent or letter of it. Each is put to z3 and to cvc5 apart; a counterexample
counts as found only when exact rational arithmetic confirms it. Many mutants stay true: a hypothesis may be spare.
"""

from __future__ import annotations

import contextlib
import functools
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from multiprocessing import get_context
from typing import Any, TypeVar

from sympy import QQ
from sympy.polys.fields import FracElement, FracField

from foanil import decisions
from foanil.decisions import Decision, Relation, Sign, holds_at
from foanil.evidence import Check

Said = TypeVar("Said")

SOLVER_SECONDS = 1
"""The most that each solver may take for one mutant."""

ENDED_AFTER = 3
"""The seconds after which a solver is ended that does not end itself: cvc5 does not always heed its limit."""

MUTANTS_OF_A_GOAL = 5


class Kind(Enum):
    """How a goal is wrong."""

    DROPPED = "hypothesis dropped"
    LOOSENED = "hypothesis not strict"
    SHARPENED = "bound strict"
    REVERSED = "bound reversed"
    CONSTANT = "constant"
    EXPONENT = "exponent"
    LETTER = "letter"
    SIGN = "sign of a term"


class Fate(Enum):
    """What became of a changed goal."""

    FALSE = "false"
    """A counterexample."""
    TRUE = "stays true"
    """Both solvers refute its negation: a true statement, whether or not it is the one that was meant."""
    UNDECIDED = "undecided"
    CONTRADICTION = "solvers contradict one another"


@dataclass(frozen=True, slots=True)
class Goal:
    """A scalar goal: the assumptions imply the conclusion, for all real values of the letters."""

    assumptions: tuple[Relation, ...]
    conclusion: Relation

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.assumptions))} ⟹ {self.conclusion}"


@dataclass(frozen=True, slots=True)
class Changed:
    """One wrong goal, and what was changed."""

    kind: Kind
    description: str
    goal: Goal


@dataclass(frozen=True, slots=True)
class Answer:
    """What each channel says of one goal: "sat" is a counterexample; `point` says whether exact arithmetic agrees."""

    z3: str
    cvc5: str
    point: bool

    @property
    def fate(self) -> Fate:
        """What that amounts to."""
        if {"sat", "unsat"} == {self.z3, self.cvc5} or (self.point and "unsat" in (self.z3, self.cvc5)):
            return Fate.CONTRADICTION
        if "sat" in (self.z3, self.cvc5):
            return Fate.FALSE
        return Fate.TRUE if self.z3 == self.cvc5 == "unsat" else Fate.UNDECIDED

    @property
    def killers(self) -> tuple[str, ...]:
        """The channels that refute it."""
        said = (("z3", self.z3 == "sat"), ("cvc5", self.cvc5 == "sat"), ("exact point", self.point))
        return tuple(name for name, refutes in said if refutes)


# Recording the goals of a check --------------------------------------------------------------------


@contextlib.contextmanager
def recorded() -> Iterator[list[tuple[Goal, Decision]]]:
    """Collect every goal that is put to the solvers inside the block, with its decision, in order."""
    found: list[tuple[Goal, Decision]] = []
    original = decisions.decide

    def spy(assumptions: tuple[Relation, ...], conclusion: Relation) -> Decision:
        decision = original(assumptions, conclusion)
        found.append((Goal(assumptions, conclusion), decision))
        return decision

    decisions.decide = spy  # type: ignore[assignment]
    try:
        yield found
    finally:
        decisions.decide = original


def goals_of(check: Check) -> tuple[Goal, ...]:
    """Return the goals that a check decides, distinct, in order; proofs that are kept from earlier are made afresh."""
    forget()
    with recorded() as found:
        check.residual(lambda *_: None)
    return tuple(dict.fromkeys(goal for goal, _ in found))


def forget() -> None:
    """Empty every function cache that proofs/ defines, so that what it derived is derived again; alphabets stay.

    Elements of two alphabets do not mix, and some are kept in places that no cache knows, such as a check's closure.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("proofs."):
            for value in vars(module).values():
                clear = getattr(value, "cache_clear", None)
                if callable(clear) and value.__module__ == name and value.__annotations__.get("return") != "Alphabet":
                    clear()


# Changing one --------------------------------------------------------------------------------------


def changed_goals(goal: Goal, count: int = MUTANTS_OF_A_GOAL) -> tuple[Changed, ...]:
    """Return up to `count` wrong versions of a goal, drawn by a fixed seed: of different kinds, as far as they go."""
    draw = random.Random(str(goal))
    by_kind = [[*found] for rule in _RULES if (found := [*_different(goal, rule(goal))])]
    draw.shuffle(by_kind)
    for found in by_kind:
        draw.shuffle(found)
    chosen: list[Changed] = []
    while by_kind and len(chosen) < count:
        chosen += [found.pop() for found in by_kind][: count - len(chosen)]
        by_kind = [found for found in by_kind if found]
    return tuple(chosen)


def _different(goal: Goal, candidates: Iterator[Changed]) -> Iterator[Changed]:
    return (changed for changed in candidates if changed.goal != goal)


def _dropped(goal: Goal) -> Iterator[Changed]:
    for place, relation in enumerate(goal.assumptions):
        kept = goal.assumptions[:place] + goal.assumptions[place + 1 :]
        yield Changed(Kind.DROPPED, f"without {relation}", replace(goal, assumptions=kept))


def _loosened(goal: Goal) -> Iterator[Changed]:
    for place, relation in enumerate(goal.assumptions):
        if relation.sign is Sign.POSITIVE:
            loose = (*goal.assumptions[:place], Relation(relation.function), *goal.assumptions[place + 1 :])
            yield Changed(Kind.LOOSENED, f"{relation.function} >= 0 only", replace(goal, assumptions=loose))


def _sharpened(goal: Goal) -> Iterator[Changed]:
    if goal.conclusion.sign is Sign.NONNEGATIVE:
        yield _concluding(goal, Kind.SHARPENED, "strict", Relation(goal.conclusion.function, Sign.POSITIVE))


def _reversed(goal: Goal) -> Iterator[Changed]:
    if goal.conclusion.sign is not Sign.ZERO:
        yield _concluding(goal, Kind.REVERSED, "reversed", Relation(-goal.conclusion.function, goal.conclusion.sign))


def _concluding(goal: Goal, kind: Kind, description: str, conclusion: Relation) -> Changed:
    return Changed(kind, description, replace(goal, conclusion=conclusion))


Term = tuple[tuple[int, ...], Any]


def _terms_changed(goal: Goal, kind: Kind, change: Callable[[Term], Iterator[tuple[str, Term]]]) -> Iterator[Changed]:
    """Change one term of the numerator of one relation, be it a hypothesis or the bound."""
    relations = (*goal.assumptions, goal.conclusion)
    for place, relation in enumerate(relations):
        for term in relation.function.numer.terms():
            for description, new in change(term):
                wrong = Relation(_with_term(relation.function, term, new), relation.sign)
                found = (*relations[:place], wrong, *relations[place + 1 :])
                where = "the bound" if place == len(goal.assumptions) else str(relation)
                yield Changed(kind, f"{description} in {where}", Goal(found[:-1], found[-1]))


def _with_term(function: FracElement, term: Term, new: Term) -> FracElement:
    ring, field = function.numer.ring, function.field
    numerator = function.numer - ring.from_dict(dict([term])) + ring.from_dict(dict([new]))
    return field(numerator) / field(function.denom)


def _constants(goal: Goal) -> Iterator[Changed]:
    def change(term: Term) -> Iterator[tuple[str, Term]]:
        powers, coefficient = term
        for factor in (QQ(2), QQ(1, 2), QQ(11, 10), QQ(9, 10)):
            yield f"{coefficient} becomes {coefficient * factor}", (powers, coefficient * factor)

    return _terms_changed(goal, Kind.CONSTANT, change)


def _signs(goal: Goal) -> Iterator[Changed]:
    def change(term: Term) -> Iterator[tuple[str, Term]]:
        yield f"{term[1]} becomes {-term[1]}", (term[0], -term[1])

    return _terms_changed(goal, Kind.SIGN, change)


def _exponents(goal: Goal) -> Iterator[Changed]:
    names = [str(symbol) for symbol in goal.conclusion.function.field.symbols]

    def change(term: Term) -> Iterator[tuple[str, Term]]:
        powers, coefficient = term
        for place, power in enumerate(powers):
            for new in (power - 1, power + 1) if power else ():
                moved = (*powers[:place], new, *powers[place + 1 :])
                yield f"{names[place]}^{power} becomes {names[place]}^{new}", (moved, coefficient)

    return _terms_changed(goal, Kind.EXPONENT, change)


def _letters(goal: Goal) -> Iterator[Changed]:
    names = [str(symbol) for symbol in goal.conclusion.function.field.symbols]
    occurring = sorted({place for powers, _ in _all_terms(goal) for place, power in enumerate(powers) if power})

    def change(term: Term) -> Iterator[tuple[str, Term]]:
        powers, coefficient = term
        for place, power in enumerate(powers):
            for other in occurring if power else ():
                moved = list(powers)
                moved[place], moved[other] = moved[place] - 1, moved[other] + 1
                yield f"{names[other]} in place of {names[place]}", (tuple(moved), coefficient)

    return _terms_changed(goal, Kind.LETTER, change)


def _all_terms(goal: Goal) -> Iterator[Term]:
    for relation in (*goal.assumptions, goal.conclusion):
        yield from relation.function.numer.terms()
        yield from relation.function.denom.terms()


_RULES = (_dropped, _loosened, _sharpened, _reversed, _constants, _exponents, _letters, _signs)


# Asking --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def solver_seconds(seconds: int) -> Iterator[None]:
    """Give each solver so many seconds inside the block."""
    before = decisions.TIMEOUT_SECONDS
    decisions.TIMEOUT_SECONDS = seconds
    try:
        yield
    finally:
        decisions.TIMEOUT_SECONDS = before


def ask(goal: Goal, seconds: int = SOLVER_SECONDS) -> Answer:
    """Put a goal to both solvers, so many seconds each, and check a counterexample in exact arithmetic."""
    with solver_seconds(seconds):
        z3, model = within(ENDED_AFTER, lambda: decisions.ask_z3(goal.assumptions, goal.conclusion)) or ("unknown", "")
        cvc5 = within(ENDED_AFTER, lambda: decisions.ask_cvc5(goal.assumptions, goal.conclusion)) or "unknown"
    return answer(goal, Decision(str(goal), z3, cvc5, model))


def within(seconds: float, call: Callable[[], Said]) -> Said | None:
    """Return what a call says in a child process; None when it says nothing in so many seconds, and is then ended."""
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(call()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads may run: they are not needed
        child.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else None
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()
        receiver.close()


def answer(goal: Goal, decision: Decision) -> Answer:
    """Return what a decision says of a goal, its counterexample checked."""
    point = rational_point(decision.model)
    confirmed = point is not None and refutes(goal, point)
    return Answer(_plain(decision.z3), _plain(decision.cvc5), confirmed)


def _plain(said: str) -> str:
    return said if said in ("sat", "unsat") else "unknown"


def rational_point(model: str) -> dict[str, Fraction] | None:
    """Read a printed model of z3's; None when there is none, or when a value of it is not rational."""
    if not model or "?" in model or "root-obj" in model:
        return None
    pairs = re.findall(r"([A-Za-z_]\w*) = (-?\d+(?:/\d+)?)(?=[,\]])", model)
    return {name: Fraction(value) for name, value in pairs} or None


def refutes(goal: Goal, point: dict[str, Fraction]) -> bool:
    """Whether a point meets every assumption and not the conclusion, in exact rational arithmetic."""
    return all(holds_at(relation, point) for relation in goal.assumptions) and not holds_at(goal.conclusion, point)


# Plain data ----------------------------------------------------------------------------------------


def goal_data(goal: Goal) -> dict[str, Any]:
    """Return a goal as plain data: letters, then every relation as its numerator, denominator and sign."""
    field = goal.conclusion.function.field
    relations = [_relation_data(relation) for relation in (*goal.assumptions, goal.conclusion)]
    return {"letters": [str(symbol) for symbol in field.symbols], "relations": relations}


def _relation_data(relation: Relation) -> list[Any]:
    parts = (relation.function.numer, relation.function.denom)
    return [*([[list(powers), str(c)] for powers, c in part.terms()] for part in parts), relation.sign.value]


def goal_from_data(data: dict[str, Any]) -> Goal:
    """Read back what `goal_data` returned."""
    field = _field(tuple(data["letters"]))
    relations = tuple(_relation(field, found) for found in data["relations"])
    return Goal(relations[:-1], relations[-1])


@functools.cache
def _field(names: tuple[str, ...]) -> FracField:
    return FracField(list(names), QQ)


def _relation(field: FracField, data: list[Any]) -> Relation:
    top, bottom = (
        field.ring.from_dict({tuple(powers): QQ(*map(int, text.split("/"))) for powers, text in part})
        for part in data[:2]
    )
    return Relation(field(top) / field(bottom), Sign(data[2]))
