"""`foanil report`: which reports are stale or edited, and the reports again, without running the audit."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from foanil.commands.terminal import AS_JSON, InputError, checkout, print_json


@click.command()
@click.option("--reports", type=click.Path(path_type=Path), help="Default: reports/ of the checkout.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the pages here, marked where stale.")
@AS_JSON
def report(reports: Path | None, output: Path | None, as_json: bool) -> None:
    """Say what is stale or edited in the reports. Example: foanil report -o pages

    The audit is not run. Stale: the claim, its formula, the code or data of a check, or a library has changed since.
    Edited: a file is not the one that the audit wrote. Exit codes: 0 fresh, 1 stale or edited, 2 bad input.
    """
    from foanil import expiry
    from foanil.audit import UnwritableReportsError, check_writable, write_all
    from foanil.claims import REGISTRY
    from foanil.sources import sources

    root = checkout("the sources of the evidence")
    try:
        written = expiry.read(reports or root / "reports")
        if output is not None:
            check_writable(output, "--output")
        now = sources(root, REGISTRY)
        found = expiry.findings(written, REGISTRY, now)
        if output is not None:
            pages = expiry.rendered(written, REGISTRY, expiry.staleness(written, REGISTRY, now))
            write_all(output, {name: text.encode() for name, text in pages.items()}, ())
    except (expiry.UnreadableAuditError, UnwritableReportsError, OSError, SyntaxError) as error:
        raise InputError(str(error)) from error
    if as_json:
        print_json([asdict(finding) | {"fault": finding.fault.value} for finding in found])
    else:
        click.echo("\n".join(f"{finding.fault.value}  {finding.where}: {finding.why}" for finding in found) or "fresh")
    sys.exit(1 if found else 0)
