"""Every feature on its own: it moves the plan the way that theory says, and costs nothing where it does not bind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

import pandas as pd
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner

GAP = 1e-6
DAYS = ("2026-12-30", "2026-12-31", "2027-01-01")
TOKENS_OF_A_GPU_HOUR = 3.6e6


def demand() -> pd.DataFrame:
    """Chat by day and by night, less on the third day; batch in two bursts a day. In tokens, so that APIs may serve."""
    day = [3.0] * 8 + [6.0] * 4 + [8.0] * 4 + [5.0] * 4 + [4.0] * 4
    chat = [*day, *day, *(load / 4 for load in day)]
    batch = ([0.0] * 9 + [6.0] + [0.0] * 5 + [9.0] + [0.0] * 8) * 3
    amounts = {name: [load * TOKENS_OF_A_GPU_HOUR for load in loads] for name, loads in (("a", chat), ("b", batch))}
    return forecast(DAYS[0], **amounts).rename(columns={"gpu_hours": "output_tokens"})


def plain() -> Tree:
    """Three days over the turn of a year. A server is 40 and 0.1 an hour; a GPU rented 2, reserved for a day 29."""
    throughput = {"H100": {"output_tokens_per_s": 1000}}
    reserved = {"day": {"term": "1 day", "upfront": 29}, "long": {"term": "5 days", "upfront": 500}}
    return tree(
        "day",
        3,
        workloads=workloads("a", "b", throughput=throughput, interruptible=True),
        sites={"lab": site(0.1, carbon_g_per_kwh=1000)},
        servers={"box": server(40, "5 days", rack_units=1)},
        cloud={"c": offer(2, reserved=reserved, carbon_g_per_gpu_hour=0)},
    )


Measure = Callable[[planner.Plan], float]


class Way(Enum):
    """How a figure changes."""

    LESS = -1
    MORE = 1

    def holds(self, before: float, after: float) -> bool:
        """Did it change so, by more than rounding and the gap?"""
        slack = 10 * GAP * max(abs(before), abs(after), 1.0)
        return (after - before) * self.value > slack


def bought(plan: planner.Plan) -> float:
    return float(plan.purchases["count"].sum())


def bought_in(day: int) -> Measure:
    return lambda plan: float(plan.purchases.loc[plan.purchases["period"] == DAYS[day], "count"].sum())


def line(*components: str) -> Measure:
    """Undiscounted money on some lines."""
    return lambda plan: float(plan.costs.loc[plan.costs["component"].isin(components), "amount"].sum())


def owned_hours(plan: planner.Plan) -> float:
    """GPU-hours that ran on servers."""
    return float(plan.use.loc[plan.use["pool"] == "lab/box", "gpu_hours"].sum())


def clouds(plan: planner.Plan) -> float:
    """GPU-hours rented and GPU-days reserved: what is not run on servers."""
    return float(plan.rentals["gpu_hours"].sum() + 24 * plan.commitments["gpus"].sum())


def promised(plan: planner.Plan) -> float:
    return float(plan.spend_commitments["amount_per_hour"].sum())


def undone(plan: planner.Plan) -> float:
    return float(plan.unserved["gpu_hours"].sum())


def by_api(plan: planner.Plan) -> float:
    return float(plan.api_use["output_tokens"].sum())


def sold(plan: planner.Plan) -> float:
    return float(plan.sales["count"].sum())


def peak_units(plan: planner.Plan) -> float:
    return float(plan.capacity.loc[plan.capacity["pool"] == "lab/box", "units"].max())


@dataclass(frozen=True)
class Feature:
    """One feature where it binds, or is worth having, and where it is neither."""

    binding: Mapping[str, Any]
    loose: Mapping[str, Any]
    cost: Way
    measured: Measure
    way: Way


LAB, BOX, C = "sites__lab__", "servers__box__", "cloud__c__"
STAFFED = {"servers_per_person": 2, "cost_per_person_year": 3650}
NEARLY_NO_STAFF = {"servers_per_person": 1e6, "cost_per_person_year": 1e-4}
DECIDED = {"server": "box", "site": "lab", "period": DAYS[0]}
OWNED = {"server": "box", "site": "lab", "count": 2}
HELD = {"offer": "c", "option": "long", "count": 2}
ANOTHER = {"discount": 0.9, "support_share": 0.9}


def limit(**figures: Any) -> dict[str, Any]:
    return {"limits": figures}


def dearer(binding: Mapping[str, Any], loose: Mapping[str, Any], measured: Measure, way: Way = Way.LESS) -> Feature:
    """Something that is limited, or has to be paid."""
    return Feature(binding, loose, Way.MORE, measured, way)


def cheaper(binding: Mapping[str, Any], loose: Mapping[str, Any], measured: Measure, way: Way = Way.MORE) -> Feature:
    """Something that may be used."""
    return Feature(binding, loose, Way.LESS, measured, way)


FEATURES: dict[str, Feature] = {
    "capex in total": dearer(limit(capex={"total": 100}), limit(capex={"total": 1e6}), bought),
    "capex of a year": dearer(
        limit(capex={"per_year": {2026: 100}}), limit(capex={"per_year": {2026: 1e6, 2031: 0}}), bought_in(0)
    ),
    "capex of a year: reservations instead": dearer(
        limit(capex={"per_year": {2026: 0}}), limit(capex={"per_year": {2026: 1e6}}), line("reserved_upfront"), Way.MORE
    ),
    "cloud spend": dearer(limit(cloud_spend={"per_period": 20}), limit(cloud_spend={"per_period": 1e6}), clouds),
    "cloud spend: servers instead": dearer(
        limit(cloud_spend={"per_period": 20}), limit(cloud_spend={"per_period": 1e6}), bought, Way.MORE
    ),
    "carbon of a year": dearer(
        limit(carbon_tonnes={"per_year": {2026: 0.05}}), limit(carbon_tonnes={"per_year": {2026: 1e3}}), owned_hours
    ),
    "price of carbon": dearer(
        {"finance__carbon_price_per_tonne": 5000}, {"finance__carbon_price_per_tonne": 1e-6}, owned_hours
    ),
    "quota": dearer(
        limit(quotas=[{"offers": ["c"], "max_gpus": 2}]), limit(quotas=[{"offers": ["*"], "max_gpus": 1e3}]), clouds
    ),
    "GPUs of an offer": dearer({C + "max_gpus": 2}, {C + "max_gpus": 1e3}, bought, Way.MORE),
    "orders of a period": dearer(
        {BOX + "max_order_per_period": 1}, {BOX + "max_order_per_period": 100}, bought_in(0)
    ),
    "servers in total": dearer({BOX + "max_servers": 2}, {BOX + "max_servers": 100}, peak_units),
    "sold from": dearer({BOX + "available_from": DAYS[2]}, {BOX + "available_from": DAYS[0]}, bought),
    "sold until": dearer({BOX + "available_until": "2026-12-29"}, {BOX + "available_until": "2030-01-01"}, bought),
    "spend commitment": cheaper(
        {"spend_commitments": {"s": {"term": "1 day", "rates": {"c": 0.8}}}},
        {"spend_commitments": {"s": {"term": "1 day", "rates": {"c": 2}}}},
        promised,
    ),
    "API": cheaper(
        {"apis": {"m": {"input_per_million": 0, "output_per_million": 0.2}}},
        {"apis": {"m": {"input_per_million": 0, "output_per_million": 5}}},
        by_api,
    ),
    "discount": cheaper({"providers": {"p": {"discount": 0.5}}}, {"providers": {"q": ANOTHER}}, bought, Way.LESS),
    "support": dearer({"providers": {"p": {"support_share": 0.5}}}, {"providers": {"q": ANOTHER}}, clouds),
    "fleet": cheaper(
        {"fleet": [{**OWNED, "in_service": "2026-12-29"}]},
        {"fleet": [{**OWNED, "in_service": "2027-06-01"}]},
        bought,
        Way.LESS,
    ),
    "held commitment": cheaper(
        {"held_commitments": [{**HELD, "started": "2026-12-29"}]},
        {"held_commitments": [{**HELD, "started": "2026-12-01"}]},
        bought,
        Way.LESS,
    ),
    "early sale": cheaper({BOX + "resale": {"1 day": 0.8, "3 days": 0.2}}, {BOX + "resale": {"1 hour": 0}}, sold),
    "staff": dearer({LAB + "staff": STAFFED}, {LAB + "staff": NEARLY_NO_STAFF}, bought),
    "whole people": dearer(
        {LAB + "staff": {**STAFFED, "whole_people": True}},
        {LAB + "staff": {**NEARLY_NO_STAFF, "whole_people": True}},
        bought,
    ),
    "set-up": dearer({LAB + "setup_cost": 500}, {LAB + "setup_cost": 1e-6}, bought),
    "decided: at least": dearer(
        {"decisions": [{**DECIDED, "min": 12}]}, {"decisions": [{**DECIDED, "min": 1}]}, bought, Way.MORE
    ),
    "decided: at most": dearer(
        {"decisions": [{**DECIDED, "max": 1}]}, {"decisions": [{**DECIDED, "max": 50}]}, bought_in(0)
    ),
    "work that waits": cheaper(
        {"workloads__b__deferrable": "24 hours"}, {"workloads__b__deferrable": "1 hour"}, line("on_demand"), Way.LESS
    ),
    "power": dearer({LAB + "power_limit_kw": 2}, {LAB + "power_limit_kw": 1e3}, peak_units),
    "rack units": dearer({LAB + "rack_units": 2}, {LAB + "rack_units": 1e3}, peak_units),
    "spot": cheaper({C + "spot": {"price": 0.3}}, {C + "spot": {"price": 2}}, line("spot")),
    "penalty": cheaper({"workloads__b__unserved_penalty": 0.1}, {"workloads__b__unserved_penalty": 3}, undone),
}  # fmt: skip


@cache
def without() -> planner.Plan:
    return planned({})


def planned(changes: Mapping[str, Any]) -> planner.Plan:
    plan = planner.plan(demand(), changed(plain(), **changes), gap=GAP, baselines=False, why=False)
    assert [check.name for check in plan.audit.checks if not check.passed] == []
    assert plan.gap <= GAP
    return plan


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_that_binds_moves_the_plan_as_it_should(name: str) -> None:
    feature = FEATURES[name]
    before, after = without(), planned(feature.binding)
    assert feature.cost.holds(before.total_cost, after.total_cost), (before.total_cost, after.total_cost)
    figures = feature.measured(before), feature.measured(after)
    assert feature.way.holds(*figures), figures


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_that_does_not_bind_costs_nothing(name: str) -> None:
    assert planned(FEATURES[name].loose).total_cost == pytest.approx(without().total_cost, rel=GAP)
