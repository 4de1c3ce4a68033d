"""What Hypothesis draws for a chunk, in a process of its own that imports nothing else.

Hypothesis mixes in constants of the local modules that it finds loaded, so that elsewhere the draws would depend on
what else has been imported. This file is run by its text: a file on the disk would be such a module itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Range = tuple[str, float, float]
"""What is drawn for an axis: ("float" or "integer", least, most)."""


def drawn(seed: int, count: int, ranges: Sequence[Range]) -> list[list[float]]:
    """Return `count` rows, with a number out of each range; the same for the same seed and version of Hypothesis."""
    asked = json.dumps({"seed": seed, "count": count, "ranges": ranges})
    environment = {**os.environ, "HYPOTHESIS_NO_PLUGINS": "1"}
    command = [sys.executable, "-P", "-c", Path(__file__).read_text(encoding="utf-8")]
    found = subprocess.run(command, input=asked, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    rows: list[list[float]] = json.loads(found.stdout)
    return rows


def main() -> None:
    """Draw what standard input asks for; where Hypothesis runs out of new rows it begins again."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    asked: dict[str, Any] = json.load(sys.stdin)
    kinds: dict[str, Any] = {"float": st.floats, "integer": lambda low, high: st.integers(int(low), int(high))}
    rows: list[tuple[float, ...]] = []
    how: dict[str, Any] = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}

    @seed(asked["seed"])
    @settings(max_examples=asked["count"], phases=[Phase.generate], **how)
    @given(st.tuples(*(kinds[kind](low, high) for kind, low, high in asked["ranges"])))
    def draw(values: tuple[float, ...]) -> None:
        rows.append(values)

    draw()
    print(json.dumps([rows[i % len(rows)] for i in range(asked["count"])]))


if __name__ == "__main__":
    main()
