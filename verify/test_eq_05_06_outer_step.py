"""Equations (5) and (6), the outer step for infinitely many tasks."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs.eq_05_06_outer_step import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(5) and (6) as stated are the mean of (3), in every dimension."""
    evidence.judge(check)
