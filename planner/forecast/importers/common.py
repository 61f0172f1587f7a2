"""What all importers share: usage over spans of time as GPU-hours by the hour, and what was left out on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.problems import InputError, Problem

HOUR_US = 3_600_000_000
"""Microseconds of an hour. All times are microseconds since 1970 in UTC, which is what an hour is counted in."""
MOST_CELLS = 50_000_000
"""Hours × workloads beyond which a forecast is refused: a date is wrong, or the label is no workload's."""
EXAMPLES = 3
UNASSIGNED = "unassigned"
"""The workload of usage that does not say whose it is."""
_PAIRS_AT_ONCE = 4_000_000
_LONGEST_VALUE = 60

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Kind(StrEnum):
    """The kinds of usage files that can be read."""

    SLURM = "slurm"
    PROMETHEUS = "prometheus"
    FOCUS = "focus"
    OPENCOST = "opencost"


@dataclass(frozen=True)
class Hours:
    """Demand by the hour."""

    first: int
    """The first hour, in hours since 1970 (UTC)."""
    workloads: tuple[str, ...]
    gpu_hours: Floats
    """gpu_hours[hour, workload] ≥ 0; 0 where `missing`."""
    missing: Mask | None = None
    """missing[hour, workload]: hours of which something was not observed. None: nothing is missing."""


