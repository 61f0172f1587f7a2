"""Timestamps, numbers and names out of the cells of a forecast, each cell that is none of them a problem."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.forecast.cells import Cells, capped
from planner.forecast.intervals import YEARS_TEXT, Integers, Moments, outside_years, text
from planner.problems import Problem

_CLOCK = r"[0-9]{2}(:?[0-9]{2}(:?[0-9]{2}(\.[0-9]+)?)?)?"
_OFFSET = r"(\s?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?"
_ISO = (
    rf"(?:[0-9]{{4}}(-[0-9]{{2}}(-[0-9]{{2}}([T ]{_CLOCK}{_OFFSET})?)?)?"
    r"|[0-9]{8}(T[0-9]{2}([0-9]{2}([0-9]{2})?)?(Z|[+-][0-9]{4})?)?)"
)
_TIME_EXPECTED = "a time as in ISO 8601: 2027-01-31 or 2027-01-31T13:00"
_SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?")
"""Days since the end of 1899, of the years 1954 to 2119."""
_LARGEST = 1e100
"""Amounts beyond this are taken for infinite, so that no sum of them can become so."""
_NOT_A_NUMBER = ("nan", "na", "n/a", "null", "none", "-", "#n/a", "nat")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,'_   ]\d{3})+(?:\.\d+)?")
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+")
_WITH_UNIT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[^\d\s.,].*")


def as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column as text, empty where a value is missing, without spaces around it."""
    if isinstance(column.dtype, pd.StringDtype) and not column.isna().any():
        return column.str.strip()
    values = column.astype(object)
    return values.where(values.notna(), "").map(str).astype("str").str.strip()


def moments(cells: Cells, column: int) -> tuple[Moments, list[Problem]]:
    """moments[row], naive UTC, datetime64[us], NaT where a cell is no timestamp, and a problem for each such."""
    values = cells.columns[column]
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.start_time
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        parsed = np.asarray(values.to_numpy(), dtype="M8[us]")
        texts = None
    else:
        texts = as_text(values)
        codes, distinct = pd.factorize(texts)
        known = pd.Series(distinct).astype("str")
        known = known.where(known.str.fullmatch(_ISO), "")
        utc = pd.to_datetime(known, format="ISO8601", utc=True, errors="coerce")
        parsed = np.asarray(utc.dt.tz_localize(None).to_numpy(), dtype="M8[us]")[codes]

    def problem(row: int) -> Problem:
        found = "" if texts is None else str(texts.iloc[row])
        expected = _TIME_EXPECTED if found else f"{_TIME_EXPECTED}, not an empty cell"
        return Problem(cells.file, cells.place(row, column), found, expected, _serial_number(found))

    def far(row: int) -> Problem:
        return Problem(cells.file, cells.place(row, column), text(parsed[row]), f"a time {YEARS_TEXT}")

    place, outside = f"column {cells.header[column]}", outside_years(parsed)
    wrong = np.isnat(parsed) & cells.untold(column)
    problems = capped(np.flatnonzero(wrong), problem, place) + capped(np.flatnonzero(outside), far, place)
    return np.where(outside, np.datetime64("NaT", "us"), parsed), problems


def _serial_number(cell: str) -> str:
    """How to write a cell that must be a day in the count of Excel."""
    if not _SERIAL.fullmatch(cell):
        return ""
    day = np.datetime64("1899-12-30", "us") + np.timedelta64(round(float(cell) * 86_400), "s")
    return f"in Excel's count of days that is {text(day)}: format the column as a date, or write it so"


def numbers(
    cells: Cells, column: int, nothing: str = "write 0 where there is no demand"
) -> tuple[NDArray[np.float64], list[Problem]]:
    """numbers[row], NaN where a cell is no number, and a problem for each that is not finite and 0 or above.

    `nothing`: what to do about cells that are empty, or say that there is no number.
    """
    values = cells.columns[column]
    if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind in "iuf":
        parsed = values.to_numpy(dtype=np.float64, na_value=np.nan)
        texts, missing = values.astype(object), np.isnan(parsed)
    else:
        texts = as_text(values)
        parsed = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
        missing = np.asarray(texts == "", dtype=bool)
    place = f"column {cells.header[column]}"

    def problem(row: int, expected: str, fix: str = "") -> Problem:
        found = "" if missing[row] else str(texts.iloc[row])
        return Problem(cells.file, cells.place(row, column), found, expected, fix)

    def no_number(row: int) -> Problem:
        return problem(row, "a number", _how_to_write(str(texts.iloc[row]), nothing))

    def empty(row: int) -> Problem:
        return problem(row, "a number, not an empty cell", nothing)

    endless = np.abs(parsed) > _LARGEST
    negative = ~endless & (parsed < 0)
    return parsed, [
        *capped(np.flatnonzero(missing & cells.untold(column)), empty, place),
        *capped(np.flatnonzero(np.isnan(parsed) & ~missing & cells.untold(column)), no_number, place),
        *capped(np.flatnonzero(endless), lambda row: problem(row, "a finite number"), place),
        *capped(np.flatnonzero(negative), lambda row: problem(row, "a number of 0 or above"), place),
    ]


def _how_to_write(cell: str, nothing: str) -> str:
    """How a cell that is no number may have been meant."""
    if cell.lower() in _NOT_A_NUMBER:
        return nothing
    if _THOUSANDS.fullmatch(cell):
        plain = re.sub(r"[,'_   ]", "", cell)
        return f"write {plain}, without separators"
    if _COMMA.fullmatch(cell):
        plain = cell.replace(".", "").replace(",", ".")
        return f"write {plain}, with a decimal point"
    unit = _WITH_UNIT.fullmatch(cell)
    return f"write {unit[1]}, digits only" if unit else "digits only, such as 1200.5"


def names(cells: Cells, column: int) -> tuple[Integers, tuple[str, ...], list[Problem]]:
    """codes[row] into the sorted names of workloads, −1 where a name is empty; and what is wrong with the names."""
    values = cells.columns[column]
    stripped = as_text(values)
    if isinstance(values.dtype, pd.StringDtype):
        spaced = np.asarray(values.fillna("") != stripped, dtype=bool)
    else:
        spaced = np.zeros(len(values), dtype=bool)
    codes, distinct = pd.factorize(stripped, sort=True)
    found = [str(name) for name in distinct]
    empty = np.asarray(stripped == "", dtype=bool)
    place = f"column {cells.header[column]}"
    problems = capped(
        np.flatnonzero(empty & cells.untold(column)),
        lambda row: Problem(cells.file, cells.place(row, column), "", "the name of a workload, not an empty cell"),
        place,
    )

    def with_spaces(row: int) -> Problem:
        expected = f"'{stripped.iloc[row]}', without spaces around it"
        return Problem(cells.file, cells.place(row, column), f"'{values.iloc[row]}'", expected)

    problems += capped(np.flatnonzero(spaced & ~empty), with_spaces, place)
    if empty.any():
        number = found.index("")
        codes = np.where(codes == number, -1, codes - (codes > number))
        found.remove("")
    return np.asarray(codes, dtype=np.int64), tuple(found), problems
