"""The mean first-order outer gradients of FO-ANIL and FO-MAML, fast: what a training run spends its time on.

Two kernels compute the same two sums over tasks, to rounding: one in blocks of NumPy products, one compiled. Sizes
decide which; the number of threads decides nothing but time, since the tasks are always cut into the same portions
and the portions added in the same order.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from foanil.simulation.kernels.moments import Floats, Kernel, Problem, gradients, kernel_input
from foanil.simulation.kernels.portions import summed
from foanil.simulation.tasks import Tasks

Choice: TypeAlias = Literal["compiled", "blocked"]

# Compiled code is faster at every size, but loading it takes a second (and compiling it, once per machine, ten). With
# this many entries of X, 5000 steps win that second back: a step gains 0.06 ms at 300 000 entries, 0.15 ms at 750 000,
# and 3 ms at 7.5 million (measured).
WORTH_COMPILING = 1_000_000


def outer_gradients(
    tasks: Tasks,
    B: Floats,
    w: Floats,
    alpha: float,
    *,
    method: str,
    threads: int = 1,
    kernel: Choice | None = None,
) -> tuple[Floats, Floats]:
    """Return the mean over tasks of the gradient of ‖X_out B_i w_i − y_out‖²/(2 m_out) at the adapted parameters.

    Equations (2), (3) with Ĥ replaced by the identity (Section 2.2.1): w_i takes one step of size alpha on the inner
    sample, and with method "fo-maml", not "fo-anil", so does B_i. B has shape (d, k′), w (k′,), and so has the result;
    its degree is 3/2. Tasks in float32 are summed in float32, whatever B is; the result is float64. On one machine
    it has the same bytes for any number of threads. Raises ValueError when the shapes do not fit, or for an unknown
    method or kernel.
    """
    problem = kernel_input(tasks, B, w, alpha, method)
    chosen = _kernel(kernel or fastest(problem))
    return gradients(summed(chosen, problem, threads), B, w, problem)


def fastest(problem: Problem) -> Choice:
    """Return the kernel that is faster at the sizes of a problem, from these sizes alone."""
    return "compiled" if problem.X_in.size + problem.X_out.size >= WORTH_COMPILING else "blocked"


def _kernel(choice: str) -> Kernel:
    if choice == "compiled":
        from foanil.simulation.kernels import compiled  # here, since importing numba takes half a second

        return compiled.accumulate
    if choice == "blocked":
        from foanil.simulation.kernels import blocked

        return blocked.accumulate
    raise ValueError(f"kernel is 'compiled', 'blocked', or None for the faster one; got {choice!r}")
