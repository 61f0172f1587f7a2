import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from planner.forecast.read import read_forecast
from planner.problems import InputError

Problems = Callable[[str], list[str]]
QUANTITIES = "gpu_hours, gpus, input_tokens and/or output_tokens, or requests"


def days(*numbers: int, workload: str = "") -> str:
    return "".join(f"2027-01-{day:02d},{workload}{',' if workload else ''}1\n" for day in numbers)


def file_problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_forecast(path)
    return [str(problem).removeprefix(f"{path}: ") for problem in caught.value.problems]


# Files


def test_no_such_file_and_no_file(tmp_path: Path) -> None:
    assert file_problems(tmp_path / "no.csv") == ["expected a file of that name (there is none)"]
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert "expected a CSV file that can be read" in file_problems(folder)[0]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.tsv", "a.parquet.gz", "a.xlsb", "a.csv#Sheet 1"])
def test_other_formats_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    (problem,) = file_problems(tmp_path / name)
    assert "expected a forecast as CSV, Parquet or Excel (CSV (.csv, also with .gz, .bz2, .xz, .zst or .zip)" in problem


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.xlsx", "a.xlsm", "a.ods", "a.xls", "a.csv.zip", "a.csv.zst"])
def test_files_that_are_not_what_they_are_called(tmp_path: Path, name: str) -> None:
    for content in (
        b"",
        b"x",
        b"timestamp,gpus\n2027-01-01,1\n" * 99,
        bytes(range(256)) * 40,
        b"PK\x03\x04" + b"x" * 99,
    ):
        (tmp_path / name).write_bytes(content)
        (problem,) = file_problems(tmp_path / name)
        assert " that can be read (" in problem or "the file is empty, or begins" in problem


def test_files_that_are_not_what_they_seem(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"timestamp,gpus\n")
    assert "Not a gzipped file" in file_problems(tmp_path / "a.csv.gz")[0]
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"timestamp,gpus\n2027-01-01,1\n" * 999)[:60])
    assert "expected a CSV file that can be read" in file_problems(tmp_path / "b.csv.gz")[0]
    (tmp_path / "c.csv").write_bytes(b"timestamp,gpus\n2027-01-01,1\n2027-01-02,\xe9\n")
    assert file_problems(tmp_path / "c.csv") == [
        "row 3: found byte 0xe9; expected text in UTF-8 (save it as CSV in UTF-8)"
    ]


def test_empty_files_and_frames(problems: Problems) -> None:
    header = "row 1: expected a header: the file is empty, or begins with an empty row"
    assert problems("") == [header]
    assert problems("\n\n") == [header]
    assert problems("timestamp,workload,gpu_hours\n") == ["row 2: expected at least one row below the header"]
    assert problems("timestamp,workload,gpu_hours\n\n,,\n") == ["row 2: expected at least one row below the header"]
    for frame, text in (
        (pd.DataFrame(), "DataFrame: columns: expected a forecast: the DataFrame has no columns"),
        (pd.DataFrame({"timestamp": []}), "DataFrame: expected at least one row: the DataFrame is empty"),
    ):
        with pytest.raises(InputError) as caught:
            read_forecast(frame)
        assert [str(problem) for problem in caught.value.problems] == [text]


def test_rows_with_too_many_fields_are_listed_with_everything_else(problems: Problems) -> None:
    assert problems("timestamp,gpus\n2027-01-01,1,200\n2027-01-02,-1\n") == [
        "row 2: found 3 fields; expected 2, as in the header "
        "(quote a value that contains a comma; write numbers as 1200, not 1,200)",
        "row 3, column gpus: found -1; expected a number of 0 or above",
    ]


def test_an_open_quote(problems: Problems) -> None:
    assert problems('timestamp,gpus\n2027-01-01,1\n2027-01-02,"1\n') == [
        'row 3: found a quote that never ends; expected a CSV file (close it, or write "" for a quote inside a value)'
    ]


