"""What the plan does: recommendation, decisions, schedule, use."""

from __future__ import annotations

from collections import defaultdict

from planner.report.tables import Cell, Column, Kind, Table, table
from planner.terminal.headline import baseline_words
from planner.terminal.schedule import period_rows
from planner.terminal.text import clean, gap_words, gpu_hours, known, money, plural
from planner.terminal.view import Commitment, Order, View

FIRST = 3
"""Periods with decisions that are to be prepared now."""


def horizon(view: View) -> str:
    """`2027-01 to 2029-12, 36 months`."""
    return f"{view.periods[0]} to {view.periods[-1]}, {plural(len(view.periods), view.calendar.unit.value)}"


def recommendation(view: View) -> tuple[str, ...]:
    """Three sentences: what to do, what that saves, how sure it is."""
    parts = []
    if view.orders:
        count, gpus = sum(order.count for order in view.orders), sum(order.gpus for order in view.orders)
        parts.append(f"buy {plural(count, 'server')} ({plural(gpus, 'GPU')})")
    if view.commitments:
        count, gpus = sum(c.count for c in view.commitments), sum(c.gpus for c in view.commitments)
        parts.append(f"commit to {plural(count, 'reserved instance')} ({plural(gpus, 'GPU')})")
    hours = sum(rental.gpu_hours for rental in view.rentals)
    if hours > 0:
        parts.append(f"rent {gpu_hours(hours)} GPU-hours{' by the hour' if not parts else ''}")
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


def _decisions(view: View) -> list[Order | Commitment]:
    index = {label: number for number, label in enumerate(view.periods)}
    both: list[Order | Commitment] = [*view.orders, *view.commitments]
    return sorted(both, key=lambda decision: index[decision.period])


def now(view: View) -> Table | None:
    """The orders and commitments of the first periods that have any, with the day by which to order."""
    decided = _decisions(view)
    first = list(dict.fromkeys(decision.period for decision in decided))[:FIRST]
    rows = [row for row in decided if row.period in first]
    return _decision_table(view, "now", "Orders and commitments of the first periods", rows) if rows else None


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
    return _decision_table(view, "decisions", "All orders and commitments", rows) if rows else None


def _decision_table(view: View, name: str, caption: str, rows: list[Order | Commitment]) -> Table:
    currency = clean(view.currency)
    columns = (
        *(Column(head) for head in ("Decide by", "What", "In service", "Until")),
        Column("Count", Kind.COUNT),
        Column("GPUs", Kind.COUNT, summed=True),
        Column(f"Unit price ({currency})", Kind.PRICE),
        Column(f"Amount ({currency})", Kind.MONEY, summed=True, product=(4, 6)),
    )
    note = "Amount = count × unit price, undiscounted; of a commitment, all fees of its whole term."
    return table(name, caption, columns, (_decision(view, row) for row in rows), note)


def _decision(view: View, row: Order | Commitment) -> tuple[str | float | None, ...]:
    by = f"{view.calendar.begins(view.periods.index(row.period)):%Y-%m-%d}"
    each = row.cost / row.count if row.count else None
    if isinstance(row, Order):
        what = f"Buy {row.server}{view.marked('server', row.server, row.site)} for {row.site}"
        return (by, what, row.in_service, "", row.count, row.gpus, each, row.cost)
    what = f"Commit to {row.offer} {row.option}{view.marked('reserved', row.offer, row.option)}"
    return (by, what, row.period, row.until, row.count, row.gpus, each, row.cost)


def schedule(view: View) -> Table:
    """One row for every period: what is decided, what is in service, what is rented, what it costs."""
    held: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in view.capacity:
        held[row.period][0 if view.is_owned(row.pool) else 1] += row.gpus
    cost: defaultdict[str, float] = defaultdict(float)
    for line in view.costs:
        cost[line.period] += line.amount
    columns = (
        Column("Period"),
        Column("Order and commit"),
        Column("Owned GPUs", Kind.COUNT),
        Column("Reserved GPUs", Kind.COUNT),
        Column("On demand (GPU-hours)", Kind.HOURS, summed=True),
        Column("Spot (GPU-hours)", Kind.HOURS, summed=True),
        Column("Unserved (GPU-hours)", Kind.HOURS, summed=True),
        Column(f"Cost ({clean(view.currency)})", Kind.MONEY, summed=True),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            row.first,
            "; ".join(row.actions),
            held[row.first][0] if row.first in held else 0.0,
            held[row.first][1] if row.first in held else 0.0,
            *(hours for hours, _ in row.rented),
            cost.get(row.first, 0.0),
        )
        for row in period_rows(view)
    ]
    beyond = sum(amount for period, amount in cost.items() if period not in view.hours)
    note = "Costs are undiscounted, in the period in which they fall."
    note += f" Not in it: {money(beyond, view.currency)} that fall after the end." if abs(beyond) > 1e-6 else ""
    return table("schedule", "Schedule by period", columns, rows, note)


def use(view: View) -> Table | None:
    """What is held, who uses it, and what stands idle and is paid for."""
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
    columns = (
        Column("Supply"),
        Column("Used by"),
        Column("GPU-hours", Kind.HOURS, summed=True),
        Column("Share of what is held", Kind.SHARE),
    )
    note = f"{plural(len(held), 'pool')} held; shares are of the GPU-hours held. Rented hours have no share."
    return table("use", "Use of every supply over the horizon", columns, rows, note) if rows else None
