"""The ledger of readings is complete, says what a run found, and GitHub renders it."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from foanil import pytest_plugin
from foanil.audit import audit
from foanil.claims import REGISTRY
from foanil.claims.record import Reading
from foanil.evidence import Evidence, Method, Outcome, Residual
from foanil.report import LEDGER as LEDGER_PAGE
from foanil.report import github_maths_problems, render
from foanil.report.readings_ledger import (
    Entry,
    TriedEntry,
    anchor,
    as_json,
    declared,
    from_json,
    holds,
    in_order,
    killed,
    readings_page,
    unresolved,
)
from foanil.statements import formula
from proofs.readings_ledger import LEDGER

READING = Reading("(9), the sign", "$+$", ("$-$", "$0$", r"$\times$"), "nothing")


def passes(*_: object) -> Residual:
    """Return a residual that held."""
    return Residual(Outcome.HELD, "gap 0")


def fails(*_: object) -> Residual:
    """Return a residual that failed, with markup in what it shows."""
    return Residual(Outcome.FAILED, "gap | `7` " + "x" * 500)


ENTRY = Entry(
    READING, "is it so", Method.EXACT, "d = 3", holds(passes), (killed(fails), holds(passes), unresolved("no runs"))
)


def tried(entry: Entry = ENTRY) -> TriedEntry:
    """Return what a run of an entry found."""
    return entry.run(formula)


# Completeness --------------------------------------------------------------------------------------


def test_every_reading_has_its_entry_and_every_entry_its_reading() -> None:
    """The ledger and the declared readings are the same set, each place once."""
    assert {id(entry.reading) for entry in LEDGER} == {id(reading) for reading in declared()}
    assert len(LEDGER) == len(declared())
    assert len({anchor(reading.place) for reading in declared()}) == len(declared())


def test_readings_of_claims_are_declared() -> None:
    """A claim names no reading but the declared ones, so that none escapes the ledger."""
    used = {id(reading) for claim in REGISTRY.values() for reading in claim.readings}
    assert used <= {id(reading) for reading in declared()}


@pytest.mark.parametrize("entry", LEDGER, ids=[anchor(entry.reading.place) for entry in LEDGER])
def test_every_rejected_reading_is_a_candidate(entry: Entry) -> None:
    """There is one candidate for the chosen and one for each rejected reading, at least one of them rejected."""
    assert len(entry.candidates()) == 1 + len(entry.reading.rejected) >= 2
    assert len({text for text, _ in entry.candidates()}) == len(entry.candidates())


def test_missing_candidate_is_refused() -> None:
    """An entry that leaves out a rejected reading cannot be run."""
    with pytest.raises(ValueError, match="shorter"):
        dataclasses.replace(ENTRY, rejected=ENTRY.rejected[:1]).run(formula)


def test_candidates_get_the_formulas_that_the_entry_names() -> None:
    """The transcriptions reach the candidates from outside, in the order named."""

    def named(*given: object) -> Residual:
        return Residual(Outcome.HELD, ", ".join(function.__name__ for function in given))  # type: ignore[attr-defined]

    entry = dataclasses.replace(ENTRY, chosen=holds(named), formulas=("limit_gram", "gram"))
    assert entry.run(formula).tried[0].shown == "limit_gram, gram"


# What a run says -----------------------------------------------------------------------------------


def test_fates() -> None:
    """A fate is computed from the outcome: killed, consistent too, or neither; a false chosen reading stands out."""
    assert [one.fate for one in tried().tried] == [
        "chosen",
        "killed",
        "not decided: consistent too",
        "not decided: neither shown nor refuted",
    ]
    assert not tried().surprises
    assert dataclasses.replace(ENTRY, chosen=killed(fails)).run(formula).tried[0].fate == "**chosen, and false**"


def test_a_reading_that_survives_is_a_surprise() -> None:
    """A reading declared killed that passes, or declared consistent that fails, does not pass unnoticed."""
    for test, candidate in ((passes, killed), (fails, holds)):
        changed = dataclasses.replace(ENTRY, rejected=(candidate(test), *ENTRY.rejected[1:])).run(formula)
        assert [one.reading for one in changed.surprises] == ["$-$"]
        assert "**UNEXPECTED**" in readings_page([changed])
    assert "UNEXPECTED" not in readings_page([tried()])


def test_json_round_trip() -> None:
    """An entry survives its JSON, and equal outcomes give equal bytes."""
    assert from_json(as_json(tried())) == tried()
    assert as_json(tried()) == as_json(tried())


def test_order_is_the_declared_one() -> None:
    """Entries come in the order of the declared places, whatever the order of the run; an unknown place is last."""
    known = [TriedEntry(reading.place, "a", "b", "c", ()) for reading in declared()[:3]]
    assert in_order([tried(), *reversed(known)]) == [*known, tried()]


# The page ------------------------------------------------------------------------------------------


def test_page_counts_and_lists_what_is_open() -> None:
    """The page counts the fates of rejected readings and lists those not decided before the places."""
    page = readings_page([tried()])
    head = page.partition("## Place by place")[0]
    assert "1 places, 3 rejected readings: 1 killed" in head
    assert "- (9), the sign: $0$ (consistent too)" in head
    assert r"- (9), the sign: $\times$ (neither shown nor refuted)" in head
    assert "| $-$ | killed | `gap \\| '7' x" in page
    assert '<a id="9-the-sign"></a>' in page


def test_github_renders_every_place() -> None:
    """The page of the whole ledger, before any run, has no maths that GitHub would not render."""
    entries = [
        TriedEntry(e.reading.place, e.asks, e.method.value, e.scope, dataclasses.replace(tried(), place="").tried)
        for e in LEDGER
    ]
    named = [
        dataclasses.replace(entry, tried=tuple(dataclasses.replace(entry.tried[0], reading=text) for text in texts))
        for entry, texts in zip(entries, ([text for text, _ in e.candidates()] for e in LEDGER), strict=True)
    ]
    assert github_maths_problems(readings_page(named)) == []


def test_the_run_writes_the_page() -> None:
    """The plugin renders what it gathered, the same page whatever the order and however often; nothing from nothing."""
    gathered = [as_json(tried())]
    pages = [
        pytest_plugin._readings_page(SimpleNamespace(readings=found))  # type: ignore[arg-type]
        for found in (gathered, [*gathered, *gathered])
    ]
    assert pages[0] == pages[1] == {LEDGER_PAGE: readings_page([tried()])}
    assert pytest_plugin._readings_page(SimpleNamespace(readings=[])) == {}  # type: ignore[arg-type]


def test_claims_and_the_summary_link_to_the_page() -> None:
    """A claim with readings and the summary link to the ledger where it is written, and only there."""
    held = Evidence("eq-8", Method.EXACT, Outcome.HELD, "d = 3", "verify/test_x.py::test")
    found = audit({"eq-8": dataclasses.replace(REGISTRY["eq-8"], uses=())}, [held])
    with_page = render(found, {}, {LEDGER_PAGE: readings_page([tried()])})
    without = render(found, {})
    for name in ("SUMMARY.md", "eq_08_fixed_point.md"):
        assert f"]({LEDGER_PAGE})" in with_page[name]
        assert LEDGER_PAGE not in without[name]
