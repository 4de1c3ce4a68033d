"""The reference says what the code says: it is made from docstrings, and is made again when they change."""

from __future__ import annotations

import re

import pytest

import foanil
from foanil.__main__ import COMMANDS
from website import reference

TEXT = reference.PAGE.read_text(encoding="utf-8")


def test_the_committed_page_is_the_one_that_is_made() -> None:
    """docs/reference.md is what `make reference` writes."""
    assert TEXT == reference.page()


def test_every_name_and_command_has_an_entry_with_words() -> None:
    """Each public name and each command has a heading, and text below it; no object is shown by its address."""
    entries = dict(re.findall(r"^### `([^`]+)`\n\n(.*?)(?=^##|\Z)", TEXT, flags=re.M | re.S))
    commands = {" ".join(name.split()[:2]) for name in entries if name.startswith("foanil ")}
    assert {*foanil.__all__} <= {*entries}
    assert {f"foanil {name}" for name in COMMANDS} == commands
    assert all(len(said.split()) >= 4 for said in entries.values())
    assert " at 0x" not in TEXT


def test_a_constant_without_words_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public constant that nothing is said about stops the page."""
    monkeypatch.setitem(foanil._HOME, "TIMEOUT_SECONDS", "decisions")
    with pytest.raises(LookupError, match="write one"):
        reference.constant("TIMEOUT_SECONDS")
