"""What is derived about a trajectory from its numbers and its start: a point that contradicts it stops a sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foanil.stacked import Floats, Numbers, Stack, limit_spectrum, representation_sq
from foanil.sweeps.courses import (
    COLLAPSED,
    CONVERGED,
    DIVERGED,
    INVARIANTS,
    PERIODIC,
    STUCK,
    Course,
    Flags,
)

FAILURES = (COLLAPSED, DIVERGED, PERIODIC, STUCK)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A derived claim: where it speaks, which statuses it rules out and which INVARIANTS it asserts."""

    claim: str
    applies: Callable[[Numbers, Stack], Flags]
    excludes: tuple[int, ...]
    asserts: tuple[str, ...] = ()


def contradictions(
    numbers: Numbers, start: Stack, course: Course, predictions: tuple[Prediction, ...]
) -> list[tuple[int, str, str]]:
    """Return (place, claim, what is contradicted) for each trajectory and claim, the first contradiction of each."""
    found = []
    for prediction in predictions:
        applies = prediction.applies(numbers, start)
        wrong = applies & np.isin(course.status, prediction.excludes)
        found += [(int(place), prediction.claim, "status") for place in np.flatnonzero(wrong)]
        for name in prediction.asserts:
            bit = 1 << INVARIANTS.index(name)
            at = applies & ~wrong & (course.broken & bit != 0)
            found += [(int(place), prediction.claim, name) for place in np.flatnonzero(at)]
    return found


# Where each claim speaks ---------------------------------------------------------------------------
# Bounds are taken with a margin: on the boundary itself doubles decide nothing.

INSIDE = 1 - 1e-12


def _isotropic(numbers: Numbers) -> Flags:
    found: Flags = (numbers.spectrum == 1).all(axis=1)
    return found


def _steps(numbers: Numbers) -> Flags:
    """β ≤ α ≤ 1/(2σ̄): ρ ≤ 1 and 4aκ ≤ ρ."""
    return (numbers.rho <= 1) & (4 * numbers.a * numbers.kappa * INSIDE <= numbers.rho)


def _ranked(numbers: Numbers, start: Stack) -> Flags:
    """rank(B⋆ᵀB_0) = k, clear of rounding: σ_min(Ĉ_0) > 1e-6‖B̂_0‖."""
    C = start.B[:, : numbers.spectrum.shape[1]]
    found: Flags = np.linalg.svd(C, compute_uv=False)[:, -1] ** 2 > 1e-12 * representation_sq(start)
    return found


def _head(start: Stack) -> Floats:
    found: Floats = (start.w**2).sum(axis=(1, 2))
    return found


def _theorem(numbers: Numbers, start: Stack) -> Flags:
    small = 4 * numbers.m * representation_sq(start) * INSIDE <= 1
    return _isotropic(numbers) & _steps(numbers) & small & (_head(start) * INSIDE <= 1) & _ranked(numbers, start)


def _theorem_without_m(numbers: Numbers, start: Stack) -> Flags:
    x_star = limit_spectrum(numbers)[:, 0]
    size = representation_sq(start)
    small = (3 * size * INSIDE <= 1) & (size < (1 - x_star) * INSIDE)
    return _isotropic(numbers) & _steps(numbers) & small & (_head(start) * INSIDE <= 1) & _ranked(numbers, start)


def _silent(numbers: Numbers, start: Stack) -> Flags:
    """w_0 = 0, α‖B_0‖² ≤ x⋆, a ≤ 1/2."""
    small: Flags = representation_sq(start) * INSIDE <= limit_spectrum(numbers)[:, 0]
    small &= _isotropic(numbers) & (numbers.a <= 0.5) & (_head(start) == 0)
    return small


def _long_head(numbers: Numbers, start: Stack) -> Flags:
    """The collapse lemma: D_0 = 0, ŵ_0 along a singular direction χ of Ĉ_0, 0 < η = ‖ŵ_0‖² − 1 ≤ 1, χ² ≤ aη²/(8ρ)."""
    C, D = start.B[:, : numbers.spectrum.shape[1]], start.B[:, numbers.spectrum.shape[1] :]
    head = np.maximum(_head(start), 1e-300)
    pulled = C.swapaxes(1, 2) @ (C @ start.w)
    square = ((C @ start.w) ** 2).sum(axis=(1, 2)) / head
    off = np.linalg.norm(pulled - square[:, None, None] * start.w, axis=(1, 2))
    aligned = off <= 1e-12 * representation_sq(start) * np.sqrt(head)
    eta = head - 1
    close = (square > 0) & (square <= INSIDE * numbers.a * eta**2 / (8 * numbers.rho))
    found: Flags = _isotropic(numbers) & _steps(numbers) & (D == 0).all(axis=(1, 2)) & aligned & close
    found &= (eta > 1e-6) & (eta <= 1)
    return found


def _repelled(numbers: Numbers, start: Stack) -> Flags:
    """αβc ≥ 1.05, D_0 = 0 and w_0 = 0: only exact preimages of the limit converge.

    Nearer to 1 the limit repels so slowly that a trajectory may stay close to it for longer than is waited.
    """
    D = start.B[:, numbers.spectrum.shape[1] :]
    found: Flags = _isotropic(numbers) & (D == 0).all(axis=(1, 2)) & (_head(start) == 0)
    found &= numbers.a >= 1.05
    return found


DERIVED: tuple[Prediction, ...] = (
    Prediction(
        "new-thm-1-explicit",
        _theorem,
        FAILURES,
        ("complement bound", "complement falls", "head falls", "gram bound", "below one"),
    ),
    Prediction("new-init-without-sample-size", _theorem_without_m, FAILURES, ("head falls",)),
    Prediction("new-gram-monotone", _silent, (), ("gram rises",)),
    Prediction("new-collapse-lemma", _long_head, (CONVERGED,)),
    Prediction("new-period-doubling", _repelled, (CONVERGED,)),
)
"""The claims that a sweep is held against; each is DERIVED in the audit."""
