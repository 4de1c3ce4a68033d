"""The falsehoods that a check names itself, a wrong constant or a dropped hypothesis: what refuses each, and how.

A refusal is not a refutation. A goal that fails with a counterexample is false; a goal that no solver decides, and a
rule that does not apply, leave open whether the falsehood is one: it stays unproved, which is all that a proof owes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from foanil.decisions import Decision
from foanil.evidence import Check, Method, Outcome
from foanil.mutants.goals import Goal, ask, recorded

SHOWN = 200
"""Characters that are kept of what a check says."""

UNDECIDED = "refused: not decided"
REFUSED = "refused:"
DIFFERENCE = "the difference is"
"""Said by a rule that asks for an identity of words and found none."""

DROPPED = "is no hypothesis here"
"""Said by a rule that asks for a hypothesis that is not there."""


class Fate(Enum):
    """What became of a named falsehood."""

    FALSE = "false"
    """An element that is not zero, or a goal with a counterexample."""
    UNPROVED = "unproved"
    """No rule applies, or no solver decides: perhaps true, but this proof does not show it."""
    HELD = "held"
    """The check does not notice: a defect."""


_ENGINE = {
    Method.ALGEBRA.value: "words",
    Method.AGREEMENT.value: "words",
    Method.EXACT.value: "exact arithmetic",
    Method.COUNTEREXAMPLE.value: "exact arithmetic",
    Method.DECISION.value: "rules",
}
"""What finds a difference, by the method of the check; solvers and rules speak for themselves."""


@dataclass(frozen=True, slots=True)
class Falsehood:
    """One named falsehood at the check that names it: what that said, and the solvers that refuted a goal of it."""

    check: str
    claims: tuple[str, ...]
    method: str
    label: str
    held: bool
    solvers: tuple[str, ...]
    shown: str
    seconds: float

    @property
    def killers(self) -> tuple[str, ...]:
        """The channels that refute it: solvers by a counterexample, words by an element that is not zero."""
        if self.held or self.solvers:
            return self.solvers
        if self.shown.startswith(REFUSED):
            return ("words",) if DIFFERENCE in self.shown else ()
        return (_ENGINE[self.method],)

    @property
    def fate(self) -> Fate:
        """What became of it."""
        return Fate.HELD if self.held else Fate.FALSE if self.killers else Fate.UNPROVED

    @property
    def weakening(self) -> bool:
        """Whether it drops a hypothesis or a term: the claim may stay true without it."""
        return self.label.startswith(("without ", "no ", "dropping ")) or DROPPED in self.shown


def tried(check: Check) -> Iterator[Falsehood]:
    """Try every falsehood that a check names."""
    for label, run in check.mutants:
        start = time.perf_counter()
        with recorded() as found:
            residual = run()
        held = residual.outcome is Outcome.HELD
        solvers = _last_open(found) if residual.shown.startswith(UNDECIDED) else ()
        seconds = round(time.perf_counter() - start, 4)
        about = (check.name, check.claims, check.method.value, label)
        yield Falsehood(*about, held, solvers, residual.shown[:SHOWN], seconds)


def _last_open(found: list[tuple[Goal, Decision]]) -> tuple[str, ...]:
    """Return the channels that refute the goal at which a proof stopped, each asked apart."""
    open_goals = [goal for goal, decision in found if not decision.holds]
    return ask(open_goals[-1]).killers if open_goals else ()
