"""The exact symmetries: formulas, hypotheses and bounds; the printed initial scale that depends on the unit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil import statements
from foanil.convergence import printed_conditions
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import State, isotropic, rescaled
from proofs.thm_1_symmetry import CHECKS, FORMULAS, PRINTED_SCALE, printed_scale_breaks


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """A formula of changed letters is the changed formula; a hypothesis compares terms of one scaling degree."""
    evidence.judge(check)


def test_no_formula_is_missing() -> None:
    """The symmetry audit covers every transcribed formula."""
    assert FORMULAS == statements.FORMULAS


@pytest.mark.claim(id="thm-1-init-scale")
def test_printed_scale_depends_on_the_unit(evidence: Recorder) -> None:
    """For every C the printed bound on B_0 holds in one unit and fails in another: the same problem, λ = 4."""
    assert not PRINTED_SCALE.residual().held
    decided = printed_scale_breaks()
    held = []
    for C in (Fraction(1, 10**6), Fraction(1, 7), Fraction(1), Fraction(10**6)):
        setting = isotropic(d=3, k=2, k_prime=2, m_in=1, c="1/4", sigma_sq="1/2", alpha=1, beta=1)
        root = C  # B_0 = √C·(first axes) needs a rational root: take C² for the constant
        state = State([[root, 0], [0, root], [0, 0]], [0, 0])
        moved, there = rescaled(setting, state, 2)
        before, after = (
            printed_conditions(at, point, C**2, Fraction(1), Fraction(1))[2].holds
            for at, point in ((setting, state), (moved, there))
        )
        held.append((before, after))
    assert held == [(True, False)] * 4
    degrees = ", ".join(f"{term}: {degree}" for term, degree in PRINTED_SCALE.degrees().items())
    evidence.record(
        claim="thm-1-init-scale",
        method=Method.COUNTEREXAMPLE,
        scope="every constant C > 0 (both solvers); exact instances for four constants, d = 3, k = k′ = 2, m_in = 1",
        shown=f"degrees {degrees}; {len(decided)} goals decided for every C; the bound holds at λ = 1, fails at λ = 4",
        finding="The term $m_{\\mathrm{in}}/\\bar\\sigma^2$ of the printed bound has the unit of $1/\\Sigma_\\star$: "
        "whatever its constant, the condition holds in one unit of the labels and fails in another. With "
        "$\\lambda_{\\min}(\\Sigma_\\star)$ restored it is invariant: `new-homogeneous-init-scale`; it is not needed "
        "at all: `new-thm-1-explicit`. Standalone: [thm_1_init_scale.py](capsules/thm_1_init_scale.py).",
    )
