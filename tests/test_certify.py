"""`foanil certify` and `foanil check`: the supplied examples, exit codes, and nothing left behind by a failure."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foanil.__main__ import main
from foanil.certificates.certify import certify
from foanil.certificates.check import check
from foanil.certificates.problem import load_problem

EXAMPLES = Path(__file__).parents[1] / "examples"
OUTCOMES = {
    "inside-the-region": (0, "at t = 0"),
    "tight-head": (0, "at t = 1"),
    "long-head": (0, "‖w‖² ≥ αc"),
    "silent-head": (0, "the head never moves"),
    "large-start": (0, "rigorous steps"),
    "rank-deficient": (1, "rank(B⋆ᵀB_0) = 1 < k = 2"),
    "diverging": (1, "divergence"),
    "diverging-complement": (1, "α‖B⋆,⊥ᵀB_t‖²"),
    "collapsing-head": (1, "collapse"),
    "undecided-head": (3, "violated: ||w||^2 < alpha c"),
    "unseen-direction": (1, "u = (-1, 1, 0)"),
    "any-covariance": (3, "Sigma_star = c I"),
}


def run(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_table_has_every_example() -> None:
    """Each supplied start has its outcome in the table, which covers the three."""
    assert {path.stem for path in EXAMPLES.glob("*.toml")} - {"sweep"} == set(OUTCOMES)
    assert {code for code, _ in OUTCOMES.values()} == {0, 1, 3}


@pytest.mark.parametrize("name", OUTCOMES)
def test_examples_end_as_their_first_line_says(name: str, tmp_path: Path) -> None:
    """Each example has its exit code and reason; certificates are checked, and an undecided one writes nothing."""
    code, words = OUTCOMES[name]
    path = EXAMPLES / f"{name}.toml"
    out = tmp_path / "certificate.json"
    result = run("certify", path, "-o", out)
    assert result.exit_code == code, result.output
    assert words in result.output
    outcome = {0: "CERTIFIED", 1: "REFUTED", 3: "UNDECIDED"}[code]
    assert outcome in result.output
    assert outcome in path.read_text("utf-8").splitlines()[0]
    assert out.exists() == (code != 3)
    if code != 3:
        checked = run("check", out)
        assert checked.exit_code == 0
        assert checked.output.startswith(outcome)


def test_a_tampered_certificate_is_rejected(tmp_path: Path) -> None:
    """One changed digit of the start ends in exit code 1 and the reason."""
    out = tmp_path / "certificate.json"
    assert run("certify", EXAMPLES / "inside-the-region.toml", "-o", out).exit_code == 0
    out.write_text(out.read_text("utf-8").replace('"3/10"', '"3/11"', 1), encoding="utf-8")
    result = run("check", out)
    assert result.exit_code == 1
    assert "REJECTED" in result.output


def test_without_a_file_the_certificate_is_printed() -> None:
    """Standard output is the certificate alone, the words go to standard error."""
    result = run("certify", EXAMPLES / "inside-the-region.toml")
    assert check(json.loads(result.stdout)).startswith("CERTIFIED")
    assert "CERTIFIED" in result.stderr


def test_same_problem_same_bytes(tmp_path: Path) -> None:
    """Certificates have no clock and no machine in them."""
    texts = []
    for name in ("a.json", "b.json"):
        assert run("certify", EXAMPLES / "large-start.toml", "--epsilon", "1/3", "-o", tmp_path / name).exit_code == 0
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "expected one of c and Sigma_star"),
        (("absent.toml",), "expected an existing file"),
        ((EXAMPLES / "tight-head.toml", "-s", "alpha=os.system('true')"), "alpha must be a finite number"),
        ((EXAMPLES / "tight-head.toml", "-s", "d=99999"), "choose a smaller problem"),
        ((EXAMPLES / "tight-head.toml", "--epsilon", "-1"), "epsilon must be > 0"),
        ((EXAMPLES / "tight-head.toml", "--epsilon", "inf"), "epsilon must be a finite number"),
        ((EXAMPLES / "tight-head.toml", "--digits", "3"), "--digits"),
    ],
)
def test_bad_input_writes_nothing(arguments: tuple[object, ...], words: str, tmp_path: Path) -> None:
    """Exit code 2, the reason, and no file."""
    out = tmp_path / "certificate.json"
    result = run("certify", *arguments, "-o", out)
    assert result.exit_code == 2
    assert words in result.output
    assert not list(tmp_path.iterdir())


def test_an_output_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    """A folder that is not there, or one in the place of the file, ends in exit code 2 with no scratch file left."""
    for out in (tmp_path / "absent" / "certificate.json", tmp_path):
        assert run("certify", EXAMPLES / "inside-the-region.toml", "-o", out).exit_code == 2
    assert not list(tmp_path.iterdir())


def test_check_of_no_certificate_is_bad_input(tmp_path: Path) -> None:
    """A file that is no JSON is exit code 2; JSON that is no certificate is exit code 1."""
    path = tmp_path / "certificate.json"
    path.write_text("not JSON")
    assert run("check", path).exit_code == 2
    path.write_text("{}")
    assert run("check", path).exit_code == 1
    assert run("check", tmp_path / "absent.json").exit_code == 2


def test_the_problem_is_not_overwritten(tmp_path: Path) -> None:
    """`-o` with the name of the problem is refused, by whatever path, and the problem is still there."""
    problem = tmp_path / "start.toml"
    problem.write_bytes((EXAMPLES / "inside-the-region.toml").read_bytes())
    result = run("certify", problem, "-o", tmp_path / "." / "start.toml")
    assert result.exit_code == 2
    assert "names the problem itself" in result.output
    assert problem.read_bytes() == (EXAMPLES / "inside-the-region.toml").read_bytes()


def test_no_certificate_leaves_the_file_and_says_so(tmp_path: Path) -> None:
    """Where nothing is decided, an older file stays as it was, and the words say that it is not this problem's."""
    (tmp_path / "old.json").write_text("old", encoding="utf-8")
    result = run("certify", EXAMPLES / "undecided-head.toml", "-o", tmp_path / "old.json")
    assert result.exit_code == 3
    assert "old.json was not written" in result.output
    assert (tmp_path / "old.json").read_text(encoding="utf-8") == "old"


