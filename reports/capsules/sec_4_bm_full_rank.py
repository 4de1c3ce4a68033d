"""Counterexample to "the optimal B need to be full rank to perfectly fit the training data of all tasks" (k' = d).

Standard library only, exact. d = 5, k = 2, k' = 5, m = 3 rows per task, N = 1000 tasks, every label noisy. B_star is
the first two axes; B keeps the last three: rank 3 < 5 and B_star^T B = 0, and it fits every label of every task.
One B, chosen before the data: what a task needs is that its 3 x 3 matrix X_i B is invertible.
"""

from fractions import Fraction as F
from itertools import count

d, k, m, N = 5, 2, 3, 1000
B = [[F(int(i == j and i >= k)) for j in range(d)] for i in range(d)]
draw = (F((7919 * n * n + 104729 * n) % 1009 - 504, 504) for n in count(1))


def solved(A, y):
    """Return the x with Ax = y for a square A, by elimination with exact pivots."""
    rows = [[*row, value] for row, value in zip(A, y)]
    for j in range(len(A)):
        pivot = next(i for i in range(j, len(A)) if rows[i][j])
        rows[j], rows[pivot] = rows[pivot], rows[j]
        rows[j] = [x / rows[j][j] for x in rows[j]]
        rows = [row if i == j else [x - row[j] * p for x, p in zip(row, rows[j])] for i, row in enumerate(rows)]
    return [row[-1] for row in rows]


worst, noise = F(0), F(0)
for _ in range(N):
    X = [[next(draw) for _ in range(d)] for _ in range(m)]
    task, z = [next(draw) for _ in range(k)], [next(draw) for _ in range(m)]
    y = [sum(x * t for x, t in zip(row, task)) + e for row, e in zip(X, z)]
    W = [F(0)] * k + solved([row[k:] for row in X], y)
    fitted = [sum(row[i] * B[i][j] * W[j] for i in range(d) for j in range(d)) for row in X]
    worst = max([worst, *(abs(f - value) for f, value in zip(fitted, y))])
    noise += sum(e * e for e in z)
rank = sum(map(any, B))
print(f"rank B = {rank} < d = {d}; largest residual over {N} tasks = {worst}; squared noise = {float(noise):.1f}")
assert worst == 0 < noise
assert rank == m < d
