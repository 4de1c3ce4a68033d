"""Following the iteration rigorously: a midpoint, and one bound on the norm of the error.

In the letters of `gram_form` one step takes an error e to at most ‖J‖e + κ₂e² + ρ: J the Jacobian at the midpoint, κ₂
a bound on all higher derivatives, ρ the rounding of the new midpoint. J is computed in doubles, with a bound on its
rounding errors that holds for every order of summation; ‖J‖ by a Cholesky factor that need not be trusted. Norms are
‖(H, v, ω)‖² = ‖H‖_F² + (WEIGHT_V‖v‖)² + (WEIGHT_OMEGA·ω)²; with these weights ‖J‖ soon falls to 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from foanil.arrays import Array, NumberSystem, Scalar, ball_system
from foanil.certificates.gram_form import GramPoint, Numbers, gram_step

WEIGHT_V = 0.5
WEIGHT_OMEGA = 0.125
"""Powers of two, so that scaling by them is exact; found by trying some on starts of several sizes."""

REACH = 0.125
"""κ₂ is the sum of the Taylor coefficients of the step's majorant from the second, at this distance."""

GUARD_DIGITS = 12
"""Digits carried beyond those asked for, so that rounding adds little to the start's radius."""

MOST_SIZE = 1e9
"""Iterates beyond this are not followed: their Jacobian would leave the range of doubles."""

MOST_NUMBER = 1e15
"""Numbers beyond this are not followed, for the same reason."""

UNIT = 2.0**-53
"""Unit roundoff of IEEE doubles."""


class EnclosureLostError(ArithmeticError):
    """The error bound has grown until the step is not controlled any more."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Every (H, v, ω) within `error`, an upper bound in the weighted norm, of the exact point `middle`, at time t."""

    t: int
    middle: GramPoint
    error: Scalar


def follow(digits: int, numbers: Any, start: GramPoint, steps: int) -> Iterator[Enclosure]:
    """Yield enclosures of the iterates 0, …, steps from a start in balls, whose radius is first raised to 10^−digits.

    `numbers` are balls; consume it inside `with working_system(digits).working():`. Raises EnclosureLostError.
    """
    xp = working_system(digits)
    ball = type(start.omega)
    middle, radius = rounded(start)
    error = (radius + ball(10) ** -digits).upper()
    machine: MachineStep | None = None  # not before the start is yielded: numbers may be beyond doubles
    for t in range(steps + 1):
        yield Enclosure(t, middle, error)
        if t == steps:
            return
        if not error < REACH:
            raise EnclosureLostError(
                f"expected an error below {REACH}; at step {t} it is {float(error):.1e}; start with more digits"
            )
        machine = machine or MachineStep.of(numbers)
        growth, curvature = machine.bounds(middle)
        middle, rounding = rounded(gram_step(xp, numbers, middle))
        error = (ball(growth) * error + ball(curvature) * error * error + rounding).upper()


def working_system(digits: int) -> NumberSystem:
    """Return the ball system in which `follow` works for this many digits."""
    return ball_system(digits + GUARD_DIGITS)


def rounded(point: GramPoint) -> tuple[GramPoint, Scalar]:
    """Return the midpoint of a point in balls, H made symmetric, and a bound on the distance to every member."""
    H = point.H.copy()
    radius = 0 * point.omega.mid()
    for i, j in np.ndindex(*H.shape):
        # The upper triangle is kept for both: the true H is symmetric, so that its radius bounds both errors.
        H[i, j] = point.H[min(i, j), max(i, j)].mid()
        radius += point.H[min(i, j), max(i, j)].rad()
    v = np.array([[x.mid()] for x in point.v[:, 0]], dtype=object)
    radius += sum((x.rad() for x in point.v[:, 0]), start=0 * radius) + point.omega.rad()
    if not radius.is_finite():
        raise EnclosureLostError("expected finite balls; the step overflowed; the iterates grow too fast to follow")
    return GramPoint(H, v, point.omega.mid()), radius.upper()


