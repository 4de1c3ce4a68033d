"""A chunk of a sweep: computed by itself from the specification, and kept as one Parquet file.

Beside its rows a file holds, in its footer, whose chunk it is, how often each status occurs, and every contradiction
of a derived claim: to resume or to sum up, only footers are read.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foanil.sweeps import certified
from foanil.sweeps.courses import COLLAPSED, CONVERGED, DIVERGED, INADMISSIBLE, INVARIANTS, STATUS, Course, follow
from foanil.sweeps.points import Points, points
from foanil.sweeps.predictions import DERIVED, FAILURES, Prediction, contradictions
from foanil.sweeps.specification import Specification
from foanil.sweeps.starts import problems

STACK = 1024
"""The most trajectories that are advanced by one call: with more, a step's arrays leave the cache."""

KEY = b"foanil"


class ChunkError(ValueError):
    """A chunk's file cannot be trusted, or belongs to another sweep."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A row (point and start) that contradicts a derived claim: by its status, or by an invariant of this name."""

    point: int
    start: int
    claim: str
    what: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a footer tells: the chunk's number, its rows by status, and what contradicts a derived claim."""

    number: int
    statuses: Mapping[str, int]
    contradictions: tuple[Contradiction, ...]


# Computing -----------------------------------------------------------------------------------------


def computed(sweep: Specification, number: int, predictions: tuple[Prediction, ...] = DERIVED) -> bytes:
    """Return the Parquet file of a chunk: the same bytes wherever and whenever it is computed."""
    rows = points(sweep, number)
    found = _Found.empty(len(rows.point))
    against: list[Contradiction] = []
    for which in _stacks(rows):
        part = rows.part(which)
        numbers, start = problems(sweep.seed, sweep.start, part)
        course = follow(numbers, start, sweep.steps, sweep.epsilon, timed="time" in sweep.outcomes)
        for place, claim, what in contradictions(numbers, start, course, predictions):
            against.append(Contradiction(int(part.point[place]), int(part.start[place]), claim, what))
        found.take(which, course)
        if "certified" in sweep.outcomes:
            found.certified[which] = [certified.outcome(numbers, start, place) for place in range(len(which))]
            against += _uncertified(part, course, found.certified[which])
    return _file(sweep, number, rows, found, sorted(against, key=lambda each: (each.point, each.start)))


def _uncertified(rows: Points, course: Course, verdicts: Any) -> list[Contradiction]:
    """Return the rows whose rigorous verdict is the opposite of what was seen."""
    failed = np.isin(course.status, FAILURES)
    wrong = ((verdicts == "CERTIFIED") & failed) | ((verdicts == "REFUTED") & (course.status == CONVERGED))
    places = np.flatnonzero(wrong)
    return [Contradiction(int(rows.point[i]), int(rows.start[i]), "new-thm-1-region-form", "status") for i in places]


def _stacks(rows: Points) -> list[Any]:
    """Return the places of admissible rows of one d, k and k′, at most STACK at a time."""
    shapes = np.stack([rows.d, rows.k, rows.k_prime], axis=1)
    found = []
    for shape in np.unique(shapes[rows.admissible], axis=0):
        places = np.flatnonzero(rows.admissible & (shapes == shape).all(axis=1))
        found += [places[begin : begin + STACK] for begin in range(0, len(places), STACK)]
    return found


@dataclass(frozen=True, slots=True)
class _Found:
    """The outcomes of all rows of a chunk; inadmissible ones keep the values of `empty`."""

    columns: dict[str, Any]
    certified: Any

    @classmethod
    def empty(cls, count: int) -> _Found:
        """Return what is known of rows before they are followed."""
        fill: dict[str, Any] = dict.fromkeys(("farthest", "complement", "output", "lowest", "largest"), np.nan)
        fill |= {"status": INADMISSIBLE, "t": 0, "settled": -1, "period": 0, "broken": 0}
        return cls({name: np.full(count, value) for name, value in fill.items()}, np.full(count, None, dtype=object))

    def take(self, which: Any, course: Course) -> None:
        """Enter what became of some rows."""
        for name, column in self.columns.items():
            column[which] = getattr(course, name)


