"""The kernel compiled: each task's data are read once from memory, and reused while they are in the first cache.

A handful of tasks at a time goes through four stages, whose intermediate rows stay in cache. Machine code is kept in
Python's own cache folder beside this file, or where NUMBA_CACHE_DIR says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from foanil.simulation.kernels.moments import Floats, Problem

F = TypeVar("F", bound=Callable[..., Any])

# Tasks that go through the four stages together: a multiple of 4, since products take four rows at a time.
GROUP = 32


def compiled(function: F) -> F:
    """Compile a function: without the interpreter's lock, and free to reorder a sum so that it fills a register."""
    compiler = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
    return cast(F, compiler(function))


def accumulate(problem: Problem, start: int, stop: int, h: Floats, K: Floats) -> None:
    """Add the sums of H and of H gᵀ over the tasks from start to stop to h (d,) and K (d, d)."""
    p, kind = problem, problem.v.dtype.type
    _accumulate(
        p.X_in[start:stop], p.y_in[start:stop], p.X_out[start:stop], p.y_out[start:stop],
        p.v, p.M, kind(p.step), kind(p.overlap), p.moves_B, h, K,
    )  # fmt: skip


@compiled
def _slope(X: Floats, y: Floats, theta: Floats, g: Floats) -> None:
    """Set g to Xᵀ(Xθ − y), five rows at a time: each is read from memory once, and once more from the first cache."""
    m, d = X.shape
    g[:] = 0
    j = 0
    while j + 5 <= m:
        r0, r1, r2, r3, r4 = -y[j], -y[j + 1], -y[j + 2], -y[j + 3], -y[j + 4]
        for p in range(d):
            r0 += X[j, p] * theta[p]
            r1 += X[j + 1, p] * theta[p]
            r2 += X[j + 2, p] * theta[p]
            r3 += X[j + 3, p] * theta[p]
            r4 += X[j + 4, p] * theta[p]
        for p in range(d):
            g[p] += r0 * X[j, p] + r1 * X[j + 1, p] + r2 * X[j + 2, p] + r3 * X[j + 3, p] + r4 * X[j + 4, p]
        j += 5
    while j < m:
        r = -y[j]
        for p in range(d):
            r += X[j, p] * theta[p]
        for p in range(d):
            g[p] += r * X[j, p]
        j += 1


@compiled
def _adapt(G: Floats, M: Floats, v: Floats, s: Any, theta: Floats) -> None:
    """Set theta to v − s G M, four rows of G times two of M at a time; the number of rows is a multiple of four."""
    n, d = G.shape
    theta[:, :] = v
    for i in range(0, n, 4):
        p = 0
        while p + 2 <= d:
            a0, a1, a2, a3 = s * G[i, p], s * G[i + 1, p], s * G[i + 2, p], s * G[i + 3, p]
            b0, b1, b2, b3 = s * G[i, p + 1], s * G[i + 1, p + 1], s * G[i + 2, p + 1], s * G[i + 3, p + 1]
            for q in range(d):
                theta[i, q] -= a0 * M[p, q] + b0 * M[p + 1, q]
                theta[i + 1, q] -= a1 * M[p, q] + b1 * M[p + 1, q]
                theta[i + 2, q] -= a2 * M[p, q] + b2 * M[p + 1, q]
                theta[i + 3, q] -= a3 * M[p, q] + b3 * M[p + 1, q]
            p += 2
        if p < d:
            for row in range(i, i + 4):
                for q in range(d):
                    theta[row, q] -= s * G[row, p] * M[p, q]


@compiled
def _adapt_representation(G: Floats, v: Floats, s: Any, overlap: Any, theta: Floats) -> None:
    """Subtract s (wᵀw − s gᵀv) g from every row of theta: what FO-MAML's adapted B adds."""
    n, d = G.shape
    for i in range(n):
        along = overlap
        for p in range(d):
            along -= s * G[i, p] * v[p]
        for p in range(d):
            theta[i, p] -= s * along * G[i, p]


@compiled
def _add_products(H: Floats, G: Floats, h: Floats, K: Floats) -> None:
    """Add Σ H to h and HᵀG to K, four rows at a time; the number of rows is a multiple of four."""
    n, d = G.shape
    for i in range(0, n, 4):
        for p in range(d):
            a0, a1, a2, a3 = H[i, p], H[i + 1, p], H[i + 2, p], H[i + 3, p]
            h[p] += (a0 + a1) + (a2 + a3)
            for q in range(d):
                K[p, q] += a0 * G[i, q] + a1 * G[i + 1, q] + a2 * G[i + 2, q] + a3 * G[i + 3, q]


@compiled
def _accumulate(
    X_in: Floats, y_in: Floats, X_out: Floats, y_out: Floats,
    v: Floats, M: Floats, s: Any, overlap: Any, moves_B: bool, h: Floats, K: Floats,
) -> None:  # fmt: skip
    """Run the four stages on every group of tasks; rows of the last group without a task stay zero in H and G."""
    N, d = len(X_in), len(v)
    G, theta, H = np.empty((GROUP, d), v.dtype), np.empty((GROUP, d), v.dtype), np.empty((GROUP, d), v.dtype)
    for first in range(0, N, GROUP):
        n = min(GROUP, N - first)
        G[n:] = 0
        H[n:] = 0
        for i in range(n):
            _slope(X_in[first + i], y_in[first + i], v, G[i])
        _adapt(G, M, v, s, theta)
        if moves_B:
            _adapt_representation(G, v, s, overlap, theta)
        for i in range(n):
            _slope(X_out[first + i], y_out[first + i], theta[i], H[i])
        _add_products(H, G, h, K)
