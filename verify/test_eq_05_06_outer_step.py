"""Equations (5) and (6), the outer step for infinitely many tasks."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs import eq_07_entrywise
from proofs.eq_05_06_outer_step import CHECKS

SECOND_ENGINE = [check for check in eq_07_entrywise.CHECKS if set(check.claims) <= {"eq-5", "eq-6"}]


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(5) and (6) as stated are the mean of (3), in every dimension."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(SECOND_ENGINE))
def test_entry_by_entry(check: Check, evidence: Recorder) -> None:
    """SymPy, with every entry a symbol, finds the same at explicit sizes."""
    evidence.judge(check)
