"""Laws of the observations: errors are the stated ones, every claim has its test, and every part of it can fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from foanil.claims import REGISTRY
from foanil.empirical import curves, networks, risks
from foanil.empirical.judgement import (
    CLAIMS,
    ERROR,
    TWO_READINGS,
    Observation,
    above,
    below,
    budget,
    judged,
    measured,
)
from foanil.empirical.risks import CellKey, Variant
from foanil.empirical.series import Series, from_rows, pairs
from foanil.evidence import Outcome

CLAIM = "sec-5-finite-slower"
ALPHA, LIMIT, RATE, T = 0.025, (16.0, 30.0), 6e-6, 25_000.0
STEPS = np.concatenate([[0.0], np.geomspace(1, T, 80)])
RUNS = range(6)


# Judging -------------------------------------------------------------------------------------------


def test_parts_by_hand() -> None:
    """A part's p-value is Student's: the mean of 1, 2, 3, 4 is 2.5 with a standard error of 0.6454972."""
    found = measured(above("x", [1, 2, 3, 4], 0.0))
    assert (found.mean, found.standard_error) == pytest.approx((2.5, 0.6454972))
    # P(t₃ > 2.5/0.6454972) = P(t₃ > 3.8729833)
    assert found.p_against == pytest.approx(0.0152331, abs=1e-6)
    assert measured(below("x", [1, 2, 3, 4], 0.0)).p_against == pytest.approx(1 - 0.0152331, abs=1e-6)


def test_runs_that_agree_are_taken_at_their_word() -> None:
    """Without any spread the mean decides, and equality is neither above nor below."""
    for part, p in ((above("x", [2, 2], 1), 0.0), (above("x", [2, 2], 2), 1.0), (below("x", [2, 2], 2), 1.0)):
        assert measured(part).p_against == p


@pytest.mark.parametrize("values", [[], [3.0], [1.0, float("nan")], [1.0, float("inf")]])
def test_unknown_is_no_pass(values: list[float]) -> None:
    """Fewer than two runs, or a statistic that is not finite, leave a claim undecided both ways."""
    for part in (above("x", values, 0.0), below("x", values, 0.0)):
        assert judged(CLAIM, part).outcome is Outcome.INCONCLUSIVE


def test_every_part_must_be_shown() -> None:
    """One part that is refuted fails the claim, one that is unclear leaves it open, however clear the others are."""
    clear, refuted = above("x", [5, 5.1, 4.9, 5], 0), above("x", [-5, -5.1, -4.9, -5], 0)
    unclear = above("x", [-1, 1, 2, -1], 0)
    assert judged(CLAIM, clear, clear).outcome is Outcome.HELD
    assert judged(CLAIM, clear, refuted).outcome is Outcome.FAILED
    assert judged(CLAIM, clear, unclear).outcome is Outcome.INCONCLUSIVE
    with pytest.raises(ValueError, match="nothing to judge"):
        judged(CLAIM)


@pytest.mark.parametrize("wrong", [Outcome.HELD, Outcome.FAILED])
def test_errors_are_at_most_the_stated_ones(wrong: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the truth at a threshold nothing may be held nor failed, and either happens no more often than stated."""
    monkeypatch.setattr("foanil.empirical.judgement.budget", lambda claim: 0.1)
    random, tries = np.random.default_rng(7), 3000
    far = above("clear", [9.0, 9.1, 8.9], 0)
    samples = random.standard_normal((tries, 2, 5))
    # one part exactly at its threshold; two of them where the opposite is at stake, since opposites share the error
    held = wrong is Outcome.HELD
    parts = [[far, above("x", x[0], 0)] if held else [above("x", row, 0) for row in x] for x in samples]
    frequency = sum(judged(CLAIM, *both).outcome is wrong for both in parts) / tries
    assert 0 < frequency <= 0.1 + 4 * (0.1 * 0.9 / tries) ** 0.5


def test_budget_is_split_over_all_claims() -> None:
    """The shares add up to the whole error, every claim is of the registry, and no other gets a share."""
    assert sum(budget(claim) * (1 + (claim in TWO_READINGS)) for claim in CLAIMS) == pytest.approx(ERROR)
    assert len(set(CLAIMS)) == len(CLAIMS)
    assert [claim for claim in CLAIMS if claim not in REGISTRY] == []
    with pytest.raises(ValueError, match="no share"):
        budget("eq-7")


