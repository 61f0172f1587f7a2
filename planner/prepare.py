"""Forecast + assumptions → the programme's instance: eligibility, prices over time, what an order costs."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from hybrid_lp.instance import CapacityLimit, Instance, OrderLimit, RentalLimit
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Decision, Location
from planner.dispatch import Supply, SupplyKind
from planner.forecast.demand import HourlyDemand
from planner.order_costs import Spread, Timeline, reservation_spreads, server_spreads
from planner.periods import Calendar
from planner.problems import InputError, Problem
from planner.running_costs import holding_parts, running_parts, workload_of
from planner.speeds import speed, usable_share

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """The instance, and what its indices mean."""

    instance: Instance
    """One supply per pool, pools first: supply k is pool k."""
    supplies: tuple[Supply, ...]
    """The axis `supply`."""
    usable_share: Floats
    """usable_share[workload, supply]: GPUs busy per GPU occupied, u."""
    timeline: Timeline

    @property
    def pools(self) -> tuple[Supply, ...]:
        """The axis `pool`."""
        return tuple(supply for supply in self.supplies if supply.is_pool)


def prepare(demand: HourlyDemand, loaded: Loaded) -> Prepared:
    """Make the instance. Raises InputError for decisions whose period is not one of the horizon's."""
    timeline = Timeline.of(demand.calendar, loaded.assumptions)
    able = {supply: _able(supply, demand, loaded) for supply in _all_supplies(loaded)}
    decided = {_decided(decision) for decision in loaded.assumptions.decisions}
    supplies = tuple(supply for supply, (effective, _) in able.items() if any(effective) or supply in decided)
    effectiveness = np.array([able[supply][0] for supply in supplies]).reshape(len(supplies), len(demand.workloads)).T
    usable = np.array([able[supply][1] for supply in supplies]).reshape(len(supplies), len(demand.workloads)).T
    pools = [supply for supply in supplies if supply.is_pool]
    lives = [lead_and_life(supply, timeline.calendar, loaded) for supply in pools]
    shape = (len(pools), demand.calendar.count)
    order_min, order_max = _order_bounds(pools, timeline, loaded)
    assumptions = loaded.assumptions
    workloads = [workload_of(loaded, name) for name in demand.workloads]
    instance = Instance(
        first_hour=demand.calendar.first_hour,
        discount_middle=timeline.discount_middle[: timeline.periods],
        demand=demand.gpus,
        unserved_penalty=np.array(
            [np.inf if workload.unserved_penalty is None else workload.unserved_penalty for workload in workloads]
        ),
        spot_max_share=np.array([workload.spot_max_share for workload in workloads], dtype=np.float64),
        effectiveness=effectiveness,
        running_cost=sum(
            (cost for _, cost in running_parts(demand, loaded, supplies, effectiveness, usable)),
            start=np.zeros((demand.calendar.count, *effectiveness.shape)),
        ),
        is_spot=np.array([supply.kind is SupplyKind.SPOT for supply in supplies], dtype=np.bool_),
        offered=np.ones((demand.calendar.count, len(supplies)), dtype=np.bool_),
        pool_supply=np.arange(len(pools), dtype=np.int64),
        usable_gpus=np.array([_usable_gpus(supply, loaded) for supply in pools], dtype=np.float64),
        order_cost=np.array(
            [sum(spread.total for spread in spreads_of(supply, timeline, loaded)) for supply in pools]
        ).reshape(shape),
        holding_cost=sum((cost for _, cost in holding_parts(pools, timeline, loaded)), start=np.zeros(shape)),
        lead_periods=np.array([lead for lead, _ in lives], dtype=np.int64),
        life_periods=np.array([life for _, life in lives], dtype=np.int64),
        whole=np.array(
            [
                assumptions.servers[supply.owner].whole_servers
                if supply.kind is SupplyKind.SERVER
                else assumptions.cloud[supply.owner].whole_instances
                for supply in pools
            ],
            dtype=np.bool_,
        ),
        order_min=order_min,
        order_max=order_max,
        rental_limits=_rental_limits(supplies, loaded),
        capacity_limits=_capacity_limits(pools, loaded),
        order_limits=_order_limits(pools, loaded),
    )
    return Prepared(instance, supplies, usable, timeline)


