"""Laws of the equivalence test: its errors and its power are the stated ones, and its design is what it says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from foanil.claims.table_1 import CELLS, Cell
from foanil.equivalence import (
    CELLS_OF_TABLE_1,
    FULL_RISK,
    HALF_RISK,
    MARGIN,
    POWER,
    Comparison,
    Decision,
    Design,
    Noise,
    Printed,
    compare,
    spread_ratio,
)

PRINTED = {cell.id: Printed(cell.mean, cell.deviation) for cell in CELLS}
TEST_TASKS = {20: 0.018, 30: 0.014}
"""The standard error of 1000 test tasks for one gradient step, by the number of rows: what a run's value varies by."""


def ours(centre: float, deviation: float, runs: int) -> np.ndarray:
    """Return values of exactly this mean and standard deviation."""
    raw = np.arange(runs) - (runs - 1) / 2
    return centre + deviation * raw / raw.std(ddof=1)


# The numbers that are printed ----------------------------------------------------------------------


def test_last_digits_are_read_from_the_text() -> None:
    """Half a unit of the last printed digit is the rounding, of the mean and of the deviation each."""
    printed = Printed("1.840", "0.03")
    assert (printed.centre, printed.rounding) == (1.84, 0.0005)
    assert printed.deviations == pytest.approx((0.025, 0.035))
    assert Printed("12", "0.0").rounding == 0.5
    assert Printed("12", "0.0").deviations == (0.0, 0.05)


@pytest.mark.parametrize(("mean", "deviation", "runs"), [("x", "1", 9), ("1", "-1", 9), ("nan", "1", 9), ("1", "1", 1)])
def test_unusable_prints_are_refused(mean: str, deviation: str, runs: int) -> None:
    """What is no number, no deviation, or no sample is refused."""
    with pytest.raises(ValueError, match="as printed"):
        Printed(mean, deviation, runs)


# Decisions by hand ---------------------------------------------------------------------------------


def test_interval_by_hand() -> None:
    """The interval is ±(t·√(s_p²/n_p + s_o²/n_o) + u): with 9 degrees of freedom t = 2.262157 at 5 %."""
    found = compare(Printed("2.0", "0.1", 10), ours(2.1, 0.3, 16), Design(0.05, 1, MARGIN))
    half = 2.262157163 * (0.15**2 / 10 + 0.3**2 / 16) ** 0.5 + 0.05
    assert (found.low, found.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-9)
    assert found.margin == pytest.approx(2 / 7)


@pytest.mark.parametrize(
    ("centre", "decision"),
    [
        (1.0, Decision.REPRODUCED),
        (1.1, Decision.UNDECIDED),
        (0.9, Decision.UNDECIDED),
        (1.2, Decision.DIFFERS),
        (0.8, Decision.DIFFERS),
        (2.0, Decision.DIFFERS),
    ],
)
def test_decision_follows_the_interval(centre: float, decision: Decision) -> None:
    """Inside the margin with the whole interval, outside with all of it, and neither when it straddles."""
    assert compare(Printed("1.00", "0.02"), ours(centre, 0.02, 10), HALF_RISK).decision is decision


def test_too_few_runs_decide_nothing() -> None:
    """Two runs have one degree of freedom: the interval is so wide that nothing near the margin is decided."""
    assert compare(Printed("1.00", "0.02"), ours(1.0, 0.02, 2), HALF_RISK).decision is Decision.UNDECIDED
    for values in ([1.0], [1.0, float("nan")], [[1.0], [2.0]]):
        with pytest.raises(ValueError, match="more runs"):
            compare(Printed("1.00", "0.02"), values, HALF_RISK)  # type: ignore[arg-type]


def test_error_of_a_decision_is_where_it_turns() -> None:
    """At an error a little larger than the stated one the decision stands, at a little smaller it becomes undecided."""
    for centre, decision in ((1.04, Decision.REPRODUCED), (1.25, Decision.DIFFERS)):
        values = ours(centre, 0.03, 10)
        error = compare(Printed("1.00", "0.02"), values, HALF_RISK).error
        for factor, expected in ((1.01, decision), (0.99, Decision.UNDECIDED)):
            found = compare(Printed("1.00", "0.02"), values, Design(error * factor, 1, MARGIN))
            assert found.decision is expected


def test_equality_is_rejected_where_zero_leaves_the_interval() -> None:
    """`p_equal` is the error at which the interval ends at Δ = 0; means that agree up to rounding give 1."""
    found = compare(Printed("1.00", "0.02"), ours(1.04, 0.03, 10), HALF_RISK)
    at_edge = compare(Printed("1.00", "0.02"), ours(1.04, 0.03, 10), Design(found.p_equal, 1, MARGIN))
    assert at_edge.low == pytest.approx(0, abs=1e-12)
    assert compare(Printed("1.00", "0.02"), ours(1.004, 0.03, 10), HALF_RISK).p_equal == 1.0


