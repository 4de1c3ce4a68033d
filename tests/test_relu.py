"""Laws of ReLU networks under FO-ANIL and FO-MAML."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from foanil.simulation import relu
from foanil.simulation.tasks import Floats, Tasks, centred, draw

N, D = 3, 4
ALPHA, BETA = 0.07, 0.05


def tasks() -> Tasks:
    """Return a few tasks."""
    return draw(centred(D, np.diag([1.4, 0.6]), 0.4), N, 6, 5, np.random.default_rng(3))


def output(layers: list[Floats], x: Floats) -> float:
    """Return the network's output on one row, neuron by neuron."""
    *hidden, w = layers
    for B in hidden:
        x = np.array([max(0.0, sum(B[i, j] * x[i] for i in range(len(x)))) for j in range(B.shape[1])])
    return float(w @ x)


def loss(layers: list[Floats], X: Floats, y: Floats) -> float:
    """Return one task's mean squared error, halved."""
    return float(np.mean([(output(layers, x) - label) ** 2 for x, label in zip(X, y, strict=True)]) / 2)


def slopes(layers: list[Floats], X: Floats, y: Floats) -> list[Floats]:
    """Return the derivatives of one task's loss by central differences."""
    found = []
    for j, B in enumerate(layers):
        slope = np.zeros_like(B)
        for index in np.ndindex(*B.shape):
            ends = []
            for sign in (1, -1):
                moved = [layer.copy() for layer in layers]
                moved[j][index] += sign * 1e-6
                ends.append(loss(moved, X, y))
            slope[index] = (ends[0] - ends[1]) / 2e-6
        found.append(slope)
    return found


@pytest.mark.parametrize("widths", [(3,), (3, 2)])
@pytest.mark.parametrize("name", ["fo_anil", "fo_maml"])
def test_step_is_the_first_order_step_of_every_task(name: str, widths: tuple[int, ...]) -> None:
    """Last layer or all layers adapt on the inner sample; then all move along the mean outer gradient there."""
    data, state = tasks(), relu.start(D, widths, 0.8, np.random.default_rng(5))
    names = sorted(state)
    mean = [np.zeros_like(state[key]) for key in names]
    for i in range(N):
        layers = [state[key].copy() for key in names]
        moves = slopes(layers, data.X_in[i], data.y_in[i])
        first = len(names) - 1 if name == "fo_anil" else 0
        adapted = [B - ALPHA * g if j >= first else B for j, (B, g) in enumerate(zip(layers, moves, strict=True))]
        outer = slopes(adapted, data.X_out[i], data.y_out[i])
        mean = [total + g / N for total, g in zip(mean, outer, strict=True)]
    after = getattr(relu, name)(data, ALPHA, BETA)(state)
    for key, g in zip(names, mean, strict=True):
        np.testing.assert_allclose((state[key] - after[key]) / BETA, g, rtol=1e-5, atol=1e-7)


def test_methods_differ() -> None:
    """Adapting every layer is not adapting the last one."""
    data, state = tasks(), relu.start(D, (3,), 0.8, np.random.default_rng(5))
    gap = relu.fo_anil(data, ALPHA, BETA)(state)["B"] - relu.fo_maml(data, ALPHA, BETA)(state)["B"]
    assert np.abs(gap).max() > 1e-6


def test_layers_are_named_in_order() -> None:
    """Sorted by name, layers come in the order of the network, the last one last."""
    state = relu.start(D, (3, 2), 0.8, np.random.default_rng(5))
    assert [state[name].shape for name in sorted(state)] == [(4, 3), (3, 2), (2,)]


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, "autograd.numpy", None)
    with pytest.raises(relu.MissingExtraError, match=r"pip install 'foanil\[relu\]'"):
        relu.fo_anil(tasks(), ALPHA, BETA)
