"""What every cost and every limit is made from: demand, assumptions, and their prices over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Assumptions, Provider, Workload
from planner.dispatch import Supply, SupplyKind
from planner.forecast.demand import HourlyDemand
from planner.order_costs import Timeline
from planner.periods import Calendar
from planner.price_paths import OfferPrices, electricity_prices, offer_prices, server_prices

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Demand and assumptions of one plan, with every price resolved."""

    demand: HourlyDemand
    loaded: Loaded
    timeline: Timeline
    electricity: Mapping[str, Floats]
    """site → price[hour]  currency per kWh."""
    servers: Mapping[str, Floats]
    """server → price[period]  currency per server."""
    offers: Mapping[str, OfferPrices]
    """By offer, after the provider's discount."""

    @classmethod
    def of(cls, demand: HourlyDemand, loaded: Loaded) -> Case:
        """Resolve every price."""
        assumptions = loaded.assumptions
        timeline = Timeline.of(demand.calendar, assumptions)
        return cls(
            demand,
            loaded,
            timeline,
            {site: electricity_prices(loaded, site, demand.calendar) for site in assumptions.sites},
            {server: server_prices(loaded, server, timeline) for server in assumptions.servers},
            {offer: offer_prices(loaded, offer, timeline) for offer in assumptions.cloud},
        )

    @property
    def assumptions(self) -> Assumptions:
        """The checked figures."""
        return self.loaded.assumptions

    @property
    def calendar(self) -> Calendar:
        """The periods of the horizon."""
        return self.demand.calendar

    @property
    def hours(self) -> Floats:
        """hours[period]  real hours of the periods of the horizon."""
        return self.timeline.hours[: self.timeline.periods]

    @property
    def workloads(self) -> list[Workload]:
        """The axis `workload`; reading filled them in for every name of the forecast."""
        return [(self.assumptions.workloads or {})[name] for name in self.demand.workloads]

    @cached_property
    def work(self) -> Floats:
        """work[period, workload]  reference GPU-hours of demand."""
        work: Floats = np.add.reduceat(self.demand.gpus, self.calendar.first_hour[:-1], axis=0)
        return work

    @property
    def calendar_years(self) -> list[int]:
        """The calendar year in which each period begins."""
        return [self.calendar.begins(period).year for period in range(self.calendar.count)]

    def provider(self, supply: Supply) -> Provider:
        """What is agreed with the provider of a supply; nothing with one's own sites and with APIs."""
        match supply.kind:
            case SupplyKind.SERVER | SupplyKind.API:
                return Provider()
            case SupplyKind.SPEND_COMMITMENT:
                # Its offers have one provider: reading made sure.
                return self.assumptions.provider_of(next(iter(self.assumptions.spend_commitments[supply.owner].rates)))
        return self.assumptions.provider_of(supply.owner)
