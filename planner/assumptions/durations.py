"""Durations as users write them (`36 months`, `24 hours`) and the periods that purchases are decided in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

HOURS_PER_MONTH = 730
"""Across the two families of units (hours, days, weeks | months, quarters, years) a month is 730 h (formats.md)."""

HOURS_PER_YEAR = 8760


class PeriodUnit(StrEnum):
    """How often purchases are decided."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def hours(self) -> int | None:
        """Hours of an hour, day or week; None for the calendar units."""
        return {"hour": 1, "day": 24, "week": 168}.get(self.value)

    @property
    def months(self) -> int | None:
        """Months of a month, quarter or year; None for the clock units."""
        return {"month": 1, "quarter": 3, "year": 12}.get(self.value)

    @property
    def years(self) -> float:
        """Length by name, in years: month 1/12, week 7/365, hour 1/8760 (formulation.md, Time)."""
        return self.months / 12 if self.months is not None else (self.hours or 0) / HOURS_PER_YEAR


DURATION_PATTERN = r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(hour|day|week|month|quarter|year)s?\s*$"

_TEXT = re.compile(DURATION_PATTERN)


@dataclass(frozen=True)
class Duration:
    """A length of time: `amount` × `unit`.

    >>> Duration.parse("3 years").periods(PeriodUnit.MONTH)
    Fraction(36, 1)
    >>> Duration.parse("3 months").periods(PeriodUnit.DAY)
    Fraction(365, 4)
    """

    amount: Fraction
    unit: PeriodUnit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `36 months`, `1 year`, `24 hours`. Raises ValueError when it is none of these."""
        match = _TEXT.match(text)
        if match is None:
            raise ValueError("a duration such as '36 months', '2 weeks' or '24 hours'")
        return cls(Fraction(match[1]), PeriodUnit(match[2]))

    def periods(self, period: PeriodUnit) -> Fraction:
        """This duration in periods of the given unit; whole only where the denominator is 1."""
        if period.months is not None and self.unit.months is not None:
            return self.amount * self.unit.months / period.months
        return self.hours / (period.hours or HOURS_PER_MONTH * (period.months or 0))

    @property
    def hours(self) -> Fraction:
        """This duration in hours, a month being 730 h."""
        return self.amount * (self.unit.hours or HOURS_PER_MONTH * (self.unit.months or 0))

    @property
    def years(self) -> float:
        """This duration in years of 12 months, or of 8,760 hours."""
        return float(self.hours / HOURS_PER_YEAR)

    def __str__(self) -> str:
        amount = int(self.amount) if self.amount.denominator == 1 else float(self.amount)
        return f"{amount} {self.unit}{'' if amount == 1 else 's'}"
