"""Summing a kernel over all tasks: fixed portions, shared between threads, added in a fixed order.

The portions depend on the number of tasks alone, so the result has the same bytes for any number of threads.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from itertools import count

import numpy as np

from foanil.simulation.kernels.moments import Floats, Kernel, Problem

# Tasks in a portion: small enough to share evenly between threads, large enough that its own sums are negligible.
PORTION = 512


def summed(kernel: Kernel, problem: Problem, threads: int) -> tuple[Floats, Floats]:
    """Return Σ H and Σ H gᵀ over all tasks, of shapes (d,) and (d, d), added over portions in float64."""
    if threads < 1:
        raise ValueError(f"threads is a number >= 1; got {threads}")
    starts, d = range(0, len(problem), PORTION), len(problem.v)
    h, K = np.zeros((len(starts), d), problem.v.dtype), np.zeros((len(starts), d, d), problem.v.dtype)
    ticket = count()

    def work() -> None:
        # next() on a counter is atomic: whichever thread is free takes the next portion.
        while (i := next(ticket)) < len(starts):
            kernel(problem, starts[i], min(starts[i] + PORTION, len(problem)), h[i], K[i])

    # A copy of this thread's context: NumPy's errstate holds in the other threads too.
    others = [_pool(threads).submit(copy_context().run, work) for _ in range(min(threads, len(starts)) - 1)]
    work()
    for other in others:
        other.result()
    return h.sum(0, dtype=np.float64), K.sum(0, dtype=np.float64)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return threads kept between steps: starting them takes as long as a small step."""
    return ThreadPoolExecutor(max(threads - 1, 1), thread_name_prefix="foanil-kernel")


# A process that was forked has the pools but not their threads: it is to start its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
