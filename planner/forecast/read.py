"""Reading a forecast: CSV or DataFrame, long or wide, everything that is wrong with it in one list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.forecast.cells import Cells, cells_of_frame, listed
from planner.forecast.content import MOST_COLUMNS
from planner.forecast.files import cells_of_file
from planner.forecast.regular import Regular, Rows, regular
from planner.forecast.roles import Roles, read_header
from planner.forecast.table import DEFAULT_WORKLOAD, Forecast
from planner.forecast.values import as_text, moments, names, numbers
from planner.problems import InputError, Problem


def read_forecast(source: Path | str | pd.DataFrame) -> Forecast:
    """Read and check a forecast (formats.md, Forecast). Raises InputError with every problem found.

    >>> frame = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "chat": [100.0, 120.0]})
    >>> forecast = read_forecast(frame)
    >>> forecast.workloads, str(forecast.interval), forecast.amounts["gpu_hours"].tolist()
    (('chat',), 'month', [[100.0], [120.0]])
    """
    cells = cells_of_frame(source) if isinstance(source, pd.DataFrame) else cells_of_file(source)
    header = read_header(cells)
    problems = [*cells.problems, *header.problems]
    if header.roles is None:
        raise InputError(problems)
    roles = header.roles
    _check_count(cells, roles)
    problems += _one_scenario(cells, roles)
    values = {}
    for column in roles.amounts:
        values[column], wrong = numbers(cells, column)
        problems += wrong
    time, workloads, wrong = _rows(cells, roles)
    problems += [*wrong, *time.problems]
    if problems:
        raise InputError(problems)
    amounts, workloads = _amounts(roles, values, time, workloads)
    return Forecast(
        file=cells.file,
        quantity=roles.quantity,
        interval=time.interval,
        starts=pd.DatetimeIndex(time.starts),
        workloads=workloads,
        amounts=amounts,
        warnings=header.warnings + time.warnings,
    )


def _check_count(cells: Cells, roles: Roles) -> None:
    """Raises InputError for very many workloads: they are rather something else, and would take hours to look at."""
    if roles.workload is None:
        return
    count = cells.columns[roles.workload].nunique()
    if count > MOST_COLUMNS:
        place = f"column {cells.header[roles.workload]}"
        expected = f"at most {MOST_COLUMNS:,} workloads"
        raise InputError([Problem(cells.file, place, f"{count:,} names", expected, "a workload is a class of work")])


def _one_scenario(cells: Cells, roles: Roles) -> list[Problem]:
    """This version plans for one scenario."""
    if roles.scenario is None:
        return []
    codes, distinct = pd.factorize(as_text(cells.columns[roles.scenario]))
    if len(distinct) <= 1:
        return []
    place = cells.place(int(np.argmax(codes > 0)), roles.scenario)
    value = f"{len(distinct)} scenarios: {listed([str(name) for name in distinct])}"
    fix = "this version plans for one scenario: keep the rows of one"
    return [Problem(cells.file, place, value, "one scenario", fix)]


def _rows(cells: Cells, roles: Roles) -> tuple[Regular, tuple[str, ...], list[Problem]]:
    """The time axis, the workloads that rows name, and what is wrong with single timestamps and names."""
    when, problems = np.full(len(cells.rows), np.datetime64("NaT", "us")), list[Problem]()
    if roles.time is not None:
        when, problems = moments(cells, roles.time)
    codes = np.zeros(len(when), dtype=np.int64)
    workloads: tuple[str, ...] = ("",)
    if roles.workload is not None:
        codes, workloads, wrong = names(cells, roles.workload)
        problems += wrong
    usable = ~np.isnat(when) & (codes >= 0)
    # A row that cannot be read is no hole: of its workload, or of any if its name is what is missing.
    unread = frozenset(int(code) for code in np.unique(codes[~usable]))
    unsure = frozenset(range(len(workloads))) if -1 in unread else unread
    positions = np.flatnonzero(usable).astype(np.int64)
    rows = Rows(cells, roles.time or 0, when[usable], codes[usable], positions, workloads, unsure)
    return regular(rows), workloads, problems


def _amounts(
    roles: Roles, values: dict[int, NDArray[np.float64]], time: Regular, workloads: tuple[str, ...]
) -> tuple[dict[str, NDArray[np.float64]], tuple[str, ...]]:
    """amounts[column][interval, workload] and the names of the workloads, sorted."""
    if not roles.wide:
        columns = zip(roles.names, roles.amounts, strict=True)
        named = (DEFAULT_WORKLOAD,) if roles.workload is None else workloads
        return {name: np.ascontiguousarray(values[column][time.order].T) for name, column in columns}, named
    by_name = sorted(zip(roles.names, roles.amounts, strict=True))
    table = np.column_stack([values[column][time.order[0]] for _, column in by_name])
    return {roles.quantity.value: table}, tuple(name for name, _ in by_name)
