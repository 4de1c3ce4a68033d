"""Laws of the search for the hidden constants of Theorem 1: exact failures, and none where the theorem is proved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from foanil.boundary.instances import Instance, failure
from foanil.boundary.search import ARRIVED, follow, patience, read, searched
from foanil.boundary.spaces import BOUNDARIES, SHAPES, WIDE, Shape, others_hold, problems
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


EXAMPLES = 40
"""Starts that Hypothesis tries; derandomised, so the same ones each time."""


def arrives_from_everywhere(name: str, value: Fraction, shape: Shape) -> int:
    """Let Hypothesis look for a start that does not arrive, towards those whose Λ_t falls farthest; return the tries.

    Raises AssertionError with a start that does not arrive.
    """
    tried = []

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
    @given(st.lists(st.floats(0, 1), min_size=shape.dimension, max_size=shape.dimension))
    def attempt(vector: list[float]) -> None:
        problem = problems(BOUNDARIES[name], value, shape, np.array([vector]))
        with np.errstate(all="ignore"):
            ends = follow(*problem, patience(*problem))
        tried.append(vector)
        target(float(ends.badness[0]), label="how far from the limit, and how far down on the way")
        assert ends.distance[0] <= ARRIVED, vector

    attempt()
    return len(tried)


@pytest.mark.parametrize(("name", "value"), [("head", "9/10"), ("start", "1/3"), ("step-size", "4/9")])
def test_nothing_fails_where_the_theorem_is_proved(name: str, value: str) -> None:
    """Guided towards the worst, Hypothesis finds no start that stays away inside the proved region."""
    at = Fraction(value)
    assert at <= (BOUNDARIES[name].proved or 0)
    assert arrives_from_everywhere(name, at, SHAPES[1]) >= EXAMPLES


@pytest.mark.parametrize(("name", "value"), [("head", "3/2"), ("product", "3/2")])
def test_known_failures_are_found_beyond(name: str, value: str) -> None:
    """The same search finds the collapse under a long head and the repelling limit beyond αβc = 1."""
    assert Fraction(value) > (BOUNDARIES[name].proved or 0)
    with pytest.raises(AssertionError):
        arrives_from_everywhere(name, Fraction(value), SHAPES[1])


def test_a_wide_search_turns_the_complement_towards_the_signal() -> None:
    """With the second share at 1 the rows of the complement are rows of the signal, κ up to 100k and k up to 4."""
    boundary = BOUNDARIES["noisy-start"]
    vectors = np.random.default_rng(8).random((5, WIDE[-1].dimension))
    vectors[:, 2], vectors[:, 5] = 1, 1
    pure, point = problems(boundary, Fraction(2, 3), WIDE[-1], vectors)
    assert point.B[:, 4:] == pytest.approx(point.B[:, :4])
    assert pure.kappa == pytest.approx(400)
    assert representation_sq(point) == pytest.approx(2 / 3)
