"""Stacks of small trajectories: they are the trajectories of the transcribed step, moved together."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from foanil import stacked
from foanil.arrays import NUMPY
from foanil.dynamics import Iterate, fast_step, observe, step

STEPS = 40
ROUNDING = 1e-12
"""Relative, over STEPS steps. Measured worst: 4e-15."""


def problem(random: np.random.Generator, d: int, k: int, k_prime: int) -> tuple[dict[str, Any], Iterate]:
    """Return letters with a turned covariance and a turned B⋆, and a start of size 1/(4m_in)."""
    frame = np.linalg.qr(random.standard_normal((d, d)))[0]
    root = random.standard_normal((k, k))
    covariance, m_in = root @ root.T + 0.1 * np.eye(k), float(random.integers(1, 9))
    alpha = 0.3 / (np.trace(covariance) + 0.7) ** 0.5
    letters = {
        "B_star": frame[:, :k],
        "B_star_perp": frame[:, k:],
        "Sigma_star": covariance,
        "sigma_sq": 0.7,
        "alpha": alpha,
        "beta": 0.6 * alpha,
        "m_in": m_in,
    }
    B, w = random.standard_normal((d, k_prime)), random.standard_normal((k_prime, 1))
    return letters, Iterate(B / (4 * m_in * alpha) ** 0.5 / np.linalg.norm(B, 2), 0.2 * w)


SIZES = [(2, 1, 1), (3, 2, 2), (4, 2, 3), (7, 3, 5), (9, 6, 8), (6, 2, 6)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("one_step", [step, fast_step])
def test_equals_single_trajectories(sizes: tuple[int, int, int], one_step: Any) -> None:
    """Every member of a stack has, step by step, the Gram spectrum, norms and head of its own trajectory."""
    random = np.random.default_rng(sum(sizes))
    made = [problem(random, *sizes) for _ in range(5)]
    letters, thetas = [one for one, _ in made], [theta for _, theta in made]
    pure, point = stacked.numbers(letters), stacked.stack(letters, thetas)
    for t in range(STEPS):
        for i, (letter, theta) in enumerate(zip(letters, thetas, strict=True)):
            seen, alpha, k = observe(NUMPY, letter, theta, t), letter["alpha"], sizes[1]
            single = np.linalg.svd(point.B[i, :k], compute_uv=False)[::-1] ** 2
            assert single == pytest.approx(np.maximum(alpha * np.array(seen.gram_eigenvalues), 0), rel=ROUNDING * 1e3)
            off = np.linalg.norm(point.B[i, k:], 2) ** 2
            assert off == pytest.approx(alpha * seen.complement_sq, rel=ROUNDING)
            assert stacked.representation_sq(point)[i] == pytest.approx(alpha * seen.representation_sq, rel=ROUNDING)
            unit = (alpha * np.linalg.eigvalsh(letter["Sigma_star"])[0]) ** 0.5
            assert unit * point.w[i] == pytest.approx(theta.w, rel=ROUNDING)
        point = stacked.stacked_step(pure, point)
        thetas = [one_step(NUMPY, letter, theta) for letter, theta in zip(letters, thetas, strict=True)]


def test_limit_is_where_a_stack_rests() -> None:
    """At Λ_t = Λ⋆ without head and complement nothing moves, and the relative Gram matrix is the identity."""
    random = np.random.default_rng(3)
    pure = stacked.numbers([problem(random, 5, 3, 4)[0] for _ in range(4)])
    B = np.zeros((4, 4, 4))
    B[:, range(3), range(3)] = stacked.limit_spectrum(pure) ** 0.5
    turn = np.linalg.qr(random.standard_normal((4, 4)))[0]
    point = stacked.Stack(B @ turn, np.zeros((4, 4, 1)))
    assert np.abs(stacked.stacked_step(pure, point).B - point.B).max() < ROUNDING
    assert stacked.relative_gram(pure, point) == pytest.approx(1)
    away = stacked.Stack(1.1 * point.B, point.w)
    assert np.abs(stacked.stacked_step(pure, away).B - away.B).max() > 1e-4
    assert stacked.relative_gram(pure, away) == pytest.approx(1.21)


def test_parts_move_alone() -> None:
    """A part of a stack moves as it does in the whole."""
    random = np.random.default_rng(4)
    made = [problem(random, 4, 2, 3) for _ in range(6)]
    pure, point = stacked.numbers([one for one, _ in made]), stacked.stack(*map(list, zip(*made, strict=True)))
    which = np.array([4, 1])
    whole = stacked.stacked_step(pure, point).part(which)
    alone = stacked.stacked_step(pure.part(which), point.part(which))
    assert np.array_equal(whole.B, alone.B)
    assert np.array_equal(whole.w, alone.w)


def test_orientation_needs_a_square() -> None:
    """The determinant of B⋆ᵀB has a sign at k′ = k, and is refused elsewhere."""
    random = np.random.default_rng(5)
    made = [problem(random, 4, 2, 2) for _ in range(3)]
    pure, point = stacked.numbers([one for one, _ in made]), stacked.stack(*map(list, zip(*made, strict=True)))
    turned = stacked.Stack(point.B[:, :, ::-1], point.w[:, ::-1])
    assert np.array_equal(stacked.orientation(pure, point), -stacked.orientation(pure, turned))
    wide = stacked.Stack(np.ones((3, 3, 3)), np.ones((3, 3, 1)))
    with pytest.raises(ValueError, match="expected k' = k = 2"):
        stacked.orientation(pure, wide)


def test_singular_covariance_is_refused() -> None:
    """A stack takes λ_min(Σ⋆) for its unit, so that it must not be zero."""
    letters, _ = problem(np.random.default_rng(6), 4, 2, 3)
    with pytest.raises(ValueError, match=r"expected λ_min\(Σ⋆\) > 0"):
        stacked.numbers([{**letters, "Sigma_star": np.diag([0.0, 1.0])}])


def test_stacks_are_faster() -> None:
    """Two hundred trajectories together take less than a tenth of the time of as many single steps (a fortieth)."""
    random = np.random.default_rng(7)
    made = [problem(random, 5, 2, 3) for _ in range(200)]
    letters, thetas = [one for one, _ in made], [theta for _, theta in made]
    pure, point = stacked.numbers(letters), stacked.stack(letters, thetas)
    clock = time.process_time
    began = clock()
    for letter, theta in zip(letters, thetas, strict=True):
        fast_step(NUMPY, letter, theta)
    single = clock() - began
    began = clock()
    for _ in range(5):
        stacked.stacked_step(pure, point)
    assert (clock() - began) / 5 < single / 10
