"""The hypotheses of the registry under the symmetries of (5)-(6): the unit of the labels, and rotations."""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from foanil import rational
from foanil.claims import hypotheses as texts
from foanil.instances import CONDITIONS, Instance, UndecidedError, generic, smallest
from foanil.instances.describe import letters_read

SIZES = {"d", "k", "k_prime", "m_in", "m_out", "m", "N"}
PURE = {"C1", "C2", "C3", "delta", "g_bar", "y"}
ROOT = 3
"""Labels are measured in a unit ROOT² times smaller: B and w grow by ROOT, of degree 1/2."""
DEGREES = {"B": 1, "w": 1, "alpha": -2, "beta": -2, "c": 4, "Sigma_star": 4, "sigma_sq": 4, "B_star": 0}
"""Twice the degree of each letter."""
STARTS = [i for i in (*generic(), *smallest()) if {*DEGREES} - {"c"} <= i.letters.keys()][::4]
INHOMOGENEOUS = (
    texts.PRINTED_START,
    r"an initialisation and step sizes in the manner of Theorem 1",
    r"at finite $m_{\mathrm{in}}$: the conditions of Theorem 1",
)
"""The printed bound on B_0, whose terms have several degrees (see `thm-1-init-scale`), and what repeats it."""
CHOICE = r"units with $\alpha = 1$"
"""A choice of the unit, which is meant to hold in one only."""


def times(value: Any, factor: Fraction) -> Any:
    """Multiply a number, a column or a matrix."""
    return tuple(times(one, factor) for one in value) if isinstance(value, tuple) else value * factor


def rescaled(i: Instance) -> Instance:
    """Return an instance in the smaller unit."""
    return i.changed(
        {name: times(i.letters[name], Fraction(ROOT) ** p) for name, p in DEGREES.items() if name in i.letters}
    )


def reflection(n: int) -> Any:
    """Return I − 2uuᵀ/‖u‖² for u = (1, 2, …, n): exact, orthogonal, and none of its entries is 0 for n > 1."""
    square = sum(j * j for j in range(1, n + 1))
    return tuple(
        tuple(Fraction(int(a == b)) - Fraction(2 * a * b, square) for b in range(1, n + 1)) for a in range(1, n + 1)
    )


def turned(i: Instance) -> Instance:
    """Return an instance in other features: B and B⋆ are turned from the left."""
    R = reflection(i.d)
    return i.changed({"B": rational.product(R, i.B), "B_star": rational.product(R, i.B_star)})


def turned_inside(i: Instance) -> Instance:
    """Return an instance with the same function: B is turned from the right, and w with it."""
    Q = reflection(i.k_prime)
    column = rational.product(Q, tuple((one,) for one in i.w))
    return i.changed({"B": rational.product(i.B, Q), "w": tuple(one for (one,) in column)})


@functools.cache
def answers(text: str, move: Callable[[Instance], Instance]) -> set[tuple[bool, bool]]:
    """Return what a hypothesis says of each start, and of each that violates it, before and after a symmetry."""
    condition, known = CONDITIONS[text], SIZES | PURE | {*DEGREES}
    found = set()
    for start in STARTS:
        for one in (start, *_violations(start, text)):
            try:
                if {*letters_read(one, [condition])} <= known:
                    found.add((condition.holds(one), condition.holds(move(one))))
            except UndecidedError:
                continue
    return found


def _violations(start: Instance, text: str) -> list[Instance]:
    changed = []
    for _, change in CONDITIONS[text].mutants:
        try:
            one = start.changed(change(start))
        except (AttributeError, ArithmeticError, ValueError):
            continue
        if (len(one.B), len(one.B[0]), len(one.w)) == (one.d, one.k_prime, one.k_prime):
            changed.append(one)
    return changed


def unmoved(i: Instance) -> Instance:
    """Return the instance itself."""
    return i


SEEN = [text for text in CONDITIONS if text != CHOICE and answers(text, unmoved)]


def test_most_hypotheses_on_starts_are_seen() -> None:
    """Those on the start, the step sizes and the covariance are decided, most of them with both answers."""
    both = [text for text in SEEN if len(answers(text, unmoved)) == 2]
    assert {
        texts.EXPLICIT_START,
        texts.EXPLICIT_HEAD,
        texts.EXPLICIT_STEPS,
        texts.PRINTED_HEAD,
        texts.PRINTED_START,
    } <= {*both}
    assert len(SEEN) >= 20


@pytest.mark.parametrize("move", [rescaled, turned, turned_inside])
@pytest.mark.parametrize("text", SEEN)
def test_a_symmetry_changes_no_answer(text: str, move: Callable[[Instance], Instance]) -> None:
    """A hypothesis holds in one unit if and only if in another, and likewise in turned features and columns."""
    if not (text in INHOMOGENEOUS and move is rescaled):
        assert all(before == after for before, after in answers(text, move))


@pytest.mark.parametrize("text", INHOMOGENEOUS)
def test_the_printed_start_depends_on_the_unit(text: str) -> None:
    """The printed bound on B_0 holds of a start in one unit and not in another, with the same constant."""
    assert any(before != after for before, after in answers(text, rescaled))
