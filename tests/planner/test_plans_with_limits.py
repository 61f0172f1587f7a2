"""Plans of hand size under limits on money and carbon, and with what a site takes. Each optimum is by hand."""

from __future__ import annotations

from typing import Any

import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads
from test_plans_with_holdings import made, rows

import planner


def days(**changes: Any) -> Tree:
    """Two days; a server is 100 for one GPU, a rented GPU-hour 10."""
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w"),
        sites={"lab": site()},
        servers={"box": server(100, "30 days")},
        cloud={"c": offer(10)},
    )
    return changed(assumptions, **changes)


THREE = forecast(w=[3.0] * 48)
ONE = forecast(w=[1.0] * 48)


@pytest.mark.parametrize(
    ("capex", "bought"),
    [({"total": 1000}, 3), ({"total": 299}, 2), ({"per_year": {2027: 150}}, 1), ({"total": 0}, 0)],
)
def test_capex_limits_what_is_bought(capex: Tree, bought: int) -> None:
    plan = made(THREE, days(limits={"capex": capex}), 100 * bought + 48 * 10 * (3 - bought))
    assert plan.purchases["count"].sum() == bought


def test_capex_counts_installation_and_set_up() -> None:
    """120 for each and 50 once: 290 buy two."""
    changes = {"servers__box__install_cost": 20, "sites__lab__setup_cost": 50}
    made(THREE, days(limits={"capex": {"total": 290}}, **changes), 290 + 480)
    made(THREE, days(limits={"capex": {"total": 289}}, **changes), 170 + 960)


def test_capex_of_a_year_counts_orders_of_that_year() -> None:
    """31 December and 1 January: nothing this year, so the second day's servers come next year."""
    plan = made(
        forecast("2026-12-31", w=[3.0] * 48), days(limits={"capex": {"per_year": {2026: 100}}}), 300 + 24 * 10 * 2
    )
    assert [(row.period, row.count) for row in plan.purchases.itertuples()] == [("2026-12-31", 1), ("2027-01-01", 2)]


@pytest.mark.parametrize(("relax", "total"), [(False, 48 * 30), (True, 50 + 50 + 48 * 30 - 24 * 5)])
def test_a_site_is_set_up_in_the_year_of_its_first_order(relax: bool, total: float) -> None:
    """On 1 January, as nothing is sold before: 100 are not enough for 50 and a server; half a server does 12 hours."""
    changes = {"sites__lab__setup_cost": 50, "servers__box__available_from": "2027-01-01"}
    limits = {"capex": {"per_year": {2026: 1000, 2027: 100}}}
    made(forecast("2026-12-31", w=[3.0] * 48), days(limits=limits, **changes), total, relax=relax)


def test_what_clouds_are_paid_in_a_period_is_limited() -> None:
    """120 a day is 12 hours; the others are left undone at 30."""
    assumptions = days(servers={}, workloads__w__unserved_penalty=30, limits={"cloud_spend": {"per_period": 120}})
    plan = made(ONE, assumptions, 2 * (120 + 12 * 30))
    assert plan.unserved["gpu_hours"].tolist() == pytest.approx([12, 12])


@pytest.mark.parametrize(("limit", "total"), [(200, 200), (199, 480)])
def test_an_upfront_fee_counts_in_full_where_it_is_paid(limit: float, total: float) -> None:
    """A GPU for two days for 200, or 240 a day left undone at 10; no fraction is sold."""
    assumptions = days(
        servers={},
        workloads__w__unserved_penalty=10,
        cloud={"c": offer(reserved={"r": {"term": "2 days", "upfront": 200}}, whole_instances=True)},
        limits={"cloud_spend": {"per_period": limit}},
    )
    made(ONE, assumptions, total)


def test_support_counts_in_what_clouds_are_paid() -> None:
    """11 an hour: 132 a day is 12 hours."""
    assumptions = days(
        servers={},
        workloads__w__unserved_penalty=30,
        providers={"p": {"support_share": 0.1}},
        limits={"cloud_spend": {"per_period": 132}},
    )
    made(ONE, assumptions, 2 * (132 + 12 * 30))


def emitting(**changes: Any) -> Tree:
    """A busy kWh emits 1 kg, a rented GPU-hour nothing. A server is 1."""
    figures = {"sites__lab__carbon_g_per_kwh": 1000, "cloud__c__carbon_g_per_gpu_hour": 0, "servers__box__price": 1}
    return days(**figures, **changes)


def test_carbon_of_a_year_is_limited() -> None:
    """12 kg are 12 of 48 hours."""
    made(ONE, emitting(limits={"carbon_tonnes": {"per_year": {2027: 0.012}}}), 1 + 36 * 10)


