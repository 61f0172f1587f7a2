"""Excel and OpenDocument workbooks: one sheet as text, so that it goes through the same checks as CSV.

Values are read by python-calamine, after `workbook_archive` has looked at the file that it gets.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.forecast.cells import Cells, capped, listed
from planner.forecast.csv_file import blank_rows
from planner.forecast.workbook_archive import (
    DAMAGED,
    Archive,
    Sheet,
    check_area,
    look_through,
    look_through_ods,
    sheet_parts,
)
from planner.forecast.workbook_values import Corner, UnreadableError, Values, read_values, read_values_apart
from planner.problems import InputError, Problem, nearest

_MOST_BYTES_XLS = 2**27
_OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files begin, and files with a password."""


@dataclass(frozen=True)
class _Table:
    """The used part of a sheet, as text."""

    name: str
    cells: list[list[str]]
    """cells[column][row], the header first."""
    first_row: int
    columns: list[int]
    """Where each column stands in the sheet, from 0."""
    merged: tuple[tuple[Corner, Corner], ...]


def cells_of_workbook(path: Path, name: str, sheet: str | None) -> Cells:
    """One sheet, the first if none is named. Empty rows and columns are left out. Raises InputError."""
    try:
        with path.open("rb") as stream:
            return _read(stream, path, name, sheet)
    except FileNotFoundError:
        raise InputError([Problem(name, "", "", "a file of that name", "there is none")]) from None
    except UnreadableError as error:
        raise _unreadable(name, str(error)) from None
    except (*DAMAGED, ET.ParseError) as error:
        if isinstance(error, InputError):
            raise
        raise _unreadable(name, getattr(error, "strerror", None) or str(error)) from None


def _unreadable(name: str, reason: str) -> InputError:
    return InputError([Problem(name, "", "", "a workbook that can be read", reason)])


def _read(stream: IO[bytes], path: Path, name: str, sheet: str | None) -> Cells:
    if path.suffix.lower() == ".xls":
        if len(stream.read(_MOST_BYTES_XLS + 1)) > _MOST_BYTES_XLS:
            expected = f"at most {_MOST_BYTES_XLS:,} bytes"
            raise InputError([Problem(name, "", "a larger file", expected, "save it as .xlsx")])
        values = read_values_apart(path, sheet)
        return _cells(_table(_chosen(values, name, sheet), name), Sheet())
    if stream.read(len(_OLD_FORMAT)) == _OLD_FORMAT:
        fix = "remove the password, or save it as .xlsx"
        value = "a file with a password, or of the old format"
        raise InputError([Problem(name, "", value, f"a {path.suffix} file", fix)])
    archive = Archive(stream, name)
    archive.check_sizes()
    looked: dict[str, Sheet] = {}
    parts: dict[str, str] = {}
    if path.suffix.lower() == ".ods":
        looked = look_through_ods(archive)
        for found in looked.values():
            check_area(found, name)
    else:
        parts = sheet_parts(archive)

    def look(title: str) -> None:
        if parts:
            looked[title] = look_through(archive, parts[title])
            check_area(looked[title], name)

    # The archive goes on reading from its own place in the stream.
    stream.seek(0)
    values = _chosen(read_values(stream, sheet, look), name, sheet)
    return _cells(_table(values, name), looked.get(values.title, Sheet()))


def _chosen(values: Values, name: str, sheet: str | None) -> Values:
    """The values, if the sheet that was asked for is there."""
    if not values.names:
        raise InputError([Problem(name, "", "no sheets", "a workbook with a sheet")])
    if not values.title:
        names = list(values.names)
        expected, fix = f"one of its sheets: {listed(names, 20)}", nearest(sheet or "", names)
        raise InputError([Problem(name, "", f"'{sheet}'", expected, fix)])
    return values


def _table(values: Values, name: str) -> _Table:
    """The sheet's values from its first row with a value on, without columns that are empty."""
    columns: list[list[str]] = []
    first = -1
    for number, texts in enumerate(values.rows):
        if first < 0:
            if not any(texts):
                continue
            first = number
            columns = [[] for _ in texts]
        for column, text in zip(columns, texts, strict=True):
            column.append(text)
    if first < 0:
        fix = "name another as FILE#SHEET" if len(values.names) > 1 else ""
        raise InputError([Problem(name, f"sheet {values.title}", "nothing", "a header, and rows below it", fix)])
    used = [number for number, column in enumerate(columns) if any(column)]
    places = [values.left + number for number in used]
    return _Table(name, [columns[number] for number in used], first, places, values.merged)


