"""The result of planning: what to do, what it costs, how good it is."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Schedule:
    """The tables that say what is done and what it costs; `Plan` and the audit read them. Columns as in formats.md."""

    purchases: pd.DataFrame
    commitments: pd.DataFrame
    capacity: pd.DataFrame
    rentals: pd.DataFrame
    use: pd.DataFrame
    unserved: pd.DataFrame
    costs: pd.DataFrame
    total_cost: float
