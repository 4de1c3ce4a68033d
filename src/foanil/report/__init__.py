"""Render the audit as Markdown for GitHub: a pure function of claims and evidence, no clock, no files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from foanil.audit import Audit
from foanil.claims import PAPER_TITLE
from foanil.evidence import WARRANTS, Evidence, Outcome, Verdict
from foanil.formal import Formula, latex, tree
from foanil.report import dependency_graph, findings, interchange
from foanil.report.dependency_graph import MARKS as MARKS
from foanil.report.markdown import cell as cell
from foanil.report.markdown import folded
from foanil.report.markdown import table as table

if TYPE_CHECKING:
    from foanil.claims.record import Claim, Source

INTRODUCTION = (
    "Every verdict below is computed from evidence, and none is typed. Green means that *our evidence was reproduced*, "
    "not that the paper is right: an erratum is a counterexample check that passes. *Transitive* is the weakest "
    "verdict among a claim and everything it uses."
)

MEANINGS: Mapping[Verdict, str] = {
    Verdict.REFUTED: "false as printed: an exact or certified counterexample, and a corrected claim beside it",
    Verdict.UNRESOLVED: "a check failed or was inconclusive; no weaker evidence covers for it",
    Verdict.DERIVED: "every dimension and the whole parameter domain: exact algebra of words, or a decision procedure",
    Verdict.CERTIFIED: "exact or ball arithmetic, on a stated scope",
    Verdict.SUPPORTED: "sampled: property tests, trajectories, Monte Carlo with a stated budget",
    Verdict.UNCHECKED: "nothing yet",
    Verdict.NOT_CHECKABLE: "cannot be checked, with a reason",
    Verdict.OUT_OF_SCOPE: "a statement about other papers",
}

LEDGER = "readings.md"
"""The page on which every candidate of every ambiguous place is run."""

VERDICTS_CSV = "verdicts.csv"
RENDERED = ("SUMMARY.md", findings.PAGE, dependency_graph.PAGE, dependency_graph.PICTURE, VERDICTS_CSV)
"""The files that every audit has, besides the pages of results."""


def render(
    found: Audit,
    derivations: Mapping[str, Sequence[str]],
    extra_pages: Mapping[str, str] | None = None,
    *,
    title: str = PAPER_TITLE,
    beside: Sequence[str] = (),
) -> dict[str, str]:
    """Return the files by path below reports/: those of RENDERED, a page per result with evidence, the extra pages.

    `derivations` maps a page's stem to its printed derivations (Markdown), `title` is the paper's, and `beside` are
    pages that other commands have written there, to which the summary leads.
    """
    extra = dict(extra_pages or {})
    links = {name: _link(found, claim) for name, claim in found.registry.items()}
    results = {
        stem: _page(found, stem, claims, derivations.get(stem, ()), LEDGER in extra)
        for stem, claims in _results(found).items()
    }
    files = {
        "SUMMARY.md": _summary(found, links, sorted((*extra, *beside)), title),
        findings.PAGE: findings.page(found, links),
        dependency_graph.PAGE: dependency_graph.page(found, links, _counts(found)),
        dependency_graph.PICTURE: dependency_graph.svg(found, results),
        VERDICTS_CSV: interchange.verdicts_csv(found),
    }
    return files | {f"{stem}.md": text for stem, text in results.items()} | extra


def _results(found: Audit) -> dict[str, list[Claim]]:
    """Return the claims of each page of which a claim has evidence, in registry order."""
    stems = dict.fromkeys(found.registry[record.claim].page for record in found.evidence)
    ordered = [stem for stem in dict.fromkeys(claim.page for claim in found.registry.values()) if stem in stems]
    return {stem: [claim for claim in found.registry.values() if claim.page == stem] for stem in ordered}


def figure_path(stem: str, record: Evidence) -> str:
    """Return where the figure of a piece of evidence lies below reports/."""
    return f"figures/{stem}-{_slug(record.check.rpartition('::')[2])}.svg"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


# SUMMARY -------------------------------------------------------------------------------------------


def _summary(found: Audit, links: Mapping[str, str], extra: Sequence[str], title: str) -> str:
    rows = [_row(found, claim, links) for claim in found.registry.values()]
    others = [findings.PAGE, dependency_graph.PAGE, *(name for name in extra if "/" not in name)]
    sections = [
        f"# Audit of *{title}*",
        INTRODUCTION,
        "## Findings",
        f"Each with its formulas and its correction: [findings and corrections]({findings.PAGE}).",
        *findings.digest(found, links),
        "## Verdicts",
        _counts(found),
        _matrix(found),
        "## Further pages",
        "\n".join([*(f"- [{name}]({name})" for name in others), f"- [{VERDICTS_CSV}]({VERDICTS_CSV})"]),
        "## Claims, in paper order",
        table(["claim", "what it says", "verdict", "transitive", "strongest evidence", "scope"], rows),
        "## Run it again",
        _run_again("eq-7" if "eq-7" in found.registry else next(iter(found.registry))),
    ]
    return "\n\n".join(sections) + "\n"


def _run_again(claim: str) -> str:
    commands = {
        "pytest verify/": "everything; these pages are rewritten",
        f"pytest verify/ -m \"claim(id='{claim}')\"": "one claim",
        f"foanil prove {claim}": "its derivation",
    }
    width = max(map(len, commands))
    return "\n".join(["```sh", *(f"{command:<{width}}    # {what}" for command, what in commands.items()), "```"])


def _counts(found: Audit) -> str:
    """Return the table of verdicts: the mark and the meaning of each, and how many claims have it."""
    rows = [[f"{MARKS[kind]} {kind.value}", str(number), MEANINGS[kind]] for kind, number in found.count().items()]
    return table(["verdict", "claims", "means"], rows)


def _matrix(found: Audit) -> str:
    """Return how many claims of each source have each verdict."""
    sources = dict.fromkeys(claim.source for claim in found.registry.values())
    rows = [[source.value, *(str(_number(found, source, kind) or "") for kind in Verdict)] for source in sources]
    return table(["source", *(f"{MARKS[kind]} {kind.value}" for kind in Verdict)], rows)


def _number(found: Audit, source: Source, kind: Verdict) -> int:
    return sum(claim.source is source and found.verdicts[name] is kind for name, claim in found.registry.items())


def _link(found: Audit, claim: Claim) -> str:
    on_page = any(found.of(other.id) for other in found.registry.values() if other.page == claim.page)
    return f"[`{claim.id}`]({claim.page}.md#{claim.id})" if on_page else f"`{claim.id}`"


def _row(found: Audit, claim: Claim, links: Mapping[str, str]) -> list[str]:
    own, transitive = found.verdicts[claim.id], found.transitive[claim.id]
    best = min(
        _warranting(found.of(claim.id)), key=lambda record: list(Verdict).index(WARRANTS[record.method]), default=None
    )
    reason = claim.exclusion.reason if claim.exclusion is not None and best is None else ""
    return [
        links[claim.id],
        cell(claim.statement),
        f"{MARKS[own]} {own.value}",
        f"{MARKS[transitive]} {transitive.value}",
        f"[{best.method.value}]({_file(best)})" if best else "",
        cell(best.scope if best else reason),
    ]


def _file(record: Evidence) -> str:
    """Return the way from reports/ to the file of a check."""
    return f"../{record.check.partition('::')[0]}"


# Result pages --------------------------------------------------------------------------------------


def _page(found: Audit, stem: str, claims: Sequence[Claim], derivations: Sequence[str], ledger: bool) -> str:
    sections = [f"# {_title(stem)}", "[Summary](SUMMARY.md)"]
    for claim in claims:
        sections += _claim(found, claim, ledger)
    graph = dependency_graph.of_page(found, stem)
    if graph:
        sections += ["## What it rests on", WHOLE_GRAPH, graph]
    if derivations:
        sections += ["## Derivations", f"Code: [proofs/{stem}.py](../proofs/{stem}.py)"]
        sections += [folded(text.splitlines()[0].lstrip("# "), text.partition("\n")[2].strip()) for text in derivations]
    sections += ["## Run this page again", f"```sh\npytest verify/test_{stem}.py\n```"]
    return "\n\n".join(sections) + "\n"


WHOLE_GRAPH = (
    f"An arrow leads to the claim that uses another; thick: on this page. [All claims]({dependency_graph.PAGE})."
)
KINDS = {"eq": "Equation", "thm": "Theorem", "prop": "Proposition", "sec": "Section", "app": "Appendix"}


def _title(stem: str) -> str:
    """Return a page's title: eq_05_06_outer_step is "Equations (5), (6): outer step", sec_31_x is "Section 3.1: x"."""
    kind, _, rest = stem.partition("_")
    if kind not in KINDS:
        return stem[0].upper() + stem[1:].replace("_", " ")
    parts = rest.split("_")
    numbers = [part for part in parts if part.isdigit() or len(part) == 1]
    words = " ".join(parts[len(numbers) :])
    shown = [f"({int(number)})" if kind == "eq" else ".".join(number.upper()) for number in numbers]
    return f"{KINDS[kind]}{'s' * (len(shown) > 1)} {', '.join(shown)}: {words}"


