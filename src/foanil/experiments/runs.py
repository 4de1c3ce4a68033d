"""Many training runs side by side: one process each, resumable from their folder, with progress.

A folder holds one checkpoint per run; one of another configuration or seed is refused, never overwritten.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from foanil.experiments.configuration import Configuration
from foanil.experiments.training import METHODS, Run, Trained, train

Advance = Callable[[Run, int], None]

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that bound the threads of linear algebra."""

_steps: Any = None
"""In a worker process: where it reports its steps."""
_stopping: Any = None
"""In a worker process: set when it is to save its run and leave."""


def planned(configuration: Configuration, seed: int, count: int, methods: Sequence[str] = METHODS) -> tuple[Run, ...]:
    """Return the runs of an experiment, quickest methods first, then run by run."""
    quick = [name for name in methods if not name.startswith("fo-")]
    slow = [name for name in methods if name.startswith("fo-")]
    order = [(name, number) for name in quick for number in range(count)]
    order += [(name, number) for number in range(count) for name in slow]
    return tuple(Run(configuration, seed, name, number) for name, number in order)


def train_all(
    runs: Sequence[Run], folder: Path, workers: int, advance: Advance = lambda run, t: None
) -> dict[Run, Trained]:
    """Train every run, `workers` at a time, each on one thread, and return them by run.

    What is saved in the folder is taken up where it stood. However this ends, every run is saved where it stands.
    Raises what `training.train` raises, and BrokenProcessPool when a process was killed.
    """
    with _single_threaded():
        context = multiprocessing.get_context("spawn")
        steps, stopping = context.Queue(), context.Event()
        with ProcessPoolExecutor(workers, context, _open_channel, (steps, stopping)) as pool:
            futures = {pool.submit(_train, number, run, folder): run for number, run in enumerate(runs)}
            try:
                _await(futures, steps, runs, advance)
            except BaseException:
                stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
    return {run: future.result() for future, run in futures.items()}


def _await(futures: Mapping[Future[Trained], Run], steps: Any, runs: Sequence[Run], advance: Advance) -> None:
    """Wait for all runs, passing on their progress; raise the first failure at once."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
        with suppress(queue.Empty):
            while True:
                number, t = steps.get_nowait()
                advance(runs[number], t)
        for future in done:
            advance(futures[future], future.result().t)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let new processes use one BLAS thread each: they are as many as the cores, and sums keep their order."""
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _open_channel(steps: Any, stopping: Any) -> None:
    """Prepare a worker process: the terminal's Ctrl-C reaches it too, and is left to the process that started it."""
    global _steps, _stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    steps.cancel_join_thread()
    _steps, _stopping = steps, stopping


def _train(number: int, run: Run, folder: Path) -> Trained:
    parent = multiprocessing.parent_process()

    def report(t: int) -> bool:
        _steps.put((number, t))
        return not _stopping.is_set() and not orphaned()

    def orphaned() -> bool:
        return parent is not None and not parent.is_alive()

    trained = train(run, folder, report)
    if orphaned():
        # A parent that was killed can neither take the result nor end this process.
        os._exit(1)
    return trained
