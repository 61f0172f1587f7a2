"""Which units may be ordered to be sold early: columns that are added only when they can pay.

Every order could leave at the start of any period of its life: periods² columns a pool, nearly all of them useless. The
dual prices of a relaxed programme say which of those that it does not have would improve it (column generation), and,
once none does, which whole units could be part of a plan better than the best one known (reduced cost fixing).
"""

from __future__ import annotations

import numpy as np

from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.solve import Prices
from hybrid_lp.variables import Early


def reduced_costs(instance: Instance, prices: Prices, known: frozenset[Early]) -> dict[int, Floats]:
    """pool → reduced[order period, leave period]  discounted currency per unit; infinite where there is no such column.

    The reduced cost of ordering, and the change of cost by leaving early, and the difference between what service costs
    from the end of life on and from the sale on.
    """
    shared = {(k, p) for k, p, _ in known}
    result = {}
    for k, change in instance.sale_change.items():
        lead, life = int(instance.lead_periods[k]), int(instance.life_periods[k])
        periods = np.arange(instance.periods)
        ending = np.minimum(periods + lead + life, instance.periods)
        leave = periods[None, :]
        possible = (leave > (periods + lead)[:, None]) & (leave < ending[:, None])
        possible &= (instance.order_max[k] > 0)[:, None]
        # At a bound of its column, the price of the bound is that of both together.
        free = np.array([(k, p) in shared for p in range(instance.periods)]) | (instance.order_min[k] == 0)
        base = np.where(free, np.maximum(np.nan_to_num(prices.order[k]), 0.0), 0.0)
        reduced = base[:, None] + change + prices.service[k, ending][:, None] - prices.service[k, leave]
        result[k] = np.where(possible, reduced, np.inf)
    return result


def possible(instance: Instance) -> frozenset[Early]:
    """Every early sale that there can be: after arrival, before the end of life and of the horizon."""
    found: set[Early] = set()
    for k in instance.sale_change:
        lead, life = int(instance.lead_periods[k]), int(instance.life_periods[k])
        for p in np.flatnonzero(instance.order_max[k] > 0).tolist():
            ending = min(p + lead + life, instance.periods)
            found.update((k, p, leave) for leave in range(p + lead + 1, ending))
    return frozenset(found)


def improving(
    reduced: dict[int, Floats], known: frozenset[Early], most_orders: Floats, tolerance: float
) -> frozenset[Early]:
    """The best columns of each pool and order period, and of each and leave period.

    None where those of all order periods together could save no more than `tolerance`. Those of leave periods make the
    rounds fewer: units of many order periods compete for the same end.
    """
    found: set[Early] = set()
    most = tolerance / max(sum(len(costs) for costs in reduced.values()), 1)
    for k, costs in reduced.items():
        saved = np.where(np.isfinite(costs), np.minimum(costs, 0.0), 0.0) * most_orders[k][:, None]
        for pool, p, leave in known:
            if pool == k:
                saved[p, leave] = 0.0
        periods = np.arange(len(saved))
        for orders, leaves in ((periods, saved.argmin(axis=1)), (saved.argmin(axis=0), periods)):
            chosen = saved[orders, leaves] < -most
            found.update((k, int(p), int(end)) for p, end in zip(orders[chosen], leaves[chosen], strict=True))
    return frozenset(found)


def within(reduced: dict[int, Floats], most: float, whole: Booleans) -> frozenset[Early]:
    """All columns that a plan could use that costs at most `most`, maybe infinite, more than the relaxed programme.

    Of whole[pool] those with a reduced cost of at most `most`, as a plan uses one unit of them or none; of the others
    all there can be, as a plan may use a little of any.
    """
    return frozenset(
        (k, int(p), int(leave))
        for k, costs in reduced.items()
        for p, leave in np.argwhere(np.isfinite(costs) & ((costs <= most) | (not whole[k])))
    )


def saving(reduced: dict[int, Floats], known: frozenset[Early], most_orders: Floats) -> float:
    """What columns that are not there could save at most (≤ 0): reduced cost times the most that can be ordered."""
    total = 0.0
    for k, costs in reduced.items():
        absent = costs.copy()
        for pool, p, leave in known:
            if pool == k:
                absent[p, leave] = np.inf
        total += float(np.minimum(absent.min(axis=1), 0.0) @ most_orders[k])
    return total
