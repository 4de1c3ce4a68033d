"""Progress, patience and output of `foanil certify` and `foanil check`: nothing is overwritten or left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foanil.certificates import command
from foanil.certificates.command import InputError, OutOfPatienceError, patience, writable, write

EXAMPLE = Path(__file__).parents[1] / "examples" / "inside-the-region.toml"
CALL = "import sys; from pathlib import Path; from foanil.certificates import command; "


def certified(output: Path) -> int:
    """Certify the example."""
    return command.certified(EXAMPLE, (), 50, 10, None, output)


def test_devices_folders_and_missing_folders_are_refused_before_the_work(tmp_path: Path) -> None:
    """An output that is no regular file stays as it is, and nothing is computed."""
    for path in (Path("/dev/null"), tmp_path, tmp_path / "absent" / "out.json", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match=r"expected|cannot be written"):
            command.certified(Path("absent.toml"), (), 50, 10, None, path)
    assert Path("/dev/null").is_char_device()
    assert not list(tmp_path.iterdir())


def test_an_output_is_replaced_at_once_and_links_are_followed(tmp_path: Path) -> None:
    """A certificate goes where a link points, over what was there, and no scratch file stays."""
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    assert certified(link) == 0
    assert link.is_symlink()
    assert json.loads(target.read_text("utf-8"))["outcome"] == "CERTIFIED"
    assert {path.name for path in tmp_path.iterdir()} == {"target.json", "link.json"}


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A write that fails half way ends in one line, and changes nothing."""
    out = tmp_path / "out.json"
    out.write_text("old")
    code = CALL + f"command.write(command.writable(Path({str(out)!r})), 'x' * 10**6)"
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); {code}"
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=False)
    assert "InputError" in done.stderr
    assert "cannot be written" in done.stderr
    assert out.read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


@pytest.mark.parametrize(("target", "code"), [("/dev/full", 2), (None, 0)])
def test_output_that_cannot_be_printed_is_no_traceback(target: str | None, code: int) -> None:
    """A full device is an error of exit code 2; a closed stream is the caller's choice."""
    call = CALL + (
        f"\ntry:\n sys.exit(command.certified(Path({str(EXAMPLE)!r}), (), 50, 10, None, None))\n"
        "except command.InputError as error:\n error.show(); sys.exit(error.exit_code)"
    )
    redirected = f"> {target}" if target else ">&-"
    shell = f'"$0" -c "$1" {redirected}'
    done = subprocess.run(["bash", "-c", shell, sys.executable, call], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_during_imports_is_no_rejection(tmp_path: Path) -> None:
    """Ctrl-C while the checker is still being imported ends in 130: 1 would mean that it was rejected."""
    call = CALL + (
        "import os, signal, builtins; real = builtins.__import__\n"
        "def slow(name, *rest):\n"
        " if name == 'foanil.certificates.check': os.kill(os.getpid(), signal.SIGINT)\n"
        " return real(name, *rest)\n"
        "builtins.__import__ = slow\n"
        f"command.checked(Path({str(tmp_path / 'absent.json')!r}), 10)"
    )
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "interrupted: nothing is known of this certificate\n"


def test_an_interrupt_during_the_write_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is there in full: the interrupt is ignored for the moment that writing takes."""
    real = Path.write_text

    def interrupted(self: Path, text: str, encoding: str) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return real(self, text, encoding=encoding)

    monkeypatch.setattr(Path, "write_text", interrupted)
    write(writable(tmp_path / "out.json"), "all of it")
    assert (tmp_path / "out.json").read_text("utf-8") == "all of it"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_patience_ends_what_is_foreseen_to_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work is given up as soon as its length is known, and short work is not."""
    clock = iter([0.0, 0.0, 6.0, 12.0, 18.0])
    monkeypatch.setattr(command.time, "monotonic", lambda: next(clock))
    shown: list[int] = []
    watch = patience(10, lambda name, most, done: shown.append(done))
    watch("following", 10_000, 0)
    with pytest.raises(OutOfPatienceError, match=r"step 10 of 10000, about 100 minutes in all"):
        watch("following", 10_000, 10)
    watch("links", 10, 1)
    watch("links", 10, 2)
    assert shown == [0, 10, 1, 2]
