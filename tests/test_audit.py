"""The audit as data, and files that are never half-written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from foanil.audit import (
    Audit,
    UnwritableReportsError,
    as_data,
    audit,
    check_writable,
    evidence_data,
    evidence_from_data,
    same_audit,
    schema,
    sealed,
    to_json,
    write_all,
)
from foanil.claims.record import Exclusion
from foanil.evidence import Evidence, Method, Outcome, Verdict


@dataclass(frozen=True)
class Record:
    """The least that the audit needs of a claim."""

    id: str
    uses: tuple[str, ...] = ()
    exclusion: Exclusion | None = None


REGISTRY = {
    claim.id: claim
    for claim in (
        Record("eq-2", uses=("eq-1",)),
        Record("eq-1"),
        Record("eq-3"),
        Record("other", exclusion=Exclusion("OUT_OF_SCOPE", "by others")),
    )
}
PAPER = {"title": "A paper", "sha256": "0" * 64}
HASH = "0" * 64
SOURCES = {
    "claims": {"eq-1": HASH},
    "formulas": {"gram": HASH},
    "checks": {"verify/test_b.py::test": {"check": HASH, "engine": HASH}},
    "pages": HASH,
}
PAGES = {"SUMMARY.md": b"# Audit"}
RUN = {"profile": "quick", "digits": 50, "seed": "none", "seconds": 1.5, "versions": {"python": "3.11"}}

PLAIN = Evidence("eq-1", Method.SAMPLED, Outcome.HELD, "40 draws", "verify/test_b.py::test")
FULL = Evidence(
    "eq-2",
    Method.ALGEBRA,
    Outcome.HELD,
    "every d, k ≤ k′",
    "verify/test_a.py::test[α]",
    shown="0",
    finding="A finding, with $\\alpha$.",
    details=(("derived", "a"), ("stated", "b")),
    series={"left: λ": ((0.0, 1.0), (10.0, 0.1)), "right": ((1.0, 2.5),)},
    mutants=(3, 4),
)
FAILED = Evidence("eq-2", Method.EXACT, Outcome.FAILED, "d = 3", "verify/test_a.py::test")


def made(*evidence: Evidence) -> Audit:
    """Return the audit of this evidence."""
    return audit(REGISTRY, evidence)


def data(*evidence: Evidence) -> dict[str, Any]:
    """Return audit.json's content for this evidence, as it comes back from its text."""
    loaded: dict[str, Any] = json.loads(to_json(as_data(made(*evidence), PAPER, RUN, SOURCES, PAGES)))
    return loaded


# The audit -----------------------------------------------------------------------------------------


def test_evidence_stands_in_the_order_of_the_registry() -> None:
    """Evidence is ordered by claim as registered, then by check, however it came."""
    assert made(PLAIN, FULL, FAILED).evidence == made(FAILED, FULL, PLAIN).evidence == (FAILED, FULL, PLAIN)
    assert made(PLAIN, FULL, FAILED).of("eq-2") == (FAILED, FULL)
    assert made(PLAIN, FULL, FAILED).of("eq-3") == ()


def test_verdicts_are_computed_for_every_claim() -> None:
    """Each claim of the registry has an own and a transitive verdict, and each verdict a count."""
    found = made(PLAIN, FULL)
    assert [(name, found.verdicts[name], found.transitive[name]) for name in found.registry] == [
        ("eq-2", Verdict.DERIVED, Verdict.SUPPORTED),
        ("eq-1", Verdict.SUPPORTED, Verdict.SUPPORTED),
        ("eq-3", Verdict.UNCHECKED, Verdict.UNCHECKED),
        ("other", Verdict.OUT_OF_SCOPE, Verdict.OUT_OF_SCOPE),
    ]
    assert sum(found.count().values()) == len(REGISTRY)
    assert found.count()[Verdict.UNCHECKED] == 1
    assert set(found.count()) == set(Verdict)


def test_evidence_for_an_unknown_claim_is_not_dropped() -> None:
    """Evidence for a claim that the registry does not have is an error, never silence."""
    with pytest.raises(KeyError, match="eq-70"):
        made(Evidence("eq-70", Method.EXACT, Outcome.FAILED, "", ""))


# As data -------------------------------------------------------------------------------------------


def validates(found: Any) -> bool:
    """Whether data is of the form of the shipped schema."""
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(found))


def test_schema_is_a_schema() -> None:
    """The shipped schema is itself valid."""
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("evidence", [(), (PLAIN,), (PLAIN, FULL, FAILED)], ids=len)
def test_data_validates(evidence: tuple[Evidence, ...]) -> None:
    """What the audit writes is of the form of the shipped schema."""
    jsonschema.Draft202012Validator(schema()).validate(data(*evidence))


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_method_and_outcome_validates(method: Method, outcome: Outcome) -> None:
    """The schema knows each method and each outcome, and so each verdict that they lead to."""
    assert validates(data(Evidence("eq-1", method, outcome, "", "")))


