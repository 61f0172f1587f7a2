"""Servers by where they come from: how many, in service when, sold when, worth what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import HardwareAtEnd, Server
from planner.audit.clock import Span
from planner.audit.records import Purchase, Sale
from planner.audit.setting import Setting
from planner.dispatch import Supply, SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Lot:
    """Servers of one model at one site that were ordered in one period, or are one entry of the fleet."""

    pool: Supply
    name: str
    """Label of the order's period, or `fleet 1`: what `sales` calls `acquired`."""
    count: float
    span: Span
    """In service, when none is sold early."""
    price: float
    """Of one server without installation: what maintenance and resale are shares of."""
    since: datetime | None
    """Day on which an entry of the fleet went into service; None for orders, whose age is counted in periods."""
    resalable: bool
    """Is there a price that a share of is paid for it?"""
    leaving: FloatArray = field(repr=False)
    """leaving[period]: servers sold at the start of each period of the horizon."""

    @property
    def in_service(self) -> FloatArray:
        """in_service[period]: servers of the lot that are there and not sold."""
        there = np.zeros(len(self.leaving))
        there[self.span.first : self.span.last + 1] = self.count
        return np.where(there > 0, there - np.cumsum(self.leaving), 0.0)

    def proceeds(self, setting: Setting, period: int) -> float:
        """What one server fetches at the start of a period (one past the last is the horizon's end).

        Before it is in service, when it may not be sold, it counts as new.
        """
        if not self.resalable:
            return 0.0
        if self.since is None:
            age = (period - self.span.first) * setting.time.years
        else:
            age = setting.time.age_years(self.since, period)
        return self.price * resale_share(setting.assumptions.servers[self.pool.owner], max(age, 0.0))

    def sold_at_end(self, setting: Setting) -> tuple[int, float] | None:
        """(boundary, servers) that are sold at the end of their life inside the horizon, or at the horizon's end."""
        count = setting.time.count
        end = min(self.span.last + 1, count)
        outlives = self.span.last + 1 > count
        kept = outlives and setting.assumptions.finance.hardware_at_end is HardwareAtEnd.NONE
        if self.span.first >= end or kept:
            return None
        return end, self.count - float(self.leaving[:end].sum())


def lots(purchases: Iterable[Purchase], sales: Iterable[Sale], setting: Setting) -> dict[tuple[str, str, str], Lot]:
    """(server, site, name) → lot, for all orders and the fleet. Sales of lots that do not exist are left out."""
    leaving: Mapping[tuple[str, str, str], FloatArray] = defaultdict(lambda: np.zeros(setting.time.count))
    for sale in sales:
        leaving[sale.server, sale.site, sale.acquired][sale.period] += sale.count
    ordered: dict[tuple[str, str, int], float] = defaultdict(float)
    for order in purchases:
        ordered[order.server, order.site, order.period] += order.count
    found = {}
    for (server, site, period), count in ordered.items():
        name = setting.time.calendar.labels[period]
        found[server, site, name] = Lot(
            Supply(SupplyKind.SERVER, server, site),
            name,
            count,
            service_of_order(setting, server, period),
            setting.prices.server(server, period),
            None,
            bool(setting.assumptions.servers[server].resale),
            leaving[server, site, name],
        )
    for number, entry in enumerate(setting.assumptions.fleet, start=1):
        model, name = setting.assumptions.servers[entry.server], f"fleet {number}"
        found[entry.server, entry.site, name] = Lot(
            Supply(SupplyKind.SERVER, entry.server, entry.site),
            name,
            entry.count,
            setting.time.dated(entry.in_service, model.lifetime),
            setting.prices.server(entry.server, 0) if entry.price_paid is None else entry.price_paid,
            entry.in_service,
            entry.price_paid is not None and bool(model.resale),
            leaving[entry.server, entry.site, name],
        )
    return found


def service_of_order(setting: Setting, server: str, period: int) -> Span:
    """When a server ordered in a period is in service: after its lead time, for its lifetime."""
    entry, time = setting.assumptions.servers[server], setting.time
    first = period + time.rounded_up(entry.lead_time)
    return Span(first, first + time.rounded_down(entry.lifetime) - 1)


def resale_share(server: Server, age_years: float) -> float:
    """Share of its price that a server fetches at an age: linear between (0, 1) and the listed ages, then constant."""
    if not server.resale:
        return 0.0
    points = {0.0: 1.0} | {age.years: share for age, share in server.resale.items()}
    younger = max(age for age in points if age <= age_years)
    older = min((age for age in points if age > age_years), default=None)
    if older is None:
        return points[younger]
    way = (age_years - younger) / (older - younger)
    return points[younger] + way * (points[older] - points[younger])
