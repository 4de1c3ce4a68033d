"""An instance: exact values for the letters that the hypotheses of a claim speak about, and one hypothesis decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class MissingLetterError(AttributeError):
    """A hypothesis speaks of a letter that the instance has no value for."""


class UndecidedError(ArithmeticError):
    """Neither a hypothesis nor its negation is decided by the bounds that are used."""


@dataclass(frozen=True, eq=False)
class Instance:
    """Values by letter, read as attributes: integers, Fractions, exact matrices (tuples of rows), laws, math.inf."""

    name: str
    letters: Mapping[str, Any]

    def __getattr__(self, letter: str) -> Any:
        """Return a letter's value; raises MissingLetterError."""
        try:
            return self.__dict__["letters"][letter]
        except KeyError:
            raise MissingLetterError(
                f"instance {self.__dict__.get('name')!r} has no value for {letter!r}; add one or take another"
            ) from None

    def changed(self, letters: Mapping[str, Any]) -> Instance:
        """Return the instance with other values for some letters that it has; raises MissingLetterError."""
        for letter in letters:
            getattr(self, letter)
        return Instance(f"{self.name}, changed", {**self.letters, **letters})


Change = Callable[[Instance], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One hypothesis: its text in the registry, its predicate, and named changes that violate it."""

    text: str
    predicate: Callable[[Instance], bool]
    mutants: tuple[tuple[str, Change], ...]

    def holds(self, instance: Instance) -> bool:
        """Decide the hypothesis; an instance without a letter that it speaks of does not satisfy it."""
        try:
            return self.predicate(instance)
        except MissingLetterError:
            return False
