"""A plan whose every order is decided, with all its tables by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner

HOURS = np.array([744.0, 672, 744])
BUSY = 10.0


def decided_case(**changes: Any) -> Tree:
    """2 servers of 4 GPUs ordered in January, in service from February; a reservation of 2 GPUs from February.

    10 GPUs are busy in every hour: rented in January, then 8 on the servers and 2 on the reservation.
    """
    box = server(
        1000,
        "12 months",
        gpus=4,
        install_cost=100,
        power_kw=4,
        idle_power_kw=1,
        maintenance_per_year=0.12,
        resale={"12 months": 0.4},
        lead_time="1 month",
    )
    lab = site(0.1, pue=1.5, hosting_per_kw_month=10, staff={"servers_per_person": 10, "cost_per_person_year": 12_000})
    cloud = offer(8, gpus=2, reserved={"r": {"term": "3 months", "upfront": 600, "hourly": 1}}, egress_per_gb=0.5)
    this, that = {"server": "box", "site": "lab"}, {"offer": "c", "option": "r"}
    decisions = [
        {**this, "period": "2027-01", "min": 2, "max": 2},
        {**this, "period": "2027-02", "max": 0},
        {**that, "period": "2027-01", "max": 0},
        {**that, "period": "2027-02", "min": 1, "max": 1},
        {**that, "period": "2027-03", "max": 0},
    ]
    assumptions = tree(
        "month",
        3,
        finance={"discount_rate": 0.21},
        workloads=workloads("w", egress_gb_per_gpu_hour=0.2),
        sites={"lab": lab},
        servers={"box": box},
        cloud={"c": cloud},
        decisions=decisions,
    )
    return changed(assumptions, **changes)


def made(**changes: Any) -> planner.Plan:
    plan = planner.plan(forecast(freq="MS", w=HOURS * BUSY), decided_case(**changes), gap=1e-7, baselines=False)
    assert plan.audit.passed
    return plan


@pytest.fixture(scope="module")
def plan() -> planner.Plan:
    return made()


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table.itertuples(index=False)]


def test_purchases(plan: planner.Plan) -> None:
    assert list(plan.purchases) == ["period", "site", "server", "count", "gpus", "in_service", "cost"]
    assert rows(plan.purchases) == [("2027-01", "lab", "box", 2, 8, "2027-02", 2200)]


def test_commitments(plan: planner.Plan) -> None:
    """All of the term: April has 8,760/12 hours."""
    assert list(plan.commitments) == ["period", "offer", "option", "count", "gpus", "until", "cost"]
    assert rows(plan.commitments) == [("2027-02", "c", "r", 1, 2, "2027-04", 600 + 672 + 744 + 730)]


def test_capacity(plan: planner.Plan) -> None:
    assert rows(plan.capacity) == [
        ("2027-02", "lab/box", 2, 8), ("2027-02", "c/r", 1, 2), ("2027-03", "lab/box", 2, 8), ("2027-03", "c/r", 1, 2),
    ]  # fmt: skip


def test_rentals(plan: planner.Plan) -> None:
    assert list(plan.rentals) == ["period", "offer", "option", "workload", "gpu_hours", "cost"]
    assert rows(plan.rentals) == [("2027-01", "c", "on_demand", "w", pytest.approx(7440), pytest.approx(4 * 7440))]


def test_use(plan: planner.Plan) -> None:
    full = pytest.approx(1)
    assert rows(plan.use) == [
        ("2027-02", "lab/box", "w", pytest.approx(8 * 672), full),
        ("2027-02", "c/r", "w", pytest.approx(2 * 672), full),
        ("2027-03", "lab/box", "w", pytest.approx(8 * 744), full),
        ("2027-03", "c/r", "w", pytest.approx(2 * 744), full),
    ]


def test_nothing_unserved(plan: planner.Plan) -> None:
    assert list(plan.unserved) == ["period", "workload", "gpu_hours"]
    assert len(plan.unserved) == 0


def expected_costs() -> dict[tuple[str, str], tuple[float, float]]:
    """(amount, years until it is paid). A month is 1/12; money that flows falls half a month later."""
    month = 1 / 12
    lines: dict[tuple[str, str], tuple[float, float]] = {
        ("2027-01", "servers"): (2000, 0),
        ("2027-01", "installation"): (200, 0),
        ("2027-01", "on_demand"): (4 * 7440, month / 2),
        ("2027-01", "egress"): (0.2 * 0.5 * 7440, month / 2),
        ("2027-02", "reserved_upfront"): (600 * 2 / 3, month),
        ("2027-03", "resale"): (-2 * 1000 * 0.9, 3 * month),
    }
    for p, label in ((1, "2027-02"), (2, "2027-03")):
        middle = (p + 0.5) * month
        idle, busy = 2 * 1 * 1.5 * 0.1 * HOURS[p], 8 * HOURS[p] * 0.1 * 1.5 * (4 - 1) / 4
        lines |= {
            (label, "reserved_hourly"): (HOURS[p], middle),
            (label, "egress"): (0.2 * 0.5 * 2 * HOURS[p], middle),
            (label, "maintenance"): (2 * 0.12 * 1000 / 12, middle),
            (label, "electricity"): (idle + busy, middle),
            (label, "hosting"): (2 * 10 * 4, middle),
            (label, "staff"): (2 * 12_000 / 10 / 12, middle),
        }
    return lines


def test_every_cost_line(plan: planner.Plan) -> None:
    expected = expected_costs()
    found = {(row.period, row.component): (row.amount, row.discounted) for row in plan.costs.itertuples()}
    assert found.keys() == expected.keys()
    for key, (amount, years) in expected.items():
        assert found[key] == (pytest.approx(amount), pytest.approx(amount * 1.21**-years)), key


def test_the_total(plan: planner.Plan) -> None:
    total = sum(amount * 1.21**-years for amount, years in expected_costs().values())
    assert plan.total_cost == pytest.approx(total)
    assert plan.status == "optimal"
    assert plan.bound == pytest.approx(total)


def test_cost_lines_are_in_order_of_time(plan: planner.Plan) -> None:
    assert plan.costs["period"].is_monotonic_increasing


def test_commitments_in_full_show_fees_after_the_end() -> None:
    costs = made(finance__commitments_at_end="full").costs.set_index(["period", "component"])
    assert costs.loc[("2027-02", "reserved_upfront"), "amount"] == pytest.approx(600)
    after = costs.loc[("2027-04", "reserved_hourly")]
    assert after["amount"] == pytest.approx(730)
    assert after["discounted"] == pytest.approx(730 * 1.21 ** (-3.5 / 12))


def test_hardware_at_the_end_without_resale() -> None:
    assert "resale" not in set(made(finance__hardware_at_end="none").costs["component"])


def test_trends_of_an_offer_move_rents_and_lock_reservations() -> None:
    """Prices halve in a year. The reservation of February keeps February's price in March."""
    plan = made(cloud__c__price_trend_per_year=-0.5)
    costs = plan.costs.set_index(["period", "component"])["amount"]
    locked = 0.5 ** (1 / 12)
    assert costs["2027-01", "on_demand"] == pytest.approx(4 * 7440)
    assert costs["2027-02", "reserved_hourly"] == pytest.approx(672 * locked)
    assert costs["2027-03", "reserved_hourly"] == pytest.approx(744 * locked)
    assert plan.commitments["cost"].item() == pytest.approx((600 + 672 + 744 + 730) * locked)


