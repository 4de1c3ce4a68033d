"""Where the checker of certificates draws its lines: equality is accepted, and a hair's breadth beyond is rejected.

Every letter is other than 1, so that no factor can be left out unseen.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flint import arb, arb_mat, fmpq, fmpq_mat

from foanil import dynamics
from foanil.arrays import EXACT
from foanil.certificates import check as checker
from foanil.certificates.check import (
    RejectedError,
    UnreadableError,
    _check_collapse,
    _check_divergence,
    _check_refutation,
    _check_start,
    _check_state,
    _EnclosedClaims,
    _is_psd,
    _prove_in_balls,
    read,
)
from foanil.certificates.check_balls import Sizes, is_definite, iterate
from foanil.certificates.check_chain import Chain, Link, _power, _root
from foanil.setting import Setting, State

HAIR = Fraction(1, 10**30)


def matrix(rows: list[list[Any]]) -> fmpq_mat:
    """Return an exact matrix."""
    entries = [Fraction(entry) for row in rows for entry in row]
    return fmpq_mat(len(rows), len(rows[0]), [fmpq(x.numerator, x.denominator) for x in entries])


# Definiteness --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "is_psd"),
    [
        ([[0]], True),
        ([[HAIR]], True),
        ([[-HAIR]], False),
        ([[1, 0], [0, 0]], True),
        ([[1, 1], [1, 1]], True),
        ([[1, 1 + HAIR], [1 + HAIR, 1]], False),
        ([[0, 1], [1, 0]], False),
        ([[-1, 0], [0, -1]], False),
        ([[2, 1, 0], [1, 2, 1], [0, 1, 2]], True),
        ([[1, 0, 0], [0, 1, 0], [0, 0, -HAIR]], False),
        ([[-1, 0, 0], [0, -1, 0], [0, 0, 3]], False),
        ([[0, 0, 0], [0, 0, 0], [0, 0, 0]], True),
    ],
)
def test_semidefinite_matrices_are_told_exactly(rows: list[list[Any]], is_psd: bool) -> None:
    """Singular ones are accepted, and an eigenvalue below 0 by a hair is seen, in each dimension."""
    assert _is_psd(matrix(rows)) is is_psd


# A start -------------------------------------------------------------------------------------------

START = Sizes(
    *(4, 2, 3, 5),
    *(Fraction(7, 3), Fraction(1, 2), Fraction(2, 5), Fraction(3, 11)),
    matrix([[1, 0], [0, 1], [0, 0], [0, 0]]),
    matrix([[3, 0, 0], [0, 2, 0], [0, 0, "1/2"], [0, 0, 0]]),
    matrix([[1], [2], [3]]),
)
"""αΛ_0 = α·diag(9, 4), α‖B⋆,⊥ᵀB_0‖² = α/4, ‖w_0‖² = 14."""
TRUE = {
    "ell": 9 * START.alpha,
    "delta": START.alpha / 4,
    "omega": 14 / (START.alpha * START.c),
    "floor": 4 * START.alpha,
}


def test_bounds_that_are_attained_are_accepted() -> None:
    """Bounds equal to what they bound are true; so are wider ones, and no floor."""
    _check_start(START, START.w, **TRUE)
    _check_start(START, START.w, **{name: x + (HAIR if name != "floor" else -HAIR) for name, x in TRUE.items()})
    _check_start(START, START.w, **{**TRUE, "floor": None})


@pytest.mark.parametrize("name", TRUE)
@pytest.mark.parametrize("by", [HAIR, Fraction(1, 10)], ids=["a hair", "a tenth"])
def test_bounds_that_are_crossed_are_rejected(name: str, by: Fraction) -> None:
    """A bound on the wrong side of what it bounds, by however little, is rejected, and named."""
    crossed = {**TRUE, name: TRUE[name] + (by if name == "floor" else -by)}
    with pytest.raises(RejectedError, match=rf"^{name} must bound"):
        _check_start(START, START.w, **crossed)


def test_start_of_less_rank_is_rejected() -> None:
    """A start that does not see all of B⋆ is no start of a convergent run, whatever its bounds."""
    less = replace(START, B=matrix([[3, 0, 0], [6, 0, 0], [0, 0, "1/2"], [0, 0, 0]]))
    with pytest.raises(RejectedError, match="rank"):
        _check_start(less, START.w, Fraction(99), Fraction(99), Fraction(99), None)


# The collapse --------------------------------------------------------------------------------------


def collapsing(eta: Fraction, root: Fraction, **changes: Any) -> tuple[dict[str, str], Sizes]:
    """Return a refutation at the very edge of its lemma: 4aκ = ρ and χ² = aη²/(8ρ), with (1 + η)/2 = root²."""
    alpha, c = Fraction(1, 8), Fraction(8)
    B = [[eta / 4, eta / 4], [0, 0]]
    numbers = (c, Fraction(8), alpha, Fraction(1, 16))
    sizes = Sizes(2, 1, 2, 3, *numbers, matrix([[1], [0]]), matrix(B), matrix([[root]] * 2))
    found = {"eta": str(eta), "square": str(alpha * eta**2 / 8)}
    return found, replace(sizes, **changes)


@pytest.mark.parametrize(("eta", "root"), [("1", "1"), ("7/25", "4/5")])
def test_collapse_at_the_edge_is_accepted(eta: str, root: str) -> None:
    """Where every inequality of the lemma is an equality, it still speaks; with β = α too."""
    _check_collapse(*collapsing(Fraction(eta), Fraction(root)))
    found, sizes = collapsing(Fraction(eta), Fraction(root), beta=Fraction(1, 8))
    _check_collapse(found, sizes)


def moved(found: dict[str, str], name: str, by: Fraction) -> dict[str, str]:
    """Return a refutation in which one number is another."""
    return found | {name: str(Fraction(found[name]) + by)}


COLLAPSES: dict[str, tuple[str, Callable[[dict[str, str], Sizes], tuple[dict[str, str], Sizes]]]] = {
    "noise": ("4α²σ̄²", lambda found, n: (found, replace(n, sigma_sq=n.sigma_sq + HAIR))),
    "step": ("β ≤ α", lambda found, n: (found, replace(n, beta=n.alpha + HAIR))),
    "no excess": (r"\(0, 1\]", lambda found, n: (found | {"eta": "0"}, n)),
    "too much excess": (r"\(0, 1\]", lambda found, n: (found | {"eta": str(1 + HAIR)}, n)),
    "no square": ("square must be", lambda found, n: (found | {"square": "0"}, n)),
    "too large a square": ("square must be", lambda found, n: (moved(found, "square", HAIR), n)),
    "another square": ("singular", lambda found, n: (moved(found, "square", -HAIR), n)),
    "another head": ("eta must be", lambda found, n: (found, replace(n, w=n.w * fmpq(10**30 + 1, 10**30)))),
    "another scale": ("eta must be", lambda found, n: (moved(found, "eta", HAIR), n)),
    "a complement": ("col", lambda found, n: (found, replace(n, B=matrix([["7/100", "7/100"], [HAIR, 0]])))),
    "no direction": ("singular", lambda found, n: (found, replace(n, B=matrix([["7/100", "8/100"], [0, 0]])))),
}


@pytest.mark.parametrize(("said", "change"), COLLAPSES.values(), ids=COLLAPSES)
def test_collapse_beyond_the_edge_is_rejected(said: str, change: Callable[..., Any]) -> None:
    """Each hypothesis of the lemma, missed by a hair, is the one that the rejection names."""
    found, sizes = change(*collapsing(Fraction(7, 25), Fraction(4, 5)))
    with pytest.raises(RejectedError, match=said):
        _check_collapse(found, sizes)


# Divergence ----------------------------------------------------------------------------------------


class ReachedError(Exception):
    """The checker went on to follow the iterates: what comes before held."""


def reached(*_: object) -> None:
    """Stop where the long work would begin."""
    raise ReachedError


def diverging(part: str, least: Fraction, t: int = 7) -> dict[str, Any]:
    """Return a refutation that says: from step t on this part of B only grows."""
    return {"part": part, "at_least": str(least), "t": t, "direction": ["1"] * (2 if part == "C" else 4)}


EDGES = {"C": (2 + START.a) / (START.a * START.s), "D": 2 / (START.a * START.q)}


@pytest.mark.parametrize("part", EDGES)
def test_growth_must_be_by_more_than_nothing(part: str) -> None:
    """At the edge the norm need not grow: rejected; beyond it the iterates are followed."""
    with pytest.raises(RejectedError, match="at_least must be so large"):
        _check_divergence(diverging(part, EDGES[part]), START, reached)
    with pytest.raises(ReachedError):
        _check_divergence(diverging(part, EDGES[part] + HAIR), START, reached)


def test_time_of_divergence_is_bounded() -> None:
    """Up to 100000 steps are followed, no more, and a zero direction divides nothing."""
    with pytest.raises(ReachedError):
        _check_divergence(diverging("C", Fraction(99), 100000), START, reached)
    with pytest.raises(RejectedError, match="at most 100000"):
        _check_divergence(diverging("C", Fraction(99), 100001), START, reached)
    with pytest.raises(RejectedError, match="direction must not be zero"):
        _check_divergence(diverging("D", Fraction(99)) | {"direction": ["0"] * 4}, START, reached)
    with pytest.raises(RejectedError, match="direction must have shape 4×1"):
        _check_divergence(diverging("D", Fraction(99)) | {"direction": ["1"] * 2}, START, reached)


@pytest.mark.parametrize("part", EDGES)
def test_quotients_are_of_the_part_that_they_name(part: str) -> None:
    """At t = 0 the quotient of a direction along both parts is that of its own part, up to a hair on either side."""
    large = replace(START, B=matrix([[90, 0, 0], [0, 60, 0], [0, 0, 50], [0, 0, 0]]))
    quotient = START.alpha * (Fraction(90**2 + 60**2, 2) if part == "C" else Fraction(50**2, 4))
    assert quotient - HAIR > EDGES[part]
    _check_divergence(diverging(part, quotient - HAIR, 0), large, lambda *_: None)
    with pytest.raises(RejectedError, match=r"^at_least must bound the quotient$"):
        _check_divergence(diverging(part, quotient + HAIR, 0), large, lambda *_: None)


def refuted(**changes: Any) -> dict[str, Any]:
    """Return a document that refutes by the rank, and certifies nothing."""
    nothing = dict.fromkeys(("enclosure", "region", "trapping", "guarantees"))
    return {**nothing, "silent_head": False, "refutation": {"reason": "rank", "rank": 1}, **changes}


def test_refutation_by_rank_needs_less_than_full_rank() -> None:
    """A rank of k refutes nothing, a wrong rank neither, and a refutation certifies nothing beside."""
    less = replace(START, B=matrix([[3, 0, 0], [6, 0, 0], [0, 0, "1/2"], [0, 0, 0]]))
    assert _check_refutation(refuted(), less, reached).startswith("REFUTED")
    for document, sizes in (
        (refuted(refutation={"reason": "rank", "rank": 2}), START),
        (refuted(refutation={"reason": "rank", "rank": 0}), less),
    ):
        with pytest.raises(RejectedError, match=r"^rank"):
            _check_refutation(document, sizes, reached)
    for changes in ({"silent_head": True}, {"region": {}}, {"guarantees": {}}, {"silent_head": True, "enclosure": {}}):
        with pytest.raises(RejectedError, match="certifies nothing"):
            _check_refutation(refuted(**changes), less, reached)


# The iterate ---------------------------------------------------------------------------------------


def test_iterates_are_those_of_the_recursion() -> None:
    """The checker's iterate is that of (5)-(6) as transcribed, at a variance, steps and noise other than 1."""
    setting = Setting(*(4, 2, 3, 5), [["7/3", 0], [0, "7/3"]], "1/2", "2/5", "3/11")
    B = [["1/3", "1/7", 0], [0, "1/2", "1/5"], ["1/4", 0, "1/2"], ["1/9", "1/8", 0]]
    w = ["1/5", "-1/3", "2/7"]
    sizes = replace(START, B=matrix(B), w=matrix([[x] for x in w]))
    theta = dynamics.start(EXACT, setting, State([[Fraction(x) for x in row] for row in B], [Fraction(x) for x in w]))
    alpha, c, letters = EXACT.scalar(START.alpha), EXACT.scalar(START.c), setting.in_system(EXACT)
    for t in range(3):
        point = iterate(sizes, sizes.w, t)
        assert point is not None
        seen = theta.B[:2, :]
        exact = {
            "H": alpha * (theta.B @ theta.B.T),
            "gram": alpha * (seen @ seen.T),
            "complement": alpha * (theta.B.T @ theta.B - seen.T @ seen),
        }
        for name, value in exact.items():
            assert_enclosed(getattr(point, name), value)
        assert_enclosed(point.v * arb(fmpq(7, 3)).sqrt(), theta.B @ theta.w)
        assert_enclosed(arb_mat([[point.omega]]), (theta.w.T @ theta.w) / (alpha * c))
        theta = dynamics.step(EXACT, letters, theta)


