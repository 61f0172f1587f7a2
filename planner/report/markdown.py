"""The report as Markdown, for a ticket or a wiki: every text of the plan is escaped, so that it stays text."""

from __future__ import annotations

import re

from planner.report.content import Content
from planner.report.tables import Table
from planner.terminal.text import clean

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": "&#58;//", "www.": "www&#46;"}
"""What is HTML, a mention or a link wherever it stands."""
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_FIRST = re.compile(r"^([-+=#])|^(\d+)([.)])(?=\s|$)")
"""What would make a paragraph a list, a heading or a rule."""
MOST_ROWS = 60
"""Rows of a table; a ticket is no place for more."""


def markdown(content: Content) -> str:
    """Headings, sentences and tables. Long tables end with how many rows are left out."""
    lines = [f"# {escaped(content.title)}", "", escaped(f"{content.horizon}. Run {content.run}."), ""]
    for section in content.sections:
        lines += [f"## {escaped(section.heading)}", ""]
        lines += [part for text in section.sentences for part in (escaped(text), "")]
        lines += [f"- {escaped(text)}" for text in section.bullets]
        lines += [""] if section.bullets else []
        for table in section.tables:
            lines += [*_table(table), ""]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """Text without meaning for Markdown or HTML, on one line.

    >>> escaped("<b> a_b | 1. c"), escaped("1. c"), escaped("31.8 %")
    ('&lt;b&gt; a\\\\_b \\\\| 1. c', '1\\\\. c', '31.8 %')
    """
    safe = clean(text).strip()
    for found, entity in _ENTITIES.items():
        safe = safe.replace(found, entity)
    safe = _SPECIAL.sub(r"\\\1", safe)
    return _FIRST.sub(lambda match: rf"\{match[1]}" if match[1] else rf"{match[2]}\{match[3]}", safe)


def _table(table: Table) -> list[str]:
    rows = table.texts()
    body, total = rows[: len(table.rows)], rows[len(table.rows) :]
    left_out = len(body) - MOST_ROWS
    shown = body[:MOST_ROWS] if left_out > 0 else body
    heads = [escaped(column.head) for column in table.columns]
    rule = ["---:" if column.kind.is_number else "---" for column in table.columns]
    lines = [f"**{escaped(table.caption)}**", "", _line(heads), _line(rule)]
    lines += [_line([escaped(cell) for cell in row]) for row in shown]
    for row in total:
        lines.append(_line([f"**{escaped(cell)}**" if cell not in ("", "-") else "" for cell in row]))
    if left_out > 0:
        lines += ["", f"{left_out} more rows are left out here."]
    if table.note:
        lines += ["", escaped(table.note)]
    return lines


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
