"""FOCUS rows: what is paid and what is used agree with the plan and with each other, to the cent."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_plans import made_plan
from typer.testing import CliRunner

from planner.report.focus import focus_rows
from planner.report.source import PlanDocument, document_of

MANDATORY = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity"),
    *("PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
)


@pytest.fixture(scope="module")
def rows(document: PlanDocument) -> pd.DataFrame:
    return focus_rows(document)


def test_effective_cost_is_the_plans_undiscounted_cost(rows: pd.DataFrame, document: PlanDocument) -> None:
    inside = rows[rows["x_InHorizon"]]
    assert inside["EffectiveCost"].sum() == pytest.approx(document.table("costs")["amount"].sum(), abs=0.005)


def test_every_commitment_is_amortised_over_its_full_term(rows: pd.DataFrame, document: PlanDocument) -> None:
    committed = rows[rows["CommitmentDiscountId"].notna()]
    sums = committed.groupby("CommitmentDiscountId", sort=False)
    terms = document.table("commitments")
    assert sums.ngroups == len(terms) > 0
    purchases = committed[committed["ChargeCategory"] == "Purchase"]
    assert (purchases["EffectiveCost"] == 0).all()
    for (_, group), cost in zip(sums, terms["cost"], strict=True):
        bought, used = group[group["ChargeCategory"] == "Purchase"], group[group["ChargeCategory"] == "Usage"]
        assert bought["BilledCost"].sum() == pytest.approx(cost, abs=0.005)
        assert used["EffectiveCost"].sum() == pytest.approx(cost, abs=0.005)
        assert used["BilledCost"].sum() == 0
        assert set(used["CommitmentDiscountStatus"]) <= {"Used", "Unused"}
        assert used["PricingQuantity"].sum() == pytest.approx(
            (group["CommitmentDiscountQuantity"].where(group["ChargeCategory"] == "Usage")).sum()
        )
    assert purchases["CommitmentDiscountStatus"].isna().all()


def test_terms_that_run_past_the_end_are_whole_and_marked(rows: pd.DataFrame, document: PlanDocument) -> None:
    last = document.calendar.labels[-1]
    over = document.table("commitments")["until"] > last
    beyond = rows[~rows["x_InHorizon"]]
    assert over.any() == (len(beyond) > 0)
    assert (beyond["CommitmentDiscountStatus"].dropna() == "Unused").all()


def test_columns_and_values_of_the_specification(rows: pd.DataFrame) -> None:
    assert set(MANDATORY) <= set(rows.columns)
    may_be_null = {"ChargeClass", "PricingQuantity", "PricingUnit"}
    assert rows[[name for name in MANDATORY if name not in may_be_null]].notna().all().all()
    assert set(rows["ChargeCategory"]) <= {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
    assert set(rows["ChargeFrequency"]) <= {"One-Time", "Recurring", "Usage-Based"}
    assert set(rows["PricingCategory"].dropna()) <= {"Standard", "Dynamic", "Committed", "Other"}
    assert rows[rows["ChargeCategory"].isin(["Usage", "Purchase"])]["PricingQuantity"].notna().all()
    assert (rows["ChargePeriodStart"] < rows["ChargePeriodEnd"]).all()
    for column in rows.columns:
        assert column.startswith("x_") or (column[0].isupper() and "_" not in column)


def test_csv_and_parquet_hold_the_same_rows(folder: Path, tmp_path: Path) -> None:
    from planner.cli.app import app

    run = CliRunner()
    printed = run.invoke(app, ["export", str(folder), "--to", "focus"])
    written = run.invoke(
        app, ["export", str(folder), "--to", "focus", "--format", "parquet", "-o", str(tmp_path / "rows.parquet")]
    )
    assert (printed.exit_code, written.exit_code) == (0, 0)
    text, typed = pd.read_csv(io.StringIO(printed.stdout)), pd.read_parquet(tmp_path / "rows.parquet")
    assert list(text.columns) == list(typed.columns)
    assert text["EffectiveCost"].tolist() == typed["EffectiveCost"].tolist()
    assert text["ChargePeriodStart"].tolist() == typed["ChargePeriodStart"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist()


def test_extra_tables_and_unknown_components_do_no_harm() -> None:
    content: dict[str, Any] = made_plan()
    content["sales"] = [{"period": "2027-03", "site": "s", "server": "x", "count": 1, "acquired": "", "amount": 5.0}]
    content["costs"].append({"period": "2027-02", "component": "something_new", "amount": 77.0, "discounted": 70.0})
    content["options"].append(content["options"][0] | {"name": "m/token", "kind": "api"})
    made = focus_rows(document_of(json.loads(json.dumps(content)), "plan.json"))
    new = made[made["x_Component"] == "something_new"]
    assert new["BilledCost"].tolist() == [77.0]