def assert_enclosed(balls: arb_mat, exact: Any) -> None:
    """Raise AssertionError unless each ball holds its exact number and is narrow."""
    for ball, value in zip(balls.entries(), exact.ravel(), strict=True):
        assert ball.contains(fmpq(int(value.numerator), int(value.denominator)))
        assert ball.rad() < 1e-10


@pytest.mark.parametrize(
    ("rows", "definite"), [([[1]], True), ([[0]], False), ([[1, 1], [1, 1]], False), ([[2, 1], [1, 1]], True)]
)
def test_definite_matrices_have_positive_pivots(rows: list[list[int]], definite: bool) -> None:
    """A singular matrix is not proved definite: the claim that rests on it must be strict."""
    assert is_definite(arb_mat(rows)) is definite


# Chains of bounds ----------------------------------------------------------------------------------

OMEGA = Fraction(1, 70)
CHAIN = Chain(START, OMEGA)
LINK = Link(3, Fraction(1, 5), Fraction(2, 5), Fraction(1, 300), Fraction(1, 500))
A_, RHO, KAPPA, M_ = START.a, START.rho, START.kappa, START.m
Q, S_ = KAPPA / M_, (M_ + 1 + KAPPA) / M_


def test_numbers_of_the_problem() -> None:
    """κ = k + σ²/c, a = αβc, ρ = β/α, q = κ/m, s = 1 + (1 + κ)/m."""
    assert Fraction(2) + Fraction(1, 2) / Fraction(7, 3) == KAPPA
    assert Fraction(2, 5) * Fraction(3, 11) * Fraction(7, 3) == A_
    assert (RHO, START.q, START.s) == (Fraction(15, 22), Q, S_)


