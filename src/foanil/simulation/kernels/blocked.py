"""The kernel in NumPy: a block of tasks at a time, whose data stay in the second cache between their two uses."""

from __future__ import annotations

import numpy as np

from foanil.simulation.kernels.moments import Floats, Problem

# Tasks in a block: at 50 features and 30 observations, 1.5 MB of data.
BLOCK = 128


def accumulate(problem: Problem, start: int, stop: int, h: Floats, K: Floats) -> None:
    """Add the sums of H and of H gᵀ over the tasks from start to stop to h (d,) and K (d, d)."""
    for first in range(start, stop, BLOCK):
        some = slice(first, min(first + BLOCK, stop))
        g = slopes(problem.X_in[some], problem.y_in[some], problem.v)
        H = slopes(problem.X_out[some], problem.y_out[some], adapted(problem, g))
        h += H.sum(0)
        K += H.T @ g


def adapted(problem: Problem, g: Floats) -> Floats:
    """Return the adapted regression parameters θ_i = B_i w_i, one row per task."""
    theta = problem.v - np.asarray(problem.step, g.dtype) * (g @ problem.M)
    if problem.moves_B:
        theta -= (problem.step * (problem.overlap - problem.step * (g @ problem.v)))[:, None].astype(g.dtype) * g
    return theta


def slopes(X: Floats, y: Floats, theta: Floats) -> Floats:
    """Return Xᵀ(Xθ − y) for each task; theta is one vector (d,), or one row per task."""
    residual = (X @ theta if theta.ndim == 1 else (X @ theta[:, :, None])[:, :, 0]) - y
    return np.asarray((residual[:, None, :] @ X)[:, 0, :])
