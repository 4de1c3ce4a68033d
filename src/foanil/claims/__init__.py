"""The registry: one frozen record per claim, in the order of the paper, our own results last."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from foanil.claims import (
    appendix_a,
    new_gradient_flow,
    new_results,
    proposition_1,
    section_1,
    section_2,
    section_3,
    section_4_comparison,
    section_4_limitations,
    section_5,
    table_1,
    theorem_1,
)
from foanil.claims.record import Claim, Exclusion, Kind, Reading, Source

__all__ = [
    "PAPER_SHA256",
    "PAPER_TITLE",
    "PAPER_VENUE",
    "REGISTRY",
    "Claim",
    "Exclusion",
    "Kind",
    "Reading",
    "Source",
    "UnknownClaim",
    "claim",
]

PAPER_TITLE = "First-order ANIL provably learns representations despite overparametrisation"
PAPER_VENUE = "ICLR 2024"
PAPER_SHA256 = "490a2e1c2a8806b3c3549eb7775ee7e9f27b633ba485377a818f932d424c0a61"
"""Of the extracted text that every quote is pinned to; the text itself is not shipped."""

_IN_PAPER_ORDER = (
    section_1.ABSTRACT,
    section_1.SECTION_1,
    section_2.DATA,
    section_2.ALGORITHM,
    section_2.ITERATIONS,
    theorem_1.NOTATION,
    theorem_1.THEOREM,
    section_3.PROOF_STRATEGY,
    section_3.CONSEQUENCES,
    section_3.UNLEARNING,
    proposition_1.NEW_TASK,
    proposition_1.PROPOSITION,
    section_4_comparison.NO_PRIOR_KNOWLEDGE,
    section_4_comparison.BURER_MONTEIRO,
    section_4_limitations.INFINITE_TASKS_MODEL,
    section_4_limitations.LIMITATIONS,
    section_5.SETTING,
    table_1.TABLE_1,
    section_5.OBSERVATIONS,
    section_5.SECTION_6,
    appendix_a.INITIALISATION,
    appendix_a.RATES,
    appendix_a.FINITE_TASKS,
    new_results.FORMS,
    new_results.THEOREM,
    new_gradient_flow.GRADIENT_FLOW,
    new_results.ADAPTATION,
)


class UnknownClaim(KeyError):  # noqa: N818 (named by the fault)
    """A claim id that the registry does not have."""

    def __init__(self, id: str) -> None:
        near = difflib.get_close_matches(id.lower(), REGISTRY, n=1, cutoff=0.5)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        self.message = f"claim '{id}' does not exist{hint} (foanil claims lists them)"
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message itself: KeyError would show its repr."""
        return self.message


class DuplicateClaimError(ValueError):
    """Two records with one id."""


def _by_id(sections: Iterable[Iterable[Claim]]) -> Mapping[str, Claim]:
    """Index the records by id, in order; DuplicateClaimError if two share one."""
    index: dict[str, Claim] = {}
    for record in (record for section in sections for record in section):
        if record.id in index:
            raise DuplicateClaimError(
                f"two records have the id '{record.id}': '{index[record.id].title}' and '{record.title}'"
            )
        index[record.id] = record
    return MappingProxyType(index)


REGISTRY: Mapping[str, Claim] = _by_id(_IN_PAPER_ORDER)
"""Every claim by its id, in paper order."""


def claim(id: str) -> Claim:
    """Return the record of one claim; UnknownClaim, with the nearest id, if there is none."""
    if id not in REGISTRY:
        raise UnknownClaim(id)
    return REGISTRY[id]
