"""The columns of FOCUS bills that are read, as text, out of CSV and Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from planner.forecast.importers.common import Integers, shown
from planner.forecast.importers.sources import Source, reading
from planner.forecast.importers.text_table import Layout, Rows, joined, missing_columns, read_rows, require_rows
from planner.problems import InputError, Problem


def read_bill(files: Sequence[Source], layout: Layout) -> Rows:
    """The rows of all files. Raises InputError with everything that is wrong with the tables."""
    parts: list[tuple[pd.DataFrame, Integers]] = []
    problems = list[Problem]()
    for source in files:
        try:
            if source.head().startswith(b"PAR1"):
                parts.append(_read_parquet(source, layout))
            else:
                rows = read_rows([source], layout)
                parts.append((rows.columns[[name for name in rows.columns if name in rows.present]], rows.rows))
            require_rows(source, sum(len(rows) for _, rows in parts))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return joined(parts, tuple(source.name for source in files), layout)


def _read_parquet(source: Source, layout: Layout) -> tuple[pd.DataFrame, Integers]:
    """The needed columns of a Parquet file; rows are counted as if there were a header, from 2."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with reading(source), source.open() as stream:
            file = parquet.ParquetFile(stream)
            header = [str(name) for name in file.schema_arrow.names]
            problems = missing_columns(source, header, layout)
            if problems:
                raise InputError(problems)
            require_rows(source, file.metadata.num_rows)
            table = file.read(columns=[name for name in (*layout.required, *layout.optional) if name in header])
    except (pa.ArrowException, OSError) as error:
        raise InputError([Problem(source.name, "", shown(error), "a Parquet file that can be read")]) from None
    if not table.num_rows:
        raise InputError([Problem(source.name, "", "", "at least one row")])
    columns = {name: _text(table.column(name)) for name in table.column_names}
    return pd.DataFrame(columns), np.arange(2, table.num_rows + 2, dtype=np.int64)


def _text(column: Any) -> pd.Series[str]:
    """A column of any type as text: times as in ISO 8601 (naive ones are UTC), maps and structs as JSON."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        times = pd.to_datetime(column.to_pandas(), utc=True).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return pd.Series(times.fillna(""), dtype="str")
    if pa.types.is_map(kind):
        return _json([None if pairs is None else dict(pairs) for pairs in column.to_pylist()])
    if pa.types.is_nested(kind):
        return _json(column.to_pylist())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        return pd.Series(["" if value is None else str(value) for value in column.to_pylist()], dtype="str")
    return pd.Series(column.cast(pa.string()).fill_null("").to_pandas(), dtype="str").str.strip()


def _json(values: list[Any]) -> pd.Series[str]:
    return pd.Series(["" if value is None else json.dumps(value, default=str) for value in values], dtype="str")
