"""Quotes: that the words which a claim is pinned to are in the paper's text.

With the text, every quote must occur in it. Without it (it is not shipped) every quote must have the hash that was
committed from a run with it, so that an edited quote fails there too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from foanil.claims import PAPER_SHA256, PAPER_TITLE, REGISTRY
from foanil.claims.record import Claim
from foanil.inputs import TooLargeError, bounded

PINS_PATH = Path(__file__).parent / "claims" / "quotes.json"
MOST_BYTES = 2**26
"""A file with more bytes is not read."""
CURE = "run `foanil quotes --paper PATH --pin` with the paper's text"


class PaperError(ValueError):
    """What was given as the paper's text is missing, unreadable, or another text."""


class PinError(ValueError):
    """The committed pin file is missing or malformed."""


class LostQuoteError(ValueError):
    """A quote that does not occur in the text exactly once."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What is committed about one quote: its SHA-256, and its place and length in the normalised text."""

    sha256: str
    offset: int
    length: int


def normalise(text: str) -> str:
    """Return the text with every run of whitespace made one space, and none at its ends."""
    return " ".join(text.split())


def read_paper(path: str | os.PathLike[str]) -> str:
    """Return the pinned text of the paper; PaperError if the file is missing, unreadable or another text."""
    wanted = f"the extracted text of '{PAPER_TITLE}' with SHA-256 {PAPER_SHA256}"
    try:
        raw = bounded(Path(path), MOST_BYTES)
    except (OSError, TooLargeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it may have {error}"
        raise PaperError(
            f"expected a file with {wanted} at '{os.fspath(path)}'; could not read it ({why}); "
            "give its path by --paper PATH or in FOANIL_PAPER"
        ) from error
    came = hashlib.sha256(raw).hexdigest()
    if came != PAPER_SHA256:
        raise PaperError(
            f"expected {wanted}; '{os.fspath(path)}' has {len(raw)} bytes and SHA-256 {came}; "
            "give the very file that the registry was pinned to, unconverted"
        )
    return raw.decode("utf-8")


# What the extraction does to words and formulas; a quote free of it can be trusted to say what the paper says.
_FLAWS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[^ -~]"), "a character that is not printable ASCII: a lost glyph, perhaps"),
    (
        re.compile(r"[^A-Za-z0-9 ,.;:()'/-]"),
        "a sign that stands for another glyph in this extraction, or belongs to a formula",
    ),
    (re.compile(r"[a-z]- [a-z]"), "a word broken at the end of a line"),
    (re.compile(r"(?!ReLU)\b\w*[a-z][A-Z]"), "a word run together with a formula"),
    (re.compile(r"[A-Za-z][0-9]|[0-9][A-Za-z]"), "a digit that stands for infinity, a prime or an index"),
    (re.compile(r"[0-9]:[0-9]"), "a colon that stands for a decimal point"),
)


def flaws(quote: str) -> tuple[str, ...]:
    """Return what is wrong with the wording of a quote, nothing if it is clean prose."""
    found = [f"has {flaw} ({match.group()!r})" for pattern, flaw in _FLAWS if (match := pattern.search(quote))]
    if quote != normalise(quote):
        found.append("has whitespace that is not one space between words")
    if not quote:
        found.append("is empty")
    return tuple(found)


def locate(quote: str, text: str) -> int:
    """Return the offset of a quote in the normalised text; LostQuoteError unless it occurs exactly once."""
    normalised, wanted = normalise(text), normalise(quote)
    count = normalised.count(wanted)
    if count != 1:
        raise LostQuoteError(f"expected '{quote}' once in the paper's text; it occurs {count} times; quote other words")
    return normalised.index(wanted)


def pin(text: str, registry: Mapping[str, Claim] = REGISTRY) -> str:
    """Return the content of the pin file, made from the paper's text; LostQuoteError if a quote is not in it."""
    _require_paper(text)
    pins = {
        claim.id: asdict(Pin(_sha256(quote), locate(quote, text), len(quote))) for claim, quote in _quoted(registry)
    }
    content = {"paper_sha256": PAPER_SHA256, "normalised_length": len(normalise(text)), "quotes": pins}
    return json.dumps(content, indent=1) + "\n"


