from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from planner.assumptions.loaded import Loaded
from planner.catalogue.reader import catalogue
from planner.forecast.demand import HourlyDemand
from planner.forecast.shapes import peak_to_mean, read_hour_of_week
from planner.problems import InputError, Problem

Demand = Callable[..., HourlyDemand]
DemandProblems = Callable[..., tuple[Problem, ...]]
Load = Callable[..., Loaded]


def weeks(start: str, freq: str, count: int, amount: float, **columns: float) -> pd.DataFrame:
    return pd.DataFrame({"timestamp": pd.date_range(start, periods=count, freq=freq), "a": amount, **columns})


def shape(value: Any) -> dict[str, Any]:
    return {"load_shape": value}


# peak_to_mean


@settings(max_examples=60, deadline=None)
@given(ratio=st.floats(1, 167), seed=st.integers(0, 5))
def test_peak_over_mean_is_the_ratio_and_loads_fall_by_rank(ratio: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(168)
    weights = peak_to_mean(ratio, order)
    assert weights.max() / weights.mean() == pytest.approx(ratio, rel=1e-12)
    assert weights[order[0]] == 1
    assert (np.diff(weights[order]) <= 0).all()
    # load ∝ (rank/168)^q with one q: seen in the second and the 100th rank alike
    if ratio > 1.01:
        q = np.log(weights[order[1]]) / np.log(167 / 168)
        assert weights[order[68]] == pytest.approx((100 / 168) ** q, rel=1e-6, abs=1e-300)


def test_q_of_1_and_2_by_hand() -> None:
    # q = 1: mean of k/168 is 169/336; q = 2: mean of (k/168)² is 169·337/(6·168²)
    linear = peak_to_mean(336 / 169, np.arange(168))
    assert_allclose(linear, np.arange(168, 0, -1) / 168, rtol=1e-12)
    square = peak_to_mean(6 * 168**2 / (169 * 337), np.arange(168))
    assert_allclose(square, (np.arange(168, 0, -1) / 168) ** 2, rtol=1e-12)


def test_a_ratio_of_1_is_flat() -> None:
    assert_allclose(peak_to_mean(1, np.arange(168)), 1, rtol=1e-12)


def test_the_catalogue_orders_all_hours_of_the_week_business_hours_first() -> None:
    order = catalogue().business_hours
    assert sorted(order) == list(range(168))
    assert order[0] // 24 < 5, "the busiest hour is on a working day"


def test_weeks_follow_business_hours(demand: Demand) -> None:
    order = catalogue().business_hours
    result = demand(
        weeks("2027-01-04", "W-MON", 2, 168.0), horizon={"period": "week"}, demand=shape({"peak_to_mean": 2.5})
    )
    week = result.gpus[:168, 0]
    assert_allclose(result.gpus[168:, 0], week)
    assert week.sum() == pytest.approx(168)
    assert week.max() == pytest.approx(2.5)
    assert np.argsort(-week).tolist() == order.tolist()
    assert result.warnings == ()


# hour_of_week


def profile(folder: Path, loads: dict[int, float], other: float = 0.0) -> str:
    rows = "".join(f"{hour},{loads.get(hour, other)}\n" for hour in range(168))
    (folder / "profile.csv").write_text("hour_of_week,load\n" + rows)
    return "profile.csv"


def test_hours_of_the_week_count_from_monday_in_utc(demand: Demand, tmp_path: Path) -> None:
    # Monday 00:00 carries 1, Wednesday 05:00 carries 3
    name = profile(tmp_path, {0: 1, 53: 3})
    sections = {"horizon": {"period": "week"}, "demand": shape({"hour_of_week": name})}
    monday = demand(weeks("2027-01-04", "W-MON", 2, 8.0), tmp_path, **sections)
    assert np.flatnonzero(monday.gpus[:168, 0]).tolist() == [0, 53]
    assert_allclose(monday.gpus[[0, 53, 168, 221], 0], [2, 6, 2, 6])
    # from a Friday (2027-01-01, hour 96): Monday 00:00 is 72 hours later
    friday = demand(weeks("2027-01-01", "W-FRI", 2, 8.0), tmp_path, **sections)
    assert np.flatnonzero(friday.gpus[:168, 0]).tolist() == [72, 125]
    # from 23:30 on Sunday: the hour from 23:30 belongs to hour 167, the next one to hour 0
    late = pd.DataFrame({"timestamp": ["2027-01-03T23:30", "2027-01-10T23:30"], "a": [8.0, 8.0]})
    assert np.flatnonzero(demand(late, tmp_path, **sections).gpus[:168, 0]).tolist() == [1, 54]


def test_months_keep_their_totals_and_the_shape_inside(demand: Demand, tmp_path: Path) -> None:
    name = profile(tmp_path, dict.fromkeys(range(24), 3.0), other=1.0)
    result = demand(weeks("2027-02-01", "MS", 2, 1000.0), tmp_path, demand=shape({"hour_of_week": name}))
    # February 2027: 4 weeks from a Monday: 96 h at 3 and 576 at 1 → 864 units
    assert_allclose(result.gpus[[0, 23, 24, 671], 0], np.array([3, 3, 1, 1]) * 1000 / 864)
    # March from Monday the 1st: 5 Mondays, 120·3 + 624 = 984
    assert_allclose(result.gpus[[672, 672 + 24], 0], np.array([3, 1]) * 1000 / 984)
    assert result.gpus[672:].sum() == pytest.approx(1000)


def test_a_workloads_own_shape_wins(demand: Demand, tmp_path: Path) -> None:
    name = profile(tmp_path, {0: 1})
    table = weeks("2027-01-04", "W-MON", 2, 168.0, b=168.0, c=168.0)
    workloads = {"a": shape("flat"), "b": shape({"peak_to_mean": 2}), "c": {}}
    result = demand(
        table, tmp_path, horizon={"period": "week"}, demand=shape({"hour_of_week": name}), workloads=workloads
    )
    assert_allclose(result.gpus[:, 0], 1)
    assert result.gpus[:, 1].max() == pytest.approx(2)
    assert result.gpus[:, 2].max() == pytest.approx(168)
    (warning,) = result.warnings
    assert "demand of a is given per week and has no load shape" in warning


def test_shapes_have_no_effect_on_hours_and_say_so(demand: Demand) -> None:
    table = weeks("2027-01-04", "h", 48, 1.0, b=2.0)
    result = demand(
        table, horizon={"period": "day"}, demand=shape({"peak_to_mean": 2}), workloads={"b": shape({"peak_to_mean": 3})}
    )
    assert_allclose(result.gpus, [[1, 2]] * 48)
    (warning,) = result.warnings
    assert warning.startswith(
        "plan.yaml: demand.load_shape, workloads.b.load_shape has no effect: the forecast is by the hour"
    )


def test_a_file_without_effect_is_read_all_the_same(demand_problems: DemandProblems, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(b"hour_of_week,load\n0,\xff\n")
    table = weeks("2027-01-04", "h", 48, 1.0)
    file = {"hour_of_week": str(tmp_path / "s.csv")}
    (problem,) = demand_problems(table, horizon={"period": "day"}, demand=shape(file))
    assert "byte 0xff" in str(problem)


def test_demand_where_the_shape_has_none_is_a_problem(
    demand: Demand, demand_problems: DemandProblems, tmp_path: Path
) -> None:
    name = profile(tmp_path, dict.fromkeys(range(5 * 24), 1.0))
    sections = {"horizon": {"period": "day"}, "demand": shape({"hour_of_week": name})}
    (problem,) = demand_problems(weeks("2027-01-04", "D", 28, 1.0), tmp_path, **sections)
    assert str(problem) == (
        "plan.yaml: demand.load_shape: found 0 in every hour of the intervals of 2027-01-09, 2027-01-10, 2027-01-16 "
        "and 5 more; expected load in every interval in which a has demand"
    )
    workdays = weeks("2027-01-04", "D", 7, 24.0)
    workdays.loc[5:, "a"] = 0.0
    assert_allclose(demand(workdays, tmp_path, **sections).gpus[:, 0], [1.0] * 120 + [0.0] * 48)


# Files of shapes


def problems_of(text: str, folder: Path, load: Load) -> list[str]:
    (folder / "p.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_hour_of_week("p.csv", load(folder))
    return [str(problem) for problem in caught.value.problems]


def rows(**changes: str) -> str:
    lines = {str(hour): f"{hour},1" for hour in range(168)} | {
        key.removeprefix("h"): line for key, line in changes.items()
    }
    return "hour_of_week,load\n" + "".join(f"{line}\n" for line in lines.values() if line)


def test_rows_in_any_order(tmp_path: Path, loaded: Load) -> None:
    lines = [f"{hour},{hour * 2.0}" for hour in reversed(range(168))]
    (tmp_path / "p.csv").write_text("hour_of_week,load\n" + "\n".join(lines))
    assert_allclose(read_hour_of_week("p.csv", loaded(tmp_path)), np.arange(168) / 167)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            rows(h5="", h6="", h7="", h8=""),
            ["column hour_of_week: found nothing for 5, 6, 7 and 1 more; expected each hour"],
        ),
        (
            rows(h5="4,1"),
            ["row 7, column hour_of_week: found 4, as in row 6; expected each hour", "found nothing for 5; "],
        ),
        (
            rows(h5="168,1"),
            ["row 7, column hour_of_week: found 168; expected a whole number from 0 to 167", "nothing for 5"],
        ),
        (rows(h5="5.5,1"), ["row 7, column hour_of_week: found 5.5; expected a whole number", "nothing for 5"]),
        (rows(h5="-5,1"), ["row 7, column hour_of_week: found -5; expected a number of 0 or above", "nothing for 5"]),
        (rows(h5="five,1"), ["row 7, column hour_of_week: found five; expected a number"]),
        (rows(h5="5,-1"), ["row 7, column load: found -1; expected a number of 0 or above"]),
        (rows(h5="5,inf"), ["row 7, column load: found inf; expected a finite number"]),
        (rows(h5="5,"), ["row 7, column load: expected a number, not an empty cell"]),
        (rows().replace(",1\n", ",0\n"), ["column load: found 0 in every hour; expected a load above 0 in some hour"]),
        (rows().replace("load", "Load"), ["row 1: found columns hour_of_week, Load; expected a column load", "alone"]),
        ("hour_of_week,load,x\n0,1,1\n", ["row 1, column x: expected the columns hour_of_week and load alone"]),
        ("", ["row 1: expected a header"]),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, loaded: Load, text: str, expected: list[str]) -> None:
    found = problems_of(text, tmp_path, loaded)
    assert len(found) == len(expected)
    for problem, part in zip(found, expected, strict=True):
        assert problem.startswith("p.csv: ")
        assert part in problem


def test_a_missing_file_is_told_at_its_key_once(demand_problems: DemandProblems, tmp_path: Path) -> None:
    table = weeks("2027-01-04", "W-MON", 2, 168.0, b=168.0)
    found = demand_problems(table, tmp_path, horizon={"period": "week"}, demand=shape({"hour_of_week": "no.csv"}))
    assert [str(problem) for problem in found] == [
        "plan.yaml: demand.load_shape.hour_of_week: found no.csv; expected a file of that name (there is none)"
    ]
