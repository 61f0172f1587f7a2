"""The hours: demand served, pools and markets within their bounds, one period at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Server
from planner.audit.capacity import Held
from planner.audit.eligibility import Rates, rates
from planner.audit.result import RELATIVE, CheckName, Finding, number
from planner.audit.setting import Setting
from planner.dispatch import Dispatch, PeriodDispatch, Supply, SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Operation:
    """What the hours of each period add up to; workloads as in the demand, supplies as in the dispatch."""

    supplies: tuple[Supply, ...]
    rates: Rates
    gpu_hours: FloatArray
    """gpu_hours[period, workload, supply]: GPUs occupied or rented × hours."""
    unserved: FloatArray
    """unserved[period, workload]: reference GPU-hours."""
    demand: FloatArray
    """demand[period, workload]: reference GPU-hours."""


@dataclass(frozen=True)
class _Market:
    """A limit on what is rented of one offer."""

    check: CheckName
    offer: str
    rented: FloatArray
    """rented[supply]: 1 where the supply counts, else 0."""
    reserved: FloatArray
    """reserved[period]: GPUs of reservations in service that count as well."""
    limit: float


@dataclass(frozen=True)
class _Bounds:
    """What is the same in every period; arrays over the axes of Rates."""

    usable: FloatArray
    """usable[period, supply]: GPUs of a pool that can be occupied; infinite for markets."""
    markets: tuple[_Market, ...]
    spot: NDArray[np.bool_]
    """spot[supply]"""
    spot_share: FloatArray
    """spot_share[workload]"""
    must_serve: NDArray[np.bool_]
    """must_serve[workload]: no penalty given, so that nothing may be left undone."""


def operate(dispatch: Dispatch, setting: Setting, units: Held) -> tuple[Operation, list[Finding]]:
    """Check every hour and add the hours up. What cannot be read counts as nothing run."""
    time, demand = setting.time, setting.demand
    supplies = tuple(dispatch.supplies)
    findings = list(_axes(dispatch, setting))
    shape = (time.count, len(demand.workloads), len(supplies))
    wanted = np.add.reduceat(demand.gpus, demand.calendar.first_hour[:-1], axis=0)
    done = Operation(supplies, rates(setting, supplies), np.zeros(shape), np.zeros(shape[:2]), wanted)
    bounds = _bounds(setting, supplies, units)
    order = None
    if sorted(dispatch.workloads) == sorted(demand.workloads):
        order = [list(dispatch.workloads).index(name) for name in demand.workloads]
    for period, hours in _periods(dispatch, setting, order, findings):
        done.gpu_hours[period] = hours.gpus.sum(axis=0)
        done.unserved[period] = hours.unserved.sum(axis=0)
        findings += _served(hours, done.rates, bounds, setting)
        findings += _within(hours, done, bounds, setting)
        findings += _on_spot(hours, done.rates, bounds, setting)
    findings += _eligible(done, setting)
    return done, findings


def _axes(dispatch: Dispatch, setting: Setting) -> Iterator[Finding]:
    if sorted(dispatch.workloads) != sorted(setting.demand.workloads):
        found, expected = ", ".join(dispatch.workloads), ", ".join(setting.demand.workloads)
        yield Finding(CheckName.DISPATCH, "workloads", found, expected)
    for supply in dispatch.supplies:
        if setting.machine(supply) is None:
            yield Finding(CheckName.DISPATCH, "supplies", supply.label, "a supply of the assumptions")
    if len(set(dispatch.supplies)) != len(dispatch.supplies):
        yield Finding(CheckName.DISPATCH, "supplies", "a supply twice", "each once")


def _periods(
    dispatch: Dispatch, setting: Setting, order: list[int] | None, findings: list[Finding]
) -> Iterator[tuple[int, PeriodDispatch]]:
    """Every period of the horizon once, workloads in the demand's order; empty where missing or unreadable."""
    calendar = setting.time.calendar
    seen: set[int] = set()
    for made in dispatch:
        if wrong := _unreadable(made, dispatch, setting, seen):
            findings.append(Finding(CheckName.DISPATCH, *wrong))
            continue
        if order is None:
            continue
        seen.add(made.period)
        low = min(made.gpus.min(initial=0.0), made.unserved.min(initial=0.0))
        if low < -setting.gpus_tolerance:
            place = calendar.labels[made.period]
            findings.append(Finding(CheckName.DISPATCH, place, f"{number(low)} GPUs", "none below 0"))
        yield made.period, PeriodDispatch(made.period, made.gpus[:, order, :], made.unserved[:, order])
    for period in sorted(set(range(calendar.count)) - seen):
        if order is not None:
            findings.append(Finding(CheckName.DISPATCH, calendar.labels[period], "no hours", "all hours of the period"))
        hours, workloads = int(calendar.hours[period]), len(setting.demand.workloads)
        empty = np.zeros((hours, workloads, len(dispatch.supplies)))
        yield period, PeriodDispatch(period, empty, np.zeros((hours, workloads)))


