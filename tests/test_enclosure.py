"""Following the iteration: the enclosure contains the truth, and its radius stays of the size of the start's."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil.arrays import ball_system
from foanil.certificates import enclosure
from foanil.certificates.certify import in_balls, start_in_balls
from foanil.certificates.enclosure import (
    WEIGHT_OMEGA,
    WEIGHT_V,
    EnclosureLostError,
    MachineStep,
    follow,
    spectral_norm_bound,
    symmetric_coordinates,
)
from foanil.certificates.gram_form import GramPoint, gram_step
from foanil.certificates.problem import Problem, problem
from foanil.setting import dimensionless

DIGITS = 30


def example(d: int = 4, k: int = 2, k_prime: int = 3, size: Fraction = Fraction(1, 10), **changes: Any) -> Problem:
    """Return a problem with nothing symmetric."""
    rows = [[size * ((3 * i + 5 * j + i * j) % 7 - 3) for j in range(k_prime)] for i in range(d)]
    head = [Fraction(2 * j - 1, 6) for j in range(k_prime)]
    numbers = {"m_in": 5, "c": 1, "sigma_sq": "1/2", "alpha": "1/4", "beta": "1/5"}
    sizes = {"d": d, "k": k, "k_prime": k_prime}
    return problem({**sizes, **numbers, "B_0": rows, "w_0": head, **changes})


def enclosures(given: Problem, steps: int, digits: int = DIGITS) -> list[enclosure.Enclosure]:
    """Return all enclosures of a problem's iterates."""
    xp = enclosure.working_system(digits)
    with xp.working():
        numbers = in_balls(xp, given, dimensionless(given.setting))
        return list(follow(digits, numbers, start_in_balls(xp, given), steps))


def distance(x: GramPoint, y: GramPoint) -> Any:
    """Return the weighted norm of the difference, in balls."""
    total = sum((e * e for e in (x.H - y.H).ravel()), start=0 * x.omega)
    total += sum(((WEIGHT_V * e) * (WEIGHT_V * e) for e in (x.v - y.v).ravel()), start=0 * x.omega)
    off = WEIGHT_OMEGA * (x.omega - y.omega)
    return (total + off * off).sqrt()


def test_enclosures_contain_the_iterates() -> None:
    """Iterates of plain balls at 400 digits, where 60 steps lose none that matter, lie within every radius."""
    given, steps = example(), 60
    found = enclosures(given, steps)
    xp = ball_system(400)
    with xp.working():
        numbers, point = in_balls(xp, given, dimensionless(given.setting)), start_in_balls(xp, given)
        for now in found:
            assert distance(point, now.middle) <= now.error
            point = gram_step(xp, numbers, point)


def test_enclosures_contain_the_iterates_of_nearby_starts() -> None:
    """Another start inside the first radius stays inside every radius: the bound is on the map, not on rounding."""
    given, steps, digits = example(), 40, 10
    found = enclosures(given, steps, digits)
    xp = ball_system(400)
    with xp.working():
        numbers, point = in_balls(xp, given, dimensionless(given.setting)), start_in_balls(xp, given)
        push = xp.scalar(Fraction(1, 10**digits) * Fraction(9, 10))
        d = point.H.shape[0]
        nudges = [GramPoint(point.H, point.v, point.omega + push / WEIGHT_OMEGA)]
        for i, j in ((0, 0), (1, 3), (2, 3)):
            H = point.H.copy()
            H[i, j] = H[i, j] + push / 2
            H[j, i] = H[i, j] if i != j else H[j, i]
            nudges.append(GramPoint(H, point.v, point.omega))
        for i in range(d):
            v = point.v.copy()
            v[i, 0] = v[i, 0] - push / WEIGHT_V
            nudges.append(GramPoint(point.H, v, point.omega))
        for nudged in nudges:
            moved = nudged
            for now in found:
                assert distance(moved, now.middle) <= now.error
                moved = gram_step(xp, numbers, moved)


def test_the_radius_stays_where_plain_balls_lose_every_digit() -> None:
    """600 steps at 30 digits multiply the radius by less than 10³; plain balls of the same step have no digit left."""
    given, steps = example(), 600
    found = enclosures(given, steps)
    assert found[-1].error < 10.0 ** (3 - DIGITS)
    xp = ball_system(DIGITS + enclosure.GUARD_DIGITS)
    with xp.working():
        numbers, point = in_balls(xp, given, dimensionless(given.setting)), start_in_balls(xp, given)
        for _ in range(steps):
            point = gram_step(xp, numbers, point)
        assert not point.omega.rad() < 1


