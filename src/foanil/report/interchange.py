"""The verdicts in forms that other programs read: a table of comma-separated values, and GitHub's step summary."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from foanil.audit import Audit
from foanil.evidence import Verdict
from foanil.report.dependency_graph import MARKS
from foanil.report.findings import said, with_verdict

if TYPE_CHECKING:
    from foanil.claims.record import Claim

COLUMNS = ("id", "location", "kind", "source", "verdict", "transitive", "evidence", "mutants_killed", "mutants", "page")


def verdicts_csv(found: Audit) -> str:
    """Return one line for each claim in registry order: RFC 4180 but for its line ends, which are those of Git."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(found, claim) for claim in found.registry.values())
    return stream.getvalue()


def _line(found: Audit, claim: Claim) -> list[str]:
    records = found.of(claim.id)
    shown = [record.mutants for record in records if record.mutants]
    killed, tried = sum(pair[0] for pair in shown), sum(pair[1] for pair in shown)
    verdicts = [found.verdicts[claim.id].value, found.transitive[claim.id].value]
    numbers = [str(number) for number in (len(records), killed, tried)]
    return [claim.id, claim.location, claim.kind.value, claim.source.value, *verdicts, *numbers, claim.page]


def step_summary(found: Audit) -> str:
    """Return what GitHub shows of a job (append it to the file that GITHUB_STEP_SUMMARY names): no relative links."""
    counts = " · ".join(f"{MARKS[kind]} {number} {kind.value}" for kind, number in found.count().items() if number)
    claims = with_verdict(found, Verdict.UNRESOLVED, Verdict.REFUTED)
    lines = [f"- **{found.verdicts[claim.id].value}** `{claim.id}`: {_why(found, claim)}" for claim in claims]
    return "\n\n".join(["## foanil: verdicts", counts, "\n".join(lines) or "Nothing is refuted or unresolved."]) + "\n"


def _why(found: Audit, claim: Claim) -> str:
    return " ".join(said(found, claim)) or claim.statement