# Synthetic runs ------------------------------------------------------------------------------------


def series(run: int, method: str = "x", **changed: Any) -> Series:
    """Return a run like those with infinitely many tasks: learned by T/8, unlearned as 1/t; curves may be replaced."""
    wiggle = 1 + 1e-4 * np.sin(run + 1)
    learned = 1 - 0.4 * np.exp(-STEPS / 1500)
    complement = wiggle / (1 / 10 + 2 * RATE * STEPS)
    usual = {
        "smallest_shared": wiggle * LIMIT[0] * learned,
        "largest_shared": wiggle * LIMIT[1] * learned,
        "average_complement": complement,
        "largest_complement": complement,
    }
    return Series(method, run, STEPS, **{**usual, **{name: wiggle * curve for name, curve in changed.items()}})


def repeated(**changed: Any) -> list[Series]:
    """Return such runs, all with these curves."""
    return [series(run, **changed) for run in RUNS]


FLAT = np.full_like(STEPS, 10.0)
SLOW = 10 / (1 + 0.03 * STEPS / 1000) ** 0.5
FINITE = 1 / (1 / 10 + 1.8 * RATE * STEPS)
RISEN = 0.03 * (1 + 20 * STEPS / (STEPS + 200))
CROSSING = 10 * np.exp(-STEPS / 15_000)
EXTREME = np.array([7.0, 6.0, *[1.0] * 10])
SAMPLES = {
    "smallest_shared": 39 * (1 - 0.7 * np.exp(-STEPS / 2000)),
    "average_complement": FLAT,
    "largest_complement": FLAT,
}
FACTORISED = {
    "smallest_shared": 40 * RISEN,
    "largest_shared": 60 * RISEN,
    "average_complement": RISEN,
    "largest_complement": RISEN,
}
RELU = {"largest_shared": 10 + STEPS / 500, "average_complement": FLAT, "largest_complement": FLAT}
FEW = {"average_complement": FINITE, "largest_complement": SLOW}


def by_tasks(power: float, floor: float = 0.0) -> dict[int, list[Series]]:
    """Return runs for growing N whose largest complement value keeps an excess floor + N^power over N = ∞."""
    excess = {N: 10 * (floor + N**power) * STEPS / T for N in (100, 400, 1600)}
    return {N: repeated(largest_complement=repeated()[0].largest_complement + x) for N, x in excess.items()}


def small_start(rise: float) -> list[Series]:
    """Return runs that start at 0.01 and rise to a multiple of it."""
    return repeated(largest_complement=0.01 * (1 + (rise - 1) * STEPS / T))