def test_schema_knows_every_verdict() -> None:
    """The schema lists the verdicts that there are, no more and no fewer."""
    assert schema()["$defs"]["verdict"]["enum"] == [kind.value for kind in Verdict]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("run"),
        lambda d: d.update(schema_version=1),
        lambda d: d.pop("sources"),
        lambda d: d["sources"].pop("checks"),
        lambda d: d["sources"]["checks"]["verify/test_b.py::test"].pop("engine"),
        lambda d: d["sources"]["formulas"].update(gram="changed"),
        lambda d: d["pages"].update({"SUMMARY.md": "0" * 65}),
        lambda d: d.update(digest=""),
        lambda d: d.update(extra=1),
        lambda d: d["paper"].update(sha256="0" * 63),
        lambda d: d["run"].update(profile="huge"),
        lambda d: d["run"].update(digits=14),
        lambda d: d["claims"][0].update(verdict="PROVED"),
        lambda d: d["claims"][0].pop("transitive"),
        lambda d: d["claims"][0]["evidence"][0].update(method="OPINION"),
        lambda d: d["claims"][0]["evidence"][0].update(outcome="held"),
        lambda d: d["claims"][0]["evidence"][0].update(details=[["only a label"]]),
        lambda d: d["claims"][0]["evidence"][0].update(details=[["a", "b", "c"]]),
        lambda d: d["claims"][0]["evidence"][0].update(series={"x": [[1.0, 2.0, 3.0]]}),
        lambda d: d["claims"][0]["evidence"][0].update(mutants=[3]),
        lambda d: d["claims"][0]["evidence"][0].pop("scope"),
    ],
)
def test_data_of_another_form_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    """The schema can say no: to a missing, an unknown and a malformed field."""
    found = data(FULL)
    assert validates(found)
    spoil(found)
    assert not validates(found)


