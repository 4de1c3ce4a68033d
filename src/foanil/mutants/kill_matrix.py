"""Which channel kills which mutant: trials under a time budget, and the record of them.

A check that survives its mutants proves nothing. Each channel first meets the formula itself, rebuilt from its tree,
and must hold; then it meets the mutants. An exception kills only when it is one of the typed refusals below, and what
takes longer than its budget is inconclusive.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from types import FrameType
from typing import Any

from sympy.polys.polyerrors import ExactQuotientFailed

from foanil.arrays import SingularMatrixError
from foanil.evidence import Check, Outcome
from foanil.formal import FormalShapeError, Formula, InhomogeneousError, as_formula, latex, tree
from foanil.mutants import Mutant
from foanil.words import UndeclaredError, WordShapeError

BUDGET_SECONDS = 3.0
"""The most processor time that one mutant may take at one channel: what else runs on the machine decides no fate."""


class Fate(Enum):
    """What became of one mutant at one channel."""

    KILLED = "killed"
    REFUSED = "refused"
    SURVIVED = "survived"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


KILLS = frozenset({Fate.KILLED, Fate.REFUSED})
"""A residual that is not zero, or a typed refusal."""

REFUSALS = (
    WordShapeError,
    FormalShapeError,
    InhomogeneousError,
    UndeclaredError,
    SingularMatrixError,
    ExactQuotientFailed,
)
"""Exceptions by which a check says that it cannot take this formula; any other one is an error and kills nothing."""

ERRORS = (ArithmeticError, AssertionError, LookupError, RecursionError, TypeError, ValueError)
"""Exceptions that are recorded; what is not among them is a defect of the suite and is let through."""

_PRECEDENCE = (Fate.KILLED, Fate.INCONCLUSIVE, Fate.REFUSED, Fate.SURVIVED, Fate.ERROR)
"""What a channel says when its checks differ: a difference found stays found, and time that ran out hides the rest."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutant at one channel: its fate, the check that decided it, and for an exception its type and message."""

    channel: str
    fate: Fate
    check: str = ""
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TriedMutant:
    """One mutant and its trials, one for each channel of its formula."""

    id: str
    description: str
    latex: str
    equivalent: str | None
    trials: tuple[Trial, ...]

    @property
    def killed(self) -> bool:
        """Whether at least one channel killed it."""
        return any(trial.fate in KILLS for trial in self.trials)

    @property
    def killers(self) -> tuple[str, ...]:
        """The channels that found it different; a refusal is not among them."""
        return tuple(trial.channel for trial in self.trials if trial.fate is Fate.KILLED)


@dataclass(frozen=True, slots=True)
class TriedChannel:
    """One channel of one formula: its checks, the claims they bear on, and what they said to the formula itself."""

    name: str
    checks: tuple[str, ...]
    claims: tuple[str, ...]
    on_formula: str


@dataclass(frozen=True, slots=True)
class TriedFormula:
    """One formula with its channels and its mutants: one block of the matrix."""

    name: str
    latex: str
    channels: tuple[TriedChannel, ...]
    mutants: tuple[TriedMutant, ...]

    @property
    def live(self) -> tuple[TriedMutant, ...]:
        """The mutants that are not proved equivalent."""
        return tuple(mutant for mutant in self.mutants if mutant.equivalent is None)

    @property
    def survivors(self) -> tuple[TriedMutant, ...]:
        """The live mutants that no channel killed."""
        return tuple(mutant for mutant in self.live if not mutant.killed)

    @property
    def contradictions(self) -> tuple[TriedMutant, ...]:
        """The mutants proved equivalent that a channel nevertheless found different: one of the two is wrong."""
        return tuple(mutant for mutant in self.mutants if mutant.equivalent is not None and mutant.killers)

    def fates(self, channel: str) -> Counter[Fate]:
        """Count the fates of the live mutants at one channel."""
        return Counter(trial.fate for mutant in self.live for trial in mutant.trials if trial.channel == channel)

    def killed_by(self, least: int) -> int:
        """Count the live mutants that at least so many channels found different."""
        return sum(len(mutant.killers) >= least for mutant in self.live)


# Trying -------------------------------------------------------------------------------------------


