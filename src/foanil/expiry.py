"""Expiry: what has changed since an audit was written, and what was written by hand, without running the audit.

Evidence is stale when its claim, its formula, the code that its check reaches, or a library has changed since. A report
is edited when its bytes are not those that the audit wrote. A forger who rewrites the digests too is found only as far
as pages and verdicts follow from the evidence; forged evidence is found by running the audit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jsonschema

from foanil import report
from foanil.audit import KEPT, Audit, audit, evidence_from_data, libraries, schema, sealed, to_json
from foanil.sources import sha256

DERIVATIONS = "\n\n## Derivations\n\n"
RUN_AGAIN = "\n\n## Run this page again\n\n"
EDITED = "This page was edited by hand; `make audit` prints its derivations again."


class Fault(Enum):
    """What is wrong with a report."""

    EDITED = "edited"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: of a claim (its id), a page (its path), or audit.json, and why."""

    fault: Fault
    where: str
    why: str


class UnreadableAuditError(ValueError):
    """An audit.json that is missing, or of another form."""


@dataclass(frozen=True)
class Written:
    """An audit as it was written: its folder, the text and the data of audit.json."""

    folder: Path
    text: str
    data: Mapping[str, Any]

    def page(self, name: str) -> bytes | None:
        """Return the bytes of a page, None where no such file can be read below the folder."""
        path = self.folder / name
        try:
            inside = path.resolve().is_relative_to(self.folder.resolve())
            return path.read_bytes() if inside and path.is_file() else None
        except (OSError, ValueError):  # a name that no file can have
            return None

    def as_written(self, name: str) -> bool:
        """Whether a page has the bytes that the audit wrote."""
        content = self.page(name)
        return content is not None and sha256(content) == self.data["pages"].get(name)


def read(folder: Path) -> Written:
    """Read audit.json of a folder of reports. Raises UnreadableAuditError with the cause and the cure."""
    path = folder / "audit.json"
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text)
        to_json(data).encode()  # half a surrogate pair may be written as an escape, and never again
        problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema()).iter_errors(data))
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or error
        raise UnreadableAuditError(f"{path} cannot be read ({said}); write it with: make audit") from error
    if problem is not None:
        raise UnreadableAuditError(
            f"{path} is of another form than this version writes, at {problem.json_path}: {problem.message[:200]}; "
            "write it again with: make audit"
        )
    return Written(folder, text, data)


# Findings ------------------------------------------------------------------------------------------


def findings(written: Written, registry: Mapping[str, Any], sources: Mapping[str, Any]) -> list[Finding]:
    """Return every fault of a written audit, edits first; `sources` are those of the checkout as it stands."""
    expired = staleness(written, registry, sources)
    stale = [Finding(Fault.STALE, name, why) for name, reasons in expired.items() for why in reasons]
    same = all(written.data["sources"][what] == sources[what] for what in ("claims", "formulas", "pages"))
    return [*_edits(written), *(_disagreements(written, registry) if same else ()), *stale]


