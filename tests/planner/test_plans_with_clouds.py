"""Plans of hand size with what clouds sell: discounts, spend commitments, quotas, APIs, prices from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads
from test_plans_with_holdings import made, rows

import planner


def days(**changes: Any) -> Tree:
    """Two days, an hour rented is 2."""
    return changed(tree("day", 2, workloads=workloads("w"), cloud={"c": offer(2)}), **changes)


ONE = forecast(w=[1.0] * 48)


def lines(plan: planner.Plan) -> dict[str, float]:
    return {str(name): float(amount) for name, amount in plan.costs.groupby("component")["amount"].sum().items()}


def test_a_discount_and_support() -> None:
    """Half of 2, and a tenth of what is paid, data included: 0.4 GB at half of 5."""
    assumptions = days(
        providers={"p": {"discount": 0.5, "support_share": 0.1}},
        workloads__w__egress_gb_per_gpu_hour=0.4,
        cloud__c__egress_per_gb=5,
    )
    plan = made(ONE, assumptions, 48 * 2 * 1.1)
    assert lines(plan) == {
        "on_demand": pytest.approx(48), "egress": pytest.approx(48), "support": pytest.approx(9.6),
    }  # fmt: skip
    assert plan.rentals["cost"].sum() == pytest.approx(48)


def test_another_provider_gives_no_discount() -> None:
    made(ONE, days(cloud__d=offer(1.5, provider="q"), providers={"p": {"discount": 0.2}}), 48 * 1.5)


SAVINGS = {"s": {"term": "1 day", "rates": {"c": 1}}}


def test_a_spend_commitment_pays_for_the_base() -> None:
    """1 GPU for 24 hours, 2 for 12 of them: 1 an hour is drawn always; the second hour is worth 2 × 12 = 24 as well."""
    frame = forecast(w=[1.0] * 12 + [2.0] * 12 + [1.0] * 20 + [2.0] * 4)
    plan = made(frame, days(spend_commitments=SAVINGS), 24 + 24 + 24 + 8)
    second = plan.spend_commitments.set_index("period").loc["2027-01-02"]
    assert second[["name", "until"]].tolist() == ["s", "2027-01-02"]
    assert second[["amount_per_hour", "cost"]].tolist() == pytest.approx([1, 24])
    drawn = plan.rentals[(plan.rentals["option"] == "s") & (plan.rentals["period"] == "2027-01-02")]
    assert drawn["gpu_hours"].tolist() == pytest.approx([24])
    assert drawn["cost"].tolist() == [0]
    assert "s/money" not in set(plan.capacity["pool"])
    option = plan.options.set_index("name").loc["c/s"]
    assert (option["kind"], option["chosen"]) == ("drawn", True)
    assert plan.workload_costs["amount"].sum() == pytest.approx(plan.total_cost)


def test_a_spend_commitment_moves_between_offers_hour_by_hour() -> None:
    """a works on offer c by day, b on d by night: one promise pays for both; d's rate takes as much."""
    works = {**workloads("a", speed={"H100": 1, "A100": 0}), **workloads("b", speed={"H100": 0, "A100": 1})}
    assumptions = tree(
        "day",
        1,
        workloads=works,
        cloud={"c": offer(2), "d": offer(3, gpu="A100")},
        spend_commitments={"s": {"term": "1 day", "rates": {"c": 1, "d": 1}}},
    )
    plan = made(forecast(a=[1.0] * 12 + [0.0] * 12, b=[0.0] * 12 + [1.0] * 12), assumptions, 24)
    assert plan.spend_commitments["amount_per_hour"].sum() == pytest.approx(1)


def test_the_discount_is_on_rates_and_support_on_the_money() -> None:
    """A rate of 1 less a fifth: 0.8 an hour, and a tenth."""
    providers = {"p": {"discount": 0.2, "support_share": 0.1}}
    plan = made(ONE, days(spend_commitments=SAVINGS, providers=providers), 48 * 0.8 * 1.1)
    assert lines(plan) == {"spend_commitment": pytest.approx(38.4), "support": pytest.approx(3.84)}


@pytest.mark.parametrize(("at_end", "total"), [("prorated", 48), ("full", 96)])
def test_a_promise_that_runs_past_the_end(at_end: str, total: float) -> None:
    """1 an hour for 3 days would be 72; rented it is 96, which is less than promising both days or in full."""
    promised = {"s": {"term": "4 days", "rates": {"c": 1}}}
    plan = made(ONE, days(spend_commitments=promised, finance__commitments_at_end=at_end), total)
    if at_end == "prorated":
        assert plan.obligations_after_end["amount"].sum() == pytest.approx(48)


