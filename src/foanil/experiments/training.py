"""Training runs of Section 5: deterministic, observed at fixed steps, saved so that an interruption costs a minute.

A run is fixed by its configuration, seed, method and number; the arithmetic never depends on when it was saved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foanil import adaptation, dynamics
from foanil.arrays import NUMPY
from foanil.experiments import checkpoints
from foanil.experiments.configuration import Configuration
from foanil.setting import Setting
from foanil.simulation import factorisations, methods, relu
from foanil.simulation.methods import State, Step
from foanil.simulation.tasks import Floats, Tasks, draw

Progress = Callable[[int], bool]
"""Told the steps done so far; answers whether to go on."""
COLUMNS = ("step", "smallest_shared", "largest_shared", "average_complement", "largest_complement", "distance", "gap")
"""What is observed: squared singular values of B⋆ᵀB_t and of B⋆,⊥ᵀB_t (Figures 2 and 3), of degree 1; the sine of the
largest principal angle between col(B⋆) and the k leading left singular directions of B_t, a pure number; and by how
much the loss (1) exceeds its minimum over all (B, w), in closed form, of degree 2 (NaN where there is no head)."""

STREAMS = {"tasks": 0, "start": 1, "test": 2}
"""Independent random streams of a run; methods of one run share them, so that their differences are paired."""

SAVE_EVERY_S = 60.0
DIVERGED = 1e100
"""An entry of B beyond this can only grow; NaN is not below it either."""
LOOK_EVERY = 25
"""Steps between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training run of one method."""

    configuration: Configuration
    seed: int
    method: str
    number: int

    @property
    def steps(self) -> int:
        """Outer steps of the whole run."""
        c = self.configuration
        special = {"burer-monteiro": c.factor_steps, "nuclear-norm": c.factor_steps, "burer-monteiro-lbfgs": 1}
        return special.get(self.method, c.steps)

    def random(self, stream: str, *more: int) -> np.random.Generator:
        """Return a fresh generator of one of the STREAMS, the same for every method of this number."""
        key = (self.number, STREAMS[stream], *more)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def file(self, folder: Path) -> Path:
        """Return where the run is saved."""
        return folder / self.configuration.name / f"{self.method}-{self.number}.checkpoint"


@dataclass(frozen=True, slots=True)
class Trained:
    """Where a run stands: B (d, k′), w (k′,) or None, and a row of COLUMNS per observed step."""

    t: int
    B: Floats
    w: Floats | None
    series: Floats


# Starts and steps ----------------------------------------------------------------------------------


def start(run: Run) -> State:
    """Return the state at step 0."""
    c, random = run.configuration, run.random("start")
    if run.method in RELU:
        widths = (c.k_prime,) * RELU[run.method]
        return relu.start(c.d, widths, (c.start_sq / c.alpha) ** 0.5, random)
    if run.method == "nuclear-norm":
        return factorisations.nuclear_norm_start(c.N, c.d)
    if run.method in FACTORISATIONS:
        state = methods.orthogonal_start(c.d, c.k_prime, c.factor_start_sq, 1.0, random)
        return {"B": state["B"], "W": np.zeros((c.N, c.k_prime))}
    head_sq, frame = c.head_sq * c.k_prime * c.alpha, c.world.B_star if c.aligned else None
    state = methods.orthogonal_start(c.d, c.k_prime, c.start_sq / c.alpha, head_sq, random, frame)
    return {**state, "drawn": np.zeros(())} if run.method == "fo-maml-fresh-tasks" else state


def outer_step(run: Run) -> Step:
    """Return the step of a run's method, with its tasks drawn. Raises KeyError for an unknown method."""
    return STEPS[run.method](run)


def _tasks(run: Run) -> Tasks:
    c = run.configuration
    return draw(c.world, c.N, c.m_in, c.m_out, run.random("tasks"))


def _infinite_tasks(run: Run) -> Step:
    """Return the step of the recursion (5)-(6), in floats."""
    c = run.configuration
    if c.mean_norm:
        raise ValueError(f"(5)-(6) are stated for tasks of mean zero; got ‖μ⋆‖ = {c.mean_norm}; use fo-anil")
    setting = Setting(c.d, c.k, c.k_prime, c.m_in, c.Sigma_star.tolist(), c.sigma_sq, c.alpha, c.beta)
    letters = setting.in_system(NUMPY)

    def step(state: State) -> State:
        theta = dynamics.fast_step(NUMPY, letters, dynamics.Iterate(state["B"], state["w"][:, None]))
        return {"B": theta.B, "w": theta.w[:, 0]}

    return step


