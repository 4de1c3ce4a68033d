"""Expectations of words: brute force over entries, known Wishart moments, other laws, and where they must stop."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foanil.arrays import EXACT, NUMPY
from foanil.entrywise_moments import EntryRing, gaussian_expectation
from foanil.gaussian_moments import Centred, Gaussian, Spherical, UnknownMomentError, expectation
from foanil.words import Element, Letter, alphabet

SIZES = {"m": 2, "d": 3}
LETTERS = {"X": ("m", "d"), "K": ("d", "d"), "L": ("d", "d"), "J": ("m", "m"), "t": ("d", "1"), "z": ("m", "1")}
WORDS = alphabet(["m", "d", "eta", "sigma_sq"], [*(Letter(name, shape) for name, shape in LETTERS.items()),
                                                 Letter("S", ("m", "m"), symmetric=True)])  # fmt: skip
X, K, L, J, t, z, S = (WORDS.letter(name) for name in (*LETTERS, "S"))
m, d, eta, sigma_sq = (WORDS.scalar(name) for name in ("m", "d", "eta", "sigma_sq"))
GRAM = X.T @ X
GAUSSIAN = Gaussian("X")


# Brute force over entries --------------------------------------------------------------------------


@functools.cache
def symbolic_features(rows: int = 2, cols: int = 3) -> Any:
    """Return X with a symbol in every entry."""
    return EntryRing({"X": (rows, cols)}, ()).matrix("X")


def constants(seed: int, rows: int = 2, cols: int = 3) -> dict[str, Any]:
    """Return exact constant matrices, S symmetric, the others not."""
    rng, sizes = np.random.default_rng(seed), {"m": rows, "d": cols, "1": 1}
    shapes = {name: (sizes[a], sizes[b]) for name, (a, b) in {**LETTERS, "S": ("m", "m")}.items() if name != "X"}
    drawn = {name: rng.integers(-4, 5, size=shape) for name, shape in shapes.items()}
    drawn["S"] = drawn["S"] + drawn["S"].T
    return {name: EXACT.array([[int(x) for x in row] for row in values]) for name, values in drawn.items()}


def polynomial(entry: Any) -> Any:
    """Return an entry as something that compares with a polynomial: a constant stays a number."""
    return getattr(entry, "polynomial", entry)


def assert_equal(left: Any, right: Any) -> None:
    """Compare two arrays entry by entry, exactly."""
    assert left.shape == right.shape
    for index in np.ndindex(*left.shape):
        assert polynomial(left[index]) == polynomial(right[index])


def steps(length: int) -> st.SearchStrategy[list[int]]:
    """Draw the choices of a walk between the dimensions d and m."""
    return st.lists(st.integers(0, 2), min_size=1, max_size=length)


def walked(choices: list[int], letters: dict[str, Any]) -> Any:
    """Multiply letters along a walk that starts at dimension d: from d go K, Kᵀ or Xᵀ; from m go J, X or X."""
    here, product, count = "d", letters["K"], 0
    for choice in choices:
        if here == "d" and (choice < 2 or count >= 6):
            product = product @ (letters["K"], letters["L"].T)[choice % 2]
        elif here == "d":
            here, product, count = "m", product @ letters["X"].T, count + 1
        elif choice == 0:
            product = product @ letters["J"]
        else:
            here, product, count = "d", product @ letters["X"], count + 1
    return product


@given(choices=steps(10), seed=st.integers(0, 10**6), traced=st.booleans())
def test_random_words_agree_with_brute_force(choices: list[int], seed: int, traced: bool) -> None:
    """For words with up to seven X, open or traced, contraction equals the sum over monomials of the entries."""
    fixed = constants(seed)
    direct = walked(choices, {**fixed, "X": symbolic_features()})
    word = walked(choices, {"X": X, "K": K, "L": L, "J": J})
    if traced:
        direct, word = np.array([[as_scalar(direct, EXACT)]], dtype=object), as_scalar(word, WORDS)
    mean = expectation(word, GAUSSIAN).evaluate(EXACT, fixed, SIZES)
    if traced:
        mean = np.array([[mean]], dtype=object)
    assert_equal(mean, brute_force(direct))


def as_scalar(matrix: Any, xp: Any) -> Any:
    """Return the trace of a square matrix, the squared norm of another."""
    return xp.trace(matrix) if matrix.shape[0] == matrix.shape[1] else xp.sqnorm(matrix)


def brute_force(matrix: Any) -> Any:
    """Take the mean over X entry by entry; entries without X are constants."""
    zero = symbolic_features()[0, 0] * 0
    lifted = np.array([[entry + zero for entry in row] for row in matrix], dtype=object)
    return gaussian_expectation(lifted, symbolic_features())


PRODUCTS: dict[str, tuple[Element, Callable[[Any, dict[str, Any]], Any]]] = {
    "two traces": (
        WORDS.trace(GRAM @ K) * WORDS.trace(GRAM @ L),
        lambda Y, c: EXACT.trace(Y.T @ Y @ c["K"]) * EXACT.trace(Y.T @ Y @ c["L"]),
    ),
    "trace times open word": (
        WORDS.trace(GRAM @ K) * (X @ L @ X.T),
        lambda Y, c: EXACT.trace(Y.T @ Y @ c["K"]) * (Y @ c["L"] @ Y.T),
    ),
    "scalar pieces": (
        (t.T @ GRAM @ t) * (X @ t @ t.T @ K @ X.T),
        lambda Y, c: (c["t"].T @ Y.T @ Y @ c["t"])[0, 0] * (Y @ c["t"] @ c["t"].T @ c["K"] @ Y.T),
    ),
    "no occurrence": (K @ L, lambda Y, c: c["K"] @ c["L"]),
    "odd": (X @ K @ X.T @ X, lambda Y, c: Y @ c["K"] @ Y.T @ Y),
    "three Gram factors": (
        GRAM @ K @ GRAM @ L @ GRAM,
        lambda Y, c: Y.T @ Y @ c["K"] @ Y.T @ Y @ c["L"] @ Y.T @ Y,
    ),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_traces_and_words_agree_with_brute_force(name: str) -> None:
    """Occurrences in different traces and in the open word are paired with one another too."""
    element, direct = PRODUCTS[name]
    fixed = constants(5)
    mean = expectation(element, GAUSSIAN).evaluate(EXACT, fixed, SIZES)
    value = direct(symbolic_features(), fixed)
    if not isinstance(mean, np.ndarray):
        mean, value = (np.array([[x]], dtype=object) for x in (mean, value))
    assert_equal(mean, brute_force(value))


# Known moments -------------------------------------------------------------------------------------


def test_first_and_second_moments() -> None:
    """E[XᵀX] = mI, E[XKXᵀ] = Tr(K)I, E[X J′ X] = J′ᵀ, E[ΣKΣ] = m²K + mKᵀ + m Tr(K)I for Σ = XᵀX, odd words vanish."""
    assert expectation(GRAM, GAUSSIAN) == m * WORDS.eye("d")
    assert expectation(X @ K @ X.T, GAUSSIAN) == WORDS.trace(K) * WORDS.eye("m")
    assert expectation(X @ t @ z.T @ X, GAUSSIAN) == z @ t.T
    assert expectation(GRAM @ K @ GRAM, GAUSSIAN) == m**2 * K + m * K.T + m * WORDS.trace(K) * WORDS.eye("d")
    assert expectation(X @ GRAM, GAUSSIAN).is_zero()


def power_sum(n: int) -> Element:
    """Return Tr(Σⁿ) for the Wishart matrix Σ = XᵀX."""
    return WORDS.trace(GRAM**n)


@functools.cache
def wishart(*powers: int) -> Element:
    """Return E[∏ Tr(Σⁿ)] over the powers n."""
    return expectation(math.prod((power_sum(n) for n in powers), start=WORDS.constant(1)), GAUSSIAN)


@pytest.mark.parametrize(
    ("n", "stated"),
    [
        (1, m * d),
        (2, m * d * (m + d + 1)),
        (3, m * d * (m**2 + d**2 + 3 * m * d + 3 * m + 3 * d + 4)),
        (4, m * d * (m**3 + d**3 + 6 * m * d * (m + d) + 6 * m**2 + 6 * d**2 + 17 * m * d + 21 * m + 21 * d + 20)),
    ],
)
def test_mean_of_a_power_sum(n: int, stated: Element) -> None:
    """E Tr(Σⁿ) for n ≤ 4, m and d symbolic (Letac and Massam, Scand. J. Statist. 31, 2004)."""
    assert wishart(n) == stated


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_powers_of_the_trace_are_chi_squared(n: int) -> None:
    """Tr Σ is χ² with md degrees of freedom: E(Tr Σ)ⁿ = md(md + 2)…(md + 2n − 2)."""
    assert wishart(*[1] * n) == math.prod((m * d + 2 * j for j in range(n)), start=WORDS.constant(1))


NEWTON = {
    2: {(1, 1): 1, (2,): -1},
    3: {(1, 1, 1): 1, (1, 2): -3, (3,): 2},
    4: {(1, 1, 1, 1): 1, (1, 1, 2): -6, (2, 2): 3, (1, 3): 8, (4,): -6},
    5: {(1,) * 5: 1, (1, 1, 1, 2): -10, (1, 2, 2): 15, (1, 1, 3): 20, (2, 3): -20, (1, 4): -30, (5,): 24},
}
"""n! times the elementary symmetric function e_n of the eigenvalues, in power sums."""


@pytest.mark.parametrize("n", NEWTON)
def test_sums_of_principal_minors(n: int) -> None:
    """E e_n(Σ) = C(d, n) m(m − 1)…(m − n + 1), m and d symbolic, up to five Gram factors; e_d is the determinant."""
    total = sum((c * wishart(*powers) for powers, c in NEWTON[n].items()), start=WORDS.zeros("1", "1"))
    assert total == math.prod(((d - j) * (m - j) for j in range(n)), start=WORDS.constant(1))


def test_five_gram_factors() -> None:
    """E Tr(Σ⁵) is symmetric in m and d, and m(m + 2)(m + 4)(m + 6)(m + 8) at d = 1."""
    fifth = wishart(5)
    assert fifth == fifth.transport(WORDS, {}, {"m": d, "d": m})
    at_one = fifth.transport(WORDS, {}, {"d": WORDS.constant(1)})
    assert at_one == m * (m + 2) * (m + 4) * (m + 6) * (m + 8)


def test_monte_carlo_agrees_within_its_error_budget() -> None:
    """E Tr(ΣKΣL) at m = 4, d = 3: 40 000 samples, off by at most 6 standard errors, which are 2 % of the value."""
    rng = np.random.default_rng(20240501)
    left, right = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    features = rng.normal(size=(40_000, 4, 3))
    gram = np.einsum("nia,nib->nab", features, features)
    values = np.einsum("nab,bc,ncd,da->n", gram, left, gram, right)
    stated = expectation(WORDS.trace(GRAM @ K @ GRAM @ L), GAUSSIAN).evaluate(
        NUMPY, {"K": left, "L": right}, {"m": 4.0, "d": 3.0}
    )
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - stated) < 6 * error
    assert 6 * error < 0.15 * abs(stated), "the budget must be narrow enough to tell a wrong moment"
    without_transpose = stated - 4 * np.trace(left.T @ right)
    assert abs(values.mean() - without_transpose) > 6 * error


# Spherically symmetric rows ------------------------------------------------------------------------


def sphere_mean(entry: Any, features: Any) -> Any:
    """Return the mean of a polynomial over rows uniform on the sphere of radius √d, from the moments of its entries.

    E ∏ x_j^{n_j} = d^{n/2} ∏(n_j − 1)!! / (d(d + 2)…(d + n − 2)), n = Σn_j, or 0 where some n_j is odd.
    """
    places = {str(symbol): index for index, symbol in enumerate(entry.polynomial.ring.symbols)}
    total = Fraction(0)
    for powers, coefficient in entry.polynomial.terms():
        moments = [[powers[places[str(x)]] for x in row] for row in features]
        total += Fraction(int(coefficient.numerator), int(coefficient.denominator)) * math.prod(map(on_sphere, moments))
    return total


def on_sphere(powers: list[int]) -> Fraction:
    """Return one row's moment on the sphere of radius √d."""
    if any(n % 2 for n in powers):
        return Fraction(0)
    size, half = len(powers), sum(powers) // 2
    top = size**half * math.prod(math.prod(range(n - 1, 0, -2)) for n in powers)
    return Fraction(top, math.prod(size + 2 * j for j in range(half)))


