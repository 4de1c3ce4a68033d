"""Sweeps: what a specification may say, what is drawn, what becomes of trajectories, and what is derived about them."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from foanil.arrays import NUMPY
from foanil.claims import REGISTRY
from foanil.commands.sweeps import sweep as sweep_command
from foanil.dynamics import observe, trajectory
from foanil.stacked import Numbers, Stack, stacked_step
from foanil.sweeps import capsules, certified, chunks
from foanil.sweeps.chunks import Contradiction
from foanil.sweeps.courses import INVARIANTS, STATUS, Course, follow, looks
from foanil.sweeps.draws import drawn
from foanil.sweeps.points import points
from foanil.sweeps.predictions import DERIVED, Prediction, contradictions
from foanil.sweeps.results import ContradictionError, Folder, swept
from foanil.sweeps.specification import Specification, SpecificationError
from foanil.sweeps.starts import problems
from tests.small_sweeps import Here, made, quiet


def courses(sweep: Specification, step: Any = stacked_step) -> tuple[Numbers, Stack, Course]:
    """Return the first chunk's problems, starts and courses, under a step."""
    numbers, start = problems(sweep.seed, sweep.start, points(sweep, 0))
    return numbers, start, follow(numbers, start, sweep.steps, sweep.epsilon, step=step)


# The specification ---------------------------------------------------------------------------------

