"""A plan's own schedule costs what the plan costs: read from its tables, placed and priced anew, hour by hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Tree, changed, offer, server, site, tree, workloads

import planner

INPUTS = Path(__file__).parents[3] / "inputs"


def months(**changes: Any) -> Tree:
    """Demand that falls: a fleet to be sold, one server for two months, a base to reserve, money to promise."""
    return changed(
        tree(
            "month",
            6,
            finance={"discount_rate": 0.1, "hardware_at_end": "resale"},
            workloads=workloads("w", unserved_penalty=30, egress_gb_per_gpu_hour=0.1),
            sites={
                "lab": site(0.1, setup_cost=50),
                "annex": site(0.1, staff={"servers_per_person": 3, "cost_per_person_year": 900, "whole_people": True}),
            },
            servers={"box": server(2000, "36 months", sites=["lab"], resale={"12 months": 0.7}, max_servers=5)},
            cloud={
                "c": offer(
                    3, reserved={"r": {"term": "3 months", "hourly": 1.3}}, whole_instances=True, egress_per_gb=0.1
                ),
                "d": offer(3.1),
            },
            spend_commitments={"s": {"term": "2 months", "rates": {"d": 1.4}}},
            providers={"p": {"discount": 0.05, "support_share": 0.1}},
            fleet=[{"server": "box", "site": "annex", "count": 3, "in_service": "2026-01-01", "price_paid": 2000}],
            held_commitments=[{"offer": "c", "option": "r", "count": 1, "started": "2026-12-01"}],
            decisions=[{"offer": "c", "option": "r", "period": "2027-01", "min": 1}],
        ),
        **changes,
    )


def falling() -> pd.DataFrame:
    """Hourly for half a year: 8 GPUs at first, 1 in the end, up and down by day."""
    hours = pd.date_range("2027-01-01", "2027-06-30 23:00", freq="h")
    level = np.interp(np.arange(len(hours)), [0, 1400, 1500, len(hours)], [8, 8, 2, 1])
    return pd.DataFrame(
        {
            "timestamp": hours.astype(str),
            "workload": "w",
            "gpu_hours": level * (1 + 0.3 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi)),
        }
    )


def same(evaluation: planner.Evaluation, plan: planner.Plan) -> None:
    """The schedule is the plan: its cost, every line, its audit."""
    yours = evaluation.yours
    assert yours.total_cost == pytest.approx(plan.total_cost, rel=1e-6)
    assert evaluation.feasible
    assert yours.audit.passed
    keys = ["period", "component"]
    pd.testing.assert_frame_equal(
        yours.costs.sort_values(keys, ignore_index=True), plan.costs.sort_values(keys, ignore_index=True), rtol=1e-5,
        atol=1e-3,
    )  # fmt: skip
    for table in ("purchases", "commitments", "spend_commitments", "sales"):
        pd.testing.assert_frame_equal(getattr(yours, table), getattr(plan, table), check_dtype=False)


@pytest.mark.parametrize("name", ["research-team", "training-lab", "inference-service"])
def test_examples(name: str, tmp_path: Path) -> None:
    folder = INPUTS / name
    plan = planner.plan(folder / "forecast.csv", folder / "assumptions.yaml", baselines=False)
    plan.save(tmp_path / "plan")
    if name == "training-lab":
        assert not plan.purchases.empty
        assert not plan.commitments.empty
    evaluation = planner.evaluate(tmp_path / "plan")
    same(evaluation, plan)
    assert evaluation.difference == pytest.approx(0, abs=1e-6 * plan.total_cost)
    assert "the same as the best plan" in evaluation.sentences[0]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"limits": {"cloud_spend": {"per_period": 4500}}},
        {"workloads__w__deferrable": "12 hours", "limits": {"quotas": [{"offers": ["*"], "max_gpus": 6}]}},
    ],
    ids=["plain", "with a budget of the hours", "with work that waits"],
)
def test_fleet_sales_and_money_promised(changes: Tree, tmp_path: Path) -> None:
    plan = planner.plan(falling(), months(**changes), baselines=False)
    for table in ("commitments", "spend_commitments", "sales"):
        assert not getattr(plan, table).empty, table
    plan.save(tmp_path / "plan")
    same(planner.evaluate(tmp_path / "plan"), plan)


FEATURES: dict[str, Tree] = {
    "capital": {"limits__capex": {"total": 9000}},
    "bill": {"limits__cloud_spend": {"per_period": 4500}},
    "quota": {"limits__quotas": [{"offers": ["*"], "max_gpus": 6}]},
    "waiting": {"workloads__w__deferrable": "12 hours"},
    "full terms": {"finance__commitments_at_end": "full"},
    "nothing left": {"finance__hardware_at_end": "none"},
    "power": {"sites__lab__power_limit_kw": 3},
    "lead": {"servers__box__lead_time": "1 month"},
    "carbon": {
        "sites__lab__carbon_g_per_kwh": 300,
        "sites__annex__carbon_g_per_kwh": 300,
        "cloud__c__carbon_g_per_gpu_hour": 200,
        "cloud__d__carbon_g_per_gpu_hour": 400,
        "limits__carbon_tonnes": {"per_year": {2027: 4}},
    },
    "headroom": {"sites__annex__headroom": 0.1},
    "trend": {"cloud__c__price_trend_per_year": -0.3, "servers__box__price_trend_per_year": -0.2},
    "one promise more": {"spend_commitments__t": {"term": "1 month", "rates": {"c": 1.2}}},
}


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    chosen=st.sets(st.sampled_from(sorted(FEATURES)), min_size=2, max_size=6),
    price=st.floats(400, 4000),
    relax=st.booleans(),
    seed=st.integers(0, 99),
)
def test_whatever_there_is_a_plans_own_schedule_costs_what_the_plan_costs(
    chosen: set[str], price: float, relax: bool, seed: int
) -> None:
    """Fleet, early sales, reservations, money promised, and some of everything else, over half a year of days."""
    changes = {key: value for name in sorted(chosen) for key, value in FEATURES[name].items()}
    assumptions = changed(months(limits={}), servers__box__price=price, **changes)
    frame = falling()
    frame["gpu_hours"] *= np.random.default_rng(seed).uniform(0.7, 1.3, len(frame))
    plan = planner.plan(frame, assumptions, relax=relax, gap=1e-4, baselines=False)
    tables = [plan.purchases, plan.commitments, plan.spend_commitments, plan.sales]
    same(planner.evaluate(tables, frame, assumptions, relax=relax), plan)


def test_one_file_of_everything_is_the_same_as_several(tmp_path: Path) -> None:
    plan = planner.plan(falling(), months(), baselines=False)
    tables = [plan.purchases, plan.commitments, plan.spend_commitments, plan.sales]
    pd.concat(tables).to_csv(tmp_path / "all.csv", index=False)
    same(planner.evaluate(tmp_path / "all.csv", falling(), months()), plan)
    same(planner.evaluate(tables, falling(), months()), plan)


def test_a_relaxed_plan_is_evaluated_with_fractions(tmp_path: Path) -> None:
    plan = planner.plan(falling(), months(), relax=True, baselines=False)
    assert (plan.sales["count"] % 1).any() or (plan.commitments["count"] % 1).any()
    plan.save(tmp_path / "plan")
    same(planner.evaluate(tmp_path / "plan"), plan)
    with pytest.raises(planner.InputError, match="expected a whole number"):
        planner.evaluate([plan.commitments, plan.sales, plan.purchases], falling(), months())
