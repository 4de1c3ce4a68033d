"""Figures are a pure function of series: same bytes, panels as labelled, curves that stay apart."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from foanil.figures import STYLES, draw, panels

SERIES = {
    "complement: computed": ((0.0, 1.0), (10.0, 0.1), (1000.0, 0.001)),
    "complement: bound": ((0.0, 2.0), (10.0, 0.3), (1000.0, 0.002)),
    "head: norm of w": ((1.0, 0.5), (1000.0, 0.4)),
}
SVG = "{http://www.w3.org/2000/svg}"


def comments(svg: bytes) -> list[str]:
    """Return the texts that matplotlib notes as comments beside the glyphs it draws."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    return [str(node.text).strip() for node in ET.fromstring(svg, parser=parser).iter() if node.tag is ET.Comment]


def test_same_series_same_bytes() -> None:
    """Drawing twice gives the same bytes, without a date or a version in them."""
    first = draw(SERIES, "A title")
    assert draw(SERIES, "A title") == first
    assert b"<dc:date>" not in first
    assert b"matplotlib.org" not in first


def test_another_process_draws_the_same_bytes() -> None:
    """Neither the process nor its hash seed shows in the bytes."""
    code = f"import sys; from foanil.figures import draw; sys.stdout.buffer.write(draw({SERIES!r}, 'A title'))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    assert found.stdout == draw(SERIES, "A title")


def test_other_series_other_bytes() -> None:
    """A moved point, a renamed curve and another title each change the figure."""
    moved = SERIES | {"head: norm of w": ((1.0, 0.5), (1000.0, 0.45))}
    renamed = {label.replace("norm", "size"): points for label, points in SERIES.items()}
    drawn = {draw(SERIES, "A title"), draw(moved, "A title"), draw(renamed, "A title"), draw(SERIES, "Another")}
    assert len(drawn) == 4


def test_labels_name_panel_and_curve() -> None:
    """A label is "panel: curve", split at the last colon; one without a panel goes to the panel without a name."""
    a, b, c = ((0.0, 1.0),), ((0.0, 2.0),), ((0.0, 3.0),)
    assert panels({"p: q: x": a, "y": b, "p: q: z": c}) == {"p: q": {"x": a, "z": c}, "": {"y": b}}


def test_every_panel_and_curve_is_named() -> None:
    """The figure is an SVG with one axis per panel, whose title, and the name of each curve, can be read."""
    svg = draw(SERIES, "A title")
    ids = [node.get("id", "") for node in ET.fromstring(svg).iter(f"{SVG}g")]
    assert [name for name in ids if name.startswith("axes_")] == ["axes_1", "axes_2"]
    assert {"A title", "complement", "head", "computed", "bound", "norm of w"} <= set(comments(svg))


def test_values_over_decades_have_a_logarithmic_axis() -> None:
    """Positive values over decades are drawn on a logarithmic axis; with a zero among them, or close together, not."""
    wide, near, zero = ((1.0, 1.0), (9.0, 1e-3)), ((1.0, 1.0), (9.0, 0.5)), ((1.0, 1.0), (9.0, 0.0))
    powers = [sum("10^{-" in text for text in comments(draw({"x": points}, ""))) for points in (wide, near, zero)]
    assert powers[0] > 0
    assert powers[1:] == [0, 0]


def test_step_zero_is_drawn() -> None:
    """Step 0 has a place, 1/2, on the logarithmic axis, so that no point is lost and no warning is raised."""
    assert draw({"x": ((0.0, 1.0), (4.0, 2.0))}, "") == draw({"x": ((0.5, 1.0), (4.0, 2.0))}, "")


def test_more_curves_than_styles() -> None:
    """More curves than line styles are still drawn."""
    many = {f"curve {number}": ((1.0, float(number)), (2.0, float(number + 1))) for number in range(len(STYLES) + 2)}
    assert set(many) <= set(comments(draw(many, "")))


def test_styles_differ() -> None:
    """Curves stay apart in black and white."""
    assert len(set(STYLES)) == len(STYLES)


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[1] / "reports" / "figures").glob("*.svg")), ids=str)
def test_committed_figures_are_pictures(path: Path) -> None:
    """Each figure in reports/ is well-formed SVG with a curve in it, and carries no date."""
    text = path.read_bytes()
    assert any(node.get("id", "").startswith("line2d") for node in ET.fromstring(text).iter(f"{SVG}g"))
    assert b"<dc:date>" not in text
