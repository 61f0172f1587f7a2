"""Every cost line, added up again from the assumptions (formulation.md, Time and Parameters)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import CommitmentsAtEnd, HardwareAtEnd, Offer, Server
from planner.audit.capacity import Held, Span, service_of_server, service_of_term
from planner.audit.operation import Operation
from planner.audit.result import CheckName, Finding, differs, number
from planner.audit.setting import ABSOLUTE_SUM, TINY, Setting
from planner.audit.tables import Commitment, Component, Purchase, Tables
from planner.dispatch import SupplyKind

FloatArray = NDArray[np.float64]

_AT_START = (Component.SERVERS, Component.INSTALLATION, Component.RESERVED_UPFRONT)


@dataclass(frozen=True)
class Bill:
    """Amounts of each component by period; periods past the horizon where a term is charged in full."""

    amount: Mapping[Component, FloatArray]
    discounted: Mapping[Component, FloatArray]

    @property
    def tolerance(self) -> float:
        """Absolute tolerance of money: of all amounts, whatever their sign."""
        return max(ABSOLUTE_SUM * float(sum(np.abs(row).sum() for row in self.amount.values())), TINY)

    @property
    def total(self) -> float:
        """All discounted amounts."""
        return float(sum(row.sum() for row in self.discounted.values()))


def bill(tables: Tables, setting: Setting, units: Held, done: Operation) -> Bill:
    """What orders, capacity and hours cost, by component and period."""
    time = setting.time
    spans = [service_of_term(setting, row.offer, row.option, row.period) for row in tables.commitments]
    periods = max([time.count, *(span.last + 1 for span in spans)])
    amount = {component: np.zeros(periods) for component in Component}
    start = np.array([time.at_start(period) for period in range(periods)])
    middle = np.array([time.at_middle(period) for period in range(periods)])
    resale = np.zeros(periods)  # alone has its own moments, so it is discounted entry by entry
    for order in tables.purchases:
        _add_order(order, setting, amount, resale)
    for bought in tables.commitments:
        _add_commitment(bought, setting, amount)
    _add_standing(setting, units, amount)
    _add_hours(setting, done, amount)
    discounted = {component: row * (start if component in _AT_START else middle) for component, row in amount.items()}
    discounted[Component.RESALE] = resale
    return Bill(amount, discounted)


def price_of_server(setting: Setting, server: Server, period: int) -> float:
    """Price, without installation, of an order in that period."""
    return server.price * setting.time.trend(server.price_trend_per_year, period)


def resale_share(server: Server, age_years: float) -> float:
    """Share of its price that a server fetches at an age: linear between (0, 1) and the listed ages, then constant."""
    if not server.resale:
        return 0.0
    points = {0.0: 1.0} | {age.years: share for age, share in server.resale.items()}
    younger = max(age for age in points if age <= age_years)
    older = min((age for age in points if age > age_years), default=None)
    if older is None:
        return points[younger]
    way = (age_years - younger) / (older - younger)
    return points[younger] + way * (points[older] - points[younger])


def check_orders_cost(tables: Tables, setting: Setting, tolerance: float) -> Iterator[Finding]:
    """`cost` of purchases and commitments: all of the order, undiscounted."""
    labels = setting.time.calendar.labels
    for order in tables.purchases:
        server = setting.assumptions.servers[order.server]
        expected = order.count * (price_of_server(setting, server, order.period) + server.install_cost)
        place = f"{labels[order.period]}, {order.place}"
        yield from _differ(CheckName.PURCHASES_COST, place, "cost", order.cost, expected, tolerance)
    for bought in tables.commitments:
        span = service_of_term(setting, bought.offer, bought.option, bought.period)
        upfront, hourly = _fees(bought, setting)
        hours = sum(setting.time.hours(period) for period in range(span.first, span.last + 1))
        expected = bought.count * (upfront + hourly * hours)
        place = f"{labels[bought.period]}, {bought.place}"
        yield from _differ(CheckName.COMMITMENTS_COST, place, "cost", bought.cost, expected, tolerance)


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


def rental_price(setting: Setting, offer: Offer, kind: SupplyKind, period: int) -> float:
    """Price of a GPU rented for an hour in a period."""
    spot = offer.spot.price if offer.spot is not None else 0.0
    price = spot if kind is SupplyKind.SPOT else (offer.on_demand or 0.0)
    return price / offer.gpus * setting.time.trend(offer.price_trend_per_year, period)


def _add_order(order: Purchase, setting: Setting, amount: Mapping[Component, FloatArray], resale: FloatArray) -> None:
    """Price and installation in the order's period, maintenance in service, resale at the end of life or horizon."""
    time, server = setting.time, setting.assumptions.servers[order.server]
    value = order.count * price_of_server(setting, server, order.period)
    amount[Component.SERVERS][order.period] += value
    amount[Component.INSTALLATION][order.period] += order.count * server.install_cost
    span = service_of_server(setting, order.server, order.period)
    end = min(span.last + 1, time.count)  # the boundary at which it leaves service or the horizon ends
    if span.first >= end:
        return
    amount[Component.MAINTENANCE][span.first : end] += server.maintenance_per_year * value * time.years
    outlives = span.last + 1 > time.count
    if outlives and setting.assumptions.finance.hardware_at_end is HardwareAtEnd.NONE:
        return
    proceeds = value * resale_share(server, (end - span.first) * time.years)
    amount[Component.RESALE][end - 1] -= proceeds
    resale[end - 1] -= proceeds * time.at_start(end)


