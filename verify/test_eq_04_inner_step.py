"""Equation (4), the inner step in closed form."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs import eq_07_entrywise
from proofs.eq_04_inner_step import CHECKS

SECOND_ENGINE = [check for check in eq_07_entrywise.CHECKS if set(check.claims) <= {"eq-4"}]


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(4) as stated is what differentiating the loss gives, in every dimension."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(SECOND_ENGINE))
def test_entry_by_entry(check: Check, evidence: Recorder) -> None:
    """SymPy, with every entry a symbol, finds the same at explicit sizes."""
    evidence.judge(check)
