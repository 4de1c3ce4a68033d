"""Every formula of every page is typeset by MathJax, the engine of GitHub, without an error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from foanil.claims import REGISTRY
from tests import node

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for pattern in ("*.md", "docs/**/*.md", "reports/**/*.md") for path in ROOT.glob(pattern))
LEAST = 1000
"""The reports hold thousands of formulas: fewer than this and they were not found."""

Formula = tuple[str, bool]
"""LaTeX, and whether it is displayed."""


@pytest.fixture(scope="module", autouse=True)
def mathjax() -> None:
    """Report a missing MathJax as NOT RUN, or fail where it is required."""
    lacking = node.missing("mathjax")
    if lacking:
        (pytest.fail if node.required() else pytest.skip)(lacking)


def formulas(markdown: str) -> list[Formula]:
    """Return the formulas of a page as GitHub finds them: fences, `$`...`$`, and `$...$` within a line."""
    found = [(text, True) for text in re.findall(r"^```math\n(.*?)\n```", markdown, flags=re.S | re.M)]
    text = re.sub(r"```.*?```", "", markdown, flags=re.S)
    found += [(formula, False) for formula in re.findall(r"\$`([^`\n]*)`\$", text)]
    text = re.sub(r"`[^`\n]*`", "", re.sub(r"\$`[^`\n]*`\$", "", text)).replace(r"\$", "")
    return found + [(formula, False) for formula in re.findall(r"\$([^$\n]+)\$", text)]


def problems(asked: Iterable[Formula]) -> list[str]:
    """Return what MathJax says of the formulas that it cannot typeset, each once."""
    distinct = list(dict.fromkeys(asked))
    said = node.run("formulas.js", [{"latex": latex, "display": display} for latex, display in distinct], 300)
    assert len(said) == len(distinct)
    return [f"{latex}: {problem}" for (latex, _), problem in zip(distinct, said, strict=True) if problem is not None]


def test_every_formula_of_every_page_is_typeset() -> None:
    """No formula of a page of the repository, and none of the registry, is an error to MathJax."""
    on_pages = [formula for path in PAGES for formula in formulas(path.read_text(encoding="utf-8"))]
    of_claims = [(claim.latex, True) for claim in REGISTRY.values()]
    of_claims += [formula for claim in REGISTRY.values() for formula in formulas(claim.statement)]
    assert len(on_pages) > LEAST
    assert problems([*on_pages, *of_claims]) == []


WRONG = {
    "unknown macro": r"\foo x",
    "open brace": r"\frac{1}{2",
    "two subscripts": "a_b_c",
    "missing right": r"\left( x",
    "stray ampersand": "a & b",
}


@pytest.mark.parametrize("latex", WRONG.values(), ids=WRONG)
def test_an_error_is_noticed(latex: str) -> None:
    """Each kind of wrong formula is reported, and the right one beside it is not."""
    assert [text.partition(": ")[0] for text in problems([("a_1^2", False), (latex, True)])] == [latex]


def test_formulas_are_found_where_github_finds_them() -> None:
    """Fences, dollars with backticks and dollars count; code, escaped dollars and dollars across lines do not."""
    page = "```math\na\n```\nso $b$, $`c_{1}`$ | `$d$` | \\$e\\$ and $3\nor $4\n```sh\necho $HOME$X\n```\n"
    assert formulas(page) == [("a", True), ("c_{1}", False), ("b", False)]
