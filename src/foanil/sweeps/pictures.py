"""The picture of a diagram: each cell in the mixture of colours of what became of its starts; its numbers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foanil.experiments.checkpoints import write_bytes
from foanil.sweeps.axes import Floats
from foanil.sweeps.courses import STATUS
from foanil.sweeps.diagrams import Curve, Diagram, Panel
from foanil.sweeps.points import Integers

COLOURS: Mapping[str, tuple[float, float, float]] = {
    "converged": (0.84, 0.92, 0.98),
    "collapsed": (0.90, 0.55, 0.00),
    "diverged": (0.10, 0.10, 0.15),
    "periodic": (0.60, 0.25, 0.60),
    "longer period": (0.85, 0.55, 0.80),
    "stuck": (0.00, 0.55, 0.40),
    "unfinished": (0.62, 0.62, 0.62),
    "inadmissible": (1.0, 1.0, 1.0),
}
"""From light to dark as in black and white: converged, unfinished, the failures, diverged."""

LABELS = {"unfinished": "undecided", "periodic": "period 2"}

ENDS = (*STATUS, "longer period")
"""What a start of a cell counts as; a period of 2 as "periodic"."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What became of the starts at each value pair: counts[y, x, end]; time: median of the steps to ε, or NaN."""

    x: Floats
    y: Floats
    counts: Integers
    time: Floats

    def share(self, status: str) -> Floats:
        """Return the share of starts with an end, by cell."""
        found: Floats = self.counts[:, :, ENDS.index(status)] / self.counts.sum(axis=2)
        return found

    def total(self, status: str) -> int:
        """Return the number of starts with an end."""
        return int(self.counts[:, :, ENDS.index(status)].sum())


def cells(table: Any, x: str, y: str) -> Cells:
    """Return the cells of a sweep's rows over two of its columns."""
    columns = {name: np.array(table[name].to_pylist()) for name in (x, y)}
    xs, column = np.unique(columns[x], return_inverse=True)
    ys, row = np.unique(columns[y], return_inverse=True)
    counts = np.zeros((len(ys), len(xs), len(ENDS)), dtype=np.int64)
    places: Any = (row, column, [ENDS.index(name) for name in _ends(table)])
    np.add.at(counts, places, 1)
    return Cells(xs, ys, counts, _medians(table, row * len(xs) + column, counts.shape[:2]))


def _ends(table: Any) -> list[str]:
    """Return what each row counts as."""
    status = table["status"].to_pylist()
    period = table["period"].to_pylist() if "period" in table.column_names else [2] * len(status)
    pairs = zip(status, period, strict=True)
    return ["longer period" if name == "periodic" and length > 2 else name for name, length in pairs]


def _medians(table: Any, cell: Integers, shape: tuple[int, ...]) -> Floats:
    times = np.full(shape, np.nan)
    if "time" in table.column_names:
        values = np.array([np.nan if t is None else t for t in table["time"].to_pylist()], dtype=float)
        for place in np.unique(cell):
            seen = values[cell == place]
            times.flat[place] = np.median(seen) if np.isfinite(seen).all() else np.nan
    return times


# Files ---------------------------------------------------------------------------------------------


