"""The ledger of readings: every candidate of every ambiguous place meets one question and does what is declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foanil.evidence import Outcome
from foanil.report.readings_ledger import Entry, anchor, as_json
from foanil.statements import formula
from proofs.readings_ledger import LEDGER


@pytest.mark.parametrize("entry", LEDGER, ids=[anchor(entry.reading.place) for entry in LEDGER])
def test_every_candidate_does_what_is_declared(entry: Entry, record_property: Callable[[str, Any], None]) -> None:
    """A killed reading fails the question that the chosen one passes; one that passes too is declared undecided."""
    tried = entry.run(formula)
    record_property("foanil_readings", as_json(tried))
    said = [
        f"{one.reading}: expected {one.expected.value}, {one.outcome.value}: {one.shown}" for one in tried.surprises
    ]
    assert not said
    killed = [one for one in tried.tried[1:] if one.outcome is Outcome.FAILED]
    assert tried.tried[0].outcome is Outcome.HELD or not killed, (
        "a question that the chosen reading fails kills nothing"
    )
