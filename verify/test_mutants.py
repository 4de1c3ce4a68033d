"""A fixed sample of wrong formulas meets every channel, and the third engine meets the formulas themselves.

`make mutants` runs all of them; what it found is in reports/kill_matrix.md.
"""

from __future__ import annotations

import pytest

from foanil import statements
from foanil.evidence import Check, Outcome
from foanil.mutants import Mutant, mutants, pairs
from foanil.mutants.channels import PARTIAL, Channel, gather
from foanil.mutants.kill_matrix import TriedFormula, try_formula
from foanil.pytest_plugin import Recorder, cases
from proofs import finite_laws

SAMPLE = 2
"""Mutants of each formula: one that is wrong in one place, one in two; 40 in all."""

FEW = 9
"""Pairs that are drawn to choose from: the first of those that the full matrix tries."""

CHANNELS = gather()

SLOW = frozenset({Channel.POLYNOMIALS})
"""Left to the full matrix: what they compare with takes long to derive."""


@pytest.mark.parametrize("check", cases(finite_laws.CHECKS))
def test_finite_laws(check: Check, evidence: Recorder) -> None:
    """Each formula equals its definition, typed apart, at two exact instances."""
    evidence.judge(check)


def sample(name: str) -> tuple[Mutant, ...]:
    """Return one live single mutant and one live pair, at a place that moves from formula to formula."""
    place = 7 * statements.FORMULAS.index(name)
    alive = [[m for m in found if m.equivalent is None] for found in (mutants(name), pairs(name, FEW))]
    return tuple(found[place % len(found)] for found in alive)


def survivors(tried: TriedFormula) -> list[str]:
    """Return a line for each live mutant that no channel killed, with what each channel said."""
    return [
        f"{m.id} ({m.description}): " + ", ".join(f"{t.channel}: {t.fate.value} {t.reason}".strip() for t in m.trials)
        for m in tried.survivors
    ]


def test_every_check_names_a_formula_and_is_named_once() -> None:
    """Every formula has checks, and no two checks share a name: they stay apart in the matrix."""
    checks = [check for channels in CHANNELS.values() for found in channels.values() for _, check in found]
    assert {check.formula for check in checks} == set(statements.FORMULAS)
    assert len({check.name for check in checks}) == len(checks)


@pytest.mark.parametrize("name", statements.FORMULAS)
def test_a_sample_is_killed_by_two_channels(name: str) -> None:
    """The formula passes every quick channel; each sampled mutant is found different by two that look at its value."""
    channels = {
        channel.value: [check for _, check in found] for channel, found in CHANNELS[name].items() if channel not in SLOW
    }
    tried = try_formula(name, statements.formula(name), channels, sample(name))
    assert {channel.on_formula for channel in tried.channels} == {Outcome.HELD.value}
    assert len(tried.live) == SAMPLE
    assert not survivors(tried)
    of_value = {channel.value for channel in set(Channel) - PARTIAL}
    assert min(len(of_value.intersection(mutant.killers)) for mutant in tried.live) >= 2
