"""What everything in the audit is recomputed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Api, Assumptions, Offer, Server, Workload
from planner.audit.clock import Time
from planner.audit.prices import Prices
from planner.catalogue.gpu import Gpu
from planner.dispatch import Supply, SupplyKind
from planner.forecast.demand import HourlyDemand, Quantity

FloatArray = NDArray[np.float64]

ABSOLUTE = 1e-6
"""Of the instance's peak demand (GPUs), and in units of servers and instances: differences below this are none."""

ABSOLUTE_SUM = 1e-8
"""Of the instance's whole demand (GPU-hours) or gross cost (money): differences of sums below this are none."""

TINY = 1e-9
"""Least absolute tolerance, for instances without demand or cost."""


@dataclass(frozen=True)
class Setting:
    """Assumptions, demand and time: the audit's only sources beside the plan itself."""

    assumptions: Assumptions
    workloads: Mapping[str, Workload]
    gpus: Mapping[str, Gpu]
    demand: HourlyDemand
    time: Time
    prices: Prices
    relax: bool
    """Was the plan made with fractions of servers, instances and people allowed?"""

    @classmethod
    def of(cls, loaded: Loaded, demand: HourlyDemand, relax: bool) -> Setting:
        """Raises ValueError when a workload of the demand has no assumptions (loading fills them in)."""
        workloads = loaded.assumptions.workloads or {}
        missing = [name for name in demand.workloads if name not in workloads]
        if missing:
            raise ValueError(f"workloads without assumptions: {', '.join(missing)}")
        time = Time(demand.calendar, loaded.assumptions.finance.discount_rate)
        prices = Prices(loaded.assumptions, time, loaded.price_files)
        return cls(loaded.assumptions, workloads, loaded.gpus, demand, time, prices, relax)

    @cached_property
    def gpus_tolerance(self) -> float:
        """Absolute tolerance of hourly figures, GPUs."""
        peak = float(self.demand.gpus.sum(axis=1).max(initial=0.0))
        return max(ABSOLUTE * peak, TINY)

    @cached_property
    def gpu_hours_tolerance(self) -> float:
        """Absolute tolerance of sums of hours, GPU-hours."""
        return max(ABSOLUTE_SUM * float(self.demand.gpus.sum()), TINY)

    @cached_property
    def asked(self) -> FloatArray:
        """asked[period, workload]: demand in reference GPU-hours."""
        work: FloatArray = np.add.reduceat(self.demand.gpus, self.demand.calendar.first_hour[:-1], axis=0)
        return work

    def tokens(self, workload: str) -> FloatArray | None:
        """tokens[0 = input, 1 = output; period] of a workload; None when it is not forecast in tokens."""
        return self.demand.tokens.get(workload) if self.demand.quantity is Quantity.TOKENS else None

    def machine(self, supply: Supply) -> Server | Offer | None:
        """The server or offer that a supply is made of; None for APIs, and when the assumptions know no such supply."""
        if supply.kind is SupplyKind.SERVER:
            return self.assumptions.servers.get(supply.owner) if supply.place in self.assumptions.sites else None
        offer = self.assumptions.cloud.get(supply.owner)
        if offer is None:
            return None
        match supply.kind:
            case SupplyKind.RESERVED:
                return offer if supply.place in offer.reserved else None
            case SupplyKind.DRAWN:
                paid_by = self.assumptions.spend_commitments.get(supply.place)
                return offer if paid_by is not None and supply.owner in paid_by.rates else None
            case SupplyKind.ON_DEMAND | SupplyKind.SPOT:
                sold = offer.on_demand if supply.kind is SupplyKind.ON_DEMAND else offer.spot
                return offer if sold is not None and supply.place == supply.kind.value else None
        return None

    def api(self, supply: Supply) -> Api | None:
        """The API that a supply is; None when it is something else or not known."""
        named = supply.kind is SupplyKind.API and supply.place == SupplyKind.API.value
        return self.assumptions.apis.get(supply.owner) if named else None

    def may_stand(self, pool: Supply) -> bool:
        """May servers of a model stand at a site: be ordered for it, or be there as a fleet?"""
        sites = self.assumptions.servers[pool.owner].sites
        there = any(entry.server == pool.owner and entry.site == pool.place for entry in self.assumptions.fleet)
        return sites is None or pool.place in sites or there

    def pools(self) -> tuple[Supply, ...]:
        """Every pool that GPUs may be held in (servers at all sites, permitted or not)."""
        assumptions = self.assumptions
        servers = [Supply(SupplyKind.SERVER, name, site) for name in assumptions.servers for site in assumptions.sites]
        reserved = [
            Supply(SupplyKind.RESERVED, name, option)
            for name, offer in assumptions.cloud.items()
            for option in offer.reserved
        ]
        return (*servers, *reserved)
