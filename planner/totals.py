"""The hourly operation of a plan, summed by period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.components import Component
from planner.dispatch import Dispatch
from planner.prepare import Prepared
from planner.running_costs import RunningCosts

Floats = NDArray[np.float64]
NOTHING = 1e-9
"""GPU-hours, relative to the largest of the table, below which a row is rounding and left out."""


@dataclass(frozen=True)
class Totals:
    """What ran and what was left undone; the axis `supply` is that of the dispatch."""

    running: RunningCosts
    """Of the supplies of the dispatch."""
    gpu_hours: Floats
    """gpu_hours[period, workload, supply]  occupied."""
    electricity: Floats
    """electricity[period, workload, supply]  currency for the power of busy GPUs, each hour at its own price."""
    unserved: Floats
    """unserved[period, workload]  reference GPU-hours."""

    @classmethod
    def of(cls, dispatch: Dispatch, prepared: Prepared) -> Totals:
        """Sum one pass over the periods."""
        index = [prepared.supplies.index(supply) for supply in dispatch.supplies]
        natural = prepared.running
        running = RunningCosts(
            natural.case,
            natural.classes,
            dispatch.supplies,
            natural.effectiveness[:, index],
            natural.usable[:, index],
        )
        shape = (prepared.instance.periods, len(dispatch.workloads), len(dispatch.supplies))
        gpu_hours, electricity, unserved = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2])
        for hours in dispatch:
            gpu_hours[hours.period] = hours.gpus.sum(axis=0)
            electricity[hours.period] = running.electricity(hours.period, hours.gpus)
            unserved[hours.period] = hours.unserved.sum(axis=0)
        ran = _clean(gpu_hours)
        return cls(running, ran, np.where(ran > 0, electricity, 0.0), _clean(unserved))

    @cached_property
    def work(self) -> Floats:
        """work[period, workload, supply]  reference GPU-hours done."""
        work: Floats = self.gpu_hours * self.running.effectiveness
        return work

    def costs(self) -> Iterator[tuple[Component, Floats]]:
        """(component, cost[period, workload, supply])  currency of what ran."""
        yield Component.ELECTRICITY, self.electricity
        for component, cost in self.running.parts():
            yield component, cost * self.gpu_hours


def _clean(values: Floats) -> Floats:
    return np.where(values > NOTHING * values.max(initial=0.0), values, 0.0)
