"""The audit: evidence put together with the registry, as audit.json, and files written without ever being half-written.

Everything but the `run` object is a function of the mathematics: same evidence, same bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from foanil.evidence import Evidence, Method, Outcome, Verdict, transitive_verdict, verdict

SCHEMA_VERSION = 2


class UnwritableReportsError(OSError):
    """The report folder cannot be written."""


class ClaimRecord(Protocol):
    """What the audit needs of a claim; `foanil.claims.record.Claim` is one."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def uses(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def exclusion(self) -> Any: ...  # noqa: D102


@dataclass(frozen=True)
class Audit:
    """Evidence sorted in registry order, with the verdicts computed from it."""

    registry: Mapping[str, Any]
    evidence: tuple[Evidence, ...]
    verdicts: Mapping[str, Verdict]
    transitive: Mapping[str, Verdict]

    def of(self, claim_id: str) -> tuple[Evidence, ...]:
        """Return the evidence for one claim."""
        return tuple(record for record in self.evidence if record.claim == claim_id)

    def count(self) -> dict[Verdict, int]:
        """Return how many claims have each verdict."""
        return {kind: sum(found is kind for found in self.verdicts.values()) for kind in Verdict}


def audit(registry: Mapping[str, ClaimRecord], evidence: Iterable[Evidence]) -> Audit:
    """Return the audit of a registry: evidence in registry order, then by check; verdicts computed, never typed."""
    position = {name: index for index, name in enumerate(registry)}
    records = sorted(evidence, key=lambda r: (position[r.claim], r.check, r.method.name, r.scope, r.shown))
    own = {name: verdict(name, records, _excluded(claim)) for name, claim in registry.items()}
    uses = {name: claim.uses for name, claim in registry.items()}
    transitive = {name: transitive_verdict(name, own, uses) for name in registry}
    return Audit(registry, tuple(records), own, transitive)


def _excluded(claim: ClaimRecord) -> Verdict | None:
    return Verdict(claim.exclusion.verdict) if claim.exclusion is not None else None


# audit.json ----------------------------------------------------------------------------------------


def as_data(found: Audit, paper: Mapping[str, str], run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the audit as plain data, the content of audit.json."""
    claims = [
        {
            "id": name,
            "verdict": found.verdicts[name].value,
            "transitive": found.transitive[name].value,
            "evidence": [evidence_data(record) for record in found.of(name)],
        }
        for name in found.registry
    ]
    return {"schema_version": SCHEMA_VERSION, "paper": dict(paper), "claims": claims, "run": dict(run)}


def evidence_data(record: Evidence) -> dict[str, Any]:
    """Return one piece of evidence as plain data."""
    data = asdict(record)
    data["method"], data["outcome"] = record.method.name, record.outcome.name
    return data


def evidence_from_data(data: Mapping[str, Any]) -> Evidence:
    """Return the evidence that `evidence_data` wrote; raises KeyError or ValueError on data of another form."""
    return Evidence(
        claim=data["claim"],
        method=Method[data["method"]],
        outcome=Outcome[data["outcome"]],
        scope=data["scope"],
        check=data["check"],
        shown=data["shown"],
        finding=data["finding"],
        details=tuple((str(label), str(text)) for label, text in data["details"]),
        series={
            label: tuple((float(x), float(y)) for x, y in points) for label, points in sorted(data["series"].items())
        },
        mutants=tuple(data["mutants"]) if data["mutants"] else None,
        table=tuple(tuple(str(text) for text in row) for row in data["table"]),
        pictures=tuple((str(caption), str(path)) for caption, path in data["pictures"]),
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of audit.json that ships with the package."""
    text = files("foanil").joinpath("audit.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def to_json(data: Mapping[str, Any]) -> str:
    """Return audit.json's text: sorted keys within objects, two spaces, a final newline."""
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def same_mathematics(old: str, new: str) -> bool:
    """Whether two texts of audit.json differ at most in their `run` object; False when the old one cannot be read."""
    try:
        before, after = json.loads(old), json.loads(new)
    except json.JSONDecodeError:
        return False
    if not isinstance(before, dict):
        return False
    return {k: v for k, v in before.items() if k != "run"} == {k: v for k, v in after.items() if k != "run"}


# Writing -------------------------------------------------------------------------------------------


def check_writable(folder: Path) -> None:
    """Raise UnwritableReportsError unless files can be written to the folder (it is made if it does not exist)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UnwritableReportsError(
            f"expected a folder to write reports to; {folder} is not one ({error.strerror or error}); "
            "name another with --audit-reports DIR"
        ) from error


def write_all(folder: Path, contents: Mapping[str, bytes], owned: Sequence[str], kept: Sequence[str] = ()) -> list[str]:
    """Write files below a folder, each aside and then renamed; return the paths whose bytes changed.

    A file that already has these bytes is not touched. Files that match a glob of `owned` and are not in `contents`
    are removed: they are reports of an earlier run that this one no longer makes. What is `kept` others have written.
    """
    changed = []
    for name, content in contents.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
        changed.append(name)
    for pattern in owned:
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            if name not in contents and name not in kept:
                path.unlink()
                changed.append(name)
    return changed


def _replace(path: Path, content: bytes) -> None:
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
