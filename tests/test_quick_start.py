"""The quick start prints what it says it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "quick_start.md"


def blocks(text: str) -> list[tuple[str, str]]:
    """Return each block of code with the output that stands under it, or an empty one."""
    return re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", text, flags=re.S)


def test_every_block_prints_what_stands_under_it() -> None:
    """The blocks run in order, as one session, and each prints its output."""
    session: dict[str, Any] = {}
    found = blocks(PAGE.read_text(encoding="utf-8"))
    assert len(found) >= 6
    for source, output in found:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, "<quick start>", "exec"), session)  # noqa: S102 (a page of ours)
        assert printed.getvalue() == output
