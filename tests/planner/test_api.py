"""The Python API at its edges: wrong calls, failed audits, what is warned about, baselines that the plan keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planner
from planner import audit as audits
from planner.assumptions.load import load
from planner.audit import Audit, Check

TEAM = Path(__file__).parents[2] / "inputs" / "research-team"


def monthly(amount: float = 500.0, months: int = 12, start: str = "2027-01-01") -> pd.DataFrame:
    starts = [pd.Timestamp(start) + pd.DateOffset(months=month) for month in range(months)]
    return pd.DataFrame({"timestamp": [f"{begin:%Y-%m-%d}" for begin in starts], "gpu_hours": amount})


def tree(**more: Any) -> dict[str, Any]:
    cloud = {"rent": {"provider": "p", "gpu": "H100", "gpus": 1, "on_demand": 3.0}}
    return {"version": 1, "sites": {}, "servers": {}, "cloud": cloud, "workloads": {"default": {}}} | more


@pytest.mark.parametrize("forecast", [None, [1, 2], 3])
def test_a_forecast_of_the_wrong_kind(forecast: Any) -> None:
    with pytest.raises(planner.InputError, match="a file name or a pandas DataFrame"):
        planner.plan(forecast, None)


def test_wrong_settings_are_told_together() -> None:
    with pytest.raises(planner.InputError) as error:
        planner.plan(monthly(), tree(), gap=2, solver="nobody", time_limit=-1)
    assert [problem.place for problem in error.value.problems] == ["gap", "time_limit", "solver"]


def test_a_plan_whose_audit_fails_has_the_status_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "audit", lambda *_, **__: Audit(False, (Check("total", False, "made to fail"),)))
    plan = planner.plan(monthly(), tree())
    assert plan.status == "error"
    assert not plan.audit.passed


def test_a_plan_that_keeps_a_restriction_saves_nothing_against_it() -> None:
    """Nothing is worth buying here, so the plan is all cloud, however closely all cloud is proven."""
    rng = np.random.default_rng(5)
    stamps = pd.date_range("2027-01-01", periods=60 * 24, freq="h").astype(str)
    demand = pd.DataFrame({"timestamp": stamps, "gpu_hours": rng.gamma(2, 5, len(stamps))})
    cloud = {
        "rent": {
            "provider": "p",
            "gpu": "H100",
            "gpus": 8,
            "on_demand": 24.0,
            "reserved": {"r": {"term": "10 days", "hourly": 14}},
            "whole_instances": True,
        }
    }
    server = {"gpu": "H100", "gpus": 8, "price": 9e6, "power_kw": 5, "lifetime": "100 days"}
    sites = {"lab": {"electricity_price": 0.1, "pue": 1.2}}
    inputs = tree(cloud=cloud, servers={"box": server}, sites=sites, horizon={"period": "day"})
    plan = planner.plan(demand, inputs, gap=1e-3)
    assert plan.purchases.empty
    assert not plan.commitments.empty
    all_cloud = plan.baselines.set_index("name").loc["all cloud"]
    assert all_cloud["saving"] <= 0


@pytest.mark.parametrize(
    ("forecast", "change", "text"),
    [
        (monthly(start="2027-01-04"), {}, "the one called 2027-01 ends before 2027-02-04"),
        (monthly(), {"finance": {"discount_rate": 8}}, "8 % is written 0.08"),
        (monthly(), {"horizon": {"periods": 12, "projection": {"growth_per_year": 30}}}, "30 % is written 0.3"),
        (
            monthly(),
            {"workloads": {"default": {"gpu_memory_gb": 1300, "unserved_penalty": 5}}},
            "nothing can run workload default",
        ),
        (
            monthly(),
            {
                "sites": {"lab": {"electricity_price": 0.1, "pue": 1.5, "power_limit_kw": 10}},
                "servers": {"box": {"gpu": "H100", "gpus": 8, "price": 1, "power_kw": 10, "lifetime": "1 year"}},
            },
            "servers.box fits no site",
        ),
    ],
)
def test_what_is_allowed_but_rarely_meant(forecast: pd.DataFrame, change: dict[str, Any], text: str) -> None:
    assert any(text in warning for warning in planner.check(forecast, tree(**change)))
    assert not any(text in warning for warning in planner.check(monthly(), tree()))


def test_fractions_of_instances_are_pointed_out() -> None:
    offer = {"provider": "p", "gpu": "H100", "gpus": 8, "on_demand": 24.0}
    offer["reserved"] = {"r": {"term": "12 months", "hourly": 10}}
    for whole in (False, True):
        plan = planner.plan(monthly(6000), tree(cloud={"rent": offer | {"whole_instances": whole}}))
        assert not plan.commitments.empty
        assert any("fractions of instances" in warning for warning in plan.warnings) != whole


def test_a_section_given_as_nothing_inherits_nothing(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("version: 1\nservers:\n  hgx-h100-8: {}\n  l40s-8: {}\n")
    (tmp_path / "none.yaml").write_text("extends: base.yaml\nversion: 1\nservers: {}\n")
    assert set(load(tmp_path / "base.yaml", ["w"]).assumptions.servers) == {"hgx-h100-8", "l40s-8"}
    assert load(tmp_path / "none.yaml", ["w"]).assumptions.servers == {}


def test_rates_of_one_kind_give_speeds_to_a_forecast_in_gpu_hours() -> None:
    throughput = {"H100": {"output_tokens_per_s": 2209}, "H200": {"output_tokens_per_s": 2587}}
    offer = {"provider": "p", "gpu": "H200", "gpus": 1, "on_demand": 1.0}
    inputs = tree(
        cloud={"rent": offer}, workloads={"default": {"throughput": throughput}}, finance={"discount_rate": 0}
    )
    plan = planner.plan(monthly(500, 4), inputs)
    assert plan.total_cost == pytest.approx(2000 * 2209 / 2587)
    assert plan.audit.passed


def test_a_gap_of_0_is_met_as_closely_as_numbers_allow() -> None:
    plan = planner.plan(TEAM.parent / "training-lab" / "forecast.csv", _lab(), gap=0, baselines=False)
    assert plan.status == "optimal"


def _lab() -> Path:
    return TEAM.parent / "training-lab" / "assumptions.yaml"
