"""The iteration (5)-(6) for Σ⋆ = cI as a map of Gram matrices: H = αBBᵀ, v = Bw/√c, ω = ‖w‖²/(αc).

H₊, v₊ and ω₊ are polynomials in (H, v, ω) and P = B⋆B⋆ᵀ alone: turning the columns of B and w together changes
nothing, so that the directions in which the iterates of (B, w) drift are gone, and with them the growth of errors.
"""

from __future__ import annotations

from dataclasses import dataclass

from foanil.arrays import Array, Arrays, Scalar


@dataclass(frozen=True, slots=True)
class Numbers:
    """a = αβc, rho = β/α, m = m_in, s = 1 + (1 + κ)/m, q = κ/m in a number system, and P = B⋆B⋆ᵀ (d×d)."""

    a: Scalar
    rho: Scalar
    m: Scalar
    s: Scalar
    q: Scalar
    P: Array


@dataclass(frozen=True, slots=True)
class GramPoint:
    """H of shape (d, d), v of shape (d, 1), omega: pure numbers."""

    H: Array
    v: Array
    omega: Scalar


def gram_step(xp: Arrays, numbers: Numbers, point: GramPoint) -> GramPoint:
    """Return (H, v, ω) after one step of (5)-(6), dimensionless.

    With y = v − Hv and N = I + aP − a[H(sP + q(I − P)) + (Hvvᵀ + ‖v‖²H)/m − yvᵀ], B₊ = NB − a·y·wᵀ and
    w₊ = w − ρBᵀy in the dimensionless letters.
    """
    a, rho, m, P = numbers.a, numbers.rho, numbers.m, numbers.P
    H, v, omega = point.H, point.v, point.omega
    Hv = H @ v
    y = v - Hv
    energy = xp.sqnorm(v)
    weighted = (numbers.s - numbers.q) * (H @ P) + numbers.q * H
    N = xp.eye(H.shape[0]) + a * (P - weighted - (Hv @ v.T + energy * H) / m + y @ v.T)
    Nv, Hy = N @ v, H @ y
    along = xp.trace(v.T @ y)
    cross = Nv @ y.T
    return GramPoint(
        N @ H @ N.T - a * (cross + cross.T) + (a * a * omega) * (y @ y.T),
        Nv - rho * (N @ Hy) - (a * omega) * y + (a * rho * along) * y,
        omega - 2 * rho * along + rho * rho * xp.trace(y.T @ Hy),
    )
