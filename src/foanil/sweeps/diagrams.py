"""Four ready sweeps, each a question that the paper leaves open, over two of the pure numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foanil.sweeps.axes import Floats
from foanil.sweeps.specification import Specification, specification

KAPPA = 3.0
"""σ̄²/c at k = 2 and noise 1/2, in the first three diagrams."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve drawn over a panel: y as a function of x, or a vertical line at `at`."""

    label: str
    y: Callable[[Floats], Floats] | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One sweep of a diagram: its title, what it changes, and the curves over it."""

    name: str
    title: str
    changes: Mapping[str, Any]
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagram:
    """A question over two axes; `common` is the part of the specification that its panels share."""

    name: str
    title: str
    question: str
    x: tuple[str, str]
    y: tuple[str, str]
    common: Mapping[str, Any]
    panels: tuple[Panel, ...]

    def sweep(self, panel: Panel, profile: str) -> Specification:
        """Return the sweep of a panel; the quick profile has few values, starts and steps."""
        given = {**self.common, **{key: value for key, value in panel.changes.items() if key != "axes"}}
        given["axes"] = {**self.common["axes"], **panel.changes.get("axes", {})}
        return specification(given if profile == "full" else _quick(given))


def _quick(given: Mapping[str, Any]) -> dict[str, Any]:
    axes = {name: _fewer(value) for name, value in given["axes"].items()}
    return {**given, "axes": axes, "starts": 2, "steps": min(given["steps"], 600), "chunk": 64}


def _fewer(value: Any) -> Any:
    if isinstance(value, dict):
        return {**value, "count": min(4, value["count"])}
    return value[:2] if isinstance(value, list) else value


def _span(low: float, high: float, count: int, scale: str = "log") -> dict[str, Any]:
    return {"from": low, "to": high, "count": count, "scale": scale}


REST = 10 / (10 + 1 + KAPPA)
"""x⋆ = m/(m + 1 + κ), the limit of αΛ_t, at m = 10."""
SCALE = r"$\alpha\Vert B_0\Vert^2$"
BASE: dict[str, Any] = {"seed": 20261123, "draw": "grid", "outcomes": ["converged", "violated", "period"], "chunk": 128}
NUMBERS: dict[str, Any] = {"d": 5, "k": 2, "noise": 0.5, "m": 10, "alpha_sigma": 0.5, "rho": 1.0, "head": 0.5}


# The initial scale and the sample size ---------------------------------------------------------------


def _explicit(m: Floats) -> Floats:
    return 1 / (4 * m)


def _without_m(m: Floats) -> Floats:
    found: Floats = np.minimum(1 / 3, (1 + KAPPA) / (m + 1 + KAPPA))
    return found


_SCALES = (
    Curve(r"$1/(4m_\mathrm{in})$: the explicit theorem", _explicit),
    Curve(r"$\min(1/3, 1 - x_\star)$: without the sample size", _without_m),
)
INITIAL_SCALE = Diagram(
    "initial-scale",
    "Initial scale and sample size",
    r"Does the bound on $\alpha\lVert B_0\rVert^2$ have to shrink as $m_{\mathrm{in}}$ grows?",
    ("m", r"$m_\mathrm{in}$"),
    ("size", SCALE),
    BASE | {"starts": 16, "steps": 100_000} | {"axes": NUMBERS | {"m": _span(1, 300, 24), "size": _span(1e-3, 10, 33)}},
    (
        Panel("exact-width", "k′ = k = 2", {"axes": {"k_prime": 2}}, _SCALES),
        Panel("wider", "k′ = 3 > k = 2", {"axes": {"k_prime": 3}}, _SCALES),
    ),
)


# The head ------------------------------------------------------------------------------------------


def _lemma(head: Floats) -> Floats:
    """Return aη²/(8ρ), below which a direction with the head along it collapses; a = 1/(4κ), ρ = 1."""
    eta = head - 1
    return np.where((eta > 0) & (eta <= 1), eta**2 / (32 * KAPPA), np.nan)


_ONE = Curve(r"$\Vert w_0\Vert^2 = \alpha c$", at=1.0)
HEAD = Diagram(
    "head-bound",
    "Initial head and initial scale",
    r"Is $\lVert w_0\rVert^2 \le \alpha c$ sharp?",
    ("head", r"$\Vert w_0\Vert^2/(\alpha c)$"),
    ("size", SCALE),
    BASE
    | {"starts": 16, "steps": 60_000}
    | {"axes": NUMBERS | {"k_prime": 2, "size": _span(1e-4, 1, 25), "head": _span(0.1, 2.5, 49, "linear")}},
    (
        Panel("generic", "k′ = k = 2, generic start", {}, (_ONE,)),
        Panel(
            "aligned",
            "k′ = k = 2, no complement, aligned head",
            {"start": "aligned"},
            (_ONE, Curve("below it, collapse is derived", _lemma)),
        ),
        Panel("wider", "k′ = 3 > k = 2, generic start", {"axes": {"k_prime": 3}}, (_ONE,)),
    ),
)


# The step sizes ------------------------------------------------------------------------------------


def _half(a: Floats) -> Floats:
    """Return ρ = 4aκ, where ασ̄ = 1/2."""
    return 4 * KAPPA * a


def _repelled(a: Floats) -> Floats:
    """Return ρ = 2/(x⋆(1 − x⋆)), above which a small head grows at the limit: ŵ₊ = (1 − ρx⋆(1 − x⋆))ŵ."""
    found: Floats = np.full_like(a, 2 / (REST * (1 - REST)))
    return found


_STEPS = (
    Curve(r"$\alpha\beta c = 1$", at=1.0),
    Curve(r"$\alpha\bar\sigma = 1/2$: the theorem lies above", _half),
    Curve(r"$\beta/\alpha = 2/(x_\star(1 - x_\star))$", _repelled),
)
STEP_SIZES = Diagram(
    "step-sizes",
    "Step sizes",
    "Which step sizes converge?",
    ("a", r"$\alpha\beta c$"),
    ("rho", r"$\beta/\alpha$"),
    BASE
    | {"starts": 8, "steps": 6_000}
    | {
        "axes": {name: value for name, value in NUMBERS.items() if name != "alpha_sigma"}
        | {"k_prime": 2, "size": 0.01, "head": 0.5, "a": _span(0.025, 1.4, 56, "linear"), "rho": _span(0.02, 20, 31)}
    },
    (
        Panel("generic", "generic start", {}, _STEPS),
        Panel("signal", "no complement and no head", {"start": "signal", "axes": {"head": 0}}, _STEPS),
    ),
)


# The covariance ------------------------------------------------------------------------------------

CONDITION = Diagram(
    "condition-number",
    "Condition number of the task covariance",
    r"Does Theorem 1 hold for other covariances than $cI_k$?",
    ("condition", r"condition number of $\Sigma_\star$"),
    ("k", "$k$"),
    BASE
    | {"starts": 48, "steps": 1_000_000, "chunk": 7, "outcomes": ["converged", "time", "violated", "period"]}
    | {
        "axes": NUMBERS
        | {"d": 10, "k": [2, 3, 4, 5, 6], "condition": _span(1, 1000, 7), "size": 0.025, "excess": 0, "head": 0.9}
    },
    (
        Panel("exact-width", "k′ = k", {}),
        Panel("wider", "k′ = k + 1", {"axes": {"excess": 1}}),
    ),
)

DIAGRAMS: Mapping[str, Diagram] = {each.name: each for each in (INITIAL_SCALE, HEAD, STEP_SIZES, CONDITION)}
