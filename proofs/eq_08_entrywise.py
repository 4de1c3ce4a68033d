"""Λ⋆ of (8) by the second engine: SymPy solves the stationarity equation at explicit sizes, entry by entry.

At B = B⋆ diag(√x) and w = 0, with Σ⋆ = diag(λ), λ symbolic, the mean direction of B is computed from first principles;
its full-rank root is the spectrum of Λ⋆.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Expr, Symbol, cancel, solve

from foanil import first_principles, formal
from foanil.arrays import EXACT
from foanil.entrywise_moments import EntryRing, centred_expectation, gaussian_expectation
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.first_principles import Parameters, Sample

SIZES = ((3, 2, 1), (4, 2, 3), (2, 1, 4), (4, 3, 2))
"""(d, k, m_in); k′ = k here, since w = 0 and a width beyond k adds zero columns only."""


@functools.cache
def stationary_direction(d: int, k: int, m_in: int) -> tuple[Any, ...]:
    """Return the mean direction of B at B = B⋆ diag(r), w = 0, Σ⋆ = diag(λ): a d×k array of polynomials."""
    ring = EntryRing(
        {"r": (k, 1), "lam": (k, 1), "w_star": (k, 1), "X": (m_in, d), "z": (m_in, 1)}, ("alpha", "sigma_sq")
    )
    r, lam, w_star, X, z = (ring.matrix(name) for name in ("r", "lam", "w_star", "X", "z"))
    alpha, sigma_sq, zero = ring.scalar("alpha"), ring.scalar("sigma_sq"), ring.constant([[0]])[0, 0]
    B_star = ring.constant([[int(i == j) for j in range(k)] for i in range(d)])
    spread, covariance = (np.full((k, k), zero, dtype=object) for _ in range(2))
    for i in range(k):
        spread[i, i], covariance[i, i] = r[i, 0], lam[i, 0]
    theta = Parameters(B_star @ spread, ring.constant([[0]] * k))
    inner = first_principles.task_sample(X, EXACT.scalar(m_in), B_star, w_star, z)
    adapted = first_principles.inner_step(theta, inner, alpha)
    identity = ring.constant([[int(i == j) for j in range(d)] for i in range(d)])
    # E[xxᵀ] = I on the outer rows: the mean gradient is that of X = I, y = B⋆w⋆
    direction = first_principles.representation_gradient(adapted, Sample(identity, B_star @ w_star, EXACT.scalar(1)))
    over_noise = centred_expectation(direction, z, sigma_sq * EXACT.eye(m_in))
    over_tasks = centred_expectation(over_noise, w_star, covariance)
    return tuple(gaussian_expectation(over_tasks, X).ravel())


@functools.cache
def solved(d: int, k: int, m_in: int) -> tuple[Expr, ...]:
    """Return the eigenvalues x₁ … x_k of the full-rank stationary Λ, as SymPy solves for them.

    Raises ValueError when an entry off the diagonal does not vanish, or a diagonal one has not one full-rank root.
    """
    found = []
    entries = stationary_direction(d, k, m_in)
    for index, entry in enumerate(entries):
        row, column = divmod(index, k)
        expression = entry.polynomial.as_expr()
        if row != column:
            if expression != 0:
                raise ValueError(f"expected no direction off the diagonal; entry ({row}, {column}) is {expression}")
            continue
        root, x = Symbol(f"r_{row}_0"), Symbol(f"x_{row}")
        reduced = cancel(expression / root).expand().subs(root**2, x)
        roots = solve(reduced, x)
        if len(roots) != 1:
            raise ValueError(f"expected one full-rank root; got {roots}")
        found.append(roots[0])
    return tuple(found)


def _stated(stated: Callable[..., Any], k: int, m_in: int) -> tuple[Expr, ...]:
    """Evaluate the stated Λ⋆ at Σ⋆ = diag(λ), σ̄² = Σλ + σ², on SymPy expressions."""
    lam = [Symbol(f"lam_{i}_0") for i in range(k)]
    values = {
        "Sigma_star": np.array([[lam[i] if i == j else lam[i] * 0 for j in range(k)] for i in range(k)], dtype=object),
        "sigma_bar_sq": sum(lam) + Symbol("sigma_sq"),
        "sigma_sq": Symbol("sigma_sq"),
        "alpha": Symbol("alpha"),
        "beta": Symbol("beta"),
        "m_in": EXACT.scalar(m_in),
    }
    found = stated(_SYMPY, **{name: values[name] for name in formal.letters(stated)})
    return tuple(found[i, i] for i in range(k))


class _Expressions:
    """SymPy expressions as a number system, for diagonal matrices: enough to evaluate Λ⋆ at a diagonal Σ⋆."""

    def eye(self, n: int) -> Any:
        """Return the identity."""
        return np.array([[Symbol("alpha") ** 0 * int(i == j) for j in range(n)] for i in range(n)], dtype=object)

    def inv(self, A: Any) -> Any:
        """Return the inverse of a diagonal matrix; raises ValueError for another."""
        n = A.shape[0]
        if any(A[i, j] != 0 for i in range(n) for j in range(n) if i != j):
            raise ValueError("expected a diagonal matrix")
        return np.array([[1 / A[i, i] if i == j else A[i, j] for j in range(n)] for i in range(n)], dtype=object)

    def trace(self, A: Any) -> Any:
        """Return the trace."""
        return sum(A[i, i] for i in range(A.shape[0]))

    def sqnorm(self, A: Any) -> Any:
        """Return the sum of squares."""
        return self.trace(A.T @ A)


_SYMPY = _Expressions()


def _residual(sizes: tuple[int, int, int], stated: Callable[..., Any]) -> Residual:
    d, k, m_in = sizes
    found, printed = solved(d, k, m_in), _stated(stated, k, m_in)
    gaps = [cancel(a - b) for a, b in zip(found, printed, strict=True)]
    shown = f"eigenvalues of Λ⋆ solved minus stated: {', '.join(map(str, gaps))}"
    return exact_residual(not any(gaps), shown, computed=str(found), stated=str(printed))


CHECKS = tuple(
    Check(
        f"{formula} solved for at d, k, m_in = {sizes}",
        ("eq-8",),
        Method.EXACT,
        f"d = {sizes[0]}, k = {sizes[1]}, m_in = {sizes[2]}; Σ⋆ = diag(λ), every λ, σ², α a symbol",
        formula,
        functools.partial(_residual, sizes),
    )
    for formula in ("limit_gram", "limit_gram_ratio_form")
    for sizes in SIZES
)
