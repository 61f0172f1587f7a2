"""What each option and each workload costs, and what is left to pay, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner.breakdown import FLEET_RESALE, IDLE

FIXED = {"server": "box", "site": "lab", "period": "2027-01-01", "min": 2, "max": 2}


def case(**changes: Any) -> Tree:
    """Two days. Two servers of 2 GPUs are decided on: a asks for 2 GPUs, b for 1; on-demand for what is over."""
    assumptions = tree(
        "day",
        2,
        workloads=workloads("a", "b"),
        sites={"lab": site(0.5)},
        servers={"box": server(96, "2 days", gpus=2, power_kw=2)},
        cloud={"c": offer(5, reserved={"r": {"term": "1 day", "upfront": 72}})},
        decisions=[FIXED, {**FIXED, "period": "2027-01-02", "min": 0, "max": 0}],
    )
    return changed(assumptions, **changes)


def made(a: list[float], b: list[float], **changes: Any) -> planner.Plan:
    plan = planner.plan(forecast(a=a, b=b), case(**changes), gap=1e-7, baselines=False)
    assert plan.audit.passed
    return plan


def test_what_nobody_uses_is_a_row_of_its_own() -> None:
    """192 for 192 GPU-hours: a uses 96 of them, b 48, nobody 48. Electricity is 0.5 a GPU-hour."""
    costs = made([2.0] * 48, [1.0] * 48).workload_costs.set_index("workload")
    assert costs["amount"].to_dict() == {
        "a": pytest.approx(96 * 1.5), "b": pytest.approx(48 * 1.5), IDLE: pytest.approx(48),
    }  # fmt: skip
    assert costs["per_gpu_hour"].loc[["a", "b"]].tolist() == pytest.approx([1.5, 1.5])
    assert costs["per_month"].tolist() == pytest.approx([amount * 365 / 24 for amount in (144, 72, 48)])
    assert costs.loc[IDLE].isna().sum() == 2
    assert costs["per_million_tokens"].isna().all()


def test_workload_costs_sum_to_what_is_paid() -> None:
    plan = made([6.0] + [2.0] * 47, [1.0] * 40 + [4.0] * 8)
    assert plan.workload_costs["amount"].sum() == pytest.approx(plan.costs["amount"].sum())


def test_work_done_is_what_is_divided_by() -> None:
    """b leaves 2 of its 6 GPUs undone in every hour, at 1 each: 96; it has 2 servers' GPUs that a does not use."""
    works = {**workloads("a"), **workloads("b", unserved_penalty=1.0)}
    costs = made([2.0] * 48, [4.0] * 48, workloads=works).workload_costs.set_index("workload")
    assert costs.loc["b", "amount"] == pytest.approx(96 * 1.5 + 96)
    assert costs.loc["b", "per_gpu_hour"] == pytest.approx((96 * 1.5 + 96) / 96)


def test_no_idle_row_where_everything_is_used() -> None:
    assert made([2.0] * 48, [2.0] * 48).workload_costs["workload"].tolist() == ["a", "b"]


def test_tokens_have_a_price_per_million() -> None:
    """1,000 output tokens a second: 3.6 million an hour. 2 GPUs on demand at 5."""
    frame = forecast(w=[2 * 3.6e6] * 24).rename(columns={"gpu_hours": "output_tokens"})
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w", throughput={"H100": {"output_tokens_per_s": 1000}}),
        cloud={"c": offer(5)},
    )
    costs = planner.plan(frame, assumptions, baselines=False).workload_costs
    assert costs["per_gpu_hour"].item() == pytest.approx(5)
    assert costs["per_million_tokens"].item() == pytest.approx(5 / 3.6)


def test_chosen_options_at_their_planned_use_and_others_at_full_use() -> None:
    """Servers: 192 and 144 × 0.5 over 144 GPU-hours, 3/4 used. Reserved: 72 a day for 24 GPU-hours."""
    options = made([2.0] * 48, [1.0] * 48).options.set_index("name")
    assert options["chosen"].to_dict() == {"lab/box": True, "c/r": False, "c/on_demand": False}
    assert options["kind"].tolist() == ["server", "reserved", "on_demand"]
    assert options.loc["lab/box", ["cost_per_gpu_hour", "gpu_hours", "utilisation"]].tolist() == pytest.approx(
        [(192 + 72) / 144, 144, 0.75]
    )
    assert options.loc[["c/r", "c/on_demand"], "cost_per_gpu_hour"].tolist() == pytest.approx([3, 5])
    assert options.loc[["c/r", "c/on_demand"], "gpu_hours"].tolist() == [0, 0]


