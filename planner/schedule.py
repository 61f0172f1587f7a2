"""Orders and hourly operation → the tables of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.dispatch import Dispatch, Supply, SupplyKind
from planner.economics import trended
from planner.forecast.demand import HourlyDemand
from planner.prepare import Prepared, lead_and_life, spreads_of
from planner.result import Schedule
from planner.running_costs import holding_parts, running_parts

Floats = NDArray[np.float64]
NOTHING = 1e-9
"""GPU-hours, relative to the largest of the table, below which a row is rounding and left out."""


@dataclass(frozen=True)
class Totals:
    """The hourly operation, summed by period."""

    gpu_hours: Floats
    """gpu_hours[period, workload, supply]  occupied."""
    unserved: Floats
    """unserved[period, workload]  reference GPU-hours."""

    @classmethod
    def of(cls, dispatch: Dispatch, periods: int) -> Totals:
        """Sum one pass over the periods."""
        gpu_hours = np.zeros((periods, len(dispatch.workloads), len(dispatch.supplies)))
        unserved = np.zeros((periods, len(dispatch.workloads)))
        for hours in dispatch:
            gpu_hours[hours.period] = hours.gpus.sum(axis=0)
            unserved[hours.period] = hours.unserved.sum(axis=0)
        return cls(_clean(gpu_hours), _clean(unserved))


def _clean(values: Floats) -> Floats:
    return np.where(values > NOTHING * values.max(initial=0.0), values, 0.0)


class _Ledger:
    """Cost lines by period and component."""

    def __init__(self) -> None:
        self._lines: defaultdict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0])

    def add(self, period: int, component: str, amount: float, discounted: float) -> None:
        """Add to the line."""
        line = self._lines[period, component]
        line[0] += amount
        line[1] += discounted

    def add_flow(self, component: str, by_period: Floats, factor: Floats) -> None:
        """Add by_period[period], discounted by factor[period]."""
        for period in np.flatnonzero(by_period):
            self.add(int(period), component, float(by_period[period]), float(by_period[period] * factor[period]))

    def frame(self, label: dict[int, str]) -> pd.DataFrame:
        """columns period, component, amount, discounted; in order of time."""
        rows = [(label[p], component, *line) for (p, component), line in sorted(self._lines.items()) if line[0]]
        return frame(rows, period="str", component="str", amount="float64", discounted="float64")


def frame(rows: Sequence[tuple[object, ...]], **columns: str) -> pd.DataFrame:
    """A table with these columns and types, rows or not."""
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype(columns)


def build_schedule(
    prepared: Prepared, demand: HourlyDemand, loaded: Loaded, orders: Floats, dispatch: Dispatch, totals: Totals
) -> Schedule:
    """The tables of formats.md for orders[pool, period] and the operation that they are given."""
    capacity = prepared.instance.capacity(orders)
    costs = _costs(prepared, demand, loaded, orders, capacity, dispatch, totals)
    held, table = _capacity(prepared, demand, loaded, capacity)
    return Schedule(
        purchases=_purchases(prepared, demand, loaded, orders),
        commitments=_commitments(prepared, demand, loaded, orders),
        capacity=table,
        rentals=_rentals(demand, loaded, dispatch, totals),
        use=_use(demand, dispatch, totals, held),
        unserved=_unserved(demand, totals),
        costs=costs,
        total_cost=float(costs["discounted"].sum()),
    )


def gpus_per_unit(supply: Supply, loaded: Loaded) -> int:
    """GPUs of one server, or of one instance."""
    owners = loaded.assumptions.servers if supply.kind is SupplyKind.SERVER else loaded.assumptions.cloud
    return owners[supply.owner].gpus


def made_orders(prepared: Prepared, orders: Floats, kind: SupplyKind) -> list[tuple[int, int, Supply, float]]:
    """(period, pool, supply, count) of every order of a kind, in order of time."""
    return [
        (int(p), int(k), prepared.supplies[k], float(orders[k, p]))
        for p, k in zip(*np.nonzero(orders.T), strict=True)
        if prepared.supplies[k].kind is kind
    ]


def _purchases(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, orders: Floats) -> pd.DataFrame:
    calendar, rows = demand.calendar, []
    for p, _, supply, count in made_orders(prepared, orders, SupplyKind.SERVER):
        server = loaded.assumptions.servers[supply.owner]
        lead, _ = lead_and_life(supply, calendar, loaded)
        price = float(trended(server.price, server.price_trend_per_year, prepared.timeline.starts[p]))
        cost = count * (price + server.install_cost)
        in_service = calendar.label(p + lead)
        rows.append((calendar.label(p), supply.place, supply.owner, count, count * server.gpus, in_service, cost))
    text = dict.fromkeys(("period", "site", "server"), "str")
    return frame(rows, **text, count="float64", gpus="float64", in_service="str", cost="float64")


def _commitments(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, orders: Floats) -> pd.DataFrame:
    calendar, timeline, rows = demand.calendar, prepared.timeline, []
    for p, _, supply, count in made_orders(prepared, orders, SupplyKind.RESERVED):
        offer = loaded.assumptions.cloud[supply.owner]
        option = offer.reserved[supply.place]
        _, term = lead_and_life(supply, calendar, loaded)
        locked = float(trended(1.0, offer.price_trend_per_year, timeline.starts[p]))
        cost = count * locked * (option.upfront + option.hourly * float(timeline.hours[p : p + term].sum()))
        until = calendar.label(p + term - 1)
        rows.append((calendar.label(p), supply.owner, supply.place, count, count * offer.gpus, until, cost))
    text = dict.fromkeys(("period", "offer", "option"), "str")
    return frame(rows, **text, count="float64", gpus="float64", until="str", cost="float64")


def _capacity(
    prepared: Prepared, demand: HourlyDemand, loaded: Loaded, capacity: Floats
) -> tuple[dict[str, Floats], pd.DataFrame]:
    """GPUs held of each pool by period, and the table."""
    held, rows = {}, []
    for k, supply in enumerate(prepared.pools):
        held[supply.label] = capacity[k] * gpus_per_unit(supply, loaded)
    for p, label in enumerate(demand.calendar.labels):
        for k, supply in enumerate(prepared.pools):
            if capacity[k, p] > 0:
                rows.append((label, supply.label, float(capacity[k, p]), float(held[supply.label][p])))
    return held, frame(rows, period="str", pool="str", units="float64", gpus="float64")


def _rentals(demand: HourlyDemand, loaded: Loaded, dispatch: Dispatch, totals: Totals) -> pd.DataFrame:
    calendar, rows = demand.calendar, []
    for p, w, j in zip(*np.nonzero(totals.gpu_hours), strict=True):
        supply = dispatch.supplies[j]
        if supply.is_pool:
            continue
        offer = loaded.assumptions.cloud[supply.owner]
        price = offer.on_demand if supply.kind is SupplyKind.ON_DEMAND else offer.spot.price if offer.spot else None
        if price is None:
            raise RuntimeError(f"{supply.label} is rented but has no price: a bug")
        hours = float(totals.gpu_hours[p, w, j])
        years = float(p * calendar.unit.years)
        cost = hours / offer.gpus * float(trended(price, offer.price_trend_per_year, years))
        rows.append((calendar.labels[p], supply.owner, supply.place, dispatch.workloads[w], hours, cost))
    text = dict.fromkeys(("period", "offer", "option", "workload"), "str")
    return frame(rows, **text, gpu_hours="float64", cost="float64")


def _use(demand: HourlyDemand, dispatch: Dispatch, totals: Totals, held: dict[str, Floats]) -> pd.DataFrame:
    calendar, rows = demand.calendar, []
    for p, w, j in zip(*np.nonzero(totals.gpu_hours), strict=True):
        supply = dispatch.supplies[j]
        if supply.is_pool:
            hours = float(totals.gpu_hours[p, w, j])
            share = hours / (float(held[supply.label][p]) * float(calendar.hours[p]))
            rows.append((calendar.labels[p], supply.label, dispatch.workloads[w], hours, share))
    text = dict.fromkeys(("period", "pool", "workload"), "str")
    return frame(rows, **text, gpu_hours="float64", share_of_capacity="float64")


def _unserved(demand: HourlyDemand, totals: Totals) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [
        (demand.calendar.labels[p], demand.workloads[w], float(totals.unserved[p, w]))
        for p, w in zip(*np.nonzero(totals.unserved), strict=True)
    ]
    return frame(rows, period="str", workload="str", gpu_hours="float64")


def _costs(
    prepared: Prepared,
    demand: HourlyDemand,
    loaded: Loaded,
    orders: Floats,
    capacity: Floats,
    dispatch: Dispatch,
    totals: Totals,
) -> pd.DataFrame:
    """Every cost line: what orders bring, what holding costs, what running costs, what is left undone."""
    ledger, timeline = _Ledger(), prepared.timeline
    for kind in (SupplyKind.SERVER, SupplyKind.RESERVED):
        for p, _, supply, count in made_orders(prepared, orders, kind):
            for spread in spreads_of(supply, timeline, loaded):
                for q, amount, discounted in spread.flows(p):
                    ledger.add(q, spread.component, count * amount, count * discounted)
    middle = timeline.discount_middle
    for component, cost in holding_parts(prepared.pools, timeline, loaded):
        ledger.add_flow(component, (cost * capacity).sum(axis=0), middle)
    index = [prepared.supplies.index(supply) for supply in dispatch.supplies]
    effectiveness, usable = prepared.instance.effectiveness[:, index], prepared.usable_share[:, index]
    for component, cost in running_parts(demand, loaded, dispatch.supplies, effectiveness, usable):
        ledger.add_flow(component, (cost * totals.gpu_hours).sum(axis=(1, 2)), middle)
    penalty = prepared.instance.unserved_penalty
    ledger.add_flow("unserved", totals.unserved @ np.where(np.isfinite(penalty), penalty, 0.0), middle)
    return ledger.frame({q: demand.calendar.label(q) for q in range(timeline.extended)})
