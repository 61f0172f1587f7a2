"""Hours and load levels, and what a grouping does to the bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hybrid_lp.build import written_out
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels, distinct_hours, group, slices
from hybrid_lp.merge import useful
from hybrid_lp.solve import Effort, solve
from hypothesis import given, settings
from hypothesis import strategies as st
from random_instances import random_instance
from rich_instances import rich_instance
from written_out import optimum

SEEDS = range(30)


def with_demand(demand: list[list[float]], first_hour: list[int]) -> Instance:
    base = random_instance(0)
    workloads = len(demand[0])
    return replace(
        base,
        first_hour=np.array(first_hour),
        demand=np.array(demand, dtype=float),
        effectiveness=np.ones((workloads, base.supplies)),
    )


def assert_conserves(problem: Instance, levels: Levels) -> None:
    """Every hour has a level of its own period, and no hour and no work is lost."""
    assert (levels.period[levels.level_of_hour] == problem.period_of_hour).all()
    assert np.bincount(levels.level_of_hour).tolist() == levels.weight_hours.tolist()
    per_period = np.bincount(levels.period, weights=levels.weight_hours, minlength=problem.periods)
    assert per_period.tolist() == problem.hours_in_period.tolist()
    for w in range(problem.workloads):
        work = np.bincount(levels.period, levels.weight_hours * levels.demand[:, w], minlength=problem.periods)
        real = np.bincount(problem.period_of_hour, problem.demand[:, w], minlength=problem.periods)
        assert work == pytest.approx(real)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_grouping_conserves_hours_and_work(seed: int) -> None:
    problem = random_instance(seed)
    labels = np.random.default_rng(seed).integers(0, 4, problem.hours)
    for levels in (group(problem, labels), distinct_hours(problem), slices(problem, 5)):
        assert_conserves(problem, levels)


def test_groups_by_hand() -> None:
    problem = with_demand([[1], [2], [4], [8], [16]], [0, 2, 5])
    levels = group(problem, np.array([0, 0, 7, 0, 7]))
    assert levels.count == 3
    assert levels.period.tolist() == [0, 1, 1]
    assert levels.level_of_hour.tolist() == [0, 0, 2, 1, 2]
    assert levels.weight_hours.tolist() == [2, 1, 2]
    assert levels.demand.tolist() == [[1.5], [8], [10]]


def test_distinct_hours_by_hand() -> None:
    """Equal hours of one period are one level; equal hours of two periods, and hours equal in sum only, are not."""
    problem = with_demand([[1, 2], [2, 1], [1, 2], [0, 0], [1, 2], [0, 0]], [0, 4, 6])
    levels = distinct_hours(problem)
    assert sorted(levels.weight_hours.tolist()) == [1, 1, 1, 1, 2]
    assert levels.level_of_hour[0] == levels.level_of_hour[2]
    assert len(set(levels.level_of_hour.tolist())) == 5


@pytest.mark.parametrize("seed", SEEDS)
def test_distinct_hours_lose_nothing(seed: int) -> None:
    problem = random_instance(seed)
    levels = distinct_hours(problem)
    assert (levels.demand[levels.level_of_hour] == problem.demand).all()
    rows = {(int(p), *row) for p, row in zip(levels.period, levels.demand.tolist(), strict=True)}
    assert len(rows) == levels.count


def test_slices_by_hand() -> None:
    """Two slices of four hours by total work, each workload in hours of its own mean: 1 + 1, 3 + 3 | 5 + 5, 7 + 7."""
    problem = with_demand([[300, 5], [100, 1], [500, 3], [700, 7]], [0, 4])
    levels = slices(problem, 2)
    assert levels.weight_hours.tolist() == [2, 2]
    assert levels.level_of_hour[1] == levels.level_of_hour[0]
    assert levels.level_of_hour[2] == levels.level_of_hour[3]
    assert sorted(levels.demand[:, 0].tolist()) == [200, 600]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [1, 3, 1000])
def test_slices_are_at_most_so_many_and_of_equal_size(seed: int, count: int) -> None:
    problem = random_instance(seed)
    levels = slices(problem, count)
    for p in range(problem.periods):
        weights = levels.weight_hours[levels.period == p]
        assert len(weights) == min(count, problem.hours_in_period[p])
        assert weights.max() - weights.min() <= 1


def test_no_demand_is_one_level_per_period() -> None:
    problem = with_demand([[0, 0]] * 5, [0, 2, 5])
    assert distinct_hours(problem).weight_hours.tolist() == [2, 3]
    assert_conserves(problem, slices(problem, 2))


def over(problem: Instance, levels: Levels) -> float:
    """Optimum of the relaxed programme over these levels."""
    programme = written_out(problem, levels, useful(problem))
    return solve(programme, Effort(gap=0, fractions=Fractions.ALL)).bound


def at_maxima(problem: Instance, levels: Levels) -> Levels:
    most = np.zeros_like(levels.demand)
    np.maximum.at(most, levels.level_of_hour, problem.demand)
    return replace(levels, demand=most)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), groups=st.integers(1, 6), shuffle=st.integers(0, 10_000))
def test_group_means_bound_from_below_and_maxima_from_above(seed: int, groups: int, shuffle: int) -> None:
    """Prices are constant inside a period, so Jensen holds for any grouping; refining never lowers the bound."""
    problem = random_instance(seed)
    rng = np.random.default_rng(shuffle)
    labels = rng.integers(0, groups, problem.hours)
    coarse, fine = group(problem, labels), group(problem, labels * 3 + rng.integers(0, 3, problem.hours))
    best = optimum(problem, relax=True)
    slack = 1e-7 * best + 1e-9
    assert over(problem, coarse) <= over(problem, fine) + slack
    assert over(problem, fine) <= best + slack
    assert over(problem, at_maxima(problem, coarse)) >= best - slack
    assert over(problem, distinct_hours(problem)) == pytest.approx(best, rel=1e-7, abs=1e-9)


def test_a_mean_hides_a_cost_that_refining_finds() -> None:
    """Strictly below, so that the inequalities before are not all equalities: half the hours 0, half 2 GPUs."""
    base = random_instance(1, must_serve=True)
    demand = np.zeros((base.hours, base.workloads))
    demand[::2] = 2 * base.demand.max()
    problem = replace(base, demand=demand)
    best = optimum(problem, relax=True)
    assert over(problem, group(problem, np.zeros(problem.hours, dtype=np.int64))) < 0.98 * best
    assert over(problem, distinct_hours(problem)) == pytest.approx(best, rel=1e-7)


def test_a_mean_price_is_not_a_bound() -> None:
    """Why prices must be constant inside a level: 1 GPU at price 1 and 0 at price 9 cost 1, at the mean price 2.5."""
    demand, price = np.array([1.0, 0.0]), np.array([1.0, 9.0])
    assert 2 * demand.mean() * price.mean() > demand @ price
    assert 2 * demand.mean() * price.min() <= demand @ price


def two_hours(price: list[float], demand: list[float], first_hour: list[int]) -> Instance:
    """Two hours of one workload on one market, with a price for each period."""
    periods = len(price)
    return replace(
        random_instance(0),
        first_hour=np.array(first_hour),
        discount_middle=np.ones(periods),
        demand=np.array(demand)[:, None],
        unserved_penalty=np.array([np.inf]),
        spot_max_share=np.ones(1),
        effectiveness=np.ones((1, 1)),
        running_cost=np.array(price).reshape(periods, 1, 1),
        is_spot=np.array([False]),
        offered=np.ones((periods, 1, 1), dtype=np.bool_),
        pool_supply=np.zeros(0, dtype=np.int64),
        usable_gpus=np.zeros(0),
        order_cost=np.zeros((0, periods)),
        holding_cost=np.zeros((0, periods)),
        lead_periods=np.zeros(0, dtype=np.int64),
        life_periods=np.zeros(0, dtype=np.int64),
        whole=np.zeros(0, dtype=np.bool_),
        order_min=np.zeros((0, periods)),
        order_max=np.zeros((0, periods)),
        rental_limits=(),
        capacity_limits=(),
        order_limits=(),
    )


def test_a_mean_price_is_no_bound_but_the_lowest_is() -> None:
    """Work falls in the cheap hour: the mean of both hours at their mean price is dearer than what is paid.

    So levels never join hours of different prices: prices are per period, and levels are inside one.
    """
    exact = two_hours([1.0, 3.0], [10.0, 0.0], [0, 1, 2])
    cost = optimum(exact)
    assert cost == pytest.approx(10)
    joined = [two_hours([price], [5.0, 5.0], [0, 2]) for price in (2.0, 1.0)]
    assert optimum(joined[0]) == pytest.approx(20)
    assert optimum(joined[0]) > cost
    assert optimum(joined[1]) <= cost
    for levels in (slices(exact, 1), group(exact, np.zeros(2, dtype=np.int64)), distinct_hours(exact)):
        assert levels.period.tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_a_part_of_levels_tells_the_same_of_its_own(seed: int) -> None:
    """Its hours are theirs, those of others are of none; blocks are numbered without holes."""
    instance = rich_instance(seed, ("classes", "deferrable"))
    levels = distinct_hours(instance)
    chosen = np.random.default_rng(seed).random(levels.count) < 0.5
    for block in levels.block.values():
        chosen = np.bincount(block, weights=chosen)[block] > 0
        chosen &= block != block[0]
    part = levels.part(chosen)
    kept = np.flatnonzero(chosen)
    inside = chosen[levels.level_of_hour]
    assert (part.level_of_hour[~inside] == -1).all()
    assert (kept[part.level_of_hour[inside]] == levels.level_of_hour[inside]).all()
    for name in ("period", "cost_class", "weight_hours", "demand"):
        assert (getattr(part, name) == getattr(levels, name)[chosen]).all()
    for w, block in levels.block.items():
        numbers, counts = np.unique(part.block[w], return_counts=True)
        assert numbers.tolist() == list(range(len(numbers)))
        assert counts.tolist() == np.unique(block[chosen], return_counts=True)[1].tolist()
