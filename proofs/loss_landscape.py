"""L_ANIL of (1) from first principles, its gradient and its Hessian in matrix words; the limit points of (8)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foanil.arrays import Array, NumberSystem, Scalar
from foanil.rational import Matrix
from foanil.setting import Setting
from foanil.words import Alphabet, Element, Letter
from proofs.assumption_1_and_definitions import anil_objective

DIRECTION = {"B": "V_B", "w": "V_w"}
"""The letter of a parameter → the letter of a direction for it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Parameters, or a direction: B of shape (d, k′), w of shape (k′, 1)."""

    B: Array
    w: Array

    def moved(self, step: Scalar, direction: Point) -> Point:
        """Return the point plus step times a direction."""
        return Point(self.B + step * direction.B, self.w + step * direction.w)


@functools.cache
def direction_alphabet() -> Alphabet:
    """Return the alphabet of L_ANIL with letters for a direction: V_B of B's shape, V_w of w's."""
    words = anil_objective().alphabet
    directions = {new: Letter(new, words.letters[old].shape, latex=f"V_{old}") for old, new in DIRECTION.items()}
    return replace(words, letters={**words.letters, **directions})


@functools.cache
def loss() -> Element:
    """Return L_ANIL: the expectation of the adapted expected loss over Gaussian X_in, centred z_in and w⋆. Degree 2."""
    return anil_objective().into(direction_alphabet())


@functools.cache
def gradient() -> dict[str, Element]:
    """Return ∂L_ANIL/∂B, (d, k′), and ∂L_ANIL/∂w, (k′, 1), of degree 3/2."""
    return {letter: loss().gradient(letter) for letter in DIRECTION}


@functools.cache
def hessian_product() -> dict[str, Element]:
    """Return the two blocks of the Hessian of L_ANIL applied to (V_B, V_w), exact."""
    words = direction_alphabet()
    along = words.zeros("1", "1")
    for letter, direction in DIRECTION.items():
        along = along + words.trace(gradient()[letter].T @ words.letter(direction))
    return {letter: along.gradient(letter) for letter in DIRECTION}


@dataclass(frozen=True)
class Landscape:
    """L_ANIL of one setting as a function of (B, w), in a number system."""

    xp: NumberSystem
    setting: Setting

    @functools.cached_property
    def letters(self) -> Mapping[str, Any]:
        """The setting's letters in the number system."""
        return self.setting.in_system(self.xp)

    def loss(self, point: Point) -> Scalar:
        """Return L_ANIL at a point."""
        return self._evaluate(loss(), point)

    def gradient(self, point: Point) -> Point:
        """Return the gradient of L_ANIL at a point."""
        return Point(**{letter: self._evaluate(element, point) for letter, element in gradient().items()})

    def hessian(self, point: Point) -> Array:
        """Return the Hessian of L_ANIL, square of size dk′ + k′, column by column; coordinates as in `direction`."""
        size = point.B.size + point.w.size
        images = []
        for index in range(size):
            axis = self.direction([int(i == index) for i in range(size)])
            blocks = {
                letter: self._evaluate(element, point, V_B=axis.B, V_w=axis.w)
                for letter, element in hessian_product().items()
            }
            images.append(np.concatenate([blocks["B"].ravel(), blocks["w"].ravel()]))
        return np.array(images, dtype=self.xp.dtype).T

    def direction(self, coordinates: Any) -> Point:
        """Return the direction with these coordinates, the rows of B first, then w."""
        d, k_prime = self.setting.d, self.setting.k_prime
        flat = np.array([self.xp.scalar(x) if isinstance(x, int) else x for x in coordinates], dtype=self.xp.dtype)
        return Point(flat[: d * k_prime].reshape(d, k_prime), flat[d * k_prime :].reshape(k_prime, 1))

    def _evaluate(self, element: Element, point: Point, **directions: Array) -> Any:
        return element.evaluate(self.xp, {**self.letters, "B": point.B, "w": point.w, **directions}, self.letters)


def limit_point(
    xp: NumberSystem,
    setting: Setting,
    axes: tuple[Matrix, Matrix, Matrix],
    null_coordinates: tuple[Any, ...],
    limit_gram: Callable[..., Array],
) -> Point:
    """Return a point with B⋆,⊥ᵀB = 0, Bw = 0 and B⋆ᵀBBᵀB⋆ = Λ⋆, the conditions (9), Λ⋆ as `limit_gram` states it.

    `axes` = (Q, diagonal, R): Σ⋆ = Q·diagonal·Qᵀ, R orthogonal k′×k′. B = B⋆Q√Λ(diagonal)[I 0]R, so that a zero
    eigenvalue gives exact zeros; w combines the rows of R that B maps to zero, with `null_coordinates` in order.
    """
    letters = setting.in_system(xp)
    Q, diagonal, R = (xp.array(axis) for axis in axes)
    k, k_prime = setting.k, setting.k_prime
    Lambda = limit_gram(xp, diagonal, letters["sigma_bar_sq"], letters["alpha"], letters["m_in"])
    root = xp.zeros(k, k_prime)
    for i in range(k):
        root[i, i] = Lambda[i, i] ** (xp.scalar(1) / 2)
    kernel = [j for j in range(k_prime) if j >= k or not Lambda[j, j]]
    w = xp.zeros(k_prime, 1)
    for j, coordinate in zip(kernel, null_coordinates, strict=False):
        w = w + xp.scalar(coordinate) * R[j : j + 1].T
    return Point(letters["B_star"] @ Q @ root @ R, w)
