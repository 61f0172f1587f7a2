from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from planner.forecast.demand import HourlyDemand, Mix, Quantity
from planner.problems import Problem

Demand = Callable[..., HourlyDemand]
DemandProblems = Callable[..., tuple[Problem, ...]]
HOUR = {"period": "hour"}
DAY = {"period": "day"}


def frame(start: str, freq: str, **columns: Any) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"timestamp": pd.date_range(start, periods=length, freq=freq), **columns})


# Spreading and summing


def test_months_are_spread_evenly_over_their_real_hours_with_a_warning(demand: Demand) -> None:
    result = demand(frame("2027-01-01", "MS", chat=[744.0, 1344.0], train=[0.0, 672.0]))
    assert result.calendar.labels == ("2027-01", "2027-02")
    assert result.calendar.hours.tolist() == [744, 672]
    assert result.workloads == ("chat", "train")
    assert result.gpus.shape == (1416, 2)
    assert_allclose(result.gpus[:744], [[1, 0]] * 744, rtol=1e-14)
    assert_allclose(result.gpus[744:], [[2, 1]] * 672, rtol=1e-14)
    assert result.quantity is Quantity.GPU_HOURS
    assert result.mix == {"chat": Mix(), "train": Mix()}
    assert result.tokens_per_gpu_hour == {}
    (warning,) = result.warnings
    assert "chat, train is given per month and has no load shape" in warning
    assert "peaks are invisible, and owned capacity looks better than it is" in warning


def test_gpus_busy_on_average_stay_what_they_are(demand: Demand) -> None:
    result = demand(frame("2027-02-01", "MS", gpus=[3.0, 5.0]))
    assert_allclose(result.gpus[[0, 671, 672, -1], 0], [3, 3, 5, 5], rtol=1e-14)


def test_months_from_the_2nd_and_from_the_31st(demand: Demand) -> None:
    second = pd.DataFrame({"timestamp": ["2027-01-02", "2027-02-02"], "a": [744.0, 672.0 * 2]})
    assert_allclose(demand(second).gpus[[743, 744], 0], [1, 2])
    last = pd.DataFrame(
        {"timestamp": ["2027-01-31", "2027-02-28", "2027-03-31"], "a": [28 * 24.0, 31 * 48.0, 30 * 72.0]}
    )
    result = demand(last)
    assert result.calendar.hours.tolist() == [28 * 24, 31 * 24, 30 * 24]
    assert_allclose(result.gpus[:, 0], np.repeat([1.0, 2.0, 3.0], result.calendar.hours))


@pytest.mark.parametrize(("freq", "hours"), [("D", 24), ("W-MON", 168), ("QS", 90 * 24), ("YS", 8760)])
def test_other_long_intervals(demand: Demand, freq: str, hours: int) -> None:
    result = demand(frame("2027-01-01" if freq != "W-MON" else "2027-01-04", freq, a=[1.0 * hours, 0]), horizon=HOUR)
    assert_allclose(result.gpus[[0, hours - 1, hours], 0], [1, 1, 0])


def test_hours_are_taken_as_they_are_without_a_warning(demand: Demand) -> None:
    amounts = np.arange(24.0)
    result = demand(frame("2027-01-01", "h", a=amounts), horizon=DAY)
    assert_array_equal(result.gpus[:, 0], amounts)
    assert result.warnings == ()
    gpus = demand(frame("2027-01-01", "h", gpus=amounts), horizon=DAY)
    assert_array_equal(gpus.gpus[:, 0], amounts)


def test_parts_of_an_hour_are_summed_from_the_first_timestamp_and_gpus_averaged(demand: Demand) -> None:
    amounts = [1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0, 99.0, 99.0]
    sums = demand(frame("2027-01-01 18:15", "15min", a=amounts), horizon=HOUR)
    assert sums.gpus[:, 0].tolist() == [10, 100]
    assert sums.calendar.start == pd.Timestamp("2027-01-01 18:15")
    (warning,) = sums.warnings
    assert "the last 30 minutes, from 2027-01-01T20:15, are no whole hour" in warning
    means = demand(frame("2027-01-01 18:15", "15min", gpus=amounts), horizon=HOUR)
    assert means.gpus[:, 0].tolist() == [2.5, 25]


