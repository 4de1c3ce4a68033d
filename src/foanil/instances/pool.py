"""The instances: one start with sizes pairwise distinct, the smallest legal one, and what each claim needs changed.

All have constants of their own that are exact: α, αc and Λ⋆ are squares where hats or (9) ask for a root.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.arrays import EXACT
from foanil.instances.adaptation import numbers
from foanil.instances.instance import Instance
from foanil.instances.laws import (
    RandomStart,
    Sample,
    gaussian,
    independent_two_points,
    two_points,
)
from foanil.instances.start import UNIVERSAL, complement, signal
from foanil.rational import Matrix

Letters = Mapping[str, Any]
F = Fraction

RANDOM = ("features", "noise", "tasks", "test_features", "test_noise")
SOURCES: Mapping[str, frozenset[str]] = {kind: frozenset({kind}) for kind in RANDOM}
"""What each random object is drawn from: all independent."""


def frame(d: int) -> Matrix:
    """Return an orthogonal d×d matrix, a product of two reflections in axes without symmetry."""
    return rational.product(
        rational.reflection([F(1 + j * j % 5) for j in range(d)]), rational.reflection([F(2 * j - 3) for j in range(d)])
    )


def square_root(value: F) -> F | None:
    """Return the exact root of a rational, or None where it is irrational."""
    root = F(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return root if root * root == value else None


def assembled(name: str, given: Letters) -> Instance:
    """Return an instance from its sizes, numbers, coordinates (C, D) of B_0 and a root of Σ⋆; the rest follows."""
    letters = dict(given)
    k, k_prime = letters["k"], letters["k_prime"]
    letters.setdefault("B_star", rational.columns(frame(letters["d"]), 0, k))
    letters["Sigma_star"] = rational.product(letters["root"], rational.transpose(letters["root"]))
    S = letters["Sigma_star"]
    if rational.scaled(S[0][0], rational.identity(k)) == S:
        letters.setdefault("c", S[0][0])
    halves = (letters["B_star"], rational.orthonormal_complement(letters["B_star"]))
    whole = tuple((*left, *right) for left, right in zip(*halves, strict=True))
    letters["B"] = rational.product(whole, (*letters["C"], *letters["D"]))
    letters |= dict(zip(("C1", "C2", "C3"), UNIVERSAL, strict=True))
    letters |= _data(letters, k_prime) | {key: value for key, value in given.items() if key in RANDOM}
    instance = Instance(name, letters)
    return Instance(name, {**letters, **_derived(instance), **given.get("also", {})})


def _data(x: Letters, k_prime: int) -> dict[str, Any]:
    """Return laws, samples and the rows of the two loops."""
    m = x.get("m", x["m_in"] + x["m_out"])
    noise = two_points(2 * x["sigma_sq"], F(1, 2))
    return {
        **_rows_of_loops(x, m),
        "m": m,
        "features": Sample((gaussian(x["d"]),), m),
        "noise": Sample((noise,), m),
        "tasks": Sample((independent_two_points(x["root"], x.get("mu_star")),), x["N"]),
        "test_features": Sample((gaussian(x["d"]),), x["m_test"]),
        "test_noise": Sample((noise,), x["m_test"]),
        "sources": x.get("sources", SOURCES),
        "start_law": x.get("start_law", RandomStart(x["d"], k_prime, "entries", F(1, 9))),
    }


def _rows_of_loops(x: Letters, m: float) -> dict[str, Any]:
    """Return the inner and the outer rows: the first m_in and the rest, nothing where there are infinitely many."""
    if m == math.inf:
        return {}
    first, rest = tuple(range(x["m_in"])), tuple(range(x["m_in"], int(m)))
    return {"inner_rows": x.get("inner_rows", first), "outer_rows": x.get("outer_rows", rest)}


def _derived(i: Instance) -> dict[str, Any]:
    """Return what the other letters define: Λ⋆ and a point of (9), hats, numbers, Π_0, starts along m_in."""
    out: dict[str, Any] = {"starts": dict.fromkeys((3, 6, 12), i.B), "Pi_0": _kernel_projector(signal(i))}
    if "c" in i.letters and i.m_in < math.inf:
        out |= numbers(i)
        out |= _hats(i)
        root = square_root(out["x_star"] / i.alpha)
        if root is not None:
            out |= limit_point(i, rational.scaled(root, rational.identity(i.k)))
    return out


def limit_point(i: Instance, root: Matrix) -> dict[str, Any]:
    """Return (B̂, ŵ) of (9) from a root of Λ⋆: B̂ = B⋆·root·V, ŵ orthogonal to the rows of V (zero when k′ = k)."""
    V = frame(i.k_prime)
    B_hat = rational.product(i.B_star, root, V[: i.k])
    w_hat = V[i.k] if i.k_prime > i.k else (F(0),) * i.k_prime
    return {"Lambda_star": rational.product(root, rational.transpose(root)), "B_hat": B_hat, "w_hat": w_hat}


def _hats(i: Instance) -> dict[str, Any]:
    one, other = square_root(i.alpha), square_root(i.alpha * i.c)
    if one is None or other is None:
        return {}
    C, D = rational.scaled(one, signal(i)), rational.scaled(one, complement(i))
    S, T = (rational.product(rational.transpose(A), A) for A in (C, D))
    G = tuple(tuple(x + y for x, y in zip(r, s, strict=True)) for r, s in zip(S, T, strict=True))
    roots = {"root_alpha": one, "root_alpha_c": other, "head_hat": tuple(x / other for x in i.w)}
    return {**roots, "C_hat": C, "D_hat": D, "S": S, "T": T, "G": G}


def _kernel_projector(C: Matrix) -> Matrix:
    """Return the orthogonal projector onto ker(C), I − Rᵀ(RRᵀ)⁻¹R with R independent rows of C."""
    rows: list[tuple[F, ...]] = []
    for row in C:
        if rational.rank((*rows, row)) > len(rows):
            rows.append(row)
    n = len(C[0])
    if not rows:
        return rational.identity(n)
    R = tuple(rows)
    middle = rational.as_matrix(EXACT.inv(EXACT.array(rational.product(R, rational.transpose(R)))))
    onto = rational.product(rational.transpose(R), middle, R)
    return tuple(tuple(F(p == q) - entry for q, entry in enumerate(row)) for p, row in enumerate(onto))


# Two starts --------------------------------------------------------------------------------------


def rows(text: str, denominator: int) -> Matrix:
    """Return the matrix whose rows are separated by ';', entries over a common denominator."""
    return tuple(tuple(F(int(x), denominator) for x in row.split()) for row in text.split(";"))


def scalar_root(k: int, root: F) -> Matrix:
    """Return root·I_k."""
    return rational.scaled(root, rational.identity(k))


GENERIC: Letters = {
    "d": 7, "k": 2, "k_prime": 4, "m_in": 3, "m_out": 5, "m_test": 17, "N": math.inf,
    "root": scalar_root(2, F(2)), "sigma_sq": F(24), "alpha": F(1, 16), "beta": F(1, 20),
    "C": rows("4 2 0 1; 0 3 -2 2", 32), "D": rows("1 0 2 0; 0 1 0 -2; 0 0 0 1; 3 0 0 1; 0 2 1 0", 32),
    "w": (F(1, 4), F(-1, 8), F(1, 16), F(1, 8)),
    "unit": F(3), "y": F(5, 12), "g_bar": F(2, 3), "delta": F(1, 3),
}  # fmt: skip
"""κ = 8, x⋆ = 1/4, Λ⋆ = 4I: everything that hats and (9) take a root of is a square."""

SMALLEST: Letters = {
    "d": 2, "k": 1, "k_prime": 1, "m_in": 1, "m_out": 1, "m_test": 1, "N": math.inf,
    "root": scalar_root(1, F(1)), "sigma_sq": F(1), "alpha": F(1, 4), "beta": F(1, 4),
    "C": rows("1", 8), "D": rows("1", 16), "w": (F(1, 4),),
    "unit": F(1), "y": F(1, 3), "g_bar": F(1, 100), "delta": F(1, 100),
}  # fmt: skip
"""κ = 2, x⋆ = 1/4, Λ⋆ = 1."""

NO_HEAD = {"w": (F(0),) * 4}
SILENT = {
    "C": rows("4 2 0 6; 0 3 -2 3", 32),
    "D": rows("1 0 2 1; 0 1 0 1; 0 0 1 0; 3 0 0 3; 0 2 1 2", 32),
    "w": (F(1, 8), F(1, 8), F(0), F(-1, 8)),
}
"""The last column of B_0 is the sum of the first two: a head that B_0 sends to zero."""

WIDER = {"k_prime": 2, "C": rows("1 0", 8), "D": rows("1 1", 16), "w": (F(0), F(0))}
"""The smallest start with k′ > k, without a head."""

INFINITE_SAMPLES = {"m_in": math.inf, "m_out": math.inf, "m": math.inf}
