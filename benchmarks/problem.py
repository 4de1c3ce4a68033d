"""The problem that is timed: the tasks of Section 5, in either precision, and our step on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.rounds import Contender
from foanil.experiments.configuration import PAPER, Configuration
from foanil.simulation import methods
from foanil.simulation.kernels import outer_gradients
from foanil.simulation.tasks import Floats, Tasks, draw


def problem(c: Configuration = PAPER, dtype: Any = np.float64) -> tuple[Tasks, Floats, Floats]:
    """Return the tasks of an experiment and its start, the tasks in the given dtype."""
    random = np.random.default_rng(20261123)
    tasks = draw(c.world, c.N, c.m_in, c.m_out, random)
    state = methods.orthogonal_start(c.d, c.k_prime, c.start_sq / c.alpha, c.head_sq * c.k_prime * c.alpha, random)
    return in_dtype(tasks, dtype), state["B"], state["w"]


def in_dtype(tasks: Tasks, dtype: Any) -> Tasks:
    """Return the same tasks in another dtype."""
    return Tasks(
        *(getattr(tasks, name).astype(dtype, copy=False) for name in ("X_in", "y_in", "X_out", "y_out", "theta_star"))
    )


def ours(tasks: Tasks, B: Floats, w: Floats, threads: int, **choices: Any) -> Contender:
    """Return our gradients of FO-ANIL as a contender, or of another method or kernel."""
    choices = {"method": "fo-anil", **choices}
    return lambda: outer_gradients(tasks, B, w, PAPER.alpha, threads=threads, **choices)


def size_in_bytes(tasks: Tasks) -> int:
    """Return the size of what a step reads."""
    return sum(part.nbytes for part in (tasks.X_in, tasks.y_in, tasks.X_out, tasks.y_out))
