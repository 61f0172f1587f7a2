"""The tables of a report, once for all its forms: page, Markdown and workbook show the same cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from planner.terminal.text import NONE, at_most_percent, clean, decimals_for, gpu_hours, money, number, percent, price

Cell = str | float | None


class Kind(StrEnum):
    """What a column holds; says how a cell is written."""

    TEXT = "text"
    MONEY = "money"
    PRICE = "price"
    COUNT = "count"
    HOURS = "hours"
    SHARE = "share"
    GAP = "gap"
    """A share that is proven to be at most that."""

    @property
    def is_number(self) -> bool:
        """Does it stand to the right, as a figure?"""
        return self is not Kind.TEXT


@dataclass(frozen=True)
class Column:
    """A column with its head; a unit belongs into the head."""

    head: str
    kind: Kind = Kind.TEXT
    summed: bool = False
    """Has the table's last row its sum?"""
    product: tuple[int, int] | None = None
    """Columns whose product each cell is: a formula in the workbook."""


@dataclass(frozen=True)
class Table:
    """A table with a caption. Where a column is summed, the sum is a row that `rows` does not hold."""

    name: str
    """Short, unique: a worksheet's name and an anchor on the page."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @property
    def total(self) -> tuple[Cell, ...] | None:
        """The last row with the sums, or None where nothing is summed."""
        if not any(column.summed for column in self.columns):
            return None
        sums: list[Cell] = [
            math.fsum(_value(row[index]) for row in self.rows) if column.summed else None
            for index, column in enumerate(self.columns)
        ]
        sums[0] = "total" if sums[0] is None else sums[0]
        return tuple(sums)

    def texts(self) -> list[list[str]]:
        """The cells as text, with the row of sums."""
        rows = [*self.rows, *([self.total] if self.total is not None else [])]
        places = [
            decimals_for(_value(row[index]) for row in rows) if column.kind is Kind.MONEY else 0
            for index, column in enumerate(self.columns)
        ]
        return [
            [_text(cell, column.kind, place) for cell, column, place in zip(row, self.columns, places, strict=True)]
            for row in rows
        ]


def table(name: str, caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], note: str = "") -> Table:
    """A table from rows of any sequence."""
    return Table(name, caption, tuple(columns), tuple(tuple(row) for row in rows), note)


def _value(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) and math.isfinite(cell) else 0.0


def _text(cell: Cell, kind: Kind, places: int) -> str:
    if isinstance(cell, str):
        return clean(cell)
    if cell is None or not math.isfinite(cell):
        return NONE
    match kind:
        case Kind.MONEY:
            return money(cell, decimals=places)
        case Kind.PRICE:
            return price(cell)
        case Kind.HOURS:
            return gpu_hours(cell)
        case Kind.SHARE:
            return percent(cell)
        case Kind.GAP:
            return at_most_percent(cell)
    return number(cell)