def test_committed_audit_validates() -> None:
    """The audit.json of this repository is of the form of the schema, and its text is what `to_json` writes."""
    text = (Path(__file__).parents[1] / "reports" / "audit.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(schema()).validate(json.loads(text))
    assert to_json(json.loads(text)) == text


@pytest.mark.parametrize("evidence", [PLAIN, FULL, FAILED], ids=["plain", "full", "failed"])
def test_evidence_survives_the_round_trip(evidence: Evidence) -> None:
    """Evidence written as JSON and read back is the same evidence."""
    assert evidence_from_data(json.loads(json.dumps(evidence_data(evidence)))) == evidence


@pytest.mark.parametrize(
    ("change", "error"),
    [({"method": "OPINION"}, KeyError), ({"outcome": "held"}, KeyError), ({"details": [["a", "b", "c"]]}, ValueError)],
    ids=["method", "outcome", "details"],
)
def test_data_of_another_form_is_no_evidence(change: dict[str, Any], error: type[Exception]) -> None:
    """Reading evidence back refuses what `evidence_data` does not write."""
    with pytest.raises(error):
        evidence_from_data(evidence_data(FULL) | change)


def test_text_is_stable() -> None:
    """The same evidence in another order gives the same bytes, and series in another order do too."""
    turned = evidence_data(FULL) | {"series": dict(reversed(FULL.series.items()))}
    again = evidence_from_data(turned)
    orders = ((PLAIN, FULL), (FULL, PLAIN), (again, PLAIN))
    texts = {to_json(as_data(made(*found), PAPER, RUN, SOURCES, PAGES)) for found in orders}
    assert len(texts) == 1
    assert texts.pop().endswith("}\n")


def test_keys_are_sorted() -> None:
    """Keys stand in alphabetical order at every depth, and letters stay readable."""
    assert to_json({"b": 1, "a": {"d": "β", "c": 2}}) == '{\n  "a": {\n    "c": 2,\n    "d": "β"\n  },\n  "b": 1\n}\n'


def test_digest_is_of_all_the_rest() -> None:
    """Data that was sealed is sealed again to itself; whatever is changed in it, its digest is another."""
    found = data(PLAIN)
    assert sealed(found) == found
    for name in set(found) - {"digest"}:
        assert sealed(found | {name: "changed"})["digest"] != found["digest"]


def test_pages_are_named_with_their_hashes() -> None:
    """The audit names each file that is written with it, and the SHA-256 of its bytes."""
    assert data()["pages"] == {"SUMMARY.md": hashlib.sha256(b"# Audit").hexdigest()}


def test_same_audit_ignores_the_moment_and_python() -> None:
    """Two texts that differ in when they were made, or by which Python, are the same audit; any other change is one."""
    found = data(PLAIN) | {"run": {**RUN, "versions": {"python": "3.11", "sympy": "1.14"}}}
    text = to_json(found)
    for run in ({"seconds": 99.0}, {"digits": 60}, {"versions": {"python": "3.13", "sympy": "1.14"}}):
        assert same_audit(text, to_json(sealed(found | {"run": {**found["run"], **run}})))
    for change in (
        {"schema_version": 1},
        {"paper": {**PAPER, "title": "B"}},
        {"claims": found["claims"][:-1]},
        {"sources": {**SOURCES, "pages": "1" * 64}},
        {"pages": {}},
        {"run": {**RUN, "versions": {"python": "3.11", "sympy": "1.15"}}},
    ):
        assert not same_audit(text, to_json(found | change))
    assert not same_audit(text, to_json(data(Evidence("eq-1", Method.EXACT, Outcome.HELD, "", ""))))


@pytest.mark.parametrize("old", ["", "{", "[]", "{}", "null", "7", "[" * 99999, '{"run": 7}', "<<<<<<< HEAD\n{}"])
def test_unreadable_audit_is_another(old: str) -> None:
    """A text that is not an audit, a merge conflict say, is never the same audit."""
    assert not same_audit(old, to_json(data(PLAIN)))


# Writing -------------------------------------------------------------------------------------------

OWNED = ("*.md", "figures/*.svg")


def tree(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files below a folder, hidden ones too."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_files_are_written_below_the_folder(tmp_path: Path) -> None:
    """Contents arrive byte for byte, folders are made, and every path that changed is returned."""
    contents = {"a.md": "α\r\n".encode(), "figures/b.svg": b"<svg/>"}
    assert write_all(tmp_path / "new", contents, OWNED) == ["a.md", "figures/b.svg"]
    assert tree(tmp_path / "new") == contents


def test_unchanged_bytes_are_not_touched(tmp_path: Path) -> None:
    """A file that already has its bytes keeps its times and its inode; a changed neighbour is rewritten."""
    write_all(tmp_path, {"a.md": b"a", "b.md": b"b"}, OWNED)
    os.utime(tmp_path / "a.md", ns=(1, 1))
    inode = (tmp_path / "a.md").stat().st_ino
    assert write_all(tmp_path, {"a.md": b"a", "b.md": b"c"}, OWNED) == ["b.md"]
    assert ((tmp_path / "a.md").stat().st_mtime_ns, (tmp_path / "a.md").stat().st_ino) == (1, inode)
    assert tree(tmp_path) == {"a.md": b"a", "b.md": b"c"}


def test_stale_files_are_removed_and_foreign_ones_left(tmp_path: Path) -> None:
    """A file that is owned and no longer made is removed; whatever no pattern owns stays."""
    foreign = {"notes.txt": b"n", "deeper/old.md": b"o", "figures/old.png": b"p"}
    write_all(tmp_path, foreign | {"old.md": b"", "figures/old.svg": b""}, ())
    assert write_all(tmp_path, {"a.md": b"a"}, OWNED) == ["a.md", "old.md", "figures/old.svg"]
    assert tree(tmp_path) == foreign | {"a.md": b"a"}


def test_what_others_write_is_kept(tmp_path: Path) -> None:
    """A file that an owned pattern matches stays when it is named as kept, and only then."""
    write_all(tmp_path, {"performance.md": b"p", "old.md": b"o"}, ())
    assert write_all(tmp_path, {"a.md": b"a"}, OWNED, ("performance.md",)) == ["a.md", "old.md"]
    assert tree(tmp_path) == {"a.md": b"a", "performance.md": b"p"}


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
def test_failing_write_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException
) -> None:
    """Whatever step of a write fails, the old bytes stand, nothing stale is removed, and no stray file is left."""
    old = {"a.md": b"old", "stale.md": b"stale"}
    write_all(tmp_path, old, ())

    def fail(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(step, fail)
        with pytest.raises(type(fault)):
            write_all(tmp_path, {"a.md": b"new" * 99999}, OWNED)
    assert tree(tmp_path) == old


def test_written_files_can_be_read_by_all(tmp_path: Path) -> None:
    """A report is readable by everybody, whatever the mode of the file written aside."""
    write_all(tmp_path, {"a.md": b"a"}, OWNED)
    assert (tmp_path / "a.md").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["taken", "taken/below"])
def test_folder_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    """A file in place of the folder, or of one above it, is an error that names it and the cure; the file stays."""
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(UnwritableReportsError, match=rf"{name} is not one \(.*--audit-reports DIR"):
        check_writable(tmp_path / name)
    assert tree(tmp_path) == {"taken": b"mine"}


def test_folder_that_refuses_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which no file can be made is refused before anything is written (root ignores modes: simulated)."""

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(UnwritableReportsError, match="Permission denied"):
        check_writable(tmp_path)


def test_writable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    """A folder that does not exist is made, and trying it leaves nothing behind."""
    check_writable(tmp_path / "one" / "two")
    assert list((tmp_path / "one" / "two").iterdir()) == []


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    """A file left aside by a writer that was killed goes with the next write; an editor's hidden file stays."""
    foreign = {".SUMMARY.md.swp": b"vim", ".other.md.123.part": b"p"}
    write_all(tmp_path, foreign | {".SUMMARY.md.k1l2.part": b"half", "figures/.a.svg.x.part": b"half"}, ())
    write_all(tmp_path, {"SUMMARY.md": b"s", "figures/a.svg": b"a"}, OWNED)
    assert tree(tmp_path) == foreign | {"SUMMARY.md": b"s", "figures/a.svg": b"a"}