def test_less_than_an_hour_is_no_forecast(demand_problems: DemandProblems) -> None:
    (problem,) = demand_problems(frame("2027-01-01 18:15", "min", a=[1.0] * 59), horizon=HOUR)
    assert str(problem) == ("DataFrame: found 59 minutes from 2027-01-01T18:15; expected a forecast of an hour or more")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    freq=st.sampled_from(["10min", "h", "D", "W-MON", "MS", "QS"]),
    amounts=st.lists(st.floats(0, 1e7), min_size=6, max_size=15),
    ratio=st.one_of(st.none(), st.floats(1, 20)),
)
def test_each_interval_keeps_its_total(demand: Demand, freq: str, amounts: list[float], ratio: float | None) -> None:
    table = frame("2027-02-01", freq, a=amounts)
    shape: Any = "flat" if ratio is None else {"peak_to_mean": ratio}
    period = HOUR if freq in ("10min", "h") else DAY
    result = demand(table, horizon=period, demand={"load_shape": shape})
    if freq == "10min":
        expected = [sum(amounts[first : first + 6]) for first in range(0, len(amounts) - 5, 6)]
        assert_allclose(result.gpus[:, 0], expected, rtol=1e-12)
        return
    starts = np.asarray(table["timestamp"], dtype="M8[h]")
    hours = starts[0] + np.arange(len(result.gpus)).astype("m8[h]")
    interval = np.searchsorted(starts, hours, side="right") - 1
    assert_allclose(np.bincount(interval, result.gpus[:, 0]), amounts, rtol=1e-9, atol=1e-9)


# Tokens and requests


def throughput(**rates: float) -> dict[str, Any]:
    return {"a": {"reference_gpu": "H100", "throughput": {"H100": rates}}}


def test_tokens_become_gpu_hours_of_the_reference_gpu(demand: Demand) -> None:
    table = frame("2027-01-01", "h", workload=["a", "a"], input_tokens=[7.2e6, 0], output_tokens=[3.6e6, 1.8e6])
    rates = throughput(input_tokens_per_s=1000, output_tokens_per_s=500)
    result = demand(table, horizon=HOUR, workloads=rates)
    # 7.2e6/1000 s + 3.6e6/500 s = 14,400 s = 4 h; 1.8e6/500 = 3,600 s = 1 h
    assert_allclose(result.gpus[:, 0], [4, 1], rtol=1e-14)
    assert result.quantity is Quantity.TOKENS
    assert result.mix == {"a": Mix(input_tokens=7.2e6, output_tokens=5.4e6)}
    assert result.tokens_per_gpu_hour == pytest.approx({"a": 12.6e6 / 5})


def test_a_rate_left_out_costs_nothing(demand: Demand) -> None:
    table = frame("2027-01-01", "h", workload=["a", "a"], input_tokens=[7.2e6, 9e9], output_tokens=[3.6e6, 1.8e6])
    result = demand(table, horizon=HOUR, workloads=throughput(output_tokens_per_s=500))
    assert_allclose(result.gpus[:, 0], [2, 1], rtol=1e-14)
    assert result.mix["a"].input_tokens == 7.2e6 + 9e9


def test_tokens_per_month_are_spread(demand: Demand) -> None:
    table = frame("2027-01-01", "MS", workload=["a", "a"], output_tokens=[3.6e6 * 744, 3.6e6 * 672])
    result = demand(table, workloads=throughput(output_tokens_per_s=500))
    assert_allclose(result.gpus, 2, rtol=1e-12)


def test_requests_become_gpu_hours(demand: Demand) -> None:
    table = frame("2027-01-01", "h", workload=["a", "a"], requests=[7200.0, 3600.0])
    result = demand(table, horizon=HOUR, workloads=throughput(requests_per_s=2))
    assert_allclose(result.gpus[:, 0], [1, 0.5], rtol=1e-14)
    assert result.mix == {"a": Mix(requests=10800)}
    assert result.tokens_per_gpu_hour == {}