def test_a_server_at_full_use_is_priced_from_its_first_order() -> None:
    """Not decided on and too dear: 960 for 2 GPUs over 48 hours, and 0.5."""
    plan = made([2.0] * 48, [1.0] * 48, decisions=[], servers__box__price=960)
    options = plan.options.set_index("name")
    assert not options.loc["lab/box", "chosen"]
    assert options.loc["lab/box", "cost_per_gpu_hour"] == pytest.approx(960 / 96 + 0.5)


def test_what_cannot_arrive_has_no_price() -> None:
    plan = made([2.0] * 48, [1.0] * 48, decisions=[], servers__box__lead_time="2 days")
    box = plan.options.set_index("name").loc["lab/box"]
    assert not box["chosen"]
    assert box[["cost_per_gpu_hour"]].isna().all()


def test_what_is_held_and_never_used_says_so() -> None:
    plan = made([0.0] * 48, [0.0] * 48)
    box = plan.options.set_index("name").loc["lab/box"]
    assert box["chosen"]
    assert "never used" in box["text"]
    assert plan.workload_costs.set_index("workload").loc[IDLE, "amount"] == pytest.approx(192)


@pytest.mark.parametrize(
    ("at_end", "words"), [("prorated", "not in the plan's cost"), ("full", ", in the plan's cost")]
)
def test_obligations_after_the_end(at_end: str, words: str) -> None:
    """A term of 3 days, bought for 5 GPUs on the first of 2 days at 0.5 an hour each: a day is left."""
    reserved = {"r": {"term": "3 days", "hourly": 0.5}}
    assumptions = tree("day", 2, workloads=workloads("w"), cloud={"c": offer(5, reserved=reserved)})
    assumptions["finance"]["commitments_at_end"] = at_end
    owed = planner.plan(forecast(w=[5.0] * 48), assumptions, baselines=False).obligations_after_end
    assert owed["until"].tolist() == ["2027-01-03"]
    assert owed["amount"].tolist() == pytest.approx([5 * 0.5 * 24])
    assert words in owed["what"].item()
    assert "c/r" in owed["what"].item()


def test_the_upfront_fee_of_the_time_after_the_end_is_an_obligation_too() -> None:
    """A third of 6 for each of 5."""
    reserved = {"r": {"term": "3 days", "upfront": 6, "hourly": 0.5}}
    assumptions = tree("day", 2, workloads=workloads("w"), cloud={"c": offer(5, reserved=reserved)})
    owed = planner.plan(forecast(w=[5.0] * 48), assumptions, baselines=False).obligations_after_end
    assert owed["amount"].tolist() == pytest.approx([5 * 0.5 * 24, 10])
    assert "upfront" in owed["what"].iloc[1]


def test_no_obligations_where_terms_end_in_time() -> None:
    reserved = {"r": {"term": "2 days", "upfront": 5, "hourly": 0.5}}
    assumptions = tree("day", 2, workloads=workloads("w"), cloud={"c": offer(5, reserved=reserved)})
    plan = planner.plan(forecast(w=[5.0] * 48), assumptions, baselines=False)
    assert plan.commitments["count"].sum() == pytest.approx(5)
    assert len(plan.obligations_after_end) == 0


def test_what_the_fleet_brings_is_no_workloads_gain() -> None:
    """A box that was paid for before is worth 70 at the end; it costs 0.1 an hour to run, and does all the work."""
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w"),
        sites={"s": site(0.1)},
        servers={"box": server(100, "10 days", resale={"1 day": 0.7, "9 days": 0.7}, max_order_per_period=0)},
        cloud={"c": offer(3.0)},
        fleet=[{"server": "box", "site": "s", "count": 1, "in_service": "2026-12-30", "price_paid": 100}],
        finance={"discount_rate": 0, "hardware_at_end": "resale"},
    )
    plan = planner.plan(forecast(w=[1.0] * 48), assumptions, baselines=False)
    costs = plan.workload_costs.set_index("workload")["amount"]
    assert costs.to_dict() == {"w": pytest.approx(4.8), FLEET_RESALE: pytest.approx(-70)}
    assert costs.sum() == pytest.approx(plan.costs["amount"].sum())
    box = plan.options.set_index("name").loc["s/box"]
    assert box["cost_per_gpu_hour"] == pytest.approx(0.1)
