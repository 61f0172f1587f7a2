"""The report of a plan with spend commitments, early sales, APIs and work that may wait: nothing of it is left out."""

from __future__ import annotations

import json
from datetime import date

import pytest
from everything import everything
from made_plans import made_plan

import planner
from planner.report import draw
from planner.report.api_hours import api_hours
from planner.report.content import Content, content_of
from planner.report.palette import carried, palette_of
from planner.report.pictures import Pictures
from planner.report.source import PlanDocument, document_of
from planner.report.tables import Table
from planner.report.timeline import decisions


@pytest.fixture(scope="module")
def content(document_with_all: PlanDocument) -> Content:
    return content_of(document_with_all, date(2026, 11, 24))


def table_of(content: Content, name: str) -> Table:
    return next(table for table in content.tables if table.name == name)


def column(table: Table, head: str) -> list[object]:
    number = [each.head for each in table.columns].index(head)
    return [row[number] for row in table.rows]


def test_the_recommendation_names_every_kind_of_decision(content: Content) -> None:
    first = content.sections[0].sentences[0]
    for words in ("Buy 2 servers", "reserved instances", "216.00 USD in 2 spend commitments", "sell 1 server"):
        assert words in first
    assert "million tokens from APIs" in first


def test_decisions_are_complete_and_their_amounts_products(content: Content, plan_with_all: planner.Plan) -> None:
    made = table_of(content, "decisions")
    plan = plan_with_all
    done = len(plan.purchases) + len(plan.commitments) + len(plan.spend_commitments) + len(plan.sales)
    assert len(made.rows) == done
    assert "Promise 2.00 USD an hour to sp" in column(made, "What")
    assert any(str(what).startswith("Sell old of lab (fleet 1)") for what in column(made, "What"))
    spent = sum(table["cost"].sum() for table in (plan.purchases, plan.commitments, plan.spend_commitments))
    amounts = column(made, "Amount (USD)")
    assert sum(float(str(a)) for a in amounts) == pytest.approx(spent - plan.sales["amount"].sum())
    for count, price, amount in zip(column(made, "Count"), column(made, "Unit price (USD)"), amounts, strict=True):
        assert float(str(count)) * float(str(price)) == pytest.approx(float(str(amount)))


def test_what_serves_the_demand_adds_up_to_it(document_with_all: PlanDocument) -> None:
    """Every GPU here does an hour of work in an hour, so the supplies' hours are the demand's."""
    forecast, _ = everything()
    demand = forecast["output_tokens"].sum() / 3.6e6
    assert carried(document_with_all)["gpu_hours"].sum() == pytest.approx(demand)


def test_apis_share_their_hours_by_tokens(document_with_all: PlanDocument, plan_with_all: planner.Plan) -> None:
    hours = api_hours(document_with_all)
    expected = plan_with_all.api_use["output_tokens"] / 3.6e6
    assert hours["gpu_hours"].tolist() == pytest.approx(expected.tolist())
    assert set(hours["supply"]) == {"model/api"}


def test_the_schedule_shows_what_is_drawn_and_bought(content: Content, plan_with_all: planner.Plan) -> None:
    total = dict(
        zip(
            [c.head for c in table_of(content, "schedule").columns],
            table_of(content, "schedule").total or (),
            strict=True,
        )
    )
    drawn = plan_with_all.rentals[plan_with_all.rentals["option"] == "sp"]["gpu_hours"].sum()
    assert total["Spend commitments (GPU-hours)"] == pytest.approx(drawn)
    assert total["APIs (GPU-hours)"] == pytest.approx(plan_with_all.api_use["output_tokens"].sum() / 3.6e6)
    assert total["Cost (USD)"] == pytest.approx(plan_with_all.costs["amount"].sum())


def test_a_plan_without_them_has_no_columns_for_them(document: PlanDocument) -> None:
    plain = content_of(document, date(2026, 11, 24))
    heads = [column.head for column in table_of(plain, "schedule").columns]
    assert not any(head.startswith(("Spend commitments", "APIs")) for head in heads)
    assert "APIs" not in plain.sections[0].sentences[0]


def test_supplies_of_every_kind_have_colours_of_their_own(document_with_all: PlanDocument) -> None:
    palette = palette_of(document_with_all)
    colours = dict(zip(palette.names, palette.colours, strict=True))
    assert {"lab/box", "lab/old", "c/all", "c/partial", "c/none", "c/spot", "c/sp", "model/api", "sp"} <= colours.keys()
    assert len(set(colours.values())) == len(colours)


def test_the_time_line_has_promises_and_sales(document_with_all: PlanDocument, plan_with_all: planner.Plan) -> None:
    rows = decisions(document_with_all, palette_of(document_with_all))
    assert rows["sold"].sum() == len(plan_with_all.sales)
    assert "2027-01-03: 2.00 USD an hour to sp" in rows["row"].tolist()
    assert rows["ordered"].is_monotonic_increasing
    title = draw.specification(Pictures(document_with_all).timeline())["title"]
    assert "Cross: sold." in title["subtitle"][0]


def test_what_is_used_is_told_apart_before_what_is_not() -> None:
    """40 offers of which one is rented: that one has a name in the pictures, most of the others have not."""
    made = made_plan(periods=2, supplies=160, workloads=1)
    used = made["rentals"][-1]
    label = f"{used['offer']}/{used['option']}"
    made["rentals"] = [used]
    palette = palette_of(document_of(json.loads(json.dumps(made)), "plan.json"))
    assert palette.name(label) == label
    kinds = [name for name in palette.names if " other " in name]
    assert sorted(name.split(" ", 2)[2] for name in kinds) == [
        "on-demand offers", "reservations", "servers", "spot offers"
    ]  # fmt: skip
    assert len(palette.names) <= 12 + len(kinds) + 1
    assert len(set(palette.colours)) == len(palette.colours)
