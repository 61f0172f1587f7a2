"""Reading the hourly dispatch, one period at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.audit.result import CheckName, Finding, number
from planner.audit.setting import Setting
from planner.dispatch import Dispatch, PeriodDispatch


def check_axes(dispatch: Dispatch, setting: Setting) -> Iterator[Finding]:
    """Workloads and supplies of the dispatch against those of the demand and the assumptions."""
    if sorted(dispatch.workloads) != sorted(setting.demand.workloads):
        found, expected = ", ".join(dispatch.workloads), ", ".join(setting.demand.workloads)
        yield Finding(CheckName.DISPATCH, "workloads", found, expected)
    for supply in dispatch.supplies:
        if setting.machine(supply) is None and setting.api(supply) is None:
            yield Finding(CheckName.DISPATCH, "supplies", supply.label, "a supply of the assumptions")
    if len(set(dispatch.supplies)) != len(dispatch.supplies):
        yield Finding(CheckName.DISPATCH, "supplies", "a supply twice", "each once")


def periods(dispatch: Dispatch, setting: Setting, findings: list[Finding]) -> Iterator[tuple[int, PeriodDispatch]]:
    """Every period of the horizon once, workloads in the demand's order; empty where missing or unreadable.

    What is wrong with the form of the others is appended to `findings`.
    """
    calendar = setting.time.calendar
    order = None
    if sorted(dispatch.workloads) == sorted(setting.demand.workloads):
        order = [list(dispatch.workloads).index(name) for name in setting.demand.workloads]
    seen: set[int] = set()
    for made in dispatch:
        if wrong := _unreadable(made, dispatch, setting, seen):
            findings.append(Finding(CheckName.DISPATCH, *wrong))
            continue
        if order is None:
            continue
        seen.add(made.period)
        low = min(made.gpus.min(initial=0.0), made.unserved.min(initial=0.0))
        if low < -setting.gpus_tolerance:
            place = calendar.labels[made.period]
            findings.append(Finding(CheckName.DISPATCH, place, f"{number(low)} GPUs", "none below 0"))
        yield made.period, PeriodDispatch(made.period, made.gpus[:, order, :], made.unserved[:, order])
    for period in sorted(set(range(calendar.count)) - seen):
        if order is not None:
            findings.append(Finding(CheckName.DISPATCH, calendar.labels[period], "no hours", "all hours of the period"))
        hours, workloads = int(calendar.hours[period]), len(setting.demand.workloads)
        empty = np.zeros((hours, workloads, len(dispatch.supplies)))
        yield period, PeriodDispatch(period, empty, np.zeros((hours, workloads)))


def _unreadable(
    made: PeriodDispatch, dispatch: Dispatch, setting: Setting, seen: set[int]
) -> tuple[str, str, str] | None:
    """Place, found and expected when a period of the dispatch cannot be used."""
    calendar = setting.time.calendar
    if not 0 <= made.period < calendar.count:
        return f"period {made.period}", "a period outside the horizon", f"0 to {calendar.count - 1}"
    place = calendar.labels[made.period]
    if made.period in seen:
        return place, "the period twice", "once"
    shape = (int(calendar.hours[made.period]), len(dispatch.workloads), len(dispatch.supplies))
    if made.gpus.shape != shape or made.unserved.shape != shape[:2]:
        return place, f"shapes {made.gpus.shape} and {made.unserved.shape}", f"{shape} and {shape[:2]}"
    if not (np.isfinite(made.gpus).all() and np.isfinite(made.unserved).all()):
        return place, "numbers that are not finite", "finite ones"
    return None
