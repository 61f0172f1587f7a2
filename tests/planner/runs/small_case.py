"""A small plan that buys, commits and rents, for tests of what is kept of it."""

from __future__ import annotations

import pandas as pd

SMALL = {
    "version": 1,
    "name": "Small",
    "horizon": {"period": "month", "periods": 6},
    "workloads": {"w": {"reference_gpu": "H100", "load_shape": {"hour_of_week": "week.csv"}}},
    "sites": {"lab": {"electricity_price": {"value": 0.1, "source": "a bill", "as_of": "2026-05"}, "pue": 1.2}},
    "servers": {"hgx-h100-8": {"lead_time": "0 hours", "price": 100_000}},
    "cloud": {
        "p": {
            "provider": "p",
            "gpu": "H100",
            "gpus": 8,
            "on_demand": 40.0,
            "reserved": {
                "1y": {"term": "12 months", "hourly": 20.0},
                "3y": {"term": "3 years", "hourly": 14.0},
            },
        },
        "gcp-a3-highgpu-8g": {},
    },
    "variants": {"cheap": ["cloud.*.on_demand=-50%"]},
}


def demand(scale: float = 1.0) -> pd.DataFrame:
    starts = pd.date_range("2027-01-01", periods=6, freq="MS").strftime("%Y-%m-%d")
    return pd.DataFrame({"timestamp": starts, "workload": "w", "gpu_hours": [scale * 20_000.1 / 3] * 6})
