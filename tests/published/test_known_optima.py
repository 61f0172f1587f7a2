"""Problems that others solved: Malloovia, AWSome-Savings, newsvendor, screening curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import planner
from planner import economics


def hourly(**demand: list[float]) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "timestamp": pd.date_range("2027-01-01", periods=len(values), freq="h").astype(str),
                "workload": name,
                "gpu_hours": values,
            }
        )
        for name, values in demand.items()
    ]
    return pd.concat(frames, ignore_index=True)


def assumptions(
    workloads: dict[str, Any], cloud: dict[str, Any], hours: int, *, at_end: str = "full", **more: Any
) -> dict[str, Any]:
    return {
        "version": 1,
        "horizon": {"period": "hour", "periods": hours},
        "finance": {"discount_rate": 0, "commitments_at_end": at_end},
        "workloads": workloads,
        "sites": {},
        "servers": {},
        "fleet": [],
        "apis": {},
        "cloud": cloud,
        **more,
    }


def offer(on_demand: float, reserved: dict[str, Any], gpu: str = "vm", **more: Any) -> dict[str, Any]:
    return {
        "provider": "p",
        "gpu": gpu,
        "gpus": 1,
        "gpu_memory_gb": 1,
        "on_demand": on_demand,
        "reserved": reserved,
        **more,
    }


def cost(demand: pd.DataFrame, tree: dict[str, Any]) -> float:
    plan = planner.plan(demand, tree, gap=1e-7)
    assert plan.audit.passed
    assert plan.status == "optimal"
    return plan.total_cost


PROBLEM_1 = hourly(app0=[30, 32, 30, 30], app1=[1003, 1200, 1194, 1003])
MACHINE = {
    "app0": {"reference_gpu": "vm", "speed": {"vm": 10}},
    "app1": {"reference_gpu": "vm", "speed": {"vm": 500}},
}


def malloovia_1(whole: bool = False, **more: Any) -> dict[str, Any]:
    """One offer with two prices would share its max_gpus, so the two pools of machines are two offers."""
    reserved = {"r": {"term": "4 hours", "hourly": 7}}
    two = {
        "ondemand": offer(10, {}, max_gpus=20),
        "reserved": {
            "provider": "p",
            "gpu": "vm",
            "gpus": 1,
            "gpu_memory_gb": 1,
            "reserved": reserved,
            "max_gpus": 20,
            "whole_instances": whole,
        },
    }
    return assumptions(MACHINE, two, 4, **more)


def test_malloovia_problem_1_fractions() -> None:
    assert cost(PROBLEM_1, malloovia_1()) == pytest.approx(149.928, abs=1e-9)


def test_malloovia_problem_1_buys_5_006_reserved() -> None:
    plan = planner.plan(PROBLEM_1, malloovia_1(), gap=1e-7)
    first = plan.capacity[plan.capacity["period"] == plan.calendar.label(0)]
    assert first["units"].sum() == pytest.approx(5.006, abs=1e-9)


def test_malloovia_problem_1_whole_instances() -> None:
    assert cost(PROBLEM_1, malloovia_1(whole=True)) == pytest.approx(150.0, abs=1e-9)


@pytest.mark.parametrize(("count", "optimum"), list(enumerate([210, 198, 186, 174, 162, 150, 168, 196, 224])))
def test_malloovia_problem_1_with_the_reservation_decided(count: int, optimum: float) -> None:
    decided = [
        {"offer": "reserved", "option": "r", "period": f"2027-01-01T0{hour}", "min": n, "max": n}
        for hour, n in enumerate([count, 0, 0, 0])
    ]
    assert cost(PROBLEM_1, malloovia_1(decisions=decided)) == pytest.approx(optimum, abs=1e-9)


DOCUMENTED = hourly(
    app0=[201, 203, 180, 220, 190, 211, 199, 204, 500, 200],
    app1=[2010, 2035, 1807, 2202, 1910, 2110, 1985, 2033, 5050, 1992],
)


def malloovia_documented(whole: bool = False, at_end: str = "full") -> dict[str, Any]:
    reserved = {
        "provider": "p",
        "gpu": "small",
        "gpus": 1,
        "gpu_memory_gb": 1,
        "reserved": {"r": {"term": "10 hours", "hourly": 7}},
        "max_gpus": 20,
        "whole_instances": whole,
    }
    workloads = {
        "app0": {"reference_gpu": "small", "speed": {"small": 12, "large": 44}},
        "app1": {"reference_gpu": "small", "speed": {"small": 500, "large": 1800}},
    }
    cloud = {"large": offer(10, {}, gpu="large", max_gpus=10), "small": reserved}
    return assumptions(workloads, cloud, 10, at_end=at_end)


def test_malloovia_documentation_example() -> None:
    assert cost(DOCUMENTED, malloovia_documented()) == pytest.approx(1295.9127, abs=5e-5)
    assert cost(DOCUMENTED, malloovia_documented(whole=True)) == pytest.approx(1334.3673, abs=5e-5)
    assert cost(DOCUMENTED, malloovia_documented(at_end="prorated")) == pytest.approx(781.39, abs=5e-3)


def two_instances(a: dict[str, Any], b: dict[str, Any], hours: int) -> dict[str, Any]:
    workloads = {
        "a": {"reference_gpu": "type-a", "speed": {"type-a": 1}},
        "b": {"reference_gpu": "type-b", "speed": {"type-b": 1}},
    }
    return assumptions(workloads, {"a": a, "b": b}, hours)


def test_awsome_on_demand_reserved() -> None:
    demand = [10, 20, 20, 20, 20, 30]
    options = {"r": {"term": "5 hours", "hourly": 1}}
    tree = two_instances(offer(2, options, "type-a"), offer(2, options, "type-b"), 6)
    assert cost(hourly(a=demand, b=demand), tree) == pytest.approx(280, abs=1e-9)


@pytest.mark.parametrize("whole", [False, True])
def test_awsome_multiple_markets(whole: bool) -> None:
    def options(hourly: list[float], upfront: list[float]) -> dict[str, Any]:
        rates = zip(hourly, upfront, strict=True)
        return {f"r{i}": {"term": "4 hours", "hourly": h, "upfront": u} for i, (h, u) in enumerate(rates)}

    tree = two_instances(
        offer(4, options([0, 0.75, 2], [4, 3, 0]), "type-a", whole_instances=whole),
        offer(8, options([0, 1.5, 4], [8, 6, 0]), "type-b", whole_instances=whole),
        4,
    )
    assert cost(hourly(a=[3] * 4, b=[2] * 4), tree) == pytest.approx(28, abs=1e-9)


def saved(demand: dict[str, list[float]], offers: dict[str, Any], rate: float, term: int) -> float:
    """A spend commitment whose rates are the same for all offers; AWSome's cases with one."""
    hours = len(next(iter(demand.values())))
    workloads = {name: {"reference_gpu": f"type-{name}", "speed": {f"type-{name}": 1}} for name in demand}
    promised = {"sp": {"term": f"{term} hours", "rates": dict.fromkeys(offers, rate)}}
    return cost(hourly(**demand), assumptions(workloads, offers, hours, spend_commitments=promised))


