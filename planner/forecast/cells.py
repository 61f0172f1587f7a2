"""The table as it was handed in: header and columns of text (files) or of whatever a DataFrame holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.problems import InputError, Problem

EXAMPLES = 3
"""How many problems of one kind are spelt out before the rest are counted."""


@dataclass(frozen=True)
class Cells:
    """Header and columns of a table, and how to name a place in it."""

    file: str
    header: tuple[str, ...]
    columns: tuple[pd.Series[Any], ...]
    """columns[column][row], equally long: text for CSV and Excel, empty where a cell is; as they came for others."""
    rows: NDArray[np.int64]
    """rows[row]: the row of the file, counted from 1 with its header; or the position in a DataFrame, from 0."""
    is_frame: bool = False
    """A DataFrame, or Parquet: there is no row of headers, and rows are counted from 0."""
    header_number: int = 1
    """The row of the file that holds the header."""
    problems: tuple[Problem, ...] = ()
    """What was wrong with single rows and cells while reading."""
    told: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)
    """By column, told[row]: cells that `problems` speaks of already."""

    def place(self, row: int, column: int | str) -> str:
        """`row 12, column gpu_hours` for a row of `columns`, counted from 0."""
        name = column if isinstance(column, str) else self.header[column]
        counted = " (counted from 0)" if self.is_frame else ""
        return f"row {self.rows[row]}{counted}, column {name or '(without a name)'}"

    @property
    def header_row(self) -> str:
        """Where the header is: `row 1`; `columns` of a DataFrame."""
        return "columns" if self.is_frame else f"row {self.header_number}"

    def header_place(self, column: int) -> str:
        """`row 1, column gpu_hours`: the header of a column."""
        return f"{self.header_row}, column {self.header[column] or f'{column + 1} (without a name)'}"

    def untold(self, column: int) -> NDArray[np.bool_]:
        """untold[row]: cells of a column of which nothing has been said yet."""
        return ~self.told[column] if column in self.told else np.ones(len(self.rows), dtype=bool)


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


def cells_of_frame(frame: pd.DataFrame, name: str = "DataFrame") -> Cells:
    """A DataFrame's columns; an index of timestamps stands for a column `timestamp` where there is none.

    `name` is what problems call it. Raises InputError if there are no columns, or no rows.
    """
    if isinstance(frame.index, pd.DatetimeIndex) and not {"timestamp", "ds"} & set(map(str, frame.columns)):
        frame = frame.rename_axis(index="timestamp").reset_index()
    what = "DataFrame" if name == "DataFrame" else "file"
    header = tuple(str(column) for column in frame.columns)
    if not header:
        raise InputError([Problem(name, "columns", "", f"a forecast: the {what} has no columns")])
    if not len(frame):
        raise InputError([Problem(name, "", "", f"at least one row: the {what} is empty")])
    columns = tuple(frame.iloc[:, number].reset_index(drop=True) for number in range(len(header)))
    return Cells(name, header, columns, np.arange(len(frame), dtype=np.int64), is_frame=True)
