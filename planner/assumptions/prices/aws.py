"""AWS's price list of EC2 as CSV: five lines about the list, the header, and a row per price of a product (SKU)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from planner.assumptions.prices.collector import Collector, PriceList
from planner.assumptions.prices.quotes import Quote, Refused, Reservation, Shape, number_of, price_of
from planner.assumptions.prices.sizes import AWS_FAMILIES
from planner.assumptions.prices.tables import Columns, Record

REQUIRED = (
    "SKU", "OfferTermCode", "TermType", "Unit", "PricePerUnit", "Currency", "LeaseContractLength", "PurchaseOption",
    "OfferingClass", "Instance Type", "Tenancy", "Operating System", "CapacityStatus", "Pre Installed S/W", "GPU",
    "Region Code",
)  # fmt: skip

_TERM = re.compile(r"^([135]) ?yr$")
_PAYMENTS = {
    "No Upfront": "no-upfront", "Partial Upfront": "partial-upfront", "All Upfront": "all-upfront",
}  # fmt: skip


@dataclass
class _Term:
    """The two prices of one reservation: its upfront fee and its hourly one, as far as they have been read."""

    sku: str
    months: int
    payment: str
    place: str
    prices: dict[str, Decimal] = field(default_factory=dict)
    """Unit (`Quantity`, `Hrs`) → price, which may be 0."""
    rows: list[str] = field(default_factory=list)


class _List:
    """One list while it is read: a SKU's product may come before its prices or after them."""

    def __init__(self, columns: Columns, prices: PriceList, collector: Collector) -> None:
        self.columns = columns
        self.prices = prices
        self.collector = collector
        self.products: dict[str, Shape] = {}
        self.refused: dict[str, Refused] = {}
        self.terms: dict[tuple[str, str], _Term] = {}

    def import_row(self, place: str, record: Record) -> None:
        """Take a row: an on-demand price at once, a part of a reservation for later."""
        get, sku = self.columns.get, self.columns.get(record, "SKU")
        if not sku:
            raise Refused("without a SKU")
        kind = get(record, "TermType")
        if kind not in ("OnDemand", "Reserved"):
            raise Refused("of another TermType than OnDemand and Reserved", kind[:40])
        if get(record, "Instance Type"):
            shape = self._product(sku, record)
            if kind == "OnDemand":
                self._on_demand(shape, place, record)
        elif kind == "OnDemand":
            raise Refused("without an Instance Type: no instance")
        if kind == "Reserved":
            self._reserved(sku, place, record)

    def _product(self, sku: str, record: Record) -> Shape:
        """The offer of a SKU. Raises Refused for what is no plain Linux instance with GPUs."""
        known = self.products.get(sku)
        if known is None:
            try:
                known = self.products[sku] = self._new_product(record)
            except Refused as why:
                self.refused.setdefault(sku, why)
                raise
        return known

    def _new_product(self, record: Record) -> Shape:
        get = self.columns.get
        instance, count = get(record, "Instance Type"), get(record, "GPU")
        gpu = AWS_FAMILIES.get(instance.partition(".")[0])
        if count in ("", "NA", "0") and gpu is None:
            raise Refused("without a GPU")
        for column, ours in (("Operating System", "Linux"), ("Tenancy", "Shared"), ("CapacityStatus", "Used")):
            if get(record, column) != ours:
                raise Refused(f"{column} other than {ours}", get(record, column)[:40])
        if get(record, "Pre Installed S/W") not in ("", "NA"):
            raise Refused("with software that is paid for (Pre Installed S/W)", get(record, "Pre Installed S/W")[:40])
        if get(record, "License Model") not in ("", "NA", "No License required"):
            raise Refused("another License Model", get(record, "License Model")[:40])
        if get(record, "MarketOption") not in ("", "NA", "OnDemand"):
            raise Refused("sold in another way (MarketOption)", get(record, "MarketOption")[:40])
        if gpu is None:
            raise Refused("whose GPUs are not known to the planner", instance[:40])
        name, memory = gpu
        return self.collector.shape(instance, get(record, "Region Code"), name, count, Decimal(memory), "aws")

    def _on_demand(self, shape: Shape, place: str, record: Record) -> None:
        unit = self.columns.get(record, "Unit")
        if unit != "Hrs":
            raise Refused("not priced by the hour", unit[:40])
        amount = price_of(self.columns.get(record, "PricePerUnit"), "PricePerUnit")
        self.collector.on_demand(shape, self.prices.quote(amount))
        self._currency(place, record)

    def _reserved(self, sku: str, place: str, record: Record) -> None:
        """Remember one of the two prices of a reservation. Raises Refused for what is none that can be planned."""
        get = self.columns.get
        length, payment = get(record, "LeaseContractLength"), get(record, "PurchaseOption")
        term = _TERM.match(length)
        if term is None or payment not in _PAYMENTS:
            raise Refused("reservation of another term or payment", f"{length[:20]} {payment[:20]}".strip())
        offering = get(record, "OfferingClass")
        if offering != "standard":
            raise Refused("reservation that is not standard: exchanges are not planned", offering[:40])
        unit = get(record, "Unit")
        if unit not in ("Hrs", "Quantity"):
            raise Refused("reservation priced in another unit", unit[:40])
        amount = number_of(get(record, "PricePerUnit"), "PricePerUnit")
        if amount:
            price_of(get(record, "PricePerUnit"), "PricePerUnit")
        key = (sku, get(record, "OfferTermCode"))
        found = self.terms.setdefault(key, _Term(sku, 12 * int(term[1]), payment, place))
        if unit in found.prices and found.prices[unit] != amount:
            raise Refused("a second price for the same part of a reservation")
        found.prices[unit] = amount
        found.rows.append(place)
        self._currency(place, record)

    def _currency(self, place: str, record: Record) -> None:
        self.collector.currency(self.columns.get(record, "Currency") or "USD", place)

    def join(self) -> None:
        """Reservations whose parts and product are there become options; of the others every row is skipped."""
        for term in self.terms.values():
            shape = self.products.get(term.sku)
            try:
                if shape is None:
                    why = self.refused.get(term.sku)
                    raise Refused(why.reason, why.detail) if why else Refused("reservation of a SKU without a product")
                option = f"{term.months // 12}y-{_PAYMENTS[term.payment]}"
                self.collector.reserve(shape, option, self._reservation(term))
            except Refused as refusal:
                for place in term.rows:
                    self.collector.skip(refusal, place)

    def _reservation(self, term: _Term) -> Reservation:
        upfront, hourly = self._quote(term, "Quantity"), self._quote(term, "Hrs")
        if term.payment != "No Upfront" and upfront is None:
            raise Refused("reservation without its upfront fee, or one of 0", term.payment)
        if term.payment != "All Upfront" and hourly is None:
            raise Refused("reservation without its hourly price, or one of 0", term.payment)
        return Reservation(term.months, upfront, hourly)

    def _quote(self, term: _Term, unit: str) -> Quote | None:
        amount = term.prices.get(unit)
        return self.prices.quote(amount) if amount else None


def read(
    rows: Iterable[tuple[str, Record | Refused]],
    columns: Columns,
    prices: PriceList,
    provider: str,
    collector: Collector,
) -> None:
    """Import the rows of one list."""
    price_list = _List(columns, prices, collector)
    collector.take(rows, price_list.import_row)
    price_list.join()


def published(records: Iterable[Record]) -> str:
    """The day on which the list was published, from the lines above its header."""
    return next((record[1] for record in records if len(record) > 1 and record[0] == "Publication Date"), "")
