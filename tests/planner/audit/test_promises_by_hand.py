"""What was there at the start, what is promised and what is limited, in plans of a few days written down as figures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audit_cases import COLUMNS, Hours

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Assumptions
from planner.audit import audit
from planner.dispatch import PeriodDispatch, Supply, SupplyKind
from planner.forecast.demand import HourlyDemand, Mix, Quantity
from planner.periods import Calendar
from planner.result import Schedule

DAYS = Calendar(PeriodUnit.DAY, pd.Timestamp("2027-12-30"), 4)
"""Two days of 2027, two of 2028; nothing is discounted."""
LABELS = DAYS.labels
BOX = {"gpu": "H100", "gpus": 1, "price": 36500.0, "power_kw": 0.0, "lifetime": "10 days"}
SITE = {"electricity_price": 0.0, "pue": 1.0}
CLOUD = {"provider": "x", "gpu": "H100", "gpus": 1}


def failed(assumptions, supply=None, gpus=0.0, *, tokens=None, relax=False, undone=0.0, per_gpu=1.0, **tables):
    """Failed check → detail. Demand is the `gpus` of each day, which one supply serves (`per_gpu` of it each), and
    what is left `undone`."""
    if isinstance(gpus, int | float):
        gpus = [float(gpus)] * 4
    workload = {"net": {"unserved_penalty": 0.0} if undone else {}}
    tree = {"version": 1, "workloads": workload, "sites": {}, "servers": {}, "cloud": {}} | assumptions
    tree["finance"] = {"discount_rate": 0.0} | tree.get("finance", {})
    loaded = Loaded(Assumptions.model_validate(tree), "a", Path("."), {}, frozenset())
    quantity = Quantity.TOKENS if tokens is not None else Quantity.GPU_HOURS
    by_name = {} if tokens is None else {"net": np.array(tokens)}
    hourly = np.repeat(gpus, 24)[:, None] * per_gpu + undone
    demand = HourlyDemand(DAYS, ("net",), hourly, quantity, {"net": Mix()}, {}, (), by_name)
    supplies = (supply,) if supply else ()
    hours = Hours(
        ("net",),
        supplies,
        [PeriodDispatch(p, np.full((24, 1, len(supplies)), gpus[p]), np.full((24, 1), undone)) for p in range(4)],
    )
    frames = {name: pd.DataFrame(tables.get(name, []), columns=text.split()) for name, text in COLUMNS.items()}
    schedule = Schedule(**frames, total_cost=float(frames["costs"]["discounted"].sum()))
    return {check.name: check.detail for check in audit(schedule, hours, demand, loaded, relax=relax).failed}


def every_day(component, *amounts):
    return [(label, component, a, a) for label, a in zip(LABELS, amounts, strict=True) if a]


def test_a_spend_commitment():
    """10 an hour for 2 days at a rate of 4 less a quarter pay 3.33 GPUs; with 10 % of support 10 × 48 × 1.1 = 528."""
    assumptions = {
        "cloud": {"a": CLOUD | {"on_demand": 9.0}},
        "providers": {"x": {"discount": 0.25, "support_share": 0.1}},
        "spend_commitments": {"sp": {"term": "2 days", "rates": {"a": 4.0}}},
    }
    drawn, use = Supply(SupplyKind.DRAWN, "a", "sp"), [3.0, 3.0, 0.0, 0.0]
    tables = {
        "spend_commitments": [(LABELS[0], "sp", 10.0, LABELS[1], 480.0)],
        "rentals": [(LABELS[0], "a", "sp", "net", 72.0, 0.0), (LABELS[1], "a", "sp", "net", 72.0, 0.0)],
        "costs": every_day("spend_commitment", 240.0, 240.0, 0, 0) + every_day("support", 24.0, 24.0, 0, 0),
    }
    assert failed(assumptions, drawn, use, **tables) == {}
    most = [10.0 / 3.0, 3.0, 0.0, 0.0]
    rentals = [(LABELS[0], "a", "sp", "net", 80.0, 0.0), (LABELS[1], "a", "sp", "net", 72.0, 0.0)]
    assert failed(assumptions, drawn, most, **tables | {"rentals": rentals}) == {}
    rentals = [(LABELS[0], "a", "sp", "net", 80.4, 0.0), (LABELS[1], "a", "sp", "net", 72.0, 0.0)]
    found = failed(assumptions, drawn, [3.35, 3.0, 0.0, 0.0], **tables | {"rentals": rentals})
    assert set(found) == {"spend-drawn"}
    assert found["spend-drawn"].startswith(f"{LABELS[0]}, hour 0, sp: found 10.05 USD an hour, expected at most 10 USD")


def test_each_spend_commitment_pays_for_its_own_draws():
    """Two promises of 10 an hour: 20 an hour drawn from one of them is too much."""
    assumptions = {
        "cloud": {"a": CLOUD | {"on_demand": 9.0}},
        "spend_commitments": {name: {"term": "4 days", "rates": {"a": 4.0}} for name in ("sp", "tp")},
    }
    found = failed(
        assumptions,
        Supply(SupplyKind.DRAWN, "a", "tp"),
        5.0,
        spend_commitments=[(LABELS[0], name, 10.0, LABELS[3], 960.0) for name in ("sp", "tp")],
        rentals=[(label, "a", "tp", "net", 120.0, 0.0) for label in LABELS],
        costs=every_day("spend_commitment", 480.0, 480.0, 480.0, 480.0),
    )
    assert set(found) == {"spend-drawn"}
    assert found["spend-drawn"].startswith(f"{LABELS[0]}, hour 0, tp: found 20 USD an hour, expected at most 10 USD")


def held(commitments_at_end, costs):
    """What the audit says to a plan of three instances that are held since 29 December for 6 days."""
    assumptions = {
        "finance": {"commitments_at_end": commitments_at_end},
        "cloud": {
            "a": CLOUD | {
                "price_trend_per_year": -0.5,
                "reserved": {"r": {"term": "6 days", "upfront": 700.0, "hourly": 2.0}},
            }
        },
        "providers": {"x": {"discount": 0.5}},
        "held_commitments": [{"offer": "a", "option": "r", "count": 3.0, "started": "2027-12-29"}],
    }  # fmt: skip
    capacity = [(label, "a/r", 3.0, 3.0) for label in LABELS]
    return failed(assumptions, capacity=capacity, costs=costs)


def test_a_reservation_held_at_the_start():
    """29 December to 3 January: all four days and one past the horizon; 3 × 2 × 24 × 0.5 = 72 a day, without trend."""
    inside = every_day("reserved_hourly", 72.0, 72.0, 72.0, 72.0)
    assert held("prorated", inside) == {}
    assert held("full", [*inside, ("2028-01-03", "reserved_hourly", 72.0, 72.0)]) == {}
    assert set(held("full", inside)) == {"cost-reserved-hourly", "total"}
    assert set(held("prorated", [*inside, ("2028-01-03", "reserved_hourly", 72.0, 72.0)])) == {
        "cost-reserved-hourly", "total"}  # fmt: skip
    assert set(held("prorated", [*inside, (LABELS[0], "reserved_upfront", 700.0, 700.0)])) == {
        "cost-reserved-upfront", "total"}  # fmt: skip


def fleet(entry, costs, sales=(), units=(2, 2, 2, 2), **changes):
    assumptions = {
        "sites": {"s": SITE | {"setup_cost": 500.0}},
        "servers": {"box": BOX | {"maintenance_per_year": 0.1, "price_trend_per_year": 0.5} | changes},
        "fleet": [{"server": "box", "site": "s", "count": 2.0, "in_service": "2027-12-20"} | entry],
    }
    capacity = [(LABELS[p], "s/box", float(count), count) for p, count in enumerate(units) if count]
    return failed(assumptions, capacity=capacity, costs=costs, sales=list(sales))


def test_a_fleet_whose_price_is_not_known():
    """In service until 2 January (14 days): maintenance 2 × 36,500 × 0.1 / 365 = 20 a day, on today's price."""
    maintained = every_day("maintenance", 20.0, 20.0, 20.0, 20.0)
    life = {"lifetime": "14 days", "resale": {"1 year": 0.5}}
    assert fleet({}, maintained, **life) == {}
    assert set(fleet({}, maintained, lifetime="13 days")) == {"capacity", "cost-maintenance", "total"}
    # Servers of an unknown price cannot be sold.
    left = every_day("maintenance", 20.0, 20.0, 10.0, 10.0)
    sale = (LABELS[2], "s", "box", 1.0, "fleet 1", 0.0)
    assert set(fleet({}, left, [sale], (2, 2, 1, 1), **life)) == {"sales"}


