"""Text of files is data in every output: no markup, no formula, no control code, whatever a name holds."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from everything import plan_of_everything
from made_plans import HOSTILE

import planner
from planner.csv_text import without_formulas
from planner.report import draw
from planner.report.content import content_of
from planner.report.focus import focus_rows
from planner.report.markdown import markdown
from planner.report.notebook import notebook_html
from planner.report.page import html_page
from planner.report.pictures import Pictures
from planner.report.source import PlanDocument, document_of_plan
from planner.report.workbook import workbook_bytes
from planner.report.write import report_files

TODAY = date(2026, 11, 24)


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def pictures(hostile_document: PlanDocument) -> dict[str, dict[str, Any]]:
    return {name: draw.specification(chart) for name, chart in Pictures(hostile_document).all().items()}


@pytest.fixture(scope="module")
def planned() -> planner.Plan:
    """A plan that was really made, in which workloads, sites, servers, offers, APIs … are called so."""
    names = dict[str, str]()
    return plan_of_everything(lambda kind: names.setdefault(kind, HOSTILE[len(names)]))


def control_codes(text: str) -> set[str]:
    """Control and direction characters other than line ends and joiners."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\u200c\u200d"}


def test_the_page_has_no_tag_that_is_not_the_templates(
    hostile_document: PlanDocument, pictures: dict[str, dict[str, Any]]
) -> None:
    images = {name: draw.svg(content) for name, content in pictures.items()}
    page = html_page(content_of(hostile_document, TODAY), pictures, images)
    head, script = page[: page.rindex("<script>")], page[page.rindex("<script>") :]
    assert script.count("</script") == 1
    tags = Tags()
    tags.feed(head)
    assert {tag for tag, _ in tags.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "nav", "ul", "li", "main"),
        *("section", "bdi", "figure", "img", "div", "script", "table", "caption", "thead", "tbody", "tfoot", "tr"),
        *("th", "td", "button", "details", "summary", "footer"),
    }
    assert not any(name.startswith("on") for _, attributes in tags.tags for name in attributes)
    assert all(attributes.get("type") == "application/json" for tag, attributes in tags.tags if tag == "script")
    assert sum(tag == "img" for tag, _ in tags.tags) == len(pictures) == 6
    assert all((a["src"] or "").startswith("data:image/svg+xml;base64,") for t, a in tags.tags if t == "img")
    assert not control_codes(head)
    text = "".join(tags.text)
    assert "<script>alert(1)</script>" in text, "names are shown as they are"
    assert "{{ 7 * 7 }}" in text
    assert "n" * 300 in text


def test_pictures_hold_names_as_text(pictures: dict[str, dict[str, Any]]) -> None:
    for content in pictures.values():
        image = draw.svg(content)
        assert not control_codes(image)
        assert not re.search(r"<(script|img|foreignObject|iframe|a)\b", image)
        assert not re.search(r"\son\w+\s*=\s*\"", image)


def test_the_workbook_has_no_formula_from_a_name(hostile_document: PlanDocument) -> None:
    content = content_of(hostile_document, TODAY)
    with ZipFile(io.BytesIO(workbook_bytes(content, hostile_document.head.total_cost))) as archive:
        sheets = [archive.read(name).decode("utf-8") for name in archive.namelist() if "worksheets/sheet" in name]
        strings = archive.read("xl/sharedStrings.xml").decode("utf-8")
        assert not any("externalLink" in name for name in archive.namelist())
    formulas = [formula for sheet in sheets for formula in re.findall(r"<f>(.*?)</f>", sheet)]
    assert len(formulas) > 10
    allowed = r"SUM\([A-Z]+\d+:[A-Z]+\d+\)|[A-Z]+\d+\*[A-Z]+\d+|'components'![A-Z]+\d+|ROUND\(B5-B4,2\)"
    assert [formula for formula in formulas if not re.fullmatch(allowed, formula)] == []
    assert not any("<hyperlink" in sheet for sheet in sheets)
    assert "=cmd()|" in strings, "as text"
    assert "_x001B_" not in strings, "control characters are gone, not encoded"


def test_csv_files_have_no_formula(hostile: dict[str, Any], hostile_document: PlanDocument) -> None:
    rows = without_formulas(focus_rows(hostile_document)).to_csv(index=False)
    tables = [
        without_formulas(pd.DataFrame(hostile[name])).to_csv(index=False)
        for name in ("use", "purchases", "sales", "api_use", "spend_commitments")
    ]
    for text in (rows, *tables):
        assert formulas(text) == []


