"""Offers → an assumptions file: stable names, every text quoted so that it stays text, every price with its source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache

import yaml

from planner.assumptions.prices.kinds import Kind
from planner.assumptions.prices.quotes import Prices, Quote, Reservation, Shape
from planner.catalogue.reader import Entries

_NO_NAME = re.compile(r"[^a-z0-9.]+")
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_./-]*$")
_NOT_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_LONGEST_NAME = 100
_LONGEST_NUMBER = 24

SAYS: Mapping[Kind, tuple[str, ...]] = {
    Kind.SKYPILOT: ("on_demand", "spot"),
    Kind.GPUHUNT: ("on_demand", "spot"),
    Kind.AZURE: ("on_demand", "spot", "reserved"),
    Kind.AWS: ("on_demand", "reserved"),
    Kind.GCP: ("on_demand", "spot", "reserved"),
}
"""What a kind of list says of an offer: where it gives no such price, there is none, whatever another file says."""


def named(offers: Mapping[Shape, Prices], currency: str, known: Entries, own_currency: str) -> dict[str, Shape]:
    """A name for every offer, in the order of the names.

    `PROVIDER-INSTANCE`; with the GPUs where an instance comes with several, and with the region where it is sold in
    several. An offer has the name of one in the catalogue (`known`) only if it is that one: same region, same currency.
    """
    regions: dict[tuple[str, str], set[str]] = defaultdict(set)
    gpus: dict[tuple[str, str], set[tuple[str, int, Decimal | None]]] = defaultdict(set)
    for shape in offers:
        regions[shape.provider, shape.instance].add(shape.region)
        gpus[shape.provider, shape.instance].add((shape.gpu, shape.gpus, shape.memory_gb))
    names: dict[str, Shape] = {}
    for shape in sorted(offers, key=_order):
        several = gpus[shape.provider, shape.instance]
        parts = [shape.provider, shape.instance]
        if len(several) > 1:
            parts.append(f"{shape.gpus}x-{shape.gpu}")
        if len({(gpu, count) for gpu, count, _ in several}) < len(several):
            parts.append(f"{shape.memory_gb}gb" if shape.memory_gb is not None else "")
        if len(regions[shape.provider, shape.instance]) > 1:
            parts.append(shape.region)
        name = _slug(parts)
        entry = known.get(name)
        if entry is not None and (entry.get("region", "") != shape.region or currency != own_currency):
            name = _slug([*parts, *([] if shape.region in parts else [shape.region])])
            name = name if name not in known else f"{name}-{currency.lower()}"
        names[_free(name, names)] = shape
    return dict(sorted(names.items()))


def _order(shape: Shape) -> tuple[str, str, str, str, int, Decimal]:
    return (
        shape.provider, shape.instance, shape.region, shape.gpu, shape.gpus, shape.memory_gb or Decimal(0)
    )  # fmt: skip


def _slug(parts: Iterable[str]) -> str:
    slugs = (_NO_NAME.sub("-", part.lower()).strip("-.") for part in parts)
    name = "-".join(slug for slug in slugs if slug)[:_LONGEST_NAME]
    return name if name[:1].isalpha() else f"offer-{name}".rstrip("-")


def _free(name: str, taken: Mapping[str, Shape]) -> str:
    """The name, or with a number behind it where another offer has it."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def as_yaml(
    names: Mapping[str, Shape], offers: Mapping[Shape, Prices], kind: Kind, currency: str, files: Iterable[str]
) -> str:
    """The assumptions file. Every line is ASCII; whatever names hold, they are text."""
    lines = [
        f"# Written by `planner prices {kind}` from",
        *(f"#   {ascii_only(file)}" for file in files),
        "# Use it with -a, or start from it with extends:. Prices are per instance-hour.",
        "version: 1",
        f"currency: {text(currency)}",
        "cloud:",
    ]
    for name, shape in names.items():
        lines += _entry(name, shape, offers[shape], SAYS[kind])
    return "\n".join(lines) + "\n"


def ascii_only(words: str) -> str:
    r"""Words of the user's as one harmless line of ASCII.

    >>> ascii_only("prices\n2027.csv")
    'prices\\n2027.csv'
    """
    return words.encode("unicode_escape").decode("ascii")


def _entry(name: str, shape: Shape, prices: Prices, says: tuple[str, ...]) -> Iterator[str]:
    yield f"  {text(name)}:"
    yield f"    provider: {text(shape.provider)}"
    yield f"    region: {text(shape.region)}"
    yield f"    gpu: {text(shape.gpu)}"
    yield f"    gpus: {shape.gpus}"
    if shape.memory_gb is not None:
        yield f"    gpu_memory_gb: {number(shape.memory_gb)}"
    if prices.on_demand is not None:
        yield f"    on_demand: {_figure(prices.on_demand)}"
    elif "on_demand" in says:
        yield "    on_demand: null"
    if prices.spot is not None:
        yield from ("    spot:", f"      price: {_figure(prices.spot)}")
    elif "spot" in says:
        yield "    spot: null"
    if prices.reserved:
        yield "    reserved:"
        for option, reservation in sorted(prices.reserved.items()):
            yield from _reservation(option, reservation)
    elif "reserved" in says:
        yield "    reserved: null"


def _reservation(option: str, reservation: Reservation) -> Iterator[str]:
    yield f"      {text(option)}:"
    yield f"        term: {reservation.months} months"
    for key, quote in (("upfront", reservation.upfront), ("hourly", reservation.hourly)):
        yield f"        {key}: {'0' if quote is None else _figure(quote)}"


def _figure(quote: Quote) -> str:
    return f"{{value: {number(quote.amount)}, source: {text(quote.source, flow=True)}, as_of: {quote.as_of}}}"


def number(amount: Decimal) -> str:
    """A number in full, without zeros at the end.

    >>> number(Decimal("55.0400000000")), number(Decimal("283474"))
    ('55.04', '283474')
    """
    digits = f"{amount:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits if len(digits) <= _LONGEST_NUMBER else repr(float(amount))


@lru_cache(maxsize=4096)
def text(words: str, *, flow: bool = False) -> str:
    """Text as YAML that every reader takes for text: plain where that is safe, else quoted and escaped."""
    if _PLAIN.match(words) and words.lower() not in _NOT_TEXT and not flow:
        return words
    quoted = yaml.safe_dump(words, default_style='"', allow_unicode=False, width=float("inf"))
    return str(quoted).strip()
