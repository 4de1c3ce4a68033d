"""Mutants are wrong, distinct, stable and typed; the kill matrix counts a kill only where a check saw a difference."""

from __future__ import annotations

import functools
import inspect
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from foanil import statements
from foanil.arrays import EXACT, SingularMatrixError
from foanil.evidence import Check, Method, Outcome, Residual, exact_residual
from foanil.formal import FORMAL, as_formula, latex, symbol, tree
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.kill_matrix import (
    SAMPLE,
    Fate,
    TriedFormula,
    as_json,
    from_json,
    kill,
    kill_matrix_markdown,
    summary_markdown,
    try_formula,
)
from foanil.mutants import PROOF, Kind, Mutant, callable_formula, instance, mutants, mutants_of, proved_equal
from foanil.paper_alphabet import letter_values, limit_alphabet, paper_alphabet
from foanil.rewritings import rewritings
from foanil.words import Element, UndeclaredError, WordShapeError

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
    assert {mutant.kind for mutant in live} == set(Kind)


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


# Kills ----------------------------------------------------------------------------------------------


def words_of(formula: Any) -> Element:
    """Evaluate a formula in the paper's alphabet with every letter of the paper."""
    known = letter_values(paper_alphabet())
    names = list(inspect.signature(formula).parameters)[1:]
    result: Element = formula(paper_alphabet(), **{name: known[name] for name in names})
    return result


@functools.cache
def second_moment_by_isserlis() -> Element:
    """Return E[w_i w_iᵀ], the adapted head typed here once more."""
    words = paper_alphabet()
    B, w, X, z = (words.letter(name) for name in ("B", "w", "X_in", "z_in"))
    residual = X @ B @ w - X @ words.letter("B_star") @ words.letter("w_star") - z
    head = w - words.scalar("alpha") / words.scalar("m_in") * (B.T @ X.T @ residual)
    noise = Centred("z_in", words.scalar("sigma_sq") * words.eye("m_in"))
    return expectation(head @ head.T, Gaussian("X_in"), noise, Centred("w_star", words.letter("Sigma_star")))


def check(residual: Any, *, method: Method = Method.ALGEBRA, name: str = "a check", formula: str = "gram") -> Check:
    """Return a check that bears on no claim."""
    return Check(name, ("none",), method, "", formula, residual)


def fixed(outcome: Outcome) -> Any:
    """Return a residual that ignores the formula."""
    return lambda stated: Residual(outcome, "whatever the formula says")


def raising(error: Exception) -> Any:
    """Return a residual that raises for anything but the original's value."""

    def residual(stated: Any) -> Residual:
        if value(stated, 0) != value(statements.gram, 0):
            raise error
        return exact_residual(True, "0")

    return residual


def tried_gram(*checks: Check) -> TriedFormula:
    """Return the block of the matrix for the formula `gram`."""
    return try_formula("gram", statements.gram, checks, mutants("gram"))


def test_an_exact_check_kills_every_mutant_and_spares_equivalent_ones() -> None:
    """A derivation by Isserlis in words, typed apart, kills every live mutant of (7) and holds for the others."""
    isserlis = check(lambda stated: exact_residual((words_of(stated) - second_moment_by_isserlis()).is_zero(), ""))
    for mutant, trial in zip(mutants("second_moment"), kill(isserlis, mutants("second_moment")), strict=True):
        assert trial.fate is (Fate.KILLED if mutant.equivalent is None else Fate.SURVIVED), mutant.id


def test_a_check_that_ignores_its_argument_kills_nothing() -> None:
    """A check that cannot fail leaves every mutant alive, and the page says so in bold, survivors first."""
    tried = tried_gram(check(fixed(Outcome.HELD), name="deaf"))
    assert tried.survivors == tried.live
    assert tried.tally("deaf") == (0, len(tried.live))
    page = kill_matrix_markdown([tried])
    assert "**deaf (kills nothing)**" in page
    assert page.index("**survived: gram/sign/1**") < page.index("## Counts")
    assert f"0 of {len(tried.live)} mutants" in page


def test_an_inconclusive_check_kills_nothing() -> None:
    """Not knowing is not a kill."""
    tried = tried_gram(check(fixed(Outcome.INCONCLUSIVE)))
    assert tried.survivors == tried.live
    assert {trial.fate for mutant in tried.live for trial in mutant.trials} == {Fate.INCONCLUSIVE}


