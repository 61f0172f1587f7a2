"""What the plan does: recommendation, decisions, schedule, use."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from planner.report.tables import Cell, Column, Kind, Table, table
from planner.terminal.headline import baseline_words
from planner.terminal.schedule import Rented, period_rows
from planner.terminal.text import clean, gap_words, gpu_hours, known, money, number, plural
from planner.terminal.view import Commitment, Order, Promise, Sale, View

if TYPE_CHECKING:
    import pandas as pd

Decision = Order | Commitment | Promise | Sale

API_NOTE = "Of APIs: hours of the reference GPU that their tokens would have taken."
FIRST = 3
"""Periods with decisions that are to be prepared now."""


def horizon(view: View) -> str:
    """`2027-01 to 2029-12, 36 months`."""
    return f"{view.periods[0]} to {view.periods[-1]}, {plural(len(view.periods), view.calendar.unit.value)}"


def recommendation(view: View, bought: float) -> tuple[str, ...]:
    """Three sentences: what to do, what that saves, how sure it is. bought: tokens from APIs."""
    parts = []
    if view.orders:
        count, gpus = sum(order.count for order in view.orders), sum(order.gpus for order in view.orders)
        parts.append(f"buy {plural(count, 'server')} ({plural(gpus, 'GPU')})")
    if view.commitments:
        count, gpus = sum(c.count for c in view.commitments), sum(c.gpus for c in view.commitments)
        parts.append(f"commit to {plural(count, 'reserved instance')} ({plural(gpus, 'GPU')})")
    if view.promises:
        paid = money(sum(promise.cost for promise in view.promises), view.currency)
        parts.append(f"promise providers {paid} in {plural(len(view.promises), 'spend commitment')}")
    if view.sales:
        parts.append(f"sell {plural(sum(sale.count for sale in view.sales), 'server')}")
    promised = {promise.name for promise in view.promises}
    hours = sum(rental.gpu_hours for rental in view.rentals if rental.option not in promised)
    if hours > 0:
        parts.append(f"rent {gpu_hours(hours)} GPU-hours{' by the hour' if not parts else ''}")
    if bought > 0:
        parts.append(f"buy {number(bought / 1e6)} million tokens from APIs")
    what = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else "do nothing"
    total = money(view.total_cost, view.currency)
    first = f"{what[:1].upper()}{what[1:]} from {view.periods[0]} to {view.periods[-1]}: in total {total}."
    second = _against(view)
    proof = gap_words(view.status, view.gap)
    audit = f", and an independent audit of {plural(view.checks, 'check')} passed" if view.checks else ""
    return first, second, f"{proof[:1].upper()}{proof[1:]}{audit}."


def _against(view: View) -> str:
    """What the plan saves against the cheapest plan under a restriction, and against the first of them."""
    found = [baseline for baseline in view.baselines if known(baseline.total_cost)]
    if not found:
        return "There is no simpler plan to compare with."
    cheapest = min(found, key=lambda baseline: baseline.total_cost or 0.0)
    words = f"That {baseline_words(cheapest, view)}, the cheapest of the simpler plans"
    return f"{words}." if cheapest is found[0] else f"{words}, and {baseline_words(found[0], view)}."


def _decisions(view: View) -> list[Decision]:
    index = {label: number for number, label in enumerate(view.periods)}
    every: list[Decision] = [*view.orders, *view.commitments, *view.promises, *view.sales]
    return sorted(every, key=lambda decision: index[decision.period])


def now(view: View) -> Table | None:
    """The orders and commitments of the first periods that have any, with the day by which to order."""
    decided = _decisions(view)
    first = list(dict.fromkeys(decision.period for decision in decided))[:FIRST]
    rows = [row for row in decided if row.period in first]
    return _decision_table(view, "now", _caption("{} of the first periods", rows), rows) if rows else None


def now_words(view: View) -> tuple[str, ...]:
    """What the table of first decisions means, or that there is nothing to decide."""
    decided = _decisions(view)
    if not decided:
        return ("Nothing to buy and nothing to commit to: what is needed is rented by the hour.",)
    begins = view.calendar.begins(view.periods.index(decided[0].period))
    words = f"The first decision is due by {begins:%Y-%m-%d}; servers arrive their lead time later."
    periods = dict.fromkeys(decision.period for decision in decided)
    later = f"The schedule has the decisions of {plural(len(periods) - FIRST, 'later period')}."
    return (words, *([later] if len(periods) > FIRST else []))


def decisions(view: View) -> Table | None:
    """Every order and commitment."""
    rows = _decisions(view)
    return _decision_table(view, "decisions", _caption("All {}", rows), rows) if rows else None


def _decision_table(view: View, name: str, caption: str, rows: list[Decision]) -> Table:
    currency = clean(view.currency)
    columns = (
        *(Column(head) for head in ("Decide by", "What", "In service", "Until")),
        Column("Count", Kind.COUNT),
        Column("GPUs", Kind.COUNT, summed=True),
        Column(f"Unit price ({currency})", Kind.PRICE),
        Column(f"Amount ({currency})", Kind.MONEY, summed=True, product=(4, 6)),
    )
    note = "Amount = count × unit price, undiscounted; of a commitment, all fees of its whole term."
    if any(isinstance(row, Promise) for row in rows):
        note += " Of a spend commitment the count is the hours of its term."
    return table(name, caption, columns, (_decision(view, row) for row in rows), note)


def _caption(words: str, rows: list[Decision]) -> str:
    sold = any(isinstance(row, Sale) for row in rows)
    listed = "orders, commitments and sales" if sold else "orders and commitments"
    made = words.format(listed)
    return f"{made[:1].upper()}{made[1:]}"


def _decision(view: View, row: Decision) -> tuple[str | float | None, ...]:
    by = f"{view.calendar.begins(view.periods.index(row.period)):%Y-%m-%d}"
    match row:
        case Order():
            what = f"Buy {row.server}{view.marked('server', row.server, row.site)} for {row.site}"
            return (by, what, row.in_service, "", row.count, row.gpus, _each(row.cost, row.count), row.cost)
        case Commitment():
            what = f"Commit to {row.offer} {row.option}{view.marked('reserved', row.offer, row.option)}"
            return (by, what, row.period, row.until, row.count, row.gpus, _each(row.cost, row.count), row.cost)
        case Promise():
            per_hour = row.amount_per_hour
            what = f"Promise {money(per_hour, view.currency)} an hour to {row.name}"
            return (by, what, row.period, row.until, _each(row.cost, per_hour), None, per_hour, row.cost)
        case Sale():
            what = f"Sell {row.server} of {row.site} ({row.acquired})"
            return (by, what, "", "", row.count, None, _each(-row.amount, row.count), -row.amount)


def _each(amount: float, count: float) -> float | None:
    return amount / count if count else None


def schedule(view: View, apis: pd.DataFrame) -> Table:
    """One row for every period: what is decided, what is in service, what is rented, what it costs.

    apis: what APIs do, as from `planner.report.api_hours`.
    """
    held: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for pool in view.capacity:
        held[pool.period][0 if view.is_owned(pool.pool) else 1] += pool.gpus
    cost: defaultdict[str, float] = defaultdict(float)
    for line in view.costs:
        cost[line.period] += line.amount
    periods = period_rows(view)
    drawn = {row.first: row.rented[Rented.DRAWN][0] for row in periods}
    bought = apis.groupby("period")["gpu_hours"].sum().to_dict()
    more = [(head, hours) for head, hours in (("Spend commitments", drawn), ("APIs", bought)) if any(hours.values())]
    columns = (
        Column("Period"),
        Column("Order and commit"),
        Column("Owned GPUs", Kind.COUNT),
        Column("Reserved GPUs", Kind.COUNT),
        Column("On demand (GPU-hours)", Kind.HOURS, summed=True),
        Column("Spot (GPU-hours)", Kind.HOURS, summed=True),
        *(Column(f"{head} (GPU-hours)", Kind.HOURS, summed=True) for head, _ in more),
        Column("Unserved (GPU-hours)", Kind.HOURS, summed=True),
        Column(f"Cost ({clean(view.currency)})", Kind.MONEY, summed=True),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in periods:
        on_demand, spot, unserved = (row.rented[kind][0] for kind in (Rented.ON_DEMAND, Rented.SPOT, Rented.UNSERVED))
        owned, reserved = held.get(row.first, [0.0, 0.0])
        others = (hours.get(row.first, 0.0) for _, hours in more)
        cells = (row.first, "; ".join(row.actions), owned, reserved, on_demand, spot, *others, unserved)
        rows.append((*cells, cost.get(row.first, 0.0)))
    beyond = sum(amount for period, amount in cost.items() if period not in view.hours)
    note = "Costs are undiscounted, in the period in which they fall."
    note += f" Not in it: {money(beyond, view.currency)} that fall after the end." if abs(beyond) > 1e-6 else ""
    note += f" {API_NOTE}" if bought else ""
    return table("schedule", "Schedule by period", columns, rows, note)


def use(view: View, apis: pd.DataFrame) -> Table | None:
    """What is held, who uses it, and what stands idle and is paid for. apis: as for the schedule."""
    held: defaultdict[str, float] = defaultdict(float)
    for row in view.capacity:
        held[row.pool] += row.gpus * view.hours.get(row.period, 0)
    used: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for run in view.use:
        used[run.pool][run.workload] += run.gpu_hours
    rented: defaultdict[tuple[str, str], float] = defaultdict(float)
    for rental in view.rentals:
        rented[f"{rental.offer}/{rental.option}", rental.workload] += rental.gpu_hours
    rows: list[tuple[Cell, ...]] = []
    for pool, hours in held.items():
        rows += [(pool, name, amount, amount / hours if hours else None) for name, amount in used[pool].items()]
        rows.append((pool, "(idle, paid for)", max(hours - sum(used[pool].values()), 0.0), None))
        if hours:
            rows[-1] = (*rows[-1][:3], max(1 - sum(used[pool].values()) / hours, 0.0))
    rows += [(market, name, amount, None) for (market, name), amount in rented.items()]
    bought = apis.groupby(["supply", "workload"], sort=False)["gpu_hours"].sum().reset_index()
    rows += [(api, name, hours, None) for api, name, hours in bought.itertuples(index=False)]
    columns = (
        Column("Supply"),
        Column("Used by"),
        Column("GPU-hours", Kind.HOURS, summed=True),
        Column("Share of what is held", Kind.SHARE),
    )
    note = f"{plural(len(held), 'pool')} held; shares are of the GPU-hours held. Rented hours have no share."
    note += f" {API_NOTE}" if len(bought) else ""
    return table("use", "Use of every supply over the horizon", columns, rows, note) if rows else None
