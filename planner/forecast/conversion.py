"""Whatever a forecast counts, as GPU-hours of each workload's reference GPU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Throughput, Workload
from planner.forecast.demand import Mix, Quantity
from planner.forecast.table import Forecast
from planner.problems import Problem, nearest

RATES = {
    "input_tokens": "input_tokens_per_s",
    "output_tokens": "output_tokens_per_s",
    "requests": "requests_per_s",
}
_SECONDS_PER_HOUR = 3600.0

Rates = Mapping[str, Mapping[str, float]]
"""By workload and forecast column: amounts per second on the reference GPU; columns that cost nothing are absent."""


def rates(forecast: Forecast, loaded: Loaded, problems: list[Problem]) -> Rates:
    """What a reference GPU delivers, for forecasts in tokens or requests; {} for the others. Problems where unknown."""
    if forecast.quantity not in (Quantity.TOKENS, Quantity.REQUESTS):
        return {}
    known = loaded.assumptions.workloads or {}
    found = {}
    for name in forecast.workloads:
        workload = known.get(name)
        if workload is None:
            expected = f"an entry for workload {name} of the forecast"
            problems.append(Problem(loaded.file, f"workloads.{name}", "", expected, nearest(name, known)))
            continue
        found[name] = _rates(name, workload, forecast, loaded, problems)
    return found


def _rates(
    name: str, workload: Workload, forecast: Forecast, loaded: Loaded, problems: list[Problem]
) -> dict[str, float]:
    gpu = workload.reference_gpu
    place = f"workloads.{name}.throughput"
    needed = [RATES[column] for column in forecast.amounts]
    why = f"what a {gpu}, its reference GPU, delivers: the forecast is in {' and '.join(forecast.amounts)}"
    throughput = workload.throughput.get(gpu)
    if throughput is None:
        expected = f"{' or '.join(needed)} of {gpu}, {why}" if len(needed) > 1 else f"{needed[0]} of {gpu}, {why}"
        given = f"{', '.join(workload.throughput)} only" if workload.throughput else ""
        fix = nearest(gpu, workload.throughput) or f"add {gpu}: {{{needed[-1]}: …}}"
        problems.append(Problem(loaded.file, place, given, expected, fix))
        return {}
    found = {column: rate for column in forecast.amounts if (rate := _rate(throughput, RATES[column])) is not None}
    if not found:
        given = ", ".join(sorted(throughput.model_dump(exclude_none=True)))
        problems.append(Problem(loaded.file, f"{place}.{gpu}", f"{given} only", f"{' or '.join(needed)}, {why}"))
    return found


def _rate(throughput: Throughput, key: str) -> float | None:
    rate: float | None = getattr(throughput, key)
    return rate


def gpu_hours(forecast: Forecast, by_workload: Rates, interval_hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """gpu_hours[interval, workload]: reference GPU-hours of each interval.

    GPU-seconds = input tokens / input rate + output tokens / output rate, or requests / rate (formats.md, Tokens);
    a rate left out costs nothing. `gpus` busy on average × the hours of the interval.
    """
    match forecast.quantity:
        case Quantity.GPU_HOURS:
            return forecast.amounts["gpu_hours"]
        case Quantity.GPUS:
            return forecast.amounts["gpus"] * interval_hours[:, None]
    total = np.zeros((len(forecast.starts), len(forecast.workloads)))
    for column, amounts in forecast.amounts.items():
        per_hour = [
            1 / (by_workload[name][column] * _SECONDS_PER_HOUR) if column in by_workload[name] else 0.0
            for name in forecast.workloads
        ]
        total += amounts * np.array(per_hour)
    return total


def mixes(forecast: Forecast) -> dict[str, Mix]:
    """What the whole forecast of each workload consists of, in tokens or requests; zeros for the other quantities."""
    totals = {column: amounts.sum(axis=0) for column, amounts in forecast.amounts.items()}

    def total(column: str, number: int) -> float:
        return float(totals[column][number]) if column in totals else 0.0

    return {
        name: Mix(total("input_tokens", number), total("output_tokens", number), total("requests", number))
        for number, name in enumerate(forecast.workloads)
    }


def tokens_per_gpu_hour(forecast: Forecast, mix: Mapping[str, Mix], demand: NDArray[np.float64]) -> dict[str, float]:
    """Input and output tokens per reference GPU-hour over the whole forecast; 0 for a workload without demand.

    demand[interval, workload] in reference GPU-hours. Empty unless the forecast is in tokens.
    """
    if forecast.quantity is not Quantity.TOKENS:
        return {}
    totals = demand.sum(axis=0)
    return {
        name: (mix[name].input_tokens + mix[name].output_tokens) / float(totals[number]) if totals[number] > 0 else 0.0
        for number, name in enumerate(forecast.workloads)
    }
