"""Given orders and sales, priced: against the search that found them, and where limits cannot be kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hybrid_lp.certify import Settings, certify
from hybrid_lp.fixed import price
from hybrid_lp.holdings import Fractions, Holdings
from hybrid_lp.instance import CapacityLimit
from hybrid_lp.merge import merge
from rich_instances import FEATURES, rich_instance

ALL = tuple(FEATURES)


@pytest.mark.parametrize("relax", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_what_a_search_finds_costs_what_it_says(seed: int, relax: bool) -> None:
    """With every feature: fleet, sales, money promised, budgets, sites, work that waits."""
    merged, _ = merge(rich_instance(seed, tuple(name for name in ALL if name != "two_deferrable")))
    certified, _ = certify(merged, Settings(gap=1e-6, relax=relax))
    if not certified.operations:
        pytest.skip("this one has no plan")
    fractions = Fractions.UNITS if relax else Fractions.NONE
    priced = price(merged, certified.holdings, fractions)
    assert priced.certified.cost == pytest.approx(certified.cost, rel=1e-6, abs=1e-6)
    assert priced.oversteps == ()
    assert not priced.short


@pytest.mark.parametrize("seed", range(6))
def test_fewer_orders_than_the_best_never_cost_less(seed: int) -> None:
    """Half of the best orders: dearer, or must-serve work is short, or a limit is overstepped."""
    merged, _ = merge(rich_instance(seed, ("cloud_bill", "carbon")))
    certified, _ = certify(merged, Settings(gap=1e-6))
    if not certified.operations:
        pytest.skip("this one has no plan")
    priced = price(merged, Holdings(np.maximum(np.floor(certified.orders / 2), merged.order_min)))
    dearer = priced.certified.cost >= certified.bound * (1 - 1e-6)
    assert dearer or priced.short or priced.oversteps


def test_budgets_that_cannot_be_kept_are_told_and_cost_nothing() -> None:
    """More is spent already than may be: what runs is what runs without the limits."""
    merged, _ = merge(rich_instance(3, ("cloud_bill",)))
    free = replace(merged, budgets=())
    tight = replace(merged, budgets=tuple(replace(budget, limit=-1.0) for budget in merged.budgets))
    nothing = Holdings(merged.order_min)
    without, within = price(free, nothing), price(tight, nothing)
    assert not without.short
    assert within.certified.cost == pytest.approx(without.certified.cost)
    assert [overstep.limit for overstep in within.oversteps] == [budget.name for budget in tight.budgets]
    assert len(within.oversteps) > 0


def test_limits_on_capacity_are_told_by_period() -> None:
    merged, _ = merge(rich_instance(1, ()))
    orders = np.zeros_like(merged.order_min)
    orders[0, 0] = 3
    limited = replace(merged, capacity_limits=(CapacityLimit("room", "U", (0,), (2.0,), 5.0),))
    arrival = int(merged.lead_periods[0])
    gone = min(arrival + int(merged.life_periods[0]), merged.periods)
    found = price(limited, Holdings(orders)).oversteps
    assert [(o.limit, o.period, o.found, o.allowed) for o in found if o.limit == "room"] == [
        ("room", period, 6.0, 5.0) for period in range(arrival, gone)
    ]
    assert gone > arrival
