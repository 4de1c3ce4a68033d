"""Every quote of the registry stands in the paper: against the text where it is given, else against pinned hashes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import foanil.quotes as quotation


def given_paper(config: pytest.Config) -> Path | None:
    """Return the paper's text named by --paper or FOANIL_PAPER; there is no default."""
    option = config.getoption("--paper")
    named = option or os.environ.get("FOANIL_PAPER")
    return Path(named) if named else None


def test_quotes_occur(pytestconfig: pytest.Config) -> None:
    """With the paper's text each quote occurs in it; without it each quote has the hash pinned from such a run."""
    path = given_paper(pytestconfig)
    text = quotation.read_paper(path) if path else None
    assert not quotation.problems(text)
    if text is not None:
        assert not quotation.offset_problems(text)
