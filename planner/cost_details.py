"""Every cost as quantity × unit price, by what it is paid for; and what an hour of use of each supply costs."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.breakdown import pool_costs
from planner.dispatch import Dispatch, SupplyKind
from planner.economics import HOURS_PER_YEAR
from planner.forecast.demand import HourlyDemand
from planner.order_costs import Spread
from planner.prepare import Prepared, spreads_of
from planner.report_columns import DETAIL_COLUMNS, SCREENING_COLUMNS
from planner.running_costs import holding_parts, running_parts, work_by_period
from planner.schedule import Totals, frame, made_orders

Floats = NDArray[np.float64]


class Quantity(StrEnum):
    """What is counted in a line of the details."""

    SERVERS = "servers"
    SERVER_YEARS = "server-years"
    SERVER_HOURS = "server-hours in service"
    INSTANCES = "instances"
    INSTANCE_HOURS = "instance-hours"
    GPU_HOURS = "GPU-hours"
    REFERENCE_GPU_HOURS = "reference GPU-hours"


class _Lines:
    """Quantities and amounts by component, supply and unit."""

    def __init__(self) -> None:
        self._lines: defaultdict[tuple[str, str, Quantity], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    def add(
        self, component: str, supply: str, unit: Quantity, quantity: float, amount: float, discounted: float
    ) -> None:
        """Add to the line."""
        line = self._lines[component, supply, unit]
        line[0] += quantity
        line[1] += amount
        line[2] += discounted

    def frame(self) -> pd.DataFrame:
        """columns component, supply, quantity, unit, unit_price, amount, discounted; without lines of nothing."""
        rows: list[tuple[object, ...]] = [
            (component, supply, quantity, unit.value, amount / quantity if quantity else None, amount, discounted)
            for (component, supply, unit), (quantity, amount, discounted) in self._lines.items()
            if amount
        ]
        return frame(rows, **DETAIL_COLUMNS)


def cost_details(
    prepared: Prepared, demand: HourlyDemand, loaded: Loaded, orders: Floats, dispatch: Dispatch, totals: Totals
) -> pd.DataFrame:
    """The plan's cost lines over the horizon as quantity × average unit price = amount, by component and supply.

    Their amounts sum to those of the table `costs`, component by component.
    """
    lines, timeline = _Lines(), prepared.timeline
    for kind in (SupplyKind.SERVER, SupplyKind.RESERVED):
        for p, _, supply, count in made_orders(prepared, orders, kind):
            for spread in spreads_of(supply, timeline, loaded):
                unit = _unit_of(spread, kind)
                for q, amount, discounted in spread.flows(p):
                    quantity = count * float(spread.measure[q])
                    lines.add(spread.component, supply.label, unit, quantity, count * amount, count * discounted)
    capacity, middle = prepared.instance.capacity(orders), timeline.discount_middle[: timeline.periods]
    held = capacity @ timeline.hours[: timeline.periods]
    for component, cost in holding_parts(prepared.pools, timeline, loaded):
        paid = cost * capacity
        for k in np.flatnonzero(paid.any(axis=1)):
            flows = (float(held[k]), float(paid[k].sum()), float(paid[k] @ middle))
            lines.add(component, prepared.pools[k].label, Quantity.SERVER_HOURS, *flows)
    index = [prepared.supplies.index(supply) for supply in dispatch.supplies]
    effectiveness, usable = prepared.instance.effectiveness[:, index], prepared.usable_share[:, index]
    hours = totals.gpu_hours.sum(axis=(0, 1))
    for component, cost in running_parts(demand, loaded, dispatch.supplies, effectiveness, usable):
        paid = (cost * totals.gpu_hours).sum(axis=1)
        for j in np.flatnonzero(paid.any(axis=0)):
            flows = (float(hours[j]), float(paid[:, j].sum()), float(paid[:, j] @ middle))
            lines.add(component, dispatch.supplies[j].label, Quantity.GPU_HOURS, *flows)
    penalty = prepared.instance.unserved_penalty
    for w in np.flatnonzero(np.isfinite(penalty) & totals.unserved.any(axis=0)):
        left = totals.unserved[:, w]
        flows = (float(left.sum()), float(left.sum() * penalty[w]), float(left @ middle * penalty[w]))
        lines.add("unserved", demand.workloads[w], Quantity.REFERENCE_GPU_HOURS, *flows)
    return lines.frame()


def _unit_of(spread: Spread, kind: SupplyKind) -> Quantity:
    """What a flow tied to an order is counted in: its measure is 1, years or hours."""
    match spread.component:
        case "maintenance":
            return Quantity.SERVER_YEARS
        case "reserved_hourly":
            return Quantity.INSTANCE_HOURS
    return Quantity.SERVERS if kind is SupplyKind.SERVER else Quantity.INSTANCES


def screening(prepared: Prepared, demand: HourlyDemand, loaded: Loaded) -> pd.DataFrame:
    """What a reference GPU of each supply costs to hold for a year, and per hour of use: undiscounted.

    columns workload, name, kind, fixed_per_gpu_year, per_gpu_hour; for the workload with the most demand, in its
    reference GPUs. A pool is ordered once, as early as it can be, and all that the order costs inside the horizon is
    spread over the hours that it serves there. Supplies that cannot run the workload, or be had, have no row.
    """
    instance, timeline = prepared.instance, prepared.timeline
    w = int(work_by_period(demand).sum(axis=0).argmax())
    rows: list[tuple[object, ...]] = []
    for k, supply in enumerate(prepared.supplies):
        work = float(instance.effectiveness[w, k])
        if work <= 0:
            continue
        fixed = 0.0
        if supply.is_pool:
            possible = np.flatnonzero(instance.order_max[k] > 0)
            if len(possible) == 0:
                continue
            order = np.zeros((instance.pools, instance.periods))
            order[k, possible[0]] = 1.0
            held = instance.capacity(order)[k] @ timeline.hours[: timeline.periods]
            gpu_hours = float(held) * float(instance.usable_gpus[k])
            if gpu_hours <= 0:
                continue
            fixed = float(pool_costs(prepared, loaded, order)[k]) / gpu_hours * HOURS_PER_YEAR / work
        running = float(instance.running_cost[:, w, k].mean()) / work
        rows.append((demand.workloads[w], supply.label, supply.kind.value, fixed, running))
    return frame(rows, **SCREENING_COLUMNS)
