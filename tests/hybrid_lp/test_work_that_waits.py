"""Work that may wait longer never costs more: whatever serves every hour serves its blocks, and longer ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hybrid_lp.certify import Path, Settings, certify
from hybrid_lp.instance import Instance
from hybrid_lp.levels import distinct_hours
from hybrid_lp.merge import merge, useful
from hybrid_lp.operate import Operator
from rich_instances import rich_instance

GAP = 1e-6
PATHS = {Path.CUTS: 0, Path.WRITTEN_OUT: 1_000_000}
SEEDS = range(300, 308)


def waiting(instance: Instance, hours: int | None) -> Instance:
    """The same, two workloads' work in blocks of so many hours, cut at period ends; None: the period."""
    number = instance.period_of_hour * instance.hours
    if hours is not None:
        number = number + np.arange(instance.hours) // hours
    _, block = np.unique(number, return_inverse=True)
    return replace(instance, blocks={w: block.astype(np.int64) for w in range(min(2, instance.workloads))})


def cost(instance: Instance, path: Path) -> float:
    """Within the gap; infinite where there is no plan."""
    return certify(merge(instance)[0], Settings(gap=GAP, written_out_columns=PATHS[path]))[0].cost


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("seed", SEEDS)
def test_longer_is_never_dearer(seed: int, path: Path) -> None:
    instance = rich_instance(seed, ("classes", "draws"))
    costs = [cost(instance, path), *(cost(waiting(instance, hours), path) for hours in (1, 2, 4, None))]
    assert costs[1] == pytest.approx(costs[0], rel=2 * GAP)
    for shorter, longer in pairwise(costs[1:]):
        assert longer <= shorter * (1 + GAP) + 1e-9


def test_waiting_is_worth_something_in_most_of_them() -> None:
    """Else the cases would show nothing."""
    instances = [rich_instance(seed, ("classes", "draws")) for seed in SEEDS]
    less = [cost(waiting(one, None), Path.CUTS) < 0.999 * cost(one, Path.CUTS) for one in instances]
    assert np.mean(less) > 0.5


@pytest.mark.parametrize("seed", [*range(2000, 2012), 2032, 2049, 2091, 2168])
def test_all_work_of_a_block_is_placed(seed: int) -> None:
    """In the last ones, the price that a block can need is met under several bases, whose prices differ by rounding."""
    features = (("deferrable",), ("classes", "deferrable"), ("classes", "draws", "deferrable"))[seed % 3]
    instance, _ = merge(rich_instance(seed, features))
    levels = distinct_hours(instance)
    capacity = np.random.default_rng(seed).integers(0, 4, (instance.pools, instance.periods)).astype(np.float64)
    valuation = Operator(instance, useful(instance)).value(levels, capacity)
    for w, block in levels.block.items():
        done, wanted = (
            np.bincount(block, weights=levels.weight_hours * work[:, w]) for work in (valuation.demand, levels.demand)
        )
        assert done == pytest.approx(wanted, rel=1e-9, abs=1e-9 * max(wanted.max(), 1.0))