def test_idle_power_emits_too() -> None:
    """A quarter of the power idle: on the second day 6 kg, and 18 for its 24 hours. Both days would idle for 12."""
    limit = {"carbon_tonnes": {"per_year": {2027: 0.024}}}
    made(ONE, emitting(limits=limit, servers__box__idle_power_kw=0.25), 1 + 24 * 10)


@pytest.mark.parametrize(("price", "total", "carbon"), [(5000, 1 + 48 * 5, 240), (11_000, 480, 0)])
def test_carbon_has_a_price(price: float, total: float, carbon: float) -> None:
    """5 an hour of work owned, or 11, which is more than 10."""
    plan = made(ONE, emitting(finance__carbon_price_per_tonne=price), total)
    assert plan.costs.loc[plan.costs["component"] == "carbon", "amount"].sum() == pytest.approx(carbon)


@pytest.mark.parametrize(("gpus", "total"), [(1, 480), (2, 500 + 200)])
def test_set_up_is_worth_it_for_enough_servers(gpus: int, total: float) -> None:
    plan = made(forecast(w=[float(gpus)] * 48), days(sites__lab__setup_cost=500), total)
    setup = plan.costs.loc[plan.costs["component"] == "setup"]
    assert rows(setup) == ([] if gpus == 1 else [("2027-01-01", "setup", 500, 500)])
    assert plan.workload_costs["amount"].sum() == pytest.approx(total)


def test_a_site_is_set_up_or_not_under_relax_too() -> None:
    made(ONE, days(sites__lab__setup_cost=500), 480, relax=True)


def test_a_site_with_a_fleet_is_open() -> None:
    owned = [{"server": "box", "site": "lab", "count": 1, "in_service": "2026-12-20"}]
    made(forecast(w=[2.0] * 48), days(sites__lab__setup_cost=500, fleet=owned), 100)


def test_of_two_sites_one_is_set_up() -> None:
    """The annex is cheaper to open, its electricity dearer: 24 GPU-days decide."""
    sites = {"lab": site(setup_cost=90), "annex": site(1, setup_cost=20)}
    made(ONE, days(sites=sites), 100 + 20 + 48)
    made(forecast(w=[2.0] * 48), days(sites=sites), 200 + 90)


@pytest.mark.parametrize(("whole", "people"), [(True, 2), (False, 1.5)])
def test_people_are_whole_where_they_are_asked_for(whole: bool, people: float) -> None:
    """Three servers, two for each; a person is 10 a day."""
    staff = {"servers_per_person": 2, "cost_per_person_year": 3650, "whole_people": whole}
    plan = made(THREE, days(sites__lab__staff=staff), 300 + 2 * 10 * people)
    staffed = plan.costs.loc[plan.costs["component"] == "staff", "amount"]
    assert staffed.tolist() == pytest.approx([10 * people] * 2)
    assert plan.workload_costs["amount"].sum() == pytest.approx(plan.total_cost)


def test_a_second_person_may_cost_more_than_a_third_server_saves() -> None:
    """600 a day."""
    staff = {"servers_per_person": 2, "cost_per_person_year": 219_000, "whole_people": True}
    cheap = days(sites__lab__staff=staff, cloud__c__on_demand=20)
    made(THREE, cheap, 200 + 2 * 600 + 48 * 20)


def test_people_are_fractions_under_relax() -> None:
    staff = {"servers_per_person": 2, "cost_per_person_year": 3650, "whole_people": True}
    made(THREE, days(sites__lab__staff=staff), 300 + 30, relax=True)


def test_a_limit_that_leaves_no_plan_is_named() -> None:
    with pytest.raises(planner.NoPlanError) as error:
        planner.plan(ONE, days(servers={}, limits={"cloud_spend": {"per_period": 120}}), baselines=False)
    assert "cloud spend of 2027-01-01 … 2027-01-02: 120 USD left for it in each" in str(error.value)


@pytest.mark.parametrize("setup", [0, 1, 50])
def test_more_power_is_worth_the_same_however_much_the_site_cost_to_open(setup: float) -> None:
    """One kW is a server for 100 in place of 48 hours at 10: the site is open, and not paid for again."""
    changes = {"sites__lab__power_limit_kw": 2, "servers__box__whole_servers": False}
    plan = made(THREE, days(sites__lab__setup_cost=setup, **changes), setup + 2 * 100 + 48 * 10)
    worth = plan.marginals[plan.marginals["what"] == "power limit of site lab"]["amount"].sum()
    assert worth == pytest.approx(100 - 480)


def test_money_for_a_site_that_is_not_worth_opening_is_worth_nothing() -> None:
    changes = {"sites__lab__setup_cost": 900, "servers__box__whole_servers": False}
    plan = made(THREE, days(limits={"capex": {"total": 200}}, **changes), 48 * 30)
    assert (plan.marginals["what"] != "capex").all()
