"""A small version of the benchmark with every feature on at once: planned, certified and audited."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import planner

CASE = Path(__file__).parents[2] / "benchmarks" / "everything_case.py"
GAP = 1e-3


def everything_case() -> ModuleType:
    """The generator, which stands with the benchmarks."""
    specification = importlib.util.spec_from_file_location("everything_case", CASE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    case = everything_case()
    files = case.write(case.Extent(months=2, servers=4, offers=6), tmp_path_factory.mktemp("everything"))
    return planner.plan(*files, gap=GAP, baselines=False, why=False)


def test_everything_at_once_is_certified_and_audited(plan: planner.Plan) -> None:
    assert [check.name for check in plan.audit.checks if not check.passed] == []
    assert plan.gap <= GAP
    assert plan.costs["discounted"].sum() == pytest.approx(plan.total_cost, rel=1e-6)


def test_everything_at_once_pays_for_every_kind(plan: planner.Plan) -> None:
    """Otherwise the instance would not be what it is said to be."""
    paid = set(plan.costs["component"])
    commitments = {"reserved_hourly", "reserved_upfront", "spend_commitment", "support"}
    clouds = {"on_demand", "spot", "api", "egress", "storage"}
    sites = {"servers", "installation", "resale", "maintenance", "electricity", "hosting", "staff", "carbon"}
    assert (commitments | clouds | sites) - paid == set()
