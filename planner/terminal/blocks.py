"""The few shapes that every section is made of. Cells are text, never markup: names come from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.box import Box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.terminal.text import clean

HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""A line under the head and nothing else: the same on every terminal and in a file."""

NARROW = 100
"""Below this many columns sentences stand beside their table instead of in it."""


@dataclass(frozen=True)
class Column:
    """Head of a column; figures stand to the right and are never cut."""

    head: str
    right: bool = False
    keep: bool = False
    """Never wrapped, such as figures and period labels."""


def figures(head: str) -> Column:
    """A column of figures."""
    return Column(head, right=True, keep=True)


def label(head: str) -> Column:
    """A column of short labels that stay on one line."""
    return Column(head, keep=True)


def words(head: str) -> Column:
    """A column of names or sentences, wrapped where it must be."""
    return Column(head)


def line(text: str, style: str = "") -> Text:
    """One paragraph."""
    return Text(clean(text), style=style, overflow="fold")


def lines(parts: Iterable[str], style: str = "") -> Text:
    """Several lines, each cleaned on its own."""
    return Text("\n".join(clean(part) for part in parts), style=style, overflow="fold")


def bullets(parts: Iterable[str], style: str = "") -> RenderableType:
    """A list, its wrapped lines indented."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=3, justify="right")
    grid.add_column(overflow="fold")
    for part in parts:
        grid.add_row(Text("-"), line(part, style))
    return grid


def section(title: str, *content: RenderableType) -> Group:
    """A headed part of what is printed."""
    return Group(Text(clean(title), style="bold"), *content)


def indented(content: RenderableType) -> Padding:
    """Two columns in."""
    return Padding(content, (0, 0, 0, 2))


@dataclass(frozen=True)
class Row:
    """One row of a table; a cell may have several lines."""

    cells: Sequence[str | Sequence[str]]
    style: str = ""


def table(columns: Sequence[Column], rows: Iterable[Row]) -> Table:
    """A plain table."""
    made = Table(box=HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="")
    for column in columns:
        made.add_column(
            Text(clean(column.head), style="bold"),
            justify="right" if column.right else "left",
            no_wrap=column.keep,
            overflow="fold",
            vertical="top",
        )
    for row in rows:
        made.add_row(*(_cell(cell) for cell in row.cells), style=row.style)
    return made


def _cell(cell: str | Sequence[str]) -> Text:
    return line(cell) if isinstance(cell, str) else lines(cell)


def compact(columns: Sequence[Column], rows: Sequence[Row], optional: Iterable[int], empty: str) -> Table:
    """A table without those optional columns that have nothing but `empty` in them."""
    drop = {index for index in optional if all(row.cells[index] in (empty, "", []) for row in rows)}
    kept = [index for index in range(len(columns)) if index not in drop]
    short = [Row([row.cells[index] for index in kept], row.style) for row in rows]
    return table([columns[index] for index in kept], short)
