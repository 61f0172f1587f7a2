"""Limits on what is rented, in service and ordered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from hybrid_lp.instance import CapacityLimit, OrderLimit, RentalLimit
from numpy.typing import NDArray

from planner.assumptions.schema import Decision
from planner.case import Case
from planner.dispatch import Supply, SupplyKind
from planner.problems import InputError, Problem
from planner.supplies import decided_supply, is_whole, lead_and_life

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def rental_limits(supplies: Sequence[Supply], case: Case) -> tuple[RentalLimit, ...]:
    """An offer's max_gpus over on-demand, drawn and reserved; its spot's own; quotas over several offers."""
    limits = []
    for name, offer in case.assumptions.cloud.items():
        if offer.max_gpus is not None:
            limits.append(_quota(name, [name], offer.max_gpus, supplies, case, f"cloud.{name}.max_gpus"))
        if offer.spot is not None and offer.spot.max_gpus is not None:
            markets = tuple(_of(supplies, [name], SupplyKind.SPOT))
            most = offer.spot.max_gpus
            limits.append(RentalLimit(f"{name} spot", markets, (), (), most, f"cloud.{name}.spot.max_gpus"))
    for number, quota in enumerate(case.assumptions.limits.quotas, start=1):
        offers = [
            name for name in case.assumptions.cloud if any(fnmatchcase(name, pattern) for pattern in quota.offers)
        ]
        called, key = f"the quota of {', '.join(quota.offers)}", f"limits.quotas.{number}.max_gpus"
        limits.append(_quota(called, offers, quota.max_gpus, supplies, case, key))
    return tuple(limit for limit in limits if limit.markets or limit.pools)


def _quota(
    name: str, offers: list[str], max_gpus: float, supplies: Sequence[Supply], case: Case, key: str
) -> RentalLimit:
    """At most so many GPUs of some offers: rented on demand, drawn from spend commitments, and reserved."""
    markets = tuple(_of(supplies, offers, SupplyKind.ON_DEMAND, SupplyKind.DRAWN))
    pools = tuple(_of(supplies, offers, SupplyKind.RESERVED))
    per_unit = tuple(float(case.assumptions.cloud[supplies[k].owner].gpus) for k in pools)
    return RentalLimit(name, markets, pools, per_unit, max_gpus, key)


def _of(supplies: Sequence[Supply], offers: list[str], *kinds: SupplyKind) -> Iterator[int]:
    """Indices of the supplies of these kinds that belong to these offers."""
    return (j for j, supply in enumerate(supplies) if supply.kind in kinds and supply.owner in offers)


def order_limits(pools: Sequence[Supply], case: Case) -> tuple[OrderLimit, ...]:
    """A server's max_order_per_period, at all sites together."""
    limits = []
    for name, server in case.assumptions.servers.items():
        members = tuple(k for k, _ in _servers(pools, owner=name))
        if server.max_order_per_period is not None and members:
            called, key = f"max_order_per_period of {name}", f"servers.{name}.max_order_per_period"
            limits.append(OrderLimit(called, members, server.max_order_per_period, key))
    return tuple(limits)


def capacity_limits(pools: Sequence[Supply], case: Case) -> tuple[CapacityLimit, ...]:
    """Power and rack units of each site, servers in service of each model; what is there already counts."""
    assumptions = case.assumptions
    limits = []

    def add(name: str, unit: str, members: list[tuple[int, float]], limit: float | None, key: str) -> None:
        if limit is not None and members:
            indices, weights = zip(*members, strict=True)
            limits.append(CapacityLimit(name, unit, indices, weights, limit, key))

    for site_name, site in assumptions.sites.items():
        here = [(k, assumptions.servers[supply.owner]) for k, supply in _servers(pools, place=site_name)]
        power = [(k, server.power_kw * site.pue) for k, server in here]
        space, key = [(k, server.rack_units) for k, server in here], f"sites.{site_name}"
        add(f"power limit of site {site_name}", "kW", power, site.power_limit_kw, f"{key}.power_limit_kw")
        add(f"rack units of site {site_name}", "U", space, site.rack_units, f"{key}.rack_units")
    for server_name, server in assumptions.servers.items():
        members = [(k, 1.0) for k, _ in _servers(pools, owner=server_name)]
        key = f"servers.{server_name}.max_servers"
        add(f"max_servers of {server_name}", "servers", members, server.max_servers, key)
    return tuple(limits)


