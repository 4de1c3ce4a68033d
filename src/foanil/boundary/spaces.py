"""The hidden constants of Theorem 1, and the starts that have one of them at a given value, the others proved.

A candidate is a vector of numbers in [0, 1]; it becomes a problem with Σ⋆ = cI in pure numbers (`foanil.stacked`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from foanil.boundary.instances import Instance
from foanil.stacked import Floats, Numbers, Stack

STEP_SQ, START, HEAD, RATIO = Fraction(1, 4), Fraction(1, 4), Fraction(1), Fraction(1)
"""The explicit hypotheses kept by what is not searched: (ασ̄)² ≤ 1/4, m_in·α‖B_0‖² ≤ 1/4, ‖w_0‖² ≤ αc, β ≤ α."""

LEAST = 0.5
"""The least share of the step sizes' bounds: smaller steps only slow everything down."""

SMALLEST = 1e-2
"""Sizes are searched down to this share of their bound."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One hidden constant: its ratio, the claim, the value up to which the theorem is proved, where to search.

    `proved` None: nothing is proved uniformly. `claim` holds the proof; verify/ proves it again with this very number.
    `samples` and `noise` are the largest m_in and κ/k searched. `ladder` are the values of the ratio at which it is.
    `wide`: sizes up to k = 4, rows of the complement that may share the directions of the signal's, long horizons.
    """

    name: str
    ratio: str
    claim: str
    proved: Fraction | None
    ladder: tuple[Fraction, ...]
    samples: float = 100.0
    noise: float = 3.0
    always: bool = False
    wide: bool = False
    generations: int = 8

    @property
    def proved_text(self) -> str:
        """Return up to where the theorem is proved, in words; `always`: the hypothesis is not needed at all."""
        return "every value" if self.always else "no value for all m_in" if self.proved is None else str(self.proved)


def _ladder(*values: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(value) for value in values)


