"""Where chunks are computed: processes of this machine, or a Dask cluster. Each yields them in any order.

Only a few chunks per worker are under way at a time, so that memory does not grow with the sweep. Nothing is written
here: a chunk that is lost with its worker is computed again, and the one process that writes sees each chunk once.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any, Protocol

from foanil.sweeps.chunks import computed
from foanil.sweeps.specification import Specification

AHEAD = 3
"""Chunks under way for each worker: one computed, two waiting."""

MOST_LOSSES = 4
"""So many losses of workers without a chunk between them end a sweep."""

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


_log = logging.getLogger(__name__)


class WorkersLostError(RuntimeError):
    """Workers are lost again and again, or cannot be reached: the message says what is kept and what to do."""


class Engine(Protocol):
    """What computes chunks."""

    def computed(self, sweep: Specification, chunks: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield each chunk's number and file once, in any order. Raises WorkersLostError."""


class _Queue:
    """Chunks to compute: those that were lost first, then the rest, taken one by one."""

    def __init__(self, chunks: Iterable[int]) -> None:
        self.lost: deque[int] = deque()
        self.rest = iter(chunks)

    def taken(self, count: int) -> Iterator[int]:
        """Yield up to `count` chunks."""
        for _ in range(count):
            number = self.lost.popleft() if self.lost else next(self.rest, None)
            if number is None:
                return
            yield number


# This machine --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Processes:
    """A pool of processes, each on one thread; one that is killed takes its chunk with it, which is begun again."""

    workers: int

    def computed(self, sweep: Specification, chunks: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield chunks as `Engine` says."""
        queue, losses = _Queue(chunks), 0
        while losses < MOST_LOSSES:
            pending: dict[Future[bytes], int] = {}
            with self._pool() as pool:
                try:
                    for number, content in _drained(pool, sweep, queue, pending, AHEAD * self.workers):
                        losses = 0
                        yield number, content
                    return
                except BrokenProcessPool:
                    queue.lost.extend(pending.values())
                    losses += 1
                    _log.warning("a worker process was killed; %d chunks are begun again", len(pending))
        raise WorkersLostError(
            f"worker processes were killed {losses} times without finishing a chunk, perhaps for memory: lower chunk "
            "or starts in the specification, or --workers"
        )

    @contextlib.contextmanager
    def _pool(self) -> Iterator[ProcessPoolExecutor]:
        """Provide a pool; when it is left, what its processes still compute is dropped."""
        others = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        with _single_threaded():
            pool = ProcessPoolExecutor(self.workers, context, _end_with_parent)
            try:
                yield pool
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in set(multiprocessing.active_children()) - others:
                    process.terminate()


def _drained(
    pool: ProcessPoolExecutor, sweep: Specification, queue: _Queue, pending: dict[Future[bytes], int], most: int
) -> Iterator[tuple[int, bytes]]:
    """Yield chunks until none is left; `pending` holds those under way, also when the pool breaks."""
    while True:
        for number in queue.taken(most - len(pending)):
            pending[_submitted(pool, sweep, number, queue)] = number
        if not pending:
            return
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            content = future.result()
            yield pending.pop(future), content


def _submitted(pool: ProcessPoolExecutor, sweep: Specification, number: int, queue: _Queue) -> Future[bytes]:
    try:
        return pool.submit(computed, sweep, number)
    except BrokenProcessPool:
        queue.lost.append(number)
        raise


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Let new processes use one BLAS thread each: they are as many as the cores, and sums keep their order."""
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _end_with_parent() -> None:
    """Prepare a worker process: it leaves quietly at Ctrl-C, and when the process that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_after, args=(parent.sentinel,), daemon=True).start()


def _leave_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


# A cluster -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster: `address` is its scheduler's, or the name of the JSON file that the scheduler writes.

    A scheduler that goes away is waited for, up to `patience` seconds; what was under way is then begun again.
    """

    address: str
    patience: float = 120.0

    def computed(self, sweep: Specification, chunks: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield chunks as `Engine` says."""
        queue, losses = _Queue(chunks), 0
        while losses < MOST_LOSSES:
            pending: dict[Any, int] = {}
            with self._client() as client:
                try:
                    for number, content in self._drained(client, sweep, queue, pending):
                        losses = 0
                        yield number, content
                    return
                except _lost_connections():
                    queue.lost.extend(pending.values())
                    losses += 1
                    _log.warning("the cluster at %s was lost; %d chunks are begun again", self.address, len(pending))
        raise WorkersLostError(
            f"the cluster at {self.address} was lost {losses} times without finishing a chunk: look at its workers' "
            "logs (memory?), lower chunk or starts, and run the same command again"
        )

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        client = self._connected()
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):
                client.close(timeout=2)

    def _connected(self) -> Any:
        """Return a client, trying again until the patience ends."""
        distributed: Any = importlib.import_module("distributed")

        for name in ("distributed", "distributed.client", "distributed.core"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what is lost is told in our words
        where = {"scheduler_file" if self.address.endswith(".json") else "address": self.address}
        ends, told = time.monotonic() + self.patience, False
        while True:
            try:
                return distributed.Client(**where, timeout=min(10, self.patience), set_as_default=False)
            except (OSError, ValueError) as error:  # a file may be half written while a scheduler restarts
                if time.monotonic() > ends:
                    raise WorkersLostError(
                        f"no Dask scheduler answers at {self.address}: {error}; start one (dask scheduler), or leave "
                        "out --scheduler; every finished chunk is kept, and the same command goes on from there"
                    ) from error
                if not told:
                    _log.warning("no scheduler answers at %s: trying for %.0f s", self.address, self.patience)
                    told = True
                time.sleep(0.5)

    def _drained(
        self, client: Any, sweep: Specification, queue: _Queue, pending: dict[Any, int]
    ) -> Iterator[tuple[int, bytes]]:
        distributed: Any = importlib.import_module("distributed")
        told = False
        while True:
            threads = sum(client.nthreads().values())
            if not threads and not told:
                told = True
                _log.warning("the cluster at %s has no worker yet; waiting", self.address)
            for number in queue.taken(max(AHEAD, AHEAD * threads) - len(pending)):
                pending[client.submit(computed, sweep, number, pure=False, retries=MOST_LOSSES)] = number
            if not pending:
                return
            with client.as_current(), contextlib.suppress(TimeoutError):
                distributed.wait(list(pending), timeout=2, return_when="FIRST_COMPLETED")
            for future in [future for future in pending if future.done()]:
                yield pending[future], _content(future, pending[future])
                del pending[future]


def _content(future: Any, number: int) -> bytes:
    """Return the file of a finished chunk. Raises WorkersLostError where it failed, and as Dask where it is lost."""
    error = future.exception()
    if error is None:
        content: bytes = future.result()
        return content
    if isinstance(error, _lost_connections()):
        raise error
    raise WorkersLostError(
        f"chunk {number} failed on the cluster: {' '.join(str(error).split())}; install the same foanil where the "
        "scheduler and its workers run"
    ) from error


def _lost_connections() -> tuple[type[BaseException], ...]:
    """Return what Dask raises when a scheduler or the workers of a chunk are gone."""
    distributed: Any = importlib.import_module("distributed")
    client: Any = importlib.import_module("distributed.client")
    comm: Any = importlib.import_module("distributed.comm")
    dasks = (client.FutureCancelledError, distributed.KilledWorker, comm.CommClosedError)
    return (CancelledError, TimeoutError, OSError, *dasks)