CURVES: Mapping[str, tuple[Callable[[], Observation], tuple[Callable[[], Observation], ...]]] = {
    "sec-5-exact-convergence": (
        lambda: curves.exact_convergence(repeated(), LIMIT),
        (
            lambda: curves.exact_convergence(repeated(), (17.0, 30.0)),
            lambda: curves.exact_convergence(repeated(), (16.0, 31.0)),
            lambda: curves.exact_convergence(
                repeated(smallest_shared=16.1 + 0 * STEPS, largest_shared=30.0 + 0 * STEPS), LIMIT
            ),
        ),
    ),
    "sec-5-subspace-quick": (
        lambda: curves.subspace_quick(repeated(), LIMIT),
        (
            lambda: curves.subspace_quick(repeated(), (20.0, 30.0)),
            lambda: curves.subspace_quick(repeated(average_complement=10 * np.exp(-STEPS / 1000)), LIMIT),
            lambda: curves.subspace_quick(repeated(average_complement=10 * np.exp(-STEPS / 4000)), LIMIT),
        ),
    ),
    "sec-5-rate-appendix-h": (
        lambda: curves.rate_of_appendix_h(repeated(), RATE),
        (
            lambda: curves.rate_of_appendix_h(repeated(largest_complement=FLAT), RATE),
            lambda: curves.rate_of_appendix_h(repeated(largest_complement=SLOW), RATE),
            lambda: curves.rate_of_appendix_h(repeated(largest_complement=10 * np.exp(-STEPS / 3000)), RATE),
        ),
    ),
    "sec-5-many-iterations": (
        lambda: curves.many_iterations(repeated(), RATE),
        (
            lambda: curves.many_iterations(repeated(), 2 * RATE),
            lambda: curves.many_iterations(repeated(), RATE / 2),
            lambda: curves.many_iterations(repeated(average_complement=1 / (0.1 + 2e-4 * STEPS)), 1e-4),
        ),
    ),
    "app-a-finite-horizon-residual": (
        lambda: curves.finite_horizon_residual(repeated()),
        (
            lambda: curves.finite_horizon_residual(repeated(average_complement=10 * np.exp(-STEPS / 3000))),
            lambda: curves.finite_horizon_residual(repeated(average_complement=FLAT)),
        ),
    ),
    "sec-5-maml-coincides": (
        lambda: curves.maml_coincides(repeated(), repeated(), {"cell": [1.01, 0.99, 1.0, 1.0, 1.02, 1.0]}),
        (
            lambda: curves.maml_coincides(repeated(), repeated(largest_complement=SLOW), {}),
            lambda: curves.maml_coincides(repeated(), repeated(), {"cell": [1.1, 1.09, 1.1, 1.1, 1.1, 1.1]}),
            lambda: curves.maml_coincides(repeated(), repeated(), {"cell": [0.9, 0.91, 0.9, 0.9, 0.9, 0.9]}),
        ),
    ),
    "sec-5-finite-slower": (
        lambda: curves.finite_slower(repeated(average_complement=FINITE), repeated()),
        (
            lambda: curves.finite_slower(repeated(), repeated(average_complement=FINITE)),
            lambda: curves.finite_slower(repeated(average_complement=CROSSING), repeated()),
        ),
    ),
    "sec-5-average-comparable": (
        lambda: curves.average_comparable(repeated(average_complement=FINITE), repeated()),
        (
            lambda: curves.average_comparable(repeated(average_complement=SLOW), repeated()),
            lambda: curves.average_comparable(repeated(), repeated(average_complement=SLOW)),
        ),
    ),
    "sec-5-few-directions": (
        lambda: curves.few_directions(repeated(**FEW), [EXTREME] * 6),
        (
            lambda: curves.few_directions(repeated(), [EXTREME] * 6),
            lambda: curves.few_directions(repeated(**FEW), [np.array([9.0, 9, 9, *[0.1] * 9])] * 6),
            lambda: curves.few_directions(
                repeated(average_complement=FINITE, largest_complement=3 * FINITE), [EXTREME] * 6
            ),
        ),
    ),
    "sec-4-finite-tasks": (
        lambda: curves.finite_tasks(repeated(), LIMIT, [1e-3] * 6),
        (
            lambda: curves.finite_tasks(repeated(average_complement=SLOW), LIMIT, [1e-3] * 6),
            lambda: curves.finite_tasks(repeated(), (20.0, 30.0), [1e-3] * 6),
            lambda: curves.finite_tasks(repeated(), LIMIT, [0.02] * 6),
        ),
    ),
    "app-a-finite-tasks-residual": (
        lambda: curves.finite_tasks_residual(by_tasks(-0.5), repeated()),
        (
            lambda: curves.finite_tasks_residual(by_tasks(-0.5, floor=0.3), repeated()),
            lambda: curves.finite_tasks_residual(by_tasks(0.1), repeated()),
            lambda: curves.finite_tasks_residual(by_tasks(-0.5, floor=-0.15), repeated()),
        ),
    ),
    "app-a-small-init-rise": (
        lambda: curves.small_init_rise(small_start(80), repeated(), small_start(0.5)),
        (
            lambda: curves.small_init_rise(small_start(1.5), repeated(), small_start(0.5)),
            lambda: curves.small_init_rise(small_start(800), repeated(), small_start(0.5)),
            lambda: curves.small_init_rise(small_start(80), repeated(), small_start(3)),
        ),
    ),
    "sec-5-complement-constant": (
        lambda: curves.complement_constant(repeated(**SAMPLES), ALPHA),
        (
            lambda: curves.complement_constant(repeated(**{**SAMPLES, "average_complement": SLOW}), ALPHA),
            lambda: curves.complement_constant(repeated(**{**SAMPLES, "largest_complement": SLOW}), ALPHA),
            lambda: curves.complement_constant(repeated(**{**SAMPLES, "smallest_shared": FLAT}), ALPHA),
        ),
    ),
    "new-relu-networks": (
        lambda: curves.relu_networks({"two": repeated(**RELU), "three": repeated(**RELU)}),
        (
            lambda: curves.relu_networks(
                {"two": repeated(**RELU), "three": repeated(**{**RELU, "largest_shared": FLAT})}
            ),
            lambda: curves.relu_networks({"two": repeated(**{**RELU, "largest_complement": RELU["largest_shared"]})}),
        ),
    ),
    "sec-5-bm-complement-rises": (
        lambda: curves.bm_complement_rises(repeated(**FACTORISED)),
        (
            lambda: curves.bm_complement_rises(repeated(**{**FACTORISED, "average_complement": FLAT})),
            lambda: curves.bm_complement_rises(repeated(**{**FACTORISED, "largest_complement": FLAT})),
            lambda: curves.bm_complement_rises(
                repeated(**{**FACTORISED, "largest_complement": RISEN * np.exp(-STEPS / 5000)})
            ),
        ),
    ),
    "sec-5-subspace-dominates": (
        lambda: curves.subspace_dominates(repeated(**FACTORISED), repeated(**SAMPLES)),
        (
            lambda: curves.subspace_dominates(repeated(**{**FACTORISED, "largest_complement": 50 * RISEN}), repeated()),
            lambda: curves.subspace_dominates(repeated(), repeated(**{**SAMPLES, "largest_complement": 5 * FLAT})),
        ),
    ),
}
"""Claim → its observation on runs that show it, and on runs that show the opposite of one part each."""

