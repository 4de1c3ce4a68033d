"""One step of (5)-(6) at 50 digits against the transcription in `mpmath.matrix`: ratios of paired rounds.

Each round times the baseline and the followed trajectory one after the other; a row holds the median of the rounds'
ratios. The check that both compute the same step, to 48 digits, comes first.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from foanil import dynamics
from foanil.arithmetic import Rounded
from foanil.arrays import mpmath_system
from foanil.dynamics import Iterate
from foanil.setting import Setting, State

DIGITS = 50
SIZES = ((10, 2, 10), (25, 3, 25), (50, 5, 50))
"""d, k, k′; the middle one is near the crossover from balls to slices."""

ROUNDS = 5
STEPS_IN_A_ROUND = 25


@dataclass(frozen=True, slots=True)
class Row:
    """Median seconds of one step, of the baseline's step, and the median of the rounds' ratios baseline / ours."""

    name: str
    ratio: float
    seconds: float
    baseline_seconds: float


# The baseline --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MpmathMatrices:
    """What statements ask of a number system, for `mpmath.matrix`."""

    context: Any

    def eye(self, n: int) -> Any:
        """Return the identity."""
        return self.context.eye(n)

    def trace(self, A: Any) -> Any:
        """Return Tr(A)."""
        return self.context.fsum(A[i, i] for i in range(A.rows))

    def inv(self, A: Any) -> Any:
        """Return A⁻¹."""
        return A**-1

    def sqnorm(self, A: Any) -> Any:
        """Return ‖A‖²."""
        return self.context.fsum(entry * entry for entry in A)

    def array(self, rows: Any) -> Any:
        """Return a matrix of rationals; statements read its shape."""
        made = self.context.matrix([[self.context.mpf(x.numerator) / x.denominator for x in row] for row in rows])
        made.shape = (made.rows, made.cols)
        return made


def baseline(setting: Setting, state: State) -> Callable[[], Iterate]:
    """Return one step of the transcription from θ_0, ready to be timed."""
    context = mpmath.MPContext()
    context.dps = DIGITS
    xp = MpmathMatrices(context)
    numbers = {name: getattr(setting, name) for name in ("m_in", "sigma_sq", "alpha", "beta")}
    letters = {name: context.mpf(x.numerator) / x.denominator for name, x in numbers.items()}
    letters |= {name: xp.array(getattr(setting, name)) for name in ("Sigma_star", "B_star")}
    theta = Iterate(xp.array(state.B), xp.array([[entry] for entry in state.w]))
    return lambda: dynamics.step(xp, letters, theta)


# Ours ----------------------------------------------------------------------------------------------


def example(d: int, k: int, k_prime: int) -> tuple[Setting, State]:
    """Return a problem with a covariance that is no multiple of the identity, and a start without structure."""
    draw = np.random.default_rng(d)
    root = draw.integers(-5, 6, (k, k))
    Sigma_star = [[int(x) for x in row] for row in root @ root.T + np.eye(k, dtype=int)]
    setting = Setting(d, k, k_prime, 20, Sigma_star, "1/3", f"1/{10 * d}", f"1/{30 * d}")
    B = [[f"{x}/1000" for x in row] for row in draw.integers(-300, 300, (d, k_prime)).tolist()]
    return setting, State(B, [f"{x}/700" for x in draw.integers(-300, 300, k_prime).tolist()])


def kept(setting: Setting, state: State) -> Iterator[Rounded]:
    """Return the trajectory whose iterates stay in the arithmetic that was chosen for them."""
    return dynamics.followed(setting, state, 10**9, DIGITS)


def read(setting: Setting, state: State) -> Iterator[Iterate]:
    """Return the trajectory of which every iterate is turned into mpmath numbers."""
    return dynamics.trajectory(mpmath_system(DIGITS), setting, state, 10**9)


def disagreement(setting: Setting, state: State) -> float:
    """Return the largest difference of an entry after one step of both."""
    theirs = baseline(setting, state)()
    _, ours = dynamics.trajectory(mpmath_system(DIGITS), setting, state, 1)
    pairs = zip([*ours.B.ravel(), *ours.w.ravel()], [*theirs.B, *theirs.w], strict=True)
    return float(max(abs(theirs.B.ctx.mpf(x) - y) for x, y in pairs))


# Timing --------------------------------------------------------------------------------------------


def _seconds(steps: Iterator[Any], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        next(steps)
    return (time.perf_counter() - began) / count


def row(name: str, setting: Setting, steps: Iterator[Any], rounds: int = ROUNDS) -> Row:
    """Time the baseline's step and ours in turn."""
    slow = baseline(setting, _start_of(setting))
    next(steps), next(steps)
    pairs = []
    for _ in range(rounds):
        began = time.perf_counter()
        slow()
        pairs.append((time.perf_counter() - began, _seconds(steps, STEPS_IN_A_ROUND)))
    theirs, ours = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    return Row(name, ratio, statistics.median(ours), statistics.median(theirs))


def _start_of(setting: Setting) -> State:
    return example(setting.d, setting.k, setting.k_prime)[1]


def rows() -> list[Row]:
    """Measure every row, after checking that the baseline computes the same step."""
    found = []
    for d, k, k_prime in SIZES:
        setting, state = example(d, k, k_prime)
        gap = disagreement(setting, state)
        if not gap < 10.0 ** (2 - DIGITS):
            raise ArithmeticError(f"expected one and the same step at d = {d}; entries differ by {gap:.1e}")
        size = f"d = {d}, k = {k}, k' = {k_prime}"
        found.append(row(f"one step at {DIGITS} digits, {size}", setting, kept(setting, state)))
        found.append(row(f"the same, read as mpmath numbers, {size}", setting, read(setting, state)))
    return found


if __name__ == "__main__":
    for each in rows():
        print(f"{each.ratio:7.0f}x  {each.seconds * 1e3:8.3f} ms  {each.baseline_seconds * 1e3:9.2f} ms  {each.name}")
