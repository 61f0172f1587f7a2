"""Reading a schedule: rows of orders, commitments, money promised and sales, as a plan's own tables have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from planner.csv_text import without_formula
from planner.problems import InputError, Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

    from planner.forecast.cells import Cells


class Kind(StrEnum):
    """What a row does; the values name the tables of a plan that hold such rows."""

    ORDER = "purchases"
    COMMITMENT = "commitments"
    PROMISE = "spend_commitments"
    SALE = "sales"


NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.ORDER: ("period", "site", "server", "count"),
    Kind.COMMITMENT: ("period", "offer", "option", "count"),
    Kind.PROMISE: ("period", "name", "amount_per_hour"),
    Kind.SALE: ("period", "site", "server", "count", "acquired"),
}
"""The columns that say what a row does."""

_ONLY = {
    "server": Kind.ORDER,
    "site": Kind.ORDER,
    "offer": Kind.COMMITMENT,
    "option": Kind.COMMITMENT,
    "name": Kind.PROMISE,
    "amount_per_hour": Kind.PROMISE,
}
"""Column → the kind of a row in which it is filled; a row of an order in which `acquired` is filled is a sale."""

_IGNORED = ("gpus", "in_service", "until", "cost", "amount")
"""Columns of a plan's tables that follow from the others."""

_COLUMNS = tuple(dict.fromkeys(name for names in NEEDED.values() for name in names))


@dataclass(frozen=True)
class Entry:
    """One row of a schedule."""

    kind: Kind
    file: str
    row: str
    """`row 12`, as problems name it."""
    period: str
    owner: str
    """Server, offer, or name of the spend commitment."""
    place: str
    """Site, or option; empty for money promised."""
    count: float
    """Units; currency per hour for money promised."""
    acquired: str = ""
    """Of a sale: the period of the order, or `fleet 1`."""

    def problem(self, column: str, value: str, expected: str, fix: str = "") -> Problem:
        """What is wrong with one of its cells."""
        return Problem(self.file, f"{self.row}, column {column}", value, expected, fix)


@dataclass(frozen=True)
class Read:
    """The rows that could be read, and what is wrong with the others."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read_schedule(sources: list[str | Path | pd.DataFrame]) -> Read:
    """All rows of files (CSV, Parquet, Excel), of frames, and of the tables in folders of plans."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for source in [part for given in sources for part in _tables(given, problems)]:
        try:
            found, wrong = _entries(_cells(source))
        except InputError as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(str(source), "", error.strerror or str(error), "a file that can be read"))
        else:
            entries += found
            problems += wrong
    return Read(tuple(entries), tuple(problems))


def _tables(source: str | Path | pd.DataFrame, problems: list[Problem]) -> Iterator[str | Path | pd.DataFrame]:
    """The files of a folder; anything else as it is."""
    if not isinstance(source, str | Path) or not Path(source).is_dir():
        yield source
        return
    files = [path for kind in Kind if (path := Path(source) / f"{kind.value}.csv").is_file()]
    if not files:
        expected = f"a folder with {', '.join(f'{kind.value}.csv' for kind in Kind)}, or some of them"
        problems.append(Problem(str(source), "", "none of these files", expected))
    yield from files


def _cells(source: str | Path | pd.DataFrame) -> Cells:
    import numpy as np

    from planner.forecast.cells import Cells
    from planner.forecast.files import cells_of_file

    if isinstance(source, str | Path):
        return cells_of_file(source, may_be_empty=True)
    columns = tuple(source.iloc[:, number].reset_index(drop=True) for number in range(source.shape[1]))
    header = tuple(str(name) for name in source.columns)
    return Cells("schedule", header, columns, np.arange(len(source), dtype=np.int64), is_frame=True)


