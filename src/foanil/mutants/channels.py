"""Channels: independent ways of checking one formula, each a few checks, and the channel that a check belongs to.

Two channels of one claim are worth more than one only where they share little code, which
`foanil.mutants.independence` measures.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from foanil import formal, second_transcription, statements
from foanil.arrays import EXACT
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.mutants import instance


class Channel(Enum):
    """A way of checking a transcribed formula; the value is the name printed in reports."""

    DERIVATION = "derivation in words"
    DEFINITIONS = "definitions in words"
    POLYNOMIALS = "polynomial entries"
    FINITE_LAWS = "finite laws"
    TRANSCRIPTION = "second transcription"
    SYMMETRIES = "symmetries"
    TYPES = "types and degree"
    SOLVERS = "decision procedure"


MEANING: Mapping[Channel, str] = {
    Channel.DERIVATION: "derived from the definitions in matrix words, for every size; expectations by Isserlis",
    Channel.DEFINITIONS: "compared with a definition typed apart, both as matrix words",
    Channel.POLYNOMIALS: "derived at explicit sizes, every entry a symbol of a polynomial ring",
    Channel.FINITE_LAWS: "the definition at exact instances: finite sums for expectations, differences for gradients",
    Channel.TRANSCRIPTION: "compared with a second transcription, entry by entry, at exact instances",
    Channel.SYMMETRIES: "unchanged by rotations and by the unit of the labels",
    Channel.TYPES: "shapes fit, and all terms of a sum have one scaling degree",
    Channel.SOLVERS: "a scalar statement about the formula, by two solvers",
}

PARTIAL = frozenset({Channel.SYMMETRIES, Channel.TYPES, Channel.SOLVERS})
"""Channels that ask for a property of the formula, not for its value: most wrong formulas have it too."""

_OF_MODULE: Mapping[str, Channel] = {"finite_laws": Channel.FINITE_LAWS, "thm_1_symmetry": Channel.SYMMETRIES}
_OF_METHOD: Mapping[Method, Channel] = {
    Method.ALGEBRA: Channel.DERIVATION,
    Method.AGREEMENT: Channel.DEFINITIONS,
    Method.EXACT: Channel.POLYNOMIALS,
    Method.DECISION: Channel.SOLVERS,
}

PROOFS = "proofs"
"""The package of the checkout that holds the checks: loaded at run time, where there is one."""

BEYOND = "for every basis"
"""Part of the name of checks that leave the formula's hypotheses: they tell apart what is equal under those."""


def channel_of(module: str, check: Check) -> Channel:
    """Return the channel of a check that takes a formula, from the module of proofs/ that has it and its method."""
    if check.name.startswith("types and scaling degree"):
        return Channel.TYPES
    return _OF_MODULE.get(module, _OF_METHOD[check.method])


def proof_modules() -> tuple[str, ...]:
    """Return the names of the modules of proofs/, in order; the checkout's root must be importable."""
    package = importlib.import_module(PROOFS)
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))


def checks_of(module: str) -> tuple[Check, ...]:
    """Return the checks of one module of proofs/."""
    return tuple(getattr(importlib.import_module(f"{PROOFS}.{module}"), "CHECKS", ()))


def gather() -> Mapping[str, Mapping[Channel, tuple[tuple[str, Check], ...]]]:
    """Return, for each formula and channel, the checks with the modules that they are defined in."""
    found: dict[str, dict[Channel, list[tuple[str, Check]]]] = {name: {} for name in statements.FORMULAS}
    for module in proof_modules():
        for check in checks_of(module):
            if check.formula and BEYOND not in check.name:
                found[check.formula].setdefault(channel_of(module, check), []).append((f"{PROOFS}.{module}", check))
    for name, second in second_transcription.FORMULAS.items():
        check = second_transcription_check(name, second)
        found[name][Channel.TRANSCRIPTION] = [("foanil.second_transcription", check)]
    return {
        name: {channel: tuple(channels[channel]) for channel in Channel if channel in channels}
        for name, channels in found.items()
    }


# The second transcription --------------------------------------------------------------------------


def second_transcription_check(name: str, second: Callable[..., Any]) -> Check:
    """Return the check that a formula has the values of its second transcription at two exact instances."""

    @functools.cache
    def expected(index: int) -> list[Any]:
        known = instance(index)
        rows = {letter: _rows(known[letter]) for letter in inspect.signature(second).parameters}
        return _flat(second(**rows))

    def residual(stated: Callable[..., Any]) -> Residual:
        for index in (0, 1):
            known = instance(index)
            value = stated(EXACT, **{letter: known[letter] for letter in formal.letters(stated)})
            if _flat(_rows(value)) != expected(index):
                return exact_residual(False, f"instance {index}: the two transcriptions differ")
        return exact_residual(True, "both instances: the two transcriptions agree")

    scope = "two exact instances with sizes pairwise distinct"
    return Check(f"{name} by the second transcription", (), Method.EXACT, scope, name, residual)


def _rows(value: Any) -> Any:
    """Return an array as nested lists, which is all that the second transcription asks for."""
    return value.tolist() if hasattr(value, "tolist") else value


def _flat(value: Any) -> list[Any]:
    return [entry for row in value for entry in row] if isinstance(value, list) else [value]
