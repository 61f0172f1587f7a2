"""A plan in a notebook: a few sentences and tables, as HTML without scripts."""

from __future__ import annotations

from datetime import date

from planner.report.content import content_of
from planner.report.source import PlanDocument

_SHOWN = ("recommendation", "now", "total", "costs")
_MOST_ROWS = 20


def notebook_html(document: PlanDocument) -> str:
    """Sections that fit on a screen; the whole report is `planner report`."""
    from planner.report.page import environment

    content = content_of(document, date.today())
    sections = [section for section in content.sections if section.anchor in _SHOWN]
    template = environment().get_template("notebook.html.jinja")
    return template.render(content=content, sections=sections, most=_MOST_ROWS)