def test_ten_features_at_fifty_digits() -> None:
    """1500 steps at d = 10 and 50 digits, a head above its bound, multiply the radius by less than 10³."""
    found = enclosures(example(10, 3, 7, Fraction(1, 12), sigma_sq="3/2", m_in=20), 1500, 50)
    assert found[-1].error < 10.0 ** (3 - 50)


@pytest.mark.parametrize(("d", "k", "k_prime"), [(2, 1, 1), (4, 2, 3)])
def test_the_jacobian_is_the_derivative_of_the_step(d: int, k: int, k_prime: int) -> None:
    """Central differences of the step in balls agree with the Jacobian in doubles in every direction."""
    xp, given = ball_system(60), example(d, k, k_prime)
    with xp.working():
        numbers, point = in_balls(xp, given, dimensionless(given.setting)), start_in_balls(xp, given)
        point, _ = enclosure.rounded(gram_step(xp, numbers, point))
        machine = MachineStep.of(numbers)
        J = machine.jacobian(doubles(point.H), doubles(point.v)[:, 0], float(point.omega))
        h = xp.scalar(Fraction(1, 2**60))
        for column in range(len(J)):
            push = direction(xp, d, column, machine.basis)
            ends = [gram_step(xp, numbers, shifted(point, push, sign * h)) for sign in (1, -1)]
            slope = coordinates(*((ends[0].H - ends[1].H) / (2 * h), (ends[0].v - ends[1].v) / (2 * h)))
            omega = float(((ends[0].omega - ends[1].omega) / (2 * h)).mid()) * WEIGHT_OMEGA
            assert np.abs(np.append(slope, omega) - J[:, column]).max() < 1e-13


def doubles(A: Any) -> Any:
    """Return the midpoints as doubles."""
    return np.array([[float(x.mid()) for x in row] for row in A])


def direction(xp: Any, d: int, column: int, basis: Any) -> tuple[Any, Any, Any]:
    """Return the column-th weighted direction (δH, δv, δω)."""
    H, v, omega = np.zeros((d, d)), np.zeros((d, 1)), 0.0
    if column < len(basis):
        H = basis[column]
    elif column < len(basis) + d:
        v[column - len(basis), 0] = 1 / WEIGHT_V
    else:
        omega = 1 / WEIGHT_OMEGA
    return (
        xp.array([[Fraction(x) for x in row] for row in H]),
        xp.array([[Fraction(x) for x in row] for row in v]),
        omega,
    )


def shifted(point: GramPoint, push: tuple[Any, Any, Any], h: Any) -> GramPoint:
    """Return point + h·push."""
    return GramPoint(point.H + h * push[0], point.v + h * push[1], point.omega + h * push[2])


def coordinates(H: Any, v: Any) -> Any:
    """Return the weighted coordinates of a pair."""
    return np.concatenate([symmetric_coordinates(doubles(H)), WEIGHT_V * doubles(v)[:, 0]])


def test_the_norm_bound_is_above_and_close() -> None:
    """‖J‖₂ of a matrix with known singular values is exceeded, by a relative 1e-10 at most."""
    rng = np.random.default_rng(7)
    U, V = (np.linalg.qr(rng.standard_normal((30, 30)))[0] for _ in range(2))
    for top in (1.0, 1e-3, 40.0):
        J = U @ np.diag(np.linspace(0, top, 30)) @ V
        assert top * (1 - 1e-14) <= spectral_norm_bound(J) <= top * (1 + 1e-6) + 1e-6


def test_the_norm_bound_needs_no_good_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong Cholesky factor, or too small a guess, can only make the bound larger."""
    J = np.diag([1.0, 2.0, 3.0])
    monkeypatch.setattr(np.linalg, "eigvalsh", lambda A: np.array([1.0]))
    assert spectral_norm_bound(J) >= 3
    monkeypatch.setattr(np.linalg, "cholesky", lambda A: np.ones((3, 3)))
    assert spectral_norm_bound(J) >= 3


def test_too_few_digits_are_noticed() -> None:
    """A start that grows without bound ends in an error that names the step, not in a wrong enclosure."""
    with pytest.raises(EnclosureLostError, match=r"digits|follow"):
        enclosures(example(size=Fraction(3)), 60, 10)
