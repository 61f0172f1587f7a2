"""Parquet: the same forecast as from CSV, whatever wrote it; a few bytes that stand for very many are refused."""

import contextlib
import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from planner.forecast import parquet
from planner.forecast.demand import Quantity
from planner.forecast.read import read_forecast
from planner.forecast.table import Forecast
from planner.problems import InputError

DAYS = pd.to_datetime(["2027-01-01", "2027-02-01"])


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Forecast]:
    def to(table: pd.DataFrame | pa.Table, name: str = "f.parquet") -> Forecast:
        path = tmp_path / name
        pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pandas(table), path)
        return read_forecast(path)

    return to


@pytest.fixture
def problems(read: Callable[..., Forecast], tmp_path: Path) -> Callable[..., list[str]]:
    def to(table: pd.DataFrame | pa.Table) -> list[str]:
        with pytest.raises(InputError) as caught:
            read(table)
        return [str(problem).removeprefix(f"{tmp_path / 'f.parquet'}: ") for problem in caught.value.problems]

    return to


@pytest.mark.parametrize(
    "times",
    [
        DAYS,
        DAYS.tz_localize("UTC").tz_convert("Europe/Berlin"),
        ["2027-01-01", "2027-02-01T00:00Z"],
        pd.Categorical(["2027-01-01", "2027-02-01"]),
        [datetime.date(2027, 1, 1), datetime.date(2027, 2, 1)],
    ],
)
@pytest.mark.parametrize("gpus", [[1, 2], [1.0, 2.0], ["1", "2.0"], [Decimal("1.00"), Decimal("2.00")]])
def test_types_of_times_and_numbers(read, times, gpus) -> None:
    forecast = read(pd.DataFrame({"timestamp": times, "workload": ["a", "a"], "gpus": gpus}), "f.pq")
    assert (forecast.quantity, str(forecast.interval), forecast.workloads) == (Quantity.GPUS, "month", ("a",))
    assert forecast.amounts["gpus"].tolist() == [[1], [2]]


def test_what_pandas_writes_as_an_index(read) -> None:
    assert read(pd.DataFrame({"a": [1, 2]}, index=DAYS)).amounts["gpu_hours"].tolist() == [[1], [2]]
    index = pd.MultiIndex.from_arrays([DAYS, ["x", "x"]], names=["timestamp", "workload"])
    assert read(pd.DataFrame({"gpus": [1, 2]}, index=index)).workloads == ("x",)
    assert read(pd.DataFrame({"timestamp": DAYS, "gpus": [1, 2]}, index=[7, 9])).workloads == ("default",)


def test_problems_name_row_and_column(problems) -> None:
    frame = pd.DataFrame({"timestamp": ["2027-01-01", None], "workload": ["a", None], "gpus": ["1,200", "-1"]})
    assert problems(frame) == [
        "row 0 (counted from 0), column gpus: found 1,200; expected a number (write 1200, without separators)",
        "row 1 (counted from 0), column gpus: found -1; expected a number of 0 or above",
        "row 1 (counted from 0), column timestamp: "
        "expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00, not an empty cell",
        "row 1 (counted from 0), column workload: expected the name of a workload, not an empty cell",
    ]
    found = problems(pd.DataFrame({"timestamp": DAYS, "gpus": [True, False]}))
    assert "row 0 (counted from 0), column gpus: found True; expected a number" in found[0]
    assert problems(pd.DataFrame({"timestamp": DAYS, "gpus": [1.0, None]})) == [
        "row 1 (counted from 0), column gpus: expected a number, not an empty cell (write 0 where there is no demand)"
    ]


def test_nested_repeated_and_missing_columns(problems) -> None:
    nested = pa.table({"timestamp": ["2027-01-01"], "gpus": [[1]], "more": [{"a": 1}]})
    assert problems(nested) == [
        "column gpus: found list<element: int64>; expected times, text or numbers (unnest it)",
        "column more: found struct<a: int64>; expected times, text or numbers (unnest it)",
    ]
    twice = pa.Table.from_arrays([pa.array(["2027-01-01"])] * 3, names=["timestamp", "gpus", "gpus"])
    assert any("2 columns of that name" in problem or "can be read" in problem for problem in problems(twice))
    assert problems(pd.DataFrame()) == ["columns: expected a forecast: the file has no columns"]
    assert problems(pd.DataFrame({"timestamp": [], "gpus": []})) == ["expected at least one row: the file is empty"]


def test_sizes_are_looked_at_before_anything_is_read(problems, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"timestamp": DAYS, "gpus": [1, 2]})
    for limit, text in (
        ("MOST_ROWS", "found 2 rows; expected at most 1 rows"),
        ("MOST_COLUMNS", "found 2 columns; expected at most 1 columns"),
        ("MOST_CELLS", "found 4 cells; expected at most 1 cells"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(parquet, limit, 1)
            assert problems(frame) == [f"{text} (sum it to hours or longer, or to fewer workloads)"]


def test_text_that_is_long_or_repeated_very_often_is_refused(problems, monkeypatch: pytest.MonkeyPatch) -> None:
    long = pd.DataFrame({"timestamp": ["2027-01-01"], "workload": ["x" * 10_001], "gpus": [1]})
    assert problems(long) == ["column workload: found 10,001 bytes in one cell; expected text of at most 10,000 bytes"]
    monkeypatch.setattr(parquet, "MOST_BYTES", 10_000)
    often = pd.DataFrame({"timestamp": "2027-01-01", "workload": "x" * 101, "gpus": range(100)})
    assert "found 10,100 bytes in column workload; expected at most 10,000 bytes of text" in problems(often)[0]


@pytest.mark.parametrize("cut", [0, 3, 40, 200, -9, -4, -1])
def test_damaged_files(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "f.parquet"
    pd.DataFrame({"timestamp": DAYS, "gpus": [1, 2]}).to_parquet(path)
    whole = path.read_bytes()
    for content in (whole[:cut], whole[:cut] + b"\xff" + whole[cut:][1:] if cut >= 0 else whole[:cut] + b"\0" * -cut):
        path.write_bytes(content)
        with contextlib.suppress(InputError):
            assert read_forecast(path).amounts["gpus"].shape == (2, 1)
