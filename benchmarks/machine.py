"""What a measurement was made on: processor and versions, never a host's name or a path."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("foanil", "numpy", "scipy", "numba", "llvmlite", "torch", "mpmath", "gmpy2", "python-flint")


def described() -> list[str]:
    """Return one line on the processor, one on how it is shared, one on the versions."""
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return [
        f"Machine: {processor()}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.machine()}.",
        f"Scheduling: {scheduling()}.",
        f"Versions: Python {platform.python_version()}, {packages}.",
    ]


def processor() -> str:
    """Return the processor's name and cache sizes as Linux gives them, or the platform's word for it elsewhere."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or "unknown processor"
    fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    wide = "AVX-512" if "avx512f" in fields.get("flags", "").split() else "no AVX-512"
    return f"{fields.get('model name', 'unknown processor')} ({wide}, {_last_cache()})"


def scheduling() -> str:
    """Return whether other programs run beside this one; shares below 1 in the tables tell how much they did."""
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        return "real-time priority, so that other programs on the machine wait"
    return "ordinary priority"


def _last_cache() -> str:
    sizes = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"))
    return f"last cache {sizes[-1].read_text().strip()}" if sizes else "caches unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
