"""An audit that was written knows what it rests on: what has changed since is stale, a change by hand is seen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foanil import expiry, report
from foanil.__main__ import main
from foanil.audit import as_data, audit, sealed, to_json, write_all
from foanil.claims import REGISTRY, Claim
from foanil.evidence import Evidence, Method, Outcome
from foanil.expiry import Fault, Finding, UnreadableAuditError, Written
from foanil.sources import sources

CLAIMS = {name: replace(REGISTRY[name], uses=()) for name in ("eq-5", "eq-7", "thm-1-init-scale")}
CHECK = "verify/test_eq_07_second_moment.py::test_it"
EVIDENCE = (
    Evidence("eq-7", Method.ALGEBRA, Outcome.HELD, "every d", f"{CHECK}[a]", shown="0"),
    Evidence("eq-7", Method.EXACT, Outcome.HELD, "d = 3", f"{CHECK}[b]", finding="A finding."),
    Evidence("eq-5", Method.EXACT, Outcome.HELD, "d = 3", "verify/test_other.py::test_other"),
)
SOURCES: dict[str, Any] = {
    "claims": dict.fromkeys(CLAIMS, "1" * 64),
    "formulas": {name: "2" * 64 for claim in CLAIMS.values() for name in claim.stated},
    "checks": {name: {"check": "3" * 64, "engine": "4" * 64} for name in (CHECK, "verify/test_other.py::test_other")},
    "pages": "5" * 64,
}
PAPER = {"title": "A paper", "sha256": "0" * 64}
RUN = {
    "profile": "quick",
    "digits": 50,
    "seed": "none",
    "seconds": 1.0,
    "versions": {"python": "2.7", "sympy": expiry.installed("sympy")},
}
DERIVATIONS = {"eq_07_second_moment": ["### How\n\nStep by step."]}
PAGE = "eq_07_second_moment.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of reports, fresh from an audit."""
    found = audit(CLAIMS, EVIDENCE)
    pages = report.render(
        found, DERIVATIONS, {"mutants.md": "# Mutants\n", "mutants/gram.md": "# gram\n"}, title=PAPER["title"]
    )
    contents = {name: text.encode() for name, text in pages.items()} | {"figures/a.svg": b"<svg/>"}
    data = as_data(found, PAPER, RUN, SOURCES, contents)
    write_all(tmp_path / "reports", contents | {"audit.json": to_json(data).encode()}, ())
    return tmp_path / "reports"


def found(folder: Path, rested: dict[str, Any] = SOURCES, claims: dict[str, Claim] = CLAIMS) -> list[Finding]:
    """Return the faults of a folder of reports."""
    return expiry.findings(expiry.read(folder), claims, rested)


def changed(*path: str, value: Any = "9" * 64) -> dict[str, Any]:
    """Return sources in which one hash is another."""
    sources = copy.deepcopy(SOURCES)
    inner = sources
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return sources


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object], seal: bool) -> None:
    """Change the data of audit.json, and forge its digest or not."""
    data = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    change(data)
    (folder / "audit.json").write_text(to_json(sealed(data) if seal else data), encoding="utf-8")


# Stale ---------------------------------------------------------------------------------------------


def test_fresh_reports_have_no_fault(folder: Path) -> None:
    """An audit in its own checkout is fresh, whatever Python reads it; reading it twice says the same."""
    assert found(folder) == found(folder) == []


@pytest.mark.parametrize(
    ("sources", "where", "said"),
    [
        (changed("claims", "eq-5"), ["eq-5"], "record"),
        (changed("formulas", "second_moment"), ["eq-7"], "`second_moment`"),
        (changed("checks", CHECK, "check"), ["eq-7"], "proof or the data"),
        (changed("checks", CHECK, "engine"), ["eq-7"], "uses of foanil"),
        (changed("pages"), ["audit.json"], "renders pages"),
        (changed("checks", "verify/test_new.py::test_new", value={}), ["audit.json"], "has not run yet"),
    ],
    ids=["claim", "formula", "check", "engine", "pages", "new check"],
)
def test_what_changed_is_stale(folder: Path, sources: dict[str, Any], where: list[str], said: str) -> None:
    """A changed claim, formula, check or engine makes stale the claims that rest on it, each for its own reason."""
    faults = found(folder, sources)
    assert [fault.where for fault in faults] == where
    assert all(fault.fault is Fault.STALE and said in fault.why for fault in faults)


