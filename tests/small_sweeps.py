"""Small sweeps for the tests of sweeps."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from foanil.sweeps import chunks
from foanil.sweeps.predictions import DERIVED, Prediction
from foanil.sweeps.specification import Specification, specification

AXES: Mapping[str, Any] = {
    "d": 5,
    "k": 2,
    "k_prime": 3,
    "m": 7,
    "noise": 0.5,
    "alpha_sigma": 0.5,
    "rho": 1,
    "size": {"from": 1e-3, "to": 2, "count": 5, "scale": "log"},
    "head": 0.5,
}
GIVEN: Mapping[str, Any] = {"seed": 3, "draw": "grid", "starts": 2, "chunk": 2, "steps": 2000, "axes": AXES}


def made(axes: Mapping[str, Any] | None = None, **changes: Any) -> Specification:
    """Return a small sweep with some keys and axes changed; None takes a key away."""
    given = {**GIVEN, **changes, "axes": {**AXES, **(axes or {})}}
    given["axes"] = {key: value for key, value in given["axes"].items() if value is not None}
    return specification({key: value for key, value in given.items() if value is not None})


class Here:
    """An engine that computes in this process, and remembers what it was asked for."""

    def __init__(self, predictions: tuple[Prediction, ...] = DERIVED) -> None:
        self.predictions, self.asked = predictions, list[int]()

    def computed(self, sweep: Specification, wanted: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the chunks in order."""
        for number in wanted:
            self.asked.append(number)
            yield number, chunks.computed(sweep, number, self.predictions)


def dies(sweep: Specification, number: int) -> bytes:
    """Compute nothing: the process ends, as one that is killed for memory does."""
    os._exit(9)


def quiet(points: int, new: bool) -> None:
    """Watch nothing."""
