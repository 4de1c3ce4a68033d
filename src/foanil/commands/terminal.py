"""What the commands share: refusing input in one line, and the checkout they run in."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


class InputError(click.ClickException):
    """Bad input: printed as one line, exit code 2."""

    exit_code = 2


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""The option that every command has."""


def checkout(what: str) -> Path:
    """Return the nearest folder, upward from here or from the package, that holds proofs/.

    Raises InputError, which says that `what` lives there, when there is none.
    """
    starts = (Path.cwd(), Path(__file__).resolve())
    for folder in (folder for start in starts for folder in (start, *start.parents)):
        if (folder / "proofs" / "derivation.py").is_file():
            return folder
    raise InputError(f"{what} live in a checkout of foanil, and none is here: run inside a clone")


def print_json(data: Any) -> None:
    """Print data as JSON, indented, in Unicode."""
    import json

    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def writable(folder: Path, option: str) -> Path:
    """Return a folder that can be written to, made if it is missing; InputError before the work, not after it."""
    from foanil.audit import UnwritableReportsError, check_writable

    try:
        check_writable(folder, option)
    except UnwritableReportsError as error:
        raise InputError(str(error)) from error
    return folder


def estimated() -> Callable[[int, int], str]:
    """Return what says, for work done out of all, how long the rest takes at the pace since now."""
    began = time.monotonic()

    def left(done: int, total: int) -> str:
        return f"{(time.monotonic() - began) * (total - done) / max(done, 1):.0f} s left"

    return left
