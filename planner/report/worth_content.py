"""What one more of something would cost or save: a GPU-hour of demand, a server, a kW, a unit of a budget."""

from __future__ import annotations

from planner.report.source import PlanDocument
from planner.report.tables import Cell, Column, Kind, Table, table
from planner.terminal.text import clean

_DEMAND = "demand of "
_ORDER = "order of "
_AT = ("peak", "median", "valley")
"""Hours of a period, as the table `marginals` names them."""

SENTENCES = (
    "Every figure is the change of cost that one more would make: positive costs, negative saves.",
    "Of demand, orders and quotas with the plan's orders as they are; of limits and budgets as if servers could be "
    "fractions. They hold for a little more, not for much.",
)


def demand(document: PlanDocument) -> Table | None:
    """What one more GPU-hour of demand costs in each period, in its hours of most, middle and least demand."""
    rows = document.table("marginals")
    rows = rows[rows["what"].str.startswith(_DEMAND)]
    amounts: dict[tuple[str, str], dict[str, float | None]] = {}
    for period, what, at, amount in zip(rows["period"], rows["what"], rows["at"], rows["amount"], strict=True):
        amounts.setdefault((period, what.removeprefix(_DEMAND)), {})[at] = amount
    currency = clean(document.head.currency)
    columns = (
        Column("Period"),
        Column("Workload"),
        *(Column(f"At its {at} ({currency}/GPU-h)", Kind.PRICE) for at in _AT),
    )
    cells = [(period, name, *(found.get(at) for at in _AT)) for (period, name), found in amounts.items()]
    note = "Per reference GPU-hour, in the hours of most, middle and least demand. -: no more could be served then."
    return table("hour-worth", "One more GPU-hour of demand", columns, cells, note) if cells else None


def others(document: PlanDocument) -> Table | None:
    """What one more server, instance, kW, GPU of quota or unit of a budget changes, where it changes most."""
    rows = document.table("marginals")
    rows = rows[~rows["what"].str.startswith(_DEMAND) & rows["amount"].notna()]
    found: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for period, what, amount, unit in zip(*(rows[name] for name in ("period", "what", "amount", "unit")), strict=True):
        found.setdefault((what, unit), []).append((amount, period))
    currency = clean(document.head.currency)
    cells: list[tuple[Cell, ...]] = []
    for (what, unit), values in found.items():
        amount, period = max(values, key=lambda value: abs(value[0]))
        cells.append(
            (
                what,
                period,
                amount,
                unit.replace("currency", currency),
                None if what.startswith(_ORDER) else float(len(values)),
            )
        )
    columns = (
        Column("One more of"),
        Column("Most in"),
        Column("Changes the cost by", Kind.PRICE),
        Column("Unit"),
        Column("Periods in which it counts", Kind.COUNT),
    )
    note = (
        "Of orders the period in which one more would cost least, or save most, by the first bit of it: a whole unit "
        "saves less, or nothing. All periods: marginals.csv."
    )
    return table("more-worth", "One more of what is ordered or limited", columns, cells, note) if cells else None
