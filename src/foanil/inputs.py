"""Files that users name: regular ones of bounded size, and TOML that can be read, compared and shown."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MOST_DIGITS = 4300
"""The most digits of a whole number that Python prints unless told otherwise; TOML in base 16 would get past it."""
_LIMIT = 10**MOST_DIGITS


class TooLargeError(ValueError):
    """A file is larger than it may be."""


def bounded(path: Path, most: int) -> bytes:
    """Return the content of a regular file. Raises OSError (none is there: FileNotFoundError) and TooLargeError."""
    if not path.is_file():  # a device or a pipe may have no end
        raise FileNotFoundError(0, "no regular file is there")
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TooLargeError(f"at most {most} bytes; it has more")
    return data


def toml(text: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Return what TOML says. Raises ValueError, also for what is nested too deeply or has too many digits."""
    try:
        found = tomllib.loads(text, parse_float=parse_float)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if any(abs(number) >= _LIMIT for number in _integers(found)):
        raise ValueError(f"a whole number has more than {MOST_DIGITS} digits")
    return found


def shown(value: Any) -> str:
    """Return how a value is written, cut short, for a message."""
    try:
        text = repr(value)
    except ValueError:  # the digits of a whole number
        return f"what has numbers of more than {MOST_DIGITS} digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _integers(document: Any) -> Iterator[int]:
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, int):
            yield each
