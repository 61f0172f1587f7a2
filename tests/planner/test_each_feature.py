"""Each feature on its own: loose, it leaves the cost as it is; tight, cost and plan move as theory says.

Without any, three days from 31 December: 2 GPUs by night, 4 by day. A server is 100 and 0.1 an hour, a rented hour 2: a
server busy for 72 hours saves 136.8 and is bought, one busy for 36 saves 68.4 and is not. So two servers, 144 hours of
work on them, 72 hours rented: 200 + 14.4 + 144.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd
import pytest
from planning_cases import Tree, changed, offer, server, site, tree

import planner

PLAIN = 200 + 14.4 + 144
TOKENS_PER_GPU_HOUR = 900_000
DEAR = {"term": "3 days", "upfront": 1_000_000, "hourly": 0.5}


def days(**changes: Any) -> Tree:
    """The assumptions."""
    assumptions = tree(
        "day",
        3,
        workloads={"w": {"reference_gpu": "H100", "throughput": {"H100": {"output_tokens_per_s": 250}}}},
        sites={"lab": site(0.1, carbon_g_per_kwh=1000, region="here")},
        servers={"box": server(100, "3 days", rack_units=1)},
        cloud={"c": offer(2, region="there", carbon_g_per_gpu_hour=0, reserved={"r": DEAR})},
    )
    return changed(assumptions, **changes)


@cache
def demand() -> pd.DataFrame:
    """Tokens by the hour."""
    gpus = ([2] * 12 + [4] * 12) * 3
    stamps = pd.date_range("2026-12-31", periods=72, freq="h").astype(str)
    tokens = [TOKENS_PER_GPU_HOUR * count for count in gpus]
    return pd.DataFrame({"timestamp": stamps, "workload": "w", "output_tokens": tokens})


def made(**changes: Any) -> planner.Plan:
    plan = planner.plan(demand(), days(**changes), gap=1e-6, baselines=False)
    assert [check.name for check in plan.audit.checks if not check.passed] == []
    return plan


@cache
def plain() -> planner.Plan:
    """Without any."""
    return made()


def bought(plan: planner.Plan) -> float:
    return float(plan.purchases["count"].sum())


def bought_at_once(plan: planner.Plan) -> float:
    return float(plan.purchases.loc[plan.purchases["period"] == "2026-12-31", "count"].sum())


def rented(plan: planner.Plan) -> float:
    return float(plan.rentals["gpu_hours"].sum())


def on_spot(plan: planner.Plan) -> float:
    return float(plan.rentals.loc[plan.rentals["option"] == "spot", "gpu_hours"].sum())


def promised(plan: planner.Plan) -> float:
    return float(plan.spend_commitments["amount_per_hour"].sum())


def by_apis(plan: planner.Plan) -> float:
    return float(plan.api_use["output_tokens"].sum())


def sold(plan: planner.Plan) -> float:
    return float(plan.sales["count"].sum())


def undone(plan: planner.Plan) -> float:
    return float(plan.unserved["gpu_hours"].sum())


@dataclass(frozen=True)
class Feature:
    """What it does when it is loose and when it is not; what of the plan moves, and which way (1 up, −1 down)."""

    loose: Tree
    tight: Tree
    cost: int
    measure: Callable[[planner.Plan], float]
    moves: int
    given: Tree = field(default_factory=dict)
    """Beside which it is looked at."""


def limits(**figures: Any) -> Tree:
    return {"limits": figures}


def box(**figures: Any) -> list[Tree]:
    return [{"server": "box", "site": "lab", **figures}]


def decided(**bounds: float) -> Tree:
    return {"decisions": box(period="2026-12-31", **bounds)}


def promise(rate: float) -> Tree:
    return {"spend_commitments": {"sp": {"term": "3 days", "rates": {"c": rate}}}}


def api(price: float) -> Tree:
    return {"apis": {"api": {"input_per_million": 0, "output_per_million": price, "workloads": ["w"]}}}


def staff(per_day: float, *, whole: bool) -> Tree:
    """A person looks after ten servers."""
    people = {"servers_per_person": 10, "cost_per_person_year": 365 * per_day, "whole_people": whole}
    return {"sites__lab__staff": people}


def held(started: str) -> Tree:
    return {"held_commitments": [{"offer": "c", "option": "r", "count": 1, "started": started}]}


SPOT = {"workloads__w__interruptible": True, "cloud__c__spot": {"price": 0.2}}

FEATURES: dict[str, Feature] = {
    "capex in total": Feature(limits(capex={"total": 200}), limits(capex={"total": 199}), 1, bought, -1),
    "capex of a year": Feature(
        limits(capex={"per_year": {2026: 200}}), limits(capex={"per_year": {2026: 199}}), 1, bought, -1
    ),
    "cloud spend": Feature(
        limits(cloud_spend={"per_period": 48}), limits(cloud_spend={"per_period": 47}), 1, rented, -1
    ),
    "carbon of a year": Feature(
        limits(carbon_tonnes={"per_year": {2027: 0.096}}),
        limits(carbon_tonnes={"per_year": {2027: 0.09}}),
        1,
        rented,
        1,
    ),
    "carbon price": Feature(
        {"finance__carbon_price_per_tonne": 0}, {"finance__carbon_price_per_tonne": 2000}, 1, bought, -1
    ),
    "quota": Feature(
        limits(quotas=[{"offers": ["c*"], "max_gpus": 2}]),
        limits(quotas=[{"offers": ["c*"], "max_gpus": 1}]),
        1,
        rented,
        -1,
    ),
    "GPUs of an offer": Feature({"cloud__c__max_gpus": 2}, {"cloud__c__max_gpus": 1}, 1, rented, -1),
    "orders of a period": Feature(
        {"servers__box__max_order_per_period": 2}, {"servers__box__max_order_per_period": 1}, 1, bought_at_once, -1
    ),
    "servers in total": Feature({"servers__box__max_servers": 2}, {"servers__box__max_servers": 1}, 1, bought, -1),
    "available from": Feature(
        {"servers__box__available_from": "2026-12-31"},
        {"servers__box__available_from": "2027-01-01"},
        1,
        bought_at_once,
        -1,
    ),
    "available until": Feature(
        {"servers__box__available_until": "2026-12-31"},
        {"servers__box__available_until": "2026-12-30"},
        1,
        bought,
        -1,
    ),
    "power": Feature({"sites__lab__power_limit_kw": 2}, {"sites__lab__power_limit_kw": 1.9}, 1, bought, -1),
    "space": Feature({"sites__lab__rack_units": 2}, {"sites__lab__rack_units": 1}, 1, bought, -1),
    "headroom": Feature({"sites__lab__headroom": 0}, {"sites__lab__headroom": 0.5}, 1, bought, -1),
    "spend commitment": Feature(promise(2.0), promise(1.0), -1, promised, 1),
    "API": Feature(api(2.5), api(0.5), -1, by_apis, 1),
    "discount": Feature({"providers": {"p": {"discount": 0}}}, {"providers": {"p": {"discount": 0.5}}}, -1, bought, -1),
    "support": Feature(
        {"providers": {"p": {"support_share": 0}}}, {"providers": {"p": {"support_share": 0.5}}}, 1, bought, 1
    ),
    "fleet": Feature(
        {"fleet": box(count=2, in_service="2027-02-01")},
        {"fleet": box(count=2, in_service="2026-12-31")},
        -1,
        bought,
        -1,
    ),
    "fleet at the end of its life": Feature(
        {"fleet": box(count=1, in_service="2026-12-28")},
        {"fleet": box(count=1, in_service="2026-12-29")},
        -1,
        rented,
        -1,
        given=decided(max=1),
    ),
    "early sale": Feature(
        {"servers__box__resale": {"1 day": 0}},
        {"servers__box__resale": {"1 day": 0.9}},
        -1,
        sold,
        1,
        given={"servers__box__lifetime": "30 days"},
    ),
    "held commitment": Feature(held("2027-02-01"), held("2026-12-31"), -1, bought, -1),
    "staff": Feature(staff(0, whole=False), staff(200, whole=False), 1, bought, -1),
    "whole people": Feature(staff(25, whole=False), staff(25, whole=True), 1, bought, -1, given=staff(25, whole=False)),
    "set-up": Feature({"sites__lab__setup_cost": 0}, {"sites__lab__setup_cost": 80}, 1, bought, -1),
    "deferrable": Feature(
        {"workloads__w__deferrable": "12 hours"}, {"workloads__w__deferrable": "24 hours"}, -1, rented, -1
    ),
    "decided at least": Feature(decided(min=2), decided(min=3), 1, bought, 1),
    "decided at most": Feature(decided(max=2), decided(max=1), 1, bought, -1),
    "location": Feature({"workloads__w__location": "any"}, {"workloads__w__location": "cloud"}, 1, bought, -1),
    "regions": Feature({"workloads__w__regions": ["*here"]}, {"workloads__w__regions": ["here"]}, 1, rented, -1),
    "spot share": Feature(
        {"workloads__w__spot_max_share": 1}, {"workloads__w__spot_max_share": 0.5}, 1, on_spot, -1, given=SPOT
    ),
    "GPUs of spot": Feature(
        {"cloud__c__spot__max_gpus": 4}, {"cloud__c__spot__max_gpus": 1}, 1, on_spot, -1, given=SPOT
    ),
    "penalty": Feature({"workloads__w__unserved_penalty": 2}, {"workloads__w__unserved_penalty": 1}, -1, undone, 1),
    "egress": Feature(
        {"cloud__c__egress_per_gb": 0},
        {"cloud__c__egress_per_gb": 1},
        1,
        bought,
        1,
        given={"workloads__w__egress_gb_per_gpu_hour": 1},
    ),
    "storage": Feature(
        {"cloud__c__storage_per_gb_month": 0},
        {"cloud__c__storage_per_gb_month": 10},
        1,
        rented,
        -1,
        given={"workloads__w__storage_gb": 1000},
    ),
}


def test_without_any() -> None:
    plan = plain()
    assert plan.total_cost == pytest.approx(PLAIN)
    assert (bought(plan), rented(plan)) == (2, pytest.approx(72))


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_moves_the_plan_only_where_it_is_tight(name: str) -> None:
    feature = FEATURES[name]
    without = made(**feature.given) if feature.given else plain()
    loose = made(**{**feature.given, **feature.loose})
    tight = made(**{**feature.given, **feature.tight})
    assert loose.total_cost == pytest.approx(without.total_cost, rel=1e-6)
    assert feature.cost * (tight.total_cost - without.total_cost) > 1e-3 * without.total_cost
    assert feature.moves * (feature.measure(tight) - feature.measure(without)) > 0.1