# The Jacobian ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MachineStep:
    """The step's derivative in doubles, with the numbers rounded to them."""

    a: float
    rho: float
    m: float
    s: float
    q: float
    P: Any
    basis: Any

    @classmethod
    def of(cls, numbers: Numbers) -> MachineStep:
        """Round the numbers of a step to doubles. Raises EnclosureLostError for numbers far beyond their range."""
        a, rho, m, s, q = (float(getattr(numbers, name).mid()) for name in ("a", "rho", "m", "s", "q"))
        if not max(a, rho, s, q) < MOST_NUMBER:
            raise EnclosureLostError(
                f"expected alpha beta c, beta/alpha and sigma_bar^2/(c m_in) below {MOST_NUMBER:g}"
            )
        return cls(a, rho, m, s, q, _floats(numbers.P), symmetric_basis(numbers.P.shape[0]))

    def bounds(self, point: GramPoint) -> tuple[float, float]:
        """Return upper bounds (‖J‖, κ₂) at an exact point, ‖J‖ in the weighted norm. Raises EnclosureLostError."""
        H, v, omega = _floats(point.H), _floats(point.v)[:, 0], float(point.omega)
        if not max(np.abs(H).max(), np.abs(v).max(), abs(omega)) < MOST_SIZE:
            raise EnclosureLostError(f"expected iterates below {MOST_SIZE:g}; they grow too fast to follow")
        d = len(v)
        majorant = self.majorant(_up(np.linalg.norm(H)) + REACH, _up(np.linalg.norm(v)) + REACH / WEIGHT_V, omega)
        J = self.jacobian(H, v, omega)
        # Each product of d terms costs at most d + 1 roundings, and no entry of J is built from more than 16 of them.
        roundings = 16 * (d + 4) * UNIT / (1 - 16 * (d + 4) * UNIT)
        # The entrywise majorant of J has norm at most majorant/REACH; a Frobenius norm is at most √n times that.
        lost = _up(math.sqrt(len(J)) * majorant / REACH) * roundings
        return _up(spectral_norm_bound(J) + lost / (WEIGHT_OMEGA)), _up(majorant / REACH**2)

    def majorant(self, h: float, v: float, omega: float) -> float:
        """Return a bound on the step's terms, all signs made plus, at ‖H‖_F ≤ h, ‖v‖ ≤ v, |ω| ≤ ω + REACH/WEIGHT."""
        a, rho, p = abs(self.a), abs(self.rho), math.sqrt(float(np.sum(self.P**2))) + 1
        o = abs(omega) + REACH / WEIGHT_OMEGA
        y = v + h * v
        N = 1 + a * p + a * ((abs(self.s) + 2 * abs(self.q)) * h * p + 2 * h * v * v / self.m + y * v)
        H = N * N * h + 2 * a * N * v * y + a * a * o * y * y
        V = N * v + rho * N * h * y + a * o * y + a * rho * v * y * y
        return _up((H + V + o + 2 * rho * v * y + rho * rho * h * y * y) * (1 + 2.0**-40))

    def jacobian(self, H: Any, v: Any, omega: float) -> Any:
        """Return the derivative of `gram_step` in doubles, n×n with n = d(d+1)/2 + d + 1, rows and columns weighted."""
        a, rho, d = self.a, self.rho, len(v)
        size = len(self.basis) + d + 1
        dH, dv, domega = np.zeros((size, d, d)), np.zeros((size, d)), np.zeros(size)
        dH[: len(self.basis)] = self.basis
        dv[len(self.basis) : -1] = np.eye(d) / WEIGHT_V
        domega[-1] = 1 / WEIGHT_OMEGA
        S = (self.s - self.q) * self.P + self.q * np.eye(d)
        Hv, energy = H @ v, v @ v
        y = v - Hv
        N = np.eye(d) + a * (self.P - H @ S - (_outer(Hv, v) + energy * H) / self.m + _outer(y, v))
        dHv = dH @ v + dv @ H
        dy, denergy = dv - dHv, 2 * (dv @ v)
        dnoise = _outer(dHv, v) + _outer(Hv, dv) + denergy[:, None, None] * H + energy * dH
        dN = a * (_outer(dy, v) + _outer(y, dv) - dH @ S - dnoise / self.m)
        Nv, Hy = N @ v, H @ y
        dNv, dHy = dN @ v + dv @ N.T, dH @ y + dy @ H
        grown = dN @ (H @ N.T) - a * (_outer(dNv, y) + _outer(Nv, dy)) + (a * a * omega) * _outer(dy, y)
        along, dalong = v @ y, dv @ y + dy @ v
        next_H = grown + grown.transpose(0, 2, 1) + N @ dH @ N.T + (a * a) * domega[:, None, None] * _outer(y, y)
        next_v = dNv - rho * (dN @ Hy + dHy @ N.T) - a * (domega[:, None] * y + omega * dy)
        next_v += (a * rho) * (dalong[:, None] * y + along * dy)
        next_omega = domega - 2 * rho * dalong + rho**2 * (dy @ Hy + dHy @ y)
        columns = (symmetric_coordinates(next_H), WEIGHT_V * next_v, WEIGHT_OMEGA * next_omega[:, None])
        return np.concatenate(columns, axis=1).T


def spectral_norm_bound(J: Any) -> float:
    """Return an upper bound on ‖J‖₂ of a matrix of doubles, proved: τI − JᵀJ − LLᵀ is small for some L."""
    n = len(J)
    gram = J.T @ J
    sizes = float(np.sum(J * J))
    top = float(np.linalg.eigvalsh(gram)[-1]) * (1 + 1e-12) + 1e-14 * n
    shifted = top * np.eye(n) - gram
    try:
        L = np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        L = np.zeros_like(shifted)
    rest = float(np.linalg.norm(shifted - L @ L.T))
    # Higham, Accuracy and Stability, Section 3.1: a sum of n products errs by at most nu/(1 − nu) times the sum of
    # absolute values, in any order; Frobenius norms of |J|ᵀ|J| and |L||L|ᵀ are at most ‖J‖_F² and ‖L‖_F².
    unit = 2 * (n + 4) * UNIT
    slack = unit * (sizes + float(np.sum(L * L)) + top * math.sqrt(n)) * (1 + n * n * 4 * UNIT) + 1e-300
    return _up(math.sqrt(_up(top + rest * (1 + n * n * 4 * UNIT) + slack)))


def symmetric_basis(d: int) -> Any:
    """Return an orthonormal basis of the symmetric d×d matrices, up to rounding √½; shape (d(d+1)/2, d, d)."""
    rows, cols = np.triu_indices(d)
    basis = np.zeros((len(rows), d, d))
    index = np.arange(len(rows))
    basis[index, rows, cols] = basis[index, cols, rows] = np.where(rows == cols, 1.0, math.sqrt(0.5))
    return basis


def symmetric_coordinates(H: Any) -> Any:
    """Return the coordinates of symmetric matrices (…, d, d) in `symmetric_basis`."""
    rows, cols = np.triu_indices(H.shape[-1])
    return H[..., rows, cols] * np.where(rows == cols, 1.0, math.sqrt(2.0))


def _outer(x: Any, y: Any) -> Any:
    return x[..., :, None] * y[..., None, :]


def _floats(A: Array) -> Any:
    return np.array([[float(x.mid()) for x in row] for row in A])


def _up(x: Any) -> float:
    """Return a double above x by a few units in the last place: more than the few roundings that made it."""
    return float(x) * (1 + 64 * UNIT) + 1e-300
