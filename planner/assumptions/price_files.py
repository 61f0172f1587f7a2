"""Reading the files of prices that assumptions name (docs/formats.md, Files of prices).

What is wrong with a file is said with its row; what needs the horizon is left to `planner.price_paths`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.assumptions.complete import FileOf
from planner.assumptions.explain import number_fix
from planner.assumptions.figures import Figure, Tree, bare, dotted
from planner.assumptions.loaded import Source
from planner.assumptions.price_file import ON_DEMAND, ONLY, SPOT, PriceFile, TimedPrices, hourly_of, upfront_of
from planner.assumptions.values import is_no
from planner.problems import InputError, Problem, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.forecast.cells import Cells

_PERIOD, _TIMESTAMP, _OPTION, _PRICE = "period", "timestamp", "option", "price"
_FILE_LIKE = re.compile(r"\.[A-Za-z]")
_NO_PRICE = "every row has a price; leave a row out where nothing is sold"


@dataclass
class PriceFiles:
    """What came of reading all files of prices."""

    files: dict[str, PriceFile] = field(default_factory=dict)
    """By the dotted key that names the file, such as `servers.hgx-h100-8.prices`."""
    problems: list[Problem] = field(default_factory=list)


def read_price_files(tree: Tree, file_of: FileOf, folder: Path) -> PriceFiles:
    """Read every file of prices that the tree names.

    Where the tree has no price, or the catalogue's, and the file has one, the file's first stands in its place, in
    place: it is what the checks see, and no figure of the catalogue that the plan does not use is called one.
    """
    result = PriceFiles()
    for section, key in (("sites", "electricity_price"), ("servers", "prices"), ("cloud", "prices")):
        for name, entry in _entries(tree.get(section)):
            said = bare(entry.get(key))
            if not isinstance(said, str) or is_no(said) or not said:
                continue
            path = (section, name, key)
            try:
                read = _read(section, entry, said, folder)
            except InputError as error:
                # A problem of the whole file, such as that there is none, is told at the key that names it.
                fix = number_fix(Path(said).name) if key == "electricity_price" and not _FILE_LIKE.search(said) else ""
                result.problems += [
                    problem if problem.place else _of_file(problem, file_of(path), dotted(path), said, fix)
                    for problem in error.problems
                ]
                if section == "servers":
                    # So that its absence is no second problem; nothing is planned with it.
                    entry.setdefault(_PRICE, 1.0)
                continue
            result.files[dotted(path)] = read
            for what, prices in read.by_period.items():
                _stand_in(entry, _place(section, what), Figure(next(iter(prices.values())), Source(said)))
    return result


def _entries(section: Any) -> Iterator[tuple[str, Tree]]:
    if isinstance(section, dict):
        yield from [(name, entry) for name, entry in section.items() if isinstance(entry, dict)]


def _of_file(problem: Problem, file: str, place: str, said: str, number: str) -> Problem:
    if number:
        return Problem(file, place, f"'{said}'", "a number, or the name of a CSV file of prices", number)
    return replace(problem, file=file, place=place, value=f"'{said}'")


def _place(section: str, what: str) -> tuple[str, ...]:
    """Where in its entry the price stands that a file replaces; () where the key is the file's name."""
    if section == "cloud":
        option, _, part = what.rpartition(".")
        return {ON_DEMAND: (ON_DEMAND,), SPOT: (SPOT, _PRICE)}.get(what) or ("reserved", option, part)
    return (_PRICE,) if section == "servers" else ()


def _stand_in(entry: Tree, place: tuple[str, ...], price: Figure) -> None:
    if not place:
        return
    for name in place[:-1]:
        below = entry.setdefault(name, {})
        if not isinstance(below, dict):
            return
        entry = below
    old = entry.get(place[-1])
    if old is None or (isinstance(old, Figure) and old.catalogue):
        entry[place[-1]] = price


def _read(section: str, entry: Tree, said: str, folder: Path) -> PriceFile:
    """One file. Raises InputError."""
    from planner.forecast.content import content_of_file
    from planner.forecast.files import cells_of_text_file

    cells = cells_of_text_file(folder / said, said, "file of prices")
    columns = {"cloud": (_OPTION, _PERIOD, _PRICE)}.get(section, (_PERIOD, _PRICE))
    if section == "sites" and _TIMESTAMP in cells.header:
        columns = (_TIMESTAMP, _PRICE)
    problems = [*cells.problems, *_wrong_columns(cells, columns, (_TIMESTAMP,) if section == "sites" else ())]
    if problems:
        raise InputError(problems)
    prices, problems = _prices(cells, zero=section == "sites")
    with content_of_file(folder / said, said).open() as stream:
        text = stream.read().decode("utf-8-sig")
    if _TIMESTAMP in columns:
        timed = _timed(cells, prices, problems)
        return PriceFile(said, text, {}, timed)
    names = _names(cells, entry, problems) if section == "cloud" else [ONLY] * len(cells.rows)
    return PriceFile(said, text, _by_period(cells, names, prices, problems))


def _wrong_columns(cells: Cells, columns: tuple[str, ...], instead: tuple[str, ...]) -> list[Problem]:
    """Columns that are missing, unknown, or there twice. `instead`: what may stand in place of the first."""
    problems = []
    unknown = [name for name in cells.header if name not in columns]
    for column in columns:
        if column not in cells.header:
            choice = " or ".join((column, *instead)) if column == columns[0] else column
            value = f"columns {', '.join(cells.header)}"
            problems.append(
                Problem(cells.file, cells.header_row, value, f"a column {choice}", nearest(column, unknown))
            )
    expected = f"the columns {', '.join(columns)} alone"
    problems += [
        Problem(cells.file, cells.header_place(number), "", expected, "remove it")
        for number, name in enumerate(cells.header)
        if name not in columns or name in cells.header[:number]
    ]
    return problems


