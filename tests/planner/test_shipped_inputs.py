"""The smaller inputs that ship with the planner are planned to the end, also where machines can be sold at any time."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner

TEAM = Path(__file__).parents[2] / "inputs" / "research-team"


@pytest.mark.parametrize("name", ["assumptions.yaml", "five-years.yaml", "residual.yaml"])
def test_the_research_team_is_planned(name: str) -> None:
    plan = planner.plan(TEAM / "forecast.csv", TEAM / name, baselines=False, why=False)
    assert plan.status in ("optimal", "within_gap")
    assert plan.audit.passed
