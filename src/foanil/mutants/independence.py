"""Independence: which source lines two channels of a claim both run, measured by coverage, test by test.

Every test of verify/ runs in a process of its own, forked after collection, so that nothing is taken from a cache that
another test filled. Lines count inside functions only: what an import runs is there for everybody. Two channels are
independent where the lines that both run lie in the files of `SHARED`.
"""

from __future__ import annotations

import ast
import functools
import itertools
import json
import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from foanil.claims import REGISTRY
from foanil.evidence import WARRANTS, Method, Verdict
from foanil.report.markdown import table
from foanil.sources import Checkout, check_hashes

Lines = Mapping[str, frozenset[int]]
"""File below the checkout → line numbers inside functions."""

SHARED: Mapping[str, str] = {
    "src/foanil/statements.py": "the formula itself, which is what is checked",
    "src/foanil/formal.py": "the formula as a tree, to read its letters",
    "src/foanil/notation.py": "shapes and degrees of the letters",
    "src/foanil/arrays.py": "number systems: exact fields, balls, high precision",
    "src/foanil/evidence.py": "the record of an outcome",
    "src/foanil/audit.py": "the record of an outcome",
    "src/foanil/pytest_plugin.py": "the record of an outcome",
    "verify/conftest.py": "fixtures",
}
"""What two channels may share, and why: a difference that a fault in one of these hides is hidden from everybody."""

JUDGED = "evidence.judge("
"""How a line of a test begins that does nothing but record what a check says."""

SECONDS = 300
"""The most that one test may take under coverage."""


@dataclass(frozen=True, slots=True)
class Run:
    """One test: its node id, the (claim, method) pairs that it recorded, and the lines it ran."""

    test: str
    evidence: tuple[tuple[str, str], ...]
    lines: Lines


# Measuring -----------------------------------------------------------------------------------------


class _Forked:
    """Runs each selected test in a child process, a few at a time, and keeps what it ran; a pytest plugin."""

    def __init__(self, root: Path, path: Path, seconds: float, jobs: int) -> None:
        self.root, self.path, self.end, self.jobs = root, path, time.monotonic() + seconds, jobs
        self.checkout = Checkout(root)
        self.running: dict[int, tuple[str, float]] = {}
        self.left: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run what is not kept yet; stop starting tests when the time is over."""
        kept = {record["key"] for record in _records(self.path)}
        for item in sorted(session.items, key=_place):
            key = self._key(item)
            if key in kept or not [*item.iter_markers("claim")]:
                continue
            if time.monotonic() > self.end:
                self.left.append(item.nodeid)
                continue
            self._wait(self.jobs - 1)
            self._fork(item, key)
        self._wait(0)
        return True

    def _key(self, item: pytest.Item) -> str:
        hashes = check_hashes(self.checkout, item.nodeid.partition("[")[0])
        return f"{item.nodeid} {hashes['check'][:16]} {hashes['engine'][:16]}"

    def _fork(self, item: pytest.Item, key: str) -> None:
        child = os.fork()
        if child:
            self.running[child] = (item.nodeid, time.monotonic() + SECONDS)
            return
        code = 1
        try:
            _append(self.path, json.dumps({"key": key, **_measured(self.root, item)}))
            code = 0
        finally:
            os._exit(code)

    def _wait(self, most: int) -> None:
        """Wait until at most so many tests run; end those whose time is over. What did not end well is left out."""
        while len(self.running) > most:
            for child, (test, end) in list(self.running.items()):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    del self.running[child]
                    self.left += [test] if status else []
                elif time.monotonic() > end:
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.01)


def _append(path: Path, line: str) -> None:
    """Add a line to a file that others add lines to: one write to its end, so that lines do not mix."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(file, f"{line}\n".encode())
    os.close(file)


def _place(item: pytest.Item) -> tuple[bool, str]:
    """Sort engines of their own first, the others by name: what a budget leaves out is not left to chance."""
    return item.nodeid.partition("::")[0] not in ENGINES, item.nodeid


def _measured(root: Path, item: pytest.Item) -> dict[str, Any]:
    """Run a test under coverage and return its evidence and lines as plain data."""
    import coverage
    from _pytest.runner import runtestprotocol

    measured = [str(root / folder / "*") for folder in ("src/foanil", "proofs", "verify")]
    tracer = coverage.Coverage(data_file=None, include=measured, messages=False)
    tracer.start()
    reports = runtestprotocol(item, log=False)
    tracer.stop()
    data = tracer.get_data()
    lines = {file: data.lines(file) for file in data.measured_files()}
    said = [json.loads(str(text)) for r in reports for name, text in r.user_properties if name == "foanil_evidence"]
    return {
        "test": item.nodeid,
        "evidence": sorted({(record["claim"], record["method"]) for record in said}),
        "lines": {str(Path(file).relative_to(root)): sorted(found) for file, found in lines.items() if found},
    }


@functools.cache
def _in_functions(path: Path) -> frozenset[int]:
    """Return the lines of a file that lie in the body of a function, but for those that hand a check to the record."""
    text = path.read_text(encoding="utf-8")
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.Lambda))
    recording = {number for number, line in enumerate(text.splitlines(), start=1) if line.strip().startswith(JUDGED)}
    return frozenset(line for node in functions for line in _body(node)) - recording


def _body(node: ast.FunctionDef | ast.Lambda) -> Iterator[int]:
    first = node.body if isinstance(node, ast.Lambda) else node.body[0]
    return iter(range(first.lineno, (node.end_lineno or first.lineno) + 1))


