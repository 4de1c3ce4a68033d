"""The site, looked at in Chromium: no errors, formulas typeset, graphs that lead somewhere, any window.

Built from a small audit; with FOANIL_SITE=build/site the whole site is looked at instead (`make check-site`).
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from foanil import report
from foanil.audit import audit
from foanil.claims import REGISTRY
from foanil.evidence import Evidence, Method, Outcome, Verdict
from tests import node

ROOT = Path(__file__).parents[1]
SITE = os.environ.get("FOANIL_SITE")
WINDOWS = {"wide": (1400, 900), "narrow": (360, 740)}
IN_BOTH = ("dependencies", "eq_07_second_moment")
"""Pages of the small site that are looked at in both windows."""
PAGES_OF_ITS_OWN = ("search",)
"""Pages that Sphinx makes without a heading of ours."""


# Building ------------------------------------------------------------------------------------------


def evidence(name: str, method: Method, check: str, **more: Any) -> Evidence:
    """Return evidence that held."""
    return Evidence(name, method, Outcome.HELD, "every d | k", f"verify/test_{check}.py::test", **more)


EVIDENCE = (
    evidence("eq-7", Method.ALGEBRA, "eq_07_second_moment", shown="0\n```", pictures=(("A dot.", "figures/dot.svg"),)),
    evidence("def-tasks", Method.AGREEMENT, "assumption_1_and_definitions", table=(("a", "b"), ("c | d", "$x^2$"))),
    evidence("asm-1", Method.SAMPLED, "assumption_1_and_definitions", finding="What $z = Xu$ breaks: `eq-7`."),
    evidence(
        "def-network",
        Method.COUNTEREXAMPLE,
        "assumption_1_and_definitions",
        finding="No. Instead `eq-7`. Standalone: [a.py](capsules/a.py).",
    ),
)
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="3"/></svg>'
README = (
    "# foanil\n\n[Summary](reports/SUMMARY.md), [a test](verify/test_quotes.py), [the glossary](docs/glossary.md).\n"
)


def staging() -> ModuleType:
    """Return the script that lays out the sources of the site."""
    spec = importlib.util.spec_from_file_location("stage", node.WEBSITE / "stage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checkout(folder: Path) -> Path:
    """Return a small checkout: a README, the glossary, the code, and the reports of four claims with all they use."""
    for name in ("src", "proofs", "verify"):
        (folder / name).symlink_to(ROOT / name)
    pages = report.render(audit(REGISTRY, EVIDENCE), {"eq_07_second_moment": ["### How\n\n- First $a$.\n"]})
    named = {path for text in pages.values() for path in re.findall(r"\]\((mutants/\w+\.md)\)", text)}
    mutants = dict.fromkeys(named, "# Mutants\n")
    files = {f"reports/{name}": text for name, text in (pages | mutants).items()}
    files |= {"README.md": README, "reports/capsules/a.py": "print('a')\n", "docs/glossary.md": "# Glossary\n"}
    files |= {"reports/figures/dot.svg": DOT}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site."""
    if SITE:
        return (ROOT / SITE).resolve()
    lacking = node.missing("mathjax", "@mermaid-js/tiny")
    if lacking or importlib.util.find_spec("sphinx") is None:
        not_run(lacking or "NOT RUN: Sphinx is missing (make env)")
    folder = tmp_path_factory.mktemp("site")
    staging().stage(checkout(folder), folder / "pages")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-c", str(node.WEBSITE), "pages", "built"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "built"


def not_run(why: str) -> None:
    """Skip, or fail where nothing may be missing."""
    (pytest.fail if node.required() else pytest.skip)(why)


# Looking -------------------------------------------------------------------------------------------


@pytest.fixture
def browser() -> None:
    """Report a missing Chromium as NOT RUN, or fail where it is required."""
    lacking = node.missing("playwright-core", browser=True)
    if lacking:
        not_run(lacking)


