"""A kill counts only where a channel saw a difference in time; outcomes are kept, resumed and rendered as they were."""

from __future__ import annotations

import functools
import inspect
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foanil import statements
from foanil.arrays import EXACT, SingularMatrixError
from foanil.evidence import Check, Method, Outcome, Residual, exact_residual
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.mutants import instance, mutants
from foanil.mutants import run as mutation_run
from foanil.mutants.channels import Channel, channel_of, checks_of, gather, second_transcription_check
from foanil.mutants.kill_matrix import (
    KILLS,
    Fate,
    OutOfTimeError,
    TriedFormula,
    time_limit,
    trial_data,
    trial_from_data,
    try_formula,
    try_mutant,
)
from foanil.mutants.pages import Matrix, pages, summary, survivors, value_killers
from foanil.mutants.run import Piece, formula_pieces, module_pieces, read_kept, run, tried_formulas
from foanil.paper_alphabet import letter_values, paper_alphabet
from foanil.sources import reached
from foanil.words import Element, UndeclaredError, WordShapeError

ROOT = Path(__file__).parents[1]


def value(formula: Any, index: int) -> list[Any]:
    """Return the entries of a formula's value at one of the two exact instances."""
    known = instance(index)
    result = formula(EXACT, **{name: known[name] for name in list(inspect.signature(formula).parameters)[1:]})
    return [*result.ravel()] if hasattr(result, "ravel") else [result]


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


def check(residual: Any, *, name: str = "a check") -> Check:
    """Return a check that bears on no claim."""
    return Check(name, ("none",), Method.ALGEBRA, "", "gram", residual)


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


def work_for(seconds: float) -> None:
    """Use so much processor time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def slow(stated: Any) -> Residual:
    """Take long for anything but the original."""
    if value(stated, 0) != value(statements.gram, 0):
        work_for(5)
    return exact_residual(True, "0")


def by_value(stated: Any) -> Residual:
    """Compare the value at one exact instance."""
    return exact_residual(value(stated, 0) == value(statements.gram, 0), "")


def tried_gram(*checks: Check, budget: float = 3.0) -> TriedFormula:
    """Return the block of the matrix for the formula `gram`, its checks one channel."""
    return try_formula("gram", statements.gram, {Channel.DERIVATION.value: checks}, mutants("gram"), budget)


def fates(tried: TriedFormula) -> set[Fate]:
    """Return the fates of live mutants."""
    return {trial.fate for mutant in tried.live for trial in mutant.trials}


# Kills ----------------------------------------------------------------------------------------------


def test_an_exact_check_kills_every_mutant_and_spares_equivalent_ones() -> None:
    """A derivation by Isserlis in words, typed apart, kills every live mutant of (7) and holds for the others."""
    isserlis = check(lambda stated: exact_residual((words_of(stated) - second_moment_by_isserlis()).is_zero(), ""))
    for mutant in mutants("second_moment"):
        trial = try_mutant("words", [isserlis], mutant.formula)
        assert trial.fate is (Fate.KILLED if mutant.equivalent is None else Fate.SURVIVED), mutant.id


def test_a_check_that_ignores_its_argument_kills_nothing() -> None:
    """A check that cannot fail leaves every mutant alive, and the page says so, survivors before counts."""
    tried = tried_gram(check(fixed(Outcome.HELD), name="deaf"))
    assert tried.survivors == tried.live
    assert tried.fates(Channel.DERIVATION.value) == {Fate.SURVIVED: len(tried.live)}
    page = summary(Matrix((tried,), (), ()))
    assert page.index("**survived: gram/sign/1**") < page.index("## Channels")
    assert f"{len(tried.live)} mutants of 1 formulas, 0 killed" in page


def test_an_inconclusive_check_kills_nothing() -> None:
    """Not knowing is not a kill."""
    tried = tried_gram(check(fixed(Outcome.INCONCLUSIVE)))
    assert tried.survivors == tried.live
    assert fates(tried) == {Fate.INCONCLUSIVE}


def test_what_takes_too_long_is_inconclusive() -> None:
    """A trial ends at its budget: no kill, whatever a later check would have said."""
    mutant = mutants("gram")[0]
    trial = try_mutant("slow", [check(slow), check(by_value)], mutant.formula, 0.05)
    assert trial.fate is Fate.INCONCLUSIVE
    assert trial.seconds < 5


def test_a_time_limit_ends_with_its_block() -> None:
    """The clock, of processor time, is stopped after the block: waiting for others inside it costs nothing."""
    with pytest.raises(OutOfTimeError), time_limit(0.02):
        work_for(5)
    with time_limit(0.05):
        time.sleep(0.1)
    work_for(0.1)


def test_a_check_that_rejects_everything_is_shown_to_reject_the_formula() -> None:
    """A check that always fails kills all mutants: the formula itself and the equivalent rewritings expose it."""
    tried = tried_gram(check(fixed(Outcome.FAILED)))
    assert not tried.survivors
    assert [channel.on_formula for channel in tried.channels] == [Outcome.FAILED.value]
    assert {mutant.id for mutant in tried.contradictions} == {m.id for m in tried.mutants if m.equivalent}
    lines = survivors(Matrix((tried,), (), ()))
    assert any("proof contradicted: gram/" in line for line in lines)
    assert any("to the formula itself" in line for line in lines)


@pytest.mark.parametrize("error", [WordShapeError("x"), UndeclaredError("x"), SingularMatrixError("x")])
def test_a_typed_refusal_kills_and_is_told_apart(error: Exception) -> None:
    """A refusal by a typed error is a kill of its own kind, named on the formula's page, and never one of two."""
    tried = tried_gram(check(raising(error)))
    assert not tried.survivors
    assert fates(tried) == {Fate.REFUSED}
    assert {value_killers(mutant) for mutant in tried.live} == {()}
    assert f"refused ({type(error).__name__})" in pages(Matrix((tried,), (), ()))["mutants/gram.md"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("m"), ZeroDivisionError("x"), TypeError("x")])