def _prices(cells: Cells, *, zero: bool) -> tuple[NDArray[np.float64], list[Problem]]:
    """prices[row], and a problem for each cell that is none; 0 is one only where `zero`."""
    import numpy as np

    from planner.forecast.cells import capped
    from planner.forecast.values import numbers

    column = cells.header.index(_PRICE)
    prices, problems = numbers(cells, column, _NO_PRICE)
    nothing = np.flatnonzero((prices == 0) & (not zero))
    return prices, problems + capped(
        nothing, lambda row: Problem(cells.file, cells.place(row, column), "0", "a number above 0"), f"column {_PRICE}"
    )


def _timed(cells: Cells, prices: NDArray[np.float64], problems: list[Problem]) -> TimedPrices:
    """Prices by timestamp, which must be regular: steps of an hour or longer. Raises InputError."""
    import numpy as np

    from planner.forecast.intervals import infer
    from planner.forecast.regular import Rows, regular
    from planner.forecast.values import moments

    column = cells.header.index(_TIMESTAMP)
    times, wrong = moments(cells, column)
    problems += wrong
    if problems:
        raise InputError(problems)
    rows = np.arange(len(times), dtype=np.int64)
    found = regular(Rows(cells, column, times, np.zeros_like(rows), rows, ("",)))
    problems += [replace(problem, fix="") for problem in found.problems]
    interval = infer(np.sort(times)) if not problems else None
    if not problems and interval is None:
        expected = "two timestamps or more, so that it is known how long a price holds"
        problems.append(Problem(cells.file, cells.place(0, column), "a single timestamp", expected))
    if interval is not None and (interval.minutes or 60) < 60:
        expected = "steps of an hour or longer"
        problems.append(Problem(cells.file, f"column {_TIMESTAMP}", f"steps of {interval}", expected))
    if problems:
        raise InputError(problems)
    order = np.argsort(times)
    return TimedPrices(times[order], prices[order])


def _names(cells: Cells, offer: Tree, problems: list[Problem]) -> list[str]:
    """names[row]: which price of the offer a row gives; what is none of them goes to `problems`."""
    import numpy as np

    from planner.forecast.cells import capped
    from planner.forecast.values import as_text

    known = _priced(offer)
    column = cells.header.index(_OPTION)
    said = [str(name) for name in as_text(cells.columns[column])]
    listed = ", ".join(known) or "it has none"

    def problem(row: int) -> Problem:
        expected, fix = f"a price of this offer ({listed})", nearest(said[row], known)
        if upfront_of(said[row]) in known:
            fix = f"say which of its prices: write {upfront_of(said[row])} or {hourly_of(said[row])}"
        return Problem(cells.file, cells.place(row, column), f"'{said[row]}'", expected, fix)

    unknown = np.array([row for row, name in enumerate(said) if name not in known], dtype=np.int64)
    problems += capped(unknown, problem, f"column {_OPTION}")
    return [known.get(name, "") for name in said]


def _priced(offer: Tree) -> dict[str, str]:
    """What a file may call the prices of an offer → what they are called in `PriceFile.by_period`."""
    known: dict[str, str] = {}
    for option, terms in _entries(offer.get("reserved")):
        upfront, hourly = bare(terms.get("upfront")) or 0, bare(terms.get("hourly")) or 0
        known |= {name: name for name in (upfront_of(option), hourly_of(option))}
        if (upfront == 0) != (hourly == 0):
            known[option] = hourly_of(option) if upfront == 0 else upfront_of(option)
    return known | {ON_DEMAND: ON_DEMAND, SPOT: SPOT}


def _by_period(
    cells: Cells, names: list[str], prices: NDArray[np.float64], problems: list[Problem]
) -> Mapping[str, Mapping[str, float]]:
    """Name → label → price, each once. Raises InputError with `problems` and what is wrong here."""
    import numpy as np

    from planner.forecast.cells import capped
    from planner.forecast.values import as_text

    column = cells.header.index(_PERIOD)
    labels = [str(label) for label in as_text(cells.columns[column])]
    result: dict[str, dict[str, float]] = {}
    first: dict[tuple[str, str], int] = {}
    again = []
    for row, place in enumerate(zip(names, labels, strict=True)):
        if first.setdefault(place, row) != row:
            again.append(row)
        result.setdefault(names[row], {})[labels[row]] = float(prices[row])

    def empty(row: int) -> Problem:
        return Problem(cells.file, cells.place(row, column), "", "the label of a period, such as 2027-04")

    def twice(row: int) -> Problem:
        value = f"{labels[row]}, as in row {cells.rows[first[names[row], labels[row]]]}"
        return Problem(cells.file, cells.place(row, column), value, "each period once for each price")

    blank = np.array([row for row, label in enumerate(labels) if not label], dtype=np.int64)
    repeated = np.array([row for row in again if labels[row]], dtype=np.int64)
    problems += capped(blank, empty, f"column {_PERIOD}") + capped(repeated, twice, f"column {_PERIOD}")
    if problems:
        raise InputError(problems)
    return result
