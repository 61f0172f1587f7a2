"""Parquet, looked at before it is read: a few bytes of it may stand for any number of rows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from planner.forecast.cells import Cells, cells_of_frame
from planner.forecast.content import MOST_BYTES, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, too_large
from planner.problems import InputError, Problem

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_LONGEST_TEXT = 10_000
_INDEX = re.compile("__index_level_[0-9]+__")
"""What pandas calls an index without a name."""


def cells_of_parquet(path: Path, name: str) -> Cells:
    """The columns of a Parquet file; an index of pandas is a column, too. Raises InputError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as stream:
            file = pq.ParquetFile(stream)
            _check_size(file, name)
            file = pq.ParquetFile(stream, read_dictionary=_text_columns(file.schema_arrow))
            table = file.read()
            table.validate(full=True)  # text that is none, which would fail only when it is looked at
            _check_text(table, name)
            # Without what pandas wrote about itself: nothing in the file decides what is done with it.
            frame = _plain(table).to_pandas(ignore_metadata=True)
    except FileNotFoundError:
        raise InputError([Problem(name, "", "", "a file of that name", "there is none")]) from None
    except (OSError, ValueError, KeyError, NotImplementedError, pa.ArrowException) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError([Problem(name, "", "", "a Parquet file that can be read", reason)]) from None
    return cells_of_frame(frame, name)


def _text_columns(schema: pa.Schema) -> list[str]:
    """Columns of text are read as a list of distinct values, so that repeating one takes no memory."""
    import pyarrow.types as types

    return [field.name for field in schema if types.is_string(field.type) or types.is_large_string(field.type)]


def _check_size(file: pq.ParquetFile, name: str) -> None:
    """Raises InputError for nested columns, and for more than can be planned with."""
    import pyarrow.types as types

    rows, columns = file.metadata.num_rows, len(file.schema_arrow)
    if columns > MOST_COLUMNS:
        raise too_large(name, f"{columns:,} columns", f"{MOST_COLUMNS:,} columns")
    if rows > MOST_ROWS:
        raise too_large(name, f"{rows:,} rows", f"{MOST_ROWS:,} rows")
    if rows * columns > MOST_CELLS:
        raise too_large(name, f"{rows * columns:,} cells", f"{MOST_CELLS:,} cells")
    problems = [
        Problem(name, f"column {field.name}", str(field.type)[:100], "times, text or numbers", "unnest it")
        for field in file.schema_arrow
        if types.is_nested(field.type)
    ]
    if problems:
        raise InputError(problems)


def _check_text(table: pa.Table, name: str) -> None:
    """Raises InputError where the text of a column, written out, would fill the memory."""
    import pyarrow.compute as pc
    import pyarrow.types as types

    for field in table.schema:
        if not types.is_dictionary(field.type):
            continue
        total = 0
        for chunk in table.column(field.name).chunks:
            lengths = pc.binary_length(chunk.dictionary)
            longest = pc.max(lengths).as_py() or 0
            if longest > _LONGEST_TEXT:
                place, expected = f"column {field.name}", f"text of at most {_LONGEST_TEXT:,} bytes"
                raise InputError([Problem(name, place, f"{longest:,} bytes in one cell", expected)])
            total += pc.sum(lengths.take(chunk.indices)).as_py() or 0
        if total > MOST_BYTES:
            raise too_large(name, f"{total:,} bytes in column {field.name}", f"{MOST_BYTES:,} bytes of text")


def _plain(table: pa.Table) -> pa.Table:
    """Text as text; an index without a name as `timestamp` where it can be that, and else left out."""
    import pyarrow as pa
    import pyarrow.types as types

    names: list[str] = []
    columns: list[pa.ChunkedArray] = []
    for number, field in enumerate(table.schema):
        name, column = field.name, table.column(number)
        if _INDEX.fullmatch(name):
            if not types.is_timestamp(field.type) or {"timestamp", "ds"} & set(table.schema.names):
                continue
            name = "timestamp"
        names.append(name)
        columns.append(column.cast(pa.large_string()) if types.is_dictionary(field.type) else column)
    return pa.Table.from_arrays(columns, names=names)
