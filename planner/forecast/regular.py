"""Is a forecast regular and complete? Its one interval, and everything that breaks it: duplicates, holes, mixtures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.forecast.cells import EXAMPLES, Cells, capped, listed
from planner.forecast.intervals import ALLOWED, KNOWN, Integers, Interval, Moments, classify, infer, text
from planner.problems import Problem


@dataclass(frozen=True)
class Rows:
    """The rows of a forecast that have a timestamp and a workload."""

    cells: Cells
    time_column: int
    moments: Moments
    """moments[row]"""
    codes: Integers
    """codes[row] into `workloads`; zeros in wide form, where a row is for all workloads."""
    positions: Integers
    """positions[row]: where the row is in `cells`."""
    workloads: tuple[str, ...]
    """`("",)` where rows name none: in wide form, or with one workload."""
    unsure: frozenset[int] = frozenset()
    """Workloads with rows that could not be read: their holes say nothing."""


@dataclass(frozen=True)
class Regular:
    """The time axis, and in which order the rows fill it."""

    interval: Interval | None
    starts: Moments
    """starts[interval]"""
    order: Integers
    """order[workload, interval]: the row (position in `cells`) that fills each place; without meaning where there are
    problems, or rows that could not be read."""
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()


@dataclass
class _Line:
    """One workload's rows in time, each moment once."""

    workload: str
    moments: Moments
    positions: Integers
    interval: Interval | None
    sure: bool


@dataclass
class _Found:
    """Problems by kind, so that each kind is capped over all workloads."""

    cells: Cells
    kinds: dict[str, list[Problem]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, problem: Problem) -> None:
        problems = self.kinds.setdefault(kind, [])
        if len(problems) < EXAMPLES:
            problems.append(problem)
        else:
            self.more[kind] = self.more.get(kind, 0) + 1

    def all(self) -> Iterator[Problem]:
        for kind, problems in self.kinds.items():
            yield from problems
            if kind in self.more:
                expected = problems[-1].expected
                value = f"… and {self.more[kind]:,} more workloads"
                yield Problem(self.cells.file, "", value, expected.partition(": ")[2] or expected)


def regular(rows: Rows) -> Regular:
    """Sort the rows by workload and time, and check that every workload has every interval of one range once."""
    order = np.lexsort((rows.moments, rows.codes))
    moments, codes, positions = rows.moments[order], rows.codes[order], rows.positions[order]
    twice = np.zeros(len(order), dtype=bool)
    twice[1:] = (moments[1:] == moments[:-1]) & (codes[1:] == codes[:-1])
    problems = _duplicates(rows, order, twice)
    lines = _lines(rows, moments[~twice], codes[~twice], positions[~twice])
    found = _Found(rows.cells)
    if _one_interval(rows, lines, found):
        for line in lines:
            _check_steps(rows, line, found)
        _check_ranges(rows, lines, found)
    problems += found.all()
    if not lines or problems or rows.unsure:
        return Regular(None, moments[:0], positions.reshape(1, -1), tuple(problems))
    first = lines[0]
    filled = positions.reshape(len(lines), len(first.moments))
    return Regular(first.interval, first.moments, filled, (), _month_ends(rows, first))


def _duplicates(rows: Rows, order: Integers, twice: NDArray[np.bool_]) -> list[Problem]:
    """Rows for a workload and timestamp that an earlier row has filled already."""
    positions = rows.positions[order]

    def problem(index: int) -> Problem:
        row, other = int(positions[index]), rows.cells.rows[int(positions[index - 1])]
        name = rows.workloads[rows.codes[order[index]]]
        value = f"{text(rows.moments[order[index]])}{f' for {name}' if name else ''}, as in row {other}"
        expected = f"each timestamp once{' per workload' if name else ''}"
        return Problem(rows.cells.file, rows.cells.place(row, rows.time_column), value, expected)

    return capped(np.flatnonzero(twice), problem, f"column {rows.cells.header[rows.time_column]}")


def _lines(rows: Rows, moments: Moments, codes: Integers, positions: Integers) -> list[_Line]:
    bounds = np.searchsorted(codes, np.arange(len(rows.workloads) + 1))
    lines = []
    for code, workload in enumerate(rows.workloads):
        part = slice(bounds[code], bounds[code + 1])
        if len(moments[part]):
            sure = code not in rows.unsure
            lines.append(_Line(workload, moments[part], positions[part], infer(moments[part]), sure))
    return lines


def _of(line: _Line) -> str:
    return f"{line.workload}: " if line.workload else ""


def _place(rows: Rows, line: _Line, index: int) -> str:
    return rows.cells.place(int(line.positions[index]), rows.time_column)


def _one_interval(rows: Rows, lines: list[_Line], found: _Found) -> bool:
    """Is there one known interval (or a single timestamp)? What is wrong goes to `found`."""
    known = [line.interval for line in lines if line.interval is not None]
    for line in lines:
        if line.interval is None and len(line.moments) > 1 and known:
            # Without two neighbouring rows of its own, a workload has the interval of the others, with holes.
            line.interval = known[0]
        elif line.interval is None and len(line.moments) > 1 and line.sure:
            minutes = (line.moments[1] - line.moments[0]) / np.timedelta64(1, "m")
            place = _place(rows, line, 1)
            value = f"{_of(line)}a step of {_minutes(float(minutes))} after {text(line.moments[0])}"
            found.add("unknown", Problem(rows.cells.file, place, value, f"steps of {ALLOWED}"))
    if found.kinds:
        return False
    by_interval: dict[str, list[str]] = {}
    for line in lines:
        if line.interval is not None:
            by_interval.setdefault(str(line.interval), []).append(line.workload)
    if len(by_interval) > 1:
        value = "; ".join(f"steps of {_a(name)} in {listed(workloads)}" for name, workloads in by_interval.items())
        place = f"column {rows.cells.header[rows.time_column]}"
        found.add("mixed", Problem(rows.cells.file, place, value, "the same interval in every workload"))
    return len(by_interval) <= 1


