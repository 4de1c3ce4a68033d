"""The second engine: moments of single entries, Lemma 15 by brute force, and independence from the first engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import QQ
from sympy.polys.fields import FracField

from foanil import first_principles, statements
from foanil.arrays import EXACT
from foanil.entrywise_moments import (
    Entry,
    EntryRing,
    UndeterminedMomentError,
    centred_expectation,
    gaussian_expectation,
)
from foanil.first_principles import Parameters
from proofs import eq_07_entrywise, eq_08_entrywise


def one(entry: Any) -> Any:
    """Return a single entry as a 1×1 matrix."""
    return np.array([[entry]], dtype=object)


# Entries -------------------------------------------------------------------------------------------


def test_symmetric_matrices_share_their_entries_and_others_do_not() -> None:
    """S = Sᵀ entry by entry for a symmetric letter of size 3: six generators; a square letter that is not has nine."""
    ring = EntryRing({"S": (3, 3), "M": (3, 3), "v": (2, 1)}, ("a",), frozenset({"S"}))
    S, M = ring.matrix("S"), ring.matrix("M")
    assert (S == S.T).all()
    assert not (M == M.T).all()
    assert len(ring.ring.gens) == 1 + 6 + 9 + 2
    assert ring.matrix("v").shape == (2, 1)


def test_scalars_multiply_arrays_from_both_sides() -> None:
    """a·M = M·a, (a + M) − M = a, M/2 + M/2 = M, entry by entry, also for rational matrices."""
    ring = EntryRing({"M": (2, 3)}, ("a",))
    a, M = ring.scalar("a"), ring.matrix("M")
    assert (a * M == M * a).all()
    assert ((a + M) - M == np.full((2, 3), a)).all()
    assert (M / 2 + M / EXACT.scalar(2) == M).all()
    assert (a * EXACT.eye(2) == EXACT.eye(2) * a).all()
    assert (1 - M == -(M - 1)).all()
    assert (M @ M.T)[0, 1] == M[0, 0] * M[1, 0] + M[0, 1] * M[1, 1] + M[0, 2] * M[1, 2]
    assert a**2 == a * a


def test_entries_compare_with_numbers() -> None:
    """A polynomial that is constant equals that number, so that a search for nonzero entries cannot be fooled."""
    a = EntryRing({}, ("a",)).scalar("a")
    assert a - a == 0
    assert (a - a) + 3 == 3
    assert a != 0
    assert not a - a


# Moments -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(9))
def test_moments_of_a_normal_variable(n: int) -> None:
    """E[xⁿ] = (n − 1)!! for even n and 0 for odd n."""
    ring = EntryRing({"X": (1, 1), "Y": (1, 1)}, ())
    x, y = ring.matrix("X"), ring.matrix("Y")
    mean = gaussian_expectation(one(x[0, 0] ** n * y[0, 0] ** 3), x)[0, 0]
    known = [1, 0, 1, 0, 3, 0, 15, 0, 105][n]
    assert mean == known * y[0, 0] ** 3


def test_distinct_entries_are_independent() -> None:
    """E[x₁²x₂⁴] = 3 = E[x₁²]E[x₂⁴], E[x₁x₂] = 0, and the mean is linear."""
    ring = EntryRing({"X": (2, 3)}, ("a",))
    X, a = ring.matrix("X"), ring.scalar("a")
    assert gaussian_expectation(one(X[0, 0] ** 2 * X[1, 2] ** 4), X)[0, 0] == 3
    assert gaussian_expectation(one(X[0, 1] * X[1, 1]), X)[0, 0] == 0
    assert gaussian_expectation(one(a * X[0, 1] ** 2 + 5 - X[1, 1]), X)[0, 0] == a + 5


def test_only_the_named_entries_are_averaged() -> None:
    """Entries of other letters stay as they are."""
    ring = EntryRing({"X": (1, 2), "Y": (1, 2)}, ())
    X, Y = ring.matrix("X"), ring.matrix("Y")
    assert gaussian_expectation(one(X[0, 0] ** 2 * Y[0, 0] ** 2), Y)[0, 0] == X[0, 0] ** 2


def test_centred_column_is_replaced_by_its_covariance() -> None:
    """E[vvᵀ] = S and E[v] = 0 with S symbolic; E[(uᵀv)²] = uᵀSu."""
    ring = EntryRing({"v": (2, 1), "u": (2, 1), "S": (2, 2)}, (), frozenset({"S"}))
    v, u, S = (ring.matrix(name) for name in ("v", "u", "S"))
    assert (centred_expectation(v @ v.T, v, S) == S).all()
    assert (centred_expectation(v, v, S) == 0 * v).all()
    assert (centred_expectation((u.T @ v) @ (v.T @ u), v, S) == u.T @ S @ u).all()
    assert (centred_expectation(v @ v.T, v, EXACT.eye(2)) == EXACT.eye(2)).all()


@pytest.mark.parametrize("powers", [(3, 0), (2, 1), (1, 2), (2, 2)])
def test_two_moments_do_not_determine_a_third(powers: tuple[int, int]) -> None:
    """Monomials of degree three and more in a centred column are refused."""
    ring = EntryRing({"v": (2, 1), "S": (2, 2)}, (), frozenset({"S"}))
    v, S = ring.matrix("v"), ring.matrix("S")
    with pytest.raises(UndeterminedMomentError, match="degree at most 2"):
        centred_expectation(one(v[0, 0] ** powers[0] * v[1, 0] ** powers[1]), v, S)


def test_wishart_moments_at_explicit_sizes() -> None:
    """E det(XᵀX) = m(m − 1) at d = 2, and E Tr((XᵀX)³) = md(m² + d² + 3md + 3m + 3d + 4), m = 3, d = 2."""
    X = EntryRing({"X": (3, 2)}, ()).matrix("X")
    gram = X.T @ X
    determinant = gram[0, 0] * gram[1, 1] - gram[0, 1] * gram[1, 0]
    assert gaussian_expectation(one(determinant), X)[0, 0] == 3 * 2
    cubic = EXACT.trace(gram @ gram @ gram)
    assert gaussian_expectation(one(cubic), X)[0, 0] == 3 * 2 * (9 + 4 + 18 + 9 + 6 + 4)


# The second engine's Lemma 15 ----------------------------------------------------------------------


def model(d: int, k: int, k_prime: int, m_in: int, **more: tuple[int, int]) -> dict[str, Any]:
    """Return all letters with a symbol in every entry, B⋆ included, and no relation among them."""
    shapes = {
        "B": (d, k_prime),
        "w": (k_prime, 1),
        "B_star": (d, k),
        "Sigma_star": (k, k),
        "w_star": (k, 1),
        "X_in": (m_in, d),
        "z_in": (m_in, 1),
    }
    ring = EntryRing({**shapes, **more}, ("alpha", "beta", "sigma_sq"), frozenset({"Sigma_star"}))
    scalars = {name: ring.scalar(name) for name in ring.scalars}
    return {**{name: ring.matrix(name) for name in ring.shapes}, **scalars, "m_in": EXACT.scalar(m_in)}


def averaged(matrix: Any, x: dict[str, Any], *parts: str) -> Any:
    """Take the mean over noise and features of the named samples and over the task."""
    for part in parts:
        noise = x["sigma_sq"] * EXACT.eye(x[f"z_{part}"].shape[0])
        matrix = centred_expectation(matrix, x[f"z_{part}"], noise)
    matrix = centred_expectation(matrix, x["w_star"], x["Sigma_star"])
    for part in parts:
        matrix = gaussian_expectation(matrix, x[f"X_{part}"])
    return matrix


def adapted(x: dict[str, Any]) -> Any:
    """Return the adapted head from first principles."""
    inner = first_principles.task_sample(x["X_in"], x["m_in"], x["B_star"], x["w_star"], x["z_in"])
    return first_principles.inner_step(Parameters(x["B"], x["w"]), inner, x["alpha"]).w


def stated_second_moment(x: dict[str, Any]) -> Any:
    """Return (7) as stated."""
    names = ("B", "w", "B_star", "Sigma_star", "alpha", "sigma_sq", "m_in")
    return statements.second_moment(EXACT, **{name: x[name] for name in names})


def test_lemma_15_needs_orthonormal_columns() -> None:
    """With B⋆ free, E[wwᵀ] differs from (7); the check for every basis names the difference, and tells it from 0."""
    model_ = eq_07_entrywise.entries(2, 1, 2, 3, free_basis=True)
    gap = model_.second_moment - model_.stated(statements.second_moment)
    assert all(bool(entry) for entry in gap.ravel())
    assert eq_07_entrywise.free_basis_residual((2, 1, 2, 3), statements.second_moment).held
    assert not eq_07_entrywise.free_basis_residual((2, 1, 2, 3), statements.second_moment_first_line).held


def test_the_outer_samples_mean_is_its_expected_loss() -> None:
    """Two explicit outer rows average to the same direction as X = I, y = B⋆w⋆: the shortcut of the second engine."""
    d, k, k_prime, m_in, m_out = 3, 1, 2, 1, 2
    x = model(d, k, k_prime, m_in, X_out=(m_out, d), z_out=(m_out, 1))
    basis = EXACT.array([[int(i == j) for j in range(k)] for i in range(d)])
    x["B_star"] = basis + 0 * x["B_star"]
    outer = first_principles.task_sample(x["X_out"], EXACT.scalar(m_out), x["B_star"], x["w_star"], x["z_out"])
    direction = first_principles.gradient(Parameters(x["B"], adapted(x)), outer)
    mean = Parameters(averaged(direction.B, x, "out", "in"), averaged(direction.w, x, "out", "in"))
    stepped = first_principles.outer_step(Parameters(x["B"], x["w"]), mean, x["beta"])
    head = statements.head_step(EXACT, x["B"], x["w"], x["alpha"], x["beta"])
    representation = statements.representation_step(
        EXACT, x["B"], x["B_star"], x["Sigma_star"], stated_second_moment(x), x["alpha"], x["beta"]
    )
    assert (stepped.w == head).all()
    assert (stepped.B == representation).all()


# The second engine's fixed point --------------------------------------------------------------------


def test_every_full_rank_gram_matrix_at_size_three() -> None:
    """At k = 3, Σ⋆ with six free entries: the only Λ that solves stationarity is Λ⋆ as printed."""
    sizes = (4, 3, 1)
    assert eq_08_entrywise.general_residual(sizes, statements.limit_gram).held
    assert not eq_08_entrywise.general_residual(sizes, statements_wrong_by_one).held


def statements_wrong_by_one(xp: Any, Sigma_star: Any, sigma_bar_sq: Any, alpha: Any, m_in: Any) -> Any:
    """Return Λ⋆ at m_in + 1."""
    return statements.limit_gram(xp, Sigma_star, sigma_bar_sq, alpha, m_in + 1)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_two_printed_closed_forms_are_one_function(k: int) -> None:
    """(8) and its ratio form agree as rational functions of Σ⋆'s entries, m_in, α and a σ̄² of its own."""
    names = [f"S{i}{j}" for i in range(k) for j in range(i, k)]
    field = FracField([*names, "alpha", "m_in", "sigma_bar_sq"], QQ)
    x = {str(name): Entry(element) for name, element in zip(field.symbols, field.gens, strict=True)}
    rows = [[x[f"S{min(i, j)}{max(i, j)}"] for j in range(k)] for i in range(k)]
    letters = (np.array(rows, dtype=object), x["sigma_bar_sq"], x["alpha"], x["m_in"])
    assert (statements.limit_gram(EXACT, *letters) == statements.limit_gram_ratio_form(EXACT, *letters)).all()
    assert not (statements.limit_gram(EXACT, *letters) == statements_wrong_by_one(EXACT, *letters)).all()


@pytest.mark.parametrize("sizes", [(4, 2, 3, 1), (2, 1, 2, 3)], ids=str)
def test_the_second_engine_tells_sample_sizes_apart(sizes: tuple[int, int, int, int]) -> None:
    """Both engines agree at their own m_in, and (7) at m_in + 1 differs from the entries at m_in."""
    model_ = eq_07_entrywise.entries(*sizes)
    assert not any(bool(entry) for entry in eq_07_entrywise.engines_gap(*sizes).ravel())
    moved = stated_second_moment({**model_.letters, "m_in": EXACT.scalar(sizes[-1] + 1)})
    assert any(bool(entry) for entry in (moved - model_.second_moment).ravel())
