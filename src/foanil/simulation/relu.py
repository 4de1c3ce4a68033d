"""ReLU networks trained by FO-ANIL and FO-MAML on the same linear tasks (announced in Section 5).

f(x) = wᵀφ(B_Lᵀ … φ(B_1ᵀx)) with φ = max(·, 0): two layers are L = 1, three are L = 2. Needs the extra `foanil[relu]`,
which brings a library for reverse-mode derivatives; all other gradients of this package are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from foanil.simulation.methods import State, Step
from foanil.simulation.tasks import Floats, Tasks

Layers: TypeAlias = list[Any]
"""[B_1, …, B_L, w]: each shared by all tasks, (d, h) … (h,), or one per task, with a first axis of length N."""


class MissingExtraError(ImportError):
    """The library for derivatives is not installed."""


def _library() -> tuple[Any, Callable[..., Any]]:
    """Return autograd's NumPy and its gradient operator. Raises MissingExtraError with the cure."""
    try:
        import autograd.numpy as anp
        from autograd import grad
    except ImportError as error:
        raise MissingExtraError(
            "ReLU networks need a library for derivatives, which is not installed: pip install 'foanil[relu]'"
        ) from error
    return anp, grad


def outputs(anp: Any, layers: Layers, X: Floats) -> Any:
    """Return f(x) of every row of every task. X has shape (N, m, d); shape (N, m)."""
    *hidden, w = layers
    activations = X
    for B in hidden:
        activations = anp.maximum(anp.matmul(activations, B), 0.0)
    return anp.sum(activations * (w if w.ndim == 1 else w[:, None, :]), axis=-1)


def total_loss(anp: Any, layers: Layers, X: Floats, y: Floats) -> Any:
    """Return Σ_i ‖f(X_i) − y_i‖²/(2m), whose gradient in a task's own layers is that task's gradient."""
    return anp.sum((outputs(anp, layers, X) - y) ** 2) / (2 * X.shape[1])


def fo_anil(tasks: Tasks, alpha: float, beta: float) -> Step:
    """Return the outer step of FO-ANIL: the last layer adapts, first order (Section 2.2.1)."""
    return _step(tasks, alpha, beta, adapted=lambda count: range(count - 1, count))


def fo_maml(tasks: Tasks, alpha: float, beta: float) -> Step:
    """Return the outer step of FO-MAML: every layer adapts, first order (Section 2.2)."""
    return _step(tasks, alpha, beta, adapted=lambda count: range(count))


def _step(tasks: Tasks, alpha: float, beta: float, adapted: Callable[[int], Sequence[int]]) -> Step:
    anp, grad = _library()
    slope = grad(lambda layers, X, y: total_loss(anp, layers, X, y))

    def step(state: State) -> State:
        names = sorted(state)
        own = [np.broadcast_to(state[name], (len(tasks), *state[name].shape)) for name in names]
        inner = slope(own, tasks.X_in, tasks.y_in)
        moving = set(adapted(len(own)))
        own = [B - alpha * g if j in moving else B for j, (B, g) in enumerate(zip(own, inner, strict=True))]
        outer = slope(own, tasks.X_out, tasks.y_out)
        return {name: state[name] - beta * g.mean(axis=0) for name, g in zip(names, outer, strict=True)}

    return step


def start(d: int, widths: Sequence[int], scale: float, random: np.random.Generator) -> State:
    """Return layers with orthonormal columns times a scale, and a small last one: B, B_2, …, last, in this order."""
    names = ["B", *(f"B_{number}" for number in range(2, len(widths) + 1))]
    shapes = zip((d, *widths[:-1]), widths, strict=True)
    layers = {
        name: scale * np.linalg.qr(random.standard_normal(shape))[0] for name, shape in zip(names, shapes, strict=True)
    }
    w = random.standard_normal(widths[-1])
    return {**layers, "last": 0.1 * w / np.linalg.norm(w)}
