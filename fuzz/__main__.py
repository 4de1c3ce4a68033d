"""Fuzz every surface and write reports/fuzzing.md: `python -m fuzz`, or `make fuzz`. Exit code 1 when something failed.

Each surface and engine has a process of its own, so that one's memory is not another's.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fuzz.engines import ENGINES, FURTHER_BYTES, Outcome, run

REPORT = Path(__file__).parents[1] / "reports" / "fuzzing.md"
INTRODUCTION = (
    "Written by `python -m fuzz`. Every place where input enters is given hostile input: valid documents with parts "
    "replaced, left out or repeated, and valid files with bytes changed, so that checks behind a digest are reached "
    "too. A case fails when the input is neither accepted nor refused in a line: on any other exception (a command "
    "shows its user a traceback), when code is run that comes from no installed module, a process is started or a "
    "connection made, a file outside the case's folder is written (all seen as Python's audit events), when a case "
    f"takes more than 20 s of processor time, or a run more than {FURTHER_BYTES // 2**20} MiB beyond its imports."
)
ENGINE_NOTES = (
    "*hypothesis* draws cases by chance, 100 from each of the seeds 1, 2, 3, …; *atheris* (libFuzzer) chooses the "
    "bytes that the same cases are drawn from by the branches of `foanil` that it sees taken, from seed 1."
)
GRACE = 120
"""Seconds that a run may take beyond its budget, for imports and the last case."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz what was asked for; return the exit code."""
    options = _parser().parse_args(arguments)
    if options.child:
        run(options.child[0], options.child[1], options.seconds, Path(options.child[2]))
        return 0
    from fuzz.surfaces import surfaces

    engines = [name for name in ENGINES if name != "atheris" or importlib.util.find_spec("atheris")]
    names = options.only or list(surfaces())
    seconds = 60 * options.minutes / (len(names) * len(engines))
    outcomes = [_fuzzed(name, engine, seconds) for name in names for engine in engines]
    print(page(outcomes))
    if not options.only:
        REPORT.write_text(page(outcomes), encoding="utf-8")
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _parser() -> argparse.ArgumentParser:
    from fuzz.surfaces import surfaces

    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="time for everything (default: 30)")
    parser.add_argument("--only", action="append", choices=list(surfaces()), help="one surface; nothing is written")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=10.0, help=argparse.SUPPRESS)
    return parser


def _fuzzed(name: str, engine: str, seconds: float) -> Outcome:
    print(f"{name}, {engine}: {seconds:.0f} s …", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "outcome.json"
        call = [sys.executable, "-m", "fuzz", "--seconds", str(seconds), "--child", name, engine, str(place)]
        try:
            done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=seconds + GRACE)
            said = f"exit code {done.returncode}: {done.stderr[-600:]}"
        except subprocess.TimeoutExpired:
            done, said = None, "it did not end"
        outcome = Outcome(**json.loads(place.read_text(encoding="utf-8"))) if place.exists() else Outcome(name, engine)
    if done is None or done.returncode:
        outcome.failures["the run itself"] = said
    elif not outcome.cases:
        outcome.failures["the run itself"] = "no case was run within the time: give it more --minutes"
    return outcome


def page(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a page of the report."""
    failures = [f"- {o.surface}, {o.engine}: {where}: {what}" for o in outcomes for where, what in o.failures.items()]
    rows = [
        f"| {o.surface} | {o.engine} | {o.cases} | {o.accepted} | {o.further_bytes / 2**20:.0f} | {len(o.failures)} |"
        for o in outcomes
    ]
    total = f"{sum(o.cases for o in outcomes)} cases in {sum(o.seconds for o in outcomes) / 60:.0f} minutes"
    return "\n".join(
        [
            *("# Hostile input", "", "[Summary](SUMMARY.md)", "", INTRODUCTION, "", ENGINE_NOTES, ""),
            *(f"**{total}: {len(failures) or 'no'} failures.**", ""),
            "| surface | engine | cases | accepted | MiB beyond imports | failures |",
            *("| --- | --- | --- | --- | --- | --- |", *rows, ""),
            *(["## Failures", "", *failures, ""] if failures else []),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