def test_bounds_of_one_step() -> None:
    """Energy, leak, weight and contraction of a link are what the lemmas say, typed here a second time."""
    energy = Fraction(1, 500**2) + Fraction(1, 300) * OMEGA
    leak = Fraction(1, 300) * _root(Fraction(2, 5) * OMEGA)
    assert CHAIN.energy(LINK) == energy
    assert CHAIN.leak(LINK) == leak
    u, g = Fraction(4, 5) / 500 + leak, Fraction(2, 5) / 500 + leak
    seen = 5 * u**2 + 5 * g**2 / M_ + energy * (Fraction(2, 5) + Fraction(1, 300)) / M_
    assert seen < OMEGA
    assert CHAIN.weight(LINK) == Q / 300 + seen
    wide = replace(LINK, zeta=Fraction(1))
    assert CHAIN.weight(wide) == Q / 300 + OMEGA
    theta, xi = CHAIN.contraction(LINK)
    largest = 1 + A_ * (1 - S_ / 5)
    assert largest > 1
    assert theta == largest * (1 - RHO * Fraction(4, 25))
    turned = Fraction(7, 5) * RHO * leak
    pushed = leak * (Q + OMEGA * (M_ + 1) / M_ + energy / M_) + Fraction(2, 5) * energy * turned / M_
    assert xi == largest * turned + A_ * pushed


def test_bounds_of_the_gram_matrix() -> None:
    """f and p̃ are what the lemmas say, and p̃ grows no further where it need not increase."""
    weight, x = Fraction(1, 40), Fraction(2, 5)
    assert CHAIN.lower(weight, x) == x + 2 * A_ * x * (Fraction(39, 40) - S_ * x)
    factor = 1 - S_ * x
    assert CHAIN.upper(weight, x) == x * ((1 + A_ * factor) ** 2 + A_**3 / 40 * factor**2)
    assert CHAIN.upper(weight, Fraction(9, 5)) == Fraction(9, 5)
    tiny = Fraction(1, 10**6)
    assert CHAIN.upper(weight, tiny) < 1 / S_


EDGE = 1 / S_
TRAP = replace(LINK, low=Fraction(3, 10), high=EDGE + Fraction(1, 100), zeta=Fraction(1, 20))
"""Bounds that stay true: the Gram matrix is near its limit 1/s from below, and above it."""


def leapt(steps: int) -> Link:
    """Return what a leap of some steps from the trap gives, typed here a second time."""
    weight, (theta, xi) = CHAIN.weight(TRAP), CHAIN.contraction(TRAP)
    rest, top = (1 - weight) / S_, CHAIN.lower(weight, TRAP.high)
    least = min(TRAP.low, rest, top)
    reached = min(top, rest - (rest - least) * _power(1 - 2 * A_ * S_ * least, steps))
    rate = 1 - 2 * A_ + 2 * A_ * A_ * (S_ * TRAP.high - 1)
    high = 1 / S_ + (TRAP.high - 1 / S_) * _power(rate, steps)
    delta = TRAP.delta / (1 + A_ * Q * TRAP.delta * steps)
    return Link(TRAP.t + steps, reached, high, delta, _power(theta, steps) * TRAP.zeta + xi / (1 - theta))