# Headers


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(problems: Problems, separator: str) -> None:
    (problem,) = problems(separator.join(["timestamp", "gpus"]) + f"\n2027-01-01{separator}1\n")
    assert problem.endswith("(separate the columns by commas, and write numbers as 1200.5)")


def test_headers_that_differ_in_case_or_spaces_are_recognised_and_the_rest_is_checked(problems: Problems) -> None:
    found = problems("Timestamp, workload,GPU Hours\n2027-01-01,a,5\nsoon,a,-6\n")
    assert found == [
        "row 1, column Timestamp: found 'Timestamp'; expected a name that is known (did you mean 'timestamp'?)",
        "row 1, column  workload: found ' workload'; expected a name that is known (did you mean 'workload'?)",
        "row 1, column GPU Hours: found 'GPU Hours'; expected a name that is known (did you mean 'gpu_hours'?)",
        "row 3, column GPU Hours: found -6; expected a number of 0 or above",
        "row 3, column timestamp: found soon; expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00".replace(
            "column timestamp", "column Timestamp"
        ),
    ]


def test_a_misspelt_quantity_is_no_workload(problems: Problems) -> None:
    assert problems("timestamp,gpu_hour\n2027-01-01,5\n2027-02-01,5\n") == [
        "row 1, column gpu_hour: found 'gpu_hour'; expected a name that is known (did you mean 'gpu_hours'?)"
    ]


def test_a_misspelt_column_beside_the_right_one(problems: Problems) -> None:
    assert problems("timestamp,gpus,GPUs\n2027-01-01,5,1\n2027-02-01,5,1\n") == [
        "row 1, column GPUs: found 'GPUs'; expected a name that is known (did you mean 'gpus'?)"
    ]


def test_missing_columns(problems: Problems) -> None:
    assert problems("date,workload,gpu_hours\n2027-01-01,a,x\n") == [
        "row 1: found columns date, workload, gpu_hours; "
        "expected a column timestamp (or ds) (rename 'date' to timestamp)",
        "row 2, column gpu_hours: found x; expected a number (digits only, such as 1200.5)",
    ]
    assert problems("ds,unique_id,y\n2027-01-01,a,5\n") == [
        f"row 1: found columns ds, unique_id, y; expected a column {QUANTITIES} (rename 'y' to what it counts)"
    ]
    assert problems("timestamp,workload\n2027-01-01,a\nx,a\n") == [
        f"row 1: found columns timestamp, workload; expected a column {QUANTITIES}",
        "row 3, column timestamp: found x; expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00",
    ]
    assert problems("timestamp\n2027-01-01\n") == [
        f"row 1: found columns timestamp; expected a quantity ({QUANTITIES}), or one column per workload, in GPU-hours"
    ]
    assert problems("2027-01-01,a,5\n2027-02-01,a,6\n") == [
        "row 1: found columns 2027-01-01, a, 5; expected a column timestamp (or ds) "
        "(the first row must be a header: timestamp,workload,gpu_hours)"
    ]


def test_unknown_columns_of_the_long_form_are_named(problems: Problems) -> None:
    expected = "expected no columns but timestamp, workload, scenario and one quantity"
    assert problems("timestamp,workload,gpus,note,scenarios_x\n2027-01-01,a,1,x,y\n") == [
        f"row 1, column note: found 'note'; {expected} (remove it)",
        f"row 1, column scenarios_x: found 'scenarios_x'; {expected} (did you mean 'scenario'?)",
    ]
    many = ",".join(f"extra{number}" for number in range(9))
    found = problems(f"timestamp,workload,gpus,{many}\n2027-01-01,a,1{',0' * 9}\n")
    assert len(found) == 6
    assert found[-1] == f"row 1: found … and 4 more columns; {expected}"


