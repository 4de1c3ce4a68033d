"""The ledger of readings: each ambiguous place, what was tried on every candidate, and which of them that killed.

One question is put to all candidates of a place, the chosen one included. A rejected reading that passes it too is
shown as not decided; what a candidate is expected to do is declared beside its test and compared with what it did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from foanil.claims import readings
from foanil.claims.record import Reading
from foanil.evidence import Method, Outcome, Residual
from foanil.report import cell, table

INTRODUCTION = (
    "The extraction of the paper's text lost every Greek letter, sign and ligature, so that each formula is a reading. "
    "Below, every candidate of a place is put to the same question, run by the audit; a rejected one that passes it "
    "too is not killed. Where nothing distinguishes two readings, that is what the page says. The letters, signs and "
    "factors of each transcribed formula are also changed one at a time: [mutants](kill_matrix.md)."
)

LETTERS = (
    r"In scalar questions $a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, $\nu = \sigma^2/c$, "
    r"$m = m_{\mathrm{in}}$, $x_\star = 1/s = m/(m+1+\kappa)$; $x$ is $\alpha\lVert B\rVert^2$, $v$ is "
    r"$\lVert w\rVert^2/(\alpha c)$, and $t$, $y$ are constants that an $O(\cdot)$ hides."
)

SHOWN = 180
"""Characters of a residual that fit into a cell."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a place as something that can be run, with the outcome that its role in the ledger rests on.

    `test` takes the transcribed formulas that its entry names, and no others.
    """

    test: Callable[..., Residual]
    expected: Outcome


def holds(test: Callable[..., Residual]) -> Candidate:
    """Return a candidate that passes: the chosen reading, or a rejected one that nothing here kills."""
    return Candidate(test, Outcome.HELD)


def killed(test: Callable[..., Residual]) -> Candidate:
    """Return a candidate that the question kills."""
    return Candidate(test, Outcome.FAILED)


def unresolved(why: str) -> Candidate:
    """Return a candidate that no check here reaches, with the reason."""
    return Candidate(lambda *_: Residual(Outcome.INCONCLUSIVE, why), Outcome.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One place: its reading, the question put to every candidate, and the candidates in the order of the reading.

    `formulas` names the functions of `foanil.statements` that the candidates are made from.
    """

    reading: Reading
    asks: str
    method: Method
    scope: str
    chosen: Candidate
    rejected: tuple[Candidate, ...]
    formulas: tuple[str, ...] = ()

    def candidates(self) -> tuple[tuple[str, Candidate], ...]:
        """Return (reading, candidate), the chosen one first; raises ValueError when a rejected one is missing."""
        readings = (self.reading.chosen, *self.reading.rejected)
        return tuple(zip(readings, (self.chosen, *self.rejected), strict=True))

    def run(self, formula: Callable[[str], Any]) -> TriedEntry:
        """Put the question to every candidate; `formula` gives the transcription of a name."""
        given, tried = [formula(name) for name in self.formulas], []
        for number, (text, candidate) in enumerate(self.candidates()):
            found = candidate.test(*given)
            tried.append(TriedReading(text, number == 0, found.outcome, candidate.expected, found.shown))
        return TriedEntry(self.reading.place, self.asks, self.method.value, self.scope, tuple(tried))


@dataclass(frozen=True, slots=True)
class TriedReading:
    """One candidate and what became of it."""

    reading: str
    chosen: bool
    outcome: Outcome
    expected: Outcome
    shown: str

    @property
    def fate(self) -> str:
        """What the outcome says about the reading."""
        if self.outcome is Outcome.INCONCLUSIVE:
            return "not decided: neither shown nor refuted"
        if self.chosen:
            return "chosen" if self.outcome is Outcome.HELD else "**chosen, and false**"
        return "not decided: consistent too" if self.outcome is Outcome.HELD else "killed"


@dataclass(frozen=True, slots=True)
class TriedEntry:
    """One place with its candidates as they came out of a run."""

    place: str
    asks: str
    method: str
    scope: str
    tried: tuple[TriedReading, ...]

    @property
    def surprises(self) -> tuple[TriedReading, ...]:
        """The candidates that did not do what the ledger declares."""
        return tuple(one for one in self.tried if one.outcome is not one.expected)


def declared() -> tuple[Reading, ...]:
    """Return every reading that `foanil.claims.readings` declares, in its order."""
    return tuple(value for value in vars(readings).values() if isinstance(value, Reading))


def in_order(entries: Iterable[TriedEntry]) -> list[TriedEntry]:
    """Return entries in the order in which their places are declared, those of no declared place last, by name."""
    places = [reading.place for reading in declared()]

    def position(entry: TriedEntry) -> tuple[int, str]:
        return places.index(entry.place) if entry.place in places else len(places), entry.place

    return sorted(entries, key=position)


# Plain data ---------------------------------------------------------------------------------------


def as_json(entry: TriedEntry) -> str:
    """Return one entry as JSON text, the same bytes for the same outcomes."""
    return json.dumps(asdict(entry), default=lambda outcome: outcome.value, ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> TriedEntry:
    """Read back what `as_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
    data: dict[str, Any] = json.loads(text)
    tried = tuple(
        TriedReading(**{**one, "outcome": Outcome(one["outcome"]), "expected": Outcome(one["expected"])})
        for one in data["tried"]
    )
    return TriedEntry(**{**data, "tried": tried})


# Markdown -----------------------------------------------------------------------------------------


def readings_page(entries: Sequence[TriedEntry]) -> str:
    """Render the ledger: counts, what is not decided, then every place with its question and its candidates."""
    rejected = [one for entry in entries for one in entry.tried if not one.chosen]
    fates = {fate: sum(one.fate == fate for one in rejected) for fate in sorted({one.fate for one in rejected})}
    counts = f"{len(entries)} places, {len(rejected)} rejected readings: " + ", ".join(
        f"{number} {fate}" for fate, number in fates.items()
    )
    sections = ["# Readings", "[Summary](SUMMARY.md)", INTRODUCTION, LETTERS, counts + "."]
    sections += ["## Not decided", "\n".join(_open(entries)) or "Nothing."]
    sections += ["## Place by place", *(text for entry in entries for text in _entry(entry))]
    sections += ["## Run it again", "```sh\npytest verify/test_readings.py\n```"]
    return "\n\n".join(sections) + "\n"


def _open(entries: Sequence[TriedEntry]) -> list[str]:
    return [
        f"- {entry.place}: {one.reading} ({one.fate.removeprefix('not decided: ')})"
        for entry in entries
        for one in entry.tried
        if one.fate.startswith("not decided")
    ]


def _entry(entry: TriedEntry) -> list[str]:
    rows = [[cell(one.reading), _fate(one), f"`{cell(_short(one.shown))}`"] for one in entry.tried]
    return [
        f'<a id="{anchor(entry.place)}"></a>',
        f"### {entry.place}",
        f"Asked of every candidate: {entry.asks}. *{entry.method}*; scope: {entry.scope}",
        table(["reading", "fate", "what was found"], rows),
    ]


def _fate(one: TriedReading) -> str:
    return one.fate if one.outcome is one.expected else f"**UNEXPECTED**: {one.fate}"


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} …"


def anchor(place: str) -> str:
    """Return the anchor of a place on the page."""
    return re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-")
