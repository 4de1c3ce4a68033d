"""What rests on what: the claims as a graph, each with its own verdict and the weakest of all that it uses.

Three forms: Mermaid for GitHub, an SVG whose nodes are links, and a table of the claims that are weaker than they look.
Colours are never alone: each node carries the mark of its verdict.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

from foanil.audit import Audit
from foanil.evidence import Verdict
from foanil.report.layers import layers
from foanil.report.markdown import folded

MARKS: Mapping[Verdict, str] = {
    Verdict.REFUTED: "✗",
    Verdict.UNRESOLVED: "‼",
    Verdict.DERIVED: "●",
    Verdict.CERTIFIED: "◉",
    Verdict.SUPPORTED: "○",
    Verdict.UNCHECKED: "·",
    Verdict.NOT_CHECKABLE: "–",
    Verdict.OUT_OF_SCOPE: "–",
}
"""A mark beside each verdict, so that tables and graphs can be read without colour."""

COLOURS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.REFUTED: ("#f9cfc0", "#a33b00"),
    Verdict.UNRESOLVED: ("#ecd0e4", "#7d2a63"),
    Verdict.DERIVED: ("#cfe6fb", "#0b5a94"),
    Verdict.CERTIFIED: ("#cdeee0", "#00684a"),
    Verdict.SUPPORTED: ("#fdf0c0", "#7a5c00"),
    Verdict.UNCHECKED: ("#ffffff", "#555555"),
    Verdict.NOT_CHECKABLE: ("#eeeeee", "#555555"),
    Verdict.OUT_OF_SCOPE: ("#eeeeee", "#555555"),
}
"""Fill and stroke of each verdict: told apart by readers who do not see red or green; black text is legible on each."""

PAGE = "dependencies.md"
PICTURE = "dependencies.graph.svg"
"""The path of the graph of all claims, below reports/."""


def connected(found: Audit) -> dict[str, tuple[str, ...]]:
    """Return what each claim uses, without the claims that use nothing and that nothing uses."""
    used = {name for claim in found.registry.values() for name in claim.uses}
    return {name: claim.uses for name, claim in found.registry.items() if claim.uses or name in used}


def ancestors(found: Audit, name: str) -> list[str]:
    """Return everything that a claim rests on, in registry order, without the claim."""
    seen: set[str] = set()
    waiting = list(found.registry[name].uses)
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            waiting += found.registry[other].uses
    return [other for other in found.registry if other in seen]


def weaker(found: Audit) -> dict[str, list[str]]:
    """Return the claims whose transitive verdict is not their own, each with what it rests on that makes it so."""
    return {
        name: [other for other in ancestors(found, name) if found.verdicts[other] in _causes(found.transitive[name])]
        for name in found.registry
        if found.transitive[name] is not found.verdicts[name]
    }


def _causes(transitive: Verdict) -> tuple[Verdict, ...]:
    """Return the verdicts that give this transitive one: what rests on a refuted claim is unresolved."""
    return (Verdict.REFUTED, transitive) if transitive is Verdict.UNRESOLVED else (transitive,)


# Mermaid -------------------------------------------------------------------------------------------


def of_page(found: Audit, stem: str) -> str:
    """Return the Mermaid graph of the claims of one page and of what they use directly, "" where nothing is used."""
    own = [name for name, claim in found.registry.items() if claim.page == stem]
    edges = [(used, name) for name in own for used in found.registry[name].uses]
    if not edges:
        return ""
    names = [name for name in found.registry if name in own or any(name == used for used, _ in edges)]
    labels = {name: f"{MARKS[found.verdicts[name]]} {name}" for name in names}
    return mermaid(labels, edges, {name: found.verdicts[name] for name in names}, bold=own)


def of_fallen(found: Audit) -> str:
    """Return the Mermaid graph of what rests on a refuted or unresolved claim, "" where there is none."""
    names = [name for name, kind in found.transitive.items() if kind in (Verdict.REFUTED, Verdict.UNRESOLVED)]
    edges = [(used, name) for name in names for used in found.registry[name].uses if used in names]
    shown = [name for name in names if any(name in edge for edge in edges)]
    labels = {name: f"{MARKS[found.verdicts[name]]} {name}" for name in shown}
    return mermaid(labels, edges, {name: found.verdicts[name] for name in shown}) if edges else ""


def mermaid(
    labels: Mapping[str, str],
    edges: Iterable[tuple[str, str]],
    verdicts: Mapping[str, Verdict],
    bold: Collection[str] = (),
) -> str:
    """Return a fenced Mermaid graph; edges lead from what is used to what uses it."""
    number = {name: f"n{index}" for index, name in enumerate(labels)}
    lines = [f'  {number[name]}["{escape(label)}"]' for name, label in labels.items()]
    lines += [f"  {number[used]} --> {number[user]}" for used, user in edges]
    for kind in (kind for kind in Verdict if kind in verdicts.values()):
        fill, stroke = COLOURS[kind]
        members = ",".join(number[name] for name in labels if verdicts.get(name) is kind)
        lines += [f"  classDef {kind.value} fill:{fill},stroke:{stroke},color:#000", f"  class {members} {kind.value}"]
    lines += [f"  style {number[name]} stroke-width:3px" for name in labels if name in bold]
    return "\n".join(["```mermaid", "graph LR", "  accTitle: What rests on what", *lines, "```"])


# SVG -----------------------------------------------------------------------------------------------

COLUMN, ROW, BOX, HEIGHT, MARGIN, LEGEND = 350, 26, 272, 20, 16, 60
"""Pixels: from column to column, from row to row, a node's width and height, the margin, the legend's height."""


ROOT = 'role="group" aria-label="What each claim uses" font-family="monospace" font-size="11"'


def svg(found: Audit, pages: Collection[str]) -> str:
    """Return the graph of all claims that use or are used; a node links to its claim where `pages` has its page."""
    uses = connected(found)
    columns = layers(uses)
    tallest = max(map(len, columns), default=0)
    place = {
        name: (MARGIN + column * COLUMN, MARGIN + LEGEND + round((tallest - len(names)) * ROW / 2) + row * ROW)
        for column, names in enumerate(columns)
        for row, name in enumerate(names)
    }
    width = max(2 * MARGIN + (len(columns) - 1) * COLUMN + BOX, 2 * MARGIN + len(Verdict) * 190)
    height = 2 * MARGIN + LEGEND + tallest * ROW
    size = f'width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} {ROOT}>',
            f'<rect {size} fill="#fff"/>',
            *_legend(),
            *(_edge(place, used, name) for name, targets in uses.items() for used in targets),
            *(_node(found, name, *place[name], found.registry[name].page in pages) for name in uses),
            "</svg>\n",
        ]
    )


def _legend() -> list[str]:
    shown = [kind for kind in Verdict if kind is not Verdict.OUT_OF_SCOPE]
    boxes = [
        _box(MARGIN + index * 190, MARGIN, 170, kind, f"{MARKS[kind]} {kind.value}") for index, kind in enumerate(shown)
    ]
    words = (
        "From left to right: what is used, then what uses it. After ▸ the weakest verdict of all that a claim rests on."
    )
    return [*boxes, f'<text x="{MARGIN}" y="{MARGIN + 38}" fill="#333">{words}</text>']


def _box(x: int, y: int, width: int, kind: Verdict, text: str) -> str:
    fill, stroke = COLOURS[kind]
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="4" fill="{fill}" stroke="{stroke}"/>'
        f'<text x="{x + 6}" y="{y + 14}" fill="#000">{escape(text)}</text>'
    )


def _node(found: Audit, name: str, x: int, y: int, linked: bool) -> str:
    own, transitive = found.verdicts[name], found.transitive[name]
    weaker_mark = f" ▸{MARKS[transitive]}" if transitive is not own else ""
    title = f"{name}: {found.registry[name].title}. {own.value}, transitively {transitive.value}"
    box = _box(x, y, BOX, own, f"{MARKS[own]} {name}{weaker_mark}")
    body = f'<g class="node" data-claim="{name}"><title>{escape(title)}</title>{box}</g>'
    if not linked:
        return body
    return f'<a href="{found.registry[name].page}.md#{name}" aria-label="{escape(title)}">{body}</a>'


def _edge(place: Mapping[str, tuple[int, int]], used: str, user: str) -> str:
    (x, y), (to_x, to_y) = place[used], place[user]
    x, y, to_y = x + BOX, y + HEIGHT // 2, to_y + HEIGHT // 2
    bend = (COLUMN - BOX) // 2 + 20
    return (
        f'<path class="edge" data-used="{used}" data-user="{user}" fill="none" stroke="#999" stroke-opacity="0.55"'
        f' d="M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"/>'
    )


# The page ------------------------------------------------------------------------------------------

INTRODUCTION = (
    "An arrow leads from a claim to the claims that use it. A claim's *transitive* verdict is the weakest among its "
    "own and those of everything that it rests on."
)


def page(found: Audit, link: Mapping[str, str], table: str) -> str:
    """Return dependencies.md: legend, the picture of all claims, what rests on refuted ones, and the weaker claims.

    `link` is each claim as a link, `table` the table of verdicts.
    """
    sections = [
        "# What rests on what",
        "[Summary](SUMMARY.md)",
        INTRODUCTION,
        table,
        "## Claim by claim",
        f"[The picture]({PICTURE}) can be enlarged, and each node leads to its claim.",
        f"![What each claim uses, from left to right]({PICTURE})",
        "## What rests on a refuted or unresolved claim",
        of_fallen(found) or "Nothing.",
        "## Weaker than their own verdict",
        *(_weaker(found, link) or ["None: each claim's transitive verdict is its own."]),
    ]
    return "\n\n".join(sections) + "\n"


SHOWN = 6
"""Causes that are named in a line."""


def _weaker(found: Audit, link: Mapping[str, str]) -> list[str]:
    """Return the weaker claims by their own and their transitive verdict, those that rest on a refuted one first."""
    groups: dict[tuple[Verdict, Verdict], list[str]] = {}
    for name, causes in weaker(found).items():
        kinds = found.transitive[name], found.verdicts[name]
        groups.setdefault(kinds, []).append(f"- {link[name]}, through {_named(causes, link)}")
    order = list(Verdict)
    return [
        folded(f"{own.value}, but {transitive.value} with all that they rest on: {len(rows)} claims", "\n".join(rows))
        for (transitive, own), rows in sorted(groups.items(), key=lambda item: [order.index(kind) for kind in item[0]])
    ]


def _named(causes: Sequence[str], link: Mapping[str, str]) -> str:
    more = f" and {len(causes) - SHOWN} more" if len(causes) > SHOWN else ""
    return ", ".join(link[cause] for cause in causes[:SHOWN]) + more
