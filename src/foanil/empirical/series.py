"""Recorded curves: the squared singular values of Figures 2 and 3 at the observed steps of one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Series:
    """Squared singular values of B⋆ᵀB_t and of B⋆,⊥ᵀB_t along one run, all of degree 1, at the steps t.

    `t` increases from 0. Raises ValueError for curves of other lengths, or numbers that are not finite.
    """

    method: str
    run: int
    t: Floats
    smallest_shared: Floats
    largest_shared: Floats
    average_complement: Floats
    largest_complement: Floats

    def __post_init__(self) -> None:
        curves = [getattr(self, field.name) for field in fields(self)[2:]]
        finite = all(curve.shape == self.t.shape and np.isfinite(curve).all() for curve in curves)
        if not finite or len(self.t) < 2 or self.t[0] != 0 or (np.diff(self.t) <= 0).any():
            raise ValueError(
                f"{self.method}, run {self.run}: expected five finite curves at the same steps 0 < ... < T; "
                f"got lengths {[len(curve) for curve in curves]}; record the run again"
            )

    @property
    def end(self) -> float:
        """T, the last step."""
        return float(self.t[-1])

    def at(self, curve: str, step: float) -> float:
        """Return a curve at a step up to T, interpolated between observed steps."""
        return float(np.interp(step, self.t, getattr(self, curve)))

    def fraction(self, curve: str, step: float) -> float:
        """Return a curve at a step, as a fraction of its start."""
        return self.at(curve, step) / self.at(curve, 0)


CURVES = tuple(field.name for field in fields(Series)[3:])
"""The names of the four curves."""


def from_rows(method: str, run: int, rows: Floats) -> Series:
    """Return the series of a run from its rows (step, then the four curves, then anything else)."""
    return Series(method, run, *np.asarray(rows, dtype=float).T[:5])


def pairs(first: Sequence[Series], second: Sequence[Series]) -> Iterable[tuple[Series, Series]]:
    """Return the series of equal run numbers side by side. Raises ValueError when the numbers differ."""
    one, other = ({series.run: series for series in runs} for runs in (first, second))
    if one.keys() != other.keys() or len(one) < len(first):
        raise ValueError(f"expected the same run numbers on both sides; got {sorted(one)} and {sorted(other)}")
    return ((one[run], other[run]) for run in one)
