"""Every cost as quantity × unit price, by what it is paid for; and what an hour of use of each supply costs."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
from hybrid_lp.holdings import Fractions, Holdings, in_service
from numpy.typing import NDArray

from planner.breakdown import pool_costs
from planner.cash_flows import pool_flows, site_flows
from planner.components import Component
from planner.dispatch import Dispatch, SupplyKind
from planner.economics import HOURS_PER_YEAR
from planner.order_costs import Flow
from planner.prepare import Prepared
from planner.report_columns import DETAIL_COLUMNS, SCREENING_COLUMNS
from planner.schedule import frame
from planner.totals import Totals

Floats = NDArray[np.float64]

_UNITS = {
    Component.SERVERS: "servers",
    Component.INSTALLATION: "servers",
    Component.RESALE: "servers",
    Component.MAINTENANCE: "server-years",
    Component.RESERVED_UPFRONT: "instances",
    Component.RESERVED_HOURLY: "instance-hours",
    Component.SPEND_COMMITMENT: "currency promised",
    Component.SETUP: "sites",
}
"""What a flow's quantity counts. Everything else of a pool is per server-hour in service."""
_GPU_HOURS = "GPU-hours"


class _Lines:
    """Quantities and amounts by component, supply and unit."""

    def __init__(self) -> None:
        self._lines: defaultdict[tuple[Component, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    def add(self, supply: str, unit: str, flow: Flow) -> None:
        """Add to the line."""
        line = self._lines[flow.component, supply, unit]
        line[0] += flow.quantity
        line[1] += flow.amount
        line[2] += flow.discounted

    def frame(self) -> pd.DataFrame:
        """columns component, supply, quantity, unit, unit_price, amount, discounted; without lines of nothing."""
        rows: list[tuple[object, ...]] = [
            (component.value, supply, quantity, unit, amount / quantity if quantity else None, amount, discounted)
            for (component, supply, unit), (quantity, amount, discounted) in self._lines.items()
            if amount
        ]
        return frame(rows, **DETAIL_COLUMNS)


def cost_details(
    prepared: Prepared, holdings: Holdings, dispatch: Dispatch, totals: Totals, fractions: Fractions
) -> pd.DataFrame:
    """The plan's cost lines over the horizon as quantity × average unit price = amount, by component and supply.

    Their amounts sum to those of the table `costs`, component by component. Support is a share of other lines: its
    quantity is what it is the share of.
    """
    lines, middle = _Lines(), prepared.timeline.discount_middle[: prepared.timeline.periods]
    for k, flow in pool_flows(prepared, holdings):
        lines.add(prepared.pools[k].label, _unit_of(flow, prepared.pools[k].kind), flow)
    for pools, flow in site_flows(prepared, holdings, fractions):
        unit = _UNITS.get(flow.component, "person-years")
        lines.add(prepared.pools[pools[0]].place, unit, flow)
    hours = totals.gpu_hours.sum(axis=1)
    for component, cost in totals.costs():
        paid = cost.sum(axis=1)
        for j in np.flatnonzero(paid.any(axis=0)):
            ran = float(hours[paid[:, j] != 0, j].sum())
            flow = Flow(component, 0, float(paid[:, j].sum()), float(paid[:, j] @ middle), ran)
            lines.add(dispatch.supplies[j].label, _GPU_HOURS, flow)
    penalty = prepared.instance.unserved_penalty
    for w in np.flatnonzero(np.isfinite(penalty) & totals.unserved.any(axis=0)):
        left, price = totals.unserved[:, w], float(penalty[w])
        flow = Flow(Component.UNSERVED, 0, float(left.sum()) * price, float(left @ middle) * price, float(left.sum()))
        lines.add(prepared.case.demand.workloads[w], "reference GPU-hours", flow)
    return lines.frame()


def _unit_of(flow: Flow, kind: SupplyKind) -> str:
    if flow.component is Component.SUPPORT:
        return "currency promised" if kind is SupplyKind.SPEND_COMMITMENT else "instances and instance-hours"
    return _UNITS.get(flow.component, "server-hours in service")


def screening(prepared: Prepared) -> pd.DataFrame:
    """What a reference GPU of each supply costs to hold for a year, and per hour of use: undiscounted.

    columns workload, name, kind, fixed_per_gpu_year, per_gpu_hour; for the workload with the most demand, in its
    reference GPUs. A pool is ordered once, as early as it can be, and all that the order costs inside the horizon is
    spread over the hours that it serves there; what is drawn from a spend commitment holds its part of that. Supplies
    that cannot run the workload, or be had, have no row.
    """
    instance, case = prepared.instance, prepared.case
    w = int(instance.demand.sum(axis=0).argmax())
    drawn_from = {draw.supply: (draw.pool, draw.rate) for draw in instance.draws}
    rows: list[tuple[object, ...]] = []
    for k, supply in enumerate(prepared.supplies):
        work = float(instance.effectiveness[w, k])
        if work <= 0:
            continue
        pool, units_per_gpu = drawn_from.get(k, (k, 1.0))
        held = _yearly(prepared, pool) if supply.is_pool or k in drawn_from else 0.0
        if held is None:
            continue
        fixed, running = held * units_per_gpu / work, float(instance.running_cost[:, w, k].mean()) / work
        rows.append((case.demand.workloads[w], supply.label, supply.kind.value, fixed, running))
    return frame(rows, **SCREENING_COLUMNS)


def _yearly(prepared: Prepared, k: int) -> float | None:
    """What a usable unit of pool k, a GPU or money an hour, costs a year, beside what is held already.

    Ordered once, as early as possible; None where it cannot be ordered.
    """
    instance = prepared.instance
    possible = np.flatnonzero(instance.order_max[k] > 0)
    if len(possible) == 0:
        return None
    orders = np.zeros((instance.pools, instance.periods))
    orders[k, possible[0]] = 1.0
    holdings, nothing = Holdings(orders), Holdings.none(instance)
    served = in_service(instance, holdings)[k] - in_service(instance, nothing)[k]
    gpu_hours = float(served @ prepared.case.hours) * float(instance.usable_gpus[k])
    more, there = (pool_costs(prepared, which, Fractions.ALL)[k] for which in (holdings, nothing))
    return float(more - there) / gpu_hours * HOURS_PER_YEAR if gpu_hours > 0 else 0.0
