"""Counterexample to (1) with all m rows in the inner step: Theorem 1's limit, made for m_in rows, is no minimum.

Standard library only. d = 3, k = k' = 2, c = 1, sigma = 0, alpha = 1, m_in = 1, m = 3; w = 0 and B* = first two axes.
L(M) = (k/2) * [c (1 - 2x + (1 + 1/m) x^2) + x^2 (k c + sigma^2) / m] for alpha B B^T = x B* B*^T.
Here it is computed from the definition: the mean of |B w_i - B* w*|^2 / 2, w_i = alpha B^T X^T X B* w* / m, by
E[S A S] = (1 + 1/m) A + Tr(A) I / m for S = X^T X / m and X standard Gaussian, A = B* B*^T.
"""

from fractions import Fraction as F

d, k, m_in, m = 3, 2, 1, 3
B_star = [[F(1), F(0)], [F(0), F(1)], [F(0), F(0)]]


def mul(A, B):
    return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]


def transpose(A):
    return [list(row) for row in zip(*A)]


def trace(A):
    return sum(A[i][i] for i in range(len(A)))


def loss(B, rows):
    """E|B B^T S theta - theta|^2 / 2 over S = X^T X / rows and theta = B* w*, E[w* w*^T] = I."""
    A, M = mul(B_star, transpose(B_star)), mul(B, transpose(B))
    SAS = [[(1 + F(1, rows)) * A[i][j] + (trace(A) / rows if i == j else 0) for j in range(d)] for i in range(d)]
    return (trace(mul(mul(M, SAS), M)) - 2 * trace(mul(M, A)) + trace(A)) / 2


limit = [[F(1, 2), F(0)], [F(0), F(1, 2)], [F(0), F(0)]]  # B B^T = B* B*^T / 4 = B* Lambda* B*^T for m_in = 1
other = [[F(1, 2), F(1, 2)], [F(1, 2), F(-1, 2)], [F(0), F(0)]]  # B B^T = B* B*^T / 2
assert loss(limit, m_in) < loss(other, m_in), "with m_in rows the limit is better"
gap = loss(limit, m) - loss(other, m)
print(f"with m = {m} rows: loss at the limit {loss(limit, m)}, elsewhere {loss(other, m)}: larger by {gap}")
assert gap > 0
