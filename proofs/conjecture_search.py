"""An adversarial search over covariances, letters and starts: which trajectory stays farthest from Λ⋆, or grows most?

`python -m proofs.conjecture_search FILE` runs the whole plan on one core (some ten minutes) and writes its outcome.
A candidate is a vector of real numbers; `Space.problems` turns it into a problem within the explicit hypotheses, with
λ_min(Σ⋆) for c: β ≤ α ≤ 1/(2σ̄), α‖B_0‖₂² = 1/(4m_in), ‖w_0‖² ≤ αλ_min(Σ⋆). The cross-entropy method moves a normal law
of candidates towards the worst of them.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foanil.stacked import Floats, Numbers, Stack, orientation, relative_gram, representation_sq, stacked_step

SETTLED = 1e-2
"""A trajectory is left alone once Λ⋆^{−½}Λ_tΛ⋆^{−½} is within this of the identity."""

ELITE = 10
"""One candidate in so many shapes the next generation."""

TIME = 4.0
"""What a trajectory has left after its smallest direction has grown, in units of 1/a steps."""

TINY = 1e-30
"""Smaller eigenvalues count as this."""

LEAST_SPREAD = 0.05
LEAST_RATIO = 0.25
"""The least β/α: smaller ones only slow everything down."""

DECIMALS = 3
"""Candidates are rounded to so many: a stored one is the one that was followed."""


# Candidates ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Space:
    """Problems of these sizes and this condition number; the complement has k′ rows.

    σ²/Tr Σ⋆ ≤ noise, m_in ≤ samples, ‖w_0‖² ≤ head·αλ_min(Σ⋆); rows of B_0 are scaled by 10^±scales or less.
    """

    k: int
    k_prime: int
    condition: float
    noise: float = 1.0
    samples: float = 1e6
    head: float = 0.9
    scales: float = 1.5

    @property
    def dimension(self) -> int:
        """The length of a candidate."""
        return 4 + 2 * self.k + (self.k + self.k_prime + 1) * self.k_prime

    def scaled(self, candidates: Floats) -> Floats:
        """Return candidates with the signal rows of B_0 multiplied by 10^(scales·tanh(·)) of their own entries."""
        k, width, found = self.k, self.k_prime, candidates.copy()
        rows = found[:, 4 + 2 * k + width :].reshape(len(found), k + width, width)
        rows[:, :k] *= 10 ** (self.scales * np.tanh(candidates[:, 4 + k : 4 + 2 * k, None]))
        found[:, 4 + 2 * k + width :] = rows.reshape(len(found), -1)
        return found

    def problems(self, candidates: Floats) -> tuple[Numbers, Stack]:
        """Return the problems and starts of candidates, one a row."""
        count, k, width = len(candidates), self.k, self.k_prime
        scalars, inner, _, w, rows = np.split(self.scaled(candidates), np.cumsum([4, k, k, width]), axis=1)
        exponents = np.sort(_share(2 * inner), axis=1)
        exponents[:, 0], exponents[:, -1] = 0, 1
        spectrum = self.condition**exponents
        m = np.round(self.samples ** _share(2 * scalars[:, 0]))
        kappa = spectrum.sum(axis=1) * (1 + self.noise * _share(2 * scalars[:, 1]))
        rho = LEAST_RATIO + (1 - LEAST_RATIO) * _share(scalars[:, 2] + 2)
        numbers = Numbers(spectrum, rho / (4 * kappa), rho, m, kappa)
        B = rows.reshape(count, k + width, width)
        B = B / np.linalg.norm(B, 2, axis=(1, 2))[:, None, None] / (2 * m[:, None, None] ** 0.5)
        head = w / np.linalg.norm(w, axis=1)[:, None] * (self.head * _share(scalars[:, 3:] + 2)) ** 0.5
        return numbers, Stack(B, head[:, :, None])


def _share(x: Floats) -> Floats:
    """Return a number in (0, 1) for each real one."""
    found: Floats = 1 / (1 + np.exp(-x))
    return found


# Trajectories --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Course:
    """What was seen along trajectories, an entry for each; R_t = Λ⋆^{−½}Λ_tΛ⋆^{−½} is the identity at the limit.

    lowest: the least λ_min(R_t) over min(1, λ_min(R_0)); overshoot: the largest λ_max(R_t) over max(1, λ_max(R_0));
    size: the largest α‖B_t‖²; farthest: ‖R_t − I‖ when last seen, after `steps`; turned: 1 if k′ = k and det(B⋆ᵀB_t)
    has then another sign than at the start, else 0.
    """

    lowest: Floats
    overshoot: Floats
    size: Floats
    farthest: Floats
    steps: Floats
    turned: Floats

    def settled(self) -> int:
        """Return how many came within SETTLED of Λ⋆."""
        return int((self.farthest <= SETTLED).sum())


def lasting(numbers: Numbers, start: Stack, left: float, most: int) -> Floats:
    """Return for how many steps each is followed: (left + ½log(1/λ_min(R_0))/(1 − ‖ŵ_0‖²))/a, and at most `most`.

    A direction of size λ_min(R_0) that grows by the factor 1 + a(1 − ‖ŵ‖²) arrives in about the second part.
    """
    slow = 1 - (start.w**2).sum(axis=(1, 2))
    needed = left + np.log(1 / _least(numbers, start)) / 2 / slow
    steps: Floats = np.minimum(np.ceil(needed / numbers.a), most)
    return steps


def _least(numbers: Numbers, start: Stack) -> Floats:
    """Return min(1, λ_min(R_0)), at least TINY."""
    return np.clip(relative_gram(numbers, start)[:, 0], TINY, 1)


def follow(numbers: Numbers, start: Stack, steps: Floats) -> Course:
    """Follow every trajectory until, when looked at, it has settled or done its number of steps."""
    course = Course(*(np.full(len(steps), value, dtype=float) for value in (1, 1, 0, 0, 0, 0)))
    first = _least(numbers, start), np.maximum(relative_gram(numbers, start)[:, -1], 1), _side(numbers, start)
    running, part, point, t = np.arange(len(steps)), numbers, start, 0
    for look in looks():
        for _ in range(look - t):
            point = stacked_step(part, point)
        t = look
        course.steps[running] = t
        _see(course, running, part, point, first)
        going = (course.farthest[running] > SETTLED) & (steps[running] > t)
        if not going.any():
            break
        running, part, point = running[going], part.part(going), point.part(going)
    return course


def _side(numbers: Numbers, point: Stack) -> Floats:
    """Return the sign of det(B⋆ᵀB_t) where k′ = k, else 0."""
    square = point.B.shape[2] == numbers.spectrum.shape[1]
    return orientation(numbers, point) if square else np.zeros(len(numbers.a))


def looks() -> Iterator[int]:
    """Yield the steps at which trajectories are looked at, the same for all: 0, 1, 2, …, later each by a twentieth."""
    t = 0
    while True:
        yield t
        t += max(1, t // 20)


def _see(
    course: Course, who: npt.NDArray[np.intp], numbers: Numbers, point: Stack, first: tuple[Floats, Floats, Floats]
) -> None:
    """Update the course of those that run."""
    gram, (least, top, side) = relative_gram(numbers, point), (at_start[who] for at_start in first)
    course.lowest[who] = np.minimum(course.lowest[who], gram[:, 0] / least)
    course.overshoot[who] = np.maximum(course.overshoot[who], gram[:, -1] / top)
    course.size[who] = np.maximum(course.size[who], representation_sq(point))
    course.farthest[who] = np.abs(gram - 1).max(axis=1)
    course.turned[who] = _side(numbers, point) != side


# The search ----------------------------------------------------------------------------------------

Badness = Callable[[Course], Floats]
BADNESS: dict[str, Badness] = {
    "collapse": lambda course: -np.log(np.maximum(course.lowest, TINY)),
    "overshoot": lambda course: course.overshoot,
    "size": lambda course: course.size,
}
"""What an adversary maximises: the fall of λ_min(R_t), the rise of λ_max(R_t), and α‖B_t‖²."""


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search: how many trajectories were followed, settled and turned, all their steps, and the worst.

    `candidate` is the worst by the badness sought, `value` its badness; the other numbers are extremes over all.
    """

    followed: int
    settled: int
    turned: int
    steps: float
    value: float
    candidate: Floats
    lowest: float
    overshoot: float
    size: float
    farthest: float


