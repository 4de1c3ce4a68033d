"""One case of one surface, judged: a refusal is what hostile input deserves; whatever else is raised is a failure."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuzz.guard import watched
from fuzz.surfaces import Surface

SECONDS = 20
"""The longest that one case may take."""


def tried(surface: Surface, case: Any) -> bool:
    """Feed one case in a folder of its own; return whether it was accepted. Raises whatever is no refusal."""
    with _folder() as folder, watched(folder, SECONDS):
        try:
            surface.feed(case, folder)
        except surface.refusals:
            return False
        return True


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Work in a fresh folder: names without a folder in hostile input lead here."""
    before = Path.cwd()
    folder = Path(tempfile.mkdtemp(prefix="foanil-fuzz-"))
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder)
