"""Section 2.2.1: first-order MAML, entangled with a head, and FO-ANIL without one."""

from __future__ import annotations

import pytest

from foanil.arrays import EXACT
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State
from proofs.expectations import mean_outer_direction
from proofs.sec_2_first_order_gradient import BLOCKS, block
from proofs.sec_2_first_order_maml import CHECKS, entanglement, headless, mean_direction, third_moments

SETTING = Setting(4, 2, 3, 5, [[2, "1/2"], ["1/2", 1]], "3/4", "1/3", "1/4")
STATE = State([["1/2", "1/3", 0], [1, "-1/4", "1/5"], ["2/3", 0, "1/6"], ["-1/7", "1/2", 1]], ["1/2", "-2/3", "1/5"])
SKEWED = ((1, (2, 4)), (2, (-1, -2)))
"""A centred task law that is not symmetric: weights 1 : 2 on two points of ℚ²."""


def letters() -> dict[str, object]:
    """Return the letters and scalars of the instance, exact."""
    return {**SETTING.in_system(EXACT), **STATE.in_system(EXACT), "d": SETTING.d, "k": SETTING.k}


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """FO-MAML's direction has B_{t,i} in it; without a head it is FO-ANIL's."""
    evidence.judge(check)


@pytest.mark.claim(id="sec-2-maml-entangled")
def test_entanglement_is_there(evidence: Recorder) -> None:
    """With a head FO-MAML's mean step differs from FO-ANIL's, and it depends on third moments of the task law."""
    at = letters()
    for letter in BLOCKS:
        assert any(entry for entry in entanglement(letter).evaluate(EXACT, at, at).ravel())
        skewed = sum(
            weight * third_moments(letter).evaluate(EXACT, at | {"w_star": EXACT.array([[x] for x in point])}, at)
            for weight, point in SKEWED
        )
        assert any(entry for entry in skewed.ravel())
    words = {name: len(mean_direction(name).terms) for name in BLOCKS}
    plain = {name: len(block(mean_outer_direction(), name).terms) for name in BLOCKS}
    evidence.record(
        claim="sec-2-maml-entangled",
        method=Method.EXACT,
        scope=f"{SETTING!r}, one rational (B, w), a skewed task law with two atoms",
        shown="FO-MAML's mean direction minus FO-ANIL's, and what third moments add, are not zero",
        finding=f"The mean direction of B has {words['B']} words for FO-MAML, {plain['B']} for FO-ANIL; the head's "
        f"{words['w']} and {plain['w']}. FO-MAML's step depends on the third moments of w⋆, which Assumption 1 leaves "
        "open, and on d explicitly; FO-ANIL's depends on neither.",
    )


def test_the_skewed_law_is_centred() -> None:
    """The instance's task law has mean zero and a third moment that is not."""
    assert all(sum(weight * point[i] for weight, point in SKEWED) == 0 for i in range(2))
    assert sum(weight * point[0] ** 3 for weight, point in SKEWED) != 0


@pytest.mark.claim(id="new-fo-maml-equals-fo-anil")
def test_the_common_step_moves(evidence: Recorder) -> None:
    """At w = 0 the step that both methods take is not zero at an instance."""
    at = letters()
    step = headless(mean_direction("B")).evaluate(EXACT, at, at)
    assert any(entry for entry in step.ravel())
    evidence.record(
        claim="new-fo-maml-equals-fo-anil",
        method=Method.EXACT,
        scope=f"{SETTING!r}, one rational B, w = 0",
        shown="the common mean direction of both methods is not zero",
        finding="For N = ∞ a head that starts at 0 stays there, so FO-MAML and FO-ANIL then have the same trajectory.",
    )
