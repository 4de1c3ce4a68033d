"""Following many trajectories together until it is known what becomes of each, or the steps are done.

In doubles, looked at in steps 0, 1, 2, …, later each by a twentieth: a time is that of the look at which something was
seen first. R_t = Λ⋆^{−½}Λ_tΛ⋆^{−½} is the identity at the limit; D̂ is the complement; pure numbers throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foanil.certificates.region import region
from foanil.stacked import Floats, Numbers, Stack, limit_spectrum, relative_gram, stacked_step

Step = Callable[[Numbers, Stack], Stack]
Flags = npt.NDArray[np.bool_]

STATUS = ("unfinished", "converged", "collapsed", "diverged", "periodic", "stuck", "inadmissible")
"""What becomes of a trajectory; "stuck" stands still away from the limit."""
UNFINISHED, CONVERGED, COLLAPSED, DIVERGED, PERIODIC, STUCK, INADMISSIBLE = range(len(STATUS))

INVARIANTS = ("complement bound", "complement falls", "head falls", "gram bound", "below one", "gram rises")
"""What may hold all along a trajectory, in the order of the bits that record a violation; see `broken`."""

COLLAPSE = 1e-20
"""λ_min(R_t) at most this is a collapse: σ_min = 1e-10, above the rounding of C (1e-15) and below any course back."""
ESCAPED = 1e8
"""α‖B_t‖² beyond this is a divergence: the step is of degree 3."""
MARGIN = 1e-9
"""A bound counts as broken, and the region as entered, by more than this share."""
LONGEST = 16
"""The longest period that is recognised."""
STAY = 100
"""Within ε of the limits for so many steps is convergence: past a = 1 trajectories come near and leave again."""
STILL = 1e-9
"""αΛ_t stands still, or comes back, within this share of its limit's norm, and so do the logarithms of λ(R_t)."""


@dataclass(frozen=True, slots=True)
class Course:
    """What was seen, an entry for each trajectory.

    status: place in STATUS; t: step at which it was seen; settled: first of the looks from which on it is near the
    limits (−1: none); period: of "periodic", else 0; broken: bits of INVARIANTS; farthest, complement, output: ‖R − I‖,
    ‖D̂‖², ‖B̂ŵ‖² when last seen; lowest: least λ_min(R_t); largest: largest α‖B_t‖².
    """

    status: Any
    t: Any
    settled: Any
    period: Any
    broken: Any
    farthest: Floats
    complement: Floats
    output: Floats
    lowest: Floats
    largest: Floats