def _all_supplies(loaded: Loaded) -> list[Supply]:
    """Everything that could serve: servers at sites, reserved options, then what is rented by the hour."""
    assumptions = loaded.assumptions
    supplies = [
        Supply(SupplyKind.SERVER, name, site)
        for name, server in assumptions.servers.items()
        for site in assumptions.sites
        if server.sites is None or site in server.sites
    ]
    for name, offer in assumptions.cloud.items():
        supplies += [Supply(SupplyKind.RESERVED, name, option) for option in offer.reserved]
    for name, offer in assumptions.cloud.items():
        supplies += [Supply(SupplyKind.ON_DEMAND, name, "on_demand")] if offer.on_demand is not None else []
        supplies += [Supply(SupplyKind.SPOT, name, "spot")] if offer.spot is not None else []
    return supplies


def _able(supply: Supply, demand: HourlyDemand, loaded: Loaded) -> tuple[list[float], list[float]]:
    """Per workload: reference GPU-hours per occupied GPU-hour (0 where it cannot run), and u."""
    assumptions = loaded.assumptions
    local = supply.kind is SupplyKind.SERVER
    unit = assumptions.servers[supply.owner] if local else assumptions.cloud[supply.owner]
    region = assumptions.sites[supply.place].region if local else assumptions.cloud[supply.owner].region
    memory_gb = unit.gpu_memory_gb if unit.gpu_memory_gb is not None else loaded.gpus[unit.gpu].memory_gb
    spot = assumptions.cloud[supply.owner].spot if supply.kind is SupplyKind.SPOT else None
    kept = 1.0 if spot is None else 1.0 - spot.lost_work
    effective, usable = [], []
    for name in demand.workloads:
        workload = workload_of(loaded, name)
        share = usable_share(workload.gpu_memory_gb, memory_gb, unit.gpus)
        allowed = (
            workload.location in (Location.ANY, Location.LOCAL if local else Location.CLOUD)
            and (workload.regions is None or any(fnmatchcase(region, pattern) for pattern in workload.regions))
            and (spot is None or (workload.interruptible and workload.spot_max_share > 0))
        )
        delivered = speed(workload, unit.gpu, demand.mix[name], loaded.gpus) if allowed else 0.0
        effective.append(delivered * share * kept)
        usable.append(share)
    return effective, usable


def _usable_gpus(supply: Supply, loaded: Loaded) -> float:
    """n_k: GPUs of a unit in service that work may occupy."""
    if supply.kind is SupplyKind.RESERVED:
        return float(loaded.assumptions.cloud[supply.owner].gpus)
    server, site = loaded.assumptions.servers[supply.owner], loaded.assumptions.sites[supply.place]
    return server.gpus * server.availability * (1 - site.headroom)


def spreads_of(supply: Supply, timeline: Timeline, loaded: Loaded) -> list[Spread]:
    """The money tied to one order of a pool."""
    lead, life = lead_and_life(supply, timeline.calendar, loaded)
    if supply.kind is SupplyKind.SERVER:
        return server_spreads(loaded.assumptions.servers[supply.owner], timeline, lead, life)
    offer = loaded.assumptions.cloud[supply.owner]
    return reservation_spreads(offer.reserved[supply.place], offer.price_trend_per_year, timeline, life)


def lead_and_life(supply: Supply, calendar: Calendar, loaded: Loaded) -> tuple[int, int]:
    """Lead time, and lifetime or term, in periods; reading made sure that they are whole."""
    if supply.kind is SupplyKind.SERVER:
        server = loaded.assumptions.servers[supply.owner]
        return int(server.lead_time.periods(calendar.unit)), int(server.lifetime.periods(calendar.unit))
    return 0, int(loaded.assumptions.cloud[supply.owner].reserved[supply.place].term.periods(calendar.unit))


