"""The SkyPilot catalogue (`catalogs/VERSION/PROVIDER/vms.csv`): a row per instance type and zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from planner.assumptions.prices.collector import NOT_REALLY_SOLD, Collector, PriceList
from planner.assumptions.prices.quotes import Refused, price_of
from planner.assumptions.prices.tables import Columns, Record

REQUIRED = ("InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "Region")
NOT_SOLD = "no SpotPrice: not sold as spot"
SMALL_MIB = 1024
"""No GPU has less than this many MiB: where the catalogue says so, it means GiB (RunPod's 80)."""

_MEMORY = re.compile(r"""['"]SizeInMiB['"]\s*:\s*([0-9]{1,9}(?:\.[0-9]+)?)""")


def read(
    rows: Iterable[tuple[str, Record | Refused]],
    columns: Columns,
    prices: PriceList,
    provider: str,
    collector: Collector,
) -> None:
    """Import the rows of one catalogue."""

    def import_row(place: str, record: Record) -> None:
        instance = columns.get(record, "InstanceType")
        gpu = columns.get(record, "AcceleratorName")
        if not instance:
            raise Refused("without an InstanceType: the price is of the accelerator alone", gpu[:40])
        if not gpu:
            raise Refused("without an accelerator (no GPU, or priced apart from it)")
        memory = memory_gb(columns.get(record, "GpuInfo", "GPUInfo"))
        region, count = columns.get(record, "Region"), columns.get(record, "AcceleratorCount")
        shape = collector.shape(instance, region, gpu, count, memory, provider)
        amount = price_of(columns.get(record, "Price"), "Price")
        collector.on_demand(shape, prices.quote(amount))
        collector.currency("USD", place)
        spot = columns.get(record, "SpotPrice")
        try:
            if not spot:
                raise Refused(NOT_SOLD)
            if (spot_amount := price_of(spot, "SpotPrice")) >= amount:
                raise Refused(NOT_REALLY_SOLD)
            collector.spot(shape, prices.quote(spot_amount))
        except Refused as why:
            collector.leave_out(why.reason, place, why.detail)

    collector.take(rows, import_row)


@lru_cache(maxsize=4096)
def memory_gb(info: str) -> Decimal | None:
    """Memory per GPU out of GpuInfo, which is a Python dictionary written as text; it is searched, never evaluated.

    >>> memory_gb("{'Gpus': [{'Name': 'H100', 'MemoryInfo': {'SizeInMiB': 81920}}], 'TotalGpuMemoryInMiB': 655360}")
    Decimal('80')
    """
    found = _MEMORY.search(info)
    if found is None:
        return None
    size = Decimal(found[1])
    return size / 1024 if size >= SMALL_MIB else size
