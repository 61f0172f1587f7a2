"""Periods of a plan with their times, inside the horizon and beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.economics import HOURS_PER_YEAR
from planner.report.series import label_index
from planner.report.source import PlanDocument


@dataclass(frozen=True)
class Span:
    """One period."""

    number: int
    label: str
    begin: pd.Timestamp
    end: pd.Timestamp
    hours: float
    """Real hours inside the horizon; 8,760 times its length in years beyond it, as the plan prices it."""
    in_horizon: bool


class Spans:
    """Periods by label and number."""

    def __init__(self, document: PlanDocument) -> None:
        self._document = document
        self._numbers = label_index(document, set())

    def of(self, label: str) -> Span:
        """The period of a label. Raises InputError for one that the plan cannot have."""
        if label not in self._numbers:
            self._numbers |= label_index(self._document, {label})
        return self.at(self._numbers[label])

    def at(self, number: int) -> Span:
        """The period of a number."""
        calendar = self._document.calendar
        inside = number < calendar.count
        hours = float(calendar.hours_of(number)) if inside else HOURS_PER_YEAR * calendar.unit.years
        return Span(number, calendar.label(number), calendar.begins(number), calendar.begins(number + 1), hours, inside)

    def between(self, first: str, last: str) -> tuple[Span, ...]:
        """The periods from one label to another, both included."""
        return tuple(self.at(number) for number in range(self.of(first).number, self.of(last).number + 1))
