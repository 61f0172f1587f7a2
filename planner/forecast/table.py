"""The forecast as it was handed in: checked, regular, complete, in its own quantity and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.forecast.demand import Quantity
from planner.forecast.intervals import Interval

DEFAULT_WORKLOAD = "default"
"""Name of the workload of a forecast that names none."""


@dataclass(frozen=True)
class Forecast:
    """Demand over time, per workload. Rows in any order give the same forecast: time ascends, workloads are sorted."""

    file: str
    """Name of the file as the user wrote it, or `DataFrame`."""
    quantity: Quantity
    interval: Interval | None
    """None for a forecast of a single timestamp, which does not say how long its interval is."""
    starts: pd.DatetimeIndex
    """starts[interval], naive UTC: regular and complete."""
    workloads: tuple[str, ...]
    amounts: Mapping[str, NDArray[np.float64]]
    """By column (`gpu_hours`; `gpus`; `input_tokens`, `output_tokens`, or one of them; `requests`):
    amounts[column][interval, workload], finite, ≥ 0. Totals of the interval; `gpus` are averages over it."""
    warnings: tuple[str, ...] = ()

    @property
    def start(self) -> np.datetime64:
        """The first moment of the forecast, naive UTC, datetime64[us]."""
        return self.starts[0].as_unit("us").to_datetime64()