def staleness(written: Written, registry: Mapping[str, Any], sources: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the reasons why evidence is stale, by claim; the name `audit.json` stands for all of it."""
    made = written.data["sources"]
    found = {name: _reasons(written, registry, name, sources) for name in (*registry, *_unknown(written, registry))}
    everywhere = [*_changed_libraries(written), *_changed_checks(made, sources)]
    return {name: reasons for name, reasons in {"audit.json": everywhere, **found}.items() if reasons}


def _unknown(written: Written, registry: Mapping[str, Any]) -> list[str]:
    return [claim["id"] for claim in written.data["claims"] if claim["id"] not in registry]


def _reasons(written: Written, registry: Mapping[str, Any], name: str, now: Mapping[str, Any]) -> list[str]:
    """Return what has changed of a claim: its record, its formulas, the code of its checks."""
    made = written.data["sources"]
    if name not in now["claims"]:
        return ["the registry no longer has this claim"]
    if name not in made["claims"]:
        return ["the registry has this claim, the audit does not"]
    reasons = [] if made["claims"][name] == now["claims"][name] else ["its record in the registry has changed"]
    stated = [formula for formula in registry[name].stated if made["formulas"].get(formula) != now["formulas"][formula]]
    reasons += [f"the transcription `{formula}` has changed" for formula in stated]
    return reasons + [reason for check in _checks_of(written, name) for reason in _changed(check, made, now)]


def _checks_of(written: Written, name: str) -> list[str]:
    records = (record for claim in written.data["claims"] if claim["id"] == name for record in claim["evidence"])
    return list(dict.fromkeys(record["check"].partition("[")[0] for record in records))


def _changed(check: str, made: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    before, after = made["checks"].get(check), now["checks"].get(check)
    if after is None:
        yield f"{check} is gone"
    elif before is None or before["check"] != after["check"]:
        yield f"{check} has changed, or the proof or the data that it runs"
    elif before["engine"] != after["engine"]:
        yield f"what {check} uses of foanil has changed"


def _changed_libraries(written: Written) -> Iterator[str]:
    for name, before in libraries(written.data["run"]).items():
        after = installed(name)
        if after != before:
            yield f"made with {name} {before}, this is {after}"


def installed(name: str) -> str:
    """Return the version of an installed package, "none" where it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _changed_checks(made: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    new = sorted(set(now["checks"]) - set(made["checks"]))
    if new:
        yield f"{new[0]} has not run yet" + (f", and {len(new) - 1} more" if len(new) > 1 else "")
    if made["pages"] != now["pages"]:
        yield "the code that computes verdicts or renders pages has changed"


def _edits(written: Written) -> Iterator[Finding]:
    """Say what has other bytes than the audit wrote."""
    if to_json(sealed(written.data)) != written.text:
        yield Finding(Fault.EDITED, "audit.json", "its content does not have the digest that it names")
    for name in written.data["pages"]:
        if written.page(name) is None:
            yield Finding(Fault.EDITED, name, "the file is missing")
        elif not written.as_written(name):
            yield Finding(Fault.EDITED, name, "its bytes are not those that the audit wrote")


def _disagreements(written: Written, registry: Mapping[str, Any]) -> Iterator[Finding]:
    """Say which verdicts and pages do not follow from the evidence, by the registry and the code that made them."""
    found = rebuilt(written, registry)
    for claim in written.data["claims"]:
        follows = found.verdicts[claim["id"]].value, found.transitive[claim["id"]].value
        if follows != (claim["verdict"], claim["transitive"]):
            why = f"the audit says {claim['verdict']} ({claim['transitive']}), its evidence {follows[0]} ({follows[1]})"
            yield Finding(Fault.EDITED, claim["id"], why)
    for name, text in rendered(written, registry).items():
        if written.as_written(name) and written.page(name) != text.encode():
            yield Finding(Fault.EDITED, name, "it is not what audit.json renders to")


# Rendering again -----------------------------------------------------------------------------------


def rebuilt(written: Written, registry: Mapping[str, Any]) -> Audit:
    """Return the audit of the written evidence, verdicts computed anew; evidence for unknown claims is left out."""
    records = (record for claim in written.data["claims"] for record in claim["evidence"])
    return audit(registry, (evidence_from_data(record) for record in records if record["claim"] in registry))


def rendered(
    written: Written, registry: Mapping[str, Any], stale: Mapping[str, Iterable[str]] | None = None
) -> dict[str, str]:
    """Return the summary and the pages of results, rendered from audit.json, marked where they are stale.

    Printed derivations are taken from the page that the audit wrote; a page that was edited loses them.
    """
    stems = {claim.page for claim in registry.values()}
    others = [name for name in written.data["pages"] if name.endswith(".md")]
    extra = {name: "" for name in others if name not in report.RENDERED and name.removesuffix(".md") not in stems}
    title, beside = written.data["paper"]["title"], [name for name in KEPT if (written.folder / name).is_file()]
    pages = report.render(rebuilt(written, registry), {}, extra, title=title, beside=beside)
    marked = {
        name: _marked(text, registry, stale or {}) if name.endswith(".md") else text
        for name, text in pages.items()
        if name not in extra
    }
    return {name: _with_derivations(written, name, text) for name, text in marked.items()}


def _with_derivations(written: Written, name: str, text: str) -> str:
    content = (written.page(name) or b"").decode(errors="replace")
    _, heading, rest = content.partition(DERIVATIONS)
    if not heading or name == "SUMMARY.md":
        return text
    kept = rest.rpartition(RUN_AGAIN)[0] if written.as_written(name) else EDITED
    before, again, after = text.rpartition(RUN_AGAIN)
    return f"{before}{heading}{kept}{again}{after}"


def _marked(text: str, registry: Mapping[str, Any], stale: Mapping[str, Iterable[str]]) -> str:
    """Return a page with a line below the title of the page or of a claim, for each reason why that is stale."""
    for name, reasons in stale.items():
        said = "\n".join(f"> **STALE**: {reason}  " for reason in reasons)
        if name in registry:
            title = f"## {name}: {registry[name].title}\n"
            text = text.replace(title, f"{title}\n{said}\n", 1)
        elif name == "audit.json":
            title, _, rest = text.partition("\n")
            text = f"{title}\n\n{said}\n{rest}"
    return text
