"""Hostile input is accepted or refused in a line, on every surface; and the guard that says so can fail.

The long run is `make fuzz`; here each surface gets a sample.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foanil.experiments import checkpoints
from foanil.experiments.checkpoints import CheckpointError
from fuzz import engines, guard
from fuzz.__main__ import page
from fuzz.cases import tried
from fuzz.engines import Outcome
from fuzz.guard import Forbidden, TooSlow, watched
from fuzz.surfaces import Surface, archive, sealed, surfaces

SAMPLE = 60


@pytest.mark.parametrize("name", surfaces())
def test_hostile_input_is_refused_in_a_line(name: str) -> None:
    """Whatever enters, nothing is raised but the surface's own refusals, and some input is accepted."""
    surface, accepted = surfaces()[name], []

    @settings(
        max_examples=SAMPLE, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(surface.cases)
    def sample(case: Any) -> None:
        accepted.append(tried(surface, case))

    sample()
    assert len(accepted) >= SAMPLE
    assert not all(accepted)


# The guard -----------------------------------------------------------------------------------------

OUTSIDE = Path(__file__).with_name("written_by_a_fuzzed_case")


def swallowed(act: Callable[[], object]) -> None:
    """Do something, and hide whatever comes of it."""
    try:
        act()
    except BaseException:  # noqa: BLE001 (hostile code may hide anything)
        return


ACTS: dict[str, Callable[[], object]] = {
    "evaluating a text": lambda: eval("1 + 1"),  # noqa: S307 (what the guard refuses)
    "running a text": lambda: exec("x = 1"),  # noqa: S102 (the same)
    "starting a process": lambda: subprocess.run(["true"], check=False),
    "starting a shell": lambda: os.system("true"),
    "unpickling": lambda: __import__("pickle").loads(b"cos\nsystem\n(S'true'\ntR."),
    "writing elsewhere": lambda: OUTSIDE.write_text("x"),
    "removing elsewhere": lambda: (OUTSIDE.parent / "test_fuzz_absent").unlink(missing_ok=True),
    "making a folder elsewhere": OUTSIDE.mkdir,
    "renaming elsewhere": lambda: Path("here").rename(OUTSIDE),
    "climbing out": lambda: Path("../written_by_a_fuzzed_case").write_text("x"),
    "importing from the folder": lambda: (Path("planted.py").write_text("x = 1"), __import__("planted")),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("hidden", [False, True], ids=["open", "swallowed"])
def test_guard_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], hidden: bool
) -> None:
    """Code from a text, a process, and writing outside the folder are refused, even where the refusal is swallowed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "here").write_text("x")
    with pytest.raises(Forbidden), watched(tmp_path, 20):
        swallowed(act) if hidden else act()
    assert not OUTSIDE.exists()


def test_guard_lets_work_be_done(tmp_path: Path) -> None:
    """Writing below the folder, reading anywhere and importing an installed module are allowed."""
    with watched(tmp_path, 20):
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "file").write_text("x")
        (tmp_path / "deep" / "file").rename(tmp_path / "moved")
        Path(__file__).read_bytes()
        __import__("wave")
    compile("1 + 1", "text", "eval")


def forever() -> None:
    """Never end."""
    while True:
        pass


def test_guard_ends_what_takes_too_long(tmp_path: Path) -> None:
    """A case that does not end is ended, and is a failure."""
    with pytest.raises(TooSlow), watched(tmp_path, 1):
        forever()


def test_memory_is_bounded(tmp_path: Path) -> None:
    """In a process whose memory is limited, taking more is a MemoryError; an engine notes that as a failure."""
    call = (
        "from fuzz import guard; guard.limit_memory(2**27)\ntry: bytearray(2**28)\nexcept MemoryError: print('bounded')"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", call], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == "bounded\n", done.stderr
    assert guard.peak_bytes() > 2**20


def test_failure_is_seen_and_noted() -> None:
    """Anything but a refusal comes out of a case, and an engine keeps the first case of each place."""
    fragile = Surface("fragile", st.just(7), lambda case, folder: 1 / (case - 7), (KeyError,))
    with pytest.raises(ZeroDivisionError):
        tried(fragile, 7)
    assert not tried(Surface("refusing", st.just(7), lambda case, folder: {}[case], (KeyError,)), 7)
    outcome = Outcome("fragile", "hypothesis", cases=2, seconds=60.0)
    for case in (7, 8):
        engines._note(outcome, ZeroDivisionError("no"), case)
    assert list(outcome.failures.values()) == ["no on 7"]
    assert "**2 cases in 1 minutes: 1 failures.**" in page([outcome])
    assert "no failures" in page([Outcome("fine", "atheris", cases=3)])


def test_engine_leaves_its_figures(tmp_path: Path) -> None:
    """An engine counts its cases and leaves them where it is told, in a process of its own."""
    place = tmp_path / "outcome.json"
    call = [sys.executable, "-m", "fuzz", "--seconds", "0.1", "--child", "--set of a problem", "hypothesis", str(place)]
    done = subprocess.run(call, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcome = Outcome(**json.loads(place.read_text(encoding="utf-8")))
    assert outcome.cases == engines.BATCH
    assert not outcome.failures


# What fuzzing found --------------------------------------------------------------------------------


def test_archive_that_unfolds_too_far_is_refused(tmp_path: Path) -> None:
    """A small file that would fill the memory is refused before it is unfolded."""
    bomb = sealed(archive({"B": np.zeros(10**7)}, packed=True))
    assert len(bomb) < 10**5
    (tmp_path / "run.checkpoint").write_bytes(bomb)
    with pytest.raises(CheckpointError, match=r"80000\d+"):
        checkpoints.load(tmp_path / "run.checkpoint")
