"""When nothing can serve: the least that falls short, and the least by which limits must give way.

A limit that may give way gets a pool of its own, ordered once, in the first period, and in service until the end: each
unit adds `Slack.size` to the limit, at a price. Hours, cuts, merging and certificates are those of any instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hybrid_lp.costing import run_weights
from hybrid_lp.holdings import Holdings
from hybrid_lp.instance import Budget, CapacityLimit, Floats, Instance, RentalLimit

PRICE = 1000.0
"""Of one unit of slack: of a limit that gives way by as much as `Slack.size`."""

LITTLE = 1.0
"""Price of holding units for all work at its peak all the time, so that nothing is held before it is needed; and of all
that hours could take of budgets."""

Cell = tuple[int, int]
"""pool, order period."""


@dataclass(frozen=True)
class Slack:
    """One figure that may give way: everything in an instance that it limits."""

    size: float
    """How much of the figure one unit of slack is; above 0."""
    capacity_limits: tuple[int, ...] = ()
    rental_limits: tuple[int, ...] = ()
    order_limits: tuple[int, ...] = ()
    budgets: tuple[int, ...] = ()
    most: tuple[Cell, ...] = ()
    """Orders whose upper bound it is."""
    least: tuple[Cell, ...] = ()
    """Orders whose lower bound it is, which falls."""


@dataclass(frozen=True)
class Outside:
    """An order that a window forbids."""

    distance: int
    """How many periods outside it is."""
    most: float
    """Units that could be ordered then."""


@dataclass(frozen=True)
class Window:
    """Orders can be made only inside a span of periods, which may grow."""

    outside: Mapping[Cell, Outside]


@dataclass(frozen=True)
class Elastic:
    """What may give way."""

    slacks: tuple[Slack, ...] = ()
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Given:
    """By how much it gives way."""

    amounts: tuple[float, ...] = ()
    """In units of each slack."""
    outside: tuple[int, ...] = ()
    """Periods by which each window is wider."""


def costless(instance: Instance) -> Instance:
    """The same limits with nothing to pay; work that has a penalty may be left undone."""
    keep_openings = any(budget.opening_weights is not None for budget in instance.budgets)
    return replace(
        instance,
        unserved_penalty=np.where(np.isfinite(instance.unserved_penalty), 0.0, np.inf),
        running_cost=np.zeros_like(instance.running_cost),
        order_cost=np.zeros_like(instance.order_cost),
        holding_cost=np.zeros_like(instance.holding_cost),
        discount_middle=np.ones_like(instance.discount_middle),
        constant_cost=0.0,
        sale_change={pool: np.zeros_like(change) for pool, change in instance.sale_change.items()},
        held=tuple(
            replace(held, sale_change=None if held.sale_change is None else np.zeros_like(held.sale_change))
            for held in instance.held
        ),
        # An opening counts in budgets; people are a cost alone.
        openings=tuple(replace(opening, cost=np.zeros_like(opening.cost)) for opening in instance.openings)
        if keep_openings
        else (),
        people=(),
    )


def least_shortfall(instance: Instance) -> Instance:
    """The same limits with nothing to pay but 1 for each reference GPU-hour of must-serve work left undone.

    Its optimum is the least shortfall that any plan must have: to explain why there is no plan, not to plan.
    """
    must = ~np.isfinite(instance.unserved_penalty)
    return replace(costless(instance), unserved_penalty=np.where(must, 1.0, 0.0))


def least_relaxation(instance: Instance, elastic: Elastic) -> Instance:
    """The limits of an instance with those that may give way priced; the pools of slack follow its own, in order.

    Its cost is `PRICE` for each unit of slack, and little beside: the optimum gives way as little as possible.
    """
    instance = costless(instance)
    for window in elastic.windows:
        instance = _opened(instance, window)
    slacks = elastic.slacks
    pools, periods, added = instance.pools, instance.periods, len(slacks)
    number = dict(enumerate(slacks, start=pools))
    bounds = [
        _order_budget(instance, added, k, {cell: sign}, limit, slack.size)
        for k, slack in number.items()
        for cells, sign, limits in ((slack.most, 1.0, instance.order_max), (slack.least, -1.0, -instance.order_min))
        for cell in cells
        if np.isfinite(limit := float(limits[cell]))
    ]
    bounds += [
        _order_budget(instance, added, k, {(j, p): 1.0 for j in order.pools}, order.most, slack.size)
        for k, slack in number.items()
        for order in (instance.order_limits[n] for n in slack.order_limits)
        for p in range(periods)
    ]
    order_min, order_max = instance.order_min.copy(), instance.order_max.copy()
    for slack in slacks:
        for cell in slack.most:
            order_max[cell] = np.inf
        for cell in slack.least:
            order_min[cell] = 0.0
    elastic_orders = {n for slack in slacks for n in slack.order_limits}
    bought = np.zeros((added, periods))
    bought[:, 0] = np.inf
    supply = instance.supplies
    return replace(
        instance,
        effectiveness=np.pad(instance.effectiveness, ((0, 0), (0, 1))),
        running_cost=np.pad(_running(instance), ((0, 0), (0, 0), (0, 1))),
        is_spot=np.append(instance.is_spot, False),
        offered=np.pad(instance.offered, ((0, 0), (0, 0), (0, 1))),
        pool_supply=np.append(instance.pool_supply, np.full(added, supply)),
        usable_gpus=np.append(instance.usable_gpus, np.zeros(added)),
        order_cost=np.vstack([instance.order_cost + _holding(instance), np.full((added, periods), PRICE)]),
        holding_cost=np.vstack([instance.holding_cost, np.zeros((added, periods))]),
        lead_periods=np.append(instance.lead_periods, np.zeros(added, dtype=np.int64)),
        life_periods=np.append(instance.life_periods, np.full(added, periods)),
        whole=np.append(instance.whole, np.zeros(added, dtype=np.bool_)),
        order_min=np.vstack([order_min, np.zeros((added, periods))]),
        order_max=np.vstack([order_max, bought]),
        rental_limits=tuple(
            _elastic_rental(limit, [(k, s.size) for k, s in number.items() if n in s.rental_limits])
            for n, limit in enumerate(instance.rental_limits)
        ),
        capacity_limits=tuple(
            _elastic_capacity(limit, [(k, s.size) for k, s in number.items() if n in s.capacity_limits])
            for n, limit in enumerate(instance.capacity_limits)
        ),
        order_limits=tuple(order for n, order in enumerate(instance.order_limits) if n not in elastic_orders),
        budgets=(
            *(
                _elastic_budget(
                    budget, (pools + added, periods), added, [(k, s.size) for k, s in number.items() if n in s.budgets]
                )
                for n, budget in enumerate(instance.budgets)
            ),
            *bounds,
        ),
    )


def _holding(instance: Instance) -> Floats:
    """cost[pool, order period]  per unit for its periods in service, paid with the order: a sale saves nothing."""
    left = instance.periods - instance.lead_periods[:, None] - np.arange(instance.periods)
    served = np.clip(left, 0, instance.life_periods[:, None])
    cost: Floats = LITTLE * served * instance.usable_gpus[:, None] / (_peak(instance) * instance.periods)
    return cost


def _running(instance: Instance) -> Floats:
    """cost[cost class, workload, supply]  a little for what hours take of budgets, so that they take no more than must.

    At most `LITTLE` for all work where it takes most.
    """
    cost = np.zeros_like(instance.running_cost)
    for number in instance.coupling:
        inside, weights = run_weights(instance, number)
        cost[inside] += weights / max(float(weights.max(initial=0.0)), 1e-12)
    able = np.where(instance.effectiveness > 0, instance.effectiveness, np.inf)
    most = float(cost.max(initial=0.0)) * float(instance.demand.sum()) / float(able.min(initial=np.inf))
    return cost * (LITTLE / most) if most > 0 else cost


def _peak(instance: Instance) -> float:
    """Reference GPUs of all workloads in their fullest hour."""
    return max(float(instance.demand.sum(axis=1).max(initial=0.0)), 1e-9)


def _opened(instance: Instance, window: Window) -> Instance:
    """Orders outside the window are possible, the dearer the farther outside."""
    order_max, order_cost = instance.order_max.copy(), instance.order_cost.copy()
    for (k, p), order in window.outside.items():
        order_max[k, p] = order.most
        share = max(instance.usable_gpus[k] / _peak(instance), 1e-3)
        order_cost[k, p] = PRICE * (order.distance / instance.periods) ** 2 * share
    return replace(instance, order_max=order_max, order_cost=order_cost)


def _elastic_rental(limit: RentalLimit, slack: Sequence[tuple[int, float]]) -> RentalLimit:
    pools, sizes = tuple(k for k, _ in slack), tuple(-size for _, size in slack)
    return replace(limit, pools=(*limit.pools, *pools), gpus_per_unit=(*limit.gpus_per_unit, *sizes))


def _elastic_capacity(limit: CapacityLimit, slack: Sequence[tuple[int, float]]) -> CapacityLimit:
    pools, sizes = tuple(k for k, _ in slack), tuple(-size for _, size in slack)
    return replace(limit, pools=(*limit.pools, *pools), weights=(*limit.weights, *sizes))


def _elastic_budget(budget: Budget, shape: tuple[int, int], added: int, slack: Sequence[tuple[int, float]]) -> Budget:
    """The budget over the pools of slack too, some of which lengthen it."""

    def padded(weights: Floats | None) -> Floats | None:
        return None if weights is None else np.pad(weights, ((0, added), (0, 0)))

    orders, run = padded(budget.order_weights), budget.run_weights
    if slack:
        orders = np.zeros(shape) if orders is None else orders
        for k, size in slack:
            orders[k, 0] = -size
    run = None if run is None else np.pad(run, ((0, 0), (0, 0), (0, 1)))
    return replace(budget, order_weights=orders, unit_weights=padded(budget.unit_weights), run_weights=run)


def _order_budget(
    instance: Instance, added: int, slack: int, signs: dict[Cell, float], limit: float, size: float
) -> Budget:
    """Σ ± order ≤ limit + size × slack."""
    weights = np.zeros((instance.pools + added, instance.periods))
    for cell, sign in signs.items():
        weights[cell] = sign
    weights[slack, 0] = -size
    return Budget("orders", "units", limit, order_weights=weights)


def relaxed(instance: Instance, elastic: Elastic, given: Given) -> Instance:
    """The instance with its limits raised by what is given."""
    order_min, order_max = instance.order_min.copy(), instance.order_max.copy()
    rental, capacity = list(instance.rental_limits), list(instance.capacity_limits)
    orders, budgets = list(instance.order_limits), list(instance.budgets)
    for slack, amount in zip(elastic.slacks, given.amounts, strict=True):
        more = amount * slack.size
        for n in slack.rental_limits:
            rental[n] = replace(rental[n], max_gpus=rental[n].max_gpus + more)
        for n in slack.capacity_limits:
            capacity[n] = replace(capacity[n], limit=capacity[n].limit + more)
        for n in slack.order_limits:
            orders[n] = replace(orders[n], most=orders[n].most + more)
        for n in slack.budgets:
            budgets[n] = replace(budgets[n], limit=budgets[n].limit + more)
        for cell in slack.most:
            order_max[cell] += more
        for cell in slack.least:
            order_min[cell] = max(order_min[cell] - more, 0.0)
    for window, wider in zip(elastic.windows, given.outside, strict=True):
        for cell, order in window.outside.items():
            if order.distance <= wider:
                order_max[cell] = order.most
    return replace(
        instance,
        rental_limits=tuple(rental),
        capacity_limits=tuple(capacity),
        order_limits=tuple(orders),
        budgets=tuple(budgets),
        order_min=order_min,
        order_max=order_max,
    )


def given_by(instance: Instance, elastic: Elastic, orders: Floats) -> Given:
    """What gives way in a plan of `least_relaxation`, of orders[pool, period]; `instance` is the one without slack."""
    amounts = orders[instance.pools :, 0]
    outside = (
        max((order.distance for cell, order in window.outside.items() if orders[cell] > 0), default=0)
        for window in elastic.windows
    )
    return Given(tuple(float(amount) for amount in amounts), tuple(outside))


def without_slack(instance: Instance, holdings: Holdings) -> Holdings:
    """Holdings of `least_relaxation` as those of the instance that it was made of."""
    return replace(holdings, orders=holdings.orders[: instance.pools])
