"""Every place where input enters: what it is given, how it is fed, and the refusals that it may answer with."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner
from hypothesis import strategies as st

from foanil import audit, expiry
from foanil.__main__ import main
from foanil.certificates import certify, check, problem
from foanil.certificates.documents import digest
from foanil.evidence import Evidence, Method, Outcome
from foanil.experiments import checkpoints, results, training
from foanil.experiments.checkpoints import CheckpointError
from foanil.experiments.configuration import SMALL
from foanil.experiments.results import ResultsError
from foanil.expiry import UnreadableAuditError
from foanil.sweeps import chunks, specification
from foanil.sweeps.axes import SpecificationError
from foanil.sweeps.chunks import ChunkError
from fuzz import hostile

EXAMPLES = Path(__file__).parents[1] / "examples"
REFUSED = 2
EXIT_CODES = frozenset({0, 1, REFUSED, 3, 130})


class TracebackShownError(AssertionError):
    """A command ended in what its user should never see."""


class RefusedError(ValueError):
    """A command said in a line what is wrong with its input, and exited with 2."""


class OutOfTimeError(RuntimeError):
    """The patience that the fuzzer has with one certificate is over: the checker's own way to stop."""


@dataclass(frozen=True)
class Surface:
    """A place where input enters: `feed(case, folder)` gives it one case; anything but `refusals` is a failure."""

    name: str
    cases: st.SearchStrategy[Any]
    feed: Callable[[Any, Path], object]
    refusals: tuple[type[Exception], ...]


# Problems ------------------------------------------------------------------------------------------


def example(name: str) -> dict[str, Any]:
    """Return the parsed problem of an example."""
    return tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))


def _problem_file(suffix: str) -> Callable[[bytes, Path], object]:
    def feed(content: bytes, folder: Path) -> object:
        (folder / f"problem{suffix}").write_bytes(content)
        return problem.load_problem(folder / f"problem{suffix}")

    return feed


def _array_file(content: bytes, folder: Path) -> object:
    (folder / "start.npy").write_bytes(content)
    (folder / "problem.json").write_text(json.dumps(example("inside-the-region") | {"B_0": "start.npy"}))
    return problem.load_problem(folder / "problem.json")


def _changes(changes: list[str], folder: Path) -> object:
    (folder / "problem.json").write_text(json.dumps(example("inside-the-region")))
    return problem.load_problem(folder / "problem.json", changes)


def as_text(document: Any) -> bytes:
    """Return a document as JSON, whatever it holds."""
    return json.dumps(document).encode()


