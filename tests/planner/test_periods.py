"""The calendar by hand."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from planner.assumptions.durations import PeriodUnit
from planner.periods import Calendar


def calendar(unit: str, start: str, count: int) -> Calendar:
    return Calendar(PeriodUnit(unit), pd.Timestamp(start), count)


@pytest.mark.parametrize(
    ("unit", "start", "hours", "labels"),
    [
        ("month", "2028-01-01", [744, 696, 744], ("2028-01", "2028-02", "2028-03")),
        ("month", "2027-01-02", [744, 672, 744], ("2027-01", "2027-02", "2027-03")),
        ("quarter", "2027-04-01", [2184, 2208, 2208], ("2027-Q2", "2027-Q3", "2027-Q4")),
        ("year", "2027-01-01", [8760, 8784, 8760], ("2027", "2028", "2029")),
        ("week", "2027-01-04", [168, 168, 168], ("2027-01-04", "2027-01-11", "2027-01-18")),
        ("day", "2028-02-28", [24, 24, 24], ("2028-02-28", "2028-02-29", "2028-03-01")),
        ("hour", "2027-12-31T22:00", [1, 1, 1], ("2027-12-31T22", "2027-12-31T23", "2028-01-01T00")),
    ],
)
def test_hours_and_labels(unit: str, start: str, hours: list[int], labels: tuple[str, ...]) -> None:
    made = calendar(unit, start, 3)
    assert made.hours.tolist() == hours
    assert [made.hours_of(period) for period in range(3)] == hours
    assert made.labels == labels
    assert made.first_hour.tolist() == [0, hours[0], hours[0] + hours[1], sum(hours)]


def test_periods_are_counted_from_the_start_not_chained() -> None:
    """From the 31st: February's period begins on its last day, March's on the 31st again."""
    made = calendar("month", "2027-01-31", 4)
    assert [str(made.begins(period).date()) for period in range(4)] == [
        "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30",
    ]  # fmt: skip


def test_periods_go_on_after_the_horizon() -> None:
    made = calendar("month", "2027-11-01", 2)
    assert made.label(2) == "2028-01"
    assert made.hours_of(3) == 29 * 24


@pytest.mark.parametrize(
    ("unit", "label", "index"),
    [
        ("month", "2027-02", 1),
        ("month", "2027-04", None),
        ("month", "2026-12", None),
        ("month", "2027-2", None),
        ("year", 2028, 1),
        ("day", date(2027, 1, 3), 2),
    ],
)
def test_the_period_of_a_label(unit: str, label: str | int | date, index: int | None) -> None:
    assert calendar(unit, "2027-01-01", 3).index_of(label) == index


@pytest.mark.parametrize("unit", [unit.value for unit in PeriodUnit])
def test_every_label_is_found_again_and_periods_meet(unit: str) -> None:
    made = calendar(unit, "2027-01-02", 30)
    assert [made.index_of(label) for label in made.labels] == list(range(30))
    for earlier, later in pairwise(range(30)):
        gone = made.begins(later) - made.begins(earlier)
        assert gone == pd.Timedelta(hours=int(made.hours[earlier]))
