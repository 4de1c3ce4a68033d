"""A sweep on a real Dask cluster: scheduler and workers are processes of their own, and are killed at work."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from foanil.commands.sweeps import sweep as sweep_command
from foanil.sweeps import engines
from foanil.sweeps.engines import Cluster, WorkersLostError
from foanil.sweeps.results import Folder, swept
from foanil.sweeps.specification import specification
from tests.small_sweeps import Here, dies, made, quiet
from tests.test_sweeps_resumed import PATIENCE, SPEC, await_chunks, contents, sweeping


class LocalCluster:
    """A scheduler on a free port and workers of one thread, each a process; `file` tells where the scheduler is."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.file, self.stack = folder / "scheduler.json", stack
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start()

    def start(self) -> None:
        """Start a scheduler and a worker."""
        self.file.unlink(missing_ok=True)
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        self.scheduler = self.launched("dask_scheduler", *options)
        self.add_worker()

    def add_worker(self) -> None:
        """Start a worker more."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file", str(self.file))
        self.workers.append(self.launched("dask_worker", *options))

    def launched(self, module: str, *options: str) -> subprocess.Popen[bytes]:
        """Return a process that is killed at the end of the test at the latest."""
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.file.parent,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    """Provide a cluster of two workers."""
    with contextlib.ExitStack() as stack:
        found = LocalCluster(tmp_path, stack)
        found.add_worker()
        yield found


def test_killed_worker_and_restarted_scheduler_lose_nothing(
    tmp_path: Path, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker and then the scheduler killed at work: every row is there once, with the bytes of a calm sweep.

    A cluster that does not have what a chunk is computed with is said to be that.
    """
    process = sweeping(tmp_path, "--scheduler", str(cluster.file))
    await_chunks(tmp_path, 1, process)
    cluster.workers[0].kill()
    await_chunks(tmp_path, 3, process)
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    cluster.start()
    out, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    assert "was lost" in told
    assert sum(int(line.split()[0]) for line in out.splitlines()) == 48 * 2
    calm = Folder(specification(tomllib.loads(SPEC)), tmp_path / "calm" / "out")
    swept(calm, Here(), quiet)
    assert contents(tmp_path) == contents(tmp_path / "calm")
    monkeypatch.setattr(engines, "computed", dies)  # of a module that the cluster cannot import
    with pytest.raises(WorkersLostError, match=r"failed on the cluster: .*; install the same foanil"):
        swept(Folder(made(), tmp_path / "other"), Cluster(str(cluster.file)), quiet)


def test_no_scheduler_is_said(tmp_path: Path) -> None:
    """Where no scheduler answers, that is said after the patience has ended, and what is kept stays."""
    folder = Folder(made(), tmp_path / "sweep")
    with pytest.raises(WorkersLostError, match="no Dask scheduler answers at tcp://127"):
        swept(folder, Cluster("tcp://127.0.0.1:1", patience=0.5), quiet)
    assert (folder.path / "sweep.json").exists()


def test_missing_dask_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Dask, --scheduler ends with what to install and exit code 2."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    (tmp_path / "spec.toml").write_text(SPEC)
    arguments = [str(tmp_path / "spec.toml"), "-o", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:1"]
    outcome = CliRunner().invoke(sweep_command, arguments)
    assert outcome.exit_code == 2
    assert "foanil[dask]" in outcome.output
