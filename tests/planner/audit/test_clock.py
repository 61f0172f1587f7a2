"""Dates, ages and blocks of hours, worked out on a calendar."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from audit_cases import CALENDAR, Everything

from planner.assumptions.durations import Duration, PeriodUnit
from planner.audit.clock import Time, later
from planner.audit.service import Served
from planner.audit.setting import Setting
from planner.periods import Calendar, age_years


@pytest.mark.parametrize(
    ("unit", "since", "until", "years"),
    [
        (PeriodUnit.MONTH, "2025-06-01", "2027-06-01", 2.0),
        (PeriodUnit.QUARTER, "2025-06-01", "2027-07-01", 2 + 1 / 12),
        (PeriodUnit.YEAR, "2025-06-15", "2027-01-01", 19 / 12 - 14 / 365),
        (PeriodUnit.MONTH, "2026-12-31", "2027-01-01", 1 / 12 - 30 / 365),
        (PeriodUnit.DAY, "2026-12-31", "2027-01-01", 1 / 365),
        (PeriodUnit.WEEK, "2027-02-22", "2027-03-08", 14 / 365),
        (PeriodUnit.HOUR, "2027-01-01T00:00", "2027-01-01T12:00", 12 / 8760),
    ],
)
def test_age(unit, since, until, years):
    """Of dates in months of any length, of days and hours where these are the periods."""
    time = Time(Calendar(unit, pd.Timestamp(until), 1), 0.0)
    assert time.age_years(datetime.fromisoformat(since), 0) == pytest.approx(years, rel=1e-12)
    assert age_years(datetime.fromisoformat(since), datetime.fromisoformat(until), unit) == pytest.approx(
        years, rel=1e-12
    )


@pytest.mark.parametrize(
    ("since", "duration", "until"),
    [
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2026-01-15", "2 quarters", "2026-07-15"),
        ("2024-02-29", "1 year", "2025-02-28"),
        ("2026-01-01", "90 days", "2026-04-01"),
        ("2026-01-01T05:00", "1.5 months", "2026-02-16T10:00"),  # 15.2 days of 365 h
    ],
)
def test_later(since, duration, until):
    assert later(datetime.fromisoformat(since), Duration.parse(duration)) == pd.Timestamp(until)


@pytest.mark.parametrize(
    ("since", "duration", "periods"),
    [
        ("2027-01-02", "1 month", [0]),
        ("2027-01-03", "1 month", [1]),
        ("2026-12-01", "3 months", [0, 1]),
        ("2026-12-02", "3 months", [0, 1]),
        ("2026-12-03", "3 months", [0, 1, 2]),
        ("2026-10-02", "3 months", []),
        ("2027-05-01", "2 months", [4, 5]),
    ],
)
def test_dated_service(since, duration, periods):
    """Months from the 2nd to the 2nd; service counts the periods that begin in it, past the horizon too."""
    time = Time(Calendar(PeriodUnit.MONTH, pd.Timestamp("2027-01-02"), 3), 0.0)
    first, last = time.dated(datetime.fromisoformat(since), Duration.parse(duration))
    assert list(range(first, last + 1)) == periods


@pytest.mark.parametrize(
    ("deferrable", "period", "starts"),
    [
        ("no", 2, range(672)),
        ("period", 2, [0]),
        ("24 hours", 0, range(0, 744, 24)),
        ("500 hours", 0, [0, 500]),
        ("500 hours", 1, [0, 256]),  # hour 1,000 of the horizon
        ("500 hours", 2, [0, 12, 512]),  # hours 1,500 and 2,000
        ("8760 hours", 3, [0]),
    ],
)
def test_blocks(deferrable, period, starts):
    case = Everything(settings={"workloads.batch.deferrable": deferrable})
    setting = Setting.of(case.loaded(), case.demand(), relax=False)
    served = Served(setting, period, "batch", np.ones(int(CALENDAR.hours[period])))
    assert served.starts.tolist() == list(starts)
    assert served.by_block(served.demand).sum() == CALENDAR.hours[period]
