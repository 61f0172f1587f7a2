"""Small runs to sweep, and an engine without processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from planning_cases import forecast, offer, server, site, tree, workloads

import planner
from planner.runs.kept import KeptRun
from planner.sweep.engines import Engine

HOURS = 24 * 365


def run(**more: Any) -> KeptRun:
    """One H100 needed in every second hour of a year: bought for 10,000, or rented for 4 an hour."""
    assumptions = tree(
        "quarter",
        4,
        sites={"lab": site(electricity_price=0.5)},
        servers={"box": server(10_000, "1 year")},
        cloud={"rent": offer(4)},
        workloads=workloads("w"),
        **more,
    )
    busy = [1.0 if hour % 2 else 0.0 for hour in range(HOURS)]
    return KeptRun.of(planner.plan(forecast("2027-01-01", w=busy), assumptions, baselines=False))


@contextlib.contextmanager
def threads() -> Iterator[Engine]:
    with ThreadPoolExecutor(1) as executor:
        yield Engine(executor, 2)
