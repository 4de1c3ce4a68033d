"""Section 2.2.1: (5)-(6) are the gradient of (1) without its second-order terms."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil.arrays import EXACT
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State
from proofs.sec_2_first_order_gradient import BLOCKS, CHECKS, commutator, left_out

SETTING = Setting(4, 2, 3, 5, [[2, "1/2"], ["1/2", 1]], "3/4", "1/3", "1/4")
STATE = State([["1/2", "1/3", 0], [1, "-1/4", "1/5"], ["2/3", 0, "1/6"], ["-1/7", "1/2", 1]], ["1/2", "-2/3", "1/5"])


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The first-order direction is the gradient of (1) at a frozen inner step, and the full one its gradient."""
    evidence.judge(check)


@pytest.mark.claim(id="sec-2-first-order-gradient")
def test_second_order_terms_are_there(evidence: Recorder) -> None:
    """What the first-order method leaves out is not zero at an instance, with a head and without one."""
    letters = {**SETTING.in_system(EXACT), **STATE.in_system(EXACT)}
    missing = [left_out(letter).evaluate(EXACT, letters, letters) for letter in BLOCKS]
    turning = commutator().evaluate(EXACT, letters, letters)
    assert all(any(entry for entry in block.ravel()) for block in (*missing, turning))
    largest = max(abs(Fraction(int(x.numerator), int(x.denominator))) for block in missing for x in block.ravel())
    evidence.record(
        claim="sec-2-first-order-gradient",
        method=Method.EXACT,
        scope=f"{SETTING!r}, one rational (B, w)",
        shown=f"the largest entry of the second-order terms is {float(largest):.4f}, not 0",
        finding="Without a head, the gradient of (1) is twice the first-order direction plus (1 + 1/m_in)α²[Θ, BBᵀ]B: "
        "FO-ANIL then descends (1) itself wherever BBᵀ commutes with Θ, and only there.",
    )
