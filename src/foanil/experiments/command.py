"""What `foanil table1` and `foanil simulate` do between flags and table: progress on the way, the cells at the end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, stdev

from foanil.claims.table_1 import CELLS
from foanil.experiments import variants
from foanil.experiments.configuration import PROFILES
from foanil.experiments.results import Risk
from foanil.experiments.runs import Advance, planned
from foanil.experiments.table_1 import reproduce
from foanil.experiments.training import Run
from foanil.experiments.variants import Variant


def reproduced(profile: str, seed: int, count: int, workers: int, folder: Path, output: Path) -> list[Risk]:
    """Run the whole of Table 1 with progress on standard error; raises what `table_1.reproduce` raises."""
    configuration = PROFILES[profile]
    with _progress(planned(configuration, seed, count)) as advance:
        return reproduce(configuration, seed, count, workers, folder, output, advance)


def explored(chosen: Sequence[Variant], seed: int, count: int, workers: int, folder: Path, output: Path) -> list[Risk]:
    """Run variants with progress on standard error; raises what `variants.explored` raises."""
    with _progress(tuple(variants.planned_variants(chosen, seed, count))) as advance:
        return variants.explored(chosen, seed, count, workers, folder, output, advance)


@contextmanager
def _progress(plan: Sequence[Run]) -> Iterator[Advance]:
    """Show a bar with the remaining time on a terminal, and a line per finished run elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not sys.stderr.isatty():
        yield _lines(plan)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        names = list(dict.fromkeys(run.method for run in plan))
        tasks = {name: bars.add_task(name, total=sum(r.steps for r in plan if r.method == name)) for name in names}
        reached: dict[Run, int] = {}

        def advance(run: Run, t: int) -> None:
            reached[run] = max(t, reached.get(run, 0))
            done = sum(steps for other, steps in reached.items() if other.method == run.method)
            bars.update(tasks[run.method], completed=done)

        yield advance


def _lines(plan: Sequence[Run]) -> Advance:
    started, finished = time.monotonic(), set[Run]()

    def advance(run: Run, t: int) -> None:
        if t == run.steps and run not in finished:
            finished.add(run)
            minutes = (time.monotonic() - started) / 60
            print(
                f"{run.method} {run.number}: done, {len(finished)} of {len(plan)} runs, {minutes:.1f} min",
                file=sys.stderr,
            )

    return advance


def shown(risks: Sequence[Risk], as_json: bool, beside_paper: bool = False) -> str:
    """Return the cells as JSON, one record per run and cell, or as a table of means, the paper's beside them or not."""
    if as_json:
        return json.dumps([asdict(risk) for risk in risks], indent=1)
    cells: dict[tuple[str, str, int], list[Risk]] = {}
    for risk in risks:
        if risk.adaptation == "least-squares" or "-without-" in risk.method or risk.method.endswith("-single-task"):
            continue  # asked about in the reports, not part of the table
        cells.setdefault((risk.method, risk.adaptation, risk.m_test), []).append(risk)
    rows = [_row(*key, found, beside_paper) for key, found in cells.items()]
    head = ("method", "adapted by", "rows", "half risk", "±", "exact", "paper")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)) for row in (head, *rows)
    )


def _row(method: str, adaptation: str, m_test: int, found: Sequence[Risk], beside_paper: bool) -> tuple[str, ...]:
    """Return one line: mean and standard deviation over runs, the mean of the exact values, the printed cell."""
    values = [risk.half for risk in found]
    spread = f"{stdev(values):.3f}" if len(values) > 1 else ""
    exact = [risk.exact for risk in found if risk.exact is not None]
    printed = {cell.id: f"{cell.mean} ± {cell.deviation}" for cell in CELLS if beside_paper}
    shown_exact = f"{fmean(exact):.3f}" if exact else ""
    return (method, adaptation, str(m_test), f"{fmean(values):.3f}", spread, shown_exact, printed.get(found[0].id, ""))


def listed(known: Iterable[Variant]) -> str:
    """Return the variants, one line each: name, method, what it is there to answer, what it changes."""
    rows = [(v.name, v.method, v.question, ", ".join(f"{k}={x}" for k, x in v.changes.items())) for v in known]
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines in aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