def test_a_fleet_whose_price_is_known():
    """73,000 paid each; of a straight line down to nothing in 365 days, 11 days of age leave 354/365, 14 351/365.

    One is sold at the start of the second day for 73,000 × 354 / 365 = 70,800. The other reaches the end of its 14 days
    with the horizon on 3 January and fetches 70,200.
    """
    worth = {"price_paid": 73000.0}
    life = {"lifetime": "14 days", "resale": {"8760 hours": 0.0}}
    maintained = every_day("maintenance", 40.0, 20.0, 20.0, 20.0)
    sold = 73000.0 * (1 - 11 / 365)
    end = 73000.0 * (1 - 14 / 365)
    costs = [*maintained, (LABELS[1], "resale", -sold, -sold), (LABELS[3], "resale", -end, -end)]
    sale = (LABELS[1], "s", "box", 1.0, "fleet 1", sold)
    assert fleet(worth, costs, [sale], (2, 1, 1, 1), **life) == {}
    assert set(fleet(worth, costs, [(*sale[:-1], sold + 40.0)], (2, 1, 1, 1), **life)) == {"sales"}
    assert set(fleet(worth, costs, [], (2, 1, 1, 1), **life)) == {
        "capacity", "cost-maintenance", "cost-resale", "total"}  # fmt: skip