SPHERICAL_WORDS: dict[str, tuple[Element, Callable[[Any, dict[str, Any]], Any]]] = {
    "sandwich": (GRAM @ K @ GRAM, lambda Y, c: Y.T @ Y @ c["K"] @ Y.T @ Y),
    "two traces": (
        WORDS.trace(GRAM @ K) * WORDS.trace(GRAM @ L) * WORDS.eye("d"),
        lambda Y, c: EXACT.trace(Y.T @ Y @ c["K"]) * EXACT.trace(Y.T @ Y @ c["L"]) * EXACT.eye(3),
    ),
    "quadratic form times Gram": (
        (t.T @ GRAM @ t) * GRAM,
        lambda Y, c: (c["t"].T @ Y.T @ Y @ c["t"])[0, 0] * (Y.T @ Y),
    ),
    "one Gram factor": (GRAM @ K, lambda Y, c: Y.T @ Y @ c["K"]),
    "outer product": (X @ K @ X.T, lambda Y, c: Y @ c["K"] @ Y.T),
}


@pytest.mark.parametrize("name", SPHERICAL_WORDS)
def test_spherical_law_on_the_sphere(name: str) -> None:
    """Rows uniform on the sphere of radius √d have kurtosis ratio η = d/(d + 2); their exact moments are the law's."""
    element, direct = SPHERICAL_WORDS[name]
    fixed, features = constants(9), symbolic_features()
    numbers = {**SIZES, "eta": EXACT.scalar(Fraction(3, 5))}
    mean = expectation(element, Spherical("X", eta)).evaluate(EXACT, fixed, numbers)
    value = direct(features, fixed) + features[0, 0] * 0
    for index in np.ndindex(*mean.shape):
        assert mean[index] == EXACT.scalar(sphere_mean(value[index], features))


