"""Hours ↔ load levels: which hours of a period are treated as one.

Replacing hours by their mean gives a bound that no plan can beat (Jensen: with prices constant inside a level, the
least operating cost is convex in demand). Hours that are identical can be one without any loss. A level never holds
hours of different prices: with a mean price it would be no bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hybrid_lp.arrays import numbered, order_in_groups
from hybrid_lp.instance import Booleans, Floats, Instance, Integers


@dataclass(frozen=True)
class Levels:
    """A grouping of the hours of each cost class."""

    level_of_hour: Integers
    """level_of_hour[hour]: index of the level; −1: of none, where this is a part."""
    period: Integers
    """period[level]."""
    cost_class: Integers
    """cost_class[level]: the class whose running costs hold in its hours."""
    weight_hours: Floats
    """weight_hours[level]: how many hours the level stands for, ω."""
    demand: Floats
    """demand[level, workload]  mean reference GPUs busy; of deferrable work, the mean of its block."""
    block: Mapping[int, Integers] = field(default_factory=dict)
    """deferrable workload → block[level]: its work may run in any level of the block."""

    @property
    def count(self) -> int:
        """Number of levels."""
        return len(self.period)

    def part(self, chosen: Booleans) -> Levels:
        """The chosen[level] of them: with blocks, all levels of a block or none. Hours of the others have level −1."""
        number = np.where(chosen, np.cumsum(chosen) - 1, -1)
        return Levels(
            number[self.level_of_hour],
            self.period[chosen],
            self.cost_class[chosen],
            self.weight_hours[chosen],
            self.demand[chosen],
            {w: np.unique(block[chosen], return_inverse=True)[1] for w, block in self.block.items()},
        )

    @property
    def some_hour(self) -> Integers:
        """some_hour[level]: one of its hours."""
        hour = np.empty(self.count, dtype=np.int64)
        hour[self.level_of_hour] = np.arange(len(self.level_of_hour))
        return hour


def group(instance: Instance, labels: Integers) -> Levels:
    """Levels of the hours that share a cost class, blocks and a label; labels[hour] are any whole numbers ≥ 0."""
    keys = [instance.cost_class, *instance.blocks.values(), labels]
    return _levels(instance, _spread(instance), keys, instance.blocks)


def distinct_hours(instance: Instance) -> Levels:
    """The hours at full resolution: only hours of a class and block with exactly the same demand are one level."""
    demand = _spread(instance)
    # Hours are brought side by side by a number that equal rows share, then compared in full.
    mark = demand @ np.cos(np.arange(1.0, instance.workloads + 1))
    keys = [instance.cost_class, *instance.blocks.values()]
    order = order_in_groups(_number_of(keys), mark)
    new = np.ones(len(order), dtype=np.bool_)
    rows = demand[order]
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    level_of_hour = np.empty(len(order), dtype=np.int64)
    level_of_hour[order] = np.cumsum(new) - 1
    return _described(instance, rows[new], level_of_hour, int(new.sum()), instance.blocks)


def slices(instance: Instance, per_period: int) -> Levels:
    """At most `per_period` levels in each period of one price: slices of its hours by work, of equal numbers of hours.

    Work is weighed in hours of each workload's own mean, so that small workloads are seen beside large ones. Deferrable
    work may run in any of its period's levels here, which can only make it cheaper: a bound, as the levels are.
    """
    demand = _spread(instance)
    scale = instance.demand.mean(axis=0)
    weighed = demand @ np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    kind, period = instance.cost_class, instance.period_of_hour
    size = np.bincount(kind)
    rank = np.empty(instance.hours, dtype=np.int64)
    rank[order_in_groups(kind, weighed)] = np.arange(instance.hours)
    inside = rank - (np.cumsum(size) - size)[kind]
    slices_of_class = np.maximum(per_period * size // instance.hours_in_period[instance.period_of_class], 1)
    labels = inside * slices_of_class[kind] // size[kind]
    by_period = dict.fromkeys(instance.blocks, period)
    for w in instance.blocks:
        demand[:, w] = _mean_of(period, instance.demand[:, w])
    return _levels(instance, demand, [kind, labels], by_period)


def _spread(instance: Instance) -> Floats:
    """demand[hour, workload], that of deferrable work spread evenly over its block."""
    demand = instance.demand.copy() if instance.blocks else instance.demand
    for w, block_of_hour in instance.blocks.items():
        demand[:, w] = _mean_of(block_of_hour, instance.demand[:, w])
    return demand


def _mean_of(group_of_hour: Integers, values: Floats) -> Floats:
    mean = np.bincount(group_of_hour, weights=values) / np.maximum(np.bincount(group_of_hour), 1)
    result: Floats = mean[group_of_hour]
    return result


def _levels(instance: Instance, demand: Floats, keys: list[Integers], blocks: Mapping[int, Integers]) -> Levels:
    """Levels of the hours whose keys are equal, with their mean demand."""
    level_of_hour = _number_of(keys)
    count = int(level_of_hour.max(initial=-1)) + 1
    weight = np.bincount(level_of_hour, minlength=count).astype(np.float64)
    mean = np.empty((count, instance.workloads))
    for w in range(instance.workloads):
        mean[:, w] = np.bincount(level_of_hour, weights=demand[:, w], minlength=count) / weight
    return _described(instance, mean, level_of_hour, count, blocks)


def _number_of(keys: list[Integers]) -> Integers:
    """number[hour] of keys that are equal together, in the order of the first key, then of the second, …"""
    number = keys[0]
    for key in keys[1:]:
        kinds = int(key.max(initial=0)) + 1
        _, number = numbered(numbered(number)[1] * kinds + key)
    return numbered(number)[1]


def _described(
    instance: Instance, demand: Floats, level_of_hour: Integers, count: int, blocks: Mapping[int, Integers]
) -> Levels:
    def of_level(of_hour: Integers) -> Integers:
        result = np.zeros(count, dtype=np.int64)
        result[level_of_hour] = of_hour
        return result

    weight = np.bincount(level_of_hour, minlength=count).astype(np.float64)
    block = {w: of_level(block_of_hour) for w, block_of_hour in blocks.items()}
    period, cost_class = of_level(instance.period_of_hour), of_level(instance.cost_class)
    return Levels(level_of_hour, period, cost_class, weight, demand, block)
