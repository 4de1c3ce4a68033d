"""The points of a sweep: any chunk of them is drawn by itself, so that memory is bounded by the chunk.

A grid counts with its last axis fastest. Latin hypercubes and Hypothesis draw each chunk apart, from its own seed: a
chunk is a Latin hypercube of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foanil.sweeps.axes import KINDS, Axis, Floats
from foanil.sweeps.draws import Range, drawn
from foanil.sweeps.specification import Specification

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Points:
    """Rows, one for each start of each point: sizes and pure numbers (a in units of λ_min(Σ⋆)).

    point and start count from 0; `admissible`: 1 ≤ k ≤ k′ ≤ d, k < d, σ² ≥ 0, and condition 1 where k = 1.
    """

    point: Integers
    start: Integers
    d: Integers
    k: Integers
    k_prime: Integers
    m: Integers
    kappa: Floats
    a: Floats
    rho: Floats
    size: Floats
    head: Floats
    condition: Floats
    admissible: npt.NDArray[np.bool_]

    def part(self, which: Any) -> Points:
        """Return some of the rows."""
        return Points(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def points(sweep: Specification, chunk: int) -> Points:
    """Return the rows of a chunk, the starts of a point next to each other."""
    numbers = np.array(sweep.points_in(chunk), dtype=np.int64)
    drawn = _DRAWS[sweep.draw](sweep, numbers, chunk)
    values = {name: np.repeat(found, sweep.starts) for name, found in drawn.items()}
    return _rows(np.repeat(numbers, sweep.starts), np.tile(np.arange(sweep.starts), len(numbers)), values)


def spectrum(k: int, condition: Floats) -> Floats:
    """Return ν, the eigenvalues of Σ⋆ over its least: geometric from 1 to the condition number. Shape (rows, k)."""
    return condition[:, None] ** (np.arange(k) / max(1, k - 1))


def _rows(point: Integers, start: Integers, values: dict[str, Floats]) -> Points:
    d, k, m = (values[name].astype(np.int64) for name in ("d", "k", "m"))
    width = values["k_prime"].astype(np.int64) if "k_prime" in values else k + values["excess"].astype(np.int64)
    trace = _trace(k, values["condition"])
    kappa = values["kappa"] if "kappa" in values else trace * (1 + values["noise"])
    a = values["a"] if "a" in values else values["rho"] * values["alpha_sigma"] ** 2 / kappa
    fits = (k <= width) & (width <= d) & (k < d) & ((k > 1) | (values["condition"] == 1))
    admissible = fits & (kappa >= trace)
    return Points(
        point,
        start,
        d,
        k,
        width,
        m,
        kappa,
        a,
        **{name: values[name] for name in ("rho", "size", "head", "condition")},
        admissible=admissible,
    )


def _trace(k: Integers, condition: Floats) -> Floats:
    """Return Tr Σ⋆/λ_min(Σ⋆)."""
    found = np.zeros(len(k))
    for each in np.unique(k):
        found[k == each] = spectrum(int(each), condition[k == each]).sum(axis=1)
    return found


# Draws ---------------------------------------------------------------------------------------------


def _gridded(sweep: Specification, numbers: Integers, chunk: int) -> dict[str, Floats]:
    grids = [each.grid() for each in sweep.axes]
    places = np.unravel_index(numbers, [len(grid) for grid in grids])
    return {each.name: grid[place] for each, grid, place in zip(sweep.axes, grids, places, strict=True)}


def _latin(sweep: Specification, numbers: Integers, chunk: int) -> dict[str, Floats]:
    from scipy.stats.qmc import LatinHypercube

    varied = [each for each in sweep.axes if each.varies]
    random = np.random.default_rng([sweep.seed, chunk, 1])
    cube = LatinHypercube(max(1, len(varied)), rng=random).random(len(numbers))
    places = {each.name: cube[:, column] for column, each in enumerate(varied)}
    nowhere = np.zeros(len(numbers))
    return {each.name: each.at(places.get(each.name, nowhere)) for each in sweep.axes}


def _hypothesis(sweep: Specification, numbers: Integers, chunk: int) -> dict[str, Floats]:
    """Return what Hypothesis draws: it likes ends of ranges and repeats itself."""
    seed = int(np.random.default_rng([sweep.seed, chunk, 2]).integers(2**62))
    rows = np.array(drawn(seed, len(numbers), [_range(each) for each in sweep.axes]), dtype=float)
    return {each.name: _chosen(each, rows[:, column]) for column, each in enumerate(sweep.axes)}


def _range(each: Axis) -> Range:
    if each.values:
        return "integer", 0, len(each.values) - 1
    if each.logarithmic:
        return "float", 0.0, 1.0
    return "integer" if KINDS[each.name].whole else "float", each.low, each.high


def _chosen(each: Axis, found: Floats) -> Floats:
    """Return an axis's values for what was drawn: the place in a list, a place in [0, 1], or the value itself."""
    if each.values:
        found = np.array(each.values)[found.astype(int)]
    return each.at(found) if each.logarithmic else found


_DRAWS = {"grid": _gridded, "latin-hypercube": _latin, "hypothesis": _hypothesis}
