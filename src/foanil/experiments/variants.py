"""What Table 1 does not show: other orders, splits, means, covariances, widths and settings, on smaller problems.

Every variant changes one thing of `configuration.SMALL`: N = 500 tasks in dimension 20, 5000 steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foanil.experiments import results
from foanil.experiments.checkpoints import require_writable
from foanil.experiments.configuration import SMALL, Configuration
from foanil.experiments.results import Risk
from foanil.experiments.runs import Advance, train_all
from foanil.experiments.table_1 import evaluate, untrained
from foanil.experiments.training import RELU, Run


@dataclass(frozen=True, slots=True)
class Variant:
    """One training method in one changed setting, with what it is there to answer."""

    name: str
    method: str
    question: str
    changes: Mapping[str, Any]

    @property
    def configuration(self) -> Configuration:
        """What it runs."""
        return replace(SMALL, name=self.name, **self.changes)


def _variant(name: str, method: str, question: str, **changes: Any) -> Variant:
    return Variant(name, method, question, changes)


ORDER = "what the first-order approximation costs"
SPLIT = "what the sample split is good for"
INFINITE = "which of the two limits matters"
BASELINE = "how much low rank alone achieves"
MEAN = "whether a nonzero task mean hurts"
COVARIANCE = "whether an anisotropic covariance hurts"
WIDTH = "what overparametrisation costs"
RELATED = "the settings of earlier analyses"
RESIDUAL = "what finitely many tasks leave behind"
RELU_NETWORKS = "whether ReLU networks learn and unlearn alike"
HYPOTHESES = "what happens under the hypotheses of Theorem 1, with its constants"

SHORT = {"steps": 1500, "start_sq": 0.05}
"""Derivatives by a library take a hundred times as long as those written out."""

COMPARED = (ORDER, MEAN, COVARIANCE)
"""What is asked beside single-task ridge on the same new tasks."""
SINGLE_TASK = "-single-task"
"""What is appended to a variant's name for that baseline."""

VARIANTS = (
    _variant("fo-anil", "fo-anil", ORDER),
    _variant("anil", "anil", ORDER),
    _variant("fo-maml", "fo-maml", ORDER),
    _variant("maml", "maml", ORDER),
    _variant("no-split", "fo-anil-unsplit", SPLIT),
    _variant("infinite-tasks", "infinite-tasks", INFINITE),
    _variant("fo-maml-fresh-tasks", "fo-maml-fresh-tasks", INFINITE, N=100),
    _variant("infinite-samples", "infinite-samples", INFINITE),
    _variant("infinite-samples-of-n-tasks", "infinite-samples-of-n-tasks", INFINITE),
    _variant("burer-monteiro", "burer-monteiro", BASELINE),
    _variant("burer-monteiro-large-start", "burer-monteiro", BASELINE, factor_start_sq=3.0),
    _variant("burer-monteiro-lbfgs", "burer-monteiro-lbfgs", BASELINE),
    *(
        _variant(f"nuclear-norm-{weight:g}", "nuclear-norm", BASELINE, nuclear_weight=weight)
        for weight in (0.1, 0.2, 0.4)
    ),
    *(
        _variant(f"{method}-mean-{mean:g}", method, MEAN, mean_norm=mean)
        for method in ("fo-anil", "fo-maml")
        for mean in (1.0, 4.0)
    ),
    _variant("isotropic", "fo-anil", COVARIANCE, spectrum=(1.0,) * 5),
    _variant("condition-100", "fo-anil", COVARIANCE, spectrum=(1.0, 3.0, 10.0, 30.0, 100.0)),
    *(_variant(f"width-{width}", "fo-anil", WIDTH, k_prime=width) for width in (5, 6, 10, 15)),
    *(_variant(name, name, RELU_NETWORKS, **SHORT) for name in RELU),
    _variant("collins", "infinite-samples-of-n-tasks", RELATED, k_prime=5, aligned=True, start_sq=0.1),
    _variant("saunshi", "infinite-samples-of-n-tasks", RELATED, spectrum=(1.0,), covariance_norm=2.0),
)

PROVED = _variant(
    "proved", "infinite-tasks", HYPOTHESES, spectrum=(1.0,) * 5, start_sq=1 / 80, head_sq=1 / 80, steps=50_000
)
"""A start at the bounds of `new-thm-1-explicit`: α‖B_0‖² = 1/(4 m_in), and ‖w_0‖² = α/4 ≤ αc = α."""

TASK_COUNTS = (125, 250, 500, 1000, 2000, 4000)
SMALL_START = 0.0005
RESIDUALS = (
    *(_variant(f"tasks-{N}", "fo-anil", RESIDUAL, N=N) for N in TASK_COUNTS),
    *(_variant(f"tasks-{N}-small-start", "fo-anil", RESIDUAL, N=N, start_sq=SMALL_START) for N in TASK_COUNTS),
    _variant("infinite-tasks-small-start", "infinite-tasks", RESIDUAL, start_sq=SMALL_START),
)
"""FO-ANIL for growing numbers of tasks, from the usual start and from a very small one."""

EVERYTHING = (*VARIANTS, PROVED, *RESIDUALS)


def explored(
    variants: Sequence[Variant],
    seed: int,
    count: int,
    workers: int,
    folder: Path,
    output: Path,
    advance: Advance = lambda run, t: None,
) -> list[Risk]:
    """Train every variant `count` times in `folder`, judge it on its own new tasks, and write the results to `output`.

    Raises checkpoints.CheckpointError and FloatingPointError as `runs.train_all`.
    """
    require_writable(folder, output)
    plan = planned_variants(variants, seed, count)
    trained = train_all(tuple(plan), folder, workers, advance)
    networks = {(variant.name, run.number): trained[run] for run, variant in plan.items()}
    risks = []
    for run, variant in plan.items():
        c = run.configuration
        if run.method in RELU:
            continue  # the risks are those of linear networks
        risks += evaluate(c, seed, run.number, variant.name, trained[run])
        if variant.question in COMPARED:
            risks += evaluate(c, seed, run.number, f"{variant.name}{SINGLE_TASK}", untrained(np.eye(c.d)))
    changes = {variant.name: {"method": variant.method, **variant.changes} for variant in variants}
    results.write(output, SMALL, seed, networks, risks, changes)
    return risks


def planned_variants(variants: Sequence[Variant], seed: int, count: int) -> dict[Run, Variant]:
    """Return the runs of variants, each with its variant."""
    return {Run(v.configuration, seed, v.method, number): v for v in variants for number in range(count)}