# Synthetic risks -----------------------------------------------------------------------------------

TABLE = {
    ("single-task", "ridge"): (1.84, 1.63),
    ("oracle", "ridge"): (0.50, 0.34),
    ("burer-monteiro", "ridge"): (1.23, 1.03),
    ("fo-anil", "1gd"): (0.81, 0.64),
    ("fo-anil", "ridge"): (0.73, 0.57),
    ("fo-maml", "1gd"): (0.81, 0.63),
    ("fo-maml", "ridge"): (0.73, 0.58),
    ("infinite-tasks", "1gd"): (0.77, 0.60),
    ("infinite-tasks", "ridge"): (0.67, 0.52),
    ("infinite-samples", "1gd"): (1.78, 1.19),
    ("infinite-samples", "ridge"): (1.04, 0.84),
}
"""The means that the paper prints, for 20 and 30 rows; least squares is made up, half as much again as ridge."""


def recorded(**factors: float) -> dict[CellKey, list[float]]:
    """Return risks around the table's, a run's luck being the same in all cells; a method's may be multiplied."""
    found = {}
    for (method, how), means in TABLE.items():
        for m, mean in zip(risks.ROWS, means, strict=True):
            scale = factors.get(method.replace("-", "_"), 1.0) * mean
            luck = [1 + 0.01 * np.sin(3 * run + 1) + 1e-4 * np.sin(len(method) + run) for run in RUNS]
            found[CellKey(method, how, m)] = [scale * x for x in luck]
            if how == "ridge":
                found[CellKey(method, "least-squares", m)] = [1.5 * scale * x for x in luck]
    return found


def scaled(factor: float, **factors: float) -> dict[CellKey, list[float]]:
    """Return such risks, all multiplied by a factor."""
    return {cell: [factor * value for value in values] for cell, values in recorded(**factors).items()}


def nearly(cell: CellKey, factor: float) -> dict[CellKey, list[float]]:
    """Return such risks with one cell multiplied by a factor."""
    return {key: [factor * v if key == cell else v for v in values] for key, values in recorded().items()}


def variant(method: str = "fo-anil", **changed: Any) -> Variant:
    """Return a variant that succeeds; its risks or curves may be replaced."""
    return replace(Variant("mean 4", method, recorded(), repeated()), **changed)


SMALL_CURVES, LARGE_CURVES = repeated(**FACTORISED), repeated(**{**FACTORISED, "largest_complement": 30 * RISEN})
FAR = {"mean 4": [0.7, 0.71, 0.7, 0.69, 0.7, 0.7]}
NEAR = {"mean 4": [0.02, 0.021, 0.02, 0.019, 0.02, 0.02]}

