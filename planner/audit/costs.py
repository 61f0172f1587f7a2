"""The money that the tables say, against what was recomputed."""

from __future__ import annotations

from collections.abc import Iterator

from planner.audit.bill import Bill
from planner.audit.components import Component
from planner.audit.records import Commitment, Pledge, Tables
from planner.audit.result import CheckName, Finding, differs, number
from planner.audit.setting import Setting
from planner.audit.terms import term_of_option, term_of_pledge


def check_orders_cost(tables: Tables, setting: Setting, tolerance: float) -> Iterator[Finding]:
    """`cost` of purchases and of commitments of both kinds: all of the order, undiscounted, without support."""
    calendar = setting.time.calendar
    for order in tables.purchases:
        server = setting.assumptions.servers[order.server]
        expected = order.count * (setting.prices.server(order.server, order.period) + server.install_cost)
        place = f"{calendar.labels[order.period]}, {order.place}"
        yield from _differ(CheckName.PURCHASES_COST, place, "cost", order.cost, expected, tolerance)
    for bought in tables.commitments:
        fees = setting.prices.term(bought.offer, bought.option, bought.period)
        expected = bought.count * (fees.upfront + fees.hourly * _hours(bought, setting))
        place = f"{calendar.labels[bought.period]}, {bought.place}"
        yield from _differ(CheckName.COMMITMENTS_COST, place, "cost", bought.cost, expected, tolerance)
    for pledged in tables.pledges:
        expected = pledged.per_hour * _hours(pledged, setting)
        place = f"{calendar.labels[pledged.period]}, {pledged.place}"
        yield from _differ(CheckName.SPEND_COMMITMENTS, place, "cost", pledged.cost, expected, tolerance)
        last = calendar.label(term_of_pledge(setting, pledged.name, pledged.period).last)
        if pledged.until != last:
            yield Finding(CheckName.SPEND_COMMITMENTS, place, f"until {pledged.until}", f"until {last}")


def check_lines(tables: Tables, setting: Setting, expected: Bill) -> Iterator[Finding]:
    """The costs table, component by component and period by period."""
    tolerance = expected.tolerance
    periods = max([len(expected.amount[Component.SERVERS]), *(period + 1 for period, _ in tables.costs)])
    for component in Component:
        amounts, discounted = expected.amount[component], expected.discounted[component]
        for period in range(periods):
            found = tables.costs.get((period, component), (0.0, 0.0))
            due = (float(amounts[period]), float(discounted[period])) if period < len(amounts) else (0.0, 0.0)
            for what, was, should in zip(("amount", "discounted"), found, due, strict=True):
                if differs(was, should, tolerance):
                    place = f"{setting.time.calendar.label(period)}, {component.value}"
                    yield from _differ(component.check, place, what, was, should, tolerance)


def check_total(tables: Tables, total_cost: float, expected: Bill) -> Iterator[Finding]:
    """Σ discounted = total_cost, both as reported and as recomputed."""
    reported = sum(discounted for _, discounted in tables.costs.values())
    for what, total in (("sum of the costs table", reported), ("recomputed", expected.total)):
        if differs(total_cost, total, expected.tolerance):
            yield Finding(CheckName.TOTAL, "total_cost", number(total_cost), f"{number(total)} ({what})")


def _hours(row: Commitment | Pledge, setting: Setting) -> float:
    """Hours of the whole term."""
    if isinstance(row, Commitment):
        span = term_of_option(setting, row.offer, row.option, row.period)
    else:
        span = term_of_pledge(setting, row.name, row.period)
    return sum(setting.time.hours(period) for period in range(span.first, span.last + 1))


def _differ(
    check: CheckName, place: str, what: str, found: float, expected: float, tolerance: float
) -> Iterator[Finding]:
    if differs(found, expected, tolerance):
        yield Finding(check, place, f"{what} {number(found)}", number(expected))
