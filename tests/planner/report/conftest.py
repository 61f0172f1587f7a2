from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from everything import plan_of_everything
from made_plans import hostile_names, made_plan
from planning_cases import forecast, offer, server, site, tree, workloads

import planner
from planner.report.source import PlanDocument, document_of, document_of_plan, plan_document


@pytest.fixture(scope="session")
def plan() -> planner.Plan:
    """Five days, two workloads, servers, both ways to reserve, on-demand and spot; discounted."""
    hour = np.arange(120)
    assumptions = tree(
        "day",
        5,
        name="A small plan, for two!",
        workloads=workloads("a", "b", interruptible=True, unserved_penalty=9.0, storage_gb=10),
        sites={"lab": site(0.1, hosting_per_kw_month=20, storage_per_gb_month=1)},
        servers={"box": server(60, "5 days", gpus=2, lead_time="1 day", max_order_per_period=2, install_cost=3)},
        cloud={
            "c": offer(
                1.5,
                max_gpus=12,
                reserved={
                    "up": {"term": "2 days", "upfront": 20, "hourly": 0.3},
                    "r": {"term": "3 days", "hourly": 0.7},
                },
                spot={"price": 1.2},
            )
        },
    )
    assumptions["finance"]["discount_rate"] = 0.5
    demand = forecast(a=6 + 3 * np.sin(hour / 4), b=np.where(hour % 24 == 6, 5.0, 2.0))
    made = planner.plan(demand, assumptions, gap=1e-6)
    assert made.audit.passed
    assert len(made.purchases)
    assert len(made.commitments)
    assert len(made.rentals)
    return made


@pytest.fixture(scope="session")
def folder(plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan as written, with its hourly dispatch."""
    return plan.save(tmp_path_factory.mktemp("plan") / "one", hourly=True)


@pytest.fixture(scope="session")
def document(folder: Path) -> PlanDocument:
    return plan_document(folder)


@pytest.fixture(scope="session")
def hostile() -> dict[str, Any]:
    """Content of a plan whose every text is hostile."""
    return made_plan(periods=12, supplies=8, workloads=3, name=hostile_names(), more=True)


@pytest.fixture(scope="session")
def hostile_document(hostile: dict[str, Any]) -> PlanDocument:
    return document_of(json.loads(json.dumps(hostile)), "plan.json")


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """`saved(content)`: a folder with that plan.json."""

    def save(content: dict[str, Any]) -> Path:
        (tmp_path / "plan.json").write_text(json.dumps(content), encoding="utf-8")
        return tmp_path

    return save


@pytest.fixture(scope="session")
def plan_with_all() -> planner.Plan:
    """A plan with every kind of order, commitment, sale and use."""
    return plan_of_everything()


@pytest.fixture(scope="session")
def document_with_all(plan_with_all: planner.Plan) -> PlanDocument:
    return document_of_plan(plan_with_all)
