"""Which reader a file needs, by its name (formats.md, Forecast)."""

from __future__ import annotations

import re
from pathlib import Path

from planner.forecast.cells import Cells
from planner.forecast.content import (
    COMPRESSIONS,
    STANDARD_INPUT,
    Content,
    content_of_file,
    content_of_standard_input,
)
from planner.forecast.csv_file import cells_of_csv
from planner.problems import InputError, Problem

_TEXT = (".csv", ".txt", "")
_PARQUET = (".parquet", ".pq")
_WORKBOOK = (".xlsx", ".xlsm", ".xls", ".ods")
_SHEET = re.compile(r"(.+?(?:\.xlsx|\.xlsm|\.xls|\.ods))#(.*)", re.IGNORECASE | re.DOTALL)
_READ = "CSV (.csv, also with .gz, .bz2, .xz, .zst or .zip), Parquet (.parquet) and Excel (.xlsx, .xls, .ods) are read"


def cells_of_file(source: Path | str, *, may_be_empty: bool = False) -> Cells:
    """Read a table: CSV, Parquet, Excel (`FILE.xlsx#Sheet`, else the first sheet), or `-`. Raises InputError.

    may_be_empty: may a CSV file have a header and nothing below it?
    """
    name = str(source)
    if name == STANDARD_INPUT:
        return cells_of_csv(content_of_standard_input(), may_be_empty=may_be_empty)
    sheet = _SHEET.fullmatch(name)
    path = Path(sheet[1]) if sheet else Path(name)
    kind = path.suffix.lower()
    if kind in _WORKBOOK:
        from planner.forecast.workbook import cells_of_workbook

        return cells_of_workbook(path, name, sheet[2] if sheet else None)
    if kind in _PARQUET:
        from planner.forecast.parquet import cells_of_parquet

        return cells_of_parquet(path, name)
    return cells_of_csv(_text(path, name, "forecast", _READ), may_be_empty=may_be_empty)


def cells_of_text_file(path: Path, name: str, what: str) -> Cells:
    """Read a file that must be CSV. `name` is how the user wrote it. Raises InputError."""
    return cells_of_csv(_text(path, name, what, "save the table as CSV"))


def _text(path: Path, name: str, what: str, fix: str) -> Content:
    plain = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    if plain.suffix.lower() not in _TEXT:
        raise InputError([Problem(name, "", plain.suffix, f"a {what} as CSV" if what != "forecast" else _kinds(), fix)])
    return content_of_file(path, name)


def _kinds() -> str:
    return "a forecast as CSV, Parquet or Excel"