@dataclass
class Notes:
    """What a report says besides the demand: rows read, rows skipped by reason, and what was decided on the way."""

    unit: str = "row"
    read: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """By reason."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    """By reason: where the first few are."""
    remarks: list[str] = field(default_factory=list)

    def skip(self, reason: str, count: int, places: Iterable[str]) -> None:
        """Note rows that are no demand. `places` may be longer than what is kept of it."""
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count
            kept = self.examples.setdefault(reason, [])
            kept.extend(place for place, _ in zip(places, range(EXAMPLES - len(kept)), strict=False))


@dataclass(frozen=True)
class Imported:
    """The demand that files hold, and everything that is to be said about it."""

    hours: Hours
    notes: Notes


def shown(value: object) -> str:
    """A value of a file, short enough for a message."""
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def workload_name(text: object) -> str:
    r"""The name of a workload: one line, nothing unprintable, no spaces around; `unassigned` for nothing at all.

    >>> workload_name(" chat\n70b\x1b"), workload_name("")
    ('chat 70b', 'unassigned')
    """
    printable = "".join(character if character.isprintable() else " " for character in str(text))
    return " ".join(printable.split()) or UNASSIGNED


def workload_codes(values: pd.Series[str]) -> tuple[Integers, tuple[str, ...]]:
    """codes[row] into the sorted names of workloads."""
    codes, distinct = pd.factorize(values)
    names = [workload_name(value) for value in distinct]
    known = sorted(set(names))
    number = {name: place for place, name in enumerate(known)}
    of_distinct = np.array([number[name] for name in names], dtype=np.int64)
    return of_distinct[codes] if len(names) else codes.astype(np.int64), tuple(known)


def spread(start_us: Integers, end_us: Integers, gpus: Floats, codes: Integers, workloads: Sequence[str]) -> Hours:
    """Usage at a constant rate from each start to its end, as GPU-hours by the hour: Σ = Σ gpus × (end − start).

    start_us, end_us, gpus, codes by row; end_us > start_us. Exact for whole numbers of GPUs: parts of hours are added
    in GPU-microseconds, whole hours in GPU-hours, and only the sums are divided. Raises InputError if the period or the
    workloads are so many that something must be wrong.
    """
    first = int(start_us.min()) // HOUR_US
    count = -(-int(end_us.max()) // HOUR_US) - first
    require_size(count, workloads)
    width = len(workloads)
    begin, end = start_us - first * HOUR_US, end_us - first * HOUR_US
    from_hour, to_hour = -(-begin // HOUR_US), end // HOUR_US
    inside = from_hour > to_hour  # within one hour, and less than all of it
    head = np.where(inside, end - begin, from_hour * HOUR_US - begin)
    tail = np.where(inside, 0, end - to_hour * HOUR_US)
    parts = np.zeros((count + 1) * width)
    for hour, length in ((begin // HOUR_US, head), (to_hour, tail)):
        parts += np.bincount(hour * width + codes, weights=gpus * length, minlength=len(parts))
    whole = _whole_hours(from_hour, np.maximum(to_hour - from_hour, 0), gpus, codes, (count + 1, width))
    gpu_hours = (parts / HOUR_US + whole).reshape(count + 1, width)[:count]
    return Hours(first, tuple(workloads), gpu_hours)


def _whole_hours(first: Integers, counts: Integers, gpus: Floats, codes: Integers, shape: tuple[int, int]) -> Floats:
    """gpus in each of `counts` hours from `first`, added up by hour and workload, a few million pairs at a time."""
    total, width = np.zeros(shape[0] * shape[1]), shape[1]
    rows = np.flatnonzero(counts)
    pairs = np.cumsum(counts[rows])
    at = 0
    while at < len(rows):
        done = int(pairs[at - 1]) if at else 0
        upto = max(int(np.searchsorted(pairs, done + _PAIRS_AT_ONCE, side="right")), at + 1)
        chunk, repeats = rows[at:upto], counts[rows[at:upto]]
        offset = np.arange(int(repeats.sum())) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        place = (np.repeat(first[chunk], repeats) + offset) * width + np.repeat(codes[chunk], repeats)
        total += np.bincount(place, weights=np.repeat(gpus[chunk], repeats), minlength=len(total))
        at = upto
    return total


def require_size(hours: int, workloads: Sequence[str]) -> None:
    """Raises InputError where a forecast would be absurdly large."""
    if hours * len(workloads) <= MOST_CELLS:
        return
    fix = "is one of the dates wrong, or --workload-from a label that is different for every job?"
    value = f"{hours:,} hours × {len(workloads):,} workloads"
    raise InputError([Problem("", "", value, f"at most {MOST_CELLS:,} rows of forecast", fix)])


def covered(start_us: Integers, end_us: Integers, hours: Hours, *, wholly: bool) -> Mask:
    """covered[hour]: does any span touch the hour, or (`wholly`) do spans together leave nothing of it out?"""
    count = len(hours.gpu_hours)
    low = np.clip(start_us - hours.first * HOUR_US, 0, count * HOUR_US)
    high = np.clip(end_us - hours.first * HOUR_US, 0, count * HOUR_US)
    some = high > low
    spans = np.unique(np.column_stack([low[some], high[some]]), axis=0)
    mask = np.ones(count, dtype=bool) if wholly else np.zeros(count, dtype=bool)
    reached = 0
    gaps: list[tuple[int, int]] = []
    for begin, end in spans.tolist():
        if begin > reached:
            gaps.append((reached, begin))
        reached = max(reached, end)
        if not wholly:
            mask[begin // HOUR_US : -(-end // HOUR_US)] = True
    if wholly:
        for begin, end in [*gaps, (reached, count * HOUR_US)]:
            mask[begin // HOUR_US : -(-end // HOUR_US)] = False
    return mask


def hour_text(hour: int) -> str:
    """An hour since 1970 as `2027-01-01T13:00`."""
    return str(np.datetime64(hour, "h").astype("M8[m]"))


def hours_text(hours: Integers) -> str:
    """Ascending hours as ranges, the first few of them: `2027-01-01T13:00 to 15:00 (3 hours), … and 5 more`."""
    breaks = np.flatnonzero(np.diff(hours) > 1)
    firsts, lasts = hours[np.r_[0, breaks + 1]], hours[np.r_[breaks, len(hours) - 1]]
    texts = []
    for first, last in zip(firsts[:EXAMPLES].tolist(), lasts[:EXAMPLES].tolist(), strict=True):
        one = first == last
        texts.append(
            hour_text(first) if one else f"{hour_text(first)} to {hour_text(last)} ({last - first + 1:,} hours)"
        )
    left = int((lasts[EXAMPLES:] - firsts[EXAMPLES:] + 1).sum())
    return ", ".join(texts) + (f" and {left:,} hour{'' if left == 1 else 's'} more" if left else "")
