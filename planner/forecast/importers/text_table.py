"""Tables of text: CSV or pipe-separated, only the columns that are needed, each row with its place in the file."""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import pandas as pd

from planner.forecast.importers.common import EXAMPLES, Integers, Kind, Mask, shown
from planner.forecast.importers.sources import Source, other_kind, reading
from planner.problems import InputError, Problem, nearest

_BLOCK = 1 << 24
MOST_ROWS = 5_000_000
"""Rows beyond which files are refused: they are held in memory, a few hundred bytes each."""
_BROKEN = "\x1a"
"""Stands for bytes that are no UTF-8, as the control character SUBSTITUTE is meant to."""


@dataclass(frozen=True)
class Rows:
    """Rows of one or several files, as text."""

    columns: pd.DataFrame
    """columns[name]: text, empty where a cell is empty or the file has no such column."""
    rows: Integers
    """rows[row]: the row of its file, the header being row 1."""
    files: tuple[str, ...]
    file: Integers
    """file[row]: index into `files`."""
    present: frozenset[str]
    """Columns that every file has."""

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, row: int, column: str = "") -> str:
        """`row 12, column Start`."""
        return f"row {self.rows[row]}{f', column {column}' if column else ''}"

    def full_place(self, row: int) -> str:
        """`row 12`, with the file where there are several."""
        return self.place(row) if len(self.files) == 1 else f"{self.files[self.file[row]]} row {self.rows[row]}"

    def places(self, mask: Mask) -> list[str]:
        """Where the first few of the rows are."""
        return [self.full_place(int(row)) for row in np.flatnonzero(mask)[:EXAMPLES]]

    def select(self, mask: Mask) -> Rows:
        """Only these rows."""
        columns = self.columns[mask].reset_index(drop=True)
        return Rows(columns, self.rows[mask], self.files, self.file[mask], self.present)

    def problems(self, mask: Mask, column: str, expected: str, fix: str = "") -> list[Problem]:
        """One problem for each of the first few rows, and one that counts the rest."""
        wrong = np.flatnonzero(mask)
        found = []
        for row in wrong[:EXAMPLES].tolist():
            value = f"'{shown(self.columns[column].iloc[row])}'"
            found.append(Problem(self.files[self.file[row]], self.place(row, column), value, expected, fix))
        if len(wrong) > EXAMPLES:
            more = f"… and {len(wrong) - EXAMPLES:,} more"
            found.append(Problem(self.files[self.file[wrong[EXAMPLES]]], f"column {column}", more, expected))
        return found


@dataclass(frozen=True)
class Layout:
    """What a kind of table looks like, and which of its columns are read."""

    kind: Kind
    delimiter: str
    quoted: bool
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    how: str = ""
    """How to get a column that is missing."""


def read_rows(files: Sequence[Source], layout: Layout) -> Rows:
    """Read the columns of a layout from all files. Raises InputError with everything that is wrong with the tables."""
    parts, problems = [], list[Problem]()
    for source in files:
        try:
            header = read_header(source, layout)
            missing = missing_columns(source, header, layout)
            if missing:
                raise InputError(missing)
            parts.append(_read_text(source, header, layout))
            require_rows(source, sum(len(rows) for _, rows in parts))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return joined(parts, tuple(source.name for source in files), layout)


def joined(parts: list[tuple[pd.DataFrame, Integers]], names: tuple[str, ...], layout: Layout) -> Rows:
    """The rows of several files, one after the other."""
    wanted = [*layout.required, *layout.optional]
    present = frozenset(name for name in wanted if all(name in table for table, _ in parts))
    tables = [table.reindex(columns=wanted, fill_value="") for table, _ in parts]
    file = np.repeat(np.arange(len(parts)), [len(table) for table in tables]).astype(np.int64)
    columns = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    return Rows(columns, np.concatenate([rows for _, rows in parts]), names, file, present)


def read_header(source: Source, layout: Layout) -> list[str]:
    """The names of a table's columns. Raises InputError if there is no such table."""
    head = source.head()
    wrong = other_kind(source, layout.kind)
    try:
        text = head.decode("utf-8-sig", "replace")
        line = text.partition("\n")[0].rstrip("\r")
        header = next(csv.reader(io.StringIO(text))) if layout.quoted else line.split(layout.delimiter)
    except (csv.Error, StopIteration):
        text, header = "", [""]
    if wrong is not None and not set(layout.required) <= set(header):
        raise InputError([wrong])
    if b"\0" in head:
        raise InputError([Problem(source.name, "", "binary content", "text")])
    if "\n" not in text.rstrip():
        raise InputError([Problem(source.name, "row 2", "", "at least one row below the header")])
    return [name.strip() for name in header]


def missing_columns(source: Source, header: list[str], layout: Layout) -> list[Problem]:
    """Columns that are not there, or there more than once."""
    problems = []
    counts = Counter(header)
    for name in layout.required:
        if name not in counts:
            given = f"columns {shown(', '.join(header))}"
            fix = nearest(name, header) or layout.how.format(name=name)
            problems.append(Problem(source.name, "row 1", given, f"a column {name}", fix))
    for name in (*layout.required, *layout.optional):
        if counts[name] > 1:
            problems.append(
                Problem(source.name, f"row 1, column {name}", f"{counts[name]} columns of that name", "one")
            )
    return problems


