"""Reading a plan back: a typed document, or every problem in one list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_plans import made_plan

import planner
from planner.problems import InputError
from planner.report.source import PlanDocument, document_of_plan, plan_document
from planner.result import TABLES


def test_the_tables_are_those_of_the_plan(plan: planner.Plan, document: PlanDocument) -> None:
    for name in TABLES:
        if name != "unserved":
            pd.testing.assert_frame_equal(
                document.table(name), getattr(plan, name), check_dtype=False, check_index_type=False, check_like=False
            )
    assert document.calendar.labels == plan.calendar.labels
    assert document.head.total_cost == plan.total_cost
    assert document.dispatch is not None


def test_the_file_itself_may_be_named(folder: Path) -> None:
    assert plan_document(folder / "plan.json").head == plan_document(folder).head


def test_a_plan_just_made_reads_like_its_file(plan: planner.Plan, document: PlanDocument) -> None:
    assert document_of_plan(plan).head == document.head


@pytest.mark.parametrize("change", ["missing", "not json", "list", "schema", "head", "rows", "number"])
def test_what_is_no_plan_is_a_problem(change: str, tmp_path: Path) -> None:
    content: Any = made_plan()
    if change == "schema":
        content["schema"] = "hybrid-plan/9"
    elif change == "head":
        content["horizon"] = {"period": "fortnight", "start": "2027-01-01", "periods": 0}
    elif change == "rows":
        content["costs"] = {"a": 1}
    elif change == "number":
        content["costs"][0]["amount"] = "much"
    text = {"not json": "{", "list": "[]"}.get(change, json.dumps(content))
    if change != "missing":
        (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        plan_document(tmp_path)
    assert all(problem.expected for problem in raised.value.problems)


def test_both_errors_of_a_head_are_told(tmp_path: Path) -> None:
    content = made_plan() | {"horizon": {"period": "fortnight", "start": "2027-01-01", "periods": 0}}
    (tmp_path / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        plan_document(tmp_path)
    assert {problem.place for problem in raised.value.problems} == {"horizon.period", "horizon.periods"}


def test_tables_of_later_versions_are_left_out_and_missing_ones_are_empty(tmp_path: Path) -> None:
    content = made_plan() | {"of_later": [{"period": "2027-01"}]}
    del content["screening"]
    (tmp_path / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    read = plan_document(tmp_path)
    assert "of_later" not in read.tables
    assert len(read.table("screening")) == 0
