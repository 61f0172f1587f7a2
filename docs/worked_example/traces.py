"""The traces as they were published → demand by the hour, all of one length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.forecast.project import HOURS_PER_WEEK, project

WEEKS = 11
"""Of the longest trace; shorter ones are carried on to that."""
DIRECTIONS = ("input_tokens", "output_tokens")
STARTS = pd.Timestamp("2027-01-04")
"""The Monday on which the forecast begins."""


@dataclass(frozen=True)
class Trace:
    """A file of the folder of data, and where it is from."""

    file: str
    origin: str
    counts: str
    """What one row counts."""


PHILLY = Trace(
    "philly_2017_hourly_by_vc.csv",
    "Microsoft Philly job trace (msr-fiddle/philly-traces), CC-BY-4.0",
    "GPU-hours per hour of ten groups, from submit times: queueing is ignored, about half of the full trace",
)
HELIOS = Trace(
    "helios_earth_2020-05_hourly_demand_by_vc.csv",
    "Helios, cluster Earth (S-Lab-System-Group/HeliosArtifact), CC-BY-4.0",
    "running and queued GPUs per hour of sixteen groups",
)
SERVEGEN = Trace(
    "servegen_2025_hourly_tokens.csv",
    "ServeGen (alibaba/ServeGen), Apache-2.0; its dates are arbitrary",
    "requests, input and output tokens per hour of model services",
)


@dataclass(frozen=True)
class Weeks:
    """Whole weeks of one trace, from its first Monday on."""

    trace: Trace
    first: pd.Timestamp
    weeks: int
    columns: pd.DataFrame
    """One row per hour, one column per workload (of tokens: per workload and direction)."""


def research(folder: Path, trace: Trace, workload: str) -> Weeks:
    """A trace of GPU-hours, all of its groups as one workload."""
    table = _read(folder / trace.file)
    return _whole_weeks(trace, table.groupby("timestamp")["gpu_hours"].sum().to_frame(workload))


def serving(folder: Path, trace: Trace) -> tuple[Weeks, list[str]]:
    """The services of a trace of tokens that have as many hours as the longest, and the names of the others.

    Columns are (direction, workload).
    """
    table = _read(folder / trace.file)
    hours = table.groupby("workload")["timestamp"].nunique()
    complete = hours[hours == hours.max()].index
    wide = table[table["workload"].isin(complete)].pivot_table(
        index="timestamp", columns="workload", values=list(DIRECTIONS), aggfunc="sum"
    )
    return _whole_weeks(trace, wide), sorted(hours.index.difference(complete))


def carried(hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """hours[hour, workload] of whole weeks carried on to `WEEKS` by the planner's own rule, without growth."""
    return project(hours, 0, WEEKS * HOURS_PER_WEEK, 0.0)


def forecast(workloads: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """The forecast in long form: `timestamp`, `workload`, `gpu_hours`."""
    starts = pd.date_range(STARTS, periods=WEEKS * HOURS_PER_WEEK, freq="h")
    parts = [
        pd.DataFrame({"timestamp": starts, "workload": name, "gpu_hours": hours.round(4)})
        for name, hours in workloads.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, parse_dates=["timestamp"])


def _whole_weeks(trace: Trace, table: pd.DataFrame) -> Weeks:
    """From the first Monday 00:00 to the last whole week. Raises ValueError where an hour is missing."""
    start = table.index.min()
    first = start.normalize() + pd.Timedelta(days=-start.weekday() % 7)
    first = first if first >= start else first + pd.Timedelta(weeks=1)
    weeks = min(int((table.index.max() + pd.Timedelta(hours=1) - first) / pd.Timedelta(weeks=1)), WEEKS)
    hours = pd.date_range(first, periods=weeks * HOURS_PER_WEEK, freq="h")
    if table.reindex(hours).isna().any(axis=None):
        raise ValueError(f"{trace.file} has holes")
    return Weeks(trace, first, weeks, table.loc[hours].rename_axis("timestamp"))
