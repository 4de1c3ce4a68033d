"""A capsule: a short script, standard library only, that shows in 60 digits what one row of a sweep contradicts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foanil.experiments.checkpoints import write_bytes
from foanil.stacked import Floats, Numbers, Stack, limit_spectrum, stacked_step
from foanil.sweeps.chunks import Contradiction
from foanil.sweeps.courses import INVARIANTS, STATUS, broken, follow, looks, sight
from foanil.sweeps.points import points
from foanil.sweeps.specification import Specification
from foanil.sweeps.starts import problems

SECONDS = 300
"""How long a capsule may take to be run on the spot."""

TEXT = '''"""Contradiction to the derived claim {claim}, found by a sweep (point {point}, start {start}): {what}.

Standard library only, 60 digits. Pure numbers: the rows of B are sqrt(alpha) B*^T B and then as much of the complement,
w is the head over sqrt(alpha c), c the least eigenvalue of Sigma*; NU its eigenvalues over c, A = alpha beta c,
RHO = beta / alpha, KAPPA = sigma_bar^2 / c, M = m_in. The iteration is (5)-(7).
"""

from decimal import Decimal, getcontext

getcontext().prec = 60
NU = {nu}
A, RHO, KAPPA, M = map(Decimal, {numbers})
B = {B}
w = {w}
X = {witness}  # a direction in which it is seen


def exact(rows):
    return [[Decimal(x) for x in row] for row in rows]  # doubles are taken exactly


def times(P, Q):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*Q)] for row in P]


def turned(P):
    return [list(column) for column in zip(*P)]


def length(P):
    return sum(x * x for row in P for x in row)


def step(B, w):
    nu = [*map(Decimal, NU), *[Decimal(0)] * (len(B) - len(NU))]
    G = times(turned(B), B)
    g = times(G, w)
    u = [[x - y] for (x,), (y,) in zip(w, g)]
    spread = (KAPPA + times(turned(w), g)[0][0]) / M
    weighted = [[((1 + 1 / M) * n + spread) * x for x in row] for n, row in zip(nu, B)]
    E, U, V = times(turned(B), weighted), times(u, turned(u)), times(g, turned(g))
    E = [[e + x + y / M for e, x, y in zip(*rows)] for rows in zip(E, U, V)]
    B = [[x + A * (n * x - y) for x, y in zip(*rows)] for n, *rows in zip(nu, B, times(B, E))]
    return B, [[x - RHO * (y - z)] for (x,), (y,), (z,) in zip(w, g, times(G, g))]


x, k = exact(X), len(NU)
at = {{0: (exact(B), exact(w))}}
for t in range({later}):
    at[t + 1] = step(*(at[t] if t == {earlier} else at.pop(t)))
(B0, w0), (B, w) = at[{earlier}], at[{later}]
value = {value}
limit = Decimal({limit!r})
print(f"t = {later}: {means}: {{value:.12e}} > {{limit:.12e}}")
assert value > limit
'''


@dataclass(frozen=True, slots=True)
class _Sighting:
    """When and where a contradiction shows: an expression of the script, what it means, and the limit it exceeds."""

    value: str
    means: str
    limit: float
    earlier: int
    later: int
    witness: Floats


def capsule(sweep: Specification, found: Contradiction) -> str:
    """Return the script for a row of a sweep. Raises LookupError when following the row alone does not show it."""
    rows = points(sweep, found.point // sweep.chunk)
    place = np.flatnonzero((rows.point == found.point) & (rows.start == found.start))
    numbers, start = problems(sweep.seed, sweep.start, rows.part(place))
    seen = _invariant(sweep, found.what, numbers, start) if found.what in INVARIANTS else _status(sweep, numbers, start)
    return TEXT.format(
        **{name: getattr(found, name) for name in ("claim", "point", "start", "what")},
        nu=numbers.spectrum[0].tolist(),
        numbers=tuple(float(getattr(numbers, name)[0]) for name in ("a", "rho", "kappa", "m")),
        B=start.B[0].tolist(),
        w=start.w[0].tolist(),
        **{name: getattr(seen, name) for name in ("value", "means", "limit", "earlier", "later")},
        witness=[[float(x)] for x in seen.witness],
    )


def written(sweep: Specification, found: Contradiction, folder: Path) -> tuple[Path, bool]:
    """Write the capsule of a contradiction and run it; return its path, and whether it shows what it says."""
    path = folder / f"point-{found.point}-start-{found.start}.py"
    write_bytes(path, capsule(sweep, found).encode())
    try:
        outcome = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return path, False
    return path, outcome.returncode == 0


# Seeing it again -----------------------------------------------------------------------------------


def _invariant(sweep: Specification, what: str, numbers: Numbers, start: Stack) -> _Sighting:
    """Follow one row to the look at which an invariant breaks."""
    bit, point, before, t = INVARIANTS.index(what), start, start, 0
    first = sight(numbers, start)
    for look in looks(sweep.steps):
        for _ in range(look - t):
            point = stacked_step(numbers, point)
        seen = sight(numbers, before), sight(numbers, point)
        if broken(numbers, first, *seen, look)[0] >> bit & 1:
            return _SIGHTINGS[what](numbers, first, t, before, look, point)
        before, t = point, look
    raise LookupError(f"expected {what!r} to break along this row; it does not when the row is followed alone")


def _complement(numbers: Numbers, first: Any, s: int, before: Stack, t: int, now: Stack) -> _Sighting:
    k = numbers.spectrum.shape[1]
    square = float(first.complement[0])
    limit = square / (1 + float(numbers.a[0] * numbers.kappa[0] / numbers.m[0]) * square * t)
    return _Sighting("length(times(B[k:], x)) / length(x)", "|D|^2", limit, s, t, _right(now.B[0, k:]))


def _complement_rise(numbers: Numbers, first: Any, s: int, before: Stack, t: int, now: Stack) -> _Sighting:
    limit, k = float(sight(numbers, before).complement[0]), numbers.spectrum.shape[1]
    return _Sighting("length(times(B[k:], x)) / length(x)", "|D|^2 after |D|^2", limit, s, t, _right(now.B[0, k:]))


def _head_rise(numbers: Numbers, first: Any, s: int, before: Stack, t: int, now: Stack) -> _Sighting:
    return _Sighting("length(w) - length(w0)", "growth of |w|^2", 0.0, s, t, now.w[0, :, 0])


def _gram(numbers: Numbers, first: Any, s: int, before: Stack, t: int, now: Stack) -> _Sighting:
    k = numbers.spectrum.shape[1]
    limit = max(float(first.signal[0]), float(limit_spectrum(numbers)[0, -1]))
    return _Sighting("length(times(B[:k], x)) / length(x)", "|C|^2", limit, s, t, _right(now.B[0, :k]))


def _above_one(numbers: Numbers, first: Any, s: int, before: Stack, t: int, now: Stack) -> _Sighting:
    return _Sighting("length(times(B, x)) / length(x)", "alpha |B|^2", 1.0, s, t, _right(now.B[0]))


def _gram_fall(numbers: Numbers, first: Any, s: int, before: Stack, t: int, now: Stack) -> _Sighting:
    k = numbers.spectrum.shape[1]
    gap = now.B[0, :k] @ now.B[0, :k].T - before.B[0, :k] @ before.B[0, :k].T
    value = "(length(times(turned(B0[:k]), x)) - length(times(turned(B[:k]), x))) / length(x)"
    return _Sighting(value, "fall of the Gram matrix", 0.0, s, t, np.linalg.eigh(gap)[1][:, 0])


def _right(A: Floats) -> Floats:
    """Return the right singular vector of the largest singular value."""
    found: Floats = np.linalg.svd(A)[2][0]
    return found


_SIGHTINGS = dict(
    zip(INVARIANTS, (_complement, _complement_rise, _head_rise, _gram, _above_one, _gram_fall), strict=True)
)


def _status(sweep: Specification, numbers: Numbers, start: Stack) -> _Sighting:
    """Follow one row to its end, and say what shows its status there (Σ⋆ = cI)."""
    course = follow(numbers, start, sweep.steps, sweep.epsilon, timed=True)
    point, t, k = start, int(course.t[0]), numbers.spectrum.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(t):
            point = stacked_step(numbers, point)
    name = STATUS[int(course.status[0])]
    if name == "diverged":
        return _Sighting("length(B) + length(w)", "|B|^2 + |w|^2", 1e8, 0, t, start.w[0, :, 0])
    values, axes = np.linalg.eigh(point.B[0, :k] @ point.B[0, :k].T)
    x_star = float(limit_spectrum(numbers)[0, 0])
    share = f"length(times(turned(B[:k]), x)) / length(x) / Decimal({x_star!r})"
    if name == "collapsed":
        return _Sighting(f"-{share}", "minus the least of the Gram matrix over its limit", -1e-19, 0, t, axes[:, 0])
    if name == "converged":
        gap = f"-max(abs(sum(x * y for x, y in zip(B[i], B[j])) / Decimal({x_star!r}) - (i == j)) "
        gap += "for i in range(k) for j in range(k))"
        return _Sighting(gap, "minus the distance from the limit", -sweep.epsilon, 0, t, axes[:, 0])
    far = axes[:, int(np.argmax(np.abs(values / x_star - 1)))]
    return _Sighting(f"abs({share} - 1)", "distance from the limit", 0.9 * sweep.epsilon, 0, t, far)
