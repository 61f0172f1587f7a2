"""What servers draw: kWh by pool and period, what they cost, and what all GPUs emit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Offer, Server
from planner.audit.holdings import Holdings
from planner.audit.operation import Operation
from planner.audit.setting import Setting
from planner.dispatch import SupplyKind

FloatArray = NDArray[np.float64]

GRAMS_PER_TONNE = 1e6


def electricity(setting: Setting, holdings: Holdings, done: Operation) -> FloatArray:
    """cost[period]: idle power at every hour's price, the power of busy GPUs at the price of their hours."""
    calendar = setting.time.calendar
    cost = np.zeros(setting.time.count)
    for pool, row in holdings.units.items():
        if pool.kind is SupplyKind.SERVER:
            prices = np.add.reduceat(setting.prices.electricity(pool.place), calendar.first_hour[:-1])
            cost += row * prices * _idle_kw(setting, pool.owner, pool.place)
    for s, supply in enumerate(done.supplies):
        if isinstance(server := setting.machine(supply), Server):
            running = (done.at_electricity_price[:, :, s] * done.rates.busy[:, s]).sum(axis=1)
            cost += running * _running_kw(setting, server, supply.place)
    return cost


def tonnes(setting: Setting, holdings: Holdings, done: Operation) -> FloatArray:
    """tonnes[period]: of the kWh that servers draw, and of the GPU-hours that ran or were rented in the cloud."""
    sites, hours = setting.assumptions.sites, setting.time.calendar.hours
    grams = np.zeros(setting.time.count)
    for pool, row in holdings.units.items():
        if pool.kind is SupplyKind.SERVER:
            grams += row * hours * _idle_kw(setting, pool.owner, pool.place) * sites[pool.place].carbon_g_per_kwh
    for s, supply in enumerate(done.supplies):
        machine = setting.machine(supply)
        if isinstance(machine, Server):
            running = (done.gpu_hours[:, :, s] * done.rates.busy[:, s]).sum(axis=1)
            grams += running * _running_kw(setting, machine, supply.place) * sites[supply.place].carbon_g_per_kwh
        elif isinstance(machine, Offer):
            grams += done.gpu_hours[:, :, s].sum(axis=1) * machine.carbon_g_per_gpu_hour
    return grams / GRAMS_PER_TONNE


def _idle_kw(setting: Setting, server: str, site: str) -> float:
    """What a server in service draws without load, at the meter of the site."""
    return setting.assumptions.servers[server].idle_power_kw * setting.assumptions.sites[site].pue


def _running_kw(setting: Setting, server: Server, site: str) -> float:
    """What a busy GPU draws beyond that, at the meter of the site."""
    return (server.power_kw - server.idle_power_kw) / server.gpus * setting.assumptions.sites[site].pue
