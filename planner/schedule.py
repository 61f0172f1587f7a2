"""Orders, sales and hourly operation → the tables of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from hybrid_lp.holdings import Fractions, Holdings, in_service
from numpy.typing import NDArray

from planner.cash_flows import pool_flows, sale_value, site_flows
from planner.components import Component
from planner.dispatch import Dispatch, Supply, SupplyKind
from planner.order_costs import Flow
from planner.prepare import Prepared
from planner.result import Schedule
from planner.running_costs import rent
from planner.supplies import gpus_per_unit, lead_and_life
from planner.totals import Totals

Floats = NDArray[np.float64]


class _Ledger:
    """Cost lines by period and component."""

    def __init__(self) -> None:
        self._lines: defaultdict[tuple[int, Component], list[float]] = defaultdict(lambda: [0.0, 0.0])

    def add(self, flow: Flow) -> None:
        """Add to the line."""
        line = self._lines[flow.period, flow.component]
        line[0] += flow.amount
        line[1] += flow.discounted

    def add_flow(self, component: Component, by_period: Floats, factor: Floats) -> None:
        """Add by_period[period], discounted by factor[period]."""
        for period in np.flatnonzero(by_period):
            amount = float(by_period[period])
            self.add(Flow(component, int(period), amount, amount * float(factor[period])))

    def frame(self, label: dict[int, str]) -> pd.DataFrame:
        """columns period, component, amount, discounted; in order of time."""
        rows = [(label[p], component.value, *line) for (p, component), line in sorted(self._lines.items()) if line[0]]
        return frame(rows, period="str", component="str", amount="float64", discounted="float64")


def frame(rows: Sequence[tuple[object, ...]], **columns: str) -> pd.DataFrame:
    """A table with these columns and types, rows or not."""
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype(columns)


def build_schedule(
    prepared: Prepared, holdings: Holdings, dispatch: Dispatch, totals: Totals, fractions: Fractions
) -> Schedule:
    """The tables of formats.md for what is ordered and sold and the operation that it is given."""
    costs = _costs(prepared, holdings, totals, fractions)
    held, table = _capacity(prepared, in_service(prepared.instance, holdings))
    return Schedule(
        purchases=_purchases(prepared, holdings.orders),
        sales=_sales(prepared, holdings),
        commitments=_commitments(prepared, holdings.orders),
        spend_commitments=_spend_commitments(prepared, holdings.orders),
        capacity=table,
        rentals=_rentals(prepared, dispatch, totals),
        api_use=_api_use(prepared, dispatch, totals),
        use=_use(prepared, dispatch, totals, held),
        unserved=_unserved(prepared, totals),
        costs=costs,
        total_cost=float(costs["discounted"].sum()),
    )


def made_orders(prepared: Prepared, orders: Floats, kind: SupplyKind) -> list[tuple[int, int, Supply, float]]:
    """(period, pool, supply, count) of every order of a kind, in order of time."""
    return [
        (int(p), int(k), prepared.supplies[k], float(orders[k, p]))
        for p, k in zip(*np.nonzero(orders.T), strict=True)
        if prepared.supplies[k].kind is kind
    ]


def _purchases(prepared: Prepared, orders: Floats) -> pd.DataFrame:
    case, rows = prepared.case, []
    for p, _, supply, count in made_orders(prepared, orders, SupplyKind.SERVER):
        server = case.assumptions.servers[supply.owner]
        lead, _ = lead_and_life(supply, case)
        cost = count * (float(case.servers[supply.owner][p]) + server.install_cost)
        in_service_from = case.calendar.label(p + lead)
        gpus = count * server.gpus
        rows.append((case.calendar.label(p), supply.place, supply.owner, count, gpus, in_service_from, cost))
    text = dict.fromkeys(("period", "site", "server"), "str")
    return frame(rows, **text, count="float64", gpus="float64", in_service="str", cost="float64")


def _sales(prepared: Prepared, holdings: Holdings) -> pd.DataFrame:
    """Servers that leave before their end, new ones and fleet."""
    label, rows = prepared.case.calendar.label, []
    for (k, ordered, leave), count in holdings.sold.items():
        amount = count * sale_value(prepared, k, ordered, leave)
        rows.append((leave, prepared.pools[k], count, label(ordered), amount))
    for (number, leave), count in holdings.sold_held.items():
        units = prepared.held[number]
        amount = 0.0 if units.value is None else count * float(units.value[leave])
        rows.append((leave, units.supply, count, units.acquired, amount))
    rows.sort(key=lambda row: row[0])
    text = dict.fromkeys(("period", "site", "server"), "str")
    return frame(
        [(label(p), supply.place, supply.owner, *rest) for p, supply, *rest in rows],
        **text,
        count="float64",
        acquired="str",
        amount="float64",
    )


def _commitments(prepared: Prepared, orders: Floats) -> pd.DataFrame:
    case, rows = prepared.case, []
    for p, _, supply, count in made_orders(prepared, orders, SupplyKind.RESERVED):
        prices, option = case.offers[supply.owner], supply.place
        _, term = lead_and_life(supply, case)
        hours = float(case.timeline.hours[p : p + term].sum())
        cost = count * float(prices.upfront[option][p] + prices.hourly[option][p] * hours)
        gpus, until = count * gpus_per_unit(supply, case.assumptions), case.calendar.label(p + term - 1)
        rows.append((case.calendar.label(p), supply.owner, option, count, gpus, until, cost))
    text = dict.fromkeys(("period", "offer", "option"), "str")
    return frame(rows, **text, count="float64", gpus="float64", until="str", cost="float64")


def _spend_commitments(prepared: Prepared, orders: Floats) -> pd.DataFrame:
    case, rows = prepared.case, []
    for p, _, supply, amount in made_orders(prepared, orders, SupplyKind.SPEND_COMMITMENT):
        _, term = lead_and_life(supply, case)
        cost = amount * float(case.timeline.hours[p : p + term].sum())
        rows.append((case.calendar.label(p), supply.owner, amount, case.calendar.label(p + term - 1), cost))
    return frame(rows, period="str", name="str", amount_per_hour="float64", until="str", cost="float64")


def _capacity(prepared: Prepared, capacity: Floats) -> tuple[dict[str, Floats], pd.DataFrame]:
    """GPUs held of each pool of GPUs by period, and the table."""
    pools = [(k, pool) for k, pool in enumerate(prepared.pools) if pool.kind is not SupplyKind.SPEND_COMMITMENT]
    held = {pool.label: capacity[k] * gpus_per_unit(pool, prepared.case.assumptions) for k, pool in pools}
    rows: list[tuple[object, ...]] = [
        (label, pool.label, float(capacity[k, p]), float(held[pool.label][p]))
        for p, label in enumerate(prepared.case.calendar.labels)
        for k, pool in pools
        if capacity[k, p] > 0
    ]
    return held, frame(rows, period="str", pool="str", units="float64", gpus="float64")


def _rentals(prepared: Prepared, dispatch: Dispatch, totals: Totals) -> pd.DataFrame:
    """Rented by the hour; what is drawn from a spend commitment is paid by it."""
    case, rows = prepared.case, []
    for p, w, j in zip(*np.nonzero(totals.gpu_hours), strict=True):
        supply = dispatch.supplies[j]
        hours = float(totals.gpu_hours[p, w, j])
        if supply.kind in (SupplyKind.ON_DEMAND, SupplyKind.SPOT):
            cost = hours * float(rent(supply, case)[p])
        elif supply.kind is SupplyKind.DRAWN:
            cost = 0.0
        else:
            continue
        rows.append((case.calendar.labels[p], supply.owner, supply.place, dispatch.workloads[w], hours, cost))
    text = dict.fromkeys(("period", "offer", "option", "workload"), "str")
    return frame(rows, **text, gpu_hours="float64", cost="float64")


def _api_use(prepared: Prepared, dispatch: Dispatch, totals: Totals) -> pd.DataFrame:
    """The share of a period's tokens that went with the work done there."""
    case, rows = prepared.case, []
    price = totals.running.api
    for p, w, j in zip(*np.nonzero(totals.gpu_hours), strict=True):
        supply, name = dispatch.supplies[j], dispatch.workloads[w]
        if supply.kind is SupplyKind.API:
            sent, generated = case.demand.tokens[name][:, p] * (totals.work[p, w, j] / case.work[p, w])
            cost = float(totals.gpu_hours[p, w, j] * price[p, w, j])
            rows.append((case.calendar.labels[p], supply.owner, name, float(sent), float(generated), cost))
    text = dict.fromkeys(("period", "api", "workload"), "str")
    return frame(rows, **text, input_tokens="float64", output_tokens="float64", cost="float64")


