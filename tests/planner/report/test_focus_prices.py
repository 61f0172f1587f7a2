"""FOCUS rows of commitments whose prices are in a file: those of the file, not what the assumptions say beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from planning_cases import forecast, offer, tree, workloads

import planner
from planner.report.focus import focus_rows
from planner.report.source import PlanDocument, document_of_plan, plan_document

DAYS = [f"2027-01-0{day}" for day in range(1, 5)]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[planner.Plan, Path]:
    """Held for two more days at 0.2 an hour of the first day; one more from the third day on, at 3 and 0.4 an hour."""
    folder = tmp_path_factory.mktemp("filed")
    rows = [("r.hourly", day, price) for day, price in zip(DAYS, [0.2, 0.3, 0.4, 0.5], strict=True)]
    rows += [("r.upfront", day, price) for day, price in zip(DAYS, [1.0, 2.0, 3.0, 4.0], strict=True)]
    pd.DataFrame(rows, columns=["option", "period", "price"]).to_csv(folder / "prices.csv", index=False)
    reserved = {"r": {"term": "2 days", "upfront": 7, "hourly": 0.9}}
    assumptions = tree(
        "day",
        4,
        workloads=workloads("w"),
        cloud={"c": offer(2.0, reserved=reserved, prices=str(folder / "prices.csv"))},
        providers={"p": {"discount": 0.5}},
        held_commitments=[{"offer": "c", "option": "r", "count": 2, "started": "2027-01-01"}],
        decisions=[
            {"offer": "c", "option": "r", "period": day, "min": count, "max": count}
            for day, count in zip(DAYS, [0, 0, 1, 0], strict=True)
        ],
    )
    plan = planner.plan(forecast(w=[2.0] * 96), assumptions, baselines=False)
    plan.save(folder / "plan")
    return plan, folder / "plan"


@pytest.mark.parametrize("source", ["just made", "from its folder"])
def test_fees_are_those_of_the_file(source: str, saved: tuple[planner.Plan, Path]) -> None:
    plan, folder = saved
    document: PlanDocument = document_of_plan(plan) if source == "just made" else plan_document(folder)
    rows = focus_rows(document)
    bought = rows[rows["ChargeCategory"] == "Purchase"]
    held = bought[bought["CommitmentDiscountId"].str.contains("held")]
    assert held["BilledCost"].sum() == pytest.approx(2 * 0.2 * 0.5 * 48)
    ordered = bought[bought["CommitmentDiscountId"] == "c/r/2027-01-03"]
    by_frequency = ordered.groupby("ChargeFrequency")["BilledCost"].sum()
    assert by_frequency.to_dict() == {"One-Time": pytest.approx(1.5), "Recurring": pytest.approx(0.4 * 0.5 * 48)}
    inside = rows[rows["x_InHorizon"]]["EffectiveCost"].sum()
    assert inside == pytest.approx(plan.costs["amount"].sum())
