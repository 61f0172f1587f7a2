"""The values of a sheet as text, by python-calamine.

Of damaged .xls files calamine may ask for more memory than there is, which ends the process. They are read in a process
of their own: `python -m planner.forecast.workbook_values FILE [SHEET]` writes the values as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

_MOST_WHOLE = 2**53
_MOST_MEMORY = 4 * 2**30
_SECONDS = 60

Corner = tuple[int, int]


@dataclass(frozen=True)
class Values:
    """The values of one sheet."""

    names: tuple[str, ...]
    """All sheets, charts left out."""
    title: str
    """The sheet that was read; empty if there is none of that name."""
    rows: Iterable[list[str]] = ()
    """Equally long, from the first row of the sheet on."""
    left: int = 0
    """The column in which rows begin, from 0."""
    merged: tuple[tuple[Corner, Corner], ...] = ()
    """First and last cell of merged ranges: row and column, from 0."""


class UnreadableError(Exception):
    """calamine cannot read it."""


def read_values(stream: IO[bytes], sheet: str | None, look: Callable[[str], None] = lambda _: None) -> Values:
    """One sheet, the first if none is named; `look` is told its name before it is read. Raises UnreadableError."""
    import python_calamine

    try:
        book = python_calamine.load_workbook(stream)
        kind = python_calamine.SheetTypeEnum.WorkSheet
        names = tuple(entry.name for entry in book.sheets_metadata if entry.typ == kind)
        title = next(iter(names), "") if sheet is None else sheet
        if title not in names:
            return Values(names, "")
        look(title)
        found = book.get_sheet_by_name(title)
    except python_calamine.CalamineError as error:
        raise UnreadableError(str(error)) from None
    except BaseException as error:
        # calamine is written in Rust, and may panic: an exception whose class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableError("it is damaged") from None
    rows = ([as_text(value) for value in row] for row in found.iter_rows())
    merged = tuple(found.merged_cell_ranges or ())
    return Values(names, title, rows, found.start[1] if found.start else 0, merged)


def read_values_apart(path: Path, sheet: str | None) -> Values:
    """The same in a process of its own. Raises UnreadableError."""
    command = [sys.executable, "-m", __name__, str(path.absolute()), *([] if sheet is None else [sheet])]
    try:
        result = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise UnreadableError(f"it takes longer than {_SECONDS} seconds") from None
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    if result.returncode != 0:
        raise UnreadableError("it is damaged")
    content = json.loads(result.stdout)
    if "unreadable" in content:
        raise UnreadableError(content["unreadable"])
    merged = tuple((tuple(first), tuple(last)) for first, last in content["merged"])
    return Values(tuple(content["names"]), content["title"], content["rows"], content["left"], merged)


def as_text(value: Any) -> str:
    """A cell as it would stand in a CSV file.

    >>> as_text(1200.0), as_text(0.1), as_text(datetime(2027, 1, 1)), as_text(True)
    ('1200', '0.1', '2027-01-01', 'TRUE')
    """
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < _MOST_WHOLE else repr(value)
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
    return str(value)


def _moment(value: datetime) -> str:
    try:
        # Days as floating-point numbers miss the second by a little.
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0)
    except OverflowError:
        return value.isoformat()
    return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()


def main(path: str, sheet: str | None = None) -> None:
    """Write the values of a sheet to standard output."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    try:
        with open(path, "rb") as stream:
            values = read_values(stream, sheet)
            json.dump({**vars(values), "rows": list(values.rows)}, sys.stdout)
    except UnreadableError as error:
        json.dump({"unreadable": str(error)}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
