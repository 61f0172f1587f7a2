"""Every cost line, added up again from the assumptions (formulation.md, Time and Parameters)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Offer, Server
from planner.audit.apis import api_use
from planner.audit.components import Component
from planner.audit.energy import electricity, tonnes
from planner.audit.holdings import Holdings
from planner.audit.lots import Lot
from planner.audit.operation import Operation
from planner.audit.records import Tables
from planner.audit.setting import ABSOLUTE, ABSOLUTE_SUM, TINY, Setting
from planner.dispatch import SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Bill:
    """Amounts of each component by period; periods past the horizon where a term is charged in full."""

    amount: Mapping[Component, FloatArray]
    discounted: Mapping[Component, FloatArray]
    cloud_cash: FloatArray
    """cloud_cash[period] of the horizon: paid to providers and APIs in the period, upfront as a whole, with support."""
    tonnes: FloatArray
    """tonnes[period] of the horizon: carbon."""

    @property
    def tolerance(self) -> float:
        """Absolute tolerance of money: of all amounts, whatever their sign."""
        return max(ABSOLUTE_SUM * float(sum(np.abs(row).sum() for row in self.amount.values())), TINY)

    @property
    def total(self) -> float:
        """All discounted amounts."""
        return float(sum(row.sum() for row in self.discounted.values()))


class _Ledger:
    """Amounts by component, and by the provider that is paid ('' where it is none), period by period."""

    def __init__(self, setting: Setting, periods: int) -> None:
        time = setting.time
        self._start = np.array([time.at_start(period) for period in range(periods)])
        self._middle = np.array([time.at_middle(period) for period in range(periods)])
        self._rows: dict[tuple[Component, str], FloatArray] = {}
        self.resale_discounted = np.zeros(periods)  # alone has its own moments, so it is discounted entry by entry

    def row(self, component: Component, provider: str = "") -> FloatArray:
        """amount[period], to be added to."""
        return self._rows.setdefault((component, provider), np.zeros(len(self._start)))

    def paid_to(self, provider: str) -> Mapping[Component, FloatArray]:
        """What a provider is paid, by component."""
        return {component: row for (component, name), row in self._rows.items() if name == provider}

    def amount(self, component: Component) -> FloatArray:
        """amount[period], all providers together."""
        rows = (row for (name, _), row in self._rows.items() if name is component)
        total: FloatArray = sum(rows, np.zeros(len(self._start)))
        return total

    def discounted(self, component: Component, row: FloatArray) -> FloatArray:
        """The value at the horizon's start of what is paid at the component's moment in each period."""
        factor: FloatArray = self._start if component.at_start else self._middle
        return row * factor


def bill(tables: Tables, setting: Setting, holdings: Holdings, done: Operation) -> Bill:
    """What orders, capacity and hours cost, by component and period."""
    count = setting.time.count
    ledger = _Ledger(setting, max([count, *(term.span.last + 1 for term in holdings.terms)]))
    emitted = tonnes(setting, holdings, done)
    _add_orders(tables, setting, ledger)
    for lot in holdings.lots.values():
        _add_lot(lot, setting, ledger)
    _add_terms(setting, holdings, ledger)
    _add_standing(setting, holdings, ledger)
    _add_hours(setting, done, ledger)
    ledger.row(Component.ELECTRICITY)[:count] += electricity(setting, holdings, done)
    ledger.row(Component.CARBON)[:count] += emitted * setting.assumptions.finance.carbon_price_per_tonne
    amount = {component: ledger.amount(component) for component in Component}
    discounted = {component: ledger.discounted(component, row) for component, row in amount.items()}
    discounted[Component.RESALE] = ledger.resale_discounted
    discounted[Component.SUPPORT] = np.zeros_like(amount[Component.SUPPORT])
    for provider in _providers(setting):
        share = setting.prices.support(provider)
        for component, row in ledger.paid_to(provider).items():
            amount[Component.SUPPORT] += share * row
            discounted[Component.SUPPORT] += share * ledger.discounted(component, row)
    return Bill(amount, discounted, _cloud_cash(setting, holdings, ledger), emitted)


def _providers(setting: Setting) -> list[str]:
    return sorted({offer.provider for offer in setting.assumptions.cloud.values()})


def _add_orders(tables: Tables, setting: Setting, ledger: _Ledger) -> None:
    """Price and installation in the order's period; set-up in that of a site's first order, unless it has a fleet."""
    opened: dict[str, int] = {}
    for order in tables.purchases:
        server = setting.assumptions.servers[order.server]
        price = setting.prices.server(order.server, order.period)
        ledger.row(Component.SERVERS)[order.period] += order.count * price
        ledger.row(Component.INSTALLATION)[order.period] += order.count * server.install_cost
        if order.count > ABSOLUTE:
            opened[order.site] = min(order.period, opened.get(order.site, order.period))
    for site in opened.keys() - {entry.site for entry in setting.assumptions.fleet}:
        ledger.row(Component.SETUP)[opened[site]] += setting.assumptions.sites[site].setup_cost


def _add_lot(lot: Lot, setting: Setting, ledger: _Ledger) -> None:
    """Maintenance of servers in service, and what is paid for them when they leave, early or at the end."""
    time, server = setting.time, setting.assumptions.servers[lot.pool.owner]
    upkeep = server.maintenance_per_year * lot.price * time.years
    ledger.row(Component.MAINTENANCE)[: time.count] += lot.in_service * upkeep
    resale = ledger.row(Component.RESALE)
    for period in np.flatnonzero(lot.leaving).tolist():  # sold at its start, and shown in it
        proceeds = float(lot.leaving[period]) * lot.proceeds(setting, period)
        resale[period] -= proceeds
        ledger.resale_discounted[period] -= proceeds * time.at_start(period)
    if (left := lot.sold_at_end(setting)) is not None:  # sold at the boundary, and shown in the period that ends there
        end, servers = left
        proceeds = servers * lot.proceeds(setting, end)
        resale[end - 1] -= proceeds
        ledger.resale_discounted[end - 1] -= proceeds * time.at_start(end)


def _add_terms(setting: Setting, holdings: Holdings, ledger: _Ledger) -> None:
    """Upfront in its period, what is paid by the hour in every hour of the term: the part that the plan is charged."""
    for term in holdings.terms:
        upfront = ledger.row(Component.RESERVED_UPFRONT, term.provider)
        if term.upfront:  # that of terms held at the start is sunk
            upfront[term.span.first] += term.upfront * term.share_charged(setting)
        charged = term.charged(setting)
        row = ledger.row(term.component, term.provider)
        for period in range(charged.first, charged.last + 1):
            row[period] += term.hourly * setting.time.hours(period)


def _add_standing(setting: Setting, holdings: Holdings, ledger: _Ledger) -> None:
    """What servers in service cost whether they work or not, beside power: hosting and staff."""
    years, count = setting.time.years, setting.time.count
    standing = {name: np.zeros(count) for name in setting.assumptions.sites}
    for pool, row in holdings.units.items():
        if pool.kind is SupplyKind.SERVER:
            server, site = setting.assumptions.servers[pool.owner], setting.assumptions.sites[pool.place]
            hosting = row * server.power_kw * site.hosting_per_kw_month * 12.0 * years
            ledger.row(Component.HOSTING)[:count] += hosting
            standing[pool.place] += row
    for name, servers in standing.items():
        staff = setting.assumptions.sites[name].staff
        if staff is None:
            continue
        people = servers / staff.servers_per_person
        if staff.whole_people and not setting.relax:
            people = np.array([max(math.ceil(part - ABSOLUTE), 0) for part in people], dtype=np.float64)
        ledger.row(Component.STAFF)[:count] += people * staff.cost_per_person_year * years


def _add_hours(setting: Setting, done: Operation, ledger: _Ledger) -> None:
    """What running work costs, beside power: rented hours, tokens, data out, storage where it ran, work left undone."""
    count, years = setting.time.count, setting.time.years
    workloads = [setting.workloads[name] for name in setting.demand.workloads]
    work, asked = done.work, setting.asked[:, :, None]
    share = np.divide(work, asked, out=np.zeros_like(work), where=asked > 0)
    stored = share * np.array([workload.storage_gb for workload in workloads])[:, None] * 12.0 * years
    data_out = work * np.array([workload.egress_gb_per_gpu_hour for workload in workloads])[:, None]
    for s, supply in enumerate(done.supplies):
        machine, gb_months = setting.machine(supply), stored[:, :, s].sum(axis=1)
        if isinstance(machine, Server):
            price = setting.assumptions.sites[supply.place].storage_per_gb_month
            ledger.row(Component.STORAGE)[:count] += gb_months * price
        elif isinstance(machine, Offer):
            egress, storage = setting.prices.egress(supply.owner), setting.prices.storage(supply.owner)
            ledger.row(Component.EGRESS, machine.provider)[:count] += data_out[:, :, s].sum(axis=1) * egress
            ledger.row(Component.STORAGE, machine.provider)[:count] += gb_months * storage
            if supply.kind in (SupplyKind.ON_DEMAND, SupplyKind.SPOT):
                prices = [setting.prices.rental(supply.owner, supply.kind, period) for period in range(count)]
                rented = done.gpu_hours[:, :, s].sum(axis=1) * np.array(prices)
                ledger.row(Component(supply.kind.value), machine.provider)[:count] += rented
    for _, _, cost in api_use(setting, done).values():
        ledger.row(Component.API)[:count] += cost
    penalties = np.array([workload.unserved_penalty or 0.0 for workload in workloads])
    ledger.row(Component.UNSERVED)[:count] += done.unserved @ penalties


def _cloud_cash(setting: Setting, holdings: Holdings, ledger: _Ledger) -> FloatArray:
    """cash[period] of the horizon: what the ledger has of providers and APIs, but upfronts as a whole; with support."""
    count = setting.time.count
    cash = ledger.amount(Component.API)[:count].copy()
    for provider in _providers(setting):
        paid = ledger.paid_to(provider)
        by_hour = (row[:count] for name, row in paid.items() if name is not Component.RESERVED_UPFRONT)
        row = sum(by_hour, np.zeros(count))
        for term in holdings.terms:
            if term.provider == provider and term.upfront:
                row[term.span.first] += term.upfront
        cash += row * (1.0 + setting.prices.support(provider))
    return cash
