"""The workbook recalculated by LibreOffice, without a screen. Needs Debian's `libreoffice-calc-nogui`."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from python_calamine import CalamineWorkbook

import planner
from planner.report.content import content_of
from planner.report.source import PlanDocument, document_of_plan
from planner.report.workbook import workbook_bytes

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = [
    pytest.mark.office,
    pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed (apt-get install libreoffice-calc-nogui)"),
]
TODAY = date(2026, 11, 24)


def without_results(source: bytes, target: Path) -> None:
    """The workbook with its formulas, but without what they give: whoever opens it has to calculate."""
    target.write_bytes(source)
    with ZipFile(target) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    removed = 0
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if "worksheets/sheet" in name:
                text, count = re.subn(r"(</f>)<v>[^<]*</v>", r"\1", content.decode("utf-8"))
                content, removed = text.encode("utf-8"), removed + count
            archive.writestr(name, content)
    assert removed > 10


def recalculated(source: bytes, folder: Path) -> CalamineWorkbook:
    without_results(source, folder / "report.xlsx")
    profile = (folder / "profile").as_uri()
    command = [
        str(OFFICE),
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
    ]
    command += ["--outdir", str(folder / "out"), str(folder / "report.xlsx")]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert (folder / "out" / "report.xlsx").is_file(), done.stderr.decode()
    return CalamineWorkbook.from_path(folder / "out" / "report.xlsx")


@pytest.mark.parametrize("which", ["plan", "plan_with_all"])
def test_totals_are_the_plans_to_the_cent(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    plan: planner.Plan = request.getfixturevalue(which)
    content = content_of(document_of_plan(plan), TODAY)
    book = recalculated(workbook_bytes(content, plan.total_cost), tmp_path)
    summary = book.get_sheet_by_name("summary").to_python()
    assert round(float(summary[4][1]) - plan.total_cost, 2) == 0
    assert summary[5][1] == 0
    for table in content.tables:
        total = table.total
        if total is None or not table.rows:
            continue
        sums = book.get_sheet_by_name(table.name).to_python()[len(table.rows) + 4]
        for number, (column, expected) in enumerate(zip(table.columns, total, strict=True)):
            if column.summed:
                assert abs(float(sums[number]) - float(expected or 0)) < 0.005, (table.name, column.head)


def test_hostile_names_are_no_formulas(hostile_document: PlanDocument, tmp_path: Path) -> None:
    content = content_of(hostile_document, TODAY)
    book = recalculated(workbook_bytes(content, hostile_document.head.total_cost), tmp_path)
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    texts = [cell for cell in cells if isinstance(cell, str)]
    assert not any(re.match(r"#(NAME|REF|VALUE|DIV)", text) for text in texts)
    assert any("=cmd()" in text for text in texts)
    assert book.get_sheet_by_name("summary").to_python()[5][1] == 0