def test_awsome_savings_plan() -> None:
    reserved = {"r": {"term": "4 hours", "hourly": 1}}
    offers = {"a": offer(2, reserved, "type-a"), "b": offer(2, reserved, "type-b")}
    assert saved({"a": [10, 10, 5, 5], "b": [5, 5, 10, 10]}, offers, 1, 4) == pytest.approx(60, abs=1e-9)


def test_awsome_one_instance() -> None:
    offers = {"a": offer(2.2, {"r": {"term": "5 hours", "hourly": 1}}, "type-a")}
    assert saved({"a": [10, 15, 15, 10, 10, 10]}, offers, 1.2, 2) == pytest.approx(84, abs=1e-9)


def test_awsome_needs_no_spend_commitment_where_it_is_too_dear() -> None:
    """Cases on_demand_reserved and multiple_markets again, with their commitments."""
    options = {"r": {"term": "5 hours", "hourly": 1}}
    offers = {"a": offer(2, options, "type-a"), "b": offer(2, options, "type-b")}
    demand = [10.0, 20, 20, 20, 20, 30]
    assert saved({"a": demand, "b": demand}, offers, 1.1, 5) == pytest.approx(280, abs=1e-9)
    three = {"r0": {"term": "4 hours", "upfront": 4}, "r1": {"term": "4 hours", "hourly": 0.75, "upfront": 3}}
    dear = {"r0": {"term": "4 hours", "upfront": 8}, "r1": {"term": "4 hours", "hourly": 1.5, "upfront": 6}}
    markets = {"a": offer(4, three, "type-a"), "b": offer(8, dear, "type-b")}
    workloads = {name: {"reference_gpu": f"type-{name}", "speed": {f"type-{name}": 1}} for name in ("a", "b")}
    promised = {"sp": {"term": "4 hours", "rates": {"a": 4, "b": 8}}}
    tree = assumptions(workloads, markets, 4, spend_commitments=promised)
    assert cost(hourly(a=[3] * 4, b=[2] * 4), tree) == pytest.approx(28, abs=1e-9)


