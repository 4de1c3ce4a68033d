"""Laws of training runs: deterministic, resumable at any step, and safe to interrupt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foanil.experiments import checkpoints, runs
from foanil.experiments.configuration import PAPER, PROFILES, Configuration
from foanil.experiments.training import COLUMNS, STEPS, Run, loss_gap, observe, observed_steps, train

TINY = replace(
    PAPER,
    name="tiny",
    N=11,
    d=7,
    spectrum=(1.0, 2.0),
    k_prime=5,
    m_in=4,
    m_out=3,
    steps=60,
    factor_steps=60,
    test_tasks=5,
)


def run(method: str, number: int = 0, seed: int = 1, configuration: Configuration = TINY) -> Run:
    """Return a short run."""
    return Run(configuration, seed, method, number)


def stop_after(steps: int) -> Callable[[int], bool]:
    """Return a progress report that ends a run at the first look after so many steps."""
    return lambda t: t < steps


# Resuming ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", STEPS)
def test_interrupted_and_resumed_run_ends_with_the_same_bytes(method: str, tmp_path: Path) -> None:
    """A run that stops and is taken up again writes the bytes of one that never stopped."""
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    train(run(method), whole)
    stopped = train(run(method), pieces, stop_after(25))
    assert stopped.t == min(25, run(method).steps)
    train(run(method), pieces)
    assert run(method).file(whole).read_bytes() == run(method).file(pieces).read_bytes()


def test_saving_often_changes_nothing(tmp_path: Path) -> None:
    """How often a run is saved has no influence on its end."""
    train(run("fo-anil"), tmp_path / "often", save_every_s=0)
    train(run("fo-anil"), tmp_path / "once")
    assert run("fo-anil").file(tmp_path / "often").read_bytes() == run("fo-anil").file(tmp_path / "once").read_bytes()


def test_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    """A finished run is read, not repeated."""
    train(run("fo-anil"), tmp_path)
    looks: list[int] = []
    again = train(run("fo-anil"), tmp_path, lambda t: looks.append(t) is None)
    assert (again.t, looks) == (TINY.steps, [])


def test_runs_of_one_number_share_tasks_and_start_and_others_do_not() -> None:
    """Methods are compared on the same tasks from the same start; another number or seed draws anew."""
    draws = {
        (number, seed, stream): run("fo-anil", number, seed).random(stream).standard_normal()
        for number in (0, 1)
        for seed in (1, 2)
        for stream in ("tasks", "start", "test")
    }
    assert len(set(draws.values())) == len(draws)
    assert run("fo-maml").random("tasks").standard_normal() == draws[0, 1, "tasks"]


# Observation ---------------------------------------------------------------------------------------


def test_observed_steps_hold_both_ends() -> None:
    """A run is observed at 0, at its end and at every fifth of it, also when it is short."""
    assert set(observed_steps(25_000)) >= {0, 1, 5000, 10_000, 20_000, 25_000}
    assert observed_steps(1) == (0, 1)


def test_observation_gives_squared_singular_values_of_both_parts(tmp_path: Path) -> None:
    """For a B that is block diagonal in (B⋆, B⋆,⊥) the row holds the blocks' squared singular values."""
    B = np.zeros((7, 5))
    B[0, 0], B[1, 1], B[2, 2], B[3, 3] = 3.0, 2.0, 1.0, 4.0
    row = observe(TINY, 9, {"B": B})
    assert row[:-1] == pytest.approx((9, 4.0, 9.0, 17 / 5, 16.0, 1.0))
    assert np.isnan(row[-1])
    assert train(run("fo-anil"), tmp_path).series.shape == (len(observed_steps(60)), len(COLUMNS))


