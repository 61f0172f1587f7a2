"""Plans for reports: a small one that is really planned, and contents of plan.json of any size with any names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "=cmd()|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\"double\" and 'single' quotes",
    "two\nlines\r\nand more",
    "\x1b[31mred\x1b[0m \x07 \x00",
    "\u202egnp.exe",
    "مرحبا بالعالم",
    "🚀👩‍💻 emoji",
    "n" * 300,
    "{{ 7 * 7 }} {% raw %}",
    "${7*7} #{7*7}",
    "](javascript:alert(4)) | **bold** | `code`",
    "<!-- comment --> &lt;b&gt; &amp;",
    "https://example.com www.example.com",
)

Name = Callable[[str], str]


def plain_names() -> Name:
    """`server-1`, `server-2`, `workload-1` …"""
    numbers: dict[str, count[int]] = {}

    def name(kind: str) -> str:
        return f"{kind}-{next(numbers.setdefault(kind, count(1)))}"

    return name


def hostile_names() -> Name:
    """Every name another of the hostile ones, told apart by a number at its end."""
    numbers = count()

    def name(kind: str) -> str:
        number = next(numbers)
        return f"{HOSTILE[number % len(HOSTILE)]}{'' if number < len(HOSTILE) else number}"

    return name


def made_plan(
    periods: int = 12,
    supplies: int = 6,
    workloads: int = 2,
    name: Name | None = None,
    seed: int = 1,
    *,
    more: bool = False,
) -> dict[str, Any]:
    """Content of plan.json, with figures made up but consistent: costs sum, capacity follows orders, use fits.

    more: with a spend commitment, an API, an early sale, and what was held before the plan.
    """
    name = name or plain_names()
    random = np.random.default_rng(seed)
    labels = [f"{start:%Y-%m}" for start in pd.date_range("2027-01-01", periods=periods, freq="MS")]
    site, works = name("site"), [name("workload") for _ in range(workloads)]
    kinds = [("server", "reserved", "on_demand", "spot")[number % 4] for number in range(supplies)]
    pools, options, purchases, commitments, capacity, use, rentals = [], [], [], [], [], [], []
    costs: dict[tuple[str, str], float] = {}
    details, screening = [], []

    def pay(period: str, component: str, amount: float) -> None:
        costs[period, component] = costs.get((period, component), 0.0) + amount

    for kind in kinds:
        owner = name(kind)
        place = site if kind == "server" else name("option") if kind == "reserved" else kind
        label = f"{site}/{owner}" if kind == "server" else f"{owner}/{place}"
        begin, spent, hours = int(random.integers(periods)), 0.0, 0.0
        if kind == "server":
            spent = 4 * 300_000.0
            row = {"period": labels[begin], "site": site, "server": owner, "count": 4.0, "gpus": 32.0}
            arrives = labels[min(begin + 2, periods - 1)]
            purchases.append(row | {"in_service": arrives, "cost": spent})
            pay(labels[begin], "servers", spent)
        if kind == "reserved":
            spent = 2 * 100_000.0
            row = {"period": labels[begin], "offer": owner, "option": place, "count": 2.0, "gpus": 16.0}
            commitments.append(row | {"until": labels[min(begin + 11, periods - 1)], "cost": spent})
            pay(labels[begin], "reserved_upfront", spent)
        for number, period in enumerate(labels):
            if kind in ("server", "reserved"):
                if number < begin or (kind == "reserved" and number > begin + 11):
                    continue
                gpus = 32.0 if kind == "server" else 16.0
                capacity.append({"period": period, "pool": label, "units": gpus / 8, "gpus": gpus})
                for work in works:
                    ran = gpus * 600 / workloads
                    hours += ran
                    row = {"period": period, "pool": label, "workload": work, "gpu_hours": ran}
                    use.append(row | {"share_of_capacity": ran / gpus / 730})
                continue
            for work in works:
                ran = float(random.uniform(100, 5000))
                hours += ran
                row = {"period": period, "offer": owner, "option": kind, "workload": work, "gpu_hours": ran}
                rentals.append(row | {"cost": ran * 3.5})
                pay(period, kind, ran * 3.5)
                spent += ran * 3.5
        pools.append(label)
        option = {"name": label, "kind": kind, "owner": owner, "place": place, "chosen": True}
        shown = {"cost_per_gpu_hour": spent / hours if hours else None, "gpu_hours": hours, "utilisation": 0.8}
        options.append(option | shown | {"enters_below": None, "text": f"at its planned use: {name('text')}"})
        fixed = float(random.uniform(4000, 9000)) if kind in ("server", "reserved") else 0.0
        curve = {"workload": works[0], "name": label, "kind": kind, "fixed_per_gpu_year": fixed}
        screening.append(curve | {"per_gpu_hour": float(random.uniform(0.05, 0.2) if fixed else random.uniform(1, 5))})
        component = {"server": "servers", "reserved": "reserved_upfront"}.get(kind, kind)
        line = {"component": component, "supply": label, "quantity": 4.0, "unit": "servers", "unit_price": spent / 4}
        details.append(line | {"amount": spent, "discounted": spent * 0.9})
    promises, api_use, sales = [], [], []
    promise, api = name("promise"), name("api")
    if more:
        offer, place = name("offer"), name("site")
        until = labels[-1]
        promises.append(
            {"period": labels[0], "name": promise, "amount_per_hour": 5.0, "until": until, "cost": 3650.0 * periods}
        )
        sale = {"period": until, "site": place, "server": name("server"), "count": 1.0, "acquired": name("acquired")}
        sales.append(sale | {"amount": 7000.0})
        pay(until, "resale", -7000.0)
        for period in labels:
            pay(period, "spend_commitment", 3650.0)
            pay(period, "api", 80.0)
            row = {"period": period, "offer": offer, "option": promise, "workload": works[0], "gpu_hours": 900.0}
            rentals.append(row | {"cost": 0.0})
            used = {"period": period, "api": api, "workload": works[0], "input_tokens": 1e6, "output_tokens": 1e5}
            api_use.append(used | {"cost": 80.0})
        for kind, owner, where in (("drawn", offer, promise), ("api", api, "api")):
            label = f"{owner}/{where}"
            pools.append(label)
            option = {"name": label, "kind": kind, "owner": owner, "place": where, "chosen": True}
            shown = {"cost_per_gpu_hour": 4.0, "gpu_hours": 900.0 * periods, "utilisation": None}
            options.append(option | shown | {"enters_below": None, "text": name("text")})
            curve = {"workload": works[0], "name": label, "kind": kind, "fixed_per_gpu_year": 0.0}
            screening.append(curve | {"per_gpu_hour": 4.0})
    lines = [
        {"period": period, "component": component, "amount": amount, "discounted": amount * 0.9}
        for (period, component), amount in sorted(costs.items())
    ]
    total = float(sum(line["discounted"] for line in lines))
    shown_periods = dict.fromkeys((labels[0], labels[periods // 2], labels[-1]))
    return {
        "schema": "hybrid-plan/1",
        "run": name("run"),
        "name": name("plan"),
        "status": "within_gap",
        "total_cost": total,
        "bound": total * 0.9999,
        "gap": 1e-4,
        "proof": {"path": "cuts", "rounds": 3},
        "currency": "USD",
        "horizon": {"period": "month", "start": "2027-01-01T00:00:00", "periods": periods},
        "purchases": purchases,
        "commitments": commitments,
        "spend_commitments": promises,
        "capacity": capacity,
        "rentals": rentals,
        "api_use": api_use,
        "sales": sales,
        "use": use,
        "unserved": [{"period": labels[0], "workload": works[0], "gpu_hours": 10.0}],
        "costs": lines,
        "workload_costs": [
            {
                "workload": work,
                "amount": total / workloads,
                "per_month": total / workloads / periods,
                "per_gpu_hour": 2.0,
                "per_million_tokens": None,
            }
            for work in works
        ],
        "obligations_after_end": [{"what": name("obligation"), "until": "2031-01", "amount": 1234.5}],
        "marginals": [],
        "baselines": [
            {"name": name("baseline"), "total_cost": total * 1.3, "saving": total * 0.3, "gap": 1e-5, "reason": None},
            {"name": "all local", "total_cost": None, "saving": None, "gap": None, "reason": name("reason")},
        ],
        "options": options,
        "cost_details": details,
        "baseline_costs": [],
        "load": [{"period": label, "average_gpus": 50.0, "peak_gpus": 90.0} for label in labels],
        "load_duration": [
            {
                "period": period,
                "share_from": part / 10,
                "share_to": part / 10 + 0.1,
                "supply": pool,
                "gpus": 10.0 - part,
            }
            for period in shown_periods
            for part in range(10)
            for pool in pools
        ],
        "screening": screening,
        "reasons": [{"text": name("reason")}],
        "warnings": [name("warning"), *HOSTILE] if name("x") != "x-1" else [name("warning")],
        "audit": {"passed": True, "checks": [{"name": name("check"), "passed": True, "detail": name("detail")}]},
        "inputs": _inputs(options, name, promise, api),
    }


def _inputs(options: list[dict[str, Any]], name: Name, promise: str, api: str) -> dict[str, Any]:
    servers = {row["owner"]: {"price": 300000, "lead_time": name("lead")} for row in options if row["kind"] == "server"}
    cloud = {
        row["owner"]: {
            "provider": name("provider"),
            "region": name("region"),
            "reserved": {row["place"]: {"term": "12 months", "upfront": 1000.0, "hourly": 3.0}},
        }
        for row in options
        if row["kind"] in ("reserved", "drawn")
    }
    drawn = [row["owner"] for row in options if row["kind"] == "drawn"]
    held = [row for row in options if row["kind"] == "reserved" and drawn][:1]
    more = {
        "spend_commitments": {promise: {"term": name("term"), "rates": dict.fromkeys(drawn, 4.0)}},
        "apis": {api: {"input_per_million": 1.0, "workloads": [name("workload")]}},
        "providers": {name("provider"): {"discount": 0.1}},
        "sites": {name("site"): {"region": name("region")}},
        "fleet": [{"server": name("server"), "site": name("site"), "count": 1}],
        "held_commitments": [
            {"offer": row["owner"], "option": row["place"], "count": 1.0, "started": "2026-10-01"} for row in held
        ],
        "limits": {"quotas": [{"offers": [name("pattern")], "max_gpus": 8}]},
    }
    sources = {f"servers.{owner}.price": {"source": name("source"), "as_of": "2026-01-15"} for owner in servers}
    defaults = [{"key": "finance.discount_rate", "value": 0.08, "unit": "share per year", "origin": "default"}]
    assumptions = {"version": 1, "name": name("plan"), "servers": servers, "cloud": cloud}
    assumptions |= more if drawn else {}
    return {"assumptions": assumptions, "assumptions_file": "a.yaml", "defaults": defaults, "sources": sources}