WRONG: Mapping[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"sed": 1}, "did you mean 'seed'"),
    "no seed": ({"seed": None}, "seed must be a whole number"),
    "no such draw": ({"draw": "random"}, "draw must be one of grid, latin-hypercube, hypothesis"),
    "points of a grid": ({"points": 7}, "remove the key points"),
    "no points": ({"draw": "latin-hypercube", "axes": {"size": 0.1}}, "points must be a whole number"),
    "unknown axis": ({"axes": {"alpha": 1}}, "got 'alpha'"),
    "missing axis": ({"axes": {"head": None}}, "axes without a value: head"),
    "both of a pair": ({"axes": {"kappa": 3}}, "kappa and noise; got both"),
    "neither of a pair": ({"axes": {"noise": None}}, "kappa and noise; got neither"),
    "text for a number": ({"axes": {"m": "7"}}, "takes numbers"),
    "code for a number": ({"axes": {"m": "__import__('os')"}}, "takes numbers"),
    "infinite": ({"axes": {"rho": float("inf")}}, "must lie in"),
    "not a number": ({"axes": {"rho": float("nan")}}, "must lie in"),
    "half a size": ({"axes": {"k": 1.5}}, "whole numbers"),
    "backwards": ({"axes": {"size": {"from": 1, "to": 0.1, "count": 3}}}, "from < to"),
    "range without end": ({"axes": {"size": {"from": 1, "count": 3}}}, "to is missing"),
    "too much memory": ({"starts": 10**6}, "lower chunk"),
    "no such outcome": ({"outcomes": ["convergd"]}, "did you mean 'converged'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_specifications_are_refused(name: str) -> None:
    """A specification with a fault is refused in words that name what was expected."""
    changes, message = WRONG[name]
    with pytest.raises(SpecificationError, match=message.replace("(", r"\(")):
        made(**changes)


def test_refusal_is_one_line_with_exit_code_2(tmp_path: Path) -> None:
    """A bad file ends the command with one line and exit code 2, and nothing is written."""
    file = tmp_path / "bad.toml"
    for content in (b"seed = 1\ndraw = 'grid'\n", b"seed = = 1", b"\xff\xfe"):
        file.write_bytes(content)
        outcome = CliRunner().invoke(sweep_command, [str(file), "-o", str(tmp_path / "out")])
        assert (outcome.exit_code, outcome.output.count("\n")) == (2, 1)
        assert not (tmp_path / "out").exists()


def test_spelling_does_not_matter() -> None:
    """Two files that say the same are the same sweep; another seed is another."""
    assert made({"rho": 1.0, "condition": [1]}).digest() == made().digest()
    assert made(seed=4).digest() != made().digest()


# Points and starts ---------------------------------------------------------------------------------


def test_grid_holds_every_combination_once() -> None:
    """A grid's chunks together hold each combination of values once, in order, each with all its starts."""
    sweep = made({"m": [1, 7, 30]}, chunk=4)
    rows = [points(sweep, number) for number in range(sweep.chunks)]
    seen = [tuple(row) for part in rows for row in zip(part.m, part.size, part.start, strict=True)]
    assert len(set(seen)) == len(seen) == 3 * 5 * 2
    assert np.concatenate([part.point for part in rows]).tolist() == [i // 2 for i in range(30)]


def test_latin_hypercube_meets_every_stratum() -> None:
    """Along each axis that varies the points of a chunk lie one in each of as many equal parts."""
    axes = {"size": {"from": 1e-3, "to": 2, "scale": "log"}, "head": {"from": 0, "to": 2}}
    rows = points(made(axes, draw="latin-hypercube", points=32, chunk=16, starts=1), 1)
    assert rows.point.tolist() == list(range(16, 32))
    for places in (np.log(rows.size / 1e-3) / np.log(2000), rows.head / 2):
        assert sorted(np.floor(16 * places)) == list(range(16))


def test_hypothesis_draws_within_the_axes() -> None:
    """Hypothesis's draws are the same for the same seed and chunk, within the ranges, and reach their ends."""
    axes = {"m": {"from": 2, "to": 9}, "size": {"from": 1e-3, "to": 2, "scale": "log"}, "head": {"from": 0, "to": 2}}
    sweep = made(axes, draw="hypothesis", points=60, chunk=60, starts=1)
    rows, again = points(sweep, 0), points(sweep, 0)
    assert (rows.size == again.size).all()
    assert (rows.head >= 0).all()
    assert (rows.head <= 2).all()
    assert {2, 9} <= set(rows.m.tolist()) <= set(range(2, 10))


def test_hypothesis_draws_do_not_depend_on_what_is_loaded() -> None:
    """A process that has loaded hardly anything draws what this one does, which has loaded much."""
    script = "from foanil.sweeps.draws import drawn; print(drawn(7, 200, [('integer', 2, 9**9), ('float', 0.0, 1.0)]))"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, encoding="utf-8")
    assert other.stdout.strip() == str(drawn(7, 200, [("integer", 2, 9**9), ("float", 0.0, 1.0)]))


def test_starts_have_the_sizes_asked_for() -> None:
    """‖B̂_0‖² is the size and ‖ŵ_0‖² the head; other starts than generic ones have no complement."""
    for kind in ("generic", "signal", "aligned"):
        numbers, start, _ = courses(made(start=kind, steps=1))
        rows = points(made(), 0)
        assert np.linalg.norm(start.B, 2, axis=(1, 2)) ** 2 == pytest.approx(rows.size)
        assert (start.w**2).sum(axis=(1, 2)) == pytest.approx(rows.head)
        assert (start.B[:, 2:] == 0).all() == (kind != "generic")
        assert numbers.kappa == pytest.approx(3)


def test_what_is_no_problem_is_kept_and_said() -> None:
    """Points with k′ < k or σ² < 0 stay in the table as inadmissible; nothing else is known of them."""
    sweep = made({"k": [2, 4], "noise": None, "kappa": [1.5, 5], "size": 0.1}, chunk=9)
    found = chunks.table_of(chunks.computed(sweep, 0)).to_pydict()
    wrong = [k == 4 or kappa < 2 for k, kappa in zip(found["k"], found["kappa"], strict=True)]
    assert [status == "inadmissible" for status in found["status"]] == wrong
    assert [converged is None for converged in found["converged"]] == wrong
    assert len(wrong) == 2 * sum(not each for each in wrong) * 2


# Courses -------------------------------------------------------------------------------------------


def test_rows_are_the_trajectories_of_the_paper() -> None:
    """What a row records is what the transcribed iteration does from the same start, turned back into units."""
    sweep = made(epsilon=1e-3)
    numbers, start, course = courses(sweep)
    for place in range(len(numbers.a)):
        problem, t = certified.problem(numbers, start, place), int(course.t[place])
        letters = problem.setting.in_system(NUMPY)
        *_, theta = trajectory(NUMPY, problem.setting, problem.start, t)
        seen, c = observe(NUMPY, letters, theta, t), float(problem.setting.c)
        assert course.complement[place] == pytest.approx(seen.complement_sq, rel=1e-6)
        assert course.output[place] == pytest.approx(seen.output_sq / c, rel=1e-6, abs=1e-14)
        x_star = 1 / (1 + (1 + numbers.kappa[place]) / numbers.m[place])
        gaps = [abs(value / x_star - 1) for value in seen.gram_eigenvalues]
        assert course.farthest[place] == pytest.approx(max(gaps), rel=1e-6)


ENDS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "converged": ({"size": 0.01}, {}),
    "collapsed": ({"k_prime": 2, "size": 1e-3, "head": 1.5}, {"start": "aligned"}),
    "diverged": ({"size": 50}, {}),
    "periodic": ({"k_prime": 2, "alpha_sigma": None, "a": 1.1, "size": 0.01, "head": 0}, {"start": "signal"}),
    "unfinished": ({"size": 1e-6, "head": 1.5}, {"steps": 20}),
}


