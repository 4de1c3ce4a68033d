"""The `foanil` command.

Exit codes: 0 done (`certify`: certified), 1 a check failed (`certify`: refuted), 2 bad usage or bad input (nothing is
written), 3 undecided, 130 interrupted. A command is imported when it is called, and imports what it needs only then,
so that `foanil --help` starts fast.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "certify": ("certificates", "Prove or refute that FO-ANIL converges from one start."),
    "check": ("certificates", "Check a certificate with code of its own."),
    "claims": ("claims", "List the claims, or show one."),
    "doctor": ("doctor", "Say what is installed and what is missing."),
    "figures": ("experiments", "Draw the figures of the experiments."),
    "independence": ("independence", "Measure which lines each check runs and write the page."),
    "mutants": ("mutants", "Run the kill matrix and write its pages."),
    "phase": ("sweeps", "Draw phase diagrams; without a name, all four."),
    "prove": ("claims", "Print the derivation of a claim as numbered steps."),
    "quotes": ("claims", "Check that every quote of the registry occurs in the paper."),
    "report": ("report", "Say what is stale or edited in the reports."),
    "search": ("search", "Search the boundary of a hidden constant."),
    "simulate": ("experiments", "Train what Table 1 does not show; without a name, list it."),
    "sweep": ("sweeps", "Follow many starts over the pure numbers of the problem."),
    "table1": ("experiments", "Reproduce Table 1 and print it beside the paper's."),
}
"""Each command: its module in `foanil.commands`, and the first sentence of what it says of itself."""


class Commands(click.Group):
    """A group that imports a command to run it, and not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in order."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now; None for a name that is not one."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"foanil.commands.{COMMANDS[cmd_name][0]}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="foanil")
def main() -> None:
    """Audit of "First-order ANIL provably learns representations despite overparametrisation" (ICLR 2024)."""


if __name__ == "__main__":
    main()
