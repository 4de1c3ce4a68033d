"""The model's expectations in matrix words: data, inner step and outer direction of one task, from definitions."""

from __future__ import annotations

import functools

from foanil.first_principles import Parameters, Sample, first_order_direction, inner_step, task_sample
from foanil.gaussian_moments import Centred, Gaussian, Law, expectation
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element

PREMISES = (
    "rows of $X$ i.i.d. standard Gaussian in $\\mathbb{R}^d$ (Assumption 1)",
    "noise $z$ centred with covariance $\\sigma^2 I$ (Assumption 1)",
    "task parameter $w_\\star$ centred with covariance $\\Sigma_\\star$, any $\\Sigma_\\star$",
    "$X$, $z$ and $w_\\star$ independent (not stated in the paper; needed)",
    "$B_\\star^{\\top} B_\\star = I_k$",
)


def theta(words: Alphabet) -> Parameters:
    """Return θ = (B, w) in words."""
    return Parameters(words.letter("B"), words.letter("w"))


def sample(words: Alphabet, part: str) -> Sample:
    """Return the sample named "in", "out" or "test" of a task, its labels spelled out in X, w⋆ and z."""
    X, z, m = words.letter(f"X_{part}"), words.letter(f"z_{part}"), words.scalar(f"m_{part}")
    return task_sample(X, m, words.letter("B_star"), words.letter("w_star"), z)


def adapted_head(words: Alphabet) -> Element:
    """Return w_{t,i} after the inner step of (2), in words."""
    head: Element = inner_step(theta(words), sample(words, "in"), words.scalar("alpha")).w
    return head


def outer_direction(words: Alphabet) -> Parameters:
    """Return one task's first-order direction of (3), in words."""
    return first_order_direction(theta(words), sample(words, "in"), sample(words, "out"), words.scalar("alpha"))


def data_laws(words: Alphabet, *parts: str) -> tuple[Law, ...]:
    """Return Gaussian features and centred noise for each named sample."""
    laws: list[Law] = []
    for part in parts:
        noise = words.scalar("sigma_sq") * words.eye(f"m_{part}")
        laws += [Gaussian(f"X_{part}"), Centred(f"z_{part}", noise)]
    return tuple(laws)


def task_law(words: Alphabet) -> Centred:
    """Return the law of the task parameter: mean 0, covariance Σ⋆."""
    return Centred("w_star", words.letter("Sigma_star"))


@functools.cache
def adapted_second_moment() -> Element:
    """Return E[w_{t,i}w_{t,i}ᵀ] from first principles, in the paper's alphabet."""
    words = paper_alphabet()
    head = adapted_head(words)
    return expectation(head @ head.T, *data_laws(words, "in"), task_law(words))


@functools.cache
def mean_outer_direction() -> Parameters:
    """Return the mean over tasks of the first-order direction of (3), both blocks, from first principles."""
    words = paper_alphabet()
    direction = outer_direction(words)
    laws = (*data_laws(words, "out", "in"), task_law(words))
    return Parameters(expectation(direction.B, *laws), expectation(direction.w, *laws))
