"""Purchases, commitments and sales with their dates, as rows of a time line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import pandas as pd

from planner.report.palette import Palette
from planner.report.series import label_index
from planner.report.source import PlanDocument
from planner.terminal.text import clean, money, number, plural
from planner.terminal.view import Commitment, Order, Promise, Sale, rows_of

MOST_ROWS = 40
"""Rows of a time line that can be read; with more decisions, those of a supply share one."""


@dataclass(frozen=True)
class Decision:
    """One order, commitment or sale. Periods are labels."""

    supply: str
    what: str
    gpus: float
    period: str
    in_service: str
    until: str
    sold: bool = False


def decisions(document: PlanDocument, palette: Palette) -> pd.DataFrame:
    """One row per decision, in order of time.

    columns row, supply, what, period, in_service, until, gpus, sold, and the times ordered, begin, end. A server
    stands until its pool last has any in service; what lasts beyond the horizon is cut off at its end.
    """
    calendar = document.calendar
    every = [*_decisions(document)]
    index = label_index(document, {name for row in every for name in (row.period, row.in_service, row.until)})
    every.sort(key=lambda row: index[row.period])
    names = [palette.name(row.supply) for row in every]
    horizon_end = calendar.begins(calendar.count)
    columns = [*Decision.__dataclass_fields__]
    rows = pd.DataFrame([asdict(row) for row in every], columns=columns)
    return rows.assign(
        row=[_text(row)[:80] for row in every] if len(every) <= MOST_ROWS else names,
        supply=names,
        ordered=[calendar.begins(index[row.period]) for row in every],
        begin=[calendar.begins(index[row.in_service]) for row in every],
        end=[min(calendar.begins(index[row.until] + 1), horizon_end) for row in every],
    )


def _text(row: Decision) -> str:
    gpus = f"{plural(row.gpus, 'GPU')} on " if row.gpus else ""
    return f"{row.period}: {gpus}{row.what}"


def _decisions(document: PlanDocument) -> Iterator[Decision]:
    """Orders, reservations, spend commitments, sales."""
    capacity, currency = document.table("capacity"), document.head.currency
    last_held = dict(zip(capacity["pool"], capacity["period"], strict=True))
    for order in rows_of(document.table("purchases"), Order):
        pool = f"{order.site}/{order.server}"
        what, until = f"{number(order.count)} × {clean(pool)}", last_held.get(pool, document.calendar.labels[-1])
        yield Decision(pool, what, order.gpus, order.period, order.in_service, until)
    for term in rows_of(document.table("commitments"), Commitment):
        pool = f"{term.offer}/{term.option}"
        yield Decision(pool, f"{number(term.count)} × {clean(pool)}", term.gpus, term.period, term.period, term.until)
    for promise in rows_of(document.table("spend_commitments"), Promise):
        what = f"{money(promise.amount_per_hour, currency)} an hour to {clean(promise.name)}"
        yield Decision(promise.name, what, 0.0, promise.period, promise.period, promise.until)
    for sale in rows_of(document.table("sales"), Sale):
        pool = f"{sale.site}/{sale.server}"
        what = f"{number(sale.count)} × {clean(pool)} ({clean(sale.acquired)}) sold"
        yield Decision(pool, what, 0.0, sale.period, sale.period, sale.period, sold=True)
