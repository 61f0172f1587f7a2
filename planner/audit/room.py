"""How much of everything there is in an hour: pools, markets, quotas, money promised to a provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Server
from planner.audit.holdings import Holdings
from planner.audit.result import RELATIVE, CheckName, Finding, number, worst
from planner.audit.setting import Setting
from planner.dispatch import PeriodDispatch, Supply, SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """Σ weight × GPUs occupied + what reservations take ≤ limit, in every hour."""

    check: CheckName
    name: str
    weights: FloatArray
    """weights[supply]: per GPU occupied; 0 where the supply does not count."""
    taken: FloatArray
    """taken[period]: by what is held, whether it runs or not."""
    limit: FloatArray
    """limit[period]"""
    unit: str = "GPUs"
    limit_unit: str = "GPUs"


def rooms(setting: Setting, supplies: tuple[Supply, ...], holdings: Holdings) -> tuple[Room, ...]:
    """Every bound that hours have to keep."""
    return (
        *_pools(setting, supplies, holdings),
        *_offers(setting, supplies, holdings),
        *_quotas(setting, supplies, holdings),
        *_promises(setting, supplies, holdings),
    )


def check_room(hours: PeriodDispatch, bounds: tuple[Room, ...], setting: Setting) -> Iterator[Finding]:
    """What runs in the hours of a period against every bound."""
    occupied = hours.gpus.sum(axis=1)
    label = setting.time.calendar.labels[hours.period]
    for room in bounds:
        limit, used = float(room.limit[hours.period]), occupied @ room.weights + room.taken[hours.period]
        slack = limit * RELATIVE + setting.gpus_tolerance * max(1.0, float(room.weights.max(initial=0.0)))
        for hour, times in worst(used - limit - slack):
            place = f"{label}, hour {hour}, {room.name}"
            found, expected = f"{number(used[hour])} {room.unit}", f"at most {number(limit)} {room.limit_unit}"
            yield Finding(room.check, place, found, expected, times)


def _columns(supplies: tuple[Supply, ...], counts: Callable[[Supply], bool]) -> FloatArray:
    return np.array([float(counts(supply)) for supply in supplies])


def _pools(setting: Setting, supplies: tuple[Supply, ...], holdings: Holdings) -> Iterator[Room]:
    none = np.zeros(setting.time.count)
    for supply in dict.fromkeys(supply for supply in supplies if supply.is_pool):
        limit = holdings.units.get(supply, none) * _usable_per_unit(setting, supply)
        column = _columns(supplies, supply.__eq__)
        yield Room(CheckName.POOL_USE, supply.label, column, none, limit, limit_unit="usable GPUs")


def _usable_per_unit(setting: Setting, pool: Supply) -> float:
    """GPUs of a unit that can be occupied: servers lose what fails and what is kept free."""
    machine = setting.machine(pool)
    if isinstance(machine, Server):
        return machine.gpus * machine.availability * (1.0 - setting.assumptions.sites[pool.place].headroom)
    return float(machine.gpus) if machine is not None else 0.0


def _offers(setting: Setting, supplies: tuple[Supply, ...], holdings: Holdings) -> Iterator[Room]:
    """On-demand, drawn and reserved of each offer together, and its spot, where they are limited."""
    for name, offer in setting.assumptions.cloud.items():
        if offer.max_gpus is not None:
            yield _rented(CheckName.MAX_GPUS, name, {name}, offer.max_gpus, setting, supplies, holdings)
        if offer.spot is not None and offer.spot.max_gpus is not None:
            column = _columns(supplies, Supply(SupplyKind.SPOT, name, SupplyKind.SPOT.value).__eq__)
            none = np.zeros(setting.time.count)
            yield Room(CheckName.SPOT_MAX_GPUS, name, column, none, np.full_like(none, offer.spot.max_gpus))


def _quotas(setting: Setting, supplies: tuple[Supply, ...], holdings: Holdings) -> Iterator[Room]:
    """The same over all offers that match the patterns of a quota."""
    for quota in setting.assumptions.limits.quotas:
        offers = {name for name in setting.assumptions.cloud if any(fnmatchcase(name, p) for p in quota.offers)}
        name = f"quota of {', '.join(quota.offers)}"
        yield _rented(CheckName.QUOTAS, name, offers, quota.max_gpus, setting, supplies, holdings)


def _rented(
    check: CheckName,
    name: str,
    offers: set[str],
    limit: float,
    setting: Setting,
    supplies: tuple[Supply, ...],
    holdings: Holdings,
) -> Room:
    reserved = np.zeros(setting.time.count)
    for pool, row in holdings.units.items():
        if pool.kind is SupplyKind.RESERVED and pool.owner in offers:
            reserved += row * setting.assumptions.cloud[pool.owner].gpus
    counted = (SupplyKind.ON_DEMAND, SupplyKind.DRAWN)
    column = _columns(supplies, lambda supply: supply.kind in counted and supply.owner in offers)
    return Room(check, name, column, reserved, np.full_like(reserved, limit))


def _promises(setting: Setting, supplies: tuple[Supply, ...], holdings: Holdings) -> Iterator[Room]:
    """Money drawn from each spend commitment, within what is promised for the hour."""
    for name, active in holdings.active.items():
        rates = [
            setting.prices.draw(name, supply.owner)
            if supply.kind is SupplyKind.DRAWN and supply.place == name and setting.machine(supply) is not None
            else 0.0
            for supply in supplies
        ]
        none, unit = np.zeros_like(active), f"{setting.assumptions.currency} an hour"
        yield Room(CheckName.SPEND_DRAWN, name, np.array(rates), none, active, unit, unit)
