"""What a check rests on: its hash changes with every statement that it reaches, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from foanil.claims import REGISTRY
from foanil.sources import Checkout, check_hashes, checks, claim_hash, data_read, formula_hash, reached, sources

ROOT = Path(__file__).parents[1]
CHECK = "verify/test_page.py::test_it"
FILES = {
    "src/foanil/__init__.py": "",
    "src/foanil/engine.py": '"""Doc."""\ndef used(x):\n    """Say."""\n    return inner(x)\n'
    "def inner(x): return x + 1\ndef idle(x): return x\n",
    "src/foanil/kit/__init__.py": "from foanil.kit.part import tool\n",
    "src/foanil/kit/part.py": "def tool(): return 1\ndef spare(): return 2\n",
    "src/foanil/statements.py": "def gram(x): return half(x)\ndef half(x): return x / 2\ndef other(x): return x\n",
    "proofs/__init__.py": "",
    "proofs/page.py": "from foanil import engine\nfrom foanil.kit import tool\nLIMIT = 3\nLIMIT += 1\n"
    "CHECKS = [engine.used, tool, LIMIT]\nUNUSED = 7\n",
    "verify/conftest.py": "def helper(): return 4\ndef runs(): return helper()\ndef unasked(): return 5\n",
    "verify/test_page.py": "import pytest\nfrom proofs.page import CHECKS\nfrom pathlib import Path\n"
    "STORED = Path(__file__).with_name('stored.json')\n"
    "@pytest.mark.parametrize('check', CHECKS)\ndef test_it(check, runs):\n    assert check and STORED\n"
    "def test_alone():\n    import proofs.late\n    assert proofs.late\n",
    "verify/stored.json": "[1]",
    "verify/aside.json": "[2]",
    "proofs/late.py": "VALUE = 1\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout."""
    for name, text in FILES.items():
        write(tmp_path / name, text)
    return tmp_path


def write(path: Path, text: str) -> None:
    """Write a file, its folders too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def replaced(root: Path, name: str, old: str, new: str) -> None:
    """Change a text that a file holds once."""
    text = (root / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    write(root / name, text.replace(old, new))


def hashes(root: Path, check: str = CHECK) -> dict[str, str]:
    """Return a check's hashes from a fresh reading."""
    return check_hashes(Checkout(root), check)


@pytest.mark.parametrize(
    ("name", "old", "new", "changed"),
    [
        ("verify/test_page.py", "check and STORED", "check or STORED", {"check"}),
        ("verify/conftest.py", "return 4", "return 40", {"check"}),
        ("verify/stored.json", "1", "3", {"check"}),
        ("proofs/page.py", "LIMIT = 3", "LIMIT = 2", {"check"}),
        ("proofs/page.py", "LIMIT += 1", "LIMIT += 2", {"check"}),
        ("proofs/page.py", "[engine.used, ", "[engine.idle, ", {"check", "engine"}),
        ("src/foanil/engine.py", "x + 1", "x - 1", {"engine"}),
        ("src/foanil/kit/part.py", "return 1", "return 3", {"engine"}),
    ],
)
def test_what_is_reached_counts(checkout: Path, name: str, old: str, new: str, changed: set[str]) -> None:
    """A changed statement that a check reaches, however deep, changes its hash: of the check, or of the engine."""
    before = hashes(checkout)
    replaced(checkout, name, old, new)
    after = hashes(checkout)
    assert {part for part in before if before[part] != after[part]} == changed


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("verify/test_page.py", "import proofs.late", "import proofs.page"),
        ("verify/conftest.py", "return 5", "return 50"),
        ("verify/aside.json", "2", "3"),
        ("proofs/page.py", "UNUSED = 7", "UNUSED = 8"),
        ("src/foanil/engine.py", "def idle(x): return x", "def idle(x): return 0"),
        ("src/foanil/engine.py", "Doc.", "Documented."),
        ("src/foanil/engine.py", '"""Say."""', '"""Say more.\n\n    Much more.\n    """\n    # why'),
        ("src/foanil/engine.py", "return inner(x)", "return inner( x,  )"),
        ("src/foanil/kit/part.py", "return 2", "return 3"),
    ],
)
def test_nothing_else_counts(checkout: Path, name: str, old: str, new: str) -> None:
    """A comment, a docstring, layout, or code that the check does not reach leaves its hash alone."""
    before = hashes(checkout)
    replaced(checkout, name, old, new)
    assert hashes(checkout) == before


def test_import_inside_a_function_counts(checkout: Path) -> None:
    """A module that is imported only where it is used is followed as well."""
    before = hashes(checkout, "verify/test_page.py::test_alone")
    replaced(checkout, "proofs/late.py", "1", "2")
    assert hashes(checkout, "verify/test_page.py::test_alone") != before


def test_formula_counts_with_what_it_calls(checkout: Path) -> None:
    """A formula's hash changes with its own code and with a formula that it calls, not with its neighbour."""
    before = formula_hash(Checkout(checkout), "gram")
    replaced(checkout, "src/foanil/statements.py", "other(x): return x", "other(x): return -x")
    assert formula_hash(Checkout(checkout), "gram") == before
    replaced(checkout, "src/foanil/statements.py", "x / 2", "x / 3")
    assert formula_hash(Checkout(checkout), "gram") != before


def test_claims_differ_by_every_field() -> None:
    """No two claims share a hash, and the same record has the same one."""
    found = [claim_hash(claim) for claim in REGISTRY.values()]
    assert len(set(found)) == len(REGISTRY)
    assert found == [claim_hash(claim) for claim in REGISTRY.values()]


def test_every_check_of_this_checkout_is_followed() -> None:
    """Each test function of verify/ has hashes of its own, and those that run proofs reach them and their engine."""
    found = sources(ROOT, REGISTRY)
    assert len({hashes["check"] for hashes in found["checks"].values()}) == len(found["checks"])
    assert set(found["checks"]) == set(checks(Checkout(ROOT)))
    places = reached(Checkout(ROOT), [("verify.test_eq_07_second_moment", "test_as_derived")])
    assert {("proofs.eq_07_second_moment", "CHECKS"), ("foanil.words", "Word")} <= places


def test_stored_searches_are_data_of_their_checks() -> None:
    """The files that checks read by name are hashed with them: the stored searches, the committed experiments."""
    checkout = Checkout(ROOT)
    for module, check, files in (
        ("test_thm_1_conjecture", "test_searches_find_no_more", {"verify/thm_1_conjecture.json"}),
        (
            "test_table_1",
            "test_cell",
            {"reports/experiments/table_1/risks.csv"},
        ),
    ):
        lines = data_read(checkout, reached(checkout, [(f"verify.{module}", check)]))
        assert files <= {line.partition(" ")[0] for line in lines}
