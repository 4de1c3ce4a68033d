"""The kill matrix as Markdown: what survived first, then channels, claims, hypotheses and bounds, formulas."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from foanil.claims import REGISTRY
from foanil.mutants import falsehoods, goals
from foanil.mutants.channels import MEANING, PARTIAL, Channel
from foanil.mutants.falsehoods import Falsehood
from foanil.mutants.kill_matrix import Fate, Trial, TriedFormula, TriedMutant
from foanil.report.markdown import cell, table

INTRODUCTION = (
    "Wrong versions of every transcribed formula, of every scalar goal that a proof decides, and the falsehoods that "
    "proofs name themselves are given to the checks. A *channel* is one way of checking. *Killed*: the channel finds a "
    "difference. *Refused*: it cannot take the formula and says so by a typed error; the mutant differs from the "
    "formula in value at an exact instance, so that this counts as a kill, but not as one of two. *Error*: another "
    "exception; it kills nothing, and neither does *inconclusive*: more than 3 seconds of processor time. Times are of "
    "one run, on the machine that it had."
)

LISTED = 10
"""Pieces of work that are named when the time budget left some out."""

OF_VALUE = tuple(channel.value for channel in Channel if channel not in PARTIAL)
"""Channels that look at the formula's value; the others test a property of it."""


@dataclass(frozen=True)
class Goals:
    """The changed versions of one goal, as plain data, and the claims whose proofs decide it."""

    claims: tuple[str, ...]
    changed: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Matrix:
    """All that was tried: formulas, named falsehoods, goals; `missing` says what the time budget left out."""

    formulas: tuple[TriedFormula, ...]
    falsehoods: tuple[Falsehood, ...]
    goals: tuple[Goals, ...]
    missing: tuple[str, ...] = ()

    @property
    def changed(self) -> list[Mapping[str, Any]]:
        """Every changed goal, each once."""
        return [found for goal in self.goals for found in goal.changed]


def pages(matrix: Matrix) -> dict[str, str]:
    """Return path → text: the page of the matrix, and one page for each formula."""
    return {"kill_matrix.md": summary(matrix)} | {
        f"mutants/{record.name}.md": formula_page(record) for record in matrix.formulas
    }


def summary(matrix: Matrix) -> str:
    """Render the page of the matrix."""
    sections = [
        "# The kill matrix",
        "[Summary](SUMMARY.md)",
        INTRODUCTION,
        _figures(matrix),
        *_missing(matrix),
        "## Survivors",
        "\n".join(survivors(matrix)) or "None.",
        "## Channels on formulas",
        _channels(matrix.formulas),
        "## Claims by channels",
        "Live mutants killed, of those tried, for each claim that a formula states; refusals and properties apart.",
        _claims_by_channels(matrix.formulas),
        "## Killed by one channel only",
        _single(matrix.formulas),
        *_goal_sections(matrix),
        *_falsehood_sections(matrix),
        "## Equivalent rewritings",
        _equivalents(matrix.formulas),
        "## Formula by formula",
        "\n".join(f"- [{record.name}](mutants/{record.name}.md)" for record in matrix.formulas),
    ]
    return "\n\n".join(sections) + "\n"


# What survived -------------------------------------------------------------------------------------


def _figures(matrix: Matrix) -> str:
    live = [mutant for record in matrix.formulas for mutant in record.live]
    equivalent = sum(len(record.mutants) for record in matrix.formulas) - len(live)
    twice = sum(len(value_killers(mutant)) >= 2 for mutant in live)
    fates = Counter(found["fate"] for found in matrix.changed)
    named = Counter(found.fate.value for found in matrix.falsehoods)
    counts = (
        f"{len(live)} mutants of {len(matrix.formulas)} formulas, {_killed(live)} killed, {twice} of them by two "
        f"channels or more that look at the value; {equivalent} more are equivalent"
    )
    on_goals = f"{fates.total()} changed versions of {len(matrix.goals)} goals, {_listed(fates, goals.Fate)}"
    on_names = f"{named.total()}, {_listed(named, falsehoods.Fate)}"
    figures = {"Formulas": counts, "Hypotheses and bounds": on_goals, "Named falsehoods": on_names}
    return "\n".join(f"- **{name}**: {text}." for name, text in figures.items())


def _listed(counts: Counter[str], fates: type[Enum]) -> str:
    return ", ".join(f"{counts[fate.value]} {fate.value}" for fate in fates)


def value_killers(mutant: TriedMutant) -> tuple[str, ...]:
    """Return the channels that found a difference in the value of a mutant."""
    return tuple(name for name in mutant.killers if name in OF_VALUE)


def _killed(mutants: Iterable[TriedMutant]) -> int:
    return sum(mutant.killed for mutant in mutants)


def _missing(matrix: Matrix) -> list[str]:
    if not matrix.missing:
        return []
    shown = [*matrix.missing[:LISTED], *([f"and {len(matrix.missing) - LISTED} more"] * (len(matrix.missing) > LISTED))]
    listed = "\n".join(f"- {line}" for line in shown)
    return [f"**Not run** within the time budget; run `make mutants` again:\n\n{listed}"]


