"""Load shapes: how much of its demand a workload has in each hour of the week (formats.md, Load shapes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import LoadShape
from planner.forecast.cells import EXAMPLES, Cells, capped
from planner.forecast.files import cells_of_text_file
from planner.forecast.intervals import Integers
from planner.forecast.values import numbers
from planner.problems import InputError, Problem, nearest

HOURS_OF_WEEK = 168
_COLUMNS = ("hour_of_week", "load")

Weights = NDArray[np.float64]
"""weights[hour of week], 0 = Monday 00:00 UTC, ≥ 0; only their ratios matter."""


@dataclass(frozen=True)
class Shapes:
    """The load shape of each workload, and where the user wrote it."""

    weights: Mapping[str, Weights]
    """By workload; a flat one is absent."""
    keys: Mapping[str, str]
    """By workload: `workloads.chat.load_shape`, or `demand.load_shape`."""


def shape_keys(workloads: tuple[str, ...], loaded: Loaded) -> dict[str, tuple[str, LoadShape]]:
    """By workload that has a shape other than flat: its dotted key and the shape; its own wins over the common one."""
    known = loaded.assumptions.workloads or {}
    common = loaded.assumptions.demand.load_shape
    found = {}
    for name in workloads:
        own = known[name].load_shape if name in known else None
        key, shape = ("demand.load_shape", common) if own is None else (f"workloads.{name}.load_shape", own)
        if isinstance(shape, LoadShape):
            found[name] = (key, shape)
    return found


def load_shapes(workloads: tuple[str, ...], loaded: Loaded, problems: list[Problem]) -> Shapes:
    """The weights of every shaped workload; what is wrong with files of shapes goes to `problems`."""
    given = shape_keys(workloads, loaded)
    # One shape serves many workloads: each file is read, and each problem told, once.
    by_shape: dict[LoadShape, Weights | None] = {}
    for key, shape in given.values():
        if shape not in by_shape:
            by_shape[shape] = _weights(key, shape, loaded, problems)
    weights = {name: found for name, (_, shape) in given.items() if (found := by_shape[shape]) is not None}
    return Shapes(weights, {name: key for name, (key, _) in given.items()})


def _weights(key: str, shape: LoadShape, loaded: Loaded, problems: list[Problem]) -> Weights | None:
    if shape.hour_of_week is not None:
        try:
            return read_hour_of_week(shape.hour_of_week, loaded)
        except InputError as error:
            # A problem of the whole file, such as that there is none, is told at the key that names it.
            named = {"file": loaded.file, "place": f"{key}.hour_of_week", "value": shape.hour_of_week}
            problems += [problem if problem.place else replace(problem, **named) for problem in error.problems]
            return None
    # Only here, so that plans without such a shape do not read the catalogue.
    from planner.catalogue.reader import catalogue

    return peak_to_mean(shape.peak_to_mean or 1.0, np.asarray(catalogue().business_hours, dtype=np.int64))


def peak_to_mean(ratio: float, business_hours: Integers) -> Weights:
    """Weights ∝ (rank/168)^q with q such that their maximum is `ratio` × their mean.

    business_hours[place] is an hour of the week, busiest first: it has rank 168 − place. 1 ≤ ratio < 168.

    >>> weights = peak_to_mean(2.5, np.arange(168))
    >>> round(float(weights.max() / weights.mean()), 12)
    2.5
    """
    ranks = np.arange(HOURS_OF_WEEK, 0, -1) / HOURS_OF_WEEK
    low, high = 0.0, 1.0
    while _ratio(ranks, high) < ratio:
        low, high = high, 2 * high
    # The ratio rises with q, from 1 at 0; 200 halvings leave nothing between two neighbouring floats.
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _ratio(ranks, middle) < ratio else (low, middle)
    weights = np.zeros(HOURS_OF_WEEK)
    weights[business_hours] = ranks**low
    return weights


def _ratio(ranks: NDArray[np.float64], q: float) -> float:
    return float(1 / np.mean(ranks**q))


def read_hour_of_week(name: str, loaded: Loaded) -> Weights:
    """Read a file of columns hour_of_week and load: 168 rows, each hour once. Raises InputError."""
    cells = cells_of_text_file(loaded.folder / name, name, "load shape")
    problems = [*cells.problems]
    for column in _COLUMNS:
        if column not in cells.header:
            near = nearest(column, [header for header in cells.header if header not in _COLUMNS])
            problems.append(Problem(name, "row 1", f"columns {', '.join(cells.header)}", f"a column {column}", near))
    problems += [
        Problem(name, cells.header_place(number), "", f"the columns {' and '.join(_COLUMNS)} alone", "remove it")
        for number, header in enumerate(cells.header)
        if header not in _COLUMNS or header in cells.header[:number]
    ]
    if problems:
        raise InputError(problems)
    hour_column = cells.header.index("hour_of_week")
    hours, wrong = numbers(cells, hour_column)
    problems += wrong
    load, wrong = numbers(cells, cells.header.index("load"))
    problems += wrong
    problems += _check_hours(cells, hour_column, hours)
    if not problems and load.sum() <= 0:
        problems.append(Problem(name, "column load", "0 in every hour", "a load above 0 in some hour"))
    if problems:
        raise InputError(problems)
    weights = np.zeros(HOURS_OF_WEEK)
    # Shares, so that no sum over an interval can overflow.
    weights[hours.astype(np.int64)] = load / load.max()
    return weights


def _check_hours(cells: Cells, column: int, hours: NDArray[np.float64]) -> list[Problem]:
    """Every hour from 0 to 167 once; cells that are no numbers have been reported."""
    expected = "each hour of the week, 0 to 167, once"
    whole = (hours >= 0) & (hours < HOURS_OF_WEEK) & (hours == np.floor(hours))
    outside = np.isfinite(hours) & (hours >= 0) & ~whole
    seen = np.bincount(hours[whole].astype(np.int64), minlength=HOURS_OF_WEEK)
    first: dict[float, int] = {}
    repeated = []
    for row in np.flatnonzero(whole):
        if first.setdefault(float(hours[row]), int(row)) != row:
            repeated.append(row)

    def again(row: int) -> Problem:
        value = f"{hours[row]:g}, as in row {cells.rows[first[float(hours[row])]]}"
        return Problem(cells.file, cells.place(row, column), value, expected)

    def strange(row: int) -> Problem:
        return Problem(cells.file, cells.place(row, column), f"{hours[row]:g}", "a whole number from 0 to 167")

    problems = capped(np.flatnonzero(outside), strange, "column hour_of_week")
    problems += capped(np.array(repeated, dtype=np.int64), again, "column hour_of_week")
    missing = np.flatnonzero(seen == 0)
    if len(missing) and np.isfinite(hours).all():
        more = f" and {len(missing) - EXAMPLES:,} more" if len(missing) > EXAMPLES else ""
        value = f"nothing for {', '.join(str(hour) for hour in missing[:EXAMPLES])}{more}"
        problems.append(Problem(cells.file, "column hour_of_week", value, expected))
    return problems
