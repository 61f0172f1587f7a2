"""What is in service, against the table that says so."""

from __future__ import annotations

from collections.abc import Iterator

from planner.audit.holdings import Holdings
from planner.audit.lots import service_of_order
from planner.audit.records import Tables
from planner.audit.result import CheckName, Finding, differs, number
from planner.audit.setting import ABSOLUTE, Setting
from planner.audit.terms import term_of_option


def check_capacity(tables: Tables, setting: Setting, holdings: Holdings) -> Iterator[Finding]:
    """The capacity table, and the dates and GPUs of orders and commitments, against what was recomputed."""
    calendar = setting.time.calendar
    for pool, expected in holdings.units.items():
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
        first = calendar.label(service_of_order(setting, order.server, order.period).first)
        if order.in_service != first:
            yield Finding(CheckName.CAPACITY, place, f"in service {order.in_service}", f"in service {first}")
    for bought in tables.commitments:
        place = f"{calendar.labels[bought.period]}, {bought.place}"
        gpus = bought.count * setting.assumptions.cloud[bought.offer].gpus
        yield from _differ(place, "GPUs", bought.gpus, gpus)
        last = calendar.label(term_of_option(setting, bought.offer, bought.option, bought.period).last)
        if bought.until != last:
            yield Finding(CheckName.CAPACITY, place, f"until {bought.until}", f"until {last}")


def _differ(place: str, what: str, found: float, expected: float) -> Iterator[Finding]:
    if differs(found, expected, ABSOLUTE):
        yield Finding(CheckName.CAPACITY, place, f"{number(found)} {what}", f"{number(expected)} {what}")
