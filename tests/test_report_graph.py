"""The graph of claims: layers, colours and marks, and what a claim rests on."""

from __future__ import annotations

import dataclasses
import itertools
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from foanil.audit import Audit, audit
from foanil.claims import REGISTRY, Claim, Kind, Source
from foanil.evidence import Evidence, Method, Outcome, Verdict
from foanil.report.dependency_graph import COLOURS, MARKS, ancestors, of_fallen, of_page, page, svg, weaker
from foanil.report.layers import depths, layers, length

USES = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ("a", "d"), "f": ()}
PAGES = {"a": "first", "b": "first", "c": "second", "d": "second", "e": "second", "f": "third"}
CLAIMS = {
    name: Claim(name, f"<{name}>", "Section 2", Kind.LIMIT, Source.STATED, name, name, PAGES[name], uses=uses)
    for name, uses in USES.items()
}


def made(**methods: Method) -> Audit:
    """Return the audit in which each claim was held by a method."""
    return audit(CLAIMS, [Evidence(name, how, Outcome.HELD, "all", "verify/a.py::t") for name, how in methods.items()])


FOUND = made(
    a=Method.EXACT, b=Method.ALGEBRA, c=Method.COUNTEREXAMPLE, d=Method.ALGEBRA, e=Method.ALGEBRA, f=Method.SAMPLED
)


# Layers --------------------------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Return a graph without cycles: each node uses some of those before it."""
    names = [f"n{index}" for index in range(draw(st.integers(1, 9)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=4))) if index else ()
        for index, name in enumerate(names)
    }


@given(graphs())
def test_layers_hold_every_node_once_and_edges_climb(uses: dict[str, tuple[str, ...]]) -> None:
    """Each node stands in one layer, beyond the layers of all that it uses, and next to one of them."""
    found = layers(uses)
    level = {name: index for index, layer in enumerate(found) for name in layer}
    assert sorted(itertools.chain(*found)) == sorted(uses)
    for name, used in uses.items():
        assert level[name] == 1 + max((level[other] for other in used), default=-1)


@given(graphs())
def test_sweeps_never_make_edges_longer(uses: dict[str, tuple[str, ...]]) -> None:
    """The order found is at least as good as that of the registry."""
    depth = depths(uses)
    given_order = [[n for n in uses if depth[n] == level] for level in range(max(depth.values()) + 1)]
    assert length(layers(uses), uses) <= length(given_order, uses)


def test_crossed_edges_are_uncrossed() -> None:
    """Two edges that cross in the registry's order do not in the layout, whose edges are level."""
    uses: dict[str, tuple[str, ...]] = {"a": (), "b": (), "x": ("b",), "y": ("a",)}
    assert length([["a", "b"], ["x", "y"]], uses) == 2
    assert length(layers(uses), uses) == 0


def test_the_registry_has_a_layout() -> None:
    """The claims of the paper have no cycle, and sweeping shortens the edges between them."""
    uses = {name: claim.uses for name, claim in REGISTRY.items()}
    depth = depths(uses)
    given_order = [[n for n in uses if depth[n] == level] for level in range(max(depth.values()) + 1)]
    assert length(layers(uses), uses) < 0.9 * length(given_order, uses)


# What rests on what --------------------------------------------------------------------------------


def test_a_claim_rests_on_all_that_is_used_on_the_way() -> None:
    """Ancestors are those of ancestors too, in registry order, without the claim."""
    assert [ancestors(FOUND, name) for name in "adef"] == [[], ["a", "b", "c"], ["a", "b", "c", "d"], []]


def test_weaker_claims_name_what_makes_them_so() -> None:
    """What rests on a certified claim names it; what rests on a refuted claim names that, and not what is certified."""
    assert weaker(FOUND) == {"b": ["a"], "d": ["c"], "e": ["c"]}
    assert weaker(made(a=Method.ALGEBRA)) == {}


def test_what_falls_is_what_rests_on_a_refuted_claim() -> None:
    """The graph of fallen claims holds the refuted one and its descendants, with its colour, and no other."""
    text = of_fallen(FOUND)
    assert re.findall(r'"(. \w)"', text) == ["✗ c", "● d", "● e"]
    assert re.findall(r"n\d --> n\d", text) == ["n0 --> n1", "n1 --> n2"]
    assert "  class n0 REFUTED" in text
    assert of_fallen(made(a=Method.EXACT)) == ""