def test_a_check_that_rejects_everything_is_shown_to_reject_the_formula() -> None:
    """A check that always fails kills all mutants: the formula itself and the equivalent rewritings expose it."""
    tried = tried_gram(check(fixed(Outcome.FAILED)))
    assert not tried.survivors
    assert [c.on_formula for c in tried.checks] == [Outcome.FAILED.value]
    assert {mutant.id for mutant in tried.contradictions} == {m.id for m in tried.mutants if m.equivalent}
    assert "**proof contradicted: gram/" in summary_markdown([tried])


@pytest.mark.parametrize("error", [WordShapeError("x"), UndeclaredError("x"), SingularMatrixError("x")])
def test_a_typed_refusal_kills_and_is_told_apart(error: Exception) -> None:
    """A refusal by a typed error is a kill of its own kind, counted on the page and named."""
    tried = tried_gram(check(raising(error)))
    assert not tried.survivors
    assert {trial.fate for mutant in tried.live for trial in mutant.trials} == {Fate.REFUSED}
    page = kill_matrix_markdown([tried])
    assert f"{len(tried.live)} of them only refused" in page
    assert f"refused ({type(error).__name__})" in page


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("m"), ZeroDivisionError("x"), TypeError("x")])
def test_another_exception_is_an_error_and_kills_nothing(error: Exception) -> None:
    """A crash shows nothing about the formula: the mutant stays a survivor and the error is kept."""
    tried = tried_gram(check(raising(error)))
    assert tried.survivors == tried.live
    assert {trial.reason.partition(":")[0] for m in tried.live for trial in m.trials} == {type(error).__name__}


def test_a_defect_of_the_suite_is_let_through() -> None:
    """An exception of no expected kind ends the run instead of becoming an outcome."""
    with pytest.raises(OSError, match="disk"):
        kill(check(raising(OSError("disk"))), mutants("gram"))


def by_value(stated: Any) -> Residual:
    """Compare the value at one exact instance."""
    return exact_residual(value(stated, 0) == value(statements.gram, 0), "")


def test_a_slow_check_meets_a_sample_and_what_is_not_yet_found_different() -> None:
    """Slow checks run last, on a fixed sample and on all that are at most refused; NOT_RUN never kills."""
    slow = check(by_value, method=Method.EXACT, name="slow")
    beside_killer = tried_gram(slow, check(by_value, name="quick"))
    assert [c.name for c in beside_killer.checks] == ["quick", "slow"]
    assert beside_killer.tally("slow") == (SAMPLE, SAMPLE)
    assert beside_killer.fates("slow")[Fate.NOT_RUN] == len(beside_killer.live) - SAMPLE
    beside_refuser = tried_gram(slow, check(raising(UndeclaredError("x")), name="refuser"))
    assert beside_refuser.tally("slow") == (len(beside_refuser.live), len(beside_refuser.live))
    unrun = replace(
        beside_killer.live[1], trials=tuple(t for t in beside_killer.live[1].trials if t.fate is Fate.NOT_RUN)
    )
    assert unrun.trials
    assert not unrun.killed


def test_a_block_of_the_matrix_survives_json() -> None:
    """What is written as JSON is read back the same, byte for byte."""
    tried = tried_gram(check(by_value, name="é σ̄²"), check(raising(ValueError("x")), name="other"))
    assert from_json(as_json(tried)) == tried
    assert as_json(from_json(as_json(tried))) == as_json(tried)


def test_no_bare_bar_in_a_table() -> None:
    """Every row of a table has as many cells as its head: LaTeX brings no bar of its own."""
    page = kill_matrix_markdown([try_formula("anil_loss", statements.anil_loss, [], mutants("anil_loss"))])
    rows = [line for line in page.splitlines() if line.startswith("|")]
    heads = [index for index, line in enumerate(rows) if set(line) <= set("|- ")]
    for start, stop in zip(heads, [*(head - 1 for head in heads[1:]), len(rows)], strict=True):
        assert {line.count("|") for line in rows[start:stop]} == {rows[start - 1].count("|")}


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
