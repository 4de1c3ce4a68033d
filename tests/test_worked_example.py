"""The worked example: an audit of another paper's formula, by the plugin alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "wishart"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, so that its reports are written elsewhere."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "wishart", ignore=shutil.ignore_patterns("reports", "__pycache__")))


def audited(folder: Path) -> tuple[int, str]:
    """Run the audit there; return its exit code and the summary."""
    command = [sys.executable, "-m", "pytest", "verify/", "-q", "-p", "no:cacheprovider"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return found.returncode, (folder / "reports" / "SUMMARY.md").read_text(encoding="utf-8")


def test_example_is_derived_and_its_falsehood_refused(example: Path) -> None:
    """The formula is DERIVED; with the transpose dropped it is UNRESOLVED, and the audit ends with exit code 1."""
    check = example / "verify" / "test_wishart.py"
    code, summary = audited(example)
    assert (code, "| ● DERIVED | 1 |" in summary) == (0, True)
    source = check.read_text(encoding="utf-8")
    check.write_text(source.replace("+ m * A.T + m * WORDS", "+ m * A + m * WORDS"), encoding="utf-8")
    assert check.read_text(encoding="utf-8") != source
    code, summary = audited(example)
    assert (code, "| ‼ UNRESOLVED | 1 |" in summary) == (1, True)
