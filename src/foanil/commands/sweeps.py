"""`foanil sweep` and `foanil phase`: what becomes of many starts, over the pure numbers of the problem."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foanil.commands.terminal import AS_JSON, InputError, print_json

if TYPE_CHECKING:
    from foanil.sweeps.engines import Engine

WORKERS = click.option("--workers", type=click.IntRange(1, 256), help="Processes; default: one per core.")
SCHEDULER = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run on the Dask cluster of this scheduler (tcp://host:port, or its JSON file) instead.",
)


@click.command()
@click.argument("specification", type=click.Path(path_type=Path), metavar="SPEC.toml")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder; default: runs/sweeps/SPEC.")
@WORKERS
@SCHEDULER
@AS_JSON
def sweep(specification: Path, output: Path | None, workers: int | None, scheduler: str | None, as_json: bool) -> None:
    """Follow many starts over the pure numbers of the problem. Example: foanil sweep grid.toml --workers 2

    Rows go to FOLDER/chunks/*.parquet. Interrupted or killed at any moment, the same command goes on where it was and
    ends with the same bytes, on any number of workers. Exit codes: 0 done, 1 a row contradicts a derived claim (its
    capsule is written), 2 bad specification, folder full or workers lost (finished chunks are kept), 130 interrupted.
    """
    from foanil.sweeps import command
    from foanil.sweeps.results import Folder
    from foanil.sweeps.specification import read

    with _told():
        folder = Folder(read(specification), output or Path("runs") / "sweeps" / specification.stem)
        summary = command.watched(folder, _engine(workers, scheduler))
    click.echo(command.shown(summary, as_json))


@click.command()
@click.argument("names", nargs=-1, metavar="[DIAGRAM]...")
@click.option("--profile", type=click.Choice(["quick", "full"]), default="full", show_default=True, help="Grid size.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("runs/phase"), show_default=True, help="Rows.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Pictures and report; default: FOLDER/report.")
@WORKERS
@SCHEDULER
@AS_JSON
def phase(
    names: tuple[str, ...],
    profile: str,
    folder: Path,
    output: Path | None,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Draw phase diagrams; without a name, all four. Example: foanil phase head-bound

    Diagrams: initial-scale, head-bound, step-sizes, condition-number; all of them also write the report
    phase_diagrams.md. Resumable, with the exit codes of `foanil sweep`.
    """
    from foanil.sweeps.diagrams import DIAGRAMS
    from foanil.sweeps.gallery import phases

    unknown = [name for name in names if name not in DIAGRAMS]
    if unknown:
        raise InputError(f"there is no diagram {unknown[0]!r}; there are {', '.join(DIAGRAMS)}")
    with _told():
        place, engine = output or folder / "report", _engine(workers, scheduler)
        sections = phases(list(dict.fromkeys(names)), profile, folder, place, engine)
    if as_json:
        print_json(sections)
    else:
        click.echo("\n".join(sections), nl=False)


def _engine(workers: int | None, scheduler: str | None) -> Engine:
    """Return a Dask cluster where a scheduler is given, else processes of this machine. Raises InputError."""
    from foanil.sweeps.engines import Cluster, Processes

    if scheduler is None:
        return Processes(workers or os.cpu_count() or 1)
    if find_spec("distributed") is None:
        raise InputError("--scheduler needs Dask: pip install 'foanil[dask]'")
    return Cluster(scheduler)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what may go wrong into one line: exit code 1 for a contradiction, 2 for the rest."""
    from foanil.experiments.checkpoints import CheckpointError
    from foanil.sweeps.axes import SpecificationError
    from foanil.sweeps.chunks import ChunkError
    from foanil.sweeps.engines import WorkersLostError
    from foanil.sweeps.results import ContradictionError

    try:
        yield
    except ContradictionError as error:
        click.echo(f"CONTRADICTION: {error}", err=True)
        sys.exit(1)
    except (SpecificationError, CheckpointError, ChunkError, WorkersLostError) as error:
        raise InputError(str(error)) from error
