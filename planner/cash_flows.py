"""What ordering, holding and selling brings, flow by flow: everything but what runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hybrid_lp.holdings import Fractions, Holdings, in_service, openings, people_needed
from numpy.typing import NDArray

from planner.components import Component
from planner.economics import resale_share
from planner.order_costs import Flow
from planner.prepare import Prepared
from planner.running_costs import holding_parts
from planner.supplies import lead_and_life, spreads_of

Floats = NDArray[np.float64]


def pool_flows(prepared: Prepared, holdings: Holdings) -> Iterator[tuple[int, Flow]]:
    """(pool, flow) of everything tied to units: ordered, held before the plan, in service, sold."""
    yield from _order_flows(prepared, holdings)
    yield from held_flows(prepared, holdings)
    timeline, capacity = prepared.timeline, in_service(prepared.instance, holdings)
    for component, cost in holding_parts(prepared.case, prepared.pools):
        paid = cost * capacity
        for k, p in zip(*np.nonzero(paid), strict=True):
            amount = float(paid[k, p])
            unit_hours = float(capacity[k, p] * timeline.hours[p])
            yield int(k), Flow(component, int(p), amount, amount * float(timeline.discount_middle[p]), unit_hours)


def _order_flows(prepared: Prepared, holdings: Holdings) -> Iterator[tuple[int, Flow]]:
    kept = holdings.orders.copy()
    for (k, p, leave), units in holdings.sold.items():
        kept[k, p] -= units
        for spread in spreads_of(prepared.pools[k], prepared.case, leave):
            yield from ((k, _times(units, flow)) for flow in spread.flows(p))
    for pool in np.flatnonzero(kept.any(axis=1)).tolist():
        spreads = spreads_of(prepared.pools[pool], prepared.case)
        for ordered in np.flatnonzero(kept[pool]).tolist():
            for spread in spreads:
                yield from ((pool, _times(float(kept[pool, ordered]), flow)) for flow in spread.flows(ordered))


def held_flows(prepared: Prepared, holdings: Holdings) -> Iterator[tuple[int, Flow]]:
    """(pool, flow) of the units held before the plan, but for what every unit in service costs."""
    kept = [units.units for units in prepared.held]
    for (number, leave), count in holdings.sold_held.items():
        units = prepared.held[number]
        kept[number] -= count
        pool = prepared.pools.index(units.supply)
        yield from ((pool, _times(count, flow)) for flow in units.flows(prepared.timeline, leave))
    for units, count in zip(prepared.held, kept, strict=True):
        pool = prepared.pools.index(units.supply)
        yield from ((pool, _times(count, flow)) for flow in units.flows(prepared.timeline))


def site_flows(prepared: Prepared, holdings: Holdings, fractions: Fractions) -> Iterator[tuple[tuple[int, ...], Flow]]:
    """(pools at the site, flow) of what a site takes as a whole: set-up, whole people."""
    instance, sites = prepared.instance, prepared.case.assumptions.sites
    for opening, opened in zip(instance.openings, openings(instance, holdings.orders, fractions), strict=True):
        for p in np.flatnonzero(opened):
            amount, discounted = sites[opening.name].setup_cost, float(opening.cost[p])
            yield opening.pools, _times(float(opened[p]), Flow(Component.SETUP, int(p), amount, discounted))
    capacity = in_service(instance, holdings)
    for people in instance.people:
        needed, staff = people_needed(people, capacity, fractions), sites[people.name].staff
        for p in np.flatnonzero(needed):
            year = 0.0 if staff is None else staff.cost_per_person_year
            years = prepared.timeline.years
            flow = Flow(Component.STAFF, int(p), year * years, float(people.cost[p]), years)
            yield people.pools, _times(float(needed[p]), flow)


def _times(units: float, flow: Flow) -> Flow:
    return Flow(flow.component, flow.period, units * flow.amount, units * flow.discounted, units * flow.quantity)


def sale_value(prepared: Prepared, pool: int, ordered: int, leave: int) -> float:
    """What a server ordered in a period brings when it leaves at the start of another, before its end."""
    supply, case = prepared.pools[pool], prepared.case
    lead, _ = lead_and_life(supply, case)
    age = case.timeline.starts[leave] - case.timeline.starts[ordered + lead]
    share = resale_share(case.assumptions.servers[supply.owner].resale, np.asarray(age))
    return float(case.servers[supply.owner][ordered] * share)
