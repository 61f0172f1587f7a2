"""What units of a plan are worth looks at the hours that they can change: valuing all hours tells the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hybrid_lp.certify import Certified, Settings, certify
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.levels import Levels, distinct_hours
from hybrid_lp.merge import merge, useful
from hybrid_lp.operate import Operator
from hybrid_lp.valuation import Valuation
from hybrid_lp.worth import Appraiser, Worth
from rich_instances import rich_instance

FEATURE_SETS = (
    (),
    ("draws",),
    ("classes", "cloud_bill", "carbon"),
    ("deferrable",),
    ("classes", "two_deferrable"),
    ("draws", "two_deferrable", "carbon"),
)
CASES = [(seed, FEATURE_SETS[seed % len(FEATURE_SETS)]) for seed in range(900, 936)]
SETTINGS = Settings(gap=1e-6, written_out_columns=0, worth=False)

Case = tuple[int, tuple[str, ...]]


def instance_of(case: Case) -> Instance:
    """Nothing runs for nothing, and no two ways cost the same: one operation is the cheapest."""
    instance, rng = rich_instance(*case), np.random.default_rng(case[0])
    return replace(
        instance, running_cost=instance.running_cost + rng.uniform(0.01, 0.1, instance.running_cost[0].shape)
    )


@cache
def planned(case: Case) -> tuple[Instance, Operator, Certified]:
    instance, _ = merge(instance_of(case))
    certified, operator = certify(instance, SETTINGS)
    return instance, operator, certified


class Naive:
    """The same as `Appraiser`, from all hours, with an operator that knows nothing."""

    def __init__(self, case: Case) -> None:
        self.instance, _, self.certified = planned(case)
        self.levels: Levels = distinct_hours(self.instance)
        self.operator = Operator(self.instance, useful(self.instance))
        followed = max(self.certified.operations, key=lambda mixed: float(mixed.share.sum()))
        self.costing = self.operator.costing(followed.operation.costing.budget_price)

    def cost(self, capacity: Floats) -> tuple[float, bool, Valuation]:
        """(discounted cost of operating, is work short?, the valuation)."""
        found = self.operator.value(self.levels, capacity, self.costing)
        return float(self.instance.discount_middle @ found.period_cost), bool(found.short.any()), found

    def window(self, pool: int, ordered: int) -> slice:
        """Periods in which an order is in service."""
        first = ordered + int(self.instance.lead_periods[pool])
        return slice(first, first + int(self.instance.life_periods[pool]))

    def changed(self, pool: int, ordered: int, units: float) -> Floats:
        """The plan's capacity with so many units more of an order."""
        capacity, window = self.certified.capacity.copy(), self.window(pool, ordered)
        capacity[pool, window] = np.maximum(capacity[pool, window] + units, 0.0)
        return capacity

    def used(self, capacity: Floats, found: Valuation, pool: int, periods: slice) -> float:
        """GPU-hours on the pool's supply in some periods; of money, what is drawn."""
        run, _ = self.operator.run(self.levels, capacity, found)
        drawn = [(draw.supply, draw.rate) for draw in self.instance.draws if draw.pool == pool]
        counted = drawn or [(int(self.instance.pool_supply[pool]), 1.0)]
        inside = np.isin(self.instance.period_of_class, np.arange(self.instance.periods)[periods])
        return float(sum(rate * run[inside, :, supply].sum() for supply, rate in counted))


def ordered(case: Case) -> list[tuple[int, int, float]]:
    """(pool, period, units)  of every order."""
    instance, _, certified = planned(case)
    return [
        (int(k), int(p), float(certified.orders[k, p]))
        for k, p in zip(*np.nonzero(certified.orders > 1e-6), strict=True)
        if instance.lead_periods[k] + p < instance.periods
    ]


def has_plan(case: Case) -> bool:
    return bool(planned(case)[2].operations)


def below_nothing(instance: Instance) -> Floats:
    return np.zeros(instance.periods)


@pytest.mark.parametrize("case", CASES)
def test_what_the_last_units_save(case: Case) -> None:
    """A part of each order, and all of it."""
    if not has_plan(case):
        pytest.skip("no plan")
    naive, appraiser = Naive(case), Appraiser(*planned(case))
    now, _, _ = naive.cost(naive.certified.capacity)
    for pool, period, units in ordered(case):
        for some in (0.25 * units, units):
            found = appraiser.last_units(pool, period, below_nothing(naive.instance), some)
            before, short, _ = naive.cost(naive.changed(pool, period, -some))
            expected = np.inf if short else before - now
            assert found.saved == pytest.approx(expected, rel=1e-6, abs=1e-7 * max(abs(now), 1.0))


