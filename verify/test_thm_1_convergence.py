"""Theorem 1 along trajectories: each of its limits through the explicit bound that holds at every step.

The laws are in `proofs.trajectory_laws`. Nothing is ever required to be "small at the end": the complement decays
like 1/t. Laws take the step and the bound as arguments, and each is shown able to fail.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import hypothesis
import pytest
from hypothesis import given, target

from foanil import convergence, dynamics, statements, strategies
from foanil.arrays import NUMPY, mpmath_system
from foanil.dynamics import Step
from foanil.evidence import Check, Method, Outcome
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Dimensionless, Setting, State, dimensionless, isotropic
from proofs.thm_1_convergence import CHECKS
from proofs.trajectory_laws import (
    FLOAT_BUDGET,
    Law,
    Run,
    complement_decays,
    complement_is_bounded,
    gram_is_bounded,
    gram_is_sandwiched,
    head_pays,
    representation_is_bounded,
    spectrum_is_enclosed,
)


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The theorem as printed follows, for some universal constants; every falsehood is refused."""
    evidence.judge(check)


SCOPE = "Hypothesis draws meeting the explicit conditions exactly (d <= 5, k <= 3), {steps} steps each, {digits} digits"


# Judging a law -----------------------------------------------------------------------------------


def worst(law: Law, run: Run) -> Any:
    """Return the least slack of a law along a run, NaN if there is any: it must not hide behind the others."""
    slacks = list(law(run))
    return next((slack for slack in slacks if slack != slack), min(slacks))


def held(law: Law, run: Run) -> bool:
    """Whether no slack falls below minus the rounding budget; stops at the first that does; NaN is no pass."""
    return all(bool(slack >= -run.budget()) for slack in law(run))


def check_draws(evidence: Any, digits: int, claims: tuple[str, ...], law: Law, steps: int, share: float = 0.6) -> None:
    """Run a law along drawn starts, and record the outcome for its claims."""
    xp, least = mpmath_system(digits), [math.inf]
    defaults = hypothesis.settings()
    examples = max(1, round(share * defaults.max_examples))

    @hypothesis.settings(defaults, max_examples=examples, deadline=None)
    @given(strategies.explicit_conditions())
    def along(drawn: strategies.Start) -> None:
        run = Run(xp, *drawn, steps)
        slack = worst(law, run)
        least[0] = min(least[0], float(slack))
        target(-float(slack), label="how close to violation")
        assert slack >= -run.budget(), f"{says(law)} fails by {float(-slack):.3e} for {drawn}"

    scope = SCOPE.format(steps=steps, digits=digits)
    record(evidence, claims, law, scope, along, lambda: f"{examples} draws, {steps} steps each; {_shown(least[0])}")


def says(law: Law) -> str:
    """Return the law in words, the first line of its docstring."""
    inner = law.func if isinstance(law, functools.partial) else law
    return (inner.__doc__ or "").splitlines()[0]


def _shown(slack: float) -> str:
    return "no slack below zero" if slack >= 0 else "slacks below zero by rounding only"


def record(
    evidence: Any,
    claims: tuple[str, ...],
    law: Law,
    scope: str,
    check: Callable[[], None],
    shown: Callable[[], str],
    **more: Any,
) -> None:
    """Run a check and record its outcome for every claim; a failure is recorded, then raised."""
    outcome, text, fault = Outcome.HELD, "", None
    try:
        check()
        text = shown()
    except AssertionError as error:
        outcome, text, fault = Outcome.FAILED, str(error).splitlines()[0], error
    for claim in claims:
        evidence.record(
            claim=claim, method=Method.TRAJECTORY, outcome=outcome, scope=scope, shown=f"{says(law)} {text}", **more
        )
    if fault is not None:
        raise fault


# Along drawn starts ------------------------------------------------------------------------------


@pytest.mark.claim(id="sec-3-complement-decay")
def test_complement_never_increases(evidence: Any, digits: int) -> None:
    """‖B⋆,⊥ᵀB_{t+1}‖₂ ≤ ‖B⋆,⊥ᵀB_t‖₂ at every step of every drawn trajectory."""
    check_draws(evidence, digits, ("sec-3-complement-decay",), complement_decays, steps=60)


@pytest.mark.claim(id="thm-1-i")
@pytest.mark.claim(id="app-a-rate")
@pytest.mark.claim(id="new-thm-1-explicit")
def test_complement_stays_below_its_rate(evidence: Any, digits: int) -> None:
    """‖B⋆,⊥ᵀB_t‖₂² ≤ ‖B⋆,⊥ᵀB_0‖₂²/(1 + βγ‖B⋆,⊥ᵀB_0‖₂²t) with γ = α²σ̄²/m_in, at every step."""
    check_draws(evidence, digits, ("thm-1-i", "app-a-rate", "new-thm-1-explicit"), complement_is_bounded, steps=60)