class _Utf8(io.RawIOBase):
    """A stream without bytes that are no UTF-8: pyarrow prints a traceback on meeting them in a row that is no row."""

    def __init__(self, stream: IO[bytes], source: Source) -> None:
        self._stream = stream
        self._source = source
        self._lines = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes. Raises InputError after too many lines."""
        # A character begun in one chunk is finished in the next: up to 3 bytes more than were read.
        data = self._stream.read(max(size - 4, 1) if size >= 0 else -1)
        self._lines += data.count(b"\n")
        require_rows(self._source, self._lines)
        text = self._decoder.decode(data, final=not data)
        if data and not text:  # no end yet, although nothing is complete
            return self.read(size)
        return text.replace("\ufffd", _BROKEN).encode()


def require_rows(source: Source, count: int) -> None:
    """Raises InputError for more rows than can be held."""
    if count > MOST_ROWS:
        fix = "import a part of the time at once"
        raise InputError([Problem(source.name, "", f"more than {MOST_ROWS:,} rows", "fewer, in all files", fix)])


@dataclass
class _Invalid:
    """Rows with another number of cells than the header has."""

    blank: array[int] = field(default_factory=lambda: array("q"))
    """Rows with nothing in them."""
    wrong: array[int] = field(default_factory=lambda: array("q"))
    cells: list[int] = field(default_factory=list)
    """Of the first few `wrong` rows."""

    def note(self, row: Any) -> str:
        """Keep the row's number, for pyarrow to leave it out."""
        if row.text.strip():
            self.wrong.append(row.number)
            if len(self.cells) < EXAMPLES:
                self.cells.append(row.actual_columns)
        else:
            self.blank.append(row.number)
        return "skip"


def _read_text(source: Source, header: list[str], layout: Layout) -> tuple[pd.DataFrame, Integers]:
    """The needed columns as text, and the row of the file that each row is. Raises InputError."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    invalid = _Invalid()
    names = [name or f"\0{number}" for number, name in enumerate(header)]
    wanted = [name for name in (*layout.required, *layout.optional) if name in header]
    unique = [f"{name}\0{number}" if name not in wanted else name for number, name in enumerate(names)]
    try:
        with reading(source), source.open() as stream:
            table = arrow_csv.read_csv(
                _Utf8(stream, source),
                # One thread: rows that do not fit have their number only then.
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=_BLOCK, column_names=unique, skip_rows_after_names=1
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=layout.delimiter,
                    quote_char='"' if layout.quoted else False,
                    newlines_in_values=layout.quoted,
                    ignore_empty_lines=False,
                    invalid_row_handler=invalid.note,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, pa.string()),
                    strings_can_be_null=False,
                ),
            )
    except pa.ArrowInvalid as error:
        raise InputError([_unreadable(source, str(error))]) from None
    if invalid.wrong:
        raise InputError(_wrong_width(source, invalid, len(header), layout))
    rows = np.arange(2, table.num_rows + len(invalid.blank) + 2, dtype=np.int64)
    rows = rows[~np.isin(rows, np.array(invalid.blank, dtype=np.int64))]
    if not len(rows):
        raise InputError([Problem(source.name, "row 2", "", "at least one row below the header")])
    frame = pd.DataFrame({name: table.column(name).to_pandas().astype("str").str.strip() for name in wanted})
    _require_text(source, frame, rows)
    return frame, rows


def _require_text(source: Source, frame: pd.DataFrame, rows: Integers) -> None:
    """Raises InputError where a cell that is needed is no UTF-8."""
    for name in frame.columns:
        broken = np.flatnonzero(frame[name].str.contains(_BROKEN, regex=False))
        if len(broken):
            place, value = f"row {rows[broken[0]]}, column {name}", f"'{shown(frame[name].iloc[broken[0]])}'"
            more = f" (and {len(broken) - 1:,} more)" if len(broken) > 1 else ""
            fix = "save the file in UTF-8"
            raise InputError([Problem(source.name, place, value.replace(_BROKEN, "�") + more, "text in UTF-8", fix)])


def _wrong_width(source: Source, invalid: _Invalid, width: int, layout: Layout) -> list[Problem]:
    fix = "is the file whole?"
    if not layout.quoted:
        fix = "a job's name or comment with | in it moves all that follows: leave such columns out of --format"
    expected = f"{width}, as in the header"
    problems = [
        Problem(source.name, f"row {number}", f"{cells} fields", expected, fix)
        for number, cells in zip(invalid.wrong, invalid.cells, strict=False)
    ]
    if len(invalid.wrong) > EXAMPLES:
        problems.append(Problem(source.name, "", f"… and {len(invalid.wrong) - EXAMPLES:,} more rows", expected))
    return problems


def _unreadable(source: Source, message: str) -> Problem:
    if "straddling" in message:
        return Problem(source.name, "", f"a row longer than {_BLOCK >> 20} MiB", "a table with rows of usual length")
    return Problem(source.name, "", shown(message), "a table that can be read")
