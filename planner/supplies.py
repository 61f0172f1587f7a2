"""What there is to run on, which workload can run where, and how much a unit gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.durations import Duration
from planner.assumptions.schema import Assumptions, Decision, Location, Workload
from planner.case import Case
from planner.dispatch import Supply, SupplyKind
from planner.order_costs import Spread, promise_spreads, reservation_spreads, server_spreads
from planner.speeds import speed, usable_share

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MONEY = "money"
"""The place of a spend commitment."""


@dataclass(frozen=True)
class Supplies:
    """What could serve some workload, and what is held or decided whether it serves or not."""

    all: tuple[Supply, ...]
    """The axis `supply`: pools first, one each, then what is rented by the hour."""
    effectiveness: Floats
    """effectiveness[workload, supply]  reference GPU-hours per occupied GPU-hour; 0 where it cannot run."""
    usable_share: Floats
    """usable_share[workload, supply]: GPUs busy per GPU occupied, u."""

    @classmethod
    def of(cls, case: Case) -> Supplies:
        """Everything in the assumptions that is of use or cannot be undone."""
        able = {supply: _able(supply, case) for supply in all_supplies(case.assumptions)}
        kept = {decided_supply(decision) for decision in case.assumptions.decisions}
        kept |= {Supply(SupplyKind.SERVER, entry.server, entry.site) for entry in case.assumptions.fleet}
        kept |= {Supply(SupplyKind.RESERVED, held.offer, held.option) for held in case.assumptions.held_commitments}
        kept |= {supply for supply, (effective, _) in able.items() if any(effective)}
        kept |= {
            Supply(SupplyKind.SPEND_COMMITMENT, supply.place, MONEY)
            for supply in kept
            if supply.kind is SupplyKind.DRAWN
        }
        supplies = tuple(supply for supply in able if supply in kept)
        shape = (len(supplies), len(case.demand.workloads))
        effective = np.array([able[supply][0] for supply in supplies], dtype=np.float64).reshape(shape)
        usable = np.array([able[supply][1] for supply in supplies], dtype=np.float64).reshape(shape)
        return cls(supplies, effective.T, usable.T)

    @property
    def pools(self) -> tuple[Supply, ...]:
        """The axis `pool`: supply k is pool k."""
        return tuple(supply for supply in self.all if supply.is_pool)


def all_supplies(assumptions: Assumptions) -> list[Supply]:
    """Servers at sites, reserved options, spend commitments; on-demand and spot; what commitments pay for; APIs."""
    standing = {(entry.server, entry.site) for entry in assumptions.fleet}
    supplies = [
        Supply(SupplyKind.SERVER, name, site)
        for name, server in assumptions.servers.items()
        for site in assumptions.sites
        if server.sites is None or site in server.sites or (name, site) in standing
    ]
    for name, offer in assumptions.cloud.items():
        supplies += [Supply(SupplyKind.RESERVED, name, option) for option in offer.reserved]
    supplies += [Supply(SupplyKind.SPEND_COMMITMENT, name, MONEY) for name in assumptions.spend_commitments]
    for name, offer in assumptions.cloud.items():
        supplies += [Supply(SupplyKind.ON_DEMAND, name, "on_demand")] if offer.on_demand is not None else []
        supplies += [Supply(SupplyKind.SPOT, name, "spot")] if offer.spot is not None else []
    for name, promised in assumptions.spend_commitments.items():
        supplies += [Supply(SupplyKind.DRAWN, offer, name) for offer in promised.rates]
    return supplies + [Supply(SupplyKind.API, name, "api") for name in assumptions.apis]


def decided_supply(decision: Decision) -> Supply:
    """What a decision is about."""
    if decision.server is not None:
        return Supply(SupplyKind.SERVER, decision.server, decision.site or "")
    if decision.spend_commitment is not None:
        return Supply(SupplyKind.SPEND_COMMITMENT, decision.spend_commitment, MONEY)
    return Supply(SupplyKind.RESERVED, decision.offer or "", decision.option or "")


def _able(supply: Supply, case: Case) -> tuple[list[float], list[float]]:
    """Per workload: reference GPU-hours per occupied GPU-hour (0 where it cannot run), and u."""
    if supply.kind is SupplyKind.SPEND_COMMITMENT:
        nothing = [0.0] * len(case.workloads)
        return nothing, nothing
    if supply.kind is SupplyKind.API:
        effective = [1.0 if _may_call(supply.owner, name, case) else 0.0 for name in case.demand.workloads]
        return effective, [1.0] * len(effective)
    assumptions = case.assumptions
    local = supply.kind is SupplyKind.SERVER
    unit = assumptions.servers[supply.owner] if local else assumptions.cloud[supply.owner]
    region = assumptions.sites[supply.place].region if local else assumptions.cloud[supply.owner].region
    memory_gb = unit.gpu_memory_gb if unit.gpu_memory_gb is not None else case.loaded.gpus[unit.gpu].memory_gb
    spot = assumptions.cloud[supply.owner].spot if supply.kind is SupplyKind.SPOT else None
    kept = 1.0 if spot is None else 1.0 - spot.lost_work
    effective, usable = [], []
    for name, workload in zip(case.demand.workloads, case.workloads, strict=True):
        share = usable_share(workload.gpu_memory_gb, memory_gb, unit.gpus)
        allowed = _allowed(workload, Location.LOCAL if local else Location.CLOUD, region) and (
            spot is None or (workload.interruptible and workload.spot_max_share > 0)
        )
        delivered = speed(workload, unit.gpu, case.demand.mix[name], case.loaded.gpus) if allowed else 0.0
        effective.append(delivered * share * kept)
        usable.append(share)
    return effective, usable


def _allowed(workload: Workload, location: Location, region: str) -> bool:
    """May the workload run at such a place?"""
    return workload.location in (Location.ANY, location) and (
        workload.regions is None or any(fnmatchcase(region, pattern) for pattern in workload.regions)
    )


def _may_call(api: str, name: str, case: Case) -> bool:
    """Can an API do this workload? Only what is forecast in tokens; an API has no region."""
    allowed = case.assumptions.apis[api].workloads
    workload = (case.assumptions.workloads or {})[name]
    listed = allowed is None or name in allowed
    return listed and name in case.demand.tokens and _allowed(workload, Location.CLOUD, "")


def gpus_per_unit(supply: Supply, assumptions: Assumptions) -> int:
    """GPUs of one server, or of one instance."""
    return (assumptions.servers if supply.kind is SupplyKind.SERVER else assumptions.cloud)[supply.owner].gpus


def usable_gpus(supply: Supply, assumptions: Assumptions) -> float:
    """n_k: GPUs of a unit in service that work may occupy; of a spend commitment, money per hour that may be drawn."""
    if supply.kind is SupplyKind.SPEND_COMMITMENT:
        return 1.0
    if supply.kind is SupplyKind.RESERVED:
        return float(assumptions.cloud[supply.owner].gpus)
    server, site = assumptions.servers[supply.owner], assumptions.sites[supply.place]
    return server.gpus * server.availability * (1 - site.headroom)


def is_whole(supply: Supply, assumptions: Assumptions) -> bool:
    """Are orders of a pool whole numbers? Money is not."""
    match supply.kind:
        case SupplyKind.SERVER:
            return assumptions.servers[supply.owner].whole_servers
        case SupplyKind.RESERVED:
            return assumptions.cloud[supply.owner].whole_instances
    return False


def lead_and_life(supply: Supply, case: Case) -> tuple[int, int]:
    """Lead time, and lifetime or term, in periods; reading made sure that they are whole."""
    assumptions = case.assumptions
    if supply.kind is SupplyKind.SERVER:
        server = assumptions.servers[supply.owner]
        return _periods(server.lead_time, case), _periods(server.lifetime, case)
    if supply.kind is SupplyKind.SPEND_COMMITMENT:
        return 0, _periods(assumptions.spend_commitments[supply.owner].term, case)
    return 0, _periods(assumptions.cloud[supply.owner].reserved[supply.place].term, case)


def _periods(duration: Duration, case: Case) -> int:
    return int(duration.periods(case.calendar.unit))


def spreads_of(supply: Supply, case: Case, leave: int | Integers | None = None) -> list[Spread]:
    """The money tied to one order of a pool. leave: as `server_spreads` has it; None where nothing is sold early."""
    lead, life = lead_and_life(supply, case)
    if supply.kind is SupplyKind.SERVER:
        server, price = case.assumptions.servers[supply.owner], case.servers[supply.owner]
        return server_spreads(server, price, case.timeline, lead, life, leave)
    support = case.provider(supply).support_share
    if supply.kind is SupplyKind.SPEND_COMMITMENT:
        return promise_spreads(case.timeline, life, support)
    prices = case.offers[supply.owner]
    return reservation_spreads(prices.upfront[supply.place], prices.hourly[supply.place], case.timeline, life, support)


def draw_rate(supply: Supply, case: Case) -> float:
    """Money per hour that a GPU drawn from a spend commitment takes, after the provider's discount."""
    promised = case.assumptions.spend_commitments[supply.place]
    offer, provider = case.assumptions.cloud[supply.owner], case.provider(supply)
    return promised.rates[supply.owner] * (1 - provider.discount) / offer.gpus


def sites_of(supplies: Sequence[Supply]) -> list[str]:
    """The sites where servers stand or may stand."""
    return list(dict.fromkeys(supply.place for supply in supplies if supply.kind is SupplyKind.SERVER))


def at_site(pools: Sequence[Supply], site: str) -> tuple[int, ...]:
    """The pools of servers at a site."""
    return tuple(k for k, supply in enumerate(pools) if supply.kind is SupplyKind.SERVER and supply.place == site)