def test_loss_gap_vanishes_at_the_minimum_and_nowhere_near() -> None:
    """The gap is 0 at a B with αBBᵀ = M⋆ and Bw = B⋆μ, for tasks with a mean too, and positive beside it."""
    c = replace(TINY, mean_norm=0.7)
    eigenvalues = np.diag(c.Sigma_star)
    total = eigenvalues.sum() + c.sigma_sq
    M = eigenvalues / ((1 + 1 / c.m_in) * eigenvalues + total / c.m_in)
    B = np.zeros((7, 5))
    B[[0, 1], [0, 1]] = np.sqrt(M / c.alpha)
    w = np.linalg.pinv(B) @ c.world.B_star @ c.world.mean
    assert loss_gap(c, B, w) == pytest.approx(0, abs=1e-14)
    for beside in (1.1 * B, B + 0.2):
        assert loss_gap(c, beside, w) > 1e-4
    assert loss_gap(c, B, 0 * w) > 1e-4


# Damage --------------------------------------------------------------------------------------------


def test_changed_byte_is_noticed(tmp_path: Path) -> None:
    """A checkpoint with a changed byte, a cut end or foreign content is refused, with the file's name and a cure."""
    train(run("infinite-samples"), tmp_path)
    path = run("infinite-samples").file(tmp_path)
    good = path.read_bytes()
    for bad in (good[:-1], good[:200] + bytes([good[200] ^ 1]) + good[201:], b"", b"PK\x03\x04 something else"):
        path.write_bytes(bad)
        with pytest.raises(checkpoints.CheckpointError, match=r"infinite-samples-0.checkpoint is damaged.*move"):
            train(run("infinite-samples"), tmp_path)
        assert path.read_bytes() == bad


def test_checkpoint_of_another_experiment_is_refused(tmp_path: Path) -> None:
    """A run never continues from the state of another configuration or seed."""
    train(run("fo-anil"), tmp_path)
    for other in (run("fo-anil", seed=2), run("fo-anil", configuration=replace(TINY, alpha=0.01))):
        with pytest.raises(checkpoints.CheckpointError, match="another configuration or seed"):
            train(other, tmp_path)


def test_failed_write_keeps_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full the last checkpoint stays, no scratch file is left, and the error says what to do."""
    path = tmp_path / "state"
    checkpoints.save(path, {"B": np.eye(2)})
    before = path.read_bytes()

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(checkpoints.CheckpointError, match=r"No space left on device; nothing that was there is lost"):
        checkpoints.save(path, {"B": np.zeros((2, 2))})
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_divergence_is_not_saved(tmp_path: Path) -> None:
    """A run that overflows ends with an error that names it, and saves nothing that is not finite."""
    wild = run("infinite-tasks", configuration=replace(TINY, alpha=5.0, beta=5.0))
    with pytest.raises(FloatingPointError, match="infinite-tasks, run 0, has diverged"):
        train(wild, tmp_path)
    assert not wild.file(tmp_path).exists()


# Many runs -----------------------------------------------------------------------------------------


def test_processes_change_no_byte(tmp_path: Path) -> None:
    """Runs trained side by side in processes end as they do one by one, and their progress is told."""
    plan = runs.planned(TINY, 1, 2, ("infinite-samples", "fo-anil"))
    told: list[tuple[str, int]] = []
    found = runs.train_all(plan, tmp_path / "pool", 2, lambda run, t: told.append((run.method, t)))
    assert list(found) == list(plan)
    for one in plan:
        train(one, tmp_path / "alone")
        assert one.file(tmp_path / "pool").read_bytes() == one.file(tmp_path / "alone").read_bytes()
    assert ("fo-anil", 50) in told
    assert told.count(("fo-anil", 60)) == 2


def test_failure_of_one_run_is_raised(tmp_path: Path) -> None:
    """A damaged checkpoint ends the whole, and the other runs keep theirs."""
    plan = runs.planned(TINY, 1, 1, ("infinite-samples", "fo-anil"))
    runs.train_all(plan[:1], tmp_path, 1)
    plan[1].file(tmp_path).write_bytes(b"damaged")
    with pytest.raises(checkpoints.CheckpointError, match="fo-anil-0"):
        runs.train_all(plan, tmp_path, 2)
    assert train(plan[0], tmp_path).t == TINY.steps


def test_profiles_differ() -> None:
    """Each profile has a name and a fingerprint of its own."""
    assert len({configuration.fingerprint() for configuration in PROFILES.values()}) == len(PROFILES)
