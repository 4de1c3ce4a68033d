"""Pages are a pure function of claims and evidence, and GitHub renders them."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path, PurePosixPath

import pytest

from foanil import report
from foanil.audit import Audit, audit
from foanil.claims import REGISTRY, Claim, Exclusion, Kind, Source
from foanil.evidence import Evidence, Method, Outcome, Verdict
from foanil.report import MARKS, MEANINGS, RENDERED, cell, figure_path, github_maths_problems, render, table

REPORTS = Path(__file__).parents[1] / "reports"
COMMITTED = sorted(REPORTS.rglob("*.md"))


def claim(id: str, page: str, **more: object) -> Claim:
    """Return a claim that says little."""
    plain = Claim(
        id, f"Title of {id}", "Section 2", Kind.IDENTITY, Source.STATED, f"Says ${id[-1]} \\lt 2$.", "a = b", page
    )
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


CLAIMS = {
    found.id: found
    for found in (
        claim("eq-1", "eq_01_first"),
        claim("eq-2", "eq_02_second", uses=("eq-1", "eq-4"), hypotheses=("$d \\gt k$",), quote="as printed"),
        claim("eq-3", "eq_02_second"),
        claim("eq-4", "eq_04_bare"),
        claim("eq-5", "eq_05_theirs", exclusion=Exclusion("OUT_OF_SCOPE", "what others prove")),
    )
}
HELD = Evidence("eq-1", Method.ALGEBRA, Outcome.HELD, "every d | k", "verify/test_a.py::test_a", mutants=(3, 3))
CURVE = Evidence(
    "eq-2",
    Method.TRAJECTORY,
    Outcome.HELD,
    "60 steps",
    "verify/test_b.py::test_curve[wide]",
    finding="A finding worth reading.",
    series={"x": ((0.0, 1.0), (2.0, 0.5))},
    table=(("method", "risk"), ("a | b", "0.5")),
    pictures=(("What falls.", "experiments/falls.svg"),),
)
FAILED = Evidence("eq-1", Method.EXACT, Outcome.FAILED, "d = 3", "verify/test_c.py::test_c", shown="residual 7")
REFUTING = Evidence("eq-3", Method.COUNTEREXAMPLE, Outcome.HELD, "one instance", "verify/test_d.py::test_d")
DERIVATIONS = {"eq_01_first": ["### From the definitions\n\n**1.** A step.\n"]}


def made(*evidence: Evidence) -> Audit:
    """Return the audit of this evidence."""
    return audit(CLAIMS, evidence)


def summary(*evidence: Evidence) -> str:
    """Return SUMMARY.md for this evidence."""
    return render(made(*evidence), {})["SUMMARY.md"]


# A pure function -----------------------------------------------------------------------------------


def test_same_evidence_same_pages() -> None:
    """The pages are a function of the set of evidence: in another order it gives the same text."""
    first = render(made(HELD, CURVE, FAILED), DERIVATIONS)
    assert render(made(FAILED, CURVE, HELD), DERIVATIONS) == first
    assert render(made(CURVE, FAILED, HELD), DERIVATIONS) == first


def test_pages_have_no_clock_and_no_files() -> None:
    """The module that renders imports nothing that could make two runs differ."""
    nodes = list(ast.walk(ast.parse(Path(report.__file__).read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not {name.split(".")[0] for name in named} & {"time", "datetime", "os", "pathlib", "random", "platform"}
    assert not {node.id for node in nodes if isinstance(node, ast.Name)} & {"open", "input", "print", "hash", "id"}


def test_one_page_for_each_result_with_evidence() -> None:
    """There is a summary, a page for each stem with evidence, the extra pages, and nothing else."""
    extra = {"mutants.md": "# Mutants\n", "mutants/one.md": "# One\n"}
    assert set(render(made(HELD, CURVE), {}, extra)) == {*RENDERED, "eq_01_first.md", "eq_02_second.md", *extra}
    assert set(render(made(), {})) == set(RENDERED)


# What a reader sees --------------------------------------------------------------------------------


def row(text: str, claim_id: str) -> list[str]:
    """Return the cells of a claim's row in the summary."""
    (line,) = (line for line in text.splitlines() if line.startswith("|") and f"`{claim_id}`" in line)
    return [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_every_claim_has_a_row() -> None:
    """Each claim of the registry has a row with its own and its transitive verdict, evidence or not."""
    text = summary(HELD, CURVE)
    assert [row(text, id)[2:4] for id in CLAIMS] == [
        ["● DERIVED", "● DERIVED"],
        ["○ SUPPORTED", "· UNCHECKED"],
        ["· UNCHECKED", "· UNCHECKED"],
        ["· UNCHECKED", "· UNCHECKED"],
        ["– OUT_OF_SCOPE", "– OUT_OF_SCOPE"],
    ]
    assert row(text, "eq-1")[4:] == [f"[{Method.ALGEBRA.value}](../verify/test_a.py)", r"every d \| k"]
    assert row(text, "eq-5")[4:] == ["", "what others prove"]


def test_failed_check_stands_out() -> None:
    """A failed check shows in the summary: among the findings, in its row, in the count, beside what held."""
    text = summary(HELD, FAILED, CURVE)
    assert "- **UNRESOLVED** [`eq-1`](eq_01_first.md#eq-1)" in text
    assert row(text, "eq-1")[2] == "‼ UNRESOLVED"
    assert row(text, "eq-2")[3] == "‼ UNRESOLVED"
    assert "| ‼ UNRESOLVED | 1 |" in text
    page = render(made(HELD, FAILED), {})["eq_01_first.md"]
    assert "**‼ UNRESOLVED**" in page
    assert "**FAILED**" in page
    assert "residual 7" in page


def test_what_held_does_not_stand_out() -> None:
    """Without a failure nothing is reported as one."""
    text = summary(HELD, CURVE)
    assert "| ‼ UNRESOLVED | 0 |" in text
    assert "**UNRESOLVED**" not in text
    assert "FAILED" not in "".join(render(made(HELD, CURVE), {}).values())


def test_refutations_and_findings_come_first() -> None:
    """A refuted claim and a finding are listed above the table; a claim that simply holds is not."""
    found = summary(HELD, CURVE, REFUTING).partition("## Verdicts")[0]
    assert found.index("REFUTED") < found.index("A finding worth reading.")
    assert "- **REFUTED** [`eq-3`](eq_02_second.md#eq-3), Section 2. Says $3 \\lt 2$." in found
    assert "- [`eq-2`](eq_02_second.md#eq-2): A finding worth reading." in found
    assert "eq-1" not in found
    assert "None." in summary(HELD).partition("## Verdicts")[0]


def test_counts_add_up() -> None:
    """The counts of the verdicts add up to the number of claims."""
    counts = re.findall(r"^\| \S (?:REF|UN|DER|CERT|SUPP|NOT|OUT)\w+ \| (\d+) \|", summary(HELD, CURVE), flags=re.M)
    assert len(counts) == len(Verdict)
    assert sum(map(int, counts)) == len(CLAIMS)


def test_every_verdict_has_a_mark_and_a_meaning() -> None:
    """Each verdict can be told without colour and is explained; facts have marks of their own."""
    assert set(MARKS) == set(MEANINGS) == set(Verdict)
    facts = [kind for kind in Verdict if kind not in (Verdict.NOT_CHECKABLE, Verdict.OUT_OF_SCOPE)]
    assert len({MARKS[kind] for kind in facts}) == len(facts)


def test_page_says_what_and_how() -> None:
    """A page holds statement, formula, quote, hypotheses, uses, evidence, pictures, derivations, and how to run it."""
    pages = render(made(HELD, CURVE), DERIVATIONS)
    page = pages["eq_02_second.md"]
    for text in (
        '<a id="eq-2"></a>',
        "Says $2 \\lt 2$.",
        "```math\na = b\n```",
        "> as printed",
        "- $d \\gt k$",
        "Uses: [`eq-1`](eq_01_first.md#eq-1), `eq-4`",
        "`verify/test_b.py::test_curve[wide]`",
        "**Finding.** A finding worth reading.",
        f"]({figure_path('eq_02_second', CURVE)})",
        "| method | risk |\n| --- | --- |\n| a \\| b | 0.5 |",
        "![What falls.](experiments/falls.svg)\n\nWhat falls.",
        "pytest verify/ -m \"claim(id='eq-2')\"",
        "pytest verify/test_eq_02_second.py",
        "No evidence yet.",
    ):
        assert text in page, text
    assert "<details><summary>From the definitions</summary>" in pages["eq_01_first.md"]
    assert "3 of 3 falsehoods killed" in pages["eq_01_first.md"]


def test_shown_text_cannot_leave_its_block() -> None:
    """What a check shows stays inside its block, whatever it contains, and markup in a scope is inert."""
    sly = dataclasses.replace(HELD, shown="```\n# Not a heading", scope="a * b | c_d $e")
    page = render(made(sly), {})["eq_01_first.md"]
    assert page.count("```") % 2 == 0
    assert "'''\n# Not a heading" in page
    assert r"a \* b \| c\_d \$e" in page
    assert github_maths_problems(page) == []


def test_figure_paths_are_names_of_files() -> None:
    """A figure's path has no character that a shell, a URL or a file system would mind."""
    assert figure_path("eq_02_second", CURVE) == "figures/eq_02_second-test-curve-wide.svg"
    odd = dataclasses.replace(CURVE, check="verify/test_b.py::test_x[a/../b c-α]")
    assert re.fullmatch(r"figures/[a-z0-9_-]+\.svg", figure_path("s", odd))


def test_cells_stay_in_their_table() -> None:
    """A cell is one line without a bare bar, so that each row has as many cells as the head."""
    assert cell(" a |\n b ") == r"a \| b"
    assert table(["x", "y"], [["1", "2"]]) == "| x | y |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_tables_are_tables(path: Path) -> None:
    """In each table of each page all rows have as many cells."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block[:300]


# GitHub's maths ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_github_renders_the_maths(path: Path) -> None:
    """No page of reports/ holds maths that GitHub would not render."""
    assert github_maths_problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("found", REGISTRY.values(), ids=REGISTRY)
def test_github_would_render_every_claim(found: Claim) -> None:
    """The page of each claim of the registry would be rendered, were there evidence for it."""
    held = Evidence(found.id, Method.EXACT, Outcome.HELD, "d = 3", "verify/test_x.py::test")
    pages = render(audit({found.id: dataclasses.replace(found, uses=())}, [held]), {})
    assert [problem for text in pages.values() for problem in github_maths_problems(text)] == []


PROBLEMS = {
    "macro-in-display": ("```math\n\\operatorname{Tr} A\n```", "\\operatorname is refused"),
    "macro-inline": ("so $\\mbox{a}$ is", "\\mbox is refused"),
    "macro-in-code-maths": ("so $`\\def\\a{b}`$ is", "\\def is refused"),
    "custom-macro": ("```math\n\\newcommand{\\a}{b}\n```", "\\newcommand is refused"),
    "phantom": ("$\\phantom{a}$", "\\phantom is refused"),
    "odd": ("costs $3 or so", "odd number of $"),
    "odd-of-three": ("$a$ and $b", "odd number of $"),
    "after-letter": ("the matrix$B$ is", "a $ right after a letter"),
    "after-digit": ("two2$x$", "a $ right after a letter"),
    "after-letter-later": ("$a$ and b$c$", "a $ right after a letter"),
    "bar-in-table": ("| a | $|x|$ |", "a bare | in maths in a table"),
    "unbalanced-open": ("```math\n\\frac{1}{2\n```", "unbalanced braces"),
    "unbalanced-close": ("```math\na}\n```", "unbalanced braces"),
}


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_every_problem_is_noticed(text: str, problem: str) -> None:
    """Each kind of maths that GitHub would not render is reported, on a page where all else is fine."""
    (found,) = {line.partition(":")[0].removesuffix(" in") for line in github_maths_problems(f"Fine: $a$.\n\n{text}\n")}
    assert found == problem.removesuffix(" in")


@pytest.mark.parametrize(
    "text",
    [
        "$a$, ($b$) and $c$.",
        "$a$,$b$",
        "$k$-th and $x$.",
        "| $\\lVert x \\rVert$ | $\\vert y \\vert$ |",
        "`a$b` and ``` is code",
        "```sh\necho $HOME\n```",
        "costs 3\\$",
        "so $`a_{1}`$ is",
        "```math\n\\frac{1}{2}\n```",
        "outside a table $|x|$ is fine",
    ],
)
def test_fine_maths_is_left_alone(text: str) -> None:
    """What GitHub renders, and dollars in code or escaped, is no problem."""
    assert github_maths_problems(text) == []


# Links ---------------------------------------------------------------------------------------------


def links(markdown: str) -> list[str]:
    """Return the targets of the links and images of a page, code and maths left out."""
    text = re.sub(r"```.*?```", "", markdown, flags=re.S)
    text = re.sub(r"\$`[^`]*`\$|\$[^$\n]*\$", "", re.sub(r"(?<!\$)`[^`\n]*`(?!\$)", "code", text))
    return re.findall(r"\]\(([^()\s]+)\)", text)


def anchors(markdown: str) -> set[str]:
    """Return what a link may point to on a page: set anchors, and headings as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", markdown, flags=re.S), flags=re.M)
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)">', markdown))


