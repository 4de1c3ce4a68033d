"""The region that certificates check is the region that is derived, inequality by inequality."""

from __future__ import annotations

import functools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foanil.certificates.region import region
from foanil.decisions import Relation, Sign
from foanil.inequalities import Theory
from proofs.dimensionless import iteration
from proofs.one_step import OneStep, state_bounds, theory
from proofs.one_step import region as derived_region

FEW = st.integers(0, 12).map(lambda n: Fraction(n, 8))
POINTS = st.fixed_dictionaries(
    {
        "a": st.integers(-1, 9).map(lambda n: Fraction(n, 16)),
        "rho": FEW,
        "kappa": st.integers(1, 20).map(lambda n: Fraction(n, 4)),
        "m": st.integers(1, 12).map(Fraction),
        "ell": FEW,
        "delta": st.integers(-1, 12).map(lambda n: Fraction(n, 16)),
        "omega": st.integers(-1, 10).map(lambda n: Fraction(n, 8)),
    }
)


def holds(relation: Relation, point: dict[str, Fraction]) -> bool:
    """Whether a relation of the derivation is true at a point."""
    function = relation.function
    values = [point.get(str(symbol), Fraction(1)) for symbol in function.field.symbols]
    top, bottom = (_value(part.terms(), values) for part in (function.numer, function.denom))
    value = top / bottom
    return (
        value > 0 if relation.sign is Sign.POSITIVE else value >= 0 if relation.sign is Sign.NONNEGATIVE else not value
    )


def _value(terms: list[tuple[tuple[int, ...], object]], values: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for powers, coefficient in terms:
        term = Fraction(str(coefficient))
        for value, power in zip(values, powers, strict=True):
            term *= value**power
        total += term
    return total


@given(POINTS)
def test_the_region_is_the_one_that_is_derived(point: dict[str, Fraction]) -> None:
    """A point satisfies the certificate's inequalities iff it satisfies those of proofs/one_step.py and ω < 1."""
    here = iteration()
    expected = all(holds(relation, point) for relation in derived_region(here)) and point["omega"] < 1
    assert all(i.holds for i in region(**point)) is expected


@given(POINTS)
def test_a_trapped_region_leaves_out_the_head_alone(point: dict[str, Fraction]) -> None:
    """Without ω < 1 the inequalities are those of the derivation's region."""
    expected = all(holds(relation, point) for relation in derived_region(iteration()))
    assert all(i.holds for i in region(**point, trapped=True)) is expected


def test_the_theory_of_the_limits_adds_only_the_head() -> None:
    """What the derivation assumes beside the region is ω < 1 and t ≥ 0."""
    assert len(theory().assumptions) == len(derived_region(iteration())) + 2


def test_one_step_needs_no_bound_on_the_head() -> None:
    """Every inequality of one step is derived in the region without ω < 1: only λ_min(Λ_t) > 0 is left to a trap."""
    here = iteration()
    loud = Theory(here.words, derived_region(here), state_bounds(here))
    step = OneStep(loud, here)
    facts = [name for name, value in vars(OneStep).items() if isinstance(value, functools.cached_property)]
    assert len(facts) >= 15
    for name in facts:
        assert getattr(step, name) is not None


def test_an_inequality_says_by_how_much_it_fails() -> None:
    """Equality fails a strict inequality, by nothing."""
    inside = {"a": "1/16", "rho": 1, "kappa": 3, "m": 4, "ell": "1/2", "delta": "1/16", "omega": 1}
    failed = [i for i in region(**{key: Fraction(value) for key, value in inside.items()}) if not i.holds]
    assert [(i.text, i.excess) for i in failed] == [("||w||^2 < alpha c", 0)]


def test_points_inside_exist() -> None:
    """The region is not empty: its inequalities can all hold at once."""
    inside = {"a": "1/16", "rho": 1, "kappa": 3, "m": 4, "ell": "1/2", "delta": "1/16", "omega": "7/8"}
    assert all(i.holds for i in region(**{key: Fraction(value) for key, value in inside.items()}))


@pytest.mark.parametrize("name", ["a", "rho", "ell", "delta", "omega"])
def test_every_number_matters(name: str) -> None:
    """Any one of the numbers can leave the region."""
    inside = {"a": "1/16", "rho": 1, "kappa": 3, "m": 4, "ell": "1/2", "delta": "1/16", "omega": "7/8"}
    assert not all(i.holds for i in region(**{key: Fraction(x) for key, x in {**inside, name: 3}.items()}))
