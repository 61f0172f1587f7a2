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
from planner.report.source import PlanDocument
from planner.report.workbook import workbook_bytes

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
        for record in csv.reader(io.StringIO(text)):
            for cell in record:
                number = re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell)
                assert number or not cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r")), cell


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