def npy(array: np.ndarray[Any, Any]) -> bytes:
    """Return an array as the bytes of a .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


PAIRS = st.tuples(st.sampled_from((*problem.KEYS, "", "__init__", "B_00")), st.sampled_from(hostile.TEXTS) | st.text())

# Certificates --------------------------------------------------------------------------------------


@functools.cache
def certificates() -> tuple[dict[str, Any], ...]:
    """Return certificates of each kind, as they are written."""
    names = ("inside-the-region", "collapsing-head", "diverging-complement")
    found = (certify.certify(problem.load_problem(EXAMPLES / f"{name}.toml"), 50, 50) for name in names)
    return tuple(json.loads(json.dumps(answer.certificate)) for answer in found)


def _certificate(content: bytes, folder: Path) -> object:
    (folder / "certificate.json").write_bytes(content)
    return check.check(check.read(folder / "certificate.json"), _impatient)


def _impatient(name: str, most: int, done: int) -> None:
    if most > 200 or done > 50:
        raise OutOfTimeError(name)


def _signed(document: Any) -> bytes:
    """Return a certificate with a digest that fits, so that the checks behind the digest are reached."""
    if isinstance(document, dict):
        document = document | {"digest": digest(document)}
    return as_text(document)


# Saved runs and results ----------------------------------------------------------------------------

RUN = training.Run(SMALL, 1, "fo-anil", 0)


@functools.cache
def saved_arrays() -> dict[str, np.ndarray[Any, Any]]:
    """Return what a saved run holds."""
    identity = training._identity(RUN)
    return {**training.start(RUN), "t": np.array(4), "series": np.ones((2, len(training.COLUMNS))), "run": identity}


def archive(arrays: dict[str, Any], *, packed: bool = False) -> bytes:
    """Return arrays as the bytes of a NumPy archive."""
    stream = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(stream, **arrays)
    return stream.getvalue()


def sealed(content: bytes) -> bytes:
    """Return an archive as a checkpoint whose SHA-256 fits."""
    return checkpoints.FORMAT + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def _checkpoint(content: bytes, folder: Path) -> object:
    path = folder / "run.checkpoint"
    path.write_bytes(content)
    return training.resumed(RUN, path)


@st.composite
def _archives(draw: st.DrawFn) -> bytes:
    """Return a checkpoint whose arrays are missing, of other shapes or kinds, or whose archive is broken."""
    arrays: dict[str, Any] = dict(saved_arrays())
    for name in draw(st.lists(st.sampled_from(sorted(arrays)), max_size=2)):
        arrays[name] = draw(st.sampled_from(ODD_ARRAYS))
    for name in draw(st.lists(st.sampled_from(sorted(arrays)), max_size=1)):
        del arrays[name]
    return sealed(draw(hostile.changed_bytes(archive(arrays, packed=draw(st.booleans())), 2)))


ODD_ARRAYS = (
    *(np.array(7.5), np.array("text"), np.array([]), np.zeros((0, 7)), np.full(3, np.nan), np.zeros((2, 2, 2))),
    *(np.array(2**62), np.zeros(10**6), np.array([b"x"]), np.array([1 + 2j]), np.zeros(2, dtype=[("a", "i4")])),
)


@st.composite
def _results(draw: st.DrawFn) -> dict[str, bytes]:
    """Return the files of an experiment: its label, two tables and an archive, changed but for the hashes, or all."""
    header = ",".join(["method", "run", *training.COLUMNS])
    files = {
        "risks.csv": b"method,run,adaptation,m_test,half,standard_error,ridge,exact\nfo-anil,0,1gd,20,0.5,0.1,,\n",
        "series.csv": f"{header}\nfo-anil,0,4,1,1,1,1,1,1\n".encode(),
        "networks.npz": archive({"fo-anil/0/B": np.eye(3, 2), "fo-anil/0/w": np.ones(2)}, packed=True),
    }
    chosen = draw(st.sampled_from(sorted(files)))
    files[chosen] = draw(hostile.changed_bytes(files[chosen]))
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    label = {"configuration": {}, "changes": {}, "seed": 1, "sha256": hashes}
    return files | {"experiment.json": as_text(draw(hostile.documents(label, 1)))}


def _experiment(files: dict[str, bytes], folder: Path) -> object:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return results.read(folder)


# Sweeps --------------------------------------------------------------------------------------------


@functools.cache
def small_sweep() -> dict[str, Any]:
    """Return the parsed specification of a sweep of one chunk that takes no time."""
    return example("sweep") | {"starts": 1, "steps": 3}


@functools.cache
def written_chunk() -> bytes:
    """Return the Parquet file of its chunk."""
    return chunks.computed(specification.specification(small_sweep()), 0)


def _sweep(document: Any, folder: Path) -> object:
    if not isinstance(document, dict):
        raise SpecificationError("TOML is a table")
    return specification.specification(document).plain()


def _sweep_file(content: bytes, folder: Path) -> object:
    (folder / "sweep.toml").write_bytes(content)
    return specification.read(folder / "sweep.toml").plain()


def _chunk(content: bytes, folder: Path) -> object:
    (folder / "rows.parquet").write_bytes(content)
    return chunks.opened(folder / "rows.parquet", specification.specification(small_sweep()), 0)


# The audit -----------------------------------------------------------------------------------------


@functools.cache
def written_audit() -> dict[str, Any]:
    """Return the data of a small audit.json."""
    from foanil.claims import REGISTRY

    check = "verify/test_eq_07_second_moment.py::test_it"
    held = Evidence("eq-7", Method.EXACT, Outcome.HELD, "d = 3", check, series={"x": ((0.0, 1.0),)}, mutants=(3, 3))
    run = {"profile": "quick", "digits": 50, "seed": "none", "seconds": 1.0, "versions": {"sympy": "1.14.0"}}
    hashed = {"check": "3" * 64, "engine": "4" * 64}
    sources = {"claims": {"eq-7": "1" * 64}, "formulas": {}, "checks": {check: hashed}, "pages": "5" * 64}
    paper = {"title": "A paper", "sha256": "0" * 64}
    found = audit.audit(REGISTRY, [held])
    data: dict[str, Any] = json.loads(audit.to_json(audit.as_data(found, paper, run, sources, {"a.md": b"#"})))
    return data | {"claims": data["claims"][:2] + [claim for claim in data["claims"] if claim["evidence"]]}


def _audit_file(content: bytes, folder: Path) -> object:
    from foanil.claims import REGISTRY

    (folder / "audit.json").write_bytes(content)
    written = expiry.read(folder)
    now = {"claims": {}, "formulas": {}, "checks": {}, "pages": ""} | _of_now()
    return expiry.findings(written, REGISTRY, now), expiry.rendered(written, REGISTRY)


@functools.cache
def _of_now() -> dict[str, Any]:
    from foanil.claims import REGISTRY

    formulas = {name: "2" * 64 for claim in REGISTRY.values() for name in claim.stated}
    return {"claims": dict.fromkeys(REGISTRY, "1" * 64), "formulas": formulas}


# The command line ----------------------------------------------------------------------------------

WORDS = (
    *("claims", "prove", "quotes", "certify", "check", "report", "figures", "simulate", "doctor"),
    *("eq-7", "eq-70", "sec-4-spherical", "problem.json", "certificate.json", "audit", "out", "."),
    *("0", "1", "12", "3/7", "alpha=1/8", "B_0=x.npy", "--json", "--paper", "--set", "-s", "--digits", "--steps"),
    *("--epsilon", "-o", "--output", "--minutes", "--reports", "--table", "--variants", "--runs", "--seed"),
    *("--workers", "--folder", "-h", "--version"),
)
ARGUMENTS = st.sampled_from(WORDS) | st.sampled_from(hostile.TEXTS) | st.text(max_size=8)


@st.composite
def _command_lines(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Return arguments, and the content of the files that they may name."""
    content = draw(hostile.documents(example("inside-the-region"), 1).map(as_text) | st.binary(max_size=40))
    return draw(st.lists(ARGUMENTS, max_size=6)), content


