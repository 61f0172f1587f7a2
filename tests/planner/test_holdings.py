"""What is owned, held or promised: fleet, held commitments, spend commitments, early sales, sites. By hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hybrid_lp.holdings import Fractions, Holdings, fixed_cost
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

from planner.api import read_inputs
from planner.cash_flows import pool_flows, sale_value, site_flows
from planner.order_costs import Flow
from planner.prepare import Prepared

HOURS = np.array([744.0, 672, 744])
MONTH = 1 / 12


def case(**changes: Any) -> Tree:
    """January to March 2027; a server with a resale table, a reservation, 21 % a year."""
    assumptions = tree(
        "month",
        3,
        finance={"discount_rate": 0.21, "hardware_at_end": "resale"},
        workloads=workloads("w"),
        sites={"lab": site(0.1), "annex": site(0.2)},
        servers={
            "box": server(
                1000,
                "12 months",
                sites=["lab"],
                maintenance_per_year=0.12,
                resale={"12 months": 0.4},
                price_trend_per_year=-0.5,
            )
        },
        cloud={"c": offer(8, gpus=2, reserved={"r": {"term": "6 months", "upfront": 600, "hourly": 3}})},
    )
    return changed(assumptions, **changes)


def prepared(**changes: Any) -> Prepared:
    return read_inputs(forecast(freq="MS", w=HOURS * 10), case(**changes)).prepared


def fleet(**figures: Any) -> list[Tree]:
    return [{"server": "box", "site": "lab", "count": 2, "in_service": "2026-09-01", "price_paid": 1200, **figures}]


def held(**figures: Any) -> list[Tree]:
    return [{"offer": "c", "option": "r", "count": 4, "started": "2026-09-01", **figures}]


def lines(flows: list[tuple[Any, Flow]]) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for _, flow in flows:
        key = (flow.component.value, flow.period)
        found[key] = found.get(key, 0.0) + flow.amount
    return found


# The fleet


@pytest.mark.parametrize(
    ("in_service", "span"),
    [
        ("2026-09-01", (0, 2)),
        ("2026-03-01", (0, 1)),
        ("2026-03-02", (0, 2)),
        ("2026-02-01", (0, 0)),
        ("2026-01-01", None),
        ("2027-02-01", (1, 2)),
        ("2027-02-02", (2, 2)),
        ("2027-03-02", None),
    ],
)
def test_a_fleet_is_in_service_in_periods_that_begin_inside_its_life(
    in_service: str, span: tuple[int, int] | None
) -> None:
    """For 12 months by the calendar."""
    made = prepared(fleet=fleet(in_service=in_service)).instance.held
    assert [(units.pool, units.units, units.first, units.last) for units in made] == (
        [] if span is None else [(0, 2, *span)]
    )


def test_a_fleet_that_stays_by_hand() -> None:
    """Maintenance on what was paid; 7 months old at the end of March: 1 − 0.6 × 7/12 = 0.65 of 1,200."""
    made = prepared(fleet=fleet())
    upkeep = 0.12 * 1200 / 12
    expected = 2 * sum(upkeep * 1.21 ** -((p + 0.5) * MONTH) for p in range(3)) - 2 * 780 * 1.21 ** (-3 * MONTH)
    assert made.instance.constant_cost == pytest.approx(expected)


def test_a_fleet_sold_early_by_hand() -> None:
    """At the start of February, 5 months old: 1,200 × 0.75 then, neither its later upkeep nor 780 at the end."""
    (units,) = prepared(fleet=fleet()).instance.held
    assert units.whole
    assert units.sale_change is not None
    assert list(units.leaving) == [0, 1, 2]
    later = sum(12 * 1.21 ** -((p + 0.5) * MONTH) for p in (1, 2))
    assert units.sale_change[1] == pytest.approx(780 * 1.21 ** (-3 * MONTH) - later - 900 * 1.21**-MONTH)


def test_without_resale_at_the_end_an_early_sale_still_brings_money() -> None:
    (units,) = prepared(fleet=fleet(), finance__hardware_at_end="none", finance__discount_rate=0).instance.held
    assert units.sale_change is not None
    assert units.sale_change == pytest.approx([-36 - 960, -24 - 900, -12 - 840])


def test_a_life_that_ends_inside_is_sold_then_whatever_is_left_at_the_end() -> None:
    """At the start of March, a year old: 0.4 of 1,200."""
    made = prepared(
        fleet=fleet(in_service="2026-03-01"), finance__hardware_at_end="none", finance__discount_rate=0
    ).instance
    assert made.constant_cost == pytest.approx(2 * (2 * 12 - 480))


def test_an_unknown_price_means_todays_for_maintenance_and_no_resale() -> None:
    unknown = fleet()
    del unknown[0]["price_paid"]
    made = prepared(fleet=unknown, finance__discount_rate=0).instance
    assert made.constant_cost == pytest.approx(2 * 3 * 0.12 * 1000 / 12)
    assert made.held[0].sale_change is None
    assert list(made.held[0].leaving) == []


def test_a_fleet_at_a_site_where_none_can_be_ordered_is_a_pool_of_its_own() -> None:
    made = prepared(fleet=fleet(site="annex"))
    assert [supply.label for supply in made.pools] == ["lab/box", "annex/box", "c/r"]
    assert made.instance.order_max[1].tolist() == [0, 0, 0]
    assert made.instance.held[0].pool == 1


def test_a_fleet_is_there_though_nothing_can_run_on_it() -> None:
    made = prepared(fleet=fleet(), workloads__w__location="cloud")
    assert made.pools[0].label == "lab/box"


# Held commitments


def test_a_held_commitment_pays_todays_fee_until_its_end() -> None:
    """Six months from September: January and February are left. Support on top."""
    made = prepared(held_commitments=held(), providers={"p": {"discount": 0.5, "support_share": 0.1}}).instance
    assert [(units.pool, units.units, units.first, units.last, list(units.leaving)) for units in made.held] == [
        (1, 4, 0, 1, [])
    ]
    fees = [4 * 1.5 * hours * 1.1 * 1.21 ** -((p + 0.5) * MONTH) for p, hours in enumerate(HOURS[:2])]
    assert made.constant_cost == pytest.approx(sum(fees))


@pytest.mark.parametrize(("at_end", "hours"), [("prorated", 744 + 672 + 744), ("full", 744 + 672 + 744 + 730)])
def test_what_is_left_of_a_held_term_after_the_end_counts_in_full(at_end: str, hours: float) -> None:
    made = prepared(
        held_commitments=held(started="2026-11-01"), finance__commitments_at_end=at_end, finance__discount_rate=0
    )
    assert made.instance.constant_cost == pytest.approx(4 * 3 * hours)


# Spend commitments


def promised(**changes: Any) -> Prepared:
    return prepared(
        spend_commitments={"s": {"term": "2 months", "rates": {"c": 6}}},
        providers={"p": {"discount": 0.25, "support_share": 0.1}},
        cloud__c__egress_per_gb=0.4,
        workloads__w__egress_gb_per_gpu_hour=2,
        **changes,
    )


def test_a_spend_commitment_is_a_pool_of_money_that_its_offers_draw_from() -> None:
    """6 an instance-hour less a quarter, for 2 GPUs; what is drawn costs only its data: 2 GB × 0.3, and support."""
    made = promised()
    assert [supply.label for supply in made.supplies] == ["lab/box", "c/r", "s/money", "c/on_demand", "c/s"]
    instance = made.instance
    assert [(draw.supply, draw.pool) for draw in instance.draws] == [(4, 2)]
    assert instance.draws[0].rate == pytest.approx(2.25)
    assert instance.usable_gpus[2] == 1
    assert instance.effectiveness[0].tolist() == [1, 1, 0, 1, 1]
    assert instance.running_cost[0, 0, 1:].tolist() == pytest.approx([0.66, 0, 3.3 + 0.66, 0.66])
    assert (instance.lead_periods[2], instance.life_periods[2], bool(instance.whole[2])) == (0, 2, False)
    assert instance.holding_cost[2].tolist() == [0, 0, 0]
    assert np.isinf(instance.order_max[2]).all()


def test_money_per_hour_costs_itself_and_support_in_every_hour() -> None:
    made = promised(finance__discount_rate=0)
    assert made.instance.order_cost[2] == pytest.approx(1.1 * np.array([744 + 672, 672 + 744, 744]))


def test_what_is_drawn_counts_where_on_demand_counts() -> None:
    made = promised(cloud__c__max_gpus=64)
    (limit,) = made.instance.rental_limits
    assert (limit.markets, limit.pools, limit.gpus_per_unit) == ((3, 4), (1,), (2.0,))


def test_a_spend_commitment_that_nothing_can_draw_from_is_left_out() -> None:
    made = promised(workloads__w__location="local")
    assert [supply.label for supply in made.supplies] == ["lab/box"]


def test_a_quota_counts_all_offers_that_it_names() -> None:
    """Reservations and on-demand hours of both, in GPUs of each; spot has its own."""
    other = offer(5, gpus=4, spot={"price": 1}, reserved={"t": {"term": "1 month", "hourly": 1}})
    made = prepared(
        cloud__d=other,
        cloud__e=offer(5),
        workloads__w__interruptible=True,
        limits={"quotas": [{"offers": ["c", "d*"], "max_gpus": 9}]},
    )
    names = [supply.label for supply in made.supplies]
    (quota,) = made.instance.rental_limits
    assert [names[j] for j in quota.markets] == ["c/on_demand", "d/on_demand"]
    assert [names[k] for k in quota.pools] == ["c/r", "d/t"]
    assert (quota.gpus_per_unit, quota.max_gpus) == ((2.0, 4.0), 9)


# Early sales of new servers


def test_a_new_server_sold_early_by_hand() -> None:
    """Bought in January for 1,000; sold at the start of March, 2 months old: 0.9; one more month would bring 0.85."""
    made = prepared(finance__discount_rate=0)
    change = made.instance.sale_change[0]
    assert change[0, 2] == pytest.approx(-10 - 900 + 850)
    half = 0.5**MONTH * 1000
    assert change[1, 2] == pytest.approx(half * (-0.01 - 0.95 + 0.9))
    assert sale_value(made, 0, 1, 2) == pytest.approx(half * 0.95)


def test_servers_without_a_resale_table_are_not_sold_early() -> None:
    assert prepared(servers__box__resale={}).instance.sale_change == {}


# Sites


def test_set_up_is_paid_once_at_sites_without_a_fleet() -> None:
    made = prepared(sites__lab__setup_cost=500, sites__annex__setup_cost=700, servers__box__sites=["lab", "annex"])
    found = [(opening.name, opening.pools) for opening in made.instance.openings]
    assert found == [("lab", (0,)), ("annex", (1,))]
    assert made.instance.openings[1].cost == pytest.approx(700 * 1.21 ** (-np.arange(3) * MONTH))
    made = prepared(sites__lab__setup_cost=500, fleet=fleet())
    assert made.instance.openings == ()


def test_whole_people_take_the_place_of_a_share_per_server() -> None:
    staff = {"servers_per_person": 12, "cost_per_person_year": 120_000}
    shared = prepared(sites__lab__staff=staff).instance
    assert shared.people == ()
    whole = prepared(sites__lab__staff={**staff, "whole_people": True}).instance
    assert shared.holding_cost[0] - whole.holding_cost[0] == pytest.approx([10_000 / 12] * 3)
    (people,) = whole.people
    assert (people.pools, people.units_per_person) == ((0,), 12)
    assert people.cost == pytest.approx(10_000 * 1.21 ** (-(np.arange(3) + 0.5) * MONTH))


# The lines of a bill


def rich() -> Prepared:
    """Everything that is tied to units at once."""
    return promised(
        fleet=[*fleet(), *fleet(site="annex", in_service="2027-02-01", count=1)],
        held_commitments=held(),
        sites__lab__setup_cost=500,
        sites__lab__staff={"servers_per_person": 3, "cost_per_person_year": 12_000, "whole_people": True},
        sites__annex__setup_cost=300,
        sites__lab__hosting_per_kw_month=7,
        sites__lab__carbon_g_per_kwh=400,
        sites__annex__carbon_g_per_kwh=400,
        cloud__c__carbon_g_per_gpu_hour=100,
        finance__carbon_price_per_tonne=50,
        servers__box__idle_power_kw=0.5,
    )


@pytest.mark.parametrize("fractions", [Fractions.NONE, Fractions.UNITS])
def test_lines_sum_to_what_the_programme_counts(fractions: Fractions) -> None:
    made = rich()
    orders = np.zeros((made.instance.pools, 3))
    names = [supply.label for supply in made.pools]
    orders[names.index("lab/box")] = [4, 0, 1]
    orders[names.index("c/r")] = [0, 2.5, 0]
    orders[names.index("s/money")] = [10, 0, 3]
    holdings = Holdings(orders, {(0, 0, 1): 1.0, (0, 0, 2): 2.0}, {(0, 0): 1.0, (1, 2): 1.0})
    flows = [*pool_flows(made, holdings), *site_flows(made, holdings, fractions)]
    assert sum(flow.discounted for _, flow in flows) == pytest.approx(fixed_cost(made.instance, holdings, fractions))


def test_lines_of_sites_by_hand() -> None:
    """4 servers in January and 2 owned need 2 people; the lab has a fleet and is open already."""
    made = rich()
    orders = np.zeros((made.instance.pools, 3))
    orders[0] = [4, 0, 0]
    assert lines(list(site_flows(made, Holdings(orders), Fractions.NONE))) == {("staff", p): 2000 for p in range(3)}
    alone = prepared(sites__lab__setup_cost=500)
    orders = np.zeros((alone.instance.pools, 3))
    orders[0] = [0, 2, 1]
    assert lines(list(site_flows(alone, Holdings(orders), Fractions.NONE))) == {("setup", 1): 500}


def test_lines_of_units_by_hand() -> None:
    """One owned server of two is sold at the start of February for 900; the other brings 780 at the end."""
    made = prepared(fleet=fleet())
    found = lines(list(pool_flows(made, Holdings(np.zeros((2, 3)), {}, {(0, 1): 1.0}))))
    assert found == {
        ("maintenance", 0): pytest.approx(24),
        ("maintenance", 1): pytest.approx(12),
        ("maintenance", 2): pytest.approx(12),
        ("resale", 1): pytest.approx(-900),
        ("resale", 2): pytest.approx(-780),
    }
