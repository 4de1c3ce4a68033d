"""What Table 1 does not show: other orders, splits, means, covariances, widths and settings, on smaller problems.

Every variant changes one thing of `configuration.SMALL`: N = 500 tasks in dimension 20, 5000 steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from foanil.experiments.configuration import SMALL, Configuration


@dataclass(frozen=True, slots=True)
class Variant:
    """One training method in one changed setting, with what it is there to answer."""

    name: str
    method: str
    question: str
    configuration: Configuration


def _variant(name: str, method: str, question: str, **changes: object) -> Variant:
    return Variant(name, method, question, replace(SMALL, name=name, **changes))  # type: ignore[arg-type]


ORDER = "what the first-order approximation costs"
SPLIT = "what the sample split is good for"
INFINITE = "which of the two limits matters"
BASELINE = "how much low rank alone achieves"
MEAN = "whether a nonzero task mean hurts"
COVARIANCE = "whether an anisotropic covariance hurts"
WIDTH = "what overparametrisation costs"
RELATED = "the settings of earlier analyses"

VARIANTS = (
    _variant("fo-anil", "fo-anil", ORDER),
    _variant("anil", "anil", ORDER),
    _variant("fo-maml", "fo-maml", ORDER),
    _variant("maml", "maml", ORDER),
    _variant("no-split", "fo-anil-unsplit", SPLIT),
    _variant("infinite-tasks", "infinite-tasks", INFINITE),
    _variant("fo-maml-fresh-tasks", "fo-maml-fresh-tasks", INFINITE),
    _variant("infinite-samples", "infinite-samples", INFINITE),
    _variant("infinite-samples-of-n-tasks", "infinite-samples-of-n-tasks", INFINITE),
    _variant("burer-monteiro", "burer-monteiro", BASELINE),
    _variant("burer-monteiro-large-start", "burer-monteiro", BASELINE, factor_start_sq=10.0),
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
    _variant("collins", "infinite-samples-of-n-tasks", RELATED, k_prime=5, aligned=True, start_sq=0.1),
    _variant("saunshi", "infinite-samples-of-n-tasks", RELATED, spectrum=(1.0,), covariance_norm=2.0),
)

TASK_COUNTS = (125, 250, 500, 1000, 2000, 4000)
RESIDUALS = tuple(
    _variant(f"tasks-{N}{suffix}", "fo-anil", "what finitely many tasks leave behind", N=N, start_sq=start_sq)
    for suffix, start_sq in (("", 0.25), ("-small-start", 0.0005))
    for N in TASK_COUNTS
)
"""FO-ANIL for growing numbers of tasks, from the usual start and from a very small one."""