def _use(prepared: Prepared, dispatch: Dispatch, totals: Totals, held: dict[str, Floats]) -> pd.DataFrame:
    calendar, rows = prepared.case.calendar, []
    for p, w, j in zip(*np.nonzero(totals.gpu_hours), strict=True):
        supply = dispatch.supplies[j]
        if supply.is_pool:
            hours = float(totals.gpu_hours[p, w, j])
            share = hours / (float(held[supply.label][p]) * float(calendar.hours[p]))
            rows.append((calendar.labels[p], supply.label, dispatch.workloads[w], hours, share))
    text = dict.fromkeys(("period", "pool", "workload"), "str")
    return frame(rows, **text, gpu_hours="float64", share_of_capacity="float64")


def _unserved(prepared: Prepared, totals: Totals) -> pd.DataFrame:
    demand = prepared.case.demand
    rows: list[tuple[object, ...]] = [
        (demand.calendar.labels[p], demand.workloads[w], float(totals.unserved[p, w]))
        for p, w in zip(*np.nonzero(totals.unserved), strict=True)
    ]
    return frame(rows, period="str", workload="str", gpu_hours="float64")


def _costs(prepared: Prepared, holdings: Holdings, totals: Totals, fractions: Fractions) -> pd.DataFrame:
    """Every cost line: what orders bring, what holding costs, what running costs, what is left undone."""
    ledger, timeline = _Ledger(), prepared.timeline
    for _, flow in (*pool_flows(prepared, holdings), *site_flows(prepared, holdings, fractions)):
        ledger.add(flow)
    middle = timeline.discount_middle
    for component, cost in totals.costs():
        ledger.add_flow(component, cost.sum(axis=(1, 2)), middle)
    penalty = prepared.instance.unserved_penalty
    undone = totals.unserved @ np.where(np.isfinite(penalty), penalty, 0.0)
    ledger.add_flow(Component.UNSERVED, undone, middle)
    return ledger.frame({q: prepared.case.calendar.label(q) for q in range(timeline.extended)})
