"""Carrying demand on beyond the forecast, week by week (formats.md, Projection)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.durations import HOURS_PER_YEAR

HOURS_PER_WEEK = 168
_MOST_WEEKS = 52


def weeks_covered(hours: int) -> int:
    """L: the whole weeks that a forecast covers, 52 if 52 or more."""
    return min(hours // HOURS_PER_WEEK, _MOST_WEEKS)


def project(table: NDArray[np.float64], first: int, count: int, growth_per_year: float) -> NDArray[np.float64]:
    """Hours `first` … `first + count − 1` of a forecast table[hour, workload], carried on where it ends.

    With L its whole weeks, an hour after its end copies the one the smallest multiple of L weeks back that is in the
    table, × (1 + growth)^(that distance / 8,760 h). Hours beyond the table need L ≥ 1.

    >>> project(np.ones((168, 1)), 168, 1, 0.0).tolist()
    [[1.0]]
    """
    hours = np.arange(first, first + count, dtype=np.int64)
    # Without hours beyond, the block's length does not matter; it only must not be 0.
    block = max(weeks_covered(len(table)), 1) * HOURS_PER_WEEK
    back = np.maximum(-((len(table) - 1 - hours) // block), 0) * block
    growth = (1.0 + growth_per_year) ** (back / HOURS_PER_YEAR)
    return np.asarray(table[hours - back] * growth[:, None])