def stepped(before: Link) -> Link:
    """Return what one step from a link gives."""
    weight, (theta, xi) = CHAIN.weight(before), CHAIN.contraction(before)
    low = min(CHAIN.lower(weight, before.low), CHAIN.lower(weight, before.high))
    delta = before.delta - A_ * Q * before.delta**2
    return Link(before.t + 1, low, CHAIN.upper(weight, before.high), delta, theta * before.zeta + xi)


WORSE = {"low": 1, "high": -1, "delta": -1, "zeta": -1}
"""The direction in which a bound claims more than follows."""


@pytest.mark.parametrize(
    "after", [leapt(2), leapt(9), stepped(TRAP), stepped(LINK)], ids=["two", "nine", "one", "first"]
)
def test_links_follow_up_to_a_hair(after: Link) -> None:
    """The bounds that follow are accepted, wider ones too; each claimed tighter by a hair is rejected."""
    before = LINK if after == stepped(LINK) else TRAP
    assert CHAIN.follows(before, after)
    assert CHAIN.follows(before, replace(after, low=after.low - HAIR, high=after.high + HAIR))
    for name, sign in WORSE.items():
        assert not CHAIN.follows(before, replace(after, **{name: getattr(after, name) + sign * HAIR}))


def test_a_link_follows_from_itself_when_it_is_wider() -> None:
    """At the same time only wider bounds follow, and nothing follows earlier."""
    assert CHAIN.follows(LINK, LINK)
    for name, sign in WORSE.items():
        assert not CHAIN.follows(LINK, replace(LINK, **{name: getattr(LINK, name) + sign * HAIR}))
        assert CHAIN.follows(LINK, replace(LINK, **{name: getattr(LINK, name) - sign * HAIR}))
    assert not CHAIN.follows(LINK, replace(LINK, t=2))


def test_leaps_start_from_a_trap() -> None:
    """What need not stay true gives no leap: a head that grows, or a Gram matrix bounded below its limit."""
    assert CHAIN.stays(TRAP)
    for change in ({"high": EDGE - HAIR}, {"zeta": TRAP.zeta / 10**6}, {"delta": Fraction(10)}):
        loose = replace(TRAP, **change)
        assert not CHAIN.stays(loose)
        assert not CHAIN.follows(
            loose, replace(leapt(2), low=HAIR, high=Fraction(9), delta=Fraction(9), zeta=Fraction(9))
        )


def test_rounding_is_upward() -> None:
    """Roots and powers are rounded up, by less than a hair."""
    for x in (Fraction(2), Fraction(1, 3), Fraction(9, 4)):
        assert x < _root(x) ** 2 < x + HAIR
    assert Fraction(2, 3) ** 7 <= _power(Fraction(2, 3), 7) < Fraction(2, 3) ** 7 + HAIR
    assert _power(Fraction(0), 3) == 0


def leap_from(before: Link, steps: int) -> Link:
    """Return what a leap gives wherever its bounds are, typed here a second time; a high that rises too far is kept."""
    weight, (theta, xi) = CHAIN.weight(before), CHAIN.contraction(before)
    rest, top = (1 - weight) / S_, CHAIN.lower(weight, before.high)
    least = min(before.low, rest, top)
    reached = min(top, rest - (rest - least) * _power(1 - 2 * A_ * S_ * least, steps))
    high = before.high
    if 3 * A_ * S_ * high <= 1 + A_:
        rate = 1 - 2 * A_ + 2 * A_ * A_ * (S_ * high - 1)
        high = min(high, 1 / S_ + (high - 1 / S_) * _power(rate, steps))
    delta = before.delta / (1 + A_ * Q * before.delta * steps)
    return Link(before.t + steps, reached, high, delta, _power(theta, steps) * before.zeta + xi / (1 - theta))


STEEP = (1 + A_) / (3 * A_ * S_)
"""Up to this bound p̃ increases."""


def test_bounds_above_grow_no_further_where_the_bound_may_fall() -> None:
    """Up to the steepest bound p̃ is what the lemma says; a hair beyond it the bound is kept."""
    weight = Fraction(1, 40)
    factor = 1 - S_ * STEEP
    assert CHAIN.upper(weight, STEEP) == STEEP * ((1 + A_ * factor) ** 2 + A_**3 * weight * factor**2) < STEEP
    assert CHAIN.upper(weight, STEEP + HAIR) == STEEP + HAIR


def test_a_step_keeps_the_head_below_its_length() -> None:
    """‖Cŵ‖² ≤ high·ω holds whatever came before: at its edge it is accepted, and a hair below it is not."""
    before = replace(LINK, zeta=Fraction(1))
    after = replace(stepped(before), high=Fraction(7, 10), zeta=Fraction(1, 10))
    assert after.zeta**2 == after.high * OMEGA
    assert CHAIN.follows(before, after)
    assert not CHAIN.follows(before, replace(after, zeta=after.zeta - HAIR))


def test_a_step_from_a_high_bound_may_fall() -> None:
    """f falls beyond its top: a high bound gives the lower end of the next link."""
    before = replace(LINK, low=Fraction(1, 2), high=Fraction(7, 4))
    after = stepped(before)
    assert after.low == CHAIN.lower(CHAIN.weight(before), before.high) < before.low
    assert CHAIN.follows(before, after)
    assert not CHAIN.follows(before, replace(after, low=after.low + HAIR))


STILL = Link(3, EDGE, EDGE, Fraction(0), Fraction(0))
"""The limit itself: nothing moves."""


