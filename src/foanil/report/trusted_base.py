"""The trusted base: what a reader must believe besides the evidence, and how many lines that is, as a page."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foanil.limits import LEMMAS, Lemma
from foanil.report import cell, table
from foanil.sources import Checkout, checks, reached

INTRODUCTION = (
    "Evidence rests on the following, and on nothing else. Lines are lines of code, counted when this page was "
    "written: no blank ones, no comments, no docstrings; a file that two rows name counts once in the totals."
)

MEANS = """A green run means:

- every check of these pages ran on the code that `audit.json` names by its hashes, and came out as it says;
- where falsehoods stand beside a check, it failed on as many of them as is said there;
- every verdict was computed from that evidence, by one function of some thirty lines, and none was typed.

It does not mean:

- that the paper is right: a counterexample that holds is green, and its claim is REFUTED;
- anything about a claim that is UNCHECKED, or about other sizes than a CERTIFIED or SUPPORTED scope names;
- that a proof assistant has checked a derivation: its steps are applied by the Python below, and the lemmas are cited;
- that a claim is read as its authors meant it: that is what the first two rows below ask a reader to believe;
- that nothing was forged: `foanil report` finds edits by their hashes, and only running the audit makes evidence again.
"""


@dataclass(frozen=True, slots=True)
class Belief:
    """One thing that is believed: where it stands (modules of foanil, with what lies below them), and what it says."""

    name: str
    says: str
    modules: tuple[str, ...] = ()


BELIEFS: tuple[Belief, ...] = (
    Belief(
        "readings",
        "which letter each lost glyph stands for; `readings.md` runs every candidate and says what nothing decides",
        ("claims.readings", "report.readings_ledger", "paper_alphabet"),
    ),
    Belief(
        "correspondence",
        "that a record of the registry says what the paper says, its quote found in the pinned text, and that the "
        "premises and the last line of its derivation in `proofs/` say what the record says; read by a person",
        ("claims", "quotes"),
    ),
    Belief(
        "transcription",
        "one function for each displayed formula, with hand-computed values, and the tree that is printed of it",
        ("statements", "formal", "notation"),
    ),
    Belief(
        "definitions",
        "the data model, the loss, the inner and the outer step, and the assumptions on their letters",
        ("first_principles", "setting"),
    ),
    Belief("words", "normal forms of matrix words; zero means zero in every dimension", ("words",)),
    Belief(
        "moments",
        "Isserlis' theorem; the second engine shares nothing with it",
        ("gaussian_moments", "entrywise_moments"),
    ),
    Belief("rules", "the closed list of Loewner-order rules, each a classical fact", ("inequalities",)),
    Belief("scalar goals", "translation to z3 and cvc5, which must both refute the negation", ("decisions",)),
    Belief("lemmas", "those below; that the facts cited for one are its hypotheses is read by a person", ("limits",)),
    Belief(
        "verdicts", "what each method can warrant, and how evidence is kept", ("evidence", "audit", "pytest_plugin")
    ),
)
"""What a DERIVED verdict rests on."""

FURTHER: tuple[Belief, ...] = (
    Belief(
        "exact and ball arithmetic",
        "the number systems of CERTIFIED verdicts and of counterexamples, and what is computed in them",
        ("arrays", "arithmetic", "ball_matrices", "rational", "spectra", "sliced", "dynamics", "convergence"),
    ),
    Belief(
        "certificates",
        "doubles, with a bound for every order of summation; the step behind traps and times is derived "
        "(`new-certificate-guarantees`), inductions over steps and the divergence test by hand",
        ("certificates",),
    ),
    Belief(
        "samples and experiments",
        "what SUPPORTED verdicts draw and train, and the tests that judge it",
        ("strategies", "simulation", "experiments", "empirical", "adaptation", "stacked", "equivalence"),
    ),
)
"""What other verdicts rest on besides."""

LIBRARIES = (
    "libraries: Python, SymPy's polynomial fields, z3 and cvc5, NumPy's object arrays and linear algebra, mpmath and "
    "gmpy2, python-flint, Hypothesis, Numba, pytest; their versions stand in `audit.json`"
)

PROOFS = (
    "The derivations and checks themselves, {lines} lines in `proofs/` and `verify/`, are not believed but run: a step "
    "that does not follow is refused. What is believed of them is the correspondence above."
)


def trusted_base_page(further: Mapping[str, Lemma], root: Path) -> str:
    """Return the page; `further` are lemmas that single proofs name beyond those of `foanil.limits`.

    Code of foanil that some check in the checkout at `root` reaches, and that no row names, is a row of its own.
    """
    package = root / "src" / "foanil"
    lemmas = {**LEMMAS, **further}
    rest = Belief("everything else that checks reach", "", tuple(unnamed(root)))
    derived, others = _lines(package, BELIEFS), _lines(package, (*FURTHER, rest))
    proofs = sum(code_lines(path) for folder in ("proofs", "verify") for path in sorted((root / folder).glob("*.py")))
    sections = [
        "# The trusted base",
        "[Summary](SUMMARY.md)",
        INTRODUCTION,
        "## What a green run means",
        MEANS.strip(),
        "## What is believed",
        f"A DERIVED verdict rests on {derived} lines of `src/foanil/`, {len(lemmas)} lemmas, and {LIBRARIES}.",
        _table(package, BELIEFS),
        f"Other verdicts rest on {others} lines more:",
        _table(package, (*FURTHER, rest)),
        PROOFS.format(lines=proofs),
        "## Lemmas used without a machine check",
        table(
            ["lemma", "statement", "reference"],
            [[name, cell(lemma.statement), cell(lemma.reference)] for name, lemma in lemmas.items()],
        ),
    ]
    return "\n\n".join(sections) + "\n"


def _table(package: Path, beliefs: Iterable[Belief]) -> str:
    rows = [[b.name, str(_lines(package, (b,))), cell(f"{b.says} ({_where(b)})".strip())] for b in beliefs]
    return table(["what", "lines", "what it says, and where it stands"], rows)


def _where(belief: Belief) -> str:
    return ", ".join(f"`{name}`" for name in belief.modules)


# Counting ------------------------------------------------------------------------------------------


def _lines(package: Path, beliefs: Iterable[Belief]) -> int:
    """Return the lines of code of all modules of some beliefs, each counted once."""
    return sum(
        code_lines(path) for path in {path for b in beliefs for name in b.modules for path in files(package, name)}
    )


def files(package: Path, module: str) -> list[Path]:
    """Return the files of a module or subpackage of foanil, empty where there is none."""
    stem = package.joinpath(*module.split("."))
    return (
        sorted(stem.rglob("*.py")) if stem.is_dir() else [path for path in [stem.with_suffix(".py")] if path.is_file()]
    )


def unnamed(root: Path) -> list[str]:
    """Return the modules of foanil that checks reach and that no belief names, whole subpackages by their name."""
    checkout = Checkout(root)
    ids = (check.removesuffix(".py").partition("::") for check in checks(checkout))
    places = reached(checkout, [(path.removesuffix(".py").replace("/", "."), name) for path, _, name in ids])
    modules = {module.removeprefix("foanil.") for module, _ in places if module.startswith("foanil.")}
    named = [name for belief in (*BELIEFS, *FURTHER) for name in belief.modules]
    rest = {name for name in modules if not any(name == known or name.startswith(f"{known}.") for known in named)}
    return sorted({name.partition(".")[0] for name in rest})


def code_lines(path: Path) -> int:
    """Return how many lines of a Python file hold code: no blank ones, no comments, no docstrings."""
    text = path.read_text(encoding="utf-8")
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - _documentation(text))


def _documentation(text: str) -> set[int]:
    """Return the lines of texts that stand alone: docstrings of modules, functions, classes and constants."""
    alone = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return {line for node in alone for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
