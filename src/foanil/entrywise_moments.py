"""The second engine: moments of polynomials in matrix entries, at explicit sizes, by SymPy's polynomial rings.

It shares nothing with the moment engine in words: matrices are NumPy arrays whose entries are generators of a sparse
polynomial ring over ℚ; a Gaussian entry contributes (n − 1)!! to the n-th moment, a centred vector its covariance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from sympy import QQ
from sympy.polys.rings import PolyElement, PolyRing

from foanil.arrays import Array


class UndeterminedMomentError(ValueError):
    """A moment of order three or more is asked of a vector of which only mean and covariance are declared."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A polynomial of SymPy's as an array entry: its operators leave arrays to NumPy, which SymPy's own do not.

    An element of a field of rational functions will do as well; a polynomial divides only where no remainder is left.
    """

    polynomial: PolyElement

    def __add__(self, other: Any) -> Any:
        return _combined(self, other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _combined(self, other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return _combined(self, other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return _combined(self, other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return _combined(self, other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Any:
        return _combined(self, other, lambda a, b: b / a)

    def __neg__(self) -> Entry:
        return Entry(-self.polynomial)

    def __pow__(self, exponent: int) -> Entry:
        return Entry(self.polynomial**exponent)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        # a constant polynomial equals its number: a comparison with 0 must see a zero
        return bool(self.polynomial == (other.polynomial if isinstance(other, Entry) else QQ(other)))

    def __hash__(self) -> int:
        return hash(self.polynomial)

    def __bool__(self) -> bool:
        return bool(self.polynomial)

    def __str__(self) -> str:
        return str(self.polynomial)


def _combined(left: Entry, right: Any, operation: Callable[[PolyElement, Any], PolyElement]) -> Any:
    if isinstance(right, np.ndarray):
        return NotImplemented
    return Entry(operation(left.polynomial, right.polynomial if isinstance(right, Entry) else QQ(right)))


@dataclass(frozen=True)
class EntryRing:
    """A polynomial ring over ℚ whose generators are the entries of named matrices, and named scalars.

    `shapes` maps a matrix to its numbers of rows and columns; those in `symmetric` share mirrored entries.
    """

    shapes: Mapping[str, tuple[int, int]]
    scalars: tuple[str, ...]
    symmetric: frozenset[str] = frozenset()

    @property
    def ring(self) -> PolyRing:
        """The ring; equal names give equal rings."""
        names = [*self.scalars, *(self._entry(name, i, j) for name, i, j in self._positions())]
        return PolyRing(list(dict.fromkeys(names)), QQ)

    def _positions(self) -> Iterable[tuple[str, int, int]]:
        for name, (rows, columns) in self.shapes.items():
            for i in range(rows):
                for j in range(columns):
                    yield name, i, j

    def _entry(self, name: str, i: int, j: int) -> str:
        if name in self.symmetric and i > j:
            i, j = j, i
        return f"{name}_{i}_{j}"

    def scalar(self, name: str) -> Entry:
        """Return the generator of a named scalar."""
        return self._generator(name)

    def matrix(self, name: str) -> Array:
        """Return the matrix of generators of a named matrix."""
        rows, columns = self.shapes[name]
        out = np.empty((rows, columns), dtype=object)
        for i in range(rows):
            for j in range(columns):
                out[i, j] = self._generator(self._entry(name, i, j))
        return out

    def constant(self, entries: Any) -> Array:
        """Return a matrix of rational constants as elements of the ring."""
        out = np.empty((len(entries), len(entries[0])), dtype=object)
        for index in np.ndindex(*out.shape):
            out[index] = Entry(self.ring(QQ(entries[index[0]][index[1]])))
        return out

    def _generator(self, name: str) -> Entry:
        ring = self.ring
        return Entry(ring.gens[[str(symbol) for symbol in ring.symbols].index(name)])


def gaussian_expectation(matrix: Array, entries: Array) -> Array:
    """Return the entrywise mean over independent standard normal `entries` (a matrix of generators)."""
    names = {str(entry) for entry in entries.ravel()}
    return _each(matrix, lambda polynomial: _gaussian_mean(polynomial, names))


def centred_expectation(matrix: Array, vector: Array, covariance: Array) -> Array:
    """Return the entrywise mean over a centred column of generators with this covariance.

    Raises UndeterminedMomentError when the vector occurs with total degree three or more.
    """
    names = [str(entry) for entry in vector.ravel()]
    return _each(matrix, lambda polynomial: _centred_mean(polynomial, names, covariance))


def _each(matrix: Array, mean: Callable[[PolyElement], PolyElement]) -> Array:
    out = np.empty(matrix.shape, dtype=object)
    for index in np.ndindex(*matrix.shape):
        out[index] = Entry(mean(matrix[index].polynomial))
    return out


def _gaussian_mean(polynomial: PolyElement, names: set[str]) -> PolyElement:
    positions = [i for i, symbol in enumerate(polynomial.ring.symbols) if str(symbol) in names]
    total: dict[tuple[int, ...], Any] = {}
    for powers, coefficient in polynomial.terms():
        orders = [powers[i] for i in positions]
        if all(order % 2 == 0 for order in orders):
            kept = tuple(0 if i in positions else power for i, power in enumerate(powers))
            moment = prod(_double_factorial(order - 1) for order in orders)
            total[kept] = total.get(kept, QQ(0)) + coefficient * moment
    return polynomial.ring.from_dict({powers: c for powers, c in total.items() if c})


def _double_factorial(n: int) -> int:
    return prod(range(n, 0, -2))


def _centred_mean(polynomial: PolyElement, names: list[str], covariance: Array) -> PolyElement:
    ring = polynomial.ring
    positions = [[str(symbol) for symbol in ring.symbols].index(name) for name in names]
    total = ring.zero
    for powers, coefficient in polynomial.terms():
        indices = [place for place, i in enumerate(positions) for _ in range(powers[i])]
        if len(indices) > 2:
            raise UndeterminedMomentError(f"expected total degree at most 2 in {', '.join(names)}; got {len(indices)}")
        if len(indices) == 1:
            continue
        kept = tuple(0 if i in positions else power for i, power in enumerate(powers))
        term = ring.from_dict({kept: coefficient})
        if indices:
            entry = covariance[indices[0], indices[1]]
            term = term * (entry.polynomial if isinstance(entry, Entry) else QQ(entry))
        total = total + term
    return total