def survivors(matrix: Matrix) -> list[str]:
    """Return a line for each mutant that nothing killed, each falsehood not noticed, and each contradiction."""
    rows = [
        f"- **{kind}: {mutant.id}** ({mutant.description}) {_maths(mutant.latex)}"
        for record in matrix.formulas
        for kind, found in (("survived", record.survivors), ("proof contradicted", record.contradictions))
        for mutant in found
    ]
    rows += [
        f"- **{name} said {channel.on_formula} to the formula itself: {channel.name}**"
        for name, channel in ((r.name, c) for r in matrix.formulas for c in r.channels)
        if channel.on_formula != "held"
    ]
    rows += [
        f"- **not noticed: {found.label}** by {found.check}"
        for found in matrix.falsehoods
        if found.fate is falsehoods.Fate.HELD
    ]
    rows += [
        f"- **solvers contradict one another**: {cell(found['goal'])}"
        for found in matrix.changed
        if found["fate"] == goals.Fate.CONTRADICTION.value
    ]
    return rows


# Formulas ------------------------------------------------------------------------------------------


def _channels(records: Sequence[TriedFormula]) -> str:
    fates = [fate.value for fate in Fate]
    head = ["channel", "what it does", "formulas", *fates, "killed", "median", "slowest"]
    rows = [_channel_row(channel, records) for channel in Channel]
    return table(head, [row for row in rows if row])


def _channel_row(channel: Channel, records: Sequence[TriedFormula]) -> list[str]:
    trials = [t for r in records for m in r.live for t in m.trials if t.channel == channel.value]
    if not trials:
        return []
    counts = Counter(trial.fate for trial in trials)
    times = [trial.seconds for trial in trials if trial.fate is Fate.KILLED] or [0.0]
    formulas = sum(any(c.name == channel.value for c in record.channels) for record in records)
    rate = f"{counts[Fate.KILLED] / len(trials):.1%}"
    shown = [f"{1000 * statistics.median(times):.1f} ms", f"{max(t.seconds for t in trials):.2f} s"]
    return [channel.value, MEANING[channel], str(formulas), *(str(counts[f]) for f in Fate), rate, *shown]


def _claims_by_channels(records: Sequence[TriedFormula]) -> str:
    used = [c for c in Channel if any(c.value == t.name for r in records for t in r.channels)]
    rows = []
    for claim in REGISTRY.values():
        for record in records:
            if record.name in claim.stated:
                counts = [_count(record, channel) for channel in used]
                twice = sum(len(value_killers(mutant)) >= 2 for mutant in record.live)
                rows.append([claim.id, f"[{record.name}](mutants/{record.name}.md)", str(len(record.live)), *counts])
                rows[-1] += [str(_killed(record.live)), str(twice)]
    return table(["claim", "formula", "mutants", *(c.value for c in used), "killed", "by two or more"], rows)


def _count(record: TriedFormula, channel: Channel) -> str:
    counts = record.fates(channel.value)
    return str(counts[Fate.KILLED]) if counts else ""


def _single(records: Sequence[TriedFormula]) -> str:
    rows = [
        f"- {mutant.id} ({mutant.description}): {', '.join(value_killers(mutant)) or 'only refused'}"
        for record in records
        for mutant in record.live
        if len(value_killers(mutant)) < 2
    ]
    return "\n".join(rows) or "None: each live mutant of a formula is found different by two channels or more."


def _equivalents(records: Sequence[TriedFormula]) -> str:
    rows = [
        [mutant.id, mutant.description, str(mutant.equivalent)]
        for record in records
        for mutant in record.mutants
        if mutant.equivalent is not None
    ]
    return table(["mutant", "what is rewritten", "proof"], rows) if rows else "None."


def formula_page(record: TriedFormula) -> str:
    """Render one formula: each live mutant with its fate at each channel, survivors first."""
    names = [channel.name for channel in record.channels]
    rows = []
    for mutant in sorted(record.live, key=lambda mutant: mutant.killed):
        label = mutant.id if mutant.killed else f"**{mutant.id}**"
        fates = {trial.channel: _fate(trial) for trial in mutant.trials}
        rows.append([label, mutant.description, _maths(mutant.latex), *(fates[name] for name in names)])
    checks = "\n".join(
        f"- *{c.name}*: {c.on_formula} on the formula itself; {'; '.join(c.checks)}" for c in record.channels
    )
    body = table(["mutant", "what is rewritten", "formula", *names], rows)
    return "\n\n".join([f"## {record.name}", f"```math\n{record.latex}\n```", checks, body]) + "\n"


def _fate(trial: Trial) -> str:
    kind = trial.reason.partition(":")[0] if trial.fate in (Fate.REFUSED, Fate.ERROR) else ""
    return f"{trial.fate.value} ({kind})" if kind else trial.fate.value


def _maths(text: str) -> str:
    """Delimit inline LaTeX so that GitHub leaves its backslashes alone."""
    return f"$`{text}`$"


# Hypotheses and bounds -----------------------------------------------------------------------------

