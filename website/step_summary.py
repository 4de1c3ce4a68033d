"""Print what GitHub shows of a job, from a folder of reports: `python website/step_summary.py reports`."""

from __future__ import annotations

import sys
from pathlib import Path

from foanil import expiry
from foanil.claims import REGISTRY
from foanil.report.interchange import step_summary

if __name__ == "__main__":
    print(step_summary(expiry.rebuilt(expiry.read(Path(sys.argv[1])), REGISTRY)), end="")
