"""From intervals to hours: longer ones are spread by load shapes, shorter ones summed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.forecast.cells import listed
from planner.forecast.intervals import text
from planner.forecast.shapes import Shapes, Weights
from planner.forecast.timeline import HOUR, Timeline
from planner.problems import Problem


def hourly(
    totals: NDArray[np.float64], workloads: tuple[str, ...], time: Timeline, shapes: Shapes
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.int64]]]:
    """gpus[hour, workload], reference GPUs busy, out of totals[interval, workload] in reference GPU-hours.

    Every interval keeps its total. The second result holds, by workload, the intervals that cannot: there the load
    shape is 0 in every hour and the total is not.
    """
    if not time.interval.is_coarse:
        return _summed(totals, time), {}
    counts = np.diff(time.first_hour)
    table = np.empty((time.hours, len(workloads)))
    hour_of_week = time.hour_of_week()
    without: dict[str, NDArray[np.int64]] = {}
    for number, name in enumerate(workloads):
        weights = shapes.weights.get(name)
        if weights is None:
            table[:, number] = np.repeat(totals[:, number] / counts, counts)
            continue
        table[:, number], empty = _shaped(totals[:, number], time, counts, weights[hour_of_week])
        if len(empty):
            without[name] = empty
    return table, without


def _summed(totals: NDArray[np.float64], time: Timeline) -> NDArray[np.float64]:
    """Intervals of an hour and shorter; those after the last whole hour are left out."""
    per_hour = 60 // (time.interval.minutes or 60)
    whole = totals[: time.hours * per_hour]
    return np.asarray(whole.reshape(time.hours, per_hour, -1).sum(axis=1))


def _shaped(
    totals: NDArray[np.float64], time: Timeline, counts: NDArray[np.int64], weights: Weights
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """total × weight / Σ weights of the interval, for weights[hour]; and the intervals where that is not possible."""
    sums = np.add.reduceat(weights, time.first_hour[:-1])
    none = sums <= 0
    factors = np.where(none, 0.0, totals / np.where(none, 1.0, sums))
    return np.repeat(factors, counts) * weights, np.flatnonzero(none & (totals > 0))


def unplaced(without: dict[str, NDArray[np.int64]], time: Timeline, shapes: Shapes, loaded: Loaded) -> list[Problem]:
    """Demand in intervals in which the load shape has none."""
    problems = []
    for name, intervals in without.items():
        begins = time.start + time.first_hour[intervals[:3]] * HOUR
        named = [text(begin) for begin in begins] + [""] * (len(intervals) - len(begins))
        value = f"0 in every hour of the intervals of {listed(named)}"
        expected = f"load in every interval in which {name} has demand"
        problems.append(Problem(loaded.file, shapes.keys[name], value, expected))
    return problems