@pytest.mark.parametrize("case", CASES)
def test_what_more_units_would_save_and_how_busy_they_would_be(case: Case) -> None:
    """Of every pool, ordered in every period in which it can be."""
    if not has_plan(case):
        pytest.skip("no plan")
    naive, appraiser = Naive(case), Appraiser(*planned(case))
    instance = naive.instance
    now, _, plan = naive.cost(naive.certified.capacity)
    for pool, period in zip(*np.nonzero(instance.order_max > 0), strict=True):
        found: Worth = appraiser.more_units(int(pool), int(period), 1.0)
        capacity = naive.changed(int(pool), int(period), 1.0)
        after, _, with_it = naive.cost(capacity)
        assert found.saved == pytest.approx(max(now - after, 0.0), rel=1e-6, abs=1e-7 * max(abs(now), 1.0))
        window = naive.window(int(pool), int(period))
        used = naive.used(capacity, with_it, int(pool), window)
        used -= naive.used(naive.certified.capacity, plan, int(pool), window)
        busy = min(max(used / float(instance.usable_gpus[pool]), 0.0), found.hours)
        assert found.busy == pytest.approx(busy, rel=1e-6, abs=1e-6 * found.hours)


@pytest.mark.parametrize("features", [("classes",), ("deferrable",), ("two_deferrable",)])
def test_units_that_nothing_runs_on_save_nothing(features: tuple[str, ...]) -> None:
    """A decided order of more than all the work could use: its last units change no hour."""
    base, _ = merge(instance_of((901, features)))
    decided = np.zeros_like(base.order_min)
    pool = int(np.flatnonzero((base.order_max > 0).any(axis=1))[0])
    period = int(np.flatnonzero(base.order_max[pool] > 0)[0])
    slowest = base.effectiveness[base.effectiveness > 0].min()
    decided[pool, period] = np.ceil(10 * base.demand.sum() / slowest / base.usable_gpus[pool])
    free = replace(base, order_min=decided, order_max=decided, capacity_limits=(), order_limits=(), rental_limits=())
    certified, operator = certify(free, SETTINGS)
    assert certified.operations
    found = Appraiser(free, operator, certified).last_units(pool, period, decided[pool], 1.0)
    assert found.saved == 0
    assert found.cost > 0


def overlapping(seed: int) -> Instance:
    """Two workloads may wait, in blocks of 2 and of 3 hours, and run on spot entirely."""
    base = replace(instance_of((seed, ())), rental_limits=(), capacity_limits=(), order_limits=())
    blocks = {}
    for w, length in zip(range(base.workloads), (2, 3), strict=False):
        _, block = np.unique(base.period_of_hour * base.hours + np.arange(base.hours) // length, return_inverse=True)
        blocks[w] = block.astype(np.int64)
    return replace(base, blocks=blocks, spot_max_share=np.ones(base.workloads))


OVERLAPPING = [
    seed for seed in range(950, 974) if len(overlapping(seed).blocks) == 2 and (overlapping(seed).order_max > 0).any()
]


@pytest.mark.parametrize("seed", OVERLAPPING)
def test_blocks_of_different_lengths_are_looked_at_together(seed: int) -> None:
    """A decided order that is full in some hours only: what is changed there is done in hours of either block."""
    base, _ = merge(overlapping(seed))
    pool = int(np.flatnonzero((base.order_max > 0).any(axis=1))[0])
    period = int(np.flatnonzero(base.order_max[pool] > 0)[0])
    decided = np.zeros_like(base.order_min)
    decided[pool, period] = base.demand.sum(axis=1).mean() / base.usable_gpus[pool]
    instance = replace(
        base,
        whole=np.zeros_like(base.whole),
        order_min=decided,
        order_max=decided,
    )
    certified, operator = certify(instance, SETTINGS)
    assert certified.operations
    levels, fresh = distinct_hours(instance), Operator(instance, useful(instance))
    for share in (0.02, 0.2, 0.5):
        units = share * decided[pool, period]
        found = Appraiser(instance, operator, certified).last_units(pool, period, np.zeros(instance.periods), units)
        less = certified.capacity.copy()
        less[pool] = np.maximum(less[pool] - units, 0.0)
        now, before = (fresh.value(levels, capacity) for capacity in (certified.capacity, less))
        saved = np.inf if before.short.any() else instance.discount_middle @ (before.period_cost - now.period_cost)
        assert found.saved == pytest.approx(float(saved), rel=1e-6, abs=1e-7 * max(now.cost.sum(), 1.0))
