"""Demand served, and how much of it on spot: hour by hour, or block by block where work may wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.durations import Duration
from planner.audit.eligibility import Rates
from planner.audit.result import RELATIVE, CheckName, Finding, number, worst
from planner.audit.setting import Setting
from planner.dispatch import PeriodDispatch, Supply, SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Served:
    """The hours of one period of one workload, cut into blocks: an hour each, unless its work may wait."""

    setting: Setting
    period: int
    workload: str
    demand: FloatArray
    """demand[hour]"""

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """starts[block]: first hour in the period. Blocks count from the horizon's start; the period's end cuts them.

        >>> # 24 hours, a period of hours 100 … 829 of the horizon: 0, 20, 44, …
        """
        hours = np.arange(len(self.demand))
        length = self.setting.workloads[self.workload].deferrable
        if isinstance(length, Duration):
            since_start = hours + self.setting.time.calendar.first_hour[self.period]
            return np.flatnonzero((hours == 0) | (since_start % int(length.hours) == 0))
        return hours if length is None else hours[:1]

    def by_block(self, hourly: FloatArray) -> FloatArray:
        """Sums of hourly figures over the blocks."""
        sums: FloatArray = np.add.reduceat(hourly, self.starts)
        return sums

    @property
    def slack(self) -> FloatArray:
        """slack[block]: absolute tolerance of a sum over its hours."""
        return self.setting.gpus_tolerance * np.diff(self.starts, append=len(self.demand))

    @property
    def unit(self) -> str:
        """What the sums are counted in."""
        waits = self.setting.workloads[self.workload].deferrable is not None
        return "reference GPU-hours" if waits else "reference GPUs"

    def place(self, block: int) -> str:
        """How findings name a block."""
        first = int(self.starts[block])
        last = int(self.starts[block + 1]) - 1 if block + 1 < len(self.starts) else len(self.demand) - 1
        label = self.setting.time.calendar.labels[self.period]
        if self.setting.workloads[self.workload].deferrable is None:
            return f"{label}, hour {first}, {self.workload}"
        return f"{label}, hours {first} to {last}, {self.workload}"


def check_service(
    hours: PeriodDispatch, rates: Rates, supplies: Sequence[Supply], setting: Setting
) -> Iterator[Finding]:
    """All workloads in the hours of a period."""
    first = int(setting.time.calendar.first_hour[hours.period])
    demand = setting.demand.gpus[first : first + len(hours.unserved)]
    work = np.einsum("hws,ws->hw", hours.gpus, rates.work)
    spot = np.array([supply.kind is SupplyKind.SPOT for supply in supplies], dtype=np.bool_)
    on_spot = np.einsum("hws,ws->hw", hours.gpus[:, :, spot], rates.work[:, spot])
    for w, name in enumerate(setting.demand.workloads):
        served = Served(setting, hours.period, name, demand[:, w])
        yield from _served(served, work[:, w], hours.unserved[:, w])
        yield from _on_spot(served, on_spot[:, w])


def _served(served: Served, work: FloatArray, unserved: FloatArray) -> Iterator[Finding]:
    """Σ work + unserved = demand for every block; unserved only where a penalty is given."""
    done, asked = served.by_block(work + unserved), served.by_block(served.demand)
    amiss = np.abs(done - asked) - RELATIVE * asked - served.slack
    amiss[np.isnan(amiss)] = np.inf
    for block, times in worst(amiss):
        found = f"{number(done[block])} {served.unit} served or reported as unserved"
        yield Finding(CheckName.DEMAND, served.place(block), found, number(asked[block]), times)
    if served.setting.workloads[served.workload].unserved_penalty is None:
        for hour, times in worst(unserved - served.setting.gpus_tolerance):
            place = f"{served.setting.time.calendar.labels[served.period]}, hour {hour}, {served.workload}"
            found = f"{number(unserved[hour])} reference GPUs unserved"
            yield Finding(CheckName.DEMAND, place, found, "none: it has no penalty and must be served", times)


def _on_spot(served: Served, on_spot: FloatArray) -> Iterator[Finding]:
    """Σ work on spot ≤ spot_max_share × demand, for every block."""
    done = served.by_block(on_spot)
    most = served.setting.workloads[served.workload].spot_max_share * served.by_block(served.demand)
    for block, times in worst(done - most * (1 + RELATIVE) - served.slack):
        found = f"{number(done[block])} {served.unit} of work on spot"
        yield Finding(CheckName.SPOT_SHARE, served.place(block), found, f"at most {number(most[block])}", times)