ON_GOALS = (
    "The scalar goals that proofs decide are typed: some relations imply another, for all values of the letters. Each "
    "is changed in one place, in a hypothesis or in the bound. Channels are the two solvers, asked apart, and exact "
    "arithmetic at the counterexample. What both solvers prove *stays true*: a spare hypothesis, a bound with room."
)


def _goal_sections(matrix: Matrix) -> list[str]:
    if not matrix.goals:
        return []
    rows = [_goal_row(kind.value, [f for f in matrix.changed if f["kind"] == kind.value]) for kind in goals.Kind]
    rows.append(_goal_row("all", matrix.changed))
    head = ["change", "tried", "false", "by z3", "by cvc5", "at an exact point", "by two or more", "stays true"]
    head += ["undecided", "median", "slowest"]
    return ["## Hypotheses and bounds", ON_GOALS, table(head, rows)]


def _goal_row(name: str, found: Sequence[Mapping[str, Any]]) -> list[str]:
    fates = Counter(one["fate"] for one in found)
    counts = [sum(one["z3"] == "sat" for one in found), sum(one["cvc5"] == "sat" for one in found)]
    counts += [sum(one["point"] for one in found), sum(refuted_by(one) >= 2 for one in found)]
    times = [one["seconds"] for one in found] or [0.0]
    return [
        name,
        str(len(found)),
        str(fates[goals.Fate.FALSE.value]),
        *map(str, counts),
        str(fates[goals.Fate.TRUE.value]),
        str(fates[goals.Fate.UNDECIDED.value]),
        f"{1000 * statistics.median(times):.0f} ms",
        f"{max(times):.2f} s",
    ]


def refuted_by(changed: Mapping[str, Any]) -> int:
    """Return how many channels refute a changed goal."""
    return sum((changed["z3"] == "sat", changed["cvc5"] == "sat", bool(changed["point"])))


# Named falsehoods ----------------------------------------------------------------------------------

ON_FALSEHOODS = (
    "What a proof must not prove, in its author's words. *False*: an element that is not zero, or a goal with a "
    "counterexample. *Unproved*: no rule applies, or no solver decides; the falsehood may be true, the proof does not "
    "show it. *Weakenings* drop a hypothesis or a term: their goals are false, the claim without it may still be true. "
    "For an identity of words there is one channel, the normal form: no second one is at hand for most of these."
)


def _falsehood_sections(matrix: Matrix) -> list[str]:
    if not matrix.falsehoods:
        return []
    groups: dict[str, list[Falsehood]] = {}
    for found in matrix.falsehoods:
        groups.setdefault(found.method, []).append(found)
    rows = [_falsehood_row(name, found) for name, found in groups.items()]
    rows.append(_falsehood_row("all", matrix.falsehoods))
    head = [
        "method",
        "tried",
        "false",
        "by one channel",
        "by two or more",
        "unproved",
        "weakenings",
        "median",
        "slowest",
    ]
    return [
        "## Named falsehoods",
        ON_FALSEHOODS,
        table(head, rows),
        "## Claim by claim",
        "Falsehoods of proofs and changed goals, for each claim that the proofs bear on.",
        _claims(matrix),
    ]


def _falsehood_row(name: str, found: Sequence[Falsehood]) -> list[str]:
    times = [one.seconds for one in found]
    return [
        name,
        *_counts(
            found,
            lambda _: True,
            lambda one: one.fate is falsehoods.Fate.FALSE,
            lambda one: len(one.killers) == 1,
            lambda one: len(one.killers) >= 2,
            lambda one: one.fate is falsehoods.Fate.UNPROVED,
            lambda one: one.weakening,
        ),
        f"{1000 * statistics.median(times):.0f} ms",
        f"{max(times):.2f} s",
    ]


def _counts(found: Sequence[Any], *tests: Callable[[Any], bool]) -> list[str]:
    return [str(sum(map(test, found))) for test in tests]


def _claims(matrix: Matrix) -> str:
    head = ["claim", "falsehoods", "false", "by two or more", "unproved", "changed goals", "false", "by two or more"]
    head += ["stays true", "undecided"]
    rows = [_claim_row(claim, matrix) for claim in REGISTRY]
    return table(head, [row for row in rows if any(set(row[1:]) - {"0"})])


def _claim_row(claim: str, matrix: Matrix) -> list[str]:
    named = [found for found in matrix.falsehoods if claim in found.claims]
    changed = [found for goal in matrix.goals if claim in goal.claims for found in goal.changed]
    return [
        claim,
        *_counts(
            named,
            lambda _: True,
            lambda one: one.fate is falsehoods.Fate.FALSE,
            lambda one: len(one.killers) >= 2,
            lambda one: one.fate is falsehoods.Fate.UNPROVED,
        ),
        *_counts(
            changed,
            lambda _: True,
            lambda one: one["fate"] == goals.Fate.FALSE.value,
            lambda one: refuted_by(one) >= 2,
            lambda one: one["fate"] == goals.Fate.TRUE.value,
            lambda one: one["fate"] == goals.Fate.UNDECIDED.value,
        ),
    ]