def test_a_time_for_once_is_no_later_than_the_time_for_ever() -> None:
    """What holds for all t ≥ 692 holds for some t ≤ 692, whatever the bound for one time says."""
    lines = certify(load_problem(EXAMPLES / "tight-head.toml"), epsilon=Fraction(1, 10**12)).lines
    (line,) = (line for line in lines if line.startswith("  ‖B_tw_t‖"))
    once, for_ever = map(int, re.findall(r"t [≤≥] (\d+)", line))
    assert once <= for_ever


def test_an_interrupt_stops_cleanly(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a long run ends it with one line, exit code 130 and no file."""
    out = tmp_path / "certificate.json"
    command = [sys.executable, "-m", "foanil", "certify", EXAMPLES / "undecided-head.toml", "-o", out]
    limits = ["--steps", "100000", "--digits", "1000"]
    process = subprocess.Popen([*map(str, command), *limits], stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing was written" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


def test_guarantees_name_their_times() -> None:
    """With ε every quantity gets a time, later for a smaller ε."""
    problem = load_problem(EXAMPLES / "inside-the-region.toml")
    times = []
    for epsilon in (Fraction(1, 5), Fraction(1, 20)):
        answer = certify(problem, epsilon=epsilon)
        assert answer.certificate is not None
        found = answer.certificate["guarantees"]
        times.append((found["complement"], found["output"][-1][0], found["gram"][-1][0]))
    assert all(early <= late for early, late in zip(*times, strict=True))
    assert times[0] != times[1]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("alpha=1e400", "REFUTED"),
        ("alpha=1e-1999", "UNDECIDED"),
        ("c=1e300", "REFUTED"),
        ("sigma_sq=1e400", "REFUTED"),
        ("w_0=[1e400,0,0]", "UNDECIDED"),
        ("B_0=[[1e400,1,1],[1,1e3,1],[1,1,1],[1,1,1],[1,1,1]]", "REFUTED"),
    ],
)
def test_numbers_beyond_doubles_have_an_answer(change: str, outcome: str) -> None:
    """Sizes of 10^±400 neither overflow nor raise; what is refuted is checked."""
    answer = certify(load_problem(EXAMPLES / "inside-the-region.toml", [change]), steps=3)
    assert answer.outcome == outcome
    assert answer.certificate is None or check(answer.certificate).startswith("REFUTED")


@pytest.mark.parametrize("epsilon", ["1e-300", "1e-2000", "1e-2100"])
def test_a_tiny_epsilon_has_an_answer_at_once(epsilon: str) -> None:
    """Times of hundreds of digits are exact in the certificate and short in words; beyond 4000 none are given."""
    answer = certify(load_problem(EXAMPLES / "inside-the-region.toml"), epsilon=Fraction(epsilon))
    assert answer.certificate is not None
    assert check(answer.certificate).startswith("CERTIFIED")
    assert all(len(line) < 200 for line in answer.lines)
    times = answer.certificate["guarantees"]
    assert (times is None) == (epsilon == "1e-2100")
    if times is not None:
        delta, bound = Fraction(answer.certificate["region"]["delta"]), Fraction(epsilon) / 4  # α = 1/4
        rate = _rate(answer.certificate["problem"])
        reached = [delta / (1 + rate * delta * t) <= bound for t in (times["complement"] - 1, times["complement"])]
        assert reached == [False, True]


def _rate(given: dict[str, Any]) -> Fraction:
    """Return αβσ̄²/m_in."""
    alpha, beta, c, sigma_sq = (Fraction(given[name]) for name in ("alpha", "beta", "c", "sigma_sq"))
    return alpha * beta * (given["k"] * c + sigma_sq) / given["m_in"]


def test_undecided_says_by_how_much() -> None:
    """Without steps a start outside is undecided, with each violated inequality and its excess."""
    answer = certify(load_problem(EXAMPLES / "large-start.toml"), steps=0)
    assert answer.outcome == "UNDECIDED"
    assert answer.certificate is None
    assert any(line.startswith("violated: ell + delta < 1") and ", by " in line for line in answer.lines)
