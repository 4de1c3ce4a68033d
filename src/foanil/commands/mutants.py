"""`foanil mutants`: every wrong formula, goal and falsehood at every channel, and the page of what killed them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import click

from foanil.commands.terminal import AS_JSON, checkout, estimated, print_json, writable

UNDECIDED = 3


@click.command()
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes at a time.")
@click.option("--seconds", default=3600.0, show_default=True, type=click.FloatRange(0), help="Start nothing later.")
@click.option(
    "--kept", type=click.Path(path_type=Path), help="Where outcomes are kept. Default: runs/kill_matrix.jsonl."
)
@click.option("--reports", type=click.Path(path_type=Path), help="Default: reports/ of the checkout.")
@AS_JSON
def mutants(jobs: int, seconds: float, kept: Path | None, reports: Path | None, as_json: bool) -> None:
    """Run the kill matrix and write its pages. Example: foanil mutants --jobs 2 --seconds 600

    What an earlier run has kept is not run again while the formula, the check and what they reach are the same.
    Exit codes: 0 no survivor, 1 a survivor or a contradiction, 3 not everything was run in time.
    """
    from foanil.audit import write_all
    from foanil.mutants.pages import pages, survivors
    from foanil.mutants.run import matrix

    root = checkout("the checks that kill mutants")
    sys.path.insert(0, str(root))
    kept, folder = kept or root / "runs" / "kill_matrix.jsonl", writable(reports or root / "reports", "--reports")
    writable(kept.parent, "--kept")
    found = matrix(root, kept, jobs, seconds, teller())
    written = {name: text.encode() for name, text in pages(found).items()}
    write_all(folder, written, ("mutants/*.md",))
    left = survivors(found)
    if as_json:
        print_json({"survivors": left, "not_run": found.missing})
    else:
        click.echo("\n".join(left) or "no survivor")
    sys.exit(1 if left else UNDECIDED if found.missing else 0)


def teller() -> Callable[[str], None]:
    """Return what prints a line of the run on standard error, with the time that its round still takes."""
    left = estimated()

    def tell(line: str) -> None:
        nonlocal left
        count = re.match(r"(\d+)/(\d+) ", line)
        if count is None:  # a round begins
            left = estimated()
        click.echo(f"{line}  ({left(int(count[1]), int(count[2]))})" if count else line, err=True)

    return tell
