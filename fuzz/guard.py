"""A watch on what a process does while it reads hostile input: code run, files written elsewhere, memory taken.

Python reports such acts as audit events. The hook refuses them, and remembers that it did: an exception alone could be
swallowed. A hook cannot be removed, so that it is installed once and sleeps outside `watched`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = frozenset(
    {"os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
)
"""Events whose arguments that are texts are the paths of changed files."""
FORBIDDEN = frozenset(
    {
        *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system"),
        *("subprocess.Popen", "pty.spawn", "pickle.find_class", "socket.connect", "socket.bind", "ctypes.dlopen"),
        "code.__new__",
    }
)


class Forbidden(BaseException):
    """Hostile input made the process do what no input may."""


class TooSlow(BaseException):
    """Hostile input kept the process busy for longer than a case may take."""


@dataclass
class _Watch:
    folder: Path | None = None
    forbidden: list[str] = field(default_factory=list)


_watch = _Watch()


def install() -> None:
    """Install the hook, once for each process."""
    if not getattr(sys, "_foanil_fuzz_guard", False):
        sys.addaudithook(_heard)
        sys._foanil_fuzz_guard = True  # type: ignore[attr-defined]


@contextmanager
def watched(folder: Path, seconds: int) -> Iterator[None]:
    """Refuse forbidden acts while the block runs; only below `folder` may files be written.

    `seconds` are of processor time: a busy machine is no fault of the input.

    Raises Forbidden after the block when one was tried, even if it was swallowed there, and TooSlow.
    """
    install()
    before, bytecode = signal.signal(signal.SIGPROF, _late), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    signal.setitimer(signal.ITIMER_PROF, seconds)
    _watch.folder, _watch.forbidden = folder.resolve(), []
    try:
        yield
    finally:
        tried, _watch.folder = _watch.forbidden, None
        sys.dont_write_bytecode = bytecode
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if tried:
            raise Forbidden("; ".join(tried))


def _late(*_: object) -> None:
    raise TooSlow


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    folder = _watch.folder
    if folder is None:
        return
    if event in FORBIDDEN or (event == "exec" and _is_foreign(arguments[0], folder)):
        _refuse(f"{event} {arguments!r:.200}")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES:
        _require_inside(folder, event, arguments[:1])
    if event in CHANGES:
        _require_inside(folder, event, arguments)


def _is_foreign(code: Any, folder: Path) -> bool:
    """Whether code that is about to run comes from a text or from the folder, not from an installed module.

    A module that is imported only now may make classes from texts of its own, as dataclasses does.
    """
    if code.co_filename.startswith("<"):
        return not _is_importing()
    return Path(code.co_filename).resolve().is_relative_to(folder)


def _is_importing() -> bool:
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None


def _require_inside(folder: Path, event: str, paths: tuple[Any, ...]) -> None:
    named = (os.fsdecode(path) for path in paths if isinstance(path, str | bytes | os.PathLike))
    for path in named:
        place = Path(os.path.realpath(path))
        if path and not place.is_relative_to(folder) and place != Path(os.devnull):
            _refuse(f"{event} {path}, outside {folder}")


def _refuse(what: str) -> None:
    _watch.forbidden.append(what)
    raise Forbidden(what)


# Memory --------------------------------------------------------------------------------------------


def peak_bytes() -> int:
    """Return the most memory that this process has held so far."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def limit_memory(further: int) -> None:
    """Let the process address this many bytes more than it does now: what takes more meets a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + further
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
