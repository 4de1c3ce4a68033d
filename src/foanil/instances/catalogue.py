"""Every instance, the telling ones first: a claim is shown the first generic and the first smallest one that fits."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.arrays import EXACT
from foanil.instances.instance import Instance
from foanil.instances.laws import GaussianMixture, RandomStart, Sample, two_points
from foanil.instances.pool import (
    GENERIC,
    INFINITE_SAMPLES,
    NO_HEAD,
    SILENT,
    SMALLEST,
    SOURCES,
    WIDER,
    Letters,
    assembled,
    frame,
    limit_point,
    rows,
    scalar_root,
)
from foanil.instances.start import output, square
from foanil.rational import Matrix

F = Fraction

ROTATION = rows("3 -4; 4 3", 5)
GENERAL_ROOT = rational.product(ROTATION, rows("3 3 2 0; 0 0 0 2", 2))
"""Σ⋆ has eigenvalues 11/2 and 1 along rotated axes; with σ̄² = 44 and m_in = 3, αΛ⋆ has eigenvalues 1/4 and 1/16."""

GENERAL: Letters = {"root": GENERAL_ROOT, "sigma_sq": F(75, 2), "w": (F(1, 8), F(-1, 16), F(1, 32), F(1, 16))}
FLOW: Letters = {"alpha": F(1), **SILENT}
NARROW: Letters = {
    "k_prime": 2,
    "C": rows("4 2; 0 3", 32),
    "D": rows("1 0; 0 1; 2 1; 3 0; 0 2", 32),
    "w": (F(1, 8), F(-1, 16)),
}
SQUARE: Letters = {
    "k_prime": 7, "m_out": 1, "w": (F(1, 8), *(F(1, 64),) * 6),
    "C": rows("4 0 0 0 0 0 0; 1 3 0 0 0 0 0", 32),
    "D": rows("0 1 2 0 0 0 0; 2 0 1 1 0 0 0; 0 0 0 2 2 0 0; 0 1 0 0 0 3 0; 1 0 0 0 0 0 1", 32),
}  # fmt: skip
SIX_ROWS = rows("1 0 1 0; 0 0 2 0; 0 1 0 0; 1 1 0 0; 0 0 0 2; 0 0 1 1", 32)
NARROW_NOISE = {"test_noise": Sample((two_points(F(4), F(1)),), 17)}
SCALE_MIXTURE = GaussianMixture(((F(1, 5), (F(0),) * 7, F(2)), (F(4, 5), (F(0),) * 7, F(3, 4))))


def _outer(x: tuple[F, ...], y: tuple[F, ...], factor: F) -> Matrix:
    return tuple(tuple(factor * a * b for b in y) for a in x)


def _sum(*terms: Matrix) -> Matrix:
    lines = zip(*terms, strict=True)
    return tuple(tuple(sum(entries, start=F(0)) for entries in zip(*line, strict=True)) for line in lines)


def _axes(n: int, *pairs: tuple[int, tuple[F, ...], F]) -> Matrix:
    """Return Σ factor·(axis of R^n)·vᵀ over (axis, v, factor)."""
    return _sum(*(_outer(tuple(F(j == axis) for j in range(n)), v, factor) for axis, v, factor in pairs))


def _shared(chi: F, psi: F, head: F) -> Letters:
    """Return Ĉ_0 = χef ᵀ + …, D̂_0 = ψhfᵀ + …, ŵ_0 = head·f in the units of GENERIC: √α = 1/4, √(αc) = 1/2."""
    V, e, other = frame(4), (F(3, 5), F(4, 5)), (F(-4, 5), F(3, 5))
    h = (F(2, 3), F(0), F(1, 3), F(-2, 3), F(0))
    C = _sum(_outer(e, V[0], 4 * chi), _outer(other, V[1], F(1, 8)))
    D = _sum(_outer(h, V[0], 4 * psi), _axes(5, (1, V[1], F(1, 8)), (4, V[2], F(1, 16))))
    return {
        "C": C, "D": D, "w": tuple(head * x / 2 for x in V[0]),
        "also": {"e": e, "f": V[0], "h": h, "chi": chi, "psi": psi, "eta": head**2 - 1, "root_1_eta": head},
    }  # fmt: skip


def _shared_smallest(chi: F, psi: F, head: F) -> Letters:
    one = (F(1),)
    return {
        "C": ((2 * chi,),), "D": ((2 * psi,),), "w": (head / 2,),
        "also": {"e": one, "f": one, "h": one, "chi": chi, "psi": psi, "eta": head**2 - 1, "root_1_eta": head},
    }  # fmt: skip


def _left_complement(base: Letters, level: F) -> Instance:
    """Return an instance with αBBᵀ = αB⋆Λ⋆B⋆ᵀ + gP, g = α·level²: B⋆ᵀB = rootV, B⋆,⊥ᵀB = level·UV′."""
    d, k, width = base["d"], base["k"], base["k_prime"]
    V, U = frame(width), rational.columns(rational.identity(d - k), 0, width - k)
    start = {**base, "w": (F(0),) * width, "D": rational.scaled(level, rational.product(U, V[k:]))}
    root = F(2) if base["k"] == 2 else F(1)
    plain = assembled("", {**start, "C": rational.scaled(root, V[:k])})
    hidden = rational.product(rational.orthonormal_complement(plain.B_star), U)
    also = {"g": plain.alpha * level**2, "P": rational.product(hidden, rational.transpose(hidden))}
    return Instance("", {**plain.letters, **also})


def _new_task(base: Letters, w_star: tuple[F, ...], X: Matrix, steps: int) -> Letters:
    """Return B̂ = B_0 of full rank and B⋆w⋆ = B̂ω + e, ω = (B̂ᵀB̂)⁻¹B̂ᵀB⋆w⋆."""
    plain = assembled("", base)
    gram = rational.product(rational.transpose(plain.B), plain.B)
    true = output(plain.B_star, w_star)
    inverse = rational.as_matrix(EXACT.inv(EXACT.array(gram)))
    omega = output(rational.product(inverse, rational.transpose(plain.B)), true)
    rest = tuple(x - y for x, y in zip(true, output(plain.B, omega), strict=True))
    return {
        "B_hat": plain.B, "w_star": w_star, "omega": omega, "e_rest": rest, "tau": plain.sigma_sq + square(rest),
        "X_test": X, "steps": steps,
    }  # fmt: skip


def _general_limit() -> Letters:
    """Return the (B̂, ŵ) of (9) for GENERAL: Λ⋆ has eigenvalues 4 and 1 along the rotated axes."""
    plain = assembled("", {**GENERIC, **GENERAL})
    return limit_point(plain, rational.product(ROTATION, rational.diagonal([F(2), F(1)])))


def _experiment(name: str, letters: Mapping[str, Any]) -> Instance:
    return Instance(name, dict(letters))


def _integers(rows_: int, columns: int) -> Matrix:
    """Return a matrix of small integers without symmetry."""
    return tuple(tuple(F((3 * r * r + 5 * c + r * c) % 7 - 3) for c in range(columns)) for r in range(rows_))


SECTION_5 = {
    "N": 5000, "d": 50, "k_prime": 50, "m": 30, "k": 5, "sigma_sq": 4,
    "Sigma_star": rational.diagonal([F(2 * (p + 1), 3) for p in range(5)]),
}  # fmt: skip
NETWORKS = {"N": 500, "d": 20, "k": 5, "k_prime": 20, "steps": 1500, "alpha": F(1, 20), "beta": F(1, 20)}


@functools.cache
def generic() -> tuple[Instance, ...]:
    """Return the instances with sizes pairwise distinct, but where a hypothesis makes two equal."""
    limit = {"also": _general_limit()}
    wide: dict[str, Letters] = {
        "singular Σ⋆": {"root": rows("2; 1", 1)},
        "singular Σ⋆, flow": {**FLOW, "root": rows("2; 1", 2)},
        "Σ⋆ diagonal": {"root": rational.diagonal([F(2), F(1)]), "sigma_sq": F(19), "w": GENERAL["w"]},
        "Σ⋆ not diagonal": {**GENERAL, **limit},
        "Σ⋆ not diagonal, sub-Gaussian test noise": {**GENERAL, **limit, **NARROW_NOISE},
        "Σ⋆ not diagonal, flow": {**FLOW, "root": GENERAL_ROOT},
        "Σ⋆ not diagonal, k' = k": {**GENERAL, **NARROW},
        "distinct sizes": {},
        "distinct sizes, no head": NO_HEAD,
        "distinct sizes, a head without output": SILENT,
        "flow": {**FLOW, "root": scalar_root(2, F(1)), "sigma_sq": F(6)},
        "sub-Gaussian test noise": NARROW_NOISE,
        "k' = k": NARROW,
        "k' = d, few rows": SQUARE,
        "k = k' = 1": {
            "k": 1, "k_prime": 1, "root": scalar_root(1, F(2)), "sigma_sq": F(32), "w": (F(1, 4),),
            "C": rows("4", 32), "D": rows("1;2;0;-1;3;1", 32),
        },
        "one row in the inner loop": {
            "k_prime": 6, "m_in": 1, "m_out": 4, "w": (F(1, 8), *(F(1, 64),) * 5),
            "C": rows("4 0 0 0 0 0; 1 3 0 0 0 0", 32),
            "D": rows("0 1 2 0 0 0; 2 0 1 1 0 0; 0 0 0 2 2 0; 0 1 0 0 0 3; 1 0 0 0 1 0", 32),
        },
        "as many test rows as inner ones": {
            "d": 13, "m_test": 3, "C": GENERIC["C"], "D": (*GENERIC["D"], *SIX_ROWS),
        },
        "one sample for both loops": {**NO_HEAD, "inner_rows": tuple(range(8)), "outer_rows": tuple(range(8))},
        "finitely many tasks": {"N": 13},
        "fixed tasks": {
            "N": 13, "sources": {**SOURCES, "tasks": frozenset()},
            "also": {"fixed_tasks": tuple((F(j + 1, 3), F(2 - j * j, 5)) for j in range(13))},
        },
        "tasks with a mean": {"mu_star": (F(1), F(-2))},
        "spherical rows": {"features": Sample((SCALE_MIXTURE,), 8)},
        "a Haar frame": {"start_law": RandomStart(7, 4, "frame", F(1))},
        "a new task": {"also": _new_task(GENERIC, (F(1, 1000), F(-2, 1000)), _integers(17, 7), 3)},
        "a direction shared by signal and complement": _shared(F(1, 2), F(1, 3), F(0)),
        "a collapsing direction": _shared(F(1, 50), F(0), F(5, 4)),
        "infinitely many samples, no head": {**INFINITE_SAMPLES, **NO_HEAD},
        "infinitely many samples": {**INFINITE_SAMPLES, "w": GENERAL["w"]},
        "infinitely many samples, k' = k": {**INFINITE_SAMPLES, **NARROW},
    }  # fmt: skip
    made = [assembled(name, {**GENERIC, **changes}) for name, changes in wide.items()]
    return (
        *made,
        Instance("a complement left", _left_complement(GENERIC, F(1, 2)).letters),
        _experiment("Section 5", SECTION_5),
        _experiment("networks of width 20", NETWORKS),
    )


@functools.cache
def smallest() -> tuple[Instance, ...]:
    """Return the instances with the smallest sizes that a hypothesis leaves."""
    small: dict[str, Letters] = {
        "smallest": {},
        "smallest, no head": {"w": (F(0),)},
        "smallest, flow": {"w": (F(0),), "alpha": F(1)},
        "smallest, k' = 2": WIDER,
        "smallest, one sample for both loops": {"w": (F(0),), "inner_rows": (0, 1), "outer_rows": (0, 1)},
        "smallest, sub-Gaussian test noise": {"test_noise": Sample((two_points(F(1), F(1, 2)),), 1)},
        "smallest, six test rows": {"m_test": 6, "test_noise": Sample((two_points(F(1), F(1, 2)),), 6)},
        "smallest, one task": {"N": 1},
        "smallest, three tasks": {"N": 3},
        "smallest, fixed task": {
            "N": 1, "sources": {**SOURCES, "tasks": frozenset()},
            "also": {"fixed_tasks": ((F(1),),)},
        },
        "smallest, tasks with a mean": {"mu_star": (F(1),)},
        "smallest, a Haar frame": {"start_law": RandomStart(2, 1, "frame", F(1))},
        "smallest, a new task": {"also": _new_task(SMALLEST, (F(1, 100),), rows("1 2", 1), 1)},
        "smallest, a direction shared": _shared_smallest(F(1, 2), F(1, 3), F(0)),
        "smallest, a collapsing direction": _shared_smallest(F(1, 25), F(0), F(5, 4)),
        "smallest, infinitely many samples, k' = 2": {**INFINITE_SAMPLES, **WIDER},
        "smallest, infinitely many samples": INFINITE_SAMPLES,
    }  # fmt: skip
    made = [assembled(name, {**SMALLEST, **changes}) for name, changes in small.items()]
    left = _left_complement({**SMALLEST, **WIDER}, F(1, 2))
    return (*made, Instance("smallest, a complement left", left.letters))
