"""Λ⋆ of (8) by the second engine: SymPy solves the stationarity equation at explicit sizes, entry by entry.

The mean direction of B at B = B⋆C, w = 0 is computed from first principles. First with C = diag(√x) and Σ⋆ = diag(λ),
λ symbolic: its full-rank root is the spectrum of Λ⋆. Then with any full-rank Λ = CCᵀ, C its Cholesky factor, and any
Σ⋆, every entry a symbol: the only solution is Λ⋆.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import QQ, Expr, Symbol, cancel, solve
from sympy.polys.fields import FracField
from sympy.polys.rings import PolyElement, PolyRing
from sympy.polys.solvers import solve_lin_sys

from foanil import first_principles, formal
from foanil.arrays import EXACT, Array
from foanil.entrywise_moments import Entry, EntryRing, centred_expectation, gaussian_expectation
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.first_principles import Parameters, Sample

SIZES = ((3, 2, 1), (4, 2, 3), (2, 1, 4), (4, 3, 2))
"""(d, k, m_in); k′ = k here, since w = 0 and a width beyond k adds zero columns only."""

GENERAL_SIZES = ((2, 1, 4), (4, 2, 3))
"""(d, k, m_in) for Λ and Σ⋆ with every entry a symbol."""


@dataclass(frozen=True)
class Point:
    """B = B⋆C and w = 0 at explicit sizes, d and m_in, with Σ⋆: matrices over one ring that also holds the data."""

    ring: EntryRing
    C: Array
    Sigma_star: Array
    d: int
    m_in: int

    def mean_direction(self) -> Array:
        """Return the mean first-order direction of B at this point, shape (d, k′)."""
        ring, (k, k_prime) = self.ring, self.C.shape
        w_star, X, z = (ring.matrix(name) for name in ("w_star", "X", "z"))
        B_star, identity = ring.constant(_axes(self.d, k)), ring.constant(_axes(self.d, self.d))
        theta = Parameters(B_star @ self.C, ring.constant([[0]] * k_prime))
        inner = first_principles.task_sample(X, EXACT.scalar(self.m_in), B_star, w_star, z)
        adapted = first_principles.inner_step(theta, inner, ring.scalar("alpha"))
        # E[xxᵀ] = I on the outer rows: the mean gradient is that of X = I, y = B⋆w⋆
        outer = Sample(identity, B_star @ w_star, EXACT.scalar(1))
        direction = first_principles.representation_gradient(adapted, outer)
        over_noise = centred_expectation(direction, z, ring.scalar("sigma_sq") * EXACT.eye(self.m_in))
        over_tasks = centred_expectation(over_noise, w_star, self.Sigma_star)
        return gaussian_expectation(over_tasks, X)


def _axes(rows: int, columns: int) -> list[list[int]]:
    return [[int(i == j) for j in range(columns)] for i in range(rows)]


def _ring(d: int, k: int, m_in: int, symmetric: frozenset[str] = frozenset(), **more: tuple[int, int]) -> EntryRing:
    shapes = {**more, "w_star": (k, 1), "X": (m_in, d), "z": (m_in, 1)}
    return EntryRing(shapes, ("alpha", "sigma_sq"), symmetric)


# Diagonal Λ and Σ⋆ ---------------------------------------------------------------------------------


@functools.cache
def stationary_direction(d: int, k: int, m_in: int) -> tuple[Any, ...]:
    """Return the mean direction of B at B = B⋆ diag(r), w = 0, Σ⋆ = diag(λ): a d×k array of polynomials."""
    ring = _ring(d, k, m_in, r=(k, 1), lam=(k, 1))
    r, lam = ring.matrix("r"), ring.matrix("lam")
    identity = ring.constant(_axes(k, k))
    return tuple(Point(ring, identity * r, identity * lam, d, m_in).mean_direction().ravel())


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


# Any full-rank Λ, any Σ⋆ ---------------------------------------------------------------------------


@dataclass(frozen=True)
class GramEquations:
    """Stationarity as linear equations in Λ: constant[i, j] + Σ_{p ≥ q} slope[p, q][i, j]·Λ_pq = 0, Λ symmetric."""

    constant: Array
    slopes: Mapping[tuple[int, int], Array]

    def at(self, Lambda: Array) -> Array:
        """Return the left sides at a symmetric Λ, shape (k, k)."""
        total = self.constant
        for index, slope in self.slopes.items():
            total = total + slope * Lambda[index]
        return total


@functools.cache
def gram_equations(d: int, k: int, m_in: int) -> GramEquations:
    """Return P(Λ): at w = 0 the mean direction of B is B⋆·P(CCᵀ)·C, every entry of Σ⋆ and the triangular C a symbol.

    Dividing by C column by column must leave no remainder, the rows beyond k must vanish, and the quotient must be
    linear in the entries of CCᵀ; raises ValueError otherwise.
    """
    ring = _ring(d, k, m_in, frozenset({"Sigma_star"}), C=(k, k), Sigma_star=(k, k))
    C = ring.matrix("C") * ring.constant([[int(i >= j) for j in range(k)] for i in range(k)])
    direction = Point(ring, C, ring.matrix("Sigma_star"), d, m_in).mean_direction()
    if any(direction[k:].ravel()):
        raise ValueError(f"expected no direction outside the columns of B⋆; got {direction[k:]}")
    quotient = direction[:k] * 1
    for j in reversed(range(k)):
        for i in range(j + 1, k):
            quotient[:, j] = quotient[:, j] - quotient[:, i] * C[i, j]
        quotient[:, j] = quotient[:, j] / C[j, j]
    pairs = [(p, q) for p in range(k) for q in range(p + 1)]
    entries = [C[index] for index in pairs]
    # C_pq·C_qq occurs in (CCᵀ)_pq and in no other entry of CCᵀ
    slopes = {(p, q): _coefficients(quotient, entries, C[p, q] * C[q, q]) for p, q in pairs}
    found = GramEquations(_coefficients(quotient, entries, ring.constant([[1]])[0, 0]), slopes)
    if any((found.at(C @ C.T) - quotient).ravel()):
        raise ValueError("expected the direction to be linear in CCᵀ, times C")
    return found


def _coefficients(matrix: Array, variables: list[Entry], monomial: Entry) -> Array:
    """Return, entry by entry, the coefficient of a monomial in some of the variables."""
    symbols = [variable.polynomial for variable in variables]
    places = [symbol.ring.gens.index(symbol) for symbol in symbols]
    (wanted,) = monomial.polynomial.monoms()
    out = np.empty(matrix.shape, dtype=object)
    for index in np.ndindex(*matrix.shape):
        polynomial = matrix[index].polynomial
        kept = {
            tuple(0 if place in places else power for place, power in enumerate(powers)): coefficient
            for powers, coefficient in polynomial.terms()
            if all(powers[place] == wanted[place] for place in places)
        }
        out[index] = Entry(polynomial.ring.from_dict(kept))
    return out


def any_width_residual(
    d: int, k: int, k_prime: int, m_in: int, wrong: Callable[[GramEquations], GramEquations] = lambda right: right
) -> Residual:
    """Check that the mean direction is B⋆·P(CCᵀ)·C for every k×k′ matrix C, P found from triangular ones.

    So for C of rank k the direction vanishes exactly where P(Λ) does, whatever C is besides. `wrong` alters P.
    """
    ring = _ring(d, k, m_in, frozenset({"Sigma_star"}), C=(k, k_prime), Sigma_star=(k, k))
    C = ring.matrix("C")
    direction = Point(ring, C, ring.matrix("Sigma_star"), d, m_in).mean_direction()
    found = wrong(gram_equations(d, k, m_in))
    moved = GramEquations(_into(ring, found.constant), {pair: _into(ring, s) for pair, s in found.slopes.items()})
    return _agreement(direction, ring.constant(_axes(d, k)) @ moved.at(C @ C.T) @ C)


def _with(constant: int = 1, slope: int = 1, off_diagonal: int = 1) -> Callable[[GramEquations], GramEquations]:
    """Return the alteration of P that multiplies its parts by integers: a falsehood for the check above."""

    def altered(right: GramEquations) -> GramEquations:
        slopes = {(p, q): slope * (1 if p == q else off_diagonal) * s for (p, q), s in right.slopes.items()}
        return GramEquations(constant * right.constant, slopes)

    return altered


def _into(ring: EntryRing, matrix: Array) -> Array:
    out = np.empty(matrix.shape, dtype=object)
    for index in np.ndindex(*matrix.shape):
        out[index] = Entry(matrix[index].polynomial.set_ring(ring.ring))
    return out


def _field(k: int) -> FracField:
    names = [f"Sigma_star_{i}_{j}" for i in range(k) for j in range(i, k)]
    return FracField([*names, "alpha", "sigma_sq"], QQ)


@functools.cache
def solved_gram(d: int, k: int, m_in: int) -> Array:
    """Return the only Λ that solves the equations, k×k, its entries rational functions of α, σ² and those of Σ⋆.

    Raises ValueError when there is none, or more than one.
    """
    equations, field = gram_equations(d, k, m_in), _field(k)
    unknowns = PolyRing([f"Lambda_{p}_{q}" for p, q in equations.slopes], field.to_domain())
    Lambda = dict(zip(equations.slopes, unknowns.gens, strict=True))

    def lifted(entry: Entry) -> Any:
        return unknowns(field(entry.polynomial.set_ring(field.ring)))

    system = []
    for index in np.ndindex(k, k):
        total = lifted(equations.constant[index])
        for pair, slope in equations.slopes.items():
            total = total + lifted(slope[index]) * Lambda[pair]
        system.append(total)
    solution = solve_lin_sys(system, unknowns)
    if solution is None or len(solution) != len(Lambda):
        raise ValueError(f"expected one solution of stationarity; got {solution}")

    def value(found: Any) -> Entry:
        return Entry(field(found.coeff(1) if isinstance(found, PolyElement) else found))

    found = {pair: value(solution[generator]) for pair, generator in Lambda.items()}
    return np.array([[found[max(i, j), min(i, j)] for j in range(k)] for i in range(k)], dtype=object)


def _general_letters(field: FracField, k: int) -> dict[str, Any]:
    generators = {str(symbol): Entry(element) for symbol, element in zip(field.symbols, field.gens, strict=True)}
    rows = [[generators[f"Sigma_star_{min(i, j)}_{max(i, j)}"] for j in range(k)] for i in range(k)]
    return {**generators, "Sigma_star": np.array(rows, dtype=object)}


def general_residual(sizes: tuple[int, int, int], stated: Callable[..., Any]) -> Residual:
    """Check the stated Λ⋆ against the only solution at sizes (d, k, m_in), any symmetric Σ⋆."""
    d, k, m_in = sizes
    known = _general_letters(_field(k), k)
    total = EXACT.trace(known["Sigma_star"]) + known["sigma_sq"]
    values = {**known, "m_in": EXACT.scalar(m_in), "sigma_bar_sq": total}
    printed = stated(EXACT, **{name: values[name] for name in formal.letters(stated)})
    return _agreement(solved_gram(d, k, m_in), printed)


def _agreement(computed: Array, stated: Array) -> Residual:
    differing = sum(bool(entry) for entry in (computed - stated).ravel())
    shown = f"{differing} of {computed.size} entries differ"
    return exact_residual(differing == 0, shown, computed=_first(computed), stated=_first(stated))


def _first(matrix: Array) -> str:
    text = str(matrix[0, 0])
    return f"entry (1, 1): {text if len(text) < 400 else text[:400] + ' …'}"


def _free_variance_residual(k: int, stated: Callable[..., Any]) -> Residual:
    """Check αΛ((1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I) = Σ⋆ with σ̄² free: its only solution, so that closed forms agree."""
    names = [f"Sigma_star_{i}_{j}" for i in range(k) for j in range(i, k)]
    known = _general_letters(FracField([*names, "alpha", "m_in", "sigma_bar_sq"], QQ), k)
    Lambda = stated(EXACT, **{name: known[name] for name in formal.letters(stated)})
    total = (known["m_in"] + 1) * known["Sigma_star"] + known["sigma_bar_sq"] * EXACT.eye(k)
    return _agreement(known["m_in"] * known["Sigma_star"], known["alpha"] * (Lambda @ total))


DIAGONAL = tuple(
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

GENERAL = tuple(
    Check(
        f"{formula} solved for without assuming it diagonal at d, k, m_in = {sizes}",
        ("eq-8",),
        Method.EXACT,
        f"d = {sizes[0]}, k = {sizes[1]}, m_in = {sizes[2]}; any symmetric Σ⋆, every entry a symbol; Λ of rank k",
        formula,
        functools.partial(general_residual, sizes),
    )
    for formula in ("limit_gram", "limit_gram_ratio_form")
    for sizes in GENERAL_SIZES
)

CLOSED_FORMS = tuple(
    Check(
        f"{formula} with σ̄² free at k = {k}",
        ("eq-8",),
        Method.EXACT,
        f"k = {k}; any symmetric Σ⋆, every entry, m_in, α and σ̄² a symbol",
        formula,
        functools.partial(_free_variance_residual, k),
    )
    for formula in ("limit_gram", "limit_gram_ratio_form")
    for k in (1, 2, 3)
)

_WIDE = (4, 2, 3, 1)

ANY_WIDTH = Check(
    f"the direction depends on CCᵀ, times C, at d, k, k′, m_in = {_WIDE}",
    ("eq-8",),
    Method.EXACT,
    "d = 4, k = 2, k′ = 3, m_in = 1; every entry of C and Σ⋆ a symbol",
    "",
    lambda _: any_width_residual(*_WIDE),
    (
        ("twice the slope", lambda: any_width_residual(*_WIDE, _with(slope=2))),
        ("no constant term", lambda: any_width_residual(*_WIDE, _with(constant=0))),
        ("only the diagonal of CCᵀ", lambda: any_width_residual(*_WIDE, _with(off_diagonal=0))),
    ),
)

CHECKS = (*DIAGONAL, *GENERAL, *CLOSED_FORMS, ANY_WIDTH)
