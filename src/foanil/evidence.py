"""What warrants a claim: methods, residuals, evidence records, and the verdict computed from them.

A status is never typed by hand. `verdict` is a pure function of the evidence, and an unknown never counts as a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Verdict(Enum):
    """What the evidence for one claim amounts to, strongest statement of fact first."""

    REFUTED = "REFUTED"
    UNRESOLVED = "UNRESOLVED"
    DERIVED = "DERIVED"
    CERTIFIED = "CERTIFIED"
    SUPPORTED = "SUPPORTED"
    UNCHECKED = "UNCHECKED"
    NOT_CHECKABLE = "NOT_CHECKABLE"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"


class Method(Enum):
    """How a piece of evidence was obtained; the value is the name printed in reports."""

    ALGEBRA = "exact algebra of words"
    DECISION = "decision procedure"
    AGREEMENT = "agreement of two independently typed definitions, as words"
    EXACT = "exact arithmetic at explicit sizes"
    BALL = "ball arithmetic"
    COUNTEREXAMPLE = "certified counterexample"
    SAMPLED = "property test"
    TRAJECTORY = "high-precision trajectories"
    MONTE_CARLO = "Monte Carlo"
    INSTANCE = "instances of the hypotheses"
    TRANSCRIPTION = "second transcription"
    DEGREES = "scaling degrees of the terms"


class Outcome(Enum):
    """Whether a check came out as its claim says."""

    HELD = "held"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


WARRANTS: Mapping[Method, Verdict] = {
    Method.ALGEBRA: Verdict.DERIVED,
    Method.DECISION: Verdict.DERIVED,
    Method.AGREEMENT: Verdict.CERTIFIED,
    Method.EXACT: Verdict.CERTIFIED,
    Method.BALL: Verdict.CERTIFIED,
    Method.COUNTEREXAMPLE: Verdict.REFUTED,
    Method.SAMPLED: Verdict.SUPPORTED,
    Method.TRAJECTORY: Verdict.SUPPORTED,
    Method.MONTE_CARLO: Verdict.SUPPORTED,
    Method.INSTANCE: Verdict.UNCHECKED,
    Method.TRANSCRIPTION: Verdict.UNCHECKED,
    Method.DEGREES: Verdict.UNCHECKED,
}
"""The most that a method can warrant: explicit sizes never earn DERIVED, samples never more than SUPPORTED.

That hypotheses can be met, that two people read the same formula, or that its terms have one degree, says nothing about
its truth: it warrants nothing.
"""


@dataclass(frozen=True, slots=True)
class Residual:
    """What a check returns: how far the stated formula is from the derived one, never a bare bool.

    `outcome` is HELD when the residual is zero (exact methods) or within the stated budget (sampled ones);
    `shown` is the residual as a reader sees it; `computed` and `stated` stand side by side.
    """

    outcome: Outcome
    shown: str
    computed: str = ""
    stated: str = ""

    @property
    def held(self) -> bool:
        """Whether the stated formula survived the check."""
        return self.outcome is Outcome.HELD


def exact_residual(is_zero: bool, shown: str, *, computed: str = "", stated: str = "") -> Residual:
    """Return the residual of an exact check: zero means HELD, anything else FAILED, and there is no tolerance."""
    outcome = Outcome.HELD if is_zero else Outcome.FAILED
    return Residual(outcome, shown, computed=computed, stated=stated)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one claim: `residual(stated)` takes the formula as an argument so that mutants can be injected.

    `name` is unique and ends up in reports; `claims` are the ids it bears on; `formula` names the function of
    `foanil.statements` that it takes (empty when the check takes none); `scope` says for which sizes and parameters
    a zero residual speaks. `mutants` are named falsehoods of its own (a wrong constant, a dropped hypothesis, a
    reversed inequality) on which the check must not hold; formulas get theirs from `foanil.mutants`.
    """

    name: str
    claims: tuple[str, ...]
    method: Method
    scope: str
    formula: str
    residual: Callable[[Callable[..., object]], Residual]
    mutants: tuple[tuple[str, Callable[[], Residual]], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One recorded outcome of one check for one claim.

    `check` is the pytest node id that reproduces it, `finding` a sentence worth a reader's attention, `details` ordered
    (label, text) pairs, `series` named polylines (label → points) from which figures are drawn, `mutants` the pair
    (killed, tried) when the check was shown mutants of its formula. `table` is shown unfolded: its first row is the
    head. `pictures` are files that already lie below reports/, as (caption, path) pairs.
    """

    claim: str
    method: Method
    outcome: Outcome
    scope: str
    check: str
    shown: str = ""
    finding: str = ""
    details: tuple[tuple[str, str], ...] = ()
    series: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    mutants: tuple[int, int] | None = None
    table: tuple[tuple[str, ...], ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()


def verdict(claim_id: str, evidence: Iterable[Evidence], exclusion: Verdict | None = None) -> Verdict:
    """Compute the verdict on one claim from its evidence alone.

    A check that failed or was inconclusive makes the claim UNRESOLVED, whatever else there is. A counterexample that
    held makes it REFUTED. Otherwise the strongest warrant counts. `exclusion` (NOT_CHECKABLE or OUT_OF_SCOPE) speaks
    only where no evidence warrants anything.
    """
    records = [record for record in evidence if record.claim == claim_id]
    if any(record.outcome is not Outcome.HELD for record in records):
        return Verdict.UNRESOLVED
    warrants = {WARRANTS[record.method] for record in records} - {Verdict.UNCHECKED}
    return min(warrants, key=list(Verdict).index, default=exclusion or Verdict.UNCHECKED)


def transitive_verdict(claim_id: str, verdicts: Mapping[str, Verdict], uses: Mapping[str, tuple[str, ...]]) -> Verdict:
    """Return the weakest verdict among a claim and everything it uses, directly or not.

    REFUTED and UNRESOLVED ancestors make the whole UNRESOLVED; a claim's own REFUTED stays.
    """
    own = verdicts[claim_id]
    if own in (Verdict.REFUTED, Verdict.UNRESOLVED):
        return own
    weakest = own
    for ancestor in _ancestors(claim_id, uses):
        found = verdicts[ancestor]
        if found in (Verdict.REFUTED, Verdict.UNRESOLVED):
            return Verdict.UNRESOLVED
        weakest = max(weakest, found, key=list(Verdict).index)
    return weakest


def _ancestors(claim_id: str, uses: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    stack = list(uses.get(claim_id, ()))
    while stack:
        current = stack.pop()
        if current not in seen:
            seen[current] = None
            stack.extend(uses.get(current, ()))
    return tuple(seen)