@pytest.mark.claim(id="thm-1-ii")
@pytest.mark.claim(id="new-thm-1-explicit")
def test_head_pays_for_every_output(evidence: Any, digits: int) -> None:
    """(7/4)β(1 − ḡ)Σ‖B_tw_t‖² stays below what ‖w_t‖² has lost, and ‖w_t‖ never increases."""
    check_draws(evidence, digits, ("thm-1-ii", "new-thm-1-explicit"), head_pays, steps=60)


@pytest.mark.claim(id="app-a-bounded")
@pytest.mark.claim(id="new-thm-1-explicit")
def test_representation_stays_bounded(evidence: Any, digits: int) -> None:
    """α‖B_t‖₂² ≤ ḡ < 1 at every step."""
    check_draws(evidence, digits, ("app-a-bounded", "new-thm-1-explicit"), representation_is_bounded, steps=60)


@pytest.mark.claim(id="new-thm-1-explicit")
def test_gram_stays_below_its_limit_or_start(evidence: Any, digits: int) -> None:
    """λ_max(αΛ_t) ≤ max(λ_max(αΛ_0), x⋆) at every step."""
    check_draws(evidence, digits, ("new-thm-1-explicit",), gram_is_bounded, steps=60)


@pytest.mark.claim(id="sec-3-two-recursions")
@pytest.mark.claim(id="thm-1-iii")
@pytest.mark.claim(id="new-thm-1-explicit")
def test_gram_lies_between_two_recursions(evidence: Any, digits: int) -> None:
    """f_t(αΛ_t) ⪯ αΛ_{t+1} ⪯ p̃(αΛ_t) in Loewner order at every step."""
    claims = ("sec-3-two-recursions", "thm-1-iii", "new-thm-1-explicit")
    check_draws(evidence, digits, claims, gram_is_sandwiched, steps=30)


# Fixed starts, followed for long -----------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A start that is followed for long, and why it is here."""

    slug: str
    why: str
    setting: Setting
    state: State


_TILTED = State(
    [["1/2", "-1/3", "1/5"], ["1/7", "2/5", "-1/4"], ["1/3", "1/6", "-1/2"], ["-1/5", "1/4", "1/3"]],
    ["1/3", "-1/2", "1/9"],
)

CASES = (
    Case(
        "wide",
        "k' > k: the complement decays like 1/t, and part of the head survives",
        isotropic(4, 2, 3, 1, "3/2", 1, "1/4", "1/4"),
        _TILTED,
    ),
    Case(
        "square",
        "k' = k, constants at their limits, no label noise: the head must vanish",
        isotropic(5, 2, 2, 2, 8, 0, "1/8", "1/8"),
        State([["12/25", "9/25"], ["-3/50", "4/50"], ["16/25", "12/25"], [0, 0], [0, 0]], ["3/5", "4/5"]),
    ),
    Case(
        "aligned",
        "D_0 = 0 and w_0 = 0: W_t = 0, so that both recursions are as tight as they get",
        isotropic(3, 2, 3, 2, 4, 8, "1/8", "1/8"),
        State([["3/5", "4/5", 0], ["-2/25", "3/50", 0], [0, 0, 0]], [0, 0, 0]),
    ),
)


def test_every_case_meets_the_hypotheses() -> None:
    """Each fixed start satisfies Theorem 1 with explicit constants, decided exactly, and slugs are distinct."""
    for case in CASES:
        convergence.require_explicit_conditions(case.setting, case.state)
    assert len({case.slug for case in CASES}) == len(CASES)


@pytest.mark.claim(id="thm-1-iii")
@pytest.mark.claim(id="sec-3-two-recursions")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_spectrum_follows_the_two_recursions_for_long(case: Case, evidence: Any) -> None:
    """Two scalar recursions enclose the spectrum of αΛ_t for 4000 steps, while all other bounds hold."""
    run = Run(NUMPY, case.setting, case.state, 4000)
    ends: list[tuple[float, ...]] = []
    law = functools.partial(spectrum_is_enclosed, ends=ends)

    def check() -> None:
        for each in (law, complement_is_bounded, head_pays, gram_is_bounded, representation_is_bounded):
            slack = worst(each, run)
            assert slack >= -FLOAT_BUDGET, f"{says(each)} fails by {-slack:.3e} for {case.slug}"

    def shown() -> str:
        x_star = float(run.pure["x_star"])
        low, least, largest, high = ends[-1]
        return f"After {run.steps} steps: {low:.6f} <= {least:.6f}, {largest:.6f} <= {high:.6f}; x_star = {x_star:.6f}"

    record(
        evidence,
        ("thm-1-iii", "sec-3-two-recursions"),
        law,
        f"start '{case.slug}' ({case.why}), 4000 steps, doubles",
        check,
        shown,
        series=series(run, ends),
    )


