"""No claim is vacuous: exact instances satisfy all hypotheses of each, and each hypothesis rejects what violates it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from foanil.claims import REGISTRY
from foanil.claims.record import Claim
from foanil.evidence import Method, Outcome
from foanil.instances import REMARKS, Instance, conditions, satisfying, violations
from foanil.instances.describe import described
from foanil.pytest_plugin import Recorder

ASSUMING = [claim for claim in REGISTRY.values() if conditions(claim)]
"""The claims with a hypothesis that can be violated."""

FIXED_SIZES = ("Section 5", "networks of width 20")
"""Instances of experiments, whose sizes the text fixes: there is no smaller one."""

TABLE_OWNER = "new-hypotheses-needed"


def chosen(claim: Claim) -> tuple[Instance, ...]:
    """Return the first instance with distinct sizes and the first smallest one that satisfy a claim's hypotheses."""
    found = satisfying(claim)
    return (*found.generic[:1], *found.smallest[:1])


def case(claim: Claim) -> Any:
    """Return a claim as a parameter, marked with itself."""
    return pytest.param(claim, marks=pytest.mark.claim(id=claim.id), id=claim.id)


def listed(names: Iterable[str]) -> str:
    """Return claim ids as one cell."""
    return ", ".join(f"`{name}`" for name in names)


@pytest.mark.parametrize("claim", [case(claim) for claim in ASSUMING])
def test_hypotheses_can_be_met_and_violated(claim: Claim, evidence: Recorder) -> None:
    """Exact instances, one of them smallest, satisfy every hypothesis; each change that violates one is rejected."""
    needed, instances = conditions(claim), chosen(claim)
    tried = [violation for instance in instances for violation in violations(instance, needed)]
    missed = [f"{v.hypothesis}: {v.change}" for v in tried if not v.rejected]
    remarks = tuple(("requires nothing", f"{text} ({REMARKS[text]})") for text in claim.hypotheses if text in REMARKS)
    enough = len(instances) == 2 or (len(instances) == 1 and instances[0].name in FIXED_SIZES)
    alone = sum(v.alone for v in tried)
    evidence.record(
        claim=claim.id,
        method=Method.INSTANCE,
        outcome=Outcome.HELD if enough and not missed else Outcome.FAILED,
        scope=f"{len(needed)} hypotheses decided exactly at: {'; '.join(instance.name for instance in instances)}",
        shown="instances that satisfy all hypotheses:\n" + "\n".join(described(i, needed) for i in instances),
        details=(("violations that leave all other hypotheses true", f"{alone} of {len(tried)}"), *remarks),
        mutants=(len(tried) - len(missed), len(tried)),
    )
    assert enough, f"no instance satisfies all hypotheses of {claim.id}: is it vacuous?"
    assert not missed


@pytest.mark.claim(id=TABLE_OWNER)
def test_claims_by_instance(evidence: Recorder) -> None:
    """Every claim with hypotheses stands in the table once, beside the instances that satisfy them."""
    rows: dict[tuple[str, str], list[str]] = {}
    for claim in ASSUMING:
        names = [instance.name for instance in chosen(claim)]
        rows.setdefault((names[0], names[1] if len(names) > 1 else "fixed sizes"), []).append(claim.id)
    assert sum(map(len, rows.values())) == len(ASSUMING)
    without = [claim.id for claim in REGISTRY.values() if not conditions(claim)]
    evidence.record(
        claim=TABLE_OWNER,
        method=Method.INSTANCE,
        scope=f"{len(ASSUMING)} claims with hypotheses; {len(without)} assume nothing that can be violated",
        shown=f"without such hypotheses: {', '.join(without)}",
        table=(
            ("instance", "smallest instance", "claims", "which"),
            *((one, other, str(len(ids)), listed(ids)) for (one, other), ids in rows.items()),
        ),
    )
