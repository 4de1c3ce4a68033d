"""The audit as a pytest run: marker `claim`, fixture `evidence`, verdicts at the end, reports after a full run.

The plugin is loaded wherever foanil is installed; it audits only where the ini option `claims_registry` names a module
with a `REGISTRY`. Evidence travels in `user_properties`, which survive pytest-xdist; only the controller writes.
"""

from __future__ import annotations

import importlib
import json
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from _pytest.mark import ParameterSet
    from _pytest.terminal import TerminalReporter

    from foanil.audit import Audit
    from foanil.evidence import Check, Evidence, Residual

PROFILES = {"quick": 40, "full": 400, "exhaustive": 4000}
"""Hypothesis examples per property, by audit profile."""

LEAST_DIGITS = 15
BAD_INPUT = 2
UNDECIDED = 3
EVIDENCE, READINGS, REFUSAL = "foanil_evidence", "foanil_readings", "foanil_refusal"
NARROWING = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly")
"""Options of pytest after which a run is no longer a full audit."""

OWNED = ("*.md", "figures/*.svg")
_AUDIT: pytest.StashKey[_Session] = pytest.StashKey()


def cases(checks: Iterable[Check]) -> list[ParameterSet]:
    """Return the parameters of a test over checks: each with the claim markers and an id of its own."""
    return [
        pytest.param(
            check, marks=[pytest.mark.claim(id=name) for name in check.claims], id=check.name.replace(" ", "-")
        )
        for check in checks
    ]


def _slug(name: str) -> str:
    return name.replace(" ", "-").replace("[", "(").replace("]", ")").replace("::", ":")


