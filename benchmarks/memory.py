"""How far a call raises the memory of this process, by the kernel's own account (Linux with glibc only)."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def growth(call: Callable[[], object]) -> int | None:
    """Return by how many bytes the peak of resident memory during a call exceeds what was resident before it.

    None where that cannot be measured.
    """
    try:
        # What was freed earlier is first given back to the system: used again by the call, it would not show.
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        CLEAR.write_text("5")  # sets the recorded peak back to what is resident now
    except (OSError, AttributeError):
        return None
    before = _kilobytes("VmRSS")
    call()
    return 1024 * max(0, _kilobytes("VmHWM") - before)


def growth_of_importing(module: str) -> int | None:
    """Return the same for importing a module in a Python of its own, where NumPy is loaded already."""
    script = f"import numpy\nfrom benchmarks import memory\ndef call(): import {module}\nprint(memory.growth(call))"
    root = Path(__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True).stdout
    return None if found.strip() == "None" else int(found)


def _kilobytes(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])
