"""A small plan with everything of the format in it, made by straightforward arithmetic of its own.

Four months from December 2026, so that two calendar years meet. What is owned, promised and bought is written down here
as figures; `Everything.build` adds up what it costs, entry by entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from audit_made import Hours, Made

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.loaded import Loaded
from planner.assumptions.price_file import PriceFile, TimedPrices
from planner.assumptions.schema import Assumptions
from planner.dispatch import PeriodDispatch, Supply, SupplyKind
from planner.forecast.demand import HourlyDemand, Mix, Quantity
from planner.periods import Calendar
from planner.result import Schedule

COLUMNS = {
    "purchases": "period site server count gpus in_service cost",
    "commitments": "period offer option count gpus until cost",
    "spend_commitments": "period name amount_per_hour until cost",
    "capacity": "period pool units gpus",
    "rentals": "period offer option workload gpu_hours cost",
    "api_use": "period api workload input_tokens output_tokens cost",
    "sales": "period site server count acquired amount",
    "use": "period pool workload gpu_hours share_of_capacity",
    "unserved": "period workload gpu_hours",
    "costs": "period component amount discounted",
}

CALENDAR = Calendar(PeriodUnit.MONTH, pd.Timestamp("2026-12-01"), 4)
LABELS = ("2026-12", "2027-01", "2027-02", "2027-03")
HOURS = (744, 744, 672, 744)
WORKLOADS = ("chat", "batch")
CHAT, BATCH = 0, 1

LAB, ANNEX, ATTIC = (Supply(SupplyKind.SERVER, "hgx", site) for site in ("lab", "annex", "attic"))
HELD = Supply(SupplyKind.RESERVED, "p5", "term")
RENT = Supply(SupplyKind.ON_DEMAND, "p5", "on_demand")
SPOT = Supply(SupplyKind.SPOT, "p5", "spot")
DRAWN = Supply(SupplyKind.DRAWN, "p5", "savings")
GPT = Supply(SupplyKind.API, "gpt", "api")
SUPPLIES = (LAB, ANNEX, ATTIC, HELD, RENT, SPOT, DRAWN, GPT)

# In service: two of the fleet stand at the lab until the end, one of them is sold in January; a third arrives in March.
# Three are ordered for the lab in January, two for the annex in December, one of which is sold in February. The attic's
# stands there all the time, though none may be ordered for it.
UNITS = {LAB: (2, 1, 4, 5), ANNEX: (0, 2, 1, 1), ATTIC: (1, 1, 1, 1), HELD: (1, 2, 2, 1)}
MONEY_PER_HOUR = (40.0, 40.0, 0.0, 20.0)
PUE = {LAB: 1.5, ANNEX: 1.1, ATTIC: 1.2}
GRAMS_PER_KWH = {LAB: 400.0, ANNEX: 300.0, ATTIC: 500.0}
TRENDED = tuple(0.85 ** (p / 12) for p in range(4))


@dataclass
class Everything:
    """Figures that the plan is made with; `settings` are put into the assumptions alone."""

    rate: float = 0.08
    hardware_at_end: str = "resale"
    commitments_at_end: str = "prorated"
    discount: float = 0.1
    support: float = 0.05
    carbon_price: float = 80.0
    setup: float = 25000.0
    whole_people: bool = True
    deferrable: int = 30
    prices: tuple[float, ...] = (300000.0, 280000.0, 270000.0, 265000.0)
    on_demand: tuple[float, ...] = (55.0, 54.0, 50.0, 51.0)
    night: float = 0.05
    rate_drawn: float = 30.0
    input_price: float = 1.5
    output_price: float = 8.0
    relax: bool = False
    settings: dict[str, object] = field(default_factory=dict)

    # --- inputs

    def assumptions(self) -> dict:
        tree: dict = {
            "version": 1,
            "horizon": {"period": "month", "periods": 4},
            "finance": {
                "discount_rate": self.rate, "hardware_at_end": self.hardware_at_end,
                "commitments_at_end": self.commitments_at_end, "carbon_price_per_tonne": self.carbon_price,
            },
            "workloads": {
                "chat": {"speed": {"H100": 1.0}, "egress_gb_per_gpu_hour": 0.4, "storage_gb": 5000.0},
                "batch": {
                    "speed": {"H100": 1.0}, "interruptible": True, "spot_max_share": 0.25, "unserved_penalty": 6.0,
                    "deferrable": f"{self.deferrable} hours",
                },
            },
            "sites": {
                "lab": {
                    "electricity_price": "power.csv", "pue": 1.5, "setup_cost": 99000.0, "carbon_g_per_kwh": 400.0,
                    "staff": {
                        "servers_per_person": 4.0, "cost_per_person_year": 150000.0, "whole_people": self.whole_people,
                    },
                },
                "annex": {
                    "electricity_price": "tariff.csv", "pue": 1.1, "setup_cost": self.setup, "carbon_g_per_kwh": 300.0,
                },
                "attic": {"electricity_price": 0.3, "pue": 1.2, "setup_cost": 88000.0, "carbon_g_per_kwh": 500.0},
            },
            "servers": {
                "hgx": {
                    "gpu": "H100", "gpus": 8, "price": 1.0, "prices": "servers.csv", "install_cost": 12000.0,
                    "power_kw": 10.0, "idle_power_kw": 2.0, "lifetime": "6 months", "lead_time": "1 month",
                    "maintenance_per_year": 0.12, "resale": {"1 month": 0.9, "4 months": 0.6, "10 months": 0.3},
                    "sites": ["lab", "annex"],
                }
            },
            "cloud": {
                "p5": {
                    "provider": "aws", "gpu": "H100", "gpus": 8, "on_demand": 1.0, "prices": "p5.csv",
                    "spot": {"price": 23.0, "lost_work": 0.1}, "price_trend_per_year": -0.15,
                    "reserved": {"term": {"term": "3 months", "upfront": 20000.0, "hourly": 12.0}},
                    "egress_per_gb": 0.09, "storage_per_gb_month": 0.023, "carbon_g_per_gpu_hour": 250.0,
                }
            },
            "providers": {"aws": {"discount": self.discount, "support_share": self.support}},
            "spend_commitments": {"savings": {"term": "2 months", "rates": {"p5": self.rate_drawn}}},
            "apis": {
                "gpt": {
                    "input_per_million": self.input_price, "output_per_million": self.output_price,
                    "workloads": ["chat"],
                }
            },
            "fleet": [
                {"server": "hgx", "site": "lab", "count": 2.0, "in_service": "2026-09-15", "price_paid": 310000.0},
                {"server": "hgx", "site": "attic", "count": 1.0, "in_service": "2026-11-01"},
                {"server": "hgx", "site": "lab", "count": 1.0, "in_service": "2027-02-10", "price_paid": 290000.0},
            ],
            "held_commitments": [{"offer": "p5", "option": "term", "count": 1.0, "started": "2026-11-15"}],
            "limits": {},
        }  # fmt: skip
        for key, value in self.settings.items():
            *path, last = key.split(".")
            entry = tree
            for part in path:
                entry = entry[int(part)] if isinstance(entry, list) else entry.setdefault(part, {})
            entry[last] = value
        return tree

    def electricity(self, pool: Supply) -> np.ndarray:
        """price[hour]: the lab pays less from midnight to 6, the annex by the month."""
        hours = sum(HOURS)
        if pool is LAB:
            return np.where(np.arange(hours) % 24 < 6, self.night, 0.15)
        return np.repeat((0.2, 0.25, 0.22, 0.21), HOURS) if pool is ANNEX else np.full(hours, 0.3)

    def loaded(self) -> Loaded:
        begins = np.datetime64("2026-11-30T18:00", "us") + 6 * np.arange(500) * np.timedelta64(1, "h")
        power = np.where(np.arange(500) % 4 == 1, self.night, 0.15)  # steps of 6 hours; the second is the first night
        files = {
            "sites.lab.electricity_price": PriceFile("power.csv", "", {}, TimedPrices(begins, power)),
            "sites.annex.electricity_price": _by_month("tariff.csv", {"": (0.2, 0.25, 0.22, 0.21)}),
            "servers.hgx.prices": _by_month("servers.csv", {"": self.prices}),
            "cloud.p5.prices": _by_month("p5.csv", {"on_demand": self.on_demand}),
        }
        return Loaded(
            Assumptions.model_validate(self.assumptions()), "a", Path("."), {}, frozenset(), price_files=files
        )

    def demand(self) -> HourlyDemand:
        hour = np.arange(sum(HOURS))
        gpus = np.stack([8.0 + 4.0 * np.sin(hour / 24 * 2 * np.pi), 5.0 + 2.0 * np.cos(hour / 100)], axis=1)
        tokens = {"chat": np.array([[4e9, 5e9, 4.5e9, 6e9], [1e9, 1.5e9, 1.2e9, 1e9]]), "batch": np.ones((2, 4))}
        return HourlyDemand(CALENDAR, WORKLOADS, gpus, Quantity.TOKENS, {w: Mix() for w in WORKLOADS}, {}, (), tokens)

    # --- hours

    def hours(self) -> Hours:
        """chat hour by hour; a block of batch in its first 4 hours, and a tenth of it not at all."""
        made, demand, first = [], self.demand().gpus, 0
        for p, hours in enumerate(HOURS):
            gpus, unserved = np.zeros((hours, 2, len(SUPPLIES))), np.zeros((hours, 2))
            drawn = 0.25 if MONEY_PER_HOUR[p] else 0.0
            shares = {GPT: 0.2, HELD: 0.3, LAB: 0.15, DRAWN: drawn, RENT: 0.35 - drawn}
            for supply, share in shares.items():
                gpus[:, CHAT, SUPPLIES.index(supply)] = share * demand[first : first + hours, CHAT]
            cuts = [0, *[h for h in range(1, hours) if (first + h) % self.deferrable == 0], hours]
            for start, end in pairwise(cuts):
                block = demand[first + start : first + end, BATCH].sum()
                last = min(start + 4, end)
                unserved[end - 1, BATCH] = 0.1 * block
                annex = 0.05 if p else 0.0
                for supply, share in {SPOT: 0.2 / 0.9, ANNEX: annex, ATTIC: 0.01, RENT: 0.69 - annex}.items():
                    gpus[start:last, BATCH, SUPPLIES.index(supply)] = share * block / (last - start)
            made.append(PeriodDispatch(p, gpus, unserved))
            first += hours
        return Hours(WORKLOADS, SUPPLIES, made)

    # --- tables

    def build(self, change_hours=None) -> Made:
        """The whole plan; `change_hours(hours)` tampers with the dispatch before the tables are made from it."""
        demand, hours = self.demand(), self.hours()
        if change_hours is not None:
            change_hours(hours)
        kept = 1 - self.discount
        term = TRENDED[1] * kept * (20000.0 + 12.0 * (744 + 672 + 744))
        tables = {
            "purchases": [
                ("2026-12", "annex", "hgx", 2.0, 16, "2027-01", 2 * (self.prices[0] + 12000.0)),
                ("2027-01", "lab", "hgx", 3.0, 24, "2027-02", 3 * (self.prices[1] + 12000.0)),
            ],
            "commitments": [("2027-01", "p5", "term", 1.0, 8, "2027-03", term)],
            "spend_commitments": [
                ("2026-12", "savings", 40.0, "2027-01", 40.0 * (744 + 744)),
                ("2027-03", "savings", 20.0, "2027-04", 20.0 * (744 + 730)),
            ],
            "sales": [
                ("2027-01", "lab", "hgx", 1.0, "fleet 1", 310000.0 * share_at(4 - 14 * 12 / 365)),
                ("2027-02", "annex", "hgx", 1.0, "2026-12", self.prices[0] * 0.9),
            ],
            "capacity": [
                (LABELS[p], pool.label, float(row[p]), row[p] * 8.0)
                for pool, row in UNITS.items() for p in range(4) if row[p]
            ],
            **self.operated(hours),
            "costs": self.costs(hours, demand),
        }  # fmt: skip
        frames = {name: pd.DataFrame(rows, columns=COLUMNS[name].split()) for name, rows in tables.items()}
        schedule = Schedule(**frames, total_cost=float(frames["costs"]["discounted"].sum()))
        return Made(schedule, hours, demand, self.loaded(), self.relax)

    def operated(self, hours: Hours) -> dict[str, list]:
        """The tables that the hours add up to."""
        asked, tokens = self.demand().gpus, self.demand().tokens["chat"]
        rentals, use, unserved, bought, first = [], [], [], [], 0
        for p, made in enumerate(hours):
            chat = asked[first : first + HOURS[p], CHAT].sum()
            for w, name in enumerate(WORKLOADS):
                for s, supply in enumerate(SUPPLIES):
                    amount = float(made.gpus[:, w, s].sum())
                    if not amount:
                        continue
                    if supply is GPT:
                        sent, got = tokens[:, p] * amount / chat
                        cost = (sent * self.input_price + got * self.output_price) / 1e6
                        bought.append((LABELS[p], "gpt", name, sent, got, cost))
                    elif supply.is_pool:
                        use.append(
                            (LABELS[p], supply.label, name, amount, amount / (UNITS[supply][p] * 8.0 * HOURS[p]))
                        )
                    else:
                        rentals.append((LABELS[p], "p5", supply.place, name, amount, amount * self.rent(supply, p)))
                if left := float(made.unserved[:, w].sum()):
                    unserved.append((LABELS[p], name, left))
            first += HOURS[p]
        return {"rentals": rentals, "use": use, "unserved": unserved, "api_use": bought}

    def rent(self, supply: Supply, p: int) -> float:
        """Per GPU-hour; on-demand by the file, spot by the trend."""
        price = {RENT: self.on_demand[p], SPOT: 23.0 * TRENDED[p], DRAWN: 0.0}[supply]
        return price * (1 - self.discount) / 8

    # --- money, entry by entry

    def costs(self, hours: Hours, demand: HourlyDemand) -> list[tuple[str, str, float, float]]:
        lines: dict[tuple[int, str], list[float]] = {}

        def pay(p: int, component: str, amount: float, when: float) -> None:
            line = lines.setdefault((p, component), [0.0, 0.0])
            line[0] += amount
            line[1] += amount / (1 + self.rate) ** (when / 12)

        def pay_aws(p: int, component: str, amount: float, when: float) -> None:
            pay(p, component, amount, when)
            pay(p, "support", amount * self.support, when)

        self.pay_servers(pay)
        self.pay_terms(pay_aws)
        first = 0
        for p, made in enumerate(hours):
            self.pay_hours(p, made, demand.gpus[first : first + HOURS[p]], first, pay, pay_aws)
            first += HOURS[p]
        label = [*LABELS, "2027-04"]
        return [(label[p], component, *line) for (p, component), line in sorted(lines.items()) if line[0]]

    def pay_servers(self, pay) -> None:
        for p, count in ((0, 2), (1, 3)):
            pay(p, "servers", count * self.prices[p], p)
            pay(p, "installation", count * 12000.0, p)
        pay(0, "setup", self.setup, 0)
        monthly = 0.12 / 12
        maintained = (
            (310000.0, (2, 1, 1, 1)), (290000.0, (0, 0, 0, 1)), (self.prices[0], (1, 3, 2, 2)),
            (self.prices[1], (0, 0, 3, 3)),
        )  # fmt: skip
        for p in range(4):
            pay(p, "maintenance", monthly * sum(price * row[p] for price, row in maintained), p + 0.5)
        pay(1, "resale", -310000.0 * share_at(4 - 14 * 12 / 365), 1)
        pay(2, "resale", -self.prices[0] * share_at(1), 2)
        # The life of the first entry of the fleet ends in March: sold when March ends, in any case. The others live on.
        pay(3, "resale", -310000.0 * share_at(7 - 14 * 12 / 365), 4)
        if self.hardware_at_end == "resale":
            pay(3, "resale", -290000.0 * share_at(2 - 9 * 12 / 365), 4)
            pay(3, "resale", -self.prices[0] * share_at(3), 4)
            pay(3, "resale", -3 * self.prices[1] * share_at(2), 4)
        for p in range(4):
            people = UNITS[LAB][p] / 4
            people = float(np.ceil(people)) if self.whole_people and not self.relax else people
            pay(p, "staff", people * 150000.0 / 12, p + 0.5)

    def pay_terms(self, pay_aws) -> None:
        kept, full = 1 - self.discount, self.commitments_at_end == "full"
        pay_aws(1, "reserved_upfront", 20000.0 * TRENDED[1] * kept, 1)
        for p, hours in enumerate((*HOURS, 730)):
            held = 12.0 * kept if p < 3 else 0.0
            bought = 12.0 * kept * TRENDED[1] if 1 <= p < 4 else 0.0
            promised = (*MONEY_PER_HOUR, 20.0)[p]
            if p < 4 or full:
                pay_aws(p, "reserved_hourly", (held + bought) * hours, p + 0.5)
                pay_aws(p, "spend_commitment", promised * hours, p + 0.5)

    def pay_hours(self, p: int, made: PeriodDispatch, asked: np.ndarray, first: int, pay, pay_aws) -> None:
        middle, kept = p + 0.5, 1 - self.discount
        grams = 0.0
        for s, supply in enumerate(SUPPLIES):
            gpus = made.gpus[:, :, s].sum(axis=1)
            if supply.kind is SupplyKind.SERVER:
                kw = (UNITS[supply][p] * 2.0 + gpus * 1.0) * PUE[supply]  # idle 2 kW, and 1 kW more for each of 8 GPUs
                pay(p, "electricity", float(kw @ self.electricity(supply)[first : first + len(kw)]), middle)
                grams += kw.sum() * GRAMS_PER_KWH[supply]
            elif supply is GPT:
                tokens = self.demand().tokens["chat"][:, p] * gpus.sum() / asked[:, CHAT].sum()
                pay(p, "api", float(tokens @ (self.input_price, self.output_price)) / 1e6, middle)
            else:
                grams += gpus.sum() * 250.0
                if supply in (RENT, SPOT):
                    pay_aws(p, supply.kind.value, float(gpus.sum()) * self.rent(supply, p), middle)
                work = float(made.gpus[:, CHAT, s].sum())
                pay_aws(p, "egress", work * 0.4 * 0.09 * kept, middle)
                pay_aws(p, "storage", work / asked[:, CHAT].sum() * 5000.0 * 0.023 * kept, middle)
        pay(p, "carbon", grams / 1e6 * self.carbon_price, middle)
        pay(p, "unserved", float(made.unserved[:, BATCH].sum()) * 6.0, middle)


def share_at(months: float) -> float:
    """Of the price, by age: 0.9 after a month, 0.6 after four, 0.3 after ten."""
    return float(np.interp(months, [0.0, 1.0, 4.0, 10.0], [1.0, 0.9, 0.6, 0.3]))


def _by_month(name: str, prices: dict[str, tuple[float, ...]]) -> PriceFile:
    return PriceFile(name, "", {what: dict(zip(LABELS, row, strict=True)) for what, row in prices.items()})