def test_spherical_moments_of_four_differ_from_the_gaussian_ones() -> None:
    """The kurtosis ratio matters from two Gram factors on, not before; at η = 1 both laws agree."""
    law = Spherical("X", eta)
    assert expectation(GRAM @ K, law) == expectation(GRAM @ K, GAUSSIAN)
    gap = expectation(GRAM @ K @ GRAM, law) - expectation(GRAM @ K @ GRAM, GAUSSIAN)
    assert gap == (eta - 1) * m * (K + K.T + WORDS.trace(K) * WORDS.eye("d"))
    for word in (GRAM @ K @ GRAM, WORDS.trace(GRAM) * GRAM):
        assert expectation(word, Spherical("X", WORDS.constant(1))) == expectation(word, GAUSSIAN)


def test_a_kurtosis_ratio_does_not_determine_more() -> None:
    """Three Gram factors, or rows that meet a constant, are refused under the spherical law, not guessed."""
    law = Spherical("X", eta)
    with pytest.raises(UnknownMomentError, match=r"occurs 6 times.*at most four"):
        expectation(GRAM @ GRAM @ GRAM, law)
    with pytest.raises(UnknownMomentError, match="must meet rows"):
        expectation(X.T @ J @ X @ GRAM, law)


# Centred columns -----------------------------------------------------------------------------------


