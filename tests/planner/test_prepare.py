"""Forecast + assumptions → instance, figure by figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

from planner.api import read_inputs
from planner.prepare import Prepared
from planner.problems import InputError


def full(**changes: Any) -> Tree:
    """One site, one server, one offer sold in every way; months of 2027."""
    assumptions = tree(
        "month",
        3,
        workloads=workloads("w"),
        sites={"lab": site(0.1, pue=1.5)},
        servers={
            "box": server(
                1000, "24 months", gpus=8, power_kw=10, idle_power_kw=2, availability=0.75, whole_servers=False
            )
        },
        cloud={
            "c": offer(
                16,
                gpus=8,
                reserved={"r": {"term": "12 months", "hourly": 8}},
                spot={"price": 4, "lost_work": 0.25},
                price_trend_per_year=-0.5,
            )
        },
    )
    return changed(assumptions, **changes)


def prepared(assumptions: Tree, **demand: list[float]) -> Prepared:
    frame = forecast(freq="MS", **(demand or {"w": [730.0, 1460.0, 0.0]}))
    return read_inputs(frame, assumptions).prepared


def column(made: Prepared, label: str) -> int:
    return [supply.label for supply in made.supplies].index(label)


def test_supplies_are_pools_first() -> None:
    made = prepared(full(workloads__w__interruptible=True))
    assert [supply.label for supply in made.supplies] == ["lab/box", "c/r", "c/on_demand", "c/spot"]
    assert [supply.kind.value for supply in made.supplies] == ["server", "reserved", "on_demand", "spot"]
    assert [supply.label for supply in made.pools] == ["lab/box", "c/r"]
    assert made.instance.pool_supply.tolist() == [0, 1]
    assert made.instance.is_market.tolist() == [False, False, True, True]
    assert made.instance.is_spot.tolist() == [False, False, False, True]


def test_demand_is_spread_over_the_hours_of_each_month() -> None:
    made = prepared(full())
    assert made.instance.first_hour.tolist() == [0, 744, 744 + 672, 744 + 672 + 744]
    assert made.instance.demand[[0, 743, 744, 1416], 0] == pytest.approx([730 / 744, 730 / 744, 1460 / 672, 0])


def test_effectiveness_and_running_cost_by_hand() -> None:
    """Owned: 0.1 × 1.5 × (10 − 2)/8. Rented: price/8, falling to half in a year. Spot delivers 3/4 of its hours."""
    made = prepared(full(workloads__w__interruptible=True))
    assert made.instance.effectiveness.tolist() == [[1, 1, 1, 0.75]]
    cost = made.instance.running_cost[:, 0, :]
    falling = 0.5 ** (np.arange(3) / 12)
    assert cost[:, 0] == pytest.approx([0.15] * 3)
    assert cost[:, 1].tolist() == [0, 0, 0]
    assert cost[:, 2] == pytest.approx(2 * falling)
    assert cost[:, 3] == pytest.approx(0.5 * falling)


def test_holding_cost_by_hand() -> None:
    """Idle: 2 kW × 1.5 × 0.1 in every hour; hosting: 100 a kW-month of 10 kW; a person's 120,000 over 12 servers."""
    staff = {"servers_per_person": 12, "cost_per_person_year": 120_000}
    made = prepared(full(sites__lab__hosting_per_kw_month=100, sites__lab__staff=staff))
    hours = np.array([744, 672, 744])
    assert made.instance.holding_cost[0] == pytest.approx(0.3 * hours + 1000 + 10_000 / 12)
    assert made.instance.holding_cost[1].tolist() == [0, 0, 0]


def test_usable_gpus() -> None:
    made = prepared(full(sites__lab__headroom=0.1))
    assert made.instance.usable_gpus == pytest.approx([8 * 0.75 * 0.9, 8])


