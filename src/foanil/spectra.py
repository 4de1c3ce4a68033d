"""Eigenvalues of symmetric matrices in each number system: doubles, mpmath at its digits, and rigorous balls.

Knows no paper. Balls: with any nearly orthogonal V and T = VᵀAV, Weyl's inequality places the eigenvalues of T within
‖off-diagonal part‖ of its sorted diagonal, and Ostrowski's theorem places those of A within a factor 1 ± ‖VᵀV − I‖ of
those of T; V comes from an ordinary eigensolver at the midpoint and need not be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from foanil.arrays import Array, NumberSystem, Scalar


class DigitsLostError(ArithmeticError):
    """Balls have grown until nothing is known any more."""


class NoEigenvaluesError(TypeError):
    """This number system has no eigenvalues to offer."""


def eigenvalues(xp: NumberSystem, A: Array) -> tuple[Scalar, ...]:
    """Return the eigenvalues of a symmetric n×n array in increasing order, in the numbers of `xp`.

    Doubles and mpmath numbers carry rounding errors; balls are enclosures, ordered as the eigenvalues are. Raises
    NoEigenvaluesError for exact numbers (eigenvalues leave the field), DigitsLostError for balls without digits.
    """
    solver = _SOLVERS.get(_family(xp))
    if solver is None:
        raise NoEigenvaluesError(f"{xp.name} has no eigenvalues; use NUMPY, mpmath_system(...) or ball_system(...)")
    return solver(A)


def eigenvectors(xp: NumberSystem, A: Array) -> Array:
    """Return orthonormal eigenvectors of a symmetric array as columns, in the order of `eigenvalues`.

    For doubles and mpmath numbers; raises NoEigenvaluesError for other systems.
    """
    if _family(xp) == "NUMPY":
        return np.linalg.eigh(A)[1]
    if _family(xp) != "MPMATH":
        raise NoEigenvaluesError(f"{xp.name} has no eigenvectors; use NUMPY or mpmath_system(...)")
    context = A[0, 0].context
    values, vectors = context.eigsy(context.matrix(A.tolist()))
    order = sorted(range(A.shape[0]), key=lambda i: values[i])
    return np.array([[vectors[i, j] for j in order] for i in range(A.shape[0])], dtype=object)


def spectral_sqnorm(xp: NumberSystem, A: Array) -> Scalar:
    """Return ‖A‖₂², the largest eigenvalue of the smaller of AAᵀ and AᵀA. Degree: twice that of A."""
    gram = A @ A.T if A.shape[0] <= A.shape[1] else A.T @ A
    return eigenvalues(xp, gram)[-1]


def relative_radius(A: Array) -> float:
    """Return how much of an array of balls is radius: max radius over max midpoint (0 for all zeros, inf if lost)."""
    radius = max(float(x.rad()) if x.is_finite() else float("inf") for x in A.ravel())
    size = max((abs(float(x.mid())) for x in A.ravel() if x.is_finite()), default=0.0)
    return radius / size if size else (0.0 if radius == 0.0 else float("inf"))


def _family(xp: NumberSystem) -> str:
    return xp.name.partition("(")[0]


def _float_eigenvalues(A: Array) -> tuple[float, ...]:
    return tuple(np.linalg.eigvalsh(A).tolist())


def _mpmath_eigenvalues(A: Array) -> tuple[Scalar, ...]:
    if A.shape == (1, 1):
        return (A[0, 0],)
    context = A[0, 0].context
    return tuple(sorted(context.eigsy(context.matrix(A.tolist()), eigvals_only=True)))


def _ball_eigenvalues(A: Array) -> tuple[Scalar, ...]:
    if not all(x.is_finite() for x in A.ravel()):
        raise DigitsLostError("expected finite balls; got entries with infinite radius; use more digits")
    V = _midpoint_eigenvectors(A)
    T = V.T @ A @ V
    n = A.shape[0]
    diagonal = sorted((T[i, i] for i in range(n)), key=lambda x: float(x.mid()))
    off = sum((T[i, j].abs_upper() for i, j in np.ndindex(n, n) if i != j), start=0 * T[0, 0])
    defect = V.T @ V
    for i in range(n):
        defect[i, i] = defect[i, i] - 1
    # Sums of absolute values bound spectral norms, and have no square root to take of a ball that touches zero.
    skew = sum((x.abs_upper() for x in defect.ravel()), start=0 * T[0, 0])
    margin = off + max((x.rad() for x in diagonal), key=float)
    one = 1 + 0 * T[0, 0].mid()
    return tuple(_around(x.mid(), margin) / _around(one, skew) for x in diagonal)


def _around(midpoint: Scalar, margin: Scalar) -> Scalar:
    """Return a ball that contains [midpoint − margin, midpoint + margin]."""
    return (midpoint - margin).union(midpoint + margin)


def _midpoint_eigenvectors(A: Array) -> Array:
    """Return approximate eigenvectors of the midpoint as exact balls: their errors are accounted for afterwards."""
    import flint
    import mpmath

    context = mpmath.MPContext()
    context.prec = flint.ctx.prec + 20
    n = A.shape[0]
    middle = [[_to_mpmath(context, A[max(i, j), min(i, j)]) for j in range(n)] for i in range(n)]
    _, vectors = context.eigsy(context.matrix(middle))
    out = np.empty((n, n), dtype=object)
    for i, j in np.ndindex(n, n):
        _, mantissa, exponent, _ = vectors[i, j]._mpf_
        sign = -1 if vectors[i, j] < 0 else 1
        out[i, j] = flint.arb((sign * int(mantissa), int(exponent)))
    return out


def _to_mpmath(context: Any, ball: Scalar) -> Any:
    mantissa, exponent = ball.mid().man_exp()
    return context.mpf((int(mantissa), int(exponent)))


_SOLVERS: Mapping[str, Callable[[Array], tuple[Scalar, ...]]] = {
    "NUMPY": _float_eigenvalues,
    "MPMATH": _mpmath_eigenvalues,
    "BALL": _ball_eigenvalues,
}
