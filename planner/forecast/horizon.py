"""Which hours are planned: the horizon's start and periods against what the forecast covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Horizon
from planner.forecast.intervals import Interval, IntervalUnit, text
from planner.forecast.project import weeks_covered
from planner.forecast.timeline import HOUR, Timeline, as_moment
from planner.periods import Calendar
from planner.problems import Problem

_MOST_YEARS = 100


@dataclass(frozen=True)
class Window:
    """The planned hours, counted from the forecast's first hour."""

    calendar: Calendar
    first: int
    count: int


def window(
    time: Timeline, loaded: Loaded, forecast_file: str, problems: list[Problem], warnings: list[str]
) -> Window | None:
    """The planned hours; None, and a problem, where the forecast and its projection do not cover them."""
    horizon = loaded.assumptions.horizon
    start = time.start if horizon.start is None else as_moment(horizon.start)
    if not _check_start(start, time, horizon, loaded, problems):
        return None
    first = int((start - time.start) // HOUR)
    periods = horizon.periods
    if periods is None:
        periods = _whole_periods(start, time, horizon.period)
        if periods == 0:
            problems.append(_nothing_covered(start, time, horizon, forecast_file))
            return None
        if horizon.projection is not None:
            warnings.append(
                f"{loaded.file}: horizon.projection has no effect without horizon.periods: "
                f"the {_count(periods, horizon.period)} that the forecast covers are planned"
            )
    elif periods * horizon.period.years > _MOST_YEARS:
        expected = f"at most {_MOST_YEARS} years"
        problems.append(Problem(loaded.file, "horizon.periods", _count(periods, horizon.period), expected))
        return None
    calendar = Calendar(horizon.period, pd.Timestamp(start), periods)
    count = int(calendar.first_hour[-1])
    rest = time.hours - first - count
    if rest < 0:
        wrong = _not_covered(time, start, calendar, horizon, loaded)
        problems += wrong
        return None if wrong else Window(calendar, first, count)
    if rest > 0 and horizon.periods is None:
        warnings.append(
            f"{forecast_file}: the last {_length(rest)}, from {text(start + count * HOUR)}, are no whole "
            f"{horizon.period} and are not planned"
        )
    return Window(calendar, first, count)


def _count(periods: int, unit: PeriodUnit) -> str:
    return f"{periods:,} {unit}{'' if periods == 1 else 's'}"


def _length(hours: int) -> str:
    days, rest = divmod(hours, 24)
    whole = f"{days:,} day{'' if days == 1 else 's'}"
    return f"{hours} hour{'' if hours == 1 else 's'}" if days == 0 else whole if rest == 0 else f"{whole} {rest} h"


def _covers(time: Timeline) -> str:
    return f"the forecast covers {text(time.start)} to {text(time.end)}"


def _check_start(
    start: np.datetime64, time: Timeline, horizon: Horizon, loaded: Loaded, problems: list[Problem]
) -> bool:
    """Is the horizon's start an hour of the forecast, or one of its projection?"""
    place, found = "horizon.start", text(start)
    if start < time.start:
        fix = "start later, or move the forecast by demand.forecast_starts"
        problems.append(Problem(loaded.file, place, found, f"a start inside the forecast: {_covers(time)}", fix))
    elif (start - time.start) % HOUR != np.timedelta64(0, "us"):
        expected = f"a whole number of hours after the forecast's first timestamp, {text(time.start)}"
        fix = "leave it out, or begin the forecast on a full hour"
        problems.append(Problem(loaded.file, place, found, expected, fix))
    elif start >= time.end and (horizon.projection is None or horizon.periods is None):
        fix = "give horizon.periods and horizon.projection to carry it on, or demand.forecast_starts to move it"
        problems.append(Problem(loaded.file, place, found, f"a start inside the forecast: {_covers(time)}", fix))
    else:
        return True
    return False


def _whole_periods(start: np.datetime64, time: Timeline, unit: PeriodUnit) -> int:
    """How many whole periods from `start` end by the end of the forecast."""
    return int(Interval(IntervalUnit(unit.value)).index_of(start, np.array([time.end]))[0])


def _nothing_covered(start: np.datetime64, time: Timeline, horizon: Horizon, file: str) -> Problem:
    value = f"{_length(int((time.end - start) // HOUR))} from {text(start)}"
    fix = "give horizon.periods and horizon.projection to carry the forecast on, or a shorter horizon.period"
    return Problem(file, "", value, f"a forecast of at least one whole {horizon.period} (horizon.period)", fix)


def _not_covered(
    time: Timeline, start: np.datetime64, calendar: Calendar, horizon: Horizon, loaded: Loaded
) -> list[Problem]:
    """The horizon is longer than the forecast: is there a projection, and can it be made?"""
    value = f"{_count(calendar.count, calendar.unit)} from {text(start)}"
    if horizon.projection is None:
        whole = _whole_periods(start, time, calendar.unit)
        expected = f"at most {_count(whole, calendar.unit)}: {_covers(time)}"
        shorter = f"horizon.periods: {whole}, or " if whole else ""
        fix = f"{shorter}carry it on by horizon.projection: {{growth_per_year: 0}}"
        return [Problem(loaded.file, "horizon.periods", value, expected, fix)]
    if weeks_covered(time.hours) == 0:
        expected = f"a forecast of at least one week to carry on: {_covers(time)}"
        return [Problem(loaded.file, "horizon.projection", _length(time.hours), expected, "give a longer forecast")]
    return []