def test_contradicting_and_repeated_columns(problems: Problems) -> None:
    (problem,) = problems("timestamp,gpu_hours,gpus,output_tokens,requests\n2027-01-01,1,1,1,1\n")
    assert problem.startswith("row 1: found gpu_hours and gpus and output_tokens; expected one quantity")
    assert problems("timestamp,ds,gpus\n2027-01-01,2027-01-01,1\n") == [
        "row 1: found timestamp and ds; expected one of timestamp and ds"
    ]
    assert problems("timestamp,workload,unique_id,gpus\n2027-01-01,a,a,1\n") == [
        "row 1: found workload and unique_id; expected one of workload and unique_id"
    ]
    assert problems("timestamp,gpus,gpus\n2027-01-01,1,1\n") == [
        "row 1, column gpus: found 2 columns of that name; expected one"
    ]
    assert problems("timestamp,a,a\n2027-01-01,1,1\n") == [
        "row 1, column a: found 2 columns of that name; expected one"
    ]


def test_columns_without_a_name(problems: Problems) -> None:
    (problem,) = problems(",timestamp,a\n0,2027-01-01,1\n")
    assert problem.startswith("row 1, column 1 (without a name): expected the name of a workload")
    (problem,) = problems(",timestamp,gpus\n0,2027-01-01,1\n")
    assert "row 1, column 1 (without a name): found ''" in problem
    assert "index=False" in problem
    (problem,) = problems("timestamp,a \n2027-01-01,1\n")
    assert problem == "row 1, column a : found 'a '; expected a name without spaces around it (write 'a')"


# Cells


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"1,200"', "found 1,200; expected a number (write 1200, without separators)"),
        ("1 200", "found 1 200; expected a number (write 1200, without separators)"),
        ("1'200'000.5", "found 1'200'000.5; expected a number (write 1200000.5, without separators)"),
        ('"1.200,5"', "found 1.200,5; expected a number (write 1200.5, with a decimal point)"),
        ('"12,5"', "found 12,5; expected a number (write 12.5, with a decimal point)"),
        ("12 GPU-hours", "found 12 GPU-hours; expected a number (write 12, digits only)"),
        ("many", "found many; expected a number (digits only, such as 1200.5)"),
        ("0x10", "found 0x10; expected a number (write 0, digits only)"),
        ("True", "found True; expected a number (digits only, such as 1200.5)"),
        ("nan", "found nan; expected a number (write 0 where there is no demand)"),
        ("NA", "found NA; expected a number (write 0 where there is no demand)"),
        ("null", "found null; expected a number (write 0 where there is no demand)"),
        ("", "expected a number, not an empty cell (write 0 where there is no demand)"),
        ("-3", "found -3; expected a number of 0 or above"),
        ("-1e-9", "found -1e-9; expected a number of 0 or above"),
        ("inf", "found inf; expected a finite number"),
        ("-inf", "found -inf; expected a finite number"),
        ("1e999", "found 1e999; expected a finite number"),
        ("1e101", "found 1e101; expected a finite number"),
    ],
)
def test_what_is_no_number(problems: Problems, cell: str, text: str) -> None:
    assert problems(f"timestamp,gpus\n2027-01-01,1\n\n2027-01-02,{cell}\n") == [f"row 4, column gpus: {text}"]
    assert problems(f"timestamp,a,b\n2027-01-01,1,1\n2027-01-02,1,{cell}\n") == [f"row 3, column b: {text}"]


@pytest.mark.parametrize(
    "cell",
    ["31/01/2027", "01-02-2027", "2027-02-30", "2027-13-01", "now", "today", "1704067200", "2027-W01", "NaT", "nan"],
)
def test_what_is_no_time(problems: Problems, cell: str) -> None:
    assert problems(f"timestamp,gpus\n2027-01-01,1\n{cell},1\n") == [
        f"row 3, column timestamp: found {cell}; expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00"
    ]