def test_egress_and_storage_by_hand() -> None:
    """Egress: 2 GB × 0.5 per reference GPU-hour in the cloud. Storage: 73 GB a month over the month's work."""
    made = prepared(
        full(
            workloads__w__interruptible=True,
            workloads__w__egress_gb_per_gpu_hour=2,
            workloads__w__storage_gb=73,
            sites__lab__storage_per_gb_month=1,
            cloud__c__egress_per_gb=0.5,
            cloud__c__storage_per_gb_month=2,
        )
    )
    cost = made.instance.running_cost[:, 0, :]
    falling = 0.5 ** (np.arange(3) / 12)
    assert cost[:, 0] == pytest.approx([0.15 + 0.1, 0.15 + 0.05, 0.15])
    assert cost[:, 1] == pytest.approx([1 + 0.2, 1 + 0.1, 1])
    assert cost[:, 2] == pytest.approx(2 * falling + [1.2, 1.1, 1])
    assert cost[:, 3] == pytest.approx(0.5 * falling + 0.75 * np.array([1.2, 1.1, 1]))


def test_replicas_strand_gpus_of_a_unit() -> None:
    """3 H100s of 80 GB per replica: 6 of 8 GPUs can be busy. Electricity is paid for busy ones, rent for occupied."""
    made = prepared(full(workloads__w__gpu_memory_gb=200))
    assert made.running.usable.tolist() == [[0.75, 0.75, 0.75]]
    assert made.instance.effectiveness.tolist() == [[0.75, 0.75, 0.75]]
    assert made.instance.running_cost[0, 0] == pytest.approx([0.15 * 0.75, 0, 2])


def test_a_replica_larger_than_a_unit_does_not_fit() -> None:
    made = prepared(full(workloads__w__gpu_memory_gb=200, servers__box__gpus=2))
    assert [supply.label for supply in made.supplies] == ["c/r", "c/on_demand"]


@pytest.mark.parametrize(
    ("change", "labels"),
    [
        ({}, ["lab/box", "c/r", "c/on_demand"]),
        ({"workloads__w__interruptible": True}, ["lab/box", "c/r", "c/on_demand", "c/spot"]),
        ({"workloads__w__interruptible": True, "workloads__w__spot_max_share": 0}, ["lab/box", "c/r", "c/on_demand"]),
        ({"workloads__w__location": "local"}, ["lab/box"]),
        ({"workloads__w__location": "cloud"}, ["c/r", "c/on_demand"]),
        ({"workloads__w__regions": ["eu-*"]}, ["lab/box"]),
        ({"workloads__w__regions": ["us-*"]}, ["c/r", "c/on_demand"]),
        ({"workloads__w__regions": ["us-east-2", "*-1"]}, ["lab/box"]),
        ({"workloads__w__regions": ["eu-west"]}, []),
        ({"workloads__w__regions": ["EU-*"]}, []),
        ({"workloads__w__speed": {"H100": 0}}, []),
        ({"servers__box__sites": []}, ["c/r", "c/on_demand"]),
    ],
)
def test_where_a_workload_may_run(change: Tree, labels: list[str]) -> None:
    """The lab is in eu-west-1, the offer in us-east."""
    made = prepared(full(sites__lab__region="eu-west-1", cloud__c__region="us-east", **change))
    assert [supply.label for supply in made.supplies] == labels


def test_each_server_at_each_site_is_a_pool() -> None:
    made = prepared(full(sites__annex=site(0.3), servers__other=server(1, "12 months", sites=["annex"])))
    assert [supply.label for supply in made.pools] == ["lab/box", "annex/box", "annex/other", "c/r"]


def test_order_cost_adds_its_flows() -> None:
    """1,000 for the server; 8 an hour for the months inside, at the price of the order, of a term of a year."""
    made = prepared(full())
    assert made.instance.order_cost[0] == pytest.approx([1000] * 3)
    inside = np.array([744 + 672 + 744, 672 + 744, 744])
    assert made.instance.order_cost[1] == pytest.approx(8 * inside * 0.5 ** (np.arange(3) / 12))


