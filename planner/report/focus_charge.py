"""One FOCUS 1.2 row, and the words that its columns allow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import pandas as pd


class Category(StrEnum):
    """ChargeCategory."""

    USAGE = "Usage"
    PURCHASE = "Purchase"
    CREDIT = "Credit"
    ADJUSTMENT = "Adjustment"


class Status(StrEnum):
    """CommitmentDiscountStatus; of owned servers, x_CapacityStatus."""

    USED = "Used"
    UNUSED = "Unused"


@dataclass(frozen=True)
class Charge:
    """One row. Names are FOCUS's in snake case; `x_` stays as it is."""

    billing_account_id: str
    billing_account_name: str
    billing_currency: str
    billing_period_start: pd.Timestamp
    billing_period_end: pd.Timestamp
    charge_period_start: pd.Timestamp
    charge_period_end: pd.Timestamp
    charge_category: str
    charge_description: str
    charge_frequency: str
    billed_cost: float
    effective_cost: float
    list_cost: float
    contracted_cost: float
    pricing_quantity: float | None
    pricing_unit: str | None
    provider_name: str
    publisher_name: str
    invoice_issuer_name: str
    service_category: str
    service_name: str
    charge_class: str | None = None
    list_unit_price: float | None = None
    contracted_unit_price: float | None = None
    pricing_category: str | None = None
    consumed_quantity: float | None = None
    consumed_unit: str | None = None
    commitment_discount_category: str | None = None
    commitment_discount_id: str | None = None
    commitment_discount_name: str | None = None
    commitment_discount_quantity: float | None = None
    commitment_discount_status: str | None = None
    commitment_discount_type: str | None = None
    commitment_discount_unit: str | None = None
    region_id: str | None = None
    region_name: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    sku_id: str | None = None
    sku_price_id: str | None = None
    x_component: str = ""
    x_supply: str | None = None
    x_workload: str | None = None
    x_capacity_status: str | None = None
    x_period: str = ""
    x_in_horizon: bool = True


class Pricing(StrEnum):
    """PricingCategory."""

    STANDARD = "Standard"
    DYNAMIC = "Dynamic"
    COMMITTED = "Committed"


GPU_HOURS = "GPU-Hours"
OWN = "own hardware"
CLOUDS = "cloud providers"


def at_list(charge: Charge, cost: float) -> Charge:
    """The plan knows one price: list and contracted cost are the same."""
    return replace(charge, list_cost=cost, contracted_cost=cost)


def with_unit_prices(charge: Charge) -> Charge:
    """Cost / quantity, where there is a quantity."""
    if not charge.pricing_quantity:
        return charge
    return replace(
        charge,
        list_unit_price=charge.list_cost / charge.pricing_quantity,
        contracted_unit_price=charge.contracted_cost / charge.pricing_quantity,
    )


def column_name(field: str) -> str:
    """`BilledCost` for `billed_cost`, `x_Workload` for `x_workload`."""
    own = field.startswith("x_")
    words = field.removeprefix("x_").split("_")
    return ("x_" if own else "") + "".join(word.capitalize() for word in words)