def _order_bounds(pools: list[Supply], timeline: Timeline, loaded: Loaded) -> tuple[Floats, Floats]:
    """order_min and order_max[pool, period]: arrival, availability, decisions."""
    calendar = timeline.calendar
    least = np.zeros((len(pools), timeline.periods))
    most = np.full_like(least, np.inf)
    begins = pd.DatetimeIndex([calendar.begins(p) for p in range(timeline.periods)])
    for k, supply in enumerate(pools):
        if supply.kind is not SupplyKind.SERVER:
            continue
        server = loaded.assumptions.servers[supply.owner]
        if server.available_from is not None:
            most[k, begins < pd.Timestamp(server.available_from)] = 0
        if server.available_until is not None:
            most[k, begins.normalize() > pd.Timestamp(server.available_until)] = 0
        lead = int(server.lead_time.periods(calendar.unit))
        most[k, max(timeline.periods - lead, 0) :] = 0
    problems = []
    for number, decision in enumerate(loaded.assumptions.decisions, start=1):
        period, supply = calendar.index_of(decision.period), _decided(decision)
        place = f"decisions.{number}"
        if period is None:
            expected = f"a period of the horizon, {calendar.labels[0]} … {calendar.labels[-1]}"
            problems.append(Problem(loaded.file, f"{place}.period", str(decision.period), expected))
            continue
        if supply not in pools:
            problems.append(Problem(loaded.file, place, supply.label, "something that can be ordered"))
            continue
        k = pools.index(supply)
        most[k, period] = min(most[k, period], np.inf if decision.max is None else decision.max)
        least[k, period] = max(least[k, period], decision.min)
        possible = min(most[k, period], _most_per_period(supply, loaded))
        if least[k, period] > possible:
            expected = f"at most {possible:g}, which is what can be ordered then"
            problems.append(Problem(loaded.file, f"{place}.min", f"{decision.min:g}", expected))
    if problems:
        raise InputError(problems)
    return least, most


def _most_per_period(supply: Supply, loaded: Loaded) -> float:
    """What may be ordered of a pool's model in one period."""
    if supply.kind is not SupplyKind.SERVER:
        return np.inf
    most = loaded.assumptions.servers[supply.owner].max_order_per_period
    return np.inf if most is None else most


def _decided(decision: Decision) -> Supply:
    """What a decision is about."""
    if decision.server is not None:
        return Supply(SupplyKind.SERVER, decision.server, decision.site or "")
    return Supply(SupplyKind.RESERVED, decision.offer or "", decision.option or "")


def _rental_limits(supplies: tuple[Supply, ...], loaded: Loaded) -> tuple[RentalLimit, ...]:
    """An offer's max_gpus over on-demand and reserved, and its spot's own."""
    limits = []
    for name, offer in loaded.assumptions.cloud.items():
        own = [(j, supply) for j, supply in enumerate(supplies) if supply.owner == name and supply.kind != "server"]
        if offer.max_gpus is not None:
            markets = tuple(j for j, supply in own if supply.kind is SupplyKind.ON_DEMAND)
            pools = tuple(j for j, supply in own if supply.kind is SupplyKind.RESERVED)
            limits.append(RentalLimit(name, markets, pools, (float(offer.gpus),) * len(pools), offer.max_gpus))
        if offer.spot is not None and offer.spot.max_gpus is not None:
            markets = tuple(j for j, supply in own if supply.kind is SupplyKind.SPOT)
            limits.append(RentalLimit(f"{name} spot", markets, (), (), offer.spot.max_gpus))
    return tuple(limit for limit in limits if limit.markets or limit.pools)


def _order_limits(pools: list[Supply], loaded: Loaded) -> tuple[OrderLimit, ...]:
    """A server's max_order_per_period, at all sites together."""
    limits = []
    for name, server in loaded.assumptions.servers.items():
        members = tuple(
            k for k, supply in enumerate(pools) if supply.kind is SupplyKind.SERVER and supply.owner == name
        )
        if server.max_order_per_period is not None and members:
            limits.append(OrderLimit(f"max_order_per_period of {name}", members, server.max_order_per_period))
    return tuple(limits)


def _capacity_limits(pools: list[Supply], loaded: Loaded) -> tuple[CapacityLimit, ...]:
    """Power and rack units of each site, servers in service of each model."""
    assumptions = loaded.assumptions
    owned = [(k, supply) for k, supply in enumerate(pools) if supply.kind is SupplyKind.SERVER]
    limits = []

    def add(name: str, unit: str, members: list[tuple[int, float]], limit: float | None) -> None:
        if limit is not None and members:
            indices, weights = zip(*members, strict=True)
            limits.append(CapacityLimit(name, unit, indices, weights, limit))

    for site_name, site in assumptions.sites.items():
        here = [(k, assumptions.servers[supply.owner]) for k, supply in owned if supply.place == site_name]
        power = [(k, server.power_kw * site.pue) for k, server in here]
        add(f"power limit of site {site_name}", "kW", power, site.power_limit_kw)
        add(f"rack units of site {site_name}", "U", [(k, server.rack_units) for k, server in here], site.rack_units)
    for server_name, server in assumptions.servers.items():
        members = [(k, 1.0) for k, supply in owned if supply.owner == server_name]
        add(f"max_servers of {server_name}", "servers", members, server.max_servers)
    return tuple(limits)
