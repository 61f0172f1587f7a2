"""Plans whose every figure can be worked out on paper, written down as figures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Assumptions
from planner.audit import audit
from planner.dispatch import PeriodDispatch, Supply, SupplyKind
from planner.forecast.demand import HourlyDemand, Quantity
from planner.periods import Calendar
from planner.result import Schedule

COLUMNS = {
    "purchases": "period site server count gpus in_service cost",
    "commitments": "period offer option count gpus until cost",
    "capacity": "period pool units gpus",
    "rentals": "period offer option workload gpu_hours cost",
    "use": "period pool workload gpu_hours share_of_capacity",
    "unserved": "period workload gpu_hours",
    "costs": "period component amount discounted",
}


@dataclass
class Constant:
    """The same GPUs in every hour."""

    workloads: tuple
    supplies: tuple
    periods: list

    def __iter__(self):
        return iter(self.periods)


def schedule(total, **tables):
    frames = {name: pd.DataFrame(tables.get(name, []), columns=columns.split()) for name, columns in COLUMNS.items()}
    return Schedule(**frames, total_cost=total)


def inputs(assumptions, gpus, calendar):
    demand = HourlyDemand(
        calendar, ("net",), np.full((calendar.first_hour[-1], 1), gpus), Quantity.GPU_HOURS, {"net": None}, {}
    )
    tree = {"version": 1, "workloads": {"net": {}}, "sites": {}, "servers": {}, "cloud": {}} | assumptions
    return demand, Loaded(Assumptions.model_validate(tree), "a", Path("."), {}, frozenset())


def constant(supply, gpus, calendar):
    periods = [
        PeriodDispatch(period, np.full((hours, 1, 1), gpus), np.zeros((hours, 1)))
        for period, hours in enumerate(calendar.hours)
    ]
    return Constant(("net",), (supply,), periods)


def article_local(total):
    """50,000 at once and 5,000 a year: 65,000 over three years, undiscounted and without resale."""
    calendar = Calendar(PeriodUnit.YEAR, pd.Timestamp("2027-01-01"), 3)
    demand, loaded = inputs(
        {
            "finance": {"discount_rate": 0.0, "hardware_at_end": "none"},
            "sites": {"office": {"electricity_price": 0.0, "pue": 1.0}},
            "servers": {
                "box": {
                    "gpu": "H100", "gpus": 1, "price": 50000.0, "power_kw": 1.0, "lifetime": "3 years",
                    "maintenance_per_year": 0.1,
                }
            },
        },
        1.0,
        calendar,
    )  # fmt: skip
    labels, hours = calendar.labels, (8760.0, 8784.0, 8760.0)
    made = schedule(
        total,
        purchases=[("2027", "office", "box", 1, 1, "2027", 50000.0)],
        capacity=[(label, "office/box", 1.0, 1.0) for label in labels],
        use=[(label, "office/box", "net", amount, 1.0) for label, amount in zip(labels, hours, strict=True)],
        costs=[("2027", "servers", 50000.0, 50000.0), *[(label, "maintenance", 5000.0, 5000.0) for label in labels]],
    )
    return audit(made, constant(Supply(SupplyKind.SERVER, "box", "office"), 1.0, calendar), demand, loaded)


def test_the_article_owned():
    assert article_local(65000.0).passed


@pytest.mark.parametrize("total", [35000.0, 60000.0, 65000.1])
def test_the_article_owned_costs_nothing_else(total):
    assert [check.name for check in article_local(total).failed] == ["total"]


def test_a_reservation_by_hand():
    """Two months of a quarter's term at 300 upfront and 2 an hour, 21 % a year, flows at the middle of months."""
    calendar = Calendar(PeriodUnit.MONTH, pd.Timestamp("2027-01-01"), 2)
    demand, loaded = inputs(
        {
            "finance": {"discount_rate": 0.21},
            "cloud": {
                "x": {
                    "provider": "x", "gpu": "H100", "gpus": 2,
                    "reserved": {"q": {"term": "1 quarter", "upfront": 300.0, "hourly": 2.0}},
                }
            },
        },
        1.0,
        calendar,
    )  # fmt: skip
    january, february = 2.0 * 744 / 1.21 ** (1 / 24), 2.0 * 672 / 1.21 ** (3 / 24)
    made = schedule(
        200.0 + january + february,
        commitments=[("2027-01", "x", "q", 1.0, 2.0, "2027-03", 300.0 + 2.0 * (744 + 672 + 730))],
        capacity=[("2027-01", "x/q", 1.0, 2.0), ("2027-02", "x/q", 1.0, 2.0)],
        use=[("2027-01", "x/q", "net", 744.0, 0.5), ("2027-02", "x/q", "net", 672.0, 0.5)],
        costs=[
            ("2027-01", "reserved_upfront", 200.0, 200.0),
            ("2027-01", "reserved_hourly", 1488.0, january),
            ("2027-02", "reserved_hourly", 1344.0, february),
        ],
    )
    result = audit(made, constant(Supply(SupplyKind.RESERVED, "x", "q"), 1.0, calendar), demand, loaded)
    assert result.passed, result.failed


def test_a_workload_without_assumptions_is_a_bug_of_the_caller():
    calendar = Calendar(PeriodUnit.DAY, pd.Timestamp("2027-01-01"), 1)
    demand, loaded = inputs({"workloads": {"other": {}}}, 1.0, calendar)
    with pytest.raises(ValueError, match="workloads without assumptions: net"):
        audit(schedule(0.0), constant(Supply(SupplyKind.SPOT, "x", "spot"), 0.0, calendar), demand, loaded)


def test_a_plan_of_nothing_for_no_demand():
    calendar = Calendar(PeriodUnit.HOUR, pd.Timestamp("2027-01-01"), 3)
    demand, loaded = inputs({}, 0.0, calendar)
    result = audit(schedule(0.0), Constant(("net",), (), _empty(calendar)), demand, loaded)
    assert result.passed, result.failed


def _empty(calendar):
    return [PeriodDispatch(period, np.zeros((1, 1, 0)), np.zeros((1, 1))) for period in range(calendar.count)]
