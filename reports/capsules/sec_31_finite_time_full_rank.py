"""Counterexample to "at finite time B has full rank k'": an admissible start of full rank 2 whose B_1 has rank 1.

Standard library only. d = 2, k = 1, k' = 2, m_in = 1, c = 1; the explicit hypotheses of Theorem 1 hold (checked below).
One step of (5)-(7) in exact rationals, B* the first axis.
"""

from fractions import Fraction as F

alpha, m_in = F(1, 4), 1
beta = F(202487029143552000, 857255457157152457)
sigma_bar_sq = 1 + F(82244747144359, 52730997172800)
B, w = [[F(9, 10), F(-1, 930)], [F(1, 4), F(0)]], [F(3, 10), F(7, 20)]


def det(A):
    return A[0][0] * A[1][1] - A[0][1] * A[1][0]


def gram(A):
    return [[sum(row[i] * row[j] for row in A) for j in range(2)] for i in range(2)]


G = gram(B)
assert min(1 - G[0][0], det([[1 - G[0][0], -G[0][1]], [-G[1][0], 1 - G[1][1]]])) > 0, "|B_0|^2 < 1 = 1/(4 m_in alpha)"
assert max(beta / alpha, 4 * alpha**2 * sigma_bar_sq) <= 1, "beta <= alpha <= 1/(2 sigma_bar)"
assert sum(x * x for x in w) <= alpha, "|w_0|^2 <= alpha c"
g = [sum(G[i][j] * w[j] for j in range(2)) for i in range(2)]
p = [w[i] - alpha * g[i] for i in range(2)]
total = sum(g[i] * w[i] for i in range(2)) + sigma_bar_sq
r = alpha**2 / m_in
E = [
    [p[i] * p[j] + r * g[i] * g[j] + (alpha**2 + r) * B[0][i] * B[0][j] + r * total * G[i][j] for j in range(2)]
    for i in range(2)
]
after = [[row[j] - beta * sum(row[i] * E[i][j] for i in range(2)) for j in range(2)] for row in B]
after[0] = [after[0][j] + alpha * beta * B[0][j] for j in range(2)]
print(f"det B_0 = {det(B)}, det B_1 = {det(after)}")
assert det(after) == 0 != det(B)
