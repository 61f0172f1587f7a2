"""Purchases and commitments with their dates, as rows of a time line."""

from __future__ import annotations

import pandas as pd

from planner.report.palette import Palette
from planner.report.series import label_index
from planner.report.source import PlanDocument
from planner.terminal.text import clean, number, plural

MOST_ROWS = 40
"""Rows of a time line that can be read; with more decisions, those of a supply share one."""


def decisions(document: PlanDocument, palette: Palette) -> pd.DataFrame:
    """One row per order and per commitment, in order of time.

    columns row, supply, what, period, in_service, until, gpus, and the times ordered, begin, end. A server
    stands until its pool last has any in service; what lasts beyond the horizon is cut off at its end.
    """
    calendar, capacity = document.calendar, document.table("capacity")
    last_held = dict(zip(capacity["pool"], capacity["period"], strict=True))
    orders = document.table("purchases")
    bought = pd.DataFrame(
        {
            "supply": orders["site"] + "/" + orders["server"],
            "period": orders["period"],
            "count": orders["count"],
            "gpus": orders["gpus"],
            "in_service": orders["in_service"],
        }
    )
    bought = bought.assign(until=[last_held.get(pool, calendar.labels[-1]) for pool in bought["supply"].tolist()])
    terms = document.table("commitments")
    committed = pd.DataFrame(
        {
            "supply": terms["offer"] + "/" + terms["option"],
            "period": terms["period"],
            "count": terms["count"],
            "gpus": terms["gpus"],
            "in_service": terms["period"],
            "until": terms["until"],
        }
    )
    rows = pd.concat([table for table in (bought, committed) if len(table)] or [bought], ignore_index=True)
    index = label_index(document, {*rows["period"], *rows["in_service"], *rows["until"]})
    place = rows["period"].map(index).sort_values(kind="stable").index
    rows = rows.loc[place].reset_index(drop=True)
    what = [f"{number(count)} × {clean(name)}" for count, name in zip(rows["count"], rows["supply"], strict=True)]
    gpus = [plural(gpus, "GPU") for gpus in rows["gpus"].tolist()]
    named = [f"{period}: {held} on {text}"[:80] for period, held, text in zip(rows["period"], gpus, what, strict=True)]
    horizon_end = calendar.begins(calendar.count)
    return rows.assign(
        what=what,
        row=named if len(rows) <= MOST_ROWS else [palette.name(name) for name in rows["supply"].tolist()],
        supply=[palette.name(name) for name in rows["supply"].tolist()],
        ordered=[calendar.begins(index[label]) for label in rows["period"].tolist()],
        begin=[calendar.begins(index[label]) for label in rows["in_service"].tolist()],
        end=[min(calendar.begins(index[label] + 1), horizon_end) for label in rows["until"].tolist()],
    ).drop(columns="count")
