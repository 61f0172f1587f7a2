"""Trying what gives way: whether holdings make a plan under other limits, and when they need more than they had."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hybrid_lp.certify import Certified
from hybrid_lp.costing import run_weights
from hybrid_lp.elastic import Slack
from hybrid_lp.holdings import Fractions, Holdings, in_service, keeps_limits, spent
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.levels import distinct_hours
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operator
from hybrid_lp.ration import ration

TOLERANCE = 1e-6
"""Relative, of limits and orders: what a solver's answer may be off."""


def makes_a_plan(instance: Instance, holdings: Holdings, fractions: Fractions) -> bool:
    """Do these holdings keep every limit and bound, and serve every hour that must be served?"""
    orders = holdings.orders
    if (orders < instance.order_min - TOLERANCE).any() or (orders > instance.order_max + TOLERANCE).any():
        return False
    if not keeps_limits(instance, holdings, fractions):
        return False
    operator, levels = Operator(instance, useful(instance)), distinct_hours(instance)
    capacity = in_service(instance, holdings)
    if not instance.coupling:
        return not operator.value(levels, capacity).short.any()
    limits = np.array([instance.budgets[number].limit for number in instance.coupling])
    left = limits - spent(instance, holdings, fractions)[list(instance.coupling)]
    found = ration(instance, operator, levels, capacity, left, [])
    return found.kept and not found.valuations[0].short.any()


def first_needed(instance: Instance, slack: Slack, certified: Certified, holdings: Holdings) -> int | None:
    """The first period in which a plan needs more than the instance's own limits of one slack; None: in none."""
    return min(_periods_needed(instance, slack, certified, holdings), default=None)


def _periods_needed(instance: Instance, slack: Slack, certified: Certified, holdings: Holdings) -> Iterator[int]:
    capacity = in_service(instance, holdings)
    for n in slack.capacity_limits:
        limit = instance.capacity_limits[n]
        yield from _first(np.array(limit.weights) @ capacity[list(limit.pools)], limit.limit)
    for n in slack.order_limits:
        order = instance.order_limits[n]
        yield from _first(holdings.orders[list(order.pools)].sum(axis=0), order.most)
    yield from (p for _, p in (*slack.most, *slack.least))
    for n in slack.budgets:
        if len(instance.budgets[n].periods) == 1:
            used = spent(instance, holdings)[n] + _run_use(instance, n, certified)
            if used > instance.budgets[n].limit * (1 + TOLERANCE):
                yield instance.budgets[n].periods.start
    for n in slack.rental_limits:
        rental = instance.rental_limits[n]
        yield from _first(np.array(rental.gpus_per_unit) @ capacity[list(rental.pools)], rental.max_gpus)
    if slack.rental_limits:
        operator, levels = Operator(instance, useful(instance)), distinct_hours(instance)
        short = operator.value(levels, capacity).short
        if short.any():
            yield int(levels.period[short].min())


def _first(used: Floats, limit: float) -> Iterator[int]:
    over = np.flatnonzero(used > limit * (1 + TOLERANCE) + 1e-9)
    yield from over[:1].tolist()


def _run_use(instance: Instance, number: int, certified: Certified) -> float:
    """What the hours take of a budget."""
    if instance.budgets[number].run_weights is None:
        return 0.0
    inside, weights = run_weights(instance, number)
    total = 0.0
    for mixed in certified.operations:
        share = mixed.share[instance.period_of_class[inside]]
        ran = mixed.operation.run_gpu_hours[inside][:, :, : instance.supplies]
        total += float(np.einsum("c,cwj,cwj->", share, weights, ran))
    return total
