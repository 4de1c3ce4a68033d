"""One full-batch outer step of FO-ANIL at the sizes of Section 5: against torch, against the machine; its memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks import memory
from benchmarks.against_model import against_model, decomposition, step_and_parts
from benchmarks.problem import in_dtype, ours, problem, size_in_bytes
from benchmarks.rounds import Contender, Rounds, paired, quartiles
from benchmarks.tables import Table, ms, verdict
from foanil.experiments.configuration import PAPER
from foanil.simulation.kernels import outer_gradients

THREADS = (1, 2)
ASKED = {  # the least ratio, on one thread and on two
    "torch, batched autograd": {1: 9, 2: 8},
    "torch.func.vmap(grad)": {1: 20, 2: 18},
}
MEMORY_ASKED = 1.5
AGREEMENT = {np.float64: 1e-12, np.float32: 1e-4}
"""How closely a baseline must agree, relative to the largest entry, before it is timed."""


def tables(rounds: int) -> list[Table]:
    """Measure everything, for one thread and for two."""
    measured = {threads: step_and_parts(threads, 2 * rounds) for threads in THREADS}
    return [
        _against_torch(rounds),
        against_model(measured),
        decomposition(measured),
        _float32(rounds),
        _training(measured),
        _memory(),
    ]


# Against torch -------------------------------------------------------------------------------------


def _against_torch(rounds: int) -> Table:
    rows = [row for dtype in (np.float64, np.float32) for threads in THREADS for row in _races(dtype, threads, rounds)]
    text = (
        f"{_sizes()}. Each ratio is the median over {rounds} paired rounds, quartiles in brackets; every baseline was "
        "first checked to give the same gradients. *Our order of products* hands torch the order X(Bw), which it does "
        "not find by itself; nothing was asked there. *Share* is the part of its threads' time for which our step had "
        "a processor: below 1, other programs were running, and rows on two threads are the worse for it."
    )
    columns = ("against", "dtype", "threads", "theirs, ms", "ours, ms", "ratio", "asked", "", "share")
    return Table("One outer step against an autodiff library", text, columns, rows)


def _races(dtype: Any, threads: int, rounds: int) -> list[Sequence[str]]:
    from benchmarks import torch_step

    tasks, B, w = problem(dtype=dtype)
    tensors, step = torch_step.shared(tasks, B, w, PAPER.alpha), ours(tasks, B, w, threads)
    torch_step.use_threads(threads)
    contenders: dict[str, Contender] = {"ours": step}
    for name, baseline in torch_step.BASELINES.items():
        _require_agreement(name, step(), baseline(tensors), AGREEMENT[dtype])
        contenders[name] = partial(baseline, tensors)
    found = paired(contenders, rounds)
    return [_race(found, name, np.dtype(dtype), threads) for name in torch_step.BASELINES]


def _race(found: Rounds, name: str, dtype: np.dtype[Any], threads: int) -> Sequence[str]:
    asked = ASKED.get(name, {}).get(threads) if dtype == np.float64 else None
    lower, middle, upper = quartiles(found.ratios(name, "ours"))
    return (
        *(name, str(dtype), str(threads), ms(found.median(name)), ms(found.median("ours"))),
        f"{middle:.1f} [{lower:.1f}, {upper:.1f}]",
        *(("", "") if asked is None else (f"≥ {asked}", verdict(middle >= asked))),
        f"{found.share('ours', threads):.2f}",
    )


def _require_agreement(name: str, expected: Any, found: Any, tolerance: float) -> None:
    for a, b in zip(expected, found, strict=True):
        gap = abs(a - b).max() / abs(a).max()
        if not gap <= tolerance:
            raise ArithmeticError(
                f"expected the gradients of {name} to agree within {tolerance}; they differ by {gap:.1e}"
            )


# Float32, training and memory ----------------------------------------------------------------------


def _float32(rounds: int) -> Table:
    double, B, w = problem()
    single = in_dtype(double, np.float32)
    rows = [_gain(paired({"64": ours(double, B, w, t), "32": ours(single, B, w, t)}, 2 * rounds), t) for t in THREADS]
    a, b = (outer_gradients(tasks, B, w, PAPER.alpha, method="fo-anil")[0] for tasks in (double, single))
    text = (
        "One step of FO-ANIL with the tasks in float32, B and w in float64. Its gradient differs by "
        f"{abs(a - b).max() / abs(a).max():.1e} of the largest entry."
    )
    return Table("What float32 gains", text, ("threads", "float64, ms", "float32, ms", "ratio"), rows)


def _gain(found: Rounds, threads: int) -> Sequence[str]:
    lower, middle, upper = quartiles(found.ratios("64", "32"))
    return (str(threads), ms(found.median("64")), ms(found.median("32")), f"{middle:.2f} [{lower:.2f}, {upper:.2f}]")


def _training(measured: dict[int, Rounds]) -> Table:
    rows = [
        [str(threads), *(f"{found.median(name) * PAPER.steps / 60:.1f}" for name in ("step", "fo-maml"))]
        for threads, found in measured.items()
    ]
    text = f"{PAPER.steps} steps at the medians above, in minutes."
    return Table("A training run", text, ("threads", "FO-ANIL", "FO-MAML"), rows)


def _memory() -> Table:
    """Measure how much a step adds to its data; the compiler comes on top, once in a process, whatever the data."""
    tasks, B, w = problem()
    compiler = memory.growth_of_importing("foanil.simulation.kernels.compiled")
    rows = [_memory_row(threads, size_in_bytes(tasks), ours(tasks, B, w, threads)) for threads in THREADS]
    text = (
        "How far one step raises the peak of resident memory above what is resident before it, the data included. Not "
        "in the ratio: the compiler and its libraries, loaded once in a process whatever the data, take "
        + ("an unknown amount." if compiler is None else f"{compiler / 1e6:.0f} MB.")
    )
    columns = ("threads", "data, MB", "added by a step, MB", "peak / data", "asked", "")
    return Table("Memory", text, columns, rows)


def _memory_row(threads: int, size: int, step: Contender) -> Sequence[str]:
    step()  # loads the compiler
    grown = memory.growth(step)
    if grown is None:
        return str(threads), f"{size / 1e6:.1f}", "not measurable here", "", f"≤ {MEMORY_ASKED}", "not run"
    ratio = (size + grown) / size
    asked = (f"≤ {MEMORY_ASKED}", verdict(ratio <= MEMORY_ASKED))
    return (str(threads), f"{size / 1e6:.1f}", f"{grown / 1e6:.1f}", f"{ratio:.2f}", *asked)


def _sizes() -> str:
    c = PAPER
    return f"N = {c.N} tasks, d = {c.d}, k′ = {c.k_prime}, {c.m_in} + {c.m_out} samples a task, all tasks in every step"
