"""How sweeps scale: one worker with n chunks against two with 2n, local and on Dask; and what a trajectory costs."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.rounds import quartiles
from benchmarks.tables import Table, verdict
from foanil.stacked import stacked_step
from foanil.sweeps import engines
from foanil.sweeps.chunks import STACK, computed, table_of
from foanil.sweeps.courses import sight
from foanil.sweeps.diagrams import DIAGRAMS, Diagram, Panel
from foanil.sweeps.engines import Cluster, Engine, Processes
from foanil.sweeps.points import points
from foanil.sweeps.specification import Specification, specification
from foanil.sweeps.starts import problems

ROOT = Path(__file__).parents[1]
"""Where processes find this module."""

ASKED = 1.8
CHUNKS = 24
"""Chunks for each worker, beside those that are under way when the clock starts."""

EVEN = specification(
    {
        "seed": 1,
        "draw": "latin-hypercube",
        "points": 4096,
        "chunk": 8,
        "starts": 32,
        "steps": 400,
        "outcomes": ["converged"],
        "axes": {
            **{"d": 6, "k": 2, "k_prime": 3, "m": 10, "kappa": 3, "rho": 1, "head": 0.5},
            **{"a": {"from": 1.3, "to": 1.35}, "size": 0.01},
        },
    }
)
"""Chunks of equal cost: past αβc = 1.25 no trajectory settles, so that every one takes all its steps."""


def tables(rounds: int) -> list[Table]:
    """Measure the scaling in paired rounds, five at least, and the cost of a step."""
    return [_scaling(max(5, rounds // 3)), _throughput(), _costs()]


# Scaling -------------------------------------------------------------------------------------------


def rate(engine: Engine, workers: int, sweep: Specification = EVEN) -> float:
    """Return the chunks per second of an engine once each of its workers has finished its first one."""
    arrivals = []
    for _ in engine.computed(sweep, range(workers * (CHUNKS + 1))):
        arrivals.append(time.perf_counter())
    return (len(arrivals) - workers) / (arrivals[-1] - arrivals[workers - 1])


def bare(workers: int) -> float:
    """Return the chunks per second of as many processes that know nothing of each other."""
    script = (
        "import time; from benchmarks.sweep_scaling import CHUNKS, EVEN, computed; computed(EVEN, 0); "
        "print(flush=True); input(); began = time.perf_counter(); [computed(EVEN, i) for i in range(CHUNKS)]; "
        "print(CHUNKS / (time.perf_counter() - began))"
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT}
    started = [subprocess.Popen([sys.executable, "-c", script], **pipes) for _ in range(workers)]
    for process in started:
        process.stdout.readline()  # it has loaded what it needs, and waits for a line
    for process in started:
        process.stdin.write(b"\n")
        process.stdin.flush()
    return sum(float(process.communicate()[0]) for process in started)


def on_dask(workers: int) -> float:
    """Return the chunks per second of a Dask cluster of worker processes with one thread each."""
    with _cluster(workers) as address:
        return rate(Cluster(address), workers)


@contextlib.contextmanager
def _cluster(workers: int) -> Iterator[str]:
    """Provide the scheduler's file of a cluster; its processes are killed at the end."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        file = str(Path(folder) / "scheduler.json")
        scheduler = ("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
        worker = ("dask_worker", "--nthreads", "1", "--no-nanny", "--scheduler-file", file)
        for module, *options in (scheduler, *[worker] * workers):
            command = [sys.executable, "-m", f"distributed.cli.{module}", *options, "--no-dashboard"]
            silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
            process = subprocess.Popen(command, **silent)
            stack.callback(process.wait)
            stack.callback(process.kill)
        _await_workers(file, workers)
        yield file


def _await_workers(file: str, workers: int) -> None:
    from distributed import Client

    while not Path(file).exists():
        time.sleep(0.1)
    with Client(scheduler_file=file, set_as_default=False) as client:
        client.wait_for_workers(workers)


WAIT_S = 0.1


def waits(sweep: Specification, number: int) -> bytes:
    """Stand in for a chunk: take as long, without a processor, and return as many bytes."""
    time.sleep(WAIT_S)
    return bytes(20_000)


def idly(contender: Callable[[int], float]) -> Callable[[int], float]:
    """Return a contender whose chunks wait instead of computing: what is left is the engine's own work."""

    def run(workers: int) -> float:
        with mock.patch.object(engines, "computed", waits):
            return contender(workers)

    return run


def locally(workers: int) -> float:
    """Return the chunks per second of processes of this machine."""
    return rate(Processes(workers), workers)


CONTENDERS: dict[str, Callable[[int], float]] = {
    "bare processes": bare,
    "local processes": locally,
    "Dask": on_dask,
    "local processes, waiting": idly(locally),
    "Dask, waiting": idly(on_dask),
}


def _scaling(rounds: int) -> Table:
    found: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    single: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name, contender in CONTENDERS.items():
            one = contender(1)
            single[name].append(1 / one)
            found[name].append(contender(2) / one)
    rows = [_scaled(name, single[name], found[name]) for name in CONTENDERS]
    text = (
        "Chunks per second with two workers over those with one, each worker given the same number of chunks; median "
        f"over {rounds} paired rounds, quartiles in brackets. *Bare processes* know nothing of each other: what they "
        "reach is what the machine, shared or not, has to give. *Waiting*: chunks that sleep for as long instead of "
        "computing, so that only the engine's own work is left, whatever else the machine does."
    )
    return Table("Weak scaling of sweeps", text, ("workers", "a chunk, ms", "1 → 2 workers", "asked", ""), rows)


def _scaled(name: str, seconds: list[float], ratios: list[float]) -> tuple[str, ...]:
    lower, middle, upper = quartiles(sorted(ratios))
    asked = ("", "") if name == "bare processes" else (f"≥ {ASKED}", verdict(middle >= ASKED))
    return (name, f"{statistics.median(seconds) * 1e3:.0f}", f"{middle:.2f} [{lower:.2f}, {upper:.2f}]", *asked)


# Cost ----------------------------------------------------------------------------------------------


def _throughput() -> Table:
    rows = [(diagram.name, panel.name, *_pace(diagram.sweep(panel, "full"))) for diagram, panel in _panels()]
    text = (
        "The chunk in the middle of each panel of the phase diagrams, on one core, by processor time; and what "
        "10⁹ such starts would take."
    )
    return Table(
        "What a sweep gets done", text, ("diagram", "panel", "starts/s", "bytes a row", "10⁹, core-days"), rows
    )


def _panels() -> Iterator[tuple[Diagram, Panel]]:
    yield from ((diagram, panel) for diagram in DIAGRAMS.values() for panel in diagram.panels)


def _pace(sweep: Specification) -> tuple[str, str, str]:
    computed(EVEN, 0)  # loads what it needs
    began = time.process_time()
    content = computed(sweep, sweep.chunks // 2)
    seconds = time.process_time() - began
    rows = table_of(content).num_rows
    return (f"{rows / seconds:.0f}", f"{len(content) / rows:.0f}", f"{1e9 * seconds / rows / 86400:.1f}")


SHAPES = ((3, 1, 1), (3, 2, 2), (6, 2, 3), (10, 3, 5), (10, 5, 10), (20, 5, 10), (40, 10, 20))


def _costs() -> Table:
    rows = []
    for d, k, width in SHAPES:
        step, look, start = cost(d, k, width)
        rows.append((str(d), str(k), str(width), *(f"{each * 1e6:.2f}" for each in (step, look, start))))
    text = (
        f"Microseconds per trajectory, {STACK} of them together: one step, one look (what is measured of it), "
        "and one start with its random draw. Least of five."
    )
    return Table("What a trajectory costs", text, ("d", "k", "k′", "step, µs", "look, µs", "start, µs"), rows)


def cost(d: int, k: int, width: int) -> tuple[float, float, float]:
    """Return the seconds per trajectory of a step, a look and a start."""
    axes = {"d": d, "k": k, "k_prime": width, "m": 10, "noise": 0.5, "alpha_sigma": 0.5, "rho": 1, "size": 0.01}
    sweep = specification({"seed": 1, "draw": "grid", "starts": STACK, "axes": {**axes, "head": 0.5}})
    rows = points(sweep, 0)
    numbers, start = problems(1, "generic", rows)
    calls = (lambda: stacked_step(numbers, start), lambda: sight(numbers, start), lambda: problems(1, "generic", rows))
    step, look, drawn = (min(_seconds(call) for _ in range(5)) / STACK for call in calls)
    return step, look, drawn


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


__all__ = ["CHUNKS", "EVEN", "computed", "cost", "tables"]
