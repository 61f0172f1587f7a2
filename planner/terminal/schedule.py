"""The schedule by period: what to order and commit to, what is in service, what to rent by the hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain

from rich.console import RenderableType

from planner.terminal.blocks import NARROW, Row, bullets, compact, figures, label, line, section, words
from planner.terminal.text import NONE, gpu_hours, money, number, plural
from planner.terminal.view import Commitment, Order, Promise, Sale, View

MOST_ROWS = 24
"""Rows that a reader takes in at once: quiet periods are joined more freely until there are no more than that."""

_VERY_NARROW = 76
"""Below this many columns the two ends of a run of periods stand below each other."""

_TOLERANCES = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0, float("inf"))
"""How much rented hours may differ inside one joined row, relative to its largest."""


class Rented(IntEnum):
    """What is not held, and its place among the amounts of a period."""

    ON_DEMAND = 0
    SPOT = 1
    DRAWN = 2
    """Drawn from spend commitments."""
    API = 3
    """In million tokens; all others in GPU-hours."""
    UNSERVED = 4


_HEADS = {
    Rented.ON_DEMAND: "On demand",
    Rented.SPOT: "Spot",
    Rented.DRAWN: "Drawn",
    Rented.API: "API, M tokens",
    Rented.UNSERVED: "Unserved",
}
_FIRST = 3
"""The column of the first of them."""


@dataclass(frozen=True)
class PeriodRow:
    """One period of the schedule."""

    first: str
    last: str
    actions: tuple[str, ...]
    in_service: tuple[str, ...]
    rented: tuple[tuple[float, float], ...]
    """Least and most in one period, in the order of `Rented`."""

    @property
    def quiet(self) -> bool:
        """Nothing to decide."""
        return not self.actions


def schedule(view: View, width: int) -> RenderableType:
    """The section; runs of quiet periods are one row, so that 60 periods stay readable.

    In few columns the orders stand in a list of their own, and the table has only their sums.
    """
    narrow = width < NARROW
    rows = readable(period_rows(view))
    columns = [
        label("Period"),
        words("Ordered" if narrow else "Order and commit"),
        words("In service"),
        *(figures(_HEADS[kind]) for kind in Rented),
    ]
    ordered = _ordered(view) if narrow else {row.first: row.actions for row in rows}
    cells = [
        Row(
            [
                _period(row, width),
                list(ordered.get(row.first, ())),
                list(row.in_service),
                *(_range(least, most) for least, most in row.rented),
            ]
        )
        for row in rows
    ]
    optional = (1, *(_FIRST + kind for kind in Rented))
    listed = [bullets(f"{row.first}: {action}" for row in rows for action in row.actions)] if narrow and ordered else []
    return section("Schedule", *listed, compact(columns, cells, optional, NONE), line(_note(rows), "dim"))


def _note(rows: Iterable[PeriodRow]) -> str:
    """What the amounts count."""
    there = {kind for row in rows for kind in Rented if row.rented[kind][1] > 0}
    parts = ["GPU-hours per period" + (", but for APIs" if Rented.API in there else "")]
    if Rented.DRAWN in there:
        parts.append("drawn: rented with the money promised")
    return f"{'; '.join(parts)}; joined rows show the least and the most of a period."


def period_rows(view: View) -> list[PeriodRow]:
    """One row for every period of the horizon."""
    rented = _rented(view)
    service = _in_service(view)
    actions: dict[str, list[str]] = {}
    for order in view.orders:
        actions.setdefault(order.period, []).append(order_words(view, order))
    for commitment in view.commitments:
        actions.setdefault(commitment.period, []).append(commitment_words(view, commitment))
    for promise in view.promises:
        actions.setdefault(promise.period, []).append(promise_words(view, promise))
    for sale in view.sales:
        actions.setdefault(sale.period, []).append(sale_words(view, sale))
    nothing = (0.0,) * len(Rented)
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


def promise_words(view: View, promise: Promise) -> str:
    """`promise 32.36 USD an hour to aws-compute-sp-1y until 2027-12`."""
    amount = money(promise.amount_per_hour, view.currency)
    return f"promise {amount} an hour to {promise.name} until {promise.until}"


def sale_words(view: View, sale: Sale) -> str:
    """`sell 2 servers hgx-h100-8 of lab (fleet 1) for 300,000 USD`."""
    units = "server" if number(sale.count) == "1" else "servers"
    amount = money(sale.amount, view.currency)
    return f"sell {number(sale.count)} {units} {sale.server} of {sale.site} ({sale.acquired}) for {amount}"


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


def _period(row: PeriodRow, width: int) -> list[str]:
    if row.first == row.last:
        return [row.first]
    return [f"{row.first} … {row.last}"] if width >= _VERY_NARROW else [f"{row.first} …", row.last]


def _range(least: float, most: float) -> str:
    low, high = gpu_hours(least), gpu_hours(most)
    return low if low == high else f"{'0' if low == NONE else low} … {high}"


def _rented(view: View) -> dict[str, tuple[float, ...]]:
    """Amounts by period, in the order of `Rented`. Hours rented under the name of a spend commitment are drawn."""
    amounts: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * len(Rented))
    named = {"on_demand": Rented.ON_DEMAND, "spot": Rented.SPOT}
    for rental in view.rentals:
        amounts[rental.period][named.get(rental.option, Rented.DRAWN)] += rental.gpu_hours
    for used in view.api_use:
        amounts[used.period][Rented.API] += (used.input_tokens + used.output_tokens) / 1e6
    for period, by_workload in view.unserved.items():
        amounts[period][Rented.UNSERVED] += sum(by_workload.values())
    return {period: tuple(found) for period, found in amounts.items()}


def _in_service(view: View) -> dict[str, tuple[str, ...]]:
    """By period: `12 servers = 96 GPUs`, `3 reserved = 24 GPUs`."""
    return _sums((row.period, view.is_owned(row.pool), row.units, row.gpus) for row in view.capacity)


def _ordered(view: View) -> dict[str, tuple[str, ...]]:
    """The same for what is ordered and committed to in each period."""
    servers = ((order.period, True, order.count, order.gpus) for order in view.orders)
    reserved = ((bought.period, False, bought.count, bought.gpus) for bought in view.commitments)
    return _sums(chain(servers, reserved))


def _sums(rows: Iterable[tuple[str, bool, float, float]]) -> dict[str, tuple[str, ...]]:
    """Period → one line for servers and one for reservations, from (period, owned?, units, GPUs)."""
    totals: dict[str, dict[bool, tuple[float, float]]] = {}
    for period, owned, units, gpus in rows:
        by_kind = totals.setdefault(period, {})
        before = by_kind.get(owned, (0.0, 0.0))
        by_kind[owned] = (before[0] + units, before[1] + gpus)
    return {
        period: tuple(_units(owned, *by_kind[owned]) for owned in (True, False) if owned in by_kind)
        for period, by_kind in totals.items()
    }


def _units(owned: bool, units: float, gpus: float) -> str:
    what = plural(units, "server") if owned else f"{number(units)} reserved"
    return f"{what} = {plural(gpus, 'GPU')}"
