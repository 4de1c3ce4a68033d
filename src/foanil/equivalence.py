"""Whether a printed mean ± deviation is reproduced: one pre-stated test per cell of Table 1, one error budget for all.

What is compared. A cell prints the mean and the standard deviation of the risk over 10 training runs. Those runs are
taken as independent, each with its own 1000 test tasks: two rows train nothing, and still print deviations of the size
that fresh test tasks give them, so the deviation holds the sampling of test tasks. (`shared_error` undoes this
reading: it adds the standard error of test tasks that all of the paper's runs would share.) Our runs are independent
of one another and of the paper's. The two sides may have different variances.

What the interval is. With Δ = E[ours] − E[paper's], the difference of the two means lies within
t·√(s_p²/n_p + s_o²/n_o) + u of Δ with the stated confidence: t the exact Student quantile with min(n_p, n_o) − 1
degrees of freedom, s_p the largest deviation that rounds to the printed one, u half a unit of the last printed digit.
For normal values this is conservative. Given the estimates of the variances, noise alone exceeds the interval with
probability 2Φ(−t√v), v the mean of these estimates, each over its true value, weighted by the shares of the true
variances; that is convex in v, so its expectation is largest where one share is all, and there it is Student's.

What is decided. The margin is a seventh of the printed mean. A cell is *reproduced* when the whole interval lies
within the margin, *differs* when all of it lies beyond, and is *undecided* otherwise, which is no pass. Each decision
is wrong with at most the error of the interval, whatever Δ is. A seventh is the least unit fraction with which every
cell has a chance of at least 0.9 to be reproduced when Δ = 0 and our side has no noise: the printed deviations and the
error budget force it, not our results (a test recomputes it). No order between methods that the text draws a
conclusion from is lost by moving ridge cells by a seventh (another test).

What the errors add up to. The family is the 22 cells; each reading of the excess risk, ½‖·‖² and ‖·‖², is put through
the same test with its own share: `HALF_RISK` and `FULL_RISK`, together 0.05. The full risk gets little since its
distance from the half risk, the whole value of a cell, needs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

import numpy as np
from scipy import special


class Decision(Enum):
    """What the test says of one cell."""

    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed mean and standard deviation over `runs` runs, as texts, so that their last digit is known.

    Raises ValueError for texts that are no numbers, a deviation below 0, or fewer than two runs.
    """

    mean: str
    deviation: str
    runs: int = 10

    def __post_init__(self) -> None:
        try:
            valid = Decimal(self.mean).is_finite() and Decimal(self.deviation) >= 0 and self.runs >= 2
        except ArithmeticError:
            valid = False
        if not valid:
            raise ValueError(
                f"expected texts of a number and of a deviation >= 0, over at least two runs; got {self.mean!r}, "
                f"{self.deviation!r}, {self.runs!r}; give them as printed, such as Printed('0.81', '0.01')"
            )

    @property
    def centre(self) -> float:
        """The printed mean as a number."""
        return float(self.mean)

    @property
    def rounding(self) -> float:
        """Half a unit of the last printed digit of the mean: it lies so far from its unrounded value at most."""
        return _half_unit(self.mean)

    @property
    def deviations(self) -> tuple[float, float]:
        """The least and the largest standard deviation that round to the printed one."""
        spread, half = float(self.deviation), _half_unit(self.deviation)
        return max(0.0, spread - half), spread + half


def _half_unit(text: str) -> float:
    exponent = Decimal(text).as_tuple().exponent
    return float(Decimal(5).scaleb(int(exponent) - 1))


@dataclass(frozen=True, slots=True)
class Design:
    """What is fixed before looking: the family-wise error, the number of tests that share it, and the relative margin.

    Raises ValueError unless 0 < error < 1, tests >= 1 and margin > 0.
    """

    error: float
    tests: int
    margin: Fraction

    def __post_init__(self) -> None:
        if not (0 < self.error < 1 and self.tests >= 1 and self.margin > 0):
            raise ValueError(f"expected 0 < error < 1, tests >= 1 and margin > 0; got {self}")

    @property
    def error_per_test(self) -> float:
        """The share of one test (Bonferroni): no assumption on how tests depend on one another."""
        return self.error / self.tests


