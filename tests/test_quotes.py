"""The quote check: it fails for a changed quote with the paper's text and without it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from foanil import quotes
from foanil.claims import PAPER_SHA256, REGISTRY, Claim, claim
from foanil.quotes import LostQuoteError, PaperError, Pin, PinError, flaws, locate, normalise, offset_problems, problems

TEXT = " A first line of\nthe made-up paper.\t\tIts second \ufffd line,  and a third\nline of prose.\n"
"""Stands for the paper, whose text is not in the repository."""


def registry(**wording: str | None) -> Mapping[str, Claim]:
    """Return records with the given quotes and nothing else of interest."""
    return {id: dataclasses.replace(claim("eq-7"), id=id, quote=quote) for id, quote in wording.items()}


GOOD = registry(first="line of the made-up paper", second="and a third line", ours=None)


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the made-up text the pinned one."""
    monkeypatch.setattr(quotes, "PAPER_SHA256", hashlib.sha256(TEXT.encode()).hexdigest())
    return TEXT


@pytest.fixture
def pinned(paper: str, tmp_path: Path) -> Mapping[str, Pin]:
    """Return the pins of the good quotes, by way of a file."""
    path = tmp_path / "quotes.json"
    path.write_text(quotes.pin(paper, GOOD))
    return quotes.read_pins(path)


def test_committed_pins_hold() -> None:
    """Every quote of the registry is the one that was found in the paper's text."""
    assert problems() == ()


def test_committed_pins_cover_the_quotes_exactly() -> None:
    """There is one pin for each quote and none besides."""
    assert set(quotes.read_pins()) == {record.id for record in REGISTRY.values() if record.quote is not None}


def test_a_changed_quote_fails_without_the_text() -> None:
    """Changing one letter of any quote is noticed although the paper is not there."""
    for record in REGISTRY.values():
        if record.quote is not None:
            changed = {**REGISTRY, record.id: dataclasses.replace(record, quote=record.quote[:-1] + "q")}
            assert {found.split(":")[0] for found in problems(registry=changed)} == {record.id}


def test_two_quotes_exchanged_fail_without_the_text() -> None:
    """A quote belongs to its claim: two true quotes in each other's place are noticed."""
    one, other = claim("eq-4"), claim("eq-7")
    swapped = {
        **REGISTRY,
        "eq-4": dataclasses.replace(one, quote=other.quote),
        "eq-7": dataclasses.replace(other, quote=one.quote),
    }
    assert [found.split(":")[0] for found in problems(registry=swapped)] == ["eq-4", "eq-7"]


def test_a_quote_never_pinned_fails() -> None:
    """A new quote fails until it has been found in the text."""
    added = {**REGISTRY, "eq-70": dataclasses.replace(claim("eq-7"), id="eq-70")}
    assert "eq-70: its quote was never pinned" in problems(registry=added)[0]


def test_a_pin_without_a_quote_fails(pinned: Mapping[str, Pin]) -> None:
    """A pin that outlived its quote is noticed."""
    fewer = {id: record for id, record in GOOD.items() if id != "second"}
    assert "second: pinned, but the registry has no quote for it" in problems(registry=fewer, pins=pinned)[0]


def test_quotes_in_the_text_pass(paper: str, pinned: Mapping[str, Pin]) -> None:
    """Quotes that run over line ends are found, and are at their pinned places."""
    assert problems(paper, GOOD) == ()
    assert problems(registry=GOOD, pins=pinned) == ()
    assert offset_problems(paper, GOOD, pinned) == ()


def test_pins_are_places_in_the_normalised_text(paper: str, pinned: Mapping[str, Pin]) -> None:
    """The text from the offset on, for the length, is the quote."""
    at = pinned["first"]
    assert (at.offset, at.length) == (8, 25)
    assert normalise(paper)[at.offset : at.offset + at.length] == "line of the made-up paper"
    assert at.sha256 == hashlib.sha256(b"line of the made-up paper").hexdigest()


def test_a_shifted_pin_is_noticed(paper: str, pinned: Mapping[str, Pin]) -> None:
    """An offset that is off by one holds other words."""
    at = pinned["first"]
    shifted = {**pinned, "first": dataclasses.replace(at, offset=at.offset + 1)}
    assert [found.split(":")[0] for found in offset_problems(paper, GOOD, shifted)] == ["first"]


@pytest.mark.parametrize(("wording", "count"), [("a fourth line", 0), ("line", 3)])
def test_a_quote_occurs_exactly_once(wording: str, count: int) -> None:
    """A quote that is absent, or that could be anywhere, is refused with how often it occurs."""
    with pytest.raises(LostQuoteError, match=f"it occurs {count} times"):
        locate(wording, TEXT)


def test_an_absent_quote_fails_with_the_text(paper: str) -> None:
    """Words that the paper does not have are reported under their claim, and cannot be pinned."""
    wrong = registry(first="line of another paper")
    assert problems(paper, wrong)[0].startswith("first: expected 'line of another paper' once")
    with pytest.raises(LostQuoteError):
        quotes.pin(paper, wrong)


