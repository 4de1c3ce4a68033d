"""Equation (7), Lemma 15, its first line, and spherical features."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs.eq_07_second_moment import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(7) as stated is the second moment that first principles give, in every dimension."""
    evidence.judge(check)
