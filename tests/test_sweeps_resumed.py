"""Sweeps that are killed, cramped or crossed: nothing is lost, nothing is counted twice, and the bytes are the same."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from foanil.sweeps import command, engines
from foanil.sweeps.chunks import ChunkError
from foanil.sweeps.engines import WorkersLostError
from foanil.sweeps.results import CheckpointError, Folder, swept
from foanil.sweeps.specification import specification
from tests.small_sweeps import Here, dies, made, quiet

SPEC = """
seed = 5
draw = "grid"
starts = 2
chunk = 2
steps = 1000
[axes]
d = 6
k = 2
k_prime = [2, 3]
m = { from = 1, to = 60, count = 4, scale = "log" }
noise = 0.5
alpha_sigma = 0.5
rho = 1
size = { from = 1e-3, to = 2, count = 6, scale = "log" }
head = 0.5
"""
COMMAND = (sys.executable, "-m", "foanil", "sweep")
PATIENCE = 300
CHUNKS = 24


def sweeping(folder: Path, *options: str, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start `foanil sweep` on the specification, in a folder."""
    (folder / "spec.toml").write_text(SPEC)
    command = [*COMMAND, str(folder / "spec.toml"), "-o", str(folder / "out"), *options]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", preexec_fn=before
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return the chunks in a folder by name."""
    return {path.name: path.read_bytes() for path in (folder / "out" / "chunks").glob("chunk-*.parquet")}


def await_chunks(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a sweep has kept some chunks, or has ended."""
    ends = time.monotonic() + PATIENCE
    while len(list(folder.glob("out/chunks/chunk-*.parquet"))) < count and process.poll() is None:
        assert time.monotonic() < ends, "the sweep keeps no chunks"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the chunks of the sweep when nothing disturbs it, computed in this process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    swept(Folder(specification(tomllib.loads(SPEC)), folder / "out"), Here(), quiet)
    return contents(folder)


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def workers(pid: int) -> list[int]:
    """Return its worker processes, not the one that multiprocessing keeps for its own affairs."""
    return [each for each in children(pid) if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds worker processes in /proc (Linux)")
def test_killed_and_cramped_sweep_loses_nothing(
    tmp_path: Path, undisturbed: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker killed, then the sweep, then no room for a file: what is kept stays, and only the rest is computed.

    The sweep goes on without the worker; without room it ends with one line and exit code 2; in the end every row is
    there once, with the bytes of a calm sweep.
    """
    process = sweeping(tmp_path, "--workers", "2")
    await_chunks(tmp_path, 1, process)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    # What the other worker has under way may still be kept before the loss is seen.
    await_chunks(tmp_path, len(contents(tmp_path)) + 2 * engines.AHEAD + 4, process)
    process.kill()
    assert "a worker process was killed" in process.communicate(timeout=PATIENCE)[1]
    kept = contents(tmp_path)
    assert 4 <= len(kept) < CHUNKS

    process = sweeping(tmp_path, "--workers", "1", before=limited(min(map(len, undisturbed.values())) - 1))
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "cannot be written: File too large; nothing that was there is lost" in told.strip().splitlines()[-1]
    assert contents(tmp_path) == kept

    engine = Here()
    summary = command.watched(Folder(specification(tomllib.loads(SPEC)), tmp_path / "out"), engine)
    assert len(engine.asked) == CHUNKS - len(kept)
    assert summary.statuses.total() == 48 * 2
    assert "48 of 48 points" in capsys.readouterr().err
    assert contents(tmp_path) == undisturbed


def limited(size: int) -> Callable[[], None]:
    """Return what sets the largest size of a file in a new process."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_workers_that_always_die_end_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk that kills every worker is given up, in words that say so."""
    monkeypatch.setattr(engines, "computed", dies)
    monkeypatch.setattr(engines, "MOST_LOSSES", 1)
    with pytest.raises(WorkersLostError, match="killed 1 times without finishing a chunk"):
        swept(Folder(made(), tmp_path / "sweep"), engines.Processes(1), quiet)


# In one process ------------------------------------------------------------------------------------


def test_only_missing_chunks_are_computed(tmp_path: Path) -> None:
    """Whichever chunks are missing, those and no others are computed, and the summary counts every row once."""
    folder = Folder(made(), tmp_path / "sweep")
    total = swept(folder, Here(), quiet).statuses
    assert total.total() == 5 * 2
    for missing in ([], [0], [1, 2]):
        for number in missing:
            folder.chunk(number).unlink()
        engine = Here()
        assert swept(folder, engine, quiet).statuses == total
        assert engine.asked == missing
    assert folder.table().column("point").to_pylist() == [i // 2 for i in range(10)]


def test_another_sweep_is_never_mixed_in(tmp_path: Path) -> None:
    """A folder that holds another sweep, or something else, is refused in words that name the difference."""
    swept(Folder(made(), tmp_path / "sweep"), Here(), quiet)
    with pytest.raises(CheckpointError, match="differs in seed"):
        swept(Folder(made(seed=4), tmp_path / "sweep"), Here(), quiet)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    for name in ("other", "file"):
        with pytest.raises(CheckpointError, match="holds something else"):
            swept(Folder(made(), tmp_path / name), Here(), quiet)


def test_other_versions_are_refused(tmp_path: Path) -> None:
    """A sweep begun with another NumPy is not gone on with: its bytes might differ."""
    folder = Folder(made(), tmp_path / "sweep")
    swept(folder, Here(), quiet)
    about = json.loads((folder.path / "sweep.json").read_text())
    about["versions"]["numpy"] = "1.0"
    (folder.path / "sweep.json").write_text(json.dumps(about))
    with pytest.raises(CheckpointError, match="differs in numpy"):
        swept(folder, Here(), quiet)


def test_damaged_chunks_are_refused(tmp_path: Path) -> None:
    """A chunk cut short, of another place, or with a changed byte is noticed."""
    folder = Folder(made(), tmp_path / "sweep")
    swept(folder, Here(), quiet)
    whole = folder.chunk(0).read_bytes()
    flipped = whole[:60] + bytes([whole[60] ^ 1]) + whole[61:]
    for content in (whole[:-40], b"", folder.chunk(1).read_bytes(), flipped):
        folder.chunk(0).write_bytes(content)
        with pytest.raises(ChunkError, match="chunk"):
            swept(folder, Here(), quiet)
        assert folder.chunk(0).read_bytes() == content
