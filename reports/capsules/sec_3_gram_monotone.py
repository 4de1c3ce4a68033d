"""Counterexample to "Lambda_t increases in Loewner order": a diagonal entry falls, also under small constants.

Standard library only, rigorous intervals. k = k' = 2, d = 3, B* = first axes, c = 1, sigma^2 = 2, m_in = 1. From
B_0 = [diag(b1, b2); 0] and w_0 = (w, 0) the iteration (5)-(7) keeps this form, and all of Theorem 1 holds.
"""

from fractions import Fraction as F

GRID = 2**300  # an interval is a pair (low, high) of positive numbers on this grid, rounded outwards


def out(low, high):
    return F(low * GRID // 1, GRID), F(-(-high * GRID // 1), GRID)


def mul(*factors):
    low = high = F(1)
    for a, b in factors:
        low, high = low * a, high * b
    return out(low, high)


def sub(a, *others):
    return out(a[0] - sum(high for _, high in others), a[1] - sum(low for low, _ in others))


# x1, x2 = alpha b^2 and v = w^2 / (alpha c); alpha = beta = 1/4 = 1 / (2 sigma_bar), a = alpha beta c, s = 1 + 5 / m_in
one, two, a, s, top = ((F(n, 16),) * 2 for n in (16, 32, 1, 96, 17))
for C, share in ((F(1, 4), F(1, 4000)), (F(1, 100), F(1, 10**6)), (F(1, 10**6), F(1, 10**9))):
    x1, x2, v, t = (share * C / 4,) * 2, (C / 4,) * 2, (C,) * 2, 0  # |B_0|^2 <= C / alpha * min(1, 1 / sigma_bar^2)
    while True:
        left = sub(one, x1)
        up1 = sub(top, mul(a, s, x1), mul(a, v, left, left), mul(a, v, two, x1, x1))
        up2 = sub(top, mul(a, s, x2), mul(a, v, x1, x2))  # the factor of b2: below 1, its entry of Lambda falls
        if up2[1] < 1:
            break
        down = sub(one, mul(x1, left))
        x1, x2, v, t = mul(up1, up1, x1), mul(up2, up2, x2), mul(down, down, v), t + 1
    print(f"C_1 = C_2 = {C}, C_3 = 1/2: at t = {t} an entry of Lambda is multiplied by {float(up2[1]):.13f}^2")
    assert 0 < up2[0]
