"""The catalogue printed: tables of what can be bought and rented, and single entries with every figure's source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rich.console import Group, RenderableType

from planner.catalogue.listing import FigureRow, Kind, Row
from planner.catalogue.listing import figures as figures_of
from planner.terminal.blocks import NARROW, Column, bullets, compact, figures, label, line, section, table, words
from planner.terminal.blocks import Row as Cells
from planner.terminal.text import NONE, number, price

TITLES: Mapping[Kind, str] = {
    Kind.SERVER: "Servers to buy",
    Kind.OFFER: "Cloud offers",
    Kind.WORKLOAD: "Workload profiles",
    Kind.SITE: "Sites",
    Kind.GPU: "GPUs",
}

_DEFAULT = "+"
"""Stands after what is taken where a file does not say."""


def matching(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows whose name, GPU or region contains the text, in any case of its letters."""
    wanted = text.lower()
    return [row for row in rows if any(wanted in part.lower() for part in (row.name, row.gpu, row.region))]


def close_names(rows: Sequence[Row], name: str) -> list[str]:
    """Up to three names close to one that was not found."""
    by_lower = {row.name.lower(): row.name for row in rows}
    return [by_lower[match] for match in get_close_matches(name.lower(), list(by_lower), n=3, cutoff=0.5)]


def catalogue_tables(rows: Sequence[Row], currency: str, width: int) -> list[RenderableType]:
    """One table for every kind that has rows, and a footnote on what is taken by default.

    In few columns the sources are left out; an entry on its own has them.
    """
    groups = {kind: [row for row in rows if row.kind is kind] for kind in TITLES}
    made: list[RenderableType] = [
        section(TITLES[kind], _table(kind, group, currency, width >= NARROW)) for kind, group in groups.items() if group
    ]
    if any(row.is_default for row in rows):
        made.append(line(f"{_DEFAULT} taken where an assumptions file has no such section", "dim"))
    return made


def _table(kind: Kind, group: Sequence[Row], currency: str, sources: bool) -> RenderableType:
    match kind:
        case Kind.SERVER:
            return _servers(group, currency, sources)
        case Kind.OFFER:
            return _offers(group, currency, sources)
        case Kind.WORKLOAD:
            return _workloads(group)
        case Kind.SITE:
            return _sites(group, currency, sources)
        case Kind.GPU:
            return _gpus(group, sources)


def _sourced(columns: Sequence[Column], rows: Sequence[Cells], sources: bool) -> RenderableType:
    """A table with its last column, the source, or without."""
    if sources:
        return table(columns, rows)
    return table(columns[:-1], [Cells(row.cells[:-1], row.style) for row in rows])


def entry_details(row: Row, currency: str, width: int) -> RenderableType:
    """Every figure of one entry, with unit, source and date; in few columns the sources stand below the table."""
    found = figures_of(row.kind, row.name)
    title = f"{row.name} ({TITLES[row.kind].lower() if row.kind is not Kind.GPU else 'GPU'})"
    columns: list[Column] = [words("Figure"), words("Value"), words("Unit"), label("As of")]
    units = [figure.unit.replace("currency", currency) for figure in found]
    cells = [[figure.key, plain(figure.value), unit, figure.as_of] for figure, unit in zip(found, units, strict=True)]
    if width >= NARROW:
        full = [Cells([*start, figure.source]) for start, figure in zip(cells, found, strict=True)]
        return section(title, compact([*columns, words("Source")], full, (2, 3, 4), ""))
    return section(title, compact(columns, [Cells(start) for start in cells], (2, 3), ""), bullets(_sources(found)))


def _sources(found: Sequence[FigureRow]) -> list[str]:
    """Each source once, with the figures that it stands behind."""
    keys: dict[str, list[str]] = {}
    for figure in found:
        if figure.source:
            keys.setdefault(figure.source, []).append(figure.key)
    return [f"{', '.join(names)}: {source}" for source, names in keys.items()]


