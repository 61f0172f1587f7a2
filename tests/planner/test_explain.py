"""Why there is no plan: names, hours, amounts and what binds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner import NoPlanError


def case(**changes: Any) -> Tree:
    """Two days. Servers of 2 GPUs arrive a day after the order; 4 GPUs can be rented."""
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w"),
        sites={"lab": site()},
        servers={"box": server(10, "2 days", gpus=2, power_kw=2, lead_time="1 day")},
        cloud={"c": offer(1, max_gpus=4)},
    )
    return changed(assumptions, **changes)


def reasons(assumptions: Tree, **demand: list[float]) -> str:
    with pytest.raises(NoPlanError) as error:
        planner.plan(forecast(**demand), assumptions)
    assert error.value.status == "infeasible"
    return "\n".join(error.value.reasons)


def assert_all(words: list[str], text: str) -> None:
    for word in words:
        assert word in text, f"{word!r} is not in:\n{text}"


def test_demand_before_the_first_delivery() -> None:
    """6 GPUs in 3 hours of the first day: 2 are missing in each."""
    text = reasons(case(), w=[1.0] * 10 + [6.0] * 3 + [1.0] * 35)
    assert_all(["workload w", "6 GPU-hours", "3 of 48 hours", "2027-01-01 10:00 for 3 h", "needs 6", "lacks 2"], text)
    assert_all(["max_gpus of c: 4 GPUs", "in service before 2027-01-02"], text)


def test_one_hour_that_only_a_server_could_serve_is_named() -> None:
    """8 GPUs for an hour of the second day, room for one server: 8 − 4 − 2."""
    demand = [1.0] * 30 + [8.0] + [1.0] * 17
    text = reasons(case(sites__lab__power_limit_kw=3), w=demand)
    assert_all(["workload w", "2 GPU-hours", "1 of 48 hours", "2027-01-02 06:00", "lacks 2"], text)
    assert_all(["power limit of site lab: 3 kW", "2027-01-02", "max_gpus of c"], text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"servers__box__max_servers": 1}, ["max_servers of box: 1 servers"]),
        ({"servers__box__max_order_per_period": 1}, ["max_order_per_period of box: 1"]),
        ({"sites__lab__rack_units": 9.0, "servers__box__rack_units": 5.0}, ["rack units of site lab: 9 U"]),
        ({"servers": {}}, ["nothing that could run it can be ordered"]),
        ({"servers__box__lead_time": "2 days"}, ["nothing that could run it can be ordered"]),
        ({"servers__box__available_from": "2027-01-02"}, ["nothing that could run it can be ordered"]),
    ],
)
def test_what_binds_is_named(change: Tree, words: list[str]) -> None:
    demand = [1.0] * 30 + [8.0] + [1.0] * 17
    assert_all([*words, "workload w", "max_gpus of c: 4 GPUs"], reasons(case(**change), w=demand))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"workloads__w__regions": ["mars-*"]}, ["regions mars-*"]),
        ({"workloads__w__gpu_memory_gb": 1000}, ["1000 GB per replica"]),
        ({"workloads__w__speed": {"H100": 0}}, ["a GPU with a speed relative to H100"]),
        ({"servers": {}, "workloads__w__location": "local"}, ["location local"]),
    ],
)
def test_work_that_nothing_can_run(change: Tree, words: list[str]) -> None:
    text = reasons(case(**change), w=[3.0] * 48)
    assert_all(["workload w", "144 GPU-hours", "48 of 48 hours", "no server and no offer can run it", *words], text)


def test_a_workload_that_may_not_be_rented() -> None:
    text = reasons(case(workloads__w__location="local"), w=[3.0] * 48)
    assert_all(["72 GPU-hours", "24 of 48 hours", "2027-01-01 00:00 for 24 h"], text)
    assert_all(["in service before 2027-01-02", "nothing that is rented by the hour may run it"], text)
    assert "max_gpus of c" not in text, "the offer is no way to serve it"


def test_each_workload_that_falls_short_is_named_and_others_are_not() -> None:
    works = workloads("a", "b", "fine")
    works["a"]["location"] = works["b"]["location"] = "local"
    text = reasons(case(workloads=works), a=[1.0] * 48, b=[0.0] * 5 + [2.0] + [0.0] * 42, fine=[1.0] * 48)
    assert_all(["workload a", "workload b", "2 GPU-hours in 1 of 48"], text)
    assert "workload fine" not in text


def test_many_stretches_are_counted_not_listed() -> None:
    text = reasons(case(), w=[0.0, 5.0] * 10 + [0.0] * 28)
    assert "10 GPU-hours in 10 of 48 hours" in text
    assert len(re.findall(r"for 1 h", text)) == 3
    assert "7 more stretches" in text


def test_work_with_a_penalty_is_no_reason() -> None:
    """b may be left undone: what a lacks is said as if b were not there."""
    works = {**workloads("a"), **workloads("b", unserved_penalty=1.0)}
    text = reasons(case(workloads=works), a=[6.0] + [1.0] * 47, b=[9.0] * 48)
    assert_all(["workload a", "2 GPU-hours in 1 of 48"], text)
    assert "workload b" not in text


def test_with_a_penalty_it_is_a_plan_with_the_shortfall_reported() -> None:
    demand = [1.0] * 10 + [6.0] * 3 + [1.0] * 35
    plan = planner.plan(forecast(w=demand), case(workloads__w__unserved_penalty=100.0), baselines=False)
    assert plan.unserved["gpu_hours"].tolist() == pytest.approx([6])
    assert plan.audit.passed


@pytest.mark.parametrize(
    "change",
    [{"sites__lab__power_limit_kw": 7}, {"servers__box__max_servers": 3}],
)
def test_decisions_that_limits_forbid(change: Tree) -> None:
    decision = {"server": "box", "site": "lab", "period": "2027-01-01", "min": 4}
    text = reasons(case(decisions=[decision], **change), w=[1.0] * 48)
    assert "what is decided contradicts the limits" in text
    assert str(next(iter(change.values()))) in text


def test_the_least_shortfall_is_told_not_that_of_some_plan() -> None:
    """All the demand of the second day could be served by servers: only the first day's shortfall is left."""
    text = reasons(case(), w=[5.0] * 24 + [50.0] * 24)
    assert_all(["24 GPU-hours in 24 of 48 hours", "2027-01-01 00:00 for 24 h"], text)


@pytest.mark.parametrize("whole", [True, False])
def test_orders_that_earn_money_without_limit(whole: bool) -> None:
    """Sold for its full price after a day that makes money worth more."""
    box = server(10, "2 days", resale={"2 days": 1.0}, whole_servers=whole)
    assumptions = changed(case(servers={"box": box}), finance__discount_rate=-0.5)
    with pytest.raises(NoPlanError) as error:
        planner.plan(forecast(w=[1.0] * 48), assumptions)
    assert error.value.status == "unbounded"
    assert "resale" in error.value.reasons[0]


def test_a_time_limit_without_a_plan() -> None:
    with pytest.raises(NoPlanError) as error:
        planner.plan(forecast(w=[1.0] * 48), case(), time_limit=1e-9)
    assert error.value.status == "time_limit"
    assert "--time-limit" in error.value.reasons[0]
