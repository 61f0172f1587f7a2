"""Which figures of the assumptions could be relaxed, and what each of them limits in the instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from hybrid_lp.elastic import Outside, Slack, Window
from hybrid_lp.instance import Instance

from planner.dispatch import SupplyKind
from planner.limits import decided_cell, orders_possible, outside_windows
from planner.prepare import Prepared


class Kind(Enum):
    """What is relaxed: of each kind alone, the least that makes a plan is looked for."""

    POWER = "power"
    SPACE = "rack units"
    SERVERS = "servers in service"
    ORDERS = "orders of a period"
    WINDOW = "availability"
    GPUS = "GPUs of an offer"
    SPOT_GPUS = "GPUs on spot"
    QUOTA = "quotas"
    CAPEX = "capex"
    CLOUD_SPEND = "cloud spend"
    CARBON = "carbon"
    DECIDED_MOST = "decisions: at most"
    DECIDED_LEAST = "decisions: at least"


@dataclass(frozen=True)
class Lever:
    """A number in the assumptions that could be another."""

    kind: Kind
    key: str
    now: float
    unit: str
    whole: bool
    """Does it count things that are whole?"""
    slack: Slack
    falls: bool = False
    """Is it relaxed by a smaller number?"""


@dataclass(frozen=True)
class WindowLever:
    """The first, or the last, day on which a server can be ordered."""

    key: str
    server: str
    late: bool
    """Is it the last day?"""
    window: Window


def levers(prepared: Prepared) -> list[Lever]:
    """Every number that limits something in this instance, in the order of the file."""
    groups = (_of_sites, _of_servers, _of_offers, _of_limits, _of_decisions)
    return [lever for group in groups for lever in group(prepared)]


def window_levers(prepared: Prepared) -> list[WindowLever]:
    """Every first and last day of availability that forbids an order which would be possible otherwise."""
    case, pools = prepared.case, prepared.pools
    distance, possible = outside_windows(pools, case), orders_possible(pools, case)
    for decision in case.assumptions.decisions:
        cell = decided_cell(decision, pools, case)
        if cell is not None and decision.max is not None:
            possible[cell] = min(possible[cell], decision.max)
    found = []
    for name in case.assumptions.servers:
        here = np.array([supply.kind is SupplyKind.SERVER and supply.owner == name for supply in pools], dtype=np.bool_)
        for late, key in ((False, "available_from"), (True, "available_until")):
            forbidden = ((distance > 0) if late else (distance < 0)) & here[:, None] & (possible > 0)
            outside = {
                (int(k), int(p)): Outside(abs(int(distance[k, p])), float(possible[k, p]))
                for k, p in np.argwhere(forbidden)
            }
            if outside:
                found.append(WindowLever(f"servers.{name}.{key}", name, late, Window(outside)))
    return found


def _of_sites(prepared: Prepared) -> Iterator[Lever]:
    capacity = _by_key(prepared.instance).capacity
    for name, site in prepared.case.assumptions.sites.items():
        for kind, key, now, unit in (
            (Kind.POWER, f"sites.{name}.power_limit_kw", site.power_limit_kw, "kW"),
            (Kind.SPACE, f"sites.{name}.rack_units", site.rack_units, "U"),
        ):
            if now is not None and capacity[key]:
                yield _capacity_lever(prepared, kind, key, now, unit, capacity[key], whole=kind is Kind.SPACE)


def _of_servers(prepared: Prepared) -> Iterator[Lever]:
    keys = _by_key(prepared.instance)
    for name, server in prepared.case.assumptions.servers.items():
        key = f"servers.{name}.max_servers"
        if server.max_servers is not None and keys.capacity[key]:
            numbers = keys.capacity[key]
            yield _capacity_lever(prepared, Kind.SERVERS, key, server.max_servers, "servers", numbers, whole=True)
        key = f"servers.{name}.max_order_per_period"
        if server.max_order_per_period is not None and keys.orders[key]:
            now = server.max_order_per_period
            slack = Slack(now or 1.0, order_limits=keys.orders[key])
            yield Lever(Kind.ORDERS, key, now, "servers", True, slack)


def _capacity_lever(
    prepared: Prepared, kind: Kind, key: str, now: float, unit: str, numbers: tuple[int, ...], *, whole: bool
) -> Lever:
    heaviest = max(max(prepared.instance.capacity_limits[n].weights) for n in numbers)
    return Lever(kind, key, now, unit, whole, Slack(now or heaviest or 1.0, capacity_limits=numbers))


def _of_offers(prepared: Prepared) -> Iterator[Lever]:
    rental = _by_key(prepared.instance).rental
    for name, offer in prepared.case.assumptions.cloud.items():
        spot = None if offer.spot is None else offer.spot.max_gpus
        for kind, key, now in (
            (Kind.GPUS, f"cloud.{name}.max_gpus", offer.max_gpus),
            (Kind.SPOT_GPUS, f"cloud.{name}.spot.max_gpus", spot),
        ):
            if now is not None and rental[key]:
                yield Lever(kind, key, now, "GPUs", True, Slack(now or float(offer.gpus), rental_limits=rental[key]))


def _of_limits(prepared: Prepared) -> Iterator[Lever]:
    limits, keys = prepared.case.assumptions.limits, _by_key(prepared.instance)
    for number, quota in enumerate(limits.quotas, start=1):
        key = f"limits.quotas.{number}.max_gpus"
        if keys.rental[key]:
            slack = Slack(quota.max_gpus or 8.0, rental_limits=keys.rental[key])
            yield Lever(Kind.QUOTA, key, quota.max_gpus, "GPUs", True, slack)
    figures: list[tuple[Kind, str, float, str]] = []
    currency = prepared.case.assumptions.currency
    if limits.capex is not None:
        if limits.capex.total is not None:
            figures.append((Kind.CAPEX, "limits.capex.total", limits.capex.total, currency))
        for year, most in limits.capex.per_year.items():
            figures.append((Kind.CAPEX, f"limits.capex.per_year.{year}", most, currency))
    if limits.cloud_spend is not None:
        spend = limits.cloud_spend.per_period
        figures.append((Kind.CLOUD_SPEND, "limits.cloud_spend.per_period", spend, currency))
    if limits.carbon_tonnes is not None:
        for year, most in limits.carbon_tonnes.per_year.items():
            figures.append((Kind.CARBON, f"limits.carbon_tonnes.per_year.{year}", most, "t"))
    for kind, key, now, unit in figures:
        if numbers := keys.budgets[key]:
            yield Lever(
                kind, key, now, unit, False, Slack(now or _typical(prepared.instance, numbers), budgets=numbers)
            )


def _typical(instance: Instance, numbers: tuple[int, ...]) -> float:
    """Something of the size of what a budget counts, where its limit is 0."""
    sizes = [
        float(np.abs(weights).max(initial=0.0))
        for n in numbers
        for weights in (instance.budgets[n].order_weights, instance.budgets[n].run_weights)
        if weights is not None
    ]
    return max(sizes, default=0.0) or 1.0


def _of_decisions(prepared: Prepared) -> Iterator[Lever]:
    case, instance = prepared.case, prepared.instance
    possible = orders_possible(prepared.pools, case)
    possible[outside_windows(prepared.pools, case) != 0] = 0
    for number, decision in enumerate(case.assumptions.decisions, start=1):
        cell = decided_cell(decision, prepared.pools, case)
        if cell is None:
            continue
        whole, unit = bool(instance.whole[cell[0]]), "units"
        if decision.spend_commitment is not None:
            unit = f"{case.assumptions.currency} per hour"
        if decision.max is not None and possible[cell] > decision.max:
            slack = Slack(decision.max or 1.0, most=(cell,))
            yield Lever(Kind.DECIDED_MOST, f"decisions.{number}.max", decision.max, unit, whole, slack)
        if decision.min > 0:
            slack = Slack(decision.min, least=(cell,))
            key = f"decisions.{number}.min"
            yield Lever(Kind.DECIDED_LEAST, key, decision.min, unit, whole, slack, falls=True)


@dataclass(frozen=True)
class _Keys:
    """Key → the limits that come from it."""

    capacity: defaultdict[str, tuple[int, ...]]
    rental: defaultdict[str, tuple[int, ...]]
    orders: defaultdict[str, tuple[int, ...]]
    budgets: defaultdict[str, tuple[int, ...]]


def _by_key(instance: Instance) -> _Keys:
    def numbers(keys: list[str]) -> defaultdict[str, tuple[int, ...]]:
        found: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
        for number, key in enumerate(keys):
            found[key] += (number,)
        return found

    return _Keys(
        numbers([limit.key for limit in instance.capacity_limits]),
        numbers([limit.key for limit in instance.rental_limits]),
        numbers([limit.key for limit in instance.order_limits]),
        numbers([budget.key for budget in instance.budgets]),
    )