@pytest.mark.parametrize(
    ("change", "most"),
    [
        ({}, [np.inf, np.inf, np.inf]),
        ({"servers__box__lead_time": "1 month"}, [np.inf, np.inf, 0]),
        ({"servers__box__lead_time": "2 months"}, [np.inf, 0, 0]),
        ({"servers__box__lead_time": "4 months"}, [0, 0, 0]),
        ({"servers__box__available_from": "2027-02-01"}, [0, np.inf, np.inf]),
        ({"servers__box__available_from": "2027-01-02"}, [0, np.inf, np.inf]),
        ({"servers__box__available_until": "2027-02-01"}, [np.inf, np.inf, 0]),
        ({"servers__box__available_until": "2027-01-31"}, [np.inf, 0, 0]),
    ],
)
def test_when_a_server_can_be_ordered(change: Tree, most: list[float]) -> None:
    made = prepared(full(**change))
    assert made.instance.order_max[0].tolist() == most
    assert made.instance.order_max[1].tolist() == [np.inf] * 3


def test_lead_and_life_in_periods() -> None:
    made = prepared(full(servers__box__lead_time="1 quarter", servers__box__lifetime="2 years"))
    assert made.instance.lead_periods.tolist() == [3, 0]
    assert made.instance.life_periods.tolist() == [24, 12]


@pytest.mark.parametrize(("servers", "instances"), [(True, False), (False, True)])
def test_what_is_whole(servers: bool, instances: bool) -> None:
    made = prepared(full(servers__box__whole_servers=servers, cloud__c__whole_instances=instances))
    assert made.instance.whole.tolist() == [servers, instances]


def test_limits_by_hand() -> None:
    made = prepared(
        full(
            workloads__w__interruptible=True,
            sites__lab__power_limit_kw=100,
            sites__lab__rack_units=42,
            servers__box__rack_units=6,
            servers__box__max_servers=3,
            cloud__c__max_gpus=64,
            cloud__c__spot={"price": 4, "max_gpus": 16},
        )
    )
    power, space, number = made.instance.capacity_limits
    assert (power.pools, power.weights, power.limit, power.unit) == ((0,), (15.0,), 100, "kW")
    assert (space.pools, space.weights, space.limit, space.unit) == ((0,), (6.0,), 42, "U")
    assert (number.pools, number.weights, number.limit) == ((0,), (1.0,), 3)
    assert [limit.name for limit in (power, space, number)] == [
        "power limit of site lab", "rack units of site lab", "max_servers of box",
    ]  # fmt: skip
    quota, spot = made.instance.rental_limits
    assert (quota.markets, quota.pools, quota.gpus_per_unit, quota.max_gpus) == ((2,), (1,), (8.0,), 64)
    assert (spot.markets, spot.pools, spot.max_gpus) == ((3,), (), 16)


def test_a_limit_on_servers_counts_all_sites_and_one_on_power_only_its_own() -> None:
    made = prepared(full(sites__annex=site(0.3, power_limit_kw=50), servers__box__max_servers=3))
    power, number = made.instance.capacity_limits
    assert (power.pools, power.weights) == ((1,), (10.0,))
    assert number.pools == (0, 1)


def test_the_most_per_period_counts_all_sites() -> None:
    made = prepared(full(sites__annex=site(0.3), servers__box__max_order_per_period=7))
    (limit,) = made.instance.order_limits
    assert (limit.name, limit.pools, limit.most) == ("max_order_per_period of box", (0, 1), 7)
    assert np.isinf(made.instance.order_max).all()


def test_penalties_and_shares() -> None:
    works = {**workloads("a"), **workloads("b", unserved_penalty=0, spot_max_share=0.25)}
    made = prepared(full(workloads=works), a=[1, 1, 1], b=[1, 1, 1])
    assert made.instance.unserved_penalty.tolist() == [np.inf, 0]
    assert made.instance.spot_max_share.tolist() == [1, 0.25]


def decided(*decisions: Tree, **change: Any) -> Prepared:
    return prepared(full(decisions=list(decisions), **change))


BOX = {"server": "box", "site": "lab"}
TERM = {"offer": "c", "option": "r"}


def test_decisions_bound_orders() -> None:
    made = decided(
        {**BOX, "period": "2027-02", "min": 2, "max": 3},
        {**TERM, "period": "2027-01", "min": 1.5},
        {**BOX, "period": "2027-03", "max": 0},
    )
    assert made.instance.order_min.tolist() == [[0, 2, 0], [1.5, 0, 0]]
    assert made.instance.order_max.tolist() == [[np.inf, 3, 0], [np.inf, np.inf, np.inf]]