@pytest.mark.parametrize(
    ("fleet_at", "paid", "caught"),
    [
        ([], {LABELS[1]: 500.0}, set()),
        ([], {LABELS[0]: 500.0}, {"cost-setup"}),
        ([], {LABELS[1]: 500.0, LABELS[2]: 500.0}, {"cost-setup", "total"}),
        ([], {}, {"cost-setup", "total"}),
        (["s"], {}, set()),
        (["s"], {LABELS[1]: 500.0}, {"cost-setup", "total"}),
        (["t"], {LABELS[1]: 500.0}, set()),
    ],
)
def test_set_up_once_at_the_first_order(fleet_at, paid, caught):
    """Orders on the second and third day. What stood there years ago has made the site one that is open."""
    assumptions = {
        "finance": {"hardware_at_end": "none"},
        "sites": {"s": SITE | {"setup_cost": 500.0}, "t": SITE | {"setup_cost": 70.0}},
        "servers": {"box": BOX},
        "fleet": [{"server": "box", "site": site, "count": 1.0, "in_service": "2020-01-01"} for site in fleet_at],
    }
    found = failed(
        assumptions,
        purchases=[(LABELS[p], "s", "box", 1.0, 1, LABELS[p], 36500.0) for p in (1, 2)],
        capacity=[(LABELS[p], "s/box", units, units) for p, units in ((1, 1.0), (2, 2.0), (3, 2.0))],
        costs=[
            *every_day("servers", 0, 36500.0, 36500.0, 0),
            *[(label, "setup", amount, amount) for label, amount in paid.items()],
        ],
    )
    assert set(found) == caught


def test_rounding_sets_nothing_up():
    """What a solver leaves of an order that is none opens no site."""
    assumptions = {
        "finance": {"hardware_at_end": "none"},
        "sites": {"s": SITE | {"setup_cost": 500.0}},
        "servers": {"box": BOX},
    }
    rounding = [(LABELS[0], "s", "box", 1e-12, 8e-12, LABELS[0], 36500e-12)]
    costs = [(LABELS[0], "servers", 36500e-12, 36500e-12)]
    assert failed(assumptions, relax=True, purchases=rounding, costs=costs) == {}


