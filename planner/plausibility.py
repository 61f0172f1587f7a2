"""Warnings about inputs that are allowed but rarely meant, and about what a plan takes for granted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.loaded import Loaded
from planner.forecast.demand import HourlyDemand
from planner.prepare import Prepared

HIGH_DISCOUNT_RATE = 0.5
HIGH_GROWTH = 3.0


def input_warnings(prepared: Prepared, demand: HourlyDemand, loaded: Loaded) -> tuple[str, ...]:
    """In the order in which a reader would want to know."""
    return (
        *_dates(demand, loaded),
        *_years(demand, loaded),
        *_rates(loaded),
        *_holdings(demand, loaded),
        *_misfits(prepared, demand, loaded),
    )


def plan_warnings(commitments: pd.DataFrame) -> tuple[str, ...]:
    """About the plan itself: commitments to fractions of an instance."""
    counts = commitments["count"].to_numpy(dtype=np.float64)
    if len(counts) == 0 or (np.abs(counts - np.round(counts)) < 1e-6).all():
        return ()
    offers = ", ".join(dict.fromkeys(commitments["offer"]))
    return (f"commitments are fractions of instances for {offers}: whole_instances: true makes them whole",)


def _dates(demand: HourlyDemand, loaded: Loaded) -> Iterator[str]:
    calendar, asked = demand.calendar, loaded.assumptions.demand.forecast_starts
    if asked is not None and loaded.assumptions.horizon.start is None and pd.Timestamp(asked) != calendar.start:
        yield (
            f"demand.forecast_starts: the forecast begins on {calendar.start:%Y-%m-%d}, not on {asked:%Y-%m-%d}: "
            f"an hourly forecast keeps its weekday, and moves forward to it"
        )
    named_by_month = calendar.unit in (PeriodUnit.MONTH, PeriodUnit.QUARTER, PeriodUnit.YEAR)
    if named_by_month and (calendar.start.day, calendar.start.hour) != (1, 0):
        yield (
            f"periods are counted from {calendar.start:%Y-%m-%d}: the one called {calendar.label(0)} ends before "
            f"{calendar.begins(1):%Y-%m-%d}, the last one, {calendar.labels[-1]}, before "
            f"{calendar.begins(calendar.count):%Y-%m-%d}"
        )


def _years(demand: HourlyDemand, loaded: Loaded) -> Iterator[str]:
    """Limits of calendar years in which no period begins."""
    limits, calendar = loaded.assumptions.limits, demand.calendar
    planned = {calendar.begins(period).year for period in range(calendar.count)}
    for key, limit in (("capex", limits.capex), ("carbon_tonnes", limits.carbon_tonnes)):
        outside = [str(year) for year in (limit.per_year if limit is not None else {}) if year not in planned]
        if outside:
            yield f"limits.{key}.per_year: no period of the horizon begins in {', '.join(outside)}, so without effect"


def _holdings(demand: HourlyDemand, loaded: Loaded) -> Iterator[str]:
    """Servers and commitments that are in service in no period of the horizon."""
    calendar, assumptions = demand.calendar, loaded.assumptions
    spans = [
        (f"fleet.{number}", entry.in_service, assumptions.servers[entry.server].lifetime)
        for number, entry in enumerate(assumptions.fleet, start=1)
    ] + [
        (f"held_commitments.{number}", held.started, assumptions.cloud[held.offer].reserved[held.option].term)
        for number, held in enumerate(assumptions.held_commitments, start=1)
    ]
    for place, since, lasting in spans:
        service = calendar.service(since, lasting)
        if not service or service.start >= calendar.count:
            yield (
                f"{place} has no effect: it is in service from {since:%Y-%m-%d} for {lasting}, the horizon from "
                f"{calendar.start:%Y-%m-%d} until {calendar.begins(calendar.count):%Y-%m-%d}"
            )


def _rates(loaded: Loaded) -> Iterator[str]:
    rate = loaded.assumptions.finance.discount_rate
    if rate > HIGH_DISCOUNT_RATE:
        yield f"finance.discount_rate is {rate:.0%} a year: 8 % is written 0.08"
    projection = loaded.assumptions.horizon.projection
    if projection is not None and projection.growth_per_year > HIGH_GROWTH:
        yield f"horizon.projection.growth_per_year is {projection.growth_per_year:.0%}: 30 % is written 0.3"


def _misfits(prepared: Prepared, demand: HourlyDemand, loaded: Loaded) -> Iterator[str]:
    for name, server in loaded.assumptions.servers.items():
        sites = {site: loaded.assumptions.sites[site] for site in server.sites or loaded.assumptions.sites}
        fits = [
            (site.power_limit_kw is None or server.power_kw * site.pue <= site.power_limit_kw)
            and (site.rack_units is None or server.rack_units <= site.rack_units)
            for site in sites.values()
        ]
        if sites and not any(fits):
            yield f"servers.{name} fits no site: one draws {server.power_kw:g} kW and takes {server.rack_units:g} U"
    able = (prepared.instance.effectiveness > 0).any(axis=1)
    penalised = np.isfinite(prepared.instance.unserved_penalty)
    for w in np.flatnonzero(~able & penalised):
        yield (
            f"nothing can run workload {demand.workloads[w]} (memory, location, regions or speed forbid it): "
            f"all of it is left undone, at its penalty"
        )
