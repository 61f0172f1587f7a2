"""What the plan costs, and what else could have been done."""

from __future__ import annotations

from collections import defaultdict

from planner.report.series import paybacks
from planner.report.source import PlanDocument
from planner.report.tables import Cell, Column, Kind, Table, table
from planner.terminal.components import component_rank, component_words
from planner.terminal.tables import used_names
from planner.terminal.text import clean, known
from planner.terminal.view import View


def savings(document: PlanDocument, view: View) -> Table:
    """The plan and each baseline: total, saving, gap, when the plan has paid itself back, or why there is none."""
    currency = clean(view.currency)
    back = {payback.baseline: payback.period or "not inside the horizon" for payback in paybacks(document)}
    columns = (
        Column("Plan"),
        Column(f"Total, discounted ({currency})", Kind.MONEY),
        Column(f"Saving ({currency})", Kind.MONEY),
        Column("Saving (%)", Kind.SHARE),
        Column("Proven to", Kind.GAP),
        Column("Paid back by the end of"),
        Column("Why there is none"),
    )
    rows: list[tuple[Cell, ...]] = [("this plan", view.total_cost, None, None, view.gap, "", "")]
    for row in view.baselines:
        share = row.saving / abs(row.total_cost) if row.saving is not None and row.total_cost else None
        period = back.get(row.name, "") if known(row.total_cost) else ""
        rows.append((row.name, row.total_cost, row.saving, share, row.gap, period, row.reason))
    return table("baselines", "Total and saving against each baseline", columns, rows)


def components(view: View) -> Table:
    """Cost by component over the horizon, undiscounted and discounted."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for line in view.costs:
        sums[line.component][0] += line.amount
        sums[line.component][1] += line.discounted
    total = sum(pair[1] for pair in sums.values())
    used, currency = used_names(view), clean(view.currency)
    columns = (
        Column("Component"),
        Column(f"Undiscounted ({currency})", Kind.MONEY, summed=True),
        Column(f"Discounted ({currency})", Kind.MONEY, summed=True),
        Column("Share of discounted", Kind.SHARE),
    )
    rows = [
        (f"{component_words(name)}{view.marks.component(name, used)}", *sums[name], _share(sums[name][1], total))
        for name in sorted(sums, key=component_rank)
    ]
    return table("components", "Cost by component", columns, rows, "* a figure behind it is not from your files.")


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def details(document: PlanDocument) -> Table | None:
    """Every cost as quantity × unit price = amount."""
    lines, currency = document.table("cost_details"), clean(document.head.currency)
    columns = (
        Column("Component"),
        Column("Paid for"),
        Column("Quantity", Kind.HOURS),
        Column("Unit"),
        Column(f"Unit price ({currency})", Kind.PRICE),
        Column(f"Amount ({currency})", Kind.MONEY, summed=True, product=(2, 4)),
        Column(f"Discounted ({currency})", Kind.MONEY, summed=True),
    )
    rows = [
        (component_words(component), supply, quantity, unit, price, amount, discounted)
        for component, supply, quantity, unit, price, amount, discounted in lines.sort_values(
            "component", key=lambda names: names.map(component_rank), kind="stable"
        ).itertuples(index=False)
    ]
    note = "Quantity × unit price = amount, undiscounted; unit prices are averages over the horizon."
    return table("details", "Every cost as quantity × unit price", columns, rows, note) if rows else None


def by_period(view: View) -> Table:
    """Cost by period, undiscounted and discounted, and so far."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for label in view.periods:
        sums[label] = [0.0, 0.0]
    for line in view.costs:
        sums[line.period][0] += line.amount
        sums[line.period][1] += line.discounted
    currency, so_far, rows = clean(view.currency), 0.0, list[tuple[Cell, ...]]()
    for label, (amount, discounted) in sums.items():
        so_far += discounted
        rows.append((label, amount, discounted, so_far))
    columns = (
        Column("Period"),
        Column(f"Undiscounted ({currency})", Kind.MONEY, summed=True),
        Column(f"Discounted ({currency})", Kind.MONEY, summed=True),
        Column(f"Discounted, so far ({currency})", Kind.MONEY),
    )
    return table("periods", "Cost by period", columns, rows)


def workloads(view: View) -> Table:
    """Cost by workload; idle capacity, and resale of the fleet, are rows of their own."""
    currency = clean(view.currency)
    columns = [
        Column("Workload"),
        Column(f"Undiscounted ({currency})", Kind.MONEY, summed=True),
        Column(f"{currency} per month", Kind.MONEY, summed=True),
        Column(f"{currency} per GPU-hour", Kind.PRICE),
    ]
    tokens = any(known(row.per_million_tokens) for row in view.workload_costs)
    columns += [Column(f"{currency} per million tokens", Kind.PRICE)] if tokens else []
    rows = [
        (row.workload, row.amount, row.per_month, row.per_gpu_hour, *([row.per_million_tokens] if tokens else []))
        for row in view.workload_costs
    ]
    note = (
        "What is held is shared by GPU-hours used, but for what the fleet brings when it is sold; per reference "
        "GPU-hour served. Not discounted."
    )
    return table("workloads", "Cost by workload", columns, rows, note)


def options(document: PlanDocument, view: View) -> Table:
    """Everything that could be bought, reserved or rented, with what it costs and would need to cost."""
    currency, frame = clean(view.currency), document.table("options")
    limits = dict(zip(frame["name"], frame["enters_below"], strict=True))
    told = any(known(limit) for limit in limits.values())
    columns = [
        *(Column(head) for head in ("Option", "Kind", "Chosen")),
        Column(f"{currency} per GPU-hour", Kind.PRICE),
        Column("GPU-hours", Kind.HOURS),
        Column("Used", Kind.SHARE),
        *([Column("Would be chosen below", Kind.PRICE)] if told else []),
        Column("In words"),
    ]
    rows = [
        (
            f"{row.name}{view.marked(row.kind, row.owner, row.place)}",
            row.kind.replace("_", "-"),
            "yes" if row.chosen else "no",
            row.cost_per_gpu_hour,
            row.gpu_hours,
            row.utilisation,
            *([limits.get(row.name)] if told else []),
            row.text,
        )
        for row in sorted(view.options, key=lambda option: not option.chosen)
    ]
    note = "" if told else "What each would need to cost to be chosen is told by a plan made with --why."
    return table("options", "Options considered", columns, rows, note)


def obligations(view: View) -> Table | None:
    """What is still to be paid after the horizon's end."""
    columns = (Column("What"), Column("Until"), Column(f"Amount ({clean(view.currency)})", Kind.MONEY, summed=True))
    rows = [(row.what, row.until, row.amount) for row in view.obligations]
    return table("obligations", "Obligations after the end", columns, rows) if rows else None