def measure(root: Path, path: Path, seconds: float, selection: Sequence[str] = (), jobs: int = 1) -> list[str]:
    """Run the tests of verify/ that are not kept in `path` yet; return those that the time budget left out."""
    plugin = _Forked(root, path, seconds, jobs)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = ["--assert=plain", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
    pytest.main([f"--rootdir={root}", *options, *(selection or [str(root / "verify")])], plugins=[plugin])
    return plugin.left


def _records(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [record for record in found if "key" in record]


def runs(root: Path, path: Path) -> list[Run]:
    """Return what is kept in a file, the latest record of each test; lines inside functions of the checkout only."""
    latest = {record["test"]: record for record in _records(path)}
    return [
        Run(
            test,
            tuple((claim, method) for claim, method in record["evidence"]),
            {file: _in_functions(root / file).intersection(lines) for file, lines in record["lines"].items()},
        )
        for test, record in sorted(latest.items())
    ]


# Channels of a claim -------------------------------------------------------------------------------

ENGINES: Mapping[str, str] = {"verify/test_mutants.py": "finite laws"}
"""Files of tests whose channel is their own, whatever their method."""


def channel_of(test: str, method: str) -> str:
    """Return the channel of a test's evidence: its engine, else its method."""
    return ENGINES.get(test.partition("::")[0], Method[method].value)


def channels(found: Iterable[Run]) -> dict[str, dict[str, dict[str, set[int]]]]:
    """Return claim → channel → file → lines, over all tests of the channel that bear on the claim's truth."""
    out: dict[str, dict[str, dict[str, set[int]]]] = {}
    for run in found:
        for claim, method in run.evidence:
            if WARRANTS[Method[method]] is Verdict.UNCHECKED:
                continue
            files = out.setdefault(claim, {}).setdefault(channel_of(run.test, method), {})
            for file, lines in run.lines.items():
                files.setdefault(file, set()).update(lines)
    return out


@dataclass(frozen=True, slots=True)
class Pair:
    """Two channels of a claim, and the lines that both run, file by file."""

    claim: str
    first: str
    second: str
    shared: Mapping[str, int]

    @property
    def beyond(self) -> dict[str, int]:
        """The shared lines outside the list of what may be shared."""
        return {file: count for file, count in self.shared.items() if file not in SHARED}

    @property
    def independent(self) -> bool:
        """Whether the two share nothing but the list."""
        return not self.beyond


def pairs(by_claim: Mapping[str, Mapping[str, Mapping[str, set[int]]]]) -> list[Pair]:
    """Return every pair of channels of every claim, in the order of the registry."""
    out = []
    for claim in REGISTRY:
        for (first, one), (second, other) in itertools.combinations(sorted(by_claim.get(claim, {}).items()), 2):
            both = {file: len(one[file] & other[file]) for file in sorted(set(one) & set(other))}
            out.append(Pair(claim, first, second, {file: count for file, count in both.items() if count}))
    return out


# The page ------------------------------------------------------------------------------------------

INTRODUCTION = (
    "Which lines of source two channels of a claim both run, measured by coverage: every check ran in a process of its "
    "own, and lines count inside functions. A claim is *doubly checked* where two of its channels share nothing but "
    "lines of the files listed first. Libraries are not measured: words, polynomial entries and solvers' goals all use "
    "SymPy's polynomial fields, finite laws only to hold the numbers that the formula is given. That two channels bear "
    "on one claim is what the markers of their tests say; how much of it each covers is on the claim's page. What "
    "warrants no verdict by itself (instances of the hypotheses, the second transcription) is no channel here."
)


def page(found: Sequence[Run], left: Sequence[str] = ()) -> str:
    """Render reports/independence.md."""
    by_claim = channels(found)
    compared = pairs(by_claim)
    best = {claim: min((p for p in compared if p.claim == claim), key=_beyond) for claim in _claims(compared)}
    doubly = [claim for claim, pair in best.items() if pair.independent]
    entangled = [claim for claim in best if claim not in doubly]
    single = [claim for claim in REGISTRY if len(by_claim.get(claim, {})) == 1]
    sections = [
        "# Independence",
        "[Summary](SUMMARY.md)",
        INTRODUCTION,
        _figures({"Doubly checked": doubly, "Several channels, none apart": entangled, "One channel": single}),
        *([f"**Not measured**: {len(left)} checks; run `make independence` again."] if left else []),
        "## What may be shared",
        table(["file", "why"], [[f"`{file}`", why] for file, why in SHARED.items()]),
        "## Claims with two channels or more",
        "The pair that shares least; lines outside the list, file by file.",
        table(["claim", "doubly checked", "pair", "lines shared", "outside the list"], map(_row, best.values())),
        "## Every pair",
        table(["claim", "doubly checked", "pair", "lines shared", "outside the list"], map(_row, compared)),
        "## Claims with one channel",
        ", ".join(f"{claim} ({next(iter(by_claim[claim]))})" for claim in single) + ".",
    ]
    return "\n\n".join(sections) + "\n"


def _figures(groups: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(f"- **{name}**: {len(found)} claims." for name, found in groups.items())


def _claims(compared: Iterable[Pair]) -> list[str]:
    return list(dict.fromkeys(pair.claim for pair in compared))


def _beyond(pair: Pair) -> int:
    return sum(pair.beyond.values())


def _row(pair: Pair) -> list[str]:
    outside = ", ".join(f"{Path(file).stem} {count}" for file, count in pair.beyond.items())
    mark = "yes" if pair.independent else "no"
    return [pair.claim, mark, f"{pair.first}; {pair.second}", str(sum(pair.shared.values())), outside or "nothing"]
