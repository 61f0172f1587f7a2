"""What it costs to hold and to run a unit, component by component, and what that emits.

The programme takes the sum over components; the report multiplies each with what ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.case import Case
from planner.components import Component
from planner.cost_classes import CostClasses
from planner.dispatch import Supply, SupplyKind
from planner.economics import MONTHS_PER_YEAR

Floats = NDArray[np.float64]
GRAMS_PER_TONNE = 1e6
TOKENS_PER_PRICE = 1e6
"""APIs are priced per million tokens."""


@dataclass(frozen=True)
class RunningCosts:
    """What an occupied GPU-hour costs, c_wjp of the formulation, and emits."""

    case: Case
    classes: CostClasses
    supplies: tuple[Supply, ...]
    """The axis `supply`."""
    effectiveness: Floats
    """effectiveness[workload, supply]."""
    usable: Floats
    """usable[workload, supply]."""

    def parts(self) -> Iterator[tuple[Component, Floats]]:
        """(component, cost[period, workload, supply])  currency per occupied GPU-hour; all but electricity.

        on_demand, spot: price in the period / gpus. api: what the period's tokens cost / the period's work. egress, in
        the cloud: a × GB × price. storage: a × GB × price × months of the period / the workload's work in the period,
        so that it is shared by where the work ran. support: its share of what is paid to the provider. carbon: price
        of what it emits. What is drawn is paid by the spend commitment.
        """
        to_providers = np.zeros(self._shape)
        for component, cost in (*self._rents(), *self._data()):
            to_providers += cost
            yield component, cost
        yield Component.API, self.api
        support = np.array([self.case.provider(supply).support_share for supply in self.supplies])
        if support.any():
            yield Component.SUPPORT, to_providers * support
        price = self.case.assumptions.finance.carbon_price_per_tonne
        if price:
            yield Component.CARBON, np.broadcast_to(price * self.tonnes, self._shape)

    @cached_property
    def kwh(self) -> Floats:
        """kwh[workload, supply] per occupied GPU-hour: PUE × (full − idle power)/gpus × u; 0 in the cloud."""
        kwh = np.zeros(self.effectiveness.shape)
        for j, supply in enumerate(self.supplies):
            if supply.kind is SupplyKind.SERVER:
                server = self.case.assumptions.servers[supply.owner]
                site = self.case.assumptions.sites[supply.place]
                kwh[:, j] = site.pue * (server.power_kw - server.idle_power_kw) / server.gpus * self.usable[:, j]
        return kwh

    @cached_property
    def electricity_price(self) -> Floats:
        """price[class, supply]  currency per kWh at the site of a server; 0 in the cloud."""
        price = np.zeros((len(self.classes.period), len(self.supplies)))
        for j, supply in enumerate(self.supplies):
            if supply.kind is SupplyKind.SERVER:
                price[:, j] = self.classes.electricity[supply.place]
        return price

    @cached_property
    def tonnes(self) -> Floats:
        """tonnes[workload, supply] of carbon per occupied GPU-hour, busy power of servers or a GPU rented."""
        grams = np.zeros(self.effectiveness.shape)
        for j, supply in enumerate(self.supplies):
            if supply.kind is SupplyKind.SERVER:
                grams[:, j] = self.kwh[:, j] * self.case.assumptions.sites[supply.place].carbon_g_per_kwh
            elif supply.kind not in (SupplyKind.API, SupplyKind.SPEND_COMMITMENT):
                grams[:, j] = self.case.assumptions.cloud[supply.owner].carbon_g_per_gpu_hour
        return grams / GRAMS_PER_TONNE

    @cached_property
    def total(self) -> Floats:
        """cost[class, workload, supply]  currency per occupied GPU-hour, all components."""
        by_period = sum((cost for _, cost in self.parts()), start=np.zeros(self._shape))
        total: Floats = by_period[self.classes.period] + self.kwh * self.electricity_price[:, None, :]
        return total

    @cached_property
    def cloud_bill(self) -> Floats:
        """bill[period, workload, supply]  currency per occupied GPU-hour that is paid to providers and APIs."""
        paid = (cost for component, cost in self.parts() if component is not Component.CARBON)
        clouds = np.array([supply.kind is not SupplyKind.SERVER for supply in self.supplies], dtype=np.float64)
        bill: Floats = sum(paid, start=np.zeros(self._shape)) * clouds
        return bill

    def electricity(self, period: int, gpus: Floats) -> Floats:
        """cost[workload, supply]  currency, of gpus[hour, workload, supply] occupied in the hours of a period."""
        if self.classes.of_hour is None:
            price = np.broadcast_to(self.electricity_price[period], (len(gpus), len(self.supplies)))
        else:
            first = self.case.calendar.first_hour
            price = self.electricity_price[self.classes.of_hour[first[period] : first[period + 1]]]
        cost: Floats = self.kwh * np.einsum("hwj,hj->wj", gpus, price)
        return cost

    @property
    def _shape(self) -> tuple[int, int, int]:
        workloads, supplies = self.effectiveness.shape
        return self.case.calendar.count, workloads, supplies

    def _rents(self) -> Iterator[tuple[Component, Floats]]:
        for component, kind in ((Component.ON_DEMAND, SupplyKind.ON_DEMAND), (Component.SPOT, SupplyKind.SPOT)):
            cost = np.zeros(self._shape)
            for j, supply in enumerate(self.supplies):
                if supply.kind is kind:
                    cost[:, :, j] = rent(supply, self.case)[:, None]
            yield component, cost

    def _data(self) -> Iterator[tuple[Component, Floats]]:
        """Data out of the cloud, and data stored."""
        case = self.case
        egress_price, storage_price = np.zeros(len(self.supplies)), np.zeros(len(self.supplies))
        for j, supply in enumerate(self.supplies):
            if supply.kind is SupplyKind.SERVER:
                storage_price[j] = case.assumptions.sites[supply.place].storage_per_gb_month
            elif supply.kind not in (SupplyKind.API, SupplyKind.SPEND_COMMITMENT):
                offer, kept = case.assumptions.cloud[supply.owner], 1 - case.provider(supply).discount
                egress_price[j], storage_price[j] = offer.egress_per_gb * kept, offer.storage_per_gb_month * kept
        egress_gb = np.array([workload.egress_gb_per_gpu_hour for workload in case.workloads])
        if egress_gb.any() and egress_price.any():
            cost = self.effectiveness * egress_gb[:, None] * egress_price
            yield Component.EGRESS, np.broadcast_to(cost, self._shape)
        stored_gb = np.array([workload.storage_gb for workload in case.workloads])
        if stored_gb.any() and storage_price.any():
            paid = np.broadcast_to(stored_gb * MONTHS_PER_YEAR * case.calendar.unit.years, case.work.shape)
            per_work = np.divide(paid, case.work, out=np.zeros_like(case.work), where=case.work > 0)
            yield Component.STORAGE, per_work[:, :, None] * self.effectiveness * storage_price

    @cached_property
    def api(self) -> Floats:
        """cost[period, workload, supply]  currency per reference GPU-hour done by an API."""
        case, cost = self.case, np.zeros(self._shape)
        for j, supply in enumerate(self.supplies):
            if supply.kind is SupplyKind.API:
                api = case.assumptions.apis[supply.owner]
                price = np.array([api.input_per_million, api.output_per_million]) / TOKENS_PER_PRICE
                for w in np.flatnonzero(self.effectiveness[:, j]):
                    paid, work = price @ case.demand.tokens[case.demand.workloads[w]], case.work[:, w]
                    cost[:, w, j] = np.divide(paid, work, out=np.zeros_like(work), where=work > 0)
        return cost


def rent(supply: Supply, case: Case) -> Floats:
    """price[period]  currency per GPU-hour of an offer rented on demand or as spot."""
    offer, prices = case.assumptions.cloud[supply.owner], case.offers[supply.owner]
    price = prices.on_demand if supply.kind is SupplyKind.ON_DEMAND else prices.spot
    if price is None:
        raise RuntimeError(f"{supply.label} has no price: a bug")
    per_gpu: Floats = price / offer.gpus
    return per_gpu


def holding_parts(case: Case, pools: Sequence[Supply]) -> Iterator[tuple[Component, Floats]]:
    """(component, cost[pool, period])  currency per unit in service, F_kp of the formulation.

    electricity: idle power × PUE × the price of every hour. hosting: per kW-month × nameplate kW × 12·Y. staff: a
    person's year over the servers that one looks after × Y, but not where people are whole. carbon: price of what idle
    power emits.
    """
    timeline = case.timeline
    shape = (len(pools), timeline.periods)
    electricity, hosting, staff = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for k, supply in enumerate(pools):
        if supply.kind is SupplyKind.SERVER:
            server, site = case.assumptions.servers[supply.owner], case.assumptions.sites[supply.place]
            price = np.add.reduceat(case.electricity[supply.place], case.calendar.first_hour[:-1])
            electricity[k] = server.idle_power_kw * site.pue * price
            hosting[k] = site.hosting_per_kw_month * server.power_kw * MONTHS_PER_YEAR * timeline.years
            if site.staff is not None and not site.staff.whole_people:
                staff[k] = site.staff.cost_per_person_year / site.staff.servers_per_person * timeline.years
    yield Component.ELECTRICITY, electricity
    yield Component.HOSTING, hosting
    yield Component.STAFF, staff
    carbon_price = case.assumptions.finance.carbon_price_per_tonne
    if carbon_price:
        yield Component.CARBON, carbon_price * idle_tonnes(case, pools)


def idle_tonnes(case: Case, pools: Sequence[Supply]) -> Floats:
    """tonnes[pool, period] of carbon per unit in service: of its idle power in every hour."""
    tonnes = np.zeros((len(pools), case.timeline.periods))
    for k, supply in enumerate(pools):
        if supply.kind is SupplyKind.SERVER:
            server, site = case.assumptions.servers[supply.owner], case.assumptions.sites[supply.place]
            tonnes[k] = server.idle_power_kw * site.pue * case.hours * site.carbon_g_per_kwh / GRAMS_PER_TONNE
    return tonnes
