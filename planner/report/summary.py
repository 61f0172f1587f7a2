"""Costs summed by what the reader asks for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import pandas as pd


class By(StrEnum):
    """What costs can be summed by."""

    COMPONENT = "component"
    PERIOD = "period"
    YEAR = "year"
    WORKLOAD = "workload"


def summary(costs: pd.DataFrame, workload_costs: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """columns: those of `by`, amount, discounted; workloads have no discounted amount, and stand alone.

    costs: period, component, amount, discounted. workload_costs: workload, amount. Raises ValueError for other names.
    """
    names = [by] if isinstance(by, str) else list(by)
    known = ", ".join(By)
    strange = [name for name in names if name not in list(By)]
    if strange or not names:
        raise ValueError(f"by: found {', '.join(map(repr, strange)) or 'nothing'}; expected some of {known}")
    if By.WORKLOAD in names:
        if len(names) > 1:
            raise ValueError("by: workload stands alone: what a workload costs is not known by component or period")
        return workload_costs[["workload", "amount"]].reset_index(drop=True)
    table = costs.assign(year=costs["period"].str[:4])
    return table.groupby(names, sort=False)[["amount", "discounted"]].sum().reset_index()
