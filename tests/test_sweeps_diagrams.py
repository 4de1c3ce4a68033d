"""Phase diagrams: their sweeps are what they say, and their sentences and pictures follow the numbers."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from foanil.claims import REGISTRY
from foanil.commands.sweeps import phase
from foanil.sweeps import gallery, pictures
from foanil.sweeps.diagrams import CONDITION, DIAGRAMS, HEAD, INITIAL_SCALE, STEP_SIZES, Diagram
from foanil.sweeps.paragraphs import falls, paragraph, reach
from foanil.sweeps.pictures import ENDS, Cells
from tests.small_sweeps import Here

STARTS = 8


def cells(diagram: Diagram, place: int = 0, end: str = "converged") -> Cells:
    """Return cells of a diagram's full grid in which every start ends the same way, in a time of 100 steps."""
    sweep = diagram.sweep(diagram.panels[place], "full")
    x, y = (next(axis.grid() for axis in sweep.axes if axis.name == name) for name in (diagram.x[0], diagram.y[0]))
    counts = np.zeros((len(y), len(x), len(ENDS)), dtype=np.int64)
    counts[:, :, ENDS.index(end)] = STARTS
    return Cells(x, y, counts, np.full(counts.shape[:2], 100.0))


def turned(found: Cells, where: np.ndarray, end: str) -> Cells:
    """Return cells of which some end otherwise."""
    counts = found.counts.copy()
    counts[where] = 0
    counts[where, ENDS.index(end)] = STARTS
    return replace(found, counts=counts)


@pytest.mark.parametrize("diagram", DIAGRAMS.values(), ids=lambda each: each.name)
def test_diagrams_are_sweeps(diagram: Diagram) -> None:
    """Each panel is a valid sweep in either profile, and only the two axes of the diagram vary."""
    for panel in diagram.panels:
        for profile in ("quick", "full"):
            sweep = diagram.sweep(panel, profile)
            assert {axis.name for axis in sweep.axes if axis.varies} == {diagram.x[0], diagram.y[0]}
        assert all(claim in REGISTRY for claim in _named(paragraph(diagram, [cells(diagram)] * len(diagram.panels))))


def _named(text: str) -> list[str]:
    """Return the claims that a text names."""
    return [part for part in text.split("`")[1::2] if "-" in part]


def test_reach_ends_before_the_first_failure() -> None:
    """The reach is the last value before the first that fails, and none where the first does."""
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert reach(values, np.array([True, True, False, True])) == 2
    assert reach(values, np.ones(4, dtype=bool)) == 4
    assert np.isnan(reach(values, np.array([False, True, True, True])))


def test_falling_scale_is_noticed() -> None:
    """A scale that goes as 1/m falls, a constant one does not, and one that is nowhere reached falls."""
    assert falls(1 / np.arange(1.0, 20))
    assert not falls(np.full(20, 0.3))
    assert falls(np.array([1.0, 1.0, np.nan, np.nan]))


def test_initial_scale_answers_either_way() -> None:
    """All converged: not needed; diverged beyond 1/(4m_in): against; undecided there: left open."""
    calm = cells(INITIAL_SCALE)
    beyond = calm.y[:, None] > 1 / (4 * calm.x)
    for end, words in (("diverged", "against `app-a-m-in-artifact`"), ("unfinished", "left open")):
        assert words in paragraph(INITIAL_SCALE, [turned(calm, beyond, end), calm])
    assert "is not needed here, as `app-a-m-in-artifact` says" in paragraph(INITIAL_SCALE, [calm, calm])


def test_head_bound_says_where_the_border_is() -> None:
    """A border at 1 is said to be the claim's, another one not to be."""
    calm = cells(HEAD)
    for border, words in ((1.0, "the border that `new-head-bound-sharp` has"), (1.7, "not the 1 of")):
        lost = np.broadcast_to(calm.x > border, calm.time.shape)
        text = paragraph(HEAD, [turned(calm, lost, "collapsed"), calm, calm])
        assert words in text
        assert text.count("all converged, up to") == 2
    late = turned(calm, np.broadcast_to(calm.x > 1, calm.time.shape), "unfinished")
    assert f"none failed, and {late.total('unfinished')} are undecided" in paragraph(HEAD, [late, calm, calm])


