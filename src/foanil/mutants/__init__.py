"""Wrong versions of every transcribed formula, made from the formula itself by rewriting its tree in one place or two.

A mutant is typed like its formula, differs from it in value at an exact instance, and is distinct from the mutants
before it; a rewriting that changes nothing is kept aside as equivalent, with the proof in matrix words.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from foanil import rational, statements
from foanil.arrays import EXACT, SingularMatrixError
from foanil.formal import SCALAR, Formula, Tree, as_formula, evaluate, latex, tree
from foanil.mutants.rewritings import Kind, Rewriting, occurring_letters, rewritings
from foanil.notation import NOTATION
from foanil.paper_alphabet import letter_values, limit_alphabet
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

PAIRS = 100
"""How many pairs of rewritings are drawn for each formula, beside all single ones."""

DRAWS = 20
"""How often a pair is drawn for each one that is asked for: small formulas have few that differ."""


@functools.cache
def mutants(name: str) -> tuple[Mutant, ...]:
    """Return the mutants of the formula of this name, in a fixed order, the equivalent ones among them.

    Raises KeyError for a name that is not one of `foanil.statements.FORMULAS`.
    """
    return mutants_of(name, statements.formula(name))


@functools.cache
def pairs(name: str, count: int = PAIRS) -> tuple[Mutant, ...]:
    """Return mutants that are wrong in two places, drawn from all such pairs by a fixed seed; none is a `mutants` one.

    At most `count`; fewer where the formula is too small to have so many different ones.
    """
    return pairs_of(name, statements.formula(name), count)


def mutants_of(name: str, formula: Formula) -> tuple[Mutant, ...]:
    """Return the mutants of any formula in the paper's letters: distinct as values, or proved equivalent.

    Values are compared at two exact rational instances. A rewriting that agrees with the formula at both is
    equivalent when words prove it, and otherwise stays as a live mutant. One that is undefined at an instance is left
    out: it has no value to be wrong.
    """
    return tuple(_distinct(name, formula, rewritings(tree(formula)), {tree(formula)}))


def pairs_of(name: str, formula: Formula, count: int) -> tuple[Mutant, ...]:
    """Return up to `count` mutants by two rewritings, distinct from one another and from all single ones."""
    original = tree(formula)
    unchanged = _values(original)
    known = {_key(node, unchanged) for _, _, node in rewritings(original)} | {original}
    return tuple(itertools.islice(_distinct(name, formula, _drawn_pairs(name, original, count), known), count))


def _drawn_pairs(name: str, original: Tree, count: int) -> Iterator[Rewriting]:
    """Draw a first and a second rewriting, uniformly, until `DRAWS` times as many as asked for have been seen."""
    draw, firsts = random.Random(f"pairs {name}"), [*rewritings(original)]
    seconds = functools.cache(lambda index: [*rewritings(firsts[index][2])])
    for _ in range(DRAWS * count):
        index = draw.randrange(len(firsts))
        _, first, _ = firsts[index]
        _, second, node = draw.choice(seconds(index))
        yield Kind.PAIR, f"{first}; then {second}", node


def _distinct(name: str, formula: Formula, candidates: Iterable[Rewriting], seen: set[object]) -> Iterator[Mutant]:
    """Yield a mutant for each candidate whose value is new, or that agrees with the formula and whose tree is new."""
    original = tree(formula)
    unchanged = _values(original)
    numbers: dict[Kind, int] = {}
    for kind, description, node in candidates:
        values = _values(node)
        key = _key(node, unchanged)
        if values is None or key in seen:
            continue
        seen.add(key)
        numbers[kind] = numbers.get(kind, 0) + 1
        proof = PROOF if values == unchanged and proved_equal(node, original) else None
        label = f"{name}/{kind.value}/{numbers[kind]}"
        yield Mutant(label, name, kind, description, latex(node), callable_formula(node, formula), proof)


def _key(node: Tree, unchanged: object) -> object:
    """Return what tells mutants apart: values, but the tree where they are the formula's own."""
    values = _values(node)
    return node if values == unchanged else values


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


@functools.lru_cache(maxsize=4096)
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


__all__ = [
    "PROOF",
    "Kind",
    "Mutant",
    "callable_formula",
    "instance",
    "mutants",
    "mutants_of",
    "pairs",
    "pairs_of",
    "proved_equal",
]
