"""Section 3.1: the rank of B̂ at finite times, without a head and with one; least squares, ridge and a few steps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from foanil import rational
from foanil.arrays import EXACT
from foanil.convergence import explicit_conditions
from foanil.dynamics import trajectory
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import State, isotropic
from foanil.words import Element
from proofs import interpolating_estimates, one_step_against_regression, rank_at_finite_times, regularised_adaptation
from proofs.sec_31_test_time_adaptation import CHECKS

SETTING = isotropic(d=4, k=2, k_prime=3, m_in=2, c=1, sigma_sq=2, alpha="1/4", beta="1/4")
FULL = [["1/4", "1/8", 0], [0, "1/4", "1/8"], ["1/8", 0, "1/8"], [0, "1/8", 0]]
DEFICIENT = [["1/4", "1/8", 0], [0, "1/4", 0], ["1/8", 0, 0], [0, "1/8", 0]]


EVERY = (
    *CHECKS,
    *rank_at_finite_times.CHECKS,
    *regularised_adaptation.CHECKS,
    *interpolating_estimates.CHECKS,
)
SEED = 20240715
DRAWS = 400
DEVIATIONS = 5.0
"""A mean difference counts beyond five standard errors: a false alarm in about two million runs."""


@pytest.mark.parametrize("check", cases(EVERY))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Every step of the derivations is accepted, and every falsehood is refused."""
    evidence.judge(check)


@pytest.mark.claim(id="sec-31-finite-time-full-rank")
def test_lower_ranks_stay(evidence: Recorder) -> None:
    """An admissible start without a head of rank 2 < k′ = 3 keeps its rank for three steps, exactly; so does rank 3."""
    found = {}
    for rows in (FULL, DEFICIENT):
        state = State(rational.matrix(rows, "B", (4, 3)), (0, 0, 0))
        assert all(condition.holds for condition in explicit_conditions(SETTING, state))
        ranks = [rational.rank(rational.as_matrix(point.B)) for point in trajectory(EXACT, SETTING, state, 3)]
        found[ranks[0]] = ranks
    assert found == {3: [3, 3, 3, 3], 2: [2, 2, 2, 2]}
    evidence.record(
        claim="sec-31-finite-time-full-rank",
        method=Method.COUNTEREXAMPLE,
        scope="every scale of B_0, so every constant: an identity of words; exact at d = 4, k = 2, k′ = 3, w_0 = 0",
        shown=f"ranks of B_t from a start of rank 2: {found[2]}; from one of rank 3: {found[3]}",
        finding="Theorem 1 asks for $\\mathrm{rank}(B_\\star^{\\top}B_0) = k$ only: without a head the rank of $B_t$ "
        "is that of $B_0$ for ever, also below $k'$. Full rank at every finite time is true for almost every "
        "start: "
        "`new-finite-time-full-rank`.",
    )


@pytest.mark.claim(id="sec-31-finite-time-full-rank")
def test_rank_drops_from_a_full_start(evidence: Recorder) -> None:
    """d = 2, k = 1, k′ = 2: an admissible start of rank 2 with a head has a B_1 of rank 1, exactly."""
    setting = isotropic(
        d=2,
        k=1,
        k_prime=2,
        m_in=1,
        c=1,
        sigma_sq="82244747144359/52730997172800",
        alpha="1/4",
        beta="202487029143552000/857255457157152457",
    )
    state = State([["9/10", "-1/930"], ["1/4", 0]], ("3/10", "7/20"))
    assert all(condition.holds for condition in explicit_conditions(setting, state))
    points = [point.B for point in trajectory(EXACT, setting, state, 2)]
    assert [rational.rank(rational.as_matrix(B)) for B in points] == [2, 1, 2]
    assert (points[1] @ EXACT.array([[1], [48]]) == 0).all()
    evidence.record(
        claim="sec-31-finite-time-full-rank",
        method=Method.COUNTEREXAMPLE,
        scope="one exact start with the explicit constants: d = 2, k = 1, k′ = 2, m_in = 1, rank B_0 = 2, a head",
        shown="rank B_t = 2, 1, 2 for t = 0, 1, 2: B_1(1, 48)ᵀ = 0",
        finding="With a head a start of full rank can lose it: at $t = 1$ here. Standalone: "
        "[sec_31_finite_time_full_rank.py](capsules/sec_31_finite_time_full_rank.py).",
    )


def on_two_rows(element: Element, **scalars: Fraction | int) -> Fraction:
    """Return a moment at m_test = 2, k′ = 1, A = (1, 1)ᵀ, ω = √r, exactly."""
    letters = {"R_0": EXACT.array([[Fraction(1, 2)]]), "R": EXACT.array([[1 / (2 + Fraction(scalars.get("mu", 0)))]])}
    one = element.alphabet.constant(1) * element.alphabet.eye("k_prime")
    # in dimension 1, ωωᵀ is r
    known = element.alphabet.with_rule(
        element.alphabet.letter("omega") @ element.alphabet.letter("omega").T, element.alphabet.scalar("r") * one
    )
    found = element.into(known).evaluate(EXACT, {**letters, "F": EXACT.array([[Fraction(1, 2)]])}, {"m": 2, **scalars})
    return Fraction(str(found[0, 0]))


