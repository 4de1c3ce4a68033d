"""The laws of Theorem 1's iteration: what must hold at every step of every admissible trajectory, as slacks.

A law turns a trajectory into slacks, the pure numbers (bound − value), one or more for a step; a law that holds never
has a slack below minus the rounding budget. Laws take the step and the bound as arguments.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from foanil import convergence, dynamics, spectra
from foanil.arrays import NUMPY, NumberSystem
from foanil.dynamics import Iterate, Letters, Reduced, Step
from foanil.setting import Setting, State, dimensionless

LOST_DIGITS = 10
"""A slack may fall below zero by 10^(LOST_DIGITS − digits): rounding. Measured worst: 7e-51 at 50 digits, 200 draws."""

FLOAT_BUDGET = 1e-12
"""The same for doubles over thousands of steps. Measured worst: 5e-16."""


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
