"""`foanil table1`, `foanil simulate` and `foanil figures`: the experiments of Section 5."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foanil.commands.terminal import AS_JSON, InputError, print_json

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def completed_variants(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the variants that begin so, with what each is there to answer."""
    from click.shell_completion import CompletionItem

    from foanil.experiments.variants import EVERYTHING

    return [CompletionItem(v.name, help=v.question) for v in EVERYTHING if v.name.startswith(begun)]


@click.command()
@click.option(
    "--profile", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="Problem size."
)
@click.option("--runs", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="Training runs.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Fixes tasks, starts and test tasks."
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; default: one per core.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Checkpoints.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Results; default: FOLDER/PROFILE/results.")
@AS_JSON
def table1(
    profile: str, count: int, seed: int, workers: int | None, folder: Path, output: Path | None, as_json: bool
) -> None:
    """Reproduce Table 1 and print it beside the paper's. Example: foanil table1 --profile full --runs 10

    Interrupted at any moment, the same command goes on where it was and ends with the same bytes. The full profile
    takes an hour or two on two cores, the quick one (smaller problems: nothing to compare with) some minutes.
    """
    from foanil.experiments import command

    place = output or folder / profile / "results"
    with _resumable(folder):
        risks = command.reproduced(profile, seed, count, workers or os.cpu_count() or 1, folder, place)
    click.echo(command.shown(risks, as_json, beside_paper=profile == "full"))


@click.command()
@click.argument("names", nargs=-1, metavar="[VARIANT]...", shell_complete=completed_variants)
@click.option("--all", "everything", is_flag=True, help="Every variant.")
@click.option("--runs", "count", type=click.IntRange(1, 1000), default=8, show_default=True, help="Training runs.")
@click.option("--seed", type=click.IntRange(0), default=3, show_default=True, help="Fixes all that is drawn.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; default: one per core.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Checkpoints.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Results; default: FOLDER/variants.")
@AS_JSON
def simulate(
    names: tuple[str, ...],
    everything: bool,
    count: int,
    seed: int,
    workers: int | None,
    folder: Path,
    output: Path | None,
    as_json: bool,
) -> None:
    """Train what Table 1 does not show; without a name, list it. Example: foanil simulate anil no-split

    N = 500 tasks in dimension 20; interrupted at any moment, the same command goes on where it was.
    """
    from foanil.experiments import command, variants

    known = {variant.name: variant for variant in variants.EVERYTHING}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"there is no variant {unknown[0]!r}; foanil simulate lists them")
    chosen = list(known.values()) if everything else [known[name] for name in dict.fromkeys(names)]
    if not chosen and as_json:
        print_json([{"name": v.name, "method": v.method, "question": v.question} for v in known.values()])
        return
    if not chosen:
        click.echo(command.listed(known.values()))
        return
    place = output or folder / "variants"
    with _resumable(folder):
        risks = command.explored(chosen, seed, count, workers or os.cpu_count() or 1, folder, place)
    click.echo(command.shown(risks, as_json))


@click.command()
@click.option("--table", type=click.Path(path_type=Path), default=Path("runs/full/results"), show_default=True)
@click.option("--variants", type=click.Path(path_type=Path), default=Path("runs/variants"), show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("runs/figures"), show_default=True)
@AS_JSON
def figures(table: Path, variants: Path, output: Path, as_json: bool) -> None:
    """Draw the figures of the experiments. Example: foanil figures -o pictures

    SVG and PNG, with their numbers beside them as CSV, from the results of `foanil table1` (--table) and of
    `foanil simulate --all` (--variants).
    """
    from foanil.experiments.checkpoints import CheckpointError
    from foanil.experiments.gallery import drawn
    from foanil.experiments.results import ResultsError, read

    written: list[str] = []
    try:
        for path in drawn(read(table), read(variants), output):
            written.append(str(path))
            click.echo(path, err=as_json)
    except (ResultsError, CheckpointError) as error:
        raise InputError(str(error)) from error
    except KeyError as error:
        raise InputError(f"{error.args[0]}: draw from a whole run of every method and variant") from error
    if as_json:
        print_json(written)


@contextlib.contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    """Turn what may go wrong in a training run into one line and an exit code."""
    from concurrent.futures.process import BrokenProcessPool

    from foanil.experiments.checkpoints import CheckpointError

    try:
        yield
    except (CheckpointError, FloatingPointError) as error:
        raise InputError(str(error)) from error
    except BrokenProcessPool as error:
        raise InputError(
            f"a training process was killed, perhaps for memory; every run is saved in {folder} up to its last minute: "
            "run the same command again, with fewer --workers if memory is short"
        ) from error
    except KeyboardInterrupt:
        click.echo(f"interrupted: every run is saved in {folder}; the same command goes on from there", err=True)
        sys.exit(130)
