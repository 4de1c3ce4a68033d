"""Wrong versions of every transcribed formula, made from the formula itself by rewriting one place of its tree.

A mutant is typed like its formula, differs from it in value at an exact instance, and is distinct from the mutants
before it; a rewriting that changes nothing is kept aside as equivalent, with the proof in matrix words.
"""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from foanil import rational, statements
from foanil.arrays import EXACT, SingularMatrixError
from foanil.formal import SCALAR, Formula, Tree, as_formula, evaluate, latex, tree
from foanil.notation import NOTATION
from foanil.paper_alphabet import letter_values, limit_alphabet
from foanil.rewritings import Kind, occurring_letters, rewritings
from foanil.words import UndeclaredError


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong version of a formula: `formula` can stand wherever the original stands.

    `description` says in one line what was rewritten; `equivalent` is None for a live mutant, and the proof for a
    rewriting that leaves the value unchanged. A mutant that reads a letter the original does not take has that letter
    as a further parameter.
    """

    id: str
    formula_name: str
    kind: Kind
    description: str
    latex: str
    formula: Formula
    equivalent: str | None = None


PROOF = "the difference is the zero element of the word algebra"


@functools.cache
def mutants(name: str) -> tuple[Mutant, ...]:
    """Return the mutants of the formula of this name, in a fixed order, the equivalent ones among them.

    Raises KeyError for a name that is not one of `foanil.statements.FORMULAS`.
    """
    return mutants_of(name, statements.formula(name))


def mutants_of(name: str, formula: Formula) -> tuple[Mutant, ...]:
    """Return the mutants of any formula in the paper's letters: distinct as values, or proved equivalent.

    Values are compared at two exact rational instances. A rewriting that agrees with the formula at both is
    equivalent when words prove it, and otherwise stays as a live mutant. One that is undefined at an instance is left
    out: it has no value to be wrong.
    """
    original = tree(formula)
    unchanged = _values(original)
    seen: set[object] = set()
    numbers: dict[Kind, int] = {}
    found = []
    for kind, description, node in rewritings(original):
        values = _values(node)
        # Rewritings that agree with the formula share one value: they are told apart as trees.
        key: object = node if values == unchanged else values
        if values is None or key in seen or node == original:
            continue
        seen.add(key)
        numbers[kind] = numbers.get(kind, 0) + 1
        proof = PROOF if values == unchanged and proved_equal(node, original) else None
        label = f"{name}/{kind.value}/{numbers[kind]}"
        found.append(Mutant(label, name, kind, description, latex(node), callable_formula(node, formula), proof))
    return tuple(found)


def proved_equal(left: Tree, right: Tree) -> bool:
    """Return whether two trees are equal in words: for all sizes, under the relations that the paper declares.

    False means that no proof was found, an undeclared inverse or a division by a trace included.
    """
    words = limit_alphabet()
    sizes = {dimension: dimension for entry in NOTATION.values() for dimension in entry.shape}
    try:
        one, other = (evaluate(node, words, letter_values(words), sizes) for node in (left, right))
        return bool((one - other).is_zero())
    except (UndeclaredError, ValueError):
        return False


def callable_formula(node: Tree, like: Formula) -> Formula:
    """Turn a tree into a formula; letters that `like` does not take become further parameters."""
    formula = as_formula(node, like)
    signature = inspect.signature(like)
    extra = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for name in occurring_letters(node)
        if name not in signature.parameters
    ]
    formula.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *extra])  # type: ignore[attr-defined]
    return formula


# Values ------------------------------------------------------------------------------------------

_SIZES: tuple[Mapping[str, int], ...] = (
    {"d": 6, "k": 2, "k_prime": 3, "m": 12, "m_in": 5, "m_out": 7, "m_test": 8, "N": 9, "d-k": 4, "1": 1},
    {"d": 8, "k": 3, "k_prime": 4, "m": 13, "m_in": 6, "m_out": 7, "m_test": 9, "N": 10, "d-k": 5, "1": 1},
)
"""Two sets of pairwise distinct sizes; sample sizes above 2, so that no off-by-one mutant divides by zero there."""


@functools.cache
def instance(index: int) -> Mapping[str, Any]:
    """Return exact rational values of every letter, under the relations of `foanil.paper_alphabet`; index 0 or 1."""
    sizes, draw = _SIZES[index], random.Random(f"mutants {index}")
    values: dict[str, Any] = {}
    for name, entry in NOTATION.items():
        rows, cols = (sizes[dimension] for dimension in entry.shape)
        if entry.shape == SCALAR:
            values[name] = EXACT.scalar(sizes[name] if name in sizes else Fraction(draw.randint(2, 40), 13))
            continue
        array = EXACT.array([[Fraction(draw.randint(-9, 9), 7) for _ in range(cols)] for _ in range(rows)])
        values[name] = array + array.T if entry.symmetric else array
    basis = _orthonormal_basis(sizes["d"], draw)
    values["B_star"] = EXACT.array(rational.columns(basis, 0, sizes["k"]))
    values["B_star_perp"] = EXACT.array(rational.columns(basis, sizes["k"], sizes["d"]))
    values["sigma_bar_sq"] = EXACT.trace(values["Sigma_star"]) + values["sigma_sq"]
    return MappingProxyType(values)


def _orthonormal_basis(d: int, draw: random.Random) -> rational.Matrix:
    axes = [[Fraction(draw.randint(1, 5)) for _ in range(d)] for _ in range(2)]
    return rational.product(*(rational.reflection(axis) for axis in axes))


def _values(node: Tree) -> tuple[object, ...] | None:
    """Return the entries of a tree's value at both instances, exactly; None where it divides by zero at one."""
    out: list[object] = []
    for index, sizes in enumerate(_SIZES):
        try:
            value = evaluate(node, EXACT, instance(index), sizes)
        except (ZeroDivisionError, SingularMatrixError):
            return None
        out.extend([*value.ravel()] if hasattr(value, "ravel") else [value])
    return tuple(out)


__all__ = ["PROOF", "Kind", "Mutant", "callable_formula", "instance", "mutants", "mutants_of", "proved_equal"]