class OutOfTimeError(Exception):
    """A trial took longer than its budget."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError inside the block after so many seconds of processor time; main thread only, POSIX only."""

    def stop(_: int, __: FrameType | None) -> None:
        raise OutOfTimeError

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-3))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def try_mutant(channel: str, checks: Sequence[Check], formula: Formula, budget: float = BUDGET_SECONDS) -> Trial:
    """Run the checks of a channel on a formula, in order, until one finds a difference or the budget is spent."""
    start = time.process_time()
    found: list[tuple[Fate, str, str]] = []
    for check in checks:
        left = budget - (time.process_time() - start)
        found.append((*_fate(check, formula, left), check.name))
        if found[-1][0] in (Fate.KILLED, Fate.INCONCLUSIVE):
            break
    fate, reason, name = min(found, key=lambda said: _PRECEDENCE.index(said[0]))
    return Trial(channel, fate, name, reason, time.process_time() - start)


def _fate(check: Check, formula: Formula, seconds: float) -> tuple[Fate, str]:
    try:
        with time_limit(seconds):
            outcome = check.residual(formula).outcome
    except OutOfTimeError:
        return Fate.INCONCLUSIVE, f"out of time in {check.name}"
    except REFUSALS as refusal:
        return Fate.REFUSED, _reason(refusal)
    except ERRORS as error:
        return Fate.ERROR, _reason(error)
    fates = {Outcome.FAILED: Fate.KILLED, Outcome.HELD: Fate.SURVIVED, Outcome.INCONCLUSIVE: Fate.INCONCLUSIVE}
    return fates[outcome], ""


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:120]}"


def on_formula(checks: Sequence[Check], formula: Formula) -> str:
    """Run checks on the formula itself, without a budget: the first outcome that is not HELD, else HELD.

    The formula is rebuilt from its tree like a mutant, so that no check can tell a mutant by how it was made.
    """
    rebuilt = as_formula(tree(formula), formula)
    outcomes = [check.residual(rebuilt).outcome for check in checks]
    return next((outcome for outcome in outcomes if outcome is not Outcome.HELD), Outcome.HELD).value


def try_formula(
    name: str,
    formula: Formula,
    channels: Mapping[str, Sequence[Check]],
    mutants: Sequence[Mutant],
    budget: float = BUDGET_SECONDS,
) -> TriedFormula:
    """Run every channel of a formula on the formula itself and on its mutants: one block of the matrix."""
    said = [try_channel(channel, checks, formula, mutants, budget) for channel, checks in channels.items()]
    return assembled(name, formula, mutants, said)


def try_channel(
    channel: str, checks: Sequence[Check], formula: Formula, mutants: Sequence[Mutant], budget: float = BUDGET_SECONDS
) -> tuple[TriedChannel, tuple[Trial, ...]]:
    """Run one channel on the formula itself and on each of its mutants; the trials stand in the mutants' order."""
    claims = dict.fromkeys(claim for check in checks for claim in check.claims)
    head = TriedChannel(channel, tuple(check.name for check in checks), tuple(claims), on_formula(checks, formula))
    return head, tuple(try_mutant(channel, checks, mutant.formula, budget) for mutant in mutants)


def assembled(
    name: str,
    formula: Formula,
    mutants: Sequence[Mutant],
    said: Sequence[tuple[TriedChannel, Sequence[Trial]]],
) -> TriedFormula:
    """Put the trials of several channels on the same mutants side by side."""
    rows = zip(*(trials for _, trials in said), strict=True) if said else ((),) * len(mutants)
    block = [
        TriedMutant(m.id, m.description, m.latex, m.equivalent, tuple(row))
        for m, row in zip(mutants, rows, strict=True)
    ]
    return TriedFormula(name, latex(tree(formula)), tuple(head for head, _ in said), tuple(block))


# Plain data ---------------------------------------------------------------------------------------


def trial_data(trial: Trial) -> dict[str, Any]:
    """Return a trial as plain data."""
    return {**asdict(trial), "fate": trial.fate.value, "seconds": round(trial.seconds, 4)}


def trial_from_data(data: dict[str, Any]) -> Trial:
    """Read back what `trial_data` returned; raises KeyError, TypeError or ValueError for anything else."""
    return Trial(**{**data, "fate": Fate(data["fate"])})
