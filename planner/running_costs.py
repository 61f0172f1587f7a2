"""What it costs to hold and to run a unit, component by component.

The programme takes the sum over components; the report multiplies each with what ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Workload
from planner.dispatch import Supply, SupplyKind
from planner.economics import MONTHS_PER_YEAR, trended
from planner.forecast.demand import HourlyDemand
from planner.order_costs import Timeline

Floats = NDArray[np.float64]


def workload_of(loaded: Loaded, name: str) -> Workload:
    """The assumptions of a workload of the forecast; reading filled them in for every one."""
    return (loaded.assumptions.workloads or {})[name]


def running_parts(
    demand: HourlyDemand, loaded: Loaded, supplies: Sequence[Supply], effectiveness: Floats, usable: Floats
) -> Iterator[tuple[str, Floats]]:
    """(component, cost[period, workload, supply])  currency per occupied GPU-hour, c_wjp of the formulation.

    electricity: price × PUE × (full − idle power)/gpus × u. on_demand, spot: price in the period / gpus. egress, in the
    cloud: a × GB × price. storage: a × GB × price × months of the period / the workload's work in the period, so that
    it is shared by where the work ran.
    """
    assumptions, calendar = loaded.assumptions, demand.calendar
    shape = (calendar.count, *effectiveness.shape)
    starts = np.arange(calendar.count, dtype=np.float64) * calendar.unit.years
    electricity, on_demand, spot = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    egress_price, storage_price = np.zeros(len(supplies)), np.zeros(len(supplies))
    for j, supply in enumerate(supplies):
        if supply.kind is SupplyKind.SERVER:
            server, site = assumptions.servers[supply.owner], assumptions.sites[supply.place]
            power_kw = (server.power_kw - server.idle_power_kw) / server.gpus
            electricity[:, :, j] = site.electricity_price * site.pue * power_kw * usable[:, j]
            storage_price[j] = site.storage_per_gb_month
            continue
        offer = assumptions.cloud[supply.owner]
        trend = trended(1.0, offer.price_trend_per_year, starts)[:, None] / offer.gpus
        egress_price[j], storage_price[j] = offer.egress_per_gb, offer.storage_per_gb_month
        if supply.kind is SupplyKind.ON_DEMAND and offer.on_demand is not None:
            on_demand[:, :, j] = offer.on_demand * trend
        if supply.kind is SupplyKind.SPOT and offer.spot is not None:
            spot[:, :, j] = offer.spot.price * trend
    yield "electricity", electricity
    yield "on_demand", on_demand
    yield "spot", spot
    workloads = [workload_of(loaded, name) for name in demand.workloads]
    egress_gb = np.array([workload.egress_gb_per_gpu_hour for workload in workloads])
    if egress_gb.any() and egress_price.any():
        yield "egress", np.broadcast_to(effectiveness * egress_gb[:, None] * egress_price, shape)
    stored_gb = np.array([workload.storage_gb for workload in workloads])
    if stored_gb.any() and storage_price.any():
        work = work_by_period(demand)
        paid = np.broadcast_to(stored_gb * MONTHS_PER_YEAR * calendar.unit.years, work.shape)
        per_work = np.divide(paid, work, out=np.zeros_like(work), where=work > 0)
        yield "storage", per_work[:, :, None] * effectiveness * storage_price


def holding_parts(pools: Sequence[Supply], timeline: Timeline, loaded: Loaded) -> Iterator[tuple[str, Floats]]:
    """(component, cost[pool, period])  currency per unit in service, F_kp of the formulation.

    electricity: idle power × PUE × price × hours. hosting: per kW-month × nameplate kW × 12·Y. staff: a person's year
    over the servers that one looks after × Y.
    """
    shape = (len(pools), timeline.periods)
    electricity, hosting, staff = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for k, supply in enumerate(pools):
        if supply.kind is SupplyKind.SERVER:
            server, site = loaded.assumptions.servers[supply.owner], loaded.assumptions.sites[supply.place]
            per_hour = server.idle_power_kw * site.pue * site.electricity_price
            electricity[k] = per_hour * timeline.hours[: timeline.periods]
            hosting[k] = site.hosting_per_kw_month * server.power_kw * MONTHS_PER_YEAR * timeline.years
            if site.staff is not None:
                staff[k] = site.staff.cost_per_person_year / site.staff.servers_per_person * timeline.years
    yield "electricity", electricity
    yield "hosting", hosting
    yield "staff", staff


def work_by_period(demand: HourlyDemand) -> Floats:
    """work[period, workload]  reference GPU-hours of demand."""
    work: Floats = np.add.reduceat(demand.gpus, demand.calendar.first_hour[:-1], axis=0)
    return work
