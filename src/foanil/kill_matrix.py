"""Which check kills which mutant: running checks on wrong formulas, the record of it, and the matrix as Markdown.

A check that survives its mutants proves nothing. Here each check first meets the formula itself, rebuilt from its
tree, and must hold; then it meets the mutants. An exception kills only when it is one of the typed refusals below.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum

from foanil.arrays import SingularMatrixError
from foanil.evidence import Check, Method, Outcome
from foanil.formal import FormalShapeError, Formula, as_formula, latex, tree
from foanil.mutants import Mutant
from foanil.words import UndeclaredError, WordShapeError


class Fate(Enum):
    """What became of one mutant at one check."""

    KILLED = "killed"
    REFUSED = "refused"
    SURVIVED = "survived"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_RUN = "not run"


KILLS = frozenset({Fate.KILLED, Fate.REFUSED})
"""A residual that is not zero, or a typed refusal."""

REFUSALS = (WordShapeError, FormalShapeError, UndeclaredError, SingularMatrixError)
"""Exceptions by which a check says that it cannot take this formula; any other one is an error and kills nothing."""

ERRORS = (ArithmeticError, AssertionError, LookupError, RecursionError, TypeError, ValueError)
"""Exceptions that are recorded; what is not among them is a defect of the suite and is let through."""

CHEAP = frozenset({Method.ALGEBRA, Method.AGREEMENT, Method.DECISION})
"""Methods whose checks take milliseconds and therefore meet every mutant."""

SAMPLE = 5
"""The number of live mutants, evenly spaced, that a check of another method meets, besides those not yet killed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutant at one check: its fate, and for an exception its type and message."""

    check: str
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TriedMutant:
    """One mutant and its trials, one for each check of its formula."""

    id: str
    description: str
    latex: str
    equivalent: str | None
    trials: tuple[Trial, ...]

    @property
    def killed(self) -> bool:
        """Whether at least one check killed it."""
        return any(trial.fate in KILLS for trial in self.trials)


@dataclass(frozen=True, slots=True)
class TriedCheck:
    """One check: the claims it bears on, its method, and what it said to the formula itself."""

    name: str
    claims: tuple[str, ...]
    method: str
    on_formula: str


@dataclass(frozen=True, slots=True)
class TriedFormula:
    """One formula with its checks and its mutants: one block of the matrix."""

    name: str
    latex: str
    checks: tuple[TriedCheck, ...]
    mutants: tuple[TriedMutant, ...]

    @property
    def live(self) -> tuple[TriedMutant, ...]:
        """The mutants that are not proved equivalent."""
        return tuple(mutant for mutant in self.mutants if mutant.equivalent is None)

    @property
    def survivors(self) -> tuple[TriedMutant, ...]:
        """The live mutants that no check killed."""
        return tuple(mutant for mutant in self.live if not mutant.killed)

    @property
    def contradictions(self) -> tuple[TriedMutant, ...]:
        """The mutants proved equivalent that a check nevertheless found different: one of the two is wrong."""
        equivalent = (mutant for mutant in self.mutants if mutant.equivalent is not None)
        return tuple(mutant for mutant in equivalent if _found_different(mutant.trials))

    def fates(self, check: str) -> Counter[Fate]:
        """Count the fates of the live mutants at one check."""
        return Counter(trial.fate for mutant in self.live for trial in mutant.trials if trial.check == check)

    def tally(self, check: str) -> tuple[int, int]:
        """Return (killed, tried) for one check, live mutants only: what `Evidence.mutants` records."""
        counts = self.fates(check)
        return sum(counts[fate] for fate in KILLS), counts.total() - counts[Fate.NOT_RUN]


# Trying -------------------------------------------------------------------------------------------


def kill(check: Check, mutants: Iterable[Mutant]) -> tuple[Trial, ...]:
    """Run one check on each mutant and say what became of it."""
    return tuple(_trial(check, mutant.formula) for mutant in mutants)


def _trial(check: Check, formula: Formula) -> Trial:
    try:
        outcome = check.residual(formula).outcome
    except REFUSALS as refusal:
        return Trial(check.name, Fate.REFUSED, _reason(refusal))
    except ERRORS as error:
        return Trial(check.name, Fate.ERROR, _reason(error))
    fates = {Outcome.FAILED: Fate.KILLED, Outcome.HELD: Fate.SURVIVED, Outcome.INCONCLUSIVE: Fate.INCONCLUSIVE}
    return Trial(check.name, fates[outcome])


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:120]}"


def try_formula(name: str, formula: Formula, checks: Iterable[Check], mutants: Sequence[Mutant]) -> TriedFormula:
    """Run the checks of a formula on the formula itself and on its mutants.

    A check of a cheap method meets all of them. One of another method meets the live mutants that no earlier check
    found different (a refusal is not enough) and a fixed sample; the rest is NOT_RUN there, which kills nothing.
    """
    ordered = sorted(checks, key=lambda check: check.method not in CHEAP)
    rows: dict[str, list[Trial]] = {mutant.id: [] for mutant in mutants}
    sample = _sample([mutant.id for mutant in mutants if mutant.equivalent is None])
    for check in ordered:
        for mutant in mutants:
            standing = mutant.equivalent is None and not _found_different(rows[mutant.id])
            due = check.method in CHEAP or standing or mutant.id in sample
            trials = kill(check, [mutant]) if due else (Trial(check.name, Fate.NOT_RUN),)
            rows[mutant.id].extend(trials)
    # Rebuilt from its tree like a mutant, so that no check can tell a mutant by how it was made.
    rebuilt = as_formula(tree(formula), formula)
    tried = [TriedCheck(c.name, c.claims, c.method.value, _on_formula(c, rebuilt)) for c in ordered]
    block = [TriedMutant(m.id, m.description, m.latex, m.equivalent, tuple(rows[m.id])) for m in mutants]
    return TriedFormula(name, latex(tree(formula)), tuple(tried), tuple(block))


def _found_different(trials: Iterable[Trial]) -> bool:
    return any(trial.fate is Fate.KILLED for trial in trials)


def _sample(ids: Sequence[str]) -> frozenset[str]:
    return frozenset(ids[index * len(ids) // SAMPLE] for index in range(SAMPLE)) if ids else frozenset()


def _on_formula(check: Check, formula: Formula) -> str:
    return check.residual(formula).outcome.value


# Plain data ---------------------------------------------------------------------------------------


def as_json(record: TriedFormula) -> str:
    """Return one block of the matrix as JSON text, the same bytes for the same outcomes."""
    return json.dumps(asdict(record), default=lambda fate: fate.value, ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> TriedFormula:
    """Read back what `as_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
    data = json.loads(text)
    checks = tuple(TriedCheck(**{**check, "claims": tuple(check["claims"])}) for check in data["checks"])
    mutants = []
    for mutant in data["mutants"]:
        trials = tuple(Trial(t["check"], Fate(t["fate"]), t["reason"]) for t in mutant["trials"])
        mutants.append(TriedMutant(**{**mutant, "trials": trials}))
    return TriedFormula(data["name"], data["latex"], checks, tuple(mutants))


# Markdown -----------------------------------------------------------------------------------------

INTRODUCTION = (
    "Wrong versions of each transcribed formula, made from the formula itself, are given to its checks. *Killed*: the "
    "residual is not zero. *Refused*: the check cannot take the formula and says so by a typed error; it counts as a "
    "kill, since the mutant differs from the formula in value at an exact instance. *Error*: another exception; it "
    "kills nothing. *Not run*: a check that takes long meets a fixed sample, and what no other check found different."
)


def kill_matrix_markdown(records: Sequence[TriedFormula]) -> str:
    """Render the whole matrix as one page: survivors first, counts, then every formula, every mutant, every check."""
    return "\n".join([summary_markdown(records), *(formula_markdown(record) for record in records)])


def summary_markdown(records: Sequence[TriedFormula]) -> str:
    """Render what a reader wants first: survivors, counts per formula and check, equivalent rewritings with proofs."""
    live = [mutant for record in records for mutant in record.live]
    killed = sum(mutant.killed for mutant in live)
    refused = sum(mutant.killed and not _found_different(mutant.trials) for mutant in live)
    counts = f"{killed} of {len(live)} mutants of {len(records)} formulas are killed, {refused} of them only refused."
    pieces = ["# Mutants", INTRODUCTION, counts, *_survivors(records), *_counts(records), *_equivalents(records)]
    return "\n\n".join(pieces) + "\n"


def _survivors(records: Sequence[TriedFormula]) -> list[str]:
    rows = [
        f"- **{kind}: {mutant.id}** ({mutant.description}) {_maths(mutant.latex)}"
        for record in records
        for kind, mutants in (("survived", record.survivors), ("proof contradicted", record.contradictions))
        for mutant in mutants
    ]
    return ["## Survivors", "\n".join(rows) or "None."]


def _counts(records: Sequence[TriedFormula]) -> list[str]:
    fates = [fate.value for fate in Fate]
    rows = [
        [record.name, _check_name(record, check), check.method, check.on_formula]
        + [str(record.fates(check.name)[fate]) for fate in Fate]
        for record in records
        for check in record.checks
    ]
    return ["## Counts", _table(["formula", "check", "method", "formula itself", *fates], rows)]


def _check_name(record: TriedFormula, check: TriedCheck) -> str:
    return check.name if record.tally(check.name)[0] else f"**{check.name} (kills nothing)**"


def _equivalents(records: Sequence[TriedFormula]) -> list[str]:
    rows = [
        [mutant.id, mutant.description, mutant.equivalent, _maths(mutant.latex)]
        for record in records
        for mutant in record.mutants
        if mutant.equivalent is not None
    ]
    table = _table(["mutant", "what is rewritten", "proof", "formula"], rows) if rows else "None."
    return ["## Equivalent rewritings", table]


def formula_markdown(record: TriedFormula) -> str:
    """Render one formula: each live mutant with its fate at each check."""
    names = [check.name for check in record.checks]
    rows = []
    for mutant in sorted(record.live, key=lambda mutant: mutant.killed):
        label = mutant.id if mutant.killed else f"**{mutant.id}**"
        fates = {trial.check: _fate(trial) for trial in mutant.trials}
        rows.append([label, mutant.description, _maths(mutant.latex), *(fates[name] for name in names)])
    table = _table(["mutant", "what is rewritten", "formula", *names], rows)
    return "\n\n".join([f"## {record.name}", f"```math\n{record.latex}\n```", table]) + "\n"


def _fate(trial: Trial) -> str:
    kind = trial.reason.partition(":")[0]
    return f"{trial.fate.value} ({kind})" if kind else trial.fate.value


def _maths(text: str) -> str:
    """Delimit inline LaTeX so that GitHub leaves its backslashes alone."""
    return f"$`{text}`$"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
