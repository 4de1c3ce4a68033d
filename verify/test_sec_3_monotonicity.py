"""Monotonicity: what never grows; the head's output and the Gram matrix, which whatever the constants do not obey."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foanil import rational
from foanil.arrays import EXACT, ball_system, mpmath_system
from foanil.convergence import printed_conditions, require_explicit_conditions
from foanil.dynamics import Reduced, fast_step, numbers_in_system, reduced_step, start, step, trajectory
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Setting, State, dimensionless, isotropic
from proofs import gram_monotone_scalar, monotonicity_fails, output_decays_eventually
from proofs.sec_3_monotonicity import CHECKS

STEPS = 3


EVERY = (
    *CHECKS,
    *monotonicity_fails.CHECKS,
    *output_decays_eventually.CHECKS,
    *gram_monotone_scalar.CHECKS,
)


@pytest.mark.parametrize("check", cases(EVERY))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """What is monotone, and which starts break what is said to be; every falsehood is refused."""
    evidence.judge(check)


def silent_start() -> Reduced:
    """Return C (2×3), D (2×3) and a nonzero head that both send to zero."""
    C = EXACT.array(rational.matrix([["1/3", "1/4", 0], ["-1/5", "1/4", 0]], "C", (2, 3)))
    D = EXACT.array(rational.matrix([["1/7", "1/6", 0], ["1/4", "-1/5", 0]], "D", (2, 3)))
    return Reduced(C, D, EXACT.array(rational.matrix([[0], [0], [5]], "w", (3, 1))))


@pytest.mark.claim(id="new-gram-monotone")
def test_increase_is_strict_somewhere(evidence: Recorder) -> None:
    """At a = 1/2, with a complement and a silent head of length 5, Λ₊ − Λ is positive definite for three steps."""
    setting = Setting(d=4, k=2, k_prime=3, m_in=6, Sigma_star=1, sigma_sq=1, alpha="1/2", beta=1)
    pure = dimensionless(setting)
    numbers = numbers_in_system(EXACT, pure)
    point = silent_start()
    stacked = point.C.T @ point.C + point.D.T @ point.D
    slack = rational.as_matrix(numbers["x_star"] * EXACT.eye(3) - stacked)
    assert pure.a == Fraction(1, 2)
    assert rational.is_positive_semidefinite(slack)
    for _ in range(STEPS):
        after = reduced_step(EXACT, numbers, point)
        rise = rational.as_matrix(after.C @ after.C.T - point.C @ point.C.T)
        assert rational.is_positive_semidefinite(rise)
        assert rational.rank(rise) == 2
        point = after
    evidence.record(
        claim="new-gram-monotone",
        method=Method.EXACT,
        scope="one instance: d = 4, k = 2, k′ = 3, m_in = 6, κ = 3, a = 1/2, α‖B_0‖² ≤ x⋆, ‖ŵ_0‖ = 5",
        shown=f"Λ_(t+1) − Λ_t is positive definite for t < {STEPS}",
    )


# Whatever the constants ----------------------------------------------------------------------------

CONSTANTS = (Fraction(1, 10**6), Fraction(1, 7), Fraction(1), Fraction(10**6))
FINE = 10**12
"""Roots are taken from below to this many parts."""


def along_axes(setting: Setting, loud: Fraction, silent: Fraction, head: Fraction, complement: Fraction) -> State:
    """Return B_0 with α‖·‖² = loud, silent and complement along three axes, and ŵ along the first, ‖ŵ‖² = head.

    Square roots are rounded down.
    """
    roots = [rational.root_below(square / setting.alpha, FINE**2) for square in (loud, silent, complement)]
    rows = [[root if i == j else 0 for j in range(3)] for i, root in enumerate(roots)]
    return State([*rows, [0, 0, 0]], [rational.root_below(head * setting.alpha * setting.c, FINE), 0, 0])


def meets(setting: Setting, state: State, C_B: Fraction, C_w: Fraction, C_alpha: Fraction) -> bool:
    """Whether all hypotheses of Theorem 1 hold with these constants, decided exactly."""
    return all(condition.holds for condition in printed_conditions(setting, state, C_B, C_w, C_alpha))


@pytest.mark.claim(id="sec-3-head-output-decay")
def test_output_grows_whatever_the_constants(evidence: Recorder) -> None:
    """‖B_1w_1‖ > ‖B_0w_0‖ for four values of the constants, with a complement, in exact arithmetic."""
    gains = []
    for C in CONSTANTS:
        alpha = min(C, Fraction(1)) / 2
        setting = isotropic(d=4, k=2, k_prime=3, m_in=5, c=1, sigma_sq=2, alpha=alpha, beta=alpha)
        numbers, head = dimensionless(setting), min(C, Fraction(1, 2))
        room = 1 - head
        x = min(C / 5, room / (4 * numbers.s), numbers.a * room / 4)
        state = along_axes(setting, x, x / 2, head, x / 3)
        assert meets(setting, state, C, C, C)
        letters, theta = setting.in_system(EXACT), start(EXACT, setting, state)
        after = step(EXACT, letters, theta)
        gains.append(EXACT.sqnorm(after.B @ after.w) / EXACT.sqnorm(theta.B @ theta.w))
    assert all(gain > 1 for gain in gains)
    evidence.record(
        claim="sec-3-head-output-decay",
        method=Method.COUNTEREXAMPLE,
        scope="C_1 = C_2 = C_3 = " + ", ".join(map(str, CONSTANTS)) + "; d = 4, k = 2, k′ = 3, m_in = 5, κ = 4",
        shown="‖B_1w_1‖²/‖B_0w_0‖² = " + ", ".join(f"1 + {float(gain - 1):.2e}" for gain in gains),
        finding="The head's output grows from every small enough start whose head points along a direction of its "
        "own: $\\lVert B_1w_1\\rVert \\gt \\lVert B_0w_0\\rVert$, whatever the constants, for $k = 1$ too. What never "
        "grows is $\\lVert w_t\\rVert$: `new-head-norm-nonincreasing`. "
        "Standalone: [sec_3_head_output_decay.py](capsules/sec_3_head_output_decay.py).",
    )


@pytest.mark.claim(id="sec-3-gram-monotone")
def test_gram_falls_without_a_head_whatever_the_constants(evidence: Recorder) -> None:
    """Λ_1 ≺ Λ_0 for four values of the constants, w_0 = 0 and D_0 = 0: Λ_0 ≻ Λ⋆ under the printed bound."""
    falls = []
    for C in CONSTANTS:
        m = 3
        kappa = max(4 * m**2 / C, Fraction(4))
        numbers = dimensionless(isotropic(4, 2, 3, m, m**2 / kappa, m**2 * (1 - 2 / kappa), 1, 1))
        alpha = min(C, Fraction(1)) / (m * (1 + numbers.s * C / m))
        setting = isotropic(4, 2, 3, m, m**2 / kappa, m**2 * (1 - 2 / kappa), alpha, alpha)
        state = along_axes(setting, C / m, C / m, Fraction(0), Fraction(0))
        assert meets(setting, state, C, C, C)
        letters, theta = setting.in_system(EXACT), start(EXACT, setting, state)
        after = step(EXACT, letters, theta)
        before, fall = (rational.as_matrix(A) for A in (theta.B @ theta.B.T, theta.B @ theta.B.T - after.B @ after.B.T))
        assert rational.is_positive_semidefinite(fall)
        assert rational.rank(fall) == setting.k
        falls.append(float(fall[0][0] / before[0][0]))
    evidence.record(
        claim="sec-3-gram-monotone",
        method=Method.COUNTEREXAMPLE,
        scope="C_1 = C_2 = C_3 = "
        + ", ".join(map(str, CONSTANTS))
        + "; d = 4, k = 2, k′ = 3, m_in = 3, w_0 = 0, D_0 = 0",
        shown="Λ_0 − Λ_1 is positive definite; relative falls " + ", ".join(f"{fall:.1e}" for fall in falls),
        finding="The printed bound on $B_0$ allows $\\Lambda_0 \\succ \\Lambda_\\star$ in a unit of the labels in "
        "which $\\Sigma_\\star$ is small: then $\\Lambda_1 \\prec \\Lambda_0$ already without a head. With "
        "$\\alpha\\Lambda_0 \\preceq x_\\star I$ and no head the claim holds: `new-gram-monotone`.",
    )


SMALL = (
    (Fraction(1, 4), Fraction(1, 2), Fraction(1, 4000)),
    (Fraction(1, 100), Fraction(1, 2), Fraction(1, 10**6)),
    (Fraction(1, 10**6), Fraction(1, 2), Fraction(1, 10**9)),
    (Fraction(1, 10**6), Fraction(1, 10), Fraction(1, 10**14)),
)
"""C_1 = C_2, C_3, and the loud direction's share of the silent one at the start."""


