"""Limit points of Theorem 1 minimise (1) globally: gradient, Hessian, and moves of every size, for any covariance.

L_ANIL comes from first principles by the moment engine, never from the transcription; the limit formula is an argument
of each check, and wrong limits are shown to be no minimisers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foanil import rational, spectra, statements, strategies
from foanil.arrays import EXACT, NumberSystem, mpmath_system
from foanil.evidence import Check, Method, Outcome
from foanil.paper_alphabet import paper_alphabet
from foanil.pytest_plugin import Recorder, cases
from foanil.rational import Matrix
from foanil.setting import Setting
from foanil.words import Element
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import state
from proofs.loss_landscape import Landscape, Point, limit_point
from proofs.thm_1_global_minima import CHECKS

LEAST_DIGITS = 30
"""Fewer digits would leave too little room between rounding and what a wrong limit loses; then these are used."""

LOST_IN_GRADIENT = 10
"""The gradient must vanish to digits − 10 places, 40 at 50 digits. Measured worst: 2e-50 at 50 digits, 100 draws."""

LOST_IN_HESSIAN = 15
"""Least eigenvalue and loss differences may fall below zero by 10^(15 − digits). Measured worst: 3e-50."""

EIGEN_STEPS = tuple(sign * Fraction(10) ** power for power in (-4, -2, -1, 0, 1) for sign in (1, -1))
LARGE_STEPS = (Fraction(1), Fraction(-1), Fraction(10), Fraction(-10), Fraction(1000))
DESCENT_STEPS = tuple(Fraction(10) ** -power for power in range(0, 8))

Limit = Callable[..., Any]


@dataclass(frozen=True)
class Instance:
    """A setting with any covariance and what fixes one of its limit points; `moves` are directions of large moves."""

    setting: Setting
    axes: tuple[Matrix, Matrix, Matrix]
    null_coordinates: tuple[Fraction, ...]
    moves: tuple[tuple[int, ...], ...]

    def point(self, xp: NumberSystem, limit: Limit) -> Point:
        """Return the limit point, with Λ⋆ as `limit` states it."""
        return limit_point(xp, self.setting, self.axes, self.null_coordinates, limit)


@st.composite
def instances(draw: Any) -> Instance:
    """Draw sizes up to d = 4, k = 2, any Σ⋆ (singular ones too), any step sizes, and a limit point."""
    drawn = draw(strategies.sizes(max_d=4, max_k=2))
    Q, diagonal = draw(strategies.spectral_covariances(drawn.k))
    setting = Setting(
        drawn.d,
        drawn.k,
        drawn.k_prime,
        drawn.m_in,
        rational.product(Q, diagonal, rational.transpose(Q)),
        draw(st.just(Fraction(0)) | strategies.small_rationals(0, 4)),
        draw(strategies.proportions()),
        Fraction(1, strategies.STEPS),
        rational.columns(draw(strategies.orthogonal_matrices(drawn.d)), 0, drawn.k),
    )
    R = draw(strategies.orthogonal_matrices(drawn.k_prime))
    null = draw(st.lists(strategies.small_rationals(), min_size=drawn.k_prime, max_size=drawn.k_prime))
    size = drawn.d * drawn.k_prime + drawn.k_prime
    moves = draw(st.lists(st.lists(st.integers(-8, 8), min_size=size, max_size=size), min_size=3, max_size=3))
    return Instance(setting, (Q, diagonal, R), tuple(null), tuple(tuple(move) for move in moves))


# Slacks: a minimiser has none below minus the rounding budget ---------------------------------------


def gradient_size(xp: NumberSystem, instance: Instance, limit: Limit) -> Any:
    """Return the largest entry of the gradient at the limit point."""
    gradient = Landscape(xp, instance.setting).gradient(instance.point(xp, limit))
    return max(abs(entry) for block in (gradient.B, gradient.w) for entry in block.ravel())


def least_curvature(xp: NumberSystem, instance: Instance, limit: Limit) -> Any:
    """Return the least eigenvalue of the Hessian at the limit point."""
    H = Landscape(xp, instance.setting).hessian(instance.point(xp, limit))
    return spectra.eigenvalues(xp, (H + H.T) / 2)[0]


def least_gain(xp: NumberSystem, instance: Instance, limit: Limit) -> Any:
    """Return the least (L(moved) − L)/max(1, L(moved)) over moves along Hessian eigenvectors and large moves."""
    landscape, point = Landscape(xp, instance.setting), instance.point(xp, limit)
    H = landscape.hessian(point)
    axes = spectra.eigenvectors(xp, (H + H.T) / 2).T
    moves = [(axis, step) for axis in axes for step in EIGEN_STEPS]
    moves += [(np.array(move) / xp.scalar(8), step) for move in instance.moves for step in LARGE_STEPS]
    here = landscape.loss(point)
    moved = [landscape.loss(point.moved(xp.scalar(step), landscape.direction(axis))) for axis, step in moves]
    return min((there - here) / max(there, 1) for there in moved)


def descent(xp: NumberSystem, instance: Instance, limit: Limit) -> Any:
    """Return how far the loss falls below its value at the point along minus its gradient: 0 or less at a minimum."""
    landscape, point = Landscape(xp, instance.setting), instance.point(xp, limit)
    downhill, here = landscape.gradient(point), landscape.loss(point)
    return max(here - landscape.loss(point.moved(-xp.scalar(step), downhill)) for step in DESCENT_STEPS)


# The checks --------------------------------------------------------------------------------------


def check_instances(
    evidence: Any, digits: int, law: str, holds: Callable[[Instance], None], share: float = 0.6
) -> None:
    """Check drawn instances, and record the outcome; a failure is recorded, then raised."""
    defaults = hypothesis.settings()
    examples = max(1, round(share * defaults.max_examples))
    along = hypothesis.settings(defaults, max_examples=examples, deadline=None)(given(instances())(holds))
    outcome, shown, fault = Outcome.HELD, f"{law} ({examples} draws)", None
    try:
        along()
    except AssertionError as error:
        outcome, shown, fault = Outcome.FAILED, str(error).splitlines()[0], error
    scope = f"Hypothesis draws (d <= 4, k <= 2, k' <= 4, any covariance, singular included), {digits} digits"
    evidence.record(claim="sec-3-global-minima", method=Method.SAMPLED, outcome=outcome, scope=scope, shown=shown)
    if fault is not None:
        raise fault


@pytest.mark.claim(id="sec-3-global-minima")
def test_limit_points_are_stationary(evidence: Any, digits: int) -> None:
    """The gradient of L_ANIL vanishes at every limit point, to digits − 10 places."""
    digits = max(digits, LEAST_DIGITS)
    xp = mpmath_system(digits)

    def holds(instance: Instance) -> None:
        size = gradient_size(xp, instance, statements.limit_gram)
        assert size <= xp.scalar(10) ** (LOST_IN_GRADIENT - digits), f"gradient {float(size):.2e} at {instance}"

    check_instances(evidence, digits, "The gradient vanishes at the limit point.", holds)


@pytest.mark.claim(id="sec-3-global-minima")
def test_limit_points_have_no_negative_curvature(evidence: Any, digits: int) -> None:
    """The exact Hessian of L_ANIL at a limit point has no negative eigenvalue."""
    digits = max(digits, LEAST_DIGITS)
    xp = mpmath_system(digits)

    def holds(instance: Instance) -> None:
        least = least_curvature(xp, instance, statements.limit_gram)
        assert least >= -(xp.scalar(10) ** (LOST_IN_HESSIAN - digits)), f"eigenvalue {float(least):.2e} at {instance}"

    check_instances(evidence, digits, "The Hessian at the limit point has no negative eigenvalue.", holds, share=0.4)


@pytest.mark.claim(id="sec-3-global-minima")
def test_no_move_lowers_the_loss(evidence: Any, digits: int) -> None:
    """No move along an eigenvector of the Hessian, small or large, and no random large move lowers L_ANIL."""
    digits = max(digits, LEAST_DIGITS)
    xp = mpmath_system(digits)

    def holds(instance: Instance) -> None:
        gain = least_gain(xp, instance, statements.limit_gram)
        assert gain >= -(xp.scalar(10) ** (LOST_IN_HESSIAN - digits)), f"loss falls by {float(-gain):.2e} at {instance}"

    law = "No move along an eigenvector of the Hessian and no large move lowers the loss."
    check_instances(evidence, digits, law, holds, share=0.3)


# Wrong limits are no minimisers ------------------------------------------------------------------


def _mutant(**change: Callable[[dict[str, Any]], Any]) -> Limit:
    """Return Λ⋆ of (8) with some letters replaced by functions of all of them."""

    def limit(xp: Any, Sigma_star: Any, sigma_bar_sq: Any, alpha: Any, m_in: Any) -> Any:
        known = {"Sigma_star": Sigma_star, "sigma_bar_sq": sigma_bar_sq, "alpha": alpha, "m_in": m_in}
        return statements.limit_gram(xp, **{**known, **{name: f(known) for name, f in change.items()}})

    return limit


WRONG_LIMITS: tuple[tuple[str, Limit], ...] = (
    ("m_in + 1 for m_in", _mutant(m_in=lambda known: known["m_in"] + 1)),
    ("2 m_in for m_in", _mutant(m_in=lambda known: 2 * known["m_in"])),
    (
        "sigma^2 for sigma_bar^2",
        _mutant(sigma_bar_sq=lambda known: known["sigma_bar_sq"] - known["Sigma_star"].trace()),
    ),
    ("2 alpha for alpha", _mutant(alpha=lambda known: 2 * known["alpha"])),
    ("2 Sigma_star for Sigma_star", _mutant(Sigma_star=lambda known: 2 * known["Sigma_star"])),
    ("no shrinkage", lambda xp, Sigma_star, sigma_bar_sq, alpha, m_in: xp.eye(Sigma_star.shape[0]) / alpha),
)

TILTED = Instance(
    Setting(
        4,
        2,
        3,
        5,
        rational.product(
            rational.reflection([Fraction(1), Fraction(2)]),
            rational.diagonal([Fraction(2), Fraction(1, 3)]),
            rational.reflection([Fraction(1), Fraction(2)]),
        ),
        "1/2",
        "1/4",
        "1/4",
        rational.columns(rational.reflection([Fraction(1), Fraction(-1), Fraction(2), Fraction(1)]), 0, 2),
    ),
    (
        rational.reflection([Fraction(1), Fraction(2)]),
        rational.diagonal([Fraction(2), Fraction(1, 3)]),
        rational.reflection([Fraction(1), Fraction(2), Fraction(-1)]),
    ),
    (Fraction(3, 4),),
    (),
)
"""A limit point with every size distinct, Σ⋆ not diagonal, and a head that is not zero."""


@pytest.mark.claim(id="sec-3-global-minima")
def test_wrong_limits_are_refuted(evidence: Any, digits: int) -> None:
    """At every wrong limit, the one with m_in + 1 first, the loss strictly decreases along minus its gradient."""
    digits = max(digits, LEAST_DIGITS)
    xp = mpmath_system(digits)
    budget = xp.scalar(10) ** (LOST_IN_HESSIAN - digits)
    assert descent(xp, TILTED, statements.limit_gram) <= budget
    falls = {name: descent(xp, TILTED, limit) for name, limit in WRONG_LIMITS}
    survivors = [name for name, fall in falls.items() if fall <= budget]
    evidence.record(
        claim="sec-3-global-minima",
        method=Method.SAMPLED,
        outcome=Outcome.FAILED if survivors else Outcome.HELD,
        scope=f"one limit point (d, k, k', m_in) = (4, 2, 3, 5), {digits} digits",
        shown="At a wrong limit the loss decreases along minus its gradient.",
        details=tuple((name, f"loss falls by {float(fall):.3g}") for name, fall in falls.items()),
        mutants=(len(falls) - len(survivors), len(falls)),
    )
    assert not survivors


def test_one_more_sample_is_refuted_everywhere(digits: int) -> None:
    """With m_in + 1 for m_in in Λ⋆ the gradient does not vanish, at any drawn instance."""
    digits = max(digits, LEAST_DIGITS)
    xp = mpmath_system(digits)
    budget = xp.scalar(10) ** (LOST_IN_GRADIENT - digits)

    @hypothesis.settings(hypothesis.settings(), deadline=None)
    @given(instances())
    def holds(instance: Instance) -> None:
        assert gradient_size(xp, instance, WRONG_LIMITS[0][1]) > budget

    holds()


def test_checks_can_fail(digits: int) -> None:
    """Each of the three checks tells a wrong limit from the right one."""
    digits = max(digits, LEAST_DIGITS)
    xp = mpmath_system(digits)
    budget = xp.scalar(10) ** (LOST_IN_HESSIAN - digits)
    wrong = WRONG_LIMITS[-1][1]
    assert gradient_size(xp, TILTED, wrong) > budget
    assert least_gain(xp, TILTED, wrong) < -budget
    # A limit ten times too small lies where the loss is still concave.
    assert least_curvature(xp, TILTED, _mutant(alpha=lambda known: 10 * known["alpha"])) < -budget


# Derived, and what the printed sample size would mean -------------------------------------------------


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """The loss gap is an exact sum of nonnegative terms, zero at the limit, for every covariance and size."""
    evidence.judge(check)


@pytest.mark.claim(id="eq-1-sample-size")
def test_all_rows_in_the_inner_step_move_the_minimum(evidence: Recorder) -> None:
    """With m = 3 rows in (1), d = 3, k = k′ = 2, c = α = 1, σ = 0, m_in = 1: the limit's loss is 5/8, another's 1/2."""
    half = Fraction(1, 2)
    B_star = EXACT.array([[1, 0], [0, 1], [0, 0]])
    at_limit = EXACT.array([[half, 0], [0, half], [0, 0]])
    elsewhere = EXACT.array([[half, half], [half, -half], [0, 0]])
    scalars = {"alpha": 1, "sigma_sq": 0, "sigma_bar_sq": 2, "d": 3, "k": 2, "k_prime": 2}

    def loss(B: Any, rows: int) -> Any:
        letters = {"B": B, "w": EXACT.zeros(2, 1), "B_star": B_star, "Sigma_star": EXACT.eye(2)}
        numbers = {name: EXACT.scalar(value) for name, value in {**scalars, "m_in": rows}.items()}
        return anil_objective().evaluate(EXACT, letters, numbers)

    limit = statements.limit_gram(EXACT, EXACT.eye(2), EXACT.scalar(2), EXACT.scalar(1), EXACT.scalar(1))
    assert (B_star.T @ at_limit @ at_limit.T @ B_star == limit).all()
    assert loss(at_limit, 1) < loss(elsewhere, 1)
    found = loss(at_limit, 3), loss(elsewhere, 3)
    assert found == (EXACT.scalar(Fraction(5, 8)), EXACT.scalar(half))
    evidence.record(
        claim="eq-1-sample-size",
        method=Method.COUNTEREXAMPLE,
        scope="one exact instance: d = 3, k = k′ = 2, m_in = 1, m = 3, c = α = 1, σ = 0",
        shown=f"with m = 3 rows in (1): L = {found[0]} at the limit of Theorem 1, L = {found[1]} elsewhere",
        finding="As printed, (1) draws its inner step from all $m$ rows; Theorem 1's limit, made for "
        "$m_{\\mathrm{in}}$ rows, does not minimise that. With $m_{\\mathrm{in}}$ rows it does: `sec-3-global-minima`. "
        "Standalone: [eq_1_sample_size.py](capsules/eq_1_sample_size.py).",
    )


@pytest.mark.claim(id="sec-3-nonconvex")
def test_degrees_of_the_iteration(evidence: Recorder) -> None:
    """(5) and (6) with (7) have degree up to 5 in B and 2 in w, counted in words; the claim says 3 and more, and 2."""
    words = paper_alphabet()
    moment = state(statements.second_moment, words)
    head = state(statements.head_step, words)
    representation = state(statements.representation_step, words, second_moment=moment)
    degrees = {
        name: (most(element, "B"), most(element, "w")) for name, element in (("(5)", head), ("(6)", representation))
    }
    assert degrees == {"(5)": (4, 1), "(6)": (5, 2)}
    evidence.record(
        claim="sec-3-nonconvex",
        method=Method.ALGEBRA,
        scope="every size",
        shown=f"degrees in (B, w): {degrees}",
    )


def most(element: Element, letter: str) -> int:
    """Return the degree of an element in a letter."""
    return max(sum(name == letter for part in (*traces, word) for name, _ in part) for traces, word in element.terms)
