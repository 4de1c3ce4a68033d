"""The README tells the truth: its verdict table is that of the committed audit, and its links lead somewhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def verdict_table() -> str:
    """Return the verdict table of the committed audit, as the README must show it."""
    claims = json.loads((ROOT / "reports" / "audit.json").read_text(encoding="utf-8"))["claims"]
    counts = Counter(claim["verdict"] for claim in claims)
    order = ["REFUTED", "UNRESOLVED", "DERIVED", "CERTIFIED", "SUPPORTED", "UNCHECKED", "NOT_CHECKABLE", "OUT_OF_SCOPE"]
    head = f"| {' | '.join(order)} | claims |"
    rule = "|" + " --- |" * (len(order) + 1)
    row = f"| {' | '.join(str(counts[name]) for name in order)} | {len(claims)} |"
    return "\n".join([head, rule, row])


def test_verdict_table_is_current() -> None:
    """The table between the markers is the one computed from reports/audit.json: paste it in after an audit."""
    shown = re.search(r"<!-- verdicts -->\n(.*?)\n?<!-- /verdicts -->", README, flags=re.S)
    assert shown is not None
    assert shown.group(1).strip() == verdict_table()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of a front page names a file of the checkout."""
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text)
    assert all((ROOT / target).exists() for target in targets if "://" not in target), targets
