"""Section 2.2: without the sample split the complement grows and the learned representation has full rank."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from foanil.arrays import NUMPY
from foanil.decisions import satisfiable
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, isotropic
from foanil.words import Element
from proofs.expectations import mean_outer_direction
from proofs.sec_2_no_split import CHECKS, fixed_point, headless, hypotheses, next_representation

CLAIM = "sec-2-no-split"
SETTING = isotropic(7, 2, 5, 3, 1, 1, "1/4", "1/4")
"""k′ − k = 3 directions of B are free to learn noise; σ̄² = 3, m = 3."""

STEPS = 4000
TOLERANCE = 1e-9
"""On squared singular values of order 1. Measured worst: 3e-15."""


def start(setting: Setting) -> Any:
    """Return a small B_0 of full rank."""
    draws = np.random.Generator(np.random.PCG64(20240229))
    return 0.05 * draws.standard_normal((setting.d, setting.k_prime))


def run(setting: Setting, step: Element, steps: int = STEPS) -> Any:
    """Follow B₊ = step(B) at w = 0, in doubles."""
    letters = {**setting.in_system(NUMPY), "m": float(setting.m_in)}
    B = start(setting)
    for _ in range(steps):
        B = step.evaluate(NUMPY, {**letters, "B": B}, letters)
    return B


@functools.cache
def split_step() -> Element:
    """Return the step with a split, at w = 0."""
    direction = mean_outer_direction().B
    words = direction.alphabet
    return words.letter("B") - words.scalar("beta") * headless(direction)


def predicted(setting: Setting) -> list[float]:
    """Return the squared singular values times α that the fixed point of rank k′ predicts, largest first."""
    r = setting.k_prime - setting.k
    scalars = {"m": setting.m_in, "c": setting.c, "sigma_sq": setting.sigma_sq, "k": setting.k, "r": r}
    values = {}
    for name, function in fixed_point(True).items():
        expression = function.as_expr().subs({key: str(value) for key, value in scalars.items()})
        values[name] = float(expression)
    return sorted([values["lam"]] * setting.k + [values["mu"]] * r, reverse=True)


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The exact step without a split; its fixed points of lower rank do not last."""
    evidence.judge(check)


def test_hypotheses_can_be_met() -> None:
    """The hypotheses of the fixed points do not contradict themselves."""
    assert satisfiable(hypotheses())


@pytest.mark.claim(id=CLAIM)
def test_the_limit_has_full_rank(evidence: Recorder) -> None:
    """From one small start, B_t without a split tends to the fixed point of rank k′, with a split to rank k."""
    alpha = float(SETTING.alpha)
    learned = alpha * np.linalg.svd(run(SETTING, next_representation()), compute_uv=False) ** 2
    kept = alpha * np.linalg.svd(run(SETTING, split_step()), compute_uv=False) ** 2
    expected = predicted(SETTING)
    assert np.max(np.abs(learned - expected)) < TOLERANCE
    assert min(expected) > 0.1
    # With the split the complement decays like 1/t: 1/(2βα·(σ̄²/m)·t)·α, far below the fixed point's μ.
    assert np.max(kept[SETTING.k :]) < 0.05 * min(expected)
    evidence.record(
        claim=CLAIM,
        method=Method.TRAJECTORY,
        scope=f"{SETTING!r}, one start, {STEPS} steps, doubles, w = 0",
        shown=f"α times the squared singular values: without a split {np.round(learned, 4).tolist()}, predicted "
        f"{np.round(expected, 4).tolist()}; with a split {np.round(kept, 4).tolist()}",
        finding="For Σ⋆ = cI and w = 0 every fixed point λB⋆B⋆ᵀ + μVVᵀ (of αBBᵀ) of rank below k′ is unstable in the "
        "complement; the one of rank k′ has λ, μ > 0 for every m ≥ 1, c > 0, σ² ≥ 0, without label noise too. "
        "At k′ = k the complement shrinks at the point of rank k, to first order: the damage needs k′ > k.",
    )
