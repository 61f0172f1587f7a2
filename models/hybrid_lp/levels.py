"""Hours ↔ load levels: which hours of a period are treated as one.

Replacing hours by their mean gives a bound that no plan can beat (Jensen: with prices constant inside a level, the
least operating cost is convex in demand). Hours that are identical can be one without any loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.instance import Floats, Instance, Integers


@dataclass(frozen=True)
class Levels:
    """A grouping of the hours of each period."""

    level_of_hour: Integers
    """level_of_hour[hour]: index of the level."""
    period: Integers
    """period[level]."""
    weight_hours: Floats
    """weight_hours[level]: how many hours the level stands for, ω."""
    demand: Floats
    """demand[level, workload]  mean reference GPUs busy."""

    @property
    def count(self) -> int:
        """Number of levels."""
        return len(self.period)

    @property
    def some_hour(self) -> Integers:
        """some_hour[level]: one of its hours."""
        hour = np.empty(self.count, dtype=np.int64)
        hour[self.level_of_hour] = np.arange(len(self.level_of_hour))
        return hour


def group(instance: Instance, labels: Integers) -> Levels:
    """Levels of the hours that share a period and a label; labels[hour] are any whole numbers ≥ 0."""
    period_of_hour = instance.period_of_hour
    span = int(labels.max(initial=0)) + 1
    _, level_of_hour = np.unique(period_of_hour * span + labels, return_inverse=True)
    level_of_hour = level_of_hour.astype(np.int64).ravel()
    count = int(level_of_hour.max(initial=-1)) + 1
    weight = np.bincount(level_of_hour, minlength=count).astype(np.float64)
    period = np.zeros(count, dtype=np.int64)
    period[level_of_hour] = period_of_hour
    demand = np.empty((count, instance.workloads))
    for w in range(instance.workloads):
        demand[:, w] = np.bincount(level_of_hour, weights=instance.demand[:, w], minlength=count) / weight
    return Levels(level_of_hour, period, weight, demand)


def distinct_hours(instance: Instance) -> Levels:
    """The hours at full resolution: only hours of a period with exactly the same demand are one level."""
    demand, period = instance.demand, instance.period_of_hour
    # Hours are brought side by side by a number that equal rows share, then compared in full.
    mark = demand @ np.cos(np.arange(1.0, instance.workloads + 1))
    order = np.lexsort((mark, period))
    rows, periods = demand[order], period[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (periods[1:] != periods[:-1]) | (rows[1:] != rows[:-1]).any(axis=1)
    level_of_hour = np.empty(len(order), dtype=np.int64)
    level_of_hour[order] = np.cumsum(new) - 1
    weight = np.bincount(level_of_hour, minlength=int(new.sum())).astype(np.float64)
    return Levels(level_of_hour, periods[new], weight, rows[new])


def slices(instance: Instance, per_period: int) -> Levels:
    """At most `per_period` levels in each period: slices of its hours by total work, of equal numbers of hours.

    Work is weighed in hours of each workload's own mean, so that small workloads are seen beside large ones.
    """
    scale = instance.demand.mean(axis=0)
    weighed = instance.demand @ np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    order = np.lexsort((weighed, instance.period_of_hour))
    rank = np.empty(instance.hours, dtype=np.int64)
    rank[order] = np.arange(instance.hours)
    period = instance.period_of_hour
    inside = rank - instance.first_hour[period]
    return group(instance, inside * per_period // instance.hours_in_period[period])