def _fresh_tasks(run: Run) -> Step:
    """Return a step of FO-MAML on N new tasks every time: stochastic gradient descent on infinitely many."""
    c = run.configuration

    def step(state: State) -> State:
        drawn = int(state["drawn"])
        tasks = draw(c.world, c.N, c.m_in, c.m_out, run.random("tasks", drawn))
        return {**methods.fo_maml(tasks, c.alpha, c.beta)(state), "drawn": np.array(drawn + 1.0)}

    return step


def _trained_on_tasks(method: Callable[[Tasks, float, float], Step]) -> Callable[[Run], Step]:
    return lambda run: method(_tasks(run), run.configuration.alpha, run.configuration.beta)


def _trained_on_parameters(points: Callable[[Run], Floats]) -> Callable[[Run], Step]:
    return lambda run: methods.infinite_samples(points(run), run.configuration.alpha, run.configuration.beta)


STEPS: dict[str, Callable[[Run], Step]] = {
    "infinite-tasks": _infinite_tasks,
    "infinite-samples": _trained_on_parameters(lambda run: methods.moment_points(run.configuration.world)),
    "burer-monteiro": lambda run: methods.burer_monteiro(_tasks(run), run.configuration.factor_beta),
    "fo-anil": _trained_on_tasks(methods.fo_anil),
    "fo-maml": _trained_on_tasks(methods.fo_maml),
    "anil": _trained_on_tasks(methods.anil),
    "maml": _trained_on_tasks(methods.maml),
    "fo-anil-unsplit": _trained_on_tasks(lambda tasks, *steps: methods.fo_anil(tasks.unsplit, *steps)),
    "fo-maml-fresh-tasks": _fresh_tasks,
    "infinite-samples-of-n-tasks": _trained_on_parameters(lambda run: _tasks(run).theta_star),
    "nuclear-norm": lambda run: factorisations.nuclear_norm(_tasks(run), run.configuration.nuclear_weight),
    "burer-monteiro-lbfgs": lambda run: factorisations.burer_monteiro_lbfgs(_tasks(run)),
    "relu-2-fo-anil": _trained_on_tasks(relu.fo_anil),
    "relu-2-fo-maml": _trained_on_tasks(relu.fo_maml),
    "relu-3-fo-anil": _trained_on_tasks(relu.fo_anil),
    "relu-3-fo-maml": _trained_on_tasks(relu.fo_maml),
}
RELU = {"relu-2-fo-anil": 1, "relu-2-fo-maml": 1, "relu-3-fo-anil": 2, "relu-3-fo-maml": 2}
"""Methods that train ReLU networks, with the number of their hidden layers."""
FACTORISATIONS = ("burer-monteiro", "burer-monteiro-lbfgs")
METHODS = tuple(STEPS)[:5]
"""The methods of Table 1 that are trained, quickest first."""


# Observation ---------------------------------------------------------------------------------------


