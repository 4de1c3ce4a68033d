"""Files that users name: what is read, and what is refused before it is."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foanil.__main__ import main
from foanil.inputs import MOST_DIGITS, TooLargeError, bounded, shown, toml

HUGE = "0x" + "f" * MOST_DIGITS
DEEP = "[" * 20_000 + "]" * 20_000


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    """As many bytes as allowed are read, one more is refused."""
    (tmp_path / "file").write_bytes(b"12345")
    assert bounded(tmp_path / "file", 5) == b"12345"
    with pytest.raises(TooLargeError, match="at most 4 bytes"):
        bounded(tmp_path / "file", 4)


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "link", "folder", "missing"])
def test_what_has_no_end_or_is_no_file_is_not_read(name: str, tmp_path: Path) -> None:
    """Devices, pipes, links to them, folders and nothing at all are FileNotFoundError."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError):
        bounded(tmp_path / name, 5)


def test_toml_is_read() -> None:
    """Tables, and decimals by the reader that is given."""
    assert toml("a = [1, 0.5]", Decimal) == {"a": [1, Decimal("0.5")]}
    assert toml(f"a = -{10**MOST_DIGITS - 1}") == {"a": 1 - 10**MOST_DIGITS}


@pytest.mark.parametrize("text", [f"a = [{{ b = {HUGE} }}]", f"a = {DEEP}", "a = ", "a = 1" + "0" * MOST_DIGITS])
def test_toml_that_cannot_be_shown_is_refused(text: str) -> None:
    """Numbers of too many digits, however written, deep nesting and broken TOML are a ValueError."""
    with pytest.raises(ValueError, match=r"digits|deep|Invalid value"):
        toml(text)


def test_values_are_shown_cut_short() -> None:
    """A message holds at most 60 characters of what came, and says so of numbers that have no digits to show."""
    assert shown("x") == "'x'"
    assert shown("x" * 100) == "'" + "x" * 56 + "..."
    assert "digits" in shown([int(HUGE, 16)])


@pytest.mark.parametrize("command", ["certify", "sweep"])
@pytest.mark.parametrize("text", [f"d = {HUGE}", f"axes = {DEEP}", None], ids=["huge", "deep", "device"])
def test_commands_refuse_in_a_line(command: str, text: Any, tmp_path: Path) -> None:
    """Exit code 2, one line, no traceback."""
    path = tmp_path / "given.toml"
    if text is None:
        path.symlink_to("/dev/zero")
    else:
        path.write_text(text)
    done = CliRunner().invoke(main, [command, str(path)])
    assert done.exit_code == 2, done.exception
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1
