"""The tables that plan.json keeps for reports agree with the plan's own."""

from __future__ import annotations

import pandas as pd
import pytest

import planner
from planner.report.palette import palette_of
from planner.report.series import duration
from planner.report.source import PlanDocument


def test_details_sum_to_the_cost_lines_component_by_component(plan: planner.Plan) -> None:
    lines = plan.costs.groupby("component")[["amount", "discounted"]].sum()
    details = plan.cost_details.groupby("component")[["amount", "discounted"]].sum()
    pd.testing.assert_frame_equal(details.sort_index(), lines.sort_index(), check_exact=False, rtol=1e-9)
    assert len(lines) > 5


def test_details_are_quantity_times_price(plan: planner.Plan) -> None:
    table = plan.cost_details
    assert (table["quantity"] * table["unit_price"]).tolist() == pytest.approx(table["amount"].tolist())
    bought = table[(table["component"] == "servers")]
    assert bought["quantity"].sum() == plan.purchases["count"].sum()
    assert bought["unit_price"].tolist() == [60.0]


def test_baselines_sum_to_their_totals(plan: planner.Plan) -> None:
    totals = plan.baselines.set_index("name")["total_cost"].dropna()
    sums = plan.baseline_costs.groupby("name")["discounted"].sum()
    assert len(totals) > 1
    assert sums.to_dict() == pytest.approx(totals.to_dict())


def test_load_is_what_the_dispatch_says(plan: planner.Plan, document: PlanDocument) -> None:
    hours = pd.read_parquet(document.dispatch).groupby("timestamp")["gpus"].sum()
    by_day = hours.groupby(hours.index.floor("D"))
    assert plan.load["peak_gpus"].tolist() == pytest.approx(by_day.max().tolist())
    assert plan.load["average_gpus"].tolist() == pytest.approx((by_day.sum() / 24).tolist())


def test_load_duration_keeps_the_gpu_hours_and_falls(plan: planner.Plan) -> None:
    table = plan.load_duration
    assert table["period"].nunique() <= 3
    for period, rows in table.groupby("period"):
        hours = (rows["gpus"] * (rows["share_to"] - rows["share_from"])).sum() * 24
        mean = plan.load.set_index("period").loc[period, "average_gpus"]
        assert hours == pytest.approx(mean * 24)
        steps = rows.groupby("share_from")["gpus"].sum()
        assert steps.is_monotonic_decreasing


def test_a_curve_from_the_dispatch_is_the_one_that_was_kept(document: PlanDocument) -> None:
    from dataclasses import replace

    palette = palette_of(document)
    period = document.table("load_duration")["period"].iloc[0]
    kept = duration(document, palette, period)
    without = replace(document, tables={**document.tables, "load_duration": document.table("load_duration").iloc[:0]})
    again = duration(without, palette, period)
    columns = ["supply", "share_from", "share_to", "gpus"]
    pd.testing.assert_frame_equal(kept[columns], again[columns], check_exact=False, rtol=1e-9)


def test_screening_agrees_with_the_options_at_full_use(plan: planner.Plan) -> None:
    """An option that is not chosen costs, per GPU-hour at full use, its curve's end divided by the year's hours."""
    curves = plan.screening.set_index("name")
    others = plan.options[~plan.options["chosen"] & plan.options["cost_per_gpu_hour"].notna()]
    for name, cost in zip(others["name"], others["cost_per_gpu_hour"], strict=True):
        whole = curves.loc[name, "fixed_per_gpu_year"] / 8760 + curves.loc[name, "per_gpu_hour"]
        assert whole == pytest.approx(cost, rel=0.02)
    assert curves.loc["c/on_demand", ["fixed_per_gpu_year"]].tolist() == [0.0]


def test_what_is_drawn_from_a_spend_commitment_costs_its_part_of_the_promise(plan_with_all: planner.Plan) -> None:
    """A rate of 0.9 less a tenth, plus 5 % of support, in all hours of a year; nothing but carbon and egress by use."""
    curves = plan_with_all.screening.set_index("name")
    assert curves.loc["c/sp", "fixed_per_gpu_year"] == pytest.approx(0.9 * 0.9 * 1.05 * 8760)
    by_hour = 80 * 200 / 1e6 + 0.1 * 0.05 * 0.9 * 1.05
    assert curves.loc["c/sp", "per_gpu_hour"] == pytest.approx(by_hour)
    assert curves.loc["c/on_demand", "fixed_per_gpu_year"] == 0
    assert "sp/money" not in curves.index
