"""Price lists of one kind → an overlay and a report, or everything that is wrong with the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.assumptions.prices import aws, azure, gcp, gpuhunt, skypilot
from planner.assumptions.prices.collector import Collector, PriceList, Wanted
from planner.assumptions.prices.kinds import REQUIRED, WHAT, Kind, wrong_kind
from planner.assumptions.prices.overlay import SAYS, as_yaml, named
from planner.assumptions.prices.providers import provider_of
from planner.assumptions.prices.report import report_lines, shorter
from planner.assumptions.prices.tables import columns_of, head_of, rows_of
from planner.catalogue.reader import catalogue
from planner.problems import InputError, Problem

_TABLES: Mapping[Kind, Callable[..., None]] = {
    Kind.SKYPILOT: skypilot.read,
    Kind.GPUHUNT: gpuhunt.read,
    Kind.AWS: aws.read,
    Kind.GCP: gcp.read,
}


@dataclass(frozen=True)
class Imported:
    """What the lists gave."""

    overlay: str
    """An assumptions file, as text."""
    report: tuple[str, ...]
    """Lines for people: what was read, written, skipped and why."""
    offers: int
    prices: int


@dataclass(frozen=True)
class _Ready:
    """A file that can be read: what it is called, and the rest of the work."""

    prices: PriceList
    read: Callable[[], None]


def import_prices(kind: Kind, files: Sequence[str], wanted: Wanted) -> Imported:
    """Read price lists of one kind. Raises InputError with everything that is wrong with the files."""
    book = catalogue()
    collector = Collector(wanted, book.gpus)
    problems: list[Problem] = []
    ready: list[_Ready] = []
    for name in files:
        try:
            ready.append(_open(kind, name, wanted, collector))
        except InputError as error:
            problems += error.problems
    for one in ready if not problems else ():
        collector.begin(one.prices, several=len(files) > 1)
        try:
            one.read()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    collector.finish()
    problems = collector.unmatched() + _currencies(collector)
    if not collector.offers and not problems:
        problems = [_nothing(kind, files, collector)]
    if problems:
        raise InputError(problems)
    currency = next(iter(collector.currencies))
    names = named(collector.offers, currency, book.cloud, book.currency)
    lists = [one.prices for one in ready]
    overlay = as_yaml(names, collector.offers, kind, currency, [prices.path.name for prices in lists])
    shared = [name for name in names if name in book.cloud]
    count = sum(len(prices) for prices in collector.offers.values())
    unsaid = [option for option in ("on_demand", "spot", "reserved") if option not in SAYS[kind]]
    lines = report_lines(collector, lists, names, shared, unsaid, currency, book.currency)
    return Imported(overlay, tuple(lines), len(names), count)


def _open(kind: Kind, name: str, wanted: Wanted, collector: Collector) -> _Ready:
    """Look at a file before anything is read. Raises InputError for what is wrong with its form."""
    path = Path(name)
    head = head_of(path, name)
    problem = wrong_kind(head, kind, name)
    if problem is not None:
        raise InputError([problem])
    if kind is Kind.AZURE:
        prices = PriceList.of(name, wanted.discount)
        return _Ready(prices, lambda: azure.read(azure.load_items(path, name, collector), prices, collector))
    columns = columns_of(head.header, REQUIRED[kind], name)
    provider = provider_of(path, name, wanted.provider) if kind in (Kind.SKYPILOT, Kind.GPUHUNT) else str(kind)
    prices = PriceList.of(name, wanted.discount, aws.published(head.records) if kind is Kind.AWS else "")
    read: Any = _TABLES[kind]
    return _Ready(prices, lambda: read(rows_of(path, name, head.header), columns, prices, provider, collector))


def _currencies(collector: Collector) -> list[Problem]:
    """One plan has one currency, and figures are never converted."""
    if len(collector.currencies) < 2:
        return []
    (first, _), (second, place) = list(collector.currencies.items())[:2]
    return [Problem("prices", place, f"'{second[:20]}'", f"one currency in all lists, here {first[:20]}")]


def _nothing(kind: Kind, files: Sequence[str], collector: Collector) -> Problem:
    reasons = "; ".join(
        f"{tally.count:,} {reason} ({tally.examples[0]})" for reason, tally in shorter(collector.skipped)
    )
    rows = f"{collector.rows:,} rows, none of which can be imported" + (f": {reasons}" if reasons else "")
    return Problem(", ".join(files), "", rows, f"{WHAT[kind]} with at least one GPU instance that has a price")
