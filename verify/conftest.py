"""The committed results of the experiments, each checked against what the code makes before any test may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from foanil.empirical.judgement import Observation, Relation, judged
from foanil.evidence import Method, Outcome
from foanil.experiments import results, table_1, training, variants
from foanil.experiments.configuration import PAPER, SMALL, Configuration
from foanil.experiments.results import Results, Risk
from foanil.experiments.training import Run, Trained
from foanil.pytest_plugin import Recorder

EXPERIMENTS = Path(__file__).parents[1] / "reports" / "experiments"
SAME = 1e-7
"""Relative agreement asked of numbers that are computed again; other processors add in another order."""

DISTANCE = training.COLUMNS.index("distance")
VALUES = slice(1, DISTANCE)
"""The places of the angle and of the squared singular values among `training.COLUMNS`."""

WHOLE = ("infinite-tasks", "infinite-samples")
FIRST_STEPS = 25
"""How much of the first run of each method is trained again: the whole of WHOLE, the first steps of the others."""


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the results of Table 1 after making the first run again: its cells, and its first steps."""
    found = results.read(EXPERIMENTS / "table_1")
    assert_same_configuration(found, PAPER)
    cells = table_1.baselines(PAPER, found.seed, 0)
    for method in training.METHODS:
        network = found.networks[method, 0]
        cells += table_1.evaluate(PAPER, found.seed, 0, method, network)
        run = Run(PAPER, found.seed, method, 0)
        assert_same_series(again(run, method in WHOLE, tmp_path_factory.mktemp(method)), network)
    assert_same_cells(cells, found.risks)
    return found


@pytest.fixture(scope="session")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the results of the variants after making the first steps of each first run again, and one whole run."""
    found = results.read(EXPERIMENTS / "variants")
    assert_same_configuration(found, SMALL)
    for variant in variants.EVERYTHING:
        assert found.changes[variant.name] == plain({"method": variant.method, **variant.changes})
        run = Run(variant.configuration, found.seed, variant.method, 0)
        whole = variant.method in WHOLE or variant.name == "width-5"
        assert_same_series(again(run, whole, tmp_path_factory.mktemp(variant.name)), found.networks[variant.name, 0])
    return found


def again(run: Run, whole: bool, folder: Path) -> Trained:
    """Train a run again, or its first steps."""
    return training.train(run, folder, lambda t: whole or t < FIRST_STEPS)


def plain(fields: dict[str, object]) -> dict[str, object]:
    """Return fields as JSON keeps them: a tuple is a list."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def assert_same_configuration(found: Results, configuration: Configuration) -> None:
    """Raise AssertionError unless the results are those of the configuration in the code."""
    assert dict(found.configuration) == plain(asdict(configuration))


def assert_same_series(remade: Trained, committed: Trained) -> None:
    """Raise AssertionError unless the observations of the steps made again are the committed ones."""
    rows = len(remade.series)
    assert rows > 1
    expected = committed.series[:rows].copy()
    # The singular values of every start are equal: until B moves, rounding chooses which directions lead.
    resting = (expected[:, VALUES] == expected[0, VALUES]).all(axis=1)
    assert resting.sum() <= 2
    expected[resting, DISTANCE] = remade.series[resting, DISTANCE]
    # The sine of an angle, from its cosine, keeps half of the digits near 0.
    np.testing.assert_allclose(remade.series, expected, rtol=SAME, atol=1e-7)
    if remade.t == committed.t:
        np.testing.assert_allclose(remade.B, committed.B, rtol=SAME, atol=1e-9)


def assert_same_cells(remade: list[Risk], committed: tuple[Risk, ...]) -> None:
    """Raise AssertionError unless every cell made again is the committed one."""
    known = {(risk.id, risk.run): risk.half for risk in committed}
    assert {(risk.id, risk.run): risk.half for risk in remade} == pytest.approx(
        {(risk.id, risk.run): known[risk.id, risk.run] for risk in remade}, rel=SAME
    )


@pytest.fixture
def observed(evidence: Recorder) -> Callable[..., None]:
    """Return how to record what runs say of an observation; the test fails unless every part of it is shown.

    With `disagrees`, the finding that a part is not, it fails as soon as every part is: the finding is out of date.
    """

    def record(observation: Observation, scope: str, finding: str = "", disagrees: bool = False) -> None:
        held = [measured.part for measured in observation.parts if measured.p_against <= observation.error]
        opposite = [replace(part, relation=OPPOSITE[part.relation]) for part in held]
        killed = [judged(observation.claim, part).outcome is not Outcome.HELD for part in opposite]
        evidence.record(
            claim=observation.claim,
            method=Method.MONTE_CARLO,
            outcome=observation.outcome,
            scope=f"{scope}; wrong with probability at most {observation.error:.3g}",
            shown="\n".join(measured.shown() for measured in observation.parts),
            finding=finding,
            mutants=(sum(killed), len(killed)),
        )
        assert (observation.outcome is Outcome.HELD) is not disagrees, shown(observation)
        assert all(killed)

    return record


def shown(observation: Observation) -> str:
    """Return every part as a line, the decisive numbers in it."""
    lines = (f"{part.shown()} (p = {part.p_against:.2g})" for part in observation.parts)
    return "\n".join([f"{observation.claim}: {observation.outcome.value}", *lines])


OPPOSITE = {Relation.ABOVE: Relation.BELOW, Relation.BELOW: Relation.ABOVE}
"""The falsehoods shown to an observation: each part that it shows, the other way round."""