def look(urls: list[str], window: str = "wide") -> list[dict[str, Any]]:
    """Return what Chromium sees at each address."""
    width, height = WINDOWS[window]
    asked = {"chromium": node.chromium(), "pages": urls, "width": width, "height": height}
    found: list[dict[str, Any]] = node.run("browse.js", asked, 60 + 60 * len(urls))
    assert len(found) == len(urls)
    return found


def pages(site: Path) -> list[Path]:
    """Return the pages to look at: of those that show code the first; in the small site, of those of mutants too."""
    alike = ("code/**/*.html",) if SITE else ("code/**/*.html", "reports/mutants/*.html")
    kinds = [sorted(site.glob(pattern)) for pattern in alike]
    return [path for path in sorted(site.rglob("*.html")) if all(path not in kind[1:] for kind in kinds)]


def problems(seen: dict[str, Any]) -> list[str]:
    """Return what is wrong with a page as Chromium saw it."""
    own = Path(urlsplit(seen["url"]).path).stem in PAGES_OF_ITS_OWN
    rules = {
        "formulas not typeset": seen["typeset"] == seen["formulas"],
        "formulas not spoken": seen["spoken"] == seen["formulas"],
        "graphs not drawn": seen["drawn"] == seen["graphs"],
        "pictures that cannot be enlarged": seen["enlarged"] == seen["pictures"],
        "wider than the window": seen["wider"] <= 0,
        "no language": seen["language"] == "en",
        "not one heading": own or seen["headings"] == 1,
        "folded on paper": seen["folded"] == 0,
    }
    broken = [rule for rule, kept in rules.items() if not kept]
    return [*seen["problems"], *(f"MathJax: {text}" for text in seen["errors"]), *seen["mute"], *broken]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.usefixtures("browser")
def test_pages_are_shown_without_errors(site: Path, window: str) -> None:
    """In any window each page loads from its folder alone, says nothing on the console, and shows all that it holds."""
    chosen = [path for path in pages(site) if SITE or window == "narrow" or path.stem in IN_BOTH]
    seen = look([path.as_uri() for path in chosen], window)
    assert len(seen) > 8 or (window == "wide" and len(seen) == len(IN_BOTH))
    assert {page["url"]: problems(page) for page in seen if problems(page)} == {}
    assert sum(page["formulas"] for page in seen) > 20
    assert sum(page["graphs"] for page in seen) > 0
    assert sum(page["pictures"] for page in seen) > 0


@pytest.mark.usefixtures("browser")
def test_nodes_of_the_graph_lead_to_their_claims(site: Path) -> None:
    """Each node is a link to its claim that names its verdict, and shows its neighbours when it has the keyboard."""
    (seen,) = look([(site / "reports" / "dependencies.html").as_uri()])
    assert len(seen["nodes"]) > 3
    assert [link["href"] for link in seen["nodes"] if not resolves(link["href"])] == []
    verdicts = {verdict.value for verdict in Verdict}
    assert all(verdicts & set(link["name"].replace(",", "").split()) for link in seen["nodes"])
    assert seen["chosen"] == 1
    assert seen["near"] >= 2


@pytest.mark.usefixtures("browser")
def test_search_works_from_a_folder(site: Path) -> None:
    """A search without a server finds the page of a claim by words of its title."""
    (seen,) = look([f"{(site / 'search.html').as_uri()}?q=second+moment"])
    assert any("eq_07_second_moment.html" in link for link in seen["results"])
    assert seen["problems"] == []


BROKEN = {
    "the console": "<script>console.error('no')</script>",
    "an exception": "<script>throw new Error('no')</script>",
    "a missing picture": "<img alt='' src='none.png'>",
    "another host": "<img alt='' src='https://example.invalid/a.png'>",
    "no text for a picture": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "a formula that stays as it was": "<span class='math'>x</span>",
    "a graph that stays as it was": "<pre class='mermaid'>x</pre><script>graphsDrawn = null</script>",
    "a picture that cannot be enlarged": "<article><img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "too wide": "<div style='width: 5000px'>.</div>",
    "no heading": "<script>document.querySelector('h1').remove()</script>",
}