# Writing -------------------------------------------------------------------------------------------


def _file(sweep: Specification, number: int, rows: Points, found: _Found, against: list[Contradiction]) -> bytes:
    status = np.array(STATUS)[found.columns["status"]]
    counts = {name: int((status == name).sum()) for name in STATUS if (status == name).any()}
    note = {
        "digest": _digest(sweep),
        "chunk": number,
        "statuses": counts,
        "contradictions": [[each.point, each.start, each.claim, each.what] for each in against],
    }
    columns = {**_inputs(rows), "status": status, **_outcomes(sweep, found, against, rows)}
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(note, sort_keys=True).encode()})
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", write_page_checksum=True)
    return stream.getvalue()


@functools.lru_cache(maxsize=4)
def _digest(sweep: Specification) -> str:
    return sweep.digest()


def _inputs(rows: Points) -> dict[str, Any]:
    whole = {name: getattr(rows, name) for name in ("point", "start", "d", "k", "k_prime", "m")}
    return whole | {name: getattr(rows, name) for name in ("kappa", "a", "rho", "size", "head", "condition")}


def _outcomes(sweep: Specification, found: _Found, against: list[Contradiction], rows: Points) -> dict[str, Any]:
    """Return the columns that were asked for, and those that every sweep has; null where nothing is known."""
    known, status = found.columns, found.columns["status"]
    open_ = np.isin(status, (STATUS.index("unfinished"), INADMISSIBLE))
    every = {
        "converged": pa.array(status == CONVERGED, mask=open_),
        "certified": pa.array(found.certified, pa.string()),
        "time": pa.array(known["settled"], mask=known["settled"] < 0),
        "violated": pa.array([_names(bits) for bits in known["broken"]]),
        "collapse": pa.array(status == COLLAPSED, mask=open_),
        "divergence": pa.array(status == DIVERGED, mask=open_),
        "period": pa.array(known["period"], mask=known["period"] < 1),
    }
    asked = {name: column for name, column in every.items() if name in sweep.outcomes}
    more = {name: known[name] for name in ("t", "farthest", "complement", "output", "lowest", "largest")}
    claims = {(each.point, each.start): each.claim for each in against}
    pairs = zip(rows.point.tolist(), rows.start.tolist(), strict=True)
    return asked | more | {"contradicts": pa.array([claims.get(pair) for pair in pairs], pa.string())}


def _names(bits: int) -> str:
    return ", ".join(name for bit, name in enumerate(INVARIANTS) if bits >> bit & 1)


# Reading -------------------------------------------------------------------------------------------


def opened(source: Path | bytes, sweep: Specification, number: int) -> Chunk:
    """Return what a chunk's file tells. Raises ChunkError unless it is that chunk of that sweep, undamaged."""
    name = f"chunk {number}" if isinstance(source, bytes) else str(source)
    try:
        found = table_of(source)
        note = json.loads((found.schema.metadata or {})[KEY])
        about = note["digest"], note["chunk"], found.num_rows
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise ChunkError(f"{name} is no whole chunk of a sweep: {error}; move it away to compute it again") from error
    rows = len(sweep.points_in(number)) * sweep.starts
    if about != (_digest(sweep), number, rows):
        raise ChunkError(
            f"{name} is not chunk {number} of this sweep, or was computed with other versions of foanil, NumPy, SciPy, "
            "Hypothesis or pyarrow: install the same on every worker, or choose another folder"
        )
    return Chunk(number, note["statuses"], tuple(Contradiction(*each) for each in note["contradictions"]))


def table_of(source: Path | bytes) -> pa.Table:
    """Return the rows of a chunk's file, its checksums verified. Raises OSError where they do not match."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    return pq.read_table(file, page_checksum_verification=True)


def table(paths: Sequence[Path]) -> pa.Table:
    """Return the rows of some chunks' files, as `table_of`."""
    return pa.concat_tables([table_of(path) for path in paths])
