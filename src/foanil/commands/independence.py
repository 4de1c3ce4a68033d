"""`foanil independence`: which lines of source two channels of a claim share, measured, and the page of it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from foanil.commands.terminal import AS_JSON, InputError, checkout, print_json, writable

UNDECIDED = 3


@click.command()
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes at a time.")
@click.option("--seconds", default=3600.0, show_default=True, type=click.FloatRange(0), help="Start nothing later.")
@click.option("--kept", type=click.Path(path_type=Path), help="Measurements. Default: runs/independence.jsonl.")
@click.option("--reports", type=click.Path(path_type=Path), help="Default: reports/ of the checkout.")
@AS_JSON
def independence(jobs: int, seconds: float, kept: Path | None, reports: Path | None, as_json: bool) -> None:
    """Measure which lines each check runs and write the page. Example: foanil independence --seconds 600

    What an earlier run has kept is not measured again while the check and what it reaches are the same. Needs the
    package coverage. Exit codes: 0 all measured, 2 bad input, 3 not everything was measured in time.
    """
    from importlib.util import find_spec

    if find_spec("coverage") is None:
        raise InputError("independence is measured by the package coverage, which is not installed: make env")
    from foanil.audit import write_all
    from foanil.mutants.independence import measure, page, runs

    root = checkout("the checks that are measured")
    path, folder = kept or root / "runs" / "independence.jsonl", writable(reports or root / "reports", "--reports")
    writable(path.parent, "--kept")
    # pytest, which runs the checks, speaks on standard output: that is for what is asked of this command.
    with contextlib.redirect_stdout(sys.stderr):
        left = measure(root, path, seconds, jobs=jobs)
    write_all(folder, {"independence.md": page(runs(root, path), left).encode()}, ())
    measured = len(runs(root, path))
    if as_json:
        print_json({"measured": measured, "left": len(left)})
    else:
        click.echo(f"{measured} checks measured, {len(left)} left out")
    sys.exit(UNDECIDED if left else 0)
