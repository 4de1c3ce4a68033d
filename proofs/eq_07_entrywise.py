"""Equations (4)-(7) by the second engine: every entry a symbol, explicit sizes, SymPy's polynomial rings.

The steps come from first principles; nothing here uses matrix words but the comparison of the two engines.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foanil import first_principles, formal
from foanil.arrays import EXACT, Array
from foanil.entrywise_moments import EntryRing, centred_expectation, gaussian_expectation
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.first_principles import Parameters, Sample
from proofs.expectations import adapted_second_moment

SIZES = ((4, 2, 3, 1), (3, 1, 2, 4), (2, 1, 2, 3), (5, 3, 4, 1))
"""(d, k, k′, m_in), pairwise distinct in the first two; the smallest legal d and k are among them."""


@dataclass(frozen=True)
class Entries:
    """The model at explicit sizes: every entry of B, w, Σ⋆, X, z and w⋆ a generator; B⋆ the first k axes."""

    d: int
    k: int
    k_prime: int
    m_in: int

    @functools.cached_property
    def ring(self) -> EntryRing:
        """The ring of all entries."""
        shapes = {
            "B": (self.d, self.k_prime),
            "w": (self.k_prime, 1),
            "Sigma_star": (self.k, self.k),
            "w_star": (self.k, 1),
            "X_in": (self.m_in, self.d),
            "z_in": (self.m_in, 1),
        }
        return EntryRing(shapes, ("alpha", "beta", "sigma_sq"), frozenset({"Sigma_star"}))

    @functools.cached_property
    def letters(self) -> Mapping[str, Any]:
        """The paper's letters as matrices of generators; m_in a rational."""
        ring = self.ring
        axes = [[int(i == j) for j in range(self.k)] for i in range(self.d)]
        matrices = {name: ring.matrix(name) for name in ring.shapes}
        scalars = {name: ring.scalar(name) for name in ring.scalars}
        sigma_bar_sq = EXACT.trace(matrices["Sigma_star"]) + scalars["sigma_sq"]
        fixed = {"B_star": ring.constant(axes), "m_in": EXACT.scalar(self.m_in), "sigma_bar_sq": sigma_bar_sq}
        return {**matrices, **scalars, **fixed}

    @functools.cached_property
    def adapted_head(self) -> Array:
        """w_{t,i} after the inner step of (2), a polynomial in the data."""
        x = self.letters
        sample = first_principles.task_sample(x["X_in"], x["m_in"], x["B_star"], x["w_star"], x["z_in"])
        return first_principles.inner_step(Parameters(x["B"], x["w"]), sample, x["alpha"]).w

    def mean(self, matrix: Array) -> Array:
        """Return the mean over noise, task and features."""
        x = self.letters
        noise = x["sigma_sq"] * EXACT.eye(self.m_in)
        over_noise = centred_expectation(matrix, x["z_in"], noise)
        over_tasks = centred_expectation(over_noise, x["w_star"], x["Sigma_star"])
        return gaussian_expectation(over_tasks, x["X_in"])

    @functools.cached_property
    def second_moment(self) -> Array:
        """E[w_{t,i}w_{t,i}ᵀ], entry by entry."""
        head = self.adapted_head
        return self.mean(head @ head.T)

    def mean_outer_direction(self) -> Parameters:
        """The mean first-order direction of (3): over a fresh row E[xxᵀ] = I, so the outer sample is X = I, m = 1.

        For one task, E over outer data of ∇_θ L̂ at (B, w_i) is the gradient of the expected loss: X → I, y → B⋆w⋆.
        """
        x = self.letters
        identity = self.ring.constant([[int(i == j) for j in range(self.d)] for i in range(self.d)])
        outer = Sample(identity, x["B_star"] @ x["w_star"], EXACT.scalar(1))
        direction = first_principles.gradient(Parameters(x["B"], self.adapted_head), outer)
        return Parameters(self.mean(direction.B), self.mean(direction.w))

    def stated(self, formula: Callable[..., Any], **given: Any) -> Array:
        """Evaluate a stated formula on the entries."""
        known = {**self.letters, **given}
        return formula(EXACT, **{name: known[name] for name in formal.letters(formula)})


@functools.cache
def entries(*sizes: int) -> Entries:
    """Return the model at explicit sizes (d, k, k′, m_in)."""
    return Entries(*sizes)


def _difference(computed: Array, stated: Array) -> Residual:
    gap = computed - stated
    nonzero = sum(bool(entry) for entry in gap.ravel())
    shown = f"{nonzero} of {gap.size} entries differ"
    return exact_residual(nonzero == 0, shown, computed=_one(computed), stated=_one(stated))


def _one(matrix: Array) -> str:
    text = str(matrix[0, -1])
    return f"entry (1, {matrix.shape[1]}): {text if len(text) < 400 else text[:400] + ' …'}"


def _check(
    claim: str, formula: str, sizes: tuple[int, ...], compute: Callable[[Entries], tuple[Array, Mapping[str, Any]]]
) -> Check:
    def residual(stated: Callable[..., Any]) -> Residual:
        model = entries(*sizes)
        computed, given = compute(model)
        return _difference(computed, model.stated(stated, **given))

    d, k, k_prime, m_in = sizes
    scope = f"d = {d}, k = {k}, k′ = {k_prime}, m_in = {m_in}; every entry a symbol, B⋆ the first k axes"
    return Check(f"{formula} entry by entry at {sizes}", (claim,), Method.EXACT, scope, formula, residual)


def _stepped(model: Entries, block: str) -> Array:
    x = model.letters
    direction = model.mean_outer_direction()
    return getattr(first_principles.outer_step(Parameters(x["B"], x["w"]), direction, x["beta"]), block)


CHECKS = (
    *(_check("eq-7", "second_moment", sizes, lambda model: (model.second_moment, {})) for sizes in SIZES),
    _check("eq-4", "inner_step", (3, 1, 2, 4), lambda model: (model.adapted_head, {})),
    _check("eq-5", "head_step", (3, 1, 2, 4), lambda model: (_stepped(model, "w"), {})),
    _check(
        "eq-6",
        "representation_step",
        (3, 1, 2, 4),
        lambda model: (_stepped(model, "B"), {"second_moment": model.second_moment}),
    ),
)


def engines_gap(*sizes: int) -> Array:
    """Return the second moment of the moment engine in words, evaluated on the entries, minus the second engine's."""
    model = entries(*sizes)
    letters = {name: model.letters[name] for name in ("B", "w", "B_star", "Sigma_star")}
    numbers = {name: model.letters[name] for name in ("alpha", "sigma_sq", "sigma_bar_sq", "m_in")}
    in_words: Array = adapted_second_moment().evaluate(EXACT, letters, numbers)
    return np.asarray(in_words - model.second_moment)
