"""Section 4: a diagonal covariance is no restriction."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil.arrays import EXACT
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State
from proofs.expectations import mean_outer_direction
from proofs.sec_4_general_covariance import CHECKS

STATE = State([["1/2", "1/3", 0], [1, "-1/4", "1/5"], ["2/3", 0, "1/6"], ["-1/7", "1/2", 1]], ["1/2", "-2/3", "1/5"])


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Rotating the basis of the shared subspace leaves labels, (5)-(7) and L_ANIL as they are."""
    evidence.judge(check)


@pytest.mark.claim(id="sec-4-diagonal-wlog")
def test_a_rotation_makes_an_instance_diagonal(evidence: Recorder) -> None:
    """A rational rotation makes one covariance diagonal, and the step does not change."""
    c, s = Fraction(3, 5), Fraction(4, 5)
    Q = EXACT.array([[c, -s], [s, c]])
    setting = Setting(4, 2, 3, 5, [[2, 0], [0, 7]], "3/4", "1/3", "1/4")
    diagonal = {**setting.in_system(EXACT), **STATE.in_system(EXACT)}
    full = Q.T @ diagonal["Sigma_star"] @ Q
    assert full[0, 1] != 0
    rotated = diagonal | {"Sigma_star": full, "B_star": diagonal["B_star"] @ Q}
    moved = [mean_outer_direction().B.evaluate(EXACT, at, at) for at in (diagonal, rotated)]
    assert moved[0].tolist() == moved[1].tolist()
    assert any(entry for entry in moved[0].ravel())
    evidence.record(
        claim="sec-4-diagonal-wlog",
        method=Method.EXACT,
        scope="one rational covariance with eigenvalues 2 and 7, (d, k, k′, m_in) = (4, 2, 3, 5)",
        shown="the mean direction of B for the full covariance and for the diagonal one is the same",
    )