@pytest.mark.parametrize("name", ENDS)
def test_each_end_is_recognised(name: str) -> None:
    """A start of each kind ends as it must; past a = 1 with period 2."""
    axes, changes = ENDS[name]
    _, _, course = courses(made(axes, **changes))
    assert {STATUS[status] for status in course.status} == {name}
    assert set(course.period) == ({2} if name == "periodic" else {0})


def test_what_does_not_move_is_stuck() -> None:
    """Under a step that moves nothing, every start that is not at the limit is stuck."""
    _, _, course = courses(made({"size": 0.01, "head": 1.5}), step=lambda numbers, point: point)
    assert {STATUS[status] for status in course.status} == {"stuck"}


def test_looks_end_with_the_last_step() -> None:
    """Looks begin at 0, grow by a twentieth at most, and end with the last step."""
    for most in (1, 19, 500):
        seen = list(looks(most))
        assert (seen[0], seen[-1]) == (0, most)
        assert all(0 < b - a <= max(1, a // 20) for a, b in itertools.pairwise(seen))


def test_bytes_do_not_depend_on_the_company() -> None:
    """A row is the same to the last bit whichever rows are computed beside it."""
    together = chunks.table_of(chunks.computed(made(chunk=5), 0)).to_pydict()
    alone = [chunks.table_of(chunks.computed(made(chunk=1), number)).to_pydict() for number in range(5)]
    assert {name: [row for each in alone for row in each[name]] for name in together} == together


# What is derived -----------------------------------------------------------------------------------

SPEAKS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "new-thm-1-explicit": ({"size": 0.03}, {}),
    "new-init-without-sample-size": ({"size": 0.3}, {}),
    "new-gram-monotone": ({"size": 0.03, "head": 0}, {}),
    "new-collapse-lemma": ({"k_prime": 2, "size": 1e-3, "head": 1.9}, {"start": "aligned"}),
    "new-period-doubling": ENDS["periodic"],
}


def backwards(numbers: Numbers, point: Stack) -> Stack:
    """A wrong step: twice back."""
    after = stacked_step(numbers, point)
    return Stack(2 * point.B - after.B, 2 * point.w - after.w)


def headless(numbers: Numbers, point: Stack) -> Stack:
    """A wrong step: the head is forgotten, and αβc is halved."""
    after = stacked_step(replace(numbers, a=numbers.a / 2), Stack(point.B, 0 * point.w))
    return Stack(after.B, 0 * point.w)


@pytest.mark.parametrize("prediction", DERIVED, ids=lambda each: each.claim)
def test_derived_claims_hold_and_would_not_for_another_step(prediction: Prediction) -> None:
    """Where a derived claim speaks no trajectory contradicts it, and under a wrong step every one does."""
    axes, changes = SPEAKS[prediction.claim]
    sweep = made(axes, chunk=1, starts=6, **changes)
    wrong = headless if prediction.claim in ("new-collapse-lemma", "new-period-doubling") else backwards
    for step, expected in ((stacked_step, set()), (wrong, set(range(6)))):
        numbers, start, course = courses(sweep, step)
        assert prediction.applies(numbers, start).all()
        found = contradictions(numbers, start, course, (prediction,))
        assert {place for place, _, _ in found} == expected


def test_claims_are_in_the_registry() -> None:
    """Every claim that a sweep is held against has a record, and a case here in which it speaks."""
    names = {each.claim for each in DERIVED}
    assert names <= set(REGISTRY)
    assert names == set(SPEAKS)


# Contradictions ------------------------------------------------------------------------------------


def falsely(*asserts: str, excludes: tuple[int, ...] = ()) -> tuple[Prediction, ...]:
    """Return a claim that speaks everywhere, and is false."""
    return (Prediction("eq-7", lambda numbers, start: np.ones(len(numbers.a), dtype=bool), excludes, asserts),)


WILD: Mapping[str, Any] = {"size": 2, "head": 1.5, "m": 3, "k_prime": 2}


@pytest.mark.parametrize("what", INVARIANTS)
def test_capsules_show_a_broken_invariant(what: str, tmp_path: Path) -> None:
    """From a wild start each invariant breaks for some row, and its capsule shows that in 60 digits."""
    sweep = made(WILD | {"size": [0.1, 2, 4]}, chunk=3, starts=8)
    numbers, start, course = courses(sweep)
    place, claim, seen = contradictions(numbers, start, course, falsely(what))[0]
    _, shown = capsules.written(sweep, Contradiction(place // 8, place % 8, claim, seen), tmp_path)
    assert shown


@pytest.mark.parametrize("name", ["converged", "collapsed", "diverged", "periodic"])
def test_capsules_show_a_status(name: str, tmp_path: Path) -> None:
    """The capsule of a trajectory that ends otherwise than claimed shows its end in 60 digits."""
    axes, changes = ENDS[name]
    path, shown = capsules.written(made(axes, **changes), Contradiction(0, 1, "eq-7", "status"), tmp_path)
    assert shown, path.read_text()


def test_capsules_of_nothing_are_refused() -> None:
    """No capsule is written of an invariant that a row keeps."""
    with pytest.raises(LookupError, match="does not when the row is followed alone"):
        capsules.capsule(made({"size": 0.01}), Contradiction(0, 0, "eq-7", "head falls"))


def test_capsules_can_fail(tmp_path: Path) -> None:
    """A capsule whose limit is moved out of reach fails."""
    axes, changes = ENDS["collapsed"]
    text = capsules.capsule(made(axes, **changes), Contradiction(0, 0, "eq-7", "status"))
    (tmp_path / "moved.py").write_text(text.replace("Decimal(-1e-19)", "Decimal(1)"))
    outcome = subprocess.run([sys.executable, "-I", tmp_path / "moved.py"], capture_output=True, check=False)
    assert b"AssertionError" in outcome.stderr


def test_contradiction_stops_a_sweep_and_keeps_its_chunk(tmp_path: Path) -> None:
    """The first contradiction ends a sweep with its capsule; resumed, it stops there again without computing."""
    folder = Folder(made({"size": [0.01, 0.02, 0.03]}, chunk=1), tmp_path / "sweep")
    engine = Here(falsely(excludes=(STATUS.index("converged"),)))
    with pytest.raises(ContradictionError, match=r"contradicts eq-7 .* shows it in 60 digits"):
        swept(folder, engine, quiet)
    assert engine.asked == [0]
    assert [path.name for path in folder.path.glob("capsules/*")] == ["point-0-start-0.py"]
    with pytest.raises(ContradictionError):
        swept(folder, engine, quiet)
    assert engine.asked == [0]


def test_certificates_agree_with_what_is_seen() -> None:
    """What is certified converges and what is refuted does not, and both occur."""
    sweep = made({"k": 1, "d": 3, "k_prime": 1, "size": [0.05, 30]}, outcomes=["certified", "converged"], starts=1)
    found = chunks.table_of(chunks.computed(sweep, 0)).to_pydict()
    pairs = list(zip(found["certified"], found["converged"], strict=True))
    assert pairs == [("CERTIFIED", True), ("REFUTED", False)]
