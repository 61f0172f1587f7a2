"""Six days with everything in them: every kind of order, commitment and sale, APIs, budgets, work that may wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from planning_cases import offer, server, site, tree

import planner

TOKENS_PER_GPU_HOUR = 3.6e6
HELD_FEES = 2 * 0.3 * 0.9 * 48
"""Two instances that are held for two more days, at 0.3 an hour less a tenth."""


def everything(name: Callable[[str], str] = str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Forecast and assumptions; `decisions` see to it that every kind of order is made. name: renames everything."""
    chat, batch, lab, annex, box, old = (name(each) for each in ("chat", "batch", "lab", "annex", "box", "old"))
    c, d, p, q, eu, sp, model = (name(each) for each in ("c", "d", "p", "q", "eu", "sp", "model"))
    upfront, partial, none = (name(each) for each in ("all", "partial", "none"))
    hours = np.arange(144)
    gpus = {chat: 12 + 4 * np.sin(hours / 4) - 5 * (hours >= 96), batch: np.where(hours % 24 < 4, 10.0, 0.0)}
    starts = pd.date_range("2027-01-01", periods=len(hours), freq="h").astype(str)
    forecast = pd.concat(
        pd.DataFrame({"timestamp": starts, "workload": workload}).assign(
            input_tokens=needed * TOKENS_PER_GPU_HOUR, output_tokens=needed * TOKENS_PER_GPU_HOUR
        )
        for workload, needed in gpus.items()
    )
    speed = {"reference_gpu": "H100", "throughput": {"H100": {"output_tokens_per_s": 1000}}}
    staff = {"servers_per_person": 4, "cost_per_person_year": 3650, "whole_people": True}
    reserved = {
        upfront: {"term": "2 days", "upfront": 40},
        partial: {"term": "3 days", "upfront": 20, "hourly": 0.3},
        none: {"term": "4 days", "hourly": 0.6},
    }
    assumptions = tree(
        "day",
        6,
        name=name("Everything"),
        workloads={
            chat: {**speed, "unserved_penalty": 9.0, "egress_gb_per_gpu_hour": 0.1},
            batch: {**speed, "interruptible": True, "deferrable": "24 hours", "storage_gb": 10},
        },
        sites={
            lab: site(0.1, hosting_per_kw_month=20, setup_cost=40, storage_per_gb_month=1, staff=staff)
            | {"carbon_g_per_kwh": 300},
            annex: site(0.2, setup_cost=10, carbon_g_per_kwh=400),
        },
        servers={
            box: server(60, "5 days", gpus=2, lead_time="1 day", max_order_per_period=2, install_cost=3)
            | {"maintenance_per_year": 0.1, "resale": {"1 day": 0.7, "5 days": 0.1}, "sites": [lab]},
            old: server(40, "10 days", resale={"1 day": 0.9, "10 days": 0.5}, max_order_per_period=0),
        },
        cloud={
            c: offer(1.5, provider=p, region=eu, max_gpus=30, reserved=reserved, spot={"price": 1.2, "max_gpus": 3})
            | {"egress_per_gb": 0.05, "carbon_g_per_gpu_hour": 200},
            d: offer(1.6, provider=q, carbon_g_per_gpu_hour=100),
        },
        providers={p: {"discount": 0.1, "support_share": 0.05}},
        spend_commitments={sp: {"term": "3 days", "rates": {c: 0.9}}},
        apis={model: {"input_per_million": 0.05, "output_per_million": 0.3, "workloads": [chat]}},
        fleet=[{"server": old, "site": lab, "count": 3, "in_service": "2026-12-30", "price_paid": 50}],
        held_commitments=[{"offer": c, "option": partial, "count": 2, "started": "2026-12-31"}],
        limits={
            "capex": {"total": 500},
            "cloud_spend": {"per_period": 900},
            "carbon_tonnes": {"per_year": {2027: 5}},
        },
        decisions=[
            {"server": box, "site": lab, "period": "2027-01-01", "min": 2, "max": 2},
            {"offer": c, "option": upfront, "period": "2027-01-02", "min": 1, "max": 1},
            {"offer": c, "option": partial, "period": "2027-01-02", "min": 1, "max": 1},
            {"offer": c, "option": none, "period": "2027-01-05", "min": 1.5, "max": 1.5},
            {"spend_commitment": sp, "period": "2027-01-03", "min": 2, "max": 2},
            {"spend_commitment": sp, "period": "2027-01-04", "min": 1, "max": 1},
        ],
    )
    assumptions["finance"] = {"discount_rate": 0.3, "hardware_at_end": "resale", "carbon_price_per_tonne": 80}
    return forecast, assumptions


def plan_of_everything(name: Callable[[str], str] = str) -> planner.Plan:
    """The plan, with something in every table of what is done."""
    made = planner.plan(*everything(name), gap=1e-5)
    assert made.audit.passed
    done = ("purchases", "commitments", "spend_commitments", "sales", "rentals", "api_use", "use", "capacity")
    assert [name for name in done if not len(getattr(made, name))] == []
    return made