def _minutes(minutes: float) -> str:
    for unit, length in (("days", 1440), ("hours", 60)):
        if minutes >= length and minutes % length == 0:
            return f"{minutes / length:g} {unit}"
    return f"{minutes:g} minutes"


def _a(interval: str) -> str:
    return interval if interval[0].isdigit() else f"{'an' if interval == 'hour' else 'a'} {interval}"


def _check_steps(rows: Rows, line: _Line, found: _Found) -> None:
    """Mixed intervals, timestamps between the steps, and holes of one workload."""
    interval = line.interval
    if interval is None:
        return
    file, step = rows.cells.file, _a(str(interval))
    kinds = classify(line.moments)
    other = (kinds >= 0) & (kinds != KNOWN.index(interval))
    runs = np.flatnonzero(other[1:] & (kinds[1:] == kinds[:-1]))
    if len(runs):
        start = int(runs[0])
        other_step = _a(str(KNOWN[kinds[start]]))
        value = f"{_of(line)}steps of {other_step} from {text(line.moments[start])}, of {step} elsewhere"
        found.add("mixed", Problem(file, _place(rows, line, start), value, f"{_of(line)}the same interval throughout"))
        return
    first = line.moments[0]
    index = interval.index_of(first, line.moments)
    off = interval.at(first, index) != line.moments
    if off.any():
        position = int(np.flatnonzero(off)[0])
        count = f" (and {int(off.sum()) - 1:,} more)" if off.sum() > 1 else ""
        value = f"{_of(line)}{text(line.moments[position])}{count}"
        expected = f"{_of(line)}steps of {step} from {text(first)}, the start of each interval in UTC"
        found.add("off", Problem(file, _place(rows, line, position), value, expected, _month_end_fix(line)))
    # Where most timestamps lie between the steps, holes say nothing.
    if line.sure and off.sum() * 2 < len(off):
        _check_holes(rows, line, index[~off], np.flatnonzero(~off), found)


def _check_holes(rows: Rows, line: _Line, index: Integers, regular_rows: Integers, found: _Found) -> None:
    """Intervals without a row between the first and the last; index[regular row] of the line's rows that fit."""
    gaps = np.flatnonzero(np.diff(index) > 1)
    if line.interval is None or not len(gaps):
        return
    missing = int((np.diff(index) - 1).sum())
    first = line.moments[0]
    ranges = [range(index[gap] + 1, index[gap + 1]) for gap in gaps[:EXAMPLES]]
    value = f"{_of(line)}nothing for {_missing(line.interval, first, ranges, missing)}"
    expected = f"{_of(line)}a row for every {line.interval} from {text(first)} to {text(line.moments[-1])}"
    place = _place(rows, line, int(regular_rows[gaps[0] + 1]))
    found.add("holes", Problem(rows.cells.file, place, value, expected, "write 0 where there was no demand"))


def _missing(interval: Interval, first: np.datetime64, ranges: list[range], count: int) -> str:
    """The first few of the missing intervals, and how many more: `2027-01-01, 2027-01-02 and 5 more`."""
    some = [index for gap in ranges for index in gap[:EXAMPLES]][:EXAMPLES]
    named = [text(moment) for moment in interval.at(first, np.array(some, dtype=np.int64))]
    return ", ".join(named) + (f" and {count - len(named):,} more" if count > len(named) else "")


def _check_ranges(rows: Rows, lines: list[_Line], found: _Found) -> None:
    """Workloads that begin later or end earlier than others."""
    if not lines:
        return
    first = min(line.moments[0] for line in lines)
    last = max(line.moments[-1] for line in lines)
    for line in lines:
        if line.sure and (line.moments[0] != first or line.moments[-1] != last):
            late = bool(line.moments[0] != first)
            place = _place(rows, line, 0 if late else -1)
            value = f"{_of(line)}rows from {text(line.moments[0])} to {text(line.moments[-1])}"
            if line.interval is not None:
                low, high, end = line.interval.index_of(first, np.array([line.moments[0], line.moments[-1], last]))
                ranges, count = [range(low), range(high + 1, end + 1)], int(low + end - high)
                value += f", nothing for {_missing(line.interval, first, ranges, count)}"
            expected = f"{_of(line)}rows from {text(first)} to {text(last)}, as other workloads have"
            fix = "write 0 where there was no demand, or plan it apart"
            found.add("ranges", Problem(rows.cells.file, place, value, expected, fix))


def _are_month_ends(moments: Moments) -> bool:
    days = moments.astype("M8[D]")
    next_days = days + np.timedelta64(1, "D")
    return bool(((days == moments) & (next_days.astype("M8[M]") != days.astype("M8[M]"))).all())


def _month_end_fix(line: _Line) -> str:
    return "write the first day of each interval, not its last" if _are_month_ends(line.moments) else ""


def _month_ends(rows: Rows, line: _Line) -> tuple[str, ...]:
    if line.interval is None or line.interval.months is None or not _are_month_ends(line.moments):
        return ()
    return (
        f"{rows.cells.file}: every timestamp is the last day of a month and is read as the start of its interval; "
        f"if it is the end, write the first day",
    )
