"""The plugin, in audits of its own: what is a pass, what is written, and what leaves the reports alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import matplotlib.pyplot  # noqa: F401  (a package with C code is imported once per process, here)
import pytest

from foanil import report
from foanil.evidence import Check, Method, exact_residual
from foanil.pytest_plugin import Recorder, cases

REGISTRY = '''
"""A registry of three claims."""

from foanil.claims.record import Claim, Kind, Source

PAPER_TITLE, PAPER_SHA256 = "A paper", "0" * 64


def made(id, page, uses=()):
    return Claim(
        id, f"Title of {id}", "Section 1", Kind.IDENTITY, Source.STATED, f"Says {id}.", "a = b", page, uses=uses
    )


CLAIMS = (made("eq-1", "first"), made("eq-2", "second", uses=("eq-1",)), made("eq-3", "second"))
REGISTRY = {claim.id: claim for claim in CLAIMS}
'''

FIRST = """
import pytest

from foanil.evidence import Check, Method, exact_residual
from foanil.pytest_plugin import cases

CHECKS = (
    Check(
        "one is one", ("eq-1",), Method.ALGEBRA, "every size", "", lambda stated: exact_residual(True, "0"),
        mutants=(("one is two", lambda: exact_residual(False, "1")),),
    ),
)


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check, evidence):
    evidence.judge(check)
"""

SECOND = """
import pytest

from foanil.evidence import Method


@pytest.mark.claim(id="eq-2")
@pytest.mark.claim(id="eq-3")
def test_curves(evidence):
    evidence.record(claim="eq-2", method=Method.EXACT, scope="d = 3", series={"x: y": ((0.0, 1.0), (3.0, 2.0))})
    evidence.record(claim="eq-3", method=Method.SAMPLED, scope="40 draws", finding="A finding.", details=(("a", "b"),))


@pytest.mark.claim(id="eq-2")
def test_other(evidence):
    evidence.record(claim="eq-2", method=Method.BALL, scope="a box")


def test_unmarked():
    pass
"""

FAILING = """
import pytest

from foanil.evidence import Method, Outcome


@pytest.mark.claim(id="eq-1")
def test_never(evidence):
    {body}
"""

RECORD = "evidence.record(claim='eq-1', method=Method.EXACT, scope='d = 2', outcome=Outcome.{})"

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A checkout with a registry of its own, three passing checks in verify/ and one test in tests/."""
    pytester.makeini("[pytest]\npythonpath = .\nclaims_registry = fake\ntestpaths = verify\nfilterwarnings = error\n")
    write(pytester.path / "fake.py", REGISTRY)
    write(pytester.path / "verify" / "test_first.py", FIRST)
    write(pytester.path / "verify" / "test_second.py", SECOND)
    write(pytester.path / "tests" / "test_library.py", "def test_nothing():\n    pass\n")
    return pytester


@pytest.fixture
def run(project: pytest.Pytester) -> Iterator[Run]:
    """Run pytest in the checkout, in this process, whose Hypothesis profile is put back afterwards."""
    profile = hypothesis.settings.get_current_profile_name()
    yield lambda *args: project.runpytest_inprocess("-p", "no:cacheprovider", *args)
    hypothesis.settings.load_profile(profile)