def _servers(
    pools: Sequence[Supply], *, owner: str | None = None, place: str | None = None
) -> Iterator[tuple[int, Supply]]:
    """Pools of servers, of one model or at one site."""
    for k, supply in enumerate(pools):
        if supply.kind is SupplyKind.SERVER and owner in (None, supply.owner) and place in (None, supply.place):
            yield k, supply


def order_bounds(pools: Sequence[Supply], case: Case) -> tuple[Floats, Floats]:
    """order_min and order_max[pool, period]: arrival, availability, sites, decisions.

    Raises InputError for decisions whose period is not one of the horizon's, or that cannot be.
    """
    least, most = np.zeros((len(pools), case.timeline.periods)), orders_possible(pools, case)
    most[outside_windows(pools, case) != 0] = 0
    problems = list(_decide(pools, case, least, most))
    if problems:
        raise InputError(problems)
    return least, most


def orders_possible(pools: Sequence[Supply], case: Case) -> Floats:
    """most[pool, period]: 0 where an order would arrive too late or has no site, else infinite; whatever is decided."""
    most = np.full((len(pools), case.timeline.periods), np.inf)
    for k, supply in _servers(pools):
        sites = case.assumptions.servers[supply.owner].sites
        if sites is not None and supply.place not in sites:
            most[k] = 0  # only what stands there already
        lead, _ = lead_and_life(supply, case)
        most[k, max(case.timeline.periods - lead, 0) :] = 0
    return most


def outside_windows(pools: Sequence[Supply], case: Case) -> Integers:
    """distance[pool, period]: how many periods before a server is available (below 0), or after it was; 0 inside."""
    periods = case.timeline.periods
    begins = pd.DatetimeIndex([case.calendar.begins(p) for p in range(periods)])
    number = np.arange(periods)
    distance = np.zeros((len(pools), periods), dtype=np.int64)
    for k, supply in _servers(pools):
        server = case.assumptions.servers[supply.owner]
        if server.available_from is not None:
            early = begins < pd.Timestamp(server.available_from)
            distance[k, early] = (number - early.sum())[early]
        if server.available_until is not None:
            late = begins.normalize() > pd.Timestamp(server.available_until)
            distance[k, late] = (number - (periods - late.sum()) + 1)[late]
    return distance


def decided_cell(decision: Decision, pools: Sequence[Supply], case: Case) -> tuple[int, int] | None:
    """(pool, period) that a decision is about; None where there is no such order."""
    period, supply = case.calendar.index_of(decision.period), decided_supply(decision)
    return None if period is None or supply not in pools else (pools.index(supply), period)


def _decide(pools: Sequence[Supply], case: Case, least: Floats, most: Floats) -> Iterator[Problem]:
    """Narrow the bounds by what is decided; what is wrong with it."""
    calendar, file = case.calendar, case.loaded.file
    for number, decision in enumerate(case.assumptions.decisions, start=1):
        period, supply = calendar.index_of(decision.period), decided_supply(decision)
        place = f"decisions.{number}"
        if period is None:
            expected = f"a period of the horizon, {calendar.labels[0]} … {calendar.labels[-1]}"
            yield Problem(file, f"{place}.period", str(decision.period), expected)
            continue
        if supply not in pools:
            yield Problem(file, place, supply.label, "something that can be ordered")
            continue
        if is_whole(supply, case.assumptions) and not decision.min.is_integer():
            key = "servers" if supply.kind is SupplyKind.SERVER else "cloud"
            part = "whole_servers" if supply.kind is SupplyKind.SERVER else "whole_instances"
            fix = f"or set {key}.{supply.owner}.{part}: false"
            whole = f"a whole number, such as {np.ceil(decision.min):g}"
            yield Problem(file, f"{place}.min", f"{decision.min:g}", whole, fix)
        k = list(pools).index(supply)
        most[k, period] = min(most[k, period], np.inf if decision.max is None else decision.max)
        least[k, period] = max(least[k, period], decision.min)
        possible = min(most[k, period], _most_per_period(supply, case))
        if least[k, period] > possible:
            expected = f"at most {possible:g}, which is what can be ordered then"
            yield Problem(file, f"{place}.min", f"{decision.min:g}", expected)


def _most_per_period(supply: Supply, case: Case) -> float:
    """What may be ordered of a pool's model in one period."""
    most = case.assumptions.servers[supply.owner].max_order_per_period if supply.kind is SupplyKind.SERVER else None
    return np.inf if most is None else most
