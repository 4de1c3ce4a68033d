"""What each rule of the inequality checker derives: the element, the name of the rule, the words and the parents."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sympy import QQ

from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.inequalities import GROUND, Abstraction, Decided, Fact, RefusedStepError, Theory
from foanil.words import Element, Letter, alphabet

WORDS = alphabet(
    ["r", "q", "y", "z", "lam", "n", "p"],
    [
        Letter("A", ("n", "n"), symmetric=True),
        Letter("B", ("n", "n"), symmetric=True),
        Letter("N", ("n", "n")),
        Letter("C", ("n", "p")),
        Letter("u", ("n", "1")),
    ],
)
A, B, N, C, u = (WORDS.letter(name) for name in ("A", "B", "N", "C", "u"))
r = WORDS.scalar("r")
I_n, I_p = WORDS.eye("n"), WORDS.eye("p")
R, Y, Z, LAM = (WORDS.scalar(name).coefficient() for name in ("r", "y", "z", "lam"))
ONE = WORDS.field.one
HALF = WORDS.field(QQ(1, 2))

THEORY = Theory(
    WORDS,
    (more_than(R), at_least(ONE, R)),
    {"A ⪰ 0": A, "A ⪯ rI": r * I_n - A, "A ⪰ I/2": A - I_n / 2, "B ⪰ 0": B, "CᵀC ⪯ rI": r * I_p - C.T @ C},
)
TWIN = Theory(WORDS, THEORY.assumptions, THEORY.hypotheses)
low, high, margin, other, bounded = (THEORY.hypothesis(name) for name in THEORY.hypotheses)
number = THEORY.square(u.T)
ABSTRACT = Abstraction({"y": R}, (at_least(Y), at_least(ONE, Y)))

# What a rule is given besides `says`, the element that follows, the rule's name, and the facts among its parents.
RULES: dict[str, tuple[Callable[..., Fact], Element, str, tuple[Fact, ...]]] = {
    "square": (lambda **says: THEORY.square(C, **says), C @ C.T, "square", ()),
    "rank one": (lambda **says: THEORY.rank_one(u, **says), u.T @ u * I_n - u @ u.T, "Cauchy–Schwarz", ()),
    "congruence": (lambda **says: THEORY.congruence(low, C.T, **says), C.T @ A @ C, "congruence", (low,)),
    "sum": (lambda **says: THEORY.sum(low, other, **says), A + B, "sum", (low, other)),
    "scale": (lambda **says: THEORY.scale(low, R, **says), r * A, "scaling", (low,)),
    "product": (
        lambda **says: THEORY.product(number, low, **says),
        u.T @ u * A,
        "product with a nonnegative number",
        (number, low),
    ),
    "trace": (lambda **says: THEORY.trace(low, **says), WORDS.trace(A), "trace", (low,)),
    "restate": (lambda **says: THEORY.restate(low, A + B - B, **says), A, "identity of words", (low,)),
    "flip": (
        lambda **says: THEORY.flip(bounded, C, **says),
        r * I_n - C @ C.T,
        "same nonzero eigenvalues",
        (bounded,),
    ),
    "spectral": (
        lambda **says: THEORY.spectral(A, low, high, [0, R, -1], **says),
        r * A - A @ A,
        "spectral function",
        (low, high),
    ),
    "spectral, abstract": (
        lambda **says: THEORY.spectral(A, low, high, [0, Y, -1], through=ABSTRACT, **says),
        r * A - A @ A,
        "spectral function",
        (low, high),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_rules_derive_their_element(name: str) -> None:
    """A rule's fact is the element of the rule, with its name, the given words, its parents and its theory."""
    apply, element, rule, parents = RULES[name]
    for words in ("", "because"):
        fact = apply(says=words) if words else apply()
        assert (fact.element, fact.rule, fact.says, fact.origin) == (element, rule, words, THEORY)
        assert tuple(parent for parent in fact.parents if isinstance(parent, Fact)) == parents
        assert all(parent.origin is THEORY for parent in fact.parents)


