"""plan.json is what its schema says, and what formats.md promises."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pandas as pd

import planner
from planner import plan_schema, result

TEAM = Path(__file__).parents[2] / "inputs" / "research-team"


def test_generated_files_are_current() -> None:
    assert json.loads(plan_schema.SCHEMA_FILE.read_text("utf-8")) == plan_schema.plan_schema(), "run make docs"
    assert plan_schema.REFERENCE_FILE.read_text("utf-8") == plan_schema.plan_reference(), "run make docs"


def test_a_plan_follows_the_schema(tmp_path: Path) -> None:
    plan = planner.plan(TEAM / "forecast.csv", TEAM / "five-years.yaml")
    folder = plan.save(tmp_path / "plan")
    jsonschema.validate(json.loads((folder / "plan.json").read_text("utf-8")), plan_schema.plan_schema())


def test_tables_have_the_columns_that_are_documented(tmp_path: Path) -> None:
    folder = planner.plan(TEAM / "forecast.csv", TEAM / "assumptions.yaml").save(tmp_path / "plan")
    assert set(plan_schema.TABLES) == set(result.TABLES)
    for name, (_, columns) in plan_schema.TABLES.items():
        assert list(pd.read_csv(folder / f"{name}.csv").columns) == [column.name for column in columns]


def test_a_row_with_a_missing_key_is_refused() -> None:
    plan = planner.plan(TEAM / "forecast.csv", TEAM / "five-years.yaml").to_dict()
    del plan["purchases"][0]["in_service"]
    validator = jsonschema.Draft202012Validator(plan_schema.plan_schema())
    assert [list(error.path) for error in validator.iter_errors(plan)] == [["purchases", 0]]
