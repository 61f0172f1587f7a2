"""Whole orders near fractional ones: candidates that may already lie within the gap, so that no search is needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hybrid_lp.holdings import Holdings, keeps_limits
from hybrid_lp.instance import Instance

_THRESHOLDS = (0.5, 0.35, 0.2, 0.65, 0.05, 0.8, 0.001)
"""A unit is ordered once its fraction reaches the threshold: from rounding down to rounding up."""


def rounded(instance: Instance, holdings: Holdings) -> Iterator[Holdings]:
    """Holdings with whole pools rounded on their running total, for those that keep the limits.

    Rounding the total ordered so far, not each order, keeps what is in service within one unit of the fractions. There
    are none where the bounds of an order leave no whole number. Nothing ordered is sold early, and of what was held
    only what is whole already: a search finds better, where that is a loss.
    """
    whole, orders = instance.whole, holdings.orders
    least, most = np.ceil(instance.order_min[whole]), np.floor(instance.order_max[whole])
    if (least > most).any():
        return
    sold_held = {
        index: float(np.floor(units + 1e-6)) if instance.held[index[0]].whole else units
        for index, units in holdings.sold_held.items()
    }
    total = np.cumsum(orders[whole], axis=1)
    seen: set[bytes] = set()
    for threshold in _THRESHOLDS:
        candidate = orders.copy()
        candidate[whole] = np.diff(np.floor(total + 1 - threshold), axis=1, prepend=0.0)
        candidate[whole] = np.clip(candidate[whole], least, most)
        if candidate.tobytes() not in seen:
            seen.add(candidate.tobytes())
            near = Holdings(candidate, {}, sold_held)
            if keeps_limits(instance, near):
                yield near
