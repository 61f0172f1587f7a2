"""Limits on money and carbon: capital, cloud bills, tonnes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from hybrid_lp.instance import Budget, Opening
from numpy.typing import NDArray

from planner.assumptions.schema import CapexLimit
from planner.case import Case
from planner.components import Component
from planner.dispatch import Supply, SupplyKind
from planner.fleet import HeldUnits
from planner.running_costs import RunningCosts, idle_tonnes
from planner.supplies import lead_and_life

Floats = NDArray[np.float64]
CLOUD_FEES = (Component.RESERVED_HOURLY, Component.SUPPORT)
"""What a commitment that is held is still paid for."""


def budgets(
    case: Case,
    pools: Sequence[Supply],
    held: Sequence[HeldUnits],
    openings: Sequence[Opening],
    running: RunningCosts,
) -> tuple[Budget, ...]:
    """Every limit of `limits` that counts money or carbon. A year outside the horizon limits nothing."""
    limits = case.assumptions.limits
    found: list[Budget] = []
    if limits.capex is not None:
        found += _capex(limits.capex, case, pools, openings)
    if limits.cloud_spend is not None:
        found += _cloud_spend(limits.cloud_spend.per_period, case, pools, held, running)
    if limits.carbon_tonnes is not None:
        found += _carbon(limits.carbon_tonnes.per_year, case, pools, running)
    return tuple(found)


def _capex(limit: CapexLimit, case: Case, pools: Sequence[Supply], openings: Sequence[Opening]) -> Iterator[Budget]:
    """Price and installation of orders, and set-up, undiscounted, in the calendar year of the order."""
    spent = np.zeros((len(pools), case.timeline.periods))
    for k, supply in enumerate(pools):
        if supply.kind is SupplyKind.SERVER:
            spent[k] = case.servers[supply.owner] + case.assumptions.servers[supply.owner].install_cost
    setup = np.zeros((len(openings), case.timeline.periods))
    for number, opening in enumerate(openings):
        setup[number] = case.assumptions.sites[opening.name].setup_cost
    currency, years = case.assumptions.currency, np.array(case.calendar_years)
    if limit.total is not None:
        key = "limits.capex.total"
        yield Budget("capex", currency, limit.total, order_weights=spent, opening_weights=setup, key=key)
    for year, most in limit.per_year.items():
        inside = years == year
        if inside.any():
            yield Budget(
                f"capex of {year}",
                currency,
                most,
                order_weights=spent * inside,
                opening_weights=setup * inside,
                key=f"limits.capex.per_year.{year}",
            )


def _cloud_spend(
    most: float, case: Case, pools: Sequence[Supply], held: Sequence[HeldUnits], running: RunningCosts
) -> Iterator[Budget]:
    """Paid to providers and APIs in each period: upfront fees in full, hourly fees of what is in service, rents."""
    hours, calendar = case.hours, case.calendar
    upfront, per_hour = cloud_fees(case, pools)
    terms = np.array([lead_and_life(supply, case)[1] for supply in pools], dtype=np.int64)
    for period in range(calendar.count):
        weights = np.zeros_like(upfront)
        weights[:, period] = upfront[:, period]
        order = np.arange(calendar.count)
        running_terms = (order <= period) & (order + terms[:, None] > period)
        weights += np.where(running_terms, per_hour * hours[period], 0.0)
        still_paid = sum(
            units.units * flow.amount
            for units in held
            for flow in units.paid
            if flow.period == period and flow.component in CLOUD_FEES
        )
        yield Budget(
            f"cloud spend of {calendar.label(period)}",
            case.assumptions.currency,
            most - still_paid,
            order_weights=weights,
            periods=range(period, period + 1),
            run_weights=running.cloud_bill[period : period + 1],
            key="limits.cloud_spend.per_period",
        )


def cloud_fees(case: Case, pools: Sequence[Supply]) -> tuple[Floats, Floats]:
    """upfront and hourly[pool, order period]  currency per unit ordered, support included; 0 for servers."""
    upfront, hourly = np.zeros((len(pools), case.timeline.periods)), np.zeros((len(pools), case.timeline.periods))
    for k, supply in enumerate(pools):
        paid = 1 + case.provider(supply).support_share
        if supply.kind is SupplyKind.RESERVED:
            prices = case.offers[supply.owner]
            upfront[k], hourly[k] = prices.upfront[supply.place] * paid, prices.hourly[supply.place] * paid
        elif supply.kind is SupplyKind.SPEND_COMMITMENT:
            hourly[k] = paid
    return upfront, hourly


def _carbon(per_year: dict[int, float], case: Case, pools: Sequence[Supply], running: RunningCosts) -> Iterator[Budget]:
    """Tonnes of a calendar year: idle power of what is in service, busy power and rented GPUs of what runs."""
    idle, years = idle_tonnes(case, pools), np.array(case.calendar_years)
    for year, most in per_year.items():
        inside = np.flatnonzero(years == year)
        if len(inside):
            periods = range(int(inside[0]), int(inside[-1]) + 1)
            yield Budget(
                f"carbon of {year}",
                "t",
                most,
                unit_weights=idle * (years == year),
                periods=periods,
                run_weights=np.broadcast_to(running.tonnes, (len(periods), *running.tonnes.shape)),
                key=f"limits.carbon_tonnes.per_year.{year}",
            )
