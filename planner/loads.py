"""How high the load is, and for how long: small tables that pictures are drawn from without the hourly dispatch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.dispatch import Dispatch, PeriodDispatch
from planner.periods import Calendar
from planner.report_columns import DURATION_COLUMNS, LOAD_COLUMNS

Floats = NDArray[np.float64]
STEPS = 40
"""Points of a load-duration curve: enough to see its shape, few enough to keep in plan.json."""
UNSERVED = "(unserved)"
"""The supply of work that is left undone."""


def load_tables(dispatch: Dispatch, calendar: Calendar) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`load` and `load_duration`, from one pass over the periods.

    load: period, average_gpus, peak_gpus: GPUs occupied on all supplies, and reference GPUs' worth left undone.
    load_duration: period, share_from, share_to, supply, gpus: the hours of a period from the busiest to the quietest
    in at most `STEPS` equal parts, and what each supply carries in each on average. For three periods at most: the
    first, the one with the highest peak, and the last.
    """
    labels = [*(supply.label for supply in dispatch.supplies), UNSERVED]
    rows: list[tuple[str, float, float]] = []
    curves: list[list[tuple[object, ...]]] = []
    for hours in dispatch:
        carried = _carried(hours)
        total = carried.sum(axis=1)
        name = calendar.labels[hours.period]
        rows.append((name, float(total.mean()), float(total.max(initial=0.0))))
        curves.append(_curve(name, carried, total, labels))
    shown = sorted({0, int(np.argmax([row[2] for row in rows])), len(rows) - 1}) if rows else []
    points = [row for period in shown for row in curves[period]]
    load = pd.DataFrame(rows, columns=list(LOAD_COLUMNS)).astype(dict(LOAD_COLUMNS))
    return load, pd.DataFrame(points, columns=list(DURATION_COLUMNS)).astype(dict(DURATION_COLUMNS))


def _carried(hours: PeriodDispatch) -> Floats:
    """carried[hour, supply and unserved]  GPUs."""
    left = hours.unserved.sum(axis=1, keepdims=True)
    carried: Floats = np.concatenate([hours.gpus.sum(axis=1), left], axis=1)
    return carried


def _curve(period: str, carried: Floats, total: Floats, labels: Sequence[str]) -> list[tuple[object, ...]]:
    """Rows of one period's curve; what carries nothing in a part has no row there."""
    count = len(total)
    parts = np.array_split(np.argsort(-total, kind="stable"), min(STEPS, count))
    rows: list[tuple[object, ...]] = []
    first = 0
    for part in parts:
        last = first + len(part)
        means = carried[part].mean(axis=0)
        rows += [
            (period, first / count, last / count, labels[j], float(means[j])) for j in np.flatnonzero(means).tolist()
        ]
        first = last
    return rows
