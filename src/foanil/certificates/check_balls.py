"""The checker's own iteration of (5)-(7): plain ball arithmetic on (B_t, w_t), with as many digits as it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat


@dataclass(frozen=True, slots=True)
class Sizes:
    """The problem of a certificate, parsed: exact matrices and rationals."""

    d: int
    k: int
    k_prime: int
    m: int
    c: Fraction
    sigma_sq: Fraction
    alpha: Fraction
    beta: Fraction
    B_star: fmpq_mat
    B: fmpq_mat
    w: fmpq_mat

    @property
    def kappa(self) -> Fraction:
        """σ̄²/c = k + σ²/c."""
        return self.k + self.sigma_sq / self.c

    @property
    def a(self) -> Fraction:
        """αβc."""
        return self.alpha * self.beta * self.c

    @property
    def rho(self) -> Fraction:
        """β/α."""
        return self.beta / self.alpha

    @property
    def q(self) -> Fraction:
        """κ/m."""
        return self.kappa / self.m

    @property
    def s(self) -> Fraction:
        """1 + (1 + κ)/m."""
        return 1 + (1 + self.kappa) / self.m


@dataclass(frozen=True, slots=True)
class Point:
    """H = αBBᵀ, v = Bw/√c, ω = ‖w‖²/(αc) and αΛ in balls."""

    H: arb_mat
    v: arb_mat
    omega: arb
    gram: arb_mat
    complement: arb_mat


def iterate(sizes: Sizes, w: fmpq_mat, t: int, watch: Callable[[int], None] = lambda _: None) -> Point | None:
    """Return the iterate of (5)-(7) at time t by plain ball arithmetic, or None when every digit is lost.

    `watch` is called with the steps done, and may raise.
    """
    alpha, beta, m = arb(to_fmpq(sizes.alpha)), arb(to_fmpq(sizes.beta)), sizes.m
    total = arb(to_fmpq(sizes.k * sizes.c + sizes.sigma_sq))
    spread = arb(to_fmpq(sizes.alpha**2 / m))
    signal = arb(to_fmpq(sizes.alpha**2 * sizes.c * Fraction(m + 1, m)))
    gain = arb(to_fmpq(sizes.a))
    B_star, B, head = arb_mat(sizes.B_star), arb_mat(sizes.B), arb_mat(w)
    for done in range(t):
        watch(done)
        G, C, output = B.transpose() * B, B_star.transpose() * B, B * head
        pull = G * head
        kept = head - pull * alpha
        level = spread * ((output.transpose() * output)[0, 0] + total)
        moment = kept * kept.transpose() + pull * pull.transpose() * spread
        moment = moment + C.transpose() * C * signal + G * level
        B = B - B * moment * beta + B_star * C * gain
        head = head - G * kept * beta
        if not all(entry.rad() < 1 for entry in B.entries()):
            return None
    C = B_star.transpose() * B
    return Point(
        B * B.transpose() * alpha,
        B * head * (1 / arb(to_fmpq(sizes.c)).sqrt()),
        (head.transpose() * head)[0, 0] / (alpha * arb(to_fmpq(sizes.c))),
        C * C.transpose() * alpha,
        (B.transpose() * B - C.transpose() * C) * alpha,
    )


def is_definite(A: arb_mat) -> bool:
    """Whether elimination in balls finds positive pivots only, which proves a symmetric matrix positive definite."""
    rows = [list(row) for row in A.tolist()]
    for j, pivot_row in enumerate(rows):
        if not pivot_row[j] > 0:
            return False
        for row in rows[j + 1 :]:
            factor = row[j] / pivot_row[j]
            row[j:] = [x - factor * y for x, y in zip(row[j:], pivot_row[j:], strict=True)]
    return True


def scaled_identity(n: int, factor: Fraction) -> arb_mat:
    """Return factor·I in balls."""
    return arb_mat(identity(n) * to_fmpq(factor))


def square_sum(A: arb_mat) -> arb:
    """Return ‖A‖_F²."""
    return sum((x * x for x in A.entries()), start=arb(0))


def largest_radius(A: arb_mat) -> arb:
    """Return the largest radius of an entry."""
    return max((x.rad() for x in A.entries()), key=lambda x: x if x.is_finite() else arb("+inf"))


def to_fmpq(value: Any) -> fmpq:
    """Return a Fraction, or the text of one, as a rational of FLINT."""
    exact = Fraction(value)
    return fmpq(exact.numerator, exact.denominator)


def identity(n: int) -> fmpq_mat:
    """Return the exact identity."""
    return fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
