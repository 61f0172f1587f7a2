"""The hours, one period at a time: checked against demand and what there is, and added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.audit.eligibility import Rates, rates
from planner.audit.holdings import Holdings
from planner.audit.hours import check_axes, periods
from planner.audit.result import CheckName, Finding, number
from planner.audit.room import check_room, rooms
from planner.audit.service import check_service
from planner.audit.setting import Setting
from planner.dispatch import Dispatch, Supply, SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Operation:
    """What the hours of each period add up to; workloads as in the demand, supplies as in the dispatch."""

    supplies: tuple[Supply, ...]
    rates: Rates
    gpu_hours: FloatArray
    """gpu_hours[period, workload, supply]: GPUs occupied or rented × hours."""
    at_electricity_price: FloatArray
    """at_electricity_price[period, workload, supply]: Σ GPUs × price of a kWh in each hour; 0 for the cloud."""
    unserved: FloatArray
    """unserved[period, workload]: reference GPU-hours."""

    @property
    def work(self) -> FloatArray:
        """work[period, workload, supply]: reference GPU-hours."""
        return self.gpu_hours * self.rates.work


def operate(dispatch: Dispatch, setting: Setting, holdings: Holdings) -> tuple[Operation, list[Finding]]:
    """Check every hour and add the hours up. What cannot be read counts as nothing run."""
    supplies = tuple(dispatch.supplies)
    findings = list(check_axes(dispatch, setting))
    shape = (setting.time.count, len(setting.demand.workloads), len(supplies))
    done = Operation(supplies, rates(setting, supplies), np.zeros(shape), np.zeros(shape), np.zeros(shape[:2]))
    bounds = rooms(setting, supplies, holdings)
    sites = {s: supply.place for s, supply in enumerate(supplies) if _stands(supply, setting)}
    first_hour = setting.time.calendar.first_hour
    for period, hours in periods(dispatch, setting, findings):
        done.gpu_hours[period] = hours.gpus.sum(axis=0)
        done.unserved[period] = hours.unserved.sum(axis=0)
        for s, site in sites.items():
            price = setting.prices.electricity(site)[first_hour[period] : first_hour[period + 1]]
            done.at_electricity_price[period, :, s] = price @ hours.gpus[:, :, s]
        findings += check_service(hours, done.rates, supplies, setting)
        findings += check_room(hours, bounds, setting)
    findings += _eligible(done, setting)
    return done, findings


def _stands(supply: Supply, setting: Setting) -> bool:
    return supply.kind is SupplyKind.SERVER and supply.place in setting.assumptions.sites


def _eligible(done: Operation, setting: Setting) -> Iterator[Finding]:
    for (w, s), obstacle in done.rates.obstacles.items():
        amounts = done.gpu_hours[:, w, s]
        for period in np.flatnonzero(np.abs(amounts) > setting.gpu_hours_tolerance).tolist():
            place = f"{setting.time.calendar.labels[period]}, {setting.demand.workloads[w]} on {done.supplies[s].label}"
            yield Finding(CheckName.ELIGIBILITY, place, f"{number(amounts[period])} GPU-hours", f"none: {obstacle}")
