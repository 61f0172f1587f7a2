"""Hours ↔ load levels: which hours of a period the programme treats as one.

Replacing the hours of a level by their mean gives a bound that no plan can beat (Jensen: with prices constant inside
the level, the least operating cost is convex in demand). Splitting levels never lowers the bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.instance import Booleans, Floats, Instance, Integers


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


def initial(instance: Instance, per_period: int) -> Levels:
    """At most `per_period` levels in each period: identical hours first, else slices of the hours by total work.

    Work is weighed in hours of each workload's own mean, so that small workloads are seen beside large ones.
    """
    scale = instance.demand.mean(axis=0)
    weighed = instance.demand @ np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    labels = np.zeros(instance.hours, dtype=np.int64)
    for p in range(instance.periods):
        hours = slice(instance.first_hour[p], instance.first_hour[p + 1])
        _, same = np.unique(instance.demand[hours], axis=0, return_inverse=True)
        same = same.ravel()
        if same.max(initial=0) < per_period:
            labels[hours] = same
        else:
            labels[hours] = _slices(weighed[hours], per_period)
    return group(instance, labels)


def _slices(values: Floats, count: int) -> Integers:
    """Labels 0 … count−1 by rank, equal numbers of hours in each slice."""
    rank = np.empty(len(values), dtype=np.int64)
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return rank * count // len(values)


def split(instance: Instance, levels: Levels, chosen: Booleans, labels: Integers) -> Levels:
    """Split each chosen level by labels[hour]; the others stay whole. chosen[level]."""
    inside = np.where(chosen[levels.level_of_hour], labels, 0)
    span = int(inside.max(initial=0)) + 1
    return group(instance, levels.level_of_hour * span + inside)


def isolate(instance: Instance, levels: Levels, hours: Integers) -> Levels:
    """Make each of these hours a level of its own."""
    labels = np.zeros(instance.hours, dtype=np.int64)
    labels[hours] = np.arange(1, len(hours) + 1)
    return group(instance, levels.level_of_hour * (len(hours) + 1) + labels)
