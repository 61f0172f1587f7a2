"""The schedule by period: what to order and commit to, what is in service, what to rent by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType

from planner.terminal.blocks import Row, compact, figures, label, line, section, words
from planner.terminal.text import NONE, gpu_hours, number, plural
from planner.terminal.view import Commitment, Order, View

MOST_ROWS = 24
"""Rows that a reader takes in at once: quiet periods are joined more freely until the schedule is no longer than that."""

_TOLERANCES = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0, float("inf"))
"""How much rented hours may differ inside one joined row, relative to its largest."""


@dataclass(frozen=True)
class PeriodRow:
    """One period of the schedule."""

    first: str
    last: str
    actions: tuple[str, ...]
    in_service: tuple[str, ...]
    rented: tuple[tuple[float, float], ...]
    """Least and most GPU-hours in one period: on demand, spot, and left undone."""

    @property
    def quiet(self) -> bool:
        """Nothing to decide."""
        return not self.actions


def schedule(view: View) -> RenderableType:
    """The section; runs of quiet periods are one row, so that 60 periods stay readable."""
    rows = readable(period_rows(view))
    columns = [
        label("Period"),
        words("Order and commit"),
        words("In service"),
        figures("On demand"),
        figures("Spot"),
        figures("Unserved"),
    ]
    cells = [
        Row([_period(row), list(row.actions), list(row.in_service), *(_range(least, most) for least, most in row.rented)])
        for row in rows
    ]
    note = "On demand, spot and unserved in GPU-hours per period; joined rows show the least and the most of a period."
    return section("Schedule", compact(columns, cells, (1, 3, 4, 5), NONE), line(note, "dim"))


def period_rows(view: View) -> list[PeriodRow]:
    """One row for every period of the horizon."""
    rented = _rented(view)
    service = _in_service(view)
    actions: dict[str, list[str]] = {}
    for order in view.orders:
        actions.setdefault(order.period, []).append(order_words(view, order))
    for commitment in view.commitments:
        actions.setdefault(commitment.period, []).append(commitment_words(view, commitment))
    nothing = (0.0, 0.0, 0.0)
    return [
        PeriodRow(
            period,
            period,
            tuple(actions.get(period, ())),
            service.get(period, ()),
            tuple((hours, hours) for hours in rented.get(period, nothing)),
        )
        for period in view.periods
    ]


def order_words(view: View, order: Order) -> str:
    """`order 5 servers hgx-h100-8* = 40 GPUs for lab, in service 2027-04`."""
    mark = view.marked("server", order.server, order.site)
    units = "server" if number(order.count) == "1" else "servers"
    return (
        f"order {number(order.count)} {units} {order.server}{mark} = {plural(order.gpus, 'GPU')} "
        f"for {order.site}, in service {order.in_service}"
    )


def commitment_words(view: View, commitment: Commitment) -> str:
    """`commit to 2 aws-p5.48xlarge 1y-all-upfront* = 16 GPUs until 2027-12`."""
    mark = view.marked("reserved", commitment.offer, commitment.option)
    return (
        f"commit to {number(commitment.count)} × {commitment.offer} {commitment.option}{mark} = "
        f"{plural(commitment.gpus, 'GPU')} until {commitment.until}"
    )


def readable(rows: Sequence[PeriodRow]) -> list[PeriodRow]:
    """Quiet neighbours with the same capacity joined: identical ones always, similar ones while rows are too many."""
    joined = list(rows)
    for tolerance in _TOLERANCES:
        joined = join_quiet(rows, tolerance)
        if len(joined) <= MOST_ROWS:
            break
    return joined


def join_quiet(rows: Sequence[PeriodRow], tolerance: float) -> list[PeriodRow]:
    """Neighbours joined where both are quiet, have the same in service, and rent as much, within the tolerance."""
    joined: list[PeriodRow] = []
    for row in rows:
        merged = _merge(joined[-1], row, tolerance) if joined else None
        if merged is None:
            joined.append(row)
        else:
            joined[-1] = merged
    return joined


def _merge(before: PeriodRow, row: PeriodRow, tolerance: float) -> PeriodRow | None:
    if not (before.quiet and row.quiet and before.in_service == row.in_service):
        return None
    spans = tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(before.rented, row.rented, strict=True))
    alike = all(gpu_hours(least) == gpu_hours(most) or most - least <= tolerance * most for least, most in spans)
    return PeriodRow(before.first, row.last, (), before.in_service, spans) if alike else None


def _period(row: PeriodRow) -> str:
    return row.first if row.first == row.last else f"{row.first} … {row.last}"


def _range(least: float, most: float) -> str:
    low, high = gpu_hours(least), gpu_hours(most)
    return low if low == high else f"{'0' if low == NONE else low} … {high}"


def _rented(view: View) -> dict[str, tuple[float, float, float]]:
    """GPU-hours by period: on demand, spot, unserved."""
    hours: dict[str, list[float]] = {}
    for rental in view.rentals:
        hours.setdefault(rental.period, [0.0, 0.0, 0.0])[rental.option == "spot"] += rental.gpu_hours
    for period, by_workload in view.unserved.items():
        hours.setdefault(period, [0.0, 0.0, 0.0])[2] += sum(by_workload.values())
    return {period: (amounts[0], amounts[1], amounts[2]) for period, amounts in hours.items()}


def _in_service(view: View) -> dict[str, tuple[str, ...]]:
    """By period: `12 servers = 96 GPUs`, `3 reserved = 24 GPUs`; one line for each of the two."""
    totals: dict[str, dict[bool, tuple[float, float]]] = {}
    for row in view.capacity:
        by_kind = totals.setdefault(row.period, {})
        units, gpus = by_kind.get(view.is_owned(row.pool), (0.0, 0.0))
        by_kind[view.is_owned(row.pool)] = (units + row.units, gpus + row.gpus)
    words_of = {True: lambda units: plural(units, "server"), False: lambda units: f"{number(units)} reserved"}
    return {
        period: tuple(
            f"{words_of[owned](units)} = {plural(gpus, 'GPU')}"
            for owned, (units, gpus) in sorted(by_kind.items(), reverse=True)
        )
        for period, by_kind in totals.items()
    }
