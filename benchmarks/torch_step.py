"""The baselines: the same outer gradients from an autodiff library, as its users write them.

Batched: the losses of all tasks in one expression, differentiated twice (heads, then both blocks). Mapped: one task's
losses, with `torch.func.grad`, carried over all tasks by `torch.func.vmap`. Each as the definition reads, XBw from the
left, in the fastest form found; and each again with our order of products, X(Bw).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from foanil.simulation.tasks import Floats, Tasks

Predict = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Torch:
    """A problem in torch's tensors, which share the memory of the arrays."""

    X_in: Any
    y_in: Any
    X_out: Any
    y_out: Any
    B: Any
    w: Any
    alpha: float


def shared(tasks: Tasks, B: Floats, w: Floats, alpha: float) -> Torch:
    """Return the problem as tensors, B and w in the dtype of the tasks."""
    of = torch.from_numpy
    data = {name: of(getattr(tasks, name)) for name in ("X_in", "y_in", "X_out", "y_out")}
    return Torch(**data, B=of(B.astype(tasks.X_in.dtype)), w=of(w.astype(tasks.X_in.dtype)), alpha=alpha)


def loss(predict: Predict, X: Any, y: Any, B: Any, w: Any) -> Any:
    """Return the sum over tasks of ‖XBw − y‖²/(2m)."""
    return ((predict(X, B, w) - y) ** 2).sum() / (2 * y.shape[-1])


# All tasks in one expression -----------------------------------------------------------------------


def left_batched(X: Any, B: Any, W: Any) -> Any:
    """(XB)w, as the definition reads."""
    return torch.bmm(X @ B, W[:, :, None])[:, :, 0]


def right_batched(X: Any, B: Any, W: Any) -> Any:
    """X(Bw)."""
    return torch.bmm(X, (W @ B.T)[:, :, None])[:, :, 0]


def batched(problem: Torch, predict: Predict) -> tuple[Any, Any]:
    """Return the mean first-order gradients of FO-ANIL by two calls of autograd."""
    p, N = problem, len(problem.X_in)
    W = p.w.expand(N, -1).clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss(predict, p.X_in, p.y_in, p.B, W), W)
    heads, B = (W - p.alpha * slope).detach().requires_grad_(), p.B.clone().requires_grad_()
    along_B, along_heads = torch.autograd.grad(loss(predict, p.X_out, p.y_out, B, heads) / N, (B, heads))
    return along_B.numpy(), along_heads.sum(0).numpy()


# One task, mapped ----------------------------------------------------------------------------------


def left(X: Any, B: Any, w: Any) -> Any:
    """(XB)w, as the definition reads."""
    return X @ B @ w


def right(X: Any, B: Any, w: Any) -> Any:
    """X(Bw)."""
    return X @ (B @ w)


def mapped(problem: Torch, predict: Predict) -> tuple[Any, Any]:
    """Return the mean first-order gradients of FO-ANIL by `torch.func.vmap` of `torch.func.grad`."""
    p = problem
    of_head = torch.func.grad(lambda w, X, y: loss(predict, X, y, p.B, w))
    of_both = torch.func.grad(lambda B, w, X, y: loss(predict, X, y, B, w), argnums=(0, 1))

    def task(X_in: Any, y_in: Any, X_out: Any, y_out: Any) -> Any:
        return of_both(p.B, p.w - p.alpha * of_head(p.w, X_in, y_in), X_out, y_out)

    along_B, along_w = torch.func.vmap(task)(p.X_in, p.y_in, p.X_out, p.y_out)
    return along_B.mean(0).numpy(), along_w.mean(0).numpy()


BASELINES: dict[str, Callable[[Torch], tuple[Any, Any]]] = {
    "torch, batched autograd": lambda problem: batched(problem, left_batched),
    "torch.func.vmap(grad)": lambda problem: mapped(problem, left),
    "torch, batched autograd, our order of products": lambda problem: batched(problem, right_batched),
    "torch.func.vmap(grad), our order of products": lambda problem: mapped(problem, right),
}


def use_threads(threads: int) -> None:
    """Let torch use so many threads."""
    torch.set_num_threads(threads)
