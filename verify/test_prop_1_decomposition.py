"""Proposition 1: the decomposition, the exact risk, the bound with constants, and where it says nothing."""

from __future__ import annotations

import flint
import numpy as np
import pytest

from foanil.arrays import NUMPY
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from proofs.eq_08_fixed_point import estimator_alphabet
from proofs.prop_1_decomposition import CHECKS, stated_risk

SEED = 20240507
DRAWS = 20_000
DEVIATIONS = 5.0
"""A Monte Carlo mean may be off by five standard errors: a false alarm in about two million runs."""


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The error of one step is what is derived, in every dimension; every falsehood is refused."""
    evidence.judge(check)


@pytest.mark.claim(id="prop-1")
def test_empty_for_small_k(evidence: Recorder) -> None:
    """1 − 4e^{−k/2} is negative for k = 1 and k = 2, positive for k = 3, in ball arithmetic."""
    found = {k: 1 - 4 * (-flint.arb(k) / 2).exp() for k in (1, 2, 3)}
    assert found[1] < 0
    assert found[2] < 0
    assert found[3] > 0
    evidence.record(
        claim="prop-1",
        method=Method.BALL,
        scope="k = 1, 2, 3",
        shown="; ".join(f"1 − 4e^(−{k}/2) = {value.str(8, radius=False)}" for k, value in found.items()),
        finding="The printed probability $1 - 4e^{-k/2}$ is negative for $k \\le 2$: there the statement says nothing. "
        "With explicit constants it holds with probability $1 - 3e^{-k/2}$.",
    )


@pytest.mark.claim(id="sec-31-excess-risk")
def test_loss_keeps_its_half(evidence: Recorder) -> None:
    """With the loss of Section 2.2.1, half the squared error, the excess is half the printed one: a remark."""
    halves = next(check for check in CHECKS if check.claims == ("sec-31-excess-risk",))
    assert not dict(halves.mutants)["with the half"]().held
    evidence.record(
        claim="sec-31-excess-risk",
        method=Method.ALGEBRA,
        scope="every size",
        shown="E[L̂] − σ²/2 = ‖Bw − B⋆w⋆‖²/2",
        finding="The excess risk is $\\lVert\\hat Bw_{\\mathrm{test}} - B_\\star w_\\star\\rVert^2$ for the squared "
        "error; for the loss of Section 2.2.1, which carries a factor one half, it is half of that.",
    )


@pytest.mark.claim(id="new-prop-1-exact-risk")
def test_exact_risk_by_monte_carlo(evidence: Recorder) -> None:
    """The mean squared error of simulated steps agrees with the exact risk: d = 7, k = 3, m_test = 5, any Λ."""
    d, k, m, alpha, sigma = 7, 3, 5, 0.5, 2.0
    random = np.random.default_rng(SEED)
    C = np.array([[0.9, 0.2, 0.0, 0.3], [0.0, 0.7, 0.1, 0.0], [0.2, 0.0, 0.6, 0.1]])
    B_star, w_star = np.eye(d)[:, :k], np.array([[1.0], [-0.5], [2.0]])
    B = B_star @ C
    X, z = random.standard_normal((DRAWS, m, d)), sigma * random.standard_normal((DRAWS, m, 1))
    step = alpha * B.T @ (X.transpose(0, 2, 1) @ (X @ B_star @ w_star + z)) / m
    errors = ((B @ step - B_star @ w_star) ** 2).sum(axis=(1, 2))
    scalars = {"alpha": alpha, "m_test": float(m), "sigma_sq": sigma**2}
    letters = {"w_star": w_star, "Lambda": C @ C.T}
    exact = float(stated_risk(estimator_alphabet()).evaluate(NUMPY, letters, scalars))
    off = (errors.mean() - exact) / (errors.std() / DRAWS**0.5)
    assert abs(off) < DEVIATIONS
    doubled = exact + sigma**2 * float(np.trace(alpha**2 * letters["Lambda"] @ letters["Lambda"])) / m
    assert abs(errors.mean() - doubled) > DEVIATIONS * errors.std() / DRAWS**0.5
    evidence.record(
        claim="new-prop-1-exact-risk",
        method=Method.MONTE_CARLO,
        scope=f"one instance, {DRAWS} draws, seed {SEED}, five standard errors",
        shown=f"exact {exact:.4f}; the simulated mean is within five standard errors, the noise counted twice is not",
    )
