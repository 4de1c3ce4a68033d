"""The figures of Section 5, and three the paper lacks, from recorded results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from foanil.claims.table_1 import METHODS
from foanil.experiments import figures, variants
from foanil.experiments.configuration import PAPER, Configuration
from foanil.experiments.figures import Curve, Figure, Panel, band
from foanil.experiments.results import Networks, Results
from foanil.experiments.training import COLUMNS
from foanil.simulation.tasks import Floats

TRAINED = ("fo-anil", "fo-maml", "infinite-tasks", "infinite-samples", "burer-monteiro")
STEP = "outer step"
SHARED = r"squared singular value of $B_\star^\top B_t$"
COMPLEMENT = r"squared singular value of $B_{\star,\perp}^\top B_t$"
NORM = r"$\Vert B_{\star,\perp}^\top B_t \Vert^2$"
LIMIT = r"$\Lambda_\star$"


def gallery(table: Results, explored: Results) -> tuple[Figure, ...]:
    """Return Figures 2 and 3 and ours, from the results of Table 1 and of the variants."""
    ours = (unlearning_rate(table, explored), residual(explored), loss_gap(table), relu_networks(explored))
    return (shared(table), complement(table), *ours)


def drawn(table: Results, explored: Results, folder: Path) -> Iterator[Path]:
    """Save every figure, and yield each file as it is there.

    Raises KeyError for results that lack a method, checkpoints.CheckpointError when the folder cannot be written.
    """
    for figure in gallery(table, explored):
        yield from figures.save(figure, folder)


def runs_of(networks: Networks, name: str) -> list[Floats]:
    """Return the series of every run of a method or variant, run by run."""
    found = [networks[key].series for key in sorted(networks) if key[0] == name]
    if not found:
        raise KeyError(f"no run of {name!r} in these results")
    return found


def _curves(table: Results, column: str, methods: Sequence[str] = TRAINED) -> tuple[Curve, ...]:
    index = COLUMNS.index(column)
    return tuple(band(METHODS[name], runs_of(table.networks, name), index) for name in methods)


# Figures 2 and 3 -----------------------------------------------------------------------------------


def limit_values(c: Configuration) -> Floats:
    """Return the eigenvalues of Λ⋆ (8) in increasing order: λ/((1 + 1/m)λ + σ̄²/m)/α for each λ of Σ⋆. Degree 1."""
    eigenvalues = np.linalg.eigvalsh(c.Sigma_star)
    total = eigenvalues.sum() + c.sigma_sq
    return np.asarray(eigenvalues / ((1 + 1 / c.m_in) * eigenvalues + total / c.m_in) / c.alpha)


def shared(table: Results) -> Figure:
    """Return Figure 2: the smallest and the largest squared singular value of B⋆ᵀB_t."""
    limit = limit_values(PAPER)
    panels = (
        Panel("smallest", STEP, SHARED, _curves(table, "smallest_shared"), {LIMIT: limit[0]}),
        Panel("largest", STEP, SHARED, _curves(table, "largest_shared"), {LIMIT: limit[-1]}),
    )
    caption = "Squared singular values along the shared subspace (the paper's Figure 2): mean and standard deviation"
    return Figure("figure_2", f"{caption} over {_count(table)} runs.", panels)


def complement(table: Results) -> Figure:
    """Return Figure 3: the average and the largest squared singular value of B⋆,⊥ᵀB_t."""
    panels = (
        Panel("average", STEP, COMPLEMENT, _curves(table, "average_complement"), {}),
        Panel("largest", STEP, COMPLEMENT, _curves(table, "largest_complement"), {}),
    )
    caption = "Squared singular values along the complement (the paper's Figure 3): mean and standard deviation"
    return Figure("figure_3", f"{caption} over {_count(table)} runs.", panels)


def _count(table: Results) -> int:
    return len(runs_of(table.networks, TRAINED[0]))


# What the paper lacks ------------------------------------------------------------------------------


def unlearning_rate(table: Results, explored: Results) -> Figure:
    """Return ‖B⋆,⊥ᵀB_t‖² against its bounds, under Theorem 1's hypotheses and in the setting of Section 5."""
    proved = variants.PROVED.configuration
    largest = COLUMNS.index("largest_complement")
    measured = band("measured", runs_of(explored.networks, variants.PROVED.name), largest)
    finite = band("FO-ANIL", runs_of(table.networks, "fo-anil"), largest)
    infinite = band("FO-ANIL, infinite tasks", runs_of(table.networks, "infinite-tasks"), largest)
    panels = (
        Panel(
            "under the hypotheses of Theorem 1",
            STEP,
            NORM,
            (measured, *_bounds(proved, measured.points, {"proved, 23/12": 23 / 12, "of the paper": 1.0})),
            {},
        ),
        Panel(
            "setting of Section 5",
            STEP,
            NORM,
            (infinite, finite, *_bounds(PAPER, infinite.points, {"sharp limit, 2": 2.0, "of the paper": 1.0})),
            {},
        ),
    )
    caption = (
        "Unlearning against the bounds ‖D_0‖²/(1 + r·βγ‖D_0‖²t), γ = α²σ̄²/m_in: r = 1 is the paper's rate, r = 23/12 "
        "is proved for every t (new-rate-constant), and no r above 2 can hold when k' > k."
    )
    return Figure("unlearning_rate", caption, panels)


