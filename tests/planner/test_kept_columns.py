"""Plans kept before a column was there are shown, with what is not known called so."""

from __future__ import annotations

from dataclasses import replace

from planning_cases import forecast, offer, tree, workloads
from rich.console import Console

import planner
from planner.terminal.tables import workload_table
from planner.terminal.view import view


def test_a_plan_without_later_columns_is_shown() -> None:
    assumptions = tree("day", 1, workloads=workloads("w"), cloud={"c": offer(2)})
    made = planner.plan(forecast(w=[1.0] * 24), assumptions, baselines=False)
    earlier = replace(
        made,
        workload_costs=made.workload_costs.drop(columns="per_month"),
        options=made.options.drop(columns=["price", "price_key"]),
    )
    shown = view(earlier)
    assert [cost.per_month for cost in shown.workload_costs] == [None] * len(made.workload_costs)
    assert shown.options == view(made).options
    console = Console(width=120)
    with console.capture() as printed:
        console.print(workload_table(shown))
    assert "not known" in printed.get()