def _claim(found: Audit, claim: Claim, ledger: bool) -> list[str]:
    own, transitive = found.verdicts[claim.id], found.transitive[claim.id]
    sections = [
        f'<a id="{claim.id}"></a>',
        f"## {claim.id}: {claim.title}",
        f"**{MARKS[own]} {own.value}** (transitive: {transitive.value}) · {_place(claim)}",
        claim.statement,
        f"```math\n{claim.latex}\n```",
    ]
    if claim.quote:
        sections.append(f"> {claim.quote}")
    sections += [_transcription(name, formula) for name, formula in claim.formulas().items()]
    if claim.hypotheses:
        sections.append("Hypotheses:\n\n" + "\n".join(f"- {text}" for text in claim.hypotheses))
    if claim.readings:
        rows = [
            [cell(r.place), cell(r.chosen), cell("; ".join(r.rejected)), cell(r.decided_by)] for r in claim.readings
        ]
        sections.append(table(["place", "read as", "rejected", "decided by"], rows))
        sections += [f"Every candidate, run: [the ledger of readings]({LEDGER})."] if ledger else []
    if claim.uses:
        uses = ", ".join(_link(found, found.registry[name]) for name in claim.uses)
        sections.append(f"Uses: {uses}")
    records = found.of(claim.id)
    sections += [text for record in records for text in _evidence(claim, record)]
    if not _warranting(records):
        reason = claim.exclusion.reason if claim.exclusion is not None else "No evidence yet."
        sections.append(reason)
    if records:
        sections.append(f"```sh\npytest verify/ -m \"claim(id='{claim.id}')\"\n```")
    return sections


