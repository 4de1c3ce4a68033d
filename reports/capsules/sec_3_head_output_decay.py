"""Counterexample to "|B_t w_t| decays monotonically from t = 0": it grows at the first step, whatever the constants.

Standard library only, exact. k = k' = 1, d = 2, B* = first axis, B_0 = (b, 0), so that (5)-(7) are three lines of
scalars. For every C the start meets Theorem 1's hypotheses with all three constants equal to C.
"""

from fractions import Fraction as F

m_in, c, noise = 3, F(1), F(3)  # Sigma* = c, sigma^2 = noise
sigma_bar_sq = c + noise  # sigma_bar = 2


def step(b, w, alpha, beta):
    """(5) and (6): b^2 = B^T B, and the head is w; `moment` is the second moment (7) of the adapted head."""
    g = b**2 * w
    signal = (w - alpha * g) ** 2 + alpha**2 / m_in * g**2
    moment = signal + alpha**2 * (1 + F(1, m_in)) * c * b**2 + alpha**2 / m_in * ((b * w) ** 2 + sigma_bar_sq) * b**2
    return b - beta * b * moment + alpha * beta * c * b, w - beta * (g - alpha * b**2 * g)


def root_below(value):
    """A positive rational at most the square root of a positive one: the largest power of 1/2 that is."""
    root = F(1)
    while root**2 > value:
        root /= 2
    return root


for C in (F(1, 10**6), F(1, 7), F(1), F(10**6)):
    alpha = beta = min(C, 1) / 2  # at most C / sigma_bar
    w = root_below(min(C, F(1, 4)) * alpha * c)
    small = min(C * min(F(1, m_in), m_in / sigma_bar_sq), alpha**2 * c / 16, F(1, 16)) / alpha
    b = root_below(small)
    assert b**2 <= C / alpha * min(F(1, m_in), m_in / sigma_bar_sq)
    assert 0 < w**2 <= C * alpha * c
    assert alpha**2 * sigma_bar_sq <= C**2
    b_next, w_next = step(b, w, alpha, beta)
    gain = (b_next * w_next) / (b * w)
    print(f"C = {C}: |B_1 w_1| / |B_0 w_0| = 1 + {float(gain - 1):.2e}")
    assert gain > 1