def _bounds(c: Configuration, points: Floats, rates: Mapping[str, float]) -> tuple[Curve, ...]:
    t, start = points[:, 0], points[0, 1]
    gamma = c.beta * c.alpha**2 * (np.trace(c.Sigma_star) + c.sigma_sq) / c.m_in
    values = {label: start / (1 + rate * gamma * start * t) for label, rate in rates.items()}
    return tuple(Curve(label, np.column_stack([t, value, 0 * t])) for label, value in values.items())


def residual(explored: Results) -> Figure:
    """Return what remains of the complement after 5000 steps against the number of tasks, from two starts."""
    panels = tuple(
        Panel(
            f"{title} squared singular value",
            "number of tasks N",
            "left of the complement",
            tuple(_left(explored, label, suffix, COLUMNS.index(column)) for label, suffix in STARTS.items()),
            {},
        )
        for title, column in (("average", "average_complement"), ("largest", "largest_complement"))
    )
    start = variants.SMALL_START / variants.RESIDUALS[0].configuration.alpha
    caption = (
        f"What is left of the complement with finitely many tasks. From a very small start ({start:.2g}) it rises up "
        "to the residual, which falls as N grows."
    )
    return Figure("finite_task_residual", caption, panels)


STARTS = {"usual start": "", "very small start": "-small-start"}


def _left(explored: Results, label: str, suffix: str, column: int) -> Curve:
    rows = []
    for N in variants.TASK_COUNTS:
        ends = [series[-1, column] for series in runs_of(explored.networks, f"tasks-{N}{suffix}")]
        rows.append((N, np.mean(ends), np.std(ends, ddof=1) if len(ends) > 1 else 0.0))
    return Curve(label, np.array(rows))


def loss_gap(table: Results) -> Figure:
    """Return by how much the loss (1) exceeds its exact minimum along training."""
    methods = [name for name in TRAINED if name != "burer-monteiro"]
    panel = Panel("", STEP, r"$\mathcal{L}_\mathrm{ANIL}$ − its minimum", _curves(table, "gap", methods), {})
    caption = "The expected loss (1) after one step on m_in rows, minus its exact minimum (new-global-minima-identity)."
    return Figure("loss_gap", caption, (panel,))


def relu_networks(explored: Results) -> Figure:
    """Return how the first layer of ReLU networks learns and unlearns: its largest squared singular values."""
    columns = {"shared": "largest_shared", "complement": "largest_complement"}
    panels = tuple(
        Panel(
            f"{layers} layers",
            STEP,
            "largest squared singular value",
            tuple(
                band(f"{name}, {part}", runs_of(explored.networks, f"relu-{layers}-{method}"), COLUMNS.index(column))
                for method, name in (("fo-anil", "FO-ANIL"), ("fo-maml", "FO-MAML"))
                for part, column in columns.items()
            ),
            {},
        )
        for layers in (2, 3)
    )
    caption = "ReLU networks: the first layer along the shared subspace and along its complement."
    return Figure("relu_networks", caption, panels)
