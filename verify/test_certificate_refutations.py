"""What a certificate refutes with is derived: a direction that is never seen, and growth without bound."""

from __future__ import annotations

import pytest

from foanil.evidence import Check
from foanil.pytest_plugin import Recorder, cases
from proofs.certificate_refutations import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_certificate_refutations(check: Check, evidence: Recorder) -> None:
    """Each identity and inequality behind a refutation is derived, and every wrong version is told apart."""
    evidence.judge(check)