def observed_steps(steps: int) -> tuple[int, ...]:
    """Return the steps at which a run is observed: 0, some 120 in geometric progression, and every fifth of the run."""
    geometric = np.round(np.geomspace(1, steps, 120)).astype(int).tolist()
    return tuple(sorted({0, *geometric, *(steps * fifth // 5 for fifth in range(1, 6))}))


def observe(c: Configuration, t: int, state: State) -> tuple[float, ...]:
    """Return one row of COLUMNS."""
    world, B = c.world, state["B"]
    shared = np.linalg.svd(world.B_star.T @ B, compute_uv=False) ** 2
    outside = B - world.B_star @ (world.B_star.T @ B)
    complement = np.linalg.svd(outside, compute_uv=False) ** 2
    leading = np.linalg.svd(B, full_matrices=False)[0][:, : c.k]
    cosines = np.linalg.svd(world.B_star.T @ leading, compute_uv=False)
    distance = np.sqrt(max(0.0, 1 - float(cosines[-1]) ** 2))
    average = float(complement.sum()) / (c.d - c.k)
    gap = loss_gap(c, B, state["w"]) if "w" in state else np.nan
    return (t, float(shared[c.k - 1]), float(shared[0]), average, float(complement[0]), distance, gap)


def loss_gap(c: Configuration, B: Floats, w: Floats) -> float:
    """Return by how much the loss (1) at (B, w) exceeds its minimum, both in closed form. Degree 2."""
    world = c.world
    reached = adaptation.expected_half_risk(
        B, w, c.alpha, c.m_in, world.B_star, world.Sigma_star, world.sigma_sq, world.mean
    )
    return reached - minimal_loss(c, c.m_in)


def minimal_loss(c: Configuration, m: float) -> float:
    """Return the least expected half risk of one step on m rows: ½ Σ_j λ_j(1 − λ_j/((1 + 1/m)λ_j + σ̄²/m)). Degree 2.

    λ_j are the eigenvalues of Σ⋆ and σ̄² = Tr(Σ⋆) + σ² (theorem on global minima, Section 3).
    """
    eigenvalues = np.linalg.eigvalsh(c.Sigma_star)
    total = eigenvalues.sum() + c.sigma_sq
    return float(np.sum(eigenvalues * (1 - eigenvalues / ((1 + 1 / m) * eigenvalues + total / m))) / 2)


# Training ------------------------------------------------------------------------------------------


def train(run: Run, folder: Path, progress: Progress = lambda t: True, save_every_s: float = SAVE_EVERY_S) -> Trained:
    """Train to the end, or until `progress` says no, from the saved state where there is one; save when leaving.

    Raises checkpoints.CheckpointError when a saved state is damaged, belongs to another configuration, or cannot be
    written, and FloatingPointError when the iteration diverges.
    """
    path = run.file(folder)
    t, state, rows = resumed(run, path) if path.exists() else (0, start(run), [])
    if t < run.steps:
        t, state, rows = _continued(run, path, (t, state, rows), progress, save_every_s)
    return Trained(t, state["B"], state.get("w"), np.array(rows))


Position = tuple[int, State, list[tuple[float, ...]]]


def _continued(run: Run, path: Path, position: Position, progress: Progress, save_every_s: float) -> Position:
    t, state, rows = position
    step, times = outer_step(run), frozenset(observed_steps(run.steps))
    saved_at, going = time.monotonic(), True
    while going:
        if t in times and (not rows or rows[-1][0] < t):
            _require_finite(run, t, state)
            rows.append(observe(run.configuration, t, state))
        if t == run.steps:
            break
        with np.errstate(over="ignore", invalid="ignore"):
            state, t = step(state), t + 1
        if t % LOOK_EVERY == 0:
            going = progress(t)
            if time.monotonic() - saved_at > save_every_s:
                _save(run, path, t, state, rows)
                saved_at = time.monotonic()
    if t == run.steps:
        # What belongs to single tasks is of no use after training, and by far the largest part.
        state = {name: state[name] for name in ("B", "w") if name in state}
    _save(run, path, t, state, rows)
    return t, state, rows


def resumed(run: Run, path: Path) -> Position:
    """Return the step, the state and the rows of a saved run. Raises checkpoints.CheckpointError as `train`."""
    arrays = checkpoints.load(path)
    if not np.array_equal(arrays.get("run", ()), _identity(run)):
        raise checkpoints.CheckpointError(
            f"the checkpoint {path} belongs to another configuration or seed; choose another folder (--folder), or "
            "the same flags as before"
        )
    state: State = {name: array for name, array in arrays.items() if name not in ("t", "series", "run")}
    if not _is_position(run, arrays, state):
        raise checkpoints.CheckpointError(
            f"the checkpoint {path} has other arrays than this run saves (names, shapes, kinds of numbers); "
            "move it away to train again"
        )
    return int(arrays["t"]), state, [tuple(row) for row in arrays["series"].tolist()]


def _is_position(run: Run, arrays: checkpoints.Saved, state: State) -> bool:
    """Whether saved arrays are a step of the run, rows of what was observed, and a state of the shapes of its start."""
    t, series, begun = arrays.get("t"), arrays.get("series"), start(run)
    if t is None or t.shape or t.dtype.kind not in "iu" or not 0 <= t <= run.steps:
        return False
    if series is None or series.dtype.kind != "f" or series.ndim != 2 or series.shape[1] != len(COLUMNS):
        return False
    kept = {name for name in ("B", "w") if name in begun} if t == run.steps else set(begun)
    return set(state) == kept and all(
        state[name].shape == begun[name].shape and state[name].dtype.kind == "f" for name in kept
    )


def _save(run: Run, path: Path, t: int, state: State, rows: list[tuple[float, ...]]) -> None:
    _require_finite(run, t, state)
    checkpoints.save(path, {**state, "t": np.array(t), "series": np.array(rows), "run": _identity(run)})


def _require_finite(run: Run, t: int, state: State) -> None:
    if not np.abs(state["B"]).max() < DIVERGED:
        raise FloatingPointError(
            f"{run.method}, run {run.number}, has diverged by step {t}: expected entries of B below {DIVERGED:.0e}; "
            "choose smaller step sizes or a smaller start (its last finite checkpoint is kept)"
        )


def _identity(run: Run) -> NDArray[Any]:
    return np.frombuffer(f"{run.configuration.fingerprint()} {run.seed} {run.method} {run.number}".encode(), np.uint8)
