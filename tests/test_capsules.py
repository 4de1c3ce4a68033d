"""Counterexample scripts: standalone, short, and still true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CAPSULES = sorted((Path(__file__).parents[1] / "reports" / "capsules").glob("*.py"))


def test_there_are_capsules() -> None:
    """The folder of counterexample scripts is not empty."""
    assert CAPSULES


@pytest.mark.parametrize("capsule", CAPSULES, ids=lambda path: path.stem)
def test_runs_without_the_package(capsule: Path) -> None:
    """A counterexample runs on a bare Python, isolated from this environment, and prints the violation."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(capsule)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("capsule", CAPSULES, ids=lambda path: path.stem)
def test_is_short(capsule: Path) -> None:
    """A counterexample fits on a page: at most 40 lines."""
    assert len(capsule.read_text(encoding="utf-8").splitlines()) <= 40
