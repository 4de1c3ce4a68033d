"""First principles: gradients are those of the loss, the steps are (2) and (3), and Ĥ differentiates the inner step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from foanil import first_principles as model
from foanil.arrays import EXACT, NUMPY
from foanil.first_principles import Parameters, Sample
from foanil.words import Letter, alphabet

# In words ------------------------------------------------------------------------------------------

SHAPES = {
    "B": ("d", "k_prime"),
    "w": ("k_prime", "1"),
    "X": ("m", "d"),
    "y": ("m", "1"),
    "U": ("n", "d"),
    "v": ("n", "1"),
    "V_B": ("d", "k_prime"),
    "V_w": ("k_prime", "1"),
    "B_star": ("d", "k"),
    "w_star": ("k", "1"),
}
WORDS = alphabet(["d", "k", "k_prime", "m", "n", "alpha", "beta", "sigma_sq"],
                 [Letter(name, shape) for name, shape in SHAPES.items()])  # fmt: skip
L = {name: WORDS.letter(name) for name in SHAPES}
THETA = Parameters(L["B"], L["w"])
INNER = Sample(L["X"], L["y"], WORDS.scalar("m"))
OUTER = Sample(L["U"], L["v"], WORDS.scalar("n"))
ALPHA, BETA = WORDS.scalar("alpha"), WORDS.scalar("beta")


def test_gradients_are_the_differentiated_loss() -> None:
    """∇_B L̂ and ∇_w L̂ are the derivatives of the loss, for every size."""
    loss = model.empirical_loss(WORDS, THETA, INNER)
    gradient = model.gradient(THETA, INNER)
    assert gradient.B == loss.gradient("B")
    assert gradient.w == loss.gradient("w")
    assert not gradient.B.is_zero()


def test_the_loss_is_the_mean_of_squared_residuals_halved() -> None:
    """2mL̂ = wᵀBᵀXᵀXBw − 2yᵀXBw + yᵀy."""
    fitted = L["X"] @ L["B"] @ L["w"]
    expanded = WORDS.sqnorm(fitted) - 2 * (L["y"].T @ fitted) + WORDS.sqnorm(L["y"])
    assert 2 * WORDS.scalar("m") * model.empirical_loss(WORDS, THETA, INNER) == expanded


def test_labels_are_regression_plus_noise() -> None:
    """y = X(B⋆w⋆) + z, and the sample keeps X and m."""
    sample = model.task_sample(L["X"], WORDS.scalar("m"), L["B_star"], L["w_star"], L["y"])
    assert sample.y - L["y"] == L["X"] @ L["B_star"] @ L["w_star"]
    assert (sample.X, sample.m) == (L["X"], WORDS.scalar("m"))


def test_the_inner_step_moves_the_head_only() -> None:
    """(2): w − α∇_w L̂, the representation stays."""
    adapted = model.inner_step(THETA, INNER, ALPHA)
    assert adapted.B == L["B"]
    assert adapted.w == L["w"] - ALPHA * model.empirical_loss(WORDS, THETA, INNER).gradient("w")


def test_the_outer_step_moves_both_blocks() -> None:
    """(3): θ − β · direction in B and in w."""
    stepped = model.outer_step(THETA, Parameters(L["V_B"], L["V_w"]), BETA)
    assert stepped.B == L["B"] - BETA * L["V_B"]
    assert stepped.w == L["w"] - BETA * L["V_w"]


def test_the_first_order_direction_is_the_outer_gradient_at_the_adapted_parameters() -> None:
    """With Ĥ = I, the direction is the derivative of the outer loss in which the adapted head is held fixed."""
    adapted = model.inner_step(THETA, INNER, ALPHA)
    direction = model.first_order_direction(THETA, INNER, OUTER, ALPHA)
    held = model.empirical_loss(WORDS, Parameters(L["B"], L["V_w"]), OUTER)
    assert direction.B == held.gradient("B").substitute({"V_w": adapted.w})
    assert direction.w == held.gradient("V_w").substitute({"V_w": adapted.w})


def test_the_second_order_direction_is_the_gradient_of_the_adapted_loss() -> None:
    """Ĥ∇_θ L̂(θ_{t,i}; outer) is the derivative of θ ↦ L̂(B, w − α∇_w L̂; outer), in B and in w, for every size."""
    loss = model.adapted_outer_loss(WORDS, THETA, INNER, OUTER, ALPHA)
    direction = model.second_order_direction(THETA, INNER, OUTER, ALPHA)
    assert direction.B == loss.gradient("B")
    assert direction.w == loss.gradient("w")


def test_the_first_order_direction_is_not_that_gradient() -> None:
    """Leaving Ĥ out changes both blocks, to first order in α."""
    first = model.first_order_direction(THETA, INNER, OUTER, ALPHA)
    second = model.second_order_direction(THETA, INNER, OUTER, ALPHA)
    for block in ("B", "w"):
        gap = getattr(first, block) - getattr(second, block)
        assert not gap.is_zero()
        assert gap.transport(WORDS, {}, {"alpha": WORDS.constant(1) * 2 * ALPHA}) != gap
        assert all(c.numer.degree(WORDS.field.gens[5].numer) >= 1 for c in gap.terms.values())


def test_the_hessian_factor_is_the_transposed_derivative_of_the_inner_step() -> None:
    """⟨Ĥg, V⟩ = ⟨g, D_θ(inner step)·V⟩: as the gradient by θ of ⟨g_B, B⟩ + ⟨g_w, w − α∇_w L̂⟩, g constant."""
    g = Parameters(L["V_B"], L["V_w"])
    adapted = model.inner_step(THETA, INNER, ALPHA)
    pairing = WORDS.trace(g.B.T @ adapted.B) + g.w.T @ adapted.w
    applied = model.hessian_factor(THETA, INNER, ALPHA, g)
    assert applied.B == pairing.gradient("B")
    assert applied.w == pairing.gradient("w")


def test_the_expected_loss_is_the_loss_of_an_isotropic_fresh_sample() -> None:
    """½(‖Bw − B⋆w⋆‖² + σ²), and the adapted one is the same at the adapted head."""
    gap = L["B"] @ L["w"] - L["B_star"] @ L["w_star"]
    truth = L["B_star"], L["w_star"], WORDS.scalar("sigma_sq")
    assert 2 * model.expected_loss(WORDS, THETA, *truth) == WORDS.sqnorm(gap) + WORDS.scalar("sigma_sq")
    adapted = model.inner_step(THETA, INNER, ALPHA)
    assert model.adapted_expected_loss(WORDS, THETA, INNER, ALPHA, *truth) == model.expected_loss(
        WORDS, adapted, *truth
    )


# In doubles ----------------------------------------------------------------------------------------


def drawn(d: int, k_prime: int, m: int, n: int) -> tuple[Parameters, Sample, Sample, float]:
    """Return a point, an inner and an outer sample, and α, at explicit sizes."""
    rng = np.random.default_rng(d + 10 * m)

    def normal(*shape: int) -> Any:
        return rng.normal(size=shape)

    theta = Parameters(normal(d, k_prime), normal(k_prime, 1))
    return theta, Sample(normal(m, d), normal(m, 1), float(m)), Sample(normal(n, d), normal(n, 1), float(n)), 0.13


def slope(loss: Callable[[Parameters], Any], theta: Parameters, block: str, index: tuple[int, int]) -> float:
    """Return the central difference of a loss by one entry, with one Richardson step: error O(h⁴)."""

    def at(step: float) -> float:
        moved = {"B": theta.B.copy(), "w": theta.w.copy()}
        moved[block][index] += step
        return float(loss(Parameters(**moved)))

    def central(h: float) -> float:
        return (at(h) - at(-h)) / (2 * h)

    return (4 * central(5e-4) - central(1e-3)) / 3


DIFFERENCE_ERROR = 1e-8
"""Finite differences: measured worst 2e-10 relative to the largest entry; h⁴ = 6e-14, rounding 1e-16/h = 2e-13."""


@pytest.mark.parametrize("sizes", [(4, 3, 5, 6), (2, 1, 1, 3)], ids=str)
@pytest.mark.parametrize("order", ["inner loss", "adapted outer loss"])
def test_directions_agree_with_finite_differences(sizes: tuple[int, int, int, int], order: str) -> None:
    """∇_θ L̂ and the second-order direction are the slopes of their losses, entry by entry."""
    theta, inner, outer, alpha = drawn(*sizes)
    if order == "inner loss":
        found = model.gradient(theta, inner)

        def loss(point: Parameters) -> Any:
            return model.empirical_loss(NUMPY, point, inner)
    else:
        found = model.second_order_direction(theta, inner, outer, alpha)

        def loss(point: Parameters) -> Any:
            return model.adapted_outer_loss(NUMPY, point, inner, outer, alpha)

    for block in ("B", "w"):
        stated = getattr(found, block)
        scale = max(1.0, float(np.abs(stated).max()))
        for index in np.ndindex(*stated.shape):
            assert abs(slope(loss, theta, block, index) - stated[index]) < DIFFERENCE_ERROR * scale


def test_the_first_order_direction_disagrees_with_finite_differences() -> None:
    """The same comparison refutes the first-order direction as a gradient: it can fail."""
    theta, inner, outer, alpha = drawn(4, 3, 5, 6)
    found = model.first_order_direction(theta, inner, outer, alpha)
    slopes = slope(lambda point: model.adapted_outer_loss(NUMPY, point, inner, outer, alpha), theta, "w", (0, 0))
    assert abs(slopes - found.w[0, 0]) > 1e4 * DIFFERENCE_ERROR


def test_a_full_step_fits_one_observation() -> None:
    """At d = k′ = m = 1, X = B = 1 and α = 1, the inner step lands on the label; the loss there is zero."""
    one = EXACT.array([[1]])
    sample = model.task_sample(one, EXACT.scalar(1), one, EXACT.array([[7]]), EXACT.array([[-2]]))
    adapted = model.inner_step(Parameters(one, EXACT.array([[3]])), sample, EXACT.scalar(1))
    assert adapted.w[0, 0] == 5
    assert model.empirical_loss(EXACT, adapted, sample) == 0
