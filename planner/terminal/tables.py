"""The sections below the schedule: options, costs, use, what is left after the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import RenderableType

from planner.terminal.blocks import NARROW, Row, bullets, compact, figures, label, line, section, table, words
from planner.terminal.components import component_rank, component_words
from planner.terminal.marks import Used
from planner.terminal.text import NONE, decimals_for, gpu_hours, known, money, percent, price
from planner.terminal.view import Option, View

_DUST = 1e-6

_REASONS_SHOWN = 10
"""Reasons that a reader takes in at once."""


def options_considered(view: View, width: int) -> RenderableType:
    """Every option, chosen or not, with its effective cost per GPU-hour at the planned use."""
    ordered = sorted(view.options, key=lambda option: not option.chosen)
    wide = width >= NARROW
    unit = f"{view.currency}/GPU-h"
    columns = [words("Option"), label("Chosen"), figures(unit), figures("GPU-hours"), figures("Used")]
    rows = [Row([*_option_cells(view, option), option.text]) for option in ordered]
    if wide:
        return section("Options considered", compact([*columns, words("Why")], rows, (5,), ""))
    why = [f"{option.name}: {option.text}" for option in ordered if option.text]
    parts: list[RenderableType] = [table(columns, [Row(row.cells[:5]) for row in rows])]
    return section("Options considered", *parts, *([bullets(why)] if why else []))


def _option_cells(view: View, option: Option) -> list[str]:
    mark = view.marked(option.kind, option.owner, option.place)
    return [
        f"{option.name}{mark}",
        "yes" if option.chosen else "no",
        price(option.cost_per_gpu_hour),
        gpu_hours(option.gpu_hours) if known(option.gpu_hours) else NONE,
        percent(option.utilisation) if known(option.utilisation) else NONE,
    ]


def cost_table(view: View) -> RenderableType:
    """Cost by component over the whole horizon, undiscounted and discounted, with its share of the total."""
    amounts: dict[str, tuple[float, float]] = {}
    for cost in view.costs:
        amount, discounted = amounts.get(cost.component, (0.0, 0.0))
        amounts[cost.component] = (amount + cost.amount, discounted + cost.discounted)
    shown = {
        name: amounts[name] for name in sorted(amounts, key=component_rank) if max(map(abs, amounts[name])) > _DUST
    }
    total = (sum(pair[0] for pair in amounts.values()), sum(pair[1] for pair in amounts.values()))
    places = decimals_for([value for pair in (*shown.values(), total) for value in pair])
    used = used_names(view)

    def row(name: str, pair: tuple[float, float], style: str = "") -> Row:
        share = percent(pair[1] / total[1]) if total[1] else NONE
        return Row([name, money(pair[0], decimals=places), money(pair[1], decimals=places), share], style)

    rows = [row(f"{component_words(name)}{view.marks.component(name, used)}", pair) for name, pair in shown.items()]
    rows.append(row("total", total, "bold"))
    columns = [words("Component"), figures(view.currency), figures("discounted"), figures("Share")]
    return section("Cost by component", table(columns, rows))


def workload_table(view: View) -> RenderableType:
    """What each workload costs, undiscounted; idle capacity, and resale of the fleet, are rows of their own."""
    in_tokens = any(known(row.per_million_tokens) for row in view.workload_costs)
    places = decimals_for(row.amount for row in view.workload_costs)
    columns = [words("Workload"), figures(view.currency), figures("per month"), figures("per GPU-hour")]
    columns += [figures("per million tokens")] if in_tokens else []
    rows = []
    for cost in view.workload_costs:
        per_hour = price(cost.per_gpu_hour) if known(cost.per_gpu_hour) else NONE
        per_million = price(cost.per_million_tokens) if known(cost.per_million_tokens) else NONE
        amounts = [money(amount, decimals=places) for amount in (cost.amount, cost.per_month)]
        cells = [cost.workload, *amounts, per_hour, *([per_million] if in_tokens else [])]
        rows.append(Row(cells))
    note = "Pools are shared by GPU-hours used, without what stands idle; per reference GPU-hour served."
    return section("Cost by workload", table(columns, rows), line(note, "dim"))


def used_names(view: View) -> Used:
    """Servers, sites and offers that the plan uses."""
    pools = {row.pool for row in view.capacity}
    owned = [option for option in view.options if option.kind == "server" and option.label in pools]
    return Used(
        servers=frozenset(order.server for order in view.orders) | {option.owner for option in owned},
        sites=frozenset(order.site for order in view.orders) | {option.place for option in owned},
        offers=frozenset(rental.offer for rental in view.rentals) | {row.offer for row in view.commitments},
    )


def rental_table(view: View) -> RenderableType | None:
    """What is rented by the hour, per offer and option: GPU-hours × average price = amount."""
    sums: dict[tuple[str, str], tuple[float, float]] = {}
    for rental in view.rentals:
        hours, cost = sums.get((rental.offer, rental.option), (0.0, 0.0))
        sums[rental.offer, rental.option] = (hours + rental.gpu_hours, cost + rental.cost)
    places = decimals_for(cost for _, cost in sums.values())
    rows = [
        Row(
            [
                f"{offer} {option.replace('_', '-')}{view.marked(option, offer, option)}",
                gpu_hours(hours),
                f"× {price(cost / hours)}" if hours > 0 else NONE,
                f"= {money(cost, decimals=places)}",
            ]
        )
        for (offer, option), (hours, cost) in sums.items()
        if hours > _DUST
    ]
    if not rows:
        return None
    columns = [words("Offer"), figures("GPU-hours"), figures(f"{view.currency}/GPU-h"), figures(view.currency)]
    return section("Rented by the hour, over the horizon", table(columns, rows))


def use_table(view: View) -> RenderableType | None:
    """Capacity held: by pool what was held, who used it, and what was paid for and stood idle, a row of its own."""
    held: dict[str, float] = {}
    for row in view.capacity:
        held[row.pool] = held.get(row.pool, 0.0) + row.gpus * view.hours.get(row.period, 0)
    used: dict[str, dict[str, float]] = {}
    for use in view.use:
        by_workload = used.setdefault(use.pool, {})
        by_workload[use.workload] = by_workload.get(use.workload, 0.0) + use.gpu_hours
    pools = [pool for pool, hours in held.items() if hours > 0]
    rows = [row for pool in pools for row in _pool_rows(view, pool, held[pool], used.get(pool, {}))]
    if not rows:
        return None
    columns = [words("Capacity held, and its use"), figures("GPU-hours"), figures("Share")]
    note = "Idle includes GPUs out of order and headroom kept free; used includes GPUs that whole replicas cannot fill."
    return section("Use of what is held", table(columns, rows), line(note, "dim"))


def _pool_rows(view: View, pool: str, held: float, used: Mapping[str, float]) -> list[Row]:
    rest = held - sum(used.values())
    idle = rest if rest > _DUST * held else 0.0
    parts = [(f"  used by {name}", hours, "") for name, hours in used.items() if hours > _DUST]
    parts.append(("  idle, paid for", idle, "yellow"))
    head = Row([f"{pool}{view.marked_pool(pool)}", gpu_hours(held), percent(1.0)], "bold")
    return [head, *(Row([name, gpu_hours(hours), percent(hours / held)], style) for name, hours, style in parts)]


def obligations(view: View) -> RenderableType | None:
    """What is still to be paid after the horizon's end."""
    owed = [row for row in view.obligations if row.amount is None or abs(row.amount) > _DUST]
    if not owed:
        return None
    places = decimals_for(row.amount for row in owed if row.amount is not None)
    rows = [Row([row.what, row.until or NONE, money(row.amount, decimals=places)]) for row in owed]
    columns = [words("What"), label("Until"), figures(view.currency)]
    return section("Obligations after the end, not in the total unless charged in full", table(columns, rows))


def reasons(view: View) -> RenderableType | None:
    """Why: the first sentences. Options that are not used have theirs in their own table too."""
    more = len(view.reasons) - _REASONS_SHOWN
    rest = [f"… and {more} more: plan.json, reasons"] if more > 0 else []
    return sentences("Why", (*view.reasons[:_REASONS_SHOWN], *rest))


def sentences(title: str, texts: Sequence[str], style: str = "") -> RenderableType | None:
    """A list of sentences, such as warnings, or nothing."""
    return section(title, bullets(texts, style)) if texts else None


def footnote(view: View) -> RenderableType | None:
    """Where the figures marked `*` come from, how many there are, and where the whole list is."""
    if not view.marks.defaults:
        return None
    origins = {
        "catalogue": "from the planner's catalogue (`planner catalogue NAME` shows source and date)",
        "default": "defaults of the file format",
    }
    counts = [f"{view.marks.count(origin)} {text}" for origin, text in origins.items() if view.marks.count(origin)]
    return section("* not given in your files", line(f"{'; '.join(counts)}. Full list: plan.json, inputs.defaults."))