def _unreadable(
    made: PeriodDispatch, dispatch: Dispatch, setting: Setting, seen: set[int]
) -> tuple[str, str, str] | None:
    """Place, found and expected when a period of the dispatch cannot be used."""
    calendar = setting.time.calendar
    if not 0 <= made.period < calendar.count:
        return f"period {made.period}", "a period outside the horizon", f"0 to {calendar.count - 1}"
    place = calendar.labels[made.period]
    if made.period in seen:
        return place, "the period twice", "once"
    shape = (int(calendar.hours[made.period]), len(dispatch.workloads), len(dispatch.supplies))
    if made.gpus.shape != shape or made.unserved.shape != shape[:2]:
        return place, f"shapes {made.gpus.shape} and {made.unserved.shape}", f"{shape} and {shape[:2]}"
    if not (np.isfinite(made.gpus).all() and np.isfinite(made.unserved).all()):
        return place, "numbers that are not finite", "finite ones"
    return None


def _bounds(setting: Setting, supplies: tuple[Supply, ...], units: Held) -> _Bounds:
    usable = np.full((setting.time.count, len(supplies)), np.inf)
    for s, supply in enumerate(supplies):
        if supply.is_pool:
            usable[:, s] = units[supply] * _usable_per_unit(setting, supply) if supply in units else 0.0
    workloads = [setting.workloads[name] for name in setting.demand.workloads]
    return _Bounds(
        usable,
        tuple(_markets(setting, supplies, units)),
        np.array([supply.kind is SupplyKind.SPOT for supply in supplies], dtype=np.bool_),
        np.array([workload.spot_max_share for workload in workloads]),
        np.array([workload.unserved_penalty is None for workload in workloads], dtype=np.bool_),
    )


def _usable_per_unit(setting: Setting, pool: Supply) -> float:
    """GPUs of a unit that can be occupied: servers lose what fails and what is kept free."""
    machine = setting.machine(pool)
    if isinstance(machine, Server):
        return machine.gpus * machine.availability * (1.0 - setting.assumptions.sites[pool.place].headroom)
    return float(machine.gpus) if machine is not None else 0.0


def _markets(setting: Setting, supplies: tuple[Supply, ...], units: Held) -> Iterator[_Market]:
    """On-demand + reserved of each offer, and its spot, where they are limited."""
    for name, offer in setting.assumptions.cloud.items():
        columns = {
            kind: np.array([float(supply.kind is kind and supply.owner == name) for supply in supplies])
            for kind in (SupplyKind.ON_DEMAND, SupplyKind.SPOT)
        }
        none = np.zeros(setting.time.count)
        if offer.max_gpus is not None:
            rows = [row for pool, row in units.items() if pool.kind is SupplyKind.RESERVED and pool.owner == name]
            reserved = offer.gpus * sum(rows, none)
            yield _Market(CheckName.MAX_GPUS, name, columns[SupplyKind.ON_DEMAND], reserved, offer.max_gpus)
        if offer.spot is not None and offer.spot.max_gpus is not None:
            yield _Market(CheckName.SPOT_MAX_GPUS, name, columns[SupplyKind.SPOT], none, offer.spot.max_gpus)