RISKS: Mapping[str, tuple[Callable[[], Observation], tuple[Callable[[], Observation], ...]]] = {
    "sec-5-ridge-helps": (
        lambda: risks.ridge_helps(recorded()),
        (
            lambda: risks.ridge_helps(nearly(CellKey("oracle", "least-squares", 30), 0.7)),
            lambda: risks.ridge_helps(nearly(CellKey("fo-anil", "ridge", 20), 1.4)),
        ),
    ),
    "sec-5-oracle-gap": (
        lambda: risks.oracle_gap(recorded()),
        (
            lambda: risks.oracle_gap(recorded(fo_anil=1.5)),
            lambda: risks.oracle_gap(recorded(infinite_tasks=0.6)),
            lambda: risks.oracle_gap(nearly(CellKey("fo-maml", "1gd", 30), 1.6)),
        ),
    ),
    "sec-5-complement-hurts": (
        lambda: risks.complement_hurts(recorded(), scaled(0.6)),
        (
            lambda: risks.complement_hurts(recorded(), scaled(0.95)),
            lambda: risks.complement_hurts(recorded(burer_monteiro=0.6), scaled(0.5)),
            lambda: risks.complement_hurts(recorded(infinite_samples=0.7), scaled(0.5)),
        ),
    ),
    "sec-5-both-beat-single-task": (
        lambda: risks.both_beat_single_task(recorded()),
        (
            lambda: risks.both_beat_single_task(recorded(burer_monteiro=1.6)),
            lambda: risks.both_beat_single_task(nearly(CellKey("infinite-samples", "1gd", 20), 1.2)),
            lambda: risks.both_beat_single_task(nearly(CellKey("infinite-samples", "ridge", 30), 2.0)),
        ),
    ),
    "sec-4-bm-beats-single-task": (
        lambda: risks.bm_beats_single_task(recorded()),
        (
            lambda: risks.bm_beats_single_task(recorded(burer_monteiro=0.5)),
            lambda: risks.bm_beats_single_task(recorded(burer_monteiro=1.4)),
        ),
    ),
    "sec-5-extremes-negligible": (
        lambda: risks.extremes_negligible(recorded(), scaled(0.98)),
        (
            lambda: risks.extremes_negligible(recorded(), scaled(0.9)),
            lambda: risks.extremes_negligible(recorded(), scaled(1.1)),
        ),
    ),
    "app-a-residuals-harmless": (
        lambda: risks.residuals_harmless(recorded()),
        (
            lambda: risks.residuals_harmless(recorded(infinite_tasks=0.7)),
            lambda: risks.residuals_harmless(nearly(CellKey("fo-anil", "1gd", 30), 1.3)),
        ),
    ),
    "app-a-residuals-harmless, removed": (
        lambda: risks.residuals_removed(recorded(), scaled(0.95)),
        (
            lambda: risks.residuals_removed(recorded(), scaled(0.7)),
            lambda: risks.residuals_removed(nearly(CellKey("fo-anil", "ridge", 30), 1.5), recorded()),
        ),
    ),
    "sec-4-bm-implicit-bias": (
        lambda: risks.bm_implicit_bias(recorded(), scaled(1.5), SMALL_CURVES, LARGE_CURVES),
        (
            lambda: risks.bm_implicit_bias(recorded(), scaled(1.05), SMALL_CURVES, LARGE_CURVES),
            lambda: risks.bm_implicit_bias(recorded(), scaled(1.5), LARGE_CURVES, SMALL_CURVES),
        ),
    ),
    "app-i-nonzero-mean": (
        lambda: risks.nonzero_mean([variant(), variant("fo-maml")], NEAR),
        (
            lambda: risks.nonzero_mean([variant()], FAR),
            lambda: risks.nonzero_mean([variant(), variant("fo-maml", curves=repeated(average_complement=FLAT))], NEAR),
            lambda: risks.nonzero_mean([variant(risks=recorded(single_task=0.4))], NEAR),
        ),
    ),
    "sec-6-general-setups": (
        lambda: risks.general_setups([variant(), variant("fo-maml")]),
        (
            lambda: risks.general_setups([variant(), variant(risks=recorded(single_task=0.4))]),
            lambda: risks.general_setups([variant(curves=repeated(average_complement=SLOW))]),
        ),
    ),
}
"""The same for risks."""

OBSERVATIONS = {**CURVES, **RISKS}
FAILURES = [(claim, number) for claim, (_, wrong) in OBSERVATIONS.items() for number in range(len(wrong))]


