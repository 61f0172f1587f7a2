"""Hours that cost the same: those of one period with the same electricity prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.case import Case

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class CostClasses:
    """The cost classes of the hours."""

    period: Integers
    """period[class]."""
    of_hour: Integers | None
    """class[hour]; None where each period is a class of its own."""
    electricity: Mapping[str, Floats]
    """site → price[class]  currency per kWh."""

    @classmethod
    def of(cls, case: Case, sites: Sequence[str]) -> CostClasses:
        """One class for each period and each combination of the prices of these sites in it."""
        calendar = case.calendar
        prices = {site: case.electricity[site] for site in sites}
        starts = calendar.first_hour[:-1]
        if all((np.repeat(price[starts], calendar.hours) == price).all() for price in prices.values()):
            return cls(np.arange(calendar.count), None, {site: price[starts] for site, price in prices.items()})
        period = np.repeat(np.arange(calendar.count, dtype=np.float64), calendar.hours)
        rows, of_hour = np.unique(np.column_stack([period, *prices.values()]), axis=0, return_inverse=True)
        by_site = {site: rows[:, 1 + number] for number, site in enumerate(prices)}
        return cls(rows[:, 0].astype(np.int64), of_hour.reshape(-1).astype(np.int64), by_site)
