"""The calendar of periods: where each begins, how many hours it has, what it is called."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assumptions.durations import HOURS_PER_MONTH, HOURS_PER_YEAR, Duration, PeriodUnit


@dataclass(frozen=True)
class Calendar:
    """`count` periods of one unit, counted from `start` (naive UTC): from the 2nd to the 2nd if it starts on a 2nd.

    >>> calendar = Calendar(PeriodUnit.MONTH, pd.Timestamp("2027-01-01"), 2)
    >>> calendar.hours.tolist(), calendar.label(0), calendar.label(2)
    ([744, 672], '2027-01', '2027-03')
    """

    unit: PeriodUnit
    start: pd.Timestamp
    count: int

    def begins(self, period: int) -> pd.Timestamp:
        """Start of a period; periods at and beyond `count` go on after the horizon."""
        if self.unit.months is not None:
            return self.start + pd.DateOffset(months=self.unit.months * period)
        return self.start + pd.Timedelta(hours=(self.unit.hours or 0) * period)

    def hours_of(self, period: int) -> int:
        """Real hours of a period, H_p."""
        return int((self.begins(period + 1) - self.begins(period)) // pd.Timedelta(hours=1))

    @cached_property
    def first_hour(self) -> NDArray[np.int64]:
        """first_hour[period] for period 0 … count: hours since the start; the last one is the horizon's length."""
        if self.unit.hours is not None:
            return np.arange(self.count + 1, dtype=np.int64) * self.unit.hours
        begins = [self.begins(period) for period in range(self.count + 1)]
        elapsed = pd.DatetimeIndex(begins) - self.start
        return np.asarray(elapsed // pd.Timedelta(hours=1), dtype=np.int64)

    @cached_property
    def hours(self) -> NDArray[np.int64]:
        """hours[period]: real hours of each period, H_p."""
        return np.diff(self.first_hour)

    def label(self, period: int) -> str:
        """The name of a period: `2027-01`, `2027-Q1`, `2027`, `2027-01-04` (week, day), `2027-01-04T13` (hour)."""
        begin = self.begins(period)
        match self.unit:
            case PeriodUnit.MONTH:
                return f"{begin:%Y-%m}"
            case PeriodUnit.QUARTER:
                return f"{begin.year}-Q{begin.quarter}"
            case PeriodUnit.YEAR:
                return f"{begin.year}"
            case PeriodUnit.HOUR:
                return f"{begin:%Y-%m-%dT%H}"
        return f"{begin:%Y-%m-%d}"

    def service(self, since: datetime, lasting: Duration) -> range:
        """The periods, from 0, that begin at a moment or later, but not `lasting` later than it."""
        return range(self.first_from(since), self.first_from(later(since, lasting)))

    def first_from(self, moment: datetime) -> int:
        """The first period, 0 or later, that does not begin before a moment; it may lie beyond the horizon."""
        beyond = max(self.count, 1)
        while self.begins(beyond) < moment:
            beyond *= 2
        return bisect_left(range(beyond), pd.Timestamp(moment), key=self.begins)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of all periods of the horizon."""
        return tuple(self.label(period) for period in range(self.count))

    def index_of(self, label: str | int | date) -> int | None:
        """The period of that label inside the horizon, or None."""
        text = str(label)
        return self.labels.index(text) if text in self.labels else None


def later(moment: datetime, duration: Duration) -> pd.Timestamp:
    """The moment that lies a duration later: whole months by the calendar, a rest of a month as its share of 730 h.

    >>> later(datetime(2027, 1, 31), Duration.parse("1 month")).date().isoformat()
    '2027-02-28'
    """
    start = pd.Timestamp(moment)
    if duration.unit.months is None:
        return start + pd.Timedelta(hours=float(duration.hours))
    months = duration.amount * duration.unit.months
    rest = (months - int(months)) * HOURS_PER_MONTH
    return start + pd.DateOffset(months=int(months)) + pd.Timedelta(hours=float(rest))


def age_years(since: datetime, until: datetime, unit: PeriodUnit) -> float:
    """Years between two moments as periods of that unit count them (formulation.md, Time).

    Months, quarters and years: twelfths for months by the calendar, and the rest in days of 1/365. Weeks, days and
    hours: hours of 1/8760.

    >>> age_years(datetime(2025, 6, 1), datetime(2027, 1, 1), PeriodUnit.MONTH) * 12
    19.0
    >>> age_years(datetime(2027, 1, 30), datetime(2027, 2, 2), PeriodUnit.DAY) == 3 / 365
    True
    """
    if unit.months is None:
        return (until - since) / timedelta(hours=HOURS_PER_YEAR)
    months = (until.year - since.year) * 12 + until.month - since.month
    return months / 12 + (until.day - since.day) / 365