@pytest.mark.parametrize(
    ("whole", "relax", "daily"),
    [
        (True, False, (0.0, 100.0, 200.0, 200.0)),
        (True, True, (0.0, 75.0, 150.0, 150.0)),
        (False, False, (0.0, 75.0, 150.0, 150.0)),
    ],
)
def test_people(whole, relax, daily):
    """4 servers to a person, who costs 36,500 a year, 100 a day: 3 servers, then 6."""
    staff = {"servers_per_person": 4.0, "cost_per_person_year": 36500.0, "whole_people": whole}
    assumptions = {
        "finance": {"hardware_at_end": "none"},
        "sites": {"s": SITE | {"staff": staff}},
        "servers": {"box": BOX, "cube": BOX},
    }

    def found(daily):
        return failed(
            assumptions,
            relax=relax,
            purchases=[(LABELS[p], "s", name, 3.0, 3, LABELS[p], 109500.0) for p, name in ((1, "box"), (2, "cube"))],
            capacity=[(LABELS[p], f"s/{name}", 3.0, 3.0) for p, name in ((1, "box"), (2, "box"), (3, "box"),
                                                                         (2, "cube"), (3, "cube"))],
            costs=[*every_day("servers", 0, 109500.0, 109500.0, 0), *every_day("staff", *daily)],
        )  # fmt: skip

    assert found(daily) == {}
    assert set(found((0.0, 100.0, 100.0, 200.0))) == {"cost-staff", "total"}


def test_a_full_person_is_one_person():
    """0.1 + 0.2 servers of 0.3 to a person, which comes out a little above 1."""
    staff = {"servers_per_person": 0.3, "cost_per_person_year": 36500.0, "whole_people": True}
    assumptions = {
        "finance": {"hardware_at_end": "none"},
        "sites": {"s": SITE | {"staff": staff}},
        "servers": {"box": BOX | {"whole_servers": False}},
    }
    found = failed(
        assumptions,
        purchases=[(LABELS[0], "s", "box", part, part, LABELS[0], part * 36500.0) for part in (0.1, 0.2)],
        capacity=[(label, "s/box", 0.3, 0.3) for label in LABELS],
        costs=[(LABELS[0], "servers", 10950.0, 10950.0), *every_day("staff", 100.0, 100.0, 100.0, 100.0)],
    )
    assert found == {}


def test_an_api():
    """Half of the work of the first day, 24 of 48 GPU-hours of demand: half of its 8 and 2 million tokens."""
    assumptions = {"apis": {"gpt": {"input_per_million": 3.0, "output_per_million": 10.0}}}
    api = Supply(SupplyKind.API, "gpt", "api")
    tokens = [[8e6, 0.0, 0.0, 0.0], [2e6, 0.0, 0.0, 0.0]]
    half = {"tokens": tokens, "undone": 1.0}
    tables = {
        "api_use": [(LABELS[0], "gpt", "net", 4e6, 1e6, 22.0)],
        "costs": [(LABELS[0], "api", 22.0, 22.0)],
        "unserved": [(label, "net", 24.0) for label in LABELS],
    }
    assert failed(assumptions, api, [1.0, 0.0, 0.0, 0.0], **half, **tables) == {}
    tables["api_use"] = [(LABELS[0], "gpt", "net", 4e6, 1e6, 44.0)]
    assert set(failed(assumptions, api, [1.0, 0.0, 0.0, 0.0], **half, **tables)) == {"api-use"}


def test_cloud_spend_has_the_upfront_as_a_whole():
    """8 days for 800 upfront, of which the plan is charged 3 days; with a tenth for support 880 in its period.

    The hourly fee of 1 makes 24 × 1.1 = 26.4 a day beside it.
    """
    assumptions = {
        "cloud": {"a": CLOUD | {"reserved": {"r": {"term": "8 days", "upfront": 800.0, "hourly": 1.0}}}},
        "providers": {"x": {"support_share": 0.1}},
    }
    tables = {
        "commitments": [(LABELS[1], "a", "r", 1.0, 1, "2028-01-07", 800.0 + 24.0 * 8)],
        "capacity": [(label, "a/r", 1.0, 1.0) for label in LABELS[1:]],
        "costs": [
            (LABELS[1], "reserved_upfront", 300.0, 300.0),
            *every_day("reserved_hourly", 0, 24.0, 24.0, 24.0),
            *every_day("support", 0, 32.4, 2.4, 2.4),
        ],
    }

    def limited(most):
        return failed(assumptions | {"limits": {"cloud_spend": {"per_period": most}}}, **tables)

    assert limited(906.4) == {}
    assert limited(906.0) == {
        "cloud-spend": f"{LABELS[1]}: found 906.4 USD, expected at most 906 USD",
    }


