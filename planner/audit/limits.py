"""Limits that a plan keeps period by period or year by year: power, space, servers, money, carbon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from planner.audit.bill import Bill
from planner.audit.components import Component
from planner.audit.holdings import Holdings
from planner.audit.result import RELATIVE, CheckName, Finding, number
from planner.audit.setting import ABSOLUTE, TINY, Setting
from planner.dispatch import SupplyKind

FloatArray = NDArray[np.float64]


def check_space(setting: Setting, holdings: Holdings) -> Iterator[Finding]:
    """Power and rack units of every site, and servers of every model, period by period."""
    assumptions = setting.assumptions
    servers = [(pool, row) for pool, row in holdings.units.items() if pool.kind is SupplyKind.SERVER]
    for name, site in assumptions.sites.items():
        here = [(assumptions.servers[pool.owner], row) for pool, row in servers if pool.place == name]
        power = _total((row * server.power_kw * site.pue for server, row in here), setting)
        yield from _above(CheckName.POWER, name, "kW", power, site.power_limit_kw, setting)
        space = _total((row * server.rack_units for server, row in here), setting)
        yield from _above(CheckName.RACK, name, "rack units", space, site.rack_units, setting)
    for name, server in assumptions.servers.items():
        total = _total((row for pool, row in servers if pool.owner == name), setting)
        yield from _above(CheckName.MAX_SERVERS, name, "servers", total, server.max_servers, setting)


def check_budgets(setting: Setting, billed: Bill) -> Iterator[Finding]:
    """Capex by year and in total, cloud spend by period, carbon by year."""
    limits, count, currency = setting.assumptions.limits, setting.time.count, setting.assumptions.currency
    if limits.capex is not None:
        paid = (Component.SERVERS, Component.INSTALLATION, Component.SETUP)
        spent = _total((billed.amount[component][:count] for component in paid), setting)
        for year, most in limits.capex.per_year.items():
            found = _in_year(spent, year, setting)
            yield from _beyond(CheckName.CAPEX, str(year), currency, found, most, billed.tolerance)
        if limits.capex.total is not None:
            total = float(spent.sum())
            yield from _beyond(CheckName.CAPEX, "total", currency, total, limits.capex.total, billed.tolerance)
    if limits.cloud_spend is not None:
        for label, cash in zip(setting.time.calendar.labels, billed.cloud_cash.tolist(), strict=True):
            most = limits.cloud_spend.per_period
            yield from _beyond(CheckName.CLOUD_SPEND, label, currency, cash, most, billed.tolerance)
    if limits.carbon_tonnes is not None:
        for year, most in limits.carbon_tonnes.per_year.items():
            found = _in_year(billed.tonnes, year, setting)
            yield from _beyond(CheckName.CARBON_LIMIT, str(year), "tonnes", found, most, TINY)


def _in_year(amounts: FloatArray, year: int, setting: Setting) -> float:
    """Sum over the periods that begin in a calendar year."""
    begins = [setting.time.calendar.begins(period).year for period in range(setting.time.count)]
    return float(amounts[np.array(begins) == year].sum())


def _beyond(check: CheckName, place: str, unit: str, found: float, limit: float, absolute: float) -> Iterator[Finding]:
    if found > limit * (1 + RELATIVE) + absolute:
        yield Finding(check, place, f"{number(found)} {unit}", f"at most {number(limit)} {unit}")


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
