"""Equation (4), the inner step in closed form."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs.eq_04_inner_step import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(4) as stated is what differentiating the loss gives, in every dimension."""
    evidence.judge(check)
