"""Measure every subject and write reports/performance.md: `python -m benchmarks`, or `make bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    enclosure,
    fifty_digits,
    machine,
    outer_step,
    single_precision,
    stacked_trajectories,
    sweep_scaling,
)
from benchmarks.tables import Table, markdown, verdict

REPORT = Path(__file__).parents[1] / "reports" / "performance.md"
INTRODUCTION = (
    "Written by `make bench` ([how to measure again](../docs/how_to.md#measure-how-fast-it-is)). Every ratio was "
    "measured in one run, in paired rounds, and is a median; absolute times drift with what else the machine does."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that were asked for; return the exit code."""
    options = _parser().parse_args(arguments)
    if options.rounds < 3:
        _parser().error(f"--rounds is a number >= 3, for quartiles; got {options.rounds}")
    try:
        told = machine.described()
        parts = [table for subject in options.only or SUBJECTS for table in _measured(subject, options.rounds)]
    except ModuleNotFoundError as error:
        print(
            f"error: {error}; `make bench` installs what is compared with, as the group `bench` lists it",
            file=sys.stderr,
        )
        return 2
    text = report(parts, told)
    print(text)
    if not options.only:
        REPORT.write_text(text)
    return 0


def report(parts: Sequence[Table], told: Sequence[str]) -> str:
    """Return the report as Markdown; `told` says on what machine."""
    lines = ["# Performance", "", INTRODUCTION, "", *(f"{line}\n" for line in told)]
    return "\n".join([*lines, *(markdown(part) for part in parts)])


def _measured(subject: str, rounds: int) -> list[Table]:
    print(f"measuring {subject} …", file=sys.stderr)
    return SUBJECTS[subject](rounds)


def _fifty_digits(rounds: int) -> list[Table]:
    """Return the table of that subject, which counts its own rounds: two rows per size, the first with a target."""
    sizes = [d for d, _, _ in fifty_digits.SIZES for _ in ("kept", "read")]
    rows = [
        (
            *(row.name, f"{row.baseline_seconds * 1e3:.2f}", f"{row.seconds * 1e3:.3f}", f"{row.ratio:.0f}"),
            *_target(row.ratio, DIGITS_ASKED.get(d) if i % 2 == 0 else None),
        )
        for i, (d, row) in enumerate(zip(sizes, fifty_digits.rows(), strict=True))
    ]
    text = "The recursion (5)-(6), against its transcription in `mpmath.matrix`; both first checked to agree."
    columns = ("what", "mpmath.matrix, ms", "ours, ms", "ratio", "asked", "")
    return [Table(f"One step at {fifty_digits.DIGITS} digits", text, columns, rows)]


DIGITS_ASKED = {10: 60, 50: 500}
"""The least ratio, by d, of a step whose result stays in its own arithmetic."""


def _target(ratio: float, asked: int | None) -> tuple[str, str]:
    return ("", "") if asked is None else (f"≥ {asked}", verdict(ratio >= asked))


SUBJECTS = {
    "outer-step": outer_step.tables,
    "fifty-digits": _fifty_digits,
    "stacked": stacked_trajectories.tables,
    "enclosure": enclosure.tables,
    "sweep-scaling": sweep_scaling.tables,
    "single-precision": single_precision.tables,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of the slow rows (default 15, at least 3)")
    parser.add_argument("--only", action="append", choices=SUBJECTS, help="one subject; prints, and writes nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