def test_a_quota_holds_for_all_its_offers_together() -> None:
    """Three of the four at 1, the other outside."""
    cloud = {"eu-1": offer(1), "eu-2": offer(2), "us": offer(5)}
    assumptions = tree(
        "day", 1, workloads=workloads("w"), cloud=cloud, limits={"quotas": [{"offers": ["eu-*"], "max_gpus": 3}]}
    )
    made(forecast(w=[4.0] * 24), assumptions, 24 * (3 + 5))


def test_a_quota_counts_what_is_drawn_and_reserved() -> None:
    """One reserved for 12 and one drawn fill a quota of 2."""
    cloud = {"c": offer(9, reserved={"r": {"term": "1 day", "upfront": 12}}), "d": offer(30)}
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w"),
        cloud=cloud,
        spend_commitments=SAVINGS,
        limits={"quotas": [{"offers": ["c"], "max_gpus": 2}]},
        decisions=[{"offer": "c", "option": "r", "period": "2027-01-01", "max": 1}],
    )
    made(forecast(w=[3.0] * 24), assumptions, 12 + 24 + 24 * 30)


# APIs


def tokens(**changes: Any) -> tuple[pd.DataFrame, Tree]:
    """A GPU-hour is 3.6 million output tokens; one for two days, the second with as many input tokens."""
    frame = forecast(w=[3.6e6] * 48).rename(columns={"gpu_hours": "output_tokens"})
    frame["input_tokens"] = [0.0] * 24 + [3.6e6] * 24
    throughput = {"H100": {"output_tokens_per_s": 1000}}
    assumptions = days(workloads=workloads("w", throughput=throughput), cloud={"c": offer(20)})
    return frame, changed(assumptions, **changes)


def test_an_api_is_used_where_its_tokens_cost_less() -> None:
    """18 a GPU-hour on the first day, 21.6 on the second."""
    frame, assumptions = tokens(apis={"a": {"input_per_million": 1, "output_per_million": 5}})
    plan = made(frame, assumptions, 24 * 18 + 24 * 20)
    million = pytest.approx(24 * 3.6e6)
    assert rows(plan.api_use) == [("2027-01-01", "a", "w", 0, million, pytest.approx(24 * 18))]
    assert lines(plan) == {"api": pytest.approx(24 * 18), "on_demand": pytest.approx(24 * 20)}
    assert plan.rentals["period"].tolist() == ["2027-01-02"]
    assert plan.options.set_index("name").loc["a/api", "cost_per_gpu_hour"] == pytest.approx(18)


def test_an_api_counts_in_cloud_spend_and_has_no_support() -> None:
    """180 a day are 10 hours of the first, and 9 of the second by the offer."""
    frame, assumptions = tokens(
        apis={"a": {"input_per_million": 1, "output_per_million": 5}},
        workloads__w__unserved_penalty=100,
        providers={"p": {"support_share": 0.05}},
        limits={"cloud_spend": {"per_period": 180}},
    )
    # The offer with support is 21, so that the API at 18 and 20 is cheaper on both days.
    assumptions["apis"]["a"]["input_per_million"] = 2 / 3.6
    made(frame, assumptions, 180 + 14 * 100 + 180 + 15 * 100)


def test_all_on_demand_has_no_apis_and_all_cloud_has() -> None:
    frame, assumptions = tokens(apis={"a": {"input_per_million": 1, "output_per_million": 5}})
    plan = planner.plan(frame, assumptions, gap=1e-7)
    assert plan.audit.passed
    table = plan.baselines.set_index("name")["total_cost"]
    assert table["all on-demand"] == pytest.approx(48 * 20)
    assert table["all cloud"] == pytest.approx(24 * 38)


def test_all_on_demand_promises_nothing_and_all_cloud_may() -> None:
    plan = planner.plan(ONE, days(spend_commitments=SAVINGS), gap=1e-7)
    assert plan.audit.passed
    table = plan.baselines.set_index("name")["total_cost"]
    assert (table["all on-demand"], table["all cloud"]) == (pytest.approx(96), pytest.approx(48))


# Files of prices


def written(path: Path, *lines_: str) -> str:
    path.write_text("\n".join(lines_) + "\n", encoding="utf-8")
    return str(path)


def test_prices_of_an_offer_from_a_file(tmp_path: Path) -> None:
    """3 on the first day, 1 on the second, less a tenth; its reservation keeps its price."""
    file = written(tmp_path / "c.csv", "option,period,price", "on_demand,2027-01-01,3", "on_demand,2027-01-02,1")
    cloud = {"c": offer(2, prices=file, reserved={"r": {"term": "1 day", "upfront": 60}})}
    plan = made(ONE, days(cloud=cloud, providers={"p": {"discount": 0.1}}), 54 + 0.9 * 24)
    assert plan.commitments["period"].tolist() == ["2027-01-01"]


