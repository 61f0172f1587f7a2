"""Good plans pass; each fault put into one is caught by the check that is named for it."""

import pytest

from planner.audit import CheckName

LAB, ANNEX, HELD, RENT, SPOT, A2 = range(6)
CHAT, BATCH = 0, 1


def test_a_good_plan_passes_every_check(toy):
    audit = toy().build().audit()
    assert audit.passed
    assert not audit.failed
    assert [check.name for check in audit.checks] == [name.value for name in CheckName]
    assert all(check.passed and check.detail for check in audit.checks)


@pytest.mark.parametrize(
    "figures",
    [
        {"hardware_at_end": "none"},
        {"commitments_at_end": "full"},
        {"rate": 0.0},
        {"unit": "week", "years": 7 / 365, "start": "2027-01-04"},
        {"unit": "quarter", "years": 1 / 4, "start": "2027-02-02"},
        {"unit": "day", "years": 1 / 365},
        {"lead": 0, "life": 7, "resale": {}},
        {"orders": [], "commitments": []},
        {"relax": True, "orders": [(0, "lab", 1.37)], "commitments": [(0, 0.21)]},
    ],
    ids=str,
)
def test_other_good_plans_pass(toy, figures):
    assert toy(**figures).build().failed() == set()


# --- a plan made with a wrong figure, told by the figure in the assumptions: everything else is consistent

WRONG_FIGURES = {
    "PUE left out": ({"pue": 1.0}, {"sites.lab.pue": 1.5}, {"cost-electricity"}),
    "electricity price": ({}, {"sites.lab.electricity_price": 0.11}, {"cost-electricity"}),
    "idle power left out": ({"idle": 0.0}, {"servers.hgx.idle_power_kw": 1.5}, {"cost-electricity"}),
    "egress left out": ({"egress_price": 0.0}, {"cloud.p5.egress_per_gb": 0.09}, {"cost-egress"}),
    "egress per GPU-hour": ({}, {"workloads.chat.egress_gb_per_gpu_hour": 0.5}, {"cost-egress"}),
    "storage of the workload": ({}, {"workloads.batch.storage_gb": 400.0}, {"cost-storage"}),
    "storage of a site": ({}, {"sites.lab.storage_per_gb_month": 0.02}, {"cost-storage"}),
    "storage of an offer": ({}, {"cloud.a2.storage_per_gb_month": 0.02}, {"cost-storage"}),
    "penalty": ({}, {"workloads.batch.unserved_penalty": 7.0}, {"cost-unserved"}),
    "maintenance": ({}, {"servers.hgx.maintenance_per_year": 0.12}, {"cost-maintenance"}),
    "hosting": ({}, {"sites.annex.hosting_per_kw_month": 10.0}, {"cost-hosting"}),
    "staff": ({}, {"sites.lab.staff": {"servers_per_person": 10.0, "cost_per_person_year": 150000.0}}, {"cost-staff"}),
    "installation": ({}, {"servers.hgx.install_cost": 13000.0}, {"cost-installation", "purchases-cost"}),
    "price of a server": (
        {"maintenance": 0.0, "resale": {}},
        {"servers.hgx.price": 260000.0},
        {"cost-servers", "purchases-cost"},
    ),
    "trend of a server": (
        {"maintenance": 0.0, "resale": {}},
        {"servers.hgx.price_trend_per_year": 0.0},
        {"cost-servers", "purchases-cost"},
    ),
    "resale curve": ({}, {"servers.hgx.resale": {"1 month": 0.8, "3 months": 0.4}}, {"cost-resale"}),
    "hardware at the end": ({"hardware_at_end": "none"}, {"finance.hardware_at_end": "resale"}, {"cost-resale"}),
    "on-demand price": ({}, {"cloud.a2.on_demand": 13.0}, {"cost-on-demand", "rentals-table"}),
    "spot price": ({"spot": 23.0}, {"cloud.p5.spot.price": 24.0}, {"cost-spot", "rentals-table"}),
    "upfront": (
        {},
        {"cloud.p5.reserved.term.upfront": 21000.0},
        {"cost-reserved-upfront", "commitments-cost"},
    ),
    "hourly fee": ({}, {"cloud.p5.reserved.term.hourly": 12.5}, {"cost-reserved-hourly", "commitments-cost"}),
    "trend of an offer": (
        {"upfront": 0.0},
        {"cloud.p5.price_trend_per_year": -0.3},
        {"cost-on-demand", "cost-spot", "rentals-table", "cost-reserved-hourly", "commitments-cost"},
    ),
    "term charged in full": (
        {"commitments_at_end": "full"},
        {"finance.commitments_at_end": "prorated"},
        {"cost-reserved-upfront", "cost-reserved-hourly"},
    ),
    "term prorated": (
        {},
        {"finance.commitments_at_end": "full"},
        {"cost-reserved-upfront", "cost-reserved-hourly"},
    ),
}


