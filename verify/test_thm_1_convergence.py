"""Theorem 1 along trajectories: each of its limits through the explicit bound that holds at every step.

A law turns a trajectory into slacks, the pure numbers (bound − value), one or more for a step; a law that holds never
has a slack below minus the rounding budget. Nothing is ever required to be "small at the end": the complement decays
like 1/t. Laws take the step and the bound as arguments, and each is shown able to fail.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import hypothesis
import pytest
from hypothesis import given, target

from foanil import convergence, dynamics, spectra, statements, strategies
from foanil.arrays import NUMPY, NumberSystem, mpmath_system
from foanil.dynamics import Iterate, Letters, Reduced, Step
from foanil.evidence import Method, Outcome
from foanil.setting import Dimensionless, Setting, State, dimensionless, isotropic

LOST_DIGITS = 10
"""A slack may fall below zero by 10^(LOST_DIGITS − digits): rounding. Measured worst: 7e-51 at 50 digits, 200 draws."""

FLOAT_BUDGET = 1e-12
"""The same for doubles over thousands of steps. Measured worst: 5e-16."""

SCOPE = "Hypothesis draws meeting the explicit conditions exactly (d <= 5, k <= 3), {steps} steps each, {digits} digits"


@dataclass(frozen=True)
class Run:
    """A trajectory in progress: its number system, letters, dimensionless numbers, and iterates."""

    xp: NumberSystem
    setting: Setting
    state: State
    steps: int
    step: Step = dynamics.fast_step
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def letters(self) -> Letters:
        """The letters of statements, in the run's numbers."""
        return self.setting.in_system(self.xp)

    @functools.cached_property
    def pure(self) -> Mapping[str, Any]:
        """The dimensionless numbers; `numbers` overrides some of them (mutants)."""
        return {**dynamics.numbers_in_system(self.xp, dimensionless(self.setting)), **self.numbers}

    def iterates(self) -> Iterator[Iterate]:
        """Iterate from the start."""
        return dynamics.trajectory(self.xp, self.setting, self.state, self.steps, self.step)

    def reduced(self, theta: Iterate) -> Reduced:
        """Return the dimensionless iterate."""
        alpha = self.letters["alpha"]
        return dynamics.reduced(
            self.letters, theta, alpha ** _half(alpha), (alpha * self.xp.scalar(self.setting.c)) ** _half(alpha)
        )

    def budget(self) -> Any:
        """Return how far below zero rounding alone may take a slack."""
        return FLOAT_BUDGET if self.xp is NUMPY else self.letters["alpha"] ** 0 / 10 ** (self.xp_digits - LOST_DIGITS)

    @property
    def xp_digits(self) -> int:
        """The decimal digits of the run's mpmath numbers."""
        return int(self.letters["alpha"].context.dps)


def _half(like: Any) -> Any:
    """Return 1/2 in the number system of a number."""
    return like**0 / 2


Law = Callable[[Run], Iterable[Any]]


# The laws ----------------------------------------------------------------------------------------


def complement_decays(run: Run) -> Iterator[Any]:
    """‖B⋆,⊥ᵀB_t‖₂ never increases (α‖·‖² is compared)."""
    before = None
    for theta in run.iterates():
        now = run.letters["alpha"] * dynamics.complement_sq(run.xp, run.letters, theta)
        if before is not None:
            yield before - now
        before = now


def complement_is_bounded(
    run: Run, bound: Callable[..., Any] = convergence.complement_bound, speed: int = 1
) -> Iterator[Any]:
    """Bound (a), ‖D_t‖² ≤ ‖D_0‖²/(1 + βγ‖D_0‖²t) with D_t = B⋆,⊥ᵀB_t.

    `speed` multiplies γ: 1 is the right constant.
    """
    rate = speed * convergence.complement_rate(run.letters)
    initial = None
    for t, theta in enumerate(run.iterates()):
        now = dynamics.complement_sq(run.xp, run.letters, theta)
        initial = now if initial is None else initial
        yield run.letters["alpha"] * (bound(initial, rate, t) - now)