@pytest.mark.claim(id="thm-1-iii")
def test_spectrum_follows_the_two_recursions_at_many_digits(evidence: Any, digits: int, audit_profile: str) -> None:
    """The same enclosure at the audit's digits, from the start with k′ > k."""
    steps = 600 if audit_profile == "quick" else 3000
    run = Run(mpmath_system(digits), CASES[0].setting, CASES[0].state, steps)

    def check() -> None:
        slack = worst(spectrum_is_enclosed, run)
        assert slack >= -run.budget(), f"fails by {float(-slack):.3e}"

    scope = f"start '{CASES[0].slug}', {steps} steps, {digits} digits"
    record(evidence, ("thm-1-iii",), spectrum_is_enclosed, scope, check, lambda: f"{steps} steps at {digits} digits.")


SHOWN_POINTS = 60


def series(run: Run, ends: list[tuple[float, ...]]) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return the polylines of the page's figure, at log-spaced steps: values beside their bounds."""
    times = sorted({round(run.steps ** (i / (SHOWN_POINTS - 1))) for i in range(SHOWN_POINTS)} | {0})
    alpha, rate = run.letters["alpha"], convergence.complement_rate(run.letters)
    seen = [o for o in dynamics.observations(run.xp, run.setting, run.state, run.steps) if o.t in set(times)]
    if not ends:
        list(spectrum_is_enclosed(run, ends))
    initial = seen[0].complement_sq
    lines: dict[str, list[float]] = {
        "unlearning: α‖B⋆,⊥ᵀB_t‖²": [alpha * o.complement_sq for o in seen],
        "unlearning: its bound": [alpha * convergence.complement_bound(initial, rate, o.t) for o in seen],
        "unlearning: ‖w_t‖/√(αc)": [math.sqrt(o.head_sq / (alpha * float(run.setting.c))) for o in seen],
        "eigenvalues of αΛ: least eigenvalue": [ends[o.t][1] for o in seen],
        "eigenvalues of αΛ: largest eigenvalue": [ends[o.t][2] for o in seen],
        "eigenvalues of αΛ: lower recursion": [ends[o.t][0] for o in seen],
        "eigenvalues of αΛ: upper recursion": [ends[o.t][3] for o in seen],
        "eigenvalues of αΛ: x⋆": [float(run.pure["x_star"]) for _ in seen],
    }
    return {
        label: tuple((float(o.t), float(f"{value:.6g}")) for o, value in zip(seen, values, strict=True))
        for label, values in lines.items()
    }


# Every law can fail ------------------------------------------------------------------------------


def _with_moment(change: Callable[..., Any]) -> Step:
    """Return the transcribed step with a wrong second moment."""
    return functools.partial(dynamics.step, second_moment=change)


def _one_more_sample(xp: Any, *arrays: Any, m_in: Any, **scalars: Any) -> Any:
    return statements.second_moment(xp, *arrays, m_in=m_in + 1, **scalars)


def _noise_only(xp: Any, B: Any, w: Any, B_star: Any, Sigma_star: Any, **scalars: Any) -> Any:
    """(7) with σ² where Tr(Σ⋆) + σ² stands."""
    full = statements.second_moment(xp, B, w, B_star, Sigma_star, **scalars)
    return full - scalars["alpha"] ** 2 / scalars["m_in"] * xp.trace(Sigma_star) * (B.T @ B)


def _contraction_reversed(xp: Any, B: Any, B_star: Any, Sigma_star: Any, moment: Any, **steps: Any) -> Any:
    return statements.representation_step(xp, B, B_star, Sigma_star, -moment, **steps)


def _signal_reversed(xp: Any, B: Any, B_star: Any, Sigma_star: Any, moment: Any, **steps: Any) -> Any:
    return statements.representation_step(xp, B, B_star, -Sigma_star, moment, **steps)


def _head_reversed(xp: Any, B: Any, w: Any, *, alpha: Any, beta: Any) -> Any:
    return statements.head_step(xp, B, w, alpha=alpha, beta=-beta)


