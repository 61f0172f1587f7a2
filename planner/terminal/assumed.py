"""What in the catalogue is an assumption, printed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from planner.catalogue.assumed import Doubt, Standing, doubts
from planner.catalogue.listing import Row
from planner.terminal.blocks import NARROW, Column, bullets, line, section, table, words
from planner.terminal.blocks import Row as Cells
from planner.terminal.catalogue import plain
from planner.terminal.text import number

_MOST_NAMES = 3


def assumption_tables(rows: Sequence[Row], currency: str, width: int) -> list[RenderableType]:
    """What the entries of some rows have that is assumed, and that is not yet checked; in few columns as a list."""
    titles = {
        Standing.ASSUMED: "Assumptions: figures of the catalogue without a source",
        Standing.UNCHECKED: "Not yet checked: figures whose source was not opened",
    }
    found = {wanted: doubts(rows, wanted) for wanted in titles}
    made: list[RenderableType] = [
        section(titles[wanted], _table(some, currency, width)) for wanted, some in found.items() if some
    ]
    return made or [line("No assumption, and nothing that is not yet checked.")]


def _table(some: Sequence[Doubt], currency: str, width: int) -> RenderableType:
    units = [doubt.unit.replace("currency", currency) for doubt in some]
    names = [f"{doubt.kind.value} {doubt.key}" for doubt in some]
    values = [" ".join((plain(doubt.value), unit)).strip() for doubt, unit in zip(some, units, strict=True)]
    if width < NARROW:
        pairs = zip(names, values, some, strict=True)
        return bullets(f"{name}: {value} ({_entries(doubt)}). {doubt.reason}" for name, value, doubt in pairs)
    columns: list[Column] = [words("Figure"), words("Value"), words("Reason"), words("Entries")]
    cells = [
        Cells([name, value, doubt.reason, _entries(doubt)])
        for name, value, doubt in zip(names, values, some, strict=True)
    ]
    return table(columns, cells)


def _entries(doubt: Doubt) -> str:
    """The first names, and how many more."""
    more = len(doubt.entries) - _MOST_NAMES
    shown = ", ".join(doubt.entries[:_MOST_NAMES])
    return f"{shown} and {number(more)} more" if more > 0 else shown
