"""What a kernel computes, and why it suffices: two sums over tasks from which both outer gradients follow.

With s = α/m_in, v = Bw, and for each task the rows g = X_inᵀ(X_in v − y_in) and H = X_outᵀ(X_out θ − y_out), where
θ = B_i w_i, the adapted parameters are linear in g: w_i = w − s Bᵀg, and B_i = B − s g wᵀ for FO-MAML. Hence

    θ = v − s BBᵀg                       (FO-ANIL)
    θ = v − s BBᵀg − s (wᵀw − s gᵀv) g   (FO-MAML)
    Σ H w_iᵀ  = h wᵀ − s K B             with h = Σ H (d,) and K = Σ H gᵀ (d, d)
    Σ B_iᵀH   = Bᵀh                      (FO-ANIL)
    Σ B_iᵀH   = Bᵀh − s Tr(K) w          (FO-MAML)

No task's w_i, B_i or X B is ever formed: per task two passes over its data and two products with a d × d matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foanil.simulation.tasks import Tasks

Floats: TypeAlias = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Problem:
    """A kernel's input, all arrays of one dtype and C-contiguous: the data, v = Bw, and the Gram matrix M = BBᵀ.

    overlap is wᵀw for FO-MAML, and 0 for FO-ANIL, whose adapted B does not move.
    """

    X_in: Floats
    y_in: Floats
    X_out: Floats
    y_out: Floats
    v: Floats
    M: Floats
    step: float
    overlap: float
    moves_B: bool

    def __len__(self) -> int:
        """Return N."""
        return len(self.X_in)


# Adds the h (d,) and the K (d, d) of the tasks from start to stop to the two arrays given last.
Kernel: TypeAlias = Callable[[Problem, int, int, Floats, Floats], None]


def kernel_input(tasks: Tasks, B: Floats, w: Floats, alpha: float, method: str) -> Problem:
    """Return a kernel's input in the dtype of the tasks, after checking every shape; no data are copied."""
    moves_B = _moves_B(method)
    _check_shapes(tasks, B, w)
    _check_layout(tasks)
    dtype = tasks.X_in.dtype
    return Problem(
        *(tasks.X_in, tasks.y_in, tasks.X_out, tasks.y_out),
        v=(B @ w).astype(dtype),
        M=(B @ B.T).astype(dtype),
        step=alpha / tasks.X_in.shape[1],
        overlap=float(w @ w) if moves_B else 0.0,
        moves_B=moves_B,
    )


def gradients(sums: tuple[Floats, Floats], B: Floats, w: Floats, problem: Problem) -> tuple[Floats, Floats]:
    """Return the mean outer gradients, (d, k′) and (k′,), from Σ H and Σ H gᵀ over all tasks."""
    h, K = sums
    s, scale = problem.step, 1 / (len(problem) * problem.X_out.shape[1])
    along_w = B.T @ h
    if problem.moves_B:
        along_w = along_w - s * np.trace(K) * w
    return scale * (np.outer(h, w) - s * (K @ B)), scale * along_w


def _moves_B(method: str) -> bool:
    if method not in ("fo-anil", "fo-maml"):
        raise ValueError(f"method is 'fo-anil' or 'fo-maml'; got {method!r}")
    return method == "fo-maml"


def _check_shapes(tasks: Tasks, B: Floats, w: Floats) -> None:
    N, m_in, d = tasks.X_in.shape
    m_out = tasks.X_out.shape[1]
    if 0 in (N, m_in, m_out):
        raise ValueError(f"a mean over tasks needs N, m_in and m_out >= 1; got {(N, m_in, m_out)}")
    for name, shape in {"y_in": (N, m_in), "X_out": (N, m_out, d), "y_out": (N, m_out)}.items():
        found = getattr(tasks, name).shape
        if found != shape:
            raise ValueError(f"X_in of shape {(N, m_in, d)} needs {name} of shape {shape}; got {found}")
    if B.ndim != 2 or B.shape[0] != d or w.shape != B.shape[1:]:
        raise ValueError(f"B has shape (d, k') with d = {d}, and w shape (k',); got {B.shape} and {w.shape}")


def _check_layout(tasks: Tasks) -> None:
    dtype = tasks.X_in.dtype
    for name in ("X_in", "y_in", "X_out", "y_out"):
        part = getattr(tasks, name)
        if part.dtype != dtype or dtype not in (np.float32, np.float64) or not part.flags.c_contiguous:
            raise ValueError(
                f"tasks are C-contiguous arrays, all float64 or all float32; {name} is {part.dtype} "
                f"with strides {part.strides}: pass every array through np.ascontiguousarray(..., dtype)"
            )