@dataclass(frozen=True, slots=True)
class Sight:
    """What is measured at a look: R's spectrum, ‖Ĉ‖², ‖D̂‖², ‖B̂‖², ‖ŵ‖², ‖B̂ŵ‖², and αΛ_t itself."""

    relative: Floats
    signal: Floats
    complement: Floats
    representation: Floats
    head: Floats
    output: Floats
    gram: Floats

    def part(self, which: Any) -> Sight:
        """Return that of some of the trajectories."""
        return Sight(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def sight(numbers: Numbers, point: Stack) -> Sight:
    """Measure a stack of finite iterates."""
    k = numbers.spectrum.shape[1]
    C, D = point.B[:, :k], point.B[:, k:]
    gram = C @ C.swapaxes(1, 2)
    return Sight(
        relative_gram(numbers, point),
        _top(C),
        _top(D),
        _top(point.B),
        (point.w**2).sum(axis=(1, 2)),
        ((point.B @ point.w) ** 2).sum(axis=(1, 2)),
        gram,
    )


def _top(A: Floats) -> Floats:
    """Return ‖A‖₂² of each matrix, by the smaller of its Gram matrices."""
    across = A.swapaxes(1, 2)
    gram = A @ across if A.shape[1] <= A.shape[2] else across @ A
    found: Floats = np.maximum(np.linalg.eigvalsh(gram)[:, -1], 0)
    return found


# Invariants ----------------------------------------------------------------------------------------


def broken(numbers: Numbers, first: Sight, before: Sight, now: Sight, t: int) -> Any:
    """Return the bits of the INVARIANTS that do not hold between the look before and now, by more than MARGIN.

    complement bound: ‖D̂_t‖² ≤ ‖D̂_0‖²/(1 + aq‖D̂_0‖²t), q = κ/m; complement falls: ‖D̂_t‖ does not grow; head falls:
    neither does ‖ŵ_t‖; gram bound: λ_max(αΛ_t) ≤ max(λ_max(αΛ_0), x⋆); below one: α‖B_t‖² < 1; gram rises: Λ_t does not
    fall in Loewner order. x⋆ is the largest eigenvalue of αΛ⋆.
    """
    x_star = limit_spectrum(numbers)[:, -1]
    rate = numbers.a * numbers.kappa / numbers.m
    more = 1 + MARGIN
    tests = (
        now.complement > more * first.complement / (1 + rate * first.complement * t),
        now.complement > more * before.complement,
        now.head > more * before.head,
        now.signal > more * np.maximum(first.signal, x_star),
        now.representation >= more,
        np.linalg.eigvalsh(now.gram - before.gram)[:, 0] < -MARGIN * now.signal,
    )
    return sum((test.astype(np.int64) << bit for bit, test in enumerate(tests)), start=np.zeros(len(rate), np.int64))


def in_region(numbers: Numbers, now: Sight) -> Flags:
    """Return which iterates lie in the region from which the theorem proves all three limits (Σ⋆ = cI only)."""
    x_star = limit_spectrum(numbers)[:, 0]
    values: Any = {name: getattr(numbers, name) for name in ("a", "rho", "kappa", "m")}
    values |= {"ell": np.maximum(now.signal, x_star), "delta": now.complement, "omega": now.head}
    inside: Flags = (numbers.spectrum == 1).all(axis=1) & (now.relative[:, 0] > COLLAPSE)
    for each in region(**values):  # its formulas take arrays as they take rationals
        left, right = (np.asarray(side, dtype=float) for side in (each.left, each.right))
        inside &= right - left >= (MARGIN if each.strict else 0)
    return inside


# Following -----------------------------------------------------------------------------------------


def looks(most: int) -> Iterator[int]:
    """Yield the steps at which trajectories are looked at: 0, 1, 2, …, later each by a twentieth, and the last."""
    t = 0
    while t < most:
        yield t
        t += max(1, t // 20)
    yield most


def follow(
    numbers: Numbers, start: Stack, most: int, epsilon: float, timed: bool = False, step: Step = stacked_step
) -> Course:
    """Follow each trajectory until its status is known, or for `most` steps.

    Converged: for STAY steps near the limits, that is with ‖R − I‖, ‖D̂‖² and ‖B̂ŵ‖² at most ε. The complement decays
    like 1/t, so that unless `timed` it may be larger in the region from which the theorem bounds it.
    """
    course = _nothing_seen(len(numbers.a))
    first = before = sight(numbers, start)
    running, part, point, t = np.arange(len(numbers.a)), numbers, start, 0
    for look in looks(most):
        point = _advanced(step, part, point, look - t)
        t = look
        kept = _escaped(course, running, point, t)
        running, part, point, first, before = (
            running[kept], part.part(kept), point.part(kept), first.part(kept), before.part(kept)
        )  # fmt: skip
        if not len(running):
            return course
        now = sight(part, point)
        course.broken[running] |= broken(part, first, before, now, t)
        going = _seen(course, running, part, now, t, epsilon, timed)
        running, part, point, first, before = (
            running[going], part.part(going), point.part(going), first.part(going), now.part(going)
        )  # fmt: skip
        if not len(running):
            return course
    _last_words(course, running, part, point, step, epsilon)
    return course


def _nothing_seen(count: int) -> Course:
    def filled(value: float) -> Any:
        return np.full(count, value, dtype=np.int64 if np.isfinite(value) else float)

    names = ("farthest", "complement", "output", "lowest")
    return Course(
        **{name: filled(0) for name in ("status", "t", "period", "broken")},
        settled=filled(-1),
        **{name: filled(np.inf) for name in names},
        largest=np.zeros(count),
    )


def _advanced(step: Step, numbers: Numbers, point: Stack, steps: int) -> Stack:
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            point = step(numbers, point)
    return point


def _escaped(course: Course, who: Any, point: Stack, t: int) -> Flags:
    """Note which trajectories have diverged; return which have not."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (point.B**2).sum(axis=(1, 2)) + (point.w**2).sum(axis=(1, 2))
        gone: Flags = np.logical_not(squares <= ESCAPED)  # so that NaN has escaped too
    course.status[who[gone]], course.t[who[gone]] = DIVERGED, t
    course.largest[who[gone]] = np.inf
    return np.logical_not(gone)


def _seen(course: Course, who: Any, numbers: Numbers, now: Sight, t: int, epsilon: float, timed: bool) -> Flags:
    """Note what a look shows; return which trajectories go on."""
    farthest = np.abs(now.relative - 1).max(axis=1)
    course.t[who] = t
    course.farthest[who], course.complement[who], course.output[who] = farthest, now.complement, now.output
    course.lowest[who] = np.minimum(course.lowest[who], now.relative[:, 0])
    course.largest[who] = np.maximum(course.largest[who], now.representation)
    near = (farthest <= epsilon) & (now.output <= epsilon)
    near &= (now.complement <= epsilon) | (in_region(numbers, now) if not timed else False)
    since = course.settled[who]
    course.settled[who] = since = np.where(near, np.where(since < 0, t, since), -1)
    settled = near & (t - since >= STAY)
    course.status[who[settled]] = CONVERGED
    collapsed = now.relative[:, 0] <= COLLAPSE
    course.status[who[collapsed]] = COLLAPSED
    going: Flags = np.logical_not(collapsed | settled)
    return going


def _last_words(course: Course, who: Any, numbers: Numbers, point: Stack, step: Step, epsilon: float) -> None:
    """Tell what stands still or comes back from what is merely slow or wanders, in a few steps more."""
    seen = [_shape(numbers, point)]
    for _ in range(2 * LONGEST):
        point = _advanced(step, numbers, point, 1)
        if not np.isfinite(point.B).all():
            return
        seen.append(_shape(numbers, point))
    history = np.array(seen)
    left = (course.farthest[who] > epsilon) & (course.status[who] == UNFINISHED)
    for period in range(1, LONGEST + 1):
        gap = np.abs(history[period:] - history[:-period])
        same = left & (gap <= STILL).all(axis=(0, 2))
        course.status[who[same]] = STUCK if period == 1 else PERIODIC
        course.period[who[same]] = period if period > 1 else 0
        left &= ~same


def _shape(numbers: Numbers, point: Stack) -> Floats:
    """Return αΛ_t over its limit's norm, which shows eigenvalues that change places, and log λ(R_t) for tiny ones."""
    C = point.B[:, : numbers.spectrum.shape[1]]
    gram = (C @ C.swapaxes(1, 2)).reshape(len(C), -1) / limit_spectrum(numbers)[:, -1:]
    return np.concatenate([gram, np.log(np.maximum(relative_gram(numbers, point), COLLAPSE))], axis=1)
