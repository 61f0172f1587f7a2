import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from planner.forecast.demand import Quantity
from planner.forecast.read import read_forecast
from planner.forecast.table import Forecast

Write = Callable[[str], Path]


def same(one: Forecast, other: Forecast) -> None:
    assert (one.quantity, one.interval, one.workloads) == (other.quantity, other.interval, other.workloads)
    assert one.starts.equals(other.starts)
    assert one.amounts.keys() == other.amounts.keys()
    for column in one.amounts:
        assert_array_equal(one.amounts[column], other.amounts[column])


def test_long_form(csv: Write) -> None:
    path = csv(
        "timestamp,workload,gpu_hours\n2027-02-01,train,4\n2027-01-01,train,2\n2027-01-01,chat,1\n2027-02-01,chat,3.5\n"
    )
    forecast = read_forecast(path)
    assert forecast.file == str(path)
    assert forecast.quantity is Quantity.GPU_HOURS
    assert str(forecast.interval) == "month"
    assert forecast.workloads == ("chat", "train")
    assert list(forecast.starts) == [pd.Timestamp("2027-01-01"), pd.Timestamp("2027-02-01")]
    assert forecast.starts.tz is None
    assert forecast.amounts["gpu_hours"].tolist() == [[1, 2], [3.5, 4]]
    assert forecast.warnings == ()


def test_nixtla_names_and_the_default_workload(csv: Write) -> None:
    assert read_forecast(csv("ds,unique_id,gpus\n2027-01-01,a,1\n2027-01-02,a,2\n")).workloads == ("a",)
    forecast = read_forecast(csv("ds,gpus\n2027-01-01,1\n2027-01-02,2\n"))
    assert (forecast.workloads, forecast.quantity) == (("default",), Quantity.GPUS)


