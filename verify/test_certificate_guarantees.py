"""The guarantees of a certificate are derived, and their hypotheses can be met."""

from __future__ import annotations

import pytest

from foanil.decisions import satisfiable
from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs.certificate_guarantees import CHECKS, chain_theory, gram_theory, trap_theory


@pytest.mark.parametrize("check", cases(CHECKS))
def test_certificate_guarantees(check: Check, evidence: Recorder) -> None:
    """Every inequality between two links of a certificate is derived, and every falsehood is refused."""
    evidence.judge(check)


@pytest.mark.parametrize("theory", [chain_theory, gram_theory, trap_theory])
def test_hypotheses_can_be_met(theory: object) -> None:
    """The assumptions of a link do not contradict themselves: some point satisfies each."""
    assert callable(theory)
    assert satisfiable(theory().assumptions)
