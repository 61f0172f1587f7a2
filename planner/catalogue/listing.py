"""The catalogue as rows, for people: what there is, what it costs, who says so and of what day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from planner.assumptions.durations import Duration
from planner.assumptions.figures import dotted, leaves, wrap
from planner.assumptions.loaded import Source
from planner.assumptions.units import unit_at
from planner.catalogue.reader import Catalogue, catalogue
from planner.problems import InputError, Problem, nearest


class Kind(StrEnum):
    """What a row of the catalogue is."""

    GPU = "gpu"
    SERVER = "server"
    OFFER = "cloud"
    WORKLOAD = "workload"
    SITE = "site"


_SECTIONS = {Kind.SERVER: "servers", Kind.OFFER: "cloud", Kind.WORKLOAD: "workloads", Kind.SITE: "sites"}


@dataclass(frozen=True)
class Row:
    """One thing that can be bought or rented, or a profile; None and empty where it does not apply."""

    kind: Kind
    name: str
    option: str
    """`on_demand`, `spot` or the name of a reserved option; empty but for cloud offers."""
    price: float | None
    """Per server, or per instance-hour (of a reservation: the effective price per hour of its term)."""
    price_per_gpu_hour: float | None
    gpu: str
    gpus: int | None
    memory_gb: float | None
    """Per GPU; of a workload: per replica."""
    region: str
    as_of: str
    source: str
    is_default: bool
    """Is it taken where a file does not say?"""


@dataclass(frozen=True)
class FigureRow:
    """One figure of one entry."""

    key: str
    """Dotted, below the entry: `on_demand`, `reserved.1y.term`."""
    value: Any
    unit: str
    source: str
    as_of: str


def rows(name: str | None = None) -> tuple[Row, ...]:
    """All rows, or those of one name. Raises InputError for a name that the catalogue does not have."""
    book = catalogue()
    everything = (*_servers(book), *_offers(book), *_workloads(book), *_sites(book), *_gpus(book))
    if name is None:
        return everything
    chosen = tuple(row for row in everything if row.name == name)
    if not chosen:
        fix = nearest(name, dict.fromkeys(row.name for row in everything))
        raise InputError([Problem("catalogue", "", f"'{name}'", "a name in the catalogue", fix)])
    return chosen


def figures(kind: Kind, name: str) -> tuple[FigureRow, ...]:
    """Every figure of one entry, in its order in the catalogue. Raises KeyError where there is no such entry."""
    book = catalogue()
    if kind is Kind.GPU:
        gpu = book.gpus[name]
        units = {"memory_gb": "GB", "tflops_16bit_dense": "TFLOPS", "bandwidth_tb_per_s": "TB/s", "power_w": "W"}
        return tuple(FigureRow(key, getattr(gpu, key), unit, gpu.source, gpu.as_of) for key, unit in units.items())
    section = _SECTIONS[kind]
    tree, _ = wrap(dict(book.entries(section)[name]), "catalogue", catalogue=True)
    result = []
    for path, leaf in leaves(tree):
        source = leaf.source or Source("")
        unit = unit_at((section, name, *path))
        result.append(FigureRow(dotted(path), leaf.value, unit, source.source, source.as_of))
    return tuple(result)


def _value(item: Any) -> Any:
    return item["value"] if isinstance(item, dict) and "value" in item else item


def _source(item: Any) -> tuple[str, str]:
    """Date and source of a figure."""
    return (str(item["as_of"]), str(item["source"])) if isinstance(item, dict) and "source" in item else ("", "")


def _memory(book: Catalogue, gpu: str) -> float | None:
    return book.gpus[gpu].memory_gb if gpu in book.gpus else None


def _servers(book: Catalogue) -> Iterator[Row]:
    for name, entry in book.servers.items():
        gpu, gpus = entry["gpu"], _value(entry["gpus"])
        as_of, source = _source(entry["price"])
        yield Row(
            Kind.SERVER, name, "", _value(entry["price"]), None, gpu, gpus, _memory(book, gpu), "", as_of, source,
            name in book.default_servers,
        )  # fmt: skip


def _offers(book: Catalogue) -> Iterator[Row]:
    for name, entry in book.cloud.items():
        gpu, gpus = entry["gpu"], _value(entry["gpus"])
        for option, price, figure in _options(entry):
            as_of, source = _source(figure)
            yield Row(
                Kind.OFFER, name, option, price, price / gpus, gpu, gpus, _memory(book, gpu), entry.get("region", ""),
                as_of, source, name in book.default_cloud,
            )  # fmt: skip


def _options(entry: Any) -> Iterator[tuple[str, float, Any]]:
    """Purchase options of an offer: name, price per instance-hour, the figure that says so."""
    if "on_demand" in entry:
        yield "on_demand", _value(entry["on_demand"]), entry["on_demand"]
    if "spot" in entry:
        yield "spot", _value(entry["spot"]["price"]), entry["spot"]["price"]
    for option, terms in entry.get("reserved", {}).items():
        upfront, hourly = _value(terms.get("upfront", 0)), _value(terms.get("hourly", 0))
        hours = float(Duration.parse(_value(terms["term"])).hours)
        yield option, upfront / hours + hourly, terms["upfront"] if upfront else terms["hourly"]


def _workloads(book: Catalogue) -> Iterator[Row]:
    for name, entry in book.workloads.items():
        memory = entry.get("gpu_memory_gb")
        as_of, source = _source(memory)
        gpu = entry.get("reference_gpu", "")
        yield Row(
            Kind.WORKLOAD, name, "", None, None, gpu, None, _value(memory), "", as_of, source,
            name == book.default_workload,
        )  # fmt: skip


def _sites(book: Catalogue) -> Iterator[Row]:
    for name, entry in book.sites.items():
        price = entry["electricity_price"]
        as_of, source = _source(price)
        yield Row(
            Kind.SITE, name, "", _value(price), None, "", None, None, entry.get("region", ""), as_of, source,
            name == book.default_site,
        )  # fmt: skip


def _gpus(book: Catalogue) -> Iterator[Row]:
    for name, gpu in book.gpus.items():
        yield Row(
            Kind.GPU, name, "", None, None, name, None, gpu.memory_gb, "", gpu.as_of, gpu.source, False
        )  # fmt: skip
