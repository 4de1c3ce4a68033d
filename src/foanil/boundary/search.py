"""Search for starts from which Theorem 1 fails, a hidden constant at a given value; only exact failures count.

Differential evolution maximises how far Λ_t ends from Λ⋆ and how far λ_min(Λ_t) falls on the way. What it finds at
k = k′ = 1 without a complement is rounded to fractions and certified (`foanil.boundary.instances`); anything else that
has not arrived in time is a suspect: neither a counterexample nor a pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, differential_evolution

from foanil.boundary.instances import Instance, failure
from foanil.boundary.spaces import (
    BOUNDARIES,
    SHAPES,
    WIDE,
    Boundary,
    Shape,
    others_hold,
    problems,
    scalars,
    value_of,
)
from foanil.stacked import Floats, Numbers, Stack, relative_gram, representation_sq, stacked_step

ARRIVED = 5e-2
"""A trajectory has arrived once ‖Λ⋆^{−½}Λ_tΛ⋆^{−½} − I‖ is at most this."""

PATIENCE = 40.0
"""Steps allowed, in units of 1/a, beside those that the smallest direction needs to grow."""

SLOWEST = 0.02
"""The least share of a by which a direction is expected to grow: heads at their bound shrink as the signal grows."""

ESCAPED = 1e4
"""α‖B_t‖² beyond this counts as divergence."""

FARTHEST = 10.0
POPULATION, MOST = 8, 60_000
LONG = 1_000_000
"""Steps at most, where a wide boundary is searched."""

FEW = 3
"""So few late ones in a generation are followed eight times as long."""

DENOMINATORS = (1, 4, 12, 100, 10_007)


# Trajectories --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ends:
    """For each trajectory the last distance from Λ⋆, the least λ_min relative to the start, and the steps done."""

    distance: Floats
    lowest: Floats
    steps: Floats

    @property
    def badness(self) -> Floats:
        """What the search maximises: the last distance, and a tenth of each decade that λ_min fell."""
        found: Floats = np.minimum(self.distance, FARTHEST) - np.log10(self.lowest) / 10
        return found


def patience(numbers: Numbers, start: Stack, most: int = MOST) -> Floats:
    """Return how many steps each trajectory is given."""
    least = np.clip(relative_gram(numbers, start)[:, 0], 1e-12, 1)
    margin = np.maximum(np.abs(1 - (start.w**2).sum(axis=(1, 2))), SLOWEST)
    found: Floats = np.minimum(np.ceil((PATIENCE - np.log(least) / 2 / margin) / numbers.a), most)
    return found


def follow(numbers: Numbers, start: Stack, steps: Floats) -> Ends:
    """Follow trajectories until they arrive, diverge or have done their steps."""
    first = np.clip(relative_gram(numbers, start)[:, 0], 1e-300, 1)
    ends = Ends(np.full(len(steps), FARTHEST), np.ones(len(steps)), np.zeros(len(steps)))
    running, part, point, t, look = np.arange(len(steps)), numbers, start, 0, 1
    while len(running):
        while t < look:
            point, t = stacked_step(part, point), t + 1
        sound: npt.NDArray[np.bool_] = np.array(
            np.isfinite(point.B).all(axis=(1, 2)) & np.isfinite(point.w).all(axis=(1, 2))
        )
        sound[sound] = representation_sq(point.part(sound)) < ESCAPED
        ends.distance[running[~sound]] = FARTHEST
        running, part, point = running[sound], part.part(sound), point.part(sound)
        gram = relative_gram(part, point)
        ends.distance[running] = np.abs(gram - 1).max(axis=1)
        fallen = np.clip(gram[:, 0], 1e-300, None) / first[running]
        ends.lowest[running] = np.minimum(ends.lowest[running], fallen)
        ends.steps[running] = t
        going = (ends.distance[running] > ARRIVED) & (steps[running] > t)
        running, part, point = running[going], part.part(going), point.part(going)
        look = t + max(1, t // 10)
    return ends


# Exact again -----------------------------------------------------------------------------------------


def fractions_near(boundary: Boundary, value: Fraction, vector: Floats) -> Iterator[Instance]:
    """Yield instances near a candidate at k = k′ = 1, D = 0, with simpler fractions first; the ratio at its value.

    Also with v = 0, and with a such that one step loses the rank.
    """
    found = {name: float(each[0]) for name, each in scalars(boundary, value, SHAPES[0], vector[None]).items()}
    for denominator in DENOMINATORS:
        near = {name: Fraction(number).limit_denominator(denominator) for name, number in found.items()}
        m = Fraction(round(found["m"]))
        rounded = Instance(near["a"], near["rho"], near["kappa"], m, near["size"], near["v"])
        for near_by in (rounded, _corner(rounded)):
            placed = _placed(boundary, value, near_by)
            yield from (each for each in (*_variants(placed), *_losing(boundary, placed)) if each.legal)


def _corner(instance: Instance) -> Instance:
    """Return the instance with m = κ = ρ = 1 and the largest a that the explicit step sizes allow."""
    one = Fraction(1)
    return replace(instance, a=Fraction(1, 4), rho=one, kappa=one, m=one)


def _variants(instance: Instance) -> Iterator[Instance]:
    yield instance
    yield replace(instance, v=Fraction(0))
    for x in (Fraction(1, 10**6), Fraction(1, 10**9)):
        yield replace(instance, x=x)


def _placed(boundary: Boundary, value: Fraction, instance: Instance) -> Instance:
    """Return the instance with the searched ratio exactly at its value."""
    changes: dict[str, Any] = {
        "step-size": lambda: {"a": value * instance.rho / max(instance.kappa, Fraction(1))},
        "start": lambda: {"x": value / instance.m},
        "start-noise": lambda: {"x": Fraction(1, 4) / instance.m, "kappa": 4 * value * instance.m**2},
        "head": lambda: {"v": value},
        "ratio": lambda: {"rho": value, "a": value / (4 * max(instance.kappa, Fraction(1)))},
        "product": lambda: {"a": value, "kappa": Fraction(1), "rho": Fraction(1)},
        "sample-free-start": lambda: {"x": value},
        "noisy-start": lambda: {"x": value},
    }
    return replace(instance, **changes[boundary.name]())


def _losing(boundary: Boundary, instance: Instance) -> Iterator[Instance]:
    """Yield the instance with a = 1/(E − 1), where φ = 0: the first step loses the rank."""
    for v in {instance.v, Fraction(0), Fraction(1)}:
        here = replace(instance, v=v)
        if here.pull > 1 and boundary.name in {"start", "sample-free-start", "noisy-start"}:
            yield replace(here, a=1 / (here.pull - 1), rho=Fraction(1))


def certified(boundary: Boundary, value: Fraction, vector: Floats) -> tuple[Instance, str] | None:
    """Return an exact instance near a candidate that violates the theorem, and why; the other hypotheses hold."""
    for instance in fractions_near(boundary, value, vector):
        if others_hold(boundary, instance) and value_of(boundary, instance) == value:
            reason = failure(instance)
            if reason:
                return instance, reason
    return None


# The search ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rung:
    """What was found with the ratio at one value: trajectories, steps, suspects, the worst, an exact counterexample."""

    value: Fraction
    followed: int
    steps: float
    suspects: int
    distance: float
    lowest: float
    instance: Instance | None
    reason: str

    def __str__(self) -> str:
        """Return the counterexample, if one is certified, and how many random starts are suspects."""
        exact = _texts(self.instance)
        told = [f"{self.reason} ({', '.join(map(' = '.join, exact.items()))})"] if exact else []
        if self.suspects:
            told += [f"{self.suspects} random starts had not arrived" + ("" if exact else ", none certified")]
        return "; ".join(told)


@dataclass(frozen=True, slots=True)
class Searched:
    """The outcome of a search of one boundary."""

    boundary: Boundary
    seed: int
    generations: int
    rungs: tuple[Rung, ...]
    complete: bool

    @property
    def refuted_from(self) -> Fraction | None:
        """The least value with a certified counterexample."""
        return min((rung.value for rung in self.rungs if rung.instance is not None), default=None)

    @property
    def none_up_to(self) -> Fraction | None:
        """The largest value, with all below it, at which every trajectory arrived."""
        clean = None
        for rung in sorted(self.rungs, key=lambda each: each.value):
            if rung.instance is not None or rung.suspects:
                break
            clean = rung.value
        return clean

    def data(self) -> dict[str, Any]:
        """Return the outcome as plain data, exact numbers as fractions in text."""
        rungs = [asdict(rung) | {"value": str(rung.value), "instance": _texts(rung.instance)} for rung in self.rungs]
        told = {"seed": self.seed, "generations": self.generations, "complete": self.complete}
        return {"name": self.boundary.name, **told, "rungs": rungs}

    def __str__(self) -> str:
        """Return the sentence of the table."""
        budget = sum(rung.followed for rung in self.rungs), sum(rung.steps for rung in self.rungs)
        lines = [
            f"{self.boundary.ratio}: proved up to {self.boundary.proved_text}; "
            f"no counterexample found up to {_or_none(self.none_up_to)} "
            f"({budget[0]} trajectories, {budget[1]:.1e} steps, seed {self.seed}"
            + ("" if self.complete else "; stopped by the budget")
            + f"); certified counterexample from {_or_none(self.refuted_from)}"
        ]
        lines += [f"  at {rung.value}: {rung}" for rung in self.rungs if rung.instance is not None or rung.suspects]
        return "\n".join(lines)


def _texts(instance: Instance | None) -> dict[str, str] | None:
    return {name: str(value) for name, value in asdict(instance).items()} if instance is not None else None


def read(data: Mapping[str, Any]) -> Searched:
    """Return an outcome from its plain data; the reverse of `Searched.data`."""
    rungs = tuple(
        Rung(**each | {"value": Fraction(each["value"]), "instance": _instance(each["instance"])})
        for each in data["rungs"]
    )
    return Searched(BOUNDARIES[data["name"]], data["seed"], data["generations"], rungs, data["complete"])


def _instance(texts: Mapping[str, str] | None) -> Instance | None:
    if texts is None:
        return None
    return Instance(**{name: Fraction(text) for name, text in texts.items()})


def _or_none(value: Fraction | None) -> str:
    return "none" if value is None else str(value)


def sizes(boundary: Boundary) -> tuple[Shape, ...]:
    """Return the sizes of problems that are searched for a boundary."""
    return WIDE if boundary.wide else SHAPES


def searched(
    name: str,
    seconds: float = 60.0,
    seed: int = 20261123,
    *,
    generations: int | None = None,
    shapes: tuple[Shape, ...] | None = None,
    tell: Callable[[str], object] = lambda line: None,
) -> Searched:
    """Search one boundary, value by value from the least; `tell` hears of each with the seconds that remain.

    The seed decides everything but where the budget of `seconds` stops it. Raises ValueError for another name.
    """
    if name not in BOUNDARIES:
        raise ValueError(f"expected one of {', '.join(BOUNDARIES)}; got {name!r}")
    boundary, ends, rungs = BOUNDARIES[name], time.monotonic() + seconds, list[Rung]()
    generations = boundary.generations if generations is None else generations
    tried = shapes if shapes is not None else sizes(boundary)
    for place, value in enumerate(boundary.ladder):
        left = ends - time.monotonic()
        if left <= 0:
            break
        tell(f"{boundary.ratio} = {value}: {left:.0f} s left")
        # αβc near 1 leaves room for one signal direction only: κ ≥ k
        used = [shape for shape in tried if shape.k == 1 or name != "product"]
        found = [_evolve(boundary, value, shape, seed + 100 * place + i, generations) for i, shape in enumerate(used)]
        rungs.append(_together(value, found))
    return Searched(boundary, seed, generations, tuple(rungs), len(rungs) == len(boundary.ladder))


def _evolve(boundary: Boundary, value: Fraction, shape: Shape, seed: int, generations: int) -> Rung:
    """Run differential evolution for one shape; suspects and extremes are over all that it followed."""
    seen: list[tuple[Ends, int]] = []
    exact: list[tuple[Instance, str]] = []

    def energy(columns: Any, /) -> Any:
        vectors = np.atleast_2d(columns.T)
        problem = problems(boundary, value, shape, vectors)
        with np.errstate(all="ignore"):
            ends = follow(*problem, patience(*problem, LONG if boundary.wide else MOST))
        late = np.flatnonzero(ends.distance > ARRIVED)
        if 0 < len(late) <= FEW:  # perhaps only slow
            more = problem[0].part(late), problem[1].part(late)
            with np.errstate(all="ignore"):
                ends.distance[late] = follow(*more, 8 * patience(*more, MOST)).distance
        seen.append((ends, int((ends.distance > ARRIVED).sum())))
        if shape == SHAPES[0] and not exact:
            worst = vectors[np.argsort(-ends.badness)[:2]]
            exact.extend(one for vector in worst if (one := certified(boundary, value, vector)))
        return -ends.badness

    differential_evolution(
        energy,
        Bounds(np.zeros(shape.dimension), np.ones(shape.dimension)),
        popsize=1,
        init=np.random.default_rng(seed).random((POPULATION + shape.dimension, shape.dimension)),
        maxiter=generations,
        rng=np.random.default_rng(seed + 1),
        polish=False,
        vectorized=True,
        updating="deferred",
        tol=0,
    )
    instance, reason = exact[0] if exact else (None, "")
    return Rung(
        value,
        sum(len(ends.steps) for ends, _ in seen),
        float(sum(ends.steps.sum() for ends, _ in seen)),
        sum(count for _, count in seen),
        max(float(ends.distance.max()) for ends, _ in seen),
        min(float(ends.lowest.min()) for ends, _ in seen),
        instance,
        reason,
    )


def _together(value: Fraction, rungs: list[Rung]) -> Rung:
    """Return what all shapes found at one value."""
    exact = next((rung for rung in rungs if rung.instance is not None), rungs[0])
    return Rung(
        value,
        sum(rung.followed for rung in rungs),
        sum(rung.steps for rung in rungs),
        sum(rung.suspects for rung in rungs),
        max(rung.distance for rung in rungs),
        min(rung.lowest for rung in rungs),
        exact.instance,
        exact.reason,
    )
