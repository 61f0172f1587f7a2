"""What a plan assumes: every figure with its source and age."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import JsonValue

from planner.report.source import PlanDocument

OLD_DAYS = 90
"""A price older than this is flagged."""


class From(StrEnum):
    """Who gave a figure."""

    FILE = "your files"
    CATALOGUE = "catalogue"
    DEFAULT = "default"


@dataclass(frozen=True)
class Assumption:
    """One figure that the plan rests on."""

    key: str
    """Dotted, such as `servers.hgx-h100-8.price`."""
    value: str
    unit: str
    origin: From
    source: str
    as_of: str
    age_days: int | None
    """Days since the last day that `as_of` can mean; None where no date is given."""

    @property
    def is_price(self) -> bool:
        """Is it money?"""
        return self.unit.startswith("currency")

    @property
    def is_old(self) -> bool:
        """A price older than `OLD_DAYS`."""
        return self.is_price and self.age_days is not None and self.age_days > OLD_DAYS


def assumptions_of(document: PlanDocument, today: date) -> tuple[Assumption, ...]:
    """Every figure of the plan's assumptions, then the defaults that no file names. `today` is what ages count from."""
    from planner.assumptions.units import unit_at

    inputs = document.head.inputs
    defaulted = {entry.key: entry for entry in inputs.defaults}
    result: dict[str, Assumption] = {}
    for path, value in _leaves(inputs.assumptions):
        key = ".".join(path)
        entry = defaulted.get(key)
        origin = From.FILE if entry is None else _origin(entry.origin)
        result[key] = _assumption(document, key, value, unit_at(path) if entry is None else entry.unit, origin, today)
    for key, entry in defaulted.items():
        if key not in result:
            result[key] = _assumption(document, key, entry.value, entry.unit, _origin(entry.origin), today)
    return tuple(result.values())


def _assumption(document: PlanDocument, key: str, value: JsonValue, unit: str, origin: From, today: date) -> Assumption:
    found = document.head.inputs.sources.get(key)
    source, as_of = (found.source, found.as_of) if found is not None else ("", "")
    return Assumption(key, _shown(value), unit, origin, source, as_of, age_days(as_of, today))


def _origin(text: str) -> From:
    return From.CATALOGUE if text == From.CATALOGUE.value else From.DEFAULT


def age_days(as_of: str, today: date) -> int | None:
    """Days from `2026-09-10`, or from the last day of `2026-09` or `2026`, to today; at least 0; None for no date.

    >>> age_days("2026-09", date(2026, 10, 10)), age_days("", date(2026, 10, 10))
    (10, None)
    """
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", as_of)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or 12), match[3]
    try:
        last = date(year, month, int(day or 1))
        if day is not None:
            return max((today - last).days, 0)
        following = date(year + month // 12, month % 12 + 1, 1)
    except ValueError:
        return None
    return max((today - following).days + 1, 0)


def _leaves(tree: Mapping[str, JsonValue], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    """Every leaf with its path; lists of plain values are leaves."""
    for name, item in tree.items():
        if isinstance(item, dict) and item:
            yield from _leaves(item, (*above, name))
        elif isinstance(item, list) and any(isinstance(part, dict) for part in item):
            yield from _leaves({str(number): part for number, part in enumerate(item, 1)}, (*above, name))
        else:
            yield (*above, name), item


def _shown(value: JsonValue) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float() | int():
            return f"{value:,}"
        case list():
            return ", ".join(_shown(part) for part in value) or "none"
        case dict():
            return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) or "none"
    return str(value)
