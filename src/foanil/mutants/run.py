"""The whole kill matrix: every mutant at every channel, in parallel, within a time budget, resumed where it stopped.

A piece of work is one channel on some mutants of one formula, or one module of proofs. Its outcome is kept in a file
under a key that hashes the mutants and all code that its checks reach by name; a later run takes it from there.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from foanil import decisions, statements
from foanil.mutants import Mutant, falsehoods, goals, mutants, pairs
from foanil.mutants.channels import Channel, checks_of, gather, proof_modules
from foanil.mutants.falsehoods import Falsehood
from foanil.mutants.kill_matrix import TriedChannel, TriedFormula, assembled, trial_data, trial_from_data, try_channel
from foanil.mutants.pages import Goals, Matrix
from foanil.sources import Checkout, Place, code_hash

Outcome = dict[str, Any]
"""What a piece of work found, as plain data."""

CHUNK = 60
"""Mutants in one piece of work: at most three minutes at the budget of each."""

GOALS = 10
"""Goals in one piece of work."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work: its kind, what it is about, and the key under which its outcome is kept."""

    kind: str
    about: tuple[str, ...]
    start: int
    key: str


# What there is to do -------------------------------------------------------------------------------


def all_mutants(name: str) -> tuple[Mutant, ...]:
    """Return the mutants of a formula, wrong in one place or in two."""
    return mutants(name) + pairs(name)


def formula_pieces(root: Path, names: Sequence[str] = statements.FORMULAS) -> tuple[Piece, ...]:
    """Return the pieces of work on mutants of formulas, formula by formula, channel by channel."""
    checkout, channels = Checkout(root), gather()
    return tuple(
        Piece("formula", (name, channel.value), start, _key(checkout, name, channel.value, found, start))
        for name in names
        for channel, found in channels[name].items()
        for start in range(0, len(all_mutants(name)), CHUNK)
    )


def _key(checkout: Checkout, name: str, channel: str, found: Sequence[tuple[str, Any]], start: int) -> str:
    tried = [(m.id, m.latex, m.equivalent) for m in all_mutants(name)[start : start + CHUNK]]
    names = [check.name for _, check in found]
    prints = [fingerprint(checkout, module) for module in sorted({module for module, _ in found})]
    return _hash((channel, tried, names, prints))


def module_pieces(root: Path) -> tuple[Piece, ...]:
    """Return the pieces of work on the modules of proofs/: their named falsehoods, and the goals that they decide."""
    checkout = Checkout(root)
    names = [name for name in proof_modules() if any(not check.formula for check in checks_of(name))]
    return tuple(
        Piece(kind, (name,), 0, _hash((kind, name, fingerprint(checkout, f"proofs.{name}", how))))
        for kind, how in (
            ("falsehoods", (falsehoods.__name__, "tried")),
            ("goals", (goals.__name__, "goals_of")),
        )
        for name in names
    )


def goal_pieces(root: Path, todo: Iterable[Piece], kept: Mapping[str, Outcome]) -> tuple[Piece, ...]:
    """Return the pieces of work on changed goals: those recorded by earlier pieces, each goal once."""
    checkout = Checkout(root)
    found = [goal for piece in todo if piece.kind == "goals" for goal in kept.get(piece.key, {}).get("goals", ())]
    texts = list(dict.fromkeys(json.dumps(goal["goal"]) for goal in found))
    solvers = fingerprint(checkout, "foanil.mutants.goals", ("foanil.mutants.goals", "ask"))
    return tuple(
        Piece("changed", tuple(texts[start : start + GOALS]), start, _hash((texts[start : start + GOALS], solvers)))
        for start in range(0, len(texts), GOALS)
    )