def _served(hours: PeriodDispatch, rates_: Rates, bounds: _Bounds, setting: Setting) -> Iterator[Finding]:
    """Σ work + unserved = demand for every hour and workload; unserved only where a penalty is given."""
    calendar, tolerance = setting.time.calendar, setting.gpus_tolerance
    first = int(calendar.first_hour[hours.period])
    demand = setting.demand.gpus[first : first + len(hours.unserved)]
    done = np.einsum("hws,ws->hw", hours.gpus, rates_.work) + hours.unserved
    slack = RELATIVE * demand + tolerance
    for w, name in enumerate(setting.demand.workloads):
        amiss = np.abs(done[:, w] - demand[:, w]) - slack[:, w]
        amiss[np.isnan(amiss)] = np.inf
        for hour, times in _worst(amiss):
            yield Finding(
                CheckName.DEMAND,
                _where(setting, hours.period, hour, name),
                f"{number(done[hour, w])} reference GPUs served or reported as unserved",
                number(demand[hour, w]),
                times,
            )
        if bounds.must_serve[w]:
            for hour, times in _worst(hours.unserved[:, w] - tolerance):
                found = f"{number(hours.unserved[hour, w])} reference GPUs unserved"
                place = _where(setting, hours.period, hour, name)
                yield Finding(CheckName.DEMAND, place, found, "none: it has no penalty and must be served", times)


def _within(hours: PeriodDispatch, done: Operation, bounds: _Bounds, setting: Setting) -> Iterator[Finding]:
    """GPUs occupied of each pool, and rented of each offer, within what there is."""
    occupied = hours.gpus.sum(axis=1)
    tolerance = setting.gpus_tolerance
    for s, supply in enumerate(done.supplies):
        bound = bounds.usable[hours.period, s]
        if supply.is_pool:
            for hour, times in _worst(occupied[:, s] - bound * (1 + RELATIVE) - tolerance):
                place = _where(setting, hours.period, hour, supply.label)
                found = f"{number(occupied[hour, s])} GPUs"
                yield Finding(CheckName.POOL_USE, place, found, f"at most {number(bound)} usable GPUs", times)
    for market in bounds.markets:
        taken = occupied @ market.rented + market.reserved[hours.period]
        for hour, times in _worst(taken - market.limit * (1 + RELATIVE) - tolerance):
            place = _where(setting, hours.period, hour, market.offer)
            expected = f"at most {number(market.limit)} GPUs"
            yield Finding(market.check, place, f"{number(taken[hour])} GPUs", expected, times)


def _on_spot(hours: PeriodDispatch, rates_: Rates, bounds: _Bounds, setting: Setting) -> Iterator[Finding]:
    """Σ work on spot ≤ spot_max_share × demand, for every hour and workload."""
    if not bounds.spot.any():
        return
    first = int(setting.time.calendar.first_hour[hours.period])
    demand = setting.demand.gpus[first : first + len(hours.unserved)]
    work = np.einsum("hws,ws->hw", hours.gpus[:, :, bounds.spot], rates_.work[:, bounds.spot])
    most = bounds.spot_share * demand
    for w, name in enumerate(setting.demand.workloads):
        for hour, times in _worst(work[:, w] - most[:, w] * (1 + RELATIVE) - setting.gpus_tolerance):
            place = _where(setting, hours.period, hour, name)
            found = f"{number(work[hour, w])} reference GPUs of work on spot"
            yield Finding(CheckName.SPOT_SHARE, place, found, f"at most {number(most[hour, w])}", times)


def _eligible(done: Operation, setting: Setting) -> Iterator[Finding]:
    for (w, s), obstacle in done.rates.obstacles.items():
        amounts = done.gpu_hours[:, w, s]
        for period in np.flatnonzero(np.abs(amounts) > setting.gpu_hours_tolerance).tolist():
            place = f"{setting.time.calendar.labels[period]}, {setting.demand.workloads[w]} on {done.supplies[s].label}"
            yield Finding(CheckName.ELIGIBILITY, place, f"{number(amounts[period])} GPU-hours", f"none: {obstacle}")


def _worst(excess: FloatArray) -> Iterable[tuple[int, int]]:
    """The hour that is farthest beyond its bound and how many are beyond theirs; nothing if none is."""
    times = int(np.count_nonzero(excess > 0))
    return [(int(excess.argmax()), times)] if times else []


def _where(setting: Setting, period: int, hour: int, entry: str) -> str:
    return f"{setting.time.calendar.labels[period]}, hour {hour}, {entry}"