def save(diagram: Diagram, found: Sequence[Cells], folder: Path) -> list[Path]:
    """Write the picture as SVG and PNG and its numbers as CSV, each at once. Raises checkpoints.CheckpointError."""
    contents = {**_drawn(diagram, found), "csv": numbers(diagram, found)}
    paths = [folder / f"{diagram.name}.{suffix}" for suffix in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        write_bytes(path, content)
    return paths


def numbers(diagram: Diagram, found: Sequence[Cells]) -> bytes:
    """Return how many starts of each cell ended how, a line a cell, and their median time where it is known."""
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\n")
    lines.writerow(["panel", diagram.x[0], diagram.y[0], *ENDS, "median_time"])
    for panel, each in zip(diagram.panels, found, strict=True):
        for i, j in np.ndindex(each.time.shape):
            time = "" if np.isnan(each.time[i, j]) else f"{each.time[i, j]:g}"
            lines.writerow([panel.name, f"{each.x[j]:.6g}", f"{each.y[i]:.6g}", *each.counts[i, j].tolist(), time])
    return stream.getvalue().encode()


def _drawn(diagram: Diagram, found: Sequence[Cells]) -> dict[str, bytes]:
    """Return the picture as SVG and PNG, the same bytes for the same numbers."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    settings: Any = {"svg.hashsalt": "foanil", "font.size": 9}
    with mpl.rc_context(settings):
        width = 1.2 + 4.0 * len(found)
        figure, axes = plt.subplots(1, len(found), figsize=(width, 4.3), squeeze=False, sharey=True)
        for axis, panel, each in zip(axes[0], diagram.panels, found, strict=True):
            _panel(axis, diagram, panel, each)
        axes[0, 0].set_ylabel(diagram.y[1])
        lines = _legend(figure, found)
        figure.suptitle(diagram.title, fontsize=10)
        figure.tight_layout(rect=(0, 0.02 + 0.04 * lines, 1, 1))
        contents = {}
        for suffix, metadata in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
            stream = io.BytesIO()
            figure.savefig(stream, format=suffix, metadata=metadata, dpi=130)
            contents[suffix] = stream.getvalue()
        plt.close(figure)
    return contents


def _panel(axis: Any, diagram: Diagram, panel: Panel, each: Cells) -> None:
    """Draw one sweep: the cells, the median times where they are known, and the curves."""
    shares = each.counts / each.counts.sum(axis=2, keepdims=True)
    colours = shares @ np.array([COLOURS[name] for name in ENDS])
    scales = [_logarithmic(diagram, name) for name, _ in (diagram.x, diagram.y)]
    edges = [_edges(values, scale) for values, scale in zip((each.x, each.y), scales, strict=True)]
    axis.pcolormesh(*edges, colours, rasterized=True)
    for i, j in np.argwhere(np.isfinite(each.time)):
        axis.text(each.x[j], each.y[i], f"{each.time[i, j]:.2g}".replace("e+0", "e"), ha="center", va="center", size=6)
    for curve, style in zip(panel.curves, ("-", "--", ":"), strict=False):
        _curve(axis, curve, each.x, style)
    axis.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]], xlabel=diagram.x[1])
    timed = np.isfinite(each.time).any()
    axis.set_title(f"{panel.title} (numbers: median steps)" if timed else panel.title, fontsize=8)
    for scale, change in zip(scales, (axis.set_xscale, axis.set_yscale), strict=True):
        change("log" if scale else "linear")


def _logarithmic(diagram: Diagram, name: str) -> bool:
    given = diagram.common["axes"][name]
    return isinstance(given, dict) and given["scale"] == "log"


def _edges(values: Floats, logarithmic: Any) -> Floats:
    """Return the borders of cells around values, half-way between them."""
    if len(values) == 1:
        return np.array([0.9, 1.1]) * values[0] if values[0] else np.array([-0.5, 0.5])
    at = np.log(values) if logarithmic else values
    middle = (at[1:] + at[:-1]) / 2
    borders: Floats = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(borders) if logarithmic else borders


def _curve(axis: Any, curve: Curve, x: Floats, style: str) -> None:
    drawn: dict[str, Any] = {"color": "#c00020", "linestyle": style, "linewidth": 1.3, "label": curve.label}
    if curve.at is not None:
        axis.axvline(curve.at, **drawn)
    if curve.y is not None:
        fine = np.linspace(x[0], x[-1], 2000)
        axis.plot(fine, curve.y(fine), **drawn)


def _legend(figure: Any, found: Sequence[Cells]) -> int:
    """Explain the colours that occur and the curves, below the panels; return in how many lines."""
    from matplotlib.patches import Patch

    seen = [name for name in COLOURS if name != "inadmissible" and any(each.total(name) for each in found)]
    patches = [Patch(facecolor=COLOURS[name], edgecolor="0.4", label=LABELS.get(name, name)) for name in seen]
    curves = {line.get_label(): line for each in figure.axes for line in each.get_lines()}
    handles = [*patches, *curves.values()]
    columns = 3 if len(found) < 3 else 4
    figure.legend(handles=handles, loc="lower center", ncols=columns, fontsize=8, frameon=False)
    return -(-len(handles) // columns)
