"""Forecasts of ten million rows, planned with the catalogue's defaults, beside reading the same file by pandas.

    python benchmarks/ten_million_rows.py

1,141 workloads by the hour for a year, and 19 by the minute. Each in a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from figures import run, table

CASES = {"1,141 workloads by the hour": (1141, 8760, 60), "19 workloads by the minute": (19, 525_600, 1)}
"""Workloads, rows of each, minutes between them."""


def lines(workloads: int, count: int, minutes: int) -> Iterator[str]:
    """A CSV file, a workload at a time."""
    random = np.random.default_rng(1)
    stamps = np.datetime_as_string(np.datetime64("2027-01-01T00:00", "m") + np.arange(count) * minutes)
    yield "timestamp,workload,gpu_hours\n"
    for number in range(workloads):
        amounts = np.round(random.gamma(2, 2, count), 2)
        yield "".join(f"{stamp},w{number:04d},{amount}\n" for stamp, amount in zip(stamps, amounts, strict=True))


def main() -> None:
    """Write, read, check and plan every case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    rows = []
    for name, size in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "f.csv"
            with path.open("w", encoding="utf-8") as stream:
                stream.writelines(lines(*size))
            commands = {
                "pandas.read_csv": ["-c", f"import pandas; pandas.read_csv({str(path)!r})"],
                "planner check": ["-m", "planner", "check", str(path)],
                "planner plan": ["-m", "planner", "plan", str(path), "-o", str(Path(folder) / "plan")],
            }
            base = 0.0
            for command, arguments in commands.items():
                measured = run([sys.executable, *arguments], 600)
                if command == "planner plan" and not (Path(folder) / "plan" / "plan.json").exists():
                    sys.exit(f"no plan: {measured.message}")
                base = base or measured.cpu_seconds
                figures = [measured.seconds, measured.cpu_seconds, measured.cpu_seconds / base]
                rows.append([name, command, *(f"{figure:.1f}" for figure in figures), f"{measured.peak_mb:,.0f}"])
    header = ["10 million rows", "", "seconds", "CPU s", "CPU ×", "peak MB"]
    print(table(header, rows, markdown=chosen.markdown))


if __name__ == "__main__":
    main()
