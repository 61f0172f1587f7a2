"""The table of break-evens, printed and as JSON: one line for each option held, and below it those against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import isfinite
from typing import Any

from rich.console import Group, RenderableType

from planner.break_even import Comparison, Outcome
from planner.break_even_answer import Answer, finite, frame
from planner.dispatch import Supply, SupplyKind
from planner.economics import Flows
from planner.terminal.blocks import NARROW, Column, Row, bullets, figures, line, section, table, words
from planner.terminal.marks import Marks
from planner.terminal.tables import sentences
from planner.terminal.text import NONE, money, number, percent, plural, price

SCHEMA = "hybrid-breakeven/1"
_NEVER = "never"
_NO_DISCOUNT = "The assumptions do not discount: both are the same."


def break_even_sections(found: Answer, width: int) -> list[RenderableType]:
    """A table for each workload, or for each GPU; what the figures mean; notes, warnings and where figures are from."""
    marks = Marks.of(found.loaded.defaults)
    parts: list[RenderableType | None] = [
        _of_work(list(group), found, marks, width)
        for _, group in groupby(found.comparisons, key=lambda each: each.work)
    ]
    if not found.comparisons:
        parts.append(line("Nothing to compare: that takes something to hold and something to rent for the same work."))
    else:
        parts.append(_legend(found, marks))
    parts += [
        sentences("Notes", found.notes),
        sentences("Warnings", found.loaded.warnings, "yellow"),
        _footnote(found, marks),
    ]
    return [part for part in parts if part is not None]


def break_even_json(found: Answer) -> dict[str, Any]:
    """Everything as plain JSON values; figures that do not exist are null."""
    records = [
        {str(name): finite(value) for name, value in row.items()} for row in frame(found).to_dict(orient="records")
    ]
    return {
        "schema": SCHEMA,
        "currency": found.loaded.assumptions.currency,
        "discount_rate": found.loaded.assumptions.finance.discount_rate,
        "flows": found.terms.flows.value,
        "hours_per_month": found.terms.hours_per_month,
        "months": found.terms.months,
        "comparisons": records,
        "notes": list(found.notes),
        "warnings": list(found.loaded.warnings),
        "defaults": [
            {"key": each.key, "value": finite(_plain(each.value)), "unit": each.unit, "origin": each.origin}
            for each in found.loaded.defaults
        ],
    }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None | list | dict) else str(value)


def _of_work(some: Sequence[Comparison], found: Answer, marks: Marks, width: int) -> RenderableType:
    """What holding costs, and from when it pays; in few columns as lists."""
    first = some[0]
    title = f"{first.work}: per GPU-hour"
    if first.work != first.reference_gpu:
        title += f" of {first.reference_gpu}, its reference GPU"
    by_option = [list(group) for _, group in groupby(some, key=lambda each: each.held.supply)]
    if width < NARROW:
        parts = [
            Group(line(_sentence_of_holding(group[0], marks)), bullets(_sentence(each, marks) for each in group))
            for group in by_option
        ]
        return section(title, *parts)
    currency = found.loaded.assumptions.currency
    held = table(_held_columns(currency), [Row(_held_cells(group[0], marks)) for group in by_option])
    rows = []
    for group in by_option:
        rows.append(Row([_name(group[0].held.supply), *[""] * (len(_columns(currency)) - 1)], "bold"))
        rows += [Row([f"  {each.rented.label}", *_cells(each, marks)]) for each in group]
    return section(title, held, line(""), table(_columns(currency), rows), *_whys(some))


def _held_columns(currency: str) -> list[Column]:
    return [
        words("To hold"),
        words("GPUs"),
        figures("Years"),
        figures(f"{currency}/year"),
        figures("Discounted"),
        figures("/GPU-h held"),
        figures("Discounted"),
        figures("/GPU-h run"),
    ]


def _columns(currency: str) -> list[Column]:
    return [
        words("From when it pays, against"),
        figures(f"{currency}/GPU-h"),
        figures("h/year"),
        figures("Busy"),
        figures("Hours"),
        figures("Months"),
        figures("Disc. h/year"),
        figures("Busy"),
        figures("Months"),
    ]


def _name(supply: Supply) -> str:
    return f"{supply.place}, for {supply.owner}" if supply.kind is SupplyKind.DRAWN else supply.label


def _held_cells(each: Comparison, marks: Marks) -> list[str]:
    """What one unit costs."""
    unit, plain, discounted = each.held, each.undiscounted, each.discounted
    mark = _fixed_mark(unit.supply, marks)
    return [
        _name(unit.supply),
        f"{number(unit.gpus)} × {unit.gpu}",
        number(unit.years),
        f"{money(plain.fixed_per_year)}{mark}",
        f"{money(discounted.fixed_per_year)}{mark}",
        f"{price(plain.fixed_per_hour)}{mark}",
        f"{price(discounted.fixed_per_hour)}{mark}",
        f"{price(plain.running_per_hour)}{_running_mark(unit.supply, marks)}" if plain.running_per_hour else NONE,
    ]


def _sentence_of_holding(each: Comparison, marks: Marks) -> str:
    name, gpus, years, yearly, discounted, held, _, run = _held_cells(each, marks)
    return f"{name}, {gpus}, {years} years: {yearly} a year ({discounted} discounted), {held} per GPU-h held, {run} run"


def _cells(each: Comparison, marks: Marks) -> list[str]:
    plain, discounted = each.undiscounted, each.discounted
    rented = f"{price(plain.rented_per_hour)}{_rented_mark(each.rented, marks)}"
    return [
        rented,
        *_needed(plain),
        _paid_back(plain.payback_hours, 0, each.is_paid_back(plain)),
        _paid_back(plain.payback_months, 1, each.is_paid_back(plain)),
        *_needed(discounted),
        _paid_back(discounted.payback_months, 1, each.is_paid_back(discounted)),
    ]


def _needed(outcome: Outcome) -> list[str]:
    """Hours a year and their share; `never` where there are not so many."""
    hours = f"{outcome.hours_per_year:,.0f}" if isfinite(outcome.utilisation) else NONE
    return [hours, _NEVER if outcome.never else percent(outcome.utilisation)]


def _paid_back(value: float, decimals: int, in_time: bool) -> str:
    """Hours or months; in brackets where that is after the end of what is held."""
    if not isfinite(value):
        return _NEVER
    text = f"{value:,.{decimals}f}"
    return text if in_time else f"({text})"


def _sentence(each: Comparison, marks: Marks) -> str:
    """For narrow terminals."""
    plain, discounted = each.undiscounted, each.discounted
    rented = f"{price(plain.rented_per_hour)}{_rented_mark(each.rented, marks)}"
    against = f"against {each.rented.label} at {rented}"
    hours, busy = _needed(plain)
    if plain.never is not None:
        return f"{against}: never, {plain.never.value}"
    months = _paid_back(plain.payback_months, 1, each.is_paid_back(plain))
    return (
        f"{against}: from {hours} hours a year, busy {busy} ({_needed(discounted)[1]} discounted); "
        f"paid back after {months} months of full work"
    )


def _whys(some: Iterable[Comparison]) -> list[RenderableType]:
    """What the words `never` in a table mean there."""
    reasons = dict.fromkeys(each.discounted.never.value for each in some if each.discounted.never is not None)
    return [line(f"never: {'; or '.join(reasons)}.", "dim")] if reasons else []


def _legend(found: Answer, marks: Marks) -> RenderableType:
    finance, terms = found.loaded.assumptions.finance, found.terms
    rate = f"{percent(finance.discount_rate)}{marks.key('finance.discount_rate')}"
    counted = "at year ends" if terms.flows is Flows.YEAR_END else "in the middle of each period, as in a plan"
    parts = [
        "Per year: one server, or one instance. Busy: the share of all hours in which what is held must do work to "
        "cost what renting that work costs; h/year: that share of 8,760.",
        f"Hours, months: of full work, {number(terms.hours_per_month)} hours a month, until what was paid at once has "
        "come back; resale does not count in it.",
        _NO_DISCOUNT if finance.discount_rate == 0 else f"Discounted at {rate} a year, {counted}.",
    ]
    if any(_is_late(each) for each in found.comparisons):
        parts.append("In brackets: that is after the end of what is held.")
    if terms.months is not None:
        parts.append(f"Held for {plural(terms.months, 'month')} at most.")
    return line(" ".join(parts), "dim")


def _is_late(each: Comparison) -> bool:
    outcomes = (each.undiscounted, each.discounted)
    return any(isfinite(outcome.payback_months) and not each.is_paid_back(outcome) for outcome in outcomes)


def _footnote(found: Answer, marks: Marks) -> RenderableType | None:
    if not found.comparisons or not marks.defaults:
        return None
    text = (
        "From the planner's catalogue (`planner catalogue NAME` shows source and date) or defaults of the file format."
    )
    return section("* not given in your files", line(text))


def _fixed_mark(supply: Supply, marks: Marks) -> str:
    if supply.kind is not SupplyKind.SERVER:
        return marks.price(supply.kind.value, supply.owner, supply.place)
    server = ("price", "install_cost", "resale", "maintenance_per_year", "idle_power_kw", "lifetime")
    site = ("hosting_per_kw_month", "staff", "headroom")
    keys = [f"servers.{supply.owner}.{key}" for key in server] + [f"sites.{supply.place}.{key}" for key in site]
    return marks.any_of(keys)


def _running_mark(supply: Supply, marks: Marks) -> str:
    if supply.kind is not SupplyKind.SERVER:
        return ""
    site = (f"sites.{supply.place}.{key}" for key in ("electricity_price", "pue"))
    return marks.any_of([f"servers.{supply.owner}.power_kw", *site])


def _rented_mark(supply: Supply, marks: Marks) -> str:
    return marks.price(supply.kind.value, supply.owner, supply.place)
