"""Reading a problem for `foanil certify`: TOML, JSON, flags and .npy files into an exact setting and start.

Decimals are exact ("0.1" and 0.1 are both 1/10), fractions are texts such as "3/7", .npy files hold exact binary
values. Nothing is ever evaluated as code, no file is unpickled, and sizes are bounded before anything is computed.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from foanil.inputs import TooLargeError, bounded, shown, toml
from foanil.setting import Setting, SettingError, State, isotropic, require_state

MOST_BYTES = 2**24
"""A file with more bytes is refused unread."""

MOST_ENTRIES = 4096
"""d·k′ may not exceed this: exact elimination beyond it takes hours."""

MOST_CHARACTERS = 2000
"""A number with more characters, or a decimal exponent beyond this, is refused: 1e999999999 would fill the memory."""

SIZES = ("d", "k", "k_prime", "m_in")
SCALARS = ("c", "sigma_sq", "alpha", "beta")
ARRAYS = ("Sigma_star", "B_star", "B_0", "w_0")
KEYS = (*SIZES, *SCALARS, *ARRAYS)

_NUMBER = re.compile(r"\s*[+-]?(\d+(\s*/\s*\d+)?|(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?)\s*", re.ASCII)


class ProblemError(ValueError):
    """The input does not describe a problem: the message says what was expected, what came and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting and a start, exact."""

    setting: Setting
    start: State


def load_problem(path: Path | None, changes: Sequence[str] = ()) -> Problem:
    """Return the problem of a .toml or .json file, with changes such as "alpha=1/8" or "B_0=start.npy" on top.

    Paths to .npy files are relative to the file, and in changes to the working directory. Raises ProblemError.
    """
    values = {} if path is None else _read(path)
    folder = Path() if path is None else path.parent
    values = {key: _loaded(key, value, folder) for key, value in values.items()}
    for change in changes:
        key, value = _change(change)
        values[key] = _loaded(key, value, Path())
    return problem(values)


def problem(values: Mapping[str, Any]) -> Problem:
    """Return the problem that parsed values describe. Raises ProblemError."""
    for key in values:
        _require_known(key)
    _require_present(values)
    sizes = {key: _size(values[key], key) for key in SIZES}
    if sizes["d"] * sizes["k_prime"] > MOST_ENTRIES:
        raise ProblemError(
            f"d·k_prime may be at most {MOST_ENTRIES}; got {sizes['d']}·{sizes['k_prime']}; choose a smaller problem"
        )
    scalars = {key: number(values[key], key) for key in SCALARS if key in values}
    arrays = {key: _entries(values[key], key) for key in ARRAYS if key in values}
    try:
        return _assembled(sizes, scalars, arrays)
    except SettingError as error:
        raise ProblemError(str(error)) from error


def _assembled(sizes: dict[str, int], scalars: dict[str, Fraction], arrays: dict[str, Any]) -> Problem:
    rest = (scalars["sigma_sq"], scalars["alpha"], scalars["beta"], arrays.get("B_star"))
    widths = (sizes["d"], sizes["k"], sizes["k_prime"], sizes["m_in"])
    if "c" in scalars:
        setting = isotropic(*widths, scalars["c"], *rest)
    else:
        setting = Setting(*widths, arrays["Sigma_star"], *rest)
    start = State(arrays["B_0"], _flat(arrays["w_0"]))
    require_state(setting, start)
    return Problem(setting, start)


def _flat(w: list[Any]) -> list[Fraction]:
    """Return a vector, or a column given by its rows, as a flat list."""
    if all(isinstance(row, list) and len(row) == 1 for row in w):
        return [row[0] for row in w]
    if any(isinstance(row, list) for row in w):
        raise ProblemError("w_0 must be a list of k' numbers; got rows of other lengths than 1; flatten it")
    return w


def number(value: Any, name: str) -> Fraction:
    """Return an integer, a decimal or a text such as "3/7" or "1e-3" as an exact Fraction. Raises ProblemError."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal, Fraction)):
        raise ProblemError(f'{name} must be a number; got {shown(value)}; write 3, 0.1, "0.1" or "3/7"')
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if isinstance(value, float):
        return _from_float(value, name)
    return _from_text(str(value), name)


def _from_float(value: float, name: str) -> Fraction:
    if not np.isfinite(value):
        raise ProblemError(f"{name} must be finite; got {value}; remove infinities and NaN")
    return Fraction(value)


def _from_text(text: str, name: str) -> Fraction:
    if len(text) > MOST_CHARACTERS:
        raise ProblemError(
            f"{name} must be a number of at most {MOST_CHARACTERS} characters; got {len(text)}; shorten it"
        )
    if not _NUMBER.fullmatch(text):
        raise ProblemError(f'{name} must be a finite number; got {shown(text)}; write 3, 0.1, "0.1" or "3/7"')
    exponent = re.search(r"[eE]([+-]?\d+)", text)
    if exponent and abs(int(exponent[1])) > MOST_CHARACTERS:
        raise ProblemError(f"{name} must have an exponent within ±{MOST_CHARACTERS}; got {shown(text)}; rescale it")
    try:
        return Fraction(re.sub(r"\s", "", text))
    except ZeroDivisionError as error:
        raise ProblemError(f"{name} must be a finite number; got {shown(text)}, which divides by zero") from error