@pytest.mark.claim(id="sec-31-least-squares-overfits")
def test_ridge_on_both_sides_of_its_bound(evidence: Recorder) -> None:
    """m_test = 2, k′ = 1, τ = 1, μ = 1: ridge is better at ‖ω‖² = 1 < 2τ/μ, and worse at ‖ω‖² = 100."""
    least = on_two_rows(regularised_adaptation.error_moment(False), tau=1, k_prime=1)
    ridge = {r: on_two_rows(regularised_adaptation.error_moment(True), tau=1, mu=1, r=r, k_prime=1) for r in (1, 100)}
    assert ridge[1] < least < ridge[100]
    evidence.record(
        claim="sec-31-least-squares-overfits",
        method=Method.EXACT,
        scope="m_test = 2, k′ = 1, τ = μ = 1, exact",
        shown=f"least squares {least}; ridge {ridge[1]} at ‖ω‖² = 1 and {ridge[100]} at 100",
    )


@pytest.mark.claim(id="sec-31-few-steps")
def test_one_step_on_both_sides_of_its_bound(evidence: Recorder) -> None:
    """m_test = 2, k′ = 1, α = 1/2, τ = 1, s = 1: better at ‖ω‖² = 3/4 = 3ατ/m_test, worse at ‖ω‖² = 2."""
    least = on_two_rows(regularised_adaptation.error_moment(False), tau=1, k_prime=1)
    stopped = {r: on_two_rows(regularised_adaptation.after_steps(), tau=1, r=r, k_prime=1) for r in (Fraction(3, 4), 2)}
    assert stopped[Fraction(3, 4)] < least < stopped[2]
    evidence.record(
        claim="sec-31-few-steps",
        method=Method.EXACT,
        scope="m_test = 2, k′ = 1, α = 1/2, τ = 1, one step, exact",
        shown=f"least squares {least}; one step {stopped[Fraction(3, 4)]} at ‖ω‖² = 3/4 and {stopped[2]} at 2",
    )


def risks(complement: float, m: int) -> dict[str, np.ndarray]:
    """Return the excess risks of simulated tasks at d = k′ = 50, k = 5, σ² = 4, αB̂B̂ᵀ = x⋆ on B⋆ and a multiple off it.

    Σ⋆ ∝ diag(1, …, 5) of trace 5; x⋆ = 30/(30 + 1 + 9) as for 30 training rows and κ = 9; α = 1.
    """
    d, k, sigma = 50, 5, 2.0
    stream = np.random.default_rng(SEED + m)
    scales = np.concatenate([np.full(k, 30 / 40), np.full(d - k, complement)]) ** 0.5
    X = stream.standard_normal((DRAWS, m, d))
    theta = np.zeros((DRAWS, d, 1))
    theta[:, :k, 0] = stream.standard_normal((DRAWS, k)) * (np.arange(1, k + 1) / 3) ** 0.5
    y = X @ theta + sigma * stream.standard_normal((DRAWS, m, 1))
    A = X * scales
    transposed = A.transpose(0, 2, 1)
    heads = {
        "least squares": np.linalg.pinv(A) @ y,
        "ridge": transposed @ np.linalg.solve(A @ transposed + 3 * np.eye(m), y),
    }
    stopped = np.zeros((DRAWS, d, 1))
    for _ in range(3):
        stopped = stopped + transposed @ (y - A @ stopped) / m
    heads["3 steps"] = stopped
    return {name: ((scales[:, None] * head - theta) ** 2).sum(axis=(1, 2)) for name, head in heads.items()}


@pytest.mark.claim(id="sec-31-least-squares-overfits")
@pytest.mark.claim(id="sec-31-few-steps")
@pytest.mark.parametrize("m", [20, 30])
def test_overfitting_at_the_papers_sizes(m: int, evidence: Recorder) -> None:
    """With a complement of 1/100 in αB̂B̂ᵀ least squares is beaten by ridge and by three steps, beyond five errors."""
    found = risks(0.01, m)
    for name in ("ridge", "3 steps"):
        gain = found["least squares"] - found[name]
        assert gain.mean() > DEVIATIONS * gain.std() / DRAWS**0.5
    # Without any complement it is least squares in the hidden dimension: more than half of the excess is gone.
    none = risks(0.0, m)["least squares"]
    assert none.mean() < found["least squares"].mean() / 2
    shown = ", ".join(f"{name} {values.mean():.2f}" for name, values in found.items())
    for claim in ("sec-31-least-squares-overfits", "sec-31-few-steps"):
        evidence.record(
            claim=claim,
            method=Method.MONTE_CARLO,
            scope=f"d = k′ = 50, k = 5, σ² = 4, m_test = {m}, {DRAWS} tasks, seed {SEED + m}, five standard errors",
            shown=f"mean excess risks: {shown}; least squares without a complement {none.mean():.2f}",
            finding=OVERFITS,
        )


