"""The inequality checker: rules accept what they say, and refuse everything else."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from sympy import QQ

from foanil import limits
from foanil.decisions import RefusedGoalError, at_least, more_than
from foanil.inequalities import Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.limits import Conclusion
from foanil.words import Element, Letter, WordShapeError, alphabet

WORDS = alphabet(
    ["r", "q", "y", "t", "lam", "n", "p"],
    [
        Letter("A", ("n", "n"), symmetric=True),
        Letter("B", ("n", "n"), symmetric=True),
        Letter("N", ("n", "n")),
        Letter("C", ("n", "p")),
        Letter("u", ("n", "1")),
        Letter("v", ("p", "1")),
    ],
)
A, B, N, C, u, v = (WORDS.letter(name) for name in ("A", "B", "N", "C", "u", "v"))
r, q = WORDS.scalar("r"), WORDS.scalar("q")
I_n, I_p = WORDS.eye("n"), WORDS.eye("p")
R, Q, Y, T_, LAM = (WORDS.scalar(name).coefficient() for name in ("r", "q", "y", "t", "lam"))
ONE = WORDS.field.one
HALF = WORDS.field(QQ(1, 2))

THEORY = Theory(
    WORDS,
    (more_than(R), at_least(ONE, R), at_least(T_), more_than(Q), at_least(ONE / 4, Q)),
    {"A ⪰ 0": A, "A ⪯ rI": r * I_n - A, "B ⪰ 0": B, "CᵀC ⪯ rI": r * I_p - C.T @ C, "‖u‖² ≤ 1": 1 - u.T @ u},
)
low, high = THEORY.hypothesis("A ⪰ 0"), THEORY.hypothesis("A ⪯ rI")

TRUE: dict[str, Callable[[], object]] = {
    "a Gram matrix": lambda: THEORY.square(C),
    "congruence": lambda: THEORY.restate(THEORY.congruence(low, C.T), C.T @ A @ C),
    "a sum": lambda: THEORY.restate(THEORY.sum(low, THEORY.hypothesis("B ⪰ 0")), A + B),
    "a nonnegative multiple": lambda: THEORY.scale(low, R),
    "a product with a number": lambda: THEORY.product(THEORY.congruence(low, u.T), low),
    "A² ⪯ rA": lambda: THEORY.spectral(A, low, high, [0, R, -1]),
    "A(r − A)² ⪰ 0": lambda: THEORY.spectral(A, low, high, [0, R**2, -2 * R, 1]),
    "CCᵀ ⪯ rI": lambda: THEORY.flip(THEORY.hypothesis("CᵀC ⪯ rI"), C),
    "uuᵀ ⪯ ‖u‖²I": lambda: THEORY.rank_one(u),
    "trace": lambda: THEORY.trace(low),
    "A + I is invertible": lambda: THEORY.strictly(THEORY.restate(low, A + I_n - I_n), A + I_n),
    "through an abstraction": lambda: THEORY.decide(
        at_least(ONE, Y**2), through=Abstraction({"y": R}, (at_least(ONE, Y), at_least(Y)))
    ),
    "for all": lambda: THEORY.decide_for_all(
        at_least(LAM * (1 - LAM)), "lam", (at_least(LAM), at_least(ONE, LAM)), Abstraction({}, ())
    ),
}

FALSE: dict[str, Callable[[], object]] = {
    "an undeclared hypothesis": lambda: THEORY.hypothesis("A ⪯ 0"),
    "a negative multiple": lambda: THEORY.scale(low, -R),
    "a multiple of unknown sign": lambda: THEORY.scale(low, R - HALF),
    "a restatement that is no identity": lambda: THEORY.restate(low, A + B),
    "a reversed sign": lambda: THEORY.restate(low, -A),
    "a dropped term": lambda: THEORY.restate(THEORY.sum(low, THEORY.hypothesis("B ⪰ 0")), A),
    "a lost transpose": lambda: THEORY.restate(THEORY.congruence(low, N), N @ A @ N),
    "a commutator": lambda: THEORY.restate(THEORY.square(A @ B), A @ A @ B @ B),
    "a product of two semidefinite matrices": lambda: THEORY.restate(low, A @ B),
    "the anticommutator of semidefinite matrices": lambda: THEORY.restate(low, A @ B + B @ A),
    "A² ⪯ A without ‖A‖ ≤ 1": lambda: THEORY.spectral(A, low, high, [0, HALF, -1]),
    "A ⪯ A²": lambda: THEORY.spectral(A, low, high, [0, -1, 1]),
    "A ⪯ rI/2": lambda: THEORY.spectral(A, low, high, [R / 2, -1]),
    "p(A) with p negative inside": lambda: THEORY.spectral(A, low, high, [R**2 / 9, -R, 1]),
    "a spectral function of a matrix that is not symmetric": lambda: THEORY.spectral(N, low, high, [0, 1]),
    "bounds on another matrix": lambda: THEORY.spectral(B, low, high, [0, R, -1]),
    "swapped bounds": lambda: THEORY.spectral(A, high, low, [0, R, -1]),
    "the eigenvalue variable in a bound": lambda: Theory(WORDS, (at_least(LAM),), THEORY.hypotheses).spectral(
        A,
        Theory(WORDS, (at_least(LAM),), THEORY.hypotheses).hypothesis("A ⪰ 0"),
        Theory(WORDS, (at_least(LAM),), THEORY.hypotheses).hypothesis("A ⪯ rI"),
        [0, R, -1],
    ),
    "flip of another matrix": lambda: THEORY.flip(THEORY.hypothesis("CᵀC ⪯ rI"), N),
    "flip with the wrong bound": lambda: THEORY.restate(
        THEORY.flip(THEORY.hypothesis("CᵀC ⪯ rI"), C), r / 2 * I_n - C @ C.T
    ),
    "Cauchy–Schwarz for a matrix": lambda: THEORY.rank_one(C),
    "uuᵀ ⪯ ‖u‖²I/2": lambda: THEORY.restate(THEORY.rank_one(u), WORDS.sqnorm(u) / 2 * I_n - u @ u.T),
    "a product with a matrix in place of a number": lambda: THEORY.product(low, high),
    "an empty sum": lambda: THEORY.sum(),
    "invertible without a margin": lambda: THEORY.strictly(low, A),
    "invertible below": lambda: THEORY.strictly(high, A),
    "r > 1/2": lambda: THEORY.decide(more_than(R, HALF)),
    "r < 1": lambda: THEORY.decide(more_than(ONE, R)),
    "an abstraction whose assumption fails": lambda: THEORY.decide(
        more_than(Y), through=Abstraction({"y": R}, (more_than(Y, HALF),))
    ),
    "an abstraction too weak": lambda: THEORY.decide(more_than(Y), through=Abstraction({"y": R}, (at_least(Y),))),
    "for all, beyond the interval": lambda: THEORY.decide_for_all(
        at_least(LAM * (1 - LAM)), "lam", (at_least(LAM), at_least(2 * ONE, LAM)), Abstraction({}, ())
    ),
    "for all, the bound variable assumed": lambda: THEORY.decide_for_all(
        at_least(LAM), "lam", (), Abstraction({}, (at_least(LAM),))
    ),
    "a fact of another theory": lambda: THEORY.sum(low, _foreign()),
    "a fact of a theory that assumes more": lambda: THEORY.sum(
        low, _bolder().spectral(A, *_bounds(_bolder()), [0, HALF, -1])
    ),
    "a lemma on facts of two theories": lambda: limits.scalar_lemma(
        "capped recursion", "x", (THEORY.decide(at_least(R)),), _bolder().hypothesis("A ⪰ 0")
    ),
    "a fact made by hand": lambda: Fact(-A, "hypothesis", "", ()),
    "a decision made by hand": lambda: Decided(at_least(-ONE), "", THEORY.decide(at_least(ONE)).decision),
    "a conclusion made by hand": lambda: Conclusion("capped recursion", "x", "", ()),
    "an unlisted lemma": lambda: limits.scalar_lemma("wishful thinking", "x", (THEORY.decide(at_least(R)),), low),
    "a lemma without conditions": lambda: limits.scalar_lemma("capped recursion", "x", (), low),
    "a rank kept by a matrix that is not the factor": lambda: limits.kept_rank(
        THEORY, THEORY.decide(more_than(R)), C, I_p, 2 * C
    ),
    "a vanishing word without the piece": lambda: limits.vanishes(
        A @ u + B @ u, WORDS.with_rule(A @ u, WORDS.zeros("n", "1")), "x", _some_conclusion()
    ),
    "a vanishing element without conclusions": lambda: limits.vanishes(
        A @ u, WORDS.with_rule(A @ u, WORDS.zeros("n", "1")), "x"
    ),
    "a decrease that is another": lambda: limits.quadratic_decay(THEORY, low, A, B, Q, ONE, "x"),
    "a decrease of too large a start": lambda: limits.quadratic_decay(
        THEORY, _decrease(), A, _after(), Q, 3 * ONE, "x"
    ),
}


def _foreign() -> Fact:
    other = alphabet(["lam"], [Letter("A", ("n", "n"), symmetric=True)])
    return Theory(other, (), {"A": other.letter("A")}).hypothesis("A")


@functools.cache
def _bolder() -> Theory:
    return Theory(WORDS, (*THEORY.assumptions, at_least(HALF, R)), THEORY.hypotheses)


def _bounds(theory: Theory) -> tuple[Fact, Fact]:
    return theory.hypothesis("A ⪰ 0"), theory.hypothesis("A ⪯ rI")


def _after() -> Element:
    return A - q * (A @ A) - B


def _decrease() -> Fact:
    return THEORY.hypothesis("B ⪰ 0")


def _some_conclusion() -> Conclusion:
    invertible = THEORY.strictly(THEORY.restate(low, A + I_n - I_n), A + I_n)
    return limits.kept_rank(THEORY, invertible, N, A + I_n, N @ (A + I_n))


@pytest.mark.parametrize("name", TRUE)
def test_true_steps_are_accepted(name: str) -> None:
    """A rule derives what it says."""
    assert isinstance(TRUE[name](), Fact | Decided)


@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(name: str) -> None:
    """A step that is false, or that matches no rule, is refused."""
    with pytest.raises((RefusedStepError, RefusedGoalError, WordShapeError)):
        FALSE[name]()


def test_enough_falsehoods() -> None:
    """At least thirty false statements are put to the checker."""
    assert len(FALSE) >= 30


def test_quadratic_decay_with_a_small_start() -> None:
    """The same decrease from a small enough start is accepted: the refusal above is for its size."""
    assert limits.quadratic_decay(THEORY, _decrease(), A, _after(), Q, ONE, "x").lemma == "monotone comparison"


def test_steps_lists_parents_first() -> None:
    """Everything that a fact rests on comes before it, each once."""
    fact = THEORY.sum(THEORY.congruence(low, C.T), THEORY.congruence(high, C.T))
    listed = limits.steps(fact, low)
    assert listed.index(low) < listed.index(fact)
    assert len(listed) == len({id(node) for node in listed}) == 5


def test_printed_lemmas_have_references() -> None:
    """Every trusted lemma says precisely what it states, and where it is proved."""
    assert all(lemma.statement.startswith("If ") and lemma.reference for lemma in limits.LEMMAS.values())
