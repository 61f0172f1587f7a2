"""What an import did, for people: rows read, offers written, and everything that was not imported, with why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planner.assumptions.prices.collector import Collector, PriceList, Tally
from planner.assumptions.prices.quotes import Shape

_NAMED = 12
"""How many GPUs and names are spelt out in a line."""


def report_lines(
    collector: Collector,
    lists: Sequence[PriceList],
    names: Mapping[str, Shape],
    shared: Sequence[str],
    unsaid: Sequence[str],
    currency: str,
    own_currency: str,
) -> Iterator[str]:
    """The report, line by line; `shared` are the names that the catalogue has too.

    `unsaid` are the purchase options that lists of this kind say nothing about.
    """
    for prices in lists:
        yield f"{prices.name}: prices as of {prices.as_of} (from {prices.dated})"
    skipped = sum(tally.count for tally in collector.skipped.values())
    used = collector.rows - skipped
    yield f"read {collector.rows:,} rows: {used:,} used, {skipped:,} skipped"
    count = sum(len(prices) for prices in collector.offers.values())
    yield f"wrote {_plural(len(names), 'offer')} with {_plural(count, 'price')} in {currency}"
    yield from _tallies("skipped rows", collector.skipped)
    yield from _tallies("prices left out of rows that were used", collector.left_out)
    if collector.renamed:
        said = [f"{said} = {ours}" for said, ours in sorted(collector.renamed.items())]
        yield f"GPUs read as the catalogue's: {_some(said)}"
    if shared:
        yield (
            f"as in the catalogue, and so taking from it what these lists do not say "
            f"({', '.join([*unsaid, 'egress, storage …'])}): {_some(shared)}"
        )
    if currency != own_currency:
        yield (
            f"prices are in {currency} and are never converted: give every other price in {currency} too "
            f"(the catalogue's are in {own_currency})"
        )
    yield from collector.notes


def _tallies(title: str, tallies: Mapping[str, Tally]) -> Iterator[str]:
    if not tallies:
        return
    yield f"{title}:"
    for reason, tally in shorter(tallies):
        more = ", …" if tally.count > len(tally.examples) else ""
        yield f"  - {tally.count:,} {reason}: {', '.join(tally.examples)}{more}"


def shorter(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """Reasons, the most frequent first."""
    return sorted(tallies.items(), key=lambda item: (-item[1].count, item[0]))


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
