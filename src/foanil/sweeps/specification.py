"""Reading SPEC.toml: what a sweep draws, how far it follows and what it records. Nothing is evaluated."""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from foanil.inputs import TooLargeError, bounded, shown, toml
from foanil.sweeps.axes import ALTERNATIVES, KINDS, Axis, SpecificationError, axis, whole

DRAWS = ("grid", "latin-hypercube", "hypothesis")
STARTS = ("generic", "signal", "aligned")
OUTCOMES = ("converged", "certified", "time", "violated", "collapse", "divergence", "period")
USUAL = ("converged", "violated", "collapse", "divergence", "period")
"""What is recorded where nothing is said: the rest takes longer."""
KEYS = ("seed", "draw", "points", "starts", "start", "chunk", "steps", "epsilon", "outcomes", "axes")

MOST_BYTES = 2**20
MOST_ENTRIES = 10_000_000
"""The most entries of all B_0 of a chunk: 80 MB."""


@dataclass(frozen=True, slots=True)
class Specification:
    """A sweep: `points` places on the axes with `starts` random starts each, followed for up to `steps` steps.

    start: B_0 and w_0 are "generic" (Gaussian), have no complement ("signal"), or no complement and the head along the
    least singular direction of B⋆ᵀB_0 ("aligned"). `chunk` points are computed at a time.
    """

    seed: int
    draw: str
    points: int
    starts: int
    start: str
    chunk: int
    steps: int
    epsilon: float
    outcomes: tuple[str, ...]
    axes: tuple[Axis, ...]

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.points // self.chunk)

    def points_in(self, chunk: int) -> range:
        """Return the numbers of the points of a chunk."""
        return range(chunk * self.chunk, min(self.points, (chunk + 1) * self.chunk))

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, the same for the same sweep however its file is written."""
        found: dict[str, Any] = {key: getattr(self, key) for key in KEYS if key not in ("axes", "outcomes")}
        found |= {"outcomes": list(self.outcomes), "axes": {each.name: each.plain() for each in self.axes}}
        return found

    def identity(self) -> dict[str, Any]:
        """Return what decides every byte of its results: itself, and the versions and the code that compute them."""
        packages = ("hypothesis", "numba", "numpy", "pyarrow", "scipy")
        return {
            "sweep": self.plain(),
            "versions": {name: version(name) for name in packages} | {"foanil": _code("certified" in self.outcomes)},
        }

    def digest(self) -> str:
        """Return the SHA-256 of its identity."""
        return hashlib.sha256(json.dumps(self.identity(), sort_keys=True).encode()).hexdigest()


@functools.cache
def _code(certified: bool) -> str:
    """Return the SHA-256 of the files of foanil on which a sweep's rows depend."""
    package = Path(__file__).parents[1]
    parts = ["axes", "certified", "chunks", "courses", "points", "predictions", "specification", "starts"]
    files = [*(package / "sweeps" / f"{part}.py" for part in parts), package / "stacked.py"]
    files += sorted((package / "certificates").glob("*.py" if certified else "region.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def read(path: Path) -> Specification:
    """Return the sweep that a TOML file describes. Raises SpecificationError."""
    try:
        given = toml(bounded(path, MOST_BYTES).decode("utf-8"))
    except OSError as error:
        raise SpecificationError(f"{path} cannot be read: {error.strerror}; check the path") from error
    except TooLargeError as error:
        raise SpecificationError(f"{path} may have {error}; give ranges, not lists") from error
    except ValueError as error:  # also what is no UTF-8
        raise SpecificationError(f"{path} must be a TOML file in UTF-8; it is not: {error}; mend the file") from error
    return specification(given)


def specification(given: Mapping[str, Any]) -> Specification:
    """Return the sweep that parsed TOML describes. Raises SpecificationError."""
    for key in given:
        _require_known(key, KEYS)
    draw = _choice(given, "draw", DRAWS)
    gridded = draw == "grid"
    axes = _axes(given.get("axes"), gridded)
    if gridded and "points" in given:
        raise SpecificationError("a grid has as many points as its axes make; remove the key points")
    points = _product(axes) if gridded else whole(given.get("points"), "points", 1, 10**15)
    starts = whole(given.get("starts", 1), "starts", 1, 10**6)
    found = Specification(
        seed=whole(given.get("seed"), "seed", 0, 2**63 - 1),
        draw=draw,
        points=points,
        starts=starts,
        start=_choice({"start": "generic", **given}, "start", STARTS),
        chunk=min(points, whole(given.get("chunk", max(1, 1024 // starts)), "chunk", 1, 10**7)),
        steps=whole(given.get("steps", 10_000), "steps", 1, 10**9),
        epsilon=_epsilon(given.get("epsilon", 0.01)),
        outcomes=_outcomes(given.get("outcomes", list(USUAL))),
        axes=axes,
    )
    _require_memory(found)
    return found


def _require_known(key: str, known: tuple[str, ...]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "; remove it"
        raise SpecificationError(f"expected the keys {', '.join(known)}; got {shown(key)}{hint}")


def _choice(given: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    if given.get(key) not in known:
        raise SpecificationError(f"{key} must be one of {', '.join(known)}; got {shown(given.get(key))}; choose one")
    return str(given[key])


def _epsilon(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 1e-9 <= given < 1:
        raise SpecificationError(f"epsilon must lie in [1e-9, 1); got {shown(given)}; write for example 0.01")
    return float(given)


def _outcomes(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        raise SpecificationError(f"outcomes must be a list out of {', '.join(OUTCOMES)}; got {shown(given)}; name some")
    for name in given:
        _require_known(str(name), OUTCOMES)
    return tuple(name for name in OUTCOMES if name in given)


def _axes(given: Any, gridded: bool) -> tuple[Axis, ...]:
    if not isinstance(given, dict):
        raise SpecificationError(f"expected a table [axes]; got {shown(given)}; add one with {', '.join(KINDS)}")
    for name in given:
        _require_known(name, tuple(KINDS))
    given = {"condition": 1, **given}
    for pair in ALTERNATIVES:
        if sum(name in given for name in pair) != 1:
            came = "both" if all(name in given for name in pair) else "neither"
            raise SpecificationError(f"expected one of the axes {' and '.join(pair)}; got {came}; give exactly one")
    either = {name for pair in ALTERNATIVES for name in pair}
    missing = [name for name in KINDS if name not in either and name not in given]
    if missing:
        raise SpecificationError(f"axes without a value: {', '.join(missing)}; give each a number, a list or a range")
    return tuple(axis(name, given[name], gridded) for name in KINDS if name in given)


def _product(axes: tuple[Axis, ...]) -> int:
    points = 1
    for each in axes:
        points *= len(each.grid())
    return points


def _require_memory(found: Specification) -> None:
    largest = {each.name: max(each.values or (each.high,)) for each in found.axes}
    width = largest["k_prime"] if "k_prime" in largest else largest["k"] + largest["excess"]
    entries = int(largest["d"] * width) * found.chunk * found.starts
    if entries > MOST_ENTRIES:
        raise SpecificationError(
            f"the starts of a chunk may have at most {MOST_ENTRIES} entries, d·k_prime·chunk·starts; got {entries}; "
            "lower chunk or starts"
        )
