"""The gradient flow of first-order ANIL: closed form, limits, rates, monotonicity, and the flow with a head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from proofs.sec_3_gradient_flow import CHECKS

DIGITS = 30
NOISE, ROWS = mpmath.mpf(5) / 2, 3  # σ̄² and m_in, in units with α = 1
COVARIANCE = (mpmath.mpf(3) / 2, mpmath.mpf(1) / 3)
SINGULAR = (mpmath.mpf(3) / 2, mpmath.mpf(0))
START = ((0.5, -0.25, 0.125), (0.25, 0.25, -0.5), (-0.125, 0.5, 0.25), (0.375, 0.0, 0.125))  # d = 4, k′ = 3, k = 2


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


def representation(rows: Any = START) -> Any:
    """Return B_0; its first two rows are C_0."""
    return mpmath.matrix([list(row) for row in rows])


def digits_for(tau: Any) -> int:
    """Return the digits with which e^{2Σ⋆τ}, inside the inverse, leaves `DIGITS` of them."""
    return DIGITS + int(4 * max(COVARIANCE) * tau)


def closed_form(eigenvalues: tuple[Any, ...], B: Any, tau: Any) -> Any:
    """Return H(τ) = e^{Θτ}B_0(I + B_0ᵀVB_0)⁻¹B_0ᵀe^{Θτ}, with V integrated in Θ's eigenbasis, the axes."""
    spectrum = [*eigenvalues, *[mpmath.mpf(0)] * (B.rows - len(eigenvalues))]
    q = NOISE / ROWS
    weights = [q + (1 + mpmath.mpf(1) / ROWS) * value for value in spectrum]
    integral = [
        2 * weight * (tau if value == 0 else mpmath.expm1(2 * value * tau) / (2 * value))
        for value, weight in zip(spectrum, weights, strict=True)
    ]
    grown = mpmath.diag([mpmath.exp(value * tau) for value in spectrum]) * B
    return grown * (mpmath.eye(B.cols) + B.T * mpmath.diag(integral) * B) ** -1 * grown.T


def integrated(eigenvalues: tuple[Any, ...], B: Any, tau: Any) -> Any:
    """Return B(τ)B(τ)ᵀ of B′ = ΘB − BE, E = BᵀQB, by Taylor steps: the equation of B, not of H."""
    d, width = B.rows, B.cols
    spectrum = [*eigenvalues, *[mpmath.mpf(0)] * (d - len(eigenvalues))]
    Theta = mpmath.diag(spectrum)
    Q = NOISE / ROWS * mpmath.eye(d) + (1 + mpmath.mpf(1) / ROWS) * Theta

    def rate(_: Any, flat: Any) -> list[Any]:
        here = mpmath.matrix(d, width)
        for place, value in enumerate(flat):
            here[place // width, place % width] = value
        return list(Theta * here - here * (here.T * Q * here))

    there = mpmath.odefun(rate, 0, list(B))(tau)
    end = mpmath.matrix(d, width)
    for place, value in enumerate(there):
        end[place // width, place % width] = value
    return end * end.T


@pytest.mark.claim(id="new-gradient-flow")
@pytest.mark.parametrize("eigenvalues", [COVARIANCE, SINGULAR], ids=["positive definite", "singular"])
def test_closed_form_is_the_integrated_flow(eigenvalues: tuple[Any, ...], evidence: Recorder) -> None:
    """The closed form is where a numerical integration of B's own equation arrives, for a singular Σ⋆ too."""
    with mpmath.workdps(DIGITS):
        B, tau = representation(), mpmath.mpf(3) / 4
        error = mpmath.norm(closed_form(eigenvalues, B, tau) - integrated(eigenvalues, B, tau), mpmath.inf)
        moved = mpmath.norm(closed_form(eigenvalues, B, tau) - B * B.T, mpmath.inf)
        assert error < mpmath.mpf(10) ** (5 - DIGITS) < moved
    evidence.record(
        claim="new-gradient-flow",
        method=Method.TRAJECTORY,
        scope=f"d = 4, k′ = 3, k = 2, one start, τ = 3/4, {DIGITS} digits",
        shown=f"closed form minus integrated flow {mpmath.nstr(error, 3)}, having moved by {mpmath.nstr(moved, 3)}",
    )


def half_constant(tau: Any, B: Any) -> Any:
    """Return 2qτ‖D(τ)‖²."""
    block = closed_form(COVARIANCE, B, tau)[2:, 2:]
    return 2 * NOISE / ROWS * tau * max(mpmath.eigsy(block, eigvals_only=True))


@pytest.mark.claim(id="new-flow-unlearning-rate")
def test_half_is_attained(evidence: Recorder) -> None:
    """2qτ‖D(τ)‖² comes within 1/100 of 1, and never above it, when k′ > k; it dies away when k′ = k."""
    times = [mpmath.mpf(1), mpmath.mpf(30), mpmath.mpf(900)]
    wide, exact = [], []
    for tau in times:
        with mpmath.workdps(digits_for(tau)):
            wide.append(half_constant(tau, representation()))
            exact.append(half_constant(tau, representation([row[:2] for row in START])))
    assert all(value < 1 for value in wide)
    assert wide[-1] > mpmath.mpf(99) / 100
    assert exact[-1] < mpmath.mpf(10) ** -20
    evidence.record(
        claim="new-flow-unlearning-rate",
        method=Method.TRAJECTORY,
        scope="d = 4, k = 2, k′ = 3 and 2, τ = 1, 30, 900",
        shown=f"2qτ‖D(τ)‖² at τ = 900: {mpmath.nstr(wide[-1], 6)} for k′ = 3, {mpmath.nstr(exact[-1], 3)} for k′ = 2",
    )


def distance_to_limit(tau: Any, B: Any) -> Any:
    """Return ‖Λ(τ) − Λ⋆‖, Λ⋆ diagonal."""
    limit = mpmath.diag([value / (NOISE / ROWS + (1 + mpmath.mpf(1) / ROWS) * value) for value in COVARIANCE])
    return mpmath.norm(closed_form(COVARIANCE, B, tau)[:2, :2] - limit, 2)


@pytest.mark.claim(id="new-third-limit-rate")
def test_factor_is_real(evidence: Recorder) -> None:
    """‖Λ(τ) − Λ⋆‖e^{2μτ} grows like τ for k′ = k, and settles when C_0 has rank k on the kernel of D_0."""
    times = [mpmath.mpf(20), mpmath.mpf(40)]
    kernel = ((0.5, -0.25, 0.125, 0.5), (0.25, 0.25, -0.5, 0.125), (0, 0, 0.25, 0.5))  # D_0 kills two axes
    ratios: dict[str, Any] = {}
    scale: Callable[[Any], Any] = lambda tau: mpmath.exp(2 * min(COVARIANCE) * tau)  # noqa: E731
    with mpmath.workdps(digits_for(times[-1])):
        for name, rows in (("k′ = k", [row[:2] for row in START]), ("rank k on the kernel", kernel)):
            early, late = (distance_to_limit(tau, representation(rows)) * scale(tau) for tau in times)
            ratios[name] = late / early
    assert ratios["k′ = k"] > 1.9
    assert abs(ratios["rank k on the kernel"] - 1) < 0.05
    evidence.record(
        claim="new-third-limit-rate",
        method=Method.TRAJECTORY,
        scope="k = 2, two starts, τ = 20 and 40",
        shown="; ".join(f"{name}: times {mpmath.nstr(ratio, 5)}" for name, ratio in ratios.items()),
    )