def write(path: Path, text: str) -> None:
    """Write a file, and its folder if need be."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def add(project: pytest.Pytester, body: str) -> None:
    """Add a check of eq-1 with this body."""
    write(project.path / "verify" / "test_third.py", FAILING.format(body=body))


def reports(project: pytest.Pytester) -> dict[str, bytes]:
    """Return the bytes of every report by path; audit.json without its `run` object."""
    folder = project.path / "reports"
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    if "audit.json" in found:
        data = json.loads(found["audit.json"])
        assert data.pop("run")["profile"] in ("quick", "full")
        found["audit.json"] = json.dumps(data).encode()
    return found


def verdicts(project: pytest.Pytester) -> dict[str, str]:
    """Return the verdicts that audit.json holds."""
    data = json.loads((project.path / "reports" / "audit.json").read_text(encoding="utf-8"))
    return {claim["id"]: claim["verdict"] for claim in data["claims"]}


def outcomes(project: pytest.Pytester, claim_id: str) -> list[str]:
    """Return the outcomes of the evidence that audit.json holds for a claim."""
    data = json.loads((project.path / "reports" / "audit.json").read_text(encoding="utf-8"))
    return [record["outcome"] for claim in data["claims"] if claim["id"] == claim_id for record in claim["evidence"]]


# Full runs -----------------------------------------------------------------------------------------


def test_full_run_writes_the_reports(project: pytest.Pytester, run: Run) -> None:
    """A full run whose checks hold exits 0, prints the verdicts and writes a page for each result with evidence."""
    result = run("verify")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*verdicts*", "eq-1 *DERIVED*DERIVED*1", "eq-2 *CERTIFIED*2", "eq-3 *SUPPORTED*1"])
    result.stdout.fnmatch_lines(["all 3 claims: 1 DERIVED, 1 CERTIFIED, 1 SUPPORTED", "reports in *9 files changed*"])
    assert set(reports(project)) == {
        *report.RENDERED,
        "audit.json",
        "first.md",
        "second.md",
        "figures/second-test-curves.svg",
    }
    assert verdicts(project) == {"eq-1": "DERIVED", "eq-2": "CERTIFIED", "eq-3": "SUPPORTED"}
    assert b"1 of 1 falsehoods killed" in reports(project)["first.md"]


def test_second_run_changes_nothing_on_disk(project: pytest.Pytester, run: Run) -> None:
    """The same mathematics again touches no file, audit.json included."""
    run("verify")
    times = {path: path.stat().st_mtime_ns for path in (project.path / "reports").rglob("*")}
    assert "nothing changed" in run().stdout.str()
    assert {path: path.stat().st_mtime_ns for path in (project.path / "reports").rglob("*")} == times


def test_workers_write_the_same_bytes(project: pytest.Pytester, run: Run) -> None:
    """Two workers find what one process finds: only the controller writes, and nothing changes on disk."""
    run("verify")
    before = reports(project)
    parallel = run("verify", "-n", "2")
    assert parallel.ret == 0
    assert "nothing changed; 4 pieces of evidence" in parallel.stdout.str()
    assert reports(project) == before


def test_pages_of_vanished_evidence_are_removed(project: pytest.Pytester, run: Run) -> None:
    """A page and a figure whose evidence is gone are removed by the next full run; files of others stay."""
    run("verify")
    foreign = project.path / "reports" / "capsules" / "one.md"
    write(foreign, "kept")
    (project.path / "verify" / "test_second.py").unlink()
    assert run("verify").ret == 0
    assert set(reports(project)) == {*report.RENDERED, "audit.json", "first.md", "capsules/one.md"}
    assert verdicts(project) == {"eq-1": "DERIVED", "eq-2": "UNCHECKED", "eq-3": "UNCHECKED"}


# What is not a pass --------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["0", "2"])
def test_failing_check_makes_its_claim_unresolved(project: pytest.Pytester, run: Run, workers: str) -> None:
    """One check that fails outweighs one that held: exit 1, UNRESOLVED, and the pages are written with it."""
    add(project, "assert 2 == 3, 'two is three'")
    assert run("verify", "-n", workers).ret == 1
    assert verdicts(project)["eq-1"] == "UNRESOLVED"
    assert outcomes(project, "eq-1") == ["HELD", "FAILED"]
    pages = reports(project)
    assert "**UNRESOLVED** [`eq-1`]" in pages["SUMMARY.md"].decode()
    assert "**FAILED**" in pages["first.md"].decode()
    assert "two is three" in pages["first.md"].decode()


@pytest.mark.parametrize(
    ("body", "exit_code"),
    [
        ("pytest.skip('no solver')", 3),
        ("pytest.xfail('known')", 3),
        ("pass", 1),
        (f"{RECORD.format('HELD')}; pytest.skip('halfway')", 3),
        (f"{RECORD.format('HELD')}; assert False", 1),
        (RECORD.format("INCONCLUSIVE"), 3),
        (RECORD.format("FAILED"), 1),
    ],
    ids=["skipped", "xfailed", "silent", "skipped-late", "failed-late", "inconclusive", "failed-quietly"],
)
def test_what_did_not_come_out_is_no_pass(project: pytest.Pytester, run: Run, body: str, exit_code: int) -> None:
    """A check that is skipped, expected to fail, silent, or broken off after recording leaves its claim UNRESOLVED."""
    add(project, body)
    assert run("verify").ret == exit_code
    assert verdicts(project)["eq-1"] == "UNRESOLVED"


@pytest.mark.parametrize("outcome", ["INCONCLUSIVE", "FAILED"])
def test_what_a_finding_reports_is_reproduced(project: pytest.Pytester, run: Run, outcome: str) -> None:
    """A disagreement that its check asserts and its finding reports exits 0; its claim stays UNRESOLVED."""
    add(project, RECORD.format(f"{outcome}, finding='It is not.'"))
    assert run("verify").ret == 0
    assert verdicts(project)["eq-1"] == "UNRESOLVED"


def test_check_without_evidence_fails(project: pytest.Pytester, run: Run) -> None:
    """A claim-marked test that records nothing fails, and says what to call."""
    add(project, "pass")
    result = run("verify")
    result.stdout.fnmatch_lines(["*test_never recorded no evidence for eq-1: call evidence.judge or evidence.record*"])
    result.assert_outcomes(passed=4, failed=1)


def test_broken_fixture_is_no_pass(project: pytest.Pytester, run: Run) -> None:
    """A check whose fixture raises, before the test or after it, leaves its claim UNRESOLVED."""
    text = FAILING.format(body=RECORD.format("HELD")).replace("(evidence)", "(evidence, broken)")
    for body in ("raise OSError('no disk')", "yield\n    raise OSError('no disk')"):
        fixture = f"\n@pytest.fixture\ndef broken():\n    {body}\n"
        write(project.path / "verify" / "test_third.py", text + fixture)
        assert run("verify").ret == 1
        assert verdicts(project)["eq-1"] == "UNRESOLVED"


def test_lost_worker_leaves_the_reports_alone(project: pytest.Pytester, run: Run) -> None:
    """A check whose process dies takes its evidence with it: exit 1, and no report pretends that it never was."""
    run("verify")
    before = reports(project)
    add(project, "import os; os._exit(3)")
    result = run("verify", "-n", "2")
    assert result.ret == 1
    assert "reports left alone" in result.stdout.str()
    assert reports(project) == before


@pytest.mark.parametrize(
    ("text", "workers"),
    [
        ("import nowhere", "0"),
        ("import pytest; pytest.skip('no', allow_module_level=True)", "0"),
        ("import pytest; pytest.skip('no', allow_module_level=True)", "2"),
    ],
    ids=["broken", "skipped", "skipped-by-workers"],
)
def test_file_that_was_not_collected_leaves_the_reports_alone(
    project: pytest.Pytester, run: Run, text: str, workers: str
) -> None:
    """Checks that were never collected cannot count: a file that breaks or skips as a whole makes the run partial."""
    write(project.path / "reports" / "SUMMARY.md", "of an earlier run")
    write(project.path / "verify" / "test_third.py", text)
    result = run("verify", "-n", workers, "--continue-on-collection-errors")
    result.stdout.fnmatch_lines(["reports left alone: verify/test_third.py was *while being collected*"])
    assert reports(project) == {"SUMMARY.md": b"of an earlier run"}


# Partial runs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ("verify", "-m", "claim(id='eq-2')"),
        ("verify", "-k", "curves"),
        ("verify/test_second.py",),
        ("verify/test_second.py::test_curves",),
        ("verify", "--collect-only"),
        ("verify", "--deselect", "verify/test_second.py::test_other"),
        ("verify", "--ignore", "verify/test_first.py"),
        ("verify", "-x"),
        ("tests",),
    ],
    ids=["marker", "keyword", "file", "node", "collect-only", "deselect", "ignore", "stopped", "tests"],
)
def test_partial_run_leaves_the_reports_alone(project: pytest.Pytester, run: Run, args: tuple[str, ...]) -> None:
    """A run of less than all of verify/ writes nothing and removes nothing."""
    write(project.path / "reports" / "SUMMARY.md", "of an earlier run")
    if "-x" in args:
        add(project, "assert False")
    run(*args)
    assert reports(project) == {"SUMMARY.md": b"of an earlier run"}


def test_marker_selects_one_claim(run: Run) -> None:
    """-m "claim(id='eq-2')" runs the checks of that claim, and the verdict table shows what they bear on."""
    result = run("verify", "-m", "claim(id='eq-2')")
    result.assert_outcomes(passed=2, deselected=2)
    result.stdout.fnmatch_lines(["eq-2 *CERTIFIED*UNCHECKED*2", "reports left alone: markexpr was given;*"])
    assert "eq-1 " not in result.stdout.str()


@pytest.mark.parametrize("args", [("tests",), ("verify", "--collect-only")], ids=["tests", "collect-only"])
def test_what_is_no_audit_makes_no_folder(project: pytest.Pytester, run: Run, args: tuple[str, ...]) -> None:
    """Running only tests/, or only collecting, makes no evidence, prints no verdicts and makes no report folder."""
    result = run(*args)
    assert result.ret == 0
    assert "verdicts" not in result.stdout.str()
    assert not (project.path / "reports").exists()


# Bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["0", "2"])
def test_unknown_claim_is_refused(project: pytest.Pytester, run: Run, workers: str) -> None:
    """A marker for a claim that does not exist exits 2 with the nearest id; no test runs, nothing is written."""
    write(project.path / "verify" / "test_third.py", FAILING.format(body="pass").replace("eq-1", "eq1"))
    result = run("verify", "-n", workers)
    assert result.ret == 2
    assert "claim 'eq1' does not exist; did you mean 'eq-1'?" in result.stdout.str() + result.stderr.str()
    assert reports(project) == {}


@pytest.mark.parametrize("text", ["", "'eq-1'", "name='eq-1'"], ids=["empty", "positional", "misnamed"])
def test_marker_without_id_is_refused(project: pytest.Pytester, run: Run, text: str) -> None:
    """A claim marker takes the keyword `id`; any other form exits 2."""
    write(project.path / "verify" / "test_third.py", FAILING.format(body="pass").replace('id="eq-1"', text))
    assert run("verify").ret == 2
    assert reports(project) == {}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--audit-digits", "10"), "--audit-digits must be at least 15*got 10"),
        (("--paper", "missing.txt"), "*--paper:*missing.txt*"),
        (("--paper", "fake.py"), "*--paper:*"),
        (("--audit-reports", "fake.py"), "*expected a folder to write reports to; fake.py is not one*"),
    ],
    ids=["digits", "no-paper", "other-paper", "reports"],
)
def test_bad_option_is_refused_before_any_test(project: pytest.Pytester, args: tuple[str, ...], message: str) -> None:
    """Bad input exits 2 with a line that says what was expected; no test runs and nothing is written."""
    result = project.runpytest_subprocess("verify", *args)
    assert result.ret == 2
    lines = [*result.outlines, *result.errlines]
    pytest.LineMatcher(lines).fnmatch_lines([f"*{message}*"])
    assert "passed" not in result.stdout.str()
    assert "Traceback" not in "\n".join(lines)
    assert not (project.path / "reports").exists()


@pytest.mark.parametrize("args", [("--audit-digits", "many"), ("--audit-profile", "huge")], ids=lambda args: args[0])
def test_option_of_another_form_is_bad_usage(project: pytest.Pytester, run: Run, args: tuple[str, ...]) -> None:
    """A word for a number, or a profile that does not exist, is bad usage as pytest itself has it: nothing is run."""
    result = run("verify", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*argument {args[0]}: invalid *'{args[1]}'*"])
    assert not (project.path / "reports").exists()


def test_least_digits_are_taken(run: Run) -> None:
    """15 digits are enough."""
    assert run("verify", "--audit-digits", "15").ret == 0


def test_without_a_registry_nothing_is_audited(project: pytest.Pytester, run: Run) -> None:
    """Where the ini option names no registry, markers are inert: no evidence is asked for and nothing is written."""
    project.makeini("[pytest]\naddopts = --strict-markers\n")
    add(project, "pass")
    write(project.path / "verify" / "test_fourth.py", FAILING.format(body="pass").replace("eq-1", "eq-70"))
    result = run("verify")
    assert result.ret == 0
    assert "verdicts" not in result.stdout.str()
    assert not (project.path / "reports").exists()


# The fixture ---------------------------------------------------------------------------------------

JUDGED = """
import pytest

