"""Ten thousand rigorous steps: by how much the error bound of `certify` grows, beside plain balls."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction

from benchmarks.tables import Table, verdict
from foanil.arrays import ball_system
from foanil.certificates.certify import in_balls, start_in_balls
from foanil.certificates.enclosure import follow, working_system
from foanil.certificates.problem import Problem, problem
from foanil.dynamics import DigitsLostError, trajectory
from foanil.setting import dimensionless

DIGITS, STEPS = 50, 10_000
GROWTH_ASKED, BALLS_LAST_AT_MOST = 1000, 1500
STARTS = {  # size of the entries of B_0, multiple of the entries of w_0
    "a small start": (Fraction(1, 20), 1),
    "a start of the size of the limit": (Fraction(1, 4), 1),
    "a long head": (Fraction(1, 10), 3),
}


def tables(rounds: int) -> list[Table]:
    """Follow each start once: nothing here is a ratio of times, so that rounds have nothing to repeat."""
    text = (
        f"{STEPS} steps of (5)-(6) at d = 10, k = 2, k′ = 10 and {DIGITS} digits, each enclosed. *Growth* is the last "
        "error bound over the first, and *most* the largest on the way over the first. *Plain balls* carry an interval "
        "in every entry, at the same digits: the step at which none of them has a digit left."
    )
    columns = ("start", "growth", "most", "asked", "", "plain balls end at", "asked", "", "ms a step")
    rows = [_row(name, started(*numbers)) for name, numbers in STARTS.items()]
    return [Table("Following the iteration rigorously", text, columns, rows)]


def started(size: Fraction, head: int) -> Problem:
    """Return a problem at d = k′ = 10 with nothing symmetric."""
    d = 10
    B = [[size * ((3 * i + 5 * j + i * j) % 7 - 3) / 3 for j in range(d)] for i in range(d)]
    w = [head * Fraction(2 * j - 7, 40) for j in range(d)]
    numbers = {"m_in": 5, "c": 1, "sigma_sq": "1/2", "alpha": "1/4", "beta": "1/5"}
    return problem({"d": d, "k": 2, "k_prime": d, **numbers, "B_0": B, "w_0": w})


def _row(name: str, given: Problem) -> Sequence[str]:
    began = time.perf_counter()
    errors = list(error_bounds(given))
    per_step = (time.perf_counter() - began) / STEPS
    growth, most, last = errors[-1] / errors[0], max(errors) / errors[0], balls_end(given)
    return (
        *(name, f"{growth:.3g}", f"{most:.3g}", f"< {GROWTH_ASKED}", verdict(most < GROWTH_ASKED)),
        *(str(last), f"< {BALLS_LAST_AT_MOST}", verdict(last < BALLS_LAST_AT_MOST), f"{per_step * 1e3:.1f}"),
    )


def error_bounds(given: Problem, steps: int = STEPS) -> Iterator[float]:
    """Yield the error bound of every step, in units of 10^−DIGITS."""
    xp = working_system(DIGITS)
    with xp.working():
        numbers = in_balls(xp, given, dimensionless(given.setting))
        unit = type(start_in_balls(xp, given).omega)(10) ** DIGITS
        for found in follow(DIGITS, numbers, start_in_balls(xp, given), steps):
            yield float(found.error * unit)


def balls_end(given: Problem, steps: int = STEPS) -> int:
    """Return the step at which plain balls have no digit left; `steps` if they still have one."""
    xp = ball_system(DIGITS)
    lasted = 0
    with xp.working(), contextlib.suppress(DigitsLostError):
        for _ in trajectory(xp, given.setting, given.start, steps):
            lasted += 1
    return lasted
