"""What the registry says about one claim of the paper: where it stands, what it states, what it rests on.

A record never carries a verdict, a forecast or a status: those are computed from evidence.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal


class Kind(Enum):
    """What sort of statement a claim is."""

    ASSUMPTION = "assumption"
    DEFINITION = "definition"
    IDENTITY = "identity"
    LIMIT = "limit"
    BOUND = "bound"
    RATE = "rate"
    MONOTONICITY = "monotonicity"
    OPTIMALITY = "optimality"
    REMARK = "remark"
    EXPERIMENT = "experiment"
    CONJECTURE = "conjecture"


class Source(Enum):
    """Who makes a claim, and how directly."""

    STATED = "stated"
    """In the available text."""
    CITED = "cited"
    """The available text says that an appendix which we do not have, or another paper, contains it."""
    IMPLIED = "implied"
    """Follows from the available text without being said there."""
    OURS = "ours"
    """A result of this suite that the paper does not state."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one ambiguous place of the extracted text is read, and what decides it."""

    place: str
    chosen: str
    rejected: tuple[str, ...]
    decided_by: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why no evidence is sought for a claim."""

    verdict: Literal["NOT_CHECKABLE", "OUT_OF_SCOPE"]
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of the paper or of this suite, as it is read, before anything is known about its truth."""

    id: str
    title: str
    location: str
    kind: Kind
    source: Source
    statement: str
    """One or two plain sentences, GitHub Markdown with `$...$` maths."""
    latex: str
    """The displayed formula: no dollar signs, standard macros only."""
    page: str
    """The stem that its report page, its proofs file and its verify file share."""
    quote: str | None = None
    """ASCII words found in the pinned text of the paper (None for our own results)."""
    hypotheses: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    uses: tuple[str, ...] = ()
    """Ids of the claims whose truth or definitions this one depends on."""
    stated: tuple[str, ...] = ()
    """Names of the functions of `foanil.statements` that transcribe it."""
    exclusion: Exclusion | None = None

    def _repr_markdown_(self) -> str:
        """Show the claim in a notebook: where it stands, what it says, its formula and hypotheses."""
        lines = [f"**{self.id}**: {self.title} ({self.location})", "", self.statement, "", f"$${self.latex}$$", ""]
        return "\n".join([*lines, *(f"- {hypothesis}" for hypothesis in self.hypotheses)])

    def formulas(self) -> dict[str, Callable[..., Any]]:
        """Return the transcriptions by name, imported on demand; AttributeError if `stated` names a missing one."""
        if not self.stated:
            return {}
        statements = importlib.import_module("foanil.statements")
        return {name: getattr(statements, name) for name in self.stated}
