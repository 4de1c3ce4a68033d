"""Lay out the sources of the site: every Markdown page of the repository, and a page for each file that one links to.

GitHub's Markdown is kept as it is but for links to code, maths fences and the pictures of graphs, which become live.
Run as `python website/stage.py build/pages`.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "reports/**/*.md")
FILES = ("**/*.svg", "**/*.png")
DOCS = ("quick_start", "tutorial", "how_to", "reference", "glossary")
"""The first of docs/, in the order in which one reads them; others follow by name."""
REPORTS = ("SUMMARY", "findings", "dependencies", "figures", "table_1", "readings", "trusted_base", "performance")
LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".js": "javascript", ".csv": "text", ".svg": "xml"}
LONGEST = 200_000
"""Characters of a file that a page shows."""

FENCE = re.compile(r"^(?P<marks>`{3,})(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=marks)`*[ ]*$", flags=re.S | re.M)
LINK = re.compile(r"(?P<before>\]\()(?P<target>[^()\s#]+)(?P<anchor>#[^()\s]*)?\)")


def stage(root: Path, folder: Path) -> None:
    """Write the sources of the site for a checkout into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = [path.relative_to(root).as_posix() for pattern in PAGES for path in sorted(root.glob(pattern))]
    linked: dict[str, None] = {}
    for name in pages:
        text = translated(name, (root / name).read_text(encoding="utf-8"), root, linked)
        write(folder / ("index.md" if name == "README.md" else name), text)
    for name in linked:
        write(folder / "code" / f"{name}.md", code_page(name, root))
    for pattern in FILES:
        for path in sorted((root / "reports").glob(pattern)):
            copy = folder / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    with (folder / "index.md").open("a", encoding="utf-8") as file:
        file.write("\n".join(contents(pages, list(linked), root)))


def write(path: Path, text: str) -> None:
    """Write a file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# One page ------------------------------------------------------------------------------------------


def translated(name: str, text: str, root: Path, linked: dict[str, None]) -> str:
    """Return a page for Sphinx; the files that it links to are added to `linked`."""
    out, end = [], 0
    for found in FENCE.finditer(text):
        out += [prose(name, text[end : found.start()], root, linked), fence(found)]
        end = found.end()
    return "".join([*out, prose(name, text[end:], root, linked)])


def fence(found: re.Match[str]) -> str:
    """Return a fenced block: formulas become a directive, Mermaid is left to the page's script."""
    language = found["language"].strip()
    if language == "mermaid":
        return f'<pre class="mermaid">\n{escape(found["body"].strip(), quote=False)}\n</pre>'
    return found[0].replace("```math", "```{math}", 1) if language == "math" else found[0]


def prose(name: str, text: str, root: Path, linked: dict[str, None]) -> str:
    """Return text between blocks with its links and formulas as Sphinx wants them."""
    here = posixpath.dirname(name)
    text = re.sub(r"\$`([^`\n]*)`\$", r"$\1$", text)
    text = re.sub(r"(?<!!)\[([^\]]*)\]\([^()]*\.graph\.svg\)", r"\1", text)
    text = re.sub(
        r"^!\[[^\]]*\]\((?P<path>[^()]*\.graph\.svg)\)$", lambda found: inline(root / here, found), text, flags=re.M
    )
    return LINK.sub(lambda found: link(found, here, root, linked), text)


def inline(folder: Path, found: re.Match[str]) -> str:
    """Return a graph's SVG itself, so that its nodes are links of the page."""
    svg = re.sub(r'href="(\w+)\.md', r'href="\1.html', (folder / found["path"]).read_text(encoding="utf-8").strip())
    return f'<div class="graph" tabindex="0">\n{svg}\n</div>'


def link(found: re.Match[str], here: str, root: Path, linked: dict[str, None]) -> str:
    """Return a link as it is, or to the page that shows the file it leads to."""
    target, anchor = found["target"], found["anchor"] or ""
    path = posixpath.normpath(posixpath.join(here, target))
    if re.match(r"[a-z]+:", target) or path.startswith(".."):
        return found[0]
    if path == "README.md":
        return f"](/index.md{anchor})"
    if path.endswith(".md") or (path.startswith("reports/") and path.endswith((".svg", ".png"))):
        return found[0]
    if not (root / path).exists():
        return found[0]
    linked[path] = None
    return f"](/code/{path}.md)"


def code_page(name: str, root: Path) -> str:
    """Return a page that shows a file, or lists a folder."""
    path = root / name
    if path.is_dir():
        return (
            f"# {name}\n\n"
            + "\n".join(f"- `{child.name}`" for child in sorted(path.iterdir()) if child.is_file())
            + "\n"
        )
    text = path.read_text(encoding="utf-8")
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}\n…\n"
    marks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    numbers = ":linenos:\n" if path.suffix == ".py" else ""
    language = LANGUAGES.get(path.suffix, "text")
    return f"# {name}\n\n{marks}{{code-block}} {language}\n{numbers}\n{shown.rstrip()}\n{marks}\n"


# Navigation ----------------------------------------------------------------------------------------


def contents(pages: list[str], linked: list[str], root: Path) -> Iterator[str]:
    """Yield the tables of contents: reports, results in paper order, guides, code."""
    reports = [name for name in pages if name.startswith("reports/") and name.count("/") == 1]
    stems = results(root)
    guides = [name for name in pages if not name.startswith("reports/") and name != "README.md"]
    others = [name for name in reports if stem(name) not in stems]
    yield from tree("The audit", sorted(others, key=position(REPORTS)))
    yield from tree("Results, in paper order", sorted((n for n in reports if stem(n) in stems), key=position(stems)))
    yield from tree("Guides", sorted(guides, key=position(DOCS)))
    more = [name for name in pages if name.startswith("reports/") and name.count("/") > 1]
    yield from tree("Formulas and their mutants", more)
    yield from tree("Files", sorted(f"code/{name}.md" for name in linked))


def results(root: Path) -> tuple[str, ...]:
    """Return the stems of the pages of results in the order in which the summary names them."""
    path = root / "reports" / "SUMMARY.md"
    text = path.read_text(encoding="utf-8").partition("## Claims, in paper order")[2] if path.is_file() else ""
    return tuple(dict.fromkeys(re.findall(r"^\| \[`[^`]+`\]\((\w+)\.md#", text, flags=re.M)))


def stem(name: str) -> str:
    """Return a page's name without folders and ending."""
    return Path(name).stem


def position(order: tuple[str, ...]) -> Callable[[str], tuple[int, str]]:
    """Return the key that sorts names of pages by an order of stems, others last by name."""
    return lambda name: (order.index(stem(name)) if stem(name) in order else len(order), name)


def tree(caption: str, names: list[str]) -> list[str]:
    """Return one table of contents."""
    if not names:
        return []
    return [
        "",
        "```{toctree}",
        ":hidden:",
        f":caption: {caption}",
        "",
        *map(entry, names),
        "```",
        "",
    ]


def entry(name: str) -> str:
    """Return a line of a table of contents; the summary's own title is a long one."""
    path = f"/{name.removesuffix('.md')}"
    return f"Summary <{path}>" if stem(name) == "SUMMARY" else path


if __name__ == "__main__":
    stage(ROOT, Path(sys.argv[1]))
