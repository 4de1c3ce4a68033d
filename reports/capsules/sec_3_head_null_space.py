"""Counterexample to "w_t converges to the null space of B_star", with B_star the d x k matrix of the paper.

Standard library only. d = 3, k = 1, k' = 2. The head w has k' = 2 entries, B_star has k = 1 column: B_star w is not
defined. Nor would the null space serve: B_star has orthonormal columns, so that it is {0}, while the head below stays
at (0, 1) for ever: B_0 w_0 = 0, and then (5) does not move w. What holds is B_infinity w_infinity = 0.
"""

from fractions import Fraction as F

alpha, beta = F(1, 4), F(1, 4)
B_star = [[F(1)], [F(0)], [F(0)]]
B, w = [[F(1, 2), F(0)], [F(1, 4), F(0)], [F(0), F(0)]], [F(0), F(1)]

columns, entries = len(B_star[0]), len(w)
print(f"B_star has {columns} column(s), w has {entries} entries: B_star w does not type")
assert columns != entries
assert sum(row[0] ** 2 for row in B_star) == 1, "orthonormal columns: the null space of B_star is {0}"

output = [sum(x * y for x, y in zip(row, w)) for row in B]
pulled = [sum(B[i][j] * output[i] for i in range(3)) for j in range(2)]
again = [sum(B[i][j] * sum(B[i][n] * pulled[n] for n in range(2)) for i in range(3)) for j in range(2)]
after = [w[j] - beta * (pulled[j] - alpha * again[j]) for j in range(2)]
print(
    f"B_0 w_0 = {[str(x) for x in output]}, w_1 = {[str(x) for x in after]}: |w_t|^2 stays {sum(x * x for x in after)}"
)
assert output == [0, 0, 0]
assert after == w
