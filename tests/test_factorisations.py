"""Laws of low-rank regression over all tasks: the balanced objective, L-BFGS, and the nuclear norm."""

from __future__ import annotations

import numpy as np
import pytest

from foanil.simulation import factorisations as f
from foanil.simulation.methods import orthogonal_start
from foanil.simulation.tasks import Floats, Tasks, centred, draw

N, D, K_PRIME = 9, 6, 4


def data(m_in: int = 5, m_out: int = 3, sigma_sq: float = 0.4) -> Tasks:
    """Return a few tasks."""
    return draw(centred(D, np.diag([1.4, 0.6]), sigma_sq), N, m_in, m_out, np.random.default_rng(12))


def flat_value(tasks: Tasks, point: Floats) -> float:
    """Return the balanced objective as a function of all its variables."""
    return f.balanced_objective(tasks, point[: D * K_PRIME].reshape(D, K_PRIME), point[D * K_PRIME :].reshape(N, -1))[0]


def test_balanced_objective_is_the_loss_plus_the_imbalance() -> None:
    """At unbalanced factors it is (12) plus an eighth of ‖BᵀB − VᵀV‖_F², computed entry by entry."""
    tasks, random = data(), np.random.default_rng(1)
    B, V = random.standard_normal((D, K_PRIME)), random.standard_normal((N, K_PRIME))
    X, y = np.concatenate([tasks.X_in, tasks.X_out], 1), np.concatenate([tasks.y_in, tasks.y_out], 1)
    residual = np.einsum("nmd,dk,nk->nm", X, B, 3 * V) - y
    expected = (residual**2).sum() / (2 * 8 * N) + ((B.T @ B - V.T @ V) ** 2).sum() / 8
    assert f.balanced_objective(tasks, B, V)[0] == pytest.approx(expected)


def test_balanced_gradient_is_the_derivative() -> None:
    """Its gradient agrees with central differences in every variable."""
    tasks, random = data(), np.random.default_rng(2)
    point = random.standard_normal((D + N) * K_PRIME)
    _, along_B, along_V = f.balanced_objective(
        tasks, point[: D * K_PRIME].reshape(D, K_PRIME), point[D * K_PRIME :].reshape(N, K_PRIME)
    )
    steps = 1e-5 * np.eye(len(point))
    slopes = [(flat_value(tasks, point + e) - flat_value(tasks, point - e)) / 2e-5 for e in steps]
    np.testing.assert_allclose(np.concatenate([along_B.ravel(), along_V.ravel()]), slopes, rtol=1e-6, atol=1e-7)


def test_lbfgs_reaches_a_balanced_stationary_point() -> None:
    """L-BFGS lowers the objective to a point where the gradient vanishes and both factors have one scale."""
    tasks = data()
    state = {"B": orthogonal_start(D, K_PRIME, 0.05, 1.0, np.random.default_rng(3))["B"], "W": np.zeros((N, K_PRIME))}
    after = f.burer_monteiro_lbfgs(tasks)(state)
    B, V = after["B"], after["W"] / np.sqrt(N)
    before = f.balanced_objective(tasks, state["B"], state["W"])[0]
    value, along_B, along_V = f.balanced_objective(tasks, B, V)
    assert value < 0.5 * before
    assert max(np.abs(along_B).max(), np.abs(along_V).max()) < 1e-4
    np.testing.assert_allclose(B.T @ B, V.T @ V, atol=1e-3)


def nuclear_minimum(weight: float) -> tuple[Tasks, Floats]:
    """Return tasks and the parameters at which proximal steps have come to rest."""
    tasks = data()
    step, state = f.nuclear_norm(tasks, weight), f.nuclear_norm_start(N, D)
    for _ in range(3000):
        state = step(state)
    return tasks, state["Theta"]


def test_proximal_steps_end_where_the_subgradient_vanishes() -> None:
    """At rest the loss's gradient is −weight·√N times a subgradient of the nuclear norm: UVᵀ, and at most 1 beyond."""
    weight = 0.25
    tasks, Theta = nuclear_minimum(weight)
    U, s, V = np.linalg.svd(Theta, full_matrices=False)
    rank = int((s > 1e-8).sum())
    assert 0 < rank < D
    pull = -f.all_rows_slope(tasks, Theta) / (weight * np.sqrt(N))
    np.testing.assert_allclose(U[:, :rank].T @ pull @ V[:rank].T, np.eye(rank), atol=1e-6)
    rest = (np.eye(N) - U[:, :rank] @ U[:, :rank].T) @ pull @ (np.eye(D) - V[:rank].T @ V[:rank])
    assert np.linalg.norm(rest, 2) <= 1 + 1e-6


def test_heavy_nuclear_norm_leaves_nothing() -> None:
    """A weight above the largest singular value of the gradient at 0 keeps Θ = 0, and a smaller one does not."""
    tasks = data()
    largest = np.linalg.norm(f.all_rows_slope(tasks, np.zeros((N, D))), 2) / np.sqrt(N)
    heavy, light = (
        f.nuclear_norm(tasks, w)(f.nuclear_norm_start(N, D))["Theta"] for w in (1.01 * largest, 0.99 * largest)
    )
    assert np.abs(heavy).max() < 1e-12
    assert np.abs(light).max() > 1e-4


def test_representation_is_the_balanced_left_factor() -> None:
    """Its Gram matrix squares to ΘᵀΘ/N."""
    Theta = np.random.default_rng(4).standard_normal((N, D))
    B = f.representation(Theta)
    np.testing.assert_allclose(B @ B.T @ B @ B.T, Theta.T @ Theta / N, atol=1e-10)


def test_curvature_bounds_every_task() -> None:
    """The largest curvature is the largest eigenvalue of XᵀX/m over the tasks."""
    tasks = data()
    X = np.concatenate([tasks.X_in, tasks.X_out], 1)
    expected = max(np.linalg.eigvalsh(x.T @ x / 8)[-1] for x in X)
    assert f.largest_curvature(tasks) == pytest.approx(expected)