from foanil.evidence import Check, Method, exact_residual
from foanil.pytest_plugin import cases

TRUE, FALSE = exact_residual(True, "0"), exact_residual(False, "1", computed="2", stated="3")
CHECKS = (
    Check("it holds", ("eq-1",), Method.EXACT, "", "", lambda f: TRUE, (("a", lambda: FALSE),)),
    Check("it fails", ("eq-2",), Method.EXACT, "", "", lambda f: FALSE),
    Check("it is blind", ("eq-3",), Method.EXACT, "", "", lambda f: TRUE, (("a", lambda: FALSE), ("b", lambda: TRUE))),
)


@pytest.mark.parametrize("check", cases(CHECKS))
def test_check(check, evidence):
    evidence.judge(check)


@pytest.mark.claim(id="eq-1")
def test_another_claim(evidence):
    evidence.record(claim="eq-2", method=Method.EXACT, scope="")
"""


def test_judging(project: pytest.Pytester, run: Run) -> None:
    """A check fails when its residual is not zero, and when one of its falsehoods survives; both leave evidence."""
    for path in (project.path / "verify").iterdir():
        path.unlink()
    write(project.path / "verify" / "test_judged.py", JUDGED)
    result = run("verify")
    result.assert_outcomes(passed=1, failed=3)
    text = result.stdout.str()
    assert "it fails: 1" in text
    assert "derived: 2" in text
    assert "it is blind also holds on falsehoods, so that it shows nothing: b" in text
    assert "this test is marked for ['eq-1'], not for 'eq-2': add a claim marker" in text
    assert set(verdicts(project).values()) == {"UNRESOLVED"}
    assert set(outcomes(project, "eq-3")) == {"FAILED"}
    assert "1 of 2 falsehoods killed" in reports(project)["second.md"].decode()


def test_cases_carry_the_markers_of_their_claims() -> None:
    """The parameters of a test over checks have one claim marker per claim, and an id without spaces."""
    check = Check("two words", ("eq-1", "eq-2"), Method.EXACT, "", "", lambda _: exact_residual(True, "0"))
    (found,) = cases([check])
    assert found.values == (check,)
    assert found.id == "two-words"
    assert [mark.kwargs for mark in found.marks] == [{"id": "eq-1"}, {"id": "eq-2"}]


def test_recording_for_another_claim_is_refused(request: pytest.FixtureRequest) -> None:
    """Evidence for a claim that the test is not marked with raises, and nothing is recorded."""
    with pytest.raises(ValueError, match=r"marked for \[\], not for 'eq-7'"):
        Recorder(request.node).record(claim="eq-7", method=Method.EXACT, scope="")
    assert request.node.user_properties == []
