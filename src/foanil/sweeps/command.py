"""What `foanil sweep` does between flags and exit code: progress on the way, the counts at the end."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from foanil.sweeps.engines import Engine
from foanil.sweeps.results import Folder, Summary, Watch, swept
from foanil.sweeps.specification import Specification

EVERY = 5.0
"""Seconds between lines of progress where there is no terminal."""


def watched(folder: Folder, where: Engine) -> Summary:
    """Run or resume a sweep with progress on standard error."""
    try:
        with _progress(folder.sweep) as watch:
            return swept(folder, where, watch)
    except KeyboardInterrupt:
        print(f"interrupted: every finished chunk is kept in {folder.path}; the same command goes on", file=sys.stderr)
        sys.exit(130)


def shown(summary: Summary, as_json: bool) -> str:
    """Return how many rows ended with each status."""
    if as_json:
        return json.dumps(dict(summary.statuses.most_common()))
    return "\n".join(f"{count:>10}  {name}" for name, count in summary.statuses.most_common())


# Progress ------------------------------------------------------------------------------------------


@dataclass
class _Pace:
    """Points that are there, those computed now, and since when."""

    total: int
    began: float = field(default_factory=time.monotonic)
    there: int = 0
    computed: int = 0
    spoke: float = 0.0

    def line(self, now: float) -> str:
        """Return how far it is, how fast, and how long it takes."""
        rate = self.computed / max(now - self.began, 1e-9)
        text = f"{self.there} of {self.total} points"
        if not self.computed:
            return f"{text} kept from before"
        return f"{text}, {rate:.3g} points/s, {_duration((self.total - self.there) / rate)} left"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@contextlib.contextmanager
def _progress(sweep: Specification) -> Iterator[Watch]:
    """Show a bar with rate and remaining time on a terminal, and a line now and then elsewhere."""
    pace = _Pace(sweep.points)
    if not sys.stderr.isatty():

        def tell(points: int, new: bool) -> None:
            pace.there, pace.computed = pace.there + points, pace.computed + points * new
            now = time.monotonic()
            if now - pace.spoke >= EVERY or (pace.there == pace.total):
                pace.spoke = now
                print(pace.line(now), file=sys.stderr, flush=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=sweep.points)

        def show(points: int, new: bool) -> None:
            pace.there, pace.computed = pace.there + points, pace.computed + points * new
            bars.update(task, completed=pace.there, description=pace.line(time.monotonic()))

        yield show
