"""Seeded inputs of any size for the benchmarks: a forecast by the hour and its assumptions, as a user writes them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

GPUS = ("H100", "H200", "A100-80GB", "L40S", "B200", "MI300X", "L4", "A10G")


@dataclass(frozen=True)
class Size:
    """How large an instance is."""

    months: int = 60
    workloads: int = 3
    servers: int = 2
    reservations: int = 1
    markets: int = 4
    whole: bool = False
    seed: int = 0


def forecast(size: Size) -> pd.DataFrame:
    """Demand by the hour: daily and weekly waves, growth, noise and bursts, different for each workload."""
    rng = np.random.default_rng(size.seed)
    stamps = pd.date_range("2027-01-01", pd.Timestamp("2027-01-01") + pd.DateOffset(months=size.months), freq="h")[:-1]
    hour = np.arange(len(stamps))
    frames = []
    for w in range(size.workloads):
        level, phase = rng.uniform(10, 60), rng.uniform(0, 24)
        wave = 1 + 0.4 * np.sin(2 * np.pi * (hour - phase) / 24) + 0.2 * np.sin(2 * np.pi * (hour - phase) / 168)
        growth = (1 + rng.uniform(0, 0.3)) ** (hour / 8760)
        burst = np.where(rng.random(len(hour)) < 0.02, rng.uniform(1.5, 3), 1)
        demand = level * wave * growth * burst * rng.lognormal(0, 0.15, len(hour))
        frames.append(pd.DataFrame({"timestamp": stamps, "workload": f"work-{w}", "gpu_hours": np.round(demand, 4)}))
    return pd.concat(frames, ignore_index=True)


def assumptions(size: Size) -> dict[str, Any]:
    """Servers, one reserved option for each of the first offers, and offers sold on demand, some also as spot."""
    rng = np.random.default_rng(size.seed + 1)
    gpus = [GPUS[i % len(GPUS)] for i in range(max(size.servers, size.markets, 1))]
    # A set of names has another order in every process, and the draws would follow it.
    kinds = list(dict.fromkeys(gpus))
    workloads = {
        f"work-{w}": {
            "reference_gpu": "H100",
            "speed": {gpu: round(float(rng.uniform(0.4, 1.6)), 3) if gpu != "H100" else 1.0 for gpu in kinds},
            "interruptible": w % 2 == 0,
            "spot_max_share": 0.5 if w % 4 == 0 else 1.0,
            **({"unserved_penalty": 40} if w % 3 == 2 else {}),
        }
        for w in range(size.workloads)
    }
    servers = {
        f"server-{i}": {
            "gpu": gpus[i],
            "gpus": 8,
            "price": round(float(rng.uniform(150_000, 320_000)), -3),
            "power_kw": 10.2,
            "idle_power_kw": 2.9,
            "lifetime": "60 months",
            "resale": {"12 months": 0.65, "36 months": 0.27, "60 months": 0.12},
            "maintenance_per_year": 0.06,
            "lead_time": f"{1 + i % 4} months",
            "price_trend_per_year": -0.1,
            "whole_servers": size.whole,
        }
        for i in range(size.servers)
    }
    on_demand = (size.markets + 1) // 2
    cloud: dict[str, Any] = {}
    for i in range(on_demand):
        price = 8 * float(rng.uniform(2.4, 4.0))
        offer = {"provider": f"p{i}", "gpu": gpus[i], "gpus": 8, "on_demand": round(price, 3)}
        if i < size.markets - on_demand:
            offer["spot"] = {"price": round(price * 0.55, 3), "lost_work": 0.08, "max_gpus": 40}
        cloud[f"offer-{i}"] = offer
    for i in range(size.reservations):
        offer = cloud.setdefault(f"offer-{i}", {"provider": f"p{i}", "gpu": gpus[i % len(gpus)], "gpus": 8})
        fee = round(8 * float(rng.uniform(1.5, 2.0)), 3)
        offer["reserved"] = {"1y": {"term": "12 months", "hourly": fee}}
        offer["whole_instances"] = size.whole
    return {
        "version": 1,
        "name": "benchmark",
        "horizon": {"period": "month", "periods": size.months},
        "workloads": workloads,
        "sites": {"site": {"electricity_price": 0.09, "pue": 1.4, "hosting_per_kw_month": 60}},
        "servers": servers,
        "cloud": cloud,
    }


def write(size: Size, folder: Path) -> tuple[Path, Path]:
    """Write forecast.csv and assumptions.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    demand, tree = folder / "forecast.csv", folder / "assumptions.yaml"
    forecast(size).to_csv(demand, index=False)
    tree.write_text(yaml.safe_dump(assumptions(size), sort_keys=False), encoding="utf-8")
    return demand, tree


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    for name, default in vars(Size()).items():
        if isinstance(default, bool):
            parser.add_argument(f"--{name}", action="store_true")
        else:
            parser.add_argument(f"--{name}", type=int, default=default)
    options = vars(parser.parse_args())
    write(Size(**{name: value for name, value in options.items() if name != "folder"}), options["folder"])


if __name__ == "__main__":
    main()
