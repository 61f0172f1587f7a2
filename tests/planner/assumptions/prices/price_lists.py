"""Price lists of every kind, written for known offers the way the real tools write them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

SKYPILOT = [
    "InstanceType", "AcceleratorName", "AcceleratorCount", "vCPUs", "MemoryGiB", "GpuInfo", "Price", "SpotPrice",
    "Region", "AvailabilityZone", "Arch",
]  # fmt: skip
GPUHUNT = [
    "instance_name", "location", "price", "cpu", "memory", "gpu_count", "gpu_name", "gpu_memory", "spot", "disk_size",
    "gpu_vendor", "flags",
]  # fmt: skip
GCP = [
    "instance", "gpu", "gpu_count", "region", "hour", "hour_spot", "month", "month_1y", "month_3y",
]  # fmt: skip
AWS = [
    "SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate", "StartingRange",
    "EndingRange", "Unit", "PricePerUnit", "Currency", "RelatedTo", "LeaseContractLength", "PurchaseOption",
    "OfferingClass", "Product Family", "serviceCode", "Location", "Instance Type", "Tenancy", "Operating System",
    "License Model", "CapacityStatus", "GPU", "GPU Memory", "MarketOption", "Pre Installed S/W", "Region Code",
]  # fmt: skip
AWS_LINES = [
    ["FormatVersion", "v1.0"],
    ["Disclaimer", "This pricing list is for informational purposes only."],
    ["Publication Date", "2026-09-10T17:45:21Z"],
    ["Version", "20260910174521"],
    ["OfferCode", "AmazonEC2"],
]


def write_csv(
    name: str,
    rows: Iterable[Mapping[str, Any] | Sequence[Any]],
    header: Sequence[str],
    above: Sequence[Sequence[str]] = (),
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([*above, header])
    for row in rows:
        writer.writerow([row.get(column, "") for column in header] if isinstance(row, Mapping) else row)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return name


def gpu_info(name: str, count: int, mib: int) -> str:
    """GpuInfo as the catalogue has it: a Python dictionary as text."""
    gpus = [{"Name": name, "Manufacturer": "NVIDIA", "Count": count, "MemoryInfo": {"SizeInMiB": mib}}]
    return str({"Gpus": gpus, "TotalGpuMemoryInMiB": count * mib})


def skypilot_row(**cells: Any) -> dict[str, Any]:
    base = {
        "InstanceType": "p5.48xlarge", "AcceleratorName": "H100", "AcceleratorCount": "8.0", "vCPUs": "192.0",
        "MemoryGiB": "2048.0", "GpuInfo": gpu_info("H100", 8, 81920), "Price": "55.04", "SpotPrice": "23.12",
        "Region": "us-east-1", "AvailabilityZone": "use1-az1", "Arch": "x86_64",
    }  # fmt: skip
    return base | cells


def gpuhunt_row(**cells: Any) -> dict[str, Any]:
    base = {
        "instance_name": "p5.48xlarge", "location": "us-east-1", "price": "55.04", "cpu": "192", "memory": "2048.0",
        "gpu_count": "8", "gpu_name": "H100", "gpu_memory": "80.0", "spot": "False", "gpu_vendor": "nvidia",
    }  # fmt: skip
    return base | cells


def gcp_row(**cells: Any) -> dict[str, Any]:
    base = {
        "instance": "a3-highgpu-8g", "gpu": "h100-80gb", "gpu_count": "8.0", "region": "us-central1", "hour": "88.49",
        "hour_spot": "50.60954", "month": "64597.7", "month_1y": "44810.08066", "month_3y": "28370.99821",
    }  # fmt: skip
    return base | cells


def azure_item(**keys: Any) -> dict[str, Any]:
    base = {
        "currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": 98.32, "unitPrice": 98.32,
        "armRegionName": "eastus", "location": "US East", "effectiveStartDate": "2024-03-01T00:00:00Z",
        "meterName": "ND96isr_H100_v5", "productName": "Virtual Machines NDsrH100v5 Series",
        "skuName": "ND96isr_H100_v5", "serviceName": "Virtual Machines", "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour", "type": "Consumption", "isPrimaryMeterRegion": True,
        "armSkuName": "Standard_ND96isr_H100_v5",
    }  # fmt: skip
    return base | keys


def azure_spot(**keys: Any) -> dict[str, Any]:
    return azure_item(skuName="ND96isr_H100_v5 Spot", meterName="ND96isr_H100_v5 Spot", retailPrice=18.17) | keys


def azure_reservation(term: str = "1 Year", price: float = 551_000.0, **keys: Any) -> dict[str, Any]:
    """The price is for the whole term; the API says 1 Hour all the same."""
    return azure_item(type="Reservation", reservationTerm=term, retailPrice=price, unitPrice=price) | keys


def write_azure(name: str, items: Sequence[Any], **envelope: Any) -> str:
    page = {"BillingCurrency": "USD", "CustomerEntityType": "Retail", "Items": items, "NextPageLink": None} | envelope
    Path(name).write_text(json.dumps(page | {"Count": len(items)}), encoding="utf-8")
    return name


def aws_row(**cells: Any) -> dict[str, Any]:
    """An on-demand row; columns by name, with _ for a blank."""
    base = {
        "SKU": "H100SKU", "OfferTermCode": "JRTCKXETXF", "TermType": "OnDemand", "PriceDescription": "per hour",
        "Unit": "Hrs", "PricePerUnit": "55.0400000000", "Currency": "USD", "Product Family": "Compute Instance",
        "Instance Type": "p5.48xlarge", "Tenancy": "Shared", "Operating System": "Linux",
        "License Model": "No License required", "CapacityStatus": "Used", "GPU": "8", "GPU Memory": "640 GB HBM3",
        "MarketOption": "OnDemand", "Pre Installed S/W": "NA", "Region Code": "us-east-1",
    }  # fmt: skip
    return base | {name.replace("_", " "): value for name, value in cells.items()}


PRODUCT = (
    "Instance Type", "Tenancy", "Operating System", "License Model", "CapacityStatus", "GPU", "GPU Memory",
    "MarketOption", "Pre Installed S/W", "Region Code",
)  # fmt: skip


def aws_reserved(
    length: str, payment: str, upfront: str | None, hourly: str | None, *, product: bool = False, **cells: Any
) -> list[dict[str, Any]]:
    """The rows of one reservation: its fee and its hourly price; without the product's columns unless asked for."""
    shared = {"TermType": "Reserved", "OfferTermCode": f"{length}{payment}", "OfferingClass": "standard"}
    shared |= {"LeaseContractLength": length, "PurchaseOption": payment}
    if not product:
        shared |= dict.fromkeys(PRODUCT, "")
    rows = []
    if upfront is not None:
        rows.append({"Unit": "Quantity", "PriceDescription": "Upfront Fee", "PricePerUnit": upfront})
    if hourly is not None:
        rows.append({"Unit": "Hrs", "PricePerUnit": hourly})
    return [aws_row() | shared | row | {name.replace("_", " "): value for name, value in cells.items()} for row in rows]


def write_aws(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    return write_csv(name, rows, AWS, AWS_LINES, csv.QUOTE_ALL)


def bare(tree: Any) -> Any:
    """Figures as their values; what is null is not there."""
    if isinstance(tree, dict):
        if "value" in tree:
            return tree["value"]
        return {name: bare(below) for name, below in tree.items() if below is not None}
    return tree


def exactly(text: str) -> float:
    return float(Decimal(text))