OVERFITS = (
    r"At $k' = d$ and $k \lt m_{\mathrm{test}} \lt d - 1$ rows, as in the paper's experiments, least squares on "
    r"$X\hat B$ has a mean excess risk of at least $\sigma^2(m_{\mathrm{test}} - k)/(d - m_{\mathrm{test}} - 1)$ for "
    r"every $\hat B$ of full rank, however small its complement; one step's risk tends to that of the limit. At $d - 1$"
    r", $d$ and $d + 1$ rows it is infinite. For $m_{\mathrm{test}} \ge k'$ it is worse than ridge regression with any "
    r"weight $0 \lt \mu \lt 2\tau/\lVert\omega\rVert^2$, and than $s$ gradient steps if $\lVert\omega\rVert^2 \le "
    r"(2s + 1)\alpha\tau/m_{\mathrm{test}}$, for every task; here $B_\star w_\star = \hat B\omega + e$, $\tau = "
    r"\sigma^2 + \lVert e\rVert^2$. For strong signals too few steps are worse."
)


@pytest.mark.claim(id="sec-31-least-squares-overfits")
def test_what_fitting_costs_at_the_papers_sizes(evidence: Recorder) -> None:
    """d = 50, k = 5, σ² = 4: 20 and 30 rows: fitting costs 60/29 and 100/19, one step at g = 1/100 less, exactly."""
    words = interpolating_estimates.fit_alphabet()

    def value(function: object, m: int) -> Fraction:
        point = {"d": 50, "k": 5, "m": m, "sigma_sq": 4, "r": 5, "x": Fraction(3, 4), "g": Fraction(1, 100)}
        return Fraction(str(words.constant(function).evaluate(EXACT, {}, {n: Fraction(v) for n, v in point.items()})))

    fitting = {m: value(interpolating_estimates.carried_mean(), m) for m in (20, 30)}
    step = {m: value(interpolating_estimates.step_at(), m) for m in (20, 30)}
    assert fitting == {20: Fraction(60, 29), 30: Fraction(100, 19)}
    assert all(step[m] < fitting[m] for m in (20, 30))
    for m, level in fitting.items():
        simulated = risks(0.01, m)["least squares"]
        assert simulated.mean() > float(level) - DEVIATIONS * simulated.std() / DRAWS**0.5
    evidence.record(
        claim="sec-31-least-squares-overfits",
        method=Method.EXACT,
        scope="d = k′ = 50, k = 5, σ² = 4, ‖w⋆‖² = 5, x = 3/4, g = 1/100; m_test = 20 and 30",
        shown=f"fitting costs {fitting[20]} and {fitting[30]} or more; one step {float(step[20]):.3f}, "
        f"{float(step[30]):.3f}",
    )


@pytest.mark.claim(id="sec-31-one-step-beats-regression")
def test_one_step_beats_regression_at_the_papers_sizes(evidence: Recorder) -> None:
    """d = 50, k = 5, σ² = 4, Σ⋆ = I, as many rows in training: one step against minimum-norm regression, exactly."""
    words = one_step_against_regression.comparison_alphabet()

    def value(function: object, m: int) -> Fraction:
        point = {"d": 50, "k": 5, "m": m, "c": 1, "kappa": 9}
        averaged = words.constant(one_step_against_regression.averaged(function))
        return Fraction(str(averaged.evaluate(EXACT, {}, {name: Fraction(v) for name, v in point.items()})))

    step = {m: value(one_step_against_regression.one_step(), m) for m in (20, 30)}
    regression = {m: value(one_step_against_regression.wide_regression(), m) for m in (20, 30)}
    assert step == {20: Fraction(5, 3), 30: Fraction(5, 4)}
    assert all(regression[m] > 3 * step[m] for m in step)
    evidence.record(
        claim="sec-31-one-step-beats-regression",
        method=Method.EXACT,
        scope="d = 50, k = 5, σ² = 4, Σ⋆ = I, m_in = m_test = 20 and 30; mean over tasks",
        shown=f"one step {step[20]}, {step[30]}; regression {regression[20]}, {regression[30]}",
        finding="A single step from the limit beats least squares in all $d$ dimensions, in mean square and with equal "
        "numbers of rows, below $d - 1$ rows if $m + 1 + \\kappa \\le d$, at $d - 1$, $d$ and $d + 1$ rows always, and "
        "above if $k(k + 1)c \\le (d - k)\\sigma^2$; with many more test rows than training rows regression is better.",
    )
