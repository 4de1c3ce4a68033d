"""`foanil search`: look for starts beyond a hidden constant of Theorem 1 from which its conclusion fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foanil.commands.terminal import AS_JSON, InputError, print_json

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def completed_boundaries(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the hidden constants whose names begin so."""
    from click.shell_completion import CompletionItem

    from foanil.boundary.spaces import BOUNDARIES

    return [CompletionItem(name) for name in BOUNDARIES if name.startswith(begun)]


@click.command()
@click.argument("name", required=False, shell_complete=completed_boundaries)
@click.option("--seed", type=click.IntRange(0), default=20261123, show_default=True, help="Fixes all that is drawn.")
@click.option(
    "--budget", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="Seconds to begin in."
)
@AS_JSON
def search(name: str | None, seed: int, budget: float, as_json: bool) -> None:
    """Search the boundary of a hidden constant. Example: foanil search head --budget 30

    Without a name, list them. What is found counts only once it is certified exactly; "none found" speaks for its
    budget, not for all starts.
    """
    from foanil.boundary.search import searched
    from foanil.boundary.spaces import BOUNDARIES

    if name is None:
        if as_json:
            print_json([{"name": each.name, "ratio": each.ratio, "claim": each.claim} for each in BOUNDARIES.values()])
        for each in () if as_json else BOUNDARIES.values():
            click.echo(f"{each.name:<14} {each.ratio}")
        return
    if name not in BOUNDARIES:
        raise InputError(f"there is no hidden constant {name!r}; expected one of {', '.join(BOUNDARIES)}")
    found = searched(name, budget, seed, tell=lambda line: click.echo(line, err=True))
    if as_json:
        print_json(found.data())
    else:
        click.echo(str(found))
