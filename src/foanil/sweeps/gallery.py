"""What `foanil phase` does: the sweeps of its diagrams, their pictures, and the report of all four."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foanil.experiments.checkpoints import write_bytes
from foanil.sweeps import command, pictures
from foanil.sweeps.diagrams import DIAGRAMS, Diagram
from foanil.sweeps.engines import Engine
from foanil.sweeps.paragraphs import paragraph
from foanil.sweeps.pictures import Cells
from foanil.sweeps.results import Folder

HEAD = """# Phase diagrams

Written by `foanil phase`: what becomes of random starts over two of the pure numbers of the problem
([how](../docs/sweeps.md)). A cell has the mixture of the colours of its starts; their numbers are in the CSV files
beside the pictures. Converged: for a hundred steps within $\\varepsilon = 0.01$ of the three limits, the complement,
which decays like $1/t$, at least where that decay is derived (`new-thm-1-region-form`). In double precision. Every
start is held against
{claims}:
one that contradicts any of them would have stopped its sweep.
"""


def drawn(diagram: Diagram, profile: str, folder: Path, output: Path, engine: Engine) -> str:
    """Run or resume the sweeps of a diagram, write its picture, and return its section of the report."""
    found = [_cells(diagram, profile, folder, place, engine) for place in range(len(diagram.panels))]
    pictures.save(diagram, found, output)
    return _section(diagram, profile, found, output.name)


def _cells(diagram: Diagram, profile: str, folder: Path, place: int, engine: Engine) -> Cells:
    panel = diagram.panels[place]
    kept = Folder(diagram.sweep(panel, profile), folder / profile / diagram.name / panel.name)
    command.watched(kept, engine)
    return pictures.cells(kept.table(), diagram.x[0], diagram.y[0])


def _section(diagram: Diagram, profile: str, found: Sequence[Cells], folder: str) -> str:
    sweep, first = diagram.sweep(diagram.panels[0], profile), found[0]
    size = (
        f"{len(diagram.panels)} panels of {len(first.x)} × {len(first.y)} cells, {sweep.starts} starts each, at most "
        f"{sweep.steps} steps, seed {sweep.seed}."
    )
    picture = f"![{diagram.title}]({folder}/{diagram.name}.svg)"
    return "\n\n".join([f"## {diagram.title}", diagram.question, picture, paragraph(diagram, found), size]) + "\n"


def reported(sections: Sequence[str], path: Path) -> None:
    """Write the report of all diagrams."""
    from foanil.sweeps.predictions import DERIVED

    claims = "\n".join(f"`{each.claim}`," for each in DERIVED)[:-1]
    write_bytes(path, "\n".join([HEAD.format(claims=claims), *sections]).encode())


def phases(names: Sequence[str], profile: str, folder: Path, output: Path, engine: Engine) -> list[str]:
    """Draw diagrams into OUTPUT/phase_diagrams, with all four also OUTPUT/phase_diagrams.md; return their sections."""
    chosen = [DIAGRAMS[name] for name in names or DIAGRAMS]
    sections = [drawn(each, profile, folder, output / "phase_diagrams", engine) for each in chosen]
    if len(chosen) == len(DIAGRAMS):
        reported(sections, output / "phase_diagrams.md")
    return sections