# Options -------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the audit's options."""
    group = parser.getgroup("foanil", "audit of a paper")
    group.addoption("--audit-profile", choices=sorted(PROFILES), default="quick", help="how much is sampled")
    group.addoption("--audit-digits", type=int, default=50, help="decimal digits of high-precision runs (at least 15)")
    group.addoption("--audit-reports", type=Path, default=None, help="where reports go (default: reports/)")
    group.addoption("--paper", type=Path, default=None, help="the paper's extracted text, to check quotes against")
    parser.addini("claims_registry", "module whose REGISTRY holds the claims to audit (empty: no audit)", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Check the options and, where a registry is named, start the audit."""
    config.addinivalue_line("markers", "claim(id): the claim that a check bears on; one marker for each claim")
    name = str(config.getini("claims_registry"))
    if not name:
        return
    digits = config.getoption("--audit-digits")
    if digits < LEAST_DIGITS:
        pytest.exit(
            f"--audit-digits must be at least {LEAST_DIGITS} (double precision has 16): got {digits}; "
            "leave it out for 50",
            returncode=BAD_INPUT,
        )
    _check_paper(config.getoption("--paper"))
    _load_hypothesis_profile(config.getoption("--audit-profile"))
    audit = config.stash[_AUDIT] = _Session(config, importlib.import_module(name))
    if not _is_worker(config):
        config.pluginmanager.register(_Gatherer(audit), "foanil-gatherer")


def _check_paper(path: Path | None) -> None:
    """Refuse a paper that cannot be read or is another text, before anything runs."""
    if path is not None:
        from foanil.quotes import read_paper

        try:
            read_paper(path)
        except (OSError, ValueError) as error:
            pytest.exit(f"--paper: {error}", returncode=BAD_INPUT)


def _load_hypothesis_profile(profile: str) -> None:
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        f"audit-{profile}",
        max_examples=PROFILES[profile],
        derandomize=True,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile(f"audit-{profile}")


def _audit_of(config: pytest.Config) -> _Session | None:
    return config.stash.get(_AUDIT, None)


# Fixtures ------------------------------------------------------------------------------------------


@pytest.fixture
def audit_profile(pytestconfig: pytest.Config) -> str:
    """The audit's profile: quick, full or exhaustive."""
    return str(pytestconfig.getoption("--audit-profile"))


@pytest.fixture
def digits(pytestconfig: pytest.Config) -> int:
    """Decimal digits of high-precision runs."""
    return int(pytestconfig.getoption("--audit-digits"))


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Recorder:
    """Record evidence for the claims that the test is marked with."""
    return Recorder(request.node)


class Recorder:
    """Keeps the evidence of one test in its `user_properties`."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._claims = [mark.kwargs["id"] for mark in item.iter_markers("claim")]

    def judge(self, check: Check, stated: Any = None) -> Residual:
        """Run a check on its stated formula, then on its own falsehoods; record evidence for each of its claims.

        Raises AssertionError when the check does not hold, or when it holds on a falsehood.
        """
        from foanil.evidence import Outcome

        formula = stated if stated is not None else _stated(check)
        residual = check.residual(formula)
        fooled = [label for label, mutant in check.mutants if mutant().outcome is Outcome.HELD]
        outcome = Outcome.FAILED if fooled and residual.held else residual.outcome
        tried = len(check.mutants)
        details = tuple((k, v) for k, v in (("derived", residual.computed), ("stated", residual.stated)) if v)
        for claim in check.claims:
            self.record(
                claim=claim,
                method=check.method,
                scope=check.scope,
                shown=f"{check.name}: {residual.shown}",
                details=details,
                outcome=outcome,
                mutants=(tried - len(fooled), tried) if tried else None,
            )
        if not residual.held:
            raise AssertionError(
                f"{check.name}: {residual.shown}\n  derived: {residual.computed}\n  stated:  {residual.stated}"
            )
        if fooled:
            raise AssertionError(
                f"{check.name} also holds on falsehoods, so that it shows nothing: {', '.join(fooled)}"
            )
        return residual

    def record(self, *, claim: str, method: Any, scope: str, **what: Any) -> None:
        """Record one piece of evidence, fields as in `foanil.evidence.Evidence`; ValueError for another claim."""
        from foanil.audit import evidence_data
        from foanil.evidence import Evidence, Outcome

        if claim not in self._claims:
            raise ValueError(f"this test is marked for {self._claims}, not for {claim!r}: add a claim marker")
        what.setdefault("outcome", Outcome.HELD)
        found = Evidence(claim=claim, method=method, scope=scope, check=self._item.nodeid, **what)
        self._item.user_properties.append((EVIDENCE, json.dumps(evidence_data(found))))


def _stated(check: Check) -> Any:
    if not check.formula:
        return None
    return importlib.import_module("foanil.statements").formula(check.formula)


# The run -------------------------------------------------------------------------------------------


class _Session:
    """What one pytest run has gathered."""

    def __init__(self, config: pytest.Config, module: Any) -> None:
        self.module = module
        self.registry: Mapping[str, Any] = module.REGISTRY
        self.evidence: list[Evidence] = []
        self.readings: list[str] = []
        self.sources: Mapping[str, Any] = {}
        self.started = time.monotonic()
        self.partial: str = ""
        self.refusal: str = ""
        self.written: str = ""
        given = config.getoption("--audit-reports")
        self.folder: Path = given if given is not None else config.rootpath / "reports"
        self.audit_folder = config.rootpath / "verify"

    def results(self) -> Audit:
        """Return the audit of what has been gathered."""
        from foanil.audit import audit

        return audit(self.registry, self.evidence)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse a report folder that cannot be written before anything runs."""
    audit = _audit_of(session.config)
    if audit is None or _is_worker(session.config):
        return
    audit.partial = _why_partial(session.config, audit)
    if not audit.partial:
        from foanil.audit import UnwritableReportsError, check_writable
        from foanil.sources import sources

        try:
            check_writable(audit.folder)
        except UnwritableReportsError as error:
            pytest.exit(str(error), returncode=BAD_INPUT)
        # Before anything runs: a file that is changed meanwhile leaves evidence that is stale from the start.
        audit.sources = sources(session.config.rootpath, audit.registry)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _why_partial(config: pytest.Config, audit: _Session) -> str:
    """Return why this run does not audit everything; empty for a full run."""
    option = config.option
    for name in NARROWING:
        if getattr(option, name, None):
            return f"{name} was given"
    targets = [Path(config.invocation_params.dir, arg) for arg in config.args]
    whole = any(
        audit.audit_folder == target.resolve() or target.resolve() in audit.audit_folder.parents for target in targets
    )
    return "" if whole else "not all of verify/ was run"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse markers for claims that do not exist."""
    audit = _audit_of(config)
    if audit is None:
        return
    marked = ((item.nodeid, mark.kwargs.get("id")) for item in items for mark in item.iter_markers("claim"))
    refusals = [_unknown(name, audit.registry, where) for where, name in marked if name not in audit.registry]
    if refusals and _is_worker(config):
        # Exiting here would look like a crash to the controller, which starts another worker each time.
        config.workeroutput[REFUSAL] = refusals[0]  # type: ignore[attr-defined]
        items.clear()
    elif refusals:
        pytest.exit(refusals[0], returncode=BAD_INPUT)


def _unknown(name: Any, registry: Mapping[str, Any], where: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(name), list(registry), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{where}: claim {name!r} does not exist{hint} (foanil claims lists them)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn failures, errors and skips of claim-marked tests into evidence; a check without evidence fails."""
    report = yield
    claims = [mark.kwargs["id"] for mark in item.iter_markers("claim")]
    if _audit_of(item.config) is None or not claims:
        return report
    if report.failed or report.skipped:
        outcome = "FAILED" if report.failed else "INCONCLUSIVE"
        reason = f"{report.when} {report.outcome}: {_reason(report)}"
        report.user_properties.extend(_unmade(item, claims, outcome, reason))
    elif report.when == "call":
        silent = [name for name in claims if not _recorded(report.user_properties, name)]
        if silent:
            text = f"{item.nodeid} recorded no evidence for {', '.join(silent)}: call evidence.judge or evidence.record"
            report.outcome, report.longrepr = "failed", text
            report.user_properties.extend(_unmade(item, silent, "INCONCLUSIVE", "the check recorded no evidence"))
    return report


def _reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        return str(longrepr[2])
    lines = [line for line in str(longrepr).splitlines() if line.startswith("E ")] or ["see the run's output"]
    return lines[0].removeprefix("E").strip()


def _recorded(properties: Sequence[tuple[str, object]], claim: str) -> bool:
    return any(key == EVIDENCE and json.loads(str(value))["claim"] == claim for key, value in properties)


def _unmade(item: pytest.Item, claims: Sequence[str], outcome: str, reason: str) -> list[tuple[str, object]]:
    from foanil.audit import evidence_data
    from foanil.evidence import Evidence, Method, Outcome

    made = (
        Evidence(name, Method.SAMPLED, Outcome[outcome], "this check", item.nodeid, shown=reason) for name in claims
    )
    return [(EVIDENCE, json.dumps(evidence_data(record))) for record in made]


class _Gatherer:
    """Collects the evidence of finished tests; registered on the controller only."""

    def __init__(self, audit: _Session) -> None:
        self.audit = audit

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the evidence of a test once: from its call, or from a phase that did not pass."""
        from foanil.audit import evidence_from_data

        if report.when not in ("setup", "call", "teardown"):  # pytest-xdist reports so for a worker that died
            self.audit.partial = self.audit.partial or f"the process that ran {report.nodeid} was lost"
        if report.when == "call" or report.outcome != "passed":
            for key, value in report.user_properties:
                if key == EVIDENCE:
                    found = evidence_from_data(json.loads(str(value)))
                    if found not in self.audit.evidence:
                        self.audit.evidence.append(found)
                elif key == READINGS:
                    self.audit.readings.append(str(value))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notice a file whose checks never came to be: the run is no audit of everything."""
        if report.outcome != "passed":
            self.audit.partial = self.audit.partial or f"{report.nodeid} was {report.outcome} while being collected"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist refused."""
        self.audit.refusal = self.audit.refusal or getattr(node, "workeroutput", {}).get(REFUSAL, "")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the reports after a full run, whether or not its checks held; `_exit_code` says what is green."""
    audit = _audit_of(session.config)
    if audit is None or _is_worker(session.config):
        return
    if audit.refusal:
        pytest.exit(audit.refusal, returncode=BAD_INPUT)
    if exitstatus == pytest.ExitCode.OK:
        session.exitstatus = _exit_code(audit.evidence)
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        audit.partial = audit.partial or "the run was interrupted"
    if session.shouldstop or session.shouldfail:
        audit.partial = audit.partial or "the run stopped early"
    if audit.partial or not audit.evidence:
        return
    changed = _write(session.config, audit)
    audit.written = f"{len(changed)} files changed" if changed else "nothing changed"


def _exit_code(evidence: Sequence[Evidence]) -> int:
    """Return the exit code of a run whose tests passed: a check may record a failure without raising, or be skipped.

    What a finding reports is no news: it is reproduced, and its claim stays UNRESOLVED.
    """
    outcomes = {record.outcome.name for record in evidence if not record.finding}
    return 1 if "FAILED" in outcomes else UNDECIDED if "INCONCLUSIVE" in outcomes else 0


def _write(config: pytest.Config, audit: _Session) -> list[str]:
    from foanil import figures, report
    from foanil.audit import KEPT, as_data, same_audit, to_json, write_all

    results = audit.results()
    extra = {**_readings_page(audit), **_base_page(config)}
    title, beside = audit.module.PAPER_TITLE, [name for name in KEPT if (audit.folder / name).is_file()]
    pages = report.render(results, _derivations(config, results), extra, title=title, beside=beside)
    contents = {name: text.encode() for name, text in pages.items()}
    for record in results.evidence:
        if record.series:
            claim = results.registry[record.claim]
            contents[report.figure_path(claim.page, record)] = figures.draw(record.series, claim.title)
    paper = {"title": title, "sha256": audit.module.PAPER_SHA256}
    data = to_json(as_data(results, paper, _run(config, audit), audit.sources, contents))
    kept = audit.folder / "audit.json"
    if not (kept.is_file() and same_audit(kept.read_text(encoding="utf-8", errors="replace"), data)):
        contents["audit.json"] = data.encode()
    return write_all(audit.folder, contents, OWNED, KEPT)


def _run(config: pytest.Config, audit: _Session) -> dict[str, Any]:
    from importlib.metadata import version

    packages = ("foanil", "sympy", "numpy", "mpmath", "hypothesis", "python-flint", "gmpy2", "z3-solver", "cvc5")
    return {
        "profile": config.getoption("--audit-profile"),
        "digits": config.getoption("--audit-digits"),
        "seed": "derandomized: every draw follows from the test itself",
        "seconds": round(time.monotonic() - audit.started, 1),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
    }


def _derivations(config: pytest.Config, results: Audit) -> dict[str, list[str]]:
    """Print the derivations of proofs/, where the checkout has them, for the pages that will be written."""
    printed = {}
    for stem in dict.fromkeys(claim.page for claim in results.registry.values()):
        if (config.rootpath / "proofs" / f"{stem}.py").is_file():
            module = importlib.import_module(f"proofs.{stem}")
            printed[stem] = [_printed(derivation) for derivation in getattr(module, "DERIVATIONS", ())]
    return printed


def _printed(derivation: Any) -> str:
    """Print a derivation; one whose steps are refused says so, since its check has failed too."""
    try:
        return str(derivation().markdown())
    except ValueError as refusal:
        return f"### {derivation.__name__}\n\nRefused: {refusal}\n"


def _base_page(config: pytest.Config) -> dict[str, str]:
    """Return the trusted base, with the lemmas that single proofs name; empty where the checkout has no proofs."""
    from foanil.report.trusted_base import trusted_base_page

    stems = sorted(path.stem for path in (config.rootpath / "proofs").glob("*.py"))
    modules = [importlib.import_module(f"proofs.{stem}") for stem in stems if stem != "__init__"]
    further = {name: lemma for module in modules for name, lemma in getattr(module, "LEMMAS", {}).items()}
    return {"trusted_base.md": trusted_base_page(further, config.rootpath)} if modules else {}


def _readings_page(audit: _Session) -> dict[str, str]:
    """Return the ledger of readings, places in the order in which they are declared; empty when none was tried."""
    if not audit.readings:
        return {}
    from foanil.report import readings_ledger

    tried = (readings_ledger.from_json(text) for text in set(audit.readings))
    return {"readings.md": readings_ledger.readings_page(readings_ledger.in_order(tried))}


# The end table -------------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Print the verdict table, what is refuted or unresolved, and where the reports are."""
    audit = _audit_of(config)
    if audit is None or _is_worker(config) or not audit.evidence:
        return
    results = audit.results()
    terminalreporter.section("verdicts", sep="-")
    for line, markup in _verdict_lines(results):
        terminalreporter.write_line(line, **markup)
    where = f"reports in {audit.folder}: {audit.written}" if audit.written else f"reports left alone: {audit.partial}"
    seconds = time.monotonic() - audit.started
    terminalreporter.write_line(f"{where}; {len(results.evidence)} pieces of evidence in {seconds:.0f} s")


_COLOURS = {"REFUTED": "purple", "UNRESOLVED": "red", "DERIVED": "green", "CERTIFIED": "green", "SUPPORTED": "yellow"}


def _verdict_lines(results: Audit) -> Iterable[tuple[str, dict[str, bool]]]:
    seen = [name for name in results.registry if results.of(name)]
    width = max(len(name) for name in seen)
    yield f"{'claim':<{width}}  {'verdict':<11}  {'transitive':<11}  evidence", {"bold": True}
    for name in seen:
        own, transitive = results.verdicts[name].value, results.transitive[name].value
        count = len(results.of(name))
        markup = {_COLOURS[own]: True} if own in _COLOURS else {}
        yield f"{name:<{width}}  {own:<11}  {transitive:<11}  {count}", markup
    totals = ", ".join(f"{number} {kind.value}" for kind, number in results.count().items() if number)
    yield f"all {len(results.registry)} claims: {totals}", {"bold": True}
