"""Mutants are wrong in one place or two, distinct, stable and typed."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import Any

import pytest

from foanil import statements
from foanil.arrays import EXACT
from foanil.formal import FORMAL, as_formula, latex, symbol, tree
from foanil.mutants import (
    PAIRS,
    PROOF,
    Kind,
    Mutant,
    callable_formula,
    instance,
    mutants,
    mutants_of,
    pairs,
    pairs_of,
    proved_equal,
)
from foanil.mutants.rewritings import rewritings
from foanil.paper_alphabet import letter_values, limit_alphabet

SPREAD = latex(FORMAL.trace(symbol("Sigma_star")))


def value(formula: Any, index: int) -> list[Any]:
    """Return the entries of a formula's value at one of the two exact instances."""
    known = instance(index)
    result = formula(EXACT, **{name: known[name] for name in list(inspect.signature(formula).parameters)[1:]})
    return [*result.ravel()] if hasattr(result, "ravel") else [result]


@pytest.mark.parametrize("name", statements.FORMULAS)
def test_a_live_mutant_differs_and_an_equivalent_one_does_not(name: str) -> None:
    """A live mutant's value differs from the formula's at an exact instance; an equivalent one agrees at both."""
    stated = [value(statements.formula(name), index) for index in (0, 1)]
    for mutant in mutants(name):
        same = [value(mutant.formula, index) for index in (0, 1)] == stated
        assert same == (mutant.equivalent is not None), mutant.id


@pytest.mark.parametrize("name", statements.FORMULAS)
def test_ten_live_mutants_distinct_as_values(name: str) -> None:
    """Every formula has at least ten live mutants, no two of one value, each under an id of its own."""
    live = [mutant for mutant in mutants(name) if mutant.equivalent is None]
    values = {tuple(value(mutant.formula, 0) + value(mutant.formula, 1)) for mutant in live}
    assert len(values) == len(live) >= 10
    assert len({mutant.id for mutant in mutants(name)}) == len(mutants(name))


def test_no_rewriting_is_lost_for_want_of_a_value() -> None:
    """Every well-typed rewriting of a formula has a value at both instances: none is left out as undefined."""
    for name in statements.FORMULAS:
        for _, description, node in rewritings(tree(statements.formula(name))):
            formula = callable_formula(node, statements.formula(name))
            assert value(formula, 0), description
            assert value(formula, 1), description


def test_every_kind_has_a_live_mutant() -> None:
    """No kind of the closed vocabulary is empty."""
    live = [mutant for name in statements.FORMULAS for mutant in mutants(name) if mutant.equivalent is None]
    assert {mutant.kind for mutant in live} == set(Kind) - {Kind.PAIR}


def test_ids_of_the_smallest_formula() -> None:
    """Ids are formula/kind/number, numbered within their kind in the order of the formula's tree."""
    assert [mutant.id for mutant in mutants("limit_complement")] == [
        "limit_complement/sign/1",
        *(f"limit_complement/scale/{n}" for n in (1, 2, 3, 4)),
        *(f"limit_complement/repeat/{n}" for n in (1, 2, 3)),
        *(f"limit_complement/stray/{n}" for n in (1, 2, 3, 4)),
    ]


def test_mutants_are_the_same_under_another_hash_seed() -> None:
    """Ids and formulas do not depend on the order of sets: two processes with two hash seeds agree."""
    code = "from foanil.mutants import mutants; print(ascii([(m.id, m.latex) for m in mutants('second_moment')]))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != ""


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("limit_gram", r"$`m_{\mathrm{in}}`$ becomes $`m_{\mathrm{in}} + 1`$ everywhere"),
        ("second_moment", r"$`m_{\mathrm{in}}`$ becomes $`m_{\mathrm{in}} - 1`$ in one place"),
        ("second_moment", rf"$`{SPREAD} + \sigma^2`$ in place of $`\sigma^2`$"),
        ("limit_gram", rf"$`\bar\sigma^2 - {SPREAD}`$ in place of $`\bar\sigma^2`$"),
        ("head_step", r"$`\beta`$ and $`\alpha`$ swapped"),
        ("representation_step", r"factor $`B_\star \Sigma_\star B_\star^{\top}`$ dropped"),
        ("second_moment", r"$`w w^{\top}`$ becomes $`\lVert w \rVert^{2} \, I_{k'}`$"),
        ("second_moment_first_line", r"exponent of $`\alpha`$: 2 becomes 1"),
        ("anil_loss", r"sign of $`2 \, \alpha \, B B^{\top}`$ flipped"),
        ("limit_gram_ratio_form", r"identity in place of $`\Sigma_\star`$"),
    ],
)
def test_the_errors_a_transcriber_makes_are_among_them(name: str, description: str) -> None:
    """The classical slips (m_in ± 1, σ² for σ̄², α for β, a missing transpose, a dropped Σ⋆) are live mutants."""
    assert description in {mutant.description for mutant in mutants(name) if mutant.equivalent is None}


