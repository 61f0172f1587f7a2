"""What it costs to hold one unit: a server at a site, a reserved instance, an instance's worth of money promised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import CommitmentsAtEnd, HardwareAtEnd
from planner.case import Case
from planner.components import Component
from planner.dispatch import Supply, SupplyKind
from planner.economics import HOURS_PER_YEAR, resale_share
from planner.running_costs import holding_parts
from planner.supplies import draw_rate, usable_gpus

Floats = NDArray[np.float64]
_BY_THE_HOUR = (Component.ELECTRICITY, Component.CARBON)
"""Holding costs that grow with the hours of a period; the others with its length in years."""


@dataclass(frozen=True)
class Holding:
    """One unit, ordered now."""

    supply: Supply
    """DRAWN stands for the spend commitment that it is drawn from."""
    gpu: str
    gpus: int
    """GPUs of the unit."""
    usable_gpus: float
    lead_periods: int
    """From the order to service."""
    lasts_years: float
    """Lifetime, or term."""
    years: float
    """For which it is held."""
    upfront: float
    """Currency, at the order."""
    per_year: Floats
    """per_year[period]  currency per year of service, used or not."""
    resale: float
    """Currency, at the end of the years."""

    @property
    def is_commitment(self) -> bool:
        """A term, rather than hardware?"""
        return self.supply.kind is not SupplyKind.SERVER


def holding(supply: Supply, case: Case, years: float) -> Holding:
    """A unit held for so many years, no longer than it lasts, at the prices of an order in the first period."""
    match supply.kind:
        case SupplyKind.SERVER:
            return _server(supply, case, years)
        case SupplyKind.DRAWN:
            return _promise(supply, case, years)
    return _reservation(supply, case, years)


def _server(supply: Supply, case: Case, years: float) -> Holding:
    """Price and installation, maintenance on the price, what a server in service costs, resale of the price.

    Resale as in a plan: at the end of its life always, before only if `hardware_at_end: resale`. People are a ratio.
    """
    server, site = case.assumptions.servers[supply.owner], case.assumptions.sites[supply.place]
    price, lasts = float(case.servers[supply.owner][0]), server.lifetime.years
    per_year = np.full(case.timeline.periods, server.maintenance_per_year * price)
    for component, cost in holding_parts(case, [supply]):
        by_the_hour = component in _BY_THE_HOUR
        per_year += cost[0] * (HOURS_PER_YEAR / case.hours) if by_the_hour else cost[0] / case.timeline.years
    if site.staff is not None and site.staff.whole_people:  # left out of holding_parts
        per_year += site.staff.cost_per_person_year / site.staff.servers_per_person
    sold = years >= lasts or case.timeline.hardware_at_end is HardwareAtEnd.RESALE
    share = float(resale_share(server.resale, np.array(years))) if sold else 0.0
    return Holding(
        supply,
        server.gpu,
        server.gpus,
        usable_gpus(supply, case.assumptions),
        int(server.lead_time.periods(case.calendar.unit)),
        lasts,
        years,
        price + server.install_cost,
        per_year,
        price * share,
    )


def _reservation(supply: Supply, case: Case, years: float) -> Holding:
    """Upfront, and the hourly fee of all hours at today's price; `prorated`: the upfront's share of the years."""
    offer, prices = case.assumptions.cloud[supply.owner], case.offers[supply.owner]
    lasts = offer.reserved[supply.place].term.years
    with_support = 1 + case.provider(supply).support_share
    upfront = float(prices.upfront[supply.place][0]) * with_support
    if case.timeline.commitments_at_end is CommitmentsAtEnd.PRORATED:
        upfront *= years / lasts
    hourly = float(prices.hourly[supply.place][0]) * with_support
    per_year = np.full(case.timeline.periods, hourly * HOURS_PER_YEAR)
    return Holding(supply, offer.gpu, offer.gpus, float(offer.gpus), 0, lasts, years, upfront, per_year, 0.0)


def _promise(supply: Supply, case: Case, years: float) -> Holding:
    """As much money per hour as one instance draws."""
    offer = case.assumptions.cloud[supply.owner]
    hourly = draw_rate(supply, case) * offer.gpus * (1 + case.provider(supply).support_share)
    per_year = np.full(case.timeline.periods, hourly * HOURS_PER_YEAR)
    lasts = case.assumptions.spend_commitments[supply.place].term.years
    return Holding(supply, offer.gpu, offer.gpus, float(offer.gpus), 0, lasts, years, 0.0, per_year, 0.0)
