"""Test-time adaptation (Sections 3.1 and 5): new tasks, the estimates of their parameters, and their excess risk.

Everything works on a batch: the first axis is the task, and vectors are rows. Every estimate adds to Bw a spectral
filter of the residual y − XBw: with the singular value decomposition XB/√m = U diag(a) Vᵀ, the head moves by
V diag(a·f(a²)) Uᵀ(y − XBw)/√m. One decomposition serves any number of ridge parameters or steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.floating]
Filter: TypeAlias = Callable[[Floats], Floats]

RIDGE_GRID: Floats = np.geomspace(1e-3, 1e3, 61)
"""The ridge parameters tried by default: ten in each factor of ten. Degree 1 for a representation, 0 for B⋆ or I."""


@dataclass(frozen=True, slots=True)
class NewTasks:
    """n new tasks of (10): X of shape (n, m_test, d), y (n, m_test), and θ⋆ = B⋆w⋆ (n, d), which no estimate sees.

    Raises ValueError when the shapes do not fit.
    """

    X: Floats
    y: Floats
    theta_star: Floats

    def __post_init__(self) -> None:
        if self.X.ndim != 3 or self.y.shape != self.X.shape[:2] or self.theta_star.shape != self.X.shape[::2]:
            raise ValueError(
                "new tasks need X of shape (n, m, d), y of shape (n, m), theta_star of shape (n, d); "
                f"got {self.X.shape}, {self.y.shape}, {self.theta_star.shape}"
            )

    def __len__(self) -> int:
        """Return n."""
        return len(self.X)

    @property
    def m_test(self) -> int:
        """Number of observations of each task."""
        return int(self.X.shape[1])


# Estimates of θ⋆ -----------------------------------------------------------------------------------


def one_step(tasks: NewTasks, B: Floats, w: Floats, alpha: float) -> Floats:
    """Return Bw_test after one gradient step of the head, (11), from any (B, w). Shape (n, d), degree 1."""
    residual = tasks.y - tasks.X @ (B @ w)
    pull = (residual[:, None, :] @ tasks.X)[:, 0, :] / tasks.m_test
    return np.asarray(B @ w + alpha * (pull @ B @ B.T))


def gradient_steps(tasks: NewTasks, B: Floats, w: Floats, alpha: float, counts: ArrayLike) -> Floats:
    """Return Bw_test after each number of full-batch gradient steps of the head. Shape (number of counts, n, d).

    After τ steps the filter is f(s) = (1 − (1 − αs)^τ)/s, which is ατ at s = 0: no loop over steps. Raises ValueError
    for a count that is no whole number >= 0, and FloatingPointError when the steps diverge beyond the floats.
    """
    steps = _nonnegative(counts, "a number of gradient steps")
    if (steps % 1 != 0).any():
        raise ValueError(f"a number of gradient steps must be a whole number; got {counts!r}")
    with np.errstate(over="ignore", invalid="ignore"):
        theta = _filtered(tasks, B, w, lambda s: _stopped(s, alpha, steps))
    if not np.isfinite(theta).all():
        raise FloatingPointError(
            f"{int(steps.max())} gradient steps of size {alpha:g} diverge on some task; lower alpha or take fewer steps"
        )
    return theta


def ridge(tasks: NewTasks, B: Floats, parameters: ArrayLike) -> Floats:
    """Return Bŵ, ŵ minimising (1/2m)‖y − XBw‖² + (λ/2)‖w‖², for every λ. Shape (number of parameters, n, d).

    B is a representation (d, k′), the identity for a single task, or B⋆ for the oracle (Section 5). λ = 0 is least
    squares of minimum norm, the limit. Raises ValueError for λ < 0.
    """
    lambdas = _nonnegative(parameters, "a ridge parameter")
    return _filtered(tasks, B, np.zeros(B.shape[1]), lambda s: _regularised(s, lambdas))


def least_squares(tasks: NewTasks, B: Floats) -> Floats:
    """Return Bŵ for the least squares estimate of minimum norm on (XB, y) (Section 3.1). Shape (n, d)."""
    return np.asarray(ridge(tasks, B, 0.0)[0])


def _filtered(tasks: NewTasks, B: Floats, w: Floats, damping: Filter) -> Floats:
    """Return Bw plus the filtered residual for each filter in damping(s) (grid, n, r), s = a² of shape (n, r).

    Singular values below the rounding of the largest one are set to exactly zero, so that no filter divides by noise.
    """
    residual = tasks.y - tasks.X @ (B @ w)
    U, a, Vt = np.linalg.svd(tasks.X @ B / np.sqrt(tasks.m_test), full_matrices=False)
    largest = a[:, :1] if a.size else a
    a = np.where(a > max(tasks.m_test, B.shape[1]) * np.finfo(float).eps * largest, a, 0.0)
    along = a * (residual[:, None, :] @ U)[:, 0, :] / np.sqrt(tasks.m_test)
    images = Vt @ B.T
    coefficients = np.moveaxis(damping(a**2) * along, 0, 1)
    return np.asarray(B @ w + np.moveaxis(coefficients @ images, 1, 0))


def _regularised(s: Floats, lambdas: Floats) -> Floats:
    """Return 1/(s + λ), and 0 where s + λ = 0, for every λ. Shape (grid, *s.shape)."""
    total = s + lambdas[:, None, None]
    return np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)


def _stopped(s: Floats, alpha: float, steps: Floats) -> Floats:
    """Return (1 − (1 − αs)^τ)/s, and ατ at s = 0, for every τ. Shape (grid, *s.shape).

    Where αs < 1 the power is taken through log1p and expm1, which keep all digits for small αs.
    """
    tau, rate = steps[:, None, None], alpha * s
    gentle = -np.expm1(tau * np.log1p(-np.where(rate < 1, rate, 0.0)))
    steep = 1 - (1 - np.where(rate < 1, 1.0, rate)) ** tau
    moved = np.where(rate < 1, gentle, steep)
    return np.asarray(np.divide(moved, s, out=np.broadcast_to(alpha * tau, moved.shape).copy(), where=s > 0))


def _nonnegative(values: ArrayLike, name: str) -> Floats:
    found = np.atleast_1d(np.asarray(values, dtype=float))
    if found.ndim != 1 or not (found >= 0).all():
        raise ValueError(f"{name} must be a number >= 0, or a list of them; got {values!r}")
    return found


# Risk ----------------------------------------------------------------------------------------------


def excess_risks(theta: Floats, theta_star: Floats) -> Floats:
    """Return ‖θ − θ⋆‖² of each task, the excess risk as Section 3.1 defines it. Shape (..., n), degree 2."""
    return np.asarray(np.sum((theta - theta_star) ** 2, axis=-1))


def half_risks(theta: Floats, theta_star: Floats) -> Floats:
    """Return ½‖θ − θ⋆‖² of each task, the excess of the loss of Section 2.2.1. Shape (..., n), degree 2."""
    return excess_risks(theta, theta_star) / 2


def standard_error(risks: Floats) -> float:
    """Return the standard error of the mean over tasks. Raises ValueError for fewer than two tasks."""
    if len(risks) < 2:
        raise ValueError(f"a standard error needs at least two test tasks; got {len(risks)}")
    return float(np.std(risks, ddof=1) / np.sqrt(len(risks)))


def expected_half_risk(
    B: Floats,
    w: Floats,
    alpha: float,
    m_test: float,
    B_star: Floats,
    Sigma_star: Floats,
    sigma_sq: float,
    mean: Floats | None = None,
) -> float:
    """Return the exact expectation of the half risk of one step (11) at any (B, w) over new tasks. Degree 2.

    With M = αBBᵀ, u = Bw − θ⋆ and S = E[uuᵀ] = (Bw − B⋆μ)(Bw − B⋆μ)ᵀ + B⋆Σ⋆B⋆ᵀ it is
    ½[Tr(S(I − 2M + (1 + 1/m)M²)) + Tr(M²)(Tr S + σ²)/m], for Gaussian rows and any w⋆ of mean μ (0 by default) and
    covariance Σ⋆. No test tasks are needed; m_test may be infinite.
    """
    offset = B @ w - (0 if mean is None else B_star @ mean)
    S = np.outer(offset, offset) + B_star @ Sigma_star @ B_star.T
    M = alpha * (B @ B.T)
    MS, M_sq = M @ S, float(np.sum(M * M))
    bias = np.trace(S) - 2 * np.trace(MS) + (1 + 1 / m_test) * float(np.sum(M * MS.T))
    return float(bias + M_sq * (np.trace(S) + sigma_sq) / m_test) / 2


# Tuning --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best point of a grid on a set of tasks: its parameter, the risks (n,) at it, the mean risk along the grid.

    `optimism` estimates how much lower the mean risk at the chosen parameter is than at one chosen on other tasks:
    five-fold cross-fitting, so never an exact number. `on_edge` says that the grid should reach further.
    """

    parameter: float
    risks: Floats
    curve: Floats
    optimism: float
    on_edge: bool


