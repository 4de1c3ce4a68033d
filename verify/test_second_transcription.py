"""Every formula has the values of its second transcription at exact instances, and no wrong version of it has."""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import pytest

from foanil import rational, second_transcription, statements
from foanil.arrays import EXACT
from foanil.claims import REGISTRY
from foanil.evidence import Method, Outcome
from foanil.formal import letters
from foanil.mutants import mutants
from foanil.notation import NOTATION
from foanil.pytest_plugin import Recorder

Values = Mapping[str, Any]

SIZES: Mapping[str, Mapping[str, int]] = {
    "smallest": {"d": 2, "k": 1, "k_prime": 1, "m": 2, "m_in": 1, "m_out": 1, "m_test": 1, "N": 1, "d-k": 1},
    "smallest, k' = d": {"d": 2, "k": 1, "k_prime": 2, "m": 2, "m_in": 1, "m_out": 1, "m_test": 1, "N": 1, "d-k": 1},
    "distinct": {"d": 7, "k": 2, "k_prime": 3, "m": 10, "m_in": 4, "m_out": 6, "m_test": 8, "N": 9, "d-k": 5},
    "distinct, k = 3": {"d": 9, "k": 3, "k_prime": 5, "m": 11, "m_in": 4, "m_out": 7, "m_test": 8, "N": 10, "d-k": 6},
}
"""Two sets of smallest legal sizes, and two of pairwise distinct ones."""

TELLING = ("distinct", "distinct, k = 3")
"""Instances that tell a formula from its wrong versions: at the smallest sizes many agree."""


@functools.cache
def instance(name: str) -> Values:
    """Return seeded rational values of every letter as rows of Fractions: B⋆, B⋆,⊥ orthonormal, σ̄² = Tr(Σ⋆) + σ²."""
    sizes, draw = {**SIZES[name], "1": 1}, random.Random(f"second transcription {name}")
    values: dict[str, Any] = {}
    for letter, entry in NOTATION.items():
        rows, columns = (sizes[dimension] for dimension in entry.shape)
        if entry.shape == ("1", "1"):
            values[letter] = Fraction(sizes[letter] if letter in sizes else Fraction(draw.randint(3, 50), 17))
            continue
        drawn = [[Fraction(draw.randint(-9, 9), 11) for _ in range(columns)] for _ in range(rows)]
        values[letter] = _gram(drawn) if entry.symmetric else drawn
    axis = [Fraction(draw.randint(1, 5)) for _ in range(sizes["d"])]
    other = [Fraction(draw.randint(-5, 5)) for _ in range(sizes["d"])]
    frame = rational.product(rational.reflection(axis), rational.reflection(other))
    values["B_star"] = rational.columns(frame, 0, sizes["k"])
    values["B_star_perp"] = rational.columns(frame, sizes["k"], sizes["d"])
    trace = sum((row[i] for i, row in enumerate(values["Sigma_star"])), start=Fraction(0))
    return values | {"sigma_bar_sq": trace + values["sigma_sq"]}


def _gram(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return AAᵀ + I: symmetric and positive definite."""
    return [[sum((x * y for x, y in zip(p, q, strict=True)), start=Fraction(p is q)) for q in rows] for p in rows]


def first(formula: Any, values: Values) -> list[Fraction]:
    """Return the entries of a formula of `foanil.statements`, or of one typed like it."""
    given = {
        letter: EXACT.array(values[letter]) if hasattr(values[letter], "__len__") else EXACT.scalar(values[letter])
        for letter in letters(formula)
    }
    found = formula(EXACT, **given)
    return [
        Fraction(int(x.numerator), int(x.denominator)) for x in (found.ravel() if hasattr(found, "ravel") else [found])
    ]


@functools.cache
def second(name: str, where: str) -> list[Fraction]:
    """Return the entries of a formula of the second transcription, rows one after the other."""
    formula, values = second_transcription.FORMULAS[name], instance(where)
    found = formula(**{letter: values[letter] for letter in inspect.signature(formula).parameters})
    return [entry for row in found for entry in row] if isinstance(found, list) else [Fraction(found)]


def fooled(name: str) -> list[str]:
    """Return the live wrong versions of a formula that have the values of its second transcription."""
    live = [mutant for mutant in mutants(name) if mutant.equivalent is None]
    return [mutant.id for mutant in live if not _differs(mutant.formula, name, TELLING)]


def _differs(formula: Any, name: str, places: Iterable[str]) -> bool:
    for where in places:
        try:
            if first(formula, instance(where)) != second(name, where):
                return True
        except ZeroDivisionError:  # undefined there: it has no value to be wrong
            continue
    return False


def cases() -> list[Any]:
    """Return every formula, marked with the claims whose formula it is."""
    stated = {name: [c.id for c in REGISTRY.values() if name in c.stated] for name in statements.FORMULAS}
    return [
        pytest.param(name, marks=[pytest.mark.claim(id=claim) for claim in claims], id=name)
        for name, claims in stated.items()
    ]


def test_every_formula_is_there_twice() -> None:
    """The two files transcribe the same formulas, in the same letters."""
    assert set(second_transcription.FORMULAS) == set(statements.FORMULAS)
    for name, formula in second_transcription.FORMULAS.items():
        assert tuple(inspect.signature(formula).parameters) == tuple(letters(statements.formula(name)))


@pytest.mark.parametrize("name", cases())
def test_second_transcription(name: str, evidence: Recorder) -> None:
    """A formula equals its second transcription at every instance, exactly; each of its wrong versions does not."""
    different = [where for where in SIZES if first(statements.formula(name), instance(where)) != second(name, where)]
    live = sum(mutant.equivalent is None for mutant in mutants(name))
    survivors = fooled(name)
    for claim in (c.id for c in REGISTRY.values() if name in c.stated):
        evidence.record(
            claim=claim,
            method=Method.TRANSCRIPTION,
            outcome=Outcome.FAILED if different or survivors else Outcome.HELD,
            scope=f"{name} at {len(SIZES)} exact instances: {', '.join(SIZES)}",
            shown=f"{name}: the two transcriptions " + (f"differ at {different}" if different else "agree exactly"),
            mutants=(live - len(survivors), live),
        )
    assert not different
    assert not survivors