def test_markdown_has_no_markup_of_names(hostile_document: PlanDocument) -> None:
    text = markdown(content_of(hostile_document, TODAY))
    assert not control_codes(text)
    assert "<" not in text
    assert "://" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    for line in text.splitlines():
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line)
            assert len(cells) in range(5, 13)


def test_a_notebook_gets_no_markup_of_names(hostile_document: PlanDocument) -> None:
    tags = Tags()
    tags.feed(notebook_html(hostile_document))
    known = {"div", "p", "strong", "bdi", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in tags.tags} <= known


def test_the_commands_print_no_control_codes(
    hostile: dict[str, Any], saved: Callable[[dict[str, Any]], Path], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from planner.cli.app import app

    folder = saved(hostile)
    for arguments in (["export", str(folder)], ["export", str(folder), "--to", "focus"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.stderr
        assert not control_codes(result.stdout)
        assert not control_codes(result.stderr)


@pytest.mark.parametrize("name", [text for text in HOSTILE if text.isprintable() and text == text.strip()])
def test_a_plan_with_such_a_workload_can_be_reported(name: str, tmp_path: Path) -> None:
    """From the forecast through planning and its own files to a page."""
    from planning_cases import forecast, offer, tree, workloads

    frame = forecast(w=[2.0] * 24).assign(workload=name)
    made = planner.plan(frame, tree("day", 1, workloads=workloads(name), cloud={"c": offer(2)}), baselines=False)
    folder = made.save(tmp_path / "plan")
    written = (folder / "rentals.csv").read_text(encoding="utf-8")
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
    kept = json.loads((folder / "plan.json").read_text("utf-8"))["rentals"][0]["workload"]
    assert kept == name, "plan.json is exact"
    tags = Tags()
    tags.feed(made._repr_html_())
    assert not {"script", "img"} & {tag for tag, _ in tags.tags}


def formulas(text: str) -> list[str]:
    """Cells of a CSV file that a spreadsheet would calculate."""
    cells = [cell for record in csv.reader(io.StringIO(text)) for cell in record]
    numbers = r"-?\d+(\.\d+)?(e[+-]?\d+)?"
    starts = ("=", "+", "-", "@", "\t", "\r")
    return [cell for cell in cells if not re.fullmatch(numbers, cell) and cell.lstrip(" \n").startswith(starts)]


def test_names_change_nothing_of_a_plan(planned: planner.Plan, plan_with_all: planner.Plan) -> None:
    assert planned.total_cost == pytest.approx(plan_with_all.total_cost)
    for table in ("purchases", "commitments", "spend_commitments", "sales", "api_use", "rentals", "use"):
        ours, plain = getattr(planned, table), getattr(plan_with_all, table)
        figures = plain.select_dtypes("number").columns
        assert len(ours) == len(plain)
        assert ours[figures].sum().to_dict() == pytest.approx(plain[figures].sum().to_dict(), rel=1e-3), table


def test_files_of_a_plan_with_such_names(planned: planner.Plan, tmp_path: Path) -> None:
    folder = planned.save(tmp_path / "plan")
    tables = sorted(folder.glob("*.csv"))
    assert len(tables) > 15
    assert [
        (file.name, formulas(file.read_text("utf-8"))) for file in tables if formulas(file.read_text("utf-8"))
    ] == []
    kept = json.loads((folder / "plan.json").read_text("utf-8"))
    assert set(planned.api_use["api"]) <= {row["api"] for row in kept["api_use"]}, "plan.json is exact"


def test_every_form_of_a_report_with_such_names(planned: planner.Plan) -> None:
    document = document_of_plan(planned)
    files = report_files(document, TODAY)
    page = files["report.html"].decode("utf-8")
    head = page[: page.rindex("<script>")]
    tags = Tags()
    tags.feed(head)
    assert all(attributes.get("type") == "application/json" for tag, attributes in tags.tags if tag == "script")
    assert sum(tag == "img" for tag, _ in tags.tags) == 6
    assert not control_codes(head)
    assert not formulas(without_formulas(focus_rows(document)).to_csv(index=False))
    text = markdown(content_of(document, TODAY))
    assert not control_codes(text)
    assert "<" not in text
    for name, content in files.items():
        if name.endswith(".svg"):
            assert not re.search(r"<(script|img|foreignObject|iframe|a)\b", content.decode("utf-8")), name


def test_the_terminal_shows_such_names_without_control_codes(planned: planner.Plan) -> None:
    from planner.terminal.console import make_console
    from planner.terminal.report import print_report

    written = io.StringIO()
    print_report(planned, make_console(written))
    shown = written.getvalue()
    assert not control_codes(shown)
    assert "=cmd()" in shown