def test_check_that_is_gone_is_stale(folder: Path) -> None:
    """Evidence of a check that no longer exists is stale."""
    sources = copy.deepcopy(SOURCES)
    del sources["checks"][CHECK]
    assert [(fault.where, fault.why) for fault in found(folder, sources)] == [("eq-7", f"{CHECK} is gone")]


def test_claims_come_and_go(folder: Path) -> None:
    """A claim that the registry has lost, or has and the audit has not, is stale."""
    sources = changed("claims", "eq-8")
    del sources["claims"]["eq-5"]
    claims = CLAIMS | {"eq-8": replace(REGISTRY["eq-8"], uses=())}
    del claims["eq-5"]
    sources["formulas"] |= dict.fromkeys(REGISTRY["eq-8"].stated, "2" * 64)
    faults = {fault.where: fault.why for fault in found(folder, sources, claims)}
    assert faults == {
        "eq-5": "the registry no longer has this claim",
        "eq-8": "the registry has this claim, the audit does not",
    }


def test_another_library_makes_all_stale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence made with another version of a library is stale; Python's own version does not count."""
    monkeypatch.setattr("foanil.expiry.installed", lambda name: "0.1")
    assert [(fault.fault, fault.where) for fault in found(folder)] == [(Fault.STALE, "audit.json")]


