"""The outer step against the machine's own roofline, and its time by named parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import roofline
from benchmarks.problem import ours, problem, size_in_bytes
from benchmarks.rounds import Contender, Rounds, paired, quartiles
from benchmarks.tables import Table, ms, verdict
from foanil.experiments.configuration import PAPER
from foanil.simulation.kernels import moments, portions
from foanil.simulation.tasks import Floats, Tasks

ROOF_ASKED = 1.5


def step_and_parts(threads: int, rounds: int) -> Rounds:
    """Time the step, its parts, and what the machine does with the same data and products."""
    tasks, B, w = problem()
    few, N, d = _few(tasks), len(tasks), tasks.X_in.shape[2]
    return paired(
        {
            "step": ours(tasks, B, w, threads),
            "fo-maml": ours(tasks, B, w, threads, method="fo-maml"),
            "numpy": ours(tasks, B, w, threads, kernel="blocked"),
            "reading": roofline.reading(tasks, threads),
            "products at once": roofline.products(N, d, B.dtype, threads),
            "products in groups": roofline.products(N, d, B.dtype, threads, roofline.GROUPED),
            "in cache": _in_cache(few, B, w, N, threads),
            "frame": _frame(tasks, B, w, threads),
        },
        rounds,
    )


def _roof(found: Rounds) -> list[float]:
    """Return each round's model time: one reading of the data, and the products in their faster form."""
    faster = min("products at once", "products in groups", key=found.median)
    return [a + b for a, b in zip(found.wall["reading"], found.wall[faster], strict=True)]


def against_model(measured: dict[int, Rounds]) -> Table:
    """Return the ratio of the step to the model."""
    tasks, _, _ = problem()
    size, N, d = size_in_bytes(tasks), len(tasks), tasks.X_in.shape[2]
    rows = []
    for threads, found in measured.items():
        roof = _roof(found)
        lower, middle, upper = quartiles(sorted(a / b for a, b in zip(found.wall["step"], roof, strict=True)))
        products = min(found.median("products at once"), found.median("products in groups"))
        rows.append(
            (
                *(str(threads), f"{size / found.median('reading') / 1e9:.1f}", f"{4 * N * d * d / products / 1e9:.0f}"),
                *(ms(float(np.median(roof))), ms(found.median("step"))),
                f"{middle:.2f} [{lower:.2f}, {upper:.2f}]",
                f"{found.least('step') / min(roof):.2f}",
                *(f"≤ {ROOF_ASKED}", verdict(middle <= ROOF_ASKED), f"{found.share('step', threads):.2f}"),
            )
        )
    text = (
        f"float64. Model: {size / 1e6:.1f} MB of data read once, at the speed of a compiled sum over them, plus the "
        f"two products with {d} × {d} matrices that the step needs, {4 * N * d * d / 1e6:.0f} million operations, at "
        "the speed of NumPy's BLAS at those sizes (all rows at once or in the kernel's groups, whichever is faster); "
        "nothing in the model overlaps, and nothing else counts: a step below 1 overlaps reading and arithmetic. *Of "
        "least* is the ratio of the least times, those of an undisturbed step and an undisturbed machine."
    )
    columns = (
        "threads",
        "read, GB/s",
        "products, Gflop/s",
        "model, ms",
        "step, ms",
        "ratio",
        "of least",
        "asked",
        "",
        "share",
    )
    return Table("Against the machine's own roofline", text, columns, rows)


def decomposition(measured: dict[int, Rounds]) -> Table:
    """Return the parts of the step, each measured on its own."""
    causes: list[tuple[str, Callable[[Rounds], float]]] = [
        ("reading the data (in the model)", lambda found: found.median("reading")),
        ("the two products (in the model)", _products),
        ("arithmetic on rows, data in cache", lambda found: found.median("in cache") - _products(found)),
        ("portions, threads, Python", lambda found: found.median("frame")),
    ]
    rows = [[name, *(ms(part(found)) for found in measured.values())] for name, part in causes]
    rows.append(["sum, if nothing overlapped", *(ms(sum(part(f) for _, part in causes)) for f in measured.values())])
    rows.append(["measured step", *(ms(found.median("step")) for found in measured.values())])
    rows.append(["the same, FO-MAML", *(ms(found.median("fo-maml")) for found in measured.values())])
    rows.append(["the same, FO-ANIL by NumPy in blocks", *(ms(found.median("numpy")) for found in measured.values())])
    text = (
        "Medians in ms of the same rounds. Arithmetic on rows is the kernel on data that stay in cache, less the "
        "products; reading and arithmetic overlap, so the parts add up to more than the step."
    )
    return Table("Where the time goes", text, ("part", *(f"threads: {threads}" for threads in measured)), rows)


def _products(found: Rounds) -> float:
    return min(found.median("products at once"), found.median("products in groups"))


def _few(tasks: Tasks) -> Tasks:
    """Return half a group of tasks, whose data stay in the second cache."""
    names = ("X_in", "y_in", "X_out", "y_out", "theta_star")
    return Tasks(*(getattr(tasks, name)[: roofline.GROUPED // 2].copy() for name in names))


def _in_cache(few: Tasks, B: Floats, w: Floats, N: int, threads: int) -> Contender:
    """Return the compiled kernel on the same few tasks again and again, N in all."""
    from foanil.simulation.kernels import compiled

    prepared = moments.kernel_input(few, B, w, PAPER.alpha, "fo-anil")
    d, repeats = len(B), N // len(few) // threads

    def work() -> None:
        h, K = np.zeros(d), np.zeros((d, d))
        for _ in range(repeats):
            compiled.accumulate(prepared, 0, len(few), h, K)

    return lambda: roofline.in_parallel([work] * threads)


def _frame(tasks: Tasks, B: Floats, w: Floats, threads: int) -> Contender:
    """Return everything around the kernel: input, portions, their sums, and the gradients from them."""

    def nothing(*arguments: Any) -> None:
        pass

    def frame() -> None:
        prepared = moments.kernel_input(tasks, B, w, PAPER.alpha, "fo-anil")
        moments.gradients(portions.summed(nothing, prepared, threads), B, w, prepared)

    return frame
