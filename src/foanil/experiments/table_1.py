"""The cells of Table 1 from trained networks: 1000 new tasks per run, adapted by one step and by tuned ridge.

All methods of a run are judged on the same new tasks, so that their differences are paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from foanil.adaptation import (
    RIDGE_GRID,
    NewTasks,
    expected_half_risk,
    half_risks,
    one_step,
    ridge,
    standard_error,
    tuned,
)
from foanil.empirical.networks import without_complement, without_extremes
from foanil.experiments import results
from foanil.experiments.checkpoints import require_writable
from foanil.experiments.configuration import Configuration
from foanil.experiments.results import Risk
from foanil.experiments.runs import Advance, planned, train_all
from foanil.experiments.training import COLUMNS, METHODS, Run, Trained
from foanil.simulation.tasks import Floats, parameters, sample

BASELINES = ("single-task", "oracle")
"""Ridge in R^d and in the true representation: nothing is trained."""

WITHOUT_COMPLEMENT, WITHOUT_EXTREMES = "-without-complement", "-without-extremes"
"""What is appended to a method's name when a part of its network is taken out."""


def new_tasks(c: Configuration, seed: int, number: int, m_test: int) -> NewTasks:
    """Draw the test tasks of a run (10), the same for every method."""
    random = Run(c, seed, "test", number).random("test", m_test)
    theta_star = parameters(c.world, c.test_tasks, random)
    return NewTasks(*sample(theta_star, m_test, c.sigma_sq, random), theta_star)


def evaluate(c: Configuration, seed: int, number: int, name: str, network: Trained) -> list[Risk]:
    """Return the cells of one trained network: ridge, least squares and, with a head, one step, for each m_test."""
    found = []
    for m_test in c.test_rows:
        tasks = new_tasks(c, seed, number, m_test)
        if network.w is not None:
            found.append(_one_step(c, number, name, tasks, network.B, network.w))
        found += _regressions(number, name, tasks, network.B)
    return found


def _regressions(number: int, name: str, tasks: NewTasks, B: Floats) -> list[Risk]:
    """Return the cells of ridge, tuned on these tasks as Section 5 does, and of its limit, least squares."""
    risks = half_risks(ridge(tasks, B, [0.0, *RIDGE_GRID]), tasks.theta_star)
    best = tuned(RIDGE_GRID, risks[1:])
    judged = (("ridge", best.risks, best.parameter), ("least-squares", risks[0], None))
    return [
        Risk(name, number, adaptation, tasks.m_test, float(values.mean()), standard_error(values), parameter, None)
        for adaptation, values, parameter in judged
    ]


def _one_step(c: Configuration, number: int, name: str, tasks: NewTasks, B: Floats, w: Floats) -> Risk:
    world, m = c.world, tasks.m_test
    risks = half_risks(one_step(tasks, B, w, c.alpha), tasks.theta_star)
    exact = expected_half_risk(B, w, c.alpha, m, world.B_star, world.Sigma_star, world.sigma_sq, world.mean)
    return Risk(name, number, "1gd", m, float(risks.mean()), standard_error(risks), None, exact)


def baselines(c: Configuration, seed: int, number: int) -> list[Risk]:
    """Return the cells of single-task ridge, with all features, and of oracle ridge, with B⋆."""
    representations = zip(BASELINES, (np.eye(c.d), c.world.B_star), strict=True)
    return [risk for name, B in representations for risk in evaluate(c, seed, number, name, untrained(B))]


def untrained(B: Floats) -> Trained:
    """Return a representation that nothing was learned by."""
    return Trained(0, B, None, np.empty((0, len(COLUMNS))))


def parts(c: Configuration, method: str, network: Trained) -> list[tuple[str, Trained]]:
    """Return networks with a part of what they learned taken out, by name, to ask what that part does to the risk."""
    B_star, found = c.world.B_star, []
    if method in ("burer-monteiro", "infinite-samples", "fo-anil"):
        found.append((WITHOUT_COMPLEMENT, without_complement(network.B, B_star)))
    if method == "fo-anil":
        found.append((WITHOUT_EXTREMES, without_extremes(network.B, B_star)))
    return [(f"{method}{suffix}", replace(network, B=B)) for suffix, B in found]


def reproduce(
    c: Configuration,
    seed: int,
    count: int,
    workers: int,
    folder: Path,
    output: Path,
    advance: Advance = lambda run, t: None,
    methods: Sequence[str] = METHODS,
) -> list[Risk]:
    """Train all runs of Table 1 in `folder`, judge them, and write the results to `output`; return the cells.

    Raises checkpoints.CheckpointError and FloatingPointError as `runs.train_all`.
    """
    require_writable(folder, output)
    plan = planned(c, seed, count, methods)
    trained = train_all(plan, folder, workers, advance)
    risks = [risk for number in range(count) for risk in baselines(c, seed, number)]
    for run in plan:
        risks += evaluate(c, seed, run.number, run.method, trained[run])
        risks += [
            risk
            for name, part in parts(c, run.method, trained[run])
            for risk in evaluate(c, seed, run.number, name, part)
        ]
    networks = {(run.method, run.number): network for run, network in trained.items()}
    results.write(output, c, seed, networks, risks)
    return risks
