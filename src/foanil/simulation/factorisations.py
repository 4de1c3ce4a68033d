"""Low-rank regression over all tasks at once: (12) by L-BFGS, and the nuclear norm in place of a factorisation."""

from __future__ import annotations

import numpy as np

from foanil.simulation.methods import State, Step, slope
from foanil.simulation.tasks import Floats, Tasks


def all_rows_slope(tasks: Tasks, theta: Floats) -> Floats:
    """Return the gradient of each task's mean squared error, halved, over all its rows, at theta (N, d)."""
    m = tasks.X_in.shape[1] + tasks.X_out.shape[1]
    total = slope(tasks.X_in, tasks.y_in, theta) + slope(tasks.X_out, tasks.y_out, theta)
    return np.asarray(total / m)


def all_rows_loss(tasks: Tasks, theta: Floats) -> float:
    """Return the mean over tasks of ‖Xθ_i − y_i‖²/(2m), over all rows. Degree 2."""
    m = tasks.X_in.shape[1] + tasks.X_out.shape[1]
    halves = ((tasks.X_in, tasks.y_in), (tasks.X_out, tasks.y_out))
    total = sum(float(np.sum(((X @ theta[:, :, None])[:, :, 0] - y) ** 2)) for X, y in halves)
    return float(total / (2 * m * len(tasks)))


# Burer-Monteiro by L-BFGS --------------------------------------------------------------------------


def balanced_objective(tasks: Tasks, B: Floats, V: Floats) -> tuple[float, Floats, Floats]:
    """Return (12) in the balanced variables (B, V = W/√N), plus (1/8)‖BᵀB − VᵀV‖_F², and its gradient.

    B has shape (d, k′), V (N, k′). The regulariser of Tripuraneni et al. keeps both factors at one scale.
    """
    N, root = len(tasks), np.sqrt(len(tasks))
    theta = root * (V @ B.T)
    slope = all_rows_slope(tasks, theta) / N
    imbalance = B.T @ B - V.T @ V
    value = all_rows_loss(tasks, theta) + float(np.sum(imbalance**2)) / 8
    return value, root * (slope.T @ V) + B @ imbalance / 2, root * (slope @ B) - V @ imbalance / 2


def burer_monteiro_lbfgs(tasks: Tasks, iterations: int = 2000) -> Step:
    """Return the one step that minimises the regularised (12) by L-BFGS from a state {B, W}.

    Heads that start at 0 are first given 10⁻³ of their tasks' gradient step, since B's own gradient vanishes there.
    """
    from scipy.optimize import minimize

    def step(state: State) -> State:
        B, W = state["B"], state["W"]
        d, k_prime = B.shape
        V = (W - 1e-3 * all_rows_slope(tasks, W @ B.T) @ B) / np.sqrt(len(tasks))

        def flat(point: Floats) -> tuple[float, Floats]:
            value, along_B, along_V = balanced_objective(tasks, *_split(point, d, k_prime))
            return value, np.concatenate([along_B.ravel(), along_V.ravel()])

        first = np.concatenate([B.ravel(), V.ravel()])
        found = minimize(flat, first, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
        B, V = _split(found.x, d, k_prime)
        return {"B": B, "W": V * np.sqrt(len(tasks))}

    return step


def _split(point: Floats, d: int, k_prime: int) -> tuple[Floats, Floats]:
    return point[: d * k_prime].reshape(d, k_prime), point[d * k_prime :].reshape(-1, k_prime)


# Nuclear norm --------------------------------------------------------------------------------------


def nuclear_norm_start(N: int, d: int) -> State:
    """Return Θ = 0, with the representation of shape (d, d) that it stands for."""
    zero = np.zeros((N, d))
    return {"B": np.zeros((d, d)), "Theta": zero, "ahead": zero, "momentum": np.ones(())}


def nuclear_norm(tasks: Tasks, weight: float) -> Step:
    """Return an accelerated proximal gradient step on Σ_i ‖X_iθ_i − y_i‖²/(2m) + weight·√N·‖Θ‖_*.

    Θ has shape (N, d); the step size is the inverse of the largest eigenvalue of a task's XᵀX/m. Each proximal step
    shrinks every singular value of Θ (Beck and Teboulle, 2009).
    """
    size = 1 / largest_curvature(tasks)
    shrink = size * weight * np.sqrt(len(tasks))

    def step(state: State) -> State:
        U, s, V = np.linalg.svd(state["ahead"] - size * all_rows_slope(tasks, state["ahead"]), full_matrices=False)
        Theta = (U * np.maximum(s - shrink, 0)) @ V
        faster = (1 + np.sqrt(1 + 4 * state["momentum"] ** 2)) / 2
        ahead = Theta + (state["momentum"] - 1) / faster * (Theta - state["Theta"])
        return {"B": representation(Theta), "Theta": Theta, "ahead": ahead, "momentum": faster}

    return step


def largest_curvature(tasks: Tasks) -> float:
    """Return the largest eigenvalue of XᵀX/m over the tasks, all rows of a task taken together."""
    X = np.concatenate([tasks.X_in, tasks.X_out], axis=1)
    return float(np.linalg.norm(X, ord=2, axis=(1, 2)).max() ** 2 / X.shape[1])


def representation(Theta: Floats) -> Floats:
    """Return the representation that a matrix of task parameters Θ (N, d) stands for: B Bᵀ = (ΘᵀΘ/N)^½. Shape (d, d).

    It is the left factor of the balanced factorisation of Θ, which a nuclear norm prices like (12)'s regulariser.
    """
    _, s, V = np.linalg.svd(Theta / np.sqrt(len(Theta)), full_matrices=False)
    return np.asarray(V.T * np.sqrt(s))
