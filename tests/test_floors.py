"""The floors of the house: imports go down, the two sides stay apart, and a stem means one thing everywhere."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import foanil
from foanil.claims import REGISTRY

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "foanil"

FLOORS = {
    0: "arrays words evidence notation formal rational spectra decisions sliced ball_matrices sources "
    "second_transcription inputs",
    1: "setting gaussian_moments entrywise_moments inequalities limits paper_alphabet equivalence homogeneity",
    2: "statements first_principles arithmetic",
    3: "dynamics convergence certificates adaptation simulation stacked",
    4: "claims strategies quotes empirical boundary",
    5: "audit report mutants figures experiments expiry instances sweeps",
    6: "pytest_plugin commands __main__",
}
FLOOR = {name: floor for floor, names in FLOORS.items() for name in names.split()}

SIDEWAYS = {
    ("formal", "notation"),  # a formula's tree prints the letters of the notation
    ("spectra", "arrays"),  # spectra of arrays, in any number system
    ("limits", "inequalities"),  # limit lemmas take inequalities as their premises
    ("convergence", "dynamics"),  # bounds along trajectories
    ("stacked", "dynamics"),  # many trajectories at once
    ("quotes", "claims"),  # the quotes of the registry
    ("report", "audit"),  # the pages of an audit
    ("mutants", "report"),  # more pages, with the same tables
    ("expiry", "audit"),  # an audit read back
    ("expiry", "report"),  # and rendered again
    ("sweeps", "experiments"),  # files written at once or not at all
}
"""Imports within a floor, each with its reason; there are no others."""

INDEPENDENT = ("first_principles", "words", "gaussian_moments", "entrywise_moments", "rational")
"""What a transcription is compared with: agreement means something only while these never see it."""


# Reading imports -----------------------------------------------------------------------------------


def imported(source: str, package: str = "foanil") -> set[str]:
    """Return the dotted names that a source imports anywhere in it, by statement or by a literal `import_module`.

    `from a import b` counts as both a and a.b, since b may be a module; a relative import counts from `package`.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, (package if node.level else "", node.module)))
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return names


def modules(names: Iterable[str], package: str = "foanil") -> set[str]:
    """Return the modules (first names below the package) among dotted names."""
    parts = (name.split(".") for name in names)
    return {part[1] for part in parts if part[0] == package and len(part) > 1}


def tops(names: Iterable[str]) -> set[str]:
    """Return the top-level packages among dotted names."""
    return {name.split(".")[0] for name in names}


def files_of(name: str) -> list[Path]:
    """Return the files of a module or subpackage of foanil."""
    return sorted((PACKAGE / name).rglob("*.py")) if (PACKAGE / name).is_dir() else [PACKAGE / f"{name}.py"]


def names_in(paths: Iterable[Path]) -> set[str]:
    """Return the dotted names that files import."""
    return {name for path in paths for name in imported(path.read_text(encoding="utf-8"))}


PRESENT = sorted({path.relative_to(PACKAGE).with_suffix("").parts[0] for path in PACKAGE.rglob("*.py")} - {"__init__"})
USES = {name: modules(names_in(files_of(name))) & set(PRESENT) - {name} for name in PRESENT}


def wrong_ways(uses: dict[str, set[str]]) -> list[str]:
    """Return a line for each import that goes up, or sideways without being listed."""
    return [
        f"{name} [{FLOOR[name]}] imports {other} [{FLOOR[other]}]"
        for name, others in uses.items()
        for other in sorted(others)
        if FLOOR[name] < FLOOR[other] or (FLOOR[name] == FLOOR[other] and (name, other) not in SIDEWAYS)
    ]