@pytest.mark.usefixtures("browser")
def test_what_is_wrong_is_noticed(tmp_path: Path) -> None:
    """Each way in which a page can be wrong is reported; a page where all is well has no problem."""
    bodies = {"fine": "", **BROKEN}
    paths = [tmp_path / f"{index}.html" for index in range(len(bodies))]
    for path, body in zip(paths, bodies.values(), strict=True):
        head = "<!doctype html><html lang=en><meta charset=utf-8><title>t</title><link rel=icon href=data:,><h1>t</h1>"
        path.write_text(head + body, encoding="utf-8")
    seen = look([path.as_uri() for path in paths])
    assert [name for name, page in zip(bodies, seen, strict=True) if not problems(page)] == ["fine"]


# Links ---------------------------------------------------------------------------------------------


class _Links(HTMLParser):
    """What a page links to, what it loads, and the names that links to it may use."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.names.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") and "src" in given:
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "preload", "icon"):
            self.loads.append(given["href"])


@cache
def read(path: Path) -> _Links:
    """Return the links of a page."""
    parser = _Links()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def resolves(url: str) -> bool:
    """Whether the address of a file leads to one, and its anchor to a place in it."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    return path.is_file() and (not parts.fragment or unquote(parts.fragment) in read(path).names)


def dead(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere in its folder, and what it would load from elsewhere."""
    found = read(page)
    inside = [link for link in found.links if not urlsplit(link).scheme]
    lost = [link for link in inside if link != "#" and not resolves(urljoin(page.resolve().as_uri(), link))]
    outside = [load for load in found.loads if urlsplit(load).scheme not in ("", "data") or load.startswith("//")]
    beside = [load for load in found.loads if load not in outside and not urlsplit(load).scheme]
    missing = [load for load in beside if not (page.parent / unquote(urlsplit(load).path)).is_file()]
    return [*lost, *outside, *missing]


def test_every_link_of_every_page_leads_somewhere(site: Path) -> None:
    """Each link leads to a page of the site and to a place on it; nothing is loaded from elsewhere."""
    found = sorted(site.rglob("*.html"))
    assert len(found) > 8
    assert {str(path.relative_to(site)): dead(path) for path in found if dead(path)} == {}


def test_dead_links_of_a_page_are_noticed(tmp_path: Path) -> None:
    """A missing page, a missing place, and what comes from another host are reported; the rest is not."""
    (tmp_path / "b.html").write_text("<h2 id=here>b</h2>", encoding="utf-8")
    body = (
        "<a href='b.html#here'><a href=b.html#there><a href=c.html><a href=https://a.b><script src=//a.b/c.js></script>"
    )
    (tmp_path / "a.html").write_text(f"{body}<img src=none.png>", encoding="utf-8")
    assert dead(tmp_path / "a.html") == ["b.html#there", "c.html", "//a.b/c.js", "none.png"]


# Laying out ----------------------------------------------------------------------------------------


def test_github_markdown_becomes_markdown_of_the_site(tmp_path: Path) -> None:
    """Maths fences, `$`formulas`$`, graphs and links to code are rewritten; code blocks are left alone."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("a = 1\n", encoding="utf-8")
    page = (
        "```math\na\n```\n$`b`$ [code](../src/a.py#L1) [page](b.md#c) [web](https://a.b) [gone](../none.py)\n"
        '```mermaid\ngraph LR\n  a["<x>"]\n```\n```text\n$`b`$ [code](../src/a.py)\n```\n'
    )
    linked: dict[str, None] = {}
    text = staging().translated("reports/a.md", page, tmp_path, linked)
    assert text == (
        "```{math}\na\n```\n$b$ [code](/code/src/a.py.md) [page](b.md#c) [web](https://a.b) [gone](../none.py)\n"
        '<pre class="mermaid">\ngraph LR\n  a["&lt;x&gt;"]\n</pre>\n```text\n$`b`$ [code](../src/a.py)\n```\n'
    )
    assert list(linked) == ["src/a.py"]
    assert (
        staging().code_page("src/a.py", tmp_path) == "# src/a.py\n\n```{code-block} python\n:linenos:\n\na = 1\n```\n"
    )
