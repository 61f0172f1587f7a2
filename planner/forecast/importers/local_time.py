"""Local times of a time zone as UTC: hours that come twice and hours that do not exist when clocks change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.forecast.importers.common import Integers, Mask
from planner.problems import Problem, nearest

UNKNOWN = np.iinfo(np.int64).min
"""Microseconds of a moment that is not known."""
_FORMAT = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class LocalTimes:
    """Moments by row, microseconds since 1970 in UTC. A local time that comes twice is one of two moments."""

    earlier_us: Integers
    """`UNKNOWN` where there is no time."""
    later_us: Integers
    """Other than `earlier_us` only where the local time comes twice."""
    skipped: Mask
    """Local times that the clock never showed; they are taken as the moment when clocks went forward."""

    @property
    def twice(self) -> Mask:
        """Which local times come twice."""
        return np.asarray(self.earlier_us != self.later_us)


def zone_problems(zone: str | None) -> list[Problem]:
    """What is wrong with the name of a time zone."""
    from zoneinfo import available_timezones

    if zone is None:
        expected = "the time zone of the cluster's clock, such as Europe/Berlin or UTC: sacct writes times without it"
        return [Problem("--timezone", "", "", expected)]
    known = available_timezones()
    if zone in known:
        return []
    return [Problem("--timezone", "", f"'{zone}'", "an IANA name such as Europe/Berlin or UTC", nearest(zone, known))]


def local_times(texts: pd.Series[str], zone: str) -> LocalTimes:
    """Parse `2027-03-28T01:30:00` as times of a zone; anything else is `UNKNOWN`."""
    naive = pd.DatetimeIndex(pd.to_datetime(texts, format=_FORMAT, errors="coerce")).as_unit("us")
    return LocalTimes(
        _utc(naive, zone, daylight=True),
        _utc(naive, zone, daylight=False),
        np.asarray(naive.tz_localize(zone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="NaT").isna())
        & ~np.asarray(naive.isna()),
    )


def _utc(naive: pd.DatetimeIndex, zone: str, *, daylight: bool) -> Integers:
    """Times that come twice before (`daylight`) or after the clocks went back."""
    which = np.full(len(naive), daylight)
    aware = naive.tz_localize(zone, ambiguous=which, nonexistent="shift_forward").tz_convert("UTC")
    moments = aware.tz_localize(None).as_unit("us").to_numpy()
    return np.where(np.isnat(moments), UNKNOWN, moments.astype(np.int64))


@dataclass(frozen=True)
class Resolved:
    """When each job began and ended."""

    start_us: Integers
    end_us: Integers
    by_length: Mask
    """Rows with a time that comes twice, of which the job's length says which it is."""
    unsure: Mask
    """Rows with a time that comes twice and nothing to tell; the first is taken."""


def resolve(start: LocalTimes, end: LocalTimes, length_us: Integers) -> Resolved:
    """Choose among times that come twice by the length of the job, where it is known (else `UNKNOWN`).

    Of the up to four pairs the one is taken whose difference is nearest to the length; the first of equals.
    """
    first, last = start.earlier_us.copy(), end.earlier_us.copy()
    rows = np.flatnonzero(start.twice | end.twice)
    by_length, unsure = np.zeros(len(first), dtype=bool), np.zeros(len(first), dtype=bool)
    if not len(rows):
        return Resolved(first, last, by_length, unsure)
    starts = np.stack([start.earlier_us[rows], start.later_us[rows]])[[0, 0, 1, 1]]
    ends = np.stack([end.earlier_us[rows], end.later_us[rows]])[[0, 1, 0, 1]]
    known = (ends[0] != UNKNOWN) & (starts[0] != UNKNOWN)
    spans = np.where(known, ends, 0) - np.where(known, starts, 0)
    lengths = length_us[rows]
    off = np.where(lengths != UNKNOWN, np.abs(spans - lengths), np.where(spans < 0, -spans, 0))
    off = np.where(known, off, 0)
    best = off.argmin(axis=0)
    everyone = np.arange(len(rows))
    first[rows], last[rows] = starts[best, everyone], ends[best, everyone]
    pairs_equal = (starts == starts[best, everyone]) & (ends == ends[best, everyone])
    tied = ((off == off[best, everyone]) & ~pairs_equal).any(axis=0)
    by_length[rows], unsure[rows] = ~tied, tied
    return Resolved(first, last, by_length, unsure)
