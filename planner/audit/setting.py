"""What everything in the audit is recomputed from, and the audit's own reckoning of time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from planner.assumptions.durations import HOURS_PER_YEAR, Duration
from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Assumptions, Offer, Server, Workload
from planner.catalogue.gpu import Gpu
from planner.dispatch import Supply, SupplyKind
from planner.forecast.demand import HourlyDemand
from planner.periods import Calendar

ABSOLUTE = 1e-6
"""Of the instance's peak demand (GPUs), and in units of servers and instances: differences below this are none."""

ABSOLUTE_SUM = 1e-8
"""Of the instance's whole demand (GPU-hours) or gross cost (money): differences of sums below this are none."""

TINY = 1e-9
"""Least absolute tolerance, for instances without demand or cost."""


@dataclass(frozen=True)
class Time:
    """Periods in years, hours and discount factors (formulation.md, Time), recomputed here."""

    calendar: Calendar
    discount_rate: float

    @property
    def count(self) -> int:
        """Periods of the horizon."""
        return self.calendar.count

    @property
    def years(self) -> float:
        """Length of a period by name, Y."""
        return self.calendar.unit.years

    def at_start(self, period: int) -> float:
        """Discount factor of money paid at the start of a period."""
        return float((1.0 + self.discount_rate) ** -(self.years * period))

    def at_middle(self, period: int) -> float:
        """Discount factor of money that flows during a period."""
        return float((1.0 + self.discount_rate) ** -(self.years * (period + 0.5)))

    def trend(self, per_year: float, period: int) -> float:
        """Price in a period over the price at the horizon's start."""
        return float((1.0 + per_year) ** (self.years * period))

    def hours(self, period: int) -> float:
        """Real hours of a period; past the horizon those of its length by name."""
        return float(self.calendar.hours[period]) if period < self.count else HOURS_PER_YEAR * self.years

    def rounded_up(self, duration: Duration) -> int:
        """A lead time in periods."""
        return math.ceil(duration.periods(self.calendar.unit))

    def rounded_down(self, duration: Duration) -> int:
        """A lifetime or a term in periods."""
        return math.floor(duration.periods(self.calendar.unit))


@dataclass(frozen=True)
class Setting:
    """Assumptions, demand and time: the audit's only sources beside the plan itself."""

    assumptions: Assumptions
    workloads: Mapping[str, Workload]
    gpus: Mapping[str, Gpu]
    demand: HourlyDemand
    time: Time
    relax: bool
    """Was the plan made with fractions of servers and instances allowed?"""

    @classmethod
    def of(cls, loaded: Loaded, demand: HourlyDemand, relax: bool) -> Setting:
        """Raises ValueError when a workload of the demand has no assumptions (loading fills them in)."""
        workloads = loaded.assumptions.workloads or {}
        missing = [name for name in demand.workloads if name not in workloads]
        if missing:
            raise ValueError(f"workloads without assumptions: {', '.join(missing)}")
        time = Time(demand.calendar, loaded.assumptions.finance.discount_rate)
        return cls(loaded.assumptions, workloads, loaded.gpus, demand, time, relax)

    @cached_property
    def gpus_tolerance(self) -> float:
        """Absolute tolerance of hourly figures, GPUs."""
        peak = float(self.demand.gpus.sum(axis=1).max(initial=0.0))
        return max(ABSOLUTE * peak, TINY)

    @cached_property
    def gpu_hours_tolerance(self) -> float:
        """Absolute tolerance of sums of hours, GPU-hours."""
        return max(ABSOLUTE_SUM * float(self.demand.gpus.sum()), TINY)

    def machine(self, supply: Supply) -> Server | Offer | None:
        """The entry that a supply is made of; None when the assumptions know no such supply."""
        if supply.kind is SupplyKind.SERVER:
            return self.assumptions.servers.get(supply.owner) if supply.place in self.assumptions.sites else None
        offer = self.assumptions.cloud.get(supply.owner)
        if offer is None:
            return None
        if supply.kind is SupplyKind.RESERVED:
            return offer if supply.place in offer.reserved else None
        sold = offer.on_demand if supply.kind is SupplyKind.ON_DEMAND else offer.spot
        return offer if sold is not None and supply.place == supply.kind.value else None

    def pools(self) -> tuple[Supply, ...]:
        """Every pool that the assumptions allow to exist (servers at all sites, permitted or not)."""
        assumptions = self.assumptions
        servers = [Supply(SupplyKind.SERVER, name, site) for name in assumptions.servers for site in assumptions.sites]
        reserved = [
            Supply(SupplyKind.RESERVED, name, option)
            for name, offer in assumptions.cloud.items()
            for option in offer.reserved
        ]
        return (*servers, *reserved)
