"""Prices over the horizon: a trend from its start, or a file (docs/formats.md, Files of prices). Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.price_file import ON_DEMAND, ONLY, SPOT, PriceFile, TimedPrices, hourly_of, upfront_of
from planner.economics import trended
from planner.forecast.cells import listed
from planner.forecast.intervals import infer, text
from planner.periods import Calendar
from planner.problems import InputError, Problem

if TYPE_CHECKING:
    from planner.order_costs import Timeline

Floats = NDArray[np.float64]
_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class OfferPrices:
    """What an offer costs in each period, after its provider's discount and before its support."""

    on_demand: Floats | None
    """on_demand[period]  currency per instance-hour; None where it is not sold."""
    spot: Floats | None
    """spot[period]  currency per instance-hour rented; None where it is not sold."""
    upfront: Mapping[str, Floats]
    """By reserved option, upfront[period]  currency per instance, for the whole term, of one bought in that period."""
    hourly: Mapping[str, Floats]
    """By reserved option, hourly[period]  currency per instance-hour, for the whole term, likewise."""


def electricity_prices(loaded: Loaded, site: str, calendar: Calendar) -> Floats:
    """prices[hour]  currency per kWh at a site, for the hours of the horizon. Raises InputError where a file has none.

    By period, its price holds in all its hours; by timestamp, an hour pays the price at its beginning.
    """
    price = loaded.assumptions.sites[site].electricity_price
    if not isinstance(price, str):
        return np.full(int(calendar.first_hour[-1]), price, dtype=np.float64)
    file = loaded.price_files[f"sites.{site}.electricity_price"]
    if file.by_time is None:
        return np.repeat(_by_label(file, ONLY, calendar), calendar.hours)
    steps = _steps(file.by_time, calendar)
    problems = _not_covered(file, file.by_time, steps, calendar)
    if problems:
        raise InputError(problems)
    hourly: Floats = file.by_time.prices[steps]
    return hourly


def server_prices(loaded: Loaded, server: str, timeline: Timeline) -> Floats:
    """prices[period]  currency per server ordered in each period of the horizon, delivered, not installed.

    Price × (1 + trend)^t with t the years from the horizon's start to that of the period; or the file's. Raises
    InputError where a file has none.
    """
    file = loaded.price_files.get(f"servers.{server}.prices")
    if file is not None:
        return _by_label(file, ONLY, timeline.calendar)
    model = loaded.assumptions.servers[server]
    return trended(model.price, model.price_trend_per_year, timeline.starts[: timeline.periods])


def offer_prices(loaded: Loaded, offer: str, timeline: Timeline) -> OfferPrices:
    """All prices of an offer in the periods of the horizon, by trend as those of servers, or the file's.

    Options that the file does not name keep their price, with its trend. Raises InputError where a file has none.
    """
    entry = loaded.assumptions.cloud[offer]
    paid_share = 1.0 - loaded.assumptions.provider_of(offer).discount
    trend = trended(1.0, entry.price_trend_per_year, timeline.starts[: timeline.periods])
    file = loaded.price_files.get(f"cloud.{offer}.prices")

    def path(name: str, price: float) -> Floats:
        if file is not None and name in file.by_period:
            return _by_label(file, name, timeline.calendar) * paid_share
        return price * trend * paid_share

    return OfferPrices(
        on_demand=None if entry.on_demand is None else path(ON_DEMAND, entry.on_demand),
        spot=None if entry.spot is None else path(SPOT, entry.spot.price),
        upfront={option: path(upfront_of(option), terms.upfront) for option, terms in entry.reserved.items()},
        hourly={option: path(hourly_of(option), terms.hourly) for option, terms in entry.reserved.items()},
    )


def price_file_problems(loaded: Loaded, calendar: Calendar) -> list[Problem]:
    """Everything in the horizon that files of prices leave out."""
    problems: list[Problem] = []
    for file in loaded.price_files.values():
        if file.by_time is not None:
            problems += _not_covered(file, file.by_time, _steps(file.by_time, calendar), calendar)
        for name in file.by_period:
            problems += _without(file, name, calendar)
    return list(dict.fromkeys(problems))


def _by_label(file: PriceFile, name: str, calendar: Calendar) -> Floats:
    """prices[period] of one of the prices in a file."""
    problems = _without(file, name, calendar)
    if problems:
        raise InputError(problems)
    return np.array([file.by_period[name][label] for label in calendar.labels], dtype=np.float64)


def _without(file: PriceFile, name: str, calendar: Calendar) -> list[Problem]:
    missing = [label for label in calendar.labels if label not in file.by_period[name]]
    if not missing:
        return []
    whose = f"{name}: " if name else ""
    expected = f"a price for every period of the horizon, {calendar.labels[0]} … {calendar.labels[-1]}"
    return [Problem(file.name, "column period", f"{whose}nothing for {listed(missing)}", expected)]


def _steps(timed: TimedPrices, calendar: Calendar) -> NDArray[np.int64]:
    """steps[hour] of the horizon: which price holds; below 0 or beyond the last where none does."""
    interval = infer(timed.starts)
    assert interval is not None, "reading made sure that prices by timestamp have a regular step"
    begin = calendar.start.to_datetime64().astype("M8[us]")
    hours = begin + np.arange(int(calendar.first_hour[-1]), dtype=np.int64) * _HOUR
    return interval.index_of(timed.starts[0], hours)


def _not_covered(file: PriceFile, timed: TimedPrices, steps: NDArray[np.int64], calendar: Calendar) -> list[Problem]:
    if steps[0] >= 0 and steps[-1] < len(timed.prices):
        return []
    value = f"prices from {text(timed.starts[0])} to {text(timed.starts[-1])}"
    ends = calendar.begins(calendar.count).to_datetime64()
    expected = f"prices for the whole horizon, {text(calendar.start.to_datetime64())} to {text(ends)}"
    return [Problem(file.name, "column timestamp", value, expected)]
