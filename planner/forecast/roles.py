"""Which column of a forecast is what: long or wide form, and what is counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from planner.forecast.cells import EXAMPLES, Cells, listed
from planner.forecast.demand import Quantity
from planner.problems import Problem, nearest

_TIMES = ("timestamp", "ds")
_WORKLOADS = ("workload", "unique_id")
_TOKENS = ("input_tokens", "output_tokens")
_QUANTITIES = ("gpu_hours", "gpus", *_TOKENS, "requests")
RESERVED = (*_TIMES, *_WORKLOADS, "scenario", *_QUANTITIES)
"""Names that mean something; in wide form every other name is a workload."""

_LIKE_TIME = ("time", "date", "datetime", "month", "day", "hour", "period", "start", "index")
_LIKE_QUANTITY = ("y", "value", "values", "amount", "demand", "usage", "count", "total", "gpu", "tokens", "hours")
_QUANTITY_TEXT = "gpu_hours, gpus, input_tokens and/or output_tokens, or requests"
_ALMOST = 0.93
"""Similarity from which a name is taken for a misspelt one (`gpu_hour` 0.94, but not a workload `gpus2` 0.89)."""


@dataclass(frozen=True)
class Roles:
    """Columns, by their number, and what they are."""

    time: int | None
    """None: a problem has been told."""
    workload: int | None
    scenario: int | None
    quantity: Quantity
    amounts: tuple[int, ...]
    """Long form: the quantity's columns, none where that is a problem; wide form: one per workload."""
    names: tuple[str, ...]
    """The proper names of `amounts`: quantity columns, or workloads."""
    wide: bool


@dataclass(frozen=True)
class Reading:
    """What the header says, and what is wrong with it."""

    roles: Roles | None
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()


def read_header(cells: Cells) -> Reading:
    """Find every column's role. Misspelt columns are problems, and yet used as what they were meant to be."""
    problems = _duplicates(cells)
    meant: dict[str, int] = {}
    other: list[int] = []
    for number, name in enumerate(cells.header):
        if name in RESERVED:
            meant.setdefault(name, number)
    for number, name in enumerate(cells.header):
        proper = _meant(name)
        if proper is None:
            other.append(number)
        elif name != proper:
            meant.setdefault(proper, number)
            place, fix = cells.header_place(number), f"did you mean '{proper}'?"
            problems.append(Problem(cells.file, place, f"'{name}'", "a name that is known", fix))
    time = _one_of(cells, meant, _TIMES, problems)
    workload = _one_of(cells, meant, _WORKLOADS, problems)
    present = [name for name in _QUANTITIES if name in meant]
    wide = not present and workload is None
    if time is None:
        time = _no_time(cells, other, problems)
    if wide:
        return _wide(cells, time, meant.get("scenario"), other, problems)
    if not present:
        _no_quantity(cells, other, problems)
    problems += _unknown(cells, other)
    quantity, used = _quantity(cells, present, problems)
    amounts = tuple(meant[name] for name in used)
    return Reading(Roles(time, workload, meant.get("scenario"), quantity, amounts, used, wide=False), tuple(problems))


def _meant(name: str) -> str | None:
    """The reserved name that a header is, or almost is."""
    plain = re.sub(r"[\s\-_]+", "_", name.strip().lower())
    if plain in RESERVED:
        return plain
    for reserved in RESERVED:
        if SequenceMatcher(None, plain, reserved).ratio() >= _ALMOST:
            return reserved
    return None


def _duplicates(cells: Cells) -> list[Problem]:
    return [
        Problem(cells.file, f"{cells.header_row}, column {name}", f"{count} columns of that name", "one")
        for name, count in Counter(cells.header).items()
        if count > 1 and name
    ]


def _one_of(cells: Cells, meant: dict[str, int], names: tuple[str, ...], problems: list[Problem]) -> int | None:
    found = [name for name in names if name in meant]
    if len(found) > 1:
        problems.append(Problem(cells.file, cells.header_row, " and ".join(found), f"one of {' and '.join(names)}"))
    return meant[found[0]] if found else None


def _columns(cells: Cells) -> str:
    return f"columns {listed([name or '(without a name)' for name in cells.header], 8)}"