def test_traps_may_be_met_with_equality() -> None:
    """At the limit every bound stays; a lower end that falls, or a head that is not damped, does not."""
    assert CHAIN.stays(STILL)
    assert CHAIN.stays(replace(STILL, low=Fraction(3, 10)))
    assert CHAIN.contraction(replace(STILL, high=Fraction(1)))[0] == 1
    assert not CHAIN.stays(replace(STILL, high=Fraction(1)))
    assert not CHAIN.stays(replace(STILL, low=Fraction(3, 10), high=Fraction(1)))
    assert not CHAIN.stays(replace(TRAP, low=EDGE))
    long = Chain(replace(START, beta=Fraction(15, 14)), OMEGA)
    steep = Link(3, Fraction(11, 20), Fraction(9, 10), Fraction(1, 10**9), Fraction(1, 2))
    assert long.contraction(steep)[0] < 1
    assert long.lower(long.weight(steep), steep.high) < steep.low < long.lower(long.weight(steep), steep.low)
    assert not long.stays(steep)


@pytest.mark.parametrize(
    "before",
    [
        replace(TRAP, low=EDGE),
        replace(TRAP, high=Fraction(7, 4)),
        replace(TRAP, high=STEEP),
        replace(TRAP, high=STEEP + HAIR),
        replace(TRAP, high=EDGE - Fraction(1, 50)),
    ],
    ids=["above the rest", "far above", "steepest", "too steep", "below the limit"],
)
def test_leaps_go_no_further_than_their_bounds(before: Link) -> None:
    """From any bounds a leap gives what the lemma says, up to a hair."""
    after = leap_from(before, 3)
    assert after.low > 0
    assert CHAIN.follows_by_leap(before, after, 3)
    for name, sign in WORSE.items():
        assert not CHAIN.follows_by_leap(before, replace(after, **{name: getattr(after, name) + sign * HAIR}), 3)


def test_leaps_need_a_positive_lower_end() -> None:
    """Where the Gram matrix may fall to 0, or the head's weight is all of 1, nothing follows, however wide."""
    loose = replace(TRAP, zeta=Fraction(1))
    weight = Q * TRAP.delta + OMEGA
    lost = (1 + 2 * A_ * (1 - weight)) / (2 * A_ * S_)
    wide = Link(TRAP.t + 3, Fraction(-99), Fraction(99), Fraction(99), Fraction(99))
    for high in (lost, lost + HAIR):
        before = replace(loose, high=high)
        assert CHAIN.weight(before) == weight
        assert (CHAIN.lower(weight, high) == 0) == (high == lost)
        assert not CHAIN.follows_by_leap(before, wide, 3)
    assert CHAIN.follows_by_leap(replace(loose, high=lost - HAIR), wide, 3)


# Files ---------------------------------------------------------------------------------------------


def test_certificates_are_read_as_they_are(tmp_path: Path) -> None:
    """A file's integers, texts and keys come back."""
    path = tmp_path / "certificate.json"
    path.write_text('{"a": 1, "b": ["2/3", null]}', encoding="utf-8")
    assert read(path) == {"a": 1, "b": ["2/3", None]}


