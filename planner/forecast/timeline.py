"""When the forecast's intervals lie in the plan, and how many hours each has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.forecast.intervals import YEARS_TEXT, Integers, Interval, IntervalUnit, outside_years, text
from planner.forecast.table import Forecast
from planner.problems import Problem

HOUR = np.timedelta64(1, "h")
_WEEK_HOURS = 168
_WEEK = np.timedelta64(_WEEK_HOURS, "h")


@dataclass(frozen=True)
class Timeline:
    """The intervals of a forecast in time. Hours are counted from its first moment, on the hour or not."""

    start: np.datetime64
    """The first moment, naive UTC, datetime64[us]."""
    interval: Interval
    interval_hours: NDArray[np.float64]
    """interval_hours[interval]: its length; below 1 for those shorter than an hour."""
    first_hour: Integers
    """first_hour[interval] of intervals of an hour and longer, the last entry being the number of hours;
    for shorter ones the hour that each is part of, without a last entry."""
    hours: int
    """Whole hours covered."""

    @property
    def end(self) -> np.datetime64:
        """The end of the last whole hour."""
        return self.start + self.hours * HOUR

    def hour_of_week(self) -> Integers:
        """hour_of_week[hour], 0 = Monday 00:00 UTC, of the moment at which the hour begins."""
        # 1970-01-01 was a Thursday: hour 72 of its week.
        first = int(self.start.astype("M8[h]").astype(np.int64)) + 72
        return (first + np.arange(self.hours, dtype=np.int64)) % _WEEK_HOURS


def as_moment(when: datetime | date) -> np.datetime64:
    """A date or time of the assumptions as naive UTC, datetime64[us]; times with an offset are converted."""
    stamp = pd.Timestamp(when)
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert("UTC").tz_localize(None)
    return stamp.as_unit("us").to_datetime64()


def timeline(forecast: Forecast, loaded: Loaded, problems: list[Problem], warnings: list[str]) -> Timeline | None:
    """Place the forecast in time, moved by `demand.forecast_starts`. None, and a problem, where it covers no hour."""
    interval = _interval(forecast, loaded, problems, warnings)
    if interval is None:
        return None
    start = _start(forecast, interval, loaded)
    count = len(forecast.starts)
    if outside_years(np.array([start])).any():
        found = text(start)
        problems.append(Problem(loaded.file, "demand.forecast_starts", found, f"a date {YEARS_TEXT}"))
        return None
    if not interval.is_coarse:
        return _fine(forecast, interval, start, problems, warnings)
    bounds = interval.at(start, np.arange(count + 1, dtype=np.int64))
    first_hour = np.asarray((bounds - start) // HOUR, dtype=np.int64)
    return Timeline(start, interval, np.diff(first_hour).astype(np.float64), first_hour, int(first_hour[-1]))


def _interval(forecast: Forecast, loaded: Loaded, problems: list[Problem], warnings: list[str]) -> Interval | None:
    """The forecast's interval; of a single timestamp, the period if the user wrote one."""
    if forecast.interval is not None:
        return forecast.interval
    horizon = loaded.assumptions.horizon
    when = text(forecast.start)
    if "period" not in horizon.model_fields_set:
        expected = f"two timestamps or more: {when} alone does not say how long its interval is"
        fix = "add a row, or give horizon.period: the interval is then one period"
        problems.append(Problem(forecast.file, "", "a single timestamp", expected, fix))
        return None
    warnings.append(
        f"{forecast.file}: there is a single timestamp, {when}; its interval is taken to be one "
        f"{horizon.period} (horizon.period)"
    )
    return Interval(IntervalUnit(horizon.period.value))


def _start(forecast: Forecast, interval: Interval, loaded: Loaded) -> np.datetime64:
    """The first moment, moved: by whole weeks for hours and shorter, to the very moment for longer intervals."""
    moved_to = loaded.assumptions.demand.forecast_starts
    if moved_to is None:
        return forecast.start
    target = as_moment(moved_to)
    if interval.is_coarse:
        return target
    weeks = -((forecast.start - target) // _WEEK)
    return forecast.start + weeks * _WEEK


def _fine(
    forecast: Forecast, interval: Interval, start: np.datetime64, problems: list[Problem], warnings: list[str]
) -> Timeline | None:
    """Intervals of an hour and shorter; what does not fill an hour at the end is dropped."""
    minutes = interval.minutes or 60
    count, per_hour = len(forecast.starts), 60 // minutes
    hours, rest = divmod(count, per_hour)
    if hours == 0:
        value = f"{count * minutes} minutes from {text(forecast.start)}"
        problems.append(Problem(forecast.file, "", value, "a forecast of an hour or more"))
        return None
    if rest:
        begin = text(forecast.starts[count - rest].to_datetime64())
        warnings.append(
            f"{forecast.file}: the last {rest * minutes} minutes, from {begin}, are no whole hour (hours are counted "
            f"from the first timestamp, {text(forecast.start)}) and are dropped"
        )
    lengths = np.full(count, minutes / 60)
    return Timeline(start, interval, lengths, np.arange(count, dtype=np.int64) // per_hour, hours)
