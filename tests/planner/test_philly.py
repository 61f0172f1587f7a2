"""The worked example of the README, where the trace is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner

ROOT = Path(__file__).parents[2]
TRACE = ROOT.parent / "shared" / "data" / "philly_2017_hourly_by_vc.csv"


@pytest.mark.skipif(not TRACE.exists(), reason="the Philly trace is not part of this project; ../shared/data has none")
def test_philly_is_planned_to_its_gap_and_audited() -> None:
    plan = planner.plan(TRACE, ROOT / "inputs" / "philly-trace" / "assumptions.yaml")
    assert plan.audit.passed
    assert plan.status in ("optimal", "within_gap")
    assert plan.gap <= 1e-4
    assert plan.total_cost == pytest.approx(40_608_381, rel=2e-4), "the README quotes it"
    by_name = plan.baselines.set_index("name")
    assert by_name.loc["all on-demand", "total_cost"] == pytest.approx(61_263_794, rel=2e-4)
    assert by_name.loc["all cloud", "saving"] > 400_000
    assert "power limit of site campus: 500 kW" in by_name.loc["all local", "reason"]
