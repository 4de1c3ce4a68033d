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

Sizes = tuple[int, int, int, int]

SIZES = ((4, 2, 3, 1), (3, 1, 2, 4), (2, 1, 2, 3), (5, 3, 4, 1))
"""(d, k, k′, m_in), pairwise distinct in the first two; the smallest legal d and k are among them."""

FREE_BASIS_SIZES = ((4, 2, 3, 1), (3, 1, 2, 4))
LOSS_SIZES = ((2, 1, 2, 3), (4, 2, 3, 1))


@dataclass(frozen=True)
class Entries:
    """The model at explicit sizes: every entry of B, w, Σ⋆, X, z and w⋆ a generator.

    B⋆ is the first k axes, or, with `free_basis`, any d×k matrix: its entries are generators with no relation.
    """

    d: int
    k: int
    k_prime: int
    m_in: int
    free_basis: bool = False

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
            **({"B_star": (self.d, self.k)} if self.free_basis else {}),
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
        basis = matrices.get("B_star", ring.constant(axes))
        fixed = {"B_star": basis, "m_in": EXACT.scalar(self.m_in), "sigma_bar_sq": sigma_bar_sq}
        return {**matrices, **scalars, **fixed}

    @functools.cached_property
    def adapted_head(self) -> Array:
        """w_{t,i} after the inner step of (2), a polynomial in the data."""
        x = self.letters
        return first_principles.inner_step(Parameters(x["B"], x["w"]), self._inner_sample(), x["alpha"]).w

    def _inner_sample(self) -> Sample:
        x = self.letters
        return first_principles.task_sample(x["X_in"], x["m_in"], x["B_star"], x["w_star"], x["z_in"])

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

    @functools.cached_property
    def anil_loss(self) -> Array:
        """L_ANIL of (1), the mean of the expected loss after the inner step, as a 1×1 matrix."""
        x = self.letters
        theta, truth = Parameters(x["B"], x["w"]), (x["B_star"], x["w_star"], x["sigma_sq"])
        loss = first_principles.adapted_expected_loss(EXACT, theta, self._inner_sample(), x["alpha"], *truth)
        return self.mean(np.array([[loss]], dtype=object))

    @functools.cached_property
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
        """Evaluate a stated formula on the entries; a scalar becomes a 1×1 matrix."""
        known = {**self.letters, **given}
        found = formula(EXACT, **{name: known[name] for name in formal.letters(formula)})
        return found if isinstance(found, np.ndarray) else np.array([[found]], dtype=object)


@functools.cache
def entries(d: int, k: int, k_prime: int, m_in: int, free_basis: bool = False) -> Entries:
    """Return the model at explicit sizes."""
    return Entries(d, k, k_prime, m_in, free_basis)


def _difference(computed: Array, stated: Array) -> Residual:
    gap = computed - stated
    nonzero = sum(bool(entry) for entry in gap.ravel())
    shown = f"{nonzero} of {gap.size} entries differ"
    return exact_residual(nonzero == 0, shown, computed=_one(computed), stated=_one(stated))


def _one(matrix: Array) -> str:
    text = str(matrix[0, -1])
    return f"entry (1, {matrix.shape[1]}): {text if len(text) < 400 else text[:400] + ' …'}"


def _check(
    claim: str, formula: str, sizes: Sizes, compute: Callable[[Entries], tuple[Array, Mapping[str, Any]]]
) -> Check:
    def residual(stated: Callable[..., Any]) -> Residual:
        model = entries(*sizes)
        computed, given = compute(model)
        return _difference(computed, model.stated(stated, **given))

    d, k, k_prime, m_in = sizes
    scope = f"d = {d}, k = {k}, k′ = {k_prime}, m_in = {m_in}; every entry a symbol, B⋆ the first k axes"
    return Check(f"{formula} entry by entry at {sizes}", (claim,), Method.EXACT, scope, formula, residual)


def free_basis_residual(sizes: Sizes, stated: Callable[..., Any]) -> Residual:
    """Check (7) for every B⋆: off by (α²/m_in)·Tr(Σ⋆(B⋆ᵀB⋆ − I))·BᵀB, hence exact where the columns are orthonormal.

    Nothing else about the basis is used: (7) holds for orthonormal columns in any position.
    """
    model = entries(*sizes, free_basis=True)
    x = model.letters
    defect = x["B_star"].T @ x["B_star"] - EXACT.eye(model.k)
    excess = x["alpha"] ** 2 / x["m_in"] * EXACT.trace(x["Sigma_star"] @ defect) * (x["B"].T @ x["B"])
    return _difference(model.second_moment, model.stated(stated) + excess)


def _stepped(model: Entries, block: str) -> Array:
    x = model.letters
    direction = model.mean_outer_direction
    return getattr(first_principles.outer_step(Parameters(x["B"], x["w"]), direction, x["beta"]), block)


CHECKS = (
    *(_check("eq-7", "second_moment", sizes, lambda model: (model.second_moment, {})) for sizes in SIZES),
    *(
        Check(
            f"second_moment for every basis at {sizes}",
            ("eq-7",),
            Method.EXACT,
            "d = {}, k = {}, k′ = {}, m_in = {}; every entry a symbol, B⋆'s too".format(*sizes),
            "second_moment",
            functools.partial(free_basis_residual, sizes),
        )
        for sizes in FREE_BASIS_SIZES
    ),
    *(_check("new-anil-loss", "anil_loss", sizes, lambda model: (model.anil_loss, {})) for sizes in LOSS_SIZES),
    _check("eq-4", "inner_step", (3, 1, 2, 4), lambda model: (model.adapted_head, {})),
    _check("eq-5", "head_step", (3, 1, 2, 4), lambda model: (_stepped(model, "w"), {})),
    _check(
        "eq-6",
        "representation_step",
        (3, 1, 2, 4),
        lambda model: (_stepped(model, "B"), {"second_moment": model.second_moment}),
    ),
)


def engines_gap(d: int, k: int, k_prime: int, m_in: int) -> Array:
    """Return the second moment of the moment engine in words, evaluated on the entries, minus the second engine's."""
    model = entries(d, k, k_prime, m_in)
    letters = {name: model.letters[name] for name in ("B", "w", "B_star", "Sigma_star")}
    numbers = {name: model.letters[name] for name in ("alpha", "sigma_sq", "sigma_bar_sq", "m_in")}
    in_words: Array = adapted_second_moment().evaluate(EXACT, letters, numbers)
    return np.asarray(in_words - model.second_moment)
