"""Ranges of near-optimal plans against the programme with every hour written out."""

from __future__ import annotations

import numpy as np
import pytest
from hybrid_lp.alternatives import order_ranges, share_range
from hybrid_lp.build import written_out
from hybrid_lp.certify import Certified, Pricer, Settings, certify
from hybrid_lp.early import possible
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Instance
from hybrid_lp.levels import distinct_hours
from hybrid_lp.merge import useful
from hybrid_lp.objective import holding_terms, hours_terms
from pulp import HiGHS, lpSum_vars_coefs
from random_instances import random_instance
from rich_instances import rich_instance

WITHIN = 0.03
SETTINGS = Settings(gap=1e-6, written_out_columns=0)


def exact(instance: Instance, plan: Certified, pools: np.ndarray, sign: float) -> float:
    """The end of the range, every hour written out."""
    hours = distinct_hours(instance)
    programme = written_out(instance, hours, useful(instance), possible(instance), Fractions.NONE)
    units, columns = programme.units, programme.columns
    cost = holding_terms(instance, columns, units.money)
    cost += hours_terms(instance, hours, columns, units.money, units.gpus)
    budget = (plan.cost + WITHIN * abs(plan.cost) - instance.constant_cost) / units.money
    programme.problem.addConstraint(lpSum_vars_coefs(cost) <= budget, "cost_budget")
    programme.problem.setObjective(lpSum_vars_coefs([(c, sign) for (k, _), c in columns.bought if pools[k]]))
    stats = programme.problem.solve(HiGHS(msg=False, gapRel=0))
    assert stats.has_solution
    return sign * float(stats.objective)


@pytest.mark.parametrize("seed", range(8))
def test_ranges_are_those_of_the_programme_written_out(seed):
    check(random_instance(seed))


@pytest.mark.parametrize("feature", ["held", "early_sale"])
@pytest.mark.parametrize("seed", range(3))
def test_with_units_that_can_be_sold(seed, feature):
    check(rich_instance(seed, (feature,)))


def check(instance: Instance) -> None:
    plan, _ = certify(instance, SETTINGS)
    if not np.isfinite(plan.cost):
        pytest.skip("this instance has no plan")
    everything = np.ones(instance.pools, dtype=np.bool_)
    first = np.arange(instance.pools) == 0
    for pools, found in zip(
        (everything, first), order_ranges(instance, plan, (everything, first), WITHIN, SETTINGS), strict=True
    ):
        least, most = exact(instance, plan, pools, 1.0), exact(instance, plan, pools, -1.0)
        near = {"rel": 2e-3, "abs": 2e-3}
        assert found.least_proven <= least + 1e-3
        assert found.most_proven >= most - 1e-3
        assert found.least_proven == pytest.approx(least, **near)
        assert found.least_found == pytest.approx(least, **near)
        assert found.most_found == pytest.approx(most, **near)
        assert found.most_proven == pytest.approx(most, **near)


@pytest.mark.parametrize("seed", range(4))
def test_no_plan_within_the_budget_leaves_the_range_of_shares(seed):
    """Plans at other prices, those that are within the budget at the true ones."""
    from dataclasses import replace

    instance = random_instance(seed)
    plan, _ = certify(instance, SETTINGS)
    if not np.isfinite(plan.cost):
        pytest.skip("this instance has no plan")
    markets = instance.is_market
    least, most = share_range(instance, plan, markets, 0.2, SETTINGS)
    price = Pricer(instance, SETTINGS)
    work = instance.demand.sum()
    seen = 0
    for factor in (0.6, 0.9, 1.0, 1.1, 1.6):
        other, _ = certify(replace(instance, order_cost=instance.order_cost * factor), SETTINGS)
        if price(other.holdings).cost <= plan.cost * 1.2:
            done = (other.run_gpu_hours * instance.effectiveness)[:, markets].sum()
            assert least - 1e-6 <= done / work <= most + 1e-6
            seen += 1
    assert seen