def _without_square(xp: Any, numbers: Any, gram: Any, weight: Any) -> Any:
    F = xp.eye(gram.shape[0]) - numbers["s"] * gram
    return gram @ (xp.eye(gram.shape[0]) + numbers["a"] * F)


def _too_fast(xp: Any, numbers: Any, gram: Any, weight: Any) -> Any:
    return convergence.lower_recursion(xp, numbers, gram, weight) + numbers["a"] * gram


def _overpriced(letters: Any, g_bar: Any) -> Any:
    return 9 * letters["beta"] / 4


_STEP_MUTANTS: tuple[tuple[str, Law, Step], ...] = (
    ("m_in + 1 in (7)", gram_is_sandwiched, _with_moment(_one_more_sample)),
    ("sigma^2 for sigma_bar^2 in (7), complement", complement_is_bounded, _with_moment(_noise_only)),
    ("sigma^2 for sigma_bar^2 in (7), gram", gram_is_bounded, _with_moment(_noise_only)),
    (
        "+ beta B E in (6), complement",
        complement_decays,
        functools.partial(dynamics.step, representation_step=_contraction_reversed),
    ),
    (
        "+ beta B E in (6), norm",
        representation_is_bounded,
        functools.partial(dynamics.step, representation_step=_contraction_reversed),
    ),
    (
        "- alpha beta Theta B in (6)",
        gram_is_sandwiched,
        functools.partial(dynamics.step, representation_step=_signal_reversed),
    ),
    ("+ beta in (5)", head_pays, functools.partial(dynamics.step, head_step=_head_reversed)),
)

_BOUND_MUTANTS: tuple[tuple[str, Law], ...] = (
    ("4 gamma in bound (a)", functools.partial(complement_is_bounded, speed=4)),
    ("9/4 without 1 - g in bound (b)", functools.partial(head_pays, rate=_overpriced)),
    ("upper recursion without its square", functools.partial(gram_is_sandwiched, upper=_without_square)),
    ("lower recursion 1 + 3a", functools.partial(gram_is_sandwiched, lower=_too_fast)),
)


def killers(law: Law, step: Step, steps: int = 300, **changes: Any) -> Iterator[str]:
    """Yield the slugs of the fixed starts on which a law fails under a step, lazily: a wrong step may run away."""
    for case in CASES:
        if not held(law, Run(NUMPY, case.setting, case.state, steps, step, **changes)):
            yield case.slug


@pytest.mark.parametrize(("name", "law", "step"), _STEP_MUTANTS, ids=[row[0] for row in _STEP_MUTANTS])
def test_a_wrong_step_breaks_the_law(name: str, law: Law, step: Step) -> None:
    """A law that holds along (5)-(6) fails along a wrong iteration."""
    assert not any(killers(law, dynamics.step))
    assert any(killers(law, step))


@pytest.mark.parametrize(("name", "law"), _BOUND_MUTANTS, ids=[row[0] for row in _BOUND_MUTANTS])
def test_a_wrong_bound_is_broken(name: str, law: Law) -> None:
    """A bound that is too strong fails along (5)-(6)."""
    assert any(killers(law, dynamics.fast_step))


@pytest.mark.parametrize("shift", [1, -1])
@pytest.mark.parametrize("law", [gram_is_sandwiched, spectrum_is_enclosed], ids=["sandwich", "enclosure"])
def test_a_wrong_fixed_point_is_broken(law: Law, shift: int) -> None:
    """With x⋆ of m_in ± 1 in the recursions, αΛ_t leaves them."""
    broken = []
    for case in CASES:
        right = dimensionless(case.setting)
        wrong = _with_samples(right, right.m + shift)
        numbers = {name: float(getattr(wrong, name)) for name in ("s", "x_star")}
        broken.append(not held(law, Run(NUMPY, case.setting, case.state, 2000, numbers=numbers)))
    assert any(broken)


def _with_samples(right: Dimensionless, m: Fraction) -> Dimensionless:
    """Return s and x⋆ as another sample size would make them (m = 0: as half a sample would)."""
    m = m or Fraction(1, 2)
    s = 1 + (1 + right.kappa) / m
    return replace(right, s=s, x_star=1 / s)


def test_a_head_above_its_bound_is_not_covered() -> None:
    """The hypothesis on w_0 is decided exactly: at ‖w_0‖² just above αc it is reported as failing."""
    case = CASES[1]
    heavier = replace(case.state, w=[entry * Fraction(1001, 1000) for entry in case.state.w])
    failing = [c.text for c in convergence.explicit_conditions(case.setting, heavier) if not c.holds]
    assert failing == ["||w_0||^2 <= alpha c"]