def _no_time(cells: Cells, other: list[int], problems: list[Problem]) -> int | None:
    """A missing time column is a problem; the column that must be meant is taken out of `other` and returned."""
    fix = ""
    meant = next((number for number in other if cells.header[number].strip().lower() in _LIKE_TIME), None)
    close = nearest("timestamp", [cells.header[number] for number in other])
    if re.match(r"\d{4}-\d\d", cells.header[0]):
        fix = "the first row must be a header: timestamp,workload,gpu_hours"
    elif len(cells.header) == 1 and re.search(r"[;\t|]", cells.header[0]):
        fix = "separate the columns by commas, and write numbers as 1200.5"
    elif meant is not None:
        fix = f"rename '{cells.header[meant]}' to timestamp"
        other.remove(meant)
    elif close:
        fix = close
    problems.append(Problem(cells.file, cells.header_row, _columns(cells), "a column timestamp (or ds)", fix))
    return meant


def _no_quantity(cells: Cells, other: list[int], problems: list[Problem]) -> None:
    """The long form counts nothing; a column that must be meant is named and taken out of `other`."""
    fix = ""
    meant = next((number for number in other if cells.header[number].strip().lower() in _LIKE_QUANTITY), None)
    if meant is not None:
        fix = f"rename '{cells.header[meant]}' to what it counts"
        other.remove(meant)
    problems.append(Problem(cells.file, cells.header_row, _columns(cells), f"a column {_QUANTITY_TEXT}", fix))


def _unknown(cells: Cells, other: list[int]) -> list[Problem]:
    """Columns of the long form that mean nothing."""
    expected = "no columns but timestamp, workload, scenario and one quantity"
    problems = []
    for number in other[: EXAMPLES + 2]:
        name = cells.header[number]
        fix = nearest(name, RESERVED) or "remove it"
        if not name:
            fix = "remove it; pandas leaves its index out with to_csv(…, index=False)"
        problems.append(Problem(cells.file, cells.header_place(number), f"'{name}'", expected, fix))
    if len(other) > len(problems):
        more = f"… and {len(other) - len(problems):,} more columns"
        problems.append(Problem(cells.file, cells.header_row, more, expected))
    return problems


def _quantity(cells: Cells, present: list[str], problems: list[Problem]) -> tuple[Quantity, tuple[str, ...]]:
    """What is counted, and in which columns: tokens win over requests; anything else side by side contradicts."""
    tokens = tuple(name for name in _TOKENS if name in present)
    kinds = {
        Quantity.GPU_HOURS: tuple(name for name in ("gpu_hours",) if name in present),
        Quantity.GPUS: tuple(name for name in ("gpus",) if name in present),
        Quantity.TOKENS: tokens,
        Quantity.REQUESTS: tuple(name for name in ("requests",) if name in present and not tokens),
    }
    found = [kind for kind, columns in kinds.items() if columns]
    if len(found) > 1:
        value = " and ".join(listed(list(kinds[kind])) for kind in found)
        expected = f"one quantity ({_QUANTITY_TEXT})"
        problems.append(Problem(cells.file, cells.header_row, value, expected, "remove the others"))
    quantity = found[0] if found else Quantity.GPU_HOURS
    return quantity, kinds[quantity]


def _wide(cells: Cells, time: int | None, scenario: int | None, other: list[int], problems: list[Problem]) -> Reading:
    """Every other column is a workload, in GPU-hours."""
    if time is None:
        return Reading(None, tuple(problems))
    warnings = []
    for number in other:
        name = cells.header[number]
        if not name.strip():
            fix = "name it; pandas leaves its index out with to_csv(…, index=False)"
            problems.append(Problem(cells.file, cells.header_place(number), "", "the name of a workload", fix))
        elif name != name.strip():
            place = cells.header_place(number)
            fix = f"write '{name.strip()}'"
            problems.append(Problem(cells.file, place, f"'{name}'", "a name without spaces around it", fix))
        elif name.lower() in _LIKE_QUANTITY:
            warnings.append(
                f"{cells.file}: column {name} is read as a workload in GPU-hours; "
                f"if it is a quantity, call it what it counts: {_QUANTITY_TEXT}"
            )
    if not other:
        expected = f"a quantity ({_QUANTITY_TEXT}), or one column per workload, in GPU-hours"
        problems.append(Problem(cells.file, cells.header_row, _columns(cells), expected))
        return Reading(None, tuple(problems))
    names = tuple(cells.header[number] for number in other)
    roles = Roles(time, None, scenario, Quantity.GPU_HOURS, tuple(other), names, wide=True)
    return Reading(roles, tuple(problems), tuple(warnings))