@pytest.mark.parametrize("fault", WRONG_FIGURES)
def test_a_plan_made_with_a_wrong_figure(toy, fault):
    figures, truth, caught = WRONG_FIGURES[fault]
    plan = toy(**figures, settings=list(truth.items())).build()
    assert plan.failed() == caught | {"total"}


LIMITS = {
    "power": ({"sites.lab.power_limit_kw": 20.0}, "power-limit", "2027-03, lab: found 27 kW, expected at most 20"),
    "rack": ({"sites.annex.rack_units": 15.0}, "rack-units", "2027-04, annex: found 16 rack units, expected at most"),
    "servers": ({"servers.hgx.max_servers": 3.0}, "max-servers", "2027-03, hgx: found 4 servers, expected at most"),
    "max_gpus": ({"cloud.p5.max_gpus": 14.0}, "max-gpus", "p5: found "),
    "max_gpus, reserved alone": ({"cloud.p5.max_gpus": 11.0}, "max-gpus", "expected at most 11 GPUs"),
    "spot max_gpus": ({"cloud.p5.spot.max_gpus": 3.0}, "spot-max-gpus", "p5: found 3.66"),
    "spot share": ({"workloads.batch.spot_max_share": 0.29}, "spot-share", "batch: found 3.3 reference GPUs"),
    "availability": ({"servers.hgx.availability": 0.9}, "pool-use", "lab/hgx: found 9.215 GPUs"),
    "headroom": ({"sites.lab.headroom": 0.06}, "pool-use", "2027-02, hour "),
    "order per period": ({"servers.hgx.max_order_per_period": 2.0}, "orders-possible", "2027-01, hgx: found 3 ordered"),
    "available from": ({"servers.hgx.available_from": "2027-01-02"}, "orders-possible", "2027-01, lab/hgx"),
    "available until": ({"servers.hgx.available_until": "2027-02-28"}, "orders-possible", "2027-03, annex/hgx"),
    "decided at least": (
        {"decisions": [{"server": "hgx", "site": "lab", "period": "2027-02", "min": 2.0}]},
        "orders-possible",
        "2027-02, lab/hgx: found 1, expected at least 2",
    ),
    "decided at most": (
        {"decisions": [{"server": "hgx", "site": "annex", "period": "2027-03", "max": 1.0}]},
        "orders-possible",
        "2027-03, annex/hgx: found 2, expected at most 1",
    ),
    "decided commitment": (
        {"decisions": [{"offer": "p5", "option": "term", "period": "2027-01", "min": 1.0}]},
        "orders-possible",
        "2027-01, p5/term: found 0, expected at least 1",
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_that_the_plan_does_not_keep(toy, limit):
    settings, name, text = LIMITS[limit]
    plan = toy(settings=list(settings.items())).build()
    assert plan.failed() == {name}
    assert text in plan.detail(name)


KEPT = [
    {"sites.lab.power_limit_kw": 27.0, "sites.annex.rack_units": 16.0, "servers.hgx.max_servers": 4.0},
    {"servers.hgx.max_order_per_period": 3.0, "servers.hgx.available_from": "2027-01-01"},
    {"servers.hgx.available_until": "2027-03-01", "cloud.p5.max_gpus": 30.0, "workloads.batch.spot_max_share": 0.3},
    {"decisions": [{"server": "hgx", "site": "lab", "period": "2027-01", "min": 2.0, "max": 2.0}]},
    {"decisions": [{"offer": "p5", "option": "term", "period": "2027-02", "min": 1.0, "max": 1.0}]},
]


@pytest.mark.parametrize("settings", KEPT, ids=str)
def test_limits_that_are_just_kept(toy, settings):
    assert toy(settings=list(settings.items())).build().failed() == set()


FORBIDDEN = {
    "location cloud": ({"workloads.batch.location": "cloud"}, "location is cloud"),
    "location local": ({"workloads.chat.location": "local"}, "location is local"),
    "region": ({"workloads.batch.regions": ["us-*"]}, "region 'eu-west' matches none of us-*"),
    "no region": ({"sites.lab.region": ""}, "region '' matches none of us-*"),
    "not interruptible": ({"workloads.batch.interruptible": False}, "the workload is not interruptible"),
    "memory": ({"workloads.chat.gpu_memory_gb": 450.0}, "does not fit into one unit's 5 × H100"),
    "speed 0": ({"workloads.batch.speed": {"A100": 0.0}}, "the speed on A100 is 0 or not known"),
    "speed not known": ({"workloads.batch.speed": {}, "cloud.a2.gpu": "X1"}, "the speed on X1 is 0 or not known"),
    "server's sites": ({"servers.hgx.sites": ["lab"]}, "the server may stand at lab only"),
}


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_work_where_it_may_not_run(toy, fault):
    settings, text = FORBIDDEN[fault]
    plan = toy(settings=list(settings.items())).build()
    assert "eligibility" in plan.failed()
    assert text in plan.detail("eligibility")
