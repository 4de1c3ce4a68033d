"""Theorem 1 with explicit constants: the derivation goes through, and how far its constants stretch."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from foanil.decisions import RefusedGoalError, satisfiable
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from proofs.dimensionless import iteration
from proofs.one_step import theory
from proofs.thm_1_explicit_constants import CHECKS, entry, explicit_conditions

RESOLUTION = Fraction(1, 64)


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the proof is accepted, and every falsehood is refused."""
    evidence.judge(check)


def test_hypotheses_can_be_met() -> None:
    """Neither the region nor the explicit hypotheses contradict themselves: some point satisfies each."""
    assert satisfiable(theory().assumptions)
    assert satisfiable(explicit_conditions(iteration()))


def accepted(attempt: Callable[[], object]) -> bool:
    """Whether the scalar goals of an attempt are decided."""
    try:
        attempt()
    except RefusedGoalError:
        return False
    return True


def largest(attempt: Callable[[Fraction], object], low: Fraction, high: Fraction) -> Fraction:
    """Return the largest constant, to the resolution, for which every goal is decided; high is known to be refused."""
    assert accepted(lambda: attempt(low))
    assert not accepted(lambda: attempt(high))
    while high - low > RESOLUTION:
        middle = (low + high) / 2
        low, high = (middle, high) if accepted(lambda at=middle: attempt(at)) else (low, middle)
    return low


@pytest.mark.claim(id="new-thm-1-explicit")
def test_largest_constants(evidence: Recorder) -> None:
    """One hypothesis relaxed at a time, the start still enters the region up to these constants, and not beyond."""
    here = iteration()
    found = {
        "α²σ̄² ≤": largest(lambda c: entry(here, step_size=1 / c), Fraction(1, 4), Fraction(1)),
        "m_in α‖B_0‖² ≤": largest(lambda c: entry(here, start=1 / c), Fraction(1, 4), Fraction(1, 2)),
        "‖w_0‖²/(αc) ≤": largest(lambda c: entry(here, head=c), Fraction(1), Fraction(4)),
    }
    evidence.record(
        claim="new-thm-1-explicit",
        method=Method.DECISION,
        scope=f"one hypothesis relaxed at a time, constants to {RESOLUTION}; the entry into the region only",
        shown="largest constants with which the start is decided to lie in the region",
        details=tuple((label, str(value)) for label, value in found.items()),
    )
