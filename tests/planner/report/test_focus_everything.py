"""FOCUS rows of a plan with every kind of commitment, servers, sales, APIs; what the specification asks of a row."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from everything import HELD_FEES

import planner
from planner.report.focus import focus_rows
from planner.report.source import PlanDocument

CENT = 0.005


@pytest.fixture(scope="module")
def rows(document_with_all: PlanDocument) -> pd.DataFrame:
    return focus_rows(document_with_all)


def of(rows: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows


def test_effective_cost_is_the_plans_undiscounted_cost(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    inside = rows[rows["x_InHorizon"]]
    assert inside["EffectiveCost"].sum() == pytest.approx(plan_with_all.costs["amount"].sum(), abs=CENT)
    beyond = rows[~rows["x_InHorizon"]]
    assert beyond["EffectiveCost"].sum() == pytest.approx(0.9 * 0.6 * 1.5 * 48, abs=CENT)  # two days of `none`


def test_every_component_costs_what_the_plan_says(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    found = rows[rows["x_InHorizon"]].groupby("x_Component")["EffectiveCost"].sum()
    costs = plan_with_all.costs.groupby("component")["amount"].sum()
    names = {"installation": "servers", "reserved_upfront": "reserved", "reserved_hourly": "reserved"}
    expected = costs.groupby(lambda name: names.get(name, name)).sum()
    assert found.to_dict() == {name: pytest.approx(amount, abs=CENT) for name, amount in expected.items()}


KINDS = {
    "all": ("c/all/2027-01-02", "Usage", ["One-Time"], "GPU-Hours"),
    "partial": ("c/partial/2027-01-02", "Usage", ["One-Time", "Recurring"], "GPU-Hours"),
    "none": ("c/none/2027-01-05", "Usage", ["Recurring"], "GPU-Hours"),
    "held": ("c/partial/held since 2026-12-31", "Usage", ["Recurring"], "GPU-Hours"),
    "spend": ("sp/2027-01-03", "Spend", ["Recurring"], "USD"),
    "another spend": ("sp/2027-01-04", "Spend", ["Recurring"], "USD"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_commitment_is_amortised_over_its_full_term(kind: str, rows: pd.DataFrame) -> None:
    identity, category, frequencies, unit = KINDS[kind]
    group = of(rows, CommitmentDiscountId=identity)
    bought, used = of(group, ChargeCategory="Purchase"), of(group, ChargeCategory="Usage")
    assert sorted(set(bought["ChargeFrequency"])) == frequencies
    assert bought["BilledCost"].sum() == pytest.approx(used["EffectiveCost"].sum(), abs=CENT)
    assert bought["BilledCost"].sum() > 1
    assert (bought["EffectiveCost"] == 0).all()
    assert (used["BilledCost"] == 0).all()
    assert set(group["CommitmentDiscountCategory"]) == {category}
    assert set(group["CommitmentDiscountUnit"]) == {unit}
    each_frequency = bought.groupby("ChargeFrequency")["CommitmentDiscountQuantity"].sum()
    assert each_frequency.tolist() == [pytest.approx(used["CommitmentDiscountQuantity"].sum())] * len(frequencies)


def test_commitments_cost_what_the_tables_say(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    billed = rows[rows["ChargeCategory"] == "Purchase"].groupby("CommitmentDiscountId")["BilledCost"].sum()
    reserved = plan_with_all.commitments.assign(pool=lambda t: t["offer"] + "/" + t["option"] + "/" + t["period"])
    promised = plan_with_all.spend_commitments.assign(pool=lambda t: t["name"] + "/" + t["period"])
    expected = {**dict(zip(reserved["pool"], reserved["cost"], strict=True))}
    expected |= dict(zip(promised["pool"], promised["cost"], strict=True))
    expected |= {"c/partial/held since 2026-12-31": HELD_FEES}
    assert billed.to_dict() == {name: pytest.approx(cost, abs=CENT) for name, cost in expected.items()}


def test_what_is_drawn_from_a_spend_commitment_is_used_money(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    spend = of(rows, CommitmentDiscountCategory="Spend", CommitmentDiscountStatus="Used")
    drawn = plan_with_all.rentals[plan_with_all.rentals["option"] == "sp"]
    assert spend["ConsumedQuantity"].sum() == pytest.approx(drawn["gpu_hours"].sum())
    assert spend["CommitmentDiscountQuantity"].sum() == pytest.approx(drawn["gpu_hours"].sum() * 0.9 * 0.9)
    assert spend["EffectiveCost"].sum() == pytest.approx(drawn["gpu_hours"].sum() * 0.9 * 0.9)
    assert set(spend["SkuId"]) == {"c"}
    assert not len(of(rows, x_Component="sp"))  # rentals that it pays are not rows of their own


def test_workloads_use_what_the_plan_says(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    hours = rows[
        (rows["ChargeCategory"] == "Usage") & (rows["ConsumedUnit"] == "GPU-Hours") & rows["x_Workload"].notna()
    ]
    tables = pd.concat([plan_with_all.use, plan_with_all.rentals])
    expected = tables.groupby("workload")["gpu_hours"].sum()
    assert hours.groupby("x_Workload")["ConsumedQuantity"].sum().to_dict() == pytest.approx(expected.to_dict())


def test_owned_servers_are_amortised_over_their_pool(rows: pd.DataFrame) -> None:
    own = of(rows, x_Component="servers")
    for pool, cost in {"lab/box": True, "lab/old": False}.items():
        group = of(own, x_Supply=pool)
        used, bought = of(group, ChargeCategory="Usage"), of(group, ChargeCategory="Purchase")
        assert used["EffectiveCost"].sum() == pytest.approx(bought["BilledCost"].sum(), abs=CENT)
        assert (bought["BilledCost"].sum() > 0) == cost
        assert set(used["x_CapacityStatus"]) == {"Used", "Unused"}
        assert used["PricingQuantity"].sum() > 0


def test_sales_are_credits_and_what_is_left_at_the_end_another(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    earned = of(rows, ChargeCategory="Credit")
    sold = earned[earned["x_Supply"].notna()]
    assert (-sold["BilledCost"]).tolist() == pytest.approx(plan_with_all.sales["amount"].tolist())
    assert (earned["EffectiveCost"] == earned["BilledCost"]).all()
    left = earned[earned["x_Supply"].isna()]
    assert left["x_Period"].tolist() == ["2027-01-06"]
    assert earned["BilledCost"].sum() == pytest.approx(
        plan_with_all.costs.query("component == 'resale'")["amount"].sum()
    )


def test_apis_are_paid_by_the_token(rows: pd.DataFrame, plan_with_all: planner.Plan) -> None:
    tokens = of(rows, x_Component="api")
    used = plan_with_all.api_use
    assert tokens["BilledCost"].tolist() == pytest.approx(used["cost"].tolist())
    assert tokens["PricingQuantity"].tolist() == pytest.approx((used["input_tokens"] + used["output_tokens"]).tolist())
    assert set(tokens["ServiceCategory"]) == {"AI and Machine Learning"}


def test_what_the_specification_asks_of_every_row(rows: pd.DataFrame) -> None:
    usage, purchase = rows["ChargeCategory"] == "Usage", rows["ChargeCategory"] == "Purchase"
    committed, unused = rows["CommitmentDiscountId"].notna(), rows["CommitmentDiscountStatus"] == "Unused"
    assert rows[usage | purchase]["PricingCategory"].notna().all()
    assert ((rows["PricingCategory"] == "Committed") == (usage & committed)).all()
    assert (rows["ConsumedQuantity"].notna() == (usage & ~unused)).all()
    assert (rows["CommitmentDiscountStatus"].notna() == (usage & committed)).all()
    for name in ("Category", "Quantity", "Type", "Unit", "Name"):
        assert (rows[f"CommitmentDiscount{name}"].notna() == committed).all(), name
    assert (rows["ResourceType"].notna() == rows["ResourceId"].notna()).all()
    assert (rows["RegionName"].notna() == rows["RegionId"].notna()).all()
    assert rows[rows["SkuPriceId"].notna()]["SkuId"].notna().all()
    assert rows[usage | purchase][["SkuId", "PricingQuantity", "PricingUnit"]].notna().all().all()
    assert (rows[purchase]["ChargeFrequency"] != "Usage-Based").all()
    priced = rows[rows["ContractedUnitPrice"].notna()]
    product = priced["ContractedUnitPrice"] * priced["PricingQuantity"]
    assert product.tolist() == pytest.approx(priced["ContractedCost"].tolist())
    assert (rows["ConsumedUnit"].notna() == rows["ConsumedQuantity"].notna()).all()
    assert rows["ChargePeriodStart"].min() == datetime(2027, 1, 1, tzinfo=UTC)
    texts = rows.select_dtypes("str")
    assert not (texts == "").any().any()


def test_without_assumptions_costs_still_sum(plan_with_all: planner.Plan) -> None:
    """A plan whose assumptions cannot be read: who sells is not known, what is paid is."""
    from planner.report.source import document_of

    content = plan_with_all.to_dict()
    content["inputs"] = {**content["inputs"], "assumptions": {"cloud": "none of this", "held_commitments": 3}}
    found = focus_rows(document_of(content, "plan.json"))
    inside = found[found["x_InHorizon"]]["EffectiveCost"].sum()
    assert inside == pytest.approx(plan_with_all.costs["amount"].sum() - HELD_FEES, abs=CENT)
