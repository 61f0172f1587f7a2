"""From the forecast to the demand of the horizon, hour by hour (formats.md, Forecast and Load shapes)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.forecast.cells import listed
from planner.forecast.conversion import gpu_hours, mixes, rates, tokens_per_gpu_hour
from planner.forecast.demand import HourlyDemand, Quantity
from planner.forecast.horizon import Window, window
from planner.forecast.project import project
from planner.forecast.shapes import Shapes, load_shapes, shape_keys
from planner.forecast.spread import hourly, unplaced
from planner.forecast.table import Forecast
from planner.forecast.timeline import Timeline, timeline
from planner.problems import InputError, Problem

MOST_GPUS = 1e9
"""At once, many times what there is. Of 1e11 a plan was called optimal that was not."""


def hourly_demand(forecast: Forecast, loaded: Loaded) -> HourlyDemand:
    """Demand of the horizon in reference GPUs, by the hour.

    In this order: converted to reference GPU-hours, moved in time (`demand.forecast_starts`), spread over hours by load
    shape, carried on (`horizon.projection`), cut to the horizon. Raises InputError with everything that is wrong with
    the forecast and the assumptions taken together.
    """
    problems: list[Problem] = []
    warnings = list(forecast.warnings)
    time = timeline(forecast, loaded, problems, warnings)
    by_workload = rates(forecast, loaded, problems)
    # Also where they have nothing to spread: a file that is named is a file that can be read.
    shapes = load_shapes(forecast.workloads, loaded, problems)
    if time is None:
        raise InputError(problems)
    warnings += _shape_warnings(forecast, time, loaded)
    if loaded.assumptions.apis and forecast.quantity is not Quantity.TOKENS:
        apis = ", ".join(f"apis.{name}" for name in loaded.assumptions.apis)
        warnings.append(
            f"{apis}: without effect, as APIs are paid per token and {forecast.file} counts {forecast.quantity}"
        )
    planned = window(time, loaded, forecast.file, problems, warnings)
    if problems or planned is None:
        raise InputError(problems)
    totals = gpu_hours(forecast, by_workload, time.interval_hours)

    def by_hour(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        return _by_hour(amounts, forecast.workloads, time, shapes, planned, loaded)

    gpus = by_hour(totals)
    if not (gpus <= MOST_GPUS).all():
        raise InputError([_too_much(forecast, loaded, gpus, totals)])
    if not gpus.any():
        warnings.append(f"{forecast.file}: demand is 0 in every hour of the horizon")
    mix = mixes(forecast)
    return HourlyDemand(
        calendar=planned.calendar,
        workloads=forecast.workloads,
        gpus=gpus,
        quantity=forecast.quantity,
        mix=mix,
        tokens_per_gpu_hour=tokens_per_gpu_hour(forecast, mix, totals),
        warnings=tuple(warnings),
        tokens=_tokens(forecast, planned, by_hour),
    )


def _too_much(forecast: Forecast, loaded: Loaded, gpus: NDArray[np.float64], totals: NDArray[np.float64]) -> Problem:
    """What is to blame for demand beyond MOST_GPUS: the growth, where the forecast alone is within it."""
    projection = loaded.assumptions.horizon.projection
    if projection is not None and totals.max(initial=0.0) <= MOST_GPUS:
        expected = f"a growth with which demand stays below {MOST_GPUS:g} reference GPUs"
        growth = f"{projection.growth_per_year:g}"
        return Problem(loaded.file, "horizon.projection.growth_per_year", growth, expected)
    value, fix = f"{gpus.max():g} reference GPUs busy at once", "look at units, rates and growth"
    return Problem(forecast.file, "", value, f"at most {MOST_GPUS:g}", fix)


def _by_hour(
    totals: NDArray[np.float64],
    workloads: tuple[str, ...],
    time: Timeline,
    shapes: Shapes,
    planned: Window,
    loaded: Loaded,
) -> NDArray[np.float64]:
    """amounts[hour, workload] of the horizon, spread and carried on, out of totals[interval, workload]."""
    table, without = hourly(totals, workloads, time, shapes)
    if without:
        raise InputError(unplaced(without, time, shapes, loaded))
    projection = loaded.assumptions.horizon.projection
    growth = 0.0 if projection is None else projection.growth_per_year
    with np.errstate(over="ignore", invalid="ignore"):
        amounts = project(table, planned.first, planned.count, growth)
    if not np.isfinite(amounts).all():
        expected = "a growth with which demand stays a finite number"
        raise InputError([Problem(loaded.file, "horizon.projection.growth_per_year", f"{growth:g}", expected)])
    return amounts


def _tokens(
    forecast: Forecast, planned: Window, by_hour: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """By workload, tokens[0 input, 1 output; period]; {} unless the forecast is in tokens."""
    if forecast.quantity is not Quantity.TOKENS:
        return {}
    tokens = np.zeros((len(forecast.workloads), 2, planned.calendar.count))
    for row, column in enumerate(("input_tokens", "output_tokens")):
        if column in forecast.amounts:
            hours = by_hour(forecast.amounts[column])
            tokens[:, row] = np.add.reduceat(hours, planned.calendar.first_hour[:-1], axis=0).T
    return dict(zip(forecast.workloads, tokens, strict=True))


def _shape_warnings(forecast: Forecast, time: Timeline, loaded: Loaded) -> list[str]:
    """Peaks that a flat spread hides, and load shapes that have nothing to spread."""
    shaped = shape_keys(forecast.workloads, loaded)
    if time.interval.is_coarse:
        flat = [name for name in forecast.workloads if name not in shaped]
        if not flat:
            return []
        return [
            f"{forecast.file}: demand of {listed(flat)} is given per {time.interval} and has no load shape: it is "
            f"spread evenly, its peaks are invisible, and owned capacity looks better than it is (demand.load_shape)"
        ]
    keys = dict.fromkeys(key for key, _ in shaped.values())
    if not keys:
        return []
    return [
        f"{loaded.file}: {listed(list(keys))} has no effect: the forecast is by the {time.interval}, "
        f"and shapes spread only intervals longer than an hour"
    ]