@pytest.mark.parametrize("claim", OBSERVATIONS)
def test_observation_holds_where_it_should(claim: str) -> None:
    """Runs that show what the claim says make it held, under its own id and share of the error."""
    found = OBSERVATIONS[claim][0]()
    assert found.claim == claim.split(",")[0]
    assert found.error == budget(found.claim)
    assert found.outcome is Outcome.HELD, [part.shown() for part in found.parts]


@pytest.mark.parametrize(("claim", "number"), FAILURES)
def test_observation_fails_where_it_should(claim: str, number: int) -> None:
    """Runs that show the opposite of one of its parts make it fail."""
    found = OBSERVATIONS[claim][1][number]()
    assert found.outcome is Outcome.FAILED, [part.shown() for part in found.parts]


@pytest.mark.parametrize("claim", OBSERVATIONS)
def test_every_part_is_shown_to_fail(claim: str) -> None:
    """For each kind of part of an observation, some runs of the tests above refute it: no part is there for show."""
    kinds = {_kind(part.part.says, part.part.relation) for part in OBSERVATIONS[claim][0]().parts}
    refuted = {
        _kind(part.part.says, part.part.relation)
        for wrong in OBSERVATIONS[claim][1]
        for part in wrong().parts
        if 1 - part.p_against < 1e-3
    }
    assert kinds - refuted == set()


def _kind(says: str, relation: object) -> tuple[str, object]:
    """Return what a part says without the cell, the fifth or the method that it says it of."""
    return says.split(",")[0].split(" at ")[0].split(":")[-1].split(" over ")[0][:12].rstrip("0123456789"), relation


def test_every_claim_has_its_observation() -> None:
    """Claims with a share of the error, observations that are tested, and public observations are the same."""
    assert {claim.split(",")[0] for claim in OBSERVATIONS} == set(CLAIMS)
    public = [
        function
        for module in (curves, risks)
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and inspect.signature(function).return_annotation == "Observation"
    ]
    assert len(public) == len(OBSERVATIONS) == len(CLAIMS) + len(TWO_READINGS)
    assert {str(function.__doc__).split(":")[0] for function in public} == set(CLAIMS)


def times(unit: float, runs: Sequence[Series]) -> list[Series]:
    """Return the same runs with squared singular values in another unit."""
    return [Series(s.method, s.run, s.t, *(unit * getattr(s, curve) for curve in curves.CURVES)) for s in runs]


IN_UNITS: tuple[Callable[[float], Observation], ...] = (
    lambda u: curves.exact_convergence(times(u, repeated()), (u * LIMIT[0], u * LIMIT[1])),
    lambda u: curves.subspace_quick(times(u, repeated()), (u * LIMIT[0], u * LIMIT[1])),
    lambda u: curves.rate_of_appendix_h(times(u, repeated()), RATE / u),
    lambda u: curves.many_iterations(times(u, repeated()), RATE / u),
    lambda u: curves.finite_horizon_residual(times(u, repeated())),
    lambda u: curves.maml_coincides(times(u, repeated()), times(u, repeated(**FEW)), {}),
    lambda u: curves.finite_slower(times(u, repeated(**FEW)), times(u, repeated())),
    lambda u: curves.average_comparable(times(u, repeated(**FEW)), times(u, repeated())),
    lambda u: curves.few_directions(times(u, repeated(**FEW)), [u * EXTREME] * 6),
    lambda u: curves.finite_tasks(times(u, repeated()), (u * LIMIT[0], u * LIMIT[1]), [1e-3] * 6),
    lambda u: curves.finite_tasks_residual({N: times(u, x) for N, x in by_tasks(-0.5).items()}, times(u, repeated())),
    lambda u: curves.small_init_rise(times(u, small_start(80)), times(u, repeated()), times(u, small_start(0.5))),
    lambda u: curves.complement_constant(times(u, repeated(**SAMPLES)), ALPHA / u),
    lambda u: curves.bm_complement_rises(times(u, repeated(**FACTORISED))),
    lambda u: curves.relu_networks({"two": times(u, repeated(**RELU))}),
    lambda u: curves.subspace_dominates(times(u, repeated(**FACTORISED)), times(u, repeated(**SAMPLES))),
)


