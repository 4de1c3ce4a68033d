"""The page of code mutants hides nothing: a survivor is explained by a committed reason, or it is a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from code_mutation.__main__ import EXPLAINED, Mutant, function_of, main, page, read_explanations, unexplained


def mutant(status: str, before: str = "a + b", after: str = "a - b", function: str = "Element.trace") -> Mutant:
    """Return a mutant of words."""
    return Mutant("foanil.words", function, before, after, status)


@pytest.fixture
def reasons(tmp_path: Path) -> Path:
    """Return a file with one explanation."""
    text = "[[survivor]]\nwhere = 'words\\.Element\\.trace$'\nafter = 'a - b'\nwhy = \"b is 0\"\n"
    (tmp_path / "survivors.toml").write_text(text, encoding="utf-8")
    return tmp_path / "survivors.toml"


def test_explanation_covers_what_it_names(reasons: Path) -> None:
    """A reason speaks for mutants of its function and its change, and for no others."""
    known = read_explanations(reasons)
    survivors = [mutant("survived"), mutant("survived", function="Element.tracer"), mutant("survived", after="a * b")]
    assert unexplained(survivors, known) == survivors[1:]
    assert unexplained([mutant("no tests", after="a * b"), mutant("killed", after="a * b")], known) == [
        mutant("no tests", after="a * b")
    ]


def test_page_counts_every_mutant_once(reasons: Path) -> None:
    """Killed, explained, unexplained and not run add up, and the score is of those that were run."""
    statuses = ["killed", "killed", "timeout", "segfault", "survived", "not checked"]
    mutants = [*(mutant(status) for status in statuses), mutant("no tests", after="a * b")]
    text = page(mutants, read_explanations(reasons))
    assert "| foanil.words | 7 | 4 | 1 | 1 | 1 | 83.3 % |" in text
    assert "- 1: b is 0" in text
    assert "+ a * b" in text
    assert "## Unexplained" not in page(mutants[:6], read_explanations(reasons))
    assert "| foanil.words | 1 | 0 | 0 | 0 | 1 |  |" in page(mutants[5:6], [])


def test_functions_are_named_as_in_the_code() -> None:
    """mutmut's names give the function back, of a class or not."""
    assert function_of("foanil.words.xǁElementǁ__rsub____mutmut_1", "foanil.words") == "Element.__rsub__"
    assert function_of("foanil.words.x__normal_form__mutmut_31", "foanil.words") == "_normal_form"
    assert function_of("foanil.words.x_alphabet__mutmut_2", "foanil.words") == "alphabet"


def test_without_a_run_there_is_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where mutmut has left nothing, the exit code is 2 and the cure is named."""
    assert main(tmp_path / "absent") == 2
    assert "make code-mutants" in capsys.readouterr().err


def test_committed_reasons_are_reasons() -> None:
    """Every committed explanation is a pattern and a sentence, and none speaks for everything."""
    known = read_explanations(EXPLAINED)
    assert known
    assert all(len(reason.why) > 15 for reason in known)
    assert not any(reason.covers(mutant("survived", "x = 1", "x = 2", "anything")) for reason in known)
