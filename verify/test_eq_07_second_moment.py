"""Equation (7), Lemma 15, its first line, and spherical features."""

from __future__ import annotations

import pytest

from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from proofs import eq_07_entrywise
from proofs.eq_07_second_moment import CHECKS, spherical_residual, spherical_sandwich

SECOND_ENGINE = [check for check in eq_07_entrywise.CHECKS if check.claims == ("eq-7",)]


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """(7) as stated is the second moment that first principles give, in every dimension."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(SECOND_ENGINE))
def test_entry_by_entry(check: Check, evidence: Recorder) -> None:
    """SymPy, with every entry a symbol, finds the same second moment at explicit sizes."""
    evidence.judge(check)


@pytest.mark.claim(id="eq-7")
@pytest.mark.parametrize("sizes", eq_07_entrywise.SIZES, ids=str)
def test_two_engines_agree(sizes: tuple[int, int, int, int], evidence: Recorder) -> None:
    """The moment engine in words, evaluated on symbolic entries, equals the second engine, polynomial by polynomial."""
    gap = eq_07_entrywise.engines_gap(*sizes)
    assert not any(bool(entry) for entry in gap.ravel())
    evidence.record(
        claim="eq-7",
        method=Method.EXACT,
        scope=f"(d, k, k′, m_in) = {sizes}, every entry a symbol",
        shown="both engines give the same polynomial in every entry of E[w wᵀ]",
    )


@pytest.mark.claim(id="sec-4-spherical")
def test_spherical_sandwich(evidence: Recorder) -> None:
    """E[ΣAΣ] = (1 − 1/m)A + (η/m)(2A + Tr(A)I), and neither η nor the factor 2 can be moved."""
    found = spherical_residual(spherical_sandwich)
    assert found.held
    falsehoods = [
        lambda xp, A, eta, m_in: spherical_sandwich(xp, A, eta**2, m_in),
        lambda xp, A, eta, m_in: spherical_sandwich(xp, A, eta, m_in + 1),
        lambda xp, A, eta, m_in: spherical_sandwich(xp, A, eta, m_in) + (1 - eta) / m_in * A,
        lambda xp, A, eta, m_in: spherical_sandwich(xp, A, eta, m_in) - eta / m_in * xp.trace(A) * xp.eye("d"),
    ]
    killed = sum(not spherical_residual(wrong).held for wrong in falsehoods)
    assert killed == len(falsehoods)
    evidence.record(
        claim="sec-4-spherical",
        method=Method.ALGEBRA,
        scope="every d and m_in, every symmetric A, every kurtosis ratio η",
        shown=f"E[ΣAΣ] minus the formula: {found.shown}",
        mutants=(killed, len(falsehoods)),
    )
