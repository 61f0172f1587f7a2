"""A plan with everything of the format in it passes; each fault put into one is caught by the check named for it."""

from dataclasses import replace

import numpy as np
import pytest
from audit_cases import BATCH, CHAT, DRAWN, GPT, RENT, SUPPLIES, Everything

from planner.dispatch import PeriodDispatch, Supply, SupplyKind
from planner.forecast.demand import Quantity

AT = {supply: s for s, supply in enumerate(SUPPLIES)}


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"hardware_at_end": "none"},
        {"commitments_at_end": "full"},
        {"rate": 0.0},
        {"rate": -0.05, "commitments_at_end": "full"},
        {"discount": 0.0, "support": 0.0, "carbon_price": 0.0, "setup": 0.0},
        {"whole_people": False},
        {"relax": True},
        {"deferrable": 7},
        {"deferrable": 80},
        {"settings": {"workloads.batch.deferrable": "period"}},
    ],
    ids=str,
)
def test_good_plans_pass(figures):
    assert Everything(**figures).build().failed() == set()


# --- a plan made with a wrong figure, told by the figure in the assumptions: everything else is consistent

WRONG_FIGURES = {
    "support": ({"providers.aws.support_share": 0.06}, {"cost-support"}),
    "support left out": ({"providers.aws.support_share": 0.0}, {"cost-support"}),
    "discount": (
        {"providers.aws.discount": 0.11},
        {
            "rentals-table", "commitments-cost", "cost-on-demand", "cost-spot", "cost-reserved-upfront",
            "cost-reserved-hourly", "cost-support", "cost-egress", "cost-storage",
        },
    ),
    "discount of another provider": (
        {"cloud.p5.provider": "gcp"},
        {
            "rentals-table", "commitments-cost", "cost-on-demand", "cost-spot", "cost-reserved-upfront",
            "cost-reserved-hourly", "cost-support", "cost-egress", "cost-storage",
        },
    ),
    "carbon price": ({"finance.carbon_price_per_tonne": 90.0}, {"cost-carbon"}),
    "carbon of a site": ({"sites.attic.carbon_g_per_kwh": 600.0}, {"cost-carbon"}),
    "carbon of an offer": ({"cloud.p5.carbon_g_per_gpu_hour": 260.0}, {"cost-carbon"}),
    "set-up": ({"sites.annex.setup_cost": 26000.0}, {"cost-setup"}),
    "people as fractions": ({"sites.lab.staff.whole_people": False}, {"cost-staff"}),
    "input price of an API": ({"apis.gpt.input_per_million": 1.6}, {"api-use", "cost-api"}),
    "output price of an API": ({"apis.gpt.output_per_million": 8.1}, {"api-use", "cost-api"}),
    "price paid for the fleet": ({"fleet.0.price_paid": 300000.0}, {"cost-maintenance", "cost-resale", "sales"}),
    "price paid for the fleet not known": ({"fleet.2.price_paid": None}, {"cost-maintenance", "cost-resale"}),
    "price of the fleet known": ({"fleet.1.price_paid": 300000.0}, {"cost-resale"}),
    "age of the fleet": ({"fleet.2.in_service": "2027-02-05"}, {"cost-resale"}),
    "age of the fleet when sold": ({"fleet.0.in_service": "2026-09-10"}, {"cost-resale", "sales"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG_FIGURES)
def test_a_plan_made_with_a_wrong_figure(fault):
    settings, caught = WRONG_FIGURES[fault]
    assert Everything(settings=settings).build().failed() == caught | {"total"}


WRONG_FILES = {
    "electricity by the hour": ({"night": 0.06}, {"cost-electricity"}),
    "price of a server": (
        {"prices": (300000.0, 281000.0, 270000.0, 265000.0)},
        {"purchases-cost", "cost-servers", "cost-maintenance", "cost-resale"},
    ),
    "today's price, for a fleet whose price is not known": (
        {"prices": (310000.0, 280000.0, 270000.0, 265000.0)},
        {"purchases-cost", "cost-servers", "cost-maintenance", "cost-resale", "sales"},
    ),
    "on-demand price": ({"on_demand": (55.0, 54.0, 50.0, 52.0)}, {"rentals-table", "cost-on-demand", "cost-support"}),
}


@pytest.mark.parametrize("fault", WRONG_FILES)
def test_a_plan_made_with_another_file_of_prices(fault):
    figures, caught = WRONG_FILES[fault]
    plan = Everything().build()
    plan.loaded = Everything(**figures).loaded()
    assert plan.failed() == caught | {"total"}


def test_a_price_of_a_month_in_which_nothing_is_bought_changes_nothing():
    plan = Everything().build()
    plan.loaded = Everything(prices=(300000.0, 280000.0, 1.0, 2.0)).loaded()
    assert plan.failed() == set()


HELD_WRONG = {
    "fleet that is not there": ({"fleet.0.count": 1.0}, {"capacity", "cost-resale", "use-table", "cost-electricity"}),
    "fleet that left": ({"fleet.0.in_service": "2026-05-15"}, {"capacity", "sales", "cost-resale", "cost-maintenance"}),
    "fleet that is on its way": ({"fleet.1.in_service": "2027-01-02"}, {"capacity", "pool-use"}),
    "instances that are not held": ({"held_commitments": []}, {"capacity", "pool-use", "cost-reserved-hourly"}),
    "a term that is over": ({"held_commitments.0.started": "2026-09-01"}, {"capacity", "cost-reserved-hourly"}),
    "a term that has not begun": ({"held_commitments.0.started": "2026-12-02"}, {"capacity", "cost-reserved-hourly"}),
    "a promise that is over": ({"spend_commitments.savings.term": "1 month"}, {"spend-drawn", "spend-commitments"}),
}


@pytest.mark.parametrize("fault", HELD_WRONG)
def test_what_was_there_at_the_start_and_until_when(fault):
    settings, caught = HELD_WRONG[fault]
    assert Everything(settings=settings).build().failed() >= caught


# --- limits

LIMITS = {
    # 2 × (300,000 + 12,000) and the annex in 2026, 3 × (280,000 + 12,000) in 2027
    "capex of a year": ("capex", {"per_year": {2026: 648999.0}}, "2026: found 649000 USD, expected at most 648999 USD"),
    "capex of another year": ("capex", {"per_year": {2027: 875999.0}}, "2027: found 876000 USD"),
    "capex in total": ("capex", {"total": 1524990.0}, "total: found 1525000 USD"),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_capex(limit):
    name, value, text = LIMITS[limit]
    plan = Everything(settings={f"limits.{name}": value}).build()
    assert plan.failed() == {"capex"}
    assert text in plan.detail("capex")


def test_capex_just_kept():
    capex = {"total": 1525000.0, "per_year": {2026: 649000.0, 2027: 876000.0, 2028: 0.0}}
    assert Everything(settings={"limits.capex": capex}).build().failed() == set()


def paid_to_clouds(plan, label):
    costs = plan.schedule.costs
    cloud = (
        "on_demand", "spot", "reserved_upfront", "reserved_hourly", "spend_commitment", "api", "support", "egress",
        "storage",
    )  # fmt: skip
    return costs[(costs["period"] == label) & costs["component"].isin(cloud)]["amount"].sum()


def test_cloud_spend():
    """January has the upfront of a term that ends with the horizon: nothing of it is prorated."""
    most = max(paid_to_clouds(Everything().build(), label) for label in ("2026-12", "2027-01", "2027-02", "2027-03"))
    settings = {"limits.cloud_spend": {"per_period": most * (1 + 1e-9)}}
    assert Everything(settings=settings).build().failed() == set()
    settings = {"limits.cloud_spend": {"per_period": most * (1 - 1e-4)}}
    plan = Everything(settings=settings).build()
    assert plan.failed() == {"cloud-spend"}
    assert plan.detail("cloud-spend").startswith("2027-01: found ")


@pytest.mark.parametrize("year", [2026, 2027])
def test_carbon_limit(year):
    costs = Everything().build().schedule.costs
    there = costs["period"].str.startswith(str(year)) & (costs["component"] == "carbon")
    tonnes = costs[there]["amount"].sum() / 80.0
    limit = {"limits.carbon_tonnes": {"per_year": {year: tonnes * (1 + 1e-9)}}}
    assert Everything(settings=limit).build().failed() == set()
    limit = {"limits.carbon_tonnes": {"per_year": {year: tonnes * (1 - 1e-4)}}}
    plan = Everything(settings=limit).build()
    assert plan.failed() == {"carbon-limit"}
    assert f"{year}: found {tonnes:.10g} tonnes, expected at most " in plan.detail("carbon-limit")


def most_gpus(plan):
    """On-demand, drawn and reserved, in the hour that has most of them."""
    reserved = (8.0, 16.0, 16.0, 8.0)
    rented = [made.gpus[:, :, [AT[RENT], AT[DRAWN]]].sum(axis=(1, 2)).max() for made in plan.dispatch]
    return max(np.array(rented) + reserved)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (lambda gpus: {"cloud.p5.max_gpus": gpus}, "max-gpus"),
        (lambda gpus: {"limits.quotas": [{"offers": ["a*", "p*"], "max_gpus": gpus}]}, "quotas"),
    ],
)
def test_gpus_of_offers(settings, name):
    most = most_gpus(Everything().build())
    assert Everything(settings=settings(most * (1 + 1e-9))).build().failed() == set()
    plan = Everything(settings=settings(most - 0.01)).build()
    assert plan.failed() == {name}


def test_a_quota_of_other_offers_is_not_touched():
    plan = Everything(settings={"limits.quotas": [{"offers": ["p6*"], "max_gpus": 0.0}]}).build()
    assert plan.failed() == set()


def test_power_and_number_of_servers_count_the_fleet():
    plan = Everything(settings={"servers.hgx.max_servers": 6.0, "sites.attic.power_limit_kw": 11.0}).build()
    assert plan.failed() == {"max-servers", "power-limit"}
    assert plan.detail("max-servers") == "2027-03, hgx: found 7 servers, expected at most 6 servers"


# --- spend commitments


def drawn_in_february(hours):
    made = hours.periods[2]
    made.gpus[:, CHAT, AT[DRAWN]], made.gpus[:, CHAT, AT[RENT]] = made.gpus[:, CHAT, AT[RENT]], 0.0


def test_money_is_drawn_only_while_it_is_promised():
    plan = Everything().build(drawn_in_february)
    assert plan.failed() == {"spend-drawn"}
    assert "savings: found " in plan.detail("spend-drawn")
    assert "USD an hour, expected at most 0 USD an hour (672 cases" in plan.detail("spend-drawn")


def test_the_rate_after_discount_is_what_is_drawn():
    """In March chat's peak of 12 GPUs takes 3 drawn ones × 59.2593 × 0.9 / 8 = 20 an hour, all that is promised."""
    assert Everything(rate_drawn=59.25).build().failed() == set()
    plan = Everything(rate_drawn=59.27).build()
    assert plan.failed() == {"spend-drawn"}
    assert plan.detail("spend-drawn").startswith("2027-03, hour 6, savings: found 20.003625 USD an hour")


def test_a_promise_decided_already():
    decided = {"spend_commitment": "savings", "period": "2027-03", "min": 20.0, "max": 20.0}
    assert Everything(settings={"decisions": [decided]}).build().failed() == set()
    plan = Everything(settings={"decisions": [decided | {"max": 19.0, "min": 0.0}]}).build()
    assert plan.failed() == {"orders-possible"}
    assert plan.detail("orders-possible") == "2027-03, savings: found 20, expected at most 19, as decided"


# --- work that may wait

WAITING = {
    "must not wait": ({"workloads.batch.deferrable": "no"}, {"demand-served", "spot-share"}),
    "waits less long": ({"workloads.batch.deferrable": "24 hours"}, {"demand-served", "spot-share"}),
    "spot share of a block": ({"workloads.batch.spot_max_share": 0.19}, {"spot-share"}),
    "must be served": ({"workloads.batch.unserved_penalty": None}, {"demand-served", "cost-unserved", "total"}),
}


@pytest.mark.parametrize("fault", WAITING)
def test_work_that_waits(fault):
    settings, caught = WAITING[fault]
    assert Everything(settings=settings).build().failed() == caught


def test_work_done_in_the_next_block():
    def late(hours):
        made = hours.periods[1]
        made.gpus[26:30, BATCH, AT[RENT]] += made.gpus[0:4, BATCH, AT[RENT]]
        made.gpus[0:4, BATCH, AT[RENT]] = 0.0

    plan = Everything().build(late)
    assert plan.failed() == {"demand-served"}
    # 744 hours of December: blocks of 30 begin at hours 0, 6, 36 … of January
    assert plan.detail("demand-served").startswith("2027-01, hours ")


def test_the_end_of_a_period_cuts_a_block():
    def late(hours):
        first, last = hours.periods[1], hours.periods[0]
        first.gpus[0:4, BATCH, AT[RENT]] += last.gpus[720:724, BATCH, AT[RENT]]
        last.gpus[720:724, BATCH, AT[RENT]] = 0.0

    plan = Everything().build(late)
    assert plan.failed() == {"demand-served"}
    assert "2026-12, hours 720 to 743, batch: found" in plan.detail("demand-served")
    assert "2027-01, hours 0 to 5, batch: found" in plan.detail("demand-served")


# --- what may run where, and what a dispatch may have


def by_api(hours):
    for made in hours.periods:
        made.gpus[:, BATCH, AT[GPT]], made.gpus[:, BATCH, AT[RENT]] = made.gpus[:, BATCH, AT[RENT]], 0.0


FORBIDDEN = {
    "location": ({"workloads.chat.location": "local"}, "chat on gpt/api", "location is local"),
    "drawn": ({"workloads.chat.location": "local"}, "chat on p5/savings", "location is local"),
    "region of an API": ({"workloads.chat.regions": ["eu-*"]}, "chat on gpt/api", "region '' matches none of eu-*"),
    "workload": ({"apis.gpt.workloads": ["batch"]}, "chat on gpt/api", "the API does batch only"),
}


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_work_where_it_may_not_run(fault):
    settings, where, why = FORBIDDEN[fault]
    plan = Everything(settings=settings).build()
    findings = [text for text in _eligibility(plan) if where in text]
    assert findings
    assert all(text.endswith(f"none: {why}") for text in findings)


def _eligibility(plan):
    from planner.audit.holdings import Holdings
    from planner.audit.operation import operate
    from planner.audit.setting import Setting
    from planner.audit.tables import read_tables

    setting = Setting.of(plan.loaded, plan.demand, plan.relax)
    tables, _ = read_tables(plan.schedule, setting)
    _, findings = operate(plan.dispatch, setting, Holdings.of(tables, setting))
    return [str(finding) for finding in findings if finding.check == "eligibility"]


def test_an_api_may_be_used_where_any_region_will_do():
    assert Everything(settings={"workloads.chat.regions": ["*"]}).build().failed() == set()


def test_a_workload_that_an_api_does_not_do():
    plan = Everything().build(by_api)
    assert {"eligibility", "demand-served"} <= plan.failed()
    assert "batch on gpt/api" in plan.detail("eligibility")


def test_an_api_needs_a_forecast_in_tokens():
    plan = Everything().build()
    plan.demand = replace(plan.demand, quantity=Quantity.GPU_HOURS, tokens={})
    assert {"eligibility", "api-use", "cost-api"} <= plan.failed()
    assert "the workload is not forecast in tokens" in plan.detail("eligibility")


def test_a_fleet_may_stand_where_its_model_may_not_be_ordered_for():
    plan = Everything().build()
    plan.append("purchases", "2026-12", "attic", "hgx", 1.0, 8, "2027-01", 312000.0)
    assert "2026-12, attic/hgx: found site attic, expected one of lab, annex" in plan.detail("orders-possible")
    plan = Everything(settings={"servers.hgx.sites": ["annex"]}).build()
    assert plan.failed() == {"orders-possible"}


@pytest.mark.parametrize(
    "supply",
    [
        Supply(SupplyKind.SPEND_COMMITMENT, "savings", "money"),
        Supply(SupplyKind.DRAWN, "p5", "thrift"),
        Supply(SupplyKind.DRAWN, "p6", "savings"),
        Supply(SupplyKind.API, "claude", "api"),
        Supply(SupplyKind.API, "gpt", "money"),
    ],
    ids=str,
)
def test_supplies_that_are_none(supply):
    plan = Everything().build()
    plan.dispatch.supplies = (*SUPPLIES, supply)
    plan.dispatch.periods = [
        PeriodDispatch(made.period, np.pad(made.gpus, ((0, 0), (0, 0), (0, 1))), made.unserved)
        for made in plan.dispatch.periods
    ]
    assert plan.failed() == {"dispatch-well-formed"}
    assert f"supplies: found {supply.label}, expected a supply" in plan.detail("dispatch-well-formed")


def test_an_offer_that_a_commitment_does_not_pay_for():
    settings = {"spend_commitments.savings.rates": {"p6": 3.0}, "cloud.p6": {
        "provider": "aws", "gpu": "H100", "gpus": 8, "on_demand": 60.0}}  # fmt: skip
    assert "supplies: found p5/savings" in Everything(settings=settings).build().detail("dispatch-well-formed")
