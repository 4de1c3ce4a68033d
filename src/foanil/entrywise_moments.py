"""The second engine: expectations of polynomials in the entries of random matrices, at explicit sizes.

Every entry is a generator of one SymPy polynomial ring over ℚ; a matrix is a NumPy array of such polynomials, and
`foanil.arrays.EXACT` computes with it. An expectation replaces powers of random entries by their moments, monomial by
monomial. No matrix word, no pairing and no trace rule is used: this module shares nothing with `foanil.words` and
`foanil.gaussian_moments`, hence agreement of the two engines means something. It holds at the sizes given only.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import QQ
from sympy.polys.rings import PolyElement, PolyRing

from foanil.arrays import Array

Monomial = tuple[int, ...]


class EntryMomentError(ValueError):
    """A moment of entries is asked for that the declared law does not determine."""


@dataclass(frozen=True)
class Entries:
    """Matrices whose entries are generators of one polynomial ring over ℚ, and scalars that are generators too.

    `arrays` maps a letter to its matrix, a NumPy object array; `scalars` maps a name to its generator.
    """

    ring: PolyRing
    arrays: Mapping[str, Array]
    scalars: Mapping[str, PolyElement]

    def __getitem__(self, name: str) -> Any:
        return self.scalars[name] if name in self.scalars else self.arrays[name]

    def values(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the matrices and scalars of these names, as keyword arguments of a formula."""
        return {name: self[name] for name in names}

    def with_values(self, **values: Any) -> Entries:
        """Return the same ring with some letters or scalars replaced: a special matrix, a number, a polynomial."""
        scalars = {name: values[name] for name in values if not isinstance(values[name], np.ndarray)}
        arrays = {name: values[name] for name in values if isinstance(values[name], np.ndarray)}
        return replace(self, scalars={**self.scalars, **scalars}, arrays={**self.arrays, **arrays})

    def generators(self, name: str) -> frozenset[int]:
        """Return the positions, among the ring's generators, of the entries of one letter; KeyError for no letter."""
        places = {generator: index for index, generator in enumerate(self.ring.gens)}
        return frozenset(places[entry] for entry in self.arrays[name].ravel())

    # laws ----------------------------------------------------------------------------------------

    def gaussian(self, polynomials: Array, name: str) -> Array:
        """Return the mean over a letter with i.i.d. standard normal entries: x^n becomes (n − 1)!!, or 0 for odd n."""
        places = self.generators(name)
        return _entrywise(functools.partial(_mean, places=places, moment=_gaussian_moment, ring=self.ring), polynomials)

    def centred(self, polynomials: Array, name: str, covariance: Array) -> Array:
        """Return the mean over a column with mean 0 and this covariance matrix, for degree at most 2 in its entries.

        Nothing beyond two moments is assumed: raises EntryMomentError for a monomial of a higher degree.
        """
        column = {place: index for index, place in enumerate(self._column(name))}

        def moment(powers: Mapping[int, int]) -> Any:
            return _centred_moment(name, [column[place] for place, n in powers.items() for _ in range(n)], covariance)

        places = frozenset(column)
        return _entrywise(functools.partial(_mean, places=places, moment=moment, ring=self.ring), polynomials)

    def spherical(self, polynomials: Array, name: str) -> Array:
        """Return the mean over independent rows, each uniform on the sphere of radius √d in ℝ^d.

        A row's monomial x^n has the mean d^{|n|/2} ∏(n_j − 1)!! / (d(d+2)…(d+|n|−2)), or 0 where a power is odd.
        """
        places = {g: index for index, g in enumerate(self.ring.gens)}
        rows = [[places[entry] for entry in row] for row in self.arrays[name]]

        def moment(powers: Mapping[int, int]) -> Any:
            return math.prod((_sphere_moment([powers.get(p, 0) for p in row]) for row in rows), start=QQ(1))

        chosen = self.generators(name)
        return _entrywise(functools.partial(_mean, places=chosen, moment=moment, ring=self.ring), polynomials)

    def substituted(self, polynomials: Array, name: str, value: Array) -> Array:
        """Replace the entries of a letter by the polynomials in `value`, an array of the same shape."""
        pairs = list(zip(self.arrays[name].ravel(), value.ravel(), strict=True))
        return _entrywise(lambda polynomial: self.ring(polynomial).compose(pairs), polynomials)

    def _column(self, name: str) -> list[int]:
        places = {generator: index for index, generator in enumerate(self.ring.gens)}
        return [places[entry] for entry in self.arrays[name][:, 0]]


