"""`foanil certify` and `foanil check`: does FO-ANIL converge from one start, and is that proof in order?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from foanil.commands.terminal import AS_JSON


@click.command()
@click.argument("problem", required=False, type=click.Path(path_type=Path), metavar="[PROBLEM]")
@click.option("--set", "-s", "changes", multiple=True, metavar="KEY=VALUE", help="A value, or a .npy file of an array.")
@click.option("--digits", type=click.IntRange(10, 2000), default=50, show_default=True, help="Digits to follow with.")
@click.option("--steps", type=click.IntRange(0, 100_000), default=2000, show_default=True, help="Most steps to follow.")
@click.option("--epsilon", metavar="NUMBER", help="Add the times from which the three quantities are at most this.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the certificate here; else print it.")
@AS_JSON
def certify(
    problem: Path | None,
    changes: tuple[str, ...],
    digits: int,
    steps: int,
    epsilon: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Prove or refute that FO-ANIL converges from one start. Example: foanil certify start.toml -o start.json

    PROBLEM is a .toml or .json file of d, k, k_prime, m_in, c (or Sigma_star), sigma_sq, alpha, beta, B_star (default:
    the first k axes), B_0, w_0. Only c can be certified; another Sigma_star is refuted or undecided. Exit codes:
    0 certified, 1 refuted, 3 undecided.
    """
    from foanil.certificates import command

    sys.exit(command.certified(problem, changes, digits, steps, epsilon, output, as_json))


@click.command()
@click.argument("certificate", type=click.Path(path_type=Path), metavar="CERTIFICATE")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True, help="Longest work allowed."
)
@AS_JSON
def check(certificate: Path, minutes: float, as_json: bool) -> None:
    """Check a certificate with code of its own. Example: foanil check start.json

    Exit codes: 0 it proves what it says, 1 rejected, 2 not a readable document, 3 it would take more than --minutes.
    """
    from foanil.certificates import command

    sys.exit(command.checked(certificate, minutes, as_json))
