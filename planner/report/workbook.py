"""The report as a workbook: numbers as numbers, sums and products as live formulas, texts never as formulas."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, Final

from planner.report.content import Content
from planner.report.tables import Cell, Column, Kind, Table
from planner.terminal.text import clean

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

LONGEST: Final = 32_000
"""Characters of a cell: spreadsheets hold 32,767."""
_FORMATS: Final = {
    Kind.TEXT: "@",
    Kind.MONEY: "#,##0.00;[Red]-#,##0.00",
    Kind.PRICE: "#,##0.0000",
    Kind.COUNT: "#,##0.##",
    Kind.HOURS: "#,##0.0",
    Kind.SHARE: "0.0%",
    Kind.GAP: "0.0000%",
}
_HEAD_ROW = 2
"""Above it the caption and an empty row; rows are counted from 0."""


def workbook_bytes(content: Content, total_cost: float) -> bytes:
    """The workbook of a report. total_cost: of the plan, which the summary compares its live sum with."""
    from xlsxwriter import Workbook

    stream = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with Workbook(stream, options) as book:
        book.set_properties({"title": content.title[:200], "comments": content.run[:200]})
        summary = book.add_worksheet("summary")
        writer = _Writer(book)
        for table in content.tables:
            writer.table(table)
        writer.summary(summary, content, total_cost)
    return stream.getvalue()


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True})
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        head = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8ECF1"}
        self._head = book.add_format(head)
        self._cells = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        self._sums = {
            kind: book.add_format({"num_format": code, "bold": True, "top": 1}) for kind, code in _FORMATS.items()
        }
        self._total_cells: dict[str, str] = {}

    def table(self, table: Table) -> None:
        """A sheet of its own: caption, frozen head, rows, sums as formulas."""
        sheet = self._book.add_worksheet(table.name)
        sheet.write_string(0, 0, clean(table.caption), self._title)
        first, last = _HEAD_ROW + 1, _HEAD_ROW + len(table.rows)
        for number, column in enumerate(table.columns):
            sheet.write_string(_HEAD_ROW, number, clean(column.head), self._head)
            sheet.set_column(number, number, _width(table, number))
        for row, cells in enumerate(table.rows, start=first):
            for number, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
                self._cell(sheet, row, number, column, cell)
        sheet.freeze_panes(_HEAD_ROW + 1, 1)
        if table.rows:
            sheet.autofilter(_HEAD_ROW, 0, last, len(table.columns) - 1)
        total = table.total
        if total is not None and table.rows:
            self._sums_of(sheet, table, total, first, last)
        if table.note:
            sheet.write_string(last + 3, 0, clean(table.note))
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD_ROW)

    def _cell(self, sheet: Worksheet, row: int, number: int, column: Column, cell: Cell) -> None:
        if isinstance(cell, str):
            sheet.write_string(row, number, clean(cell)[:LONGEST], self._cells[Kind.TEXT])
        elif cell is None or not math.isfinite(cell):
            sheet.write_blank(row, number, None, self._cells[column.kind])
        elif column.product is not None:
            left, right = (_address(row, factor) for factor in column.product)
            sheet.write_formula(row, number, f"={left}*{right}", self._cells[column.kind], cell)
        else:
            sheet.write_number(row, number, cell, self._cells[column.kind])

    def _sums_of(self, sheet: Worksheet, table: Table, total: tuple[Cell, ...], first: int, last: int) -> None:
        """The row of sums, one below an empty row, so that filters leave it alone."""
        for number, (column, cell) in enumerate(zip(table.columns, total, strict=True)):
            if column.summed and isinstance(cell, float):
                formula = f"=SUM({_address(first, number)}:{_address(last, number)})"
                sheet.write_formula(last + 2, number, formula, self._sums[column.kind], cell)
                place = f"'{table.name}'!{_address(last + 2, number)}"
                self._total_cells[f"{table.name}/{column.head}"] = place
            elif isinstance(cell, str):
                sheet.write_string(last + 2, number, cell, self._bold)

    def summary(self, sheet: Worksheet, content: Content, total_cost: float) -> None:
        """The first sheet: the sentences, and the plan's total beside the live sum of its cost lines."""
        sheet.set_column(0, 0, 60)
        sheet.set_column(1, 1, 22)
        money = self._cells[Kind.MONEY]
        sheet.write_string(0, 0, content.title[:LONGEST], self._title)
        sheet.write_string(1, 0, clean(f"{content.horizon}; run {content.run}; made {content.made}")[:LONGEST])
        sheet.write_string(3, 0, f"Total cost of the plan, discounted ({content.currency})", self._bold)
        sheet.write_number(3, 1, total_cost, money)
        key = f"components/Discounted ({content.currency})"
        sheet.write_string(4, 0, "Sum of its cost lines")
        sheet.write_string(5, 0, "Difference")
        row = 7
        if key in self._total_cells:
            sheet.write_formula(4, 1, f"={self._total_cells[key]}", money, total_cost)
            sheet.write_formula(5, 1, "=ROUND(B5-B4,2)", money, 0.0)
        for section in content.sections:
            texts = (*section.sentences, *section.bullets)
            if texts:
                sheet.write_string(row, 0, section.heading, self._bold)
                for below, text in enumerate(texts, start=row + 1):
                    sheet.write_string(below, 0, clean(text)[:LONGEST], self._wrapped)
                row += len(texts) + 2
        sheet.activate()


def _address(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(row, column))


def _width(table: Table, number: int) -> float:
    """Wide enough for most cells, in characters."""
    column = table.columns[number]
    if column.kind.is_number:
        return 16
    longest = max((len(str(row[number] or "")) for row in table.rows), default=8)
    return float(min(max(longest + 2, 10), 60))
