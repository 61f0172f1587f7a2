"""Orders, the capacity that they give, and the limits on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assumptions.schema import Decision
from planner.audit.result import RELATIVE, CheckName, Finding, differs, number
from planner.audit.setting import ABSOLUTE, Setting
from planner.audit.tables import Tables
from planner.dispatch import Supply, SupplyKind

FloatArray = NDArray[np.float64]
Held = Mapping[Supply, FloatArray]
"""Pool → units in service in each period of the horizon."""


class Span(NamedTuple):
    """Periods from `first` to `last`, both included; the last one may lie past the horizon."""

    first: int
    last: int


def service_of_server(setting: Setting, server: str, period: int) -> Span:
    """When a server ordered in a period is in service: after its lead time, for its lifetime."""
    entry, time = setting.assumptions.servers[server], setting.time
    first = period + time.rounded_up(entry.lead_time)
    return Span(first, first + time.rounded_down(entry.lifetime) - 1)


def service_of_term(setting: Setting, offer: str, option: str, period: int) -> Span:
    """When a reservation bought in a period is in service: at once, for its term."""
    term = setting.time.rounded_down(setting.assumptions.cloud[offer].reserved[option].term)
    return Span(period, period + term - 1)


def held(tables: Tables, setting: Setting) -> dict[Supply, FloatArray]:
    """Units in service that the orders and commitments give, pool by pool."""
    units: dict[Supply, FloatArray] = {pool: np.zeros(setting.time.count) for pool in setting.pools()}
    for order in tables.purchases:
        span = service_of_server(setting, order.server, order.period)
        units[Supply(SupplyKind.SERVER, order.server, order.site)][span.first : span.last + 1] += order.count
    for bought in tables.commitments:
        span = service_of_term(setting, bought.offer, bought.option, bought.period)
        units[Supply(SupplyKind.RESERVED, bought.offer, bought.option)][span.first : span.last + 1] += bought.count
    return units


def check_capacity(tables: Tables, setting: Setting, units: Held) -> Iterator[Finding]:
    """The capacity table, and the dates and GPUs of orders and commitments, against what was recomputed."""
    calendar = setting.time.calendar
    for pool, expected in units.items():
        machine = setting.machine(pool)
        per_unit = machine.gpus if machine is not None else 0
        for period in range(setting.time.count):
            found = tables.capacity.get((period, pool.label), (0.0, 0.0))
            place = f"{calendar.labels[period]}, {pool.label}"
            yield from _differ(place, "units", found[0], float(expected[period]))
            yield from _differ(place, "GPUs", found[1], float(expected[period]) * per_unit)
    for order in tables.purchases:
        place = f"{calendar.labels[order.period]}, {order.place}"
        gpus = order.count * setting.assumptions.servers[order.server].gpus
        yield from _differ(place, "GPUs", order.gpus, gpus)
        first = calendar.label(service_of_server(setting, order.server, order.period).first)
        if order.in_service != first:
            yield Finding(CheckName.CAPACITY, place, f"in service {order.in_service}", f"in service {first}")
    for bought in tables.commitments:
        place = f"{calendar.labels[bought.period]}, {bought.place}"
        gpus = bought.count * setting.assumptions.cloud[bought.offer].gpus
        yield from _differ(place, "GPUs", bought.gpus, gpus)
        last = calendar.label(service_of_term(setting, bought.offer, bought.option, bought.period).last)
        if bought.until != last:
            yield Finding(CheckName.CAPACITY, place, f"until {bought.until}", f"until {last}")


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
        span = service_of_server(setting, order.server, order.period)
        if span.first >= count:
            found = f"arrival {span.first - order.period} periods later"
            yield Finding(CheckName.ORDERS, place, found, "arrival inside the horizon")
        if span.last < span.first:
            yield Finding(CheckName.ORDERS, place, f"lifetime {server.lifetime}", "at least one period")
        yield from _orderable(place, setting, order.period, server.available_from, server.available_until)
    for bought in tables.commitments:
        if (span := service_of_term(setting, bought.offer, bought.option, bought.period)).last < span.first:
            place = f"{labels[bought.period]}, {bought.place}"
            yield Finding(CheckName.ORDERS, place, "a term shorter than a period", "at least one period")
    for (period, name), number_ordered in ordered.items():
        most = setting.assumptions.servers[name].max_order_per_period
        if most is not None and number_ordered > most * (1 + RELATIVE) + ABSOLUTE:
            place = f"{labels[period]}, {name}"
            yield Finding(CheckName.ORDERS, place, f"{number(number_ordered)} ordered", f"at most {number(most)}")
    for decision in setting.assumptions.decisions:
        yield from _decided(decision, tables, setting)


def check_limits(setting: Setting, units: Held) -> Iterator[Finding]:
    """Power and rack units of every site, and servers of every model, period by period."""
    assumptions = setting.assumptions
    servers = [(pool, row) for pool, row in units.items() if pool.kind is SupplyKind.SERVER]
    for name, site in assumptions.sites.items():
        here = [(assumptions.servers[pool.owner], row) for pool, row in servers if pool.place == name]
        power = _total((row * server.power_kw * site.pue for server, row in here), setting)
        yield from _above(CheckName.POWER, name, "kW", power, site.power_limit_kw, setting)
        space = _total((row * server.rack_units for server, row in here), setting)
        yield from _above(CheckName.RACK, name, "rack units", space, site.rack_units, setting)
    for name, server in assumptions.servers.items():
        total = _total((row for pool, row in servers if pool.owner == name), setting)
        yield from _above(CheckName.MAX_SERVERS, name, "servers", total, server.max_servers, setting)


def _differ(place: str, what: str, found: float, expected: float) -> Iterator[Finding]:
    if differs(found, expected, ABSOLUTE):
        yield Finding(CheckName.CAPACITY, place, f"{number(found)} {what}", f"{number(expected)} {what}")


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
    else:
        what = f"{decision.offer}/{decision.option}"
        counts = [row.count for row in tables.commitments if row.period == period and row.place == what]
    total, place = sum(counts), f"{decision.period}, {what}"
    if total < decision.min * (1 - RELATIVE) - ABSOLUTE:
        yield Finding(CheckName.ORDERS, place, number(total), f"at least {number(decision.min)}, as decided")
    if decision.max is not None and total > decision.max * (1 + RELATIVE) + ABSOLUTE:
        yield Finding(CheckName.ORDERS, place, number(total), f"at most {number(decision.max)}, as decided")


def _total(rows: Iterable[FloatArray], setting: Setting) -> FloatArray:
    return sum(rows, np.zeros(setting.time.count))


def _above(
    check: CheckName, place: str, unit: str, found: FloatArray, limit: float | None, setting: Setting
) -> Iterator[Finding]:
    if limit is None:
        return
    for period in np.flatnonzero(found > limit * (1 + RELATIVE) + ABSOLUTE).tolist():
        where = f"{setting.time.calendar.labels[period]}, {place}"
        yield Finding(check, where, f"{number(found[period])} {unit}", f"at most {number(limit)} {unit}")