def test_another_exception_is_an_error_and_kills_nothing(error: Exception) -> None:
    """A crash shows nothing about the formula: the mutant stays a survivor and the error is kept."""
    tried = tried_gram(check(raising(error)))
    assert tried.survivors == tried.live
    assert {trial.reason.partition(":")[0] for m in tried.live for trial in m.trials} == {type(error).__name__}


def test_a_difference_found_outweighs_what_other_checks_of_the_channel_say() -> None:
    """One check that finds a difference kills, though others of its channel hold, refuse or fail to run."""
    others = [check(fixed(Outcome.HELD)), check(raising(UndeclaredError("x"))), check(raising(ValueError("x")))]
    assert fates(tried_gram(*others, check(by_value))) == {Fate.KILLED}
    assert fates(tried_gram(*others)) == {Fate.REFUSED}


def test_a_defect_of_the_suite_is_let_through() -> None:
    """An exception of no expected kind ends the run instead of becoming an outcome."""
    with pytest.raises(OSError, match="disk"):
        tried_gram(check(raising(OSError("disk"))))


def test_trials_survive_json() -> None:
    """What is kept as JSON is read back the same, seconds to a tenth of a millisecond."""
    for trial in tried_gram(check(by_value), check(raising(ValueError("é")))).mutants[0].trials:
        kept = trial_from_data(json.loads(json.dumps(trial_data(trial))))
        assert replace(kept, seconds=0) == replace(trial, seconds=0)


# Channels -------------------------------------------------------------------------------------------


def test_every_formula_has_two_channels_that_look_at_its_value() -> None:
    """For each formula a derivation or a definition in words, and finite laws."""
    for channels in gather().values():
        assert Channel.FINITE_LAWS in channels
        assert {Channel.DERIVATION, Channel.DEFINITIONS} & set(channels)


def test_the_channel_of_a_check() -> None:
    """A check's channel follows from its module and method; types and degrees have one of their own."""
    assert {channel_of("finite_laws", c) for c in checks_of("finite_laws")} == {Channel.FINITE_LAWS}
    found = [channel_of("assumption_1_and_definitions", c) for c in checks_of("assumption_1_and_definitions")]
    assert {Channel.TYPES, Channel.DEFINITIONS} <= set(found)