def write_pins(text: str, path: Path = PINS_PATH) -> None:
    """Write the pin file aside and rename it, so that no half-written file is ever there."""
    content = pin(text)
    aside = path.with_name(path.name + ".new")
    try:
        aside.write_text(content, encoding="ascii")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_pins(path: Path = PINS_PATH) -> dict[str, Pin]:
    """Return the committed pins by claim id; PinError if the file is missing, malformed, or of another paper."""
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        of, length = content["paper_sha256"], int(content["normalised_length"])
        pins = {
            id: Pin(str(at["sha256"]), int(at["offset"]), int(at["length"])) for id, at in content["quotes"].items()
        }
    except OSError as error:
        raise PinError(f"expected the committed pins of the quotes at '{path}'; {error.strerror}; {CURE}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PinError(f"expected pins with sha256, offset and length in '{path}'; {error!r}; {CURE}") from error
    if of != PAPER_SHA256:
        raise PinError(f"expected pins of the paper {PAPER_SHA256} in '{path}'; they are of {of}; {CURE}")
    outside = [id for id, at in pins.items() if not 0 <= at.offset <= length - at.length]
    if outside:
        raise PinError(f"expected offsets within the {length} characters of the paper; {outside[0]} is not; {CURE}")
    return pins


def problems(
    text: str | None = None,
    registry: Mapping[str, Claim] = REGISTRY,
    pins: Mapping[str, Pin] | None = None,
) -> tuple[str, ...]:
    """Return what is wrong with the quotes, one sentence each, nothing if all is well.

    With the text every quote is looked up in it; without it every quote is compared with its pin (by default the
    committed ones). PaperError if the text is another one, PinError if the pin file cannot be used.
    """
    worded = [f"{claim.id}: its quote {flaw}" for claim, quote in _quoted(registry) for flaw in flaws(quote)]
    if text is not None:
        _require_paper(text)
        return (*worded, *_lost(text, registry))
    return (*worded, *_unpinned(registry, read_pins() if pins is None else pins))


def offset_problems(
    text: str, registry: Mapping[str, Claim] = REGISTRY, pins: Mapping[str, Pin] | None = None
) -> tuple[str, ...]:
    """Return the claims whose pinned place in the text holds other words than the quote."""
    _require_paper(text)
    normalised = normalise(text)
    known = read_pins() if pins is None else pins
    found = []
    for claim, quote in _quoted(registry):
        at = known.get(claim.id)
        there = "" if at is None else normalised[at.offset : at.offset + at.length]
        if there != quote:
            found.append(f"{claim.id}: expected '{quote}' at its pinned place; '{there}' is there; {CURE}")
    return tuple(found)


def _quoted(registry: Mapping[str, Claim]) -> Iterator[tuple[Claim, str]]:
    return ((claim, claim.quote) for claim in registry.values() if claim.quote is not None)


def _lost(text: str, registry: Mapping[str, Claim]) -> Iterator[str]:
    for claim, quote in _quoted(registry):
        try:
            locate(quote, text)
        except LostQuoteError as error:
            yield f"{claim.id}: {error}"


def _unpinned(registry: Mapping[str, Claim], pins: Mapping[str, Pin]) -> Iterator[str]:
    quoted = {claim.id: quote for claim, quote in _quoted(registry)}
    yield from (f"{id}: pinned, but the registry has no quote for it; {CURE}" for id in pins if id not in quoted)
    for id, quote in quoted.items():
        at = pins.get(id)
        if at is None:
            yield f"{id}: its quote was never pinned; {CURE}"
        elif (at.sha256, at.length) != (_sha256(quote), len(quote)):
            yield f"{id}: expected the quote with SHA-256 {at.sha256}, as pinned; '{quote}' has another; {CURE}"


def _require_paper(text: str) -> None:
    came = _sha256(text)
    if came != PAPER_SHA256:
        raise PaperError(
            f"expected the paper's text with SHA-256 {PAPER_SHA256}; a text with {came} came; use read_paper(path)"
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
