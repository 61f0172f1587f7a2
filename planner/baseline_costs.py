"""What a baseline costs in each period, so that it can be laid beside the plan."""

from __future__ import annotations

import numpy as np
from hybrid_lp.certify import Certified
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Instance
from numpy.typing import NDArray

from planner.cash_flows import pool_flows, site_flows
from planner.prepare import Prepared

Floats = NDArray[np.float64]


def costs_by_period(prepared: Prepared, merged: Instance, certified: Certified, fractions: Fractions) -> Floats:
    """cost[undiscounted or discounted, extended period]  of a certified plan of a restricted, merged instance.

    `prepared.instance` is the restricted instance before merging: its pools are those of `certified.holdings`.
    Raises RuntimeError where the periods do not sum to the certified cost.
    """
    timeline, periods = prepared.timeline, prepared.timeline.periods
    cost = np.zeros((2, timeline.extended))
    holdings = certified.holdings
    for _, flow in (*pool_flows(prepared, holdings), *site_flows(prepared, holdings, fractions)):
        cost[:, flow.period] += flow.amount, flow.discounted
    penalty = np.where(np.isfinite(merged.unserved_penalty), merged.unserved_penalty, 0.0)
    flowing = np.zeros(periods)
    for mixed in certified.operations:
        by_class = (mixed.operation.run_gpu_hours * merged.running_cost).sum(axis=(1, 2))
        ran = np.bincount(merged.period_of_class, weights=by_class, minlength=periods)
        flowing += mixed.share * (ran + mixed.operation.unserved_gpu_hours @ penalty)
    cost[0, :periods] += flowing
    cost[1, :periods] += flowing * timeline.discount_middle[:periods]
    if not np.isclose(cost[1].sum(), certified.cost, rtol=1e-6, atol=1e-6):
        raise RuntimeError(f"a baseline's periods sum to {cost[1].sum()}, the programme says {certified.cost}: a bug")
    return cost
