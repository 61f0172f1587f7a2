"""CSV: UTF-8, comma-separated, read as text so that nothing is guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.forecast.cells import EXAMPLES, Cells, capped
from planner.forecast.content import MOST_COLUMNS, Content, too_large
from planner.problems import InputError, Problem

_TOO_MANY_FIELDS = re.compile(r"Expected \d+ fields in line \d+, saw \d+")
_OPEN_QUOTE = re.compile(r"EOF inside string starting at row (\d+)")
SEMICOLONS = "separate the columns by commas, and write numbers as 1200.5"
_BATCH = 100_000
_PEEK = 2**18


def cells_of_csv(content: Content, *, may_be_empty: bool = False) -> Cells:
    """Header and columns of text. Quoted line breaks shift the row numbers of what follows. Raises InputError.

    may_be_empty: may there be no row below the header?
    """
    name = content.name
    options: dict[str, Any] = {"header": None, "dtype": str, "encoding": "utf-8-sig", "skip_blank_lines": False}
    problems: list[Problem] = []
    try:
        _check_width(content)
        try:
            with content.open() as stream:
                table = pd.read_csv(stream, keep_default_na=False, na_filter=False, **options)
        except pd.errors.ParserError as error:
            if not _TOO_MANY_FIELDS.search(str(error)):
                raise
            table, problems = _long_rows(content)
    except pd.errors.EmptyDataError:
        expected = "a header: the file is empty, or begins with an empty row"
        raise InputError([Problem(name, "row 1", "", expected)]) from None
    except UnicodeDecodeError:
        raise InputError([_not_utf8(content)]) from None
    except (pd.errors.ParserError, csv.Error) as error:
        raise InputError([_unparsable(name, str(error))]) from None
    return _cells(table, name, problems, may_be_empty=may_be_empty)


def _check_width(content: Content) -> None:
    """Refuse a header of very many columns before a table is made of it."""
    with content.open() as stream:
        text = stream.read(_PEEK).decode("utf-8", "replace")
    try:
        header = next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error:
        return
    if len(header) > MOST_COLUMNS:
        raise too_large(content.name, f"{len(header):,} columns", f"{MOST_COLUMNS:,} columns")


def _cells(table: pd.DataFrame, name: str, problems: list[Problem], *, may_be_empty: bool) -> Cells:
    header = tuple(str(cell) for cell in table.iloc[0])
    body = table.iloc[1:]
    rows = np.arange(2, len(body) + 2, dtype=np.int64)
    blank = blank_rows([body.iloc[:, number] for number in range(len(header))], len(body))
    if blank.any():
        body, rows = body[~blank], rows[~blank]
    if not len(rows) and not may_be_empty:
        raise InputError([*problems, Problem(name, "row 2", "", "at least one row below the header")])
    columns = tuple(body.iloc[:, number].reset_index(drop=True) for number in range(len(header)))
    return Cells(name, header, columns, rows, problems=tuple(problems))


def blank_rows(columns: list[pd.Series[Any]], count: int) -> NDArray[np.bool_]:
    """blank[row]: is every cell of a row empty?"""
    blank = np.ones(count, dtype=bool)
    for column in columns:
        if not blank.any():
            break
        blank &= np.asarray(column == "", dtype=bool)
    return blank


def _long_rows(content: Content) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a file some rows of which have more fields than its header, slowly: what is too much is reported."""
    batches: list[pd.DataFrame] = []
    header: list[str] = []
    batch: list[list[str]] = []
    examples: list[tuple[int, int]] = []
    count = 0
    for number, record in _records(content):
        header = header or record
        if len(record) > len(header):
            count += 1
            if len(examples) < EXAMPLES:
                examples.append((number, len(record)))
        batch.append((record + [""] * len(header))[: len(header)])
        if len(batch) == _BATCH:
            batches.append(pd.DataFrame(batch, dtype=str))
            batch = []
    if batch:
        batches.append(pd.DataFrame(batch, dtype=str))

    def problem(index: int) -> Problem:
        number, fields = examples[index]
        fix = "quote a value that contains a comma; write numbers as 1200, not 1,200"
        if len(header) == 1 and re.search(r"[;\t|]", header[0]):
            fix = SEMICOLONS
        return Problem(content.name, f"row {number}", f"{fields} fields", f"{len(header)}, as in the header", fix)

    table = pd.concat(batches, ignore_index=True)
    return table, capped(np.arange(count, dtype=np.int64), problem, "")


def _records(content: Content) -> Iterator[tuple[int, list[str]]]:
    with io.TextIOWrapper(content.open(), encoding="utf-8-sig", newline="") as lines:
        yield from enumerate(csv.reader(lines), start=1)


def _not_utf8(content: Content) -> Problem:
    expected, fix = "text in UTF-8", "save it as CSV in UTF-8"
    with content.open() as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return Problem(content.name, f"row {number}", f"byte 0x{line[error.start]:02x}", expected, fix)
    return Problem(content.name, "", "other bytes", expected, fix)


def _unparsable(name: str, message: str) -> Problem:
    quote = _OPEN_QUOTE.search(message)
    if quote:
        fix = 'close it, or write "" for a quote inside a value'
        return Problem(name, f"row {int(quote[1]) + 1}", "a quote that never ends", "a CSV file", fix)
    return Problem(name, "", message.removeprefix("Error tokenizing data. C error: ").strip(), "a CSV file")