def test_a_page_shows_its_claims_and_what_they_use() -> None:
    """The graph of a page holds its claims, in bold, and what they use directly; without edges there is none."""
    text = of_page(FOUND, "second")
    assert re.findall(r'"(. \w)"', text) == ["◉ a", "● b", "✗ c", "● d", "● e"]
    assert re.findall(r"style n(\d)", text) == ["2", "3", "4"]
    assert len(re.findall("-->", text)) == 5
    assert of_page(FOUND, "third") == ""


# The picture ---------------------------------------------------------------------------------------


def test_picture_is_xml_with_a_node_for_each_connected_claim() -> None:
    """The SVG parses; each claim that uses or is used has a node with its mark, and an edge for each use."""
    tree = ElementTree.fromstring(svg(FOUND, {"first", "second"}))
    space = {"s": "http://www.w3.org/2000/svg"}
    nodes = tree.findall(".//s:g[@class='node']", space)
    assert sorted(node.attrib["data-claim"] for node in nodes) == ["a", "b", "c", "d", "e"]
    words = {node.attrib["data-claim"]: node.findtext("s:text", "", space) for node in nodes}
    assert words == {"a": "◉ a", "b": "● b ▸◉", "c": "✗ c", "d": "● d ▸‼", "e": "● e ▸‼"}
    edges = {(e.attrib["data-used"], e.attrib["data-user"]) for e in tree.findall(".//s:path", space)}
    assert edges == {(used, name) for name, targets in USES.items() for used in targets}


def test_nodes_are_links_with_words() -> None:
    """A node whose page exists is a link to its claim, named by claim and verdicts; another is no link."""
    text = svg(FOUND, {"second"})
    assert re.findall(r'href="([^"]+)"', text) == ["second.md#c", "second.md#d", "second.md#e"]
    assert 'aria-label="d: &lt;d&gt;. DERIVED, transitively UNRESOLVED"' in text


def test_nodes_do_not_overlap() -> None:
    """No two nodes of the picture of all claims share a place."""
    held = [Evidence(name, Method.EXACT, Outcome.HELD, "all", "verify/a.py::t") for name in REGISTRY]
    tree = ElementTree.fromstring(svg(audit(REGISTRY, held), ()))
    placed = [box.attrib for box in tree.iter() if box.tag.endswith("rect") and "x" in box.attrib]
    boxes = [(float(box["x"]), float(box["y"])) for box in placed]
    assert len(boxes) > 150
    assert all(abs(x - u) >= 170 or abs(y - v) >= 20 for (x, y), (u, v) in itertools.combinations(boxes, 2))


def contrast(colour: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2)."""

    def luminance(text: str) -> float:
        parts = [int(text[index : index + 2], 16) / 255 for index in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_read() -> None:
    """Text is legible on each fill and a border against it; facts differ in fill and, without colour, in mark."""
    assert set(COLOURS) == set(MARKS) == set(Verdict)
    assert all(contrast(fill, "#000000") >= 7 for fill, _ in COLOURS.values())
    assert all(contrast(*pair) >= 3 for pair in COLOURS.values())
    facts = [kind for kind in Verdict if kind not in (Verdict.NOT_CHECKABLE, Verdict.OUT_OF_SCOPE)]
    assert len({COLOURS[kind][0] for kind in facts}) == len({MARKS[kind] for kind in facts}) == len(facts)


def test_page_groups_weaker_claims() -> None:
    """Claims that rest on a refuted one come first, each with what makes it weaker."""
    text = page(FOUND, {name: f"[{name}]" for name in CLAIMS}, "| table |")
    assert text.index("DERIVED, but UNRESOLVED with all that they rest on: 2 claims") < text.index("but CERTIFIED")
    assert "- [d], through [c]\n- [e], through [c]\n" in text
    assert "Nothing." in page(made(a=Method.EXACT), dict.fromkeys(CLAIMS, ""), "")


def test_same_evidence_same_picture() -> None:
    """The picture is a function of the audit, whatever the order in which evidence came."""
    again = dataclasses.replace(FOUND, evidence=FOUND.evidence[::-1])
    assert svg(again, {"first"}) == svg(FOUND, {"first"})
