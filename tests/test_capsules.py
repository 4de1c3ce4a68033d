"""Counterexample scripts: standalone, short, and still true."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPORTS = Path(__file__).parents[1] / "reports"
CAPSULES = sorted((REPORTS / "capsules").glob("*.py"))
REFUTED = [
    row["id"]
    for row in csv.DictReader((REPORTS / "verdicts.csv").read_text(encoding="utf-8").splitlines())
    if row["verdict"] == "REFUTED"
]


@pytest.mark.parametrize("claim", REFUTED)
def test_every_refuted_claim_ships_one(claim: str) -> None:
    """The section of a refuted claim names its script, which is there."""
    findings = (REPORTS / "findings.md").read_text(encoding="utf-8")
    section = findings.partition(f"\n### {claim}:")[2].partition("\n### ")[0]
    scripts = re.findall(r"\*\*Its script\*\*: \[[^]]+\]\(capsules/(\w+)\.py\)", section)
    assert scripts
    assert set(scripts) <= {path.stem for path in CAPSULES}


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
