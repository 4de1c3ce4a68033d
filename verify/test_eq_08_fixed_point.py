"""Equation (8), the limit, its uniqueness and its shrinkage."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs import eq_08_entrywise
from proofs.eq_08_fixed_point import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Λ⋆ as stated is the only full-rank stationary Gram matrix, and shrinks as the paper says."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(eq_08_entrywise.CHECKS))
def test_solved_by_sympy(check: Check, evidence: Recorder) -> None:
    """SymPy, solving the stationarity equation entry by entry, finds the stated Λ⋆ and no other full-rank root."""
    evidence.judge(check)
