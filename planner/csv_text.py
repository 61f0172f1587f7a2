"""Text in CSV files is data: no spreadsheet may take a name for a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters from which spreadsheets calculate when they open a CSV file."""


def without_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate it.

    >>> without_formula("=cmd()"), without_formula("chat"), without_formula("")
    ("'=cmd()", 'chat', '')
    """
    return f"'{text}" if text.lstrip(" \n").startswith(_STARTS) else text


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every text made safe; numbers stay numbers, negative ones too. Shares what need not change."""
    changed = {
        name: [without_formula(value) if isinstance(value, str) else value for value in table[name].tolist()]
        for name in table.columns
        if any(isinstance(value, str) and without_formula(value) != value for value in table[name].tolist())
    }
    return table.assign(**changed) if changed else table
