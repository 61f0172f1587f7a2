"""Small plans made by hand, with straightforward arithmetic of their own, for the audit to agree with or to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audit_made import Hours, Made

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Assumptions
from planner.catalogue.gpu import Gpu
from planner.dispatch import PeriodDispatch, Supply, SupplyKind
from planner.forecast.demand import HourlyDemand, Quantity
from planner.periods import Calendar
from planner.result import Schedule

LAB = Supply(SupplyKind.SERVER, "hgx", "lab")
ANNEX = Supply(SupplyKind.SERVER, "hgx", "annex")
HELD = Supply(SupplyKind.RESERVED, "p5", "term")
RENT = Supply(SupplyKind.ON_DEMAND, "p5", "on_demand")
SPOT = Supply(SupplyKind.SPOT, "p5", "spot")
A2 = Supply(SupplyKind.ON_DEMAND, "a2", "on_demand")
SUPPLIES = (LAB, ANNEX, HELD, RENT, SPOT, A2)
WORKLOADS = ("chat", "batch")
CHAT, BATCH = 0, 1

# Server of 5 GPUs, instance of 8, 80 GB each; a replica of chat needs 2 GPUs: 4 of 5 and 8 of 8 can be busy.
# batch: one GPU; 0.45 on an A100. Spot loses work. chat may not run on spot, nor on A100s (speed 0), nor at the annex.
BUSY = np.array([[0.8, 0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]])

TABLES = ("purchases", "commitments", "capacity", "rentals", "use", "unserved", "costs")


@dataclass
class Toy:
    """The figures of a small plan. Durations count periods. `build` makes everything that follows from them."""

    unit: str = "month"
    start: str = "2027-01-01"
    periods: int = 4
    years: float = 1 / 12  # of one period
    rate: float = 0.08
    hardware_at_end: str = "resale"
    commitments_at_end: str = "prorated"
    lead: int = 1
    life: int = 2
    term: int = 3
    price: float = 250000.0
    server_trend: float = -0.2
    install: float = 12000.0
    maintenance: float = 0.1
    power: float = 6.0
    idle: float = 1.5
    availability: float = 0.97
    headroom: float = 0.05
    pue: float = 1.5
    electricity: float = 0.1
    hosting: float = 180.0
    staff: float = 150000.0
    resale: dict[int, float] = field(default_factory=lambda: {1: 0.8, 3: 0.5})
    on_demand: float = 55.0
    spot: float = 23.0
    lost: float = 0.1
    upfront: float = 20000.0
    hourly: float = 12.0
    cloud_trend: float = -0.15
    egress_gb: float = 0.4
    egress_price: float = 0.09
    storage: float = 5000.0
    penalty: float = 6.0
    spot_max_share: float = 0.5
    orders: list[tuple[int, str, float]] = field(
        default_factory=lambda: [(0, "lab", 2.0), (0, "annex", 1.0), (1, "lab", 1.0), (2, "annex", 2.0)]
    )
    commitments: list[tuple[int, float]] = field(default_factory=lambda: [(1, 1.0), (2, 0.5)])
    settings: list[tuple[str, object]] = field(default_factory=list)
    """Dotted key → value, put into the assumptions; the arithmetic below does not know them."""
    relax: bool = False

    # --- assumptions and demand

    def span(self, periods: int) -> str:
        return f"{periods} {self.unit}s"

    def assumptions(self) -> dict:
        server = {
            "gpu": "H100", "gpus": 5, "price": self.price, "install_cost": self.install, "power_kw": self.power,
            "idle_power_kw": self.idle, "rack_units": 8.0, "lifetime": self.span(self.life),
            "lead_time": self.span(self.lead), "maintenance_per_year": self.maintenance,
            "availability": self.availability, "price_trend_per_year": self.server_trend,
            "resale": {self.span(age): share for age, share in self.resale.items()},
        }  # fmt: skip
        lab = {
            "electricity_price": self.electricity, "pue": self.pue, "hosting_per_kw_month": self.hosting,
            "storage_per_gb_month": 0.01, "headroom": self.headroom, "region": "us-east",
            "staff": {"servers_per_person": 12.0, "cost_per_person_year": self.staff},
        }  # fmt: skip
        p5 = {
            "provider": "aws", "region": "us-east-1", "gpu": "H100", "gpus": 8, "on_demand": self.on_demand,
            "spot": {"price": self.spot, "lost_work": self.lost},
            "reserved": {"term": {"term": self.span(self.term), "upfront": self.upfront, "hourly": self.hourly}},
            "egress_per_gb": self.egress_price, "storage_per_gb_month": 0.023, "price_trend_per_year": self.cloud_trend,
        }  # fmt: skip
        tree: dict = {
            "version": 1,
            "horizon": {"period": self.unit, "periods": self.periods},
            "finance": {
                "discount_rate": self.rate, "hardware_at_end": self.hardware_at_end,
                "commitments_at_end": self.commitments_at_end,
            },
            "workloads": {
                "chat": {
                    "reference_gpu": "H100", "gpu_memory_gb": 140.0, "speed": {"A100": 0.0}, "regions": ["us-*"],
                    "egress_gb_per_gpu_hour": self.egress_gb, "storage_gb": self.storage,
                },
                "batch": {
                    "reference_gpu": "H100", "speed": {"A100": 0.45}, "interruptible": True, "storage_gb": 300.0,
                    "spot_max_share": self.spot_max_share, "unserved_penalty": self.penalty,
                },
            },
            "sites": {"lab": lab, "annex": {"electricity_price": 0.2, "pue": 1.1, "region": "eu-west"}},
            "servers": {"hgx": server},
            "cloud": {
                "p5": p5,
                "a2": {"provider": "gcp", "region": "us-east1", "gpu": "A100", "gpus": 4, "on_demand": 12.0},
            },
        }  # fmt: skip
        for key, value in self.settings:
            *path, last = key.split(".")
            entry = tree
            for part in path:
                entry = entry.setdefault(part, {})
            entry[last] = value
        return tree

    def calendar(self) -> Calendar:
        unit = Assumptions.model_validate(self.assumptions()).horizon.period
        return Calendar(unit, pd.Timestamp(self.start), self.periods)

    def demand(self) -> HourlyDemand:
        calendar = self.calendar()
        hour = np.arange(calendar.first_hour[-1])
        chat = 9.0 + 5.0 * np.sin(hour / 24 * 2 * np.pi)
        batch = 8.0 + 3.0 * np.cos(hour / 168 * 2 * np.pi)
        return HourlyDemand(calendar, WORKLOADS, np.stack([chat, batch], axis=1), Quantity.GPU_HOURS, {}, {})

    # --- capacity and hours

    def units(self) -> dict[Supply, list[float]]:
        units = {pool: [0.0] * self.periods for pool in (LAB, ANNEX, HELD)}
        for period, site, count in self.orders:
            for q in range(period + self.lead, min(period + self.lead + self.life, self.periods)):
                units[LAB if site == "lab" else ANNEX][q] += count
        for period, count in self.commitments:
            for q in range(period, min(period + self.term, self.periods)):
                units[HELD][q] += count
        return units

    def work(self) -> np.ndarray:
        """work[workload, supply] per GPU-hour occupied."""
        speed = np.array([[1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.45]])
        kept = np.array([1.0, 1.0, 1.0, 1.0, 1.0 - self.lost, 1.0])
        return speed * BUSY * kept

    def hours(self, demand: HourlyDemand) -> Hours:
        """chat: lab, then reserved, then on-demand. batch: spot 30 %, annex, lab's rest, then half A100s, half p5."""
        work, units = self.work(), self.units()
        made = []
        for p in range(self.periods):
            first, last = demand.calendar.first_hour[p], demand.calendar.first_hour[p + 1]
            need = demand.gpus[first:last].copy()
            room = {LAB: units[LAB][p] * 5 * self.availability * (1 - self.headroom),
                    ANNEX: units[ANNEX][p] * 5 * self.availability, HELD: units[HELD][p] * 8.0}  # fmt: skip
            free = {pool: np.full(len(need), room[pool]) for pool in room}
            gpus, unserved = np.zeros((len(need), 2, 6)), np.zeros_like(need)
            unserved[::10, BATCH] = 0.2 * need[::10, BATCH]
            spot = np.minimum(0.3, self.spot_max_share) * need[:, BATCH]
            gpus[:, BATCH, 4] = spot / work[BATCH, 4]
            need[:, BATCH] -= spot + unserved[:, BATCH]
            for w, s in [(CHAT, LAB), (CHAT, HELD), (BATCH, ANNEX), (BATCH, LAB)]:
                column = SUPPLIES.index(s)
                taken = np.minimum(free[s], need[:, w] / work[w, column])
                gpus[:, w, column] += taken
                free[s] -= taken
                need[:, w] -= taken * work[w, column]
            gpus[:, CHAT, 3] = need[:, CHAT] / work[CHAT, 3]
            gpus[:, BATCH, 5] = 0.5 * need[:, BATCH] / work[BATCH, 5]
            gpus[:, BATCH, 3] = 0.5 * need[:, BATCH] / work[BATCH, 3]
            made.append(PeriodDispatch(p, gpus, unserved))
        return Hours(WORKLOADS, SUPPLIES, made)

    # --- tables

    def build(self, change_hours=None) -> Made:
        """The whole plan; `change_hours(hours)` tampers with the dispatch before the tables are made from it."""
        demand = self.demand()
        hours = self.hours(demand)
        if change_hours is not None:
            change_hours(hours)
        calendar, label = demand.calendar, demand.calendar.label
        units = self.units()
        gpus_of = {LAB: 5, ANNEX: 5, HELD: 8}
        capacity = [
            (label(p), pool.label, row[p], row[p] * gpus_of[pool])
            for pool, row in units.items() for p in range(self.periods) if row[p] > 0
        ]  # fmt: skip
        purchases = [
            (label(p), site, "hgx", count, count * 5, label(p + self.lead), count * (self.price_in(p) + self.install))
            for p, site, count in self.orders
        ]
        commitments = [
            (label(p), "p5", "term", n, n * 8, label(p + self.term - 1), self.commitment_cost(p, n, calendar))
            for p, n in self.commitments
        ]
        rentals, use, unserved = [], [], []
        for made in hours:
            p = made.period
            for w, workload in enumerate(WORKLOADS):
                for s, supply in enumerate(SUPPLIES):
                    amount = float(made.gpus[:, w, s].sum())
                    if amount == 0:
                        continue
                    if supply.is_pool:
                        there = units[supply][p] * gpus_of[supply] * float(calendar.hours[p])
                        use.append((label(p), supply.label, workload, amount, amount / there if there else 0.0))
                    else:
                        cost = amount * self.rent(supply, p)
                        rentals.append((label(p), supply.owner, supply.place, workload, amount, cost))
                left = float(made.unserved[:, w].sum())
                if left > 0:
                    unserved.append((label(p), workload, left))
        costs = self.costs(hours, demand)
        frames = {
            "purchases": (purchases, "period site server count gpus in_service cost"),
            "commitments": (commitments, "period offer option count gpus until cost"),
            "capacity": (capacity, "period pool units gpus"),
            "rentals": (rentals, "period offer option workload gpu_hours cost"),
            "use": (use, "period pool workload gpu_hours share_of_capacity"),
            "unserved": (unserved, "period workload gpu_hours"),
            "costs": (costs, "period component amount discounted"),
        }
        made = {name: pd.DataFrame(rows, columns=columns.split()) for name, (rows, columns) in frames.items()}
        schedule = Schedule(**made, total_cost=float(made["costs"]["discounted"].sum()))
        return Made(schedule, hours, demand, self.loaded(), self.relax)

    def loaded(self) -> Loaded:
        model = Assumptions.model_validate(self.assumptions())
        rows = [("H100", 80.0, 989.0, 3.35, 700.0), ("A100", 40.0, 312.0, 1.56, 400.0)]
        gpus = {name: Gpu(name, memory, tflops, band, watt, "", "") for name, memory, tflops, band, watt in rows}
        return Loaded(model, "a", Path("."), {}, frozenset(), gpus=gpus)

    # --- money, written out entry by entry

    def price_in(self, period: int) -> float:
        return self.price * (1 + self.server_trend) ** (period * self.years)

    def rent(self, supply: Supply, period: int) -> float:
        if supply is A2:
            return 12.0 / 4
        price = self.spot if supply is SPOT else self.on_demand
        return price / 8 * (1 + self.cloud_trend) ** (period * self.years)

    def hours_in(self, period: int, calendar: Calendar) -> float:
        return float(calendar.hours[period]) if period < self.periods else 8760 * self.years

    def commitment_cost(self, period: int, count: float, calendar: Calendar) -> float:
        cheaper = (1 + self.cloud_trend) ** (period * self.years)
        hours = sum(self.hours_in(q, calendar) for q in range(period, period + self.term))
        return count * cheaper * (self.upfront + self.hourly * hours)

    def share_at(self, age: int) -> float:
        ages, shares = [0, *self.resale], [1.0, *self.resale.values()]
        return float(np.interp(age, ages, shares)) if self.resale else 0.0

    def costs(self, hours: Hours, demand: HourlyDemand) -> list[tuple[str, str, float, float]]:
        label, calendar = demand.calendar.label, demand.calendar
        lines: dict[tuple[int, str], list[float]] = {}

        def pay(period: int, component: str, amount: float, when: float) -> None:
            line = lines.setdefault((period, component), [0.0, 0.0])
            line[0] += amount
            line[1] += amount / (1 + self.rate) ** (when * self.years)

        for p, _, count in self.orders:
            worth = count * self.price_in(p)
            pay(p, "servers", worth, p)
            pay(p, "installation", count * self.install, p)
            arrival, end = p + self.lead, min(p + self.lead + self.life, self.periods)
            for q in range(arrival, end):
                pay(q, "maintenance", worth * self.maintenance * self.years, q + 0.5)
            if p + self.lead + self.life <= self.periods or self.hardware_at_end == "resale":
                pay(end - 1, "resale", -worth * self.share_at(end - arrival), end)
        for p, count in self.commitments:
            cheaper = (1 + self.cloud_trend) ** (p * self.years)
            charged = [q for q in range(p, p + self.term) if q < self.periods or self.commitments_at_end == "full"]
            pay(p, "reserved_upfront", count * cheaper * self.upfront * len(charged) / self.term, p)
            for q in charged:
                pay(q, "reserved_hourly", count * cheaper * self.hourly * self.hours_in(q, calendar), q + 0.5)
        for pool, row in self.units().items():
            for p in range(self.periods):
                if pool is HELD:
                    continue
                pue, price = (self.pue, self.electricity) if pool is LAB else (1.1, 0.2)
                pay(p, "electricity", row[p] * self.idle * pue * price * calendar.hours[p], p + 0.5)
                if pool is LAB:
                    pay(p, "hosting", row[p] * self.power * self.hosting * 12 * self.years, p + 0.5)
                    pay(p, "staff", row[p] / 12 * self.staff * self.years, p + 0.5)
        for made in hours:
            self.pay_hours(made, demand, pay)
        return [(label(p), component, *line) for (p, component), line in sorted(lines.items()) if line[0] != 0]

    def pay_hours(self, made: PeriodDispatch, demand: HourlyDemand, pay) -> None:
        p, mid = made.period, made.period + 0.5
        first, last = demand.calendar.first_hour[p], demand.calendar.first_hour[p + 1]
        asked = demand.gpus[first:last].sum(axis=0)
        for w in (CHAT, BATCH):
            stored, out = ((self.storage, self.egress_gb), (300.0, 0.0))[w]
            pay(p, "unserved", float(made.unserved[:, w].sum()) * (0.0, self.penalty)[w], mid)
            for s, supply in enumerate(SUPPLIES):
                amount = float(made.gpus[:, w, s].sum())
                work = amount * self.work()[w, s]
                pue, price = (self.pue, self.electricity) if supply is LAB else (1.1, 0.2)
                if supply.kind is SupplyKind.SERVER:
                    kwh = amount * BUSY[w, s] * (self.power - self.idle) / 5 * pue
                    pay(p, "electricity", kwh * price, mid)
                elif not supply.is_pool:
                    pay(p, "spot" if supply is SPOT else "on_demand", amount * self.rent(supply, p), mid)
                if supply.owner == "p5":
                    pay(p, "egress", work * out * self.egress_price, mid)
                storage_price = {"lab": 0.01, "annex": 0.0}.get(supply.place, 0.023 if supply.owner == "p5" else 0.0)
                pay(p, "storage", stored * storage_price * 12 * self.years * work / asked[w], mid)


@pytest.fixture(scope="session")
def toy() -> type[Toy]:
    """The maker of small plans."""
    return Toy