def test_carbon_by_calendar_year():
    """Idle 1 kW × PUE 1.5 × 24 h × 500 g = 18 kg a day; the cloud 2 GPUs × 24 h × 250 g = 12 kg a day."""
    assumptions = {
        "finance": {"hardware_at_end": "none", "carbon_price_per_tonne": 100.0},
        "sites": {"s": SITE | {"pue": 1.5, "carbon_g_per_kwh": 500.0}},
        "servers": {"box": BOX | {"power_kw": 3.0, "idle_power_kw": 1.0}},
        "cloud": {"a": CLOUD | {"on_demand": 1.0, "carbon_g_per_gpu_hour": 250.0}},
    }
    tables = {
        "purchases": [(LABELS[1], "s", "box", 1.0, 1, LABELS[1], 36500.0)],
        "capacity": [(label, "s/box", 1.0, 1.0) for label in LABELS[1:]],
        "rentals": [(label, "a", "on_demand", "net", 48.0, 48.0) for label in LABELS],
        "costs": [
            (LABELS[1], "servers", 36500.0, 36500.0),
            *every_day("on_demand", 48.0, 48.0, 48.0, 48.0),
            *every_day("carbon", 1.2, 3.0, 3.0, 3.0),
        ],
    }

    def limited(**per_year):
        by_year = {year.removeprefix("y"): tonnes for year, tonnes in per_year.items()}
        limits = {"limits": {"carbon_tonnes": {"per_year": by_year}}}
        return failed(assumptions | limits, Supply(SupplyKind.ON_DEMAND, "a", "on_demand"), 2.0, **tables)

    assert limited(y2027=0.042, y2028=0.06, y2029=0.0) == {}
    assert limited(y2027=0.0419) == {"carbon-limit": "2027: found 0.042 tonnes, expected at most 0.0419 tonnes"}
    assert limited(y2028=0.0599) == {"carbon-limit": "2028: found 0.06 tonnes, expected at most 0.0599 tonnes"}


def test_carbon_of_gpus_that_replicas_strand():
    """Replicas of 2 GPUs on servers of 3: 2 of 3 occupied ones draw 1 kW each, 24 × 2 × 500 g = 24 kg a day."""
    assumptions = {
        "finance": {"hardware_at_end": "none"},
        "workloads": {"net": {"gpu_memory_gb": 20.0}},
        "sites": {"s": SITE | {"carbon_g_per_kwh": 500.0}},
        "servers": {"box": BOX | {"gpus": 3, "gpu_memory_gb": 10.0, "power_kw": 3.0}},
        "fleet": [{"server": "box", "site": "s", "count": 1.0, "in_service": "2027-12-29"}],
    }
    tables = {
        "capacity": [(label, "s/box", 1.0, 3.0) for label in LABELS],
        "use": [(label, "s/box", "net", 72.0, 1.0) for label in LABELS],
    }

    def limited(tonnes):
        limits = {"limits": {"carbon_tonnes": {"per_year": {"2027": tonnes}}}}
        return failed(assumptions | limits, Supply(SupplyKind.SERVER, "box", "s"), 3.0, per_gpu=2 / 3, **tables)

    assert limited(0.048) == {}
    assert set(limited(0.0479)) == {"carbon-limit"}


def test_a_term_of_a_promise_charged_in_full():
    """10 an hour for 3 days from the last one: two days past the horizon."""
    assumptions = {
        "finance": {"commitments_at_end": "full"},
        "cloud": {"a": CLOUD | {"on_demand": 9.0}},
        "spend_commitments": {"sp": {"term": "3 days", "rates": {"a": 4.0}}},
    }
    days = (LABELS[3], "2028-01-03", "2028-01-04")
    tables = {
        "spend_commitments": [(LABELS[3], "sp", 10.0, "2028-01-04", 720.0)],
        "costs": [(label, "spend_commitment", 240.0, 240.0) for label in days],
    }
    assert failed(assumptions, **tables) == {}
    assumptions["finance"] = {"commitments_at_end": "prorated"}
    assert set(failed(assumptions, **tables)) == {"cost-spend-commitment", "total"}
    tables["costs"] = tables["costs"][:1]
    assert failed(assumptions, **tables) == {}