# Edited --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SUMMARY.md", PAGE, "mutants.md", "mutants/gram.md", "figures/a.svg"])
@pytest.mark.parametrize("edit", [lambda text: text + b" ", lambda text: text[:-1], None], ids=["more", "less", "gone"])
def test_edited_page_is_seen(folder: Path, name: str, edit: Callable[[bytes], bytes] | None) -> None:
    """A page with a byte more or less, or none at all, is an edited one, and no other is."""
    path = folder / name
    path.write_bytes(edit(path.read_bytes())) if edit else path.unlink()
    assert [(fault.fault, fault.where) for fault in found(folder)] == [(Fault.EDITED, name)]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["claims"][0]["evidence"].clear(),
        lambda data: data["claims"][1]["evidence"][0].update(shown="1"),
        lambda data: data["run"].update(seconds=2.0),
        lambda data: data["paper"].update(title="Another"),
        lambda data: data["pages"].pop("mutants.md"),
        lambda data: data.update(digest="0" * 64),
    ],
    ids=["evidence", "shown", "run", "paper", "pages", "digest"],
)
def test_edited_audit_is_seen(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """A change anywhere in audit.json is seen by its digest."""
    rewritten(folder, change, seal=False)
    assert (Fault.EDITED, "audit.json") in [(fault.fault, fault.where) for fault in found(folder)]


def test_edited_layout_is_seen(folder: Path) -> None:
    """The same data in another layout is not what the audit wrote."""
    data = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    (folder / "audit.json").write_text(json.dumps(data), encoding="utf-8")
    assert [(fault.fault, fault.where) for fault in found(folder)] == [(Fault.EDITED, "audit.json")]


def test_forged_verdict_is_seen(folder: Path) -> None:
    """A verdict that does not follow from its evidence is seen even where the digest was made to fit."""
    claim = next(index for index, name in enumerate(CLAIMS) if name == "eq-5")
    rewritten(folder, lambda data: data["claims"][claim].update(verdict="DERIVED"), seal=True)
    assert [(fault.fault, fault.where) for fault in found(folder)] == [(Fault.EDITED, "eq-5")]


def test_forged_evidence_disagrees_with_the_pages(folder: Path) -> None:
    """Evidence that was changed with a digest made to fit no longer renders to the pages beside it."""
    claim = next(index for index, name in enumerate(CLAIMS) if name == "eq-7")
    rewritten(folder, lambda data: data["claims"][claim]["evidence"][0].update(scope="every d ever"), seal=True)
    assert [fault.where for fault in found(folder)] == ["SUMMARY.md", PAGE]


# Rendering -----------------------------------------------------------------------------------------


def test_pages_are_rendered_again(folder: Path) -> None:
    """From audit.json alone come the summary and the pages, byte for byte, derivations as they were printed."""
    pages = expiry.rendered(expiry.read(folder), CLAIMS)
    assert {"SUMMARY.md", PAGE} <= set(pages)
    assert "Step by step." in pages[PAGE]
    assert {name: (folder / name).read_text(encoding="utf-8") for name in pages} == pages


def test_stale_claims_are_marked(folder: Path) -> None:
    """A stale claim is marked on its page below its title, and what makes all stale at the top of each page."""
    stale = {"eq-7": ["its check has changed"], "audit.json": ["made with another library"]}
    pages = expiry.rendered(expiry.read(folder), CLAIMS, stale)
    title = f"## eq-7: {CLAIMS['eq-7'].title}\n\n> **STALE**: its check has changed"
    assert title in pages[PAGE]
    assert all(
        "> **STALE**: made with another library" in text.split("\n\n")[1]
        for name, text in pages.items()
        if name.endswith(".md")
    )
    assert "**STALE**: its check" not in pages["SUMMARY.md"].replace(title, "")


def test_edited_derivations_are_not_rendered_again(folder: Path) -> None:
    """Derivations of a page that was edited are left out: nothing vouches for them."""
    path = folder / PAGE
    path.write_text(path.read_text(encoding="utf-8").replace("Step by", "Leap by"), encoding="utf-8")
    page = expiry.rendered(expiry.read(folder), CLAIMS)[PAGE]
    assert "Leap" not in page
    assert expiry.EDITED in page


# Bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "{}", "[" * 99999, '{"schema_version": 2}', "\udc80", '{"a": NaN}', "7" * 9999]
)
def test_unreadable_audit_is_refused(tmp_path: Path, text: str) -> None:
    """What is no audit.json is refused with its path and the cure."""
    (tmp_path / "audit.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UnreadableAuditError, match=r"audit\.json .*make audit"):
        expiry.read(tmp_path)


def test_pages_outside_the_folder_are_not_read(folder: Path) -> None:
    """A name in audit.json that leads out of the folder is a missing page, never a file that is read."""
    outside = folder.parent / "outside.md"
    outside.write_bytes(b"secret")
    assert Written(folder, "", {"pages": {}}).page("../outside.md") is None


def test_command_says_what_it_finds(folder: Path) -> None:
    """The command exits 2 on what is no audit, 1 on faults, which it prints; it writes marked pages where told."""
    run = CliRunner().invoke(main, ["report", "--reports", str(folder / "figures")])
    assert (run.exit_code, run.stdout) == (2, "")
    assert "make audit" in run.stderr
    run = CliRunner().invoke(main, ["report", "--reports", str(folder), "-o", str(folder / "again"), "--json"])
    assert run.exit_code == 1
    assert {"fault": "stale", "where": "eq-7", "why": f"{CHECK} is gone"} in json.loads(run.stdout)
    assert f"**STALE**: {CHECK} is gone" in (folder / "again" / PAGE).read_text(encoding="utf-8")


# The committed reports -----------------------------------------------------------------------------


def test_committed_reports_are_as_the_audit_wrote_them() -> None:
    """No file of reports/ was edited since the audit that wrote it; whether it is stale, `foanil report` says."""
    root = Path(__file__).parents[1]
    faults = expiry.findings(expiry.read(root / "reports"), REGISTRY, sources(root, REGISTRY))
    assert [fault for fault in faults if fault.fault is Fault.EDITED] == []


@pytest.mark.parametrize("name", ["[" * 300, "a\0b", "", "missing.md"])
def test_names_that_no_page_can_have_are_of_none(name: str, folder: Path) -> None:
    """A name too long for any file, with a NUL, of the folder itself or of nothing has no page."""
    assert Written(folder, "", {"pages": {}}).page(name) is None
