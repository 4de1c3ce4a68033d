"""A layered layout of a graph without cycles: what uses nothing stands first, and edges cross little.

Layers by longest path, and within a layer the order by the mean position of neighbours, swept to and fro (Sugiyama,
Tagawa & Toda, 1981). No randomness: the same graph, the same layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

SWEEPS = 12

Uses = Mapping[str, Sequence[str]]
"""Each node with the nodes that it uses, all of them keys; no cycle."""


def depths(uses: Uses) -> dict[str, int]:
    """Return the layer of each node: 0 where it uses nothing, else one more than the deepest node that it uses."""
    found: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in found:
            found[name] = 1 + max(map(depth, uses[name]), default=-1)
        return found[name]

    for name in uses:
        depth(name)
    return {name: found[name] for name in uses}


def layers(uses: Uses, sweeps: int = SWEEPS) -> list[list[str]]:
    """Return the nodes by layer, each layer in an order with few crossings; the best order of all sweeps."""
    depth = depths(uses)
    used_by: dict[str, list[str]] = {name: [] for name in uses}
    for name, targets in uses.items():
        for target in targets:
            used_by[target].append(name)
    order = [[name for name in uses if depth[name] == level] for level in range(max(depth.values(), default=-1) + 1)]
    best = order
    for _ in range(sweeps):
        for way, neighbours in ((order, uses), (order[::-1], used_by)):
            for layer in way:
                _sort(layer, neighbours, heights(order))
        order = [list(layer) for layer in order]
        best = min((best, order), key=lambda candidate: length(candidate, uses))
    return best


def heights(order: Iterable[Sequence[str]]) -> dict[str, float]:
    """Return where each node stands within its layer, layers being centred on 0."""
    return {name: index - (len(layer) - 1) / 2 for layer in order for index, name in enumerate(layer)}


def length(order: Iterable[Sequence[str]], uses: Uses) -> float:
    """Return the sum of the heights that edges climb: what the sweeps keep small."""
    height = heights(order)
    return sum(abs(height[name] - height[target]) for name, targets in uses.items() for target in targets)


def _sort(layer: list[str], neighbours: Uses, height: Mapping[str, float]) -> None:
    """Sort a layer in place by the mean height of neighbours; a node without any stays where it is."""
    means = {
        name: sum(height[other] for other in neighbours[name]) / len(neighbours[name])
        if neighbours[name]
        else height[name]
        for name in layer
    }
    layer.sort(key=lambda name: means[name])
