"""What an experiment leaves behind: tables as CSV, trained networks as a NumPy archive, and a label that binds them.

Numbers are written with 12 significant digits; the label holds the SHA-256 of every file, so that an edited table is
noticed when it is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import numpy as np

from foanil.experiments.checkpoints import unpacked, write_bytes
from foanil.experiments.configuration import Configuration
from foanil.experiments.training import COLUMNS, Trained
from foanil.simulation.tasks import Floats

LABEL = "experiment.json"
FILES = ("risks.csv", "series.csv", "networks.npz")
OF_ANOTHER_FORM = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What taking data apart raises when it has another form than expected."""


class ResultsError(ValueError):
    """Results that cannot be read, or were changed after they were written."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One cell of one run: the mean half risk ½‖Bŵ − θ⋆‖² over the test tasks, of degree 2."""

    method: str
    run: int
    adaptation: str
    m_test: int
    half: float
    standard_error: float
    ridge: float | None
    """The ridge parameter chosen on these test tasks, None without one."""
    exact: float | None
    """The expected value over all test tasks, where a closed form gives it."""

    @property
    def id(self) -> str:
        """Return the claim id of the cell, such as `tab-1-fo-anil-1gd-20`."""
        return f"tab-1-{self.method}-{self.adaptation}-{self.m_test}"


Networks: TypeAlias = Mapping[tuple[str, int], Trained]
"""Trained networks by method (or variant) and number of the run."""


@dataclass(frozen=True, slots=True)
class Results:
    """An experiment as it is read back; `configuration` and `changes` are the fields that were written."""

    configuration: Mapping[str, Any]
    changes: Mapping[str, Mapping[str, Any]]
    seed: int
    risks: tuple[Risk, ...]
    networks: Networks


# Writing -------------------------------------------------------------------------------------------


def write(
    folder: Path,
    configuration: Configuration,
    seed: int,
    trained: Networks,
    risks: Sequence[Risk],
    changes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Write the four files of an experiment, each at once, the label last. Raises checkpoints.CheckpointError.

    `changes` says by name what differs from the configuration.
    """
    files = {
        "risks.csv": _risk_table(risks),
        "series.csv": _series_table(trained),
        "networks.npz": _networks(trained),
    }
    for name, content in files.items():
        write_bytes(folder / name, content)
    label = {
        "configuration": asdict(configuration),
        "changes": {name: dict(changed) for name, changed in changes.items()},
        "seed": seed,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    write_bytes(folder / LABEL, (json.dumps(label, indent=1, ensure_ascii=False) + "\n").encode())


def _risk_table(risks: Sequence[Risk]) -> bytes:
    return _table([field.name for field in fields(Risk)], (astuple(risk) for risk in risks))


def _series_table(trained: Networks) -> bytes:
    rows = ((*key, int(row[0]), *row[1:]) for key, found in trained.items() for row in found.series)
    return _table(["method", "run", *COLUMNS], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[_text(value) for value in row] for row in rows])
    return stream.getvalue().encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{float(value):.12g}" if isinstance(value, float) else str(value)


def _networks(trained: Networks) -> bytes:
    arrays = {}
    for (name, number), found in trained.items():
        arrays[f"{name}/{number}/B"] = found.B
        if found.w is not None:
            arrays[f"{name}/{number}/w"] = found.w
    content = io.BytesIO()
    np.savez_compressed(content, **cast("dict[str, Any]", arrays))
    return content.getvalue()


# Reading -------------------------------------------------------------------------------------------


def read(folder: Path) -> Results:
    """Read an experiment back. Raises ResultsError when a file is missing, damaged, or not the one that was written."""
    try:
        label = json.loads((folder / LABEL).read_text(encoding="utf-8"))
        contents = {name: (folder / name).read_bytes() for name in FILES}
        changed = [
            name for name, content in contents.items() if hashlib.sha256(content).hexdigest() != label["sha256"][name]
        ]
        if changed:
            raise ResultsError(
                f"{', '.join(changed)} in {folder} differ from what was written there (SHA-256); "
                "restore them, or run the experiment again: foanil table1"
            )
        return Results(
            label["configuration"],
            label["changes"],
            label["seed"],
            tuple(_risk(row) for row in _rows(contents["risks.csv"])),
            _read_networks(contents["networks.npz"], _series(contents["series.csv"])),
        )
    except ResultsError:
        raise
    except (OSError, csv.Error, RecursionError, *OF_ANOTHER_FORM) as error:
        raise ResultsError(
            f"{folder} holds no readable results ({error!r}); expected {LABEL}, risks.csv, series.csv and "
            "networks.npz, as `foanil table1` writes them"
        ) from error


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _risk(row: Mapping[str, str]) -> Risk:
    ridge, exact = (float(row[name]) if row[name] else None for name in ("ridge", "exact"))
    half, error = float(row["half"]), float(row["standard_error"])
    return Risk(row["method"], int(row["run"]), row["adaptation"], int(row["m_test"]), half, error, ridge, exact)


def _series(content: bytes) -> dict[tuple[str, int], Floats]:
    found: dict[tuple[str, int], list[list[float]]] = {}
    for row in _rows(content):
        found.setdefault((row["method"], int(row["run"])), []).append([float(row[name]) for name in COLUMNS])
    return {key: np.array(rows) for key, rows in found.items()}


def _read_networks(content: bytes, series: Mapping[tuple[str, int], Floats]) -> Networks:
    arrays = unpacked(content)
    return {
        (name, number): Trained(int(rows[-1, 0]), arrays[f"{name}/{number}/B"], arrays.get(f"{name}/{number}/w"), rows)
        for (name, number), rows in series.items()
    }
