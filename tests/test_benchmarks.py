"""Laws of the benchmarks: what they compare agrees, their gauges can fail, and their report hides nothing."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import machine, memory, outer_step, problem
from benchmarks.__main__ import main, report
from benchmarks.rounds import Rounds, paired, quartiles
from benchmarks.tables import Table, verdict
from foanil.experiments.configuration import PAPER


def test_ratio_is_of_one_round() -> None:
    """A ratio pairs neighbours in time: a drift that slows both alike leaves it as it is."""
    wall = {"slow": (2.0, 20.0, 8.0), "fast": (1.0, 10.0, 2.0)}
    found = Rounds(wall, {"slow": (2.0, 10.0, 8.0), "fast": (1.0, 5.0, 2.0)})
    assert found.ratios("slow", "fast") == [2.0, 2.0, 4.0]
    assert (found.median("slow"), found.share("fast", 2)) == (8.0, 0.5)
    assert quartiles([1.0, 2.0, 3.0, 4.0, 9.0]) == (2.0, 3.0, 4.0)


def test_rounds_time_each_contender_as_often() -> None:
    """Every contender runs twice a round, once timed; a sleeping one takes its time and no processor."""
    calls: list[str] = []
    found = paired({"sleeps": lambda: (calls.append("sleeps"), time.sleep(0.01)), "b": lambda: calls.append("b")}, 3)
    assert calls.count("sleeps") == calls.count("b") == 6
    assert min(found.wall["sleeps"]) >= 0.01
    assert found.share("sleeps", 1) < 0.5
    assert found.median("sleeps") > found.median("b")


def test_memory_gauge_sees_what_a_call_takes() -> None:
    """The gauge shows an array of 40 MB that a call makes and drops, and little for one that makes nothing."""
    if memory.growth(lambda: None) is None:
        pytest.skip("the kernel gives no account of this process's memory")
    assert memory.growth(lambda: np.ones(5_000_000).sum()) >= 38e6
    assert memory.growth(lambda: None) < 4e6


def test_baselines_must_agree() -> None:
    """A baseline whose gradients are off by more than rounding is refused, not timed."""
    B, w = np.eye(3, 2), np.ones(2)
    outer_step._require_agreement("torch", (B, w), (B + 1e-14, w), 1e-12)
    with pytest.raises(ArithmeticError, match="torch"):
        outer_step._require_agreement("torch", (B, w), (B, w + 1e-9), 1e-12)


@pytest.mark.parametrize("kernel", ["blocked", "compiled"])
def test_step_takes_little_memory(kernel: str) -> None:
    """A step adds at most half of its data's memory, with either kernel."""
    tasks, B, w = problem.problem(replace(PAPER, N=2000))
    step = problem.ours(tasks, B, w, 2, kernel=kernel)
    step()  # loads the compiler, whose memory has nothing to do with the data
    grown = memory.growth(step)
    if grown is None:
        pytest.skip("the kernel gives no account of this process's memory")
    assert grown <= (outer_step.MEMORY_ASKED - 1) * (tasks.X_in.nbytes + tasks.X_out.nbytes)


def test_report_names_the_machine_and_what_was_missed() -> None:
    """The report holds processor and versions, no path, and marks a missed target."""
    text = report([Table("Speed", "How.", ("what", ""), [("a step", verdict(2 >= 3))])], machine.described())
    assert "numpy " + np.__version__ in text
    assert "| a step | **missed** |" in text
    assert not re.search(r"/(home|root|tmp|work)/", text)
    assert all(line.endswith(".") for line in machine.described())


def test_unknown_subject_and_few_rounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong flag ends with exit code 2 and says what is allowed."""
    for arguments, message in ((["--only", "speed"], "outer-step"), (["--rounds", "2"], ">= 3")):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert message in capsys.readouterr().err
