"""What one more GPU-hour, server, kW or GPU of quota is worth, as a table of the plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hybrid_lp.instance import Instance
from hybrid_lp.marginals import Marginals, marginals
from numpy.typing import NDArray

from planner.forecast.demand import HourlyDemand
from planner.prepare import Prepared
from planner.replay import Replay
from planner.schedule import frame

AT = ("peak", "median", "valley")
"""Hours of a period: of the most, the middle and the least demand of the workload."""

Rows = list[tuple[object, ...]]


def marginals_table(prepared: Prepared, demand: HourlyDemand, replay: Replay) -> pd.DataFrame:
    """columns period, what, at, amount, unit: the change of cost for one more; savings are negative.

    GPU-hours, orders and quotas: with the plan's orders fixed. Limits of sites and models: in the relaxed programme.
    Rows for workloads in every period; for orders, quotas and limits where one more would change anything.
    """
    instance = replay.merged
    worth = marginals(instance, replay.operator, replay.certified)
    labels = demand.calendar.labels
    rows = _demand_rows(prepared, demand, replay, worth)
    rows += _order_rows(prepared, worth, labels)
    rows += _rental_rows(instance, worth, labels)
    rows += _limit_rows(instance, worth, labels)
    rows += _budget_rows(instance, worth, labels)
    text = dict.fromkeys(("period", "what", "at"), "str")
    return frame(rows, **text, amount="float64", unit="str")


def _demand_rows(prepared: Prepared, demand: HourlyDemand, replay: Replay, worth: Marginals) -> Rows:
    rows: Rows = []
    first = prepared.instance.first_hour
    for p, label in enumerate(demand.calendar.labels):
        for w, name in enumerate(demand.workloads):
            wanted = demand.gpus[first[p] : first[p + 1], w]
            prices = replay.membership.price(worth.demand[first[p] : first[p + 1]], w)
            for at, hour in zip(AT, _typical_hours(wanted), strict=True):
                price = float(prices[hour])
                amount = price if np.isfinite(price) else None
                rows.append((label, f"demand of {name}", at, amount, "currency per reference GPU-hour, orders fixed"))
    return rows


def _typical_hours(wanted: NDArray[np.float64]) -> tuple[int, int, int]:
    order = np.argsort(wanted, kind="stable")
    return int(order[-1]), int(order[len(order) // 2]), int(order[0])


def _order_rows(prepared: Prepared, worth: Marginals, labels: tuple[str, ...]) -> Rows:
    """For each pool, the period in which one more order would cost least, or save most."""
    rows: Rows = []
    for k, supply in enumerate(prepared.pools):
        if np.isfinite(worth.order[k]).any():
            p = int(np.nanargmin(worth.order[k]))
            unit = "currency per unit ordered, discounted, orders fixed"
            rows.append((labels[p], f"order of {supply.label}", "best period", float(worth.order[k, p]), unit))
    return rows


def _rental_rows(instance: Instance, worth: Marginals, labels: tuple[str, ...]) -> Rows:
    unit = "currency per GPU of the limit, orders fixed"
    return [
        (labels[p], f"max_gpus of {limit.name}", "", float(worth.rental[number, p]), unit)
        for number, limit in enumerate(instance.rental_limits)
        for p in np.flatnonzero(worth.rental[number] < 0)
    ]


def _limit_rows(instance: Instance, worth: Marginals, labels: tuple[str, ...]) -> Rows:
    return [
        (labels[p], limit.name, "", float(worth.limit[number, p]), f"currency per {limit.unit}, servers as fractions")
        for number, limit in enumerate(instance.capacity_limits)
        for p in np.flatnonzero(worth.limit[number] < 0)
    ]


def _budget_rows(instance: Instance, worth: Marginals, labels: tuple[str, ...]) -> Rows:
    """Budgets that bind; of one that is for some periods, the first of them."""
    return [
        (
            labels[budget.periods.start] if budget.periods else labels[0],
            budget.name,
            "",
            float(worth.budget[number]),
            f"currency per {budget.unit} more, discounted, servers as fractions",
        )
        for number, budget in enumerate(instance.budgets)
        if worth.budget[number] < 0
    ]
