"""Makes forecast.csv: a year of a training lab, by the hour. Synthetic and seeded; run it again to get the same file.

Three groups share the lab. `pretraining` comes in campaigns of weeks at full size, `fine-tuning` follows office hours
in bursts, `evaluation` runs a little of everything around the clock. Figures are GPU-hours on an A100-80GB.
"""

from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    rng = np.random.default_rng(20270104)
    stamps = pd.date_range("2027-01-04", periods=52 * 168, freq="h")
    hour = np.arange(len(stamps))
    office = np.clip(np.sin(np.pi * (hour % 24 - 7) / 12), 0.1, None) * np.where(hour % 168 < 120, 1.0, 0.35)

    campaigns = np.zeros(len(hour))
    start = 0
    while start < len(hour):
        start += int(rng.exponential(900))
        length, size = int(rng.integers(200, 700)), int(rng.choice([48, 96, 160]))
        campaigns[start : start + length] += size
        start += length
    bursts = rng.gamma(0.6, 1.0, len(hour) // 6 + 1).repeat(6)[: len(hour)]
    demand = {
        "pretraining": campaigns * rng.uniform(0.9, 1.0, len(hour)),
        "fine-tuning": 60 * office * bursts,
        "evaluation": 24 + 12 * office + rng.gamma(2.0, 2.0, len(hour)),
    }
    frames = [
        pd.DataFrame({"timestamp": stamps, "workload": name, "gpu_hours": np.round(values, 2)})
        for name, values in demand.items()
    ]
    table = pd.concat(frames)
    table["timestamp"] = table["timestamp"].dt.strftime("%Y-%m-%dT%H:%M")
    table.to_csv(Path(__file__).with_name("forecast.csv"), index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
