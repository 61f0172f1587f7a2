"""Demand by the hour: what every plan, and every audit, is made against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from planner.periods import Calendar


class Quantity(StrEnum):
    """What a forecast counts."""

    GPU_HOURS = "gpu_hours"
    GPUS = "gpus"
    TOKENS = "tokens"
    REQUESTS = "requests"


@dataclass(frozen=True)
class Mix:
    """What a workload's whole forecast consists of, for the speed of GPUs measured in tokens or requests."""

    input_tokens: float = 0.0
    output_tokens: float = 0.0
    requests: float = 0.0


@dataclass(frozen=True)
class HourlyDemand:
    """The demand of the horizon."""

    calendar: Calendar
    workloads: tuple[str, ...]
    gpus: NDArray[np.float64]
    """gpus[hour, workload]: reference GPUs busy in each hour of the horizon; calendar.first_hour cuts it in periods."""
    quantity: Quantity
    mix: Mapping[str, Mix]
    """By workload; zeros for forecasts in GPU-hours or GPUs."""
    tokens_per_gpu_hour: Mapping[str, float]
    """By workload: input and output tokens per reference GPU-hour at the forecast's mix; empty unless in tokens."""
    warnings: tuple[str, ...] = ()
    tokens: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """By workload, tokens[0 input, 1 output; period], moved, carried on and cut as the demand; empty unless in tokens.
    """
