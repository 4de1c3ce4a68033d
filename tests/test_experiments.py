"""Laws of experiments as a user meets them: tables, results on disk, figures, interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from foanil import statements
from foanil.__main__ import main
from foanil.arrays import NUMPY
from foanil.claims.table_1 import CELLS
from foanil.experiments import command, figures, gallery, results, table_1, training, variants
from foanil.experiments.configuration import FITTED, PAPER, PROFILES, Configuration

SIZES = {"N": 11, "d": 7, "k_prime": 5, "m_in": 4, "m_out": 3, "spectrum": (1.0, 2.0)}
TINY = replace(PAPER, name="tiny", steps=60, factor_steps=60, test_tasks=9, **SIZES)


def reproduced(folder: Path, configuration: Configuration = TINY, count: int = 2) -> list[results.Risk]:
    """Return the cells of a short experiment."""
    return table_1.reproduce(configuration, 1, count, 1, folder, folder / "results")


# Cells ---------------------------------------------------------------------------------------------


def test_every_cell_of_the_table_is_reproduced(tmp_path: Path) -> None:
    """Each of the 22 cells of the table is found once per run; the other risks answer questions about them."""
    found = reproduced(tmp_path)
    for cell in CELLS:
        assert sorted(risk.run for risk in found if risk.id == cell.id) == [0, 1]
    others = {(risk.method, risk.adaptation) for risk in found} - {(cell.method, cell.adaptation) for cell in CELLS}
    assert all(how == "least-squares" or "-without-" in method for method, how in others)
    assert {risk.id for risk in found} >= FITTED


def test_methods_of_a_run_are_judged_on_the_same_new_tasks() -> None:
    """Test tasks depend on seed, run and m_test, never on the method; they are others than those of training."""
    tasks = [table_1.new_tasks(TINY, 1, number, rows) for number, rows in ((0, 20), (0, 20), (1, 20), (0, 30))]
    assert np.array_equal(tasks[0].X, tasks[1].X)
    assert not np.array_equal(tasks[0].X, tasks[2].X)
    assert not np.array_equal(tasks[0].theta_star, tasks[3].theta_star)


def test_exact_value_is_where_the_sampled_one_is() -> None:
    """For one gradient step the mean over many new tasks is the closed form, within four standard errors."""
    c = replace(TINY, test_tasks=4000, mean_norm=0.5)
    network = training.Trained(0, np.random.default_rng(3).standard_normal((7, 5)), np.full(5, 0.3), np.empty((0, 7)))
    cells = [risk for risk in table_1.evaluate(c, 1, 0, "any", network) if risk.exact is not None]
    assert len(cells) == 2
    for risk in cells:
        assert abs(risk.half - risk.exact) < 4 * risk.standard_error


def test_shown_table_stands_beside_the_paper() -> None:
    """The printed table has means, deviations and the printed cells; JSON has a record per run and cell."""
    found = [results.Risk("fo-anil", run, "1gd", 20, 0.8 + run / 50, 0.02, None, 0.8) for run in (0, 1)]
    line = command.shown(found, as_json=False, beside_paper=True).splitlines()[1].split()
    assert line == ["fo-anil", "1gd", "20", "0.810", "0.014", "0.800", "0.81", "±", "0.01"]
    assert "0.81 ±" not in command.shown(found, as_json=False)
    assert [record["run"] for record in json.loads(command.shown(found, as_json=True))] == [0, 1]


# Results on disk -----------------------------------------------------------------------------------


def test_results_are_read_back_as_they_were(tmp_path: Path) -> None:
    """What is written is read back: cells and series to 12 digits, networks exactly."""
    risks = reproduced(tmp_path)
    found = results.read(tmp_path / "results")
    assert [risk.id for risk in found.risks] == [risk.id for risk in risks]
    assert [risk.half for risk in found.risks] == pytest.approx([risk.half for risk in risks], rel=1e-11)
    saved = training.train(training.Run(TINY, 1, "fo-anil", 1), tmp_path)
    network = found.networks["fo-anil", 1]
    assert np.array_equal(network.B, saved.B)
    assert network.t == TINY.steps
    np.testing.assert_allclose(network.series, saved.series, rtol=1e-11, atol=1e-300)
    assert found.networks["burer-monteiro", 0].w is None


def test_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    """Two experiments of one seed write the same files."""
    for name in ("one", "two"):
        reproduced(tmp_path / name)
    for file in sorted((tmp_path / "one/results").iterdir()):
        assert file.read_bytes() == (tmp_path / "two/results" / file.name).read_bytes()


@pytest.mark.parametrize("name", ["risks.csv", "series.csv", "networks.npz"])
def test_edited_results_are_noticed(name: str, tmp_path: Path) -> None:
    """A changed, cut or missing file of results is refused, and the error names it."""
    reproduced(tmp_path, count=1)
    path = tmp_path / "results" / name
    content = path.read_bytes()
    path.write_bytes(content[:-2] + b"7\n")
    with pytest.raises(results.ResultsError, match=rf"{name} in .* differ"):
        results.read(tmp_path / "results")
    path.unlink()
    with pytest.raises(results.ResultsError, match="no readable results"):
        results.read(tmp_path / "results")


@pytest.mark.parametrize("label", ["", "[]", "{}", '{"sha256": 3}', '{"sha256": {"risks.csv": 1}}', "\x00"])
def test_foreign_labels_are_refused(label: str, tmp_path: Path) -> None:
    """A folder whose label is no label is refused with what was expected."""
    (tmp_path / results.LABEL).write_text(label)
    with pytest.raises(results.ResultsError, match=r"expected experiment\.json, risks\.csv"):
        results.read(tmp_path)


@pytest.mark.parametrize("command", ["simulate isotropic", "table1"])
@pytest.mark.parametrize("flag", ["--folder", "--output"])
def test_folder_that_cannot_be_written_is_refused_before_training(command: str, flag: str, tmp_path: Path) -> None:
    """A file where a folder is expected is refused at once, by one line, and nothing has been trained."""
    (tmp_path / "file").write_text("kept")
    folders = {"--folder": tmp_path / "runs", "--output": tmp_path / "results", flag: tmp_path / "file" / "below"}
    answer = CliRunner().invoke(main, [*command.split(), *(str(x) for pair in folders.items() for x in pair)])
    assert (answer.exit_code, "cannot be written" in answer.output, len(answer.output.splitlines())) == (2, True, 1)
    assert (tmp_path / "file").read_text() == "kept"
    assert list((tmp_path / "runs").rglob("*.checkpoint")) == []


# Variants ------------------------------------------------------------------------------------------


def test_variants_have_distinct_names_and_known_methods() -> None:
    """Every variant has a name of its own, a method that exists, and a setting that can be drawn."""
    everything = variants.EVERYTHING
    assert len({variant.name for variant in everything} | set(PROFILES)) == len(everything) + len(PROFILES)
    assert {variant.method for variant in everything} <= set(training.STEPS)
    assert {variant.configuration.world.d for variant in everything} == {20}


def test_variants_share_nothing_on_disk() -> None:
    """Two variants never save to the same file."""
    everything = variants.EVERYTHING
    runs = list(variants.planned_variants(everything, 1, 3))
    assert len({run.file(Path()) for run in runs}) == len(runs) == 3 * len(everything)


def test_unknown_variant_is_named() -> None:
    """A misspelt variant is refused with exit code 2 and the way to the list; without a name the list is printed."""
    answer = CliRunner().invoke(main, ["simulate", "widht-5"])
    assert (answer.exit_code, "no variant 'widht-5'; foanil simulate lists them" in answer.output) == (2, True)
    assert "what overparametrisation costs" in CliRunner().invoke(main, ["simulate"]).output


# Interruption --------------------------------------------------------------------------------------


LONG = next(variant for variant in variants.VARIANTS if variant.name == "relu-3-fo-maml")
"""A run of a third of a minute: a few seconds after its start are somewhere inside it."""


def simulate(folder: Path) -> subprocess.Popen[str]:
    """Start a long run in a process group of its own and return it after a few seconds."""
    arguments = ["simulate", LONG.name, "--runs", "1", "--seed", "1", "--workers", "1", "--folder", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "foanil", *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(5)
    return process


def saved_step(folder: Path) -> int:
    """Return the step at which the long run was saved."""
    (run,) = variants.planned_variants([LONG], 1, 1)
    return training.resumed(run, run.file(folder))[0]


def test_interrupted_command_saves_where_it_stands(tmp_path: Path) -> None:
    """Ctrl-C ends a command with one line and exit code 130; its run is saved in the middle, not at its last minute."""
    with simulate(tmp_path) as process:
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    expected = f"interrupted: every run is saved in {tmp_path}; the same command goes on from there"
    assert (process.returncode, said.splitlines()) == (130, [expected])
    assert 0 < saved_step(tmp_path) < LONG.configuration.steps


def test_killed_command_leaves_no_process_behind(tmp_path: Path) -> None:
    """When the command is killed outright its training process saves its run and leaves."""
    with simulate(tmp_path) as process:
        process.kill()
        # The pipe closes when the last process that holds it has gone.
        process.communicate(timeout=60)
    assert 0 < saved_step(tmp_path) < LONG.configuration.steps


# Figures -------------------------------------------------------------------------------------------


def figure() -> figures.Figure:
    """Return a small figure."""
    rows = [np.array([[0.0, 1.0], [1.0, 2.0 + shift], [10.0, 4.0]]) for shift in (0.0, 0.5)]
    panel = figures.Panel("panel", "step", "value", (figures.band("FO-ANIL", rows, 1),), {"limit": 3.0})
    return figures.Figure("example", "A caption.", (panel,))


def test_band_is_mean_and_deviation_over_runs() -> None:
    """A curve holds the mean and the sample standard deviation over runs."""
    points = figure().panels[0].curves[0].points
    np.testing.assert_allclose(points[1], [1.0, 2.25, 0.5 / np.sqrt(2)])


def test_figures_come_with_their_numbers_and_the_same_bytes(tmp_path: Path) -> None:
    """A figure is saved as SVG, PNG and CSV; drawing it again writes the same bytes."""
    paths = figures.save(figure(), tmp_path / "one")
    again = figures.save(figure(), tmp_path / "two")
    assert [path.name for path in paths] == ["example.svg", "example.png", "example.csv"]
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    assert "panel,FO-ANIL,1,2.25,0.353553391" in paths[2].read_text()


def test_proved_start_lies_at_the_bounds() -> None:
    """The variant of Theorem 1 meets α‖B_0‖² = 1/(4 m_in), ‖w_0‖² ≤ αc and β ≤ α ≤ 1/(2σ̄) under Σ⋆ = cI."""
    c = variants.PROVED.configuration
    assert np.array_equal(c.Sigma_star, c.Sigma_star[0, 0] * np.eye(c.k))
    assert c.start_sq == 1 / (4 * c.m_in)
    assert c.head_sq * c.k_prime * c.alpha <= c.alpha * c.Sigma_star[0, 0]
    assert c.beta <= c.alpha <= 1 / (2 * np.sqrt(np.trace(c.Sigma_star) + c.sigma_sq))


# The gallery ---------------------------------------------------------------------------------------


def recorded(names: tuple[str, ...], count: int = 2) -> results.Results:
    """Return made-up results: curves that fall from 10, at the observed steps of a short run."""
    steps = np.array(training.observed_steps(100), dtype=float)
    random = np.random.default_rng(4)
    networks = {}
    for name in names:
        for run in range(count):
            columns = 10 / (1 + steps[:, None]) * random.uniform(0.9, 1.1, len(training.COLUMNS) - 1)
            networks[name, run] = training.Trained(100, np.eye(2), None, np.column_stack([steps, columns]))
    return results.Results({}, {}, 1, (), networks)


EXPLORED = tuple(variant.name for variant in variants.EVERYTHING)


def test_gallery_draws_every_figure(tmp_path: Path) -> None:
    """Every figure is drawn from recorded results, each curve with as many points as were observed."""
    figures_drawn = gallery.gallery(recorded(gallery.TRAINED), recorded(EXPLORED))
    names = [figure.name for figure in figures_drawn]
    assert names[:5] == ["figure_2", "figure_3", "unlearning_rate", "finite_task_residual", "loss_gap"]
    assert len(set(names)) == len(names)
    for figure_drawn in figures_drawn:
        for path in figures.save(figure_drawn, tmp_path):
            assert path.stat().st_size > 1000
    curve = figures_drawn[0].panels[0].curves[0]
    assert len(curve.points) == len(training.observed_steps(100))


def test_missing_runs_are_named() -> None:
    """A gallery from results that lack a method or a variant names it."""
    with pytest.raises(KeyError, match="no run of 'burer-monteiro'"):
        gallery.gallery(recorded(gallery.TRAINED[:-1]), recorded(EXPLORED))
    with pytest.raises(KeyError, match="no run of 'tasks-125'"):
        gallery.gallery(recorded(gallery.TRAINED), recorded(("proved",)))


def test_limit_values_are_those_of_the_transcription() -> None:
    """The dashed lines of Figure 2 are the eigenvalues of Λ⋆ as it is transcribed."""
    c = replace(PAPER, spectrum=(1.0, 3.0), m_in=7)
    covariance = c.Sigma_star
    total = float(np.trace(covariance)) + c.sigma_sq
    expected = statements.limit_gram(NUMPY, covariance, total, c.alpha, c.m_in)
    np.testing.assert_allclose(gallery.limit_values(c), np.linalg.eigvalsh(expected))
