"""Seeded inputs with every feature of the formats at once, of any size: for a benchmark and for a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

Tree = dict[str, Any]

GPUS = (("H100", 80), ("A100-80GB", 80), ("L40S", 48), ("H200", 141))
"""Name and memory in GB."""
SERVER_PRICE_PER_GPU = (33_000, 17_000, 9_000, 38_000)
RENT_PER_GPU_HOUR = (4.0, 2.1, 1.4, 4.6)
PROVIDERS = ("aws", "azure", "gcp", "coreweave", "lambda")
REGIONS = ("us-east-1", "eu-west-1", "eu-north-1")
WORKLOADS = ("chat-8b", "chat-70b", "embed", "train", "tune", "batch", "vision", "judge")
MEMORY_GB = (20, 140, 16, 80, 60, 40, 24, 40)
MAY_BE_INTERRUPTED = ("train", "tune", "batch", "judge")
TOKENS_PER_GPU_HOUR = 3.6e6
FIRST_DAY = "2027-01-04"


@dataclass(frozen=True)
class Extent:
    """How large, and which draw."""

    months: int = 36
    servers: int = 12
    offers: int = 40
    seed: int = 0

    @property
    def first_month(self) -> pd.Timestamp:
        """Beginning of the horizon."""
        return pd.Timestamp(FIRST_DAY)


def forecast(extent: Extent) -> pd.DataFrame:
    """A year of output tokens by the hour, or what is needed of it: days, weeks and noise; the rest is projected."""
    rng = np.random.default_rng(extent.seed)
    hour = np.arange(24 * min(364, 31 * extent.months + 7))
    frames = []
    for number, name in enumerate(WORKLOADS):
        wave = 1 + 0.4 * np.sin(2 * np.pi * (hour - 9 + number) / 24) + 0.2 * (hour % 168 < 120)
        gpus = (5 + 8 * rng.random()) * wave * rng.lognormal(0, 0.2, len(hour))
        stamps = pd.date_range("2026-01-05", periods=len(hour), freq="h")
        tokens = np.round(gpus * TOKENS_PER_GPU_HOUR)
        frames.append(pd.DataFrame({"timestamp": stamps, "workload": name, "output_tokens": tokens}))
    return pd.concat(frames, ignore_index=True)


def assumptions(extent: Extent) -> Tree:
    """Everything that a purchase may depend on; the price files are those of `write`."""
    rng = np.random.default_rng(extent.seed + 1)
    cloud = _cloud(extent, rng)
    rates = {name: round(offer["on_demand"] * 0.7, 3) for name, offer in cloud.items() if offer["provider"] == "aws"}
    return {
        "version": 1,
        "name": "everything",
        "horizon": {"period": "month", "periods": extent.months, "projection": {"growth_per_year": 0.25}},
        "finance": {"discount_rate": 0.08, "carbon_price_per_tonne": 80},
        "demand": {"forecast_starts": FIRST_DAY},
        "workloads": _workloads(),
        "sites": _sites(),
        "servers": _servers(extent, rng),
        "cloud": cloud,
        "providers": {"aws": {"discount": 0.1, "support_share": 0.05}, "gcp": {"discount": 0.05}},
        "spend_commitments": {"aws-1y": {"term": "12 months", "rates": rates}},
        "apis": {"open": {"input_per_million": 0.1, "output_per_million": 0.4, "workloads": ["embed"]}},
        "fleet": [
            {"server": "server-0", "site": "lab", "count": 2, "in_service": "2025-06-01", "price_paid": 260_000},
            {"server": "server-1", "site": "colo", "count": 3, "in_service": "2026-03-01"},
            {"server": "server-0", "site": "lab", "count": 1, "in_service": "2027-03-04", "price_paid": 250_000},
        ],
        "held_commitments": [{"offer": "offer-0", "option": "3y", "count": 2, "started": "2026-02-01"}],
        "limits": {
            "capex": {"total": 9_000_000, "per_year": {2027: 5_000_000}},
            "cloud_spend": {"per_period": 400_000},
            "carbon_tonnes": {"per_year": {2027: 1000, 2028: 900, 2029: 1000}},
            "quotas": [{"offers": ["offer-1*"], "max_gpus": 200}],
        },
        "decisions": [{"server": "server-1", "site": "colo", "period": "2027-01", "min": 1, "max": 2}],
    }


def _workloads() -> Tree:
    """Some may be interrupted, one may wait, one may fail, one is bound to Europe, one to the sites."""
    works: Tree = {}
    for number, name in enumerate(WORKLOADS):
        works[name] = {
            "reference_gpu": "H100",
            "gpu_memory_gb": MEMORY_GB[number],
            "bound_by": "memory" if number < 3 else "compute",
            "throughput": {"H100": {"output_tokens_per_s": TOKENS_PER_GPU_HOUR / 3600}},
            "egress_gb_per_gpu_hour": 0.2 if number < 3 else 0.0,
            "storage_gb": 500 * number,
        }
        if name in MAY_BE_INTERRUPTED:
            works[name] |= {"interruptible": True, "spot_max_share": 0.6}
    works["batch"] |= {"deferrable": "24 hours", "spot_max_share": 1.0}
    for name in ("batch", "vision", "judge"):
        works[name]["unserved_penalty"] = 60
    works["chat-70b"]["regions"] = ["eu-*"]
    works["vision"]["location"] = "local"
    return works


def _sites() -> Tree:
    """Three: electricity as a number, and by month from a file; staff as a ratio, and as whole people; set-up."""
    sites: Tree = {}
    for number, name in enumerate(("lab", "colo", "north")):
        sites[name] = {
            "electricity_price": (0.21, 0.15, "north.csv")[number],
            "pue": (1.5, 1.35, 1.15)[number],
            "region": ("eu-west", "us-east", "eu-north")[number],
            "power_limit_kw": (120, 400, 300)[number],
            "rack_units": (100, 400, 300)[number],
            "hosting_per_kw_month": (60, 150, 110)[number],
            "staff": {"servers_per_person": 15, "cost_per_person_year": 120_000, "whole_people": number == 1},
            "setup_cost": (0, 60_000, 90_000)[number],
            "carbon_g_per_kwh": (300, 400, 40)[number],
            "headroom": 0.05,
            "storage_per_gb_month": 0.01,
        }
    return sites


def _servers(extent: Extent, rng: np.random.Generator) -> Tree:
    """Every fourth model comes a month later, and is sold from later on, or until earlier."""
    servers: Tree = {}
    last = extent.first_month + pd.DateOffset(months=max(extent.months - 2, 1))
    for number in range(extent.servers):
        gpu, _ = GPUS[number % 4]
        gpus = (8, 4, 8, 8)[number % 4]
        servers[f"server-{number}"] = {
            "gpu": gpu,
            "gpus": gpus,
            "price": round(gpus * SERVER_PRICE_PER_GPU[number % 4] * float(rng.uniform(0.9, 1.1))),
            "install_cost": 3000,
            "power_kw": 1.1 * gpus,
            "idle_power_kw": 0.3 * gpus,
            "rack_units": 8,
            "lifetime": "48 months",
            "resale": {"12 months": 0.6, "24 months": 0.38, "36 months": 0.25},
            "maintenance_per_year": 0.06,
            "availability": 0.97,
            "lead_time": f"{number % 4} months",
            "price_trend_per_year": -0.08,
            "max_order_per_period": 20,
            "max_servers": 60,
        }
        if number % 4 == 2:
            servers[f"server-{number}"]["available_from"] = "2027-02-01"
        if number % 4 == 3:
            servers[f"server-{number}"]["available_until"] = f"{last:%Y-%m-%d}"
    return servers


def _cloud(extent: Extent, rng: np.random.Generator) -> Tree:
    """On demand everywhere; spot, reservations and limits here and there; one offer's prices from a file."""
    cloud: Tree = {}
    for number in range(extent.offers):
        rent = 8 * RENT_PER_GPU_HOUR[number % 4] * float(rng.uniform(0.85, 1.25))
        offer: Tree = {
            "provider": PROVIDERS[number % 5],
            "region": REGIONS[number % 3],
            "gpu": GPUS[number % 4][0],
            "gpus": 8,
            "on_demand": round(rent, 3),
            "egress_per_gb": 0.09 if number % 5 < 3 else 0.0,
            "storage_per_gb_month": 0.02,
            "carbon_g_per_gpu_hour": (200, 300, 50)[number % 3],
            "price_trend_per_year": -0.1,
        }
        if number % 2 == 0:
            offer["spot"] = {"price": round(rent * 0.45, 3), "lost_work": 0.06, "max_gpus": 64}
        if number % 3 == 0:
            offer["reserved"] = {
                "1y": {"term": "12 months", "hourly": round(rent * 0.66, 3)},
                "3y": {"term": "36 months", "upfront": round(rent * 0.1 * 26_280), "hourly": round(rent * 0.35, 3)},
            }
        if number % 6 == 3:
            offer["whole_instances"] = True
        if number % 4 == 1:
            offer["max_gpus"] = 128
        cloud[f"offer-{number}"] = offer
    filed = cloud["offer-4"]
    filed["prices"] = "offer-4.csv"
    del filed["price_trend_per_year"]
    return cloud


def write(extent: Extent, folder: Path) -> tuple[Path, Path]:
    """Write forecast.csv, assumptions.yaml and the price files that it names: (forecast, assumptions)."""
    folder.mkdir(parents=True, exist_ok=True)
    demand, tree = folder / "forecast.csv", folder / "assumptions.yaml"
    forecast(extent).to_csv(demand, index=False)
    content = assumptions(extent)
    tree.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    months = [f"{extent.first_month + pd.DateOffset(months=month):%Y-%m}" for month in range(extent.months)]
    prices = [round(0.09 + 0.03 * (month % 3), 3) for month in range(extent.months)]
    pd.DataFrame({"period": months, "price": prices}).to_csv(folder / "north.csv", index=False)
    offer = content["cloud"]["offer-4"]
    rows = [
        (option, month, round(price * 0.99**number, 4))
        for option, price in (("on_demand", offer["on_demand"]), ("spot", offer["spot"]["price"]))
        for number, month in enumerate(months)
    ]
    pd.DataFrame(rows, columns=["option", "period", "price"]).to_csv(folder / "offer-4.csv", index=False)
    return demand, tree