def head_pays(run: Run, rate: Callable[..., Any] = convergence.head_rate) -> Iterator[Any]:
    """Bound (b): (7/4)β(1 − ḡ)Σ_{s<t}‖B_sw_s‖² ≤ ‖w_0‖² − ‖w_t‖², and ‖w_t‖ never increases; in units of αc."""
    price = rate(run.letters, convergence.representation_bound(run.pure))
    unit = run.letters["alpha"] * run.xp.scalar(run.setting.c)
    paid, initial, before = 0 * unit, None, None
    for theta in run.iterates():
        now = run.xp.sqnorm(theta.w)
        if initial is None or before is None:
            initial = before = now
        yield (initial - now - paid) / unit
        yield (before - now) / unit
        paid, before = paid + price * run.xp.sqnorm(theta.B @ theta.w), now


def representation_is_bounded(run: Run) -> Iterator[Any]:
    """α‖B_t‖₂² ≤ ḡ < 1 for every t."""
    ceiling = convergence.representation_bound(run.pure)
    yield 1 - ceiling
    for theta in run.iterates():
        yield ceiling - run.letters["alpha"] * spectra.spectral_sqnorm(run.xp, theta.B)


def gram_is_bounded(run: Run) -> Iterator[Any]:
    """Bound (c): λ_max(αΛ_t) ≤ max(λ_max(αΛ_0), x⋆)."""
    ceiling = None
    for theta in run.iterates():
        largest = run.letters["alpha"] * spectra.spectral_sqnorm(run.xp, run.letters["B_star"].T @ theta.B)
        ceiling = convergence.gram_bound(run.pure, largest) if ceiling is None else ceiling
        yield ceiling - largest


def gram_is_sandwiched(
    run: Run,
    upper: Callable[..., Any] = convergence.upper_recursion,
    lower: Callable[..., Any] = convergence.lower_recursion,
) -> Iterator[Any]:
    """f_t(αΛ_t) ⪯ αΛ_{t+1} ⪯ p̃(αΛ_t) in Loewner order, with the weight of W_t on the row space of B⋆ᵀB_t."""
    previous = None
    for theta in run.iterates():
        point = run.reduced(theta)
        gram = point.C @ point.C.T
        if previous is not None:
            before, weight = previous
            yield spectra.eigenvalues(run.xp, upper(run.xp, run.pure, before, weight) - gram)[0]
            yield spectra.eigenvalues(run.xp, gram - lower(run.xp, run.pure, before, weight))[0]
        previous = gram, convergence.seen_weight(run.xp, run.pure, point)


def spectrum_is_enclosed(run: Run, ends: list[tuple[float, ...]] | None = None) -> Iterator[Any]:
    """The two scalar recursions, started at the ends of the spectrum of αΛ_0, enclose that of αΛ_t for every t."""
    interval = None
    for theta in run.iterates():
        point = run.reduced(theta)
        values = spectra.eigenvalues(run.xp, point.C @ point.C.T)
        interval = (values[0], values[-1]) if interval is None else interval
        yield values[0] - interval[0]
        yield interval[1] - values[-1]
        if ends is not None:
            ends.append((float(interval[0]), float(values[0]), float(values[-1]), float(interval[1])))
        interval = convergence.next_interval(
            run.xp, run.pure, interval, convergence.seen_weight(run.xp, run.pure, point)
        )


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
        "complement": [alpha * o.complement_sq for o in seen],
        "complement bound": [alpha * convergence.complement_bound(initial, rate, o.t) for o in seen],
        "head": [math.sqrt(o.head_sq / (alpha * float(run.setting.c))) for o in seen],
        "least eigenvalue": [ends[o.t][1] for o in seen],
        "largest eigenvalue": [ends[o.t][2] for o in seen],
        "lower recursion": [ends[o.t][0] for o in seen],
        "upper recursion": [ends[o.t][3] for o in seen],
        "x_star": [float(run.pure["x_star"]) for _ in seen],
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
