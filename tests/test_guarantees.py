"""Guarantees: the recursions bound what the iteration does, traps hold, and the times are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sympy import QQ
from sympy.polys.fields import FracField

from foanil import dynamics
from foanil.arrays import NUMPY
from foanil.certificates import guarantees
from foanil.certificates.guarantees import Tail, leap, next_tail, trap
from foanil.decisions import RefusedGoalError, at_least, more_than, require
from foanil.setting import Dimensionless, dimensionless, isotropic
from foanil.words import Element
from proofs.dimensionless import iteration

SLACK = 1e-12
"""Doubles of the simulated iteration err by less than this; the bounds themselves are exact rationals."""

CASES = {
    "wide": (5, 2, 4, 6, 0.9, 1),
    "exact-width": (4, 2, 2, 3, 0.5, 2),
    "long-head": (5, 2, 4, 6, 3.0, 3),
    "one-direction": (3, 1, 2, 1, 0.9, 4),
}


def numbers_of(m_in: int, k: int) -> Dimensionless:
    """Return numbers with a = 1/20, ρ = 4/5."""
    return dimensionless(isotropic(k + 1, k, k, m_in, 1, Fraction(1, 2), Fraction(1, 4), Fraction(1, 5)))


def trajectory(case: str, steps: int) -> Iterator[dynamics.Reduced]:
    """Yield the dimensionless iterates of a random start in doubles."""
    d, k, k_prime, m_in, head, seed = CASES[case]
    rng = np.random.default_rng(seed)
    B, w = rng.standard_normal((d, k_prime)), rng.standard_normal((k_prime, 1))
    B, w = B * 0.3 / np.linalg.norm(B, 2), w * np.sqrt(head) / np.linalg.norm(w)
    letters = dynamics.numbers_in_system(NUMPY, numbers_of(m_in, k))
    point = dynamics.Reduced(B[:k], B[k:], w)
    for _ in range(steps + 1):
        yield point
        point = dynamics.reduced_step(NUMPY, letters, point)


def measured(t: int, x: dynamics.Reduced, n: Dimensionless, loose: float = 1.0) -> Tail:
    """Return the bounds of a state, loosened by a factor."""
    spectrum = np.linalg.eigvalsh(x.C @ x.C.T)
    values = [
        spectrum[0] / loose,
        max(spectrum[-1] * loose, float(n.x_star)),
        np.linalg.norm(x.D, 2) ** 2 * loose,
        np.linalg.norm(x.C @ x.w) * loose,
        float((x.w.T @ x.w)[0, 0]),
    ]
    return Tail(t, *(Fraction(float(value)) for value in values))


def is_within(x: dynamics.Reduced, n: Dimensionless, bounds: Tail) -> bool:
    """Whether the bounds are true of a state."""
    true = measured(bounds.t, x, n)
    below = [(true.high, bounds.high), (true.delta, bounds.delta), (true.zeta, bounds.zeta), (true.omega, bounds.omega)]
    return true.low >= bounds.low - SLACK and all(a <= b + SLACK for a, b in below)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("loose", [1.0, 1.1])
def test_one_step_of_the_recursions_bounds_one_step_of_the_iteration(case: str, loose: float) -> None:
    """From tight and from loose bounds of each state, the next bounds are true of the next state."""
    n = numbers_of(CASES[case][3], CASES[case][1])
    before = None
    for t, x in enumerate(trajectory(case, 150)):
        if before is not None:
            later = next_tail(n, before)
            assert later is None or is_within(x, n, later)
        before = measured(t, x, n, loose)


@pytest.mark.parametrize("case", CASES)
def test_traps_and_leaps_hold(case: str) -> None:
    """A trap found on the way holds for the next 400 states, and leaps from it bound the state that they reach."""
    n = numbers_of(CASES[case][3], CASES[case][1])
    states = list(trajectory(case, 1000))
    found = 0
    for t in range(0, 600, 50):
        caught = trap(n, measured(t, states[t], n, 1.05))
        if caught is None:
            continue
        found += 1
        assert all(is_within(x, n, caught) for x in states[t : t + 400])
        for steps in (2, 17, 390):
            assert is_within(states[t + steps], n, leap(n, caught, steps))
    assert found >= 3


@pytest.mark.parametrize("case", CASES)
def test_guaranteed_times_are_kept(case: str) -> None:
    """From the guaranteed times on the quantities are below ε, and so is every link of the chain on the way."""
    n, epsilon = numbers_of(CASES[case][3], CASES[case][1]), Fraction(1, 4)
    states = list(trajectory(case, 3000))
    start = measured(300, states[300], n, 1.01)
    gram = guarantees.gram_guarantee(n, start, epsilon)
    output = guarantees.output_guarantee(n, start, epsilon**2)
    assert gram is not None
    assert output is not None
    for found in (gram, output):
        assert all(is_within(states[link.t], n, link) for link in found.chain if link.t < len(states))
    for x in states[gram.t :]:
        assert np.abs(np.linalg.eigvalsh(x.C @ x.C.T) - float(n.x_star)).max() <= epsilon
    for x in states[output.t :]:
        assert np.linalg.norm(np.vstack([x.C, x.D]) @ x.w) <= epsilon


def test_a_bound_that_is_too_good_is_noticed() -> None:
    """Recursions with half of s, towards twice x⋆, are refuted by the iteration."""
    n = numbers_of(6, 2)
    wrong = replace(n, s=n.s / 2)
    states = list(trajectory("wide", 80))
    failures = [
        t
        for t in range(79)
        if (later := next_tail(wrong, measured(t, states[t], n))) and not is_within(states[t + 1], n, later)
    ]
    assert failures


def head_decomposition(sign: int = 1) -> tuple[Element, Element]:
    """Return C₊ŵ₊ and what `head_contraction` bounds term by term, in words; a wrong sign makes them differ."""
    x = iteration()
    a, rho, q, s, m = (x.scalar(name) for name in ("a", "rho", "q", "s", "m"))
    C, D, w, G, later = x.C, x.D, x.w, x.G, x.next_head
    Lambda, eye = C @ C.T, x.words.eye("k")
    z, u, g = C @ w, w - G @ w, G @ w
    leak, leak_u, leak_later = (C @ D.T @ D @ vector for vector in (w, u, later))
    Cu, Cg = z - Lambda @ z - leak, Lambda @ z + leak
    moved = z - rho * (Lambda @ (eye - Lambda) @ z) + rho * (Lambda @ leak) - sign * rho * leak_u
    h = x.words.trace(w.T @ g)
    seen = q * leak_later + Cu @ (u.T @ later) + (Cg @ (g.T @ later) + h * (Lambda @ moved + leak_later)) / m
    return C @ x.M @ later, (1 + a) * moved - a * s * (Lambda @ moved) - a * seen


def test_the_head_recursion_bounds_the_terms_of_an_identity() -> None:
    """C₊ŵ₊ is, in every dimension, the sum of terms whose norms `head_contraction` adds up; a wrong sign is noticed."""
    true, stated = head_decomposition()
    assert (true - stated).is_zero()
    true, stated = head_decomposition(sign=-1)
    assert not (true - stated).is_zero()


def test_the_upper_map_increases_and_leaps_as_far_as_said() -> None:
    """With x = sλ and b = aω ≤ 1: p̃ increases up to (1 + a)/(3a), and beyond 1 it contracts as `leap` says."""
    a, b, x, top = FracField(["a", "b", "x", "top"], QQ).gens
    F = 1 - x
    upper = x * ((1 + a * F) ** 2 + a**2 * b * F**2)
    numbers = [more_than(a), more_than(1, 2 * a), at_least(b), at_least(1, b), at_least(x), at_least(1 + a, 3 * a * x)]
    assert require(numbers, at_least(upper.diff(x))).holds
    beyond = [*numbers, at_least(x, 1), at_least(top, x), at_least(1 + a, 3 * a * top)]
    factor = 1 - 2 * a + 2 * a**2 * (top - 1)
    assert require(beyond, at_least((x - 1) * factor, upper - 1)).holds
    with pytest.raises(RefusedGoalError):
        require(beyond, at_least((x - 1) * (factor - a / 2), upper - 1))


def test_power_and_root_are_above() -> None:
    """Rounded powers and roots are never below the truth, and close to it."""
    for x in (Fraction(0), Fraction(1, 3), Fraction(2, 7), Fraction(1)):
        assert guarantees.root_above(x) ** 2 >= x
        assert x**7 <= guarantees.power_above(x, 7) <= x**7 + Fraction(1, 10**16)


def test_complement_time_is_the_first() -> None:
    """δ/(1 + aqδt) ≤ ε at the time, and not one step before."""
    n, delta, epsilon = numbers_of(6, 2), Fraction(1, 3), Fraction(1, 50)
    t = guarantees.complement_time(n, delta, epsilon)
    assert delta / (1 + n.a * n.q * delta * t) <= epsilon < delta / (1 + n.a * n.q * delta * (t - 1))
    assert guarantees.complement_time(n, epsilon, epsilon) == 0
