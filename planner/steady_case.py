"""A case in which one GPU's worth of work runs in every hour: what comparisons of single options are made from.

Prices, speeds and running costs are then the planner's own, from the same functions as those of a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from planner.assumptions.loaded import Loaded
from planner.assumptions.price_file import ONLY, PriceFile
from planner.assumptions.schema import Workload
from planner.case import Case
from planner.forecast.demand import HourlyDemand, Mix, Quantity
from planner.periods import Calendar
from planner.problems import InputError, Problem
from planner.speeds import seconds

_SECONDS_PER_HOUR = 3600.0
_ANY_DAY = pd.Timestamp("2027-01-01")
"""Where no price depends on the date, any will do."""


@dataclass(frozen=True)
class Work:
    """What options are compared by."""

    name: str
    """Of the workload; of the GPU where GPU-hours of one GPU are compared."""
    workload: Workload
    mix: Mix = field(default_factory=Mix)
    """Tokens, in any amounts: only their ratio counts. All 0 where it is not known."""

    @property
    def has_tokens(self) -> bool:
        """Can APIs be compared?"""
        return self.mix.input_tokens + self.mix.output_tokens > 0


def gpu_hours_of(gpu: str, others: Collection[str]) -> Work:
    """Work that is an hour of one GPU, on any unit and in any place, and cannot be done by other GPUs."""
    speed = {other: 0.0 for other in others if other != gpu}
    return Work(gpu, Workload(reference_gpu=gpu, speed=speed, interruptible=True))


def first_moment(loaded: Loaded) -> pd.Timestamp:
    """The start of the horizon. Raises InputError where prices depend on the date and the assumptions have none."""
    start = loaded.assumptions.horizon.start
    if start is not None:
        return pd.Timestamp(start)
    dated = [file.name for file in loaded.price_files.values() if file.by_time is None]
    if not dated:
        return _ANY_DAY
    expected = f"the first day, as prices are given by period ({', '.join(dict.fromkeys(dated))})"
    raise InputError([Problem(loaded.file, "horizon.start", "", expected, "or name a forecast")])


def steady_case(loaded: Loaded, work: Work, start: pd.Timestamp, periods: int) -> Case:
    """One reference GPU of this work busy in every hour of so many periods, at the prices of the assumptions.

    Data stored is left out: what it costs per GPU-hour depends on how much work there is.
    Raises InputError for tokens without the throughput of the workload's reference GPU.
    """
    workload = work.workload.model_copy(update={"storage_gb": 0.0})
    assumptions = loaded.assumptions.model_copy(update={"workloads": {work.name: workload}})
    calendar = Calendar(assumptions.horizon.period, start, periods)
    priced = replace(loaded, assumptions=assumptions, price_files=_carried_on(loaded.price_files, calendar))
    tokens, quantity = {}, Quantity.GPU_HOURS
    if work.has_tokens:
        quantity = Quantity.TOKENS
        per_hour = np.array([work.mix.input_tokens, work.mix.output_tokens]) * _per_hour(work, loaded)
        tokens[work.name] = per_hour[:, None] * calendar.hours
    demand = HourlyDemand(
        calendar=calendar,
        workloads=(work.name,),
        gpus=np.ones((int(calendar.first_hour[-1]), 1)),
        quantity=quantity,
        mix={work.name: work.mix},
        tokens_per_gpu_hour={name: float(amounts.sum() / calendar.first_hour[-1]) for name, amounts in tokens.items()},
        tokens=tokens,
    )
    return Case.of(demand, priced)


def _per_hour(work: Work, loaded: Loaded) -> float:
    """How often the mix is done in an hour of the reference GPU."""
    gpu = work.workload.reference_gpu
    rates = work.workload.throughput.get(gpu)
    needed = 0.0 if rates is None else seconds(rates, work.mix)
    if needed > 0:
        return _SECONDS_PER_HOUR / needed
    given = "" if rates is None else f"no rate of {gpu} for these tokens"
    expected = f"input_tokens_per_s or output_tokens_per_s of {gpu}, its reference GPU, to compare by tokens"
    raise InputError([Problem(loaded.file, f"workloads.{work.name}.throughput", given, expected)])


def _carried_on(files: Mapping[str, PriceFile], calendar: Calendar) -> dict[str, PriceFile]:
    """Files of prices for all periods: by period, the last price holds on; by the hour, their mean stands throughout.

    Labels before the first that a file has stay without a price.
    """
    return {key: _whole(file, calendar) for key, file in files.items()}


def _whole(file: PriceFile, calendar: Calendar) -> PriceFile:
    if file.by_time is not None:
        mean = float(file.by_time.prices.mean())
        return replace(file, by_time=None, by_period={ONLY: dict.fromkeys(calendar.labels, mean)})
    return replace(file, by_period={name: _held_on(prices, calendar) for name, prices in file.by_period.items()})


def _held_on(prices: Mapping[str, float], calendar: Calendar) -> dict[str, float]:
    known = [number for number, label in enumerate(calendar.labels) if label in prices]
    if not known:
        return dict(prices)
    after = calendar.labels[known[-1] + 1 :]
    return {**prices, **dict.fromkeys(after, prices[calendar.labels[known[-1]]])}
