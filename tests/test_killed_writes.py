"""A process killed outright while it writes: what was there stays whole, the next run recovers, and two do not mix."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from foanil.audit import write_all
from foanil.certificates.command import writable
from foanil.experiments import checkpoints, results
from foanil.experiments.checkpoints import CheckpointError

ROOT = Path(__file__).parents[1]
KILLED = "import os, signal; from pathlib import Path; die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"


def killed(code: str, moment: str) -> None:
    """Run code in a process that kills itself, as if from outside, when it comes to a moment of its write."""
    name = moment.partition(".")[2]
    half = (
        f"real = {moment}\ndef {name}(path, content, *rest, **named):\n"
        f"    real(path, content[: len(content) // 2], *rest, **named); die()\n{moment} = {name}\n"
        if name.startswith("write_")
        else f"{moment} = die\n"
    )
    done = subprocess.run([sys.executable, "-c", KILLED + half + code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def strays(folder: Path) -> list[str]:
    """Return the hidden files below a folder."""
    return [path.name for path in folder.rglob(".*")]


@pytest.mark.parametrize("moment", ["Path.replace", "os.fsync"])
def test_killed_audit_leaves_whole_reports(tmp_path: Path, moment: str) -> None:
    """An audit killed between two of its files leaves each old or new; the next one finishes and clears up."""
    new = {"a.md": b"new a" * 9999, "b.md": b"new b"}
    write_all(tmp_path, {"a.md": b"old a", "b.md": b"old b"}, ())
    code = f"from foanil.audit import write_all\nwrite_all(Path({str(tmp_path)!r}), {new!r}, ())"
    killed(code, moment)
    for name in new:
        assert (tmp_path / name).read_bytes() in (new[name], f"old {name[0]}".encode())
    assert len(strays(tmp_path)) == 1
    write_all(tmp_path, new, ())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == new


@pytest.mark.parametrize("moment", ["Path.replace", "Path.write_bytes"])
def test_killed_save_leaves_the_old_checkpoint(tmp_path: Path, moment: str) -> None:
    """A run killed while it saves goes on from its last state, and its next save clears up what was left."""
    path = tmp_path / "run.checkpoint"
    checkpoints.save(path, {"B": np.eye(3, 2)})
    code = "import numpy as np\nfrom foanil.experiments import checkpoints\n"
    killed(f"{code}checkpoints.save(Path({str(path)!r}), {{'B': np.ones((3, 2))}})", moment)
    np.testing.assert_array_equal(checkpoints.load(path)["B"], np.eye(3, 2))
    assert len(strays(tmp_path)) == 1
    checkpoints.save(path, {"B": np.ones((3, 2))})
    np.testing.assert_array_equal(checkpoints.load(path)["B"], np.ones((3, 2)))
    assert strays(tmp_path) == []


def test_other_processes_scratch_files_stay(tmp_path: Path) -> None:
    """What a process that still runs is writing, for this file or another, is not taken away from under it."""
    path = tmp_path / "run.checkpoint"
    mine, other = tmp_path / f".run.checkpoint.{os.getppid()}.part", tmp_path / ".else.checkpoint.1.part"
    for scratch in (mine, other):
        scratch.write_bytes(b"half")
    checkpoints.save(path, {"B": np.eye(2)})
    assert sorted(strays(tmp_path)) == sorted([mine.name, other.name])


@pytest.mark.parametrize("after", range(4))
def test_killed_results_are_never_taken_for_whole(tmp_path: Path, after: int) -> None:
    """An experiment killed after any of its files leaves results that are refused, or the old ones."""
    write = (
        "from foanil.experiments import results\nfrom foanil.experiments.configuration import SMALL\n"
        "from foanil.experiments.training import Trained\nimport numpy as np\n"
        "trained = {('fo-anil', 0): Trained(4, np.eye(3, 2), np.ones(2), np.ones((1, 7)))}\n"
        "count, real = 0, results.write_bytes\n"
        f"def counted(path, content):\n    global count\n    count += 1\n    die() if count > {after} else None\n"
        "    real(path, content)\n"
        f"results.write_bytes = counted\nresults.write(Path({str(tmp_path)!r}), SMALL, 1, trained, [])"
    )
    killed(write, "os.nothing")
    with pytest.raises(results.ResultsError):
        results.read(tmp_path)


@pytest.mark.parametrize("moment", ["Path.replace", "Path.write_text"])
def test_killed_certificate_leaves_the_old_one(tmp_path: Path, moment: str) -> None:
    """A certificate that is being written when the process dies is not there at all; the old one is whole."""
    place = writable(tmp_path / "start.json")
    place.write_text("old", encoding="utf-8")
    killed(f"from foanil.certificates.command import write\nwrite(Path({str(place)!r}), 'new' * 9999)", moment)
    assert place.read_text(encoding="utf-8") == "old"


def test_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    """A file cut off at any length, as by a full disk or a power cut, is never taken for a saved run."""
    path = tmp_path / "run.checkpoint"
    checkpoints.save(path, {"B": np.eye(3, 2)})
    whole = path.read_bytes()
    for length in (*range(0, len(whole), 37), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="move"):
            checkpoints.load(path)


# Two at once ---------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
import hashlib
from foanil.audit import sealed, to_json, write_all
folder, mark = Path(sys.argv[1]), sys.argv[2]
for turn in range(20):
    pages = {f"{name}.md": f"{mark} {turn} {name}".encode() * 500 for name in "abcde"}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pages.items()}
    write_all(folder, pages | {"audit.json": to_json(sealed({"pages": hashes})).encode()}, ("*.md",))
"""


def test_two_audits_at_once_do_not_mix(tmp_path: Path) -> None:
    """Of two audits that write one folder, one waits: at the end every page is of the audit that audit.json names."""
    calls = [[sys.executable, "-c", WRITER, str(tmp_path), mark] for mark in ("first", "second")]
    running = [subprocess.Popen(call, cwd=ROOT, stderr=subprocess.PIPE, text=True) for call in calls]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    data = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.md")}
    assert found == data["pages"]
    assert strays(tmp_path) == []