def test_a_second_transcription_is_compared_by_value() -> None:
    """The comparison holds for equal functions, whatever their form, and fails for a wrong one."""

    def gram(B: Any, B_star: Any) -> Any:
        across, width = range(len(B_star[0])), range(len(B[0]))
        rows = [[sum(s[p] * b[a] for s, b in zip(B_star, B, strict=True)) for a in width] for p in across]
        return [[sum(x * y for x, y in zip(one, other, strict=True)) for other in rows] for one in rows]

    comparison = second_transcription_check("gram", gram)
    assert comparison.residual(statements.gram).held
    assert not any(comparison.residual(m.formula).held for m in mutants("gram") if m.equivalent is None)


# Running --------------------------------------------------------------------------------------------


def kept_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Piece], Path, list[str]]:
    """Run the pieces of one formula in this process, and return them, the file, and what was said."""
    monkeypatch.setattr(mutation_run, "_done", lambda left, jobs, seconds: [(p, mutation_run.work(p)) for p in left])
    todo = [*formula_pieces(ROOT, ["gram"])]
    said: list[str] = []
    run(todo, tmp_path / "kept.jsonl", 1, 60, said.append)
    return todo, tmp_path / "kept.jsonl", said


def test_a_second_run_has_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes are kept by content: a second run takes them all, and puts the same block together."""
    todo, path, said = kept_pieces(tmp_path, monkeypatch)
    assert len(said) == 1 + len(todo)
    monkeypatch.setattr(mutation_run, "work", lambda piece: pytest.fail(f"{piece} was run again"))
    (block,) = tried_formulas(todo, run(todo, path, 1, 60, said.append))
    assert not block.survivors
    assert min(len(value_killers(mutant)) for mutant in block.live) >= 2


def test_an_unfinished_line_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed while it wrote leaves a piece that is run again, and no other."""
    todo, path, _ = kept_pieces(tmp_path, monkeypatch)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) - 40], encoding="utf-8")
    assert set(read_kept(path)) == {piece.key for piece in todo[:-1]}


def test_a_piece_has_another_key_when_its_check_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key hashes the code that a check reaches."""

    def changed(checkout: Any, places: Any) -> str:
        return "new" if ("proofs.one_step", "OneStep") in reached(checkout, places) else "old"

    before = {piece.about[0]: piece.key for piece in module_pieces(ROOT)}
    monkeypatch.setattr(mutation_run, "code_hash", lambda checkout, places: "old")
    old = {piece.about[0]: piece.key for piece in module_pieces(ROOT)}
    monkeypatch.setattr(mutation_run, "code_hash", changed)
    new = {piece.about[0]: piece.key for piece in module_pieces(ROOT)}
    assert before.keys() == old.keys() == new.keys()
    assert new["thm_1_explicit_constants"] != old["thm_1_explicit_constants"]
    assert new["assumption_1_and_definitions"] == old["assumption_1_and_definitions"]


def test_a_channel_that_misses_a_piece_is_left_out() -> None:
    """Half a channel is no channel: its column is missing, not filled with survivors; so is a formula without any."""
    todo = [piece for piece in formula_pieces(ROOT, ["gram"]) if piece.about[1] == Channel.FINITE_LAWS.value]
    kept = {todo[0].key: mutation_run.work(todo[0])}
    assert len(todo) > 1
    assert tried_formulas(todo, kept) == ()


# Pages ----------------------------------------------------------------------------------------------


def test_no_bare_bar_in_a_table() -> None:
    """Every row of a table has as many cells as its head: LaTeX brings no bar of its own."""
    record = try_formula("anil_loss", statements.anil_loss, {}, mutants("anil_loss"))
    for page in pages(Matrix((record,), (), ())).values():
        rows = [line for line in page.splitlines() if line.startswith("|")]
        heads = [index for index, line in enumerate(rows) if set(line) <= set("|- ")]
        for start, stop in zip(heads, [*(head - 1 for head in heads[1:]), len(rows)], strict=True):
            assert {line.count("|") for line in rows[start:stop]} == {rows[start - 1].count("|")}


def test_what_was_not_run_is_said() -> None:
    """A matrix that the time budget cut short names what is missing before anything else."""
    page = summary(Matrix((), (), (), ("formula: gram, finite laws, from number 60 on",)))
    assert page.index("Not run") < page.index("## Survivors")


def test_kills_are_two_fates() -> None:
    """Only a difference and a typed refusal kill."""
    assert frozenset({Fate.KILLED, Fate.REFUSED}) == KILLS
