"""The kernel compiled: each task's data are read once from memory, and reused while they are in the first cache.

A group of tasks at a time goes through the stages, whose intermediate rows stay in cache. Machine code is kept in
Python's own cache folder beside this file, or where NUMBA_CACHE_DIR says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import numba
import numpy as np

from foanil.simulation.kernels.moments import Floats, Problem

F = TypeVar("F", bound=Callable[..., Any])

# Tasks that go through the stages together: few enough for the second cache, enough for BLAS to run at full speed, and
# few enough that BLAS, at the sizes of Section 5, starts no threads of its own.
GROUP = 64


def compiled(function: F) -> F:
    """Compile a function: without the interpreter's lock, and free to reorder a sum so that it fills a register."""
    compiler = partial(numba.njit, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
    try:
        return cast(F, compiler(cache=True)(function))
    except RuntimeError:  # no folder can be written to, neither beside this file nor the user's own
        return cast(F, compiler()(function))


def accumulate(problem: Problem, start: int, stop: int, h: Floats, K: Floats) -> None:
    """Add the sums of H and of H gᵀ over the tasks from start to stop to h (d,) and K (d, d)."""
    p, kind = problem, problem.v.dtype.type
    _accumulate(
        p.X_in[start:stop], p.y_in[start:stop], p.X_out[start:stop], p.y_out[start:stop],
        p.v, p.M, kind(p.step), kind(p.overlap), p.moves_B, h, K,
    )  # fmt: skip


@compiled
def _slope(X: Floats, y: Floats, theta: Floats, g: Floats) -> None:
    """Set g to Xᵀ(Xθ − y), two rows at a time: read from memory for the residual, and from the first cache after it.

    With one row the loops are too short to fill the pipeline; with four the processor no longer sees that memory is
    read in order, and waits for it (measured: 2 rows 1.2 times a plain read of X, 5 rows 2 times).
    """
    m, d = X.shape
    g[:] = 0
    for j in range(0, m - 1, 2):
        first, second = -y[j], -y[j + 1]
        for p in range(d):
            first += X[j, p] * theta[p]
            second += X[j + 1, p] * theta[p]
        for p in range(d):
            g[p] += first * X[j, p] + second * X[j + 1, p]
    if m % 2:
        last = -y[m - 1]
        for p in range(d):
            last += X[m - 1, p] * theta[p]
        for p in range(d):
            g[p] += last * X[m - 1, p]


@compiled
def _adapt(g: Floats, v: Floats, s: Any, overlap: Any, moves_B: bool, theta: Floats) -> None:
    """Turn a row of g M, given in theta, into the adapted θ = v − s M g, less s (wᵀw − s gᵀv) g where B moves."""
    d = len(g)
    for p in range(d):
        theta[p] = v[p] - s * theta[p]
    if moves_B:
        along = overlap
        for p in range(d):
            along -= s * g[p] * v[p]
        for p in range(d):
            theta[p] -= s * along * g[p]


@compiled
def _accumulate(
    X_in: Floats, y_in: Floats, X_out: Floats, y_out: Floats,
    v: Floats, M: Floats, s: Any, overlap: Any, moves_B: bool, h: Floats, K: Floats,
) -> None:  # fmt: skip
    """Run every group of tasks through the stages; the two products with d × d matrices are BLAS's."""
    d = len(v)
    G, theta, H = np.empty((GROUP, d), v.dtype), np.empty((GROUP, d), v.dtype), np.empty((GROUP, d), v.dtype)
    product = np.empty((d, d), v.dtype)
    for start in range(0, len(X_in), GROUP):
        n = min(GROUP, len(X_in) - start)
        for i in range(n):
            _slope(X_in[start + i], y_in[start + i], v, G[i])
        np.dot(G[:n], M, theta[:n])
        for i in range(n):
            _adapt(G[i], v, s, overlap, moves_B, theta[i])
            _slope(X_out[start + i], y_out[start + i], theta[i], H[i])
            for p in range(d):
                h[p] += H[i, p]
        np.dot(H[:n].T, G[:n], product)
        for p in range(d):
            for q in range(d):
                K[p, q] += product[p, q]