def test_work_on_spot_counts_the_hours_rented() -> None:
    """A fifth is lost: 10 GPUs' work takes 12.5 of them."""
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w", interruptible=True),
        cloud={"c": offer(9, spot={"price": 2, "lost_work": 0.2})},
    )
    plan = planner.plan(forecast(w=[10.0] * 24), assumptions, baselines=False)
    assert rows(plan.rentals) == [("2027-01-01", "c", "spot", "w", pytest.approx(300), pytest.approx(600))]
    assert plan.audit.passed


def test_what_is_left_undone_is_reported_at_its_penalty() -> None:
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w", unserved_penalty=7),
        cloud={"c": offer(2, max_gpus=4)},
    )
    plan = planner.plan(forecast(w=[10.0] + [4.0] * 23), assumptions, baselines=False)
    assert rows(plan.unserved) == [("2027-01-01", "w", pytest.approx(6))]
    assert plan.costs.set_index("component")["amount"].to_dict() == {
        "on_demand": pytest.approx(2 * 96), "unserved": pytest.approx(42),
    }  # fmt: skip
    assert plan.audit.passed


def test_no_demand_is_an_empty_plan() -> None:
    plan = planner.plan(forecast(freq="MS", w=[0.0, 0, 0]), changed(decided_case(), decisions=[]), baselines=False)
    assert plan.total_cost == 0
    for table in ("purchases", "commitments", "capacity", "rentals", "use", "unserved", "costs"):
        assert len(getattr(plan, table)) == 0
    assert plan.audit.passed
