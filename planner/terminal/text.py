"""Figures and names as text: thousands separators, currency codes, `not known` instead of a made-up zero."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

NOT_KNOWN = "not known"
NONE = "-"
MARK = "*"
"""Stands after a figure that the user did not give."""

_LEAST_GAP_PERCENT = 1e-4
_JOINERS = "\u200c\u200d"
"""Invisible, but part of how some scripts and pictures are written."""


def clean(text: object) -> str:
    r"""Text of a file made safe for a terminal: one line, no control characters, no change of writing direction.

    >>> clean("chat\x1b[31m\nred")
    'chat[31m red'
    """
    return "".join(_safe(character) for character in str(text))


def _safe(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\r\t\v\f" or category in ("Zl", "Zp"):
        return " "
    if category in ("Cc", "Cs") or (category == "Cf" and character not in _JOINERS):
        return ""
    return character


def known(value: float | None) -> bool:
    """Is it a figure at all, rather than absent, not a number, or endless?"""
    return value is not None and math.isfinite(value)


def plural(count: float, noun: str) -> str:
    """`1 server`, `5 servers`, `2.5 servers`.

    >>> plural(5, "server"), plural(1, "GPU")
    ('5 servers', '1 GPU')
    """
    text = number(count)
    return f"{text} {noun if text == '1' else noun + 's'}"


def number(value: float | None) -> str:
    """A count: without decimals when whole (to 1e-6), else with at most two.

    >>> number(1234.0), number(2.5)
    ('1,234', '2.5')
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    if abs(value - round(value)) < 1e-6:
        return f"{round(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else f"{value:.2g}"


def gpu_hours(value: float | None) -> str:
    """GPU-hours: whole from 100 on, one decimal below; `-` for none.

    >>> gpu_hours(12345.6), gpu_hours(3.25), gpu_hours(0)
    ('12,346', '3.2', '-')
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    if abs(value) < 1e-6:
        return NONE
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}".removesuffix(".0")
    return "<0.1" if text in ("0", "-0") else text


def decimals_for(amounts: Iterable[float]) -> int:
    """Decimals for a column of amounts: none when the largest has five digits or more."""
    largest = max((abs(value) for value in amounts if math.isfinite(value)), default=0.0)
    return 0 if largest >= 10_000 else 2


def money(value: float | None, currency: str = "", decimals: int | None = None) -> str:
    """An amount with thousands separators and, if given, its currency code.

    >>> money(2549847.2, "USD"), money(None, "USD"), money(0.004, "USD")
    ('2,549,847 USD', 'not known', '<0.01 USD')
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    places = decimals_for([value]) if decimals is None else decimals
    text = f"{value:,.{places}f}"
    smallest = 10.0**-places
    if value and abs(value) < smallest / 2:
        text = f"<{smallest:.{places}f}" if value > 0 else f">-{smallest:.{places}f}"
    return f"{text} {clean(currency)}".rstrip()


def price(value: float | None, currency: str = "") -> str:
    """A unit price: two decimals, more where it is small (four significant digits).

    >>> price(55.04, "USD"), price(0.0862), price(float("nan"))
    ('55.04 USD', '0.0862', 'not known')
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    text = f"{value:,.2f}"
    if value and abs(value) < 1:
        digits = 3 - math.floor(math.log10(abs(value)))
        whole, _, fraction = f"{value:.{digits}f}".partition(".")
        text = f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
    return f"{text} {clean(currency)}".rstrip()


def percent(share: float | None) -> str:
    """A share in per cent with one decimal: `13.9 %`, `100 %`.

    >>> percent(0.1394), percent(1), percent(0.0002)
    ('13.9 %', '100 %', '<0.1 %')
    """
    if share is None or not math.isfinite(share):
        return NOT_KNOWN
    text = f"{share * 100:.1f}".removesuffix(".0")
    return "<0.1 %" if text in ("0", "-0") and share > 0 else f"{text.removeprefix('-') if text == '-0' else text} %"


def at_most_percent(share: float) -> str:
    """A gap in per cent, rounded up to two digits, so that `no more than` stays true; never below 0.0001 %.

    A plan within 0.0001 % (1e-6) is called optimal: what is left below is the solver's rounding.

    >>> at_most_percent(1e-4), at_most_percent(0.01234), at_most_percent(3e-16)
    ('0.01 %', '1.3 %', '0.0001 %')
    """
    hundredths = max(share * 100, _LEAST_GAP_PERCENT) if share > 0 else 0.0
    if hundredths <= 0:
        return "0 %"
    places = max(0, 1 - math.floor(math.log10(hundredths)))
    scale = 10.0**places
    rounded = math.ceil(hundredths * scale - 1e-9) / scale
    text = f"{rounded:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def gap_words(status: str, gap: float) -> str:
    """How good the plan is proven to be; the word optimal only where the status says so (gap ≤ 1e-6)."""
    if status == "optimal":
        return "optimal: proven that no plan is cheaper"
    if not known(gap):
        return "how much cheaper a plan could be is not known: there is no bound"
    proven = f"no plan can be more than {at_most_percent(gap)} cheaper: proven"
    if status == "time_limit":
        return f"stopped at the time limit before the gap asked for was proven; {proven}"
    return proven


def progress_words(cost: float, bound: float, seconds: float) -> str:
    """How far a search is: `gap 0.35 % after 12 s`."""
    if not (math.isfinite(cost) and math.isfinite(bound)):
        return f"planning … {seconds:.0f} s"
    return f"planning … gap {at_most_percent(max(cost - bound, 0.0) / max(abs(cost), 1.0))} after {seconds:.0f} s"
