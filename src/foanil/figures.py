"""Figures of result pages, drawn from the series of evidence: a pure function to SVG, same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

Points = tuple[tuple[float, float], ...]
STYLES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1, 1, 1)), (0, (5, 1)))
"""Line styles, so that curves stay apart in black and white."""


def panels(series: Mapping[str, Points]) -> dict[str, dict[str, Points]]:
    """Group series by panel: a label is "panel: curve"; one without a panel goes to the panel ""."""
    grouped: dict[str, dict[str, Points]] = {}
    for label, points in series.items():
        panel, _, curve = label.rpartition(": ")
        grouped.setdefault(panel, {})[curve] = points
    return grouped


def draw(series: Mapping[str, Points], title: str) -> bytes:
    """Return an SVG with one panel per group of series, steps on a logarithmic axis."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    grouped = panels(series)
    settings: Any = {"svg.hashsalt": "foanil", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(settings):
        figure, axes = plt.subplots(1, len(grouped), figsize=(4.6 * len(grouped), 3.4), squeeze=False)
        for axis, (panel, curves) in zip(axes[0], grouped.items(), strict=True):
            for number, (curve, points) in enumerate(curves.items()):
                # step 0 has no place on a logarithmic axis: it is drawn at 1/2
                times = [max(t, 0.5) for t, _ in points]
                style = STYLES[number % len(STYLES)]
                axis.plot(times, [y for _, y in points], linestyle=style, label=curve, linewidth=1.4)
            axis.set_xscale("log")
            if _spans_decades(curves):
                axis.set_yscale("log")
            axis.set_xlabel("step t")
            axis.set_title(panel, fontsize=9)
            axis.legend(frameon=False, fontsize=8)
        figure.suptitle(title, fontsize=10)
        figure.tight_layout()
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return stream.getvalue()


def _spans_decades(curves: Mapping[str, Points]) -> bool:
    values = [y for points in curves.values() for _, y in points]
    return min(values) > 0 and max(values) / min(values) > 30
