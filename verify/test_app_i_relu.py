"""ReLU networks, announced in Section 5: what FO-ANIL and FO-MAML make of their first layer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foanil.empirical import curves
from foanil.empirical.series import from_rows
from foanil.experiments.results import Results
from foanil.experiments.training import RELU


@pytest.mark.claim(id="new-relu-networks")
def test_relu_networks(explored: Results, observed: Callable[..., None]) -> None:
    """Two and three layers, adapted in the last or in every layer, learn alike: thresholds stated before looking."""
    runs = {
        name: [
            from_rows(name, key[1], explored.networks[key].series)
            for key in sorted(explored.networks)
            if key[0] == name
        ]
        for name in RELU
    }
    observed(curves.relu_networks(runs), f"{len(runs['relu-2-fo-anil'])} runs, N = 500, d = 20, seed {explored.seed}")
