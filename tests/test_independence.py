"""Lines that two channels both run are found, whatever was cached before; only listed files may be shared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foanil.mutants.independence import SHARED, Pair, Run, channel_of, channels, measure, page, pairs, runs

ROOT = Path(__file__).parents[1]
WORDS = "src/foanil/words.py"
FORMULA = "src/foanil/statements.py"


def made(test: str, claim: str, method: str, **lines: set[int]) -> Run:
    """Return one measured test."""
    files = {"words": WORDS, "statements": FORMULA, "rings": "src/foanil/entrywise_moments.py"}
    return Run(test, ((claim, method),), {files[name]: frozenset(found) for name, found in lines.items()})


def test_lines_of_one_channel_are_joined() -> None:
    """A channel's lines are those of all its tests that bear on the claim."""
    found = channels([made("a::t", "eq-7", "ALGEBRA", words={1, 2}), made("a::u", "eq-7", "ALGEBRA", words={3})])
    assert found == {"eq-7": {"exact algebra of words": {WORDS: {1, 2, 3}}}}


def test_channels_that_share_the_formula_only_are_independent() -> None:
    """The file of the formula is on the list, so that running it twice binds nothing together."""
    one = made("a::t", "eq-7", "ALGEBRA", words={1, 2}, statements={5})
    other = made("a::u", "eq-7", "EXACT", rings={1, 2}, statements={5, 6})
    (pair,) = pairs(channels([one, other]))
    assert pair.shared == {FORMULA: 1}
    assert pair.independent


def test_one_shared_line_outside_the_list_is_enough() -> None:
    """A single common line of another file makes two channels dependent, and the page names the file."""
    found = [made("a::t", "eq-7", "ALGEBRA", words={1, 2}), made("a::u", "eq-7", "EXACT", words={2, 3})]
    (pair,) = pairs(channels(found))
    assert (pair.independent, pair.beyond) == (False, {WORDS: 1})
    assert "| eq-7 | no |" in page(found)
    assert "words 1" in page(found)


def test_the_third_engine_is_a_channel_of_its_own() -> None:
    """Finite laws and polynomial entries are both exact arithmetic, and two channels."""
    assert channel_of("verify/test_mutants.py::test_finite_laws[x]", "EXACT") == "finite laws"
    assert channel_of("verify/test_eq_07_second_moment.py::test_entries[x]", "EXACT") != "finite laws"


@pytest.mark.parametrize("method", ["INSTANCE", "TRANSCRIPTION"])
def test_what_warrants_nothing_is_no_channel(method: str) -> None:
    """Hypotheses that can be met and a formula that was read twice say nothing about a claim's truth."""
    found = [made("a::t", "eq-7", "ALGEBRA", words={1}), made("b::u", "eq-7", method, rings={2})]
    assert [*channels(found)["eq-7"]] == ["exact algebra of words"]


def test_the_best_pair_decides() -> None:
    """A claim is doubly checked when two of its channels are independent, whatever the others share."""
    found = [
        made("a::t", "eq-7", "ALGEBRA", words={1}),
        made("a::u", "eq-7", "DECISION", words={1}),
        made("b::test_finite_laws[x]", "eq-7", "EXACT", rings={1}),
    ]
    assert len(pairs(channels(found))) == 3
    assert "**Doubly checked**: 1 claims." in page(found)


def test_a_claim_with_one_channel_is_listed_as_such() -> None:
    """One way of checking is no pair, however many tests it has."""
    found = [made("a::t", "eq-7", "ALGEBRA", words={1}), made("a::u", "eq-7", "ALGEBRA", words={2})]
    assert pairs(channels(found)) == []
    assert "eq-7 (exact algebra of words)" in page(found)


def test_what_may_be_shared_exists() -> None:
    """Every file of the list is a file of the checkout, and words are not among them."""
    assert all((ROOT / file).is_file() for file in SHARED)
    assert WORDS not in SHARED


def test_the_page_is_a_table() -> None:
    """Every row has as many cells as its head."""
    rows = [line for line in page([made("a::t", "eq-7", "ALGEBRA", words={1})]).splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3, 6}
    assert Pair("c", "a", "b", {}).independent


@pytest.mark.parametrize("budget", [60.0, -1.0])
def test_measuring_one_check(tmp_path: Path, budget: float) -> None:
    """A check's lines and evidence are kept as JSON; without time it is left out and named."""
    pytest.importorskip("coverage")
    test = str(ROOT / "verify" / "test_eq_04_inner_step.py")
    left = measure(ROOT, tmp_path / "kept.jsonl", budget, [test])
    found = runs(ROOT, tmp_path / "kept.jsonl")
    assert bool(left) is (budget < 0)
    assert bool(found) is (budget > 0)
    for run in found:
        assert run.evidence
        assert any(file.startswith("src/foanil/") for file in run.lines)
    text = (tmp_path / "kept.jsonl").read_text(encoding="utf-8") if found else ""
    assert all(json.loads(line)["test"].startswith("verify/") for line in text.splitlines())
