"""The numbers of an experiment, and where each comes from: printed in Section 5, or inferred from Table 1.

Appendix I, which holds the paper's hyperparameters, is not in the available text. `INFERRED` lists what was chosen so
that cells of Table 1 come out, with the cells that it was fitted on: those cells are labelled fitted, never predicted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from foanil.simulation.tasks import TaskDistribution


@dataclass(frozen=True, slots=True)
class Configuration:
    """One experiment: sizes, data, steps and starts. Lengths of time are outer steps; the scale is that of Table 1."""

    name: str
    N: int
    d: int
    k_prime: int
    m_in: int
    m_out: int
    steps: int
    alpha: float
    beta: float
    spectrum: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 5.0)
    """The eigenvalues of Σ⋆, up to the factor that `covariance_norm` fixes; there are k."""
    covariance_norm: float = 5**0.5
    """‖Σ⋆‖_F, degree 2."""
    mean_norm: float = 0.0
    """‖μ⋆‖ of tasks with a mean, which lies along all axes alike. Degree 1."""
    sigma_sq: float = 4.0
    start_sq: float = 0.25
    """α times every squared singular value of B_0, which is a multiple of a matrix with orthonormal columns."""
    head_sq: float = 0.01
    """‖w_0‖²/(k′α)."""
    aligned: bool = False
    """Whether the first k columns of B_0 nearly span col(B⋆), as Collins et al. (2022) ask."""
    factor_start_sq: float = 0.03
    """Burer-Monteiro: every squared singular value of B_0; its heads start at 0."""
    factor_beta: float = 0.1
    factor_steps: int = 1250
    nuclear_weight: float = 0.3
    """The weight of the nuclear norm of Θ/√N, of degree 1."""
    test_tasks: int = 1000
    test_rows: tuple[int, ...] = (20, 30)

    @property
    def k(self) -> int:
        """Dimension of the task parameters."""
        return len(self.spectrum)

    @property
    def Sigma_star(self) -> NDArray[np.floating]:
        """Σ⋆, diagonal, with the stated Frobenius norm. Shape (k, k)."""
        return np.diag(np.array(self.spectrum) * self.covariance_norm / np.linalg.norm(self.spectrum))

    @property
    def world(self) -> TaskDistribution:
        """What tasks are drawn from; B⋆ is the first k axes, by rotational symmetry no restriction (Section 2.1)."""
        mean = np.full(self.k, self.mean_norm / self.k**0.5)
        return TaskDistribution(np.eye(self.d, self.k), self.Sigma_star, self.sigma_sq, mean)

    def fingerprint(self) -> str:
        """Return a digest of every number: results and checkpoints of another configuration are never mixed in."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


PAPER = Configuration("full", N=5000, d=50, k_prime=50, m_in=20, m_out=10, steps=25_000, alpha=0.025, beta=0.025)
SMALL = Configuration("quick", N=500, d=20, k_prime=20, m_in=20, m_out=10, steps=5000, alpha=0.05, beta=0.05)
PROFILES = MappingProxyType({configuration.name: configuration for configuration in (PAPER, SMALL)})

INFERRED = MappingProxyType(
    {
        "m_in, m_out": "the split of the 30 rows",
        "covariance_norm": "the scale of Σ⋆",
        "alpha, beta, steps": "only αβ·steps matters closely",
        "start_sq, head_sq": "the start",
        "factor_start_sq, factor_beta, factor_steps": "Burer-Monteiro's start and stopping time",
    }
)

FITTED = frozenset(
    {
        *(f"tab-1-infinite-tasks-{adaptation}-{rows}" for adaptation in ("1gd", "ridge") for rows in (20, 30)),
        *(f"tab-1-burer-monteiro-ridge-{rows}" for rows in (20, 30)),
    }
)
"""The cells on which an inferred number was fitted: the number of steps on four, Burer-Monteiro's start on two."""
