"""What hours are charged: their running costs, and prices on what they take of budgets that couple them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.hour import HourProgramme, HourRows
from hybrid_lp.instance import Booleans, Floats, Instance, Integers


@dataclass(frozen=True)
class Costing:
    """The hour programmes of one set of costs."""

    budget_price: Floats
    """budget_price[coupling budget, period]  currency of that period per unit of the budget."""
    group_of_class: Integers
    """group_of_class[cost class]: classes in which the same work can run on the same supplies share an hour
    programme."""
    cost_of_class: Integers
    """cost_of_class[cost class]: which of that hour programme's costs are its."""
    groups: tuple[HourProgramme, ...]
    undone_cost: Floats
    """undone_cost[workload]  of work left undone: its penalty, or dearer than any way to serve."""

    @classmethod
    def priced(cls, instance: Instance, rows: HourRows, useful: Booleans, budget_price: Floats) -> Costing:
        """Running costs, and budget_price[coupling budget, period] for what they take of the budgets."""
        cost = instance.running_cost
        if budget_price.any():
            cost = cost.copy()
            for b, number in enumerate(instance.coupling):
                inside, weights = run_weights(instance, number)
                cost[inside] += budget_price[b, instance.period_of_class[inside]][:, None, None] * weights
        able = np.where(instance.effectiveness > 0, instance.effectiveness, np.inf)
        slowest = np.minimum(able.min(initial=np.inf), 1.0)
        must = ~np.isfinite(instance.unserved_penalty)
        dearest = np.where(instance.effectiveness > 0, cost, 0.0).max(initial=0.0)
        ceiling = dearest / slowest + instance.unserved_penalty[~must].max(initial=0.0)
        # Dearer than any way to serve, so that must-serve work is left only where nothing can serve it.
        undone = np.where(must, 100 * ceiling + 1.0, instance.unserved_penalty)
        return cls._grouped(rows, useful, cost, undone, budget_price)

    @classmethod
    def of_shortage(cls, instance: Instance, rows: HourRows, useful: Booleans) -> Costing:
        """Nothing to pay but 1 for each reference GPU-hour of must-serve work left undone."""
        must = ~np.isfinite(instance.unserved_penalty)
        nothing = np.zeros((len(instance.coupling), instance.periods))
        return cls._grouped(rows, useful, np.zeros(useful.shape), must.astype(np.float64), nothing)

    @classmethod
    def _grouped(
        cls, rows: HourRows, useful: Booleans, cost: Floats, undone_cost: Floats, budget_price: Floats
    ) -> Costing:
        members: dict[bytes, list[int]] = {}
        for c, pattern in enumerate(useful):
            members.setdefault(pattern.tobytes(), []).append(c)
        group_of_class, cost_of_class = np.empty((2, len(cost)), dtype=np.int64)
        groups: list[HourProgramme] = []
        for classes in members.values():
            group_of_class[classes] = len(groups)
            group, cost_of_class[classes] = HourProgramme.of(rows, useful[classes[0]], cost[classes], undone_cost)
            groups.append(group)
        return cls(budget_price, group_of_class, cost_of_class, tuple(groups), undone_cost)


def run_weights(instance: Instance, number: int) -> tuple[Integers, Floats]:
    """(cost classes that count in a budget, their weight[class, workload, supply] per occupied GPU-hour)."""
    budget, period = instance.budgets[number], instance.period_of_class
    assert budget.run_weights is not None, "a budget in which hours do not count"
    inside = np.flatnonzero(np.isin(period, budget.periods))
    return inside, budget.run_weights[period[inside] - budget.periods.start]
