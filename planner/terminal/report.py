"""The report of a plan on a terminal, section by section."""

from __future__ import annotations

from rich.console import Console, RenderableType

from planner.terminal.console import print_sections
from planner.terminal.headline import headline, order_now
from planner.terminal.schedule import schedule
from planner.terminal.tables import (
    cost_table,
    footnote,
    obligations,
    options_considered,
    reasons,
    rental_table,
    sentences,
    use_table,
    workload_table,
)
from planner.terminal.view import PlanLike, View, view


def sections(report: View, width: int) -> list[RenderableType]:
    """Every section that has something to say, in the order of reading; `width` in columns."""
    parts = [
        headline(report),
        order_now(report),
        schedule(report, width),
        reasons(report),
        rental_table(report),
        options_considered(report, width),
        cost_table(report),
        workload_table(report),
        use_table(report),
        obligations(report),
        sentences("Warnings", report.warnings, "yellow"),
        footnote(report),
    ]
    return [part for part in parts if part is not None]


def print_report(plan: PlanLike, console: Console) -> None:
    """Print the whole report."""
    print_sections(sections(view(plan), console.width), console)
