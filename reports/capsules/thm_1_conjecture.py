"""Counterexample to "Theorem 1 holds with arbitrary task covariances": full rank of B*^T B_0 is not enough.

Standard library only. k = k' = 2, d = 3, B* = first axes, Sigma* = diag(1, 2), sigma^2 = 1, m_in = 1,
alpha = beta = 1/4 = 1/(2 sigma_bar), B_0 = [C_0; 0], C_0 = [[1/2, e], [1/2, 0]], w_0 = (1/4, 1/4), 0 < e <= 1/2.
Small e end with det C_t > 0, larger ones with det C_t < 0: some e in between, found by bisection, has neither.
"""

from decimal import Decimal as D
from decimal import getcontext
from fractions import Fraction as F


def step(C, w):
    G = [[sum(row[i] * row[j] for row in C) for j in (0, 1)] for i in (0, 1)]
    q = [G[i][0] * w[0] + G[i][1] * w[1] for i in (0, 1)]
    p = [w[i] - q[i] / 4 for i in (0, 1)]
    total = w[0] * q[0] + w[1] * q[1] + 4  # |Bw|^2 + sigma_bar^2; below, E = E[w_i w_i^T] of (7)
    rest = [[p[i] * p[j] + q[i] * q[j] / 16 + total * G[i][j] / 16 for j in (0, 1)] for i in (0, 1)]
    E = [[rest[i][j] + sum(n * C[n - 1][i] * C[n - 1][j] for n in (1, 2)) / 8 for j in (0, 1)] for i in (0, 1)]
    pull = [[row[0] * E[0][j] + row[1] * E[1][j] for j in (0, 1)] for row in C]
    C = [[C[i][j] + (i + 1) * C[i][j] / 16 - pull[i][j] / 4 for j in (0, 1)] for i in (0, 1)]
    return C, [w[i] - (G[i][0] * p[0] + G[i][1] * p[1]) / 4 for i in (0, 1)]


def followed(e, number, steps):
    C, w = [[number(1) / 2, e], [number(1) / 2, number(0)]], [number(1) / 4] * 2
    for _ in range(steps):
        C, w = step(C, w)
    return C[0][0] * C[1][1] - C[0][1] * C[1][0]


print("e = 1e-4: det C_0 =", float(-F(1, 20000)), "< 0 <", float(followed(F(1, 10000), F, 1)), "= det C_1, exactly")
getcontext().prec, ends = 50, [D(1) / 10000, D(1) / 10]
while ends[1] - ends[0] > D(10) ** -20:
    middle = sum(ends) / 2
    ends[followed(middle, D, 1300) < 0] = middle
for e in ends:
    dets = ", ".join(f"{float(followed(e, D, t)):.1e} at t = {t}" for t in (400, 800, 1200, 1600))
    print(f"e = {e:.20f}...: det C_t = {dets}")
assert followed(ends[0], D, 1300) > 0 > followed(ends[1], D, 1300)