def test_centred_column_has_mean_zero_and_its_covariance() -> None:
    """E[z] = 0, E[zzᵀ] = S, E[zᵀJz] = Tr(JS), E[Xᵀz zᵀX] = XᵀSX, and constants stay."""
    law = Centred("z", S)
    assert expectation(J @ z, law).is_zero()
    assert expectation(z @ z.T, law) == S
    assert expectation(z.T @ J @ z, law) == WORDS.trace(J @ S)
    assert expectation(X.T @ z @ z.T @ X, law) == X.T @ S @ X
    assert expectation((z.T @ X @ t) * z, law) == S @ X @ t
    assert expectation(K, law) == K


def test_covariance_may_be_any_symmetric_element() -> None:
    """Scalar multiples, traces, sums of words and zero all count in full."""
    assert expectation(z @ z.T, Centred("z", sigma_sq * WORDS.eye("m"))) == sigma_sq * WORDS.eye("m")
    assert expectation(z.T @ z, Centred("z", sigma_sq * WORDS.eye("m"))) == m * sigma_sq
    for covariance in (WORDS.trace(S) * S, S + sigma_sq * WORDS.eye("m"), J + J.T, WORDS.zeros("m", "m")):
        law = Centred("z", covariance)
        assert expectation(z @ z.T, law) == covariance
        assert expectation(z.T @ J @ z, law) == WORDS.trace(J @ covariance)


