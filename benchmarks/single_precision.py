"""Tasks in float32: what that costs in every cell of Table 1 that our kernels train."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.problem import in_dtype
from benchmarks.tables import Table
from foanil.experiments import table_1, training
from foanil.experiments.configuration import PAPER
from foanil.experiments.results import Risk
from foanil.experiments.training import Run, Trained
from foanil.simulation import methods
from foanil.simulation.tasks import draw

METHODS = {"fo-anil": methods.fo_anil, "fo-maml": methods.fo_maml}
SEED, NUMBER = 20261123, 0
THREADS = 2


def tables(rounds: int) -> list[Table]:
    """Train both methods in both precisions; there is nothing to repeat."""
    return [_cells()]


def _cells() -> Table:
    rows = []
    for method in METHODS:
        double, single = (_trained(method, dtype) for dtype in (np.float64, np.float32))
        gap = abs(double.B - single.B).max() / abs(double.B).max()
        judged = (table_1.evaluate(PAPER, SEED, NUMBER, method, network) for network in (double, single))
        rows += [_row(a, b, gap) for a, b in zip(*judged, strict=True)]
    text = (
        f"Run {NUMBER} of seed {SEED}, trained for {PAPER.steps} steps in both precisions and judged on the same new "
        "tasks: half risks. The last column is the largest difference of an entry of B after training, relative to "
        "the largest entry."
    )
    columns = ("method", "adaptation", "rows of a new task", "float64", "float32", "difference", "in B")
    return Table("What float32 costs in Table 1", text, columns, rows)


def _row(double: Risk, single: Risk, gap: float) -> Sequence[str]:
    return (
        *(double.method, double.adaptation, str(double.m_test), f"{double.half:.6f}", f"{single.half:.6f}"),
        *(f"{single.half - double.half:+.1e}", f"{gap:.1e}"),
    )


def _trained(method: str, dtype: type) -> Trained:
    """Train one run in a precision."""
    c, run = PAPER, Run(PAPER, SEED, method, NUMBER)
    tasks = in_dtype(draw(c.world, c.N, c.m_in, c.m_out, run.random("tasks")), dtype)
    step, state = METHODS[method](tasks, c.alpha, c.beta, threads=THREADS), training.start(run)
    for _ in range(run.steps):
        state = step(state)
    return Trained(run.steps, state["B"], state["w"], np.empty((0, len(training.COLUMNS))))
