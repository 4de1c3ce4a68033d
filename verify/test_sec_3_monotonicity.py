"""Monotonicity: the head never grows; without a head the Gram matrix increases in Loewner order (S2)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil import rational
from foanil.arrays import EXACT
from foanil.dynamics import Reduced, numbers_in_system, reduced_step
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, dimensionless
from proofs.sec_3_monotonicity import CHECKS

STEPS = 3


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The head never grows, and without a head the Gram matrix never shrinks; every falsehood is refused."""
    evidence.judge(check)


def silent_start() -> Reduced:
    """Return C (2×3), D (2×3) and a nonzero head that both send to zero."""
    C = EXACT.array(rational.matrix([["1/3", "1/4", 0], ["-1/5", "1/4", 0]], "C", (2, 3)))
    D = EXACT.array(rational.matrix([["1/7", "1/6", 0], ["1/4", "-1/5", 0]], "D", (2, 3)))
    return Reduced(C, D, EXACT.array(rational.matrix([[0], [0], [5]], "w", (3, 1))))


@pytest.mark.claim(id="new-gram-monotone")
def test_increase_is_strict_somewhere(evidence: Recorder) -> None:
    """At a = 1/2, with a complement and a silent head of length 5, Λ₊ − Λ is positive definite for three steps."""
    setting = Setting(d=4, k=2, k_prime=3, m_in=6, Sigma_star=1, sigma_sq=1, alpha="1/2", beta=1)
    pure = dimensionless(setting)
    numbers = numbers_in_system(EXACT, pure)
    point = silent_start()
    stacked = point.C.T @ point.C + point.D.T @ point.D
    slack = rational.as_matrix(numbers["x_star"] * EXACT.eye(3) - stacked)
    assert pure.a == Fraction(1, 2)
    assert rational.is_positive_semidefinite(slack)
    for _ in range(STEPS):
        after = reduced_step(EXACT, numbers, point)
        rise = rational.as_matrix(after.C @ after.C.T - point.C @ point.C.T)
        assert rational.is_positive_semidefinite(rise)
        assert rational.rank(rise) == 2
        point = after
    evidence.record(
        claim="new-gram-monotone",
        method=Method.EXACT,
        scope="one instance: d = 4, k = 2, k′ = 3, m_in = 6, κ = 3, a = 1/2, α‖B_0‖² ≤ x⋆, ‖ŵ_0‖ = 5",
        shown=f"Λ_(t+1) − Λ_t is positive definite for t < {STEPS}",
    )