def reached(name: str, uses: dict[str, set[str]]) -> set[str]:
    """Return the modules that one imports, directly or not, itself among them."""
    seen, waiting = {name}, [name]
    while waiting:
        new = uses[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


# Floors --------------------------------------------------------------------------------------------


def test_every_module_has_a_floor() -> None:
    """A module stands on one floor: one that the table does not have is added there, with thought."""
    assert [name for name in PRESENT if name not in FLOOR] == []
    assert len(FLOOR) == sum(len(names.split()) for names in FLOORS.values())


def test_imports_go_down() -> None:
    """No module imports from a floor above, nor from its own floor but where a reason is listed."""
    assert wrong_ways(USES) == []


def test_reasons_are_needed() -> None:
    """Each listed import within a floor exists, and joins two modules of one floor."""
    assert [pair for pair in sorted(SIDEWAYS) if pair[1] not in USES[pair[0]]] == []
    assert [pair for pair in sorted(SIDEWAYS) if FLOOR[pair[0]] != FLOOR[pair[1]]] == []


def test_wrong_ways_are_noticed() -> None:
    """An import upward, and an unlisted one within a floor, are reported."""
    assert wrong_ways({"words": {"statements"}}) == ["words [0] imports statements [2]"]
    assert wrong_ways({"words": {"arrays"}}) == ["words [0] imports arrays [0]"]
    assert wrong_ways({"statements": {"arrays"}, "mutants": {"report"}}) == []


@pytest.mark.parametrize(
    "source",
    [
        "import foanil.statements",
        "import foanil.statements as s",
        "from foanil import statements",
        "from foanil.statements import formula",
        "from . import statements",
        "from .statements import formula",
        "def f():\n    from foanil import arrays, statements",
        "import importlib\nimportlib.import_module('foanil.statements')",
        "if TYPE_CHECKING:\n    from foanil.statements import formula",
    ],
)
def test_every_form_of_import_is_read(source: str) -> None:
    """No way of writing an import hides it: relative, local, for types only, or by name."""
    assert "statements" in modules(imported(source))


# Independence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INDEPENDENT)
def test_the_other_side_never_sees_the_transcription(name: str) -> None:
    """What formulas are compared with does not import them, directly or through anything else."""
    assert "statements" not in reached(name, USES)


def test_the_door_opens_on_nothing() -> None:
    """Importing any module runs the package's own file, so that this imports no module before a name is asked for."""
    asked = "import sys, foanil; print([name for name in sys.modules if name.startswith('foanil.')])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.parametrize("folder", ["src", "proofs"])
def test_the_door_is_for_visitors(folder: str) -> None:
    """Our own code imports from the modules themselves, so that the tests here see what it imports."""
    door = {f"foanil.{name}" for name in foanil.__all__}
    found = {path.name: names_in([path]) & door for path in (ROOT / folder).rglob("*.py")}
    assert {name: through for name, through in found.items() if through} == {}


def test_the_door_leads_to_every_public_name() -> None:
    """Each public name is found, is listed by dir(), and no other is."""
    assert {name for name in foanil.__all__ if getattr(foanil, name) is None} == set()
    assert set(foanil.__all__) <= set(dir(foanil))
    assert set(foanil.__all__) & set(PRESENT) == set()  # once imported, a module would stand in the way of the name
    with pytest.raises(AttributeError, match="no attribute 'Lambda_stra'"):
        foanil.Lambda_stra  # noqa: B018


def test_the_transcription_never_sees_the_other_side() -> None:
    """The transcription imports nothing that it is compared with."""
    assert reached("statements", USES) & set(INDEPENDENT) == set()


def test_second_engine_shares_nothing_with_the_first() -> None:
    """Entrywise expectations and those of words have no module of ours in common but number systems."""
    assert reached("entrywise_moments", USES) & reached("gaussian_moments", USES) <= {"arrays"}


def test_roundabout_imports_are_noticed() -> None:
    """A path of imports through a third module is found."""
    assert reached("a", {"a": {"b"}, "b": {"statements"}, "statements": set()}) == {"a", "b", "statements"}


# The folders of the checkout -----------------------------------------------------------------------

ABOVE = {"src": {"proofs", "verify", "tests"}, "proofs": {"verify", "tests"}, "verify": {"tests"}}


@pytest.mark.parametrize("folder", ABOVE)
def test_folders_import_one_way(folder: str) -> None:
    """Imports run from tests to verify to proofs to src; the command's reach into proofs/ is by a computed name."""
    found = {path.name: tops(names_in([path])) & ABOVE[folder] for path in (ROOT / folder).rglob("*.py")}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_proofs_reach_no_transcription() -> None:
    """No proof imports the transcription: it takes the stated formula as an argument."""
    found = {path.name: modules(names_in([path])) for path in (ROOT / "proofs").glob("*.py")}
    assert [name for name, names in found.items() if "statements" in names] == []


# Stems ---------------------------------------------------------------------------------------------

PAGES = {claim.page for claim in REGISTRY.values()}
PROOFS = sorted(path.stem for path in (ROOT / "proofs").glob("*.py") if path.stem != "__init__")
CHECKED = sorted(path.stem.removeprefix("test_") for path in (ROOT / "verify").glob("test_*.py"))
NOT_A_PAGE = {"mutants", "non_vacuity", "quotes", "readings", "second_transcription", "thm_1_sharp_constants"}
"""Checks of the whole registry, whose findings have pages of their own."""


def has_checks(stem: str) -> bool:
    """Whether a module of proofs/ has checks."""
    return bool(getattr(importlib.import_module(f"proofs.{stem}"), "CHECKS", ()))


@pytest.mark.parametrize("stem", sorted(PAGES.intersection(PROOFS)))
def test_proofs_of_a_page_are_checked_under_its_stem(stem: str) -> None:
    """A page whose proofs have checks has verify/test_<stem>.py, and that imports them."""
    if has_checks(stem):
        assert stem in CHECKED
        assert f"proofs.{stem}.CHECKS" in names_in([ROOT / "verify" / f"test_{stem}.py"])


@pytest.mark.parametrize("stem", [stem for stem in PROOFS if stem not in PAGES])
def test_checks_without_a_page_are_run_by_one(stem: str) -> None:
    """A second engine's checks make evidence too: some file of verify/ imports them."""
    if has_checks(stem):
        names = names_in((ROOT / "verify").glob("*.py"))
        assert names & {f"proofs.{stem}", f"proofs.{stem}.CHECKS"}


@pytest.mark.parametrize("stem", [stem for stem in CHECKED if stem not in NOT_A_PAGE])
def test_verified_stems_are_pages(stem: str) -> None:
    """verify/test_<stem>.py speaks for claims of the page of that stem, so that its evidence is found there."""
    assert stem in PAGES


def test_pages_of_the_reports_are_pages_of_the_registry() -> None:
    """A result page in reports/ has the stem of a page of the registry."""
    found = {path.stem for path in (ROOT / "reports").glob("*.md")} - {
        "SUMMARY",
        "readings",
        "trusted_base",
        "dependencies",
        "findings",
        "independence",
        "kill_matrix",
        "performance",
        "phase_diagrams",
        "code_mutation",
        "fuzzing",
    }
    assert found - PAGES == set()
