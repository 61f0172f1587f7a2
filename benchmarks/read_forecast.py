"""How long, and how much memory, a forecast of many rows takes to read and check: `python benchmarks/read_forecast.py`.

Each case is read in a process of its own; seconds are of the processor, so that other work does not count.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

CASES = ("good", "minutes", "wrong", "many names")
_BLOCK = 100_000


def lines(case: str, rows: int) -> Iterator[str]:
    """Blocks of a CSV file."""
    yield "timestamp,workload,gpu_hours\n"
    step = 1 if case == "minutes" else 60
    start = np.datetime64("2020-01-01T00:00", "m")
    for first in range(0, rows, _BLOCK):
        if case in ("good", "minutes"):
            # Good: 100 workloads by the hour, one after the other.
            offset, name = (first, "all") if case == "minutes" else (0, f"workload-{first // _BLOCK:03d}")
            times = np.datetime_as_string(start + (offset + np.arange(_BLOCK)) * step)
            yield "".join(f"{moment},{name},{number % 97}.25\n" for number, moment in enumerate(times))
        elif case == "wrong":
            yield "".join(f"x{number},,y{number}\n" for number in range(first, first + _BLOCK))
        else:
            yield "".join(f"2027-01-01T00:00,w{number},1\n" for number in range(first, first + _BLOCK))


def read(path: str) -> None:
    """Read one file, and print what it took."""
    from planner.forecast.read import read_forecast
    from planner.problems import InputError

    try:
        forecast = read_forecast(path)
        outcome = f"{len(forecast.starts):,} intervals of {len(forecast.workloads)} workloads"
    except InputError as error:
        outcome = f"{len(error.problems)} problems"
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{used.ru_utime + used.ru_stime:.0f} s, {used.ru_maxrss / 2**20:.1f} GiB: {outcome}")


def main() -> None:
    """Write and read every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="a multiple of 100,000")
    parser.add_argument("--read", metavar="FILE", help="only read this file")
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "f.csv"
            with path.open("w", encoding="utf-8") as stream:
                stream.writelines(lines(case, options.rows))
            command = [sys.executable, __file__, "--read", str(path)]
            result = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"{options.rows:,} rows, {case}: {result.stdout.strip()}")


if __name__ == "__main__":
    main()