BOUNDARIES: Mapping[str, Boundary] = {
    each.name: each
    for each in (
        Boundary(
            "step-size",
            "(alpha sigma_bar)^2",
            "new-step-size-two-thirds",
            Fraction(4, 9),
            _ladder("4/9", "3/5", "4/5", "19/20", "99/100", "101/100", "11/10"),
        ),
        Boundary(
            "start",
            "m_in alpha ||B_0||^2",
            "new-init-without-sample-size",
            Fraction(1, 3),
            _ladder("1/3", "1/2", "3/4", "9/10", "99/100", "1", "5/4", "5/3", "3"),
        ),
        Boundary(
            "start-noise",
            "alpha ||B_0||^2 sigma_bar^2 / (m_in c)",
            "new-thm-1-explicit",
            None,
            _ladder("1", "8"),
            samples=2.0,
            always=True,
        ),
        Boundary(
            "head",
            "||w_0||^2 / (alpha c)",
            "new-thm-1-explicit",
            Fraction(1),
            _ladder("9/10", "1", "1001/1000", "11/10", "3/2", "2"),
            samples=4.0,
        ),
        Boundary(
            "ratio",
            "beta / alpha",
            "new-thm-1-explicit",
            Fraction(1),
            _ladder("1", "2", "3", "39/10", "41/10", "8"),
        ),
        Boundary(
            "product",
            "alpha beta c",
            "new-step-size-two-thirds",
            Fraction(4, 9),
            _ladder("4/9", "3/4", "99/100", "101/100", "3/2"),
        ),
        Boundary(
            "sample-free-start",
            "alpha ||B_0||^2 for every m_in",
            "app-a-m-in-artifact",
            None,
            _ladder("1/5", "1/3", "1/2", "3/4", "9/10", "99/100", "1"),
            samples=1e6,
            noise=8.0,
            generations=18,
        ),
        Boundary(
            "noisy-start",
            "alpha ||B_0||^2 for every m_in, kappa up to 100 k",
            "app-a-m-in-artifact",
            None,
            _ladder("1/3", "2/3", "99/100"),
            samples=1e6,
            noise=100.0,
            wide=True,
            generations=24,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a problem: k, k′ and the rows of the complement."""

    k: int
    k_prime: int
    rest: int

    @property
    def dimension(self) -> int:
        """The length of a candidate."""
        return 6 + (self.k + self.rest + 1) * self.k_prime


SHAPES = (Shape(1, 1, 0), Shape(1, 1, 1), Shape(1, 2, 1), Shape(2, 2, 1), Shape(2, 3, 2))
WIDE = (Shape(1, 1, 1), Shape(1, 3, 2), Shape(2, 2, 2), Shape(2, 4, 2), Shape(3, 3, 3), Shape(4, 4, 2), Shape(4, 5, 4))
"""Sizes searched without and with `Boundary.wide`; counterexamples are certified in the first of SHAPES."""


def scalars(boundary: Boundary, value: Fraction, shape: Shape, vectors: Floats) -> dict[str, Floats]:
    """Return a, ρ, κ, m, the size α‖B_0‖² and v = ‖w_0‖²/(αc) of candidates (rows), the ratio at its value."""
    share = SMALLEST ** (1 - vectors)
    step, ratio, start, head = (share[:, i] for i in range(4))
    m = np.round(boundary.samples ** vectors[:, 4])
    kappa = shape.k * boundary.noise ** vectors[:, 5]
    found = {
        "step": float(STEP_SQ) * np.maximum(step, LEAST),
        "rho": np.maximum(ratio, LEAST),
        "kappa": kappa,
        "m": m,
        "size": float(START) * start / m,
        "v": float(HEAD) * np.where(head <= 2 * SMALLEST, 0.0, head),
    }
    at = np.full(len(vectors), float(value))
    found |= _at(boundary.name, at, found)
    found["a"] = found["rho"] * found["step"] / found["kappa"]
    return found


def _at(name: str, at: Floats, found: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the letters that put the searched ratio at its value."""
    letters: dict[str, Callable[[], dict[str, Floats]]] = {
        "step-size": lambda: {"step": at},
        "start": lambda: {"size": at / found["m"]},
        "start-noise": lambda: {"size": float(START) / found["m"], "kappa": at * found["m"] ** 2 / float(START)},
        "head": lambda: {"v": at},
        "ratio": lambda: {"rho": at},
        # (ασ̄)² = aκ/ρ is least, a itself, at k = κ = ρ = 1
        "product": lambda: {"step": at, "kappa": np.ones_like(at), "rho": np.ones_like(at)},
        "sample-free-start": lambda: {"size": at},
        "noisy-start": lambda: {"size": at},
    }
    return letters[name]()


def problems(boundary: Boundary, value: Fraction, shape: Shape, vectors: Floats) -> tuple[Numbers, Stack]:
    """Return the problems and starts of candidates, one a row."""
    found, count = scalars(boundary, value, shape, vectors), len(vectors)
    entries = 2 * vectors[:, 6:] - 1 + 1e-6
    head, rows = entries[:, : shape.k_prime], entries[:, shape.k_prime :]
    B = rows.reshape(count, shape.k + shape.rest, shape.k_prime).copy()
    if boundary.wide:  # the share of the start's size is free here: it turns the complement towards the signal
        turned = vectors[:, 2][:, None, None]
        like = np.arange(shape.rest) % shape.k
        B[:, shape.k :] = (1 - turned) * B[:, shape.k :] + turned * B[:, like]
    B = B * (found["size"] ** 0.5 / np.linalg.norm(B, 2, axis=(1, 2)))[:, None, None]
    w = head * (found["v"] ** 0.5 / np.linalg.norm(head, axis=1))[:, None]
    spectrum = np.ones((count, shape.k))
    return Numbers(spectrum, *(found[name] for name in ("a", "rho", "m", "kappa"))), Stack(B, w[:, :, None])


# Exact instances ------------------------------------------------------------------------------------


def value_of(boundary: Boundary, instance: Instance) -> Fraction:
    """Return the boundary's ratio at an instance."""
    size = instance.x
    values: dict[str, Any] = {
        "step-size": instance.step_size_sq,
        "start": instance.m * size,
        "start-noise": size * instance.kappa / instance.m,
        "head": instance.v,
        "ratio": instance.rho,
        "product": instance.a,
        "sample-free-start": size,
        "noisy-start": size,
    }
    return Fraction(values[boundary.name])


FREES = {
    "start": {"start"},
    "sample-free-start": {"start"},
    "noisy-start": {"start"},
    "start-noise": set[str](),
    "step-size": {"step-size"},
    "product": {"step-size"},
    "head": {"head"},
    "ratio": {"ratio"},
}
"""The explicit hypotheses that a search lets go."""


def others_hold(boundary: Boundary, instance: Instance) -> bool:
    """Whether an instance is legal and meets the explicit hypotheses that the search of this boundary keeps; exact."""
    kept = {
        "step-size": instance.step_size_sq <= STEP_SQ,
        "start": instance.m * instance.x <= START,
        "head": instance.v <= HEAD,
        "ratio": instance.rho <= RATIO,
    }
    return instance.legal and all(holds for name, holds in kept.items() if name not in FREES[boundary.name])