def first_fall(setting: Setting, state: State, most: int, digits: int) -> tuple[int, float]:
    """Return the first t with certainly Λ_{t+1} ⋡ Λ_t in its second diagonal entry, and the relative fall; in balls."""
    xp = ball_system(digits)
    with xp.working():
        letters, theta = setting.in_system(xp), start(xp, setting, state)
        for t in range(most):
            after = fast_step(xp, letters, theta)
            now, then = (xp.sqnorm(letters["B_star"].T[1:] @ point.B) for point in (theta, after))
            if then < now:
                return t, float(((now - then) / now).mid())
            theta = after
    raise AssertionError(f"no certain fall within {most} steps")


@pytest.mark.claim(id="sec-3-gram-monotone")
def test_gram_falls_with_a_head_whatever_the_constants(evidence: Recorder) -> None:
    """With a head and a complement a diagonal entry of Λ_t falls, the smaller the constants the later; in balls."""
    falls = []
    for C, C_alpha, share in SMALL:
        alpha = C_alpha / 2
        setting = isotropic(d=4, k=2, k_prime=3, m_in=1, c=1, sigma_sq=2, alpha=alpha, beta=alpha)
        state = along_axes(setting, share * C / 4, C / 4, min(C, Fraction(1, 2)), C / 5)
        assert meets(setting, state, C, C, C_alpha)
        falls.append(first_fall(setting, state, most=8000, digits=400))
    times = ", ".join(f"t = {t} (by {fall:.1e} of its size)" for t, fall in falls)
    evidence.record(
        claim="sec-3-gram-monotone",
        method=Method.COUNTEREXAMPLE,
        scope="(C_1 = C_2, C_3) = "
        + ", ".join(f"({C}, {C_alpha})" for C, C_alpha, _ in SMALL)
        + "; d = 4, k = 2, k′ = 3, m_in = 1, κ = 4, balls of 400 digits",
        shown=f"a diagonal entry of Λ falls for certain at {times}",
        finding="A diagonal entry of $\\Lambda_t$ decreases under any constants and in both readings of the bound on "
        "$B_0$, once $k \\ge 2$: one direction comes close to its limit while the output of the head along another is "
        "still tiny; the noise $\\lVert B_tw_t\\rVert^2/m_{\\mathrm{in}}$ of that output then pushes the first "
        "back. With $\\alpha = 1/(2\\bar\\sigma)$ it takes some 30 steps. "
        "Standalone: [sec_3_gram_monotone.py](capsules/sec_3_gram_monotone.py).",
    )