def entries(
    shapes: Mapping[str, tuple[int, int]], scalars: Iterable[str] = (), symmetric: Iterable[str] = ()
) -> Entries:
    """Return matrices of these shapes whose entries are all symbols; a symmetric letter shares its entries.

    Raises ValueError for a symmetric letter that is not square.
    """
    shared, numbers = frozenset(symmetric), tuple(scalars)
    for name in shared:
        if shapes[name][0] != shapes[name][1]:
            raise ValueError(f"a symmetric letter must be square; {name!r} has shape {shapes[name]}")
    labels = {name: _labels(name, *shape, name in shared) for name, shape in shapes.items()}
    symbols = list(dict.fromkeys([*numbers, *(label for array in labels.values() for label in array.ravel())]))
    ring = PolyRing(symbols, QQ)
    generator = dict(zip(symbols, ring.gens, strict=True))
    arrays = {name: _entrywise(generator.__getitem__, array) for name, array in labels.items()}
    return Entries(ring, arrays, {name: generator[name] for name in numbers})


def _labels(name: str, rows: int, cols: int, shared: bool) -> Array:
    out = np.empty((rows, cols), dtype=object)
    for i, j in np.ndindex(rows, cols):
        first, second = (min(i, j), max(i, j)) if shared else (i, j)
        out[i, j] = f"{name}_{first + 1}_{second + 1}"
    return out


def _entrywise(function: Callable[[Any], Any], array: Array) -> Array:
    if not isinstance(array, np.ndarray):
        return function(array)
    out = np.empty(array.shape, dtype=object)
    for index in np.ndindex(*array.shape):
        out[index] = function(array[index])
    return out


def _mean(polynomial: Any, places: frozenset[int], moment: Callable[[Mapping[int, int]], Any], ring: PolyRing) -> Any:
    """Return the mean of one polynomial; moments are looked up once for each pattern of powers."""
    known: dict[tuple[tuple[int, int], ...], Any] = {}
    by_pattern: dict[tuple[tuple[int, int], ...], dict[Monomial, Any]] = {}
    for powers, coefficient in ring(polynomial).terms():
        pattern = tuple((place, powers[place]) for place in sorted(places) if powers[place])
        rest = tuple(0 if place in places else power for place, power in enumerate(powers))
        by_pattern.setdefault(pattern, {})[rest] = coefficient
    total = ring.zero
    for pattern, terms in by_pattern.items():
        known[pattern] = moment(dict(pattern))
        if known[pattern]:
            total = total + ring.from_dict(terms) * known[pattern]
    return total


def _double_factorial(n: int) -> int:
    """Return (n − 1)!!, the number of pairings of n things: 1 for n = 0."""
    return math.prod(range(n - 1, 0, -2))


def _gaussian_moment(powers: Mapping[int, int]) -> Any:
    if any(n % 2 for n in powers.values()):
        return 0
    return QQ(math.prod(_double_factorial(n) for n in powers.values()))


def _sphere_moment(powers: list[int]) -> Any:
    if any(n % 2 for n in powers):
        return QQ(0)
    d, half = len(powers), sum(powers) // 2
    top = d**half * math.prod(_double_factorial(n) for n in powers)
    return QQ(top, math.prod(d + 2 * step for step in range(half)))


def _centred_moment(name: str, indices: list[int], covariance: Array) -> Any:
    if len(indices) > 2:
        raise EntryMomentError(
            f"a monomial has degree {len(indices)} in {name!r}, but only its mean and covariance are declared; "
            "declare a Gaussian law or take fewer factors"
        )
    if len(indices) == 1:
        return 0
    return covariance[indices[0], indices[1]] if indices else 1