def tuned(grid: ArrayLike, risks: Floats, folds: int = 5) -> Tuned:
    """Choose the grid point of least mean risk, one for all tasks, as Section 5 does; risks has shape (grid, n).

    Raises ValueError when the shapes do not fit, or there are fewer tasks than folds.
    """
    points = np.atleast_1d(np.asarray(grid, dtype=float))
    if risks.ndim != 2 or len(risks) != len(points) or risks.shape[1] < folds:
        raise ValueError(
            f"a grid of {len(points)} points needs risks of shape ({len(points)}, n) with n >= {folds}; "
            f"got {risks.shape}; give more test tasks"
        )
    curve = risks.mean(axis=1)
    best = int(np.argmin(curve))
    optimism = cross_fitted_risk(risks, folds) - float(curve[best])
    return Tuned(float(points[best]), risks[best], curve, optimism, len(points) > 1 and best in (0, len(points) - 1))


def cross_fitted_risk(risks: Floats, folds: int) -> float:
    """Return the mean risk when each fold of tasks is judged at the grid point chosen on all the other folds."""
    fold = np.arange(risks.shape[1]) % folds
    judged = [risks[np.argmin(risks[:, fold != part].mean(axis=1))][fold == part] for part in range(folds)]
    return float(np.concatenate(judged).mean())


def tuned_ridge(tasks: NewTasks, B: Floats, grid: ArrayLike = RIDGE_GRID, folds: int = 5) -> Tuned:
    """Return ridge regression on (XB, y) at the λ that is best on these tasks (Section 5); its risks are half risks."""
    return tuned(grid, half_risks(ridge(tasks, B, grid), tasks.theta_star), folds)
