"""The `foanil` command: what it prints, and what it refuses with exit code 2 and one line."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click import Context
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

import foanil.quotes as quotation
from foanil.__main__ import COMMANDS, main
from foanil.claims import REGISTRY
from foanil.commands import mutants, terminal

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands from the root of the checkout."""
    monkeypatch.chdir(ROOT)


def foanil(*args: str) -> Result:
    """Run the command; whatever it does, it never ends in a traceback."""
    result = CliRunner().invoke(main, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def refused(*args: str) -> str:
    """Run the command, which must refuse with exit code 2 and nothing on standard output; return what it says."""
    result = foanil(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def without_derivation() -> str:
    """Return the id of a claim whose page has no file in proofs/."""
    return next(claim.id for claim in REGISTRY.values() if not (ROOT / "proofs" / f"{claim.page}.py").is_file())


# claims --------------------------------------------------------------------------------------------


def test_every_claim_is_listed() -> None:
    """`claims` prints one line for each claim, in the order of the registry."""
    result = foanil("claims")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(REGISTRY)


def test_one_claim_is_described() -> None:
    """`claims ID` says what is claimed, where, under which hypotheses, and how to check it."""
    text, claim = foanil("claims", "eq-7").stdout, REGISTRY["eq-7"]
    for part in (claim.title, claim.location, claim.statement, *claim.hypotheses, *claim.uses):
        assert part in text
    assert f'quote: "{claim.quote}"' in text
    assert "pytest verify/ -m \"claim(id='eq-7')\"" in text
    assert "eq-8:" not in text


def test_claim_of_ours_has_no_quote() -> None:
    """A result that the paper does not state is described without a quote."""
    ours = next(claim.id for claim in REGISTRY.values() if claim.quote is None)
    assert "quote:" not in foanil("claims", ours).stdout


@pytest.mark.parametrize("args", [(), ("eq-7",)], ids=["all", "one"])
def test_claims_as_json(args: tuple[str, ...]) -> None:
    """`claims --json` prints the records themselves, all fields."""
    found = json.loads(foanil("claims", *args, "--json").stdout)
    assert [entry["id"] for entry in found] == list(args or REGISTRY)
    for entry in found:
        claim = REGISTRY[entry["id"]]
        assert entry["statement"] == claim.statement
        assert (entry["kind"], entry["source"]) == (claim.kind.value, claim.source.value)
        assert tuple(entry["hypotheses"]) == claim.hypotheses


@pytest.mark.parametrize("command", ["claims", "prove"])
def test_unknown_claim_is_refused(command: str) -> None:
    """A claim that does not exist is refused, with the nearest id."""
    assert (
        refused(command, "eq-70")
        == "Error: claim 'eq-70' does not exist; did you mean 'eq-7'? (foanil claims lists them)\n"
    )
    assert "did you mean" not in refused(command, "∂✗")


# prove ---------------------------------------------------------------------------------------------


def test_derivation_is_numbered_and_names_rules() -> None:
    """`prove eq-7` prints premises, then steps numbered from 1, each naming its rule and showing a formula."""
    result = foanil("prove", "eq-7")
    assert result.exit_code == 0
    for text in result.stdout.split("### ")[1:]:
        assert "Premises:" in text
        steps = re.findall(r"^\*\*(\d+)\.\*\* .*\*\[(.+)\]\*$", text, flags=re.M)
        assert len(steps) >= 3
        assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
        assert text.count("```math") >= len(steps)
    assert "Isserlis" in result.stdout


def test_derivation_as_json() -> None:
    """`prove --json` prints the same derivations: as many steps, each with its rule."""
    found = json.loads(foanil("prove", "eq-7", "--json").stdout)
    shown = foanil("prove", "eq-7").stdout
    rules = [step["rule"] for derivation in found for step in derivation["steps"]]
    assert [rule for _, rule in re.findall(r"^\*\*(\d+)\.\*\* .*\*\[(.+)\]\*$", shown, flags=re.M)] == rules
    assert all(rules)


def test_claim_without_derivation_is_refused() -> None:
    """A claim whose page has no proofs is refused: the file that was expected, and how to see the evidence."""
    missing = without_derivation()
    said = refused("prove", missing)
    assert f"expected proofs/{REGISTRY[missing].page}.py, which does not exist" in said
    assert f"pytest verify/ -m \"claim(id='{missing}')\"" in said


def test_claim_that_its_page_does_not_derive_is_refused() -> None:
    """A claim on a page with derivations of others only is refused, and the others are named."""
    module = importlib.import_module("proofs.eq_07_second_moment")
    derived = {name for derivation in module.DERIVATIONS for name in derivation().claims}
    page = [claim.id for claim in REGISTRY.values() if claim.page == "eq_07_second_moment"]
    for name in set(page) - derived:
        assert f"proofs/eq_07_second_moment.py derives {', '.join(sorted(derived))}, not '{name}'" in refused(
            "prove", name
        )
    assert derived <= set(page)


def test_proving_outside_a_checkout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither the current folder nor the package lies in a checkout, the cure is to run inside a clone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "__file__", str(tmp_path / "site-packages" / "foanil" / "terminal.py"))
    assert "run inside a clone" in refused("prove", "eq-7")


def test_proving_below_a_checkout_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout is found from any folder below it."""
    monkeypatch.chdir(ROOT / "reports")
    assert foanil("prove", "eq-4").exit_code == 0


# quotes --------------------------------------------------------------------------------------------


def test_missing_paper_is_refused(tmp_path: Path) -> None:
    """A paper that is not there is refused, with its path."""
    assert str(tmp_path / "none.txt") in refused("quotes", "--paper", str(tmp_path / "none.txt"))


@pytest.mark.parametrize("content", [b"", b"another paper", b"\xff\xfe\x00"], ids=["empty", "text", "bytes"])
def test_another_paper_is_refused(tmp_path: Path, content: bytes) -> None:
    """A text that is not the pinned one is refused, whatever its bytes, and its hash is not pinned instead."""
    (tmp_path / "other.txt").write_bytes(content)
    pins = (ROOT / "src" / "foanil" / "claims" / "quotes.json").read_bytes()
    for more in ((), ("--pin",)):
        assert "SHA-256" in refused("quotes", "--paper", str(tmp_path / "other.txt"), *more)
    assert (ROOT / "src" / "foanil" / "claims" / "quotes.json").read_bytes() == pins


def test_folder_for_a_paper_is_refused(tmp_path: Path) -> None:
    """A folder is no paper."""
    assert str(tmp_path) in refused("quotes", "--paper", str(tmp_path))


def test_quotes_that_do_not_occur_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes that the text lacks exit 1 with a line for each, and such a text is never pinned."""
    monkeypatch.setattr(quotation, "read_paper", lambda _: "")
    monkeypatch.setattr(quotation, "problems", lambda _: ["first", "second"])
    monkeypatch.setattr(quotation, "offset_problems", lambda _: ["third"])
    monkeypatch.setattr(quotation, "write_pins", lambda _: pytest.fail("pinned a text without the quotes"))
    for more, lines in (((), "first\nsecond\nthird\n"), (("--pin",), "first\nsecond\n")):
        result = foanil("quotes", "--paper", str(tmp_path / "paper.txt"), *more)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", lines)


def test_offsets_that_moved_fail_unless_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quote that stands elsewhere than pinned exits 1; `--pin` writes where it stands, and only then."""
    pinned: list[str] = []
    monkeypatch.setattr(quotation, "read_paper", lambda _: "the text")
    monkeypatch.setattr(quotation, "problems", lambda _: [])
    monkeypatch.setattr(quotation, "offset_problems", lambda _: ["moved"])
    monkeypatch.setattr(quotation, "write_pins", pinned.append)
    assert foanil("quotes", "--paper", str(tmp_path)).exit_code == 1
    assert pinned == []
    assert "the pins are rewritten" in foanil("quotes", "--paper", str(tmp_path), "--pin").stdout
    assert pinned == ["the text"]


# doctor --------------------------------------------------------------------------------------------


def test_everything_needed_is_here() -> None:
    """Where the tests run nothing that is needed is missing, and each package is shown with its version."""
    result = foanil("doctor")
    assert (result.exit_code, "missing" in result.stdout) == (0, False)
    assert re.search(rf"ok +numpy +{re.escape(metadata.version('numpy'))}", result.stdout)


def test_missing_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A needed package that is absent or too old ends with exit code 1 and the cure; an extra's does not."""
    for text, state, code in (
        ("no-such-package>=2", "not installed; asked for: >=2", 1),
        ("numpy<1", f"{metadata.version('numpy')}; asked for: <1", 1),
        ("no-such-package>=2; extra == 'relu'", "not installed; asked for: >=2", 0),
        ("no-such-package>=2; sys_platform == 'plan9'", "", 0),
    ):
        monkeypatch.setattr(metadata, "requires", lambda _, text=text: [text])
        result = foanil("doctor", "--json")
        found = [entry for entry in json.loads(result.stdout) if entry["what"] == text.partition("<")[0].split(">")[0]]
        assert (result.exit_code, [entry["state"] for entry in found]) == (code, [state] if state else [])
        assert all(not entry["fine"] and entry["cure"] for entry in found)


def test_no_checkout_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package works without a checkout, and doctor says what a checkout would add."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "__file__", str(tmp_path / "terminal.py"))
    assert "run inside a clone" in foanil("doctor").stdout


# Completion ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begun", "offered"),
    [("prove eq-", "eq-7"), ("claims thm-1", "thm-1-i"), ("simulate no-", "no-split"), ("d", "doctor")],
)
def test_shell_completes(begun: str, offered: str) -> None:
    """A shell is offered the commands, the claims and the variants that begin so, and no others."""
    words = ["foanil", *begun.split()]
    complete = ShellComplete(main, {}, "foanil", "_FOANIL_COMPLETE")
    found = [item.value for item in complete.get_completions(words[1:-1], words[-1])]
    assert offered in found
    assert all(name.startswith(words[-1]) for name in found)


