"""The axes of a sweep: the pure numbers that it varies, and how a place in [0, 1) becomes a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foanil.inputs import shown

Floats = npt.NDArray[np.float64]

MOST_VALUES = 100_000
"""The most values that one axis may have."""


class SpecificationError(ValueError):
    """A sweep is not described: the message says what was expected, what came and what to do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What an axis may hold: its least and largest value, and whether it is a whole number."""

    meaning: str
    least: float
    most: float
    whole: bool = False


KINDS: Mapping[str, Kind] = {
    "d": Kind("ambient dimension", 2, 1000, whole=True),
    "k": Kind("dimension of the shared subspace", 1, 200, whole=True),
    "k_prime": Kind("width k′", 1, 200, whole=True),
    "excess": Kind("k′ − k, in place of k_prime", 0, 200, whole=True),
    "m": Kind("inner samples m_in", 1, 1e9, whole=True),
    "kappa": Kind("σ̄²/λ_min(Σ⋆)", 1, 1e12),
    "noise": Kind("σ²/Tr Σ⋆, in place of kappa", 0, 1e12),
    "a": Kind("αβλ_min(Σ⋆)", 1e-12, 100),
    "alpha_sigma": Kind("ασ̄, in place of a", 1e-6, 100),
    "rho": Kind("β/α", 1e-6, 1e6),
    "size": Kind("α‖B_0‖²", 1e-100, 1e6),
    "head": Kind("‖w_0‖²/(αλ_min(Σ⋆))", 0, 1e6),
    "condition": Kind("condition number of Σ⋆", 1, 1e9),
}
ALTERNATIVES = (("k_prime", "excess"), ("kappa", "noise"), ("a", "alpha_sigma"))
"""Of each pair an axis is given for one."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: a list of values, or a range of `count` values (a grid's), linear or logarithmic."""

    name: str
    values: tuple[float, ...] = ()
    low: float = 0.0
    high: float = 0.0
    count: int = 0
    logarithmic: bool = False

    @property
    def varies(self) -> bool:
        """Whether it has more than one value."""
        return len(self.values) != 1

    def grid(self) -> Floats:
        """Return its values in a grid; of a whole number every one once, so that there may be fewer than `count`."""
        if self.values:
            return np.array(self.values)
        if self.logarithmic:
            found = np.geomspace(self.low, self.high, self.count)
        else:
            found = np.linspace(self.low, self.high, self.count)
        return np.array(np.unique(np.round(found))) if KINDS[self.name].whole else found

    def at(self, places: Floats) -> Floats:
        """Return the values at places in [0, 1)."""
        if self.values:
            chosen: Floats = np.array(self.values)[np.floor(places * len(self.values)).astype(int)]
            return chosen
        whole = KINDS[self.name].whole
        if self.logarithmic:
            value: Floats = self.low * (self.high / self.low) ** places
            return np.round(value) if whole else value
        if whole:
            return np.floor(self.low + places * (self.high - self.low + 1))
        return self.low + places * (self.high - self.low)

    def plain(self) -> Any:
        """Return it as plain data, the same for the same axis however it was written."""
        if self.values:
            return list(self.values)
        scale = "log" if self.logarithmic else "linear"
        return {"from": self.low, "to": self.high, "count": self.count, "scale": scale}


# Reading -------------------------------------------------------------------------------------------


def axis(name: str, given: Any, gridded: bool) -> Axis:
    """Return the axis that TOML gives: a number, a list, or {from, to, count, scale}. Raises SpecificationError."""
    if isinstance(given, dict):
        return _range(name, given, gridded)
    listed = given if isinstance(given, list) else [given]
    if not listed:
        raise SpecificationError(f"axis {name} must have at least one value; got an empty list; add one")
    if len(listed) > MOST_VALUES:
        raise SpecificationError(f"axis {name} may have at most {MOST_VALUES} values; got {len(listed)}; give fewer")
    return Axis(name, tuple(_value(name, entry) for entry in listed))


def _range(name: str, given: Mapping[str, Any], gridded: bool) -> Axis:
    known = ("from", "to", "count", "scale") if gridded else ("from", "to", "scale")
    unknown = [key for key in given if key not in known]
    missing = [key for key in known if key != "scale" and key not in given]
    if unknown or missing:
        wrong = ", ".join([*(f"{key} is unknown" for key in unknown), *(f"{key} is missing" for key in missing)])
        raise SpecificationError(f"axis {name}: a range has the keys {', '.join(known)}; {wrong}; mend it")
    low, high = (_value(name, given[key]) for key in ("from", "to"))
    if not low < high:
        raise SpecificationError(f"axis {name}: expected from < to; got {low:g} and {high:g}; give one value instead")
    scale = given.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise SpecificationError(f'axis {name}: scale is "linear" or "log"; got {shown(scale)}; choose one')
    if scale == "log" and low <= 0:
        raise SpecificationError(f"axis {name}: a logarithmic range begins above 0; got {low:g}; raise it")
    count = whole(given["count"], f"axis {name}: count", 2, MOST_VALUES) if gridded else 0
    return Axis(name, (), low, high, count, scale == "log")


def _value(name: str, given: Any) -> float:
    kind = KINDS[name]
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise SpecificationError(
            f"axis {name} ({kind.meaning}) takes numbers; got {shown(given)}; write for example 0.5"
        )
    if not kind.least <= given <= kind.most:
        raise SpecificationError(
            f"axis {name} ({kind.meaning}) must lie in [{kind.least:g}, {kind.most:g}]; got {shown(given)}; mend it"
        )
    if kind.whole and given != int(given):
        raise SpecificationError(f"axis {name} ({kind.meaning}) takes whole numbers; got {shown(given)}; round it")
    return float(given)


def whole(given: Any, what: str, least: int, most: int) -> int:
    """Return a whole number within bounds. Raises SpecificationError."""
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise SpecificationError(f"{what} must be a whole number from {least} to {most}; got {shown(given)}; mend it")
    return given
