"""What in the catalogue is an assumption: figures that nobody vouches for, each said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from planner.catalogue.listing import FigureRow, Kind, Row, figures


class Standing(StrEnum):
    """How well a figure is founded, from the words that the catalogue uses for it."""

    ASSUMED = "assumption"
    """It has no source: the planner's own choice, with its reason where there is one."""
    UNCHECKED = "not yet checked"
    """It has a source that nobody has opened: to be compared with the maker's datasheet."""
    SOURCED = ""


@dataclass(frozen=True)
class Doubt:
    """One figure, or several alike, that have no source or an unchecked one."""

    kind: Kind
    key: str
    """Dotted, below the entry: `lead_time`, `spot.lost_work`."""
    value: Any
    unit: str
    reason: str
    """The words in place of a source."""
    as_of: str
    entries: tuple[str, ...]
    """Names of the entries that have this figure, in their order in the catalogue."""


def standing(figure: FigureRow) -> Standing:
    """How well a figure is founded: the catalogue's sources say `assumption` or `not yet checked` where they are that.

    >>> standing(FigureRow("price", 1, "", "assumption: twice the price of one", "2026-11")).name
    'ASSUMED'
    """
    found = (each for each in (Standing.ASSUMED, Standing.UNCHECKED) if each.value in figure.source)
    return next(found, Standing.SOURCED)


def doubts(rows: Sequence[Row], wanted: Standing) -> tuple[Doubt, ...]:
    """All figures of a standing that the entries of some rows have, the same figure with the same reason once."""
    names: dict[tuple[Kind, str, Any, str, str, str], list[str]] = {}
    for kind, name in dict.fromkeys((row.kind, row.name) for row in rows):
        for figure in figures(kind, name):
            if standing(figure) is wanted:
                same = (kind, figure.key, figure.value, figure.unit, figure.source, figure.as_of)
                names.setdefault(same, []).append(name)
    order = list(Kind)
    found = [Doubt(*same, tuple(entries)) for same, entries in names.items()]
    return tuple(sorted(found, key=lambda doubt: (order.index(doubt.kind), doubt.key)))
