"""The steps of time that a forecast may have, and which one a run of timestamps has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.datetime64]
"""Naive UTC, datetime64[us]."""
Integers = NDArray[np.int64]

_US_PER_MINUTE = 60_000_000
_US_PER_DAY = 1440 * _US_PER_MINUTE
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
YEARS_TEXT = f"between the years {_FIRST_YEAR} and {_LAST_YEAR}"
_ONE_DAY = np.timedelta64(1, "D")


class IntervalUnit(StrEnum):
    """What an interval is a multiple of."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True)
class Interval:
    """A regular step of time: `count` minutes, or one of the longer units.

    >>> Interval(IntervalUnit.MONTH).at(np.datetime64("2027-01-31", "us"), np.array([1, 2])).astype("M8[D]").tolist()
    [datetime.date(2027, 2, 28), datetime.date(2027, 3, 31)]
    """

    unit: IntervalUnit
    count: int = 1
    """Above 1 for minutes only."""

    @property
    def minutes(self) -> int | None:
        """Length of the intervals that are always equally long; None for those of the calendar."""
        per_unit = {"minute": 1, "hour": 60, "day": 1440, "week": 10080}.get(self.unit.value)
        return None if per_unit is None else per_unit * self.count

    @property
    def months(self) -> int | None:
        """Months of a month, quarter or year; None for the others."""
        return {"month": 1, "quarter": 3, "year": 12}.get(self.unit.value)

    @property
    def is_coarse(self) -> bool:
        """Longer than an hour?"""
        return self.minutes is None or self.minutes > 60

    def at(self, start: np.datetime64, index: Integers) -> Moments:
        """Start of each interval, counted from `start`: from the 2nd to the 2nd; the 31st is cut to the month's end."""
        if self.minutes is not None:
            return np.asarray(start + index * np.timedelta64(self.minutes * _US_PER_MINUTE, "us"))
        day = start.astype("M8[D]")
        first_month = start.astype("M8[M]")
        months = first_month + (index * (self.months or 1)).astype("m8[M]")
        last_day = (months + np.timedelta64(1, "M")).astype("M8[D]") - _ONE_DAY
        days = np.minimum(months.astype("M8[D]") + (day - first_month.astype("M8[D]")), last_day)
        return np.asarray(days.astype("M8[us]") + (start - day))

    def index_of(self, start: np.datetime64, moments: Moments) -> Integers:
        """The interval, counted from `start`, that each moment falls in."""
        if self.minutes is not None:
            return np.asarray((moments - start) // np.timedelta64(self.minutes * _US_PER_MINUTE, "us"), dtype=np.int64)
        months = (moments.astype("M8[M]") - start.astype("M8[M]")).astype(np.int64)
        index = months // (self.months or 1)
        return np.asarray(index - (self.at(start, index) > moments), dtype=np.int64)

    def __str__(self) -> str:
        return f"{self.count} {self.unit}s" if self.count > 1 else str(self.unit)


ALLOWED = "a divisor of an hour, an hour, a day, a week, a month, a quarter or a year"

KNOWN: tuple[Interval, ...] = (
    *(Interval(IntervalUnit.MINUTE, minutes) for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)),
    *(Interval(unit) for unit in list(IntervalUnit)[1:]),
)
"""All intervals that a forecast may have, shortest first."""

_EXACT = {
    interval.minutes * _US_PER_MINUTE: number for number, interval in enumerate(KNOWN) if interval.minutes is not None
}
_DAYS = {
    IntervalUnit.MONTH: range(28, 32),
    IntervalUnit.QUARTER: range(89, 93),
    IntervalUnit.YEAR: range(365, 367),
}
_CALENDAR = {days * _US_PER_DAY: KNOWN.index(Interval(unit)) for unit, lengths in _DAYS.items() for days in lengths}


def classify(moments: Moments) -> Integers:
    """kinds[step]: index into `KNOWN` of each step between ascending moments, −1 where it is none of them."""
    lengths, inverse = np.unique(np.diff(moments).astype("m8[us]").astype(np.int64), return_inverse=True)
    known = _EXACT | _CALENDAR
    kinds = np.array([known.get(int(length), -1) for length in lengths], dtype=np.int64)
    return kinds[inverse]


def infer(moments: Moments) -> Interval | None:
    """The most frequent known step of ascending moments, the shortest of equals; None if no step is a known one.

    >>> infer(np.array(["2027-02-01", "2027-03-01"], dtype="M8[us]")).unit.value
    'month'
    """
    kinds = classify(moments)
    counts = np.bincount(kinds[kinds >= 0], minlength=len(KNOWN))
    return KNOWN[int(counts.argmax())] if counts.any() else None


def outside_years(moments: Moments) -> NDArray[np.bool_]:
    """Which moments lie so far away that they must be slips of the pen (and would overflow a calendar)."""
    years = moments.astype("M8[Y]").astype(np.int64) + 1970
    return np.asarray((years < _FIRST_YEAR) | (years > _LAST_YEAR)) & ~np.isnat(moments)


def text(moment: np.datetime64) -> str:
    """A moment as short as it can be written: `2027-01-01`, `2027-01-01T13:00`, `2027-01-01T13:00:07`."""
    whole = moment.astype("M8[us]")
    for unit in ("D", "m", "s"):
        if unit == "D" and whole.astype("M8[D]") == whole:
            return str(whole.astype("M8[D]"))
        if unit != "D" and whole.astype(f"M8[{unit}]") == whole:
            return str(whole.astype(f"M8[{unit}]"))
    return str(whole)
