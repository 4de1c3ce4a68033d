"""Saved states of a training run: one file, written at once or not at all, and checked when it is read.

A file is a line that names the format, the SHA-256 of what follows, and a NumPy archive of arrays: nothing in it is
executed, and a changed byte is noticed.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Saved: TypeAlias = Mapping[str, NDArray[np.floating]]

FORMAT = b"foanil checkpoint 1\n"
MOST_UNFOLDING = 100
"""An archive may unfold to so many times its size: saved states do by less than 2, a malicious one by 1000."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be written, or cannot be trusted."""


def save(path: Path, arrays: Saved) -> None:
    """Replace the file at once: an interruption leaves the old file whole. Raises CheckpointError if it fails."""
    content = io.BytesIO()
    np.savez(content, **cast("dict[str, Any]", arrays))
    write_bytes(path, FORMAT + _digest(content.getvalue()) + content.getvalue())


def load(path: Path) -> dict[str, NDArray[np.floating]]:
    """Return the arrays of a checkpoint. Raises CheckpointError when it cannot be read or a byte has changed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint {path} cannot be read: {error.strerror}; check its permissions"
        ) from error
    digest, archive = content[len(FORMAT) :][:65], content[len(FORMAT) + 65 :]
    if not content.startswith(FORMAT) or digest != _digest(archive):
        raise CheckpointError(
            f"the checkpoint {path} is damaged: expected {FORMAT.decode().strip()!r} and a matching SHA-256, "
            f"got {len(content)} bytes without it; move the file away to train this run again from its start"
        )
    try:
        return unpacked(archive)
    except ValueError as error:
        raise CheckpointError(f"the checkpoint {path} holds no arrays: {error}; move it away to train again") from error


def unpacked(archive: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a NumPy archive. Raises ValueError when it is none, or would unfold to far more bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > MOST_UNFOLDING * len(archive):
            raise ValueError(f"{len(archive)} bytes that would unfold to {size}")
        with np.load(io.BytesIO(archive), allow_pickle=False) as found:
            arrays = dict(found)
    except Exception as error:  # neither NumPy nor zipfile names a closed list of what a malformed header may raise
        raise ValueError(str(error) or type(error).__name__) from error
    strangers = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if strangers:
        raise ValueError(f"{strangers[0]!r} is no array")
    return arrays


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once or not at all. Raises CheckpointError with the system's reason (no space, no permission)."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path)
        scratch.write_bytes(content)
        scratch.replace(path)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written: {error.strerror}; nothing that was there is lost: free some space or choose "
            "another folder, and run the same command again"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def require_writable(*folders: Path) -> None:
    """Raise CheckpointError unless a file can be written in each folder: hours of training end in one."""
    for folder in folders:
        probe = folder / "foanil"
        write_bytes(probe, b"")
        probe.unlink()


def _clear(path: Path) -> None:
    """Remove what processes that are gone left aside of a file: they were killed while they wrote it."""
    for aside in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        writer = aside.name.split(".")[-2]
        if not (writer.isdecimal() and _is_running(int(writer))):
            aside.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it runs, for somebody else
        return True
    return True


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"