def test_hypotheses_are_named() -> None:
    """A hypothesis has its element, and its name for words."""
    found = THEORY.hypothesis("A ⪰ 0")
    assert (found.element, found.rule, found.says, found.parents) == (A, "hypothesis", "A ⪰ 0", ())


@pytest.mark.parametrize(("name", "relation"), [("scale", at_least(R)), ("flip", at_least(R))])
def test_factors_are_decided(name: str, relation: Relation) -> None:
    """The sign that a rule needs is among its parents, as a ground."""
    found = [parent for parent in RULES[name][0]().parents if isinstance(parent, Decided)]
    assert [(decided.relation, decided.says, decided.routine) for decided in found] == [(relation, GROUND, True)]
    assert found[0].decision.holds


def test_spectral_functions_rest_on_their_polynomial() -> None:
    """The decision on p(λ) is a parent, says for which λ, and rests on the relations of an abstraction."""
    plain = RULES["spectral"][0]().parents[-1]
    assert isinstance(plain, Decided)
    assert plain.relation == at_least(R * LAM - LAM**2)
    assert plain.says == "for every lam in [0, r]"
    assert plain.decision.holds
    assert plain.parents == ()
    abstract = RULES["spectral, abstract"][0]().parents[-1]
    assert isinstance(abstract, Decided)
    assert abstract.relation == at_least(Y * LAM - LAM**2)
    assert abstract.says == "for every lam in [0, y]"
    assert [parent.relation for parent in abstract.parents] == [at_least(R), at_least(ONE, R)]


def test_spectral_functions_of_a_matrix_with_a_margin() -> None:
    """The lower bound is read off its fact: 0 ⪯ A − I/2 lets λ start at 1/2."""
    assert THEORY.spectral(A, margin, high, [-HALF, 1]).element == A - I_n / 2
    decided = THEORY.spectral(A, margin, high, [-HALF, 1]).parents[-1]
    assert decided.says == "for every lam in [1/2, r]"
    assert THEORY.spectral(A, low, high, []).element == WORDS.zeros("n", "n")


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "a bound that is not y": (
        "must have y = r",
        lambda: THEORY.spectral(A, low, high, [0, Y, -1], through=Abstraction({"y": R / 2}, ())),
    ),
    "no bound named y": (
        "must have y = r",
        lambda: THEORY.spectral(A, low, high, [0, 1], through=Abstraction({"z": R}, ())),
    ),
    "an abstraction above a margin": (
        "lower bound 0",
        lambda: THEORY.spectral(A, margin, high, [0, Y, -1], through=ABSTRACT),
    ),
    "the variable bound in an assumption": (
        "the bound variable lam occurs",
        lambda: THEORY.decide_for_all(at_least(LAM), "lam", (), Abstraction({}, (at_least(LAM),))),
    ),
    "the variable bound to a value": (
        "the bound variable lam occurs",
        lambda: THEORY.decide_for_all(at_least(LAM**2), "lam", (), Abstraction({"lam": R}, ())),
    ),
    "the eigenvalue in an assumption of the abstraction": (
        "the spectral variable lam occurs",
        lambda: THEORY.spectral(
            A, low, high, [0, 1], through=Abstraction({"y": R, "lam": R}, (at_least(Y), at_least(LAM)))
        ),
    ),
    "a number of another theory": ("another theory", lambda: THEORY.product(TWIN.square(u.T), low)),
    "a product of another theory": ("another theory", lambda: THEORY.product(number, TWIN.hypothesis("A ⪰ 0"))),
    "a lower bound of another theory": (
        "another theory",
        lambda: THEORY.spectral(A, TWIN.hypothesis("A ⪰ 0"), high, [0, R, -1]),
    ),
    "an upper bound of another theory": (
        "another theory",
        lambda: THEORY.spectral(A, low, TWIN.hypothesis("A ⪯ rI"), [0, R, -1]),
    ),
    "a hypothesis that is not symmetric": ("symmetric", lambda: Theory(WORDS, (), {"N": N}).hypothesis("N")),
    "a hypothesis that is not square": ("symmetric", lambda: Theory(WORDS, (), {"C": C}).hypothesis("C")),
}


