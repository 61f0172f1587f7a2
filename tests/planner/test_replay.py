"""The hourly operation by name: what was merged is divided among its members exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Tree, changed, forecast, offer, server, site, solved, tree, workloads

from planner.api import Inputs
from planner.optimise import Solved
from planner.totals import Totals


def case(**changes: Any) -> Tree:
    """Two workloads that are alike and one that is not; a server model at two sites that are alike; two days."""
    works = workloads("left", "right", "other", unserved_penalty=30.0)
    works["other"]["spot_max_share"] = 0.5
    assumptions = tree(
        "day",
        2,
        workloads=works,
        sites={"here": site(0.1, power_limit_kw=2), "there": site(0.1, power_limit_kw=4)},
        servers={"box": server(20, "2 days", gpus=2)},
        cloud={"c": offer(1.5, max_gpus=4, spot={"price": 1.0, "lost_work": 0.1})},
    )
    return changed(assumptions, **changes)


def assert_divided(inputs: Inputs, found: Solved) -> None:
    """Every workload is served as it asked, on pools that hold as much, and the sums are the operation's."""
    replay, demand, instance = found.replay, inputs.demand, inputs.prepared.instance
    assert replay is not None
    index = [inputs.prepared.supplies.index(supply) for supply in replay.supplies]
    effect = instance.effectiveness[:, index]
    capacity = found.certified.capacity
    tolerance = 1e-7 * max(float(demand.gpus.max()), 1.0)
    for hours in replay:
        first, last = demand.calendar.first_hour[hours.period : hours.period + 2]
        served = (hours.gpus * effect).sum(axis=2) + hours.unserved
        assert served == pytest.approx(demand.gpus[first:last], abs=tolerance)
        assert (hours.gpus >= 0).all()
        assert (hours.unserved >= 0).all()
        for column, j in enumerate(index):
            if j < len(capacity):
                held = capacity[j, hours.period] * instance.usable_gpus[j]
                assert (hours.gpus[:, :, column].sum(axis=1) <= held + tolerance).all()
    totals = Totals.of(replay, inputs.prepared)
    (mixed,) = found.certified.operations
    operation = mixed.operation
    assert totals.gpu_hours.sum(axis=1).sum(axis=1) == pytest.approx(operation.run_gpu_hours.sum(axis=(1, 2)), rel=1e-6)
    assert totals.unserved.sum(axis=1) == pytest.approx(operation.unserved_gpu_hours.sum(axis=1), rel=1e-6, abs=1e-9)


loads = st.lists(st.integers(0, 9).map(float), min_size=48, max_size=48)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(left=loads, right=loads, other=loads, interruptible=st.booleans())
def test_members_get_what_they_ask_for(
    left: list[float], right: list[float], other: list[float], interruptible: bool
) -> None:
    assumptions = case()
    for work in assumptions["workloads"].values():
        work["interruptible"] = interruptible
    inputs, found = solved(forecast(left=left, right=right, other=other), assumptions)
    assert_divided(inputs, found)


def test_the_case_has_something_to_divide() -> None:
    load = [5.0, 2.0] * 24
    inputs, found = solved(forecast(left=load, right=load[::-1], other=load), case())
    assert found.replay is not None
    assert found.replay.merged.workloads < len(inputs.demand.workloads)
    assert found.replay.merged.supplies < len(inputs.prepared.supplies)
    labels = [supply.label for supply in found.replay.supplies]
    assert {"here/box", "there/box"} <= set(labels)


def test_pools_share_by_what_they_hold() -> None:
    """1 server here, 3 there: a quarter of what the merged pool runs is here, in every hour."""
    decisions = [
        {"server": "box", "site": name, "period": "2027-01-01", "min": count, "max": count}
        for name, count in (("here", 1), ("there", 3))
    ]
    later = [{**decision, "period": "2027-01-02", "min": 0, "max": 0} for decision in decisions]
    inputs, found = solved(
        forecast(left=[3.0] * 48, right=[1.0] * 48, other=[0.0] * 48), case(decisions=decisions + later)
    )
    assert found.replay is not None
    labels = [supply.label for supply in found.replay.supplies]
    here, there = labels.index("here/box"), labels.index("there/box")
    for hours in found.replay:
        gpus = hours.gpus
        assert gpus[:, :, here] * 3 == pytest.approx(gpus[:, :, there])
        order = [inputs.demand.workloads.index(name) for name in ("left", "right")]
        assert np.allclose(gpus[:, order[0]].sum(axis=1), 3)
        assert np.allclose(gpus[:, order[1]].sum(axis=1), 1)
    assert_divided(inputs, found)
