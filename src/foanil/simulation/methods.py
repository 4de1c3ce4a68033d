"""The outer steps of every method of Section 5, from the losses (1)-(3) and (12) alone, one batch of tasks at a time.

A state is a mapping of arrays: B (d, k′) and w (k′,), both of degree 1/2, and for Burer-Monteiro the heads W (N, k′)
in place of w. A step maps a state to the next one and changes nothing in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from foanil.simulation.kernels import outer_gradients
from foanil.simulation.tasks import Floats, TaskDistribution, Tasks

State: TypeAlias = Mapping[str, Floats]
Step: TypeAlias = Callable[[State], State]
Gradients: TypeAlias = tuple[Floats, Floats]


def _descent(gradients: Callable[[Floats, Floats], Gradients], beta: float) -> Step:
    """Return the outer loop (3): both blocks move by −β times their mean direction over the tasks."""

    def step(state: State) -> State:
        along_B, along_w = gradients(state["B"], state["w"])
        return {"B": state["B"] - beta * along_B, "w": state["w"] - beta * along_w}

    return step


# First order: the fast kernels ---------------------------------------------------------------------


def fo_anil(tasks: Tasks, alpha: float, beta: float, threads: int = 1) -> Step:
    """FO-ANIL: the head adapts, and the derivative of the inner step is taken as the identity (Section 2.2.1)."""
    return _descent(lambda B, w: outer_gradients(tasks, B, w, alpha, method="fo-anil", threads=threads), beta)


def fo_maml(tasks: Tasks, alpha: float, beta: float, threads: int = 1) -> Step:
    """FO-MAML: head and representation adapt, first order (Section 2.2)."""
    return _descent(lambda B, w: outer_gradients(tasks, B, w, alpha, method="fo-maml", threads=threads), beta)


# Second order: the whole derivative of the inner step ----------------------------------------------


def anil(tasks: Tasks, alpha: float, beta: float) -> Step:
    """ANIL: gradient descent on the outer loss after the inner step of the head, derivative of that step included."""
    return _descent(lambda B, w: anil_gradients(tasks, B, w, alpha), beta)


def maml(tasks: Tasks, alpha: float, beta: float) -> Step:
    """MAML: gradient descent on the outer loss after the inner step of the whole network, fully differentiated."""
    return _descent(lambda B, w: maml_gradients(tasks, B, w, alpha), beta)


def anil_gradients(tasks: Tasks, B: Floats, w: Floats, alpha: float) -> Gradients:
    """Return the gradient of the mean adapted outer loss with respect to B (d, k′) and w (k′,)."""
    scale = alpha / tasks.X_in.shape[1]
    pull = slope(tasks.X_in, tasks.y_in, B @ w)
    heads = w - scale * (pull @ B)
    outer = slope(tasks.X_out, tasks.y_out, heads @ B.T) / tasks.X_out.shape[1]
    along_heads = outer @ B
    spread = _spread(tasks.X_in, along_heads @ B.T)
    along_B = outer.T @ heads - scale * (pull.T @ along_heads + np.outer(spread.sum(0), w))
    return along_B / len(tasks), (along_heads - scale * (spread @ B)).mean(0)


def maml_gradients(tasks: Tasks, B: Floats, w: Floats, alpha: float) -> Gradients:
    """Return the gradient of the mean outer loss after one inner step of B and w, by the Hessian of the inner loss.

    The adapted representation is B − (α/m) pull wᵀ, of rank one beside B, and is never formed.
    """
    scale = alpha / tasks.X_in.shape[1]
    pull = slope(tasks.X_in, tasks.y_in, B @ w)
    heads = w - scale * (pull @ B)
    overlap = heads @ w
    outer = slope(tasks.X_out, tasks.y_out, heads @ B.T - scale * pull * overlap[:, None]) / tasks.X_out.shape[1]
    both = np.einsum("nd,nd->n", pull, outer)
    along_heads = outer @ B - scale * np.outer(both, w)
    spread = _spread(tasks.X_in, outer * overlap[:, None] + along_heads @ B.T)
    along_B = outer.T @ heads - scale * (pull.T @ along_heads + np.outer(spread.sum(0), w))
    along_w = along_heads - scale * (spread @ B + heads * both[:, None])
    return along_B / len(tasks), along_w.mean(0)


def slope(X: Floats, y: Floats, theta: Floats) -> Floats:
    """Return Xᵀ(Xθ − y) of each task, of shape (N, d); theta is one vector (d,) or one per task (N, d)."""
    residual = (X @ theta if theta.ndim == 1 else (X @ theta[:, :, None])[:, :, 0]) - y
    return np.asarray((residual[:, None, :] @ X)[:, 0, :])


def _spread(X: Floats, theta: Floats) -> Floats:
    """Return XᵀXθ of each task, of shape (N, d)."""
    return slope(X, np.zeros(X.shape[:2]), theta)


# Infinitely many samples per task ------------------------------------------------------------------


def infinite_samples(theta_star: Floats, alpha: float, beta: float) -> Step:
    """FO-ANIL on N tasks with m = ∞: the empirical covariances of both samples are the identity (Section 4).

    theta_star has shape (N, d); rows that only match the mean and the second moment of the task distribution give the
    step for N = ∞ too, since the step depends on these alone: see `moment_points`.
    """
    N = len(theta_star)

    def gradients(B: Floats, w: Floats) -> Gradients:
        heads = w - alpha * ((B @ w - theta_star) @ B)
        residual = heads @ B.T - theta_star
        return residual.T @ heads / N, residual.mean(0) @ B

    return _descent(gradients, beta)


def moment_points(world: TaskDistribution) -> Floats:
    """Return 2k regression parameters with the mean and the covariance of the whole distribution. Shape (2k, d)."""
    values, vectors = np.linalg.eigh(world.Sigma_star)
    axes = (vectors * np.sqrt(np.clip(values, 0, None) * world.k)).T
    return np.asarray((world.mean + np.vstack([axes, -axes])) @ world.B_star.T)


# Burer-Monteiro ------------------------------------------------------------------------------------


def burer_monteiro(tasks: Tasks, beta: float) -> Step:
    """Gradient descent on (12) with all rows of a task, inner and outer: head i moves along its own task's gradient.

    That is descent in the balanced variables (B, W/√N), in which both factors have the same scale.
    """

    def step(state: State) -> State:
        B, W = state["B"], state["W"]
        theta, m = W @ B.T, tasks.X_in.shape[1] + tasks.X_out.shape[1]
        pull = (slope(tasks.X_in, tasks.y_in, theta) + slope(tasks.X_out, tasks.y_out, theta)) / m
        return {"B": B - beta / len(tasks) * (pull.T @ W), "W": W - beta * (pull @ B)}

    return step


# Starts --------------------------------------------------------------------------------------------


def orthogonal_start(
    d: int,
    k_prime: int,
    sv_sq: float,
    head_sq: float,
    random: np.random.Generator,
    frame: Floats | None = None,
) -> State:
    """Return B_0 with every squared singular value equal to sv_sq and ‖w_0‖² = head_sq, both in random directions.

    The columns of B_0 span a uniformly random subspace; with a frame (d, k) they come, all but a tilt of half their
    length, from its columns first.
    """
    G = random.standard_normal((d, k_prime))
    if frame is not None:
        G *= 0.5 / np.sqrt(d)
        G[:, : frame.shape[1]] += frame
    Q, R = np.linalg.qr(G)
    w = random.standard_normal(k_prime)
    return {"B": np.sqrt(sv_sq) * Q * np.sign(np.diag(R)), "w": np.sqrt(head_sq) * w / np.linalg.norm(w)}
