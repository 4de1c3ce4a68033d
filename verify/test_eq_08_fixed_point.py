"""Equation (8), the limit, its uniqueness and its shrinkage; all fixed points and the Jacobian at each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import rational
from foanil.arrays import EXACT
from foanil.dynamics import Reduced, numbers_in_system, reduced_step
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import Dimensionless
from proofs import eq_08_entrywise, fixed_points
from proofs.eq_08_fixed_point import CHECKS


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """Λ⋆ as stated is the only full-rank stationary Gram matrix, and shrinks as the paper says."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(eq_08_entrywise.CHECKS))
def test_solved_by_sympy(check: Check, evidence: Recorder) -> None:
    """SymPy, solving the stationarity equation entry by entry, finds the stated Λ⋆ and no other full-rank root."""
    evidence.judge(check)


@pytest.mark.parametrize("check", cases(fixed_points.CHECKS))
def test_fixed_points_as_derived(check: Check, evidence: Recorder) -> None:
    """The fixed points are those with no complement, no output and αΛ = x⋆Π; the Jacobian's spectrum at each."""
    evidence.judge(check)


# The Jacobian of the step itself, at exact fixed points ----------------------------------------------

NUMBERS = Dimensionless(
    a=Fraction(2, 7),
    rho=Fraction(3, 5),
    kappa=Fraction(5),
    m=Fraction(2),
    q=Fraction(5, 2),
    s=Fraction(4),
    x_star=Fraction(1, 4),
)
"""x⋆ = 1/4 is a square, so that C has rational entries."""

TURN = rational.matrix([["3/5", "4/5"], ["-4/5", "3/5"]], "turn", (2, 2))
AXES = rational.matrix([["2/3", "-1/3", "2/3"], ["2/3", "2/3", "-1/3"], ["-1/3", "2/3", "2/3"]], "axes", (3, 3))


@dataclass(frozen=True)
class Case:
    """A fixed point of rank r: C = ½·(first r columns of TURN)(first r rows of the axes), ŵ along the later axes."""

    slug: str
    d: int
    axes: rational.Matrix
    rank: int
    head: tuple[Fraction, ...]
    growing: int
    numbers: Dimensionless = NUMBERS

    @property
    def width(self) -> int:
        """k′."""
        return len(self.axes)

    @property
    def omega(self) -> Fraction:
        """‖ŵ‖²."""
        return sum((entry**2 for entry in self.head), start=Fraction(0))

    def point(self) -> Reduced:
        """Return the fixed point in exact arithmetic."""
        left, axes = EXACT.array(TURN), EXACT.array(self.axes)
        C = left[:, : self.rank] @ axes[: self.rank] / EXACT.scalar(2)
        w = axes.T @ EXACT.array([[entry] for entry in self.head])
        return Reduced(C, EXACT.zeros(self.d - 2, self.width), w)

    def scalars(self) -> dict[str, Fraction | int]:
        """Return the values of the scalars of the derivation."""
        names = ("a", "rho", "kappa", "m")
        pure = {name: getattr(self.numbers, name) for name in names}
        return {**pure, "r": self.rank, "omega": self.omega, "d": self.d, "k": 2, "k_prime": self.width}


_ZERO = Fraction(0)
CASES = (
    Case("full rank, no head", 6, AXES, 2, (_ZERO, _ZERO, _ZERO), 0),
    Case("full rank, a head", 6, AXES, 2, (_ZERO, _ZERO, Fraction(4, 3)), 0),
    Case("full rank, a = 6/5", 6, AXES, 2, (_ZERO, _ZERO, _ZERO), 0, replace(NUMBERS, a=Fraction(6, 5))),
    Case("rank 1, no head", 6, AXES, 1, (_ZERO, _ZERO, _ZERO), 2),
    Case("rank 1, a long head", 6, AXES, 1, (_ZERO, Fraction(4, 3), Fraction(1, 2)), 1),
    Case("rank 0, a short head", 6, AXES, 0, (Fraction(1, 2), Fraction(1, 3), Fraction(1, 5)), 6),
    Case("rank 1 = k′ − 1, a long head", 5, TURN, 1, (_ZERO, Fraction(4, 3)), 0),
)


@dataclass(frozen=True)
class Dual:
    """value + slope·ε with ε² = 0: arithmetic that differentiates exactly."""

    value: Any
    slope: Any

    def __add__(self, other: Any) -> Dual:
        right = _dual(other)
        return Dual(self.value + right.value, self.slope + right.slope)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + (-_dual(other))

    def __rsub__(self, other: Any) -> Dual:
        return _dual(other) - self

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        right = _dual(other)
        return Dual(self.value * right.value, self.value * right.slope + self.slope * right.value)

    def __truediv__(self, other: Any) -> Dual:
        return Dual(self.value / other, self.slope / other)

    __radd__ = __add__
    __rmul__ = __mul__


def _dual(number: Any) -> Dual:
    return number if isinstance(number, Dual) else Dual(number, 0)


def exact_jacobian(case: Case) -> Any:
    """Return the Jacobian of `foanil.dynamics.reduced_step` at the fixed point, by exact differentiation."""
    base, numbers = case.point(), numbers_in_system(EXACT, case.numbers)
    columns = []
    for name in ("C", "D", "w"):
        for index in np.ndindex(*getattr(base, name).shape):
            moved = getattr(base, name).copy()
            moved[index] = Dual(moved[index], 1)
            after = reduced_step(EXACT, numbers, replace(base, **{name: moved}))
            entries = [entry for block in (after.C, after.D, after.w) for entry in block.ravel()]
            columns.append([_dual(entry).slope for entry in entries])
    return np.array(columns, dtype=object).T


def predicted(case: Case) -> Counter[Fraction]:
    """Return the multiplicity of each eigenvalue by the derivation."""
    spectrum = fixed_points.Spectrum(with_head=case.omega > 0)
    found: Counter[Fraction] = Counter()
    for space in spectrum.eigenspaces():
        size = spectrum.here.words.constant(fixed_points.dimension(spectrum, space))
        value, count = (Fraction(str(e.evaluate(EXACT, {}, case.scalars()))) for e in (space.eigenvalue, size))
        found[value] += int(count)
    return found


@pytest.mark.claim(id="new-fixed-points")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_spectrum_of_the_step_itself(case: Case, evidence: Recorder) -> None:
    """At an exact fixed point the Jacobian of the step has the derived eigenvalues, by exact ranks of J − λI."""
    point = case.point()
    after = reduced_step(EXACT, numbers_in_system(EXACT, case.numbers), point)
    assert all((getattr(after, name) == getattr(point, name)).all() for name in ("C", "D", "w"))
    J = exact_jacobian(case)
    size = case.d * case.width + case.width
    expected = +predicted(case)
    found = {
        value: size - rational.rank(rational.as_matrix(J - EXACT.scalar(value) * EXACT.eye(size))) for value in expected
    }
    assert found == dict(expected)
    assert sum(found.values()) == size
    assert sum(count for value, count in found.items() if value > 1) == case.growing
    evidence.record(
        claim="new-fixed-points",
        method=Method.EXACT,
        scope=f"one fixed point, {case.slug}: d = {case.d}, k = 2, k′ = {case.width}, ‖ŵ‖² = {case.omega}, "
        f"a = {case.numbers.a}, ρ = 3/5, κ = 5, m_in = 2",
        shown="eigenvalue: multiplicity, of the exact Jacobian of the step: "
        + ", ".join(f"{value}: {count}" for value, count in sorted(found.items())),
    )
