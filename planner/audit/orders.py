"""Could every order be placed, and is kept what was decided already?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pandas as pd

from planner.assumptions.schema import Decision
from planner.audit.lots import service_of_order
from planner.audit.records import Tables
from planner.audit.result import RELATIVE, CheckName, Finding, number
from planner.audit.setting import ABSOLUTE, Setting
from planner.audit.terms import term_of_option, term_of_pledge


def check_orders(tables: Tables, setting: Setting) -> Iterator[Finding]:
    """Could each order and commitment be placed, and are the decisions kept?"""
    labels, count = setting.time.calendar.labels, setting.time.count
    ordered: dict[tuple[int, str], float] = {}
    for order in tables.purchases:
        server = setting.assumptions.servers[order.server]
        place = f"{labels[order.period]}, {order.place}"
        ordered[order.period, order.server] = ordered.get((order.period, order.server), 0.0) + order.count
        if server.sites is not None and order.site not in server.sites:
            yield Finding(CheckName.ORDERS, place, f"site {order.site}", f"one of {', '.join(server.sites)}")
        span = service_of_order(setting, order.server, order.period)
        if span.first >= count:
            found = f"arrival {span.first - order.period} periods later"
            yield Finding(CheckName.ORDERS, place, found, "arrival inside the horizon")
        if span.last < span.first:
            yield Finding(CheckName.ORDERS, place, f"lifetime {server.lifetime}", "at least one period")
        yield from _orderable(place, setting, order.period, server.available_from, server.available_until)
    for bought in tables.commitments:
        if (span := term_of_option(setting, bought.offer, bought.option, bought.period)).last < span.first:
            place = f"{labels[bought.period]}, {bought.place}"
            yield Finding(CheckName.ORDERS, place, "a term shorter than a period", "at least one period")
    for pledged in tables.pledges:
        if (span := term_of_pledge(setting, pledged.name, pledged.period)).last < span.first:
            place = f"{labels[pledged.period]}, {pledged.place}"
            yield Finding(CheckName.ORDERS, place, "a term shorter than a period", "at least one period")
    for (period, name), number_ordered in ordered.items():
        most = setting.assumptions.servers[name].max_order_per_period
        if most is not None and number_ordered > most * (1 + RELATIVE) + ABSOLUTE:
            place = f"{labels[period]}, {name}"
            yield Finding(CheckName.ORDERS, place, f"{number(number_ordered)} ordered", f"at most {number(most)}")
    for decision in setting.assumptions.decisions:
        yield from _decided(decision, tables, setting)


def _orderable(
    place: str, setting: Setting, period: int, since: datetime | date | None, until: datetime | date | None
) -> Iterator[Finding]:
    """From the first period that begins at `since` or later to the last one that begins at `until` or earlier."""
    begins = setting.time.calendar.begins(period)
    if since is not None and begins < _moment(since):
        yield Finding(CheckName.ORDERS, place, f"ordered {begins:%Y-%m-%d}", f"available from {since:%Y-%m-%d}")
    if until is not None:
        last = _moment(until)
        # A date without a time is a whole day: the last one on which it can be ordered.
        end = last + pd.Timedelta(days=1) if last == last.normalize() else last + pd.Timedelta(nanoseconds=1)
        if begins >= end:
            yield Finding(CheckName.ORDERS, place, f"ordered {begins:%Y-%m-%d}", f"available until {until:%Y-%m-%d}")


def _moment(value: datetime | date) -> pd.Timestamp:
    stamp = pd.Timestamp(value)
    return stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None)


def _decided(decision: Decision, tables: Tables, setting: Setting) -> Iterator[Finding]:
    period = setting.time.calendar.index_of(decision.period)
    if decision.server is not None:
        what = f"{decision.site}/{decision.server}"
        counts = [row.count for row in tables.purchases if row.period == period and row.place == what]
    elif decision.spend_commitment is not None:
        what = decision.spend_commitment
        counts = [row.per_hour for row in tables.pledges if row.period == period and row.name == what]
    else:
        what = f"{decision.offer}/{decision.option}"
        counts = [row.count for row in tables.commitments if row.period == period and row.place == what]
    total, place = sum(counts), f"{decision.period}, {what}"
    if total < decision.min * (1 - RELATIVE) - ABSOLUTE:
        yield Finding(CheckName.ORDERS, place, number(total), f"at least {number(decision.min)}, as decided")
    if decision.max is not None and total > decision.max * (1 + RELATIVE) + ABSOLUTE:
        yield Finding(CheckName.ORDERS, place, number(total), f"at most {number(decision.max)}, as decided")