def plain(value: object) -> str:
    """A figure's value as text: `yes`, `1,000`, `3 months`."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) or abs(value) >= 1 else price(value)
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


def _servers(group: Sequence[Row], currency: str, sources: bool) -> RenderableType:
    columns = [
        words("Server"),
        words("GPUs"),
        figures("GB each"),
        figures(currency),
        figures(f"{currency}/GPU"),
        label("As of"),
        words("Source"),
    ]
    rows = []
    for row in group:
        each = row.price / row.gpus if row.price is not None and row.gpus else None
        prices = (_whole(row.price), _whole(each))
        rows.append(Cells([_name(row), _gpu(row), _number(row.memory_gb), *prices, *_origin(row)]))
    return _sourced(columns, rows, sources)


def _offers(group: Sequence[Row], currency: str, sources: bool) -> RenderableType:
    """A line for each offer, and below it one for each of its purchase options."""
    columns = [
        words("Offer and its options"),
        figures(f"{currency}/h"),
        figures(f"{currency}/GPU-h"),
        label("As of"),
        words("Source"),
    ]
    rows, before = [], ""
    for row in group:
        if row.name != before:
            what = ", ".join(part for part in (_gpu(row), f"{_number(row.memory_gb)} GB each", row.region) if part)
            rows.append(Cells([f"{_name(row)}: {what}", "", "", "", ""], "bold"))
        before = row.name
        option = "on demand" if row.option == "on_demand" else row.option
        rows.append(Cells([f"  {option}", price(row.price), price(row.price_per_gpu_hour), *_origin(row)]))
    note = "Per instance and per GPU; reserved options: upfront and hourly fees over all hours of the term."
    return Group(_sourced(columns, rows, sources), line(note, "dim"))


def _workloads(group: Sequence[Row]) -> RenderableType:
    columns = [
        words("Workload"),
        words("Reference GPU"),
        figures("GB"),
        words("Bound by"),
        words("Interruptible"),
        label("As of"),
    ]
    rows = []
    for row in group:
        keys = _values(row)
        bound, spot = str(keys.get("bound_by", NONE)), plain(keys.get("interruptible"))
        rows.append(Cells([_name(row), row.gpu or NONE, _number(row.memory_gb), bound, spot, row.as_of or NONE]))
    return table(columns, rows)


def _sites(group: Sequence[Row], currency: str, sources: bool) -> RenderableType:
    columns = [
        words("Site"),
        words("Region"),
        figures(f"{currency}/kWh"),
        figures("PUE"),
        figures(f"{currency}/kW-month"),
        label("As of"),
        words("Source of electricity"),
    ]
    rows = []
    for row in group:
        keys = _values(row)
        hosting = price(keys["hosting_per_kw_month"]) if "hosting_per_kw_month" in keys else NONE
        place = (_name(row), row.region or NONE)
        rows.append(Cells([*place, price(row.price), _number(keys.get("pue")), hosting, *_origin(row)]))
    return _sourced(columns, rows, sources)


def _gpus(group: Sequence[Row], sources: bool) -> RenderableType:
    keys = ("memory_gb", "tflops_16bit_dense", "bandwidth_tb_per_s", "power_w")
    columns = [
        words("GPU"),
        *(figures(head) for head in ("GB", "TFLOPS, 16 bit", "TB/s", "W")),
        label("As of"),
        words("Source"),
    ]
    rows = []
    for row in group:
        values = _values(row)
        rows.append(Cells([row.name, *(_number(values[key]) for key in keys), *_origin(row)]))
    return _sourced(columns, rows, sources)


def _values(row: Row) -> dict[str, Any]:
    """An entry's figures by dotted key."""
    return {figure.key: figure.value for figure in figures_of(row.kind, row.name)}


def _name(row: Row) -> str:
    return f"{row.name}{' ' + _DEFAULT if row.is_default else ''}"


def _gpu(row: Row) -> str:
    return f"{_number(row.gpus)} × {row.gpu}"


def _origin(row: Row) -> tuple[str, str]:
    return row.as_of or NONE, row.source or NONE


def _number(value: float | None) -> str:
    return NONE if value is None else number(value)


def _whole(value: float | None) -> str:
    return price(value) if value is None else f"{value:,.0f}"