def test_files_are_read_up_to_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the most bytes is read, one of more is named, and neither is read any further."""
    path, sizes = tmp_path / "certificate.json", []
    long = b"[12345]"

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            sizes.append(size)
            return super().read(size)

    def opened(_: Path, mode: str) -> Counted:
        assert mode == "rb"
        return Counted(long)

    monkeypatch.setattr(checker, "MOST_BYTES", 6)
    path.write_bytes(b"[1234]")
    assert read(path) == [1234]
    path.write_bytes(long)
    with pytest.raises(UnreadableError, match="more than 6 bytes"):
        read(path)
    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(UnreadableError, match="more than 6 bytes"):
        read(path)
    assert sizes == [7]


# Claims in balls -----------------------------------------------------------------------------------

DYADIC = replace(START, alpha=Fraction(1, 2), c=Fraction(4))
"""αΛ_0 = diag(9, 4)/2, α‖B⋆,⊥ᵀB_0‖² = 1/8, ‖w_0‖²/(αc) = 7 and ‖B⋆ᵀB_0w_0‖/√c = 5/2: balls hold these exactly."""
TINY = Fraction(1, 2**20)


def test_zeta_bounds_the_output_of_the_start() -> None:
    """At t = 0 the least zeta and the largest floor are accepted, and a hair beyond is rejected."""
    bounds = {"ell": Fraction(9, 2), "delta": Fraction(1, 8), "omega": Fraction(7), "zeta": Fraction(5, 2)}
    found = {name: str(x) for name, x in bounds.items()} | {"floor": "2", "t": 0}
    _check_state({"region": found, "enclosure": None}, DYADIC, False, reached)
    for name, beyond in (("zeta", Fraction(5, 2) - HAIR), ("floor", 2 + HAIR)):
        with pytest.raises(RejectedError, match=rf"^{name} must bound"):
            _check_state({"region": {**found, name: str(beyond)}, "enclosure": None}, DYADIC, False, reached)


def claims(**changes: Any) -> _EnclosedClaims:
    """Return what an enclosure claims whose centre is (2, 3, 6) from the iterate in the weighted norm of its parts."""
    alpha, c = DYADIC.alpha, DYADIC.c
    H = [[Fraction(int(i == j)) * alpha * x for j in range(4)] for i, x in enumerate((9, 4, Fraction(1, 4), 0))]
    v = [x / 2 for x in (Fraction(3), Fraction(4), Fraction(3, 2), Fraction(0))]
    H[1][2] += 2
    v[1] += 6
    omega = 14 / (alpha * c) + 48
    enclosure = {
        "H": [[str(x) for x in row] for row in H],
        "v": [str(x) for x in v],
        "omega": str(omega),
        "radius": "7",
    }
    bounds = {"ell": Fraction(9, 2) + TINY, "delta": Fraction(1, 8) + TINY, "omega": Fraction(7)}
    bounds |= {"zeta": Fraction(5, 2), "floor": 2 - TINY}
    enclosure["radius"] = changes.pop("radius", "7")
    return _EnclosedClaims(DYADIC, enclosure, **(bounds | changes))


def test_enclosed_claims_are_accepted_at_their_edge() -> None:
    """Exact bounds of exact balls hold; a definite matrix needs a hair, and the radius none."""
    point = iterate(DYADIC, DYADIC.w, 0)
    assert point is not None
    assert claims().first_failure(point) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"radius": str(7 - TINY)}, "radius"),
        ({"radius": "-7"}, "radius"),
        ({"ell": Fraction(9, 2) - TINY}, "ell"),
        ({"delta": Fraction(1, 8) - TINY}, "delta"),
        ({"omega": 7 - TINY}, "omega"),
        ({"zeta": Fraction(5, 2) - TINY}, "zeta"),
        ({"floor": 2 + TINY}, "floor"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_enclosed_claims_are_refused_beyond_their_edge(changes: dict[str, Any], said: str) -> None:
    """Each bound on the wrong side by a hair is the one that is named."""
    point = iterate(DYADIC, DYADIC.w, 0)
    assert point is not None
    failure = claims(**changes).first_failure(point)
    assert failure is not None
    assert said in failure


def test_an_enclosure_has_a_radius() -> None:
    """A point alone is no enclosure, be it the iterate itself."""
    point = iterate(DYADIC, DYADIC.w, 0)
    assert point is not None
    exact = claims()
    H = [[str(Fraction(int(x.numer()), int(x.denom()))) for x in row] for row in exact_gram()]
    centre = {"H": H, "v": ["3/2", "2", "3/4", "0"], "omega": "7"}
    assert replace(exact, enclosure={**centre, "radius": "1/1024"}).first_failure(point) is None
    failure = replace(exact, enclosure={**centre, "radius": "0"}).first_failure(point)
    assert failure is not None
    assert "radius" in failure


def exact_gram() -> list[list[Any]]:
    """Return αBBᵀ of the dyadic start."""
    return (DYADIC.B * DYADIC.B.transpose() * fmpq(1, 2)).tolist()  # type: ignore[no-any-return]


def test_iterates_are_followed_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """d may be the most that is followed and no more; the watcher is told the precision, the time and the steps."""
    told: list[tuple[str, int, int]] = []
    diverges = diverging("C", Fraction(99), 0) | {"direction": ["1", "1"]}
    monkeypatch.setattr(checker, "MOST_FOLLOWED", 4)
    _prove_in_balls(START, START.w, 2, lambda _: None, lambda *said: told.append(said))
    assert told == [("following with 516 bits", 2, 0), ("following with 516 bits", 2, 1)]
    with pytest.raises(RejectedError, match="quotient"):
        _check_divergence(diverges, START, lambda *_: None)
    monkeypatch.setattr(checker, "MOST_FOLLOWED", 3)
    with pytest.raises(RejectedError, match="for d up to 3"):
        _prove_in_balls(START, START.w, 2, lambda _: None, lambda *_: None)
    with pytest.raises(RejectedError, match="divergence is checked for d up to 3"):
        _check_divergence(diverges, START, lambda *_: None)


def test_iterates_that_cannot_be_enclosed_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every digit is lost at the most bits, the rejection says so."""
    monkeypatch.setattr(checker, "iterate", lambda *_: None)
    monkeypatch.setattr(checker, "MOST_BITS", 512)
    with pytest.raises(RejectedError, match=r"^the iterates grow too fast to be enclosed$"):
        _prove_in_balls(START, START.w, 0, lambda _: None, lambda *_: None)


def test_an_exact_quotient_bounds_itself() -> None:
    """The quotient of exact balls may be claimed to the last digit."""
    large = replace(DYADIC, B=matrix([[90, 0, 0], [0, 60, 0], [0, 0, 50], [0, 0, 0]]))
    quotient = Fraction(90**2 + 60**2, 4)
    _check_divergence(diverging("C", quotient, 0), large, lambda *_: None)
    with pytest.raises(RejectedError, match="quotient"):
        _check_divergence(diverging("C", quotient + TINY, 0), large, lambda *_: None)


# The problem ---------------------------------------------------------------------------------------


PROBLEM: dict[str, Any] = {
    **{"d": 4, "k": 2, "k_prime": 3, "m_in": 5},
    **{"c": "7/3", "sigma_sq": "1/2", "alpha": "2/5", "beta": "3/11"},
    "B_star": [["1", "0"], ["0", "1"], ["0", "0"], ["0", "0"]],
    "B_0": [["3", "0", "0"], ["0", "2", "0"], ["0", "0", "1/2"], ["0", "0", "0"]],
    "w_0": ["1", "2", "3"],
}


def test_problems_are_taken_as_written() -> None:
    """Each field comes to its letter; σ² may be 0, and k' may be k or d."""
    assert checker._sizes(PROBLEM) == START
    assert checker._sizes({**PROBLEM, "sigma_sq": "0"}) == replace(START, sigma_sq=Fraction(0))
    assert checker._sizes({**PROBLEM, "k_prime": 2, "B_0": [["1", "0"]] * 4, "w_0": ["1", "2"]}).k_prime == 2
    assert checker._sizes({**PROBLEM, "k_prime": 4, "B_0": [["1"] * 4] * 4, "w_0": ["1"] * 4}).k_prime == 4


SIZES = r"^the sizes must have k < d and k ≤ k' ≤ d$"
PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "k = d": (SIZES, {"k": 4, "k_prime": 4}),
    "k' < k": (SIZES, {"k_prime": 1}),
    "k' > d": (SIZES, {"k_prime": 5}),
    "c": (r"^c, alpha and beta must be positive$", {"c": "0"}),
    "alpha": (r"^c, alpha and beta must be positive$", {"alpha": "0"}),
    "beta": (r"^c, alpha and beta must be positive$", {"beta": "-1"}),
    "noise": (r"^sigma_sq must not be negative$", {"sigma_sq": "-1/9"}),
    "B_star": (r"^B_star must have shape 4×2$", {"B_star": [["1", "0"]] * 3}),
    "lengths": (r"^B_star must have orthonormal columns$", {"B_star": [["1", "0"]] * 4}),
    "B_0": (r"^B_0 must have shape 4×3$", {"B_0": [["1", "2"]] * 4}),
    "w_0": (r"^w_0 must have shape 3×1$", {"w_0": ["1", "2"]}),
}


