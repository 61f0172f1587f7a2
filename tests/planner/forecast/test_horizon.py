from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from planner.assumptions.durations import PeriodUnit
from planner.forecast.demand import HourlyDemand
from planner.problems import Problem

Demand = Callable[..., HourlyDemand]
DemandProblems = Callable[..., tuple[Problem, ...]]


def hours(count: int, start: str = "2027-01-04") -> pd.DataFrame:
    return pd.DataFrame({"timestamp": pd.date_range(start, periods=count, freq="h"), "a": np.arange(float(count))})


def test_default_periods_are_the_whole_ones_and_the_rest_is_dropped_with_a_warning(demand: Demand) -> None:
    result = demand(hours(24 * 60 + 5))
    assert result.calendar.unit is PeriodUnit.MONTH
    assert result.calendar.start == pd.Timestamp("2027-01-04")
    assert result.calendar.hours.tolist() == [744, 672]
    assert_array_equal(result.gpus[:, 0], np.arange(744 + 672))
    (warning,) = result.warnings
    assert warning == ("DataFrame: the last 1 day 5 h, from 2027-03-04, are no whole month and are not planned")


@pytest.mark.parametrize(
    ("period", "count"), [("hour", 1000), ("day", 41), ("week", 5), ("month", 1), ("quarter", 0), ("year", 0)]
)
def test_whole_periods_of_every_unit(demand: Demand, demand_problems: DemandProblems, period: str, count: int) -> None:
    table = hours(1000)
    if count:
        assert demand(table, horizon={"period": period}).calendar.count == count
        return
    (problem,) = demand_problems(table, horizon={"period": period})
    assert str(problem).startswith(
        f"DataFrame: found 41 days 16 h from 2027-01-04; expected a forecast of at least one whole {period}"
    )
    assert "horizon.projection" in problem.fix


def test_exactly_whole_periods_warn_of_nothing(demand: Demand) -> None:
    assert demand(hours(744, "2027-01-01")).warnings == ()
    assert demand(hours(745, "2027-01-01"), horizon={"periods": 1}).warnings == (), "what is cut was asked for"


@pytest.mark.parametrize(
    "start",
    [
        date(2027, 1, 5),
        datetime(2027, 1, 5),
        datetime(2027, 1, 5, tzinfo=UTC),
        datetime(2027, 1, 5, 2, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_hours_before_the_start_are_dropped(demand: Demand, start: date) -> None:
    result = demand(hours(72), horizon={"period": "day", "start": start})
    assert result.calendar.labels == ("2027-01-05", "2027-01-06")
    assert_array_equal(result.gpus[:, 0], np.arange(24, 72))


def test_months_from_a_start_inside_the_forecast(demand: Demand) -> None:
    months = pd.DataFrame({"timestamp": pd.date_range("2027-01-01", periods=4, freq="MS"), "gpus": [1.0, 2, 3, 4]})
    result = demand(months, horizon={"start": date(2027, 2, 15)})
    assert result.calendar.labels == ("2027-02", "2027-03")
    assert result.gpus[[0, 13 * 24, 14 * 24, -1], 0].tolist() == pytest.approx([2, 2, 3, 4])
    assert any("the last 16 days, from 2027-04-15, are no whole month" in warning for warning in result.warnings)


def test_the_start_counts_after_the_forecast_was_moved(demand: Demand) -> None:
    moved = {"forecast_starts": date(2030, 1, 7)}
    result = demand(hours(72), horizon={"period": "day", "start": date(2030, 1, 8)}, demand=moved)
    assert_array_equal(result.gpus[:, 0], np.arange(24, 72))


@pytest.mark.parametrize(
    ("start", "found", "part"),
    [
        (date(2027, 1, 3), "2027-01-03", "a start inside the forecast: the forecast covers 2027-01-04 to 2027-01-07"),
        (date(2027, 1, 7), "2027-01-07", "a start inside the forecast"),
    ],
)
def test_starts_that_cannot_be(demand_problems: DemandProblems, start: date, found: str, part: str) -> None:
    (problem,) = demand_problems(hours(72), horizon={"period": "day", "start": start})
    assert (problem.file, problem.place, problem.value) == ("plan.yaml", "horizon.start", found)
    assert problem.expected.startswith(part)
    assert problem.fix


def test_hours_off_the_hour_are_a_grid_of_their_own(demand: Demand, demand_problems: DemandProblems) -> None:
    table = hours(48, "2027-01-04 18:17")
    result = demand(table, horizon={"period": "day"})
    assert result.calendar.start == pd.Timestamp("2027-01-04 18:17")
    assert_array_equal(result.gpus[:, 0], np.arange(48))
    (problem,) = demand_problems(table, horizon={"period": "day", "start": date(2027, 1, 5)})
    assert str(problem) == (
        "plan.yaml: horizon.start: found 2027-01-05; "
        "expected a whole number of hours after the forecast's first timestamp, 2027-01-04T18:17 "
        "(leave it out, or begin the forecast on a full hour)"
    )


def test_too_many_periods_name_what_is_covered_and_the_fix(demand_problems: DemandProblems) -> None:
    months = pd.DataFrame({"timestamp": pd.date_range("2027-01-01", periods=12, freq="MS"), "gpus": 1.0})
    (problem,) = demand_problems(months, horizon={"periods": 36})
    assert str(problem) == (
        "plan.yaml: horizon.periods: found 36 months from 2027-01-01; "
        "expected at most 12 months: the forecast covers 2027-01-01 to 2028-01-01 "
        "(horizon.periods: 12, or carry it on by horizon.projection: {growth_per_year: 0})"
    )
    (problem,) = demand_problems(hours(5), horizon={"periods": 1})
    assert "horizon.periods:" not in problem.fix
    assert "horizon.projection" in problem.fix


def test_horizons_of_centuries_are_refused(demand_problems: DemandProblems) -> None:
    (problem,) = demand_problems(
        hours(200), horizon={"period": "year", "periods": 10**6, "projection": {"growth_per_year": 0}}
    )
    assert (problem.place, problem.expected) == ("horizon.periods", "at most 100 years")
