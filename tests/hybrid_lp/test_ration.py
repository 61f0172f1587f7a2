"""Operation within budgets: what is rounding, and what is too much."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from hand_instance import ON_DEMAND, hand_instance
from hybrid_lp.certify import Settings, Status, certify
from hybrid_lp.instance import Budget, Instance
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


@pytest.mark.parametrize("calls", range(1, 12))
def test_time_that_ends_while_budgets_are_shared_out_proves_nothing(calls: int) -> None:
    """A bill that can just be kept: wherever the time ends, there is a plan or none yet, never "no plan can be"."""
    instance = _with_a_tight_bill()
    settings = Settings(gap=1e-6, written_out_columns=0)
    whole, _ = certify(instance, settings)
    assert whole.status in (Status.OPTIMAL, Status.WITHIN_GAP)
    asked = count()
    found, _ = certify(instance, replace(settings, interrupted=lambda: next(asked) >= calls))
    assert found.status in (Status.TIME_LIMIT, Status.OPTIMAL, Status.WITHIN_GAP)
    assert found.bound <= whole.cost * (1 + 1e-7)
    assert found.cost >= whole.bound * (1 - 1e-7)


def _with_a_tight_bill() -> Instance:
    """Rented GPU-hours on demand are limited to half of what the plan without a limit takes."""
    base = hand_instance()
    weights = np.zeros((2, *base.effectiveness.shape))
    weights[:, :, ON_DEMAND] = 1.0
    free, _ = certify(base, Settings())
    used = float(free.run_gpu_hours[:, ON_DEMAND].sum())
    assert used > 0
    bill = Budget("bill", "GPU-hours", used / 2, periods=range(2), run_weights=weights)
    return replace(base, budgets=(bill,))


def test_time_that_is_over_ends_the_search_for_prices() -> None:
    """Before the first price only the operation without one is known: here it oversteps what prices can keep."""
    instance = replace(_with_a_tight_bill(), unserved_penalty=np.array([50.0, 50.0]))
    operator, levels = Operator(instance, useful(instance)), distinct_hours(instance)
    nothing = np.zeros((instance.pools, instance.periods))
    plain = operator.operate(levels, nothing, operator.value(levels, nothing))
    left = np.array([0.5 * float(plain.run_gpu_hours[:, :, ON_DEMAND].sum())])
    whole = ration(instance, operator, levels, nothing, left, [])
    assert whole.kept
    assert len(whole.valuations) > 1
    ended = ration(instance, operator, levels, nothing, left, [], is_over=lambda: True)
    assert len(ended.valuations) == 1
    assert not ended.kept
