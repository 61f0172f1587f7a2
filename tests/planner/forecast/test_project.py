from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from planner.forecast.demand import HourlyDemand
from planner.forecast.project import project, weeks_covered
from planner.problems import Problem

Demand = Callable[..., HourlyDemand]
DemandProblems = Callable[..., tuple[Problem, ...]]


def hours(count: int, start: str = "2027-01-04") -> pd.DataFrame:
    return pd.DataFrame({"timestamp": pd.date_range(start, periods=count, freq="h"), "a": np.arange(1.0, count + 1)})


def horizon(periods: int, growth: float = 0.0, period: str = "hour", **other: Any) -> dict[str, Any]:
    return {"period": period, "periods": periods, "projection": {"growth_per_year": growth}, **other}


@pytest.mark.parametrize(("covered", "weeks"), [(167, 0), (168, 1), (1848, 11), (8735, 51), (8736, 52), (87600, 52)])
def test_whole_weeks_52_at_most(covered: int, weeks: int) -> None:
    assert weeks_covered(covered) == weeks


def slow(table: np.ndarray, hour: int, growth: float) -> np.ndarray:
    """The words of formats.md as a loop."""
    weeks = min(len(table) // 168, 52)
    back = 0
    while hour - back >= len(table):
        back += weeks * 168
    return table[hour - back] * (1 + growth) ** (back / 8760)


@settings(max_examples=60, deadline=None)
@given(
    covered=st.one_of(st.integers(168, 900), st.integers(8700, 9000)),
    first=st.integers(0, 12_000),
    growth=st.floats(-0.9, 3),
    seed=st.integers(0, 9),
)
def test_the_projection_is_the_formula(covered: int, first: int, growth: float, seed: int) -> None:
    table = np.random.default_rng(seed).random((covered, 2))
    result = project(table, first, 400, growth)
    expected = np.array([slow(table, hour, growth) for hour in range(first, first + 400)])
    assert_allclose(result, expected, rtol=1e-12)


def test_a_later_hour_copies_that_of_l_weeks_back(demand: Demand) -> None:
    # 400 hours are 2 whole weeks: hour 400 copies hour 64, hour 736 too, 2 × 336 hours back
    result = demand(hours(400), horizon=horizon(800, growth=0.5))
    assert_array_equal(result.gpus[:400, 0], np.arange(1, 401))
    assert result.gpus[400, 0] == pytest.approx(65 * 1.5 ** (336 / 8760))
    assert result.gpus[735, 0] == pytest.approx(400 * 1.5 ** (336 / 8760))
    assert result.gpus[736, 0] == pytest.approx(65 * 1.5 ** (672 / 8760))
    assert result.warnings == ()


def test_a_year_and_more_goes_on_52_weeks_back(demand: Demand) -> None:
    result = demand(hours(9000), horizon=horizon(9000 + 8736 + 1, growth=0.35))
    assert result.gpus[9000, 0] == pytest.approx(265 * 1.35 ** (8736 / 8760))
    assert result.gpus[9000 + 8736, 0] == pytest.approx(265 * 1.35 ** (2 * 8736 / 8760))


def test_the_projection_counts_from_the_forecasts_own_start(demand: Demand) -> None:
    whole = demand(hours(400), horizon=horizon(900, growth=0.5))
    later = demand(hours(400), horizon=horizon(700, growth=0.5, start=pd.Timestamp("2027-01-12 08:00").to_pydatetime()))
    assert later.calendar.start == pd.Timestamp("2027-01-12 08:00")
    assert_array_equal(later.gpus, whole.gpus[200:])
    beyond = demand(hours(400), horizon=horizon(10, growth=0.5, start=pd.Timestamp("2027-02-01").to_pydatetime()))
    assert_array_equal(beyond.gpus, whole.gpus[672:682])


def test_months_are_carried_on_after_they_were_spread(demand: Demand) -> None:
    months = pd.DataFrame({"timestamp": pd.date_range("2027-01-01", periods=12, freq="MS"), "gpus": np.arange(12.0)})
    result = demand(months, horizon=horizon(24, period="month", growth=0.1))
    spread = np.repeat(np.arange(12.0), result.calendar.hours[:12])
    assert_allclose(result.gpus[:8760, 0], spread, rtol=1e-12)
    # 2028-01-01 00:00 copies 52 weeks back: 2027-01-02 00:00
    factor = 1.1 ** (8736 / 8760)
    assert_allclose(result.gpus[8760:17472, 0], spread[24:8736] * factor, rtol=1e-12)


def test_less_than_a_week_cannot_be_carried_on(demand: Demand, demand_problems: DemandProblems) -> None:
    (problem,) = demand_problems(hours(167), horizon=horizon(168))
    assert str(problem) == (
        "plan.yaml: horizon.projection: found 6 days 23 h; expected a forecast of at least one week to carry on: "
        "the forecast covers 2027-01-04 to 2027-01-10T23:00 (give a longer forecast)"
    )
    assert len(demand(hours(167), horizon=horizon(167)).gpus) == 167
    assert len(demand(hours(168), horizon=horizon(169)).gpus) == 169


def test_growth_beyond_numbers_is_a_problem(demand_problems: DemandProblems) -> None:
    table = hours(168)
    (problem,) = demand_problems(table, horizon=horizon(50, growth=100.0, period="year"))
    assert problem.place == "horizon.projection.growth_per_year"


@pytest.mark.parametrize("amount", [2e9, 1e16, 1e99])
def test_demand_beyond_numbers_is_a_problem_of_the_forecast(demand_problems: DemandProblems, amount: float) -> None:
    (problem,) = demand_problems(hours(168).assign(a=amount), horizon={"period": "week"})
    assert problem.expected == "at most 1e+09"
    assert problem.value == f"{amount:g} reference GPUs busy at once"


def test_a_projection_without_periods_says_that_it_does_nothing(demand: Demand) -> None:
    result = demand(hours(48), horizon={"period": "day", "projection": {"growth_per_year": 0.1}})
    assert result.calendar.count == 2
    (warning,) = result.warnings
    assert "horizon.projection has no effect without horizon.periods: the 2 days that the forecast covers" in warning


def test_twenty_years_of_eight_workloads(demand: Demand) -> None:
    table = pd.DataFrame({"timestamp": pd.date_range("2027-01-01", periods=12, freq="MS")})
    for number in range(8):
        table[f"w{number}"] = 1000.0 * (number + 1)
    result = demand(table, horizon=horizon(240, period="month", growth=0.2))
    assert result.gpus.shape == (result.calendar.first_hour[-1], 8)
    assert np.isfinite(result.gpus).all()