def _fees(bought: Commitment, setting: Setting) -> tuple[float, float]:
    """Upfront and hourly fee per instance, both at the price of the period in which it is bought."""
    offer = setting.assumptions.cloud[bought.offer]
    option = offer.reserved[bought.option]
    trend = setting.time.trend(offer.price_trend_per_year, bought.period)
    return option.upfront * trend, option.hourly * trend


def _add_commitment(bought: Commitment, setting: Setting, amount: Mapping[Component, FloatArray]) -> None:
    """Upfront in its period, the hourly fee in every hour of the term: of the part inside the horizon, or all of it."""
    span = service_of_term(setting, bought.offer, bought.option, bought.period)
    if span.last < span.first:
        return
    upfront, hourly = _fees(bought, setting)
    charged = span
    if setting.assumptions.finance.commitments_at_end is CommitmentsAtEnd.PRORATED:
        charged = Span(span.first, min(span.last, setting.time.count - 1))
    share = (charged.last - charged.first + 1) / (span.last - span.first + 1)
    amount[Component.RESERVED_UPFRONT][bought.period] += bought.count * upfront * share
    for period in range(charged.first, charged.last + 1):
        amount[Component.RESERVED_HOURLY][period] += bought.count * hourly * setting.time.hours(period)


def _add_standing(setting: Setting, units: Held, amount: Mapping[Component, FloatArray]) -> None:
    """What servers in service cost whether they work or not: idle power, hosting, staff."""
    hours, years, count = setting.time.calendar.hours, setting.time.years, setting.time.count
    for pool, row in units.items():
        if pool.kind is not SupplyKind.SERVER:
            continue
        server, site = setting.assumptions.servers[pool.owner], setting.assumptions.sites[pool.place]
        idle_kwh = row * server.idle_power_kw * site.pue * hours
        amount[Component.ELECTRICITY][:count] += idle_kwh * site.electricity_price
        amount[Component.HOSTING][:count] += row * server.power_kw * site.hosting_per_kw_month * 12.0 * years
        if site.staff is not None:
            people = row / site.staff.servers_per_person
            amount[Component.STAFF][:count] += people * site.staff.cost_per_person_year * years


def _add_hours(setting: Setting, done: Operation, amount: Mapping[Component, FloatArray]) -> None:
    """What running work costs: energy of busy GPUs, rented hours, data out, storage where it ran, work left undone."""
    count, years = setting.time.count, setting.time.years
    workloads = [setting.workloads[name] for name in setting.demand.workloads]
    work = done.gpu_hours * done.rates.work
    asked = done.demand
    share = np.divide(work, asked[:, :, None], out=np.zeros_like(work), where=asked[:, :, None] > 0)
    stored = share * np.array([workload.storage_gb for workload in workloads])[:, None] * 12.0 * years
    data_out = work * np.array([workload.egress_gb_per_gpu_hour for workload in workloads])[:, None]
    for s, supply in enumerate(done.supplies):
        machine = setting.machine(supply)
        if isinstance(machine, Server):
            site = setting.assumptions.sites[supply.place]
            busy = (done.gpu_hours[:, :, s] * done.rates.busy[:, s]).sum(axis=1)
            kwh = busy * (machine.power_kw - machine.idle_power_kw) / machine.gpus * site.pue
            amount[Component.ELECTRICITY][:count] += kwh * site.electricity_price
            amount[Component.STORAGE][:count] += stored[:, :, s].sum(axis=1) * site.storage_per_gb_month
        elif isinstance(machine, Offer):
            amount[Component.EGRESS][:count] += data_out[:, :, s].sum(axis=1) * machine.egress_per_gb
            amount[Component.STORAGE][:count] += stored[:, :, s].sum(axis=1) * machine.storage_per_gb_month
            if not supply.is_pool:
                component = Component.SPOT if supply.kind is SupplyKind.SPOT else Component.ON_DEMAND
                prices = np.array([rental_price(setting, machine, supply.kind, period) for period in range(count)])
                amount[component][:count] += done.gpu_hours[:, :, s].sum(axis=1) * prices
    penalties = np.array([workload.unserved_penalty or 0.0 for workload in workloads])
    amount[Component.UNSERVED][:count] += done.unserved @ penalties


def _differ(
    check: CheckName, place: str, what: str, found: float, expected: float, tolerance: float
) -> Iterator[Finding]:
    if differs(found, expected, tolerance):
        yield Finding(check, place, f"{what} {number(found)}", number(expected))