@pytest.mark.parametrize("observe", IN_UNITS)
def test_observations_do_not_depend_on_the_unit(observe: Callable[[float], Observation]) -> None:
    """Statistics are ratios: with B → √u B, limits u-fold, and the rate and α over u, none of them changes."""
    for one, other in zip(observe(1.0).parts, observe(9.0).parts, strict=True):
        assert one.mean == pytest.approx(other.mean, rel=1e-9, abs=1e-12)


def test_units_are_tried_for_every_observation_of_curves() -> None:
    """The list above leaves none out."""
    assert {observe(1.0).claim for observe in IN_UNITS} == set(CURVES)


# Records -------------------------------------------------------------------------------------------


def test_rows_become_series() -> None:
    """Rows of (step, four curves, anything) become a series; values between steps are interpolated."""
    found = from_rows("fo-anil", 3, np.array([[0, 1, 2, 3, 4, 9.9], [10, 5, 6, 7, 8, 9.9]]))
    assert (found.run, found.end, found.at("largest_shared", 5), found.fraction("average_complement", 10)) == (
        3,
        10,
        4,
        pytest.approx(7 / 3),
    )


@pytest.mark.parametrize(
    "rows", [[[0, 1, 1, 1, 1]], [[1, 1, 1, 1, 1], [2, 1, 1, 1, 1]], [[0, 1, 1, 1, 1], [2, 1, 1, float("nan"), 1]]]
)
def test_broken_series_are_refused(rows: Sequence[Sequence[float]]) -> None:
    """A single row, a start that is not 0, and numbers that are not finite are refused."""
    with pytest.raises(ValueError, match="record the run again"):
        from_rows("x", 0, np.array(rows))


def test_runs_are_paired_by_number() -> None:
    """Pairs have equal run numbers, whatever the order; a missing one is an error."""
    assert [(a.run, b.run) for a, b in pairs([series(2), series(1)], [series(1), series(2)])] == [(2, 2), (1, 1)]
    with pytest.raises(ValueError, match="same run numbers"):
        pairs([series(1)], [series(2)])


def test_cells_are_complete() -> None:
    """Risks come by cell in the order of the runs; a cell without one of the runs is an error."""
    one, two = CellKey("a", "1gd", 20), CellKey("b", "1gd", 20)
    assert risks.by_cell([(one, 1, 0.1), (one, 0, 0.2)]) == {one: [0.2, 0.1]}
    with pytest.raises(ValueError, match="b 1gd 20"):
        risks.by_cell([(one, 1, 0.1), (one, 0, 0.2), (two, 0, 0.3)])


# Networks ------------------------------------------------------------------------------------------


def test_parts_are_taken_out_of_a_network() -> None:
    """Without the complement the shared part stays and nothing else; without extremes only these directions go."""
    random = np.random.default_rng(4)
    Q = np.linalg.qr(random.standard_normal((7, 7)))[0]
    B_star, outside = Q[:, :2], Q[:, 2:]
    V = np.linalg.qr(random.standard_normal((6, 6)))[0]
    values = np.array([9.0, 1.5, 1.0, 0.5, 0.5])
    B = B_star @ random.standard_normal((2, 6)) + outside @ np.diag(values**0.5) @ V[:5]
    np.testing.assert_allclose(networks.complement_values(B, B_star), values)
    alone = networks.without_complement(B, B_star)
    np.testing.assert_allclose(B_star.T @ alone, B_star.T @ B)
    np.testing.assert_allclose(outside.T @ alone, 0, atol=1e-12)
    trimmed = networks.without_extremes(B, B_star)
    # the average is 2.5, so that only the value 9 is extreme
    np.testing.assert_allclose(networks.complement_values(trimmed, B_star), [1.5, 1, 0.5, 0.5, 0], atol=1e-12)
    np.testing.assert_allclose(B_star.T @ trimmed, B_star.T @ B)
    narrow = networks.complement_values(B[:, :3], B_star)
    assert narrow.shape == (5,)
    np.testing.assert_array_equal(narrow[3:], 0)


def test_offset_error_is_relative() -> None:
    """‖Bw − B⋆μ⋆‖/‖μ⋆‖ is 0 at the mean and 1 at the zero function."""
    B_star, mean = np.eye(4, 2), np.array([3.0, 4.0])
    assert risks.offset_error(np.eye(4), np.array([3.0, 4, 0, 0]), B_star, mean) == 0
    assert risks.offset_error(np.eye(4), np.zeros(4), B_star, mean) == 1