@pytest.mark.parametrize(("words", "step"), REFUSED.values(), ids=REFUSED)
def test_refusals_name_their_reason(words: str, step: Callable[[], object]) -> None:
    """A step that does not fit its rule is refused for what is wrong with it."""
    with pytest.raises(RefusedStepError, match=words):
        step()


def test_decisions_keep_what_was_decided() -> None:
    """A decision has its relation, its words, the solvers' answers, its parents and its theory."""
    relation = at_least(R)
    plain = THEORY.decide(relation, "because")
    assert (plain.relation, plain.says, plain.parents, plain.origin) == (relation, "because", (), THEORY)
    assert plain.decision.holds
    assert not plain.routine
    assert THEORY.decide(relation).says == ""
    through = THEORY.decide(more_than(1 + Y, Y**2), "because", ABSTRACT)
    assert (through.relation, through.says, through.origin) == (more_than(1 + R, R**2), "because", THEORY)
    assert through.relation.sign is Sign.POSITIVE
    assert through.decision.holds
    assert [(parent.relation, parent.says) for parent in through.parents] == [
        (at_least(R), GROUND),
        (at_least(ONE, R), GROUND),
    ]


def test_grounds_keep_their_sign() -> None:
    """A strict relation of an abstraction is decided strictly for its values, an equation as an equation."""
    strict = Abstraction({"y": R, "z": 2 * R}, (more_than(Y), Relation(Z - 2 * Y, Sign.ZERO)))
    found = THEORY.decide(more_than(Z), through=strict)
    assert [parent.relation.sign for parent in found.parents] == [Sign.POSITIVE, Sign.ZERO]
    assert found.relation == more_than(2 * R)


def test_relations_for_all_values_keep_what_was_decided() -> None:
    """A relation for every λ of an interval has its relation, words, answers, grounds and theory."""
    relation, interval = at_least(Y * LAM, LAM**2), (at_least(LAM), at_least(Y, LAM))
    found = THEORY.decide_for_all(relation, "lam", interval, ABSTRACT, "because")
    assert (found.relation, found.says, found.origin) == (relation, "because", THEORY)
    assert found.decision.holds
    assert [parent.relation for parent in found.parents] == [at_least(R), at_least(ONE, R)]
    assert THEORY.decide_for_all(relation, "lam", interval, ABSTRACT).says == ""


def test_abstractions_put_their_values_in() -> None:
    """A function of abstract scalars becomes the quotient at their values; other scalars stay."""
    abstraction = Abstraction({"y": R + 1, "z": R**2}, ())
    assert abstraction.concrete((Y**3 - 2 * Z * LAM) / (Z + 3)) == ((R + 1) ** 3 - 2 * R**2 * LAM) / (R**2 + 3)


def test_margins_are_decided() -> None:
    """0 ⪯ A − I/2 decides 1/2 > 0, in those words unless others are given."""
    assert THEORY.strictly(margin, A).relation == more_than(HALF)
    assert THEORY.strictly(margin, A).says == "1/2 > 0"
    assert THEORY.strictly(margin, A, "invertible").says == "invertible"


def test_facts_print_their_order() -> None:
    """A number is compared with ≤, a matrix with ⪯; a row is no number."""
    assert low.latex() == r"0 \preceq A"
    assert number.latex() == rf"0 \le {number.element.latex()}"
    thin = alphabet(["m"], [Letter("K", ("m", "m"), symmetric=True)])
    assert Theory(thin, (), {"K": thin.letter("K")}).hypothesis("K").latex() == r"0 \preceq K"
