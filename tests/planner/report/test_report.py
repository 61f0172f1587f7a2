"""Page, pictures, workbook, Markdown and their commands, without a browser."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_plans import made_plan
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

import planner
from planner.cli.app import app
from planner.report import draw, series
from planner.report.assumed import age_days, assumptions_of
from planner.report.content import content_of
from planner.report.markdown import escaped
from planner.report.names import report_names
from planner.report.palette import palette_of
from planner.report.pictures import Pictures
from planner.report.series import Threshold, thresholds
from planner.report.source import PlanDocument, document_of
from planner.report.workbook import workbook_bytes

TODAY = date(2026, 11, 24)


def made(**options: Any) -> PlanDocument:
    return document_of(json.loads(json.dumps(made_plan(**options))), "plan.json")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_report_command_writes_all_its_files(folder: Path, tmp_path: Path) -> None:
    first = run("report", str(folder), "-o", str(tmp_path / "out"))
    assert first.exit_code == 0, first.stderr
    names = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert names == set(report_names())
    again = run("report", str(folder), "-o", str(tmp_path / "out"))
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_a_report_of_another_plan_does_not_stay_beside_a_new_one(plan: planner.Plan, tmp_path: Path) -> None:
    folder = plan.save(tmp_path / "plan")
    assert run("report", str(folder)).exit_code == 0
    (folder / "pictures" / "mine.png").write_bytes(b"")
    plan.save(folder, force=True)
    assert not (folder / "report.html").exists()
    assert not (folder / "report.xlsx").exists()
    assert [path.name for path in (folder / "pictures").iterdir()] == ["mine.png"]


def test_planning_can_report_at_once(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "inputs" / "research-team"
    arguments = ("plan", str(example / "forecast.csv"), "-a", str(example / "five-years.yaml"), "--report")
    result = run(*arguments, "-o", str(tmp_path / "plan"))
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "plan" / "report.html").is_file()
    assert (tmp_path / "plan" / "plan.json").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "nowhere"),
        ("export", "nowhere"),
        ("export", "PLAN", "--to", "focus", "--format", "md"),
        ("export", "PLAN", "--to", "focus", "--format", "parquet"),
        ("export", "PLAN", "--format", "csv"),
    ],
)
def test_wrong_calls_are_problems(arguments: tuple[str, ...], folder: Path) -> None:
    result = run(*(str(folder) if part == "PLAN" else part for part in arguments))
    assert result.exit_code == 2
    assert "expected" in result.stderr
    assert "Traceback" not in result.stderr


def test_three_sentences_recommend(document: PlanDocument, plan: planner.Plan) -> None:
    first, second, third = content_of(document, TODAY).sections[0].sentences
    assert f"{plan.purchases['count'].sum():g} servers" in first
    assert "saves" in second
    assert "33 checks" in third or "checks passed" in third


def test_what_to_do_now_has_dates_and_sums(document: PlanDocument, plan: planner.Plan) -> None:
    table = next(table for table in content_of(document, TODAY).tables if table.name == "decisions")
    assert table.rows[0][0] == "2027-01-01"
    assert table.total is not None
    assert table.total[-1] == pytest.approx(plan.purchases["cost"].sum() + plan.commitments["cost"].sum())
    for row in table.rows:
        assert float(row[4] or 0) * float(row[6] or 0) == pytest.approx(row[7])


@pytest.mark.parametrize("name", ["components", "details", "periods", "workloads"])
def test_every_table_of_costs_sums_to_the_plan(name: str, document: PlanDocument, plan: planner.Plan) -> None:
    table = next(table for table in content_of(document, TODAY).tables if table.name == name)
    heads = [column.head.partition(" (")[0] for column in table.columns]
    assert table.total is not None
    undiscounted = heads.index("Amount") if name == "details" else heads.index("Undiscounted")
    assert table.total[undiscounted] == pytest.approx(plan.costs["amount"].sum())
    if "Discounted" in heads:
        assert table.total[heads.index("Discounted")] == pytest.approx(plan.total_cost)


def test_every_figure_has_its_origin_and_old_prices_are_flagged() -> None:
    figures = {row.key: row for row in assumptions_of(made(), TODAY)}
    old = [row for row in figures.values() if row.is_old]
    assert [row.key for row in old] == ["servers.server-1.price", "servers.server-2.price"]
    assert old[0].age_days == (TODAY - date(2026, 1, 15)).days
    assert figures["finance.discount_rate"].origin == "default"
    young = {row.key: row for row in assumptions_of(made(), date(2026, 2, 1))}
    assert not any(row.is_old for row in young.values())


@pytest.mark.parametrize(
    ("as_of", "days"), [("2026-09-10", 75), ("2026-09", 55), ("2026", 0), ("2025", 328), ("", None), ("2026-13", None)]
)
def test_ages(as_of: str, days: int | None) -> None:
    assert age_days(as_of, TODAY) == days


def test_thresholds_by_hand() -> None:
    """Renting 4 an hour, reserving 8,000 and 1, owning 16,000 and nothing: 2,666.7 h and 8,000 h."""
    table = pd.DataFrame(
        {
            "name": ["own", "rent", "reserve", "never"],
            "fixed_per_gpu_year": [16_000.0, 0.0, 8_000.0, 20_000.0],
            "per_gpu_hour": [0.0, 4.0, 1.0, 3.0],
        }
    )
    found = thresholds(table)
    assert found == [
        Threshold(pytest.approx(8000 / 3), "rent", "reserve"),
        Threshold(pytest.approx(8000.0), "reserve", "own"),
    ]
    assert thresholds(table.iloc[:0]) == []


def test_payback_is_the_period_after_which_the_plan_stays_cheaper() -> None:
    content = made_plan(periods=4, supplies=0)
    labels = ["2027-01", "2027-02", "2027-03", "2027-04"]
    content["costs"] = [
        {"period": p, "component": "servers", "amount": a, "discounted": a}
        for p, a in zip(labels, (100.0, 0.0, 0.0, 0.0), strict=True)
    ]
    content["baseline_costs"] = [{"name": "b", "period": p, "amount": 40.0, "discounted": 40.0} for p in labels]
    content["baseline_costs"] += [{"name": "cheap", "period": p, "amount": 4.0, "discounted": 4.0} for p in labels]
    document = document_of(json.loads(json.dumps(content)), "plan.json")
    assert {back.baseline: back.period for back in series.paybacks(document)} == {"b": "2027-03", "cheap": None}


def test_the_same_supply_has_the_same_colour_everywhere(document: PlanDocument) -> None:
    colours: dict[str, set[str]] = {}
    for chart in Pictures(document).all().values():
        for scale in _scales(draw.specification(chart)):
            for name, colour in zip(scale["domain"], scale["range"], strict=True):
                if isinstance(colour, str):
                    colours.setdefault(name, set()).add(colour)
    assert len(colours) > 4
    assert all(len(found) == 1 for found in colours.values())
    palette = palette_of(document)
    assert len(set(palette.colours)) == len(palette.colours)


def _scales(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [scale for part in content for scale in _scales(part)]
    if not isinstance(content, dict):
        return []
    own = [content["scale"]] if isinstance(content.get("scale"), dict) and "range" in content["scale"] else []
    return own + [scale for part in content.values() for scale in _scales(part)]


def test_every_axis_has_a_title_and_every_picture_says_what_is_seen(document: PlanDocument) -> None:
    for name, chart in Pictures(document).all().items():
        content = draw.specification(chart)
        assert content["title"]["text"], name
        assert content["title"]["subtitle"], name
        image = draw.svg(content)
        assert "Share of the period" in image or "title" in json.dumps(content)


def test_a_curve_of_a_day_that_is_not_kept_comes_from_the_dispatch(document: PlanDocument) -> None:
    charts = Pictures(document)
    other = next(p for p in document.calendar.labels if p not in set(document.table("load_duration")["period"]))
    assert draw.specification(charts.load_duration(other))
    with pytest.raises(planner.InputError):
        charts.load_duration("2099-01")


@pytest.mark.parametrize(("periods", "supplies", "workloads"), [(1, 1, 1), (1, 40, 16), (240, 3, 2)])
def test_any_size_can_be_drawn(periods: int, supplies: int, workloads: int) -> None:
    document = made(periods=periods, supplies=supplies, workloads=workloads)
    for name, chart in Pictures(document).all().items():
        assert "<svg" in draw.svg(draw.specification(chart)), name
    palette = palette_of(document)
    assert len(palette.names) <= 12 + 4 + 1, "supplies, the rest of each kind, what is left undone"


def test_the_workbook_has_numbers_and_live_sums(document: PlanDocument, plan: planner.Plan) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(content_of(document, TODAY), plan.total_cost)))
    needed = {"summary", "schedule", "components", "details", "use", "assumptions", "baselines"}
    assert needed <= set(book.sheet_names)
    summary = book.get_sheet_by_name("summary").to_python()
    assert summary[3][1] == pytest.approx(plan.total_cost)
    assert summary[4][1] == pytest.approx(plan.total_cost)
    details = book.get_sheet_by_name("details").to_python()
    assert all(isinstance(row[5], float) for row in details[3 : 3 + len(plan.cost_details)])


def test_the_python_interface(plan: planner.Plan) -> None:
    assert "recommend" in plan._repr_html_().lower()
    assert "<script" not in plan._repr_html_()
    assert repr(plan) == f"<{plan}>"
    assert f"{plan.total_cost:,.2f} USD" in str(plan)
    assert draw.specification(plan.chart.capacity())["title"]["text"]
    by_component = plan.summary()
    assert by_component["discounted"].sum() == pytest.approx(plan.total_cost)
    assert list(plan.summary(by=["year", "component"]).columns) == ["year", "component", "amount", "discounted"]
    assert plan.summary(by=["workload"])["amount"].sum() == pytest.approx(plan.costs["amount"].sum())
    for wrong in (["colour"], [], ["workload", "period"]):
        with pytest.raises(ValueError, match="by: "):
            plan.summary(by=wrong)


def test_markdown_escapes() -> None:
    assert escaped("1. a_b | <i>") == "1\\. a\\_b \\| &lt;i&gt;"
    assert escaped("31.8 %") == "31.8 %"


def test_a_large_page_is_small(tmp_path: Path, saved: Callable[[dict[str, Any]], Path]) -> None:
    """240 periods × 40 supplies × 16 workloads: below 5 MB."""
    folder = saved(made_plan(periods=240, supplies=40, workloads=16))
    result = run("report", str(folder), "-o", str(tmp_path / "out"))
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size < 5e6


def test_the_total_says_what_it_leaves_out() -> None:
    """What terms cost beyond the end may be many times the plan's cost: it stands beside the total."""
    owed = [{"what": "1 × a/3y from 2027-01: hourly fees, not in the plan's cost", "until": "2031-12", "amount": 5e6}]
    document = document_of(json.loads(json.dumps(made_plan() | {"obligations_after_end": owed})), "plan.json")
    total = next(section for section in content_of(document, TODAY).sections if section.anchor == "total")
    assert any(text.startswith("Not included: 5,000,000") for text in total.sentences), total.sentences
