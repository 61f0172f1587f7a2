"""What one more of something is worth, in a certified plan. Signs: the change of cost, so that savings are negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.certify import Certified
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.operate import Operator


@dataclass(frozen=True)
class Marginals:
    """Prices of a plan. Those of hours and orders hold with the plan's orders fixed, whole or not."""

    demand: Floats
    """demand[hour, workload]  currency of that hour per reference GPU-hour more of demand; infinite where no more could
    be served."""
    order: Floats
    """order[pool, period]  discounted currency per unit more ordered: its cost less what it saves in operation, the
    saving of the first bit of it (a whole unit saves at most that). NaN where it cannot be ordered."""
    limit: Floats
    """limit[capacity limit, period]  currency of that period per unit more of the limit, in the relaxed programme: what
    the limit is worth when servers may be fractions. NaN where it was not asked."""
    rental: Floats
    """rental[rental limit, period]  currency of that period per GPU more of the limit."""
    budget: Floats
    """budget[budget]  discounted currency per unit more of the budget, in the relaxed programme. NaN where it was not
    asked."""


def marginals(instance: Instance, operator: Operator, certified: Certified) -> Marginals:
    """The marginal prices of a certified plan (which must have an operation)."""
    if not certified.operations:
        raise ValueError("there is no plan to take prices from")
    followed = max(certified.operations, key=lambda mixed: float(mixed.share.sum()))
    prices = operator.prices(followed.operation)
    operating = instance.discount_middle[:, None] * (prices.unit + instance.holding_cost.T)
    order = np.full((instance.pools, instance.periods), np.nan)
    running = np.vstack([np.zeros((1, instance.pools)), np.cumsum(operating, axis=0)])
    for k in range(instance.pools):
        arrival = np.arange(instance.periods) + instance.lead_periods[k]
        leaving = np.minimum(arrival + instance.life_periods[k], instance.periods)
        possible = (instance.order_max[k] > 0) & (arrival < instance.periods)
        gained = running[leaving[possible], k] - running[arrival[possible], k]
        order[k, possible] = instance.order_cost[k, possible] + gained
    worth, middle = certified.prices, instance.discount_middle
    limit = (
        np.full((len(instance.capacity_limits), instance.periods), np.nan) if worth is None else worth.limit / middle
    )
    budget = np.full(len(instance.budgets), np.nan) if worth is None else worth.budget
    return Marginals(prices.demand, order, limit, prices.rental, budget)
