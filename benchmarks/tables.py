"""A table of a report: a heading, what was measured and how, and rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One part of the report; `text` comes before the rows."""

    title: str
    text: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown(table: Table) -> str:
    """Return the part as Markdown, for GitHub."""
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "\n".join([f"## {table.title}", "", table.text, "", *("| " + " | ".join(line) + " |" for line in lines), ""])


def verdict(met: bool) -> str:
    """Return the word for a target that was, or was not, reached in this run."""
    return "met" if met else "**missed**"


def ms(seconds: float) -> str:
    """Return a time in milliseconds."""
    return f"{seconds * 1e3:.2f}"
