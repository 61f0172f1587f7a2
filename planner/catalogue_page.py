"""The catalogue as a page: `docs/catalogue.md`.

`python -m planner.catalogue_page` in the root of the repository writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from planner.assumptions.durations import Duration
from planner.catalogue.assumed import Standing, doubts
from planner.catalogue.listing import Kind, Row, figures, rows
from planner.catalogue.reader import catalogue

PAGE = Path("docs/catalogue.md")

_NONE = ""

_HEAD = """# The catalogue

<!-- Made by `python -m planner.catalogue_page` (`make docs`) from `planner/catalogue/data`: change that, not this. -->

What can be bought and rented by default: {servers} servers, {offers} cloud offers, {workloads} workload profiles,
{sites} sites, {gpus} GPUs. The same in the terminal: `planner catalogue`, `planner catalogue NAME`,
`planner catalogue --assumptions`.

Money is {currency}. Prices are what somebody asked on the day beside them: a beginning, not a quote. Any figure can be
overridden in an assumptions file, and a plan marks with `*` those that were not. Entries marked + are taken where a
file has no such section.
"""

_ASSUMED = """Every figure of the catalogue that has no source, with the reason for it if there is one. The same figure
for the same reason is listed once, with the entries that have it. One more assumption belongs to no entry: the order of
business hours, which `{peak_to_mean: …}` spreads demand by (weekdays before weekends, office hours first, in UTC)."""

_UNCHECKED = """Figures whose source was not opened when they were written down: compare them with the maker's datasheet
before a decision hangs on them. They are used where a workload gives neither `speed` nor `throughput` for a GPU."""

_PRICES = """Of reserved options the effective price: upfront and hourly fees over all hours of the term."""

_LIFE = """The last column of figures is price and installation over all hours of the lifetime, used or not: without
electricity, maintenance, staff, space and resale, which a plan adds."""


def page() -> str:
    """`docs/catalogue.md`."""
    book, every = catalogue(), rows()
    head = _HEAD.format(
        servers=len(book.servers), offers=len(book.cloud), workloads=len(book.workloads), sites=len(book.sites),
        gpus=len(book.gpus), currency=book.currency,
    )  # fmt: skip
    parts = [head, *_overviews(every, book.currency), *_doubts(every, book.currency), "## Every figure\n"]
    titles = {Kind.SERVER: "Server", Kind.OFFER: "Cloud offer", Kind.WORKLOAD: "Workload", Kind.SITE: "Site"}
    for kind, title in titles.items():
        for name in dict.fromkeys(row.name for row in every if row.kind is kind):
            parts.append(f"### {title} {name}\n\n{_entry(kind, name, book.currency)}")
    return "\n".join(parts)


def _overviews(every: Sequence[Row], currency: str) -> Iterator[str]:
    """One table for every kind of entry."""
    of_kind = {kind: [row for row in every if row.kind is kind] for kind in Kind}
    head = ["server", "GPUs", "GB each", currency, f"{currency} per GPU", f"{currency} per GPU-hour of its life"]
    servers = _table([*head, "source of the price", "as of"], map(_server, of_kind[Kind.SERVER]))
    yield f"## Servers\n\n{servers}\n{_LIFE}\n"
    head = ["offer", "GPUs", "GB each", "region", "option", f"{currency} per instance-hour", f"{currency} per GPU-hour"]
    yield f"## Cloud offers\n\n{_table([*head, 'source', 'as of'], map(_offer, of_kind[Kind.OFFER]))}\n{_PRICES}\n"
    head = ["workload", "reference GPU", "GB per replica", "bound by", "interruptible", "output tokens/s per GPU"]
    yield f"## Workload profiles\n\n{_table(head, map(_workload, of_kind[Kind.WORKLOAD]))}"
    head = ["site", "region", f"{currency} per kWh", "PUE", f"{currency} per kW-month", "source of electricity"]
    yield f"## Sites\n\n{_table([*head, 'as of'], map(_site, of_kind[Kind.SITE]))}"
    head = ["GPU", "GB", "TFLOPS, 16 bit, dense", "TB/s", "W", "source", "as of"]
    yield f"## GPUs\n\n{_table(head, map(_gpu, of_kind[Kind.GPU]))}"


def _server(row: Row) -> list[str]:
    keys = _values(row)
    gpus = keys["gpus"]
    hours = gpus * float(Duration.parse(keys["lifetime"]).hours)
    per_hour = f"{(keys['price'] + keys['install_cost']) / hours:.2f}"
    prices = [_text(row.price), f"{keys['price'] / gpus:,.0f}", per_hour]
    return [_name(row), f"{gpus} × {row.gpu}", _text(row.memory_gb), *prices, row.source, row.as_of]


def _offer(row: Row) -> list[str]:
    option = "on demand" if row.option == "on_demand" else row.option
    what = [_name(row), f"{row.gpus} × {row.gpu}", _text(row.memory_gb), row.region, option]
    return [*what, f"{row.price:,.4f}", f"{row.price_per_gpu_hour:,.4f}", row.source, row.as_of]


def _workload(row: Row) -> list[str]:
    keys = _values(row)
    rates = {key.split(".")[1]: rate for key, rate in keys.items() if key.endswith(".output_tokens_per_s")}
    said = ", ".join(f"{gpu} {_text(rate)}" for gpu, rate in rates.items())
    return [_name(row), row.gpu, _text(row.memory_gb), keys["bound_by"], _text(keys["interruptible"]), said]


def _site(row: Row) -> list[str]:
    keys = _values(row)
    hosting = _text(keys.get("hosting_per_kw_month"))
    return [_name(row), row.region, _text(row.price), _text(keys["pue"]), hosting, row.source, row.as_of]


def _gpu(row: Row) -> list[str]:
    return [row.name, *(_text(value) for value in _values(row).values()), row.source, row.as_of]


def _doubts(every: Sequence[Row], currency: str) -> Iterator[str]:
    head = ["kind", "figure", "value", "unit", "reason", "entries"]
    for title, intro, wanted in (
        ("Assumptions", _ASSUMED, Standing.ASSUMED),
        ("Not yet checked", _UNCHECKED, Standing.UNCHECKED),
    ):
        cells = [
            [each.kind.value, f"`{each.key}`", _text(each.value), _unit(each.unit, currency), each.reason,
             ", ".join(each.entries)]
            for each in doubts(every, wanted)
        ]  # fmt: skip
        yield f"## {title}\n\n{intro}\n\n{_table(head, cells)}"


def _entry(kind: Kind, name: str, currency: str) -> str:
    cells = (
        [f"`{each.key}`", _text(each.value), _unit(each.unit, currency), each.source, each.as_of]
        for each in figures(kind, name)
    )
    return _table(["figure", "value", "unit", "source", "as of"], cells)


def _table(head: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *cells]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _values(row: Row) -> Mapping[str, Any]:
    return {figure.key: figure.value for figure in figures(row.kind, row.name)}


def _name(row: Row) -> str:
    return f"{row.name}{' +' if row.is_default else ''}"


def _unit(unit: str, currency: str) -> str:
    return unit.replace("currency", currency)


def _text(value: object) -> str:
    match value:
        case None:
            return _NONE
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:,}"
    return str(value)


def main(root: Path) -> None:
    """Write the page below the root of the repository."""
    (root / PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path())
