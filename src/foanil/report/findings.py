"""What a reviewer takes away: refuted claims with capsule and correction, what is unresolved, what else was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from foanil.audit import Audit
from foanil.evidence import Outcome, Verdict
from foanil.report.dependency_graph import MARKS
from foanil.report.markdown import folded

if TYPE_CHECKING:
    from foanil.claims.record import Claim

PAGE = "findings.md"
INTRODUCTION = (
    "Each REFUTED claim as it is printed, why it is false, a script that shows it with NumPy at most, and what is true "
    "instead, with its own verdict. Then what is unresolved, and findings on claims that stand."
)
CAPSULE = re.compile(r"\s*Standalone: \[[^\]]*\]\((capsules/[^)]*)\)\.?")
"""How a finding names the script that stands alone beside it."""

Links = Mapping[str, str]
"""Each claim's id with the link to it."""


def said(found: Audit, claim: Claim) -> list[str]:
    """Return the findings on a claim, each once, without the names of their scripts."""
    return [CAPSULE.sub("", text) for text in _findings(found, claim)]


def capsules(found: Audit, claim: Claim) -> list[str]:
    """Return the paths of the scripts that the findings on a claim name, below reports/."""
    return list(dict.fromkeys(path for text in _findings(found, claim) for path in CAPSULE.findall(text)))


def corrections(found: Audit, claim: Claim) -> list[str]:
    """Return the ids of the claims that the findings on a claim name: what is true instead."""
    named = (name for text in _findings(found, claim) for name in re.findall(r"`([^`]+)`", text))
    return [name for name in dict.fromkeys(named) if name in found.registry and name != claim.id]


def with_verdict(found: Audit, *verdicts: Verdict) -> list[Claim]:
    """Return the claims with one of these verdicts, in registry order."""
    return [claim for name, claim in found.registry.items() if found.verdicts[name] in verdicts]


def further(found: Audit) -> dict[str, list[Claim]]:
    """Return the findings on claims that are neither refuted nor unresolved, each text once with its claims."""
    grouped: dict[str, list[Claim]] = {}
    for claim in found.registry.values():
        if found.verdicts[claim.id] not in (Verdict.REFUTED, Verdict.UNRESOLVED) and said(found, claim):
            grouped.setdefault(" ".join(said(found, claim)), []).append(claim)
    return grouped


def _findings(found: Audit, claim: Claim) -> list[str]:
    return list(dict.fromkeys(record.finding for record in found.of(claim.id) if record.finding))


# In the summary ------------------------------------------------------------------------------------


def digest(found: Audit, links: Links) -> list[str]:
    """Return the sections of the summary: refuted and unresolved claims in full, other findings folded."""
    sections = []
    for verdict in (Verdict.REFUTED, Verdict.UNRESOLVED):
        claims = with_verdict(found, verdict)
        if claims:
            sections.append("\n".join(f"- {_pasted(found, claim, links)}" for claim in claims))
    others = "\n".join(_further(found, links))
    if others:
        count = len(further(found))
        sections.append(folded(f"{count} more on claims that are not refuted", others))
    return sections or ["None."]


def _pasted(found: Audit, claim: Claim, links: Links) -> str:
    """Return one claim as a remark that can be pasted into a review: place, words of the paper, finding, correction."""
    words = f" “{claim.quote}”." if claim.quote else ""
    why = " ".join(said(found, claim)) or claim.statement
    instead = [f"{links[name]} ({found.verdicts[name].value})" for name in corrections(found, claim)]
    scripts = [f"[{path.rpartition('/')[2]}]({path})" for path in capsules(found, claim)]
    tail = [f"{label}: {', '.join(texts)}." for label, texts in (("Instead", instead), ("Script", scripts)) if texts]
    return " ".join([f"**{found.verdicts[claim.id].value}** {links[claim.id]}, {claim.location}.{words} {why}", *tail])


def _further(found: Audit, links: Links) -> list[str]:
    return [f"- {', '.join(links[claim.id] for claim in claims)}: {text}" for text, claims in further(found).items()]


# The page ------------------------------------------------------------------------------------------


def page(found: Audit, links: Links) -> str:
    """Return findings.md."""
    refuted, unresolved = with_verdict(found, Verdict.REFUTED), with_verdict(found, Verdict.UNRESOLVED)
    sections = ["# Findings and corrections", "[Summary](SUMMARY.md)", INTRODUCTION]
    sections += ["## Refuted", *([text for claim in refuted for text in _refuted(found, claim, links)] or ["None."])]
    sections += ["## Unresolved", *([_unresolved(found, claim, links) for claim in unresolved] or ["None."])]
    sections += ["## Findings on other claims", "\n".join(_further(found, links)) or "None."]
    return "\n\n".join(sections) + "\n"


def _refuted(found: Audit, claim: Claim, links: Links) -> list[str]:
    sections = [f"### {claim.id}: {claim.title}", f"{links[claim.id]} · {claim.location}"]
    sections += [f"> {claim.quote}"] if claim.quote else []
    sections += [f"**As printed.** {claim.statement}", f"```math\n{claim.latex}\n```"]
    sections += [f"**Why it is false.** {text}" for text in said(found, claim)]
    for path in capsules(found, claim):
        sections += [f"**Its script**: [{path.rpartition('/')[2]}]({path})", f"```sh\npython reports/{path}\n```"]
    true = [text for name in corrections(found, claim) for text in _correction(found, found.registry[name], links)]
    return sections + (true or ["**Instead.** What the finding says; no claim of its own states it."])


def _correction(found: Audit, claim: Claim, links: Links) -> list[str]:
    verdict = found.verdicts[claim.id]
    return [
        f"**Instead** {links[claim.id]}, {MARKS[verdict]} {verdict.value}. {claim.statement}",
        f"```math\n{claim.latex}\n```",
    ]


def _unresolved(found: Audit, claim: Claim, links: Links) -> str:
    checks = [record.check for record in found.of(claim.id) if record.outcome is not Outcome.HELD]
    return f"- {links[claim.id]}, {claim.location}: {' '.join(said(found, claim)) or claim.statement} {_listed(checks)}"


def _listed(checks: Iterable[str]) -> str:
    return "Did not hold: " + ", ".join(f"`{check}`" for check in dict.fromkeys(checks)) + "."
