"""Exact reductions: merging and leaving out change neither cost nor bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_instance import ON_DEMAND, RESERVED, SERVER, SPOT, hand_instance
from hybrid_lp.certify import Settings, certify
from hybrid_lp.instance import CapacityLimit, Instance, RentalLimit
from hybrid_lp.merge import merge, share_of_supply, useful
from random_instances import random_instance
from written_out import optimum

SEEDS = range(20, 44)


def twins(seed: int) -> Instance:
    """A random instance with every pool and the first workload there twice, the workload's demand divided unevenly."""
    base = random_instance(seed)
    pools, rng = base.pools, np.random.default_rng(seed)
    twice = np.concatenate([np.arange(pools), np.arange(pools), np.arange(pools, base.supplies)])
    part = rng.uniform(0, 1, base.hours)
    works = np.concatenate([[0], np.arange(base.workloads)])
    demand = base.demand[:, works].copy()
    demand[:, 0] *= part
    demand[:, 1] *= 1 - part
    both = np.concatenate([np.arange(pools), np.arange(pools)])
    moved = np.concatenate([np.arange(pools), np.arange(pools, base.supplies) + pools])
    return replace(
        base,
        demand=demand,
        unserved_penalty=base.unserved_penalty[works],
        spot_max_share=base.spot_max_share[works],
        effectiveness=base.effectiveness[np.ix_(works, twice)],
        running_cost=base.running_cost[:, works][:, :, twice],
        is_spot=base.is_spot[twice],
        offered=base.offered[:, works][:, :, twice],
        pool_supply=np.arange(2 * pools),
        usable_gpus=base.usable_gpus[both] * np.repeat([1.0, 2.0], pools),
        order_cost=base.order_cost[both] * np.repeat([1.0, 1.9], pools)[:, None],
        holding_cost=base.holding_cost[both],
        lead_periods=base.lead_periods[both],
        life_periods=base.life_periods[both],
        whole=base.whole[both],
        order_min=base.order_min[both],
        order_max=base.order_max[both],
        rental_limits=tuple(
            RentalLimit(
                limit.name,
                tuple(int(moved[j]) for j in limit.markets),
                limit.pools,
                limit.gpus_per_unit,
                limit.max_gpus,
            )
            for limit in base.rental_limits
        ),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_merging_changes_neither_cost_nor_bound(seed: int) -> None:
    problem = twins(seed)
    merged, _ = merge(problem)
    assert merged.supplies < problem.supplies
    assert merged.workloads < problem.workloads
    assert merged.pools == problem.pools
    best = optimum(problem)
    assert optimum(merged) == pytest.approx(best, rel=1e-7)
    for each in (problem, merged):
        certified, _ = certify(each, Settings(gap=1e-6))
        assert certified.cost == pytest.approx(best, rel=2e-6)
        assert certified.bound <= best * (1 + 1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_merged_has_equal_coefficients(seed: int) -> None:
    problem = twins(seed)
    merged, membership = merge(problem)
    supplies, works = membership.supply_of, membership.part.argmax(axis=1)
    assert (membership.part.sum(axis=1) == 1).all()
    assert set(np.unique(membership.part).tolist()) <= {0, 1}
    assert (merged.effectiveness[np.ix_(works, supplies)] == problem.effectiveness).all()
    assert (merged.running_cost[:, works][:, :, supplies] == problem.running_cost).all()
    assert (merged.is_spot[supplies] == problem.is_spot).all()
    assert (merged.unserved_penalty[works] == problem.unserved_penalty).all()
    for w in range(merged.workloads):
        assert merged.demand[:, w] == pytest.approx(problem.demand[:, works == w].sum(axis=1))
    assert (merged.pool_supply == supplies[problem.pool_supply]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_divide_a_supply_exactly(seed: int) -> None:
    merged, _ = merge(twins(seed))
    rng = np.random.default_rng(seed)
    capacity = rng.integers(0, 3, (merged.pools, merged.periods)).astype(float)
    share = share_of_supply(merged, capacity)
    total = np.zeros((merged.supplies, merged.periods))
    np.add.at(total, merged.pool_supply, share)
    usable = merged.supply_gpus(capacity)
    assert total[usable > 0] == pytest.approx(1)
    assert (share[capacity == 0] == 0).all()
    assert share * usable[merged.pool_supply] == pytest.approx(merged.usable_gpus[:, None] * capacity)


def test_markets_and_different_workloads_stay_apart() -> None:
    """Two offers that are alike have limits and names of their own; a penalty makes a workload another one."""
    base = hand_instance()
    alike = replace(
        base, effectiveness=np.ones((2, 4)), running_cost=np.zeros((2, 2, 4)), is_spot=np.zeros(4, np.bool_)
    )
    merged, membership = merge(alike)
    assert membership.supply_of.tolist() == [0, 0, 1, 2]
    assert membership.part.tolist() == [[1, 0], [0, 1]]
    assert [limit.markets for limit in merged.rental_limits] == [(1,), (2,)]
    same = replace(alike, unserved_penalty=np.array([7.0, 7.0]), spot_max_share=np.ones(2))
    assert merge(same)[1].part.tolist() == [[1], [1]]
    later = same.running_cost.copy()
    later[1, 0, ON_DEMAND] = 1
    assert merge(replace(same, running_cost=later))[1].part.tolist() == [[1, 0], [0, 1]]


def test_limits_on_pools_keep_their_pools() -> None:
    limit = CapacityLimit("power", "kW", (1,), (3.0,), 9.0)
    base = hand_instance()
    alike = replace(base, effectiveness=np.ones((2, 4)), running_cost=np.zeros((2, 2, 4)), capacity_limits=(limit,))
    merged, _ = merge(alike)
    assert merged.capacity_limits == (limit,)
    assert merged.rental_limits[0].pools == (1,)


def needed(seed: int) -> Instance:
    """Many ways to serve, few of them limited, so that much is left out."""
    base = random_instance(seed, most_supplies=(3, 5, 4))
    return replace(base, rental_limits=base.rental_limits[: seed % 2])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_out_is_never_needed(seed: int) -> None:
    """The hourly programme that may use everything costs the same as that which may use what is useful."""
    problem = needed(seed)
    kept = useful(problem)
    hidden = replace(problem, running_cost=np.where(kept, problem.running_cost, 1e6))
    assert optimum(hidden) == pytest.approx(optimum(problem), rel=1e-8)


def test_a_good_part_is_left_out() -> None:
    left_out = [1 - useful(needed(seed)).mean() - (needed(seed).effectiveness == 0).mean() for seed in SEEDS]
    assert np.mean(left_out) > 0.15


def supplies_of(problem: Instance, workload: int, period: int = 0) -> list[int]:
    return np.flatnonzero(useful(problem)[period, workload]).tolist()


def test_useful_by_hand() -> None:
    base = hand_instance()
    everything = [SERVER, RESERVED, ON_DEMAND, SPOT]
    # On-demand is limited: nothing is ruled out but what cannot run, and what costs more than the penalty of 7.
    assert supplies_of(base, 0) == [SERVER, RESERVED, ON_DEMAND]
    assert supplies_of(base, 1) == everything
    # Spot at 1/0.9 without limit, for half of the work only: on-demand is still needed.
    spot_free = replace(base, rental_limits=base.rental_limits[:1])
    assert supplies_of(spot_free, 1) == everything
    # For all of it: on-demand at 3 never.
    all_spot = replace(spot_free, spot_max_share=np.array([1.0, 1.0]))
    assert supplies_of(all_spot, 1) == [SERVER, RESERVED, SPOT]
    # On-demand without limit at 2 in the second period: a server at 2.5 never.
    dear = base.running_cost.copy()
    dear[:, 1, SERVER] = 2.5
    unlimited = replace(base, running_cost=dear, rental_limits=base.rental_limits[1:])
    assert supplies_of(unlimited, 1, period=1) == [RESERVED, ON_DEMAND, SPOT]
    assert supplies_of(unlimited, 1, period=0) == everything


def test_work_that_is_cheaper_undone_is_left_undone() -> None:
    base = replace(hand_instance(), unserved_penalty=np.array([np.inf, 1.0]))
    # Spot costs 1/0.9 > 1, on-demand 3.
    assert supplies_of(base, 1) == [SERVER, RESERVED]
    free = replace(base, unserved_penalty=np.array([np.inf, 0.0]))
    assert supplies_of(free, 1) == []


def test_of_two_equal_markets_one_is_kept() -> None:
    base = replace(hand_instance(), rental_limits=(), is_spot=np.zeros(4, np.bool_), effectiveness=np.ones((2, 4)))
    cost = base.running_cost.copy()
    cost[:, :, SPOT] = cost[:, :, ON_DEMAND]
    assert supplies_of(replace(base, running_cost=cost), 0) == [SERVER, RESERVED, ON_DEMAND]


def test_what_is_not_offered_is_not_useful_and_rules_nothing_out() -> None:
    base = replace(hand_instance(), rental_limits=(), spot_max_share=np.ones(2))
    offered = np.ones((2, 2, 4), dtype=np.bool_)
    offered[0, 1, SPOT] = False
    problem = replace(base, offered=offered)
    assert supplies_of(problem, 1, period=0) == [SERVER, RESERVED, ON_DEMAND]
    assert supplies_of(problem, 1, period=1) == [SERVER, RESERVED, SPOT]
