"""A history of prices as a distribution: the changes that were seen in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.problems import Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

    from planner.sweep.distributions import Empirical

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """Changes that were seen, as factors."""

    factors: Floats
    """Sorted."""

    def at(self, rank: Floats) -> Floats:
        """factor[draw] at rank[draw]: one that was seen, each as likely as it was often."""
        index = np.minimum((rank * len(self.factors)).astype(np.int64), len(self.factors) - 1)
        factors: Floats = self.factors[index]
        return factors


def read_history(empirical: Empirical, folder: Path, where: str) -> History | Problem:
    """The changes over so many rows in a CSV file, of all its series; prices that are missing make no change."""
    import pandas as pd

    path = folder / empirical.file
    try:
        table = pd.read_csv(path, dtype=str)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Problem(where, "empirical.file", f"{empirical.file}: {reason}", "a CSV file with a history of prices")
    columns = [str(name) for name in table.columns]
    for name in (empirical.price, empirical.time, *empirical.series, *empirical.where):
        if name not in columns:
            fix = nearest(name, columns) or f"it has {', '.join(columns)}"
            return Problem(where, "empirical", f"no column '{name}'", f"a column of {empirical.file}", fix)
    for name, value in empirical.where.items():
        table = table[table[name] == value]
    prices = pd.to_numeric(table[empirical.price], errors="coerce")
    wrong = table[empirical.price][prices.isna() & table[empirical.price].notna()]
    if len(wrong):
        return Problem(where, f"column {empirical.price}", str(wrong.iloc[0]), "prices")
    table = table.assign(**{empirical.price: prices}).sort_values(empirical.time, kind="stable")
    seen = np.sort(_changes(table, empirical))
    if len(seen) == 0:
        expected = f"prices above 0, {empirical.over} rows apart"
        return Problem(where, "empirical", f"no change of price in {empirical.file}", expected)
    return History(seen)


def _changes(table: pd.DataFrame, empirical: Empirical) -> Floats:
    prices = table[empirical.price]
    series = [table[name] for name in empirical.series]
    before = prices.groupby(series).shift(empirical.over) if series else prices.shift(empirical.over)
    factors = (prices / before.where(before > 0)).dropna()
    found: Floats = factors[factors > 0].to_numpy(dtype=np.float64)
    return found