@pytest.mark.parametrize(
    ("wording", "flaw"),
    [
        ("Its second \ufffd line", "not printable ASCII"),
        ("the \u2113 norm", "not printable ASCII"),
        ("converges to ?", "stands for another glyph"),
        ("tasks N = 1", "stands for another glyph"),
        ("one of kB >", "stands for another glyph"),
        ("the update ofB", "run together with a formula"),
        ("learns wt and B1", "infinity, a prime or an index"),
        ("width k0", "infinity, a prime or an index"),
        ("ridge 1:84", "decimal point"),
        ("with a di- agonal matrix", "broken at the end of a line"),
        ("two  spaces", "not one space"),
        (" leading", "not one space"),
        ("", "empty"),
    ],
)
def test_flawed_wordings_are_refused(wording: str, flaw: str) -> None:
    """A quote with a trace of a lost glyph, a formula or a line end is refused, whatever the text holds."""
    assert any(flaw in found for found in flaws(wording))


def test_clean_prose_has_no_flaws() -> None:
    """Names, citations and hyphens of the paper are no flaws."""
    assert flaws("FO-ANIL and three-layer ReLU networks (Du et al., 2021); see Section 2.1, Equation (3)") == ()


def test_flaws_are_reported_with_and_without_the_text(paper: str) -> None:
    """A flawed quote fails even if it occurs in the text."""
    flawed = registry(first="Its second \ufffd line")
    assert "not printable ASCII" in problems(paper, flawed)[0]
    assert any("not printable ASCII" in found for found in problems(registry=flawed, pins={}))


def test_another_text_is_refused() -> None:
    """A text with another hash is never searched."""
    for check in (problems, offset_problems, quotes.pin):
        with pytest.raises(PaperError, match=f"expected the paper's text with SHA-256 {PAPER_SHA256}"):
            check(TEXT)


def test_read_paper_returns_the_text_as_it_is(paper: str, tmp_path: Path) -> None:
    """The text read from the right file has its line ends and its lost glyphs."""
    path = tmp_path / "paper.txt"
    path.write_bytes(TEXT.encode())
    assert quotes.read_paper(path) == TEXT


def test_read_paper_names_the_missing_file(tmp_path: Path) -> None:
    """A missing file is an error that names it and says how to give another."""
    with pytest.raises(PaperError, match=r"absent\.txt'; could not read it .*--paper PATH or in FOANIL_PAPER"):
        quotes.read_paper(tmp_path / "absent.txt")


def test_read_paper_refuses_another_text(tmp_path: Path) -> None:
    """Another file is an error that names both hashes."""
    path = tmp_path / "other.txt"
    path.write_bytes(b"another paper")
    came = hashlib.sha256(b"another paper").hexdigest()
    with pytest.raises(PaperError, match=f"SHA-256 {PAPER_SHA256}; .* has 13 bytes and SHA-256 {came}"):
        quotes.read_paper(path)


def test_pins_are_written_whole(paper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing pins replaces the file at once, and a failure leaves the old one and nothing beside it."""
    path = tmp_path / "quotes.json"
    path.write_text("old")
    with pytest.raises(LostQuoteError):
        quotes.write_pins(paper, path)  # the made-up text has none of the registry's quotes
    assert path.read_text() == "old"
    monkeypatch.setattr(quotes, "pin", lambda text: "new")
    quotes.write_pins(paper, path)
    assert path.read_text() == "new"
    assert [found.name for found in tmp_path.iterdir()] == ["quotes.json"]


def test_pins_are_the_same_bytes_each_time(paper: str) -> None:
    """Pinning twice gives the same file, in plain ASCII, without the words themselves."""
    content = quotes.pin(paper, GOOD)
    assert content == quotes.pin(paper, GOOD)
    assert content.isascii()
    assert "made-up" not in content


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content["quotes"]["first"].pop("offset"),
        lambda content: content.pop("paper_sha256"),
        lambda content: content.update(paper_sha256="0" * 64),
        lambda content: content["quotes"]["first"].update(offset=10**6),
        lambda content: content["quotes"]["first"].update(offset=-1),
        lambda content: content.update(quotes=[]),
    ],
)
def test_damaged_pins_are_refused(paper: str, tmp_path: Path, damage: object) -> None:
    """A pin file that lost a part, or belongs to another paper, is an error with the cure."""
    content = json.loads(quotes.pin(paper, GOOD))
    damage(content)  # type: ignore[operator]
    path = tmp_path / "quotes.json"
    path.write_text(json.dumps(content))
    with pytest.raises(PinError, match="foanil quotes --paper PATH --pin"):
        quotes.read_pins(path)


def test_missing_pins_are_refused(tmp_path: Path) -> None:
    """A missing pin file is an error with the cure, never a pass."""
    with pytest.raises(PinError, match="foanil quotes --paper PATH --pin"):
        quotes.read_pins(tmp_path / "absent.json")