def test_shared_test_tasks_widen_the_interval() -> None:
    """Had all runs of the paper shared their test tasks, the standard error of these would never average out."""
    alone, shared = (compare(Printed("0.81", "0.01"), ours(0.81, 0.018, 10), HALF_RISK, extra) for extra in (0, 0.018))
    assert shared.high > alone.high + 0.03


# Errors and power, by simulation -------------------------------------------------------------------


def draw(random: np.random.Generator, delta: float, spreads: tuple[float, float], runs: int) -> tuple[Printed, list]:
    """Draw the paper's ten runs, printed with two decimals, and ours, with a difference delta of their means."""
    paper = 1 + spreads[0] * random.standard_normal(10)
    values = 1 + delta + spreads[1] * random.standard_normal(runs)
    return Printed(f"{paper.mean():.2f}", f"{paper.std(ddof=1):.2f}"), values.tolist()


def outcomes(delta: float, spreads: tuple[float, float], runs: int, design: Design, count: int) -> list[Comparison]:
    """Simulate `count` cells."""
    random = np.random.default_rng([round(1000 * abs(delta)), runs, round(1e4 * spreads[0]), round(1e4 * spreads[1])])
    return [compare(*draw(random, delta, spreads, runs), design) for _ in range(count)]


SCENES = [((0.03, 0.03), 10), ((0.03, 0.005), 10), ((0.005, 0.06), 7), ((0.06, 0.02), 25)]
ONE_TEST = Design(0.1, 1, MARGIN)
SIMULATED = 1000
ALLOWED = 0.1 + 4 * (0.1 * 0.9 / SIMULATED) ** 0.5
"""The stated error, plus four standard errors of a simulated frequency: a false alarm in 30 000."""


@pytest.mark.parametrize(("spreads", "runs"), SCENES)
@pytest.mark.parametrize("side", [-1, 1])
def test_wrong_decisions_are_as_rare_as_stated(spreads: tuple[float, float], runs: int, side: int) -> None:
    """At Δ = ± the margin itself, where both decisions are wrong, one is made with at most the stated error."""
    found = outcomes(side / 7, spreads, runs, ONE_TEST, SIMULATED)
    wrong = sum(comparison.decision is not Decision.UNDECIDED for comparison in found)
    assert wrong / SIMULATED <= ALLOWED
    # and the test is no formality: it does decide, wrongly, in a few of the cases
    assert wrong > 0


@pytest.mark.parametrize(("spreads", "runs"), SCENES)
def test_intervals_cover(spreads: tuple[float, float], runs: int) -> None:
    """The interval misses Δ in at most the stated part of the cases, with unequal deviations and rounded print."""
    found = outcomes(0.05, spreads, runs, ONE_TEST, SIMULATED)
    missed = sum(not comparison.low <= 0.05 <= comparison.high for comparison in found)
    assert missed / SIMULATED <= ALLOWED


def test_deviation_that_is_taken_too_small_is_noticed() -> None:
    """The simulation would show a wrong test: with an interval of 60 % of its width Δ is missed too often."""
    found = outcomes(0.05, (0.03, 0.03), 10, ONE_TEST, SIMULATED)
    middle = [(c.low + c.high) / 2 for c in found]
    missed = sum(abs(m - 0.05) > 0.6 * (c.high - c.low) / 2 for m, c in zip(middle, found, strict=True))
    assert missed / SIMULATED > ALLOWED


def test_family_of_a_table_is_rarely_wrong() -> None:
    """In simulated tables of 22 cells at their margins, some cell is decided wrongly in at most 0.049 of the tables."""
    random, tables = np.random.default_rng(22), 250
    wrong = 0
    for _ in range(tables):
        cells = (compare(*draw(random, 1 / 7, (0.03, 0.02), 10), HALF_RISK) for _ in range(CELLS_OF_TABLE_1))
        wrong += any(cell.decision is not Decision.UNDECIDED for cell in cells)
    assert wrong / tables <= 0.049 + 4 * (0.049 * 0.951 / tables) ** 0.5


def test_power_is_as_stated() -> None:
    """A difference as large as `catches` is caught, and one as small as `grants` granted, with probability 0.9."""
    spreads, allowed = (0.03, 0.02), POWER - 4 * (0.09 / SIMULATED) ** 0.5
    typical = compare(Printed("1.00", "0.03"), ours(1.0, 0.02, 10), ONE_TEST)
    assert typical.grants is not None
    caught = outcomes(typical.catches, spreads, 10, ONE_TEST, SIMULATED)
    granted = outcomes(typical.grants, spreads, 10, ONE_TEST, SIMULATED)
    assert sum(c.decision is Decision.DIFFERS for c in caught) / SIMULATED >= allowed
    assert sum(c.decision is Decision.REPRODUCED for c in granted) / SIMULATED >= allowed