def _warranting(records: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the evidence that says something about the truth of its claim."""
    return tuple(record for record in records if WARRANTS[record.method] is not Verdict.UNCHECKED)


def _transcription(name: str, formula: Formula) -> str:
    """Print the object that the checks run, from its own code, with the way to its mutants."""
    shown = latex(tree(formula))
    return (
        f"Transcribed as `{name}`, printed from the code ([its mutants](mutants/{name}.md)):\n\n```math\n{shown}\n```"
    )


def _place(claim: Claim) -> str:
    return f"{claim.location} · {claim.kind.value}, {claim.source.value}"


def _evidence(claim: Claim, record: Evidence) -> list[str]:
    mark = {Outcome.HELD: "held", Outcome.FAILED: "**FAILED**", Outcome.INCONCLUSIVE: "**INCONCLUSIVE**"}
    killed = f" · {record.mutants[0]} of {record.mutants[1]} falsehoods killed" if record.mutants else ""
    head = f"- *{record.method.value}*: {mark[record.outcome]}{killed} · scope: {_plain(record.scope)}"
    lines = [head, f"  [`{record.check}`]({_file(record)})"]
    if record.finding:
        lines.append(f"  **Finding.** {record.finding}")
    out = ["\n\n".join(lines)]
    if record.series:
        out.append(f"![{claim.title}]({figure_path(claim.page, record)})")
    if record.table:
        first, *rows = record.table
        out.append(table([cell(text) for text in first], [[cell(text) for text in row] for row in rows]))
    out += [f"![{caption}]({path})\n\n{caption}" for caption, path in record.pictures]
    body = [record.shown.strip()] if record.shown.strip() else []
    body += [f"{label}: {text}" for label, text in record.details]
    if body:
        out.append(folded("what was found", "```text\n" + "\n".join(body).replace("```", "'''") + "\n```"))
    return out


# Markdown ------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Escape what Markdown or GitHub's maths would take for markup in plain text."""
    return re.sub(r"([*_<>|$\[\]])", r"\\\1", text)


FORBIDDEN_MACROS = (r"\operatorname", r"\newcommand", r"\def", r"\mbox", r"\phantom")


def github_maths_problems(markdown: str) -> list[str]:
    """Return what GitHub's maths would not render: a line for each problem, none when the page is fine.

    Refused macros; a `$` right after a letter or digit; an odd number of `$` in a paragraph; a bare `|` inside maths in
    a table; unbalanced braces in a display. Code blocks and code spans do not count.
    """
    problems = []
    displays = re.findall(r"```math\n(.*?)\n```", markdown, flags=re.S)
    rest = re.sub(r"```.*?```", "", markdown, flags=re.S)
    inline_code = re.findall(r"\$`([^`]*)`\$", rest)
    rest = re.sub(r"\$`[^`]*`\$", "", rest)
    rest = re.sub(r"`[^`]*`", "", rest).replace(r"\$", "")
    for text in (*displays, *inline_code):
        problems += [f"{macro} is refused: {text[:60]}" for macro in FORBIDDEN_MACROS if macro in text]
        if text.count("{") != text.count("}"):
            problems.append(f"unbalanced braces: {text[:60]}")
    for line in rest.splitlines():
        if line.count("$") % 2:
            problems.append(f"odd number of $ in: {line[:80]}")
        for index, part in enumerate(line.split("$")):
            if index % 2:
                problems += [f"{macro} is refused: {part[:60]}" for macro in FORBIDDEN_MACROS if macro in part]
                if line.lstrip().startswith("|") and re.search(r"(?<!\\)\|", part):
                    problems.append(f"a bare | in maths in a table: {part[:60]}")
        if re.search(r"[A-Za-z0-9]\$[^\s$]+\$", _odd_openings(line)):
            problems.append(f"a $ right after a letter: {line[:80]}")
    return problems


def _odd_openings(line: str) -> str:
    """Return a line in which each formula is reduced to `$·$`, so that a letter before a dollar opens a formula."""
    parts = line.split("$")
    return "".join(part if index % 2 == 0 else "$·$" for index, part in enumerate(parts))