MARGIN = Fraction(1, 7)
CELLS_OF_TABLE_1 = 22
HALF_RISK = Design(0.049, CELLS_OF_TABLE_1, MARGIN)
FULL_RISK = Design(0.001, CELLS_OF_TABLE_1, MARGIN)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of one test; lengths have the degree of the mean.

    `low` and `high` enclose Δ = E[ours] − E[paper's] with the design's confidence. `error` is the smallest error rate
    of one test at which the same decision would be made (1 when undecided), `p_equal` that at which Δ = 0 would be
    rejected. At these deviations every |Δ| from `catches` on is called different, and every one up to `grants`
    reproduced, with probability 0.9 at least; `grants` is None where not even Δ = 0 is.
    """

    ours: float
    deviation: float
    runs: int
    low: float
    high: float
    margin: float
    decision: Decision
    error: float
    p_equal: float
    catches: float
    grants: float | None


POWER = 0.9


def compare(printed: Printed, values: Sequence[float], design: Design, shared_error: float = 0.0) -> Comparison:
    """Put our runs of a cell, one value per run, through the test of this module against the printed numbers.

    `shared_error` is a further standard error of the printed mean that more runs would not lower. Raises ValueError
    for fewer than two runs, or values that are not finite.
    """
    runs = np.asarray(values, dtype=float)
    if runs.ndim != 1 or len(runs) < 2 or not np.isfinite(runs).all():
        raise ValueError(f"expected the finite values of at least two runs; got {values!r}; train more runs")
    noise = Noise.of(printed, float(runs.std(ddof=1)), len(runs), shared_error)
    margin = float(design.margin) * abs(printed.centre)
    difference, half_width = float(runs.mean()) - printed.centre, noise.half_width(design.error_per_test)
    distance = margin - abs(difference)
    decision, slack = _decision(distance, half_width), margin - half_width - noise.reach
    return Comparison(
        ours=float(runs.mean()),
        deviation=float(runs.std(ddof=1)),
        runs=len(runs),
        low=difference - half_width,
        high=difference + half_width,
        margin=margin,
        decision=decision,
        error=1.0 if decision is Decision.UNDECIDED else noise.error_beyond(abs(distance)),
        p_equal=noise.error_beyond(abs(difference)),
        catches=margin + half_width + noise.reach,
        grants=slack if slack >= 0 else None,
    )


def _decision(distance: float, half_width: float) -> Decision:
    """Return the decision from how far inside the margin the difference lies (outside: negative)."""
    if distance > half_width:
        return Decision.REPRODUCED
    return Decision.DIFFERS if -distance > half_width else Decision.UNDECIDED


@dataclass(frozen=True, slots=True)
class Noise:
    """How uncertain a difference of two means is: its standard error, degrees of freedom, and the rounding."""

    standard_error: float
    freedom: int
    rounding: float

    @classmethod
    def of(cls, printed: Printed, deviation: float, runs: int, shared_error: float = 0.0) -> Noise:
        """Return the noise of (mean of our runs) − (printed mean), at the largest deviation that rounds to print."""
        variance = printed.deviations[1] ** 2 / printed.runs + deviation**2 / runs + shared_error**2
        return cls(float(np.sqrt(variance)), min(printed.runs, runs) - 1, printed.rounding)

    def half_width(self, error: float) -> float:
        """Return half the width of the interval that misses Δ with at most this probability."""
        return -float(special.stdtrit(self.freedom, error / 2)) * self.standard_error + self.rounding

    def error_beyond(self, distance: float) -> float:
        """Return the smallest error of an interval whose half-width is at most this distance: the inverse of it."""
        excess = distance - self.rounding
        return min(1.0, 2 * float(special.stdtr(self.freedom, -excess / self.standard_error)))

    @property
    def reach(self) -> float:
        """How far from Δ the difference of the means comes to lie with probability 1 − POWER at most."""
        return self.half_width(1 - POWER)


@dataclass(frozen=True, slots=True)
class SpreadRatio:
    """An interval for (the paper's deviation)/(ours), rounding included, and the error at which 1 leaves it."""

    low: float
    high: float
    p_equal: float


def spread_ratio(printed: Printed, deviation: float, runs: int, error: float) -> SpreadRatio:
    """Return the interval of the ratio of the true deviations over runs, by the exact F quantiles for normal values.

    `deviation` is ours over `runs` runs. For a deviation that is known exactly, such as the standard error of test
    tasks where nothing is trained, pass a large number of runs. Raises ValueError unless deviation > 0 and runs >= 2.
    """
    if not (deviation > 0 and runs >= 2):
        raise ValueError(f"expected a deviation > 0 over at least two runs; got {deviation!r}, {runs!r}")
    least, largest = (spread / deviation for spread in printed.deviations)
    freedom = printed.runs - 1, runs - 1
    tails = float(special.fdtr(*freedom, largest**2)), float(special.fdtrc(*freedom, least**2))
    low = least / np.sqrt(special.fdtri(*freedom, 1 - error / 2))
    high = largest / np.sqrt(special.fdtri(*freedom, error / 2))
    return SpreadRatio(float(low), float(high), min(1.0, 2 * min(tails)))
