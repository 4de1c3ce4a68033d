"""What `foanil certify` and `foanil check` do between flags and exit code: progress, patience, and safe output."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

EXIT_CODES = {"CERTIFIED": 0, "REFUTED": 1, "UNDECIDED": 3}
"""What `foanil certify` returns."""

SETTLING = 5.0
"""Seconds of work before its total is estimated."""


class InputError(click.ClickException):
    """Bad input, or an output that cannot be written: one line, exit code 2."""

    exit_code = 2


class OutOfPatienceError(RuntimeError):
    """The work would take longer than was allowed; the message says how long, and how to allow more."""


def certified(
    problem: Path | None,
    changes: tuple[str, ...],
    digits: int,
    steps: int,
    epsilon: str | None,
    output: Path | None,
    as_json: bool = False,
) -> int:
    """Search a certificate, write or print it, print the words, and return the exit code.

    As JSON, standard output has one object: the outcome, the words, and the certificate or null.
    """
    with ended_by_interrupt("interrupted: nothing was written"):
        if output is not None and problem is not None and output.resolve() == problem.resolve():
            raise InputError(f"-o names the problem itself, {output}, which would be lost; name another file")
        place = None if output is None else writable(output)
        answer = _searched(problem, changes, digits, steps, epsilon)
    text = "" if answer.certificate is None else json.dumps(answer.certificate, indent=1, ensure_ascii=False) + "\n"
    if place is not None and text:
        write(place, text)
    with ended_by_interrupt("interrupted while printing; what -o names is complete"):
        if as_json:
            said = {"outcome": answer.outcome, "words": list(answer.lines), "certificate": answer.certificate}
            _print(json.dumps(said, indent=1, ensure_ascii=False) + "\n", err=False)
            return EXIT_CODES[answer.outcome]
        if place is None:
            _print(text, err=False)
        unwritten = [] if text or output is None else [f"{output} was not written: there is no certificate."]
        _print("".join(f"{line}\n" for line in (*answer.lines, *unwritten)), err=output is None)
    return EXIT_CODES[answer.outcome]


def checked(certificate: Path, minutes: float, as_json: bool = False) -> int:
    """Check a certificate, print what it proves, and return the exit code; as JSON: the outcome and the words."""
    with ended_by_interrupt("interrupted: nothing is known of this certificate"):
        from foanil.certificates.check import RejectedError, UnreadableError, check, read

        try:
            with progress() as show:
                line, outcome = check(read(certificate), patience(minutes, show)), "ACCEPTED"
        except UnreadableError as error:
            raise InputError(str(error)) from error
        except RejectedError as error:
            line, outcome = f"REJECTED: {error}", "REJECTED"
        except OutOfPatienceError as error:
            line, outcome = f"UNDECIDED: {error}", "UNDECIDED"
        _print(json.dumps({"outcome": outcome, "words": line}) + "\n" if as_json else f"{line}\n", err=False)
    return {"ACCEPTED": 0, "REJECTED": 1, "UNDECIDED": 3}[outcome]


def _searched(problem: Path | None, changes: tuple[str, ...], digits: int, steps: int, epsilon: str | None) -> Any:
    from foanil.certificates.certify import certify
    from foanil.certificates.problem import ProblemError, load_problem, number

    try:
        given = load_problem(problem, changes)
        bound = None if epsilon is None else number(epsilon, "epsilon")
        if bound is not None and bound <= 0:
            raise ProblemError(f"epsilon must be > 0; got {epsilon}; give a positive number")
        with progress() as show:
            return certify(given, digits, steps, bound, show)
    except (ProblemError, OSError) as error:
        raise InputError(str(error)) from error


# Progress and patience ---------------------------------------------------------------------------

Watch = Callable[[str, int, int], None]
"""Called with the name of the work, the steps to do and the steps done."""


@contextlib.contextmanager
def progress() -> Iterator[Watch]:
    """Show a bar with the remaining time when standard error is a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda name, most, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(name: str, most: int, done: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=most)
            bars.update(tasks[name], completed=done)

        yield show


def patience(minutes: float, show: Watch) -> Watch:
    """Return a watch that shows the work, and ends it when it is seen to take longer than this."""
    began = time.monotonic()
    starts: dict[str, float] = {}

    def watch(name: str, most: int, done: int) -> None:
        show(name, most, done)
        now = time.monotonic()
        spent = now - starts.setdefault(name, now)
        foreseen = now - began + spent * (most - done) / max(done, 1)
        if now - began > 60 * minutes or (spent > SETTLING and foreseen > 60 * minutes):
            raise OutOfPatienceError(
                f"checking takes longer than {minutes:g} minutes ({name}: step {done} of {most}, about "
                f"{foreseen / 60:.0f} minutes in all); allow more with --minutes"
            )

    return watch


# Output ------------------------------------------------------------------------------------------


def writable(path: Path) -> Path:
    """Return where a file can be written under this name, links followed. Raises InputError before any long work."""
    place = Path(os.path.realpath(path))
    try:
        if place.exists() and not place.is_file():
            raise InputError(f"expected the name of a file; {str(path)!r} is a folder or a device; choose another")
        if not place.parent.is_dir():
            raise InputError(f"expected a folder for {str(path)!r}; there is no {str(place.parent)!r}; create it")
        _scratch(place).open("xb").close()
        _scratch(place).unlink()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written: {error.strerror}; choose another place") from error
    return place


def _scratch(place: Path) -> Path:
    # Hidden, next to its place, so that the last step is one rename; short, so that a legal name stays legal.
    return place.with_name(f".foanil-{os.getpid()}.part")


def write(place: Path, text: str) -> None:
    """Write a file at once or not at all; an interrupt waits for the moment that it takes. Raises InputError."""
    scratch = _scratch(place)
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(place)
    except OSError as error:
        raise InputError(f"{str(place)!r} cannot be written: {error.strerror}; free some space") from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        if is_main:
            signal.signal(signal.SIGINT, before)


def _print(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # closed by the caller
        return
    try:
        click.echo(text, nl=False, file=stream)
        stream.flush()
    except BrokenPipeError:
        # The reader has seen enough; point the stream elsewhere, or the interpreter complains as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if err else 1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if err else 1)
        raise InputError(f"the output cannot be written: {error.strerror}; choose another place") from error


@contextlib.contextmanager
def ended_by_interrupt(message: str) -> Iterator[None]:
    """End the process on Ctrl-C with one line and exit code 130: an exception may be lost in a library's C code."""

    def end(*_: object) -> None:
        os.write(2, f"{message}\n".encode())
        os._exit(130)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
