"""Beside Theorem 1: a larger inner step, starts without the sample size, the unlearning rate and its sharp half."""

from __future__ import annotations

import numpy as np
import pytest

from foanil.arrays import NUMPY
from foanil.dynamics import Reduced, numbers_in_system, reduced_step
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, dimensionless
from proofs.thm_1_sharper_constants import CHECKS

STEPS = 40_000


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


def unlearning_constant(C: np.ndarray, D: np.ndarray) -> float:
    """Return 2aq·t‖D_t‖² after the steps, without a head."""
    setting = Setting(d=4, k=2, k_prime=3, m_in=2, Sigma_star=1, sigma_sq=2, alpha="1/4", beta="1/4")
    numbers = numbers_in_system(NUMPY, dimensionless(setting))
    point = Reduced(C, D, np.zeros((3, 1)))
    for _ in range(STEPS):
        point = reduced_step(NUMPY, numbers, point)
    return float(2 * numbers["a"] * numbers["q"] * STEPS * np.linalg.norm(point.D, 2) ** 2)


@pytest.mark.claim(id="new-rate-constant")
def test_half_is_seen(evidence: Recorder) -> None:
    """2aq·t‖D_t‖² comes within 1/100 of 1 for orthogonal rows and for others, and does not exceed it."""
    C = np.array([[0.25, 0.125, 0.0], [0.0, 0.25, 0.0]])
    found = {
        "CDᵀ = 0": unlearning_constant(C, np.array([[0.0, 0.0, 0.25], [0.0, 0.0, 0.125]])),
        "CDᵀ not 0": unlearning_constant(C, np.array([[0.125, 0.0, 0.25], [0.0, 0.25, 0.125]])),
    }
    assert all(0.99 < value <= 1 for value in found.values())
    evidence.record(
        claim="new-rate-constant",
        method=Method.TRAJECTORY,
        scope=f"d = 4, k = 2, k′ = 3, m_in = 2, κ = 4, two starts, {STEPS} steps in double precision",
        shown="; ".join(f"{name}: 2aq·t‖D_t‖² = {value:.4f}" for name, value in found.items()),
    )
