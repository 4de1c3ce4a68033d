"""What the machine itself can do with a step's data: read them once, and do its two products by BLAS.

The model adds the two, as if nothing overlapped. Reading is a compiled sum over the arrays, the products are NumPy's
BLAS on N × d arrays that are in cache or not as they come; both are shared between threads, in equal parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numba
import numpy as np

from foanil.simulation.kernels.compiled import GROUP
from foanil.simulation.tasks import Floats, Tasks


@numba.njit(nogil=True, fastmath=True)
def total(values: Floats) -> Any:
    """Return the sum of all values: the cheapest use of memory that must still read all of it."""
    found = values.dtype.type(0)
    for i in range(values.size):
        found += values[i]
    return found


def reading(tasks: Tasks, threads: int) -> Callable[[], object]:
    """Return a contender that reads the step's data once."""
    arrays = [part.reshape(-1) for part in (tasks.X_in, tasks.y_in, tasks.X_out, tasks.y_out)]
    pieces = [[_part(array, i, threads) for array in arrays] for i in range(threads)]
    return lambda: in_parallel([partial(_read, some) for some in pieces])


def _read(arrays: Sequence[Floats]) -> None:
    for array in arrays:
        total(array)


def products(N: int, d: int, dtype: Any, threads: int, rows: int | None = None) -> Callable[[], object]:
    """Return a contender that multiplies N × d by d × d, and d × N by N × d, all rows at once or `rows` at a time."""
    random = np.random.default_rng(1)
    G, H = (random.standard_normal((N, d)).astype(dtype) for _ in range(2))
    M = random.standard_normal((d, d)).astype(dtype)
    theta, K = np.empty_like(G), np.empty((threads, d, d), dtype)

    def work(i: int) -> None:
        first, stop = i * N // threads, (i + 1) * N // threads
        for start in range(first, stop, rows or N):
            some = slice(start, min(start + (rows or N), stop))
            np.dot(G[some], M, out=theta[some])
            np.dot(H[some].T, G[some], out=K[i])

    return lambda: in_parallel([partial(work, i) for i in range(threads)])


GROUPED = GROUP
"""Rows at a time in the compiled kernel."""


def in_parallel(jobs: Sequence[Callable[[], object]]) -> None:
    """Run every job in a thread of its own, the first one in this thread."""
    others = [_pool(len(jobs)).submit(job) for job in jobs[1:]]
    jobs[0]()
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


def _part(array: Floats, i: int, threads: int) -> Floats:
    return array[i * len(array) // threads : (i + 1) * len(array) // threads]