HOURS = 8760
FIXED, OWN, RENTED = 9000.0, 0.2, 3.0


def year_of_load(seed: int = 7) -> np.ndarray:
    """A seeded load of 8,760 hours: a daily and a weekly wave with noise, in GPUs."""
    rng = np.random.default_rng(seed)
    hour = np.arange(HOURS)
    wave = 40 + 25 * np.sin(2 * np.pi * hour / 24) + 10 * np.sin(2 * np.pi * hour / 168)
    return np.round(np.maximum(wave + rng.normal(0, 8, HOURS), 0), 3)


def one_server(whole: bool, gpus: int = 1, fixed: float = FIXED) -> dict[str, Any]:
    """Holding a GPU for the year costs `fixed`, running it 0.2/h (1 kW at 0.2), renting 3.0/h."""
    return {
        "version": 1,
        "horizon": {"period": "year", "periods": 1},
        "finance": {"discount_rate": 0, "hardware_at_end": "none"},
        "workloads": {"w": {"reference_gpu": "H100"}},
        "sites": {"s": {"electricity_price": OWN, "pue": 1}},
        "servers": {
            "box": {
                "gpu": "H100",
                "gpus": gpus,
                "price": fixed * gpus,
                "power_kw": gpus,
                "lifetime": "1 year",
                "whole_servers": whole,
            }
        },
        "cloud": {"rent": offer(RENTED, {}, gpu="H100")},
    }


def test_newsvendor_with_its_certificate() -> None:
    """Buy what is exceeded in h* = F/(c − v) hours; prices λ with Σ(λ − v) = F give a bound that meets the cost."""
    load = year_of_load()
    plan = planner.plan(hourly(w=list(load)), one_server(whole=False), gap=0)
    exceeded_hours = FIXED / (RENTED - OWN)
    assert exceeded_hours == pytest.approx(3214.29, abs=5e-3)
    order = np.sort(load)[::-1]
    best = order[int(np.floor(exceeded_hours))]
    assert plan.purchases["count"].sum() == pytest.approx(best, rel=1e-6)
    price = np.where(load > best, RENTED, OWN)
    at_best = np.flatnonzero(load == best)
    price[at_best] = OWN + (FIXED - (price - OWN).sum()) / len(at_best)
    assert ((price >= OWN - 1e-12) & (price <= RENTED + 1e-12)).all()
    assert price @ load == pytest.approx(plan.total_cost, rel=1e-6)


@pytest.mark.parametrize("gpus", [1, 8])
def test_screening_curve_with_whole_servers(gpus: int) -> None:
    """The n-th server is bought iff the GPU-hours that it would serve, times (c − v), exceed F."""
    load = year_of_load()
    plan = planner.plan(hourly(w=list(load)), one_server(whole=True, gpus=gpus), gap=1e-7)
    served = [np.clip(load - n * gpus, 0, gpus).sum() for n in range(200)]
    pays = sum(hours * (RENTED - OWN) > FIXED * gpus for hours in served)
    assert plan.purchases["count"].sum() == pays
    assert plan.purchases["gpus"].sum() == pays * gpus


def test_instance_of_magnitude() -> None:
    yearly = economics.annuity(
        300_000, resale_share_at_end=0.25, rate_per_year=0.08, years=3, maintenance_per_year=0.05 * 300_000
    )
    own = 10.2 * 1.4 * 0.0862
    assert yearly == pytest.approx(108_307.54, abs=5e-3)
    assert own == pytest.approx(1.230936, abs=5e-7)
    for rented, utilisation in ((55.04, 0.230), (8 * 3.99, 0.403), (8 * 2.82, 0.580)):
        found = economics.break_even_utilisation(yearly, own_per_hour=own, rented_per_hour=rented)
        assert found == pytest.approx(utilisation, abs=5e-4)