def search(
    space: Space, badness: str, seed: int, population: int, generations: int, most: int = 10**8, left: float = TIME
) -> Found:
    """Move a normal law of candidates towards the worst; its first generation is a plain random sample.

    The law follows the worst candidates as they are scaled, so that bad conditioning adds up over generations.
    """
    random = np.random.default_rng(seed)
    mean, spread = np.zeros(space.dimension), np.ones(space.dimension)
    found: list[Found] = []
    for _ in range(generations):
        draws = random.standard_normal((population, space.dimension))
        candidates = np.round(mean + spread * draws, DECIMALS)
        problem = space.problems(candidates)
        course = follow(*problem, lasting(*problem, left, most))
        values = BADNESS[badness](course)
        order = np.argsort(-values)
        elite = space.scaled(candidates)[order[: max(2, population // ELITE)]]
        mean, spread = elite.mean(axis=0), np.maximum(elite.std(axis=0), LEAST_SPREAD)
        found.append(_found(course, float(values[order[0]]), candidates[order[0]]))
    return functools.reduce(_worse, found)


def _found(course: Course, value: float, candidate: Floats) -> Found:
    """Return the outcome of one generation."""
    extremes = course.lowest.min(), course.overshoot.max(), course.size.max(), course.farthest.max()
    followed = len(course.steps)
    counts = followed, course.settled(), int(course.turned.sum())
    return Found(*counts, float(course.steps.sum()), value, candidate, *map(float, extremes))


def _worse(one: Found, other: Found) -> Found:
    """Return both outcomes together: their sums, and the worst of either."""
    worst = max(one, other, key=lambda each: each.value)
    return Found(
        one.followed + other.followed,
        one.settled + other.settled,
        one.turned + other.turned,
        one.steps + other.steps,
        worst.value,
        worst.candidate,
        min(one.lowest, other.lowest),
        max(one.overshoot, other.overshoot),
        max(one.size, other.size),
        max(one.farthest, other.farthest),
    )


# The plan ------------------------------------------------------------------------------------------

SEED = 20261123


@dataclass(frozen=True, slots=True)
class Rung:
    """One search of the plan."""

    space: Space
    badness: str
    population: int
    generations: int
    most: int = 10**8


def plan() -> list[Rung]:
    """Return the searches, by condition number: many small ones first, then few whose trajectories are long."""
    rungs = [
        Rung(Space(k, width, 30.0), badness, 100, 6)
        for k, width in ((2, 2), (2, 3), (3, 3), (3, 5), (4, 4), (5, 6), (6, 6), (6, 8))
        for badness in BADNESS
    ]
    rungs += [
        Rung(Space(k, width, 1e3, noise=0.5), badness, 60, 3)
        for k, width in ((2, 2), (3, 4), (6, 6))
        for badness in ("collapse", "size")
    ]
    calm = {"noise": 0.1, "samples": 100.0, "head": 0.5, "scales": 0.5}
    rungs += [Rung(Space(k, width, 1e4, **calm), "collapse", 40, 1) for k, width in ((2, 2), (3, 4), (6, 6))]
    rungs += [Rung(Space(k, width, 1e5, **calm), "collapse", 32, 1) for k, width in ((2, 2), (3, 4))]
    # at condition 10⁶ to settle takes some 10⁷ steps: the first ones of many starts, and all of a few
    rungs += [Rung(Space(k, width, 1e6, **calm), "size", 24, 1, most=40_000) for k, width in ((2, 2), (6, 8))]
    return [*rungs, *(Rung(Space(k, width, 1e6, **calm), "collapse", 6, 1) for k, width in ((2, 2), (3, 4), (6, 8)))]


def outcome(rung: Rung, seed: int) -> dict[str, Any]:
    """Run one search; return what was asked and what was found as plain data."""
    found = search(rung.space, rung.badness, seed, rung.population, rung.generations, rung.most)
    asked = {"space": asdict(rung.space), "badness": rung.badness, "seed": seed, "most": rung.most}
    return asked | {**asdict(found), "candidate": found.candidate.tolist()}


def main(path: str) -> None:
    """Run the plan and write its outcome, search by search; searches that the file has already are kept."""
    file = Path(path)
    done: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["searches"] if file.exists() else []
    for place, rung in list(enumerate(plan()))[len(done) :]:
        began = time.process_time()
        done.append(outcome(rung, SEED + place) | {"seconds": round(time.process_time() - began, 1)})
        file.write_text(json.dumps({"searches": done}, indent=1) + "\n", encoding="utf-8")
        print(place, {name: value for name, value in done[-1].items() if name != "candidate"}, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