def test_each_workload_has_its_own_rates(demand: Demand) -> None:
    table = frame("2027-01-01", "h", timestamp2=[0, 0]).drop(columns="timestamp2")
    long = pd.concat([table.assign(workload=name, output_tokens=3.6e6) for name in ("a", "b")])
    workloads = {
        "a": {"reference_gpu": "H100", "throughput": {"H100": {"output_tokens_per_s": 1000}}},
        "b": {"reference_gpu": "L4", "throughput": {"L4": {"output_tokens_per_s": 100}, "H100": {"requests_per_s": 1}}},
    }
    assert_allclose(demand(long, horizon=HOUR, workloads=workloads).gpus, [[1, 10]] * 2, rtol=1e-14)


def test_a_workload_without_demand_has_no_tokens_per_gpu_hour(demand: Demand) -> None:
    table = frame("2027-01-01", "h", workload=["a", "a"], output_tokens=[0.0, 0.0])
    result = demand(table, horizon=HOUR, workloads=throughput(output_tokens_per_s=500))
    assert result.tokens_per_gpu_hour == {"a": 0.0}
    assert result.warnings == ("DataFrame: demand is 0 in every hour of the horizon",)


def test_the_mix_is_that_of_the_whole_forecast_not_of_the_horizon(demand: Demand) -> None:
    table = frame("2027-01-01", "h", workload=["a", "a"], input_tokens=[1.0, 3.0], output_tokens=[1.0, 0.0])
    rates = throughput(output_tokens_per_s=1 / 3600)
    result = demand(table, horizon={**HOUR, "periods": 1}, workloads=rates)
    assert result.gpus.tolist() == [[1]]
    assert result.mix["a"] == Mix(input_tokens=4, output_tokens=1)
    assert result.tokens_per_gpu_hour == pytest.approx({"a": 5})


def test_unknown_throughput_is_a_problem_for_each_workload(demand_problems: DemandProblems) -> None:
    table = frame("2027-01-01", "h", x=[0, 0]).drop(columns="x")
    long = pd.concat([table.assign(workload=name, input_tokens=1.0, output_tokens=1.0) for name in "abcd"])
    workloads = {
        "a": {},
        "b": {"throughput": {"H100-SXM": {"output_tokens_per_s": 1}}},
        "c": {"reference_gpu": "L4", "throughput": {"L4": {"requests_per_s": 1}}},
    }
    why = "its reference GPU, delivers: the forecast is in input_tokens and output_tokens"
    assert [str(problem) for problem in demand_problems(long, horizon=HOUR, workloads=workloads)] == [
        "plan.yaml: workloads.a.throughput: expected input_tokens_per_s or output_tokens_per_s of H100, "
        f"what a H100, {why} (add H100: {{output_tokens_per_s: …}})",
        "plan.yaml: workloads.b.throughput: found H100-SXM only; expected input_tokens_per_s or output_tokens_per_s "
        f"of H100, what a H100, {why} (did you mean 'H100-SXM'?)",
        "plan.yaml: workloads.c.throughput.L4: found requests_per_s only; "
        f"expected input_tokens_per_s or output_tokens_per_s, what a L4, {why}",
        "plan.yaml: workloads.d: expected an entry for workload d of the forecast",
    ]


def test_rates_of_the_other_kind_do_not_help(demand_problems: DemandProblems) -> None:
    requests = frame("2027-01-01", "h", workload=["a", "a"], requests=[1.0, 1.0])
    (problem,) = demand_problems(requests, horizon=HOUR, workloads=throughput(output_tokens_per_s=1))
    assert (problem.place, problem.value) == ("workloads.a.throughput.H100", "output_tokens_per_s only")
    inputs = frame("2027-01-01", "h", workload=["a", "a"], input_tokens=[1.0, 1.0])
    (problem,) = demand_problems(inputs, horizon=HOUR, workloads=throughput(output_tokens_per_s=1))
    assert problem.expected.startswith("input_tokens_per_s, what a H100")


# One timestamp


