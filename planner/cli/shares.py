"""Shares as people write them: `0.12`, `1e-4` or `12%`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import typer


def share(text: str) -> Decimal:
    """The share that a text says, from 0 to below 1. Raises BadParameter."""
    number = text.strip().removesuffix("%").strip()
    try:
        value = Decimal(number)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no share such as 0.12, or 12%.") from None
    if value.is_finite() and text.strip().endswith("%"):
        value /= 100
    if not (value.is_finite() and 0 <= value < 1):
        raise typer.BadParameter(f"{text} is no share from 0 to below 1, such as 0.12, or 12%.")
    return value
