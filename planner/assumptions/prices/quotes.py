"""Prices as the importers hand them on: exact decimals, each with the file and the day that it is from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

HOURS_PER_MONTH = 730
"""A month is 730 h (formats.md); a monthly price is turned into an hourly one with it."""

_PLAIN_NUMBER = re.compile(r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$")
_LONGEST = 60
_LEAST, _MOST = Decimal("1e-9"), Decimal("1e9")
"""Nothing is sold below or above; what is, is a mistake in the file."""


class Refused(Exception):  # noqa: N818  (not an error of the program, nor of the user: a row that is not imported)
    """Why a row is not imported: `reason` the same for all such rows, `detail` what this one says."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason)


def price_of(value: object, what: str = "price") -> Decimal:
    """The price that a cell holds, above 0. Raises Refused for what is missing, 0, negative or no number.

    >>> price_of("55.0400000000")
    Decimal('55.0400000000')
    """
    amount = number_of(value, what)
    if amount < 0:
        raise Refused(f"{what} below 0", str(value)[:_LONGEST])
    if amount < _LEAST:
        raise Refused(f"{what} 0")
    if amount > _MOST:
        raise Refused(f"{what} too large to be one", str(value)[:_LONGEST])
    return amount


def number_of(value: object, what: str) -> Decimal:
    """The number that a cell holds, finite. Raises Refused where there is none."""
    if value is None or value == "":
        raise Refused(f"{what} missing")
    amount = value if isinstance(value, Decimal) else _decimal(value) if isinstance(value, str) else None
    if amount is None or not amount.is_finite():
        raise Refused(f"{what} is no number", str(value)[:_LONGEST])
    return amount


@lru_cache(maxsize=65536)
def _decimal(text: str) -> Decimal | None:
    text = text.strip()
    return Decimal(text) if len(text) <= _LONGEST and _PLAIN_NUMBER.match(text) else None


@dataclass(frozen=True)
class Quote:
    """A price, who says so and of what day."""

    amount: Decimal
    source: str
    as_of: str
    since: str = ""
    """When it took effect, where the list says so: of two in one list, the later counts."""

    def beats(self, other: Quote | None) -> bool:
        """Is this the one to keep: of the newer list, in force later, else the cheaper?"""
        if other is None:
            return True
        mine, theirs = (self.as_of, self.since), (other.as_of, other.since)
        return mine > theirs or (mine == theirs and self.amount < other.amount)


@dataclass(frozen=True)
class Reservation:
    """An option that is paid for its whole term."""

    months: int
    upfront: Quote | None
    """For the whole term; None: nothing is due at the start."""
    hourly: Quote | None
    """In every hour of the term; None: nothing is due by the hour."""

    def beats(self, other: Reservation | None) -> bool:
        """Is this the one to keep, by the total of the term?"""
        return other is None or self._total().beats(other._total())

    def _total(self) -> Quote:
        parts = [part for part in (self.upfront, self.hourly) if part is not None]
        hours = self.months * HOURS_PER_MONTH
        total = (self.upfront.amount if self.upfront else Decimal(0)) + hours * (
            self.hourly.amount if self.hourly else Decimal(0)
        )
        return Quote(total, parts[0].source, parts[0].as_of, parts[0].since)


@dataclass(frozen=True)
class Shape:
    """What an offer is: an instance type in a region with its GPUs."""

    provider: str
    instance: str
    region: str
    gpu: str
    gpus: int
    memory_gb: Decimal | None
    """Per GPU; None: as in the catalogue's table."""


@dataclass
class Prices:
    """What an offer costs."""

    on_demand: Quote | None = None
    spot: Quote | None = None
    reserved: dict[str, Reservation] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many purchase options have a price."""
        return (self.on_demand is not None) + (self.spot is not None) + len(self.reserved)
