"""Servers sold before the end of their life and of the horizon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from planner.audit.holdings import Holdings
from planner.audit.lots import Lot
from planner.audit.records import Sale, Tables
from planner.audit.result import RELATIVE, CheckName, Finding, differs, number
from planner.audit.setting import ABSOLUTE, Setting


def check_sales(tables: Tables, setting: Setting, holdings: Holdings, money: float) -> Iterator[Finding]:
    """Each sale: of servers that are there, when they may be sold, for what they are worth; no more than there are."""
    sold: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in sorted(tables.sales, key=lambda row: row.period):
        key, label = (row.server, row.site, row.acquired), setting.time.calendar.labels[row.period]
        place, lot = f"{label}, {row.place}", holdings.lots.get(key)
        if lot is None:
            known = [name for server, site, name in holdings.lots if (server, site) == (row.server, row.site)]
            expected = f"one of {', '.join(known)}" if known else "no sale: none was ever there"
            yield Finding(CheckName.SALES, place, f"acquired {row.acquired}", expected)
            continue
        sold[key] += row.count
        if sold[key] > lot.count * (1 + RELATIVE) + ABSOLUTE:
            yield Finding(CheckName.SALES, place, f"{number(sold[key])} sold so far", f"at most {number(lot.count)}")
        yield from _possible(row, lot, place, setting)
        due = row.count * lot.proceeds(setting, row.period)
        if differs(row.amount, due, money):
            yield Finding(CheckName.SALES, place, f"amount {number(row.amount)}", number(due))


def _possible(row: Sale, lot: Lot, place: str, setting: Setting) -> Iterator[Finding]:
    """From the period after the first in service on (what is there at the horizon's start: from the first), until the
    last one; and only what has a resale value."""
    first = lot.span.first if lot.since is not None and lot.span.first == 0 else lot.span.first + 1
    last = min(lot.span.last, setting.time.count - 1)
    if not lot.resalable:
        yield Finding(CheckName.SALES, place, f"{number(row.count)} sold", "none: it has no resale value")
    elif not first <= row.period <= last:
        label = setting.time.calendar.label
        when = f"from {label(first)} to {label(last)}" if first <= last else "never"
        yield Finding(CheckName.SALES, place, f"sold in {label(row.period)}", when)
