"""An instance as text: the letters that the hypotheses of a claim read, each with its exact value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from foanil.instances.instance import Condition, Instance
from foanil.instances.laws import FiniteLaw, GaussianMixture, RandomStart, Sample

LONGEST = 400
"""A value longer than this is cut: features of a test sample have hundreds of entries."""


class _Recording(dict[str, Any]):
    """Letters that remember which of them were read."""

    def __init__(self, letters: Mapping[str, Any]) -> None:
        super().__init__(letters)
        self.read: dict[str, None] = {}

    def __getitem__(self, letter: str) -> Any:
        value = super().__getitem__(letter)
        self.read[letter] = None
        return value


def letters_read(instance: Instance, conditions: Iterable[Condition]) -> tuple[str, ...]:
    """Return the letters that the predicates read to decide an instance, in order of first reading."""
    letters = _Recording(instance.letters)
    for condition in conditions:
        condition.holds(Instance(instance.name, letters))
    return tuple(letters.read)


def described(instance: Instance, conditions: Iterable[Condition]) -> str:
    """Return the name of an instance and a line for each letter that the hypotheses read."""
    lines = [f"{letter} = {value_text(getattr(instance, letter))}" for letter in letters_read(instance, conditions)]
    return "\n".join([f"{instance.name}:", *(f"  {line}" for line in lines)])


def value_text(value: Any) -> str:
    """Return a value as a reader would write it, cut where it is long."""
    text = _text(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text)} characters)"


def _text(value: Any) -> str:
    if value == math.inf:
        return "∞"
    if isinstance(value, (int, Fraction)):
        return str(value)
    if isinstance(value, Sample):
        return f"{_text(value.count)} i.i.d. draws of {' or '.join(map(law_text, value.laws))}"
    if isinstance(value, RandomStart):
        return "a Haar frame" if value.kind == "frame" else f"independent N(0, {value.size}) entries"
    if isinstance(value, Mapping) and all(entry == {key} for key, entry in value.items()):
        return "each of its own: all independent"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(entry)}" for key, entry in value.items())
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "nothing random"
    if value and isinstance(value[0], tuple):
        return "[" + "; ".join(" ".join(map(str, row)) for row in value) + "]"
    return "(" + ", ".join(map(str, value)) + ")"


def law_text(law: FiniteLaw | GaussianMixture) -> str:
    """Return a law: its atoms with their probabilities, or its Gaussian parts."""
    if isinstance(law, FiniteLaw):
        return " | ".join(f"{_text(v)} w.p. {p}" for p, v in law.atoms)
    n = law.dimension
    parts = [f"{p}·N({_text(mean) if any(mean) else 0}, {v}·I_{n})" for p, mean, v in law.parts]
    return f"N(0, I_{n})" if law.is_standard_gaussian(n) else " + ".join(parts)
