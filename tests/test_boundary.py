"""Laws of the search for the hidden constants of Theorem 1: exact failures, and none where the theorem is proved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from foanil.boundary.instances import Instance, failure
from foanil.boundary.search import read, searched
from foanil.boundary.spaces import BOUNDARIES, SHAPES, others_hold, problems
from foanil.stacked import representation_sq, stacked_step

LONG_HEAD = Instance(*map(Fraction, ("1/32", "1/2", "3", "5", "1/100000", "3/2")))
STEEP = Instance(*map(Fraction, ("9/8", "1", "1", "2", "1/16", "0")))
LOST = Instance(*map(Fraction, ("1/4", "1", "1", "1", "1", "1")))


@pytest.mark.parametrize(("start", "word"), [(LONG_HEAD, "collapses"), (STEEP, "repels"), (LOST, "rank")])
def test_known_failures_are_certified(start: Instance, word: str) -> None:
    """A long head, αβc > 1 and a first step that loses the rank are recognised exactly."""
    assert word in (failure(start) or "")


@pytest.mark.parametrize(
    "start",
    [
        replace(LONG_HEAD, v=Fraction(1)),
        replace(LONG_HEAD, v=Fraction(99, 100)),
        replace(STEEP, a=Fraction(1)),
        replace(STEEP, a=Fraction(3, 4)),
        replace(LOST, x=Fraction(99, 100)),
        replace(LOST, v=Fraction(99, 100)),
    ],
)
def test_at_or_below_the_bound_nothing_is_certified(start: Instance) -> None:
    """Just off each bound the certificates stay silent."""
    assert failure(start) is None


def test_an_orbit_that_hits_the_limit_is_no_failure() -> None:
    """At y = sx = 1 the start is the limit, whatever αβc: no prime keeps it off."""
    assert failure(replace(STEEP, x=1 / STEEP.s)) is None


def test_illegal_instances_are_refused() -> None:
    """A start without rank or with m_in below 1 is no start of the theorem's."""
    for wrong in (replace(LOST, x=Fraction(0)), replace(LOST, m=Fraction(1, 2)), replace(LOST, kappa=Fraction(1, 2))):
        with pytest.raises(ValueError, match="expected a, rho, x > 0"):
            failure(wrong)


def test_exact_step_is_the_stack_step() -> None:
    """x₊ and v₊ are those of (5)-(6) in floating point at k = k′ = 1."""
    vectors = np.random.default_rng(3).random((6, SHAPES[0].dimension))
    pure, point = problems(BOUNDARIES["head"], Fraction(3, 2), SHAPES[0], vectors)
    after = stacked_step(pure, point)
    for i in range(6):
        x, v = (Fraction(float(each[i].item() ** 2)) for each in (point.B, point.w))
        letters = (Fraction(float(getattr(pure, name)[i])) for name in ("a", "rho", "kappa", "m"))
        exact = Instance(*letters, x, v).after()
        assert float(exact.x) == pytest.approx(after.B[i].item() ** 2)
        assert float(exact.v) == pytest.approx(after.w[i].item() ** 2)


@pytest.mark.parametrize("shape", SHAPES)
def test_candidates_have_the_ratio_at_its_value(shape: object) -> None:
    """The searched ratio is at its value; what is not searched meets its explicit bound."""
    here = next(each for each in SHAPES if each == shape)
    vectors = np.random.default_rng(4).random((9, here.dimension))
    pure, point = problems(BOUNDARIES["start"], Fraction(3, 4), here, vectors)
    assert representation_sq(point) * pure.m == pytest.approx(0.75)
    assert (pure.a * pure.kappa / pure.rho <= 0.25 + 1e-12).all()
    assert ((point.w**2).sum(axis=(1, 2)) <= 1 + 1e-12).all()
    assert (pure.kappa >= here.k).all()


def test_other_hypotheses_are_checked() -> None:
    """An instance that breaks two hypotheses is a counterexample for neither."""
    assert others_hold(BOUNDARIES["head"], LONG_HEAD)
    assert not others_hold(BOUNDARIES["head"], replace(LONG_HEAD, x=Fraction(1)))
    assert not others_hold(BOUNDARIES["start"], LONG_HEAD)


@pytest.mark.parametrize(("name", "least"), [("product", Fraction(101, 100)), ("start", Fraction(1))])
def test_search_finds_the_known_counterexamples_and_no_other(name: str, least: Fraction) -> None:
    """The least refuted value is the known one, beyond what is proved; the outcome survives being stored."""
    found = searched(name, seed=11, generations=1, shapes=SHAPES[:1])
    proved = BOUNDARIES[name].proved
    assert proved is not None
    assert found.refuted_from == least > proved
    assert found.none_up_to is not None
    assert found.none_up_to >= proved
    assert read(found.data()) == found
    assert str(least) in str(found)


def test_head_beyond_one_is_found() -> None:
    """At k = k′ = 1 a head just above its bound is refuted, at and below it is not."""
    found = searched("head", seed=5, generations=1, shapes=SHAPES[:1])
    assert found.refuted_from == Fraction(1001, 1000)


def test_budget_and_names() -> None:
    """No seconds, no rungs; an unknown name is refused with those that exist."""
    assert searched("head", seconds=0).rungs == ()
    assert not searched("head", seconds=0).complete
    with pytest.raises(ValueError, match="step-size"):
        searched("nothing")