def test_wide_form_is_gpu_hours_per_column(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,train,chat\n2027-01-02,3,4\n2027-01-01,1,2\n"))
    assert forecast.quantity is Quantity.GPU_HOURS
    assert forecast.workloads == ("chat", "train")
    assert forecast.amounts["gpu_hours"].tolist() == [[2, 1], [4, 3]]


def test_wide_columns_called_like_quantities_are_pointed_out(csv: Write) -> None:
    path = csv("ds,y\n2027-01-01,1\n2027-01-02,1\n")
    (warning,) = read_forecast(path).warnings
    assert "column y is read as a workload in GPU-hours" in warning


def test_tokens_win_over_requests(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,requests,input_tokens,output_tokens\n2027-01-01,9,1,2\n2027-01-02,9,3,4\n"))
    assert forecast.quantity is Quantity.TOKENS
    assert {name: amounts.tolist() for name, amounts in forecast.amounts.items()} == {
        "input_tokens": [[1], [3]],
        "output_tokens": [[2], [4]],
    }
    assert list(read_forecast(csv("timestamp,output_tokens\n2027-01-01,1\n2027-01-02,3\n")).amounts) == [
        "output_tokens"
    ]
    assert read_forecast(csv("timestamp,requests\n2027-01-01,1\n2027-01-02,3\n")).quantity is Quantity.REQUESTS


def test_one_scenario_is_accepted(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,scenario,gpus\n2027-01-01,base,1\n2027-01-02,base,2\n"))
    assert forecast.amounts["gpus"].tolist() == [[1], [2]]


def test_names_that_pandas_would_take_for_missing_are_names(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,workload,gpus\n2027-01-01,NA,1\n2027-01-01,null,2\n2027-01-01,007,3\n"))
    assert forecast.workloads == ("007", "NA", "null")


def test_times_with_an_offset_become_utc_and_mix_with_naive_ones(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,gpus\n2027-01-01T02:00+02:00,1\n2027-01-01 01:00,2\n2027-01-01T02Z,3\n"))
    assert list(forecast.starts) == [pd.Timestamp("2027-01-01") + pd.Timedelta(hours=hour) for hour in range(3)]


def test_byte_order_mark_line_ends_blank_lines_and_compression(tmp_path: Path) -> None:
    text = "timestamp,gpus\r\n2027-01-01,1\r\n\r\n2027-01-02, 2 \r\n,\r\n"
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + text.encode())
    packed.write_bytes(gzip.compress(text.encode()))
    same(read_forecast(plain), read_forecast(str(packed)))
    assert read_forecast(plain).amounts["gpus"].tolist() == [[1], [2]]


def test_a_single_timestamp_has_no_interval(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,a,b\n2027-01-01,1,2\n"))
    assert forecast.interval is None
    assert forecast.amounts["gpu_hours"].tolist() == [[1, 2]]


def test_ends_of_months_are_read_as_starts_with_a_warning(csv: Write) -> None:
    forecast = read_forecast(csv("timestamp,gpus\n2027-01-31,1\n2027-02-28,2\n2027-03-31,2\n"))
    assert str(forecast.interval) == "month"
    assert "last day of a month" in forecast.warnings[0]
    assert read_forecast(csv("timestamp,gpus\n2027-01-30,1\n2027-02-28,2\n2027-03-30,2\n")).warnings == ()


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime(["2027-01-01", "2027-01-02"]),
        pd.to_datetime(["2027-01-01", "2027-01-02"]).tz_localize("UTC"),
        pd.to_datetime(["2027-01-01 05:30", "2027-01-02 05:30"]).tz_localize("Asia/Kolkata"),
        pd.PeriodIndex(["2027-01-01", "2027-01-02"], freq="D"),
        [date(2027, 1, 1), date(2027, 1, 2)],
        [pd.Timestamp("2027-01-01"), "2027-01-02"],
        ["2027-01-01T00:00Z", pd.Timestamp("2027-01-02T02:00+02:00")],
        [20270101, 20270102],
    ],
)
def test_frames_with_any_kind_of_time(times: list[object]) -> None:
    frame = pd.DataFrame({"timestamp": times, "workload": ["a", "a"], "gpu_hours": [1, 2]})
    forecast = read_forecast(frame)
    assert forecast.file == "DataFrame"
    assert list(forecast.starts) == [pd.Timestamp("2027-01-01"), pd.Timestamp("2027-01-02")]


def test_frames_with_any_kind_of_number_and_name() -> None:
    for amounts in (
        [1, 2],
        np.array([1, 2], "f4"),
        pd.array([1, 2], "Int64"),
        ["1", " 2"],
        pd.array([1, 2], "Float64"),
    ):
        frame = pd.DataFrame({"ds": ["2027-01-01", "2027-01-02"], "unique_id": [7, 7], "gpus": amounts})
        forecast = read_forecast(frame)
        assert forecast.workloads == ("7",)
        assert forecast.amounts["gpus"].tolist() == [[1], [2]]
    category = frame.assign(unique_id=pd.Categorical(["a", "a"]))
    assert read_forecast(category).workloads == ("a",)


def test_an_index_of_times_stands_for_the_column() -> None:
    frame = pd.DataFrame({"b": [1.0, 2.0], "a": [3.0, 4.0]}, index=pd.date_range("2027-01-01", periods=2, freq="h"))
    forecast = read_forecast(frame)
    assert forecast.workloads == ("a", "b")
    assert str(forecast.interval) == "hour"
    assert frame.columns.tolist() == ["b", "a"], "the user's frame is left as it is"


tables = st.integers(1, 4).flatmap(
    lambda workloads: st.lists(
        st.lists(st.floats(0, 1e9).map(lambda number: round(number, 3)), min_size=workloads, max_size=workloads),
        min_size=2,
        max_size=12,
    )
)


@settings(max_examples=60, deadline=None)
@given(table=tables, step=st.sampled_from(["7min", "15min", "h", "D", "W", "MS", "YS"]), data=st.data())
def test_long_equals_wide_in_any_order_of_rows(table: list[list[float]], step: str, data: st.DataObject) -> None:
    step = "30min" if step == "7min" else step
    times = pd.date_range("2027-01-04", periods=len(table), freq=step)
    wide = pd.DataFrame(table, columns=[f"w{number}" for number in range(len(table[0]))])
    wide.insert(0, "timestamp", times)
    long = wide.melt("timestamp", var_name="workload", value_name="gpu_hours")
    order = data.draw(st.permutations(range(len(long))))
    expected = read_forecast(wide)
    assert_array_equal(expected.amounts["gpu_hours"], np.array(table))
    same(read_forecast(long.iloc[order]), expected)
    same(read_forecast(wide.iloc[::-1]), expected)


@settings(max_examples=40, deadline=None)
@given(
    offsets=st.lists(st.integers(-12 * 4, 14 * 4).map(lambda quarters: quarters * 15), min_size=2, max_size=12),
    start=st.datetimes(min_value=pd.Timestamp("2000-01-01"), max_value=pd.Timestamp("2030-01-01")),
)
def test_times_with_an_offset_equal_naive_utc(offsets: list[int], start: pd.Timestamp) -> None:
    times = pd.date_range(pd.Timestamp(start).floor("s"), periods=len(offsets), freq="h")
    amounts = list(range(len(offsets)))
    aware = [
        time.tz_localize("UTC").tz_convert(
            f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
        )
        for time, minutes in zip(times, offsets, strict=True)
    ]
    naive = read_forecast(pd.DataFrame({"timestamp": times, "gpus": amounts}))
    same(read_forecast(pd.DataFrame({"timestamp": [time.isoformat() for time in aware], "gpus": amounts})), naive)
    same(read_forecast(pd.DataFrame({"timestamp": pd.Series(aware, dtype=object), "gpus": amounts})), naive)