def _hash(what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()


def fingerprint(checkout: Checkout, module: str, how: Place = ("foanil.mutants.kill_matrix", "try_channel")) -> str:
    """Return a hash of the code that a module, and the function that tries it, reach by name."""
    return code_hash(checkout, ((module, "*"), how))


# Doing it ------------------------------------------------------------------------------------------


def work(piece: Piece) -> Outcome:
    """Do one piece of work; the outcome is plain data. Solvers get their share of a mutant's budget."""
    seconds = decisions.TIMEOUT_SECONDS if piece.kind == "goals" else goals.SOLVER_SECONDS
    with goals.solver_seconds(seconds):
        return _WORK[piece.kind](piece)


def _on_formula(piece: Piece) -> Outcome:
    name, channel = piece.about
    checks = [check for _, check in gather()[name][Channel(channel)]]
    chunk = all_mutants(name)[piece.start : piece.start + CHUNK]
    head, trials = try_channel(channel, checks, statements.formula(name), chunk)
    return {"head": asdict(head), "trials": [trial_data(trial) for trial in trials]}


def _falsehoods(piece: Piece) -> Outcome:
    tried = [asdict(found) for check in checks_of(piece.about[0]) for found in falsehoods.tried(check)]
    return {"falsehoods": tried}


def _goals(piece: Piece) -> Outcome:
    found = [
        {"check": check.name, "claims": check.claims, "goal": goals.goal_data(goal)}
        for check in checks_of(piece.about[0])
        if not check.formula
        for goal in goals.goals_of(check)
    ]
    return {"goals": found}


def _changed(piece: Piece) -> Outcome:
    made = [goals.goal_from_data(json.loads(text)) for text in piece.about]
    return {"changed": [[_asked(changed) for changed in goals.changed_goals(goal)] for goal in made]}


def _asked(changed: goals.Changed) -> Outcome:
    start = time.perf_counter()
    said = goals.ask(changed.goal)
    seconds = round(time.perf_counter() - start, 4)
    about = {"kind": changed.kind.value, "description": changed.description, "goal": str(changed.goal)}
    return {**about, **asdict(said), "fate": said.fate.value, "seconds": seconds}


_WORK: Mapping[str, Callable[[Piece], Outcome]] = {
    "formula": _on_formula,
    "falsehoods": _falsehoods,
    "goals": _goals,
    "changed": _changed,
}


def read_kept(path: Path) -> dict[str, Outcome]:
    """Return kept outcomes by key; a last line that an interrupted run left unfinished is passed over."""
    kept = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            record = json.loads(line)
            kept[record["key"]] = record["outcome"]
        except (ValueError, KeyError, TypeError):
            continue
    return kept


def run(
    todo: Sequence[Piece], path: Path, jobs: int, seconds: float, say: Callable[[str], None] = print
) -> dict[str, Outcome]:
    """Do what is not kept yet and keep it; nothing new starts after so many seconds. Return the outcomes by key."""
    kept = read_kept(path)
    left = [piece for piece in todo if piece.key not in kept]
    say(f"{len(todo)} pieces of work, {len(todo) - len(left)} kept from earlier runs")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for count, (piece, outcome) in enumerate(_done(left, jobs, seconds), start=1):
            kept[piece.key] = outcome
            file.write(json.dumps({"key": piece.key, "outcome": outcome}, ensure_ascii=False) + "\n")
            file.flush()
            say(f"{count}/{len(left)} {piece.kind} {' · '.join(piece.about)[:60]} {piece.start}")
    return kept


def _done(left: Sequence[Piece], jobs: int, seconds: float) -> Iterator[tuple[Piece, Outcome]]:
    """Yield pieces as they are finished; a worker is handed one piece at a time, so that the budget can end it."""
    end, waiting = time.monotonic() + seconds, list(left)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: dict[Future[Outcome], Piece] = {}
        while running or (waiting and time.monotonic() < end):
            while waiting and len(running) < jobs and time.monotonic() < end:
                piece = waiting.pop(0)
                running[pool.submit(work, piece)] = piece
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield running.pop(future), future.result()


# Putting it together -------------------------------------------------------------------------------


def tried_formulas(todo: Iterable[Piece], kept: Mapping[str, Outcome]) -> tuple[TriedFormula, ...]:
    """Return the blocks of the matrix; a channel that misses a piece is left out, and so is a formula without any."""
    by_channel: dict[tuple[str, ...], list[Piece]] = {}
    for piece in todo:
        by_channel.setdefault(piece.about, []).append(piece)
    whole = {about: found for about, found in by_channel.items() if all(piece.key in kept for piece in found)}
    blocks = []
    for name in dict.fromkeys(name for name, _ in by_channel):
        said = [_joined([kept[p.key] for p in found]) for (formula, _), found in whole.items() if formula == name]
        if said:
            blocks.append(assembled(name, statements.formula(name), all_mutants(name), said))
    return tuple(blocks)


def _joined(outcomes: Sequence[Outcome]) -> tuple[TriedChannel, tuple[Any, ...]]:
    head = outcomes[0]["head"]
    channel = TriedChannel(head["name"], tuple(head["checks"]), tuple(head["claims"]), head["on_formula"])
    return channel, tuple(trial_from_data(trial) for outcome in outcomes for trial in outcome["trials"])


def named_falsehoods(todo: Iterable[Piece], kept: Mapping[str, Outcome]) -> tuple[Falsehood, ...]:
    """Return the named falsehoods that were tried, in the order of the modules."""
    found = [kept[piece.key] for piece in todo if piece.kind == "falsehoods" and piece.key in kept]
    return tuple(
        Falsehood(**{**data, "claims": tuple(data["claims"]), "solvers": tuple(data["solvers"])})
        for outcome in found
        for data in outcome["falsehoods"]
    )


def tried_goals(todo: Iterable[Piece], changed: Iterable[Piece], kept: Mapping[str, Outcome]) -> tuple[Goals, ...]:
    """Return the changed versions of each goal, and the claims whose proofs decide it."""
    claims: dict[str, dict[str, None]] = {}
    for piece in todo:
        for goal in kept.get(piece.key, {}).get("goals", ()):
            claims.setdefault(json.dumps(goal["goal"]), {}).update(dict.fromkeys(goal["claims"]))
    done = [(piece, kept[piece.key]) for piece in changed if piece.key in kept]
    return tuple(
        Goals(tuple(claims[text]), tuple(found))
        for piece, outcome in done
        for text, found in zip(piece.about, outcome["changed"], strict=True)
    )


def matrix(root: Path, path: Path, jobs: int, seconds: float, say: Callable[[str], None] = print) -> Matrix:
    """Run everything that is not kept in `path` yet, within so many seconds, and return the matrix."""
    end = time.monotonic() + seconds
    formulas, modules = formula_pieces(root), module_pieces(root)
    kept = run((*formulas, *modules), path, jobs, seconds, say)
    changed = goal_pieces(root, modules, kept)
    kept = run(changed, path, jobs, end - time.monotonic(), say)
    missing = [piece for piece in (*formulas, *modules, *changed) if piece.key not in kept]
    return Matrix(
        tried_formulas(formulas, kept),
        named_falsehoods(modules, kept),
        tried_goals(modules, changed, kept),
        tuple(_described(piece) for piece in missing),
    )


def _described(piece: Piece) -> str:
    if piece.kind == "changed":
        return f"changed versions of the goals from number {piece.start} on"
    return f"{piece.kind}: {', '.join(piece.about)}, from number {piece.start} on"