def dead(page: PurePosixPath, markdown: str, root: Path) -> list[str]:
    """Return the relative links of a page (a path below `root`) that lead nowhere."""
    lost = []
    for target in links(markdown):
        path, _, anchor = target.partition("#")
        aim = root / (page.parent / path if path else page)
        if re.match(r"[a-z]+:", target):
            continue
        if not aim.is_file() or (anchor and anchor not in anchors(aim.read_text(encoding="utf-8"))):
            lost.append(target)
    return lost


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path: Path) -> None:
    """Each relative link of each page leads to a file of the repository, and its anchor to a place in it."""
    text = path.read_text(encoding="utf-8")
    assert dead(PurePosixPath(path.relative_to(REPORTS)), text, REPORTS) == []
    assert links(text) or path.parent != REPORTS


def test_dead_links_are_noticed(tmp_path: Path) -> None:
    """A link to a missing file or anchor is reported; one to a heading, an anchor or another site is not."""
    (tmp_path / "a.md").write_text('# A title, here\n\n<a id="eq-1"></a>\n', encoding="utf-8")
    text = "[`x`](a.md#eq-1) [y](a.md#a-title-here) [z](https://a.b) [u](b.md) ![v](c.svg) [`w`](a.md#eq-2) `[](d)`"
    assert dead(PurePosixPath("page.md"), text, tmp_path) == ["b.md", "c.svg", "a.md#eq-2"]


def test_rendered_pages_link_to_each_other(tmp_path: Path) -> None:
    """The links between rendered pages hold, to claims on other pages too."""
    pages = render(made(HELD, CURVE, REFUTING), DERIVATIONS, {"mutants.md": "# Mutants\n"})
    reports = tmp_path / "reports"
    beside = [f"../{record.check.partition('::')[0]}" for record in (HELD, CURVE, REFUTING)]
    for path in (*beside, "../proofs/eq_01_first.py", figure_path("eq_02_second", CURVE), CURVE.pictures[0][1]):
        (reports / path).parent.mkdir(parents=True, exist_ok=True)
        (reports / path).write_text("", encoding="utf-8")
    for name, text in pages.items():
        (reports / name).write_text(text, encoding="utf-8")
    written = {name: text for name, text in pages.items() if name.endswith(".md")}
    assert [target for name, text in written.items() for target in dead(PurePosixPath(name), text, reports)] == []
