"""Azure's retail prices as JSON: an item per meter, in the pages that the API gives, or as one list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from planner.assumptions.prices.collector import Collector, PriceList
from planner.assumptions.prices.quotes import Refused, Reservation, Shape, price_of
from planner.assumptions.prices.sizes import AZURE_SIZES
from planner.assumptions.prices.tables import opened, reading
from planner.problems import InputError, Problem

MOST_CHARACTERS = 1_000_000_000
EXPECTED = "retail prices of Azure: an object with Items, or a list of items"
SAVINGS_PLAN = "savingsPlan: spend commitments are not imported"

_TERM = re.compile(r"^([135]) Years?$")
_KEYS = {"armSkuName", "armRegionName", "retailPrice", "unitPrice", "skuName", "meterName"}
_SIZE = re.compile(r"^standard_", re.IGNORECASE)


def load_items(path: Path, name: str, collector: Collector) -> list[Any]:
    """The items of all pages in the file. Raises InputError for anything else than Azure's prices."""
    with reading(name), opened(path) as stream:
        text = stream.read(MOST_CHARACTERS + 1)
    if len(text) > MOST_CHARACTERS:
        raise InputError([Problem(name, "", "", f"a file of at most {MOST_CHARACTERS:,} characters")])
    try:
        # NaN and Infinity become decimals that are no number; the text is gone before the items are looked at.
        data = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=Decimal)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError([Problem(name, place, error.msg, "valid JSON")]) from None
    except (ValueError, ArithmeticError):
        raise InputError([Problem(name, "", "a number that cannot be one", "valid JSON")]) from None
    except RecursionError:
        raise InputError([Problem(name, "", "lists in lists without end", EXPECTED)]) from None
    pages = data if isinstance(data, list) and any(_is_page(page) for page in data) else [data]
    items: list[Any] = []
    for page in pages:
        if _is_page(page):
            items += page["Items"]
        elif isinstance(page, list):
            items += page
    links = [page["NextPageLink"] for page in pages if _is_page(page) and page.get("NextPageLink")]
    if len(links) >= len(pages):
        collector.note(f"{name} is not the last page: further prices are behind its NextPageLink")
    if not any(isinstance(item, dict) and len(_KEYS & item.keys()) >= 3 for item in items):
        raise InputError([Problem(name, "", "other JSON", EXPECTED)])
    return items


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Items"), list)


def read(items: list[Any], prices: PriceList, collector: Collector) -> None:
    """Import the items of one file."""

    def import_item(place: str, item: Any) -> None:
        if not isinstance(item, dict):
            raise Refused("no object")
        _refuse_others(item)
        shape = _shape(item, collector)
        amount = price_of(_price(item), "retailPrice")
        currency = _text(item, "currencyCode")
        if not currency:
            raise Refused("currencyCode missing")
        if _text(item, "type") == "Reservation":
            months = _months(item)
            # The price is for the whole term, whatever unitOfMeasure says.
            quote = prices.quote(amount, _text(item, "effectiveStartDate"))
            collector.reserve(shape, f"{months // 12}y-upfront", Reservation(months, quote, None))
        else:
            if _text(item, "unitOfMeasure") != "1 Hour":
                raise Refused("not priced by the hour", _text(item, "unitOfMeasure")[:40])
            quote = prices.quote(amount, _text(item, "effectiveStartDate"))
            (collector.spot if _says(item, "Spot") else collector.on_demand)(shape, quote)
        collector.currency(currency, place)
        if item.get("savingsPlan"):
            collector.leave_out(SAVINGS_PLAN, place, shape.instance)

    collector.take(_numbered(items), import_item)


def _numbered(items: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"item {number}", item) for number, item in enumerate(items, start=1))


def _price(item: dict[str, Any]) -> Any:
    return item.get("retailPrice", item.get("unitPrice"))


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    # JSON can hold halves of characters (\ud800), which no file can.
    return value.strip().encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _says(item: dict[str, Any], word: str) -> bool:
    return word in _text(item, "skuName") or word in _text(item, "meterName")


def _refuse_others(item: dict[str, Any]) -> None:
    """Refuse what is no Linux instance at its ordinary price."""
    product = _text(item, "productName")
    if _text(item, "serviceName") not in ("Virtual Machines", ""):
        raise Refused("of another service than Virtual Machines", _text(item, "serviceName")[:40])
    if _text(item, "type") not in ("Consumption", "Reservation"):
        raise Refused("of another type than Consumption and Reservation", _text(item, "type")[:40])
    if "Windows" in product:
        raise Refused("for Windows")
    if _says(item, "Low Priority"):
        raise Refused("Low Priority, which is no longer sold")
    if "CloudServices" in product or "Dedicated" in product:
        raise Refused("for Cloud Services or dedicated hosts")
    if not _text(item, "armSkuName"):
        raise Refused("without an armSkuName: no instance type")
    if item.get("tierMinimumUnits"):
        raise Refused("for use above a threshold (tierMinimumUnits)")


def _shape(item: dict[str, Any], collector: Collector) -> Shape:
    instance = _SIZE.sub("", _text(item, "armSkuName"))
    size = AZURE_SIZES.get(instance.lower())
    if size is None:
        if instance[:1] in ("N", "n"):
            raise Refused("whose GPUs are not known to the planner", instance[:40])
        raise Refused("without a GPU")
    gpu, memory, count = size
    return collector.shape(instance, _text(item, "armRegionName"), gpu, count, Decimal(memory), "azure")


def _months(item: dict[str, Any]) -> int:
    term = _TERM.match(_text(item, "reservationTerm"))
    if term is None:
        raise Refused("reservation without a term of whole years", _text(item, "reservationTerm")[:40])
    return 12 * int(term[1])
