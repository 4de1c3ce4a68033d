"""Timing contenders in paired rounds: a machine's speed drifts by a factor of two, ratios of neighbours do not."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Contender = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Rounds:
    """Seconds by contender, one entry per round, and the processor time of the same rounds."""

    wall: Mapping[str, tuple[float, ...]]
    processor: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        """Return the median seconds of a contender."""
        return statistics.median(self.wall[name])

    def least(self, name: str) -> float:
        """Return the least seconds of a contender: what it takes when nothing disturbs it."""
        return min(self.wall[name])

    def ratios(self, slow: str, fast: str) -> list[float]:
        """Return the ratio slow / fast of every round, in increasing order."""
        return sorted(a / b for a, b in zip(self.wall[slow], self.wall[fast], strict=True))

    def share(self, name: str, threads: int) -> float:
        """Return which part of its threads' time a contender had a processor: 1 where nothing else was running."""
        pairs = zip(self.processor[name], self.wall[name], strict=True)
        return statistics.median(min(1.0, busy / (threads * wall)) for busy, wall in pairs)


# OpenMP's threads go on spinning for some milliseconds after a contender has ended, on a core that the next one needs.
PAUSE_S = 0.05


def paired(contenders: Mapping[str, Contender], rounds: int) -> Rounds:
    """Time every contender once per round, each right after a run of itself that is not timed: steps follow steps."""
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    processor: dict[str, list[float]] = {name: [] for name in contenders}
    for i in range(rounds):
        for name in list(contenders)[:: 1 if i % 2 else -1]:
            time.sleep(PAUSE_S)
            contenders[name]()
            began, busy = time.perf_counter(), time.process_time()
            contenders[name]()
            wall[name].append(time.perf_counter() - began)
            processor[name].append(time.process_time() - busy)
    return Rounds({k: tuple(v) for k, v in wall.items()}, {k: tuple(v) for k, v in processor.items()})


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile of sorted values."""
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, middle, upper
