"""The trusted base names all the code that evidence rests on, and counts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from foanil.limits import LEMMAS, Lemma
from foanil.report import github_maths_problems
from foanil.report.trusted_base import BELIEFS, FURTHER, code_lines, files, trusted_base_page, unnamed

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "foanil"


@pytest.fixture(scope="module")
def page() -> str:
    """The page of this checkout, with one lemma more."""
    return trusted_base_page({"a further one": Lemma("If $x$, then $y$.", "anybody")}, ROOT)


def test_every_row_names_code_that_is_there() -> None:
    """A module that a row names exists: a renamed one cannot drop out of the count."""
    assert [name for belief in (*BELIEFS, *FURTHER) for name in belief.modules if not files(PACKAGE, name)] == []


def test_code_that_no_row_names_has_a_row(page: str) -> None:
    """Whatever checks reach stands on the page, whether or not somebody thought of it."""
    rest = next(line for line in page.splitlines() if line.startswith("| everything else that checks reach"))
    found = unnamed(ROOT)
    assert found
    assert all(f"`{name}`" in rest for name in found)
    assert not set(found) & {name for belief in (*BELIEFS, *FURTHER) for name in belief.modules}


def test_page_lists_every_lemma_and_renders(page: str) -> None:
    """Each lemma used without a machine check stands there, those of single proofs too; what green means is said."""
    assert all(f"| {name} |" in page for name in (*LEMMAS, "a further one"))
    assert f"{len(LEMMAS) + 1} lemmas" in page
    assert "A green run means" in page
    assert "It does not mean" in page
    assert github_maths_problems(page) == []


def test_lines_of_code_are_counted(tmp_path: Path) -> None:
    """Blank lines, comments and docstrings do not count; a text that is a value does, on each of its lines."""
    (tmp_path / "a.py").write_text(
        '"""Doc\n\nstring."""\n\nimport os  # why\n\n# a comment\nX = """two\nlines"""\n"""What X is."""\n\n\n'
        'def f(\n    x,\n):\n    """Doc."""\n    return x\n',
        encoding="utf-8",
    )
    assert code_lines(tmp_path / "a.py") == 1 + 2 + 4
