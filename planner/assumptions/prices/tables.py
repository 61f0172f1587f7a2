"""Price lists in CSV: opened and looked at before anything is read, then row by row, however long they are."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from planner.assumptions.prices.quotes import Refused
from planner.problems import InputError, Problem, nearest

MOST_ROWS = 8_000_000
"""More is refused: no such list is that long, and a small compressed file can hold far more."""

_HEAD_ROWS = 20
_HEAD_CHARACTERS = 1_000_000

Record = list[str]


@dataclass(frozen=True)
class Columns:
    """Where the columns of a kind of list are in one file."""

    at: dict[str, int]
    width: int

    def get(self, record: Record, *names: str) -> str:
        """The cell below the first of these columns that there is, without blanks around; empty where there is none."""
        for name in names:
            place = self.at.get(name)
            if place is not None:
                return record[place].strip()
        return ""


@dataclass(frozen=True)
class Head:
    """The first rows of a file, as far as they can be read."""

    records: tuple[Record, ...]

    @property
    def header(self) -> Record:
        """The names of the columns: the row after AWS's lines about the list, else the first row."""
        aws = next((record for record in self.records if {"SKU", "TermType"} <= set(record)), None)
        return aws if aws is not None else next(iter(self.records), [])


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """The file as text (UTF-8), unpacked where it is a `.gz`."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as packed:
            yield io.TextIOWrapper(packed, encoding="utf-8-sig", newline="")
    else:
        with path.open(encoding="utf-8-sig", newline="") as plain:
            yield plain


@contextmanager
def reading(name: str) -> Iterator[list[int]]:
    """Say in the user's words why a file cannot be read. Gives a list whose only item is to be the current row."""
    row = [0]
    place = ""
    try:
        yield row
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError([Problem(name, "", "", "a file of that name", "there is none")]) from None
    except UnicodeDecodeError as error:
        place = f"after row {row[0]}" if row[0] else ""
        found = f"byte 0x{error.object[error.start]:02x}"
        raise InputError([Problem(name, place, found, "text in UTF-8", "save it as UTF-8")]) from None
    except csv.Error as error:
        place = f"row {row[0] + 1}"
        raise InputError([Problem(name, place, str(error), "a CSV file", "check quotes and commas here")]) from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it cannot be read"
        raise InputError([Problem(name, "", "", "a file that can be read", reason)]) from None


def head_of(path: Path, name: str) -> Head:
    """The first rows. Raises InputError for a file that cannot be read, or that is empty."""
    with reading(name), opened(path) as stream:
        text = stream.read(_HEAD_CHARACTERS)
    if not text.strip("\ufeff \r\n\t"):
        raise InputError([Problem(name, "", "an empty file", "a price list")])
    records: list[Record] = []
    try:
        for record in islice(csv.reader(io.StringIO(text, newline="")), _HEAD_ROWS):
            records.append(record)
    except csv.Error:
        pass  # what is wrong will be said, with its row, when the rows are read
    return Head(tuple([cell.strip() for cell in record] for record in records))


def columns_of(header: Record, required: Collection[str], name: str) -> Columns:
    """Find the columns. Raises InputError for those that are missing, or that are there twice."""
    problems = []
    for column in required:
        if header.count(column) > 1:
            problems.append(Problem(name, "header", f"the column {column} twice", "each column once"))
        if column not in header:
            others = [cell for cell in header if cell and cell not in required]
            problems.append(Problem(name, "header", "", f"a column {column}", nearest(column, others)))
    if problems:
        raise InputError(problems)
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        places.setdefault(column, place)
    return Columns(places, len(header))


def rows_of(path: Path, name: str, header: Record) -> Iterator[tuple[str, Record | Refused]]:
    """Every row below the header: its place, and its cells, or why it is no row. Raises InputError.

    A place is the line that the row begins in, the first line of the file being row 1.
    """
    width = len(header)
    below = False
    with reading(name) as current, opened(path) as stream:
        lines = csv.reader(stream, strict=True)
        for number, record in enumerate(lines):
            line, current[0] = current[0] + 1, lines.line_num
            if not below:
                below = [cell.strip() for cell in record] == header
            elif number > MOST_ROWS:
                raise InputError([Problem(name, f"row {line}", "", f"a list of at most {MOST_ROWS:,} rows")])
            elif len(record) == width:
                yield f"row {line}", record
            elif any(record):
                yield f"row {line}", Refused("not as many cells as the header has", f"{len(record)} of {width}")