def test_prices_of_a_server_from_a_file(tmp_path: Path) -> None:
    """40 today, 10 tomorrow: renting a day for 24 is cheaper than buying today."""
    file = written(tmp_path / "box.csv", "period,price", "2027-01-01,40", "2027-01-02,10")
    servers = {"box": server(99, "30 days", prices=file)}
    plan = made(ONE, days(cloud__c__on_demand=1, servers=servers, sites={"lab": site()}), 24 + 10)
    assert rows(plan.purchases)[0][0] == "2027-01-02"


def test_electricity_by_period_from_a_file(tmp_path: Path) -> None:
    """Owned work costs 1 on the first day and 3 on the second, where renting costs 2."""
    file = written(tmp_path / "power.csv", "period,price", "2027-01-01,1", "2027-01-02,3")
    owned = [{"server": "box", "site": "lab", "count": 1, "in_service": "2026-12-20"}]
    assumptions = days(sites={"lab": site(file)}, servers={"box": server(99, "30 days")}, fleet=owned)
    made(ONE, assumptions, 24 + 48)


# Electricity by the hour, and work that may wait


def by_the_hour(tmp_path: Path, *, idle_power_kw: float = 0.0, **workload: Any) -> Tree:
    """Two owned GPUs; the first twelve hours of a day cost 1, the others 3; renting costs 2."""
    stamps = pd.date_range("2027-01-01", periods=48, freq="h")
    prices = [f"{stamp:%Y-%m-%dT%H:%M},{1 if stamp.hour < 12 else 3}" for stamp in stamps]
    file = written(tmp_path / "power.csv", "timestamp,price", *prices)
    owned = [{"server": "box", "site": "lab", "count": 2, "in_service": "2026-12-20"}]
    return days(
        workloads=workloads("w", **workload),
        sites={"lab": site(file)},
        servers={"box": server(99, "30 days", sites=[], idle_power_kw=idle_power_kw)},
        fleet=owned,
    )


def test_electricity_by_the_hour_decides_where_work_runs(tmp_path: Path) -> None:
    """Twelve hours at 1, twelve rented at 2."""
    plan = made(ONE, by_the_hour(tmp_path), 24 + 48)
    assert lines(plan) == {"electricity": pytest.approx(24), "on_demand": pytest.approx(48)}


def test_idle_power_pays_the_price_of_every_hour(tmp_path: Path) -> None:
    """Two servers idle at half a kW: 48 for each day's 12 × 1 + 12 × 3. The other half is paid by who works."""
    plan = made(ONE, by_the_hour(tmp_path, idle_power_kw=0.5), 96 + 24 * 0.5 + 24 * 1.5)
    assert lines(plan) == {"electricity": pytest.approx(96 + 48)}


def test_work_that_may_wait_runs_when_electricity_is_cheap(tmp_path: Path) -> None:
    """Both GPUs in the twelve cheap hours."""
    made(ONE, by_the_hour(tmp_path, deferrable="24 hours"), 48)


def owning(**workload: Any) -> Tree:
    """A server of one GPU for 10, or 1 an hour rented, for one day."""
    return tree(
        "day",
        1,
        workloads=workloads("w", **workload),
        sites={"lab": site()},
        servers={"box": server(10, "30 days")},
        cloud={"c": offer(1)},
    )


BURST = forecast(w=[24.0] + [0.0] * 23)


@pytest.mark.parametrize(
    ("deferrable", "total"), [("no", 24), ("1 hour", 24), ("24 hours", 10), ("period", 10), ("8 hours", 10 + 16)]
)
def test_a_server_for_a_burst_is_worth_it_if_it_may_be_spread(deferrable: str, total: float) -> None:
    """24 GPU-hours in the first hour; spread over 8 hours, a server does 8 of them, two do 16 for 20 + 8."""
    expected = {"8 hours": min(24, 10 + 16, 20 + 8, 30)}.get(deferrable, total)
    made(BURST, owning(deferrable=deferrable), expected)


def test_work_that_waits_is_left_undone_by_the_block() -> None:
    """One GPU owned, nothing to rent: 24 of 30 GPU-hours are done somewhere in the day."""
    assumptions = owning(deferrable="24 hours", unserved_penalty=1)
    assumptions["cloud"] = {}
    frame = forecast(w=[30.0] + [0.0] * 23)
    plan = made(frame, assumptions, 10 + 6)
    assert plan.unserved["gpu_hours"].tolist() == pytest.approx([6])


def test_the_share_on_spot_is_of_the_block() -> None:
    """Half of a day's work on spot at 0.5, in hours when spot is all that runs."""
    assumptions = owning(deferrable="24 hours", interruptible=True, spot_max_share=0.5)
    assumptions["servers"] = {}
    assumptions["cloud"] = {"c": offer(2, spot={"price": 0.5})}
    made(BURST, assumptions, 12 * 0.5 + 12 * 2)
