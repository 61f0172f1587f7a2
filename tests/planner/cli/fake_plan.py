"""A plan made by hand, with the attributes that the report reads: no solver, no files. Also run by subprocess tests."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.loaded import Default
from planner.periods import Calendar

COLUMNS = {
    "purchases": ["period", "site", "server", "count", "gpus", "in_service", "cost"],
    "commitments": ["period", "offer", "option", "count", "gpus", "until", "cost"],
    "spend_commitments": ["period", "name", "amount_per_hour", "until", "cost"],
    "sales": ["period", "site", "server", "count", "acquired", "amount"],
    "capacity": ["period", "pool", "units", "gpus"],
    "rentals": ["period", "offer", "option", "workload", "gpu_hours", "cost"],
    "api_use": ["period", "api", "workload", "input_tokens", "output_tokens", "cost"],
    "use": ["period", "pool", "workload", "gpu_hours", "share_of_capacity"],
    "unserved": ["period", "workload", "gpu_hours"],
    "costs": ["period", "component", "amount", "discounted"],
    "workload_costs": ["workload", "amount", "per_month", "per_gpu_hour", "per_million_tokens"],
    "baselines": ["name", "total_cost", "saving", "gap", "reason"],
    "options": ["name", "kind", "owner", "place", "chosen", "cost_per_gpu_hour", "gpu_hours", "utilisation", "text"],
    "obligations_after_end": ["what", "until", "amount"],
}


def frame(name: str, rows: list[tuple[Any, ...]] | None = None) -> pd.DataFrame:
    return pd.DataFrame(rows or [], columns=COLUMNS[name])


@dataclass(frozen=True)
class FakeCheck:
    name: str
    passed: bool = True
    detail: str = ""


@dataclass(frozen=True)
class FakeAudit:
    passed: bool = True
    checks: tuple[FakeCheck, ...] = (FakeCheck("demand-served"), FakeCheck("total-cost"))


YEAR = Calendar(PeriodUnit.MONTH, pd.Timestamp("2027-01-01"), 12)


@dataclass(frozen=True)
class FakePlan:
    run: str = "lab-2027"
    name: str = "Research team of 40"
    status: str = "within_gap"
    currency: str = "USD"
    total_cost: float = 1_000_000.0
    bound: float = 999_900.0
    gap: float = 1e-4
    calendar: Calendar = YEAR
    purchases: pd.DataFrame = field(default_factory=partial(frame, "purchases"))
    commitments: pd.DataFrame = field(default_factory=partial(frame, "commitments"))
    spend_commitments: pd.DataFrame = field(default_factory=partial(frame, "spend_commitments"))
    sales: pd.DataFrame = field(default_factory=partial(frame, "sales"))
    capacity: pd.DataFrame = field(default_factory=partial(frame, "capacity"))
    rentals: pd.DataFrame = field(default_factory=partial(frame, "rentals"))
    api_use: pd.DataFrame = field(default_factory=partial(frame, "api_use"))
    use: pd.DataFrame = field(default_factory=partial(frame, "use"))
    unserved: pd.DataFrame = field(default_factory=partial(frame, "unserved"))
    costs: pd.DataFrame = field(default_factory=partial(frame, "costs"))
    workload_costs: pd.DataFrame = field(default_factory=partial(frame, "workload_costs"))
    baselines: pd.DataFrame = field(default_factory=partial(frame, "baselines"))
    options: pd.DataFrame = field(default_factory=partial(frame, "options"))
    obligations_after_end: pd.DataFrame = field(default_factory=partial(frame, "obligations_after_end"))
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    audit: FakeAudit = FakeAudit()
    inputs: dict[str, Any] = field(default_factory=dict)
    defaults: tuple[Default, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"schema": "hybrid-plan/1", "run": self.run, "name": self.name, "total_cost": self.total_cost}

    def save(self, folder: Path, force: bool = False, *, hourly: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.json").write_text(json.dumps(self.to_dict()))
        if hourly:
            (folder / "dispatch.parquet").write_bytes(b"")


def full_plan(months: int = 12, *, server: str = "hgx-h100-8", workload: str = "chat-70b") -> FakePlan:
    """Two orders, one commitment, cloud hours that fall as servers arrive, and every other table filled."""
    calendar = Calendar(PeriodUnit.MONTH, pd.Timestamp("2027-01-01"), months)
    labels = calendar.labels
    pool, offer, option = f"lab/{server}", "aws-p5.48xlarge", "1y-all-upfront"
    capacity, rentals, use = [], [], []
    for index, period in enumerate(labels):
        hours = calendar.hours_of(index)
        servers = 0 if index < 3 else 5 if index < 8 else 7
        if servers:
            capacity.append((period, pool, float(servers), 8.0 * servers))
            use.append((period, pool, workload, 6.0 * servers * hours, 0.75))
        if index < 12:
            capacity.append((period, f"{offer}/{option}", 1.0, 8.0))
            use.append((period, f"{offer}/{option}", workload, 8.0 * hours, 1.0))
        rented = 40_000.0 if index < 3 else 1_200.0 if index < 8 else 0.0
        if rented:
            rentals.append((period, offer, "on_demand", workload, rented, rented * 6.88))
        if index < 3:
            rentals.append((period, offer, "spot", workload, 500.0, 500 * 2.89))
    plan = FakePlan(
        calendar=calendar,
        purchases=frame(
            "purchases",
            [
                ("2027-01", "lab", server, 5.0, 40.0, "2027-04", 1_510_000.0),
                ("2027-06", "lab", server, 2.0, 16.0, "2027-09", 600_000.0),
            ],
        ),
        commitments=frame("commitments", [("2027-01", offer, option, 1.0, 8.0, "2027-12", 283_474.0)]),
        capacity=frame("capacity", capacity),
        rentals=frame("rentals", rentals),
        use=frame("use", use),
    )
    return replace(plan, **_figures(labels, server, workload, offer, option))


def _figures(labels: tuple[str, ...], server: str, workload: str, offer: str, option: str) -> dict[str, Any]:
    nan = float("nan")
    return {
        "costs": frame(
            "costs",
            [
                (labels[0], "servers", 1_450_000.0, 1_450_000.0),
                (labels[0], "reserved_upfront", 283_474.0, 283_474.0),
                (labels[1], "electricity", 12_345.6, 12_000.0),
                (labels[1], "on_demand", 825_600.0, 820_000.0),
                (labels[-1], "resale", -1_600_000.0, -1_565_474.0),
                (labels[-1], "egress", 0.0, 0.0),
            ],
        ),
        "baselines": frame(
            "baselines",
            [
                ("all on-demand", 1_250_000.0, 250_000.0, 1e-6, ""),
                ("all cloud", 1_000_000.0, 0.0, 1e-6, ""),
                ("all local", nan, nan, nan, "the power limit of lab (250 kW) binds"),
            ],
        ),
        "options": frame(
            "options",
            [
                (f"{server} at lab", "server", server, "lab", True, 2.1345, 300_000.0, 0.75, "bought twice"),
                (f"{offer} {option}", "reserved", offer, option, True, 4.045, 70_080.0, 1.0, "bought once"),
                (f"{offer} on-demand", "on_demand", offer, "on_demand", True, 6.88, 126_000.0, nan, "fills the peaks"),
                (f"{offer} spot", "spot", offer, "spot", True, 2.89, 1_500.0, nan, "as far as may be interrupted"),
                ("azure-nd96 on-demand", "on_demand", "azure-nd96", "on_demand", False, nan, 0.0, nan, "dearer"),
            ],
        ),
        "obligations_after_end": frame("obligations_after_end", [("maintenance of 7 servers", "2031-12", 120_000.0)]),
        "warnings": ("the load is flat: its peaks are invisible",),
        "reasons": ("the seventh server saves 12,000 USD",),
        "inputs": {"assumptions": {"finance": {"discount_rate": 0.08}}},
        "defaults": (
            Default("finance.discount_rate", 0.08, "share per year", "default"),
            Default(f"servers.{server}.price", 290_000, "currency per server", "catalogue"),
            Default(f"cloud.{offer}.reserved.{option}.upfront", 283_474, "currency per instance", "catalogue"),
            Default("sites.lab.storage_per_gb_month", 0, "currency per GB-month", "default"),
        ),
    }


def install(plan: FakePlan | BaseException | None = None) -> list[tuple[Any, ...]]:
    """Put an API into place that gives this plan, or raises this; the calls that it gets are kept in the list given."""
    calls: list[tuple[Any, ...]] = []

    def fake(*arguments: Any, **named: Any) -> FakePlan:
        calls.append((arguments, named))
        if isinstance(plan, BaseException):
            raise plan
        return plan or full_plan()

    sys.modules["planner.api"] = types.SimpleNamespace(plan=fake)  # type: ignore[assignment]
    return calls
