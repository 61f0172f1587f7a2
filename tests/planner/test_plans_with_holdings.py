"""Plans of hand size around what is owned and held already, and what is sold early. Each optimum is by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner


def days(**changes: Any) -> Tree:
    """Two days; an owned GPU-hour is 0.5, a rented one 2; nothing may be bought."""
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w"),
        sites={"lab": site(0.5)},
        servers={"box": server(1000, "30 days", sites=[])},
        cloud={"c": offer(2, reserved={"r": {"term": "30 days", "hourly": 1}})},
        decisions=[
            {"offer": "c", "option": "r", "period": "2027-01-01", "max": 0},
            {"offer": "c", "option": "r", "period": "2027-01-02", "max": 0},
        ],
    )
    return changed(assumptions, **changes)


def made(frame: pd.DataFrame, assumptions: Tree, total: float, **options: Any) -> planner.Plan:
    plan = planner.plan(frame, assumptions, gap=1e-7, baselines=False, **options)
    assert [check.name for check in plan.audit.checks if not check.passed] == []
    assert plan.status == "optimal"
    assert plan.total_cost == pytest.approx(total)
    return plan


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table.itertuples(index=False)]


def fleet(**figures: Any) -> list[Tree]:
    return [{"server": "box", "site": "lab", "count": 2, "in_service": "2026-12-20", **figures}]


THREE = forecast(w=[3.0] * 48)


def test_a_fleet_serves_first() -> None:
    """2 of 3 GPUs."""
    plan = made(THREE, days(fleet=fleet()), 48 * (2 * 0.5 + 2))
    assert len(plan.purchases) == 0
    assert rows(plan.capacity) == [(day, "lab/box", 2, 2) for day in ("2027-01-01", "2027-01-02")]
    assert plan.use["gpu_hours"].tolist() == pytest.approx([48, 48])
    assert plan.options.set_index("name").loc["lab/box", "chosen"]


def test_a_fleet_at_the_end_of_its_life_serves_no_more() -> None:
    """Thirty days from 3 December end with 1 January."""
    made(THREE, days(fleet=fleet(in_service="2026-12-03")), 24 * (2 * 0.5 + 2) + 24 * 6)


def test_days_of_a_fleets_age_are_days_whatever_the_month() -> None:
    """From 31 December to 3 January it loses 3 of 40 days' worth."""
    worn = fleet(in_service="2026-12-31", price_paid=1000)
    sold = {"finance__hardware_at_end": "resale", "servers__box__resale": {"40 days": 0}}
    made(THREE, days(fleet=worn, **sold), 48 * (2 * 0.5 + 2) - 2 * 925)


def test_a_fleet_on_its_way_serves_when_it_is_there() -> None:
    plan = made(THREE, days(fleet=fleet(in_service="2027-01-02")), 24 * 6 + 24 * (2 * 0.5 + 2))
    assert rows(plan.capacity) == [("2027-01-02", "lab/box", 2, 2)]


def test_a_fleet_counts_in_the_limits_of_its_site() -> None:
    """Three may be bought for 1 each, but there is room for one more."""
    made(
        THREE,
        days(fleet=fleet(), servers__box__sites=["lab"], servers__box__price=1, sites__lab__power_limit_kw=3),
        1 + 48 * 3 * 0.5,
    )


def test_maintenance_of_a_fleet_is_a_line() -> None:
    """A tenth of 3,650 a year is 1 a day for each of 2; unknown prices are today's 1,000."""
    assumptions = days(fleet=fleet(price_paid=3650), servers__box__maintenance_per_year=0.1)
    plan = made(THREE, assumptions, 48 * 3 + 4)
    lines = plan.costs.set_index(["period", "component"])["amount"]
    assert lines["2027-01-01", "maintenance"] == pytest.approx(2)
    made(THREE, changed(assumptions, fleet=fleet()), 48 * 3 + 4 * 100 / 365)