def test_a_single_timestamp_takes_the_period_that_was_written(demand: Demand) -> None:
    result = demand(frame("2027-02-01", "D", a=[672.0]), horizon={"period": "month"}, demand={"load_shape": "flat"})
    assert_allclose(result.gpus, np.ones((672, 1)))
    assert "there is a single timestamp, 2027-02-01; its interval is taken to be one month" in result.warnings[0]
    hour = demand(frame("2027-02-01", "D", gpus=[5.0]), horizon=HOUR)
    assert hour.gpus.tolist() == [[5]]


def test_a_single_timestamp_without_a_written_period_is_a_problem(demand_problems: DemandProblems) -> None:
    for horizon in ({}, {"periods": 1}):
        (problem,) = demand_problems(frame("2027-02-01", "D", a=[672.0]), horizon=horizon)
        assert problem.file == "DataFrame"
        assert problem.value == "a single timestamp"
        assert "horizon.period" in problem.fix


# forecast_starts


def starts_at(when: object) -> dict[str, Any]:
    return {"forecast_starts": when}


@pytest.mark.parametrize(
    ("first", "moved_to", "begins"),
    [
        ("2017-10-02 00:00", date(2027, 1, 4), "2027-01-04 00:00"),  # Monday to Monday
        ("2017-10-02 00:00", date(2027, 1, 5), "2027-01-11 00:00"),  # forward to the next Monday
        ("2017-10-02 13:00", date(2027, 1, 4), "2027-01-04 13:00"),  # same time of day
        ("2017-10-02 13:00", datetime(2027, 1, 4, 14, 0), "2027-01-11 13:00"),
        ("2017-10-02 13:15", datetime(2027, 1, 4, 13, 0), "2027-01-04 13:15"),
        ("2030-10-07 00:00", date(2027, 1, 2), "2027-01-04 00:00"),  # back in time, too
        ("2017-10-02 00:00", datetime(2027, 1, 4, 1, tzinfo=timezone(timedelta(hours=1))), "2027-01-04 00:00"),
        ("2017-10-02 00:00", datetime(2027, 1, 4, 0, tzinfo=UTC), "2027-01-04 00:00"),
    ],
)
def test_hours_move_to_the_same_weekday_and_time(demand: Demand, first: str, moved_to: object, begins: str) -> None:
    for freq, count in (("h", 2), ("30min", 4)):
        table = frame(first, freq, gpus=[1.0] * (count // 2) + [2.0] * (count // 2))
        result = demand(table, horizon=HOUR, demand=starts_at(moved_to))
        assert result.calendar.start == pd.Timestamp(begins)
        assert result.gpus[:, 0].tolist() == [1, 2]
        assert result.calendar.start.weekday() == pd.Timestamp(first).weekday()


def test_longer_intervals_move_to_the_very_moment_and_follow_the_calendar_there(demand: Demand) -> None:
    table = frame("2026-01-01", "MS", a=[744.0, 672.0])
    result = demand(table, demand=starts_at(date(2028, 2, 1)))
    assert result.calendar.labels == ("2028-02", "2028-03")
    assert result.calendar.hours.tolist() == [29 * 24, 31 * 24]
    # the totals stay: 744 GPU-hours are spread over 696 hours
    assert_allclose(result.gpus[[0, 696], 0], [744 / 696, 672 / 744])
    days = demand(frame("2026-01-01", "D", a=[24.0, 48.0]), horizon=DAY, demand=starts_at(datetime(2028, 2, 1, 6)))
    assert days.calendar.start == pd.Timestamp("2028-02-01 06:00")


def test_far_dates_are_refused(demand_problems: DemandProblems) -> None:
    (problem,) = demand_problems(frame("2026-01-01", "MS", a=[1.0, 1.0]), demand=starts_at(date(9999, 1, 1)))
    assert str(problem).startswith("plan.yaml: demand.forecast_starts: found 9999-01-01; expected a date between")


def test_all_problems_come_at_once(demand_problems: DemandProblems) -> None:
    table = frame("2027-01-01", "D", workload=["a"] * 40, requests=[1.0] * 40)
    found = demand_problems(
        table, workloads={"a": {}}, horizon={"periods": 2}, demand={"load_shape": {"hour_of_week": "no.csv"}}
    )
    assert [problem.place for problem in found] == [
        "workloads.a.throughput", "demand.load_shape.hour_of_week", "horizon.periods",
    ]  # fmt: skip
