"""The tables of use, rentals and unserved work against the hours that they sum up."""

from __future__ import annotations

from collections.abc import Iterator

from planner.assumptions.schema import Offer
from planner.audit.holdings import Holdings
from planner.audit.operation import Operation
from planner.audit.records import Tables
from planner.audit.result import CheckName, Finding, differs, number
from planner.audit.setting import Setting

SHARE_TOLERANCE = 1e-9
"""Absolute tolerance of a share of capacity."""


def check_use(tables: Tables, setting: Setting, holdings: Holdings, done: Operation) -> Iterator[Finding]:
    """GPU-hours of each pool and workload, and their share of the pool's nameplate GPU-hours."""
    labels, workloads = setting.time.calendar.labels, setting.demand.workloads
    expected = {
        (period, supply.label, name): float(done.gpu_hours[period, w, s])
        for s, supply in enumerate(done.supplies)
        if supply.is_pool
        for w, name in enumerate(workloads)
        for period in range(setting.time.count)
    }
    nameplate = {
        (period, pool.label): float(row[period]) * machine.gpus * float(setting.time.hours(period))
        for pool, row in holdings.units.items()
        if (machine := setting.machine(pool)) is not None
        for period in range(setting.time.count)
    }
    for key in expected.keys() | tables.use.keys():
        period, pool, name = key
        hours, share = tables.use.get(key, (0.0, 0.0))
        due, place = expected.get(key, 0.0), f"{labels[period]}, {name} on {pool}"
        if differs(hours, due, setting.gpu_hours_tolerance):
            yield Finding(CheckName.USE_TABLE, place, f"{number(hours)} GPU-hours", number(due))
        there = nameplate.get((period, pool), 0.0)
        if key in tables.use and there > 0 and differs(share, due / there, SHARE_TOLERANCE):
            yield Finding(CheckName.USE_TABLE, place, f"share {number(share)}", number(due / there))


def check_rentals(tables: Tables, setting: Setting, done: Operation, money: float) -> Iterator[Finding]:
    """GPU-hours rented of each offer, option and workload, and their cost at the price of the period; none if drawn."""
    labels, count = setting.time.calendar.labels, setting.time.count
    expected: dict[tuple[int, str, str, str], tuple[float, float]] = {}
    for s, supply in enumerate(done.supplies):
        machine = setting.machine(supply)
        if supply.is_pool or not isinstance(machine, Offer):
            continue
        prices = [setting.prices.rental(supply.owner, supply.kind, period) for period in range(count)]
        for w, name in enumerate(setting.demand.workloads):
            for period, price in enumerate(prices):
                hours = float(done.gpu_hours[period, w, s])
                expected[period, supply.owner, supply.place, name] = (hours, hours * price)
    for key in expected.keys() | tables.rentals.keys():
        period, offer, option, name = key
        found, due = tables.rentals.get(key, (0.0, 0.0)), expected.get(key, (0.0, 0.0))
        place = f"{labels[period]}, {name} on {offer}/{option}"
        if differs(found[0], due[0], setting.gpu_hours_tolerance):
            yield Finding(CheckName.RENTALS_TABLE, place, f"{number(found[0])} GPU-hours", number(due[0]))
        if differs(found[1], due[1], money):
            yield Finding(CheckName.RENTALS_TABLE, place, f"cost {number(found[1])}", number(due[1]))


def check_unserved(tables: Tables, setting: Setting, done: Operation) -> Iterator[Finding]:
    """Reference GPU-hours left undone of each workload."""
    for period, label in enumerate(setting.time.calendar.labels):
        for w, name in enumerate(setting.demand.workloads):
            found, due = tables.unserved.get((period, name), 0.0), float(done.unserved[period, w])
            if differs(found, due, setting.gpu_hours_tolerance):
                place = f"{label}, {name}"
                yield Finding(CheckName.UNSERVED_TABLE, place, f"{number(found)} GPU-hours", number(due))
