"""What a baseline costs in each period, so that it can be laid beside the plan."""

from __future__ import annotations

import numpy as np
from hybrid_lp.certify import Certified
from hybrid_lp.instance import Instance
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.dispatch import SupplyKind
from planner.prepare import Prepared, spreads_of
from planner.running_costs import holding_parts
from planner.schedule import made_orders

Floats = NDArray[np.float64]


def costs_by_period(prepared: Prepared, loaded: Loaded, merged: Instance, certified: Certified) -> Floats:
    """cost[undiscounted or discounted, extended period]  of a certified plan of a restricted, merged instance.

    `prepared.instance` is the restricted instance before merging: its pools are those of `certified.orders`.
    Raises RuntimeError where the periods do not sum to the certified cost.
    """
    if certified.operation is None:
        raise ValueError("there is no plan to cost")
    timeline, periods = prepared.timeline, prepared.timeline.periods
    cost = np.zeros((2, timeline.extended))
    for kind in (SupplyKind.SERVER, SupplyKind.RESERVED):
        for p, _, supply, count in made_orders(prepared, certified.orders, kind):
            for spread in spreads_of(supply, timeline, loaded):
                for q, amount, discounted in spread.flows(p):
                    cost[:, q] += count * amount, count * discounted
    operation, penalty = certified.operation, merged.unserved_penalty
    flowing = (operation.run_gpu_hours * merged.running_cost).sum(axis=(1, 2))
    flowing += operation.unserved_gpu_hours @ np.where(np.isfinite(penalty), penalty, 0.0)
    for _, holding in holding_parts(prepared.pools, timeline, loaded):
        flowing += (holding * certified.capacity).sum(axis=0)
    cost[0, :periods] += flowing
    cost[1, :periods] += flowing * timeline.discount_middle[:periods]
    if not np.isclose(cost[1].sum(), certified.cost, rtol=1e-6, atol=1e-6):
        raise RuntimeError(f"a baseline's periods sum to {cost[1].sum()}, the programme says {certified.cost}: a bug")
    return cost