def _command(case: tuple[list[str], bytes], folder: Path) -> object:
    arguments, content = [_inside(argument) for argument in case[0]], case[1]
    if set(arguments) & {"simulate", "table1"} and not {"-h", "--help"} & set(arguments):
        arguments = ["simulate", "nothing-of-this-name"]  # training is not the matter here
    for name in ("problem.json", "certificate.json"):
        (folder / name).write_bytes(content)
    (folder / "audit").mkdir(exist_ok=True)
    (folder / "audit" / "audit.json").write_bytes(content)
    done = CliRunner().invoke(main, arguments, catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    if done.exit_code not in EXIT_CODES or "Traceback" in done.output:
        raise TracebackShownError(f"{arguments}: exit code {done.exit_code}, {done.output[-500:]}")
    if done.exit_code == REFUSED:
        raise RefusedError(done.output)
    return done.exit_code


def _inside(argument: str) -> str:
    """Keep what a user names for output within the folder: elsewhere it would be written there, as asked."""
    named = argument.removeprefix("-o").removeprefix("--output=").removeprefix("--folder=")
    outside = named != argument or named.startswith(("/", "..")) or "/.." in named
    return "out" if outside and argument not in ("-o", "--output", "--folder") else argument


# All of them ---------------------------------------------------------------------------------------


@functools.cache
def surfaces() -> dict[str, Surface]:
    """Return the surfaces by name."""
    valid, start = example("inside-the-region"), npy(np.eye(5, 3) / 8)
    text = (EXAMPLES / "inside-the-region.toml").read_bytes()
    refused = (problem.ProblemError,)
    rejected = (check.UnreadableError, check.RejectedError, OutOfTimeError)
    sweep = (EXAMPLES / "sweep.toml").read_bytes()
    certificate = st.sampled_from(certificates()).flatmap(hostile.documents)
    found = (
        Surface("problem as TOML", hostile.changed_bytes(text), _problem_file(".toml"), refused),
        Surface("problem as JSON", hostile.documents(valid).map(as_text), _problem_file(".json"), refused),
        Surface("problem as bytes", hostile.changed_bytes(as_text(valid)), _problem_file(".json"), refused),
        Surface("array of a problem", hostile.changed_bytes(start), _array_file, refused),
        Surface("--set of a problem", st.lists(PAIRS.map("=".join) | st.text(), max_size=3), _changes, refused),
        Surface("certificate", certificate.map(_signed), _certificate, rejected),
        Surface("certificate as bytes", hostile.changed_bytes(as_text(certificates()[0])), _certificate, rejected),
        Surface("checkpoint", hostile.changed_bytes(sealed(archive(saved_arrays()))), _checkpoint, (CheckpointError,)),
        Surface("checkpoint with a digest that fits", _archives(), _checkpoint, (CheckpointError,)),
        Surface("results of an experiment", _results(), _experiment, (ResultsError,)),
        Surface("sweep", hostile.documents(small_sweep()), _sweep, (SpecificationError,)),
        Surface("sweep as bytes", hostile.changed_bytes(sweep), _sweep_file, (SpecificationError,)),
        Surface("chunk of a sweep", hostile.changed_bytes(written_chunk()), _chunk, (ChunkError,)),
        Surface("audit.json", hostile.documents(written_audit()).map(as_text), _audit_file, (UnreadableAuditError,)),
        Surface(
            "audit.json with a digest that fits",
            hostile.documents(written_audit()).map(_sealed_audit),
            _audit_file,
            (UnreadableAuditError,),
        ),
        Surface("command line", _command_lines(), _command, (RefusedError,)),
    )
    return {surface.name: surface for surface in found}


def _sealed_audit(document: Any) -> bytes:
    with contextlib.suppress(UnicodeEncodeError):  # half a surrogate pair has no digest
        document = audit.sealed(document) if isinstance(document, dict) else document
    return as_text(document)
