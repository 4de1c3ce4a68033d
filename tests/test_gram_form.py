"""The iteration of Gram matrices is the transcribed iteration, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from foanil import dynamics, rational, setting
from foanil.arrays import EXACT
from foanil.certificates.gram_form import GramPoint, Numbers, gram_step
from foanil.words import Letter, alphabet

SIZES = [(2, 1, 1, 1), (4, 2, 3, 5), (5, 3, 3, 2)]


def instance(d: int, k: int, k_prime: int, m_in: int) -> tuple[setting.Setting, setting.State]:
    """Return a problem with c = 9/4, so that √c is rational, a rotated B⋆ and nothing symmetric."""
    rows = [[Fraction((3 * i + 5 * j + i * j) % 7 - 3, 10) for j in range(k_prime)] for i in range(d)]
    frame = rational.columns(rational.reflection([Fraction(i + 1) for i in range(d)]), 0, k)
    numbers = (Fraction(9, 4), Fraction(2, 3), Fraction(1, 5), Fraction(1, 7))
    head = tuple(Fraction(2 * j - 1, 6) for j in range(k_prime))
    return setting.isotropic(d, k, k_prime, m_in, *numbers, B_star=frame), setting.State(rows, head)


def gram_point(problem: setting.Setting, theta: dynamics.Iterate) -> GramPoint:
    """Return H = αBBᵀ, v = Bw/√c, ω = ‖w‖²/(αc), by their definitions."""
    alpha, c, root = (EXACT.scalar(x) for x in (problem.alpha, problem.c, Fraction(3, 2)))
    return GramPoint(alpha * (theta.B @ theta.B.T), (theta.B @ theta.w) / root, EXACT.sqnorm(theta.w) / (alpha * c))


@pytest.mark.parametrize("sizes", SIZES)
def test_gram_step_is_the_step_of_the_paper(sizes: tuple[int, int, int, int]) -> None:
    """The Gram matrices of θ_{t+1} are the Gram step of those of θ_t, at t = 0 and 1, in exact arithmetic."""
    problem, start = instance(*sizes)
    n = setting.dimensionless(problem)
    Q = EXACT.array(problem.B_star)
    a, rho, m, s, q = (EXACT.scalar(getattr(n, name)) for name in ("a", "rho", "m", "s", "q"))
    numbers = Numbers(a, rho, m, s, q, Q @ Q.T)
    letters, theta = problem.in_system(EXACT), dynamics.start(EXACT, problem, start)
    for _ in range(2):
        later = dynamics.step(EXACT, letters, theta)
        assert differs(gram_step(EXACT, numbers, gram_point(problem, theta)), gram_point(problem, later)) == 0
        theta = later


def words_step(wrong: bool = False) -> tuple[GramPoint, GramPoint]:
    """Return, in words, the Gram step of (H, v, ω) and the Gram matrices of the dimensionless step of (B, w)."""
    letters = (Letter("B", ("d", "k_prime")), Letter("w", ("k_prime", "1")), Letter("P", ("d", "d"), symmetric=True))
    words = alphabet(("a", "rho", "m", "s", "q"), letters)
    a, rho, m, s, q = (words.scalar(name) for name in ("a", "rho", "m", "s", "q"))
    B, w, P = (words.letter(name) for name in ("B", "w", "P"))
    G = B.T @ B
    g = G @ w
    u = w - g
    signal = B.T @ P @ B
    energy = words.trace(w.T @ g)
    E = s * signal + q * (G - signal) + u @ u.T + (g @ g.T + energy * G) / m
    later, head = B + a * (P @ B) - a * (B @ E), w - rho * (G @ u)
    numbers = Numbers(a, rho, m, q if wrong else s, q, P)
    start = GramPoint(B @ B.T, B @ w, words.sqnorm(w))
    return gram_step(words, numbers, start), GramPoint(later @ later.T, later @ head, words.sqnorm(head))


def test_gram_step_is_the_step_in_every_dimension() -> None:
    """With B₊ = B + aPB − aBE and w₊ = w − ρG(I − G)w the Gram step is an identity of words, P any symmetric matrix."""
    found, expected = words_step()
    assert (found.H - expected.H).is_zero()
    assert (found.v - expected.v).is_zero()
    assert (found.omega - expected.omega).is_zero()


def test_a_wrong_gram_step_is_noticed_in_words() -> None:
    """With q in the place of s the identity fails."""
    found, expected = words_step(wrong=True)
    assert not (found.H - expected.H).is_zero()


def test_a_wrong_number_is_noticed() -> None:
    """With κ in place of κ + 1 in s the Gram step is another map."""
    problem, start = instance(*SIZES[1])
    n = setting.dimensionless(problem)
    Q = EXACT.array(problem.B_star)
    a, rho, m, s, q = (EXACT.scalar(x) for x in (n.a, n.rho, n.m, 1 + n.kappa / n.m, n.q))
    theta = dynamics.start(EXACT, problem, start)
    later = dynamics.step(EXACT, problem.in_system(EXACT), theta)
    wrong = gram_step(EXACT, Numbers(a, rho, m, s, q, Q @ Q.T), gram_point(problem, theta))
    assert differs(wrong, gram_point(problem, later)) > 0


def differs(x: GramPoint, y: GramPoint) -> Any:
    """Return the largest difference of two points."""
    gaps = [*(x.H - y.H).ravel(), *(x.v - y.v).ravel(), x.omega - y.omega]
    return max(abs(gap) for gap in np.array(gaps, dtype=object))
