"""Operation within budgets: what is rounding, and what is too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_instance import ON_DEMAND, hand_instance
from hybrid_lp.instance import Budget
from hybrid_lp.levels import distinct_hours
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operator
from hybrid_lp.ration import ration


@pytest.mark.parametrize(("gpus", "kept"), [(1e-8, True), (1e-2, False)])
def test_of_a_budget_that_orders_leave_nothing_of_rounding_may_be_taken(gpus: float, kept: bool) -> None:
    """Orders take all of 1,000. What they do not serve, by rounding or not, is rented."""
    base = hand_instance()
    weights = np.zeros((2, *base.effectiveness.shape))
    weights[:, :, ON_DEMAND] = 1.0
    instance = replace(
        base,
        demand=np.full(base.demand.shape, gpus) * np.array([1.0, 0.0]),
        budgets=(Budget("bill", "currency", 1000.0, periods=range(2), run_weights=weights),),
        rental_limits=(),
    )
    operator = Operator(instance, useful(instance))
    nothing = np.zeros((instance.pools, instance.periods))
    found = ration(instance, operator, distinct_hours(instance), nothing, np.zeros(1), [])
    assert found.kept == kept
