"""Section 4: a diagonal covariance is no restriction; a general one costs monotonicity."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil import dynamics, rational, statements
from foanil.arrays import EXACT
from foanil.convergence import full_rank
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State
from proofs import general_covariance_turns
from proofs.expectations import mean_outer_direction
from proofs.sec_4_general_covariance import CHECKS

STATE = State([["1/2", "1/3", 0], [1, "-1/4", "1/5"], ["2/3", 0, "1/6"], ["-1/7", "1/2", 1]], ["1/2", "-2/3", "1/5"])


@pytest.mark.parametrize("check", cases((*CHECKS, *general_covariance_turns.CHECKS)))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """A rotated basis of the shared subspace changes nothing; two different variances break monotonicity."""
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


@pytest.mark.claim(id="sec-4-monotonicity-lost")
def test_gram_is_not_monotone_for_a_general_covariance(evidence: Recorder) -> None:
    """Σ⋆ = diag(2, 1), no head, no complement, Λ_0 ⪯ Λ⋆ however small: Λ_1 − Λ_0 has a negative eigenvalue."""
    setting = Setting(4, 2, 3, 5, [[2, 0], [0, 1]], "3/4", "1/4", "1/4")
    letters = setting.in_system(EXACT)
    limit = statements.limit_gram(EXACT, *(letters[name] for name in ("Sigma_star", "sigma_bar_sq", "alpha", "m_in")))
    negative = []
    for size in (Fraction(1, 4), Fraction(1, 10**3), Fraction(1, 10**9)):
        state = State([[size, 0, 0], [size, size / 20, 0], [0, 0, 0], [0, 0, 0]], [0, 0, 0])
        theta = dynamics.start(EXACT, setting, state)
        before, after = (
            statements.gram(EXACT, point.B, letters["B_star"])
            for point in (theta, dynamics.step(EXACT, letters, theta))
        )
        assert full_rank(setting, state).holds
        # ‖B_0‖² ≤ 9/4·size², and that is below the least eigenvalue of Λ⋆
        bound = EXACT.scalar(Fraction(9, 4) * size**2)
        assert rational.is_positive_semidefinite(rational.as_matrix(bound * EXACT.eye(2) - before))
        assert rational.is_positive_semidefinite(rational.as_matrix(limit - bound * EXACT.eye(2)))
        change = after - before
        determinant = change[0, 0] * change[1, 1] - change[0, 1] * change[1, 0]
        assert determinant < 0
        share = determinant / (before[0, 0] * before[1, 1])
        negative.append(int(share.numerator) / int(share.denominator))
    evidence.record(
        claim="sec-4-monotonicity-lost",
        method=Method.EXACT,
        scope="Σ⋆ = diag(2, 1), d = 4, k = 2, k′ = 3, m_in = 5, w_0 = 0, B⋆,⊥ᵀB_0 = 0, ‖B_0‖ ≥ 1e-9",
        shown="det(Λ_1 − Λ_0)/(Λ_11Λ_22) = " + ", ".join(f"{value:.2e}" for value in negative),
        finding="For $\\Sigma_\\star \\ne cI$ the Gram matrix need not increase even without a head and a complement, "
        "however small the start: the signal turns the directions of $B_0$ towards the larger variances. "
        "For $\\Sigma_\\star = cI$ it does increase there: `new-gram-monotone`.",
    )
