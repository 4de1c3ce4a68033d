"""From one number per run to a decision: Student intervals, several parts of one observation, one budget of errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import numpy as np
from scipy import special

from foanil.evidence import Outcome

ERROR = 0.05
"""The probability that any of the observations below is judged wrongly."""

CLAIMS: tuple[str, ...] = (
    "sec-4-finite-tasks",
    "sec-4-bm-beats-single-task",
    "sec-4-bm-implicit-bias",
    "app-i-nonzero-mean",
    "sec-5-ridge-helps",
    "sec-5-exact-convergence",
    "sec-5-subspace-quick",
    "sec-5-rate-appendix-h",
    "sec-5-maml-coincides",
    "sec-5-finite-slower",
    "sec-5-few-directions",
    "sec-5-average-comparable",
    "sec-5-extremes-negligible",
    "sec-5-oracle-gap",
    "sec-5-complement-constant",
    "sec-5-bm-complement-rises",
    "sec-5-complement-hurts",
    "sec-5-both-beat-single-task",
    "sec-5-subspace-dominates",
    "sec-5-many-iterations",
    "sec-6-general-setups",
    "app-a-finite-tasks-residual",
    "app-a-small-init-rise",
    "app-a-residuals-harmless",
    "app-a-finite-horizon-residual",
    "new-relu-networks",
)
"""The claims that are judged; each has an equal share of ERROR."""

TWO_READINGS = frozenset({"app-a-residuals-harmless"})
"""Claims that are judged under two readings, which split the share."""


class Relation(Enum):
    """How the mean of a statistic over runs must stand to its threshold."""

    ABOVE = ">"
    BELOW = "<"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that must hold for an observation: the mean over runs of a statistic is above, or below, a threshold.

    `says` names the statistic for a reader, `values` are its values, one per independent run.
    """

    says: str
    values: tuple[float, ...]
    relation: Relation
    threshold: float


def above(says: str, values: Sequence[float], threshold: float) -> Part:
    """Return the part that says: the mean of the statistic exceeds the threshold."""
    return Part(says, tuple(map(float, values)), Relation.ABOVE, threshold)


def below(says: str, values: Sequence[float], threshold: float) -> Part:
    """Return the part that says: the mean of the statistic stays below the threshold."""
    return Part(says, tuple(map(float, values)), Relation.BELOW, threshold)


@dataclass(frozen=True, slots=True)
class Measured:
    """A part with what its runs say: mean, standard error, and the one-sided p-value against the part.

    The smaller `p_against`, the surer the part; 1 − p_against is that of its opposite. Without two finite runs all
    three are NaN.
    """

    part: Part
    mean: float
    standard_error: float
    p_against: float

    def shown(self) -> str:
        """Return the part as a line for a report."""
        numbers = f"{self.mean:.4g} ± {self.standard_error:.2g} over {len(self.part.values)} runs"
        return f"{self.part.says}: {numbers}, to be {self.part.relation.value} {self.part.threshold:.4g}"


@dataclass(frozen=True, slots=True)
class Observation:
    """The judgement of one claim: HELD when every part is shown, FAILED when the opposite of one is, else INCONCLUSIVE.

    Either way it is wrong with probability at most `error`: every part must be shown at the whole error (an
    intersection-union test), while the opposites share it.
    """

    claim: str
    parts: tuple[Measured, ...]
    error: float
    outcome: Outcome


def budget(claim: str) -> float:
    """Return the share of ERROR of one judgement of a claim. Raises ValueError for what is not one of CLAIMS."""
    if claim not in CLAIMS:
        raise ValueError(f"{claim!r} has no share of the error budget; add it to CLAIMS, which lowers the other shares")
    return ERROR / len(CLAIMS) / (2 if claim in TWO_READINGS else 1)


def judged(claim: str, *parts: Part) -> Observation:
    """Judge a claim by its parts, on its share of the error budget. Raises ValueError when there are no parts."""
    if not parts:
        raise ValueError(f"{claim} was given nothing to judge it by; expected at least one part")
    error, found = budget(claim), tuple(map(measured, parts))
    if all(part.p_against <= error for part in found):
        outcome = Outcome.HELD
    elif any(1 - part.p_against <= error / len(found) for part in found):
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.INCONCLUSIVE
    return Observation(claim, found, error, outcome)


_SIGN = MappingProxyType({Relation.ABOVE: 1.0, Relation.BELOW: -1.0})


def measured(part: Part) -> Measured:
    """Measure a part by Student's t over its runs; runs that agree to the last digit are taken at their word."""
    runs = np.asarray(part.values)
    if len(runs) < 2 or not np.isfinite(runs).all():
        return Measured(part, float("nan"), float("nan"), float("nan"))
    mean, standard_error = float(runs.mean()), float(runs.std(ddof=1) / np.sqrt(len(runs)))
    distance = _SIGN[part.relation] * (mean - part.threshold)
    if standard_error == 0:
        return Measured(part, mean, 0.0, 0.0 if distance > 0 else 1.0)
    t = distance / standard_error
    return Measured(part, mean, standard_error, float(special.stdtr(len(runs) - 1, -t)))
