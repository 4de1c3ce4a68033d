"""Section 4: the principal angle at full width, and singular values of B_t."""

from __future__ import annotations

import numpy as np
import pytest

from foanil import dynamics
from foanil.arrays import NUMPY
from foanil.decisions import satisfiable
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import State, isotropic
from proofs.sec_4_principal_angle import CHECKS, control

STEPS = 3000


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The distance is 1 above rank k; the least singular value of B_t tends to 0 if and only if k′ > k."""
    evidence.judge(check)


@pytest.mark.parametrize("case", ["wide", "square"])
def test_hypotheses_can_be_met(case: str) -> None:
    """The scalar hypotheses do not contradict themselves."""
    assert satisfiable(control(case).assumptions)


@pytest.mark.claim(id="sec-4-principal-angle")
def test_both_conventions(evidence: Recorder) -> None:
    """At k′ = d the one convention gives 1 and the other 0, for a learned B and for any other; at k′ = k both agree."""
    draws = np.random.Generator(np.random.PCG64(20240301))
    d, k = 5, 2
    B_star = np.eye(d)[:, :k]
    found = {}
    for width in (d, k):
        Y, _ = np.linalg.qr(draws.standard_normal((d, width)))
        complement = float(np.linalg.norm(np.eye(d)[:, k:].T @ Y, 2))
        exchanged = float(np.linalg.norm(B_star - Y @ (Y.T @ B_star), 2))
        found[width] = (complement, exchanged)
    assert abs(found[d][0] - 1) < 1e-12
    assert found[d][1] < 1e-12
    assert abs(found[k][0] - found[k][1]) < 1e-12
    assert 0.1 < found[k][0] < 1
    evidence.record(
        claim="sec-4-principal-angle",
        method=Method.SAMPLED,
        scope="one random subspace at k′ = d = 5 and one at k′ = k = 2, doubles",
        shown=f"‖B⋆,⊥ᵀY‖ and ‖(I − YYᵀ)B⋆‖ are {found[d][0]:.3f} and {found[d][1]:.3f} at k′ = d; at k′ = k both are "
        f"{found[k][0]:.3f}",
        finding="The claim holds in the convention ‖B⋆,⊥ᵀY‖, for every B of rank above k, not only at k′ = d; with the "
        "roles of the subspaces exchanged the distance at k′ = d is 0.",
    )


@pytest.mark.claim(id="sec-4-singular-value-control")
@pytest.mark.parametrize("k_prime", [3, 2], ids=["k' > k", "k' = k"])
def test_least_singular_value(k_prime: int, evidence: Recorder) -> None:
    """The least singular value of B_t falls towards 0 for k′ > k, and tends to its floor at k′ = k."""
    setting = isotropic(4, 2, k_prime, 3, 1, 1, "1/4", "1/4")
    rows = [["1/8", "-1/9", "1/7"], ["1/9", "1/7", "-1/8"], ["1/7", "1/8", "1/9"], ["-1/9", "1/8", "1/7"]]
    state = State([row[:k_prime] for row in rows], ["1/9", "-1/8", 0][:k_prime])
    least = [
        float(np.linalg.svd(theta.B, compute_uv=False)[-1])
        for theta in dynamics.trajectory(NUMPY, setting, state, STEPS)
    ]
    floor = float(np.sqrt(setting.m_in / (setting.m_in + 1 + 3) / float(setting.alpha)))
    if k_prime > setting.k:
        assert least[-1] < 0.5 * max(least)
        assert least[-1] < 0.1 * floor
    else:
        assert abs(least[-1] - floor) < 1e-6
        assert min(least) > 0.05
    evidence.record(
        claim="sec-4-singular-value-control",
        method=Method.TRAJECTORY,
        scope=f"{setting!r}, one start, {STEPS} steps, doubles",
        shown=f"the least singular value of B_t: {least[0]:.3f} at the start, {least[-1]:.4f} at the end",
    )
