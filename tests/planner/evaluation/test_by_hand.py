"""Schedules of hand size: what they cost, what they leave undone and oversteps, told and priced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner.evaluation.result import Overstep

DEMAND = forecast(w=[2.0] * 24 + [4.0] * 24)
"""Two days: 2 GPUs, then 4."""


def days(**changes: Any) -> Tree:
    """A server is 20 for both days and 0.1 an hour of work; a GPU-hour rented is 1, reserved for a day 0.75."""
    return changed(
        tree(
            "day",
            2,
            workloads=workloads("w"),
            sites={"lab": site(0.1)},
            servers={"box": server(20, "2 days")},
            cloud={"c": offer(2, gpus=2, reserved={"r": {"term": "1 day", "hourly": 1.5}}, whole_instances=True)},
        ),
        **changes,
    )


def orders(*rows: tuple[str, float], server: str = "box") -> pd.DataFrame:
    return pd.DataFrame([(period, "lab", server, count) for period, count in rows], columns=COLUMNS)


COLUMNS = ["period", "site", "server", "count"]


def evaluated(schedule: Any, frame: pd.DataFrame = DEMAND, **changes: Any) -> planner.Evaluation:
    return planner.evaluate(schedule, frame, days(**changes))


def oversteps(evaluation: planner.Evaluation) -> list[tuple[str, str, float, float]]:
    return [(over.limit, over.period, over.found, over.allowed) for over in evaluation.oversteps]


def test_three_servers_where_two_are_best() -> None:
    """Best: 2 servers (40 + 9.6), and 1 instance (2 GPUs) reserved on the second day (36).

    Three servers: 60, 2 GPUs on the first day (4.8), 3 on the second (7.2), and one rented for 24 hours (24).
    """
    evaluation = evaluated(orders(("2027-01-01", 3)))
    assert evaluation.yours.total_cost == pytest.approx(60 + 4.8 + 7.2 + 24)
    best = evaluation.best
    assert best is not None
    assert best.total_cost == pytest.approx(2 * 20 + 2 * 4.8 + 36)
    assert evaluation.yours.bound == pytest.approx(best.bound)
    assert evaluation.yours.gap == pytest.approx((96 - 85.6) / 96)
    assert evaluation.yours.audit.passed
    assert evaluation.sentences == (
        "Your schedule costs 96.00 USD, 10.40 USD (12.1 %) more than the best plan, which costs 85.60 USD.",
        "It has 3 servers box (the best plan 2) and 0 reserved instances c/r (the best plan 1).",
        "That costs 46.40 USD more (on demand 24.00, servers 20.00, electricity 2.40) and saves 36.00 USD "
        "(reserved hourly 36.00).",
    )


def test_a_given_schedule_claims_no_price_at_which_options_enter() -> None:
    """Reservations are in the best plan at their price: that they are not in this one has no threshold to be found."""
    evaluation = evaluated(orders(("2027-01-01", 3)))
    assert evaluation.yours.options["enters_below"].isna().all()
    assert not any("enters" in text for text in evaluation.yours.reasons)


def test_differences_by_period_add_up_to_the_whole() -> None:
    evaluation = evaluated(orders(("2027-01-01", 3)))
    table = evaluation.costs_by_period
    assert table["difference"].sum() == pytest.approx(10.4)
    cells = table.set_index(["period", "component"])
    assert cells.loc[("2027-01-02", "on_demand"), ["yours", "best"]].tolist() == pytest.approx([24, 0])
    assert cells.loc[("2027-01-02", "reserved_hourly"), ["yours", "best"]].tolist() == pytest.approx([0, 36])
    assert evaluation.comparison is not None
    assert evaluation.comparison.difference == pytest.approx(10.4)


def test_nothing_ordered_is_a_schedule_too(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("period,site,server,count\n")
    evaluation = evaluated(tmp_path / "none.csv")
    assert evaluation.yours.total_cost == pytest.approx(2 * 24 + 4 * 24)
    assert evaluation.feasible


def test_must_serve_work_that_is_short_is_told_and_not_compared() -> None:
    """Without anything to rent: 1 GPU of 2 is lacking for a day, 3 of 4 for the next."""
    evaluation = evaluated(orders(("2027-01-01", 1)), cloud={})
    assert [(row.period, row.gpu_hours, row.hours, row.worst_gpus) for row in evaluation.shortfalls] == [
        ("2027-01-01", pytest.approx(24), 24, pytest.approx(1)),
        ("2027-01-02", pytest.approx(72), 24, pytest.approx(3)),
    ]
    assert evaluation.shortfalls[0].first == "2027-01-01 00:00"
    assert evaluation.yours.total_cost == pytest.approx(20 + 4.8)
    assert (evaluation.feasible, evaluation.comparable) == (False, False)
    assert evaluation.yours.status == "infeasible"
    assert [check.name for check in evaluation.yours.audit.failed] == ["demand-served"]
    assert "not comparable with the best plan's" in evaluation.sentences[0]
    assert "96 of w, in 48 hours, first at 2027-01-01 00:00" in evaluation.sentences[1]


def test_where_no_plan_is_possible_the_schedule_is_priced_all_the_same() -> None:
    evaluation = evaluated(orders(("2027-01-01", 1)), cloud={}, servers__box__max_servers=2)
    assert evaluation.best is None
    assert evaluation.difference is None
    assert "cannot be served by any plan" in evaluation.no_best[0]
    assert evaluation.yours.total_cost == pytest.approx(24.8)
    json.dumps(evaluation.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {"sites__lab__power_limit_kw": 2},
            [("power limit of site lab", "2027-01-01", 3, 2), ("power limit of site lab", "2027-01-02", 3, 2)],
        ),
        ({"servers__box__max_order_per_period": 1}, [("max_order_per_period of box", "2027-01-01", 3, 1)]),
        (
            {"servers__box__max_servers": 2},
            [("max_servers of box", "2027-01-01", 3, 2), ("max_servers of box", "2027-01-02", 3, 2)],
        ),
        ({"limits": {"capex": {"total": 50}}}, [("capex", "", 60, 50)]),
        ({"limits": {"capex": {"per_year": {2027: 50}}}}, [("capex of 2027", "", 60, 50)]),
        (
            {"decisions": [{"server": "box", "site": "lab", "period": "2027-01-01", "max": 1}]},
            [("decision 1 about lab/box (at most)", "2027-01-01", 3, 1)],
        ),
        (
            {"decisions": [{"offer": "c", "option": "r", "period": "2027-01-02", "min": 1}]},
            [("decision 1 about c/r (at least)", "2027-01-02", 0, 1)],
        ),
        ({"limits": {"cloud_spend": {"per_period": 23}}}, [("cloud spend of 2027-01-02", "2027-01-02", 24, 23)]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_limits_that_are_not_kept_are_told_and_the_schedule_is_priced(changes: Tree, found: list[Any]) -> None:
    evaluation = evaluated(orders(("2027-01-01", 3)), **changes)
    assert oversteps(evaluation) == [(name, period, pytest.approx(is_), limit) for name, period, is_, limit in found]
    assert evaluation.yours.total_cost == pytest.approx(96)
    assert evaluation.yours.status == "infeasible"
    assert evaluation.yours.audit.failed
    assert "not possible as it stands" in " ".join(evaluation.sentences)
    json.dumps(evaluation.to_dict(), allow_nan=False)


def test_reservations_beyond_max_gpus_leave_no_room_to_rent() -> None:
    """4 reserved GPUs where 3 are allowed: on the second day they serve; nothing else is rented."""
    schedule = pd.DataFrame([("2027-01-02", "c", "r", 2), ("2027-01-01", "c", "r", 1)])
    schedule.columns = ["period", "offer", "option", "count"]
    evaluation = evaluated(schedule, cloud__c__max_gpus=3)
    assert oversteps(evaluation) == [("max_gpus of c", "2027-01-02", 4, 3)]
    assert evaluation.yours.total_cost == pytest.approx(36 * 3)


def test_a_commitment_that_is_the_whole_cloud_bill_and_more() -> None:
    """36 for the instance on the second day where 30 are allowed; the other 2 GPUs are rented all the same, for 48."""
    schedule = pd.DataFrame([("2027-01-02", "c", "r", 1)], columns=["period", "offer", "option", "count"])
    evaluation = evaluated(schedule, limits={"cloud_spend": {"per_period": 50}})
    assert oversteps(evaluation) == [("cloud spend of 2027-01-02", "2027-01-02", pytest.approx(84), 50)]
    evaluation = evaluated(schedule, limits={"cloud_spend": {"per_period": 30}})
    assert [over.found for over in evaluation.oversteps] == pytest.approx([48, 84])
    assert evaluation.yours.total_cost == pytest.approx(48 + 84)


def test_a_budget_that_can_be_kept_by_the_hours_is_kept() -> None:
    """The cheaper offer emits: 24 t are allowed, 96 it would be; three quarters go to the other."""
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w"),
        cloud={
            "dirty": offer(1, carbon_g_per_gpu_hour=1e6),
            "clean": offer(3, carbon_g_per_gpu_hour=0),
        },
        limits={"carbon_tonnes": {"per_year": {2027: 24}}},
    )
    nothing = pd.DataFrame([], columns=COLUMNS)
    evaluation = planner.evaluate(nothing, forecast(w=[4.0] * 24), assumptions)
    assert evaluation.feasible
    assert evaluation.yours.total_cost == pytest.approx(24 * 1 + 72 * 3, rel=1e-5)


def test_a_server_that_nothing_can_run_on_is_priced() -> None:
    """Its memory is too small: all work is rented, and the useless server costs 7."""
    other = server(7, "2 days", gpu="L40S", gpus=1)
    works = workloads("w", gpu_memory_gb=80)
    evaluation = evaluated(orders(("2027-01-02", 1), server="small"), servers__small=other, workloads=works)
    assert evaluation.yours.total_cost == pytest.approx(7 + 144)
    assert evaluation.best is not None
    assert evaluation.best.purchases["server"].tolist() == ["box"]


def test_sales_bring_what_they_are_worth() -> None:
    """A server of the fleet is worth half of 20 on the second day, and so is a new one; the other is at its end."""
    changes: Tree = {
        "servers__box__resale": {"1 day": 0.5},
        "servers__box__lifetime": "4 days",
        "fleet": [{"server": "box", "site": "lab", "count": 2, "in_service": "2026-12-30", "price_paid": 20}],
    }
    rows = [("2027-01-01", 1, None), ("2027-01-02", 1, "fleet 1"), ("2027-01-02", 1, "2027-01-01")]
    schedule = pd.DataFrame([(period, "lab", "box", n, acquired) for period, n, acquired in rows])
    schedule.columns = [*COLUMNS, "acquired"]
    evaluation = evaluated(schedule, **changes)
    assert evaluation.yours.sales["amount"].tolist() == pytest.approx([10, 10])
    assert evaluation.yours.total_cost == pytest.approx(20 - 20 + 4.8 + 2.4 + 3 * 24 - 10)


BAD = """perod,period,site,server,count,offer,option,name,amount_per_hour,acquired
,2027-01-01,lab,boxx,1,,,,,
,2027-01-03,lab,box,1,,,,,
,2027-01-01,lab,box,1.5,,,,,
,2027-01-01,lab,box,many,,,,,
,2027-01-01,lab,box,1,c,r,,,
,2027-01-01,,,1,c,q,,,
,2027-01-01,,,,,,savings,3,
,2027-01-01,lab,box,,,,,,
,2027-01-02,lab,box,1,,,,,fleet 1
,2027-01-01,lab,late,1,,,,,
,2027-01-01,lab,soon,1,,,,,
,2027-01-02,lab,gone,1,,,,,
,2027-01-01,lab,else,1,,,,,
"""


def test_every_mistake_in_one_list(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(BAD)
    more = {
        "late": server(20, "2 days", lead_time="2 days"),
        "soon": server(20, "2 days", available_from="2027-01-02"),
        "gone": server(20, "2 days", available_until="2027-01-01"),
        "else": server(20, "2 days", sites=["annex"]),
    }
    changes: Tree = {f"servers__{name}": entry for name, entry in more.items()}
    with pytest.raises(planner.InputError) as error:
        evaluated(tmp_path / "mine.csv", sites__annex=site(0.1), **changes)
    found = {problem.place: f"{problem.value}: {problem.expected} {problem.fix}" for problem in error.value.problems}
    assert set(found) == {
        "row 1, column perod", "row 2, column server", "row 3, column period", "row 4, column count",
        "row 5, column count", "row 6, column server", "row 7, column option", "row 8, column name",
        "row 9, column count", "row 10, column acquired", "row 11, column period", "row 12, column period",
        "row 13, column period", "row 14, column site",
    }  # fmt: skip
    assert "did you mean 'box'?" in found["row 2, column server"]
    assert "2027-01-01 … 2027-01-02" in found["row 3, column period"]
    assert "2 days to arrive" in found["row 11, column period"]
    assert "it is not available before" in found["row 12, column period"]
    assert "it is not available later" in found["row 13, column period"]
    assert {problem.file for problem in error.value.problems} == {str(tmp_path / "mine.csv")}


def test_mistakes_of_schedule_and_inputs_together() -> None:
    with pytest.raises(planner.InputError) as error:
        planner.evaluate(orders(("2027-01-01", -1)), DEMAND, days(cloud__c__on_demand=-2))
    assert len(error.value.problems) == 2


@pytest.mark.parametrize(
    ("period", "count", "acquired", "text"),
    [
        ("2027-01-01", 1, "2027-01-01", "a period from 2027-01-02 to 2027-01-02"),
        ("2027-01-02", 3, "2027-01-01", "at most 2"),
        ("2027-01-02", 1, "2027-01-02", "the period of an order of the schedule"),
    ],
)
def test_sales_that_cannot_be(period: str, count: float, acquired: str, text: str) -> None:
    rows = [("2027-01-01", "lab", "box", 2, ""), (period, "lab", "box", count, acquired)]
    schedule = pd.DataFrame(rows, columns=[*COLUMNS, "acquired"])
    with pytest.raises(planner.InputError, match=text):
        evaluated(schedule, servers__box__resale={"1 day": 0.5})


def test_spreadsheets_that_make_days_of_periods() -> None:
    """`2027-01` becomes a day."""
    schedule = orders(("x", 1)).assign(period=pd.Timestamp("2027-02-01"))
    frame = forecast(freq="MS", w=[744.0, 672])
    assumptions = changed(days(), horizon={"period": "month", "periods": 2})
    assumptions["servers"]["box"]["lifetime"] = "2 months"
    assumptions["cloud"]["c"]["reserved"] = {}
    evaluation = planner.evaluate(schedule, frame, assumptions)
    assert evaluation.yours.purchases["period"].tolist() == ["2027-02"]


def test_without_demand_it_is_asked_for() -> None:
    with pytest.raises(planner.InputError, match="planner evaluate SCHEDULE --forecast FILE"):
        planner.evaluate(orders(("2027-01-01", 1)))


def test_oversteps_say_their_unit() -> None:
    (over,) = evaluated(orders(("2027-01-01", 3)), limits={"capex": {"total": 50}}).oversteps
    assert over == Overstep("capex", "", 60.0, 50.0, "USD")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("period;site;server;count\n2027-01-01;s;box;1\n", "separate the columns by commas"),
        ("period,server,count\n2027-01-01,box,1\n2027-01-02,box,1\n", "expected columns period, site, server, count"),
    ],
    ids=["semicolons", "no site"],
)
def test_a_header_that_says_nothing_is_one_problem(text: str, said: str, tmp_path: Path) -> None:
    """Not one more for each row; a mark of byte order at the begin is no mistake."""
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8-sig")
    with pytest.raises(planner.InputError, match=said) as caught:
        evaluated(str(tmp_path / "mine.csv"))
    assert len(caught.value.problems) == 1