def test_step_sizes_say_what_converges_past_one() -> None:
    """Convergence past αβc = 1 is said to be against the claim."""
    calm = cells(STEP_SIZES)
    past = np.broadcast_to(calm.x > 1, calm.time.shape)
    assert "against `new-period-doubling`" in paragraph(STEP_SIZES, [calm, calm])
    text = paragraph(STEP_SIZES, [turned(calm, past, "periodic")] * 2)
    assert "none, as in `new-period-doubling`" in text
    assert "period 2 from 1.02 on, a longer one from nowhere on" in text


def test_conditions_say_what_fails() -> None:
    """A start that fails is said to be against the claim, one that is undecided not to have been followed enough."""
    calm = cells(CONDITION)
    one = np.zeros(calm.time.shape, dtype=bool)
    one[0, 0] = True
    words = {"collapsed": "8 failed, against `new-conjecture-generic`", "unfinished": "None failed, and 8 were not"}
    for end, expected in words.items():
        assert expected in paragraph(CONDITION, [turned(calm, one, end), calm])
    assert "None failed, as `new-conjecture-generic` has it" in paragraph(CONDITION, [calm, calm])


def test_pictures_are_the_same_bytes_for_the_same_numbers(tmp_path: Path) -> None:
    """The picture and its CSV are functions of the cells; the CSV has a line for each of them."""
    found = [cells(CONDITION), cells(CONDITION, 1)]
    first, second = (pictures.save(CONDITION, found, tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [path.suffix for path in first] == [".svg", ".png", ".csv"]
    assert len(first[2].read_text().splitlines()) == 1 + sum(each.time.size for each in found)


def test_phase_runs_and_writes_its_section(tmp_path: Path) -> None:
    """A diagram is swept, drawn and described; run again nothing is computed, and the section is the same."""
    engine = Here()
    arguments = ("quick", tmp_path / "runs", tmp_path / "out", engine)
    first = gallery.phases([HEAD.name], *arguments)
    computed = len(engine.asked)
    assert gallery.phases([HEAD.name], *arguments) == first
    assert computed == len(engine.asked) > 0
    assert "3 panels of 4 × 4 cells, 2 starts each" in first[0]
    assert (tmp_path / "out" / "phase_diagrams" / "head-bound.svg").exists()
    assert not (tmp_path / "out" / "phase_diagrams.md").exists()


REPORTS = Path(__file__).parents[1] / "reports"


def committed(diagram: Diagram) -> list[Cells]:
    """Return the cells that the committed CSV of a diagram holds, by panel."""
    with (REPORTS / "phase_diagrams" / f"{diagram.name}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = []
    for place, panel in enumerate(diagram.panels):
        of_panel = [line for line in lines if line["panel"] == panel.name]
        grid = cells(diagram, place)
        counts = np.array([[int(line[end]) for end in ENDS] for line in of_panel]).reshape(grid.counts.shape)
        times = [float(line["median_time"] or "nan") for line in of_panel]
        found.append(replace(grid, counts=counts, time=np.array(times).reshape(grid.time.shape)))
    return found


@pytest.mark.parametrize("diagram", DIAGRAMS.values(), ids=lambda each: each.name)
def test_committed_report_is_computed_from_its_numbers(diagram: Diagram) -> None:
    """The committed paragraph of a diagram is what its committed numbers say: run `foanil phase -o reports`."""
    assert paragraph(diagram, committed(diagram)) in (REPORTS / "phase_diagrams.md").read_text(encoding="utf-8")


def test_unknown_diagrams_are_refused() -> None:
    """A name that is no diagram ends with the names that are, and exit code 2."""
    outcome = CliRunner().invoke(phase, ["heads"])
    assert outcome.exit_code == 2
    assert "head-bound" in outcome.output