# The design for Table 1 ----------------------------------------------------------------------------


def needed(printed: Printed, deviation: float) -> float:
    """Return the least relative margin with which Δ = 0 is called reproduced with probability 0.9, 10 runs of ours."""
    noise = Noise.of(printed, deviation, 10)
    return (noise.half_width(HALF_RISK.error_per_test) + noise.reach) / printed.centre


def test_margin_is_the_least_unit_fraction_with_power() -> None:
    """With no noise on our side an eighth would still leave a cell without power, and a seventh leaves none."""
    assert Fraction(1, 7) == MARGIN == HALF_RISK.margin == FULL_RISK.margin
    assert 1 / 8 < max(needed(printed, 0.0) for printed in PRINTED.values()) <= 1 / 7


def test_margin_keeps_the_order_of_the_methods() -> None:
    """Ridge cells that move by a seventh, in any directions, keep the order that the text draws conclusions from."""
    tiers = [("oracle",), ("infinite-tasks", "fo-anil", "fo-maml"), ("infinite-samples", "burer-monteiro")]
    tiers.append(("single-task",))
    for m_test in (20, 30):
        means = {cell.method: float(cell.mean) for cell in CELLS if (cell.adaptation, cell.m_test) == ("ridge", m_test)}
        for better, worse in itertools.pairwise(tiers):
            lost = max(means[name] for name in better) * 8 / 7
            assert lost < min(means[name] for name in worse) * 6 / 7


def test_budget_is_one() -> None:
    """The two readings of the risk share one family-wise error of 0.05 over the 22 cells."""
    assert len(CELLS) == CELLS_OF_TABLE_1 == HALF_RISK.tests == FULL_RISK.tests
    assert HALF_RISK.error + FULL_RISK.error == pytest.approx(0.05)
    assert pytest.approx(0.049 / 22) == HALF_RISK.error_per_test
    for wrong in ({"error": 0.0}, {"tests": 0}, {"margin": Fraction(0)}):
        with pytest.raises(ValueError, match="expected 0 < error"):
            replace(HALF_RISK, **wrong)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_the_other_reading_of_the_risk_is_told_apart(cell: Cell) -> None:
    """If the half risk equals a cell then the full risk differs from it, decidedly, on its small share of the error."""
    values = ours(float(cell.mean), TEST_TASKS[cell.m_test], 10)
    assert compare(PRINTED[cell.id], values, HALF_RISK).decision is Decision.REPRODUCED
    assert compare(PRINTED[cell.id], 2 * values, FULL_RISK).decision is Decision.DIFFERS
    assert compare(PRINTED[cell.id], values / 2, FULL_RISK).decision is Decision.DIFFERS


# Deviations ----------------------------------------------------------------------------------------


def test_spread_ratio_covers() -> None:
    """The interval for the ratio of the deviations misses it in at most the stated part of the cases."""
    random, missed = np.random.default_rng(3), 0
    for _ in range(SIMULATED):
        printed, values = draw(random, 0.0, (0.03, 0.02), 10)
        found = spread_ratio(printed, float(np.std(values, ddof=1)), 10, 0.1)
        missed += not found.low <= 1.5 <= found.high
    assert 0 < missed / SIMULATED <= ALLOWED


def test_spread_ratio_by_hand() -> None:
    """Against a known deviation the ratio is a chi-square one: 9 degrees of freedom, 2.700389 and 19.022768 at 5 %."""
    found = spread_ratio(Printed("0.73", "0.04"), 0.016, 10**9, 0.05)
    expected = 0.035 / 0.016 * (9 / 19.022768) ** 0.5, 0.045 / 0.016 * (9 / 2.700389) ** 0.5
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-5)
    assert found.p_equal < 1e-4
    assert spread_ratio(Printed("0.81", "0.01"), 0.014, 10, 0.05).p_equal > 0.05
    with pytest.raises(ValueError, match="deviation > 0"):
        spread_ratio(Printed("0.81", "0.01"), 0.0, 10, 0.05)


def test_rows_that_train_nothing_still_vary() -> None:
    """Single-task and oracle ridge have nothing to train: their printed deviations can only be those of test tasks."""
    untrained = [PRINTED[cell.id] for cell in CELLS if cell.method in ("single-task", "oracle")]
    assert len(untrained) == 4
    assert all(printed.deviations[0] > 0 for printed in untrained)