def test_a_held_commitment_is_used_and_paid() -> None:
    """2 at 1 an hour whether used or not; the hours after the horizon are owed."""
    held = [{"offer": "c", "option": "r", "count": 2, "started": "2026-12-20"}]
    plan = made(THREE, days(held_commitments=held), 48 * (2 + 2))
    assert len(plan.commitments) == 0
    assert rows(plan.capacity) == [(day, "c/r", 2, 2) for day in ("2027-01-01", "2027-01-02")]
    assert plan.obligations_after_end["amount"].tolist() == pytest.approx([2 * 24 * 16])
    assert plan.obligations_after_end["until"].tolist() == ["2027-01-18"]
    full = made(THREE, days(held_commitments=held, finance__commitments_at_end="full"), 48 * 4 + 2 * 24 * 16)
    assert "in the plan's cost" in full.obligations_after_end["what"].item()


@pytest.mark.parametrize("started", ["2027-03-01", "2026-11-01"])
def test_what_begins_too_late_or_has_ended_has_no_effect_and_says_so(started: str) -> None:
    """30 days from then are not in these two."""
    held = [{"offer": "c", "option": "r", "count": 2, "started": started}]
    assumptions = days(
        held_commitments=held, fleet=fleet(in_service=started), finance__commitments_at_end="full", cloud__c__max_gpus=3
    )
    plan = made(THREE, assumptions, 48 * 6)
    assert len(plan.obligations_after_end) == 0
    assert [warning.split(" ")[0] for warning in plan.warnings if "no effect" in warning] == [
        "fleet.1",
        "held_commitments.1",
    ]


def test_a_held_commitment_counts_in_max_gpus() -> None:
    held = [{"offer": "c", "option": "r", "count": 2, "started": "2026-12-20"}]
    assumptions = days(held_commitments=held, cloud__c__max_gpus=2, workloads__w__unserved_penalty=7)
    made(THREE, assumptions, 48 * (2 + 7))


def years(**changes: Any) -> Tree:
    """Three years; a server keeps 0.8 of its price for a year, 0.2 after three."""
    assumptions = tree(
        "year",
        3,
        finance={"discount_rate": 0, "hardware_at_end": "resale"},
        workloads=workloads("w"),
        sites={"lab": site()},
        servers={"box": server(1000, "5 years", resale={"1 year": 0.8, "3 years": 0.2})},
        cloud={"c": offer(1)},
    )
    return changed(assumptions, **changes)


def test_a_server_that_is_needed_for_a_year_is_sold_after_it() -> None:
    """Bought for 1,000, sold for 800. Kept, it would bring 200."""
    frame = forecast(freq="YS", w=[8760.0, 0, 0])
    plan = made(frame, years(), 200)
    assert rows(plan.sales) == [("2028", "lab", "box", 1, "2027", 800)]
    assert rows(plan.capacity) == [("2027", "lab/box", 1, 1)]
    assert plan.workload_costs["amount"].sum() == pytest.approx(200)
    made(frame, years(finance__discount_rate=0.25), 1000 - 800 / 1.25)
    made(frame, years(finance__hardware_at_end="none"), 200)


def test_nothing_is_sold_where_resale_is_unknown() -> None:
    plan = made(forecast(freq="YS", w=[8760.0, 0, 0]), years(servers__box__resale={}), 1000)
    assert len(plan.sales) == 0


def test_a_fleet_that_nobody_needs_is_sold_at_once() -> None:
    """A year old: 0.8 of 900. One more is kept for the year's work, and sold two years old for half."""
    owned = [{"server": "box", "site": "lab", "count": 2, "in_service": "2026-01-01", "price_paid": 900}]
    plan = made(forecast(freq="YS", w=[8760.0, 0, 0]), years(fleet=owned, servers__box__sites=[]), -720 - 450)
    assert rows(plan.sales) == [("2027", "lab", "box", 1, "fleet 1", 720), ("2028", "lab", "box", 1, "fleet 1", 450)]


def test_all_local_keeps_the_fleet_and_all_cloud_sells_it() -> None:
    owned = [{"server": "box", "site": "lab", "count": 1, "in_service": "2026-01-01", "price_paid": 900}]
    assumptions = years(fleet=owned, servers__box__sites=[])
    plan = planner.plan(forecast(freq="YS", w=[8760.0, 0, 0]), assumptions, gap=1e-7)
    assert plan.audit.passed
    assert plan.baselines.set_index("name")["total_cost"].to_dict() == {
        "all on-demand": pytest.approx(8760 - 720),
        "all cloud": pytest.approx(8760 - 720),
        "all local": pytest.approx(-450),
    }