# Later ---------------------------------------------------------------------------------------------

FOLLOWED, SETTLED = 1500, 500
"""Steps that an output is followed, and the step from which it must not grow any more; both set before any run."""


def along_a_mixed_start(k_prime: int) -> tuple[Setting, State]:
    """Return a start that meets the explicit hypotheses with Cŵ, Dŵ and CDᵀ all different from zero."""
    setting = isotropic(d=5, k=2, k_prime=k_prime, m_in=1, c=1, sigma_sq=2, alpha="1/4", beta="1/4")
    rows = [
        ["1/20", "-1/9", "1/7"],
        ["1/8", "1/30", "-1/6"],
        ["1/3", "1/6", "-1/2"],
        ["-1/5", "1/4", "1/3"],
        [0, "1/9", 0],
    ]
    return setting, State([row[:k_prime] for row in rows], ["1/4", "-1/3", "1/9"][:k_prime])


@pytest.mark.claim(id="sec-3-head-output-eventual-decay")
@pytest.mark.parametrize("k_prime", [2, 3])
def test_output_decays_once_the_complement_has(k_prime: int, evidence: Recorder, digits: int) -> None:
    """From two mixed starts the output grows for a while, and never again after step 500 of 1500."""
    setting, state = along_a_mixed_start(k_prime)
    require_explicit_conditions(setting, state)
    xp = mpmath_system(digits)
    outputs = [xp.sqnorm(point.B @ point.w) for point in trajectory(xp, setting, state, FOLLOWED)]
    grown = [t for t in range(FOLLOWED) if outputs[t + 1] > outputs[t]]
    assert outputs[-1] > 0
    assert grown
    assert grown[-1] < SETTLED
    evidence.record(
        claim="sec-3-head-output-eventual-decay",
        method=Method.TRAJECTORY,
        scope=f"one start, d = 5, k = 2, k′ = {k_prime}, m_in = 1, κ = 4, α = β = 1/(2σ̄), {digits} digits",
        shown=f"In {FOLLOWED} steps ‖B_tw_t‖ grows {len(grown)} times, last at t = {grown[-1]}; "
        f"‖B_tw_t‖² ends at {float(outputs[-1]):.1e}",
    )
