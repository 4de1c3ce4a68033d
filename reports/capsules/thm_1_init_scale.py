"""Counterexample to a unit-free reading of Theorem 1's bound |B_0|^2 <= C/alpha * min(1/m_in, m_in/sigma_bar^2).

Standard library only. Measuring labels in another unit, y -> L y, is an exact symmetry of (5)-(7) once
alpha, beta -> alpha/L, beta/L, B, w -> L^(1/2) (B, w) and Sigma*, sigma^2 -> L^2 (Sigma*, sigma^2).
For every constant C the start below meets the bound in one unit and violates it in another.
"""

from fractions import Fraction as F


def bound(C, alpha, m_in, sigma_bar_sq):
    return C / alpha * min(F(1, m_in), m_in / sigma_bar_sq)


for C in (F(1, 10**6), F(1, 7), F(1), F(10**6)):
    alpha, m_in, sigma_bar_sq, B_sq = F(1), 1, F(1), C  # |B_0|^2 = C / alpha
    assert B_sq <= bound(C, alpha, m_in, sigma_bar_sq)
    L = 4
    B_sq, alpha, sigma_bar_sq = L * B_sq, alpha / L, L**2 * sigma_bar_sq
    limit = bound(C, alpha, m_in, sigma_bar_sq)
    print(f"C = {C}: after y -> {L} y the same start has |B_0|^2 = {B_sq} > {limit}")
    assert B_sq > limit
