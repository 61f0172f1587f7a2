"""What things cost, and when: the audit's own reading of prices, trends, price files and discounts.

Prices of a provider are after its discount and before what its support adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.price_file import PriceFile
from planner.assumptions.schema import Assumptions
from planner.audit.clock import Time
from planner.dispatch import SupplyKind

FloatArray = NDArray[np.float64]


class Fees(NamedTuple):
    """What one instance costs for a term: once, and in every hour of it."""

    upfront: float
    hourly: float


@dataclass(frozen=True)
class Prices:
    """The prices of the assumptions, by period or by hour."""

    assumptions: Assumptions
    time: Time
    files: Mapping[str, PriceFile]
    """By dotted key, as in `Loaded.price_files`."""

    def server(self, name: str, period: int) -> float:
        """Price, without installation, of a server ordered in a period."""
        server = self.assumptions.servers[name]
        return self._price(f"servers.{name}.prices", "", period, server.price, server.price_trend_per_year)

    def rental(self, offer: str, kind: SupplyKind, period: int) -> float:
        """Price of a GPU rented for an hour in a period; 0 where a spend commitment pays."""
        if kind is SupplyKind.DRAWN:
            return 0.0
        entry = self.assumptions.cloud[offer]
        spot = entry.spot.price if entry.spot is not None else 0.0
        named = spot if kind is SupplyKind.SPOT else (entry.on_demand or 0.0)
        return self._of_offer(offer, kind.value, period, named) / entry.gpus

    def term(self, offer: str, option: str, period: int) -> Fees:
        """Fees of a reservation bought in a period."""
        entry = self.assumptions.cloud[offer].reserved[option]
        return Fees(
            self._of_offer(offer, f"{option}.upfront", period, entry.upfront),
            self._of_offer(offer, f"{option}.hourly", period, entry.hourly),
        )

    def draw(self, commitment: str, offer: str) -> float:
        """Money that an hour of one GPU of an offer takes from a spend commitment."""
        rate = self.assumptions.spend_commitments[commitment].rates[offer]
        return rate * self._kept(offer) / self.assumptions.cloud[offer].gpus

    def egress(self, offer: str) -> float:
        """Price of a GB that leaves an offer."""
        return self.assumptions.cloud[offer].egress_per_gb * self._kept(offer)

    def storage(self, offer: str) -> float:
        """Price of a GB stored at an offer for a month."""
        return self.assumptions.cloud[offer].storage_per_gb_month * self._kept(offer)

    def support(self, provider: str) -> float:
        """What is added to everything paid to a provider, as a share of it."""
        entry = self.assumptions.providers.get(provider)
        return entry.support_share if entry is not None else 0.0

    def electricity(self, site: str) -> FloatArray:
        """price[hour] of a kWh at a site, over the horizon."""
        return self._electricity[site]

    @cached_property
    def _electricity(self) -> Mapping[str, FloatArray]:
        return {site: self._hourly(site) for site in self.assumptions.sites}

    def _hourly(self, site: str) -> FloatArray:
        price, calendar = self.assumptions.sites[site].electricity_price, self.time.calendar
        if not isinstance(price, str):
            return np.full(calendar.first_hour[-1], price)
        file = self.files[f"sites.{site}.electricity_price"]
        if file.by_time is None:
            return np.repeat([file.by_period[""][label] for label in calendar.labels], calendar.hours)
        hours = calendar.start.to_datetime64() + np.arange(calendar.first_hour[-1]) * np.timedelta64(1, "h")
        holds = np.searchsorted(file.by_time.starts, hours, side="right") - 1  # until the next; the file covers all
        return np.asarray(file.by_time.prices[holds], dtype=np.float64)

    def _kept(self, offer: str) -> float:
        """Share of an offer's prices that its provider's discount leaves."""
        entry = self.assumptions.providers.get(self.assumptions.cloud[offer].provider)
        return 1.0 - entry.discount if entry is not None else 1.0

    def _of_offer(self, offer: str, what: str, period: int, named: float) -> float:
        trend = self.assumptions.cloud[offer].price_trend_per_year
        return self._price(f"cloud.{offer}.prices", what, period, named, trend) * self._kept(offer)

    def _price(self, key: str, what: str, period: int, named: float, trend: float) -> float:
        """The file's price where it names one, else the price of the assumptions with its trend."""
        file = self.files.get(key)
        if file is not None and what in file.by_period:
            return file.by_period[what][self.time.calendar.labels[period]]
        return named * self.time.trend(trend, period)
