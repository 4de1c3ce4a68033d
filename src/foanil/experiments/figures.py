"""Figures 2 and 3 and those the paper lacks, as SVG and PNG with their numbers beside them.

Curves are told apart by line style and marker, so that they can be read in black and white.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foanil.experiments.checkpoints import write_bytes
from foanil.simulation.tasks import Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, mean, deviation) of one labelled curve; a deviation of 0 everywhere draws no band."""

    label: str
    points: Floats


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes; `marks` are horizontal reference lines, label → height."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    marks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A named picture and the sentence under it."""

    name: str
    caption: str
    panels: tuple[Panel, ...]


# One style per method, the same in every figure: colour, line, marker.
STYLES: Mapping[str, tuple[str, Any, str]] = {
    "FO-ANIL": ("#0072b2", "-", "o"),
    "FO-MAML": ("#d55e00", (0, (5, 2)), "s"),
    "FO-ANIL, infinite tasks": ("#009e73", "-", "^"),
    "FO-ANIL, infinite samples": ("#cc79a7", (0, (1, 1)), "v"),
    "Burer-Monteiro": ("#e69f00", "-.", "D"),
}
OTHERS = (
    ("#0072b2", "-", "o"),
    ("#d55e00", (0, (5, 2)), "s"),
    ("#009e73", "-.", "^"),
    ("#cc79a7", (0, (1, 1)), "v"),
    ("#e69f00", (0, (3, 1, 1, 1)), "D"),
    ("#000000", ":", "x"),
)


def band(label: str, runs: Sequence[Floats], column: int) -> Curve:
    """Return mean and standard deviation over runs (each an array of rows: step, columns…) of one column."""
    values = np.array([run[:, column] for run in runs])
    deviation = values.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(values.shape[1])
    return Curve(label, np.column_stack([runs[0][:, 0], values.mean(axis=0), deviation]))


def save(figure: Figure, folder: Path) -> list[Path]:
    """Write the figure as SVG and PNG and its numbers as CSV, each at once. Raises checkpoints.CheckpointError."""
    contents = {**_pictures(figure), "csv": numbers(figure)}
    paths = [folder / f"{figure.name}.{suffix}" for suffix in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        write_bytes(path, content)
    return paths


def numbers(figure: Figure) -> bytes:
    """Return everything that is drawn as CSV: panel, curve, x, mean, standard deviation."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["panel", "curve", "x", "mean", "standard_deviation"])
    for panel in figure.panels:
        for curve in panel.curves:
            writer.writerows([panel.title, curve.label, *(f"{value:.9g}" for value in row)] for row in curve.points)
        writer.writerows([panel.title, label, "", f"{height:.9g}", ""] for label, height in panel.marks.items())
    return stream.getvalue().encode()


def _pictures(figure: Figure) -> dict[str, bytes]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    style: Any = {"svg.hashsalt": "foanil", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(style):
        drawing, axes = plt.subplots(1, len(figure.panels), figsize=(4.8 * len(figure.panels), 3.7), squeeze=False)
        for axis, panel in zip(axes[0], figure.panels, strict=True):
            _draw(axis, panel)
        named = [[curve.label for curve in panel.curves] for panel in figure.panels]
        columns = min(3, 2 * len(figure.panels))
        rows = max(1 + (len(labels) - 1) // columns for labels in named)
        if all(labels == named[0] for labels in named):
            drawing.legend(*axes[0][0].get_legend_handles_labels(), loc="lower center", ncols=columns, frameon=False)
        else:
            for axis in axes[0]:
                axis.legend(frameon=False, fontsize=8, loc="lower left")
            rows = 0
        drawing.tight_layout(rect=(0, 0.06 * rows, 1, 1))
        found = {}
        for suffix, options in (("svg", {"metadata": {"Date": None, "Creator": None}}), ("png", {"dpi": 150})):
            stream = io.BytesIO()
            drawing.savefig(stream, format=suffix, **options)
            found[suffix] = stream.getvalue()
        plt.close(drawing)
    return found


def _draw(axis: Any, panel: Panel) -> None:
    for number, curve in enumerate(panel.curves):
        colour, line, marker = STYLES.get(curve.label, OTHERS[number % len(OTHERS)])
        x, mean, deviation = curve.points.T
        shown = (x > 0) & (mean > 0)
        x, mean, deviation = x[shown], mean[shown], deviation[shown]
        spacing = max(1, len(x) // 9)
        axis.plot(
            x,
            mean,
            color=colour,
            linestyle=line,
            marker=marker,
            label=curve.label,
            linewidth=1.4,
            markersize=3.5,
            markevery=(number * spacing // max(1, len(panel.curves)), spacing),
        )
        if deviation.any():
            axis.fill_between(x, np.maximum(mean - deviation, mean / 50), mean + deviation, color=colour, alpha=0.2)
    for label, height in panel.marks.items():
        axis.axhline(height, color="black", linewidth=0.8, linestyle=(0, (2, 2)))
        axis.annotate(label, (0.02, height), xycoords=("axes fraction", "data"), va="bottom", fontsize=9)
    axis.set_xscale("log")
    places = panel.curves[0].points[:, 0]
    if len(places) <= 10:
        axis.minorticks_off()
        axis.set_xticks(places, labels=[f"{place:g}" for place in places])
    axis.set_yscale("log")
    axis.set_xlabel(panel.x)
    axis.set_ylabel(panel.y)
    axis.set_title(panel.title, fontsize=9)