def _cells(table: _Table, sheet: Sheet) -> Cells:
    """The table as cells, with what is wrong with single cells of a workbook."""
    header = tuple(column[0] for column in table.cells)
    # Rows at the end that hold nothing but formulas without values are not among the values.
    count = max(len(table.cells[0]), sheet.height - table.first_row) - 1
    padding = [""] * (count + 1 - len(table.cells[0]))
    bodies = [pd.Series(column[1:] + padding, dtype="str") for column in table.cells]
    rows = np.arange(table.first_row + 2, table.first_row + 2 + count, dtype=np.int64)
    told = _told(table, sheet, count)
    kept = ~blank_rows(bodies, count)
    for marked in told.values():
        kept |= marked
    place = f"row {table.first_row + 2}"
    if not kept.any():
        raise InputError([Problem(table.name, place, "", "at least one row below the header")])
    cells = Cells(
        file=table.name,
        header=header,
        columns=tuple(body[kept].reset_index(drop=True) for body in bodies),
        rows=rows[kept],
        header_number=table.first_row + 1,
        told={column: marked[kept] for column, marked in told.items()},
    )
    problems = [*_header_problems(table, sheet), *_merged(table, cells), *_cell_problems(table, sheet, cells)]
    return Cells(**{**vars(cells), "problems": tuple(problems)})


def _told(table: _Table, sheet: Sheet, count: int) -> dict[int, NDArray[np.bool_]]:
    """By column, told[row]: formulas without a value, and errors, below the header."""
    told: dict[int, NDArray[np.bool_]] = {}
    position = {column: number for number, column in enumerate(table.columns)}
    for row, column in (*sheet.unstored, *sheet.errors):
        index = row - table.first_row - 1
        if column in position and 0 <= index < count:
            told.setdefault(position[column], np.zeros(count, dtype=bool))[index] = True
    return told


def _cell_problems(table: _Table, sheet: Sheet, cells: Cells) -> list[Problem]:
    problems: list[Problem] = []
    for column, marked in sorted(cells.told.items()):

        def problem(row: int, column: int = column) -> Problem:
            where = (int(cells.rows[row]) - 1, table.columns[column])
            return _cell_problem(cells.file, cells.place(row, column), sheet.errors.get(where))

        problems += capped(np.flatnonzero(marked), problem, f"column {cells.header[column]}")
    return problems


def _cell_problem(file: str, place: str, error: str | None) -> Problem:
    if error is not None:
        return Problem(file, place, error, "a value, not an error", "correct the formula, or write the value")
    fix = "open the file in Excel or LibreOffice and save it, which stores the values"
    return Problem(file, place, "a formula without a stored value", "a value", fix)


def _header_problems(table: _Table, sheet: Sheet) -> list[Problem]:
    """Errors and formulas in the header."""
    problems = []
    for number, column in enumerate(table.columns):
        where = (table.first_row, column)
        if where in sheet.errors or where in sheet.unstored:
            place = f"row {table.first_row + 1}, column {number + 1}"
            problems.append(_cell_problem(table.name, place, sheet.errors.get(where)))
    return problems


def _merged(table: _Table, cells: Cells) -> list[Problem]:
    """Merged cells: only the first of them holds a value."""
    problems = []
    last_row, last_column = int(cells.rows[-1]) - 1, table.columns[-1]
    for (top, left), (bottom, right) in table.merged:
        if bottom < table.first_row or top > last_row or left > last_column or (top, left) == (bottom, right):
            continue
        place = f"row {top + 1}"
        value = f"merged cells {_address(top, left)}:{_address(bottom, right)}"
        expected = "a name of its own for every column" if top <= table.first_row else "a value in every cell"
        problems.append(Problem(table.name, place, value, expected, "unmerge them, and fill in every cell"))
    return problems[:1] if len(problems) <= 1 else [*problems[:3], *_more(problems)]


def _more(problems: list[Problem]) -> list[Problem]:
    more = len(problems) - 3
    last = problems[-1]
    return [Problem(last.file, "", f"… and {more:,} more merged cells", last.expected)] if more > 0 else []


def _address(row: int, column: int) -> str:
    """`B3` for row 2 and column 1, counted from 0."""
    letters = ""
    number = column + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"
