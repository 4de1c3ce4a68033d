"""`foanil claims`, `foanil prove` and `foanil quotes`: what the paper says, why it is so, and where it says it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foanil.commands.terminal import AS_JSON, InputError, checkout, print_json

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from foanil.claims.record import Claim


def completed_claims(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the ids that begin so, with their titles: what a shell offers at the Tab key."""
    from click.shell_completion import CompletionItem

    from foanil.claims import REGISTRY

    return [CompletionItem(claim.id, help=claim.title) for claim in REGISTRY.values() if claim.id.startswith(begun)]


@click.command()
@click.argument("claim_id", required=False, metavar="[ID]", shell_complete=completed_claims)
@AS_JSON
def claims(claim_id: str | None, as_json: bool) -> None:
    """List the claims, or show one. Example: foanil claims eq-7"""
    from foanil.claims import REGISTRY

    chosen = [_claim(claim_id)] if claim_id else list(REGISTRY.values())
    if as_json:
        print_json([_as_data(claim) for claim in chosen])
    elif claim_id:
        click.echo(_described(chosen[0]))
    else:
        width = max(len(claim.id) for claim in chosen)
        for claim in chosen:
            click.echo(f"{claim.id:<{width}}  {claim.title}  ({claim.location})")


@click.command()
@click.argument("claim_id", metavar="ID", shell_complete=completed_claims)
@AS_JSON
def prove(claim_id: str, as_json: bool) -> None:
    """Print the derivation of a claim as numbered steps. Example: foanil prove eq-7"""
    derivations = _derivations(_claim(claim_id))
    if as_json:
        print_json([found.as_json() for found in derivations])
    else:
        click.echo("\n".join(found.markdown() for found in derivations), nl=False)


@click.command()
@click.option("--paper", type=click.Path(path_type=Path), required=True, help="The paper's extracted text.")
@click.option("--pin", is_flag=True, help="Rewrite the committed quote hashes from this text.")
@AS_JSON
def quotes(paper: Path, pin: bool, as_json: bool) -> None:
    """Check that every quote of the registry occurs in the paper. Example: foanil quotes --paper paper.txt"""
    import foanil.quotes as quotation

    try:
        text = quotation.read_paper(paper)
    except (OSError, ValueError) as error:
        raise InputError(str(error)) from error
    problems = [*quotation.problems(text), *(() if pin else quotation.offset_problems(text))]
    if as_json:
        print_json({"problems": problems})
    for problem in () if as_json else problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    if pin:
        quotation.write_pins(text)
    if not as_json:
        click.echo(f"every quote occurs in the pinned text{'; the pins are rewritten' if pin else ''}")


def _claim(claim_id: str) -> Claim:
    from foanil.claims import UnknownClaim, claim

    try:
        return claim(claim_id)
    except UnknownClaim as error:
        raise InputError(str(error)) from error


def _derivations(claim: Claim) -> list[Any]:
    """Load proofs/<page of the claim>.py of the checkout at run time and return what it derives of the claim."""
    root = checkout("the derivations")
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
