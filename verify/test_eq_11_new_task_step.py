"""Equation (11), the test-time step."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs.eq_11_new_task_step import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(11) as stated is one gradient step on the new task's loss, in every dimension."""
    evidence.judge(check)