def test_covariance_must_be_symmetric_and_of_the_columns_size() -> None:
    """A covariance that is not symmetric, or of another size, is refused."""
    with pytest.raises(UnknownMomentError, match="symmetric"):
        expectation(z @ z.T, Centred("z", J))
    with pytest.raises(UnknownMomentError, match=r"shape.*'d'"):
        expectation(z @ z.T, Centred("z", K + K.T))


def test_two_moments_do_not_determine_a_third() -> None:
    """Third and fourth moments of a centred column are refused, not taken for Gaussian ones."""
    for word in ((z.T @ z) * z, (z.T @ z) ** 2):
        with pytest.raises(UnknownMomentError, match="only its mean and covariance"):
            expectation(word, Centred("z", S))


def test_a_gaussian_column_has_all_moments() -> None:
    """A standard normal column: E[(zᵀz)²] = m(m + 2), E[(zᵀz)z] = 0; to order two it agrees with Centred."""
    assert expectation((z.T @ z) ** 2, Gaussian("z")) == m * (m + 2)
    assert expectation((z.T @ z) * z, Gaussian("z")).is_zero()
    assert expectation(z @ z.T @ J, Gaussian("z")) == expectation(z @ z.T @ J, Centred("z", WORDS.eye("m")))


def test_independent_laws_commute() -> None:
    """Means over independent letters can be taken in either order."""
    word = GRAM @ K @ X.T @ z @ z.T @ X
    noise = Centred("z", sigma_sq * WORDS.eye("m"))
    assert expectation(word, GAUSSIAN, noise) == expectation(word, noise, GAUSSIAN)
    assert not expectation(word, GAUSSIAN, noise).is_zero()


def test_smallest_sizes() -> None:
    """At m = d = 1 the moments are those of a standard normal variable: 1, 3, 15, 105, 945."""
    one = {"m": EXACT.scalar(1), "d": EXACT.scalar(1)}
    found = [wishart(n).evaluate(EXACT, {}, one) for n in range(1, 6)]
    assert found == [1, 3, 15, 105, 945]


def test_refusals_name_the_cure() -> None:
    """Five factors under a spherical law, three under a declared covariance, are refused with what would help."""
    with pytest.raises(UnknownMomentError, match=r"^'X' occurs 5 times; a kurtosis ratio determines at most four"):
        expectation(GRAM @ GRAM @ X.T, Spherical("X", eta))
    cure = r"^'X' occurs 3 times.*; declare a Gaussian law or take fewer factors$"
    with pytest.raises(UnknownMomentError, match=cure):
        expectation(GRAM @ X.T, Centred("X", S))
