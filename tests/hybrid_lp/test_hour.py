"""The hour without the supplies that have nothing in service: what it says of them, and where it begins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_instance import rich_hand_instance
from hybrid_lp.costing import Costing
from hybrid_lp.hour import HourProgramme, HourRows
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import distinct_hours
from hybrid_lp.merge import merge, useful
from hybrid_lp.operate import Operator
from hybrid_lp.valuation import Valuation
from rich_instances import rich_instance

FEATURE_SETS = (
    (),
    ("draws",),
    ("classes", "draws"),
    ("draws", "deferrable"),
    ("classes", "two_deferrable"),
)
CASES = [(seed, FEATURE_SETS[seed % len(FEATURE_SETS)]) for seed in range(700, 730)]

Case = tuple[int, tuple[str, ...]]


def instance_of(case: Case) -> Instance:
    """Without limits that more in service would overstep; what is reserved never counts against an offer."""
    instance, _ = merge(rich_instance(*case))
    limits = tuple(replace(limit, pools=(), gpus_per_unit=()) for limit in instance.rental_limits)
    return replace(instance, rental_limits=limits)


def in_service(instance: Instance, seed: int, there: Booleans) -> Floats:
    """capacity[pool, period]: of pools that are there[pool] more than nothing in some period, of the others nothing."""
    rng = np.random.default_rng(seed)
    capacity = rng.integers(0, 6, (instance.pools, instance.periods)) / 2.0
    money = [draw.pool for draw in instance.draws]
    capacity[money] *= instance.demand.max()
    capacity[:, 0] += 0.5
    capacity[~there] = 0.0
    return capacity


def some_pools(instance: Instance, seed: int) -> Booleans:
    """there[pool]: half of them, but not all."""
    rng = np.random.default_rng(seed)
    there = rng.random(instance.pools) < 0.5
    there[rng.integers(instance.pools)] = False
    return there


def operator(instance: Instance) -> Operator:
    return Operator(instance, useful(instance))


def valued(case: Case) -> tuple[Instance, Operator, Booleans, Valuation]:
    """With some pools in service."""
    instance, there = instance_of(case), some_pools(instance_of(case), case[0])
    made = operator(instance)
    return instance, made, there, made.value(distinct_hours(instance), in_service(instance, case[0], there))


def met(group: HourProgramme) -> np.ndarray:
    """All bases of a group."""
    return np.concatenate([group.simplex.met_under(cost) for cost in range(group.simplex.costs)])


def worth_running(costing: Costing, number: int, under: np.ndarray, prices: Floats) -> Floats:
    """worth[basis, column]: what a unit of every column of the hour saves at prices[basis, row], less what it costs."""
    columns = costing.columns[number]
    runs = columns.supply >= 0
    matrix = costing.rows.matrix(columns.workload[runs], columns.supply[runs])
    worth: Floats = prices @ matrix - columns.cost[under]
    return worth


@pytest.mark.parametrize("case", CASES)
def test_prices_are_dual_feasible_for_what_is_not_in_service_too(case: Case) -> None:
    """At the prices of any basis, no column of the whole hour is worth running; more of nothing costs more."""
    _, _, _, valuation = valued(case)
    for number, group in enumerate(valuation.programmes.groups):
        numbers = met(group)
        under = group.simplex.cost_of(numbers)
        bounds, _ = group.prices(numbers)
        worth = worth_running(valuation.costing, number, under, bounds)
        rounding = group.simplex.nudge[under][:, None] + 1e-10 * np.abs(bounds).max(axis=1, initial=1.0)[:, None]
        assert (worth <= rounding).all()
        assert (bounds <= rounding).all()


def test_prices_of_what_is_not_in_service_are_the_least_that_are_needed() -> None:
    """One percent nearer to nothing, and something is worth running on it. Not all of them are nothing."""
    priced = 0
    for case in CASES:
        instance, _, there, valuation = valued(case)
        idle = np.flatnonzero(~there)
        rows = HourRows.of(instance).per_unit[:, idle].argmax(axis=0)
        for number, group in enumerate(valuation.programmes.groups):
            numbers = met(group)
            under = group.simplex.cost_of(numbers)
            for prices in group.prices(numbers):
                for row in rows:
                    nearer = prices.copy()
                    nearer[:, row] *= 0.99
                    worth = worth_running(valuation.costing, number, under, nearer).max(axis=1)
                    some = prices[:, row] < -1e-6
                    assert (worth[some] > 1e-9).all()
                    priced += int(some.sum())
    assert priced > 1000


@pytest.mark.parametrize("case", CASES)
def test_cuts_bound_the_cost_where_idle_pools_are_in_service(case: Case) -> None:
    instance, made, there, valuation = valued(case)
    levels = distinct_hours(instance)
    capacity = in_service(instance, case[0], there)

    def least(other: Floats) -> Floats:
        return valuation.cuts.intercept + np.einsum("pk,kp->p", valuation.cuts.slope, other)

    assert least(capacity) == pytest.approx(valuation.period_cost, rel=1e-6, abs=1e-7 * instance.demand.sum())
    every = np.ones(instance.pools, dtype=np.bool_)
    for more in range(4):
        added = in_service(instance, case[0] + 1000 * more, every)
        added[there] = 0.0
        for other in (capacity + added, capacity + 0.01 * added, added):
            exact = made.value(levels, other).period_cost
            assert (least(other) <= exact + 1e-7 * np.abs(exact).max() + 1e-7).all()


def test_money_that_nobody_promised_by_hand() -> None:
    """Nothing is in service: all that must be served is rented at 3, in the dear hour at 6.

    A GPU-hour drawn costs nothing and takes 2 of the money, which so saves 1.5 an hour, or 3. A reservation of 8 GPUs
    saves 24 an hour, or 48. There are 2 hours, then 2 and the dear one, then 1.
    """
    instance = replace(rich_hand_instance(), blocks={}, budgets=())
    made = operator(instance)
    nothing = np.zeros((instance.pools, instance.periods))
    valuation = made.value(distinct_hours(instance), nothing)
    supplies = {int(j) for group in valuation.programmes.groups for j in group.supply}
    assert supplies == {-1, 3, 4}
    assert valuation.cuts.slope[:, 2] == pytest.approx([-3, -6, -1.5], rel=1e-8)
    assert valuation.cuts.slope[:, 1] == pytest.approx([-48, -96, -24], rel=1e-8)