def _entries(cells: Cells) -> tuple[list[Entry], list[Problem]]:
    from planner.forecast.values import as_text

    header = [name.strip() for name in cells.header]
    problems = [*cells.problems, *_header_problems(cells, header)]
    if not _says_something(header) or any(header.count(name) > 1 for name in _COLUMNS):
        return [], problems  # row by row it would only be said again
    texts = {name: as_text(cells.columns[header.index(name)]).tolist() for name in _COLUMNS if name in header}
    entries = []
    for number in range(len(cells.rows)):
        row = {name: _as_named(texts[name][number]) for name in texts}
        made = _entry(cells, number, row)
        if isinstance(made, Entry):
            entries.append(made)
        else:
            problems += made
    return entries, problems


def _header_problems(cells: Cells, header: list[str]) -> Iterator[Problem]:
    from planner.forecast.csv_file import SEMICOLONS

    known = (*_COLUMNS, *_IGNORED)
    for column, name in enumerate(header):
        if name not in known and (fix := nearest(name, known)):
            yield Problem(cells.file, cells.header_place(column), name, "a column of a schedule", fix)
    for name in _COLUMNS:
        if header.count(name) > 1:
            yield Problem(cells.file, cells.header_row, f"{header.count(name)} columns {name}", "one")
    if not _says_something(header):
        ways = "; or ".join(", ".join(NEEDED[kind]) for kind in (Kind.ORDER, Kind.COMMITMENT, Kind.PROMISE))
        expected = f"columns {ways}; and acquired for sales"
        fix = SEMICOLONS if len(header) == 1 and ";" in header[0] else ""
        yield Problem(cells.file, cells.header_row, ", ".join(header), expected, fix)


def _says_something(header: Sequence[str]) -> bool:
    """Has it the columns of at least one kind of row?"""
    return any(set(needed) <= set(header) for needed in NEEDED.values())


def _entry(cells: Cells, number: int, row: Mapping[str, str]) -> Entry | list[Problem]:
    """The row as an entry, or what is wrong with it."""

    def problem(column: str, value: str, expected: str) -> Problem:
        return Problem(cells.file, cells.place(number, column), value, expected)

    filled = [name for name in _ONLY if row.get(name)]
    kinds = {_ONLY[name] for name in filled}
    if len(kinds) != 1:
        found = " and ".join(filled) or "neither server, offer nor name"
        return [problem("server", found, "an order, a commitment, money promised or a sale in each row")]
    (kind,) = kinds
    kind = Kind.SALE if kind is Kind.ORDER and row.get("acquired") else kind
    needed = NEEDED[kind]
    problems = [
        problem(name, "", f"a value: {_a(kind)} has {', '.join(needed)}") for name in needed if not row.get(name)
    ]
    if kind in (Kind.COMMITMENT, Kind.PROMISE) and row.get("acquired"):
        problems.append(problem("acquired", row["acquired"], f"nothing: only servers are sold, this is {_a(kind)}"))
    amount = "amount_per_hour" if kind is Kind.PROMISE else "count"
    count = _number(row.get(amount, ""))
    if row.get(amount) and count is None:
        problems.append(problem(amount, row[amount], "a number of 0 or above, digits only, such as 12"))
    if problems or count is None:
        return problems
    owner, place = {
        Kind.COMMITMENT: ("offer", "option"),
        Kind.PROMISE: ("name", ""),
    }.get(kind, ("server", "site"))
    where = cells.place(number, "").partition(",")[0]
    return Entry(kind, cells.file, where, row["period"], row[owner], row.get(place, ""), count, row.get("acquired", ""))


def _as_named(text: str) -> str:
    """A cell of a plan's table without the apostrophe that keeps spreadsheets from calculating it."""
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text


def _a(kind: Kind) -> str:
    return {
        Kind.ORDER: "an order",
        Kind.COMMITMENT: "a commitment",
        Kind.PROMISE: "money promised",
        Kind.SALE: "a sale",
    }[kind]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < _ENDLESS else None


_ENDLESS = 1e100
"""Amounts from this one on are taken for infinite."""
