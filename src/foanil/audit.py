"""The audit: evidence put together with the registry, as audit.json, and files written without ever being half-written.

Everything but the `run` object and the `digest` is a function of the checkout: same evidence, same bytes.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from foanil.evidence import Evidence, Method, Outcome, Verdict, transitive_verdict, verdict

SCHEMA_VERSION = 3
ASIDE = ".part"
"""How the name of a file that is being written ends."""


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


def as_data(
    found: Audit,
    paper: Mapping[str, str],
    run: Mapping[str, Any],
    sources: Mapping[str, Any],
    pages: Mapping[str, bytes],
) -> dict[str, Any]:
    """Return the audit as plain data, the content of audit.json.

    `sources` are the hashes of what the evidence rests on (`foanil.sources.sources`), `pages` the files written with it
    by their paths; their hashes are kept, and a digest of the whole.
    """
    claims = [
        {
            "id": name,
            "verdict": found.verdicts[name].value,
            "transitive": found.transitive[name].value,
            "evidence": [evidence_data(record) for record in found.of(name)],
        }
        for name in found.registry
    ]
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pages.items()}
    data = {"schema_version": SCHEMA_VERSION, "paper": dict(paper), "claims": claims, "run": dict(run)}
    return sealed(data | {"sources": dict(sources), "pages": hashes})


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data with the digest of all the rest of it: SHA-256 of the text that `to_json` gives."""
    rest = {name: value for name, value in data.items() if name != "digest"}
    return rest | {"digest": hashlib.sha256(to_json(rest).encode()).hexdigest()}


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


UNSTABLE = ("run", "digest")
"""What of audit.json may differ between two runs in one checkout."""


def same_audit(old: str, new: str) -> bool:
    """Whether two texts of audit.json differ at most in when they were made, for how long, and by which Python.

    A difference in the versions of libraries is one: evidence made with others has to say so. False when the old text
    cannot be read.
    """
    try:
        before, after = json.loads(old), json.loads(new)
        return bool(_stable(before) == _stable(after))
    except (json.JSONDecodeError, RecursionError, AttributeError, KeyError, TypeError):
        return False


def _stable(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    stable = {name: value for name, value in data.items() if name not in UNSTABLE}
    return stable, libraries(data["run"])


def libraries(run: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions that a run was made with, but for Python's own, which the lock does not fix."""
    return {name: version for name, version in run["versions"].items() if name != "python"}


# Writing -------------------------------------------------------------------------------------------


def check_writable(folder: Path, option: str = "--audit-reports") -> None:
    """Raise UnwritableReportsError unless files can be written to the folder (it is made if it does not exist)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UnwritableReportsError(
            f"expected a folder to write reports to; {folder} is not one ({error.strerror or error}); "
            f"name another with {option} DIR"
        ) from error


KEPT = (
    "code_mutation.md",
    "fuzzing.md",
    "independence.md",
    "kill_matrix.md",
    "performance.md",
    "phase_diagrams.md",
)
"""Pages that commands of their own write beside an audit's, since they take longer."""


def write_all(folder: Path, contents: Mapping[str, bytes], owned: Sequence[str], kept: Sequence[str] = ()) -> list[str]:
    """Write files below a folder, each aside and then renamed; return the paths whose bytes changed.

    A file that already has these bytes is not touched. Files that match a glob of `owned` and are not in `contents`
    are removed: they are reports of an earlier run that this one no longer makes. What is `kept` others have written.
    One writer at a time: another one waits. What a killed writer left aside is removed.
    """
    with _only_writer(folder):
        changed = []
        for name, content in contents.items():
            path = folder / name
            _clear(path)
            if path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
            changed.append(name)
        return changed + _remove_stale(folder, contents, owned, kept)


def _remove_stale(folder: Path, contents: Iterable[str], owned: Sequence[str], kept: Sequence[str]) -> list[str]:
    found = [(path, path.relative_to(folder).as_posix()) for pattern in owned for path in sorted(folder.glob(pattern))]
    stale = [(path, name) for path, name in found if name not in contents and name not in kept]
    for path, _ in stale:
        path.unlink()
    return [name for _, name in stale]


@contextlib.contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, where the system has one: it ends with the process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows: writes stay whole one by one, two audits at once are not kept apart
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _clear(path: Path) -> None:
    """Remove what a killed writer left aside of a file; under the lock nobody else is writing it."""
    for aside in path.parent.glob(f".{glob.escape(path.name)}.*{ASIDE}"):
        aside.unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=ASIDE)
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