def test_times_that_are_empty_or_far_away(problems: Problems) -> None:
    assert problems("timestamp,gpus\n2027-01-01,1\n,1\n0207-01-01,1\n") == [
        "row 3, column timestamp: expected a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00, not an empty cell",
        "row 4, column timestamp: found 0207-01-01; expected a time between the years 1900 and 2200",
    ]


def test_names_of_workloads(problems: Problems) -> None:
    assert problems("timestamp,workload,gpus\n2027-01-01,,1\n2027-01-01, a,1\n2027-01-01, ,1\n") == [
        "row 2, column workload: expected the name of a workload, not an empty cell",
        "row 4, column workload: expected the name of a workload, not an empty cell",
        "row 3, column workload: found ' a'; expected 'a', without spaces around it",
    ]


def test_several_scenarios_are_refused(problems: Problems) -> None:
    text = "timestamp,scenario,gpus\n2027-01-01,low,1\n2027-01-01,high,1\n"
    found = problems(text)
    assert found[0] == (
        "row 3, column scenario: found 2 scenarios: low, high; expected one scenario "
        "(this version plans for one scenario: keep the rows of one)"
    )


def test_each_kind_is_capped(problems: Problems) -> None:
    found = problems("timestamp,gpus\n" + "".join(f"2027-01-01T00:{minute:02d},-1\n" for minute in range(60)))
    assert found == [
        *(f"row {row}, column gpus: found -1; expected a number of 0 or above" for row in (2, 3, 4)),
        "column gpus: found … and 57 more; expected a number of 0 or above",
    ]


def test_places_in_frames_count_from_0() -> None:
    frame = pd.DataFrame({"timestamp": ["2027-01-01", None], "gpus": [float("nan"), -1]}, index=[7, 8])
    with pytest.raises(InputError) as caught:
        read_forecast(frame)
    assert [(problem.place, problem.value) for problem in caught.value.problems] == [
        ("row 0 (counted from 0), column gpus", ""),
        ("row 1 (counted from 0), column gpus", "-1.0"),
        ("row 1 (counted from 0), column timestamp", ""),
    ]


# Time as a whole


def test_duplicates_name_both_rows(problems: Problems) -> None:
    text = "timestamp,workload,gpus\n" + days(1, 2, workload="a") + days(1, 2, workload="b") + "2027-01-01T00:00Z,a,9\n"
    assert problems(text) == [
        "row 6, column timestamp: found 2027-01-01 for a, as in row 2; expected each timestamp once per workload"
    ]
    assert problems("timestamp,a\n2027-01-01,1\n2027-01-02,1\n2027-01-02,1\n") == [
        "row 4, column timestamp: found 2027-01-02, as in row 3; expected each timestamp once"
    ]


def test_holes_are_listed_and_counted(problems: Problems) -> None:
    assert problems("timestamp,gpus\n" + days(1, 2, 3, 6, 7, 10, 11)) == [
        "row 5, column timestamp: found nothing for 2027-01-04, 2027-01-05, 2027-01-08 and 1 more; "
        "expected a row for every day from 2027-01-01 to 2027-01-11 (write 0 where there was no demand)"
    ]
    found = problems("timestamp,workload,gpus\n" + days(1, 2, 4, workload="a") + days(1, 2, 3, 4, workload="b"))
    assert found == [
        "row 4, column timestamp: found a: nothing for 2027-01-03; "
        "expected a: a row for every day from 2027-01-01 to 2027-01-04 (write 0 where there was no demand)"
    ]
    sparse = "timestamp,workload,gpus\n" + days(1, 2, 3, 4, 5, workload="a") + days(1, 3, 5, workload="b")
    assert "found b: nothing for 2027-01-02, 2027-01-04; expected b: a row for every day" in problems(sparse)[0]
    months = "timestamp,a\n2027-01-31,1\n2027-02-28,1\n2027-04-30,1\n"
    assert "nothing for 2027-03-31;" in problems(months)[0]


