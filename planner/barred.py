"""Why an option cannot be part of any plan, whatever it costs."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from math import ceil

from planner.assumptions.schema import Location, Workload
from planner.case import Case
from planner.dispatch import Supply, SupplyKind
from planner.prepare import Prepared
from planner.speeds import speed, usable_share
from planner.supplies import all_supplies, lead_and_life

TINY = 1e-9
"""A limit below this is no room at all."""


def unable(prepared: Prepared) -> Iterator[tuple[Supply, str]]:
    """(option, why) of what the programme leaves out because no workload can run on it."""
    for supply in all_supplies(prepared.case.assumptions):
        if supply.runs_work and supply not in prepared.supplies:
            yield supply, f"cannot run any workload: {_for_all_workloads(supply, prepared.case)}"


def _for_all_workloads(supply: Supply, case: Case) -> str:
    """The reason of each workload, equal ones once."""
    names: dict[str, list[str]] = {}
    for name, workload in zip(case.demand.workloads, case.workloads, strict=True):
        names.setdefault(_why_unable(supply, name, workload, case), []).append(name)
    if len(names) == 1:
        return next(iter(names))
    return "; ".join(f"{', '.join(those)} {why}" for why, those in names.items())


def _why_unable(supply: Supply, name: str, workload: Workload, case: Case) -> str:
    """The first thing that forbids it."""
    assumptions, local = case.assumptions, supply.kind is SupplyKind.SERVER
    if workload.location not in (Location.ANY, Location.LOCAL if local else Location.CLOUD):
        return f"must run {'in the cloud' if local else 'on own servers'}"
    if supply.kind is SupplyKind.API:
        allowed = assumptions.apis[supply.owner].workloads
        if allowed is not None and name not in allowed:
            return "is not among the API's workloads"
        return "is not forecast in tokens" if name not in case.demand.tokens else "must run in a region"
    unit = assumptions.servers[supply.owner] if local else assumptions.cloud[supply.owner]
    region = assumptions.sites[supply.place].region if local else assumptions.cloud[supply.owner].region
    if workload.regions is not None and not any(fnmatchcase(region, pattern) for pattern in workload.regions):
        return f"may not run in region '{region}'"
    if supply.kind is SupplyKind.SPOT and not workload.interruptible:
        return "is not interruptible"
    if supply.kind is SupplyKind.SPOT and workload.spot_max_share == 0:
        return "may not run on spot (spot_max_share 0)"
    memory_gb = unit.gpu_memory_gb if unit.gpu_memory_gb is not None else case.loaded.gpus[unit.gpu].memory_gb
    if usable_share(workload.gpu_memory_gb, memory_gb, unit.gpus) == 0:
        needed = ceil(workload.gpu_memory_gb / memory_gb)
        return f"needs {workload.gpu_memory_gb:g} GB, {needed} GPUs of {memory_gb:g} GB: it has {unit.gpus}"
    if speed(workload, unit.gpu, case.demand.mix[name], case.loaded.gpus) == 0:
        return f"has speed 0 on {unit.gpu}, or none is known"
    return "loses all its work there"


def barred(prepared: Prepared, supply: Supply) -> str | None:
    """Why an option that could run something cannot be had in any period; None where it can."""
    instance, k = prepared.instance, prepared.supplies.index(supply)
    for limit in instance.rental_limits:
        taken = k in limit.pools or k in limit.markets
        if taken and limit.max_gpus <= TINY:
            return f"cannot be had: {limit.name} allows no GPU"
    pool = next((draw.pool for draw in instance.draws if draw.supply == k), k if supply.is_pool else None)
    if pool is None:
        return None
    for capacity in instance.capacity_limits:
        if pool in capacity.pools and capacity.limit < capacity.weights[capacity.pools.index(pool)] * (
            1 if instance.whole[pool] else TINY
        ):
            return f"cannot be had: {capacity.name} is {capacity.limit:g} {capacity.unit}"
    for order in instance.order_limits:
        if pool in order.pools and order.most < (1 if instance.whole[pool] else TINY):
            return f"cannot be had: {order.name} is {order.most:g}"
    if (instance.order_max[pool] > 0).any():
        return None
    return _never_ordered(prepared, prepared.pools[pool])


def _never_ordered(prepared: Prepared, supply: Supply) -> str:
    case, periods = prepared.case, prepared.instance.periods
    lead, _ = lead_and_life(supply, case)
    if lead >= periods:
        return f"would arrive after the end: ordered at the start, it takes {lead} of {periods} periods"
    if supply.kind is SupplyKind.SERVER:
        server = case.assumptions.servers[supply.owner]
        if server.sites is not None and supply.place not in server.sites:
            return "cannot be ordered for this site: only what stands there already"
        if server.available_from is not None or server.available_until is not None:
            since, until = (f"{day:%Y-%m-%d}" if day else "" for day in (server.available_from, server.available_until))
            return f"cannot be ordered in time: it is sold {since} … {until} and takes {lead} periods to arrive"
    return "is decided against: at most 0 in every period in which it could be had"
