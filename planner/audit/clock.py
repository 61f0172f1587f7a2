"""The audit's own reckoning of time: periods in years, hours and discount factors; dates; ages."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import pandas as pd

from planner.assumptions.durations import HOURS_PER_MONTH, HOURS_PER_YEAR, Duration
from planner.periods import Calendar


class Span(NamedTuple):
    """Periods from `first` to `last`, both included; the last one may lie past the horizon. Empty if last < first."""

    first: int
    last: int


@dataclass(frozen=True)
class Time:
    """Periods in years, hours and discount factors (formulation.md, Time), recomputed here."""

    calendar: Calendar
    discount_rate: float

    @property
    def count(self) -> int:
        """Periods of the horizon."""
        return self.calendar.count

    @property
    def years(self) -> float:
        """Length of a period by name, Y."""
        return self.calendar.unit.years

    def at_start(self, period: int) -> float:
        """Discount factor of money paid at the start of a period."""
        return float((1.0 + self.discount_rate) ** -(self.years * period))

    def at_middle(self, period: int) -> float:
        """Discount factor of money that flows during a period."""
        return float((1.0 + self.discount_rate) ** -(self.years * (period + 0.5)))

    def trend(self, per_year: float, period: int) -> float:
        """Price in a period over the price at the horizon's start."""
        return float((1.0 + per_year) ** (self.years * period))

    def hours(self, period: int) -> float:
        """Real hours of a period; past the horizon those of its length by name."""
        return float(self.calendar.hours[period]) if period < self.count else HOURS_PER_YEAR * self.years

    def age_years(self, since: datetime, period: int) -> float:
        """Years from a date to the start of a period; like the length of the period, by name.

        Where periods are whole months, twelfths for months and the rest in days of 1/365; else hours of 1/8760.
        """
        until = self.calendar.begins(period)
        if self.calendar.unit.months is None:
            return float((until - pd.Timestamp(since)) / pd.Timedelta(hours=HOURS_PER_YEAR))
        months = (until.year - since.year) * 12 + until.month - since.month
        return months / 12 + (until.day - since.day) / 365

    def rounded_up(self, duration: Duration) -> int:
        """A lead time in periods."""
        return math.ceil(duration.periods(self.calendar.unit))

    def rounded_down(self, duration: Duration) -> int:
        """A lifetime or a term in periods."""
        return math.floor(duration.periods(self.calendar.unit))

    def dated(self, since: datetime, lasting: Duration) -> Span:
        """The periods from the horizon's start on that begin at a date or later, but not `lasting` later than it."""
        return Span(self._first_from(pd.Timestamp(since)), self._first_from(later(since, lasting)) - 1)

    def _first_from(self, moment: pd.Timestamp) -> int:
        """The first period, 0 or later, that does not begin before a moment."""
        beyond = 1
        while self.calendar.begins(beyond) < moment:
            beyond *= 2
        return bisect_left(range(beyond), moment, key=self.calendar.begins)


def later(moment: datetime, duration: Duration) -> pd.Timestamp:
    """The moment that lies a duration later: whole months by the calendar, a rest of a month as its share of 730 h."""
    months = duration.amount * duration.unit.months if duration.unit.months is not None else None
    if months is None:
        return pd.Timestamp(moment) + pd.Timedelta(hours=float(duration.hours))
    rest = pd.Timedelta(hours=float((months - int(months)) * HOURS_PER_MONTH))
    return pd.Timestamp(moment) + pd.DateOffset(months=int(months)) + rest
