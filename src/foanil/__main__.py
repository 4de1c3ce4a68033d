"""The `foanil` command: list the claims, print a derivation, check quotes, certify one start, check a certificate.

Exit codes: 0 done (`certify`: certified), 1 a check failed (`certify`: refuted), 2 bad usage or bad input (nothing is
written), 3 undecided, 130 interrupted. Heavy modules are imported inside the commands, so that `foanil --help` starts
fast.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from foanil.claims.record import Claim


class InputError(click.ClickException):
    """Bad input: printed as one line, exit code 2."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="foanil")
def main() -> None:
    """Audit of "First-order ANIL provably learns representations despite overparametrisation" (ICLR 2024)."""


@main.command()
@click.argument("claim_id", required=False, metavar="[ID]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def claims(claim_id: str | None, as_json: bool) -> None:
    """List the claims, or show one. Example: foanil claims eq-7"""
    from foanil.claims import REGISTRY

    chosen = [_claim(claim_id)] if claim_id else list(REGISTRY.values())
    if as_json:
        click.echo(json.dumps([_as_data(claim) for claim in chosen], indent=2, ensure_ascii=False))
    elif claim_id:
        click.echo(_described(chosen[0]))
    else:
        width = max(len(claim.id) for claim in chosen)
        for claim in chosen:
            click.echo(f"{claim.id:<{width}}  {claim.title}  ({claim.location})")


@main.command()
@click.argument("claim_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the steps with their rules as JSON.")
def prove(claim_id: str, as_json: bool) -> None:
    """Print the derivation of a claim as numbered steps. Example: foanil prove eq-7"""
    derivations = _derivations(_claim(claim_id))
    if as_json:
        click.echo(json.dumps([found.as_json() for found in derivations], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(found.markdown() for found in derivations), nl=False)


@main.command()
@click.option("--paper", type=click.Path(path_type=Path), required=True, help="The paper's extracted text.")
@click.option("--pin", is_flag=True, help="Rewrite the committed quote hashes from this text.")
def quotes(paper: Path, pin: bool) -> None:
    """Check that every quote of the registry occurs in the paper. Example: foanil quotes --paper paper.txt"""
    import foanil.quotes as quotation

    try:
        text = quotation.read_paper(paper)
    except (OSError, ValueError) as error:
        raise InputError(str(error)) from error
    problems = [*quotation.problems(text), *(() if pin else quotation.offset_problems(text))]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    if pin:
        quotation.write_pins(text)
    click.echo(f"every quote occurs in the pinned text{'; the pins are rewritten' if pin else ''}")


@main.command()
@click.argument("problem", required=False, type=click.Path(path_type=Path), metavar="[PROBLEM]")
@click.option("--set", "-s", "changes", multiple=True, metavar="KEY=VALUE", help="A value, or a .npy file of an array.")
@click.option("--digits", type=click.IntRange(10, 2000), default=50, show_default=True, help="Digits to follow with.")
@click.option("--steps", type=click.IntRange(0, 100_000), default=2000, show_default=True, help="Most steps to follow.")
@click.option("--epsilon", metavar="NUMBER", help="Add the times from which the three quantities are at most this.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the certificate here; else print it.")
def certify(
    problem: Path | None, changes: tuple[str, ...], digits: int, steps: int, epsilon: str | None, output: Path | None
) -> None:
    """Prove or refute that FO-ANIL converges from one start. Example: foanil certify start.toml -o start.json

    PROBLEM is a .toml or .json file of d, k, k_prime, m_in, c (or Sigma_star), sigma_sq, alpha, beta, B_star (default:
    the first k axes), B_0, w_0. Exit codes: 0 certified, 1 refuted, 3 undecided.
    """
    from foanil.certificates import command

    sys.exit(command.certified(problem, changes, digits, steps, epsilon, output))


@main.command()
@click.argument("certificate", type=click.Path(path_type=Path), metavar="CERTIFICATE")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True, help="Longest work allowed."
)
def check(certificate: Path, minutes: float) -> None:
    """Check a certificate with code of its own. Example: foanil check start.json

    Exit codes: 0 it proves what it says, 1 rejected, 2 not a readable document, 3 it would take more than --minutes.
    """
    from foanil.certificates import command

    sys.exit(command.checked(certificate, minutes))


@main.command()
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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


@main.command()
@click.argument("names", nargs=-1, metavar="[VARIANT]...")
@click.option("--all", "everything", is_flag=True, help="Every variant.")
@click.option("--runs", "count", type=click.IntRange(1, 1000), default=8, show_default=True, help="Training runs.")
@click.option("--seed", type=click.IntRange(0), default=3, show_default=True, help="Fixes all that is drawn.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; default: one per core.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Checkpoints.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Results; default: FOLDER/variants.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
    if not chosen:
        click.echo(command.listed(known.values()))
        return
    place = output or folder / "variants"
    with _resumable(folder):
        risks = command.explored(chosen, seed, count, workers or os.cpu_count() or 1, folder, place)
    click.echo(command.shown(risks, as_json))


@main.command()
@click.option("--table", type=click.Path(path_type=Path), default=Path("runs/full/results"), show_default=True)
@click.option("--variants", type=click.Path(path_type=Path), default=Path("runs/variants"), show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("runs/figures"), show_default=True)
def figures(table: Path, variants: Path, output: Path) -> None:
    """Draw the figures as SVG and PNG, their numbers beside them as CSV. Example: foanil figures -o pictures

    Needs the results of `foanil table1` (--table) and of `foanil simulate --all` (--variants).
    """
    from foanil.experiments.checkpoints import CheckpointError
    from foanil.experiments.gallery import drawn
    from foanil.experiments.results import ResultsError, read

    try:
        for path in drawn(read(table), read(variants), output):
            click.echo(path)
    except (ResultsError, CheckpointError) as error:
        raise InputError(str(error)) from error
    except KeyError as error:
        raise InputError(f"{error.args[0]}: draw from a whole run of every method and variant") from error


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


def _claim(claim_id: str) -> Claim:
    from foanil.claims import UnknownClaim, claim

    try:
        return claim(claim_id)
    except UnknownClaim as error:
        raise InputError(str(error)) from error


def _derivations(claim: Claim) -> list[Any]:
    """Load proofs/<page of the claim>.py of the checkout at run time and return what it derives of the claim."""
    root = _checkout()
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    if not (root / "proofs" / f"{claim.page}.py").is_file():
        raise InputError(
            f"claim {claim.id!r} has no derivation: expected proofs/{claim.page}.py, which does not exist; "
            f"see what evidence there is with: pytest verify/ -m \"claim(id='{claim.id}')\""
        )
    module = importlib.import_module(f"proofs.{claim.page}")
    made = [derivation() for derivation in getattr(module, "DERIVATIONS", ())]
    found = [derivation for derivation in made if claim.id in derivation.claims]
    if not found:
        derived = sorted({name for derivation in made for name in derivation.claims})
        raise InputError(f"proofs/{claim.page}.py derives {', '.join(derived) or 'nothing'}, not {claim.id!r}")
    return found


def _checkout() -> Path:
    """Return the nearest folder, upward from here or from the package, that holds proofs/; exit 2 with the cure."""
    starts = (Path.cwd(), Path(__file__).resolve())
    for folder in (folder for start in starts for folder in (start, *start.parents)):
        if (folder / "proofs" / "derivation.py").is_file():
            return folder
    raise InputError("the derivations live in proofs/ of a checkout of foanil, and none is here: run inside a clone")


def _as_data(claim: Claim) -> dict[str, Any]:
    from dataclasses import asdict

    data = asdict(claim)
    data["kind"], data["source"] = claim.kind.value, claim.source.value
    return data


def _described(claim: Claim) -> str:
    lines = [
        f"{claim.id}: {claim.title}",
        f"where: {claim.location}; {claim.kind.value}, {claim.source.value}",
        f"says: {claim.statement}",
    ]
    if claim.quote:
        lines.append(f'quote: "{claim.quote}"')
    lines += [f"hypothesis: {hypothesis}" for hypothesis in claim.hypotheses]
    lines += [f"reading: {reading.place}: {reading.chosen} ({reading.decided_by})" for reading in claim.readings]
    if claim.uses:
        lines.append(f"uses: {', '.join(claim.uses)}")
    lines.append(f"re-run: pytest verify/ -m \"claim(id='{claim.id}')\"")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
