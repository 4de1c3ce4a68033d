"""What a reviewer takes away, and the verdicts in forms that programs read."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from pathlib import Path

from foanil.audit import audit
from foanil.claims import Claim, Kind, Source
from foanil.evidence import Evidence, Method, Outcome
from foanil.report.findings import capsules, corrections, digest, further, page, said
from foanil.report.interchange import COLUMNS, step_summary, verdicts_csv

ROOT = Path(__file__).parents[1]


def claim(name: str, **more: object) -> Claim:
    """Return a claim that says its name."""
    plain = Claim(
        name, f"Title of {name}", "Section 2", Kind.BOUND, Source.STATED, f"Says {name}.", f"x_{name}", "first"
    )
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


CLAIMS = {
    found.id: found
    for found in (
        claim("a", quote="as printed"),
        claim("b", source=Source.OURS, location="here, and there"),
        claim("c"),
        claim("d"),
        claim("e"),
        claim("f"),
    )
}


def held(name: str, method: Method, finding: str = "", outcome: Outcome = Outcome.HELD) -> Evidence:
    """Return evidence with a finding."""
    return Evidence(name, method, outcome, "all", f"verify/test_x.py::test_{name}", finding=finding, mutants=(2, 3))


WHY = "One. Standalone: [x.py](capsules/x.py). Two: `b`, not `a`, nor `nothing`. Standalone: [y.py](capsules/y.py)."
FOUND = audit(
    CLAIMS,
    [
        held("a", Method.COUNTEREXAMPLE, WHY),
        held("b", Method.ALGEBRA),
        held("c", Method.SAMPLED, "Not shown.", Outcome.FAILED),
        held("d", Method.EXACT, "Worth reading."),
        held("e", Method.EXACT, "Worth reading."),
        held("f", Method.EXACT),
    ],
)
LINKS = {name: f"[`{name}`](first.md#{name})" for name in CLAIMS}


def test_a_finding_is_taken_apart() -> None:
    """From a finding come its words, its scripts, and the claims that say what is true instead."""
    assert said(FOUND, CLAIMS["a"]) == ["One. Two: `b`, not `a`, nor `nothing`."]
    assert capsules(FOUND, CLAIMS["a"]) == ["capsules/x.py", "capsules/y.py"]
    assert corrections(FOUND, CLAIMS["a"]) == ["b"]


def test_summary_can_be_pasted_into_a_review() -> None:
    """A refuted claim is one remark: verdict, place, the paper's words, why, what is true instead, the scripts."""
    refuted, unresolved, others = digest(FOUND, LINKS)
    assert refuted == (
        "- **REFUTED** [`a`](first.md#a), Section 2. “as printed”. One. Two: `b`, not `a`, nor `nothing`. "
        "Instead: [`b`](first.md#b) (DERIVED). Script: [x.py](capsules/x.py), [y.py](capsules/y.py)."
    )
    assert unresolved == "- **UNRESOLVED** [`c`](first.md#c), Section 2. Not shown."
    assert "1 more on claims that are not refuted" in others
    assert "- [`d`](first.md#d), [`e`](first.md#e): Worth reading." in others
    assert "`f`" not in "".join(digest(FOUND, LINKS))
    assert digest(audit(CLAIMS, []), LINKS) == ["None."]


def test_every_finding_is_listed_once() -> None:
    """Findings that several claims share stand once, with all of them."""
    assert {text: [found.id for found in claims] for text, claims in further(FOUND).items()} == {
        "Worth reading.": ["d", "e"]
    }


def test_page_shows_refuted_claim_capsule_and_correction() -> None:
    """The page has the statement as printed, the reason, the command of each script, and the corrected formula."""
    text = page(FOUND, LINKS)
    refuted, _, rest = text.partition("## Unresolved")
    for part in ("> as printed", "Says a.", "```math\nx_a\n```", "python reports/capsules/x.py", "capsules/y.py"):
        assert part in refuted, part
    assert "**Instead** [`b`](first.md#b), ● DERIVED. Says b.\n\n```math\nx_b\n```" in refuted
    assert "Not shown. Did not hold: `verify/test_x.py::test_c`." in rest
    alone = audit(CLAIMS, [held("a", Method.COUNTEREXAMPLE, "No.")])
    assert "no claim of its own states it" in page(alone, LINKS)


# Interchange ---------------------------------------------------------------------------------------


def test_csv_has_a_line_for_each_claim() -> None:
    """Any reader of comma-separated values gets each claim with its verdicts, counts and page, commas and all."""
    rows = list(csv.DictReader(io.StringIO(verdicts_csv(FOUND))))
    assert [row["id"] for row in rows] == list(CLAIMS)
    assert [row["verdict"] for row in rows] == [FOUND.verdicts[name].value for name in CLAIMS]
    assert list(rows[1].values()) == [
        "b", "here, and there", "bound", "ours", "DERIVED", "DERIVED", "1", "2", "3", "first",
    ]  # fmt: skip
    assert tuple(rows[0]) == COLUMNS


def test_step_summary_says_counts_and_what_is_not_right() -> None:
    """GitHub's summary of a job has the counts, refuted and unresolved claims, and no link that leads nowhere there."""
    text = step_summary(FOUND)
    assert "✗ 1 REFUTED · ‼ 1 UNRESOLVED · ● 1 DERIVED · ◉ 3 CERTIFIED" in text
    assert re.findall(r"- \*\*(\w+)\*\* `(\w)`", text) == [("REFUTED", "a"), ("UNRESOLVED", "c")]
    assert "](" not in text
    assert "Nothing is refuted" in step_summary(audit(CLAIMS, [held("b", Method.ALGEBRA)]))


def test_bibtex_names_the_paper_that_is_audited() -> None:
    """The BibTeX entry and CITATION.cff name the same paper of the same year."""
    entry = re.sub(r"[{}]", "", (ROOT / "docs" / "paper.bib").read_text(encoding="utf-8"))
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8").partition("references:")[2]
    (title,) = re.findall(r'title: "(.*)"', citation)
    assert title in entry
    assert re.findall(r"year: (\d+)", citation) == re.findall(r"year\s*= (\d+)", entry)