def test_holes_of_many_workloads_are_capped(problems: Problems) -> None:
    found = problems("timestamp,workload,gpus\n" + "".join(days(1, 2, 4, workload=f"w{number}") for number in range(7)))
    assert len(found) == 4
    assert found[-1].startswith("found … and 4 more workloads; expected a row for every day")


def test_unread_rows_are_no_holes(problems: Problems) -> None:
    found = problems("timestamp,workload,gpus\n" + days(1, 2, workload="a") + "2027-1-3,a,1\n" + days(4, workload="a"))
    assert len(found) == 1
    assert "found 2027-1-3; expected a time" in found[0]
    rest = days(1, 3, workload="b") + days(2, workload="b").replace("b", "") + days(1, 2, 3, workload="c")
    assert len(problems("timestamp,workload,gpus\n" + rest)) == 1


def test_mixed_intervals_within_a_workload(problems: Problems) -> None:
    hours = "".join(f"2027-01-01T0{hour},1\n" for hour in range(5))
    assert problems("timestamp,gpus\n" + hours + "2027-01-02T04,1\n2027-01-03T04,1\n") == [
        "row 6, column timestamp: found steps of a day from 2027-01-01T04:00, of an hour elsewhere; "
        "expected the same interval throughout"
    ]


def test_mixed_intervals_among_workloads(problems: Problems) -> None:
    text = "timestamp,workload,gpus\n" + days(1, 2, workload="a") + days(1, 8, workload="b") + days(1, 2, workload="c")
    assert problems(text) == [
        "column timestamp: found steps of a day in a, c; steps of a week in b; "
        "expected the same interval in every workload"
    ]


def test_timestamps_between_the_steps(problems: Problems) -> None:
    found = problems("timestamp,gpus\n" + days(1, 2, 3, 4) + "2027-01-04T13:30,1\n" + days(5))
    assert found == [
        "row 6, column timestamp: found 2027-01-04T13:30; "
        "expected steps of a day from 2027-01-01, the start of each interval in UTC"
    ]
    found = problems("timestamp,gpus\n2027-02-28,1\n2027-03-31,1\n2027-04-30,1\n")
    assert found[0].endswith("(write the first day of each interval, not its last)")
    assert "2027-03-31 (and 1 more)" in found[0]


def test_steps_that_no_forecast_has(problems: Problems) -> None:
    assert problems("timestamp,gpus\n" + days(1, 3, 5)) == [
        "row 3, column timestamp: found a step of 2 days after 2027-01-01; "
        "expected steps of a divisor of an hour, an hour, a day, a week, a month, a quarter or a year"
    ]
    assert "a step of 7 minutes" in problems("timestamp,gpus\n2027-01-01T00:00,1\n2027-01-01T00:07,1\n")[0]


def test_workloads_that_cover_different_ranges(problems: Problems) -> None:
    text = "timestamp,workload,gpus\n" + days(1, 2, 3, 4, 5, 6, workload="a") + days(2, 3, workload="b")
    assert problems(text) == [
        "row 8, column timestamp: found b: rows from 2027-01-02 to 2027-01-03, nothing for 2027-01-01, 2027-01-04, "
        "2027-01-05 and 1 more; expected b: rows from 2027-01-01 to 2027-01-06, as other workloads have "
        "(write 0 where there was no demand, or plan it apart)"
    ]


def test_all_problems_come_at_once(problems: Problems) -> None:
    found = problems(
        "timestamp,workload,gpus,scenario,note\n"
        "2027-01-01,a,x,s,\n2027-01-02,a,1,s,\n2027-01-02,a,1,s,\n2027-01-04,a,-1,t,\nsoon,,1,s,\n2027-01-05,a,,s,\n"
    )
    kinds = [
        "note",
        "2 scenarios",
        "not an empty cell (write 0",
        "found x",
        "found -1",
        "found soon",
        "name of a",
        "as in row 3",
    ]
    assert len(found) == len(kinds)
    for kind, problem in zip(kinds, found, strict=True):
        assert kind in problem