def test_several_decisions_on_one_order_hold_together() -> None:
    made = decided({**BOX, "period": "2027-02", "min": 2}, {**BOX, "period": "2027-02", "min": 1, "max": 5})
    assert (made.instance.order_min[0, 1], made.instance.order_max[0, 1]) == (2, 5)


def test_what_is_decided_is_a_pool_though_nothing_can_run_on_it() -> None:
    made = decided({**BOX, "period": "2027-01", "min": 1}, workloads__w__location="cloud")
    assert [supply.label for supply in made.pools] == ["lab/box", "c/r"]
    assert made.instance.effectiveness[0].tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("decision", "change", "words"),
    [
        ({**BOX, "period": "2027-04", "min": 1}, {}, ["decisions.1.period", "2027-04", "2027-01", "2027-03"]),
        ({**BOX, "period": "2027-1", "min": 1}, {}, ["decisions.1.period", "2027-1"]),
        (
            {**BOX, "period": "2027-01", "min": 4},
            {"servers__box__max_order_per_period": 3},
            ["decisions.1.min", "4", "3"],
        ),
        ({**BOX, "period": "2027-03", "min": 1}, {"servers__box__lead_time": "1 month"}, ["decisions.1.min", "0"]),
        (
            {**BOX, "period": "2027-01", "min": 1},
            {"servers__box__available_from": "2027-02-01"},
            ["decisions.1.min", "0"],
        ),
        (
            {**BOX, "period": "2027-01", "min": 1.5},
            {"servers__box__whole_servers": True},
            ["decisions.1.min", "1.5", "2", "whole_servers: false"],
        ),
        (
            {**TERM, "period": "2027-01", "min": 0.5},
            {"cloud__c__whole_instances": True},
            ["decisions.1.min", "0.5", "1", "whole_instances: false"],
        ),
    ],
)
def test_decisions_that_cannot_be_are_refused(decision: Tree, change: Tree, words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        decided(decision, **change)
    for word in words:
        assert word in str(error.value)


def test_fractions_may_be_decided_where_they_may_be_ordered() -> None:
    made = decided({**BOX, "period": "2027-01", "min": 1.5}, servers__box__whole_servers=False)
    assert made.instance.order_min[0, 0] == 1.5


def test_all_wrong_decisions_are_named_at_once() -> None:
    with pytest.raises(InputError) as error:
        decided({**BOX, "period": "2030-01", "min": 1}, {**TERM, "period": "2031-01", "min": 1})
    assert [problem.place for problem in error.value.problems] == ["decisions.1.period", "decisions.2.period"]


def test_several_workloads_keep_their_places() -> None:
    """Sorted by name in the forecast; figures follow the names, not the order of the assumptions."""
    works = {**workloads("b", location="local"), **workloads("a", location="cloud")}
    made = prepared(full(workloads=works), b=[744.0, 0, 0], a=[1488.0, 0, 0])
    assert made.instance.demand[0].tolist() == [2, 1]
    assert made.instance.effectiveness[:, column(made, "lab/box")].tolist() == [0, 1]
    assert made.instance.effectiveness[:, column(made, "c/on_demand")].tolist() == [1, 0]


def test_trends_of_servers_move_their_orders() -> None:
    made = prepared(full(servers__box__price_trend_per_year=-0.5, servers__box__install_cost=10))
    assert made.instance.order_cost[0] == pytest.approx(1000 * 0.5 ** (np.arange(3) / 12) + 10)


def test_discounting_is_at_the_middle_for_what_flows() -> None:
    made = prepared(full(finance__discount_rate=0.1))
    assert made.instance.discount_middle == pytest.approx(1.1 ** -((np.arange(3) + 0.5) / 12))


def test_labels_of_days_may_be_dates() -> None:
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w"),
        sites={"lab": site()},
        servers={"box": server(10, "2 days")},
        cloud={"c": offer(1)},
        decisions=[{**BOX, "period": pd.Timestamp("2027-01-02").date(), "min": 1}],
    )
    made = read_inputs(forecast(w=[1.0] * 48), assumptions).prepared
    assert made.instance.order_min[0].tolist() == [0, 1]
