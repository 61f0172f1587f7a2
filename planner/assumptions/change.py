"""One change of assumptions as text, `PATTERN=CHANGE`: what it says, and what it makes of a figure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any

from planner.assumptions.yaml_text import read_yaml
from planner.problems import Problem

FORMS = "PATTERN=CHANGE, where CHANGE is a value, +10%, -20%, *0.9 or +0.05"

_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_PERCENT = re.compile(rf"([-+])\s*({_NUMBER})\s*%")
_FACTOR = re.compile(rf"\*\s*({_NUMBER})")
_ADDEND = re.compile(rf"\+\s*(-?{_NUMBER})")
_BARE_PERCENT = re.compile(rf"({_NUMBER})\s*%")
_LONGEST = 10_000


class Kind(StrEnum):
    """What a change does to the figures that it names."""

    VALUE = "value"
    """Puts another in their place."""
    FACTOR = "factor"
    ADDEND = "addend"


@dataclass(frozen=True)
class Change:
    """A change that can be made."""

    text: str
    """As the user wrote it."""
    origin: str
    """What it was part of, for messages: `change`, or `variant NAME`."""
    pattern: str
    kind: Kind
    value: Any
    """The new value as plain data, or the factor or addend as a Decimal."""

    @property
    def label(self) -> str:
        """As messages call it."""
        return f"{self.origin} '{self.text}'"

    @property
    def is_relative(self) -> bool:
        """Does it need a number to start from?"""
        return self.kind is not Kind.VALUE

    def of(self, figure: float) -> int | float:
        """What it makes of a number, reckoned in decimals so that 55.04 less 20 % is 44.032; whole stays whole."""
        old = Decimal(repr(figure))
        new = old * self.value if self.kind is Kind.FACTOR else old + self.value
        return int(new) if isinstance(figure, int) and new == new.to_integral_value() else float(new)


def parse(text: str, origin: str = "change") -> Change | Problem:
    """Read `cloud.*.on_demand=-20%`: after the first `=` a value, or a relative change (+10%, -20%, *0.9, +0.05).

    A number with a minus is a value: trends are negative, prices never. `+-0.05` takes 0.05 away.
    """
    pattern, equals, change = (part.strip() for part in text.partition("="))
    if not equals or not pattern or len(text) > _LONGEST:
        return Problem(origin, "", f"'{text[:60]}'", FORMS, "such as 'cloud.*.on_demand=-20%'")
    if relative := _relative(change):
        return Change(text, origin, pattern, *relative)
    if match := _BARE_PERCENT.fullmatch(change):
        fix = f"write +{change} or -{change} for a change, or {float(match[1]) / 100:g} for the share itself"
        return Problem(origin, pattern, f"'{change}'", FORMS, fix)
    if change[:1] in ("*", "+"):
        return Problem(origin, pattern, f"'{change}'", FORMS, "a number follows * or +; quote text that begins so")
    if not change:
        return Problem(origin, pattern, "nothing after =", FORMS, "null takes a key away")
    return _value(pattern, change, text, origin)


def _relative(change: str) -> tuple[Kind, Decimal] | None:
    """`+10%`, `-20%`, `*0.9`, `+0.05`; None for anything else, and for numbers too large to reckon with."""
    relative: tuple[Kind, Decimal] | None = None
    if match := _PERCENT.fullmatch(change):
        share = Decimal(match[2]) / 100
        relative = Kind.FACTOR, 1 + share if match[1] == "+" else 1 - share
    elif match := _FACTOR.fullmatch(change):
        relative = Kind.FACTOR, Decimal(match[1])
    elif match := _ADDEND.fullmatch(change):
        relative = Kind.ADDEND, Decimal(match[1])
    return relative if relative is not None and isfinite(float(relative[1])) else None


def _value(pattern: str, change: str, text: str, origin: str) -> Change | Problem:
    """The value as it would stand in a file."""
    tree, problems = read_yaml(f"value: {change}\n", origin)
    if problems or tree is None or tree.keys() != {"value"}:
        reason = problems[0].expected if problems else "one value"
        return Problem(origin, pattern, f"'{change}'", f"a value as in an assumptions file: {reason}", "quote text")
    return Change(text, origin, pattern, Kind.VALUE, tree["value"])
