"""The lists of dstack's gpuhunt (`PROVIDER.csv`): a row per instance type, place and way of selling it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from planner.assumptions.prices.collector import Collector, PriceList
from planner.assumptions.prices.quotes import Refused, number_of, price_of
from planner.assumptions.prices.tables import Columns, Record

REQUIRED = ("instance_name", "location", "price", "gpu_count", "gpu_name", "gpu_memory", "spot")

_ZONE = re.compile(r"^([a-z]+-[a-z]+[0-9]+)-[a-z]$")
"""A zone of GCP: its region and a letter."""


def read(
    rows: Iterable[tuple[str, Record | Refused]],
    columns: Columns,
    prices: PriceList,
    provider: str,
    collector: Collector,
) -> None:
    """Import the rows of one list."""

    def import_row(place: str, record: Record) -> None:
        gpu = columns.get(record, "gpu_name")
        if not gpu:
            raise Refused("without a GPU")
        instance, location = columns.get(record, "instance_name"), columns.get(record, "location")
        if not instance:
            raise Refused("without an instance_name")
        memory = columns.get(record, "gpu_memory")
        memory_gb = number_of(memory, "gpu_memory") if memory else None
        zone = _ZONE.match(location) if provider == "gcp" else None
        region, count = zone[1] if zone else location, columns.get(record, "gpu_count")
        shape = collector.shape(instance, region, gpu, count, memory_gb or None, provider)
        quote = prices.quote(price_of(columns.get(record, "price"), "price"))
        match columns.get(record, "spot").lower():
            case "true":
                collector.spot(shape, quote)
            case "false":
                collector.on_demand(shape, quote)
            case other:
                raise Refused("spot is neither True nor False", other[:20])
        collector.currency("USD", place)

    collector.take(rows, import_row)
