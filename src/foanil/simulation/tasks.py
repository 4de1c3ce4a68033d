"""Finitely many tasks with finitely many observations each (Section 2.1), drawn from recorded seeds.

Arrays here are batches over tasks: the first axis of every array is the task, and vectors are rows of length d or m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class TaskDistribution:
    """What tasks are drawn from: w⋆ ~ N(mean, Σ⋆), θ⋆ = B⋆w⋆, y = xᵀθ⋆ + z with x ~ N(0, I_d), z ~ N(0, σ²).

    B_star has shape (d, k) and orthonormal columns; Sigma_star (k, k), degree 2; mean (k,), degree 1; sigma_sq ≥ 0,
    degree 2. Raises ValueError when the shapes do not fit.
    """

    B_star: Floats
    Sigma_star: Floats
    sigma_sq: float
    mean: Floats

    def __post_init__(self) -> None:
        d, k = self.B_star.shape
        if self.Sigma_star.shape != (k, k) or self.mean.shape != (k,):
            raise ValueError(
                f"B_star of shape {(d, k)} needs Sigma_star of shape {(k, k)} and a mean of shape {(k,)}; "
                f"got {self.Sigma_star.shape} and {self.mean.shape}"
            )
        if not self.sigma_sq >= 0:
            raise ValueError(f"sigma_sq is a variance, a number >= 0; got {self.sigma_sq}")

    @property
    def d(self) -> int:
        """Number of features."""
        return int(self.B_star.shape[0])

    @property
    def k(self) -> int:
        """Dimension of the task parameters."""
        return int(self.B_star.shape[1])

    @property
    def sigma_bar_sq(self) -> float:
        """σ̄² = Tr(Σ⋆) + ‖mean‖² + σ², the variance of a label. Degree 2."""
        return float(np.trace(self.Sigma_star) + self.mean @ self.mean + self.sigma_sq)


def centred(d: int, Sigma_star: Floats, sigma_sq: float) -> TaskDistribution:
    """Return tasks of mean zero whose B⋆ is the first k axes: by rotational symmetry no restriction (Section 2.1)."""
    k = len(Sigma_star)
    return TaskDistribution(np.eye(d, k), np.asarray(Sigma_star, dtype=float), sigma_sq, np.zeros(k))


@dataclass(frozen=True, slots=True)
class Tasks:
    """N tasks, each with an inner and an outer sample: X_in (N, m_in, d), y_in (N, m_in), X_out, y_out; C-contiguous.

    theta_star (N, d) holds the regression parameters B⋆w⋆,i, which no method sees. Without the sample split (Section
    2.2.2) the outer arrays are the inner ones.
    """

    X_in: Floats
    y_in: Floats
    X_out: Floats
    y_out: Floats
    theta_star: Floats

    def __len__(self) -> int:
        """Return N."""
        return len(self.X_in)

    @property
    def unsplit(self) -> Tasks:
        """The same tasks with the inner sample used again as the outer one."""
        return Tasks(self.X_in, self.y_in, self.X_in, self.y_in, self.theta_star)


def parameters(world: TaskDistribution, N: int, random: np.random.Generator) -> Floats:
    """Draw the regression parameters θ⋆ = B⋆w⋆ of N tasks. Shape (N, d), degree 1."""
    values, vectors = np.linalg.eigh(world.Sigma_star)
    heads = world.mean + (random.standard_normal((N, world.k)) * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return np.asarray(heads @ world.B_star.T)


def sample(theta_star: Floats, m: int, sigma_sq: float, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw m observations of each task: X of shape (N, m, d) and y = Xθ⋆ + z of shape (N, m)."""
    N, d = theta_star.shape
    X = random.standard_normal((N, m, d))
    y = (X @ theta_star[:, :, None])[:, :, 0] + np.sqrt(sigma_sq) * random.standard_normal((N, m))
    return X, y


def draw(world: TaskDistribution, N: int, m_in: int, m_out: int, random: np.random.Generator) -> Tasks:
    """Draw N tasks with m_in inner and m_out outer observations each, independent of one another."""
    theta_star = parameters(world, N, random)
    inner = sample(theta_star, m_in, world.sigma_sq, random)
    outer = sample(theta_star, m_out, world.sigma_sq, random)
    return Tasks(*inner, *outer, theta_star)
