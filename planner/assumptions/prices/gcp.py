"""A table of GCP instances per region with commitments by the month, such as `gcp_gpu_commitment_prices_DATE.csv`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from planner.assumptions.prices.collector import NOT_REALLY_SOLD, Collector, PriceList
from planner.assumptions.prices.quotes import HOURS_PER_MONTH, Refused, Reservation, price_of
from planner.assumptions.prices.tables import Columns, Record

REQUIRED = ("instance", "gpu", "gpu_count", "region", "hour", "hour_spot", "month_1y", "month_3y")

GPUS = {"rtx6000": "RTXPRO6000"}
"""Short names that say another GPU elsewhere: GCP's G4 instances have the RTX PRO 6000, not the RTX 6000 of 2018."""

COMMITMENTS = {"month_1y": ("1y", 12), "month_3y": ("3y", 36)}
"""Column → name of the option and its term in months."""

_WHERE_SOLD = (
    "the table lists regions where the GPU may not be sold: keep the regions where you can buy it, "
    "with --region"
)  # fmt: skip
_PLACES = Decimal("1e-6")


def read(
    rows: Iterable[tuple[str, Record | Refused]],
    columns: Columns,
    prices: PriceList,
    provider: str,
    collector: Collector,
) -> None:
    """Import the rows of one table."""

    def import_row(place: str, record: Record) -> None:
        instance = columns.get(record, "instance")
        if not instance:
            raise Refused("without an instance")
        region = columns.get(record, "region")
        gpu, count = columns.get(record, "gpu"), columns.get(record, "gpu_count")
        if not gpu:
            raise Refused("without a GPU")
        shape = collector.shape(instance, region, GPUS.get(gpu, gpu), count, None, provider)
        amount = price_of(columns.get(record, "hour"), "hour")
        collector.on_demand(shape, prices.quote(amount))
        collector.currency("USD", place)
        try:
            if (spot := price_of(columns.get(record, "hour_spot"), "hour_spot")) >= amount:
                raise Refused(NOT_REALLY_SOLD)
            collector.spot(shape, prices.quote(spot))
        except Refused as why:
            collector.leave_out(why.reason, place, why.detail)
        for column, (option, months) in COMMITMENTS.items():
            try:
                monthly = price_of(columns.get(record, column), column)
            except Refused as why:
                collector.leave_out(why.reason, place, why.detail)
                continue
            hourly = (monthly / HOURS_PER_MONTH).quantize(_PLACES)
            collector.reserve(shape, option, Reservation(months, None, prices.quote(hourly)))

    collector.take(rows, import_row)
    if not collector.wanted.regions:
        collector.note(_WHERE_SOLD)
