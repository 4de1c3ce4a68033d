"""Saved states of a training run: one file, written at once or not at all, and checked when it is read.

A file is a line that names the format, the SHA-256 of what follows, and a NumPy archive of arrays: nothing in it is
executed, and a changed byte is noticed.
"""

from __future__ import annotations

import contextlib
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
        with np.load(io.BytesIO(archive), allow_pickle=False) as found:
            return dict(found)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"the checkpoint {path} holds no arrays: {error}; move it away to train again") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once or not at all. Raises CheckpointError with the system's reason (no space, no permission)."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"
