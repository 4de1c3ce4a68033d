"""Non-vacuity: for each claim an exact instance that satisfies all of its hypotheses, each by a predicate.

A hypothesis is decided by one predicate wherever its text stands in the registry. A text without a predicate is an
error, unless it is listed as a remark that requires nothing.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foanil.claims.record import Claim
from foanil.instances import adaptation, data, start
from foanil.instances.catalogue import generic, smallest
from foanil.instances.instance import Change, Condition, Instance, MissingLetterError, UndecidedError
from foanil.instances.premises import PREMISES, REMARKS

CONDITIONS: Mapping[str, Condition] = {
    condition.text: condition for condition in (*data.CONDITIONS, *start.CONDITIONS, *adaptation.CONDITIONS)
}
"""Text of a hypothesis → its predicate and mutants."""


class UnknownHypothesisError(LookupError):
    """A hypothesis of the registry has neither a predicate nor a place among the remarks."""


def conditions(claim: Claim) -> tuple[Condition, ...]:
    """Return the predicates of a claim's hypotheses, remarks left out, and of the premises in its formula.

    Raises UnknownHypothesisError.
    """
    unknown = [text for text in claim.hypotheses if text not in CONDITIONS and text not in REMARKS]
    if unknown:
        raise UnknownHypothesisError(
            f"expected a predicate for every hypothesis of {claim.id!r}; none for {unknown}; "
            "add a Condition in foanil/instances, or list it in REMARKS with a reason"
        )
    found = tuple(CONDITIONS[text] for text in claim.hypotheses if text in CONDITIONS)
    return (*found, PREMISES[claim.id]) if claim.id in PREMISES else found


@dataclass(frozen=True, slots=True)
class Satisfying:
    """The instances that satisfy all hypotheses of one claim: those with distinct sizes, and the smallest ones."""

    generic: tuple[Instance, ...]
    smallest: tuple[Instance, ...]


@functools.cache
def satisfied_by(condition: Condition) -> frozenset[str]:
    """Return the names of the instances that satisfy one hypothesis; those that leave it undecided do not."""
    found = set()
    for instance in (*generic(), *smallest()):
        with contextlib.suppress(UndecidedError):
            if condition.holds(instance):
                found.add(instance.name)
    return frozenset(found)


def satisfying(claim: Claim) -> Satisfying:
    """Return every instance of the catalogue that satisfies all hypotheses of a claim."""
    needed = [satisfied_by(condition) for condition in conditions(claim)]

    def fit(instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
        return tuple(i for i in instances if all(i.name in names for names in needed))

    return Satisfying(fit(generic()), fit(smallest()))


@dataclass(frozen=True, slots=True)
class Violation:
    """An instance changed in one respect, which one hypothesis must reject; `alone` if all others still hold."""

    hypothesis: str
    change: str
    rejected: bool
    alone: bool


def violations(instance: Instance, needed: Sequence[Condition]) -> tuple[Violation, ...]:
    """Violate each hypothesis in each of its ways, and say whether it notices and whether the others still hold."""
    return tuple(
        _violation(_changed(instance, change), condition, label, needed)
        for condition in needed
        for label, change in condition.mutants
    )


@functools.cache
def _changed(instance: Instance, change: Change) -> Instance:
    return instance.changed(change(instance))


def _violation(changed: Instance, condition: Condition, label: str, needed: Sequence[Condition]) -> Violation:
    alone = all(_holds(other, changed) for other in needed if other is not condition)
    return Violation(condition.text, label, not condition.holds(changed), alone)


@functools.cache
def _holds(condition: Condition, instance: Instance) -> bool:
    """Decide a hypothesis on an instance that need not be consistent: sizes that do not fit are a no."""
    try:
        return condition.holds(instance)
    except (UndecidedError, ValueError, ZeroDivisionError, IndexError, TypeError):
        return False


__all__ = [
    "CONDITIONS",
    "PREMISES",
    "REMARKS",
    "Condition",
    "Instance",
    "MissingLetterError",
    "Satisfying",
    "UndecidedError",
    "UnknownHypothesisError",
    "Violation",
    "conditions",
    "generic",
    "satisfied_by",
    "satisfying",
    "smallest",
    "violations",
]