# Files -------------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        values = toml(text, parse_float=str) if path.suffix.lower() == ".toml" else _json(text)
    except (ValueError, RecursionError) as error:
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise ProblemError(f"{path} must be a {kind} file; it is not: {_brief(error)}; mend the file") from error
    if not isinstance(values, dict):
        raise ProblemError(f"{path} must hold a table of the keys {', '.join(KEYS)}; got {shown(values)}")
    return values


def _text(path: Path) -> str:
    if path.suffix.lower() not in (".toml", ".json"):
        raise ProblemError(f"expected a file named .toml or .json; got {path}; rename it")
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path} must be UTF-8 text; it is not: {error}; save it as UTF-8") from error


def _bytes(path: Path) -> bytes:
    try:
        return bounded(path, MOST_BYTES)
    except FileNotFoundError as error:
        raise ProblemError(f"expected an existing file; got {str(path)!r}; check the path") from error
    except TooLargeError as error:
        raise ProblemError(f"{path} may have {error}; choose a smaller problem") from error
    except (OSError, ValueError) as error:
        raise ProblemError(f"expected a readable file; got {str(path)!r}: {_brief(error)}; check the path") from error


def _json(text: str) -> Any:
    def constant(name: str) -> Any:
        raise ValueError(f"{name} is not a finite number")

    return json.loads(text, parse_float=str, parse_constant=constant, object_pairs_hook=_without_repeats)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key occurs twice among {', '.join(key for key, _ in pairs)}")
    return found


def _loaded(key: str, value: Any, folder: Path) -> Any:
    """Return the value, or what the .npy file that it names holds."""
    if key in ARRAYS and isinstance(value, str):
        if not value.endswith(".npy"):
            raise ProblemError(f"{key} must be a list of numbers or the name of a .npy file; got {shown(value)}")
        return _array(folder / value, key)
    return value


def _array(path: Path, key: str) -> Any:
    content = io.BytesIO(_bytes(path))
    try:
        loaded = np.load(content, allow_pickle=False)
    except Exception as error:  # NumPy names no closed list of what a malformed header may raise
        raise ProblemError(
            f"{key}: {path} must be a .npy file of numbers; it is not: {_brief(error)}; write it with numpy.save"
        ) from error
    if not isinstance(loaded, np.ndarray) or loaded.dtype.kind not in "iuf" or loaded.dtype.itemsize > 8:
        kind = getattr(loaded, "dtype", type(loaded).__name__)
        raise ProblemError(f"{key}: {path} must hold integers or doubles; got {kind}; convert with astype(float)")
    if loaded.ndim not in (1, 2) or loaded.size > MOST_ENTRIES:
        raise ProblemError(
            f"{key}: {path} must hold a vector or a matrix of at most {MOST_ENTRIES} entries; "
            f"got shape {loaded.shape}; reshape it or choose a smaller problem"
        )
    return loaded.tolist()


# Values ------------------------------------------------------------------------------------------


def _change(change: str) -> tuple[str, Any]:
    key, equals, text = change.partition("=")
    if not equals:
        raise ProblemError(f"expected KEY=VALUE; got {shown(change)}; write for example alpha=1/8")
    key = key.strip()
    _require_known(key)
    try:
        return key, _json(text)
    except (ValueError, RecursionError):
        return key, text.strip()


def _require_known(key: str) -> None:
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ProblemError(f"expected the keys {', '.join(KEYS)}; got {shown(key)}{hint}")


def _require_present(values: Mapping[str, Any]) -> None:
    if ("c" in values) == ("Sigma_star" in values):
        came = "both" if "c" in values else "neither"
        raise ProblemError(f"expected one of c and Sigma_star; got {came}; c stands for Sigma_star = c·I")
    required = (*SIZES, "sigma_sq", "alpha", "beta", "B_0", "w_0")
    missing = [key for key in required if key not in values]
    if missing:
        raise ProblemError(f"expected the keys {', '.join(required)}; missing: {', '.join(missing)}; add them")


def _size(value: Any, name: str) -> int:
    exact = number(value, name)
    if exact.denominator != 1 or not 1 <= exact <= 10**12:
        raise ProblemError(f"{name} must be an integer from 1 to 10^12; got {shown(value)}; give a whole number")
    return int(exact)


def _entries(value: Any, name: str) -> Any:
    """Return a list of numbers, or of lists of numbers, with every number exact."""
    if not isinstance(value, list) or not value:
        raise ProblemError(f"{name} must be a list of numbers or of rows; got {shown(value)}")
    if len({isinstance(row, list) for row in value}) > 1:
        raise ProblemError(f"{name} must be a list of numbers or of rows; got both in one list")
    entries = sum(len(row) if isinstance(row, list) else 1 for row in value)
    if max(entries, len(value)) > MOST_ENTRIES:
        raise ProblemError(f"{name} may have at most {MOST_ENTRIES} entries; got {entries}; choose a smaller problem")
    return [
        [number(entry, f"{name}[{i}][{j}]") for j, entry in enumerate(row)]
        if isinstance(row, list)
        else number(row, f"{name}[{i}]")
        for i, row in enumerate(value)
    ]


def _brief(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."
