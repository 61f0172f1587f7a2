"""Whole orders near fractional ones: candidates that may already lie within the gap, so that no search is needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hybrid_lp.instance import Floats, Instance

_THRESHOLDS = (0.5, 0.35, 0.2, 0.65, 0.05, 0.8, 0.001)
"""A unit is ordered once its fraction reaches the threshold: from rounding down to rounding up."""


def rounded(instance: Instance, orders: Floats) -> Iterator[Floats]:
    """orders[pool, period] with whole pools rounded on their running total, for those that keep the limits.

    Rounding the total ordered so far, not each order, keeps what is in service within one unit of the fractions. There
    are none where the bounds of an order leave no whole number.
    """
    whole = instance.whole
    least, most = np.ceil(instance.order_min[whole]), np.floor(instance.order_max[whole])
    if (least > most).any():
        return
    total = np.cumsum(orders[whole], axis=1)
    seen: set[bytes] = set()
    for threshold in _THRESHOLDS:
        candidate = orders.copy()
        candidate[whole] = np.diff(np.floor(total + 1 - threshold), axis=1, prepend=0.0)
        candidate[whole] = np.clip(candidate[whole], least, most)
        if candidate.tobytes() not in seen and keeps_limits(instance, candidate):
            seen.add(candidate.tobytes())
            yield candidate


def keeps_limits(instance: Instance, orders: Floats) -> bool:
    """Do these orders stay within the limits on orders and capacity, and leave rental limits above what is held?"""
    capacity = instance.capacity(orders)
    for limit in instance.capacity_limits:
        if (np.array(limit.weights) @ capacity[list(limit.pools)] > limit.limit * (1 + 1e-9)).any():
            return False
    for rental in instance.rental_limits:
        held = np.array(rental.gpus_per_unit) @ capacity[list(rental.pools)]
        if (held > rental.max_gpus * (1 + 1e-9)).any():
            return False
    for order in instance.order_limits:
        if (orders[list(order.pools)].sum(axis=0) > order.most * (1 + 1e-9)).any():
            return False
    return True
