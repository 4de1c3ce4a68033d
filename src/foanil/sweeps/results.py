"""The folder of a sweep: what it is (sweep.json), its chunks, and capsules of what contradicts a derived claim.

One process writes; every file is written at once or not at all, so that a sweep that is killed at any moment has each
of its chunks either whole or not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from foanil.experiments.checkpoints import CheckpointError, write_bytes
from foanil.sweeps import capsules, chunks
from foanil.sweeps.chunks import Chunk, ChunkError, Contradiction
from foanil.sweeps.engines import Engine
from foanil.sweeps.specification import Specification

Watch = Callable[[int, bool], None]
"""Called with the points of a chunk that is there, and whether it was computed now."""


class ContradictionError(RuntimeError):
    """A row contradicts a derived claim: the message names the capsule that shows it."""


@dataclass(slots=True)
class Summary:
    """How many rows ended with each status."""

    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk) -> None:
        """Count a chunk's rows."""
        self.statuses.update(chunk.statuses)


@dataclass(frozen=True, slots=True)
class Folder:
    """A sweep's folder."""

    sweep: Specification
    path: Path

    def chunk(self, number: int) -> Path:
        """Return where a chunk's file is."""
        return self.path / "chunks" / f"chunk-{number:08d}.parquet"

    def begin(self) -> None:
        """Make the folder, or see that it is this sweep's. Raises CheckpointError."""
        about, identity = self.path / "sweep.json", self.sweep.identity()
        if about.exists():
            _require_same(about, identity)
            for left in self.path.glob("chunks/.*.part"):
                left.unlink(missing_ok=True)
            return
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise CheckpointError(
                f"expected an empty folder or this sweep's; {self.path} is or holds something else: "
                "choose another --output"
            )
        write_bytes(about, (json.dumps(identity, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())

    def present(self) -> Iterator[int]:
        """Yield the chunks that are there."""
        return (number for number in range(self.sweep.chunks) if self.chunk(number).exists())

    def table(self) -> pa.Table:
        """Return all rows in order, checksums verified; for sweeps that fit into memory."""
        return chunks.table([self.chunk(number) for number in range(self.sweep.chunks)])


def _require_same(about: Path, identity: dict[str, Any]) -> None:
    try:
        before = json.loads(about.read_text(encoding="utf-8"))
        theirs = {**before["sweep"], **before["versions"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{about} cannot be read: {error}; choose another --output") from error
    ours = {**identity["sweep"], **identity["versions"]}
    changed = sorted(key for key in ours | theirs if ours.get(key) != theirs.get(key))
    if changed:
        raise CheckpointError(
            f"{about.parent} holds another sweep, which differs in {', '.join(changed)}; choose another --output, or "
            "move the folder away"
        )


def swept(folder: Folder, engine: Engine, watch: Watch) -> Summary:
    """Compute the chunks that are not there, keep each, and return the summary of all.

    Raises ContradictionError at the first row that contradicts a derived claim, whose chunk is kept too;
    CheckpointError when a file cannot be written, ChunkError for one that cannot be trusted, and what the engine does.
    """
    folder.begin()
    summary, present = Summary(), set[int]()
    for number in folder.present():
        _accept(folder, summary, chunks.opened(folder.chunk(number), folder.sweep, number))
        present.add(number)
        watch(len(folder.sweep.points_in(number)), False)
    missing = (number for number in range(folder.sweep.chunks) if number not in present)
    for number, content in engine.computed(folder.sweep, missing):
        found = chunks.opened(content, folder.sweep, number)
        write_bytes(folder.chunk(number), content)
        watch(len(folder.sweep.points_in(number)), True)
        _accept(folder, summary, found)
    return summary


def _accept(folder: Folder, summary: Summary, chunk: Chunk) -> None:
    summary.add(chunk)
    if chunk.contradictions:
        raise ContradictionError(_told(folder, chunk.contradictions))


def _told(folder: Folder, against: tuple[Contradiction, ...]) -> str:
    first = against[0]
    path, shown = capsules.written(folder.sweep, first, folder.path / "capsules")
    verdict = "shows it in 60 digits" if shown else "does NOT show it in 60 digits: suspect rounding"
    more = f" ({len(against) - 1} more in this chunk)" if len(against) > 1 else ""
    return f"point {first.point}, start {first.start} contradicts {first.claim} ({first.what}){more}; {path} {verdict}"


__all__ = ["ChunkError", "ContradictionError", "Folder", "Summary", "swept"]
