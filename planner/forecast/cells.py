"""The table as it was handed in: header and columns of text (files) or of whatever a DataFrame holds."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.problems import InputError, Problem

EXAMPLES = 3
"""How many problems of one kind are spelt out before the rest are counted."""

_COMPRESSED = ".gz"
_TOO_MANY_FIELDS = re.compile(r"Expected \d+ fields in line \d+, saw \d+")
_OPEN_QUOTE = re.compile(r"EOF inside string starting at row (\d+)")


@dataclass(frozen=True)
class Cells:
    """Header and columns of a table, and how to name a place in it."""

    file: str
    header: tuple[str, ...]
    columns: tuple[pd.Series[Any], ...]
    """columns[column][row], equally long: text for files, empty where a cell is; as they came for DataFrames."""
    rows: NDArray[np.int64]
    """rows[row]: the line of the file, its header being row 1; or the position in a DataFrame, from 0."""
    is_frame: bool = False
    problems: tuple[Problem, ...] = ()
    """What was wrong with single rows while reading."""

    def place(self, row: int, column: int | str) -> str:
        """`row 12, column gpu_hours` for a row of `columns`, counted from 0."""
        name = column if isinstance(column, str) else self.header[column]
        counted = " (counted from 0)" if self.is_frame else ""
        return f"row {self.rows[row]}{counted}, column {name or '(without a name)'}"

    @property
    def header_row(self) -> str:
        """Where the header is: `row 1`; `columns` of a DataFrame."""
        return "columns" if self.is_frame else "row 1"

    def header_place(self, column: int) -> str:
        """`row 1, column gpu_hours`: the header of a column."""
        return f"{self.header_row}, column {self.header[column] or f'{column + 1} (without a name)'}"


def capped(positions: NDArray[np.int64], make: Callable[[int], Problem], place: str) -> list[Problem]:
    """One problem for each of the first few positions, and one that counts the rest, at `place`."""
    problems = [make(int(position)) for position in positions[:EXAMPLES]]
    more = len(positions) - EXAMPLES
    if more > 0:
        problems.append(replace(problems[-1], place=place, value=f"… and {more:,} more", fix=""))
    return problems


def listed(names: list[str], limit: int = EXAMPLES) -> str:
    """`a, b, c and 128 more`."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


def cells_of_frame(frame: pd.DataFrame) -> Cells:
    """A DataFrame's columns; an index of timestamps stands for a column `timestamp` where there is none.

    Raises InputError if there are no columns, or no rows.
    """
    if isinstance(frame.index, pd.DatetimeIndex) and not {"timestamp", "ds"} & set(map(str, frame.columns)):
        frame = frame.rename_axis(index="timestamp").reset_index()
    header = tuple(str(column) for column in frame.columns)
    if not header:
        raise InputError([Problem("DataFrame", "columns", "", "a forecast: the DataFrame has no columns")])
    if not len(frame):
        raise InputError([Problem("DataFrame", "", "", "at least one row: the DataFrame is empty")])
    columns = tuple(frame.iloc[:, number].reset_index(drop=True) for number in range(len(header)))
    return Cells("DataFrame", header, columns, np.arange(len(frame), dtype=np.int64), is_frame=True)


def cells_of_file(path: Path, name: str, *, what: str = "forecast") -> Cells:
    """Read a CSV file (UTF-8, comma-separated, possibly compressed) as text, so that nothing is guessed.

    `name` is how the user wrote it. Quoted line breaks shift the row numbers of what follows. Raises InputError.
    """
    _check_suffix(path, name, what)
    options: dict[str, Any] = {"header": None, "dtype": str, "encoding": "utf-8-sig", "skip_blank_lines": False}
    problems: list[Problem] = []
    try:
        try:
            table = pd.read_csv(path, keep_default_na=False, na_filter=False, **options)
        except pd.errors.ParserError as error:
            if not _TOO_MANY_FIELDS.search(str(error)):
                raise
            table, problems = _long_rows(path, name)
    except FileNotFoundError:
        raise InputError([Problem(name, "", "", "a file of that name", "there is none")]) from None
    except pd.errors.EmptyDataError:
        expected = "a header: the file is empty, or begins with an empty row"
        raise InputError([Problem(name, "row 1", "", expected)]) from None
    except UnicodeDecodeError:
        raise InputError([_not_utf8(path, name)]) from None
    except (pd.errors.ParserError, csv.Error) as error:
        raise InputError([_unparsable(name, str(error))]) from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(name, "", "", "a CSV file that can be read", reason)]) from None
    return _cells(table, name, problems)


def _check_suffix(path: Path, name: str, what: str) -> None:
    plain = path.with_suffix("") if path.suffix.lower() == _COMPRESSED else path
    if plain.suffix.lower() not in (".csv", ".txt", ""):
        fix = "this version reads CSV (.csv, .csv.gz): save the table as CSV"
        raise InputError([Problem(name, "", plain.suffix, f"a {what} as CSV", fix)])


def _cells(table: pd.DataFrame, name: str, problems: list[Problem]) -> Cells:
    header = tuple(str(cell) for cell in table.iloc[0])
    body = table.iloc[1:]
    blank = np.ones(len(body), dtype=bool)
    for number in range(len(header)):
        if not blank.any():
            break
        blank &= np.asarray(body.iloc[:, number] == "", dtype=bool)
    rows = np.arange(2, len(body) + 2, dtype=np.int64)[~blank]
    if not len(rows):
        raise InputError([*problems, Problem(name, "row 2", "", "at least one row below the header")])
    body = body[~blank]
    columns = tuple(body.iloc[:, number].reset_index(drop=True) for number in range(len(header)))
    return Cells(name, header, columns, rows, problems=tuple(problems))


def _long_rows(path: Path, name: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a file some rows of which have more fields than its header, slowly: what is too much is reported."""
    opener = gzip.open if path.suffix.lower() == _COMPRESSED else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as lines:
        records = [(number, record) for number, record in enumerate(csv.reader(lines), start=1)]
    width = len(records[0][1])
    long = np.array([index for index, (_, record) in enumerate(records) if len(record) > width], dtype=np.int64)

    def problem(index: int) -> Problem:
        number, record = records[index]
        fix = "quote a value that contains a comma; write numbers as 1200, not 1,200"
        if width == 1 and re.search(r"[;\t|]", records[0][1][0]):
            fix = "separate the columns by commas, and write numbers as 1200.5"
        return Problem(name, f"row {number}", f"{len(record)} fields", f"{width}, as in the header", fix)

    table = pd.DataFrame([(record + [""] * width)[:width] for _, record in records], dtype=str)
    return table, capped(long, problem, "")


def _not_utf8(path: Path, name: str) -> Problem:
    expected, fix = "text in UTF-8", "save it as CSV in UTF-8"
    if path.suffix.lower() != _COMPRESSED:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as error:
                    return Problem(name, f"row {number}", f"byte 0x{line[error.start]:02x}", expected, fix)
    return Problem(name, "", "other bytes", expected, fix)


def _unparsable(name: str, message: str) -> Problem:
    quote = _OPEN_QUOTE.search(message)
    if quote:
        fix = 'close it, or write "" for a quote inside a value'
        return Problem(name, f"row {int(quote[1]) + 1}", "a quote that never ends", "a CSV file", fix)
    return Problem(name, "", message.removeprefix("Error tokenizing data. C error: ").strip(), "a CSV file")
