"""Write reports/code_mutation.md from what mutmut has run so far: `python -m code_mutation`.

Exit code 0 when every mutant that was run is killed or explained, 1 when some survivor is neither, 2 without a run.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "mutants" / "src"
EXPLAINED = Path(__file__).with_name("survivors.toml")
REPORT = ROOT / "reports" / "code_mutation.md"
INTRODUCTION = (
    "Written by `python -m code_mutation` from a run of [mutmut](https://github.com/boxed/mutmut): each mutant is the "
    "trusted code with one operator, constant, name, argument or condition of one function changed, and is run against "
    "the tests of `pyproject.toml` that reach that function. *Killed*: a test failed, or ran into the time limit "
    "(15 times what the tests take). *Explained*: it survived and `code_mutation/survivors.toml` says why that is no "
    "gap: it computes the same, or changes the wording of a message. *Unexplained* survivors are gaps of the tests. "
    "Statements outside functions are not mutated. Not run: made, and not reached within the time that was given."
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutant: its module, the function it stands in, the lines that were changed, and mutmut's status."""

    module: str
    function: str
    before: str
    after: str
    status: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why some survivors are no gap: those whose place and changed lines match the patterns."""

    where: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    why: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether this explains a mutant."""
        texts = ((self.where, f"{mutant.module}.{mutant.function}"), (self.before, mutant.before))
        return all(pattern.search(text) for pattern, text in (*texts, (self.after, mutant.after)))


def main(results: Path = RESULTS) -> int:
    """Write the page; return the exit code."""
    if not results.is_dir():
        print(
            f"error: expected what `mutmut run` leaves in {results}; run it first: make code-mutants", file=sys.stderr
        )
        return 2
    mutants, explanations = list(found(results)), read_explanations(EXPLAINED)
    REPORT.write_text(page(mutants, explanations), encoding="utf-8")
    left = unexplained(mutants, explanations)
    for mutant in left:
        print(f"{mutant.module}.{mutant.function}\n- {mutant.before}\n+ {mutant.after}")
    print(f"{len(mutants)} mutants, {len(left)} survivors without an explanation; see {REPORT}", file=sys.stderr)
    return 1 if left else 0


# What mutmut found ---------------------------------------------------------------------------------


def found(results: Path) -> Iterator[Mutant]:
    """Return the mutants of each module that was mutated, in mutmut's order."""
    from mutmut.stats import status_by_exit_code

    for meta in sorted(results.rglob("*.py.meta")):
        module = ".".join(meta.relative_to(results).with_suffix("").with_suffix("").parts)
        codes: Mapping[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        for name, code in codes.items():
            status = status_by_exit_code[code]
            before, after = changed_lines(name) if status in ("survived", "no tests") else ("", "")
            yield Mutant(module, function_of(name, module), before, after, status)


def function_of(name: str, module: str) -> str:
    """Return the function that a mutant stands in, from mutmut's name: foanil.words.xǁElementǁT__mutmut_3."""
    mangled = name.removeprefix(f"{module}.").rpartition("__mutmut_")[0]
    return mangled.removeprefix("x").removeprefix("_").replace("ǁ", ".").lstrip(".")


def changed_lines(name: str) -> tuple[str, str]:
    """Return the lines of a mutant's function that were changed, before and after."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    lines = [line for line in get_diff_for_mutant(name).splitlines() if not line.startswith(("---", "+++"))]
    before, after = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return before, after


# Judgement -----------------------------------------------------------------------------------------


def read_explanations(path: Path) -> list[Explanation]:
    """Read the committed explanations; patterns are regular expressions, and one left out matches anything."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["survivor"]
    keys = ("where", "before", "after")
    return [Explanation(*(re.compile(entry.get(key, "")) for key in keys), entry["why"]) for entry in entries]


def unexplained(mutants: Iterable[Mutant], explanations: Sequence[Explanation]) -> list[Mutant]:
    """Return the survivors that nothing explains; one that no test reaches is a survivor."""
    survivors = (mutant for mutant in mutants if mutant.status in ("survived", "no tests"))
    return [mutant for mutant in survivors if not any(known.covers(mutant) for known in explanations)]


def page(mutants: Sequence[Mutant], explanations: Sequence[Explanation]) -> str:
    """Return the page of the report."""
    left = unexplained(mutants, explanations)
    modules = sorted({mutant.module for mutant in mutants})
    rows = [_row(name, [m for m in mutants if m.module == name], left) for name in modules]
    rows.append(_row("all", mutants, left))
    lines = ["# Mutants of the trusted code", "", "[Summary](SUMMARY.md)", "", INTRODUCTION, ""]
    lines += [
        "| module | mutants | killed | explained | unexplained | not run | score |",
        "|" + " --- |" * 7,
        *rows,
        "",
    ]
    lines += ["", "Score: killed or explained, of those that were run.", "", "## Explained", ""]
    lines += [*_explained(mutants, explanations), ""]
    if left:
        lines += ["## Unexplained", "", *(_shown(mutant) for mutant in left), ""]
    return "\n".join(lines)


def _row(name: str, mutants: Sequence[Mutant], left: Sequence[Mutant]) -> str:
    killed = sum(mutant.status in ("killed", "timeout", "segfault") for mutant in mutants)
    survived = sum(mutant.status in ("survived", "no tests") for mutant in mutants)
    open_ones = sum(name in ("all", mutant.module) for mutant in left)
    run = killed + survived
    score = f"{100 * (run - open_ones) / run:.1f} %" if run else ""
    numbers = (len(mutants), killed, survived - open_ones, open_ones, len(mutants) - run, score)
    return f"| {name} | {' | '.join(map(str, numbers))} |"


def _explained(mutants: Sequence[Mutant], explanations: Sequence[Explanation]) -> Iterator[str]:
    survivors = [mutant for mutant in mutants if mutant.status in ("survived", "no tests")]
    for known in explanations:
        count = sum(known.covers(mutant) for mutant in survivors)
        if count:
            yield f"- {count}: {known.why}"


def _shown(mutant: Mutant) -> str:
    return f"- `{mutant.module}.{mutant.function}`\n\n  ```diff\n  - {mutant.before}\n  + {mutant.after}\n  ```"


if __name__ == "__main__":
    sys.exit(main())
