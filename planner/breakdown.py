"""The plan seen from its parts: what each option costs, what each workload costs, what is left to pay afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from hybrid_lp.holdings import Fractions, Holdings, in_service
from numpy.typing import NDArray

from planner.assumptions.schema import CommitmentsAtEnd
from planner.cash_flows import held_flows, pool_flows, site_flows
from planner.components import Component
from planner.dispatch import Dispatch, SupplyKind
from planner.economics import MONTHS_PER_YEAR
from planner.entries import NotTaken
from planner.prepare import Prepared
from planner.reasons import Reasons, why_not
from planner.schedule import frame, made_orders
from planner.supplies import gpus_per_unit, lead_and_life
from planner.totals import Totals

Floats = NDArray[np.float64]
IDLE = "(idle capacity)"
"""The row of workload costs for capacity that is held and paid for but not used."""
FLEET_RESALE = "(resale of the fleet)"
"""The row of workload costs for what servers owned before the plan bring: what they cost was paid before it, so no
workload has earned that."""


def pool_costs(prepared: Prepared, holdings: Holdings, fractions: Fractions) -> Floats:
    """cost[pool]  undiscounted, of everything but what runs, and but resale of the fleet.

    What a site takes is shared by its units in service.
    """
    cost = -_fleet_resale(prepared, holdings)
    for k, flow in pool_flows(prepared, holdings):
        cost[k] += flow.amount
    stood = in_service(prepared.instance, holdings).sum(axis=1)
    for pools, flow in site_flows(prepared, holdings, fractions):
        members = list(pools)
        weights = stood[members] if stood[members].any() else np.ones(len(members))
        cost[members] += flow.amount * weights / weights.sum()
    return cost


def _fleet_resale(prepared: Prepared, holdings: Holdings) -> Floats:
    """amount[pool]  undiscounted, of servers owned before the plan: not positive."""
    amount = np.zeros(len(prepared.pools))
    for k, flow in held_flows(prepared, holdings):
        if flow.component is Component.RESALE:
            amount[k] += flow.amount
    return amount


def pool_hours(prepared: Prepared, holdings: Holdings) -> Floats:
    """held[pool]  GPU-hours of its units in service; of a spend commitment, the money promised."""
    units = in_service(prepared.instance, holdings) @ prepared.case.hours
    money = SupplyKind.SPEND_COMMITMENT
    per_unit = [
        1 if supply.kind is money else gpus_per_unit(supply, prepared.case.assumptions) for supply in prepared.pools
    ]
    held: Floats = units * np.array(per_unit, dtype=np.float64)
    return held


def pool_use(prepared: Prepared, dispatch: Dispatch, totals: Totals) -> Floats:
    """used[pool, workload]  GPU-hours that ran on it; of a spend commitment, the money drawn."""
    used = np.zeros((len(prepared.pools), len(dispatch.workloads)))
    hours = totals.gpu_hours.sum(axis=0)
    by_supply = {supply: j for j, supply in enumerate(dispatch.supplies)}
    for k, supply in enumerate(prepared.pools):
        if supply in by_supply:
            used[k] = hours[:, by_supply[supply]]
    for draw in prepared.instance.draws:
        if (drawn := prepared.supplies[draw.supply]) in by_supply:
            used[draw.pool] += draw.rate * hours[:, by_supply[drawn]]
    return used


def running_totals(totals: Totals) -> Floats:
    """cost[workload, used supply]  undiscounted running cost over the horizon."""
    cost = np.zeros(totals.gpu_hours.shape[1:])
    for _, part in totals.costs():
        cost += part.sum(axis=0)
    return cost


def options_table(
    prepared: Prepared,
    holdings: Holdings,
    dispatch: Dispatch,
    totals: Totals,
    fractions: Fractions,
    reasons: Reasons,
) -> pd.DataFrame:
    """One row per option: chosen ones at their planned use, the others at full use. Undiscounted, per GPU-hour.

    What is drawn from a spend commitment has its share of what the commitment costs, and the commitment's utilisation.
    columns name, kind, owner, place, chosen, cost_per_gpu_hour, gpu_hours, utilisation, enters_below, price, price_key,
    text.
    """
    held, fixed = pool_hours(prepared, holdings), pool_costs(prepared, holdings, fractions)
    taken = pool_use(prepared, dispatch, totals).sum(axis=1)
    running = running_totals(totals).sum(axis=0)
    used = {supply: j for j, supply in enumerate(dispatch.supplies)}
    hours = totals.gpu_hours.sum(axis=(0, 1))
    draws = {draw.supply: draw for draw in prepared.instance.draws}
    left = {option.supply: option for option in reasons.left}
    currency = prepared.case.assumptions.currency
    rows: list[tuple[object, ...]] = []
    for k, supply in enumerate(prepared.supplies):
        if supply.kind is SupplyKind.SPEND_COMMITMENT:
            continue  # nothing runs on it: its rows are those of what is drawn
        served = float(hours[used[supply]]) if supply in used else 0.0
        pool = draws[k].pool if k in draws else k if supply.is_pool else None
        bought = pool is not None and held[pool] > 0 and (k not in draws or served > 0 or taken[pool] == 0)
        cost: float | None
        utilisation = None
        if bought or served > 0:
            total = float(running[used[supply]]) if supply in used else 0.0
            if pool is not None and k in draws:
                total += float(fixed[pool] * draws[k].rate * served / taken[pool]) if taken[pool] > 0 else 0.0
            elif pool is not None:
                total += float(fixed[pool])
            cost = total / served if served > 0 else None
            if pool is not None:
                utilisation = float(taken[pool] / held[pool])
            text = "at its planned use" if served > 0 else "held, never used"
        else:
            cost = _at_full_use(prepared, k, fractions)
            text = "not used"
        option = left.get(supply)
        text = text if option is None or bought or served > 0 else why_not(option, currency)
        known = (supply.label, supply.kind.value, supply.owner, supply.place, bought or served > 0)
        rows.append((*known, cost, served, utilisation, *_entry(option), text))
    for supply, option in left.items():
        if supply not in prepared.supplies:
            known = (supply.label, supply.kind.value, supply.owner, supply.place, False)
            rows.append((*known, None, 0.0, None, *_entry(option), why_not(option, currency)))
    text_columns = dict.fromkeys(("name", "kind", "owner", "place"), "str")
    numbers = dict.fromkeys(("cost_per_gpu_hour", "gpu_hours", "utilisation", "enters_below", "price"), "float64")
    return frame(rows, **text_columns, chosen="bool", **numbers, price_key="str", text="str")


def _entry(option: NotTaken | None) -> tuple[float | None, float | None, str]:
    """(enters_below, price, price_key) of an option."""
    if option is None or option.price is None:
        return None, None, ""
    return option.enters_below, option.price.amount, option.price.key


def _at_full_use(prepared: Prepared, k: int, fractions: Fractions) -> float | None:
    """Cost per GPU-hour of a supply used in every hour from its first order on.

    None where it can never be ordered inside the horizon. What is drawn costs its rate, fully drawn.
    """
    instance, supply = prepared.instance, prepared.supplies[k]
    able = instance.effectiveness[:, k] > 0
    running = float(instance.running_cost[:, able, k].min(axis=1).mean()) if able.any() else 0.0
    for draw in instance.draws:
        if draw.supply == k:
            return running + draw.rate * (1 + prepared.case.provider(supply).support_share)
    if not supply.is_pool:
        return running
    possible = np.flatnonzero(instance.order_max[k] > 0)
    if len(possible) == 0:
        return None
    orders = np.zeros((instance.pools, instance.periods))
    orders[k, possible[0]] = 1.0
    nothing, one = Holdings(np.zeros_like(orders)), Holdings(orders)
    added = in_service(instance, one)[k] - in_service(instance, nothing)[k]
    hours = float(added @ prepared.case.hours) * float(instance.usable_gpus[k])
    cost = pool_costs(prepared, one, fractions)[k] - pool_costs(prepared, nothing, fractions)[k]
    return float(cost) / hours + running if hours > 0 else None


def workload_costs(
    prepared: Prepared, holdings: Holdings, dispatch: Dispatch, totals: Totals, fractions: Fractions
) -> pd.DataFrame:
    """columns workload, amount, per_month, per_gpu_hour, per_million_tokens: undiscounted. Per reference GPU-hour
    served.

    What a pool costs is shared by the GPU-hours that each workload used of it, a spend commitment's by the money that
    it drew; what nobody used, and what the fleet brings when it is sold, are rows of their own.
    """
    demand = prepared.case.demand
    amount = running_totals(totals).sum(axis=1)
    penalty = prepared.instance.unserved_penalty
    amount += totals.unserved.sum(axis=0) * np.where(np.isfinite(penalty), penalty, 0.0)
    fixed, held = pool_costs(prepared, holdings, fractions), pool_hours(prepared, holdings)
    used = pool_use(prepared, dispatch, totals)
    share = np.divide(used, held[:, None], out=np.zeros_like(used), where=held[:, None] > 0)
    amount += fixed @ share
    idle = float(fixed @ (1 - share.sum(axis=1)))
    served = prepared.case.work.sum(axis=0) - totals.unserved.sum(axis=0)
    months = prepared.instance.periods * prepared.timeline.years * MONTHS_PER_YEAR
    rows: list[tuple[object, ...]] = []
    for w, name in enumerate(demand.workloads):
        per_hour = float(amount[w] / served[w]) if served[w] > 0 else None
        tokens = demand.tokens_per_gpu_hour.get(name, 0.0)
        per_million = per_hour / tokens * 1e6 if per_hour is not None and tokens > 0 else None
        rows.append((name, float(amount[w]), float(amount[w]) / months, per_hour, per_million))
    if abs(idle) > 1e-9 * max(float(np.abs(amount).sum()), 1.0):
        rows.append((IDLE, idle, idle / months, None, None))
    brought = float(_fleet_resale(prepared, holdings).sum())
    if brought:
        rows.append((FLEET_RESALE, brought, brought / months, None, None))
    numbers = dict.fromkeys(("amount", "per_month", "per_gpu_hour", "per_million_tokens"), "float64")
    return frame(rows, workload="str", **numbers)


def obligations_after_end(prepared: Prepared, orders: Floats) -> pd.DataFrame:
    """columns what, until, amount: what terms cost beyond the horizon's end, undiscounted, support included.

    Hourly fees and money promised fall due then; the part of an upfront fee that pays for that time has been paid, but
    `prorated` does not charge it. Under `commitments_at_end: full` all of it is part of the plan's cost, and said to
    be. The upfront fee of a commitment held before the plan is sunk.
    """
    full = prepared.case.assumptions.finance.commitments_at_end is CommitmentsAtEnd.FULL
    note = "in the plan's cost" if full else "not in the plan's cost"
    owed = (*_reserved(prepared, orders), *_promised(prepared, orders), *_held(prepared))
    rows: list[tuple[object, ...]] = [(f"{what}, {note}", until, amount) for what, until, amount in owed if amount]
    return frame(rows, what="str", until="str", amount="float64")


def _reserved(prepared: Prepared, orders: Floats) -> Iterator[tuple[str, str, float]]:
    """(what, until, amount) of the reservations ordered."""
    case, timeline = prepared.case, prepared.timeline
    for p, _, supply, count in made_orders(prepared, orders, SupplyKind.RESERVED):
        _, term = lead_and_life(supply, case)
        beyond = timeline.hours[timeline.periods : p + term]
        paid = count * (1 + case.provider(supply).support_share)
        prices = case.offers[supply.owner]
        hourly, upfront = float(prices.hourly[supply.place][p]), float(prices.upfront[supply.place][p])
        name, until = _named(count, supply.label, case.calendar.label(p)), case.calendar.label(p + term - 1)
        yield f"{name}: hourly fees", until, paid * hourly * float(beyond.sum())
        yield f"{name}: share of the upfront fee for that time", until, paid * upfront * len(beyond) / term


def _promised(prepared: Prepared, orders: Floats) -> Iterator[tuple[str, str, float]]:
    """(what, until, amount) of the spend commitments made."""
    case, timeline = prepared.case, prepared.timeline
    for p, _, supply, money in made_orders(prepared, orders, SupplyKind.SPEND_COMMITMENT):
        _, term = lead_and_life(supply, case)
        beyond = float(timeline.hours[timeline.periods : p + term].sum())
        paid = money * (1 + case.provider(supply).support_share)
        what = f"{money:,.2f} {case.assumptions.currency} an hour of {supply.owner} from {case.calendar.label(p)}"
        yield what, case.calendar.label(p + term - 1), paid * beyond


def _held(prepared: Prepared) -> Iterator[tuple[str, str, float]]:
    """(what, until, amount) of the commitments held before the plan."""
    case, timeline = prepared.case, prepared.timeline
    for entry in case.assumptions.held_commitments:
        option = case.assumptions.cloud[entry.offer].reserved[entry.option]
        term = case.calendar.service(entry.started, option.term)
        beyond = float(timeline.hours[timeline.periods : term.stop].sum())
        paid = entry.count * (1 + case.assumptions.provider_of(entry.offer).support_share)
        hourly = float(case.offers[entry.offer].hourly[entry.option][0])
        name = _named(entry.count, f"{entry.offer}/{entry.option}", f"{entry.started:%Y-%m-%d}")
        if term.start < timeline.periods and beyond:
            yield f"{name}, held already: hourly fees", case.calendar.label(term.stop - 1), paid * hourly * beyond


def _named(units: float, label: str, since: str) -> str:
    count = f"{units:.0f}" if float(units).is_integer() else f"{units:.2f}" if units >= 0.1 else f"{units:.2g}"
    return f"{count} × {label} from {since}"
