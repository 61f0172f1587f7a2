"""Valuations that begin at the bases of another one, where other pools are in service."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

import numpy as np
import pytest
from hand_instance import hand_instance
from hybrid_lp.bunching import ABSENT
from hybrid_lp.hour import HourRows
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import distinct_hours, slices
from hybrid_lp.merge import merge, useful
from hybrid_lp.operate import Operator
from rich_instances import rich_instance

FEATURE_SETS = ((), ("draws",), ("classes", "draws"), ("draws", "deferrable"), ("classes", "two_deferrable"))
CASES = [(seed, FEATURE_SETS[seed % len(FEATURE_SETS)]) for seed in range(800, 830)]

Case = tuple[int, tuple[str, ...]]


class Before(Enum):
    """What was in service in the valuation where another one begins."""

    FEWER = "fewer pools"
    MORE = "more pools"
    OTHERS = "other pools"


def instance_of(case: Case) -> Instance:
    return merge(rich_instance(*case))[0]


def operator(instance: Instance) -> Operator:
    return Operator(instance, useful(instance))


def in_service(instance: Instance, seed: int, there: Booleans) -> Floats:
    """capacity[pool, period]  of pools that are there[pool]: something in some period."""
    rng = np.random.default_rng(seed)
    capacity = rng.integers(0, 6, (instance.pools, instance.periods)) / 2.0
    capacity[[draw.pool for draw in instance.draws]] *= instance.demand.max()
    capacity[:, 0] += 0.5
    capacity[~there] = 0.0
    return capacity


def pools(instance: Instance, seed: int, before: Before) -> tuple[Booleans, Booleans]:
    """(before[pool], now[pool])  in service."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(instance.pools)
    some, every = np.zeros(instance.pools, dtype=np.bool_), np.ones(instance.pools, dtype=np.bool_)
    some[order[: instance.pools // 2]] = True
    match before:
        case Before.FEWER:
            return some, every
        case Before.MORE:
            return every, some
        case Before.OTHERS:
            return some, ~some


@pytest.mark.parametrize("before", Before)
@pytest.mark.parametrize("case", CASES)
def test_where_a_valuation_begins_changes_nothing(case: Case, before: Before) -> None:
    """All hours, from all hours and from slices of them, at other capacities of other pools."""
    instance = instance_of(case)
    then, now = pools(instance, case[0], before)
    levels, capacity = distinct_hours(instance), in_service(instance, case[0], now)
    cold = operator(instance).value(levels, capacity)
    for known in (levels, slices(instance, 3)):
        made = operator(instance)
        near = known, made.value(known, in_service(instance, case[0] + 1000, then))
        warm = made.value(levels, capacity, near=near)
        assert warm.period_cost == pytest.approx(cold.period_cost, rel=1e-8, abs=1e-8 * max(cold.cost.max(), 1.0))
        if not levels.block:  # Work that may wait may be done in one of several hours.
            assert warm.cost == pytest.approx(cold.cost, rel=1e-8, abs=1e-8 * max(cold.cost.max(), 1.0))
            assert warm.short.tolist() == cold.short.tolist()


def with_worthless_pool(seed: int, features: tuple[str, ...]) -> Instance:
    """Hours of the first pool are dearer than all that they could save; no two costs are the same.

    The first on-demand offer serves all at 4 at most, with half a reference GPU at least; no penalty is above 20.
    """
    instance, rng = rich_instance(seed, features), np.random.default_rng(seed)
    cost = instance.running_cost * rng.uniform(0.9, 1.1, instance.running_cost.shape[1:])
    cost += rng.uniform(0.0, 0.1, instance.running_cost.shape[1:])
    cost[:, :, 0] = 1000.0
    limits = tuple(replace(limit, pools=(), gpus_per_unit=()) for limit in instance.rental_limits)
    return replace(instance, running_cost=cost, rental_limits=limits)


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("features", [(), ("draws",), ("classes", "draws")])
@pytest.mark.parametrize("seed", range(850, 858))
def test_all_bases_are_taken_over_when_a_pool_without_worth_comes_or_goes(
    seed: int, features: tuple[str, ...], added: bool
) -> None:
    """Each is one there too, and where the valuation begins nothing moves: it costs the same."""
    instance = with_worthless_pool(seed, features)
    offered = np.broadcast_to(instance.effectiveness > 0, instance.running_cost.shape).copy()
    made, levels, rows = Operator(instance, offered), distinct_hours(instance), HourRows.of(instance)
    with_it = in_service(instance, seed, np.ones(instance.pools, dtype=np.bool_))
    without = with_it.copy()
    without[0] = 0.0
    then, now = (without, with_it) if added else (with_it, without)
    before = made.value(levels, then)
    programmes = made.plain.programmes(rows.idle_supplies(rows.by_period(now)))
    assert [len(group.rows) for group in programmes.groups] != [len(group.rows) for group in before.programmes.groups]
    start = programmes.start(before.programmes, levels.cost_class, before.basis)
    assert (start != ABSENT).all()
    after = made.value(levels, now, near=(levels, before))
    assert after.programmes is programmes
    assert after.basis.tolist() == start.tolist()
    assert after.cost == pytest.approx(before.cost, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(850, 858))
def test_a_basis_that_uses_what_is_not_there_is_none(seed: int) -> None:
    """The other way round: in the hours that ran on a pool, nothing is told to begin with once it is gone."""
    instance = with_worthless_pool(seed, ())
    cheap = instance.running_cost.copy()
    cheap[:, :, 0] = 0.0
    instance = replace(instance, running_cost=cheap, effectiveness=np.maximum(instance.effectiveness, 0.5))
    offered = np.ones(instance.running_cost.shape, dtype=np.bool_)
    made, levels, rows = Operator(instance, offered), distinct_hours(instance), HourRows.of(instance)
    capacity = np.ones((instance.pools, instance.periods))
    before = made.value(levels, capacity)
    run, _ = made.run(levels, capacity, before)
    assert run[:, :, 0].sum(axis=1).all()
    without = capacity.copy()
    without[0] = 0.0
    programmes = made.plain.programmes(rows.idle_supplies(rows.by_period(without)))
    start = programmes.start(before.programmes, levels.cost_class, before.basis)
    busy = levels.demand.sum(axis=1) > 0
    assert (start[busy] == ABSENT).all()


def test_where_speeds_are_others_no_basis_is_translated() -> None:
    """Two workloads on two pools, all four pairs basic: with speeds in the same proportion that would be no basis.

    A like instance begins with what this one met, with a third pool in service.
    """
    base = replace(
        hand_instance(),
        first_hour=np.array([0, 1]),
        discount_middle=np.ones(1),
        demand=np.array([[3.0, 4.0]]),
        unserved_penalty=np.full(2, np.inf),
        spot_max_share=np.ones(2),
        effectiveness=np.array([[1.0, 1, 1, 1], [1, 2, 1, 1]]),
        running_cost=np.array([[[2.0, 2, 2.5, 9], [2, 5, 2.5, 9]]]),
        is_spot=np.zeros(4, dtype=np.bool_),
        offered=np.ones((1, 2, 4), dtype=np.bool_),
        pool_supply=np.arange(3),
        usable_gpus=np.ones(3),
        rental_limits=(),
    )
    alike = replace(base, effectiveness=np.ones((2, 4)))
    offered, levels = np.ones((1, 2, 4), dtype=np.bool_), distinct_hours(base)
    two_pools, three_pools = np.array([[3.0], [3], [0]]), np.array([[3.0], [3], [1]])
    before = Operator(base, offered)
    known = before.value(levels, two_pools)
    run, _ = before.run(levels, two_pools, known)
    assert run[0, :, :2] == pytest.approx(np.array([[1, 2], [2, 1]]))
    taught = Operator(alike, offered)
    taught.teach(known.programmes)
    cold = Operator(alike, offered).value(levels, three_pools)
    assert taught.value(levels, three_pools).cost == pytest.approx(cold.cost, rel=1e-9)
