"""Section 1: the best one-layer network adapted by one step stays above two layers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from foanil.arrays import EXACT
from foanil.decisions import satisfiable
from foanil.evidence import Check, Method
from foanil.paper_alphabet import limit_alphabet
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting
from proofs.sec_1_minimal_architecture import (
    CHECKS,
    best_step,
    conditions,
    one_layer_objective,
    one_layer_optimum,
    two_layer_optimum,
)

CLAIM = "sec-1-minimal-architecture"
SETTING = Setting(5, 2, 3, 4, [[2, "1/2"], ["1/2", 1]], "3/4", "1/3", "1/4")
SMALLEST = Setting(2, 1, 1, 1, 1, 0, "1/3", "1/4")


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """One layer stays above two by more than a positive constant."""
    evidence.judge(check)


def test_conditions_can_be_met() -> None:
    """The conditions do not contradict themselves."""
    assert satisfiable(conditions(limit_alphabet()))


def letters(setting: Setting) -> dict[str, Any]:
    """Return letters and scalars of the setting with K⁻¹, exact."""
    at = setting.in_system(EXACT)
    m = at["m_in"]
    K = (1 + 1 / m) * at["Sigma_star"] + at["sigma_bar_sq"] / m * EXACT.eye(setting.k)
    sizes = {"d": EXACT.scalar(setting.d), "k": EXACT.scalar(setting.k)}
    return {**at, **sizes, "K_inverse": EXACT.inv(K)}


@pytest.mark.claim(id=CLAIM)
@pytest.mark.parametrize("setting", [SETTING, SMALLEST], ids=["generic", "smallest"])
def test_the_gap_at_an_instance(setting: Setting, evidence: Recorder) -> None:
    """At exact instances the one-layer objective is at least its optimum on a grid, and that is above L⋆."""
    at = letters(setting)
    words = limit_alphabet()
    one, two = (f(words).evaluate(EXACT, at, at) for f in (one_layer_optimum, two_layer_optimum))
    assert one > two
    best = best_step(words).evaluate(EXACT, at, at)
    for change in (Fraction(-1, 5), Fraction(0), Fraction(1, 7)):
        for entry in (Fraction(0), Fraction(1, 3)):
            here = at | {"alpha": best + EXACT.scalar(change), "u": EXACT.array([[entry]] * setting.d)}
            value = one_layer_objective().evaluate(EXACT, here, here)
            assert value > one or (value == one and not change and not entry)
    evidence.record(
        claim=CLAIM,
        method=Method.EXACT,
        scope=repr(setting),
        shown=f"best one-layer objective {one} > {two} = L⋆",
        finding="The gap is (Tr(Σ⋆K⁻¹Σ⋆) − τ²/T_d)/2 exactly; one layer does gain τ²/(2T_d) over not adapting, which "
        "tends to 0 like 1/d, while two layers' gain does not depend on d.",
    )