@pytest.mark.parametrize(("said", "changes"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems_that_are_none_are_named(said: str, changes: dict[str, Any]) -> None:
    """A size, sign or shape that does not fit is the one that the rejection names."""
    with pytest.raises(RejectedError, match=said):
        checker._sizes({**PROBLEM, **changes})


def test_problems_have_a_most_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """d·k' may be the most, and no more."""
    monkeypatch.setattr(checker, "MOST_ENTRIES", 12)
    assert checker._sizes(PROBLEM) == START
    monkeypatch.setattr(checker, "MOST_ENTRIES", 11)
    with pytest.raises(RejectedError, match=r"^d·k' may be at most 11$"):
        checker._sizes(PROBLEM)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1, 3), "0.333"),
        (Fraction(-12345), "-1.23e+04"),
        (Fraction(10**299), "1e+299"),
        (Fraction(-(10**5000)), "-1e+5000"),
        (Fraction(1, 10**5000), "1e-5000"),
    ],
)
def test_rationals_are_said_in_three_digits(x: Fraction, text: str) -> None:
    """Doubles where they reach, and the power of ten beyond."""
    assert checker._size(x) == text


# The region ----------------------------------------------------------------------------------------


GENTLE = replace(START, sigma_sq=Fraction(2, 3), alpha=Fraction(1, 7), beta=Fraction(1, 9))
ENTERED: dict[str, Any] = {"t": 3, "ell": "2/3", "delta": "1/9", "omega": "1/8", "zeta": "1/20", "floor": "3/10"}


def test_regions_are_those_of_the_theorem() -> None:
    """A region of the theorem is accepted with its floor or without; each letter that is wrong is named."""
    checker._check_inequalities({"region": ENTERED, "trapping": None}, GENTLE)
    checker._check_inequalities({"region": {**ENTERED, "floor": None, "zeta": "0"}, "trapping": None}, GENTLE)
    for changes, said in (
        ({"floor": "0"}, r"^floor must be positive or null$"),
        ({"zeta": "-1/99"}, r"^zeta must not be negative$"),
        ({"ell": "8/9"}, r"^the region needs ell \+ delta < 1; it fails by 0$"),
        ({"ell": "9/10"}, r"^the region needs ell \+ delta < 1; it fails by 0.0111$"),
        ({"omega": "1"}, r"^the region needs \|\|w\|\|\^2 < alpha c; it fails by 0$"),
    ):
        with pytest.raises(RejectedError, match=said):
            checker._check_inequalities({"region": {**ENTERED, **changes}, "trapping": None}, GENTLE)
    checker._check_inequalities({"region": {**ENTERED, "omega": "1"}, "trapping": []}, GENTLE)


# Guarantees ----------------------------------------------------------------------------------------


def times(**changes: Any) -> dict[str, Any]:
    """Return the two times that need no chain, the earliest that the bounds give."""
    epsilon = Fraction(1, 50)
    a, q, rho = GENTLE.a, GENTLE.q, GENTLE.rho
    complement = (1 / (GENTLE.alpha * epsilon) - 9) / (a * q)
    once = Fraction(1, 8) * GENTLE.c / (Fraction(7, 4) * rho * (1 - Fraction(7, 9)) * epsilon**2)
    found = {"epsilon": str(epsilon), "complement": 3 + ceiling(complement), "output_once": 2 + ceiling(once)}
    return {**found, "output": None, "gram": None, **changes}


def ceiling(x: Fraction) -> int:
    """Return the least integer that is not below x."""
    return -(-x.numerator // x.denominator)


def test_times_are_the_first_that_the_bounds_give() -> None:
    """The earliest times are accepted and later ones too; one step earlier is rejected, each by its name."""
    first = times()
    for later in (0, 1):
        changes = {name: first[name] + later for name in ("complement", "output_once")}
        checker._check_guarantees({**first, **changes}, ENTERED, GENTLE, reached)
    for name in ("complement", "output_once"):
        with pytest.raises(RejectedError, match=rf"^{name}: bound \((a|b)\) does not reach epsilon by then$"):
            checker._check_guarantees({**first, name: first[name] - 1}, ENTERED, GENTLE, reached)
    with pytest.raises(RejectedError, match=r"^epsilon must be positive$"):
        checker._check_guarantees({**first, "epsilon": "0"}, ENTERED, GENTLE, reached)


def test_times_are_not_before_the_region() -> None:
    """Bounds that hold at once hold from the region's time on, not before it."""
    silent = {**ENTERED, "omega": "0"}
    at_once = times(epsilon="9", complement=3, output_once=3)
    checker._check_guarantees(at_once, silent, GENTLE, reached)
    for name in ("complement", "output_once"):
        with pytest.raises(RejectedError, match=rf"^{name}: "):
            checker._check_guarantees({**at_once, name: 2}, silent, GENTLE, reached)


def row(link: Link) -> list[Any]:
    """Return a link as a certificate has it."""
    return [link.t, *(str(x) for x in (link.low, link.high, link.delta, link.zeta))]


TRAPPED = {
    **{"t": TRAP.t, "ell": str(TRAP.high), "delta": str(TRAP.delta), "omega": str(OMEGA), "zeta": str(TRAP.zeta)},
    "floor": str(TRAP.low),
}
ROWS = [row(TRAP), row(TRAP)]


def test_chains_start_at_the_region_and_end_in_a_trap() -> None:
    """A chain of links that follow is accepted, link by link, and its last link is returned."""
    told: list[tuple[str, int, int]] = []
    last = checker._check_chain(CHAIN, "gram", ROWS, TRAPPED, lambda *said: told.append(said))
    assert last == TRAP
    assert told == [("the links of gram", 2, 0)]
    assert checker._chain(START, TRAPPED) == CHAIN


LOOSE = {"low": HAIR, "delta": TRAP.delta, "zeta": Fraction(99)}
CHAINS: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "no floor": ("^gram: a positive floor is needed$", ROWS, {"floor": None}),
    **{
        f"another {name}": ("^gram: the first link must be the region's$", ROWS, {name: value})
        for name, value in {"t": 4, "ell": "1", "delta": "1", "zeta": "1", "floor": "1/9"}.items()
    },
    "nothing below": ("^gram: link 1 leaves the region$", [ROWS[0], row(replace(TRAP, low=Fraction(0)))], {}),
    "crossed": ("^gram: link 1 leaves the region$", [ROWS[0], row(replace(TRAP, low=TRAP.high + HAIR))], {}),
    "too high": ("^gram: link 1 leaves the region$", [ROWS[0], row(replace(TRAP, high=TRAP.high + HAIR))], {}),
    "negative": ("^gram: link 1 leaves the region$", [ROWS[0], row(replace(TRAP, delta=-HAIR))], {}),
    "more delta": ("^gram: link 1 leaves the region$", [ROWS[0], row(replace(TRAP, delta=TRAP.delta + HAIR))], {}),
    "less than none": ("^gram: link 1 leaves the region$", [ROWS[0], row(replace(TRAP, zeta=-HAIR))], {}),
    "tighter": ("^gram: link 1 does not follow$", [ROWS[0], row(replace(TRAP, zeta=TRAP.zeta - HAIR))], {}),
    "no trap": ("^gram: the last link is no trap$", [ROWS[0], row(replace(TRAP, **LOOSE))], {}),
}


