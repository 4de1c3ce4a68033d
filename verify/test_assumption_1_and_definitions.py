"""Assumption 1 and the definitions: satisfiable, well-typed, homogeneous, and transcribed as they are defined."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil import setting, statements
from foanil.arrays import EXACT
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from proofs import eq_07_entrywise
from proofs.assumption_1_and_definitions import CHECKS, dependence_gap

SECOND_ENGINE = [check for check in eq_07_entrywise.CHECKS if check.claims == ("new-anil-loss",)]


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_defined(check: Check, evidence: Recorder) -> None:
    """A transcribed definition agrees with an independently typed one; it types, and has one scaling degree."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(SECOND_ENGINE))
def test_loss_entry_by_entry(check: Check, evidence: Recorder) -> None:
    """SymPy, with every entry a symbol, finds the same closed form of L_ANIL at explicit sizes."""
    evidence.judge(check)


@pytest.mark.claim(id="asm-1")
def test_independence_is_a_hypothesis(evidence: Recorder) -> None:
    """With noise z = Xu, centred, of variance ‖u‖² = σ² but dependent on X, (7) is off by a nonzero matrix."""
    gap = dependence_gap()
    rest = gap.substitute({"w": gap.alphabet.zeros("k_prime", "1")})
    assert not gap.is_zero()
    assert not rest.is_zero()
    values = {name: EXACT.array(rows) for name, rows in {"B": [[1, 0], [2, 1], [0, 3]], "u": [[1], [0], [2]]}.items()}
    scalars = {name: EXACT.scalar(value) for name, value in {"alpha": 1, "m_in": 2}.items()}
    found = rest.evaluate(EXACT, values, scalars)
    expected = EXACT.scalar(Fraction(3, 2)) * (values["B"].T @ values["u"] @ values["u"].T @ values["B"])
    assert (found == expected).all()
    evidence.record(
        claim="asm-1",
        method=Method.EXACT,
        scope="every size; one exact instance of the gap",
        shown=f"E[w wᵀ] with z = Xu, minus (7): {gap}",
        finding="Independence of $X$, $z$ and $w_\\star$ is needed for (7) and is not stated in Assumption 1: noise "
        "$z = Xu$ is centred with variance $\\lVert u\\rVert^2 = \\sigma^2$ and changes the second moment.",
    )


@pytest.mark.claim(id="asm-1")
def test_assumption_can_be_satisfied(evidence: Recorder) -> None:
    """An exact setting meets Assumption 1 with k < d, k ≥ 2, Σ⋆ = cI, c > 0, and B⋆ not along the axes."""
    B_star = setting.orthonormal([[2, 1], [2, -2], [1, 2]])
    found = setting.isotropic(d=3, k=2, k_prime=3, m_in=4, c=Fraction(1, 2), sigma_sq=1, alpha=1, beta=1, B_star=B_star)
    assert found.c == Fraction(1, 2)
    evidence.record(
        claim="asm-1",
        method=Method.EXACT,
        scope="one exact instance",
        shown=repr(found),
    )


@pytest.mark.claim(id="eq-9")
def test_learned_parameters_exist(evidence: Recorder) -> None:
    """With k = 2 < k′ = 3, m_in = 1, σ² = 0, c = α = 1: B̂ = B⋆[I/2 0] and ŵ = e₃ meet (9) exactly, ŵ not zero."""
    half = Fraction(1, 2)
    B_star, B_perp = EXACT.array([[1, 0], [0, 1], [0, 0]]), EXACT.array([[0], [0], [1]])
    B, w = B_star @ EXACT.array([[half, 0, 0], [0, half, 0]]), EXACT.array([[0], [0], [1]])
    limit = statements.limit_gram(
        EXACT, Sigma_star=EXACT.eye(2), sigma_bar_sq=EXACT.scalar(2), alpha=EXACT.scalar(1), m_in=EXACT.scalar(1)
    )
    assert not statements.limit_complement(EXACT, B=B, B_star_perp=B_perp).any()
    assert not statements.limit_head_output(EXACT, B=B, w=w).any()
    assert (statements.gram(EXACT, B=B, B_star=B_star) == limit).all()
    evidence.record(
        claim="eq-9",
        method=Method.EXACT,
        scope="one exact instance, d = 3, k = 2, k′ = 3",
        shown="B̂ = B⋆[I/2 0], ŵ = e₃: B⋆,⊥ᵀB̂ = 0, B̂ŵ = 0, B⋆ᵀB̂B̂ᵀB⋆ = Λ⋆ = I/4",
    )
