"""The plan seen from its parts: what each option costs, what each workload costs, what is left to pay afterwards."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import CommitmentsAtEnd
from planner.dispatch import Dispatch, SupplyKind
from planner.forecast.demand import HourlyDemand
from planner.prepare import Prepared, lead_and_life, spreads_of
from planner.running_costs import holding_parts, running_parts, work_by_period
from planner.schedule import Totals, frame, gpus_per_unit, made_orders

Floats = NDArray[np.float64]
IDLE = "(idle capacity)"
"""The row of workload costs for capacity that is held and paid for but not used."""


def pool_costs(prepared: Prepared, loaded: Loaded, orders: Floats) -> Floats:
    """cost[pool]  undiscounted, of the orders and of holding what they bring, without operation."""
    timeline, pools = prepared.timeline, prepared.pools
    cost = np.zeros(len(pools))
    for kind in (SupplyKind.SERVER, SupplyKind.RESERVED):
        for p, k, supply, count in made_orders(prepared, orders, kind):
            spreads = spreads_of(supply, timeline, loaded)
            cost[k] += count * sum(amount for spread in spreads for _, amount, _ in spread.flows(p))
    capacity = prepared.instance.capacity(orders)
    for _, holding in holding_parts(pools, timeline, loaded):
        cost += (holding * capacity).sum(axis=1)
    return cost


def running_totals(
    prepared: Prepared, demand: HourlyDemand, loaded: Loaded, dispatch: Dispatch, totals: Totals
) -> Floats:
    """cost[workload, used supply]  undiscounted running cost over the horizon."""
    index = [prepared.supplies.index(supply) for supply in dispatch.supplies]
    effectiveness, usable = prepared.instance.effectiveness[:, index], prepared.usable_share[:, index]
    cost = np.zeros(effectiveness.shape)
    for _, part in running_parts(demand, loaded, dispatch.supplies, effectiveness, usable):
        cost += (part * totals.gpu_hours).sum(axis=0)
    return cost


def options_table(
    prepared: Prepared,
    demand: HourlyDemand,
    loaded: Loaded,
    orders: Floats,
    dispatch: Dispatch,
    totals: Totals,
) -> pd.DataFrame:
    """One row per option: chosen ones at their planned use, the others at full use. Undiscounted, per GPU-hour.

    columns name, kind, owner, place, chosen, cost_per_gpu_hour, gpu_hours, utilisation, enters_below, text.
    """
    held = prepared.instance.capacity(orders) @ prepared.timeline.hours[: prepared.timeline.periods]
    fixed = pool_costs(prepared, loaded, orders)
    running = running_totals(prepared, demand, loaded, dispatch, totals).sum(axis=0)
    used = {supply: j for j, supply in enumerate(dispatch.supplies)}
    hours = totals.gpu_hours.sum(axis=(0, 1))
    rows: list[tuple[object, ...]] = []
    for k, supply in enumerate(prepared.supplies):
        served = float(hours[used[supply]]) if supply in used else 0.0
        bought = supply.is_pool and bool(orders[k].any())
        cost: float | None
        utilisation = None
        if bought or served > 0:
            total = float(running[used[supply]]) if supply in used else 0.0
            total += float(fixed[k]) if supply.is_pool else 0.0
            cost = total / served if served > 0 else None
            if supply.is_pool:
                utilisation = served / (float(held[k]) * gpus_per_unit(supply, loaded))
            text = "at its planned use" if served > 0 else "held, never used"
        else:
            cost = _at_full_use(prepared, demand, loaded, k)
            text = "cannot be had inside the horizon" if cost is None else "not used; at full use it would cost this"
        chosen = bought or served > 0
        known = (supply.label, supply.kind.value, supply.owner, supply.place, chosen)
        rows.append((*known, cost, served, utilisation, None, text))
    text_columns = dict.fromkeys(("name", "kind", "owner", "place"), "str")
    numbers = dict.fromkeys(("cost_per_gpu_hour", "gpu_hours", "utilisation", "enters_below"), "float64")
    return frame(rows, **text_columns, chosen="bool", **numbers, text="str")


def _at_full_use(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, k: int) -> float | None:
    """Cost per GPU-hour of a supply used in every hour from its first order on.

    None where it can never be ordered inside the horizon.
    """
    instance, supply, timeline = prepared.instance, prepared.supplies[k], prepared.timeline
    able = instance.effectiveness[:, k] > 0
    running = float(instance.running_cost[:, able, k].min(axis=1).mean()) if able.any() else 0.0
    if not supply.is_pool:
        return running
    possible = np.flatnonzero(instance.order_max[k] > 0)
    if len(possible) == 0:
        return None
    order = np.zeros((instance.pools, instance.periods))
    order[k, possible[0]] = 1.0
    hours = float(instance.capacity(order)[k] @ timeline.hours[: timeline.periods]) * float(instance.usable_gpus[k])
    return float(pool_costs(prepared, loaded, order)[k]) / hours + running if hours > 0 else None


def workload_costs(
    prepared: Prepared, demand: HourlyDemand, loaded: Loaded, orders: Floats, dispatch: Dispatch, totals: Totals
) -> pd.DataFrame:
    """columns workload, amount, per_gpu_hour, per_million_tokens: undiscounted; per reference GPU-hour served.

    What a pool costs is shared by the GPU-hours that each workload used of it; what nobody used is a row of its own.
    """
    index = {supply: j for j, supply in enumerate(dispatch.supplies)}
    amount = running_totals(prepared, demand, loaded, dispatch, totals).sum(axis=1)
    penalty = prepared.instance.unserved_penalty
    amount += totals.unserved.sum(axis=0) * np.where(np.isfinite(penalty), penalty, 0.0)
    fixed = pool_costs(prepared, loaded, orders)
    held = prepared.instance.capacity(orders) @ prepared.timeline.hours[: prepared.timeline.periods]
    idle = 0.0
    for k, supply in enumerate(prepared.pools):
        if fixed[k] == 0:
            continue
        total_hours = float(held[k]) * gpus_per_unit(supply, loaded)
        used = totals.gpu_hours[:, :, index[supply]].sum(axis=0) if supply in index else np.zeros(len(amount))
        amount += fixed[k] * used / total_hours
        idle += float(fixed[k] * (1 - used.sum() / total_hours))
    served = work_by_period(demand).sum(axis=0) - totals.unserved.sum(axis=0)
    rows: list[tuple[object, ...]] = []
    for w, name in enumerate(demand.workloads):
        per_hour = float(amount[w] / served[w]) if served[w] > 0 else None
        tokens = demand.tokens_per_gpu_hour.get(name, 0.0)
        per_million = per_hour / tokens * 1e6 if per_hour is not None and tokens > 0 else None
        rows.append((name, float(amount[w]), per_hour, per_million))
    if abs(idle) > 1e-9 * max(float(np.abs(amount).sum()), 1.0):
        rows.append((IDLE, idle, None, None))
    numbers = dict.fromkeys(("amount", "per_gpu_hour", "per_million_tokens"), "float64")
    return frame(rows, workload="str", **numbers)


def obligations_after_end(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, orders: Floats) -> pd.DataFrame:
    """columns what, until, amount: what terms cost beyond the horizon's end, undiscounted.

    Hourly fees fall due then; the part of an upfront fee that pays for that time has been paid, but `prorated` does not
    charge it. Under `commitments_at_end: full` all of it is part of the plan's cost, and said to be.
    """
    calendar, timeline = demand.calendar, prepared.timeline
    full = loaded.assumptions.finance.commitments_at_end is CommitmentsAtEnd.FULL
    note = "in the plan's cost" if full else "not in the plan's cost"
    rows: list[tuple[object, ...]] = []
    for p, _, supply, count in made_orders(prepared, orders, SupplyKind.RESERVED):
        _, term = lead_and_life(supply, calendar, loaded)
        beyond = timeline.hours[timeline.periods : p + term]
        offer = loaded.assumptions.cloud[supply.owner]
        option = offer.reserved[supply.place]
        locked = count * (1 + offer.price_trend_per_year) ** float(timeline.starts[p])
        upfront = locked * option.upfront * len(beyond) / term
        name, until = f"{_count(count)} × {supply.label} from {calendar.label(p)}", calendar.label(p + term - 1)
        if len(beyond) and option.hourly:
            rows.append((f"{name}: hourly fees, {note}", until, locked * option.hourly * float(beyond.sum())))
        if len(beyond) and option.upfront:
            rows.append((f"{name}: share of the upfront fee for that time, {note}", until, upfront))
    return frame(rows, what="str", until="str", amount="float64")


def _count(units: float) -> str:
    return f"{units:.0f}" if float(units).is_integer() else f"{units:.2f}"
