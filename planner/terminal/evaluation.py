"""An evaluation on a terminal: sentences, what is not kept, then the lines of both plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from planner.runs import rendering
from planner.terminal.blocks import Row, bullets, figures, label, line, section, table, words
from planner.terminal.text import clean, decimals_for, gap_words, gpu_hours, money, number, plural

if TYPE_CHECKING:
    from planner.evaluation.result import Evaluation

_MOST_ROWS = 12
"""Limits and shortfalls that are listed; the rest is counted, and in the JSON."""


def sections(made: Evaluation, *, by_period: bool) -> list[RenderableType]:
    """Every section that has something to say."""
    parts: list[RenderableType | None] = [
        _headline(made),
        _shortfalls(made),
        _oversteps(made),
        *_differences(made),
        _by_period(made) if by_period else None,
        section("Why there is no best plan", bullets(made.no_best)) if made.no_best else None,
        section("Warnings", bullets(made.yours.warnings, "yellow")) if made.yours.warnings else None,
    ]
    return [part for part in parts if part is not None]


def _headline(made: Evaluation) -> RenderableType:
    first, *more = made.sentences
    parts = [Text(clean(first), style="bold", overflow="fold"), *(line(text) for text in more)]
    if made.best is not None:
        parts.append(line(f"The best plan: {gap_words(made.best.status, made.best.gap)}."))
    checks = len(made.yours.audit.checks)
    if made.feasible:
        parts.append(line(f"Audit of your schedule passed: {plural(checks, 'check')}, hour by hour."))
    else:
        failed = len(made.yours.audit.failed)
        kept = f"{checks - failed} of {plural(checks, 'check')} passed"
        parts.append(line(f"Audit of your schedule: {kept}; the others say what is told below.", "bold red"))
    return Group(*parts)


def _shortfalls(made: Evaluation) -> RenderableType | None:
    if not made.shortfalls:
        return None
    columns = [
        label("Period"),
        words("Workload"),
        figures("GPU-hours"),
        figures("Hours"),
        label("First"),
        figures("Most"),
    ]
    rows = [
        Row(
            [
                row.period,
                row.workload,
                gpu_hours(row.gpu_hours),
                number(row.hours),
                row.first,
                f"{number(row.worst_gpus)} GPUs",
            ]
        )
        for row in made.shortfalls[:_MOST_ROWS]
    ]
    return section("Must be served, but is left undone", table(columns, rows), *_more(len(made.shortfalls)))


def _oversteps(made: Evaluation) -> RenderableType | None:
    if not made.oversteps:
        return None
    columns = [words("Limit"), label("Period"), figures("Yours"), figures("Allowed"), label("Unit")]
    rows = [
        Row([row.limit, row.period, _amount(row.found), _amount(row.allowed), row.unit])
        for row in made.oversteps[:_MOST_ROWS]
    ]
    return section("Not kept", table(columns, rows), *_more(len(made.oversteps)))


def _more(count: int) -> list[RenderableType]:
    return [line(f"and {count - _MOST_ROWS} more (--json lists all)")] if count > _MOST_ROWS else []


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e4 else number(value)


def _differences(made: Evaluation) -> Sequence[RenderableType]:
    if made.comparison is None:
        return []
    columns = [label(""), words("What"), words("The best plan → yours"), figures("Difference")]
    return [
        section(
            part.title, table(columns, [Row([row.sign, row.what, row.change, row.difference]) for row in part.rows])
        )
        for part in rendering.sections(made.comparison)
    ]


def _by_period(made: Evaluation) -> RenderableType | None:
    costs = made.costs_by_period
    if made.best is None or costs.empty:
        return None
    decimals = decimals_for([*costs["yours"], *costs["best"]])
    columns = [label("Period"), label("Component"), figures("Best"), figures("Yours"), figures("Difference")]
    rows = [
        Row([period, component, *(money(amount, "", decimals) for amount in (best, yours, difference))])
        for period, component, yours, best, difference in zip(*(costs[name].tolist() for name in costs), strict=True)
        if round(difference, decimals)
    ]
    note = "Discounted; lines without a difference are left out (comparison.csv has all)."
    return section("Costs by period", table(columns, rows), line(note, "dim"))
