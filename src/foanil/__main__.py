"""The `foanil` command.

Exit codes: 0 done (`certify`: certified), 1 a check failed (`certify`: refuted), 2 bad usage or bad input (nothing is
written), 3 undecided, 130 interrupted. Commands import what they need when they are called, so that `foanil --help`
starts fast.
"""

from __future__ import annotations

import click

from foanil.commands import certificates, claims, doctor, experiments, independence, mutants, report, search, sweeps


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="foanil")
def main() -> None:
    """Audit of "First-order ANIL provably learns representations despite overparametrisation" (ICLR 2024)."""


for command in (
    claims.claims,
    claims.prove,
    claims.quotes,
    certificates.certify,
    certificates.check,
    experiments.table1,
    experiments.simulate,
    experiments.figures,
    search.search,
    sweeps.sweep,
    sweeps.phase,
    report.report,
    mutants.mutants,
    independence.independence,
    doctor.doctor,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
