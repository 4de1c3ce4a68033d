"""Instances are consistent, laws compute their own moments, and no hypothesis is left out silently."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest

from foanil import rational
from foanil.claims import REGISTRY
from foanil.instances import (
    CONDITIONS,
    PREMISES,
    REMARKS,
    Instance,
    MissingLetterError,
    UndecidedError,
    UnknownHypothesisError,
    conditions,
    generic,
    smallest,
)
from foanil.instances.adaptation import sub_gaussian
from foanil.instances.data import covariance
from foanil.instances.describe import letters_read, value_text
from foanil.instances.laws import FiniteLaw, Sample, gaussian, independent_two_points, two_points

HALF = Fraction(1, 2)
STARTS = [i for i in (*generic(), *smallest()) if "B" in i.letters]


def test_every_hypothesis_is_a_predicate_or_a_remark() -> None:
    """The texts of the registry are exactly the predicates and the remarks, and none is both."""
    texts = {text for claim in REGISTRY.values() for text in claim.hypotheses}
    assert texts == CONDITIONS.keys() | REMARKS.keys()
    assert not CONDITIONS.keys() & REMARKS.keys()
    assert PREMISES.keys() <= REGISTRY.keys()


def test_every_predicate_has_a_violation() -> None:
    """A predicate without a change that violates it could not be seen to reject anything."""
    assert all(condition.mutants for condition in (*CONDITIONS.values(), *PREMISES.values()))


def test_a_hypothesis_without_a_predicate_is_an_error() -> None:
    """A new or reworded hypothesis is named, and nothing is skipped."""
    claim = replace(REGISTRY["eq-7"], hypotheses=("the moon is full",))
    with pytest.raises(UnknownHypothesisError, match="the moon is full"):
        conditions(claim)


def test_names_are_unique() -> None:
    """An instance is known by its name."""
    names = [i.name for i in (*generic(), *smallest())]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("instance", STARTS, ids=lambda i: i.name)
def test_shapes_fit_sizes(instance: Instance) -> None:
    """B is d×k′, B⋆ d×k with orthonormal columns, Σ⋆ k×k, w has k′ entries."""
    i = instance
    assert (len(i.B), len(i.B[0]), len(i.w)) == (i.d, i.k_prime, i.k_prime)
    assert (len(i.B_star), len(i.B_star[0]), len(i.Sigma_star)) == (i.d, i.k, i.k)
    assert rational.orthonormality_defect(i.B_star) == 0


@pytest.mark.parametrize("instance", [i for i in smallest() if "B" in i.letters], ids=lambda i: i.name)
def test_smallest_are_smallest(instance: Instance) -> None:
    """k = 1, d = 2 and k′ ≤ 2: no smaller sizes have k ≤ k′ ≤ d and k < d."""
    assert (instance.k, instance.d) == (1, 2)


def test_a_missing_letter_is_named() -> None:
    """Reading or changing a letter that an instance does not have says which."""
    with pytest.raises(MissingLetterError, match="gamma"):
        _ = generic()[0].gamma
    with pytest.raises(MissingLetterError, match="gamma"):
        generic()[0].changed({"gamma": 1})


def test_two_points_have_their_variance() -> None:
    """The law on {high, −low} is centred, of variance high·low."""
    sample = Sample((two_points(Fraction(3), HALF),), 1)
    assert sample.law.is_law()
    assert sample.law.mean() == (0,)
    assert covariance(sample) == ((Fraction(3, 2),),)


def test_task_laws_have_their_mean_and_covariance() -> None:
    """mean + root·u has that mean and covariance root·rootᵀ, also for a root that is not square."""
    root = ((Fraction(1), Fraction(2), HALF), (Fraction(0), Fraction(-1), Fraction(3)))
    sample = Sample((independent_two_points(root, (Fraction(5), HALF)),), math.inf)
    assert sample.law.is_law()
    assert sample.law.mean() == (5, HALF)
    assert covariance(sample) == rational.product(root, rational.transpose(root))


def test_gaussian_moments() -> None:
    """N(0, vI) has second moment vI; only v = 1 is standard."""
    assert gaussian(3, HALF).second_moment() == rational.scaled(HALF, rational.identity(3))
    assert gaussian(3).is_standard_gaussian(3)
    assert not gaussian(3, HALF).is_standard_gaussian(3)


def test_sub_gaussian_says_when_it_cannot_tell() -> None:
    """Narrow laws are, laws of larger variance are not, and in between nothing is said."""
    wide = Sample((two_points(Fraction(8), HALF),), 1)
    assert sub_gaussian(wide, Fraction(19))
    assert not sub_gaussian(wide, Fraction(3))
    with pytest.raises(UndecidedError, match="narrower"):
        sub_gaussian(wide, Fraction(5))


def test_probabilities_sum_to_one() -> None:
    """Atoms of total mass below 1 are no law."""
    assert not FiniteLaw(((HALF, (Fraction(1),)),)).is_law()


def test_letters_read_are_those_of_the_hypotheses() -> None:
    """A claim about sizes reads sizes alone."""
    assert set(letters_read(generic()[0], [CONDITIONS["$k' = k$"]])) == {"k", "k_prime"}


def test_long_values_are_cut() -> None:
    """What is cut says how long it was."""
    assert value_text(math.inf) == "∞"
    assert "characters" in value_text(tuple(range(1000)))
