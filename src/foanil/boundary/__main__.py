"""Search every boundary and store the outcome: python -m foanil.boundary FILE [NAME...] (some minutes, one core)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from foanil.boundary.search import searched
from foanil.boundary.spaces import BOUNDARIES

SECONDS = 900.0


def main(path: str, *names: str) -> None:
    """Search the named boundaries, or all, and write the file after each; what it has of others is kept."""
    file = Path(path)
    done = {each["name"]: each for each in json.loads(file.read_text(encoding="utf-8"))} if file.exists() else {}
    for name in names or BOUNDARIES:
        found = searched(name, SECONDS, tell=lambda line: print(line, file=sys.stderr))
        done[name] = found.data()
        file.write_text(json.dumps(list(done.values()), indent=1) + "\n", encoding="utf-8")
        print(found, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