def test_a_letter_from_outside_becomes_a_parameter() -> None:
    """A mutant that reads a letter the formula does not take has it as a further parameter, after the formula's."""
    mutant = next(m for m in mutants("limit_gram") if m.description.startswith("$`\\beta`$ in place of"))
    assert list(inspect.signature(mutant.formula).parameters)[1:] == [
        "Sigma_star",
        "sigma_bar_sq",
        "alpha",
        "m_in",
        "beta",
    ]


# Equivalence ----------------------------------------------------------------------------------------


def test_a_rewritten_formula_is_proved_equal_in_words() -> None:
    """A + B = B + A, and Σ⋆K⁻¹ = K⁻¹Σ⋆ and B⋆ᵀB⋆ = I under the declared relations; A − B is not A + B."""
    labels = tree(statements.labels)
    left, right = labels.children
    assert proved_equal(labels, right + left)
    assert proved_equal(
        labels,
        symbol("X") @ symbol("B_star") @ symbol("B_star").T @ left.children[0].children[1] @ (symbol("w_star")) + right,
    )
    assert not proved_equal(labels, left - right)
    ratio = next(m for m in mutants("limit_gram_ratio_form") if m.id == "limit_gram_ratio_form/order/1")
    assert ratio.equivalent == PROOF


def test_no_proof_is_not_equivalence() -> None:
    """Where words cannot decide (an undeclared inverse on both sides) there is no proof, though the trees are equal."""
    other_resolvent = next(
        m for m in mutants("limit_gram") if m.description == r"identity in place of $`\Sigma_\star`$"
    )
    node = tree(other_resolvent.formula)
    assert not proved_equal(node, node)


def test_an_unproved_agreement_stays_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rewriting that agrees with the formula at both instances but is not proved equal counts as live."""
    monkeypatch.setattr("foanil.mutants.proved_equal", lambda left, right: False)
    transposed = next(m for m in mutants_of("gram", statements.gram) if m.kind is Kind.TRANSPOSE)
    assert transposed.equivalent is None


# Pairs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gram", "second_moment_first_line"])
def test_pairs_are_new(name: str) -> None:
    """A pair has a value that no single mutant and no other pair has; one that agrees with the formula is proved so."""
    known = [tuple(value(mutant.formula, 0) + value(mutant.formula, 1)) for mutant in mutants(name) + pairs(name)]
    live = [found for found, mutant in zip(known, mutants(name) + pairs(name), strict=True) if not mutant.equivalent]
    assert len(set(live)) == len(live)
    assert len(pairs(name)) == PAIRS
    assert {mutant.kind for mutant in pairs(name)} == {Kind.PAIR}


def test_a_pair_is_one_rewriting_after_the_other() -> None:
    """The tree of a pair is a rewriting of a rewriting, and its description says both in order."""
    original = tree(statements.gram)
    singles = [(description, node) for _, description, node in rewritings(original)]
    twice = {(f"{first}; then {second}", latex(node)) for first, one in singles for _, second, node in rewritings(one)}
    assert {(mutant.description, mutant.latex) for mutant in pairs("gram")} <= twice


def test_a_shorter_list_of_pairs_begins_a_longer_one() -> None:
    """How many pairs are asked for does not change which come first."""
    assert [mutant.latex for mutant in pairs_of("gram", statements.gram, 7)] == [m.latex for m in pairs("gram")[:7]]


# Instances and records ------------------------------------------------------------------------------


def test_the_original_is_no_mutant() -> None:
    """A formula rebuilt from its tree is not told apart from the formula by any value: what the checks first meet."""
    for name in statements.FORMULAS:
        rebuilt = as_formula(tree(statements.formula(name)), statements.formula(name))
        assert value(rebuilt, 1) == value(statements.formula(name), 1)


def test_instances_meet_the_declared_relations() -> None:
    """At both instances B⋆ has orthonormal columns, B⋆,⊥ spans its complement, and Tr(Σ⋆) = σ̄² − σ²; sizes differ."""
    for index in (0, 1):
        known = instance(index)
        basis, complement = known["B_star"], known["B_star_perp"]
        assert (basis.T @ basis == EXACT.eye(basis.shape[1])).all()
        assert (complement.T @ complement == EXACT.eye(complement.shape[1])).all()
        assert not (complement.T @ basis).any()
        assert EXACT.trace(known["Sigma_star"]) == known["sigma_bar_sq"] - known["sigma_sq"]
        sizes = [*basis.shape, known["B"].shape[1], complement.shape[1]]
        sizes += [int(known[name]) for name in ("m", "m_in", "m_out", "m_test", "N")]
        assert len(set(sizes)) == len(sizes)


def test_the_alphabet_knows_every_letter() -> None:
    """Every letter that a mutant can ask for is a letter or scalar of the alphabet that proves equivalences."""
    assert set(letter_values(limit_alphabet())) == set(instance(0))


def test_an_unknown_formula_is_refused() -> None:
    """A name that is no formula raises KeyError with the names there are."""
    with pytest.raises(KeyError, match="second_moment"):
        mutants("second_momentum")


def test_a_mutant_is_a_frozen_record() -> None:
    """A mutant cannot be changed after it was made: a shared cache stays what it is."""
    mutant: Mutant = mutants("gram")[0]
    with pytest.raises(AttributeError):
        mutant.id = "other"  # type: ignore[misc]