# Usage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args", [("clams",), ("claims", "--yaml"), ("prove",), ("prove", "eq-7", "eq-8"), ("quotes",)], ids=" ".join
)
def test_bad_usage_is_refused(args: tuple[str, ...]) -> None:
    """An unknown command or option, and a missing or superfluous argument, exit 2 with the usage."""
    assert "Usage:" in refused(*args)


def test_group_explains_itself() -> None:
    """`--help` and `-h` list every command with its sentence, in order, and import none of them."""
    for flag in ("--help", "-h"):
        text = foanil(flag).stdout
        assert re.findall(r"^  (\w+)  +(\S.*)$", text.partition("Commands:")[2], re.M) == [
            (name, said) for name, (_, said) in COMMANDS.items()
        ]
    asked = "import sys; from foanil.__main__ import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("foanil.commands")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_there(name: str) -> None:
    """Each command explains itself, in the words of the list first, with an example, and can print JSON."""
    command = main.get_command(Context(main), name)
    assert command is not None
    assert (command.help or "").startswith(COMMANDS[name][1])
    text = foanil(name, "-h").stdout
    assert f"foanil {name}" in " ".join(text.partition("Example:")[2].split())
    assert "--json" in text


def test_time_left_is_told_at_the_pace_of_its_round(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A count is told with the time its round still takes; a line without a count begins a round."""
    seconds = iter([0.0, 100.0, 110.0, 120.0])
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    tell = mutants.teller()
    for line in ["a round", "1/4 mutants", "2/4 mutants"]:
        tell(line)
    assert capsys.readouterr().err == "a round\n1/4 mutants  (30 s left)\n2/4 mutants  (20 s left)\n"


@pytest.mark.parametrize("command", ["mutants", "independence"])
@pytest.mark.parametrize("option", ["--reports", "--kept"])
def test_long_runs_know_first_that_they_can_write(command: str, option: str, tmp_path: Path) -> None:
    """What cannot be written to is refused before the work, naming the option."""
    (tmp_path / "file").touch()
    given = ["--reports", str(tmp_path / "out"), option, str(tmp_path / "file" / "below")]
    assert f"{option} DIR" in refused(command, *given, "--seconds", "1")