@pytest.mark.parametrize(("said", "rows", "changes"), CHAINS.values(), ids=CHAINS)
def test_chains_that_break_are_rejected(said: str, rows: list[Any], changes: dict[str, Any]) -> None:
    """The first thing that is wrong with a chain is the one that is named."""
    with pytest.raises(RejectedError, match=said):
        checker._check_chain(CHAIN, "gram", rows, {**TRAPPED, **changes}, lambda *_: None)


def test_last_links_are_as_narrow_as_epsilon() -> None:
    """‖αΛ − x⋆I‖ and ŵᵀGŵ ≤ ε²/c are bounded at the edge, from both sides of x⋆, and no further."""
    below, above_ = EDGE - TRAP.low, Fraction(1, 100)
    checker._check_last(CHAIN, "gram", TRAP, below)
    wide = replace(TRAP, low=EDGE - HAIR)
    checker._check_last(CHAIN, "gram", wide, above_)
    for link, epsilon in ((TRAP, below), (wide, above_)):
        with pytest.raises(RejectedError, match=r"^gram: the last link is wider than epsilon$"):
            checker._check_last(CHAIN, "gram", link, epsilon - HAIR)
    square = replace(START, c=Fraction(9, 4))
    energetic = replace(TRAP, delta=Fraction(0), zeta=Fraction(2, 3))
    checker._check_last(Chain(square, OMEGA), "output", energetic, Fraction(1))
    with pytest.raises(RejectedError, match=r"^output: the last link is larger than epsilon$"):
        checker._check_last(Chain(square, OMEGA), "output", energetic, 1 - HAIR)


def test_chains_of_guarantees_are_checked() -> None:
    """A guarantee's chain is that of its own name, from the region on, and its last link is held to ε."""
    found = times(epsilon="9", complement=3, output_once=3, gram=ROWS, output=ROWS)
    entered = {**TRAPPED, "omega": str(OMEGA)}
    checker._check_guarantees(found, entered, START, lambda *_: None)
    short = times(epsilon="1/200", complement=10**9, output_once=10**9)
    for name in ("gram", "output"):
        broken = {**found, name: [ROWS[0], row(replace(TRAP, zeta=TRAP.zeta - HAIR))]}
        for document, said in ((broken, "link 1 does not follow"), ({**short, name: ROWS}, "the last link is")):
            with pytest.raises(RejectedError, match=rf"^{name}: {said}"):
                checker._check_guarantees(document, entered, START, lambda *_: None)


def test_bounds_that_reach_epsilon_exactly_are_enough() -> None:
    """At the region's own time δ = αε and ω = (7/4)ρ(1 − ℓ − δ)ε²/c are within ε."""
    epsilon = Fraction(1, 9) / GENTLE.alpha
    omega = Fraction(7, 4) * GENTLE.rho * Fraction(2, 9) * epsilon**2 / GENTLE.c
    found = times(epsilon=str(epsilon), complement=3, output_once=3)
    checker._check_guarantees(found, {**ENTERED, "omega": str(omega)}, GENTLE, reached)


def test_a_chain_of_one_link_that_does_not_move_is_a_chain() -> None:
    """Bounds may meet, and δ and ζ may be 0."""
    entered = {"t": 3, "ell": str(EDGE), "delta": "0", "omega": str(OMEGA), "zeta": "0", "floor": str(EDGE)}
    assert checker._check_chain(CHAIN, "gram", [row(STILL)], entered, reached) == STILL


def test_contraction_is_the_worst_of_both_ends() -> None:
    """θ is taken at the slower end of the spectrum, or where a large head turns the sign."""
    high = Fraction(9, 10)
    slow = replace(LINK, low=Fraction(3, 10), high=high)
    largest = 1 + A_ * (1 - S_ * slow.low)
    assert CHAIN.contraction(slow)[0] == largest * (1 - RHO * (high - high**2))
    heavy = Chain(START, Fraction(100))
    turned = A_ * 100 * (1 - slow.low) + A_ * high * (100 + heavy.energy(slow)) / M_
    assert heavy.contraction(slow)[0] == turned > largest
