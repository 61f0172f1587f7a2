"""What would make a plan where there is none: each is tried as it is told, and a little less of it is not enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hybrid_lp.certify import Settings
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner.api import read_inputs
from planner.explain import why_infeasible
from planner.problems import NoPlanError, OtherFigure, Relaxation

LATE = [1.0] * 30 + [8.0] + [1.0] * 17
"""Two days of 1 GPU, but for an hour of the second day that needs 8."""
EARLY = [6.0] * 24 + [1.0] * 24


def case(**changes: Any) -> Tree:
    """Two days. Servers of 2 GPUs, 2 kW and 5 U arrive a day after the order; 4 GPUs can be rented: 2 servers do."""
    box = server(10, "2 days", gpus=2, power_kw=2, rack_units=5, lead_time="1 day")
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w"),
        sites={"lab": site()},
        servers={"box": box},
        cloud={"c": offer(1, max_gpus=4)},
    )
    return changed(assumptions, **changes)


def rented(**changes: Any) -> Tree:
    """Two days with nothing but the cloud; w may be interrupted."""
    cloud = {"c": offer(1, spot={"price": 0.5, "max_gpus": 6})}
    return changed(tree("day", 2, workloads=workloads("w", interruptible=True), cloud=cloud), **changes)


def without_a_plan(demand: pd.DataFrame, assumptions: Tree, **options: Any) -> NoPlanError:
    with pytest.raises(NoPlanError) as error:
        planner.plan(demand, assumptions, baselines=False, **options)
    assert error.value.status == "infeasible"
    return error.value


def makes_a_plan(demand: pd.DataFrame, assumptions: Tree, changes: list[str]) -> bool:
    try:
        plan = planner.plan(demand, assumptions, changes=changes, baselines=False)
    except NoPlanError:
        return False
    assert plan.audit.passed
    return True


def changes_of(relaxation: Relaxation) -> list[str]:
    return [figure.change for figure in relaxation.figures if figure.change is not None]


def a_little_less(figure: OtherFigure) -> str:
    """A figure nearer to what it is: by one of what is whole, else by a thousandth."""
    now, needed = figure.now, figure.needed
    if isinstance(now, str) and isinstance(needed, str):
        step = pd.Timedelta(days=1 if needed < now else -1)
        return f"{figure.key}={pd.Timestamp(needed) + step:%Y-%m-%d}"
    assert isinstance(now, int | float)
    assert isinstance(needed, int | float)
    whole = figure.unit in ("GPUs", "servers", "units", "U")
    step_down = 1.0 if whole else max(1e-3 * needed, 0.01 if figure.unit == "" else 0.0)
    return f"{figure.key}={needed - step_down if needed > now else needed + step_down:.12g}"


CAUSES: dict[str, tuple[list[float], Tree, Any]] = {
    "sites.lab.power_limit_kw": (LATE, case(sites__lab__power_limit_kw=3), 4),
    "sites.lab.rack_units": (LATE, case(sites__lab__rack_units=9.0), 10),
    "servers.box.max_servers": (LATE, case(servers__box__max_servers=1), 2),
    "servers.box.max_order_per_period": (LATE, case(servers__box__max_order_per_period=1), 2),
    "servers.box.available_from": (
        LATE,
        case(servers__box__available_from="2027-01-02"),
        "2027-01-01",
    ),
    "servers.box.available_until": (
        [1.0] * 60 + [8.0] + [1.0] * 11,
        case(
            horizon__periods=3,
            servers__box__available_until="2027-01-01",
            servers__box__lifetime="1 day",
        ),
        "2027-01-02",
    ),
    "cloud.c.max_gpus": (EARLY, case(), 6),
    "cloud.c.spot.max_gpus": (EARLY, rented(cloud__c__max_gpus=1, cloud__c__spot__max_gpus=3), 5),
    "limits.quotas.1.max_gpus": (
        EARLY,
        case(cloud__c__max_gpus=None, limits={"quotas": [{"offers": ["c*"], "max_gpus": 3}]}),
        6,
    ),
    "limits.capex.total": (LATE, case(limits={"capex": {"total": 12}}), 20),
    "limits.capex.per_year.2027": (LATE, case(limits={"capex": {"per_year": {2027: 12}}}), 20),
    "limits.cloud_spend.per_period": (
        EARLY,
        case(cloud__c__max_gpus=None, servers={}, limits={"cloud_spend": {"per_period": 100}}),
        144,
    ),
    "limits.carbon_tonnes.per_year.2027": (
        EARLY,
        case(
            servers={},
            cloud__c__max_gpus=None,
            cloud__c__carbon_g_per_gpu_hour=1000.0,
            sites__lab__carbon_g_per_kwh=0.0,
            limits={"carbon_tonnes": {"per_year": {2027: 0.1}}},
        ),
        0.168,
    ),
    "decisions.1.max": (
        LATE,
        case(decisions=[{"server": "box", "site": "lab", "period": "2027-01-01", "max": 1}]),
        2,
    ),
    "decisions.1.min": (
        [1.0] * 48,
        case(
            decisions=[{"server": "box", "site": "lab", "period": "2027-01-01", "min": 4}],
            servers__box__max_servers=3,
        ),
        3,
    ),
    "workloads.w.spot_max_share": (
        EARLY,
        rented(workloads__w__spot_max_share=0.2, cloud__c__max_gpus=2, cloud__c__spot__max_gpus=6),
        0.67,
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_is_named_and_its_figure_is_the_least_that_does(cause: str) -> None:
    amounts, assumptions, needed = CAUSES[cause]
    demand = forecast(w=amounts)
    found = without_a_plan(demand, assumptions).relaxations
    assert found, "nothing was proposed"
    (relaxation,) = [one for one in found if [figure.key for figure in one.figures] == [cause]]
    (figure,) = relaxation.figures
    assert figure.needed == (needed if isinstance(needed, str) else pytest.approx(needed, rel=1e-3))
    assert not makes_a_plan(demand, assumptions, [a_little_less(figure)])
    for other in found:
        if changes := changes_of(other):
            assert makes_a_plan(demand, assumptions, changes), f"{other} makes no plan"


def figures(error: NoPlanError) -> list[list[tuple[str, float | str | None]]]:
    return [[(figure.key, figure.needed) for figure in relaxation.figures] for relaxation in error.relaxations]


def test_what_is_owned_is_too_heavy_for_the_site() -> None:
    fleet = [{"server": "box", "site": "lab", "count": 3, "in_service": "2026-12-31"}]
    assumptions = case(fleet=fleet, sites__lab__power_limit_kw=5, servers__box__lifetime="9 days")
    demand = forecast(w=[1.0] * 48)
    error = without_a_plan(demand, assumptions)
    assert figures(error) == [[("sites.lab.power_limit_kw", 6)]]
    assert makes_a_plan(demand, assumptions, ["sites.lab.power_limit_kw=6"])
    assert error.relaxations[0].figures[0].since == "2027-01-01"


def test_what_is_committed_is_more_than_a_quota() -> None:
    reserved = offer(1, max_gpus=4, reserved={"r": {"term": "9 days", "hourly": 0.5}})
    held = [{"offer": "c", "option": "r", "count": 5, "started": "2026-12-31"}]
    assumptions = case(cloud={"c": reserved}, held_commitments=held)
    error = without_a_plan(forecast(w=[1.0] * 48), assumptions)
    assert figures(error) == [[("cloud.c.max_gpus", 5)]]


def test_two_limits_of_which_neither_is_enough_alone() -> None:
    """4 GPUs need two servers: 4 kW, and 10 U."""
    assumptions = case(sites__lab__power_limit_kw=3, sites__lab__rack_units=6, workloads__w__location="local")
    demand = forecast(w=[0.0] * 30 + [4.0] + [0.0] * 17)
    error = without_a_plan(demand, assumptions)
    together = [("sites.lab.power_limit_kw", 4), ("sites.lab.rack_units", 10)]
    assert figures(error) == [together, [("workloads.w.unserved_penalty", None)]]
    assert makes_a_plan(demand, assumptions, changes_of(error.relaxations[0]))


def test_several_ways_come_in_the_order_of_their_size() -> None:
    """From 2 kW to 4 is twice as much, from 4 GPUs to 6 half as much again."""
    error = without_a_plan(forecast(w=LATE), case(sites__lab__power_limit_kw=2))
    assert figures(error) == [
        [("cloud.c.max_gpus", 6)],
        [("sites.lab.power_limit_kw", 4)],
        [("workloads.w.unserved_penalty", None)],
    ]
    assert all(relaxation.figures[0].since == "2027-01-02" for relaxation in error.relaxations)


def test_a_price_on_the_work_is_always_a_way_where_work_falls_short() -> None:
    """Nothing can run it: no limit is to blame."""
    demand, assumptions = forecast(w=[3.0] * 48), case(workloads__w__gpu_memory_gb=1000)
    error = without_a_plan(demand, assumptions)
    assert figures(error) == [[("workloads.w.unserved_penalty", None)]]
    assert "at least 144 GPU-hours" in str(error.relaxations[0])
    assert makes_a_plan(demand, assumptions, ["workloads.w.unserved_penalty=5"])


def test_a_limit_of_nothing() -> None:
    demand, assumptions = forecast(w=EARLY), case(cloud__c__max_gpus=0)
    error = without_a_plan(demand, assumptions)
    assert figures(error)[0] == [("cloud.c.max_gpus", 6)]


def test_fractions_need_less() -> None:
    """5 GPUs beside 4 that are rented: half a server, or a whole one."""
    assumptions = case(sites__lab__power_limit_kw=0.5)
    demand = forecast(w=[1.0] * 30 + [5.0] + [1.0] * 17)
    assert [("sites.lab.power_limit_kw", 1)] in figures(without_a_plan(demand, assumptions, relax=True))
    assert [("sites.lab.power_limit_kw", 2)] in figures(without_a_plan(demand, assumptions))


def test_nothing_is_proposed_once_the_time_is_over() -> None:
    """The message says that not every limit was tried."""
    inputs = read_inputs(forecast(w=LATE), case(sites__lab__power_limit_kw=3))
    left = iter([9.0] * 2)
    settings = Settings(seconds_left=lambda: next(left, 0.0))
    error = why_infeasible(inputs.prepared, inputs.demand, inputs.loaded, settings)
    assert "the time limit was reached before every limit was tried" in error.reasons[-1]


def test_hours_that_are_bounded_by_cuts() -> None:
    """Two months by the hour, far more columns than are written out."""
    rng = np.random.default_rng(7)
    demand = forecast(w=rng.uniform(2, 9, 1416))
    assumptions = tree(
        "month",
        2,
        workloads=workloads("w"),
        sites={"lab": site(power_limit_kw=3)},
        servers={"box": server(10, "2 months", gpus=2, power_kw=2, lead_time="0 months")},
        cloud={"c": offer(1, max_gpus=4)},
    )
    error = without_a_plan(demand, assumptions)
    assert figures(error)[:2] == [[("cloud.c.max_gpus", 7)], [("sites.lab.power_limit_kw", 6)]]
    for relaxation in error.relaxations[:2]:
        assert makes_a_plan(demand, assumptions, changes_of(relaxation))
        assert not makes_a_plan(demand, assumptions, [a_little_less(relaxation.figures[0])])
