"""Baselines by hand: the best plan under each restriction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner


def case(**changes: Any) -> Tree:
    """Three days, 5 GPUs busy. A server costs 10 and arrives a day later; a reserved day 14.4; an hour rented 1."""
    assumptions = tree(
        "day",
        3,
        workloads=workloads("w"),
        sites={"lab": site()},
        servers={"box": server(10, "3 days", lead_time="1 day")},
        cloud={"c": offer(1, reserved={"r": {"term": "1 day", "hourly": 0.6}}, spot={"price": 0.9})},
    )
    return changed(assumptions, **changes)


def compared(assumptions: Tree, gpus: float = 5.0, **options: Any) -> Any:
    plan = planner.plan(forecast(w=[gpus] * 72), assumptions, gap=1e-6, **options)
    assert plan.audit.passed
    return plan.total_cost, plan.baselines.set_index("name")


def test_by_hand() -> None:
    """Plan: a reserved day (72), then 5 servers (50). On demand: 360. Cloud: 216. Local: 120 before delivery, 50."""
    total, table = compared(case())
    assert total == pytest.approx(122)
    assert table["total_cost"].to_dict() == {
        "all on-demand": pytest.approx(360), "all cloud": pytest.approx(216), "all local": pytest.approx(170),
    }  # fmt: skip
    assert table["saving"].tolist() == pytest.approx([238, 94, 48])
    assert (table["gap"] <= 1e-3).all()
    assert table["reason"].isna().all()


def test_spot_is_no_part_of_all_on_demand_nor_of_all_local() -> None:
    works = workloads("w", interruptible=True)
    _, table = compared(case(workloads=works, cloud__c__spot={"price": 0.1}))
    assert table["total_cost"].to_dict() == {
        "all on-demand": pytest.approx(360), "all cloud": pytest.approx(36), "all local": pytest.approx(170),
    }  # fmt: skip


def test_all_local_may_rent_only_before_the_first_possible_delivery() -> None:
    """Twice as long a lead: two days rented."""
    _, table = compared(case(servers__box__lead_time="2 days"))
    assert table.loc["all local", "total_cost"] == pytest.approx(240 + 50)


def test_all_local_ends_renting_for_each_work_when_its_own_servers_can_be_there() -> None:
    """Servers for w arrive after a day. Only what arrives after two has the memory for big, and nothing that for huge.

    w: 24 rented, a server for 10. big: 48 rented, another for 10. huge: 72 rented.
    """
    boxes = {
        "box": server(10, "3 days", lead_time="1 day", gpu="L4"),
        "large": server(10, "3 days", lead_time="2 days", gpu="H100"),
    }
    works = {
        **workloads("w", speed={"L4": 1, "H100": 1, "H200": 1}),
        **workloads("big", gpu_memory_gb=60, speed={"L4": 1, "H100": 1, "H200": 1}),
        **workloads("huge", gpu_memory_gb=100, speed={"L4": 1, "H100": 1, "H200": 1}),
    }
    cloud = {"c": offer(1, gpu="H200")}
    plan = planner.plan(
        forecast(w=[1.0] * 72, big=[1.0] * 72, huge=[1.0] * 72),
        case(servers=boxes, workloads=works, cloud=cloud),
        gap=1e-6,
    )
    local = plan.baselines.set_index("name").loc["all local"]
    assert local["total_cost"] == pytest.approx(24 + 10 + 48 + 10 + 72)


def test_all_local_without_servers_says_so() -> None:
    for changes in ({"servers": {}}, {"servers__box__lead_time": "3 days"}, {"workloads__w__location": "cloud"}):
        _, table = compared(case(**changes))
        assert np.isnan(table.loc["all local", "total_cost"])
        assert np.isnan(table.loc["all local", "saving"])
        assert "no server can be bought" in table.loc["all local", "reason"]


def test_all_local_that_has_no_room_says_what_is_full() -> None:
    """4 kW for 5 servers of 1 kW."""
    _, table = compared(case(sites__lab__power_limit_kw=4))
    assert np.isnan(table.loc["all local", "total_cost"])
    assert "48 GPU-hours of w" in table.loc["all local", "reason"]
    assert "power limit of site lab" in table.loc["all local", "reason"]


def test_all_on_demand_where_nothing_is_sold_on_demand() -> None:
    """The workload has to be named, and that nothing may run it; the cloud's reservations still can."""
    cloud = {"c": offer(reserved={"r": {"term": "1 day", "hourly": 0.6}})}
    _, table = compared(case(cloud=cloud))
    assert np.isnan(table.loc["all on-demand", "total_cost"])
    assert "360 GPU-hours of w" in table.loc["all on-demand", "reason"]
    assert "72 of 72 hours" in table.loc["all on-demand", "reason"]
    assert table.loc["all cloud", "total_cost"] == pytest.approx(216)
    # Nothing may be rented on the first day either.
    assert np.isnan(table.loc["all local", "total_cost"])


def test_a_baseline_with_a_penalty_leaves_work_undone() -> None:
    """All local with room for 4 servers: 1 GPU undone for 48 hours at 2, 120 rented, 40 for servers."""
    works = workloads("w", unserved_penalty=2.0)
    _, table = compared(case(workloads=works, sites__lab__power_limit_kw=4))
    assert table.loc["all local", "total_cost"] == pytest.approx(120 + 40 + 48 * 2)


def test_no_baseline_costs_less_than_the_plan() -> None:
    total, table = compared(case(servers__box__price=300))
    assert (table["total_cost"] >= total * (1 - 1e-6)).all()
    assert (table["saving"] >= -1e-6 * total).all()
    # Nobody buys servers at 300: all cloud is the plan.
    assert table.loc["all cloud", "saving"] == pytest.approx(0, abs=1e-6)


def test_whole_servers_are_whole_in_baselines_too() -> None:
    _, table = compared(case(servers__box__gpus=2, servers__box__power_kw=2), gpus=5.0)
    assert table.loc["all local", "total_cost"] == pytest.approx(120 + 30)


def test_without_baselines_the_table_is_empty() -> None:
    _, table = compared(case(), baselines=False)
    assert len(table) == 0
    assert list(table) == ["total_cost", "saving", "gap", "reason"]
