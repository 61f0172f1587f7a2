"""What is decided once: units ordered, and units that leave before their end; what follows from it, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from hybrid_lp.instance import Floats, Instance, People

ROUNDING = 1e-9
"""Units below which a count is rounding."""


class Fractions(Enum):
    """What may be a fraction, where it is whole in truth."""

    NONE = "none"
    SERVERS = "servers"
    """Servers and instances; people are whole, and sites open or do not."""
    UNITS = "units"
    """Servers, instances and people; sites still open or do not."""
    ALL = "all"
    """Openings too: the linear programme."""


@dataclass(frozen=True)
class Holdings:
    """Orders and early sales of one plan."""

    orders: Floats
    """orders[pool, period]  units ordered, those sold early included."""
    sold: Mapping[tuple[int, int, int], float] = field(default_factory=dict)
    """(pool, order period, leave period) → units that leave at the start of that period."""
    sold_held: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """(index of `Instance.held`, leave period) → units that leave at the start of that period."""

    @classmethod
    def none(cls, instance: Instance) -> Holdings:
        """Nothing is ordered or sold."""
        return cls(np.zeros((instance.pools, instance.periods)))


def same_holdings(one: Holdings, other: Holdings) -> bool:
    """Is the same ordered and sold?"""
    orders = np.array_equal(one.orders, other.orders)
    return orders and dict(one.sold) == dict(other.sold) and dict(one.sold_held) == dict(other.sold_held)


def in_service(instance: Instance, holdings: Holdings) -> Floats:
    """capacity[pool, period]  units in service: ordered ones from lead to lead + life, held ones, less those sold."""
    capacity = np.zeros((instance.pools, instance.periods))
    now = np.arange(1, instance.periods + 1)
    for pool in range(instance.pools):
        lead, life = int(instance.lead_periods[pool]), int(instance.life_periods[pool])
        arrived = np.zeros(instance.periods + 1)
        arrived[1:] = np.cumsum(holdings.orders[pool])
        capacity[pool] = arrived[np.maximum(now - lead, 0)] - arrived[np.maximum(now - lead - life, 0)]
    for (pool, ordered, leave), units in holdings.sold.items():
        end = ordered + int(instance.lead_periods[pool]) + int(instance.life_periods[pool])
        capacity[pool, leave:end] -= units
    # Differences of running totals leave rounding where nothing is left.
    capacity[capacity < ROUNDING] = 0.0
    for held in instance.held:
        capacity[held.pool, held.first : held.last + 1] += held.units
    for (number, leave), units in holdings.sold_held.items():
        held = instance.held[number]
        capacity[held.pool, leave : held.last + 1] -= units
    return np.where(capacity < ROUNDING, 0.0, capacity)


def reachable(instance: Instance) -> Floats:
    """capacity[pool, period] above 0 wherever a unit can be in service."""
    return in_service(instance, Holdings(np.where(instance.order_max > 0, 1.0, 0.0)))


def most_orders(instance: Instance) -> Floats:
    """most[pool, period]  units that an order can need: its own limits, and what all work at its peak could use."""
    peak = instance.demand.max(axis=0, initial=0.0)
    for w, block_of_hour in instance.blocks.items():
        peak[w] = np.bincount(block_of_hour, weights=instance.demand[:, w]).max(initial=0.0)
    with np.errstate(divide="ignore"):
        taken = np.where(instance.effectiveness > 0, 1.0 / instance.effectiveness, 0.0)
    each = taken[:, instance.pool_supply].T
    for draw in instance.draws:  # nothing runs on money itself
        each[draw.pool] = np.maximum(each[draw.pool], draw.rate * taken[:, draw.supply])
    needed = each @ peak
    usable = np.where(instance.usable_gpus > 0, instance.usable_gpus, 1.0)
    most = np.minimum(instance.order_max, np.ceil(needed / usable)[:, None])
    for limit in instance.capacity_limits:
        if min(limit.weights) < 0:
            continue  # Units of another pool raise it.
        for k, weight in zip(limit.pools, limit.weights, strict=True):
            if weight > 0:
                most[k] = np.minimum(most[k], limit.limit / weight)
    for order in instance.order_limits:
        most[list(order.pools)] = np.minimum(most[list(order.pools)], order.most)
    return np.maximum(most, instance.order_min)


def openings(instance: Instance, orders: Floats, fractions: Fractions) -> Floats:
    """opened[opening, period]  the latest openings that orders[pool, period] allow."""
    opened = np.zeros((len(instance.openings), instance.periods))
    if not instance.openings:
        return opened
    most = most_orders(instance)
    for number, opening in enumerate(instance.openings):
        pools = list(opening.pools)
        share = np.divide(orders[pools], most[pools], out=np.zeros_like(orders[pools]), where=most[pools] > 0)
        needed = share.max(axis=0, initial=0.0)
        if fractions is not Fractions.ALL:
            needed = (needed > ROUNDING).astype(np.float64)
        opened[number] = np.diff(np.maximum.accumulate(needed), prepend=0.0)
    return opened


def with_sites_open(instance: Instance, plan: Holdings) -> Instance:
    """The instance in which sites are open when a plan opens them, paid for already, and else never."""
    opened = openings(instance, plan.orders, Fractions.SERVERS)
    order_max = instance.order_max.copy()
    for number, opening in enumerate(instance.openings):
        pools = list(opening.pools)
        order_max[pools] = np.where(opened[number].cumsum() > 0, order_max[pools], 0.0)
    budgets = tuple(
        budget
        if budget.opening_weights is None
        else replace(budget, limit=budget.limit - float((budget.opening_weights * opened).sum()), opening_weights=None)
        for budget in instance.budgets
    )
    return replace(instance, openings=(), order_max=order_max, budgets=budgets)


def people_needed(people: People, capacity: Floats, fractions: Fractions) -> Floats:
    """needed[period]  people for the units in service, capacity[pool, period]."""
    needed: Floats = capacity[list(people.pools)].sum(axis=0) / people.units_per_person
    return np.ceil(needed - 1e-7) if fractions in (Fractions.NONE, Fractions.SERVERS) else needed


def fixed_cost(instance: Instance, holdings: Holdings, fractions: Fractions = Fractions.NONE) -> float:
    """Discounted cost of what is ordered, held, sold and opened, without operation."""
    capacity = in_service(instance, holdings)
    cost = instance.constant_cost + float((instance.order_cost * holdings.orders).sum())
    cost += float(((instance.holding_cost * capacity) @ instance.discount_middle).sum())
    for (pool, ordered, leave), units in holdings.sold.items():
        cost += units * float(instance.sale_change[pool][ordered, leave])
    for (number, leave), units in holdings.sold_held.items():
        change = instance.held[number].sale_change
        cost += 0.0 if change is None else units * float(change[leave])
    opened = openings(instance, holdings.orders, fractions)
    cost += float(sum(opening.cost @ opened[number] for number, opening in enumerate(instance.openings)))
    cost += float(sum(group.cost @ people_needed(group, capacity, fractions) for group in instance.people))
    return cost


def spent(instance: Instance, holdings: Holdings, fractions: Fractions = Fractions.NONE) -> Floats:
    """spent[budget]  of each budget by what is ordered, opened and held: without what runs."""
    capacity = in_service(instance, holdings)
    opened = openings(instance, holdings.orders, fractions)
    spent = np.zeros(len(instance.budgets))
    for number, budget in enumerate(instance.budgets):
        for weights, amounts in (
            (budget.order_weights, holdings.orders),
            (budget.unit_weights, capacity),
            (budget.opening_weights, opened),
        ):
            spent[number] += 0.0 if weights is None else float((weights * amounts).sum())
    return spent


def keeps_limits(instance: Instance, holdings: Holdings, fractions: Fractions = Fractions.NONE) -> bool:
    """Do these keep the limits on orders, capacity and budgets, and leave rental limits above what is held?"""
    capacity = in_service(instance, holdings)
    slack = 1 + ROUNDING
    for limit in instance.capacity_limits:
        if (np.array(limit.weights) @ capacity[list(limit.pools)] > limit.limit * slack + ROUNDING).any():
            return False
    for rental in instance.rental_limits:
        held = np.array(rental.gpus_per_unit) @ capacity[list(rental.pools)]
        if (held > rental.max_gpus * slack + ROUNDING).any():
            return False
    for order in instance.order_limits:
        if (holdings.orders[list(order.pools)].sum(axis=0) > order.most * slack + ROUNDING).any():
            return False
    limits = np.array([budget.limit for budget in instance.budgets])
    return bool((spent(instance, holdings, fractions) <= limits + ROUNDING * np.maximum(np.abs(limits), 1.0)).all())
